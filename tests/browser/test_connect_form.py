"""The connect form in a real browser: bare ``%procore_connect``, the fields, the sign-in, and no question ever after."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Place, open_place
from tests.browser.lab import PATIENCE, Lab, new_tab, sign_in

PICTURES = os.environ.get("PROCORE_PICTURES")  # read here: tests run without the developer's environment

LOAD = "%load_ext procore_jupyter"
WHO = "procore.get('/rest/v1.0/me').json()['name']"

# All of Procore's environments stand at the embedded one, in every kernel of this server.
STARTUP = """
import dataclasses
from procore_jupyter.profiles import profile
_real = profile._described
def _here(name):
    found = _real(name)
    if name != "Procore":
        return found
    here = dict(login_url={url!r}, api_url={url!r})
    return dataclasses.replace(
        found, environments={{name: dataclasses.replace(one, **here) for name, one in found.environments.items()}}
    )
profile._described = _here
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Give a JupyterLab whose kernels know no app."""
    folder = tmp_path_factory.mktemp("form")
    with open_place(folder) as running:
        startup = folder / "ipython/profile_default/startup"
        startup.mkdir(parents=True)
        (startup / "00-hosts.py").write_text(STARTUP.format(url=running.provider.url))
        yield running


def picture(lab: Lab, name: str) -> None:
    """Take a picture for whoever wants to look (PROCORE_PICTURES names a folder)."""
    if PICTURES:
        lab.page.screenshot(path=str(Path(PICTURES, f"{name}.png")))


def form(lab: Lab, number: int) -> Locator:
    """Wait for the form in a cell's output."""
    found = lab.cell(number).locator(".procore-form")
    expect(found.get_by_role("button", name="Connect")).to_be_visible(timeout=PATIENCE)
    return found


def test_filled_in_once_it_signs_in_and_after_a_restart_a_bare_connect_asks_nothing(
    lab: Lab, place: Place
) -> None:
    name = place.write_notebook("form.ipynb", f"{LOAD}\n%procore_connect", WHO)
    lab.open(name)
    lab.run(0)
    fields = form(lab, 0)
    picture(lab, "form-empty")
    lab.context.grant_permissions(["clipboard-read"])
    fields.get_by_role("button", name="Copy").click()
    expect(fields.get_by_role("button", name="Copied")).to_be_visible()
    assert lab.page.evaluate("() => navigator.clipboard.readText()") == place.server.callback_url
    expect(fields).to_contain_text(place.server.callback_url)
    expect(lab.cell(0).locator(".procore-plain:visible")).to_have_count(0)
    assert fields.get_by_label("Client Secret").get_attribute("type") == "password"

    fields.get_by_role("button", name="Connect").click()
    expect(fields.get_by_text("The Client ID is missing.")).to_be_visible()
    picture(lab, "form-missing")
    # From field to field by keyboard, Enter at the end.
    fields.get_by_label("Client ID").click()
    lab.page.keyboard.type(place.provider.client_id)
    lab.page.keyboard.press("Tab")
    lab.page.keyboard.type(place.provider.client_secret)
    lab.page.keyboard.press("Tab")
    expect(fields.get_by_text("Received. For safety it isn't shown here again.")).to_be_visible()
    assert fields.get_by_label("Client Secret").input_value() == ""
    expect(fields.get_by_text("The Client ID is missing.")).to_have_count(0)
    picture(lab, "form-filled")
    lab.page.keyboard.type("1234")
    lab.page.keyboard.press("Enter")

    link = lab.cell(0).locator(".procore-panel").get_by_role("link", name="Sign in to Procore")
    expect(link).to_be_visible(timeout=PATIENCE)
    expect(lab.cell(0).locator(".procore-form")).to_have_count(0)
    picture(lab, "form-panel")
    sign_in(new_tab(lab.context, link.click))
    lab.page.bring_to_front()
    expect(lab.cell(0)).to_contain_text("Dana Reyes", timeout=PATIENCE)
    expect(lab.cell(0)).to_contain_text("Saved as default")
    picture(lab, "form-card")
    lab.save()
    assert place.provider.client_secret not in place.saved(name)

    lab.restart_kernel()
    lab.run(0)
    expect(lab.cell(0)).to_contain_text("Dana Reyes · Skyline Builders (1234)", timeout=PATIENCE)
    expect(lab.cell(0).locator(".procore-panel")).to_have_count(0)
    lab.run(1)
    expect(lab.cell(1)).to_contain_text("Dana Reyes", timeout=PATIENCE)
    secret = place.provider.client_secret.encode()
    assert [path.name for path, content in place.everything_written() if secret in content] == []
    assert secret in place.token_file.read_bytes()


def test_a_cell_that_runs_before_the_form_is_filled_in_says_what_to_do(lab: Lab, place: Place) -> None:
    (place.token_file.parent / "connections.json").unlink(missing_ok=True)
    lab.open(
        place.write_notebook("early.ipynb", f"{LOAD}\n%procore_connect", WHO, "print('never' + ' reached')")
    )
    lab.run_all()
    expect(lab.cell(1)).to_contain_text("fill in the form of %procore_connect", timeout=PATIENCE)
    fields = form(lab, 0)
    picture(lab, "form-early")
    assert "never reached" not in lab.page.locator(".jp-Notebook").inner_text()
    fields.get_by_label("Client ID").fill("no-app-of-theirs")
    fields.get_by_label("Client Secret").fill("nothing")
    fields.get_by_label("Company ID").fill("Skyline")
    fields.get_by_role("button", name="Connect").click()
    expect(fields).to_contain_text(re.compile("Company ID must be a whole number"), timeout=PATIENCE)
    picture(lab, "form-wrong")
    fields.get_by_role("button", name="Cancel").click()
    expect(lab.cell(0)).to_contain_text("the form was cancelled", timeout=PATIENCE)
    picture(lab, "form-cancelled")
