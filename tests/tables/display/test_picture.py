"""What is shown of fetched rows: their caption, what is missing, and which columns."""

from __future__ import annotations

import datetime
import time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from procore_jupyter.tables.arrow.types import DECIMAL, MONEY, TIMESTAMP
from procore_jupyter.tables.display.picture import alerts, picture
from procore_jupyter.tables.incomplete import Incomplete
from procore_jupyter.tables.place import Place
from procore_jupyter.tables.result import Fetched

SKYLINE = (1234, "Skyline Builders")
HARBOR = Place(SKYLINE, (4711, "Harbor Tower"))
DEPOT = Place(SKYLINE, (4712, "Depot North"))
ROWS = pa.table(
    {
        "id": [562949953443325, 7],
        "project_id": [4711, 4711],
        "subject": ["Clarify detail", None],
        "total": pa.array([Decimal("1234.5"), None], MONEY),
        "hours": pa.array([Decimal("7.25"), None], DECIMAL),
        "due": [datetime.date(2026, 11, 30), None],
        "at": pa.array([datetime.datetime(2026, 11, 23, 17, 4, 5, tzinfo=datetime.UTC), None], TIMESTAMP),
        "private": [True, None],
        "by": [{"id": 1, "name": "Dana"}, None],
        "to": [[{"id": 1, "name": "Dana"}], []],
    }
)


WHEN = datetime.datetime(2026, 11, 29, 14, 5).timestamp()  # by the clock of this machine
ZONE = time.strftime("%Z", time.localtime(WHEN))


def seen(rows: pa.Table = ROWS, **changes: Any) -> Fetched:
    return Fetched(rows, **{"places": (HARBOR,), "requests": 1, "when": WHEN, **changes})


def drawn(of: Fetched, shown: tuple[str, ...] = ()) -> Any:
    return picture(of, "rfis", shown)


def test_the_types_are_told_in_words_and_numbers_stand_at_the_right() -> None:
    columns = {column.name: column for column in drawn(seen()).columns}
    assert {name: column.kind for name, column in columns.items()} == {
        "id": "integer",
        "project_id": "integer",
        "subject": "text",
        "total": "decimal, 4 places",
        "hours": "decimal, 8 places",
        "due": "date",
        "at": "timestamp (UTC)",
        "private": "true or false",
        "by": "record of id, name",
        "to": "list, each: record of id, name",
    }
    assert [name for name, column in columns.items() if column.number] == [
        "id",
        "project_id",
        "total",
        "hours",
    ]
    assert {name: column.cells[0] for name, column in columns.items()} == {
        "id": "562949953443325",
        "project_id": "4711",
        "subject": "Clarify detail",
        "total": "1,234.50",
        "hours": "7.25",
        "due": "2026-11-30",
        "at": "2026-11-23 17:04",
        "private": "true",
        "by": "Dana",
        "to": "Dana",
    }
    assert {column.cells[1] for column in columns.values()} == {"7", "4711", ""}


def names_of(picture: Any) -> list[str]:
    return [column.name for column in picture.columns]


def test_rows_of_several_places_begin_with_what_tells_these_apart() -> None:
    several = seen(places=(HARBOR, DEPOT))
    assert names_of(drawn(several, ("subject", "project_id")))[:2] == ["project_id", "subject"]
    named = seen(
        ROWS.append_column("project_name", [["Harbor Tower", "Harbor Tower"]]), places=(HARBOR, DEPOT)
    )
    assert names_of(drawn(named, ("subject",)))[:2] == ["project_name", "subject"]
    parents = tuple(Place(SKYLINE, (4711, "Harbor Tower"), (("by", 1), ("to", n))) for n in (5, 6))
    assert names_of(drawn(seen(places=parents), ("subject",)))[:2] == ["to", "subject"]
    assert names_of(drawn(seen(places=(HARBOR, DEPOT))))[:2] == ["id", "project_id"], (
        "nothing to look for first"
    )


def test_amounts_of_money_come_before_all_that_nobody_looks_for() -> None:
    assert names_of(drawn(seen(), ("subject",)))[:3] == ["subject", "total", "id"]


def test_all_columns_are_drawn_up_to_a_hundred() -> None:
    assert names_of(drawn(seen())) == ROWS.column_names and drawn(seen()).others == []
    wide = pa.table({f"column_{number}": ["x"] for number in range(103)})
    found = drawn(seen(wide))
    assert len(found.columns) == 100 and [one.name for one in found.others] == [
        "column_100",
        "column_101",
        "column_102",
    ]
    assert found.others[0].kind == "text" and found.others[0].cells == ()


def test_a_record_of_many_fields_names_some() -> None:
    rows = pa.table({"summary": [{f"field_{number}": number for number in range(10)}], "nothing": [[]]})
    kinds = [column.kind for column in drawn(seen(rows)).columns]
    assert kinds == [
        "record of field_0, field_1, field_2, field_3, field_4, field_5, field_6, field_7 and 2 more",
        "list",
    ]


def test_what_is_cut_in_a_cell_can_be_read_over_it() -> None:
    rows = pa.table({"subject": ["x" * 41, "short", None], "number": [1, 2, 3]})
    subject, number = drawn(seen(rows)).columns
    assert subject.cells[0] == "x" * 39 + "…" and [*subject.hovers] == ["x" * 41, "", ""]
    assert number.hovers == () == drawn(seen(rows.slice(1))).columns[0].hovers
    endless = drawn(seen(pa.table({"a": ["x" * 10_000]}))).columns[0]
    assert len(endless.hovers[0]) == 300


