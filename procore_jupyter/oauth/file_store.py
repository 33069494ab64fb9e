"""FileStore: all sign-ins of a user in one private file.

The file is JSON, in one of two versions of the format::

    {"version": 1, "tokens": [{"login_host", "client_id", "account", "token", "seeds"}]}
    {"version": 2, "tokens": […], "secrets": [{"name", "host", "owner", "value"}]}

The secrets are those of saved connections. Both are read; the lowest that holds everything is written, so that
kernels with an older release share the file as long as they can.
Every change is: lock, read again, change, write as a whole. Fields and entries that this version
doesn't know are carried along; a file of a newer format is never touched.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from procore_jupyter.errors import ProcoreWarning, TokenStoreError, without_frames
from procore_jupyter.files import private
from procore_jupyter.files.locks import process_lock
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import SecretKey, StoredToken, TokenKey
from procore_jupyter.secret import Secret

VERSION = 2
PATIENCE = 10.0  # s to wait for another process's change of the file, which takes milliseconds


class FileStore:
    """Tokens in one file, 0600 in a folder that others may not write to.

    Parameters
    ----------
    path : Path
        The file. It and its folder are made when something is first saved.
    patience : float
        Seconds to wait at most while another process changes the file.
    """

    def __init__(self, path: Path, *, patience: float = PATIENCE) -> None:
        self._path = path
        self._patience = patience

    @property
    def location(self) -> str:
        """Where it is, in words for a person."""
        return str(self._path)

    def load(self, key: TokenKey) -> StoredToken | None:
        """Return what is kept; None where nothing is. Takes no lock: the file is always whole.

        Raises
        ------
        TokenStoreError
            The file is somebody else's, open to others, of a newer format, or can't be read.
        """
        document = self._read()
        if document.damaged:
            with self._changing() as document:  # which puts the damaged file aside
                pass
        return document.find(key)

    def save(self, key: TokenKey, token: Token, *, seeds: frozenset[str] = frozenset()) -> None:
        """Keep a token, with exactly these seeds; return when it is on the disk.

        Raises
        ------
        TokenStoreError
            As for `load`, or it can't be written; what was kept before still stands.
        """
        with self._changing() as document:
            document.put(key, StoredToken(token, seeds))
            self._write(document)

    def delete(self, key: TokenKey) -> None:
        """Forget a token and its seeds."""
        with self._changing() as document:
            if document.remove(key):
                self._write(document)

    @contextmanager
    def exclusive(self, key: TokenKey, timeout: float) -> Iterator[bool]:
        """Hold the right to renew this token, against all threads and processes that use this file."""
        with process_lock(self._beside(f"{key.digest()}.lock"), timeout) as whole:
            yield whole

    def note(self, key: TokenKey, spending: str | None) -> None:
        """Note a refresh token that is being sent."""
        path = self._beside(f"{key.digest()}.sent")
        with contextlib.suppress(OSError):
            if spending is None:
                path.unlink(missing_ok=True)
                return
            # It need not outlive a power cut, so it isn't flushed: it has to cost nothing.
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
            with os.fdopen(os.open(path, flags, 0o600), "w", encoding="ascii") as file:
                file.write(spending)

    def noted(self, key: TokenKey) -> str | None:
        """Return what was noted last, if no answer has come."""
        with contextlib.suppress(OSError, TokenStoreError):
            content = private.read_private(self._beside(f"{key.digest()}.sent"))
            return content.decode("ascii", "replace") if content else None
        return None

    def load_secret(self, key: SecretKey) -> Secret | None:
        """Return a secret of a saved connection; None where none is kept. Raises as `load`."""
        return self._read().secret(key)

    def save_secret(self, key: SecretKey, secret: Secret) -> None:
        """Keep a secret of a saved connection; return when it is on the disk. Raises as `save`."""
        with self._changing() as document:
            document.put_secret(key, secret)
            self._write(document)

    def sign_ins(self) -> list[TokenKey]:
        """Return whose sign-ins are kept; raises as `load`."""
        return [_key_of(entry) for entry in self._read().entries]

    def secret_keys(self) -> list[SecretKey]:
        """Return which secrets of saved connections are kept; raises as `load`."""
        return [_secret_key_of(entry) for entry in self._read().secrets]

    def _beside(self, suffix: str) -> Path:
        return self._path.with_name(f"{self._path.name}.{suffix}")

    @contextmanager
    def _changing(self) -> Iterator[_Document]:
        """Hold the file's short lock and give what it holds now; a damaged file is put aside first."""
        with process_lock(self._beside("lock"), self._patience):
            document = self._read()
            if document.damaged:
                self._put_aside(document)
            yield document

    def _read(self) -> _Document:
        problem: BaseException
        try:
            document = _Document.parse(private.read_private(self._path))
        except TokenStoreError as error:
            problem = error
        except OSError as error:
            problem = TokenStoreError(
                f"The stored sign-ins in {self._path} can't be read ({error.strerror}). "
                "Put that right, or choose another file with OAuthSettingsLocation."
            )
        else:
            if not document.newer:
                return document
            problem = TokenStoreError(
                f"{self._path} was written by a newer version of procore-jupyter, so it is left alone. "
                "Upgrade with  pip install -U procore-jupyter,  or choose another file with OAuthSettingsLocation."
            )
        # Raised here, out of reach of the frames that have the content.
        raise without_frames(problem)

    def _write(self, document: _Document) -> None:
        problem: BaseException | None = None
        try:
            private.write_private(self._path, document.content())
        except TokenStoreError as error:
            problem = error
        except OSError as error:
            problem = TokenStoreError(
                f"The sign-in can't be saved in {self._path} ({error.strerror}). Make room or choose another file with OAuthSettingsLocation."
            )
        if problem is not None:
            raise without_frames(problem)

    def _put_aside(self, document: _Document) -> None:
        """Keep a damaged file under another name. What of it is whole stays in use."""
        aside = self._beside(f"damaged-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}")
        problem = ""
        try:
            os.rename(self._path, aside)
        except OSError as error:
            problem = error.strerror or type(error).__name__
        if problem:
            raise TokenStoreError(
                f"{self._path} is damaged and can't be moved away ({problem}). Move it away and try again."
            )
        if document.entries or document.secrets:
            self._write(document)
        lost = "A stored sign-in was" if document.entries else "The stored sign-ins were"
        warnings.warn(
            f"{lost} damaged. The file is kept as {aside}; sign in again.", ProcoreWarning, stacklevel=2
        )


