"""What a person made in the demo stays, and what the demo ships comes beside it."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from procore_jupyter.demo import notebooks
from procore_jupyter.demo.notebooks import own_folder, put


def notebook(*sources: str, output: str = "") -> bytes:
    cells = [
        {"cell_type": "code", "source": [source], "outputs": [output] * bool(output)} for source in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def names(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir() if not one.name.startswith(".")}


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Give what the demo ships into the test's hands."""
    ships = {"01-connect.ipynb": notebook("first"), "02-tables.ipynb": notebook("second")}
    monkeypatch.setattr(notebooks, "shipped", lambda: iter(ships.items()))
    return ships


def test_the_folder_stands_among_the_documents_or_else_with_other_data(home: Path) -> None:
    folder = own_folder()
    assert folder == home / ".local/share/procore-jupyter/procore-demo"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    (home / "Documents").mkdir()
    folder = own_folder()
    assert folder == home / "Documents" / "procore-demo"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_fresh_folder_is_a_new_one_and_is_used_from_then_on(home: Path) -> None:
    (home / "Documents").mkdir()
    assert own_folder(fresh=True).name == "procore-demo"
    assert [own_folder(fresh=True).name for _ in range(9)][-1] == "procore-demo-10"
    (home / "Documents" / "procore-demo-old").mkdir()
    assert own_folder().name == "procore-demo-10"
    assert own_folder().name == "procore-demo-10"


def test_what_nobody_has_changed_becomes_its_new_version(tmp_path: Path, shipped: dict[str, bytes]) -> None:
    assert put(tmp_path) == []
    assert (tmp_path / "02-tables.ipynb").read_bytes() == shipped["02-tables.ipynb"]
    (tmp_path / "02-tables.ipynb").write_bytes(notebook("second", output="a run"))

    assert put(tmp_path) == []
    assert (tmp_path / "02-tables.ipynb").read_bytes() == notebook("second", output="a run")

    shipped["02-tables.ipynb"] = notebook("second, newer")
    assert put(tmp_path) == []
    assert (tmp_path / "02-tables.ipynb").read_bytes() == notebook("second, newer")
    assert names(tmp_path) == {*shipped}


@pytest.mark.parametrize("mine", [notebook("second", "mine"), b"no notebook", b"[]"])
def test_what_somebody_has_changed_stays_and_its_new_version_comes_beside_once(
    mine: bytes, tmp_path: Path, shipped: dict[str, bytes]
) -> None:
    put(tmp_path)
    (tmp_path / "02-tables.ipynb").write_bytes(mine)
    (tmp_path / "02-tables-2.ipynb").write_bytes(b"mine too")
    assert put(tmp_path) == []

    shipped["02-tables.ipynb"] = notebook("second, newer")
    assert put(tmp_path) == [
        "You have changed 02-tables.ipynb, so it stays as it is. The new version is 02-tables-3.ipynb."
    ]
    assert put(tmp_path) == []
    assert (tmp_path / "02-tables.ipynb").read_bytes() == mine
    assert (tmp_path / "02-tables-2.ipynb").read_bytes() == b"mine too"
    assert (tmp_path / "02-tables-3.ipynb").read_bytes() == shipped["02-tables.ipynb"]
    assert names(tmp_path) == {*shipped, "02-tables-2.ipynb", "02-tables-3.ipynb"}


def test_a_notebook_that_stood_there_before_is_not_written_over(
    tmp_path: Path, shipped: dict[str, bytes]
) -> None:
    (tmp_path / "01-connect.ipynb").write_bytes(b"mine")
    (tmp_path / ".shipped.json").write_text("[]")
    assert len(put(tmp_path)) == 1
    assert (tmp_path / "01-connect.ipynb").read_bytes() == b"mine"


def test_what_somebody_has_removed_comes_back(tmp_path: Path, shipped: dict[str, bytes]) -> None:
    put(tmp_path)
    (tmp_path / "01-connect.ipynb").unlink()
    assert put(tmp_path) == []
    assert (tmp_path / "01-connect.ipynb").read_bytes() == shipped["01-connect.ipynb"]
