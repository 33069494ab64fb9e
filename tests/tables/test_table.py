"""A table draws itself, harmlessly, as text and as HTML."""

from __future__ import annotations

import html.parser
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.tables.cells import cell, cut, type_of
from procore_jupyter.tables.table import Record, Table
from procore_jupyter.tables.width import padded, width

ROWS: list[dict[str, Any]] = [
    {
        "id": 562949953443325,
        "name": "Harbor Tower",
        "due": "2026-11-30",
        "cost": 12.5,
        "owner": {"id": 1, "name": "Dana"},
    },
    {
        "id": 7,
        "name": "Depot <b>North</b>",
        "made": "2026-11-23T17:04:05Z",
        "cost": None,
        "tags": ["a", 1, None, True],
    },
]

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "'\"><svg onload=x>",
    "</table></div><h1>",
    "&lt;b&gt;",
    "\u202eevil\u202c",
    "a\x1b[31mred",
    "line\nbreak",
    "\x00nul",
]


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def test_a_table_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    assert max(map(width, repr(Table(ROWS, name="projects")).splitlines()[1:4])) <= 50


def test_a_table_is_a_sequence_of_rows() -> None:
    table = Table(ROWS, name="projects")
    assert len(table) == 2 and table[0] is ROWS[0] and table[-1]["id"] == 7 and table[:1] == ROWS[:1]
    assert list(table) == ROWS
    assert table.columns == ["id", "name", "due", "cost", "owner", "made", "tags"]
    assert bool(Table([], name="projects"))


def test_a_table_draws_itself_as_text() -> None:
    drawn = repr(Table(ROWS, name="projects", about="Skyline (1234)", requests=2))
    assert drawn.splitlines() == [
        "projects of Skyline (1234) · 2 rows × 7 columns · 2 requests · just now",
        "             id   name                 due          cost   owner                   made",
        "─" * 99,
        '562949953443325   Harbor Tower         2026-11-30   12.5   {id: 1, name: "Dana"}',
        "              7   Depot <b>North</b>" + " " * 47 + "2026-11-23 17:04",
        "not shown: tags",
    ]


def test_long_tables_show_ten_rows_and_say_how_many_more() -> None:
    table = Table([{"id": n} for n in range(1234)], name="rfis")
    drawn = repr(table)
    assert drawn.splitlines()[0] == "rfis · 1,234 rows × 1 column · 1 request · just now"
    assert drawn.splitlines()[-1] == "… 1,224 more rows"
    assert len(drawn.splitlines()) == 2 + 1 + 10 + 1
    assert table._repr_html_().count("<tr>") == 11
    assert "… 1,224 more rows" in table._repr_html_()


def test_columns_that_do_not_fit_are_named() -> None:
    drawn = repr(Table([{f"column_{n}": "x" * 30 for n in range(9)}], name="wide"))
    assert "column_2" in drawn.splitlines()[1] and "column_3" not in drawn.splitlines()[1]
    assert drawn.splitlines()[-1].startswith("not shown: column_3, column_4")
    assert all(width(line) <= 110 for line in drawn.splitlines())


def test_a_table_cut_by_max_rows_says_so_first() -> None:
    drawn = repr(Table([{"id": 1}], name="rfis", cut=1))
    assert "Incomplete: cut at 1 row (MaxRows); there are more." in drawn
    assert "Incomplete" in Table([{"id": 1}], name="rfis", cut=1)._repr_html_()


def test_an_empty_table_draws_its_caption() -> None:
    assert repr(Table([], name="projects")) == "projects · 0 rows × 0 columns · 1 request · just now"
    assert "0 rows" in Table([], name="projects")._repr_html_()


def test_numbers_stand_at_the_right_and_text_at_the_left() -> None:
    drawn = repr(Table([{"id": 5, "n": "a"}, {"id": 12345, "n": "bcd"}], name="t")).splitlines()
    assert drawn[1] == "   id   n"
    assert drawn[3] == "    5   a"
    page = Table([{"id": 5, "flag": True}], name="t")._repr_html_()
    assert (
        "text-align:right' title='id: integer'" in page
        and "text-align:left' title='flag: true or false'" in page
    )


