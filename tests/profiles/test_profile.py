"""Profiles: the built-in ones, the ones people write, and the names that mean them."""

from __future__ import annotations

from pathlib import Path

import pytest

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.profiles import load


def written(folder: Path, text: str, name: str = "mine.toml") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("value", ["Procore", "procore", "PROCORE", " Procore "])
def test_a_built_in_profile_is_found_in_any_case(value: str) -> None:
    profile, notice = load(value)
    assert (profile.name, profile.title, notice) == ("Procore", "Procore", None)
    assert profile.app is None
    assert profile.stand_in is False


def test_the_paths_are_those_that_procore_documents() -> None:
    profile, _ = load("Procore")
    assert profile.authorize_path == "/oauth/authorize"
    assert profile.token_path == "/oauth/token"
    assert profile.revoke_path == "/oauth/revoke"
    assert profile.info_path == "/oauth/token/info"


def test_files_come_from_the_environments_own_domain_alone() -> None:
    profile, _ = load("Procore")
    assert {name: one.file_hosts for name, one in profile.environments.items()} == {
        "Production": ("*.procore.com",),
        "Sandbox": ("*.procore.com",),
        "MonthlySandbox": ("*.procore.com",),
        "Federal": ("*.procoregov.com",),
    }


@pytest.mark.parametrize(
    "value",
    [
        r"C:\profiles\Procore.apip",
        r"\\server\share\procore.APIP",
        "/opt/profiles/Procore.apip",
        "Procore.apip",
        r"a/b\Procore.apip",
    ],
)
def test_an_apip_path_of_a_built_in_name_means_the_built_in_one_and_says_so(value: str) -> None:
    profile, notice = load(value)
    assert profile == load("Procore")[0]
    assert notice is not None
    assert "\n" not in notice


@pytest.mark.parametrize("value", [r"C:\profiles\Mine.apip", "Procore2.apip", ".apip", r"C:\Procore\x.apip"])
def test_another_apip_path_is_refused_with_the_way_out(value: str) -> None:
    with pytest.raises(ConfigurationError, match=r"Use Profile=Procore, or describe"):
        load(value)


@pytest.mark.parametrize("value", ["", "Procor", "Procore.toml.bak", "C:\\", "."])
def test_what_names_no_profile_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationError, match="There is no such profile"):
        load(value)


def test_a_file_of_your_own_extends_a_built_in_one(tmp_path: Path) -> None:
    profile, notice = load(
        written(
            tmp_path,
            """
            extends = "procore"
            title = "Skyline"
            [environments.Production]
            api = "https://proxy.skyline.test:8443/"
            [environments.Staging]
            title = "staging"
            login = "https://login.staging.test"
            api = "https://api.staging.test"
            file_hosts = ["Files.staging.test"]
            [oauth]
            token = "/proxy/token"
            [tables.ours]
            path = "/rest/v1.0/ours"
            """,
        )
    )
    assert notice is None
    assert (profile.name, profile.title) == ("mine", "Skyline")
    assert profile.token_path == "/proxy/token"
    assert profile.authorize_path == "/oauth/authorize"
    production = profile.environments["Production"]
    assert production.api_url == "https://proxy.skyline.test:8443"
    assert production.login_url == "https://login.procore.com"
    # Not the built-in one, so the card names its hosts.
    assert production.title == "production (sign-in at login.procore.com, API at proxy.skyline.test:8443)"
    assert profile.environments["Staging"].file_hosts == ("files.staging.test",)
    assert "Federal" in profile.environments
    assert load("Procore")[0].environments["Production"].api_url == "https://api.procore.com"


def test_a_file_may_stand_alone(tmp_path: Path) -> None:
    profile, _ = load(
        written(
            tmp_path,
            '[environments.Local]\nlogin = "http://localhost:1"\napi = "http://127.0.0.1:2"\n',
            "Demo.toml",
        )
    )
    assert list(profile.environments) == ["Local"]
    assert profile.token_path == "/oauth/token"
    assert profile.stand_in is False


