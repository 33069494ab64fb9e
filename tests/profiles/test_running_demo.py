"""The running demo's file, and when it is not believed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.files import private
from procore_jupyter.profiles import load
from procore_jupyter.profiles.running_demo import is_alive, read_running_demo

NOBODY = "No demo is running: start one with  procore-jupyter demo"


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def address(port: int) -> dict[str, Any]:
    return {
        "url": f"http://127.0.0.1:{port}",
        "client_id": "demo-id",
        "client_secret": "s3cret",
        "redirect_uris": ["http://localhost"],
        "pid": os.getpid(),
    }


def write(content: object) -> Path:
    path = private.runtime_folder() / "demo.json"
    private.write_private(path, content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_a_running_demo_is_believed(address: dict[str, Any]) -> None:
    write(address)
    url, app = read_running_demo()
    assert (url, app.client_id, app.redirect_uris) == (address["url"], "demo-id", ("http://localhost",))
    assert app.client_secret.reveal() == "s3cret"
    assert "s3cret" not in repr(app)


def test_the_profile_takes_its_hosts_from_it(address: dict[str, Any]) -> None:
    write(address)
    profile, _ = load("demo")
    assert profile.stand_in is True
    assert {one.login_url for one in profile.environments.values()} == {address["url"]}
    assert {one.api_url for one in profile.environments.values()} == {address["url"]}
    assert "s3cret" not in repr(profile)


def test_a_profile_may_extend_it(address: dict[str, Any], tmp_path: Path) -> None:
    write(address)
    (tmp_path / "mine.toml").write_text('extends = "Demo"\n')
    profile, _ = load(str(tmp_path / "mine.toml"))
    assert profile.stand_in is True
    assert profile.app is not None
    assert profile.environments["Production"].api_url == address["url"]


def test_no_file_means_none_runs() -> None:
    with pytest.raises(ConfigurationError) as refused:
        load("Demo")
    assert str(refused.value) == NOBODY


def test_a_process_that_ended_means_none_runs(address: dict[str, Any]) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    write(address | {"pid": ended.pid})
    with pytest.raises(ConfigurationError, match=NOBODY):
        read_running_demo()


def test_a_port_that_nobody_listens_on_means_none_runs(address: dict[str, Any]) -> None:
    with socket.socket() as bound:  # bound and not listening: nobody else gets it meanwhile
        bound.bind(("127.0.0.1", 0))
        write(address | {"url": f"http://127.0.0.1:{bound.getsockname()[1]}"})
        with pytest.raises(ConfigurationError, match=NOBODY):
            read_running_demo()


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://evil.test:80"},
        {"url": "https://127.0.0.1:1"},
        {"url": "http://127.0.0.1@evil.test"},
        {"url": "http://127.0.0.1:1/path"},
        {"url": 7},
        {"client_id": None},
        {"client_secret": ["x"]},
        {"redirect_uris": "http://localhost"},
        {"redirect_uris": [1]},
        {"pid": "1"},
        {"pid": 0},
        {"pid": -1},
        {"pid": True},
        {"pid": 2**40},
    ],
    ids=str,
)
def test_a_file_that_no_demo_writes_is_not_believed(address: dict[str, Any], change: dict[str, Any]) -> None:
    path = write(address | change)
    with pytest.raises(ConfigurationError, match="is damaged. Delete it") as refused:
        read_running_demo()
    assert str(path) in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"7", b"\xff", b'{"client_secret": "s3cret"', b"[" * 100_000]
)
def test_a_damaged_file_is_not_believed_and_nowhere_quoted(content: bytes) -> None:
    write(content)
    with pytest.raises(ConfigurationError, match="is damaged") as refused:
        read_running_demo()
    assert refused.value.__context__ is None


@pytest.mark.skipif(os.name != "posix", reason="no mode bits there")
def test_a_file_that_others_may_read_is_not_believed(address: dict[str, Any]) -> None:
    write(address).chmod(0o644)
    with pytest.raises(ConfigurationError, match="is not private to you"):
        read_running_demo()


def test_this_process_is_alive() -> None:
    assert is_alive(os.getpid())
