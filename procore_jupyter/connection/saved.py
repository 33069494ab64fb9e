"""Saved connections: what ``--save`` keeps, so that a name says it all the next time.

One private file, ``connections.json`` in the user's data folder::

    {"version": 1, "connections": [{"name": "default", "account": "default", "properties": {"Environment": "Sandbox", …}}]}

No secret is ever in it: `SECRETS` are kept where the sign-ins are kept (`oauth.token_store`), one-time
seeds and tokens nowhere (`UNSAVED`). `files.document` says how the file is changed, and what survives.
"""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from procore_jupyter.errors import (
    ConfigurationError,
    ConnectionStringError,
    ProcoreWarning,
    TokenStoreError,
    without_locals,
)
from procore_jupyter.files import private
from procore_jupyter.files.document import Document, DocumentFile, DocumentWords, EntryList
from procore_jupyter.files.private import NoHome
from procore_jupyter.oauth.stores import open_store
from procore_jupyter.oauth.token_store import SecretKey, store_errors
from procore_jupyter.profiles import Environment
from procore_jupyter.secret import Secret
from procore_jupyter.settings import kinds, properties
from procore_jupyter.settings.connection_string import ConnectionString
from procore_jupyter.wording import is_near_miss, nearest

DEFAULT = "default"

SECRETS = ("OAuthClientSecret", "ProxyPassword")
"""Kept in the token store."""

UNSAVED = (
    "OAuthAccessToken",
    "OAuthRefreshToken",
    "OAuthVerifier",
    "OAuthExpiresIn",
    "OAuthTokenTimestamp",
)
"""Good for once, and so not kept; what grew from them is a stored sign-in."""

_WORDS = DocumentWords(
    thing="connection",
    kept="saved",
    clash="if two notebooks save a connection at the same moment, one of them can be lost",
)
_NAME = re.compile(r"\w[\w .-]{0,39}(?<! )")


@dataclass(frozen=True)
class SavedConnection:
    """A saved connection.

    Parameters
    ----------
    name : str
        What the user calls it.
    properties : mapping of str to str
        Canonical names to values; no secret among them.
    account : str
        Which stored sign-in it goes with.
    """

    name: str
    properties: Mapping[str, str] = field(default_factory=dict)
    account: str = DEFAULT


def path() -> Path:
    """Return where they are kept; raises `NoHome`."""
    return private.data_folder() / "connections.json"


def check_name(name: str) -> str:
    """Return a name that a connection can be saved under.

    Raises
    ------
    ConfigurationError
        It can't be one; it is not repeated in the message.
    """
    name = name.strip()
    if _NAME.fullmatch(name) is None or properties.find(name) is not None:
        raise ConfigurationError(
            "A saved connection's name can have up to 40 letters, digits, spaces and . _ - and must not be the name of a property. For example:  --save site"
        )
    return name


def name_in(text: str) -> str | None:
    """Return what a text holds in the place of a connection string if it can only be a saved connection's name.

    ``site``, ``site;`` and ``"Site A"`` are; a text with a ``=``, several parts, or a property's name isn't.
    """
    name = text.strip().rstrip("; \t\n")
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1].strip()
    plain = name and not re.search(r"[=;\n#]", name) and properties.find(name) is None
    return name if plain else None


def names() -> list[str]:
    """Return the names of all that are saved, for completion: reads the file and never raises."""
    try:
        return [entry["name"] for entry in _read().entries("connections")]
    except TokenStoreError:
        return []


def look() -> tuple[list[SavedConnection], list[str]]:
    """Return all that are saved, and what is wrong with the file, a line each; changes nothing, and never raises."""
    found: list[SavedConnection] = []
    problems: list[str] = []
    try:
        document = _read()
    except TokenStoreError as error:
        return [], [str(error)]
    if document.damaged:
        problems.append("damaged: when it is next used, it is kept under another name")
    for entry in document.entries("connections"):
        try:
            found.append(_connection(entry))
        except ConfigurationError as error:
            problems.append(str(error))
    return found, problems


def find(name: str) -> SavedConnection | None:
    """Return the connection saved under a name (in any case), None where there is none.

    Raises
    ------
    ConfigurationError
        It holds a value that isn't allowed.
    TokenStoreError
        The file is somebody else's, open to others, of a newer format, or can't be read.
    """
    for entry in _read(settled=True).entries("connections"):
        if entry["name"].casefold() == name.casefold():
            return _connection(entry)
    return None


def require(name: str) -> SavedConnection:
    """Return the connection saved under a name.

    Raises
    ------
    ConfigurationError
        There is none. The name is repeated only where it is nearly one that there is: it may be a secret
        that was pasted in the wrong place.
    TokenStoreError
        As for `find`.
    """
    found = find(name)
    if found is not None:
        return found
    saved = names()
    if not saved:
        raise ConfigurationError(
            "There is no saved connection of that name, nor any other. Write a connection string; --save NAME saves it."
        )
    what = f'"{name}"' if is_near_miss(name, saved) else "that name"
    meant = nearest(name, saved)
    did = f" Did you mean {meant}?" if meant else ""
    raise ConfigurationError(f"No connection is saved under {what}.{did} Saved: {', '.join(saved)}.")


