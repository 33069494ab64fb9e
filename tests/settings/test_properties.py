"""The table of properties, and the docs that are drawn from it."""

from __future__ import annotations

from procore_jupyter import profiles
from procore_jupyter.settings import properties
from procore_jupyter.settings.kinds import KINDS, judge
from tools import properties_page

INTERFACE = """
Profile Environment LoginURL APIURL AuthScheme InitiateOAuth OAuthClientId OAuthClientSecret CallbackURL
OAuthAccessToken OAuthRefreshToken OAuthExpiresIn OAuthTokenTimestamp OAuthVerifier OAuthSettingsLocation
CompanyId ProjectId Timeout MaxWait MaxRows PageSize MaxConcurrency Readonly
ProxyServer ProxyPort ProxyUser ProxyPassword SSLServerCert
"""


def test_every_property_of_the_interface_is_there_and_no_other() -> None:
    assert list(properties.NAMES) == INTERFACE.split()


def test_the_secret_ones_are_marked() -> None:
    assert {one.name for one in properties.PROPERTIES if one.secret} == {
        "OAuthClientSecret",
        "OAuthAccessToken",
        "OAuthRefreshToken",
        "OAuthVerifier",
        "ProxyPassword",
    }


def test_the_table_is_sound() -> None:
    others = [word for one in properties.PROPERTIES for word in one.also]
    assert len(set(others)) == len(others)
    for one in properties.PROPERTIES:
        assert one.kind in KINDS
        assert one.meaning.endswith(".")
        if one.default:
            assert judge(one, one.default) == ("", one.default)
        for choice in one.choices:
            assert judge(one, choice) == ("", choice)


def test_the_built_in_profiles_are_the_choices() -> None:
    profile = properties.find("Profile")
    assert profile is not None
    assert list(profile.choices) == list(profiles.BUILT_IN)


def test_the_environments_are_the_choices() -> None:
    environment = properties.find("Environment")
    assert environment is not None
    assert list(environment.choices) == list(profiles.load("Procore")[0].environments)


def test_the_docs_are_drawn_from_the_table() -> None:
    assert properties_page.PAGE.read_text(encoding="utf-8") == properties_page.page()
    assert properties_page.main(["--check"]) == 0


def test_each_row_of_the_docs_has_four_columns() -> None:
    rows = [line for line in properties_page.page().splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {5}
    assert len(rows) == len(properties.PROPERTIES) + 2


def test_names_are_found_in_any_case_with_blanks() -> None:
    found = properties.find("oauth CLIENT id")
    assert found is not None
    assert found.name == "OAuthClientId"
    assert properties.find("OAuthClientI") is None
    assert properties.find("client_id") is None
