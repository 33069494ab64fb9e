"""What a session sends to whom: its two headers, the hosts that receive a token, and the requests that it refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from procore_jupyter.addresses import Origin, is_loopback, may_lead_to
from procore_jupyter.errors import ConfigurationError, ParameterError
from procore_jupyter.secret import MaskedText
from procore_jupyter.session.retries import SAFE

if TYPE_CHECKING:
    import requests

    from procore_jupyter.oauth.token import Token

AUTHORIZATION = "Authorization"
"""The header of the token (RFC 6750, section 2.1)."""

COMPANY = "Procore-Company-Id"
"""The header of the company that a request is about (Procore's docs, making API calls)."""

MASKED = "Bearer ***"
"""The Authorization value that a person sees."""

HTTPS_PORT = 443
"""The only port of a file host that receives a token."""

# Servers behind some proxies and frameworks take the method from these headers instead.
_METHOD_OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")

_IN_PATH = re.compile(r"/companies/(\d+)(?=/|$)", re.ASCII)
_IN_QUERY = re.compile(r"(?:^|&)company_id=(\d+)(?=&|$)", re.ASCII)

# Our two headers: their types tell them from the caller's own.


class Bearer(MaskedText):
    """The Authorization value that this package sends; drawn, formatted and pickled as ``Bearer ***``.

    Only `encode`, which http.client calls, gives what is sent.
    """

    __slots__ = ()

    @classmethod
    def of(cls, token: Token) -> Bearer:
        """Return the value to send for a token.

        Raises
        ------
        ConfigurationError
            The token has characters that no header can hold: http.client would show the token in its own message.
        """
        text = token.access_token.reveal()
        made, fit = cls("Bearer " + text, MASKED), text.isascii() and text.isprintable()
        del text  # the error's frame doesn't show it
        if not fit:
            raise ConfigurationError(
                "The access token contains a line break or another invalid character. Copy it again."
            )
        return made


SENT = Bearer(MASKED, MASKED)
"""The Authorization value of a request that the caller can look at, in place of the token that was sent."""


class CompanyId(str):
    """The company header's value that the session sets, and not the caller."""

    __slots__ = ()


def company_in(url: str | None) -> CompanyId | None:
    """Return the company that an address names, in its path or as ``company_id``; None if it names none, or two."""
    path, _, query = (url or "").partition("#")[0].partition("?")
    found = {*_IN_PATH.findall(path), *_IN_QUERY.findall(query)}
    return CompanyId(found.pop()) if len(found) == 1 else None


def company_number(company_id: Any) -> int:
    """Return a company's id as a number. Raises ParameterError if the value is none."""
    try:
        number = int(company_id)
    except (TypeError, ValueError, OverflowError):
        number = 0
    if (
        isinstance(company_id, bool)
        or number < 1
        or (number != company_id and not isinstance(company_id, str))
    ):
        raise ParameterError(
            f"company_id must be a company's id (a whole number), not {company_id!r:.60}. To choose by "
            "name:  procore.use(company=…)"
        )
    return number


class FileHosts:
    """The hosts beside the API's that receive the token in a download.

    Parameters
    ----------
    patterns : sequence of str
        Host names in lower case, as a profile gives them: ``files.example.com``, or ``*.example.com`` for all hosts below
        that one.
    """

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        self._names = frozenset(one for one in patterns if not one.startswith("*."))
        # With the dot: a name ends at the boundary of a label.
        self._ends = tuple(one[1:] for one in patterns if one.startswith("*."))

    def holds(self, url: str | None) -> bool:
        """Return whether a URL leads to one of these hosts: over https, at its usual port, the name spelled plainly."""
        origin = Origin.of(url)
        if origin is None or origin.scheme != "https" or origin.port != HTTPS_PORT:
            return False
        return origin.host in self._names or (origin.host.endswith(self._ends) if self._ends else False)


# What is refused


def refuse_changes(request: requests.PreparedRequest) -> None:
    """Let nothing but GET, HEAD and OPTIONS through (``Readonly=true``).

    Raises
    ------
    ConfigurationError
        The method is another one, or a header asks the server to take it for another one.
    """
    method = (request.method or "").upper()
    override = next((name for name in _METHOD_OVERRIDES if name in request.headers), None)
    if method not in SAFE or override:
        what = f"the header {override}" if override else method
        raise ConfigurationError(
            f"This connection is read-only (Readonly=true), so {what} was not sent. "
            "Connect without Readonly=true to change things in Procore."
        )


def refuse_unverified(request: requests.PreparedRequest, hosts: frozenset[str] = frozenset()) -> None:
    """Refuse ``verify=False``, or a session whose ``verify`` is false, for some hosts.

    Parameters
    ----------
    request : requests.PreparedRequest
        The request.
    hosts : frozenset of str
        The hosts in question; empty if the request is known to get the token.

    Raises
    ------
    ConfigurationError
        The request gets the token, or may lead to one of `hosts`.
    """
    if not hosts or may_lead_to(request.url or "", hosts):
        raise ConfigurationError(
            "verify=False is refused for Procore's hosts: another server could then get your sign-in. "
            "Give a company's own certificate authority as SSLServerCert=/path/to/ca.pem."
        )


def refuse_readable(request: requests.PreparedRequest, proxies: Mapping[str, str] | None) -> None:
    """Refuse a token on its way through a proxy that could read it.

    Plain http is for this machine alone. A proxy on another machine would carry it over the network.

    Raises
    ------
    ConfigurationError
        The request is plain http, and `proxies` sends it to another machine.
    """
    from requests.utils import select_proxy

    url = request.url or ""
    proxy = select_proxy(url, proxies) if proxies and url.startswith("http:") else None
    if proxy and not is_loopback(urlsplit(proxy if "://" in proxy else f"//{proxy}").hostname or ""):
        raise ConfigurationError(
            "A plain http request would take your sign-in through a proxy on another machine, which could read it. "
            f'Ask {urlsplit(url).netloc.rpartition("@")[2]} without a proxy: proxies={{"http": ""}}.'
        )
