"""A drawn table: what stands where, in a terminal and in a page, however narrow and whatever it holds."""

from __future__ import annotations

import re

import pytest

from procore_jupyter.tables.display.cells import cell, width
from procore_jupyter.tables.display.columns import Column
from procore_jupyter.tables.display.picture import Picture
from tests.tables.hostile import ALLOWED, HOSTILE, elements, styles, texts

PROJECTS = Picture(
    "projects · company 1234 Skyline · 2 rows × 6 columns · fetched 2026-11-29 14:05 UTC with 2 requests",
    columns=[
        Column("id", "integer", ["562949953443325", "7"], number=True),
        Column("name", "text", ["Harbor Tower", "Depot <b>North</b>"]),
        Column("due", "date", ["2026-11-30", ""]),
        Column("cost", "decimal, 4 places", ["1,234.50", ""], number=True),
        Column("owner", "record of id, name", ["Dana", ""]),
    ],
    others=[Column("tags", "list")],
)


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def test_a_table_is_drawn_as_text() -> None:
    assert str(PROJECTS).splitlines() == [
        "projects · company 1234 Skyline · 2 rows × 6 columns · fetched 2026-11-29 14:05 UTC with 2 requests",
        "             id   name                 due              cost   owner",
        "─" * 68,
        "562949953443325   Harbor Tower         2026-11-30   1,234.50   Dana",
        "              7   Depot <b>North</b>",
        "not shown: tags",
    ]


CAPTION = PROJECTS.caption
LEFT = " style='text-align:left;white-space:nowrap'"


def test_a_table_is_drawn_as_a_page() -> None:
    page = PROJECTS.html()
    assert texts(page) == [
        *(CAPTION, CAPTION),  # for the eye, and as the table's own for a screen reader
        *("id", "name", "due", "cost", "owner"),
        *("562949953443325", "Harbor Tower", "2026-11-30", "1,234.50", "Dana"),
        *("7", "Depot <b>North</b>"),
        *("6 columns, with type and meaning; 1 of them not shown", "column", "type", "meaning"),
        *("id", "integer", "Procore's own number of the row; the key for joins"),
        *("name", "text", "due", "date", "cost", "decimal, 4 places"),
        *("owner", "record of id, name", "tags", "list"),
    ]
    assert elements(page) <= ALLOWED
    assert "$" not in page and "class='procore-table tex2jax_ignore mathjax_ignore'" in page


def test_numbers_stand_at_the_right_edge_and_each_head_tells_its_type_and_meaning() -> None:
    page = PROJECTS.html()
    over = "id: integer. Procore&#x27;s own number of the row; the key for joins"
    assert f"<th scope='col' class='procore-number' title='{over}'>id</th>" in page
    assert f"<th scope='col'{LEFT} title='due: date'>due</th>" in page
    assert "<td class='procore-number'>1,234.50</td>" in page and f"<td{LEFT}>2026-11-30</td>" in page
    assert ".procore-number{text-align:right}" in styles(page) and "tabular-nums" in styles(page)


def test_a_screen_reader_hears_the_caption_once_the_heads_and_each_row_by_its_first_cell() -> None:
    page = PROJECTS.html()
    assert page.count(f"<table><caption>{CAPTION}</caption><thead>") == 1
    assert f"<div class='procore-quiet' aria-hidden=true>{CAPTION}</div>" in page
    rows = page[: page.index("<details>")]
    assert rows.count("scope='col'") == 5 and rows.count("<th scope='row'") == 2 and rows.count("<td") == 8
    assert "<th scope='row' class='procore-number'>562949953443325</th>" in rows


def test_the_columns_without_room_are_a_scroll_away_in_the_same_box() -> None:
    wide = Picture("wide", columns=[Column(f"column_{number}", "text", ["x" * 30]) for number in range(90)])
    page = wide.html()
    assert page.count("<div class='procore-box' role='group' tabindex='0' aria-label='rows'>") == 1
    assert page[: page.index("<details>")].count("x" * 30) == 90
    assert ".procore-table .procore-box{overflow-x:auto;max-width:100%" in styles(page)
    assert "90 columns, with type and meaning</summary>" in page and "not shown" not in page


