"""From a connection string, an environment and a notebook's variables to settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import ConfigurationError, ConnectionStringError, ProcoreError
from procore_jupyter.secret import Secret
from procore_jupyter.settings import properties
from procore_jupyter.settings.connection_string import ConnectionString, parse
from procore_jupyter.settings.resolve import resolve
from procore_jupyter.settings.settings import Settings

SEED = (
    r"Profile=C:\profiles\Procore.apip;Authscheme=OAuth;InitiateOAuth=GETANDREFRESH;OAuthClientId=your_client_id;"
    "OAuthClientSecret=your_client_secret;CallbackUrl=your_callback_url;"
)


def settings_of(text: str = "", environ: Mapping[str, str] | None = None, **more: object) -> Settings:
    return resolve(text, environ=environ or {}, **more)  # type: ignore[arg-type]


def test_the_seed_form_resolves_word_for_word() -> None:
    settings = settings_of(SEED)
    assert settings.place == "Procore · production"
    assert settings.environment.login_url == "https://login.procore.com"
    assert (settings.auth_scheme, settings.initiate_oauth) == ("OAUTH", "GETANDREFRESH")
    assert settings.client_id == "your_client_id"
    assert settings.client_secret == Secret("your_client_secret")
    assert settings.callback_url == "your_callback_url"
    assert settings.notices == ("Profile: the built-in Procore is used; an .apip file isn't needed here.",)


def test_the_seed_form_is_told_what_it_still_needs() -> None:
    settings = settings_of(SEED)
    with pytest.raises(ConfigurationError, match='CallbackURL "your_callback_url" is not an address'):
        settings.require_callback_url()
    with pytest.raises(ConfigurationError, match="OAuthClientId still contains an example's placeholder"):
        settings.require_client()


def test_nothing_given_is_procore_in_production_with_the_defaults() -> None:
    settings = settings_of()
    assert settings == Settings(
        profile=settings.profile,
        environment=settings.profile.environments["Production"],
        auth_scheme="OAUTH",
        initiate_oauth="GETANDREFRESH",
        ca_bundle=settings.ca_bundle,
    )
    assert settings.profile.name == "Procore"
    assert settings.timeout == 60.0
    assert settings.max_concurrency == 4
    assert settings.max_wait is None
    assert settings.readonly is False


def test_everything_given_arrives() -> None:
    settings = settings_of(
        "Environment=sandbox;LoginURL=http://localhost:1;APIURL=https://api.test:8443/;InitiateOAuth=refresh;"
        "OAuthClientId=i;OAuthClientSecret=s;CallbackURL=http://localhost/Cb/;OAuthAccessToken=a;OAuthRefreshToken=r;"
        "OAuthExpiresIn=5400;OAuthTokenTimestamp=1767225600500;OAuthSettingsLocation=memory://m;CompanyId=7;ProjectId=8;"
        "Timeout=2.5;MaxWait=0;MaxRows=9;PageSize=10;MaxConcurrency=11;Readonly=true;ProxyServer=proxy.corp;ProxyPort=3128",
        account="second",
    )
    assert settings.environment.name == "Sandbox"
    assert settings.environment.login_url == "http://localhost:1"
    assert settings.environment.api_url == "https://api.test:8443"
    assert settings.initiate_oauth == "REFRESH"
    assert settings.require_client() == ("i", Secret("s"))
    assert settings.require_callback_url() == "http://localhost/Cb/"
    assert settings.access_token == Secret("a")
    assert settings.refresh_token == Secret("r")
    assert settings.expires_in == 5400.0
    assert settings.token_timestamp == 1767225600.5
    assert settings.settings_location == "memory://m"
    assert (settings.company_id, settings.project_id) == (7, 8)
    assert (settings.timeout, settings.max_wait) == (2.5, 0.0)
    assert (settings.max_rows, settings.page_size, settings.max_concurrency) == (9, 10, 11)
    assert settings.readonly is True
    assert settings.proxies["https"] == "http://proxy.corp:3128"
    assert settings.account == "second"
    assert settings.notices == ()


@pytest.mark.parametrize(
    ("name", "login", "api", "title"),
    [
        ("Production", "https://login.procore.com", "https://api.procore.com", "production"),
        ("Sandbox", "https://login-sandbox.procore.com", "https://sandbox.procore.com", "sandbox"),
        (
            "MonthlySandbox",
            "https://login-sandbox-monthly.procore.com",
            "https://api-monthly.procore.com",
            "monthly sandbox",
        ),
        ("Federal", "https://login.procoregov.com", "https://api.procoregov.com", "federal"),
    ],
)
def test_an_environment_is_a_pair_of_hosts(name: str, login: str, api: str, title: str) -> None:
    settings = settings_of(f"Environment={name.upper()}")
    assert (settings.environment.login_url, settings.environment.api_url) == (login, api)
    assert settings.place == f"Procore · {title}"


def test_an_unknown_environment_gets_the_nearest_and_a_caret() -> None:
    with pytest.raises(
        ConnectionStringError, match=r'no Environment "Sandbx": did you mean Sandbox\?'
    ) as refused:
        settings_of("Profile=Procore;Environment=Sandbx")
    assert refused.value.position == 28
    assert str(refused.value).endswith("Environment=***\n" + " " * 26 + "^")


def test_an_unknown_environment_in_a_saved_connection_is_refused_too() -> None:
    with pytest.raises(ConnectionStringError, match="no such Environment: it has Production, Sandbox"):
        settings_of(saved={"Environment": "zzz"})


# ------------------------------------------------------------------------------ what counts first


def test_the_string_counts_before_the_saved_connection_before_the_environment() -> None:
    saved = {"OAuthClientId": "saved", "CompanyId": "2", "Timeout": "7"}
    environ = {"PROCORE_CLIENT_ID": "environment", "PROCORE_CLIENT_SECRET": "es"}
    settings = settings_of("CompanyId=1", environ, saved=saved)
    assert (settings.company_id, settings.timeout, settings.client_id) == (1, 7.0, "saved")
    assert settings_of("OAuthClientId=string", environ, saved=saved).client_id == "string"
    assert settings_of("", environ).require_client() == ("environment", Secret("es"))


def test_what_is_not_given_in_the_string_comes_from_elsewhere() -> None:
    assert settings_of("CompanyId=", saved={"CompanyId": "2"}).company_id == 2


CREDENTIALS = [
    # in the string, in the environment, id, secret
    ("", {}, None, None),
    (
        "OAuthClientId=i;OAuthClientSecret=s",
        {"PROCORE_CLIENT_ID": "x", "PROCORE_CLIENT_SECRET": "y"},
        "i",
        "s",
    ),
    ("OAuthClientId=i", {"PROCORE_CLIENT_ID": "i", "PROCORE_CLIENT_SECRET": "s"}, "i", "s"),
    ("OAuthClientId=i", {"PROCORE_CLIENT_SECRET": "s"}, "i", "s"),
    # the environment's secret belongs to the environment's id
    ("OAuthClientId=i", {"PROCORE_CLIENT_ID": "x", "PROCORE_CLIENT_SECRET": "y"}, "i", None),
    ("OAuthClientSecret=s", {"PROCORE_CLIENT_ID": "x", "PROCORE_CLIENT_SECRET": "y"}, "x", "s"),
    ("", {"PROCORE_CLIENT_ID": "", "PROCORE_CLIENT_SECRET": ""}, None, None),
]


@pytest.mark.parametrize(("text", "environ", "client_id", "secret"), CREDENTIALS)
def test_the_clients_id_and_secret_are_kept_together(
    text: str, environ: dict[str, str], client_id: str | None, secret: str | None
) -> None:
    settings = settings_of(text, environ)
    assert settings.client_id == client_id
    assert settings.client_secret == (Secret(secret) if secret else None)


def test_a_missing_id_or_secret_names_the_ways_to_give_it() -> None:
    with pytest.raises(ConfigurationError, match="Client ID is missing.*PROCORE_CLIENT_ID.*OAuthClientId="):
        settings_of().require_client()
    with pytest.raises(
        ConfigurationError, match="Client Secret is missing.*PROCORE_CLIENT_SECRET.*OAuthClientSecret="
    ):
        settings_of("OAuthClientId=i").require_client()


def test_a_wrong_value_in_the_environment_names_the_variable_and_not_the_value() -> None:
    with pytest.raises(ConfigurationError, match="PROCORE_CLIENT_SECRET can't be used") as refused:
        settings_of("", {"PROCORE_CLIENT_ID": "i", "PROCORE_CLIENT_SECRET": "s3 cret\n"})
    assert "s3" not in str(refused.value)
    assert refused.value.__context__ is None


# --------------------------------------------------------------------------------- ${NAME}, {name}

ENVIRON = {"COMPANY": "42", "EMPTY": "", "SECRET": "a;b=c", "AGAIN": "${COMPANY}", "BRACES": "{company}"}
NAMES: dict[str, object] = {
    "company": 42,
    "text": "43",
    "path": PurePosixPath("/data/tokens.json"),
    "flag": True,
    "seconds": 2.5,
    "table": [1],
    "nothing": None,
    "secret": "s3;cret",
    "größe": "44",
}


class Whole:
    """As numpy's whole numbers are: not an int, and usable as one."""

    def __index__(self) -> int:
        return 45

    def __int__(self) -> int:
        return 45


