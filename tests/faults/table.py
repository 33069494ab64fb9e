"""What can happen to an answer, as the embedded Procore or a bare socket gives it."""

from __future__ import annotations

import re
from typing import Any

from procore_jupyter.connection.procore import Procore
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import ConnectionStringError

PATIENT, IMPATIENT = (
    20.0,
    1.0,
)  # s: only who meets a silent provider is impatient, so a busy machine does no harm

HTML = b"<html><head><title>Hotel Wi-Fi</title></head><body><h1>Please sign in</h1></body></html>"

#: By name, what `DemoProcore.answer_next` is told.
FAULTS: dict[str, dict[str, Any]] = {
    "slow": {"delay": 0.3},
    "silent": {"delay": 30.0},
    "dropped": {"drop": True},
    "500": {"status": 500, "body": {"error": "oops"}},
    "503": {"status": 503},
    "HTML": {"status": 200, "body": HTML, "headers": {"Content-Type": "text/html"}},
    "truncated": {
        "status": 200,
        "body": b'{"access_token": "abc", "refresh_to',
        "headers": {"Content-Type": "application/json"},
    },
    "redirect": {"status": 302, "headers": {"Location": "http://127.0.0.1:9/elsewhere"}},
}

# A remedy: what a person can do next, in the words that messages use.
_REMEDY = re.compile(
    r"(Try again|then try again|[Rr]un %procore_connect again|Check |Connect again|Unlock|Make room|Choose |Set |Give |Fix that"
    r"|[Cc]orrect |Move it|Run  |Sign in |sign in again|Is there a proxy|Is it the|try again in|Upgrade|leave |Add |Copy it again|Use  |did you mean|It can be|install|must be |Remove |Ask |in quotes|Close it|Write a )"
)


def assert_helps(error: BaseException) -> str:
    """Check that a message is one line (and the place, for a connection string) that says what to do; return it."""
    text = str(error)
    first, *rest = text.split("\n")
    assert len(rest) in ((0, 2) if isinstance(error, ConnectionStringError) else (0,)), text
    assert 20 < len(first) < 400, text
    assert _REMEDY.search(first), f"it doesn't say what to do: {text}"
    for jargon in (
        "HTTPConnectionPool",
        "Traceback",
        "Errno",
        "object at 0x",
        "NoneType",
        "urllib3",
        "JSONDecode",
    ):
        assert jargon not in text, text
    return text


def break_down(demo: DemoProcore, path: str, fault: str, *, times: int = 20, **more: Any) -> None:
    """Let the next requests for a path meet a fault."""
    demo.answer_next(path, times=times, **{**FAULTS[fault], **more})


def wait_no_longer_than(seconds: float, procore: Procore) -> None:
    """Change a session's Timeout, for the API and the token endpoint."""
    procore.timeout = seconds
    assert procore._access is not None
    procore._access._provider._renewal._client.timeout = seconds  # type: ignore[attr-defined]


def mend(demo: DemoProcore) -> None:
    """Take back what `break_down` did."""
    with demo._stage.lock:
        demo._stage.faults.clear()
