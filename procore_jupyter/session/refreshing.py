"""`RefreshingSession`: a `requests.Session` whose sign-in renews itself and stays on its own host.

Every hop of every request, the hops of a redirect and the sending of a prepared request included,
leaves through `RefreshingSession.hop`, so each rule stands in one place and holds for all of them.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import requests

from procore_jupyter.errors import ConfigurationError, without_frames
from procore_jupyter.session import rules
from procore_jupyter.session.connections import CuttableAdapter
from procore_jupyter.session.exchange import Tries
from procore_jupyter.session.file_hosts import FileHosts, downloading
from procore_jupyter.session.gate import Gate
from procore_jupyter.session.headers import AUTHORIZATION, COMPANY, SENT, Bearer, CompanyId
from procore_jupyter.session.network_faults import say_why
from procore_jupyter.session.origin import Origin
from procore_jupyter.session.rate_limit import Pace
from procore_jupyter.settings.proxies import ProxyURL

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

    from procore_jupyter.oauth.token_source import TokenProvider

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

Copied = TypeVar("Copied", requests.Request, requests.PreparedRequest)


def _copy(request: Copied) -> Copied:
    """Return a shallow copy; `copy.copy` takes five times as long, on every call."""
    made = object.__new__(type(request))
    made.__dict__.update(request.__dict__)
    return made


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


class RefreshingSession(requests.Session):
    """A `requests.Session` for one API host.

    A relative URL goes to the API host. The bearer and the company header are attached hop by hop, by
    one check of (scheme, host, port), and to the API host alone; the caller's own ``Authorization``,
    ``auth=`` and company header win. A token is renewed before it expires, and once after a 401, and
    the request repeated. Failures that pass are tried four times where that does no harm. The
    environment is never read.

    Parameters
    ----------
    api_url, login_url : str
        Where the API is (a path in it is put before relative URLs), and where signing in happens.
    tokens : TokenProvider or None
        Where the bearer comes from; None sends none.
    timeout : float
        Seconds for connecting, and for each read, where the caller gives none.
    max_wait : float
        Seconds that one call waits for rate limits at most. Beyond it a 429 that came is returned, and where none
        came yet `RateLimited` is raised.
    readonly : bool
        Refuse all but GET, HEAD and OPTIONS.
    file_hosts : sequence of str
        Hosts that downloads, and they alone, also send the bearer to, over https.
    proxies : mapping
        As `requests.Session.proxies`.
    ca_bundle : str or None
        A PEM file or folder of certificate authorities; None for the usual ones.
    company_id : int or None
        The company that requests are about.
    pace : Pace or None
        When requests may go out, shared with others of the same app and person; None for one of its own.
    notify : callable
        Told, in one line, of a wait.
    clock, sleep, chance : callable
        Unix time, waiting, and a random number from 0 up to 1.
    """

    _ready = False

    def __init__(
        self,
        api_url: str,
        login_url: str,
        tokens: TokenProvider | None,
        *,
        timeout: float = 60.0,
        max_wait: float = 60.0,
        readonly: bool = False,
        file_hosts: Sequence[str] = (),
        proxies: Mapping[str, str] | None = None,
        ca_bundle: str | None = None,
        company_id: int | None = None,
        pace: Pace | None = None,
        notify: Callable[[str], None] = _say,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__()
        self._api = Origin(api_url)
        self._verified_hosts = frozenset({self._api.host, Origin(login_url).host})
        self._file_hosts = FileHosts(file_hosts)
        self._base = api_url.rstrip("/") + "/"
        self._tokens = tokens
        self.timeout = timeout
        self._tries = Tries(pace or Pace(clock=clock), max_wait, notify, clock, sleep, chance)
        self._readonly = readonly
        self.proxies = {name: ProxyURL(url) for name, url in (proxies or {}).items()}
        self.verify = ca_bundle or True
        self._clock = clock
        for scheme in ("https://", "http://"):
            self.mount(scheme, CuttableAdapter())
        self._company_id: int | None = None
        self._company_header: CompanyId | None = None
        self._last_headers: Mapping[str, str] = {}
        self.company_id = company_id
        self._ready = True

    # What a person sets and sees. None of it asks the network.

    @property
    def trust_env(self) -> bool:
        """False for good: the environment is read once, on connecting, and never by requests."""
        return False

    @trust_env.setter
    def trust_env(self, value: bool) -> None:
        # `requests.Session.__init__` itself switches it on.
        if self._ready and value:
            raise ConfigurationError(
                "This session doesn't read the environment by itself: a .netrc entry would replace the sign-in. "
                "Proxies and certificates are read once, on connecting (ProxyServer, SSLServerCert)."
            )

    @property
    def company_id(self) -> int | None:
        """The company that requests are about: sent as ``Procore-Company-Id``. None where none is chosen."""
        return self._company_id

    @company_id.setter
    def company_id(self, company_id: int | None) -> None:
        self._company_id = None if company_id is None else int(company_id)
        self._company_header = None if company_id is None else CompanyId(self._company_id)

    @property
    def max_wait(self) -> float:
        """Seconds that one call waits for rate limits at most."""
        return self._tries.max_wait

    @max_wait.setter
    def max_wait(self, seconds: float) -> None:
        self._tries.max_wait = seconds

    @property
    def readonly(self) -> bool:
        """Whether everything but GET, HEAD and OPTIONS is refused. Set by the connection string alone."""
        return self._readonly

    @property
    def rate_limit(self) -> tuple[int, int] | None:
        """Requests left, and allowed, in the window that ends first, as the last answer told; None before it."""
        try:
            return int(self._last_headers["X-Rate-Limit-Remaining"]), int(
                self._last_headers["X-Rate-Limit-Limit"]
            )
        except (KeyError, ValueError):
            return None

    @property
    def pace(self) -> Pace:
        """When requests to the API may go out."""
        return self._tries.pace

    def wait_for_sign_in(self) -> None:
        """Return once there is a token: in this thread, where a person can be told that it is waited for.

        Raises
        ------
        LoginRequired
            Nobody is signed in, and nobody will be.
        """
        if self._tokens is not None:
            self._tokens.current()

    # requests' own steps, each with our rule added.

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepare a request as `requests.Session` does; a relative URL is one of the API's."""
        url = request.url
        if url is not None:
            text = url.decode() if isinstance(url, bytes) else str(url)
            text = text.lstrip()
            if not _ABSOLUTE.match(text):
                request = _copy(request)
                request.url = self._base + text.lstrip("/")
        return super().prepare_request(request)

    def rebuild_proxies(self, prepared_request: requests.PreparedRequest, proxies: Any) -> Any:
        """Return a redirect's proxies as requests does, its password not in the request: urllib3 sends it."""
        found = super().rebuild_proxies(prepared_request, proxies)  # type: ignore[no-untyped-call]
        prepared_request.headers.pop("Proxy-Authorization", None)
        return found

    def get_adapter(self, url: str) -> BaseAdapter:
        """Return what sends to this URL: the mounted adapter, held to this session's rules."""
        try:
            found = super().get_adapter(url)
        except requests.exceptions.InvalidSchema:
            # requests' own words have the whole address, which of a redirect to a storage is a secret.
            scheme = re.match(r"[a-zA-Z][a-zA-Z0-9+.-]{0,19}(?=:)", url)
            raise requests.exceptions.InvalidSchema(
                f"Only http and https can be asked, and not {scheme[0] if scheme else 'this'}."
            ) from None
        return Gate(self, found)  # type: ignore[return-value]

    def hop(
        self,
        adapter: BaseAdapter,
        request: requests.PreparedRequest,
        stream: bool,
        timeout: Any,
        verify: Any,
        cert: Any,
        proxies: Any,
    ) -> requests.Response:
        """Send one request to one host: the only way out of this session."""
        if self._readonly:
            rules.refuse_changes(request)
        if not verify:
            rules.refuse_unverified(request, self._verified_hosts)
        if timeout is None:
            timeout = self.timeout
        elif isinstance(timeout, tuple):
            timeout = tuple(self.timeout if one is None else one for one in timeout)
        at_api = self._api.holds(request.url)
        exchange = self._with_sign_in if at_api else self._as_it_is
        if not at_api and downloading() and self._file_hosts.holds(request.url):
            exchange = self._for_a_file
        try:
            response = exchange(
                adapter, request, stream=stream, timeout=timeout, verify=verify, cert=cert, proxies=proxies
            )
        except BaseException as error:
            # The frames below hold the token in headers, in requests' and urllib3's local variables. An
            # interrupt stops in the middle of them, so this is for KeyboardInterrupt too.
            without_frames(error)
            if isinstance(error, requests.RequestException):
                error.request = request
                say_why(error, request.url, timeout, proxies)
            raise error from error.__cause__
        if at_api:
            self._last_headers = response.headers
        return response

    def _as_it_is(
        self, adapter: BaseAdapter, request: requests.PreparedRequest, **how: Any
    ) -> requests.Response:
        """Send to another host: what an earlier hop put on for the API goes no further."""
        for name, ours in ((AUTHORIZATION, Bearer), (COMPANY, CompanyId)):
            if isinstance(request.headers.get(name), ours):
                del request.headers[name]
        return self._tries.send(adapter, request, None, paced=False, **how)

    def _with_sign_in(
        self, adapter: BaseAdapter, request: requests.PreparedRequest, **how: Any
    ) -> requests.Response:
        """Send to the API, with bearer and company where the caller gave none."""
        company = request.headers.get(COMPANY)
        if company is None or isinstance(company, CompanyId):
            chosen = self._company_for(request)
            if chosen is not None:
                request.headers[COMPANY] = chosen
            elif company is not None:  # sent before, and unchosen since
                del request.headers[COMPANY]
        return self._with_bearer(adapter, request, paced=True, **how)

    def _for_a_file(
        self, adapter: BaseAdapter, request: requests.PreparedRequest, **how: Any
    ) -> requests.Response:
        """Send to a host of files, with the bearer: which is no host of the API, whose company and limits it has not."""
        if isinstance(request.headers.get(COMPANY), CompanyId):
            del request.headers[COMPANY]
        return self._with_bearer(adapter, request, paced=False, **how)

    def _with_bearer(
        self, adapter: BaseAdapter, request: requests.PreparedRequest, *, paced: bool, **how: Any
    ) -> requests.Response:
        # The token goes into a copy, which ends with the exchange: what the caller can keep, pickle or
        # print (`response.request`, an error's `request`) never holds it.
        wire = _copy(request)
        headers = wire.headers = request.headers.copy()
        tokens = self._tokens
        own = headers.get(AUTHORIZATION)
        if own is not None:
            if isinstance(own, Bearer):
                del headers[AUTHORIZATION]
            else:
                tokens = None
        if tokens is not None:
            request.headers[AUTHORIZATION] = SENT
        response = self._tries.send(adapter, wire, tokens, paced=paced, **how)
        response.request = request
        return response

    def _company_for(self, request: requests.PreparedRequest) -> CompanyId | None:
        """Return the company header for a request to the API that has none of the caller's."""
        return self._company_header

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            "A Procore session can't be pickled or copied: it holds a sign-in, which must not be written down. "
            "Connect again where it is needed (the stored sign-in is used)."
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._api!r}>"
