"""The machine, looked at: Python and the packages, the Jupyter server's half, JupyterLab's."""

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from procore_jupyter.check.finding import FAILS, HOLDS, UNTOLD, Finding
from procore_jupyter.login.discovery import JupyterServer, own_server, running_servers
from procore_jupyter.login.server_http import NoResponse, send_request
from procore_jupyter.settings.jupyter import Surroundings

PACKAGE = "procore-jupyter"

TOLD_OF = (
    "ipykernel",
    "ipywidgets",
    "jupyter-server",
    "jupyterlab",
    "notebook",
    "pandas",
    "pyarrow",
    "requests",
)
"""Packages whose versions are told, as far as they are installed."""

PATIENCE = 5.0
"""Seconds that a Jupyter server has to answer."""

_IN_LAB = Path("share", "jupyter", "labextensions", PACKAGE, "package.json")


def machine(surroundings: Surroundings, front_end: str) -> Iterator[Finding]:
    """Look at this machine. Nothing leaves it.

    Parameters
    ----------
    surroundings : Surroundings
        The Jupyter around this process.
    front_end : str
        What shows outputs to the person, in words.
    """
    yield python()
    yield packages()
    yield jupyter_server(surroundings)
    yield labextension(Path(sys.prefix))
    yield Finding("Front end", HOLDS, f"{front_end}.", told=front_end)


def python() -> Finding:
    """Tell which Python runs, and on what."""
    found = f"{platform.python_version()} on {platform.system()} ({platform.machine()})."
    return Finding("Python", HOLDS, found, told=found)


def packages() -> Finding:
    """Hold the installed packages against what this one needs."""
    # None if it isn't installed, but found by its path.
    needed_here = metadata.requires(PACKAGE) if _version(PACKAGE) else None
    wrong = [one for one in needed_here or () if "extra ==" not in one and not _is_met(one)]
    versions = [f"{name} {version}" for name in (PACKAGE, *TOLD_OF) if (version := _version(name))]
    found = f"{', '.join(versions)}."
    if not wrong:
        return Finding("Packages", HOLDS, found, told=found)
    needed = ", ".join(one.partition(";")[0].strip() for one in wrong)
    return Finding(
        "Packages",
        FAILS,
        found,
        believed=f"{needed} or newer is installed.",
        advice=f"Run  {sys.executable} -m pip install --upgrade {PACKAGE}  and restart the kernel.",
        told=f"{found} Needed: {needed}.",
    )


def jupyter_server(surroundings: Surroundings) -> Finding:
    """Ask the Jupyter server for its half of this package, which lives in the server's own environment."""
    subject, own = "Jupyter server", own_server(surroundings)
    server = own or next(iter(running_servers(surroundings)), None)
    if server is None:
        return Finding(
            subject,
            UNTOLD,
            "You have no Jupyter server running.",
            advice="Without one, Procore's answer comes back to this program, or you paste it.",
            told="No Jupyter server is running.",
        )
    try:
        answer = send_request(server, "GET", "health", headers={}, timeout=PATIENCE)
    except NoResponse:
        found = f"The Jupyter server {_named(server)} doesn't answer."
        return Finding(subject, FAILS, found, advice="Restart it.", told="The Jupyter server doesn't answer.")
    version = _version_in(answer.body) if answer.status == 200 else None
    if version is None:
        return Finding(
            subject,
            FAILS,
            f"The Jupyter server {_named(server)} doesn't have {PACKAGE}.",
            believed=f"{PACKAGE} is installed where JupyterLab runs too.",
            advice=f"Install {PACKAGE} where JupyterLab itself runs and restart JupyterLab. Until then you sign in by pasting an address.",
            told=f"The Jupyter server doesn't have {PACKAGE} (HTTP {answer.status}).",
        )
    own_version = _version(PACKAGE)
    if version != own_version:
        return Finding(
            subject,
            FAILS,
            f"The Jupyter server {_named(server)} has {PACKAGE} {version}.",
            believed=f"It has {own_version}, as this kernel.",
            advice=f"Upgrade {PACKAGE} in both environments, and restart JupyterLab.",
            told=f"The Jupyter server has {PACKAGE} {version}.",
        )
    return Finding(
        subject,
        HOLDS,
        f"The one {_named(server)} has {PACKAGE} {version}.",
        told=f"The Jupyter server has {PACKAGE} {version}.",
    )


def labextension(prefix: Path) -> Finding:
    """Look for the JupyterLab extension of this environment.

    Parameters
    ----------
    prefix : Path
        The environment's folder.
    """
    subject, version = "JupyterLab extension", _version(PACKAGE)
    try:
        told = json.loads((prefix / _IN_LAB).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = "It isn't in this environment."
        advice = f"If JupyterLab runs in another environment, look there. Otherwise run  {sys.executable} -m pip install --force-reinstall --no-deps {PACKAGE}."
        return Finding(subject, UNTOLD, found, advice=advice, told=found)
    there = told.get("version") if isinstance(told, dict) else None
    found = f"{there or 'An unknown version'} is in this environment."
    if there is None or _same(there) != _same(version or ""):
        advice = f"Run  {sys.executable} -m pip install --force-reinstall --no-deps {PACKAGE}  and reload JupyterLab."
        return Finding(subject, FAILS, found, believed=f"It is {version}.", advice=advice, told=found)
    return Finding(subject, HOLDS, found, told=found)


def _is_met(requirement: str) -> bool:
    """Tell whether an installed package is new enough for a requirement such as ``requests>=2.32.2``."""
    name, _, least = requirement.partition(";")[0].partition(">=")
    version = _version(name.partition("[")[0].strip())
    return version is not None and _numbers(version) >= _numbers(least.partition(",")[0])


def _same(version: str) -> str:
    """Return a version as npm and pip would both write it: 0.2.0-rc.1 and 0.2.0rc1 are one."""
    return re.sub(r"(?<=[a-z])\.|-", "", str(version))


def _numbers(version: str) -> list[int]:
    return [int(one) for one in version.split(".") if one.isdecimal()]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _version_in(body: bytes) -> str | None:
    try:
        told = json.loads(body)
    except ValueError:
        return None
    version = told.get("version") if isinstance(told, dict) else None
    return version if isinstance(version, str) else None


def _named(server: JupyterServer) -> str:
    return f"on port {server.port}" if server.sock is None else "of this notebook"
