"""`Settings`: the settings of one connection, frozen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast
from urllib.parse import unquote, urlsplit

from procore_jupyter.addresses import can_be_returned_to
from procore_jupyter.errors import ConfigurationError, without_locals
from procore_jupyter.profiles import Environment, Profile
from procore_jupyter.secret import Secret
from procore_jupyter.wording import is_placeholder

AuthScheme = Literal["NONE", "OAUTH", "OAUTH_CLIENT"]
InitiateOAuth = Literal["OFF", "REFRESH", "GETANDREFRESH"]


@dataclass(frozen=True, repr=False)
class Settings:
    """The settings of one connection. ``repr`` shows no secret.

    Two are equal when they connect to the same thing in the same way: `notices`, `written`,
    `written_secrets` and `saved_as` don't count.

    Parameters
    ----------
    profile : Profile
        What is connected to.
    environment : Environment
        The hosts, after ``LoginURL`` and ``APIURL``.
    auth_scheme : "NONE", "OAUTH" or "OAUTH_CLIENT"
    initiate_oauth : "OFF", "REFRESH" or "GETANDREFRESH"
    client_id : str or None
    client_secret : Secret or None
        The app's; `require_client` returns both or says how to give them.
    callback_url : str or None
        As given, to the letter; None means this Jupyter server's. `require_callback_url` checks it.
    access_token, refresh_token : Secret or None
        Tokens obtained elsewhere.
    expires_in : float or None
        Seconds that the access token lives.
    token_timestamp : float or None
        When the access token was made, in seconds since 1970.
    verifier : Secret or None
        An authorization code obtained elsewhere.
    settings_location : str or None
        Where tokens are kept: a path, ``memory://NAME`` or ``keyring://``; None means the user's data folder.
    company_id, project_id : int or None
        What calls are about when they don't say.
    timeout : float
        Seconds for one HTTP request.
    max_wait : float or None
        The longest wait for a rate limit, in seconds; None means 900 if a person is there and 60 if not.
    max_rows : int or None
        The most rows of any table.
    page_size : int or None
        Rows asked for in one request; None leaves it to the table.
    max_concurrency : int
        Requests in flight at the same time.
    readonly : bool
        Whether requests that may change something are refused.
    proxies : mapping of str to str
        What `requests.Session.proxies` takes: by scheme, and by ``scheme://host`` with "" for hosts that are
        asked directly. May hold the proxy's password.
    ca_bundle : str or None
        The file or folder for `requests.Session.verify`; None means the one that requests brings.
    account : str
        Which stored token.
    notices : tuple of str
        Lines to show the person.
    written : mapping of str to str
        The properties in the connection string, the saved connection and the answers, without secrets.
    written_secrets : mapping of str to Secret
        The secrets among them.
    saved_as : str
        The name of the saved connection that was asked for; empty for a connection string.
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
    saved_as: str = field(default="", compare=False)

    @property
    def place(self) -> str:
        """Return what is connected to, as people read it: ``Procore · production``."""
        return f"{self.profile.title} · {self.environment.title}"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Return all secrets in it, the proxy's password too."""
        given = (self.client_secret, self.access_token, self.refresh_token, self.verifier)
        passwords = map(_password, self.proxies.values())
        return (
            *(one for one in (*given, *self.written_secrets.values()) if one is not None),
            *(Secret(one) for one in passwords if one),
        )

    def __repr__(self) -> str:
        return f"<Settings {self.place}, {self.auth_scheme}, {self.initiate_oauth}, account {self.account!r}>"

    @without_locals
    def require_client(self) -> tuple[str, Secret]:
        """Return the Client ID and the Client Secret.

        Raises
        ------
        ConfigurationError
            One of them is missing, or is still the placeholder of an example.
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
            if what == "Client Secret" and not self.profile.has_hosts_of(self.environment):
                way = (
                    f"Give {name}=…. This connection goes to hosts that are not the profile's ({self.environment.hosts}),"
                    f" which get only a secret that you give here; {name}=${{{variable}}} passes on the environment's"
                )
            if not text:
                raise ConfigurationError(f"The {what} is missing. {way}.")
            if is_placeholder(text):
                raise ConfigurationError(f"{name} still contains an example's placeholder. {way}.")
        return cast(str, self.client_id), cast(Secret, self.client_secret)

    @property
    def has_client(self) -> bool:
        """Whether `require_client` returns and does not raise."""
        try:
            self.require_client()
        except ConfigurationError:
            return False
        return True

    @property
    def lacks_client_to_ask_for(self) -> bool:
        """Whether Client ID or Client Secret is missing and a person may be asked for it."""
        asks = self.auth_scheme != "NONE" and self.initiate_oauth == "GETANDREFRESH"
        return asks and not self.has_client

    @without_locals
    def require_callback_url(self) -> str | None:
        """Return the CallbackURL, to the letter; None if none was given.

        Raises
        ------
        ConfigurationError
            It is not an address that a browser can return to.
        """
        url = self.callback_url
        if url is None or can_be_returned_to(url):
            return url
        # The message shows the value only if it is an example's placeholder or plainly an address, and so no secret.
        shown = (
            f' "{url}"'
            if is_placeholder(url) or re.fullmatch(r"[a-z]+:[\w:/.#-]{1,200}", url, re.ASCII)
            else ""
        )
        raise ConfigurationError(
            f"CallbackURL{shown} is not an address that a browser can return to. Give one of your app's Redirect URIs,"
            " to the letter, or leave it out to use this Jupyter server's;  procore-jupyter callback-url  prints the one"
            " to register."
        )


def _password(url: str) -> str:
    """Return the password in an address; empty if there is none, or if it can't be read."""
    try:
        return unquote(urlsplit(url[:]).password or "")
    except ValueError:  # the environment's may be anything
        return ""
