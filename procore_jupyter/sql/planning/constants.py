"""Constants that have no value: a text that is no day, a sum that is too large. DuckDB would say so once all rows are there.

DuckDB's optimizer works out whatever is constant, and leaves alone what raises an error. So an expression of constants that
is still in the plan is tried here by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import msgspec

from procore_jupyter.errors import SQLError
from procore_jupyter.sql.plans.literals import INTEGERS, quoted, sql_of, value_of
from procore_jupyter.sql.plans.plan_expressions import UNKNOWN
from procore_jupyter.sql.query.mistakes import Known, mistake, not_a_record, plainly
from procore_jupyter.wording import one_line
from procore_jupyter.wording import quoted as shown

Json = Mapping[str, Any]

_NOT_ALWAYS = frozenset(["OPERATOR_COALESCE", "OPERATOR_TRY"])
"""Expressions that don't look at all of their parts. An OR is another one."""

_PARTED = frozenset(["BOUND_FUNCTION", "BOUND_OPERATOR", "BOUND_CONJUNCTION"])
"""Expressions that look at all of their parts, but for these. A CASE is another one."""

_OF_CONSTANTS = re.compile(
    r'"children":\[(?:\{"expression_class":"BOUND_CONSTANT"(?:(?!"expression_class").)*?\}\},?)+\],"arguments"',
    re.DOTALL,
)
"""A function of constants alone, as it stands in the text of a plan. To look for it is faster than to read the plan."""

_TYPE = re.compile(r"[A-Z][A-Z ]*")
_VARIABLE = re.compile(rb"getvariable\('(\w+)'\)")
_FAILING = (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.InvalidInputException)

_KINDS = {
    "DATE": "a day. Write one as  DATE '2026-11-30'  or  current_date - 7",
    "TIMESTAMP": "a time. Write one as  TIMESTAMP '2026-11-30 17:00'  or  now() - INTERVAL 7 DAY",
    "TIMESTAMP WITH TIME ZONE": "a time. Write one as  TIMESTAMPTZ '2026-11-30 17:00'  or  now() - INTERVAL 7 DAY",
    "BOOLEAN": "true or false",
    "INTERVAL": "a length of time. Write one as  INTERVAL 7 DAY",
    "DECIMAL": "a number. Write one without commas and signs of money, as in  1234.50",
    "DOUBLE": "a number. Write one without commas, as in  1234.5",
    **dict.fromkeys(INTEGERS, "a whole number"),
}
"""What a text isn't that can't be read as one of these types."""


class ImpossibleConstant(Exception):
    """An expression of constants has no value, so the query has no answer.

    Parameters
    ----------
    expression : mapping
        The expression, as the plan's JSON has it.
    said : str
        What DuckDB says of it.
    asked : bytes
        The text that was planned, with variables in place of parameters.
    """

    def __init__(self, expression: Json, said: str, asked: bytes) -> None:
        super().__init__(said)
        self._expression, self._said, self._asked = expression, said, asked

    def in_words(self, text: str, known: Known) -> SQLError:
        """Return the error that tells a person, with the place in their text.

        Parameters
        ----------
        text : str
            What they wrote.
        known : Known
            The names that may be meant.
        """
        constant, kind = self._text, self._expression["return_type"]["id"]
        words = plainly(self._said)
        if constant is not None and kind in _KINDS:
            words = f"{shown(constant)} isn't {_KINDS[kind]}."
            if kind in INTEGERS and not re.search(r"\d", constant):
                words += " Ids are whole numbers; a project's name is in  project_name."
        start, end = self._place(text)
        if constant is not None and kind == "STRUCT":
            words = not_a_record(shown(constant), text[:start], known)
        return mistake(words, text, start, end) if start < end else SQLError(words)

    @property
    def _text(self) -> str | None:
        """The text that can't be read as another type, if that is the error."""
        parts = self._expression["children"]
        if (
            self._expression.get("type") != "OPERATOR_CAST"
            or parts[0]["expression_class"] != "BOUND_CONSTANT"
        ):
            return None
        found = value_of(parts[0]["value"])
        return found if isinstance(found, str) else None

    def _place(self, text: str) -> tuple[int, int]:
        """Return where the expression stands in a person's text; nowhere if that isn't known."""
        start, length = self._expression["query_location"], self._expression["query_location_length"]
        before, wrong = (
            _VARIABLE.sub(rb"$\1", self._asked[first:last]).decode(errors="ignore")
            for first, last in ((0, start), (start, start + max(length, 1)))
        )
        there = len(before) if text.startswith(wrong, len(before)) else text.find(wrong)
        return (there, there + len(wrong)) if there >= 0 else (0, 0)


