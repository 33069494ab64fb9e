"""`RefreshingSession`: a `requests.Session` whose token renews itself and stays on its own host.

Every hop of every request, the hops of a redirect and the sending of a prepared request included,
leaves through `RefreshingSession._hop`, so each rule stands in one place and holds for all of them.
The way of a request: `get_adapter` -> `_hop` (what is refused) -> `_to_its_host` (what goes along) -> `exchange.send`.
"""

from __future__ import annotations

import random
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import requests
from requests import exceptions
from requests.adapters import HTTPAdapter

from procore_jupyter.addresses import Origin
from procore_jupyter.errors import ConfigurationError, ProcoreError, without_frames, without_locals
from procore_jupyter.files.forks import in_each_child
from procore_jupyter.oauth.network_errors import unreachable
from procore_jupyter.secret import masked_userinfo
from procore_jupyter.session import content_coding, exchange, rules, scope
from procore_jupyter.session.exchange import Patience
from procore_jupyter.session.limits.rate_limit import Pace
from procore_jupyter.session.quirks import Quirks
from procore_jupyter.session.rules import AUTHORIZATION, COMPANY, Bearer, CompanyId, FileHosts
from procore_jupyter.session.scope import StoppableAdapter
from procore_jupyter.wording import shown_host

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

    from procore_jupyter.oauth.token_source import TokenProvider

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{0,19}(?=:)")


_of_parents: list[
    object
] = []  # the connections of the process that this one was forked from, never closed here


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


