"""From a text, or the name of a saved connection, to `Settings`; and from `Settings` to a saved connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from procore_jupyter.connection import saved
from procore_jupyter.connection.saved import DEFAULT, SavedConnection
from procore_jupyter.errors import ConfigurationError, without_locals
from procore_jupyter.settings.connection_string import ConnectionString
from procore_jupyter.settings.resolve import resolve
from procore_jupyter.settings.settings import Settings


@without_locals
def settings_for(
    text: str | ConnectionString = "",
    *,
    names: Mapping[str, object] | None = None,
    account: str | None = None,
    lines: bool = False,
) -> Settings:
    """Return the settings that a connection string, or the name of a saved connection, means.

    No text at all means the saved connection ``default``, if there is one. A string that names no app, where
    the environment names none either, borrows the app of ``default`` if that belongs to the same hosts. A
    Client Secret that is not given is looked for where `keep` put it.

    Parameters
    ----------
    text : str or ConnectionString
        The connection string or the name.
    names : mapping or None
        A notebook's variables, for whole values ``{name}``.
    account : str or None
        Which stored sign-in; None for the saved connection's, else ``default``.
    lines : bool
        The text is in the cell form, one property a line.

    Raises
    ------
    ConnectionStringError, ConfigurationError
        As `settings.resolve.resolve`, or no connection is saved under that name.
    TokenStoreError
        What was saved can't be read.
    """
    if not isinstance(text, (str, ConnectionString)):
        raise ConfigurationError(
            f"Give a connection string, or the name of a saved connection, not {type(text).__name__}."
        )
    connection = _saved(text)
    if connection is None:
        settings = resolve(text, names=names, account=account or DEFAULT, lines=lines)
        return _with_kept_secret(_with_saved_app(settings), own=False)
    kept = dict(connection.properties)
    password = saved.secret(kept.get("OAuthSettingsLocation"), saved.proxy_password_key(kept))
    if password is not None:
        kept["ProxyPassword"] = password.reveal()
    settings = resolve("", saved=kept, account=account or connection.account)
    settings = _with_kept_secret(settings, own="OAuthClientId" in kept)
    return replace(settings, saved_as=connection.name)


@without_locals
def with_answers(settings: Settings, answers: Mapping[str, str]) -> Settings:
    """Return settings with the properties that a person was asked for; they count before all that was written.

    Raises
    ------
    ConnectionStringError, ConfigurationError
        An answer isn't allowed, or can't work with the rest.
    """
    secrets = {name: secret.reveal() for name, secret in settings.written_secrets.items()}
    new = resolve("", saved={**settings.written, **secrets}, account=settings.account, answers=answers)
    return replace(new, notices=settings.notices, saved_as=settings.saved_as)


def check_savable(settings: Settings, name: str) -> str:
    """Return the name to save a connection under, trimmed.

    Raises
    ------
    ConfigurationError
        It can't be a name, or these settings couldn't be used again.
    """
    if settings.initiate_oauth == "OFF":
        raise ConfigurationError(
            "With InitiateOAuth=OFF you give a token each time, and tokens are never saved: --save has nothing to save."
        )
    return saved.check_name(name)


@without_locals
def keep(settings: Settings, name: str) -> str:
    """Save a connection that works, its secrets in the token store; return the line that tells the person.

    What came from the environment stays there. One-time codes and tokens are not saved.

    Raises
    ------
    TokenStoreError
        The connection can't be written.
    """
    location = settings.settings_location
    secrets = settings.written_secrets
    client_secret, password = secrets.get("OAuthClientSecret"), secrets.get("ProxyPassword")
    proxy = saved.proxy_password_key(settings.written)
    if client_secret is not None and settings.client_id is not None:
        saved.keep_secret(
            location, saved.client_secret_key(settings.environment, settings.client_id), client_secret
        )
    if password is not None and proxy is not None:
        saved.keep_secret(location, proxy, password)
    saved.keep(SavedConnection(name, saved.savable(settings.written), settings.account))
    run = "%procore_connect" if name.casefold() == DEFAULT else f"%procore_connect {_quoted(name)}"
    line = f"Saved as `{name}`: from now on `{run}` is enough."
    if (client_secret or password) and (location or "").startswith("memory://"):
        line += " Its secret is kept in this kernel only (OAuthSettingsLocation=memory://…)."
    elsewhere = settings.auth_scheme != "NONE" and settings.profile.app is None
    if elsewhere and "OAuthClientId" not in settings.written:
        line += " The Client ID and Client Secret still come from the environment."
    return line


def _saved(text: str | ConnectionString) -> SavedConnection | None:
    """Return the saved connection that a text means; None if the text is a connection string."""
    if isinstance(text, ConnectionString):
        return None
    if not text.strip():
        return saved.find(DEFAULT)
    name = saved.name_in(text)
    return saved.require(name) if name is not None else None


def _with_saved_app(settings: Settings) -> Settings:
    """Return settings that name no app with the app of ``default``, if that belongs to the same login host and API host."""
    if settings.client_id is not None or settings.client_secret is not None:
        return settings
    connection = saved.find(DEFAULT)
    if connection is None or "OAuthClientId" not in connection.properties:
        return settings
    other = resolve("", saved=connection.properties)
    here, there = settings.environment, other.environment
    if (here.login_url, here.api_url) != (there.login_url, there.api_url):
        return settings
    location = settings.settings_location or other.settings_location
    return replace(settings, client_id=other.client_id, settings_location=location)


def _with_kept_secret(settings: Settings, *, own: bool) -> Settings:
    """Return settings with the Client Secret that was saved with their Client ID.

    Parameters
    ----------
    settings : Settings
        What was asked for.
    own : bool
        The Client ID is a saved connection's own, so its secret counts before the environment's.
    """
    written = "OAuthClientSecret" in settings.written_secrets
    if settings.client_id is None or written or (settings.client_secret is not None and not own):
        return settings
    key = saved.client_secret_key(settings.environment, settings.client_id)
    found = saved.secret(settings.settings_location, key)
    return settings if found is None else replace(settings, client_secret=found)


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name
