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
