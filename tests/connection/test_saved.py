"""Saved connections: the file, what is and isn't in it, and what a name means."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from procore_jupyter.connection import saved
from procore_jupyter.connection.lookup import settings_for
from procore_jupyter.connection.saved import SavedConnection
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import ConfigurationError, LoginRequired, ProcoreWarning, TokenStoreError
from procore_jupyter.files.locks import process_lock
from procore_jupyter.login.flow import LoginFlow
from procore_jupyter.oauth.stores import MemoryStore, open_store
from procore_jupyter.oauth.token_store import SecretKey
from procore_jupyter.profiles import load
from procore_jupyter.secret import Secret
from tests.connecting import connect, free_callback, sign_in, text_for

HIDDEN = "hidden-zq81-secret"
PRODUCTION = load("Procore")[0].environments["Production"]


def keep(name: str = "default", account: str = "default", **properties: str) -> None:
    saved.keep(SavedConnection(name, properties, account))


def everything(home: Path) -> str:
    return "".join(one.read_text() for one in home.rglob("connections.json*") if one.is_file())


@pytest.fixture
def flows() -> list[LoginFlow]:
    return []


# The file


def test_what_is_kept_is_found_by_its_name_in_any_case_and_a_second_takes_its_place() -> None:
    assert saved.find("site") is None and saved.names() == []
    keep("site", Environment="Sandbox")
    keep("other", "dana", CompanyId="7")
    found = saved.find("SITE")
    assert found == SavedConnection("site", {"Environment": "Sandbox"}, "default")
    keep("Site", CompanyId="2")
    assert saved.find("site") == SavedConnection("site", {"CompanyId": "2"}, "default")
    assert saved.find("other") == SavedConnection("other", {"CompanyId": "7"}, "dana")
    assert saved.names() == ["site", "other"]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_the_file_is_private_and_one_that_others_can_read_is_not_used() -> None:
    keep(Environment="Sandbox")
    assert stat.S_IMODE(saved.path().stat().st_mode) == 0o600
    saved.path().chmod(0o644)
    with pytest.raises(TokenStoreError, match="Others can read or write"):
        saved.find("default")
    assert saved.names() == []


@pytest.mark.skipif(os.name != "posix", reason="owners are POSIX's")
def test_a_file_of_another_users_is_told_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    keep(Environment="Sandbox")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(TokenStoreError) as caught:
        saved.find("default")
    assert str(caught.value) == f"{saved.path()} belongs to another user, so it is not used. Move it away."
    with pytest.raises(TokenStoreError, match="another user") as caught:
        keep(Environment="Production")
    assert "OAuthSettingsLocation" not in str(caught.value)  # it would move the tokens, and not this file


def test_a_busy_file_is_told_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("procore_jupyter.files.document.PATIENCE", 0.05)
    lock = saved.path().with_name("connections.json.lock")
    with process_lock(lock, 1), pytest.raises(TokenStoreError) as caught:
        keep(Environment="Sandbox")
    assert str(caught.value) == (
        "Another notebook has been busy with the saved connections for 0.05 s. Try again; "
        f"if it goes on, restart the kernel that hangs (the lock is {lock})."
    )


def test_fields_of_another_version_are_carried_along() -> None:
    keep("site", CompanyId="1")
    document = json.loads(saved.path().read_text())
    document["since"] = "tomorrow"
    document["connections"][0]["colour"] = "green"
    document["connections"][0]["properties"]["Sparkle"] = "true"
    saved.path().write_text(json.dumps(document))
    assert saved.find("site") == SavedConnection("site", {"CompanyId": "1"})
    keep("site", CompanyId="2")
    after = json.loads(saved.path().read_text())
    assert (after["since"], after["connections"][0]["colour"]) == ("tomorrow", "green")


def test_a_file_of_a_newer_format_is_left_alone() -> None:
    keep("site")
    text = json.dumps({"version": 2, "connections": "elsewhere"})
    saved.path().write_text(text)
    with pytest.raises(TokenStoreError, match="newer version"):
        saved.find("site")
    with pytest.raises(TokenStoreError, match="newer version"):
        keep("site")
    assert saved.path().read_text() == text


@pytest.mark.parametrize(
    ("content", "left"),
    [
        ("{half of a f", []),
        ("[]", []),
        ('{"version": true, "connections": []}', []),
        ('{"version": 1, "connections": {}}', []),
        (
            '{"version": 1, "connections": [{"name": 1}, {"name": "site", "properties": {}}, {"name": "x", "properties": {"a": 1}}]}',
            ["site"],
        ),
    ],
)
def test_a_damaged_file_is_put_aside_and_what_is_whole_of_it_stays(content: str, left: list[str]) -> None:
    keep("old")
    saved.path().write_text(content)
    with pytest.warns(ProcoreWarning, match="damaged. The file is kept as "):
        assert (saved.find("site") is not None) == bool(left)
    assert saved.names() == left
    (aside,) = saved.path().parent.glob("connections.json.damaged-*")
    assert aside.read_text() == content
    keep("new")
    assert saved.names() == [*left, "new"]


def test_changes_of_many_processes_all_arrive() -> None:
    program = (
        "import sys\nfrom procore_jupyter.connection import saved\n"
        "for n in range(5): saved.keep(saved.SavedConnection(f'{sys.argv[1]}-{n}', {'CompanyId': '1'}))"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, f"p{one}"]) for one in range(4)]
    assert [one.wait(60) for one in running] == [0] * 4
    assert sorted(saved.names()) == sorted(f"p{one}-{n}" for one in range(4) for n in range(5))


def test_a_disk_that_is_full_is_told_and_what_was_saved_still_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    keep("site", CompanyId="1")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", full)
        with pytest.raises(TokenStoreError, match=r"can't be saved in .*No space left"):
            keep("site", CompanyId="2")
    assert saved.find("site") == SavedConnection("site", {"CompanyId": "1"})


def test_a_value_that_is_not_allowed_is_told_and_the_others_go_on() -> None:
    keep("bad", Timeout=HIDDEN)
    keep("good", Timeout="7")
    with pytest.raises(ConfigurationError, match="A saved connection in .*Timeout") as caught:
        saved.find("bad")
    assert HIDDEN not in str(caught.value)
    assert saved.find("good") is not None


# Names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("site", "site"),
        (" site ; ", "site"),
        ('"Site A"', "Site A"),
        ("'Site A';", "Site A"),
        ("Site A", "Site A"),
        ("", None),
        (";", None),
        ("Profile=Demo", None),
        ("site;CompanyId", None),
        ("Profile", None),
        ("o auth client id", None),
        ("# a comment", None),
    ],
)
def test_what_can_only_be_a_name_is_one(text: str, name: str | None) -> None:
    assert saved.name_in(text) == name


@pytest.mark.parametrize("name", ["", " ", "a=b", "a;b", "-x", "Profile", "x" * 41, "a\nb", "'a'", "*"])
def test_a_name_that_could_not_be_used_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(ConfigurationError, match="A saved connection's name can have") as caught:
        saved.check_name(name)
    assert len(name) < 2 or name == "Profile" or name not in str(caught.value)


def test_an_unknown_name_is_one_line_with_the_nearest_and_the_list() -> None:
    with pytest.raises(ConfigurationError, match="nor any other"):
        settings_for("site")
    keep("default")
    keep("sandbox")
    with pytest.raises(ConfigurationError) as caught:
        settings_for("sandbx")
    assert str(caught.value) == (
        'No connection is saved under "sandbx". Did you mean sandbox? Saved: default, sandbox.'
    )
    for secret in (HIDDEN, "c9d8a7e6f5b4c3d2e1f0", "correct horse battery"):
        with pytest.raises(ConfigurationError) as caught:
            settings_for(secret)
        assert secret not in str(caught.value) and "Saved: default, sandbox." in str(caught.value)
        assert "\n" not in str(caught.value)


# What counts


def test_a_name_means_all_that_was_saved_and_nothing_at_all_means_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keep("site", "dana", Environment="Sandbox", CompanyId="7")
    site = settings_for("site")
    assert (site.environment.name, site.company_id, site.account) == ("Sandbox", 7, "dana")
    assert settings_for("site", account="lee").account == "lee"
    assert settings_for("").environment.name == "Production"
    keep("default", Environment="Federal")
    assert settings_for("").environment.name == settings_for(" \n").environment.name == "Federal"
    assert settings_for("CompanyId=3").environment.name == "Production"


def test_a_saved_app_goes_with_its_own_secret_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keep("site", OAuthClientId="mine")
    saved.keep_secret(None, saved.client_secret_key(PRODUCTION, "mine"), Secret(HIDDEN))
    for other in ("theirs", "mine", ""):
        monkeypatch.setenv("PROCORE_CLIENT_ID", other)
        monkeypatch.setenv("PROCORE_CLIENT_SECRET", "of-the-environment")
        site = settings_for("site")
        assert (site.client_id, site.client_secret) == ("mine", Secret(HIDDEN)), other
    # Without a secret of its own: the environment's, where it is of the same app.
    keep("bare", OAuthClientId="app-2")
    monkeypatch.setenv("PROCORE_CLIENT_ID", "theirs")
    assert settings_for("bare").client_secret is None
    monkeypatch.setenv("PROCORE_CLIENT_ID", "app-2")
    assert settings_for("bare").client_secret == Secret("of-the-environment")


def test_a_secret_is_not_found_for_another_host_or_another_app() -> None:
    saved.keep_secret(None, saved.client_secret_key(PRODUCTION, "mine"), Secret(HIDDEN))
    assert settings_for("OAuthClientId=mine").client_secret == Secret(HIDDEN)
    assert settings_for("OAuthClientId=other").client_secret is None
    assert settings_for("OAuthClientId=mine;Environment=Sandbox").client_secret is None
    assert settings_for("OAuthClientId=mine;LoginURL=https://login.evil.test").client_secret is None
    assert settings_for("OAuthClientId=mine;APIURL=https://api.evil.test").client_secret is None
    assert settings_for("OAuthClientId=mine;OAuthClientSecret=given").client_secret == Secret("given")


def test_a_string_that_names_no_app_borrows_that_of_default_on_the_same_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keep("default", OAuthClientId="mine", CompanyId="9")
    saved.keep_secret(None, saved.client_secret_key(PRODUCTION, "mine"), Secret(HIDDEN))
    here = settings_for("Timeout=7")
    assert (here.client_id, here.client_secret, here.company_id) == ("mine", Secret(HIDDEN), None)
    assert settings_for("Environment=Sandbox").client_id is None
    assert settings_for("APIURL=https://api.evil.test").client_id is None
    monkeypatch.setenv("PROCORE_CLIENT_ID", "theirs")
    monkeypatch.setenv("PROCORE_CLIENT_SECRET", "of-the-environment")
    elsewhere = settings_for("Timeout=7")
    assert (elsewhere.client_id, elsewhere.client_secret) == ("theirs", Secret("of-the-environment"))


# Saving


def test_only_what_has_worked_is_saved_and_its_secrets_elsewhere(
    demo: DemoProcore, flows: list[LoginFlow], home: Path
) -> None:
    text = text_for(demo, CompanyId="1234")
    procore = connect(text, show=flows.append, save="site")
    assert saved.names() == []
    sign_in(flows[0])
    flows[0].wait(20)
    found = saved.find("site")
    assert found is not None
    assert found.properties["OAuthClientId"] == demo.client_id and found.properties["CompanyId"] == "1234"
    assert demo.client_secret not in everything(home)
    assert any("Saved as `site`" in line for line in procore.status().notices)
    again = connect("site", person=False)
    assert again.me()["name"] and again.company_id == 1234 and again.settings == procore.settings
    assert demo.client_secret not in repr(again.settings)


def test_what_did_not_work_is_not_saved(demo: DemoProcore, flows: list[LoginFlow], home: Path) -> None:
    text = text_for(demo, CallbackURL=free_callback(demo))
    connect(text, show=flows.append, save="site")
    sign_in(flows[0], allow=False)
    with pytest.raises(LoginRequired):
        flows[0].wait(20)
    assert saved.names() == []
    with pytest.raises(LoginRequired):
        connect(text, person=False, save="site")
    assert saved.names() == [] and not list(home.rglob("tokens.json"))


def test_a_live_session_is_saved_at_once_and_a_pending_one_when_it_is_signed_in(
    demo: DemoProcore, flows: list[LoginFlow]
) -> None:
    text = text_for(demo)
    first = connect(text, show=flows.append)
    second = connect(text, show=flows.append, existing=first, save="late")
    assert second is first and saved.names() == []
    sign_in(flows[0])
    flows[0].wait(20)
    assert saved.names() == ["late"]
    connect(text, existing=first, save="again", show=flows.append)
    assert saved.names() == ["late", "again"]


def test_seeds_and_tokens_are_never_saved(demo: DemoProcore) -> None:
    properties = dict.fromkeys([*saved.UNSAVED, *saved.SECRETS], HIDDEN)
    kept = saved.savable({**properties, "CompanyId": "1", "ProxyUser": "dana"})
    assert kept == {"CompanyId": "1", "ProxyUser": "dana"}
    with pytest.raises(ConfigurationError, match="--save has nothing to save"):
        connect(
            f"AuthScheme=OAUTH;InitiateOAuth=OFF;OAuthAccessToken={HIDDEN};LoginURL={demo.url};APIURL={demo.url}",
            save="off",
        )
    assert saved.names() == []


def test_a_secret_that_somebody_wrote_into_the_file_is_not_taken_from_there() -> None:
    keep("site", CompanyId="1")
    document = json.loads(saved.path().read_text())
    document["connections"][0]["properties"]["OAuthRefreshToken"] = HIDDEN
    saved.path().write_text(json.dumps(document))
    assert settings_for("site").refresh_token is None


def test_a_proxys_password_goes_where_the_secrets_go_and_comes_back(
    demo: DemoProcore, flows: list[LoginFlow], home: Path
) -> None:
    text = text_for(demo, AuthScheme="NONE", ProxyServer="proxy.test", ProxyPort="8080", ProxyUser="dana")
    connect(f"{text};ProxyPassword={HIDDEN}", save="proxied")
    assert HIDDEN not in everything(home)
    again = settings_for("proxied")
    assert any(HIDDEN in url for url in again.proxies.values())
    assert open_store(None).load_secret(
        SecretKey("ProxyPassword", "http://proxy.test:8080", "dana")
    ) == Secret(HIDDEN)


def test_relative_paths_are_saved_as_they_were_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    kept = saved.savable({"OAuthSettingsLocation": "mine.json", "Profile": "site.toml", "Environment": "X"})
    assert kept == {
        "OAuthSettingsLocation": str(tmp_path / "mine.json"),
        "Profile": str(tmp_path / "site.toml"),
        "Environment": "X",
    }
    for value in ("memory://x", "keyring://"):
        assert saved.savable({"OAuthSettingsLocation": value})["OAuthSettingsLocation"] == value
    assert saved.savable({"Profile": "Demo"}) == {"Profile": "Demo"}


def test_secrets_of_a_connection_stay_when_somebody_signs_out(
    demo: DemoProcore, flows: list[LoginFlow]
) -> None:
    procore = connect(text_for(demo), show=flows.append, save="site")
    sign_in(flows[0])
    flows[0].wait(20)
    procore.logout()
    assert settings_for("site").has_client


def test_a_secret_in_memory_alone_is_said(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    text = text_for(demo, OAuthSettingsLocation="memory://saved-test")
    procore = connect(text, show=flows.append, save="site")
    sign_in(flows[0])
    flows[0].wait(20)
    assert any("in this kernel only" in line for line in procore.status().notices)
    assert MemoryStore("saved-test").load_secret(
        saved.client_secret_key(procore.environment, demo.client_id)
    ) == Secret(demo.client_secret)


def test_a_connection_that_can_not_be_saved_is_connected_all_the_same(
    demo: DemoProcore, flows: list[LoginFlow]
) -> None:
    keep("old")
    saved.path().write_text('{"version": 9, "connections": []}')
    procore = connect(text_for(demo), show=flows.append, save="site")
    sign_in(flows[0])
    flows[0].wait(20)
    assert procore.me()["name"]
    assert any(line.startswith("Not saved: ") for line in procore.status().notices)
