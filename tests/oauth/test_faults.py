"""What can go wrong between a source and the provider while a token is renewed, case by case."""

from __future__ import annotations

import errno
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import filelock
import pytest

from procore_jupyter.demo.app import DemoParameters, DemoProcore
from procore_jupyter.errors import LoginRequired, TokenRequestError
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import RefreshNote, StoredToken, TokenKey, TokenStore, fingerprint
from procore_jupyter.secret import Secret
from tests.oauth.conftest import Kernels
from tests.oauth.provider import endpoints_of, refreshes, token_requests, until

SignIn = Callable[[], Token]
TOKEN = "/oauth/token"


@pytest.fixture
def token(kernel: Kernels, sign_in: SignIn) -> Token:
    """A token that some kernel has signed in with."""
    token = sign_in()
    kernel().adopt(token)
    return token


# ---- the network


@pytest.mark.parametrize("effect", [False, True])
@pytest.mark.parametrize(
    "fault",
    [
        {"drop": True},
        {"status": 500, "body": "<h1>Oops</h1>"},
        {"status": 200, "body": "<html>Welcome</html>"},
        {"status": 200, "body": b'{"access_tok'},
        {"status": 502},
    ],
)
def test_a_lost_answer_is_asked_for_once_more_and_if_the_first_had_arrived_the_person_is_told(
    kernel: Kernels, token: Token, demo: DemoProcore, fault: dict[str, object], effect: bool
) -> None:
    demo.answer_next(TOKEN, effect=effect, **fault)  # type: ignore[arg-type]
    source = kernel()
    if not effect:
        demo.oauth.authenticate(source.renewed(token).access_token.reveal())
    else:
        for _ in range(3):
            with pytest.raises(
                LoginRequired, match="The sign-in was lost: .*answer didn't arrive.*sign in again"
            ):
                source.renewed(token)
    assert len(token_requests(demo, "refresh_token")) == 2
    assert token_requests(demo, "refresh_token")[1].status == (400 if effect else 200) or "drop" in fault


def test_that_an_answer_was_lost_is_known_to_the_next_kernel_too(
    kernel: Kernels, token: Token, demo: DemoProcore
) -> None:
    demo.answer_next(TOKEN, drop=True, effect=True)
    demo.answer_next(TOKEN, drop=True)
    with pytest.raises(TokenRequestError):
        kernel().renewed(token)
    for _ in range(2):
        with pytest.raises(LoginRequired, match="The sign-in was lost"):
            kernel().renewed(token)


@pytest.mark.parametrize(
    "fault",
    [
        {"drop": True},
        {"status": 503, "body": "busy"},
        {"status": 302, "headers": {"Location": "/elsewhere"}},
        {"status": 429},
    ],
)
def test_a_network_fault_is_no_dead_sign_in(
    kernel: Kernels,
    token: Token,
    demo: DemoProcore,
    store: TokenStore,
    key: TokenKey,
    fault: dict[str, object],
) -> None:
    source = kernel()
    demo.answer_next(TOKEN, times=2, **fault)  # type: ignore[arg-type]
    with pytest.raises(TokenRequestError) as caught:
        source.renewed(token)
    assert caught.value.error in ("unreachable", "unusable_answer")
    assert store.load(key) == StoredToken(token)
    demo._stage.faults.clear()
    demo.oauth.authenticate(source.renewed(token).access_token.reveal())


def test_a_network_that_is_gone_and_comes_back(kernel: Kernels, token: Token, demo: DemoProcore) -> None:
    source = kernel()
    demo.stop()
    for _ in range(2):
        with pytest.raises(TokenRequestError, match="can't be reached"):
            source.renewed(token)
    demo.start()
    demo.oauth.authenticate(source.renewed(token).access_token.reveal())
    assert refreshes(demo) == [200]


def test_a_provider_that_never_answers_is_given_up(kernel: Kernels, token: Token, demo: DemoProcore) -> None:
    client = OAuthClient(endpoints_of(demo.url), demo.client_id, Secret(demo.client_secret), timeout=0.3)
    demo.answer_next(TOKEN, delay=2.0, drop=True, times=2)
    with pytest.raises(TokenRequestError, match="didn't answer within"):
        kernel(client=client).renewed(token)


def test_a_slow_provider_is_waited_for_by_all_threads_and_kernels_and_asked_once(
    kernel: Kernels, token: Token, demo: DemoProcore
) -> None:
    kernels = [kernel(), kernel()]
    demo.answer_next(TOKEN, delay=0.7)
    with ThreadPoolExecutor(8) as pool:
        got = {*pool.map(lambda number: kernels[number % 2].renewed(token).access_token, range(8))}
    assert len(got) == 1
    assert refreshes(demo) == [200]


