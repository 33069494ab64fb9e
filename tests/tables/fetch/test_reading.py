"""Reading a selection: rows are told apart by their key, and get the place that they are from."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pytest

from procore_jupyter import Procore, ProcoreAPIError, ProcoreIncompleteWarning
from procore_jupyter.tables.arrow.decode import decoder
from procore_jupyter.tables.arrow.ingest import Ingest
from procore_jupyter.tables.table import Table
from tests.session.conftest import Answer, Arrived, Server
from tests.tables.small_api import SmallApi, rfis, rfis_of

HARBOR = 4711
UNKNOWN = "/rest/v9.0/things"


def pages(*given: Sequence[Any], total: int | None = None) -> Callable[[Arrived], Answer]:
    """Return what answers with these pages, and empty ones after."""

    def answer(request: Arrived) -> Answer:
        number = int(
            request.path.partition("&page=")[2].partition("&")[0] or request.path.partition("?page=")[2] or 1
        )
        body = json.dumps(given[number - 1] if number <= len(given) else []).encode()
        count = sum(map(len, given)) if total is None else total
        return Answer(body=body, headers={"Total": str(count), "Per-Page": str(len(given[0]))})

    return answer


@pytest.fixture
def read(servers: Callable[..., Server], connect_to: Callable[..., Procore]) -> Callable[..., Table]:
    """Give what reads a table of the catalog from pages, or an unknown list."""

    def make(*given: Sequence[Any], unknown: bool = False, total: int | None = None, size: int = 2) -> Table:
        procore = connect_to(servers(pages(*given, total=total)).url, PageSize=size)
        table = procore.get_all(UNKNOWN) if unknown else procore.table("rfis", project_id=HARBOR)
        return table.fetch()

    return make


Read = Callable[..., Table]


@pytest.mark.parametrize("ids", [(1, 2, 3), ("1", "2", "3"), ("a", "b", "c")])
def test_a_row_that_is_met_again_on_another_page_comes_once(ids: tuple[Any, ...], read: Read) -> None:
    one, two, three = ({"id": number, "subject": f"{number}"} for number in ids)
    for unknown in (False, True):
        table = read([one, two], [two, three], unknown=unknown, total=3)
        assert [row["subject"] for row in table] == [f"{number}" for number in ids]


@pytest.mark.parametrize("total", [None, 100, 45])
@pytest.mark.parametrize("size", [20, 100])
def test_two_rows_of_one_id_on_different_pages_are_two_if_they_stand_there_together(
    servers: Callable[..., Server], connect_to: Callable[..., Procore], size: int, total: int | None
) -> None:
    rows = [{"id": number, "subject": f"{number}"} for number in range(100)]
    rows[37] = {"id": 3, "subject": "another"}

    def answer(request: Arrived) -> Answer:
        number = int(request.path.partition("&page=")[2].partition("&")[0])
        body = json.dumps(rows[(number - 1) * size : number * size]).encode()
        return Answer(body=body, headers={} if total is None else {"Total": f"{total}"})

    server = servers(answer)
    table = connect_to(server.url, PageSize=size).table("rfis", project_id=HARBOR).fetch()
    assert sorted(table.to_arrow()["subject"].to_pylist()) == sorted(str(row["subject"]) for row in rows)
    assert table.incomplete == [] and len(server.arrived) <= 14


def test_a_row_that_moved_while_it_was_changed_is_one(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    rows = [{"id": number, "subject": f"{number}"} for number in range(100)]

    def answer(request: Arrived) -> Answer:
        number = int(request.path.partition("&page=")[2].partition("&")[0])
        body = json.dumps(rows[(number - 1) * 20 : number * 20]).encode()
        if len(rows) == 100 and rows[3]["id"] == 3:
            rows.insert(99, {**rows.pop(3), "subject": "changed"})
        return Answer(body=body)

    table = connect_to(servers(answer).url, PageSize=20).table("rfis", project_id=HARBOR).fetch()
    ids = table.to_arrow()["id"].to_pylist()
    assert sorted(ids) == [*range(100)] and table.incomplete == []


def test_what_was_met_first_counts(read: Read) -> None:
    table = read([{"id": 1, "subject": "old"}, {"id": 2}], [{"id": 1, "subject": "new"}, {"id": 3}], total=3)
    assert [(row["id"], row["subject"]) for row in table] == [(1, "old"), (2, None), (3, None)]


def test_ids_that_come_twice_in_one_page_are_no_key(read: Read) -> None:
    rows = [{"id": 1, "subject": "a"}, {"id": 1, "subject": "b"}]
    assert [row["subject"] for row in read(rows, [{"id": 1, "subject": "c"}])] == ["a", "b", "c"]


def test_rows_without_an_id_are_not_told_apart(read: Read) -> None:
    rows = [{"subject": "same"}, {"subject": "same"}]
    assert len(read(rows, rows[:1])) == 3
    mixed = [{"id": 1}, {"id": None, "subject": "x"}], [{"id": 1}, {"subject": "x"}]
    assert len(read(*mixed, total=3)) == 3


def test_of_a_list_that_nobody_knows_only_the_very_same_row_is_the_same(read: Read) -> None:
    first, second = [{"id": 1, "of": "a"}, {"id": 2, "of": "a"}], [{"id": 2, "of": "a"}, {"id": 1, "of": "b"}]
    assert [(row["id"], row["of"]) for row in read(first, second, unknown=True, total=3)] == [
        (1, "a"),
        (2, "a"),
        (1, "b"),
    ]


def test_rows_are_told_apart_over_many_batches(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    many = rfis(6000)
    api = SmallApi({rfis_of(HARBOR): [*many[:4000], *many[3990:]]})
    table = connect_to(servers(api).url, PageSize=500).table("rfis", project_id=HARBOR)
    with pytest.warns(match="6,010 rows of rfis there and gave 6,000"):
        table.fetch()
    assert table.to_arrow()["id"].to_pylist() == [*range(1, 6001)]


def test_rows_are_told_apart_also_when_ids_become_texts_halfway(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    many = rfis(2500)
    moved = [*many[:2400], {"id": "f3a"}, *many[2390:]]
    server = servers(SmallApi({rfis_of(HARBOR): moved}))
    table = connect_to(server.url, PageSize=100).table("rfis", project_id=HARBOR)
    with pytest.warns():
        table.fetch()
    assert len(table) == 2501


def test_a_list_that_gives_its_first_page_without_end_is_left_and_told_of(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    """It ignores the page, tells of a next one each time, and has a new row in front each time."""
    server = servers()

    def answer(request: Arrived) -> Answer:
        newest = 1000 + len(server.arrived)
        body = json.dumps([{"id": number} for number in range(newest, newest - 20, -1)]).encode()
        return Answer(body=body, headers={"Link": '<http://elsewhere.test/>; rel="next"'})

    server.answer = answer
    table = connect_to(server.url, PageSize=20).table("rfis", project_id=HARBOR)
    with pytest.warns(match="again in place of others"):
        rows = table.to_arrow()
    assert len(server.arrived) < 300  # rows are told apart some thousand at a time
    assert len({*rows["id"].to_pylist()}) == len(rows) == 19 + len(server.arrived)
    assert [one.project_id for one in table.incomplete] == [HARBOR]


def test_a_list_that_never_comes_to_rest_is_told_of(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    listed, api = rfis(100), SmallApi({})
    server = servers()

    def answer(request: Arrived) -> Answer:
        # One row goes, and with the next answer it is back: the total falls and rises.
        api.lists[rfis_of(HARBOR)] = listed[len(server.arrived) % 2 :]
        return api(request)

    server.answer = answer
    table = connect_to(server.url, PageSize=20, MaxConcurrency=1).table("rfis", project_id=HARBOR)
    with pytest.warns(match="kept changing while it was being read"):
        rows = table.to_arrow()
    assert {*rows["id"].to_pylist()} >= {*range(2, 101)}
    assert len(server.arrived) < 30


def test_large_pages_lie_in_memory_of_their_own_and_no_thread_stays(
    servers: Callable[..., Server], connect_to: Callable[..., Procore], monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds: list[type] = []
    real = decoder

    def watching(*given: Any) -> Callable[[bytes | memoryview], Any]:
        decode = real(*given)
        return lambda body: kinds.append(type(body)) or decode(body)  # type: ignore[func-returns-value]

    monkeypatch.setattr("procore_jupyter.tables.fallbacks.place_lists.decoder", watching)
    threads: list[str] = []
    api = SmallApi({rfis_of(HARBOR): rfis(6000)})
    table = connect_to(servers(api).url, PageSize=1000).table("rfis", project_id=HARBOR)
    begin = Ingest.begin

    def begun(*given: Any) -> Any:
        found = begin(*given)
        threads.extend(one.name for one in threading.enumerate())
        return found

    monkeypatch.setattr(Ingest, "begin", begun)
    assert len(table.fetch()) == 6000
    assert kinds == [memoryview] * 6
    assert any(name.startswith("procore-rows") for name in threads)
    assert not any(one.name.startswith("procore-rows") for one in threading.enumerate())


def test_what_was_taken_of_the_limit_and_not_needed_is_given_back(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = SmallApi({rfis_of(HARBOR): rfis(300)})
    server = servers()

    def answer(request: Arrived) -> Answer:
        found = api(request)
        left = {
            "Limit": "400",
            "Remaining": str(400 - len(server.arrived)),
            "Reset": str(int(time.time()) + 600),
        }
        headers = {f"X-Rate-Limit-{name}": text for name, text in left.items()}
        return replace(found, headers={**found.headers, **headers, "Date": formatdate(usegmt=True)})

    server.answer = answer
    procore = connect_to(server.url, PageSize=20)
    procore.table("rfis", project_id=HARBOR).fetch()
    (window,) = procore._pace._file.last.windows.values()
    assert window.limit == 400
    assert window.taken == len(server.arrived) == 15  # a lease is of fifty


# Where a row is from


def test_each_row_says_where_it_is_from(read: Read) -> None:
    rows = read([{"id": 1}]).to_arrow()
    assert (rows["company_id"].to_pylist(), rows["project_id"].to_pylist()) == ([1234], [HARBOR])
    assert rows.schema.field("project_id").type == pa.int64()


def test_what_a_row_says_itself_counts_before_where_it_was_asked_for(read: Read) -> None:
    rows = (
        [{"id": 1, "project_id": 99}, {"id": 2, "project_id": "98"}],
        [{"id": 3, "project_id": None}, {"id": 4}],
    )
    assert [row["project_id"] for row in read(*rows)] == [99, 98, HARBOR, HARBOR]


@pytest.mark.parametrize("name", ["company_id", "project_id", "rfi_id"])
@pytest.mark.parametrize(
    "own", [[None], [None, None, 99], [99, None], [{}, None], [None, {}], [{}]], ids=repr
)
def test_what_a_row_does_not_say_is_where_it_was_asked_for(
    name: str, own: list[Any], servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    """The rows have no such field, or have null in it; all, the first ones or the last ones. The table doesn't declare it."""
    asked_for = {"company_id": 1234, "project_id": HARBOR, "rfi_id": 5}
    rows = [
        {"id": number, **({} if one == {} else {name: one})}
        for number, one in enumerate(one for one in own for _ in range(250))
    ]
    wanted = [row.get(name) or asked_for[name] for row in rows]
    procore = connect_to(servers(SmallApi({f"{rfis_of(HARBOR)}/5/replies": rows})).url)
    streamed = pa.Table.from_batches(
        [*procore.table("rfi_replies", project_id=HARBOR, rfi_id=5).to_batches()]
    )
    procore.forget()
    for found in (procore.table("rfi_replies", project_id=HARBOR, rfi_id=5).to_arrow(), streamed):
        assert found.schema.field(name).type == pa.int64()
        assert found[name].to_pylist() == wanted


