"""The main job, through the user interface: run the cells, click, sign in, come back."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Place
from tests.browser.lab import PATIENCE, Lab, new_tab, sign_in
from tests.people import sign_in_at
from tests.soak import in_a_soak

LOAD = "%load_ext procore_jupyter"
CONNECT = "%procore_connect Profile=Demo"
WHO = "procore.get('/rest/v1.0/me').json()['name']"

QUICK_START = Path(__file__).parents[2] / "notebooks/01-connect.ipynb"


def panel(lab: Lab, number: int) -> Page:
    """Wait for the login panel of a cell, click its link, and return the provider's tab."""
    link = lab.cell(number).locator(".procore-panel").get_by_role("link", name="Sign in to Procore")
    expect(link).to_be_visible(timeout=PATIENCE)
    return new_tab(lab.context, link.click)


def see(lab: Lab, number: int, words: str | re.Pattern[str]) -> None:
    """Wait until a cell's output shows these words."""
    expect(lab.cell(number).locator(".jp-Cell-outputWrapper")).to_contain_text(words, timeout=PATIENCE)


def test_two_cells_and_three_clicks_sign_a_person_in_and_the_next_cell_knows_who_it_is(
    lab: Lab, place: Place
) -> None:
    lab.open(place.write_notebook("first.ipynb", LOAD, CONNECT, WHO))
    lab.run(0)
    lab.run(1)
    provider = panel(lab, 1)
    expect(provider).to_have_url(re.compile(r"^http://127\.0\.0\.1:"))
    provider.get_by_role("button", name="Log In").click()
    provider.get_by_role("button", name="Allow").click()
    see(lab, 1, "Dana Reyes")
    see(lab, 1, "3 companies")
    expect(lab.cell(1).locator(".procore-panel")).to_have_count(0)
    lab.run(2)
    see(lab, 2, "Dana Reyes")


def test_a_company_is_chosen_by_a_click_and_a_saved_notebook_keeps_the_card(lab: Lab, place: Place) -> None:
    name = place.write_notebook("company.ipynb", f"{LOAD}\n{CONNECT}", "procore.company_id")
    lab.open(name)
    lab.run(0)
    sign_in(panel(lab, 0))
    choice = lab.cell(0).locator(".procore-choice")
    expect(choice.get_by_role("button", name="Harbor JV 9012")).to_be_visible(timeout=PATIENCE)
    expect(lab.cell(0).locator(".procore-card:visible")).to_have_count(0)
    lab.page.bring_to_front()
    lab.save()
    assert "Choose one of your 3 companies:" in place.saved(name)
    choice.get_by_role("button", name="Harbor JV 9012").click()
    see(lab, 0, "Harbor JV (9012)")
    expect(lab.cell(0).get_by_role("button", name="Skyline")).to_have_count(0)
    lab.run(1)
    see(lab, 1, "9012")


@in_a_soak
def test_a_saved_choice_of_companies_without_its_kernel_is_the_card_alone(lab: Lab, place: Place) -> None:
    name = place.write_notebook("later.ipynb", f"{LOAD}\n{CONNECT}")
    lab.open(name)
    lab.run(0)
    sign_in(panel(lab, 0))
    expect(lab.cell(0).locator(".procore-choice")).to_be_visible(timeout=PATIENCE)
    lab.page.bring_to_front()
    lab.save()
    place.stop_kernels()
    later = Lab(lab.context, place.server.url, place.server.token)
    later.open(name)
    see(later, 0, "Choose one of your 3 companies:")
    expect(later.cell(0).get_by_role("button", name="Skyline")).to_have_count(0)
    expect(later.cell(0).get_by_text("Error displaying widget")).to_have_count(0)


def test_the_tab_that_comes_back_says_so_and_keeps_neither_code_nor_state(lab: Lab, place: Place) -> None:
    lab.open(place.write_notebook("tab.ipynb", f"{LOAD}\n{CONNECT}"))
    lab.run(0)
    # A tab that the person opened: the page may not close it, and has to say what to do.
    link = lab.cell(0).locator(".procore-panel").get_by_role("link", name="Sign in to Procore")
    expect(link).to_be_visible(timeout=PATIENCE)
    tab = lab.context.new_page()
    tab.goto(str(link.get_attribute("href")))
    sign_in(tab)
    expect(tab.get_by_role("heading")).to_have_text(
        "Procore's answer has arrived. You can close this tab: your notebook finishes the sign-in.",
        timeout=PATIENCE,
    )
    expect(tab).to_have_url(place.server.callback_url)
    assert "code" not in tab.content().replace("go back", "")
    see(lab, 0, "Dana Reyes")


