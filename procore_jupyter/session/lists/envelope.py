"""Where the rows are in an answer that is an object and no list, and whether such an object is an error.

Procore's lists come bare, or as ``{"data": [...]}``. Others use other words (``items``, ``results``), put the page's number
beside the rows, or send an error with a status that means success. The rule is the same for answers that are cut into
rows unread (`tables.arrow.decode`) and for those that are read as JSON (`rows_in`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Literal, NamedTuple

Kind = Literal["list", "record", "null", "value"]
"""What a value is in JSON; a value is a text, a number, true or false."""

ENVELOPES = (
    "data", "items", "results", "result", "records", "rows", "entries", "elements", "objects", "values", "value", "list",
    "content", "collection", "_embedded", "response", "payload", "body",
)  # fmt: skip
"""Names under which APIs put the rows, or an object with the rows in it."""

ERRORS = ("errors", "error", "errormessages", "error_messages", "fault", "exception")
"""Names whose content is an error."""

WORDS = (
    "message",
    "messages",
    "msg",
    "reason",
    "detail",
    "details",
    "description",
    "error_description",
    "error_message",
)
"""Names whose content says what an error is about."""

CODES = ("code", "status", "status_code", "statuscode")
"""Names of numbers that may be an HTTP status."""

AROUND_ERRORS = frozenset((
    *CODES, "error_code", "errorcode", "title", "type", "instance", "source", "success", "ok", "request_id", "requestid",
    "trace_id", "timestamp", "path", "data", "help", "jsonrpc",
))  # fmt: skip
"""Names that stand beside those."""

BESIDE_ROWS = frozenset((
    *ERRORS, *WORDS, "warnings", "links", "_links", "meta", "metadata", "pagination", "paging", "included", "filters", "sort",
    "columns", "headers", "facets",
))  # fmt: skip
"""Names of lists and objects that are no rows."""

PAGE_WORDS = frozenset((
    "page", "pages", "per_page", "perpage", "page_size", "pagesize", "page_number", "size", "limit", "offset", "total", "count",
    "total_count", "totalcount", "total_pages", "totalpages", "next", "next_page", "previous", "prev", "prev_page", "has_more",
    "hasmore", "cursor", "next_cursor",
))  # fmt: skip
"""Names of what says which page it is."""

FAILED = frozenset(("error", "errors", "fail", "failed", "failure"))
"""What ``status`` says of an error."""

FINE = frozenset(("ok", "success", "succeeded", "successful"))
"""What a message says of no error."""

DEEPEST = 3
"""Envelopes within one another."""

_ERROR_NAMES = AROUND_ERRORS | {*ERRORS, *WORDS}
_AROUND_ROWS = AROUND_ERRORS | BESIDE_ROWS | PAGE_WORDS


class Body(NamedTuple):
    """The rows of one answer.

    Parameters
    ----------
    rows : sequence
        The rows, in any form.
    first, last : hashable
        Tell the first and the last row from others; None if there is no row.
    nulls : int
        Places in the answer's list that hold null in place of a row.
    record : bool
        The answer is one record, and no list: no page follows.
    """

    rows: Any
    first: Hashable = None
    last: Hashable = None
    nulls: int = 0
    record: bool = False


def kinds_of(found: Mapping[str, object]) -> dict[str, Kind]:
    """Return what the fields of an object are that was read as JSON."""
    kinds: dict[type, Kind] = {list: "list", dict: "record", type(None): "null"}
    return {name: kinds.get(type(value), "value") for name, value in found.items()}


def place_of_rows(kinds: Mapping[str, Kind]) -> str | None:
    """Return under which name an object has the rows, or an object that has them; None if it is a record itself.

    The one list in an object is the rows. An object with an id is a record, and its lists are the record's.
    """
    if "id" in kinds:
        return None
    lists = [name for name, kind in kinds.items() if kind == "list" and name.lower() not in BESIDE_ROWS]
    if len(lists) == 1:
        return lists[0]
    if lists:
        return next((name for name in ENVELOPES if name in lists), None)
    others = [name for name in kinds if name.lower() not in _AROUND_ROWS or name in ENVELOPES]
    if len(others) == 1 and (
        kinds[others[0]] == "record" or (kinds[others[0]] == "null" and others[0] in ENVELOPES)
    ):
        return others[0]
    return None


def is_error(kinds: Mapping[str, Kind], load: Callable[[str], Any], *, record: bool = False) -> bool:
    """Tell whether an object is an error, whatever the HTTP status.

    Parameters
    ----------
    kinds : mapping of str to Kind
        The object's fields.
    load : callable
        Returns the content of a field as JSON gives it.
    record : bool
        A record is expected, and may have such fields itself: it is an error if it has no others.
    """
    names = {name.lower(): name for name in kinds}
    alone = names.keys() <= _ERROR_NAMES
    if "id" in names or not names.keys() & _ERROR_NAMES or (record and not alone):
        return False
    said = {name: load(names[name]) for name in names.keys() & _ERROR_NAMES - {"data"}}
    if any(said.get(name) for name in ERRORS) or any(said.get(name) is False for name in ("success", "ok")):
        return True
    place = place_of_rows(kinds)
    if place is not None and load(place):
        return False
    if str(said.get("status")).lower() in FAILED:
        return True
    if any(isinstance(said.get(name), int) and 400 <= said[name] < 600 for name in CODES):
        return True
    if not alone or (place is not None and kinds[place] == "list"):
        return False
    return any(said.get(name) and str(said[name]).lower().strip(".!") not in FINE for name in WORDS)


def rows_in(body: bytes | memoryview) -> Body:
    """Split the body of a short list, a JSON array or an envelope with one.

    Raises
    ------
    ValueError
        The body is no list.
    """
    rows = _list_in(json.loads(bytes(body)))
    found = [row for row in rows if row is not None]
    if not found:
        return Body(found, nulls=len(rows))
    first, last = (identity(row) or repr(row).encode() for row in (found[0], found[-1]))
    return Body(found, first, last, len(rows) - len(found))


def _list_in(found: Any) -> list[Any]:
    for _ in range(DEEPEST):
        if not isinstance(found, dict):
            break
        kinds = kinds_of(found)
        place = None if is_error(kinds, found.__getitem__) else place_of_rows(kinds)
        if place is None or (place not in ENVELOPES and _has_bare_values(found[place])):
            break
        found = found[place]
    if found is None:
        return []
    if not isinstance(found, list):
        raise ValueError("not a list")
    return found


def _has_bare_values(found: Any) -> bool:
    return isinstance(found, list) and not all(row is None or isinstance(row, dict) for row in found)


def identity(row: Any) -> Hashable:
    """Return a row's id; None if it has none."""
    found = row.get("id") if isinstance(row, dict) else None
    return found if isinstance(found, (int, str)) else None
