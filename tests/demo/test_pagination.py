"""Pages of the lists: sizes, the newer API's envelope, lists without pages, and the rule of daily logs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from procore_jupyter.demo.company.records import LAST_DAY, Records
from procore_jupyter.demo.endpoint import Endpoint
from procore_jupyter.demo.endpoints import ENDPOINTS
from procore_jupyter.demo.parameters import DemoParameters
from tests.demo.listing import EVER, HARBOR_TOWER, Lists, address, rows_of

PROJECT = f"/rest/v1.0/projects/{HARBOR_TOWER}"
RFIS = f"{PROJECT}/rfis"
NEWER = f"/rest/v2.0/companies/1234/projects/{HARBOR_TOWER}"


def unlimited(**changes: object) -> DemoParameters:
    return DemoParameters(hourly_limit=None, spike_limit=None, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "size", "largest"),
    [
        (RFIS, "20", "1000"),
        ("/rest/v1.1/projects?company_id=1234", "100", "300"),
        ("/rest/v1.1/companies/1234/custom_field_definitions", "100", "100"),
        ("/rest/v1.0/tax_codes?company_id=1234", "20", "100"),
        (f"{PROJECT}/incidents", "1000", "1000"),
        (f"/rest/v1.1/requisitions?project_id={HARBOR_TOWER}", "30", "1000"),
        (f"{NEWER}/schedules", "10", "100"),
        (f"/rest/v2.0/projects/{HARBOR_TOWER}/documents", "10", "100"),
    ],
)
def test_each_list_has_its_sizes_of_a_page(lists: Lists, path: str, size: str, largest: str) -> None:
    assert lists.get(path).headers["Per-Page"] == size
    assert lists.get(path, per_page=largest).headers["Per-Page"] == largest
    assert lists.get(path, per_page=2).headers["Per-Page"] == "2"
    refused = lists.get(path, per_page=5000)
    assert refused.status_code == 400
    assert f"Invalid per_page of 5000, exceeding max per_page of {largest}" in refused.text
    lists.demo.parameters = unlimited(reject_large_pages=False)
    assert lists.get(path, per_page=5000).headers["Per-Page"] == largest


@pytest.mark.parametrize(
    "one",
    [one for one in ENDPOINTS if one.paged and one.short_pages],
    ids=lambda one: one.path,
)
def test_newer_lists_and_those_below_a_row_give_a_hundred_rows_a_page_at_most(
    lists: Lists, records: Records, one: Endpoint
) -> None:
    site = records.site(HARBOR_TOWER)
    assert site is not None
    path, query = address(one, site)
    assert lists.get(path, query, per_page=100).status_code == 200
    refused = lists.get(path, query, per_page=101)
    assert refused.status_code == 400
    assert "Invalid per_page of 101, exceeding max per_page of 100" in refused.text


def test_a_size_for_all_lists_can_be_set(lists: Lists) -> None:
    lists.demo.parameters = unlimited(page_size=7, largest_page=50, reject_large_pages=False)
    assert lists.get(RFIS).headers["Per-Page"] == "7"
    assert lists.get(f"{NEWER}/commitment_contracts").headers["Per-Page"] == "7"
    assert lists.get(RFIS, per_page=100).headers["Per-Page"] == "50"


def test_pages_of_some_lists_can_be_clamped(lists: Lists) -> None:
    lists.demo.parameters = unlimited(
        page_clamps={"/rest/*/rfis": 25, "*/submittals": 10}, reject_large_pages=False
    )
    assert lists.get(RFIS, per_page=100).headers["Per-Page"] == "25"
    assert lists.get(f"/rest/v1.1/projects/{HARBOR_TOWER}/submittals").headers["Per-Page"] == "10"
    assert lists.get(f"{PROJECT}/locations", per_page=50).headers["Per-Page"] == "50"


def test_all_pages_together_are_the_list(lists: Lists) -> None:
    whole = lists.rows(RFIS, per_page=1000)
    assert lists.every(RFIS) == whole
    assert len({row["id"] for row in whole}) == 348
    beyond = lists.get(RFIS, page=100)
    assert (beyond.status_code, beyond.json()) == (200, [])


def test_the_newer_api_wraps_its_rows_and_its_ids_are_text(lists: Lists) -> None:
    first = lists.get(f"{NEWER}/commitment_contracts")
    assert first.json().keys() == {"data"}
    assert len(rows_of(first)) == 10
    assert 'rel="next"' in first.headers["Link"]
    assert "page=2&per_page=10>" in first.headers["Link"]
    assert all(isinstance(row["id"], str) for row in rows_of(first))
    every = lists.every(f"{NEWER}/commitment_contracts")
    assert len(every) == int(first.headers["Total"]) == 102


@pytest.mark.parametrize(
    "path",
    [
        f"{PROJECT}/budget_changes",
        f"{PROJECT}/plan_revision_logs?start_date=2020-01-01&end_date=2026-11-01",
    ],
)
def test_lists_without_pages_come_whole_and_say_nothing_of_pages(lists: Lists, path: str) -> None:
    answer = lists.get(path)
    assert not {"Total", "Per-Page", "Link"} & answer.headers.keys()
    assert len(rows_of(answer)) > 10
    assert lists.get(path, page=2, per_page=3).json() == answer.json()


def test_meetings_come_in_groups_that_go_on_over_the_page(lists: Lists) -> None:
    path = f"/rest/v1.1/projects/{HARBOR_TOWER}/meetings"
    answer = lists.get(path, per_page=100)
    groups = answer.json()
    assert [group.keys() for group in groups] == [{"group_title", "meetings"}] * len(groups)
    assert sum(len(group["meetings"]) for group in groups) == 100
    following = lists.get(path, per_page=100, page=2).json()
    assert following[0]["group_title"] == groups[-1]["group_title"]
    assert len(lists.every(path)) == int(answer.headers["Total"]) == 182


# Daily logs


@pytest.mark.parametrize("path", [f"{PROJECT}/manpower_logs", "/rest/v1.0/companies/1234/timecard_entries"])
def test_a_last_day_that_has_not_begun_where_the_company_is_is_refused(lists: Lists, path: str) -> None:
    # Three in the morning of the 3rd of December in Greenwich is the evening before on the American west coast.
    night = datetime(2026, 12, 3, 3, tzinfo=UTC).timestamp()
    lists.demo.clock = lambda: night
    lists.demo.parameters = unlimited(token_lifetime=10**9)
    lists = Lists(lists.demo)
    asked = {"start_date": "2026-11-01"}
    assert lists.get(path, asked, end_date="2026-12-02").status_code == 200
    refused = lists.get(path, asked, end_date="2026-12-03")
    text = "The End Date parameter cannot exceed the current day."
    assert (refused.status_code, refused.json()) == (400, {"errors": text})
    lists.demo.parameters = unlimited(token_lifetime=10**9, ahead=True)
    assert lists.get(path, asked, end_date="2030-12-03").status_code == 200


def test_the_headers_of_the_diary_need_days(lists: Lists) -> None:
    path = f"{PROJECT}/daily_log_headers/index"
    refused = lists.get(path)
    text = "The Start Date and End Date parameters are required"
    assert (refused.status_code, refused.json()) == (400, {"errors": text})
    days = [row["log_date"] for row in lists.every(path, start_date="2026-03-02", end_date="2026-03-31")]
    assert days[0] == "2026-03-02" and days[-1] == "2026-03-31" and len(days) == 22


@pytest.mark.parametrize(
    "path", [f"{PROJECT}/manpower_logs", f"{PROJECT}/weather_logs", f"{PROJECT}/timecard_entries"]
)
def test_without_dates_only_todays_logs_are_listed(lists: Lists, path: str) -> None:
    every = lists.every(path, EVER)
    day = every[len(every) // 2]["date"]
    noon = datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp()
    lists.demo.clock = lambda: noon
    lists.demo.parameters = unlimited(token_lifetime=10**9)
    today = Lists(lists.demo).every(path)
    assert today == [row for row in every if row["date"] == day] != []


def test_without_dates_a_later_day_has_no_logs(lists: Lists) -> None:
    later = datetime(LAST_DAY.year + 1, 6, 1, tzinfo=UTC).timestamp()
    lists.demo.clock = lambda: later
    answer = Lists(lists.demo).get(f"{PROJECT}/manpower_logs")
    assert (answer.status_code, answer.json(), answer.headers["Total"]) == (200, [], "0")


def test_logs_are_those_of_the_days_that_were_asked_for(lists: Lists) -> None:
    path = f"{PROJECT}/manpower_logs"
    every = lists.every(path, EVER)
    day, last = every[50]["date"], every[90]["date"]
    assert lists.every(path, log_date=day) == [row for row in every if row["date"] == day]
    between = lists.every(path, start_date=day, end_date=last)
    assert between == [row for row in every if day <= row["date"] <= last]
    assert lists.every(path, start_date=last, end_date=day) == []
    by = every[60]["created_by"]["id"]
    found = lists.every(path, {"filters[created_by_id]": by}, start_date=day, end_date=last)
    assert found == [row for row in between if row["created_by"]["id"] == by] != []


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"log_date": "yesterday"}, "log_date"),
        ({"log_date": ""}, "log_date"),
        ({"start_date": "2026-01-01"}, "end_date"),
        ({"end_date": "2026-01-01"}, "start_date"),
        ({"start_date": "2026-01-01", "end_date": "2026-02-30"}, "end_date"),
    ],
)
def test_dates_that_are_none_are_refused(lists: Lists, query: dict[str, str], wrong: str) -> None:
    answer = lists.get(f"{PROJECT}/notes_logs", query)
    assert answer.status_code == 400
    assert [*answer.json()["errors"]] == [wrong]


def test_the_counts_are_those_of_the_logs(lists: Lists) -> None:
    path = f"/rest/v1.1/projects/{HARBOR_TOWER}/daily_logs/counts"
    days = {"start_date": "2026-03-02", "end_date": "2026-03-31"}
    counts = {row["module_name"]: row["count"] for row in lists.every(path, days)}
    assert len(counts) == 18
    for name, count in counts.items():
        assert len(lists.every(f"{PROJECT}/{name}", days)) == count if name != "plan_revision_logs" else True
    assert counts["manpower_logs"] > 10
