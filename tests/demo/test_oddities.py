"""What `--odd` switches on, seen by a client without any library; and the list of them, in the help and the docs."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from procore_jupyter.demo.launch import run_demo
from procore_jupyter.demo.oddities import ALL, ODDITIES, named
from procore_jupyter.demo.parameters import DemoParameters
from tests.demo.apps import Clock
from tests.demo.listing import HARBOR_TOWER, Lists, address, endpoint, records_of, rows_of
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
    assert named("all").switched_on == ODDITIES


@pytest.mark.parametrize("text", ["no-totl", "no-total,", "", "no-total,All", "all,no-total"])
def test_an_unknown_name_is_refused_with_the_names_that_there_are(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run_demo(["--odd", text])
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert "There is no oddity" in said
    assert all(one.name in said for one in ODDITIES)
    assert ("Did you mean no-total?" in said) == (text == "no-totl")


def test_the_help_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run_demo(["--help"])
    words = " ".join(capsys.readouterr().out.split())
    for one in ODDITIES:
        assert f"{one.name} {one.sentence.replace('`', '')}" in words


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
