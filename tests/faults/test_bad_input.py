"""Bad input, as a person types it into a cell or a terminal: every row of the lists gives one line that says what to do."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from procore_jupyter import cli
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import ConnectionStringError
from tests.faults.table import assert_helps
from tests.kernels import Cell, Kernel
from tests.notebook.drawn_panels import link
from tests.oauth.provider import code_of
from tests.people import new_browser, sign_in_at
from tests.servers import free_port

OOB = "urn:ietf:wg:oauth:2.0:oob"


@dataclass
class Place:
    """A notebook's kernel, and a provider that knows one redirect URI of it."""

    kernel: Kernel
    demo: DemoProcore
    callback: str
    folder: Path

    def fill_in(self, text: str) -> str:
        demo = self.demo
        names = {
            "HOSTS": f"LoginURL={demo.url};APIURL={demo.url}",
            "ID": f"OAuthClientId={demo.client_id}",
            "SECRET": f"OAuthClientSecret={demo.client_secret}",
            "CODE": f"OAuthVerifier={code_of(demo, self.callback).reveal()}",
            "CALLBACK": f"CallbackURL={self.callback}",
            "CLOSED": f"http://127.0.0.1:{free_port()}",
            "FILE": str(self.folder / "tokens.json"),
        }
        for name, value in names.items():
            text = text.replace(f"<{name}>", value)
        return text

    def connect(self, text: str, options: str = "") -> Cell:
        text = self.fill_in(text)
        if text.startswith("in Python: "):  # where a person is, the form asks for what is missing
            return self.kernel.run(
                "from procore_jupyter.connection import assemble, lookup\n"
                f"settings = lookup.settings_for({text.removeprefix('in Python: ')!r})\n"
                "assemble.open_connection(settings, assemble.How(person=False))"
            )
        return self.kernel.run(f"%procore_connect {options} {text}")

    def sign_in(self, cell: Cell) -> None:
        assert cell.status == "ok", cell.error
        back = sign_in_at(link(self.kernel))
        with new_browser() as browser:
            assert browser.get(back, timeout=20).status_code == 200


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("kept")
    folder.chmod(0o700)
    demo = DemoProcore()
    demo.start()
    callback = f"http://localhost:{free_port()}/callback"
    demo.add_redirect_uri(callback)
    # The module's environment may hold more than a test's own: a kernel of its own gets none of it.
    cleared = {
        name: "" for name in os.environ if name.startswith("PROCORE_") or name.lower().endswith("_proxy")
    }
    kernel = Kernel(
        {
            **cleared,
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "IPYTHONDIR": str(home / "ipython"),
        }
    )
    try:
        assert kernel.run("%load_ext procore_jupyter").status == "ok"
        yield Place(kernel, demo, callback, folder)
    finally:
        kernel.close()
        demo.stop()


def said(cell: Cell, kind: str) -> str:
    """Return the one line that a cell ended with."""
    assert cell.status == "error", cell.saved
    assert cell.error.startswith(f"{kind}: "), cell.error
    line = cell.error.removeprefix(f"{kind}: ")
    assert "Traceback" not in cell.error
    return assert_helps(ConnectionStringError(line) if kind == "ConnectionStringError" else ValueError(line))