def test_a_whole_value_is_read_from_the_environment() -> None:
    settings = settings_of("CompanyId=${COMPANY};OAuthClientSecret='${SECRET}'", ENVIRON)
    assert settings.company_id == 42
    assert settings.client_secret == Secret("a;b=c")


def test_a_whole_value_is_read_from_the_notebook() -> None:
    settings = settings_of(
        "CompanyId={company};ProjectId={text};OAuthSettingsLocation={path};Readonly={flag};Timeout={seconds};"
        "OAuthClientSecret={secret};PageSize={größe};MaxRows={whole}",
        names=NAMES | {"whole": Whole()},
    )
    assert (settings.company_id, settings.project_id) == (42, 43)
    assert settings.settings_location == str(PurePosixPath("/data/tokens.json"))
    assert settings.readonly is True
    assert settings.timeout == 2.5
    assert settings.client_secret == Secret("s3;cret")
    assert settings.page_size == 44
    assert settings.max_rows == 45


@pytest.mark.parametrize(
    "value",
    [
        "$COMPANY",
        "${COMPANY}x",
        "x{company}",
        "{company}{company}",
        "{company.real}",
        "{ company }",
        "{1}",
        "{}",
        "${}",
    ]
    + ["{if}", "${A B}", "%COMPANY%", r"C:\profiles\{company}", "$(whoami)", "{company!r}", "{{company}}"],
)
def test_nothing_else_is_replaced(value: str) -> None:
    settings = settings_of(f"CallbackURL={value}", ENVIRON, names=NAMES)
    assert settings.callback_url == value


