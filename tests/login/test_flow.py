"""The flow, with receivers and an exchange that the test plays."""

from __future__ import annotations

import _thread
import gc
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Literal
from urllib.parse import urlencode, urlsplit

import pytest
import requests

from procore_jupyter.addresses import OOB
from procore_jupyter.errors import (
    LoginDenied,
    LoginRequired,
    LoginTimeout,
    TokenRequestError,
    TokenStoreError,
)
from procore_jupyter.login.flow import LoginFlow, LoginState
from procore_jupyter.login.loopback import LoopbackReceiver
from procore_jupyter.login.paste import PasteReceiver
from procore_jupyter.login.receiver import Receiver, ReceiverUnavailable
from procore_jupyter.login.side_by_side import STRAY_RESPONSES
from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse
from procore_jupyter.secret import Secret
from tests.servers import free_port

CODE = "f3Kd-9_aZ0Qw7LmN2xYp"
CALLBACK = "http://localhost:8888/procore-jupyter/callback"
PATIENCE = 20  # seconds until a test gives up; nothing waits that long
STATE = "kq3OaV5mZ8rT1uW2xY4zB6cD7eF9gH0iJkLmNoPqRsT"


def a_request(redirect_uri: str = CALLBACK) -> AuthorizationRequest:
    return AuthorizationRequest.create(
        authorize_url="https://login.procore.com/oauth/authorize",
        client_id="an-app",
        redirect_uri=redirect_uri,
        state=STATE,
    )


def an_answer(
    code: str | None = CODE, state: str | None = STATE, error: str | None = None
) -> AuthorizationResponse:
    return AuthorizationResponse(code=Secret(code) if code else None, state=state, error=error)


