"""The tables as the sidebar lists them, and one table as it is opened there. Nothing here makes a request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from procore_jupyter import __version__
from procore_jupyter.profiles import built_in_tables
from procore_jupyter.tables.definitions.catalog import built_in
from procore_jupyter.tables.definitions.description import days_of, taken
from procore_jupyter.tables.definitions.spec import PROJECT_NAME, SCOPE_IDS, TableSpec
from procore_jupyter.tables.display.glossary import meaning

if TYPE_CHECKING:
    from procore_jupyter.connection.procore import Procore
    from procore_jupyter.tables.definitions.catalog import Catalog

OWN = "Your own"
"""The group of the tables that a person's profile describes."""

_LEADING = re.compile(
    r"^(?:(?:get|list|show|returns?|retrieves?)\s+)?(?:(?:a\s+list\s+)?of\s+)?(?:all\s+)?(?:available\s+)?(?!$)",
    re.IGNORECASE,
)
"""The words of the API's description that say no more than that a list is got."""


def catalog_of(session: Procore | None) -> Catalog:
    """Return the tables of a session; Procore's own where there is none."""
    return built_in() if session is None else session.tables.catalog


def version_of(session: Procore | None) -> str:
    """Return a text that changes with the list of tables: of whose profile they are, and of which release."""
    return f"{__version__} {'Procore' if session is None else session.settings.profile.name}"


def listed(session: Procore | None) -> dict[str, Any]:
    """Return all tables: those that were gone over by hand in their groups, and the long tail."""
    catalog, groups = catalog_of(session), built_in_tables.groups()
    core, *others = dict.fromkeys(groups.values())  # companies and projects are chosen above the tables
    grouped: dict[str, list[list[str]]] = {title: [] for title in (*others, core)}
    for name, spec in catalog.tables.items():
        grouped.setdefault(groups.get(name, OWN), []).append(_line(spec))
    return {
        "version": version_of(session),
        "groups": [{"title": title, "tables": lines} for title, lines in grouped.items() if lines],
        "tail": [_line(spec) for spec in catalog.probable.values()],
    }


def opened(session: Procore | None, name: str) -> dict[str, Any]:
    """Return what is known of one table: its columns, and what it takes.

    Raises
    ------
    TableNotFound
        There is none of that name.
    """
    spec = catalog_of(session).find(name)
    given = [*spec.required]
    elsewhere = {*given, *SCOPE_IDS}  # which are chosen above the tables
    filters = [_filter(spec, one) for one in spec.parameters if one not in elsewhere]
    return {
        **dict(zip(("name", "title", "scope"), _line(spec), strict=True)),
        "note": spec.note,
        "days": f"All days up to today, unless {days_of(spec)} say which." if spec.dates else "",
        "columns": [[one, kind, meaning(one)] for one, kind in _columns(spec).items()],
        "first": [one for one in spec.show if one in spec.known_columns],
        "required": [[one, taken(spec, one)] for one in given],
        "filters": sorted(filters, key=lambda one: not one[2]),
    }


def _line(spec: TableSpec) -> list[str]:
    title = _LEADING.sub("", spec.title)
    return [spec.name, title[:1].upper() + title[1:], spec.scope]


def _columns(spec: TableSpec) -> Mapping[str, str]:
    """Return the columns that a fetched table has, in their order, with their kinds."""
    places = {PROJECT_NAME: "text"}  # the others are ids
    return {name: spec.columns.get(name, places.get(name, "id")) for name in spec.known_columns}


def _filter(spec: TableSpec, name: str) -> list[Any]:
    """Return a parameter's name, what it takes in words, and the values it has, as Python writes them, if they are few."""
    found = spec.filters.get(name)
    values: Iterable[object] = ()
    if found is not None:
        values = found.choices or ((True, False) if found.kind == "bool" else ())
    return [name, taken(spec, name), [repr(one).replace("'", '"') for one in values]]