def test_what_comes_in_is_not_looked_at_again() -> None:
    assert settings_of("CallbackURL=${AGAIN}", ENVIRON, names=NAMES).callback_url == "${COMPANY}"
    assert settings_of("CallbackURL=${BRACES}", ENVIRON, names=NAMES).callback_url == "{company}"


def test_what_comes_in_is_a_value_and_no_text_to_parse() -> None:
    settings = settings_of("CallbackURL={x}", names={"x": "a;Readonly=true"})
    assert settings.callback_url == "a;Readonly=true"
    assert settings.readonly is False


def test_without_a_notebook_braces_are_text() -> None:
    assert settings_of("CallbackURL={company}").callback_url == "{company}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CompanyId=${MISSING}", r"CompanyId: there is no environment variable MISSING"),
        ("company id={missing}", r"CompanyId: there is no variable missing in this notebook"),
        ("CompanyId={table}", r"the variable table holds a list"),
        ("CompanyId={nothing}", r"the variable nothing holds a NoneType"),
        ("CompanyId={fraction}", r"holds a Fraction"),
    ],
)
def test_a_missing_or_unusable_variable_is_named(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        settings_of(text, ENVIRON, names=NAMES | {"fraction": Fraction(1, 2)})


def test_a_wrong_value_from_a_variable_is_refused_and_not_shown() -> None:
    with pytest.raises(ConnectionStringError, match="CompanyId must be a whole number") as refused:
        settings_of("CompanyId={secret}", names=NAMES)
    assert "cret" not in str(refused.value)


def test_a_decimal_is_no_name_for_a_company() -> None:
    with pytest.raises(ConfigurationError, match="Decimal"):
        settings_of("CompanyId={x}", names={"x": Decimal(1)})


# ------------------------------------------------------------------------- what can't work together


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("InitiateOAuth=OFF", "Add OAuthAccessToken="),
        ("AuthScheme=OAUTH_CLIENT;InitiateOAuth=OFF", "Add OAuthAccessToken="),
        ("InitiateOAuth=OFF;OAuthVerifier=x", "Add OAuthAccessToken="),
        ("AuthScheme=OAUTH_CLIENT;OAuthVerifier=x", "no OAuthVerifier"),
        ("AuthScheme=OAUTH_CLIENT;OAuthRefreshToken=x", "no OAuthRefreshToken"),
        ("AuthScheme=NONE;OAuthAccessToken=x", "AuthScheme=NONE sends no token, but OAuthAccessToken"),
        ("AuthScheme=NONE;OAuthVerifier=x", "AuthScheme=NONE"),
        ("OAuthVerifier=x;OAuthRefreshToken=y", "both start a sign-in"),
        ("ProxyPort=80", "ProxyPort is given without a proxy"),
        ("ProxyServer='';ProxyUser=u", "ProxyUser is given without a proxy"),
        ("ProxyServer=h;ProxyPassword=p", "without ProxyUser"),
        ("ProxyServer=h:80;ProxyPort=81", "two different ports"),
    ],
)
def test_what_cannot_work_together_is_refused_with_the_way_out(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as refused:
        settings_of(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "InitiateOAuth=OFF;OAuthAccessToken=x",
        "InitiateOAuth=OFF;OAuthAccessToken=x;OAuthRefreshToken=y",
        "AuthScheme=NONE",
        "AuthScheme=NONE;InitiateOAuth=OFF;OAuthClientId=x;OAuthClientSecret=y",
        "AuthScheme=OAUTH_CLIENT;OAuthAccessToken=x;InitiateOAuth=OFF",
        "AuthScheme=OAUTH_CLIENT;OAuthAccessToken=x",
        "InitiateOAuth=REFRESH",  # a sign-in may be stored
        "InitiateOAuth=REFRESH;OAuthVerifier=x",
        "OAuthAccessToken=x;OAuthRefreshToken=y;OAuthExpiresIn=0",
        "ProxyServer=h:80;ProxyPort=80",
    ],
)
def test_what_can_work_together_is_taken(text: str) -> None:
    assert settings_of(text).notices == ()


