r"""Web addresses as settings name them: an origin, and what counts as this machine.

No parser of URLs is trusted alone: parsers differ on ``https://good.test\@evil.test`` and its kind. What is
not plainly ``scheme://host:port`` is refused.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_ORIGIN = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]{{2,45}}\])(?::(?P<port>[0-9]{{1,5}}))?/?",
    re.ASCII,
)
_HOST_PATTERN = re.compile(rf"(?:\*\.(?:{_LABEL}\.)+{_LABEL}|{_LABEL}(?:\.{_LABEL})*)", re.ASCII)
OOB = "urn:ietf:wg:oauth:2.0:oob"  # the redirect URI that shows the code on a page, to be pasted
_REDIRECT = re.compile(
    r"https?://(?:[^\s/@?#\\:\[\]]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:[/?][^\s#\\]*)?", re.IGNORECASE
)
_DEFAULT_PORT = {"https": 443, "http": 80}


def is_loopback(host: str) -> bool:
    """Tell whether a host name means this machine by itself, without asking a name server.

    Parameters
    ----------
    host : str
        A host without port; an IPv6 address with or without brackets.

    Returns
    -------
    bool
        True for ``localhost`` and the literal loopback addresses; ``127.1``, ``app.localhost`` and the
        like are left to resolvers, which don't agree about them, so they don't count.
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def origin(text: str) -> str:
    """Return an origin (RFC 6454) in its one spelling: lower case, no default port, no last slash.

    Parameters
    ----------
    text : str
        ``https://host``, ``https://host:port``; ``http`` for loopback alone.

    Raises
    ------
    ValueError
        With a reason that goes after the name of what was read; the text itself is not in it.
    """
    found = _ORIGIN.fullmatch(text.lower())
    if found is None:
        raise ValueError(
            "has to look like https://api.procore.com or https://host:8443, without path, query or user name"
        )
    scheme, host, port = found["scheme"], found["host"], found["port"]
    if host.startswith("["):
        try:
            host = f"[{ipaddress.IPv6Address(host[1:-1])}]"
        except ValueError:
            raise ValueError("holds an IPv6 address that is none") from None
    if port is not None and not 0 < int(port) < 65536:
        raise ValueError("has a port that is none: ports go from 1 to 65535")
    if scheme == "http" and not is_loopback(host):
        raise ValueError("has to begin with https:// (http:// is for localhost alone)")
    if port is None or int(port) == _DEFAULT_PORT[scheme]:
        return f"{scheme}://{host}"
    return f"{scheme}://{host}:{int(port)}"


def host_pattern(text: str) -> str:
    """Return a host, or ``*.domain.tld`` for all below a domain, in lower case.

    Raises
    ------
    ValueError
        It is neither, or so wide (``*``, ``*.com``) that a token would go to strangers.
    """
    if _HOST_PATTERN.fullmatch(text.lower()) is None:
        raise ValueError("has to be a host such as files.example.com, or *.example.com")
    return text.lower()


def can_be_returned_to(redirect_uri: str) -> bool:
    """Tell whether a browser sent there would land on a page, or show the code (oob).

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
