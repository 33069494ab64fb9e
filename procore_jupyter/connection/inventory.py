"""All of a user's saved connections and stored sign-ins: who is signed in where and for how long; and how one is forgotten.

No line holds a secret, and of a Client ID only the start.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import requests

from procore_jupyter.connection import saved
from procore_jupyter.connection.assemble import How, open_connection
from procore_jupyter.connection.lookup import settings_for
from procore_jupyter.connection.parts import Parts
from procore_jupyter.connection.paths import short
from procore_jupyter.connection.status import renewal
from procore_jupyter.errors import ProcoreError
from procore_jupyter.oauth.file_store import FileStore
from procore_jupyter.oauth.stores import open_store
from procore_jupyter.oauth.token_store import SecretKey, TokenKey, TokenStore
from procore_jupyter.session.scope import in_haste
from procore_jupyter.settings.resolve import resolve
from procore_jupyter.wording import one_line

if TYPE_CHECKING:
    from procore_jupyter.connection.saved import SavedConnection
    from procore_jupyter.profiles import Environment
    from procore_jupyter.settings.settings import Settings

AT_ONCE = 8
"""Sign-ins that Procore is asked about at the same time."""

LONGEST = 300
"""Characters shown of what is said of one sign-in."""

NOBODY = "Nobody is signed in, and no connection is saved. Sign in with  procore-jupyter login  or with %procore_connect in a notebook."

_SPOKEN = {"OAuthClientSecret": "Client Secret", "ProxyPassword": "proxy password"}


@dataclass
class _Line:
    """What one line tells.

    Parameters
    ----------
    label : str
        The saved connection's name; for another sign-in, its account.
    place : str
        To what, with which app.
    said : str
        Who is signed in and for how long, or why nobody is.
    well : bool
        Whether somebody is signed in.
    failed : bool
        Whether something is wrong.
    """

    label: str
    place: str = ""
    said: str = "not signed in"
    well: bool = False
    failed: bool = False


@dataclass
class Inventory:
    """What is saved and stored.

    Parameters
    ----------
    lines : list of str
        What to print.
    well : bool
        Whether somebody is signed in and nothing is wrong.
    """

    lines: list[str] = field(default_factory=list)
    well: bool = False


def inventory(account: str | None = None) -> Inventory:
    """Return every saved connection and every stored sign-in. Asks Procore who is signed in, all at once, and no person.

    Parameters
    ----------
    account : str or None
        Only those of this account; None for all.
    """
    connections, problems = saved.look()
    apps: dict[tuple[str, str, str], Settings] = {}
    known: dict[str, Settings] = {}
    named: list[tuple[_Line, Settings | None]] = []
    for one in connections:
        if account is not None and one.account != account:
            continue
        line, settings = _Line(one_line(one.name)), None
        try:
            settings = settings_for(one.name)
            line.place = _place(settings.place, settings.client_id, one.account)
            if settings.auth_scheme == "OAUTH_CLIENT":
                line.said, line.well = "service account, signs in automatically", True
            elif settings.auth_scheme == "NONE":
                line.said, line.well = "no sign-in needed", True
            else:
                known[line.label] = settings
                apps.setdefault(_app(Parts(settings).key), settings)
        except ProcoreError as error:
            line.said, line.failed = _first_line(error), True
        named.append((line, settings))
    for settings in _unsaved_apps():
        apps.setdefault(_app(Parts(settings).key), settings)

    to_ask: list[tuple[_Line, Settings]] = []
    mine: set[tuple[str, TokenKey]] = set()
    for line, settings in named:
        if settings is None or line.label not in known:
            continue
        parts = Parts(settings)
        try:
            mine.add((parts.store.location, parts.key))
            if parts.store.load(parts.key) is not None:
                to_ask.append((line, settings))
        except ProcoreError as error:
            line.said, line.failed = _first_line(error), True

    others: list[_Line] = []
    locations = [None, *(one.properties.get("OAuthSettingsLocation") for one in connections)]
    for store, key in _sign_ins(dict.fromkeys(locations), problems):
        if (store.location, key) in mine or (account is not None and key.account != account):
            continue
        app = apps.get(_app(key))
        place = app.place if app is not None else one_line(key.login_host)
        line = _Line(f"account {one_line(key.account)}", _place(place, key.client_id))
        others.append(line)
        if app is None:
            line.said, line.well = _told_by_token(store, key), True
        else:
            there = store.location if store.location != open_store().location else None
            to_ask.append((line, replace(app, account=key.account, settings_location=there)))
    if to_ask:
        with ThreadPoolExecutor(min(AT_ONCE, len(to_ask))) as pool:
            [*pool.map(_ask, *zip(*to_ask, strict=True))]
    return _drawn([line for line, _ in named], others, problems)


def forget(name: str) -> str:
    """Delete a saved connection, with the secrets and the sign-ins that no other saved connection needs; return what was done.

    Without the app's Client Secret a sign-in couldn't be renewed nor ended any more, so it is ended at Procore first.

    Raises
    ------
    ConfigurationError
        No connection is saved under that name.
    TokenStoreError
        What is stored can't be read or changed.
    """
    connections, _ = saved.look()
    found = next((one for one in connections if one.name.casefold() == name.casefold()), None)
    if found is None:  # there is none, or one that can't be used any more
        if not saved.remove(name):
            saved.require(name)
        return "Forgotten. It couldn't be read, so any secrets of it are still stored:  procore-jupyter status --paths  shows them."
    needed = {(_where(one), key) for one in connections if one is not found for key in _secrets_of(one)}
    told = ""
    for key in _secrets_of(found):
        if (_where(found), key) in needed:
            continue
        location = found.properties.get("OAuthSettingsLocation")
        if key.name == "OAuthClientSecret" and saved.secret(location, key) is not None:
            told = _end_sign_ins(found)
        if saved.forget_secret(location, key):
            told = f" Its {_SPOKEN[key.name]} is deleted.{told}"
    saved.remove(found.name)
    return f"Forgot the connection {one_line(found.name)}.{told}"


def _unsaved_apps() -> Iterator[Settings]:
    """Give the apps that are known without a saved connection: the environment's, and a running demo's."""
    for text in ("", "Profile=Demo"):
        try:
            settings = resolve(text)
            if settings.has_client:
                yield settings
        except ProcoreError:  # no demo is running; a variable that can't be used is told where it is needed
            continue


def _sign_ins(
    locations: Sequence[str | None] | dict[str | None, None], problems: list[str]
) -> Iterator[tuple[FileStore, TokenKey]]:
    """Give the sign-ins in files. A keyring lists nothing, and memory is another process's."""
    for location in locations:
        try:
            store = open_store(location)
            if isinstance(store, FileStore):
                for key in store.sign_ins():
                    yield store, key
        except ProcoreError as error:
            if str(error) not in problems:
                problems.append(str(error))


