"""`resolve`: from what a person wrote, what was saved and the environment to `Settings`.

The first source that says something counts: answer, connection string, saved connection, environment, default. No
other module reads the environment.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from procore_jupyter.errors import ConfigurationError, ConnectionStringError, without_locals
from procore_jupyter.profiles import Environment, Profile, load
from procore_jupyter.secret import Secret
from procore_jupyter.settings import kinds, properties, proxies
from procore_jupyter.settings.connection_string import ConnectionString, parse
from procore_jupyter.settings.jupyter import Surroundings, surroundings_of
from procore_jupyter.settings.references import filled
from procore_jupyter.settings.settings import AuthScheme, InitiateOAuth, Settings
from procore_jupyter.wording import is_near_miss, nearest


@without_locals
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
        The environment: for ``${NAME}``, ``PROCORE_CLIENT_ID``, ``PROCORE_CLIENT_SECRET``, proxies and
        certificates.
    names : mapping of str to object or None
        A notebook's variables, for ``{name}``; with None, braces are plain text.
    account : str
        Which stored token.
    lines : bool
        Whether the text is in the cell form.
    saved : mapping of str to str or None
        The properties of a saved connection: used where the text says nothing.
    answers : mapping of str to str or None
        The properties that a person was asked for: used before everything else.

    Raises
    ------
    ConnectionStringError
        The text can't be read, names an unknown property, or holds a value that isn't allowed.
    ConfigurationError
        The properties can't work together, or refer to something that is not there; the message says what to do.
    """
    string = (
        text if isinstance(text, ConnectionString) else parse(text, lines=lines, harmless=properties.NAMES)
    )
    kinds.check_names(string)  # reports a misspelt property before a missing variable
    given = kinds.check(filled(string, environ, names))
    written = (
        kinds.check(ConnectionString(saved or {})) | given | kinds.check(ConnectionString(answers or {}))
    )
    values = {one.name: one.default for one in properties.PROPERTIES if one.default} | written

    profile, notice = load(values["Profile"])
    environment = _environment(profile, values, string, chosen="Environment" in written)
    client_id, client_secret = _client(profile, environment, written, environ)
    urls = (environment.login_url, environment.api_url)
    secret = {one.name for one in properties.PROPERTIES if one.secret}
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
        written={name: value for name, value in written.items() if name not in secret},
        written_secrets={name: Secret(value) for name, value in written.items() if name in secret},
    )
    _check_together(settings)
    return settings


def read_surroundings(environ: Mapping[str, str] = os.environ) -> Surroundings:
    """Return what the environment tells of the Jupyter server around this process. Sends no request."""
    return surroundings_of(environ)


def _environment(
    profile: Profile, values: Mapping[str, str], string: ConnectionString, *, chosen: bool
) -> Environment:
    by_name = {name.casefold(): one for name, one in profile.environments.items()}
    wanted = values["Environment"]
    found = by_name.get(wanted.casefold())
    if found is None and not chosen:
        found = next(iter(by_name.values()))  # a profile without Production, the default
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
    there = replace(
        found, login_url=values.get("LoginURL", found.login_url), api_url=values.get("APIURL", found.api_url)
    )
    # The card names what is connected to: hosts that the string gives are not "production".
    return there if there == found else replace(there, title=there.hosts)


def _client(
    profile: Profile, environment: Environment, written: Mapping[str, str], environ: Mapping[str, str]
) -> tuple[str | None, Secret | None]:
    """Return the Client ID and Client Secret.

    A secret that the string doesn't give is never used with another id than its own, and never for other hosts than
    the profile's: a token that it gets, or the secret itself, would go where the string says.
    """
    client_id, secret = written.get("OAuthClientId"), _secret(written, "OAuthClientSecret")
    other_id: str | None
    other_secret: Secret | None
    if profile.app is not None:  # the environment's are Procore's, and not for the stand-in
        other_id, other_secret = profile.app.client_id, profile.app.client_secret
    else:
        other_id = _variable(environ, "OAuthClientId", "PROCORE_CLIENT_ID")
        text = _variable(environ, "OAuthClientSecret", "PROCORE_CLIENT_SECRET")
        other_secret = Secret(text) if text else None
    if profile.has_hosts_of(environment) and (client_id is None or other_id in (None, client_id)):
        secret = secret or other_secret
    return client_id or other_id, secret


def _variable(environ: Mapping[str, str], name: str, variable: str) -> str | None:
    value = environ.get(variable)
    one = properties.find(name)
    if not value or one is None:
        return None
    reason, canonical = kinds.judge(one, value)
    if reason:
        raise ConfigurationError(f"The environment variable {variable} can't be used: {reason}.")
    return canonical


def _demo_callback(profile: Profile) -> str | None:
    """Return the redirect URI of the running demo's JupyterLab, or else the first that the demo knows."""
    uris = profile.app.redirect_uris if profile.app else ()
    return next((uri for uri in uris if uri.endswith("/procore-jupyter/callback")), uris[0] if uris else None)


def _repeated(string: ConnectionString) -> list[str]:
    labels = [known.name for name in string.repeated if (known := properties.find(name)) is not None]
    return [f"{label} is given more than once: the last one counts." for label in labels]


def _check_together(settings: Settings) -> None:
    """Refuse properties that can't work together."""
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
            "OAuthVerifier and OAuthRefreshToken both start a sign-in. Leave one of them out."
        )


def _secret(values: Mapping[str, str], name: str) -> Secret | None:
    return Secret(values[name]) if name in values else None


def _number(values: Mapping[str, str], name: str, factor: float = 1.0) -> float | None:
    return float(values[name]) * factor if name in values else None


def _whole(values: Mapping[str, str], name: str) -> int | None:
    return int(values[name]) if name in values else None
