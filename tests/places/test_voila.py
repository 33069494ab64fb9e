"""Voila: takes no stdin, and yet a person looks at the page. Run in a real Chromium."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from procore_jupyter.demo.app import DemoProcore
from tests.browser.lab import PATIENCE, new_tab, sign_in
from tests.connecting import OOB, text_for
from tests.people import sign_in_at
from tests.servers import free_port
from tests.soak import in_a_soak

ME = "print(procore.get('/rest/v1.0/me').json()['name'])"


@contextlib.contextmanager
def voila(folder: Path, *cells: str, options: tuple[str, ...] = ()) -> Iterator[str]:
    """Run Voila with a notebook of these cells; give its address."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    file, port, log = folder / "page.ipynb", free_port(), folder / "voila.log"
    nbformat.write(notebook, file)
    command = [
        sys.executable,
        "-m",
        "voila",
        str(file),
        f"--port={port}",
        "--no-browser",
        "--debug",
        *options,
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        until = time.monotonic() + 60
        while True:
            assert process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < until, log.read_text(errors="replace")
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                break
            time.sleep(0.1)
        yield f"http://localhost:{port}/"
    finally:
        process.terminate()
        process.wait(30)


def open_page(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    return page


@in_a_soak
def test_a_voila_page_draws_the_panel_and_the_sign_in_comes_back_to_this_machine(
    context: BrowserContext, provider: DemoProcore, tmp_path: Path
) -> None:
    callback = f"http://localhost:{free_port()}/here"
    provider.add_redirect_uri(callback)
    connect = f"%procore_connect {text_for(provider, CallbackURL=callback)}"
    with voila(tmp_path, f"%load_ext procore_jupyter\n{connect}", "print('the' + ' end')") as address:
        page = open_page(context, address)
        panel = page.locator(".procore-panel")
        link = panel.get_by_role("link", name="Sign in to Procore")
        expect(link).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_text("the end")).to_be_visible()
        expect(page.get_by_text("LoginRequired")).to_have_count(0)
        sign_in(new_tab(context, link.click))
        page.bring_to_front()
        expect(page.get_by_text("Dana Reyes")).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_role("link", name="Sign in to Procore")).to_have_count(0)


def test_in_a_voila_page_the_answer_can_be_pasted(
    context: BrowserContext, provider: DemoProcore, tmp_path: Path
) -> None:
    # The page, and the link in it, come when the cells have run: no cell may wait for the link.
    connect = f"%procore_connect --wait {text_for(provider, CallbackURL=OOB)}"
    with voila(tmp_path, f"%load_ext procore_jupyter\n{connect}") as address:
        page = open_page(context, address)
        panel = page.locator(".procore-panel")
        link = panel.get_by_role("link", name="Sign in to Procore")
        expect(link).to_be_visible(timeout=PATIENCE)
        field = panel.locator("input")
        expect(field).to_be_visible()  # open from the start, where pasting is the only way
        field.fill(sign_in_at(str(link.get_attribute("href"))).rpartition("code=")[2])
        field.press("Enter")
        expect(page.get_by_text("Dana Reyes")).to_be_visible(timeout=PATIENCE)


def test_a_voila_page_whose_cells_need_the_sign_in_appears_at_once_and_is_whole_when_reloaded_by_anybody(
    context: BrowserContext, provider: DemoProcore, tmp_path: Path
) -> None:
    connect = f"%procore_connect {text_for(provider, CallbackURL=OOB)}"
    cells = (f"%load_ext procore_jupyter\n{connect}", ME.replace("print(", "print('I am', "))
    with voila(tmp_path, *cells, options=("--show_tracebacks=True",)) as address:
        page = open_page(context, address)
        link = page.get_by_role("link", name="Sign in to Procore")
        expect(link).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_text("Sign in with the link above, then reload this page").first).to_be_visible()
        field = page.locator(".procore-panel input")
        field.fill(sign_in_at(str(link.get_attribute("href"))).rpartition("code=")[2])
        field.press("Enter")
        expect(page.get_by_text("Dana Reyes")).to_be_visible(timeout=PATIENCE)
        page.reload()
        expect(page.get_by_text("I am Dana Reyes")).to_be_visible(timeout=PATIENCE)
        # Somebody else, in a browser that never signed in: it is one sign-in for all who open the page.
        assert context.browser is not None
        with contextlib.closing(context.browser.new_context()) as another:
            expect(open_page(another, address).get_by_text("I am Dana Reyes")).to_be_visible(timeout=PATIENCE)


@pytest.fixture(autouse=True)
def _nobody_is_signed_in(provider: DemoProcore) -> None:
    provider.oauth.revoke_all()