# --------------------------------------------------------------------------------- the CallbackURL


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost",
        "http://localhost:8888/procore-jupyter/callback",
        "http://127.0.0.1:8000/",
        "http://[::1]:8000/x",
        "https://hub.example/hub/user-redirect/procore-jupyter/callback",
        "https://HUB.example/Path/?q=1",
        "urn:ietf:wg:oauth:2.0:oob",
    ],
)
def test_an_address_that_a_browser_can_return_to_stays_to_the_letter(url: str) -> None:
    assert settings_of(f"CallbackURL={url}").require_callback_url() == url


@pytest.mark.parametrize(
    "url",
    [
        "your_callback_url",
        "localhost:8888/x",
        "/callback",
        "http://",
        "http:///x",
        "https://user@host/",
        "myapp://cb",
    ]
    + [
        "http://localhost/#x",
        "ftp://localhost",
        "http://local host/",
        r"http://localhost\@evil.test",
        "urn:x",
    ]
    + [
        "http://localhost:/x",
        "http://localhost:99999999/",
        "http://localhost:99999/",
        "http://localhost:0/",
        "http://[::::]/",
    ],
)
def test_what_no_browser_can_return_to_is_refused_in_one_line(url: str) -> None:
    settings = settings_of(f"CallbackURL={url}")
    with pytest.raises(ConfigurationError, match="not an address that a browser can return to") as refused:
        settings.require_callback_url()
    assert "\n" not in str(refused.value)
    assert "callback-url" in str(refused.value)