def _ask(line: _Line, settings: Settings) -> None:
    """Ask Procore who is signed in, and put the answer into the line."""
    try:
        with in_haste():
            session = open_connection(settings, How(person=False))
            try:
                status = session.status()
            finally:
                session.close()
    except (ProcoreError, requests.RequestException) as error:
        line.said, line.failed = _first_line(error), True
        return
    line.well = status.state == "signed in"
    line.failed = status.problem is not None or not line.well
    who = " · ".join(part for part in (status.who, status.where) if part)
    line.said = f"{who}, {status.renewal}" if line.well else "not signed in"
    if status.problem:
        line.said = _first_line(status.problem)


def _told_by_token(store: TokenStore, key: TokenKey) -> str:
    """Return how long a sign-in lasts whose app nobody here knows."""
    stored = store.load(key)
    if stored is None:
        return "not signed in"
    token, left = stored.token, None
    if token.expires_at is not None:
        left = max(0.0, token.expires_at - time.time())
    return renewal(left, renews=token.refresh_token is not None)


def _drawn(named: list[_Line], others: list[_Line], problems: list[str]) -> Inventory:
    lines: list[str] = []
    everything = [*named, *others]
    columns = [
        max((len(one) for one in texts), default=0)
        for texts in zip(*((line.label, line.place) for line in everything), strict=True)
    ]
    for title, part in (("Saved connections", named), ("Sign-ins without a saved connection", others)):
        if part:
            lines += [*([""] if lines else []), title]
            lines += [
                f"  {line.label:<{columns[0]}}   {line.place:<{columns[1]}}   {one_line(line.said, LONGEST)}"
                for line in part
            ]
    lines += [one_line(problem, LONGEST) for problem in problems]
    if not lines:
        return Inventory([NOBODY])
    well = any(line.well for line in everything) and not any(line.failed for line in everything)
    return Inventory(lines, well and not problems)


def _end_sign_ins(connection: SavedConnection) -> str:
    """End the sign-ins of a connection's app, whatever their account; return what the person should know of it."""
    settings = settings_for(connection.name)
    parts = Parts(settings)
    if not parts.person_signs_in:
        return ""
    keys = [parts.key]
    if isinstance(parts.store, FileStore):
        keys += [key for key in parts.store.sign_ins() if _app(key) == _app(parts.key) and key != parts.key]
    told = ""
    for key in keys:
        if parts.store.load(key) is None:
            continue
        try:
            Parts(replace(settings, account=key.account)).source.sign_out()
            told = told or " You are signed out of it."
        except (ProcoreError, requests.RequestException) as error:
            parts.store.delete(key)
            told = (
                f" Its sign-in is deleted here, but Procore could not be told to end it: {_first_line(error)}"
            )
    return told


def _secrets_of(connection: SavedConnection) -> list[SecretKey]:
    """Return which secrets of a connection may be kept; the Client Secret first, as ending a sign-in may take the proxy's."""
    properties = connection.properties
    keys = [saved.proxy_password_key(properties)]
    client_id = properties.get("OAuthClientId")
    if client_id is not None and (environment := _environment_of(connection)) is not None:
        keys.insert(0, saved.client_secret_key(environment, client_id))
    return [key for key in keys if key is not None]


def _environment_of(connection: SavedConnection) -> Environment | None:
    """Return a connection's hosts; None if its profile is gone, so that nobody can tell."""
    try:
        return resolve("", saved=connection.properties).environment
    except ProcoreError:
        return None


def _where(connection: SavedConnection) -> str:
    """Return where a connection's secrets are kept; two spellings of one place are the same."""
    location = connection.properties.get("OAuthSettingsLocation")
    try:
        return open_store(location).location
    except ProcoreError:
        return location or ""


def _app(key: TokenKey) -> tuple[str, str, str]:
    return key.login_host, key.api_host, key.client_id


def _place(place: str, client_id: str | None, account: str = saved.DEFAULT) -> str:
    app = f", app {one_line(short(client_id))}" if client_id else ""
    return f"{place}{app}{f', account {one_line(account)}' if account != saved.DEFAULT else ''}"


def _first_line(error: object) -> str:
    return str(error).partition("\n")[0]
