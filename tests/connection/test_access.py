"""Whether somebody is signed in: one answer, whatever has happened."""

from __future__ import annotations

import pytest

from procore_jupyter.connection.access import Access, AccessState, state_of
from procore_jupyter.connection.question import FILL_IN, AppDetails, Question
from procore_jupyter.errors import LoginDenied, LoginRequired
from procore_jupyter.login.flow import LoginFlow
from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_source import FixedToken
from procore_jupyter.secret import Secret
from procore_jupyter.settings.resolve import resolve
from tests.connecting import OOB

TOKEN = Token.given(Secret("given"), None, 0.0)


def access() -> Access:
    return Access(FixedToken(TOKEN), lambda: None)


def login() -> LoginFlow:
    request = AuthorizationRequest.create(
        authorize_url="https://login.example/oauth/authorize", client_id="id", redirect_uri=OOB, state="s"
    )

    def complete(response: AuthorizationResponse) -> None:
        raise AssertionError("nobody answers")

    return LoginFlow(request, [], complete, place="Procore · production")


def question() -> Question:
    def connect(details: AppDetails, show: object) -> None:
        raise AssertionError("nobody answers")

    def describe() -> None:
        raise AssertionError("nobody is signed in")

    return Question(resolve(""), OOB, connect, describe=describe)  # type: ignore[arg-type]


def test_without_a_token_to_send_there_is_no_sign_in() -> None:
    assert state_of(None, None) == AccessState("no sign-in")


def test_a_question_counts_before_all_else_and_says_why_it_has_no_answer() -> None:
    asked = question()
    assert state_of(asked, access()) == AccessState("not signed in", FILL_IN)
    asked.cancel(LoginDenied("not now"))
    assert state_of(asked, None) == AccessState("not signed in", "not now")


def test_a_token_is_signed_in_until_it_is_refused_and_again_when_another_comes() -> None:
    one = access()
    assert one.state == AccessState("signed in")
    with pytest.raises(LoginRequired) as refused:
        one.renewed(TOKEN)
    assert one.state == AccessState("not signed in", str(refused.value))
    assert one.current() is TOKEN
    assert one.state == AccessState("signed in")


def test_a_pending_login_is_waited_for_and_a_failed_one_says_why() -> None:
    one, flow = access(), login()
    one.wait_for(flow, instead="Reload this page.")
    assert (one.state, one.peek()) == (AccessState("waiting"), None)
    flow.cancel(LoginDenied("not signed in: cancelled"))
    assert one.state == AccessState("not signed in", "not signed in: cancelled")
    with pytest.raises(LoginDenied):
        one.current()


def test_a_login_that_can_not_be_waited_for_says_what_to_do_instead() -> None:
    one, flow = access(), login()
    one.wait_for(flow, instead="Reload this page.")
    with pytest.raises(LoginRequired, match=r"Reload this page\."):
        one.current()
    assert flow.state.pending
    flow.cancel()


def test_after_closing_there_is_no_token_and_a_pending_login_is_over() -> None:
    one, flow = access(), login()
    one.wait_for(flow)
    one.close("you signed out")
    assert (one.state, one.peek()) == (AccessState("not signed in", "you signed out"), None)
    assert not flow.state.pending
    for ask in (one.current, lambda: one.renewed(TOKEN)):
        with pytest.raises(LoginRequired, match="you signed out"):
            ask()


def test_callbacks_run_once_when_the_pending_login_is_stored_and_at_once_without_one() -> None:
    one, ran = access(), list[str]()
    one.when_signed_in(lambda: ran.append("none pending"))
    one.wait_for(login())
    one.when_signed_in(lambda: ran.append("stored"))
    assert ran == ["none pending"]
    one.signed_in()
    one.signed_in()
    one.when_signed_in(lambda: ran.append("after"))
    assert ran == ["none pending", "stored", "after"]
    one.close("over")


def test_of_a_failed_login_no_callback_runs() -> None:
    one, flow, ran = access(), login(), list[str]()
    one.wait_for(flow)
    one.when_signed_in(lambda: ran.append("before"))
    flow.cancel()
    one.when_signed_in(lambda: ran.append("after"))
    assert ran == []
