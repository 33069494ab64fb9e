"""What of the handlers can't be seen from outside."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from procore_jupyter.server.callback import CallbackResponse
from procore_jupyter.server.handlers import LONGEST_WAIT, CallbackHandler, ResultHandler, is_owners_browser
from procore_jupyter.server.logins import Logins
from procore_jupyter.socket_owners import SocketOwner


def handler(kind: type[Any], **given: Any) -> Any:
    """Return a handler without a server around it."""
    made = object.__new__(kind)
    made.request = SimpleNamespace(**given)
    return made


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [(b"0", 0.0), (b"25", 25.0), (b"26", LONGEST_WAIT), (b"999999", LONGEST_WAIT), (b"1.5", 1.5)],
)
def test_a_kernel_waits_at_most_25_seconds(wait: bytes, seconds: float) -> None:
    assert LONGEST_WAIT == 25
    assert handler(ResultHandler, query_arguments={"wait": [wait]}).seconds() == seconds


def test_without_a_wait_the_answer_comes_at_once() -> None:
    assert handler(ResultHandler, query_arguments={}).seconds() == 0


@pytest.mark.parametrize(
    ("on_hub", "base_url", "passed_on"),
    [
        (True, "/user/dana/", True),
        (True, "/jhub/user/dana/", True),
        (False, "/user/dana/", False),
        (True, "/user/dana/gpu/", False),  # a named server itself: it would go round in circles
        (True, "/services/x/", False),
        (True, "/", False),
    ],
)
def test_only_a_hub_s_default_server_passes_an_answer_on(
    on_hub: bool, base_url: str, passed_on: bool
) -> None:
    fake = SimpleNamespace(
        identity_provider=SimpleNamespace(hub_auth=1) if on_hub else SimpleNamespace(),
        base_url=base_url,
        logins=Logins(),
        request=SimpleNamespace(query="code=c&state=key.gpu"),
    )

    found = CallbackHandler.named_server(fake, {"code": [b"c"], "state": [b"key.gpu"]})  # type: ignore[arg-type]

    assert found == (f"{base_url}gpu/procore-jupyter/callback?code=c&state=key.gpu" if passed_on else None)


@pytest.mark.parametrize(
    ("peer", "on_hub", "signs_in", "leads_on"),
    [
        (SocketOwner.OURS, False, True, True),
        (SocketOwner.OURS, False, False, True),
        (SocketOwner.ANOTHER, False, True, False),
        (SocketOwner.UNTOLD, False, True, False),
        (SocketOwner.NOBODY, False, True, True),  # on another machine
        (SocketOwner.NOBODY, False, False, False),
        (SocketOwner.ANOTHER, True, True, True),  # the Hub's proxy
        (SocketOwner.UNTOLD, True, True, True),
    ],
)
def test_whose_browser_the_start_page_leads_on(
    monkeypatch: pytest.MonkeyPatch, peer: SocketOwner, on_hub: bool, signs_in: bool, leads_on: bool
) -> None:
    monkeypatch.setattr("procore_jupyter.server.handlers.peer_of", lambda connection: peer)
    provider = SimpleNamespace(auth_enabled=signs_in, **({"hub_auth": 1} if on_hub else {}))
    connection = SimpleNamespace(stream=SimpleNamespace(socket=None))
    fake = SimpleNamespace(identity_provider=provider, request=SimpleNamespace(connection=connection))

    assert is_owners_browser(fake) is leads_on  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("silent", "told"), [(1.0, "your notebook finishes"), (60.0, "the kernel that started")]
)
def test_the_page_says_that_the_notebook_goes_on_only_while_its_kernel_asks(silent: float, told: str) -> None:
    times = [0.0]
    page: list[str] = []
    asked = handler(CallbackHandler)
    asked.logins, asked.send_page = Logins(lambda: times[0]), page.append
    asked.logins.open_login("key")
    times[0] = silent
    asked.deliver(CallbackResponse(state="key", code="the-code"))
    assert "answer has arrived" in page[0] and told in page[0]
    assert ('data-status="received"' in page[0]) == (silent < 15)


def test_an_error_that_nobody_foresaw_is_logged_without_the_address_and_its_own_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = handler(
        CallbackHandler, method="GET", path="/callback", uri="/callback?code=secret", remote_ip="127.0.0.1"
    )

    with caplog.at_level(logging.DEBUG):
        try:
            raise ValueError("secret")
        except ValueError as error:
            broken.log_exception(ValueError, error, error.__traceback__)

    assert "ValueError in GET /callback (127.0.0.1)" in caplog.text
    assert "test_handlers.py" in caplog.text
    assert "secret" not in caplog.text.replace('raise ValueError("secret")', "")
