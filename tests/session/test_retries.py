"""Which requests are sent again, how often, and after how long."""

from __future__ import annotations

import email.utils
from collections.abc import Callable

import pytest
import requests

from procore_jupyter.session import retries
from procore_jupyter.session.limits import limit_headers
from procore_jupyter.session.refreshing import RefreshingSession
from procore_jupyter.session.scope import in_haste
from tests.session.conftest import Answer, Server, Tokens, Waits

NOW = 1_800_000_000.0
DATE = email.utils.formatdate(NOW, usegmt=True)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_a_passing_failure_is_tried_four_times(
    status: int, method: str, api: Server, session: RefreshingSession, waits: Waits
) -> None:
    api.answers(Answer(status, b'{"errors":"busy"}'))
    response = session.request(method, "/a")
    assert response.status_code == status
    assert len(api.arrived) == 4 and len(waits.slept) == 3
    if method == "GET":
        assert response.json() == {"errors": "busy"}


@pytest.mark.parametrize("status", [408, 429, 500, 503])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_may_not_arrive_twice_is_sent_once(
    status: int, method: str, api: Server, session: RefreshingSession, waits: Waits
) -> None:
    api.answers(Answer(status))
    assert session.request(method, "/a").status_code == status
    assert len(api.arrived) == 1 and waits.slept == []


@pytest.mark.parametrize("status", [200, 204, 304, 400, 403, 404, 409, 422, 501])
def test_a_definite_answer_is_not_asked_for_again(
    status: int, api: Server, session: RefreshingSession
) -> None:
    api.answers(Answer(status, b""))
    assert session.get("/a").status_code == status
    assert len(api.arrived) == 1


def test_a_failure_that_passes_is_not_seen(api: Server, session: RefreshingSession) -> None:
    api.answers(Answer(500), Answer(drop=True), Answer(503), Answer(200, b"[1]"))
    assert session.get("/a").json() == [1]


def test_a_401_counts_as_no_failure(api: Server, session: RefreshingSession) -> None:
    api.answers(Answer(500), Answer(500), Answer(401), Answer(500), Answer(200))
    assert session.get("/a").status_code == 200


