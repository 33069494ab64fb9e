"""`Attempt`: one list as it is asked for, after what was refused before."""

from __future__ import annotations

from dataclasses import dataclass

from procore_jupyter.tables.fallbacks.way import Way
from procore_jupyter.tables.parameters.selection import Selection
from procore_jupyter.tables.place import Place


@dataclass(frozen=True)
class Attempt:
    """One list, as it is asked for.

    Parameters
    ----------
    number : int
        The number of its place.
    place : Place
        The place, with the parents that the address needs.
    part : Selection
        What is wanted.
    way : Way
        How it is asked for.
    tried : tuple of Way
        How it was asked for before.
    refused : Exception or None
        What the first of these was refused with.
    tentative : bool
        Whether the table's own address gave no row, and this one may.
    """

    number: int
    place: Place
    part: Selection
    way: Way
    tried: tuple[Way, ...] = ()
    refused: Exception | None = None
    tentative: bool = False

    @property
    def sent(self) -> Selection:
        """What is asked for."""
        return self.way.sent(self.part)

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for two lists that are asked for with the same words."""
        return self.number, *self.words

    @property
    def words(self) -> tuple[object, ...]:
        """Equal for two lists that are asked for with the same words, of whatever place of a reading."""
        return self.sent.path(self.place), self.way.page_size, *self.sent.params(self.place)
