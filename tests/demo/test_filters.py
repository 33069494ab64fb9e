"""What a query asks for is what comes: filters, ranges, lists of values, sorting and views."""

from __future__ import annotations

from typing import Any

import pytest

from procore_jupyter.demo.company.rows import Row, RowList
from procore_jupyter.demo.filters import Behavior, filters_of, keeper
from procore_jupyter.demo.refusals import Refused
from procore_jupyter.demo.selections import Selections, order_of
from tests.demo.listing import HARBOR_TOWER, Lists

PROJECT = f"/rest/v1.0/projects/{HARBOR_TOWER}"
RFIS = f"{PROJECT}/rfis"
SUBMITTALS = f"/rest/v1.1/projects/{HARBOR_TOWER}/submittals"

ROW: Row = {
    "id": 7,
    "status": "Open",
    "name": "Roof drain",
    "private": False,
    "vendor": {"id": 41, "name": "Quillfeather Electric"},
    "assignees": [{"id": 5, "vendor": {"id": 41}}, {"id": 6, "vendor": {"id": 42}}],
    "parent_id": None,
    "due_date": "2026-03-31",
    "updated_at": "2026-03-31T12:30:00Z",
    "_depth": 2,
}


def kept(
    query: dict[str, list[str]], *names: str, behavior: Behavior = "blind", **places: tuple[str, ...]
) -> bool:
    """Return whether the row above is kept by a query, in a list that knows these filters."""
    given = {name: [value.encode() for value in values] for name, values in query.items()}
    known = {**{name: (name,) for name in names}, **places}
    return keeper(filters_of(given, known), known, behavior)(ROW)


# The parser, and what it compares


@pytest.mark.parametrize(
    ("parameter", "values", "expected"),
    [
        ("filters[id]", ["7"], True),
        ("filters[id]", ["8"], False),
        ("filters[id]", ["8", "7"], True),  # not marked as a list: the last one counts
        ("filters[id]", ["7", "8"], False),
        ("filters[id][]", ["7", "8"], True),
        ("filters[id][]", ["8"], False),
        ("filters[id]", ["[7, 8]"], True),
        ("filters[id]", ["[8]"], False),
        ("filters[id]", ["[8"], False),
        ("filters[id]", ["5...9"], True),
        ("filters[id]", ["8...9"], False),
        ("filters[status]", ["open"], True),
        ("filters[status]", ["Open"], True),
        ("filters[status]", ["closed"], False),
        ("filters[status][not]", ["closed"], True),
        ("filters[status][not]", ["open"], False),
        ("filters[private]", ["false"], True),
        ("filters[private]", ["0"], True),
        ("filters[private]", ["true"], False),
        ("filters[vendor_id]", ["41"], True),
        ("filters[vendor_id]", ["7"], False),
        ("filters[parent_id]", ["null"], True),
        ("filters[depth_range]", ["1...2"], True),
        ("filters[depth_range]", ["0...1"], False),
        ("filters[assigned_id]", ["6"], True),
        ("filters[assigned_id]", ["7"], False),
        ("filters[of_vendor]", ["42"], True),
        ("filters[of_vendor]", ["43"], False),
        ("filters[search]", ["roof"], True),
        ("filters[search]", ["window"], False),
        ("filters[include_deleted]", ["with"], True),
        ("filters[include_deleted]", ["only"], False),
        ("filters[not_status]", ["Open"], False),
        ("filters[not_status]", ["Closed"], True),
        ("filters[unknown]", ["x"], True),
        ("filter[id]", ["8"], True),
        ("id", ["8"], True),
        # Days and moments; both ends are included
        ("filters[due_date]", ["2026-03-31"], True),
        ("filters[due_date]", ["2026-03-30"], False),
        ("filters[due_date]", ["2026-03-01...2026-03-31"], True),
        ("filters[due_date]", ["2026-03-01...2026-03-30"], False),
        ("filters[due_date]", ["2026-03-31T00:00:00Z...2026-04-01T00:00:00Z"], True),
        ("filters[updated_at]", ["2026-03-31...2026-03-31"], True),
        ("filters[updated_at]", ["2026-03-31T12:30:00Z...2026-03-31T12:30:00Z"], True),
        ("filters[updated_at]", ["2026-03-31T12:30:01Z...2026-04-01T00:00:00Z"], False),
        ("filters[updated_at]", ['"2026-03-31T00:00:00Z...2026-03-31T23:59:59Z"'], True),
        ("filters[updated_at]", ['"2026-03-31T00:00:00Z"..."2026-03-31T23:59:59Z"'], True),
        ("filters[updated_at]", ["2026-03-31T14:30:00+02:00...2026-03-31T14:31:00+02:00"], True),
        ("filters[updated_at]", ["2026-03-31T14:30:00 02:00...2026-03-31T14:31:00 02:00"], True),
        ("filters[updated_at]", ["2026-03-31T14:30:00...2026-03-31T14:31:00"], False),
        ("filters[updated_at][gt]", ["2026-03-31T12:29:59Z"], True),
        ("filters[updated_at][gt]", ["2026-03-31T12:30:00Z"], False),
    ],
)
def test_a_filter_keeps_what_it_says(parameter: str, values: list[str], expected: bool) -> None:
    found = kept(
        {parameter: values},
        *("id", "status", "private", "vendor_id", "parent_id", "search", "include_deleted"),
        *("due_date", "updated_at"),
        depth_range=("_depth",),
        assigned_id=("assignees.id",),
        of_vendor=("assignees.vendor.id", "vendor.id"),
        not_status=("status",),
    )
    assert found is expected


