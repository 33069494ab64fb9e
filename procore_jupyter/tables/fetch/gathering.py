"""`Gathering`: the rows of a selection's places, brought together: those that are kept, and the others as they are read.

The rows of a place are kept as soon as all of them have come: what an interrupt, a lost network or the end of Procore's
limit leaves unread is all that is read the next time.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import requests

from procore_jupyter.errors import ProcoreError
from procore_jupyter.session.api_errors import NotFound, PermissionDenied
from procore_jupyter.tables.arrow.custom_fields import COLUMN as CUSTOM_FIELDS
from procore_jupyter.tables.arrow.ingest import Ingest
from procore_jupyter.tables.arrow.types import widened
from procore_jupyter.tables.arrow.written import WRITTEN
from procore_jupyter.tables.caller import in_one_line
from procore_jupyter.tables.fetch.batch import Batch, as_one, in_one_piece
from procore_jupyter.tables.fetch.documented import missing_fields
from procore_jupyter.tables.fetch.kept_rows import (
    BegunRows,
    KeptRows,
    PlaceRows,
    Wanted,
    in_turn,
    stripped,
    with_labels,
)
from procore_jupyter.tables.fetch.reading import Reading
from procore_jupyter.tables.fetch.reading_progress import Here
from procore_jupyter.tables.incomplete import Incomplete
from procore_jupyter.tables.location.row_places import remark_on_emptiness
from procore_jupyter.tables.place import Place
from procore_jupyter.tables.result import Fetched, assembled, raise_where_incomplete

Read = Callable[[Sequence[Place], int | None, Callable[[int], None], Here, Mapping[int, BegunRows]], Reading]
"""Takes places, how many rows are wanted at most, what is told of each place that is over, what needn't be read, and places that
are read in part; returns a reading that has asked for no row yet."""


@dataclass
class Gathering:
    """One gathering of rows.

    Parameters
    ----------
    kept : KeptRows
        Keeps the rows of each place.
    wanted : Wanted
        Which rows.
    ingest : Ingest
        Makes columns of rows.
    read : callable
        Begins to read places.
    clock : callable
        Unix time in seconds.
    incomplete, notes : list of Incomplete, list of str
        What is missing, and what is remarkable, beside what the rows themselves tell.
    """

    kept: KeptRows
    wanted: Wanted
    ingest: Ingest
    read: Read
    clock: Callable[[], float]
    incomplete: list[Incomplete]
    notes: list[str]
    _found: dict[int, PlaceRows] = field(default_factory=dict)
    _fresh: dict[int, list[Batch]] = field(default_factory=dict)
    _failures: dict[int, Exception] = field(default_factory=dict)
    _readings: list[Reading] = field(default_factory=list)
    _turns: dict[int, contextlib.ExitStack] = field(default_factory=dict)
    _counted: tuple[int, int] = (0, 0)
    _put_away: int = 0  # places that were read and are kept now
    _begun_rows: int = 0  # rows of places that were read in part
    _stopped_rows: tuple[int, int | None] = (
        0,
        None,
    )  # those of the place at which the reading was stopped, and all of it
    _oldest: float = math.inf

    def __post_init__(self) -> None:
        self._since = self.kept.times_forgotten

    def fetched(self) -> Fetched:
        """Return the rows.

        Raises
        ------
        ProcoreAPIError, requests.RequestException
            Procore gave no row of any place; or, if that is wanted, not all.
        LoginRequired, RateLimited
            Nobody is signed in; the limit lasts too long. What has been read of whole places is kept.
        """
        try:
            self._look()
            missing = self._missing
            if missing and not self._is_enough:
                self._take_turns(missing)
                self._look()  # another thread may have read some of them meanwhile
            for rows in self._found.values():
                self.ingest.join(rows.learned, rows.fields)
            todo = [] if self._is_enough else self._missing
            while todo:
                self._read(todo)
                todo = self._lost()
            made = self._made()
        except (KeyboardInterrupt, requests.RequestException) as error:
            if not isinstance(error, ProcoreError):
                in_one_line(error, self._kept_so_far)
            raise
        finally:
            for turn in self._turns.values():
                turn.close()
        self._raise_failures()
        rows = assembled(self.ingest, self.wanted.selection.spec, self.wanted.places, made)
        if self._readings:
            pa.system_memory_pool().release_unused()
        return self._with_all_known(rows)

    # What is kept

    @property
    def _missing(self) -> list[int]:
        return [number for number in range(len(self.wanted.places)) if number not in self._found]

    @property
    def _first_rows(self) -> int:
        """The number of rows, from the first place on, that are here."""
        count = 0
        for number in range(len(self.wanted.places)):
            if number not in self._found:
                break
            count += self._found[number].length
        return count

    @property
    def _is_enough(self) -> bool:
        return self.wanted.limit is not None and self._first_rows >= self.wanted.limit

    def _look(self) -> None:
        """Look for rows that are kept. That Procore refused some is believed where it gave others."""
        missing = self._missing
        found = self.kept.found(
            self.wanted.selection,
            [self.wanted.places[number] for number in missing],
            strict=self.wanted.strict,
            at_least=self.wanted.at_least,
        )
        for place, rows in found.items():
            self._found[missing[place]] = (
                with_labels(rows, self.ingest.labelled) if self.wanted.labels else rows
            )
        if all(rows.error is not None for rows in self._found.values()):
            self._found.clear()

    def _take_turns(self, numbers: Sequence[int]) -> None:
        """Wait until no other thread reads one of the places."""
        some = {*numbers}
        for number in in_turn(self.wanted.selection, self.wanted.places):
            if number in some:
                turn = self._turns[number] = contextlib.ExitStack()
                turn.enter_context(self.kept.alone(self.wanted.selection, self.wanted.places[number]))

    # What is read

    def _read(self, todo: Sequence[int]) -> None:
        """Read places, and keep those that are whole, however this ends."""

        def over(place: int) -> None:
            self._keep(reading, place, todo[place])

        begun = self._begun_with(todo)
        limit = None if self.wanted.limit is None else self.wanted.limit - self._first_rows
        reading = self.read([self.wanted.places[number] for number in todo], limit, over, self._here, begun)
        self._readings.append(reading)
        self._counted = (0, 0)
        try:
            with contextlib.closing(
                reading.batches()
            ) as batches:  # an interrupt between two ends the reading too
                for batch in batches:
                    piece = in_one_piece(batch, self.ingest.schema)
                    self._fresh.setdefault(todo[batch.place], []).append(piece)
        except BaseException:
            self._keep_begun(reading, todo)
            raise
        for place, number in enumerate(todo):
            if number in self._turns:
                self._keep(reading, place, number)
        for place, error in reading.failures.items():
            self._failures[todo[place]] = error
        if len(self._errors) < len(self.wanted.places):
            for place, error in reading.failures.items():
                if isinstance(error, (PermissionDenied, NotFound)):
                    self._put(todo[place], self._rows_of(reading, place, [], error))

    def _begun_with(self, todo: Sequence[int]) -> dict[int, BegunRows]:
        """Return the rows of places that a reading which was stopped has begun with."""
        found: dict[int, BegunRows] = {}
        for place, number in enumerate(todo if self.wanted.limit is None else ()):
            begun = self.kept.take_begun(
                self.wanted.selection, self.wanted.places[number], labels=self.wanted.labels
            )
            if begun is not None:
                found[place] = begun
                self.ingest.join(begun.learned, begun.fields)
                self._oldest = min(self._oldest, begun.when)
                self._begun_rows += begun.length
        return found

    def _keep_begun(self, reading: Reading, todo: Sequence[int]) -> None:
        """Keep the rows of the place at which a reading was stopped."""
        stopped = reading.stopped_at()
        if stopped is None or reading.of_places.has_other_lacks:
            return
        place, key, pages, pending = stopped
        number = todo[place]
        batches = self._fresh.get(number, [])
        types: dict[str, pa.DataType] = {}
        for batch in batches:
            for name, column in batch.columns.items():
                if name != WRITTEN:
                    types[name] = widened(types.get(name, pa.null()), column.type)
        self._stopped_rows = (pending.kept + len(pending.rows), pages.total)
        self.kept.put_begun(
            self.wanted.selection,
            self.wanted.places[number],
            BegunRows(
                batches,
                self.ingest.learned(types, reading.absent),
                [name for name in self.ingest.schema if name in types],
                self.wanted.labels,
                key,
                pages,
                pending,
                min(self.clock(), self._oldest),
            ),
            since=self._since,
        )

    def _keep(self, reading: Reading, place: int, number: int) -> None:
        """Keep the rows of a place if all of them have come, and let other threads have them."""
        if reading.is_whole(place) and not reading.of_places.has_other_lacks:
            self._put(number, self._rows_of(reading, place, self._fresh.get(number, ())))
        turn = self._turns.pop(number, None)
        if turn is not None:
            turn.close()

    def _put(self, number: int, rows: PlaceRows) -> None:
        self._put_away += rows.error is None
        self.kept.put(self.wanted.selection, self.wanted.places[number], rows, since=self._since)

    def _rows_of(
        self, reading: Reading, place: int, batches: Sequence[Batch], error: Exception | None = None
    ) -> PlaceRows:
        now = zip(batches, as_one(self.ingest, batches), strict=True)
        made = [(stripped(batch.columns, columns), batch.length) for batch, columns in now]
        types = {name: column.type for columns, _ in made for name, column in columns.items()}
        unknown = [name for name, found in self.ingest.schema.items() if pa.types.is_null(found)]
        before, self._counted = self._counted, (reading.scope.requests, reading.scope.bytes)
        return PlaceRows(
            batches=made,
            fields=[name for name in self.ingest.schema if name in types or name in unknown],
            learned=self.ingest.learned(types, reading.absent),
            inexact=frozenset(name for batch in batches for name in _written(batch) if name in types),
            labelled=self.wanted.labels or CUSTOM_FIELDS not in types,
            incomplete=tuple(reading.of_places.lacks(place)),
            error=error,
            notes=tuple(reading.of_places.notes(place)),
            requests=self._counted[0] - before[0],
            bytes=self._counted[1] - before[1],
            when=min(self.clock(), self._oldest),
        )

    def _lost(self) -> list[int]:
        """Return the places whose kept rows have to be read again, as nobody knows how they were written."""
        lost = [
            number for number, rows in self._found.items() if self.ingest.loses(rows.learned, rows.inexact)
        ]
        for number in lost:
            del self._found[number]
        return lost

    # All of them

    @property
    def _in_order(self) -> Iterator[Batch]:
        for number in range(len(self.wanted.places)):
            if number in self._found:
                for columns, length in self._found[number].batches:
                    yield Batch(number, columns, length)
            elif number not in self._failures:
                yield from (dataclasses.replace(one, place=number) for one in self._fresh.get(number, ()))

    def _made(self) -> list[Mapping[str, pa.Array]]:
        """Return all batches, with the columns that they have together."""
        made = as_one(self.ingest, [*self._in_order])
        while lost := self._lost():  # only now it is known that some numbers don't fit together
            self._read(lost)
            made = as_one(self.ingest, [*self._in_order])
        return [*made]

    @property
    def _here(self) -> Here:
        rows = sum(one.length for one in self._found.values())
        return Here(len(self._found), rows + self._begun_rows, self.wanted.unit)

    @property
    def _errors(self) -> dict[int, Exception]:
        """Why places gave nothing, by their numbers."""
        kept = {number: rows.error for number, rows in self._found.items() if rows.error is not None}
        return {**kept, **self._failures}

    @property
    def _lacks(self) -> list[Incomplete]:
        return [*self.incomplete, *(one for rows in self._found.values() for one in rows.incomplete)]

    @property
    def _kept_so_far(self) -> str:
        """What to say when the reading ends before its time: how much of it needn't be read again."""
        count, every = len(self._found) + self._put_away, len(self.wanted.places)
        rows, all_rows = self._stopped_rows
        unit = self.wanted.unit
        if not count and rows and all_rows:
            count, every, unit = rows, all_rows, self._title
        if not count:
            return ""
        return f"{count:,} of {every:,} {unit} have come: run it again, and the reading goes on from there."

    def _raise_failures(self) -> None:
        errors = self._errors
        for error in errors.values():
            if not isinstance(error, ProcoreError):
                in_one_line(error, self._kept_so_far)
        if self.wanted.strict:
            raise_where_incomplete(self._lacks, errors)
        if errors and len(errors) == len(self.wanted.places):
            raise errors[min(errors)].with_traceback(None)

    def _with_all_known(self, rows: pa.Table) -> Fetched:
        """Return the rows, with all that is known of them."""
        limit, places = self.wanted.limit, self.wanted.places
        last = self._readings[-1] if self._readings else None
        part = last is not None and last.part
        found = [*self._found.values()]
        here = len(self._found)
        new = sum(reading.scope.requests for reading in self._readings)
        absent = self.ingest.absent if last is None else last.absent
        fetched = Fetched(
            rows,
            tuple(places),
            tuple(self._lacks),
            tuple(dict.fromkeys(self._all_notes(here if new else 0))),
            new,
            sum(reading.scope.bytes for reading in self._readings) + sum(one.bytes for one in found),
            told_rows=last.told_rows + sum(one.length for one in found)
            if last is not None and part
            else None,
            at_least=last is not None and part and not last.all_told,
            cut=any(reading.cut for reading in self._readings),
            when=min([self.clock(), self._oldest, *(one.when for one in found)]),
            missing_fields=missing_fields(self.wanted.selection, absent, self.ingest.schema)
            if rows.num_rows
            else "",
            earlier_requests=sum(one.requests for one in found),
            kept_places=here,
        )
        if limit is None or rows.num_rows <= limit:
            left_out = not fetched.cut and self._is_enough and len(self._found) < len(places)
            return dataclasses.replace(fetched, cut=True) if left_out else fetched
        return dataclasses.replace(fetched, rows=rows.slice(0, limit), cut=True)

    def _all_notes(self, here: int) -> Iterator[str]:
        """Give the remarks on the rows; `here` is how many places didn't have to be read."""
        yield from self.ingest.notes
        yield from self.notes
        for rows in self._found.values():
            yield from rows.notes
        if all(reading.ended and not (reading.cut or reading.part) for reading in self._readings):
            given = {batch.place for batch in self._in_order} | {*self._errors}
            empty = [place for number, place in enumerate(self.wanted.places) if number not in given]
            remark = remark_on_emptiness(self.wanted.selection.spec, empty)
            yield from [remark] if remark else []
        if here:
            yield f"{self._here.of(len(self.wanted.places))}."
        went_on = sum(reading.went_on for reading in self._readings)
        if went_on:
            yield f"{went_on:,} {self._title} {'was' if went_on == 1 else 'were'} here already."

    @property
    def _title(self) -> str:
        spec = self.wanted.selection.spec
        return spec.title or f"rows of {spec.name}"


def _written(batch: Batch) -> list[str]:
    kept = batch.columns.get(WRITTEN)
    return [] if kept is None else [one.name for one in kept.type]
