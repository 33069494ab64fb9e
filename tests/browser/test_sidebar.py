"""The Procore sidebar in JupyterLab and in Notebook 7, against the embedded Procore."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Place
from tests.browser.sidebar import (
    DARK,
    LIGHT,
    PATIENCE,
    Sidebar,
    at_sidebar,
    open_with_sidebar,
    write_notebook,
)
from tests.soak import SOAK, in_a_soak

HOSTILE = '"); import os'


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Give a JupyterLab with odd kernels, whose kernels find all of Procore's environments at the embedded one."""
    with open_with_sidebar(tmp_path_factory.mktemp("sidebar")) as running:
        yield running


@pytest.fixture
def sidebar(chromium: Browser, place: Place, request: pytest.FixtureRequest) -> Iterator[Sidebar]:
    """Give somebody who has never signed in, at the application that the test names, else at JupyterLab."""
    with at_sidebar(chromium, place, getattr(request, "param", "lab")) as at:
        yield at


def test_from_an_empty_notebook_to_open_rfis_no_code_is_typed_and_the_secret_goes_out_once(
    sidebar: Sidebar, place: Place
) -> None:
    page, keys = sidebar.page, sidebar.page.keyboard
    sidebar.lab.open(place.write_notebook("empty.ipynb", ""))
    sidebar.click(page.get_by_role("tab", name="Procore"))
    sidebar.see("form")
    expect(sidebar.root.get_by_label("Client ID")).to_be_focused()
    keys.press("Enter")
    expect(sidebar.root.get_by_role("alert")).to_have_text("The Client ID is missing.")
    keys.type(place.provider.client_id)
    secret = sidebar.root.get_by_label("Client Secret")
    assert secret.get_attribute("type") == "password"
    keys.press("Tab")
    keys.type(place.provider.client_secret)
    sidebar.press("Connect")
    sidebar.sign_in()
    sidebar.choose_company()
    sidebar.choose_project("", "Harbor Tower")
    expect(sidebar.root.get_by_role("searchbox")).to_be_focused()
    sidebar.click(sidebar.item("RFIs"))
    sidebar.click(sidebar.item("status"))
    sidebar.press("open")
    keys.press("Shift+Enter")  # the focus is there
    open_rfis = 'rfis = procore.table("rfis", project="Harbor Tower", status="open")\nrfis'
    expect(sidebar.lab.cell(0)).to_contain_text("40 rows", timeout=PATIENCE)
    assert sidebar.sources()[0] == open_rfis, "the empty cell is taken"
    assert sidebar.clicks + 1 <= 10, "with the keys that run it"

    sidebar.click(sidebar.item("RFIs"))
    sidebar.item("RFIs").click()
    sidebar.press("Preview")
    expect(sidebar.preview).to_have_attribute("data-procore-state", "rows", timeout=PATIENCE)
    expect(sidebar.preview).to_contain_text("rfis · project 4711 Harbor Tower · 100 rows")
    sidebar.picture("preview")

    # The line that connects is offered, goes in first, and isn't offered again.
    sidebar.press("Add the line")
    expect(sidebar.root.get_by_role("button", name="Add the line")).to_have_count(0, timeout=PATIENCE)
    first, second, *_ = sidebar.sources()
    assert first.split("\n") == [
        "%load_ext procore_jupyter",
        "%procore_connect",
        "procore.use(company=1234)",
    ]
    assert second == open_rfis
    # A filter goes in at the cursor of the cell that is being edited; at no cursor as a cell.
    sidebar.press("New cell")
    number = sidebar.sources().index('rfis = procore.table("rfis", project="Harbor Tower")\nrfis')
    sidebar.lab.cell(number).locator(".cm-content").click()
    for key in ("Control+Home", "End", "ArrowLeft"):
        keys.press(key)
    keys.type(", ")
    sidebar.item("status").click()
    sidebar.press("Insert filter")
    assert sidebar.sources()[number] == open_rfis

    value = place.provider.client_secret.encode()
    assert [value in frame for frame in sidebar.wire.sent].count(True) == 1
    assert not any(value in frame for frame in sidebar.wire.heard)
    assert value.decode() not in sidebar.page.evaluate(
        "() => JSON.stringify({...localStorage, ...sessionStorage})"
    )
    sidebar.lab.save()
    assert [path.name for path, content in place.everything_written() if value in content] == []


