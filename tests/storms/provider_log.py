"""What the provider saw: which refresh tokens were spent, and which of their successors nobody ever got."""

from __future__ import annotations

import time
from collections.abc import Callable

from procore_jupyter.demo.app import DemoProcore, RecordedRequest
from procore_jupyter.demo.oauth_server import IssuedToken


def until(
    condition: Callable[[], object], what: str = "it never came to be so", seconds: float = 60.0
) -> None:
    """Wait for something to be so; the machine may be busy."""
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, what
        time.sleep(0.01)


def refreshes(demo: DemoProcore) -> list[RecordedRequest]:
    """Return the refreshes, in the order in which they arrived."""
    return [
        each
        for each in demo.requests
        if each.path == "/oauth/token" and each.form.get("grant_type") == "refresh_token"
    ]


def refreshing(demo: DemoProcore) -> bool:
    """Tell whether a refresh has arrived that isn't answered yet."""
    # Of the last ones only: there are many, and this is asked often.
    return any(each.path == "/oauth/token" and each.status is None for each in demo.requests[-200:])


def refused(demo: DemoProcore) -> list[RecordedRequest]:
    """Return the refreshes that the provider refused: ``invalid_grant``."""
    return [each for each in refreshes(demo) if each.status == 400]


def newest(demo: DemoProcore) -> IssuedToken:
    """Return the token that was given out last."""
    return [*demo.oauth._tokens.values()][-1]


def never_received(demo: DemoProcore) -> list[IssuedToken]:
    """Return the tokens that nobody ever used, in the order in which they were given out."""
    seen = {each.headers.get("authorization", "").removeprefix("Bearer ") for each in demo.requests}
    spent = {each.form["refresh_token"] for each in refreshes(demo)}
    return [
        token
        for token in [*demo.oauth._tokens.values()]
        if token.access_token not in seen and token.refresh_token not in spent
    ]
