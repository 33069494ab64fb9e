"""What whoever called this package is told of: warnings that point to their line, and that a table isn't fetched."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

from procore_jupyter.errors import ProcoreIncompleteWarning

if TYPE_CHECKING:
    from procore_jupyter.tables.result import Fetched

_PACKAGE = __name__.partition(".")[0]


class NotFetched(TypeError, AttributeError):
    """The number of rows isn't known yet. It is a TypeError for ``len``, and an AttributeError so that ``hasattr`` is false."""


def warn_caller(line: str, category: type[Warning]) -> None:
    """Give a warning that points to the line which called this package."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith(f"{_PACKAGE}."):
        level, frame = level + 1, frame.f_back
    warnings.warn(line, category, stacklevel=level)


def warn_of_lack(found: Fetched, name: str) -> None:
    """Warn of rows of a table that are missing."""
    if found.incomplete or found.cut:
        from procore_jupyter.tables.display.picture import alerts

        for line in alerts(found, name):
            warn_caller(line, ProcoreIncompleteWarning)