def test_a_token_that_still_lives_is_used_while_renewing_it_ahead_of_time_fails(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = sign_in()
    now = token.obtained_at
    source = kernel(clock=lambda: now)
    source.adopt(token)
    demo.stop()
    now += 5400 - 100  # in the last two minutes
    assert source.current() == token
    with monkeypatch.context() as patch:
        patch.setattr(source._renewal, "next", None)
        assert source.current() == token  # without trying again with every request
    now += 101
    with pytest.raises(TokenRequestError):
        source.current()
    demo.start()
    demo.oauth.authenticate(source.current().access_token.reveal())


def test_a_refusal_that_is_the_apps_fault_is_passed_on_and_spends_nothing(
    kernel: Kernels, token: Token, demo: DemoProcore
) -> None:
    wrong = OAuthClient(endpoints_of(demo.url), demo.client_id, Secret("wrong"), place="production")
    with pytest.raises(TokenRequestError, match="Environment=Sandbox") as caught:
        kernel(client=wrong).renewed(token)
    assert caught.value.error == "invalid_client"
    assert kernel().renewed(token)


# ---- dead sign-ins


def test_a_revoked_sign_in_is_told_and_the_provider_not_asked_again(
    kernel: Kernels, token: Token, demo: DemoProcore, sign_in: SignIn
) -> None:
    source = kernel()
    assert source.current() == token
    demo.oauth.revoke_all()
    asks: list[Callable[[], Token]] = [lambda: source.renewed(token), source.current]
    for ask in asks * 2:
        with pytest.raises(LoginRequired, match="no longer accepts the stored sign-in"):
            ask()
    assert refreshes(demo) == [400]
    # … until the store changes.
    newer = sign_in()
    kernel().adopt(newer)
    assert source.current() == newer


def test_a_storm_on_a_revoked_sign_in_asks_the_provider_once(
    kernel: Kernels, token: Token, demo: DemoProcore
) -> None:
    source = kernel()
    source.load()
    demo.oauth.revoke_all()

    def ask(number: int) -> str:
        try:
            source.renewed(token)
        except LoginRequired as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(16) as pool:
        said = {*pool.map(ask, range(32))}
    assert len(said) == 1
    assert said != {""}
    assert refreshes(demo) == [400]


def test_a_refusal_because_another_was_quicker_is_healed_by_a_look_at_the_store(
    kernel: Kernels, token: Token, demo: DemoProcore, client: OAuthClient, store: TokenStore, key: TokenKey
) -> None:
    """As it happens where the file system has no locks."""
    source, refresh = kernel(), client.refresh

    def late(refresh_token: Secret, *, redirect_uri: str | None = None) -> Token:
        store.save(key, refresh(refresh_token))  # the other process
        return refresh(refresh_token)

    client.refresh = late  # type: ignore[method-assign]
    newer = source.renewed(token)
    assert store.load(key) == StoredToken(newer)
    demo.oauth.authenticate(newer.access_token.reveal())
    assert refreshes(demo) == [200, 400]


@pytest.mark.filterwarnings("ignore:The folder .* can't be locked")
def test_without_file_locks_the_other_processs_save_is_waited_for(
    kernel: Kernels,
    token: Token,
    demo: DemoProcore,
    client: OAuthClient,
    store: TokenStore,
    key: TokenKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(self: object, *arguments: object, **options: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    assert token.refresh_token is not None
    newer = client.refresh(token.refresh_token)  # the other process has its answer …
    threading.Timer(0.15, lambda: store.save(key, newer)).start()  # … and saves it
    assert kernel().renewed(token) == newer


def test_a_sign_in_in_another_notebook_is_taken_on(
    kernel: Kernels, token: Token, demo: DemoProcore, sign_in: SignIn
) -> None:
    source = kernel()
    assert source.current() == token
    demo.oauth.revoke_all()
    newer = sign_in()
    kernel().adopt(newer)
    assert source.renewed(token) == newer
    assert refreshes(demo) == []


# ---- the person


@pytest.mark.skipif(sys.platform == "win32", reason="pthread_kill is POSIX's")
def test_an_interrupt_while_waiting_loses_neither_the_answer_nor_a_lock(
    kernel: Kernels, token: Token, demo: DemoProcore, store: TokenStore, key: TokenKey
) -> None:
    source = kernel()
    demo.answer_next(TOKEN, delay=0.5, effect=True)
    main = threading.main_thread().ident or 0

    def interrupt() -> None:
        until(lambda: token_requests(demo, "refresh_token"))
        signal.pthread_kill(main, signal.SIGINT)

    other = threading.Thread(target=interrupt)
    other.start()
    with pytest.raises(KeyboardInterrupt):
        source.renewed(token)
    other.join()
    assert store.load(key) == StoredToken(token)
    until(lambda: store.load(key) != StoredToken(token))
    newer = source.current()
    assert store.load(key) == StoredToken(newer)
    demo.oauth.authenticate(newer.access_token.reveal())
    with store.exclusive(key, 5):
        pass
    assert refreshes(demo) == [200]


def test_the_note_of_what_is_being_spent_is_gone_after_every_outcome_but_a_lost_answer(
    kernel: Kernels, token: Token, demo: DemoProcore, store: TokenStore, key: TokenKey
) -> None:
    second = kernel().renewed(token)
    assert store.noted(key) is None
    demo.answer_next(TOKEN, status=401, body={"error": "invalid_client"})
    with pytest.raises(TokenRequestError):
        kernel().renewed(second)
    assert store.noted(key) is None
    demo.answer_next(TOKEN, drop=True, times=2)
    with pytest.raises(TokenRequestError):
        kernel().renewed(second)
    assert second.refresh_token is not None
    assert store.noted(key) == RefreshNote(fingerprint(second.refresh_token))
    kernel().renewed(second)
    assert store.noted(key) is None


def test_short_lives_are_renewed_while_time_goes_by(
    kernel: Kernels, sign_in: SignIn, demo: DemoProcore
) -> None:
    demo.parameters = DemoParameters(token_lifetime=1)
    source = kernel()
    source.adopt(sign_in())
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        source.current()
        time.sleep(0.01)
    assert {*refreshes(demo)} == {200}
    assert 2 <= len(refreshes(demo)) <= 4
