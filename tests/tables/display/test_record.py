"""One row that draws itself, and where it comes from."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procore_jupyter.session.api_errors import NotFound, ProcoreAPIError
from procore_jupyter.session.refreshing import RefreshingSession
from procore_jupyter.tables.display.record import Record, record_at
from tests.session.conftest import Answer, Server
from tests.tables.display.test_cells import JSON
from tests.tables.hostile import ALLOWED, HOSTILE, elements, texts


def test_a_record_is_a_dict_that_draws_itself() -> None:
    me = Record({"id": 8, "login": "dana@example.test", "name": "Dana Reyes"})
    assert me["id"] == 8 and me == {"id": 8, "login": "dana@example.test", "name": "Dana Reyes"}
    assert repr(me) == "id      8\nlogin   dana@example.test\nname    Dana Reyes"
    assert texts(me._repr_html_()) == ["id", "8", "login", "dana@example.test", "name", "Dana Reyes"]
    assert "title='integer'" in me._repr_html_()


def test_an_empty_record_is_drawn_as_nothing() -> None:
    assert repr(Record()) == "" and texts(Record()._repr_html_()) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_and_values_stay_text(text: str) -> None:
    record = Record({text: text, "n": [text], "m": {text: text}})
    assert elements(record._repr_html_()) <= ALLOWED
    assert all(line.isprintable() for line in repr(record).splitlines())


@settings(max_examples=settings().max_examples // 5)
@given(st.dictionaries(st.text(max_size=9), JSON, max_size=5))
def test_whatever_it_holds_it_can_be_drawn(row: dict[str, Any]) -> None:
    record = Record(row)
    assert elements(record._repr_html_()) <= ALLOWED
    assert len(repr(record).split("\n")) == max(1, len(row))


def read_from(server: Server) -> Record:
    with RefreshingSession(server.url, server.url, None) as session:
        return record_at(session, "/rest/v1.0/me")


def test_the_record_of_an_answer_is_read(servers: Callable[..., Server]) -> None:
    server = servers(lambda request: Answer(body=json.dumps({"id": 8, "name": "Dana"}).encode()))
    assert read_from(server) == {"id": 8, "name": "Dana"}


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b"7", b'"text"', b"", b"<html>", b'{"id": ', b"[" * 100_000]
)
def test_an_answer_without_a_record_is_an_error(servers: Callable[..., Server], body: bytes) -> None:
    with pytest.raises(ProcoreAPIError, match="Something that isn't a record came from GET /rest/v1.0/me"):
        read_from(servers(lambda request: Answer(body=body)))


def test_an_error_with_a_status_of_success_is_an_error(servers: Callable[..., Server]) -> None:
    with pytest.raises(ProcoreAPIError, match="too busy. GET /rest/v1.0/me sent this instead of a record"):
        read_from(servers(lambda request: Answer(body=b'{"errors": ["too busy"]}')))


def test_a_refusal_is_an_error(servers: Callable[..., Server]) -> None:
    with pytest.raises(NotFound, match="gone"):
        read_from(servers(lambda request: Answer(404, b'{"errors": "gone"}')))
