"""JupyterHub: a real one with its real proxy, users with real servers and kernels, and one redirect URI for all."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.login.ticket import OWNER_HEADER, TICKET_HEADER, Ticket
from tests.connecting import text_for
from tests.kernels import Cell
from tests.people import forms_of, new_browser, sign_in_at
from tests.places.hub import Hub
from tests.places.pages import Page, link_of
from tests.soak import SOAK, in_a_soak

ME = "print(procore.get('/rest/v1.0/me').json()['name'])"
PEOPLE = {"alice": "Dana Reyes", "bob": "Lee Okafor"}
ARRIVED = "answer has arrived. You can close this tab"
ROUNDS = 10 if SOAK else 1


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, provider: DemoProcore) -> Iterator[Hub]:
    with Hub(tmp_path_factory.mktemp("hub")) as running:
        provider.add_redirect_uri(running.callback_url)
        with ThreadPoolExecutor() as both:
            list(both.map(running.start, PEOPLE))
        yield running


@pytest.fixture(autouse=True)
def _nobody_is_signed_in(hub: Hub, provider: DemoProcore) -> None:
    for user in PEOPLE:
        token_file(hub, user).unlink(missing_ok=True)
    provider.oauth.revoke_all()


def token_file(hub: Hub, user: str) -> Path:
    return hub.home(user) / ".local/share/procore-jupyter/tokens.json"


@pytest.fixture
def connect(provider: DemoProcore) -> str:
    """Give the cell that connects, CallbackURL left out."""
    return f"%load_ext procore_jupyter\n%procore_connect {text_for(provider, CallbackURL='')}"


def open_page(hub: Hub, user: str, server: str = "") -> Page:
    base = f"{hub.url}/user/{user}/{server}{'/' if server else ''}"
    return Page(hub.browser_of(user), base, f"{threading.get_ident()}.ipynb")


def to_the_provider(browser: requests.Session, link: str) -> str:
    """Follow a link as far as the Hub and the user's server lead; return where the provider begins."""
    for _ in range(10):
        answer = browser.get(link, allow_redirects=False, timeout=60)
        assert answer.is_redirect, f"{answer.status_code} {answer.text[:500]}"
        link = urljoin(link, answer.headers["Location"])
        if "/oauth/authorize" in link and "127.0.0.1" in link:
            return link
    raise AssertionError("in circles")


def when_started(browser: requests.Session, address: str) -> requests.Response:
    """Open an address, wait as the Hub's page does while a server starts, and return where that ends."""
    until = time.monotonic() + 120
    answer = browser.get(address, timeout=60)
    while "/spawn-pending/" in answer.url:
        assert time.monotonic() < until, "the server didn't start"
        time.sleep(0.2)
        answer = browser.get(answer.url, timeout=60)
    return answer


def heading(answer: requests.Response) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.S)
    return found[1].strip() if found else answer.text[:300]


def sign_in(page: Page, cell: Cell, person: str) -> str:
    """Click the link, sign in, and return the address that the provider sends the browser to."""
    return sign_in_at(to_the_provider(page.browser, link_of(cell)), person=person)


@pytest.mark.parametrize("round", range(ROUNDS))
def test_two_users_sign_in_at_the_same_moment_and_each_is_who_they_are(
    hub: Hub, connect: str, provider: DemoProcore, round: int
) -> None:
    together = threading.Barrier(2, timeout=60)

    def one(user: str) -> str:
        with open_page(hub, user) as page:
            cell = page.run(connect)
            together.wait()
            address = sign_in(page, cell, PEOPLE[user])
            assert address.startswith(f"{hub.callback_url}?")
            together.wait()
            tab = page.browser.get(address, timeout=60)
            assert ARRIVED in heading(tab)
            assert tab.url.partition("?")[0] == f"{hub.url}/user/{user}/procore-jupyter/callback"
            page.wait_for(cell, PEOPLE[user])
            return page.run(ME).text.strip()

    with ThreadPoolExecutor() as both:
        assert dict(zip(PEOPLE, both.map(one, PEOPLE), strict=True)) == PEOPLE
    asked = [one for one in provider.requests if one.path == "/oauth/authorize" and one.method == "GET"]
    assert {one.query.get("redirect_uri") for one in asked if "redirect_uri" in one.query} == {
        hub.callback_url
    }
    assert token_file(hub, "alice").read_text() != token_file(hub, "bob").read_text()


