"""`Quirks`: what lists of an API were found to do other than was thought, so that no kernel finds it out a second time.

One private file, ``quirks.json`` in the user's data folder, for all APIs and kernels::

    {"version": 1, "quirks": [{"api": "https://api.procore.com", "path": "/rest/v1.0/work_order_contracts/{}/line_items",
                               "name": "largest_page", "value": 100}, …]}

A path is kept without ids, so that what one project's list did is known of all projects' lists. Where the file can't be read or
written, a process remembers what it found out itself.
"""

from __future__ import annotations

import contextlib
import math
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from procore_jupyter.files.document import DocumentError, DocumentFile, DocumentWords, EntryList

Kind = TypeVar("Kind")
Value = str | int | float | bool
Key = tuple[str, str]

MOST = 2000
"""Quirks in the file at most; the oldest go first."""

_WORDS = DocumentWords(
    thing="quirk of a list",
    kept="known",
    clash="if two notebooks learn something about a list at the same moment, one of them may have to learn it again",
)
_WORD = re.compile(r"[a-z_]+|v\d+(?:\.\d+)?")


class Quirks:
    """What lists of one API were found to do.

    Parameters
    ----------
    api_url : str
        The address of the API.
    file : Path or None
        The file that all kernels share; None keeps the quirks in this object alone.
    clock : callable
        Returns the unix time in seconds.
    """

    def __init__(
        self, api_url: str, file: Path | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._api, self._clock = api_url.rstrip("/"), clock
        self._file = None if file is None else DocumentFile(file, _lists(), _WORDS, lambda line: None)
        self._found: dict[Key, Mapping[str, Any]] = {}  # by this process
        self._kept: dict[Key, Mapping[str, Any]] = {}  # in the file, when last read
        self._read: object = None  # tells one content of the file from another

    def find(self, path: str, name: str, kind: type[Kind]) -> Kind | None:
        """Return the value of a list's quirk; None if the list isn't known to have it.

        Parameters
        ----------
        path : str
            The list's address, with ids or with placeholders in their place.
        name : str
            The quirk: ``largest_page``.
        kind : type
            What its values are; of any other value, None is returned.
        """
        self._look()
        key = without_ids(path), name
        found = self._found.get(key) or self._kept.get(key)
        value = found["value"] if found is not None and _good_at(self._clock(), found) else None
        return value if type(value) is kind else None

    def keep(self, path: str, name: str, value: Value, *, seconds: float | None = None) -> None:
        """Keep a quirk, in place of what was known under its name.

        Parameters
        ----------
        path, name : str, str
            As in `find`.
        value : str, int, float or bool
            What was found.
        seconds : float or None
            How long it is believed; None for good.
        """
        if self.find(path, name, type(value)) == value:
            return
        key = without_ids(path), name
        found = {"value": value, **({} if seconds is None else {"until": self._clock() + seconds})}
        self._found[key] = found
        if self._file is None:
            return
        try:
            with self._file.changing() as document:
                where = {"api": self._api, "path": key[0], "name": name}
                document.remove("quirks", where)
                document.put("quirks", where, found)
                entries = document.entries("quirks")
                now = self._clock()
                entries[:] = [one for one in entries if _good_at(now, one)][-MOST:]
        except DocumentError:
            self._file = None  # it would not be written the next time either, after as long a wait

    def _look(self) -> None:
        """Read the file if it is another one than before."""
        if self._file is None:
            return
        content = None
        with contextlib.suppress(OSError):
            found = self._file.path.stat()
            content = found.st_ino, found.st_mtime_ns, found.st_size
        if content == self._read:
            return
        with contextlib.suppress(DocumentError):
            self._kept = {
                (one["path"], one["name"]): one
                for one in self._file.read().entries("quirks")
                if one["api"] == self._api
            }
        self._read = content  # only now: another thread that looks meanwhile has to read too


def without_ids(path: str) -> str:
    """Return a list's address with ``{}`` in place of ids and of all else that isn't the API's own word."""
    parts = path.partition("?")[0].strip("/").split("/")
    return "/" + "/".join(part if _WORD.fullmatch(part) else "{}" for part in parts)


def _lists() -> tuple[EntryList, ...]:
    return (EntryList("quirks", _is_whole),)


def _is_whole(entry: object) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("value"), Value):
        return False
    until = entry.get("until", math.inf)
    return isinstance(until, (int, float)) and all(
        isinstance(entry.get(name), str) for name in ("api", "path", "name")
    )


def _good_at(now: float, quirk: Mapping[str, Any]) -> bool:
    """Tell whether a quirk is still believed at a unix time."""
    return bool(now < quirk.get("until", math.inf))
