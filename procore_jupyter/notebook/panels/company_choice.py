"""The card of a person who is in several companies: a button for each, until one is chosen, by click or by code."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import requests

from procore_jupyter.connection.status import LISTED_COMPANIES
from procore_jupyter.errors import ProcoreError
from procore_jupyter.notebook.kernel import draws_outputs_once
from procore_jupyter.notebook.panels import panel_html as html
from procore_jupyter.notebook.panels.panel import WIDE, Panel
from procore_jupyter.notebook.panels.status_card import MimeBundle, card, headline, quiet_lines
from procore_jupyter.wording import one_line

if TYPE_CHECKING:
    from procore_jupyter.connection.procore import Procore
    from procore_jupyter.connection.status import Status

LOOK = 2.0
"""Seconds between two looks at whether a cell has chosen a company meanwhile."""


def card_or_choice(
    session: Procore, status: Status, *, name: str, notes: Sequence[str] = ()
) -> CompanyChoice | None:
    """Return the choice to show in place of the card; None if there is nothing to choose, or no widget stays alive."""
    if not status.to_choose or not status.companies or draws_outputs_once():
        return None
    return CompanyChoice(session, status, name=name, notes=notes)


class CompanyChoice:
    """The card with its buttons, in one cell's output. A saved notebook keeps the card without them.

    Parameters
    ----------
    session : Procore
        The session to choose for. It isn't kept alive.
    status : Status
        What is known of the session.
    name : str
        The variable that holds the session.
    notes : sequence of str
        Lines to add below the card.
    """

    def __init__(self, session: Procore, status: Status, *, name: str, notes: Sequence[str] = ()) -> None:
        self._session = weakref.ref(session)
        self._status = replace(status, name=name)
        self._notes = tuple(notes)
        # Every weak reference to a session is the same object, so a newer choice finds the one before.
        self._panel = Panel(
            self._session, "company choice", status.place, look="procore-choice", saved="plain"
        )

    def show(self) -> None:
        """Draw it in the output of the running cell, and return at once."""
        drawn = card(self._status, notes=self._notes)
        plain = {**drawn, "text/html": html.until_shown(self._panel.id, drawn["text/html"])}
        self._panel.show(plain, "", self._build, self._follow)

    def _follow(self) -> MimeBundle:
        """Wait until a company is chosen; return the card."""
        clicked = False
        for word, _ in self._panel.words(every=LOOK):
            session = self._session()
            if session is None:
                break
            clicked = bool(word)
            if word:
                try:
                    session.use(company=int(word))
                except (ProcoreError, requests.RequestException) as error:
                    self._said.value = html.said(str(error))
            if session.company_id is not None or session._access_state.state != "signed in":
                break
            del session  # nothing is held while waiting
        return self._card(clicked)

    def _card(self, clicked: bool) -> MimeBundle:
        session = self._session()
        status = self._status if session is None else replace(session._known(), name=self._status.name)
        notes = [*self._notes]
        if clicked and status.company is not None and status.state == "signed in":
            notes.append(f"A click isn't part of the notebook. To choose it in a cell: `{status.choose}`")
        return card(status, notes=notes)

    def _build(self) -> Any:
        """Make the widgets; return the box that holds them."""
        import ipywidgets

        status = self._status
        buttons = []
        for number, name in status.companies[:LISTED_COMPANIES]:
            button = ipywidgets.Button(
                description=f"{one_line(name)} {number}".strip(),
                tooltip="Choose this company",
                layout={"width": "auto"},
            )
            button.on_click(lambda _, number=number: self._panel.put(str(number)))
            buttons.append(button)
        self._said = ipywidgets.HTML("", layout=WIDE)
        more = len(status.companies) - len(buttons)
        rest = f"And {more} more: `{status.name}.companies()`. " if more else ""
        below = [f"{rest}In a cell: `{status.choose}`", *self._problems_and_notices(), *self._notes]
        return ipywidgets.VBox(
            [
                ipywidgets.HTML(html.STYLE + headline(status), layout=WIDE),
                ipywidgets.HBox(buttons, layout={"flex_flow": "row wrap"}),
                self._said,
                ipywidgets.HTML(quiet_lines(list(dict.fromkeys(below))), layout=WIDE),
            ],
            layout={"width": "auto"},
        )

    def _problems_and_notices(self) -> tuple[str, ...]:
        status = self._status
        return (*([status.problem] if status.problem else []), *status.notices)
