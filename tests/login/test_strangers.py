"""Another user of the machine at the CallbackURL's port: no link, or the end of the login; and nothing to paste."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from procore_jupyter.addresses import OOB
from procore_jupyter.errors import LoginRequired
from procore_jupyter.login.callback_port import CallbackPort
from procore_jupyter.login.flow import LoginFlow, LoginState
from procore_jupyter.login.receiver import Receiver
from procore_jupyter.login.receivers import receivers_for, stranger_at
from procore_jupyter.login.ticket import Ticket
from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse
from procore_jupyter.secret import Secret
from procore_jupyter.settings.jupyter import Hub, Surroundings
from procore_jupyter.socket_owners import SocketOwner
from tests.login.test_flow import Exchange, Played, a_flow, an_answer, eventually
from tests.servers import JupyterServerProcess, free_port
from tests.strangers import Stranger, needs_two_people

CALLBACKS = ("http://localhost:{port}/done", "http://localhost:{port}/procore-jupyter/callback")
HUB = Hub(Secret("t"), "http://127.0.0.1:9/user/dana/", "/user/dana/")


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    with Stranger() as one:
        yield one


def whole_flow(
    callback_url: str, runtime: Path, *, via: str | None = None, pid: int | None = None
) -> LoginFlow:
    """Return the login that a kernel would start for a CallbackURL."""
    around = Surroundings(runtime, pid)
    ticket = Ticket.create()
    receivers = receivers_for(callback_url, around, ticket, via=via)
    request = AuthorizationRequest.create(
        authorize_url="https://login.procore.com/oauth/authorize",
        client_id="an-app",
        redirect_uri=callback_url,
        state=ticket.state,
    )
    stranger = stranger_at(callback_url, around, receivers)
    return LoginFlow(request, receivers, Exchange(), place="Procore · production", stranger=stranger)


def check_ended(flow: LoginFlow) -> None:
    eventually(lambda: flow.state is LoginState.FAILED)
    said = str(flow.error)
    assert "another user" in said
    assert "paste" not in f"{said} {flow.notes} {flow}".lower()
    assert (flow.authorize_url, flow.start_url, flow.paste_url, flow.notes) == ("", None, None, ())
    assert said.count(". ") == 0  # one sentence
    with pytest.raises(LoginRequired, match="another user"):
        flow.wait(5)
    assert flow.paste("http://localhost/?code=abcdefgh") is not None


@needs_two_people
@pytest.mark.parametrize("via", [None, "paste"])
@pytest.mark.parametrize("callback", CALLBACKS)
@pytest.mark.parametrize("ip", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_a_stranger_who_was_there_before_leaves_no_link(
    stranger: Stranger, tmp_path: Path, ip: str, callback: str, via: str | None
) -> None:
    port = free_port()
    assert stranger.listen(ip, port) is None
    flow = whole_flow(callback.format(port=port), tmp_path, via=via)
    flow.start()
    check_ended(flow)
    assert stranger.heard == []


@needs_two_people
@pytest.mark.parametrize("ours", ["127.0.0.1", "::1", "::", "0.0.0.0"])
def test_beside_our_own_jupyter_server_a_stranger_on_the_other_family_ends_the_login_when_he_comes(
    stranger: Stranger, tmp_path: Path, ours: str
) -> None:
    family = socket.AF_INET6 if ":" in ours else socket.AF_INET
    with socket.create_server((ours, 0), family=family) as jupyter:  # it accepts, and answers nobody
        port = jupyter.getsockname()[1]
        told = {
            "pid": os.getpid(),
            "port": port,
            "base_url": "/",
            "hostname": ours,
            "token": "t",
            "secure": False,
        }
        place = tmp_path / f"jpserver-{os.getpid()}.json"
        place.touch(0o600)
        place.write_text(json.dumps(told))
        callback_url = f"http://localhost:{port}/procore-jupyter/callback"
        around = Surroundings(tmp_path)
        look = stranger_at(callback_url, around, receivers_for(callback_url, around, Ticket.create()))
        assert look() is None
        flow = a_flow(Played(), complete=Exchange())
        flow._stranger = look
        flow.start()
        assert flow.state is LoginState.WAITING and flow.authorize_url

        theirs = "0.0.0.0" if family is socket.AF_INET6 else "::"
        assert stranger.listen(theirs, port, v6only=True if theirs == "::" else None) is None
        began = time.monotonic()
        check_ended(flow)
        assert time.monotonic() - began < 5
        assert "start Jupyter on another port" in str(flow.error)


@needs_two_people
@pytest.mark.parametrize(("ip", "theirs"), [("127.0.0.1", "::1"), ("::", "0.0.0.0")])
def test_beside_a_real_jupyter_server_a_stranger_hears_neither_token_nor_code(
    stranger: Stranger, tmp_path: Path, ip: str, theirs: str
) -> None:
    with JupyterServerProcess(tmp_path, options=[f"--ServerApp.ip={ip}"]) as server:
        flow = whole_flow(server.callback_url, server.runtime_folder)
        flow.start()
        assert flow.open_receivers == ("server", "paste") and flow.authorize_url
        assert stranger.listen(theirs, server.port) is None
        check_ended(flow)
        again = whole_flow(server.callback_url, server.runtime_folder)
        again.start()
        check_ended(again)
        # Nor does he if nobody looks before: what goes to the server goes to its own address.
        blind = whole_flow(server.callback_url, server.runtime_folder)
        blind._stranger = lambda: None
        blind.start()
        assert blind.open_receivers == ("server", "paste")
        blind.cancel()
        assert stranger.heard == []


@needs_two_people
def test_a_stranger_who_comes_while_a_loopback_login_is_open_cannot_have_its_port(
    stranger: Stranger, tmp_path: Path
) -> None:
    port = free_port()
    flow = whole_flow(f"http://localhost:{port}/done", tmp_path)
    flow.start()
    for ip in ("127.0.0.1", "::1", "0.0.0.0", "::"):
        assert stranger.listen(ip, port) is not None
    assert flow.open_receivers == ("loopback", "paste")
    flow.cancel()


@needs_two_people
@pytest.mark.parametrize("callback", ["http://localhost:{port}/done", "http://[::1]:{port}/done"])
def test_a_port_that_a_stranger_has_and_does_not_listen_at_yet_is_no_port_to_paste_from(
    stranger: Stranger, tmp_path: Path, callback: str
) -> None:
    port = free_port()
    assert stranger.listen("::1", port, listening=False) is None
    flow = whole_flow(callback.format(port=port), tmp_path)
    flow.start()
    check_ended(flow)


@needs_two_people
@pytest.mark.parametrize(
    "callback", ["urn:ietf:wg:oauth:2.0:oob", "https://jupyter.example.com:{port}/procore-jupyter/callback"]
)
def test_where_the_browser_lands_elsewhere_nobody_here_is_in_its_way(
    stranger: Stranger, tmp_path: Path, callback: str
) -> None:
    port = free_port()
    assert stranger.listen("127.0.0.1", port) is None
    flow = whole_flow(callback.format(port=port), tmp_path)
    flow.start()
    assert flow.state is LoginState.WAITING and flow.authorize_url
    flow.cancel()


@needs_two_people
def test_on_a_hub_and_where_the_browser_is_on_another_machine_the_port_here_is_nobodys_business(
    stranger: Stranger, tmp_path: Path
) -> None:
    port = free_port()
    assert stranger.listen("127.0.0.1", port) is None
    url = f"http://localhost:{port}/hub/user-redirect/procore-jupyter/callback"
    assert stranger_at(url, Surroundings(tmp_path), [])() is not None
    assert stranger_at(url, Surroundings(tmp_path, hub=HUB), [])() is None
    assert stranger_at(url, Surroundings(tmp_path, browser_elsewhere=True), [])() is None


def test_our_own_program_at_the_port_is_no_stranger() -> None:
    with socket.create_server(("127.0.0.1", 0)) as ours:
        port = ours.getsockname()[1]
        assert CallbackPort(f"http://localhost:{port}/x", lambda: ["127.0.0.1"]).stranger() is None


def test_who_cannot_be_told_counts_as_a_stranger_unless_it_is_known_to_be_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def told(ip: str, port: int, claimed: bool) -> SocketOwner:
        return SocketOwner.OURS if claimed else SocketOwner.UNTOLD if ip == "::1" else SocketOwner.NOBODY

    monkeypatch.setattr("procore_jupyter.login.callback_port.listener_at", told)
    url = "http://localhost:8888/procore-jupyter/callback"
    assert "may be another user of this machine's" in str(CallbackPort(url).stranger())
    assert CallbackPort(url, lambda: ["::1"]).stranger() is None


@pytest.mark.parametrize(
    ("callback_url", "addresses"),
    [
        ("http://localhost/", ["127.0.0.1", "::1"]),
        ("https://LOCALHOST:8888/x", ["127.0.0.1", "::1"]),
        ("http://127.0.0.1:8888/x", ["127.0.0.1", "::1"]),
        ("http://[::1]:8888/x", ["127.0.0.1", "::1"]),
        ("http://127.0.0.9:8888/x", ["127.0.0.1", "::1", "127.0.0.9"]),
        (f"http://{socket.gethostname()}:8888/x", None),
        ("http://localhost.:8888/x", ["127.0.0.1", "::1"]),
        ("http://jupyter.localhost:8888/x", ["127.0.0.1", "::1"]),
        ("http://localhost.localdomain:8888/x", ["127.0.0.1", "::1"]),
        ("http://127.1:8888/x", ["127.0.0.1", "::1"]),
        ("http://0x7f000001:8888/x", ["127.0.0.1", "::1"]),
        ("http://[::ffff:127.0.0.1]:8888/x", ["127.0.0.1", "::1"]),
        ("http://0.0.0.0:8888/x", ["127.0.0.1", "::1"]),
        ("http://[::]:8888/x", ["127.0.0.1", "::1"]),
        ("http://localhost.example/x", []),
        ("http://mylocalhost/x", []),
        ("http://192.0.2.7:8888/x", []),
        ("https://procore.example/x", []),
        ("http://localhost:99999/x", []),
        ("http://[", []),
        (OOB, []),
    ],
)
def test_every_address_that_a_browser_may_try_is_looked_at(
    callback_url: str, addresses: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    ports: set[int] = set()

    def look(ip: str, port: int, claimed: bool) -> SocketOwner:
        seen.append(ip)
        ports.add(port)
        return SocketOwner.NOBODY

    monkeypatch.setattr("procore_jupyter.login.callback_port.listener_at", look)
    monkeypatch.setattr(
        "procore_jupyter.login.callback_port.is_this_machine", lambda ip: ip[:4] in ("127.", "::1")
    )
    assert CallbackPort(callback_url).stranger() is None
    if addresses is not None:
        assert seen == addresses
        assert ports <= {80, 443, 8888}


class Look:
    """What `LoginFlow` asks, as the test says."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = [*answers]
        self.asked = 0

    def __call__(self) -> str | None:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def flow_with(
    look: Callable[[], str | None], *receivers: Receiver, complete: Exchange | None = None
) -> LoginFlow:
    flow = a_flow(*receivers, complete=complete or Exchange())
    flow._stranger = look
    return flow


