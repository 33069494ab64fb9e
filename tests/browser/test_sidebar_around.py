"""Around the sidebar: consoles, settings, the status bar, dragging, zoom, a kernel that dies, applications that lack parts."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping

import pytest
import requests
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Place
from tests.browser.lab import new_tab, sign_in
from tests.browser.sidebar import PATIENCE, Sidebar, at_sidebar, open_with_sidebar, write_notebook
from tests.browser.test_kernel_gone import kernel_of
from tests.soak import in_a_soak

pytestmark = in_a_soak


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Give a JupyterLab whose kernels find all of Procore's environments at the embedded one."""
    with open_with_sidebar(tmp_path_factory.mktemp("around")) as running:
        yield running


@pytest.fixture
def sidebar(chromium: Browser, place: Place) -> Iterator[Sidebar]:
    """Give somebody who has never signed in."""
    with at_sidebar(chromium, place) as at:
        yield at


@pytest.fixture
def settings(place: Place) -> Iterator[Mapping[str, object]]:
    """Give a person's settings of the sidebar, which are nobody's afterwards."""
    address = f"{place.server.url}lab/api/settings/procore-jupyter:panel"
    headers = {"Authorization": f"token {place.server.token}"}
    chosen = {
        "environment": "Sandbox",
        "callbackUrl": "https://site.invalid/back",
        "via": "paste",
        "openWithNotebooks": True,
    }

    def write(content: Mapping[str, object]) -> None:
        requests.put(
            address, json={"raw": json.dumps(content)}, headers=headers, timeout=30
        ).raise_for_status()

    write(chosen)
    yield chosen
    write({})


def test_a_console_has_the_sidebar_too_and_the_notebook_beside_it_its_own(
    sidebar: Sidebar, place: Place
) -> None:
    sidebar.open(place.write_notebook("beside.ipynb", ""))
    sidebar.see("form")
    sidebar.run("console:create", {"path": "", "kernelPreference": {"name": "python3"}, "activate": True})
    prompt = sidebar.page.locator(".jp-CodeConsole-promptCell .cm-content")
    prompt.wait_for()
    sidebar.demo()
    sidebar.choose_company()
    sidebar.choose_project("harb", "Harbor Tower")
    expect(sidebar.root.get_by_role("button", name="Add the line")).to_have_count(0)
    sidebar.search("rfis")
    sidebar.click(sidebar.item("RFIs"))
    sidebar.press("Insert")
    expect(prompt).to_have_text('procore.table("rfis", project="Harbor Tower")')
    expect(sidebar.root).to_contain_text("Inserted into the console.")
    prompt.click()
    sidebar.page.keyboard.press("Shift+Enter")
    expect(sidebar.page.locator(".jp-CodeConsole-content")).to_contain_text("348 rows", timeout=PATIENCE)
    sidebar.run("docmanager:open", {"path": "beside.ipynb"})
    sidebar.see("form")
    assert "".join(sidebar.sources()).strip() == ""


def test_the_settings_choose_environment_redirect_uri_and_way(
    sidebar: Sidebar, place: Place, settings: Mapping[str, str]
) -> None:
    back = settings["callbackUrl"]
    place.provider.add_redirect_uri(back)
    sidebar.lab.open(place.write_notebook("chosen.ipynb", ""))
    sidebar.see("form")  # it has opened with the notebook, which keeps the focus
    expect(sidebar.root.get_by_label("Client ID")).not_to_be_focused()
    expect(sidebar.root.get_by_label("Environment")).to_have_value("Sandbox")
    expect(sidebar.root.get_by_role("form")).to_contain_text(back)
    sidebar.root.get_by_label("Client ID").fill(place.provider.client_id)
    sidebar.root.get_by_label("Client Secret").fill(place.provider.client_secret)
    sidebar.page.keyboard.press("Enter")
    sidebar.see("waiting")
    # The way is the address that the browser ends on.
    sidebar.page.context.route(
        "https://site.invalid/**", lambda route: route.fulfill(body="You can close this page.")
    )
    tab = new_tab(sidebar.page.context, sidebar.root.get_by_role("link", name=re.compile("Sign in")).click)
    sign_in(tab)
    tab.wait_for_url(f"{back}*")
    address = sidebar.root.get_by_label("Paste the address")
    address.fill("https://site.invalid/elsewhere")
    sidebar.page.bring_to_front()
    sidebar.page.keyboard.press("Enter")
    expect(sidebar.root.get_by_role("alert")).not_to_be_empty(timeout=PATIENCE)
    address.fill(tab.url)
    sidebar.page.keyboard.press("Enter")
    sidebar.see("signed-in")
    expect(sidebar.root).to_contain_text("Dana Reyes", timeout=PATIENCE)


def test_the_status_bar_says_something_only_while_the_sign_in_is_waited_for(
    sidebar: Sidebar, place: Place
) -> None:
    sidebar.open(place.write_notebook("status.ipynb", ""))
    item = sidebar.page.locator("#jp-main-statusbar").get_by_role("button", name="Procore")
    sidebar.see("form")
    expect(item).to_have_count(0)
    sidebar.press("Try the demo")
    sidebar.see("waiting")
    sidebar.run("filebrowser:activate")
    expect(sidebar.root).to_be_hidden()
    expect(item).to_have_text("Procore waits for your sign-in")
    item.click()
    sidebar.sign_in()
    expect(item).to_have_count(0)


