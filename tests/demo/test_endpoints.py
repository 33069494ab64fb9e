"""Every list of the API: that it answers, in its shape, to whom it may, and refuses as it should."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from procore_jupyter.demo.company.records import Records
from procore_jupyter.demo.data import PEOPLE
from procore_jupyter.demo.endpoint import Endpoint
from procore_jupyter.demo.endpoints import ENDPOINTS
from procore_jupyter.demo.parameters import DemoParameters
from tests.demo.listing import EVER, HARBOR_TOWER, Lists, address, endpoint, rows_of

OF_PROJECTS = [one for one in ENDPOINTS if one.scope == "project"]
OF_COMPANIES = [one for one in ENDPOINTS if one.scope == "company"]

each = pytest.mark.parametrize("one", ENDPOINTS, ids=lambda one: one.path)
each_of_projects = pytest.mark.parametrize("one", OF_PROJECTS, ids=lambda one: one.path)


def known(value: Any) -> Any:
    """Return what a row shows: without what is in it for filters alone."""
    return {name: held for name, held in value.items() if not name.startswith("_")}


def test_the_lists_that_analysts_use_are_all_there() -> None:
    assert len({one.path for one in ENDPOINTS}) == len(ENDPOINTS) >= 95
    assert len([one for one in ENDPOINTS if one.path.endswith("_logs")]) == 18


@each
def test_each_list_answers_with_rows_in_its_shape(lists: Lists, records: Records, one: Endpoint) -> None:
    site = records.site(HARBOR_TOWER)
    assert site is not None
    path, query = address(one, site)
    answer = lists.get(path, query)
    assert answer.status_code == 200, answer.text
    content = answer.json()
    assert isinstance(content, dict) == (
        one.newer or path.endswith("budget_changes") or one.shape == "record"
    )
    rows = rows_of(answer)
    assert rows
    assert all(isinstance(row, dict) for row in rows)
    assert not [name for row in rows for name in row if name.startswith("_")]
    paged = {"Total", "Per-Page"} & answer.headers.keys()
    assert len(paged) == (2 if one.paged else 0)
    if one.paged:
        usual = one.default_page or (10 if one.newer else 20)
        assert answer.headers["Per-Page"] == str(usual)
        assert len(rows) == min(usual, int(answer.headers["Total"]))


def test_what_is_answered_is_what_the_records_hold(lists: Lists, records: Records) -> None:
    site = records.site(HARBOR_TOWER)
    assert site is not None
    for path in ("/rest/v1.0/projects/{project_id}/locations", "/rest/v1.0/cost_codes"):
        one = endpoint(path)
        place, query = address(one, site)
        assert lists.every(place, query) == [known(row) for row in one.rows(site)]


@each_of_projects
def test_a_list_of_a_project_needs_the_company_header_and_a_project_of_that_company(
    lists: Lists, records: Records, one: Endpoint
) -> None:
    site, others = records.site(HARBOR_TOWER), records.site(5801)
    assert site is not None
    assert others is not None
    path, query = address(one, site)
    company = lists.browser.headers.pop("Procore-Company-Id")
    assert lists.get(path, query).status_code == 400
    lists.browser.headers["Procore-Company-Id"] = company
    # Another company's project, and one that isn't there.
    theirs, asked = address(one, others)
    theirs = theirs.replace("/companies/5678", "/companies/1234")
    hidden = lists.get(theirs, asked)
    assert hidden.status_code == 404
    assert isinstance(hidden.json().get("error" if one.newer else "errors"), dict if one.newer else str)
    if one.names_project:
        nowhere = {name: "99" if name == "project_id" else value for name, value in query.items()}
        assert lists.get(path.replace(str(HARBOR_TOWER), "99"), nowhere).status_code == 404


@each
def test_what_the_query_must_name_is_asked_for(lists: Lists, records: Records, one: Endpoint) -> None:
    site = records.site(HARBOR_TOWER)
    assert site is not None
    path, query = address(one, site)
    for name in query.keys() - {"start_date", "end_date"}:
        answer = lists.get(path, {key: value for key, value in query.items() if key != name})
        assert (answer.status_code, answer.json()) == (400, {"errors": {name: ["can't be blank"]}})


@pytest.mark.parametrize(
    "one", [one for one in OF_PROJECTS if one.parent is not None], ids=lambda one: one.path
)
@pytest.mark.parametrize("wrong", ["1", "99999999999999999999999", "x", "-1", "0"])
def test_rows_of_a_parent_that_is_not_there_are_not_found(
    lists: Lists, records: Records, one: Endpoint, wrong: str
) -> None:
    site = records.site(HARBOR_TOWER)
    assert site is not None
    assert one.parent is not None
    path, query = address(one, site)
    right = query.get(one.parent.name) or path.split("/")[one.path.split("/").index(f"{{{one.parent.name}}}")]
    path, query = path.replace(right, wrong), query | {one.parent.name: wrong}
    assert lists.get(path, query).status_code == 404


def test_a_row_of_another_project_is_no_parent_here(lists: Lists, records: Records) -> None:
    other = records.site(4713)
    assert other is not None
    path = f"/rest/v1.0/projects/{HARBOR_TOWER}/rfis/{other.id('rfis', 0)}/replies"
    assert lists.get(path).status_code == 404
    assert lists.get(path.replace(str(HARBOR_TOWER), "4713")).status_code == 200


@pytest.mark.parametrize("one", OF_COMPANIES, ids=lambda one: one.path)
def test_a_list_of_a_company_is_of_the_one_in_the_header(
    lists: Lists, records: Records, one: Endpoint
) -> None:
    site = records.site(HARBOR_TOWER)
    assert site is not None
    path, query = address(one, site)
    # The service account has Skyline Builders alone.
    hidden = lists.get(
        path.replace("1234", "5678"),
        {name: "5678" if name == "company_id" else value for name, value in query.items()},
    )
    assert hidden.status_code == 403
    absent = lists.get(
        path.replace("1234", "1"),
        {name: "1" if name == "company_id" else value for name, value in query.items()},
    )
    assert absent.status_code == 404


def test_a_newer_list_refuses_in_the_newer_shape(lists: Lists) -> None:
    answer = lists.get("/rest/v2.0/companies/1234/projects/99/schedules")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
    answer = lists.get(f"/rest/v2.0/companies/1234/projects/{HARBOR_TOWER}/schedules", per_page=101)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "BAD_REQUEST")
    assert error["message"] == "Invalid per_page of 101, exceeding max per_page of 100"


# Tools that are switched off


def test_depot_north_has_no_rfis_tool(lists: Lists) -> None:
    for path in ("rfis", "rfis/1/replies"):
        answer = lists.get(f"/rest/v1.0/projects/4712/{path}")
        assert answer.status_code == 403
        assert answer.json() == {"errors": "The RFIs tool is not enabled for the project Depot North."}
    assert lists.get("/rest/v1.1/projects/4712/submittals").status_code == 200
    lists.demo.parameters = DemoParameters(switched_off={})
    assert lists.get("/rest/v1.0/projects/4712/rfis").status_code == 200


@each_of_projects
def test_any_tool_can_be_switched_off(lists: Lists, records: Records, one: Endpoint) -> None:
    site = records.site(HARBOR_TOWER)
    assert site is not None
    lists.demo.parameters = DemoParameters(switched_off={HARBOR_TOWER: (one.tool,)})
    answer = lists.get(*address(one, site))
    assert answer.status_code == 403
    assert one.tool in answer.json()["errors"]


# Faults and other troubles


def test_a_fault_waits_for_any_list(lists: Lists) -> None:
    path = f"/rest/v1.0/projects/{HARBOR_TOWER}/rfis"
    lists.demo.answer_next("/rest/*/rfis", status=503, headers={"Retry-After": "1"})
    assert [lists.get(path).status_code for _ in range(2)] == [503, 200]


def test_a_list_is_only_read(lists: Lists) -> None:
    path = f"{lists.demo.url}/rest/v1.0/projects/{HARBOR_TOWER}/rfis"
    assert lists.browser.post(path, timeout=20).status_code == 405
    assert lists.browser.post(f"{lists.demo.url}/rest/v1.0/nowhere", timeout=20).status_code == 404


# The data as people meet them


def test_the_directory_has_those_who_can_log_in_and_some_sixty_in_all(lists: Lists) -> None:
    users = lists.every("/rest/v1.3/companies/1234/users")
    assert {person.id for person in PEOPLE.values()} < {row["id"] for row in users}
    assert 55 <= len(users) <= 70
    assert {row["id"] for row in users if not row["is_active"]} >= {2147499001}


def test_harbor_tower_has_its_348_rfis_and_its_logs_end_on_one_day(lists: Lists) -> None:
    path = f"/rest/v1.0/projects/{HARBOR_TOWER}"
    assert lists.get(f"{path}/rfis").headers["Total"] == "348"
    days = [
        date.fromisoformat(row["log_date"]) for row in lists.every(f"{path}/daily_log_headers/index", EVER)
    ]
    assert days == sorted(days)
    assert (days[-1] - days[0]).days in range(530, 560)
    assert all(day.weekday() < 5 for day in days)


def test_projects_in_the_extended_view_tell_more(lists: Lists) -> None:
    normal = lists.rows("/rest/v1.1/projects?company_id=1234")[0]
    extended = lists.rows("/rest/v1.1/projects?company_id=1234&view=extended")[0]
    more = {"departments", "office", "program", "square_feet"}
    assert more <= extended.keys()
    assert not more & normal.keys()
    assert normal.items() <= extended.items()