def test_the_whole_of_a_cut_text_is_over_its_cell() -> None:
    column = Column("a", "text", ["cut…", "b"], hovers=["cut 'short'", ""])
    page = Picture("t", columns=[Column("n", "text", ["1", "2"]), column]).html()
    assert f"<td{LEFT} title='cut &#x27;short&#x27;'>cut…</td>" in page and f"<td{LEFT}>b</td>" in page


def test_a_list_of_very_many_columns_ends() -> None:
    page = Picture(
        "t", columns=[Column("a", "text", ["b"])], others=[Column(f"o{n}", "text") for n in range(600)]
    ).html()
    assert "o498" in texts(page) and "o499" not in texts(page)
    assert texts(page)[-1] == "… 101 more: .columns has all"


def test_a_page_has_no_colour_of_its_own_but_the_front_ends() -> None:
    """Where a front end has none of JupyterLab's colours, a table has the page's own or the system's."""
    page = Picture(
        "rfis", alerts=["Incomplete"], notes=["x is text here"], columns=[Column("a", "text", ["b"])]
    ).html()
    colours = re.findall(r"(?:color:|background:|solid )([^;}]+)", styles(page))
    assert len(colours) > 9
    assert all(one == "inherit" or one.startswith("var(--jp-") for one in colours)
    assert "color" not in "".join(re.findall(" style='[^']*'", page))


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
    above = ["Incomplete: 11 answered", "rfis", "number is text here", "rfis"]
    assert texts(page)[:7] == [*above, "a", "b", "… 1 more row"]
    assert page.index("role='status'") < page.index("rfis")


def test_many_rows_more_are_counted_with_separators() -> None:
    assert str(Picture("rfis", columns=[Column("a", "text", ["b"])], more=12_345)).endswith(
        "… 12,345 more rows"
    )


def test_a_table_without_rows_is_its_caption_and_the_list_of_its_columns() -> None:
    for columns in ([], [Column("subject", "text")]):
        drawn = Picture("rfis · 0 rows", columns=columns)
        assert str(drawn) == "rfis · 0 rows"
        assert texts(drawn.html())[:1] == ["rfis · 0 rows"] and "<caption" not in drawn.html()
        assert ("1 column, with type and meaning" in drawn.html()) == bool(columns)
        assert "aria-hidden" not in drawn.html()


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
    lines = str(
        Picture("t", columns=[Column("a", "text", ["b"])], others=[Column("some_column", "text")] * 50)
    ).splitlines()
    assert lines[-1].startswith("not shown: some_column, some_column") and lines[-1].endswith("…")
    assert width(lines[-1]) <= 110


def test_wide_letters_keep_the_columns_in_line() -> None:
    drawn = Picture("t", columns=[Column("a", "text", ["漢字", "abcd"]), Column("b", "text", ["x", "y"])])
    lines = str(drawn).splitlines()
    assert [width(line.partition(end)[0]) for line, end in ((lines[3], "x"), (lines[4], "y"))] == [7, 7]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_text_wherever_they_stand(text: str) -> None:
    drawn = Picture(
        text,
        [text],
        [text],
        [Column(text, text, [cell(text)]), Column("n", "text", ["x"])],
        others=[Column(text, text)],
    )
    assert elements(drawn.html()) <= ALLOWED
    assert str(drawn).split("\n") == str(drawn).splitlines()
    assert all(line.isprintable() for line in str(drawn).splitlines())


def test_a_line_without_end_is_cut() -> None:
    drawn = Picture("x" * 10_000, ["y" * 10_000])
    assert all(len(line) <= 400 for line in str(drawn).splitlines())
    assert all(len(one) <= 400 for one in texts(drawn.html()))
