"""`connect`: from a connection string to a `Procore`. The one place that puts the parts together."""

from __future__ import annotations

import functools
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from procore_jupyter.connection import saved, terminal
from procore_jupyter.connection.access import Access
from procore_jupyter.connection.front_end import registered_front_end
from procore_jupyter.connection.lookup import check_savable, keep, settings_for, with_answers
from procore_jupyter.connection.parts import (
    callback_url,
    client_of,
    given_token,
    key_of,
    new_flow,
    nobody_there,
    pace_of,
    without_a_person,
)
from procore_jupyter.connection.procore import Procore
from procore_jupyter.connection.question import Answer, Question
from procore_jupyter.errors import LoginRequired, ProcoreError, ProcoreWarning, TokenRequestError
from procore_jupyter.login.flow import LoginFlow
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.oauth.token_source import TokenSource
from procore_jupyter.oauth.token_store import fingerprint, open_store
from procore_jupyter.settings.resolve import read_surroundings
from procore_jupyter.settings.settings import Settings

if TYPE_CHECKING:
    from procore_jupyter.settings.connection_string import ConnectionString

WAIT_WITH_A_PERSON = 900.0
"""Seconds to wait for a rate limit while a person is there to interrupt, where the connection string doesn't say."""

WAIT_ALONE = 60.0
"""Seconds to wait for a rate limit in a script that nobody watches, where the connection string doesn't say."""

PORT_PATIENCE = 3.0
"""Seconds that a replaced login has to close its port."""

RELOAD = "Not signed in yet. Sign in with the link above, then reload this page."
"""Voila shows outputs only after all cells ran, so no cell may block on the login."""

REPLACED = "This sign-in was replaced by a newer one: the cell was run again with other settings. Use the session that it made."


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
        The session that stands under the same name: returned again where it is still good.
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
        """Return this with `show`, `ask` and `person` as the registered front end or the terminal has them."""
        front_end = registered_front_end()
        person, ask = self.person, self.ask
        if person is None:
            person = self.show is not None or (
                front_end.person() if front_end is not None else terminal.is_there()
            )
        if ask is None and self.show is None and front_end is not None:
            ask = front_end.ask
        show = self.show or (front_end.show if front_end is not None else terminal.show)
        return replace(self, show=show, ask=ask, person=person)


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
        The way for the browser's answer to come back: ``server``, ``loopback`` or ``paste``; None for all
        that the CallbackURL allows.
    login : bool
        Sign in anew although a sign-in is stored.
    timeout : float
        Seconds that the person has.
    save : str or None
        A name to save the connection under as soon as it has worked. Its secrets go to where the sign-ins are kept.
    show : callable or None
        Shows a person the login: takes a started `LoginFlow`, whose ``str`` has the link. None: the
        notebook's panel where the extension is loaded, else the terminal.

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
    how = How(show=show, via=via, login=login, timeout=timeout, save=save)
    return open_connection(settings_for(text, account=account), how)


def open_connection(settings: Settings, how: How = How()) -> Procore:
    """Connect as `connect` does, with settings that are resolved already."""
    how = how.settled()
    if how.save is not None:
        how = replace(how, save=check_savable(settings, how.save))
    if settings.lacks_client_to_ask_for and how.ask is not None and how.person:
        return _ask(settings, how, how.ask)
    session = _existing(settings, how) or _open(settings, how)
    if how.save is not None:
        session.when_signed_in(functools.partial(_keep, session, settings, how.save))
    return session


def _ask(settings: Settings, how: How, ask: Callable[[Question], None]) -> Procore:
    """Return a session that waits until a person has said which app it is for."""
    existing = how.existing
    if existing is not None and existing.question is not None and existing.settings == settings:
        ask(existing.question)
        return existing
    session = Procore(settings, None, max_wait=_longest_wait(settings, how))

    def answered(answer: Answer, show: Callable[[LoginFlow], None]) -> Procore:
        new = with_answers(settings, answer.properties())
        again = replace(how, show=show, ask=None, save=answer.save_as or None, existing=None)
        session.become(open_connection(new, again))
        return session

    suggested = None
    if existing is not None and existing.settings.environment.name in settings.profile.environments:
        # The last try: a mistyped secret shouldn't cost the rest.
        suggested = Answer(
            environment=existing.settings.environment.name, client_id=existing.settings.client_id or ""
        )
    offered = how.save or settings.saved_as or ("" if saved.find(saved.DEFAULT) else saved.DEFAULT)
    question = Question(
        settings,
        callback_url(settings),
        answered,
        save_as=offered,
        suggested=suggested,
        timeout=how.timeout,
    )
    session.wait_for_answer(question)
    _replace(existing)
    ask(question)
    return session


