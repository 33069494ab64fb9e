"""Where the rows are in answers that are no plain list, and which objects are errors: for both ways of reading them.

The generated answers are made here, from names that APIs use; what is right follows from how each was made.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from procore_jupyter.session.lists.envelope import rows_in
from procore_jupyter.tables.arrow.decode import decoder
from tests.hostile.counting import share, tried

ROWS = [{"id": 7, "name": "a", "tags": ["x"]}, {"id": 9, "name": "b", "tags": []}]

Way = Callable[[Any], list[Any]]


def short(sent: Any) -> list[Any]:
    return list(rows_in(json.dumps(sent).encode()).rows)


def cut(shape: str) -> Way:
    return lambda sent: [json.loads(bytes(row)) for row in decoder(shape)(json.dumps(sent).encode()).rows]


WAYS: dict[str, Way] = {"short": short, **{shape: cut(shape) for shape in ("array", "data", "unknown")}}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    """All ways to read a list whose envelope nobody has told of."""
    return WAYS[request.param]


@pytest.mark.parametrize("rows", [ROWS, []], ids=["rows", "empty"])
@pytest.mark.parametrize(
    "around",
    [
        lambda rows: {"items": rows, "pagination": {"page": 3, "per_page": 20, "total": 60}},
        lambda rows: {"things": rows, "page": 3},
        lambda rows: {"count": 60, "next": "https://x.test?page=4", "previous": None, "results": rows},
        lambda rows: {"rows": rows, "errors": [], "warnings": ["slow"], "links": [{"rel": "next"}]},
        lambda rows: {"data": rows, "included": [{"id": 1}], "meta": {"page": 3}},
        lambda rows: {"data": {"items": rows, "page": 3}},
        lambda rows: {"code": 0, "message": "", "data": {"list": rows, "total": 60}},
        lambda rows: {"status": "ok", "message": "success", "data": rows},
        lambda rows: {"_embedded": {"things": rows}, "_links": {"self": {}}, "page": {"number": 3}},
        lambda rows: {"response": {"things": rows, "generated_at": "2026-11-23"}},
        lambda rows: {"generated_at": "2026-11-23", "company": "Harbor", "rfis": rows},
        lambda rows: [*rows, None],
    ],
)
def test_the_one_list_is_the_rows(around: Callable[[Any], Any], rows: list[Any], way: Way) -> None:
    assert way(around(rows)) == rows


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [None],
        [None, None],
        {"data": None},
        {"items": None, "total": 0},
        {"data": {"items": None}},
        {"data": [None]},
    ],
)
def test_null_is_an_empty_list_and_no_row(sent: Any, way: Way) -> None:
    assert way(sent) == []


ERRORS: list[Any] = [
    {"errors": ["The server is too busy"]},
    {"errors": "busy"},
    {"errors": {"base": ["busy"]}},
    {"error": "busy", "error_description": "Try later"},
    {"error": {"code": "BUSY", "message": "busy"}},
    {"Error": "busy"},
    {"errorMessages": ["busy"], "errors": {}},
    {"fault": {"faultstring": "busy"}},
    {"data": None, "errors": [{"message": "busy"}]},
    {"data": [], "error": "busy"},
    {"data": ROWS, "errors": ["half of it"]},
    {"message": "busy"},
    {"message": "busy", "exception": "Busy"},
    {"Message": "busy"},
    {"code": "BUSY", "message": "busy", "request_id": "x"},
    {"code": 500, "data": None},
    {"status": 503, "data": []},
    {"status": "error", "message": "busy", "data": []},
    {"type": "about:blank", "title": "Busy", "status": 503, "detail": "busy"},
    {"success": False, "data": []},
    {"ok": False},
    {"reason": "busy"},
]


@pytest.mark.parametrize("sent", ERRORS, ids=str)
def test_an_error_is_an_error_whatever_its_status(sent: Any, way: Way) -> None:
    with pytest.raises(ValueError):
        way(sent)
    if "data" not in sent:
        for shape in ("object", "data_object"):
            with pytest.raises(ValueError):
                cut(shape)(sent)


@pytest.mark.parametrize("shape", ["array", "data", "unknown"])
def test_a_list_whose_only_row_is_an_error_is_one(shape: str) -> None:
    sent: Any
    for sent in ([{"error": "busy"}], [{"errors": ["busy"], "status": 500}], {"data": [{"errors": "busy"}]}):
        with pytest.raises(ValueError):
            cut(shape)(sent)
    for sent in (
        [{"id": 1, "error": "x"}],
        [{"error": "x", "row": 3}],
        [{"error": None}],
        [{"message": "hello"}],
    ):
        assert cut(shape)(sent) == sent


RECORDS: list[Any] = [
    {"id": 7, "errors": ["x"], "items": [{"id": 1}]},
    {"id": 7, "message": "hello"},
    {"name": "x", "error": None, "errors": []},
    {"name": "x", "value": None},
    {"name": "x", "tags": ["a", "b"]},
    {"name": "x", "assignee": {"id": 1, "roles": [{"id": 2}]}},
    {"name": "x", "budget": {"lines": [{"id": 2}]}, "owner": {"name": "y"}},
    {"these": [{"id": 1}], "those": [{"id": 2}]},
    {"status": "open", "code": "A-1"},
]


@pytest.mark.parametrize("sent", RECORDS, ids=str)
def test_a_record_is_one_row_where_a_record_may_come_and_no_page_follows(sent: Any) -> None:
    for shape in ("object", "data_object", "unknown"):
        body = decoder(shape)(json.dumps(sent).encode())
        assert [json.loads(bytes(row)) for row in body.rows] == [sent] and body.record
    for shape in ("array", "data"):
        with pytest.raises(ValueError):
            cut(shape)(sent)
    with pytest.raises(ValueError):
        short(sent)


def test_a_record_with_words_of_errors_is_no_error_where_one_is_expected() -> None:
    sent = {"name": "x", "status": "failed", "errors": ["a line"], "message": "see there"}
    assert cut("object")(sent) == [sent] == cut("data_object")({"data": sent})


# Generated

NAMES = (
    "data",
    "items",
    "results",
    "records",
    "rows",
    "rfis",
    "daily_logs",
    "Things",
    "list",
    "payload_items",
)
SCALARS = {
    "page": 3, "per_page": 20, "total": 60, "count": 2, "has_more": True, "next": "https://x.test?page=4", "cursor": "abc",
    "generated_at": "2026-11-23T17:04:05Z", "company": "Harbor", "status": "ok", "code": 0, "success": True, "error": None,
    "message": "success", "request_id": "f3a",
}  # fmt: skip
BESIDE = {
    "errors": [], "warnings": ["slow"], "links": [{"rel": "next"}], "meta": {"page": {"number": 3}}, "pagination": {"page": 3},
    "included": [{"id": 1}], "_links": {"next": {"href": "/x"}}, "filters": [{"name": "status"}],
}  # fmt: skip


def envelope(chance: random.Random, rows: list[Any]) -> Any:
    """Return rows in some envelope."""
    made: dict[str, Any] = {chance.choice(NAMES): rows}
    made |= dict(chance.sample([*SCALARS.items()], chance.randrange(5)))
    made |= dict(chance.sample([*BESIDE.items()], chance.randrange(3)))
    if chance.random() < 0.3:
        around = {chance.choice(("data", "response", "result", "_embedded", "wrapper")): made}
        made = around | dict(chance.sample([*BESIDE.items()], chance.randrange(2)))
    return dict(chance.sample([*made.items()], len(made)))


def test_rows_are_found_in_any_envelope() -> None:
    for case in range(share(2_000)):
        chance = random.Random(case)
        rows = [
            {"id": number, **dict(chance.sample([*SCALARS.items()], 2))}
            for number in range(chance.randrange(4))
        ]
        nulls: list[Any] = [None] * chance.choice((0, 0, 2))
        sent = envelope(chance, chance.sample([*rows, *nulls], len(rows) + len(nulls)))
        for name, way in WAYS.items():
            found = sorted(way(sent), key=lambda row: row["id"])
            assert found == rows, f"case {case}, {name}: {sent}"
        tried("envelopes")
