"""`Whereabouts`: the places where a step's rows are: a company, its projects, rows of other tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from procore_jupyter.errors import ParameterError
from procore_jupyter.sql.fetch.domains import Domains
from procore_jupyter.sql.fetch.source import RowSource
from procore_jupyter.sql.plans.keys import Keys
from procore_jupyter.sql.plans.steps import PROJECT, Step, Values
from procore_jupyter.tables.arrow.types import array_of
from procore_jupyter.tables.place import ALL, ALL_ACTIVE, Named, Place

if TYPE_CHECKING:
    from procore_jupyter.sql.plans.plan import ScanCondition
    from procore_jupyter.tables.definitions.spec import TableSpec

_KINDS: Mapping[str, type] = dict(zip(PROJECT, (int, str), strict=True))

Bounds = Mapping[str, Values]
"""The values of columns which say of which project rows are, as far as something narrows them."""


class Whereabouts:
    """Finds the places of steps.

    Parameters
    ----------
    source : RowSource
        Knows which projects there are.
    keys : Keys
        Looks for values in rows.
    projects : str or tuple
        The projects of a table that nothing bounds.

    Attributes
    ----------
    narrowed : dict
        For each step that was fetched, the values that its columns were narrowed to.
    unbounded : bool
        Whether a table was read that nothing bounds.
    """

    def __init__(self, source: RowSource, keys: Keys, projects: str | tuple[int | str, ...]) -> None:
        self._source, self._keys, self._wanted = source, keys, projects
        self.narrowed: dict[int, Mapping[str, Values]] = {}
        self.unbounded = False
        self._found: dict[object, Sequence[Place]] = {}
        self._existing: frozenset[int] | None = None

    def of(self, step: Step, domains: Domains, steps: Sequence[Step]) -> Sequence[Place]:
        """Return the places of a step's rows, asking Procore for what isn't known.

        Parameters
        ----------
        step : Step
            The step.
        domains : sequence of mapping
            What is known of the columns of each step.
        steps : sequence of Step
            All steps: those that read its parents have their rows.

        Raises
        ------
        ParameterError
            Nothing says which parents are meant.
        """
        found = self._places(step, domains, steps, ask=True)
        assert found is not None
        return found

    def known(self, step: Step, domains: Domains, steps: Sequence[Step]) -> Sequence[Place] | None:
        """Return the places of a step's rows if that takes no request; else None."""
        return self._places(step, domains, steps, ask=False)

    def _places(
        self, step: Step, domains: Domains, steps: Sequence[Step], *, ask: bool
    ) -> Sequence[Place] | None:
        """Return the places of a step's rows: the same ones for each step of which the same is known."""
        spec = step.spec
        assert spec is not None
        bounds, conditions = _bounds(step, domains), _beyond(step.scan.conditions)
        values = {name: domains[step.number].get(name) for name in spec.parents}
        parents = tuple(
            (name, tuple(of), step.parents[name], values[name]) for name, of in spec.parents.items()
        )
        key = (spec.scope, tuple(bounds.items()), conditions, parents)
        found = self._found.get(key)
        if found is None:
            found = self._place(step, bounds, conditions, values, steps, ask=ask)
            if found is None:
                return None
            self._found[key] = found
        self.unbounded |= ask and spec.scope == "project" and not self.is_bounded(step, domains)
        return found

    @staticmethod
    def is_bounded(step: Step, domains: Domains) -> bool:
        """Return whether something says by now of which projects a step's rows are."""
        said = _bounds(step, domains) or _beyond(step.scan.conditions) or any(step.parents.values())
        return bool(said)

    def _place(
        self,
        step: Step,
        bounds: Bounds,
        conditions: Sequence[str],
        values: Mapping[str, Values | None],
        steps: Sequence[Step],
        *,
        ask: bool,
    ) -> Sequence[Place] | None:
        spec = step.spec
        assert spec is not None
        if spec.scope == "global":
            return [Place()]
        places = [Place(self._source.company())]
        if spec.scope == "project":
            projects = self._projects(step, bounds, conditions, steps, ask=ask)
            if projects is None:
                return None
            places = [Place(places[0].company, project) for project in projects]
        for name in spec.parents:
            of_each = self._parents(step, name, values[name], places, steps)
            places = [
                Place(place.company, place.project, (*place.parents, (name, value)))
                for place, found in zip(places, of_each, strict=True)
                for value in found
            ]
        return places

    # Projects

    def _projects(
        self, step: Step, bounds: Bounds, conditions: Sequence[str], steps: Sequence[Step], *, ask: bool
    ) -> Sequence[Named] | None:
        """Return the projects whose rows a step needs; None if nobody may be asked and they aren't known."""
        ids, names = (_all_of(kind, bounds.get(column)) for column, kind in _KINDS.items())
        made = {column: values for column, values in bounds.items() if column not in PROJECT}
        among = self._of_parents(step, steps)
        if among is None and not bounds and not conditions:
            return self._unbounded(ask=ask)
        listed = self._source.known_projects(ALL)
        by_name = names is not None or any(PROJECT[1] in one for one in (*made, *conditions))
        if listed is None and (by_name or (among is None and ids is None)):
            if not ask:
                return None
            listed = self._source.projects(ALL)
        called = dict(listed or ())
        if among is None:
            others = [(number, "") for number in sorted(ids or ()) if number not in called and number > 0]
            among = [*(listed or ()), *others]
        projects = [(number, called.get(number, name)) for number, name in among]
        return self._meeting(projects, conditions, ids, names, made)

    @staticmethod
    def _of_parents(step: Step, steps: Sequence[Step]) -> Sequence[Named] | None:
        """Return the projects in which the parents of a step's rows were looked for; None if it has none."""
        numbers = [number for some in step.parents.values() for number in some]
        if not numbers:
            return None
        places = merged(steps[number].places for number in numbers)
        return [*dict.fromkeys(place.project for place in places if place.project)]

    def _unbounded(self, *, ask: bool) -> Sequence[Named] | None:
        chosen = self._source.chosen_project()
        if self._wanted == "active" and chosen is not None:
            return [chosen]
        wanted = ALL_ACTIVE if self._wanted == "active" else self._wanted
        return self._source.projects(wanted) if ask else self._source.known_projects(wanted)

    def _meeting(
        self,
        projects: Sequence[Named],
        conditions: Sequence[str],
        ids: Values | None,
        names: Values | None,
        made: Bounds,
    ) -> Sequence[Named]:
        """Return the projects that meet all conditions on their ids and names, and on what expressions make of these."""
        if ids is not None:
            projects = [one for one in projects if one[0] in ids]
        if names is not None:
            projects = [one for one in projects if one[1] in names]
        if not projects or not (conditions or made):
            return projects
        rows = pa.Table.from_arrays(
            [
                array_of((one[column] for one in projects), kind)
                for column, kind in ((0, pa.int64()), (1, pa.string()))
            ],
            [*PROJECT],
        )
        found = {number for (number,) in self._keys.of(rows, PROJECT[:1], conditions, made, generated=made)}
        return [one for one in projects if one[0] in found]

    # Parents

    def _parents(
        self,
        step: Step,
        name: str,
        values: Values | None,
        places: Sequence[Place],
        steps: Sequence[Step],
    ) -> list[list[Any]]:
        """Return the values of a parameter at each place."""
        spec = step.spec
        assert spec is not None
        readers = [steps[number] for number in step.parents[name]]
        if not readers:
            if values is None:
                raise ParameterError(_unbounded_parents(spec, name))
            return [sorted(values)] * len(places)
        found: dict[Any, dict[Any, None]] = {}
        for reader, of in zip(readers, spec.parents[name], strict=True):
            assert reader.spec is not None
            column = of.partition(".")[2]
            by_project = "project_id" in reader.spec.place_columns and spec.scope == "project"
            wanted = ["project_id", column] if by_project else [column]
            narrowed = self.narrowed.get(reader.number)
            for row in self._keys.of(reader.read, wanted, reader.conditions, narrowed):
                value = row[-1]
                if values is None or value in values:
                    found.setdefault(row[0] if by_project else None, {})[value] = None
        return [
            [
                *found.get(place.project[0] if place.project else None, {}),
                *(found.get(None, {}) if place.project else {}),
            ]
            for place in places
        ]

    # Places that aren't there

    def exists(self, project: int | None) -> bool:
        """Return whether a project is among those that one may see. One that isn't has no rows, and lacks none."""
        if self._existing is None:
            self._existing = frozenset(number for number, _ in self._source.projects(ALL))
        return project is None or project in self._existing


