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
        "by": "record",
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
        "by": '{name: "Dana"}',
    }
    assert {column.cells[1] for column in columns.values()} == {"7", "4711", ""}


def test_the_project_of_rows_of_several_is_drawn_once() -> None:
    columns = drawn(seen(places=(HARBOR, DEPOT)), ("subject", "project_id")).columns
    assert [column.name for column in columns][:3] == ["project_id", "subject", "id"]


def test_what_there_is_no_room_for_is_named() -> None:
    assert drawn(seen()).others == ["to"]


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


def test_the_columns_that_people_look_for_come_first() -> None:
    assert [column.name for column in drawn(seen(), ("due", "nothing", "subject")).columns][:4] == [
        "due",
        "subject",
        "id",
        "project_id",
    ]
    several = drawn(seen(places=(HARBOR, DEPOT)), ("due", "subject"))
    assert [column.name for column in several.columns][:4] == ["project_id", "due", "subject", "id"]


def test_columns_that_nobody_will_see_are_not_even_looked_at() -> None:
    wide = pa.table({f"column_{number}": ["x" * 30] for number in range(100)})
    found = drawn(seen(wide))
    assert len(found.columns) == 4 and len(found.others) == 96


def missing(place: Place, status: int | None, message: str = "why") -> Incomplete:
    assert place.project is not None
    return Incomplete(place.project[1], place.project[0], status, message)


def test_projects_that_did_not_answer_are_told_in_one_line() -> None:
    places = tuple(Place(SKYLINE, (number, f"Project {number}")) for number in range(12))
    one = seen(places=places, incomplete=(missing(places[3], 403),))
    assert alerts(one, "rfis") == [
        'Incomplete: rfis · 12 projects · 11 answered: "Project 3" has it switched off, or you may not see it. See .incomplete'
    ]
    several = seen(
        places=places,
        incomplete=tuple(
            missing(place, status) for place, status in zip(places, (403, 404, 500, 422, 400), strict=False)
        ),
    )
    (line,) = alerts(several, "rfis")
    assert line == (
        'Incomplete: rfis · 12 projects · 7 answered: "Project 0" has it switched off, or you may not see it; '
        '"Project 1" isn\'t there, or you may not see it; "Project 2" answered with an error (500); and 2 more. See .incomplete'
    )


def test_the_only_place_that_failed_is_told_in_its_own_words() -> None:
    assert alerts(seen(incomplete=(missing(HARBOR, 403, "The tool is off."),)), "rfis") == [
        "Incomplete: The tool is off."
    ]


def test_rows_that_are_missing_of_a_list_are_told_with_numbers() -> None:
    found = alerts(seen(incomplete=(missing(HARBOR, None, "Procore counts 9 and gave 7."),)), "rfis")
    assert found == ["Incomplete: Procore counts 9 and gave 7. See .incomplete"]


def test_a_cut_by_max_rows_is_told() -> None:
    assert alerts(seen(cut=True), "rfis") == ["Incomplete: cut at 2 rows (MaxRows); there are more."]
    assert alerts(seen(cut=True, written=50_000), "rfis") == [
        "Incomplete: cut at 50,000 rows (MaxRows); there are more."
    ]


def test_a_whole_table_has_nothing_to_tell() -> None:
    assert alerts(seen(), "rfis") == []
