"""The login as a person sees it in a notebook: a link, a countdown, and then a card.

The panel's plain output goes into the saved notebook, so its link leads to the authorize page by an address of ours
(`LoginFlow.start_url`) and holds nothing of the authorize link; if there is no such address, the output says how to
print the link instead.
"""

from __future__ import annotations

import contextlib
import logging
import uuid
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from IPython.display import display

from procore_jupyter.errors import ProcoreError
from procore_jupyter.login.flow import LoginState
from procore_jupyter.notebook.panels import panel_html as html
from procore_jupyter.notebook.panels.panel import WIDE, Panel
from procore_jupyter.notebook.panels.status_card import MimeBundle, card_of, message

if TYPE_CHECKING:
    from procore_jupyter.connection.procore import Procore
    from procore_jupyter.login.flow import LoginFlow

log = logging.getLogger(__name__)

MOVED = "This sign-in has moved to the cell that was run last."


@contextlib.contextmanager
def waiting_here(flow: LoginFlow) -> Iterator[None]:
    """Say in the running cell's output that the cell waits for this login; remove the line at the end."""
    place = uuid.uuid4().hex
    handle = f"procore-waiting-{place}"
    display(html.still_waiting(flow), raw=True, display_id=handle)
    try:
        yield
    finally:
        display(html.nothing(place), raw=True, display_id=handle, update=True)


class LoginPanel:
    """One view of a `LoginFlow`, in one cell's output.

    Parameters
    ----------
    flow : LoginFlow
        A started login.
    name : str or None
        The variable that will hold the session.
    notes : sequence of str
        Lines to show in the panel, and with the card that follows.
    session : Procore or None
        The session, for which a person in several companies then chooses one; None: the card says how.
    """

    def __init__(
        self,
        flow: LoginFlow,
        *,
        name: str | None = None,
        notes: Sequence[str] = (),
        session: Procore | None = None,
    ) -> None:
        self._flow = flow
        self._session = session
        self._name = name
        self._notes = tuple(notes)
        self._panel = Panel(flow, "sign-in panel", flow.place)

    def show(self) -> None:
        """Draw the panel in the output of the running cell, and return at once.

        A panel of the same login in another cell's output leaves a line there that the login has moved.
        """
        plain = html.plain(self._flow, self._panel.id, self._name)
        self._panel.show(plain, html.panel_text(self._flow), self._build, self._follow)

    def _follow(self) -> MimeBundle:
        """Keep the panel true until the login is over; return the card, or why there is none."""
        flow = self._flow
        unsubscribe = flow.subscribe(lambda _: self._panel.put("changed"))
        try:
            for word, text in self._panel.words(every=1.0):
                if word == "cancel":
                    flow.cancel()
                elif word == "paste" and text is not None:
                    self._said.value = html.said(flow.paste(text.reveal()) or "")
                if not flow.state.pending:
                    return self._result()
                if self._panel.has_widgets:
                    # ipywidgets sends only what has changed.
                    self._waiting.value = html.waiting(flow)
                    self._notes_shown.value = html.notes(self._notes + flow.notes)
                    self._help.value = html.help_text(flow)
        finally:
            unsubscribe()
        return message(MOVED)

    def _result(self) -> MimeBundle:
        error = self._flow.error
        if self._flow.state is not LoginState.SIGNED_IN:
            return message(str(error or "Not signed in. Run %procore_connect again."), error=True)
        try:
            found = self._flow.describe()
            if self._choose(found):
                return html.nothing(self._panel.id)
            return card_of(found, name=self._name, notes=self._notes)
        except ProcoreError as error:
            return message(f"{self._flow.place}: signed in. {error}", self._notes)
        except (
            Exception
        ) as error:  # the person is signed in all the same; the next call will say what is wrong
            log.warning("could not find out who is signed in (%s)", type(error).__name__)
            return message(f"{self._flow.place}: signed in.", self._notes)

    def _choose(self, found: object) -> bool:
        """Show the buttons of a person's companies in place of the card; return False if there is nothing to choose."""
        from procore_jupyter.connection.status import Status
        from procore_jupyter.notebook.panels.company_choice import card_or_choice

        if self._session is None or not isinstance(found, Status) or not self._panel.has_widgets:
            return False
        choice = card_or_choice(self._session, found, name=self._name or found.name, notes=self._notes)
        if choice is not None:
            choice.show()
        return choice is not None

    def _build(self) -> Any:
        """Make the widgets; return the box that holds them."""
        import ipywidgets

        from procore_jupyter.notebook.panels.one_shot_fields import PasteField

        flow, panel = self._flow, self._panel
        self._waiting = ipywidgets.HTML(html.waiting(flow), layout=WIDE)
        self._notes_shown = ipywidgets.HTML(html.notes(self._notes + flow.notes), layout=WIDE)
        self._said = ipywidgets.HTML("", layout=WIDE)
        self._help = ipywidgets.HTML(html.help_text(flow), layout=WIDE)
        cancel = ipywidgets.Button(
            description="Cancel", tooltip="Stop waiting for this sign-in", layout={"width": "auto"}
        )
        cancel.add_class("procore-cancel")
        cancel.on_click(lambda _: panel.put("cancel"))
        field = PasteField(
            lambda text: panel.put("paste", text),
            description=html.paste_label(flow),
            placeholder="then press Enter",
            style={"description_width": "initial"},
            layout={"width": "auto", "margin": "2px 0"},
        )
        more = ipywidgets.HTML(html.disclosure(flow), layout=WIDE)
        more.add_class("procore-more")
        inside = ipywidgets.VBox([field, self._said, self._help], layout={"margin": "0 0 0 1.2em"})
        inside.add_class("procore-inside")
        return ipywidgets.VBox(
            [
                ipywidgets.HTML(html.heading(flow), layout=WIDE),
                ipywidgets.HBox(
                    [self._waiting, cancel],
                    layout={"justify_content": "space-between", "align_items": "flex-start"},
                ),
                self._notes_shown,
                more,
                inside,
            ],
            layout={"width": "auto", "max_width": "46em"},
        )