@pytest.mark.parametrize("own", ["PRJ-1", {"id": 99}, [1]])
def test_what_a_row_says_itself_is_kept_whatever_its_type(own: Any, read: Read) -> None:
    text = own if isinstance(own, str) else json.dumps(own, separators=(",", ":"))
    assert [str(row["project_id"]) for row in read([{"id": 1, "project_id": own}, {"id": 2}])] == [
        text,
        str(HARBOR),
    ]


def test_rows_of_parents_say_whose_they_are(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    replies = {
        f"{rfis_of(HARBOR)}/{rfi}/replies": [{"id": rfi * 10}, {"id": rfi * 10 + 1}] for rfi in (1, 2, 3)
    }
    server = servers(SmallApi({rfis_of(HARBOR): rfis(3), **replies}))
    procore = connect_to(server.url)
    for rfi_id in ("all", [1, 2, 3]):
        rows = procore.table("rfi_replies", project_id=HARBOR, rfi_id=rfi_id).to_arrow()
        assert rows["rfi_id"].to_pylist() == [1, 1, 2, 2, 3, 3] and rows["id"].to_pylist() == [
            10,
            11,
            20,
            21,
            30,
            31,
        ]
        assert rows.column_names[:5] == ["id", "company_id", "project_id", "project_name", "rfi_id"]
    asked = [request.path.partition("?")[0] for request in server.arrived]
    assert asked.count(rfis_of(HARBOR)) == 1, "whose replies there are is asked for once"


def replies_of(*given: int) -> dict[str, Any]:
    return {f"{rfis_of(HARBOR)}/{rfi}/replies": [{"id": rfi * 10}] for rfi in given}


def test_what_is_missing_of_the_parents_is_missing_of_their_rows(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = SmallApi({rfis_of(HARBOR): rfis(3), **replies_of(1, 2, 3)})

    def answer(request: Arrived) -> Answer:
        found = api(request)
        of_rfis = request.path.partition("?")[0] == rfis_of(HARBOR)
        return replace(found, headers={**found.headers, "Total": "5"}) if of_rfis else found

    procore = connect_to(servers(answer).url)
    table = procore.table("rfi_replies", project_id=HARBOR, rfi_id="all")
    with pytest.warns(ProcoreIncompleteWarning, match="Procore counts 5 rows of rfis there and gave 3"):
        assert len(table.fetch()) == 3
    assert [one.project_id for one in table.incomplete] == [HARBOR]
    with pytest.raises(ProcoreAPIError, match="counts 5 rows of rfis"):
        procore.table("rfi_replies", project_id=HARBOR, rfi_id="all", strict=True).fetch()


def test_parents_beyond_max_rows_are_told_of(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    server = servers(SmallApi({rfis_of(HARBOR): rfis(3), **replies_of(1, 2, 3)}))
    procore = connect_to(server.url, MaxRows=2)
    with pytest.warns(ProcoreIncompleteWarning, match=r"Only the first 2 rows of rfis were read \(MaxRows\)"):
        procore.table("rfi_replies", project_id=HARBOR, rfi_id="all").fetch()


def test_rows_of_parents_whose_ids_are_numbers_and_texts(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    replies = {f"{rfis_of(HARBOR)}/{rfi}/replies": [{"id": number}] for number, rfi in enumerate((1, "f3a"))}
    procore = connect_to(servers(SmallApi(replies)).url)
    table = procore.table("rfi_replies", project_id=HARBOR, rfi_id=[1, "f3a"]).fetch()
    assert [str(row["rfi_id"]) for row in table] == ["1", "f3a"]


# What a list is


@pytest.mark.parametrize("known", [False, True])
def test_a_list_in_an_envelope_that_tells_its_page_is_read_whole_and_ends(
    known: bool, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    rows = [{"id": number} for number in range(60)]

    def answer(request: Arrived) -> Answer:
        asked = {name: int(values[-1]) for name, values in parse_qs(urlsplit(request.path).query).items()}
        page, size = asked.get("page", 1), min(asked.get("per_page", 20), 25)
        part = rows[(page - 1) * size : page * size]
        return Answer(body=json.dumps({"items": part, "pagination": {"page": page, "total": 60}}).encode())

    server = servers(answer)
    procore = connect_to(server.url)
    table = procore.table("rfis", project_id=HARBOR) if known else procore.get_all(UNKNOWN)
    assert [row["id"] for row in table.fetch()] == [*range(60)] and table.incomplete == []
    assert len(server.arrived) <= 5


def test_a_record_that_tells_its_page_is_one_row_and_asked_for_once(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    server = servers()
    for headers in ({}, {"Total": "60"}):
        server.arrived.clear()

        def answer(request: Arrived, headers: dict[str, str] = headers) -> Answer:
            return Answer(body=json.dumps({"name": "x", "asked": request.path}).encode(), headers=headers)

        server.answer = answer
        table = connect_to(server.url).get_all(UNKNOWN)
        with pytest.warns() if headers else contextlib.nullcontext():
            assert len(table.fetch()) == 1
        assert len(server.arrived) == 1
        assert bool(table.incomplete) == bool(headers), "one row of sixty"


@pytest.mark.parametrize("body", ["null", "[null]", '{"data": null}', '{"data": [null, null]}'])
def test_a_list_of_nothing_has_no_rows(
    body: str, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    procore = connect_to(servers(lambda request: Answer(body=body.encode())).url)
    for table in (procore.table("rfis", project_id=HARBOR), procore.get_all(UNKNOWN)):
        assert len(table.fetch()) == 0 and table.incomplete == []


@pytest.mark.parametrize(
    "body", ['{"errors": ["too busy"]}', '{"data": [], "error": "too busy"}', '[{"error": "too busy"}]']
)
def test_an_error_with_a_status_of_success_is_an_error(
    body: str, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = SmallApi({rfis_of(number): rfis(3) for number in (1, 2)})
    server = servers(api)
    api.refused[rfis_of(2)] = api.refused[UNKNOWN] = Answer(200, body.encode())
    procore = connect_to(server.url)
    for table in (procore.table("rfis", project_id=2), procore.get_all(UNKNOWN)):
        with pytest.raises(ProcoreAPIError, match="too busy.*instead of a list"):
            table.fetch()
    several = procore.table("rfis", project_id=[1, 2])
    with pytest.warns(ProcoreIncompleteWarning):
        assert len(several.fetch()) == 3
    assert [(one.project_id, one.status) for one in several.incomplete] == [(2, 200)]
    # One that passes is asked for again.
    left = [Answer(200, body.encode())] * 2
    server.answer = lambda request: left.pop() if left else api(request)
    assert len(procore.table("rfis", project_id=1, params={"again": 1}).fetch()) == 3