#: row of the list -> what is typed, the kind of error, and what its line says
ROWS: dict[str, tuple[str, str, str]] = {
    "unknown property": ("OAuthClientld=x", "ConnectionStringError", "did you mean OAuthClientId?"),
    "unknown property, near to nothing": ("Colour=red", "ConnectionStringError", "no such property"),
    "value not allowed": ("InitiateOAuth=GETANDREFRES", "ConnectionStringError", "did you mean GETANDREFRESH?"),
    "value not allowed, a number": ("Timeout=soon", "ConnectionStringError", "Timeout"),
    "no name": ("OAuthClientId=a;=b", "ConnectionStringError", "There is no name"),
    "no equals sign": ("OAuthClientId=a;b", "ConnectionStringError", 'There is no "name="'),
    "an open quote": ("OAuthClientId='a", "ConnectionStringError", "Close it with"),
    "a name that nothing is saved under": ("my_company", "ConfigurationError", "--save NAME"),
    "missing id": ("in Python: <HOSTS>;<SECRET>;<CALLBACK>", "ConfigurationError", "PROCORE_CLIENT_ID"),
    "missing secret": ("in Python: <HOSTS>;<ID>;<CALLBACK>", "ConfigurationError", "PROCORE_CLIENT_SECRET"),
    "CallbackURL is a placeholder": ("<HOSTS>;<ID>;<SECRET>;CallbackURL=your_callback_url", "ConfigurationError", "CallbackURL"),
    "CallbackURL of another kind": ("<HOSTS>;<ID>;<SECRET>;CallbackURL=ftp://localhost/x", "ConfigurationError", "CallbackURL"),
    "provider refuses the client": ("<HOSTS>;<ID>;OAuthClientSecret=another-1;<CALLBACK>;<CODE>;InitiateOAuth=REFRESH", "TokenRequestError", "the Client Secret doesn't match"),
    "provider refuses the code": ("<HOSTS>;<ID>;<SECRET>;<CALLBACK>;OAuthVerifier=made-up-code;InitiateOAuth=REFRESH", "TokenRequestError", "refused the code"),
    "provider refuses the redirect": ("<HOSTS>;<ID>;<SECRET>;CallbackURL=urn:ietf:wg:oauth:2.0:oob;<CODE>;InitiateOAuth=REFRESH", "TokenRequestError", "Redirect URI (CallbackURL) isn't the one"),
    "provider unreachable": ("LoginURL=<CLOSED>;APIURL=<CLOSED>;<ID>;<SECRET>;OAuthRefreshToken=r-1;InitiateOAuth=REFRESH", "TokenRequestError", "can't be reached"),
    "provider unreachable by name": ("LoginURL=https://login.procore.invalid;<ID>;<SECRET>;OAuthRefreshToken=r-1;InitiateOAuth=REFRESH", "TokenRequestError", "Check the network"),
    "a proxy that isn't there": ("LoginURL=https://login.procore.invalid;ProxyServer=<CLOSED>;<ID>;<SECRET>;OAuthRefreshToken=r-1;InitiateOAuth=REFRESH", "TokenRequestError", "ProxyServer"),
    "a refresh token that was used": ("<HOSTS>;<ID>;<SECRET>;OAuthRefreshToken=spent-1;InitiateOAuth=REFRESH", "LoginRequired", "OAuthRefreshToken you gave is no longer accepted"),
    "a store that can't be": ("<HOSTS>;<ID>;<SECRET>;OAuthSettingsLocation=redis://here", "ConnectionStringError", "memory://NAME or keyring://"),
    "certificates that aren't there": ("<HOSTS>;<ID>;<SECRET>;SSLServerCert=/no/such.pem", "ConfigurationError", "SSLServerCert"),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_row(row: str, place: Place) -> None:
    text, kind, phrase = ROWS[row]
    cell = place.connect(text)
    kind = kind or cell.error.split(":")[0]
    assert phrase in said(cell, kind)


CALLS: dict[str, tuple[str, str]] = {
    'procore.table("rfis", due_date="2026-11-01")': ("ParameterError", "rfis can't be filtered by due_date. Its filters: id, status, "),
    'procore.table("rfis", statsu="open")': ("ParameterError", "Did you mean status? Filter the data frame, or pass API parameters in params={…}."),
    'procore.table("rfsi")': ("TableNotFound", "Did you mean rfis?"),
    "procore.table(4711)": ("ParameterError", "must be a text"),
    'procore.table("rfis", project="Harbour Tower").fetch()': ("ParameterError", 'You have no project called Harbour Tower. Did you mean "Harbor Tower"?'),
    'procore.table("rfis", project="Tower").fetch()': ("ParameterError", 'Did you mean "Harbor Tower"?'),
    'procore.table("rfis", project="").fetch()': ("ParameterError", "is empty. Give an id or a name."),
    'procore.table("rfis", project=[]).fetch()': ("ParameterError", '"all active" means all of them.'),
    'procore.table("rfis", project=-1)': ("ParameterError", "must be an id (a whole number above 0), not -1."),
    'procore.table("rfis").fetch()': ("ConfigurationError", "Which project? There are 12"),
    'procore.table("rfis", company="Nobody").fetch()': ("ParameterError", "You have no company called Nobody."),
    'procore.table("rfis", project=4711, status="opne")': ("ParameterError", "did you mean open?"),
    'procore.table("rfis", project=4711, id=pd.DataFrame({"id": [1]}))': ("ParameterError", "choose one of its columns."),
    'procore.table("rfis", project=4711, id=[1, None])': ("ParameterError", "has a missing value"),
    'procore.table("rfis", project=4711, updated_at="2026-11-01")': ("ParameterError", "must be a range, from and to"),
    'procore.table("rfis", project=4711, updated_at=("soon", None))': ("ParameterError", "Write it as"),
    'procore.table("rfis", project=4711, params="status=open")': ("ParameterError", "params needs names and values, such as"),
    'procore.table("rfi_replies", project=4711)': ("ParameterError", 'rfi_id="all"'),
    'procore.table("budget_detail_rows", project=4711).fetch()': ("ParameterError", 'Choose one:  budget_view_id="Standard budget".'),
    'procore.table("budget_detail_rows", project=4711, budget_view_id="Forcast").fetch()': ("ParameterError", "Did you mean Forecast?"),
    "procore.use()": ("ParameterError", "Say which"),
    'procore.use(project="Nowhere")': ("ParameterError", "You have no project called Nowhere. Yours: 4711 Harbor Tower"),
    'procore.tables.describe("rfsi")': ("TableNotFound", "Did you mean rfis?"),
    "procore.tables.search(4)": ("ParameterError", "must be a text, not int."),
    'procore.get_all("rfis")': ("ParameterError", "rfis is a table:  procore.table('rfis')"),
    'procore.get_all("")': ("ParameterError", "such as /rest/v1.0/projects/4711/rfis"),
    'procore.get_all("/rest/v1.0/nothing").fetch()': ("NotFound", "not found, or you don't have access (Procore doesn't say which)."),
    'procore.table("rfis", project=4712).fetch()': ("PermissionDenied", "Access denied (GET /rest/v1.0/projects/4712/rfis): the tool is off in this project, or you don't have permission."),
    "procore.download(None)": ("ParameterError", "this row may have no file."),
    "procore.download(float('nan'))": ("ParameterError", "this row may have no file."),
    'procore.download("/rest/v1.0/me", "/no/such/folder/file")': ("FileNotFoundError", "Make it first, or choose another path."),
    "len(procore.table('rfis', project=4714))": ("NotFetched", "Fetch it first"),
    'rfis["subjct"]': ("KeyError", "Did you mean 'subject'?"),
    "rfis[100_000]": ("IndexError", "rfis has 348 rows, so there is no row 100000."),
    "rfis[1.5]": ("TypeError", "needs a row's number, a slice of rows, or a column's name, not float."),
    'rfis.head("ten")': ("ParameterError", "such as  .head(20)"),
    "rfis.head(-1)": ("ParameterError", "such as  .head(20)"),
    'rfis.to_pandas(tz="New York")': ("ParameterError", "Did you mean 'America/New_York'?"),
    'rfis.to_pandas(flatten="yes")': ("ParameterError", "must be True or False"),
    'rfis.to_pandas(dtype_backend="numpy")': ("ParameterError", 'must be "pyarrow", or left out.'),
    'rfis.to_excel("rfis.xls")': ("ParameterError", "Change the ending."),
    'rfis.to_csv("/no/such/folder/rfis.csv")': ("FileNotFoundError", "Make it first"),
    'rfis.to_parquet("/")': ("IsADirectoryError", "add a file name."),
    'procore_jupyter.to_excel("a.xlsx", rfis)': ("ParameterError", "Give each table with the name of its sheet"),
    'procore_jupyter.to_excel("a.xlsx", {"RFIs/open": rfis})': ("ParameterError", 'Use for instance "RFIs open".'),
    'procore_jupyter.to_excel("a.xlsx", {"RFIs": pd.DataFrame()})': ("ParameterError", "A data frame of pandas has its own  .to_excel(path)"),
    "procore_jupyter.projects": ("AttributeError", "run  %load_ext procore_jupyter  and  %procore_connect"),
    "procore_jupyter.connect(5)": ("ConfigurationError", "Give a connection string, or the name of a saved connection, not int."),
    'procore_jupyter.connect("Profile=Demo", timeout="long")': ("ConfigurationError", "timeout must be a number of seconds"),
    "procore.company_id = 'Skyline'": ("ParameterError", "procore.use(company=…)"),
    'procore.get("/rest/v1.0/me", verify=False)': ("ConfigurationError", "SSLServerCert"),
    "%procore_connect --via mail": ("UsageError", "--via must be one of server, loopback, paste."),
    "%procore_connect --timeout soon": ("UsageError", "--timeout must be a number of seconds"),
    "%procore_connect --tiemout 5": ("UsageError", "Did you mean --timeout?"),
    "%procore_connect --name 2b": ("UsageError", "--name needs a variable's name"),
    "%procore_connect --name pd": ("ConfigurationError", "Choose another name"),
    "%procore_status now": ("UsageError", "accepts only options."),
    "%procore_status --name nobody": ("UsageError", "is not a Procore session in this notebook."),
    "%procore_logout --keep": ("UsageError", "Did you mean --keep-token?"),
    "%procore_tables --nmae x": ("UsageError", "Did you mean --name?"),
    "%procore_check --tables nosuch --yes": ("TableNotFound", "There is no table 'nosuch'."),
    "%procore_check --fliters": ("UsageError", "Did you mean --filters?"),
}  # fmt: skip
"""What is typed into a cell of somebody who is signed in -> the kind of error, and what its line says."""


PYTHONS_OWN = {
    "KeyError",
    "IndexError",
    "TypeError",
    "AttributeError",
    "FileNotFoundError",
    "IsADirectoryError",
    "NotFetched",
}
"""Errors that IPython draws with where they were raised: their line is the last one."""


@pytest.fixture(scope="module")
def signed_in(place: Place) -> Kernel:
    """Give the kernel with a session of a company, and a table that is fetched."""
    cell = place.connect(
        "<HOSTS>;<ID>;<SECRET>;<CALLBACK>;OAuthSettingsLocation=memory://calls;CompanyId=1234"
    )
    place.sign_in(cell)
    ready = "import pandas as pd, procore_jupyter\nrfis = procore.table('rfis', project=4711).fetch()"
    assert place.kernel.run(ready).status == "ok"
    return place.kernel


@pytest.mark.parametrize("typed", CALLS)
def test_call(typed: str, signed_in: Kernel) -> None:
    kind, phrase = CALLS[typed]
    cell = signed_in.run(typed)
    assert cell.status == "error", cell.saved
    drawn = (cell.error or cell.text).strip()  # IPython prints a magic's UsageError, as one line
    *above, last = drawn.splitlines()
    if kind in PYTHONS_OWN:
        assert last.startswith(f"{kind}: ") and phrase in last, drawn
    else:
        assert above == [] and last.startswith(f"{kind}: ") and phrase in last and len(last) < 900, drawn


def test_a_word_that_no_table_has_is_no_error(signed_in: Kernel) -> None:
    cell = signed_in.run("%procore_tables quantum")
    assert cell.status == "ok" and "No table matches 'quantum'." in cell.plain


COMMANDS: dict[str, tuple[int, str]] = {
    "": (0, "usage: procore-jupyter"),
    "nonsense": (2, "invalid choice: 'nonsense'"),
    "login --timeout soon": (2, "--timeout: must be a number of seconds from 1 to 3600"),
    "login --via mail": (2, "choose from"),
    "login Timeout=soon": (1, "Timeout must be a number of seconds"),
    "status nothing": (1, "There is no saved connection of that name"),
    "logout": (1, "The Client ID is missing. Set the environment variable PROCORE_CLIENT_ID"),
    "logout nothing": (1, "There is no saved connection of that name"),
    "forget": (2, "required: NAME"),
    "forget nothing": (1, "There is no saved connection of that name"),
    "check nothing": (1, "There is no saved connection of that name"),
    "check --report": (2, "--report: expected one argument"),
    "check --tables nosuch --yes": (1, "There is no table 'nosuch'."),
    "callback-url nothing": (1, "There is no saved connection of that name"),
    "demo --port x": (2, "--port: must be a port from 0 to 65535, not 'x'"),
    "demo --projects 0": (2, "--projects: must be a whole number from 1 to "),
    "demo --scale much": (2, "--scale: must be a number above 0"),
    "demo --token-lifetime 0": (2, "--token-lifetime: must be a number of seconds above 0"),
    "demo --odd strange": (2, "There is no oddity 'strange'."),
}  # fmt: skip
"""What is typed after ``procore-jupyter`` -> the exit code, and what its last line says."""


@pytest.mark.parametrize("typed", COMMANDS)
def test_command(
    typed: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in [one for one in os.environ if one.startswith("PROCORE_")]:
        monkeypatch.delenv(name)
    code, phrase = COMMANDS[typed]
    found: object
    try:
        found = cli.main(typed.split())
    except SystemExit as ended:  # what argparse does
        found = ended.code
    out, err = capsys.readouterr()
    assert found == code and phrase in (out if code == 0 else err), (found, out, err)
    assert "Traceback" not in out + err and "_port" not in err


FILES: dict[str, tuple[bytes, int, str, str]] = {
    "token file open to others": (b'{"version": 1, "tokens": []}', 0o644, "TokenStoreError", "chmod 600"),
    "token file of a newer version": (b'{"version": 3, "tokens": []}', 0o600, "TokenStoreError", "pip install -U procore-jupyter"),
    "token file someone else's": (b'{"version": 1, "tokens": []}', 0o600, "TokenStoreError", "belongs to another user"),
}  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="modes and owners are POSIX's")
@pytest.mark.parametrize("row", FILES)
def test_token_file(row: str, place: Place) -> None:
    content, mode, kind, phrase = FILES[row]
    file = place.folder / "tokens.json"
    file.unlink(missing_ok=True)
    file.write_bytes(content)
    file.chmod(mode)
    if "else's" in row:
        if os.geteuid() != 0:
            pytest.skip("only root can give a file away; tests/oauth plays it for others")
        os.chown(file, 12345, -1)
    cell = place.connect("<HOSTS>;<ID>;<SECRET>;<CALLBACK>;OAuthSettingsLocation=<FILE>")
    assert phrase in said(cell, kind)
    assert file.read_bytes() == content
    file.unlink()


def test_missing_id_and_secret_are_asked_for(place: Place) -> None:
    """By the form, with the redirect URI to register; the secret in a password field."""
    assert place.connect("<HOSTS>;<CALLBACK>").status == "ok"
    assert place.kernel.widget(_view_name="PasswordView")
    assert place.callback in str([*place.kernel.widgets.values()])


def test_a_service_account_that_the_provider_refuses(place: Place) -> None:
    cell = place.connect("<HOSTS>;OAuthClientId=unknown;<SECRET>;AuthScheme=OAUTH_CLIENT")
    assert "doesn't know this Client ID" in cell.error + cell.plain
    waited = place.kernel.run("procore.me()")
    assert "doesn't know this Client ID" in said(waited, "TokenRequestError")


def test_token_file_corrupt(place: Place) -> None:
    """Kept aside, never overwritten; the sign-in goes on."""
    file = place.folder / "tokens.json"
    file.write_bytes(b"{half")
    file.chmod(0o600)
    cell = place.connect("<HOSTS>;<ID>;<SECRET>;<CALLBACK>;OAuthSettingsLocation=<FILE>")
    assert "damaged. The file is kept as" in cell.text
    assert [one.read_bytes() for one in place.folder.iterdir() if "damaged" in one.name] == [b"{half"]
    place.sign_in(cell)
    assert place.kernel.run("print(procore.me()['name'])").text.strip()
    assert place.kernel.run("%procore_logout").status == "ok"


def test_disk_full_while_saving(place: Place) -> None:
    kernel = place.kernel
    kernel.run(
        "import os, errno\n"
        "def full(*_): raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))\n"
        "kept, os.fsync = os.fsync, full"
    )
    cell = place.connect("<HOSTS>;<ID>;<SECRET>;<CALLBACK>;OAuthSettingsLocation=<FILE>")
    place.sign_in(cell)
    ran = kernel.run("print(procore.me()['name'])\nprint(procore.status())")
    kernel.run("os.fsync = kept")
    line = next(one for one in ran.text.splitlines() if "can't be saved" in one).strip()
    assert "No space left on device" in line and "only this kernel has it" in line
    assert_helps(ValueError(line))
    kernel.run("%procore_logout")


@pytest.mark.parametrize("hours", [-2, 2])
def test_wrong_clock(hours: int, place: Place) -> None:
    place.demo.clock = lambda: time.time() + hours * 3600
    try:
        cell = place.connect("<HOSTS>;<ID>;<SECRET>;<CALLBACK>;OAuthSettingsLocation=<FILE>")
        place.sign_in(cell)
        assert place.kernel.run("print(procore.me()['name'])").text.strip()
        line = next(
            one for one in place.kernel.run("print(procore.status())").text.splitlines() if "clock" in one
        )
        assert ("behind" if hours > 0 else "ahead of") in line and "Correct it" in line
        place.kernel.run("%procore_logout")
    finally:
        place.demo.clock = time.time


def test_sign_in_never_finished(place: Place) -> None:
    cell = place.connect("<HOSTS>;<ID>;<SECRET>;<CALLBACK>", "--timeout 1")
    assert cell.status == "ok"
    waited = place.kernel.run("procore.me()")
    assert "Run %procore_connect again" in said(waited, "LoginTimeout")


def test_the_callback_is_taken_by_another_program(place: Place) -> None:
    """Then it can't be received, and the panel says how to go on."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        cell = place.connect(f"<HOSTS>;<ID>;<SECRET>;CallbackURL=http://127.0.0.1:{taken.getsockname()[1]}/x")
        assert cell.status == "ok"
        panel = str([one.get("value") for one in place.kernel.widgets.values()])
        assert "aste" in panel and str(taken.getsockname()[1]) in panel
    place.kernel.run("procore.close()")
