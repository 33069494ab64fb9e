"""TokenStore: where sign-ins are kept, one for each (login host, client id, account).

Three places: a private file (`file_store`, the default), the memory of this process (here), the
operating system's keyring (`keyring_store`). All three keep the same contract.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from procore_jupyter.errors import ConfigurationError, TokenStoreError, without_frames
from procore_jupyter.files import private
from procore_jupyter.files.document import DocumentError, DocumentLocked
from procore_jupyter.files.locks import thread_lock
from procore_jupyter.oauth.token import Token
from procore_jupyter.secret import Secret


@dataclass(frozen=True)
class TokenKey:
    """Whose sign-in it is.

    Parameters
    ----------
    login_host : str
        The provider's host, with its port where one is given: ``login.procore.com``.
    client_id : str
        The app's Client ID.
    account : str
        The user's own name for it: ``default``, or that of ``--account``.
    """

    login_host: str
    client_id: str
    account: str = "default"

    def digest(self) -> str:
        """Return a short name that can stand in a file's name."""
        text = "\n".join((self.login_host, self.client_id, self.account))
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True)
class StoredToken:
    """A kept token.

    Parameters
    ----------
    token : Token
        The newest one.
    seeds : frozenset of str
        The `fingerprint` of each refresh token or code, given in a connection string, that it grew
        from. Given again, they are known to be spent, and this token is used.
    """

    token: Token
    seeds: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True)
class SecretKey:
    """Which secret of a saved connection it is. Not a token: it stays when somebody signs out.

    Parameters
    ----------
    name : str
        The property: ``OAuthClientSecret``, ``ProxyPassword``.
    host : str
        Where it is good, with its port where one is given: the login host, the proxy.
    owner : str
        Whose it is there: the Client ID, the proxy's user.
    """

    name: str
    host: str
    owner: str


def fingerprint(secret: Secret) -> str:
    """Return the SHA-256 of a secret in hex: enough to know it again, useless to who reads it."""
    return hashlib.sha256(secret.reveal().encode(errors="surrogatepass")).hexdigest()


