"""A filter that keeps what a person typed out of the kernel's own log.

At level DEBUG, ipykernel and comm log every message in full: the cells, the text that is completed while it is typed, and
what is typed into a widget. Without the filter, a secret or the address that a browser ended on would stand in the log.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from procore_jupyter.notebook.redaction.findings import MASK
from procore_jupyter.notebook.redaction.known_secrets import KnownSecrets

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_DEEPEST = 12
"""Levels of nesting that are searched for secrets; what lies deeper is replaced by ``***``."""


class TypedTextFilter(logging.Filter):
    """Removes secrets from the copies of messages in log records; the messages themselves stay as they are.

    Parameters
    ----------
    known : KnownSecrets
        The secrets that this notebook has used.
    """

    def __init__(self, known: KnownSecrets) -> None:
        super().__init__()
        self._known = known

    def filter(self, record: logging.LogRecord) -> bool:
        """Remove secrets from a record's arguments, and let every record through."""
        # logging unpacks a single dict as named arguments: `args` is either that dict or a tuple.
        if isinstance(record.args, dict):
            record.args = self._clean(record.args)
        elif isinstance(record.args, tuple):
            record.args = tuple(map(self._clean, record.args))
        return True

    def _clean(self, one: Any, name: object = None, depth: int = 0) -> Any:
        """Return a copy with cells' text redacted, and with what was typed into widgets or the sidebar replaced by ``***``."""
        if depth > _DEEPEST:
            return MASK
        if (
            isinstance(one, dict) and name == "user_expressions"
        ):  # the sidebar's questions, one of them the form
            return dict.fromkeys(one, MASK)
        if isinstance(one, dict):
            return {key: self._clean(value, key, depth + 1) for key, value in one.items()}
        if isinstance(one, list):
            return [self._clean(value, name, depth + 1) for value in one]
        if isinstance(one, str) and name == "code":
            return self._known.redact(one)
        if isinstance(one, str) and name == "value" and one:
            return MASK
        return self._known.redact_values(one) if isinstance(one, str) else one  # in a traceback, in an output


def install(shell: InteractiveShell, known: KnownSecrets) -> TypedTextFilter:
    """Add a filter to the logs of the shell's kernel and of its comms; a shell outside a kernel has neither log."""
    made = TypedTextFilter(known)
    for log in _logs_of(shell):
        log.addFilter(made)
    return made


def remove(shell: InteractiveShell, made: TypedTextFilter) -> None:
    """Remove the filter from the logs."""
    for log in _logs_of(shell):
        log.removeFilter(made)


def _logs_of(shell: InteractiveShell) -> list[logging.Logger]:
    kernel = getattr(shell, "kernel", None)
    found = [] if kernel is None else [getattr(kernel, "log", None), logging.getLogger("Comm")]
    return [one for one in found if isinstance(one, logging.Logger)]
