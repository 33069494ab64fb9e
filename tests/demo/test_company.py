"""One consistent company: whatever a row refers to is there, under the same name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from procore_jupyter.demo.company import daily_logs, directory, drawings, quality, rfis, submittals
from procore_jupyter.demo.company.records import Records, Site
from procore_jupyter.demo.company.rows import Row, RowPlace
from procore_jupyter.demo.data import MARK, PROJECTS
from tests.demo.listing import endpoint, records_of, whole_lists

# Ids of files are made from their owners' and are told apart by what stands beside them.
_OF_FILES = ("viewable_document_id",)


def identified(value: Any, name: str = "") -> Iterator[tuple[str, int]]:
    """Return all ids in a value, with the names that they stand under."""
    if isinstance(value, dict):
        if "filename" in value:
            return
        for key, held in value.items():
            yield from identified(held, key)
    elif isinstance(value, list):
        for one in value:
            yield from identified(one, name)
    elif (
        re.fullmatch(r"_?(\w+_)?ids?", name)
        and name not in _OF_FILES
        and (isinstance(value, int) or (isinstance(value, str) and value.isdecimal()))
    ):
        yield name, int(value)


def inside(value: Any) -> Iterator[Row]:
    """Return all objects in a value."""
    if isinstance(value, dict):
        yield value
        for held in value.values():
            yield from inside(held)
    elif isinstance(value, list):
        for one in value:
            yield from inside(one)


def own_id(row: Row) -> int | None:
    """Return what tells a row from the others of its list."""
    key = next((name for name in ("id", "activity_id", "schedule_id") if name in row), None)
    return None if key is None else int(row[key])


def test_every_row_of_a_list_has_an_id_of_its_own(held: dict[str, list[Row]], site: Site) -> None:
    for path, rows in held.items():
        ids = [own_id(row) for row in rows]
        # Daily counts have none, and the sums of two budget views are of the same project.
        if None not in ids and not path.endswith("summary_rows"):
            assert len(set(ids)) == len(ids), path


def test_whatever_is_referred_to_is_there(records: Records, held: dict[str, list[Row]], site: Site) -> None:
    known: dict[str, set[int]] = {}
    for row in (row for rows in held.values() for row in rows):
        own = own_id(row) or 0
        place = records.numbering.place(own)
        if place is not None:
            known.setdefault(place[0], set()).add(own)
    assert {
        "rfis",
        "users",
        "vendors",
        "locations",
        "cost_codes",
        "drawings",
        "custom_fields",
    } <= known.keys()
    people = {one.id for one in site.firm.get(directory.members)}
    looked_up = 0
    for path, rows in held.items():
        for name, number in (pair for row in rows for pair in identified(row)):
            place = records.numbering.place(number)
            # A company's list of timecards has those of its other projects too.
            of_others = path.endswith("{company_id}/timecard_entries") and place and place[1] != site.slot
            if place is not None and place[0] in known and number not in people and not of_others:
                assert number in known[place[0]], (path, name, number)
                looked_up += 1
    assert looked_up > 1000


def test_people_and_vendors_have_one_name_everywhere(held: dict[str, list[Row]], site: Site) -> None:
    people = {one.id: one.reference() for one in site.firm.get(directory.members)}
    vendors = {one.id: one.name for one in site.firm.get(directory.vendors)}
    here = {one.id for one in site.get(directory.site_members)}
    met = 0
    for path, rows in held.items():
        for value in inside(rows):
            if "login" in value and {"id", "name"} <= value.keys():
                number = int(value["id"])  # a text in version 2 of the API
                assert {"id": number, "login": value["login"], "name": value["name"]} == people[number]
                assert endpoint(path).scope == "company" or number in here, path
                met += 1
            elif value.get("id") in vendors:
                assert value["name"] == vendors[value["id"]]
    assert met > 100


def test_custom_fields_are_those_that_are_defined(held: dict[str, list[Row]], site: Site) -> None:
    defined = held["/rest/v1.1/companies/{company_id}/custom_field_definitions"]
    types = {f"custom_field_{row['id']}": row["data_type"] for row in defined}
    used = set()
    for rows in held.values():
        for row in rows:
            for name, field in row.get("custom_fields", {}).items():
                assert field["data_type"] == types[name]
                used.add(name)
    assert used == types.keys()


def test_an_rfi_refers_to_a_drawing_that_there_is(site: Site) -> None:
    numbers = {drawings.drawing(site, index).number for index in range(site.get(drawings._how_many))}
    for row in rfis.rfis(site):
        assert row["reference"] in numbers
        assert row["reference"] in row["subject"]


def test_replies_belong_to_their_rfi_and_what_is_closed_was_answered(site: Site) -> None:
    for index, row in enumerate(rfis.rfis(site)):
        replies = list(rfis.rfi_replies(site, RowPlace("rfis", index)))
        assert sum(reply["official"] for reply in replies) == (1 if row["status"] == "closed" else 0)
        assert row["questions"][0]["answers"] == []
        assert (row["time_resolved"] is not None) == (row["status"] == "closed")
        assert bool(row["ball_in_courts"]) == (row["status"] == "open")


def test_packages_and_submittals_know_each_other(site: Site) -> None:
    packages = {row["id"]: row["submittal_ids"] for row in submittals.submittal_packages(site)}
    found: dict[int, list[int]] = {package: [] for package in packages}
    for row in submittals.submittals(site):
        if row["submittal_package"] is not None:
            found[row["submittal_package"]["id"]].append(row["id"])
    assert found == packages


def test_counts_in_rows_are_those_of_the_rows_counted(held: dict[str, list[Row]], site: Site) -> None:
    items = held["/rest/v1.1/projects/{project_id}/checklist/list_items"]
    observations = list(quality.observations(site))
    for row in quality.inspections(site):
        own = [item["status"] for item in items if item["list_id"] == row["id"]]
        assert row["item_count"] == len(own)
        assert row["conforming_item_count"] == own.count("yes")
        assert row["deficient_item_count"] == own.count("no")
        origins = [one for one in observations if one["_checklist_list_id"] == row["id"]]
        assert row["observations_count"] == len(origins)
        assert row["closed_observations_count"] == sum(one["status"] == "closed" for one in origins)
    assert not any(one["origin"] for one in observations if one["_checklist_list_id"] is None)
    for row in held["/rest/v1.0/projects/{project_id}/incidents"]:
        assert row["open_observations_count"] + row["closed_observations_count"] == 0
    for row in held["/rest/v1.0/vendors"]:
        people = [one for one in site.firm.get(directory.members) if one.vendor.id == row["id"]]
        assert row["contact_count"] == sum(one.active for one in people)
    plan_items = held["/rest/v1.0/projects/{project_id}/action_plans/plan_items"]
    for row in held["/rest/v1.0/projects/{project_id}/action_plans/plans"]:
        own = [item["status"]["name"] for item in plan_items if item["plan_id"] == row["id"]]
        assert (row["total_item_count"], row["closed_item_count"]) == (len(own), own.count("Closed"))
    photos = held["/rest/v1.0/images"]
    for row in held["/rest/v1.0/image_categories"]:
        assert row["count"] == sum(photo["image_category_id"] == row["id"] for photo in photos)
    revisions = held["/rest/v1.0/projects/{project_id}/drawing_revisions"]
    for row in held["/rest/v1.0/projects/{project_id}/drawing_sets"]:
        inside_set = [one for one in revisions if one["drawing_set"]["id"] == row["id"]]
        assert row["published_drawings_count"] == len(inside_set)
    sheets = held["/rest/v1.1/drawing_areas/{drawing_area_id}/drawings"]
    areas = held["/rest/v1.1/projects/{project_id}/drawing_areas"]
    assert sum(row["drawings_count"] for row in areas) == len(sheets)
    current = {row["id"] for row in revisions if row["current"]}
    assert {sheet["current_revision"]["id"] for sheet in sheets} == current


def test_a_meeting_holds_the_topics_that_the_list_has_of_it(held: dict[str, list[Row]]) -> None:
    topics = held["/rest/v1.1/projects/{project_id}/meeting_topics"]
    records = held["/rest/v1.1/projects/{project_id}/meetings/{meeting_id}"]
    inside = [
        topic | {"meeting_id": record["id"]}
        for record in records
        for category in record["meeting_categories"]
        for topic in category["meeting_topic"]
    ]
    assert inside == topics
    for row in held["/rest/v1.1/projects/{project_id}/meetings"]:
        assert row["meeting_topics_count"] == sum(topic["meeting_id"] == row["id"] for topic in topics) > 0
    for topic in topics:  # what is somebody's has a day by which it is to be done
        assert (topic["due_date"] is None) == (topic["assignments"] == [])


def test_timesheets_hold_the_timecards_of_their_day(held: dict[str, list[Row]], site: Site) -> None:
    cards = held["/rest/v1.0/projects/{project_id}/timecard_entries"]
    entries = [
        (entry["id"], sheet["id"], sheet["date"])
        for sheet in held["/rest/v1.0/projects/{project_id}/timesheets"]
        for entry in sheet["timecard_entries"]
    ]
    assert entries == [(card["id"], card["timesheet"]["id"], card["date"]) for card in cards]
    of_company = held["/rest/v1.0/companies/{company_id}/timecard_entries"]
    own = [row for row in of_company if row["project"]["id"] == site.project.id]
    assert [(row["id"], row["hours"]) for row in own] == [(card["id"], card["hours"]) for card in cards]


def test_daily_logs_are_of_working_days_with_a_header(site: Site) -> None:
    days = {day.isoformat() for day in site.days}
    for kind in daily_logs.KINDS:
        rows = list(kind.rows(site))
        assert {row["date"] for row in rows} <= days
        assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)


def test_some_ids_are_beyond_what_32_and_49_bits_hold(records: Records) -> None:
    big = records.site(562949953421398)
    assert big is not None
    assert all(row["id"] > 2**49 for row in rfis.rfis(big))
    users = [one.id for one in big.firm.get(directory.members)]
    assert 0 < sum(number > 2**49 for number in users) < len(users)
    assert (
        max(int(number) for one, rows in whole_lists(records, big) for _, number in identified(rows)) < 2**53
    )


def test_the_data_are_marked_as_made_up(held: dict[str, list[Row]], site: Site) -> None:
    marked = [path for path, rows in held.items() if "procore-jupyter" in str(rows)]
    assert len(marked) > 15
    assert any(MARK in str(rows) for rows in held.values())


def test_no_list_of_any_project_fails() -> None:
    small = records_of(scale=0.02, projects=16)
    assert len(small.projects) == len(PROJECTS) + 4
    may_be_empty = ("logs", "entries", "timesheets", "rfqs", "requisitions", "change_orders", "replies")
    for project in small.projects:
        for one, rows in whole_lists(small, small.site_of(project)):
            assert rows or one.path.endswith(may_be_empty), one.path
