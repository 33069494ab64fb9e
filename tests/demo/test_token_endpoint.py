"""The token endpoint: every answer that was recorded from a real provider of this kind, as one table of cases."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from procore_jupyter.demo.oauth_messages import Credentials, OAuthError
from procore_jupyter.demo.parameters import DemoParameters
from tests.demo.apps import REDIRECT, VERIFIER, App, Clock, s256

INVALID_GRANT = (
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used "
    "in the authorization request, or was issued to another client."
)
INVALID_CLIENT = (
    "Client authentication failed due to unknown client, no client authentication included, or unsupported "
    "authentication method."
)
CHALLENGED = {"code_challenge": s256(VERIFIER), "code_challenge_method": "S256"}


def used_code(app: App) -> str:
    code = app.code()
    assert app.exchange(code).status_code == 200
    return code


def old_code(app: App) -> str:
    code = app.code()
    moved = app.demo.clock()
    app.demo.clock = lambda: moved + 601
    return code


def others_code(app: App) -> str:
    registered = app.demo.add_application("another app", [REDIRECT])
    return App(app.demo, registered.client_id, registered.client_secret, app.browser).code()


def others_refresh_token(app: App) -> str:
    registered = app.demo.add_application("another app", [REDIRECT])
    other = App(app.demo, registered.client_id, registered.client_secret, app.browser)
    return other.signed_in()["refresh_token"]


def used_refresh_token(app: App) -> str:
    token = app.signed_in()["refresh_token"]
    assert app.refresh(token).status_code == 200
    return token


def revoked_refresh_token(app: App) -> str:
    token = app.signed_in()
    assert app.revoke(token=token["access_token"]).status_code == 200
    return token["refresh_token"]


REFUSALS: list[tuple[str, Callable[[App], requests.Response], int, str, str]] = [
    # Codes
    ("code reused", lambda a: a.exchange(used_code(a)), 400, "invalid_grant", INVALID_GRANT),
    ("code expired", lambda a: a.exchange(old_code(a)), 400, "invalid_grant", INVALID_GRANT),
    ("code unknown", lambda a: a.exchange("forged"), 400, "invalid_grant", INVALID_GRANT),
    ("another client's code", lambda a: a.exchange(others_code(a)), 400, "invalid_grant", INVALID_GRANT),
    ("access token as code", lambda a: a.exchange(a.signed_in()["access_token"]), 400, "invalid_grant", INVALID_GRANT),
    ("other redirect", lambda a: a.exchange(a.code(), redirect_uri="http://localhost/"), 400, "invalid_grant", INVALID_GRANT),
    ("registered other redirect", lambda a: a.exchange(a.code(), redirect_uri="urn:ietf:wg:oauth:2.0:oob"), 400, "invalid_grant", INVALID_GRANT),
    ("wrong verifier", lambda a: a.exchange(a.code(**CHALLENGED), code_verifier=VERIFIER + "x"), 400, "invalid_grant", INVALID_GRANT),
    ("challenge as verifier", lambda a: a.exchange(a.code(**CHALLENGED), code_verifier=s256(VERIFIER)), 400, "invalid_grant", INVALID_GRANT),
    ("wrong verifier, plain", lambda a: a.exchange(a.code(code_challenge=VERIFIER, code_challenge_method="plain"), code_verifier=VERIFIER + "x"), 400, "invalid_grant", INVALID_GRANT),
    ("verifier without challenge", lambda a: a.exchange(a.code(), code_verifier=VERIFIER), 400, "invalid_grant", INVALID_GRANT),
    ("challenge, no verifier", lambda a: a.exchange(a.code(**CHALLENGED)), 400, "invalid_request", "Missing required parameter: code_verifier."),
    # Refresh tokens
    ("refresh token reused", lambda a: a.refresh(used_refresh_token(a)), 400, "invalid_grant", INVALID_GRANT),
    ("refresh token unknown", lambda a: a.refresh("forged"), 400, "invalid_grant", INVALID_GRANT),
    ("refresh token revoked", lambda a: a.refresh(revoked_refresh_token(a)), 400, "invalid_grant", INVALID_GRANT),
    ("another client's refresh token", lambda a: a.refresh(others_refresh_token(a)), 400, "invalid_grant", INVALID_GRANT),
    ("access token as refresh token", lambda a: a.refresh(a.signed_in()["access_token"]), 400, "invalid_grant", INVALID_GRANT),
    # Who asks
    ("code, wrong secret", lambda a: a.exchange(a.code(), client_secret="wrong"), 401, "invalid_client", INVALID_CLIENT),
    ("code, empty secret", lambda a: a.exchange(a.code(), client_secret=""), 401, "invalid_client", INVALID_CLIENT),
    ("code, no secret", lambda a: a.exchange(a.code(), client_secret=None), 401, "invalid_client", INVALID_CLIENT),
    ("code, nobody", lambda a: a.exchange(a.code(), client_id=None, client_secret=None), 401, "invalid_client", INVALID_CLIENT),
    ("code, unknown client", lambda a: a.exchange(a.code(), client_id="unknown"), 401, "invalid_client", INVALID_CLIENT),
    ("live refresh token, wrong secret", lambda a: a.refresh(a.signed_in()["refresh_token"], client_secret="wrong"), 401, "invalid_client", INVALID_CLIENT),
    ("live refresh token, no secret", lambda a: a.refresh(a.signed_in()["refresh_token"], client_secret=None), 401, "invalid_client", INVALID_CLIENT),
    ("live refresh token, unknown client", lambda a: a.refresh(a.signed_in()["refresh_token"], client_id="unknown"), 401, "invalid_client", INVALID_CLIENT),
    ("live refresh token, nobody", lambda a: a.refresh(a.signed_in()["refresh_token"], client_id=None, client_secret=None), 400, "invalid_grant", INVALID_GRANT),
    ("service account, wrong secret", lambda a: a.service_account(client_secret="wrong"), 401, "invalid_client", INVALID_CLIENT),
    ("service account, unknown client", lambda a: a.service_account(client_id="unknown"), 401, "invalid_client", INVALID_CLIENT),
    # What is looked at first
    ("dead refresh token and wrong secret", lambda a: a.refresh(used_refresh_token(a), client_secret="wrong"), 400, "invalid_grant", INVALID_GRANT),
    ("dead code and wrong secret", lambda a: a.exchange(used_code(a), client_secret="wrong"), 401, "invalid_client", INVALID_CLIENT),
    # Parameters
    ("no grant type", lambda a: a.token(), 400, "invalid_request", "Missing required parameter: grant_type."),
    ("no code", lambda a: a.exchange(""), 400, "invalid_request", "Missing required parameter: code."),
    ("no redirect URI", lambda a: a.exchange(a.code(), redirect_uri=None), 400, "invalid_request", "Missing required parameter: redirect_uri."),
    ("no refresh token", lambda a: a.refresh(""), 400, "invalid_request", "Missing required parameter: refresh_token."),
    ("other grant type", lambda a: a.token(grant_type="password"), 400, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server."),
    ("service account, wider scope", lambda a: a.service_account(scope="public admin"), 400, "invalid_scope", "The requested scope is invalid, unknown, or malformed."),
    ("refresh, wider scope", lambda a: a.refresh(a.signed_in()["refresh_token"], scope="admin"), 400, "invalid_scope", "The requested scope is invalid, unknown, or malformed."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("ask", "status", "error", "description"),
    [pytest.param(*case, id=name) for name, *case in REFUSALS],
)
def test_the_token_endpoint_refuses(
    app: App, ask: Callable[[App], requests.Response], status: int, error: str, description: str
) -> None:
    answer = ask(app)
    assert answer.status_code == status
    assert answer.json() == {"error": error, "error_description": description}
    assert answer.headers["WWW-Authenticate"] == (
        f'Bearer realm="Doorkeeper", error="{error}", error_description="{description}"'
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


def test_a_code_is_exchanged_for_a_token(app: App, clock: Clock) -> None:
    answer = app.exchange(app.code())
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    content = answer.json()
    assert content.pop("access_token") != content.pop("refresh_token")
    assert content == {
        "token_type": "Bearer",
        "expires_in": 5400,
        "scope": "public",
        "created_at": int(clock.now),
    }


def test_a_token_answer_as_procore_documents_it_can_be_had(app: App) -> None:
    app.demo.parameters = DemoParameters(token_type="bearer", with_scope=False)
    content = app.signed_in()
    assert content["token_type"] == "bearer"
    assert "scope" not in content


@pytest.mark.parametrize(
    ("challenge", "method"), [(s256(VERIFIER), "S256"), (VERIFIER, "plain")], ids=["S256", "plain"]
)
def test_the_right_verifier_is_accepted(app: App, challenge: str, method: str) -> None:
    code = app.code(code_challenge=challenge, code_challenge_method=method)
    assert app.exchange(code, code_verifier=VERIFIER).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [{"client_secret": "wrong"}, {"redirect_uri": "http://localhost/"}, {"code_verifier": "x"}],
    ids=["secret", "redirect", "verifier"],
)
def test_a_refused_exchange_does_not_use_up_the_code(app: App, changes: dict[str, str]) -> None:
    code = app.code(**CHALLENGED)
    assert app.exchange(code, **{"code_verifier": VERIFIER, **changes}).status_code in (400, 401)
    assert app.exchange(code, code_verifier=VERIFIER).status_code == 200


def test_a_refused_refresh_does_not_use_up_the_token(app: App, other_app: App) -> None:
    token = app.signed_in()
    assert app.refresh(token["refresh_token"], client_secret="wrong").status_code == 401
    assert other_app.refresh(token["refresh_token"]).status_code == 400
    assert app.info(token["access_token"]).status_code == 200
    assert app.refresh(token["refresh_token"]).status_code == 200


def test_a_refresh_gives_a_new_pair_and_ends_the_old_access_token_at_once(app: App) -> None:
    old = app.signed_in()
    answer = app.refresh(old["refresh_token"])
    new = answer.json()
    assert answer.status_code == 200
    assert {old["access_token"], old["refresh_token"]}.isdisjoint({new["access_token"], new["refresh_token"]})
    assert app.info(old["access_token"]).status_code == 401
    assert app.info(new["access_token"]).status_code == 200
    assert app.refresh(new["refresh_token"]).status_code == 200


def test_replaying_a_used_code_or_refresh_token_leaves_the_newer_tokens_alone(app: App) -> None:
    code = app.code()
    first = app.exchange(code).json()
    second = app.refresh(first["refresh_token"]).json()
    assert app.exchange(code).status_code == 400
    assert app.refresh(first["refresh_token"]).status_code == 400
    assert app.info(second["access_token"]).status_code == 200
    assert app.refresh(second["refresh_token"]).status_code == 200


def test_an_expired_access_token_can_still_be_refreshed(app: App, clock: Clock) -> None:
    token = app.signed_in()
    clock.now += 10**7
    assert app.refresh(token["refresh_token"]).status_code == 200


def test_a_code_lives_ten_minutes(app: App, clock: Clock) -> None:
    code = app.code()
    clock.now += 600
    assert app.exchange(code).status_code == 200


def test_of_twelve_refreshes_at_once_exactly_one_succeeds(app: App) -> None:
    for _ in range(5):
        refresh_token, together = app.signed_in()["refresh_token"], threading.Barrier(12)

        def ask(refresh_token: str = refresh_token, together: threading.Barrier = together) -> int:
            together.wait(timeout=60)
            return app.refresh(refresh_token).status_code

        with ThreadPoolExecutor(12) as pool:
            statuses = sorted(answer.result() for answer in [pool.submit(ask) for _ in range(12)])
        assert statuses == [200] + [400] * 11


def test_of_many_threads_that_use_one_code_exactly_one_succeeds_without_http_between(app: App) -> None:
    oauth, code, together = app.demo.oauth, app.code(), threading.Barrier(12)
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}

    def ask() -> bool:
        together.wait(timeout=60)
        try:
            oauth.token(fields, Credentials(app.client_id, app.client_secret))
        except OAuthError:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        assert sum(answer.result() for answer in [pool.submit(ask) for _ in range(12)]) == 1


def test_a_service_account_gets_no_refresh_token_and_keeps_its_first_token(app: App) -> None:
    first, second = app.service_account(), app.service_account()
    assert first.status_code == second.status_code == 200
    assert "refresh_token" not in first.json()
    assert app.info(first.json()["access_token"]).status_code == 200
    assert app.info(second.json()["access_token"]).json()["resource_owner_id"] is None


# Bodies


def test_parameters_may_come_as_form_multipart_or_json(app: App) -> None:
    url = f"{app.demo.url}/oauth/token"
    fields = {
        "grant_type": "client_credentials",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
    }
    multipart = {name: (None, value) for name, value in fields.items()}
    assert requests.post(url, data=fields, timeout=20).status_code == 200
    assert requests.post(url, files=multipart, timeout=20).status_code == 200
    assert requests.post(url, json=fields, timeout=20).status_code == 200


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke"])
def test_a_malformed_json_body_is_answered_by_an_empty_page(app: App, path: str) -> None:
    answer = requests.post(
        app.demo.url + path, data="{nope", headers={"Content-Type": "application/json"}, timeout=20
    )
    assert answer.status_code == 400
    assert answer.content == b""
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "body", ["[]", "7", "null", '"grant_type"', '{"grant_type": null}', '{"grant_type": ""}']
)
def test_json_that_is_no_object_holds_no_parameters(app: App, body: str) -> None:
    answer = requests.post(
        f"{app.demo.url}/oauth/token",
        data=body,
        headers={"Content-Type": "application/json"},
        timeout=20,
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "value", ["\ud800", "ä", "\x00", "x" * 100_000], ids=["half", "umlaut", "nul", "long"]
)
@pytest.mark.parametrize("name", ["grant_type", "client_secret", "client_id"])
def test_odd_characters_are_refused_like_any_wrong_value(app: App, name: str, value: str) -> None:
    fields = {
        "grant_type": "client_credentials",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
    }
    answer = requests.post(f"{app.demo.url}/oauth/token", json={**fields, name: value}, timeout=20)
    assert answer.status_code in (400, 401)


def test_the_app_may_use_http_basic(app: App) -> None:
    def ask(text: str) -> int:
        value = base64.b64encode(text.encode()).decode()
        return requests.post(
            f"{app.demo.url}/oauth/token",
            data={"grant_type": "client_credentials"},
            headers={"Authorization": f"Basic {value}"},
            timeout=20,
        ).status_code

    assert ask(f"{app.client_id}:{app.client_secret}") == 200
    assert ask(f"{app.client_id}:wrong") == 401
    assert ask(f"{app.client_id}:") == 401
    assert ask(app.client_id) == 401
    assert ask(":") == 401


def test_parameters_in_the_address_count_for_nothing(app: App) -> None:
    answer = requests.post(
        f"{app.demo.url}/oauth/token",
        params={
            "grant_type": "client_credentials",
            "client_id": app.client_id,
            "client_secret": app.client_secret,
        },
        timeout=20,
    )
    assert answer.status_code == 400
