"""Which receivers a CallbackURL allows, with Jupyter's runtime files as the test leaves them."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procore_jupyter.addresses import OOB
from procore_jupyter.errors import ConfigurationError
from procore_jupyter.login.flow import LoginFlow
from procore_jupyter.login.loopback import LoopbackReceiver
from procore_jupyter.login.paste import PasteReceiver
from procore_jupyter.login.poll import ServerReceiver
from procore_jupyter.login.receiver import ReceiverUnavailable
from procore_jupyter.login.receivers import UnusableReceiver, receivers_for
from procore_jupyter.login.ticket import Ticket
from procore_jupyter.oauth.authorization import AuthorizationRequest
from procore_jupyter.secret import Secret
from procore_jupyter.settings.jupyter import Hub, Surroundings

HERE = "http://localhost:8888/procore-jupyter/callback"
ELSEWHERE = "https://jupyter.example/procore-jupyter/callback"
TICKET = Ticket.create()


@pytest.fixture
def alone(tmp_path: Path) -> Surroundings:
    """A kernel that no Jupyter server of this user is near."""
    return Surroundings(runtime_folder=tmp_path)


@pytest.fixture
def jupyter(tmp_path: Path) -> Surroundings:
    """A kernel of a Jupyter server on port 8888."""
    path = tmp_path / f"jpserver-{os.getpid()}.json"
    path.write_text(
        json.dumps(
            {
                "pid": os.getpid(),
                "port": 8888,
                "token": "t",
                "base_url": "/",
                "hostname": "localhost",
                "secure": False,
            }
        )
    )
    path.chmod(0o600)
    return Surroundings(runtime_folder=tmp_path, parent_pid=os.getpid())


def names(callback_url: str, surroundings: Surroundings, via: str | None = None) -> list[str]:
    """Return the names of the receivers; one that is known not to work in brackets."""
    found = receivers_for(callback_url, surroundings, TICKET, via=via)
    kinds = {"server": ServerReceiver, "loopback": LoopbackReceiver, "paste": PasteReceiver}
    for one in found:
        assert isinstance(one, UnusableReceiver | kinds[one.name])
    return [f"({one.name})" if isinstance(one, UnusableReceiver) else one.name for one in found]


@pytest.mark.parametrize(
    ("callback_url", "with_jupyter", "without"),
    [
        (HERE, ["server", "paste"], ["loopback", "paste"]),
        ("http://127.0.0.1:8888/procore-jupyter/callback", ["server", "paste"], ["loopback", "paste"]),
        (
            "http://localhost:9999/procore-jupyter/callback",
            ["server", "loopback", "paste"],
            ["loopback", "paste"],
        ),
        (ELSEWHERE, ["server", "paste"], ["(server)", "paste"]),
        ("https://localhost:8888/procore-jupyter/callback", ["server", "paste"], ["(server)", "paste"]),
        ("http://localhost", ["loopback", "paste"], ["loopback", "paste"]),
        ("http://localhost:8080/oauth/cb", ["loopback", "paste"], ["loopback", "paste"]),
        ("http://[::1]:8080/", ["loopback", "paste"], ["loopback", "paste"]),
        ("http://localhost:8888", ["(loopback)", "paste"], ["loopback", "paste"]),
        ("http://localhost:8888/procore-jupyter/callback/", ["(loopback)", "paste"], ["loopback", "paste"]),
        ("https://example.com/landing", ["paste"], ["paste"]),
        ("http://example.com/landing", ["paste"], ["paste"]),
        ("https://localhost", ["paste"], ["paste"]),
        (OOB, ["paste"], ["paste"]),
    ],
)
def test_the_callback_url_and_what_runs_here_decide(
    callback_url: str, with_jupyter: list[str], without: list[str], jupyter: Surroundings, tmp_path: Path
) -> None:
    assert names(callback_url, jupyter) == with_jupyter
    assert names(callback_url, Surroundings(runtime_folder=tmp_path / "none")) == without


def test_on_a_hub_the_server_receives(tmp_path: Path) -> None:
    hub = Hub(Secret("t"), "http://127.0.0.1:53539/user/dana/", "/user/dana/")
    around = Surroundings(runtime_folder=tmp_path, hub=hub)
    assert names("https://hub.example/hub/user-redirect/procore-jupyter/callback", around) == [
        "server",
        "paste",
    ]
    assert names("https://hub.example/user/someone-else/procore-jupyter/callback", around) == [
        "(server)",
        "paste",
    ]


@pytest.mark.parametrize("via", ["server", "loopback", "paste"])
def test_a_way_that_is_asked_for_is_the_only_one_beside_paste(via: str, jupyter: Surroundings) -> None:
    callback_url = "http://localhost:9999/procore-jupyter/callback"
    assert names(callback_url, jupyter, via) == list(dict.fromkeys([via, "paste"]))


@pytest.mark.parametrize(
    ("callback_url", "via", "reason"),
    [
        (ELSEWHERE, "server", "none of your running Jupyter servers"),
        ("http://localhost", "server", "doesn't end in /procore-jupyter/callback"),
        (OOB, "server", "doesn't end in"),
        (OOB, "loopback", "must be http://localhost"),
        ("https://localhost", "loopback", "must be http://localhost"),
        (ELSEWHERE, "loopback", "must be http://localhost"),
        (HERE, "carrier pigeon", "There is no way 'carrier pigeon': choose --via server"),
        (HERE, "Server", "choose --via server"),
        (HERE, "", "choose --via server"),
    ],
)
def test_a_way_that_cannot_work_is_refused_with_the_reason(
    callback_url: str, via: str, reason: str, alone: Surroundings
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        receivers_for(callback_url, alone, TICKET, via=via)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def test_listening_on_jupyters_own_port_is_refused_with_the_address_to_use(jupyter: Surroundings) -> None:
    with pytest.raises(
        ConfigurationError, match=f"8888 is your Jupyter server's. Use  CallbackURL={HERE}  and register"
    ):
        receivers_for("http://localhost:8888/cb", jupyter, TICKET, via="loopback")


@pytest.mark.parametrize(
    "callback_url", ["http://localhost:8888/cb", "https://hub.example/user/x/procore-jupyter/callback"]
)
def test_a_way_known_not_to_work_says_why_in_the_notes(
    callback_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    around = request.getfixturevalue("jupyter" if "localhost" in callback_url else "alone")
    asked = AuthorizationRequest(
        "https://login.procore.com/oauth/authorize", TICKET.state, callback_url, Secret("v")
    )
    flow = LoginFlow(
        asked, receivers_for(callback_url, around, TICKET), lambda _: None, place="Procore · production"
    )
    flow.start()
    assert flow.open_receivers == ("paste",)
    assert "paste it" in flow.notes[0]
    assert flow.notes[1].startswith("Here ")
    flow.cancel()


def test_a_closed_way_opens_never_and_closes_silently() -> None:
    receiver = UnusableReceiver("server", "Why not.")
    with pytest.raises(ReceiverUnavailable, match=r"Why not\."):
        receiver.open(AuthorizationRequest("https://x/", "s", "https://x/", Secret("v")))
    receiver.receive(threading.Event())
    receiver.close()


@pytest.mark.parametrize(
    "callback_url",
    [
        "your_callback_url",
        "",
        " ",
        "localhost:8888",
        "//localhost",
        "/procore-jupyter/callback",
        "http://",
        "http:///x",
        "https:// x/",
        "http://[::1",
    ]
    + [
        "ftp://localhost",
        "javascript:alert(1)",
        "myapp://callback",
        "http://localhost:port/",
        "http://localhost:0/",
        "http://a\nb/",
        "http://x/\x00",
    ]
    + ["http://x/\u2028", "urn:ietf:wg:oauth:2.0", f"{OOB}x", f"{OOB}:auto", f" {HERE}"]
    + [
        "http://localhost:99999/",
        "http://[::::]/",
        "http://a\u2100/",
        "http://dana:needle@localhost/",
        "http://localhost/#x",
    ],
)
def test_what_is_no_address_is_refused_with_what_to_give(callback_url: str, alone: Surroundings) -> None:
    with pytest.raises(
        ConfigurationError,
        match="is not an address that a browser can be sent back to. Leave CallbackURL out",
    ) as refused:
        receivers_for(callback_url, alone, TICKET)
    assert len(str(refused.value).splitlines()) == 1
    assert "needle" not in str(refused.value)


@given(st.one_of(st.text(), st.text().map("http://".__add__), st.text().map("http://localhost:".__add__)))
def test_no_callback_url_breaks_the_choice(text: str) -> None:
    told = ""
    try:
        receivers_for(text, Surroundings(runtime_folder=Path("nowhere")), TICKET)
    except ConfigurationError as refused:
        told = str(refused)
    assert len(told.splitlines()) <= 1
