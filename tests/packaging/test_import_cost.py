"""What is not needed yet is not imported: seen from outside, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from procore_jupyter.demo.app import DemoProcore
from tests.connecting import signed_in

# Libraries that cost tens of milliseconds or more each.
HEAVY = {
    "cryptography",
    "duckdb",
    "ipywidgets",
    "keyring",
    "msgspec",
    "numpy",
    "oauthlib",
    "pandas",
    "polars",
    "pyarrow",
    "requests",
    "sqlglot",
    "tqdm",
}
ROWS = HEAVY - {"cryptography", "oauthlib", "requests", "ipywidgets", "keyring"}

IMPORT = "import procore_jupyter"
LOAD_EXTENSION = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
assert shell.extension_manager.load_extension("procore_jupyter") is None
assert "procore_connect" in shell.magics_manager.magics["line"]
"""
SERVER_EXTENSION = """
import procore_jupyter
[point] = procore_jupyter._jupyter_server_extension_points()
assert point["module"] == "procore_jupyter"
import procore_jupyter.server.extension
"""


def imported_by(source: str) -> set[str]:
    """Return the modules that a fresh process has imported when the source has run."""
    ending = "\nimport json, sys\nprint('\\n' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", source + ending], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "source", [IMPORT, LOAD_EXTENSION, SERVER_EXTENSION], ids=["import", "load_ext", "server extension"]
)
def test_nothing_heavy_is_imported_by(source: str) -> None:
    assert not imported_by(source) & HEAVY


def test_connecting_and_naming_a_table_import_nothing_that_reads_rows() -> None:
    source = """
import procore_jupyter
procore = procore_jupyter.connect("Profile=Procore;AuthScheme=NONE;CompanyId=1;ProjectId=2")
table = procore.table("rfis", status="open")
repr(table), dir(table), bool(table), table.columns, repr(procore.tables), repr(procore)
"""
    assert not imported_by(source) & ROWS


def test_reading_drawing_and_writing_rows_import_no_pandas(demo: DemoProcore) -> None:
    """It takes thirty megabytes, and half a second, and comes by itself with many a call of Arrow's."""
    access = signed_in(demo)._access
    assert access is not None
    bearer = access.current().access_token.reveal()
    source = f"""
import procore_jupyter, tempfile
procore = procore_jupyter.connect(
    "InitiateOAuth=OFF;OAuthAccessToken={bearer};LoginURL={demo.url};APIURL={demo.url};CompanyId=1234;ProjectId=4711"
)
with tempfile.TemporaryDirectory() as folder:
    for name in ("rfis", "submittals", "manpower_logs", "change_events", "users"):
        procore.table(name).to_parquet(folder + "/rows.parquet")
        procore.table(name).to_excel(folder + "/rows.xlsx")
        procore.table(name).to_csv(folder + "/rows.csv")
        table = procore.table(name)
        assert table.to_arrow().num_rows
        table._repr_mimebundle_()
        procore.forget()
"""
    assert not imported_by(source) & {"pandas", "polars"}


def test_loading_compiles_no_pattern_for_secrets_before_a_cell_may_hold_one() -> None:
    ours = {name for name in imported_by(LOAD_EXTENSION) if ".redaction." in name}
    assert {name.rpartition(".")[2] for name in ours} == {"cell_text", "findings", "hints", "known_secrets"}


def test_importing_the_package_imports_none_of_its_rooms_but_only_the_errors() -> None:
    ours = {name for name in imported_by(IMPORT) if name.startswith("procore_jupyter")}
    assert ours == {"procore_jupyter", "procore_jupyter.errors"}


def test_the_server_loads_of_ours_only_its_own_room_the_ticket_the_errors_and_the_owners_of_sockets() -> None:
    ours = {name for name in imported_by(SERVER_EXTENSION) if name.startswith("procore_jupyter")}
    beyond = {name for name in ours if not name.startswith("procore_jupyter.server")}
    allowed = {
        "procore_jupyter",
        "procore_jupyter.login",
        "procore_jupyter.login.ticket",
        "procore_jupyter.errors",
        "procore_jupyter.socket_owners",
    }
    assert beyond <= allowed


def test_what_is_imported_is_seen() -> None:
    assert "requests" in imported_by("import requests")