def test_a_running_cell_keeps_nothing_and_a_restart_or_a_death_is_told_with_what_to_do(
    sidebar: Sidebar, place: Place
) -> None:
    sidebar.open(place.write_notebook("busy.ipynb", "import time\nwhile True: time.sleep(0.05)"))
    sidebar.see("form")
    sidebar.lab.run(0, wait=False)
    sidebar.press("Try the demo")
    sidebar.see("waiting")
    sidebar.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )
    expect(sidebar.root.get_by_text("The kernel was restarted: connect again.")).to_be_visible(
        timeout=PATIENCE
    )
    sidebar.see("form")
    sidebar.lab.wait_idle()
    sidebar.lab.run(0, wait=False)
    sidebar.demo()
    sidebar.choose_company()
    sidebar.search("rfi")
    sidebar.item("RFIs").click()
    sidebar.choose_project("depot n", "Depot North")
    sidebar.press("Preview")
    expect(sidebar.preview.get_by_role("alert")).to_contain_text("Depot North", timeout=PATIENCE)
    sidebar.picture("refused")
    # A project with a name that would be code, and a table that is slow.
    twins = ({"id": 4712, "name": "Twin"}, {"id": 4713, "name": "Twin"})
    rows = json.dumps([{"id": 4711, "name": HOSTILE}, *twins])
    headers = {"Content-Type": "application/json", "Total": "3"}
    place.provider.answer_next("/rest/v1.1/projects", status=200, body=rows, headers=headers, times=4)
    sidebar.choose_company("Harbor JV")
    options = sidebar.root.get_by_role("listbox", name="Project").get_by_role("option")
    expect(options).to_have_text([HOSTILE, "Twin · 4712", "Twin · 4713"], timeout=PATIENCE)
    sidebar.choose_project("import", HOSTILE)
    sidebar.press("New cell")
    assert sidebar.sources()[-1] == 'rfis = procore.table("rfis", project=4711)\nrfis'
    place.provider.answer_next("*/rfis", delay=60.0, times=9)
    sidebar.press("Preview")
    sidebar.preview.get_by_role("button", name="Stop").click()
    expect(sidebar.preview.get_by_role("alert")).to_have_text("Stopped.", timeout=PATIENCE)
    sidebar.press("Sign out")
    sidebar.see("form")
    expect(sidebar.root).to_contain_text("You signed out")
    expect(sidebar.root).to_contain_text("Connect again to sign in.")


@pytest.mark.parametrize("kernel", ["without", "other", "plain"] if SOAK else ["without"])
def test_each_odd_kernel_is_told_apart(kernel: str, sidebar: Sidebar, place: Place) -> None:
    name = write_notebook(place, f"{kernel}.ipynb", "import time\ntime.sleep(3)", kernel=kernel)
    sidebar.open(name)
    if kernel == "without":
        sidebar.see("missing")
        expect(sidebar.root).to_contain_text("%pip install procore-jupyter")
    elif kernel == "other":
        sidebar.see("foreign")
    else:
        sidebar.see("form")
        sidebar.lab.run(0, wait=False)
        sidebar.press("Try the demo")
        expect(sidebar.root).to_contain_text("Waiting for the running cell to end", timeout=PATIENCE)
        sidebar.see("waiting")
    assert sidebar.violations() == []


def sound(sidebar: Sidebar, name: str) -> None:
    """Look at the panel, in a soak in both themes, and 200 pixels wide: it has to be usable by everybody."""
    now = sidebar.page.evaluate("() => document.body.dataset.jpThemeName")
    for one in (now, *(({LIGHT, DARK} - {now}) if SOAK else ())):
        if one != now:
            sidebar.theme(one)
        sidebar.picture(f"{name}-{one.partition(' ')[2].lower()}")
        assert sidebar.violations() == [], (name, one)
    sidebar.root.evaluate("node => { node.style.width = '200px'; }")
    assert sidebar.too_wide() == [], name
    sidebar.root.evaluate("node => { node.style.width = ''; }")


