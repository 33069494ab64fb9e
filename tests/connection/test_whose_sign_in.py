"""A sign-in and a secret go to the hosts that they belong to, whatever a connection string says."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

from procore_jupyter.connection import saved
from procore_jupyter.connection.lookup import settings_for
from procore_jupyter.connection.saved import SavedConnection
from procore_jupyter.errors import ConfigurationError, ProcoreError
from procore_jupyter.files import private
from procore_jupyter.profiles import load
from procore_jupyter.secret import Secret
from procore_jupyter.settings.resolve import resolve
from tests.connecting import connect
from tests.hostile.counting import share, tried
from tests.session.conftest import Answer, Arrived, Server

SEED = int(os.environ.get("PROCORE_SEED", "20260701"))
APP, OTHER_APP = "app-of-the-person", "another-app"
OF_ENVIRONMENT, KEPT, GIVEN = "secret-of-the-environment", "secret-that-is-kept", "secret-in-the-string"
EXPLICIT = "${PROCORE_CLIENT_SECRET}"
MINTED = itertools.count()


def provider() -> Server:
    """Return a login host and API in one; the tokens that it gives name the secret that they were had for."""

    def answer(request: Arrived) -> Answer:
        if not request.path.startswith("/oauth/token"):
            return Answer(body=b'{"id": 1, "name": "Pat"}')
        sent = request.body.decode()
        of = next((one for one in (OF_ENVIRONMENT, KEPT, GIVEN) if one in sent), "nothing")
        token = {"access_token": f"access-{next(MINTED)}-{of}", "token_type": "bearer", "expires_in": 5400}
        if "grant_type=client_credentials" not in sent:
            token["refresh_token"] = f"refresh-{next(MINTED)}-{of}"
        return Answer(body=json.dumps(token).encode())

    return Server(answer)


class Hosts:
    """The hosts of the person's profile, where they are signed in, and a stranger's."""

    def __init__(self, folder: Path) -> None:
        self.login, self.api, self.strange = provider(), provider(), provider()
        self.profile = folder / "mine.toml"
        self.profile.write_text(
            f'[environments.Production]\nlogin = "{self.login.url}"\napi = "{self.api.url}"\n'
        )

    def got_by_the_stranger(self) -> str:
        return "\n".join(f"{r.path} {dict(r.headers)} {r.body.decode()}" for r in self.strange.arrived)

    def stop(self) -> None:
        for server in (self.login, self.api, self.strange):
            server.stop()


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    made = Hosts(tmp_path)
    yield made
    made.stop()


def text_of(properties: Mapping[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in properties.items() if value)


def test_no_string_takes_what_is_stored_or_inherited_to_another_host(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every way to name hosts, with every way to have a secret: the stranger gets only what the string itself gives him."""
    profile = str(hosts.profile)
    # What the person has: a stored sign-in, a kept secret, and one in the environment.
    mine = {"Profile": profile, "OAuthClientId": APP, "CallbackURL": "http://localhost"}
    first = connect(
        text_of({**mine, "OAuthClientSecret": KEPT, "InitiateOAuth": "REFRESH", "OAuthRefreshToken": "seed"}),
        person=False,
        save="default",
    )
    first.get("/rest/v1.0/me")
    stored = hosts.api.arrived[-1].headers["authorization"].removeprefix("Bearer ")
    file = private.data_folder() / "tokens.json"
    before = file.read_bytes()
    urls = ["", hosts.login.url, hosts.api.url, hosts.strange.url]
    cases = [
        *itertools.product(
            urls,
            urls,
            ("OAUTH", "OAUTH_CLIENT"),
            ("REFRESH", "GETANDREFRESH"),
            ("", APP, OTHER_APP),
            ("", GIVEN, EXPLICIT),
            ("", APP),
        )
    ]
    chance = random.Random(SEED)
    for login, api, scheme, initiate, app, secret, of_environment in chance.sample(
        cases, min(len(cases), share(2_000))
    ):
        monkeypatch.setenv("PROCORE_CLIENT_ID", of_environment)
        monkeypatch.setenv("PROCORE_CLIENT_SECRET", OF_ENVIRONMENT)
        hosts.strange.arrived.clear()
        file.write_bytes(before)  # what the string of another case gave away isn't this one's fault
        text = text_of(
            {
                "Profile": profile,
                "LoginURL": login,
                "APIURL": api,
                "AuthScheme": scheme,
                "InitiateOAuth": initiate,
                "OAuthClientId": app,
                "OAuthClientSecret": secret,
            }
        )
        with contextlib.suppress(ProcoreError, requests.RequestException):
            connect(text, person=False).get("/rest/v1.0/me")
        got = hosts.got_by_the_stranger()
        assert KEPT not in got and stored not in got, f"{SEED}: {text}"
        assert secret == EXPLICIT or OF_ENVIRONMENT not in got, f"{SEED}: {text}"
        tried("connection strings that name hosts")


