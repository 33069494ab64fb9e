"""What a kernel and its front end can do, and which Procore sessions the notebook holds."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from procore_jupyter.connection.procore import Procore


def somebody_there(shell: InteractiveShell) -> bool:
    """Tell whether a person can be asked.

    Programs that run notebooks (nbclient, papermill) allow no stdin. Voila allows none either, yet a person reads
    its page once the notebook has run.
    """
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        from procore_jupyter.connection import terminal

        return terminal.is_there()
    return getattr(kernel, "_allow_stdin", True) or draws_outputs_once()


def draws_panels(shell: InteractiveShell) -> bool:
    """Tell whether HTML and widgets may be drawn: in a kernel they may be, in a terminal they are not."""
    return getattr(shell, "kernel", None) is not None


def draws_outputs_once() -> bool:
    """Tell whether the page ignores later changes of its outputs, as Voila's does; there only widgets stay alive."""
    from procore_jupyter.settings.resolve import read_surroundings

    return read_surroundings().voila


def session_under(namespace: Mapping[str, Any], name: str) -> Procore | None:
    """Return the Procore session that a variable holds; None if it holds anything else or does not exist."""
    # Not imported yet, or another thread is importing it: there is no session.
    procore: Any = getattr(sys.modules.get("procore_jupyter.connection.procore"), "Procore", ())
    found = namespace.get(name)
    return found if isinstance(found, procore) else None


def session_named(namespace: Mapping[str, Any], name: str, option: str = "--name") -> Procore:
    """Return the Procore session that a variable holds.

    Parameters
    ----------
    namespace : mapping
        The notebook's variables.
    name : str
        The variable.
    option : str
        The magic's option that names another.

    Raises
    ------
    UsageError
        It holds none; the message names those that do.
    """
    if (found := session_under(namespace, name)) is not None:
        return found
    from IPython.core.error import UsageError

    others = ", ".join(sessions(namespace))
    hint = f"These are: {others}. Say which with {option}." if others else "Run %procore_connect first."
    raise UsageError(f"`{name}` is no Procore session in this notebook. {hint}")


def sessions(namespace: Mapping[str, Any]) -> dict[str, Procore]:
    """Return the notebook's Procore sessions by variable, without names that begin with ``_`` (IPython's copies)."""
    found = {name: session_under(namespace, name) for name in [*namespace] if name[:1] != "_"}
    return {name: session for name, session in found.items() if session is not None}
