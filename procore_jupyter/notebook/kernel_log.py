"""Keeps what a person typed out of the kernel's own log.

At level DEBUG ipykernel and comm log every message whole: the cells, what is completed while it is typed, and what
is typed into a widget. A secret, or the address that a browser ended on, would stand in it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from procore_jupyter.notebook.redaction import MASK, redact

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_DEEPEST = 12


class TypedTextFilter(logging.Filter):
    """Cuts secrets out of the messages that a record is about; the messages themselves stay as they are."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through."""
        # logging takes a lone dict for named arguments, so `args` is one or a tuple of them.
        if isinstance(record.args, dict):
            record.args = _clean(record.args)
        elif isinstance(record.args, tuple):
            record.args = tuple(map(_clean, record.args))
        return True


def install(shell: InteractiveShell) -> TypedTextFilter:
    """Filter the logs of the kernel that the shell is in, and of its comms; nothing where it is in none."""
    made = TypedTextFilter()
    for log in _logs_of(shell):
        log.addFilter(made)
    return made


def remove(shell: InteractiveShell, made: TypedTextFilter) -> None:
    """Take the filter off again."""
    for log in _logs_of(shell):
        log.removeFilter(made)


def _logs_of(shell: InteractiveShell) -> list[logging.Logger]:
    kernel = getattr(shell, "kernel", None)
    found = [] if kernel is None else [getattr(kernel, "log", None), logging.getLogger("Comm")]
    return [one for one in found if isinstance(one, logging.Logger)]


def _clean(one: Any, name: object = None, depth: int = 0) -> Any:
    """Return a copy without secrets: the text of cells redacted, what was typed into widgets left out."""
    if depth > _DEEPEST:
        return MASK
    if isinstance(one, dict):
        return {key: _clean(value, key, depth + 1) for key, value in one.items()}
    if isinstance(one, list):
        return [_clean(value, name, depth + 1) for value in one]
    if isinstance(one, str) and name == "code":
        return redact(one)
    if isinstance(one, str) and name == "value" and one:
        return MASK
    return one
