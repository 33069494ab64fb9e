"""Four real kernels, eight threads each, one sign-in whose token lives a few seconds; kernels are killed."""

from __future__ import annotations

import random
import time

import pytest

from procore_jupyter.demo.app import DemoParameters, DemoProcore
from tests.soak import SOAK
from tests.storms.conftest import Kernels, Shared, StormKernel
from tests.storms.provider_log import never_received, newest, refreshes, refreshing, refused, until

pytestmark = pytest.mark.timeout(900)

KERNELS, THREADS = 4, 8
LIFE = 4.0  # s
SECONDS = 60.0 if SOAK else 6.0
ANSWER = 0.15  # s that the provider takes, where kernels are killed: so some kills fall into a refresh
LOST = "LoginRequired: The sign-in was lost: while it was renewed, Procore's answer didn't arrive or a notebook was stopped"


def short_lives(demo: DemoProcore, shared: Shared, **parameters: dict[str, float]) -> None:
    """Let tokens live as long as in the storms, from the next one on."""
    demo.parameters = DemoParameters(
        token_lifetime=LIFE,
        spike_limit=None,
        hourly_limit=None,
        **parameters,  # type: ignore[arg-type]
    )
    shared.sign_in()


def set_out(kernels: Kernels, shared: Shared) -> list[StormKernel]:
    """Connect all kernels and let them storm."""
    chosen = kernels.some(KERNELS)
    for kernel in chosen:
        kernel.connect(shared)
    for kernel in chosen:
        kernel.storm(shared, threads=THREADS)
    return chosen


def test_kernels_that_call_all_the_time_never_fail_and_spend_no_refresh_token_twice(
    demo: DemoProcore, kernels: Kernels, shared: Shared
) -> None:
    chosen = kernels.some(KERNELS)
    short_lives(demo, shared)
    began = time.time()
    set_out(kernels, shared)
    time.sleep(SECONDS)
    for kernel in chosen:
        kernel.goes_on()
    calls = [kernel.stop() for kernel in chosen]
    took = time.time() - began

    asked = refreshes(demo)
    print(f"{sum(calls)} calls, {len(asked)} refreshes in {took:.1f} s")
    assert shared.failures() == []
    assert {each.status for each in asked} == {200}
    spent = [each.form["refresh_token"] for each in asked]
    assert len(spent) == len({*spent})
    # Once a life, a little ahead of its end; not once for each kernel.
    assert SECONDS / LIFE - 1 <= len(asked) <= took / (LIFE * 5 / 6) + 2
    stored = shared.stored()
    assert stored is not None and stored.token.access_token.reveal() == newest(demo).access_token


def test_kernels_killed_at_random_moments_never_hurt_the_others(
    demo: DemoProcore, kernels: Kernels, shared: Shared, chance: random.Random
) -> None:
    kernels.some(KERNELS)
    short_lives(demo, shared, answer_delays={"/oauth/token": ANSWER})
    set_out(kernels, shared)
    kills, told = 0, list[float]()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end or kills < 2:
        time.sleep(chance.uniform(0.0, 5.0 if SOAK else 1.5))
        if SOAK and chance.random() < 0.5:  # into a refresh; one of the four is doing it
            until(lambda: refreshing(demo), "nothing is renewed any more")
            time.sleep(chance.uniform(0.0, ANSWER))
        before = len(refused(demo))
        kernels.kill(chance.choice(kernels.all))
        killed = time.time()
        kills += 1
        if is_over(demo, shared, before):
            told.append(check_that_all_are_told(demo, kernels, shared, before, killed))
        replaced = kernels.new()
        replaced.connect(shared)
        replaced.storm(shared, threads=THREADS)
        for kernel in kernels.all:
            kernel.goes_on()
    for kernel in kernels.all:
        kernel.stop()

    print(f"{kills} kills, of which {len(told)} between the spending of a refresh token and the save: {told}")
    # Nothing failed but for those; and each of those is in the provider's log: a token that nobody received.
    assert {problem[: len(LOST)] for _, problem in shared.failures()} <= ({LOST} if told else set())
    assert len(refused(demo)) == len(told)
    assert {each.status for each in refreshes(demo)} <= {200, 400}
    first = next(iter(demo.oauth._tokens.values()))  # replaced before anybody called
    received_by_nobody = [token for token in never_received(demo) if token not in (first, newest(demo))]
    assert len(received_by_nobody) == len(told)


