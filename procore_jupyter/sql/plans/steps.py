"""`Step`: one scan on its way from the plan to its rows; and the steps that a plan takes.

Rows that belong to rows of another table can only be asked for by these: so where the query itself doesn't read that
table, a step of our own does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from procore_jupyter.sql.plans.plan import Edge, Plan, Scan
from procore_jupyter.tables.arrow.types import array_of

if TYPE_CHECKING:
    from procore_jupyter.tables.definitions.catalog import Catalog
    from procore_jupyter.tables.definitions.spec import TableSpec
    from procore_jupyter.tables.place import Place

PROJECT = ("project_id", "project_name")
"""The columns that say of which project a row is."""

Values = frozenset[Any]
"""Values of a column."""


_TYPES: Mapping[str, pa.DataType] = {  # those of `plan_findings.SIMPLE`
    "BOOLEAN": pa.bool_(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "VARCHAR": pa.string(),
}
"""Types as Arrow has them, by their names in SQL."""


@dataclass
class Step:
    """One scan on its way to its rows.

    Parameters
    ----------
    scan : Scan
        The scan.
    spec : TableSpec or None
        Its table; None for a frame, and for values in the query.
    ours : bool
        Whether the query itself doesn't name it.
    parents : mapping of str to tuple of int
        The steps that read the rows to which its rows belong, by the parameters that name these.

    Attributes
    ----------
    rows : pyarrow.Table or None
        Its rows; None as long as they aren't there.
    places : sequence of Place
        Where they are from.
    keys : dict
        Its values by column, as far as they were asked for; None where they can't be told, or are too many to narrow anything.
    requests : int
        Requests that it took.
    """

    scan: Scan
    spec: TableSpec | None = None
    ours: bool = False
    parents: dict[str, tuple[int, ...]] = field(default_factory=dict)
    rows: pa.Table | None = None
    places: Sequence[Place] = ()
    keys: dict[str, Values | None] = field(default_factory=dict)
    requests: int = 0

    @property
    def number(self) -> int:
        """Its place among the steps."""
        return self.scan.number

    @property
    def waits(self) -> bool:
        """Whether its rows have still to be fetched."""
        return self.spec is not None and self.rows is None

    @property
    def read(self) -> pa.Table:
        """Its rows with the columns that the scan reads, and those that say where a row is."""
        assert self.rows is not None
        wanted = {*self.scan.columns, *(self.spec.place_columns if self.spec is not None else ()), *PROJECT}
        return self.rows.select([name for name in self.rows.column_names if name in wanted])

    @property
    def conditions(self) -> list[str]:
        """What its rows have to meet, as SQL."""
        read = self.scan.columns  # a step of our own may choose projects by names that its rows don't have
        found = [one.sql for one in self.scan.conditions if one.sql and one.column.partition(".")[0] in read]
        return [*found, self.scan.sharpened] if self.scan.sharpened else found


def steps_of(plan: Plan, catalog: Catalog, frames: Mapping[str, pa.Table]) -> tuple[list[Step], list[Edge]]:
    """Return the steps of a plan, each under its number, and what narrows what.

    Parameters
    ----------
    plan : Plan
        The plan.
    catalog : Catalog
        Describes the tables.
    frames : mapping of str to pyarrow.Table
        The caller's frames, by their names in small letters.
    """
    steps = []
    for scan in plan.scans:
        if scan.fetched:
            steps.append(Step(scan, catalog.find(scan.table)))
        elif scan.frame:
            steps.append(Step(scan, rows=frames[scan.table.lower()]))
        else:
            values: dict[str, Values | None] = {
                column: frozenset(found) - {None} for column, found in scan.values.items()
            }
            steps.append(Step(scan, keys=values, rows=_listed(scan) if scan.generated else None))
    edges = [*plan.edges]
    for step in steps:
        if step.spec is not None:
            for name in step.spec.parents:
                _add_parents(step, name, steps, edges, catalog)
    return steps, edges


def _listed(scan: Scan) -> pa.Table:
    """Return the values that the query lists as rows, for what expressions make of them."""
    arrays = [array_of(values, _TYPES[scan.types[name]]) for name, values in scan.values.items()]
    return pa.Table.from_arrays(arrays, [*scan.values])


def _add_parents(step: Step, name: str, steps: list[Step], edges: list[Edge], catalog: Catalog) -> None:
    """Add the steps that find the parents of a step's rows, unless a scan of the query finds them."""
    assert step.spec is not None
    of = [one.partition(".")[::2] for one in step.spec.parents[name]]
    if len(of) == 1:
        (table, column) = of[0]
        for edge in edges:
            source = steps[edge.source].scan
            if (edge.target, edge.target_column) == (step.number, name) and (
                source.table,
                edge.source_column,
            ) == (
                table,
                column,
            ):
                step.parents[name] = (edge.source,)
                back = Edge(step.number, name, edge.source, column)
                if back in edges and "project_id" in step.spec.place_columns:
                    # A row and its parent are of the same project.
                    edges += [Edge(step.number, one, edge.source, one) for one in PROJECT]
                return
    found = []
    for table, column in of:
        number, spec = len(steps), catalog.find(table)
        # A row and its parent are of the same project.
        conditions = tuple(one for one in step.scan.conditions if one.column in PROJECT)
        steps.append(
            Step(Scan(number, table, frozenset([column, *spec.place_columns]), conditions), spec, ours=True)
        )
        edges.append(Edge(step.number, name, number, column))
        edges += [
            Edge(step.number, one, number, one) for one in PROJECT if "project_id" in spec.place_columns
        ]
        found.append(number)
    step.parents[name] = tuple(found)