def test_everybody_can_use_each_state_in_both_themes(sidebar: Sidebar, place: Place) -> None:
    sidebar.open(place.write_notebook("states.ipynb", ""))
    sidebar.see("form")
    sidebar.press("Connect")
    expect(sidebar.root.get_by_role("alert")).to_have_text("The Client ID is missing.")
    sound(sidebar, "form")
    sidebar.theme(DARK)
    # A browser that lets no page open another leaves the link.
    sidebar.page.evaluate("() => { window.open = () => null; }")
    sidebar.press("Try the demo")
    sidebar.see("waiting")
    sidebar.root.get_by_text("Nothing happened?").click()
    sound(sidebar, "waiting")
    sidebar.click(sidebar.root.get_by_role("link", name=re.compile("Sign in to Procore")))
    sidebar.sign_in()
    sidebar.choose_company()
    sidebar.choose_project("harb", "Harbor Tower")

    # By keyboard alone: to a table, into it, and to its rows.
    sidebar.root.get_by_role("searchbox").focus()
    keys = sidebar.page.keyboard
    keys.type("rfis")
    keys.press("Tab")
    expect(sidebar.tree).to_be_focused()
    keys.press("ArrowDown")
    keys.press("ArrowRight")
    expect(sidebar.item("RFIs")).to_have_attribute("aria-expanded", "true")
    expect(sidebar.item("status")).to_be_visible()
    keys.press("Space")
    expect(sidebar.preview).to_have_attribute("data-procore-state", "rows", timeout=PATIENCE)
    table = sidebar.preview.get_by_role("table")
    expect(table.get_by_role("columnheader").first).to_have_text("number")
    expect(table.get_by_role("row")).to_have_count(101)
    sound(sidebar, "signed-in")

    # What is hidden asks nothing, whatever runs meanwhile.
    sidebar.run("filebrowser:activate")
    expect(sidebar.root).to_be_hidden()
    asked = sidebar.wire.questions()
    sidebar.lab.write(0, "1 + 1")
    sidebar.lab.run(0)
    if SOAK:
        sidebar.page.wait_for_timeout(60_000)
    assert sidebar.wire.questions() == asked
    # By keyboard it is shown from the palette, and has the focus then.
    keys.press("Control+Shift+C")
    palette = sidebar.page.locator("#modal-command-palette")
    palette.locator("input").fill("Procore: Show the sidebar")
    expect(palette.locator(".lm-mod-active")).to_have_text(re.compile("Procore: Show the sidebar"))
    keys.press("Enter")
    sidebar.see("signed-in")
    expect(sidebar.root.get_by_role("searchbox")).to_be_focused()
    expect(sidebar.root.get_by_role("searchbox")).to_have_value("rfis")

    kernel = "window.jupyterapp.shell.currentWidget.sessionContext"
    sidebar.page.evaluate(f"() => {kernel}.shutdown()")
    sidebar.see("dead")
    sound(sidebar, "dead")


@pytest.mark.parametrize("sidebar", ["notebook"], indirect=True)
def test_notebook_7_has_it_too(sidebar: Sidebar, place: Place) -> None:
    sidebar.open(place.write_notebook("classic.ipynb", ""))
    sidebar.demo()
    sidebar.choose_company()
    sidebar.choose_project("harb", "Harbor Tower")
    sidebar.search("rfis")
    sidebar.item("RFIs").click()
    sidebar.press("Preview")
    expect(sidebar.preview).to_have_attribute("data-procore-state", "rows", timeout=PATIENCE)
    sidebar.preview.get_by_role("button", name="New cell").click()
    assert sidebar.sources()[-1].startswith('rfis = procore.table("rfis", project="Harbor Tower")')
    # What a table needs is asked for above its rows.
    sidebar.search("rfi replies")
    sidebar.item("RFI Replies").click()
    sidebar.press("Preview")
    needed = sidebar.preview.get_by_label("Rows of which rfi_id?")
    expect(needed).to_be_focused(timeout=PATIENCE)
    needed.fill("240100001")
    sidebar.page.keyboard.press("Enter")
    expect(sidebar.preview).to_contain_text("rfi_replies · project 4711 Harbor Tower", timeout=PATIENCE)
    sidebar.preview.get_by_role("button", name="New cell").click()
    assert sidebar.sources()[-1].startswith(
        'rfi_replies = procore.table("rfi_replies", project="Harbor Tower", rfi_id=240100001)'
    ), "what is shown, it gives"
    sidebar.picture("notebook-7")
    assert sidebar.violations() == []


@in_a_soak
def test_of_two_notebooks_the_sidebar_shows_the_one_that_is_looked_at(sidebar: Sidebar, place: Place) -> None:
    one, other = (write_notebook(place, f"{name}.ipynb", "") for name in ("one", "other"))
    sidebar.open(one)
    sidebar.demo()
    sidebar.run("docmanager:open", {"path": other})
    sidebar.see("form")
    sidebar.run("docmanager:open", {"path": one})
    sidebar.see("signed-in")
    sidebar.run("docmanager:open", {"path": other})
    sidebar.press("Try the demo")  # the sign-in is kept: nobody is asked
    sidebar.see("signed-in")
    expect(sidebar.root).to_contain_text("Dana Reyes")
