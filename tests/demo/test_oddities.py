"""What `--odd` switches on, seen by a client without any library; and the list of them, in the help and the docs."""

from __future__ import annotations

import email.utils
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests

from procore_jupyter.demo.company.rows import Row
from procore_jupyter.demo.endpoint import Endpoint
from procore_jupyter.demo.endpoints import ENDPOINTS
from procore_jupyter.demo.launch import run_demo
from procore_jupyter.demo.odd_rows import OWN_COLUMNS, WITHOUT_PERMISSION
from procore_jupyter.demo.oddities import ALL, ODDITIES, named
from procore_jupyter.demo.oddity import NONE
from procore_jupyter.demo.parameters import DemoParameters
from tests.demo.apps import App, Clock
from tests.demo.listing import EVER, HARBOR_TOWER, Lists, address, endpoint, records_of, rows_of
from tools import demo_page

PROJECT = f"/rest/v1.0/projects/{HARBOR_TOWER}"
RFIS = f"{PROJECT}/rfis"
NEWER = f"/rest/v2.0/companies/1234/projects/{HARBOR_TOWER}"
UNLIMITED: dict[str, Any] = {"hourly_limit": None, "spike_limit": None, "token_lifetime": 10**9}


def switch_on(lists: Lists, names: str, **changes: Any) -> None:
    lists.demo.parameters = DemoParameters(odd=named(names), **UNLIMITED | changes)


