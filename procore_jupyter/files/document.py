"""A JSON document in a private file: a version, and lists of entries.

::

    {"version": 1, "connections": [{"name": …}, {"name": …}]}

Every change is: lock, read again, change, write as a whole. Fields and entries that this release doesn't know
are carried along, and the lowest version that holds everything is written, so that kernels with an older release
share the file as long as they can. A document of a newer version is never touched. A damaged one is kept under
another name, and what of it is whole stays in use.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from procore_jupyter.files import private
from procore_jupyter.files.locks import StillLocked, process_lock
from procore_jupyter.files.private import NotPrivate

PATIENCE = 10.0
"""Seconds to wait for another process's change of the file, which takes milliseconds."""

_WHAT_HELPS = {
    errno.ENOSPC: "Make room and try again",
    errno.EDQUOT: "Make room and try again",
    errno.EACCES: "You don't have permission to write there: change that",
    errno.EPERM: "You don't have permission to write there: change that",
    errno.EROFS: "The disk is read-only: make it writable",
}
"""What a person can do about a file that can't be written."""

_warned: set[str] = set()  # what was said of folders without locks, so that it is said once


class DocumentError(OSError):
    """The document can't be read, written or trusted: one line for a person."""


class DocumentLocked(DocumentError):
    """Another thread or process held a lock of the document for longer than the caller would wait."""


@dataclass(frozen=True)
class EntryList:
    """One list of a document.

    Parameters
    ----------
    name : str
        The field that holds the list.
    is_whole : callable
        Tells whether a value is an entry that can be used.
    since : int
        The version of the format that first had this list.
    """

    name: str
    is_whole: Callable[[object], bool]
    since: int = 1


@dataclass(frozen=True)
class DocumentWords:
    """What messages say of a document.

    Parameters
    ----------
    thing : str
        What an entry is: ``sign-in``.
    kept : str
        How it is kept: ``stored``.
    clash : str
        What may happen if two processes can't be kept apart, and what to do about it.
    elsewhere : str
        How a person keeps the document in another place: ``choose another file with …``; empty if they can't.
    afterwards : str
        What to do once a damaged document was put aside: ``; sign in again``.
    """

    thing: str
    kept: str
    clash: str
    elsewhere: str = ""
    afterwards: str = ""


