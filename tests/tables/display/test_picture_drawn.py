"""A drawn table: what stands where, in a terminal and in a page, however narrow and whatever it holds."""

from __future__ import annotations

import re

import pytest

from procore_jupyter.tables.display.cells import cell, width
from procore_jupyter.tables.display.picture import Column, Picture
from tests.tables.hostile import ALLOWED, HOSTILE, elements, texts

PROJECTS = Picture(
    "projects · company 1234 Skyline · 2 rows × 6 columns · fetched 2026-11-29 14:05 UTC with 2 requests",
    columns=[
        Column("id", "integer", ["562949953443325", "7"], number=True),
        Column("name", "text", ["Harbor Tower", "Depot <b>North</b>"]),
        Column("due", "date", ["2026-11-30", ""]),
        Column("cost", "decimal, 4 places", ["1,234.50", ""], number=True),
        Column("owner", "record", ['{name: "Dana"}', ""]),
    ],
    others=["tags"],
)


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def test_a_table_is_drawn_as_text() -> None:
    assert str(PROJECTS).splitlines() == [
        "projects · company 1234 Skyline · 2 rows × 6 columns · fetched 2026-11-29 14:05 UTC with 2 requests",
        "             id   name                 due              cost   owner",
        "─" * 77,
        '562949953443325   Harbor Tower         2026-11-30   1,234.50   {name: "Dana"}',
        "              7   Depot <b>North</b>",
        "not shown: tags",
    ]


def test_a_table_is_drawn_as_a_page() -> None:
    page = PROJECTS.html()
    assert texts(page) == [
        "projects · company 1234 Skyline · 2 rows × 6 columns · fetched 2026-11-29 14:05 UTC with 2 requests",
        *("id", "name", "due", "cost", "owner"),
        *("562949953443325", "Harbor Tower", "2026-11-30", "1,234.50", '{name: "Dana"}'),
        *("7", "Depot <b>North</b>"),
        "not shown: tags",
    ]
    assert page.count("<tr>") == 3 and page.count("<th ") == 5 and page.count("<td ") == 10
    assert "text-align:right' title='id: integer'" in page
    assert "text-align:left' title='due: date'" in page
    assert elements(page) <= ALLOWED


def test_a_page_has_no_colour_of_its_own_but_the_front_ends() -> None:
    page = Picture(
        "rfis", alerts=["Incomplete"], notes=["x is text here"], columns=[Column("a", "text", ["b"])]
    ).html()
    colours = re.findall(r"color:([^;']+)|solid ([^;']+)", page)
    assert colours and all((one or other).startswith("var(--jp-") for one, other in colours)


def test_what_is_missing_comes_first_and_what_else_one_should_know_after_the_caption() -> None:
    drawn = Picture(
        "rfis", ["Incomplete: 11 answered"], ["number is text here"], [Column("a", "text", ["b"])], more=1
    )
    assert str(drawn).splitlines() == [
        "Incomplete: 11 answered",
        "rfis",
        "number is text here",
        "a",
        "─",
        "b",
        "… 1 more row",
    ]
    page = drawn.html()
    assert texts(page) == ["Incomplete: 11 answered", "rfis", "number is text here", "a", "b", "… 1 more row"]
    assert page.index("role='status'") < page.index("rfis")


def test_many_rows_more_are_counted_with_separators() -> None:
    assert str(Picture("rfis", columns=[Column("a", "text", ["b"])], more=12_345)).endswith(
        "… 12,345 more rows"
    )


def test_a_table_without_rows_is_its_caption() -> None:
    for columns in ([], [Column("id", "integer", [])]):
        drawn = Picture("rfis · 0 rows", columns=columns)
        assert str(drawn) == "rfis · 0 rows"
        assert texts(drawn.html()) == ["rfis · 0 rows"] and "<table" not in drawn.html()


@pytest.mark.parametrize("room", [20, 30, 50, 80, 110, 200])
def test_columns_are_drawn_as_far_as_there_is_room_and_the_others_named(
    room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(room))
    columns = [Column(f"column_{number}", "text", ["x" * 10]) for number in range(9)]
    lines = str(Picture("wide", columns=columns)).splitlines()
    fit = len(re.findall(r"column_\d", lines[1]))
    assert fit == max(1, min(room, 110) // 13)
    assert max(width(line) for line in lines[1:4]) <= max(room, 10)
    assert len(re.findall(r"column_\d", lines[4] if fit < 9 else "")) == 9 - fit


def test_a_column_wider_than_the_terminal_is_drawn_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "12")
    assert "x" * 40 in str(
        Picture("t", columns=[Column("a", "text", ["x" * 40]), Column("b", "text", ["y"])])
    )


def test_a_long_list_of_hidden_columns_is_cut() -> None:
    lines = str(Picture("t", columns=[Column("a", "text", ["b"])], others=["some_column"] * 50)).splitlines()
    assert lines[-1].startswith("not shown: some_column, some_column") and lines[-1].endswith("…")
    assert width(lines[-1]) <= 110


def test_wide_letters_keep_the_columns_in_line() -> None:
    drawn = Picture("t", columns=[Column("a", "text", ["漢字", "abcd"]), Column("b", "text", ["x", "y"])])
    lines = str(drawn).splitlines()
    assert [width(line.partition(end)[0]) for line, end in ((lines[3], "x"), (lines[4], "y"))] == [7, 7]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_text_wherever_they_stand(text: str) -> None:
    drawn = Picture(
        text, [text], [text], [Column(text, text, [cell(text)]), Column("n", "text", ["x"])], others=[text]
    )
    assert elements(drawn.html()) <= ALLOWED
    assert str(drawn).split("\n") == str(drawn).splitlines()
    assert all(line.isprintable() for line in str(drawn).splitlines())


def test_a_line_without_end_is_cut() -> None:
    drawn = Picture("x" * 10_000, ["y" * 10_000])
    assert all(len(line) <= 400 for line in str(drawn).splitlines())
    assert all(len(one) <= 400 for one in texts(drawn.html()))