def test_a_secret_in_the_place_of_the_callback_url_is_not_shown() -> None:
    with pytest.raises(ConfigurationError) as refused:
        settings_of("CallbackURL=s3cret").require_callback_url()
    assert "s3cret" not in str(refused.value)


def test_no_callback_url_means_this_jupyter_servers() -> None:
    assert settings_of().require_callback_url() is None


# ------------------------------------------------------------------------------------ certificates


def test_certificates_come_from_the_string_then_from_the_environment(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.pem", tmp_path / "theirs.pem"
    ours.write_text("x")
    theirs.write_text("x")
    environ = {"REQUESTS_CA_BUNDLE": str(theirs)}
    assert settings_of(f"SSLServerCert={ours}", environ).ca_bundle == str(ours)
    assert settings_of("", environ).ca_bundle == str(theirs)


def test_certificates_that_are_not_there_are_told() -> None:
    with pytest.raises(
        ConfigurationError, match=r"SSLServerCert: the file of certificates '/nowhere/ca.pem' doesn't exist"
    ):
        settings_of("SSLServerCert=/nowhere/ca.pem")
    with pytest.raises(ConfigurationError, match="CURL_CA_BUNDLE"):
        settings_of("", {"CURL_CA_BUNDLE": "/nowhere/ca.pem"})


# ------------------------------------------------------------------------------------ the whole


def test_a_repeated_property_is_told_and_the_last_counts() -> None:
    settings = settings_of("CompanyId=1;company id=2;CompanyId=3")
    assert settings.company_id == 3
    assert settings.notices == ("CompanyId is given more than once: the last one counts.",)


def test_the_cell_form_is_read_too() -> None:
    settings = settings_of("# mine\nCompanyId = 1\n\nProjectId = 2\n", lines=True)
    assert (settings.company_id, settings.project_id) == (1, 2)


def test_a_parsed_string_is_taken_as_it_is() -> None:
    assert settings_of(parse("CompanyId=1")) == settings_of("CompanyId=1")  # type: ignore[arg-type]


def test_two_settings_are_equal_when_nothing_that_matters_differs() -> None:
    text = "CompanyId=1;OAuthClientId=i;OAuthClientSecret=s;ProxyServer=h"
    assert settings_of(text) == settings_of(
        "company id = 1; CompanyId=1;" + text[12:]
    )  # a notice is no difference
    assert settings_of(text) != settings_of(text.replace("Secret=s", "Secret=t"))
    assert settings_of(text) != settings_of(text + ";Environment=Sandbox")
    assert settings_of(text) != settings_of(text, account="second")


def test_the_real_environment_is_read_when_none_is_handed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCORE_CLIENT_ID", "from-outside")
    assert resolve("").client_id == "from-outside"


@pytest.mark.usefixtures("home")
class TestWithTheDemo:
    def test_a_running_demo_gives_everything(self, demo: DemoProcore) -> None:
        demo.write_address()
        environ = {"PROCORE_CLIENT_ID": "real", "PROCORE_CLIENT_SECRET": "real-secret"}  # not for a stand-in
        settings = settings_of("Profile=Demo", environ)
        assert settings.environment.login_url == settings.environment.api_url == demo.url
        assert settings.require_client() == (demo.client_id, Secret(_text(demo.client_secret)))
        assert settings.callback_url == "http://localhost"
        assert settings.profile.stand_in is True
        assert settings.place == "Procore demo · stand-in"

    def test_the_callback_of_the_demos_own_jupyter_is_preferred(self, demo: DemoProcore) -> None:
        demo.add_redirect_uri("http://localhost:8899/procore-jupyter/callback")
        demo.write_address()
        assert settings_of("Profile=Demo").callback_url == "http://localhost:8899/procore-jupyter/callback"

    def test_what_the_string_gives_counts_before_the_demos(self, demo: DemoProcore) -> None:
        demo.write_address()
        settings = settings_of("Profile=Demo;OAuthClientId=mine;CallbackURL=http://localhost/x")
        assert settings.client_id == "mine"
        assert settings.client_secret is None  # the demo's secret is not this client's
        assert settings.callback_url == "http://localhost/x"

    def test_without_one_running_the_command_to_start_it_is_named(self) -> None:
        with pytest.raises(
            ConfigurationError, match="No demo is running: start one with  procore-jupyter demo"
        ):
            settings_of("Profile=Demo")

    def test_it_has_one_environment(self, demo: DemoProcore) -> None:
        demo.write_address()
        assert settings_of("Profile=Demo;Environment=Production").environment.login_url == demo.url
        with pytest.raises(
            ConnectionStringError, match="The profile Demo has no such Environment: it has Production"
        ):
            settings_of("Profile=Demo;Environment=Federal")


def _text(value: object) -> str:
    return value.reveal() if isinstance(value, Secret) else str(value)


# ------------------------------------------------------------------------------------ no secrets

SECRET = "S3cr3tHead;S3cr3tTail"
PIECES = st.one_of(
    st.sampled_from(
        [*properties.NAMES, "OAuth Client Secret", "Client_Secret", "OAuthClientSecrt", "Profil", "Foo"]
    ),
    st.sampled_from(["=", "=", ";", ";", "'", '"', "\n", " ", "#", "==", ",", "&", "\x00", "“"]),
    st.sampled_from(
        ["Procore", "OAUTH", "OFF", "GETANDREFRESH", "Sandbx", "http://localhost", "https://u@h", "1", "-"]
    ),
    st.just(SECRET),
    st.sampled_from(["S3cr3tHead", "S3cr3tTail=", "xS3cr3tTail"]),
)


@given(st.lists(PIECES, max_size=12).map("".join), st.booleans())
@example(f"OAuthClientSecret={SECRET}", False)
@example(f"OAuthClientSecret={SECRET}=;", False)
@example(f"OAuthClientSecret=={SECRET}=;", False)
@example(f"OAuthClientSecret='{SECRET}", False)
@example(f"OAuthClientSecret='{SECRET}'x", True)
@example(f"Environment={SECRET}", False)
@example("Environment=S3cr3tHead", False)
@example("Profile=S3cr3tHead", False)
@example("SSLServerCert=S3cr3tHead", False)
@example("CallbackURL=http://localhost OAuthClientSecret=S3cr3tHead", False)
@example("LoginURL=https://S3cr3tHead@h", False)
@example("ProxyServer=h;ProxyUser=u;ProxyPassword=S3cr3tHead;Foo=1", False)
@example("ProxyServer=h;ProxyUser=u;ProxyPassword=S3cr3tHead", False)
@example("S3cr3tHead", False)
@example("S3cr3tHead=", False)
def test_no_secret_shows_wherever_it_stands_in_whatever_broken_string(text: str, lines: bool) -> None:
    seen: list[str] = []
    try:
        settings = settings_of(text, lines=lines)
        seen += [repr(settings), str(settings), repr(settings.notices), f"{settings}"]
        for require in (settings.require_client, settings.require_callback_url):
            try:
                require()
            except ConfigurationError as refused:
                seen.append(_all_that_shows(refused))
    except ProcoreError as refused:
        seen.append(_all_that_shows(refused))
    assert "s3cr3t" not in " ".join(seen).lower()


def _all_that_shows(error: BaseException | None) -> str:
    shown = ""
    while error is not None:
        shown += f"{error} {error!r} {error.args!r} {vars(error)!r}"
        error = error.__cause__ or error.__context__
    return shown


@given(st.text(), st.booleans())
def test_no_text_makes_anything_but_one_of_our_errors(text: str, lines: bool) -> None:
    try:
        settings_of(text, lines=lines)
    except ProcoreError:
        pass


@given(st.sampled_from(properties.NAMES), st.text(alphabet=st.characters(categories=None), max_size=40))
def test_no_value_makes_anything_but_one_of_our_errors(name: str, value: str) -> None:
    try:
        settings_of(ConnectionString({name: value}), names={})  # type: ignore[arg-type]
    except ProcoreError:
        pass


def test_tests_run_without_the_developers_environment() -> None:
    assert not [name for name in os.environ if name.startswith("PROCORE_") and name != "PROCORE_SOAK"]