def check(plan: str, asked: str, connection: duckdb.DuckDBPyConnection) -> None:
    """Raise `ImpossibleConstant` if a plan has a constant without a value, where every row is compared with it or has it.

    Parameters
    ----------
    plan : str
        DuckDB's plan, as JSON.
    asked : str
        The text that it is of.
    connection : DuckDBPyConnection
        Tries constants.
    """
    if not _OF_CONSTANTS.search(plan):
        return
    for expression in _constants(_expressions(msgspec.json.decode(plan)["plans"][0])):
        try:
            sql = _written(expression)
        except UNKNOWN:
            continue
        try:
            connection.execute(f"SELECT {sql}").fetchall()
        except _FAILING as error:
            raise ImpossibleConstant(expression, str(error), asked.encode()) from None
        except duckdb.Error:  # it isn't written as it was meant
            continue


def _expressions(node: Json) -> Iterator[Json]:
    """Give the expressions of a plan that are worked out for every row."""
    for one in (node.get("table_filters") or {}).get("filters", ()):
        yield from _of_filter(one["value"])
    if node["type"] in ("LOGICAL_FILTER", "LOGICAL_PROJECTION"):
        yield from node["expressions"]
    for one in node.get("conditions", ()):
        yield from (one[side] for side in ("left", "right") if one.get(side))
    for child in node.get("children", ()):
        yield from _expressions(child)


def _of_filter(filter: Json) -> Iterator[Json]:
    if filter["filter_type"].endswith("CONJUNCTION_AND"):
        for one in filter["child_filters"]:
            yield from _of_filter(one)
    elif filter["filter_type"] == "EXPRESSION_FILTER":
        yield filter["expr"]


def _constants(expressions: Iterator[Json] | list[Json]) -> Iterator[Json]:
    """Give the expressions of constants alone in some expressions, the innermost first."""
    for one in expressions:
        if one.get("expression_class") in _PARTED and _looks_at_all(one):
            yield from _constants(one["children"])
            if _is_constant(one):
                yield one


def _looks_at_all(expression: Json) -> bool:
    kind, parts = expression.get("type"), expression["children"]
    if kind != "CONJUNCTION_OR":
        return kind not in _NOT_ALWAYS
    return all(one.get("type") == "COMPARE_EQUAL" for one in parts) and all(  # a list of values
        one["children"][0] == parts[0]["children"][0] for one in parts
    )


def _is_constant(expression: Json) -> bool:
    parts = expression.get("children") or ()
    return expression["expression_class"] == "BOUND_CONSTANT" or (
        bool(parts) and all(_is_constant(one) for one in parts)
    )


def _written(expression: Json) -> str:
    """Return an expression of constants as SQL. Raises one of `UNKNOWN` if something in it isn't known here."""
    if expression["expression_class"] == "BOUND_CONSTANT":
        value = expression["value"]
        return f"CAST({sql_of(value_of(value))} AS {_type(value['type'])})"
    parts = [_written(one) for one in expression["children"]]
    if expression.get("type") == "OPERATOR_CAST":
        return f"CAST({parts[0]} AS {_type(expression['return_type'])})"
    name = expression["qname"]["path"][-1]
    if name.isidentifier():
        return f"{quoted(name)}({', '.join(parts)})"
    return f"({f' {name} '.join(parts) if len(parts) > 1 else name + parts[0]})"


def _type(kind: Json) -> str:
    name: str = kind["id"]
    if name == "DECIMAL":
        return f"DECIMAL({kind['type_info']['width']}, {kind['type_info']['scale']})"
    if not _TYPE.fullmatch(name):
        raise ValueError(one_line(name))
    return name
