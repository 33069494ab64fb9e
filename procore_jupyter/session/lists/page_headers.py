"""What an answer's headers say of a list's pages: how many rows there are, how many a page has, and whether one follows.

``Link`` is that of RFC 8288 (``<address>; rel="next", …``). It is read as loosely as others write it, and never followed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from procore_jupyter.session.limits.limit_headers import whole_number

# Addresses and quoted texts are stepped over: they may hold anything.
_RELATION = re.compile(
    r"""<[^<>]*>|(?:^|[;,])\s*rel\s*=\s*(?:"(?P<double>(?:[^"\\]|\\.)*+)"|'(?P<single>[^']*)'|(?P<bare>[^\s;,"'<>]+))|"(?:[^"\\]|\\.)*+\"""",
    re.I,
)
_OTHER_PAGES = ("first", "prev", "last", "start")


class PageHeaders(NamedTuple):
    """What the headers say.

    Parameters
    ----------
    total : int or None
        Rows of the whole list; None if nothing is said of it.
    size : int or None
        Rows a page.
    more : bool or None
        Whether another page follows.
    """

    total: int | None
    size: int | None
    more: bool | None


def page_headers(headers: Mapping[str, str]) -> PageHeaders:
    """Return what an answer's headers, looked up without regard to case, say of the list's pages."""
    return PageHeaders(
        whole_number(headers.get("Total")),
        whole_number(headers.get("Per-Page")) or None,
        _more(headers.get("Link")),
    )


def _more(link: str | None) -> bool | None:
    """Return whether a ``Link`` header names a next page; None if there is none, or it speaks of no pages."""
    if link is None:
        return None
    found = [
        relation
        for one in _RELATION.finditer(link)
        for relation in (one["double"] or one["single"] or one["bare"] or "").lower().split()
    ]
    # A relation may be an address; its last part is its name.
    if any(relation.rpartition("/")[2].startswith("next") for relation in found):
        return True
    pages = not link.strip() or any(relation.startswith(_OTHER_PAGES) for relation in found)
    return False if pages else None
