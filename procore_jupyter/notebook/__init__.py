"""What a person touches in a notebook. This room draws and forwards; it decides nothing.

`load` costs a few milliseconds: everything heavy is imported at the first login.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from procore_jupyter.connection.front_end import FrontEnd, register_front_end, registered_front_end
from procore_jupyter.notebook import kernel, kernel_log, table_formatter, warning_line, widgets
from procore_jupyter.notebook.completion import completion
from procore_jupyter.notebook.history import HistoryGuard
from procore_jupyter.notebook.magics import DEFAULT_NAME, ProcoreMagics
from procore_jupyter.notebook.panels import status_card
from procore_jupyter.notebook.sql_magic import SQLMagics

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class _Loaded(NamedTuple):
    """What `load` added to one shell, for `unload` to remove."""

    magics: tuple[ProcoreMagics, SQLMagics]
    history: HistoryGuard
    front_end: FrontEnd
    log: kernel_log.TypedTextFilter


_loaded: dict[int, _Loaded] = {}


def load(shell: InteractiveShell) -> None:
    """Add the magics, their completion, the cards, and the guard of IPython's history to a shell."""
    if id(shell) in _loaded:
        unload(shell)
    history = HistoryGuard(shell)
    history.install()
    magics = ProcoreMagics(shell, history), SQLMagics(shell)
    shell.register_magics(*magics)
    completion.install(shell)
    status_card.register(shell)
    table_formatter.install(shell)
    warning_line.install()
    front_end = FrontEnd(
        show=partial(widgets.show_from_code, shell, name=DEFAULT_NAME),
        person=partial(kernel.somebody_there, shell),
        ask=partial(widgets.ask, name=DEFAULT_NAME) if kernel.draws_panels(shell) else None,
        waiting=partial(widgets.waiting, shell),
        progress=partial(widgets.progress, shell),
        choose=partial(widgets.choose, shell, name=DEFAULT_NAME),
        heed=history.heed,
    )
    register_front_end(front_end)
    _loaded[id(shell)] = _Loaded(magics, history, front_end, kernel_log.install(shell, history.known))


def unload(shell: InteractiveShell) -> None:
    """Remove from a shell all that `load` added. Sessions in the notebook go on working."""
    loaded = _loaded.pop(id(shell), None)
    if loaded is None:
        return
    if registered_front_end() is loaded.front_end:
        register_front_end(None)
    status_card.unregister(shell)
    table_formatter.remove(shell)
    warning_line.remove()
    completion.remove(shell)
    for magics in loaded.magics:
        for kind, names in magics.magics.items():
            registered: dict[str, Any] = shell.magics_manager.magics[kind]
            for name, function in names.items():
                if registered.get(name) == function:
                    del registered[name]
    loaded.history.remove()
    kernel_log.remove(shell, loaded.log)
