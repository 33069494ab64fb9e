"""Parents that show the same again: what a query over the rows of several of them counts more than once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from procore_jupyter.sql.plans.steps import Step
    from procore_jupyter.tables.definitions.spec import Overlap, TableSpec


def repeated(steps: Sequence[Step]) -> Iterator[str]:
    """Say of which tables a query has read the rows of several parents that show the same, and doesn't look at which.

    Parameters
    ----------
    steps : sequence of Step
        What was read.
    """
    for step in steps:
        overlaps: Mapping[str, Overlap] = {} if step.spec is None or step.ours else step.spec.overlaps
        for name, overlap in overlaps.items():
            assert step.spec is not None
            most = _most(step, name)
            if most > 1 and name not in step.scan.columns:
                yield _in_words(step.spec, name, overlap, most)


def _most(step: Step, name: str) -> int:
    """Return of how many parents the rows of one project are, at most."""
    parents: dict[object, set[object]] = {}
    for place in step.places:
        parents.setdefault(place.project and place.project[0], set()).add(dict(place.parents).get(name))
    return max(map(len, parents.values()), default=0)


def _in_words(spec: TableSpec, name: str, overlap: Overlap, most: int) -> str:
    table, _, column = spec.parents[name][0].partition(".")
    what = table.replace("_", " ").capitalize()
    return (
        f"{what} repeat {overlap.repeats}: totals over all rows of {spec.name} count them up to {most} times. Choose one:  "
        f"JOIN {table} v ON v.{column} = {name} … WHERE v.{overlap.called} = '…'"
    )
