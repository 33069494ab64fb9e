"""connect(text) -> Procore: the one place where settings, store, sign-in and session come together."""

from __future__ import annotations

import functools
import time
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from procore_jupyter.connection import saved, terminal
from procore_jupyter.connection.access import Access
from procore_jupyter.connection.front_end import registered_front_end
from procore_jupyter.connection.lookup import check_savable, keep, saved_name, settings_for
from procore_jupyter.connection.parts import (
    BARE_LOCALHOST,
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
from procore_jupyter.secret import Secret
from procore_jupyter.settings.resolve import read_surroundings
from procore_jupyter.settings.settings import Settings

if TYPE_CHECKING:
    from procore_jupyter.settings.connection_string import ConnectionString

__all__ = ["BARE_LOCALHOST", "Procore", "callback_url", "connect", "open_connection"]

# Seconds to wait for a rate limit, where the connection string doesn't say.
WAIT_WITH_A_PERSON, WAIT_ALONE = 900.0, 60.0

PORT_PATIENCE = 3.0
"""Seconds that a former sign-in has to close its port."""

RELOAD = "Not signed in yet. Sign in with the link above, then reload this page."
"""Voila shows a page, and the link in it, once all of its cells have run: none of them may wait for the link."""

REPLACED = "This sign-in was replaced by a newer one: the cell was run again with other settings. Use the session that it made."


def connect(
    text: str | ConnectionString = "",
    *,
    show: Callable[[LoginFlow], None] | None = None,
    account: str | None = None,
    via: str | None = None,
    login: bool = False,
    timeout: float = 300.0,
    names: Mapping[str, object] | None = None,
    lines: bool = False,
    existing: Procore | None = None,
    person: bool | None = None,
    save: str | None = None,
    ask: Callable[[Question], None] | None = None,
) -> Procore:
    """Connect to Procore and return at once; the first call waits for the person, if one has to sign in.

    Parameters
    ----------
    text : str or ConnectionString
        The connection string (``docs/properties.md``), or the name of a saved connection; nothing for
        the saved connection ``default``, where there is one.
    show : callable or None
        Shows a person the sign-in (a started `LoginFlow`: ``str`` of it has the link). None: the
        notebook's panel where the extension is loaded, else the terminal.
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
    names : mapping or None
        Variables for whole values ``{name}``.
    lines : bool
        The text is in the cell form, a property a line.
    existing : Procore or None
        What stood under the same name before: returned again where it is still good for this.
    person : bool or None
        Whether somebody is there to sign in; None looks for a notebook's user or a terminal.
    save : str or None
        A name to save the connection under as soon as it has worked, its secrets where the sign-ins are kept.
    ask : callable or None
        Asks a person for the app's Client ID and Client Secret where they aren't known (draws a
        `Question`, and returns at once). None: the notebook's form where the extension is loaded.

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
    settings = settings_for(text, names=names, account=account, lines=lines)
    if save is not None:
        save = check_savable(settings, save)
    if settings.lacks_client_to_ask_for:
        front_end = registered_front_end()
        ask = ask or (front_end.ask if front_end is not None and show is None else None)
        if ask is not None and _who_is_there(show, person)[1]:
            written = (
                Secret(text) if isinstance(text, str) else text
            )  # it waits here as long as the form does

            def answered(answer: Answer, shown_by: Callable[[LoginFlow], None]) -> Procore:
                again = written.reveal() if isinstance(written, Secret) else written
                new = settings_for(
                    again, names=names, account=account, lines=lines, answers=answer.properties()
                )
                name = check_savable(new, answer.save_as) if answer.save_as else None
                return open_connection(
                    new, show=shown_by, via=via, login=login, timeout=timeout, person=True, save=name
                )

            offered = save or saved_name(text) or ("" if saved.find(saved.DEFAULT) else saved.DEFAULT)
            return _asking(settings, answered, ask, offered, timeout, existing)
    return open_connection(
        settings,
        show=show,
        via=via,
        login=login,
        timeout=timeout,
        existing=existing,
        person=person,
        save=save,
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
    save: str | None = None,
) -> Procore:
    """Connect as `connect` does, with settings that are resolved already."""
    procore = _open(settings, show, via, login, timeout, existing, person, save)
    if save is not None and not procore.waiting:
        _keep(procore, settings, save)
    return procore


def _open(
    settings: Settings,
    show: Callable[[LoginFlow], None] | None,
    via: str | None,
    login: bool,
    timeout: float,
    existing: Procore | None,
    person: bool | None,
    save: str | None,
) -> Procore:
    show, person = _who_is_there(show, person)
    if existing is not None and existing.settings == settings:
        if existing.waiting and existing.sign_in is not None and via is None:
            if save is not None:
                existing.when_signed_in(functools.partial(_keep, existing, settings, save))
            show(existing.sign_in)
            return existing
        if not (login or existing.waiting) and existing.still_signed_in():
            return existing
    wait = _longest_wait(settings, person)
    if settings.auth_scheme == "OAUTH" and settings.initiate_oauth != "OFF":
        return _with_a_persons_sign_in(settings, show, via, login, timeout, existing, person, wait, save)
    access = without_a_person(settings)
    if save is not None and access is not None:
        access.current()  # only what works is saved
    procore = Procore(settings, access, max_wait=wait, pace=pace_of(settings))
    _replace(existing)
    return procore


def _asking(
    settings: Settings,
    answered: Callable[[Answer, Callable[[LoginFlow], None]], Procore],
    ask: Callable[[Question], None],
    save_as: str,
    timeout: float,
    existing: Procore | None,
) -> Procore:
    """Return a session that waits for a person to say which app it is for."""
    if existing is not None and existing.question is not None and existing.settings == settings:
        ask(existing.question)
        return existing
    procore = Procore(settings, None, max_wait=_longest_wait(settings, True))

    def become(answer: Answer, show: Callable[[LoginFlow], None]) -> Procore:
        procore.become(answered(answer, show))
        return procore

    suggested = None
    if existing is not None and existing.settings.environment.name in settings.profile.environments:
        # The last try: a mistyped secret shouldn't cost the rest.
        suggested = Answer(
            environment=existing.settings.environment.name, client_id=existing.settings.client_id or ""
        )
    question = Question(
        settings, callback_url(settings), become, save_as=save_as, suggested=suggested, timeout=timeout
    )
    procore.wait_for_answer(question)
    _replace(existing)
    ask(question)
    return procore


def _keep(procore: Procore, settings: Settings, name: str) -> None:
    """Save a connection that works. That it can't be saved ends nothing: it is said."""
    try:
        procore.notice(keep(settings, name))
    except ProcoreError as error:
        procore.notice(f"Not saved: {error}")


def _longest_wait(settings: Settings, person: bool) -> float:
    if settings.max_wait is not None:
        return settings.max_wait
    return WAIT_WITH_A_PERSON if person else WAIT_ALONE


def _who_is_there(
    show: Callable[[LoginFlow], None] | None, person: bool | None
) -> tuple[Callable[[LoginFlow], None], bool]:
    """Return who shows a link, and whether somebody is there to click it."""
    front_end = registered_front_end()
    if person is None:
        person = show is not None or (front_end.person() if front_end is not None else terminal.is_there())
    return show or (front_end.show if front_end is not None else terminal.show), person


def _with_a_persons_sign_in(
    settings: Settings,
    show: Callable[[LoginFlow], None],
    via: str | None,
    login: bool,
    timeout: float,
    existing: Procore | None,
    person: bool,
    wait: float,
    save: str | None,
) -> Procore:
    """Connect on a stored or given sign-in, else ask the person for one."""
    client, store, key = client_of(settings), open_store(settings.settings_location), key_of(settings)
    given = given_token(settings)

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
    procore = Procore(settings, access, max_wait=wait, pace=pace_of(settings))
    may_ask = person and settings.initiate_oauth == "GETANDREFRESH"
    if not login:
        if settings.verifier is not None:
            stored = store.load(key)
            if stored is None or fingerprint(settings.verifier) not in stored.seeds:
                _exchange_verifier(settings, client, source, may_ask)
        if _is_signed_in(procore, source, may_ask):
            _replace(existing)
            return procore
    if not may_ask:
        raise LoginRequired(nobody_there(settings))
    flow = new_flow(
        settings, client, source, via, timeout, signed_in=procore.signed_in, describe=procore.status
    )
    _replace(existing)
    access.wait_for(flow, instead=RELOAD if read_surroundings().voila else "")
    if save is not None:
        procore.when_signed_in(functools.partial(_keep, procore, settings, save))
    flow.start()
    show(flow)
    return procore


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
    if not may_ask:
        return True
    if registered_front_end() is not None:  # a card is drawn next
        procore.look_ahead()
    return procore.still_signed_in()


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
