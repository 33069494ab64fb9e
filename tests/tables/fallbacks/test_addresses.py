"""Addresses that aren't there, or give nothing: another one of the same list, and what an empty list may mean."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from procore_jupyter import Procore, ProcoreAPIError, ProcoreIncompleteWarning, profiles
from procore_jupyter.session.api_errors import NotFound
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.definitions.spec import TableSpec
from tests.session.conftest import Answer, Server
from tests.tables.fallbacks.odd_api import OddApi, Row, gone, refusal, values_of

CATALOG = Catalog(profiles.load("Procore")[0])
TWELVE = [*range(11, 23)]
ELSEWHERE = [spec.name for spec in CATALOG.tables.values() for one in spec.alternates if one.when == "gone"]
HIDING = [spec.name for spec in CATALOG.tables.values() if spec.hides]
Paths = list[tuple[str, dict[str, list[str]]]]

pytestmark = pytest.mark.filterwarnings("ignore::procore_jupyter.ProcoreWarning")


def where(name: str) -> dict[str, Any]:
    return {"project_id": TWELVE} if CATALOG.find(name).scope == "project" else {}


def version(path: str) -> str:
    return path.split("/")[2]


def moved(name: str) -> str:
    """Return the version of the API at which a table's own address is."""
    return version(CATALOG.find(name).path)


def given(spec: TableSpec) -> dict[str, Any]:
    needed: dict[str, Any] = dict.fromkeys((*spec.required, *spec.parents), 5)
    return needed | ({"project_id": 11} if spec.scope == "project" else {})


