"""Shows this package's warnings as the sentence that they are.

Python puts the cell's file in a temporary folder and the line of code around a warning. In a notebook, whose cell stands
right above, that hides what is said.
"""

from __future__ import annotations

import warnings
from typing import Any

from procore_jupyter.errors import ProcoreWarning


def install() -> None:
    """Have warnings of this package be written as one line."""
    if getattr(warnings.formatwarning, "__module__", "") == __name__:
        return
    before = warnings.formatwarning

    def formatwarning(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> str:
        if issubclass(category, ProcoreWarning):
            return f"{message}\n"
        return before(message, category, *where, **more)

    formatwarning.before = before  # type: ignore[attr-defined]
    warnings.formatwarning = formatwarning


def remove() -> None:
    """Undo `install`, unless somebody else has replaced the function since."""
    if getattr(warnings.formatwarning, "__module__", "") == __name__:
        warnings.formatwarning = warnings.formatwarning.before  # type: ignore[attr-defined]
