"""Whose a socket is: held against who really answers, with sockets of two people."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procore_jupyter.socket_owners import SocketOwner, listener_at, owners_are_told, peer_of
from tests.servers import free_port
from tests.strangers import Stranger, needs_two_people

LOOPBACK = ("127.0.0.1", "::1")
# Where one may listen, and whether an IPv6 socket keeps away from IPv4.
PLACES: list[tuple[str, bool | None]] = [
    ("127.0.0.1", None),
    ("0.0.0.0", None),
    ("::1", True),
    ("::", True),
    ("::", False),
    ("::ffff:127.0.0.1", False),
    ("::ffff:0.0.0.0", False),
]
ROWS = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


@pytest.fixture(scope="module")
def stranger() -> Iterator[Stranger]:
    with Stranger() as one:
        yield one


def listening(ip: str, port: int, v6only: bool | None = None) -> socket.socket:
    one = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if v6only is not None:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
        one.bind((ip, port))
        one.listen(8)
    except OSError:
        one.close()
        raise
    return one


def who_answers(ip: str, port: int, ours: socket.socket | None) -> SocketOwner:
    """Connect, and return whose program takes the connection."""
    try:
        client = socket.create_connection((ip, port), timeout=20)
    except OSError:
        return SocketOwner.NOBODY
    with client:
        if ours is not None:
            ours.settimeout(0.05)
            try:
                with closing(ours.accept()[0]) as taken:
                    if taken.getpeername()[1] == client.getsockname()[1]:
                        return SocketOwner.OURS
            except TimeoutError:
                pass
        client.settimeout(20)
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert b"stranger" in client.recv(1000)
        return SocketOwner.ANOTHER


@needs_two_people
@pytest.mark.parametrize("first", ["ours", "stranger"])
@pytest.mark.parametrize("theirs", [None, *PLACES])
@pytest.mark.parametrize("mine", [None, *PLACES])
def test_who_is_told_to_listen_is_who_answers(
    stranger: Stranger,
    mine: tuple[str, bool | None] | None,
    theirs: tuple[str, bool | None] | None,
    first: str,
) -> None:
    port = free_port()
    with ExitStack() as open_ones:
        open_ones.callback(stranger.let_go)
        ours: socket.socket | None = None
        for who in (first, "stranger" if first == "ours" else "ours"):
            if who == "ours" and mine is not None:
                try:
                    ours = open_ones.enter_context(listening(mine[0], port, mine[1]))
                except OSError:
                    return  # the system doesn't let both listen
            elif (
                who == "stranger"
                and theirs is not None
                and stranger.listen(theirs[0], port, v6only=theirs[1])
            ):
                return  # the system doesn't let both listen
        for ip in LOOPBACK:
            told, answers = listener_at(ip, port), who_answers(ip, port, ours)
            # Of an IPv6 socket on all addresses it is not to be seen that it keeps away from IPv4.
            unseen = ip == "127.0.0.1" and answers is SocketOwner.NOBODY and ("::", True) in (mine, theirs)
            assert told is answers or unseen, (ip, told, answers)
            if answers is SocketOwner.ANOTHER:
                assert told is SocketOwner.ANOTHER


@needs_two_people
@pytest.mark.parametrize("ip", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_the_other_end_of_a_connection_is_told_by_its_user(stranger: Stranger, ip: str) -> None:
    port = free_port()
    listener = listening("::", port, v6only=False) if "ffff" in ip else listening(ip, port)
    with listener, ExitStack() as open_ones:
        open_ones.callback(stranger.let_go)
        stranger.connect(ip, port)
        theirs = open_ones.enter_context(listener.accept()[0])
        client = open_ones.enter_context(socket.create_connection((ip, port), timeout=20))
        ours = open_ones.enter_context(listener.accept()[0])

        assert (peer_of(theirs), peer_of(ours)) == (SocketOwner.ANOTHER, SocketOwner.OURS)
        stranger.let_go()
        client.close()
        assert (peer_of(theirs), peer_of(ours)) == (SocketOwner.UNTOLD, SocketOwner.UNTOLD)


@needs_two_people
def test_the_other_end_of_a_unix_socket_is_told_by_its_user(stranger: Stranger, tmp_path: Path) -> None:
    path = f"/tmp/procore-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listener, ExitStack() as open_ones:
        listener.bind(path)
        open_ones.callback(os.unlink, path)
        open_ones.callback(stranger.let_go)
        os.chmod(path, 0o777)
        listener.listen()
        stranger.connect_unix(path)
        theirs = open_ones.enter_context(listener.accept()[0])
        client = open_ones.enter_context(socket.socket(socket.AF_UNIX))
        client.connect(path)
        ours = open_ones.enter_context(listener.accept()[0])

        assert (peer_of(theirs), peer_of(ours)) == (SocketOwner.ANOTHER, SocketOwner.OURS)


def test_a_closed_connection_has_no_owner_that_can_be_told() -> None:
    with socket.socket() as one:
        assert peer_of(one) is SocketOwner.UNTOLD


@pytest.mark.parametrize(
    "content", [None, "", "sl\n   0: nonsense\n", ROWS + " 0: 0100007F:{port:04X} x 0A 0 0 0 me\n"]
)
def test_what_the_system_doesn_t_tell_is_nobody_s_only_if_nobody_answers(
    tmp_path: Path, content: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening("127.0.0.1", free_port()) as one:
        port = one.getsockname()[1]
        if content is not None:
            (tmp_path / "tcp").write_text(content.format(port=port))

        assert owners_are_told(tmp_path) is (content is not None and content.startswith(ROWS))
        assert listener_at("127.0.0.1", port, tables=tmp_path) is SocketOwner.UNTOLD
        assert listener_at("127.0.0.1", free_port(), tables=tmp_path) is SocketOwner.NOBODY
        with socket.create_connection(("127.0.0.1", port)), one.accept()[0] as taken:
            assert peer_of(taken, tables=tmp_path) is SocketOwner.UNTOLD
        # Where no system tells (macOS, Windows), what is known to be ours counts; on Linux the tables have to say so.
        for platform, owner in (
            ("linux", SocketOwner.UNTOLD),
            ("darwin", SocketOwner.OURS),
            ("win32", SocketOwner.OURS),
        ):
            monkeypatch.setattr(sys, "platform", platform)
            assert listener_at("127.0.0.1", port, claimed=True, tables=tmp_path) is owner


def row(address: bytes, port: int, uid: int, state: str) -> str:
    words = [int.from_bytes(address[i : i + 4], sys.byteorder) for i in range(0, len(address), 4)]
    text = "".join(f"{word:08X}" for word in words)
    there = "0" * len(text)
    return f"   0: {text}:{port:04X} {there}:0000 {state} 00000000:00000000 00:00000000 00000000 {uid:5} 0 123 1\n"


V4 = {"127.0.0.1": bytes([127, 0, 0, 1]), "0.0.0.0": bytes(4), "10.0.0.1": bytes([10, 0, 0, 1])}
V6 = {"::1": bytes(15) + b"\1", "::": bytes(16), "::ffff:127.0.0.1": bytes(10) + b"\xff\xff\x7f\0\0\1"}


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="user numbers")
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*V4, *V6]),
            st.sampled_from(["ours", "another's"]),
            st.sampled_from(["0A", "0A", "0A", "01", "06"]),
            st.sampled_from([8888, 8888, 8889]),
        ),
        max_size=6,
    )
)
def test_a_stranger_s_listener_that_could_take_a_connection_is_never_taken_for_ours(
    tmp_path_factory: pytest.TempPathFactory, sockets: list[tuple[str, str, str, int]]
) -> None:
    tables, me = tmp_path_factory.getbasetemp(), os.geteuid()
    for name, addresses in (("tcp", V4), ("tcp6", V6)):
        rows = [
            row(addresses[at], port, me if whose == "ours" else me + 1, state)
            for at, whose, state, port in sockets
            if at in addresses
        ]
        (tables / name).write_text(ROWS + "".join(rows))

    listeners = {(at, whose) for at, whose, state, port in sockets if state == "0A" and port == 8888}
    orders = {
        "127.0.0.1": [{"127.0.0.1", "::ffff:127.0.0.1"}, {"0.0.0.0"}, {"::"}],
        "::1": [{"::1"}, {"::"}],
    }
    for ip, order in orders.items():
        deciding = next(
            (found for some in order if (found := {w for at, w in listeners if at in some})), set()
        )
        told = listener_at(ip, 8888, tables=tables)
        if not deciding:
            assert told is SocketOwner.NOBODY
        else:
            assert told is (SocketOwner.OURS if deciding == {"ours"} else SocketOwner.ANOTHER)


@on_linux
def test_this_machine_tells() -> None:
    with listening("127.0.0.1", free_port()) as one:
        assert owners_are_told()
        assert listener_at("127.0.0.1", one.getsockname()[1]) is SocketOwner.OURS
