"""What is kept where on this machine: files with their sizes and modes, and whose tokens. Shows no secret, asks nobody."""

from __future__ import annotations

import contextlib
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from procore_jupyter.connection import saved
from procore_jupyter.errors import ProcoreError
from procore_jupyter.files import private
from procore_jupyter.oauth.file_store import FileStore
from procore_jupyter.oauth.keyring_store import SERVICE, entry_name
from procore_jupyter.oauth.stores import open_store
from procore_jupyter.oauth.token_store import SecretKey, TokenKey, TokenStore
from procore_jupyter.profiles.kept_labels import label_paths
from procore_jupyter.settings.resolve import read_surroundings, resolve

SHORT = 6
"""Characters shown of a Client ID."""


def described(location: str | None = None) -> list[str]:
    """Return the lines of ``procore-jupyter status --paths``.

    Parameters
    ----------
    location : str or None
        An ``OAuthSettingsLocation`` to describe beside the usual one and those of saved connections.
    """
    connections, problems = saved.look()
    try:
        folder = private.data_folder()
    except private.NoHome as error:
        return [f"{error}.", *(["", *_place(location, connections)] if location else [])]
    lines = ["Saved connections (no secrets in them)", *_files(_with_those_beside(saved.path()))]
    lines += [f"    {problem}" for problem in problems]
    for one in connections:
        app = one.properties.get("OAuthClientId")
        where = one.properties.get("Environment") or one.properties.get("Profile") or "Production"
        lines.append(
            f"    {one.name}: {where}, {f'app {short(app)}' if app else 'no app'}, account {one.account}"
        )
    places = [None, location, *(one.properties.get("OAuthSettingsLocation") for one in connections)]
    for place in dict.fromkeys(places):
        lines += ["", *_place(place, connections)]
    runtime, demo = read_surroundings().runtime_folder, private.runtime_folder() / "demo.json"
    lines += [
        "",
        "While they run: a demo's address and app; proof of a Jupyter server's owner (servers without a token)",
        *_files([demo, *private.leftovers(demo), *sorted(runtime.glob("procore-jupyter-owner-*"))]),
        "",
        "How many requests Procore's limits leave, by app and account, so that your kernels share them",
        *_files(sorted(private.runtime_folder().glob("pace-*.json"))),
    ]
    lines += [
        "",
        "Where Procore's lists differ from their description, by address without ids, so that no kernel has to find it out again",
        *_files(_with_those_beside(folder / "quirks.json")),
        "",
        "What a check found about the tables (procore-jupyter check --keep), used instead of what is built in",
        *_files(sorted(folder.glob("facts-*.toml"))),
        "",
        "Labels of custom fields, saved by an administrator (procore-jupyter check --keep-labels)",
        *_files(label_paths()),
    ]
    told = "\n".join(lines)
    others = [one for one in sorted(folder.rglob("*")) if not one.is_dir() and f"  {one}  " not in told]
    return (
        [*lines, "", f"What else is in {folder}: locks, and notes of renewals", *_files(others)]
        if others
        else lines
    )


def short(client_id: str) -> str:
    """Return the start of a Client ID, which is enough to tell one app from another."""
    return client_id if len(client_id) <= SHORT else f"{client_id[:SHORT]}…"


def _place(location: str | None, connections: Iterable[saved.SavedConnection]) -> Iterator[str]:
    """Describe one token store."""
    try:
        store = open_store(location)
    except ProcoreError as error:
        yield f"Sign-ins in {location}"
        yield f"    {error}"
        return
    if isinstance(store, FileStore):
        file = Path(store.location)
        yield "Sign-ins, and the secrets of saved connections (unencrypted, readable by you only)"
        yield from _files([file])
        try:
            yield from (f"    sign-in: {_whose(key)}" for key in store.sign_ins())
            yield from (f"    secret: {_of(key)}" for key in store.secret_keys())
        except ProcoreError as error:
            yield f"    {error}"
        yield from _files(_with_those_beside(file)[1:])
    elif store.location == "keyring://":
        yield f"Sign-ins in the system's keyring, service {SERVICE}"
        yield from (f"    {line}" for line in _in_keyring(store, connections))
    else:
        yield f"Sign-ins in the memory of single processes ({store.location}): nothing on this machine's disk"


def _in_keyring(store: TokenStore, connections: Iterable[saved.SavedConnection]) -> Iterator[str]:
    """Describe the keyring's entries of saved connections. Others can't be described: a keyring lists nothing."""
    for one in connections:
        client_id = one.properties.get("OAuthClientId")
        if one.properties.get("OAuthSettingsLocation") != "keyring://" or client_id is None:
            continue
        try:
            hosts = resolve("", saved=one.properties).environment
            key = TokenKey(hosts.login_host, client_id, one.account, api_host=hosts.api_host)
            there = "signed in" if store.load(key) is not None else "no sign-in"
            secret = store.load_secret(saved.client_secret_key(hosts, client_id)) is not None
        except ProcoreError as error:
            yield f"{one.name}: {error}"
            continue
        name = entry_name(replace(key, client_id=short(client_id)))
        yield f"{name}: {there}{', client secret' if secret else ''}"
    yield "Others are found there by name: account | Client ID | login host | API host"


def _with_those_beside(file: Path) -> list[Path]:
    """Return a file and those that belong to it: locks, notes, damaged versions put aside, copies of killed writers."""
    start, beside = f"{file.name}.", []
    with contextlib.suppress(OSError):
        beside = sorted(one for one in file.parent.iterdir() if one.name.startswith(start))
    return [file, *beside, *private.leftovers(file)]


def _files(paths: Iterable[Path]) -> Iterator[str]:
    """Describe files, a line each: size, mode, time of the last change."""
    for path in paths:
        try:
            found = path.lstat()
        except OSError:
            yield f"  {path}  (not there)"
            continue
        changed = time.strftime("%Y-%m-%d %H:%M", time.localtime(found.st_mtime))
        yield f"  {path}  {found.st_size:,} bytes  {stat.filemode(found.st_mode)}  {changed}"


def _whose(key: TokenKey) -> str:
    api = f", API {key.api_host}" if key.api_host else ""
    return f"{key.login_host}{api}, app {short(key.client_id)}, account {key.account}"


def _of(key: SecretKey) -> str:
    return f"{key.name} of {short(key.owner)} at {key.host}"
