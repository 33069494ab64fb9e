"""`KeptParts`: rows that are kept and are only a part of a selection's: its first ones, or the first page of a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from procore_jupyter.tables.parameters.selection import Selection

if TYPE_CHECKING:
    from procore_jupyter.tables.cache import Cache
    from procore_jupyter.tables.result import Fetched

PARTS = "parts"
"""The first part of these rows' keys."""


class KeptParts:
    """Parts of selections' rows.

    Parameters
    ----------
    cache : Cache
        Keeps them.
    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def of(
        self, selection: Selection, part: tuple[object, ...], read: Callable[[], Fetched], *, strict: bool
    ) -> Fetched:
        """Return a part of a selection's rows, read once for all threads. It is kept unless it turns out to be all rows.

        Parameters
        ----------
        selection : Selection
            The selection, of a company and of projects that don't depend on what is chosen.
        part : tuple
            Which part.
        read : callable
            Reads the rows.
        strict : bool
            Read them again if some are missing of those that are kept.
        """
        key = (PARTS, *selection.key, part)
        with self._cache.alone(key):
            found: Fetched | None = self._cache.get(key)
            since = self._cache.times_forgotten
            if found is None or (strict and found.incomplete):
                found = read()
                if found.cut or found.told_rows is not None:
                    self._cache.put(key, found, since=since)
        return found

    def forget(self, selection: Selection) -> None:
        """Forget all parts of a selection's rows."""
        self._cache.drop_start((PARTS, *selection.key))

    def forget_table(self, name: str) -> None:
        """Forget all parts of a table's rows."""
        self._cache.drop_start((PARTS, name))
