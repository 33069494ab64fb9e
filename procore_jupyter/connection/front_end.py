"""`FrontEnd`: what shows a login, a question or a progress to the person, unless `connect` is told what does.

The notebook registers its front end when the extension loads, so this module imports nothing that loading doesn't need.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from procore_jupyter.connection.procore import Procore
    from procore_jupyter.connection.question import Question
    from procore_jupyter.login.flow import LoginFlow
    from procore_jupyter.settings.settings import Settings
    from procore_jupyter.tables.progress import Draw


class FrontEnd(NamedTuple):
    """What stands between this process and the person.

    Parameters
    ----------
    show : callable
        Takes a started `LoginFlow` and its `Procore`, draws the login, and returns at once.
    person : callable
        Returns whether somebody is there to click: a notebook without stdin, for example, is run by a program.
    waiting : callable or None
        Takes a `LoginFlow`; the context that it returns tells the person that a call waits for the login.
    ask : callable or None
        Takes a `Question`, draws it, and returns at once; None if the person can't be asked.
    progress : callable or None
        Takes a `Progress` and begins to draw it; None if it isn't drawn.
    choose : callable or None
        Takes a `Procore` whose person is signed in, and lets them choose one of their companies if none is chosen.
    heed : callable or None
        Takes the `Settings` of a connection before it is opened, to keep their secrets out of what is stored of a cell.
    """

    show: Callable[[LoginFlow, Procore], None]
    person: Callable[[], bool]
    waiting: Callable[[LoginFlow], AbstractContextManager[object]] | None = None
    ask: Callable[[Question], None] | None = None
    progress: Draw | None = None
    choose: Callable[[Procore], None] | None = None
    heed: Callable[[Settings], None] | None = None


_registered: FrontEnd | None = None


def register_front_end(front_end: FrontEnd | None) -> None:
    """Register a front end in place of the one before; None registers none."""
    global _registered
    _registered = front_end


def registered_front_end() -> FrontEnd | None:
    """Return the registered front end; None in a terminal or script."""
    return _registered


def heed(settings: Settings) -> None:
    """Tell the registered front end of a connection's settings."""
    if _registered is not None and _registered.heed is not None:
        _registered.heed(settings)


def progress() -> Draw:
    """Return what draws the progress of a reading: the registered front end, else the terminal."""
    if _registered is not None and _registered.progress is not None:
        return _registered.progress
    from procore_jupyter.connection import terminal

    return terminal.progress()
