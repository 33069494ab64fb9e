"""Fields that are documented and didn't come are named; those of a view that wasn't asked for are led to."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from procore_jupyter import profiles
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.fetch.documented import missing_fields
from procore_jupyter.tables.parameters.selection import selection_of

CATALOG = Catalog(profiles.load("Procore")[0])
EXTENDED = ' view="extended" may have them.'


def lines(name: str, absent: set[str], *new: str, **given: Any) -> list[str]:
    spec = CATALOG.find(name)
    selection = selection_of(spec, {"project_id": 4711, **given}, today=date(2026, 12, 3))
    return [one for one in [missing_fields(selection, absent, [*spec.columns, *new])] if one]


@pytest.mark.parametrize("name", [name for name, spec in CATALOG.tables.items() if spec.scope == "project"])
def test_each_documented_field_that_did_not_come_is_named_once(name: str) -> None:
    spec = CATALOG.tables[name]
    parents = dict.fromkeys(spec.required, 1)
    own = [one for one in spec.columns if one not in spec.place_columns]
    more = EXTENDED if "extended" in spec.views and spec.default_view != "extended" else ""
    assert lines(name, set(), **parents) == []
    assert lines(name, {*spec.place_columns}, **parents) == []
    [line] = lines(name, {*own[:8]}, "new_one", "project_id", **parents)
    named = ", ".join(own[:8])
    assert line == (f"{name} lacks documented fields: {named}.{more} It has others instead: new_one.")


def test_of_many_fields_some_are_named() -> None:
    spec = CATALOG.tables["rfis"]
    [line] = lines("rfis", {*spec.columns})
    assert f" and {len(spec.columns) - len({*spec.columns} & {*spec.place_columns}) - 8} more." in line


def test_nothing_is_said_of_a_view_that_a_person_asked_for() -> None:
    assert lines("project_vendors", {"trades"}) != []
    assert lines("project_vendors", {"trades"}, view="ids_only") == []


def test_a_name_that_came_with_the_rows_stays_on_the_line() -> None:
    [line] = lines("rfis", {"subject"}, "a\n\x1b[31mWARNING\u202e")
    assert line.endswith("It has others instead: a [31mWARNING.")
