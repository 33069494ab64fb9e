"""Installs packages into an environment: with uv, which takes a tenth of pip's time, and where uv can't, with pip.

It imports the standard library alone. uv is the person's own, or comes from PyPI into the environment.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

Run = Callable[[list[str], dict[str, str]], bool]
"""Runs a command with variables added to its environment, and tells whether it worked."""

_UV_NAMES = {
    "cert": "SSL_CERT_FILE",
    "constraint": "UV_CONSTRAINT",
    "extra-index-url": "UV_EXTRA_INDEX_URL",
    "find-links": "UV_FIND_LINKS",
    "index-url": "UV_INDEX_URL",
    "proxy": "ALL_PROXY",
}
"""pip's settings, and uv's variables that mean the same. uv reads no setting of pip's by itself."""

_OF_NO_MATTER = {
    "break-system-packages", "cache-dir", "default-timeout", "disable-pip-version-check", "log", "no-cache-dir",
    "no-color", "no-input", "no-warn-script-location", "progress-bar", "quiet", "require-virtualenv", "retries",
    "root-user-action", "timeout", "use-feature", "verbose",
}  # fmt: skip
"""pip's settings that say nothing of which packages are installed from where."""


class Installer:
    """Installs packages, with uv or pip.

    Parameters
    ----------
    python : path
        The Python of an environment that has pip. A uv that is fetched stands beside it.
    run : callable
        Runs a command.
    """

    def __init__(self, python: Path, run: Run) -> None:
        self._python = python
        self._run = run
        self._pip = [str(python), "-m", "pip"]
        self._uv: str | None = None
        self._variables = uv_variables(self._pip_settings())
        if self._variables is not None:
            self._uv = self._find_or_fetch_uv()

    @property
    def is_quick(self) -> bool:
        """Whether uv installs."""
        return self._uv is not None

    def _pip_settings(self) -> str:
        listed = [*self._pip, "config", "list"]
        return subprocess.run(listed, capture_output=True, text=True, check=False).stdout

    def _find_or_fetch_uv(self) -> str | None:
        own = shutil.which("uv", path=str(self._python.parent))
        if own is None and (own := shutil.which("uv")) is None:
            # Where there is no wheel of it, pip would compile it for minutes.
            self._run([*self._pip, "install", "--only-binary", ":all:", "--no-input", "uv"], {})
            own = shutil.which("uv", path=str(self._python.parent))
        return own

    def install(self, *arguments: str, into: Path | None = None, upgrade: bool = False) -> bool:
        """Install what pip's arguments name, and tell whether that worked.

        Parameters
        ----------
        *arguments : str
            Requirements, and options that uv and pip spell alike.
        into : path, optional
            The Python of another environment to install into.
        upgrade : bool
            Whether everything that is required becomes the newest release of itself.
        """
        if self._uv is not None and self._variables is not None:
            newer = ["--upgrade"] if upgrade else []
            uv = [self._uv, "pip", "install", "--python", str(into or self._python), *newer, *arguments]
            if self._run(uv, self._variables):
                return True
            # Its way to the network differs from pip's, and so does its resolver: pip has the last word.
        newer = ["--upgrade", "--upgrade-strategy", "eager"] if upgrade else []
        elsewhere = [] if into is None else ["--python", str(into)]
        return self._run([*self._pip, *elsewhere, "install", "--no-input", *newer, *arguments], {})


def uv_variables(settings: str) -> dict[str, str] | None:
    """Return uv's environment for pip's settings, so that packages come from the same places; None if uv has no such settings.

    Parameters
    ----------
    settings : str
        What ``pip config list`` prints.
    """
    variables: dict[str, str] = {}
    for found in re.finditer(r"^(\S+?)\.([\w-]+)=(.+)$", settings, re.MULTILINE):
        place, name, value = found.groups()
        if name in _OF_NO_MATTER or (place not in (":env:", "global", "install")):
            continue
        if name not in _UV_NAMES:
            return None
        variables[_UV_NAMES[name]] = " ".join(str(ast.literal_eval(value)).split())
    if "UV_EXTRA_INDEX_URL" in variables:
        variables["UV_INDEX_STRATEGY"] = (
            "unsafe-best-match"  # pip takes the newest release of all its indexes
        )
    return variables


def requirements(project: Mapping[str, object], extras: Iterable[str]) -> list[str]:
    """Return what a project and some of its extras require, without the project itself.

    Parameters
    ----------
    project : mapping
        The table ``project`` of pyproject.toml.
    extras : iterable of str
        Names of extras. One that names the project with extras in brackets means those.
    """
    optional, found = project["optional-dependencies"], list(_texts(project["dependencies"]))
    assert isinstance(optional, dict)
    wait, seen = list(extras), set()
    while wait:
        extra = wait.pop()
        if extra in seen:
            continue
        seen.add(extra)
        for one in _texts(optional[extra]):
            own = re.fullmatch(rf"{project['name']}\[(.*)\]", one)
            if own is None:
                found.append(one)
            else:
                wait += own[1].replace(" ", "").split(",")
    return sorted(set(found))


def _texts(value: object) -> list[str]:
    assert isinstance(value, list)
    return [str(one) for one in value]
