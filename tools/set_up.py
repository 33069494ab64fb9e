"""Makes the virtual environments that the project's commands run in, and says what it does.

It runs on any Python from 3.11 on, with or without make, and imports the standard library alone::

    python tools/set_up.py demo | test | dev | labextension | lowest | newest

``demo`` leaves JupyterLab's extension to ``tools/demo.py``, which builds it beside the running demo; the others build it.
A second run finds everything done and takes a moment. If it is interrupted or terminated, it ends the processes that it
started, and the next run goes on from there. Only ``newest`` asks for newer releases each time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import labextension
from tools.installer import Installer, requirements

ROOT = Path(__file__).resolve().parent.parent

HUB_PROXY = "configurable-http-proxy@5.3.0"
"""The npm package of the proxy that JupyterHub starts, for the tests of JupyterHub."""

EXTRAS = {
    "demo": ["demo"],
    "test": ["demo", "test"],
    "dev": ["demo", "test", "dev"],
    "labextension": ["demo"],
    "lowest": ["demo", "test"],
    "newest": ["demo", "test"],
}
"""The extras in pyproject.toml that each purpose needs."""

WITHOUT_EXTENSION = (
    "JupyterLab's extension could not be built (is the npm registry reachable?), so it goes on without it:"
    " the sidebar and the commands are missing from JupyterLab, everything else works."
    " Why: {}. Once more:  make labextension"
)
"""What a person is told where there is no extension, with the log's path."""


@dataclass(frozen=True)
class Venv:
    """A virtual environment in the checkout."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def stamp(self) -> Path:
        """What the last set-up did, as JSON."""
        return self.folder / "set-up.json"

    @property
    def log(self) -> Path:
        """What uv, pip, npm and apt have printed."""
        return self.folder / "set-up.log"

    @property
    def log_name(self) -> Path:
        """The log's path below the checkout."""
        return self.log.relative_to(ROOT)


def main(purpose: str) -> None:
    """Set up what one purpose needs, and leave alone what is there."""
    venv = Venv(ROOT / (f".venv-{purpose}" if purpose in ("lowest", "newest") else ".venv"))
    if not is_usable(venv):
        make(venv)
    done = read_stamp(venv)
    options = []
    if purpose == "newest":
        done.pop("project", None)
    elif purpose == "lowest":
        constraints = venv.folder / "constraints.txt"
        constraints.write_text("\n".join(lowest_versions()) + "\n")
        options = ["--constraint", str(constraints)]
    install_package(venv, done, EXTRAS[purpose], options, upgrade=purpose == "newest")
    if purpose == "labextension":
        labextension.MADE_FROM.unlink(missing_ok=True)
        if not add_extension(venv):
            sys.exit(1)
    elif purpose != "demo" and not has_extension(venv):
        # Where it failed once it isn't tried at each start: a registry that can't be reached takes minutes to say so.
        sources = {"tried": labextension.fingerprint()}
        if sources.items() <= read_stamp(venv).items():
            say(WITHOUT_EXTENSION.format(venv.log_name))
        elif not add_extension(venv):
            venv.stamp.write_text(json.dumps(read_stamp(venv) | sources))
    if "test" in EXTRAS[purpose]:
        install_hub_proxy(venv)
        find_or_install_browser(venv)
        find_or_install_libreoffice(venv)


# --------------------------------------------------------------------------- the virtual environment


