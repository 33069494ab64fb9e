"""`Progress`: how far the reading of a table is, and the line that says so. Drawn by whoever is in front."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from procore_jupyter.wording import counted, wait_line

UNSEEN = 0.5
"""Seconds that nothing is drawn: what is done by then needs no progress."""

WIDTH = 12
"""Letters of the bar."""


@dataclass
class Progress:
    """How far it is.

    Parameters
    ----------
    name : str
        What is read.
    unit : str
        What is counted: ``projects``, ``pages``, ``bytes``.
    total : int or None
        How many there are; None as long as nobody knows.
    done, rows, requests : int
        What has come.
    begun : float
        When it began, in seconds by the clock.
    """

    name: str
    unit: str = "pages"
    total: int | None = None
    done: int = 0
    rows: int = 0
    requests: int = 0
    begun: float = field(default_factory=time.monotonic)
    clock: Callable[[], float] = time.monotonic
    _waits: str = ""
    _waits_until: float = 0.0

    def waits(self, words: str, seconds: float) -> None:
        """Say for so many seconds what is waited for; any thread may call this.

        Parameters
        ----------
        words : str
            What is waited for: "Procore's limit reached: going on".
        seconds : float
            The length of the wait, counted down from now.
        """
        self._waits, self._waits_until = words, self.clock() + seconds

    @property
    def fraction(self) -> float | None:
        """How much is done, from 0 to 1; None where that isn't known."""
        return min(1.0, self.done / self.total) if self.total else None

    @property
    def left(self) -> float | None:
        """Seconds that it may take yet; None where that can't be told."""
        passed = self.clock() - self.begun
        if not self.total or not self.done or passed < UNSEEN:
            return None
        return passed / self.done * max(0, self.total - self.done)

    @property
    def waiting(self) -> str:
        """What is waited for now, with the seconds counted down; empty where nothing is."""
        seconds = self._waits_until - self.clock()
        if not self._waits or seconds <= 0:
            return ""
        return wait_line(self._waits, seconds)

    @property
    def bar(self) -> str:
        """The bar, in letters."""
        done = round((self.fraction or 0.0) * WIDTH)
        return "█" * done + "░" * (WIDTH - done)

    @property
    def words(self) -> str:
        """The line without its bar: what was done, and how long it may take yet."""
        many = _of(self.done, self.total, self.unit)
        parts = [many] if self.unit != "rows" or self.total else []
        if self.unit != "bytes":
            parts += [counted(self.rows, "row")] if self.unit != "rows" else []
            parts += [counted(self.requests, "request")]
        if self.left is not None and self.left >= 1:
            parts.append(f"about {self.left:.0f} s left")
        return " · ".join(parts)

    def __str__(self) -> str:
        return f"{self.name}  {self.bar}  {self.words}" + (f"\n{self.waiting}" if self.waiting else "")


def _of(done: int, total: int | None, unit: str) -> str:
    if unit == "bytes":
        size, unit = (1e9, "GB") if (total or done) >= 1e9 else (1e6, "MB")
        return f"{done / size:,.1f} of {total / size:,.1f} {unit}" if total else f"{done / size:,.1f} {unit}"
    return f"{done:,} of {total:,} {unit}" if total else f"{done:,} {unit}"


class Drawing(Protocol):
    """Something that shows a `Progress` as long as it goes on."""

    def update(self) -> None:
        """Draw it anew, if it is time."""

    def close(self) -> None:
        """Take it away."""


Draw = Callable[[Progress], Drawing]
"""Begins to show a progress."""


class Undrawn:
    """Where nobody looks."""

    def __init__(self, progress: Progress) -> None:
        pass

    def update(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
