"""Forged answers by the thousand, at a real Jupyter server and at the listener on this machine: none is taken, none is kept."""

from __future__ import annotations

import http.client
import json
import os
import random
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from procore_jupyter.login.loopback import LoopbackReceiver
from procore_jupyter.login.ticket import OWNER_HEADER, TICKET_HEADER, Ticket
from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse
from procore_jupyter.secret import Secret
from tests.hostile.counting import share, tried
from tests.servers import JupyterServerProcess, free_port
from tests.soak import SOAK

CODE = "hostile-code-5c1e"
JUNK = [
    "",
    "x",
    "\x00",
    "é",
    "%",
    "%00",
    "%ff",
    "%2",
    "\u202e",
    "A" * 43,
    "../",
    "<script>",
    "'",
    '"',
    "\\",
    "null",
    "a" * 5000,
]


@pytest.fixture
def chance() -> random.Random:
    """Give chance; its seed is printed where a test fails, and set by PROCORE_SEED."""
    seed = int(os.environ.get("PROCORE_SEED", "0")) or (secrets.randbits(32) if SOAK else 20261123)
    print(f"PROCORE_SEED={seed}")
    return random.Random(seed)


def wrong_states(state: str, chance: random.Random) -> str:
    """Return a state that is not this one, and mostly near it."""
    at = chance.randrange(len(state))
    other = chance.choice("ABCabc012-_")
    while True:
        made = chance.choice(
            [
                state[:at] + other + state[at + 1 :],
                state[:at],
                state + other,
                state.swapcase(),
                state.lower(),
                state + "=",
                state + "\n",
                " " + state,
                state + "\x00",
                quote(quote(state, safe="")) + "%20",
                secrets.token_urlsafe(32),
                chance.choice(JUNK),
                state[::-1],
            ]
        )
        if made != state:
            return made


def plain(text: str) -> str:
    """Return what of a text can stand in a header."""
    return "".join(one for one in text if "!" <= one <= "~")


def forged_query(state: str, chance: random.Random) -> str:
    """Return a callback's query that is no answer of the sign-in with this state."""
    kind = chance.randrange(6)
    wrong = wrong_states(state, chance)
    if kind == 0:  # the right state, and no one answer
        return chance.choice(
            [
                urlencode({"state": state}),
                urlencode({"state": state, "code": ""}),
                urlencode({"state": state, "code": CODE, "error": "access_denied"}),
                urlencode([("state", state), ("code", CODE), ("code", "other")]),
                urlencode({"state": state, "Code": CODE}),
                urlencode({"state": state, "code ": CODE}),
                urlencode([("state", state), ("error", "a"), ("error", "b")]),
                f"state={state};code={CODE}",
                f"state={state}%26code={CODE}",
            ]
        )
    if kind == 1:  # two states, one of them right
        pair = [("state", state), ("state", wrong)]
        chance.shuffle(pair)
        return urlencode([*pair, ("code", CODE)])
    if kind == 2:
        return urlencode(
            {"code": CODE, chance.choice(["State", "STATE", "state ", "stat\u0435", "state[]"]): state},
            errors="replace",
        )
    if kind == 3:
        return "".join(
            chance.choice(["code", "state", "=", "&", ";", "?", "#", "%", "+", CODE, *map(quote, JUNK[:6])])
            for _ in range(12)
        )
    if kind == 4:
        return urlencode(
            {"error": chance.choice(JUNK), "error_description": chance.choice(JUNK), "state": wrong},
            errors="replace",
        )
    return urlencode({"code": chance.choice([CODE, *JUNK]), "state": wrong}, errors="replace")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServerProcess]:
    with JupyterServerProcess(tmp_path_factory.mktemp("jupyter")) as process:
        yield process


