"""Expressions of a plan: as SQL that means the same, which DuckDB confirms by binding it again, and what they say at least.

Whatever isn't known here raises, so nothing is concluded from it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from procore_jupyter.sql.plans.literals import (
    Unknown,
    members_of,
    quoted,
    type_of,
    value_of,
    written_constant,
)

Json = Mapping[str, Any]

UNKNOWN = (Unknown, KeyError, IndexError, TypeError, ValueError, OverflowError)
"""What is raised where a plan holds something that isn't known here."""

COMPARED: Mapping[str, str] = {
    "COMPARE_EQUAL": "=",
    "COMPARE_NOTEQUAL": "<>",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
    "COMPARE_NOT_DISTINCT_FROM": "IS NOT DISTINCT FROM",
    "COMPARE_DISTINCT_FROM": "IS DISTINCT FROM",
}
"""Comparisons, as the plan calls them and as SQL."""

CLOCK = re.compile(
    r"\b(now|today|age|(current|get_current|transaction)_(date|time|timestamp|localtimestamp|localtime)|localtime(stamp)?)\b",
    re.I,
)
"""The functions that tell the current time."""

OF_TIME = re.compile("DATE|TIME|INTERVAL")
"""Types of which the current time has one."""

_IDENTIFIER = re.compile(r"\w+")
_WORDS = {"~~": "LIKE", "!~~": "NOT LIKE", "~~*": "ILIKE", "!~~*": "NOT ILIKE"}
_OWN_SYNTAX = ("position", "overlay", "extract")
_PLACES = ("query_location", "query_location_length", "alias")

Column = Callable[[Json], str]
"""Returns the SQL of a column that is mentioned. Raises `Unknown` or IndexError for one that isn't meant."""


def references(expression: Any) -> Iterator[int]:
    """Give the numbers of the columns that an expression mentions."""
    if isinstance(expression, dict):
        if expression.get("expression_class") == "BOUND_REF":
            yield expression["index"]
        for one in expression.values():
            if isinstance(one, (dict, list)):
                yield from references(one)
    elif isinstance(expression, list):
        for one in expression:
            yield from references(one)


def is_plain_cast(expression: Json) -> bool:
    """Return whether an expression casts a column, so that it has a value wherever the column has one."""
    if expression.get("type") != "OPERATOR_CAST" or expression["function_data"]["try_cast"]:
        return False
    (inner,) = expression["children"]
    return inner.get("expression_class") == "BOUND_REF" or is_plain_cast(inner)


def cast(expression: Any, kind: Json, wanted: Json) -> Json:
    """Return the cast of an expression from one type to another, as `bound` has it."""
    return {
        "expression_class": "BOUND_FUNCTION",
        "type": "OPERATOR_CAST",
        "return_type": dict(wanted),
        "children": [expression],
        "arguments": [dict(kind)],
        "qname": {"path": ["__cast"]},
        "has_serialize": True,
        "positional_arguments": 1,
        "named_arguments": [],
        "function_data": {"try_cast": False, "is_default_cast": False},
        "is_operator": True,
    }


def bound(expression: Any, column: Callable[[Json], Any]) -> Any:
    """Return an expression without the places in the text that it is from: the same for the same expression.

    Parameters
    ----------
    expression : mapping
        The expression, as the plan's JSON has it.
    column : callable
        Returns what stands for a mention of a column.
    """
    if isinstance(expression, dict):
        if expression.get("expression_class") == "BOUND_REF":
            return column(expression)
        if expression.get("id") == "VARCHAR":  # a collation stands in the expression too
            return {"id": "VARCHAR"}
        return {name: bound(one, column) for name, one in expression.items() if name not in _PLACES}
    if isinstance(expression, list):
        return [bound(one, column) for one in expression]
    return expression


# As SQL


def written(expression: Json, column: Column, *, clock: bool = False) -> str:
    """Return an expression as SQL. Whether that means the same, DuckDB has to confirm (`Planner`).

    Parameters
    ----------
    expression : mapping
        The expression, as the plan's JSON has it.
    column : callable
        Returns the SQL of a column that is mentioned.
    clock : bool
        Whether the query asks for the current time: then nothing with a time means the same later.

    Raises
    ------
    Unknown, KeyError, IndexError, TypeError
        Something in it isn't known here.
    """
    kind, what = expression["expression_class"], expression.get("type", "")
    if kind == "BOUND_REF":
        return column(expression)
    if kind == "BOUND_CONSTANT":
        if clock and OF_TIME.search(type_of(expression["value"]["type"])):
            raise Unknown("the current time")
        return written_constant(expression["value"])
    if kind == "BOUND_CASE":
        return _case(expression, column, clock)
    parts = [written(one, column, clock=clock) for one in expression["children"]]
    if kind == "BOUND_CONJUNCTION":
        return f"({(' AND ' if what == 'CONJUNCTION_AND' else ' OR ').join(parts)})"
    if kind == "BOUND_OPERATOR":
        return _operator(what, parts)
    if kind != "BOUND_FUNCTION":
        raise Unknown(kind)
    return _function(expression, parts, clock)


