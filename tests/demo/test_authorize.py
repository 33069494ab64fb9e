"""The browser's part: log in, allow or deny, and go back to the notebook; or an error page and no redirect."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.oauth_messages import OOB
from procore_jupyter.demo.web_pages import MARK
from tests.demo.apps import REDIRECT, VERIFIER, App, Clock, s256
from tests.people import forms_of, sign_in_at


def answer_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def log_in(app: App, **changes: str | None) -> requests.Response:
    """Log in, and return the page after it."""
    login = app.browser.get(app.authorize_url(**changes), timeout=20)
    (form,) = forms_of(login.text)
    assert form.action == "/login"
    return app.browser.post(app.demo.url + form.action, data=form.fields, timeout=20)


def press(app: App, page: requests.Response, button: str, **changes: str) -> requests.Response:
    """Press a button of the consent page."""
    (form,) = forms_of(page.text)
    data = {**form.fields, **dict([next(b for b in form.buttons if b[1] == button)]), **changes}
    return app.browser.post(app.demo.url + form.action, data=data, allow_redirects=False, timeout=20)


def test_allow_sends_the_browser_back_with_a_code_and_the_state(app: App) -> None:
    address = sign_in_at(app.authorize_url())
    assert address.startswith("http://localhost?")
    assert answer_of(address).keys() == {"code", "state"}
    assert answer_of(address)["state"] == "s t/ä&=+"
    assert app.exchange(answer_of(address)["code"]).status_code == 200


def test_deny_sends_the_browser_back_with_an_error_and_the_state(app: App) -> None:
    assert answer_of(sign_in_at(app.authorize_url(), allow=False)) == {
        "error": "access_denied",
        "error_description": "The resource owner or authorization server denied the request.",
        "state": "s t/ä&=+",
    }


def test_without_a_state_none_comes_back(app: App) -> None:
    assert answer_of(sign_in_at(app.authorize_url(state=None))).keys() == {"code"}
    assert "state" not in answer_of(sign_in_at(app.authorize_url(state=""), allow=False))


def test_a_query_of_the_redirect_uri_is_kept(app: App) -> None:
    app.demo.add_redirect_uri("http://localhost:8888/cb?a=1")
    address = sign_in_at(app.authorize_url(redirect_uri="http://localhost:8888/cb?a=1"))
    assert address.startswith("http://localhost:8888/cb?a=1&code=")


def test_the_oob_redirect_uri_shows_the_code_on_a_page(app: App) -> None:
    address = sign_in_at(app.authorize_url(redirect_uri=OOB))
    assert urlsplit(address).path == "/oauth/authorize/native"
    code = answer_of(address)["code"]
    assert code in requests.get(address, timeout=20).text
    assert app.exchange(code, redirect_uri=OOB).status_code == 200


def test_denying_with_the_oob_redirect_uri_gives_no_code(app: App) -> None:
    page = press(app, log_in(app, redirect_uri=OOB), "deny")
    assert page.status_code == 200
    assert "You chose Deny" in page.text


REFUSED = {
    "unknown client": {"client_id": "unknown"},
    "no client": {"client_id": None},
    "no redirect URI": {"redirect_uri": None},
    "slash added": {"redirect_uri": "http://localhost/"},
    "other scheme": {"redirect_uri": "https://localhost"},
    "other port": {"redirect_uri": "http://localhost:8888"},
    "other host": {"redirect_uri": "http://127.0.0.1"},
    "sub-path": {"redirect_uri": "http://localhost/callback"},
    "fragment": {"redirect_uri": "http://localhost#x"},
    "query added": {"redirect_uri": "http://localhost?x=1"},
    "other case": {"redirect_uri": "http://LOCALHOST"},
    "user part": {"redirect_uri": "http://localhost@evil.example"},
    "white space": {"redirect_uri": "http://localhost "},
    "two at once": {"redirect_uri": f"http://localhost {OOB}"},
    "another app's": {"redirect_uri": "http://localhost:1/other"},
    "no response type": {"response_type": None},
    "implicit": {"response_type": "token"},
    "wider scope": {"scope": "public admin"},
    "challenge without method": {"code_challenge": s256(VERIFIER)},
    "unknown method": {"code_challenge": s256(VERIFIER), "code_challenge_method": "S512"},
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED)
def test_a_wrong_request_ends_on_a_page_without_redirect(app: App, changes: dict[str, str | None]) -> None:
    app.demo.add_application("another app", ["http://localhost:1/other"])
    page = log_in(app, **changes)
    assert page.status_code == 200
    assert page.url.startswith(app.demo.url)
    assert "An error has occurred" in page.text
    assert forms_of(page.text) == []


def test_a_redirect_uri_is_compared_to_the_letter_with_its_path_case(app: App) -> None:
    app.demo.add_redirect_uri("http://localhost:8888/procore-jupyter/callback")
    right = app.authorize_url(redirect_uri="http://localhost:8888/procore-jupyter/callback")
    assert sign_in_at(right).startswith("http://localhost:8888/procore-jupyter/callback?code=")
    for wrong in ("/procore-jupyter/Callback", "/procore-jupyter/callback/", "/procore-jupyter/callback/x"):
        address = sign_in_at(app.authorize_url(redirect_uri=f"http://localhost:8888{wrong}"))
        assert address.startswith(app.demo.url)


def test_what_the_consent_page_sends_back_is_checked_again(app: App) -> None:
    consent = log_in(app)
    answer = press(app, consent, "allow", redirect_uri="http://evil.example/")
    assert answer.status_code == 200
    assert "An error has occurred" in answer.text


def test_the_first_sign_in_takes_three_clicks(app: App) -> None:
    consent = log_in(app)  # the link, and Log In
    assert "Dana Reyes" in consent.text
    assert press(app, consent, "allow").headers["Location"].startswith(REDIRECT)


def test_who_agreed_before_is_not_asked_again_while_a_token_lives(app: App, clock: Clock) -> None:
    def asked() -> bool:
        page = app.browser.get(app.authorize_url(), allow_redirects=False, timeout=20)
        return page.status_code == 200

    log_in(app)
    assert asked()
    token = app.signed_in()
    assert not asked()
    clock.now += 6000
    assert not asked()  # recorded: an expired token counts, a revoked one doesn't
    token = app.refresh(token["refresh_token"]).json()
    assert not asked()
    app.revoke(token=token["access_token"])
    assert asked()


def test_another_person_and_another_app_are_asked_all_the_same(app: App, other_app: App) -> None:
    app.signed_in()
    app.service_account()
    page = app.browser.get(other_app.authorize_url(), allow_redirects=False, timeout=20)
    assert page.status_code == 200
    sign_in_at(app.authorize_url(), person="Lee Okafor", allow=False)
    assert "error" in answer_of(sign_in_at(app.authorize_url(), person="Lee Okafor", allow=False))


def test_the_person_who_logged_in_is_the_one_the_token_stands_for(app: App) -> None:
    for name in ("Dana Reyes", "Lee Okafor", "Ines Marques"):
        code = answer_of(sign_in_at(app.authorize_url(), person=name))["code"]
        token = app.exchange(code).json()["access_token"]
        assert app.get("/rest/v1.0/me", token).json()["name"] == name


def test_logging_out_asks_for_the_person_again(app: App) -> None:
    app.code()
    home = app.browser.get(app.demo.url, timeout=20)
    assert "Logged in as Dana Reyes" in home.text
    (form,) = forms_of(home.text)
    home = app.browser.post(app.demo.url + form.action, data=form.fields, timeout=20)
    assert "Nobody is logged in here" in home.text
    assert forms_of(app.browser.get(app.authorize_url(), timeout=20).text)[0].action == "/login"


# Safety


def test_a_form_of_another_site_is_refused(app: App) -> None:
    consent = log_in(app)
    (form,) = forms_of(consent.text)
    for path, fields in [
        ("/oauth/authorize", {**form.fields, "decision": "allow"}),
        ("/login", {"person": "160612", "return_to": "/"}),
        ("/logout", {}),
    ]:
        for csrf in ("", "wrong", "ä"):
            data = {**fields, "csrf": csrf}
            answer = app.browser.post(app.demo.url + path, data=data, allow_redirects=False, timeout=20)
            assert answer.status_code == 403
    # The same form from a browser that never saw the page.
    stranger = requests.post(
        f"{app.demo.url}/oauth/authorize",
        data={**form.fields, "decision": "allow"},
        allow_redirects=False,
        timeout=20,
    )
    assert stranger.status_code == 403


def test_allow_is_no_get(app: App) -> None:
    log_in(app)
    page = app.browser.get(f"{app.authorize_url()}&decision=allow", allow_redirects=False, timeout=20)
    assert page.status_code == 200


def test_the_login_page_leads_to_no_other_site(app: App) -> None:
    login = app.browser.get(app.authorize_url(), timeout=20)
    (form,) = forms_of(login.text)
    for away in ("https://evil.example/", "//evil.example/oauth/authorize?", "/\\evil.example", ""):
        data = {**form.fields, "return_to": away}
        answer = app.browser.post(f"{app.demo.url}/login", data=data, allow_redirects=False, timeout=20)
        assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("person", ["", "x", "-1", "1", "9" * 50, "²"])
def test_nobody_logs_in_as_someone_who_is_not_there(app: App, person: str) -> None:
    (form,) = forms_of(app.browser.get(app.authorize_url(), timeout=20).text)
    data = {**form.fields, "person": person}
    answer = app.browser.post(f"{app.demo.url}/login", data=data, allow_redirects=False, timeout=20)
    assert answer.status_code == 400


def test_what_comes_in_is_escaped(app: App) -> None:
    markup = '"><script>alert(1)</script>'
    pages = [
        log_in(app, state=markup).text,
        app.browser.get(app.authorize_url(state=markup), timeout=20).text,
        requests.get(f"{app.demo.url}/oauth/authorize/native", params={"code": markup}, timeout=20).text,
        requests.get(app.authorize_url(state=markup), timeout=20).text,
    ]
    for page in pages:
        assert "<script" not in page


def test_every_page_says_what_it_is_and_keeps_to_itself(app: App) -> None:
    login = app.browser.get(app.authorize_url(), timeout=20)
    pages = [
        login,
        log_in(app),
        app.browser.get(app.authorize_url(client_id="x"), timeout=20),
        app.browser.get(f"{app.demo.url}/oauth/authorize/native?code=x", timeout=20),
        app.browser.get(app.demo.url, timeout=20),
    ]
    for page in pages:
        assert MARK in page.text
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert not re.search(r"""(src|href|action)=["'](https?:|//)|url\(|@import""", page.text)
    cookie = login.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_two_demos_in_one_browser_keep_their_cookies_apart(app: App) -> None:
    app.code()
    with DemoProcore() as second:
        other = App(second, second.client_id, second.client_secret, app.browser)
        other.code()
        assert "Dana Reyes" in app.browser.get(app.demo.url, timeout=20).text
        assert "Dana Reyes" in app.browser.get(second.url, timeout=20).text


def test_the_memory_for_browsers_is_bounded(app: App) -> None:
    app.code()
    with requests.Session() as strangers:
        for _ in range(1001):
            strangers.cookies.clear()
            strangers.get(app.demo.url, timeout=20)
    assert "Nobody is logged in here" in app.browser.get(app.demo.url, timeout=20).text
