"""Jupyter servers that a browser reaches under another port, below a path of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from procore_jupyter.demo.app import DemoProcore
from tests.connecting import text_for
from tests.people import new_browser, sign_in_at
from tests.places.front_door import FrontDoor
from tests.places.pages import Page, link_of
from tests.servers import JupyterServerProcess

ME = "print(procore.get('/rest/v1.0/me').json()['name'])"
ARRIVED = "answer has arrived. You can close this tab"


@dataclass
class Place:
    """A Jupyter server with a base URL, and its front door."""

    server: JupyterServerProcess
    outside: str  # the base URL that a person types

    @property
    def callback_url(self) -> str:
        return f"{self.outside}procore-jupyter/callback"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, provider: DemoProcore) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("jupyter")
    options = ["--ServerApp.base_url=/analysts/jupyter/", "--ServerApp.allow_unauthenticated_access=False"]
    with (
        JupyterServerProcess(folder, options=options) as server,
        FrontDoor(server.port) as door,
    ):
        running = Place(server, f"http://localhost:{door.port}/analysts/jupyter/")
        provider.add_redirect_uri(running.callback_url)
        provider.add_redirect_uri(server.callback_url)
        yield running


@pytest.fixture(autouse=True)
def _nobody_is_signed_in(place: Place, provider: DemoProcore) -> None:
    (place.server.folder / ".local/share/procore-jupyter/tokens.json").unlink(missing_ok=True)
    provider.oauth.revoke_all()


def test_behind_a_proxy_the_callback_url_names_the_outside_and_everything_else_follows(
    place: Place, provider: DemoProcore
) -> None:
    with Page(new_browser(), place.outside, token=place.server.token) as page:
        text = text_for(provider, CallbackURL=place.callback_url)
        cell = page.run(f"%load_ext procore_jupyter\n%procore_connect {text}")
        link = link_of(cell)
        assert link.startswith(f"{place.outside}procore-jupyter/start?")
        assert f"{place.outside}procore-jupyter/paste" in cell.html
        leads_on = page.browser.get(f"{link}&token={place.server.token}", allow_redirects=False, timeout=60)
        address = sign_in_at(leads_on.headers["Location"], person="Dana Reyes")
        assert address.startswith(f"{place.callback_url}?")
        with new_browser() as other:  # without a cookie of this server's
            tab = other.get(address, timeout=60)
        assert ARRIVED in tab.text
        assert page.run(ME).text.strip() == "Dana Reyes"


def test_without_a_callback_url_the_server_is_taken_for_itself_base_url_included(
    place: Place, provider: DemoProcore
) -> None:
    # Nobody told it of its front door: a browser on this machine gets there directly, another one pastes.
    with Page(new_browser(), place.outside, token=place.server.token) as page:
        cell = page.run(f"%load_ext procore_jupyter\n%procore_connect {text_for(provider, CallbackURL='')}")
        link = link_of(cell)
        assert urlsplit(link).path == "/analysts/jupyter/procore-jupyter/start"
        told = page.run(
            "print(procore.login_flow.redirect_uri, procore.login_flow.authorize_url)"
        ).text.split()
        assert told[0] == place.server.callback_url
        address = sign_in_at(told[1], person="Dana Reyes")
        assert page.run(f"print(procore.login_flow.paste({address!r}))").text.strip() == "None"
        assert page.run(ME).text.strip() == "Dana Reyes"


def test_a_callback_url_with_the_wrong_path_on_the_servers_own_port_is_told(
    place: Place, provider: DemoProcore
) -> None:
    with Page(new_browser(), place.outside, token=place.server.token) as page:
        wrong = f"http://localhost:{place.server.port}/procore-jupyter/callback"
        provider.add_redirect_uri(wrong)
        cell = page.run(
            f"%load_ext procore_jupyter\n%procore_connect {text_for(provider, CallbackURL=wrong)}"
        )
        told = page.run("print(procore.login_flow)").text
        assert f"CallbackURL={place.server.callback_url}" in told
        assert not re.search("procore-jupyter/start", cell.html)
