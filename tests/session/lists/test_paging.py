"""Lists are read whole over real connections, from servers that page as Procore does and from others."""

from __future__ import annotations

import _thread
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from procore_jupyter.errors import LoginRequired
from procore_jupyter.session.api_errors import PermissionDenied, ProcoreAPIError, RateLimited
from procore_jupyter.session.limits.rate_limit import LITTLE
from procore_jupyter.session.lists import paging
from procore_jupyter.session.lists.list_request import ListRequest
from procore_jupyter.session.lists.open_list import BELIEVED, Event, Failed, Idle, Rows
from procore_jupyter.session.quirks import Quirks
from procore_jupyter.session.refreshing import RefreshingSession
from procore_jupyter.session.scope import Scope
from tests.session.conftest import Answer, Arrived, Server, Tokens

LIST = "/rest/v1.0/list"
ROWS = [{"id": number, "name": f"row {number}"} for number in range(1, 26)]
MANY = [{"id": number} for number in range(1, 346)]


def query(request: Arrived) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(request.path).query).items()}


UNLIMITED = {
    "X-Rate-Limit-Limit": "1000000",
    "X-Rate-Limit-Remaining": "999999",
    "X-Rate-Limit-Reset": "3600",
}
"""Headers without which the first requests are made one at a time."""


def paged(
    rows: list[Any],
    per_page: int = 10,
    *,
    total: bool = True,
    link: bool = True,
    envelope: bool = False,
    largest: int = 100,
) -> Callable[[Arrived], Answer]:
    def answer(request: Arrived) -> Answer:
        asked = query(request)
        size = min(int(asked.get("per_page", per_page)), largest)
        page = int(asked.get("page", 1))
        part = rows[(page - 1) * size : page * size]
        headers = {"Total": str(len(rows)), "Per-Page": str(size)} if total else {}
        if link:
            # As documented: the caller's own parameters are lost, and the host is another.
            more = page * size < len(rows)
            headers["Link"] = f'<http://evil.test/rest?page={page + 1}>; rel="next"' if more else ""
        body = {"data": part} if envelope else part
        return Answer(body=json.dumps(body).encode(), headers={**UNLIMITED, **headers})

    return answer


def short(session: RefreshingSession, **how: Any) -> list[Any]:
    return paging.rows(session, LIST, {"company_id": 7}, **how)


def events(session: RefreshingSession, *lists: ListRequest, **how: Any) -> Iterator[Event]:
    return paging.read(session, paging.ListSource(lists), Scope(), **how)


def read(session: RefreshingSession, *lists: ListRequest, **how: Any) -> list[Any]:
    """Read lists as a table does; return what came, each id of a list once."""
    found: list[Any] = []
    for event in events(session, *(lists or (ListRequest(LIST, [("company_id", 7)]),)), **how):
        if isinstance(event, Failed):
            raise event.error
        if isinstance(event, Rows):
            found += [row for row in event.rows if row not in found]
        else:
            event.pages.look_again(len(found))
    return found


def our_threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("procore-read")]


@pytest.fixture(params=["short", "read"])
def way(request: pytest.FixtureRequest) -> Callable[..., list[Any]]:
    """Both ways to read a list."""
    if request.param == "short":
        return short

    def whole(session: RefreshingSession, page_size: int | None = None) -> list[Any]:
        return read(session, ListRequest(LIST, [("company_id", 7)], page_size=page_size))

    return whole