def test_all_filters_must_keep_a_row() -> None:
    both = {"filters[id]": ["7"], "filters[status]": ["closed"]}
    assert not kept(both, "id", "status")
    assert kept(both, "id")


@pytest.mark.parametrize("value", ["today...tomorrow", "2026-03-31...", "...", "2026-13-01...2026-13-02"])
def test_a_range_that_can_not_be_read_is_refused(value: str) -> None:
    with pytest.raises(Refused) as refused:
        kept({"filters[updated_at]": [value]}, "updated_at")
    assert refused.value.status == 400
    assert "A...B" in str(refused.value.body)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", [3, 1, 2, 4]),
        ("name", [3, 2, 1, 4]),
        ("-name", [1, 2, 3, 4]),
        ("price", [1, 2, 3, 4]),
        ("-price,name", [4, 3, 2, 1]),
        ("made", [4, 3, 1, 2]),
        ("nowhere", [3, 1, 2, 4]),
    ],
)
def test_sorting_knows_numbers_in_text_and_puts_nothing_last(sort: str, expected: list[int]) -> None:
    rows: list[Row] = [
        {"id": 3, "name": "ash", "price": "10.00", "made": {"name": "b"}},
        {"id": 1, "name": "Birch", "price": "9.50", "made": {"title": "c"}},
        {"id": 2, "name": "ash", "price": "9.75", "made": None},
        {"id": 4, "name": None, "price": "1000.00", "made": {"name": "A"}},
    ]
    order = order_of(lambda name: {"sort": sort}[name], "sort")
    if sort == "-name":  # nothing comes first where the order is turned round
        expected = [4, 1, 3, 2]
    found = Selections().select("key", rows, None, order)
    assert [row["id"] for row in found] == expected


def test_a_selection_is_worked_out_once_and_the_oldest_are_forgotten() -> None:
    looked: list[int] = []

    def make(index: int) -> Row:
        looked.append(index)
        return {"id": index}

    selections, rows = Selections(), RowList(10, make)
    for _ in range(3):
        assert selections.select("one", rows, lambda row: row["id"] > 7, [])[0] == {"id": 8}
    assert len(looked) == 10 + 3
    for number in range(64):
        selections.select(number, rows, lambda row: False, [])
    looked.clear()
    selections.select("one", rows, lambda row: row["id"] > 7, [])
    assert len(looked) == 10


# Over HTTP


def test_filters_of_rfis_are_really_applied(lists: Lists) -> None:
    every = lists.every(RFIS)
    some = every[17]
    checks: list[tuple[str, Any, Any]] = [
        ("status", "open", lambda row: row["status"] == "open"),
        ("id", some["id"], lambda row: row["id"] == some["id"]),
        ("number", 18, lambda row: row["number"] == "18"),
        (
            "assigned_id",
            some["assignee"]["id"],
            lambda row: some["assignee"]["id"] in [one["id"] for one in row["assignees"]],
        ),
        (
            "responsible_contractor_id",
            some["responsible_contractor"]["id"],
            lambda row: row["responsible_contractor"] == some["responsible_contractor"],
        ),
        (
            "location_id",
            some["location_id"],
            lambda row: row["location"]["id"] == some["location_id"],
        ),
        (
            "rfi_manager_id",
            some["rfi_manager"]["id"],
            lambda row: row["rfi_manager"]["id"] == some["rfi_manager"]["id"],
        ),
    ]
    for name, value, expected in checks:
        found = lists.every(RFIS, {f"filters[{name}]": value})
        assert found == [row for row in every if expected(row)] != [], name


def test_a_range_of_moments_is_what_changed_since(lists: Lists) -> None:
    every = lists.every(RFIS)
    middle = sorted(row["updated_at"] for row in every)[200]
    span = f"{middle}...2027-01-01T00:00:00Z"
    for written in (span, f'"{span}"'):
        found = lists.every(RFIS, {"filters[updated_at]": written})
        assert found == [row for row in every if row["updated_at"] >= middle]
    assert lists.get(RFIS, {"filters[updated_at]": "soon...later"}).status_code == 400


def test_several_ids_may_be_asked_for_in_two_ways(lists: Lists) -> None:
    wanted = [row["id"] for row in lists.rows(RFIS)[3:6]]
    assert [row["id"] for row in lists.rows(RFIS, {"filters[id][]": wanted})] == wanted
    assert [row["id"] for row in lists.rows(RFIS, {"filters[id]": str(wanted)})] == wanted


