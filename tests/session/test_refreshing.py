"""Renewal, repeats, timeouts, and what can't be seen from outside."""

from __future__ import annotations

import copy
import io
import json
import pickle
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from procore_jupyter.errors import ConfigurationError, LoginRequired
from procore_jupyter.secret import Secret
from procore_jupyter.session.api_errors import error_from
from procore_jupyter.session.refreshing import RefreshingSession
from tests.session.conftest import TOKEN, Answer, Arrived, Server, Tokens, Waits

REFUSED = Answer(401, b'{"errors":"The access token was revoked"}')


def only(*good: str) -> Callable[[Arrived], Answer]:
    """Answer requests with one of these tokens, refuse others."""
    return lambda request: (
        Answer() if request.headers.get("authorization") in [f"Bearer {t}" for t in good] else REFUSED
    )


def test_a_401_leads_to_one_renewal_and_one_repeat(
    api: Server, session: RefreshingSession, tokens: Tokens
) -> None:
    api.answer = only("token-number-2")
    response = session.get("/a")
    assert response.status_code == 200
    assert response.history == []
    assert tokens.rejected == [TOKEN]
    assert [r.headers["authorization"] for r in api.arrived] == [f"Bearer {TOKEN}", "Bearer token-number-2"]


def test_a_second_401_is_returned(api: Server, session: RefreshingSession, tokens: Tokens) -> None:
    api.answer = only()
    response = session.get("/a")
    assert response.status_code == 401
    assert response.json() == {"errors": "The access token was revoked"}
    assert len(api.arrived) == 2 and tokens.rejected == [TOKEN]


def test_a_post_is_repeated_after_a_401_with_its_whole_body(api: Server, session: RefreshingSession) -> None:
    for body in (b"whole body", io.BytesIO(b"whole body")):
        api.arrived.clear()
        api.answers(REFUSED, Answer(201))
        assert session.post("/a", data=body).status_code == 201
        assert [r.body for r in api.arrived] == [b"whole body"] * 2


def test_a_file_read_from_its_middle_is_sent_again_from_there(
    api: Server, session: RefreshingSession
) -> None:
    file = io.BytesIO(b"skipped whole body")
    file.seek(8)
    api.answers(REFUSED, Answer())
    session.put("/a", data=file)
    assert [r.body for r in api.arrived] == [b"whole body"] * 2


def test_a_body_that_can_be_read_once_is_not_repeated_but_the_token_is_renewed(
    api: Server, session: RefreshingSession, tokens: Tokens
) -> None:
    class Once:
        """Bytes that can't be rewound."""

        def __init__(self) -> None:
            self.left = io.BytesIO(b"once")

        def __len__(self) -> int:
            return 4

        def __iter__(self) -> Iterator[bytes]:
            return iter(self.left)

        def read(self, size: int = -1) -> bytes:
            return self.left.read(size)

    api.answers(REFUSED, Answer())
    response = session.post("/a", data=Once())
    assert response.status_code == 401
    assert response.json()["errors"] == "The access token was revoked"
    assert [r.body for r in api.arrived] == [b"once"]
    assert tokens.rejected == [TOKEN]


def test_a_401_to_the_callers_own_authorization_is_theirs(
    api: Server, session: RefreshingSession, tokens: Tokens
) -> None:
    api.answer = only()
    assert session.get("/a", headers={"Authorization": "Token mine"}).status_code == 401
    assert len(api.arrived) == 1 and tokens.rejected == []


def test_a_401_of_another_host_renews_nothing(
    servers: Callable[..., Server], session: RefreshingSession, tokens: Tokens
) -> None:
    other = servers(lambda request: REFUSED)
    assert session.get(other.url).status_code == 401
    assert len(other.arrived) == 1 and tokens.rejected == []


def test_a_401_behind_a_redirect_is_repeated_on_that_hop_alone(
    api: Server, session: RefreshingSession
) -> None:
    def answer(request: Arrived) -> Answer:
        if request.path == "/first":
            return Answer(302, headers={"Location": "/second"})
        return only("token-number-2")(request)

    api.answer = answer
    assert session.get("/first").status_code == 200
    assert [r.path for r in api.arrived] == ["/first", "/second", "/second"]


def test_a_sign_in_that_has_ended_is_an_error(
    api: Server, session: RefreshingSession, tokens: Tokens
) -> None:
    api.answer = only()
    tokens.dead = True
    with pytest.raises(LoginRequired, match="Run the cell again"):
        session.get("/a")
    assert len(api.arrived) == 1


def test_hooks_see_what_the_caller_gets_and_not_what_was_repeated(
    api: Server, session: RefreshingSession
) -> None:
    seen: list[int] = []
    api.answers(REFUSED, Answer(503), Answer(200))
    session.get("/a", hooks={"response": lambda response, **_: seen.append(response.status_code)})
    assert seen == [200]


