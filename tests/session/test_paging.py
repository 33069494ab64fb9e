"""All pages of a list, each row once, against servers that page as Procore does and as it doesn't."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from procore_jupyter.errors import PermissionDenied, ProcoreAPIError, RateLimited
from procore_jupyter.session.paging import pages
from procore_jupyter.session.refreshing import RefreshingSession
from tests.session.conftest import Answer, Arrived, Server

ROWS = [{"id": number, "name": f"row {number}"} for number in range(1, 26)]


def query(request: Arrived) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(request.path).query).items()}


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
        return Answer(body=json.dumps(body).encode(), headers=headers)

    return answer


def read(session: RefreshingSession, **how: Any) -> list[Any]:
    return [row for page in pages(session, "/rest/v1.0/list", {"company_id": 7}, **how) for row in page]


@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize("link", [True, False])
@pytest.mark.parametrize("envelope", [True, False])
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 25])
def test_every_row_comes_once_whatever_the_server_tells(
    total: bool, link: bool, envelope: bool, count: int, api: Server, session: RefreshingSession
) -> None:
    api.answer = paged(ROWS[:count], total=total, link=link, envelope=envelope)
    assert read(session) == ROWS[:count]
    if total or link:
        assert len(api.arrived) == max(1, -(-count // 10))


def test_the_callers_parameters_go_along_with_every_page(api: Server, session: RefreshingSession) -> None:
    api.answer = paged(ROWS)
    read(session, page_size=5)
    assert [query(r) for r in api.arrived] == [
        {"company_id": "7", "per_page": "5", "page": str(page)} for page in range(1, 6)
    ]


def test_a_link_is_never_followed(
    api: Server, servers: Callable[..., Server], session: RefreshingSession
) -> None:
    other = servers()
    answers = paged(ROWS)

    def answer(request: Arrived) -> Answer:
        given = answers(request)
        return Answer(body=given.body, headers={**given.headers, "Link": f'<{other.url}/next>; rel="next"'})

    api.answer = answer
    assert read(session) == ROWS
    assert other.arrived == []


def test_a_server_that_gives_fewer_rows_a_page_than_asked_for_is_read_whole(
    api: Server, session: RefreshingSession
) -> None:
    api.answer = paged(ROWS, largest=4)
    assert read(session, page_size=1000) == ROWS


def test_a_server_that_ignores_page_gives_its_rows_once(api: Server, session: RefreshingSession) -> None:
    for headers in ({}, {"Link": '<x>; rel="next"'}, {"Total": "1000"}):
        api.arrived.clear()
        api.answers(Answer(body=json.dumps(ROWS).encode(), headers=headers))
        assert read(session) == ROWS
        assert len(api.arrived) == 2


def test_rows_without_ids_are_told_apart_by_all_that_they_hold(
    api: Server, session: RefreshingSession
) -> None:
    rows = [[1], [2], "three", None, {"name": "x"}, {"name": "y"}]
    api.answer = paged(rows, 2)
    assert read(session) == rows
    api.answers(Answer(body=json.dumps(rows).encode()))
    assert read(session) == rows


def test_a_row_that_moves_to_the_next_page_while_reading_comes_once(
    api: Server, session: RefreshingSession
) -> None:
    rows = [*ROWS]

    def answer(request: Arrived) -> Answer:
        given = paged(rows)(request)
        if query(request)["page"] == "1":
            rows.insert(0, {"id": 999, "name": "new"})
        return given

    api.answer = answer
    assert read(session) == ROWS


def test_a_total_that_is_too_large_ends_at_the_empty_page(api: Server, session: RefreshingSession) -> None:
    answers = paged(ROWS[:10], link=False)
    api.answer = lambda request: Answer(body=answers(request).body, headers={"Total": "9999"})
    assert read(session) == ROWS[:10]


def test_an_error_on_a_later_page_is_an_error_and_no_short_list(
    api: Server, session: RefreshingSession
) -> None:
    refused = Answer(403, b'{"errors":"no"}')
    api.answer = lambda request: refused if query(request)["page"] == "2" else paged(ROWS)(request)
    with pytest.raises(PermissionDenied):
        read(session)


def test_a_limit_beyond_max_wait_is_an_error(
    api: Server, make_session: Callable[..., RefreshingSession]
) -> None:
    api.answers(Answer(429, b"", {"Retry-After": "3000"}))
    with pytest.raises(RateLimited) as caught:
        read(make_session(max_wait=60))
    assert caught.value.retry_after == 3000


@pytest.mark.parametrize(
    "body", [b"<html>sign in to the wifi</html>", b'{"rows": []}', b'"text"', b"7", b"", b"[" * 5000]
)
def test_what_is_no_list_is_an_error_that_says_so(
    body: bytes, api: Server, session: RefreshingSession
) -> None:
    api.answers(Answer(body=body, headers={"Content-Type": "text/html"}))
    with pytest.raises(ProcoreAPIError, match="isn't a list came from GET /rest/v1.0/list"):
        read(session)


def test_pages_are_asked_for_as_they_are_read(api: Server, session: RefreshingSession) -> None:
    api.answer = paged(ROWS)
    asked: list[None] = []
    reading = pages(session, "/rest/v1.0/list", asked=lambda: asked.append(None))
    assert next(reading) == ROWS[:10]
    assert len(api.arrived) == len(asked) == 1