def _beyond(conditions: Sequence[ScanCondition]) -> tuple[str, ...]:
    """Return the conditions on projects, as SQL, of which domains don't hold all that they say."""
    return tuple(
        one.sql
        for one in conditions
        if (kind := _KINDS.get(one.column)) and one.operator != "is not null"
        if one.more or one.operator not in ("=", "in") or _all_of(kind, frozenset(one.values)) is None
    )


def _all_of(kind: type, values: Values | None) -> Values | None:
    """Return values if all are of a kind; None if some aren't, so that nothing can be told by them, or if none are known."""
    return values if values is not None and {*map(type, values)} <= {kind} else None


def _bounds(step: Step, domains: Domains) -> Bounds:
    """Return what is known of the columns which say of which project a step's rows are."""
    return {
        column: values
        for column, values in sorted(domains[step.number].items())
        if step.scan.generated.get(column, column) in PROJECT
    }


def merged(lists: Iterable[Sequence[Place]]) -> Sequence[Place]:
    """Return the places of several lists, each once: the list itself where it is the same one all the time."""
    several = {id(one): one for one in lists if one}
    if len(several) == 1:
        return next(iter(several.values()))
    return [*{place.key: place for places in several.values() for place in places}.values()]


def _unbounded_parents(spec: TableSpec, name: str) -> str:
    return f"{spec.name} needs {name}:  WHERE {name} = …  or a join with rows that have it"
