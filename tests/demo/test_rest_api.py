"""The API: who may ask what, pages, the company header, and the limits."""

from __future__ import annotations

import re

import pytest

from procore_jupyter.demo.data import COMPANIES, PEOPLE, PROJECTS
from procore_jupyter.demo.parameters import DemoParameters
from tests.demo.apps import App, Clock
from tests.people import sign_in_at

PROJECTS_PATH = "/rest/v1.1/projects?company_id=1234"


@pytest.fixture
def token(app: App) -> str:
    """Dana's access token."""
    return app.signed_in()["access_token"]


def token_of(app: App, person: str) -> str:
    code = re.search(r"code=([^&]+)", sign_in_at(app.authorize_url(), person=person))
    assert code is not None
    return str(app.exchange(code[1]).json()["access_token"])


# The data


def test_the_first_person_has_three_companies_and_the_second_one() -> None:
    dana, lee, *_ = PEOPLE.values()
    assert (dana.name, dana.companies) == ("Dana Reyes", (1234, 5678, 9012))
    assert lee.companies == (1234,)
    assert [COMPANIES[company].name for company in dana.companies] == [
        "Skyline Builders",
        "Skyline Civil",
        "Harbor JV",
    ]


def test_the_data_are_marked_and_hold_ids_beyond_32_bits() -> None:
    assert len({project.id for project in PROJECTS}) == len(PROJECTS) > 12
    assert all(project.row()["is_demo"] is True for project in PROJECTS)
    assert max(project.id for project in PROJECTS) > 2**31
    assert max(COMPANIES) > 2**31
    assert max(PEOPLE) > 2**31


# Who asks what


def test_me_and_companies_need_no_company_header(app: App, token: str) -> None:
    assert app.get("/rest/v1.0/me", token).json() == {
        "id": 160586,
        "login": "dana.reyes@demo.example",
        "name": "Dana Reyes",
    }
    companies = app.get("/rest/v1.0/companies", token)
    assert [row["id"] for row in companies.json()] == [1234, 5678, 9012]
    assert companies.headers["Total"] == "3"


@pytest.mark.parametrize("version", ["v1.0", "v1.1"])
def test_projects_are_those_of_the_company_that_are_active(app: App, token: str, version: str) -> None:
    rows = app.get(f"/rest/{version}/projects?company_id=1234", token, company=1234).json()
    assert len(rows) == 12
    assert (rows[0]["id"], rows[0]["name"]) == (4711, "Harbor Tower")
    assert all(row["active"] and row["company"]["id"] == 1234 for row in rows)


@pytest.mark.parametrize(("wanted", "count"), [("All", 14), ("Active", 12), ("Inactive", 2), ("all", 14)])
def test_projects_can_be_asked_for_by_status(app: App, token: str, wanted: str, count: int) -> None:
    answer = app.get(f"{PROJECTS_PATH}&filters[by_status]={wanted}", token, company=1234)
    assert len(answer.json()) == count


def test_an_unknown_status_is_refused(app: App, token: str) -> None:
    answer = app.get(f"{PROJECTS_PATH}&filters[by_status]=Some", token, company=1234)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_REQUEST")


def test_a_view_decides_the_fields(app: App, token: str) -> None:
    sizes = {
        view: len(app.get(f"{PROJECTS_PATH}&view={view}", token, company=1234).json()[0])
        for view in ("ids", "compact", "normal", "extended")
    }
    assert sizes["ids"] == 1 < sizes["compact"] < sizes["normal"] < sizes["extended"]


def test_a_call_without_the_company_header_is_refused(app: App, token: str) -> None:
    answer = app.get(PROJECTS_PATH, token)
    assert answer.status_code == 400
    assert "Missing Procore-Company-Id header!" in answer.json()["message"]
    app.demo.parameters = DemoParameters(missing_company="not_found")
    bare = app.get(PROJECTS_PATH, token)
    assert (bare.status_code, bare.content) == (404, b"")


def test_me_needs_the_company_header_once_a_company_is_named(app: App, token: str) -> None:
    assert app.get("/rest/v1.0/me?company_id=1234", token).status_code == 400
    assert app.get("/rest/v1.0/me?company_id=1234", token, company=1234).status_code == 200


