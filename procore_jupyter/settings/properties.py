"""The properties that a connection string can have: `PROPERTIES`, one table of data.

`kinds` validates values with it, the notebook completes names with it, and ``tools/properties_page.py`` draws
``docs/properties.md`` from it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Property:
    """One property of a connection string.

    Parameters
    ----------
    name : str
        The canonical spelling.
    meaning : str
        What the property is for, in Markdown, for the docs.
    kind : str
        What a value looks like: a key of `kinds.KINDS`.
    default : str
        The value when none is given; empty if there is no fixed one.
    otherwise : str
        What applies when no value is given, in words, if `default` is empty.
    choices : tuple of str
        The allowed values in their canonical spelling; empty if any value of the kind is allowed.
    secret : bool
        Whether the value must never be shown.
    least, most : float
        Bounds of a number, both allowed.
    also : tuple of str
        Names that people write by mistake, for "did you mean".
    """

    name: str
    meaning: str
    kind: str = "text"
    default: str = ""
    otherwise: str = ""
    choices: tuple[str, ...] = ()
    secret: bool = False
    least: float = 0
    most: float = 0
    also: tuple[str, ...] = ()


_WEEK = 604_800
"""Seconds of a week."""

_LARGEST_ID = 2**63 - 1
"""The largest id that Procore's signed 64-bit numbers can hold."""

