"""The tables that come with the package, as they are written down: read from their files on first use.

They stand beside the profiles and not in them, so that connecting doesn't pay for reading them. Both built-in
profiles have them, so that a notebook made for the demo works against Procore with one word changed.
"""

from __future__ import annotations

import functools
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


@functools.cache
def described() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the hand-made tables and the records that they name, each by name."""
    tables: dict[str, Any] = {}
    records: dict[str, Any] = {}
    for file in sorted((_HERE / "tables").glob("*.toml")):
        found = tomllib.loads(file.read_text(encoding="utf-8"))
        tables |= found.get("tables", {})
        records |= found.get("records", {})
    return tables, records


@functools.cache
def long_tail() -> tuple[Mapping[str, Any], ...]:
    """Return every list that Procore's API has, as its generated file tells (``tools/long_tail.py``)."""
    lines = (_HERE / "long_tail.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(json.loads(line) for line in lines[1:])
