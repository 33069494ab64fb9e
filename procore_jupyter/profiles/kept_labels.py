"""The labels of custom fields, as an administrator has saved them for those who may not read the definitions: a TOML file.

::

    [labels."api.procore.com".1234]
    562949953421312 = "Risk level"
"""

from __future__ import annotations

import contextlib
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomli_w

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.files import private
from procore_jupyter.files.target import replacing

NAME = "labels.toml"
LARGEST = 5_000_000
"""Bytes of a file of labels that is read, at most."""

_HEAD = """# Labels of custom fields, saved by  procore-jupyter check --keep-labels  for people who don't have access to them in Procore.
# It is read from  {folder}  (see  procore-jupyter status --paths), or from  {shared}  for all users.
"""


def label_paths() -> Iterator[Path]:
    """Give the files that are read: the user's own, and that of the Python environment."""
    with contextlib.suppress(private.NoHome):
        yield private.data_folder() / NAME
    yield Path(sys.prefix, "share", "procore-jupyter", NAME)


def kept_labels(api_host: str, company: int) -> Mapping[int, str]:
    """Return the labels of a company's custom fields, by the definitions' ids; none if nobody has saved them.

    Raises
    ------
    ConfigurationError
        A file of labels can't be read.
    """
    for path in label_paths():
        found = _read(path).get(api_host, {}).get(str(company), {})
        if found:
            return {int(number): label for number, label in found.items()}
    return {}


def keep_labels(api_host: str, company: int, labels: Mapping[int, str], path: Path | None = None) -> Path:
    """Save the labels of a company's custom fields; those of others in the file stay. Return the file.

    Parameters
    ----------
    api_host : str
        The host of the API.
    company : int
        The company.
    labels : mapping of int to str
        The labels, by the definitions' ids.
    path : Path or None
        The file; None for the user's own, which is read by itself.

    Raises
    ------
    ConfigurationError
        The file that is there can't be read.
    OSError
        It can't be written.
    """
    own = private.data_folder() / NAME
    path = path or own
    found = {host: dict(companies) for host, companies in _read(path).items()}
    found.setdefault(api_host, {})[str(company)] = {str(number): label for number, label in labels.items()}
    head = _HEAD.format(folder=own, shared=Path(sys.prefix, "share", "procore-jupyter", NAME))
    private.private_folder(own.parent)
    with replacing(path) as target:
        target.beside.write_text(head + tomli_w.dumps({"labels": found}), encoding="utf-8")
    return path


def _read(path: Path) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigurationError(f"{path} can't be read: {error.strerror}.") from None
    try:
        found = tomllib.loads(content.decode())["labels"] if len(content) <= LARGEST else None
    except (ValueError, KeyError):
        found = None
    if not isinstance(found, dict) or not _are_labels(found):
        raise ConfigurationError(
            f"{path} contains no labels of custom fields, or is damaged. Delete it, or save it again."
        )
    return found


def _are_labels(found: Mapping[str, Any]) -> bool:
    """Tell whether something is texts by numbers, by companies, by hosts."""
    companies = [one for host in found.values() if isinstance(host, dict) for one in host.items()]
    return all(isinstance(host, dict) for host in found.values()) and all(
        number.isdecimal() and isinstance(labels, dict) and all(_is_label(*one) for one in labels.items())
        for number, labels in companies
    )


def _is_label(number: object, label: object) -> bool:
    return (
        isinstance(number, str)
        and number.isascii()
        and number.isdecimal()
        and len(number) < 20
        and isinstance(label, str)
    )
