"""KeyringStore: tokens in the operating system's keyring (``OAuthSettingsLocation=keyring://``).

Each token is one entry of the service ``procore-jupyter``. The keyring has no lock of its own:
a lock file in the user's data folder guards the renewal.
"""

from __future__ import annotations

import json
import secrets
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from procore_jupyter.errors import (
    ConfigurationError,
    ProcoreWarning,
    TokenStoreError,
    clear_locals,
    without_frames,
)
from procore_jupyter.files import private
from procore_jupyter.files.document import Document
from procore_jupyter.oauth.file_store import FileStore
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import RefreshNote, SecretKey, StoredToken, TokenKey
from procore_jupyter.secret import Secret
from procore_jupyter.wording import one_line

VERSION = 1
"""Version of the format of a token's entry; secrets of saved connections are entries of their own."""

SERVICE = "procore-jupyter"

_NONE = frozenset({"NoKeyringError", "InitError", "SecretServiceNotAvailableException"})
"""Errors of keyring, and of the library that speaks to Linux's, that mean there is no keyring."""

_LOCKED = frozenset({"KeyringLocked", "LockedException", "KeychainDenied"})
"""Errors that mean it is locked; the last is macOS'."""

_MISNAMED = frozenset({"ImportError", "AttributeError"})
"""Errors of a backend that its settings name, and that can't be loaded."""

_T = TypeVar("_T")


class KeyringStore:
    """Tokens in the operating system's keyring; needs the extra ``procore-jupyter[keyring]``.

    Raises
    ------
    ConfigurationError
        The extra isn't installed.
    """

    def __init__(self) -> None:
        try:
            import keyring
        except ImportError:
            raise ConfigurationError(
                "OAuthSettingsLocation=keyring:// needs one more package: run  pip install procore-jupyter[keyring]  and restart the kernel."
            ) from None
        self._keyring: Any = keyring
        # Its lock files and notes stand beside the file of a file store that never holds a token.
        self._locks = FileStore(private.data_folder() / "keyring")

    @property
    def location(self) -> str:
        """Where it is, in words for a person."""
        return "keyring://"

    def load(self, key: TokenKey) -> StoredToken | None:
        """Return the stored token, or None.

        Raises
        ------
        TokenStoreError
            The keyring is locked, missing or failing, or the entry is of a newer format.
        """
        found = self._ask("read", lambda: _Entry(self._keyring.get_password(SERVICE, entry_name(key))))
        if found.newer:
            raise TokenStoreError(
                "The sign-in in the keyring was written by a newer version of procore-jupyter, so it is left unchanged. "
                "Upgrade with  pip install -U procore-jupyter,  or leave OAuthSettingsLocation out."
            )
        if found.damaged:
            self._put_aside(key, found)
        return found.stored

    def save(self, key: TokenKey, token: Token, *, seeds: frozenset[str] = frozenset()) -> None:
        """Keep a token, with exactly these seeds."""
        self.load(key)  # never over an entry that is newer or damaged
        entry = _Entry.of(StoredToken(token, seeds))
        self._ask("written", lambda: self._keyring.set_password(SERVICE, entry_name(key), entry.text))

    def delete(self, key: TokenKey) -> None:
        """Forget a token and its seeds."""
        if self.load(key) is not None:
            self._ask("changed", lambda: self._keyring.delete_password(SERVICE, entry_name(key)))

    @contextmanager
    def exclusive(self, key: TokenKey, timeout: float) -> Iterator[bool]:
        """Hold the right to renew this token, against all threads and processes of this user."""
        with self._locks.exclusive(key, timeout) as whole:
            yield whole

    def note(self, key: TokenKey, note: RefreshNote | None) -> None:
        """Note that a refresh token is being sent, or was refused; None once its successor is saved."""
        self._locks.note(key, note)

    def noted(self, key: TokenKey) -> RefreshNote | None:
        """Return the last note, unless the successor was saved."""
        return self._locks.noted(key)

    def load_secret(self, key: SecretKey) -> Secret | None:
        """Return a secret of a saved connection, or None. Raises as `load`."""
        # The lambda makes it a `Secret`: no frame here holds the text.
        return self._ask("read", lambda: _secret(self._keyring.get_password(SERVICE, secret_name(key))))

    def save_secret(self, key: SecretKey, secret: Secret) -> None:
        """Keep a secret of a saved connection."""
        self._ask("written", lambda: self._keyring.set_password(SERVICE, secret_name(key), secret.reveal()))

    def delete_secret(self, key: SecretKey) -> None:
        """Forget a secret of a saved connection, if there is one."""
        if self.load_secret(key) is not None:
            self._ask("changed", lambda: self._keyring.delete_password(SERVICE, secret_name(key)))

    def _put_aside(self, key: TokenKey, damaged: _Entry) -> None:
        aside = f"{entry_name(key)} damaged {secrets.token_hex(3)}"
        self._ask("written", lambda: self._keyring.set_password(SERVICE, aside, damaged.text))
        self._ask("changed", lambda: self._keyring.delete_password(SERVICE, entry_name(key)))
        warnings.warn(
            f"The sign-in in the keyring was damaged. It is kept there as “{aside}”; sign in again.",
            ProcoreWarning,
            stacklevel=2,
        )

    def _ask(self, done: str, question: Callable[[], _T]) -> _T:
        problem = ""
        try:
            return question()
        except Exception as error:
            problem = _why(done, error)
        except BaseException as error:
            clear_locals(error)
            raise
        raise without_frames(
            TokenStoreError(
                f"The system keyring can't be {done}: {problem}. Or leave OAuthSettingsLocation out: then a private file is used."
            )
        )