def _case(expression: Json, column: Column, clock: bool) -> str:
    ways = [
        f"WHEN {written(one['when_expr'], column, clock=clock)} THEN {written(one['then_expr'], column, clock=clock)}"
        for one in expression["case_checks"]
    ]
    return f"CASE {' '.join(ways)} ELSE {written(expression['else_expr'], column, clock=clock)} END"


def _operator(what: str, parts: Sequence[str]) -> str:
    if what == "OPERATOR_NOT":
        return f"(NOT {parts[0]})"
    if what == "OPERATOR_IS_NULL":
        return f"({parts[0]} IS NULL)"
    if what == "OPERATOR_IS_NOT_NULL":
        return f"({parts[0]} IS NOT NULL)"
    if what in ("COMPARE_IN", "COMPARE_NOT_IN"):
        return f"({parts[0]} {'' if what == 'COMPARE_IN' else 'NOT '}IN ({', '.join(parts[1:])}))"
    if what == "OPERATOR_COALESCE":
        return f"coalesce({', '.join(parts)})"
    raise Unknown(what)


def _function(expression: Json, parts: Sequence[str], clock: bool) -> str:
    what, name = expression.get("type", ""), expression["qname"]["path"][-1]
    if what in COMPARED:
        return f"({parts[0]} {COMPARED[what]} {parts[1]})"
    if what == "COMPARE_BETWEEN":
        ends = expression["function_data"]
        first, last = (">" + "=" * ends["lower_inclusive"], "<" + "=" * ends["upper_inclusive"])
        if (first, last) == (">=", "<="):
            return f"({parts[0]} BETWEEN {parts[1]} AND {parts[2]})"
        return f"({parts[0]} {first} {parts[1]} AND {parts[0]} {last} {parts[2]})"
    if what == "OPERATOR_CAST":
        cast = "TRY_CAST" if expression["function_data"]["try_cast"] else "CAST"
        return f"{cast}({parts[0]} AS {type_of(expression['return_type'])})"
    if clock and CLOCK.fullmatch(name):
        raise Unknown("the current time")
    if not _IDENTIFIER.fullmatch(name):
        name = _WORDS.get(name, name)
        return f"({parts[0]} {name} {parts[1]})" if len(parts) == 2 else f"({name} {parts[0]})"
    return f"{quoted(name) if name in _OWN_SYNTAX else name}({', '.join(parts)})"


def calls(expression: Json) -> Iterator[Json]:
    """Give the calls of functions in an expression, and its columns: all else of it is written in one way alone."""
    kind, what = expression["expression_class"], expression.get("type", "")
    if kind == "BOUND_CASE":
        for one in expression["case_checks"]:
            yield from calls(one["when_expr"])
            yield from calls(one["then_expr"])
        yield from calls(expression["else_expr"])
    elif kind in ("BOUND_CONJUNCTION", "BOUND_OPERATOR") or what in COMPARED or what == "COMPARE_BETWEEN":
        for one in expression["children"]:
            yield from calls(one)
    elif kind != "BOUND_CONSTANT":
        yield expression


# What is said at least


@dataclasses.dataclass(frozen=True)
class Said:
    """What an expression says of some columns at least.

    Parameters
    ----------
    sql : str
        It as SQL.
    column : str
        The column of which it lists the values; empty if it doesn't.
    values : tuple
        These values.
    more : bool
        Whether it says more than that the column has one of them.
    """

    sql: str
    column: str = ""
    values: tuple[Any, ...] = ()
    more: bool = False


def flat(expressions: Sequence[Json]) -> Iterator[Json]:
    """Give expressions that all hold where some others do, of which AND is taken apart."""
    waiting = [*reversed(expressions)]
    while waiting:
        one = waiting.pop()
        if one.get("type") == "CONJUNCTION_AND":
            waiting += reversed(one["children"])
        else:
            yield one


def said(
    expression: Json, write: Callable[[Json], str], name: Callable[[int], str], *, false: bool = False
) -> Said:
    """Return what must hold of some columns where an expression is true, whatever the other columns have.

    Parameters
    ----------
    expression : mapping
        The expression, as the plan's JSON has it.
    write : callable
        Returns an expression of these columns as SQL, and raises `Unknown` for one of others.
    name : callable
        Returns the name of such a column by its number, and raises `Unknown` if it is a part of an expression itself.
    false : bool
        Whether the expression is false, instead of true.

    Raises
    ------
    Unknown
        It says nothing of them.
    """
    if expression.get("type") in ("CONJUNCTION_AND", "CONJUNCTION_OR", "OPERATOR_NOT"):
        return _at_least(expression, write, name, false)
    try:
        sql = write(expression)
    except UNKNOWN:
        return _at_least(expression, write, name, false)
    if false:
        return Said(f"(NOT {sql})")
    return Said(sql, *_alternatives(expression, name))