def test_an_answer_that_another_users_browser_brings_signs_nobody_in(hub: Hub, connect: str) -> None:
    with open_page(hub, "alice") as page:
        cell = page.run(connect)
        link = to_the_provider(page.browser, link_of(cell))
        # Alice sends Bob her link, to get his sign-in: the Hub leads him to his own server, which knows no such login.
        victim = hub.browser_of("bob")
        tab = victim.get(sign_in_at(link, person="Lee Okafor"), timeout=60)
        assert tab.status_code == 400
        assert tab.url.startswith(f"{hub.url}/user/bob/")
        assert "was not started here or has expired" in heading(tab)
        assert page.run("print(procore.login_flow.state.value)").text.strip() == "waiting"
        # … and Alice's own is not harmed by it.
        assert ARRIVED in heading(page.browser.get(sign_in_at(link, person="Dana Reyes"), timeout=60))
        assert page.run(ME).text.strip() == "Dana Reyes"


def test_the_start_page_of_one_user_leads_no_other_user_to_the_provider(hub: Hub, connect: str) -> None:
    with open_page(hub, "alice") as page:
        query = urlsplit(link_of(page.run(connect))).query
        start = f"{hub.url}/user/alice/procore-jupyter/start?{query}"
        for browser in (hub.browser_of("bob"), new_browser()):
            answer = browser.get(start, timeout=60)
            assert "/oauth/authorize?" not in " ".join(
                one.url for one in answer.history if "127.0.0.1" in one.url
            )
            assert answer.url.startswith(hub.url)
            assert answer.status_code in (200, 403)
            assert answer.status_code == 403 or answer.url.startswith(f"{hub.url}/hub/login")


def test_only_the_owner_opens_a_login_on_a_server(hub: Hub) -> None:
    with open_page(hub, "alice") as hers, open_page(hub, "bob") as his:
        secret = "import os\nprint(os.environ['JUPYTERHUB_API_TOKEN'], os.environ['JUPYTERHUB_SERVICE_URL'])"
        alices_token, inside = hers.run(secret).text.split()
        bobs_token, _ = his.run(secret).text.split()
        bobs_own = hub.token_of("bob")
        doors = (f"{hub.url}/user/alice/", inside)  # through the proxy, and past it

        def open_login(
            door: str, browser: requests.Session, ticket: Ticket, **headers: str
        ) -> requests.Response:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            url = f"{door}procore-jupyter/logins"
            return browser.post(url, headers={TICKET_HEADER: ticket.header, **named}, timeout=60)

        nobody = new_browser()
        for door in doors:
            for token in (bobs_token, bobs_own, hub.token, "", "x" * 32):
                for proof in (
                    {"Authorization": f"token {token}"},
                    {"Authorization": f"Bearer {token}"},
                    {OWNER_HEADER.replace("-", "_"): token},
                ):
                    for browser in (nobody, his.browser):
                        ticket = Ticket.create()
                        answer = open_login(door, browser, ticket, **proof)
                        assert answer.status_code == 403, (door, answer.status_code)
                        result = browser.get(
                            f"{door}procore-jupyter/logins/result",
                            headers={TICKET_HEADER: ticket.header},
                            timeout=60,
                        )
                        assert result.status_code == 404
            # Her own browser is no proof either: only her kernels know her server's token.
            assert open_login(door, hers.browser, Ticket.create()).status_code == 403
            proof = {OWNER_HEADER.replace("-", "_"): alices_token}
            ticket = Ticket.create()
            assert open_login(door, nobody, ticket, **proof).status_code == 201
            nobody.delete(
                f"{door}procore-jupyter/logins/result", headers={TICKET_HEADER: ticket.header}, timeout=60
            )


def test_the_page_for_pasting_is_there_through_the_hub(hub: Hub, connect: str) -> None:
    with open_page(hub, "alice") as page:
        cell = page.run(connect)
        # Another computer's browser, which has never signed in at the Hub, ends at the Hub's login page.
        address = sign_in(page, cell, "Dana Reyes")
        form = page.browser.get(f"{hub.callback_url.removesuffix('callback')}paste", timeout=60)
        fields = forms_of(form.text)[0]
        told = page.browser.post(form.url, data={**fields.fields, "address": address}, timeout=60)
        assert ARRIVED in heading(told)
        page.wait_for(cell, "Dana Reyes")