PROPERTIES: tuple[Property, ...] = (
    Property(
        "Profile",
        "What to connect to: Procore itself, the stand-in that `procore-jupyter demo` runs, or a profile file of"
        " your own (its path, ending in `.toml`). A path that ends in `Procore.apip` means the built-in profile.",
        kind="profile",
        default="Procore",
        choices=("Procore", "Demo"),
    ),
    Property(
        "Environment",
        "Which of Procore's environments. An app's Client ID belongs to one of them; `MonthlySandbox` uses "
        "production's. A profile file may declare others.",
        kind="environment",
        default="Production",
        choices=("Production", "Sandbox", "MonthlySandbox", "Federal"),
        also=("env",),
    ),
    Property(
        "LoginURL",
        "The host where people sign in, instead of the environment's. `http://` for localhost only. For a host other "
        "than the profile's, the card names it, and nothing stored for the profile's hosts (sign-in, secret) is used.",
        kind="origin",
        otherwise="by environment",
        also=("auth_url", "oauth_url", "authorize_url", "token_url"),
    ),
    Property(
        "APIURL",
        "The host of the API, instead of the environment's. `http://` for localhost only. As with `LoginURL`, a "
        "different host gets nothing that is stored for the profile's.",
        kind="origin",
        otherwise="by environment",
        also=("base_url", "url", "host", "server", "endpoint"),
    ),
    Property(
        "AuthScheme",
        "`OAUTH`: a person signs in. `OAUTH_CLIENT`: a service account signs in with just the Client ID and "
        "Client Secret. `NONE`: nobody signs in, and no token is sent.",
        kind="choice",
        default="OAUTH",
        choices=("OAUTH", "OAUTH_CLIENT", "NONE"),
        also=("auth_type", "authentication", "grant_type"),
    ),
    Property(
        "InitiateOAuth",
        "`GETANDREFRESH`: uses the stored sign-in, renews it, and shows the sign-in link when there is none."
        " `REFRESH`: the same, but never asks a person: it needs a stored sign-in, `OAuthRefreshToken` or"
        " `OAuthVerifier`. `OFF`: only `OAuthAccessToken` is used; nothing is renewed or stored.",
        kind="choice",
        default="GETANDREFRESH",
        choices=("GETANDREFRESH", "REFRESH", "OFF"),
    ),
    Property(
        "OAuthClientId",
        "The Client ID of your app in Procore's Developer Portal. A saved connection that names an app uses that one,"
        " whatever the environment says, and only ever with its own Client Secret. A string that names none, where the"
        " environment names none either, uses the app saved with `default`, if it belongs to the same login host and API host.",
        kind="credential",
        otherwise="the saved connection's, else `PROCORE_CLIENT_ID`, else you are asked",
        also=("client_id", "app_id", "username", "user", "uid"),
    ),
    Property(
        "OAuthClientSecret",
        "The Client Secret of your app. Keep it out of notebooks: save it once (`--save`, or the form of a bare"
        " `%procore_connect`), or put it into `PROCORE_CLIENT_SECRET`. For hosts that `LoginURL` or `APIURL` gives, write"
        " `OAuthClientSecret=${PROCORE_CLIENT_SECRET}` if you trust them with it.",
        kind="credential",
        otherwise="the one saved for this Client ID, login host and API host, or `PROCORE_CLIENT_SECRET` (for a saved"
        " connection in this order, for a string in the other; with the profile's own hosts only), else you are asked",
        secret=True,
        also=("client_secret", "app_secret", "password", "pwd"),
    ),
    Property(
        "CallbackURL",
        "Where Procore sends the browser after you have signed in. It must be a Redirect URI of your app, to the letter."
        " `procore-jupyter callback-url` prints the one to register. `urn:ietf:wg:oauth:2.0:oob` shows a code to"
        " paste instead.",
        kind="text",
        otherwise="this Jupyter server's",
        also=("redirect_uri", "redirect_url", "callback", "callback_uri"),
    ),
    Property(
        "OAuthAccessToken",
        "A token obtained elsewhere.",
        kind="credential",
        secret=True,
        also=("access_token", "token", "bearer"),
    ),
    Property(
        "OAuthRefreshToken",
        "A refresh token obtained elsewhere. It works once; after that the stored sign-in that came from it is "
        "used.",
        kind="credential",
        secret=True,
        also=("refresh_token",),
    ),
    Property(
        "OAuthExpiresIn",
        "How long `OAuthAccessToken` lives, in seconds.",
        kind="seconds",
        most=10_000 * _WEEK,
        also=("expires_in",),
    ),
    Property(
        "OAuthTokenTimestamp",
        "When `OAuthAccessToken` was made, in milliseconds since 1970.",
        kind="timestamp",
        least=100_000_000_000,  # March 1973; below it somebody gave seconds
        most=100_000_000_000_000,
        also=("created_at", "timestamp"),
    ),
    Property(
        "OAuthVerifier",
        "The code that Procore showed after a sign-in on another machine; exchanged on connect.",
        kind="credential",
        secret=True,
        also=("code", "authorization_code", "auth_code", "code_verifier"),
    ),
    Property(
        "OAuthSettingsLocation",
        "Where the sign-in is kept: a file, `memory://NAME` (in this process only), or `keyring://` (in the"
        " system's keyring; needs `procore-jupyter[keyring]`).",
        kind="location",
        otherwise="a file in your data folder",
        also=("token_file", "token_path"),
    ),
    Property(
        "CompanyId",
        "The company that calls are about when they don't say.",
        kind="id",
        otherwise="the only one you have",
        least=1,
        most=_LARGEST_ID,
        also=("company", "procore_company_id"),
    ),
    Property(
        "ProjectId",
        "The project that calls are about when they don't say.",
        kind="id",
        otherwise="the only one you have",
        least=1,
        most=_LARGEST_ID,
        also=("project",),
    ),
    Property(
        "Timeout",
        "Seconds for one HTTP request: to connect, and between two pieces of the answer.",
        kind="seconds",
        default="60",
        least=0.001,
        most=_WEEK,
    ),
    Property(
        "MaxWait",
        "The longest wait for Procore's rate limit, in seconds. It doesn't count towards `Timeout`.",
        kind="seconds",
        otherwise="900 with a person there, 65 without",
        most=_WEEK,
    ),
    Property(
        "MaxRows",
        "The most rows of any table or SQL result. You are told when it cuts rows off.",
        kind="count",
        otherwise="no bound",
        least=1,
        most=_LARGEST_ID,
        also=("limit",),
    ),
    Property(
        "PageSize",
        "Rows in one request.",
        kind="count",
        otherwise="by table",
        least=1,
        most=10_000,
        also=("per_page",),
    ),
    Property(
        "MaxConcurrency",
        "Requests in flight at the same time.",
        kind="count",
        default="4",
        least=1,
        most=64,
        also=("threads", "workers"),
    ),
    Property(
        "Readonly",
        "`true` refuses everything but reading (GET, HEAD, OPTIONS) before it leaves this machine.",
        kind="flag",
        default="false",
        choices=("false", "true"),
    ),
    Property(
        "ProxyServer",
        'An HTTP proxy: its host, or `http://host:port`. `ProxyServer=""` means none, whatever the environment says.',
        kind="proxy",
        otherwise="the environment's (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`)",
        also=("proxy", "proxy_host", "http_proxy", "https_proxy"),
    ),
    Property(
        "ProxyPort",
        "The proxy's port.",
        kind="count",
        otherwise="the one in `ProxyServer`",
        least=1,
        most=65_535,
    ),
    Property("ProxyUser", "Who signs in at the proxy.", kind="text"),
    Property("ProxyPassword", "The password for the proxy.", kind="text", secret=True),
    Property(
        "SSLServerCert",
        "A file of certificates to trust (PEM), instead of the usual ones. Verification can't be turned off.",
        kind="path",
        otherwise="`REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE` or `SSL_CERT_FILE`, else the system's",
        also=("ca_bundle", "cert", "certificate", "verify"),
    ),
)

NAMES: tuple[str, ...] = tuple(one.name for one in PROPERTIES)
"""The canonical names, in the table's order."""

_BY_NAME = {one.name.casefold(): one for one in PROPERTIES}


def find(name: str) -> Property | None:
    """Return the property that a name means, in any case and with blanks in it; None for an unknown name."""
    return _BY_NAME.get("".join(name.split()).casefold())
