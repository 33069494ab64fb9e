"""The names that a person imports, and the hooks that IPython and Jupyter look for."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import procore_jupyter
from procore_jupyter.errors import ProcoreError


def test_every_public_name_is_there() -> None:
    for name in procore_jupyter.__all__:
        assert getattr(procore_jupyter, name).__name__ == name
        assert name in dir(procore_jupyter)
    assert procore_jupyter.ProcoreError is ProcoreError


def test_the_public_names_are_these() -> None:
    assert sorted(procore_jupyter.__all__) == [
        "ConfigurationError",
        "ConnectionStringError",
        "LoginDenied",
        "LoginRequired",
        "LoginTimeout",
        "NotFound",
        "ParameterError",
        "PermissionDenied",
        "Procore",
        "ProcoreAPIError",
        "ProcoreError",
        "ProcoreIncompleteWarning",
        "ProcoreWarning",
        "RateLimited",
        "Record",
        "SQLError",
        "StateMismatch",
        "Status",
        "Table",
        "TableNotFound",
        "TokenRequestError",
        "TokenStoreError",
        "connect",
        "to_excel",
    ]


def test_no_other_name_is_made_up() -> None:
    with pytest.raises(AttributeError, match="no attribute 'conect'"):
        _ = procore_jupyter.conect


NEW_PROCESS = """
import procore_jupyter
for text in ("procore_jupyter.tables", "procore_jupyter.table", "procore_jupyter.me"):
    try:
        eval(text)
    except AttributeError as error:
        print(error)
procore_jupyter.connect("AuthScheme=NONE;LoginURL=http://127.0.0.1:9;APIURL=http://127.0.0.1:9")
from procore_jupyter.tables import place
try:
    procore_jupyter.tables.search("log")
except AttributeError as error:
    print(error)
"""


def test_who_looks_for_a_sessions_names_in_the_module_is_led_to_the_session() -> None:
    ran = subprocess.run([sys.executable, "-c", NEW_PROCESS], capture_output=True, text=True, check=True)
    *before, after = ran.stdout.splitlines()
    for name, line in zip(("tables", "table", "me"), before, strict=True):
        assert line.startswith(f"module 'procore_jupyter' has no attribute '{name}'. ")
        assert "%load_ext procore_jupyter" in line and line.endswith(f" procore.{name}")
    assert after.endswith("The tables belong to a session: use  procore.tables, or  %procore_tables")
    for name in procore_jupyter._OF_A_SESSION:
        assert hasattr(procore_jupyter.Procore, name)


def test_the_version_is_the_packages() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project.get("version", procore_jupyter.__version__) == procore_jupyter.__version__


def test_jupyter_finds_the_servers_half() -> None:
    assert procore_jupyter._jupyter_server_extension_points() == [{"module": "procore_jupyter"}]
    assert callable(procore_jupyter._load_jupyter_server_extension)


def test_loading_the_extension_imports_nothing_heavy() -> None:
    code = (
        "import sys; from IPython.core.interactiveshell import InteractiveShell as Shell\n"
        "shell = Shell.instance(); before = set(sys.modules)\n"
        "shell.run_cell('%load_ext procore_jupyter\\nx = 1')\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    loaded = set(ran.stdout.split())
    assert "procore_jupyter" in loaded
    assert not loaded & {
        "requests",
        "urllib3",
        "oauthlib",
        "ipywidgets",
        "tornado",
        "pandas",
        "pyarrow",
        "duckdb",
        "keyring",
        "cryptography",
    }


def test_a_table_that_is_looked_for_in_a_session_is_told_with_its_call() -> None:
    nowhere = "http://127.0.0.1:9"
    with procore_jupyter.connect(f"AuthScheme=NONE;LoginURL={nowhere};APIURL={nowhere}") as procore:
        with pytest.raises(
            AttributeError, match=r'no attribute \'rfis\'\. Its table is  procore\.table\("rfis"\)$'
        ):
            procore.rfis  # type: ignore[attr-defined]  # noqa: B018
        with pytest.raises(AttributeError, match=r"no attribute 'rows'$"):
            procore.rows  # type: ignore[attr-defined]  # noqa: B018
