"""A source's every day in one process."""

from __future__ import annotations

import builtins
import dataclasses
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from procore_jupyter.demo.app import DemoParameters, DemoProcore
from procore_jupyter.errors import LoginRequired
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_source import TokenSource
from procore_jupyter.oauth.token_store import StoredToken, TokenKey, TokenStore
from procore_jupyter.secret import Secret
from tests.oauth.conftest import Kernels
from tests.oauth.provider import Clock, endpoints_of, refreshes, token_requests

SignIn = Callable[[], Token]


def test_a_new_sign_in_is_saved_and_used_and_found_by_another_kernel(
    kernel: Kernels, sign_in: SignIn, store: TokenStore, key: TokenKey
) -> None:
    first, token = kernel(), sign_in()
    first.adopt(token)
    assert store.load(key) == StoredToken(token)
    assert first.current() == first.peek() == token
    second = kernel()
    assert second.peek() is None
    assert second.load() == second.current() == token


def test_a_fresh_token_costs_no_io_and_no_lock(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = kernel()
    source.adopt(sign_in())

    def forbidden(*arguments: object, **options: object) -> None:
        raise AssertionError("no I/O here")

    asked = len(demo.requests)
    with monkeypatch.context() as patch:
        for module, name in ((builtins, "open"), (threading.Condition, "wait"), (threading.Thread, "start")):
            patch.setattr(module, name, forbidden)
        patch.setattr("os.open", forbidden)
        patch.setattr("os.stat", forbidden)
        for _ in range(3):
            source.current()
            source.peek()
    assert len(demo.requests) == asked


@pytest.mark.parametrize("lifetime", [5400, 900, 10, 4])
def test_a_token_is_renewed_ahead_of_its_end_once_for_all_kernels(
    kernel: Kernels,
    sign_in: SignIn,
    demo: DemoProcore,
    clock: Clock,
    store: TokenStore,
    key: TokenKey,
    lifetime: float,
) -> None:
    demo.parameters = DemoParameters(token_lifetime=lifetime)
    kernels = [kernel(clock=clock) for _ in range(3)]
    token = sign_in()
    kernels[0].adopt(token)
    for round_ in range(3):
        tokens = {source.current().access_token for source in kernels}
        assert len(tokens) == 1
        assert len(refreshes(demo)) == round_
        clock.now += lifetime * 0.99
        for access_token in tokens:
            demo.oauth.authenticate(access_token.reveal())  # it would still be good
    assert refreshes(demo) == [200] * 2
    stored = store.load(key)
    assert stored is not None
    assert stored.token == kernels[0].peek()


def test_the_redirect_uri_goes_along_where_one_is_given(
    client: OAuthClient, store: TokenStore, key: TokenKey, sign_in: SignIn, demo: DemoProcore
) -> None:
    source = TokenSource(client, store, key, redirect_uri="http://localhost")
    token = sign_in()
    source.adopt(token)
    source.renewed(token)
    assert token_requests(demo, "refresh_token")[0].form["redirect_uri"] == "http://localhost"


def test_a_token_without_a_known_life_is_renewed_when_it_is_refused(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore, clock: Clock
) -> None:
    source = kernel(clock=clock)
    token = dataclasses.replace(sign_in(), expires_at=None, lifetime=None)
    source.adopt(token)
    clock.now += 1e6
    assert source.current() == token
    assert refreshes(demo) == []
    assert not source.renewed(token).same_as(token)


def test_a_refused_token_that_another_kernel_has_renewed_is_healed_by_a_look_at_the_store(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore
) -> None:
    here, there, token = kernel(), kernel(), sign_in()
    here.adopt(token)
    assert there.current() == token
    newer = here.renewed(token)
    assert there.current() == token  # it can't know yet: the API refuses it
    assert there.renewed(token) == newer
    assert refreshes(demo) == [200]


def test_thirty_two_threads_with_one_refused_token_make_one_refresh(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore
) -> None:
    kernels, token = [kernel() for _ in range(4)], sign_in()
    kernels[0].adopt(token)
    for source in kernels:
        source.load()
    start = threading.Barrier(32)

    def refused(number: int) -> Secret:
        start.wait(30)
        return kernels[number % 4].renewed(token).access_token

    with ThreadPoolExecutor(32) as pool:
        got = {*pool.map(refused, range(32))}
    assert len(got) == 1
    assert got != {token.access_token}
    assert refreshes(demo) == [200]


def test_a_thread_that_comes_late_with_an_old_token_gets_the_one_of_today(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore
) -> None:
    source, first = kernel(), sign_in()
    source.adopt(first)
    second = source.renewed(first)
    third = source.renewed(second)
    assert source.renewed(first) == source.renewed(second) == third
    assert refreshes(demo) == [200, 200]


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_provider_whose_clock_is_an_hour_off_changes_nothing(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore, clock: Clock, hours: int
) -> None:
    demo.clock = lambda: clock.now + hours * 3600
    source = kernel(clock=clock)
    source.adopt(sign_in())
    source.current()
    clock.now += 5000
    demo.oauth.authenticate(source.current().access_token.reveal())
    assert refreshes(demo) == []
    clock.now += 350
    demo.oauth.authenticate(source.current().access_token.reveal())
    assert refreshes(demo) == [200]


@pytest.mark.parametrize("hours", [-1, 1])
def test_our_own_clock_being_put_right_by_an_hour_changes_nothing(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore, clock: Clock, hours: int
) -> None:
    """Set forward, the token is renewed early; set back, the API's refusal renews it late."""
    ours = Clock()
    client = OAuthClient(endpoints_of(demo.url), demo.client_id, Secret(demo.client_secret), clock=ours)
    source = kernel(client=client, clock=ours)
    source.adopt(dataclasses.replace(sign_in(), obtained_at=ours.now, expires_at=ours.now + 5400))
    ours.now += hours * 3600
    for _ in range(4):
        clock.now += 1800
        ours.now += 1800
        token = source.current()
        try:
            demo.oauth.authenticate(token.access_token.reveal())
        except Exception:
            token = source.renewed(token)
        demo.oauth.authenticate(token.access_token.reveal())
    assert set(refreshes(demo)) == {200}


def test_a_laptop_that_slept_across_the_end_wakes_up_signed_in(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore, clock: Clock
) -> None:
    source = kernel(clock=clock)
    source.adopt(sign_in())
    clock.now += 72 * 3600
    demo.oauth.authenticate(source.current().access_token.reveal())
    assert refreshes(demo) == [200]


def test_nobody_signed_in_is_told_what_to_run(kernel: Kernels, demo: DemoProcore) -> None:
    source = kernel()
    assert source.load() is None
    for ask in (source.current, lambda: source.renewed(Token.given(Secret("a"), None, 0.0))):
        with pytest.raises(LoginRequired, match="%procore_connect"):
            ask()
    assert demo.requests == []
