"""`Listed`: values that stand in a query itself: in VALUES, in a list, in the arguments of a function that gives rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from procore_jupyter.sql.plans.literals import Unknown, list_of, members_of, value_of
from procore_jupyter.sql.plans.plan_expressions import UNKNOWN, Json

MOST_VALUES = 10_000
"""Values of a list in a query, at most, that narrow anything."""


@dataclass(frozen=True)
class Listed:
    """A column of values that stand in a query.

    Parameters
    ----------
    values : sequence
        The values.
    kind : mapping
        Their type, as the plan's JSON has it.
    members : tuple of Listed
        The columns of which it is a row, instead.
    """

    values: Sequence[Any]
    kind: Json
    members: tuple[Listed, ...] = ()


def listed(values: Sequence[Any], kind: Json) -> Listed:
    """Return a column of values. Raises `Unknown` if they are too many."""
    if len(values) > MOST_VALUES:
        raise Unknown("many values")
    return Listed(values, kind)


def of_chunk(node: Json) -> list[Listed | None]:
    """Return the columns of a long list in a condition."""
    found: list[Listed | None] = []
    for kind, constants in zip(node["chunk_types"], node["collection"]["values"], strict=True):
        try:
            if kind["id"] == "TUPLE":
                rows = [members_of(one) for one in constants if not one["is_null"]]
                columns = zip(*rows, strict=True)
                members = [listed([*map(value_of, some)], some[0]["type"]) for some in columns]
                found.append(Listed((), kind, tuple(members)))
            else:
                found.append(listed([*map(value_of, constants)], kind))
        except UNKNOWN:
            found.append(None)
    return found


def of_rows(node: Json) -> list[Listed | None]:
    """Return the columns of VALUES."""
    try:
        rows = [[value_of(one["value"]) for one in row] for row in node["expressions"]]
        columns = zip(*rows, strict=True)
        return [listed(*one) for one in zip(columns, node["expr_types"], strict=True)]
    except UNKNOWN:
        return [None] * len(node["expr_types"])


def of_list(expression: Json) -> Listed | None:
    """Return the column that unnest makes of a list; None if the list doesn't stand in the query."""
    try:
        return listed(list_of(expression["child"]["value"]), expression["return_type"])
    except UNKNOWN:
        return None


def of_function(node: Json) -> Listed | None:
    """Return the first column of a function that gives rows; None if these don't stand in the query."""
    try:
        name, arguments = node["qname"]["path"][-1], node["parameters"]
        kind = node["returned_types"][0]
        if name == "unnest":
            return listed(list_of(arguments[0]), kind)
        rows = range(*map(value_of, arguments))
        if name == "generate_series":  # with its end
            rows = range(rows.start, rows.stop + (1 if rows.step > 0 else -1), rows.step)
        return listed(rows, kind) if name in ("range", "generate_series") else None
    except UNKNOWN:
        return None
