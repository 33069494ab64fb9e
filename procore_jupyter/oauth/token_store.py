"""TokenStore: the contract of a place that keeps tokens, one for each (login host, API host, client id, account).

Three places keep it: a private file (`file_store`, the default), the operating system's keyring
(`keyring_store`) and the memory of this process (`stores`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol, Self

from procore_jupyter.errors import TokenStoreError, clear_locals, without_frames
from procore_jupyter.files.document import DocumentError, DocumentLocked
from procore_jupyter.oauth.token import Token
from procore_jupyter.secret import Secret


@dataclass(frozen=True)
class TokenKey:
    """Whose token it is.

    Parameters
    ----------
    login_host : str
        The provider's host, with its port if that is not the usual one: ``login.procore.com``.
    client_id : str
        The app's Client ID.
    account : str
        The user's own name for it: ``default``, or that of ``--account``.
    api_host : str
        The API's host, with its port in the same way. A token of one API host is never sent to another, whatever
        a connection string says.
    """

    login_host: str
    client_id: str
    account: str = "default"
    api_host: str = field(default="", kw_only=True)

    def digest(self) -> str:
        """Return a short name that can stand in a file's name."""
        text = "\n".join((self.login_host, self.client_id, self.account, self.api_host))
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True)
class StoredToken:
    """A stored token.

    Parameters
    ----------
    token : Token
        The newest one.
    seeds : frozenset of str
        The `fingerprint` of each refresh token or code in a connection string that it grew from. A seed that is
        given again is known to be spent, and this token is used.
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
        The proxy that takes it, with its port if that is not the usual one; or the login host, and the API host
        that gets the tokens: ``login.procore.com for api.procore.com``.
    owner : str
        Whose it is there: the Client ID, the proxy's user.
    """

    name: str
    host: str
    owner: str


def fingerprint(secret: Secret) -> str:
    """Return the SHA-256 of a secret in hex: enough to know it again, useless to whoever reads it."""
    return hashlib.sha256(secret.reveal().encode(errors="surrogatepass")).hexdigest()


@dataclass(frozen=True)
class RefreshNote:
    """What is known of a refresh token that was sent, and whose successor never came.

    Parameters
    ----------
    fingerprint : str
        The `fingerprint` of the refresh token.
    lost : bool
        An answer was lost, or has not come yet: the refresh token may be spent.
    refused_at : float or None
        When the provider refused it, in seconds since the epoch; None if it did not.
    """

    fingerprint: str
    lost: bool = True
    refused_at: float | None = None

    def __str__(self) -> str:
        """Return the note as a file holds it: the fingerprint; once refused, ``lost`` or ``ended`` and the time too."""
        if self.refused_at is None:
            return self.fingerprint
        return f"{self.fingerprint} {'lost' if self.lost else 'ended'} {self.refused_at:.0f}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``str`` returned; of anything else, the fingerprint alone counts."""
        mark, *rest = text.split() or [""]
        if len(rest) != 2 or not rest[1].isdecimal():
            return cls(mark)
        return cls(mark, lost=rest[0] == "lost", refused_at=float(rest[1]))


class TokenStoreLocked(TokenStoreError):
    """Another thread or process has held a lock of the store for longer than the caller would wait."""


@contextmanager
def store_errors() -> Iterator[None]:
    """Raise the `TokenStoreError` that a `DocumentError` means, without the frames that hold the document's content."""
    try:
        yield
    except DocumentError as error:
        kind = TokenStoreLocked if isinstance(error, DocumentLocked) else TokenStoreError
        without_frames(error)
        raise kind(str(error)) from None
    except BaseException as error:
        clear_locals(error)
        raise


class TokenStore(Protocol):
    """A place that keeps tokens. Any thread may call its methods; all but `note` and `noted` raise TokenStoreError."""

    @property
    def location(self) -> str:
        """Where it is, in words for a person."""
        ...

    def load(self, key: TokenKey) -> StoredToken | None:
        """Return the stored token, or None."""
        ...

    def save(self, key: TokenKey, token: Token, *, seeds: frozenset[str] = frozenset()) -> None:
        """Keep a token, with exactly these seeds, in place of the one there is; return when it is safe."""
        ...

    def delete(self, key: TokenKey) -> None:
        """Forget a token and its seeds, if there are any."""
        ...

    def exclusive(self, key: TokenKey, timeout: float) -> AbstractContextManager[bool]:
        """Hold the right to renew this token, against all threads and processes that share the store.

        Unlike the short lock around each change it is held across a network call. It ends with its
        process. Yields False if other processes can't be kept out. Raises TokenStoreLocked if `timeout`
        seconds were not enough.
        """
        ...

    def note(self, key: TokenKey, note: RefreshNote | None) -> None:
        """Note that a refresh token is being sent, or was refused; None once its successor is saved.

        Best effort: never raises.
        """
        ...

    def noted(self, key: TokenKey) -> RefreshNote | None:
        """Return the last note, unless the successor was saved. Never raises."""
        ...

    def load_secret(self, key: SecretKey) -> Secret | None:
        """Return a secret of a saved connection, or None."""
        ...

    def save_secret(self, key: SecretKey, secret: Secret) -> None:
        """Keep a secret of a saved connection in place of the one there is; return when it is safe."""
        ...

    def delete_secret(self, key: SecretKey) -> None:
        """Forget a secret of a saved connection, if there is one."""
        ...