def keep(connection: SavedConnection) -> None:
    """Save a connection in place of the one of that name; return when it is on the disk.

    Raises
    ------
    TokenStoreError
        As for `find`, or it can't be written; what was saved before still stands.
    """
    try:
        file = _file()
    except NoHome as error:
        raise TokenStoreError(f"{error}.") from None
    with store_errors(), file.changing() as document:
        kept = (entry["name"] for entry in document.entries("connections"))
        name = next((one for one in kept if one.casefold() == connection.name.casefold()), connection.name)
        value = {"account": connection.account, "properties": dict(connection.properties)}
        document.put("connections", {"name": name}, value)


def remove(name: str) -> bool:
    """Remove the connection saved under a name (in any case); return whether there was one. Its secrets stay.

    Raises
    ------
    TokenStoreError
        As for `keep`.
    """
    try:
        file = _file()
    except NoHome:
        return False
    with store_errors(), file.changing() as document:
        found = [
            entry["name"]
            for entry in document.entries("connections")
            if entry["name"].casefold() == name.casefold()
        ]
        for one in found:
            document.remove("connections", {"name": one})
    return bool(found)


def savable(written: Mapping[str, str]) -> dict[str, str]:
    """Return those of a connection's properties that a saved connection holds; paths made absolute."""
    kept = {name: value for name, value in written.items() if name not in (*SECRETS, *UNSAVED)}
    for name in ("OAuthSettingsLocation", "SSLServerCert", "Profile"):
        value = kept.get(name, "")
        is_path = value.lower().endswith(".toml") if name == "Profile" else value and "://" not in value
        if is_path:
            with contextlib.suppress(RuntimeError, ValueError, OSError):
                kept[name] = str(Path(value).expanduser().absolute())
    return kept


# The secrets that belong to a connection


def client_secret_key(environment: Environment, client_id: str) -> SecretKey:
    """Return under which key an app's Client Secret is kept: it gets tokens for one API host alone."""
    host = f"{environment.login_host} for {environment.api_host}"
    return SecretKey("OAuthClientSecret", host, client_id)


def proxy_password_key(written: Mapping[str, str]) -> SecretKey | None:
    """Return under which key a proxy's password is kept, None where no user signs in at a proxy."""
    server, user = written.get("ProxyServer"), written.get("ProxyUser")
    if not server or not user:
        return None
    port = written.get("ProxyPort")
    return SecretKey("ProxyPassword", f"{server}:{port}" if port else server, user)


@without_locals
def secret(location: str | None, key: SecretKey | None) -> Secret | None:
    """Return a kept secret, None where there is none.

    Raises
    ------
    TokenStoreError
        The place where it is kept can't be read.
    """
    return None if key is None else open_store(location).load_secret(key)


@without_locals
def keep_secret(location: str | None, key: SecretKey, value: Secret) -> None:
    """Keep a secret where the sign-ins are kept; nothing is written where it is there already.

    Raises
    ------
    TokenStoreError
        It can't be written.
    """
    store = open_store(location)
    if store.load_secret(key) != value:
        store.save_secret(key, value)


def forget_secret(location: str | None, key: SecretKey) -> bool:
    """Delete a kept secret; return whether there was one.

    Raises
    ------
    TokenStoreError
        The place where it is kept can't be read or changed.
    """
    store = open_store(location)
    if store.load_secret(key) is None:
        return False
    store.delete_secret(key)
    return True


# The file


def _file() -> DocumentFile:
    return DocumentFile(path(), _lists(), _WORDS, _warn)


def _lists() -> tuple[EntryList, ...]:
    return (EntryList("connections", _is_whole),)


def _read(*, settled: bool = False) -> Document:
    """Return what the file holds; nothing if the user has no home folder. `settled`: a damaged file is put aside first."""
    try:
        file = _file()
    except NoHome:
        return Document(_lists())
    with store_errors():
        return file.load() if settled else file.read()


def _warn(message: str) -> None:
    warnings.warn(message, ProcoreWarning, stacklevel=2)


def _is_whole(entry: object) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("account", DEFAULT), str):
        return False
    kept = entry.get("properties")
    if not isinstance(entry.get("name"), str) or not isinstance(kept, dict):
        return False
    return all(isinstance(value, str) for value in kept.values())


def _connection(entry: Mapping[str, Any]) -> SavedConnection:
    return SavedConnection(entry["name"], _checked(entry["properties"]), entry.get("account", DEFAULT))


def _checked(kept: Mapping[str, str]) -> dict[str, str]:
    """Return what this version knows of a connection's properties, without any secret that somebody put there.

    Raises
    ------
    ConfigurationError
        A value isn't allowed.
    """
    known = {name: value for name, value in kept.items() if properties.find(name) is not None}
    reason = ""
    try:
        return savable(kinds.check(ConnectionString(known)))
    except ConnectionStringError as error:
        reason = str(error)
    raise ConfigurationError(f"A saved connection in {path()} can't be used: {reason}.")
