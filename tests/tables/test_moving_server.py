"""The server that tests of correctness read from does what it is told to."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import requests

from tests.session.conftest import Server
from tests.tables.moving_server import FIRST, LIST, USUAL, Habits, MovingServer

Ask = Callable[..., requests.Response]


@pytest.fixture
def start(servers: Callable[..., Server]) -> Callable[..., tuple[MovingServer, Ask]]:
    """Give a maker of servers, each with what asks it."""

    def make(habits: Habits, count: int = 45) -> tuple[MovingServer, Ask]:
        moving = MovingServer(habits, count, "a seed")
        url = servers(moving).url + LIST
        return moving, lambda **query: requests.get(url, params=query, timeout=20)

    return make


Start = Callable[..., tuple[MovingServer, Ask]]


def ids(answer: requests.Response) -> list[int]:
    return [row["id"] - FIRST for row in answer.json()]


def test_it_pages_as_documented(start: Start) -> None:
    _, ask = start(Habits())
    assert ids(ask()) == [*range(USUAL)]
    answer = ask(page=2, per_page=20)
    assert ids(answer) == [*range(20, 40)]
    assert (answer.headers["Total"], answer.headers["Per-Page"]) == ("45", "20")
    assert 'rel="next"' in answer.headers["Link"]
    last = ask(page=3, per_page=20)
    assert ids(last) == [*range(40, 45)] and 'rel="next"' not in last.headers["Link"]
    assert ids(ask(page=4, per_page=20)) == []


@pytest.mark.parametrize(
    ("tells", "found"),
    [
        ("TPL", ("45", "7", True)),
        ("T", ("45", None, False)),
        ("P", (None, "7", False)),
        ("L", (None, None, True)),
        ("", (None, None, False)),
        ("tp", ("7", "30", False)),
    ],
)
def test_it_tells_what_it_is_told_to(tells: str, found: tuple[object, ...], start: Start) -> None:
    headers = start(Habits(tells=tells, largest=7))[1](per_page=30).headers
    assert (headers.get("Total"), headers.get("Per-Page"), "Link" in headers) == found


def test_it_cuts_or_refuses_large_pages(start: Start) -> None:
    assert len(start(Habits(largest=7))[1](per_page=8).json()) == 7
    told = start(Habits(largest=7, too_large="told"))[1]
    assert told(per_page=8).status_code == 400 and "7" in told(per_page=8).text
    refused = start(Habits(largest=7, too_large="refused"))[1]
    assert refused(per_page=8).status_code == 422 and "7" not in refused(per_page=8).text
    assert len(told(per_page=7).json()) == len(refused(per_page=7).json()) == len(refused().json()) == 7


def test_it_ignores_the_page(start: Start) -> None:
    ask = start(Habits(page="ignored"))[1]
    assert ids(ask(page=3)) == ids(ask())


@pytest.mark.parametrize("moves", ["inserts", "deletes", "both"])
def test_its_rows_move_by_one_at_a_time(moves: str, start: Start) -> None:
    server, ask = start(Habits(moves=moves))
    totals = [int(ask().headers["Total"]) for _ in range(60)]
    steps = {later - earlier for earlier, later in itertools.pairwise(totals)}
    assert steps == {"inserts": {0, 1}, "deletes": {0, -1}, "both": {0, 1, -1}}[moves]
    assert len(server.rows) == totals[-1]
    assert server.stayed == {*range(45)} & {*server.rows} or server.stayed < {*range(45)}
    assert server.stayed <= {*server.rows} <= server.ever


@pytest.mark.parametrize("trouble", ["errors", "drops", "cuts", "pages"])
def test_it_is_in_trouble_twice_at_most_and_never_twice_with_one_page(trouble: str, start: Start) -> None:
    _, ask = start(Habits(trouble=trouble))
    bad = []
    for page in [*range(1, 30), *range(1, 30)]:
        try:
            answer = ask(page=page)
            if answer.status_code >= 400 or "html" in answer.headers.get("Content-Type", ""):
                bad.append(page)
        except requests.RequestException:
            bad.append(page)
    assert len(bad) == len({*bad}) == 2


def test_its_rows_are_as_odd_as_they_are_told_to_be(start: Start) -> None:
    alike, shuffled, changing = (
        start(Habits(rows=rows))[1](per_page=100).json() for rows in ("alike", "shuffled", "changing")
    )
    assert alike == shuffled and len({tuple(row) for row in alike}) == 1 < len(
        {tuple(row) for row in shuffled}
    )
    assert [type(row["count"]) for row in changing] == [int] * 22 + [str] * 23
    assert {row["due_on"] for row in changing} == {"2026-11-30", "soon"}
    enveloped = start(Habits(envelope=True, ids="texts"))[1]().json()["data"]
    assert len(enveloped) == 20 and not any(row["id"].isdecimal() for row in enveloped)


def test_it_has_one_list_alone(servers: Callable[..., Server]) -> None:
    assert (
        requests.get(f"{servers(MovingServer(Habits(), 1, '')).url}/rest/v1.0/x", timeout=20).status_code
        == 404
    )