def is_over(demo: DemoProcore, shared: Shared, before: int) -> bool:
    """Wait until the provider has nothing under way; tell whether its last answer went to the dead."""

    def saved() -> bool:
        stored = shared.stored()
        return stored is not None and stored.token.access_token.reveal() == newest(demo).access_token

    until(
        lambda: all(each.status for each in refreshes(demo)) and (saved() or len(refused(demo)) > before),
        "a token that was given out is saved nowhere, and nobody notices",
    )
    return len(refused(demo)) > before


def check_that_all_are_told(
    demo: DemoProcore, kernels: Kernels, shared: Shared, before: int, killed: float
) -> float:
    """Check that every kernel says why the sign-in is over and none spins, then sign in anew; return after how many seconds all had said it."""
    lost = newest(demo)
    # Enough failed calls to see a kernel that would ask again for each.
    until(
        lambda: all(len(shared.failures(kernel, since=killed)) > 3 * THREADS for kernel in kernels.all),
        "a kernel doesn't fail though its sign-in is lost",
    )
    assert len(refused(demo)) - before == 1  # one asks, all others hear of it
    [token] = {each.form["refresh_token"] for each in refused(demo)[before:]}
    stored = shared.stored()  # the file is whole, and has what was saved last
    assert stored is not None and stored.token.refresh_token is not None
    assert stored.token.refresh_token.reveal() == token
    first = [shared.failures(kernel, since=killed)[0].time for kernel in kernels.all]
    shared.sign_in()
    for kernel in kernels.all:
        kernel.goes_on()
    return round(max(first) - max(killed, lost.created_at), 2)


def test_a_kernel_killed_between_the_spending_and_the_save_costs_that_one_sign_in(
    demo: DemoProcore, kernels: Kernels, shared: Shared
) -> None:
    chosen = kernels.some(KERNELS)
    for kernel in chosen:
        kernel.connect(shared)
        kernel.good("procore.get('/rest/v1.0/me').raise_for_status()")
    stored, doomed, others = shared.stored(), chosen[0], chosen[1:]
    spent = newest(demo)
    demo.oauth.expire_access_tokens()
    demo.answer_next("/oauth/token", drop=True, effect=True, delay=5.0)
    doomed.submit("procore.get('/rest/v1.0/me')")
    until(lambda: spent.revoked, "the refresh token was never spent")
    kernels.kill(doomed)
    killed = time.time()
    for kernel in others:
        kernel.storm(shared)
    until(
        lambda: all(len(shared.failures(kernel)) > 5 * THREADS for kernel in others),
        "a kernel doesn't fail though its sign-in is lost",
    )

    assert all(problem.startswith(LOST) for _, problem in shared.failures())
    print(f"first told {shared.failures()[0].time - killed:.2f} s after the kill")
    # One finds out by asking; all other kernels and threads hear of it.
    assert len(refused(demo)) == 1
    assert shared.stored() == stored
    assert [kernel.value("storm.calls") for kernel in others] == [0] * len(others)

    late = kernels.new()
    cell = late.run(f"%procore_connect InitiateOAuth=REFRESH;{shared.text}")
    if cell.status == "ok":
        cell = late.run("procore.me()")
    assert "The sign-in was lost" in cell.error
    shared.sign_in()
    for kernel in others:
        kernel.goes_on()
        kernel.stop()
    assert len(refused(demo)) == 1
