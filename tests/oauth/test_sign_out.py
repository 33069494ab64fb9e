from __future__ import annotations

from collections.abc import Callable

import pytest

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import LoginRequired, TokenRequestError
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import StoredToken, TokenKey, TokenStore
from procore_jupyter.secret import Secret
from tests.oauth.conftest import Kernels
from tests.oauth.provider import Clock, refreshes, token_requests

SignIn = Callable[[], Token]


def test_who_signs_in_after_a_sign_out_is_signed_in(kernel: Kernels, sign_in: SignIn) -> None:
    source = kernel()
    source.adopt(sign_in())
    source.forget()
    assert source.peek() is source.load() is None
    with pytest.raises(LoginRequired):
        source.current()
    token = sign_in()
    source.adopt(token)
    assert source.current() == token


@pytest.mark.parametrize("expired", [False, True])
def test_signing_out_ends_the_sign_in_at_the_provider_also_when_the_access_token_has_expired(
    kernel: Kernels,
    sign_in: SignIn,
    demo: DemoProcore,
    client: OAuthClient,
    clock: Clock,
    store: TokenStore,
    key: TokenKey,
    expired: bool,
) -> None:
    source, token = kernel(clock=clock), sign_in()
    source.adopt(token)
    clock.now += 6000 if expired else 0
    source.sign_out()
    assert store.load(key) is None
    assert source.peek() is None
    assert all(each.revoked for each in demo.oauth._tokens.values())
    for request in token_requests(demo, "refresh_token"):
        with pytest.raises(TokenRequestError, match="no longer accepts"):
            client.refresh(Secret(request.form["refresh_token"]))


def test_a_sign_out_that_did_not_reach_the_provider_forgets_nothing(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore, store: TokenStore, key: TokenKey
) -> None:
    source, token = kernel(), sign_in()
    source.adopt(token)
    demo.answer_next("/oauth/revoke", drop=True)
    with pytest.raises(TokenRequestError, match="Try again"):
        source.sign_out()
    assert store.load(key) == StoredToken(token)
    source.sign_out()
    assert store.load(key) is None


def test_a_sign_out_whose_revocation_did_nothing_is_done_properly(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore
) -> None:
    source = kernel()
    source.adopt(sign_in())
    demo.answer_next("/oauth/revoke", status=200, body={})
    source.sign_out()
    assert all(each.revoked for each in demo.oauth._tokens.values())
    assert refreshes(demo) == [200, 400]


def test_a_provider_that_never_ends_a_sign_in_is_told_on(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore
) -> None:
    source = kernel()
    source.adopt(sign_in())
    demo.answer_next("/oauth/revoke", status=200, body={}, times=9)
    with pytest.raises(TokenRequestError, match="still accepts"):
        source.sign_out()
    demo.oauth.authenticate(source.current().access_token.reveal())


def test_signing_out_twice_or_after_another_kernel_is_no_error(kernel: Kernels, sign_in: SignIn) -> None:
    here, there = kernel(), kernel()
    here.adopt(sign_in())
    there.current()
    here.sign_out()
    here.sign_out()
    there.sign_out()


def test_another_kernel_notices_a_sign_out_at_its_next_refusal(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore
) -> None:
    here, there, token = kernel(), kernel(), sign_in()
    here.adopt(token)
    assert there.current() == token
    here.sign_out()
    asked = len(demo.requests)
    with pytest.raises(LoginRequired, match="You were signed out: in another notebook"):
        there.renewed(token)
    with pytest.raises(LoginRequired):
        there.current()
    assert len(demo.requests) == asked
