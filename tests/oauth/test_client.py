"""What the provider grants and refuses."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import pytest

from procore_jupyter.demo.app import DemoParameters, DemoProcore
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.secret import Secret
from tests.oauth.asking import GOOD, SECRET, SPENT, client_of, refused, says
from tests.oauth.provider import PERSON, code_of, endpoints_of
from tests.oauth.scripted import http, scripted


@pytest.mark.parametrize(
    "parameters",
    [
        DemoParameters(),
        DemoParameters(token_type="bearer", with_scope=False, newer_info=True),
        DemoParameters(token_lifetime=4),
    ],
)
def test_a_code_becomes_a_token_and_a_refresh_token_the_next(
    demo: DemoProcore, client: OAuthClient, parameters: DemoParameters
) -> None:
    demo.parameters = parameters
    first = client.exchange(code_of(demo), redirect_uri="http://localhost", code_verifier=None)
    assert first.refresh_token is not None
    second = client.refresh(first.refresh_token, redirect_uri="http://localhost")
    assert not second.same_as(first)
    assert second.refresh_token not in (None, first.refresh_token)
    assert second.lifetime == parameters.token_lifetime
    info = client.info(second)
    assert (info.resource_owner_id, info.client_id, info.scopes) == (PERSON, demo.client_id, ("public",))
    assert info.expires_in is not None
    assert 0 < info.expires_in <= parameters.token_lifetime


def test_everything_is_sent_in_the_form_body_and_nothing_in_the_address(
    demo: DemoProcore, client: OAuthClient
) -> None:
    token = client.exchange(code_of(demo), redirect_uri="http://localhost", code_verifier=None)
    assert token.refresh_token is not None
    client.revoke(client.refresh(token.refresh_token, redirect_uri="http://localhost"))
    for request in demo.requests:
        assert request.query == {}
        assert "authorization" not in request.headers
        assert "cookie" not in request.headers
        assert request.form["client_id"] == demo.client_id
        assert request.form["client_secret"] == demo.client_secret
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert (
        demo.requests[0].form["redirect_uri"] == demo.requests[1].form["redirect_uri"] == "http://localhost"
    )
    assert "code_verifier" not in demo.requests[0].form


def test_what_is_sent_arrives_as_it_is_whatever_characters_it_has() -> None:
    odd = "ä &=+%;\"' 漢/\\"
    with scripted(http("200 OK", GOOD)) as (url, requests):
        OAuthClient(endpoints_of(url), odd, Secret(odd + "s")).exchange(
            Secret(odd + "c"), redirect_uri=odd + "r", code_verifier=Secret(odd + "v")
        )
    form = parse_qs(requests[0].partition(b"\r\n\r\n")[2].decode())
    assert form == {
        "grant_type": ["authorization_code"],
        "client_id": [odd],
        "client_secret": [odd + "s"],
        "code": [odd + "c"],
        "redirect_uri": [odd + "r"],
        "code_verifier": [odd + "v"],
    }


def test_client_credentials_give_a_token_without_a_refresh_token_and_leave_the_first_alive(
    client: OAuthClient,
) -> None:
    first, second = client.client_credentials(), client.client_credentials()
    assert first.refresh_token is second.refresh_token is None
    assert client.info(first).resource_owner_id is None
    assert client.info(second)


def test_a_provider_that_keeps_the_refresh_token_need_not_say_so() -> None:
    with scripted(http("200 OK", b'{"access_token": "a-2", "token_type": "bearer"}')) as (url, _):
        token = client_of(url).refresh(SPENT)
    assert (token.refresh_token, token.expires_at) == (SPENT, None)


def test_a_revoked_token_is_no_longer_known_and_neither_is_its_refresh_token(
    demo: DemoProcore, client: OAuthClient
) -> None:
    token = client.exchange(code_of(demo), redirect_uri="http://localhost", code_verifier=None)
    client.revoke(token)
    assert token.refresh_token is not None
    assert refused(client.info, token).error == "invalid_token"
    assert refused(client.refresh, token.refresh_token).error == "invalid_grant"
    client.revoke(token)  # again: no error


def test_the_life_of_a_token_is_counted_from_our_own_clock(demo: DemoProcore) -> None:
    ours = 5_000_000.0
    client = OAuthClient(
        endpoints_of(demo.url), demo.client_id, Secret(demo.client_secret), clock=lambda: ours
    )
    token = client.client_credentials()
    assert (token.obtained_at, token.expires_at) == (ours, ours + 5400)
    assert token.clock_offset is not None
    assert token.clock_offset < -1e9


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (
            "production",
            r"doesn't know this Client ID in production.*Is it the sandbox one\? Then add Environment=Sandbox\.",
        ),
        ("sandbox", r"in sandbox.*Is it the production one\? Then add Environment=Production\."),
        ("monthly sandbox", r"uses the production ones"),
        ("", r"doesn't know this Client ID, or .*each environment has its own"),
    ],
)
def test_an_unknown_client_and_a_wrong_secret_are_told_with_the_likely_reason(
    demo: DemoProcore, place: str, message: str
) -> None:
    for client_id, secret in (("nobody", demo.client_secret), (demo.client_id, "wrong")):
        client = OAuthClient(endpoints_of(demo.url), client_id, Secret(secret), place=place)
        error = refused(client.client_credentials)
        assert (error.error, error.status, error.sent) == ("invalid_client", 401, False)
        says(error, message)
        assert secret not in str(error)


def test_a_code_is_refused_when_used_expired_or_meant_for_another_redirect(
    demo: DemoProcore, client: OAuthClient
) -> None:
    used = code_of(demo)
    client.exchange(used, redirect_uri="http://localhost", code_verifier=None)
    now = demo.clock()
    expired = code_of(demo)
    demo.clock = lambda: now + 601
    for code, redirect_uri in (
        (used, "http://localhost"),
        (expired, "http://localhost"),
        (code_of(demo), "http://localhost/"),
        (Secret("x"), "http://localhost"),
    ):
        error = refused(client.exchange, code, redirect_uri=redirect_uri, code_verifier=None)
        assert (error.error, error.status) == ("invalid_grant", 400)
        says(error, "used before, is older than ten minutes, or the Redirect URI")


def test_a_wrong_verifier_is_refused_and_the_right_one_still_works(
    demo: DemoProcore, client: OAuthClient
) -> None:
    code = code_of(
        demo, code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method="S256"
    )
    assert (
        refused(client.exchange, code, redirect_uri="http://localhost", code_verifier=Secret("x" * 43)).error
        == "invalid_grant"
    )
    verifier = Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")  # RFC 7636, appendix B
    assert client.exchange(code, redirect_uri="http://localhost", code_verifier=verifier)


@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized"])
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("invalid_grant", "no longer accepts the stored sign-in"),
        ("invalid_client", "doesn't know this Client ID"),
        ("invalid_request", "something missing"),
        ("unsupported_grant_type", "with this app"),
        ("unauthorized_client", "app out"),
        ("invalid_scope", "the access"),
        ("something_new", r"\(something_new\)"),
        ("</script>the-client-secret-9f2c", r"\(unknown_error\)"),
    ],
)
def test_each_refusal_is_one_line_whatever_the_status(status: str, code: str, message: str) -> None:
    body = json.dumps({"error": code, "error_description": f"you sent {SPENT.reveal()}"}).encode()
    with scripted(http(status, body)) as (url, _):
        error = refused(client_of(url).refresh, SPENT)
    assert error.status == int(status[:3])
    assert not error.sent
    says(error, message)
    assert SPENT.reveal() not in str(error)
    assert SECRET.reveal() not in f"{error} {error.error}"


def test_an_app_that_may_not_sign_in_by_itself_is_told_about_service_accounts() -> None:
    with scripted(http("400 Bad Request", b'{"error": "unauthorized_client"}')) as (url, _):
        says(refused(client_of(url).client_credentials), "service account")


def test_another_apps_token_is_not_revoked(demo: DemoProcore, client: OAuthClient) -> None:
    token = client.exchange(code_of(demo), redirect_uri="http://localhost", code_verifier=None)
    other = demo.add_application("other")
    stranger = OAuthClient(endpoints_of(demo.url), other.client_id, Secret(other.client_secret))
    error = refused(stranger.revoke, token)
    assert (error.error, error.status) == ("unauthorized_client", 403)
    assert client.info(token)
