"""What the check says of this machine and of the Jupyter around it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from procore_jupyter.check import machine
from procore_jupyter.settings.resolve import read_surroundings
from tests.session.conftest import Answer, Server, servers

__all__ = ["servers"]  # a fixture of theirs, for these tests too
VERSION = metadata.version("procore-jupyter")


def runs(server: Server) -> None:
    """Leave the file of a Jupyter server of this user's."""
    folder = read_surroundings().runtime_folder
    folder.mkdir(parents=True, mode=0o700)
    file = folder / f"jpserver-{os.getpid()}.json"
    told = {
        "pid": os.getpid(),
        "port": server.port,
        "base_url": "/lab/",
        "hostname": "127.0.0.1",
        "token": "t",
    }
    file.write_text(json.dumps(told))
    file.chmod(0o600)


@pytest.mark.parametrize(
    ("answer", "verdict", "words"),
    [
        (Answer(200, json.dumps({"version": VERSION}).encode()), "holds", VERSION),
        (Answer(200, b'{"version": "0.0.1"}'), "fails", "0.0.1"),
        (Answer(404, b"Not Found"), "fails", "doesn't have procore-jupyter"),
        (Answer(drop=True), "fails", "doesn't answer"),
    ],
)
def test_the_jupyter_server_is_asked_for_its_half(
    servers: Callable[..., Server], answer: Answer, verdict: str, words: str
) -> None:
    server = servers(lambda request: answer)
    runs(server)
    finding = machine.jupyter_server(read_surroundings())
    assert finding.verdict == verdict and words in finding.found
    assert [one.path for one in server.arrived] == ["/lab/procore-jupyter/health"]
    assert "token" not in server.arrived[0].headers.get("authorization", "")
    assert bool(finding.advice) is (verdict == "fails")


def test_without_a_jupyter_server_nothing_is_claimed() -> None:
    assert machine.jupyter_server(read_surroundings()).verdict == "can't be told"


@pytest.mark.parametrize(
    ("told", "verdict"),
    [({"version": VERSION}, "holds"), ({"version": "0.0.1"}, "fails"), (None, "can't be told")],
)
def test_the_labextension_is_of_the_version_of_the_package(
    tmp_path: Path, told: dict[str, str] | None, verdict: str
) -> None:
    if told is not None:
        folder = tmp_path / "share/jupyter/labextensions/procore-jupyter"
        folder.mkdir(parents=True)
        (folder / "package.json").write_text(json.dumps(told))
    assert machine.labextension(tmp_path).verdict == verdict


def test_versions_of_npm_and_of_pip_are_compared_as_one() -> None:
    assert machine._same("0.2.0-rc.1") == machine._same("0.2.0rc1") != machine._same("0.2.0")
    assert machine._same("0.2.0") != machine._same("0.20")


def test_a_package_that_is_too_old_or_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.packages().verdict == "holds"
    needed = ["requests>=1000.1", "pandas>=2.2", "nothing-of-this-name>=1", 'polars>=900; extra == "polars"']
    monkeypatch.setattr(metadata, "requires", lambda name: needed)
    finding = machine.packages()
    assert finding.verdict == "fails"
    assert "requests>=1000.1, nothing-of-this-name>=1 or newer" in finding.believed
