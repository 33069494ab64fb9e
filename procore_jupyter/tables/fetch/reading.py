"""`Reading`: reads the lists of a selection's places side by side, and gives their rows as typed batches, each row once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import pyarrow as pa

from procore_jupyter.session.api_errors import PermissionDenied, ProcoreAPIError
from procore_jupyter.session.lists import paging
from procore_jupyter.session.lists.open_list import Failed, Rows
from procore_jupyter.session.lists.page_order import PageOrder
from procore_jupyter.session.scope import Scope, current
from procore_jupyter.tables.arrow.ingest import Begun, Ingest
from procore_jupyter.tables.arrow.unique import RowsApart
from procore_jupyter.tables.fallbacks.condition import NotComparable
from procore_jupyter.tables.fallbacks.picking import chosen, picked, without_contradiction
from procore_jupyter.tables.fetch.batch import Batch
from procore_jupyter.tables.fetch.documented import missing_fields
from procore_jupyter.tables.fetch.pending import Pending
from procore_jupyter.tables.fetch.reading_progress import Here, ReadingProgress
from procore_jupyter.tables.incomplete import Incomplete
from procore_jupyter.tables.location.place_notes import PlaceNotes
from procore_jupyter.tables.location.row_places import remark_on_emptiness, with_places
from procore_jupyter.tables.parameters.selection import Selection
from procore_jupyter.tables.place import Place, called
from procore_jupyter.tables.progress import Draw, Undrawn
from procore_jupyter.wording import counted

if TYPE_CHECKING:
    from procore_jupyter.session.refreshing import RefreshingSession
    from procore_jupyter.tables.fallbacks.place_lists import PlaceLists
    from procore_jupyter.tables.fetch.kept_rows import BegunRows
    from procore_jupyter.tables.location.project_names import NamesAsked

IN_HAND = 1
"""Batches that another thread reads while the one before is finished and handed on."""


class Reading:
    """One reading of a selection's rows.

    Parameters
    ----------
    session : RefreshingSession
        The session that asks.
    selection : Selection
        The rows that are wanted.
    places : sequence of Place
        The places to read.
    lists : PlaceLists
        Knows which lists to ask for: one for each place, or several.
    ingest : Ingest
        Makes columns of rows.
    concurrency : int
        Requests under way at a time.
    limit : int or None
        The most rows that are wanted.
    peek : int or None
        If a list says that it has more rows than this, only its first page is read.
    frugal : bool
        The rows are handed on and not kept: batches are smaller, so that little is in memory at any time.
    draw : callable
        Shows the progress.
    incomplete, notes : list of Incomplete, list of str
        What is missing of the places, and remarks on them; both grow while the rows are read.
    over : callable
        Takes the number of a place as soon as all its lists have been read or have failed, and its rows have been handed on.
    here : Here or None
        What of the rows that are wanted needn't be read: progress counts it too.
    begun : mapping of int to BegunRows
        Rows of places that a reading which was stopped has begun with, by the places' numbers.

    Attributes
    ----------
    scope : Scope
        Counts requests and bytes; stops the reading.
    rows : int
        Rows that were handed on.
    incomplete : list of Incomplete
        What is missing.
    of_places : PlaceNotes
        What is missing of each place, and remarks on its rows.
    failures : dict of int to Exception
        The errors of the places that failed, by their number.
    notes : list of str
        Remarks on the rows.
    cut : bool
        There are more rows than `limit`.
    part : bool
        There are more rows than `peek`, and some of them were read.
    called : NamesAsked or None
        The names of the projects, where they are wanted with each batch.
    went_on : int
        Rows that a reading which was stopped had brought.
    ended : bool
        The reading came to its end, and to no error before it.
    """

    def __init__(
        self,
        session: RefreshingSession,
        selection: Selection,
        places: Sequence[Place],
        lists: PlaceLists,
        ingest: Ingest,
        *,
        concurrency: int = 4,
        limit: int | None = None,
        peek: int | None = None,
        frugal: bool = False,
        draw: Draw = Undrawn,
        incomplete: list[Incomplete],
        notes: list[str],
        over: Callable[[int], None] = lambda number: None,
        here: Here | None = None,
        begun: Mapping[int, BegunRows] = MappingProxyType({}),
    ) -> None:
        self.selection, self.places, self.ingest = selection, places, ingest
        self.rows, self.cut, self.part, self.ended = 0, False, False, False
        self._told: dict[int, int] = {}
        self.incomplete, self.notes = incomplete, notes
        self.failures: dict[int, Exception] = {}
        self._cut_short: set[int] = set()  # places of whose rows only as many were read as were wanted
        self.of_places = PlaceNotes(incomplete, notes, lists.remarks)
        self._over, self._lists, self._before = over, lists, begun
        self._orders: dict[int, PageOrder] = {}
        self.went_on = 0
        self._borders: set[int] = set()  # lists that go on, whose last page was not read again yet
        self._rows_of = [0] * len(places)
        self._broken: set[int] = set()  # lists whose rows can't be told apart by a condition
        self._session, self._concurrency, self._limit = session, concurrency, limit
        self._peek, self._frugal = peek, frugal
        name = selection.spec.title or selection.spec.name
        self._progress = ReadingProgress(name, lists, session._pace, here or Here(), concurrency)
        self._across: dict[int, RowsApart] = {}
        """What tells apart the rows of a place that has several lists: a row may be in two of them."""
        if lists.count > len(places):
            self._across = {
                number: RowsApart(selection.spec.probable or not selection.spec.key)
                for number in range(len(places))
            }
        self._around = current()
        self.scope = Scope(self._progress.shown.waits, tries=self._around.tries)
        self._around.include(self.scope)
        self.scope.bodies_apart = True
        # All places are in one company; another one may be chosen while they are read.
        self.scope.company = next((place.company[0] for place in places if place.company), None)
        self.called: NamesAsked | None = None
        self._draw = draw
        self._pending: dict[int, Pending] = {}
        self._begun: deque[tuple[int, Pending, Begun]] = deque()

    @property
    def missing_fields(self) -> str:
        """What the rows lack of the documented fields, in a line; empty if nothing, or without a row."""
        if not self.rows:
            return ""
        return missing_fields(self.selection, self.absent, self.ingest.schema)

    def is_whole(self, number: int) -> bool:
        """Return whether all rows of a place have been read and handed on."""
        done = number not in self.failures and number not in self._cut_short
        return done and self._lists.is_over(number) and not self._lists.fell_short(number, yet=not self.ended)

    def raise_where_all_failed(self) -> None:
        """Raise the error of the first place, if all places failed."""
        if self.failures and len(self.failures) == len(self.places):
            raise self.failures[min(self.failures)]

    def stopped_at(self) -> tuple[int, object, PageOrder, Pending] | None:
        """Return what a later reading needs to go on with the list at which this one was stopped; None if it can't.

        Returns
        -------
        (int, object, PageOrder, Pending) or None
            The number of the list's place, the list's key, its pages, and its rows that were not handed on.
        """
        if not self.scope.resting or self._limit is not None or self._peek is not None or self._across:
            return None
        for index, pending in self._pending.items():
            one = self._lists.attempts[index]
            if index in self._orders and one.number not in self.failures and self._lists.is_only(index):
                pending.rows[:0] = [row for at, _, each in self._begun if at == index for row in each.rows]
                self._orders[index].go_on()
                return one.number, one.words, self._orders[index], pending
        return None

    @property
    def absent(self) -> set[str]:
        """The columns of the catalog that no row had, though it might have."""
        return self.ingest.absent - self._lists.told

    def batches(self) -> Generator[Batch, None, None]:
        """Give the rows, some thousand at a time, in the order of the places.

        Closing the generator stops the reading. A place that fails appears in `failures` and `incomplete` once all that
        it gave has been handed on.

        Raises
        ------
        LoginRequired, RateLimited, requests.ConnectionError
            Nobody is signed in, the limit lasts too long, or there is no network: no place could go on.
        """
        drawing = self._draw(self._progress.shown)
        tell = None
        if isinstance(drawing, Undrawn):
            # Whoever reads in a scope of their own is told of waits; else the session itself says that it waits.
            self.scope.notify = self._around.notify
            tell = None if self._around.notify is not None else self._session._patience.notify

        def tick() -> None:
            came = self.rows + sum(len(one.rows) for one in self._pending.values())
            self._progress.count(came, self.expected_rows if self.all_told else None, self.scope)
            self._progress.announce(tell)
            drawing.update()

        events = paging.read(
            self._session,
            self._lists,
            self.scope,
            concurrency=self._concurrency,
            limit=self._limit,
            peek=self._peek,
            tick=tick,
        )
        aside = ThreadPoolExecutor(IN_HAND, thread_name_prefix="procore-rows")
        try:
            for event in events:
                pending = self._pending.get(event.index)
                if event.index in self._broken:
                    self._pending.pop(event.index, None)
                    continue
                if pending is None:
                    pending = Pending(RowsApart(self.selection.spec.probable), frugal=self._frugal)
                    if self._lists.goes_on(event.index):
                        number = self._lists.attempts[event.index].number
                        before = self._before[number]
                        pending, self.went_on = before.pending, self.went_on + before.length
                        self._rows_of[number] += before.pending.kept
                        self._borders.add(event.index)
                        yield from (replace(one, place=number) for one in before.batches)
                    self._pending[event.index] = pending
                if isinstance(event, Rows):
                    self._orders[event.index] = event.pages
                    self._count_page(event)
                    border = event.again and event.index in self._borders
                    if border:  # all that came before it is told apart first
                        yield from self._rest(event.index, pending, aside)
                    unique = pending.unique
                    pending.add(event.rows, again=event.again)
                    while pending.full:
                        self._begin(event.index, pending, aside)
                        yield from self._finish(IN_HAND)
                    if border:
                        yield from self._rest(event.index, pending, aside)
                        self._borders.discard(event.index)
                        if pending.unique > unique:
                            event.pages.moved()
                    event.pages.met(pending.taken_in, pending.unique)
                else:
                    yield from self._rest(event.index, pending, aside)
                    if event.index in self._broken:
                        del self._pending[event.index]
                    elif isinstance(event, Failed):
                        self._failed(event.index, event.error)
                        del self._pending[event.index]
                    elif event.pages.look_again(pending.unique, doubtful=pending.apart.doubtful):
                        pending.apart.look_again()
                    else:
                        self._ended(event.index, event.pages, pending)
                        del self._pending[event.index]
                if self.cut:
                    break
                tick()
            else:
                self.part = bool(self._pending)  # lists of which only the first page was read
                for index, pending in self._pending.items():
                    yield from self._rest(index, pending, aside)
            self._lists.close()
            self.ended = True
        finally:
            events.close()  # type: ignore[attr-defined]
            aside.shutdown(cancel_futures=True)
            drawing.close()

    def _begin(self, index: int, pending: Pending, aside: Executor) -> None:
        self._begun.append((index, pending, self.ingest.begin(pending.take(), aside)))

    def _rest(self, index: int, pending: Pending, aside: Executor) -> Iterator[Batch]:
        """Give the rows of a list that came and were not given yet."""
        while pending.rows:
            self._begin(index, pending, aside)
        yield from self._finish()

    def _finish(self, in_hand: int = 0) -> Iterator[Batch]:
        """Give the batches that were begun, except as many as another thread may go on with."""
        while self._begun and not self.cut:
            if len(self._begun) <= in_hand and self._begun[0][2].table is not None:
                break
            batch = self._finished(*self._begun.popleft())
            if batch is not None:
                yield batch

    def _finished(self, index: int, pending: Pending, begun: Begun) -> Batch | None:
        """Return those rows of a batch that are wanted and came for the first time."""
        columns, rows = self.ingest.finish(begun), begun.rows
        pending.taken_in += len(rows)
        columns, rows = chosen(pending.apart.fresh(rows, self._key(columns)), columns, rows)
        pending.unique += len(rows) if columns else 0
        number = self._lists.attempts[index].number
        if rows and number in self._across:
            self._across[number].page(len(rows))
            columns, rows = chosen(self._across[number].fresh(rows, self._key(columns)), columns, rows)
        try:
            columns, rows = picked(self._lists.picks(index), columns, rows)
        except NotComparable:
            self._failed(index, self._lists.not_picked(index))
            self._broken.add(index)
            return None
        for condition in self._lists.asked(index):
            before = len(rows)
            columns, rows = without_contradiction(condition, columns, rows)
            if len(rows) < before:
                self.of_places.note(
                    number,
                    f"Procore gave rows of {self.selection.spec.name} that don't meet {condition.told.name}: left out.",
                )
        length = len(rows) if columns else 0
        pending.kept += length
        if self._limit is not None and self.rows + length >= self._limit:
            self.cut = self.rows + length > self._limit or self.cut
            length = self._limit - self.rows
            columns = {name: column.slice(0, length) for name, column in columns.items()}
        self.rows += length
        self._rows_of[number] += length
        return (
            Batch(number, with_places(columns, self._lists.where(index), length, self.ingest), length)
            if length
            else None
        )

    def _key(self, columns: Mapping[str, pa.Array]) -> pa.Array | None:
        return columns.get(self.selection.spec.key) if self.selection.spec.key else None

    def _count_page(self, event: Rows) -> None:
        if not self._lists.picks(event.index):
            self._told[event.index] = max(event.pages.total or 0, len(event.rows))
        self._progress.page(event.index, event.pages, self._limit)

    @property
    def told_rows(self) -> int:
        """The number of rows that the lists say they have, as far as they have said it."""
        return sum(self._told.values())

    @property
    def expected_rows(self) -> int:
        """The number of rows that the reading will give, as far as the lists have said how many they have."""
        return self.told_rows if self._limit is None else min(self.told_rows, self._limit)

    @property
    def all_told(self) -> bool:
        """Whether each list has said how many rows it has, or has been read."""
        return len(self._told) == self._lists.count

    def _ended(self, index: int, pages: PageOrder, pending: Pending) -> None:
        self._lists.ended(index)
        picked = bool(self._lists.picks(index))
        self._told[index] = pending.kept if picked else max(pages.total or 0, pending.unique)
        number = self._lists.attempts[index].number
        place, name = self.places[number], self.selection.spec.name
        told_all = pages.total is not None and pending.unique >= pages.total
        if self._limit is not None and pending.taken_in >= self._limit and not (picked or told_all):
            self._cut_short.add(number)
        if self._limit is not None and self.rows >= self._limit:
            more = not picked and pages.total is not None and not told_all
            self.cut = self.cut or more or self._lists.left > 0
        else:
            lack = pages.lack(pending.unique, name)
            if lack:
                self.of_places.lack(number, Incomplete.at(place, name, lack))
            elif pages.changed:
                where = f" in {called(place.project)}" if place.project and len(self.places) > 1 else ""
                self.of_places.note(
                    number,
                    f"{name} changed{where} while it was read: {counted(pending.unique, 'row')} came.",
                )
        if self._lists.is_over(number):
            self._over(number)

    def _failed(self, index: int, error: Exception) -> None:
        error = self._lists.failed(index, error)
        number = self._lists.attempts[index].number
        if number not in self.failures:  # by another of its lists
            self.failures[number] = error
            status = error.status if isinstance(error, ProcoreAPIError) else None
            told = str(error)
            if isinstance(error, PermissionDenied) and "not connected" not in told.lower():
                told = f"{self.selection.spec.name} is off in this project, or you don't have access. {told}"
            self.of_places.lack(
                number, Incomplete.at(self.places[number], self.selection.spec.name, told, status)
            )
        if self._lists.is_over(number):
            self._over(number)

    @property
    def emptiness(self) -> str:
        """The remark on places of which no row came; empty if there is none, or not all was read."""
        if not self.ended or self.cut or self.part:
            return ""
        rows = zip(self.places, self._rows_of, strict=True)
        return remark_on_emptiness(
            self.selection.spec,
            [place for n, (place, count) in enumerate(rows) if not count and n not in self.failures],
        )
