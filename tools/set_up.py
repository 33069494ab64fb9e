"""Makes the virtual environment that `make` works in, and says what it does.

Run with any Python from 3.11 on; imports the standard library alone::

    python tools/set_up.py demo | test | dev | labextension

A second run finds everything done and takes a moment. Interrupted or terminated, it ends what it
started, and the next run goes on from there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import labextension

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "set-up.json"
LOG = VENV / "set-up.log"

# The proxy that JupyterHub starts, for the tests of it.
HUB_PROXY = "configurable-http-proxy@5.3.0"

# What each kind of work needs of the extras in pyproject.toml.
EXTRAS = {
    "demo": ["demo"],
    "test": ["demo", "test"],
    "dev": ["demo", "test", "dev"],
    "labextension": ["demo"],
}


def main(purpose: str) -> None:
    """Set up what one purpose needs; leave alone what is there."""
    if not is_venv_usable():
        make_venv()
    done = read_stamp()
    if purpose == "labextension":
        labextension.MADE_FROM.unlink(missing_ok=True)
        done.pop("project", None)
    install_package(done, EXTRAS[purpose])
    if not labextension.is_built():
        say(
            "JupyterLab's extension could not be built (is the npm registry reachable?), so it goes on without it:"
            " the Procore commands are missing from JupyterLab's palette, everything else works."
            f" Why: {LOG.relative_to(ROOT)}. Once more:  make labextension"
        )
        if purpose == "labextension":
            sys.exit(1)
    if purpose in ("test", "dev"):
        install_hub_proxy()
        find_or_install_browser()


# --------------------------------------------------------------------------- the virtual environment


def is_venv_usable() -> bool:
    """Tell whether the environment is there, whole, and made with the Python now asked for."""
    if not (VENV / "pyvenv.cfg").is_file() or not PYTHON.exists():
        return False
    look = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    found = subprocess.run([PYTHON, "-c", look], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        return False  # half made, or its Python was upgraded away
    return (
        not os.environ.get("PYTHON") or found.stdout.strip() == f"{sys.version_info[0]}.{sys.version_info[1]}"
    )


def make_venv() -> None:
    """Make it anew."""
    say(f"Making a virtual environment in .venv with Python {sys.version.split()[0]} ({sys.executable})")
    VENV.mkdir(exist_ok=True)
    if run([sys.executable, "-m", "venv", "--clear", str(VENV)], log=None) != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        fail(
            "The virtual environment could not be made. On Debian its module is a package: apt install python3-venv"
        )


def read_stamp() -> dict[str, object]:
    """Return what the last set-up did, empty where there was none."""
    try:
        done = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return done if isinstance(done, dict) else {}


# --------------------------------------------------------------------------------------- the package


def install_package(done: dict[str, object], extras: list[str]) -> None:
    """Install the checkout into the environment, with what it depends on, where that has changed."""
    project = project_fingerprint()
    there = done.get("extras")
    have = [str(one) for one in there] if isinstance(there, list) else []
    if done.get("project") == project and set(extras) <= set(have):
        return
    wanted = sorted({*extras, *have})
    say(f"Installing procore-jupyter[{','.join(wanted)}] into .venv: one to three minutes the first time")
    if not labextension.is_built():
        say("  … with JupyterLab's extension, which is built with a Node that lives as long as the build")
    STAMP.unlink(missing_ok=True)
    # Editable: the code runs from the checkout, while what Jupyter looks for (the server extension's
    # switch, JupyterLab's extension) is copied into the environment. Hence the stamp.
    command = [str(PYTHON), "-m", "pip", "install", "--verbose", "--disable-pip-version-check", "--no-input"]
    if run([*command, "--editable", f".[{','.join(wanted)}]"], log=LOG) != 0:
        tail = LOG.read_text(errors="replace").splitlines()[-25:]
        fail(
            "\n".join(
                [
                    *tail,
                    "",
                    f"pip could not install the package: see above, or all of it in {LOG.relative_to(ROOT)}",
                ]
            )
        )
    STAMP.write_text(json.dumps({"project": project, "extras": wanted}))


def project_fingerprint() -> str:
    """Return a SHA-256, in hex, of everything that the installation depends on beside the code itself."""
    digest = hashlib.sha256(labextension.fingerprint().encode())
    for file in [ROOT / "pyproject.toml", *sorted((ROOT / "jupyter-config").rglob("*.json"))]:
        digest.update(file.read_bytes())
    return digest.hexdigest()


# ------------------------------------------------------------------------------------ JupyterHub's proxy


def install_hub_proxy() -> None:
    """See to it that the tests' JupyterHub has its proxy: a package of npm, run by the environment's own node."""
    if os.name == "nt" or (VENV / "bin/configurable-http-proxy").exists():
        return
    say("Fetching JupyterHub's proxy from the npm registry, for the tests")
    command = [str(VENV / "bin/npm"), "install", "--global", "--prefix", str(VENV), "--no-audit", "--no-fund"]
    if run([*command, HUB_PROXY], log=LOG) != 0:
        fail(
            f"JupyterHub's proxy could not be fetched ({LOG.relative_to(ROOT)}). Is the npm registry reachable?"
        )


# --------------------------------------------------------------------------------------- the browser


def find_or_install_browser() -> None:
    """See to it that there is a Chromium for the browser tests."""
    if shutil.which("chromium") or shutil.which("chromium-browser"):
        return
    if is_debian():
        as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        if not as_root or run(["sudo", "-n", "true"], log=LOG) == 0:
            say("Installing Debian's Chromium with apt, for the browser tests")
            environment = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive"]
            run([*environment, "apt-get", "update"], log=LOG)
            if run([*environment, "apt-get", "install", "--yes", "chromium"], log=LOG) == 0:
                return
            say("  … which did not work")
    say("Looking for Playwright's own Chromium for the browser tests, and fetching it where it is missing")
    if run([str(PYTHON), "-m", "playwright", "install", "chromium"], log=LOG) != 0:
        fail(
            f"There is no browser for the browser tests, and none could be fetched ({LOG.relative_to(ROOT)})."
            " Install Chromium (Debian: apt install chromium) and try again."
        )


def is_debian() -> bool:
    """Tell whether this is Debian itself: Ubuntu's package of that name is a snap, and no use here."""
    try:
        return "ID=debian" in Path("/etc/os-release").read_text().splitlines()
    except OSError:
        return False


# ----------------------------------------------------------------------------------- running, talking


def run(command: list[str], *, log: Path | None) -> int:
    """Run one command to its end and return its exit code; when we are ended, end all of it.

    The command gets a process group of its own: pip starts a build, which starts node, and a signal
    to this process alone would leave them behind.
    """
    received: list[int] = []
    signals = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = [(one, signal.signal(one, lambda number, frame: received.append(number))) for one in signals]
    try:
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(log.open("ab")) if log else subprocess.DEVNULL
            try:
                process = subprocess.Popen(
                    command,
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except FileNotFoundError:
                return 127
            while not received:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return process.wait(0.1)
            end_group(process)
            sys.exit(128 + received[0])
    finally:
        for one, handler in before:
            signal.signal(one, handler)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a command and everything it started: asked first, so that pip clears its temporary folders."""
    for number, patience in ((signal.SIGINT, 10.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)


def say(line: str) -> None:
    """Tell the person, at once."""
    print(line, flush=True)


def fail(line: str) -> None:
    """Tell the person why it can't go on, and stop."""
    print(line, file=sys.stderr, flush=True)
    sys.exit(1)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in EXTRAS:
        fail(f"usage: set_up.py {' | '.join(EXTRAS)}")
    main(sys.argv[1])
