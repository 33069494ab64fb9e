"""``--save``, saved names, and two accounts side by side, in a real kernel against the embedded Procore."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from procore_jupyter.connection.saved import SavedConnection, keep
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.notebook.completion.completion import candidates
from procore_jupyter.notebook.options import CONNECT_OPTIONS, read_options
from procore_jupyter.notebook.redaction.cell_text import redact
from tests.kernels import Kernel
from tests.notebook.conftest import StartKernel
from tests.notebook.drawn_panels import link, sign_in
from tests.people import new_browser, sign_in_at
from tests.servers import free_port


@pytest.fixture
def text(demo: DemoProcore) -> str:
    """Give a whole connection string, the secret in it."""
    callback = f"http://localhost:{free_port()}/callback"
    demo.add_redirect_uri(callback)
    return (
        f"LoginURL={demo.url};APIURL={demo.url};CallbackURL={callback};"
        f"OAuthClientId={demo.client_id};OAuthClientSecret={demo.client_secret};"
    )


def test_saved_once_a_bare_connect_is_enough_and_the_message_says_to_delete_the_secret(
    kernel: Kernel, start_kernel: StartKernel, demo: DemoProcore, text: str, home: Path
) -> None:
    cell = kernel.run(f"%procore_connect --save {text}CompanyId=1234")
    assert "It is saved once you are signed in. Then delete it from the cell." in str(
        [one.get("value") for one in kernel.widgets.values()]
    )
    file = home / ".local/share/procore-jupyter/connections.json"
    assert not file.exists()
    sign_in(kernel)
    kernel.until(lambda: "procore-card" in cell.html and not kernel.panels)
    assert "Saved as `default`: from now on `%procore_connect` is enough." in cell.plain
    assert demo.client_secret not in file.read_text() and demo.client_secret not in cell.saved
    with sqlite3.connect(home / ".ipython/profile_default/history.sqlite") as database:
        assert demo.client_secret not in str(database.execute("select * from history").fetchall())
    database.close()
    other = start_kernel()
    again = other.run("%load_ext procore_jupyter\n%procore_connect\nprint(procore.me()['name'])")
    assert again.status == "ok" and "Dana" in again.text and not other.widgets


def test_a_name_that_is_not_saved_is_one_line_and_a_secret_in_its_place_is_not_repeated(
    kernel: Kernel,
) -> None:
    assert "nor any other" in kernel.run("%procore_connect sandbox").error
    keep(SavedConnection("sandbox", {"Environment": "Sandbox"}))
    near = kernel.run("%procore_connect sandbxo")
    assert near.error == (
        'ConfigurationError: No connection is saved under "sandbxo". Did you mean sandbox? Saved: sandbox.'
    )
    far = kernel.run("%procore_connect 5f2b-pasted-by-mistake-77")
    assert "pasted" not in far.error and far.error.endswith("Saved: sandbox.") and "\n" not in far.error
    assert "can have up to 40 letters" in kernel.run('%procore_connect --save "a=b" Timeout=7').error


def test_two_accounts_are_signed_in_side_by_side_in_one_notebook(
    kernel: Kernel, start_kernel: StartKernel, demo: DemoProcore, text: str
) -> None:
    first = kernel.run(f"%procore_connect --save {text}CompanyId=1234")
    sign_in(kernel)
    kernel.until(lambda: "procore-card" in first.html and not kernel.panels)
    second = kernel.run(f"%procore_connect --account lee --name second --save second {text}")
    assert second.status == "ok"
    with new_browser() as browser:
        back = sign_in_at(link(kernel), person="Lee Okafor")
        assert browser.get(back, timeout=20).status_code == 200
    kernel.until(lambda: "procore-card" in second.html and not kernel.panels)
    both = kernel.run("print(procore.me()['name'], '+', second.me()['name'])")
    assert both.text == "Dana Reyes + Lee Okafor\n"
    assert kernel.run("%procore_status --name second").plain.count("Lee Okafor") == 1
    # Another kernel: the saved name brings its account along.
    other = start_kernel()
    cell = other.run(
        "%load_ext procore_jupyter\n%procore_connect\n%procore_connect --name second second\n"
        "print(procore.me()['name'], '+', second.me()['name'])"
    )
    assert cell.text == "Dana Reyes + Lee Okafor\n" and not other.widgets
    # Signing one out leaves the other signed in.
    assert other.run("%procore_logout --name second").status == "ok"
    assert other.run("print(procore.me()['name'])").text == "Dana Reyes\n"
    assert kernel.run("second.me()").error.startswith("LoginRequired: ")
    assert kernel.run("print(procore.me()['name'])").text == "Dana Reyes\n"


def test_connect_without_the_magic_takes_saved_names_too(
    kernel: Kernel, demo: DemoProcore, text: str
) -> None:
    kernel.run(f"%procore_connect --save site {text}")
    sign_in(kernel)
    assert kernel.run("procore.me()").status == "ok"
    cell = kernel.run("import procore_jupyter\nprint(procore_jupyter.connect('site').me()['name'])")
    assert cell.text == "Dana Reyes\n"
    stopped = kernel.run("procore_jupyter.connect('sitting')")
    assert stopped.error.startswith("ConfigurationError: No connection is saved under that name.")


# Reading the option


@pytest.mark.parametrize(
    ("line", "save", "rest"),
    [
        ("--save", "default", ""),
        ("--save site", "site", ""),
        ("--save=site Profile=Demo", "site", "Profile=Demo"),
        ("--save site Profile=Demo", "site", "Profile=Demo"),
        ('--save "Site A" Profile=Demo', "Site A", "Profile=Demo"),
        ("--save Profile=Demo;CompanyId=1", "default", "Profile=Demo;CompanyId=1"),
        ("--save Profile = Demo", "default", "Profile = Demo"),
        ("--save OAuth Client Id=abc", "default", "OAuth Client Id=abc"),
        ("--save --wait Profile=Demo", "default", "Profile=Demo"),
        ("--save site other", "site", "other"),
    ],
)
def test_the_name_after_save_may_be_left_out(line: str, save: str, rest: str) -> None:
    given, left = read_options(line, CONNECT_OPTIONS, "%procore_connect")
    assert (given["save"], left) == (save, rest)


@pytest.mark.parametrize(
    "options",
    ["--save", "--save site", "--save=site", '--save "Site A"', "--save --name two", "--name two --save x"],
)
@pytest.mark.parametrize("magic", ["%procore_connect {} {}", "%%procore_connect {}\n{}"])
def test_a_secret_behind_save_is_cut_out_of_the_history(options: str, magic: str) -> None:
    for string in (
        "OAuthClientSecret=hidden;",
        "OAuth Client Secret = hidden",
        "Profile=Demo;OAuthClientSecret=hidden",
    ):
        clean = redact(magic.format(options, string))
        assert "hidden" not in clean and "***" in clean and options in clean


def test_tab_offers_saved_names_without_asking_anybody(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("completion must not use the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    keep(SavedConnection("sandbox"))
    keep(SavedConnection("site"))

    def offered(text: str) -> tuple[str, list[str]]:
        found = candidates(text)
        assert found is not None
        return found.typed, found.texts

    assert offered("%procore_connect ")[1][:3] == ["sandbox", "site", "Profile="]
    assert offered("%procore_connect si") == ("si", ["site"])
    assert offered("%procore_connect --name two sa") == ("sa", ["sandbox"])
    assert offered("%procore_connect Environment=sa") == ("sa", ["Sandbox"])
    assert offered("%procore_connect Profile=Demo;s")[1] == ["SSLServerCert="]
    assert offered("%procore_connect --save s") == ("s", ["sandbox", "site"])
    assert offered("%procore_connect --save Envi") == ("Envi", ["Environment="])
    assert offered("%procore_connect --save x Envi") == ("Envi", ["Environment="])
    file = home / ".local/share/procore-jupyter/connections.json"
    file.write_text("{half")
    assert offered("%procore_connect si") == ("si", [])
    assert file.read_text() == "{half"
    file.write_text(json.dumps({"version": 7}))
    assert offered("%procore_connect si") == ("si", [])