def test_an_unknown_filter_counts_for_nothing(lists: Lists) -> None:
    assert lists.get(RFIS, {"filters[subject]": "nothing"}).headers["Total"] == "348"


def test_a_location_counts_with_those_below_it_where_that_is_asked_for(lists: Lists) -> None:
    locations = lists.every(f"{PROJECT}/locations")
    top = next(row for row in locations if row["parent_id"] is None)
    query = {"project_id": HARBOR_TOWER, "filters[location_id]": top["id"]}
    alone = lists.every("/rest/v1.1/punch_items", query)
    below = lists.every("/rest/v1.1/punch_items", {**query, "filters[include_sublocations]": "true"})
    assert len(alone) < len(below)
    assert all(row["location"]["name"].startswith(top["name"]) for row in below)
    inside = lists.every(f"{PROJECT}/locations", {"filters[sublocations_for]": top["id"]})
    assert {row["id"] for row in inside} == {
        row["id"] for row in locations if row["name"].startswith(f"{top['name']} >")
    }


def test_a_status_may_be_a_number(lists: Lists) -> None:
    query = {"project_id": HARBOR_TOWER, "filters[status][]": [3]}
    found = lists.every("/rest/v1.0/observations/items", query)
    assert found
    assert {row["status"] for row in found} == {"closed"}


def test_documents_know_folders_from_files(lists: Lists) -> None:
    path = f"/rest/v2.0/projects/{HARBOR_TOWER}/documents"
    folders = lists.every(path, {"filters[document_type]": "folder"})
    files = lists.every(path, {"filters[document_type]": "file", "filters[file_type][]": ["pdf"]})
    assert len(folders) == 11
    assert {row["file"]["file_type"] for row in files} == {"pdf"}
    inside = lists.every(path, {"filters[folder_id]": folders[0]["id"]})
    assert {row["parent_id"] for row in inside} == {folders[0]["id"]}


def test_projects_can_be_filtered_by_what_only_the_extended_view_shows(lists: Lists) -> None:
    path = "/rest/v1.1/projects?company_id=1234"
    program = lists.rows(f"{path}&view=extended")[0]["program"]
    found = lists.rows(f"{path}&view=extended", {"filters[by_program]": program["id"]})
    assert {row["program"]["name"] for row in found} == {program["name"]}
    assert len(lists.rows(path, {"filters[by_program]": program["id"]})) == len(found) < 12


def test_sorting_follows_the_lists_own_parameter(lists: Lists) -> None:
    for path, ascending, descending, column in (
        (SUBMITTALS, {"sort": "due_date"}, {"sort": "-due_date"}, "due_date"),
        (
            RFIS,
            {"sort[attribute]": "due_date"},
            {"sort[attribute]": "due_date", "sort[direction]": "desc"},
            "due_date",
        ),
    ):
        days = [row[column] for row in lists.every(path)]
        assert [row[column] for row in lists.every(path, ascending)] == sorted(days) != days
        assert [row[column] for row in lists.every(path, descending)] == sorted(days, reverse=True)
    # This list can't be sorted: the parameter counts for nothing.
    query = {"project_id": HARBOR_TOWER}
    plain = lists.every("/rest/v1.1/punch_items", query)
    assert lists.every("/rest/v1.1/punch_items", {**query, "sort": "-id"}) == plain


def test_views_are_those_of_the_list(lists: Lists) -> None:
    correspondence = f"{PROJECT}/correspondence_type_items"
    whole = lists.rows(correspondence)[0]
    assert lists.rows(correspondence, view="ids_only")[0] == {"id": whole["id"]}
    compact = lists.rows(correspondence, view="compact")[0]
    assert {"id", "title", "status"} <= compact.keys() < whole.keys()
    assert lists.rows(correspondence, view="unheard_of")[0] == whole
    photos = {"project_id": HARBOR_TOWER, "serializer_view": "ids_only"}
    assert lists.rows("/rest/v1.0/images", photos)[0].keys() == {"id"}
    urls = lists.rows(f"{PROJECT}/drawing_revisions", view="only_pdf_urls")[0]
    assert urls.keys() == {"id", "pdf_url"}


def test_filters_may_behave_otherwise() -> None:
    status, other = {"filters[status]": ["open"]}, {"filters[status]": ["closed"]}
    whole = {"filters[updated_at]": ["2026-03-31T12:30:00Z...2026-04-02"]}
    day = {"filters[updated_at]": ["2026-03-30...2026-03-31"]}
    numbers = {"filters[id]": ["7...9"]}
    assert kept(status, "status") and not kept(status, "status", behavior="exact")
    assert kept({"filters[status]": ["Open"]}, "status", behavior="exact")
    for query, name in ((whole, "updated_at"), (day, "updated_at"), (numbers, "id")):
        assert kept(query, name) and not kept(query, name, behavior="exclusive")
    assert not kept(other, "status") and kept(other, "status", behavior="ignored")
    assert not kept({"filters[by_status]": ["Inactive"]}, by_status=("status",), behavior="ignored")