def test_an_error_of_the_callers_own_hook_shows_where_it_happened(session: RefreshingSession) -> None:
    def hook(response: requests.Response, **_: object) -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine") as caught:
        session.get("/a", hooks={"response": hook})
    assert "hook" in [frame.f_code.co_name for frame, _ in traceback.walk_tb(caught.value.__traceback__)]


def test_every_request_has_a_timeout(session: RefreshingSession) -> None:
    found: list[Any] = []

    class Wire(requests.adapters.HTTPAdapter):
        def send(self, *args: Any, **named: Any) -> requests.Response:
            found.append(named["timeout"])
            return super().send(*args, **named)

    session.mount("http://", Wire())
    session.get("/a")
    session.get("/a", timeout=None)
    session.get("/a", timeout=3)
    session.get("/a", timeout=(3, None))
    session.send(session.prepare_request(requests.Request("GET", "/a")))
    assert found == [20.0, 20.0, 3, (3, 20.0), 20.0]


def test_a_silent_server_is_waited_for_once(
    servers: Callable[..., Server], make_session: Callable[..., RefreshingSession]
) -> None:
    go_on = threading.Event()

    def silent(request: Arrived) -> Answer:
        go_on.wait(60)
        return Answer()

    server = servers(silent)
    try:
        with pytest.raises(requests.ReadTimeout):
            make_session(api_url=server.url, timeout=0.2).get("/a")
        assert len(server.arrived) == 1
    finally:
        go_on.set()


# What may be looked at


def holds_token(thing: object) -> bool:
    return TOKEN in str(thing)


def test_nothing_that_a_response_carries_holds_the_token(api: Server, session: RefreshingSession) -> None:
    api.answers(Answer(302, headers={"Location": "/second"}), Answer())
    response = session.get("/first")
    for one in [*response.history, response]:
        shown = one.request.headers
        assert shown["Authorization"] == "Bearer ***"
        assert repr(dict(shown))[1:].startswith("'") and "'Authorization': 'Bearer ***'" in repr(dict(shown))
        assert not holds_token(f"{shown} {shown['Authorization']} {shown['Authorization']!s:>20}")
        assert not holds_token(json.dumps(dict(shown)))
        assert TOKEN.encode() not in pickle.dumps(one)
        assert TOKEN.encode() not in pickle.dumps(one.request)
    assert "Procore-Company-Id" not in response.request.headers


def test_an_error_of_the_api_carries_its_response_without_the_token(
    api: Server, session: RefreshingSession
) -> None:
    api.answer = lambda request: Answer(403, b'{"errors":"No."}')
    error = error_from(session.get("/first"))
    assert isinstance(error, requests.HTTPError) and error.response is not None
    assert (error.response.status_code, error.response.request) == (403, error.request)
    assert error.request is not None and error.request.headers["Authorization"] == "Bearer ***"
    for one in (error, error.response, error.request):
        assert TOKEN.encode() not in pickle.dumps(one)


def test_a_token_on_its_way_is_drawn_masked(tokens: Tokens) -> None:
    from procore_jupyter.session.rules import Bearer

    bearer = Bearer.of(tokens.current())
    assert bearer.encode() == f"Bearer {TOKEN}".encode()
    assert (repr(bearer), str(bearer), f"{bearer}", f"{bearer!r:>14}", "%s" % bearer) == (  # noqa: UP031
        "'Bearer ***'",
        "Bearer ***",
        "Bearer ***",
        "  'Bearer ***'",
        "Bearer ***",
    )
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert TOKEN.encode() not in pickle.dumps(bearer, protocol)
        assert pickle.loads(pickle.dumps(bearer, protocol)) == "Bearer ***"
    assert not holds_token(copy.deepcopy(bearer).encode())


def test_a_token_that_no_header_can_hold_is_refused_without_showing_it(
    session: RefreshingSession, tokens: Tokens
) -> None:
    for text in (f"{TOKEN}\r\nX-Evil: 1", f"{TOKEN}\n", f"{TOKEN}é", f"{TOKEN}\x00"):
        tokens.texts = [text]
        with pytest.raises(ConfigurationError) as caught:
            session.get("/a")
        assert not holds_token("".join(traceback.format_exception(caught.value)))


def locals_of(error: BaseException | None) -> str:
    """Draw every local variable of every frame that an error holds, as a crash reporter does."""
    drawn = []
    while error is not None:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if "site-packages" in frame.f_code.co_filename or "procore_jupyter" in frame.f_code.co_filename:
                drawn.append(repr(frame.f_locals))
                for one in frame.f_locals.values():
                    drawn.append(repr(getattr(one, "headers", "")) + repr(getattr(one, "__dict__", "")))
        drawn.append(
            repr(error) + repr(vars(error)) + repr(getattr(getattr(error, "request", None), "headers", ""))
        )
        error = error.__cause__ or error.__context__
    return "".join(drawn)


