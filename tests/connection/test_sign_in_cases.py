"""AuthScheme and InitiateOAuth with every kind of given and stored token: one table of cases.

A row says how a connection is asked for, what the string gives, what the store holds, and what comes of it,
without a person and with one.
"""

from __future__ import annotations

import pytest

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import ConfigurationError, LoginRequired, ProcoreError, TokenRequestError
from procore_jupyter.login.flow import LoginFlow
from tests.connecting import OOB, connect, sign_in, signed_in, text_for
from tests.people import sign_in_at

WORKS, ASKS = "works, and nobody is asked", "a person is asked"

# InitiateOAuth | given in the string | in the store | without a person | with a person
CASES = [
    ("OFF", "nothing", "nothing", ConfigurationError, ConfigurationError),
    ("OFF", "nothing", "live", ConfigurationError, ConfigurationError),
    ("OFF", "access", "nothing", WORKS, WORKS),
    ("OFF", "access", "dead", WORKS, WORKS),
    ("OFF", "dead access", "nothing", LoginRequired, LoginRequired),
    ("OFF", "dead access", "live", LoginRequired, LoginRequired),
    ("REFRESH", "nothing", "nothing", LoginRequired, LoginRequired),
    ("REFRESH", "nothing", "live", WORKS, WORKS),
    ("REFRESH", "nothing", "expired", WORKS, WORKS),
    ("REFRESH", "nothing", "dead", LoginRequired, LoginRequired),
    ("REFRESH", "refresh", "nothing", WORKS, WORKS),
    ("REFRESH", "refresh", "live", WORKS, WORKS),
    ("REFRESH", "refresh", "dead", WORKS, WORKS),
    ("REFRESH", "spent refresh", "nothing", LoginRequired, LoginRequired),
    ("REFRESH", "seed of the stored", "live", WORKS, WORKS),
    ("REFRESH", "access and refresh", "nothing", WORKS, WORKS),
    ("REFRESH", "dead access and refresh", "nothing", WORKS, WORKS),
    ("REFRESH", "code", "nothing", WORKS, WORKS),
    ("REFRESH", "code", "live", WORKS, WORKS),
    ("REFRESH", "spent code", "live", WORKS, WORKS),
    ("REFRESH", "spent code", "nothing", TokenRequestError, TokenRequestError),
    ("GETANDREFRESH", "nothing", "nothing", LoginRequired, ASKS),
    ("GETANDREFRESH", "nothing", "live", WORKS, WORKS),
    ("GETANDREFRESH", "nothing", "expired", WORKS, WORKS),
    ("GETANDREFRESH", "nothing", "dead", LoginRequired, ASKS),
    ("GETANDREFRESH", "refresh", "nothing", WORKS, WORKS),
    ("GETANDREFRESH", "refresh", "live", WORKS, WORKS),
    ("GETANDREFRESH", "refresh", "dead", WORKS, WORKS),
    ("GETANDREFRESH", "spent refresh", "nothing", LoginRequired, ASKS),
    ("GETANDREFRESH", "seed of the stored", "live", WORKS, WORKS),
    ("GETANDREFRESH", "access and refresh", "nothing", WORKS, WORKS),
    ("GETANDREFRESH", "dead access and refresh", "nothing", WORKS, WORKS),
    ("GETANDREFRESH", "code", "nothing", WORKS, WORKS),
    ("GETANDREFRESH", "spent code", "live", WORKS, WORKS),
    ("GETANDREFRESH", "spent code", "nothing", TokenRequestError, ASKS),
]


def tokens_from_elsewhere(demo: DemoProcore) -> tuple[str, str]:
    """Return a live access and refresh token that no store of ours knows."""
    access = signed_in(demo, OAuthSettingsLocation="memory://elsewhere")._access
    assert access is not None
    token = access.current()
    access.close("it is used elsewhere")
    assert token.refresh_token is not None
    return token.access_token.reveal(), token.refresh_token.reveal()


def spend(demo: DemoProcore, given: dict[str, str]) -> None:
    """Use a one-time token up, with another store than the one that the case is about."""
    connect(
        text_for(demo, InitiateOAuth="REFRESH", OAuthSettingsLocation="memory://spender", **given),
        person=False,
    ).me()


def give(demo: DemoProcore, what: str) -> dict[str, str]:
    """Return the properties that a case's string has."""
    if what == "nothing":
        return {}
    if "code" in what:
        link = f"{demo.url}/oauth/authorize?response_type=code&client_id={demo.client_id}&redirect_uri={OOB}"
        given = {"OAuthVerifier": sign_in_at(link).partition("code=")[2]}
        if what == "spent code":
            spend(demo, given)
        return given
    access, refresh = tokens_from_elsewhere(demo)
    if what == "spent refresh":
        spend(demo, {"OAuthRefreshToken": refresh})
    given = {}
    if "access" in what:
        given["OAuthAccessToken"] = "no-such-token" if "dead" in what else access
    if "refresh" in what:
        given["OAuthRefreshToken"] = refresh
    return given


@pytest.mark.parametrize("person", [False, True], ids=["nobody there", "a person there"])
@pytest.mark.parametrize(("mode", "given", "stored", "alone", "together"), CASES)
def test_what_is_given_and_what_is_stored_decide_whether_anybody_is_asked(
    demo: DemoProcore,
    mode: str,
    given: str,
    stored: str,
    alone: str | type[ProcoreError],
    together: str | type[ProcoreError],
    person: bool,
) -> None:
    if given == "seed of the stored":
        _, seed = tokens_from_elsewhere(demo)
        properties = {"OAuthRefreshToken": seed}
        connect(text_for(demo, InitiateOAuth="REFRESH", **properties), person=False).me()
    else:
        if stored != "nothing":
            signed_in(demo).me()
        if stored == "expired":
            demo.oauth.expire_access_tokens()
        if stored == "dead":
            demo.oauth.revoke_all()
        properties = give(demo, given)
    text = text_for(demo, InitiateOAuth=mode, **properties)
    flows: list[LoginFlow] = []
    expected = together if person else alone

    def use() -> str:
        # The same cell twice, seeds and all: the second time must not end what the first one began.
        for _ in range(2):
            procore = connect(text, show=flows.append if person else None, person=person)
            if flows and procore.status().state == "waiting":
                sign_in(flows[-1])
            assert procore.me()["name"] == "Dana Reyes"
        return ASKS if flows else WORKS

    if isinstance(expected, str):
        assert use() == expected
        assert len(flows) == (expected == ASKS)
    else:
        with pytest.raises(expected):
            use()
        assert not flows


@pytest.mark.parametrize("scheme", ["NONE", "OAUTH_CLIENT"])
@pytest.mark.parametrize("stored", ["nothing", "live", "dead"])
def test_a_service_account_and_no_sign_in_at_all_ask_nobody_whatever_is_stored(
    demo: DemoProcore, scheme: str, stored: str
) -> None:
    if stored != "nothing":
        signed_in(demo)
    if stored == "dead":
        demo.oauth.revoke_all()
    text = text_for(demo, AuthScheme=scheme, CompanyId="1234")
    flows: list[LoginFlow] = []
    for _ in range(2):
        answer = connect(text, show=flows.append).get("/rest/v1.0/me")
        assert answer.status_code == (200 if scheme == "OAUTH_CLIENT" else 401)
    assert not flows