@pytest.mark.parametrize(
    ("changes", "caption"),
    [
        (
            {},
            "rfis · project 4711 Harbor Tower · 2 rows × 10 columns · fetched 2026-11-29 14:05 UTC with 1 request",
        ),
        (
            {"places": (Place(SKYLINE),)},
            "rfis · company 1234 Skyline Builders · 2 rows × 10 columns · fetched 2026-11-29 14:05 UTC with 1 request",
        ),
        ({"places": (Place(),)}, "rfis · 2 rows × 10 columns · fetched 2026-11-29 14:05 UTC with 1 request"),
        ({"places": ()}, "rfis · 2 rows × 10 columns · fetched 2026-11-29 14:05 UTC with 1 request"),
        (
            {"places": (HARBOR, DEPOT)},
            "rfis · 2 projects · 2 rows × 10 columns · fetched 2026-11-29 14:05 UTC with 1 request",
        ),
        (
            {"requests": 12},
            "rfis · project 4711 Harbor Tower · 2 rows × 10 columns · fetched 2026-11-29 14:05 UTC with 12 requests",
        ),
        (
            {"told_rows": 12_345},
            "rfis · project 4711 Harbor Tower · 12,345 rows × 10 columns · the first 2 read · fetched 2026-11-29 14:05 UTC with 1 request",
        ),
        (
            {"places": (Place(SKYLINE, (4711, "Harbor Tower"), (("rfi_id", 5),)),)},
            "rfis · project 4711 Harbor Tower · rfi 5 · 2 rows × 10 columns · fetched 2026-11-29 14:05 UTC with 1 request",
        ),
        (
            {"places": tuple(Place(SKYLINE, (4711, "Harbor Tower"), (("rfi_id", n),)) for n in (5, 6))},
            "rfis · project 4711 Harbor Tower · 2 rows × 10 columns · fetched 2026-11-29 14:05 UTC with 1 request",
        ),
    ],
)
def test_the_caption_tells_what_it_is_and_how_it_came(changes: dict[str, Any], caption: str) -> None:
    assert drawn(seen(**changes)).caption == caption.replace("UTC", ZONE)


def test_ten_rows_are_drawn_and_the_others_counted() -> None:
    many = pa.table({"id": range(1234)})
    found = drawn(seen(many))
    assert [*found.columns[0].cells] == [*map(str, range(10))] and found.more == 1224
    assert drawn(seen(many.slice(0, 100), told_rows=1234)).more == 1224
    assert drawn(seen(many.slice(0, 10))).more == 0


@pytest.mark.parametrize(("head", "rows"), [(0, 0), (1, 1), (25, 25), (60, 60), (61, 60), (5000, 60)])
def test_the_first_rows_are_drawn_as_many_as_were_asked_for_up_to_sixty(head: int, rows: int) -> None:
    found = picture(seen(pa.table({"id": range(1234)})), "rfis", (), head)
    assert len(found.columns[0].cells) == rows and found.more == 1234 - rows


def test_the_columns_that_people_look_for_come_first() -> None:
    assert names_of(drawn(seen(), ("due", "nothing", "subject")))[:4] == ["due", "subject", "total", "id"]


def missing(place: Place, status: int | None, message: str = "why") -> Incomplete:
    assert place.project is not None
    return Incomplete(place.project[1], place.project[0], status, message)


def test_projects_that_did_not_answer_are_told_in_one_line() -> None:
    places = tuple(Place(SKYLINE, (number, f"Project {number}")) for number in range(12))
    one = seen(places=places, incomplete=(missing(places[3], 403),))
    assert alerts(one, "rfis") == [
        "Incomplete: rfis · 11 of 12 projects. Project 3: the tool is off, or you don't have access. Details: .incomplete"
    ]
    several = seen(
        places=places,
        incomplete=tuple(
            missing(place, status) for place, status in zip(places, (403, 404, 500, 422, 400), strict=False)
        ),
    )
    (line,) = alerts(several, "rfis")
    assert line == (
        "Incomplete: rfis · 7 of 12 projects. Project 0: the tool is off, or you don't have access; "
        "Project 1: not found, or you don't have access; Project 2: answered with an error (500); and 2 more. Details: .incomplete"
    )


def test_the_only_place_that_failed_is_told_in_its_own_words() -> None:
    assert alerts(seen(incomplete=(missing(HARBOR, 403, "The tool is off."),)), "rfis") == [
        "Incomplete: The tool is off."
    ]


def test_rows_that_are_missing_of_a_list_are_told_with_numbers() -> None:
    found = alerts(seen(incomplete=(missing(HARBOR, None, "Procore counts 9 and gave 7."),)), "rfis")
    assert found == ["Incomplete: Procore counts 9 and gave 7. Details: .incomplete"]


def test_a_cut_by_max_rows_is_told() -> None:
    assert alerts(seen(cut=True), "rfis") == ["Incomplete: cut at 2 rows (MaxRows); there are more."]
    assert alerts(seen(cut=True, written=50_000), "rfis") == [
        "Incomplete: cut at 50,000 rows (MaxRows); there are more."
    ]


def test_a_whole_table_has_nothing_to_tell() -> None:
    assert alerts(seen(), "rfis") == []
