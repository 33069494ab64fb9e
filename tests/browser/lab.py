"""A person at JupyterLab: opens a notebook, runs cells, reads what is drawn, through the page alone."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Locator, Page, expect

PATIENCE = 60_000  # ms; the machine may be busy

KERNEL_STATUS = """() => {
    const app = window.jupyterapp;
    const current = app && app.shell.currentWidget;
    const kernel = current && current.sessionContext && current.sessionContext.session
        && current.sessionContext.session.kernel;
    return kernel && kernel.connectionStatus === 'connected' ? kernel.status : 'none';
}"""


class Lab:
    """One notebook, open in one tab of a real browser.

    Parameters
    ----------
    context : BrowserContext
        The browser profile.
    url : str
        The server's base address, as the person types it (``http://localhost:8888/``).
    token : str
        The server's token.
    """

    def __init__(self, context: BrowserContext, url: str, token: str) -> None:
        self.context = context
        self.url = url.rstrip("/")
        self.token = token
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE)

    def open(self, notebook: str) -> None:
        """Open a notebook alone in the tab (no old tabs restored) and wait for its kernel."""
        self.page.goto(f"{self.url}/doc/tree/{notebook}?token={self.token}")
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        self.wait_idle()

    def wait_idle(self) -> None:
        """Wait until the kernel itself says that it is idle (the page's indicator can lie at the start)."""
        self.page.wait_for_function(f"({KERNEL_STATUS})() === 'idle'")

    def wait_busy(self) -> None:
        """Wait until the kernel runs something."""
        self.page.wait_for_function(f"({KERNEL_STATUS})() === 'busy'")

    def cell(self, number: int) -> Locator:
        """Return the code cell with this number, counted from 0."""
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(number)

    def run(self, number: int, *, wait: bool = True) -> Locator:
        """Click into a code cell, press Shift+Enter, and return its output area."""
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        if wait:
            self.wait_ran(number)
        return self.output(number)

    def wait_ran(self, number: int) -> None:
        """Wait until a code cell has its execution count."""
        prompt = self.cell(number).locator(".jp-InputPrompt")
        expect(prompt).to_have_text(re.compile(r"\[\d+\]:"), timeout=PATIENCE)

    def run_all(self) -> None:
        """Choose Run > Run All Cells in the menu."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    def output(self, number: int) -> Locator:
        """Return the output area of a code cell."""
        return self.cell(number).locator(".jp-OutputArea-output").locator("..").locator("..")

    def text(self, number: int) -> str:
        """Return what a code cell's output shows, as text."""
        area = self.cell(number).locator(".jp-Cell-outputWrapper")
        return area.inner_text()

    def write(self, number: int, source: str) -> None:
        """Type a cell's content anew."""
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)

    def save(self) -> None:
        """Press Ctrl+S and wait until the notebook has no unsaved change."""
        dirty = "window.jupyterapp.shell.currentWidget.context.model.dirty"
        for _ in range(30):  # an output that comes while it is saved is a change again
            self.page.keyboard.press("Control+S")
            self.page.wait_for_timeout(300)
            if not self.page.evaluate(f"() => {dirty}"):
                return
            self.page.wait_for_timeout(1000)
        raise AssertionError("the notebook keeps changing")

    def command(self, name: str) -> None:
        """Run a command from the command palette, as a person finds it by its label."""
        self.page.keyboard.press("Control+Shift+C")
        search = self.page.locator(".jp-ModalCommandPalette input, #modal-command-palette input").first
        search.fill(name)
        self.page.locator("#modal-command-palette .lm-CommandPalette-item").filter(
            has_text=name
        ).first.click()

    def restart_kernel(self) -> None:
        """Restart the notebook's kernel, and wait until it is idle."""
        self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
        )
        self.wait_idle()


def new_tab(context: BrowserContext, click: Callable[[], None]) -> Page:
    """Return the tab that a click opens."""
    with context.expect_page(timeout=PATIENCE) as opened:
        click()
    page = opened.value
    page.set_default_timeout(PATIENCE)
    return page


def sign_in(page: Page, *, allow: bool = True) -> None:
    """Log in and allow (or deny) at the provider, as a person does: by the buttons' words."""
    page.get_by_role("button", name="Log In").click()
    page.get_by_role("button", name="Allow" if allow else "Deny").click()
