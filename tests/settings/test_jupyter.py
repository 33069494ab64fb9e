"""What the environment tells of Jupyter, held against Jupyter's own reading of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from procore_jupyter.secret import Secret
from procore_jupyter.settings.jupyter import surroundings_of
from procore_jupyter.settings.resolve import read_surroundings

HUB = {
    "JUPYTERHUB_API_TOKEN": "hub-token",
    "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:43210/user/dana/",
    "JUPYTERHUB_SERVICE_PREFIX": "/user/dana/",
}

ENVIRONMENTS: list[dict[str, str]] = [
    {},
    {"JUPYTER_RUNTIME_DIR": "/run/jupyter"},
    {"JUPYTER_RUNTIME_DIR": "", "JUPYTER_DATA_DIR": "/data/jupyter"},
    {"JUPYTER_DATA_DIR": "/data/jupyter", "XDG_DATA_HOME": "/xdg"},
    {"XDG_DATA_HOME": "/xdg"},
    {"XDG_DATA_HOME": ""},
    {"XDG_RUNTIME_DIR": "/run/user/1"},
    {"JUPYTER_PLATFORM_DIRS": "1"},
    {"JUPYTER_PLATFORM_DIRS": "1", "XDG_DATA_HOME": "/xdg"},
    {"JUPYTER_PLATFORM_DIRS": "0", "XDG_DATA_HOME": "/xdg"},
    {"JUPYTER_PLATFORM_DIRS": "False"},
    {"JUPYTER_CONFIG_DIR": "/config"},
    {"JUPYTER_NO_CONFIG": "1"},
]


def test_the_runtime_folder_is_jupyters_own(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    environments = [
        one | {"HOME": str(home)} for one in ENVIRONMENTS for home in (tmp_path / "real", tmp_path / "link")
    ]
    ask = (
        "import json, os, sys\nfrom jupyter_core import paths\nfolders = []\n"
        "for one in json.load(sys.stdin):\n    os.environ.clear(); os.environ.update(one)\n"
        "    folders.append(paths.jupyter_runtime_dir())\nprint(json.dumps(folders))"
    )
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ask],
        input=json.dumps(environments),
        capture_output=True,
        text=True,
        check=True,
    )
    for environ, theirs in zip(environments, json.loads(answer.stdout), strict=True):
        assert str(read_surroundings(environ).runtime_folder) == theirs, environ


@pytest.mark.parametrize(
    ("platform", "environ", "folder"),
    [
        ("darwin", {"HOME": "/Users/dana"}, "/Users/dana/Library/Jupyter/runtime"),
        ("darwin", {"HOME": "/Users/dana", "XDG_DATA_HOME": "/xdg"}, "/Users/dana/Library/Jupyter/runtime"),
        (
            "darwin",
            {"HOME": "/Users/dana", "JUPYTER_PLATFORM_DIRS": "1"},
            "/Users/dana/Library/Application Support/Jupyter/runtime",
        ),
        ("win32", {"APPDATA": "/c/Roaming", "USERPROFILE": "/c/dana"}, "/c/Roaming/jupyter/runtime"),
        ("win32", {"USERPROFILE": "/c/dana"}, "/c/dana/.jupyter/data/runtime"),
        (
            "win32",
            {"USERPROFILE": "/c/dana", "LOCALAPPDATA": "/c/Local", "JUPYTER_PLATFORM_DIRS": "1"},
            "/c/Local/Jupyter/runtime",
        ),
    ],
)
def test_the_runtime_folder_elsewhere(platform: str, environ: dict[str, str], folder: str) -> None:
    assert surroundings_of(environ, platform).runtime_folder == Path(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="a handle there")
@pytest.mark.parametrize(
    ("told", "pid"),
    [("1234", 1234), ("0", None), ("", None), ("-1", None), ("x", None), ("１", None), ("9" * 50, None)],
)
def test_the_process_that_started_the_kernel(told: str, pid: int | None) -> None:
    assert surroundings_of({"JPY_PARENT_PID": told}).parent_pid == pid
    assert surroundings_of({}).parent_pid is None


def test_a_hub_is_seen_when_it_tells_all_that_is_needed() -> None:
    hub = surroundings_of(HUB).hub
    assert hub is not None
    assert hub.api_token == Secret("hub-token")
    assert hub.service_url == HUB["JUPYTERHUB_SERVICE_URL"]
    assert hub.service_prefix == "/user/dana/"
    assert hub.public_url is None
    assert hub.server_name == ""
    assert "hub-token" not in repr(hub)


@pytest.mark.parametrize("missing", HUB)
def test_half_a_hub_is_none(missing: str) -> None:
    assert surroundings_of({name: value for name, value in HUB.items() if name != missing}).hub is None


@pytest.mark.parametrize(
    ("more", "public"),
    [
        ({"JUPYTERHUB_PUBLIC_HUB_URL": "https://hub.example/hub/"}, "https://hub.example/hub/"),
        ({"JUPYTERHUB_PUBLIC_URL": "https://hub.example/user/dana/"}, "https://hub.example/hub/"),
        ({"JUPYTERHUB_PUBLIC_URL": "https://hub.example/user/dana"}, "https://hub.example/hub/"),
        (
            {
                "JUPYTERHUB_SERVICE_PREFIX": "/jupyter/user/dana/gpu/",
                "JUPYTERHUB_BASE_URL": "/jupyter/",
                "JUPYTERHUB_PUBLIC_URL": "https://hub.example/jupyter/user/dana/gpu/",
            },
            "https://hub.example/jupyter/hub/",
        ),
        ({"JUPYTERHUB_PUBLIC_URL": "https://elsewhere.example/x/"}, None),
    ],
)
def test_the_hubs_public_address_is_worked_out(more: dict[str, str], public: str | None) -> None:
    hub = surroundings_of(HUB | more).hub
    assert hub is not None
    assert hub.public_url == public


def test_a_named_server_is_seen() -> None:
    hub = surroundings_of(HUB | {"JUPYTERHUB_SERVER_NAME": "gpu"}).hub
    assert hub is not None
    assert hub.server_name == "gpu"


def test_the_real_environment_is_read_when_none_is_handed_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(os.environ, "JUPYTER_RUNTIME_DIR", str(tmp_path))
    assert read_surroundings().runtime_folder == tmp_path
