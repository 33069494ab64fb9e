"""Joins: which side of one needs no row without a match on the other one, and what a match is."""

from __future__ import annotations

from procore_jupyter.sql.plans.literals import INTEGERS
from procore_jupyter.sql.plans.plan_columns import PlanColumn

LEFT_NARROWED = frozenset(["INNER", "SEMI", "RIGHT"])
"""Joins whose left side needs no row without a match on the right one."""

RIGHT_NARROWED = frozenset(["INNER", "SEMI", "LEFT", "SINGLE", "ANTI"])
"""Joins whose right side needs no row without a match on the left one."""

LEFT_ALONE = frozenset(["SEMI", "ANTI"])
"""Joins that hand on the columns of their left side alone."""

IS_SAME = "COMPARE_NOT_DISTINCT_FROM"
"""The comparison in which NULL meets NULL."""

COMPARABLE = INTEGERS | {
    *("HUGEINT", "DECIMAL", "DOUBLE", "FLOAT", "BOOLEAN", "VARCHAR"),
    *("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
}
"""Types whose values are looked for among those of other rows: Python has each of them as it is."""


def is_equality(comparison: str, one: PlanColumn, other: PlanColumn) -> bool:
    """Return whether two columns that are compared are equal in rows that match."""
    if comparison == IS_SAME:  # NULL meets NULL, unless one side has none
        return one.never_null or other.never_null
    return comparison == "COMPARE_EQUAL"


def left_out(kind: str, left: int, right: int) -> range:
    """Return the numbers of the columns whose rows a join leaves out that don't meet its conditions.

    Parameters
    ----------
    kind : str
        The kind of join.
    left, right : int
        How many columns its sides have, of which those of the left one come first.
    """
    return range(0 if kind in LEFT_NARROWED else left, left + right if kind in RIGHT_NARROWED else left)
