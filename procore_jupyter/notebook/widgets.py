"""Shows a login or a question where the person is: as widgets in a notebook, as text in a terminal."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from procore_jupyter.notebook.kernel import draws_panels

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from procore_jupyter.connection.question import Question
    from procore_jupyter.login.flow import LoginFlow


def show(
    shell: InteractiveShell, flow: LoginFlow, *, name: str, notes: Sequence[str] = (), wait: bool = False
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
    """
    if draws_panels(shell):
        from procore_jupyter.notebook.login_panel import LoginPanel

        LoginPanel(flow, name=name, notes=notes).show()
        return
    from procore_jupyter.connection import terminal

    for note in notes:
        terminal.say(note)
    if wait:
        terminal.show(flow)
        return
    terminal.say(str(flow))
    if flow.open_receivers == ("paste",):
        terminal.say(f"Then run  {name}.sign_in.paste(input())  and paste it there.")


def waiting(shell: InteractiveShell, flow: LoginFlow) -> AbstractContextManager[object]:
    """Say in the running cell's output, as long as the context lasts, that the cell waits for the person."""
    if not draws_panels(shell) or threading.current_thread() is not threading.main_thread():
        return nullcontext()  # a terminal has the link right above; a person's own thread has no cell
    from procore_jupyter.notebook import login_panel

    return login_panel.waiting_here(flow)


def ask(question: Question, *, name: str, notes: Sequence[str] = ()) -> None:
    """Ask the person which app to connect with, and return at once; only where panels are drawn.

    Parameters
    ----------
    question : Question
        What is asked.
    name : str
        The variable that holds the session.
    notes : sequence of str
        Lines to show with the login that follows.
    """
    from procore_jupyter.notebook.connect_form import ConnectForm

    ConnectForm(question, name=name, notes=notes).show()
