"""Whose sockets of this machine are: who listens at an address, and who is at the other end of a connection.

Linux tells it to everybody, in ``/proc/net/tcp`` and ``tcp6``; other systems don't. The kernel and the Jupyter server
both import this module, and may have different environments: it needs nothing but the standard library.
"""

from __future__ import annotations

import enum
import errno
import ipaddress
import os
import socket
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

TABLES = Path("/proc/net")
"""Where Linux keeps its tables of sockets."""

PROBE_TIME = 4.0
"""Seconds to wait for an answer to a connection, where only that tells of a listener; Windows takes two to refuse one."""

_ESTABLISHED, _LISTENING = "01", "0A"
_NOBODY_THERE = {
    errno.ECONNREFUSED,
    errno.EADDRNOTAVAIL,
    errno.EAFNOSUPPORT,
    errno.ENETUNREACH,
    errno.EHOSTUNREACH,
}

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class SocketOwner(enum.Enum):
    """Whose a socket is."""

    NOBODY = "no socket of this machine"
    OURS = "this user's"
    ANOTHER = "another user's"
    UNTOLD = "the system doesn't tell"


class _Row(NamedTuple):
    """A row of Linux' table of TCP sockets."""

    here: tuple[_Address, int]
    there: tuple[_Address, int]
    state: str
    uid: int


def owners_are_told(tables: Path = TABLES) -> bool:
    """Tell whether this system says whose a socket is."""
    return _rows(tables, 0) is not None


def listener_at(ip: str, port: int, *, claimed: bool = False, tables: Path = TABLES) -> SocketOwner:
    """Return whose program takes the connections to an address of this machine.

    A listener at the very address takes them; else one at all addresses of that family; else, for an IPv4 address, one
    at all IPv6 addresses, for that may take IPv4 too.

    Parameters
    ----------
    ip : str
        One of this machine's own addresses.
    port : int
        The TCP port.
    claimed : bool
        This user's own program is known to listen there. It counts where the system tells no owners.
    tables : Path
        The folder of the system's tables of sockets.
    """
    rows = _rows(tables, port)
    if rows is None:
        if claimed and sys.platform != "linux":
            return SocketOwner.OURS
        return SocketOwner.UNTOLD if _accepts(ip, port) else SocketOwner.NOBODY
    wanted = _parsed(ip)
    found = [(row.here[0], row.uid) for row in rows if row.state == _LISTENING]
    exact = [uid for at, uid in found if at == wanted]
    of_family = [uid for at, uid in found if at.is_unspecified and at.version == wanted.version]
    of_both = [uid for at, uid in found if at.is_unspecified and wanted.version == 4]
    return _owner(exact or of_family or of_both)


def peer_of(connection: socket.socket, *, tables: Path = TABLES) -> SocketOwner:
    """Return whose the other end of a connection is; NOBODY if it is on another machine."""
    try:
        if connection.family not in (socket.AF_INET, socket.AF_INET6):
            return _peer_of_unix_socket(connection)
        (ip, port, *_), (own_ip, own_port, *_) = connection.getpeername(), connection.getsockname()
        there, here = (_parsed(ip), port), (_parsed(own_ip), own_port)
    except (OSError, ValueError):
        return SocketOwner.UNTOLD
    rows = _rows(tables, port)
    if rows is None:
        return SocketOwner.UNTOLD
    # Of a socket that is closing or closed, the table has no owner.
    found = [row.uid for row in rows if (row.here, row.there, row.state) == (there, here, _ESTABLISHED)]
    if not found and (there[0].is_loopback or there[0] == here[0]):
        return SocketOwner.UNTOLD
    return _owner(found)


def _owner(uids: Iterable[int]) -> SocketOwner:
    found = {*uids}
    if not found:
        return SocketOwner.NOBODY
    return SocketOwner.OURS if found == {os.geteuid()} else SocketOwner.ANOTHER


def _peer_of_unix_socket(connection: socket.socket) -> SocketOwner:
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return SocketOwner.UNTOLD
    credentials = struct.Struct("3i")
    _, uid, _ = credentials.unpack(connection.getsockopt(socket.SOL_SOCKET, option, credentials.size))
    return _owner([uid])


def _rows(tables: Path, port: int) -> list[_Row] | None:
    """Return the sockets with this local port; None if the system doesn't tell, or not in a way that is understood."""
    if not hasattr(os, "geteuid"):
        return None
    rows: list[_Row] = []
    mark = f":{port:04X}"
    for name in ("tcp", "tcp6"):
        try:
            head, *lines = (tables / name).read_text().splitlines()
            if "local_address" not in head:
                return None
            for columns in map(str.split, lines):
                if columns[1].endswith(mark):
                    rows.append(_Row(_place(columns[1]), _place(columns[2]), columns[3], int(columns[7])))
        except FileNotFoundError:
            if name == "tcp":
                return None  # without IPv6 there is no tcp6
        except (OSError, ValueError, IndexError):
            return None
    return rows


def _place(text: str) -> tuple[_Address, int]:
    """Parse an address and port as the tables have them: words of four bytes in the machine's byte order, all in hex."""
    address, _, port = text.partition(":")
    words = [int(address[i : i + 8], 16).to_bytes(4, sys.byteorder) for i in range(0, len(address), 8)]
    return _plain(ipaddress.ip_address(b"".join(words))), int(port, 16)


def _parsed(ip: str) -> _Address:
    return _plain(ipaddress.ip_address(ip.partition("%")[0]))


def _plain(address: _Address) -> _Address:
    """Return an IPv4 address that is written as an IPv6 one as what it is."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return address if mapped is None else mapped


def _accepts(ip: str, port: int) -> bool:
    """Tell whether somebody listens at an address, by connecting; True in doubt."""
    try:
        socket.create_connection((ip, port), timeout=PROBE_TIME).close()
    except OSError as error:
        return error.errno not in _NOBODY_THERE
    return True
