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

from procore_jupyter.session.lists.envelope import (
    DEEPEST,
    ENVELOPES,
    ERRORS,
    Body,
    Kind,
    is_error,
    place_of_rows,
)
from procore_jupyter.tables.arrow.types import Number

RawRows = Sequence[Any]
"""Rows as bytes: `msgspec.Raw`, or plain bytes."""

PIECE = 64 * 1024
"""Bytes checked at a time for whether they are text: a copy of a whole page would take memory until the next one."""

LARGEST_ERROR = 10_000
"""Bytes of a list's only row that may be an error."""

DEEPEST_ROW = 500
"""Levels of records and lists within a row. Each version of Python bounds recursion at another depth of its own."""

MOST_WHOLE = 4000
"""Digits of a whole number that is still read as one: Python reads 4,300 (`sys.int_info.default_max_str_digits`)."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_RECORD, _LIST, _NULL = ord("{"), ord("["), ord("n")
_KINDS: dict[int, Kind] = {_RECORD: "record", _LIST: "list", _NULL: "null"}

NO_NUMBERS = "Procore sent NaN or Infinity, which JSON doesn't allow: they are missing values here."
NO_TEXT = "Some texts arrived damaged: \ufffd marks what can't be read."

# What no JSON has, though programs write it; or a text, in which it means nothing.
_NO_NUMBER = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|\Z)|(?P<odd>-?(?:NaN|Infinity))', re.DOTALL)

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
    shape: str = "array", list_key: str = "", say: Callable[[str], None] = lambda _: None
) -> Callable[[bytes | memoryview], Body]:
    """Return a function that cuts the bodies of a list's answers into rows.

    Parameters
    ----------
    shape : str
        Where the rows are, as the catalog has it (`spec.SHAPES`). A body of another shape is read as what it is.
    list_key : str
        The name under which the rows are, for the shapes that have one; ``a.b`` means ``b`` inside ``a``.
    say : callable
        Takes a remark on a body that had to be repaired: `NO_NUMBERS`, `NO_TEXT`. Called by any thread.

    Returns
    -------
    callable
        From a body to the rows, the bytes of a JSON object each; `mark` tells the first and the last from others.
    """

    def decode(body: bytes | memoryview) -> Body:
        if bytes(body[:3]) == _BYTE_ORDER_MARK:
            body = body[3:]
        try:
            _check_text(body)  # cutting doesn't look inside the rows
            return _body(body, shape, list_key)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # Half a surrogate pair, bytes that aren't UTF-8, NaN: all other rows and fields are worth having.
            repaired, remarks = _repaired(bytes(body))
            found = _body(repaired, shape, list_key)
            for remark in remarks:
                say(remark)
            return found

    return decode


def _body(body: bytes | memoryview, shape: str, list_key: str) -> Body:
    """Return the rows that a body holds. Raises ValueError if it holds none, or is no JSON."""
    rows, record = _rows_of(body, shape, list_key)
    nulls = 0
    if not all(memoryview(row)[0] == _RECORD for row in rows):
        rows, nulls = _records(rows, shape)
    return Body(rows, mark(rows[0]), mark(rows[-1]), nulls, record) if rows else Body(rows, nulls=nulls)


def _rows_of(body: bytes | memoryview, shape: str, list_key: str, depth: int = 0) -> tuple[RawRows, bool]:
    """Return the values in a body's list; or its one record, with true. msgspec's DecodeError is a ValueError."""
    start = next((byte for byte in memoryview(body).cast("B")[:64] if byte not in b" \t\r\n"), None)
    if start == _LIST:
        rows: RawRows = _array.decode(body)
        if shape == "groups" or (list_key and shape == "unknown"):
            rows = _ungrouped(rows, list_key)
        if len(rows) == 1 and _is_error(rows[0]):
            raise ValueError("an error")
        return rows, False
    if start == _NULL and bytes(body).strip() == b"null":
        return [], False  # an empty list
    if start != _RECORD:
        raise ValueError("neither a list nor a record")
    record = _record.decode(body)
    kinds = {name: _kind(value) for name, value in record.items()}
    one_record = shape in ("object", "data_object")
    if is_error(kinds, lambda name: json.loads(bytes(record[name])), record=one_record):
        raise ValueError("an error")
    outer, _, rest = list_key.partition(".")
    for key in (*list_key.split("."), "data"):
        kind = kinds.get(key)
        deeper = rest if key == outer else ""
        if kind == "null" and key == outer and shape == "object_with_groups":
            return [], False  # a record without a group
        if kind == "list" or (kind == "record" and (shape in ("data_object", "object_with_list") or deeper)):
            inside = {"object_with_list": "array", "object_with_groups": "groups"}.get(shape, shape)
            return _rows_of(bytes(record[key]), inside, deeper, depth + 1)
    place = None if one_record and kinds.get("data") != "null" else place_of_rows(kinds)
    if (
        place is not None
        and depth < DEEPEST
        and (kinds[place] != "list" or place in ENVELOPES or _holds_records(record[place]))
    ):
        inside = list_key if shape == "object_with_groups" else ""
        return _rows_of(bytes(record[place]), shape, inside, depth + 1)
    if one_record or shape == "unknown":
        return [msgspec.Raw(bytes(body).strip())], True
    raise ValueError("no list")


def _records(rows: RawRows, shape: str) -> tuple[RawRows, int]:
    """Return bare values as records with one field, without nulls that stand in place of records; and their number."""
    if shape in ("values", "data_values") or any(_kind(row) in ("value", "list") for row in rows):
        return [_as_record(row) for row in rows], 0
    found = [row for row in rows if _kind(row) == "record"]
    return found, len(rows) - len(found)


def _holds_records(rows: Any) -> bool:
    return all(_kind(row) in ("record", "null") for row in _array.decode(rows))


def _is_error(row: Any) -> bool:
    """Tell whether the only row of a list is an error, and nothing else."""
    if _kind(row) != "record" or memoryview(row).nbytes > LARGEST_ERROR:
        return False
    found = _record.decode(row)
    kinds = {name: _kind(value) for name, value in found.items()}
    return any(name.lower() in ERRORS for name in kinds) and is_error(
        kinds, lambda name: json.loads(bytes(found[name])), record=True
    )


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
            raise ValueError("a row is not an object") from None
    for row, one in zip(map(bytes, rows), found, strict=True):
        if row.count(b"{") + row.count(b"[") > DEEPEST_ROW:
            _check_depth(one)
    return found


def _kind(value: Any) -> Kind:
    """Return what a JSON value is."""
    return _KINDS.get(memoryview(value)[0], "value")


def _ungrouped(groups: RawRows, list_key: str) -> RawRows:
    """Return the rows in groups, each with the plain values of its group (``group_title``)."""
    rows: list[Any] = []
    for group in groups:
        if _kind(group) != "record":
            return groups
        told = _record.decode(group)
        inner = told.pop(list_key, None)
        if inner is not None and _kind(inner) == "null":
            continue  # an empty group
        if inner is None or _kind(inner) != "list":
            return groups  # these are rows, and no groups
        for row in _array.decode(inner):
            if _kind(row) == "null":
                continue
            if _kind(row) != "record":
                return groups
            fields = _record.decode(row)
            for name, value in told.items():
                if _kind(value) in ("value", "null"):
                    fields.setdefault(name, value)
            rows.append(msgspec.json.encode(fields))
    return rows


def _as_record(row: Any) -> Any:
    """Return a bare value as a record with one field."""
    return row if _kind(row) == "record" else b'{"value":' + bytes(row) + b"}"


def _check_text(body: bytes | memoryview) -> None:
    """Raise UnicodeDecodeError if a body isn't UTF-8. Its end needs no check: what ends within a letter is no JSON."""
    check = _utf8().decode
    for start in range(0, len(body), PIECE):
        check(body[start : start + PIECE])


def _repaired(body: bytes) -> tuple[bytes, list[str]]:
    """Return a body with U+FFFD for what is no text in it and null for NaN, all else as it is written; and remarks."""
    text = body.decode("utf-8", "replace").encode()
    text = _ESCAPE.sub(lambda found: b"\\ufffd" if found["half"] else found[0], text)
    numbers = _NO_NUMBER.sub(lambda found: b"null" if found["odd"] else found[0], text)
    return numbers, [*[NO_TEXT] * (text != body), *[NO_NUMBERS] * (numbers != text)]


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