class RefreshingSession(requests.Session):
    """A `requests.Session` for one API host.

    A relative URL goes to the API host. Each hop gets token and company header by one check of (scheme, host, port),
    and the API host alone gets both; the caller's own ``Authorization``, ``auth=`` and company header win. A token is
    renewed before it expires, and once after a 401, and the request is repeated. Failures that pass are tried four times
    where that does no harm. The session never reads the environment.

    Parameters
    ----------
    api_url, login_url : str
        Where the API is (a path in it is put before relative URLs), and where people sign in.
    tokens : TokenProvider or None
        The source of tokens; None sends requests without one.
    timeout : float
        Seconds for connecting, and for each read, unless the caller gives others.
    max_wait : float
        Seconds that one call waits for rate limits at most. When a longer wait is needed, a 429 that came is returned,
        and `RateLimited` is raised if none came yet.
    readonly : bool
        Refuse all methods but GET, HEAD and OPTIONS.
    file_hosts : sequence of str
        Hosts that receive the token in downloads alone, over https.
    proxies : mapping
        As `requests.Session.proxies`.
    ca_bundle : str or None
        A PEM file or folder of certificate authorities; None for the usual ones.
    company_id : int or None
        The company that requests are about.
    pace : Pace or None
        The pace shared with other sessions of the same app and person; None gives the session one of its own.
    quirks : Quirks or None
        What is known of the API's lists, shared with other kernels; None gives the session its own.
    notify : callable
        Receives each wait as one line.
    clock, sleep, chance : callable
        Return the unix time in seconds, wait so many seconds, and return a random number from 0 up to 1.
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
        quirks: Quirks | None = None,
        notify: Callable[[str], None] = _say,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__()
        self.timeout = timeout
        self._clock = clock
        self._patience = Patience(Pace(clock=clock), max_wait, notify, clock, sleep, chance)
        self._readonly = readonly
        self.verify = ca_bundle or True
        self.headers["Accept-Encoding"] = content_coding.ACCEPTED  # what can be unpacked up to a bound
        self._connect_to(
            api_url, login_url, tokens, file_hosts=file_hosts, proxies=proxies, pace=pace, quirks=quirks
        )
        for scheme in ("https://", "http://"):
            self.mount(scheme, StoppableAdapter())
        self._company_id: int | None = None
        self._company_header: CompanyId | None = None
        self._last_headers: Mapping[str, str] = {}
        self.company_id = company_id
        self._ready = True
        in_each_child(self._begin_anew)

    def _connect_to(
        self,
        api_url: str,
        login_url: str,
        tokens: TokenProvider | None,
        *,
        file_hosts: Sequence[str] = (),
        proxies: Mapping[str, str] | None = None,
        pace: Pace | None = None,
        quirks: Quirks | None = None,
    ) -> None:
        """Set which hosts the session speaks to, and with whose tokens. The parameters are those of the class."""
        self._api = Origin(api_url)
        self._verified_hosts = frozenset({self._api.host, Origin(login_url).host})
        self._file_hosts = FileHosts(file_hosts)
        self._base = api_url.rstrip("/") + "/"
        self._tokens = tokens
        self.proxies = {name: masked_userinfo(url) for name, url in (proxies or {}).items()}
        if pace is not None:
            self._patience.pace = pace
        self._quirks = quirks or Quirks(api_url)

    def _begin_anew(self) -> None:
        """Have no open connections, in a process that was forked: the parent goes on with those there are."""
        for adapter in self.adapters.values():
            if isinstance(adapter, HTTPAdapter):
                # What closes a connection that is no longer referred to would wait for a lock that nobody holds.
                _of_parents.append((adapter.poolmanager, adapter.proxy_manager))
                adapter.__setstate__(adapter.__getstate__())  # type: ignore[attr-defined]  # as pickle restores it
        self.cookies._cookies_lock = threading.RLock()  # type: ignore[attr-defined]

    # What a person sets and sees. None of it asks the network.

    @property
    def trust_env(self) -> bool:
        """False for good: connecting reads the environment once, and requests never does."""
        return False

    @trust_env.setter
    def trust_env(self, value: bool) -> None:
        # `requests.Session.__init__` itself switches it on.
        if self._ready and value:
            raise ConfigurationError(
                "trust_env can't be turned on: a .netrc entry would replace the sign-in. "
                "Proxies and certificates are read once, on connecting (ProxyServer, SSLServerCert)."
            )

    @property
    def company_id(self) -> int | None:
        """The company that requests are about, sent as ``Procore-Company-Id``; None until one is chosen."""
        return self._company_id

    @company_id.setter
    def company_id(self, company_id: int | None) -> None:
        self._company_id = None if company_id is None else rules.company_number(company_id)
        self._company_header = None if company_id is None else CompanyId(self._company_id)

    @property
    def max_wait(self) -> float:
        """Seconds that one call waits for rate limits at most."""
        return self._patience.max_wait

    @max_wait.setter
    def max_wait(self, seconds: float) -> None:
        self._patience.max_wait = seconds

    @property
    def readonly(self) -> bool:
        """Whether the session refuses all methods but GET, HEAD and OPTIONS. Only the connection string sets this."""
        return self._readonly

    @property
    def rate_limit(self) -> tuple[int, int] | None:
        """Requests left and requests allowed in the window that ends first, by the last answer; None before it."""
        try:
            return int(self._last_headers["X-Rate-Limit-Remaining"]), int(
                self._last_headers["X-Rate-Limit-Limit"]
            )
        except (KeyError, ValueError):
            return None

    # For the rooms above: nothing that a person needs.

    @property
    def _pace(self) -> Pace:
        """When requests to the API may go out."""
        return self._patience.pace

    def _wait_for_sign_in(self) -> None:
        """Return once there is a token: in this thread, in which a person can be told of the wait.

        Raises
        ------
        LoginRequired
            Nobody is signed in, and nobody will be.
        """
        if self._tokens is not None:
            self._tokens.current()

    # requests' own steps, each with our rule added

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepare a request as `requests.Session` does; a relative URL goes to the API."""
        url = request.url
        if url is not None:
            text = url.decode() if isinstance(url, bytes) else str(url)
            text = text.lstrip()
            if not _ABSOLUTE.match(text):
                request = exchange.copied(request)
                request.url = self._base + text.lstrip("/")
        try:
            return super().prepare_request(request)
        except exceptions.RequestException as error:
            self._say_why(error, str(request.url))  # requests' own words have the whole address, or a header
            raise

    def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        """Send a prepared request as `requests.Session` does, and follow its redirects."""
        try:
            return super().send(request, **how)
        except (exceptions.TooManyRedirects, exceptions.UnrewindableBodyError) as error:
            self._say_why(error, request.url)
            raise

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return the address that an answer leads to, as requests does; None if it leads nowhere."""
        try:
            target: str | None = super().get_redirect_target(resp)
            urlsplit(target or "")
        except ValueError:
            where = shown_host(resp.url)
        else:
            return target
        raise exceptions.InvalidURL(
            f"{where} redirects to an invalid address. Try again in a few minutes.", response=resp
        )

    def rebuild_proxies(self, prepared_request: requests.PreparedRequest, proxies: Any) -> Any:
        """Return a redirect's proxies as requests does, but keep their password out of the request: urllib3 sends it."""
        found = super().rebuild_proxies(prepared_request, proxies)  # type: ignore[no-untyped-call]
        prepared_request.headers.pop("Proxy-Authorization", None)
        return found

    def get_adapter(self, url: str) -> BaseAdapter:
        """Return the mounted adapter for this URL, behind this session's rules."""
        try:
            found = super().get_adapter(url)
        except exceptions.InvalidSchema:
            # requests' own words have the whole address, and that of a redirect to a storage is a secret.
            scheme = _SCHEME.match(url)
            raise exceptions.InvalidSchema(
                f"Only http and https addresses work, not {scheme[0] if scheme else 'this'}."
            ) from None
        return _Gate(found, self._hop)  # type: ignore[return-value]

    def _hop(self, adapter: BaseAdapter, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        """Send one request to one host, unless a rule refuses it. No request leaves the session by another way."""
        if self._readonly:
            rules.refuse_changes(request)
        if not how["verify"]:
            rules.refuse_unverified(request, self._verified_hosts)
        timeout = how["timeout"]
        if timeout is None:
            timeout = self.timeout
        elif isinstance(timeout, tuple):
            timeout = tuple(self.timeout if one is None else one for one in timeout)
        how["timeout"] = timeout
        try:
            return self._to_its_host(adapter, request, **how)
        except BaseException as error:
            # The frames below hold the token in headers, in requests' and urllib3's local variables. An
            # interrupt stops in the middle of them, so this is for KeyboardInterrupt too.
            without_frames(error)
            if isinstance(error, requests.RequestException):
                error.request = request
                self._say_why(error, request.url, timeout, how["proxies"])
            raise error from error.__cause__

    def _say_why(
        self,
        error: requests.RequestException,
        url: str | None,
        timeout: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> None:
        """Have an error of requests say what happened and what to do.

        It keeps its type, and urllib3's words stay in its context. Of the proxies only the host is ever named.
        """
        if isinstance(error, ProcoreError):
            return
        setting = "APIURL" if self._api.holds(url) else ""
        read = timeout[-1] if isinstance(timeout, tuple) else timeout
        error.args = (unreachable(error, url or "", read or self.timeout, proxies or {}, setting)[0],)

    def _to_its_host(
        self, adapter: BaseAdapter, request: requests.PreparedRequest, **how: Any
    ) -> requests.Response:
        """Send with what the host may get: the API token and company, a file host in a download the token, others neither.

        What an earlier hop put on for another host goes no further.
        """
        at_api = self._api.holds(request.url)
        self._put_company(request, at_api)
        trusted = at_api or (scope.current().to_files and self._file_hosts.holds(request.url))
        tokens = self._tokens if trusted else None
        own = request.headers.get(AUTHORIZATION)
        if own is not None and not isinstance(own, Bearer):
            tokens = None  # the caller's own wins
        elif own is not None and tokens is None:
            del request.headers[AUTHORIZATION]
        if tokens is not None:
            if not how["verify"]:
                rules.refuse_unverified(request)
            rules.refuse_readable(request, how["proxies"])
        response = exchange.send(self._patience, adapter, request, tokens, paced=at_api, **how)
        if at_api:
            self._last_headers = response.headers
        return response

    def _put_company(self, request: requests.PreparedRequest, at_api: bool) -> None:
        """Set the company header of a request to the API, unless the caller has set it; take ours off any other."""
        company = request.headers.get(COMPANY)
        if company is not None and not isinstance(company, CompanyId):
            return
        chosen = self._company_for(request) if at_api else None
        if chosen is not None:
            request.headers[COMPANY] = chosen
        elif company is not None:  # set by an earlier hop, or before the company was unchosen
            del request.headers[COMPANY]

    def _company_for(self, request: requests.PreparedRequest) -> CompanyId | None:
        """Return the company header for a request to the API that has none of the caller's.

        It is that of the company which the address names, else the one that the piece of work is about, else the chosen one.
        """
        return self._company_meant(request) or self._company_header

    @staticmethod
    def _company_meant(request: requests.PreparedRequest) -> CompanyId | None:
        company = scope.current().company
        return rules.company_in(request.url) or (None if company is None else CompanyId(company))

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            "A Procore session can't be pickled or copied: it holds a sign-in, which must not be written to "
            "disk. Connect again where you need it (the stored sign-in is used)."
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._api!r}>"


class _Gate:
    """Stands before an adapter, so that requests' own code can't send past the session's rules.

    Parameters
    ----------
    adapter : BaseAdapter
        Sends over the network.
    send : callable
        `RefreshingSession._hop`.
    """

    __slots__ = ("_adapter", "_send")

    def __init__(self, adapter: BaseAdapter, send: Callable[..., requests.Response]) -> None:
        self._adapter = adapter
        self._send = send

    @without_locals
    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send one request to one host, as `requests.adapters.BaseAdapter.send`."""
        how = {"stream": stream, "timeout": timeout, "verify": verify, "cert": cert, "proxies": proxies}
        return self._send(self._adapter, request, **how)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)
