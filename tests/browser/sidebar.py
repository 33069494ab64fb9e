"""A person at the Procore sidebar, in JupyterLab or in Notebook 7; what goes over the wire meanwhile; odd kernels."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, WebSocket, expect

from tests.browser.conftest import Place, open_place
from tests.browser.lab import Lab, sign_in
from tests.browser.test_connect_form import STARTUP
from tools import labextension

PICTURES = os.environ.get("PROCORE_PICTURES")  # read here: tests run without the developer's environment

PATIENCE = 25_000  # ms

LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"

AXE = labextension.FOLDER / "node_modules/axe-core/axe.min.js"
"""What finds faults for who doesn't see, or has no mouse."""

KERNELS: Mapping[str, str] = {
    "without": """
class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] == 'procore_jupyter':
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
sys.meta_path.insert(0, Gone())""",
    "plain": """
from ipykernel.kernelbase import Kernel
told = Kernel.kernel_info.fget
Kernel.kernel_info = property(lambda self: {**told(self), 'supported_features': []})""",
    "other": """
from ipykernel.ipkernel import IPythonKernel
IPythonKernel.language_info = {'name': 'R', 'mimetype': 'text/x-r', 'file_extension': '.r'}""",
}
"""Kernels that aren't as ours, by their names: one without the package, one without subshells, one of another language."""


def write_kernels(folder: Path) -> None:
    """Write the odd kernels where a server whose home is `folder` finds them."""
    for name, prelude in KERNELS.items():
        launch = f"import sys\n{prelude}\nfrom ipykernel.kernelapp import launch_new_instance\nlaunch_new_instance()"
        spec = {
            "argv": [sys.executable, "-c", launch, "-f", "{connection_file}"],
            "display_name": name,
            "language": "python",
        }
        there = folder / "data/kernels" / name
        there.mkdir(parents=True)
        (there / "kernel.json").write_text(json.dumps(spec))


