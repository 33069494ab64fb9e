"""The tables that come with the package, as their files describe them, read on first use.

They are not in the profiles, so that connecting doesn't read them. Procore and the demo share them, so that a
notebook made for the demo works against Procore with one word changed.
"""

from __future__ import annotations

import functools
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

GROUPS = {
    "core": "Core: companies, projects, people",
    "project_management": "Project management",
    "quality_safety": "Quality and safety",
    "field": "Field: daily logs and time",
    "financials": "Financials",
}
"""The groups, by the files of the catalog, in Procore's own words."""

_HERE = Path(__file__).parent


@functools.cache
def described() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the hand-made tables, and the records that their columns name; each by name."""
    tables: dict[str, Any] = {}
    records: dict[str, Any] = {}
    for found in _files().values():
        tables |= found.get("tables", {})
        records |= found.get("records", {})
    return tables, records


@functools.cache
def groups() -> Mapping[str, str]:
    """Return the title of each hand-made table's group, in the groups' own order."""
    return {name: title for file, title in GROUPS.items() for name in _files()[file]["tables"]}


@functools.cache
def _files() -> Mapping[str, Any]:
    """Return what each file of the catalog says, by the file's name."""
    files = sorted((_HERE / "tables").glob("*.toml"))
    return {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in files}


@functools.cache
def long_tail() -> tuple[Mapping[str, Any], ...]:
    """Return all list endpoints of Procore's API, from the file that ``tools/long_tail.py`` generates."""
    lines = (_HERE / "long_tail.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(json.loads(line) for line in lines[1:])