def _at_least(
    expression: Json, write: Callable[[Json], str], name: Callable[[int], str], false: bool
) -> Said:
    what, parts = expression.get("type", ""), expression.get("children", ())

    def each(some: Sequence[Json], false: bool = false) -> Iterator[Said]:
        for one in some:
            yield said(one, write, name, false=false)

    if what == "OPERATOR_NOT":
        return said(parts[0], write, name, false=not false)
    if what in ("CONJUNCTION_AND", "CONJUNCTION_OR"):
        if (what == "CONJUNCTION_OR") != false:
            return _one_of([*each(parts)])
        return _all_of(parts, lambda one: said(one, write, name, false=false))
    if what == "CASE_EXPR":
        return _one_of(
            [*each([*(one["then_expr"] for one in expression["case_checks"]), expression["else_expr"]])]
        )
    if what in ("COMPARE_EQUAL", "COMPARE_NOT_DISTINCT_FROM", "COMPARE_IN") and not false:
        row, others = parts[0], parts[1:]
        if row["expression_class"] == "BOUND_CONSTANT":
            row, others = parts[1], parts[:1]
        return _one_of([_same_row(row, one, write, name) for one in others])
    raise Unknown(what)


def _same_row(row: Json, constant: Json, write: Callable[[Json], str], name: Callable[[int], str]) -> Said:
    """Return what is said where a row of several values is the same as a constant one."""
    pairs = zip(row_of(row), members_of(constant["value"]), strict=True)

    def same(pair: tuple[Json, Json]) -> Said:
        one, value = pair
        if OF_TIME.search(type_of(value["type"])):  # it may be the current one
            raise Unknown("a time")
        sql = f"({write(one)} IS NOT DISTINCT FROM {written_constant(value)})"
        if value["is_null"] or one["expression_class"] != "BOUND_REF":
            return Said(sql)
        return Said(sql, name(one["index"]), (value_of(value),))

    return _all_of([*pairs], same)


def row_of(expression: Json) -> Sequence[Json]:
    """Return the expressions of which a row is made. Raises `Unknown` for anything else."""
    if expression.get("type") == "OPERATOR_CAST":  # of a row, so of each of its members
        members = row_of(expression["children"][0])
        before, after = (
            [one["second"] for one in kind["type_info"]["child_types"]]
            for kind in (expression["arguments"][0], expression["return_type"])
        )
        return [
            one
            if kind == wanted
            else {**expression, "children": [one], "arguments": [kind], "return_type": wanted}
            for one, kind, wanted in zip(members, before, after, strict=True)
        ]
    if expression["expression_class"] != "BOUND_FUNCTION" or expression["qname"]["path"][-1] != "row":
        raise Unknown("no row")
    found: Sequence[Json] = expression["children"]
    return found


def _one_of(ways: Sequence[Said]) -> Said:
    if len(ways) == 1:
        return ways[0]
    sql = f"({' OR '.join(one.sql for one in ways)})"
    column = ways[0].column
    if any(one.column != column for one in ways):
        return Said(sql)
    values = tuple(dict.fromkeys(value for one in ways for value in one.values))
    return Said(sql, column, values, any(one.more for one in ways))


def _all_of(parts: Sequence[Any], say: Callable[[Any], Said]) -> Said:
    found = []
    for one in parts:
        try:
            found.append(say(one))
        except UNKNOWN:
            continue
    if not found:
        raise Unknown("nothing of it")
    if len(found) == 1:
        return found[0]
    sql = f"({' AND '.join(one.sql for one in found)})"
    listed = next((one for one in found if one.column), Said(""))
    return Said(sql, listed.column, listed.values, listed.more or len(found) > 1)


def _alternatives(expression: Json, name: Callable[[int], str]) -> tuple[str, tuple[Any, ...]]:
    """Return a column that an expression of a single one lists the values of, and these; an empty name if it does otherwise."""
    try:
        listed = values_of(expression)
        (number,) = {*references(expression)}
        return (name(number), listed) if listed else ("", ())
    except UNKNOWN:
        return "", ()


def values_of(expression: Json) -> tuple[Any, ...]:
    """Return the values of which a single column has to have one by an expression; none if it says otherwise."""
    kind, parts = expression.get("type", ""), expression.get("children", ())
    if kind not in ("COMPARE_EQUAL", "COMPARE_IN", "COMPARE_NOT_DISTINCT_FROM"):
        return ()
    if parts[0]["expression_class"] != "BOUND_REF":
        return ()
    if any(one["expression_class"] != "BOUND_CONSTANT" for one in parts[1:]):
        return ()
    values = tuple(value_of(one["value"]) for one in parts[1:])
    if None in values and kind == "COMPARE_NOT_DISTINCT_FROM":
        return ()
    return tuple(value for value in values if value is not None)