def refusal(answer: requests.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()


# The list of them


def test_each_has_a_name_of_its_own_a_sentence_and_a_source() -> None:
    assert len({one.name for one in ODDITIES}) == len(ODDITIES)
    for one in ODDITIES:
        assert one.name not in (ALL, "") and one.name == one.name.lower().replace(" ", "-")
        assert one.sentence.endswith(".") and one.sentence.count("\n") == 0
        assert one.seen and not one.seen.endswith(".")


def test_names_with_commas_mean_these_and_all_means_all() -> None:
    assert {one.name for one in named("small-reset, no-total").switched_on} == {"small-reset", "no-total"}
    everything = {one.name for one in ODDITIES}
    assert {one.name for one in named("all").switched_on} == everything - {"sandbox-credentials"}
    assert {one.name for one in named("all,sandbox-credentials").switched_on} == everything


@pytest.mark.parametrize("text", ["no-totl", "no-total,", "", "no-total,All", "all no-total"])
def test_an_unknown_name_is_refused_with_the_names_that_there_are(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run_demo(["--odd", text])
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert "There is no oddity" in said
    assert all(one.name in said for one in ODDITIES)
    assert "Did you mean no-total?" in said or text != "no-totl"


def test_the_help_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run_demo(["--help"])
    words = " ".join(capsys.readouterr().out.split())
    for one in ODDITIES:
        assert f"{one.name} {one.sentence.replace('`', '')}" in words
    assert words.count("Not part of all.") == 1


def test_the_page_lists_them() -> None:
    assert demo_page.PAGE.read_text(encoding="utf-8") == demo_page.page()
    assert demo_page.main(["--check"]) == 0


# Pages


@pytest.mark.parametrize(
    "path", [RFIS, "/rest/v1.1/projects?company_id=1234", f"{PROJECT}/incidents", f"{NEWER}/schedules"]
)
def test_page_size_refuses_more_than_a_hundred_rows_a_page(lists: Lists, path: str) -> None:
    switch_on(lists, "page-size")
    assert lists.get(path, per_page=100).status_code == 200
    refused = lists.get(path, per_page=101)
    assert refused.status_code == 400
    assert "Invalid per_page of 101, exceeding max per_page of 100" in refused.text
    assert int(lists.get(path).headers["Per-Page"]) <= 100


def test_large_pages_fail_where_smaller_ones_come(lists: Lists) -> None:
    one = endpoint("/rest/v1.0/prime_contracts/{prime_contract_id}/line_items")
    site = records_of().site(HARBOR_TOWER)
    assert site is not None
    nested = address(one, site)
    switch_on(lists, "large-pages-fail")
    for (path, query), most in (((RFIS, {}), 100), (nested, 25), ((f"{NEWER}/schedules", {}), 25)):
        assert lists.get(path, query, per_page=most).status_code == 200
        failed = lists.get(path, query, per_page=most + 1)
        assert refusal(failed) == (500, {"status": 500, "error": "Internal Server Error"})


def test_no_total_says_nowhere_how_many_rows_there_are(lists: Lists) -> None:
    before = lists.get(RFIS, per_page=100)
    switch_on(lists, "no-total")
    answer = lists.get(RFIS, per_page=100)
    assert "Total" not in answer.headers and answer.headers["Per-Page"] == "100"
    assert rows_of(answer) == rows_of(before)
    assert 'rel="next"' in answer.headers["Link"]


@pytest.mark.parametrize(
    ("path", "days"),
    [(f"{PROJECT}/budget_changes", {}), (f"{PROJECT}/plan_revision_logs", EVER)],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_paged_anyway_gives_pages_of_what_is_documented_to_come_whole(
    lists: Lists, path: str, days: dict[str, str]
) -> None:
    whole = lists.rows(path, days)
    switch_on(lists, "paged-anyway")
    first = lists.get(path, days)
    assert (rows_of(first), first.headers["Total"]) == (whole[:20], str(len(whole)))
    assert len(whole) > 20
    assert lists.rows(path, days, page=2, per_page=20) == whole[20:40]
    assert lists.rows(path, days, page=9, per_page=20) == []


def test_whole_anyway_gives_all_rows_for_each_page(lists: Lists) -> None:
    path, query = "/rest/v1.0/specification_sections", {"project_id": HARBOR_TOWER}
    whole = lists.every(path, query)
    switch_on(lists, "whole-anyway")
    for page in (1, 2, 99):
        answer = lists.get(path, query, page=page, per_page=10)
        assert rows_of(answer) == whole and not {"Total", "Link", "Per-Page"} & answer.headers.keys()
    assert len(whole) > 20


def test_data_envelope_is_around_the_lists_of_version_1(lists: Lists) -> None:
    before = lists.get(RFIS).json()
    switch_on(lists, "data-envelope")
    assert lists.get(RFIS).json() == {"data": before}
    assert [*lists.get(f"{NEWER}/schedules").json()] == ["data"]
    assert "group_title" in lists.get(f"/rest/v1.1/projects/{HARBOR_TOWER}/meetings").json()[0]


def test_grouped_inspections_are_in_the_groups_of_their_templates(lists: Lists) -> None:
    path = f"{PROJECT}/checklist/lists"
    before = lists.get(path).json()
    switch_on(lists, "grouped-inspections")
    groups = lists.get(path).json()
    assert [row for group in groups for row in group["lists"]] == before
    assert all(row["list_template_name"] == group["name"] for group in groups for row in group["lists"])


# Headers


def test_no_link_leads_to_no_other_page(lists: Lists) -> None:
    assert "Link" in lists.get(RFIS).headers
    switch_on(lists, "no-link")
    answer = lists.get(RFIS)
    assert "Link" not in answer.headers and answer.headers["Total"] == "348"


def test_lower_case_headers_are_those_of_every_answer(lists: Lists) -> None:
    switch_on(lists, "lower-case-headers", spike_limit=100)
    for path in (RFIS, "/rest/v1.0/nowhere", "/oauth/token/info"):
        answer = lists.get(path)
        names = [*answer.raw.headers]
        assert names == [name.lower() for name in names] and "content-length" in names
    assert {"total", "link", "per-page", "x-rate-limit-reset"} <= {*lists.get(RFIS).raw.headers}


# Limits


def rate(answer: requests.Response) -> tuple[int, int, int, float]:
    told = [int(answer.headers[f"X-Rate-Limit-{name}"]) for name in ("Limit", "Remaining", "Reset")]
    return told[0], told[1], told[2], answer.status_code


def test_rolling_minute_lets_a_request_in_as_soon_as_one_is_a_minute_old(lists: Lists, clock: Clock) -> None:
    lists.demo.parameters = DemoParameters(odd=named("rolling-minute"), token_lifetime=10**9)
    lists = Lists(lists.demo)
    start = clock.now
    for number in range(25):
        clock.now = start + number
        assert rate(lists.get(RFIS, per_page=1)) == (25, 24 - number, start + 60, 200)
    assert rate(lists.get(RFIS, per_page=1)) == (25, 0, start + 60, 429)
    clock.now = start + 59.5
    assert lists.get(RFIS, per_page=1).status_code == 429
    clock.now = start + 60
    assert rate(lists.get(RFIS, per_page=1)) == (25, 0, start + 61, 200)
    assert lists.get(RFIS, per_page=1).status_code == 429
    clock.now = start + 62.25
    assert [lists.get(RFIS, per_page=1).status_code for _ in range(3)] == [200, 200, 429]


def test_small_reset_tells_the_seconds_that_are_left(lists: Lists, clock: Clock) -> None:
    lists.demo.parameters = DemoParameters(
        odd=named("small-reset"), token_lifetime=10**9, spike_limit=3, hourly_limit=None
    )
    lists = Lists(lists.demo)
    found = []
    for _ in range(4):
        found.append(rate(lists.get(RFIS, per_page=1)))
        clock.now += 2
    assert found == [(3, 2, 10, 200), (3, 1, 8, 200), (3, 0, 6, 200), (3, 0, 4, 429)]


def test_no_retry_after_is_told_with_a_429(lists: Lists, clock: Clock) -> None:
    for odd, told in (("", {"Retry-After"}), ("no-retry-after", set())):
        lists.demo.parameters = DemoParameters(
            odd=named(odd) if odd else NONE, spike_limit=0, token_lifetime=10**9
        )
        refused = Lists(lists.demo).get(RFIS)
        assert (refused.status_code, {"Retry-After"} & refused.headers.keys()) == (429, told)


# What is asked for

TODAY = datetime(2026, 12, 3, 20, tzinfo=UTC)  # noon where the company is
TOO_LATE = {"errors": "The End Date parameter cannot exceed the current day."}


def at(lists: Lists, moment: datetime, names: str) -> Lists:
    """Return a client at a moment of the provider's, who signed in then."""
    lists.demo.clock = moment.timestamp
    switch_on(lists, names)
    return Lists(lists.demo)


@pytest.mark.parametrize("path", [f"{PROJECT}/manpower_logs", f"{PROJECT}/daily_log_headers/index"])
def test_end_date_lets_the_days_up_to_yesterday_in(lists: Lists, path: str) -> None:
    today = at(lists, TODAY, "end-date")
    asked = {"start_date": "2026-11-01"}
    assert today.get(path, asked, end_date="2026-12-02").status_code == 200
    for last in ("2026-12-03", "2026-12-04"):
        assert refusal(today.get(path, asked, end_date=last)) == (400, TOO_LATE)


def test_short_ranges_are_of_ninety_one_days(lists: Lists) -> None:
    path = f"{PROJECT}/notes_logs"
    switch_on(lists, "short-ranges")
    assert lists.get(path, start_date="2026-01-01", end_date="2026-04-02").status_code == 200
    refused = lists.get(path, start_date="2026-01-01", end_date="2026-04-03")
    assert refusal(refused) == (400, {"errors": "The date range cannot exceed 91 days."})
    assert lists.get(path, log_date="2026-04-03").status_code == 200


def test_list_filters_refuse_a_value_that_is_not_marked_as_a_list(lists: Lists) -> None:
    kept = lists.rows(RFIS, {"filters[status]": "open"}, per_page=100)
    switch_on(lists, "list-filters")
    refused = lists.get(RFIS, {"filters[status]": "open"})
    assert refusal(refused) == (400, {"errors": {"filters[status]": ["must be an array"]}})
    assert lists.rows(RFIS, {"filters[status][]": "open"}, per_page=100) == kept != []
    ever = {"filters[updated_at]": "2020-01-01...2030-01-01"}
    assert len(lists.every(RFIS, ever)) == 348
    active = {"company_id": 1234, "filters[by_status]": "Active"}
    assert lists.get("/rest/v1.1/projects", active).status_code == 200


def test_no_filters_refuses_both_forms(lists: Lists) -> None:
    switch_on(lists, "no-filters")
    path, query = "/rest/v1.1/punch_items", {"project_id": HARBOR_TOWER}
    for name in ("status", "status][", "trade_id"):
        refused = lists.get(path, query | {f"filters[{name}]": "Open"})
        assert refusal(refused) == (
            400,
            {"errors": {f"filters[{name[:-2] if '[' in name else name}]": ["is not permitted"]}},
        )
    assert lists.get(path, query).status_code == 200
    assert lists.get(RFIS, {"filters[status]": "open"}).status_code == 200


def test_deaf_filters_change_nothing(lists: Lists) -> None:
    path = f"/rest/v1.1/projects/{HARBOR_TOWER}/submittals"
    before, one = lists.get(path), {"filters[number]": "1"}
    assert len(lists.rows(path, one)) < 20
    switch_on(lists, "deaf-filters")
    assert lists.get(path, one).json() == before.json()


def test_list_gone_is_gone_in_each_version(lists: Lists) -> None:
    switch_on(lists, "list-gone")
    assert lists.get("/rest/v1.0/tasks", project_id=HARBOR_TOWER).status_code == 404
    assert lists.get("/rest/v1.0/task_items", project_id=HARBOR_TOWER).status_code == 200


@pytest.mark.parametrize(
    ("gone", "status", "other"),
    [
        (f"/rest/v2.0/projects/{HARBOR_TOWER}/documents", 404, f"{PROJECT}/documents"),
        (f"{PROJECT}/action_plans/plan_items", 410, f"{NEWER}/action_plans/plan_items"),
        ("/rest/v1.0/companies/1234/generic_tools", 404, "/rest/v2.0/companies/1234/generic_tools"),
    ],
)
def test_version_gone_leaves_the_other_version(lists: Lists, gone: str, status: int, other: str) -> None:
    before = {int(row["id"]) for row in lists.every(gone)}
    switch_on(lists, "version-gone")
    assert lists.get(gone).status_code == status
    assert {int(row["id"]) for row in lists.every(other)} == before != set()


# Rows


def test_no_permission_looks_as_if_nothing_were_there(lists: Lists) -> None:
    switch_on(lists, "no-permission")
    for path, less in (("/rest/v1.0/prime_contracts", True), ("/rest/v1.0/task_items", False)):
        answer = lists.get(path, project_id=WITHOUT_PERMISSION)
        assert (answer.status_code, answer.json() == [], answer.headers["Total"] == "0") == (200, less, less)
        assert lists.rows(path, project_id=HARBOR_TOWER)


def test_nothing_flat_has_its_rows_below_prime_contracts(lists: Lists) -> None:
    flat, query = "/rest/v1.0/payment_applications", {"project_id": HARBOR_TOWER}
    before = lists.every(flat, query)
    switch_on(lists, "nothing-flat")
    assert lists.every(flat, query) == []
    contracts = lists.every("/rest/v1.0/prime_contracts", query)
    found = [
        row
        for contract in contracts
        for row in lists.every(f"/rest/v1.0/prime_contracts/{contract['id']}/payment_applications", query)
    ]
    assert sorted(found, key=lambda row: row["id"]) == sorted(before, key=lambda row: row["id"]) != []


def test_no_labels_are_told_to_anybody(lists: Lists) -> None:
    switch_on(lists, "no-labels")
    assert lists.get("/rest/v1.1/companies/1234/custom_field_definitions").status_code == 403


def test_view_columns_are_the_views_own(lists: Lists) -> None:
    query = {"project_id": HARBOR_TOWER}
    views = [row["id"] for row in lists.rows("/rest/v1.0/budget_views", query)]
    paths = [
        f"/rest/v1.0/budget_views/{view}/{rows}" for view in views for rows in ("detail_rows", "summary_rows")
    ]
    before = [lists.every(path, query) for path in paths]
    switch_on(lists, "view-columns")
    numbers = []
    for path, plain in zip(paths, before, strict=True):
        found = lists.every(path, query)
        assert [{name: row[name] for name in other} for row, other in zip(found, plain, strict=True)] == plain
        own = found[0].keys() - plain[0].keys()
        assert own <= {*OWN_COLUMNS}
        numbers.append(len(own))
    assert numbers == [16, 16, 2, 2]


# Values


def listed(lists: Lists, one: Endpoint) -> list[Row]:
    site = records_of().site(HARBOR_TOWER)
    assert site is not None
    path, query = address(one, site)
    return lists.rows(path, query, per_page=4)


def fields(value: Any, name: str) -> Iterator[Any]:
    """Give the values of a field, at any depth."""
    if isinstance(value, list):
        for one in value:
            yield from fields(one, name)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from [one] if key == name else fields(one, name)


def test_percent_sign_is_where_it_was_not_and_not_where_it_was(lists: Lists) -> None:
    paths = ("/rest/v1.1/requisitions", "/rest/v1.0/payment_applications")
    signed = [{"%" in one["percent_complete"] for one in listed(lists, endpoint(path))} for path in paths]
    switch_on(lists, "percent-sign")
    turned = [{"%" in one["percent_complete"] for one in listed(lists, endpoint(path))} for path in paths]
    assert (signed, turned) == ([{True}, {False}], [{False}, {True}])


@pytest.mark.parametrize(
    ("start", "name"), [*enumerate(["missing-fields", "renamed-fields", "other-types", "long-quantities"])]
)
def test_values_are_odd_in_every_list_that_has_them(lists: Lists, start: int, name: str) -> None:
    some = [one for one in ENDPOINTS[start::4] if one.scope != "global" and one.paged]
    before = [listed(lists, one) for one in some]
    switch_on(lists, name)
    changed = 0
    for plain, odd in zip(before, (listed(lists, one) for one in some), strict=True):
        changed += plain != odd
        for row, other in zip(plain, odd, strict=True):
            match name:
                case "long-quantities":
                    pairs = zip(fields(row, "quantity"), fields(other, "quantity"), strict=True)
                    for held, text in pairs:
                        if held not in (None, "") and not isinstance(held, dict):
                            assert Decimal(text) == Decimal(str(held)) and len(text.partition(".")[2]) == 12
                case "renamed-fields":
                    assert other.get("last_updated_at") == row.get("updated_at") and "updated_at" not in other
                case "missing-fields":
                    assert other == {key: value for key, value in row.items() if key != "created_by"}
                case "other-types":
                    assert {key for key in row if row[key] != other[key]} <= {"status", "location", "private"}
                    assert not isinstance(other.get("status"), str) and not isinstance(
                        other.get("private"), bool
                    )
    assert changed > 1


# Who is let in


def test_bare_404_is_all_that_is_said_without_the_header(lists: Lists) -> None:
    switch_on(lists, "bare-404")
    del lists.browser.headers["Procore-Company-Id"]
    answer = lists.get(RFIS)
    assert (answer.status_code, answer.content) == (404, b"")


def test_app_missing_is_a_401_in_one_company_alone(app: App) -> None:
    token = app.signed_in()["access_token"]
    app.demo.parameters = DemoParameters(odd=named("app-missing"))
    answers = {
        company: app.get(f"/rest/v1.1/projects?company_id={company}", token, company).status_code
        for company in (1234, 5678, 9012)
    }
    assert answers == {1234: 200, 5678: 401, 9012: 200}
    assert app.get("/rest/v1.0/me", token).status_code == 200
    assert app.info(token).status_code == 200


def test_clock_off_is_seven_minutes_ahead(app: App, clock: Clock) -> None:
    app.demo.parameters = DemoParameters(odd=named("clock-off"))
    token = app.signed_in()
    answer = app.get("/rest/v1.0/me", token["access_token"])
    told = email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp()
    assert told == clock.now + 420 == float(token["created_at"])
    assert told < int(answer.headers["X-Rate-Limit-Reset"]) <= told + 3600


def test_sandbox_credentials_are_unknown_here(app: App) -> None:
    token = app.signed_in()
    app.demo.parameters = DemoParameters(odd=named("sandbox-credentials"))
    refused = app.service_account()
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert "due to unknown client" in refused.json()["error_description"]
    assert "unknown client" in app.browser.get(app.authorize_url(), timeout=20).text
    assert app.refresh(token["refresh_token"]).json()["error"] == "invalid_client"
