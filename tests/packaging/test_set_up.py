"""`make` sets everything up by itself, and leaves nothing running when it is stopped."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import labextension, set_up
from tools.installer import Installer, requirements, uv_variables
from tools.set_up import lowest_versions

pytestmark = pytest.mark.skipif(os.name != "posix", reason="make, sh and their signals are for POSIX systems")

ROOT = Path(__file__).resolve().parents[2]

# A set-up whose one step starts a process of its own, as pip starts a build, and says who they are.
STEP = """
import sys
from pathlib import Path
from tools.set_up import run
run([sys.executable, "-c", '''
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
Path = __import__("pathlib").Path
Path(sys.argv[1] + ".part").write_text(f"{os.getpid()} {child.pid}")
os.replace(sys.argv[1] + ".part", sys.argv[1])
time.sleep(600)
''', sys.argv[1]], log=None)
"""

# A demo that ends at once, and leaves the process that builds beside it to see that.
BESIDE = """
import os, subprocess, sys
building = '''
import os, sys, time
from pathlib import Path
from tools import demo
def build(venv):
    Path(sys.argv[1] + ".part").write_text(str(os.getpid()))
    os.replace(sys.argv[1] + ".part", sys.argv[1])
    time.sleep(600)
demo.add_extension = build
demo.build_beside(os.getppid())
'''
process = subprocess.Popen([sys.executable, "-c", building, sys.argv[1]], start_new_session=True)
while not os.path.exists(sys.argv[1]):
    assert process.poll() is None
os._exit(0)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_set_up_that_is_stopped_leaves_nothing_running(tmp_path: Path, name: str) -> None:
    number = signal.Signals[name]
    told = tmp_path / "pids"
    process = subprocess.Popen([sys.executable, "-c", STEP, str(told)], cwd=ROOT)
    wait_until(told.exists)
    pids = [int(pid) for pid in told.read_text().split()]
    assert all(map(is_running, pids))

    process.send_signal(number)

    assert process.wait(60) == 128 + number
    wait_until(lambda: not any(map(is_running, pids)))


def test_what_builds_beside_the_demo_ends_with_it(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    subprocess.run([sys.executable, "-c", BESIDE, str(told)], cwd=ROOT, check=True)
    wait_until(lambda: not is_running(int(told.read_text())))


def test_what_is_installed_is_the_extension_that_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built, folder = tmp_path / "built", tmp_path / "venv" / "share/jupyter/labextensions/procore-jupyter"
    built.mkdir()
    (built / "package.json").write_text("new")
    monkeypatch.setattr(labextension, "BUILT", built)
    assert not labextension.is_installed(tmp_path / "venv")
    folder.mkdir(parents=True)
    (folder / "package.json").write_text("old")
    (folder / "old.js").touch()
    assert not labextension.is_installed(tmp_path / "venv")

    labextension.install(tmp_path / "venv")

    assert labextension.is_installed(tmp_path / "venv")
    assert {one.name for one in folder.iterdir()} == {"install.json", "package.json"}


def test_an_extension_that_could_not_be_built_is_not_tried_again_at_each_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tried: list[set_up.Venv] = []

    def fail(venv: set_up.Venv) -> bool:
        tried.append(venv)
        return False

    monkeypatch.setattr(set_up, "ROOT", tmp_path)
    monkeypatch.setattr(set_up, "is_usable", lambda venv: True)
    monkeypatch.setattr(set_up, "install_package", lambda *_, **__: None)
    monkeypatch.setattr(set_up, "has_extension", lambda venv: False)
    monkeypatch.setattr(set_up, "add_extension", fail)
    monkeypatch.setattr(labextension, "MADE_FROM", tmp_path / "none")
    monkeypatch.setitem(set_up.EXTRAS, "dev", ["dev"])  # no browser
    (tmp_path / ".venv").mkdir()
    set_up.main("demo")
    assert tried == []
    set_up.main("dev")
    set_up.main("dev")
    assert len(tried) == 1
    assert "make labextension" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        set_up.main("labextension")
    assert len(tried) == 2


def test_uv_takes_packages_from_where_pip_does() -> None:
    assert uv_variables("") == {}
    assert uv_variables(
        ":env:.cert='/ca.pem'\n:env:.no-input='1'\n"
        "global.extra-index-url='\\nhttps://one.example/?a.b=c\\nfile:///two'\ninstall.find-links='/wheels'\n"
    ) == {
        "SSL_CERT_FILE": "/ca.pem",
        "UV_EXTRA_INDEX_URL": "https://one.example/?a.b=c file:///two",
        "UV_FIND_LINKS": "/wheels",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }
    assert (
        uv_variables("global.index-url='https://mine.example/simple'\nglobal.client-cert='/me.pem'\n") is None
    )


@pytest.mark.parametrize("uv_works", [True, False])
def test_what_uv_can_not_install_pip_does(uv_works: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], more: dict[str, str]) -> bool:
        ran.append(command)
        return uv_works or "-m" in command

    monkeypatch.setattr(Installer, "_pip_settings", lambda self: "")
    monkeypatch.setattr("shutil.which", lambda name, path=None: None if path else "/own/uv")
    assert Installer(Path("/venv/python"), run).install("one", upgrade=True)
    uv = ["/own/uv", "pip", "install", "--python", "/venv/python", "--upgrade", "one"]
    pip = ["/venv/python", "-m", "pip", "install", "--no-input", "--upgrade", "--upgrade-strategy", "eager"]
    assert ran == [uv] if uv_works else [uv, [*pip, "one"]]


