"""One HTTP request to a Jupyter server of this user: over TCP, TLS or a unix socket, and never off this machine.

Not made with requests: a long poll has to end as soon as nobody waits any more, unix sockets have to work,
and no proxy of the environment may see a ticket.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from procore_jupyter.login.discovery import JupyterServer

_LONGEST_ANSWER = 65_536
_LOOK_UP = 0.2  # seconds between two looks at whether somebody still waits


class NoAnswer(Exception):
    """No whole answer arrived; whether the request did is not known."""


@dataclass(frozen=True)
class ServerAnswer:
    """What the server answered.

    Parameters
    ----------
    status : int
        The HTTP status.
    body : bytes
        At most 64 KiB.
    """

    status: int
    body: bytes = field(default=b"", repr=False)


def ask(
    server: JupyterServer,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str],
    body: bytes = b"",
    timeout: float,
    given_up: Callable[[], bool] = lambda: False,
) -> ServerAnswer:
    """Send one request and return the answer; redirects are not followed.

    Parameters
    ----------
    server : JupyterServer
        Whom to ask.
    method, path : str
        What; the path goes below the server's base URL.
    headers : mapping
        More headers.
    body : bytes
        JSON.
    timeout : float
        Seconds until the whole answer has to be there.
    given_up : callable
        Asked several times a second; once it returns True the request is dropped.

    Raises
    ------
    NoAnswer
        The server isn't there, isn't this user's, took too long, or broke off; or `given_up`.
    """
    until = time.monotonic() + timeout
    lines = [f"{method} {server.base_url}procore-jupyter/{path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += ["Accept: application/json", "Connection: close"]
    if body:
        lines += ["Content-Type: application/json"]
    lines += [f"Content-Length: {len(body)}"]
    try:
        connection, host = _connect(server, min(timeout, 5.0))
        with closing(connection):
            head = "\r\n".join([lines[0], f"Host: {host}", *lines[1:], "", ""])
            connection.sendall(head.encode("latin-1") + body)
            return _parse(_read(connection, until, given_up), method)
    except (OSError, HTTPException, ValueError) as error:
        # Not chained: the frames below hold the ticket.
        reason = type(error).__name__
    raise NoAnswer(reason)


def _connect(server: JupyterServer, timeout: float) -> tuple[socket.socket, str]:
    """Return a connection, and what to call the other end in the ``Host`` header."""
    if server.sock is not None:
        if Path(server.sock).stat().st_uid != os.geteuid():
            raise PermissionError("not this user's socket")
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(timeout)
            connection.connect(server.sock)
        except BaseException:
            connection.close()
            raise
        return connection, "localhost"
    trouble: OSError = ConnectionRefusedError()
    for name in server.addresses:
        try:
            for _, _, _, _, place in socket.getaddrinfo(name, server.port, type=socket.SOCK_STREAM):
                ip = str(place[0])
                try:
                    connection = _connect_to(ip, server.port, timeout)
                except OSError as error:
                    trouble = error
                    continue
                host = f"[{ip}]" if ":" in ip else ip
                return (_encrypted(connection) if server.secure else connection), f"{host}:{server.port}"
        except OSError as error:
            trouble = error
    raise trouble


def _connect_to(ip: str, port: int, timeout: float) -> socket.socket:
    if not is_this_machine(ip):
        raise PermissionError("not this machine")
    if listener_is_foreign(ip, port):
        raise PermissionError("another user's server")
    return socket.create_connection((ip, port), timeout=timeout)


def _encrypted(connection: socket.socket) -> socket.socket:
    """Speak TLS without asking who signed the certificate.

    It is the server's own, signed by itself or for a name that is not ``127.0.0.1``, so there is nothing to
    check it against. Nor is it needed: the bytes never leave this machine, and who listens is proved by
    other means (`listener_is_foreign`). What is sent is no more than plain http to loopback would carry.
    """
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        return context.wrap_socket(connection)
    except BaseException:
        connection.close()
        raise


def _read(connection: socket.socket, until: float, given_up: Callable[[], bool]) -> bytes:
    """Read all that the server sends until it closes the connection."""
    received = bytearray()
    while not given_up():
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(min(left, _LOOK_UP))
        try:
            piece = connection.recv(16_384)
        except TimeoutError:
            continue
        if not piece:
            return bytes(received)
        received += piece
        if len(received) > 2 * _LONGEST_ANSWER:
            raise ValueError("too long")
    raise InterruptedError


class _Received:
    """What http.client asks of a socket."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, mode: str) -> BytesIO:
        return BytesIO(self._content)


def _parse(received: bytes, method: str) -> ServerAnswer:
    if b"\r\n\r\n" not in received:
        raise ValueError("cut off")  # http.client would take half a head for a whole one
    response = HTTPResponse(cast(Any, _Received(received)), method=method)
    response.begin()
    if response.length is None:
        raise ValueError("no length")  # nobody could tell whether it is whole
    body = response.read()  # raises where it is shorter than announced
    if len(body) > _LONGEST_ANSWER:
        raise ValueError("too long")
    return ServerAnswer(response.status, body)


def is_this_machine(ip: str) -> bool:
    """Tell whether an IP address is one of this machine's own, without sending anything."""
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    if address.is_loopback:
        return True
    if address.is_unspecified or address.is_multicast or address.is_reserved:
        return False
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((ip, 0))  # only one's own addresses can be bound
    except OSError:
        return False
    return True


def listener_is_foreign(ip: str, port: int, tables: str = "/proc/net") -> bool:
    """Tell whether another user's program listens there; False where that can't be seen (not Linux).

    A stale file, or one from another machine with the same home folder, may name a port that somebody
    else's server has now; that one must get neither our token nor our ticket.

    Parameters
    ----------
    ip, port : str, int
        One of this machine's own addresses.
    tables : str
        The folder of the kernel's socket tables.
    """
    if not hasattr(os, "geteuid"):
        return False
    wanted = ipaddress.ip_address(ip.partition("%")[0])
    owners: list[int] = []
    owners_of_any: list[int] = []
    for name in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path(tables, name).read_text().splitlines()[1:]:
                columns = line.split()
                address, _, hex_port = columns[1].partition(":")
                if columns[3] != "0A" or int(hex_port, 16) != port:  # 0A: listening
                    continue
                found = _address(address)
                if found == wanted:
                    owners.append(int(columns[7]))
                elif found.is_unspecified and (wanted.version == 4 or found.version == 6):
                    owners_of_any.append(int(columns[7]))
    listeners = owners or owners_of_any  # the kernel, too, prefers the more exact one
    return bool(listeners) and os.geteuid() not in listeners


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Read an address as ``/proc/net/tcp`` writes it: words of four bytes in the machine's byte order."""
    import sys

    words = [int(text[i : i + 8], 16).to_bytes(4, sys.byteorder) for i in range(0, len(text), 8)]
    address = ipaddress.ip_address(b"".join(words))
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
