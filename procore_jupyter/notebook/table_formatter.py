"""Lets a cell fail whose table can't be drawn, as a cell does whose table can't be read.

IPython prints the error of an object that fails to draw itself, then shows the object's `repr` below as if nothing had
happened, and "Run All" goes on.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from IPython.core.formatters import MimeBundleFormatter

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class TableFormatter(MimeBundleFormatter):
    """IPython's formatter of MIME bundles, which doesn't catch the errors of a `Table`."""

    def __call__(self, obj: Any, include: Any = None, exclude: Any = None) -> Any:
        """Return an object's data and metadata by MIME type."""
        module = sys.modules.get("procore_jupyter.tables.table")  # not imported yet: there is no table
        if module is not None and isinstance(obj, module.Table):
            return obj._repr_mimebundle_(include, exclude), {}
        return super().__call__(obj, include=include, exclude=exclude)


def install(shell: InteractiveShell) -> None:
    """Draw a shell's tables by a `TableFormatter`."""
    formatter: Any = shell.display_formatter
    if formatter is not None:
        formatter.mimebundle_formatter = _like(formatter.mimebundle_formatter, TableFormatter)


def remove(shell: InteractiveShell) -> None:
    """Undo `install`, unless somebody else has replaced the formatter since."""
    formatter: Any = shell.display_formatter
    if formatter is not None and isinstance(formatter.mimebundle_formatter, TableFormatter):
        formatter.mimebundle_formatter = _like(formatter.mimebundle_formatter, MimeBundleFormatter)


def _like(old: MimeBundleFormatter, kind: type[MimeBundleFormatter]) -> MimeBundleFormatter:
    """Return a formatter with what was registered at another one."""
    new = kind(parent=old.parent, enabled=old.enabled)
    new.singleton_printers, new.type_printers = old.singleton_printers, old.type_printers
    new.deferred_printers = old.deferred_printers
    return new
