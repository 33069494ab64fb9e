"""A sign-in that was ended while its code was exchanged: nothing of it is stored, and nothing of it lives."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from procore_jupyter import Procore
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import LoginRequired
from procore_jupyter.login.flow import LoginFlow, LoginState
from procore_jupyter.oauth.stores import open_store
from procore_jupyter.oauth.token_store import StoredToken
from tests.connecting import connect, free_callback, sign_in, signed_in, text_for, until
from tests.hostile.counting import share
from tests.people import sign_in_at
from tests.strangers import Stranger, needs_two_people

ENDS: dict[str, Callable[[Procore], object]] = {
    "Cancel": lambda procore: procore.login_flow.cancel(),  # type: ignore[union-attr]
    "sign-out": lambda procore: procore.logout(),
    "sign-out that keeps the token": lambda procore: procore.logout(keep_token=True),
    "close": lambda procore: procore.close(),
    "other settings": lambda procore: connect(
        f"{TEXT[0]};PageSize=7", existing=procore, show=lambda flow: None
    ),
}
TEXT: list[str] = [""]


def alive(demo: DemoProcore) -> int:
    """Return how many sign-ins stand at the provider."""
    return sum(not each.revoked for each in demo.oauth._tokens.values())


def kept(procore: Procore) -> StoredToken | None:
    access = procore._access
    assert access is not None
    return open_store(None).load(access._provider._key)  # type: ignore[attr-defined]


def exchanging(demo: DemoProcore, *, delay: float, login: bool = False) -> Procore:
    """Return a session whose login's code is being exchanged."""
    flows: list[LoginFlow] = []
    procore = connect(TEXT[0], show=flows.append, login=login)
    demo.answer_next("/oauth/token", delay=delay)
    flows[0].paste(sign_in_at(flows[0].authorize_url))
    until(lambda: flows[0].state is LoginState.EXCHANGING)
    return procore


def exchanged(flow: LoginFlow) -> None:
    """Wait until the exchange is over."""
    until(lambda: not flow._turn.locked())


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("what", ENDS)
def test_what_arrives_after_the_end_is_stored_nowhere_and_ended_at_the_provider(
    demo: DemoProcore, what: str, before: bool
) -> None:
    TEXT[0] = text_for(demo)
    older = signed_in(demo) if before else None
    procore = exchanging(demo, delay=0.5, login=before)
    stays = older is not None and what != "sign-out"

    ENDS[what](procore)
    flow = procore.login_flow
    assert flow is not None and flow.state is LoginState.FAILED
    exchanged(flow)

    assert (kept(procore) is not None) is stays
    assert alive(demo) == stays
    if older is not None and stays:
        older.me()
    with pytest.raises(LoginRequired):
        procore.me()
    again = connect(TEXT[0], show=lambda flow: None)
    assert (again._access_state.state == "waiting") is not stays
    again.close()


@pytest.mark.parametrize("seed", range(share(100)))
def test_whenever_it_is_ended_what_the_person_is_told_is_so(demo: DemoProcore, seed: int) -> None:
    chance = random.Random(seed)
    TEXT[0] = text_for(demo)
    before = chance.random() < 0.5
    if before:
        signed_in(demo)
    procore = exchanging(demo, delay=0.1, login=before)
    flow = procore.login_flow
    assert flow is not None
    time.sleep(chance.uniform(0.05, 0.2))
    what = chance.choice(["Cancel", "sign-out"])
    ENDS[what](procore)
    until(lambda: not flow.state.pending)
    told = flow.state
    exchanged(flow)
    if what == "sign-out":
        assert (alive(demo), kept(procore)) == (0, None), (seed, told)
    elif told is LoginState.SIGNED_IN:
        assert procore.me()["login"] and alive(demo) == 1, seed
    else:
        assert (alive(demo), kept(procore) is not None) == (before, before), seed


def test_signing_in_anew_and_out_leaves_neither_sign_in_alive(demo: DemoProcore) -> None:
    TEXT[0] = text_for(demo)
    signed_in(demo)
    flows: list[LoginFlow] = []
    procore = connect(TEXT[0], show=flows.append, login=True)
    sign_in(flows[0])
    flows[0].wait(20)
    assert alive(demo) == 1
    procore.logout()
    assert alive(demo) == 0


def test_signing_out_while_a_new_sign_in_is_waited_for_ends_the_stored_one(demo: DemoProcore) -> None:
    TEXT[0] = text_for(demo)
    signed_in(demo)
    procore = connect(TEXT[0], show=lambda flow: None, login=True)
    procore.logout()
    assert (alive(demo), kept(procore)) == (0, None)
    with pytest.raises(LoginRequired, match="You signed out"):
        procore.me()


@needs_two_people
def test_a_stranger_at_the_port_is_told_by_connect_itself(demo: DemoProcore) -> None:
    callback_url = free_callback(demo)
    with Stranger() as stranger:
        assert stranger.listen("::1", int(callback_url.split(":")[2].split("/")[0])) is None
        shown: list[LoginFlow] = []
        with pytest.raises(LoginRequired, match="another user of this machine listens on port") as why:
            connect(text_for(demo, CallbackURL=callback_url), show=shown.append)
    assert shown == []
    assert "paste" not in str(why.value)


def test_a_login_that_is_shown_again_has_a_start_address_that_works(demo: DemoProcore) -> None:
    text = text_for(demo, CallbackURL=free_callback(demo))
    flows: list[LoginFlow] = []
    procore = connect(text, show=flows.append)
    first = flows[0].start_url
    if first is None:
        pytest.skip("the system tells no owners")
    connect(text, show=flows.append, existing=procore)
    assert flows[1] is flows[0] and flows[1].start_url == first
    import requests

    def leads_on(url: str | None) -> int:
        assert url is not None
        with requests.Session() as browser:
            browser.trust_env = False
            return browser.get(url, allow_redirects=False, timeout=20).status_code

    assert [leads_on(first), leads_on(first)] == [302, 400]
    connect(text, show=flows.append, existing=procore)
    assert [leads_on(first), leads_on(flows[0].start_url)] == [400, 302]
    flows[0].cancel()
