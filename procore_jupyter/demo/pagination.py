"""Pages of a list: which one a query asks for, how many rows it has, and the headers that tell of the others."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from procore_jupyter.demo.endpoint import Endpoint
from procore_jupyter.demo.parameters import DemoParameters
from procore_jupyter.demo.refusals import said


@dataclass(frozen=True)
class ListPage:
    """A page of a list.

    Parameters
    ----------
    number : int
        The page's number, from 1 on.
    size : int
        Rows a page.
    """

    number: int
    size: int

    @property
    def places(self) -> slice:
        """The places of its rows in the list."""
        return slice((self.number - 1) * self.size, self.number * self.size)

    def headers(self, address: str, total: int) -> dict[str, str]:
        """Return the headers of an answer with this page.

        Parameters
        ----------
        address : str
            The list's address, without a query.
        total : int
            How many rows the list has.
        """
        last = max(1, math.ceil(total / self.size))
        places = {"first": 1, "prev": self.number - 1, "next": self.number + 1, "last": last}
        if self.number <= 1:
            del places["first"], places["prev"]
        if self.number >= last:
            del places["next"], places["last"]
        # The links have no other parameter of the query, as documented.
        links = [
            f'<{address}?{urlencode({"page": number, "per_page": self.size})}>; rel="{name}"'
            for name, number in places.items()
        ]
        found = {"Total": str(total), "Per-Page": str(self.size)}
        return found | {"Link": ", ".join(links)} if links else found


def page_asked_for(
    query: Mapping[str, str], path: str, endpoint: Endpoint, parameters: DemoParameters
) -> ListPage:
    """Return the page that a query asks for. A ``page`` or ``per_page`` that is no positive number is ignored.

    Raises
    ------
    Refused
        The query asks for too large a page, and the parameters say that this is refused.
    """
    largest = min(endpoint.largest_page or parameters.largest_page, parameters.largest_page)
    for pattern, size in parameters.page_clamps.items():
        if fnmatch.fnmatchcase(path, pattern):
            largest = min(largest, size)
    asked = _positive(query.get("per_page"))
    if asked is not None and asked > largest and parameters.reject_large_pages:
        raise said(
            400, f"Invalid per_page of {asked}, exceeding max per_page of {largest}", newer=endpoint.newer
        )
    size = asked or parameters.page_size or endpoint.page_size
    return ListPage(_positive(query.get("page")) or 1, min(size, largest))


def _positive(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and int(text) > 0 else None