@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize("link", [True, False])
@pytest.mark.parametrize("envelope", [True, False])
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 25])
def test_every_row_comes_once_whatever_the_server_tells(
    total: bool,
    link: bool,
    envelope: bool,
    count: int,
    api: Server,
    session: RefreshingSession,
    way: Callable[..., list[Any]],
) -> None:
    api.answer = paged(ROWS[:count], total=total, link=link, envelope=envelope)
    assert way(session) == ROWS[:count]
    if total or link:
        # A total that is met by a full page may be that of the page.
        unsure = bool(count) and count % 10 == 0 and not link
        assert len(api.arrived) == max(1, -(-count // 10)) + unsure


def test_the_callers_parameters_go_along_with_every_page(
    api: Server, session: RefreshingSession, way: Callable[..., list[Any]]
) -> None:
    api.answer = paged(ROWS)
    way(session, page_size=5)
    assert sorted((query(r) for r in api.arrived), key=lambda asked: asked["page"]) == [
        {"company_id": "7", "per_page": "5", "page": str(page)} for page in range(1, 6)
    ]


def test_a_link_is_never_followed(
    api: Server,
    servers: Callable[..., Server],
    session: RefreshingSession,
    way: Callable[..., list[Any]],
) -> None:
    other = servers()
    answers = paged(ROWS)

    def answer(request: Arrived) -> Answer:
        given = answers(request)
        more = 'rel="next"' in given.headers["Link"]
        link = f'<{other.url}/next>; rel="{"next" if more else "prev"}"'
        return Answer(body=given.body, headers={**given.headers, "Link": link})

    api.answer = answer
    assert way(session) == ROWS
    assert other.arrived == []


def test_a_server_that_gives_fewer_rows_a_page_than_asked_for_is_read_whole(
    api: Server, session: RefreshingSession, way: Callable[..., list[Any]]
) -> None:
    api.answer = paged(ROWS, largest=4)
    assert way(session, page_size=1000) == ROWS


def test_a_server_that_ignores_page_gives_its_rows_once(
    api: Server, session: RefreshingSession, way: Callable[..., list[Any]]
) -> None:
    for headers in ({}, {"Link": '<x>; rel="next"'}, {"Total": "1000"}):
        api.arrived.clear()
        api.answers(Answer(body=json.dumps(ROWS).encode(), headers=headers))
        assert way(session) == ROWS
        assert 2 <= len(api.arrived) <= 5


@pytest.mark.parametrize(
    ("left", "reset", "requests"), [(100, 3000, 3), (LITTLE, 3000, 3), (LITTLE - 1, 3000, 2), (1, 30, 3)]
)
def test_no_request_is_spent_on_a_guess_when_little_of_a_long_window_remains(
    left: int, reset: int, requests: int, api: Server, session: RefreshingSession
) -> None:
    headers = {
        "X-Rate-Limit-Limit": "3600",
        "X-Rate-Limit-Remaining": str(left),
        "X-Rate-Limit-Reset": str(reset),
    }
    api.answer = lambda request: Answer(body=json.dumps(ROWS).encode(), headers=headers)
    # The list ignores page; one request more, of another size, would tell that these are all its rows.
    assert short(session, page_size=len(ROWS)) == ROWS
    assert len(api.arrived) == requests


def test_rows_without_ids_come_as_they_are(
    api: Server, session: RefreshingSession, way: Callable[..., list[Any]]
) -> None:
    rows = [[1], [2], "three", {"name": "x"}, {"name": "y"}]
    api.answer = paged(rows, 2)
    assert way(session) == rows
    api.answers(Answer(body=json.dumps(rows).encode()))
    assert way(session) == rows


def test_two_rows_of_one_answer_are_two_whatever_their_ids(
    api: Server, session: RefreshingSession, way: Callable[..., list[Any]]
) -> None:
    rows = [*ROWS[:3], {"id": 2, "name": "another"}, *ROWS[3:]]
    api.answer = paged(rows)
    assert way(session) == rows


def test_a_row_that_moves_to_the_next_page_while_reading_comes_once(
    api: Server, session: RefreshingSession, way: Callable[..., list[Any]]
) -> None:
    rows = [*ROWS]

    def answer(request: Arrived) -> Answer:
        given = paged(rows)(request)
        if query(request)["page"] == "1" and len(rows) == len(ROWS):
            rows.insert(0, {"id": 999, "name": "new"})
        return given

    api.answer = answer
    found = way(session)
    assert sorted(row["id"] for row in found) == [*range(1, 26), 999]


def test_an_error_on_a_later_page_is_an_error_and_no_short_list(
    api: Server, session: RefreshingSession, way: Callable[..., list[Any]]
) -> None:
    refused = Answer(403, b'{"errors":"no"}')
    api.answer = lambda request: refused if query(request)["page"] == "2" else paged(ROWS)(request)
    with pytest.raises(PermissionDenied):
        way(session)


def test_a_limit_beyond_max_wait_is_an_error(
    api: Server, make_session: Callable[..., RefreshingSession], way: Callable[..., list[Any]]
) -> None:
    api.answers(Answer(429, b"", {"Retry-After": "3000"}))
    with pytest.raises(RateLimited) as caught:
        way(make_session(max_wait=60))
    assert caught.value.retry_after == 3000


@pytest.mark.parametrize(
    "body",
    [
        b"<html>sign in to the wifi</html>",
        b'{"name": "x"}',
        b'{"id": 7, "rows": []}',
        b'"text"',
        b"7",
        b"",
        b"[" * 5000,
    ],
)
def test_what_is_no_list_is_an_error_that_says_so(
    body: bytes, api: Server, session: RefreshingSession, way: Callable[..., list[Any]]
) -> None:
    api.answers(Answer(body=body, headers={"Content-Type": "text/html"}))
    with pytest.raises(ProcoreAPIError, match="isn't a list came from GET /rest/v1.0/list"):
        way(session)
    assert len(api.arrived) == 3


@pytest.mark.parametrize("broken", [b"<html>busy</html>", b'[{"id": 1}, {"id"', b""])
def test_an_answer_that_is_no_list_is_asked_for_again(
    broken: bytes, api: Server, session: RefreshingSession, way: Callable[..., list[Any]]
) -> None:
    left = [Answer(body=broken), Answer(body=broken)]

    def answer(request: Arrived) -> Answer:
        return left.pop() if left and query(request)["page"] == "2" else paged(ROWS)(request)

    api.answer = answer
    assert way(session) == ROWS


# A page that is too large


def test_a_size_that_is_refused_by_name_is_made_smaller(
    api: Server, session: RefreshingSession, way: Callable[..., list[Any]]
) -> None:
    def answer(request: Arrived) -> Answer:
        if int(query(request)["per_page"]) > 30:
            return Answer(422, b'{"errors":{"per_page":["must be less than or equal to 30"]}}')
        return paged(MANY)(request)

    api.answer = answer
    assert way(session, page_size=2000) == MANY
    assert [query(one)["per_page"] for one in api.arrived[:2]] == ["2000", "30"]


def test_a_size_that_is_refused_without_a_number_goes_down_the_ladder(
    api: Server, session: RefreshingSession, way: Callable[..., list[Any]]
) -> None:
    def answer(request: Arrived) -> Answer:
        if int(query(request)["per_page"]) > 100:
            return Answer(400, b'{"error":{"code":"BAD_REQUEST","message":"per_page is too large"}}')
        return paged(MANY)(request)

    api.answer = answer
    assert way(session, page_size=2000) == MANY
    assert [query(one)["per_page"] for one in api.arrived] == ["2000", "100", "100", "100", "100"]


def test_another_refusal_is_told_as_it_was_after_one_more_try(
    api: Server, session: RefreshingSession, way: Callable[..., list[Any]]
) -> None:
    api.answers(Answer(400, b'{"errors":"contract_id is missing"}'), Answer(400, b'{"errors":"the same"}'))
    with pytest.raises(ProcoreAPIError, match="contract_id is missing"):
        way(session, page_size=2000)
    assert len(api.arrived) == 2


TOO_LARGE = [
    Answer(400, b'{"errors":"Invalid per_page of 1000, exceeding max per_page of 100"}'),
    Answer(400, b'{"code":"BAD_REQUEST"}'),
    Answer(500, b'{"errors":"Internal Server Error"}'),
    Answer(504),
]


@pytest.mark.parametrize("refusal", TOO_LARGE, ids=lambda one: f"{one.status} {one.body.decode()}")
def test_what_size_a_list_takes_is_found_out_once_for_all_parents_and_kernels(
    refusal: Answer,
    api: Server,
    make_session: Callable[..., RefreshingSession],
    tmp_path: Path,
) -> None:
    def answer(request: Arrived) -> Answer:
        return refusal if int(query(request)["per_page"]) > 100 else paged(ROWS)(request)

    api.answer = answer
    tmp_path.chmod(0o700)
    for number, sizes in ((1, ["1000", "100"]), (2, ["100"])):
        session = make_session(quirks=Quirks(api.url, tmp_path / "quirks.json"))
        for parent in (number, number + 10):
            path = f"/rest/v1.0/contracts/{parent}/lines"
            assert paging.rows(session, path, page_size=1000) == ROWS
            assert [query(one)["per_page"] for one in api.arrived] == sizes
            api.arrived.clear()
            sizes = ["100"]


def test_a_list_that_failed_once_at_a_large_page_is_not_taken_to_fail_for_ever(
    api: Server, make_session: Callable[..., RefreshingSession]
) -> None:
    now = [1000.0]
    session = make_session(quirks=Quirks(api.url, clock=lambda: now[0]))
    left = [Answer(500)]
    api.answer = lambda request: left.pop() if left else paged(ROWS)(request)
    for later, asked in ((0.0, ["1000", "100"]), (BELIEVED - 1, ["100"]), (1.0, ["1000"])):
        now[0] += later
        api.arrived.clear()
        assert paging.rows(session, LIST, page_size=1000) == ROWS
        assert [query(one)["per_page"] for one in api.arrived] == asked


def test_a_server_that_fails_for_a_while_at_any_size_is_tried_again_and_its_pages_stay_large(
    api: Server, make_session: Callable[..., RefreshingSession], way: Callable[..., list[Any]]
) -> None:
    left = [Answer(500)] * 6
    api.answer = lambda request: left.pop() if left else paged(MANY, largest=1000)(request)
    session = make_session()
    for sizes in (["1000", "100", "25", *["10"] * 4, "1000"], ["1000"]):
        api.arrived.clear()
        assert way(session, page_size=1000) == MANY
        assert [query(one)["per_page"] for one in api.arrived] == sizes


@pytest.mark.parametrize("status", [408, 500, 504])
def test_a_page_that_takes_too_long_is_asked_for_in_parts(
    status: int, api: Server, make_session: Callable[..., RefreshingSession], way: Callable[..., list[Any]]
) -> None:
    def answer(request: Arrived) -> Answer:
        if int(query(request)["per_page"]) > 50:
            return Answer(status, b'{"errors":"the query took too long"}')
        return paged(MANY, largest=1000)(request)

    api.answer = answer
    assert way(make_session(), page_size=200) == MANY


def test_a_page_that_takes_longer_than_the_timeout_is_asked_for_in_parts(
    api: Server, make_session: Callable[..., RefreshingSession]
) -> None:
    slow = threading.Event()

    def answer(request: Arrived) -> Answer:
        if int(query(request)["per_page"]) > 50:
            slow.wait(5)
        return paged(MANY, largest=1000)(request)

    api.answer = answer
    try:
        assert read(make_session(timeout=0.5), ListRequest(LIST, page_size=100)) == MANY
    finally:
        slow.set()


# Several at a time


class Meeting:
    """An answer that comes only when a number of requests are under way at once."""

    def __init__(self, count: int, answer: Callable[[Arrived], Answer]) -> None:
        self.barrier = threading.Barrier(count)
        self.answer = answer

    def __call__(self, request: Arrived) -> Answer:
        if query(request)["page"] != "1":
            self.barrier.wait(20)
        return self.answer(request)


def test_the_pages_after_the_first_are_asked_for_several_at_a_time_and_come_in_order(
    api: Server, session: RefreshingSession
) -> None:
    api.answer = Meeting(4, paged(MANY[:45], 5))
    assert read(session, concurrency=4) == MANY[:45]


def test_no_more_requests_are_under_way_than_allowed(api: Server, session: RefreshingSession) -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    def answer(request: Arrived) -> Answer:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.005)
        with lock:
            under_way -= 1
        return paged(MANY)(request)

    api.answer = answer
    read(session, concurrency=3)
    assert most == 3
    most = 0
    read(session, concurrency=1)
    assert most == 1


def test_what_nobody_waits_for_is_not_asked_for(api: Server, session: RefreshingSession) -> None:
    """While pages come faster than they are used up, one is under way, so a long list takes no more memory."""
    rows = [{"id": number, "text": "x" * 10_000} for number in range(2000)]
    api.answer = paged(rows, 100)
    ahead, taken, slowest = [], 0, 0.03
    asked = time.monotonic()
    for event in events(session, ListRequest(LIST, page_size=100), concurrency=4):
        slowest = max(slowest, time.monotonic() - asked)  # a busy machine serves slowly
        if isinstance(event, Rows):
            taken += 1
            time.sleep(3 * slowest)
            ahead.append(len(api.arrived) - taken)
        asked = time.monotonic()
    assert taken == 20
    # Where this thread had to wait for its turn at the processor, a page may have seemed late.
    assert max(sorted(ahead[2:])[:-3]) <= 1 and max(ahead) <= 4, ahead


def test_large_pages_are_asked_for_several_at_a_time_where_they_are_waited_for(
    api: Server, session: RefreshingSession
) -> None:
    rows = [{"id": number, "text": "x" * 10_000} for number in range(1300)]
    api.answer = Meeting(4, paged(rows, 100))
    found = 0
    for event in events(session, ListRequest(LIST, page_size=100), concurrency=4):
        found += len(event.rows) if isinstance(event, Rows) else 0
    assert found == 1300


def test_several_lists_are_read_side_by_side_and_come_one_after_the_other(
    api: Server, session: RefreshingSession
) -> None:
    api.answer = lambda request: paged([{"id": f"{query(request)['of']}-{n}"} for n in range(25)])(request)
    lists = [ListRequest(LIST, [("of", number)]) for number in range(12)]
    assert [row["id"] for row in read(session, *lists)] == [
        f"{of}-{n}" for of in range(12) for n in range(25)
    ]
    assert len(api.arrived) == 36


def test_a_list_that_fails_takes_nothing_from_the_others(api: Server, session: RefreshingSession) -> None:
    def answer(request: Arrived) -> Answer:
        if query(request)["of"] == "1":
            return Answer(403, b'{"errors":"the tool is off"}')
        return paged(ROWS)(request)

    api.answer = answer
    found: list[Any] = []
    for event in events(session, *(ListRequest(LIST, [("of", number)]) for number in range(3))):
        if not isinstance(event, Idle):
            found.append((event.index, event.error if isinstance(event, Failed) else len(event.rows)))
    assert [index for index, _ in found] == [0, 0, 0, 1, 2, 2, 2]
    assert isinstance(found[3][1], PermissionDenied)


def test_few_rows_of_many_lists_are_asked_for_one_list_at_a_time(
    api: Server, session: RefreshingSession
) -> None:
    api.answer = paged(MANY)
    lists = [ListRequest(LIST, [("of", number)], page_size=10) for number in range(12)]
    for event in events(session, *lists, limit=10):
        if isinstance(event, Rows):
            break
    assert len(api.arrived) == 1


@pytest.mark.parametrize(
    ("peek", "concurrency", "asked"), [(300, 1, 1), (600, 1, 5), (1000, 1, 9), (600, 4, None), (2000, 4, 12)]
)
def test_of_lists_with_more_rows_than_that_what_came_is_given_and_no_more_asked(
    peek: int, concurrency: int, asked: int | None, api: Server, session: RefreshingSession
) -> None:
    """Three lists of four pages; the first page of each tells the list's total."""
    api.answer = paged(MANY)
    lists = [ListRequest(LIST, [("of", number)], page_size=100) for number in range(3)]
    given: dict[int, list[Any]] = {}
    for event in events(session, *lists, peek=peek, concurrency=concurrency):
        if isinstance(event, Rows):
            given.setdefault(event.index, []).extend(event.rows)
    assert given and all(rows == MANY[: len(rows)] for rows in given.values())
    assert len(api.arrived) == asked or (asked is None and len(api.arrived) < 12)
    assert our_threads() == []


def test_what_ends_everything_ends_it_at_once(
    api: Server, make_session: Callable[..., RefreshingSession], tokens: Tokens
) -> None:
    api.answers(Answer(401))
    tokens.dead = True
    with pytest.raises(LoginRequired):
        read(make_session(), *(ListRequest(LIST, [("of", number)]) for number in range(50)))
    assert len(api.arrived) <= 4
    before, tokens.dead = len(api.arrived), False  # renewed, and refused again
    with pytest.raises(ProcoreAPIError) as caught:
        read(make_session(), *(ListRequest(LIST, [("of", number)]) for number in range(50)))
    assert caught.value.status == 401 and len(api.arrived) <= before + 8
    with pytest.raises(requests.ConnectionError):
        read(make_session(api_url="http://127.0.0.1:9"), *(ListRequest(LIST) for _ in range(50)))


# Stopping


class Stuck:
    """A server that holds back all pages but the first until `let_go` is set."""

    def __init__(self, api: Server, answer: Callable[[Arrived], Answer]) -> None:
        self.let_go, self.under_way = threading.Event(), threading.Semaphore(0)
        self._answer = answer
        api.answer = self

    def __call__(self, request: Arrived) -> Answer:
        if query(request)["page"] != "1":
            self.under_way.release()
            self.let_go.wait(30)
        return self._answer(request)


def test_leaving_leaves_nothing_running(api: Server, session: RefreshingSession) -> None:
    stuck = Stuck(api, paged(MANY))
    reading = events(session, ListRequest(LIST))
    assert isinstance(next(reading), Rows)
    for _ in range(4):
        assert stuck.under_way.acquire(timeout=20)
    begun = time.monotonic()
    reading.close()  # type: ignore[attr-defined]
    assert our_threads() == []
    assert time.monotonic() - begun < 5, "it waited for answers that nobody wants any more"
    stuck.let_go.set()
    asked = len(api.arrived)
    time.sleep(0.2)
    assert len(api.arrived) == asked


def test_an_interrupt_while_pages_are_under_way_stops_them(api: Server, session: RefreshingSession) -> None:
    stuck = Stuck(api, paged(MANY))

    def interrupt() -> None:
        for _ in range(4):
            assert stuck.under_way.acquire(timeout=20)
        _thread.interrupt_main()

    watcher = threading.Thread(target=interrupt)
    watcher.start()
    with pytest.raises(KeyboardInterrupt):
        read(session)
    watcher.join()
    assert our_threads() == []
    stuck.let_go.set()
    # The session itself is as good as before.
    api.answer = paged(ROWS)
    assert read(session) == ROWS


def test_a_wait_for_the_limit_ends_when_it_is_stopped(api: Server, session: RefreshingSession) -> None:
    api.answers(
        Answer(body=b'[{"id": 1}]', headers={"Total": "9"}), Answer(429, headers={"Retry-After": "500"})
    )
    told: list[tuple[str, float]] = []
    around = Scope(lambda words, seconds: told.append((words, seconds)))
    session.max_wait = 900
    reading = paging.read(session, paging.ListSource([ListRequest(LIST)]), around)
    assert isinstance(next(reading), Rows)

    def stop_when_told() -> None:
        while not told:
            time.sleep(0.01)
        around.stop()

    stopper = threading.Thread(target=stop_when_told)
    stopper.start()
    stopper.join()
    reading.close()  # type: ignore[attr-defined]
    assert our_threads() == []
    words, seconds = told[0]
    assert words == "Procore's limit reached: resuming" and 499 < seconds < 502


def test_what_it_cost_is_counted(api: Server, session: RefreshingSession) -> None:
    api.answer = paged(ROWS)
    around = Scope()
    for _ in paging.read(session, paging.ListSource([ListRequest(LIST)]), around):
        pass
    assert around.requests == 3
    assert around.bytes == sum(len(json.dumps(ROWS[n : n + 10])) for n in (0, 10, 20))
