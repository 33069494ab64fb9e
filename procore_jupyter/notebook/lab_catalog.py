"""The tables as the sidebar lists them, and one table as it is opened there. Nothing here makes a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from procore_jupyter import __version__
from procore_jupyter.profiles import built_in_tables
from procore_jupyter.tables.definitions.catalog import built_in
from procore_jupyter.tables.definitions.description import days_of, taken
from procore_jupyter.tables.definitions.spec import PROJECT_NAME, TableSpec
from procore_jupyter.tables.display.glossary import meaning

if TYPE_CHECKING:
    from procore_jupyter.connection.procore import Procore
    from procore_jupyter.tables.definitions.catalog import Catalog

OWN = "Your own"
"""The group of the tables that a person's profile describes."""


def catalog_of(session: Procore | None) -> Catalog:
    """Return the tables of a session; Procore's own where there is none."""
    return built_in() if session is None else session.tables.catalog


def version_of(session: Procore | None) -> str:
    """Return a text that changes with the list of tables: of whose profile they are, and of which release."""
    return f"{__version__} {'Procore' if session is None else session.settings.profile.name}"


def listed(session: Procore | None) -> dict[str, Any]:
    """Return all tables: those that were gone over by hand in their groups, and the long tail."""
    catalog, groups = catalog_of(session), built_in_tables.groups()
    grouped: dict[str, list[list[str]]] = {title: [] for title in dict.fromkeys(groups.values())}
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
    return {
        **dict(zip(("name", "title", "scope"), _line(spec), strict=True)),
        "note": spec.note,
        "days": f"All days up to today, unless {days_of(spec)} say which." if spec.dates else "",
        "columns": [[one, kind, meaning(one)] for one, kind in _columns(spec).items()],
        "first": [one for one in spec.show if one in spec.known_columns],
        "required": [[one, taken(spec, one)] for one in given],
        "filters": [_filter(spec, one) for one in spec.parameters if one not in given],
    }


def _line(spec: TableSpec) -> list[str]:
    return [spec.name, spec.title.removeprefix("List "), spec.scope]


def _columns(spec: TableSpec) -> Mapping[str, str]:
    """Return the columns that a fetched table has, in their order, with their kinds."""
    places = {PROJECT_NAME: "text"}  # the others are ids
    return {name: spec.columns.get(name, places.get(name, "id")) for name in spec.known_columns}


def _filter(spec: TableSpec, name: str) -> list[Any]:
    """Return a parameter's name, what it takes in words, and an example of a value as Python writes it."""
    found = spec.filters.get(name)
    example = "…"
    if found is not None and found.choices:
        example = repr(found.choices[0]).replace("'", '"')
    elif found is not None and found.kind == "bool":
        example = "True"
    return [name, taken(spec, name), example]
