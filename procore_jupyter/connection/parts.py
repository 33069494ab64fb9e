"""`Parts`: what the settings of one connection are made into: client, key, store, pace, token source, login flow."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from procore_jupyter.connection.access import Access
from procore_jupyter.files import private
from procore_jupyter.login.flow import LoginFlow
from procore_jupyter.oauth.client import OAuthClient, OAuthEndpoints
from procore_jupyter.oauth.stores import open_store
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_source import ClientCredentials, FixedToken, TokenSource
from procore_jupyter.oauth.token_store import TokenKey, TokenStore, fingerprint
from procore_jupyter.session.limits.rate_limit import Pace, shared_pace
from procore_jupyter.session.quirks import Quirks
from procore_jupyter.settings.resolve import read_surroundings

if TYPE_CHECKING:
    from procore_jupyter.oauth.authorization import AuthorizationResponse
    from procore_jupyter.settings.settings import Settings

BARE_LOCALHOST = "http://localhost"
"""The redirect URI that every Procore app has from the start."""


class Parts:
    """The parts of one connection. Each is built once, when it is first used.

    Parameters
    ----------
    settings : Settings
        What to connect to.
    warn : callable
        Takes a line that the person should know of, from any thread.
    """

    def __init__(self, settings: Settings, warn: Callable[[str], None] = lambda line: None) -> None:
        self.settings = settings
        self._warn = warn

    @property
    def person_signs_in(self) -> bool:
        """Whether the token is a person's, kept and renewed by us."""
        return self.settings.auth_scheme == "OAUTH" and self.settings.initiate_oauth != "OFF"

    @cached_property
    def callback_url(self) -> str:
        """The redirect URI of a login, to the letter: the one to register for the app."""
        from procore_jupyter.login.discovery import default_callback_url

        given = self.settings.require_callback_url()
        return given or default_callback_url(read_surroundings()) or BARE_LOCALHOST

    @cached_property
    def client(self) -> OAuthClient:
        """The OAuth client of the app."""
        settings = self.settings
        client_id, client_secret = settings.require_client()
        profile, host, api = settings.profile, settings.environment.login_url, settings.environment.api_url
        # Procore's API hosts were seen to take token requests too. The app's secret goes to no host of a person's own spelling.
        second = (
            api + profile.token_path if profile.has_hosts_of(settings.environment) and api != host else ""
        )
        return OAuthClient(
            OAuthEndpoints(
                authorize=host + profile.authorize_path,
                token=host + profile.token_path,
                info=host + profile.info_path,
                revoke=host + profile.revoke_path,
                second_token=second,
            ),
            client_id,
            client_secret,
            timeout=settings.timeout,
            proxies=settings.proxies,
            ca_bundle=settings.ca_bundle,
            place=settings.environment.title,
            notify=self._warn,
        )

    @cached_property
    def key(self) -> TokenKey:
        """The key under which the token is stored."""
        client_id, _ = self.settings.require_client()
        hosts = self.settings.environment
        return TokenKey(hosts.login_host, client_id, self.settings.account, api_host=hosts.api_host)

    @cached_property
    def store(self) -> TokenStore:
        """The store that keeps the token."""
        return open_store(self.settings.settings_location)

    @cached_property
    def pace(self) -> Pace:
        """The pace of requests, which all kernels of the same app and person on this machine share."""
        settings = self.settings
        if settings.auth_scheme == "NONE":
            return Pace()
        if settings.initiate_oauth == "OFF":
            assert settings.access_token is not None  # `resolve` sees to it
            who = fingerprint(settings.access_token)
        else:
            who = self.key.digest()
        text = f"{settings.environment.api_url}\n{who}"
        name = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]
        try:
            return shared_pace(private.runtime_folder() / f"pace-{name}.json")
        except private.NoHome:  # nothing that other kernels could find either
            return Pace()

    @cached_property
    def quirks(self) -> Quirks:
        """What all kernels on this machine have found out of the API's lists."""
        api = self.settings.environment.api_url
        try:
            return Quirks(api, private.data_folder() / "quirks.json")
        except private.NoHome:
            return Quirks(api)

    @cached_property
    def given_token(self) -> Token | None:
        """The token in the connection string; None if there is none."""
        settings = self.settings
        if settings.access_token is None:
            return None
        return Token.given(
            settings.access_token,
            settings.refresh_token,
            time.time(),
            expires_in=settings.expires_in,
            timestamp=settings.token_timestamp,
        )

    @cached_property
    def source(self) -> TokenSource:
        """The source of tokens that are kept and renewed: a person's, or a service account's."""
        settings = self.settings
        if settings.auth_scheme == "OAUTH_CLIENT":
            return ClientCredentials(self.client, self.store, self.key)
        return TokenSource(
            self.client,
            self.store,
            self.key,
            seed=settings.refresh_token,
            given=self.given_token,
            redirect_uri=settings.callback_url,  # Procore's docs send it; without a CallbackURL there is none to send
            warn=self._warn,
        )

    @cached_property
    def access(self) -> Access | None:
        """What gives the session its tokens; None if no token is sent (AuthScheme=NONE)."""
        if self.settings.auth_scheme == "NONE":
            return None
        if self.settings.initiate_oauth == "OFF":
            assert self.given_token is not None  # `resolve` sees to it
            # It is never renewed, even if a refresh token was given too.
            return Access(FixedToken(replace(self.given_token, refresh_token=None)), lambda: None)
        return Access(self.source, self.source.sign_out, self.store.location)

    def login_flow(
        self,
        *,
        via: str | None,
        timeout: float,
        signed_in: Callable[[], None],
        describe: Callable[[], object],
    ) -> LoginFlow:
        """Return a login that is yet to start: its link, its receivers, and the exchange of the code.

        Parameters
        ----------
        via : str or None
            The only receiver to use; None for all that the CallbackURL allows.
        timeout : float
            Seconds that the person has.
        signed_in : callable
            Called once the token is stored.
        describe : callable
            Returns what the card shows after the login.
        """
        # On first use: connecting with a stored token doesn't pay for a login.
        from procore_jupyter.login.receivers import receivers_for, stranger_at
        from procore_jupyter.login.ticket import Ticket
        from procore_jupyter.oauth.authorization import AuthorizationRequest

        surroundings, client, redirect_uri = read_surroundings(), self.client, self.callback_url
        ticket = Ticket.create(surroundings.hub.server_name if surroundings.hub is not None else "")
        receivers = receivers_for(redirect_uri, surroundings, ticket, via=via)
        request = AuthorizationRequest.create(
            authorize_url=client.endpoints.authorize,
            client_id=client.client_id,
            redirect_uri=redirect_uri,
            state=ticket.state,
        )

        def complete(response: AuthorizationResponse) -> None:
            response.raise_for_error()
            assert response.code is not None
            token = client.exchange(
                response.code, redirect_uri=redirect_uri, code_verifier=request.code_verifier
            )
            if self.source.adopt(token, wanted=flow.claim):
                signed_in()

        flow = LoginFlow(
            request,
            receivers,
            complete,
            place=self.settings.place,
            timeout=timeout,
            stranger=stranger_at(redirect_uri, surroundings, receivers),
            describe=describe,
        )
        return flow