def test_a_stranger_before_the_start_keeps_every_receiver_shut() -> None:
    server, exchange = Played(), Exchange()
    flow = flow_with(Look("it is Mallory."), server, complete=exchange)
    seen: list[str] = []
    flow.subscribe(lambda one: seen.append(one.authorize_url) if one.state is LoginState.WAITING else None)
    flow.start()
    assert (str(flow.error), flow.open_receivers) == ("Not signed in: it is Mallory.", ())
    assert seen == []
    assert server.closed.wait(20)


def test_a_stranger_who_comes_while_the_receivers_open_leaves_no_link_either() -> None:
    flow = flow_with(Look(None, "it is Mallory."), Played())
    flow.start()
    assert (flow.state, flow.authorize_url) == (LoginState.FAILED, "")


def test_a_stranger_who_comes_later_ends_the_login_within_seconds() -> None:
    look = Look(None)
    flow = flow_with(look, Played())
    flow.start()
    asked = look.asked
    eventually(lambda: look.asked >= asked + 2)
    look.answers = ["it is Mallory."]
    eventually(lambda: flow.state is LoginState.FAILED)


def test_an_answer_that_comes_while_a_stranger_is_there_is_not_exchanged() -> None:
    server, exchange = Played(), Exchange()
    look = Look(None)
    flow = flow_with(look, server, complete=exchange)
    flow.start()
    look.answers = ["it is Mallory."]
    server.answers.put(an_answer())
    eventually(lambda: flow.state is LoginState.FAILED)
    time.sleep(0.1)
    assert exchange.codes == []


