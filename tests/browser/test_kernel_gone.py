"""A panel whose kernel is gone, or says nothing any more, claims nothing that isn't so; nor does the notebook that was saved."""

from __future__ import annotations

import psutil
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Place
from tests.browser.lab import PATIENCE, Lab
from tests.soak import in_a_soak

CONNECT = "%load_ext procore_jupyter\n%procore_connect Profile=Demo"

HEAR = """() => {
    window.heard = [];
    window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.anyMessage.connect((_, { msg }) => {
        if (msg.header.msg_type === 'stream') window.heard.push(msg.content.text);
    });
}"""


WITHOUT_PANEL = "If there is no panel here, its kernel is gone."
"""What a saved notebook says in place of a panel."""


def pending(lab: Lab, number: int) -> Locator:
    """Run a cell that connects; return its panel once it counts down."""
    lab.run(number)
    panel = lab.cell(number).locator(".procore-panel")
    expect(panel.get_by_role("timer")).to_be_visible(timeout=PATIENCE)
    return panel


def kernel_of(place: Place) -> psutil.Process:
    """Return the process of the only kernel."""
    (kernel,) = [
        one
        for one in psutil.Process(place.server.process.pid).children(recursive=True)
        if "ipykernel_launcher" in " ".join(one.cmdline())
    ]
    return kernel


def test_a_panel_whose_kernel_is_gone_says_so_and_offers_nothing(lab: Lab, place: Place) -> None:
    name = place.write_notebook(
        "gone.ipynb",
        CONNECT,
        "%procore_connect --name other LoginURL=http://localhost:1;APIURL=http://localhost:1",
    )
    lab.open(name)
    panel = pending(lab, 0)
    lab.run(1)
    form = lab.cell(1).locator(".procore-form")
    expect(form.get_by_role("button", name="Connect")).to_be_visible(timeout=PATIENCE)
    for number in (0, 1):  # the line for the saved notebook comes once the panel is drawn
        expect(lab.cell(number)).to_contain_text(WITHOUT_PANEL, timeout=PATIENCE)
    lab.save()
    lab.restart_kernel()
    for one in (panel, form):
        expect(one.get_by_text("This panel's kernel is gone.")).to_be_visible(timeout=PATIENCE)
        for what in ("link", "timer", "button", "textbox"):
            expect(one.get_by_role(what)).to_have_count(0)

    # Opened again, with a kernel that knows nothing of it.
    assert "Waiting for" not in place.saved(name) and "waiting for" not in place.saved(name)
    lab.open(name)
    for number in (0, 1):
        expect(lab.cell(number)).to_contain_text(WITHOUT_PANEL, timeout=PATIENCE)
        expect(lab.cell(number).get_by_text("Loading widget")).to_be_hidden()


@in_a_soak
def test_a_countdown_that_nothing_counts_any_more_says_so_until_it_goes_on(lab: Lab, place: Place) -> None:
    lab.open(place.write_notebook("silent.ipynb", CONNECT))
    panel = pending(lab, 0)
    silent = panel.get_by_text("This notebook's kernel doesn't respond.")
    expect(silent).to_be_hidden()
    kernel = kernel_of(place)
    kernel.suspend()
    try:
        expect(silent).to_be_visible(timeout=PATIENCE)
        expect(panel.get_by_role("timer")).to_be_hidden()
    finally:
        kernel.resume()
    expect(silent).to_be_hidden()
    expect(panel.get_by_role("timer")).to_be_visible()


def test_a_panel_that_closes_leaves_no_word_in_the_log(lab: Lab, place: Place) -> None:
    lab.open(place.write_notebook("quiet.ipynb", CONNECT, "%procore_connect Profile=Demo", "print('done')"))
    panel = pending(lab, 0)
    lab.page.evaluate(HEAR)
    pending(lab, 1)  # the same sign-in: the first panel leaves its place
    expect(panel).to_have_count(0)
    lab.cell(1).get_by_role("button", name="Cancel").click()
    expect(lab.cell(1)).to_contain_text("Not signed in", timeout=PATIENCE)
    lab.run(2)
    lab.page.wait_for_function("() => window.heard.includes('done\\n')")
    lab.page.wait_for_timeout(500)
    assert lab.page.evaluate("() => window.heard") == ["done\n"]