def test_run_all_waits_for_the_sign_in_and_then_goes_on(lab: Lab, place: Place) -> None:
    lab.open(
        place.write_notebook("all.ipynb", LOAD, CONNECT, WHO, "procore.use(company='Harbor JV').company_id")
    )
    lab.run_all()
    provider = panel(lab, 1)
    expect(lab.cell(2).locator(".jp-InputPrompt")).to_have_text("[*]:")
    sign_in(provider)
    see(lab, 2, "Dana Reyes")
    lab.wait_ran(3)


def test_choosing_deny_stops_run_all_and_says_what_happened(lab: Lab, place: Place) -> None:
    lab.open(place.write_notebook("deny.ipynb", LOAD, CONNECT, WHO, "print('never' + ' reached')"))
    lab.run_all()
    sign_in(panel(lab, 1), allow=False)
    see(lab, 1, "Not signed in: you chose Deny on Procore's page.")
    see(lab, 2, "you chose Deny")
    lab.wait_idle()
    assert "never reached" not in lab.page.locator(".jp-Notebook").inner_text()
    # … and once more, from the same cell.
    lab.run(1)
    panel(lab, 1).get_by_role("button", name="Allow").click()  # the provider knows the person by now
    see(lab, 1, "Dana Reyes")


def test_cancel_ends_the_sign_in(lab: Lab, place: Place) -> None:
    lab.open(place.write_notebook("cancel.ipynb", f"{LOAD}\n{CONNECT}"))
    lab.run(0)
    lab.cell(0).get_by_role("button", name="Cancel").click()
    see(lab, 0, "Not signed in")


@in_a_soak
def test_a_second_notebook_and_a_restarted_kernel_find_the_sign_in_and_ask_nothing(
    lab: Lab, place: Place
) -> None:
    lab.open(place.write_notebook("one.ipynb", LOAD, CONNECT, WHO))
    lab.run(0)
    lab.run(1)
    sign_in(panel(lab, 1))
    see(lab, 1, "Dana Reyes")

    lab.restart_kernel()
    lab.run(0)
    lab.run(1)
    see(lab, 1, "Dana Reyes")
    lab.run(2)
    see(lab, 2, "Dana Reyes")

    second = Lab(lab.context, place.server.url, place.server.token)
    second.open(place.write_notebook("two.ipynb", f"{LOAD}\n{CONNECT}", WHO))
    second.run(0)
    see(second, 0, "Dana Reyes")
    expect(second.cell(0).locator(".procore-panel")).to_have_count(0)
    second.run(1)
    see(second, 1, "Dana Reyes")


def test_a_forged_and_a_used_state_change_nothing(lab: Lab, place: Place) -> None:
    lab.open(place.write_notebook("forged.ipynb", f"{LOAD}\n{CONNECT}"))
    lab.run(0)
    provider = panel(lab, 0)
    stranger = lab.context.new_page()
    stranger.goto(f"{place.server.callback_url}?code=stolen&state=forged")
    expect(stranger.get_by_role("heading")).to_contain_text("was not started here or has expired")

    arrived: list[str] = []
    lab.context.on("request", lambda request: arrived.append(request.url))
    sign_in(provider)
    see(lab, 0, "Dana Reyes")
    real = next(url for url in arrived if url.startswith(place.server.callback_url))
    stranger.goto(real)
    expect(stranger.get_by_role("heading")).to_contain_text(re.compile("already been used|not started here"))


