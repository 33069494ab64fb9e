"""What is handed out holds what it must, and Jupyter finds it when it is installed."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(600)  # the first to ask for the wheel builds it

ROOT = Path(__file__).resolve().parents[2]
LABEXTENSION = "data/share/jupyter/labextensions/procore-jupyter"


def test_wheel_holds_every_file_of_the_package(contents: set[str], checkout: Path) -> None:
    files = [file for file in (checkout / "procore_jupyter").rglob("*") if file.is_file()]
    expected = {file.relative_to(checkout).as_posix() for file in files}
    assert expected <= contents
    assert "procore_jupyter/py.typed" in contents
    assert {"procore_jupyter/profiles/procore.toml", "procore_jupyter/profiles/demo.toml"} <= contents


def test_wheel_enables_the_server_extension(wheel: Path, contents: set[str]) -> None:
    name = "data/etc/jupyter/jupyter_server_config.d/procore_jupyter.json"
    assert name in contents
    assert json.loads(read(wheel, name)) == {"ServerApp": {"jpserver_extensions": {"procore_jupyter": True}}}


def test_wheel_holds_the_built_labextension_and_no_more_of_it(wheel: Path, contents: set[str]) -> None:
    package = json.loads(read(wheel, f"{LABEXTENSION}/package.json"))
    assert f"{LABEXTENSION}/{package['jupyterlab']['_build']['load']}" in contents
    assert json.loads(read(wheel, f"{LABEXTENSION}/install.json"))["packageName"] == "procore-jupyter"
    beyond = {name for name in contents if "node_modules" in name or name.endswith((".ts", ".map"))}
    assert not beyond


def test_wheel_holds_nothing_but_the_package_and_what_jupyter_looks_for(contents: set[str]) -> None:
    strays = {
        name
        for name in contents
        if not name.startswith(("procore_jupyter/", "data/etc/jupyter/", "data/share/jupyter/labextensions/"))
        and ".dist-info/" not in name
    }
    assert not strays


def test_wheel_holds_the_notebook_that_the_demo_opens(wheel: Path) -> None:
    packed = read(wheel, "procore_jupyter/demo/notebooks/01-connect.ipynb")
    assert packed == (ROOT / "notebooks/01-connect.ipynb").read_bytes()


def test_metadata_says_that_it_is_not_procores_own(wheel: Path) -> None:
    metadata = message_from_bytes(read(wheel, "METADATA"))
    assert "Not affiliated with Procore Technologies" in metadata["Summary"]
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert metadata["Requires-Python"] == ">=3.11"
    assert {"keyring", "polars", "demo", "test", "dev"} <= set(metadata.get_all("Provides-Extra", []))


def test_package_and_labextension_have_one_version(wheel: Path) -> None:
    metadata = message_from_bytes(read(wheel, "METADATA"))
    assert json.loads((ROOT / "labextension/package.json").read_text())["version"] == metadata["Version"]


def test_jupyter_server_finds_the_server_extension_enabled_and_sound(installed: Path) -> None:
    told = jupyter(installed, "-m", "jupyter_server.extension.serverextension", "list")
    assert "procore_jupyter enabled" in told
    # The line after it is the check that the module can be imported and says what it has.
    verdicts = [line for line in told.splitlines() if line.strip().startswith("procore_jupyter ")]
    assert any("OK" in line for line in verdicts), told


def test_jupyterlab_finds_the_labextension(installed: Path) -> None:
    told = jupyter(installed, "-m", "jupyterlab.labextensions", "list")
    (line,) = [line for line in told.splitlines() if "procore-jupyter" in line]
    assert "enabled" in line
    assert "OK" in line
    assert "(python, procore-jupyter)" in line


def test_the_command_is_there(installed: Path) -> None:
    done = subprocess.run(
        [installed.with_name("procore-jupyter"), "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for command in ("login", "status", "logout", "callback-url", "demo"):
        assert command in done.stdout


def test_lock_file_names_no_registry_and_pins_every_package() -> None:
    lock = (ROOT / "labextension/yarn.lock").read_text()
    assert "://" not in lock
    assert "__archiveUrl" not in lock
    assert lock.count("\n  checksum: ") > 300


def read(wheel: Path, end: str) -> bytes:
    """Return the one file of a wheel whose path ends so."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [
            name for name in archive.namelist() if f"/{name}".endswith(f"/{end}") or f".data/{end}" in name
        ]
        return archive.read(name)


def jupyter(python: Path, *command: str) -> str:
    """Return what a command of Jupyter's printed, without colours."""
    env = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run([python, *command], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    plain = done.stdout + done.stderr
    for colour in ("\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"):
        plain = plain.replace(colour, "")
    return plain
