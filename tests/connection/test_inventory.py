"""`procore-jupyter status` without a connection, and `forget`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from procore_jupyter import cli
from procore_jupyter.connection import saved
from procore_jupyter.connection.saved import SavedConnection
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.oauth.file_store import FileStore
from procore_jupyter.oauth.stores import open_store
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import SecretKey, TokenKey
from procore_jupyter.secret import Secret
from tests.connecting import connect, signed_in, text_for

HUSH = Secret("hush-of-nobody-77")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(arguments)
    seen = capsys.readouterr()
    return code, seen.out, seen.err


def tokens() -> FileStore:
    store = open_store()
    assert isinstance(store, FileStore)
    return store


def secrets(demo: DemoProcore) -> list[str]:
    """Return everything that no output may hold: the app's secret, the Client ID, and the tokens of all accounts."""
    kept = [tokens().load(key) for key in tokens().sign_ins()]
    pairs = [(one.token.access_token, one.token.refresh_token) for one in kept if one is not None]
    return [demo.client_secret, demo.client_id, *(each.reveal() for pair in pairs for each in pair if each)]


def test_nothing_is_there_yet(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "status")
    assert (code, err) == (1, "") and out.startswith("Nobody is signed in, and no connection is saved.")


def test_every_saved_connection_and_sign_in_is_listed_with_who_where_and_how_long(
    demo: DemoProcore, capsys: pytest.CaptureFixture[str]
) -> None:
    signed_in(demo)
    connect(text_for(demo), person=False, save="site")
    connect(text_for(demo), account="lee", show=lambda flow: None).close()
    saved.keep(SavedConnection("later", {"Environment": "Sandbox", "OAuthClientId": "an-app-of-mine"}))
    saved.keep_secret(
        None,
        SecretKey("OAuthClientSecret", "login-sandbox.procore.com for sandbox.procore.com", "an-app-of-mine"),
        HUSH,
    )
    stranger = TokenKey("login.procore.com", "an-old-app", "mine", api_host="api.procore.com")
    tokens().save(stranger, Token(Secret("access-77"), None, time.time() + 5399, 5400, 1e9))
    code, out, err = run(capsys, "status")
    assert code == 0
    host, app = demo.url.partition("://")[2], demo.client_id[:6]
    lines = out.splitlines()
    assert lines[0] == "Saved connections"
    assert re.fullmatch(
        rf"  site +Procore · {re.escape(host)}, app {app}… +Dana Reyes, renews automatically", lines[1]
    )
    assert re.fullmatch(r"  later +Procore · sandbox, app an-app… +not signed in", lines[2])
    assert lines[3:5] == ["", "Sign-ins without a saved connection"]
    assert re.fullmatch(r"  account mine +login\.procore\.com, app an-old… +expires in 89 min", lines[5])
    assert len(lines) == 6
    for one in [*secrets(demo), "hush-of-nobody", "access-77", "an-app-of-mine", "an-old-app"]:
        assert one not in out + err


def test_an_app_of_the_environment_is_asked_who_is_signed_in(
    demo: DemoProcore, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    demo.write_address()
    connect("Profile=Demo", show=lambda flow: None).close()
    signed_in_by_demo(demo)
    code, out, _ = run(capsys, "status")
    assert code == 0
    assert re.search(
        r"^  account default +Procore \S* ?· .* +Dana Reyes, renews automatically$", out, re.MULTILINE
    ), out
    assert run(capsys, "status", "--account", "other")[0] == 1


def signed_in_by_demo(demo: DemoProcore) -> None:
    """Sign in as `Profile=Demo` does."""
    from tests.connecting import OOB, sign_in

    flows = []  # type: ignore[var-annotated]
    connect(f"Profile=Demo;CallbackURL={OOB}", show=flows.append)
    sign_in(flows[0])
    flows[0].wait(20)


def test_a_sign_in_that_ended_or_can_not_be_asked_about_is_one_line_and_fails(
    demo: DemoProcore, capsys: pytest.CaptureFixture[str]
) -> None:
    signed_in(demo)
    connect(text_for(demo), person=False, save="site")
    demo.oauth.revoke_all()
    code, out, err = run(capsys, "status")
    assert (code, err) == (1, "") and len(out.splitlines()) == 2 and "Dana" not in out
    assert "%procore_connect" not in out
    demo.stop()
    code, out, err = run(capsys, "status")
    assert (code, err) == (1, "") and len(out.splitlines()) == 2 and "Traceback" not in out


def test_what_can_not_be_read_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    folder = saved.path().parent
    folder.mkdir(parents=True, mode=0o700)
    for name in ("connections.json", "tokens.json"):
        (folder / name).write_text('{"version": 7}')
        (folder / name).chmod(0o600)
    code, out, _ = run(capsys, "status")
    assert code == 1 and out.count("newer version") == 2


def test_forget_deletes_a_connection_its_secret_and_the_sign_in_that_it_alone_had(
    demo: DemoProcore, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    procore = signed_in(demo)
    connect(text_for(demo), person=False, save="Site A")
    hidden = secrets(demo)
    code, out, err = run(capsys, "forget", "site a")
    assert (code, out, err) == (
        0,
        "Forgot the connection Site A. Its Client Secret is deleted. You are signed out of it.\n",
        "",
    )
    assert saved.names() == [] and tokens().sign_ins() == [] and tokens().secret_keys() == []
    assert procore.status().state == "not signed in", "it was not ended at Procore"
    written = b"".join(one.read_bytes() for one in home.rglob("*") if one.is_file())
    assert [one for one in hidden if one != demo.client_id and one.encode() in written] == []
    code, out, err = run(capsys, "forget", "Site A")
    assert code == 1 and out == "" and "There is no saved connection" in err


def test_forget_leaves_what_another_saved_connection_needs(
    demo: DemoProcore, capsys: pytest.CaptureFixture[str]
) -> None:
    signed_in(demo)
    connect(text_for(demo), person=False, save="one")
    connect(text_for(demo, CompanyId="1234"), person=False, save="two")
    assert run(capsys, "forget", "one") == (0, "Forgot the connection one.\n", "")
    assert saved.names() == ["two"] and connect("two", person=False).me()["name"] == "Dana Reyes"


def test_forget_works_where_procore_can_not_be_reached_and_of_what_can_not_be_used(
    demo: DemoProcore, capsys: pytest.CaptureFixture[str]
) -> None:
    signed_in(demo)
    connect(text_for(demo), person=False, save="site")
    demo.stop()
    code, out, _ = run(capsys, "forget", "site")
    assert code == 0 and "deleted here, but Procore could not be told to end it" in out
    assert saved.names() == [] and tokens().sign_ins() == [] and tokens().secret_keys() == []
    saved.keep(SavedConnection("odd", {"Environment": "Production", "CompanyId": "many"}))
    code, out, _ = run(capsys, "forget", "odd")
    assert code == 0 and saved.names() == [] and "couldn't be read" in out


def test_forget_repeats_nothing_that_is_no_saved_name(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "forget", "OAuthClientSecret=hush-77120")
    assert code == 1 and "hush-77120" not in out + err


def test_where_the_output_has_few_letters_the_list_is_printed_all_the_same() -> None:
    saved.keep(SavedConnection("später", {"Environment": "Sandbox", "OAuthClientId": "an-app"}))
    done = subprocess.run(
        [sys.executable, "-m", "procore_jupyter.cli", "status"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "") and "sp?ter   Procore ? sandbox" in done.stdout