def test_a_connection_that_can_not_be_made_is_tried_four_times(
    servers: Callable[..., Server], make_session: Callable[..., RefreshingSession], waits: Waits
) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: nobody else gets the port
        session = make_session(api_url=f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(requests.ConnectionError):
            session.get("/a")
        assert len(waits.slept) == 3
        with pytest.raises(requests.ConnectionError):
            session.post("/a")
        assert len(waits.slept) == 3


def test_a_hasty_question_is_asked_once(api: Server, session: RefreshingSession, waits: Waits) -> None:
    api.answers(Answer(503))
    with in_haste():
        assert session.get("/a").status_code == 503
    assert len(api.arrived) == 1 and waits.slept == []


def test_a_file_is_put_again_from_its_start(api: Server, session: RefreshingSession) -> None:
    import io

    api.answers(Answer(503), Answer(200))
    session.put("/a", data=io.BytesIO(b"whole body"))
    assert [r.body for r in api.arrived] == [b"whole body"] * 2


def test_the_limits_end_is_waited_for_and_said(api: Server, session: RefreshingSession, waits: Waits) -> None:
    api.answers(Answer(429, headers={"X-Rate-Limit-Reset": str(int(NOW) + 7), "Date": DATE}), Answer(200))
    assert session.get("/a").status_code == 200
    assert waits.slept == [7.5]
    assert waits.said == ["Procore's limit reached: resuming in 8 s (interrupt to stop)"]


def test_a_wait_longer_than_max_wait_is_not_waited(
    api: Server, make_session: Callable[..., RefreshingSession], waits: Waits
) -> None:
    api.answers(Answer(429, b'{"errors":"limit"}', {"Retry-After": "3000"}))
    response = make_session(max_wait=900).get("/a")
    assert response.status_code == 429 and response.json() == {"errors": "limit"}
    assert len(api.arrived) == 1 and waits.slept == []


def test_max_wait_holds_for_all_the_waits_of_a_call(
    api: Server, make_session: Callable[..., RefreshingSession], waits: Waits
) -> None:
    api.answers(Answer(429, headers={"Retry-After": "30"}))
    assert make_session(max_wait=65).get("/a").status_code == 429
    assert waits.slept == [30.5, 30.5]


def test_an_interrupt_ends_a_wait(api: Server, make_session: Callable[..., RefreshingSession]) -> None:
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    api.answers(Answer(429, headers={"Retry-After": "30"}))
    with pytest.raises(KeyboardInterrupt):
        make_session(sleep=interrupted).get("/a")


def test_a_token_that_is_renewed_while_waiting_is_the_one_sent(
    api: Server, make_session: Callable[..., RefreshingSession], tokens: Tokens
) -> None:
    api.answers(Answer(503), Answer(200))
    make_session(sleep=lambda seconds: tokens.texts.append("renewed-meanwhile")).get("/a")
    assert api.arrived[1].headers["authorization"] == "Bearer renewed-meanwhile"


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "7"}, 7),
        (429, {"Retry-After": "7.5"}, 7.5),
        (429, {"Retry-After": email.utils.formatdate(NOW + 9, usegmt=True), "Date": DATE}, 9),
        (429, {"Retry-After": email.utils.formatdate(NOW - 9, usegmt=True), "Date": DATE}, 0),
        (429, {"X-Rate-Limit-Reset": str(int(NOW) + 5), "Date": DATE}, 5),
        (429, {"X-Rate-Limit-Reset": str(int(NOW) - 5), "Date": DATE}, 0),
        (429, {"Retry-After": "7", "X-Rate-Limit-Reset": str(int(NOW) + 5), "Date": DATE}, 7),
        (429, {"Retry-After": "3", "X-Rate-Limit-Reset": str(int(NOW) + 5), "Date": DATE}, 5),
        # The server's clock, not ours: it is an hour behind.
        (
            429,
            {"X-Rate-Limit-Reset": "1799996405", "Date": email.utils.formatdate(NOW - 3600, usegmt=True)},
            5,
        ),
        (429, {"X-Rate-Limit-Reset": str(int(NOW) + 5)}, 5),
        (503, {"Retry-After": "7", "X-Rate-Limit-Reset": str(int(NOW) + 3000), "Date": DATE}, 7),
        (503, {"X-Rate-Limit-Reset": str(int(NOW) + 3000), "Date": DATE}, None),
        (429, {"Retry-After": "soon"}, None),
        (429, {"Retry-After": "-3"}, None),
        (429, {"Retry-After": "nan"}, None),
        (429, {"Retry-After": "inf"}, None),
        (429, {"Retry-After": "9" * 400}, None),
        # No window of Procore's lasts that long.
        (429, {"Retry-After": "90000"}, 90_000),
        (429, {"Retry-After": "90001"}, None),
        (503, {"Retry-After": "31536000", "Date": DATE}, None),
        (503, {"Retry-After": "Fri, 31 Dec 2099 23:59:59 GMT", "Date": DATE}, None),
        (429, {"X-Rate-Limit-Reset": str(int(NOW) + 90_001), "Date": DATE}, None),
        (429, {"Retry-After": "31536000", "X-Rate-Limit-Reset": str(int(NOW) + 5), "Date": DATE}, 5),
        (429, {"Retry-After": "7", "X-Rate-Limit-Reset": str(int(NOW) + 10**8), "Date": DATE}, 7),
        (429, {"X-Rate-Limit-Reset": "", "Date": "yesterday"}, None),
        (429, {"Retry-After": "Mon, 99 Foo 2026 99:99:99 GMT"}, None),
        (500, {}, None),
    ],
)
def test_the_wait_that_an_answer_asks_for(status: int, headers: dict[str, str], wait: float | None) -> None:
    assert limit_headers.asked_wait(status, headers, NOW) == wait


def test_pauses_grow_and_differ() -> None:
    longest = [retries.pause(500, {}, NOW, failures, 0.999999) for failures in (1, 2, 3, 20)]
    shortest = [retries.pause(None, {}, NOW, failures, 0.0) for failures in (1, 2, 3, 20)]
    assert [round(pause, 3) for pause in longest] == [0.5, 1.0, 2.0, 8.0]
    assert shortest == [0.25, 0.5, 1.0, 4.0]


def test_a_429_that_tells_nothing_waits_for_the_shorter_window() -> None:
    assert retries.pause(429, {}, NOW, 1, 0.5) == 10.5
