"""Which rows of a list are wanted, and in what order: worked out once, and kept for the pages that follow."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from procore_jupyter.demo.company.rows import Row, RowList
from procore_jupyter.demo.filters import Keep

# A selection is eight bytes a row.
_MOST_KEPT = 64


class Selections:
    """The latest selections."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, array[int]] = OrderedDict()

    def select(
        self, key: Hashable, rows: Sequence[Row], keep: Keep | None, order: Sequence[tuple[str, bool]]
    ) -> Sequence[Row]:
        """Return the rows that are kept, in order.

        Parameters
        ----------
        key : hashable
            What list this is, of what, and what is asked of it.
        rows : sequence
            The whole list.
        keep : callable or None
            Tells whether a row is kept; None where all are.
        order : sequence
            What to sort by, each with whether the largest comes first; none for the list's own order.
        """
        if keep is None and not order:
            return rows
        places = self._kept.get(key)
        if places is None:
            places = self._kept[key] = array("q", _places(rows, keep, order))
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return RowList(len(places), lambda index: rows[places[index]])


def _places(rows: Sequence[Row], keep: Keep | None, order: Sequence[tuple[str, bool]]) -> list[int]:
    found: list[tuple[int, list[Any]]] = []
    for place in range(len(rows)):
        row = rows[place]
        if keep is None or keep(row):
            found.append((place, [_key(row.get(name)) for name, _ in order]))
    # The last criterion first: sorting keeps the order of what is equal.
    for number, (_, descending) in reversed(list(enumerate(order))):
        found.sort(key=lambda one: one[1][number], reverse=descending)
    return [place for place, _ in found]


def _key(value: Any) -> tuple[int, Decimal, str]:
    """Return what a value is sorted by: numbers, also those that are written as text, before other texts."""
    if isinstance(value, dict):
        value = value.get("name", value.get("title", ""))
    if value is None:
        return 2, Decimal(0), ""
    try:
        return 0, Decimal(str(value)), ""
    except InvalidOperation:
        return 1, Decimal(0), str(value).casefold()


def order_of(query: Callable[[str], str], parameter: str) -> list[tuple[str, bool]]:
    """Return what a query asks to sort by, each with whether the largest comes first.

    Parameters
    ----------
    query : callable
        Gives the value of a parameter, or an empty text.
    parameter : str
        How the list is told: ``sort``, ``sort[attribute]``, or empty where it can't be.
    """
    if parameter == "sort[attribute]":
        name = query("sort[attribute]")
        return [(name, query("sort[direction]").lower() == "desc")] if name else []
    if not parameter:
        return []
    names = (name.strip() for name in query(parameter).split(","))
    return [(name.lstrip("-"), name.startswith("-")) for name in names if name]