@pytest.mark.parametrize("path", [PROJECTS_PATH, "/rest/v1.0/me", "/rest/v1.0/companies"])
@pytest.mark.parametrize("company", [562949953443325, 4711, 0, -1])
def test_a_company_that_one_may_not_see_is_refused(app: App, token: str, path: str, company: int) -> None:
    answer = app.get(path, token, company=company)
    if company in COMPANIES:
        assert answer.status_code == 403
        assert answer.json() == {"errors": ["App is not connected to this company."]}
    else:
        assert answer.status_code == 404


def test_the_header_does_not_replace_the_parameter_nor_may_they_differ(app: App, token: str) -> None:
    missing = app.get("/rest/v1.1/projects", token, company=1234)
    assert (missing.status_code, missing.json()) == (400, {"errors": {"company_id": ["can't be blank"]}})
    differing = app.get("/rest/v1.1/projects?company_id=5678", token, company=1234)
    assert (differing.status_code, differing.json()["error"]) == (400, "Bad Request")
    hidden = app.get("/rest/v1.1/projects?company_id=562949953443325", token, company=1234)
    assert hidden.status_code == 403


def test_each_person_sees_their_own_companies_alone(app: App) -> None:
    lee = token_of(app, "Lee Okafor")
    assert [row["id"] for row in app.get("/rest/v1.0/companies", lee).json()] == [1234]
    assert app.get("/rest/v1.1/projects?company_id=5678", lee, company=5678).status_code == 403
    ines = token_of(app, "Ines Marques")
    big = 562949953443325
    rows = app.get(f"/rest/v1.1/projects?company_id={big}", ines, company=big).json()
    assert len(rows) == 2
    assert app.get(PROJECTS_PATH, ines, company=1234).status_code == 403


@pytest.mark.parametrize("path", ["/rest/v1.0/me", "/rest/v1.0/companies"])
def test_a_service_account_needs_the_company_header_everywhere(app: App, path: str) -> None:
    token = app.service_account().json()["access_token"]
    assert app.get(path, token).status_code == 400
    assert app.get(path, token, company=1234).status_code == 200


def test_an_unknown_path_is_not_found(app: App, token: str) -> None:
    assert app.get("/rest/v1.0/nowhere", token, company=1234).status_code == 404
    assert app.get("/nowhere", token).status_code == 404


def test_every_answer_has_a_request_id_and_the_providers_date(app: App, token: str, clock: Clock) -> None:
    clock.now = 0
    answers = [
        app.get(path, token, company=1234) for path in ("/rest/v1.0/me", "/rest/v1.0/no", PROJECTS_PATH)
    ]
    assert {answer.headers["Date"] for answer in answers} == {"Thu, 01 Jan 1970 00:00:00 GMT"}
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == 3


# Pages


def links(header: str | None) -> dict[str, str]:
    return {name: link for link, name in re.findall(r'<([^>]+)>; rel="(\w+)"', header or "")}


def test_pages_follow_one_another_and_are_whole(app: App, token: str) -> None:
    seen: list[int] = []
    for page in (1, 2, 3):
        answer = app.get(f"{PROJECTS_PATH}&per_page=5&page={page}", token, company=1234)
        assert (answer.headers["Total"], answer.headers["Per-Page"]) == ("12", "5")
        expected = {1: {"next", "last"}, 2: {"first", "prev", "next", "last"}, 3: {"first", "prev"}}
        assert links(answer.headers.get("Link")).keys() == expected[page]
        seen += [row["id"] for row in answer.json()]
    assert len(seen) == len(set(seen)) == 12
    beyond = app.get(f"{PROJECTS_PATH}&per_page=5&page=4", token, company=1234)
    assert (beyond.status_code, beyond.json()) == (200, [])


def test_the_links_drop_the_other_parameters_as_documented(app: App, token: str) -> None:
    answer = app.get(f"{PROJECTS_PATH}&per_page=5&view=compact", token, company=1234)
    assert links(answer.headers["Link"])["next"] == f"{app.demo.url}/rest/v1.1/projects?page=2&per_page=5"


def test_a_single_page_has_no_links(app: App, token: str) -> None:
    assert "Link" not in app.get(PROJECTS_PATH, token, company=1234).headers


@pytest.mark.parametrize("odd", ["0", "-1", "x", "", "1.5", "²"])
def test_an_odd_page_is_the_first(app: App, token: str, odd: str) -> None:
    answer = app.get(f"{PROJECTS_PATH}&per_page={odd}&page={odd}", token, company=1234)
    assert (len(answer.json()), answer.headers["Per-Page"]) == (12, "100")


