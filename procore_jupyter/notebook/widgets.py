"""Shows a login, a question or a progress where the person is: drawn in a notebook, as text in a terminal."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from procore_jupyter.notebook.kernel import draws_outputs_once, draws_panels, somebody_there

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from procore_jupyter.connection.procore import Procore
    from procore_jupyter.connection.question import Question
    from procore_jupyter.connection.status import Status
    from procore_jupyter.login.flow import LoginFlow
    from procore_jupyter.tables.progress import Drawing, Progress


def show(
    shell: InteractiveShell,
    flow: LoginFlow,
    *,
    name: str,
    notes: Sequence[str] = (),
    wait: bool = False,
    session: Procore | None = None,
) -> None:
    """Show a login to the person, and return at once.

    Parameters
    ----------
    shell : InteractiveShell
        The notebook's shell.
    flow : LoginFlow
        A started login.
    name : str
        The variable that holds the session.
    notes : sequence of str
        Lines to show with the login.
    wait : bool
        Whether the cell will wait: then a terminal may ask for what the person has to paste.
    session : Procore or None
        The session, for which a person in several companies then chooses one.
    """
    if draws_panels(shell):
        from procore_jupyter.notebook.panels.login_panel import LoginPanel

        LoginPanel(flow, name=name, notes=notes, session=session).show()
        return
    from procore_jupyter.connection import terminal

    for note in notes:
        terminal.say(note)
    if wait:
        terminal.show(flow)
        return
    terminal.say(str(flow))
    if flow.open_receivers == ("paste",):
        terminal.say(f"Then run  {name}.login_flow.paste(input())  and paste it there.")


def show_from_code(shell: InteractiveShell, flow: LoginFlow, session: Procore, *, name: str) -> None:
    """Show the login of a session that code has opened, as `show` does."""
    show(shell, flow, name=name, session=session)


def waiting(shell: InteractiveShell, flow: LoginFlow) -> AbstractContextManager[object]:
    """Say in the running cell's output, as long as the context lasts, that the cell waits for the person."""
    if not draws_panels(shell) or not _in_a_cell():
        return nullcontext()  # a terminal has the link right above
    from procore_jupyter.notebook.panels import login_panel

    return login_panel.waiting_here(flow)


def ask(question: Question, *, name: str, notes: Sequence[str] = (), session: Procore | None = None) -> None:
    """Ask the person which app to connect with, and return at once; only where panels are drawn.

    Parameters
    ----------
    question : Question
        What is asked.
    name : str
        The variable that holds the session.
    notes : sequence of str
        Lines to show with the login that follows.
    session : Procore or None
        As for `show`.
    """
    from procore_jupyter.notebook.panels.connect_form import ConnectForm

    ConnectForm(question, name=name, notes=notes, session=session).show()


def progress(shell: InteractiveShell, shown: Progress) -> Drawing:
    """Begin to show a progress, and return what draws it."""
    if not draws_panels(shell):
        from procore_jupyter.connection import terminal

        return terminal.progress()(shown)
    from procore_jupyter.notebook.panels.progress_line import ProgressLine
    from procore_jupyter.tables.progress import Undrawn

    seen = _in_a_cell() and not draws_outputs_once() and somebody_there(shell)
    return ProgressLine(shown) if seen else Undrawn(shown)


def signed_in(
    shell: InteractiveShell, session: Procore, status: Status, *, name: str, notes: Sequence[str] = ()
) -> None:
    """Show the card of a person who is signed in, with a button for each company where one is to be chosen.

    Parameters
    ----------
    shell : InteractiveShell
        The notebook's shell.
    session : Procore
        The session.
    status : Status
        What is known of it.
    name : str
        The variable that holds it.
    notes : sequence of str
        Lines to show below.
    """
    from IPython.display import display

    from procore_jupyter.notebook.panels.status_card import card

    if draws_panels(shell) and somebody_there(shell) and status.to_choose:
        from procore_jupyter.notebook.panels.company_choice import card_or_choice

        choice = card_or_choice(session, status, name=name, notes=notes)
        if choice is not None:
            choice.show()
            return
    display(card(status, name=name, notes=notes), raw=True)


def choose(shell: InteractiveShell, session: Procore, *, name: str) -> None:
    """Let the person choose one of their companies, in a session that code has opened; draw nothing if none has to be chosen."""
    if not draws_panels(shell) or not somebody_there(shell) or draws_outputs_once() or not _in_a_cell():
        return
    status = session.status()
    if status.to_choose:
        signed_in(shell, session, status, name=name)


def _in_a_cell() -> bool:
    """Tell whether the running code has a cell's output: a thread that the person started has none."""
    return threading.current_thread() is threading.main_thread()
