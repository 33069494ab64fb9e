"""What a connection's settings alone decide of its sign-in: the client, the key, the ways, the words."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from procore_jupyter.connection.access import Access
from procore_jupyter.files import private
from procore_jupyter.login.flow import LoginFlow
from procore_jupyter.oauth.client import OAuthClient, OAuthEndpoints
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_source import ClientCredentials, FixedToken, TokenSource
from procore_jupyter.oauth.token_store import TokenKey, open_store
from procore_jupyter.session.rate_limit import Pace, shared_pace
from procore_jupyter.settings.resolve import read_surroundings
from procore_jupyter.settings.settings import Settings

if TYPE_CHECKING:
    from procore_jupyter.oauth.authorization import AuthorizationResponse

BARE_LOCALHOST = "http://localhost"
"""The redirect URI that every app of Procore's has from the start."""


def callback_url(settings: Settings) -> str:
    """Return the redirect URI that a sign-in with these settings uses: to register, to the letter."""
    from procore_jupyter.login.discovery import default_callback_url

    return settings.require_callback_url() or default_callback_url(read_surroundings()) or BARE_LOCALHOST


def key_of(settings: Settings) -> TokenKey:
    """Return under which key its sign-in is kept."""
    client_id, _ = settings.require_client()
    return TokenKey(urlsplit(settings.environment.login_url).netloc, client_id, settings.account)


def pace_of(settings: Settings) -> Pace:
    """Return the pace of its app and person, which all their kernels on this machine share."""
    if settings.auth_scheme == "NONE":
        return Pace()
    if settings.initiate_oauth == "OFF":
        assert settings.access_token is not None  # settings see to it
        who = settings.access_token.reveal()
    else:
        who = key_of(settings).digest()
    text = f"{settings.environment.api_url}\n{who}"
    name = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]
    return shared_pace(private.runtime_folder() / f"pace-{name}.json")


def client_of(settings: Settings) -> OAuthClient:
    """Return what speaks to the provider for its app."""
    client_id, client_secret = settings.require_client()
    profile, host = settings.profile, settings.environment.login_url
    return OAuthClient(
        OAuthEndpoints(
            authorize=host + profile.authorize_path,
            token=host + profile.token_path,
            info=host + profile.info_path,
            revoke=host + profile.revoke_path,
        ),
        client_id,
        client_secret,
        timeout=settings.timeout,
        proxies=settings.proxies,
        ca_bundle=settings.ca_bundle,
        place=settings.environment.title,
    )


def given_token(settings: Settings) -> Token | None:
    """Return the token that was obtained elsewhere and given in the connection string, None where none was."""
    if settings.access_token is None:
        return None
    return Token.given(
        settings.access_token,
        settings.refresh_token,
        time.time(),
        expires_in=settings.expires_in,
        timestamp=settings.token_timestamp,
    )


def without_a_person(settings: Settings) -> Access | None:
    """Return the sign-in of a connection in which no person ever signs in."""
    if settings.auth_scheme == "NONE":
        return None
    if settings.initiate_oauth == "OFF":
        given = given_token(settings)
        assert given is not None  # settings see to it
        # It is never renewed, whatever else was given.
        return Access(FixedToken(replace(given, refresh_token=None)), lambda: None)
    store, key = open_store(settings.settings_location), key_of(settings)
    provider = ClientCredentials(client_of(settings), store, key)
    return Access(provider, provider.sign_out, store.location)


def new_flow(
    settings: Settings,
    client: OAuthClient,
    source: TokenSource,
    via: str | None,
    timeout: float,
    *,
    signed_in: Callable[[], None],
    describe: Callable[[], object],
) -> LoginFlow:
    """Put a sign-in by a person together: the link, the ways back, and what is done with the answer."""
    from procore_jupyter.login.receivers import receivers_for
    from procore_jupyter.login.ticket import Ticket
    from procore_jupyter.oauth.authorization import AuthorizationRequest

    surroundings = read_surroundings()
    redirect_uri = callback_url(settings)
    ticket = Ticket.create(surroundings.hub.server_name if surroundings.hub is not None else "")
    receivers = receivers_for(redirect_uri, surroundings, ticket, via=via)
    request = AuthorizationRequest.create(
        authorize_url=client.endpoints.authorize,
        client_id=client.client_id,
        redirect_uri=redirect_uri,
        state=ticket.state,
    )

    def complete(answer: AuthorizationResponse) -> None:
        answer.raise_for_error()
        assert answer.code is not None
        source.adopt(
            client.exchange(answer.code, redirect_uri=redirect_uri, code_verifier=request.code_verifier)
        )
        signed_in()

    return LoginFlow(request, receivers, complete, place=settings.place, timeout=timeout, describe=describe)


def nobody_there(settings: Settings) -> str:
    """Return what to say where nobody is signed in, and nobody is there to."""
    what = f"no usable sign-in is stored for this app ({settings.place}, account {settings.account})"
    if settings.initiate_oauth == "REFRESH":
        return (
            f"InitiateOAuth=REFRESH never asks a person, and {what}. Sign in once with  procore-jupyter login  or with "
            "InitiateOAuth=GETANDREFRESH, or give OAuthRefreshToken or OAuthVerifier."
        )
    return (
        f"Nobody is here to sign in, and {what}. Sign in once on this machine, in a notebook (%procore_connect) or with  "
        "procore-jupyter login ; or give OAuthRefreshToken, or use a service account (AuthScheme=OAUTH_CLIENT)."
    )
