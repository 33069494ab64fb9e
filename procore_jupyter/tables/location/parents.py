"""Parents: the rows of one table that the rows of another belong to, place by place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from procore_jupyter.errors import ParameterError
from procore_jupyter.session.api_errors import NotFound, PermissionDenied
from procore_jupyter.tables.incomplete import Incomplete
from procore_jupyter.tables.parameters.arguments import whole
from procore_jupyter.tables.parameters.selection import Selection, segment
from procore_jupyter.tables.place import ALL, Place, called
from procore_jupyter.wording import counted, nearest, one_line

if TYPE_CHECKING:
    import pyarrow as pa

    from procore_jupyter.tables.definitions.catalog import Catalog
    from procore_jupyter.tables.definitions.spec import Overlap, TableSpec
    from procore_jupyter.tables.result import Fetched

MOST_LISTED = 10
"""Parents that a message lists at most."""


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


def parents_at(
    catalog: Catalog,
    rows_of: Callable[[TableSpec, Mapping[str, Any]], Fetched],
    selection: Selection,
    name: str,
    wanted: Any,
    places: Sequence[Place],
    missing: list[Incomplete],
    notes: list[str],
) -> Sequence[Sequence[int | str]]:
    """Return the values of a parameter at places, out of the tables whose rows they are.

    A table that is refused altogether ends the reading if there is no other one.

    Parameters
    ----------
    catalog : Catalog
        Describes those tables.
    rows_of : callable
        Takes one of them and parameters, and returns its rows.
    selection : Selection
        The selection whose places they are wanted for.
    name : str
        The parameter.
    wanted : object
        Which values, as `Parents.chosen` takes it.
    places : sequence of Place
        The places so far.
    missing, notes : list of Incomplete, list of str
        What is missing of those tables is appended: the rows of these parents will be missing too. So are remarks.
    """
    parents, refused = Parents(selection, name, places), []
    for one in selection.spec.parents[name]:
        table, _, column = one.partition(".")
        of = catalog.find(table)
        try:
            # The whole rows, for no more requests than the ids alone would cost: whoever asks for this often wants
            # them next.
            found = rows_of(of, parameters_for(of, selection, places))
        except (PermissionDenied, NotFound) as error:
            refused.append(error)
            missing.append(Incomplete(of.name, None, error.status, str(error)))
            continue
        parents.take(of, column, found.rows)
        missing += found.incomplete
        notes += [note for note in found.notes if note not in notes]
        if found.cut:
            words = f"Only the first {counted(found.rows.num_rows, 'row')} of {of.name} were read (MaxRows)."
            missing.append(Incomplete(of.name, None, None, words))
    if refused and len(refused) == len(selection.spec.parents[name]):
        raise refused[0]
    chosen = parents.chosen(wanted)
    missing += parents.incomplete
    notes += parents.notes
    return chosen


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
        The values of the parameter at each place, in the order in which they came, and what each parent is called.
    incomplete : list of Incomplete
        What is missing.
    notes : list of str
        Remarks, a line each.
    """

    selection: Selection
    name: str
    places: Sequence[Place]
    values: list[dict[int | str, str]] = field(init=False)
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
        title = self._overlap.called if self._overlap else ""
        names = rows[title].to_pylist() if title in rows.column_names else [None] * rows.num_rows
        said: Iterable[Sequence[Any]] = zip(*(rows[name].to_pylist() for name in where), strict=True)
        elsewhere, without = 0, [0] * len(self.places)
        keys = said if where else [()] * rows.num_rows
        for value, name, key in zip(ids, names, keys, strict=True):
            found = numbers.get(tuple(map(_plain, key)), ())
            elsewhere += not found
            for number in found:
                try:
                    self.values[number][segment(self.selection.spec, self.name, value)] = one_line(name or "")
                except ParameterError:
                    without[number] += 1
        if elsewhere:
            self.notes.append(f"{counted(elsewhere, 'row')} of {of.name} of other projects left out.")
        for place, count in zip(self.places, without, strict=True):
            if count:
                words = (
                    f"{counted(count, 'row')} of {of.name} have no id, so what belongs to them is missing."
                )
                self.incomplete.append(Incomplete.at(place, of.name, words))

    def chosen(self, wanted: Any) -> list[list[int | str]]:
        """Return the values at each place that are wanted. What is nowhere is missing.

        Parameters
        ----------
        wanted : object
            `ALL`, a value, or a tuple of them. Of parents that show the same again, a value may be a name, and None means the
            only one at each place.

        Raises
        ------
        ParameterError
            None is wanted of several parents that show the same again; or one by a name that is nowhere, or is that of several.
        """
        if self._overlap is None:
            return self._found(wanted)
        if wanted is None:
            if any(len(found) > 1 for found in self.values):
                raise ParameterError(self._which())
            return self._found(ALL)
        several = wanted if isinstance(wanted, tuple) else (wanted,)
        if wanted != ALL:
            wanted = tuple(dict.fromkeys(value for one in several for value in self._meant(one)))
        chosen = self._found(wanted)
        self._remark(chosen)
        return chosen

    def _found(self, wanted: Any) -> list[list[int | str]]:
        if wanted == ALL:
            return [[*found] for found in self.values]
        several = wanted if isinstance(wanted, tuple) else (wanted,)
        for one in several:
            if not any(one in found for found in self.values):
                tables = " or ".join(of.partition(".")[0] for of in self.selection.spec.parents[self.name])
                words = f"There is no row of {tables} with this id in those projects, or you don't have access to it."
                self.incomplete.append(Incomplete(f"{self.name} {one}", None, None, words))
        return [[one for one in several if one in found] for found in self.values]

    # Parents that show the same again

    @property
    def _overlap(self) -> Overlap | None:
        return self.selection.spec.overlaps.get(self.name)

    @property
    def _noun(self) -> str:
        """What one of the parents is called: ``budget view``."""
        return self.name.removesuffix("_id").replace("_", " ")

    def _meant(self, wanted: int | str) -> list[int | str]:
        """Return the values that a value or a name means: in each place another one may have the name.

        Raises
        ------
        ParameterError
            No parent has the name, or several of one place have.
        """
        if isinstance(wanted, int) or not any(self.values):
            return [wanted]
        text = wanted.casefold()
        named = [[value for value, name in found.items() if name.casefold() == text] for found in self.values]
        if any(len(some) > 1 for some in named):
            raise ParameterError(
                f"Several {self._noun}s are called {one_line(wanted)}: {self._listed()}. Use an id."
            )
        if any(named):
            return [value for some in named for value in some]
        if any(wanted in found for found in self.values):
            return [wanted]
        like = nearest(wanted, {name for found in self.values for name in found.values() if name})
        hint = f"Did you mean {like}? " if like else ""
        raise ParameterError(
            f"There is no {self._noun} {one_line(wanted)}. {hint}Choose from: {self._listed()}."
        )

    def _remark(self, chosen: Sequence[Sequence[int | str]]) -> None:
        """Remark that the same comes several times, and which projects have none of the parents that are wanted."""
        assert self._overlap is not None
        most, what = max(map(len, chosen), default=0), self._overlap.repeats
        if most > 1:
            self.notes.append(
                f"{self._noun.capitalize()}s repeat {what}: totals over all rows count them up to {most} times. "
                f"Choose one:  {self.name}={self._first()}.  Choose from: {self._listed()}."
            )
        pairs = zip(self.places, self.values, chosen, strict=True)
        others = [str(place) for place, found, some in pairs if found and not some]
        if others and any(chosen):
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            self.notes.append(
                f"There are no rows from {others[0]}{more}, which don't have this {self._noun} but have others."
            )

    def _which(self) -> str:
        """Return the question which parent is meant, with the answers that there are."""
        assert self._overlap is not None
        most, project = max(map(len, self.values)), self.places[0].project
        there = f"{called(project)} has {most}" if len(self.places) == 1 and project else "There are several"
        return (
            f"Which {self._noun}? {there}: {self._listed()}. Choose one:  {self.name}={self._first()}.  "
            f'{self.name}="all"  reads them all, and {self._overlap.repeats} repeat.'
        )

    @property
    def _by_name(self) -> list[tuple[str, list[int | str]]]:
        """The parents' names, those of most places first, and their values."""
        found: dict[str, list[int | str]] = {}
        for some in self.values:
            for value, name in some.items():
                found.setdefault(name, []).append(value)
        return sorted(found.items(), key=lambda one: -len(one[1]))

    def _listed(self) -> str:
        """Return the parents by their names, each with its id, or with how many projects have one of that name."""
        found = []
        for name, values in self._by_name:
            ids = [*dict.fromkeys(values)]
            if name and len(ids) > 1 and len(self.places) > 1:
                found.append(f"{name} (in {counted(len(values), 'project')})")
            else:
                found += [f"{name} ({one})" if name else str(one) for one in ids]
        more = len(found) - MOST_LISTED
        return " · ".join(found[:MOST_LISTED]) + (f" · and {more} more" if more > 0 else "")

    def _first(self) -> str:
        """Return the first parent as a person writes it in code: its name, or its id if that isn't clear."""
        name, values = self._by_name[0]
        unclear = (
            not name or {*name} & {*'"\\`'} or any([*found.values()].count(name) > 1 for found in self.values)
        )
        return repr(values[0]) if unclear else f'"{name}"'


def _plain(value: Any) -> Any:
    """Return an id that can be compared: lists of version 2 give theirs as texts."""
    number = whole(value)
    return str(value) if number is None else number