def test_a_table_and_a_filter_are_dragged_into_a_cell_at_200_percent(sidebar: Sidebar, place: Place) -> None:
    sidebar.open(place.write_notebook("drag.ipynb", "", ""))
    sidebar.demo()
    sidebar.choose_company()
    sidebar.choose_project("harb", "Harbor Tower")
    sidebar.search("rfis")
    cell = sidebar.lab.cell(1).locator(".cm-content")
    sidebar.item("RFIs").drag_to(cell)  # never opened before
    expect(cell).to_have_text('procore.table("rfis", project="Harbor Tower")')
    sidebar.item("RFIs").click()
    sidebar.item("status").drag_to(sidebar.lab.cell(0).locator(".cm-content"))
    assert sidebar.sources() == ['status="open"', 'procore.table("rfis", project="Harbor Tower")']

    # At 200 % the page has half the width and half the height; all can be read and reached.
    sidebar.page.set_viewport_size({"width": 640, "height": 430})
    assert sidebar.too_wide() == []
    look = sidebar.root.get_by_role("button", name="Preview", exact=True)
    for one in (look, sidebar.item("RFIs"), sidebar.root.get_by_role("button", name="Sign out")):
        one.scroll_into_view_if_needed()
        expect(one).to_be_in_viewport()
    sidebar.picture("zoomed")
    assert sidebar.violations() == []
    sidebar.click(look)
    expect(sidebar.preview).to_have_attribute("data-procore-state", "rows", timeout=PATIENCE)


def test_whatever_part_of_jupyterlab_is_missing_the_sidebar_is_there(sidebar: Sidebar, place: Place) -> None:
    sidebar.lab.open(place.write_notebook("trimmed.ipynb", ""))
    sidebar.page.evaluate(
        "() => [...window.jupyterapp.shell.widgets('left')].find(one => one.id === 'procore-jupyter-panel').dispose()"
    )
    tokens = sidebar.page.evaluate(
        """() => window.jupyterapp.pluginRegistry._plugins.get('procore-jupyter:panel').optional.map(one => one.name)"""
    )
    assert len(tokens) == 7 and "@jupyterlab/statusbar:IStatusBar" in tokens
    for missing in [*([one] for one in tokens), tokens]:
        # Once more, in an application that has nothing of ours yet, and that lacks some parts.
        sidebar.page.evaluate(
            """async missing => {
                const app = window.jupyterapp, registry = app.pluginRegistry;
                const plugin = registry._plugins.get('procore-jupyter:panel');
                const own = {'@jupyterlab/statusbar:IStatusBar': {registerStatusItem: () => undefined}};
                const parts = await Promise.all(plugin.optional.map(one =>
                    missing.includes(one.name) ? null : own[one.name] ?? registry.resolveOptionalService(one)));
                const added = [];
                const shell = {add: one => added.push(one), activateById: () => undefined, currentWidget: null};
                const commands = new app.commands.constructor();
                const tracker = await registry.resolveRequiredService(plugin.requires[0]);
                await plugin.activate({commands, shell}, tracker, ...parts);
                const [place] = added;
                place.constructor.attach(place, document.body);
                window.trimmed = {place, commands};
            }""",
            missing,
        )
        sidebar.see("form")
        sidebar.page.evaluate(
            """async () => {
                const {place, commands} = window.trimmed;
                await commands.execute('procore-jupyter:show');
                await commands.execute('procore-jupyter:refresh');
                commands.isEnabled('procore-jupyter:connect');
                place.dispose();
            }"""
        )
        expect(sidebar.root).to_have_count(0)
        assert sidebar.faults == [], missing


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no bash")
def test_a_kernel_of_another_language_is_asked_nothing(sidebar: Sidebar, place: Place) -> None:
    folder = place.server.folder / "data/kernels/bash"
    folder.mkdir(parents=True)
    argv = [sys.executable, "-m", "bash_kernel", "-f", "{connection_file}"]
    (folder / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "Bash", "language": "bash"})
    )
    sidebar.open(write_notebook(place, "shell.ipynb", "echo $((6 * 7))", kernel="bash"))
    sidebar.see("foreign")
    expect(sidebar.root).to_contain_text("Procore needs a Python kernel.")
    expect(sidebar.lab.run(0)).to_have_text("42")
    assert sidebar.lab.cell(0).locator(".jp-InputPrompt").inner_text() == "[1]:"
    assert not any(b"procore_jupyter" in frame for frame in sidebar.wire.sent)
    sidebar.press("Change kernel …")
    expect(sidebar.page.get_by_role("dialog")).to_contain_text("Select Kernel")


def test_a_kernel_that_dies_by_itself_is_told_and_the_restarted_one_is_connected_to(
    sidebar: Sidebar, place: Place
) -> None:
    sidebar.open(place.write_notebook("dies.ipynb", ""))
    sidebar.demo()
    sidebar.item("RFIs").click()
    expect(sidebar.item("status")).to_be_visible()
    kernel_of(place).kill()
    expect(sidebar.root.get_by_text("The kernel was restarted: connect again.")).to_be_visible(
        timeout=PATIENCE
    )
    sidebar.page.get_by_role("dialog").get_by_role("button", name="Ok").click()
    sidebar.see("form")
    sidebar.press("Try the demo")  # the sign-in is kept
    sidebar.see("signed-in")
    expect(sidebar.item("status")).to_be_visible()  # what was open, the other kernel tells too