class Client:
    """One connection to a server, kept open: thousands of requests take seconds."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("localhost", port, timeout=60)

    def ask(
        self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, bytes]:
        try:
            self._connection.putrequest(method, "/x", skip_accept_encoding=True)
        except http.client.CannotSendRequest:
            self._connection.close()
            self._connection.putrequest(method, "/x", skip_accept_encoding=True)
        # Past http.client's own check of the address: an attacker's client has none.
        self._connection._buffer[0] = f"{method} {target} HTTP/1.1".encode("latin-1", "replace")  # type: ignore[attr-defined]
        for name, value in (headers or {}).items():
            self._connection.putheader(name, value)
        self._connection.putheader("Content-Length", str(len(body)))
        try:
            self._connection.endheaders(body)
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (http.client.HTTPException, OSError):  # the server hung up on it
            self._connection.close()
            return 400, b""

    def close(self) -> None:
        self._connection.close()


def resident(pid: int) -> int:
    """Return a process's resident memory in bytes; 0 where that can't be told."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def test_a_jupyter_server_takes_no_forged_callback_ticket_or_start(
    server: JupyterServerProcess, chance: random.Random
) -> None:
    ticket = Ticket.create()
    ours = {TICKET_HEADER: ticket.header}
    client = Client(server.port)
    base = f"/{server.url.split('/', 3)[3]}procore-jupyter/"
    opening = json.dumps({"authorize_url": f"https://login.procore.com/?state={ticket.state}"}).encode()
    assert client.ask("POST", f"{base}logins", {**ours, OWNER_HEADER: server.token}, opening)[0] == 201
    before = 0
    for number in range(share(10_000)):
        kind = number % 5
        if kind < 3:
            target = (
                f"{base}callback?{forged_query(ticket.state, chance)}".replace(" ", "%20")
                .replace("\n", "%0A")
                .replace("\x00", "%00")
            )
            status, page = client.ask(chance.choice(["GET", "GET", "GET", "HEAD"]), target)
            assert status in (400, 200), (status, target)
            assert status == 400 or not page, target  # HEAD tells nothing and uses nothing up
            assert CODE.encode() not in page and ticket.state.encode() not in page
            tried("callbacks at a server")
        elif kind == 3:
            forged = plain(
                chance.choice([wrong_states(ticket.header, chance), wrong_states(ticket.state, chance)])
            )
            owner = plain(wrong_states(server.token, chance))
            if forged == ticket.header or owner == server.token:
                continue
            method, path = chance.choice(
                [
                    ("GET", "logins/result"),
                    ("GET", "logins/result?wait=0"),
                    ("DELETE", "logins/result"),
                    ("POST", "logins"),
                ]
            )
            status, page = client.ask(method, base + path, {TICKET_HEADER: forged, OWNER_HEADER: owner})
            assert status in (400, 403, 404), (status, method, forged)
            assert CODE.encode() not in page
            tried("tickets at a server")
        else:
            status, _ = client.ask(
                "GET",
                f"{base}start?login={quote(chance.choice([*JUNK, secrets.token_urlsafe(16)]), errors='replace')}",
                {"Authorization": f"token {server.token}"},
            )
            assert status == 400
            tried("starts at a server")
        if number == share(10_000) // 2:
            before = resident(server.process.pid)
    grown = resident(server.process.pid) - before
    assert grown < 30_000_000, f"{grown:,} bytes kept"
    # The login is as it was, and the true answer is taken.
    assert client.ask("GET", f"{base}logins/result", ours)[0] == 204
    status, _ = client.ask(
        "GET", f"{base}callback?{urlencode({'code': 'true-code-1', 'state': ticket.state})}"
    )
    assert status == 200
    status, answer = client.ask("GET", f"{base}logins/result", ours)
    assert (status, json.loads(answer)["code"]) == (200, "true-code-1")
    client.close()
    log = server.log()
    # Older versions of jupyter_server log a refusal with the traceback of its HTTPError.
    assert log.count("Traceback") <= log.count("tornado.web.HTTPError: HTTP 4") and " 500 " not in log
    for secret in (CODE, ticket.header, ticket.state):
        assert secret not in log


class Listening:
    """A loopback receiver that waits in a thread."""

    def __init__(self) -> None:
        self.port = free_port()
        self.state = secrets.token_urlsafe(32)
        self.receiver = LoopbackReceiver(f"http://localhost:{self.port}/here/callback")
        url = f"https://login.procore.com/oauth/authorize?state={self.state}"
        self.receiver.open(
            AuthorizationRequest(url, self.state, self.receiver.address.origin, Secret("v" * 43))
        )
        self.answers: list[AuthorizationResponse | None] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=lambda: self.answers.append(self.receiver.receive(self._stop)), daemon=True
        )
        self._thread.start()

    def join(self) -> None:
        self._thread.join(30)
        assert not self._thread.is_alive()

    def close(self) -> None:
        self._stop.set()
        self.receiver.close()
        self._thread.join(30)


