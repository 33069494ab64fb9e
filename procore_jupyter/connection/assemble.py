"""`connect`: from a connection string to a `Procore`. The one place that puts the parts together."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import requests

from procore_jupyter.connection import saved, terminal
from procore_jupyter.connection.front_end import heed, progress, registered_front_end
from procore_jupyter.connection.lookup import check_savable, keep, settings_for, with_answers
from procore_jupyter.connection.parts import Parts
from procore_jupyter.connection.procore import ME, Procore
from procore_jupyter.connection.question import AppDetails, Question
from procore_jupyter.errors import (
    ConfigurationError,
    LoginRequired,
    ProcoreError,
    ProcoreWarning,
    TokenRequestError,
    without_locals,
)
from procore_jupyter.login.flow import LoginFlow
from procore_jupyter.oauth.token_store import fingerprint
from procore_jupyter.secret import Secret
from procore_jupyter.session.scope import in_haste
from procore_jupyter.settings.resolve import read_surroundings
from procore_jupyter.settings.settings import Settings
from procore_jupyter.tables.display.record import record_at
from procore_jupyter.wording import quoted

if TYPE_CHECKING:
    from procore_jupyter.settings.connection_string import ConnectionString

WAIT_WITH_A_PERSON = 900.0
"""Seconds to wait for a rate limit if a person is there, unless ``MaxWait`` says otherwise."""

WAIT_ALONE = 65.0
"""Seconds to wait for a rate limit if nobody is there, unless ``MaxWait`` says otherwise: a window of a minute, whose end is told in
whole seconds, and some."""

CHECK_TIMEOUT = 10.0
"""Seconds that Procore has to say whether a stored token is still good."""

PORT_PATIENCE = 3.0
"""Seconds that a replaced login has to close its port."""

RELOAD = "Not signed in yet. Sign in with the link above, then reload this page."
"""Voila shows outputs only after all cells ran, so no cell may block on the login."""

REPLACED = "This sign-in was replaced by a newer one: the cell was run again with other settings. Use the newer session."


@dataclass(frozen=True)
class How:
    """How a connection is opened, beside what it is to.

    Parameters
    ----------
    show : callable or None
        Shows a started `LoginFlow` to a person. None: the registered front end's panel, else the terminal.
    ask : callable or None
        Draws a `Question` and returns at once. None: the registered front end's form, unless `show` is given.
    via, login, timeout, save
        As for `connect`.
    person : bool or None
        Whether somebody is there to sign in; None looks for a notebook's user or a terminal.
    existing : Procore or None
        The session that stands under the same name: returned again if it is still good.
    """

    show: Callable[[LoginFlow], None] | None = None
    ask: Callable[[Question], None] | None = None
    via: str | None = None
    login: bool = False
    timeout: float = 300.0
    person: bool | None = None
    save: str | None = None
    existing: Procore | None = None

    def settled(self) -> How:
        """Return this with `ask` and `person` as the registered front end or the terminal has them."""
        front_end = registered_front_end()
        person, ask = self.person, self.ask
        if person is None:
            person = self.show is not None or (
                front_end.person() if front_end is not None else terminal.is_there()
            )
        if ask is None and self.show is None and front_end is not None:
            ask = front_end.ask
        return replace(self, ask=ask, person=person)


@without_locals
def connect(
    text: str | ConnectionString = "",
    *,
    account: str | None = None,
    via: str | None = None,
    login: bool = False,
    timeout: float = 300.0,
    save: str | None = None,
    show: Callable[[LoginFlow], None] | None = None,
) -> Procore:
    """Connect to Procore and return at once; the first call waits for the person, if one has to sign in.

    Parameters
    ----------
    text : str or ConnectionString
        The connection string (``docs/properties.md``), or the name of a saved connection. Without it, the saved
        connection ``default`` is used if there is one.
    account : str or None
        Which stored sign-in: two accounts can be signed in side by side. None: the saved connection's,
        else ``default``.
    via : str or None
        The only receiver for the browser's answer: ``server``, ``loopback`` or ``paste``; None for all that the
        CallbackURL allows.
    login : bool
        Sign in anew although a sign-in is stored.
    timeout : float
        Seconds that the person has to sign in.
    save : str or None
        A name to save the connection under as soon as it has worked. Its secrets go to the token store.
    show : callable or None
        Shows a person the login: takes a started `LoginFlow`, whose ``str`` has the link. None: the
        notebook's panel if the extension is loaded, else the terminal.

    Returns
    -------
    Procore
        The session.

    Raises
    ------
    ConnectionStringError, ConfigurationError
        The text can't be read, or what it asks for can't work.
    LoginRequired
        Nobody is signed in, and nobody is there to sign in.
    TokenRequestError
        The stored or given sign-in couldn't be renewed, though it may still be good.
    TokenStoreError
        The stored sign-in can't be read or trusted.
    """
    if not isinstance(timeout, (int, float)) or not timeout > 0:
        raise ConfigurationError(f"timeout must be a number of seconds above 0, not {quoted(timeout)}.")
    how = How(show=show, via=via, login=login, timeout=timeout, save=save)
    session = open_connection(settings_for(text, account=account), how)
    front_end = registered_front_end()
    if front_end is not None and front_end.choose is not None and session._access_state.state == "signed in":
        front_end.choose(session)
    return session


@without_locals
def open_connection(settings: Settings, how: How = How()) -> Procore:
    """Connect as `connect` does, with settings that are resolved already."""
    heed(settings)
    how = how.settled()
    if how.save is not None:
        how = replace(how, save=check_savable(settings, how.save))
    if settings.lacks_client_to_ask_for and how.ask is not None and how.person:
        return _ask(settings, how, how.ask)
    session = _existing(settings, how) or _open(settings, how)
    _save_once_signed_in(session, settings, how)
    return session


def _ask(settings: Settings, how: How, ask: Callable[[Question], None]) -> Procore:
    """Return a session that waits until a person has said which app it is for."""
    existing = how.existing
    asked = existing._question if existing is not None and existing.settings == settings else None
    if existing is not None and asked is not None and asked.open:
        ask(asked)
        return existing
    session = Procore(settings, None, max_wait=_longest_wait(settings, how), draw=progress)

    def connect_with(details: AppDetails, show: Callable[[LoginFlow], None]) -> None:
        new = with_answers(settings, details.properties())
        heed(new)
        save = check_savable(new, details.save_as) if details.save_as else None
        again = replace(how, show=show, save=save, existing=None)
        try:
            _open(new, again, session)
        except BaseException:
            session._wait_for_answer(question)
            raise
        _save_once_signed_in(session, new, again)

    question = Question(
        settings,
        Parts(settings).callback_url,
        connect_with,
        describe=session.status,
        save_as=how.save or settings.saved_as or ("" if saved.find(saved.DEFAULT) else saved.DEFAULT),
        suggested=last_tried(settings, None if existing is None else existing.settings),
        timeout=how.timeout,
    )
    session._wait_for_answer(question)
    _replace(existing)
    ask(question)
    return session


def last_tried(settings: Settings, last: Settings | None) -> AppDetails:
    """Return what of the last try is to be offered again: a mistyped secret, or a Deny, shouldn't cost the rest.

    An app of other hosts, the demo's above all, is not offered.
    """
    if last is None or last.environment.name not in settings.profile.environments:
        return AppDetails()
    here, there = settings.environment, last.environment
    same = (here.login_url, here.api_url) == (there.login_url, there.api_url)
    if not same and not settings.profile.has_hosts_of(there):
        return AppDetails()
    return AppDetails(environment=there.name, client_id=last.client_id or "")


def _existing(settings: Settings, how: How) -> Procore | None:
    """Return the existing session if it is still good for these settings; its pending login is shown again."""
    existing = how.existing
    if existing is None or existing.settings != settings:
        return None
    if existing._access_state.state != "waiting":
        return existing if not how.login and _still_signed_in(existing) else None
    if existing.login_flow is None or how.via is not None:
        return None
    existing.login_flow.renew_start_url()
    _show(how, existing.login_flow, existing)
    return existing


def _open(settings: Settings, how: How, session: Procore | None = None) -> Procore:
    """Connect anew, in place of the existing session; with `session`, connect that one, which waited for its app."""

    def warn(line: str) -> None:
        connected._notice(line)
        warnings.warn(line, ProcoreWarning, stacklevel=2)

    parts = Parts(settings, warn)
    if session is None:
        wait = _longest_wait(settings, how)
        connected = Procore(
            settings, parts.access, max_wait=wait, pace=parts.pace, quirks=parts.quirks, draw=progress
        )
    else:
        connected = session
        connected._configure(settings, parts.access, parts.pace, parts.quirks)
    if not parts.person_signs_in:
        if how.save is not None and parts.access is not None:
            parts.access.current()  # only what works is saved
        _replace(how.existing)
        return connected
    may_ask = bool(how.person) and settings.initiate_oauth == "GETANDREFRESH"
    if not how.login and _is_signed_in(parts, connected, may_ask):
        _replace(how.existing)
        return connected
    if not may_ask:
        raise LoginRequired(_nobody_there(settings))
    _log_in(parts, connected, how)
    return connected


def _is_signed_in(parts: Parts, session: Procore, may_ask: bool) -> bool:
    """Return whether there is a token that works. A bad one is an error if no person may be asked for another."""
    source, verifier = parts.source, parts.settings.verifier
    if verifier is not None:
        stored = parts.store.load(parts.key)
        if stored is None or fingerprint(verifier) not in stored.seeds:
            _exchange(verifier, parts, may_ask)
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
    # With a person there, ask now: they should learn here, and not in the middle of their work, that the token was revoked.
    if not may_ask:
        return True
    if registered_front_end() is not None:  # a card is drawn next
        session._places.look_ahead()
    return _still_signed_in(session)


def _still_signed_in(session: Procore) -> bool:
    """Ask Procore whether somebody is signed in. True if Procore can't be asked: then nothing says otherwise."""
    if session._access_state.state == "not signed in":
        return False
    try:
        with in_haste():
            session._me = record_at(session, ME, timeout=min(CHECK_TIMEOUT, session.settings.timeout))
            session._me_is_new = registered_front_end() is not None  # which draws a card next
    except LoginRequired:
        return False
    except (ProcoreError, requests.RequestException):
        pass
    return True


