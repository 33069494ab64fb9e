"""What is asked of Procore, table by table: pages, days, parents, views and filters, as others have seen it answer."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from procore_jupyter import Procore, ProcoreAPIError, ProcoreIncompleteWarning, profiles
from procore_jupyter.tables.cache import Cache
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.definitions.spec import TableSpec
from procore_jupyter.tables.reader import Reader
from tests.session.conftest import Answer, Arrived, Server

CATALOG = Catalog(profiles.load("Procore")[0])
TABLES = [*CATALOG.tables.values()]
HARBOR = 4711
by_name = pytest.mark.parametrize("spec", TABLES, ids=lambda spec: spec.name)


class Listed:
    """Answers every list with the same rows, in pages, and refuses pages that are too large as Procore does."""

    def __init__(self, count: int = 0, *, tells: bool = True, largest: int = 10_000) -> None:
        self.rows = [{"id": number} for number in range(1, count + 1)]
        self.tells, self.largest = tells, largest
        self.asked: list[tuple[str, dict[str, list[str]]]] = []

    def __call__(self, request: Arrived) -> Answer:
        """Answer one request."""
        parts = urlsplit(request.path)
        query = parse_qs(parts.query)
        self.asked.append((parts.path, query))
        size, page = int(query.get("per_page", ["20"])[0]), int(query.get("page", ["1"])[0])
        if size > self.largest:
            text = f"Invalid per_page of {size}, exceeding max per_page of {self.largest}"
            return Answer(400, json.dumps({"errors": text}).encode())
        found = self.rows[(page - 1) * size : page * size]
        headers = {"Total": str(len(self.rows)), "Per-Page": str(size)} if self.tells else {}
        return Answer(
            body=json.dumps({"data": found} if "/rest/v2" in parts.path else found).encode(), headers=headers
        )


def given(spec: TableSpec) -> dict[str, Any]:
    """Return what a table needs."""
    needed: dict[str, Any] = dict.fromkeys((*spec.required, *spec.parents), 5)
    return needed | ({"project_id": HARBOR} if spec.scope == "project" else {})


def largest_of(path: str) -> int:
    """Return the largest page that lists at an address were seen to take."""
    nested = [part for part in path.split("/") if part.startswith("{")]
    return 100 if "/v2" in path or {*nested} - {"{company_id}", "{project_id}"} else 1000


@by_name
def test_no_list_is_asked_for_a_page_that_was_seen_to_be_refused(
    spec: TableSpec, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = Listed(150, largest=largest_of(spec.path))
    table = connect_to(servers(api).url).table(spec.name, **given(spec)).fetch()
    assert len(table) == 150 and table.incomplete == []
    sizes = {int(query["per_page"][0]) for _, query in api.asked}
    assert sizes == {spec.largest_page} and spec.largest_page <= largest_of(spec.path)
    assert len(api.asked) == -(-150 // spec.largest_page)


@by_name
def test_pages_are_asked_for_of_every_list_whatever_its_documents_say(
    spec: TableSpec, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    """A list that pages by twenty and tells no total: nothing is lost of it."""

    def twenty(request: Arrived) -> Answer:
        parts = urlsplit(request.path)
        page = int(parse_qs(parts.query).get("page", ["1"])[0])
        rows = [{"id": number} for number in range(1, 64)][(page - 1) * 20 : page * 20]
        return Answer(body=json.dumps({"data": rows} if "/rest/v2" in parts.path else rows).encode())

    table = connect_to(servers(twenty).url).table(spec.name, **given(spec)).fetch()
    assert len(table) == 63 and table.incomplete == []


WHOLE = [spec.name for spec in TABLES if spec.whole]


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("count", [0, 1, 20, 63])
def test_a_list_that_comes_whole_takes_one_request_more_and_is_no_less_complete(
    name: str, count: int, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    asked: list[str] = []

    def whole(request: Arrived) -> Answer:
        asked.append(request.path)
        rows = [{"id": number} for number in range(count)]
        return Answer(body=json.dumps({"data": rows} if "budget_changes" in request.path else rows).encode())

    table = connect_to(servers(whole).url).table(name, project_id=HARBOR).fetch()
    assert len(table) == count and table.incomplete == []
    assert len(asked) == (2 if count else 1) and all("per_page=" in one for one in asked)


def test_some_lists_are_still_said_to_come_whole() -> None:
    assert WHOLE == ["plan_revision_logs", "budget_changes"]


def test_a_persons_page_size_goes_beyond_what_is_usual_and_not_beyond_what_is_known(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = Listed(5)
    procore = connect_to(servers(api).url, PageSize=2000)
    for name in ("locations", "projects", "schedules", "rfi_replies"):
        procore.table(name, **given(CATALOG.find(name))).fetch()
    assert [query["per_page"] for _, query in api.asked] == [["2000"], ["300"], ["100"], ["100"]]


def test_a_list_that_nobody_knows_is_asked_for_by_its_address(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = Listed(5)
    procore = connect_to(servers(api).url)
    for path in ("/rest/v1.0/things", "/rest/v1.0/things/7/parts", "/rest/v2.0/things"):
        procore.get_all(path).fetch()
    assert [query["per_page"] for _, query in api.asked] == [["1000"], ["100"], ["100"]]


# Days


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-11-23T17:00:00Z", "2026-11-23"),
        ("2026-11-23T11:59:59Z", "2026-11-22"),
        ("2026-11-23T12:00:00Z", "2026-11-23"),
        ("2026-11-23T00:00:00Z", "2026-11-22"),
        ("2026-01-01T00:00:00Z", "2025-12-31"),
    ],
)
def test_the_last_day_that_is_asked_for_has_begun_everywhere(now: str, day: str) -> None:
    moment = datetime.datetime.fromisoformat(now)
    reader = Reader(None, None, Cache(clock=moment.timestamp), CATALOG)  # type: ignore[arg-type]
    assert reader.today == datetime.date.fromisoformat(day)
    for hours in range(-12, 15):
        there = moment.astimezone(datetime.timezone(datetime.timedelta(hours=hours))).date()
        assert reader.today <= there


BY_DAY = [spec.name for spec in TABLES if spec.dates]


@pytest.mark.parametrize("name", BY_DAY)
def test_a_table_by_day_is_asked_for_up_to_today_and_says_so(
    name: str, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api, spec = Listed(3), CATALOG.find(name)
    procore = connect_to(servers(api).url)
    table = procore.table(name, **given(spec)).fetch()
    (_, query), *_ = api.asked
    [last] = query["end_date"]
    assert query["start_date"] == ["2000-01-01"] and "log_date" not in query
    assert last == datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=-12))).date().isoformat()
    assert [note for note in table.notes if f"The days up to {last} were read" in note]
    chosen = procore.table(name, **given(spec), start_date="2026-10-01", end_date="2026-10-31").fetch()
    assert (api.asked[-1][1]["start_date"], api.asked[-1][1]["end_date"]) == (["2026-10-01"], ["2026-10-31"])
    assert not [note for note in chosen.notes if "were read" in note]


def test_all_logs_timecards_and_headers_are_by_day() -> None:
    logs = [spec.name for spec in TABLES if spec.name.endswith("_logs")]
    others = ["daily_log_counts", "daily_log_headers", "timecard_entries", "company_timecard_entries"]
    assert [*logs, *others] == BY_DAY and len(logs) == 18


def test_a_log_of_one_day_can_be_asked_for_where_that_was_seen() -> None:
    days = {spec.name: spec.dates for spec in TABLES if spec.dates and "log_date" not in spec.dates}
    assert days == dict.fromkeys(
        ("daily_log_headers", "company_timecard_entries"), ("start_date", "end_date")
    )


# Parents


def test_change_order_requests_are_those_of_prime_contracts_and_of_commitments(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    below = {"/rest/v1.0/prime_contracts": [11, 12], "/rest/v1.0/commitments": [21]}

    def answer(request: Arrived) -> Answer:
        parts = urlsplit(request.path)
        [contract] = parse_qs(parts.query).get("contract_id", [""])
        rows = (
            [{"id": one} for one in below.get(parts.path, [])]
            if not contract
            else [{"id": int(contract) * 10}]
        )
        return Answer(body=json.dumps(rows).encode(), headers={"Total": str(len(rows))})

    server = servers(answer)
    table = (
        connect_to(server.url).table("change_order_requests", project_id=HARBOR, contract_id="all").fetch()
    )
    assert [(row["id"], row["contract_id"]) for row in table] == [(110, 11), (120, 12), (210, 21)]
    assert table.to_arrow()["contract_id"].type == "int64"
    assert len(server.arrived) == 5


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("refused", [{"prime_contracts"}, {"prime_contracts", "commitments"}])
def test_a_kind_of_parents_that_is_refused_does_not_end_the_reading_of_the_other(
    refused: set[str], status: int, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    def answer(request: Arrived) -> Answer:
        path = urlsplit(request.path).path
        if path.rpartition("/")[2] in refused:
            return Answer(status, b'{"errors": "You do not have permission"}')
        return Answer(body=b'[{"id": 21}]', headers={"Total": "1"})

    table = connect_to(servers(answer).url).table(
        "change_order_requests", project_id=HARBOR, contract_id="all"
    )
    if len(refused) == 2:
        with pytest.raises(ProcoreAPIError, match="permission"):
            table.fetch()
        return
    with pytest.warns(ProcoreIncompleteWarning, match="prime_contracts"):
        assert table.to_arrow()["contract_id"].to_pylist() == [21]
    [missing] = table.incomplete
    assert (missing.project, missing.status) == ("prime_contracts", status)


def test_what_contract_is_needed_is_told_with_both_tables(connect_to: Callable[..., Procore]) -> None:
    with pytest.raises(ValueError, match="contract_id, an id of prime_contracts or commitments"):
        connect_to("http://127.0.0.1:9").table("change_order_requests", project_id=HARBOR)


# Views and filters


@pytest.mark.parametrize("name", ["vendors", "project_vendors"])
def test_vendors_come_in_the_extended_view(
    name: str, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = Listed(3)
    procore = connect_to(servers(api).url)
    procore.table(name, **given(CATALOG.find(name))).fetch()
    procore.table(name, **given(CATALOG.find(name)), view="compact" if name == "vendors" else "list").fetch()
    assert [query["view"] for _, query in api.asked] == [
        ["extended"],
        ["compact" if name == "vendors" else "list"],
    ]


def test_the_status_of_rfis_is_asked_for_as_a_list(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = Listed(3)
    connect_to(servers(api).url).table("rfis", project_id=HARBOR, status="open").fetch()
    [(_, query)] = api.asked
    assert query["filters[status][]"] == ["open"] and "filters[status]" not in query
