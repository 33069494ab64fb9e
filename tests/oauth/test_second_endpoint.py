"""While the login host can't be reached, the API host is asked for tokens: once, of the profile's own hosts, and it is told."""

from __future__ import annotations

import dataclasses
import socket
from pathlib import Path

import pytest

from procore_jupyter import ProcoreWarning, connect
from procore_jupyter.connection.parts import Parts
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.secret import Secret
from procore_jupyter.settings.resolve import resolve
from tests.oauth.asking import GOOD, SECRET, SPENT, refused, says
from tests.oauth.provider import code_of, endpoints_of
from tests.oauth.scripted import http, scripted


@pytest.fixture
def nowhere() -> str:
    """Return a URL of this machine at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://localhost:{listener.getsockname()[1]}"


def client_of(first: str, second: str, said: list[str]) -> OAuthClient:
    endpoints = dataclasses.replace(endpoints_of(first), second_token=f"{second}/oauth/token")
    return OAuthClient(endpoints, "app", SECRET, timeout=2.0, notify=said.append)


def test_each_way_to_a_token_goes_to_the_second_host(demo: DemoProcore, nowhere: str) -> None:
    said: list[str] = []
    client = client_of(nowhere, demo.url, said)
    client.client_id, client._client_secret = demo.client_id, Secret(demo.client_secret)
    token = client.exchange(code_of(demo), redirect_uri="http://localhost", code_verifier=None)
    assert token.refresh_token is not None
    assert client.refresh(token.refresh_token).refresh_token not in (None, token.refresh_token)
    assert client.client_credentials().access_token
    assert {*said} == {"localhost can't be reached from here: 127.0.0.1 gave the sign-in in its place."}
    error = refused(client.refresh, SPENT)
    assert error.error == "invalid_grant"


@pytest.mark.parametrize(
    "answer",
    [http("404 Not Found", b"<html>no such page</html>"), b"", http("302 Found", Location="/x")],
)
def test_a_second_host_that_answers_no_better_is_not_spoken_of(answer: bytes, nowhere: str) -> None:
    said: list[str] = []
    with scripted(answer) as (url, requests):
        error = refused(client_of(nowhere, url, said).refresh, SPENT)
    assert len(requests) == 1 and said == []
    assert error.error == "unreachable"
    says(error, "^localhost:.* can't be reached")
    assert error.sent == (answer == b"")


def test_what_the_second_host_fails_at_is_told_of_that_host(nowhere: str) -> None:
    with scripted(http("503 Service Unavailable", b"")) as (url, _):
        error = refused(client_of(nowhere, url, []).refresh, SPENT)
    says(error, r"^127\.0\.0\.1 isn't working")
    assert error.sent


@pytest.mark.parametrize("answer", [b"", None, http("500 Internal Server Error", b"")])
def test_a_request_that_may_have_arrived_is_sent_to_nobody_else(answer: bytes | None) -> None:
    with scripted(http("200 OK", GOOD)) as (second, requests), scripted(answer) as (first, _):
        assert refused(client_of(first, second, []).refresh, SPENT).sent
    assert requests == []


@pytest.mark.parametrize(
    ("more", "second"),
    [
        ("", "https://api.procore.com/oauth/token"),
        (";Environment=Sandbox", "https://sandbox.procore.com/oauth/token"),
        (";APIURL=https://api.example.com", ""),
        (";LoginURL=https://login.example.com", ""),
        (";LoginURL=https://a.example.com;APIURL=https://b.example.com", ""),
    ],
)
def test_only_the_profile_s_own_hosts_are_asked(more: str, second: str) -> None:
    settings = resolve(f"Profile=Procore;OAuthClientId=app;OAuthClientSecret=secret{more}")
    assert Parts(settings).client.endpoints.second_token == second


def test_the_card_says_which_host_gave_the_sign_in(demo: DemoProcore, nowhere: str, tmp_path: Path) -> None:
    profile = tmp_path / "own.toml"
    profile.write_text(
        f'extends = "Procore"\n[environments.Production]\ntitle = "own"\nlogin = "{nowhere}"\napi = "{demo.url}"\n'
    )
    procore = connect(
        f"Profile={profile};AuthScheme=OAUTH_CLIENT;OAuthClientId={demo.client_id};"
        f"OAuthClientSecret={demo.client_secret};OAuthSettingsLocation={tmp_path / 'tokens.json'};CompanyId=1234"
    )
    with pytest.warns(ProcoreWarning, match="gave the sign-in in its place"):
        assert procore.get("/rest/v1.0/companies").status_code == 200
    card = repr(procore.status())
    assert "localhost can't be reached from here: 127.0.0.1 gave the sign-in in its place." in card
