"""`PlaceLists`: the lists of a reading, each asked for as it was found to be right; what is refused is asked for otherwise.

A way that wasn't tried yet is tried at one list, while the others wait for its first answer: what is wrong is found out once, and
not once for each project. What was found out is remembered by the list's address, for all kernels (`known`).
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from procore_jupyter.session.api_errors import NotFound, PermissionDenied, ProcoreAPIError
from procore_jupyter.session.lists.list_request import TOO_LARGE, ListRequest, PageAnswer
from procore_jupyter.session.lists.page import SMALLER, Page
from procore_jupyter.session.lists.paging import ListSource
from procore_jupyter.tables.arrow.decode import decoder
from procore_jupyter.tables.fallbacks.attempt import Attempt
from procore_jupyter.tables.fallbacks.condition import Condition, conditions_of
from procore_jupyter.tables.fallbacks.fallback_notes import remarks
from procore_jupyter.tables.fallbacks.known import keep_way, known_way
from procore_jupyter.tables.fallbacks.refusal import GONE, REFUSED, next_way
from procore_jupyter.tables.fallbacks.way import Way, at, can_pick
from procore_jupyter.tables.incomplete import Incomplete
from procore_jupyter.tables.parameters.selection import Selection
from procore_jupyter.tables.parameters.times import day_at
from procore_jupyter.tables.place import Place

if TYPE_CHECKING:
    from procore_jupyter.session.lists.page_order import PageOrder
    from procore_jupyter.session.quirks import Quirks

LOOKED_AT = 100
"""Rows of a first page that are looked at for whether the API heeds the conditions."""

Below = Callable[
    [Selection, str, Sequence[Place], list[Incomplete], list[str]], Sequence[Sequence[int | str]]
]
"""Takes a selection, a parameter of its parents and places; returns its values at each place, and appends to the lists what is
missing and what is to be remarked."""


class PlaceLists(ListSource):
    """The lists of one reading.

    Parameters
    ----------
    selection : Selection
        The rows that are wanted.
    places : sequence of Place
        The places to read.
    quirks : Quirks
        What is known of the API's lists.
    proven : set
        What worked in this process.
    below : callable
        Finds the parents that another address needs.
    today : datetime.date
        The day in the westernmost time zone.
    page_size : int or None
        Rows a page, if a person said so.
    incomplete, notes : list of Incomplete, list of str
        What is missing, and what is to be remarked, is appended to them.
    begun : mapping of int to (object, PageOrder)
        Lists that a reading which was stopped has begun with: their keys and their pages, by the numbers of their places.

    Attributes
    ----------
    attempts : list of Attempt
        The lists that were handed over, in that order.
    told : set of str
        The columns of which another address tells the values, and not its rows.
    """

    def __init__(
        self,
        selection: Selection,
        places: Sequence[Place],
        quirks: Quirks,
        proven: set[object],
        below: Below,
        *,
        today: datetime.date,
        page_size: int | None,
        incomplete: list[Incomplete],
        notes: list[str],
        begun: Mapping[int, tuple[object, PageOrder]] = MappingProxyType({}),
    ) -> None:
        self._begun = begun
        self.attempts: list[Attempt] = []
        self.told: set[str] = set()
        self._selection, self._places = selection, places
        self._quirks, self._proven, self._below = quirks, proven, below
        self._today, self._page_size = today, page_size
        self._incomplete, self._notes = incomplete, notes
        self._way = self._before = known_way(selection, quirks, today)
        self._waiting = deque(
            Attempt(number, place, part, self._way)
            for number, place in enumerate(places)
            for part in selection.portions(place)
        )
        self._open = Counter(one.number for one in self._waiting)
        self._trial: int | None = None  # the list for whose first answer the others wait
        self._gave_up = False  # whether no other way helped
        self._over = 0  # lists that were read, failed or were replaced
        self._replaced = 0
        self._handed: set[object] = set()
        self._in_vain: dict[int, Exception] = {}
        self._parents: Sequence[Sequence[int | str]] | None = None

    @property
    def left(self) -> int:
        """Lists that are not read yet, as far as is known."""
        return len(self._waiting) + len(self.attempts) - self._over

    @property
    def count(self) -> int:
        """Lists that are read, as far as is known."""
        return len(self._waiting) + len(self.attempts) - self._replaced

    @property
    def done(self) -> int:
        """Lists that were read, or failed."""
        return self._over - self._replaced

    def is_over(self, number: int) -> bool:
        """Return whether no list of a place is left to read, as far as is known."""
        return not self._open[number]

    def is_only(self, index: int) -> bool:
        """Return whether a list is all that was asked for of its place, and is so as it was said."""
        one = self.attempts[index]
        others = [each for each in self.attempts if each.number == one.number]
        return len(others) == self._open[one.number] == 1 and not self.picks(index)

    def goes_on(self, index: int) -> bool:
        """Return whether a list is one that a reading which was stopped had begun with."""
        one = self.attempts[index]
        return one.number in self._begun and self._begun[one.number][0] == one.words

    def fell_short(self, number: int, *, yet: bool) -> bool:
        """Return whether a list of a place was refused in vain, or may have been as long as others are `yet` to be read."""
        return number in self._in_vain and (yet or self._way.spec.path != self._selection.spec.path)

    def picks(self, index: int) -> list[Condition]:
        """Return the conditions by which rows of a list are picked out here."""
        return self.attempts[index].way.picked_here(self._selection)

    def asked(self, index: int) -> list[Condition]:
        """Return the conditions of a list that the API is asked to heed, and of which it is known what they keep."""
        one = self.attempts[index]
        picked = one.way.picked_here(one.part)
        return [
            each
            for each in conditions_of(one.part.spec, one.part.query)
            if each not in picked and each.is_known(one.part.spec)
        ]

    def not_picked(self, index: int) -> Exception:
        """Return why nobody can tell which rows of a list are wanted."""
        names = " and ".join(one.told.name for one in self.picks(index))
        return ProcoreAPIError(
            400,
            f"Procore doesn't accept {names} here, and its rows don't contain that value: leave it out.",
        )

    def begin(self) -> ListRequest | None:
        """Return the next list to read; None if there is none, or if another one's answer has to come first."""
        while self._waiting and self._trial is None:
            one = self._waiting.popleft()
            try:
                made = self._made(one if one.tentative else dataclasses.replace(one, way=self._way))
            except (PermissionDenied, NotFound):  # the table's own address needs no such parents
                self._way = dataclasses.replace(self._way, spec=self._selection.spec)
                made = self._made(dataclasses.replace(one, way=self._way))
            self._waiting.extendleft(reversed(made[1:]))
            self._open[one.number] += len(made) - 1
            if made:
                if self._waiting and self._is_uncertain(made[0]):
                    self._trial = len(self.attempts)
                return self._handed_over(made[0])
        return None

    def answered(self, index: int, answer: PageAnswer) -> Sequence[ListRequest] | None:
        """Take in the first answer of a list; return the lists to read in its place, None to go on with it."""
        one = self.attempts[index]
        comes_smaller = answer.status in TOO_LARGE and not answer.patience
        if self._trial == index and not comes_smaller:
            self._trial = None
        instead = self._refused(one, answer) if answer.page is None else self._came(index, answer.page)
        if instead is None:
            return None
        self._over += 1
        self._replaced += 1
        self._open[one.number] += len(instead) - 1
        self._waiting.extendleft(reversed(instead[1:]))
        if instead:
            self._trial = len(self.attempts)
        return [self._handed_over(each) for each in instead[:1]]

    def failed(self, index: int, error: Exception) -> Exception:
        """Take in that a list can't be read; return why: as it was asked for first, unless this address is known to be there."""
        self.ended(index)
        one = self.attempts[index]
        return error if self._is_below(one) and self._is_there(one) else one.refused or error

    def where(self, index: int) -> dict[str, int | str]:
        """Return the columns that say where the rows of a list are from, and their values.

        The parents that another address needs are among them if the table has such a column.
        """
        one, columns = self.attempts[index], self._selection.spec.columns
        parents = {name: value for name, value in one.place.parents if name in columns}
        return self._places[one.number].columns | parents

    def ended(self, index: int) -> None:
        """Take in that a list was read."""
        self._over += 1
        self._open[self.attempts[index].number] -= 1
        self._trial = None if self._trial == index else self._trial

    def remarks(self) -> list[str]:
        """Return what was asked for otherwise than a person may think, a line each."""
        return [*remarks(self._way, self._selection, self._before)]

    def close(self) -> None:
        """Tell what was asked for otherwise than a person may think. To be called when all lists have been read."""
        self._notes += self.remarks()
        if self._way.spec.path != self._selection.spec.path:
            name = self._selection.spec.name
            for number, error in self._in_vain.items():
                status = error.status if isinstance(error, ProcoreAPIError) else None
                self._incomplete.append(Incomplete.at(self._places[number], name, str(error), status))

    # Lists

    def _handed_over(self, one: Attempt) -> ListRequest:
        self.attempts.append(one)
        self.told.update(name for name, _ in one.place.parents if name in self._selection.spec.columns)
        self._handed.add(one.key)
        spec = one.way.spec
        key, pages = self._begun.get(one.number, (None, None))
        return ListRequest(
            one.sent.path(one.place),
            one.sent.params(one.place),
            paged=spec.paged,
            whole=spec.whole,
            page_size=self._rows_a_page(one),
            decode=decoder(spec.shape, spec.list_key, self._say),
            sifted=bool(one.way.picked_here(self._selection)),
            pages=pages if key == one.words else None,
        )

    def _say(self, remark: str) -> None:
        if remark not in self._notes:
            self._notes.append(remark)

    def _made(self, one: Attempt) -> list[Attempt]:
        """Return the lists to ask for in place of one: for each parent and each part of the days, none that was asked for.

        Raises
        ------
        PermissionDenied, NotFound
            The address needs parents, and nobody gives them.
        """
        own = {name for name, _ in self._places[one.number].parents}
        needed = [name for name in one.way.spec.parents if name not in own]
        known = [name for name, _ in one.place.parents if name not in own]
        if known and not needed:
            return []  # its parents belong to an address that is used no more
        some = [one]
        if needed and not known:
            some = self._below_each(one, needed[0])
        made = [dataclasses.replace(each, part=part) for each in some for part in one.way.parts(one.part)]
        return [each for each in made if each.key not in self._handed]

    def _below_each(self, one: Attempt, name: str) -> list[Attempt]:
        """Return a list for each parent that the address needs; of all places at once, but for a tentative one."""
        there = dataclasses.replace(self._selection, spec=one.way.spec)
        if one.tentative:
            project = one.place.project and one.place.project[0]
            there = dataclasses.replace(there, project=project)
            [values] = self._below(there, name, [one.place], [], [])
        else:
            if self._parents is None:
                self._parents = self._below(there, name, self._places, self._incomplete, self._notes)
            values = self._parents[one.number]
        return [
            dataclasses.replace(
                one, place=dataclasses.replace(one.place, parents=(*one.place.parents, (name, value)))
            )
            for value in values
        ]

    def _is_uncertain(self, one: Attempt) -> bool:
        spec = self._selection.spec
        if self._gave_up:
            return False
        may_be_empty = (
            any(other.when == "empty" for other in spec.alternates) and one.way.spec.path == spec.path
        )
        return self._claim(one) not in self._proven or (
            may_be_empty and (spec.path, "rows") not in self._proven
        )

    def _is_there(self, one: Attempt) -> bool:
        """Return whether the address of a list has answered with one in this process."""
        return (one.way.spec.path, "there") in self._proven

    def _is_below(self, one: Attempt) -> bool:
        """Return whether a list is one of several below parents that only another address needs."""
        return one.place != self._places[one.number]

    def _claim(self, one: Attempt) -> object:
        """Return what an answer proves: that this address takes these parameters in this form, and pages of this size."""
        names = frozenset(name for name, _ in one.sent.query)
        return one.way.spec.path, names, one.way.last is None, self._rows_a_page(one)

    def _rows_a_page(self, one: Attempt) -> int | None:
        return one.way.page_size or one.way.spec.page_size(self._page_size)

    # Answers

    def _came(self, index: int, page: Page) -> list[Attempt] | None:
        one = self.attempts[index]
        deaf = {each.param for each in self.asked(index) if any(map(each.contradicts, page.rows[:LOOKED_AT]))}
        if deaf:  # the API gives other rows too, so it doesn't heed the condition
            way = dataclasses.replace(one.way, listed=one.way.listed - deaf, left_out=one.way.left_out | deaf)
            return self._made(dataclasses.replace(one, way=way, tried=(*one.tried, one.way)))
        empty = not (page.rows or page.nulls or page.total)
        path = self._selection.spec.path
        self._proven |= {self._claim(one), (one.way.spec.path, "there")}
        if one.way.spec.path == path:
            if not empty:
                self._proven.add((path, "rows"))
            elif (path, "rows") not in self._proven and (instead := self._below_instead(one)):
                return instead
        if one.tried or (one.tentative and not empty):
            self._way = one.way
            keep_way(one.way, self._selection, self._quirks, self._today)
        return None

    def _below_instead(self, one: Attempt) -> list[Attempt]:
        """Return the lists of another address that may have the rows which a table's own doesn't give."""
        for other in self._selection.spec.alternates:
            way = dataclasses.replace(one.way, spec=at(self._selection.spec, other))
            if other.when == "empty" and can_pick(way, self._selection):
                with contextlib.suppress(PermissionDenied, NotFound):
                    return self._made(dataclasses.replace(one, way=way, tentative=True))
        return []

    def _refused(self, one: Attempt, answer: PageAnswer) -> list[Attempt] | None:
        error, status = answer.error, answer.status or 0
        may_lack = self._is_below(one) and (status == 403 or self._is_there(one))
        if status in (403, *GONE) and (one.tentative or may_lack):
            assert error is not None
            self._in_vain[one.number] = error
            return []
        failing = status in TOO_LARGE and answer.patience
        if not failing and status not in {403, *GONE, *REFUSED}:
            return None  # nothing was refused: the same is asked for again, or less of it
        if (failing or status == 404) and self._is_there(one):
            return None  # the address is there, so it is this project's list that isn't
        tried = (*one.tried, one.way)
        way: Way | None = one.way if self._way in tried else self._way
        if self._gave_up and status in REFUSED:
            way = None
        elif not one.tried and one.way.listed and status in REFUSED:
            way = dataclasses.replace(one.way, listed=frozenset())  # what was right once may be so no more
        gone = {each.spec.path for each in tried} if status in GONE or failing else ()
        today = day_at(answer.error, self._today)
        while way is not None and way in tried:
            way = next_way(way, one.part, status, answer.said, today, gone)
        if way is None and status in REFUSED and one.tried and not self._gave_up:
            self._gave_up = True
            if one.way.spec.page_size(self._page_size) > SMALLER[0]:
                way = dataclasses.replace(tried[0], page_size=SMALLER[0])
        if way is None:
            return None
        other_days = (way.last, way.at_a_time) != (one.way.last, one.way.at_a_time)
        # What is refused of other days as well is refused for another reason, which is the one to be told.
        refused = one.refused or (None if other_days and way.page_size is None else error)
        place = self._places[one.number]
        try:
            return self._made(dataclasses.replace(one, way=way, tried=tried, refused=refused, place=place))
        except (PermissionDenied, NotFound):
            return None
