"""Builds the JupyterLab extension when a wheel, an sdist or an editable install is made.

`pyproject.toml` names `build` as the build function of hatch-jupyter-builder's hook. ``tools/set_up.py`` runs this file
in an environment that has what a build needs, and copies the extension into its own.
"""

from __future__ import annotations

import filecmp
import hashlib
import shutil
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "labextension"
BUILT = FOLDER / "dist"
MADE_FROM = FOLDER / "dist.sha256"
"""The fingerprint of what the built files were made from. It stands beside dist/, because all of dist/ is installed."""

_IN_AN_ENVIRONMENT = "share/jupyter/labextensions/procore-jupyter"
"""The folder below an environment's own where JupyterLab looks for this extension."""


def fingerprint() -> str:
    """Return the SHA-256, in hex, of everything that the built files depend on.

    Modification times are no substitute: a checkout and an unpacked sdist set them arbitrarily.
    """
    files = [FOLDER / name for name in ("package.json", "tsconfig.json", "yarn.lock", ".yarnrc.yml")]
    for folder in ("schema", "src", "style"):
        files += sorted(file for file in (FOLDER / folder).rglob("*") if file.is_file())
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(FOLDER).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def is_built() -> bool:
    """Tell whether the built files are there and were made from the present sources."""
    return (
        (BUILT / "package.json").is_file() and MADE_FROM.is_file() and MADE_FROM.read_text() == fingerprint()
    )


def is_installed(prefix: Path) -> bool:
    """Tell whether an environment has the files that are built now. Their names, which are in package.json, hold hashes."""
    there = prefix / _IN_AN_ENVIRONMENT / "package.json"
    return there.is_file() and filecmp.cmp(there, BUILT / "package.json", shallow=False)


def install(prefix: Path) -> None:
    """Put the built files into an environment, in place of others. A JupyterLab that runs has them when its page is loaded."""
    there = prefix / _IN_AN_ENVIRONMENT
    # Whole, or not at all: whoever is stopped in between leaves no half of it that looks whole.
    copy = there.parents[1] / f"{there.name}.copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(BUILT, copy)
    shutil.copyfile(FOLDER / "install.json", copy / "install.json")
    shutil.rmtree(there, ignore_errors=True)
    there.parent.mkdir(exist_ok=True)
    copy.rename(there)


def build(target_name: str, version: str) -> None:
    """Build the extension, unless it is built already, as it is in an sdist.

    Parameters
    ----------
    target_name : str
        ``wheel`` or ``sdist``.
    version : str
        ``standard`` or ``editable``.

    Raises
    ------
    subprocess.CalledProcessError
        Packages could not be fetched from the npm registry, or the sources don't compile.
    """
    if is_built():
        return
    from hatch_jupyter_builder import npm_builder  # pip installs it for the build alone

    # A build that fails leaves no stale files.
    shutil.rmtree(BUILT, ignore_errors=True)
    MADE_FROM.unlink(missing_ok=True)
    made_from = fingerprint()
    npm_builder(target_name, version, path=str(FOLDER), build_cmd="build", npm=["jlpm"])
    MADE_FROM.write_text(made_from)


if __name__ == "__main__":
    build("wheel", "standard")
