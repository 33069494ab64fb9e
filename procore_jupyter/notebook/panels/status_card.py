"""The card that a notebook shows once a person is signed in: one line that says who, where, and what to do next.

Everything is drawn twice: as HTML for a notebook, and as text for a terminal and for anyone who reads the file without
Jupyter. Styles stand on the elements themselves, because a notebook that is opened again untrusted loses its style
sheets. Drawing makes no request: it shows what is known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

from procore_jupyter.wording import NO_FORMULAS

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from procore_jupyter.connection.status import Status

_STATUS = ("procore_jupyter.connection.status", "Status")
_SESSION = ("procore_jupyter.connection.procore", "Procore")

MimeBundle = dict[str, str]

_FONT = (
    "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:var(--jp-ui-font-size1,13px);"
    "color:var(--jp-ui-font-color1,inherit);line-height:1.6;"
)
_QUIET = "color:var(--jp-ui-font-color2,inherit);"
_GOOD = "color:var(--jp-success-color1,green);"
_CODE = "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px);"


def marked(text: str) -> str:
    """Return a text as HTML, with the parts in backquotes as code."""
    return re.sub(
        r"`([^`]+)`", rf'<code style="{_CODE}background:none;color:inherit;padding:0">\1</code>', escape(text)
    )


def styled(inside: str, name: str) -> str:
    """Return HTML in the font and the colours of a card, in an element of this class."""
    return f'<div class="{name}" style="{_FONT}">{inside}</div>'


def message(text: str, notes: Sequence[str] = (), *, error: bool = False) -> MimeBundle:
    """Draw a sentence, and lines below it.

    Parameters
    ----------
    text : str
        The sentence; a part in backquotes is code.
    notes : sequence of str
        The lines, written like the sentence.
    error : bool
        Whether something failed.
    """
    colour = "color:var(--jp-error-color1,inherit);" if error else ""
    role = "alert" if error else "status"
    return {
        "text/html": f'<div class="procore-message {NO_FORMULAS}" role="{role}" style="{_FONT}">'
        f'<div style="{colour}">{marked(text)}</div>{quiet_lines(notes)}</div>',
        "text/plain": "\n".join([text, *notes]),
    }


def card(status: Status, *, name: str | None = None, notes: Sequence[str] = ()) -> MimeBundle:
    """Draw who is signed in, and to what.

    Parameters
    ----------
    status : Status
        What is known of the connection.
    name : str or None
        The variable that holds the session; None for the name in `status`.
    notes : sequence of str
        Lines to add below.
    """
    if name is not None:
        status = replace(status, name=name)
    own = [line for line in dict.fromkeys(notes) if line not in status.notices]
    return {
        "text/html": f'<div class="procore-card {NO_FORMULAS}" role="status" style="{_FONT}">'
        f"{headline(status)}{quiet_lines([*status.below, *own])}</div>",
        "text/plain": "\n  ".join([repr(status), *own]),
    }


def headline(status: Status) -> str:
    """Draw a card's first line."""
    from procore_jupyter.connection.status import DONE  # loaded already, if there is a status to draw

    place, *parts = status.headline
    name = place.removeprefix(f"{DONE} ")
    done = f'<span style="{_GOOD}">{DONE}</span> ' if name != place else ""
    shown = "".join(f"<span>{marked(part)}</span>" for part in parts)
    return (
        f'<div class="{NO_FORMULAS}" style="display:flex;flex-wrap:wrap;column-gap:1.75em">'
        f'<span style="font-weight:600">{done}{escape(name)}</span>{shown}</div>'
    )


def quiet_lines(lines: Sequence[str]) -> str:
    """Draw the lines below a card's first one."""
    return "".join(f'<div class="{NO_FORMULAS}" style="{_QUIET}">{marked(line)}</div>' for line in lines)


def card_of(found: object, *, name: str | None = None, notes: Sequence[str] = ()) -> MimeBundle:
    """Draw what `LoginFlow.describe` returns once the login is over: usually a `Status`."""
    from procore_jupyter.connection.status import Status

    if isinstance(found, Status):
        return card(found, name=name, notes=notes)
    return message("Signed in.", notes)


def details(status: Status, *, name: str | None = None) -> MimeBundle:
    """Draw the card, and below it all that is known: hosts, time left, rate limit, where the token is kept."""
    drawn = card(status, name=name)
    table = "".join(
        f'<span style="{_QUIET}">{escape(label)}</span><span>{escape(value)}</span>'
        for label, value in status.details
    )
    return {
        "text/html": drawn["text/html"]
        + f'<div class="{NO_FORMULAS}" style="{_FONT}display:grid;grid-template-columns:max-content 1fr;column-gap:1em">{table}</div>',
        "text/plain": "\n".join([drawn["text/plain"], *status.detail_lines]),
    }


def register(shell: InteractiveShell) -> None:
    """Make this notebook draw a `Status` and a `Procore` as cards; neither class is imported for it."""
    formatter: Any = shell.display_formatter
    if formatter is None:
        return
    html = formatter.formatters["text/html"]
    html.for_type_by_name(*_STATUS, lambda status: card(status)["text/html"])
    html.for_type_by_name(*_SESSION, lambda session: card(session._known())["text/html"])


def unregister(shell: InteractiveShell) -> None:
    """Undo `register`."""
    formatter: Any = shell.display_formatter
    if formatter is None:
        return
    for module, name in (_STATUS, _SESSION):
        formatter.formatters["text/html"].pop(f"{module}.{name}", None)