def test_what_is_stored_is_used_again_for_its_own_hosts_however_they_are_written(hosts: Hosts) -> None:
    mine = {"Profile": str(hosts.profile), "OAuthClientId": APP, "OAuthClientSecret": KEPT}
    seeded = text_of({**mine, "InitiateOAuth": "REFRESH", "OAuthRefreshToken": "seed"})
    connect(seeded, person=False, save="site")
    for more in ({}, {"APIURL": hosts.api.url}, {"LoginURL": hosts.login.url, "APIURL": hosts.api.url + "/"}):
        text = text_of({**mine, "OAuthClientSecret": "", "InitiateOAuth": "REFRESH", **more})
        assert connect(text, person=False).get("/rest/v1.0/me").status_code == 200
    assert sum(request.path.startswith("/oauth/token") for request in hosts.login.arrived) == 1


def test_the_same_app_can_be_signed_in_at_two_apis_of_one_login_host(hosts: Hosts) -> None:
    """Which token is whose is not decided by who signed in last."""
    text = text_of(
        {
            "Profile": str(hosts.profile),
            "OAuthClientId": APP,
            "OAuthClientSecret": GIVEN,
            "InitiateOAuth": "REFRESH",
        }
    )
    one = connect(f"{text};OAuthRefreshToken=seed-1", person=False)
    two = connect(f"{text};OAuthRefreshToken=seed-2;APIURL={hosts.strange.url}", person=False)
    for session in (one, two, one):
        session.get("/rest/v1.0/me")
    again = connect(text, person=False)
    again.get("/rest/v1.0/me")
    sent = [request.headers["authorization"] for request in hosts.api.arrived]
    assert len(set(sent)) == 1 and len(sent) == 3
    assert hosts.strange.arrived[-1].headers["authorization"] not in sent


@pytest.mark.parametrize(
    ("hosts_given", "card"),
    [
        ("", "Procore · production"),
        ("APIURL=https://api.procore.com", "Procore · production"),
        ("APIURL=https://api.evil.test", "Procore · sign-in at login.procore.com, API at api.evil.test"),
        ("LoginURL=https://evil.test:8443", "Procore · sign-in at evil.test:8443, API at api.procore.com"),
        ("LoginURL=https://evil.test;APIURL=https://evil.test", "Procore · evil.test"),
        (
            "Environment=Sandbox;APIURL=https://api.procore.com",
            "Procore · sign-in at login-sandbox.procore.com, API at api.procore.com",
        ),
    ],
)
def test_the_card_names_hosts_that_are_not_the_profiles(hosts_given: str, card: str) -> None:
    assert resolve(hosts_given).place == card


def test_a_profile_file_can_not_call_its_own_hosts_production(tmp_path: Path) -> None:
    file = tmp_path / "procore.toml"
    file.write_text(
        'extends = "Procore"\ntitle = "Procore"\n[environments.Production]\napi = "https://api.evil.test"\n'
    )
    assert "api.evil.test" in resolve(f"Profile={file}").place
    assert resolve(f"Profile={file};Environment=Sandbox").place == "Procore · sandbox"


@pytest.mark.parametrize("given", ["LoginURL=https://evil.test", "APIURL=https://evil.test"])
def test_a_secret_that_is_kept_back_is_told_with_the_way_to_give_it(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"PROCORE_CLIENT_ID": APP, "PROCORE_CLIENT_SECRET": OF_ENVIRONMENT}
    settings = resolve(given, environ=environ)
    assert settings.client_secret is None
    with pytest.raises(ConfigurationError, match=r"OAuthClientSecret=\$\{PROCORE_CLIENT_SECRET\}") as refused:
        settings.require_client()
    assert "evil.test" in str(refused.value) and OF_ENVIRONMENT not in str(refused.value)
    trusted = resolve(f"{given};OAuthClientSecret={EXPLICIT}", environ=environ)
    assert trusted.require_client() == (APP, Secret(OF_ENVIRONMENT))


def test_a_saved_connection_keeps_its_secret_for_its_own_hosts() -> None:
    ours = load("Procore")[0].environments["Production"]
    saved.keep(
        SavedConnection("theirs", {"OAuthClientId": APP, "APIURL": "https://api.evil.test"}, "default")
    )
    saved.keep_secret(None, saved.client_secret_key(ours, APP), Secret(KEPT))
    assert settings_for("theirs").client_secret is None
    theirs = settings_for("theirs").environment
    saved.keep_secret(None, saved.client_secret_key(theirs, APP), Secret(GIVEN))
    assert settings_for("theirs").client_secret == Secret(GIVEN)
    assert settings_for(f"OAuthClientId={APP}").client_secret == Secret(KEPT)
