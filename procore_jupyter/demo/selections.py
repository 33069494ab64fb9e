"""Which rows of a list a query selects, and in what order: found out once, and kept for the pages that follow."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from procore_jupyter.demo.company.rows import Row, RowList
from procore_jupyter.demo.filters import Keep

_MOST_KEPT = 64  # a selection is eight bytes a row


class Selections:
    """The latest selections."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, array[int]] = OrderedDict()

    def select(
        self, key: Hashable, rows: Sequence[Row], keep: Keep | None, order: Sequence[tuple[str, bool]]
    ) -> Sequence[Row]:
        """Return the selected rows, in their order.

        Parameters
        ----------
        key : hashable
            Tells the list and what is selected of it from other selections.
        rows : sequence
            The whole list.
        keep : callable or None
            Tells whether a row is selected; None if all are.
        order : sequence
            The fields to sort by, each with whether the largest comes first; empty for the list's own order.
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
    # By the last field first: sorting keeps the order of equal rows.
    for number, (_, descending) in reversed(list(enumerate(order))):
        found.sort(key=lambda one: one[1][number], reverse=descending)
    return [place for place, _ in found]


def _key(value: Any) -> tuple[int, Decimal, str]:
    """Return a value's key for sorting: numbers, in texts or not, come before other texts, and nothing comes last."""
    if isinstance(value, dict):
        value = value.get("name", value.get("title", ""))
    if value is None:
        return 2, Decimal(0), ""
    try:
        return 0, Decimal(str(value)), ""
    except InvalidOperation:
        return 1, Decimal(0), str(value).casefold()


def order_of(query: Callable[[str], str], parameter: str) -> list[tuple[str, bool]]:
    """Return the fields that a query sorts by, each with whether the largest comes first.

    Parameters
    ----------
    query : callable
        Returns the value of a parameter, or an empty text.
    parameter : str
        The parameter that sorts: ``sort``, ``sort[attribute]``, or empty if none does.
    """
    if parameter == "sort[attribute]":
        name = query("sort[attribute]")
        return [(name, query("sort[direction]").lower() == "desc")] if name else []
    if not parameter:
        return []
    names = (name.strip() for name in query(parameter).split(","))
    return [(name.lstrip("-"), name.startswith("-")) for name in names if name]