def eventually(holds: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "it never came about"
        time.sleep(0.002)


class Played:
    """A receiver whose answers the test gives."""

    def __init__(
        self,
        name: Literal["server", "loopback", "paste"] = "server",
        *,
        unavailable: str | None = None,
        start_url: str | None = None,
        hold: threading.Event | None = None,
    ) -> None:
        self.name: Literal["server", "loopback", "paste"] = name
        self.start_url = start_url
        self.paste_url: str | None = None
        self.unavailable = unavailable
        self.hold = hold
        self.answers: queue.SimpleQueue[AuthorizationResponse | BaseException | None] = queue.SimpleQueue()
        self.closed = threading.Event()

    def open(self, request: AuthorizationRequest) -> None:
        if self.hold is not None:
            assert self.hold.wait(PATIENCE)
        if self.unavailable:
            raise ReceiverUnavailable(self.unavailable)

    def renew_start_url(self) -> None:
        self.start_url = f"{self.start_url}-anew"

    def receive(self, stop: threading.Event) -> AuthorizationResponse | None:
        got = self.answers.get()
        if isinstance(got, BaseException):
            raise got
        return got

    def close(self) -> None:
        self.closed.set()
        self.answers.put(None)


class Exchange:
    """An exchange that takes as long as the test wants and ends as the test says."""

    def __init__(self, *outcomes: BaseException | None, held: bool = False) -> None:
        self.outcomes = [*outcomes]
        self.codes: list[str] = []
        self.threads: list[threading.Thread] = []
        self.may_end = threading.Event()
        if not held:
            self.may_end.set()

    def __call__(self, answer: AuthorizationResponse) -> None:
        assert answer.code is not None
        self.codes.append(answer.code.reveal())
        self.threads.append(threading.current_thread())
        assert self.may_end.wait(PATIENCE)
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome is not None:
            raise outcome


def a_flow(
    *receivers: Receiver,
    complete: Callable[[AuthorizationResponse], None] | None = None,
    request: AuthorizationRequest | None = None,
    timeout: float = 300.0,
    clock: Callable[[], float] = time.monotonic,
) -> LoginFlow:
    return LoginFlow(
        request or a_request(),
        [*receivers],
        complete or Exchange(),
        place="Procore · production",
        timeout=timeout,
        clock=clock,
    )


def test_a_sign_in_goes_its_way_and_tells_every_step() -> None:
    server, exchange = Played(start_url="http://localhost:8888/start"), Exchange(held=True)
    flow = a_flow(server, PasteReceiver(), complete=exchange)
    seen: list[LoginState] = []
    flow.subscribe(lambda told: seen.append(told.state))
    assert seen == [LoginState.IDLE]
    flow.start()
    assert flow.state is LoginState.WAITING
    assert flow.open_receivers == ("server", "paste")
    assert flow.start_url == "http://localhost:8888/start"
    assert flow.authorize_url.startswith("https://login.procore.com/oauth/authorize?")
    assert (flow.login_host, flow.redirect_uri, flow.place) == (
        "login.procore.com",
        CALLBACK,
        "Procore · production",
    )
    assert 290 < flow.remaining <= 300
    assert flow.notes == ()
    server.answers.put(an_answer())
    eventually(lambda: flow.state is LoginState.EXCHANGING)
    assert server.closed.wait(PATIENCE)  # the ways close before the exchange is over
    exchange.may_end.set()
    flow.wait(PATIENCE)
    eventually(lambda: seen[-1] is LoginState.SIGNED_IN)
    assert [s for i, s in enumerate(seen) if i == 0 or seen[i - 1] is not s] == [
        LoginState.IDLE,
        LoginState.WAITING,
        LoginState.EXCHANGING,
        LoginState.SIGNED_IN,
    ]
    assert exchange.codes == [CODE]
    assert exchange.threads[0] is not threading.main_thread()
    assert exchange.threads[0].daemon
    assert flow.error is None
    flow.wait()  # again, and at once


def test_the_first_valid_answer_wins_and_is_exchanged_once() -> None:
    server, loopback, exchange = Played(), Played("loopback"), Exchange(held=True)
    flow = a_flow(server, loopback, complete=exchange)
    flow.start()
    server.answers.put(an_answer("first"))
    eventually(lambda: exchange.codes)
    loopback.answers.put(an_answer("second"))
    exchange.may_end.set()
    flow.wait(PATIENCE)
    assert loopback.closed.wait(PATIENCE)
    assert exchange.codes == ["first"]


@pytest.mark.parametrize(
    "state", [None, "", "another", STATE + "x", STATE[:-1], STATE.upper(), "é", "\udc80"]
)
@pytest.mark.parametrize("error", [None, "access_denied"])
def test_an_answer_with_another_state_is_refused_and_told_and_the_flow_waits_on(
    state: str | None, error: str | None
) -> None:
    server, exchange = Played(), Exchange()
    flow = a_flow(server, complete=exchange)
    flow.start()
    server.answers.put(an_answer(None if error else CODE, state, error))
    eventually(lambda: any("another sign-in" in note for note in flow.notes))
    assert flow.state is LoginState.WAITING
    assert exchange.codes == []
    server.answers.put(an_answer("the right one"))
    flow.wait(PATIENCE)
    assert exchange.codes == ["the right one"]


def test_an_answer_that_says_nothing_is_refused() -> None:
    server = Played()
    flow = a_flow(server)
    flow.start()
    server.answers.put(AuthorizationResponse(state=STATE))
    eventually(lambda: flow.notes)
    assert flow.state is LoginState.WAITING
    flow.cancel()


def test_a_way_that_brings_strangers_answers_only_is_given_up() -> None:
    server, other = Played(), Played("loopback")
    flow = a_flow(server, other)
    flow.start()
    for _ in range(STRAY_RESPONSES):
        server.answers.put(an_answer(state="x"))
    eventually(lambda: flow.open_receivers == ("loopback",))
    assert any("was closed" in note for note in flow.notes)
    flow.cancel()


def test_deny_fails_with_what_to_do() -> None:
    server, exchange = Played(), Exchange()
    flow = a_flow(server, complete=exchange)
    flow.start()
    server.answers.put(an_answer(None, error="access_denied"))
    with pytest.raises(LoginDenied) as denied:
        flow.wait(PATIENCE)
    assert (
        str(denied.value)
        == "Not signed in: you chose Deny on Procore's page. Run %procore_connect again to try again."
    )
    assert flow.state is LoginState.FAILED
    assert exchange.codes == []


def test_another_refusal_fails_with_what_to_do() -> None:
    server = Played()
    flow = a_flow(server)
    flow.start()
    server.answers.put(an_answer(None, error="temporarily_unavailable"))
    with pytest.raises(LoginRequired, match=r"^Not signed in: .*Run %procore_connect again"):
        flow.wait(PATIENCE)


@pytest.mark.parametrize("name", ["server", "loopback"])
def test_a_code_that_is_refused_fails_with_the_token_endpoints_line(
    name: Literal["server", "loopback"],
) -> None:
    server = Played(name)
    refusal = TokenRequestError("invalid_grant", "Procore refused the code. Run %procore_connect again.", 400)
    flow = a_flow(server, PasteReceiver(), complete=Exchange(refusal))
    flow.start()
    server.answers.put(an_answer())
    with pytest.raises(LoginRequired) as failed:
        flow.wait(PATIENCE)
    assert str(failed.value) == "Not signed in: Procore refused the code. Run %procore_connect again."
    assert failed.value.__cause__ is refusal
    assert flow.state is LoginState.FAILED


def test_a_token_that_cannot_be_saved_fails_with_the_stores_line() -> None:
    server = Played()
    flow = a_flow(
        server,
        complete=Exchange(TokenStoreError("The disk is full. Make room and run %procore_connect again.")),
    )
    flow.start()
    server.answers.put(an_answer())
    with pytest.raises(LoginRequired, match="Not signed in: The disk is full"):
        flow.wait(PATIENCE)


@pytest.mark.parametrize("odd", [ValueError("secret-needle"), SystemExit("secret-needle")])
def test_an_unexpected_failure_fails_without_repeating_what_it_says(odd: BaseException) -> None:
    server = Played()
    flow = a_flow(server, complete=Exchange(odd))
    flow.start()
    server.answers.put(an_answer())
    with pytest.raises(LoginRequired) as failed:
        flow.wait(PATIENCE)
    assert type(odd).__name__ in str(failed.value)
    assert "needle" not in str(failed.value)
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__


def test_a_login_required_of_the_exchange_is_passed_on_as_it_is() -> None:
    server = Played()
    flow = a_flow(server, complete=Exchange(LoginTimeout("The settings changed meanwhile.")))
    flow.start()
    server.answers.put(an_answer())
    with pytest.raises(LoginTimeout, match="The settings changed meanwhile"):
        flow.wait(PATIENCE)


def test_everyone_who_waits_gets_an_error_of_their_own() -> None:
    flow = a_flow(Played())
    flow.start()
    caught: list[LoginRequired] = []

    def waiting() -> None:
        try:
            flow.wait(PATIENCE)
        except LoginRequired as error:
            caught.append(error)

    threads = [threading.Thread(target=waiting) for _ in range(4)]
    for thread in threads:
        thread.start()
    flow.cancel()
    for thread in threads:
        thread.join(PATIENCE)
    assert len({id(error) for error in caught}) == 4
    assert {str(error) for error in caught} == {str(flow.error)}


def test_time_runs_out_on_the_injected_clock() -> None:
    now = [1000.0]
    server = Played()
    flow = a_flow(server, timeout=120, clock=lambda: now[0])
    assert flow.remaining == 120
    now[0] += 500
    flow.start()
    assert flow.remaining == 120
    now[0] += 50
    assert flow.remaining == 70
    assert flow.state is LoginState.WAITING
    now[0] += 71
    with pytest.raises(
        LoginTimeout, match="nobody finished the sign-in within 2 minutes. Run %procore_connect again"
    ):
        flow.wait(PATIENCE)
    assert flow.remaining == 0
    assert server.closed.wait(PATIENCE)


def test_time_does_not_run_out_while_the_code_is_exchanged() -> None:
    now = [0.0]
    server, exchange = Played(), Exchange(held=True)
    flow = a_flow(server, complete=exchange, timeout=10, clock=lambda: now[0])
    flow.start()
    server.answers.put(an_answer())
    eventually(lambda: exchange.codes)
    now[0] = 1000.0
    with pytest.raises(LoginTimeout):
        flow.wait(0.7)  # longer than the flow takes to look at its clock
    assert flow.state is LoginState.EXCHANGING
    exchange.may_end.set()
    flow.wait(PATIENCE)


def test_a_wait_of_ones_own_ends_without_ending_the_sign_in() -> None:
    server = Played()
    flow = a_flow(server)
    flow.start()
    with pytest.raises(LoginTimeout, match="still waits"):
        flow.wait(0)
    assert flow.state is LoginState.WAITING
    server.answers.put(an_answer())
    flow.wait(PATIENCE)


@pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="interrupts reach the main thread"
)
def test_an_interrupt_while_waiting_leaves_the_sign_in_going() -> None:
    server = Played()
    flow = a_flow(server)
    flow.start()
    with pytest.raises(KeyboardInterrupt):
        threading.Timer(0.05, _thread.interrupt_main).start()
        flow.wait(PATIENCE)
    assert flow.state is LoginState.WAITING
    server.answers.put(an_answer())
    flow.wait(PATIENCE)


