"""Bad input, as a person types it into a cell: every row of the list gives one line that says what to do."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import ConnectionStringError
from tests.faults.table import assert_helps
from tests.kernels import Cell, Kernel
from tests.notebook.panels import link
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
    "a refresh token that was used": ("<HOSTS>;<ID>;<SECRET>;OAuthRefreshToken=spent-1;InitiateOAuth=REFRESH", "LoginRequired", "OAuthRefreshToken given is no longer accepted"),
    "a store that can't be": ("<HOSTS>;<ID>;<SECRET>;OAuthSettingsLocation=redis://here", "ConnectionStringError", "memory://NAME or keyring://"),
    "certificates that aren't there": ("<HOSTS>;<ID>;<SECRET>;SSLServerCert=/no/such.pem", "ConfigurationError", "SSLServerCert"),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_row(row: str, place: Place) -> None:
    text, kind, phrase = ROWS[row]
    cell = place.connect(text)
    kind = kind or cell.error.split(":")[0]
    assert phrase in said(cell, kind)


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
    assert "No space left on device" in line and "lives in this kernel alone" in line
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
        assert ("behind" if hours > 0 else "ahead of") in line and "Set it right" in line
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
