"""FileStore: all sign-ins of a user in one private file.

The file is a `files.document`, in one of two versions of the format::

    {"version": 1, "tokens": [{"login_host", "api_host", "client_id", "account", "token", "seeds"}]}
    {"version": 2, "tokens": […], "secrets": [{"name", "host", "owner", "value"}]}

The secrets are those of saved connections.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeGuard

from procore_jupyter.errors import ProcoreWarning
from procore_jupyter.files.document import Document, DocumentFile, DocumentWords, EntryList
from procore_jupyter.files.private import read_private
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import RefreshNote, SecretKey, StoredToken, TokenKey, store_errors
from procore_jupyter.secret import Secret

_WORDS = DocumentWords(
    thing="sign-in",
    kept="stored",
    clash="two notebooks that renew the sign-in at the same moment may sign each other out. "
    "Choose a folder on this machine with OAuthSettingsLocation",
    elsewhere="choose another file with OAuthSettingsLocation",
    afterwards="; sign in again",
)

_TOKEN_KEY = ("login_host", "client_id", "account")
_SECRET_KEY = ("name", "host", "owner")


class FileStore:
    """Tokens in one file, 0600 in a folder that others may not write to.

    Parameters
    ----------
    path : Path
        The file. It and its folder are made when something is first saved.
    """

    def __init__(self, path: Path) -> None:
        self._file = DocumentFile(path, LISTS, _WORDS, _warn)

    @property
    def location(self) -> str:
        """Where it is, in words for a person."""
        return str(self._file.path)

    def load(self, key: TokenKey) -> StoredToken | None:
        """Return the stored token, or None. Takes no lock: the file is always whole.

        Raises
        ------
        TokenStoreError
            The file is another user's, open to others, of a newer format, or can't be read.
        """
        with store_errors():
            document = self._file.load()
        return _stored(document.find("tokens", asdict(key)))

    def save(self, key: TokenKey, token: Token, *, seeds: frozenset[str] = frozenset()) -> None:
        """Keep a token, with exactly these seeds; return when it is on the disk.

        Raises
        ------
        TokenStoreError
            As for `load`, or it can't be written; what was kept before still stands.
        """
        with self._changing() as document:
            document.put("tokens", asdict(key), {"token": token.to_json(), "seeds": sorted(seeds)})

    def delete(self, key: TokenKey) -> None:
        """Forget a token and its seeds."""
        with self._changing() as document:
            document.remove("tokens", asdict(key))

    @contextmanager
    def exclusive(self, key: TokenKey, timeout: float) -> Iterator[bool]:
        """Hold the right to renew this token, against all threads and processes that use this file."""
        with store_errors(), self._file.lock(f"{key.digest()}.lock", timeout) as alone:
            yield alone

    def note(self, key: TokenKey, note: RefreshNote | None) -> None:
        """Note that a refresh token is being sent, or was refused; None once its successor is saved."""
        path = self._file.beside(f"{key.digest()}.sent")
        with contextlib.suppress(OSError):
            if note is None:
                path.unlink(missing_ok=True)
                return
            # It need not outlive a power cut, so it isn't flushed: it has to cost nothing.
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
            with os.fdopen(os.open(path, flags, 0o600), "w", encoding="ascii") as file:
                file.write(str(note))

    def noted(self, key: TokenKey) -> RefreshNote | None:
        """Return the last note, unless the successor was saved."""
        with contextlib.suppress(OSError):
            content = read_private(self._file.beside(f"{key.digest()}.sent"))
            return RefreshNote.parse(content.decode("ascii", "replace")) if content else None
        return None

    def load_secret(self, key: SecretKey) -> Secret | None:
        """Return a secret of a saved connection, or None. Raises as `load`."""
        with store_errors():
            document = self._file.read()
        return _secret(document.find("secrets", asdict(key)))

    def save_secret(self, key: SecretKey, secret: Secret) -> None:
        """Keep a secret of a saved connection; return when it is on the disk. Raises as `save`."""
        with self._changing() as document:
            document.put("secrets", asdict(key), {"value": secret.reveal()})

    def delete_secret(self, key: SecretKey) -> None:
        """Forget a secret of a saved connection, if there is one. Raises as `save`."""
        with self._changing() as document:
            document.remove("secrets", asdict(key))

    def sign_ins(self) -> list[TokenKey]:
        """Return whose sign-ins are kept; raises as `load`."""
        with store_errors():
            document = self._file.read()
        return [
            TokenKey(**{name: entry[name] for name in _TOKEN_KEY}, api_host=entry.get("api_host", ""))
            for entry in document.entries("tokens")
        ]

    def secret_keys(self) -> list[SecretKey]:
        """Return which secrets of saved connections are kept; raises as `load`."""
        with store_errors():
            document = self._file.read()
        return [
            SecretKey(**{name: entry[name] for name in _SECRET_KEY}) for entry in document.entries("secrets")
        ]

    @contextmanager
    def _changing(self) -> Iterator[Document]:
        with store_errors(), self._file.changing() as document:
            yield document


def _is_token(entry: object) -> bool:
    if not _has_texts(entry, _TOKEN_KEY) or not isinstance(entry.get("seeds"), list):
        return False
    if not isinstance(entry.get("api_host", ""), str):
        return False
    try:
        Token.from_json(entry.get("token"))
    except ValueError:
        return False
    return all(isinstance(seed, str) for seed in entry["seeds"])


def _is_secret(entry: object) -> bool:
    return _has_texts(entry, (*_SECRET_KEY, "value"))


def _has_texts(entry: object, names: tuple[str, ...]) -> TypeGuard[dict[str, Any]]:
    return isinstance(entry, dict) and all(isinstance(entry.get(name), str) for name in names)


def _stored(entry: dict[str, Any] | None) -> StoredToken | None:
    return StoredToken(Token.from_json(entry["token"]), frozenset(entry["seeds"])) if entry else None


def _secret(entry: dict[str, Any] | None) -> Secret | None:
    return Secret(entry["value"]) if entry else None


def _warn(message: str) -> None:
    warnings.warn(message, ProcoreWarning, stacklevel=2)


LISTS = (EntryList("tokens", _is_token), EntryList("secrets", _is_secret, since=2))
