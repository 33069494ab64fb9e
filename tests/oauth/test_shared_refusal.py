"""A sign-in that has ended is told by every kernel, and asked about by one."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import LoginRequired
from procore_jupyter.oauth.renewal import REFUSAL_SHARED
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import TokenKey, TokenStore, fingerprint
from tests.oauth.conftest import Kernels
from tests.oauth.provider import refreshes

LOST, ENDED = (
    "The sign-in was lost: ",
    "Procore no longer accepts the stored sign-in: it was revoked, or used ",
)


@pytest.fixture
def token(kernel: Kernels, sign_in: Callable[[], Token]) -> Token:
    token = sign_in()
    kernel().adopt(token)
    return token


@pytest.mark.parametrize("lost", [False, True])
def test_every_kernel_gives_the_same_reason_and_one_has_asked(
    kernel: Kernels, token: Token, demo: DemoProcore, lost: bool
) -> None:
    if lost:
        demo.answer_next("/oauth/token", drop=True, effect=True)
    else:
        demo.oauth.revoke_all()
    for _ in range(4):
        with pytest.raises(LoginRequired) as caught:
            kernel().renewed(token)
        assert str(caught.value).startswith(LOST if lost else ENDED)
    assert refreshes(demo, unanswered=1 if lost else 0)[-1:] == [400]
    assert len(refreshes(demo, unanswered=1 if lost else 0)) == (2 if lost else 1)


@pytest.mark.parametrize("lost", [False, True])
def test_later_it_is_asked_again_and_the_reason_still_known(
    kernel: Kernels, token: Token, demo: DemoProcore, lost: bool
) -> None:
    if lost:
        demo.answer_next("/oauth/token", drop=True, effect=True)
    else:
        demo.oauth.revoke_all()
    with pytest.raises(LoginRequired):
        kernel().renewed(token)
    for away in (-2, 2):
        with pytest.raises(LoginRequired) as caught:
            kernel(clock=lambda away=away: time.time() + away * REFUSAL_SHARED).renewed(token)  # type: ignore[misc]
        assert str(caught.value).startswith(LOST if lost else ENDED)
    assert len(refreshes(demo, unanswered=1 if lost else 0)) == (4 if lost else 3)


def test_a_new_sign_in_is_not_concerned(
    kernel: Kernels, token: Token, demo: DemoProcore, sign_in: Callable[[], Token]
) -> None:
    demo.oauth.revoke_all()
    here, there = kernel(), kernel()
    for each in (here, there):
        with pytest.raises(LoginRequired):
            each.renewed(token)
    newer = sign_in()
    here.adopt(newer)
    newest = there.renewed(newer)
    demo.oauth.authenticate(newest.access_token.reveal())
    assert here.renewed(newer) == newest
    assert refreshes(demo) == [400, 200]


@pytest.mark.parametrize("rest", ["lost x", "lost", "lost 1 2", "lost -1", "lost ²", "ended 9" + "9" * 400])
def test_a_note_that_makes_no_sense_only_costs_a_question(
    kernel: Kernels, token: Token, demo: DemoProcore, store: TokenStore, key: TokenKey, rest: str
) -> None:
    assert token.refresh_token is not None
    path = Path(store.location)
    sent = path.with_name(f"{path.name}.{key.digest()}.sent")
    sent.write_bytes(f"{fingerprint(token.refresh_token)} {rest}".encode("ascii", "replace"))
    sent.chmod(0o600)
    noted = store.noted(key)
    assert noted is not None and noted.fingerprint == fingerprint(token.refresh_token)
    demo.oauth.authenticate(kernel().renewed(token).access_token.reveal())
