"""The running demo: its address and its app, in a private file that the demo writes and that is checked here."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from dataclasses import dataclass

from procore_jupyter.addresses import checked_origin, is_loopback
from procore_jupyter.errors import ConfigurationError, without_locals
from procore_jupyter.files import private
from procore_jupyter.secret import Secret

NO_DEMO = "No demo is running: start one with  procore-jupyter demo"


@dataclass(frozen=True)
class App:
    """The one app that a running demo knows, so that ``Profile=Demo`` needs no other property."""

    client_id: str
    client_secret: Secret
    redirect_uris: tuple[str, ...] = ()


@without_locals
def read_running_demo() -> tuple[str, App]:
    """Return the running demo's origin, which is on this machine, and its app.

    Raises
    ------
    ConfigurationError
        No demo is running (there is no file, its process has ended, or nothing listens at its port), or the file can't
        be trusted.
    """
    try:
        path = private.runtime_folder() / "demo.json"
    except private.NoHome as error:
        raise ConfigurationError(f"{error}: a running demo is found there.") from None
    content: bytes | None = b""
    fault = "is damaged"
    try:
        content = private.read_private(path)
    except private.NotPrivate:
        fault = "is not private to you"
    except OSError as error:
        fault = f"can't be read ({error.strerror})"
    if content is None:
        raise ConfigurationError(NO_DEMO)
    checked = _checked(content)
    if checked is None:
        raise ConfigurationError(
            f"The demo's file {path} {fault}. Delete it and run  procore-jupyter demo  again."
        )
    url, app, pid = checked
    if not is_alive(pid) or not _listens(url):
        raise ConfigurationError(NO_DEMO)
    return url, app


def _checked(content: bytes) -> tuple[str, App, int] | None:
    """Return the demo's origin, app and process id; None if no demo wrote the file.

    No exception leaves this function: it would quote the file, and the file holds a secret.
    """
    with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
        said = json.loads(content)
        url, client_id, client_secret = said["url"], said["client_id"], said["client_secret"]
        uris, pid = said["redirect_uris"], said["pid"]
        if isinstance(uris, list) and all(
            isinstance(one, str) for one in [url, client_id, client_secret, *uris]
        ):
            host = checked_origin(url).removeprefix("http://").rsplit(":", 1)[0]
            if is_loopback(host) and type(pid) is int and 0 < pid < 2**31:
                return checked_origin(url), App(client_id, Secret(client_secret), tuple(uris)), pid
    return None


def _listens(url: str) -> bool:
    """Tell whether something accepts connections at the address. The process id alone may be another process's by now."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    if not host:
        host, port = port, "80"
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=2.0).close()
    except OSError:
        return False
    return True


def is_alive(pid: int) -> bool:
    """Tell whether a process of this user has this id."""
    if os.name == "nt":
        return _is_alive_on_windows(pid)
    try:
        os.kill(pid, 0)
    except OSError:  # the process has ended, or the id is another user's by now
        return False
    return True


def _is_alive_on_windows(pid: int) -> bool:
    # os.kill(pid, 0) would end the process on Windows. Not yet run there.
    import ctypes

    query, still_active = 0x1000, 259  # PROCESS_QUERY_LIMITED_INFORMATION, STILL_ACTIVE
    kernel32 = getattr(ctypes, "windll").kernel32  # noqa: B009  (exists on Windows alone)
    handle = kernel32.OpenProcess(query, False, pid)
    if not handle:
        return False
    try:
        code = ctypes.c_ulong()
        return bool(kernel32.GetExitCodeProcess(handle, ctypes.byref(code))) and code.value == still_active
    finally:
        kernel32.CloseHandle(handle)
