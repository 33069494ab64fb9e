"""What the tests of the stores share: a token, a key, a keyring that can be told to fail."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import keyring
import keyring.backend
import keyring.errors
import pytest

from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import TokenKey, TokenStore
from procore_jupyter.secret import Secret

KEY = TokenKey("login.procore.com", "app-1")
posix = pytest.mark.skipif(os.name != "posix", reason="modes and owners are POSIX's")


def token(name: str = "1", **changes: Any) -> Token:
    return Token(**{
        "access_token": Secret(f"access-{name}"), "refresh_token": Secret(f"refresh-{name}"), "expires_at": 2000.5,
        "lifetime": 1000.0, "obtained_at": 1000.5, "clock_offset": -1.25, **changes,
    })  # fmt: skip


def uses(store: TokenStore) -> list[Callable[[], object]]:
    """Return all that can be done with a store."""
    return [lambda: store.load(KEY), lambda: store.save(KEY, token("2")), lambda: store.delete(KEY)]


class SmallKeyring(keyring.backend.KeyringBackend):
    """A keyring that keeps what it is given, until it is told to fail."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.entries: dict[tuple[str, str], str] = {}
        self.fails: Exception | None = None

    def _work(self) -> None:
        if self.fails is not None:
            raise self.fails

    def get_password(self, service: str, username: str) -> str | None:
        self._work()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._work()
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._work()
        if (service, username) not in self.entries:
            raise keyring.errors.PasswordDeleteError("not found")
        del self.entries[service, username]
