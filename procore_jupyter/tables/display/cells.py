"""One value as the text of one cell: short, on one line, and harmless wherever it stands."""

from __future__ import annotations

import datetime
import decimal
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from procore_jupyter.wording import one_line

LONGEST = 40
"""Characters of a cell; of a longer text, an ellipsis stands for the rest."""

ROWS = 10
"""Rows that are drawn of a table."""

MOST_ROWS = 60
"""Rows that are drawn of ``head(n)``, at most."""

FEWEST_PLACES = 2
"""Digits after the point of an amount, at least."""

WIDTH = 110
"""Characters of a drawn table's widest line, if the terminal has that many."""

GAP = "   "
"""What stands between two columns."""

_NAMES = (
    *("name", "title", "label", "full_code", "flat_code", "number", "company", "display_name", "filename"),
    *("change_reason", "time_type", "revision_number", "login_information_name", "login"),
)
"""A record is shown by the first of these fields that it has: people know things by their names."""

_KINDS = {bool: "true or false", int: "integer", float: "number", dict: "record", list: "list"}

_TIMESTAMP = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)


def cell(value: Any, longest: int = LONGEST) -> str:
    """Return a value as a cell's text.

    A whole number has no thousands separators (it may be an id), an amount has them. A timestamp is its date and
    minute. A person, a vendor, and any other record is its name, a list the names of what it holds; a record without a
    name is its fields. None, and a record or list that holds nothing, is an empty cell. Control characters and those
    that turn the direction of writing become blanks: a cell can't move what stands beside it.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        moment = _TIMESTAMP.fullmatch(value)
        return f"{moment[1]} {moment[2]}" if moment else one_line(value, longest)
    if isinstance(value, (dict, list, tuple)):
        return one_line(_short(value, longest), longest)
    if isinstance(value, decimal.Decimal):
        return one_line(_amount(value, max(FEWEST_PLACES, _places(value))), longest)
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return one_line(str(value), longest)


def amounts(values: Sequence[Any], fewest: int = FEWEST_PLACES) -> list[str]:
    """Return numbers as the cells of one column: all with as many places as the longest of them, so that points align.

    Parameters
    ----------
    values : sequence of Decimal, float or None
        The numbers.
    fewest : int
        Digits after the point, at least.
    """
    exact = [decimal.Decimal(repr(one)) if isinstance(one, float) else one for one in values]
    places = max(fewest, *(_places(one) for one in exact if one is not None), 0)
    return ["" if one is None else one_line(_amount(one, places), LONGEST) for one in exact]


def _places(value: decimal.Decimal) -> int:
    """Return the places that a number needs."""
    return len(f"{value:f}".partition(".")[2].rstrip("0")) if value.is_finite() else 0


def _amount(value: decimal.Decimal, places: int) -> str:
    whole, _, fraction = f"{value:,f}".partition(".")
    digits = fraction.rstrip("0").ljust(places, "0")
    return f"{whole}.{digits}" if digits and value.is_finite() else whole


def type_of(value: Any) -> str:
    """Return the name of a value's type, for the hover over its name."""
    if value is None:
        return "empty"
    if isinstance(value, str):
        return "timestamp" if _TIMESTAMP.fullmatch(value) else "text"
    return _KINDS.get(type(value), type(value).__name__)


def _name(record: dict[Any, Any]) -> str:
    """Return what people call the thing that a record is of; an empty text if it has no name."""
    texts = {key: value for key, value in record.items() if isinstance(value, str) and value}
    if "full_code" in texts and "name" in texts:
        return f"{texts['full_code']} {texts['name']}"
    found = next((texts[key] for key in _NAMES if key in texts), "")
    found = found or " ".join(texts[key] for key in ("first_name", "last_name") if key in texts)
    inner = (
        record.get(key) for key in ("user", "party")
    )  # an approver, somebody who is to do a part of the work
    return found or next(
        (one["name"] for one in inner if isinstance(one, dict) and isinstance(one.get("name"), str)), ""
    )


def _short(value: Any, room: int, *, inside: bool = False) -> str:
    """Return a record or list in short. Stops where `room` characters are full, so a huge value costs little."""
    if room <= 0:
        return "…"
    if not isinstance(value, (dict, list, tuple)):
        return cell(value[: room * 4 + 1] if isinstance(value, str) else value, room)
    if isinstance(value, dict) and (name := _name(value)):
        return name[: room * 4 + 1]
    parts: list[str] = []
    left = room
    for one in value:
        field = value[one] if isinstance(value, dict) else one
        if field is None:
            continue
        name = f"{one_line(str(one), LONGEST)}: " if isinstance(value, dict) else ""
        text = _short(field, left - len(name) - 1, inside=True)
        if not text:
            continue
        parts.append(name + text)
        left -= len(parts[-1]) + 2
        if left <= 0:
            break
    together = ", ".join(parts)
    if not inside or not parts:
        return together
    return f"{{{together}}}" if isinstance(value, dict) else f"[{together}]"


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