def test_the_age_of_a_table_is_told() -> None:
    now = [1000.0]
    table = Table([], name="t", clock=lambda: now[0])
    for passed, told in ((59, "just now"), (120, "2 min ago"), (7200, "2 h ago")):
        now[0] = 1000.0 + passed
        assert repr(table).endswith(told)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (562949953443325, "562949953443325"),
        (1234567.5, "1234567.5"),
        ("2026-11-23T17:04:05Z", "2026-11-23 17:04"),
        ("2026-11-23T17:04:05.123+01:00", "2026-11-23 17:04"),
        ("2026-11-30", "2026-11-30"),
        ("2026-11-23T17:04:05Z and more", "2026-11-23T17:04:05Z and more"),
        ({"name": "Dana", "id": 1}, '{name: "Dana", id: 1}'),
        ([{"a": 1}, {"a": None}], "[{a: 1}, {a: null}]"),
        ({"name": "x" * 99}, '{name: "' + "x" * 31 + "…"),
        ("x" * 41, "x" * 39 + "…"),
        ("x" * 40, "x" * 40),
        (" two\n lines\t", "two lines"),
        ("a\u202eb\u200bc\x1b[31m", "a b c [31m"),
    ],
)
def test_a_cell(value: Any, text: str) -> None:
    assert cell(value) == text


def test_a_deep_or_huge_value_is_cut_without_being_written_out() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    assert len(cell(deep)) == 40
    assert len(cell({"list": list(range(10**6))})) == 40
    assert len(cell("x" * 10**7)) == 40


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ([None], "empty"),
        ([], "empty"),
        ([1, None], "integer"),
        ([1, 1.5], "mixed"),
        (["a"], "text"),
        ([{}], "record"),
        ([[]], "list"),
        ([True], "true or false"),
        (["2026-11-23T17:04:05Z"], "timestamp"),
    ],
)
def test_the_type_of_a_column(values: list[Any], name: str) -> None:
    assert type_of(values) == name


class Tags(html.parser.HTMLParser):
    """Collects a page's elements and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(f"@{name}" for name, _ in attrs)}


ALLOWED = {"div", "table", "thead", "tbody", "tr", "th", "td", "@style", "@title", "@scope"}


def elements(page: str) -> set[str]:
    tags = Tags()
    tags.feed(page)
    return tags.found


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_and_values_stay_text(text: str) -> None:
    table = Table([{text: text, "n": {text: text}}], name=text, about=text)
    for drawn in (table, Record({text: text, "n": [text]})):
        assert elements(drawn._repr_html_()) <= ALLOWED
        for line in repr(drawn).splitlines():
            assert line.isprintable()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=settings().max_examples // 10)
@given(st.lists(st.dictionaries(st.text(max_size=9), VALUES, max_size=4), max_size=3))
def test_whatever_the_rows_hold_they_can_be_drawn(rows: list[dict[str, Any]]) -> None:
    table = Table(rows, name="any")
    assert elements(table._repr_html_()) <= ALLOWED
    lines = repr(table).splitlines()
    assert all(line.isprintable() for line in lines)
    for row in rows:
        assert elements(Record(row)._repr_html_()) <= ALLOWED


def test_wide_letters_keep_the_columns_in_line() -> None:
    assert (width("abc"), width("漢字"), width("e\u0301")) == (3, 4, 1)
    assert padded("漢", 4) == "漢  " and padded("a", 3, right=True) == "  a"
    lines = repr(Table([{"a": "漢字", "b": "x"}, {"a": "abcd", "b": "y"}], name="t")).splitlines()
    assert [width(line.partition(end)[0]) for line, end in ((lines[3], "x"), (lines[4], "y"))] == [7, 7]


def test_a_record_is_a_dict_that_draws_itself() -> None:
    me = Record({"id": 8, "login": "dana@example.test", "name": "Dana Reyes"})
    assert me["id"] == 8 and me == {"id": 8, "login": "dana@example.test", "name": "Dana Reyes"}
    assert repr(me) == "id      8\nlogin   dana@example.test\nname    Dana Reyes"
    assert "<th scope='row'" in me._repr_html_()
    assert repr(Record()) == ""


def test_without_pandas_the_way_to_get_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ConfigurationError, match="%pip install pandas"):
        Table(ROWS, name="projects").to_pandas()


def test_pandas_gets_all_rows_and_columns() -> None:
    pandas = pytest.importorskip("pandas")
    frame = Table(ROWS, name="projects").to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.columns) == Table(ROWS, name="projects").columns and len(frame) == 2


def test_a_text_is_cut_by_what_is_seen_of_it() -> None:
    assert cut("a" + " " * 500) == "a…"
    assert cut("short") == "short"
