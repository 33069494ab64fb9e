"""`Progress`: how far a reading or a download has come, and the line that says so. A front end draws it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from procore_jupyter.wording import counted, wait_line

UNSEEN = 0.5
"""Seconds before a progress is drawn: work that takes less needs none."""

WIDTH = 12
"""Letters of the bar."""


@dataclass
class Progress:
    """How far a piece of work has come.

    Parameters
    ----------
    name : str
        The table or the file.
    unit : str
        What `total` and `done` count: ``projects``, ``pages``, ``bytes``.
    total : int or None
        How many there are; None until that is known.
    done, rows, requests : int
        How many have come.
    all_rows : int or None
        How many rows there are; None until that is known.
    where : str
        Which of several lists is read: "project 12 of 40"; empty if there is one.
    here : str
        What was here already: "31 projects were here already".
    first : str
        A line that stands above: that this takes long.
    begun : float
        When the work began, in seconds of the clock.
    clock : callable
        Seconds that never run backwards.
    """

    name: str
    unit: str = "pages"
    total: int | None = None
    done: int = 0
    rows: int = 0
    requests: int = 0
    all_rows: int | None = None
    where: str = ""
    here: str = ""
    first: str = ""
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
        """The part that is done, from 0 to 1; None until the total is known."""
        return min(1.0, self.done / self.total) if self.total else None

    @property
    def left(self) -> float | None:
        """Seconds that the rest may take; None until that can be estimated."""
        passed = self.clock() - self.begun
        if not self.total or not self.done or passed < UNSEEN:
            return None
        return passed / self.done * max(0, self.total - self.done)

    @property
    def waiting(self) -> str:
        """What is waited for now, with the seconds counted down; empty if nothing is."""
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
        """The line without its bar: what is done, and how long the rest may take."""
        if self.unit == "bytes":
            parts = [_size(self.done, self.total)]
        else:
            rows = f"{self.rows:,} of {self.all_rows:,}" if self.all_rows else f"{self.rows:,}"
            parts = [*filter(None, [rows, self.where, counted(self.requests, "request"), self.here])]
        if self.left is not None and self.left >= 1:
            parts.append(f"about {self.left:.0f} s left")
        return " · ".join(parts)

    def __str__(self) -> str:
        line = f"{self.name}  {self.bar}  {self.words}"
        return "\n".join(filter(None, [self.first, line, self.waiting]))


def _size(done: int, total: int | None) -> str:
    size, unit = (1e9, "GB") if (total or done) >= 1e9 else (1e6, "MB")
    return f"{done / size:,.1f} of {total / size:,.1f} {unit}" if total else f"{done / size:,.1f} {unit}"


class Drawing(Protocol):
    """Shows one `Progress`."""

    def update(self) -> None:
        """Draw the progress again, if enough time has passed."""

    def close(self) -> None:
        """Take the drawing away."""


Draw = Callable[[Progress], Drawing]
"""Takes a progress, and begins to show it."""


@contextlib.contextmanager
def bytes_shown(name: str, draw: Draw) -> Iterator[Callable[[int, int | None], None]]:
    """Draw the progress of a download as long as the context lasts.

    Parameters
    ----------
    name : str
        The file's name.
    draw : callable
        Shows it.

    Yields
    ------
    callable
        Takes the bytes that have come, and the size of the file in bytes or None.
    """
    shown = Progress(name, "bytes")
    drawing = draw(shown)

    def told(done: int, total: int | None) -> None:
        shown.done, shown.total = done, total
        drawing.update()

    try:
        yield told
    finally:
        drawing.close()


class Undrawn:
    """A drawing for no one: in a script, or with no front end."""

    def __init__(self, progress: Progress) -> None:
        pass

    def update(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
