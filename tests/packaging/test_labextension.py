"""JupyterLab's extension, as the wheel brings it, in a real JupyterLab and a real browser."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect, sync_playwright

from tests.browser.lab import PATIENCE, Lab
from tests.chromium import launch_chromium
from tools import labextension

pytestmark = pytest.mark.timeout(600)  # the first to ask for the wheel builds it

SOURCES = ["first = 1", "Some words", "second = 2"]
CELLS = """() => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    return [...notebook.model.cells].map(cell => ({
        type: cell.type, source: cell.sharedModel.getSource(), ran: cell.executionCount ?? null
    }));
}"""


def test_the_sidebars_look_has_no_name_in_common_with_what_a_cell_shows() -> None:
    # Both stand in the same page: a name of both would draw the panel in a cell as the sidebar, or the other way round.
    style = (labextension.FOLDER / "style/sidebar.css").read_text(encoding="utf-8")
    sidebar = set(re.findall(r"\.(procore-[\w-]+)", style))
    package = labextension.FOLDER.parent / "procore_jupyter"
    cells = {
        name
        for file in package.rglob("*.py")
        for name in re.findall(r"procore-[\w-]+", file.read_text(encoding="utf-8"))
    }
    assert "procore-tree" in sidebar and "procore-panel" in cells
    assert sidebar & cells == set()


@pytest.fixture(scope="module")
def server(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Give the address and token of a JupyterLab that finds the wheel's labextension, and one notebook."""
    folder = tmp_path_factory.mktemp("lab")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "wheel")
    (data,) = (folder / "wheel").glob("*.data/data")
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(SOURCES[0]),
            nbformat.v4.new_markdown_cell(SOURCES[1]),
            nbformat.v4.new_code_cell(SOURCES[2]),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    (folder / "files").mkdir()
    nbformat.write(notebook, folder / "files" / "some.ipynb")
    token = secrets.token_hex(16)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "JPY_"))}
    env |= {
        "HOME": str(folder / "home"),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_PATH": str(data / "share" / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTER_TOKEN": token,
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += ["--ServerApp.port=0", "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, folder / "files"], env=env, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        address = folder / "runtime" / f"jpserver-{process.pid}.json"
        until = time.monotonic() + 120
        while not address.exists():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{json.loads(address.read_text())['port']}/", token
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="module")
def browser_context() -> Iterator[BrowserContext]:
    """Give a fresh browser profile."""
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        context = browser.new_context()
        yield context
        context.close()
        browser.close()


@pytest.fixture
def lab(server: tuple[str, str], browser_context: BrowserContext) -> Iterator[Lab]:
    """Give the notebook, open in a tab; nothing of it is saved."""
    url, token = server
    one = Lab(browser_context, url, token)
    one.open("some.ipynb")
    yield one
    one.page.close(run_before_unload=False)


def test_model_kernel_and_code_hold_in_nodes_own_runner() -> None:
    node = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if node is None or not labextension.is_built() or not (labextension.FOLDER / "lib/model.js").is_file():
        pytest.skip("the extension wasn't built here, or there is no Node")
    tests = sorted((labextension.FOLDER / "tests").glob("*.test.mjs"))
    assert len(tests) == 3
    command = [node, "--test", "--test-reporter=tap", *map(str, tests)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout


def test_the_extension_is_small_and_draws_no_text_as_html() -> None:
    sources = [file.read_text() for file in (labextension.FOLDER / "src").rglob("*.ts*")]
    assert len(sources) > 10
    assert not [one for one in sources if "innerHTML" in one or "dangerouslySet" in one or ": any" in one]


@pytest.mark.parametrize(
    ("label", "source"),
    [
        ("Procore: Connect", "%load_ext procore_jupyter\n%procore_connect"),
        ("Procore: Sign out", "%load_ext procore_jupyter\n%procore_logout"),
    ],
)
def test_a_command_runs_one_new_cell_below_the_active_one_and_leaves_the_others_alone(
    lab: Lab, label: str, source: str
) -> None:
    lab.cell(0).locator(".cm-content").click()
    lab.page.keyboard.press("Escape")
    lab.page.keyboard.press("Control+A")  # all cells selected: they are not what is to be run
    before = lab.page.evaluate(CELLS)
    at = lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.activeCellIndex") + 1

    lab.command(label)

    lab.page.wait_for_function(f"(({CELLS})())[{at}]?.ran > 0", timeout=PATIENCE)
    after = lab.page.evaluate(CELLS)
    assert after[at]["type"] == "code"
    assert after[at]["source"] == source
    assert after[:at] + after[at + 1 :] == before
    assert [cell["source"] for cell in before] == SOURCES
    assert [cell["ran"] for cell in before] == [None] * 3


def test_without_a_notebook_in_front_the_commands_are_disabled(
    server: tuple[str, str], browser_context: BrowserContext
) -> None:
    url, token = server
    page = browser_context.new_page()
    page.goto(f"{url}lab?token={token}&reset", timeout=PATIENCE)
    for command in ("connect", "sign-out"):
        there = f"window.jupyterapp?.commands.hasCommand('procore-jupyter:{command}')"
        page.wait_for_function(f"() => {there}", timeout=PATIENCE)
        page.wait_for_selector(".jp-Launcher", timeout=PATIENCE)
        assert (
            page.evaluate(f"() => window.jupyterapp.commands.isEnabled('procore-jupyter:{command}')") is False
        )
    page.close()


def test_the_panel_and_its_look_are_loaded_when_it_is_shown(lab: Lab) -> None:
    def loaded() -> set[str]:
        ours = "one => one.name.includes('/procore-jupyter/static/')"
        found = f"() => performance.getEntriesByType('resource').filter({ours}).map(one => one.name)"
        return set(lab.page.evaluate(found))

    def look() -> int:
        sheets = "() => [...document.styleSheets].filter(one => one.cssRules[0]?.cssText.includes('procore-')).length"
        return int(lab.page.evaluate(sheets))

    at_start = loaded()
    assert any("/remoteEntry." in name for name in at_start)
    assert look() == 0
    lab.page.evaluate("() => { window.jupyterapp.commands.execute('procore-jupyter:show'); }")
    lab.page.locator(".procore-panel-root").wait_for()
    assert at_start < loaded()
    assert look() == 1
    lab.page.evaluate("() => window.jupyterapp.commands.execute('filebrowser:activate')")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("received", "Procore’s answer has arrived: your notebook finishes the sign-in."),
        ("denied", "Not signed in: you chose Deny on Procore’s page. Run %procore_connect again"),
        ("failed", "Not signed in to Procore."),
    ],
)
def test_the_callback_page_is_heard_and_answered(lab: Lab, status: str, words: str) -> None:
    callback = same_origin_page(lab)
    callback.evaluate(
        """status => {
            const channel = new BroadcastChannel('procore-jupyter');
            window.answer = new Promise(resolve => { channel.onmessage = ({data}) => resolve(data); });
            channel.postMessage({status});
        }""",
        status,
    )
    assert callback.evaluate("() => window.answer") == {"status": "seen"}
    expect(toasts(lab)).to_contain_text(words, timeout=PATIENCE)
    callback.close()


