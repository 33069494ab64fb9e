"""One HTTP request to a Jupyter server of this user: over TCP, TLS or a unix socket, and never off this machine.

Without requests, because a long poll has to end as soon as nobody waits for it, unix sockets have to work, and no
proxy of the environment may see a ticket.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from procore_jupyter.login.discovery import JupyterServer
from procore_jupyter.socket_owners import SocketOwner, listener_at

LONGEST_BODY = 65_536
"""Bytes of a response's body; a longer one counts as none."""

LONGEST_RESPONSE = 2 * LONGEST_BODY
"""Bytes of a whole response; reading stops beyond them."""

CONNECT_TIME = 5.0
"""Seconds that one address has to accept the connection."""

LOOK_UP = 0.2
"""Seconds between two looks at whether the caller has given up."""


class NoResponse(Exception):
    """No whole response arrived; whether the request did is not known."""


@dataclass(frozen=True)
class ServerResponse:
    """The response of the server.

    Parameters
    ----------
    status : int
        The HTTP status.
    body : bytes
        At most `LONGEST_BODY` bytes.
    """

    status: int
    body: bytes = field(default=b"", repr=False)


def send_request(
    server: JupyterServer,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str],
    body: bytes = b"",
    timeout: float,
    given_up: Callable[[], bool] = lambda: False,
) -> ServerResponse:
    """Send one request and return the response. Redirects are not followed.

    Parameters
    ----------
    server : JupyterServer
        The server to ask.
    method : str
        The HTTP method.
    path : str
        The path below ``procore-jupyter/`` under the server's base URL.
    headers : mapping
        Further headers.
    body : bytes
        JSON; empty for none.
    timeout : float
        Seconds until the whole response has to be there.
    given_up : callable
        Called several times a second; the request is dropped once it returns True.

    Raises
    ------
    NoResponse
        The server isn't there, isn't this user's, took too long or broke off; or `given_up` returned True.
    """
    until = time.monotonic() + timeout
    try:
        connection, host = _connect(server, min(timeout, CONNECT_TIME))
        with closing(connection):
            lines = [f"{method} {server.base_url}procore-jupyter/{path} HTTP/1.1", f"Host: {host}"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            lines += ["Accept: application/json", "Connection: close", f"Content-Length: {len(body)}"]
            if body:
                lines += ["Content-Type: application/json"]
            connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
            return _parse(_read(connection, until, given_up), method)
    except (OSError, HTTPException, ValueError) as error:
        # Not chained: the frames below hold the ticket.
        reason = type(error).__name__
    raise NoResponse(reason)


def _connect(server: JupyterServer, timeout: float) -> tuple[socket.socket, str]:
    """Return a connection, and the server's name for the ``Host`` header."""
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
    for ip in _ips(server):
        with suppress(OSError):  # the next address may accept
            connection = _connect_to(ip, server.port, timeout)
            host = f"[{ip}]" if ":" in ip else ip
            return (_encrypted(connection) if server.secure else connection), f"{host}:{server.port}"
    raise ConnectionRefusedError


def _ips(server: JupyterServer) -> Iterator[str]:
    for name in server.addresses:
        with suppress(OSError):  # a name that leads nowhere
            for *_, place in socket.getaddrinfo(name, server.port, type=socket.SOCK_STREAM):
                yield str(place[0])


def _connect_to(ip: str, port: int, timeout: float) -> socket.socket:
    """Connect to this user's own server alone.

    A stale file, or one from another machine with the same home folder, may name a port that somebody else's server
    has now. That server must receive neither our token nor our ticket.
    """
    if not is_this_machine(ip):
        raise PermissionError("not this machine")
    if listener_at(ip, port, claimed=True) in (SocketOwner.ANOTHER, SocketOwner.UNTOLD):
        raise PermissionError("another user's server")
    connection = socket.create_connection((ip, port), timeout=timeout)
    if (
        listener_at(ip, port, claimed=True) is SocketOwner.OURS
    ):  # still: whoever took the connection listened before
        return connection
    connection.close()
    raise PermissionError("another user's server")


def _encrypted(connection: socket.socket) -> socket.socket:
    """Speak TLS without verifying the certificate.

    The certificate is the server's own, signed by itself or for a name that is not ``127.0.0.1``, so there is
    nothing to verify it against. Nor is it needed: the bytes never leave this machine, and who listens is proved by
    other means (`listener_at`). What is sent is no more than plain http to loopback would carry.
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
    """Read everything that the server sends before it closes the connection.

    `http.client` on a socket could neither look up from a long poll, nor bound the whole response's size and time.
    """
    received = bytearray()
    while not given_up():
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(min(left, LOOK_UP))
        try:
            piece = connection.recv(16_384)
        except TimeoutError:
            continue
        if not piece:
            return bytes(received)
        received += piece
        if len(received) > LONGEST_RESPONSE:
            raise ValueError("too long")
    raise InterruptedError


def _parse(received: bytes, method: str) -> ServerResponse:
    if b"\r\n\r\n" not in received:
        raise ValueError("cut off")  # http.client would take half a head for a whole one
    response = HTTPResponse(cast(Any, SimpleNamespace(makefile=lambda _: BytesIO(received))), method=method)
    response.begin()
    if response.length is None:
        raise ValueError("no length")  # nobody could tell whether it is whole
    body = response.read()  # raises if it is shorter than announced
    if len(body) > LONGEST_BODY:
        raise ValueError("too long")
    return ServerResponse(response.status, body)


def is_this_machine(ip: str) -> bool:
    """Tell whether an IP address is one of this machine's own; nothing is sent."""
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
