"""What a person touches in a notebook. Draws and forwards; decides nothing.

`load` costs a few milliseconds: everything heavy is imported at the first sign-in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from procore_jupyter.connection.front_end import FrontEnd, register_front_end, registered_front_end
from procore_jupyter.notebook import completion, kernel, kernel_log, status_card, widgets
from procore_jupyter.notebook.history import HistoryGuard
from procore_jupyter.notebook.magics import DEFAULT_NAME, ProcoreMagics

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from procore_jupyter.tables.progress import Drawing, Progress


class _Loaded(NamedTuple):
    """What one shell was given, to take it away again."""

    magics: ProcoreMagics
    history: HistoryGuard
    front_end: FrontEnd
    log: kernel_log.TypedTextFilter


_loaded: dict[int, _Loaded] = {}


def load(shell: InteractiveShell) -> None:
    """Add the magics, their completion, the cards, and the guard of the history."""
    if id(shell) in _loaded:
        unload(shell)
    history = HistoryGuard(shell)
    history.install()
    magics = ProcoreMagics(shell, history)
    shell.register_magics(magics)
    completion.install(shell)
    status_card.register(shell)
    place = FrontEnd(
        show=lambda flow: widgets.show(shell, flow, name=DEFAULT_NAME),
        person=lambda: kernel.somebody_there(shell),
        ask=(lambda question: widgets.ask(question, name=DEFAULT_NAME))
        if kernel.draws_panels(shell)
        else None,
        waiting=lambda flow: widgets.waiting(shell, flow),
        progress=lambda progress: _begin_progress(shell, progress),
    )
    register_front_end(place)
    _loaded[id(shell)] = _Loaded(magics, history, place, kernel_log.install(shell))


def _begin_progress(shell: InteractiveShell, progress: Progress) -> Drawing:
    from procore_jupyter.notebook import progress_line

    return progress_line.begin(shell, progress)


def unload(shell: InteractiveShell) -> None:
    """Take all of it away. Sessions in the notebook go on working."""
    loaded = _loaded.pop(id(shell), None)
    if loaded is None:
        return
    if registered_front_end() is loaded.front_end:
        register_front_end(None)
    status_card.unregister(shell)
    completion.remove(shell)
    for kind, names in loaded.magics.magics.items():
        registered: dict[str, Any] = shell.magics_manager.magics[kind]
        for name, function in names.items():
            if registered.get(name) == function:
                del registered[name]
    loaded.history.remove()
    kernel_log.remove(shell, loaded.log)
