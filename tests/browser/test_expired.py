"""A sign-in that took too long, on a server where too long is two seconds instead of ten minutes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Place, open_place
from tests.browser.lab import PATIENCE, Lab
from tests.people import sign_in_at

LIFETIME = 2.0

PRELUDE = f"""
import functools
from procore_jupyter.server import extension
extension.Logins = functools.partial(extension.Logins, lifetime={LIFETIME})
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with open_place(tmp_path_factory.mktemp("expired"), prelude=PRELUDE) as running:
        yield running


def test_who_comes_back_too_late_is_told_and_nothing_is_kept_but_can_still_paste(
    lab: Lab, place: Place
) -> None:
    lab.open(place.write_notebook("late.ipynb", "%load_ext procore_jupyter\n%procore_connect Profile=Demo"))
    lab.run(0)
    cell = lab.cell(0)
    link = cell.locator(".procore-panel").get_by_role("link", name="Sign in to Procore")
    expect(link).to_be_visible(timeout=PATIENCE)
    address = sign_in_at(str(link.get_attribute("href")))
    # The panel hears from the server that the login is gone, and says what is left to do.
    expect(cell).to_contain_text("no longer knows this sign-in", timeout=PATIENCE)
    tab = lab.context.new_page()
    answer = tab.goto(address)
    assert answer is not None
    assert answer.status == 400
    expect(tab.get_by_role("heading")).to_contain_text("was not started here or has expired")
    assert not place.token_file.exists()

    # What the browser ended on can still be pasted: the provider's code is good for ten minutes.
    lab.page.bring_to_front()
    field = cell.locator(".procore-panel input")
    if not field.is_visible():
        cell.locator(".procore-panel summary").click()
    field.fill(address)
    field.press("Enter")
    expect(cell).to_contain_text("Dana Reyes", timeout=PATIENCE)
