"""Shows a sign-in or a question where the person is: in widgets, or in the terminal."""

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


def waiting(shell: InteractiveShell, flow: LoginFlow) -> AbstractContextManager[object]:
    """Say in the running cell's output, as long as the context lasts, that it waits for the person."""
    if not draws_panels(shell) or threading.current_thread() is not threading.main_thread():
        return nullcontext()  # a terminal has the link right above; a thread of the user's has no cell
    from procore_jupyter.notebook import login_panel

    return login_panel.waiting_here(flow)


def show(
    shell: InteractiveShell, flow: LoginFlow, *, name: str, notes: Sequence[str] = (), wait: bool = False
) -> None:
    """Show a sign-in to the person, and return at once.

    Parameters
    ----------
    shell : InteractiveShell
        The notebook's shell.
    flow : LoginFlow
        A started sign-in.
    name : str
        The variable that holds the session.
    notes : sequence of str
        Lines to show with it.
    wait : bool
        The cell will wait: a terminal may ask for what the person has to paste.
    """
    if draws_panels(shell):
        from procore_jupyter.notebook import login_panel

        login_panel.show(flow, name=name, notes=notes)
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


def ask(question: Question, *, name: str, notes: Sequence[str] = ()) -> None:
    """Ask the person which app it is, and return at once. Only where panels are drawn.

    Parameters
    ----------
    question : Question
        What is asked.
    name : str
        The variable that holds the session.
    notes : sequence of str
        Lines to show with the sign-in that follows.
    """
    from procore_jupyter.notebook import connect_form

    connect_form.show(question, name=name, notes=notes)
