"""Settings: what a connection string, the environment and the defaults say together.

The one module that reads the environment. The first that says something counts: the connection string, the
saved connection, the environment, the default.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from procore_jupyter.addresses import can_be_returned_to
from procore_jupyter.errors import ConfigurationError, ConnectionStringError
from procore_jupyter.profiles import Environment, Profile, load
from procore_jupyter.secret import Secret
from procore_jupyter.settings import properties, proxies
from procore_jupyter.settings.connection_string import ConnectionString, parse
from procore_jupyter.settings.jupyter import surroundings_of
from procore_jupyter.settings.references import filled
from procore_jupyter.settings.surroundings import Surroundings
from procore_jupyter.wording import is_near_miss, is_placeholder, nearest

AuthScheme = Literal["NONE", "OAUTH", "OAUTH_CLIENT"]
InitiateOAuth = Literal["OFF", "REFRESH", "GETANDREFRESH"]


@dataclass(frozen=True, repr=False)
class Settings:
    """One connection's settings. Two are equal when nothing that matters differs; ``repr`` shows no secret.

    Parameters
    ----------
    profile : Profile
        What is connected to.
    environment : Environment
        Its hosts, after ``LoginURL`` and ``APIURL``.
    auth_scheme : "NONE", "OAUTH" or "OAUTH_CLIENT"
    initiate_oauth : "OFF", "REFRESH" or "GETANDREFRESH"
    client_id, client_secret : str, Secret or None
        The app's; `require_client` gives both or says how to give them.
    callback_url : str or None
        As given, to the letter; None for this Jupyter server's. `require_callback_url` looks whether a
        browser can return to it.
    access_token, refresh_token : Secret or None
        Tokens obtained elsewhere.
    expires_in : float or None
        Seconds that the access token lives.
    token_timestamp : float or None
        When it was made, in seconds since 1970.
    verifier : Secret or None
        An authorization code obtained elsewhere.
    settings_location : str or None
        A path, ``memory://NAME`` or ``keyring://``; None for the user's data folder.
    company_id, project_id : int or None
    timeout : float
        Seconds for one HTTP request.
    max_wait : float or None
        Seconds to wait for a rate limit at most; None: 900 with a person there, 60 without.
    max_rows, page_size : int or None
    max_concurrency : int
    readonly : bool
    proxies : mapping of str to str
        For `requests.Session.proxies`: by scheme, and by ``scheme://host`` with "" for what is asked directly.
        May hold the proxy's password.
    ca_bundle : str or None
        A file or folder for `requests.Session.verify`; None for requests' own.
    account : str
        Which stored sign-in.
    notices : tuple of str
        Lines for the person. Not part of equality.
    written : mapping of str to str
        What was written, in the connection string or the saved connection, but for secrets. Not part of
        equality.
    written_secrets : mapping of str to Secret
        The secrets that were written. Not part of equality.
    """

    profile: Profile
    environment: Environment
    auth_scheme: AuthScheme
    initiate_oauth: InitiateOAuth
    client_id: str | None = None
    client_secret: Secret | None = None
    callback_url: str | None = None
    access_token: Secret | None = None
    refresh_token: Secret | None = None
    expires_in: float | None = None
    token_timestamp: float | None = None
    verifier: Secret | None = None
    settings_location: str | None = None
    company_id: int | None = None
    project_id: int | None = None
    timeout: float = 60.0
    max_wait: float | None = None
    max_rows: int | None = None
    page_size: int | None = None
    max_concurrency: int = 4
    readonly: bool = False
    proxies: Mapping[str, str] = field(default_factory=dict)
    ca_bundle: str | None = None
    account: str = "default"
    notices: tuple[str, ...] = field(default=(), compare=False)
    written: Mapping[str, str] = field(default_factory=dict, compare=False)
    written_secrets: Mapping[str, Secret] = field(default_factory=dict, compare=False)

    @property
    def place(self) -> str:
        """What is connected to, as people read it: ``Procore · production``."""
        return f"{self.profile.title} · {self.environment.title}"

    def __repr__(self) -> str:
        return f"<Settings {self.place}, {self.auth_scheme}, {self.initiate_oauth}, account {self.account!r}>"

    def require_client(self) -> tuple[str, Secret]:
        """Return the Client ID and the Client Secret.

        Raises
        ------
        ConfigurationError
            One is missing, or is still the placeholder of an example.
        """
        for what, name, variable, value in (
            ("Client ID", "OAuthClientId", "PROCORE_CLIENT_ID", self.client_id),
            ("Client Secret", "OAuthClientSecret", "PROCORE_CLIENT_SECRET", self.client_secret),
        ):
            text = value.reveal() if isinstance(value, Secret) else value
            way = (
                f"Set the environment variable {variable}, or give {name}=…; it is your app's {what} in Procore's"
                " Developer Portal"
            )
            if not text:
                raise ConfigurationError(f"The {what} is missing. {way}.")
            if is_placeholder(text):
                raise ConfigurationError(f"{name} still holds the placeholder of an example. {way}.")
        return cast(str, self.client_id), cast(Secret, self.client_secret)

    @property
    def has_client(self) -> bool:
        """Whether `require_client` has something to give."""
        try:
            self.require_client()
        except ConfigurationError:
            return False
        return True

    @property
    def lacks_client_to_ask_for(self) -> bool:
        """Whether the app is missing, and a person may be asked for it."""
        asks = self.auth_scheme != "NONE" and self.initiate_oauth == "GETANDREFRESH"
        return asks and not self.has_client

    def require_callback_url(self) -> str | None:
        """Return the CallbackURL, to the letter, None where none was given.

        Raises
        ------
        ConfigurationError
            No browser can return to it.
        """
        url = self.callback_url
        if url is None or can_be_returned_to(url):
            return url
        # Shown where it is surely no secret: an example's placeholder, or plainly an address.
        shown = (
            f' "{url}"'
            if is_placeholder(url) or re.fullmatch(r"[a-z]+:[\w:/.#-]{1,200}", url, re.ASCII)
            else ""
        )
        raise ConfigurationError(
            f"CallbackURL{shown} is no address that a browser can return to. Give one of your app's Redirect URIs,"
            " to the letter, or leave it out to use this Jupyter server's;  procore-jupyter callback-url  prints the one"
            " to register."
        )


def resolve(
    text: str | ConnectionString = "",
    *,
    environ: Mapping[str, str] = os.environ,
    names: Mapping[str, object] | None = None,
    account: str = "default",
    lines: bool = False,
    saved: Mapping[str, str] | None = None,
    answers: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings that a connection string means.

    Parameters
    ----------
    text : str or ConnectionString
        The connection string.
    environ : mapping of str to str
        The environment: ``${NAME}``, ``PROCORE_CLIENT_ID`` and ``PROCORE_CLIENT_SECRET``, proxies, certificates.
    names : mapping of str to object or None
        A notebook's variables, for ``{name}``; None: braces are plain text.
    account : str
        Which stored sign-in.
    lines : bool
        The text is in the cell form.
    saved : mapping of str to str or None
        A saved connection's properties; they count where the text says nothing.
    answers : mapping of str to str or None
        What a person was asked for, because the text says nothing: it counts before all else.

    Raises
    ------
    ConnectionStringError
        The text can't be read, names an unknown property, or holds a value that isn't allowed.
    ConfigurationError
        What it asks for can't work; the message names the way out.
    """
    string = (
        text if isinstance(text, ConnectionString) else parse(text, lines=lines, harmless=properties.NAMES)
    )
    properties.check_names(string)
    given = properties.check(filled(string, environ, names))
    kept = properties.check(ConnectionString(saved or {}))
    asked = properties.check(ConnectionString(answers or {}))
    written = kept | given | asked
    values = {one.name: one.default for one in properties.PROPERTIES if one.default} | written

    profile, notice = load(values["Profile"])
    environment = _environment(profile, values, string, chosen="Environment" in written)
    client_id, client_secret = _client(profile, written, environ)
    urls = (environment.login_url, environment.api_url)
    settings = Settings(
        profile=profile,
        environment=environment,
        auth_scheme=cast(AuthScheme, values["AuthScheme"]),
        initiate_oauth=cast(InitiateOAuth, values["InitiateOAuth"]),
        client_id=client_id,
        client_secret=client_secret,
        callback_url=values.get("CallbackURL") or _demo_callback(profile),
        access_token=_secret(values, "OAuthAccessToken"),
        refresh_token=_secret(values, "OAuthRefreshToken"),
        expires_in=_number(values, "OAuthExpiresIn"),
        token_timestamp=_number(values, "OAuthTokenTimestamp", 0.001),
        verifier=_secret(values, "OAuthVerifier"),
        settings_location=values.get("OAuthSettingsLocation"),
        company_id=_whole(values, "CompanyId"),
        project_id=_whole(values, "ProjectId"),
        timeout=float(values["Timeout"]),
        max_wait=_number(values, "MaxWait"),
        max_rows=_whole(values, "MaxRows"),
        page_size=_whole(values, "PageSize"),
        max_concurrency=int(values["MaxConcurrency"]),
        readonly=values["Readonly"] == "true",
        proxies=proxies.proxies(values, environ, urls, ask_system=environ is os.environ),
        ca_bundle=proxies.ca_bundle(values.get("SSLServerCert"), environ),
        account=account,
        notices=(*([notice] if notice else []), *_repeated(string)),
        written={name: value for name, value in written.items() if not _is_secret(name)},
        written_secrets={name: Secret(value) for name, value in written.items() if _is_secret(name)},
    )
    _check_together(settings)
    return settings


