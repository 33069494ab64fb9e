"""The command line, run as a program with a terminal and without."""

from __future__ import annotations

import dataclasses
import io
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

import procore_jupyter
from procore_jupyter import cli
from procore_jupyter.connection import terminal
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.files import private
from procore_jupyter.oauth.file_store import FileStore
from procore_jupyter.oauth.token_store import TokenKey
from tests.connecting import connect, free_callback, signed_in, text_for, until
from tests.people import sign_in_at

if os.name == "posix":
    import pty
    import termios

LINK = re.compile(r"http://127\.0\.0\.1:\d+/oauth/authorize\S+")


COMMAND = "import sys; from procore_jupyter.cli import main; sys.exit(main())"
SCRIPT = "import sys, procore_jupyter; print('I am', procore_jupyter.connect(sys.argv[1]).me()['name'])"


class Terminal:
    """A program, by default the command, in a terminal of its own."""

    def __init__(self, *arguments: str, program: str = COMMAND) -> None:
        self.master, slave = pty.openpty()
        self.slave = slave
        self.seen = ""
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                program,
                *arguments,
            ],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )

    def read_until(self, pattern: str, seconds: float = 30.0) -> re.Match[str]:
        """Read what is drawn until it matches."""
        end = time.monotonic() + seconds
        while (found := re.search(pattern, self.seen)) is None:
            assert time.monotonic() < end, f"not drawn: {pattern}; but {self.seen}"
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += os.read(self.master, 65536).decode()
        return found

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def ends(self) -> int:
        code = self.process.wait(30)
        while select.select([self.master], [], [], 0)[0]:
            self.seen += os.read(self.master, 65536).decode()
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(30)
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    if os.name != "posix":
        pytest.skip("Windows has no pseudo-terminals of this kind")
    made: list[Terminal] = []
    yield made
    for one in made:
        one.close()


def test_login_in_a_terminal_takes_what_is_pasted_and_echoes_none_of_it(
    demo: DemoProcore, terminals: list[Terminal]
) -> None:
    terminals.append(Terminal("login", text_for(demo)))
    (one,) = terminals
    link = one.read_until(LINK.pattern + r"(?=\s)")[0]
    one.read_until("Paste the address")
    until(lambda: not one.echoes())
    code = sign_in_at(link)
    one.type("this is no address\n")
    one.read_until(r"Enter: \s+\w[^\n]*\n")  # what is wrong with it
    one.type("a-code-that-was-mistyped-0001\n")
    one.read_until("didn't accept what you pasted")
    half = len(code) // 2
    one.type(code[:half] + "\n" + code[half:] + "\n\n")  # as a mail program breaks it
    assert one.ends() == 0
    assert "Dana Reyes" in one.seen
    assert code not in one.seen and code.partition("code=")[2] not in one.seen
    assert one.echoes()
    assert connect(text_for(demo), person=False).me()["name"] == "Dana Reyes"


def test_login_in_a_terminal_ends_when_the_browser_comes_back(
    demo: DemoProcore, terminals: list[Terminal]
) -> None:
    terminals.append(Terminal("login", text_for(demo, CallbackURL=free_callback(demo))))
    (one,) = terminals
    link = one.read_until(LINK.pattern + r"(?=\s)")[0]
    requests.get(sign_in_at(link), timeout=20)
    assert one.ends() == 0
    assert "Dana Reyes" in one.seen and one.echoes()


def test_a_script_in_a_terminal_asks_for_what_can_only_be_pasted(
    demo: DemoProcore, terminals: list[Terminal]
) -> None:
    terminals.append(Terminal(text_for(demo), program=SCRIPT))
    (one,) = terminals
    link = one.read_until(LINK.pattern + r"(?=\s)")[0]
    one.read_until("Paste the address")
    until(lambda: not one.echoes())
    one.type(sign_in_at(link) + "\n")
    assert one.ends() == 0
    assert "I am Dana Reyes" in one.seen and one.echoes()


