"""Real kernels side by side: one signs out, two people share a notebook, a clock is wrong, a laptop sleeps."""

from __future__ import annotations

import functools
import time

import pytest

from procore_jupyter.demo.app import DemoParameters, DemoProcore
from procore_jupyter.demo.data import PEOPLE
from tests.soak import SOAK
from tests.storms.conftest import Kernels, Shared, login_of
from tests.storms.provider_log import refreshes, refused, until

SIGNED_OUT = "LoginRequired: You were signed out: in another notebook, or because the stored sign-in was removed. Run %procore_connect again to sign in again."
NOBODY = {"LoginRequired: Nobody is signed in. Run %procore_connect to sign in."}
HOUR = 3600


@pytest.mark.parametrize("expired", [False, True], ids=["in time", "after the token's end"])
def test_who_signs_out_in_one_kernel_is_signed_out_in_the_other_which_asks_once_and_says_so(
    demo: DemoProcore, kernels: Kernels, shared: Shared, expired: bool
) -> None:
    here, there = kernels.some(2)
    for kernel in (here, there):
        kernel.connect(shared)
        kernel.good("assert procore.get('/rest/v1.0/me').ok")
    if expired:
        demo.oauth.expire_access_tokens()

    here.good("%procore_logout")

    assert shared.stored() is None
    assert all(token.revoked for token in demo.oauth._tokens.values() if token.expires_at > time.time())
    before = len(demo.requests)
    cell = there.run("procore.get('/rest/v1.0/me')")
    assert cell.error.strip().endswith(SIGNED_OUT)
    assert [request.path for request in demo.requests[before:]] == ["/rest/v1.0/me"]
    for _ in range(2):  # what is known isn't asked again, and said again
        cell = there.run("procore.get('/rest/v1.0/me')")
        assert cell.error.strip().endswith(SIGNED_OUT)
    assert len(demo.requests) == before + 1
    shared.sign_in()
    there.good("assert procore.get('/rest/v1.0/me').ok")


def test_two_people_in_two_notebooks_each_stay_who_they_are(
    demo: DemoProcore, kernels: Kernels, shared: Shared
) -> None:
    dana, lee = sorted(PEOPLE)[:2]
    both = kernels.some(2)
    demo.parameters = DemoParameters(token_lifetime=2.0, spike_limit=None, hourly_limit=None)
    shared.sign_in(dana)
    shared.sign_in(lee, "site office")
    for kernel in both:
        kernel.connect(shared, "--name dana")
        kernel.connect(shared, '--name lee --account "site office"')
        kernel.storm(shared, session="dana", name="as_dana", threads=4, login=login_of(dana))
        kernel.storm(shared, session="lee", name="as_lee", threads=4, login=login_of(lee))

    def renewed(person: int) -> int:
        return sum(token.user_id == person for token in [*demo.oauth._tokens.values()])

    wanted = 20 if SOAK else 2
    until(lambda: min(renewed(dana), renewed(lee)) > wanted, "they are not renewed", 120)
    assert shared.failures() == []
    assert refused(demo) == []

    both[0].good("%procore_logout --name lee")

    over = time.time()
    until(
        lambda: all(len(shared.failures(kernel, since=over)) > 8 for kernel in both),
        "a kernel doesn't notice that it is signed out",
    )
    for kernel in both:
        kernel.goes_on("as_dana")
        kernel.stop("as_lee")
        kernel.stop("as_dana")
    here, there = ({problem for _, problem in shared.failures(kernel)} for kernel in both)
    assert there == {SIGNED_OUT}
    # A call that was under way here may find nobody signed in, the moment before it is known why.
    assert here - NOBODY and all("You signed out of" in problem for problem in here - NOBODY)
    assert shared.stored() is not None
    assert shared.stored("site office") is None


def test_a_clock_that_is_wrong_and_is_put_right_and_a_laptop_that_sleeps_cost_no_call(
    demo: DemoProcore, kernels: Kernels, shared: Shared
) -> None:
    kernel = kernels.new("import time; clock, shift = time.time, 0\ntime.time = lambda: clock() + shift")

    def set_clock(shift: float, renewals: int) -> None:
        """Set the kernel's clock, and wait until the sign-in was renewed so often."""
        before = len(refreshes(demo))
        kernel.good(f"shift = {shift}")
        until(lambda: len(refreshes(demo)) >= before + renewals, "it isn't renewed", 60)
        kernel.goes_on()

    # Our own clock an hour ahead of the provider's, right, an hour behind, and right again.
    demo.parameters = DemoParameters(token_lifetime=2.0, spike_limit=None, hourly_limit=None)
    shared.sign_in()
    kernel.good(f"shift = {HOUR}")
    kernel.connect(shared)
    kernel.storm(shared)
    for shift in (HOUR, 0, -HOUR, 0):
        set_clock(shift, 8 if SOAK else 1)
    # Tokens with a real life; the laptop sleeps for two hours.
    demo.parameters = DemoParameters(spike_limit=None, hourly_limit=None)
    set_clock(0, 1)
    for sleep in range(2 * HOUR, 8 * HOUR, 2 * HOUR):
        # The kernel wakes up first, then the provider hears of it.
        set_clock(sleep, 1)
        demo.clock = functools.partial(later, sleep)
    kernel.stop()
    assert shared.failures() == []
    assert {each.status for each in refreshes(demo)} == {200}


def later(seconds: float) -> float:
    """Return the time after so many seconds of sleep."""
    return time.time() + seconds
