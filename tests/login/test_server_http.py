"""Requests to the Jupyter server: never off this machine, never to somebody else, and soon given up."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from procore_jupyter.login.discovery import JupyterServer
from procore_jupyter.login.server_http import NoResponse, is_this_machine, listener_is_foreign, send_request


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


ROWS = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def row(address: bytes, port: int, uid: int, state: str = "0A") -> str:
    words = [int.from_bytes(address[i : i + 4], sys.byteorder) for i in range(0, len(address), 4)]
    text = "".join(f"{word:08X}" for word in words)
    return f"   0: {text}:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000 {uid:5} 0 123 1\n"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="user numbers")
def test_a_port_that_another_user_listens_on_is_foreign(tmp_path: Path) -> None:
    me, other = os.geteuid(), os.geteuid() + 1
    loopback, everywhere, loopback6 = bytes([127, 0, 0, 1]), bytes(4), bytes(15) + b"\1"
    mapped = bytes(10) + b"\xff\xff" + loopback
    rows4 = [
        row(loopback, 1001, me),
        row(loopback, 1002, other),
        row(everywhere, 1003, other),
        row(loopback, 1004, other, state="01"),  # a connection, nobody listening
        row(everywhere, 1005, other),
        row(loopback, 1005, me),
        row(bytes([10, 0, 0, 1]), 1008, other),
    ]
    rows6 = [
        row(loopback6, 1006, other),
        row(bytes(16), 1007, other),
        row(mapped, 1009, other),
        row(bytes(16), 1010, me),
    ]
    (tmp_path / "tcp").write_text(ROWS + "".join(rows4))
    (tmp_path / "tcp6").write_text(ROWS + "".join(rows6))

    foreign = {
        (ip, port)
        for ip in ("127.0.0.1", "::1")
        for port in range(1001, 1012)
        if listener_is_foreign(ip, port, str(tmp_path))
    }

    assert foreign == {
        ("127.0.0.1", 1002),
        ("127.0.0.1", 1003),
        ("127.0.0.1", 1007),  # an IPv6 listener on all addresses takes IPv4 too
        ("127.0.0.1", 1009),
        ("::1", 1006),
        ("::1", 1007),
    }


def test_where_listeners_can_t_be_seen_none_is_foreign(tmp_path: Path) -> None:
    assert not listener_is_foreign("127.0.0.1", 8888, str(tmp_path))


def test_our_own_listener_is_not_foreign() -> None:
    with answering(b"") as listener:
        assert not listener_is_foreign("127.0.0.1", listener.port)


def test_a_foreign_listener_gets_not_a_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("procore_jupyter.login.server_http.listener_is_foreign", lambda ip, port: True)

    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as listener, pytest.raises(NoResponse):
        send_request(listener.server(), "GET", "health", headers={}, timeout=5)

    assert listener.received == []


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
