"""Who is told of a sign-in's link when `connect` isn't told whom to tell.

A notebook registers its panel here when the extension loads. This is a module of its own so that loading
the extension imports neither `connection` nor, with it, requests.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from procore_jupyter.connection.question import Question
    from procore_jupyter.login.flow import LoginFlow
    from procore_jupyter.tables.progress import Draw


class FrontEnd(NamedTuple):
    """A place that can show a link to a person.

    Parameters
    ----------
    show : callable
        Takes a started `LoginFlow`, draws it, and returns at once.
    person : callable
        Whether somebody is there to click, now: no stdin means that a program runs this notebook.
    waiting : callable or None
        Takes a `LoginFlow` and says, as long as the context lasts, that a call waits for it.
    ask : callable or None
        Takes a `Question`, draws it, and returns at once; None where nothing can be asked.
    progress : callable or None
        Begins to show the `Progress` of a reading.
    """

    show: Callable[[LoginFlow], None]
    person: Callable[[], bool]
    waiting: Callable[[LoginFlow], AbstractContextManager[object]] | None = None
    ask: Callable[[Question], None] | None = None
    progress: Draw | None = None


_registered: FrontEnd | None = None


def register_front_end(front_end: FrontEnd | None) -> None:
    """Register a front end, None for none."""
    global _registered
    _registered = front_end


def registered_front_end() -> FrontEnd | None:
    """Return the registered front end."""
    return _registered


def progress() -> Draw:
    """Return what shows the progress of a reading: the registered front end, else the terminal."""
    if _registered is not None and _registered.progress is not None:
        return _registered.progress
    from procore_jupyter.connection import terminal

    return terminal.progress()


@contextlib.contextmanager
def bytes_shown(name: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show the progress of a download as long as the context lasts.

    Parameters
    ----------
    name : str
        The file's name.

    Yields
    ------
    callable
        Takes the bytes that have come, and the bytes there are or None.
    """
    from procore_jupyter.tables.progress import Progress

    shown = Progress(name, "bytes")
    drawing = progress()(shown)

    def told(done: int, total: int | None) -> None:
        shown.done, shown.total = done, total
        drawing.update()

    try:
        yield told
    finally:
        drawing.close()