def read_surroundings(environ: Mapping[str, str] = os.environ) -> Surroundings:
    """Return what the environment tells of the Jupyter server around this process; asks nothing and nobody."""
    return surroundings_of(environ)


def _environment(
    profile: Profile, values: Mapping[str, str], string: ConnectionString, *, chosen: bool
) -> Environment:
    by_name = {name.casefold(): one for name, one in profile.environments.items()}
    wanted = values["Environment"]
    found = by_name.get(wanted.casefold())
    if found is None and not chosen:
        found = next(iter(by_name.values()))  # the default, Production, in a profile that has none
    if found is None:
        meant = nearest(wanted, profile.environments)
        way = f"did you mean {meant}?" if meant else f"it has {', '.join(profile.environments)}"
        shown = (
            f'Environment "{wanted}"' if is_near_miss(wanted, profile.environments) else "such Environment"
        )
        place = string.point("Environment", properties.NAMES, at_value=True)
        raise ConnectionStringError(
            f"The profile {profile.name} has no {shown}: {way}{place}",
            string.position("Environment", at_value=True),
        )
    return replace(
        found, login_url=values.get("LoginURL", found.login_url), api_url=values.get("APIURL", found.api_url)
    )


def _client(
    profile: Profile, written: Mapping[str, str], environ: Mapping[str, str]
) -> tuple[str | None, Secret | None]:
    """Return the Client ID and Secret. A secret is never taken from one place for an id of another."""
    client_id, secret = written.get("OAuthClientId"), _secret(written, "OAuthClientSecret")
    other_id: str | None
    other_secret: Secret | None
    if profile.app is not None:  # the environment's are Procore's: they are not for the stand-in
        other_id, other_secret = profile.app.client_id, profile.app.client_secret
    else:
        other_id = _variable(environ, "OAuthClientId", "PROCORE_CLIENT_ID")
        text = _variable(environ, "OAuthClientSecret", "PROCORE_CLIENT_SECRET")
        other_secret = Secret(text) if text else None
    if client_id is None:
        return other_id, secret or other_secret
    if secret is None and other_id in (None, client_id):
        secret = other_secret
    return client_id, secret


