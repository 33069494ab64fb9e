"""What whoever called this package is told of: warnings that point to their line, and that a table isn't fetched."""

from __future__ import annotations

import functools
import sys
import warnings

_PACKAGE = __name__.partition(".")[0]


class NotFetched(TypeError, AttributeError):
    """The number of rows isn't known yet. It is a TypeError for ``len``, and an AttributeError so that ``hasattr`` is false."""


def warn_caller(line: str, category: type[Warning]) -> None:
    """Give a warning that points to the line which called this package."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith(f"{_PACKAGE}."):
        level, frame = level + 1, frame.f_back
    warnings.warn(line, category, stacklevel=level)


def in_one_line(error: BaseException, more: str) -> None:
    """Have a notebook show an error in one line, in place of its traceback, with what is to be said beside it.

    Parameters
    ----------
    error : BaseException
        An interrupt, or an error of the network, whose traceback leads into libraries.
    more : str
        What has come nevertheless; empty if nothing has.
    """
    words = " ".join(filter(None, [str(error) or "stopped.", more]))
    error._render_traceback_ = functools.partial(list, [f"{type(error).__name__}: {words}"])  # type: ignore[attr-defined]
