"""`PlaceNotes`: what is missing of each place of a reading, and remarks on its rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from procore_jupyter.tables.incomplete import Incomplete


class PlaceNotes:
    """What is missing of each place of a reading, and remarks on its rows, by the places' numbers.

    Parameters
    ----------
    incomplete, notes : list of Incomplete, list of str
        The same of all places together, with what was known before the reading. Both grow.
    remarks : callable
        Returns remarks on the rows of all places that may still change.
    """

    def __init__(
        self, incomplete: list[Incomplete], notes: list[str], remarks: Callable[[], Sequence[str]]
    ) -> None:
        self._incomplete, self._all_notes, self._remarks = incomplete, notes, remarks
        self._given = len(incomplete), len(notes)  # those that are of no list
        self._lacks: defaultdict[int, list[Incomplete]] = defaultdict(list)
        self._notes: defaultdict[int, list[str]] = defaultdict(list)
        self._lacks_of_places: set[Incomplete] = set()
        self._notes_of_places: set[str] = set()
        self._count = 0  # lacks of single places

    def lack(self, number: int, lack: Incomplete) -> None:
        """Say that something is missing of a place."""
        self._lacks[number].append(lack)
        self._lacks_of_places.add(lack)
        self._count += 1
        self._incomplete.append(lack)

    def note(self, number: int, note: str) -> None:
        """Remark something on the rows of a place."""
        self._notes_of_places.add(note)
        for notes in (self._notes[number], self._all_notes):
            if note not in notes:
                notes.append(note)

    def lacks(self, number: int) -> list[Incomplete]:
        """Return what is missing of a place."""
        return self._lacks[number]

    @property
    def has_other_lacks(self) -> bool:
        """Whether something is missing that isn't missing of a single place."""
        since = self._given[0]
        if len(self._incomplete) - since == self._count:
            return False
        return any(one not in self._lacks_of_places for one in self._incomplete[since:])

    def notes(self, number: int) -> list[str]:
        """Return remarks on the rows of a place."""
        own = self._notes[number]
        every = (*self._all_notes[self._given[1] :], *own, *self._remarks())
        return [one for one in dict.fromkeys(every) if one in own or one not in self._notes_of_places]