def _variable(environ: Mapping[str, str], name: str, variable: str) -> str | None:
    value = environ.get(variable, "")
    if not value:
        return None
    reason = ""
    try:
        return properties.check_value(name, value)
    except ValueError as refused:
        reason = str(refused)
    raise ConfigurationError(f"The environment variable {variable} can't be used: {reason}.")


def _demo_callback(profile: Profile) -> str | None:
    """Return the redirect URI that a running demo's JupyterLab answers, else the first it knows."""
    uris = profile.app.redirect_uris if profile.app else ()
    return next((uri for uri in uris if uri.endswith("/procore-jupyter/callback")), uris[0] if uris else None)


def _repeated(string: ConnectionString) -> list[str]:
    labels = [known.name for name in string.repeated if (known := properties.find(name)) is not None]
    return [f"{label} is given more than once: the last one counts." for label in labels]


def _check_together(settings: Settings) -> None:
    """Refuse what can't work together."""
    scheme, initiate = settings.auth_scheme, settings.initiate_oauth
    tokens = {
        "OAuthAccessToken": settings.access_token,
        "OAuthRefreshToken": settings.refresh_token,
        "OAuthVerifier": settings.verifier,
    }
    given = [name for name, value in tokens.items() if value is not None]
    if scheme == "NONE" and given:
        raise ConfigurationError(
            f"AuthScheme=NONE sends no token, but {given[0]} is given. Leave one of the two out."
        )
    if scheme == "OAUTH_CLIENT":
        for name in ("OAuthVerifier", "OAuthRefreshToken"):
            if name in given:
                raise ConfigurationError(
                    f"A service account (AuthScheme=OAUTH_CLIENT) has no {name}. Leave it out, or use AuthScheme=OAUTH."
                )
    if scheme != "NONE" and initiate == "OFF" and settings.access_token is None:
        raise ConfigurationError(
            "InitiateOAuth=OFF uses only a token that you give. Add OAuthAccessToken=…, or use InitiateOAuth=GETANDREFRESH."
        )
    if settings.verifier is not None and settings.refresh_token is not None:
        raise ConfigurationError(
            "OAuthVerifier and OAuthRefreshToken both begin a sign-in. Leave one of them out."
        )


def _is_secret(name: str) -> bool:
    known = properties.find(name)
    return known is None or known.secret


def _secret(values: Mapping[str, str], name: str) -> Secret | None:
    return Secret(values[name]) if name in values else None


def _number(values: Mapping[str, str], name: str, factor: float = 1.0) -> float | None:
    return float(values[name]) * factor if name in values else None


def _whole(values: Mapping[str, str], name: str) -> int | None:
    return int(values[name]) if name in values else None