def test_four_tables_have_another_version() -> None:
    assert ELSEWHERE == ["documents", "folders", "correspondence_types", "action_plan_items"]


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_version_that_is_gone_is_left_for_the_other_one_once_and_for_good(
    name: str, status: int, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    own = moved(name)
    api = OddApi([{"id": 1}, {"id": 2}], gone(f"/{own}/", status), projects=TWELVE)
    server, lists = servers(api), len(where(name).get("project_id", [1]))
    for turn in (1, 2):
        table = connect_to(server.url).table(name, **where(name), strict=True).fetch()
        assert len(table) == 2 * lists and table.incomplete == []
        assert api.refused == 1 and len(api.asked) == turn * lists + 1
        [note] = [note for note in table.notes if "came from" in note]
        assert f"/{own}/" in note and note.count("/rest/") == 2
    assert {version(path) for path, _ in api.asked[1:]} == {"v1.0", "v2.0"} - {own}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_version_that_comes_back_is_found_when_the_other_one_goes(
    name: str, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    own = moved(name)
    api = OddApi([{"id": 1}], gone(f"/{own}/"), projects=TWELVE)
    server = servers(api)
    connect_to(server.url).table(name, **where(name)).fetch()
    api.odd = (gone("/v1.0/|/v2.0/".replace(f"/{own}/", "").strip("|"), 410),)
    api.refused = 0
    for _ in range(2):
        table = connect_to(server.url).table(name, **where(name), strict=True).fetch()
        assert api.refused == 1 and not [note for note in table.notes if "came from" in note]


def test_a_project_whose_tool_is_off_costs_the_others_nothing(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = OddApi([{"id": 1}], gone("/projects/(11|15|16)/"), projects=TWELVE)
    table = connect_to(servers(api).url).table("action_plan_items", project_id=TWELVE)
    with pytest.warns(ProcoreIncompleteWarning):
        assert len(table.to_arrow()) == 9
    assert [(one.project_id, one.status) for one in table.incomplete] == [(11, 404), (15, 404), (16, 404)]
    assert not [note for note in table.notes if "came from" in note]
    # The first one can't tell whether it is the version that is gone; the others can.
    assert len(api.asked) == 13 and [path for path, _ in api.asked if "/v2.0/" in path] == [api.asked[1][0]]


def test_a_version_that_is_gone_is_found_out_although_the_first_projects_tool_is_off(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = OddApi([{"id": 1}], gone("/v1.0/"), gone("/projects/(11|15)/"), projects=TWELVE)
    table = connect_to(servers(api).url).table("action_plan_items", project_id=TWELVE)
    with pytest.warns(ProcoreIncompleteWarning):
        assert len(table.to_arrow()) == 10
    assert [(one.project_id, one.status) for one in table.incomplete] == [(11, 404), (15, 404)]
    assert len(api.asked) == 14


@pytest.mark.parametrize("name", ELSEWHERE)
def test_where_both_are_gone_the_tables_own_address_is_told(
    name: str, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = OddApi([], gone("."))
    first: dict[str, Any] = {"project_id": 11} if where(name) else {}
    with pytest.raises(NotFound, match=f"/{moved(name)}/"):
        connect_to(servers(api).url).table(name, **first).fetch()
    assert len(api.asked) == 2


@pytest.mark.parametrize("status", [400, 403, 422])
@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_is_refused_is_there(
    name: str, status: int, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = OddApi([{"id": 1}], lambda path, query: refusal("no", status))
    first: dict[str, Any] = {"project_id": 11} if where(name) else {}
    with pytest.raises(ProcoreAPIError):
        connect_to(servers(api).url).table(name, **first).fetch()
    assert {version(path) for path, _ in api.asked} == {moved(name)}


def test_the_other_version_is_not_believed_to_heed_a_condition_that_nobody_saw_there(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    rows: list[Row] = [
        {"id": n, "document_type": "file", "updated_at": f"2026-11-{n:02d}T00:00:00Z"} for n in range(1, 29)
    ]
    api = OddApi(rows, gone("/v2.0/"))
    procore = connect_to(servers(api).url)
    table = procore.table("documents", project_id=11, updated_at=("2026-11-03", "2026-11-04")).fetch()
    assert [row["id"] for row in table] == [3, 4] and [
        note for note in table.notes if "were selected here" in note
    ]
    for taken in ({"folder_id": 7}, {"file_type": ["pdf"]}, {"is_in_recycle_bin": False}):
        assert len(procore.table("documents", project_id=11, **taken).fetch()) == 28
        assert "/v1.0/" in api.asked[-1][0] and len(values_of(api.asked[-1][1])) == 2
    with pytest.raises(NotFound, match="/v2.0/"):
        procore.table("documents", project_id=11, search="plan").fetch()


def test_a_list_by_its_address_goes_the_same_way(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = OddApi([{"id": 1}], gone("/v1.0/"))
    table = connect_to(servers(api).url).get_all("/rest/v1.0/projects/11/action_plans/plan_items").fetch()
    assert len(table) == 1 and "/v2.0/companies/1234/projects/11/" in api.asked[-1][0]


# Invoices to the owner


def invoices(path: str, query: Mapping[str, list[str]]) -> list[Row]:
    """Return two contracts of each project and three invoices of each contract, below the contracts alone."""
    if path.endswith("/prime_contracts"):
        first = int(query["project_id"][0]) * 10
        return [] if first == 110 else [{"id": first}, {"id": first + 1}]
    if "/prime_contracts/" in path:
        return [{"id": int(path.split("/")[-2]) * 100 + n, "number": n} for n in range(3)]
    return []


INVOICES = [
    100 * (10 * project + contract) + n for project in TWELVE[1:] for contract in (0, 1) for n in range(3)
]


def flat(asked: Paths) -> int:
    return len([1 for path, _ in asked if path == "/rest/v1.0/payment_applications"])


@pytest.mark.parametrize("odd", [(), (gone("^/rest/v1.0/payment_applications"),)])
def test_invoices_that_are_below_contracts_are_found_there(
    odd: Any, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    """Also where the first project has neither."""
    api = OddApi(invoices, *odd, projects=TWELVE)
    server = servers(api)
    for turn in (1, 2):
        before = len(api.asked)
        procore = connect_to(server.url)
        table = procore.table("payment_applications", project_id=TWELVE, strict=True).fetch()
        assert [row["id"] for row in table] == INVOICES
        assert {(row["project_id"], row["id"] // 1000) for row in table} == {(n, n) for n in TWELVE[1:]}
        assert [note for note in table.notes if "came from /rest/v1.0/prime_contracts/" in note]
        asked = api.asked[before:]
        assert flat(asked) == (2 if turn == 1 else 0)
        # The contracts of the projects that were looked at first, to find out, are not asked for again.
        assert len(asked) == flat(asked) + 12 + 22
        with procore.table("payment_applications", project_id=TWELVE).to_batches() as batches:
            assert [row["id"] for batch in batches for row in batch.to_pylist()] == INVOICES
        assert "prime_contract_id" not in table.columns


def test_invoices_that_are_where_they_are_said_to_be_are_looked_for_nowhere_else(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    def rows(path: str, query: Mapping[str, list[str]]) -> list[Row]:
        return [{"id": 1}] if query["project_id"] != ["12"] else []

    api = OddApi(rows, projects=TWELVE)
    table = connect_to(servers(api).url).table("payment_applications", project_id=TWELVE, strict=True).fetch()
    assert len(table) == 11 and len(api.asked) == flat(api.asked) == 12
    assert [note for note in table.notes if "no row of project 12" in note]


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("pattern", ["/prime_contracts$", "/prime_contracts/"])
def test_contracts_that_are_refused_take_nothing_from_an_empty_list(
    pattern: str, status: int, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = OddApi(invoices, gone(pattern, status))
    table = connect_to(servers(api).url).table("payment_applications", project_id=12, strict=True).fetch()
    assert len(table) == 0 and table.incomplete == []
    assert [note for note in table.notes if "to people without access" in note]


def test_a_contract_that_is_refused_beside_others_is_missing(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = OddApi(invoices, gone("/prime_contracts/120/", 403))
    table = connect_to(servers(api).url).table("payment_applications", project_id=12)
    with pytest.warns(ProcoreIncompleteWarning):
        assert [row["id"] for row in table] == [12100, 12101, 12102]
    assert [one.status for one in table.incomplete] == [403]


# Empty lists


def test_an_empty_list_of_money_says_what_else_that_may_mean(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    procore = connect_to(servers(OddApi([])).url)
    for name in HIDING:
        table = procore.table(name, **given(CATALOG.find(name)), strict=True).fetch()
        assert len(table) == 0 and table.incomplete == []
        [note] = [note for note in table.notes if "to people without access" in note]
        assert f"{name} has no row of project 11" in note
    assert len(HIDING) > 20


def test_an_empty_stream_of_money_says_it_too(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    table = connect_to(servers(OddApi([])).url).table("prime_contracts", project_id=11)
    with pytest.warns(match="to people without access"), table.to_batches() as batches:
        assert sum(batch.num_rows for batch in batches) == 0


def test_a_list_that_has_rows_or_is_refused_or_is_of_no_money_says_nothing_of_that(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    full = connect_to(servers(OddApi([{"id": 1}])).url).table("prime_contracts", project_id=11)
    other = connect_to(servers(OddApi([])).url).table("rfis", project_id=11)
    assert not [note for table in (full, other) for note in table.fetch().notes if "no row" in note]
    api = OddApi(
        [{"id": 1}], lambda path, query: refusal("no", 403) if query["project_id"] == ["12"] else None
    )
    table = connect_to(servers(api).url).table("prime_contracts", project_id=[11, 12]).fetch()
    assert not [note for note in table.notes if "no row" in note] and len(table.incomplete) == 1


def test_parents_that_may_be_hidden_are_told_of_too(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    table = connect_to(servers(OddApi([])).url).table(
        "prime_contract_line_items", project_id=11, prime_contract_id="all"
    )
    assert [note for note in table.fetch().notes if "prime_contracts has no row of project 11" in note]


def test_a_refusal_with_another_form_is_told_as_it_came_first(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    def odd(path: str, query: Mapping[str, list[str]]) -> Answer:
        return refusal("Not Found", 404) if "/v1.0/" in path else refusal("You may not", 403)

    with pytest.raises(NotFound, match="Not Found"):
        connect_to(servers(OddApi([], odd)).url).table("action_plan_items", project_id=11).fetch()


# Topics of meetings

TOPICS = "/meeting_topics$"


def failing(pattern: str, largest: int = 0) -> Any:
    """Return what answers 500 to pages of more rows than that."""

    def odd(path: str, query: Mapping[str, list[str]]) -> Answer | None:
        large = int(query.get("per_page", ["20"])[0]) > largest
        return refusal("Internal Server Error", 500) if large and re.search(pattern, path) else None

    return odd


def meetings(path: str, query: Mapping[str, list[str]]) -> Any:
    """Return two meetings of each project with three topics each, but for the first, which has none; and the list of all topics."""
    project = int(path.split("/projects/")[1].split("/")[0])
    of = {
        10 * project + n: [{"id": 100 * project + 10 * n + k, "status": "Open"} for k in range(3)]
        for n in (0, 1)
    }
    if path.endswith("/meetings"):
        return [{"id": one} for one in ([] if project == 11 else of)]
    if path.endswith("/meeting_topics"):
        return [topic | {"meeting_id": one} for one, topics in of.items() for topic in topics]
    one = int(path.split("/")[-1])
    split = [
        {"id": 1, "title": "Old", "meeting_topic": of[one][:1]},
        {"id": 2, "title": "None", "meeting_topic": []},
    ]
    return {
        "id": one,
        "attendees": [],
        "meeting_categories": [*split, {"id": 3, "title": "New", "meeting_topic": of[one][1:]}],
    }


class Meetings(OddApi):
    """Answers a meeting by its own record."""

    def _page(self, rows: Any, path: str, query: Mapping[str, list[str]]) -> Answer:
        return (
            Answer(body=json.dumps(rows).encode())
            if isinstance(rows, dict)
            else super()._page(rows, path, query)
        )


ITEMS = [100 * project + 10 * n + k for project in TWELVE[1:] for n in (0, 1) for k in range(3)]


@pytest.mark.parametrize(("odd", "wasted"), [(gone(TOPICS), 2), (failing(TOPICS), 8)])
def test_topics_that_their_list_does_not_give_come_with_each_meeting(
    odd: Any, wasted: int, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = Meetings(meetings, odd, projects=TWELVE)
    server = servers(api)
    for turn in (1, 2):
        before, refused = len(api.asked), api.refused
        table = connect_to(server.url).table("meeting_items", project_id=TWELVE, strict=True).fetch()
        assert [row["id"] for row in table] == ITEMS
        assert [(row["meeting_id"], row["project_id"]) for row in table] == [
            (one // 10, one // 100) for one in ITEMS
        ]
        assert [note for note in table.notes if "came from" in note and "meetings/{meeting_id}" in note]
        assert not [note for note in table.notes if "meeting_id," in note or "meeting_id." in note]
        found_out = api.refused - refused
        assert found_out <= (2 * wasted if turn == 1 else 0)
        assert len(api.asked) - before == found_out + 12 + 22
        with connect_to(server.url).table("meeting_items", project_id=TWELVE).to_batches() as batches:
            assert [row["meeting_id"] for batch in batches for row in batch.to_pylist()] == [
                one // 10 for one in ITEMS
            ]


def test_topics_of_small_pages_are_not_asked_for_meeting_by_meeting(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    """So it was seen: 500 to 100 rows, and an answer to 10."""
    api = Meetings(meetings, failing(TOPICS, largest=10), projects=TWELVE)
    table = connect_to(servers(api).url).table("meeting_items", project_id=12, strict=True).fetch()
    assert [row["id"] for row in table] == ITEMS[:6] and {row["meeting_id"] for row in table} == {120, 121}
    assert api.refused == 2 and {path.split("/")[-1] for path, _ in api.asked} == {"meeting_topics"}


def test_a_meeting_that_is_refused_beside_others_is_missing(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = Meetings(meetings, gone(TOPICS), gone("/meetings/121$"), projects=TWELVE)
    table = connect_to(servers(api).url).table("meeting_items", project_id=12)
    with pytest.warns(ProcoreIncompleteWarning):
        assert [row["id"] for row in table] == ITEMS[:3]
    [missing] = table.incomplete
    assert missing.status == 404 and "/meetings/121" in missing.message


def test_a_server_that_is_down_is_not_asked_elsewhere_for_other_tables(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = OddApi([], failing("."))
    with pytest.raises(ProcoreAPIError):
        connect_to(servers(api).url).table("action_plan_items", project_id=11).fetch()
    assert {version(path) for path, _ in api.asked} == {"v1.0"}
