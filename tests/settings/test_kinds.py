"""What a property's value must look like: what is allowed, what is refused, what is suggested."""

from __future__ import annotations

import re

import pytest

from procore_jupyter.errors import ConnectionStringError
from procore_jupyter.settings import kinds
from procore_jupyter.settings.connection_string import ConnectionString, parse
from procore_jupyter.settings.properties import find

SUGGESTED = [
    ("OAuthClientld", "OAuthClientId"),
    ("OAuthCleintId", "OAuthClientId"),
    ("oauth_client_id", "OAuthClientId"),
    ("ClientId", "OAuthClientId"),
    ("client_id", "OAuthClientId"),
    ("ClientSecret", "OAuthClientSecret"),
    ("Password", "OAuthClientSecret"),
    ("RedirectURI", "CallbackURL"),
    ("Callback", "CallbackURL"),
    ("CallbackUri", "CallbackURL"),
    ("Company", "CompanyId"),
    ("profil", "Profile"),
    ("Enviroment", "Environment"),
    ("time out s", "Timeout"),
    ("Authentication", "AuthScheme"),
    ("url", "APIURL"),
    ("per_page", "PageSize"),
    ("Initiate", "InitiateOAuth"),
]


@pytest.mark.parametrize(("typed", "meant"), SUGGESTED)
def test_a_mistyped_name_gets_the_nearest(typed: str, meant: str) -> None:
    with pytest.raises(ConnectionStringError, match=rf"did you mean {meant}\?"):
        kinds.check(parse(f"Profile=Demo;{typed}=x"))


@pytest.mark.parametrize("typed", ["q", "xyzzy", "\ufeff", "OAuthClientId" * 9, "ab", "\ud800"])
def test_a_name_near_to_nothing_gets_no_suggestion_and_is_not_shown(typed: str) -> None:
    with pytest.raises(ConnectionStringError) as refused:
        kinds.check(parse(f"{typed}=x"))
    assert "did you mean" not in str(refused.value)
    assert f'"{typed}"' not in str(refused.value)
    assert str(refused.value).endswith("\n  ***=***\n  ^")


def test_an_unknown_name_without_a_value_is_refused_too() -> None:
    # "OAuthClientSecret==abc=" would else be a secret that is silently not given
    with pytest.raises(ConnectionStringError) as refused:
        kinds.check(parse("OAuthClientSecret==abc="))
    assert "abc" not in str(refused.value)


def test_the_first_unknown_name_in_the_text_is_told() -> None:
    with pytest.raises(ConnectionStringError) as refused:
        kinds.check(parse("Profile=Demo;Companie=1;Projekt=2"))
    assert refused.value.position == 13
    assert "CompanyId" in str(refused.value)


