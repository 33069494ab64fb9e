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
