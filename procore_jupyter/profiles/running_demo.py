"""Where the running demo is: the file that it writes for this user's eyes, checked before it is believed."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from dataclasses import dataclass

from procore_jupyter.addresses import checked_origin, is_loopback
from procore_jupyter.errors import ConfigurationError
from procore_jupyter.files import private
from procore_jupyter.secret import Secret

NO_DEMO = "No demo is running: start one with  procore-jupyter demo"


@dataclass(frozen=True)
class RunningDemo:
    """What the demo's file says, checked.

    Parameters
    ----------
    url : str
        Its origin, on this machine.
    client_id, client_secret, redirect_uris
        The one app that it knows.
    """

    url: str
    client_id: str
    client_secret: Secret
    redirect_uris: tuple[str, ...]


def read_running_demo() -> RunningDemo:
    """Return the running demo.

    Raises
    ------
    ConfigurationError
        None runs (no file, its process is gone, nothing listens there), or the file can't be believed.
    """
    path = private.runtime_folder() / "demo.json"
    fault = None
    content: bytes | None = None
    try:
        content = private.read_private(path)
    except private.NotPrivate:
        fault = "is not private to you"
    except OSError as error:
        fault = f"can't be read ({error.strerror})"
    if fault is None and content is None:
        raise ConfigurationError(NO_DEMO)
    demo, pid = _believed(content or b"")
    if fault is None and demo is None:
        fault = "is damaged"
    if fault is not None or demo is None:
        raise ConfigurationError(
            f"The demo's file {path} {fault}. Delete it and run  procore-jupyter demo  again."
        )
    if not is_alive(pid) or not _listens(demo.url):
        raise ConfigurationError(NO_DEMO)
    return demo


def _believed(content: bytes) -> tuple[RunningDemo | None, int]:
    """Read the file; (None, 0) for anything that a demo wouldn't write. No exception quotes it: a secret is in it."""
    with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
        said = json.loads(content)
        url, client_id, client_secret = said["url"], said["client_id"], said["client_secret"]
        uris, pid = said["redirect_uris"], said["pid"]
        texts = isinstance(uris, list) and all(
            isinstance(one, str) for one in [url, client_id, client_secret, *uris]
        )
        host = checked_origin(url).removeprefix("http://").rsplit(":", 1)[0] if texts else ""
        if texts and is_loopback(host) and type(pid) is int and 0 < pid < 2**31:
            return RunningDemo(checked_origin(url), client_id, Secret(client_secret), tuple(uris)), pid
    return None, 0


def _listens(url: str) -> bool:
    """Tell whether something takes connections there: the process id alone may be another's by now."""
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
    except OSError:  # gone, or another user's by now
        return False
    return True


def _is_alive_on_windows(pid: int) -> bool:
    # There os.kill(pid, 0) would end the process. Not run: no Windows at hand.
    import ctypes

    query, still_active = 0x1000, 259  # PROCESS_QUERY_LIMITED_INFORMATION, STILL_ACTIVE
    kernel32 = getattr(ctypes, "windll").kernel32  # noqa: B009  (only there on Windows)
    handle = kernel32.OpenProcess(query, False, pid)
    if not handle:
        return False
    try:
        code = ctypes.c_ulong()
        return bool(kernel32.GetExitCodeProcess(handle, ctypes.byref(code))) and code.value == still_active
    finally:
        kernel32.CloseHandle(handle)
