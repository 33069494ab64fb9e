"""Notebook 7 in a real Chromium: the panel, the sign-in, the card."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from procore_jupyter.demo.app import DemoProcore
from tests.browser.conftest import Place
from tests.browser.lab import PATIENCE, Lab, new_tab, sign_in
from tests.servers import JupyterServerProcess

LOAD = "%load_ext procore_jupyter"
CONNECT = "%procore_connect Profile=Demo"
WHO = "procore.get('/rest/v1.0/me').json()['name']"


class Notebook(Lab):
    """A person at Notebook 7."""

    def open(self, notebook: str) -> None:
        self.page.goto(f"{self.url}/notebooks/{notebook}?token={self.token}")
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        self.wait_idle()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, provider: DemoProcore) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("notebook")
    options = [
        "--JupyterNotebookApp.expose_app_in_browser=True",
        "--ServerApp.base_url=/team/",
        "--LabApp.news_url=None",
    ]
    with JupyterServerProcess(folder, app="notebook", options=options) as server:
        provider.add_redirect_uri(server.callback_url)
        provider.write_address(folder / ".local/share/procore-jupyter/runtime/demo.json")
        yield Place(server, provider)


def test_a_person_signs_in_from_notebook_7(context: BrowserContext, place: Place) -> None:
    notebook = Notebook(context, place.server.url, place.server.token)
    notebook.open(place.write_notebook("seven.ipynb", LOAD, CONNECT, WHO, "print('the' + ' end')"))
    notebook.run(0)
    notebook.run(1)
    cell = notebook.cell(1).locator(".jp-Cell-outputWrapper")
    link = notebook.cell(1).locator(".procore-panel").get_by_role("link", name="Sign in to Procore")
    expect(link).to_be_visible(timeout=PATIENCE)
    # The plain link stood in for the panel, and has gone.
    expect(notebook.cell(1).locator(".procore-plain:visible")).to_have_count(0, timeout=PATIENCE)
    notebook.save()
    assert "oauth/authorize" not in place.saved("seven.ipynb")
    notebook.run(2, wait=False)  # waits for the person
    tab = new_tab(context, link.click)
    sign_in(tab)
    notebook.page.bring_to_front()
    expect(cell).to_contain_text("Dana Reyes", timeout=PATIENCE)
    expect(notebook.cell(2).locator(".jp-Cell-outputWrapper")).to_contain_text("Dana Reyes", timeout=PATIENCE)
    expect(notebook.cell(1).locator(".procore-panel")).to_have_count(0, timeout=PATIENCE)
    notebook.run(3)
    expect(notebook.cell(3)).to_contain_text(re.compile("the end"))
