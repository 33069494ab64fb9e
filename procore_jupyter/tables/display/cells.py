"""One value as the text of one cell: short, on one line, and harmless wherever it stands."""

from __future__ import annotations

import datetime
import decimal
import json
import re
import unicodedata
from typing import Any

from procore_jupyter.wording import one_line

LONGEST = 40
"""Characters of a cell; of a longer text, an ellipsis stands for the rest."""

ROWS = 10
"""Rows that are drawn."""

WIDTH = 110
"""Characters of a drawn table's widest line, if the terminal has that many."""

GAP = "   "
"""What stands between two columns."""

_NAMES = ("name", "title", "label", "full_code", "number")
"""A record is shown by the first of these fields that it has: people know things by their names."""

_KINDS = {bool: "true or false", int: "integer", float: "number", dict: "record", list: "list"}

_TIMESTAMP = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)


def cell(value: Any, longest: int = LONGEST) -> str:
    """Return a value as a cell's text.

    A whole number has no thousands separators (it may be an id), an amount has them. A timestamp is its date and
    minute, a nested value ``{name: "…"}``, None an empty cell. Control characters and those that turn the direction
    of writing become blanks: a cell can't move what stands beside it.
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
    """Return a decimal number with at least two places, and with more if it has more."""
    whole, _, places = f"{value:,f}".partition(".")
    return f"{whole}.{places.rstrip('0').ljust(2, '0')}"


def type_of(value: Any) -> str:
    """Return the name of a value's type, for the hover over its name."""
    if value is None:
        return "empty"
    if isinstance(value, str):
        return "timestamp" if _TIMESTAMP.fullmatch(value) else "text"
    return _KINDS.get(type(value), type(value).__name__)


def _nested(value: Any, room: int) -> str:
    """Return a record or list in short. Stops where `room` characters are full, so a huge value costs little."""
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


def width(text: str) -> int:
    """Return the columns of a terminal that a text takes: two for an East Asian letter, none for a combining mark."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def padded(text: str, places: int, *, right: bool = False) -> str:
    """Return a text with blanks up to a width, at the left edge or the right one."""
    blanks = " " * (places - width(text))
    return blanks + text if right else text + blanks
