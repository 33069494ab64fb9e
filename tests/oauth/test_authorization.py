from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import LoginDenied, LoginRequired
from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.secret import Secret
from tests.people import sign_in_at

STATE = "c3RhdGUtb2YtdGhpcy1zaWduLWlu"
CODE = "ufX2t7xG-9_ZqM1aBcD"


def request(
    authorize_url: str = "https://login.procore.com/oauth/authorize", redirect_uri: str = "http://localhost"
) -> AuthorizationRequest:
    return AuthorizationRequest.create(
        authorize_url=authorize_url, client_id="app 1&2", redirect_uri=redirect_uri, state=STATE
    )


def test_the_link_holds_what_the_rfc_asks_for_and_the_redirect_uri_to_the_letter() -> None:
    for redirect_uri in (
        "http://localhost",
        "http://localhost/",
        "urn:ietf:wg:oauth:2.0:oob",
        "https://hub.example/hub/user-redirect/a?b=c d",
    ):
        made = request(redirect_uri=redirect_uri)
        query = parse_qs(urlsplit(made.url).query)
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(made.code_verifier.reveal().encode()).digest())
            .rstrip(b"=")
            .decode()
        )
        assert query == {
            "response_type": ["code"],
            "client_id": ["app 1&2"],
            "redirect_uri": [redirect_uri],
            "state": [STATE],
            "code_challenge": [challenge],
            "code_challenge_method": ["S256"],
        }
        assert urlsplit(made.url)[:3] == ("https", "login.procore.com", "/oauth/authorize")


def test_every_request_has_a_verifier_of_its_own_as_long_as_the_rfc_wants() -> None:
    verifiers = {request().code_verifier.reveal() for _ in range(20)}
    assert len(verifiers) == 20
    assert all(43 <= len(verifier) <= 128 for verifier in verifiers)


def test_a_demo_on_this_machine_may_have_http_without_any_switch_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT", raising=False)
    assert request("http://127.0.0.1:9/oauth/authorize").url.startswith("http://127.0.0.1:9/oauth/authorize?")


def test_a_request_shows_neither_link_nor_state_nor_verifier() -> None:
    made = request()
    for text in (repr(made), str(made), f"{made}"):
        assert "login.procore.com" in text
        assert STATE not in text
        assert made.code_verifier.reveal() not in text


def test_the_link_brings_a_person_back_with_a_code_that_the_verifier_redeems(
    demo: DemoProcore, client: OAuthClient
) -> None:
    made = AuthorizationRequest.create(
        authorize_url=f"{demo.url}/oauth/authorize",
        client_id=demo.client_id,
        redirect_uri="http://localhost",
        state=STATE,
    )
    answer = AuthorizationResponse.from_query(urlsplit(sign_in_at(made.url)).query)
    assert answer.state == STATE
    assert answer.code is not None
    assert client.exchange(
        answer.code, redirect_uri="http://localhost", code_verifier=made.code_verifier
    ).refresh_token


def test_a_person_who_chooses_deny_is_told_how_to_try_again(demo: DemoProcore) -> None:
    made = AuthorizationRequest.create(
        authorize_url=f"{demo.url}/oauth/authorize",
        client_id=demo.client_id,
        redirect_uri="http://localhost",
        state=STATE,
    )
    answer = AuthorizationResponse.from_query(urlsplit(sign_in_at(made.url, allow=False)).query)
    assert answer.state == STATE
    with pytest.raises(LoginDenied, match=r"you chose Deny on Procore's page\. Run %procore_connect again"):
        answer.raise_for_error()


@pytest.mark.parametrize(
    ("query", "error", "raised", "message"),
    [
        ("error=access_denied&state=s", "access_denied", LoginDenied, "Deny"),
        ("error=server_error&state=s", "server_error", LoginRequired, "isn't working"),
        (
            "error=invalid_scope&state=s",
            "invalid_scope",
            LoginRequired,
            r"refused the sign-in \(invalid_scope\)",
        ),
        ("error=<script>&state=s", "<script>", LoginRequired, "unknown reason"),
        ("state=s", "invalid_answer", LoginRequired, "can't be read"),
        ("code=a&code=b&state=s", "invalid_answer", LoginRequired, "can't be read"),
        ("code=a&error=access_denied&state=s", "invalid_answer", LoginRequired, "can't be read"),
        ("&".join(f"x{i}=1" for i in range(99)), "invalid_answer", LoginRequired, "can't be read"),
    ],
)
def test_an_error_in_the_answer_becomes_a_sentence(
    query: str, error: str, raised: type[Exception], message: str
) -> None:
    answer = AuthorizationResponse.from_query(query)
    assert (answer.code, answer.error) == (None, error)
    with pytest.raises(raised, match=message) as caught:
        answer.raise_for_error()
    assert "<" not in str(caught.value)


def test_two_states_are_no_state() -> None:
    assert AuthorizationResponse.from_query(f"code={CODE}&state=a&state=b").state is None


def test_an_answer_does_not_show_its_code_nor_its_state() -> None:
    answer = AuthorizationResponse.from_query(f"code={CODE}&state={STATE}")
    answer.raise_for_error()
    assert CODE not in repr(answer)
    assert STATE not in repr(answer)


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    answer = AuthorizationResponse.from_query(text)
    assert bool(answer.code) != bool(answer.error)


@given(st.text(min_size=1, max_size=80), st.text(max_size=80))
def test_any_code_and_state_come_through_a_query_as_they_are(code: str, state: str) -> None:
    try:
        query = urlencode({"code": code, "state": state})
    except UnicodeEncodeError:
        return
    answer = AuthorizationResponse.from_query(query)
    assert (answer.code, answer.state) == (Secret(code), state)
