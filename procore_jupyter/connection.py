"""connect(text) -> Procore: the one place where settings, store, sign-in and session come together."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from procore_jupyter import showing, terminal
from procore_jupyter.access import Access
from procore_jupyter.errors import LoginRequired, ProcoreWarning, TokenRequestError
from procore_jupyter.login.flow import LoginFlow
from procore_jupyter.oauth.client import OAuthClient, OAuthEndpoints
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_source import ClientCredentials, FixedToken, TokenSource
from procore_jupyter.oauth.token_store import TokenKey, fingerprint, open_store
from procore_jupyter.procore import Procore
from procore_jupyter.settings import Settings, read_surroundings, resolve

if TYPE_CHECKING:
    from procore_jupyter.connection_string import ConnectionString
    from procore_jupyter.oauth.authorization import AuthorizationResponse

__all__ = ["Procore", "connect", "open_connection"]

BARE_LOCALHOST = "http://localhost"
"""The redirect URI that every app of Procore's has from the start."""

# Seconds to wait for a rate limit, where the connection string doesn't say.
WAIT_WITH_A_PERSON, WAIT_ALONE = 900.0, 60.0

PORT_PATIENCE = 3.0
"""Seconds that a former sign-in has to close its port."""

REPLACED = "This sign-in was replaced by a newer one: the cell was run again with other settings. Use the session that it made."


def connect(
    text: str | ConnectionString = "",
    *,
    show: Callable[[LoginFlow], None] | None = None,
    account: str = "default",
    via: str | None = None,
    login: bool = False,
    timeout: float = 300.0,
    names: Mapping[str, object] | None = None,
    lines: bool = False,
    existing: Procore | None = None,
    person: bool | None = None,
) -> Procore:
    """Connect to Procore and return at once; the first call waits for the person, if one has to sign in.

    Parameters
    ----------
    text : str or ConnectionString
        The connection string (``docs/properties.md``).
    show : callable or None
        Shows a person the sign-in (a started `LoginFlow`: ``str`` of it has the link). None: the
        notebook's panel where the extension is loaded, else the terminal.
    account : str
        Which stored sign-in: two accounts can be signed in side by side.
    via : str or None
        The way for the browser's answer to come back: ``server``, ``loopback`` or ``paste``; None for all
        that the CallbackURL allows.
    login : bool
        Sign in anew although a sign-in is stored.
    timeout : float
        Seconds that the person has.
    names : mapping or None
        Variables for whole values ``{name}``.
    lines : bool
        The text is in the cell form, a property a line.
    existing : Procore or None
        What stood under the same name before: returned again where it is still good for this.
    person : bool or None
        Whether somebody is there to sign in; None looks for a notebook's user or a terminal.

    Raises
    ------
    ConnectionStringError, ConfigurationError
        The text can't be read, or what it asks for can't work.
    LoginRequired
        Nobody is signed in, and nobody is there to.
    TokenRequestError
        The stored or given sign-in couldn't be renewed, for another reason than that it has ended.
    TokenStoreError
        The stored sign-in can't be read or trusted.
    """
    settings = resolve(text, names=names, account=account, lines=lines)
    return open_connection(
        settings, show=show, via=via, login=login, timeout=timeout, existing=existing, person=person
    )


def open_connection(
    settings: Settings,
    *,
    show: Callable[[LoginFlow], None] | None = None,
    via: str | None = None,
    login: bool = False,
    timeout: float = 300.0,
    existing: Procore | None = None,
    person: bool | None = None,
) -> Procore:
    """Connect as `connect` does, with settings that are resolved already."""
    show, person = _who_is_there(show, person)
    if existing is not None and existing.settings == settings:
        if existing.waiting and existing.sign_in is not None and via is None:
            show(existing.sign_in)
            return existing
        if not (login or existing.waiting) and existing.still_signed_in():
            return existing
    wait = (
        settings.max_wait if settings.max_wait is not None else WAIT_WITH_A_PERSON if person else WAIT_ALONE
    )
    if settings.auth_scheme == "OAUTH" and settings.initiate_oauth != "OFF":
        return _with_a_persons_sign_in(settings, show, via, login, timeout, existing, person, wait)
    procore = Procore(settings, _without_a_person(settings), max_wait=wait)
    _replace(existing)
    return procore


def callback_url(settings: Settings) -> str:
    """Return the redirect URI that a sign-in with these settings uses: to register, to the letter."""
    from procore_jupyter.login.discovery import default_callback_url

    return settings.require_callback_url() or default_callback_url(read_surroundings()) or BARE_LOCALHOST


def _who_is_there(
    show: Callable[[LoginFlow], None] | None, person: bool | None
) -> tuple[Callable[[LoginFlow], None], bool]:
    """Return who shows a link, and whether somebody is there to click it."""
    front_end = showing.front_end()
    if person is None:
        person = show is not None or (front_end.person() if front_end is not None else terminal.is_there())
    return show or (front_end.show if front_end is not None else terminal.show), person