def test_a_file_is_found_from_the_home_folder_and_with_a_byte_order_mark(home: Path) -> None:
    (home / "mine.toml").write_bytes(b'\xef\xbb\xbfextends = "Procore"\n')
    assert load("~/mine.toml")[0].name == "mine"


ALONE = '[environments.X]\nlogin = "https://l.test"\napi = "https://a.test"\n'

WRONG: list[tuple[str, str]] = [
    ("= 1", "not valid TOML"),
    ("a = [" + "[" * 100_000, "mine.toml'"),
    ("", "no .environments.NAME."),
    ('extends = "Other"', "extends must be one of Procore, Demo"),
    ("extends = 1", "extends must be"),
    ('extends = "Procore"\nenviroments = 1', "did you mean environments"),
    ('extends = "Procore"\nstand_in = true', "'stand_in' at the top means nothing"),
    ('extends = "Procore"\nenvironments = 1', "must be a table"),
    ('extends = "Procore"\nenvironments.X = 1', "must be a table"),
    ('extends = "Procore"\ntitle = 1', "title must be a short text"),
    ('extends = "Procore"\ntitle = "a\\nb"', "title must be a short text"),
    ('extends = "Procore"\n[oauth]\ntokn = "/x"', "did you mean token"),
    ('extends = "Procore"\n[oauth]\ntoken = "https://evil.test/token"', "token in .oauth. must be a path"),
    ('extends = "Procore"\n[oauth]\ntoken = "//evil.test/token"', "must be a path"),
    ('extends = "Procore"\n[oauth]\ntoken = "@evil.test/token"', "must be a path"),
    ('extends = "Procore"\n[oauth]\ntoken = "/token?x"', "must be a path"),
    ('[environments.X]\nlogin = "https://l.test"', "needs  api ="),
    (ALONE.replace("https://l", "http://l"), "must begin with https"),
    (ALONE.replace("l.test", "l.test@evil.test"), "login in .environments.X. must look like"),
    (ALONE.replace('"https://l.test"', "1"), "needs  login ="),
    (ALONE + 'hosts = ["x"]', "means nothing"),
    (ALONE + 'file_hosts = "x.test"', "must be a list"),
    (ALONE + "file_hosts = [1]", "must be a list"),
    (ALONE + 'file_hosts = ["*"]', "must be a host"),
    (ALONE + 'file_hosts = ["*.com"]', "must be a host"),
    (ALONE + 'file_hosts = ["https://x.test"]', "must be a host"),
    (ALONE + 'file_hosts = ["*evil.com"]', "must be a host"),
    (ALONE + 'file_hosts = ["a.*.com"]', "must be a host"),
]


@pytest.mark.parametrize(("text", "said"), WRONG, ids=[text[-50:] for text, _ in WRONG])
def test_a_wrong_file_is_refused_in_one_line_that_names_it(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as refused:
        load(written(tmp_path, text))
    assert "mine.toml" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_cannot_be_read_is_refused_in_one_line(tmp_path: Path) -> None:
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'title = "\xe4"')
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * 1_000_001)
    (tmp_path / "folder.toml").mkdir()
    for value, said in (
        (str(tmp_path / "missing.toml"), "doesn't exist"),
        (str(tmp_path / "folder.toml"), "doesn't exist"),
        (str(latin), "not UTF-8"),
        (str(large), "too large"),
        ("a\0b.toml", "The profile file that was given"),
        ("~nobody-of-this-name/x.toml", "The profile file"),
        ("/" + "x" * 5000 + ".toml", "The profile file that was given"),
        (r"C:\profiles\missing.toml", r"'C:\\profiles\\missing.toml' doesn't exist"),
    ):
        with pytest.raises(ConfigurationError, match=said) as refused:
            load(value)
        assert "\n" not in str(refused.value)


def test_what_may_be_a_secret_is_not_shown_as_a_path() -> None:
    with pytest.raises(ConfigurationError) as refused:
        load("/x OAuthClientSecret=s3cret.toml")
    assert "s3cret" not in str(refused.value)
