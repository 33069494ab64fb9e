"""The port of this machine that a CallbackURL names: whether a stranger's program could take the response there.

A browser that is sent to ``localhost`` tries one loopback address and then the other. So code and state go to whoever
listens at either, and another user of this machine may be quicker than we are.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection
from contextlib import suppress
from urllib.parse import urlsplit

from procore_jupyter.login.discovery import CALLBACK_PATH
from procore_jupyter.login.loopback_address import LOOPBACK
from procore_jupyter.login.server_http import is_this_machine
from procore_jupyter.socket_owners import SocketOwner, listener_at

_LOOPBACK_NAMES = {"localhost", "localhost.localdomain", "localhost6", "ip6-localhost", "ip6-loopback"}


class CallbackPort:
    """The port of this machine at which a browser brings the response.

    Parameters
    ----------
    callback_url : str
        The redirect URI. One that leads to another machine, or to none, has no port here, and no stranger.
    claimed : Callable
        Returns the addresses at which this login, or a Jupyter server of this user, listens on the port. They count
        where the system doesn't tell whose a listener is.
    """

    def __init__(self, callback_url: str, claimed: Callable[[], Collection[str]] = tuple) -> None:
        self._claimed = claimed
        self._port, self._path, self._addresses = _places(callback_url)

    def stranger(self) -> str | None:
        """Return why no response may be awaited at the port, and what to do; None if nobody else could take it."""
        claimed = self._claimed()
        for ip in self._addresses:
            owner = listener_at(ip, self._port, claimed=ip in claimed)
            if owner in (SocketOwner.ANOTHER, SocketOwner.UNTOLD):
                return why_not_at(self._port, self._path, owner)
        return None


def why_not_at(port: int, path: str, owner: SocketOwner) -> str:
    """Return why no response may be awaited at a CallbackURL's port and path, with what to do.

    Parameters
    ----------
    owner : SocketOwner
        Whose the listener there is.
    """
    who = "another user of this machine"
    why = f"{who} listens on port {port}" if owner is SocketOwner.ANOTHER else f"port {port} may be {who}'s"
    if path.endswith(f"/{CALLBACK_PATH}"):
        instead = "start Jupyter on another port, and register the CallbackURL of that port"
    else:
        instead = "use a CallbackURL with another port, and register it"
    return f"{why}, and Procore's answer could go there; {instead} as a Redirect URI of your app."


def _places(callback_url: str) -> tuple[int, str, tuple[str, ...]]:
    """Return the port and the path, and the addresses of this machine that a browser may try."""
    try:
        parts = urlsplit(callback_url)
        host, port = (parts.hostname or "").lower(), parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return 0, "", ()
    return port, parts.path, tuple(ip for ip in dict.fromkeys(_ips(host, port)) if is_this_machine(ip))


def _ips(host: str, port: int) -> list[str]:
    """Return the addresses that a browser may try for a host, without asking a name server for it."""
    name, ip = host.rstrip("."), _ip(host)
    if ip is not None:
        # For 0.0.0.0 a browser, too, goes to this machine.
        return [*LOOPBACK, str(ip)] if ip.is_loopback or ip.is_unspecified else [str(ip)]
    if name in _LOOPBACK_NAMES or name.endswith(".localhost"):
        return [*LOOPBACK]
    if name == socket.gethostname().lower():
        with suppress(OSError):
            return [str(place[0]) for *_, place in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]
    return []


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address that a host is, in any spelling that a browser understands: ``127.1``, ``0x7f000001``."""
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        try:
            return ipaddress.ip_address(socket.inet_aton(host))
        except (OSError, ValueError):
            return None
    return (ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None) or ip