@pytest.fixture
def listening() -> Iterator[Listening]:
    made = Listening()
    yield made
    made.close()


def say(port: int, content: bytes) -> bytes:
    """Send bytes; return what came back, nothing where the listener hung up."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            connection.sendall(content)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := connection.recv(65_536):
                answer += piece
        except ConnectionError:
            return b""
        return answer


def odd_requests(state: str, port: int, chance: random.Random) -> bytes:
    """Return a request that no browser would send."""
    good = f"/here/callback?code={CODE}&state={state}"
    host = f"localhost:{port}"
    forms: list[Callable[[], bytes]] = [
        lambda: chance.randbytes(chance.randrange(1, 300)),
        lambda: f"GET {good} HTTP/1.1\r\nHost: evil.test\r\n\r\n".encode(),
        lambda: f"GET {good} HTTP/1.1\r\nHost: {host}\r\nHost: evil.test\r\n\r\n".encode(),
        lambda: f"GET {good} HTTP/1.1\r\n\r\n".encode(),
        lambda: f"GET {good} HTTP/1.1\r\nHost: {host}.evil.test\r\n\r\n".encode(),
        lambda: f"GET {good} HTTP/1.1\r\nHost: localhost:{port + 1}\r\n\r\n".encode(),
        lambda: f"POST {good} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n".encode(),
        lambda: (
            f"{chance.choice(['PUT', 'get', 'OPTIONS', 'CONNECT', 'TRACE', 'HEAD'])} {good} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        ),
        lambda: f"GET http://evil.test{good} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(),
        lambda: f"GET {good.replace('/here', '/HERE')} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(),
        lambda: f"GET /here/../here{good} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(),
        lambda: f"GET {good}".encode(),
        lambda: b"GET " + b"/" * 70_000,
        lambda: (
            f"GET /procore-jupyter/start?login={secrets.token_urlsafe(16)} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        ),
        lambda: f"GET / HTTP/1.1\r\nHost: {host}\r\nX: {'y' * 60_000}\r\n\r\n".encode(),
        lambda: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + chance.randbytes(60),
        lambda: f"GET {good} HTTP/9.9\r\nHost: {host}\r\n\r\n".encode(),
    ]
    return chance.choice(forms)()


def test_the_listener_on_this_machine_takes_no_forged_callback(
    listening: Listening, chance: random.Random
) -> None:
    for number in range(share(6_000)):
        if number % 2:
            content = odd_requests(listening.state, listening.port, chance)
        else:
            query = forged_query(listening.state, chance)
            target = "".join(one if "!" <= one <= "~" else quote(one, errors="replace") for one in query)
            content = (
                f"GET /here/callback?{target} HTTP/1.1\r\nHost: localhost:{listening.port}\r\n\r\n".encode()
            )
        answer = say(listening.port, content)
        head = answer.split(b"\r\n", 1)[0]
        assert not answer or not head.startswith(b"HTTP/1.1 302"), content
        assert not head.startswith(b"HTTP/1.1 200") or content.startswith(b"HEAD"), content
        assert CODE.encode() not in answer and listening.state.encode() not in answer
        assert listening.answers == [], content
        tried("requests at the listener")
    true = f"GET /here/callback?code=true-code-1&state={listening.state} HTTP/1.1\r\nHost: localhost:{listening.port}\r\n\r\n"
    assert say(listening.port, true.encode()).startswith(b"HTTP/1.1 200")
    listening.join()
    assert listening.answers[0] is not None and listening.answers[0].code == Secret("true-code-1")


def test_connections_that_say_nothing_do_not_keep_the_answer_out(listening: Listening) -> None:
    idle = []
    until = time.monotonic() + 60
    for _ in range(200):
        idle.append(socket.create_connection(("127.0.0.1", listening.port), timeout=20))
        tried("idle connections at the listener")
    true = f"GET /here/callback?code=true-code-1&state={listening.state} HTTP/1.1\r\nHost: localhost:{listening.port}\r\n\r\n"
    assert say(listening.port, true.encode()).startswith(b"HTTP/1.1 200")
    listening.join()
    assert time.monotonic() < until
    for one in idle:
        one.close()
