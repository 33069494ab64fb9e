"""What a real kernel lets out at log level DEBUG, and where a secret may not be found after it was typed."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.settings.properties import PROPERTIES
from tests.kernels import Kernel, new_id
from tests.notebook.drawn_panels import link
from tests.notebook.test_secrets import files_with, history, search
from tests.people import new_browser, sign_in_at
from tests.servers import JupyterServerProcess

SECRET_PROPERTIES = [one.name for one in PROPERTIES if one.secret]
LISTEN = """
import logging
logging.basicConfig(level=logging.DEBUG, force=True)
for name in ("", "urllib3", "oauthlib", "requests", "requests_oauthlib", "tornado", "ipykernel", "asyncio", "filelock", "keyring", "traitlets", "procore_jupyter"):
    logging.getLogger(name).setLevel(logging.DEBUG)
"""


@dataclass
class Place:
    """A Jupyter server at level DEBUG, a kernel of its own at level DEBUG, a provider; and what must not be let out."""

    server: JupyterServerProcess
    demo: DemoProcore
    home: Path
    log: Path
    kernels: list[Kernel] = field(default_factory=list)

    def kernel(self) -> Kernel:
        env = {
            **self.server.environment(),
            "JPY_PARENT_PID": str(self.server.process.pid),
            "HOME": str(self.home),
        }
        self.kernels.append(Kernel(env, log=self.log))
        return self.kernels[-1]

    def secrets(self) -> dict[str, str]:
        """Return all that the provider was ever sent or gave out that nobody else may see, and what it was."""
        found: dict[str, str] = {}
        for one in self.demo.requests:
            bearer = one.headers.get("authorization", "").removeprefix("Bearer ")
            fields = {**one.form, "bearer": bearer}
            for name in ("code", "code_verifier", "client_secret", "refresh_token", "token", "bearer"):
                if len(fields.get(name, "")) > 7:
                    found[fields[name]] = name
        return found


@pytest.fixture
def place(tmp_path: Path, home: Path, demo: DemoProcore) -> Iterator[Place]:
    with JupyterServerProcess(tmp_path / "jupyter") as server:
        demo.add_redirect_uri(server.callback_url)
        made = Place(server, demo, home, tmp_path / "kernel.log")
        yield made
        for kernel in made.kernels:
            kernel.close()


def test_a_whole_sign_in_with_its_failures_is_in_no_log_at_debug_no_output_and_no_file(place: Place) -> None:
    demo = place.demo
    kernel = place.kernel()
    kernel.run(LISTEN)
    assert kernel.run("%load_ext procore_jupyter").status == "ok"
    line = (
        f"%procore_connect LoginURL={demo.url};APIURL={demo.url};CallbackURL={place.server.callback_url};"
        f"OAuthClientId={demo.client_id};OAuthClientSecret={demo.client_secret};MaxWait=0;"
    )
    assert kernel.run(line).status == "ok"
    states = [*parse_qs(urlsplit(link(kernel)).query)["state"]]
    # Somebody else's answer, typed into the field and sent to the callback.
    other = f"{place.server.callback_url}?code={new_id()}&state={new_id()}"
    typed = parse_qs(urlsplit(other).query)
    kernel.send_state(kernel.widget(_view_name="TextView"), value=other)
    kernel.until(lambda: "another sign-in" in kernel.said)
    with new_browser() as browser:
        assert browser.get(other, timeout=20).status_code == 400
        back = sign_in_at(link(kernel))
        assert browser.get(back, timeout=20).status_code == 200
    assert kernel.run("print(procore.me()['name'])").status == "ok"
    # A renewal that fails in every way, then works; errors drawn with all that they hold.
    demo.clock = lambda: time.time() + 6000
    echo = {"error": "invalid_request", "error_description": f"you sent {demo.client_secret}"}
    for status in (500, 400, 302):
        demo.answer_next("/oauth/token", status=status, body=echo, headers={"Location": other}, times=20)
        kernel.run("%xmode Verbose")
        assert kernel.run("procore.me()").status == "error"
        for look in ("%tb", "import sys, traceback; traceback.print_exception(sys.last_value)"):
            kernel.run(look)
        kernel.run("try: procore.me()\nexcept Exception as e: raise ValueError('mine') from e")
        kernel.run("%tb")
        demo._stage.faults.clear()
    assert kernel.run("print(procore.me()['name'])").status == "ok"
    kernel.run("r = procore.get('/no/such'); r, r.request.headers, vars(r.request), r.raw, vars(r.raw)")
    kernel.run("import pickle; pickle.loads(pickle.dumps(r)).request.headers")
    kernel.run(
        "procore, vars(procore), dir(procore), procore.settings, vars(procore.settings), procore.login_flow"
    )
    kernel.run("%who\n%whos\n%history\nprocore?\nprocore.get?")
    kernel.run("procore.get('/rest/v1.0/me', verify=False)")
    second = place.kernel()
    assert second.run("%load_ext procore_jupyter").status == "ok"
    assert second.run(line).status == "ok"
    assert second.run("print(procore.me()['name'])").status == "ok"
    printed = kernel.run("print(procore.status().kept_at)").text
    stored = printed.split()[-1]  # behind what the log says of the request
    kept = json.loads(Path(stored).read_text())["tokens"]
    assert len(kept) == 1
    assert second.run("%procore_logout").status == "ok"
    assert "signed out" in kernel.run("procore.me()").error

    secrets = place.secrets()
    assert {*secrets.values()} >= {"code", "code_verifier", "client_secret", "refresh_token", "bearer"}
    for one in (kept[0]["token"]["access_token"], kept[0]["token"]["refresh_token"]):
        secrets[one] = "stored"
    secrets |= dict.fromkeys([*states, *typed["code"], *typed["state"]], "state")
    for one in place.kernels:
        said = re.sub(r"https?://[^\s\"'<>\\]*/oauth/authorize[^\s\"'<>\\]*", "", one.said)
        for secret, what in secrets.items():
            at = said.find(secret)
            assert at < 0, (what, said[max(0, at - 1500) : at - 1000])
        one.close()
    place.server.stop()
    logs = place.log.read_text(errors="replace") + place.server.log()
    assert "execute_request" in logs and "urllib3" in logs and "comm_msg" in logs  # it did log, all of it
    assert "X-Procore-Ticket" not in logs
    for secret, what in secrets.items():
        assert secret not in logs, what
        assert files_with(place.home, secret) == [], what
        assert files_with(place.server.folder, secret) == [], what


def test_every_secret_property_is_cut_out_in_the_cell_that_loads_the_extension_and_in_all_others(
    home: Path, tmp_path: Path
) -> None:
    log = tmp_path / "kernel.log"
    secrets = {name: new_id() for name in SECRET_PROPERTIES}
    assert len(secrets) >= 5
    first, second = Kernel(), Kernel(log=log)
    try:
        text = "".join(f"{name}={value};" for name, value in secrets.items())
        assert first.run(f"%load_ext procore_jupyter\n%procore_connect {text}Nonsense=1").status == "error"
        second.run("%load_ext procore_jupyter")
        later = {name: new_id() for name in SECRET_PROPERTIES}
        for name, value in later.items():
            for cell in (
                f"%procore_connect Profile=Demo;{name}={value};Nonsense=1",
                f"%procore_connect Profile=Demo;{name}={value}",  # it may parse, and fail later
                f"%%procore_connect\nProfile=Demo\n{name}='{value}'\nNonsense=1",
                f"import procore_jupyter; procore_jupyter.connect('{name}={value};Nonsense=1')",
                f"%procore_connect {name}={value}; {value}",
                f"%procore_connect {name}='{value}",
                f"%procore_connect {name.upper()} = {value}\n1/0",
                f"%procore_connect --account x {name}={value};Nonsense=1",
                f"def broken(:\n    x = '{name}={value};'",
                f"%procore_check {name}={value};Nonsense=1 --tables rfis",
            ):
                ran = second.run(cell)
                assert ran.status == "error", cell
                assert value not in ran.saved, name
        everything = {**secrets, **{f"{name} later": value for name, value in later.items()}}
        for kernel in (first, second):
            for name, value in everything.items():
                assert value not in kernel.said, name
                assert kernel.run(search(value)).text == "", name
            kernel.run("%history -g -n zq*")
            kernel.run("%history")
        for name, value in everything.items():
            assert value not in first.said + second.said, name
            assert files_with(home, value) == [], name  # the journal too, while it is open
    finally:
        first.close()
        second.close()
    written = str(history(home))
    logged = log.read_text(errors="replace")
    assert "OAuthClientSecret=***" in written and "OAuthClientSecret=***" in logged
    for name, value in everything.items():
        assert value not in written and value not in logged, name
        assert files_with(home, value) == [], name


def test_the_debuggers_copy_of_a_cell_is_cut_too(home: Path) -> None:
    secrets = [new_id(), new_id()]
    kernel = Kernel()
    try:
        for number, secret in enumerate(secrets):
            load = "" if number else "%load_ext procore_jupyter\n"
            # As the debugger does on "dumpCell", before the cell is run.
            cell = f"{load}%procore_connect OAuthClientSecret={secret};Nonsense=1"
            dumped = kernel.run(
                "import os\nfrom ipykernel.compiler import get_file_name\n"
                f"cell = {cell[:-20]!r} + {cell[-20:]!r}\nname = get_file_name(cell)\n"
                "os.makedirs(os.path.dirname(name), exist_ok=True)\n"
                "open(name, 'w', encoding='utf-8').write(cell)\ndel cell\nprint(name)"
            ).text.split()[-1]
            assert secret in Path(dumped).read_text()
            assert kernel.run(cell).status == "error"
            assert Path(dumped).read_text().endswith("OAuthClientSecret=***;Nonsense=***")
    finally:
        kernel.close()


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo terminal")
def test_the_up_arrow_of_a_terminal_does_not_bring_a_secret_back(home: Path, tmp_path: Path) -> None:
    pexpect = pytest.importorskip("pexpect")  # comes with IPython where there are pseudo terminals

    secret = new_id()
    env = {**os.environ, "TERM": "dumb", "IPYTHONDIR": str(home / ".ipython"), "PROMPT_TOOLKIT_NO_CPR": "1"}
    child = pexpect.spawn(
        sys.executable,
        ["-m", "IPython", "--no-banner", "--no-confirm-exit", "--colors=NoColor"],
        env=env,
        cwd=str(tmp_path),
        encoding="utf-8",
        timeout=60,
    )
    try:
        child.expect("In \\[1\\]")
        child.send("%load_ext procore_jupyter\r")
        child.expect("In \\[2\\]")
        child.send(f"%procore_connect OAuthClientSecret={secret};Nonsense=1\r")
        child.expect("ConnectionStringError")
        child.expect("In \\[3\\]")
        child.send("print('lines', [*get_ipython().pt_app.history._loaded_strings], 'end' + 'ed')\r")
        child.expect("ended")
        said = child.before or ""
        assert "OAuthClientSecret=***" in said
        assert secret not in said
        child.send("exit\r")
        child.expect(pexpect.EOF)
    finally:
        child.close(force=True)
    assert files_with(home, secret) == []


def test_a_secret_typed_into_the_form_is_in_no_log_at_debug_and_in_no_message_back(
    home: Path, tmp_path: Path, demo: DemoProcore
) -> None:
    log = tmp_path / "kernel.log"
    kernel = Kernel(log=log)
    secret = new_id()
    try:
        kernel.run(LISTEN)
        kernel.run("%load_ext procore_jupyter")
        hosts = f"LoginURL={demo.url};APIURL={demo.url};OAuthClientId={demo.client_id}"
        assert kernel.run(f"%procore_connect {hosts};CallbackURL=urn:ietf:wg:oauth:2.0:oob").status == "ok"
        field = kernel.widget(_view_name="PasswordView")
        kernel.send_state(field, value=secret)
        kernel.until(
            lambda: kernel.widgets[field].get("value") == ""
        )  # emptied at once, in the front end too
        # What a front end asks while somebody types, which is logged too.
        for kind, rest in (
            ("complete_request", {"cursor_pos": 60}),
            ("inspect_request", {"cursor_pos": 60, "detail_level": 0}),
            ("is_complete_request", {}),
        ):
            kernel._session.send(
                kernel._shell, kind, {"code": f"%procore_connect OAuthClientSecret={secret};", **rest}
            )
        kernel.run("1")
        assert kernel.run(search(secret)).text.replace("Secret", "") == ""
        assert secret not in kernel.said
    finally:
        kernel.close()
    logged = log.read_text(errors="replace")
    assert "comm_msg" in logged and "complete_request" in logged
    assert secret not in logged
    assert files_with(home, secret) == []