def is_usable(venv: Venv) -> bool:
    """Tell whether the environment is there and whole, and was made with the Python that is asked for now."""
    if not (venv.folder / "pyvenv.cfg").is_file() or not venv.python.exists():
        return False
    look = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    found = subprocess.run([venv.python, "-c", look], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        return False  # an interrupted set-up left it half made, or its Python has been removed
    return (
        not os.environ.get("PYTHON") or found.stdout.strip() == f"{sys.version_info[0]}.{sys.version_info[1]}"
    )


def make(venv: Venv) -> None:
    """Make the environment, in place of a broken one."""
    name = venv.folder.name
    say(f"Making a virtual environment in {name} with Python {sys.version.split()[0]} ({sys.executable})")
    venv.folder.mkdir(exist_ok=True)
    if run([sys.executable, "-m", "venv", "--clear", str(venv.folder)], log=None) != 0:
        shutil.rmtree(venv.folder, ignore_errors=True)
        fail(
            "The virtual environment could not be made. On Debian its module is a package: apt install python3-venv"
        )


def read_stamp(venv: Venv) -> dict[str, object]:
    """Return what the last set-up did; empty if there was none."""
    try:
        done = json.loads(venv.stamp.read_text())
    except (OSError, ValueError):
        return {}
    return done if isinstance(done, dict) else {}


# --------------------------------------------------------------------------------------- the package


def install_package(
    venv: Venv, done: dict[str, object], extras: list[str], options: list[str], *, upgrade: bool
) -> None:
    """Install the checkout and its dependencies into the environment, if they have changed since the last set-up."""
    project = project_fingerprint()
    there = done.get("extras")
    have = [str(one) for one in there] if isinstance(there, list) else []
    if done.get("project") == project and set(extras) <= set(have):
        return
    wanted = sorted({*extras, *have})
    installer = installer_of(venv)
    time = "some seconds to half a minute" if installer.is_quick else "one to three minutes"
    say(f"Installing procore-jupyter[{','.join(wanted)}] into {venv.folder.name}: {time} the first time")
    venv.stamp.unlink(missing_ok=True)
    table = pyproject()
    of_build = [one for one in table["build-system"]["requires"] if one.startswith("hatch")]
    needed = [*requirements(table["project"], wanted), *of_build, "editables"]
    # An editable install runs the code from the checkout, but copies into the environment what switches the server
    # extension on. It is built by what the environment has: an environment for the build alone would get a Node, too.
    if not (
        installer.install(*options, *needed, upgrade=upgrade)
        and installer.install("--no-deps", "--no-build-isolation", "--editable", ".")
    ):
        tail = venv.log.read_text(errors="replace").splitlines()[-25:]
        why = f"The package could not be installed: see above, or all of it in {venv.log_name}"
        fail("\n".join([*tail, "", why]))
    venv.stamp.write_text(json.dumps({"project": project, "extras": wanted}))


def installer_of(venv: Venv) -> Installer:
    """Return what installs packages into an environment."""
    # JupyterLab's extension is built apart, by add_extension.
    without = {"SKIP_JUPYTER_BUILDER": "1"}
    return Installer(venv.python, lambda command, more: run(command, log=venv.log, more=without | more) == 0)


def pyproject() -> dict[str, Any]:
    """Return what pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def project_fingerprint() -> str:
    """Return the SHA-256, in hex, of everything but the code that the installation depends on."""
    digest = hashlib.sha256()
    for file in [ROOT / "pyproject.toml", *sorted((ROOT / "jupyter-config").rglob("*.json"))]:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def lowest_versions() -> list[str]:
    """Return a pip constraint for each dependency of a user's, to the lowest version that pyproject.toml allows.

    The packages that only the tests need are not among them.
    """
    project = pyproject()["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["demo"], *extras["keyring"], *extras["polars"]]
    found = [re.fullmatch(r"([\w.-]+)>=([\d.]+)", one) for one in wanted]
    return [f"{one[1]}=={one[2]}" for one in found if one is not None]


# ------------------------------------------------------------------------------- JupyterLab's extension


def has_extension(venv: Venv) -> bool:
    """Tell whether the environment has JupyterLab's extension, made from the present sources."""
    return labextension.is_built() and labextension.is_installed(venv.folder)


def add_extension(venv: Venv) -> bool:
    """Build JupyterLab's extension, unless that is done, and put it into the environment; tell whether that worked."""
    if not labextension.is_built():
        say("Building JupyterLab's extension with a Node that lives as long as the build")
        with tempfile.TemporaryDirectory() as folder:
            build = Venv(Path(folder))
            run([sys.executable, "-m", "venv", "--without-pip", folder], log=venv.log)
            installer_of(venv).install(*pyproject()["build-system"]["requires"], into=build.python)
            path = os.pathsep.join([str(build.python.parent), os.environ.get("PATH", os.defpath)])
            command = [str(build.python), str(Path(labextension.__file__))]
            run(command, log=venv.log, more={"PATH": path})
    if labextension.is_built():
        labextension.install(venv.folder)
        return True
    say(WITHOUT_EXTENSION.format(venv.log_name))
    return False


# ------------------------------------------------------------------------------------ JupyterHub's proxy


def install_hub_proxy(venv: Venv) -> None:
    """Install the proxy of the tests' JupyterHub, an npm package that runs on the environment's own Node."""
    if os.name == "nt" or (venv.folder / "bin/configurable-http-proxy").exists():
        return
    say("Fetching JupyterHub's proxy from the npm registry, for the tests")
    npm, prefix = str(venv.folder / "bin/npm"), str(venv.folder)
    command = [npm, "install", "--global", "--prefix", prefix, "--no-audit", "--no-fund", HUB_PROXY]
    if run(command, log=venv.log) != 0:
        fail(f"JupyterHub's proxy could not be fetched ({venv.log_name}). Is the npm registry reachable?")


# --------------------------------------------------------------------------------------- the browser


def find_or_install_browser(venv: Venv) -> None:
    """Install a Chromium for the browser tests, if there is none."""
    if shutil.which("chromium") or shutil.which("chromium-browser"):
        return
    if is_debian() and may_install(venv):
        say("Installing Debian's Chromium with apt, for the browser tests")
        if apt_install("chromium", venv):
            return
        say("  … which did not work")
    say("Looking for Playwright's own Chromium for the browser tests, and fetching it where it is missing")
    if run([str(venv.python), "-m", "playwright", "install", "chromium"], log=venv.log) != 0:
        fail(
            f"There is no browser for the browser tests, and none could be fetched ({venv.log_name})."
            " Install Chromium (Debian: apt install chromium) and try again."
        )


def find_or_install_libreoffice(venv: Venv) -> None:
    """Install LibreOffice's spreadsheet on a Debian that has none. A test opens workbooks with it, and is skipped without."""
    if shutil.which("soffice") or not is_debian() or not may_install(venv):
        return
    say("Installing Debian's LibreOffice Calc with apt, for the tests of Excel workbooks: half a minute")
    if not apt_install("libreoffice-calc-nogui", venv, "--no-install-recommends"):
        say("  … which did not work, so the test that needs it is skipped")


def may_install(venv: Venv) -> bool:
    """Tell whether apt may be run without asking for a password."""
    return os.geteuid() == 0 or run(["sudo", "-n", "true"], log=venv.log) == 0


def apt_install(package: str, venv: Venv, *options: str) -> bool:
    """Install a package of Debian's, and tell whether that worked."""
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    apt = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    run([*apt, "update"], log=venv.log)
    return run([*apt, "install", "--yes", *options, package], log=venv.log) == 0


def is_debian() -> bool:
    """Tell whether this is Debian itself. Ubuntu's package `chromium` installs a snap, which the tests can't drive."""
    try:
        return "ID=debian" in Path("/etc/os-release").read_text().splitlines()
    except OSError:
        return False


# ----------------------------------------------------------------------------------- running, talking


def run(command: list[str], *, log: Path | None, more: Mapping[str, str] | None = None) -> int:
    """Run one command and return its exit code. If this process is told to end, end the command and all it started.

    The command gets a process group of its own, because pip starts a build and the build starts Node: a signal to pip
    alone would leave them running.

    Parameters
    ----------
    command : list of str
        The command.
    log : path, optional
        The file that what it prints is added to.
    more : mapping, optional
        Variables that are added to its environment.
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
                    env={**os.environ, **(more or {})},
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
    """End a command and everything it started, first by a request, so that pip removes its temporary folders."""
    if sys.platform == "win32":  # which has no process groups to signal
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
        return
    for number, patience in ((signal.SIGINT, 10.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)


def say(line: str) -> None:
    """Print a line for the person at once."""
    print(line, flush=True)


def fail(line: str) -> None:
    """Say why the set-up can't go on, and end with exit code 1."""
    print(line, file=sys.stderr, flush=True)
    sys.exit(1)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in EXTRAS:
        fail(f"usage: set_up.py {' | '.join(EXTRAS)}")
    main(sys.argv[1])
