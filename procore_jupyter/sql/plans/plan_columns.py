"""`PlanColumn`: a column in a plan, with the columns of scans that its values come from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from procore_jupyter.sql.plans.literals import INTEGERS, quoted
from procore_jupyter.sql.plans.plan_expressions import UNKNOWN, Json, row_of

SOME_VALUE = frozenset(
    [
        "first",
        "last",
        "min",
        "max",
        "any_value",
        "arbitrary",
        "mode",
        "arg_min",
        "arg_max",
        "min_by",
        "max_by",
    ]
)
"""Aggregates whose value is one of their first argument's own."""

ANY_NUMBER = 1 << 16
"""Columns of an operator that isn't known here: more than any has, so that those of its neighbour aren't taken for its own."""


@dataclasses.dataclass(frozen=True)
class ColumnOrigin:
    """What a column's values come from: a column of a scan, or what an expression makes of it.

    Parameters
    ----------
    scan, column : int, str
        The scan, and its column.
    kind : str
        Its type; empty if it isn't known.
    made : str
        The expression as SQL; empty for the column itself.
    padded : bool
        Whether it is also made of the NULL of rows without a match, and has to be NULL then.
    """

    scan: int
    column: str
    kind: str = ""
    made: str = ""
    padded: bool = False

    @property
    def name(self) -> str:
        """Its name among the scan's columns: of an expression, its SQL."""
        return self.made or self.column

    @property
    def sql(self) -> str:
        """It as SQL."""
        return self.made or quoted(self.column)


@dataclasses.dataclass(frozen=True)
class PlanColumn:
    """A column of an operator.

    Parameters
    ----------
    values : tuple of ColumnOrigin
        Each of its values is one of theirs, but for the NULL of rows without a match; empty if that isn't known.
    narrowed : tuple of ColumnOrigin
        Those whose scans' rows may be left out for the values of the column here.
    never_null : bool
        Whether none of the values is NULL.
    padded : bool
        Whether a value may be the NULL of a row without a match, or of a group without rows.
    members : tuple
        The columns of which it is a row.
    marks : tuple of pairs of PlanColumn
        Of a column that says whether a row has a match: the columns that are equal if it has.
    """

    values: tuple[ColumnOrigin, ...] = ()
    narrowed: tuple[ColumnOrigin, ...] = ()
    never_null: bool = False
    padded: bool = False
    members: tuple[PlanColumn | None, ...] = ()
    marks: tuple[tuple[PlanColumn, PlanColumn], ...] = ()


Columns = list[PlanColumn | None]
"""The columns that an operator hands on; None for one of which nothing is known."""


def column_of(node: Json, index: Json) -> str:
    """Return the name of a column that a scan reads, of a record's field with its path; empty if there is none."""
    number = index["index"]
    if not index.get("has_index", True) or number >= len(node["names"]):
        return ""
    path, kind = [node["names"][number]], node["returned_types"][number]
    while index["index_type"] == "PUSHDOWN_EXTRACT" and index["child_indexes"]:
        if len(index["child_indexes"]) > 1:
            return ""
        index = index["child_indexes"][0]
        field = kind["type_info"]["child_types"][index["index"]]
        path.append(field["first"])
        kind = field["second"]
    return ".".join(path) if not any("." in part for part in path) else ""


def reference(expression: Json, columns: Columns) -> PlanColumn | None:
    """Return the column that an expression is; None if it is another thing. A longer whole number is the same one."""
    if expression.get("type") == "OPERATOR_CAST" and expression["return_type"]["id"] in INTEGERS:
        kinds = {one["id"] for one in expression["arguments"]}
        if kinds <= INTEGERS:
            return reference(expression["children"][0], columns)
    number = expression["index"] if expression.get("expression_class") == "BOUND_REF" else len(columns)
    return columns[number] if number < len(columns) else None


def row_members(expression: Json, columns: Columns) -> Sequence[Json | PlanColumn | None]:
    """Return what a row is made of: expressions, or the columns that they are; nothing if it is no row."""
    try:
        return row_of(expression)
    except UNKNOWN:
        found = reference(expression, columns)
        return found.members if found else ()


def picked(columns: Columns, numbers: Sequence[int] | None) -> Columns:
    """Return those of some columns that are handed on; all, if nobody says which."""
    if not numbers:
        return columns
    return [columns[number] if number < len(columns) else None for number in numbers]


def unless(column: PlanColumn | None, narrowable: bool) -> PlanColumn | None:
    """Return a column that still narrows others, and is narrowed itself only if it may be."""
    if column is None or narrowable:
        return column
    return dataclasses.replace(column, narrowed=(), marks=())


def is_among(column: PlanColumn | None, others: Sequence[PlanColumn | None]) -> bool:
    """Return whether a column that may be narrowed is one of some others."""
    if column is None or not column.narrowed:
        return False
    return any(one is not None and one.narrowed == column.narrowed for one in others)


def source_alone(columns: Columns) -> Columns:
    """Return columns that narrow others still, and are narrowed by none."""
    return [unless(one, False) for one in columns]


def padded(column: PlanColumn | None) -> PlanColumn | None:
    """Return a column that may be NULL in rows without a match."""
    return column and dataclasses.replace(column, never_null=False, padded=True, marks=(), members=())


def mapped(
    column: PlanColumn, by: Callable[[ColumnOrigin], ColumnOrigin], *, never_null: bool = False
) -> PlanColumn | None:
    """Return the column that an expression makes of another one.

    Parameters
    ----------
    column : PlanColumn
        The other one.
    by : callable
        Returns the origin of what it makes. Raises `Unknown` for one of which it can't be told.
    never_null : bool
        Whether what it makes is never NULL.
    """
    try:
        made = {origin: by(origin) for origin in dict.fromkeys([*column.values, *column.narrowed])}
        values, narrowed = (tuple(made[one] for one in some) for some in (column.values, column.narrowed))
        found = PlanColumn(values, narrowed, never_null, column.padded)
    except UNKNOWN:
        return None
    return found if found.values or found.narrowed else None


def either(*sides: PlanColumn | None) -> PlanColumn | None:
    """Return the column of rows of all sides, one below the other."""
    known = [one for one in sides if one is not None]
    narrowed = tuple(origin for one in known for origin in one.narrowed)
    if len(known) < len(sides):
        return PlanColumn(narrowed=narrowed, padded=True) if known else None
    values = dict.fromkeys(origin for one in known for origin in one.values)
    return PlanColumn(
        tuple(values) if all(one.values for one in known) else (),
        narrowed,
        all(one.never_null for one in known),
        any(one.padded for one in known),
    )
