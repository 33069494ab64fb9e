"""Real Jupyter servers in processes of their own, with our extension enabled and every folder their own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, Self

from procore_jupyter.settings.jupyter import Surroundings

_MODULES = {"server": "jupyter_server.serverapp", "lab": "jupyterlab.labapp", "notebook": "notebook.app"}


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class JupyterServerProcess:
    """A running Jupyter server.

    Parameters
    ----------
    folder : Path
        Where everything of it goes: home, notebooks, runtime files, log. Two servers of "one user" share it.
    app : str
        "server" (jupyter_server alone), "lab" or "notebook".
    port : int
        0 chooses a free one.
    token : str or None
        None lets Jupyter make one; "" means none.
    password : str
        What people sign in with; a token is then not made.
    sock : Path or None
        The unix socket to listen on instead of a port.
    options : sequence of str
        More command line options, such as ``--ServerApp.base_url=/here/``.
    environment : mapping
        More environment variables.
    extension : bool
        Whether our server extension is enabled.
    prelude : str
        Python that runs before the server.
    """

    def __init__(
        self,
        folder: Path,
        *,
        app: Literal["server", "lab", "notebook"] = "server",
        port: int = 0,
        token: str | None = None,
        password: str = "",
        sock: Path | None = None,
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        extension: bool = True,
        prelude: str = "",
    ) -> None:
        self.folder = folder
        self.runtime_folder = folder / "runtime"
        self.root = folder / "notebooks"
        self.port = port or free_port()
        self.log_file = folder / f"jupyter-{self.port}.log"
        for made in (self.runtime_folder, self.root):
            made.mkdir(mode=0o700, parents=True, exist_ok=True)
        listen = [f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0"]
        arguments = [
            *(listen if sock is None else [f"--ServerApp.sock={sock}"]),
            "--ServerApp.open_browser=False",
            "--ServerApp.log_level=DEBUG",
            "--allow-root",
            f"--ServerApp.root_dir={self.root}",
            f"--ServerApp.jpserver_extensions={self._extensions(app, extension)}",
        ]
        if token is not None:
            arguments.append(f"--IdentityProvider.token={token}")
        if password:
            from jupyter_server.auth.security import passwd

            # A cheap hash: the usual one takes a second, and this password guards nothing.
            arguments.append(f"--PasswordIdentityProvider.hashed_password={passwd(password, 'sha1')}")
        launch = f"{prelude}\nimport runpy, sys\nfrom {_MODULES[app]} import main\nsys.exit(main())"
        command = [sys.executable, "-c", launch, *arguments, *options]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env={**self.environment(), **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @staticmethod
    def _extensions(app: str, ours: bool) -> dict[str, bool]:
        enabled = {"procore_jupyter": ours}
        if app == "server":  # whatever else is installed would only make it slow
            others = (
                "jupyter_lsp",
                "jupyter_server_terminals",
                "jupyterlab",
                "notebook",
                "notebook_shim",
                "voila.server_extension",
            )
            enabled |= dict.fromkeys(others, False)
        return enabled

    def environment(self) -> dict[str, str]:
        """Return the environment of the server: ours, with every folder of Jupyter's its own."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("JUPYTER", "JPY_", "IPYTHON", "XDG_", "PROCORE_"))
        }
        return kept | {
            "HOME": str(self.folder),
            "USERPROFILE": str(self.folder),
            "JUPYTER_RUNTIME_DIR": str(self.runtime_folder),
            "JUPYTER_CONFIG_DIR": str(self.folder / "config"),
            "JUPYTER_DATA_DIR": str(self.folder / "data"),
            "IPYTHONDIR": str(self.folder / "ipython"),
            "JUPYTER_PLATFORM_DIRS": "1",
            "PYTHONUNBUFFERED": "1",
        }

    def wait(self, seconds: float = 60.0) -> Self:
        """Return once it answers.

        Raises
        ------
        AssertionError
            It ended, or took too long; the message has its log.
        """
        latest = time.monotonic() + seconds
        while time.monotonic() < latest:
            assert self.process.poll() is None, f"the server ended:\n{self.log()}"
            if self._answers():
                return self
            time.sleep(0.05)
        raise AssertionError(f"the server doesn't answer:\n{self.log()}")

    def _answers(self) -> bool:
        try:
            told = self.info()
            if told["sock"]:
                with socket.socket(socket.AF_UNIX) as probe:
                    probe.connect(str(told["sock"]))
            else:
                host = "::1" if told["hostname"] in ("::1", "::") else "127.0.0.1"
                socket.create_connection((host, self.port), timeout=5).close()
        except (OSError, ValueError):
            return False
        return True

    def info(self) -> dict[str, object]:
        """Return what the server wrote of itself into Jupyter's runtime folder."""
        content = json.loads((self.runtime_folder / f"jpserver-{self.process.pid}.json").read_text())
        assert isinstance(content, dict)
        return content

    @property
    def token(self) -> str:
        """Its token; empty where it has none."""
        return str(self.info()["token"])

    @property
    def url(self) -> str:
        """Its base URL for a browser on this machine; ends with a slash."""
        told = self.info()
        return f"{'https' if told['secure'] else 'http'}://localhost:{self.port}{told['base_url']}"

    @property
    def callback_url(self) -> str:
        """The CallbackURL that leads to it."""
        return f"{self.url}procore-jupyter/callback"

    def surroundings(self) -> Surroundings:
        """Return what a kernel that this server started is surrounded by."""
        return Surroundings(self.runtime_folder, self.process.pid)

    def log(self) -> str:
        """Return what it has logged."""
        return self.log_file.read_text(errors="replace")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait until it has ended."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(30)

    def __enter__(self) -> Self:
        try:
            return self.wait()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()
