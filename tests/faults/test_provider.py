"""The fault table: what a person reads, and what is left, when the provider or the network fails. Through `connect`."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from procore_jupyter import Procore
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import LoginRequired, ProcoreError, TokenRequestError
from procore_jupyter.login.flow import LoginFlow, LoginState
from procore_jupyter.session.api_errors import ProcoreAPIError
from tests.connecting import connect, sign_in, signed_in, text_for, until
from tests.faults.table import FAULTS, IMPATIENT, PATIENT, assert_helps, break_down, mend, wait_no_longer_than
from tests.oauth.provider import token_requests

TOKEN, REVOKE, ME = "/oauth/token", "/oauth/revoke", "/rest/v1.0/me"

# fault -> what the message has in it; None: it is no error at all.
SAID: dict[str, str | None] = {
    "slow": None,
    "silent": "didn't answer within",
    "dropped": "broke off before the answer arrived",
    "500": "isn't working at the moment (status 500)",
    "503": "isn't working at the moment (status 503)",
    "HTML": "not as Procore does",
    "truncated": "not as Procore does",
    "redirect": "redirected to another address",
}


@pytest.fixture
def flows() -> list[LoginFlow]:
    return []


def later(demo: DemoProcore) -> None:
    """Let the access token run out; the refresh token stays."""
    now = demo.clock
    demo.clock = lambda: now() + 6000


def meet(fault: str, demo: DemoProcore, path: str, procore: Procore, **more: Any) -> None:
    """Let a session meet a fault at its next requests for a path."""
    if fault == "silent":
        wait_no_longer_than(IMPATIENT, procore)
    break_down(demo, path, fault, **more)


def back_to_normal(demo: DemoProcore, procore: Procore) -> None:
    mend(demo)
    wait_no_longer_than(PATIENT, procore)


@pytest.mark.parametrize("fault", SAID)
def test_exchange(fault: str, demo: DemoProcore, flows: list[LoginFlow]) -> None:
    procore = connect(text_for(demo, Timeout="2" if fault == "silent" else "20"), show=flows.append)
    break_down(demo, TOKEN, fault, times=1)
    sign_in(flows[0])
    until(
        lambda: (
            flows[0].state is not LoginState.EXCHANGING
            and len(token_requests(demo, "authorization_code")) > 0
        )
    )
    until(lambda: flows[0].state is LoginState.SIGNED_IN or any(flows[0].notes[1:]) or flows[0].error)
    said = SAID[fault]
    if said is None:
        assert procore.me()["name"]
        return
    # The code was pasted: it may be pasted once more, and the line says what happened.
    line = flows[0].notes[-1]
    assert said in line
    assert_helps(ValueError(line))
    assert not flows[0].error
    sign_in(flows[0])
    flows[0].wait(20)
    assert procore.me()["name"]


@pytest.mark.parametrize("fault", SAID)
def test_refresh(fault: str, demo: DemoProcore) -> None:
    procore = signed_in(demo)
    later(demo)
    meet(fault, demo, TOKEN, procore)
    said = SAID[fault]
    if said is None:
        assert procore.me()["name"]
        return
    with pytest.raises(TokenRequestError) as caught:
        procore.me()
    assert said in assert_helps(caught.value)
    # The card says it too, and asks nobody to sign in: the sign-in is still good.
    assert said in repr(procore.status())
    back_to_normal(demo, procore)
    assert procore.me()["name"]
    assert connect(text_for(demo), person=False).me()["name"]


@pytest.mark.parametrize("fault", [one for one in SAID if one not in ("slow", "redirect")])
def test_an_answer_to_a_refresh_that_got_lost(fault: str, demo: DemoProcore) -> None:
    """The provider has spent the refresh token, and its answer never came: nothing can bring it back."""
    procore = signed_in(demo)
    later(demo)
    meet(fault, demo, TOKEN, procore, times=1, effect=True)
    with pytest.raises(LoginRequired) as caught:
        procore.me()
    assert "Procore's answer didn't arrive" in assert_helps(caught.value)
    assert len(token_requests(demo, "refresh_token")) == 2  # asked again once, and never more
    with pytest.raises(LoginRequired):
        procore.me()
    assert len(token_requests(demo, "refresh_token")) == 2


@pytest.mark.parametrize("fault", SAID)
def test_revoke(fault: str, demo: DemoProcore) -> None:
    procore = signed_in(demo)
    meet(fault, demo, REVOKE, procore)
    said = SAID[fault]
    if said is None:
        procore.logout()
        return
    with pytest.raises(ProcoreError) as caught:
        procore.logout()
    assert said in assert_helps(caught.value)
    assert procore.me()["name"]  # nothing was forgotten
    back_to_normal(demo, procore)
    procore.logout()
    with pytest.raises(LoginRequired, match="You signed out"):
        procore.me()


API_SAID: dict[str, tuple[type[Exception], str] | None] = {
    "slow": None,
    "silent": (requests.ReadTimeout, "didn't answer within"),
    "dropped": (requests.ConnectionError, "broke off before the answer arrived"),
    "500": (ProcoreAPIError, "The problem is at Procore: try again in a few minutes"),
    "503": (ProcoreAPIError, "The problem is at Procore: try again in a few minutes"),
    "HTML": (ProcoreAPIError, "Is there a proxy, a VPN or a network's sign-in page in between?"),
    "truncated": (ProcoreAPIError, "Is there a proxy, a VPN or a network's sign-in page in between?"),
    "redirect": (requests.ConnectionError, "127.0.0.1:9 can't be reached"),
}


@pytest.mark.parametrize("fault", API_SAID)
def test_api(fault: str, demo: DemoProcore) -> None:
    procore = signed_in(demo, CompanyId="1234")
    procore._patience.sleep = lambda seconds: None
    meet(fault, demo, ME, procore)
    expected = API_SAID[fault]
    if expected is None:
        assert procore.me()["name"]
        return
    with pytest.raises(expected[0]) as caught:
        procore.me()
    assert expected[1] in assert_helps(caught.value)
    assert len(token_requests(demo, "refresh_token")) == 0  # no fault of the API costs a refresh token
    back_to_normal(demo, procore)
    assert procore.me()["name"]


def test_a_network_that_goes_during_a_refresh_and_comes_back(demo: DemoProcore) -> None:
    procore = signed_in(demo)
    procore._patience.sleep = lambda seconds: None
    later(demo)
    demo.stop()
    with pytest.raises(requests.ConnectionError) as gone:
        procore.me()
    assert "can't be reached" in assert_helps(gone.value)
    with pytest.raises(TokenRequestError) as gone_too:
        procore._access.renewed(procore._access.current())  # type: ignore[union-attr]
    assert "can't be reached" in assert_helps(gone_too.value)
    assert "can't be reached" in repr(procore.status())
    demo.start()
    assert procore.me()["name"]
    assert len(token_requests(demo, "refresh_token")) == 1


def test_every_fault_has_its_row() -> None:
    assert {*SAID} == {*API_SAID} == {*FAULTS}


CLOCKS = {"one hour ahead": 3600.0, "one hour behind": -3600.0}


@pytest.mark.parametrize("which", CLOCKS)
def test_a_clock_that_is_wrong_from_the_start_costs_nothing_and_is_told(
    which: str, demo: DemoProcore
) -> None:
    demo.clock = lambda: time.time() - CLOCKS[which]  # ours is ahead where the provider's is behind
    procore = signed_in(demo)
    assert procore.me()["name"]
    told = procore.status()
    assert 5300 < (told.token_expires_in or 0) <= 5400
    wrong = [notice for notice in told.notices if "clock" in notice]
    assert len(wrong) == 1
    assert (
        ("ahead of" if CLOCKS[which] > 0 else "behind") in wrong[0]
        and re.search("(59|60) min", wrong[0])
        and "Correct it" in wrong[0]
    )
    assert connect(text_for(demo), person=False).me()["name"]
    assert token_requests(demo, "refresh_token") == []


def test_a_provider_clock_that_jumps_an_hour_or_two_is_healed_by_the_401(demo: DemoProcore) -> None:
    """For this machine the same as its own clock standing still: a laptop that slept across the end of the token."""
    procore = signed_in(demo)
    for hours in (2, 4):
        demo.clock = lambda hours=hours: time.time() + hours * 3600  # type: ignore[misc]
        assert procore.me()["name"]
    assert [one.status for one in token_requests(demo, "refresh_token")] == [200, 200]
    demo.clock = time.time  # and back
    assert procore.me()["name"]


@pytest.fixture
def shifted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Procore, float], None]:
    """Give a way to set this machine's clock, as one session and its sign-in see it."""

    def shift(procore: Procore, seconds: float) -> None:
        def clock() -> float:
            return time.time() + seconds

        procore._clock = clock
        assert procore._access is not None
        source = procore._access._provider
        source._clock = source._renewal._clock = source._renewal._client._clock = clock  # type: ignore[attr-defined]

    return shift


@pytest.mark.parametrize("seconds", [3600.0, -3600.0, 6000.0, -6000.0, 86_400.0 * 3])
def test_this_machines_clock_is_set_while_signed_in(
    seconds: float, demo: DemoProcore, shifted: Callable[[Procore, float], None]
) -> None:
    procore = signed_in(demo)
    shifted(procore, seconds)
    assert procore.me()["name"]
    # Ahead beyond the token's end: renewed once for nothing, and then good. Else nothing is spent.
    assert len(token_requests(demo, "refresh_token")) == (1 if seconds > 5400 else 0)
    shifted(procore, 0)
    for _ in range(3):
        assert procore.me()["name"]
    assert len(token_requests(demo, "refresh_token")) <= 2


def test_a_laptop_asleep_across_the_end_of_its_token_asks_nobody(
    demo: DemoProcore, shifted: Callable[[Procore, float], None]
) -> None:
    procore, other = signed_in(demo), connect(text_for(demo), person=False)
    demo.clock = lambda: time.time() + 12 * 3600
    for one in (procore, other):
        shifted(one, 12 * 3600)
    assert procore.me()["name"]
    assert other.me()["name"]
    assert len(token_requests(demo, "refresh_token")) == 1  # one for both kernels