class TokenStoreLocked(TokenStoreError):
    """Another thread or process has held the right to renew, or to change the store, for too long."""


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn what is wrong with a document into a `TokenStoreError`, without the frames that hold its content."""
    try:
        yield
    except DocumentError as error:
        kind = TokenStoreLocked if isinstance(error, DocumentLocked) else TokenStoreError
        without_frames(error)
        raise kind(str(error)) from None


class TokenStore(Protocol):
    """A place that keeps tokens. All methods may be called by any thread, and raise TokenStoreError."""

    @property
    def location(self) -> str:
        """Where it is, in words for a person."""
        ...

    def load(self, key: TokenKey) -> StoredToken | None:
        """Return what is kept; None where nothing is."""
        ...

    def save(self, key: TokenKey, token: Token, *, seeds: frozenset[str] = frozenset()) -> None:
        """Keep a token, with exactly these seeds, in place of the one there is; return when it is safe."""
        ...

    def delete(self, key: TokenKey) -> None:
        """Forget a token and its seeds. Nothing happens where there is none."""
        ...

    def exclusive(self, key: TokenKey, timeout: float) -> AbstractContextManager[bool]:
        """Hold the right to renew this token, against all threads and processes that share the store.

        Unlike the short lock around each change it is held across a network call. It ends with its
        process. Gives False where other processes can't be kept out. TokenStoreLocked when `timeout`
        seconds were not enough.
        """
        ...

    def note(self, key: TokenKey, spending: str | None) -> None:
        """Note the fingerprint of a refresh token that is being sent; None when its answer has come.

        A note that is still there tells who comes later that an answer was lost, or that the refresh
        token was refused, when, and why: it is then the fingerprint and two more words. Never raises: it
        is a courtesy.
        """
        ...

    def noted(self, key: TokenKey) -> str | None:
        """Return what was noted last, if no answer has come."""
        ...

    def load_secret(self, key: SecretKey) -> Secret | None:
        """Return a secret of a saved connection; None where none is kept."""
        ...

    def save_secret(self, key: SecretKey, secret: Secret) -> None:
        """Keep a secret of a saved connection in place of the one there is; return when it is safe."""
        ...


_memories: dict[str, dict[TokenKey, StoredToken]] = {}
_memory_notes: dict[tuple[str, TokenKey], str] = {}
_memory_secrets: dict[tuple[str, SecretKey], Secret] = {}


class MemoryStore:
    """Tokens in this process alone, shared by all stores of the same name; gone when it ends.

    Parameters
    ----------
    name : str
        The name after ``memory://``.
    """

    def __init__(self, name: str) -> None:
        # Nothing but the name is kept here, so a copied store is the same store.
        self._name = name

    @property
    def location(self) -> str:
        """Where it is, in words for a person."""
        return f"memory://{self._name}"

    def load(self, key: TokenKey) -> StoredToken | None:
        """Return what is kept; None where nothing is."""
        return _memories.get(self._name, {}).get(key)

    def save(self, key: TokenKey, token: Token, *, seeds: frozenset[str] = frozenset()) -> None:
        """Keep a token, with exactly these seeds."""
        _memories.setdefault(self._name, {})[key] = StoredToken(token, seeds)

    def delete(self, key: TokenKey) -> None:
        """Forget a token and its seeds."""
        _memories.get(self._name, {}).pop(key, None)

    @contextmanager
    def exclusive(self, key: TokenKey, timeout: float) -> Iterator[bool]:
        """Hold the right to renew this token, against all threads of this process."""
        with thread_lock(f"{self.location}\n{key.digest()}").held(timeout) as mine:
            if not mine:
                raise TokenStoreLocked(
                    f"Another thread has been renewing the sign-in for {timeout:g} s. Try again."
                )
            yield True

    def note(self, key: TokenKey, spending: str | None) -> None:
        """Note a refresh token that is being sent."""
        if spending is None:
            _memory_notes.pop((self._name, key), None)
        else:
            _memory_notes[self._name, key] = spending

    def noted(self, key: TokenKey) -> str | None:
        """Return what was noted last, if no answer has come."""
        return _memory_notes.get((self._name, key))

    def load_secret(self, key: SecretKey) -> Secret | None:
        """Return a secret of a saved connection; None where none is kept."""
        return _memory_secrets.get((self._name, key))

    def save_secret(self, key: SecretKey, secret: Secret) -> None:
        """Keep a secret of a saved connection."""
        _memory_secrets[self._name, key] = secret


def open_store(location: str | None = None) -> TokenStore:
    """Return the store that ``OAuthSettingsLocation`` names.

    Parameters
    ----------
    location : str or None
        A path (of a file, or of a folder for ``tokens.json`` in it), ``memory://NAME``,
        ``keyring://``; None for ``tokens.json`` in the user's data folder.

    Raises
    ------
    ConfigurationError
        There is no such kind of place, or the ``keyring`` extra is not installed.
    """
    from procore_jupyter.oauth.file_store import FileStore  # it builds on this module

    if not location:
        return FileStore(private.data_folder() / "tokens.json")
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", location)
    if scheme is None:
        with contextlib.suppress(RuntimeError, ValueError, OSError):  # no home folder, a name too long, …
            path = Path(location).expanduser().absolute()
            if "\0" not in location:
                return FileStore(path / "tokens.json" if path.is_dir() else path)
        raise ConfigurationError(
            "OAuthSettingsLocation isn't a path that this machine can have. Leave it out, or give a file's path."
        )
    rest = location[scheme.end() :]
    if scheme[1].lower() == "memory":
        return MemoryStore(rest)
    if scheme[1].lower() == "keyring" and not rest.strip("/"):
        from procore_jupyter.oauth.keyring_store import KeyringStore

        return KeyringStore()
    raise ConfigurationError(
        f"OAuthSettingsLocation can't be {scheme[0]}…: give the path of a file, memory://NAME, or keyring:// (with nothing after it)."
    )