def test_a_named_server_gets_its_answer_through_the_users_default_one(hub: Hub, connect: str) -> None:
    hub.start("alice", "second-server")
    with open_page(hub, "alice", "second-server") as page:
        cell = page.run(connect)
        link = link_of(cell)
        assert link.startswith(f"{hub.url}/user/alice/second-server/procore-jupyter/start?")
        address = sign_in(page, cell, "Dana Reyes")
        assert parse_qs(urlsplit(address).query)["state"][0].endswith(".second-server")
        assert address.startswith(f"{hub.callback_url}?")
        tab = page.browser.get(address, timeout=60)
        assert ARRIVED in heading(tab)
        assert tab.url.startswith(f"{hub.url}/user/alice/second-server/procore-jupyter/callback")
        assert page.run(ME).text.strip() == "Dana Reyes"
    hub.stop_server("alice", "second-server")


def test_a_named_server_whose_default_one_is_off_says_so_beforehand_and_takes_what_is_pasted(
    hub: Hub, connect: str
) -> None:
    hub.stop_server("bob")
    hub.start("bob", "other")
    try:
        with open_page(hub, "bob", "other") as page:
            page.run(connect)
            told = page.run("print(procore.login_flow)").text
            assert "Your default server on this JupyterHub" in told
            assert "isn't running" in told
            link = re.search(r"http://127\S+", told)
            assert link is not None
            # The Hub starts the server that is off, for the browser to go on to. Whether that one passes the answer
            # on or can't: the address stays in the browser.
            tab = when_started(page.browser, sign_in_at(link[0], person="Lee Okafor"))
            assert tab.status_code == 400
            assert "code=" in tab.url
            assert tab.url.startswith(f"{hub.url}/user/bob/other/")
            assert "None" in page.run(f"print(procore.login_flow.paste({tab.url!r}))").text
            assert page.run(ME).text.strip() == "Lee Okafor"
    finally:
        hub.stop_server("bob", "other")
        hub.start("bob")


@in_a_soak
def test_who_comes_back_when_the_server_has_been_stopped_is_told_to_start_again(
    hub: Hub, connect: str
) -> None:
    with open_page(hub, "bob") as page:
        address = sign_in(page, page.run(connect), "Lee Okafor")
        hub.stop_server("bob")
        # The Hub starts it again and leads on to the same address: a new server, which knows of no sign-in.
        tab = when_started(page.browser, address)
    assert tab.status_code == 400
    assert tab.url.startswith(f"{hub.url}/user/bob/procore-jupyter/callback")
    assert "was not started here or has expired" in heading(tab)
    assert not token_file(hub, "bob").exists()


def test_the_users_server_logs_no_code_and_no_state_and_the_hub_only_as_a_step_of_its_own_redirect(
    hub: Hub, connect: str
) -> None:
    with open_page(hub, "alice") as page:
        address = sign_in(page, page.run(connect), "Dana Reyes")
        page.browser.get(address, timeout=60)
        assert page.run(ME).text.strip() == "Dana Reyes"
    query = parse_qs(urlsplit(address).query)
    for secret in (query["code"][0], query["state"][0]):
        # JupyterHub's user-redirect goes by way of /hub/spawn/NAME?next=…, and its log masks parameters by
        # their name alone. docs/places.md says so; everything else is silent.
        told = [line for line in hub.log().splitlines() if secret in line]
        assert all("JupyterHub log:" in line and "/hub/spawn/alice?next=" in line for line in told), told


@in_a_soak
def test_where_the_hub_doesnt_tell_its_address_the_message_names_the_one_to_register(
    tmp_path: Path, provider: DemoProcore, connect: str
) -> None:
    with Hub(tmp_path / "hub", tells_its_address=False) as silent:
        provider.add_redirect_uri(silent.callback_url)
        silent.start("alice")
        with open_page(silent, "alice") as page:
            page.run(connect)
            told = page.run("print(procore.login_flow)").text
            assert page.run("print(procore.login_flow.open_receivers)").text.strip() == "('paste',)"
            assert "CallbackURL=https://YOUR-HUB/hub/user-redirect/procore-jupyter/callback" in told
            assert "paste" in told
            link = re.search(r"http://127\S+", told)
            assert link is not None
            address = sign_in_at(link[0], person="Dana Reyes")
            assert address.startswith(("http://localhost?", "http://localhost/?"))
            page.run(f"procore.login_flow.paste({address!r})")
            assert page.run(ME).text.strip() == "Dana Reyes"
            # … and with the address that it names, nothing needs to be pasted.
            page.run("%procore_logout")
            cell = page.run(f"{connect};CallbackURL={silent.callback_url}")
            tab = page.browser.get(sign_in(page, cell, "Dana Reyes"), timeout=60)
            assert ARRIVED in heading(tab)
            assert page.run(ME).text.strip() == "Dana Reyes"
