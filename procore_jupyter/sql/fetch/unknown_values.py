"""Values that a query asks for and that aren't there: a project that isn't listed, a word that Procore's filter doesn't know.

Nothing of it is an error: such a query has an answer, which has no rows. What is said of it is true of any query that
compares with the value, whatever else it asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from procore_jupyter.sql.plans.steps import PROJECT
from procore_jupyter.tables.location.place_names import Directory
from procore_jupyter.tables.place import ALL
from procore_jupyter.wording import nearest, quoted

if TYPE_CHECKING:
    from procore_jupyter.sql.fetch.fetching import Fetching
    from procore_jupyter.sql.plans.steps import Step
    from procore_jupyter.tables.definitions.spec import Filter

FEW = 3
"""Values that a note names."""


def unknown_values(fetching: Fetching) -> list[str]:
    """Return a line for each column that a query compares with values which aren't there, as far as that is known without a request.

    Parameters
    ----------
    fetching : Fetching
        What the query fetches, or has fetched.
    """
    projects = fetching._source.known_projects(ALL)
    whole = projects is not None and not (isinstance(projects, Directory) and projects.lack)
    ids, names = zip(*(projects or ()), strict=True) if projects else ((), ())
    lines: dict[str, None] = {}
    for step in fetching.steps:
        if step.spec is None or step.ours:
            continue
        id_column, name_column = ("id", "name") if step.spec.name == "projects" else PROJECT
        of_projects = step.spec.name == "projects" or step.spec.scope == "project"
        if whole and of_projects:
            lines |= dict.fromkeys(_no_project("called", _unknown(step, name_column, names), names))
            lines |= dict.fromkeys(_no_project("with the id", _unknown(step, id_column, ids), ()))
        for one in step.spec.filters.values():
            if one.sound and one.choices:
                values = _unknown(step, one.column, one.choices)
                lines |= dict.fromkeys(_not_in_filter(step.spec.name, one, values))
    return [*lines]


def _unknown(step: Step, column: str, known: Sequence[Any]) -> list[Any]:
    """Return the values with which a step's column is compared, without those that are known."""
    there = {*known}
    compared = [one for one in step.scan.conditions if one.column == column and one.operator in ("=", "in")]
    return [*dict.fromkeys(value for one in compared for value in one.values if value not in there)]


def _no_project(how: str, values: Sequence[Any], names: Sequence[str]) -> Iterator[str]:
    if values:
        yield f"Procore lists no project {how} {_listed(values)} for you.{_meant(values, names)}"


def _not_in_filter(table: str, filter: Filter, values: Sequence[Any]) -> Iterator[str]:
    if values:
        known = [str(one) for one in filter.choices]
        hint = _meant(values, known) or f" It knows {', '.join(known)}."
        yield f"Procore's filter of {table} knows no {filter.column} {_listed(values)}.{hint}"


def _listed(values: Sequence[Any]) -> str:
    more = f" or {len(values) - FEW:,} more" if len(values) > FEW else ""
    first = [quoted(one) for one in values[:FEW]]
    return ", ".join(first) + more if more or len(first) == 1 else f"{', '.join(first[:-1])} or {first[-1]}"


def _meant(values: Sequence[Any], known: Sequence[str]) -> str:
    found = [nearest(one, known) for one in values[:FEW] if isinstance(one, str)]
    meant = [quoted(one) for one in dict.fromkeys(found) if one]
    return f" Did you mean {' or '.join(meant)}?" if meant else ""
