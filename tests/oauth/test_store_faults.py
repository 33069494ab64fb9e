"""What can go wrong between a source and its store or its lock."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import TokenStoreError
from procore_jupyter.files import private
from procore_jupyter.oauth import token_source
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.oauth.stores import open_store
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import StoredToken, TokenKey, TokenStore, TokenStoreLocked
from procore_jupyter.secret import Secret
from tests.oauth.conftest import Kernels
from tests.oauth.provider import endpoints_of, refreshes

SignIn = Callable[[], Token]
TOKEN = "/oauth/token"


@pytest.fixture
def token(kernel: Kernels, sign_in: SignIn) -> Token:
    """A token that some kernel has signed in with."""
    token = sign_in()
    kernel().adopt(token)
    return token


def full(*arguments: object, **options: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_costs_no_sign_in(
    kernel: Kernels,
    token: Token,
    demo: DemoProcore,
    store: TokenStore,
    key: TokenKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(token_source, "SAVE_AGAIN", 0.0)
    source, beside = kernel(), kernel()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        second = source.renewed(token)
        assert source.current() == second
        third = source.renewed(second)  # spends what could not be saved
        assert beside.renewed(token) == third  # another source of this process knows it too
        assert store.load(key) == StoredToken(token)
        (said,) = {*kernel.told}
        assert "No space left on device" in said
        assert len(kernel.told) == 2  # once each
    assert source.current() == third  # saved at the next chance
    assert store.load(key) == StoredToken(third)
    assert kernel().current() == third
    assert refreshes(demo) == [200, 200]


def test_a_save_that_failed_is_tried_again_only_now_and_then(
    kernel: Kernels, token: Token, store: TokenStore, key: TokenKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = token.obtained_at
    source = kernel(clock=lambda: now)
    tries = []

    def counted(*arguments: object) -> None:
        tries.append(1)
        full()

    with monkeypatch.context() as patch:
        patch.setattr(private, "write_private", counted)
        source.renewed(token)
        for _ in range(20):
            now += 1
            source.current()
    assert 2 <= len(tries) <= 3
    now += 20
    newer = source.current()
    assert store.load(key) == StoredToken(newer)


def test_a_new_sign_in_that_cannot_be_saved_is_used_and_the_store_believed_when_somebody_signs_in_after(
    kernel: Kernels,
    token: Token,
    sign_in: SignIn,
    store: TokenStore,
    key: TokenKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source, newer, newest = kernel(), sign_in(), sign_in()
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        source.adopt(newer)
    assert source.current() == newer
    store.save(key, newest)  # another process
    assert source.renewed(newer) == newest
    assert store.load(key) == StoredToken(newest)


def test_a_seed_whose_successor_cannot_be_saved_is_not_spent_again(
    kernel: Kernels, token: Token, sign_in: SignIn, demo: DemoProcore, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = sign_in().refresh_token
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        newer = kernel(seed=seed).current()
        assert kernel(seed=seed).current() == newer
    assert kernel(seed=seed).current() == newer
    assert refreshes(demo) == [200]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_costs_no_sign_in(kernel: Kernels, token: Token, store: TokenStore) -> None:
    folder = Path(store.location).parent
    folder.chmod(0o500)
    try:
        source = kernel()
        newer = source.renewed(token)  # the lock files are there, so the locks can be had
        assert source.current() == kernel().renewed(token) == newer
        assert "can't be saved" in kernel.told[0]
    finally:
        folder.chmod(0o700)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_store_that_is_not_to_be_trusted_is_not_used_and_nothing_is_spent(
    kernel: Kernels, token: Token, store: TokenStore, demo: DemoProcore
) -> None:
    Path(store.location).chmod(0o644)
    source = kernel()
    for ask in (source.load, source.current, lambda: source.renewed(token)):
        with pytest.raises(TokenStoreError, match="chmod 600"):
            ask()
    assert refreshes(demo) == []


def test_warnings_that_are_errors_cost_no_sign_in(
    client: OAuthClient, token: Token, store: TokenStore, key: TokenKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = token_source.TokenSource(client, store, key)  # whose warnings pytest turns into errors
    monkeypatch.setattr(os, "fsync", full)
    assert source.renewed(token) == source.current()


def test_the_store_is_written_before_the_token_is_used(
    kernel: Kernels, token: Token, store: TokenStore, key: TokenKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = kernel()
    source.load()
    seen = []
    save = store.save

    def watched(key: TokenKey, token: Token, *, seeds: frozenset[str] = frozenset()) -> None:
        seen.append(source.peek())
        save(key, token, seeds=seeds)

    monkeypatch.setattr(store, "save", watched)
    source.renewed(token)
    assert seen == [token]


def test_waiting_for_a_lock_is_bounded_then_the_store_is_read_again(
    kernel: Kernels,
    token: Token,
    sign_in: SignIn,
    store: TokenStore,
    key: TokenKey,
    demo: DemoProcore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(token_source, "LOCK_PATIENCE", 0.2)
    hasty = OAuthClient(endpoints_of(demo.url), demo.client_id, Secret(demo.client_secret), timeout=0.05)
    source = kernel(client=hasty)
    with open_store(store.location).exclusive(key, 1):
        with pytest.raises(TokenStoreLocked, match="Another notebook has been busy"):
            source.renewed(token)
        newer = sign_in()
        threading.Timer(0.05, lambda: store.save(key, newer)).start()
        assert source.renewed(token) == newer
        source.adopt(sign_in())  # a person's sign-in doesn't wait for a kernel that hangs
    assert refreshes(demo) == []


def test_a_lock_that_is_held_up_does_not_stop_a_token_that_still_lives(
    kernel: Kernels,
    sign_in: SignIn,
    store: TokenStore,
    key: TokenKey,
    demo: DemoProcore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(token_source, "LOCK_PATIENCE", 0.1)
    token = sign_in()
    now = token.obtained_at
    hasty = OAuthClient(endpoints_of(demo.url), demo.client_id, Secret(demo.client_secret), timeout=0.05)
    source = kernel(client=hasty, clock=lambda: now)
    source.adopt(token)
    now += 5400 - 60
    with store.exclusive(key, 1):
        assert source.current() == token
