"""Which running Jupyter server a CallbackURL leads to, and how this kernel reaches it.

A Jupyter server leaves ``jpserver-<pid>.json`` in Jupyter's runtime folder, for its owner alone to read: port,
base URL, token. The files are read here directly: jupyter_server's own reader would import jupyter_server, which
takes longer than the whole login. A file is trusted only if it is this user's and private, and its
process runs: the token in it goes to the address in it.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, urlsplit

from procore_jupyter.addresses import is_loopback
from procore_jupyter.files.private import read_private
from procore_jupyter.login.loopback_address import LOOPBACK
from procore_jupyter.login.ticket import owner_file_name, to_text
from procore_jupyter.secret import Secret
from procore_jupyter.settings.jupyter import Hub, Surroundings

CALLBACK_PATH = "procore-jupyter/callback"
_USER_REDIRECT = f"/user-redirect/{CALLBACK_PATH}"
_EVERYWHERE = {"", "*", "0.0.0.0", "::"}
_MOST_FILES = 500
"""Server files that are read at most."""


@dataclass(frozen=True)
class JupyterServer:
    """A running Jupyter server of this user.

    Parameters
    ----------
    addresses : tuple of str
        Host names and IP addresses of this machine that the server listens on, the likeliest first. Empty for a
        unix socket.
    port : int
        The TCP port; meaningless with `sock`.
    base_url : str
        The path above all pages of the server; begins and ends with a slash.
    secure : bool
        Whether the server speaks https.
    sock : str or None
        The path of the unix socket, if the server listens there and not on a port.
    pid : int or None
        The server's process id; None if it isn't known (JupyterHub).
    proof : Secret or None
        Proves to the server that this kernel is its owner's; see ``server/owner.py``. None if none was found.
    named : bool
        Whether this is a named server of a JupyterHub.
    """

    addresses: tuple[str, ...]
    port: int
    base_url: str = "/"
    secure: bool = False
    sock: str | None = None
    pid: int | None = None
    proof: Secret | None = field(default=None)
    named: bool = False

    @property
    def callback_url(self) -> str:
        """The CallbackURL that leads to this server, as a browser on this machine names it."""
        scheme = "https" if self.secure else "http"
        return f"{scheme}://localhost:{self.port}{self.base_url}{CALLBACK_PATH}"

    def listens_at(self, callback_url: str) -> bool:
        """Tell whether the address names this server's own port, on this machine.

        Otherwise something stands between (a reverse proxy, a container's port, an SSH tunnel), and it is only a
        guess that the address leads to this server.
        """
        host, port = _host_and_port(callback_url)
        return self.sock is None and port == self.port and self._has(host)

    def _has(self, host: str) -> bool:
        return is_loopback(host) or host in {socket.gethostname().lower(), *self.addresses}


def find_server(callback_url: str, surroundings: Surroundings) -> JupyterServer | None:
    """Return the running server of this user that a CallbackURL leads to.

    The CallbackURL's path has to end in ``/procore-jupyter/callback``. The server is, in this order:

    1. on a JupyterHub, the server that started this kernel, for the Hub's ``user-redirect`` and for a path of this
       user's own servers; none for another user's path;
    2. the server of this user that listens on the CallbackURL's port, if its host is this machine;
    3. the server that started this kernel: what stands in front of it is not visible from here.

    Parameters
    ----------
    callback_url : str
        The redirect URI, to the letter.
    surroundings : Surroundings
        Where this kernel runs.

    Returns
    -------
    JupyterServer or None
    """
    _, port = _host_and_port(callback_url)
    path = urlsplit(callback_url).path if port else ""
    if not path.endswith(f"/{CALLBACK_PATH}"):
        return None
    own = own_server(surroundings)
    if surroundings.hub is not None:
        prefix = surroundings.hub.service_prefix
        if path.endswith(_USER_REDIRECT):
            return own
        if "/user/" in path:
            # The user's default server passes the response on to a named one.
            leads_here = path == prefix + CALLBACK_PATH or prefix.startswith(path.removesuffix(CALLBACK_PATH))
            return own if leads_here else None
    there = [server for server in running_servers(surroundings) if server.listens_at(callback_url)]
    # Two servers may share a port, one on IPv4 and one on IPv6: the one with that path, then our own, comes first.
    there.sort(
        key=lambda server: (server.base_url + CALLBACK_PATH != path, own is None or server.pid != own.pid)
    )
    return there[0] if there else own


def own_server(surroundings: Surroundings) -> JupyterServer | None:
    """Return the server that started this kernel; None if there is none or it isn't known."""
    pid, hub = surroundings.parent_pid, surroundings.hub
    own = None if pid is None else _read(surroundings.runtime_folder / f"jpserver-{pid}.json")
    if hub is None:
        return own
    host, port = _host_and_port(hub.service_url)
    if port and urlsplit(hub.service_url).port:  # otherwise the spawner left the port to the server
        base_url = _as_base_url(hub.service_prefix)
        own = JupyterServer(_addresses(host), port, base_url, secure=hub.service_url.startswith("https:"))
    return None if own is None else replace(own, proof=hub.api_token, named=bool(hub.server_name))


def default_callback_url(surroundings: Surroundings) -> str | None:
    """Return the CallbackURL of the server that started this kernel; None if no browser's address for it is known."""
    hub = surroundings.hub
    if hub is not None:
        return hub_callback_url(hub) if hub.public_url else None
    if surroundings.browser_elsewhere:
        return None
    own = own_server(surroundings)
    return None if own is None or own.sock is not None else own.callback_url


def hub_callback_url(hub: Hub) -> str:
    """Return the CallbackURL of a JupyterHub, with ``YOUR-HUB`` in place of an address that isn't known here."""
    if hub.public_url:
        return f"{hub.public_url.rstrip('/')}{_USER_REDIRECT}"
    base = hub.service_prefix.partition("/user/")[0]
    return f"https://YOUR-HUB{base}/hub{_USER_REDIRECT}"


def running_servers(surroundings: Surroundings) -> Iterator[JupyterServer]:
    """Yield the running servers of this user that have a file in the runtime folder."""
    with contextlib.suppress(OSError):
        for path in sorted(surroundings.runtime_folder.glob("jpserver-*.json"))[:_MOST_FILES]:
            server = _read(path)
            if server is not None:
                yield server


def _read(path: Path) -> JupyterServer | None:
    """Read a server's file; return None if it is missing, can't be trusted, or its process is gone."""
    try:
        content = read_private(path)
        told = json.loads(content) if content else None
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    pid, port, token = told.get("pid"), told.get("port"), told.get("token")
    base_url, hostname, sock = told.get("base_url"), told.get("hostname"), told.get("sock")
    sock = sock if isinstance(sock, str) and sock else None
    if type(pid) is not int or type(port) is not int or not _is_running(pid):
        return None
    if sock is None and not 0 < port < 65536:  # with a socket, Jupyter writes 0
        return None
    if not isinstance(base_url, str) or not isinstance(hostname, str):
        return None
    proof = Secret(token) if isinstance(token, str) and token else _owner_file(path.parent, pid)
    return JupyterServer(
        addresses=() if sock else _addresses(hostname),
        port=port,
        base_url=_as_base_url(base_url),
        secure=told.get("secure") is True,
        sock=sock,
        pid=pid,
        proof=proof,
    )


def _owner_file(folder: Path, pid: int) -> Secret | None:
    try:
        raw = read_private(folder / owner_file_name(pid))
    except OSError:
        return None
    return Secret(to_text(raw)) if raw and len(raw) == 32 else None


def _host_and_port(url: str) -> tuple[str, int]:
    """Return an http URL's host in lower case, and its port; port 0 for any other text."""
    try:
        place = urlsplit(url)
        port = place.port or {"http": 80, "https": 443}.get(place.scheme, 0)
        return (place.hostname or "").lower(), port if place.scheme in {"http", "https"} else 0
    except ValueError:
        return "", 0


def _addresses(hostname: str) -> tuple[str, ...]:
    hostname = hostname.strip("[]").lower()
    if hostname in _EVERYWHERE or hostname == "localhost":
        return LOOPBACK
    return (hostname,)


def _as_base_url(path: str) -> str:
    """Return the path with a slash at both ends, quoted as in an HTTP request."""
    inner = quote(path, safe="/%@:!$&'()*+,;=~").strip("/")
    return f"/{inner}/" if inner else "/"


def _is_running(pid: int) -> bool:
    """Tell whether a process of this user has this id."""
    if os.name != "posix":  # signal 0 is a Ctrl-C on Windows; there the connection fails instead
        return True
    try:
        os.kill(pid, 0)
    except (OSError, OverflowError):  # the process is gone, or the id is another user's process now
        return False
    return pid > 0