def test_cancel_ends_it_at_once_with_the_given_error_or_its_own() -> None:
    flow = a_flow(Played())
    flow.start()
    flow.cancel()
    with pytest.raises(LoginDenied, match="cancelled. Run %procore_connect again"):
        flow.wait(PATIENCE)
    other = a_flow(Played())
    other.start()
    other.cancel(LoginRequired("Connected again with other settings."))
    flow.cancel(LoginRequired("too late to matter"))
    with pytest.raises(LoginRequired, match="other settings"):
        other.wait(PATIENCE)
    assert "cancelled" in str(flow.error)


def test_cancel_while_exchanging_ends_it_whatever_the_exchange_brings() -> None:
    server, exchange = Played(), Exchange(held=True)
    flow = a_flow(server, complete=exchange)
    flow.start()
    server.answers.put(an_answer())
    eventually(lambda: exchange.codes)
    flow.cancel()
    assert flow.state is LoginState.FAILED
    exchange.may_end.set()
    exchange.threads[0].join(PATIENCE)
    assert flow.state is LoginState.FAILED


def test_cancel_before_the_start_means_it_never_starts() -> None:
    server = Played()
    flow = a_flow(server)
    flow.cancel()
    flow.start()
    assert flow.state is LoginState.FAILED
    assert flow.open_receivers == ()