def test_a_page_too_large_is_refused_or_clamped(app: App, token: str) -> None:
    path = f"{PROJECTS_PATH}&per_page=301"
    refused = app.get(path, token, company=1234)
    text = "Invalid per_page of 301, exceeding max per_page of 300"
    assert (refused.status_code, refused.json()) == (400, {"errors": text})
    app.demo.parameters = DemoParameters(reject_large_pages=False)
    assert app.get(path, token, company=1234).headers["Per-Page"] == "300"


# Limits


def test_the_headers_tell_of_the_limit_that_is_nearer(app: App, token: str, clock: Clock) -> None:
    app.demo.parameters = DemoParameters(hourly_limit=30, spike_limit=25)
    for number in range(1, 26):
        headers = app.get("/rest/v1.0/me", token).headers
        assert headers["X-Rate-Limit-Limit"] == "25"
        assert headers["X-Rate-Limit-Remaining"] == str(25 - number)
        assert headers["X-Rate-Limit-Reset"] == str(int(clock.now) + 10)
    clock.now += 10
    headers = app.get("/rest/v1.0/me", token).headers
    assert (headers["X-Rate-Limit-Limit"], headers["X-Rate-Limit-Remaining"]) == ("30", "4")
    assert headers["X-Rate-Limit-Reset"] == str(int(clock.now) + 3590)


def test_over_the_limit_nothing_is_answered_until_the_window_ends(app: App, token: str, clock: Clock) -> None:
    app.demo.parameters = DemoParameters(spike_limit=2)
    assert [app.get("/rest/v1.0/me", token).status_code for _ in range(4)] == [200, 200, 429, 429]
    clock.now += 9
    refused = app.get(PROJECTS_PATH, token, company=1234)
    assert refused.status_code == 429
    assert refused.headers["X-Rate-Limit-Remaining"] == "0"
    assert refused.headers["X-Rate-Limit-Reset"] == str(int(clock.now) + 1)
    assert refused.headers["Retry-After"] == "1"
    assert "surpassed the max number of requests" in refused.json()["errors"]
    clock.now += 1
    assert app.get("/rest/v1.0/me", token).status_code == 200


def test_the_hour_is_the_longer_wait(app: App, token: str, clock: Clock) -> None:
    app.demo.parameters = DemoParameters(hourly_limit=2, spike_limit=2)
    assert [app.get("/rest/v1.0/me", token).status_code for _ in range(3)] == [200, 200, 429]
    assert app.get("/rest/v1.0/me", token).headers["Retry-After"] == "3600"
    clock.now += 3600
    assert app.get("/rest/v1.0/me", token).status_code == 200


def test_a_refused_request_counts_in_no_window(app: App, token: str, clock: Clock) -> None:
    app.demo.parameters = DemoParameters(hourly_limit=3, spike_limit=1)
    assert [app.get("/rest/v1.0/me", token).status_code for _ in range(5)] == [200, 429, 429, 429, 429]
    clock.now += 10
    assert app.get("/rest/v1.0/me", token).status_code == 200
    clock.now += 10
    assert app.get("/rest/v1.0/me", token).headers["X-Rate-Limit-Remaining"] == "0"


def test_a_429_may_come_without_retry_after(app: App, token: str) -> None:
    app.demo.parameters = DemoParameters(spike_limit=0, retry_after=False)
    refused = app.get("/rest/v1.0/me", token)
    assert refused.status_code == 429
    assert "Retry-After" not in refused.headers


def test_without_limits_there_are_no_headers_of_them(app: App, token: str) -> None:
    app.demo.parameters = DemoParameters(hourly_limit=None, spike_limit=None)
    headers = app.get("/rest/v1.0/me", token).headers
    assert not [name for name in headers if name.startswith("X-Rate-Limit")]


def test_limits_count_by_app_and_person_and_not_by_token(app: App, token: str) -> None:
    app.demo.parameters = DemoParameters(spike_limit=1)
    assert app.get("/rest/v1.0/me", token).status_code == 200
    second = app.signed_in()["access_token"]
    assert app.get("/rest/v1.0/me", second).status_code == 429
    assert app.get("/rest/v1.0/me", token_of(app, "Lee Okafor")).status_code == 200
    assert app.get("/rest/v1.0/me", "forged").status_code == 401
