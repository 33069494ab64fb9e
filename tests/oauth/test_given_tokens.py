"""Tokens of the connection string, and the ways to a token that need no person."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import LoginRequired, TokenRequestError
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_source import ClientCredentials, FixedToken
from procore_jupyter.oauth.token_store import StoredToken, TokenKey, TokenStore, fingerprint
from procore_jupyter.secret import Secret
from tests.oauth.conftest import Kernels
from tests.oauth.provider import Clock, refreshes, token_requests

SignIn = Callable[[], Token]


def refresh_of(token: Token) -> Secret:
    assert token.refresh_token is not None
    return token.refresh_token


def spent(demo: DemoProcore) -> list[str]:
    return [request.form["refresh_token"] for request in token_requests(demo, "refresh_token")]


def test_a_seed_is_spent_once_however_often_its_cell_is_run(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore, store: TokenStore, key: TokenKey
) -> None:
    seed = refresh_of(sign_in())
    first = kernel(seed=seed)
    found = first.load()
    assert found is not None
    assert (found.access_token, found.needs_refresh(0)) == (Secret(""), False) or found.expired(time.time())
    token = first.current()
    for _ in range(3):
        assert kernel(seed=seed).current() == token
    assert spent(demo) == [seed.reveal()]
    stored = store.load(key)
    assert stored is not None
    assert stored.seeds == {fingerprint(seed)}
    successor = kernel(seed=seed).renewed(token)  # the seed is remembered by what grew from it
    assert kernel(seed=seed).current() == successor
    assert refreshes(demo) == [200, 200]


def test_another_seed_replaces_what_is_stored(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore, store: TokenStore, key: TokenKey
) -> None:
    kernel().adopt(sign_in())
    first, second = refresh_of(sign_in()), refresh_of(sign_in())
    one = kernel(seed=first).current()
    two = kernel(seed=second).current()
    assert not two.same_as(one)
    stored = store.load(key)
    assert stored == StoredToken(two, frozenset({fingerprint(second)}))
    assert spent(demo) == [first.reveal(), second.reveal()]
    assert set(refreshes(demo)) == {200}


def test_a_seed_that_is_refused_is_told_and_does_not_stand_in_for_another_person(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore
) -> None:
    kernel().adopt(sign_in())
    source = kernel(seed=Secret("used-elsewhere"))
    for _ in range(3):
        with pytest.raises(LoginRequired, match="The OAuthRefreshToken you gave is no longer accepted"):
            source.current()
    assert refreshes(demo) == [400]  # known to be dead: asked once


def test_signing_in_after_a_refused_seed_lets_the_same_cell_run_again(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore
) -> None:
    seed = Secret("used-elsewhere")
    source, token = kernel(seed=seed), sign_in()
    with pytest.raises(LoginRequired):
        source.current()
    source.adopt(token)
    assert source.current() == kernel(seed=seed).current() == token
    assert refreshes(demo) == [400]


def test_a_given_code_is_remembered_as_a_seed(
    kernel: Kernels, sign_in: SignIn, store: TokenStore, key: TokenKey
) -> None:
    kernel().adopt(sign_in(), seeds=frozenset({fingerprint(Secret("the-verifier"))}))
    stored = store.load(key)
    assert stored is not None
    assert stored.seeds == {fingerprint(Secret("the-verifier"))}


def given_token(token: Token, *, refresh: bool, known: bool) -> Token:
    lifetime = token.lifetime
    assert lifetime is not None
    return Token.given(
        token.access_token,
        token.refresh_token if refresh else None,
        token.obtained_at,
        expires_in=lifetime if known else None,
        timestamp=token.obtained_at if known else None,
    )


def test_a_given_token_of_known_age_is_used_while_it_lives_and_then_renewed(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore, clock: Clock, store: TokenStore, key: TokenKey
) -> None:
    token = sign_in()
    given = given_token(token, refresh=True, known=True)
    assert kernel(given=given, clock=clock).current().same_as(token)
    assert store.load(key) is None
    assert refreshes(demo) == []
    clock.now += 6000
    newer = kernel(given=given, clock=clock).current()
    assert kernel(given=given, clock=clock).current() == newer
    assert refreshes(demo) == [200]


def test_a_given_token_of_unknown_age_is_renewed_at_once_and_once(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore
) -> None:
    token = sign_in()
    for given, seed in (
        (given_token(token, refresh=True, known=False), None),
        (given_token(token, refresh=False, known=False), token.refresh_token),
    ):
        assert not kernel(given=given, seed=seed).current().same_as(token)
    assert refreshes(demo) == [200]


def test_a_given_access_token_alone_is_used_until_it_is_refused_then_what_is_stored(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore
) -> None:
    stored, other = sign_in(), sign_in()
    given = given_token(other, refresh=False, known=False)
    alone = kernel(given=given)
    assert alone.current().same_as(other)
    with pytest.raises(LoginRequired, match="The OAuthAccessToken you gave is no longer accepted"):
        alone.renewed(given)
    kernel().adopt(stored)
    beside = kernel(given=given)
    assert beside.current().same_as(other)
    assert beside.renewed(given) == beside.current() == stored
    assert refreshes(demo) == []


def test_a_given_access_token_that_has_expired_gives_way_to_what_is_stored(
    kernel: Kernels, sign_in: SignIn, clock: Clock
) -> None:
    given = given_token(sign_in(), refresh=False, known=True)
    clock.now += 6000
    with pytest.raises(LoginRequired, match="OAuthAccessToken"):
        kernel(given=given, clock=clock).current()
    stored = sign_in()
    kernel(clock=clock).adopt(stored)
    assert kernel(given=given, clock=clock).current() == stored


def test_a_fixed_token_is_all_there_is() -> None:
    token = Token.given(Secret("fixed"), None, 0.0, expires_in=1, timestamp=0.0)
    source = FixedToken(token)
    assert source.current() == source.peek() == token
    with pytest.raises(LoginRequired, match="InitiateOAuth=OFF"):
        source.renewed(token)


@pytest.fixture
def service(
    client: OAuthClient, store: TokenStore, key: TokenKey, clock: Clock
) -> Callable[[], ClientCredentials]:
    return lambda: ClientCredentials(client, store, key, clock=clock)


def test_a_service_account_gets_one_token_for_all_kernels_and_threads(
    service: Callable[[], ClientCredentials], demo: DemoProcore, clock: Clock
) -> None:
    kernels = [service() for _ in range(4)]
    with ThreadPoolExecutor(16) as pool:
        got = [*pool.map(lambda number: kernels[number % 4].current(), range(16))]
    assert len({token.access_token for token in got}) == 1
    clock.now += 5300
    assert service().current() == got[0]  # nothing is gained by being early
    clock.now += 101
    newer = kernels[0].current()
    assert not newer.same_as(got[0])
    assert kernels[1].renewed(got[0]) == newer
    assert not kernels[1].renewed(newer).same_as(newer)
    assert len(token_requests(demo, "client_credentials")) == 3


def test_a_service_account_stands_beside_a_persons_sign_in_with_the_same_app(
    service: Callable[[], ClientCredentials], kernel: Kernels, sign_in: SignIn, demo: DemoProcore
) -> None:
    person = sign_in()
    kernel().adopt(person)
    app = service().current()
    assert not app.same_as(person)
    assert demo.oauth.authenticate(app.access_token.reveal()).user_id is None
    service().sign_out()
    assert kernel().current() == person
    assert not service().current().same_as(app)


def test_a_service_account_asks_again_after_a_lost_answer_and_passes_a_refusal_on(
    service: Callable[[], ClientCredentials], demo: DemoProcore
) -> None:
    demo.answer_next("/oauth/token", drop=True, effect=True)
    assert service().current()
    demo.answer_next("/oauth/token", status=401, body={"error": "invalid_client"})
    source = service()
    with pytest.raises(TokenRequestError, match="Client ID"):
        source.renewed(source.current())
    assert source.current()