def test_where_uv_can_not_be_had_pip_installs(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], more: dict[str, str]) -> bool:
        ran.append(command)
        return "uv" not in command

    monkeypatch.setattr(Installer, "_pip_settings", lambda self: "")
    monkeypatch.setattr("shutil.which", lambda name, path=None: None)
    installer = Installer(Path("/venv/python"), run)
    assert not installer.is_quick
    assert installer.install("one", into=Path("/other/python"))
    pip = ["/venv/python", "-m", "pip"]
    assert ran == [
        [*pip, "install", "--only-binary", ":all:", "--no-input", "uv"],
        [*pip, "--python", "/other/python", "install", "--no-input", "one"],
    ]


def test_an_extra_that_names_others_means_theirs_too() -> None:
    project: dict[str, object] = {
        "name": "mine",
        "dependencies": ["a"],
        "optional-dependencies": {
            "all": ["mine[b,c]", "d>=1"],
            "b": ["b"],
            "c": ["mine[all]", "c"],
            "e": ["e"],
        },
    }
    assert requirements(project, []) == ["a"]
    assert requirements(project, ["all"]) == ["a", "b", "c", "d>=1"]


def test_a_python_that_does_not_fit_is_refused_in_one_line() -> None:
    done = find_python("/nowhere/python3")
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "PYTHON=/nowhere/python3 is not a Python 3.11 or newer. Give another one:  make PYTHON=/path/to/python3"
    )


def test_a_python_that_fits_is_taken() -> None:
    done = find_python(sys.executable)
    assert done.returncode == 0
    assert done.stdout.strip() == sys.executable


def test_an_old_python_is_passed_over_for_a_newer_one(tmp_path: Path) -> None:
    script(tmp_path / "python3", "exit 1")
    script(tmp_path / "python3.12", "exit 0")
    done = find_python("", path=tmp_path)
    assert done.stdout.strip() == str(tmp_path / "python3.12")


def test_without_any_python_the_message_says_what_to_install(tmp_path: Path) -> None:
    done = find_python("", path=tmp_path)
    assert done.returncode == 1
    assert "apt install python3 python3-venv" in done.stderr
    assert "brew install python3" in done.stderr


def test_the_lowest_versions_are_those_of_every_dependency_of_a_user() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    pinned = {line.partition("==")[0] for line in lowest_versions()}
    wanted = [*project["dependencies"], *extras["demo"], *extras["keyring"], *extras["polars"]]
    assert pinned == {re.split(r"[^\w.-]", one)[0] for one in wanted}
    assert "pandas==2.2" in lowest_versions()


def test_make_alone_lists_the_commands() -> None:
    done = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True)
    for command in ("demo", "test", "soak", "lowest", "newest", "check", "bench"):
        assert f"  make {command} " in done.stdout


def find_python(given: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the script that picks the Python, with another PATH where one is given."""
    env = {**os.environ, "PATH": str(path) if path else os.environ["PATH"]}
    command = ["/bin/sh", "tools/find-python.sh", given]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def script(path: Path, line: str) -> None:
    """Write a shell script of one line that can be run."""
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def is_running(pid: int) -> bool:
    """Tell whether a process is there and not merely unburied."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip()) and not done.stdout.strip().startswith("Z")


def wait_until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + 60
    while not true():
        assert time.monotonic() < until, "waited 60 s in vain"
        time.sleep(0.02)
