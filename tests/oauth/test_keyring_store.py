from __future__ import annotations

import re
import sys

import keyring
import keyring.backend
import keyring.core
import keyring.errors
import pytest

from procore_jupyter.errors import ConfigurationError, ProcoreWarning, TokenStoreError
from procore_jupyter.files import private
from procore_jupyter.oauth.keyring_store import KeyringStore
from procore_jupyter.oauth.stores import open_store
from procore_jupyter.oauth.token_store import RefreshNote, StoredToken, fingerprint
from procore_jupyter.secret import Secret
from tests.oauth.provider import drawn
from tests.oauth.stores import KEY, SmallKeyring, token, uses


def test_a_keyring_that_is_not_installed_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigurationError, match=r"pip install procore-jupyter\[keyring\]"):
        open_store("keyring://")


@pytest.mark.parametrize("backend", ["not_there.Backend", "keyring.backends.fail.NotThere"])
def test_a_keyring_whose_settings_are_wrong_is_not_told_as_missing(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
    with pytest.raises(TokenStoreError, match=r"PYTHON_KEYRING_BACKEND.*Correct them"):
        open_store("keyring://").load(KEY)


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        (keyring.errors.KeyringLocked("locked"), "is locked. Unlock it"),
        (keyring.errors.NoKeyringError("none"), "there is none here"),
        (keyring.errors.InitError("no bus"), "there is none here"),
        (
            keyring.errors.PasswordSetError("access-1"),
            "may be full or locked|it failed. Make sure it is unlocked",
        ),
        (RuntimeError("access-1 refused"), "may be full or locked|it failed. Make sure it is unlocked"),
        (OSError(28, "access-1"), "may be full or locked|it failed. Make sure it is unlocked"),
        (
            type("\x1b[31m", (Exception,), {})("access-1"),
            "may be full or locked|it failed. Make sure it is unlocked",
        ),
    ],
)
def test_a_keyring_that_is_locked_missing_full_or_failing_is_told_without_its_words(
    system_keyring: SmallKeyring, problem: Exception, why: str
) -> None:
    store = KeyringStore()
    store.save(KEY, token())
    system_keyring.fails = problem
    for act in uses(store):
        with pytest.raises(
            TokenStoreError, match="The system keyring can't be .*leave OAuthSettingsLocation out"
        ) as caught:
            act()
        assert "access-" not in drawn(caught.value)
        assert re.search(why, str(caught.value)) and str(caught.value).isprintable()
    system_keyring.fails = None
    assert store.load(KEY) == StoredToken(token())


def test_a_keyring_that_fails_midway_keeps_the_old_sign_in(
    system_keyring: SmallKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = KeyringStore()
    store.save(KEY, token("1"))

    def fail(service: str, username: str, password: str) -> None:
        raise keyring.errors.PasswordSetError(password)

    monkeypatch.setattr(system_keyring, "set_password", fail)
    with pytest.raises(TokenStoreError, match="can't be written") as caught:
        store.save(KEY, token("2"))
    assert "access-2" not in drawn(caught.value)
    assert store.load(KEY) == StoredToken(token("1"))


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"version": 1}', '{"version": 1, "token": {"access_token": 1}, "seeds": []}']
)
def test_a_damaged_entry_is_kept_aside(system_keyring: SmallKeyring, text: str) -> None:
    store = KeyringStore()
    store.save(KEY, token())
    (name,) = system_keyring.entries
    system_keyring.entries[name] = text
    with pytest.warns(ProcoreWarning, match="damaged"):
        assert store.load(KEY) is None
    assert [*system_keyring.entries.values()] == [text]
    store.save(KEY, token("2"))
    assert len(system_keyring.entries) == 2


def test_an_entry_of_a_newer_format_is_left_alone(system_keyring: SmallKeyring) -> None:
    store = KeyringStore()
    store.save(KEY, token())
    (name,) = system_keyring.entries
    system_keyring.entries[name] = '{"version": 2, "vault": 1}'
    for act in uses(store):
        with pytest.raises(TokenStoreError, match="pip install -U"):
            act()
    assert system_keyring.entries == {name: '{"version": 2, "vault": 1}'}


def test_nothing_of_a_keyring_sign_in_stands_in_a_file(system_keyring: SmallKeyring) -> None:
    store = KeyringStore()
    with store.exclusive(KEY, 1):
        store.save(KEY, token())
        store.note(KEY, RefreshNote(fingerprint(Secret("refresh-1"))))
    for each in private.data_folder().rglob("*"):
        assert b"refresh-1" not in each.read_bytes()