class _Document:
    """The file's content, read. It has no repr of its own, so no drawn frame shows what is in it."""

    def __init__(self) -> None:
        self.damaged = False
        self.newer = False
        self.entries: list[dict[str, Any]] = []
        self.secrets: list[dict[str, Any]] = []
        self._rest: dict[str, Any] = {}

    @classmethod
    def parse(cls, content: bytes | None) -> _Document:
        document = cls()
        if content is None:
            return document
        try:
            read = json.loads(content)
            version, entries, secrets = read["version"], read.get("tokens"), read.get("secrets", [])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            version = None
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            document.damaged = True
        elif version > VERSION:
            document.newer = True
        elif not isinstance(entries, list) or not isinstance(secrets, list):
            document.damaged = True
        if document.damaged or document.newer:
            return document
        known = ("version", "tokens", "secrets")
        document._rest = {name: value for name, value in read.items() if name not in known}
        for entry in entries:
            if _is_whole(entry):
                document.entries.append(entry)
            else:
                document.damaged = True
        for entry in secrets:
            if _is_whole_secret(entry):
                document.secrets.append(entry)
            else:
                document.damaged = True
        return document

    def content(self) -> bytes:
        kept = {"secrets": self.secrets} if self.secrets else {}
        version = VERSION if self.secrets else 1
        text = json.dumps({"version": version, **self._rest, "tokens": self.entries, **kept}, indent=1)
        return text.encode() + b"\n"

    def find(self, key: TokenKey) -> StoredToken | None:
        for entry in self.entries:
            if _key_of(entry) == key:
                return StoredToken(Token.from_json(entry["token"]), frozenset(entry["seeds"]))
        return None

    def put(self, key: TokenKey, stored: StoredToken) -> None:
        value = {"token": stored.token.to_json(), "seeds": sorted(stored.seeds)}
        for entry in self.entries:
            if _key_of(entry) == key:
                entry.update(value)
                return
        self.entries.append(
            {"login_host": key.login_host, "client_id": key.client_id, "account": key.account, **value}
        )

    def remove(self, key: TokenKey) -> bool:
        before = len(self.entries)
        self.entries = [entry for entry in self.entries if _key_of(entry) != key]
        return len(self.entries) < before

    def secret(self, key: SecretKey) -> Secret | None:
        return next((Secret(entry["value"]) for entry in self.secrets if _secret_key_of(entry) == key), None)

    def put_secret(self, key: SecretKey, secret: Secret) -> None:
        for entry in self.secrets:
            if _secret_key_of(entry) == key:
                entry["value"] = secret.reveal()
                return
        self.secrets.append(
            {"name": key.name, "host": key.host, "owner": key.owner, "value": secret.reveal()}
        )


def _key_of(entry: dict[str, Any]) -> TokenKey:
    return TokenKey(entry["login_host"], entry["client_id"], entry["account"])


def _is_whole(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    names, seeds = [entry.get(name) for name in ("login_host", "client_id", "account")], entry.get("seeds")
    if not all(isinstance(name, str) for name in names) or not isinstance(seeds, list):
        return False
    try:
        Token.from_json(entry.get("token"))
    except ValueError:
        return False
    return all(isinstance(seed, str) for seed in seeds)


def _secret_key_of(entry: dict[str, Any]) -> SecretKey:
    return SecretKey(entry["name"], entry["host"], entry["owner"])


def _is_whole_secret(entry: object) -> bool:
    return isinstance(entry, dict) and all(
        isinstance(entry.get(name), str) for name in ("name", "host", "owner", "value")
    )
