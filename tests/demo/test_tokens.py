"""A stand-in that accepts a bad token is worse than none: what info, the API and revoke say to which token."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.parameters import DemoParameters
from tests.demo.apps import App, Clock

# Token info


def test_token_info_tells_about_a_live_token(app: App, clock: Clock) -> None:
    token = app.signed_in()
    clock.now += 100
    assert app.info(token["access_token"]).json() == {
        "resource_owner_id": 160586,
        "scope": ["public"],
        "expires_in": 5300,
        "application": {"uid": app.client_id},
        "created_at": int(clock.now) - 100,
    }
    app.demo.parameters = DemoParameters(newer_info=True)
    newer = app.info(token["access_token"]).json()
    assert (newer["scopes"], newer["expires_in_seconds"]) == (["public"], 5300)


BAD_TOKENS: list[tuple[str, Callable[[App], str | None], str]] = [
    ("none", lambda a: None, "The access token is invalid"),
    ("empty", lambda a: "", "The access token is invalid"),
    ("forged", lambda a: "forged", "The access token is invalid"),
    ("almost right", lambda a: a.signed_in()["access_token"][:-1], "The access token is invalid"),
    ("a refresh token", lambda a: a.signed_in()["refresh_token"], "The access token is invalid"),
    ("a code", lambda a: a.code(), "The access token is invalid"),
    ("a client secret", lambda a: a.client_secret, "The access token is invalid"),
    ("revoked", lambda a: revoked(a), "The access token was revoked"),
    ("refreshed since", lambda a: refreshed(a), "The access token was revoked"),
    ("all revoked", lambda a: all_revoked(a), "The access token was revoked"),
    ("expired", lambda a: expired(a), "The access token expired"),
    ("expired by hand", lambda a: expired_by_hand(a), "The access token expired"),
]


def revoked(app: App) -> str:
    token = app.signed_in()["access_token"]
    app.revoke(token=token)
    return token


def refreshed(app: App) -> str:
    token = app.signed_in()
    app.refresh(token["refresh_token"])
    return token["access_token"]


def all_revoked(app: App) -> str:
    token = app.signed_in()["access_token"]
    app.demo.oauth.revoke_all()
    return token


def expired(app: App) -> str:
    token = app.signed_in()["access_token"]
    moved = app.demo.clock()
    app.demo.clock = lambda: moved + 5401
    return token


def expired_by_hand(app: App) -> str:
    token = app.signed_in()["access_token"]
    app.demo.oauth.expire_access_tokens()
    return token


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make, _ in BAD_TOKENS])
def test_token_info_refuses_in_the_same_words(app: App, make: Callable[[App], str | None]) -> None:
    answer = app.info(make(app))
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "invalid_token",
        "error_description": "The access token is invalid",
        "state": "unauthorized",
    }
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(("make", "words"), [pytest.param(*rest, id=name) for name, *rest in BAD_TOKENS])
@pytest.mark.parametrize(
    "path", ["/rest/v1.0/me", "/rest/v1.1/projects?company_id=1234", "/rest/v1.0/nowhere"]
)
def test_the_api_refuses_a_bad_token(
    app: App, make: Callable[[App], str | None], words: str, path: str
) -> None:
    answer = app.get(path, make(app), company=1234)
    assert answer.status_code == 401
    assert answer.json() == {"errors": words}
    assert words in answer.headers["WWW-Authenticate"]


def test_a_token_counts_only_as_a_bearer_in_the_header(app: App) -> None:
    token = app.signed_in()["access_token"]
    path = "/rest/v1.0/me"
    assert app.get(f"{path}?access_token={token}&bearer_token={token}", None).status_code == 401
    assert app.get(path, None, Authorization=f"Basic {token}").status_code == 401
    assert app.get(path, None, Authorization=token).status_code == 401
    assert app.get(path, None, Authorization=f"bearer {token}").status_code == 200


# Revocation


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_both(app: App, kind: str) -> None:
    token = app.signed_in()
    for _ in range(2):  # repeated: the same answer
        answer = app.revoke(token=token[kind])
        assert (answer.status_code, answer.json()) == (200, {})
    assert app.info(token["access_token"]).status_code == 401
    assert app.refresh(token["refresh_token"]).status_code == 400


@pytest.mark.parametrize(
    "fields", [{"token": "unknown"}, {"token": ""}, {}], ids=["unknown", "empty", "missing"]
)
def test_revoking_nothing_succeeds_too(app: App, fields: dict[str, str]) -> None:
    answer = app.revoke(**fields)
    assert (answer.status_code, answer.json()) == (200, {})


@pytest.mark.parametrize(
    "changes",
    [
        {"client_secret": "wrong"},
        {"client_secret": None},
        {"client_id": None, "client_secret": None},
        {"client_id": "unknown"},
    ],
    ids=["wrong secret", "no secret", "nobody", "unknown client"],
)
@pytest.mark.parametrize("live", [True, False])
def test_who_is_not_the_app_may_not_revoke(app: App, changes: dict[str, str | None], live: bool) -> None:
    token = app.signed_in()["access_token"]
    answer = app.revoke(**{"token": token if live else "unknown", **changes})
    assert answer.status_code == 403
    assert answer.json() == {
        "error": "unauthorized_client",
        "error_description": "You are not authorized to revoke this token",
    }
    assert app.info(token).status_code == 200


def test_another_app_may_not_revoke(app: App, other_app: App) -> None:
    token = app.signed_in()
    assert other_app.revoke(token=token["access_token"]).status_code == 403
    assert other_app.revoke(token=token["refresh_token"]).status_code == 403
    assert app.info(token["access_token"]).status_code == 200


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revoking_an_expired_token_says_yes_and_does_nothing(app: App, clock: Clock, kind: str) -> None:
    token = app.signed_in()
    clock.now += 5401
    answer = app.revoke(token=token[kind])
    assert (answer.status_code, answer.json()) == (200, {})
    assert app.refresh(token["refresh_token"]).status_code == 200


def test_get_is_no_way_to_ask_for_or_revoke_a_token(demo: DemoProcore) -> None:
    for path in ("/oauth/token", "/oauth/revoke"):
        assert requests.get(demo.url + path, timeout=20).status_code == 405
