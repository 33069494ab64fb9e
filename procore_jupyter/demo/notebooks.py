"""The folder of a person's own notebooks: what the demo ships is put there, and what they made of it stays.

A notebook counts as changed when its cells are, whether they ran or not: outputs alone are no work of a person's.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import itertools
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from procore_jupyter.files import private

FIRST_NOTEBOOK = "01-connect.ipynb"

NAME = "procore-demo"
"""The folder's name. Further ones have a number after it."""

_NAMED = re.compile(rf"{NAME}(?:-(\d+))?")

_SHIPPED = ".shipped.json"
"""The file in the folder with the fingerprint of each notebook that was put there, as it was then."""


def own_folder(*, fresh: bool = False) -> Path:
    """Return the folder of the person's notebooks, the newest one, and make it if it isn't there.

    It stands among their documents, where people look for what they made. Where there is no such folder, or it may not be
    written to, it stands beside the package's other data.

    Parameters
    ----------
    fresh : bool
        Whether to make a new one.

    Raises
    ------
    OSError
        It can't be made.
    """
    data = private.data_folder()  # where there is no home folder, this says so
    place = Path(platformdirs.user_documents_dir())
    if not (place.is_dir() and os.access(place, os.W_OK)):
        place = private.private_folder(data)
    numbers = [int(found[1] or 1) for one in place.iterdir() if (found := _NAMED.fullmatch(one.name))]
    number = max(numbers, default=1 - fresh) + fresh
    folder = place / (NAME if number == 1 else f"{NAME}-{number}")
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def put(folder: Path) -> list[str]:
    """Put the notebooks that the demo ships into a folder, and return a line for each that the person's stay beside.

    A notebook that they have changed is left alone. If the demo ships another version of it since, that one gets a name with a number.

    Parameters
    ----------
    folder : Path
        The folder.

    Raises
    ------
    FileNotFoundError
        The notebooks are missing from this installation.
    OSError
        The folder can't be written to.
    """
    told, known = [], _known(folder)
    for name, content in shipped():
        path, mark = folder / name, _fingerprint(content)
        there = _fingerprint(path.read_bytes()) if path.is_file() else None
        if there is None or there == known.get(name) != mark:
            path.write_bytes(content)
        elif there != mark != known.get(name):
            beside = _free(path)
            beside.write_bytes(content)
            told.append(f"You have changed {name}, so it stays as it is. The new version is {beside.name}.")
        known[name] = mark
    (folder / _SHIPPED).write_text(json.dumps(known), encoding="utf-8")
    return told


def shipped() -> Iterator[tuple[str, bytes]]:
    """Return the notebooks of the installed package, or else of the checkout, with their names.

    Raises
    ------
    FileNotFoundError
        There are none.
    """
    package = importlib.resources.files("procore_jupyter")
    for source in (package / "demo" / "notebooks", Path(str(package)).parent / "notebooks"):
        if (source / FIRST_NOTEBOOK).is_file():
            for one in sorted(source.iterdir(), key=lambda one: one.name):
                if one.name.endswith(".ipynb"):
                    yield one.name, one.read_bytes()
            return
    raise FileNotFoundError(FIRST_NOTEBOOK)


def _free(path: Path) -> Path:
    """Return a path with a number after the name that nothing has."""
    named = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return next(one for one in named if not one.exists())


def _known(folder: Path) -> dict[str, str]:
    try:
        known = json.loads((folder / _SHIPPED).read_bytes())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _fingerprint(notebook: bytes) -> str:
    """Return the SHA-256, in hex, of what is written in a notebook's cells; of all of it if it is no notebook."""
    try:
        cells = [[one["cell_type"], "".join(one["source"])] for one in json.loads(notebook)["cells"]]
        notebook = json.dumps(cells).encode()
    except (ValueError, LookupError, TypeError):
        pass  # the person has made something else of the file, which isn't the shipped one
    return hashlib.sha256(notebook).hexdigest()
