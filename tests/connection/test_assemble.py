"""connect: from a connection string to a session, against the embedded Procore."""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import pickle
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

import procore_jupyter
from procore_jupyter import Procore
from procore_jupyter.connection import front_end, terminal
from procore_jupyter.connection.assemble import REPLACED
from procore_jupyter.connection.parts import Parts
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import (
    ConfigurationError,
    ConnectionStringError,
    LoginDenied,
    LoginRequired,
    LoginTimeout,
    ProcoreIncompleteWarning,
    ProcoreWarning,
    TokenRequestError,
    TokenStoreError,
)
from procore_jupyter.files.private import data_folder
from procore_jupyter.login.flow import LoginFlow, LoginState
from procore_jupyter.session.api_errors import NotFound, PermissionDenied
from procore_jupyter.settings.resolve import resolve
from tests.connecting import ONE_COMPANY, OOB, connect, free_callback, sign_in, signed_in, text_for, until


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close every session that a test leaves, so that none waits on in the background."""
    made: list[Procore] = []
    real = Procore.__init__

    def make(self: Procore, *given: Any, **named: Any) -> None:
        real(self, *given, **named)
        made.append(self)

    monkeypatch.setattr(Procore, "__init__", make)
    yield
    for session in made:
        session.close()


@pytest.fixture
def flows() -> list[LoginFlow]:
    return []


def asked(demo: DemoProcore, path: str) -> list[Any]:
    return [request for request in demo.requests if request.path == path]


def grants(demo: DemoProcore) -> list[str]:
    return [request.form["grant_type"] for request in asked(demo, "/oauth/token")]


def token_file() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((data_folder() / "tokens.json").read_text())
    return found


def refresh_token(demo: DemoProcore) -> str:
    """Return a refresh token that was got elsewhere."""
    with_one = signed_in(demo, OAuthSettingsLocation="memory://elsewhere")
    assert with_one._access is not None
    token = with_one._access.current()
    connect(text_for(demo, OAuthSettingsLocation="memory://elsewhere"), existing=with_one).logout(
        keep_token=True
    )
    assert token.refresh_token is not None
    return token.refresh_token.reveal()


# The main job


def test_connect_takes_what_a_script_has_to_say_and_nothing_of_the_notebooks() -> None:
    parameters = inspect.signature(procore_jupyter.connect).parameters
    assert list(parameters) == ["text", "account", "via", "login", "timeout", "save", "show"]
    assert all(parameters[name].kind is inspect.Parameter.KEYWORD_ONLY for name in [*parameters][1:])


def test_tab_lists_what_requests_has_and_what_a_person_uses_beyond_it(demo: DemoProcore) -> None:
    procore = signed_in(demo)
    for session in (
        procore,
        connect(text_for(demo, OAuthClientId=""), ask=lambda question: None, person=True),
    ):
        ours = {name for name in dir(session) if name[0] != "_"} - {*dir(requests.Session())}
        assert " ".join(sorted(ours)) == (
            "companies company_id dbapi download environment forget get_all logout max_wait me project_id projects "
            "rate_limit readonly settings sql status table tables timeout use"
        )
    assert procore.login_flow is not None  # reachable where a message says so


def test_a_person_signs_in_and_the_session_works(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    procore = connect(text_for(demo), show=flows.append)
    assert isinstance(procore, requests.Session)
    assert (
        flows[0].state is LoginState.WAITING
        and procore.login_flow is flows[0]
        and procore.status().state == "waiting"
    )
    sign_in(flows[0])
    assert procore.get("/rest/v1.0/me").json()["name"] == "Dana Reyes"
    assert procore.me()["login"] == "dana.reyes@demo.example"
    assert [row["name"] for row in procore.companies()] == ["Skyline Builders", "Skyline Civil", "Harbor JV"]
    assert procore.status().state == "signed in"


def test_the_answer_comes_back_by_loopback(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    procore = connect(text_for(demo, CallbackURL=free_callback(demo)), show=flows.append)
    assert flows[0].open_receivers == ("loopback", "paste")
    sign_in(flows[0])
    assert procore.me()["name"] == "Dana Reyes"


def test_a_call_made_while_the_person_signs_in_waits_for_it(
    demo: DemoProcore, flows: list[LoginFlow]
) -> None:
    procore = connect(text_for(demo), show=flows.append)
    got: list[str] = []
    callers = [threading.Thread(target=lambda: got.append(procore.me()["name"])) for _ in range(4)]
    for caller in callers:
        caller.start()
    assert got == [] and asked(demo, "/rest/v1.0/me") == []
    sign_in(flows[0])
    for caller in callers:
        caller.join(20)
    assert got == ["Dana Reyes"] * 4
    assert grants(demo) == ["authorization_code"]


def test_the_exchange_proves_that_it_comes_from_who_asked(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    connect(text_for(demo), show=flows.append)
    sign_in(flows[0])
    flows[0].wait(20)
    form = asked(demo, "/oauth/token")[0].form
    assert form["redirect_uri"] == OOB and len(form["code_verifier"]) >= 43


def test_the_next_connection_asks_nobody(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    signed_in(demo)
    for person in (True, False):
        again = connect(text_for(demo), show=flows.append, person=person)
        assert again.me()["name"] == "Dana Reyes" and again.login_flow is None
    assert flows == []
    assert grants(demo) == ["authorization_code"]


def test_two_accounts_are_signed_in_side_by_side(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    dana = signed_in(demo)
    lee = connect(text_for(demo), show=flows.append, account="lee")
    sign_in(flows[0], person=ONE_COMPANY)
    assert (dana.me()["name"], lee.me()["name"]) == ("Dana Reyes", ONE_COMPANY)
    assert connect(text_for(demo), account="lee", person=False).me()["name"] == ONE_COMPANY
    assert connect(text_for(demo), person=False).me()["name"] == "Dana Reyes"
    with pytest.raises(LoginRequired, match="account third"):
        connect(text_for(demo), account="third", person=False)


# Where it fails


def test_deny_is_what_the_next_call_raises(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    procore = connect(text_for(demo, CallbackURL=free_callback(demo)), show=flows.append)
    sign_in(flows[0], allow=False)
    with pytest.raises(LoginDenied, match="you chose Deny"):
        procore.get("/rest/v1.0/me")
    assert "you chose Deny" in repr(procore)
    assert procore.status().state == "not signed in"


def test_a_sign_in_that_nobody_finishes_is_over(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    procore = connect(text_for(demo), show=flows.append, timeout=0.3)
    with pytest.raises(LoginTimeout):
        procore.me()


def test_a_wrong_secret_is_told_with_what_to_check(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    procore = connect(
        text_for(demo, OAuthClientSecret="wrong-Secret-8812", CallbackURL=free_callback(demo)),
        show=flows.append,
    )
    sign_in(flows[0])
    with pytest.raises(LoginRequired, match="Client Secret") as caught:
        procore.me()
    assert "wrong-Secret-8812" not in str(caught.value)


@pytest.mark.parametrize(
    ("missing", "variable"),
    [("OAuthClientId", "PROCORE_CLIENT_ID"), ("OAuthClientSecret", "PROCORE_CLIENT_SECRET")],
)
@pytest.mark.parametrize("scheme", ["OAUTH", "OAUTH_CLIENT"])
def test_a_missing_id_or_secret_names_property_and_variable(
    demo: DemoProcore, missing: str, variable: str, scheme: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        connect(text_for(demo, **{missing: "", "AuthScheme": scheme}), show=lambda flow: None)
    assert missing in str(caught.value) and variable in str(caught.value)


def test_a_wrong_string_is_an_error_of_its_own() -> None:
    with pytest.raises(ConnectionStringError, match="OAuthClientId"):
        connect("OAuthClientld=x")


def test_a_callback_that_can_not_be_received_is_an_error(demo: DemoProcore) -> None:
    with pytest.raises(ConfigurationError, match="CallbackURL"):
        connect(text_for(demo, CallbackURL="your_callback_url"), show=lambda flow: None)
    with pytest.raises(ConfigurationError, match="--via server"):
        connect(text_for(demo), show=lambda flow: None, via="server")


def test_nobody_there_and_nothing_stored_fails_at_once(demo: DemoProcore) -> None:
    with pytest.raises(LoginRequired, match=r"Nobody is here.*procore-jupyter login.*OAUTH_CLIENT"):
        connect(text_for(demo), person=False)
    with pytest.raises(LoginRequired, match="InitiateOAuth=REFRESH never asks"):
        connect(text_for(demo, InitiateOAuth="REFRESH"), show=lambda flow: None)
    assert demo.requests == []


def test_without_terminal_and_front_end_nobody_is_there(
    demo: DemoProcore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "is_there", lambda: False)
    with pytest.raises(LoginRequired, match="Nobody is here"):
        connect(text_for(demo))


def test_at_a_terminal_the_link_is_printed(
    demo: DemoProcore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal, "is_there", lambda: True)
    procore = connect(text_for(demo, CallbackURL=free_callback(demo)))
    assert procore.login_flow is not None
    assert procore.login_flow.authorize_url in capsys.readouterr().err


def test_a_registered_front_end_shows_the_link_and_knows_who_is_there(
    demo: DemoProcore, flows: list[LoginFlow]
) -> None:
    try:
        front_end.register_front_end(front_end.FrontEnd(lambda flow, _: flows.append(flow), lambda: True))
        procore = connect(text_for(demo))
        assert flows == [procore.login_flow]
        front_end.register_front_end(front_end.FrontEnd(lambda flow, _: flows.append(flow), lambda: False))
        with pytest.raises(LoginRequired, match="Nobody"):
            connect(text_for(demo), account="other")
    finally:
        front_end.register_front_end(None)


def test_a_stored_sign_in_that_was_revoked_leads_to_a_new_one_where_a_person_is_there(
    demo: DemoProcore, flows: list[LoginFlow]
) -> None:
    signed_in(demo)
    revoke(demo)
    procore = connect(text_for(demo), show=flows.append)
    sign_in(flows[0])
    assert procore.me()["name"] == "Dana Reyes"


def revoke(demo: DemoProcore) -> None:
    """End the stored sign-in at the provider, as its admin can."""
    (stored,) = [one for one in _tokens(token_file()) if "access_token" in one]
    requests.post(
        demo.url + "/oauth/revoke",
        data={
            "token": stored["access_token"],
            "client_id": demo.client_id,
            "client_secret": demo.client_secret,
        },
        timeout=20,
    ).raise_for_status()


def _tokens(found: Any) -> Iterator[dict[str, Any]]:
    if isinstance(found, dict):
        if "access_token" in found:
            yield found
        for one in found.values():
            yield from _tokens(one)
    elif isinstance(found, list):
        for one in found:
            yield from _tokens(one)


def test_a_stored_sign_in_that_was_revoked_is_told_at_the_next_call_where_nobody_is_there(
    demo: DemoProcore, flows: list[LoginFlow]
) -> None:
    signed_in(demo)
    revoke(demo)
    procore = connect(text_for(demo), person=False)
    with pytest.raises(LoginRequired, match="Run %procore_connect again"):
        procore.me()
    assert procore.status().state == "not signed in"
    # Somebody signs in anew in another notebook.
    connect(text_for(demo), show=flows.append, login=True)
    sign_in(flows[0])
    flows[0].wait(20)
    assert procore.status().state == "signed in"
    assert procore.me()["name"] == "Dana Reyes"


def test_an_expired_sign_in_that_was_revoked_fails_at_once_where_nobody_is_there(demo: DemoProcore) -> None:
    demo.parameters = dataclasses.replace(demo.parameters, token_lifetime=1)
    signed_in(demo)
    revoke(demo)
    time.sleep(1.1)
    with pytest.raises(LoginRequired):
        connect(text_for(demo), person=False)


def test_a_provider_that_is_gone_is_told(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    demo.parameters = dataclasses.replace(demo.parameters, token_lifetime=1)
    procore = signed_in(demo)
    text = text_for(demo)
    time.sleep(1.1)
    demo.stop()
    with pytest.raises(TokenRequestError):
        connect(text, show=flows.append)
    with pytest.raises(TokenRequestError):
        procore.me()
    assert flows == []


def test_an_unreadable_token_file_is_told_and_left_alone(demo: DemoProcore) -> None:
    signed_in(demo)
    path = data_folder() / "tokens.json"
    path.chmod(0o644)
    before = path.read_bytes()
    with pytest.raises(TokenStoreError, match="chmod 600"):
        connect(text_for(demo), show=lambda flow: None)
    assert path.read_bytes() == before


def test_a_full_disk_while_saving_keeps_the_sign_in_and_says_so(
    demo: DemoProcore, flows: list[LoginFlow], monkeypatch: pytest.MonkeyPatch
) -> None:
    from procore_jupyter.files import private

    def full(*arguments: object, **how: object) -> None:
        raise OSError(28, "No space left on device")

    procore = connect(text_for(demo), show=flows.append)
    monkeypatch.setattr(private, "write_private", full)
    with pytest.warns(ProcoreWarning):  # noqa: PT031  (the warning comes from the sign-in's own thread)
        sign_in(flows[0])
        until(lambda: procore.status().notices)
    assert procore.me()["name"] == "Dana Reyes"
    assert any("only this kernel has it" in line for line in procore.status().notices)


# Connecting again


def test_the_same_settings_and_a_live_session_give_the_same_object(
    demo: DemoProcore, flows: list[LoginFlow]
) -> None:
    procore = signed_in(demo)
    assert connect(text_for(demo), show=flows.append, existing=procore) is procore
    assert flows == []


def test_a_pending_sign_in_is_shown_again_with_the_same_link(
    demo: DemoProcore, flows: list[LoginFlow]
) -> None:
    procore = connect(text_for(demo), show=flows.append)
    assert connect(text_for(demo), show=flows.append, existing=procore) is procore
    assert connect(text_for(demo), show=flows.append, existing=procore, login=True) is procore
    assert flows[0] is flows[1] is flows[2]
    sign_in(flows[0])
    assert procore.me()


def test_other_settings_replace_a_pending_sign_in(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    callback = free_callback(demo)
    old = connect(text_for(demo, CallbackURL=callback), show=flows.append)
    errors: list[BaseException] = []

    def wait() -> None:
        try:
            old.me()
        except LoginRequired as error:
            errors.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    new = connect(text_for(demo, CallbackURL=callback, CompanyId="1234"), show=flows.append, existing=old)
    waiting.join(20)
    assert new is not old and str(errors[0]) == REPLACED
    # The port that the old one listened on is the new one's.
    until(lambda: "loopback" in flows[1].open_receivers)
    sign_in(flows[1])
    assert new.me()


def test_other_settings_leave_a_live_session_as_it_is(demo: DemoProcore) -> None:
    old = signed_in(demo)
    new = connect(text_for(demo, CompanyId="1234"), existing=old, person=False)
    assert new is not old and new.company_id == 1234
    assert old.me() == new.me()


def test_after_a_failed_sign_in_the_same_cell_gives_a_new_link(
    demo: DemoProcore, flows: list[LoginFlow]
) -> None:
    callback = free_callback(demo)
    old = connect(text_for(demo, CallbackURL=callback), show=flows.append)
    sign_in(flows[0], allow=False)
    with pytest.raises(LoginDenied):
        old.me()
    new = connect(text_for(demo, CallbackURL=callback), show=flows.append, existing=old)
    assert new is not old and flows[1] is not flows[0]
    until(lambda: "loopback" in flows[1].open_receivers)
    sign_in(flows[1])
    assert new.me()


def test_login_signs_in_anew_although_one_is_stored(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    old = signed_in(demo)
    new = connect(text_for(demo), show=flows.append, existing=old, login=True)
    sign_in(flows[0], person=ONE_COMPANY)
    assert new.me()["name"] == ONE_COMPANY


def test_a_session_whose_sign_in_ended_is_not_given_again(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    old = signed_in(demo)
    revoke(demo)
    new = connect(text_for(demo), show=flows.append, existing=old)
    assert new is not old and len(flows) == 1


def test_a_session_that_signed_out_is_not_given_again(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    old = signed_in(demo)
    old.logout()
    new = connect(text_for(demo), show=flows.append, existing=old)
    assert new is not old and len(flows) == 1


# Schemes and given tokens


def test_no_sign_in_sends_no_token(demo: DemoProcore) -> None:
    procore = connect(f"AuthScheme=NONE;LoginURL={demo.url};APIURL={demo.url}")
    assert procore.get("/rest/v1.0/me").status_code == 401
    assert "authorization" not in {name.lower() for name in demo.requests[-1].headers}
    assert procore.status().state == "no sign-in"
    procore.logout()


def test_a_service_account_signs_in_by_itself(demo: DemoProcore) -> None:
    procore = connect(text_for(demo, AuthScheme="OAUTH_CLIENT", CompanyId="1234"), person=False)
    assert demo.requests == []
    assert procore.get("/rest/v1.0/me").status_code == 200
    assert grants(demo) == ["client_credentials"]
    assert [r.headers["procore-company-id"] for r in asked(demo, "/rest/v1.0/me")] == ["1234"]
    status = procore.status()
    assert status.service_account and status.renews and status.state == "signed in"
    procore.logout()
    with pytest.raises(LoginRequired, match="signed out"):
        procore.me()


def test_a_service_account_without_a_company_is_told_to_name_one(demo: DemoProcore) -> None:
    procore = connect(text_for(demo, AuthScheme="OAUTH_CLIENT"), person=False)
    with pytest.raises(Exception, match=r"procore\.use\(company=|CompanyId="):
        procore.projects()


def test_off_uses_the_given_token_alone(demo: DemoProcore, home: Path) -> None:
    live = signed_in(demo, OAuthSettingsLocation="memory://elsewhere")
    assert live._access is not None
    token = live._access.current().access_token.reveal()
    text = f"InitiateOAuth=OFF;OAuthAccessToken={token};LoginURL={demo.url};APIURL={demo.url}"
    procore = connect(text, person=False)
    assert procore.me()["name"] == "Dana Reyes"
    assert not procore.status().renews
    live.logout()
    with pytest.raises(LoginRequired, match="InitiateOAuth=OFF renews nothing"):
        procore.me()
    assert not (data_folder() / "tokens.json").exists()
    assert grants(demo).count("refresh_token") <= 1  # the sign-out's own proof


def test_a_given_refresh_token_is_spent_once_and_its_successor_used_ever_after(demo: DemoProcore) -> None:
    seed = refresh_token(demo)
    text = text_for(demo, InitiateOAuth="REFRESH", OAuthRefreshToken=seed)
    first = connect(text, person=False)
    assert first.me()["name"] == "Dana Reyes"
    assert connect(text, person=False).me()["name"] == "Dana Reyes"
    assert grants(demo) == ["authorization_code", "refresh_token"]
    # … and from now on without it.
    assert connect(text_for(demo, InitiateOAuth="REFRESH"), person=False).me()["name"] == "Dana Reyes"


@pytest.mark.parametrize("callback", [OOB, ""])
def test_a_refresh_sends_the_redirect_uri_as_procore_documents_where_there_is_one(
    demo: DemoProcore, callback: str
) -> None:
    text = text_for(
        demo, InitiateOAuth="REFRESH", OAuthRefreshToken=refresh_token(demo), CallbackURL=callback
    )
    connect(text, person=False).me()
    sent = [one.form for one in demo.requests if one.form.get("grant_type") == "refresh_token"]
    assert [form.get("redirect_uri", "") for form in sent] == [callback]


def test_a_spent_refresh_token_leads_to_the_person_or_to_an_error(
    demo: DemoProcore, flows: list[LoginFlow]
) -> None:
    seed = refresh_token(demo)
    connect(text_for(demo, OAuthRefreshToken=seed, OAuthSettingsLocation="memory://a"), person=False).me()
    text = text_for(demo, OAuthRefreshToken=seed)
    with pytest.raises(LoginRequired, match="OAuthRefreshToken you gave is no longer accepted"):
        connect(text, person=False)
    procore = connect(text, show=flows.append)
    sign_in(flows[0])
    assert procore.me()
    # The same cell again, spent seed and all, asks nobody.
    assert connect(text, show=flows.append).me() and len(flows) == 1


def test_a_code_got_elsewhere_is_exchanged_once(demo: DemoProcore) -> None:
    from tests.people import sign_in_at

    link = f"{demo.url}/oauth/authorize?response_type=code&client_id={demo.client_id}&redirect_uri={OOB}"
    code = sign_in_at(link).partition("code=")[2]
    text = text_for(demo, InitiateOAuth="REFRESH", OAuthVerifier=code)
    assert connect(text, person=False).me()["name"] == "Dana Reyes"
    assert connect(text, person=False).me()["name"] == "Dana Reyes"
    assert grants(demo) == ["authorization_code"]
    other = text_for(demo, InitiateOAuth="REFRESH", OAuthVerifier="never-a-code")
    assert connect(other, person=False).me()["name"] == "Dana Reyes"  # what is stored still stands
    with pytest.raises(TokenRequestError, match="older than ten minutes"):
        connect(other, account="other", person=False)


def test_a_token_is_renewed_before_it_expires_and_saved(demo: DemoProcore) -> None:
    demo.parameters = dataclasses.replace(demo.parameters, token_lifetime=1)
    procore = signed_in(demo)
    before = (data_folder() / "tokens.json").read_bytes()
    time.sleep(1.1)
    assert procore.get("/rest/v1.0/me").status_code == 200
    assert 401 not in [r.status for r in demo.requests]
    assert grants(demo)[-1] == "refresh_token"
    assert (data_folder() / "tokens.json").read_bytes() != before


def test_a_token_revoked_by_another_kernels_renewal_is_healed_unseen(demo: DemoProcore) -> None:
    one = signed_in(demo)
    two = connect(text_for(demo), person=False)
    assert one.me() and two.me()
    assert one._access is not None
    one._access.renewed(one._access.current())
    assert two.me()["name"] == "Dana Reyes"
    assert grants(demo).count("refresh_token") == 1


# Companies and projects


def test_the_only_company_is_chosen_for_the_first_call_that_needs_one(demo: DemoProcore) -> None:
    procore = signed_in(demo, person=ONE_COMPANY)
    assert procore.company_id is None
    procore.get("/rest/v1.0/me")
    assert procore.company_id is None and asked(demo, "/rest/v1.0/companies") == []
    assert procore.get("/rest/v1.0/projects/4711/rfis").status_code == 200
    assert procore.company_id == 1234
    procore.get("/rest/v1.0/projects/4711/rfis")
    assert len(asked(demo, "/rest/v1.0/companies")) == 1
    assert procore.projects()[0]["company"]["id"] == 1234


def test_of_several_companies_none_is_chosen_and_a_call_that_needs_one_lists_them(demo: DemoProcore) -> None:
    procore = signed_in(demo)
    with pytest.raises(ConfigurationError) as caught:
        procore.projects()
    assert "1234 Skyline Builders · 5678 Skyline Civil · 9012 Harbor JV" in str(caught.value)
    assert 'procore.use(company="Skyline Builders")' in str(caught.value)
    assert procore.get("/rest/v1.0/projects/4711/rfis").status_code == 400  # as requests does
    procore.get("/rest/v1.0/projects/4711/rfis")
    assert len(asked(demo, "/rest/v1.0/companies")) == 1
    assert procore.get("/rest/v1.1/projects?company_id=1234").status_code == 200, "the address names one"


def test_threads_look_for_the_only_company_once(demo: DemoProcore) -> None:
    procore = signed_in(demo, person=ONE_COMPANY)
    statuses: list[int] = []
    callers = [
        threading.Thread(
            target=lambda: statuses.append(procore.get("/rest/v1.0/projects/4711/rfis").status_code)
        )
        for _ in range(6)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(20)
    assert statuses == [200] * 6 and len(asked(demo, "/rest/v1.0/companies")) == 1


def test_use_takes_an_id_or_a_name(demo: DemoProcore) -> None:
    procore = signed_in(demo)
    for company in ("Skyline Builders", " skyline BUILDERS ", 1234, "1234"):
        procore.company_id = None
        assert procore.use(company=company) is procore
        assert procore.company_id == 1234
    procore.use(project="Harbor Tower")
    assert procore.project_id == 4711
    assert "Skyline Builders (1234) · Harbor Tower (4711)" in repr(procore)
    procore.use(project=562949953421398)
    assert procore.project_id == 562949953421398
    procore.use(company="Skyline Civil")
    assert procore.company_id == 5678
    assert repr(procore.project_id) == "None"


def test_use_lists_what_there_is_when_a_name_is_unknown(demo: DemoProcore) -> None:
    procore = signed_in(demo)
    for wrong in ("Skyline", 99, "", "Harbor Tower"):
        with pytest.raises(
            ConfigurationError, match="1234 Skyline Builders · 5678 Skyline Civil · 9012 Harbor JV"
        ):
            procore.use(company=wrong)
    with pytest.raises(ConfigurationError, match=r"procore\.use\(company="):
        procore.use()
    assert procore.company_id is None
    procore.use(company=1234)
    with pytest.raises(
        ConfigurationError, match="You have no project called Nowhere. Yours: .*4711 Harbor Tower"
    ):
        procore.use(project="Nowhere")


def test_projects_are_all_pages_with_the_company_header(demo: DemoProcore) -> None:
    demo.parameters = dataclasses.replace(
        demo.parameters, page_size=5, largest_page=5, reject_large_pages=False
    )
    procore = signed_in(demo, CompanyId="1234")
    projects = procore.projects()
    assert len(projects) == 12 and len({row["id"] for row in projects}) == 12
    assert procore._places.known_projects() == [(row["id"], row["name"]) for row in projects]
    found = asked(demo, "/rest/v1.1/projects")
    assert len(found) == 3
    assert {r.headers["procore-company-id"] for r in found} == {"1234"}
    labels = asked(demo, "/rest/v1.1/companies/1234/custom_field_definitions")
    assert f"{3 + len(labels)} requests" in repr(projects) and labels


def test_the_size_of_a_page_and_the_number_of_rows_can_be_set(demo: DemoProcore) -> None:
    procore = signed_in(demo, CompanyId="1234", PageSize="4", MaxRows="6")
    with pytest.warns(ProcoreIncompleteWarning, match=r"cut at 6 rows \(MaxRows\)"):
        projects = procore.projects()
    assert len(projects) == 6 and "MaxRows" in repr(projects)
    assert procore._places.known_projects() == [], "what was cut is not what there is"
    assert [r.query["per_page"] for r in asked(demo, "/rest/v1.1/projects")] == ["4", "4"]
    procore.use(project="Summit Library")  # the tenth: what is chosen from is never cut
    assert procore.project_id == 562949953421398


def test_a_list_of_companies_that_was_cut_makes_none_the_only_one(demo: DemoProcore) -> None:
    procore = signed_in(demo, MaxRows="1")
    with pytest.warns(ProcoreIncompleteWarning, match=r"cut at 1 row \(MaxRows\)"):
        assert len(procore.companies()) == 1
    with pytest.raises(ConfigurationError, match="You are in 3 companies"):
        procore.projects()


def test_the_typed_helpers_raise_what_procore_refuses(demo: DemoProcore) -> None:
    procore = signed_in(demo, CompanyId="31337")
    with pytest.raises(NotFound, match="Company not found"):
        procore.projects()
    demo.answer_next(
        "/rest/v1.1/projects", status=403, body={"errors": ["App is not connected to this company."]}
    )
    procore.company_id = 1234
    with pytest.raises(PermissionDenied, match="App Management"):
        procore.projects()
    response = procore.get("/rest/v1.0/nothing/here")
    assert response.status_code == 404


def test_the_embedded_procores_limit_is_waited_for(
    demo: DemoProcore, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.parameters = dataclasses.replace(demo.parameters, spike_limit=3, spike_window=10)
    procore = signed_in(demo)
    waited: list[float] = []
    demo.clock = procore._patience.clock = procore._pace._clock = lambda: time.time() + sum(waited)
    procore._patience.sleep = waited.append
    assert [procore.get("/rest/v1.0/me").status_code for _ in range(8)] == [200] * 8
    assert 429 not in [r.status for r in demo.requests]
    assert waited and "Procore's limit reached: resuming in" in capsys.readouterr().err
    assert procore.rate_limit is not None


def test_sessions_of_one_app_and_account_share_a_pace_through_a_private_file(demo: DemoProcore) -> None:
    first = signed_in(demo)
    second = signed_in(demo)
    other = signed_in(demo, AuthScheme="OAUTH_CLIENT")
    given = {"InitiateOAuth": "OFF", "OAuthAccessToken": "given-5c1e"}
    off = [connect(text_for(demo, **given, CallbackURL="")) for _ in range(2)]
    none = [connect(text_for(demo, AuthScheme="NONE", CallbackURL="")) for _ in range(2)]
    assert first is not second and first._pace is second._pace
    assert off[0]._pace is off[1]._pace and none[0]._pace is not none[1]._pace
    assert len({id(one._pace) for one in (first, other, off[0], none[0])}) >= 3
    first.get("/rest/v1.0/me")
    first.get("/rest/v1.0/me")
    files = list((data_folder() / "runtime").glob("pace-*.json"))
    assert files
    for file in files:
        content = file.read_text()
        assert "given-5c1e" not in content + file.name and demo.client_id not in content + file.name
        assert os.name != "posix" or file.stat().st_mode & 0o077 == 0


# Status, signing out, closing


def test_status_tells_who_where_and_for_how_long(demo: DemoProcore) -> None:
    procore = signed_in(demo, CompanyId="1234")
    status = procore.status()
    assert (status.user, status.login, status.state) == ("Dana Reyes", "dana.reyes@demo.example", "signed in")
    assert status.company == (1234, "Skyline Builders") and len(status.companies) == 3
    assert status.renews and status.token_expires_in is not None and 5000 < status.token_expires_in <= 5400
    assert status.rate_limit is not None and status.rate_limit[1] == 100
    assert status.kept_at == str(data_folder() / "tokens.json")
    assert status.api_host == demo.url.removeprefix("http://")
    assert "Dana Reyes · Skyline Builders (1234)   Signed in, renews automatically." in repr(procore)
    before = len(demo.requests)
    assert procore.status().user == "Dana Reyes"
    assert [one.path for one in demo.requests[before:]] == ["/rest/v1.0/me"]  # it says what is so now


def test_status_never_waits_for_a_person(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    procore = connect(text_for(demo), show=flows.append)
    assert procore.status().state == "waiting"
    assert "Waiting for your sign-in" in repr(procore)
    assert demo.requests == []


def test_status_says_when_procore_can_not_be_reached(demo: DemoProcore) -> None:
    procore = signed_in(demo)
    procore._patience.sleep = lambda seconds: None
    demo.stop()
    status = procore.status()
    assert status.state == "signed in" and status.problem is not None and "can't be reached" in status.problem
    assert "ready" not in repr(status)


def test_status_says_so_also_after_it_was_told_that_all_is_well(demo: DemoProcore) -> None:
    procore = signed_in(demo, CompanyId="1234")
    procore._patience.sleep = lambda seconds: None
    assert "Use `procore`." in repr(procore.status())
    demo.stop()
    for _ in range(2):
        status = procore.status()
        assert "can't be reached" in repr(status) and "ready" not in repr(status)
    demo.start()
    assert "Use `procore`." in repr(procore.status())


def test_a_wrong_clock_is_told(demo: DemoProcore) -> None:
    demo.clock = lambda: time.time() - 3930
    assert "This machine's clock is 65 min ahead of Procore's" in repr(signed_in(demo).status())
    demo.clock = lambda: time.time() + 3930
    assert "65 min behind Procore's" in repr(signed_in(demo, OAuthSettingsLocation="memory://b").status())


def test_looking_at_a_session_neither_asks_nor_waits(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    procore = connect(text_for(demo), show=flows.append)
    for name in dir(procore):
        getattr(procore, name)
    assert bool(procore) and repr(procore) and str(procore) and vars(procore)
    assert demo.requests == []


def test_nothing_of_a_session_shows_a_secret(demo: DemoProcore) -> None:
    procore = signed_in(demo, CompanyId="1234")
    assert procore._access is not None
    token = procore._access.current()
    assert token.refresh_token is not None
    secrets = [token.access_token.reveal(), token.refresh_token.reveal(), demo.client_secret]
    things = [
        procore,
        procore.settings,
        procore.status(),
        procore.login_flow,
        procore._access,
        procore.environment,
        vars(procore),
        procore.headers,
    ]
    drawn = "".join(f"{thing!r}{thing!s}" for thing in things)
    for secret in secrets:
        assert secret not in drawn
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(procore)


def test_signing_out_ends_the_sign_in_at_procore_and_here(demo: DemoProcore) -> None:
    procore = signed_in(demo)
    assert procore._access is not None
    token = procore._access.current()
    other = connect(text_for(demo), person=False)
    procore.logout()
    assert token.refresh_token is not None
    assert list(_tokens(token_file())) == []
    answer = requests.post(
        demo.url + "/oauth/token",
        data={
            "grant_type": "refresh_token",
            "refresh_token": token.refresh_token.reveal(),
            "client_id": demo.client_id,
            "client_secret": demo.client_secret,
        },
        timeout=20,
    )
    assert answer.json()["error"] == "invalid_grant"
    with pytest.raises(LoginRequired, match="You signed out"):
        procore.get("/rest/v1.0/me")
    with pytest.raises(LoginRequired, match="signed out"):
        other.me()
    assert "You signed out" in repr(procore.status())
    procore.logout()


def test_signing_out_works_when_the_access_token_has_expired(demo: DemoProcore) -> None:
    demo.parameters = dataclasses.replace(demo.parameters, token_lifetime=1)
    procore = signed_in(demo)
    assert procore._access is not None
    refresh = procore._access.current().refresh_token
    time.sleep(1.1)
    procore.logout()
    assert refresh is not None
    assert len(asked(demo, "/oauth/revoke")) >= 1
    with pytest.raises(LoginRequired):
        connect(text_for(demo, InitiateOAuth="REFRESH", OAuthRefreshToken=refresh.reveal()), person=False)


def test_signing_out_but_keeping_the_token_ends_this_session_alone(demo: DemoProcore) -> None:
    procore = signed_in(demo)
    procore.logout(keep_token=True)
    with pytest.raises(LoginRequired, match="You signed out"):
        procore.me()
    assert asked(demo, "/oauth/revoke") == []
    assert connect(text_for(demo), person=False).me()["name"] == "Dana Reyes"


def test_a_sign_out_that_does_not_reach_procore_changes_nothing(demo: DemoProcore) -> None:
    procore = signed_in(demo)
    demo.answer_next("/oauth/revoke", status=503)
    with pytest.raises(TokenRequestError):
        procore.logout()
    assert procore.me()["name"] == "Dana Reyes"
    procore.logout()
    with pytest.raises(LoginRequired):
        procore.me()


def test_signing_out_cancels_a_pending_sign_in(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    procore = connect(text_for(demo), show=flows.append)
    procore.logout()
    with pytest.raises(LoginRequired, match="signed out"):
        procore.me()
    assert flows[0].state is LoginState.FAILED


def test_closing_cancels_a_pending_sign_in(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    with connect(text_for(demo), show=flows.append) as procore:
        pass
    assert flows[0].state is LoginState.FAILED
    with pytest.raises(LoginRequired, match="closed before you signed in"):
        procore.me()


# What the settings do to the session


def test_the_settings_reach_the_session(demo: DemoProcore) -> None:
    text = text_for(
        demo, AuthScheme="NONE", Timeout="7", MaxWait="11", Readonly="true", CompanyId="1", ProjectId="2"
    )
    procore = connect(text)
    assert (procore.timeout, procore.max_wait, procore.readonly) == (7.0, 11.0, True)
    assert (procore.company_id, procore.project_id) == (1, 2)
    assert procore.environment.api_url == demo.url
    assert connect(text_for(demo, AuthScheme="NONE"), person=True).max_wait == 900
    assert connect(text_for(demo, AuthScheme="NONE"), person=False).max_wait == 65
    with pytest.raises(ConfigurationError, match="Readonly"):
        procore.post("/rest/v1.0/x")


def test_the_redirect_uri_is_the_given_one_or_every_apps_own(demo: DemoProcore) -> None:
    given = "HTTP://LocalHost:8888/Procore-Jupyter/../callback/"
    assert Parts(resolve("CallbackURL=http://localhost:8888/x/")).callback_url == "http://localhost:8888/x/"
    assert Parts(resolve("")).callback_url == "http://localhost"
    assert given


def test_the_demo_is_connected_to_by_its_name_alone(demo: DemoProcore, flows: list[LoginFlow]) -> None:
    with pytest.raises(ConfigurationError, match="No demo is running"):
        connect("Profile=Demo", show=flows.append)
    demo.write_address()
    try:
        procore = connect("Profile=Demo", show=flows.append, via="paste")
        from tests.people import sign_in_at

        assert flows[0].paste(sign_in_at(flows[0].authorize_url)) is None
        assert procore.me()["name"] == "Dana Reyes"
    finally:
        demo.remove_address()


def test_only_the_configured_hosts_are_contacted(demo: DemoProcore, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    reached: set[object] = set()
    real = socket.socket.connect

    def connect_(self: socket.socket, address: Any) -> None:
        reached.add(address[:2] if isinstance(address, tuple) else address)
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_)
    looked_up: list[object] = []
    real_lookup = socket.getaddrinfo

    def look_up(host: Any, *rest: Any, **named: Any) -> Any:
        looked_up.append(host)
        return real_lookup(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    procore = signed_in(demo)
    procore.status()
    procore.logout()
    assert reached == {("127.0.0.1", int(demo.url.rpartition(":")[2]))}
    assert set(looked_up) <= {"127.0.0.1"}