def test_starting_twice_is_starting_once() -> None:
    server = Played()
    flow = a_flow(server)
    flow.start()
    flow.start()
    assert flow.open_receivers == ("server",)
    server.answers.put(an_answer())
    flow.wait(PATIENCE)
    flow.start()
    assert flow.state is LoginState.SIGNED_IN


def test_an_interrupt_while_the_ways_open_cancels(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Played()
    flow = a_flow(server)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(flow._receivers, "open_all", interrupted)
    with pytest.raises(KeyboardInterrupt):
        flow.start()
    assert flow.state is LoginState.FAILED


# Ways that can't be used


def test_a_way_that_cannot_open_is_left_out_and_its_reason_kept() -> None:
    flow = a_flow(
        Played(unavailable="The Jupyter server doesn't answer."), Played("loopback"), PasteReceiver()
    )
    flow.start()
    assert flow.open_receivers == ("loopback", "paste")
    assert flow.notes == ("The Jupyter server doesn't answer.",)
    flow.cancel()


def test_with_only_paste_left_the_notes_say_so_first() -> None:
    flow = a_flow(Played("loopback", unavailable="Port 80 can't be opened here."), PasteReceiver())
    flow.start()
    assert flow.open_receivers == ("paste",)
    assert len(flow.notes) == 2
    assert "copy the address your browser ended on and paste it" in flow.notes[0]
    assert flow.notes[1] == "Port 80 can't be opened here."
    assert all(note in str(flow) for note in flow.notes)
    flow.cancel()


def test_with_oob_the_notes_say_that_a_code_will_be_shown() -> None:
    flow = a_flow(PasteReceiver(), request=a_request(OOB))
    flow.start()
    assert "Procore will show a code" in flow.notes[0]
    flow.cancel()


def test_with_no_way_at_all_it_fails_with_the_reason() -> None:
    flow = a_flow(Played(unavailable="Nothing works here."))
    flow.start()
    with pytest.raises(LoginRequired, match="Not signed in: Nothing works here"):
        flow.wait(PATIENCE)
    none = a_flow()
    none.start()
    with pytest.raises(LoginRequired, match="no way for the answer to come back"):
        none.wait(PATIENCE)


def test_a_way_that_breaks_while_waiting_leaves_the_others_going() -> None:
    server, loopback, odd = Played(), Played("loopback"), Played("server")
    flow = a_flow(server, loopback, odd)
    flow.start()
    server.answers.put(ReceiverUnavailable("The Jupyter server was stopped."))
    odd.answers.put(ValueError("secret-needle"))
    eventually(lambda: flow.open_receivers == ("loopback",))
    assert "The Jupyter server was stopped." in flow.notes
    assert "needle" not in str(flow.notes)
    assert server.closed.wait(PATIENCE)
    assert odd.closed.wait(PATIENCE)
    loopback.answers.put(an_answer())
    flow.wait(PATIENCE)


def test_a_slow_way_does_not_keep_the_link_back_and_joins_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("procore_jupyter.login.flow.OPEN_TIME", 0.01)
    hold = threading.Event()
    slow, loopback = Played(hold=hold), Played("loopback")
    flow = a_flow(slow, loopback)
    flow.start()
    eventually(lambda: flow.open_receivers == ("loopback",))
    told: list[tuple[str, ...]] = []
    flow.subscribe(lambda f: told.append(f.open_receivers))
    hold.set()
    eventually(lambda: told[-1] == ("server", "loopback"))
    slow.answers.put(an_answer())
    flow.wait(PATIENCE)


def test_a_way_that_opens_after_the_end_is_closed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("procore_jupyter.login.flow.OPEN_TIME", 0.01)
    hold = threading.Event()
    slow = Played(hold=hold)
    flow = a_flow(slow, Played("loopback"))
    flow.start()
    flow.cancel()
    assert slow.closed.wait(PATIENCE)
    slow.closed.clear()
    hold.set()
    assert slow.closed.wait(PATIENCE)
    assert flow.open_receivers == ()


# Pasting


def address(**query: str) -> str:
    return f"{CALLBACK}?{urlencode(query)}"


@pytest.mark.parametrize(
    "text", [CODE, f" {CODE}\n", address(code=CODE, state=STATE), f"code={CODE}&state={STATE}"]
)
def test_what_is_pasted_signs_in(text: str) -> None:
    server, exchange = Played(), Exchange()
    flow = a_flow(server, PasteReceiver(), complete=exchange)
    flow.start()
    assert flow.paste(text) is None
    flow.wait(PATIENCE)
    assert exchange.codes == [CODE]
    assert exchange.threads[0] is not threading.main_thread()
    assert server.closed.wait(PATIENCE)
    assert flow.paste(text) == "You are already signed in."


def test_a_pasted_denial_fails() -> None:
    flow = a_flow(PasteReceiver())
    flow.start()
    assert flow.paste(address(error="access_denied", state=STATE)) is None
    with pytest.raises(LoginDenied, match="you chose Deny"):
        flow.wait(PATIENCE)
    assert "has ended" in str(flow.paste(CODE))


def test_a_pasted_address_of_another_sign_in_changes_nothing() -> None:
    exchange = Exchange()
    flow = a_flow(PasteReceiver(), complete=exchange)
    flow.start()
    told = flow.paste(address(code=CODE, state="another"))
    assert told is not None
    assert "another sign-in" in told
    assert CODE not in told
    assert flow.state is LoginState.WAITING
    assert exchange.codes == []
    flow.cancel()


def test_a_mistyped_code_may_be_pasted_again_while_the_other_ways_stay_open() -> None:
    server = Played()
    refusal = TokenRequestError("invalid_grant", "Refused.", 400)
    exchange = Exchange(refusal, TokenRequestError("unreachable", "Procore can't be reached."), None)
    flow = a_flow(server, PasteReceiver(), complete=exchange)
    flow.start()
    assert flow.paste("mistyped-code") is None
    eventually(lambda: any("check that it is complete" in note for note in flow.notes))
    assert flow.state is LoginState.WAITING
    assert flow.open_receivers == ("server", "paste")
    assert not server.closed.is_set()
    assert "mistyped-code" not in str(flow)
    assert flow.paste(CODE) is None
    eventually(lambda: "Procore can't be reached. Then paste it once more." in flow.notes)
    assert flow.paste(CODE) is None
    flow.wait(PATIENCE)
    assert exchange.codes == ["mistyped-code", CODE, CODE]


def test_a_pasted_code_that_pasting_again_cannot_help_fails() -> None:
    flow = a_flow(
        PasteReceiver(), complete=Exchange(TokenRequestError("invalid_client", "Wrong secret.", 401))
    )
    flow.start()
    flow.paste(CODE)
    with pytest.raises(LoginRequired, match="Not signed in: Wrong secret."):
        flow.wait(PATIENCE)


def test_an_answer_that_comes_while_a_pasted_code_is_tried_is_used_if_that_one_is_refused() -> None:
    server, exchange = (
        Played(),
        Exchange(TokenRequestError("invalid_grant", "Refused.", 400), None, held=True),
    )
    flow = a_flow(server, PasteReceiver(), complete=exchange)
    flow.start()
    flow.paste("mistyped-code")
    eventually(lambda: exchange.codes)
    assert flow.paste(CODE) == "One moment: you are being signed in."
    server.answers.put(an_answer())
    eventually(server.answers.empty)
    time.sleep(0.05)  # long enough for a flow that would drop it to do so
    exchange.may_end.set()
    flow.wait(PATIENCE)
    assert exchange.codes == ["mistyped-code", CODE]


def test_cancel_while_a_pasted_code_is_tried_ends_it_for_good() -> None:
    exchange = Exchange(TokenRequestError("invalid_grant", "Refused.", 400), held=True)
    flow = a_flow(PasteReceiver(), complete=exchange)
    flow.start()
    flow.paste("mistyped-code")
    eventually(lambda: exchange.codes)
    flow.cancel()
    exchange.may_end.set()
    exchange.threads[0].join(PATIENCE)
    assert flow.state is LoginState.FAILED
    assert flow.notes == ()


def test_a_refused_pasted_code_after_the_time_is_over_ends_by_time() -> None:
    now = [0.0]
    exchange = Exchange(TokenRequestError("invalid_grant", "Refused.", 400), held=True)
    flow = a_flow(PasteReceiver(), complete=exchange, timeout=10, clock=lambda: now[0])
    flow.start()
    flow.paste("mistyped-code")
    eventually(lambda: exchange.codes)
    now[0] = 100.0
    exchange.may_end.set()
    with pytest.raises(LoginTimeout, match="within 10 seconds"):
        flow.wait(PATIENCE)


def test_pasting_where_nothing_is_open_says_so() -> None:
    flow = a_flow(PasteReceiver())
    assert "has ended" in str(flow.paste(CODE))
    flow.cancel()
    assert "has ended" in str(flow.paste(CODE))


# Who is told, and what is kept


def test_a_listener_that_fails_keeps_the_news_from_no_other_and_one_that_left_hears_nothing() -> None:
    server = Played()
    flow = a_flow(server)
    heard: list[LoginState] = []
    gone: list[LoginState] = []

    def broken(_: LoginFlow) -> None:
        raise RuntimeError("a widget that was closed")

    flow.subscribe(broken)
    leave = flow.subscribe(lambda told: gone.append(told.state))
    flow.subscribe(lambda told: heard.append(told.state))
    leave()
    leave()
    flow.start()
    server.answers.put(an_answer())
    flow.wait(PATIENCE)
    eventually(lambda: heard[-1] is LoginState.SIGNED_IN)
    assert gone == [LoginState.IDLE]


def test_a_late_listener_gets_the_end_at_once() -> None:
    flow = a_flow(Played())
    flow.start()
    flow.cancel()
    heard: list[LoginState] = []
    flow.subscribe(lambda told: heard.append(told.state))()
    assert heard == [LoginState.FAILED]


def test_a_listener_may_call_everything_back() -> None:
    # Would hang if a listener were called with the lock held.
    server = Played()
    flow = a_flow(server, PasteReceiver())

    def busy(told: LoginFlow) -> None:
        assert (told.notes, told.open_receivers, told.remaining, str(told), repr(told)) is not None
        told.paste("")
        told.subscribe(lambda _: None)()
        if told.state is LoginState.WAITING:
            told.cancel()

    flow.subscribe(busy)
    thread = threading.Thread(target=flow.start, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert flow.state is LoginState.FAILED


def test_the_link_stands_in_str_alone_and_nowhere_after_the_end() -> None:
    request = a_request()
    server = Played(start_url="http://localhost:8888/start?login=needle")
    flow = a_flow(server, request=request)
    assert repr(flow) == "<LoginFlow Procore · production: not started>"
    assert "https://" not in str(flow)
    flow.start()
    assert str(flow).splitlines()[0] == f"Sign in to Procore: {request.url}"
    assert repr(flow) == "<LoginFlow Procore · production: waiting>"
    server.answers.put(an_answer())
    flow.wait(PATIENCE)
    assert (flow.authorize_url, flow.start_url, flow.paste_url, flow.open_receivers) == ("", None, None, ())
    assert str(flow) == "Procore · production: signed in"
    failed = a_flow(Played())
    failed.start()
    failed.cancel()
    assert (
        str(failed) == "Not signed in: the sign-in was cancelled. Run %procore_connect again for a new link."
    )


def login_threads() -> set[threading.Thread]:
    """Return the threads of all logins of this process: other tests may have left some that nobody answers."""
    return {one for one in threading.enumerate() if one.name.startswith("procore login")}


@pytest.mark.parametrize("end", ["signed in", "denied", "cancelled"])
def test_after_the_end_the_flow_reaches_nothing_of_the_sign_in(end: str) -> None:
    server, paste, others = Played(), PasteReceiver(), login_threads()

    def complete(answer: AuthorizationResponse) -> None:
        assert answer.code is not None

    class Panel:
        def __call__(self, _: LoginFlow) -> None: ...

    flow = a_flow(server, paste, complete=complete)
    flow.subscribe(Panel())
    flow.start()
    if end == "cancelled":
        flow.cancel()
    else:
        server.answers.put(
            an_answer(
                error="access_denied" if end == "denied" else None, code=None if end == "denied" else CODE
            )
        )
    eventually(lambda: flow.state in (LoginState.SIGNED_IN, LoginState.FAILED))
    eventually(lambda: not login_threads() - others)
    reached: list[object] = []
    waiting: list[object] = [vars(flow), flow.error]
    while waiting:
        one = waiting.pop()
        if (
            any(one is seen for seen in reached)
            or isinstance(one, type)
            or type(one).__name__ in ("module", "function")
        ):
            continue
        reached.append(one)
        waiting += gc.get_referents(one)
    assert not [
        one
        for one in reached
        if isinstance(
            one, AuthorizationRequest | AuthorizationResponse | Secret | Played | PasteReceiver | Panel
        )
    ]
    assert not [one for one in reached if isinstance(one, str) and (STATE in one or CODE in one)]


@pytest.mark.parametrize("end", ["answer", "cancel"])
def test_no_thread_outlives_the_end(end: str) -> None:
    server, others = Played(), login_threads()
    flow = a_flow(server, Played("loopback"), PasteReceiver())
    flow.start()
    mine = login_threads() - others
    assert len(mine) >= 4
    assert all(thread.daemon for thread in mine)
    if end == "cancel":
        flow.cancel()
    else:
        server.answers.put(an_answer())
    eventually(lambda: not any(thread.is_alive() for thread in mine))


def test_closing_is_silent_where_no_thread_can_be_started_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Played()
    flow = a_flow(server)
    flow.start()

    def no_more(self: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", no_more)
    flow.close()
    assert server.closed.is_set()
    assert flow.state is LoginState.FAILED


def test_the_card_is_asked_of_who_knows() -> None:
    flow = LoginFlow(a_request(), [], Exchange(), place="x", describe=lambda: "Dana Reyes")
    assert flow.describe() == "Dana Reyes"
    assert a_flow().describe() is None


# With real ways


def test_a_browser_on_this_machine_signs_in_through_the_loopback_listener() -> None:
    exchange = Exchange()
    callback = f"http://127.0.0.1:{free_port()}/cb"
    flow = a_flow(LoopbackReceiver(callback), PasteReceiver(), complete=exchange, request=a_request(callback))
    flow.start()
    assert flow.open_receivers == ("loopback", "paste")
    assert flow.start_url is not None
    with requests.Session() as browser:
        browser.trust_env = False
        led = browser.get(flow.start_url, allow_redirects=False, timeout=PATIENCE)
        assert led.headers["Location"] == flow.authorize_url
        stray = browser.get(callback, params={"code": CODE, "state": "another"}, timeout=PATIENCE)
        assert stray.status_code == 400
        assert flow.state is LoginState.WAITING
        page = browser.get(callback, params={"code": CODE, "state": STATE}, timeout=PATIENCE)
        assert "answer has arrived" in page.text
    flow.wait(PATIENCE)
    assert exchange.codes == [CODE]

    def port_is_closed() -> bool:
        try:
            socket.create_connection(("127.0.0.1", urlsplit(callback).port or 0), timeout=PATIENCE).close()
        except OSError:
            return True
        return False

    eventually(port_is_closed)


def test_the_interpreters_exit_is_silent_while_a_sign_in_is_pending() -> None:
    script = f"""
from procore_jupyter.login.flow import LoginFlow
from procore_jupyter.login.loopback import LoopbackReceiver
from procore_jupyter.login.paste import PasteReceiver
from procore_jupyter.oauth.authorization import AuthorizationRequest
from procore_jupyter.secret import Secret
import atexit
callback = "http://127.0.0.1:{free_port()}/cb"
request = AuthorizationRequest("https://login.procore.com/oauth/authorize", "state", callback, Secret("v"))
flow = LoginFlow(request, [LoopbackReceiver(callback), PasteReceiver()], print, place="x")
atexit.register(flow.close)
flow.start()
print(*flow.open_receivers)
"""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", script], capture_output=True, text=True, timeout=6 * PATIENCE
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "loopback paste\n", "")
