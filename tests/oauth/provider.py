"""What the tests of the protocol ask of the embedded Procore, and of an error."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable

from procore_jupyter.demo.app import DemoProcore, RecordedRequest
from procore_jupyter.demo.data import PEOPLE
from procore_jupyter.oauth.client import OAuthEndpoints
from procore_jupyter.secret import Secret

PERSON = min(PEOPLE)


def endpoints_of(url: str) -> OAuthEndpoints:
    return OAuthEndpoints(
        f"{url}/oauth/authorize", f"{url}/oauth/token", f"{url}/oauth/token/info", f"{url}/oauth/revoke"
    )


def code_of(
    demo: DemoProcore, redirect_uri: str = "http://localhost", person: int = PERSON, **more: str
) -> Secret:
    """Return a code as the provider gives it out when a person has chosen Allow."""
    query = {"client_id": demo.client_id, "redirect_uri": redirect_uri, "response_type": "code", **more}
    return Secret(demo.oauth.issue_code(demo.oauth.authorization_request(query), person))


class Clock:
    """A clock that stands still until it is moved; ours and the provider's alike."""

    def __init__(self, *providers: DemoProcore) -> None:
        self.now = time.time()
        for provider in providers:
            provider.clock = self

    def __call__(self) -> float:
        return self.now


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for something to be so."""
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it never came to be so"
        time.sleep(0.005)


def token_requests(demo: DemoProcore, grant: str) -> list[RecordedRequest]:
    """Return what the token endpoint was asked of this grant type."""
    return [r for r in demo.requests if r.path == "/oauth/token" and r.form.get("grant_type") == grant]


def refreshes(demo: DemoProcore, *, unanswered: int = 0) -> list[int | None]:
    """Return the answers to all refreshes, in order; None for those that got none."""
    # The provider writes the status down a moment after it has sent it.
    until(lambda: sum(r.status is None for r in token_requests(demo, "refresh_token")) == unanswered)
    return [r.status for r in token_requests(demo, "refresh_token")]


def drawn(error: BaseException) -> str:
    """Return all that a tool which draws local variables would print of an error, our tests' own frames left out."""
    lines = []
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        lines += [repr(one), str(one), repr(one.args), repr(vars(one))]
        for frame, _ in traceback.walk_tb(one.__traceback__):
            if "/tests/" not in frame.f_code.co_filename.replace("\\", "/"):
                lines += [f"{name} = {value!r}" for name, value in frame.f_locals.items()]
        waiting += [one.__cause__, one.__context__]
    return "\n".join(lines)