def _exchange(verifier: Secret, parts: Parts, may_ask: bool) -> None:
    """Exchange the authorization code that the connection string holds; it is good for once."""
    try:
        token = parts.client.exchange(verifier, redirect_uri=parts.callback_url, code_verifier=None)
    except TokenRequestError as error:
        # An old code, left in the cell, takes nothing away from a token that is there, or that a person can get.
        if error.error == "invalid_grant" and (may_ask or parts.source.load() is not None):
            return
        raise
    parts.source.adopt(token, frozenset([fingerprint(verifier)]))


def _log_in(parts: Parts, session: Procore, how: How) -> None:
    """Start a login, show it to the person, and let the session wait for it."""
    assert parts.access is not None  # a person signs in
    flow = parts.login_flow(
        via=how.via, timeout=how.timeout, signed_in=parts.access.signed_in, describe=session.status
    )
    _replace(how.existing)
    front_end = registered_front_end()
    parts.access.wait_for(
        flow,
        instead=RELOAD if read_surroundings().voila else "",
        waiting=None if front_end is None else front_end.waiting,
    )
    flow.start()
    if flow.error is not None:  # no link can be shown
        raise flow.error
    _show(how, flow, session)


def _save_once_signed_in(session: Procore, settings: Settings, how: How) -> None:
    """Save the connection under the name in `how` once it has worked. A failure to save is said, and ends nothing."""
    if (name := how.save) is None:
        return

    def save() -> None:
        try:
            session._notice(keep(settings, name))
        except ProcoreError as error:
            session._notice(f"Not saved: {error}")

    if session._access is None:
        save()
    else:
        session._access.when_signed_in(save)


def _longest_wait(settings: Settings, how: How) -> float:
    if settings.max_wait is not None:
        return settings.max_wait
    return WAIT_WITH_A_PERSON if how.person else WAIT_ALONE


def _show(how: How, flow: LoginFlow, session: Procore) -> None:
    front_end = registered_front_end()
    if how.show is not None:
        how.show(flow)
    elif front_end is not None:
        front_end.show(flow, session)
    else:
        terminal.show(flow)


def _nobody_there(settings: Settings) -> str:
    """Return what to say if nobody is signed in, and nobody is there to sign in."""
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


def _replace(existing: Procore | None) -> None:
    """End what a former session still waits for: its link is no longer shown anywhere."""
    if existing is None:
        return
    if existing._question is not None:
        existing._question.cancel(LoginRequired(REPLACED))
    if (flow := existing.login_flow) is None:
        return
    if flow.state.pending:
        flow.cancel(LoginRequired(REPLACED))
    # The next login may want to listen on the same port.
    flow.wait_until_closed(PORT_PATIENCE)