@pytest.mark.parametrize("fault", ["refused", "dropped", "interrupted", "broken"])
def test_the_frames_of_an_error_hold_no_header(
    fault: str, api: Server, session: RefreshingSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected: type[BaseException] = requests.ConnectionError
    if fault == "refused":
        api.stop()
        monkeypatch.setattr(api, "stop", lambda: None)
    elif fault == "dropped":
        api.answers(Answer(drop=True))
    else:
        import http.client

        expected = KeyboardInterrupt if fault == "interrupted" else ZeroDivisionError

        def interrupt(*args: object, **kwargs: object) -> None:
            raise expected

        monkeypatch.setattr(http.client.HTTPConnection, "getresponse", interrupt)
    with pytest.raises(expected) as caught:
        session.get("/a")
    drawn = locals_of(caught.value)
    assert "/a" in drawn or fault in ("interrupted", "broken")
    assert not holds_token(drawn)
    files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    assert not any("urllib3" in name or "http/client" in name or "adapters" in name for name in files)


def test_an_error_names_the_request_of_the_caller(api: Server, session: RefreshingSession) -> None:
    api.answers(Answer(drop=True))
    prepared = session.prepare_request(requests.Request("POST", "/a"))
    with pytest.raises(requests.ConnectionError) as caught:
        session.send(prepared)
    assert caught.value.request is prepared
    assert prepared.headers["Authorization"] == "Bearer ***"


def test_a_session_draws_where_it_goes_and_no_more(session: RefreshingSession, api: Server) -> None:
    assert repr(session) == f"<RefreshingSession {api.url}>"
    assert str(session) == repr(session)


def test_a_proxys_password_is_not_drawn(make_session: Callable[..., RefreshingSession]) -> None:
    session = make_session(proxies={"https": "http://me:pass-7w0rd@proxy.test:3128"})
    assert "pass-7w0rd" not in repr(session.proxies)
    assert session.proxies["https"] == "http://me:pass-7w0rd@proxy.test:3128"
    assert "'http://***@proxy.test:3128'" in repr(session.proxies)


@pytest.mark.parametrize("copier", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_session_can_be_neither_pickled_nor_copied_and_says_why(
    copier: Callable[[object], object], session: RefreshingSession
) -> None:
    with pytest.raises(TypeError, match="holds a sign-in"):
        copier(session)


def test_nothing_is_logged_of_a_token(
    api: Server, session: RefreshingSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    api.answers(REFUSED, Answer(503), Answer())
    session.get("/a")
    assert caplog.records
    assert not holds_token(caplog.text) and "token-number-2" not in caplog.text


def test_looking_at_a_session_asks_nobody(api: Server, session: RefreshingSession, tokens: Tokens) -> None:
    for name in dir(session):
        getattr(session, name)
    assert bool(session) and repr(session) and vars(session)
    assert api.arrived == [] and tokens.asked == 0


def test_the_rate_limit_is_what_the_last_answer_of_the_api_told(
    api: Server, servers: Callable[..., Server], session: RefreshingSession
) -> None:
    assert session.rate_limit is None
    api.answers(Answer(headers={"X-Rate-Limit-Remaining": "41", "X-Rate-Limit-Limit": "3600"}))
    session.get("/a")
    session.get(servers().url)
    assert session.rate_limit == (41, 3600)
    api.answers(Answer(headers={"X-Rate-Limit-Remaining": "many", "X-Rate-Limit-Limit": "3600"}))
    session.get("/a")
    assert session.rate_limit is None


def test_threads_share_a_session_and_one_prepared_request(
    api: Server, session: RefreshingSession, tokens: Tokens
) -> None:
    api.answer = only(TOKEN)
    prepared = session.prepare_request(requests.Request("GET", "/a"))
    statuses: list[int] = []

    def ask() -> None:
        for _ in range(20):
            statuses.append(session.send(prepared).status_code)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 160
    assert tokens.rejected == []


def test_a_secret_is_not_what_is_sent_by_mistake(
    api: Server, session: RefreshingSession, tokens: Tokens
) -> None:
    session.get("/a")
    assert api.arrived[0].headers["authorization"] == "Bearer " + Secret(TOKEN).reveal()


def test_an_answer_that_breaks_off_is_asked_for_again(
    api: Server, session: RefreshingSession, waits: Waits
) -> None:
    api.answers(Answer(body=b"[1, 2", cut=True), Answer(body=b"[1, 2]"))
    assert session.get("/a").json() == [1, 2]
    assert len(waits.slept) == 1
