"""Predicates: the conditions of a plan that arrived at a scan, each of a single column.

Whatever isn't known here is left out of what all rows must meet: then more is fetched than is needed, and the answer is
the same.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from procore_jupyter.sql.plans.literals import Unknown, quoted, sql_of, value_of
from procore_jupyter.sql.plans.plan import Operator, ScanCondition
from procore_jupyter.sql.plans.plan_expressions import COMPARED, UNKNOWN, Json, said

Write = Callable[[Json], str]
"""Returns an expression of the column as SQL."""

_TURNED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_COMPARED = {kind: sign for kind, sign in COMPARED.items() if sign in _TURNED}
DAY = datetime.timedelta(days=1)
"""By how much a condition on a time is weaker here where the query asks for the current time: it goes on meanwhile."""


# Of one column, at the scan


def conditions_of(column: str, filter: Json, write: Write, *, clock: bool = False) -> Iterator[ScanCondition]:
    """Give the conditions in a filter that arrived at a scan; all of them hold.

    Parameters
    ----------
    column : str
        The column that it filters.
    filter : mapping
        The filter, as the plan's JSON has it.
    write : callable
        Returns an expression in it as SQL.
    clock : bool
        Whether the query asks for the current time, so that a constant may be another one when it runs.
    """
    waiting = [(column, filter)]  # conditions of one query lie hundreds deep within each other
    while waiting:
        column, filter = waiting.pop()
        kind = str(filter.get("filter_type")).removeprefix("LEGACY_")
        if kind == "OPTIONAL_FILTER":
            waiting += [(column, filter["child_filter"])] if filter.get("child_filter") else []
        elif kind == "CONJUNCTION_AND":
            waiting += [(column, one) for one in reversed(filter["child_filters"])]
        elif kind == "STRUCT_EXTRACT":
            waiting.append((f"{column}.{filter['child_name']}", filter["child_filter"]))
        else:
            with contextlib.suppress(*UNKNOWN):
                yield _condition(column, kind, filter, write, clock)


def _condition(column: str, kind: str, filter: Json, write: Write, clock: bool) -> ScanCondition:
    if kind == "IS_NOT_NULL":
        return ScanCondition(column, "is not null", (), f"{quoted(column)} IS NOT NULL")
    if kind == "CONSTANT_COMPARISON":
        return compared(
            column, _COMPARED[filter["comparison_type"]], value_of(filter["constant"]), clock=clock
        )
    if kind == "IN_FILTER":
        values = tuple(dict.fromkeys(value_of(one) for one in filter["values"] if not one["is_null"]))
        if (clock and any(isinstance(value, datetime.date) for value in values)) or not values:
            parts = [compared(column, "=", value, clock=clock).sql for value in values]
            return ScanCondition(column, "", (), _any(parts))
        return ScanCondition(column, "in", values, f"{quoted(column)} IN ({', '.join(map(sql_of, values))})")
    if kind == "CONJUNCTION_OR":
        return _one_of(
            column, [[*conditions_of(column, one, write, clock=clock)] for one in filter["child_filters"]]
        )
    if kind == "EXPRESSION_FILTER":
        return _expressed(column, filter["expr"], write, clock)
    raise Unknown(kind)


def compared(column: str, operator: str, value: Any, *, clock: bool = False) -> ScanCondition:
    """Return the comparison of a column with a value, of which the current time may be a part."""
    name = quoted(column)
    if value is None:
        return ScanCondition(column, "", (), f"{name} {operator} NULL")
    if clock and isinstance(value, datetime.date):
        return _loosely(column, operator, value)
    sql = f"{name} {operator} {sql_of(value)}"
    known: Mapping[str, Operator] = {"=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
    if operator not in known:
        return ScanCondition(column, "", (), sql)
    return ScanCondition(column, known[operator], (value,), sql)


def _loosely(column: str, operator: str, value: datetime.date) -> ScanCondition:
    """Return a comparison with a time, a day weaker."""
    name, later, earlier = quoted(column), sql_of(value + DAY), sql_of(value - DAY)
    if operator == "=":
        return ScanCondition(column, "", (), f"{name} BETWEEN {earlier} AND {later}")
    if operator in ("<", "<="):
        return ScanCondition(column, "<=", (value + DAY,), f"{name} <= {later}")
    if operator in (">", ">="):
        return ScanCondition(column, ">=", (value - DAY,), f"{name} >= {earlier}")
    raise Unknown(operator)


def _one_of(column: str, ways: Sequence[Sequence[ScanCondition]]) -> ScanCondition:
    """Return the condition that one of several ways holds, each of which is several conditions."""
    if not ways or not all(ways):
        raise Unknown("OR")
    sql = _any([" AND ".join(one.sql for one in way) for way in ways])
    if all(len(way) == 1 and way[0].operator in ("=", "in") and way[0].column == column for way in ways):
        values = tuple(dict.fromkeys(value for way in ways for value in way[0].values))
        return ScanCondition(column, "in", values, sql)
    return ScanCondition(column, "", (), sql)


def _any(parts: Sequence[str]) -> str:
    if not parts:
        raise Unknown("nothing")
    return f"({' OR '.join(f'({one})' for one in parts)})"


def _expressed(column: str, expression: Json, write: Write, clock: bool) -> ScanCondition:
    """Return the condition that an expression makes of a single column, which it calls 0."""
    if expression["expression_class"] == "BOUND_REF":  # a column of true and false
        return ScanCondition(column, "=", (True,), quoted(column))
    if expression.get("type") == "OPERATOR_NOT":
        inner = expression["children"][0]
        if inner["expression_class"] == "BOUND_REF":
            return ScanCondition(column, "=", (False,), f"(NOT {quoted(column)})")
    operator = _COMPARED.get(expression.get("type", ""))
    if operator:
        left, right = expression["children"]
        if left["expression_class"] == "BOUND_CONSTANT":
            left, right, operator = right, left, _TURNED[operator]
        if left["expression_class"] == right["expression_class"] == "BOUND_REF" and operator == "=":
            return _condition(column, "IS_NOT_NULL", {}, write, clock)  # whatever is equal to itself
        if left["expression_class"] == "BOUND_REF" and right["expression_class"] == "BOUND_CONSTANT":
            return compared(column, operator, value_of(right["value"]), clock=clock)
    found = said(expression, write, lambda index: column)
    return ScanCondition(column, "in" if found.column else "", found.values, found.sql, found.more)
