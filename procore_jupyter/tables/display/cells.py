"""One value as the text of one cell: short, on one line, and harmless wherever it is put."""

from __future__ import annotations

import datetime
import decimal
import json
import re
from typing import Any

from procore_jupyter.wording import one_line

LONGEST = 40
"""Characters of a cell; the rest is an ellipsis."""

ROWS = 10
"""Rows that are drawn."""

WIDTH = 110
"""Characters that what is drawn is wide at most, in a terminal wide enough for it."""

GAP = "   "
"""Between two columns."""

_NAMES = ("name", "title", "label", "full_code", "number")
"""The first of these that a record has is what is shown of it: people know things by their names."""

_TIMESTAMP = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)


def cell(value: Any, longest: int = LONGEST) -> str:
    """Return a value as a cell's text.

    Whole numbers and ids stand as they are (no separators), amounts with them, a timestamp as its date and minute, a
    nested value as ``{name: "…"}``, nothing as an empty cell. Control characters and those that turn the direction of
    writing become blanks: a cell can't move what stands beside it.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        moment = _TIMESTAMP.fullmatch(value)
        return f"{moment[1]} {moment[2]}" if moment else one_line(value, longest)
    if isinstance(value, (dict, list, tuple)):
        return one_line(_nested(value, longest), longest)
    if isinstance(value, decimal.Decimal):
        return one_line(_amount(value), longest)
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return one_line(str(value), longest)


def _amount(value: decimal.Decimal) -> str:
    """Return an exact number with two places, or more where it has more."""
    whole, _, places = f"{value:,f}".partition(".")
    return f"{whole}.{places.rstrip('0').ljust(2, '0')}"


def type_of(values: list[Any]) -> str:
    """Return the name of the type that a column's values have, for the hover over its head."""
    names = {_type(value) for value in values if value is not None}
    if not names:
        return "empty"
    return names.pop() if len(names) == 1 else "mixed"


def _type(value: Any) -> str:
    if isinstance(value, str):
        if _TIMESTAMP.fullmatch(value):
            return "timestamp"
        return "text"
    for kind, name in (
        (bool, "true or false"),
        (int, "integer"),
        (float, "number"),
        (dict, "record"),
        (list, "list"),
    ):
        if isinstance(value, kind):
            return name
    return type(value).__name__


def _nested(value: Any, room: int) -> str:
    """Return a record or list in short; writes little more than there is room for, however much there is."""
    if room <= 0:
        return "…"
    if isinstance(value, dict):
        name = next((key for key in _NAMES if isinstance(value.get(key), str) and value[key]), None)
        if name is not None:
            value = {name: value[name]}
    if isinstance(value, (dict, list, tuple)):
        parts: list[str] = []
        left = room
        for one in value:
            name = f"{one_line(str(one), LONGEST)}: " if isinstance(value, dict) else ""
            parts.append(name + _nested(value[one] if isinstance(value, dict) else one, left - len(name) - 1))
            left -= len(parts[-1]) + 2
            if left <= 0:
                break
        inside = ", ".join(parts)
        return f"{{{inside}}}" if isinstance(value, dict) else f"[{inside}]"
    if isinstance(value, str):
        return json.dumps(value[: room + 1], ensure_ascii=False)
    return "null" if value is None else cell(value)
