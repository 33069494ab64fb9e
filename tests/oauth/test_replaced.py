"""Nothing is stored, and nothing lives at the provider, of which a person was told that it is gone or was replaced."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import LoginRequired
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.oauth.stores import open_store
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_source import TokenSource
from procore_jupyter.oauth.token_store import TokenKey, TokenStore, TokenStoreLocked
from procore_jupyter.secret import Secret
from tests.hostile.counting import share
from tests.oauth.conftest import Kernels
from tests.oauth.provider import Clock, refreshes

SignIn = Callable[[], Token]


def full(*arguments: object, **options: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def alive(demo: DemoProcore) -> set[str]:
    """Return the access tokens whose sign-in still stands at the provider."""
    return {each.access_token for each in demo.oauth._tokens.values() if not each.revoked}


@pytest.mark.parametrize("age", [0, 5200, 6000])  # seconds; it ends after 5400
def test_a_sign_in_that_is_replaced_is_ended_once_its_successor_is_saved(
    kernel: Kernels,
    sign_in: SignIn,
    demo: DemoProcore,
    client: OAuthClient,
    clock: Clock,
    store: TokenStore,
    key: TokenKey,
    age: int,
) -> None:
    older = sign_in()
    kernel(clock=clock).adopt(older)
    clock.now += age
    newer = sign_in()
    assert kernel(clock=clock).adopt(newer)
    assert alive(demo) == {newer.access_token.reveal()}
    stored = store.load(key)
    assert stored is not None and stored.token == newer
    assert kernel(clock=clock).current() == newer


def test_a_sign_in_whose_successor_could_not_be_saved_is_ended_when_that_could(
    kernel: Kernels,
    sign_in: SignIn,
    demo: DemoProcore,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source, older, newer = kernel(clock=clock), sign_in(), sign_in()
    source.adopt(older)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        source.adopt(newer)
        assert alive(demo) == {older.access_token.reveal(), newer.access_token.reveal()}
    clock.now += 3600
    assert source.current() == newer
    assert alive(demo) == {newer.access_token.reveal()}


def test_a_token_that_the_provider_gives_again_is_not_ended(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore
) -> None:
    token = sign_in()
    kernel().adopt(token)
    kernel().adopt(token)
    assert alive(demo) == {token.access_token.reveal()}


def test_a_sign_in_that_was_refused_is_not_asked_about_again(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore
) -> None:
    source, token = kernel(), sign_in()
    source.adopt(token)
    demo.oauth.revoke_all()
    with pytest.raises(LoginRequired):
        source.renewed(token)
    asked = len(demo.requests)
    source.adopt(sign_in())
    assert len(demo.requests) == asked + 1  # the new one's own


@pytest.mark.parametrize("age", [0, 6000])
def test_another_seed_ends_the_sign_in_that_it_replaces(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore, clock: Clock, age: int
) -> None:
    kernel(clock=clock).adopt(sign_in())
    seed = sign_in().refresh_token
    clock.now += age
    token = kernel(clock=clock, seed=seed).current()
    assert alive(demo) == {token.access_token.reveal()}


def test_a_seed_that_a_new_sign_in_takes_the_place_of_is_ended_too(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore
) -> None:
    seed = sign_in().refresh_token
    source, newer = kernel(seed=seed), sign_in()
    source.adopt(newer)
    assert alive(demo) == {newer.access_token.reveal()}
    source.sign_out()
    assert alive(demo) == set()
    with pytest.raises(LoginRequired):
        kernel(seed=seed).current()


def test_signing_out_ends_what_is_stored_beside_a_seed_that_counts_before_it(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore, store: TokenStore, key: TokenKey
) -> None:
    kernel().adopt(sign_in())
    kernel(seed=sign_in().refresh_token).sign_out()
    assert (alive(demo), store.load(key)) == (set(), None)


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("locked", [True, False])
def test_a_token_that_nobody_wants_any_more_is_ended_and_stored_nowhere(
    kernel: Kernels,
    sign_in: SignIn,
    demo: DemoProcore,
    store: TokenStore,
    key: TokenKey,
    stored: bool,
    locked: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source, older, unwanted = kernel(), sign_in(), sign_in()
    if stored:
        source.adopt(older)
    before = store.load(key)
    if locked:

        def held(*_: object) -> None:
            raise TokenStoreLocked("Another notebook has been busy.")

        monkeypatch.setattr(store, "exclusive", held)
    assert not source.adopt(unwanted, wanted=lambda: False)
    assert store.load(key) == before
    assert alive(demo) == {older.access_token.reveal()}
    assert source.peek() == (older if stored else None)
    assert kernel.told == []


def test_what_could_not_be_ended_is_said_and_the_new_sign_in_stands(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore
) -> None:
    source, older, newer = kernel(), sign_in(), sign_in()
    source.adopt(older)
    demo.answer_next("/oauth/revoke", drop=True, times=2)
    assert source.adopt(newer)
    assert not source.adopt(sign_in(), wanted=lambda: False)
    assert source.current() == newer
    (first, second) = kernel.told
    assert first.startswith("An earlier sign-in, no longer used, could not be ended: ") and second
    assert older.access_token.reveal() not in first


@pytest.mark.parametrize("seed", range(share(300)))
def test_whatever_is_done_one_sign_in_lives_at_the_provider_and_none_after_a_sign_out(
    seed: int, tmp_path: Path, demo: DemoProcore, client: OAuthClient, clock: Clock, sign_in: SignIn
) -> None:
    """Kernels that share a store sign in, again and anew, with seeds, in vain, on a full disk; then somebody signs out."""
    chance = random.Random(seed)
    key, place = TokenKey("127.0.0.1", demo.client_id, f"account {seed}"), str(tmp_path / "tokens.json")

    def kernel(seed: Secret | None = None) -> TokenSource:
        return TokenSource(client, open_store(place), key, seed=seed, clock=clock, warn=lambda line: None)

    kernels, done = [kernel(), kernel()], []
    for _ in range(chance.randint(1, 8)):
        source = chance.choice(kernels)
        act = chance.choice(["sign in", "in vain", "seed", "renew", "later", "full disk"])
        done.append(act)
        try:
            if act == "sign in":
                source.adopt(sign_in())
            elif act == "in vain":
                assert not source.adopt(sign_in(), wanted=lambda: False)
            elif act == "seed":
                kernels.append(kernel(sign_in().refresh_token))
                kernels[-1].current()
            elif act == "renew":
                source.renewed(source.current())
            elif act == "later":
                clock.now += chance.choice([10, 3000, 5300, 6000])
            else:
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(os, "replace", full)
                    source.adopt(sign_in())
                clock.now += 60
                source.current()  # saved at the next chance
        except LoginRequired:
            pass
        assert len(alive(demo)) <= 1, (seed, done)
    chance.choice(kernels).sign_out()
    assert alive(demo) == set(), (seed, done)
    assert open_store(place).load(key) is None
    assert {400, 200}.issuperset(refreshes(demo))
