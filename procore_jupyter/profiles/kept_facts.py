"""What a check found of an API's tables and a person has kept: a TOML file by API host, which counts before what is built in.

A file has parts of tables' descriptions, as a profile has whole ones::

    [tables.rfis]
    largest_page = 100

    [tables.rfis.columns]
    severity = "text"

It is removed by deleting it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.files import private

Tables = Mapping[str, Mapping[str, Any]]
"""Parts of tables' descriptions, by the tables' names."""

_HEAD = """# What  procore-jupyter check --keep  found about the tables at {host}. It is used instead of what is built in.
# Delete this file to go back to that.
"""


def facts_path(api_host: str) -> Path:
    """Return where an API's facts are kept. Raises `files.private.NoHome`."""
    return private.data_folder() / f"facts-{re.sub(r'[^A-Za-z0-9.-]', '_', api_host)}.toml"


def kept_facts(api_host: str) -> Tables:
    """Return what is kept of an API's tables; nothing if no check has kept anything.

    Raises
    ------
    ConfigurationError
        The file can't be read, or isn't TOML.
    """
    try:
        path = facts_path(api_host)
    except private.NoHome:
        return {}
    try:
        content = private.read_private(path)
        found = tomllib.loads((content or b"").decode()).get("tables", {})
    except private.NotPrivate as error:
        raise ConfigurationError(str(error)) from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{path} can't be read: {error}. Delete it, and run  procore-jupyter check --tables --keep  again."
        ) from None
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        raise ConfigurationError(f"{path} doesn't hold tables. Delete it.")
    return found


def keep_facts(api_host: str, tables: Tables) -> Path:
    """Keep what was found of an API's tables, beside what is kept already; return the file.

    Raises
    ------
    ConfigurationError
        The file that is there can't be read.
    OSError
        It can't be written.
    """
    path = facts_path(api_host)
    found = {
        name: with_facts(table, tables.get(name, {}))
        for name, table in {**tables, **kept_facts(api_host)}.items()
    }
    private.write_private(path, (_HEAD.format(host=api_host) + tomli_w.dumps({"tables": found})).encode())
    return path


def with_facts(table: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table's description with what is kept of it. Columns and filters are kept one by one."""
    found = {**table, **facts}
    if "columns" in facts:
        found["columns"] = {**table.get("columns", {}), **facts["columns"]}
    if "filters" in facts:
        before = table.get("filters", {})
        told = {name: {**_mapping(before.get(name, {})), **one} for name, one in facts["filters"].items()}
        found["filters"] = {**before, **told}
    return found


def _mapping(described: object) -> Mapping[str, Any]:
    """Return a filter's description; a short one is its kind alone."""
    return described if isinstance(described, dict) else {"kind": described}
