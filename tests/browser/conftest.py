"""A real Chromium, a real JupyterLab on ``localhost``, and the embedded Procore on ``127.0.0.1``.

The two hosts differ, so the redirect back to the notebook really crosses sites.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
import requests
from playwright.sync_api import BrowserContext

from procore_jupyter.demo.app import DemoProcore
from tests.browser.lab import Lab
from tests.servers import JupyterServerProcess


@dataclass
class Place:
    """A running JupyterLab and the embedded Procore that it knows as ``Profile=Demo``."""

    server: JupyterServerProcess
    provider: DemoProcore

    @property
    def token_file(self) -> Path:
        """Where the kernels of this JupyterLab keep their sign-ins."""
        return self.server.folder / ".local/share/procore-jupyter/tokens.json"

    def forget_sign_ins(self) -> None:
        """Remove stored sign-ins, and the provider's memory of who agreed."""
        self.token_file.unlink(missing_ok=True)
        self.provider.oauth.revoke_all()

    def write_notebook(self, name: str, *cells: str) -> str:
        """Write a notebook with these code cells into the server's folder; return its name."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(notebook, self.server.root / name)
        return name

    def saved(self, name: str) -> str:
        """Return a saved notebook's file, as text."""
        return (self.server.root / name).read_text(encoding="utf-8")

    def everything_written(self) -> Iterator[tuple[Path, bytes]]:
        """Yield each file below the server's home, but for the tokens' own and those of the demo."""
        for path in sorted(self.server.folder.rglob("*")):
            private = path.name.startswith(("tokens.json", "demo.json", "jpserver-", "kernel-"))
            if path.is_file() and not private:
                yield path, path.read_bytes()

    def stop_kernels(self) -> None:
        """End all kernels, so that the next test starts alone."""
        headers = {"Authorization": f"token {self.server.token}"}
        for session in requests.get(f"{self.server.url}api/sessions", headers=headers, timeout=30).json():
            requests.delete(f"{self.server.url}api/sessions/{session['id']}", headers=headers, timeout=30)


@contextlib.contextmanager
def open_place(folder: Path, *, prelude: str = "") -> Iterator[Place]:
    """Run a JupyterLab whose home is `folder`, and the embedded Procore beside it.

    `prelude` is Python that runs in the Jupyter server's process before the server.
    """
    settings = folder / "config/labconfig/default_setting_overrides.json"
    settings.parent.mkdir(parents=True)
    # All cells stand in the page, also those that one would have to scroll to; a busy kernel may take its time for Tab; no
    # asking for news.
    settings.write_text(
        json.dumps(
            {
                "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
                "@jupyterlab/completer-extension:manager": {"providerTimeout": 30_000},
                "@jupyterlab/apputils-extension:notification": {
                    "checkForUpdates": False,
                    "fetchNews": "false",
                },
            }
        )
    )
    options = [
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    with (
        DemoProcore() as provider,
        JupyterServerProcess(folder, app="lab", options=options, prelude=prelude) as server,
    ):
        provider.add_redirect_uri(server.callback_url)
        provider.write_address(folder / ".local/share/procore-jupyter/runtime/demo.json")
        yield Place(server, provider)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Give a JupyterLab that runs as long as the tests of one file."""
    with open_place(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def lab(context: BrowserContext, place: Place) -> Iterator[Lab]:
    """Give a person at JupyterLab who has never signed in."""
    place.forget_sign_ins()
    yield Lab(context, place.server.url, place.server.token)
    place.stop_kernels()
