"""Where a secret that a person typed, and those of a sign-in, must not be: in a real kernel."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from procore_jupyter.demo.app import DemoProcore
from tests.kernels import Kernel, new_id
from tests.notebook.conftest import StartKernel
from tests.notebook.drawn_panels import link, sign_in

# Looks for a text in everything that Python's garbage collector knows, one step deep, code and frames included.
SEARCH = """
def search(*parts):
    import gc, sys, types
    gc.collect()  # what is only waiting for it is nobody's any more
    needle, found = "".join(parts), []
    def holds(needle, one):  # no closure: it would find its own cell
        if isinstance(one, str): return needle in one
        if isinstance(one, bytes): return needle.encode() in one
        if isinstance(one, types.CodeType): return any(holds(needle, part) for part in one.co_consts)
        return False
    for holder in gc.get_objects():
        # CPython 3.12 hands out its freed objects as _asyncio's: to touch them ties them into a circle, and the next
        # gc.collect() never ends.
        if isinstance(holder, types.FrameType) or holder is sys.modules.get("_asyncio"): continue
        for one in gc.get_referents(holder):
            if holds(needle, one) and type(holder).__name__ != "Secret":
                found.append(f"{type(holder).__name__}: {str(holder)[:200]}".replace(needle, "NEEDLE"))
    return found
"""


def search(secret: str) -> str:
    """Return a cell that looks for a secret, and doesn't hold it."""
    return f"{SEARCH}\nfor one in search({secret[:9]!r}, {secret[9:]!r}): print(one)"


def files_with(folder: Path, text: str) -> list[Path]:
    """Return the files below a folder that hold a text."""
    return [one for one in folder.rglob("*") if one.is_file() and text.encode() in one.read_bytes()]


def history(home: Path) -> list[tuple[str, str]]:
    """Return what stands in IPython's history."""
    with sqlite3.connect(home / ".ipython/profile_default/history.sqlite") as database:
        found = database.execute("select source, source_raw from history order by line").fetchall()
    database.close()
    return found


def test_a_secret_in_the_cell_that_loads_the_extension_is_cut_from_all_that_ipython_keeps(
    start_kernel: StartKernel, home: Path
) -> None:
    secret = new_id()
    kernel = start_kernel()
    # A property is misspelled, so nothing of ours holds the secret afterwards either.
    cell = kernel.run(
        f"x = 1\n%load_ext procore_jupyter\n%procore_connect Profile=Demo;OAuthClientSecret={secret};Nonsense=1"
    )
    assert cell.status == "error" and "no such property" in cell.error and secret not in cell.saved
    kept = kernel.run("print(In[1], _i, _ih[1], _i1)\n%history -n 1-2")
    assert kept.text.count("OAuthClientSecret=***;Nonsense=***") == 4 + 1
    assert kernel.run(search(secret)).text == ""
    parent = kernel.run("import json; print(get_ipython().last_execution_result.info.raw_cell)")
    assert parent.status == "ok"
    kernel.close()
    assert history(home)[0][1].endswith("OAuthClientSecret=***;Nonsense=***")
    assert files_with(home, secret) == []


def test_a_secret_in_a_later_cell_is_cut_out_too_in_every_form(kernel: Kernel, home: Path) -> None:
    secret = new_id()
    forms = [
        f"%procore_connect Profile=Demo;OAuthClientSecret={secret};Nonsense=1",
        f"%%procore_connect\nProfile=Demo\nOAuthClientSecret='{secret}'\nNonsense=1",
        f"%time %procore_connect Profile=Demo;OAuthClientSecret={secret};Nonsense=1",
        f"%%time\n%procore_connect Profile=Demo;OAuthClientSecret={secret};Nonsense=1",
        f"get_ipython().run_line_magic('procore_connect', 'OAuthClientSecret={secret};Nonsense=1')",
        f"import procore_jupyter\nprocore_jupyter.connect('OAuthClientSecret={secret};Nonsense=1')",
        f"procore_connect Profile=Demo;OAuthClientSecret={secret};Nonsense=1",
    ]
    for form in forms:
        cell = kernel.run(form)
        # Older versions of IPython end a cell well when %time has shown its error.
        assert cell.status == "error" or "%time" in form
        assert secret not in cell.saved
    assert kernel.run(search(secret)).text == ""
    kernel.close()
    assert len(history(home)) >= len(forms)
    assert files_with(home, secret) == []


def test_no_traceback_shows_a_secret_of_its_cell(kernel: Kernel) -> None:
    secret = new_id()
    magic = f"%procore_connect Profile=Demo;OAuthClientSecret={secret};Nonsense=1"
    for mode in ("Context", "Verbose", "Plain", "Minimal", "Docs"):
        kernel.run(f"%xmode {mode}")
        for code in (
            magic,
            f"1/0\n{magic}",
            f"try:\n    {magic}\nexcept Exception:\n    pass\n1/0",
            f"# a comment\n%{magic}",
        ):
            cell = kernel.run(code)
            assert cell.status == "error"
            assert secret not in cell.saved
            for look in (
                "%tb",
                "import sys, traceback; traceback.print_exception(sys.last_value)",
                "print(get_ipython().history_manager.exceptions)",
            ):
                seen = kernel.run(look)
                assert secret not in seen.saved
    assert kernel.run(search(secret)).text == ""


