"""`Pending`: rows of one list that came and are not in a batch yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from procore_jupyter.tables.arrow.ingest import BATCH
from procore_jupyter.tables.arrow.unique import RowsApart

BATCH_BYTES = 2 * 1024 * 1024
"""Bytes of JSON in a batch, about: the batch takes several times as much memory."""

FRUGAL_BATCH = 1024 * 1024
"""Bytes of JSON in a batch of a frugal reading."""


class Pending:
    """Rows of one list that came and are not in a batch yet.

    Parameters
    ----------
    apart : RowsApart
        Tells the list's rows apart.
    frugal : bool
        The rows are handed on and not kept: batches are smaller.

    Attributes
    ----------
    taken_in, unique, kept : int
        Rows that were read; different ones among them; those of these that are wanted.
    """

    def __init__(self, apart: RowsApart, *, frugal: bool) -> None:
        self.rows: list[Any] = []
        self.unique = self.taken_in = self.kept = 0
        self.apart = apart
        self._at_a_time = BATCH
        self._batch_bytes = FRUGAL_BATCH if frugal else BATCH_BYTES

    def add(self, rows: Sequence[Any], *, again: bool) -> None:
        """Add the rows of a page, which may be one that is read again."""
        self.apart.page(len(rows), again=again)
        size = max(1, len(memoryview(rows[len(rows) // 2])))
        most = max(100, min(BATCH, self._batch_bytes // size))
        # In equal parts: one row that is left over would keep the whole page in memory.
        self._at_a_time = -(-len(rows) // -(-len(rows) // most)) if len(rows) > most else most
        self.rows += rows

    @property
    def full(self) -> bool:
        """Whether there are enough rows for a batch."""
        return len(self.rows) >= self._at_a_time

    def take(self) -> list[Any]:
        """Return the next rows of a batch."""
        taken, self.rows = self.rows[: self._at_a_time], self.rows[self._at_a_time :]
        return taken
