"""Kernels as processes of their own: they share the store and nothing else, and may be killed."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from procore_jupyter.demo.app import DemoParameters, DemoProcore
from procore_jupyter.errors import LoginRequired
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import StoredToken, TokenKey, TokenStore
from tests.oauth.conftest import Kernels
from tests.oauth.provider import refreshes, token_requests, until
from tests.soak import SOAK

ROOT = Path(__file__).parents[2]
Worker = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def worker(demo: DemoProcore, store: TokenStore) -> Iterator[Worker]:
    """Give a callable that starts a kernel and returns when it is ready; it goes on when its stdin is written to."""
    started: list[subprocess.Popen[str]] = []

    def start(*what: object) -> subprocess.Popen[str]:
        command = [
            sys.executable,
            str(ROOT / "tests/oauth/worker.py"),
            store.location,
            demo.url,
            demo.client_id,
            demo.client_secret,
        ]
        process = subprocess.Popen(
            [*command, *map(str, what)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def token(kernel: Kernels, sign_in: Callable[[], Token]) -> Token:
    token = sign_in()
    kernel().adopt(token)
    return token


def test_kernels_that_call_all_the_time_never_fail_and_spend_no_refresh_token_twice(
    demo: DemoProcore,
    kernel: Kernels,
    sign_in: Callable[[], Token],
    worker: Worker,
    store: TokenStore,
    key: TokenKey,
) -> None:
    processes, threads, seconds, lifetime = (4, 8, 60.0, 4.0) if SOAK else (3, 4, 5.0, 2.0)
    demo.parameters = DemoParameters(token_lifetime=lifetime, spike_limit=None, hourly_limit=None)
    kernels = [worker("storm", threads, seconds) for _ in range(processes)]
    kernel().adopt(sign_in())
    for each in kernels:
        go(each)
    results = [json.loads(said(each)) for each in kernels]
    assert [result["failed"] for result in results] == [[]] * processes
    assert all(result["calls"] > threads for result in results)
    assert {*refreshes(demo)} == {200}
    assert seconds / lifetime - 1 <= len(refreshes(demo)) <= seconds / (lifetime * 0.6) + 2
    spent = [request.form["refresh_token"] for request in token_requests(demo, "refresh_token")]
    assert len(spent) == len({*spent})
    assert store.load(key) is not None


def test_many_kernels_that_find_an_expired_token_make_one_refresh(
    demo: DemoProcore, token: Token, worker: Worker, store: TokenStore, key: TokenKey
) -> None:
    store.save(
        key, Token(token.access_token, token.refresh_token, time.time() - 1, 5400.0, time.time() - 5401)
    )
    demo.parameters = DemoParameters(spike_limit=None)
    kernels = [worker("storm", 4, 0.3) for _ in range(3)]
    for each in kernels:
        go(each)
    assert [json.loads(said(each))["failed"] for each in kernels] == [[]] * 3
    assert refreshes(demo) == [200]


def test_a_kernel_killed_before_the_provider_spent_its_refresh_token_costs_nothing(
    demo: DemoProcore, token: Token, worker: Worker, kernel: Kernels
) -> None:
    demo.answer_next("/oauth/token", drop=True, delay=1.0)
    doomed = worker("renew")
    go(doomed)
    until(lambda: token_requests(demo, "refresh_token"))
    doomed.kill()
    doomed.wait()
    newer = kernel().renewed(token)  # it held the lock: nobody waits for the dead
    demo.oauth.authenticate(newer.access_token.reveal())
    assert refreshes(demo, unanswered=1)[1:] == [200]


def test_a_kernel_killed_between_the_spending_and_the_save_costs_that_sign_in_and_every_kernel_says_why(
    demo: DemoProcore,
    token: Token,
    worker: Worker,
    kernel: Kernels,
    store: TokenStore,
    key: TokenKey,
    sign_in: Callable[[], Token],
) -> None:
    demo.answer_next("/oauth/token", drop=True, effect=True, delay=1.0)
    doomed, other = worker("renew"), worker("renew")
    go(doomed)
    until(
        lambda: all(
            each.revoked
            for each in demo.oauth._tokens.values()
            if each.access_token == token.access_token.reveal()
        )
    )
    doomed.kill()
    doomed.wait()
    here = kernel()
    for _ in range(3):
        with pytest.raises(LoginRequired, match="The sign-in was lost: .*a notebook was stopped"):
            here.renewed(token)
    go(other)
    assert said(other).startswith("LoginRequired The sign-in was lost")
    assert store.load(key) == StoredToken(token)  # the file is whole
    newer = sign_in()
    here.adopt(newer)
    assert kernel().current() == newer


def test_a_kernel_that_ends_while_its_token_is_renewed_saves_it_first(
    demo: DemoProcore, token: Token, worker: Worker, kernel: Kernels, store: TokenStore, key: TokenKey
) -> None:
    demo.answer_next("/oauth/token", effect=True, delay=0.7)
    ending = worker("leave")
    go(ending)
    until(lambda: token_requests(demo, "refresh_token"))
    go(ending)
    ending.wait(30)
    stored = store.load(key)
    assert stored is not None
    assert not stored.token.same_as(token)
    demo.oauth.authenticate(kernel().current().access_token.reveal())
    assert refreshes(demo) == [200]


def test_kernels_killed_at_random_moments_never_hurt_the_others(
    demo: DemoProcore,
    kernel: Kernels,
    sign_in: Callable[[], Token],
    worker: Worker,
    store: TokenStore,
    key: TokenKey,
) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    demo.parameters = DemoParameters(token_lifetime=1.5, spike_limit=None, hourly_limit=None)
    kernel().adopt(sign_in())
    rounds = 12 if SOAK else 2
    survivor = worker("storm", 4, rounds * 1.5 + 1.5)
    go(survivor)
    for _ in range(rounds):
        doomed = worker("storm", 4, 60)
        go(doomed)
        time.sleep(chance.uniform(0.2, 1.2))
        doomed.kill()
        doomed.wait()
        assert store.load(key) is not None
    result = json.loads(said(survivor))
    statuses = [request.status for request in token_requests(demo, "refresh_token")]
    lost = [text for text in result["failed"] if "The sign-in was lost" in text]
    if lost:  # a kill fell between the spending and the save: counted apart, and told
        assert result["failed"] == lost
        assert statuses.count(400) <= rounds + 1  # each kernel asked once, and did not spin
    else:
        assert result["failed"] == []
        assert {*statuses} <= {200, None}