def test_once_the_answer_is_here_a_stranger_takes_nothing_away() -> None:
    server, exchange = Played(), Exchange(held=True)
    look = Look(None)
    flow = flow_with(look, server, complete=exchange)
    flow.start()
    server.answers.put(an_answer())
    eventually(lambda: exchange.codes)
    look.answers = ["it is Mallory."]
    time.sleep(1.5)
    exchange.may_end.set()
    flow.wait(20)


@pytest.mark.parametrize("cancelled_first", [True, False])
def test_a_login_that_was_ended_may_not_save_its_token_and_one_that_saves_it_is_not_cancelled_any_more(
    cancelled_first: bool,
) -> None:
    server, claims = Played(), list[bool]()
    answered, may_go, saving, saved = (threading.Event() for _ in range(4))

    def complete(response: AuthorizationResponse) -> None:
        answered.set()
        assert may_go.wait(20)
        claims.append(flow.claim())
        saving.set()
        assert saved.wait(20)

    flow = a_flow(server, complete=complete)
    flow.start()
    server.answers.put(an_answer())
    assert answered.wait(20)
    if cancelled_first:
        flow.cancel()
    may_go.set()
    assert saving.wait(20)
    flow.cancel()
    flow._end_before_a_stranger()
    saved.set()
    if cancelled_first:
        with pytest.raises(LoginRequired, match="cancelled"):
            flow.wait(20)
    else:
        flow.wait(20)
    assert claims == [not cancelled_first]


def test_a_start_address_is_renewed_where_the_login_is_shown_again() -> None:
    server = Played(start_url="http://localhost:8888/start")
    with ExitStack() as ends:
        flow = a_flow(server)
        ends.callback(flow.cancel)
        flow.start()
        flow.renew_start_url()
        assert flow.start_url == "http://localhost:8888/start-anew"
