"""Profiles: the hosts, OAuth paths and own tables of what is connected to, read from TOML."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from procore_jupyter.addresses import checked_origin, host_pattern
from procore_jupyter.errors import ConfigurationError, without_locals
from procore_jupyter.profiles.running_demo import App, read_running_demo
from procore_jupyter.wording import nearest, shown_path

BUILT_IN = {"Procore": "procore.toml", "Demo": "demo.toml"}
_LARGEST = 1_000_000
"""Bytes of the largest profile file that is read; one with all of Procore's tables has some 200,000."""

_OAUTH = {
    "authorize": "/oauth/authorize",
    "token": "/oauth/token",
    "revoke": "/oauth/revoke",
    "info": "/oauth/token/info",
}
"""The paths of Procore's OAuth endpoints, for profiles that don't give their own."""

_PATH = re.compile(r"/[A-Za-z0-9._~/-]*", re.ASCII)


@dataclass(frozen=True)
class Environment:
    """A login host and an API host that belong together.

    Parameters
    ----------
    name : str
        The name in a connection string (``Sandbox``).
    title : str
        The name that people read (``sandbox``).
    login_url, api_url : str
        Origins, without a last slash.
    file_hosts : tuple of str
        Hosts (``files.example.com``, ``*.example.com``) that downloads may send the bearer token to, over https.
    """

    name: str
    title: str
    login_url: str
    api_url: str
    file_hosts: tuple[str, ...] = ()

    @property
    def hosts(self) -> str:
        """Its hosts, in words for a person."""
        if self.login_host == self.api_host:
            return self.api_host
        return f"sign-in at {self.login_host}, API at {self.api_host}"

    @property
    def login_host(self) -> str:
        """The host of the login page, with its port if it has one."""
        return self.login_url.partition("://")[2]

    @property
    def api_host(self) -> str:
        """The host of the API, with its port if it has one."""
        return self.api_url.partition("://")[2].partition("/")[0]


@dataclass(frozen=True)
class Profile:
    """What is connected to.

    Parameters
    ----------
    name : str
        ``Procore``, ``Demo``, or the file's name without ``.toml``.
    title : str
        The name that people read.
    environments : mapping of str to Environment
        By name. A connection that names no environment uses ``Production``, or the first if there is none of that name.
    authorize_path, token_path, revoke_path, info_path : str
        Paths on the login host.
    stand_in : bool
        Whether this is the demo and not Procore.
    app : App or None
        The app of a connection that names none. Only the demo has one.
    has_procores_tables : bool
        Whether the tables that come with the package (`built_in_tables`) are there.
    tables, records : mapping
        A person's own tables, and the records that their columns name, as the file has them. Not part of equality.
    """

    name: str
    title: str
    environments: Mapping[str, Environment]
    authorize_path: str
    token_path: str
    revoke_path: str
    info_path: str
    stand_in: bool = False
    app: App | None = None
    has_procores_tables: bool = True
    tables: Mapping[str, Any] = field(default_factory=dict, compare=False)
    records: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def has_hosts_of(self, environment: Environment) -> bool:
        """Tell whether login host and API host are those of one of this profile's own environments, together."""
        hosts = environment.login_url, environment.api_url
        return hosts in [(own.login_url, own.api_url) for own in self.environments.values()]


@without_locals
def load(value: str) -> tuple[Profile, str | None]:
    """Return the profile that ``Profile=…`` names, and a line to show the person or None.

    Parameters
    ----------
    value : str
        ``Procore`` or ``Demo`` in any case, or the path of a ``.toml`` file. The path of an ``.apip`` file, which
        connection strings of other drivers have, means the built-in profile of the file's name.

    Raises
    ------
    ConfigurationError
        There is no such profile, its file can't be read or is wrong, or no demo is running.
    """
    wanted = value.strip()
    built_in = {name.casefold(): name for name in BUILT_IN}
    if wanted.casefold() in built_in:
        return _load_built_in(built_in[wanted.casefold()]), None
    file_name = re.split(r"[\\/]", wanted)[-1]
    stem, _, kind = file_name.rpartition(".")
    if kind.casefold() == "apip":
        if stem.casefold() not in built_in:
            raise ConfigurationError(
                "Profile files of the .apip kind can't be read. Use Profile=Procore, or describe your tables in a .toml file."
            )
        name = built_in[stem.casefold()]
        return _load_built_in(name), f"Profile: the built-in {name} is used; an .apip file isn't needed here."
    if kind.casefold() == "toml":
        return _load_file(wanted, stem), None
    raise ConfigurationError(
        "There is no such profile. Use Profile=Procore, Profile=Demo, or the path of a profile file that ends in .toml."
    )


def _load_built_in(name: str) -> Profile:
    profile = _described(name)
    if not profile.stand_in:
        return profile
    url, app = read_running_demo()
    environments = {
        key: replace(one, login_url=url, api_url=url) for key, one in profile.environments.items()
    }
    return replace(profile, environments=environments, app=app)


@functools.cache
def _described(name: str) -> Profile:
    described = tomllib.loads(Path(__file__).with_name(BUILT_IN[name]).read_text(encoding="utf-8"))
    return _profile(name, described, None, built_in=True)