class Document:
    """What a document holds. It has no repr of its own, so no drawn frame shows the content.

    Parameters
    ----------
    lists : sequence of EntryList
        The lists that it has.
    """

    def __init__(self, lists: Sequence[EntryList] = ()) -> None:
        self.newer = self.damaged = False
        self.rest: dict[str, Any] = {}
        """The fields beside the version and the lists."""
        self._since = {each.name: each.since for each in lists}
        self._lists: dict[str, list[dict[str, Any]]] = {each.name: [] for each in lists}

    @classmethod
    def parse(cls, content: bytes | str, lists: Sequence[EntryList] = ()) -> Self:
        """Read a document. Never raises: of content that can't be read, the document is `damaged` or `newer`."""
        document = cls(lists)
        try:
            read = json.loads(content)
            version = read["version"]
        except (ValueError, TypeError, KeyError, RecursionError):
            version = None
        if type(version) is not int or version < 1:
            document.damaged = True
        elif version > max(document._since.values(), default=1):
            document.newer = True
        else:
            document.rest = {
                name: value for name, value in read.items() if name not in ("version", *document._since)
            }
            for each in lists:
                found = read.get(each.name, [] if each.since > 1 else None)
                whole = [one for one in found if each.is_whole(one)] if isinstance(found, list) else []
                document.damaged |= not isinstance(found, list) or len(whole) < len(found)
                document._lists[each.name] = whole
        return document

    def content(self) -> bytes:
        """Return the document as it stands in its file."""
        lists = {name: entries for name, entries in self._lists.items() if entries or self._since[name] == 1}
        version = max((self._since[name] for name in lists), default=1)
        return json.dumps({"version": version, **self.rest, **lists}, indent=1).encode() + b"\n"

    def entries(self, name: str) -> list[dict[str, Any]]:
        """Return the entries of a list."""
        return self._lists[name]

    def find(self, name: str, key: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the entry of a list that has all the fields of `key`, or None."""
        return next((entry for entry in self._lists[name] if key.items() <= entry.items()), None)

    def put(self, name: str, key: Mapping[str, Any], value: Mapping[str, Any]) -> None:
        """Set fields of the entry that has all the fields of `key`, or add such an entry."""
        entry = self.find(name, key)
        if entry is None:
            self._lists[name].append({**key, **value})
        else:
            entry.update(value)

    def remove(self, name: str, key: Mapping[str, Any]) -> None:
        """Remove the entries of a list that have all the fields of `key`."""
        self._lists[name] = [entry for entry in self._lists[name] if not key.items() <= entry.items()]


class DocumentFile:
    """The private file of a document, 0600 in a folder that others may not write to.

    Every method raises `DocumentError` if the file can't be read, written or trusted.

    Parameters
    ----------
    path : Path
        The file. It and its folder are made when something is first written.
    lists : sequence of EntryList
        The lists of the document.
    words : DocumentWords
        What messages say of it.
    warn : callable
        Takes one line that a person should know and that stops nothing.
    """

    def __init__(
        self, path: Path, lists: Sequence[EntryList], words: DocumentWords, warn: Callable[[str], None]
    ) -> None:
        self.path = path
        self._lists = lists
        self._words = words
        self._things = f"{words.kept} {words.thing}s"
        self._warn = warn

    def beside(self, suffix: str) -> Path:
        """Return a path beside the file, for its locks and the like."""
        return self.path.with_name(f"{self.path.name}.{suffix}")

    def read(self) -> Document:
        """Return what the file holds now. Takes no lock: the file is always whole."""
        try:
            content = private.read_private(self.path)
        except OSError as error:
            what = f"The {self._things} in {self.path} can't be read"
            raise self._failure(error, what, "Fix that") from None
        document = Document(self._lists) if content is None else Document.parse(content, self._lists)
        if document.newer:
            raise DocumentError(
                f"{self.path} was written by a newer version of procore-jupyter, so it is left unchanged. "
                f"Upgrade with  pip install -U procore-jupyter{self._or_elsewhere}."
            )
        return document

    def load(self) -> Document:
        """Return what the file holds now. A damaged file is put aside first, and what of it is whole is returned."""
        document = self.read()
        if document.damaged:
            with self.changing() as document:
                pass
        return document

    @contextmanager
    def changing(self) -> Iterator[Document]:
        """Yield what the file holds now, alone among all processes, and write it at the end if it was changed."""
        with self.lock("lock", PATIENCE) as alone:
            private.remove_leftovers(self.path, older_than=0.0 if alone else private.STALE)
            document = self.read()
            if document.damaged:
                self._put_aside(document)
            before = hash(document.content())
            yield document
            if hash(document.content()) != before:
                self._write(document)

    @contextmanager
    def lock(self, suffix: str, timeout: float) -> Iterator[bool]:
        """Hold the lock file of a name beside the document; yields False if other processes can't be kept out.

        Raises
        ------
        DocumentLocked
            `timeout` seconds were not enough.
        """
        with ExitStack() as stack:
            try:
                unlocked = stack.enter_context(process_lock(self.beside(suffix), timeout))
            except StillLocked as error:
                raise DocumentLocked(
                    f"Another notebook has been busy with the {self._things} for {error.seconds:g} s. Try again; "
                    f"if it goes on, restart the kernel that hangs (the lock is {error.path})."
                ) from None
            except NotPrivate as error:
                raise self._failure(error) from None
            if unlocked:
                self._warn_once(
                    f"The folder {self.path.parent} can't be locked ({unlocked}): {self._words.clash}."
                )
            yield not unlocked

    def _write(self, document: Document) -> None:
        try:
            private.write_private(self.path, document.content())
        except OSError as error:
            what = f"The {self._words.thing} can't be saved in {self.path}"
            raise self._failure(
                error, what, _WHAT_HELPS.get(error.errno or 0, "Fix that and try again")
            ) from None

    def _put_aside(self, document: Document) -> None:
        """Keep a damaged file under another name. What of it is whole stays in use."""
        aside = self.beside(f"damaged-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}")
        try:
            os.rename(self.path, aside)
        except OSError as error:
            what = f"{self.path} is damaged and can't be moved away"
            raise self._failure(error, what, "Move it away and try again") from None
        document.damaged = False
        some = any(document.entries(each.name) for each in self._lists)
        if some:
            self._write(document)
        lost = f"A {self._things[:-1]} was" if some else f"The {self._things} were"
        self._warn(f"{lost} damaged. The file is kept as {aside}{self._words.afterwards}.")

    def _failure(self, error: OSError, what: str = "", then: str = "") -> DocumentError:
        if not isinstance(error, NotPrivate):
            reason = error.strerror or type(error).__name__
            return DocumentError(f"{what} ({reason}). {then}{self._or_elsewhere}.")
        if not error.another_users:
            return DocumentError(str(error))
        way = "Move it away" if not error.folder else "Keep such a file in your own folder"
        return DocumentError(f"{error} {way}{self._or_elsewhere}.")

    @property
    def _or_elsewhere(self) -> str:
        return f", or {self._words.elsewhere}" if self._words.elsewhere else ""

    def _warn_once(self, message: str) -> None:
        if message not in _warned:
            _warned.add(message)
            self._warn(message)