# Property, value, canonical value (None: refused).
VALUES: list[tuple[str, str, str | None]] = [
    ("AuthScheme", "OAuth", "OAUTH"),
    ("AuthScheme", "oauth_client", "OAUTH_CLIENT"),
    ("AuthScheme", "Basic", None),
    ("AuthScheme", "", None),
    ("InitiateOAuth", "getandrefresh", "GETANDREFRESH"),
    ("InitiateOAuth", "GET", None),
    ("Profile", "demo", "Demo"),
    ("Profile", "mine.toml", "mine.toml"),
    ("Profile", r"C:\profiles\Procore.apip", r"C:\profiles\Procore.apip"),
    ("Profile", "Procor", None),
    ("Environment", "monthlysandbox", "MonthlySandbox"),
    ("Environment", "Staging", "Staging"),  # a profile file may have it: settings decides
    ("Readonly", "True", "true"),
    ("Readonly", "no", "false"),
    ("Readonly", "1", "true"),
    ("Readonly", "maybe", None),
    ("Timeout", "0.5", "0.5"),
    ("Timeout", "60", "60"),
    ("Timeout", "0", None),
    ("Timeout", "-1", None),
    ("Timeout", "1e3", None),
    ("Timeout", "nan", None),
    ("Timeout", "inf", None),
    ("Timeout", "٣", None),
    ("Timeout", "60s", None),
    ("Timeout", "604801", None),
    ("MaxWait", "0", "0"),
    ("OAuthExpiresIn", "5400", "5400"),
    ("OAuthTokenTimestamp", "1767225600000", "1767225600000"),
    ("OAuthTokenTimestamp", "1767225600", None),  # seconds
    ("CompanyId", "0042", "42"),
    ("CompanyId", "9223372036854775807", "9223372036854775807"),
    ("CompanyId", "9223372036854775808", None),
    ("CompanyId", "1" * 5000, None),
    ("CompanyId", "0", None),
    ("CompanyId", "-5", None),
    ("CompanyId", "1.0", None),
    ("CompanyId", "１２", None),
    ("CompanyId", "Skyline", None),
    ("PageSize", "0", None),
    ("PageSize", "100", "100"),
    ("MaxConcurrency", "65", None),
    ("ProxyPort", "65536", None),
    ("ProxyPort", "8080", "8080"),
    ("LoginURL", "https://Login.Procore.com/", "https://login.procore.com"),
    ("LoginURL", "https://login.procore.com:443", "https://login.procore.com"),
    ("LoginURL", "https://login.procore.com:8443", "https://login.procore.com:8443"),
    ("LoginURL", "http://localhost:9000", "http://localhost:9000"),
    ("LoginURL", "http://127.0.0.1:9000", "http://127.0.0.1:9000"),
    ("LoginURL", "http://[::1]:9000", "http://[::1]:9000"),
    ("LoginURL", "http://localhost:80/", "http://localhost"),
    ("LoginURL", "https://login_internal:8443", "https://login_internal:8443"),
    ("LoginURL", "http://login.procore.com", None),
    ("LoginURL", "http://localhost.evil.test", None),
    ("LoginURL", "http://127.0.0.1.evil.test", None),
    ("LoginURL", "http://127.1", None),
    ("LoginURL", "http://2130706433", None),
    ("LoginURL", "http://app.localhost", None),
    ("LoginURL", "http://0.0.0.0:9000", None),
    ("LoginURL", "https://login.procore.com@evil.test", None),
    ("LoginURL", "https://user:pw@login.procore.com", None),
    ("LoginURL", r"https://login.procore.com\@evil.test", None),
    ("LoginURL", "https://login.procore.com/oauth", None),
    ("LoginURL", "https://login.procore.com?x=1", None),
    ("LoginURL", "https://login.procore.com#x", None),
    ("LoginURL", "https://login.procore.com:0", None),
    ("LoginURL", "https://login.procore.com:65536", None),
    ("LoginURL", "https://login..com", None),
    ("LoginURL", "https://-login.com", None),
    ("LoginURL", "https://[::zz]", None),
    ("LoginURL", "https://[1:2]", None),
    ("LoginURL", "https://", None),
    ("LoginURL", "//login.procore.com", None),
    ("LoginURL", "login.procore.com", None),
    ("LoginURL", "ftp://login.procore.com", None),
    ("LoginURL", "https://login.procore.com evil.test", None),
    ("LoginURL", "https://lögin.procore.com", None),
    ("APIURL", "https://api.procore.com", "https://api.procore.com"),
    ("APIURL", "javascript:alert(1)", None),
    ("CallbackURL", "http://localhost", "http://localhost"),
    ("CallbackURL", "HTTP://LocalHost:80/Path/", "HTTP://LocalHost:80/Path/"),  # to the letter
    ("CallbackURL", "https://h/cb?timeout=1&profile=x", "https://h/cb?timeout=1&profile=x"),
    ("CallbackURL", "your_callback_url", "your_callback_url"),
    ("CallbackURL", "http://localhost\r\nX: y", None),
    ("CallbackURL", "http://localhost/\ud800", None),
    ("ProxyUser", "\udfff", None),
    ("OAuthClientId", "abc-_.~+/=", "abc-_.~+/="),
    ("OAuthClientId", "a b", None),
    ("OAuthClientId", "“abc”", None),
    ("OAuthClientId", "", None),
    ("OAuthClientSecret", "a;b=c'd\"", "a;b=c'd\""),
    ("OAuthClientSecret", "\ud800", None),
    ("OAuthAccessToken", "eyJ0.eyJ1.sig_", "eyJ0.eyJ1.sig_"),
    ("OAuthAccessToken", "a\r\nX-Evil: 1", None),
    ("OAuthAccessToken", "ä", None),
    ("OAuthVerifier", "a\x00", None),
    ("OAuthSettingsLocation", "~/tokens.json", "~/tokens.json"),
    ("OAuthSettingsLocation", r"C:\tokens.json", r"C:\tokens.json"),
    ("OAuthSettingsLocation", "memory://x", "memory://x"),
    ("OAuthSettingsLocation", "MEMORY://X", "memory://X"),
    ("OAuthSettingsLocation", "memory://", None),
    ("OAuthSettingsLocation", "keyring://", "keyring://"),
    ("OAuthSettingsLocation", "https://x", None),
    ("OAuthSettingsLocation", " ", None),
    ("ProxyServer", "", ""),
    ("ProxyServer", "Proxy.corp", "http://proxy.corp"),
    ("ProxyServer", "proxy.corp:8080", "http://proxy.corp:8080"),
    ("ProxyServer", "http://proxy.corp:8080", "http://proxy.corp:8080"),
    ("ProxyServer", "https://proxy.corp", "https://proxy.corp"),
    ("ProxyServer", "http://u:p@proxy.corp", None),
    ("ProxyServer", "socks5://proxy.corp", None),
    ("ProxyServer", "proxy/corp", None),
    ("ProxyPassword", " p ä ", " p ä "),
    ("SSLServerCert", "", None),
    ("SSLServerCert", "ca\x00.pem", None),
]


