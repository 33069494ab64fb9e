"""A list's answer -> its rows, each still the bytes of one JSON object: where they are depends on the list.

The bytes are taken apart without being read. What is inside a row, `ingest` finds out for many rows at a time.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import msgspec

RawRows = Sequence[Any]
"""Rows as bytes: `msgspec.Raw`, or plain bytes."""

_OBJECT = ord("{")
_OPENING = (ord("{"), ord("["))
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

PIECE = 64 * 1024
"""Bytes that are looked at together for whether they are text: a copy of a whole page would stay in memory."""

# Escapes in JSON's texts, a whole surrogate pair as one.
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)


class _Marked(msgspec.Struct):
    """What tells a row from others."""

    id: int | str | None = None


_utf8 = codecs.getincrementaldecoder("utf-8")
_array = msgspec.json.Decoder(list[msgspec.Raw])
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_marked = msgspec.json.Decoder(_Marked)


def decoder(
    shape: str = "array", list_key: str = ""
) -> Callable[[bytes | memoryview], tuple[RawRows, Hashable, Hashable]]:
    """Return what takes the answers of a list apart.

    Parameters
    ----------
    shape : str
        Where the rows are, as the catalog has it (`spec.SHAPES`). An answer that looks otherwise is taken as it is.
    list_key : str
        The name under which the rows are, for the shapes that have one; ``a.b`` means inside.
    """

    def decode(body: bytes | memoryview) -> tuple[RawRows, Hashable, Hashable]:
        if bytes(body[:3]) == _BYTE_ORDER_MARK:
            body = body[3:]
        try:
            _check_text(body)  # nobody looks into the rows here
            rows = rows_of(body, shape, list_key)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # Half a surrogate pair, or bytes that are no UTF-8: the rest is worth having.
            rows = rows_of(_repaired(body), shape, list_key)
        if not rows:
            return rows, None, None
        return rows, mark(rows[0]), mark(rows[-1])

    return decode


def rows_of(body: bytes | memoryview, shape: str = "array", list_key: str = "") -> RawRows:
    """Return the rows that an answer holds.

    Raises
    ------
    ValueError
        It holds none (`msgspec.DecodeError` is one).
    """
    found = memoryview(body).cast("B")
    start = next((byte for byte in found[:64] if byte not in b" \t\r\n"), None)
    if start == ord("["):
        rows: RawRows = _array.decode(body)
        if shape == "groups" or (list_key and shape == "unknown"):
            rows = _ungrouped(rows, list_key)
        return (
            rows if all(memoryview(row)[0] == _OBJECT for row in rows) else [_as_object(row) for row in rows]
        )
    if start != _OBJECT:
        raise ValueError("neither a list nor a record")
    record = _object.decode(body)
    for key in (*list_key.split("."), "data"):
        inner = record.get(key)
        if inner is None or memoryview(inner)[0] not in _OPENING:
            continue
        deeper = list_key.partition(".")[2] if key == list_key.partition(".")[0] else ""
        if memoryview(inner)[0] == _OPENING[1] or shape in ("data_object", "object_with_list") or deeper:
            return rows_of(bytes(inner), "array" if shape == "object_with_list" else shape, deeper)
    if shape in ("object", "data_object", "unknown") or list_key:
        return [msgspec.Raw(bytes(body).strip())]
    raise ValueError("no list")


def mark(row: Any) -> Hashable:
    """Return what tells a row from others: its id, else all its bytes."""
    try:
        found = _marked.decode(row).id
    except msgspec.DecodeError:
        found = None
    return bytes(row) if found is None else found


def _ungrouped(groups: RawRows, list_key: str) -> RawRows:
    """Return the rows in groups, each with its group's other plain values (``group_title``)."""
    rows: list[Any] = []
    for group in groups:
        if memoryview(group)[0] != _OBJECT:
            return groups
        told = _object.decode(group)
        inner = told.pop(list_key, None)
        if inner is not None and bytes(inner) == b"null":
            continue  # a group of none
        if inner is None or memoryview(inner)[0] != _OPENING[1]:
            return groups  # rows as they are
        for row in _array.decode(inner):
            if memoryview(row)[0] != _OBJECT:
                return groups
            fields = _object.decode(row)
            for name, value in told.items():
                if memoryview(value)[0] not in _OPENING:
                    fields.setdefault(name, value)
            rows.append(msgspec.json.encode(fields))
    return rows


def _as_object(row: Any) -> Any:
    """Return a bare value as a row with one column."""
    return row if memoryview(row)[0] == _OBJECT else b'{"value":' + bytes(row) + b"}"


def _check_text(body: bytes | memoryview) -> None:
    """Raise UnicodeDecodeError where it isn't UTF-8; one that ends within a letter is no JSON either."""
    check = _utf8().decode
    for start in range(0, len(body), PIECE):
        check(body[start : start + PIECE])


def _repaired(body: bytes | memoryview) -> bytes:
    """Return an answer with U+FFFD for what is no text in it; all else, numbers too, as it is written."""
    text = str(body, "utf-8", "replace").encode()
    return _ESCAPE.sub(lambda found: b"\\ufffd" if found["half"] else found[0], text)