def test_a_script_in_a_terminal_goes_on_when_the_browser_comes_back(
    demo: DemoProcore, terminals: list[Terminal]
) -> None:
    terminals.append(Terminal(text_for(demo, CallbackURL=free_callback(demo)), program=SCRIPT))
    (one,) = terminals
    requests.get(sign_in_at(one.read_until(LINK.pattern + r"(?=\s)")[0]), timeout=20)
    assert one.ends() == 0
    assert "I am Dana Reyes" in one.seen


def test_an_interrupt_leaves_the_terminal_as_it_was(demo: DemoProcore, terminals: list[Terminal]) -> None:
    terminals.append(Terminal("login", text_for(demo)))
    (one,) = terminals
    one.read_until("Paste the address")
    until(lambda: not one.echoes())
    one.process.send_signal(signal.SIGINT)
    assert one.ends() == 130
    assert "procore-jupyter: stopped." in one.seen and "Traceback" not in one.seen
    assert one.echoes()


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the terminal away."""
    monkeypatch.setattr(terminal, "is_there", lambda: False)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(arguments)
    seen = capsys.readouterr()
    return code, seen.out, seen.err


@pytest.mark.usefixtures("alone")
def test_login_without_a_terminal_prints_the_link_and_waits_for_the_browser(
    demo: DemoProcore, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        found = LINK.search(line)
        if found:
            browser = threading.Thread(target=lambda: requests.get(sign_in_at(found[0]), timeout=20))
            browser.start()

    monkeypatch.setattr(terminal, "say", say)
    code, out, _ = run(capsys, "login", text_for(demo, CallbackURL=free_callback(demo)))
    assert code == 0 and "Dana Reyes" in out
    code, out, err = run(capsys, "login", text_for(demo))
    assert code == 0 and "Dana Reyes" in out and "--anew" in err
    assert len([line for line in said if LINK.search(line)]) == 1


@pytest.mark.usefixtures("alone")
def test_a_login_that_nobody_finishes_fails_in_one_line(
    demo: DemoProcore, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "login", "--timeout", "1", text_for(demo))
    assert code == 1 and out == ""
    assert "nobody finished the sign-in" in err.splitlines()[-1] and "Traceback" not in err
    assert "Run  procore-jupyter login  again for a new link." in err and "%procore_connect" not in err


@pytest.mark.usefixtures("alone")
def test_login_with_the_string_of_a_job_asks_the_person_all_the_same(
    demo: DemoProcore, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "login", "--timeout", "1", text_for(demo, InitiateOAuth="REFRESH"))
    assert code == 1 and LINK.search(err)


@pytest.mark.usefixtures("alone")
def test_a_token_that_was_only_given_is_not_told_to_be_over(
    demo: DemoProcore, capsys: pytest.CaptureFixture[str]
) -> None:
    access = signed_in(demo, OAuthSettingsLocation="memory://elsewhere")._access
    assert access is not None
    token = access.current().access_token.reveal()
    text = text_for(demo, InitiateOAuth="OFF", OAuthAccessToken=token)
    code, out, _ = run(capsys, "logout", text)
    assert code == 0 and "Signed out" not in out and "works until it expires" in out
    assert run(capsys, "status", text)[0] == 0


@pytest.mark.usefixtures("alone")
def test_status_and_logout(demo: DemoProcore, capsys: pytest.CaptureFixture[str]) -> None:
    text = text_for(demo)
    code, out, err = run(capsys, "status", text)
    assert code == 1 and out == "" and "Nobody is here to sign in" in err and len(err.splitlines()) == 1
    code, out, _ = run(capsys, "logout", text)
    assert code == 0 and "Nobody was signed in" in out
    signed_in(demo)
    code, out, err = run(capsys, "status", text)
    assert (code, err) == (0, "")
    assert "Dana Reyes" in out and "requests left" in out
    assert re.search(r"  Stored in: +/\S+/tokens.json\n", out) and re.search(r"  Expires: +in ", out)
    code, out, err = run(capsys, "status", "--account", "other", text)
    assert code == 1 and "account other" in err
    code, out, err = run(capsys, "logout", text)
    assert (code, err) == (
        0,
        "",
    ) and out == f"Signed out of Procore · {demo.url.removeprefix('http://')} (account default).\n"
    assert run(capsys, "status", text)[0] == 1


@pytest.mark.usefixtures("alone")
def test_the_connection_string_can_come_from_standard_input_and_the_environment(
    demo: DemoProcore, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(demo)
    monkeypatch.setattr(sys, "stdin", io.StringIO(text_for(demo).replace(";", "\n") + "\n# a comment\n"))
    assert run(capsys, "status", "-")[0] == 0
    monkeypatch.setenv("PROCORE_CLIENT_ID", demo.client_id)
    monkeypatch.setenv("PROCORE_CLIENT_SECRET", demo.client_secret)
    hosts = f"LoginURL={demo.url};APIURL={demo.url}"
    assert run(capsys, "status", f"{hosts};OAuthClientSecret=${{PROCORE_CLIENT_SECRET}}")[0] == 0
    code, _, err = run(
        capsys, "status", hosts
    )  # not Procore's own, so a secret goes there only if it is given
    assert code == 1 and "OAuthClientSecret=${PROCORE_CLIENT_SECRET}" in err


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["status", "OAuthClientld=x"], 1, "OAuthClientId"),
        (["login", ""], 1, "PROCORE_CLIENT_ID"),
        (["forget"], 2, "NAME"),
        (["login", "--via", "pigeon"], 2, "invalid choice"),
        (["login", "--timeout", "soon"], 2, "seconds from 1 to 3600"),
        (["login", "--timeout", "0"], 2, "seconds from 1 to 3600"),
        (["dance"], 2, "invalid choice"),
    ],
)
def test_a_mistake_is_told_without_a_traceback(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, out, err = run(capsys, *arguments)
    assert found == code and out == "" and said in err and "Traceback" not in err


@pytest.mark.usefixtures("alone")
def test_a_secret_is_not_repeated_in_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = run(capsys, "status", "OAuthClientSecret=hush-77120;Nonsense=1")
    assert "hush-77120" not in out + err and "property" in err


def test_without_arguments_the_help_is_shown_and_the_version_when_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = run(capsys)
    assert (code, err) == (0, "") and out == run(capsys, "--help")[1]
    for name in ("login", "status", "logout", "forget", "callback-url", "check", "demo"):
        assert re.search(rf"^    {name}\b", out, re.MULTILINE), name
    assert run(capsys, "--version") == (0, f"procore-jupyter {procore_jupyter.__version__}\n", "")


def test_help_warns_of_secrets_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["login", "--help"], ["status", "-h"]):
        code, out, _ = run(capsys, *arguments)
        words = " ".join(out.split())
        assert code == 0 and "process list" in words and "PROCORE_CLIENT_SECRET" in words
    assert "demo" in run(capsys, "-h")[1] and "Not affiliated" in run(capsys, "-h")[1]


def test_callback_url_prints_nothing_but_the_address_on_standard_output(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    code, out, err = run(capsys, "callback-url")
    assert (code, out) == (
        0,
        "http://localhost:8888/procore-jupyter/callback\n",
    ) and "no Jupyter server" in err
    code, out, err = run(capsys, "callback-url", "CallbackURL=http://localhost:9999/x")
    assert (code, out, err) == (0, "http://localhost:9999/x\n", "")
    for number, base in ((8889, "/"), (8890, "/base/")):
        path = tmp_path / f"jpserver-{number}.json"
        path.write_text(
            f'{{"pid": {os.getpid()}, "port": {number}, "token": "t", "base_url": "{base}", "hostname": "localhost", "secure": false, "sock": ""}}'
        )
        path.chmod(0o600)
        code, out, err = run(capsys, "callback-url")
        assert (code, out) == (0, "http://localhost:8889/procore-jupyter/callback\n")
    assert "http://localhost:8890/base/procore-jupyter/callback" in err
    monkeypatch.setenv("JPY_PARENT_PID", "8890")
    assert run(capsys, "callback-url")[1] == "http://localhost:8890/base/procore-jupyter/callback\n"


def test_callback_url_on_a_hub_is_one_for_all_users(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "x")
    monkeypatch.setenv("JUPYTERHUB_SERVICE_URL", "http://127.0.0.1:1/user/dana/")
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/dana/")
    _, out, err = run(capsys, "callback-url")
    assert out == "https://YOUR-HUB/hub/user-redirect/procore-jupyter/callback\n" and "YOUR-HUB" in err
    monkeypatch.setenv("JUPYTERHUB_PUBLIC_HUB_URL", "https://hub.test/hub/")
    assert run(capsys, "callback-url")[1] == "https://hub.test/hub/user-redirect/procore-jupyter/callback\n"


def test_demo_gets_its_own_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    from procore_jupyter.demo import launch

    given: list[object] = []

    def run_demo(arguments: list[str]) -> int:
        given.append(arguments)
        return 7

    monkeypatch.setattr(launch, "run_demo", run_demo)
    assert cli.main(["demo", "--no-browser", "--port", "9"]) == 7
    assert given == [["--no-browser", "--port", "9"]]


@pytest.mark.usefixtures("alone")
def test_a_provider_that_can_not_be_reached_is_one_line(
    demo: DemoProcore, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.parameters = dataclasses.replace(demo.parameters, token_lifetime=1)
    signed_in(demo)
    text = text_for(demo)
    time.sleep(1.1)
    demo.stop()
    code, _, err = run(capsys, "status", text)
    assert code == 1 and len(err.splitlines()) == 1 and "Traceback" not in err


def test_the_command_line_starts_without_jupyter(capsys: pytest.CaptureFixture[str]) -> None:
    script = "import sys; from procore_jupyter.cli import main; main(['callback-url']); print(*sorted({'IPython','ipywidgets','jupyter_server','pandas','tornado','keyring'} & set(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == ""


def test_a_saved_name_is_enough_and_the_paths_show_what_is_where_and_no_secret(
    demo: DemoProcore, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    assert cli.main(["status", "--paths"]) == 0
    assert "connections.json  (not there)" in capsys.readouterr().out
    procore = signed_in(demo)
    connect(text_for(demo), person=False, save="site", account="default")
    demo.write_address()
    token = procore._access.current() if procore._access is not None else None
    assert token is not None and token.refresh_token is not None
    assert cli.main(["status", "site"]) == 0
    assert "Dana Reyes" in capsys.readouterr().out
    assert cli.main(["status", "--paths"]) == 0
    out = capsys.readouterr().out
    host, app = demo.url.partition("://")[2], demo.client_id[:6]
    assert f"    site: Production, app {app}…, account default" in out
    assert f"    sign-in: {host}, API {host}, app {app}…, account default" in out
    assert f"    secret: OAuthClientSecret of {app}… at {host} for {host}" in out
    for name in ("tokens.json", "tokens.json.lock", "connections.json", "connections.json.lock", "demo.json"):
        assert re.search(rf"  {home}/\S*/{re.escape(name)}  [\d,]+ bytes  -rw-------  20\d\d-", out), name
    secrets = [demo.client_secret, demo.client_id, token.access_token.reveal(), token.refresh_token.reveal()]
    for secret in secrets:
        assert secret not in out
    assert cli.main(["status", "sitting"]) == 1
    said = capsys.readouterr()
    assert said.out == "" and "No connection is saved under that name" in said.err


KILLED = """
import os, signal, sys
from pathlib import Path
from procore_jupyter.oauth.file_store import FileStore
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import SecretKey, TokenKey
from procore_jupyter.secret import Secret
os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
token = Token(Secret("access-of-a-killed"), Secret("refresh-of-a-killed"), 2e9, 5400, 1e9)
FileStore(Path(sys.argv[1])).save(TokenKey("login.procore.com", "app"), token)
"""


@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL elsewhere")
@pytest.mark.parametrize("place", ["", "elsewhere/mine.json", "odd [a]*/tokens?.json"])
def test_a_copy_that_a_killed_kernel_left_is_shown_and_goes_with_the_next_change(
    place: str, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    file = home / place if place else private.data_folder() / "tokens.json"
    for _ in range(3):  # killed again and again
        ran = subprocess.run([sys.executable, "-c", KILLED, str(file)], check=False, timeout=60)
        assert ran.returncode == -signal.SIGKILL

    def copies() -> list[Path]:
        return [one for one in home.rglob("*") if one.is_file() and b"-of-a-killed" in one.read_bytes()]

    left = copies()
    assert left
    arguments = [f'OAuthSettingsLocation="{file}"'] if place else []
    assert cli.main(["status", "--paths", *arguments]) == 0
    out = capsys.readouterr().out
    assert all(f"  {one}  " in out for one in left) and "-of-a-killed" not in out
    FileStore(file).delete(TokenKey("login.procore.com", "app"))  # a sign-out of what isn't even there
    assert copies() == []


def test_the_paths_show_every_file_of_ours(
    demo: DemoProcore, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    procore = signed_in(demo)
    connect(text_for(demo), person=False, save="site")
    procore.get("/rest/v1.0/me")
    demo.write_address()
    folder = private.data_folder()
    (folder / "runtime" / "pace-0.lock").touch()
    assert cli.main(["status", "--paths"]) == 0
    out = capsys.readouterr().out
    files = [one for one in folder.rglob("*") if one.is_file()]
    assert len(files) > 5
    for one in files:
        assert out.count(f"  {one}  ") == 1, one.name


@pytest.mark.usefixtures("alone")
def test_without_a_home_the_paths_say_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_, **__: "~/.local/share/procore-jupyter")
    assert cli.main(["status", "--paths"]) == 0
    assert "HOME isn't set" in capsys.readouterr().out
    assert cli.main(["status", "--paths", "OAuthSettingsLocation=memory://here"]) == 0
    assert "memory" in capsys.readouterr().out


def test_the_paths_of_a_damaged_or_open_file_say_so_and_change_nothing(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    folder = home / ".local/share/procore-jupyter"
    folder.mkdir(parents=True, mode=0o700)
    for name in ("connections.json", "tokens.json"):
        (folder / name).write_text('{"version": 7}')
        (folder / name).chmod(0o644)
    assert cli.main(["status", "--paths"]) == 0
    out = capsys.readouterr().out
    assert out.count("Others can read or write") == 2 and "-rw-r--r--" in out
    for name in ("connections.json", "tokens.json"):
        (folder / name).chmod(0o600)
    assert cli.main(["status", "--paths"]) == 0
    assert capsys.readouterr().out.count("newer version") == 2
    assert (folder / "tokens.json").read_text() == '{"version": 7}'


def test_the_paths_name_a_keyrings_entries(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import keyring

    from procore_jupyter.connection import saved
    from procore_jupyter.profiles import load
    from procore_jupyter.secret import Secret
    from tests.oauth.stores import SmallKeyring

    monkeypatch.setattr(keyring.core, "_keyring_backend", SmallKeyring())
    properties = {"OAuthSettingsLocation": "keyring://", "OAuthClientId": "an-app-of-mine"}
    saved.keep(saved.SavedConnection("ring", properties, "dana"))
    key = saved.client_secret_key(load("Procore")[0].environments["Production"], "an-app-of-mine")
    saved.keep_secret("keyring://", key, Secret("hidden"))
    assert cli.main(["status", "--paths"]) == 0
    out = capsys.readouterr().out
    assert "    dana | an-app… | login.procore.com | api.procore.com: no sign-in, client secret" in out
    assert "hidden" not in out and "an-app-of-mine" not in out
