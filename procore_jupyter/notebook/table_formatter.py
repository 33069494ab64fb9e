"""Lets a cell fail whose table can't be drawn, as a cell does whose table can't be read.

IPython prints the error of an object that fails to draw itself, then shows the object's `repr` below as if nothing had
happened, and "Run All" goes on. So a table is drawn once before IPython draws it: that one error is nobody's to catch.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def install(shell: InteractiveShell) -> None:
    """Draw a shell's tables before IPython does."""
    formatter: Any = shell.display_formatter
    if formatter is None:
        return
    before = formatter.format

    def format_(obj: object, *args: Any, **kwargs: Any) -> Any:
        # Not imported yet, or another thread is importing it: there is no table.
        table: Any = getattr(sys.modules.get("procore_jupyter.tables.table"), "Table", ())
        if isinstance(obj, table):
            obj._repr_mimebundle_()  # its rows are in memory from then on
        return before(obj, *args, **kwargs)

    formatter.format = format_


def remove(shell: InteractiveShell) -> None:
    """Undo `install`, unless somebody else has wrapped the function since."""
    formatter: Any = shell.display_formatter
    if formatter is not None and getattr(vars(formatter).get("format"), "__module__", "") == __name__:
        del formatter.format
