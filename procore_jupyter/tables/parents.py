"""Parents: the rows of one table that the rows of another belong to, place by place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from procore_jupyter.errors import ParameterError
from procore_jupyter.tables.arguments import whole
from procore_jupyter.tables.incomplete import Incomplete
from procore_jupyter.tables.place import ALL, Place
from procore_jupyter.tables.selection import Selection, segment
from procore_jupyter.wording import counted

if TYPE_CHECKING:
    import pyarrow as pa

    from procore_jupyter.tables.definitions.spec import TableSpec


def parameters_for(of: TableSpec, selection: Selection, places: Sequence[Place]) -> dict[str, Any]:
    """Return the parameters that ask for the parents of all places at once.

    Parameters
    ----------
    of : TableSpec
        The table whose rows the parents are.
    selection : Selection
        The selection whose places they are wanted for: what a person asked for next would be asked for in the same words.
    places : sequence of Place
        The places so far.
    """
    given = {"company_id": selection.company, "project_id": selection.project}
    for place in places:
        for name, value in place.parents:
            given.setdefault(name, {})[value] = None
    return {
        name: [*value] if isinstance(value, dict) else value
        for name, value in given.items()
        if name in of.place_columns
    }


@dataclass
class Parents:
    """The parents at some places.

    Parameters
    ----------
    selection : Selection
        The selection whose rows are those of the parents.
    name : str
        Its parameter that names them.
    places : sequence of Place
        The places.

    Attributes
    ----------
    values : list of dict
        The values of the parameter at each place, in the order in which they came.
    incomplete : list of Incomplete
        What is missing.
    notes : list of str
        Remarks, a line each.
    """

    selection: Selection
    name: str
    places: Sequence[Place]
    values: list[dict[int | str, None]] = field(init=False)
    incomplete: list[Incomplete] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.values = [{} for _ in self.places]

    def take(self, of: TableSpec, column: str, rows: pa.Table) -> None:
        """Sort the rows of another table to their places, by what each says of itself.

        Parameters
        ----------
        of : TableSpec
            The table.
        column : str
            Its column that the parameter takes.
        rows : pyarrow.Table
            Its rows.
        """
        there = {name: name in rows.column_names for name in (column, *of.place_columns)}
        # A company's rows are asked for in one company.
        where = [name for name in of.place_columns if there[name] and name != "company_id"]
        numbers: dict[tuple[Any, ...], list[int]] = {}
        for number, place in enumerate(self.places):
            columns: Mapping[str, Any] = place.columns
            numbers.setdefault(tuple(_plain(columns.get(name)) for name in where), []).append(number)
        ids = rows[column].to_pylist() if there[column] else [None] * rows.num_rows
        said: Iterable[Sequence[Any]] = zip(*(rows[name].to_pylist() for name in where), strict=True)
        elsewhere, without = 0, [0] * len(self.places)
        for value, key in zip(ids, said if where else [()] * rows.num_rows, strict=True):
            found = numbers.get(tuple(map(_plain, key)), ())
            elsewhere += not found
            for number in found:
                try:
                    self.values[number][segment(self.selection.spec, self.name, value)] = None
                except ParameterError:
                    without[number] += 1
        if elsewhere:
            self.notes.append(
                f"{counted(elsewhere, 'row')} of {of.name} came that are of other projects: left out."
            )
        for place, count in zip(self.places, without, strict=True):
            if count:
                words = f"{counted(count, 'row')} of {of.name} came without an id, so what belongs to them is missing."
                self.incomplete.append(Incomplete.at(place, of.name, words))

    def chosen(self, wanted: Any) -> list[list[int | str]]:
        """Return the values at each place that are wanted: `ALL`, one, or a tuple of them. What is nowhere is missing."""
        if wanted == ALL:
            return [[*found] for found in self.values]
        several = wanted if isinstance(wanted, tuple) else (wanted,)
        for one in several:
            if not any(one in found for found in self.values):
                tables = " or ".join(of.partition(".")[0] for of in self.selection.spec.parents[self.name])
                words = f"No row of {tables} in those projects has this id, or you may not see it."
                self.incomplete.append(Incomplete(f"{self.name} {one}", None, None, words))
        return [[one for one in several if one in found] for found in self.values]


def _plain(value: Any) -> Any:
    """Return an id that can be compared: lists of version 2 give theirs as texts."""
    number = whole(value)
    return str(value) if number is None else number
