"""Whatever goes wrong with a request, its connection is closed or goes back to the others: none is left to chance."""

from __future__ import annotations

import itertools
import socket
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from urllib3.util import connection

from procore_jupyter.errors import ProcoreError
from procore_jupyter.session import exchange
from procore_jupyter.session.downloads import download
from procore_jupyter.session.refreshing import RefreshingSession
from tests.session.conftest import Answer, Arrived, Server

STATUSES = (200, 302, 503)
BODIES = {"whole": b"{}", "large": b"x" * 100_000, "half packed": zlib.compress(b"x" * 1000, wbits=31)[:-9]}
ENDS: dict[str, dict[str, Any]] = {
    "whole": {},
    "dropped": {"drop": True},
    "cut": {"cut": True},
    "in chunks": {"chunk": 1000},
}
CODINGS: tuple[dict[str, str], ...] = ({}, {"Content-Encoding": "gzip"})
WAYS = ("get", "post", "download", "interrupted")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[socket.socket]]:
    """Give all sockets that were opened, which keeps each from being closed when nobody refers to it any more."""
    found: list[socket.socket] = []
    create = connection.create_connection

    def kept(*args: Any, **named: Any) -> socket.socket:
        found.append(create(*args, **named))
        return found[-1]

    monkeypatch.setattr(connection, "create_connection", kept)
    yield found
    for one in found:
        one.close()


@pytest.mark.parametrize("way", WAYS)
def test_no_failure_leaves_a_connection_open(
    way: str,
    api: Server,
    make_session: Callable[..., RefreshingSession],
    opened: list[socket.socket],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(response: requests.Response, *, apart: bool) -> int:
        response.raw.read(1)
        raise KeyboardInterrupt

    if way == "interrupted":
        monkeypatch.setattr(exchange, "read_whole", interrupt)
    failed = 0
    for status, body, end, coding in itertools.product(STATUSES, BODIES, ENDS, CODINGS):

        def answer(
            request: Arrived,
            status: int = status,
            body: str = body,
            end: str = end,
            coding: dict[str, str] = coding,
        ) -> Answer:
            moved = {"Location": "/again"} if status == 302 else {}
            return Answer(status, BODIES[body], {**coding, **moved}, **ENDS[end])

        api.answer = answer
        session = make_session()
        try:
            if way == "download":
                download(session, "/a", tmp_path / "file", lambda *far: None)
            else:
                session.request("POST" if way == "post" else "GET", "/a")
        except (requests.RequestException, ProcoreError, KeyboardInterrupt):
            failed += 1
        session.close()
        left = [one for one in opened if one.fileno() != -1]
        assert left == [], (status, body, end, coding)
        opened.clear()
    assert failed > 20