def _load_file(value: str, stem: str) -> Profile:
    fault = None
    described: dict[str, Any] = {}
    try:
        path = Path(value).expanduser()
        if not path.is_file():
            fault = "doesn't exist"
        elif path.stat().st_size > _LARGEST:
            fault = "is too large to be a profile"
        else:
            described = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        fault = f"is not valid TOML: {error}".replace("\n", " ")
    except UnicodeDecodeError:
        fault = "is not UTF-8 text"
    except RecursionError:
        fault = "is nested too deeply"
    except OSError as error:
        fault = f"can't be read: {error.strerror}"
    except (ValueError, RuntimeError):  # the path holds a NUL character, or "~" and an unknown user's name
        fault = "has a path that can't be read"
    if fault is not None:
        raise ConfigurationError(f"The profile file {shown_path(value)} {fault}.")
    base = described.pop("extends", None)
    extended = None
    try:
        if base is not None:
            names = {name.casefold(): name for name in BUILT_IN}
            if not isinstance(base, str) or base.casefold() not in names:
                raise ValueError(f"extends must be one of {', '.join(BUILT_IN)}")
            extended = _load_built_in(names[base.casefold()])
        profile = _profile(stem, described, extended)
        return replace(profile, environments=_naming_hosts(profile, extended))
    except ValueError as error:
        fault = str(error)
    raise ConfigurationError(f"The profile file {shown_path(value)} is wrong: {fault}.")


def _profile(
    name: str, described: dict[str, Any], base: Profile | None, *, built_in: bool = False
) -> Profile:
    """Build a profile from TOML. Raises ValueError with a reason if it is wrong."""
    known = (
        "title",
        "oauth",
        "environments",
        *(("stand_in",) if built_in else ("extends", "tables", "records")),
    )
    _known_keys(described, known, "at the top")
    stand_in = base.stand_in if base else described.get("stand_in") is True
    oauth = _table(described, "oauth")
    _known_keys(oauth, _OAUTH, "in [oauth]")
    paths = {
        key: _oauth_path(key, oauth.get(key, getattr(base, f"{key}_path") if base else default))
        for key, default in _OAUTH.items()
    }
    environments = dict(base.environments) if base else {}
    for key, entry in _table(described, "environments").items():
        if not isinstance(entry, dict):
            raise ValueError(f"[environments.{key}] must be a table")
        environments[key] = _environment(key, entry, environments.get(key), stand_in)
    if not environments:
        raise ValueError('it has no [environments.NAME]; or begin it with  extends = "Procore"')
    return Profile(
        name=name,
        title=_text(described, "title", base.title if base else name),
        environments=environments,
        authorize_path=paths["authorize"],
        token_path=paths["token"],
        revoke_path=paths["revoke"],
        info_path=paths["info"],
        stand_in=stand_in,
        app=base.app if base else None,
        has_procores_tables=built_in or (base is not None and base.has_procores_tables),
        tables=_table(described, "tables"),
        records=_table(described, "records"),
    )


def _environment(name: str, entry: dict[str, Any], base: Environment | None, stand_in: bool) -> Environment:
    where = f"[environments.{name}]"
    _known_keys(entry, ("title", "login", "api", "file_hosts"), f"in {where}")
    hosts = entry.get("file_hosts", list(base.file_hosts) if base else [])
    if not isinstance(hosts, list) or not all(isinstance(host, str) for host in hosts):
        raise ValueError(f"file_hosts in {where} must be a list of hosts")
    try:
        file_hosts = tuple(host_pattern(host) for host in hosts)
    except ValueError as error:
        raise ValueError(f"file_hosts in {where}: each {error}") from None
    return Environment(
        name=name,
        title=_text(entry, "title", base.title if base else name),
        login_url=_origin(entry, "login", base.login_url if base else None, where, stand_in),
        api_url=_origin(entry, "api", base.api_url if base else None, where, stand_in),
        file_hosts=file_hosts,
    )


def _naming_hosts(profile: Profile, base: Profile | None) -> dict[str, Environment]:
    """Return a file's environments, their hosts in the title: a file can call anything "production"."""
    return {
        name: one if base and base.has_hosts_of(one) else replace(one, title=f"{one.title} ({one.hosts})")
        for name, one in profile.environments.items()
    }


def _origin(entry: dict[str, Any], key: str, default: str | None, where: str, stand_in: bool) -> str:
    value = entry.get(key, default)
    if value is None and stand_in:
        return ""  # the running demo's file has the address
    if not isinstance(value, str):
        raise ValueError(f'{where} needs  {key} = "https://…"')
    try:
        return checked_origin(value)
    except ValueError as error:
        raise ValueError(f"{key} in {where} {error}") from None


def _oauth_path(key: str, value: object) -> str:
    if not isinstance(value, str) or not _PATH.fullmatch(value) or value.startswith("//"):
        raise ValueError(f'{key} in [oauth] must be a path such as "/oauth/{key}"')
    return value


def _text(described: dict[str, Any], key: str, default: str) -> str:
    value = described.get(key, default)
    if not isinstance(value, str) or not value.isprintable() or len(value) > 60:
        raise ValueError(f"{key} must be a short text")
    return value


def _table(described: dict[str, Any], key: str) -> dict[str, Any]:
    value = described.get(key, {})
    if not isinstance(value, dict):
        raise ValueError(f"[{key}] must be a table")
    return value


def _known_keys(described: dict[str, Any], known: Iterable[str], where: str) -> None:
    names = list(known)
    for key in described:
        if key not in names:
            meant = nearest(key, names)
            raise ValueError(f"{key!r} {where} means nothing" + (f": did you mean {meant}?" if meant else ""))