def _why(done: str, error: Exception) -> str:
    """Return why the keyring failed, and what to do about it.

    Backends raise what they like, and some put what was to be saved into the message: the names of the classes tell.
    """
    names = {one.__name__ for one in type(error).__mro__}
    if names & _NONE:
        why = "there is none here, as on most servers and in containers. Start one for this user"
    elif names & _LOCKED:
        why = "it is locked. Unlock it and try again"
    elif names & _MISNAMED:
        why = (
            "its settings (PYTHON_KEYRING_BACKEND, keyringrc.cfg) name one that can't be loaded. Correct them"
        )
    elif done == "written":
        why = "it refused the entry: it may be full or locked, or the entry may be too long. Try again"
    else:
        why = "it failed. Make sure it is unlocked, and try again"
    return f"{why} ({one_line(type(error).__name__)})"


class _Entry:
    """An entry's text, parsed. It has no repr of its own, so no drawn frame shows the text."""

    def __init__(self, text: str | None) -> None:
        self.text = text or ""
        self.newer = self.damaged = False
        self.stored: StoredToken | None = None
        if not text:
            return
        document = Document.parse(text)
        self.newer, self.damaged = document.newer, document.damaged
        if not (self.newer or self.damaged):
            try:
                token, seeds = Token.from_json(document.rest["token"]), document.rest["seeds"]
                self.stored = StoredToken(token, frozenset(str(seed) for seed in seeds))
            except (ValueError, TypeError, KeyError):
                self.damaged = True

    @classmethod
    def of(cls, stored: StoredToken) -> _Entry:
        value = {"version": VERSION, "token": stored.token.to_json(), "seeds": sorted(stored.seeds)}
        # Windows keeps at most 1280 characters.
        return cls(json.dumps(value, separators=(",", ":")))


def entry_name(key: TokenKey) -> str:
    """Return the name of a token's entry in the keyring."""
    return " | ".join((key.account, key.client_id, key.login_host, *([key.api_host] if key.api_host else [])))


def secret_name(key: SecretKey) -> str:
    """Return the name of the entry of a saved connection's secret in the keyring."""
    return f"{key.name} | {key.owner} | {key.host}"


def _secret(text: str | None) -> Secret | None:
    return Secret(text) if text else None
