"""Builds the JupyterLab extension when a wheel, an sdist or an editable install is made.

`pyproject.toml` names `build` as the build function of hatch-jupyter-builder's hook.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "labextension"
BUILT = FOLDER / "dist"
MADE_FROM = FOLDER / "dist.sha256"
"""The fingerprint of what the built files were made from. It stands beside dist/, because all of dist/ is installed."""


def fingerprint() -> str:
    """Return the SHA-256, in hex, of everything that the built files depend on.

    Modification times are no substitute: a checkout and an unpacked sdist set them arbitrarily.
    """
    files = [FOLDER / name for name in ("package.json", "tsconfig.json", "yarn.lock", ".yarnrc.yml")]
    files += sorted(file for file in (FOLDER / "src").rglob("*") if file.is_file())
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
