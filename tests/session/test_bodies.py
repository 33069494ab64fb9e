"""Bodies are read whole; a large one goes into memory of its own if the caller accepts that."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import gzip
import json
import random
import tracemalloc
import weakref
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from procore_jupyter.session import bodies, scope
from procore_jupyter.session.api_errors import ProcoreAPIError
from procore_jupyter.session.bodies import MOST_OF_AN_ERROR, PIECE
from procore_jupyter.session.downloads import download
from procore_jupyter.session.lists.list_request import ListRequest
from procore_jupyter.session.lists.open_list import Failed, Idle, Rows
from procore_jupyter.session.lists.paging import ListSource, read
from procore_jupyter.session.refreshing import RefreshingSession
from procore_jupyter.session.scope import Scope
from procore_jupyter.tables.arrow.decode import decoder
from procore_jupyter.tables.display.record import record_at
from tests.session.conftest import Answer, Arrived, Server

SIZES = [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7, 20 * PIECE]


def body_of(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def get(session: RefreshingSession, *, apart: bool = True) -> requests.Response:
    around = Scope()
    around.bodies_apart = apart
    with scope.within(around):
        response = session.get("/a")
    assert around.requests == 1 and around.bytes == len(response.content)
    return response


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("chunk", [0, 1000, PIECE, 5 * PIECE])
def test_a_body_is_the_same_either_way(
    api: Server, session: RefreshingSession, size: int, packed: bool, chunk: int
) -> None:
    body = body_of(size)
    sent = gzip.compress(body, 1) if packed else body
    headers = {"Content-Encoding": "gzip"} if packed else {}
    api.answer = lambda request: Answer(body=sent, headers=headers, chunk=chunk)
    apart, usual = get(session).content, get(session, apart=False).content
    assert bytes(apart) == usual == body
    assert isinstance(usual, bytes)
    if size > PIECE:
        assert isinstance(apart, memoryview)


def test_one_that_unpacks_to_far_more_than_it_promised_grows(api: Server, session: RefreshingSession) -> None:
    body = json.dumps(["row"] * 2_000_000).encode()
    packed = gzip.compress(body, 9)
    assert len(packed) < len(body) / 500
    api.answer = lambda request: Answer(body=packed, headers={"Content-Encoding": "gzip"})
    assert bytes(get(session).content) == body


def test_one_that_breaks_off_is_asked_for_again(
    api: Server, make_session: Callable[..., RefreshingSession]
) -> None:
    body = body_of(5 * PIECE)
    api.answers(Answer(body=body, cut=True), Answer(body=body))
    assert bytes(get(make_session()).content) == body
    assert len(api.arrived) == 2
    api.answers(Answer(body=b"no gzip" * PIECE, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(requests.exceptions.ContentDecodingError):
        get(make_session())


def test_an_error_s_body_and_one_that_somebody_s_hook_looks_at_are_bytes(
    api: Server, session: RefreshingSession
) -> None:
    body = b"[" + b" " * 3 * PIECE + b"]"
    api.answer = lambda request: Answer(404, body=body)
    said = get(session).content
    assert isinstance(said, bytes) and said == body
    seen: list[object] = []
    session.hooks["response"].append(lambda response, **how: seen.append(response.json()))
    api.answer = lambda request: Answer(body=body)
    assert isinstance(get(session).content, bytes)
    assert seen == [[]]


def test_it_goes_back_with_the_last_row_that_lies_in_it(api: Server, session: RefreshingSession) -> None:
    row = b'{"id": 7, "text": "' + b"x" * PIECE + b'"}'
    api.answer = lambda request: Answer(body=b"[" + b", ".join([row] * 4) + b"]")
    response = get(session)
    assert isinstance(response.content, memoryview)
    area = weakref.ref(response.content.obj)
    rows, *_ = decoder()(response.content)
    del response
    gc.collect()
    assert [bytes(one) for one in rows] == [row] * 4
    assert area() is not None
    del rows, _
    gc.collect()
    assert area() is None


def bomb(coding: str, start: bytes = b'{"errors": "no"', megabytes: int = 40) -> Answer:
    """An answer of which a few kilobytes unpack to much."""
    body = start + b" " * (megabytes << 20)
    for one in coding.split(", "):
        body = (
            zlib.compress(body, 1) if one == "deflate" else gzip.compress(body, 1) if one == "gzip" else body
        )
    return Answer(200, body, {"Content-Encoding": coding} if coding else {})


@contextlib.contextmanager
def costing_little() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 24 * MOST_OF_AN_ERROR
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip"])
def test_what_is_no_list_is_read_no_further_than_it_tells_something(
    coding: str, api: Server, session: RefreshingSession, tmp_path: Path
) -> None:
    error, record = bomb(coding), bomb(coding, b'{"id": 1, "name": "Dana"')
    assert len(error.body) < MOST_OF_AN_ERROR
    for status in (403, 500):
        api.answers(dataclasses.replace(error, status=status))
        with costing_little():
            assert len(session.get("/a").content) == MOST_OF_AN_ERROR
            assert len(session.post("/a").content) == MOST_OF_AN_ERROR
            with pytest.raises(ProcoreAPIError, match=f"HTTP {status}"):
                download(session, "/a", tmp_path / "a")
            with pytest.raises(ProcoreAPIError, match=f"HTTP {status}"):
                record_at(session, "/me")
    api.answers(record)
    with costing_little(), pytest.raises(ProcoreAPIError, match="isn't a record"):
        record_at(session, "/me")
    redirect = dataclasses.replace(error, status=302, headers={**error.headers, "Location": "/b"})
    api.answer = lambda request: redirect if request.path == "/a" else Answer(body=b"x")
    with costing_little():
        assert session.get("/a").content == b"x"
        assert session.get("/a", stream=True).content == b"x"
        assert download(session, "/a", tmp_path / "b").read_bytes() == b"x"


def size_of(request: Arrived) -> int:
    return int(parse_qs(urlsplit(request.path).query)["per_page"][0])


def test_a_page_that_unpacks_to_too_much_comes_in_smaller_ones_or_is_an_error(
    api: Server, session: RefreshingSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "MOST_OF_A_PAGE", 20 * PIECE)

    def answer(request: Arrived) -> Answer:
        return bomb("gzip") if size_of(request) > most else Answer(body=b'[{"id": 1}]')

    api.answer = answer
    for most, sizes in ((100, [1000, 100]), (0, [1000, 100, 25, 10])):
        around = Scope()
        around.bodies_apart = True
        api.arrived.clear()
        [event] = [
            one
            for one in read(
                session, ListSource([ListRequest("/few" if most else "/none", page_size=1000)]), around
            )
            if not isinstance(one, Idle)
        ]
        assert [*dict.fromkeys(map(size_of, api.arrived))] == sizes
        if most:
            assert isinstance(event, Rows) and len(event.rows) == 1
        else:
            assert isinstance(event, Failed) and "more than 1 MB" in str(event.error)


@pytest.mark.parametrize("status", [400, 404])
def test_an_error_whose_body_is_broken_is_an_error_all_the_same(
    status: int, api: Server, session: RefreshingSession
) -> None:
    for answer in (
        Answer(status, b"no gzip" * 99, {"Content-Encoding": "gzip"}),
        Answer(status, b"packed as nobody asked", {"Content-Encoding": "br"}),
        Answer(status, b"cut", cut=True),
        Answer(status, b"", {"Content-Encoding": "gzip"}),
    ):
        api.answers(answer)
        for method in ("GET", "POST", "HEAD"):
            response = session.request(method, "/a")
            assert response.status_code == status
            assert response.content in (b"", b"cut")
