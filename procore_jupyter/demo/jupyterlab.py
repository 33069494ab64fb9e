"""The demo's own JupyterLab, in another process: it neither reads nor changes the user's Jupyter.

It writes into one temporary folder, which is removed with it, and into the folder of the person's notebooks. It contacts
nobody: no announcements, no look for updates, no list of extensions.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.metadata
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from procore_jupyter.demo import notebooks
from procore_jupyter.files import private

HOST = "localhost"
CALLBACK_PATH = "/procore-jupyter/callback"

# The JUPYTER… variables that say where things are; the others would change how JupyterLab behaves.
_KEPT = {
    "JUPYTER_DATA_DIR", "JUPYTER_PATH", "JUPYTER_PLATFORM_DIRS", "JUPYTER_PREFER_ENV_PATH",
    "JUPYTER_RUNTIME_DIR",
}  # fmt: skip
_DROPPED = ("JUPYTER", "JPY_", "IPYTHON", "PROCORE_")


def installed() -> bool:
    """Tell whether this Python has a JupyterLab."""
    return importlib.util.find_spec("jupyterlab") is not None


def serves_notebook() -> bool:
    """Tell whether Jupyter Notebook is there too, in a version that runs beside JupyterLab."""
    try:
        return int(importlib.metadata.version("notebook").partition(".")[0]) >= 7
    except importlib.metadata.PackageNotFoundError:
        return False


def port_is_free(port: int) -> bool:
    """Tell whether nobody on this machine listens on a port."""
    with socket.socket() as probe:
        if os.name == "posix":  # a connection that has just ended doesn't count
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    # Binding succeeds although somebody listens on all addresses (macOS) or on IPv6 alone: connect, too.
    for address in ("127.0.0.1", "::1"):
        with contextlib.suppress(OSError):
            socket.create_connection((address, port), timeout=1).close()
            return False
    return True


def free_port(first: int) -> int | None:
    """Return the first free port from `first` on; None if fifty are taken."""
    return next((port for port in range(first, first + 50) if port_is_free(port)), None)


class JupyterLab:
    """A JupyterLab process, which serves a folder of notebooks.

    Parameters
    ----------
    folder : Path
        The folder of notebooks.
    port : int
        The port that it listens on, on the loopback interface; it takes no other one.
    open_browser : bool
        Whether it opens a browser.
    """

    def __init__(self, folder: Path, port: int, *, open_browser: bool) -> None:
        self.notebooks = folder
        self.port = port
        self._open_browser = open_browser
        self._token = secrets.token_hex(24)
        self._folder: Path | None = None
        self._log: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address to open, with the token that lets a browser in."""
        return f"http://{HOST}:{self.port}/lab/tree/{notebooks.FIRST_NOTEBOOK}?token={self._token}"

    @property
    def notebook_url(self) -> str | None:
        """The address of Jupyter Notebook, likewise; None if it isn't there."""
        return f"http://{HOST}:{self.port}/tree?token={self._token}" if serves_notebook() else None

    @property
    def callback_url(self) -> str:
        """The redirect URI that its server extension answers."""
        return f"http://{HOST}:{self.port}{CALLBACK_PATH}"

    def start(self, environ: Mapping[str, str]) -> None:
        """Start JupyterLab; `wait_until_ready` returns when it answers.

        Parameters
        ----------
        environ : mapping
            The environment of JupyterLab and its kernels; what would change their behaviour is left out.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="procore-demo-")).resolve()
        for name in ("tmp", "ipython", "settings", "workspaces"):
            (self._folder / name).mkdir()
        config = self._folder / "config.json"
        config.write_text(json.dumps(self._configuration()), encoding="utf-8")
        self._write_kernel_spec()
        self._write_settings()
        self._log = (self._folder / "jupyterlab.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", f"--config={config}"],
            cwd=self._folder,
            env=self._environment(environ),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            # Ctrl-C in the terminal reaches the demo alone, which then stops JupyterLab in good order.
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )

    def _configuration(self) -> dict[str, object]:
        assert self._folder is not None
        return {
            "ServerApp": {
                "ip": HOST,
                "port": self.port,
                "port_retries": 0,
                "open_browser": self._open_browser,
                "root_dir": str(self.notebooks),
                # Before jupyter_server 2.15, the extension that starts the server has to be named here too.
                "jpserver_extensions": {
                    "jupyterlab": True,
                    "procore_jupyter": True,
                    **({"notebook": True} if serves_notebook() else {}),
                },
                "allow_root": True,
                "cookie_secret_file": str(self._folder / "cookie_secret"),
            },
            # Tables of an earlier run are drawn as they were.
            "NotebookNotary": {"data_dir": str(private.private_folder(private.data_folder() / "demo-trust"))},
            "IdentityProvider": {"token": self._token},
            "LabApp": {
                "default_url": f"/lab/tree/{notebooks.FIRST_NOTEBOOK}",
                "extension_manager": "readonly",
                "news_url": None,
                "check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
            },
        }

    def _write_kernel_spec(self) -> None:
        # The user's kernel of this name may be another Python, without this package.
        assert self._folder is not None
        folder = self._folder / "share" / "kernels" / "python3"
        folder.mkdir(parents=True)
        spec = {
            "argv": [
                sys.executable,
                "-Xfrozen_modules=off",
                "-m",
                "ipykernel_launcher",
                "-f",
                "{connection_file}",
            ],
            "display_name": "Python 3 (demo)",
            "language": "python",
            "metadata": {"debugger": True},
        }
        (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")

    def _write_settings(self) -> None:
        assert self._folder is not None
        folder = self._folder / "settings" / "@jupyterlab" / "apputils-extension"
        folder.mkdir(parents=True)
        settings = {"fetchNews": "false", "checkForUpdates": False}
        (folder / "notification.jupyterlab-settings").write_text(json.dumps(settings), encoding="utf-8")

    def _environment(self, given: Mapping[str, str]) -> dict[str, str]:
        assert self._folder is not None
        environ = {
            name: value
            for name, value in given.items()
            if name.upper() in _KEPT or not name.upper().startswith(_DROPPED)
        }
        temporary = str(self._folder / "tmp")
        environ |= {
            "JUPYTER_NO_CONFIG": "1",
            "JUPYTER_PATH": os.pathsep.join(
                filter(None, [str(self._folder / "share"), environ.get("JUPYTER_PATH")])
            ),
            "JUPYTERLAB_SETTINGS_DIR": str(self._folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(self._folder / "workspaces"),
            "IPYTHONDIR": str(self._folder / "ipython"),
            **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temporary),
        }
        # A proxy doesn't lead to this machine.
        for name in ("no_proxy", "NO_PROXY"):
            environ[name] = ",".join(filter(None, [environ.get(name), "localhost", "127.0.0.1", "::1"]))
        return environ

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """The code that the process ended with; None while it runs."""
        return None if self._process is None else self._process.poll()

    def wait_until_ready(self, stop: threading.Event, timeout: float = 180.0) -> bool:
        """Wait until JupyterLab answers; return False if it ended, `stop` was set, or the time is up."""
        give_up = time.monotonic() + timeout
        while self.running and time.monotonic() < give_up:
            if self._answers("GET", "/api/status") == 200:
                return True
            if stop.wait(0.1):
                return False
        return False

    def _answers(self, method: str, path: str) -> int | None:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=10)
        try:
            connection.request(method, path, headers={"Authorization": f"token {self._token}"})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def last_words(self) -> str:
        """Return the last lines of its log."""
        if self._folder is None:
            return ""
        text = (self._folder / "jupyterlab.log").read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-15:])

    def stop(self, hurry: threading.Event, timeout: float = 20.0) -> None:
        """Stop JupyterLab and its kernels, by force if it takes too long or `hurry` is set; remove its folder."""
        if self._process is not None and self.running:
            if os.name == "posix":
                self._process.terminate()  # JupyterLab ends its kernels first
            else:
                self._answers("POST", "/api/shutdown")  # Windows has no signal for asking
            give_up = time.monotonic() + timeout
            while self._process.poll() is None:
                if hurry.wait(0.05) or time.monotonic() > give_up:
                    self._kill()
        if self._log is not None:
            self._log.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._process = self._log = self._folder = None

    def _kill(self) -> None:
        assert self._process is not None
        if sys.platform != "win32":
            os.killpg(self._process.pid, signal.SIGKILL)  # its kernels end by themselves
        else:
            self._process.kill()
        self._process.wait()