def _existing(settings: Settings, how: How) -> Procore | None:
    """Return the existing session if it is still good for these settings; its pending login is shown again."""
    existing = how.existing
    if existing is None or existing.settings != settings:
        return None
    if not existing.waiting:
        return existing if not how.login and existing.still_signed_in() else None
    if existing.sign_in is None or how.via is not None:
        return None
    _show(how, existing.sign_in)
    return existing


def _open(settings: Settings, how: How) -> Procore:
    """Connect anew, in place of the existing session."""
    if settings.auth_scheme == "OAUTH" and settings.initiate_oauth != "OFF":
        return _with_a_persons_sign_in(settings, how)
    access = without_a_person(settings)
    if how.save is not None and access is not None:
        access.current()  # only what works is saved
    session = Procore(settings, access, max_wait=_longest_wait(settings, how), pace=pace_of(settings))
    _replace(how.existing)
    return session


def _keep(session: Procore, settings: Settings, name: str) -> None:
    """Save a connection that works, and say so; a failure to save is said too, and ends nothing."""
    try:
        session.notice(keep(settings, name))
    except ProcoreError as error:
        session.notice(f"Not saved: {error}")


def _longest_wait(settings: Settings, how: How) -> float:
    if settings.max_wait is not None:
        return settings.max_wait
    return WAIT_WITH_A_PERSON if how.person else WAIT_ALONE


def _show(how: How, flow: LoginFlow) -> None:
    assert how.show is not None  # `How.settled` sees to it
    how.show(flow)


def _with_a_persons_sign_in(settings: Settings, how: How) -> Procore:
    """Connect with a stored or given sign-in, else ask the person for one."""
    client, store, key = client_of(settings), open_store(settings.settings_location), key_of(settings)
    given = given_token(settings)

    def warn(line: str) -> None:
        session.notice(line)
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
    session = Procore(settings, access, max_wait=_longest_wait(settings, how), pace=pace_of(settings))
    may_ask = bool(how.person) and settings.initiate_oauth == "GETANDREFRESH"
    if not how.login:
        if settings.verifier is not None:
            stored = store.load(key)
            if stored is None or fingerprint(settings.verifier) not in stored.seeds:
                _exchange_verifier(settings, client, source, may_ask)
        if _is_signed_in(session, source, may_ask):
            _replace(how.existing)
            return session
    if not may_ask:
        raise LoginRequired(nobody_there(settings))
    flow = new_flow(
        settings, client, source, how.via, how.timeout, signed_in=session.signed_in, describe=session.status
    )
    _replace(how.existing)
    access.wait_for(flow, instead=RELOAD if read_surroundings().voila else "")
    flow.start()
    _show(how, flow)
    return session


def _exchange_verifier(settings: Settings, client: OAuthClient, source: TokenSource, may_ask: bool) -> None:
    """Exchange the authorization code that the connection string holds. It is a seed: good for once."""
    assert settings.verifier is not None
    try:
        token = client.exchange(settings.verifier, redirect_uri=callback_url(settings), code_verifier=None)
    except TokenRequestError as error:
        # An old code, left in the cell, takes nothing away from a sign-in that is there, or that a person can give.
        if error.error == "invalid_grant" and (may_ask or source.load() is not None):
            return
        raise
    source.adopt(token, frozenset([fingerprint(settings.verifier)]))


def _is_signed_in(session: Procore, source: TokenSource, may_ask: bool) -> bool:
    """Return whether there is a sign-in that works. One that doesn't is an error where no person may be asked for another."""
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
    if not may_ask:
        return True
    if registered_front_end() is not None:  # a card is drawn next
        session.look_ahead()
    return session.still_signed_in()


def _replace(existing: Procore | None) -> None:
    """End what a former session still waits for: its link is no longer shown anywhere."""
    if existing is None:
        return
    if existing.question is not None:
        existing.question.cancel(LoginRequired(REPLACED))
    if existing.sign_in is None:
        return
    if existing.waiting:
        existing.sign_in.cancel(LoginRequired(REPLACED))
    # The next sign-in may want to listen on the same port.
    existing.sign_in.wait_until_closed(PORT_PATIENCE)
