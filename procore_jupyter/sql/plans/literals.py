"""Constants of a plan: as Python has them, and as SQL."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

INTEGERS = frozenset(
    ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"]
)
"""The types of whole numbers that the plan writes as numbers."""

_AS_WRITTEN = (
    "BOOLEAN",
    "INTEGER",
    "BIGINT",
    "VARCHAR",
    "DATE",
    "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE",
    "DOUBLE",
)
"""Types whose constants need no cast; a longer whole number is one where it is compared or counted with."""

_EPOCH = datetime.datetime(1970, 1, 1)


class Unknown(Exception):
    """Something in a plan isn't known here, so nothing is concluded from it."""


def value_of(constant: Mapping[str, Any]) -> Any:
    """Return a constant as Python has it; None for NULL. Raises `Unknown` for a type that isn't known here."""
    if constant["is_null"]:
        return None
    return _plain(constant["type"], constant["value"])


def _plain(kind: Mapping[str, Any], value: Any) -> Any:
    name = kind["id"]
    try:
        if name == "BOOLEAN" and isinstance(value, bool):
            return value
        if name in INTEGERS and isinstance(value, int):
            return value
        if name in ("DOUBLE", "FLOAT") and isinstance(value, (int, float)) and math.isfinite(value):
            return float(value)
        if name == "VARCHAR" and isinstance(value, str) and "\0" not in value:
            return value
        if name == "DATE" and isinstance(value, int):
            return (_EPOCH + datetime.timedelta(days=value)).date()
        if name == "TIMESTAMP" and isinstance(value, int):
            return _EPOCH + datetime.timedelta(microseconds=value)
        if name == "TIMESTAMP WITH TIME ZONE" and isinstance(value, int):
            return (_EPOCH + datetime.timedelta(microseconds=value)).replace(tzinfo=datetime.UTC)
        if name in ("HUGEINT", "UHUGEINT"):
            return (value["upper"] << 64) + value["lower"]
        if name == "DECIMAL":
            digits = value if isinstance(value, int) else (value["upper"] << 64) + value["lower"]
            return Decimal(f"{digits}e-{kind['type_info']['scale']}")  # all of them: a context would round
    except OverflowError:  # a day beyond Python's calendar, or no end at all
        pass
    raise Unknown(name)


def members_of(constant: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the constants of which a row or a list is made. Raises `Unknown` for anything else."""
    kind = constant["type"]
    if constant["is_null"] or kind["id"] not in ("TUPLE", "LIST"):
        raise Unknown(kind["id"])
    found = constant["value"]["children"]
    if kind["id"] == "LIST":
        kinds = [kind["type_info"]["child_type"]] * len(found)
    else:
        kinds = [one["second"] for one in kind["type_info"]["child_types"]]
    return [{"value": None, **one, "type": each} for one, each in zip(found, kinds, strict=True)]


def list_of(constant: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the values of a list that is a constant, without NULL. Raises `Unknown` for anything else."""
    if constant["type"]["id"] != "LIST":
        raise Unknown(constant["type"]["id"])
    return tuple(value_of(one) for one in members_of(constant) if not one["is_null"])


def type_of(kind: Mapping[str, Any]) -> str:
    """Return a type as SQL. Raises `Unknown` for one that isn't written here."""
    name, more = kind["id"], kind["type_info"]
    if name == "DECIMAL":
        return f"DECIMAL({more['width']}, {more['scale']})"
    if name == "LIST":
        return f"{type_of(more['child_type'])}[]"
    if more is not None:
        raise Unknown(name)
    return str(name)


def written_constant(constant: Mapping[str, Any]) -> str:
    """Return a constant as SQL of the same type. Raises `Unknown` for one that isn't written here."""
    kind = constant["type"]["id"]
    if not constant["is_null"] and kind == "TUPLE":
        return f"row({', '.join(map(written_constant, members_of(constant)))})"
    if not constant["is_null"] and kind == "LIST":
        values = ", ".join(sql_of(value_of(one)) for one in members_of(constant))
        return f"CAST([{values}] AS {type_of(constant['type'])})"
    sql = sql_of(value_of(constant))
    if kind in _AS_WRITTEN and not constant["is_null"]:
        return sql
    return f"CAST({sql} AS {type_of(constant['type'])})"


def sql_of(value: Any) -> str:
    """Return a value as SQL. Raises `Unknown` for one that isn't written here."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value!r}::DOUBLE"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            return f"TIMESTAMP '{value.isoformat(' ')}'"
        return f"TIMESTAMPTZ '{value.isoformat(' ')}'"
    if isinstance(value, datetime.date):
        return f"DATE '{value.isoformat()}'"
    raise Unknown(type(value).__name__)


def quoted(column: str) -> str:
    """Return a column as SQL; of a record's field, its path."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in column.split("."))
