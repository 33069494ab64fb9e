"""The address that a loopback CallbackURL names, and the sockets that listen there."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from procore_jupyter.addresses import is_loopback
from procore_jupyter.login.receiver import ReceiverUnavailable

START_PATH = "/procore-jupyter/start"
"""The path that redirects to the provider, here and on a Jupyter server; ``?login=ID`` names the login."""

LOOPBACK = ("127.0.0.1", "::1")
"""The addresses that a browser tries for ``localhost``."""

BACKLOG = 128
"""Connections that may wait to be accepted."""


@dataclass(frozen=True)
class LoopbackAddress:
    """The address that a loopback CallbackURL names.

    Parameters
    ----------
    host : str
        The host as a browser writes it in ``Host``: ``localhost``, ``127.0.0.1``, ``[::1]``.
    port : int
        The TCP port; 80 if the CallbackURL names none.
    path : str
        The path as a browser sends it; ``/`` if the CallbackURL has none.
    """

    host: str
    port: int
    path: str

    @classmethod
    def of(cls, callback_url: str) -> LoopbackAddress | None:
        """Return the address that a CallbackURL names; None if it is not http on loopback."""
        try:
            parts = urlsplit(callback_url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return None
        if parts.scheme != "http" or "@" in parts.netloc or port == 0:
            return None
        if not is_loopback(host):
            return None
        if ":" in host:
            host = f"[{ipaddress.IPv6Address(host)}]"  # in the one spelling that browsers use
        # Quoted as a browser quotes; what is quoted already stays.
        return cls(host, port or 80, quote(parts.path, safe="/%:@!$&'()*+,;=~-._[]|") or "/")

    @property
    def hosts(self) -> frozenset[str]:
        """The values of the ``Host`` header that name this address."""
        named = {f"{self.host}:{self.port}"}
        return frozenset(named | {self.host} if self.port == 80 else named)

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a browser writes them."""
        return f"http://{self.host}" + ("" if self.port == 80 else f":{self.port}")


class PortInUse(ReceiverUnavailable):
    """Another program has the port.

    Parameters
    ----------
    host : str
        The address at which it has the port.
    reason : str
        As for `ReceiverUnavailable`.
    """

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(reason)
        self.host = host


def listen(address: LoopbackAddress) -> list[socket.socket]:
    """Listen at 127.0.0.1 and ::1, of which a browser may try either, and at the very address if it is neither.

    Raises
    ------
    ReceiverUnavailable
        The port can't be opened, or not on all of them: then the response could go to another program. As
        `PortInUse`, if it is another program's already.
    """
    named = () if address.host == "localhost" else (address.host.strip("[]"),)
    hosts = [*dict.fromkeys([*LOOPBACK, *named])]
    listening: list[socket.socket] = []
    at = ""
    failed: OSError | None = None
    for host in hosts:
        try:
            listening.append(_listener(host, address.port))
        except OSError as error:
            missing = error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
            if missing and host not in named:
                continue  # a machine without IPv6
            failed, at = error, host
            break
    if listening and failed is None:
        return listening
    for one in listening:
        one.close()
    if failed is not None and failed.errno == errno.EADDRINUSE:
        raise PortInUse(
            at,
            f"Another program uses port {address.port} here: after signing in your browser may show its page, "
            "or say it can't connect; copy its address and paste it below.",
        )
    raise ReceiverUnavailable(
        f"Port {address.port} can't be opened here: after signing in your browser will say it can't connect; "
        "copy its address and paste it below."
    )


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            # Otherwise the port stays shut for a minute after the last login's connection.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        elif hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            # On Windows SO_REUSEADDR would let two programs share the port, and either could receive the code.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        if family is socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