def _without_a_person(settings: Settings) -> Access | None:
    """Return the sign-in of a connection in which no person ever signs in."""
    if settings.auth_scheme == "NONE":
        return None
    if settings.initiate_oauth == "OFF":
        assert settings.access_token is not None  # settings see to it
        given = Token.given(
            settings.access_token,
            None,
            time.time(),
            expires_in=settings.expires_in,
            timestamp=settings.token_timestamp,
        )
        return Access(FixedToken(given), lambda: None)
    store, key = open_store(settings.settings_location), _key(settings)
    provider = ClientCredentials(_client(settings), store, key)
    return Access(provider, provider.sign_out, store.location)


def _with_a_persons_sign_in(
    settings: Settings,
    show: Callable[[LoginFlow], None],
    via: str | None,
    login: bool,
    timeout: float,
    existing: Procore | None,
    person: bool,
    wait: float,
) -> Procore:
    """Connect on a stored or given sign-in, else ask the person for one."""
    client, store, key = _client(settings), open_store(settings.settings_location), _key(settings)
    given = None
    if settings.access_token is not None:
        given = Token.given(
            settings.access_token,
            settings.refresh_token,
            time.time(),
            expires_in=settings.expires_in,
            timestamp=settings.token_timestamp,
        )

    def warn(line: str) -> None:
        procore.notice(line)
        warnings.warn(line, ProcoreWarning, stacklevel=2)

    source = TokenSource(
        client,
        store,
        key,
        seed=settings.refresh_token,
        given=given,
        redirect_uri=settings.callback_url,  # Procore's docs send it; who gave none has none to send
        warn=warn,
    )
    access = Access(source, source.sign_out, store.location)
    procore = Procore(settings, access, max_wait=wait)
    may_ask = person and settings.initiate_oauth == "GETANDREFRESH"
    if not login:
        if settings.verifier is not None:
            stored = store.load(key)
            if stored is None or fingerprint(settings.verifier) not in stored.seeds:
                _exchange_verifier(settings, client, source)
        if _is_signed_in(procore, source, may_ask):
            _replace(existing)
            return procore
    if not may_ask:
        raise LoginRequired(_nobody(settings))
    flow = _flow(settings, client, source, procore, via, timeout)
    _replace(existing)
    access.wait_for(flow)
    flow.start()
    show(flow)
    return procore


def _exchange_verifier(settings: Settings, client: OAuthClient, source: TokenSource) -> None:
    """Exchange the authorization code that the connection string holds. It is a seed: good for once."""
    assert settings.verifier is not None
    try:
        token = client.exchange(settings.verifier, redirect_uri=callback_url(settings), code_verifier=None)
    except TokenRequestError as error:
        # An old code, left in the cell, takes nothing away from a sign-in that is there.
        if error.error == "invalid_grant" and source.load() is not None:
            return
        raise
    source.adopt(token, frozenset([fingerprint(settings.verifier)]))


def _is_signed_in(procore: Procore, source: TokenSource, may_ask: bool) -> bool:
    """Return whether there is a sign-in that works; False only where a person may be asked for one, or there is none."""
    token = source.load()
    if token is None:
        return False
    if token.needs_refresh(time.time()) or not token.access_token:
        try:
            source.current()
        except LoginRequired:
            if may_ask:
                return False
            raise
        return True
    # With a person there, one question tells now, and not in the middle of their work, that it was revoked.
    return procore.still_signed_in() if may_ask else True


def _flow(
    settings: Settings,
    client: OAuthClient,
    source: TokenSource,
    procore: Procore,
    via: str | None,
    timeout: float,
) -> LoginFlow:
    """Put a sign-in by a person together: the link, the ways back, and what is done with the answer."""
    from procore_jupyter.login.ticket import Ticket
    from procore_jupyter.login.ways import receivers_for
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

    return LoginFlow(
        request, receivers, complete, place=settings.place, timeout=timeout, describe=procore.status
    )


def _key(settings: Settings) -> TokenKey:
    client_id, _ = settings.require_client()
    return TokenKey(urlsplit(settings.environment.login_url).netloc, client_id, settings.account)


def _client(settings: Settings) -> OAuthClient:
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


def _replace(existing: Procore | None) -> None:
    """End what a former session still waits for: its link is no longer shown anywhere."""
    if existing is None or existing.sign_in is None:
        return
    if existing.waiting:
        existing.sign_in.cancel(LoginRequired(REPLACED))
    # The next sign-in may want to listen on the same port.
    existing.sign_in.wait_until_closed(PORT_PATIENCE)


def _nobody(settings: Settings) -> str:
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