def write_notebook(place: Place, name: str, *cells: str, kernel: str = "python3") -> str:
    """Write a notebook for a kernel; return its name."""
    place.write_notebook(name, *cells)
    file = place.server.root / name
    content = json.loads(file.read_text())
    content["metadata"]["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "python"}
    file.write_text(json.dumps(content))
    return name


@contextlib.contextmanager
def open_with_sidebar(folder: Path) -> Iterator[Place]:
    """Run a JupyterLab with odd kernels, whose kernels find all of Procore's environments at the embedded one."""
    write_kernels(folder)
    with open_place(folder) as running:
        startup = folder / "ipython/profile_default/startup"
        startup.mkdir(parents=True)
        (startup / "00-hosts.py").write_text(STARTUP.format(url=running.provider.url))
        yield running


@contextlib.contextmanager
def at_sidebar(chromium: Browser, place: Place, app: str = "lab") -> Iterator[Sidebar]:
    """Give somebody who has never signed in, at an application; nothing of what they do is left behind."""
    place.forget_sign_ins()
    (place.token_file.parent / "connections.json").unlink(missing_ok=True)
    context = chromium.new_context(viewport={"width": 1280, "height": 860})
    at = Sidebar(context, place, app)
    yield at
    context.close()
    place.stop_kernels()
    place.provider._stage.faults.clear()  # what a test has made odd
    assert [one for one in at.faults if "procore" in one] == []


class Wire:
    """All that a page sends to kernels and hears from them."""

    def __init__(self, page: Page) -> None:
        self.sent: list[bytes] = []
        self.heard: list[bytes] = []
        page.on("websocket", self._watch)

    def _watch(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda data: self.sent.append(_bytes(data)))
        socket.on("framereceived", lambda data: self.heard.append(_bytes(data)))

    def questions(self) -> int:
        """Return how many questions the sidebar has asked."""
        return sum(b"notebook.lab" in frame for frame in self.sent)


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data


class Sidebar:
    """The sidebar in a tab of its own.

    Parameters
    ----------
    context : BrowserContext
        The browser profile.
    place : Place
        The server.
    app : str
        ``lab`` or ``notebook``.
    """

    def __init__(self, context: BrowserContext, place: Place, app: str = "lab") -> None:
        if not labextension.is_built():
            pytest.skip("JupyterLab's extension isn't built: make labextension")
        self.app, self.place = app, place
        self.lab = Lab(context, place.server.url, place.server.token)
        self.page = self.lab.page
        self.page.set_default_timeout(PATIENCE)
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(f"{error}\n{error.stack}"))
        self.wire = Wire(self.page)
        self.root = self.page.locator(".procore-panel-root")
        self.preview = self.page.locator(".procore-preview")
        self.tree = self.root.get_by_role("tree")
        self.clicks = 0

    def open(self, notebook: str) -> None:
        """Open a notebook, and the sidebar beside it."""
        if self.app == "lab":
            self.lab.open(notebook)
            self.run("procore-jupyter:show")
        else:
            self.page.goto(f"{self.lab.url}/notebooks/{notebook}?token={self.lab.token}")
            self.page.locator(".jp-Notebook .jp-Cell").first.wait_for()
            self.page.get_by_role("menuitem", name="View", exact=True).click()
            self.page.get_by_role("menuitem", name="Procore: Show the sidebar").click()
        self.root.wait_for()

    def see(self, state: str) -> None:
        """Wait until the panel shows a state, and does nothing more."""
        ready = f".procore-panel-root[data-procore-state='{state}'][data-procore-working='false']"
        expect(self.page.locator(ready)).to_be_visible(timeout=PATIENCE)

    def run(self, command: str, args: Mapping[str, object] | None = None) -> None:
        """Run a command of JupyterLab."""
        execute = "([command, args]) => { window.jupyterapp.commands.execute(command, args); }"
        self.page.evaluate(execute, [command, dict(args or {})])

    def theme(self, name: str) -> None:
        """Change the theme."""
        self.run("apputils:change-theme", {"theme": name})
        expect(self.page.locator(f"body[data-jp-theme-name='{name}']")).to_be_attached(timeout=PATIENCE)
        # What JupyterLab draws over the page meanwhile hides it from axe-core too.
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0, timeout=PATIENCE)

    def picture(self, name: str) -> None:
        """Take a picture for whoever wants to look (PROCORE_PICTURES names a folder)."""
        if PICTURES:
            self.page.screenshot(path=str(Path(PICTURES, f"sidebar-{name}.png")))

    def too_wide(self) -> list[str]:
        """Return what of the panel is wider than there is room."""
        found: list[str] = self.root.evaluate(
            """node => [...node.querySelectorAll('.procore-view, .procore-head, .procore-selected, .procore-search')]
                .filter(one => one.scrollWidth > one.clientWidth).map(one => one.className)"""
        )
        return found

    def click(self, where: Locator) -> None:
        """Click, and count it."""
        self.clicks += 1
        where.click()

    def press(self, button: str) -> None:
        """Click a button of the panel."""
        self.click(self.root.get_by_role("button", name=button, exact=True))

    def sign_in(self) -> None:
        """Sign in at Procore's page, which has opened in a tab of its own, and come back."""
        self.see("waiting")
        context = self.page.context
        tabs = [one for one in context.pages if one is not self.page]
        tab = tabs[-1] if tabs else context.wait_for_event("page", timeout=PATIENCE)
        sign_in(tab)
        self.clicks += 2  # Log In, Allow
        self.page.bring_to_front()
        self.see("signed-in")
        expect(self.root).to_contain_text("Dana Reyes", timeout=PATIENCE)
        tab.close()

    def demo(self) -> None:
        """Connect to the demo."""
        self.press("Try the demo")
        self.sign_in()

    def choose_project(self, words: str, name: str) -> None:
        """Find a project and take it."""
        self._choose("Project", words, name)
        self.see("signed-in")

    def choose_company(self, name: str = "Skyline Builders") -> None:
        """Find a company and take it."""
        self._choose("Company", "", name)
        expect(self.root.get_by_role("combobox", name="Project")).to_be_visible(timeout=PATIENCE)

    def _choose(self, label: str, words: str, name: str) -> None:
        """Find something in a field that lists what there is; a click is needed where the field isn't open already."""
        field = self.root.get_by_role("combobox", name=label)
        if field.get_attribute("aria-expanded") == "false":
            self.click(field)
        field.press_sequentially(words)
        self.click(self.root.get_by_role("listbox", name=label).get_by_role("option", name=name, exact=True))
        expect(field).to_have_value(name, timeout=PATIENCE)

    def item(self, name: str) -> Locator:
        """Return the first row of the tree with these words."""
        return self.tree.get_by_role("treeitem").filter(has_text=re.compile(f"^{re.escape(name)}")).first

    def search(self, words: str) -> None:
        """Type into the search above the tree."""
        self.root.get_by_role("searchbox").fill(words)

    def sources(self) -> list[str]:
        """Return the texts of all cells of the notebook."""
        found: list[str] = self.page.locator(".jp-Notebook .jp-CodeCell .cm-content").all_inner_texts()
        return found

    def violations(self) -> list[str]:
        """Return what axe-core finds in the panel and in the preview."""
        if not AXE.is_file():
            pytest.skip("axe-core isn't there: make labextension")
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text())
        found = self.page.evaluate(
            """async () => {
                const here = document.querySelectorAll('.procore-panel-root, .procore-preview');
                const {violations} = await axe.run(here);
                return violations.map(({id, nodes}) => `${id}: ${nodes.map(one => one.html).join(' | ')}`);
            }"""
        )
        return [str(one) for one in found]
