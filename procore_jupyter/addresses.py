r"""Web addresses: an origin and what leads to it, what counts as this machine, what a browser can be sent back to.

No parser of URLs has the say alone: parsers differ on ``https://good.test\@evil.test`` and its kind. What is
not spelled so plainly that there is one way to read it is refused, or is another origin.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Self
from urllib.parse import urlsplit

OOB = "urn:ietf:wg:oauth:2.0:oob"
"""The redirect URI that shows the code on a page, to be pasted."""

_DEFAULT_PORT = {"https": 443, "http": 80}
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = rf"{_LABEL}(?:\.{_LABEL})*"
_HOST_PATTERN = re.compile(rf"\*\.(?:{_LABEL}\.)+{_LABEL}|{_NAME}", re.ASCII)
# The whole authority, spelled plainly, ended by what ends it for every parser (RFC 3986, section 3.2).
_ORIGIN = re.compile(
    rf"(https?)://({_NAME}|\[[0-9a-f:.]{{2,45}}\])(?::([0-9]{{1,5}}))?(?=[/?#]|\Z)", re.IGNORECASE | re.ASCII
)
_REDIRECT = re.compile(
    r"https?://(?:[^\s/@?#\\:\[\]]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:[/?][^\s#\\]*)?", re.IGNORECASE
)


class Origin:
    """A scheme, host and port (RFC 6454), and whether a URL leads there.

    It is asked for every hop, redirects included, about the very text that the connection is made from: this one
    check decides where the bearer goes. A URL whose authority two parsers may read in two ways (a backslash, a tab,
    white space, userinfo, a percent-encoded or non-ASCII host) leads to no origin.

    Parameters
    ----------
    url : str
        Any URL of the origin.

    Raises
    ------
    ValueError
        The URL has no origin that can be read; the message doesn't repeat it.
    """

    __slots__ = ("_prefixes", "host", "port", "scheme")

    def __init__(self, url: str) -> None:
        found = _read(url)
        if found is None:
            raise ValueError("this is not the address of an http or https server")
        self.scheme, self.host, self.port = found
        name = f"[{self.host}]" if ":" in self.host else self.host
        plain, full = f"{self.scheme}://{name}/", f"{self.scheme}://{name}:{self.port}/"
        # What requests makes of nearly every URL; a prefix that ends in "/" holds the whole authority.
        self._prefixes = (plain, full) if self.port == _DEFAULT_PORT[self.scheme] else (full,)

    @classmethod
    def of(cls, url: str | None) -> Self | None:
        """Return the origin of a URL, or None if it has none that can be read."""
        try:
            return cls(url or "")
        except ValueError:
            return None

    def holds(self, url: str | None) -> bool:
        """Return whether a request for a URL is made to this very scheme, host and port."""
        if not url:
            return False
        return url.startswith(self._prefixes) or _read(url) == (self.scheme, self.host, self.port)

    def __str__(self) -> str:
        return self._prefixes[0].rstrip("/")

    def __repr__(self) -> str:
        return str(self)


def checked_origin(text: str) -> str:
    """Return an origin that a person wrote in its one spelling: lower case, no default port, no last slash.

    Parameters
    ----------
    text : str
        ``https://host[:port][/]``.

    Raises
    ------
    ValueError
        It is something else, or http to another machine; the message begins with a verb, for the setting's name to
        be put before it, and doesn't repeat the text.
    """
    found = _ORIGIN.match(text)
    if found is None or text[found.end() :] not in ("", "/"):
        raise ValueError(
            "must look like https://api.procore.com or https://host:8443, without a path, query or user name"
        )
    scheme, host, port = found[1].lower(), found[2].lower(), found[3]
    if host.startswith("["):
        try:
            host = f"[{ipaddress.IPv6Address(host[1:-1])}]"
        except ValueError:
            raise ValueError("contains an invalid IPv6 address") from None
    if port is not None and not 0 < int(port) < 65536:
        raise ValueError("has an invalid port: ports go from 1 to 65535")
    if scheme == "http" and not is_loopback(host):
        raise ValueError("must begin with https:// (http:// works for localhost only)")
    return str(Origin(f"{scheme}://{host}:{port or _DEFAULT_PORT[scheme]}"))


def may_lead_to(url: str, hosts: frozenset[str]) -> bool:
    """Return whether a URL could, by any reading, lead to one of these hosts; True in doubt.

    It is for checks where the careful answer is yes, as `Origin.holds` is for those where it is no.
    """
    from urllib3.exceptions import LocationParseError
    from urllib3.util import parse_url

    try:
        names = {urlsplit(url).hostname, parse_url(url).host}
    except (ValueError, LocationParseError):
        return True
    return not all(name and name.isascii() and "%" not in name for name in names) or any(
        name.lower().strip("[]").rstrip(".") in hosts for name in names if name
    )


def is_loopback(host: str) -> bool:
    """Tell whether a host name means this machine by itself, without asking a name server.

    Parameters
    ----------
    host : str
        A host without port; an IPv6 address with or without brackets.

    Returns
    -------
    bool
        True for ``localhost`` and the literal loopback addresses. Resolvers don't agree about ``127.1``,
        ``app.localhost`` and the like, so these don't count.
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_pattern(text: str) -> str:
    """Return a host, or ``*.domain.tld`` for all below a domain, in lower case.

    Raises
    ------
    ValueError
        It is neither, or so wide (``*``, ``*.com``) that a token would go to strangers.
    """
    if _HOST_PATTERN.fullmatch(text.lower()) is None:
        raise ValueError("must be a host such as files.example.com, or *.example.com")
    return text.lower()


def can_be_returned_to(redirect_uri: str) -> bool:
    """Tell whether a browser sent to a redirect URI would land on a page, or see the code (oob).

    RFC 6749, section 3.1.2: absolute, no fragment. A user name in it is refused too.
    """
    if redirect_uri == OOB:
        return True
    if not redirect_uri.isprintable() or _REDIRECT.fullmatch(redirect_uri) is None:
        return False
    try:
        return urlsplit(redirect_uri).port != 0
    except ValueError:  # a port above 65535, or a host that is none
        return False


def _read(url: str) -> tuple[str, str, int] | None:
    """Return a URL's scheme, host and port, or None if it isn't plainly an http or https URL."""
    found = _ORIGIN.match(url)
    if found is None:
        return None
    scheme, host, port = found[1].lower(), found[2].lower().strip("[]"), found[3]
    number = int(port) if port else _DEFAULT_PORT[scheme]
    try:
        # The parser that the connection is made from (requests hands its result to urllib3) has the last word.
        split = urlsplit(url)
        seen = split.scheme, split.hostname, split.port or _DEFAULT_PORT.get(split.scheme)
    except ValueError:
        return None
    return (scheme, host, number) if seen == (scheme, host, number) else None
