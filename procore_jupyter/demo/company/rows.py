"""Lists whose rows are made as they are asked for: plain lists, lists by day, and rows that belong to other rows."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, overload

Row = dict[str, Any]

_AFTER_THE_START = (
    "actual_completion_date", "actual_delivery_date", "approval_letter_date", "closed_at", "distributed_at",
    "execution_date", "invoiced_date", "issued_at", "issued_on_date", "letter_of_intent_date", "paid_date", "payment_date",
    "returned_date", "reviewed_at", "signed_change_order_received_date", "signed_contract_received_date",
    "submittal_workflow_template_applied_at", "time_resolved",
)  # fmt: skip
"""Fields that tell when something happened to a row that was there already."""

_HAPPENED = (
    "actual_finish", "actual_start", "created_at", "date_notified", "event_date", "latest_revision_update",
    "received_date", "submitted_at", "taken_at", "time", "time_in", "time_out", *_AFTER_THE_START,
)  # fmt: skip
"""Fields that tell when something happened at all: none is later than the row's last change."""


@dataclass(frozen=True)
class RowPlace:
    """A row's table, and the row's place in a project's list."""

    table: str
    index: int


class RowList(Sequence[Row]):
    """A list of rows, each made anew whenever it is asked for.

    Parameters
    ----------
    count : int
        How many rows there are.
    make : callable
        Returns the row at a place, from 0 on.
    """

    def __init__(self, count: int, make: Callable[[int], Row]) -> None:
        self._count = count
        self._make = make

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        if isinstance(place, slice):
            return [in_order(self._make(index)) for index in range(self._count)[place]]
        return in_order(self._make(range(self._count)[place]))


def in_order(row: Row) -> Row:
    """Return a row in which nothing happens before it is created, nor after its last change.

    Each moment is drawn by itself, and so two on one day stand in any order.
    """
    created = row.get("created_at")
    if created is not None:
        for name in _AFTER_THE_START:
            found = row.get(name)
            if found is not None and found < created[: len(found)]:
                row[name] = created[: len(found)]
    if (changed := row.get("updated_at")) is not None:
        found = max(str(row.get(name) or "") for name in _HAPPENED)
        if found[: len(changed)] > changed[: len(found)]:
            row["updated_at"] = found if len(found) >= len(changed) else found + changed[len(found) :]
    return row


class DailyRows(RowList):
    """A list of rows by day, the oldest first.

    Parameters
    ----------
    days : sequence of date
        The days, in order.
    counts : iterable of int
        How many rows each day has.
    make : callable
        Returns a row, from the place of its day in `days` and its own place among all rows.
    """

    def __init__(self, days: Sequence[date], counts: Iterable[int], make: Callable[[int, int], Row]) -> None:
        self._days = days
        self.children = Children(counts)
        super().__init__(len(self.children), lambda index: make(self.children.place(index)[0], index))

    def between(self, first: date, last: date) -> RowList:
        """Return the rows of the days from `first` to `last`, both included."""
        start = self.children.starts[bisect.bisect_left(self._days, first)]
        end = self.children.starts[bisect.bisect_right(self._days, last)]
        return RowList(max(0, end - start), lambda index: self[start + index])


class Children:
    """A flat list of children, which tells the parent of each.

    Parameters
    ----------
    counts : iterable of int
        How many children each parent has, in order.
    """

    def __init__(self, counts: Iterable[int]) -> None:
        self.starts = [0, *itertools.accumulate(counts)]

    def __len__(self) -> int:
        return self.starts[-1]

    def place(self, index: int) -> tuple[int, int]:
        """Return a child's parent, and the child's place among its siblings."""
        parent = bisect.bisect_right(self.starts, index) - 1
        return parent, index - self.starts[parent]

    def of(self, parent: int) -> range:
        """Return the places of a parent's children in the flat list."""
        return range(self.starts[parent], self.starts[parent + 1])


def newer(rows: Callable[..., Sequence[Row]]) -> Callable[..., RowList]:
    """Return the function of the same list in version 2 of the API, whose ids are texts."""

    def listed(*of: Any) -> RowList:
        found = rows(*of)
        return RowList(len(found), lambda index: _with_text_ids(found[index]))

    return listed


def _with_text_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_text_ids(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: str(inner)
        if type(inner) is int and (name == "id" or name.endswith("_id"))
        else _with_text_ids(inner)
        for name, inner in value.items()
    }


def chained(lists: Sequence[Sequence[Row]]) -> RowList:
    """Return lists as one, one after the other."""
    children = Children(len(rows) for rows in lists)

    def make(index: int) -> Row:
        which, place = children.place(index)
        return lists[which][place]

    return RowList(len(children), make)