def test_an_error_of_the_magic_is_one_line(kernel: Kernel, line: str) -> None:
    for mode in ("Context", "Verbose"):
        kernel.run(f"%xmode {mode}")
        for text, says in (
            ("Profil=Demo", "ConnectionStringError: "),
            ("Timeout=soon", "ConnectionStringError: Timeout must be a number of seconds"),
            ("Profile=Demo;CallbackURL=nowhere", "ConfigurationError: "),
            ("my_saved_one", "ConfigurationError: There is no saved connection of that name"),
        ):
            cell = kernel.run(f"%procore_connect {text}")
            assert cell.error.startswith(says)
            assert "Traceback" not in cell.error and "run_line_magic" not in cell.error
    cell = kernel.run("%procore_connect --nmae x Profile=Demo")
    assert cell.text.strip() == "UsageError: %procore_connect has no option --nmae. Did you mean --name?"
    assert "run_line_magic" not in cell.saved
    broken = kernel.run(
        "import procore_jupyter.connection.assemble as c\n"
        "def open_connection(*a, **k): raise RuntimeError('zq inside')\n"
        "kept, c.open_connection = c.open_connection, open_connection"
    )
    assert broken.status == "ok"
    cell = kernel.run("%procore_connect Profile=Demo")
    assert cell.error.startswith(
        "UnexpectedError: Something unexpected happened: RuntimeError in procore_jupyter/"
    )
    assert "zq inside" not in cell.saved


@pytest.fixture
def signed_in_with_a_secret(kernel: Kernel, demo: DemoProcore, line: str) -> tuple[Kernel, list[str]]:
    """Sign in with the secret in the cell; return what nobody may have said."""
    cell = kernel.run(
        f"%procore_connect {line}OAuthClientId={demo.client_id};OAuthClientSecret={demo.client_secret};"
    )
    assert cell.status == "ok"
    assert "The client secret is still in this cell" in str(
        [one.get("value") for one in kernel.widgets.values()]
    )
    query = parse_qs(urlsplit(link(kernel)).query)
    # Pending: the notebook's file would hold nothing of the link.
    for part in (query["state"][0], query["code_challenge"][0], demo.client_id, "/oauth/authorize"):
        assert part not in cell.saved
    back = sign_in(kernel)
    assert kernel.run("print(procore.me()['name'])").status == "ok"
    kernel.until(lambda: "procore-card" in cell.html and not kernel.panels)
    assert "The client secret is still in this cell" in cell.plain
    assert "PROCORE_CLIENT_SECRET" in cell.plain
    kept = kernel.run("print(open(procore.status().kept_at).read())").text
    tokens = re.findall(r'"(?:access|refresh)_token": ?"([^"]+)"', kept)
    assert len(tokens) == 2
    after = [query["state"][0], *parse_qs(urlsplit(back).query)["code"]]
    for secret in (*after, *tokens, demo.client_secret):
        assert secret not in cell.saved
    return kernel, [demo.client_secret, *parse_qs(urlsplit(back).query)["code"], *tokens]


def test_the_kernel_publishes_nothing_secret_but_the_pending_link(
    signed_in_with_a_secret: tuple[Kernel, list[str]], home: Path
) -> None:
    kernel, secrets = signed_in_with_a_secret
    kernel.run("procore; procore.settings; procore.login_flow; vars(procore); dir(procore)")
    kernel.run("%xmode Verbose")
    kernel.run("procore.get('/no/such')\nprocore.get('/rest/v1.0/me', verify=False)")
    client_secret, code, *tokens = secrets
    said = kernel.said
    assert client_secret not in said
    assert code not in said
    # The one cell that printed the token file is the test's own.
    printed = [one for one in kernel.cells.values() if tokens[0] in one.saved]
    assert len(printed) == 1
    assert said.count(tokens[0]) == printed[0].saved.count(tokens[0])
    kernel.close()
    for secret in (client_secret, code):
        assert [one.name for one in files_with(home, secret)] in ([], ["demo.json"])


def test_unload_puts_everything_back(kernel: Kernel) -> None:
    secret = new_id()
    assert kernel.run("%unload_ext procore_jupyter").status == "ok"
    assert "not found" in kernel.run("%procore_status").text
    shown = kernel.run(f"x = 'OAuthClientSecret={secret}'\n_i, In[-1]")
    assert secret in shown.plain
    assert kernel.run("%load_ext procore_jupyter").status == "ok"
    assert kernel.run("print(In)").text.count(secret) == 0
