"""The body of a list's answer -> its rows: the bytes of one JSON object each; and rows -> Python's objects.

A body is cut into rows without reading what is inside them. Where in it the rows are depends on the list.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import msgspec

from procore_jupyter.tables.arrow.types import Number

RawRows = Sequence[Any]
"""Rows as bytes: `msgspec.Raw`, or plain bytes."""

PIECE = 64 * 1024
"""Bytes checked at a time for whether they are text: a copy of a whole page would take memory until the next one."""

DEEPEST_ROW = 500
"""Levels of records and lists within a row. Each version of Python bounds recursion at another depth of its own."""

MOST_WHOLE = 4000
"""Digits of a whole number that is still read as one: Python reads 4,300 (`sys.int_info.default_max_str_digits`)."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_RECORD, _LIST = ord("{"), ord("[")

# An escape in a JSON text; a surrogate pair is one escape.
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)


class _Marked(msgspec.Struct):
    """The field that tells a row from others."""

    id: int | str | None = None


_utf8 = codecs.getincrementaldecoder("utf-8")
_array = msgspec.json.Decoder(list[msgspec.Raw])
_record = msgspec.json.Decoder(dict[str, msgspec.Raw])
_marked = msgspec.json.Decoder(_Marked)
_objects = msgspec.json.Decoder(dict[str, Any], float_hook=Number)


def decoder(
    shape: str = "array", list_key: str = ""
) -> Callable[[bytes | memoryview], tuple[RawRows, Hashable, Hashable]]:
    """Return a function that cuts the bodies of a list's answers into rows.

    Parameters
    ----------
    shape : str
        Where the rows are, as the catalog has it (`spec.SHAPES`). A body of another shape is read as what it is.
    list_key : str
        The name under which the rows are, for the shapes that have one; ``a.b`` means ``b`` inside ``a``.

    Returns
    -------
    callable
        From a body to the rows, and what tells the first and the last row from others (`mark`).
    """

    def decode(body: bytes | memoryview) -> tuple[RawRows, Hashable, Hashable]:
        if bytes(body[:3]) == _BYTE_ORDER_MARK:
            body = body[3:]
        try:
            _check_text(body)  # cutting doesn't look inside the rows
            rows = rows_of(body, shape, list_key)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # Half a surrogate pair, or bytes that aren't UTF-8: all other rows and fields are worth having.
            rows = rows_of(_repaired(body), shape, list_key)
        return (rows, mark(rows[0]), mark(rows[-1])) if rows else (rows, None, None)

    return decode


def rows_of(body: bytes | memoryview, shape: str = "array", list_key: str = "") -> RawRows:
    """Return the rows that a body holds.

    Raises
    ------
    ValueError
        It holds no rows, or is no JSON (`msgspec.DecodeError` is a ValueError).
    """
    start = next((byte for byte in memoryview(body).cast("B")[:64] if byte not in b" \t\r\n"), None)
    if start == _LIST:
        rows: RawRows = _array.decode(body)
        if shape == "groups" or (list_key and shape == "unknown"):
            rows = _ungrouped(rows, list_key)
        return rows if all(_opens(row) == _RECORD for row in rows) else [_as_record(row) for row in rows]
    if start != _RECORD:
        raise ValueError("neither a list nor a record")
    record = _record.decode(body)
    outer, _, rest = list_key.partition(".")
    for key in (*list_key.split("."), "data"):
        inner = record.get(key)
        if inner is None or _opens(inner) not in (_RECORD, _LIST):
            continue
        deeper = rest if key == outer else ""
        if _opens(inner) == _LIST or shape in ("data_object", "object_with_list") or deeper:
            return rows_of(bytes(inner), "array" if shape == "object_with_list" else shape, deeper)
    if shape in ("object", "data_object", "unknown") or list_key:
        return [msgspec.Raw(bytes(body).strip())]
    raise ValueError("no list")


def mark(row: Any) -> Hashable:
    """Return what tells a row from others: its id; all its bytes if it has no id."""
    try:
        found = _marked.decode(row).id
    except msgspec.DecodeError:
        found = None
    return bytes(row) if found is None else found


def objects(rows: RawRows) -> list[dict[str, Any]]:
    """Return rows as Python's objects; every number with a point or an exponent as a `Number`.

    Raises
    ------
    ValueError
        A row is no JSON object.
    RecursionError
        A row has more levels than `DEEPEST_ROW`.
    """
    try:
        found = [_objects.decode(row) for row in rows]
    except msgspec.ValidationError:  # no object; or a whole number of thousands of digits
        found = [json.loads(bytes(row), parse_float=Number, parse_int=_whole) for row in rows]
        if not all(isinstance(row, dict) for row in found):
            raise ValueError("a row is no object") from None
    for row, one in zip(map(bytes, rows), found, strict=True):
        if row.count(b"{") + row.count(b"[") > DEEPEST_ROW:
            _check_depth(one)
    return found


def _opens(value: Any) -> int:
    """Return the first byte of a JSON value."""
    return memoryview(value)[0]


def _ungrouped(groups: RawRows, list_key: str) -> RawRows:
    """Return the rows in groups, each with the plain values of its group (``group_title``)."""
    rows: list[Any] = []
    for group in groups:
        if _opens(group) != _RECORD:
            return groups
        told = _record.decode(group)
        inner = told.pop(list_key, None)
        if inner is not None and bytes(inner) == b"null":
            continue  # an empty group
        if inner is None or _opens(inner) != _LIST:
            return groups  # these are rows, and no groups
        for row in _array.decode(inner):
            if _opens(row) != _RECORD:
                return groups
            fields = _record.decode(row)
            for name, value in told.items():
                if _opens(value) not in (_RECORD, _LIST):
                    fields.setdefault(name, value)
            rows.append(msgspec.json.encode(fields))
    return rows


def _as_record(row: Any) -> Any:
    """Return a bare value as a record with one field."""
    return row if _opens(row) == _RECORD else b'{"value":' + bytes(row) + b"}"


def _check_text(body: bytes | memoryview) -> None:
    """Raise UnicodeDecodeError if a body isn't UTF-8. Its end needs no check: what ends within a letter is no JSON."""
    check = _utf8().decode
    for start in range(0, len(body), PIECE):
        check(body[start : start + PIECE])


def _repaired(body: bytes | memoryview) -> bytes:
    """Return a body with U+FFFD for what is no text in it. All else stays as it is written, numbers too."""
    text = str(body, "utf-8", "replace").encode()
    return _ESCAPE.sub(lambda found: b"\\ufffd" if found["half"] else found[0], text)


def _check_depth(row: Any) -> None:
    level = [row]
    for _ in range(DEEPEST_ROW):
        inside = (one.values() if isinstance(one, dict) else one for one in level)
        level = [value for values in inside for value in values if isinstance(value, (dict, list))]
        if not level:
            return
    raise RecursionError


def _whole(text: str) -> int | Number:
    return int(text) if len(text) < MOST_WHOLE else Number(text)
