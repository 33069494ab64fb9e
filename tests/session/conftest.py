"""Small real servers that record their requests, and a token source that tests control."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from procore_jupyter.errors import LoginRequired
from procore_jupyter.oauth.token import Token
from procore_jupyter.secret import Secret
from procore_jupyter.session.refreshing import RefreshingSession

TOKEN = "first-token-5c1e"


@dataclass(frozen=True)
class Arrived:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """One answer of a server."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    """Close the connection without a word."""
    cut: bool = False
    """Promise a longer body than is sent, then close the connection."""
    chunk: int = 0
    """Bytes of a chunk, for a body without ``Content-Length``; 0 sends the body as a whole."""


class Server:
    """A server on a free port of 127.0.0.1 that records every request and answers with what a function returns."""

    def __init__(self, answer: Callable[[Arrived], Answer] = lambda request: Answer()) -> None:
        self.answer = answer
        self.arrived: list[Arrived] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def respond(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Arrived(
                    self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body
                )
                server.arrived.append(request)
                answer = server.answer(request)
                if answer.drop:
                    self.close_connection = True
                    return
                self.send_response_only(answer.status)  # no Date of its own: a test may have one
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.chunk:
                    self.send_header("Transfer-Encoding", "chunked")
                else:
                    self.send_header("Content-Length", str(len(answer.body) + (100 if answer.cut else 0)))
                self.end_headers()
                if answer.chunk:
                    for at in range(0, len(answer.body), answer.chunk):
                        some = answer.body[at : at + answer.chunk]
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(some), some))
                    self.wfile.write(b"0\r\n\r\n")
                elif self.command != "HEAD":
                    self.wfile.write(answer.body)
                self.close_connection = self.close_connection or answer.cut

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = respond

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.port = int(self._http.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def answers(self, *answers: Answer) -> None:
        """Give these answers one after the other, and then the last one again and again."""
        left = list(answers)
        lock = threading.Lock()

        def next_one(request: Arrived) -> Answer:
            with lock:
                return left.pop(0) if len(left) > 1 else left[0]

        self.answer = next_one

    def stop(self) -> None:
        """Close the port."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class Tokens:
    """A token provider with a new text for each renewal; once `dead`, it renews no more."""

    def __init__(self) -> None:
        self.texts = [TOKEN]
        self.asked = 0
        self.rejected: list[str] = []
        self.dead = False

    def _token(self) -> Token:
        return Token.given(Secret(self.texts[-1]), None, 0.0)

    def current(self) -> Token:
        self.asked += 1
        return self._token()

    def renewed(self, rejected: Token) -> Token:
        self.rejected.append(rejected.access_token.reveal())
        if self.dead:
            raise LoginRequired("Your sign-in has ended. Run the cell again.")
        if rejected.access_token.reveal() == self.texts[-1]:
            self.texts.append(f"token-number-{len(self.texts) + 1}")
        return self._token()

    def peek(self) -> Token | None:
        return self._token()


@pytest.fixture
def servers() -> Iterator[Callable[..., Server]]:
    """Give a maker of servers, stopped after the test."""
    made: list[Server] = []

    def make(answer: Callable[[Arrived], Answer] = lambda request: Answer()) -> Server:
        made.append(Server(answer))
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def api(servers: Callable[..., Server]) -> Server:
    """Give a server that plays the API."""
    return servers()


@pytest.fixture
def tokens() -> Tokens:
    """Give the tokens that `session` sends."""
    return Tokens()


@dataclass
class Waits:
    """Records waits and what a person was told of them; they take no time but on the session's own clock."""

    slept: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def clock(self) -> float:
        return time.time() + sum(self.slept)


@pytest.fixture
def waits() -> Waits:
    """Give the record of the waits of `session`."""
    return Waits()


@pytest.fixture
def make_session(api: Server, tokens: Tokens, waits: Waits) -> Iterator[Callable[..., RefreshingSession]]:
    """Give a maker of sessions for `api`, with `tokens`, whose waits take no time."""
    made: list[RefreshingSession] = []

    def make(**changes: Any) -> RefreshingSession:
        settings: dict[str, Any] = {
            "api_url": api.url,
            "login_url": "https://login.procore.test",
            "tokens": tokens,
            "timeout": 20.0,
            "notify": waits.said.append,
            "sleep": waits.sleep,
            "clock": waits.clock,
            "chance": lambda: 0.5,
        }
        made.append(RefreshingSession(**{**settings, **changes}))
        return made[-1]

    yield make
    for session in made:
        session.close()


@pytest.fixture
def session(make_session: Callable[..., RefreshingSession]) -> RefreshingSession:
    """Give a session for `api`."""
    return make_session()