def test_anything_but_a_known_status_is_not_heard(lab: Lab) -> None:
    callback = same_origin_page(lab)
    answers = callback.evaluate(
        """() => new Promise(resolve => {
            const channel = new BroadcastChannel('procore-jupyter');
            const answers = [];
            channel.onmessage = ({data}) => answers.push(data);
            for (const odd of [
                null, 'received', 7, [], {}, {status: 'toString'}, {status: '__proto__'}, {status: ['received']},
                {status: 'received', code: 'x'}, {status: 'seen'}, {code: 'x'},
            ]) {
                channel.postMessage(odd);
            }
            channel.postMessage({status: 'denied'});  // messages keep their order: this is the last
            const poll = () => answers.length ? resolve(answers) : setTimeout(poll, 20);
            poll();
        })"""
    )
    assert answers == [{"status": "seen"}]
    expect(toasts(lab)).to_contain_text("you chose Deny", timeout=PATIENCE)
    expect(toasts(lab)).to_have_count(1)
    callback.close()


def toasts(lab: Lab) -> Locator:
    """Return the notifications that are ours (JupyterLab greets with one of its own)."""
    return lab.page.locator(".Toastify__toast").filter(has_text="Procore")


def same_origin_page(lab: Lab) -> Page:
    """Return a page of the same origin as JupyterLab's, as the callback page is one."""
    page = lab.context.new_page()
    page.goto(f"{lab.url}/api", timeout=PATIENCE)
    return page
