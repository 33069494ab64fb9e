"""Predicates: the conditions of a plan, which are the filters that arrived at a scan, and those directly above it.

Whatever isn't known here is left out of what all rows must meet: then more is fetched than is needed, and the answer is
the same.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from procore_jupyter.sql.literals import Unknown, quoted, sql_of, value_of
from procore_jupyter.sql.plan import Operator, ScanCondition

Json = Mapping[str, Any]

_COMPARED: Mapping[str, Operator | str] = {
    "COMPARE_EQUAL": "=",
    "COMPARE_NOTEQUAL": "<>",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
}
_TURNED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_MATCHED = ("~~", "!~~", "~~*", "!~~*")
_CALLED = ("prefix", "suffix", "contains", "lower", "upper")
_SIMPLE = ("VARCHAR", "BIGINT", "INTEGER", "DATE", "TIMESTAMP WITH TIME ZONE", "DOUBLE")

UNKNOWN = (Unknown, KeyError, IndexError, TypeError, ValueError, OverflowError)
"""What is raised where a plan holds something that isn't known here."""

DAY = datetime.timedelta(days=1)
"""By how much a condition on a time is weaker here where the query asks for the current time: it goes on meanwhile."""


# Of one column, at the scan


def conditions_of(column: str, filter: Json, *, clock: bool = False) -> Iterator[ScanCondition]:
    """Give the conditions in a filter that arrived at a scan; all of them hold.

    Parameters
    ----------
    column : str
        The column that it filters.
    filter : mapping
        The filter, as the plan's JSON has it.
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
                yield _condition(column, kind, filter, clock)


def _condition(column: str, kind: str, filter: Json, clock: bool) -> ScanCondition:
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
            column, [[*conditions_of(column, one, clock=clock)] for one in filter["child_filters"]]
        )
    if kind == "EXPRESSION_FILTER":
        return _expressed(column, filter["expr"], clock)
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


def _expressed(column: str, expression: Json, clock: bool) -> ScanCondition:
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
            return _condition(column, "IS_NOT_NULL", {}, clock)  # whatever is equal to itself
        if left["expression_class"] == "BOUND_REF" and right["expression_class"] == "BOUND_CONSTANT":
            return compared(column, operator, value_of(right["value"]), clock=clock)
    sql = written(expression, lambda index: quoted(column), clock=clock)
    values = _alternatives(expression)
    return ScanCondition(column, "in", values, sql) if values else ScanCondition(column, "", (), sql)


def _alternatives(expression: Json) -> tuple[Any, ...]:
    """Return the values of which a single column has to have one by an expression; none if it says otherwise."""
    kind, parts = expression.get("type", ""), expression.get("children", ())
    if kind == "CONJUNCTION_OR":
        ways = [_alternatives(one) for one in parts]
        return tuple(dict.fromkeys(value for way in ways for value in way)) if all(ways) else ()
    if kind not in ("COMPARE_EQUAL", "COMPARE_IN") or parts[0]["expression_class"] != "BOUND_REF":
        return ()
    if any(one["expression_class"] != "BOUND_CONSTANT" for one in parts[1:]):
        return ()
    return tuple(value for one in parts[1:] if (value := value_of(one["value"])) is not None)


# Of any columns, directly above the scan


def written(expression: Json, column: Callable[[int], str], *, clock: bool = False) -> str:
    """Return an expression as SQL that means exactly the same.

    Parameters
    ----------
    expression : mapping
        The expression, as the plan's JSON has it.
    column : callable
        Returns the SQL of a column by its number. Raises `Unknown` or IndexError.
    clock : bool
        Whether the query asks for the current time: then nothing with a time means the same later.

    Raises
    ------
    Unknown, KeyError, IndexError, TypeError
        Something in it isn't known here.
    """
    kind, what = expression["expression_class"], expression.get("type", "")
    if kind == "BOUND_REF":
        return column(expression["index"])
    if kind == "BOUND_CONSTANT":
        value = value_of(expression["value"])
        if clock and isinstance(value, datetime.date):
            raise Unknown("the current time")
        return sql_of(value)
    parts = [written(one, column, clock=clock) for one in expression["children"]]
    if kind == "BOUND_CONJUNCTION":
        return f"({(' AND ' if what == 'CONJUNCTION_AND' else ' OR ').join(parts)})"
    if kind == "BOUND_OPERATOR":
        if what == "OPERATOR_NOT":
            return f"(NOT {parts[0]})"
        if what == "OPERATOR_IS_NULL":
            return f"({parts[0]} IS NULL)"
        if what == "OPERATOR_IS_NOT_NULL":
            return f"({parts[0]} IS NOT NULL)"
        if what == "COMPARE_IN":
            return f"({parts[0]} IN ({', '.join(parts[1:])}))"
        raise Unknown(what)
    if kind != "BOUND_FUNCTION":
        raise Unknown(kind)
    if what in _COMPARED and len(parts) == 2:
        return f"({parts[0]} {_COMPARED[what]} {parts[1]})"
    name = expression["qname"]["path"][-1]
    if name in _MATCHED and len(parts) == 2:
        return f"({parts[0]} {name} {parts[1]})"
    if name in _CALLED:
        return f"{name}({', '.join(parts)})"
    if what == "OPERATOR_CAST":
        return f"TRY_CAST({parts[0]} AS {_type(expression['return_type'])})"
    raise Unknown(name)


def _type(kind: Json) -> str:
    name: str = kind["id"]
    if name == "DECIMAL":
        return f"DECIMAL({kind['type_info']['width']}, {kind['type_info']['scale']})"
    if name not in _SIMPLE:
        raise Unknown(name)
    return name


def of_column(
    expressions: Sequence[Json], number: int, column: str, *, clock: bool
) -> Iterator[ScanCondition]:
    """Give what expressions of several columns, all of which hold, say of one of these alone.

    Parameters
    ----------
    expressions : sequence of mapping
        The expressions, as the plan's JSON has them.
    number, column : int, str
        What they call the column, and its name.
    clock : bool
        As `written`.
    """
    for one in _flat(expressions):
        try:
            sql, alone = _weakened(one, number, column, clock)
        except UNKNOWN:
            continue
        values = _alternatives(one) if alone else ()
        yield ScanCondition(column, "in" if values else "", values, sql)


def _weakened(expression: Json, number: int, column: str, clock: bool) -> tuple[str, bool]:
    """Return as SQL what an expression says of one column, and whether it says nothing of another. Raises `Unknown` if it says nothing of it."""

    def name(index: int) -> str:
        if index != number:
            raise Unknown("another column")
        return quoted(column)

    try:
        return written(expression, name, clock=clock), True
    except UNKNOWN:
        if expression.get("type") not in ("CONJUNCTION_AND", "CONJUNCTION_OR"):
            raise
    found = []
    for one in expression["children"]:
        try:
            found.append(_weakened(one, number, column, clock)[0])
        except UNKNOWN:
            if expression["type"] == "CONJUNCTION_OR":
                raise
    if not found:
        raise Unknown("nothing of it")
    return f"({(' AND ' if expression['type'] == 'CONJUNCTION_AND' else ' OR ').join(found)})", False


def all_of(expressions: Sequence[Json], column: Callable[[int], str], *, clock: bool = False) -> str:
    """Return as SQL what rows must meet by all of some expressions, as far as it is known here; empty if nothing is."""
    found = []
    for one in _flat(expressions):
        try:
            found.append(written(one, column, clock=clock))
        except UNKNOWN:
            continue
    return " AND ".join(found)


def _flat(expressions: Sequence[Json]) -> Iterator[Json]:
    waiting = [*reversed(expressions)]
    while waiting:
        one = waiting.pop()
        if one.get("type") == "CONJUNCTION_AND":
            waiting += reversed(one["children"])
        else:
            yield one
