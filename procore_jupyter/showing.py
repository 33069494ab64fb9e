"""Who is told of a sign-in's link when `connect` isn't told whom to tell.

A notebook registers its panel here when the extension loads. This is a module of its own so that loading
the extension imports neither `connection` nor, with it, requests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from procore_jupyter.login.flow import LoginFlow


class FrontEnd(NamedTuple):
    """A place that can show a link to a person.

    Parameters
    ----------
    show : callable
        Takes a started `LoginFlow`, draws it, and returns at once.
    person : callable
        Whether somebody is there to click, now: no stdin means that a program runs this notebook.
    """

    show: Callable[[LoginFlow], None]
    person: Callable[[], bool]


_registered: FrontEnd | None = None


def set_front_end(front_end: FrontEnd | None) -> None:
    """Register a front end, None for none."""
    global _registered
    _registered = front_end


def front_end() -> FrontEnd | None:
    """Return the registered front end."""
    return _registered
