"""The one check of (scheme, host, port) that decides where the bearer may go.

It is asked for every hop, redirects included, about the very text that the connection is made from.
What it can't read beyond doubt is another origin: a URL whose authority two parsers may read in two
ways (a backslash, a tab, white space, userinfo, a percent-encoded or non-ASCII host) never matches.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}

# The whole authority, spelled plainly, ended by what ends it for every parser (RFC 3986, section 3.2).
_PLAIN = re.compile(
    r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?(?=[/?#]|\Z)", re.IGNORECASE | re.ASCII
)


def read_origin(url: str) -> tuple[str, str, int] | None:
    """Return a URL's scheme, host and port, lower case, the port always given.

    None where it is not http or https, or isn't spelled so plainly that there is one way to read it.
    """
    found = _PLAIN.match(url)
    if found is None:
        return None
    scheme, host, port = found[1].lower(), found[2].lower().strip("[]"), found[3]
    number = int(port) if port else _DEFAULT_PORTS[scheme]
    try:
        # The parser that the connection is made from (requests hands its result to urllib3) has the last word.
        split = urlsplit(url)
        seen = split.scheme, split.hostname, split.port or _DEFAULT_PORTS.get(split.scheme)
    except ValueError:
        return None
    return (scheme, host, number) if seen == (scheme, host, number) else None


class Origin:
    """One origin, and whether a URL leads to it.

    Parameters
    ----------
    url : str
        Any URL of the origin. ValueError where it has none that can be read.
    """

    def __init__(self, url: str) -> None:
        found = read_origin(url)
        if found is None:
            raise ValueError("this is not the address of an http or https server")
        self.scheme, self.host, self.port = self.key = found
        name = f"[{self.host}]" if ":" in self.host else self.host
        plain, full = f"{self.scheme}://{name}/", f"{self.scheme}://{name}:{self.port}/"
        # What requests makes of nearly every URL; a prefix that ends in "/" holds the whole authority.
        self._prefixes = (plain, full) if self.port == _DEFAULT_PORTS[self.scheme] else (full,)

    def holds(self, url: str | None) -> bool:
        """Return whether a request for this URL is made to this very scheme, host and port."""
        if not url:
            return False
        return url.startswith(self._prefixes) or read_origin(url) == self.key

    def __repr__(self) -> str:
        return self._prefixes[0].rstrip("/")


def may_lead_to(url: str, hosts: frozenset[str]) -> bool:
    """Return whether a URL could, by any reading, lead to one of these hosts; True in doubt.

    For checks where the careful answer is yes, as `Origin.holds` is for those where it is no.
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
