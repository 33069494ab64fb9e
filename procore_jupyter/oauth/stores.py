"""Which store an ``OAuthSettingsLocation`` means; and the store in the memory of this process."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.files import private
from procore_jupyter.files.locks import thread_lock
from procore_jupyter.files.private import NoHome
from procore_jupyter.oauth.file_store import FileStore
from procore_jupyter.oauth.keyring_store import KeyringStore
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import (
    RefreshNote,
    SecretKey,
    StoredToken,
    TokenKey,
    TokenStore,
    TokenStoreLocked,
)
from procore_jupyter.secret import Secret

_tokens: dict[tuple[str, TokenKey], StoredToken] = {}
_notes: dict[tuple[str, TokenKey], RefreshNote] = {}
_secrets: dict[tuple[str, SecretKey], Secret] = {}


def _leave_renewing_to_the_parent() -> None:
    """Keep no refresh token in memory, in a process that was forked: the parent has the same, and it is good for once."""
    for place, stored in [*_tokens.items()]:
        _tokens[place] = dataclasses.replace(
            stored, token=dataclasses.replace(stored.token, refresh_token=None)
        )


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_renewing_to_the_parent)


def open_store(location: str | None = None) -> TokenStore:
    """Return the store that ``OAuthSettingsLocation`` names.

    Parameters
    ----------
    location : str or None
        A path (of a file, or of a folder for ``tokens.json`` in it), ``memory://NAME`` or
        ``keyring://``; None for ``tokens.json`` in the user's data folder.

    Raises
    ------
    ConfigurationError
        There is no such kind of place, the user has no home folder, or the ``keyring`` extra is not installed.
    """
    try:
        return _store_at(location or "")
    except NoHome as error:
        problem = f"{error}, or give OAuthSettingsLocation: the whole path of a file, or memory://NAME."
    raise ConfigurationError(problem)


def _store_at(location: str) -> TokenStore:
    if not location:
        return FileStore(private.data_folder() / "tokens.json")
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", location)
    if scheme is None:
        homeless = False
        try:
            path = Path(location).expanduser().absolute()
            if "\0" not in location:
                return FileStore(path / "tokens.json" if path.is_dir() else path)
        except (ValueError, OSError):  # a name too long, a NUL character, …
            pass
        except RuntimeError:
            homeless = re.match(r"~(/|\\|\Z)", location) is not None  # else there is no user of that name
        if homeless:
            raise NoHome
        raise ConfigurationError(
            "OAuthSettingsLocation isn't a valid path on this machine. Leave it out, or give a file's path."
        )
    rest = location[scheme.end() :]
    if scheme[1].lower() == "memory":
        return MemoryStore(rest)
    if scheme[1].lower() == "keyring" and not rest.strip("/"):
        return KeyringStore()
    raise ConfigurationError(
        f"OAuthSettingsLocation can't be {scheme[0]}…: give the path of a file, memory://NAME, or keyring:// (with nothing after it)."
    )


class MemoryStore:
    """Tokens in this process alone, shared by all stores of the same name; gone when it ends.

    Parameters
    ----------
    name : str
        The name after ``memory://``.
    """

    def __init__(self, name: str) -> None:
        # The store keeps nothing but its name, so a copy of it is the same store.
        self._name = name

    @property
    def location(self) -> str:
        """Where it is, in words for a person."""
        return f"memory://{self._name}"

    def load(self, key: TokenKey) -> StoredToken | None:
        """Return the stored token, or None."""
        return _tokens.get((self._name, key))

    def save(self, key: TokenKey, token: Token, *, seeds: frozenset[str] = frozenset()) -> None:
        """Keep a token, with exactly these seeds."""
        _tokens[self._name, key] = StoredToken(token, seeds)

    def delete(self, key: TokenKey) -> None:
        """Forget a token and its seeds."""
        _tokens.pop((self._name, key), None)

    @contextmanager
    def exclusive(self, key: TokenKey, timeout: float) -> Iterator[bool]:
        """Hold the right to renew this token, against all threads of this process."""
        with thread_lock(f"{self.location}\n{key.digest()}").held(timeout) as mine:
            if not mine:
                raise TokenStoreLocked(
                    f"Another thread has been renewing the sign-in for {timeout:g} s. Try again."
                )
            yield True

    def note(self, key: TokenKey, note: RefreshNote | None) -> None:
        """Note that a refresh token is being sent, or was refused; None once its successor is saved."""
        if note is None:
            _notes.pop((self._name, key), None)
        else:
            _notes[self._name, key] = note

    def noted(self, key: TokenKey) -> RefreshNote | None:
        """Return the last note, unless the successor was saved."""
        return _notes.get((self._name, key))

    def load_secret(self, key: SecretKey) -> Secret | None:
        """Return a secret of a saved connection, or None."""
        return _secrets.get((self._name, key))

    def save_secret(self, key: SecretKey, secret: Secret) -> None:
        """Keep a secret of a saved connection."""
        _secrets[self._name, key] = secret

    def delete_secret(self, key: SecretKey) -> None:
        """Forget a secret of a saved connection, if there is one."""
        _secrets.pop((self._name, key), None)
