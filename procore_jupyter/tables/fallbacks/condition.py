"""`Condition`: a filter and the values that a request sends for it; and which rows it keeps, where that is known."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from procore_jupyter.tables.arrow.remarks import UNFIT
from procore_jupyter.tables.arrow.types import as_text
from procore_jupyter.tables.definitions.spec import Filter, TableSpec

LIST = "[]"
"""What stands behind a parameter's name where several values may follow."""

_DOUBT = datetime.timedelta(days=1)
_COMPARES = re.compile(r"\]\[\w+\]$")


class NotComparable(Exception):
    """Rows don't hold what a condition compares, so that nobody here can tell which of them the API would give."""


@dataclass(frozen=True)
class Condition:
    """A filter with its values.

    Parameters
    ----------
    told : Filter
        What is known of the filter.
    param : str
        Its parameter, without the mark of a list.
    values : tuple of str
        The values that are sent, of which a row has to match one; of a range, both ends in one text.
    listed : bool
        Whether they are sent as a list.
    """

    told: Filter
    param: str
    values: tuple[str, ...]
    listed: bool

    @property
    def may_be_listed(self) -> bool:
        """Whether its value could be sent as a list of one, and isn't."""
        return not (self.listed or self.told.range or _COMPARES.search(self.param))

    def is_known(self, spec: TableSpec) -> bool:
        """Return whether `keeps` tells exactly the rows of a table that the API's filter is documented to give."""
        if spec.columns.get(self.told.column) != self.told.kind:
            return False
        if not self.told.range:
            return self.told.sound
        days = self.told.kind == "date"
        return (self.told.sound or days) and len(self.values) == 1 and _ends(self.values[0], days) is not None

    def contradicts(self, row: Any) -> bool:
        """Return whether a row, as bytes, surely doesn't meet the condition: by more than letters' case, or a day.

        What the API gives for a condition that it heeds may differ by so much from what is compared here.
        """
        found = json.loads(bytes(row))
        value = found.get(self.told.column) if isinstance(found, dict) else None
        if isinstance(value, bool) or not isinstance(value, (int, str)) or value == "":
            return False
        if not self.told.range:
            return str(value).casefold() not in {one.casefold() for one in self.values}
        ends = _ends(self.values[0], days=False)
        try:
            moment = datetime.datetime.fromisoformat(str(value))
        except ValueError:
            return False
        if ends is None:
            return False
        first, last, moment = (
            one if one.tzinfo else one.replace(tzinfo=datetime.UTC) for one in (*ends, moment)
        )
        return moment < first - _DOUBT or moment > last + _DOUBT

    def keeps(self, columns: Mapping[str, pa.Array], rows: Sequence[Any]) -> pa.Array:
        """Return which rows the condition keeps, as booleans. It has to be one that is known.

        Parameters
        ----------
        columns : mapping of str to pyarrow.Array
            The rows as columns.
        rows : sequence
            The bytes of each row.

        Raises
        ------
        NotComparable
            The rows don't have the column, or values of another kind in it.
        """
        name = self.told.column
        column = columns.get(name)
        if column is None or _has_unfit(columns, name):
            raise NotComparable
        if len(column) and column.null_count == len(column) and not _is_in_some(name, rows):
            raise NotComparable
        if not self.told.range:
            wanted = pa.array(self.values, pa.string())
            return pc.fill_null(pc.is_in(_sent_as(column), value_set=wanted), False)
        days = self.told.kind == "date"
        ends = _ends(self.values[0], days)
        if ends is None or (not days and None in (ends[0].tzinfo, ends[1].tzinfo)):
            raise NotComparable
        if not (pa.types.is_date if days else pa.types.is_timestamp)(column.type):
            raise NotComparable
        first, last = (pa.scalar(end, column.type) for end in ends)
        within = pc.and_(pc.greater_equal(column, first), pc.less_equal(column, last))
        return pc.fill_null(within, False)


def conditions_of(spec: TableSpec, query: Iterable[tuple[str, str]]) -> list[Condition]:
    """Return the conditions among the parameters that a request sends, each once."""
    query = [*query]
    if not query:
        return []
    told = {one.param.removesuffix(LIST): one for one in spec.filters.values()}
    for param in spec.fixed:
        name = param.removeprefix("filters[").removesuffix("]")
        told.setdefault(param, Filter(name, param, column=name, sound=True))
    found: dict[str, list[str]] = {}
    listed = set()
    for param, value in query:
        base = param.removesuffix(LIST)
        if base in told:
            found.setdefault(base, []).append(value)
            if base != param:
                listed.add(base)
    return [
        Condition(told[base], base, tuple(values), base in listed or len(values) > 1)
        for base, values in found.items()
    ]


def _ends(text: str, days: bool) -> tuple[Any, Any] | None:
    """Return both ends of a range as it is sent; None if they can't be read."""
    try:
        first, last = text.split("...")
        if days:
            return datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
        return datetime.datetime.fromisoformat(first), datetime.datetime.fromisoformat(last)
    except ValueError:
        return None


def _sent_as(column: pa.Array) -> pa.Array:
    """Return the values as a request sends them: a whole number without decimals, also of a column that has others too."""
    if not pa.types.is_floating(column.type):
        return as_text(column)
    texts = (
        None if one is None else f"{one:.0f}" if one.is_integer() else repr(one) for one in column.to_pylist()
    )
    return pa.array(texts, pa.string())


def _has_unfit(columns: Mapping[str, pa.Array], name: str) -> bool:
    """Return whether a value of a column stands in ``_unfit``."""
    unfit = columns.get(UNFIT)
    if unfit is None or unfit.null_count == len(unfit):
        return False
    return any(name in json.loads(one) for one in unfit.drop_null().to_pylist())


def _is_in_some(name: str, rows: Sequence[Any]) -> bool:
    """Return whether some row has a field of this name, if only an empty one."""
    return any(name in json.loads(bytes(row)) for row in rows)
