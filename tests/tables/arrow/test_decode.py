"""From an answer's bytes to its rows: every shape, each row once and as it is, or an error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from procore_jupyter.session.lists.envelope import Body
from procore_jupyter.tables.arrow.decode import NO_NUMBERS, NO_TEXT, decoder, mark, objects
from procore_jupyter.tables.definitions.spec import SHAPES

ROWS = [{"id": 7, "name": "a"}, {"id": 9, "total": 1.50}]
LIST = b'[{"id": 7, "name": "a"}, {"id": 9, "total": 1.50}]'


def decoded(body: bytes, shape: str = "array", list_key: str = "") -> list[Any]:
    made = decoder(shape, list_key)(body)
    found = [bytes(row) for row in made.rows]
    assert all(row.startswith(b"{") for row in found), "Arrow's reader must see nothing but objects"
    assert (made.first, made.last) == ((mark(found[0]), mark(found[-1])) if found else (None, None))
    return [json.loads(row) for row in found]


# The shapes


@pytest.mark.parametrize(
    ("shape", "list_key", "body"),
    [
        ("array", "", LIST),
        ("data", "", b'{"data": %s}' % LIST),
        ("data", "", b'{"meta": {"page": 1}, "data": %s, "links": []}' % LIST),
        ("object_with_list", "meetings", b'{"meetings": %s}' % LIST),
        ("object_with_list", "data.items", b'{"data": {"items": %s, "page": 1}}' % LIST),
        ("data_object", "data.items", b'{"data": {"items": %s}}' % LIST),
        ("unknown", "", LIST),
        ("unknown", "", b'{"data": %s}' % LIST),
        ("unknown", "items", b'{"items": %s}' % LIST),
        ("unknown", "items", LIST),
    ],
)
def test_rows_are_where_the_shape_says(shape: str, list_key: str, body: bytes) -> None:
    assert decoded(body, shape, list_key) == ROWS


@pytest.mark.parametrize("shape", ["object", "unknown"])
def test_one_record_is_one_row(shape: str) -> None:
    assert decoded(b' {"id": 7, "rows": [1]}\n', shape) == [{"id": 7, "rows": [1]}]


def test_one_record_in_an_envelope_is_one_row() -> None:
    assert decoded(b'{"data": {"id": 7}}', "data_object") == [{"id": 7}]


@pytest.mark.parametrize(
    ("shape", "body"), [("values", b"[1, 2.50, null]"), ("data_values", b'{"data": [1, 2.50, null]}')]
)
def test_bare_values_are_rows_of_one_column(shape: str, body: bytes) -> None:
    assert decoded(body, shape) == [{"value": 1}, {"value": 2.5}, {"value": None}]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_list_of_objects_is_taken_whatever_was_expected(shape: str) -> None:
    assert decoded(LIST, shape, "meetings" if shape in ("groups", "object_with_list") else "") == ROWS


@pytest.mark.parametrize("shape", ["array", "data", "values", "data_values", "unknown", "data_object"])
def test_an_envelope_is_taken_off_whatever_was_expected(shape: str) -> None:
    assert decoded(b'{"data": %s}' % LIST, shape) == ROWS


@pytest.mark.parametrize(
    "body", [b"[]", b" [ ] ", b'{"data": []}', b'{"data":[ ]}', b"null", b" null\n", b'{"data": null}']
)
def test_an_empty_list_has_no_rows(body: bytes) -> None:
    for shape in ("array", "data", "unknown", "values"):
        assert decoder(shape)(body) == Body([])


# Groups

GROUPS = b'[{"group_title": "OAC", "meetings": [{"id": 1}, {"id": 2}]}, {"group_title": "Safety", "meetings": [{"id": 3}]}]'


def test_rows_in_groups_get_the_groups_own_values() -> None:
    assert decoded(GROUPS, "groups", "meetings") == [
        {"id": 1, "group_title": "OAC"},
        {"id": 2, "group_title": "OAC"},
        {"id": 3, "group_title": "Safety"},
    ]


def test_what_a_row_says_itself_counts_before_its_group() -> None:
    body = b'[{"group_title": "OAC", "id": 70, "meetings": [{"id": 1, "group_title": "own"}]}]'
    assert decoded(body, "groups", "meetings") == [{"id": 1, "group_title": "own"}]


@pytest.mark.parametrize("empty", [b"[]", b"null"])
def test_a_group_without_rows_takes_nothing_from_the_others(empty: bytes) -> None:
    body = (
        b'[{"group_title": "none", "meetings": %s}, {"group_title": "OAC", "meetings": [{"id": 1}]}]' % empty
    )
    assert decoded(body, "groups", "meetings") == [{"id": 1, "group_title": "OAC"}]


@pytest.mark.parametrize(
    "body",
    [
        b'[{"id": 1, "title": "no group"}]',
        b'[{"group_title": "OAC", "meetings": {"id": 1}}]',
        b'[{"meetings": [7]}]',
    ],
)
def test_what_is_no_group_is_a_row_as_it_is(body: bytes) -> None:
    assert decoded(body, "groups", "meetings") == json.loads(body)


# Rows that are none


@pytest.mark.parametrize(
    "bare", [b"1", b"-2.5e3", b'"text"', b"true", b"[1, [2]]", b"[]", b'"{\\"id\\": 1}"']
)
@pytest.mark.parametrize(
    "place", [b"[%s]", b'[{"id": 1}, %s]', b'[%s, {"id": 1}]', b'{"data": [{"id": 1}, %s, {"id": 2}]}']
)
def test_a_bare_value_among_rows_becomes_a_row(bare: bytes, place: bytes) -> None:
    found = decoded(place % bare)
    sent = json.loads(place % bare)
    rows = sent["data"] if isinstance(sent, dict) else sent
    assert found == [row if isinstance(row, dict) else {"value": row} for row in rows]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"nul",
        b"nullnull",
        b"7",
        b'"text"',
        b"true",
        b"<html><title>Sign in to the network</title>",
        b'[{"id": 1}, {"id"',
        b'[{"id": 1}]]',
        b'[{"id": 1}][{"id": 2}]',
        b'[{"id": 1},]',
        b"[{'id': 1}]",
        b'[{"id": nan}]',
        b'[{"id": NaNs}]',
        b'[{"id": 01}]',
        b'{"data": "none"}',
        b'{"data": {"id": 1}}',
        b'{"errors": "no"}',
        b"{}",
        b"\x1f\x8b\x08\x00",
        b"[\x00]",
        b"\xff\xfe[\x00]\x00",
    ],
)
def test_what_holds_no_list_is_an_error(body: bytes) -> None:
    for shape in ("array", "data"):
        with pytest.raises(ValueError):
            decoder(shape)(body)


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"data":' * 100_000, b'[{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}]"]
)
def test_an_answer_nested_without_end_is_an_error(body: bytes) -> None:
    for shape in SHAPES:
        with pytest.raises((ValueError, RecursionError)):
            decoder(shape, "data")(body)


# What is no text


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (b"\\ud800", "\ufffd"),
        (b"x\\uDFFFy", "x\ufffdy"),
        (b"\\ud83d\\ud83d\\ude00", "\ufffd😀"),
        (b"\\\\ud800\\ud800", "\\ud800\ufffd"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"caf\xe9", "caf\ufffd"),
        (b"\xf0\x9f\x98", "\ufffd"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
    ],
)
def test_what_is_no_text_costs_its_own_letters_alone(sent: bytes, found: str) -> None:
    body = (
        b'[{"id": 1, "name": "%s", "caf\xc3\xa9": "\\ud83d\\ude00\\n\\\\", "total": 12345678901234567890.123456789}]'
        % sent
    )
    (row,) = decoder()(body)[0]
    assert json.loads(bytes(row), parse_float=str) == {
        "id": 1,
        "name": found,
        "café": "😀\n\\",
        "total": "12345678901234567890.123456789",
    }


def test_a_name_that_is_no_text_is_made_one() -> None:
    assert decoded(b'[{"\\udc00": 1, "b\xff": 2}]') == [{"\ufffd": 1, "b\ufffd": 2}]


def test_a_byte_order_mark_is_no_part_of_the_answer() -> None:
    assert decoded(b"\xef\xbb\xbf" + LIST) == ROWS
    assert decoded(b'\xef\xbb\xbf{"data": []}', "data") == []


def test_each_row_stays_as_it_was_written() -> None:
    rows = [b'{"id":1,\n "a" : 1.50}', b'{"b":"\xe6\xbc\xa2","a":1,"a":2}', b"{}", b'{"":-0}']
    assert [bytes(row) for row in decoder()(b"[" + b" ,\n".join(rows) + b"]")[0]] == rows


# Telling rows apart


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (b'{"id": 7, "a": 1}', 7),
        (b'{"a": 1, "id": "f3a"}', "f3a"),
        (b'{"id": 562949953443325}', 562949953443325),
        (b'{"id": null, "a": 1}', b'{"id": null, "a": 1}'),
        (b'{"id": {"a": 1}}', b'{"id": {"a": 1}}'),
        (b'{"id": 1.5}', b'{"id": 1.5}'),
        (b'{"a": 1}', b'{"a": 1}'),
    ],
)
def test_a_row_is_told_from_others_by_its_id_or_all_of_it(row: bytes, found: object) -> None:
    assert mark(row) == found


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (b"NaN", None),
        (b"-Infinity", None),
        (b'"NaN, -Infinity"', "NaN, -Infinity"),
        (b'"a\\" NaN"', 'a" NaN'),
        (b"[1, NaN, [Infinity]]", [1, None, [None]]),
    ],
)
def test_what_is_no_number_in_json_is_missing_and_told(written: bytes, value: Any) -> None:
    said: list[str] = []
    body = b'[{"id": 1, "v": %b}, {"id": 2, "v": NaN, "w": 1.10}]' % written
    rows = objects(decoder("array", say=said.append)(body).rows)
    assert rows == [{"id": 1, "v": value}, {"id": 2, "v": None, "w": "1.10"}]
    assert said == [NO_NUMBERS]


def test_texts_that_came_damaged_are_told() -> None:
    said: list[str] = []
    decoder(say=said.append)(b'[{"id": 1, "v": "\\ud800 NaN"}]')
    decoder(say=said.append)(b'[{"id": 1, "v": "fine"}]')
    assert said == [NO_TEXT]


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        (
            '{"id": 1, "attendees": [{"id": 9}], "groups": [{"id": 2, "rows": [{"id": 3}]}, {"id": 4, "rows": [{"id": 5}]}]}',
            [3, 5],
        ),
        ('{"id": 1, "groups": [{"id": 2, "rows": []}, {"id": 4, "rows": null}]}', []),
        ('{"id": 1, "groups": []}', []),
        ('{"id": 1, "groups": null}', []),
        ('{"data": {"id": 1, "attendees": [], "groups": [{"id": 2, "rows": [{"id": 3}]}]}}', [3]),
    ],
)
def test_the_groups_of_one_record_are_cut_into_rows(body: str, ids: list[int]) -> None:
    found = decoder("object_with_groups", "groups.rows")(body.encode())
    assert [json.loads(bytes(row))["id"] for row in found.rows] == ids


def test_a_record_without_its_groups_is_no_list() -> None:
    with pytest.raises(ValueError, match="no list"):
        decoder("object_with_groups", "groups.rows")(b'{"id": 1, "title": "Meeting", "others": [{"id": 2}]}')
