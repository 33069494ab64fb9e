"""Requests to the Jupyter server: never off this machine, never to somebody else, and soon given up."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from procore_jupyter.login.discovery import JupyterServer
from procore_jupyter.login.server_http import NoResponse, is_this_machine, send_request
from procore_jupyter.socket_owners import SocketOwner
from tests.strangers import Stranger, needs_two_people


class Listener:
    """Answers every connection with fixed bytes, and keeps what it was sent."""

    def __init__(self, answer: bytes | None) -> None:
        self.received: list[bytes] = []
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                if self._closed.is_set():
                    return
                self.received.append(connection.recv(65_536))
                if self._answer is None:
                    self._closed.wait(60)  # and nothing comes
                    continue
                try:
                    connection.sendall(self._answer)
                except OSError:
                    pass

    def close(self) -> None:
        self._closed.set()
        socket.create_connection(("127.0.0.1", self.port)).close()  # wakes accept()
        self._thread.join(60)
        self._socket.close()

    def server(self) -> JupyterServer:
        return JupyterServer(("127.0.0.1",), self.port, "/team/")


@contextmanager
def answering(answer: bytes | None) -> Iterator[Listener]:
    listener = Listener(answer)
    try:
        yield listener
    finally:
        listener.close()


def test_a_request_is_plain_http_with_the_address_itself_as_host() -> None:
    with answering(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}") as listener:
        answer = send_request(
            listener.server(), "POST", "logins", headers={"X-Procore-Ticket": "t"}, body=b"[]", timeout=10
        )

    head, _, body = listener.received[0].partition(b"\r\n\r\n")
    assert (answer.status, answer.body) == (201, b"{}")
    assert head.split(b"\r\n")[0] == b"POST /team/procore-jupyter/logins HTTP/1.1"
    assert f"Host: 127.0.0.1:{listener.port}".encode() in head.split(b"\r\n")
    assert b"X-Procore-Ticket: t" in head.split(b"\r\n")
    assert body == b"[]"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"hello\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70_000,
        b"HTTP/1.1 200 OK\r\n" + b"X-Y: z\r\n" * 5000 + b"\r\n",
    ],
    ids=["nothing", "cut body", "cut head", "no http", "endless", "too long", "too many headers"],
)
def test_what_is_no_whole_answer_is_none(answer: bytes) -> None:
    with answering(answer) as listener, pytest.raises(NoResponse) as caught:
        send_request(listener.server(), "GET", "health", headers={"X-Procore-Ticket": "ticket"}, timeout=10)

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_server_that_says_nothing_is_left_after_the_timeout() -> None:
    with answering(None) as listener, pytest.raises(NoResponse):
        send_request(listener.server(), "GET", "health", headers={}, timeout=0.3)


def test_a_request_is_dropped_soon_after_nobody_waits_for_it() -> None:
    stop = threading.Event()
    outcome: list[str] = []

    def wait() -> None:
        try:
            send_request(listener.server(), "GET", "health", headers={}, timeout=3600, given_up=stop.is_set)
        except NoResponse:
            outcome.append("dropped")

    with answering(None) as listener:
        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        stop.set()
        thread.join(30)

    assert outcome == ["dropped"]


def test_nobody_there_is_no_answer() -> None:
    with answering(b"") as listener:
        server = listener.server()

    with pytest.raises(NoResponse):
        send_request(server, "GET", "health", headers={}, timeout=5)


@pytest.mark.parametrize("address", ["192.0.2.1", "8.8.8.8", "2001:db8::1", "not.a.host.invalid"])
def test_another_machine_is_never_asked(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("connected")

    monkeypatch.setattr(socket, "create_connection", never)

    with pytest.raises(NoResponse):
        send_request(JupyterServer((address,), 8888), "GET", "health", headers={}, timeout=5)


@pytest.mark.parametrize(
    ("ip", "ours"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("192.0.2.1", False),
        ("2001:db8::1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("x", False),
        ("", False),
    ],
)
def test_only_this_machine_s_addresses_are_its_own(ip: str, ours: bool) -> None:
    assert is_this_machine(ip) is ours


@pytest.mark.parametrize("before", [SocketOwner.ANOTHER, SocketOwner.UNTOLD])
def test_a_foreign_listener_gets_not_a_byte(monkeypatch: pytest.MonkeyPatch, before: SocketOwner) -> None:
    monkeypatch.setattr("procore_jupyter.login.server_http.listener_at", lambda *_, **__: before)

    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as listener, pytest.raises(NoResponse):
        send_request(listener.server(), "GET", "health", headers={}, timeout=5)

    assert listener.received == []


@pytest.mark.parametrize("after", [SocketOwner.ANOTHER, SocketOwner.UNTOLD, SocketOwner.NOBODY])
def test_nor_does_one_that_came_between_the_look_and_the_connection(
    monkeypatch: pytest.MonkeyPatch, after: SocketOwner
) -> None:
    looks = iter([SocketOwner.OURS, after])
    monkeypatch.setattr("procore_jupyter.login.server_http.listener_at", lambda *_, **__: next(looks))

    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as listener, pytest.raises(NoResponse):
        send_request(listener.server(), "GET", "health", headers={}, timeout=5)

    assert b"".join(listener.received) == b""


@needs_two_people
@pytest.mark.parametrize("host", ["::", "::1"])
def test_beside_a_stranger_on_the_other_family_the_server_is_asked_at_its_own_address(host: str) -> None:
    """Jupyter with ``--ip=::`` listens on IPv6 alone; 127.0.0.1 is whose it is."""
    with Stranger() as stranger, socket.create_server((host, 0), family=socket.AF_INET6) as ours:
        port = ours.getsockname()[1]
        assert stranger.listen("0.0.0.0", port) is None
        answered = threading.Thread(target=lambda: _answer_once(ours))
        answered.start()
        server = JupyterServer(("127.0.0.1", "::1"), port)
        answer = send_request(server, "GET", "health", headers={"X-Procore-Owner": "proof"}, timeout=20)
        answered.join(20)

        assert (answer.status, stranger.heard) == (200, [])


def _answer_once(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_somebody_else_s_unix_socket_gets_not_a_byte(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        os.chown(path, 54321, -1)
        with pytest.raises(NoResponse):
            send_request(JupyterServer((), 8888, sock=str(path)), "GET", "health", headers={}, timeout=5)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_the_environment_s_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(b"") as proxy, answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as listener:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        answer = send_request(listener.server(), "GET", "health", headers={}, timeout=5)

    assert answer.status == 200
    assert proxy.received == []


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with answering(b"") as elsewhere:
        location = f"Location: http://127.0.0.1:{elsewhere.port}/\r\n".encode()
        with answering(b"HTTP/1.1 302 Found\r\n" + location + b"Content-Length: 0\r\n\r\n") as listener:
            answer = send_request(listener.server(), "GET", "health", headers={}, timeout=5)

    assert answer.status == 302
    assert elsewhere.received == []