def test_the_address_can_be_pasted_into_the_panel_where_the_browser_did_not_arrive(
    lab: Lab, place: Place
) -> None:
    nobody = "http://localhost:9/cb"  # the discard port: nothing answers there
    place.provider.add_redirect_uri(nobody)
    lab.open(place.write_notebook("paste.ipynb", f"{LOAD}\n{CONNECT};CallbackURL={nobody}"))
    lab.run(0)
    provider = panel(lab, 0)
    provider.get_by_role("button", name="Log In").click()
    landed: list[str] = []
    provider.on("requestfailed", lambda request: landed.append(request.url))
    provider.get_by_role("button", name="Allow").click()
    provider.wait_for_timeout(200)
    for _ in range(100):
        if landed:
            break
        provider.wait_for_timeout(100)
    address = next(url for url in landed if url.startswith(nobody))
    lab.page.bring_to_front()
    field = lab.cell(0).locator(".procore-panel input")
    if not field.is_visible():
        lab.cell(0).locator(".procore-panel summary").click()
    field.fill(address)
    field.press("Enter")
    see(lab, 0, "Dana Reyes")
    code = re.search(r"code=([^&]+)", address)
    assert code is not None
    lab.save()
    assert code[1] not in place.saved("paste.ipynb")


def test_the_page_for_pasting_works_while_a_cell_waits(lab: Lab, place: Place) -> None:
    lab.open(place.write_notebook("busy.ipynb", LOAD, CONNECT, WHO))
    lab.run_all()
    link = lab.cell(1).locator(".procore-panel").get_by_role("link", name="Sign in to Procore")
    expect(link).to_be_visible(timeout=PATIENCE)
    # The person uses another computer's browser, say: the redirect arrives nowhere, its address stays with them.
    address = sign_in_at(str(link.get_attribute("href")))
    lab.cell(1).locator(".procore-panel summary").click()
    form = new_tab(lab.context, lab.cell(1).get_by_role("link", name=re.compile("on this page")).click)
    form.get_by_role("textbox").fill(address)
    form.get_by_role("button").click()
    see(lab, 2, "Dana Reyes")


def test_a_listener_on_this_machine_receives_where_the_callback_is_no_jupyter_server(
    lab: Lab, place: Place
) -> None:
    from tests.servers import free_port

    callback = f"http://localhost:{free_port()}/here"
    place.provider.add_redirect_uri(callback)
    lab.open(place.write_notebook("loopback.ipynb", f"{LOAD}\n{CONNECT};CallbackURL={callback}"))
    lab.run(0)
    sign_in(panel(lab, 0))
    see(lab, 0, "Dana Reyes")


def test_the_quick_start_runs_from_top_to_bottom(lab: Lab, place: Place) -> None:
    shutil.copy(QUICK_START, place.server.root / "quick.ipynb")
    cells = [cell for cell in json.loads(QUICK_START.read_text())["cells"] if cell["cell_type"] == "code"]
    lab.open("quick.ipynb")
    lab.run_all()
    sign_in(panel(lab, 1))
    for number in range(len(cells)):
        lab.wait_ran(number)
    last = lab.page.locator(".jp-Notebook")
    expect(last).to_contain_text("Skyline Builders")
    expect(last).to_contain_text("Harbor Tower")
    assert lab.page.locator(".jp-RenderedText[data-mime-type*=error]").count() == 0


@pytest.mark.parametrize("when", ["pending", "signed in"])
def test_a_saved_notebook_holds_nothing_of_the_sign_in(lab: Lab, place: Place, when: str) -> None:
    name = place.write_notebook("saved.ipynb", f"{LOAD}\n{CONNECT}", WHO)
    lab.open(name)
    lab.run(0)
    provider = panel(lab, 0)
    arrived: list[str] = []
    lab.context.on("request", lambda request: arrived.append(request.url))
    if when == "signed in":
        sign_in(provider)
        see(lab, 0, "Dana Reyes")
        lab.run(1)
    lab.page.bring_to_front()
    lab.save()
    saved = place.saved(name)
    assert "oauth/authorize" not in saved
    assert "code_challenge" not in saved
    assert place.provider.client_secret not in saved
    if when == "signed in":
        assert "Dana Reyes" in saved
        answer = next(url for url in arrived if url.startswith(place.server.callback_url))
        found = dict(re.findall(r"(code|state)=([^&]+)", answer))
        tokens = place.token_file.read_text()
        secrets = [
            *found.values(),
            place.provider.client_secret,
            *re.findall(r'"[a-z_]*token": *"([^"]{16,})"', tokens),
        ]
        assert len(secrets) >= 5
        lab.restart_kernel()  # the history is on the disk now
        for path, content in place.everything_written():
            for secret in secrets:
                assert secret.encode() not in content, f"a secret stands in {path.name}"