@pytest.mark.parametrize(
    ("name", "value", "canonical"), VALUES, ids=[f"{n}={v[:40]!r}" for n, v, _ in VALUES]
)
def test_a_value_is_taken_in_its_canonical_spelling_or_refused(
    name: str, value: str, canonical: str | None
) -> None:
    string = ConnectionString({name: value})
    if canonical is not None:
        assert kinds.check(string) == {name: canonical}
        return
    with pytest.raises(ConnectionStringError, match=f"^{name} ") as refused:
        kinds.check(string)
    said = str(refused.value)
    assert "\n" not in said
    if len(value) > 9 and not re.fullmatch("[0-9]{1,12}", value):
        assert value not in said


def test_a_user_name_inside_the_proxys_address_is_told_its_own_place() -> None:
    with pytest.raises(ConnectionStringError, match="use ProxyUser and ProxyPassword"):
        kinds.check(ConnectionString({"ProxyServer": "http://u:p@proxy.corp"}))


def test_the_message_of_a_refused_value_has_a_caret_under_the_value() -> None:
    with pytest.raises(ConnectionStringError) as refused:
        kinds.check(parse("Profile=Demo; Time Out = soon"))
    said, place, caret = str(refused.value).split("\n")
    assert said == "Timeout must be a number of seconds, above 0 to 604800 (position 25)"
    assert refused.value.position == 25
    assert place == "  Profile=***;TimeOut=***"
    assert caret.index("^") == place.rindex("***")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("AuthScheme=OAuht", "OAUTH"),
        ("InitiateOAuth=GETANDREFRSH", "GETANDREFRESH"),
        ("Profile=Procor", "Procore"),
    ],
)
def test_a_mistyped_choice_gets_the_nearest_and_is_shown(text: str, meant: str) -> None:
    with pytest.raises(ConnectionStringError, match=rf"did you mean {meant}\?") as refused:
        kinds.check(parse(text))
    assert f'"{text.partition("=")[2]}"' in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "OAuthClientId=abc OAuthClientSecret=s3cret",
        "OAuthClientId=abc,OAuthClientSecret=s3cret",
        "OAuthClientId=abcOAuthClientSecret=s3cret",
        "OAuthClientId=abc\n  oauthclientsecret = s3cret",
        "CallbackURL=http://localhost OAuthClientSecret=s3cret",
        "CallbackURL=http://localhost&OAuthClientSecret=s3cret",
        "OAuthSettingsLocation='~/x OAuthClientSecret=s3cret'",
    ],
)
def test_a_forgotten_semicolon_is_seen_before_the_secret_goes_anywhere(text: str) -> None:
    with pytest.raises(ConnectionStringError, match='";" missing before OAuthClientSecret') as refused:
        kinds.check(parse(text))
    assert "s3cret" not in str(refused.value)


def test_a_refused_value_is_in_no_chained_exception() -> None:
    for name, value, canonical in VALUES:
        if canonical is None and len(value) > 5:
            with pytest.raises(ConnectionStringError) as refused:
                kinds.check(ConnectionString({name: value}))
            assert refused.value.__context__ is None
            assert refused.value.__cause__ is None


def test_an_origin_is_judged_the_same_twice() -> None:
    for name, value, canonical in VALUES:
        if canonical is not None:
            one = find(name)
            assert one is not None
            assert kinds.judge(one, canonical) == ("", canonical), value
