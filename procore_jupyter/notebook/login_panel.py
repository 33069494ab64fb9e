"""The sign-in as a person sees it in a notebook: a link, a countdown, and then a card.

Two outputs for one sign-in, because no one of them works everywhere:

1. a plain HTML link, for front ends that draw no widgets. It goes into the saved notebook, so it leads to the
   authorize page by an address of ours (`LoginFlow.start_url`) and holds nothing of the authorize link; where
   there is no such address it says how to print the link instead.
2. the panel, of core ipywidgets, whose content travels by comm and isn't saved. As soon as it is drawn the plain
   link goes: by a style rule at once, and for good when the front end reports the view.

What the front end reports may arrive on any thread (ipykernel's subshells), and not at all while a cell runs.
So handlers only put a word into the panel's inbox, and the panel's own thread does the rest. That thread carries
the context of the cell that it was made in, which is where ipykernel looks for the cell that an output belongs to.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import queue
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from IPython.display import display

from procore_jupyter.errors import ProcoreError
from procore_jupyter.login.flow import LoginState
from procore_jupyter.notebook import panel_html as html
from procore_jupyter.notebook.kernel import draws_outputs_once
from procore_jupyter.notebook.status_card import MimeBundle, card_of, message

if TYPE_CHECKING:
    from procore_jupyter.login.flow import LoginFlow

log = logging.getLogger(__name__)

MOVED = "This sign-in has moved to the cell that was run last."

_shown: WeakKeyDictionary[LoginFlow, LoginPanel] = WeakKeyDictionary()


def show(flow: LoginFlow, *, name: str | None = None, notes: Sequence[str] = ()) -> None:
    """Draw a sign-in in the output of the cell that is running, and return at once.

    A sign-in that is drawn already moves here.

    Parameters
    ----------
    flow : LoginFlow
        A started sign-in.
    name : str or None
        The variable that will hold the session.
    notes : sequence of str
        Lines to show with it, and with the card after it.
    """
    if (before := _shown.pop(flow, None)) is not None:
        before.retire()
    panel = LoginPanel(flow, name=name, notes=notes)
    _shown[flow] = panel
    panel.show()


@contextlib.contextmanager
def waiting_here(flow: LoginFlow) -> Iterator[None]:
    """Say in the output of the running cell that it waits for this sign-in; take it away at the end."""
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
    flow, name, notes
        As in `show`.
    """

    def __init__(self, flow: LoginFlow, *, name: str | None = None, notes: Sequence[str] = ()) -> None:
        self._flow = flow
        self._name = name
        self._notes = tuple(notes)
        self._id = uuid.uuid4().hex
        self._inbox: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._widgets: _Widgets | None = None
        self._plain_gone = False

    def show(self) -> None:
        """Draw it and start to follow the sign-in."""
        self._publish("plain", html.plain(self._flow, self._id, self._name))
        try:
            self._widgets = _Widgets(self._flow, self._id, self._notes, self._put)
        except Exception as error:  # no ipywidgets, or no front end that knows comms: the plain link stands
            log.debug("the sign-in panel can't be drawn (%s)", type(error).__name__)
        else:
            self._publish("panel", self._widgets.bundle(html.panel_text(self._flow)))
        unsubscribe = self._flow.subscribe(lambda _: self._put("changed"))
        context = contextvars.copy_context()
        threading.Thread(
            target=context.run, args=(self._follow, unsubscribe), name="procore sign-in panel", daemon=True
        ).start()

    def retire(self) -> None:
        """Leave a line here instead: the sign-in is drawn elsewhere now."""
        self._put("retire")

    def _put(self, what: str, text: str = "") -> None:
        self._inbox.put((what, text))

    def _follow(self, unsubscribe: Callable[[], None]) -> None:
        """Keep the panel true until the sign-in is over; the panel's thread."""
        try:
            while self._flow.state in (LoginState.IDLE, LoginState.WAITING, LoginState.EXCHANGING):
                if self._widgets is not None:
                    self._widgets.update(self._flow)
                if self._heed():
                    self._replace(message(MOVED))
                    return
            self._replace(self._result())
        except Exception as error:
            # The kernel is going, or a front end's own hook failed: the sign-in doesn't depend on its picture.
            log.warning("the sign-in panel stopped (%s)", type(error).__name__)
        finally:
            unsubscribe()
            if self._widgets is not None and not self._widgets.ended:
                with contextlib.suppress(Exception):
                    self._widgets.close()

    def _heed(self) -> bool:
        """Wait for the next word, a second at most, and act on it; tell whether it was to go away."""
        try:
            what, text = self._inbox.get(timeout=1.0)
        except queue.Empty:
            return False
        if what == "retire":
            return True
        if what == "cancel":
            self._flow.cancel()
        elif what == "paste" and self._widgets is not None:
            self._widgets.say(self._flow.paste(text) or "")
        elif what == "drawn" and not self._plain_gone:
            self._plain_gone = True
            self._publish("plain", html.nothing(self._id), update=True)
        return False

    def _result(self) -> MimeBundle:
        error = self._flow.error
        if self._flow.state is not LoginState.SIGNED_IN:
            return message(str(error or "Not signed in. Run the cell again."), error=True)
        try:
            return card_of(self._flow.describe(), name=self._name, notes=self._notes)
        except ProcoreError as error:
            return message(f"{self._flow.place}: signed in. {error}", self._notes)
        except Exception as error:  # whoever it is, they are signed in; the next call will say what is wrong
            log.warning("who is signed in could not be asked (%s)", type(error).__name__)
            return message(f"{self._flow.place}: signed in.", self._notes)

    def _replace(self, bundle: MimeBundle) -> None:
        """Put the last word in the place of the panel; nothing of the sign-in stays."""
        if self._widgets is not None and draws_outputs_once():
            self._widgets.end(bundle["text/html"])
        self._publish("panel", bundle, update=True)
        self._publish("plain", html.nothing(self._id), update=True)

    def _publish(self, which: str, bundle: dict[str, Any], *, update: bool = False) -> None:
        display(bundle, raw=True, display_id=f"procore-{which}-{self._id}", update=update)


class _Widgets:
    """The panel's widgets. Made in the cell's thread, changed by the panel's."""

    def __init__(
        self, flow: LoginFlow, panel_id: str, notes: Sequence[str], put: Callable[[str, str], None]
    ) -> None:
        import ipywidgets

        from procore_jupyter.notebook.paste_field import PasteField

        self.ended = False
        self._own_notes = tuple(notes)
        wide = {"width": "auto", "margin": "0"}
        self._waiting = ipywidgets.HTML(html.waiting(flow), layout=wide)
        cancel = ipywidgets.Button(
            description="Cancel", tooltip="Stop waiting for this sign-in", layout={"width": "auto"}
        )
        self._help = ipywidgets.HTML(html.help_text(flow), layout=wide)
        self._said = ipywidgets.HTML("", layout=wide)
        self._notes = ipywidgets.HTML(html.notes(self._own_notes + flow.notes), layout=wide)
        field = PasteField(
            description=html.paste_label(flow),
            placeholder="then press Enter",
            style={"description_width": "initial"},
            layout={"width": "auto", "margin": "2px 0"},
        )
        more = ipywidgets.HTML(html.disclosure(flow), layout=wide)
        inside = ipywidgets.VBox([field, self._said, self._help], layout={"margin": "0 0 0 1.2em"})
        self._box = ipywidgets.VBox(
            [
                ipywidgets.HTML(html.heading(flow), layout=wide),
                ipywidgets.HBox(
                    [self._waiting, cancel],
                    layout={"justify_content": "space-between", "align_items": "center"},
                ),
                self._notes,
                more,
                inside,
            ],
            layout={"width": "auto", "max_width": "46em"},
        )
        self._box.add_class("procore-panel")
        self._box.add_class(f"procore-panel-{panel_id}")
        more.add_class("procore-more")
        inside.add_class("procore-inside")
        cancel.on_click(lambda _: put("cancel", ""))
        field.on_paste(lambda text: put("paste", text))
        # From 0 on the front end counts the views that it draws, and says so.
        self._box._view_count = 0
        self._box.observe(lambda change: put("drawn", "") if change["new"] else None, "_view_count")

    def bundle(self, text: str) -> dict[str, Any]:
        """Return the view as an output; ``repr`` of the widgets, and with it the link, isn't in it."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self._box.model_id}
        return {"application/vnd.jupyter.widget-view+json": view, "text/plain": text}

    def update(self, flow: LoginFlow) -> None:
        """Bring what changes up to date; what hasn't changed isn't sent."""
        self._waiting.value = html.waiting(flow)
        self._notes.value = html.notes(self._own_notes + flow.notes)
        self._help.value = html.help_text(flow)

    def say(self, text: str) -> None:
        """Answer what was pasted."""
        self._said.value = html.said(text)

    def end(self, html: str) -> None:
        """Let the panel say the last word itself, for a page whose outputs don't change any more."""
        import ipywidgets

        before = self._box.children
        self._box.children = (ipywidgets.HTML(html, layout={"width": "auto", "margin": "0"}),)
        self.ended = True
        self._close(before)

    def close(self) -> None:
        """Take the widgets from the kernel and from every front end."""
        self._close([self._box])

    @staticmethod
    def _close(widgets: Sequence[Any]) -> None:
        import ipywidgets

        waiting: list[Any] = [*widgets]
        while waiting:
            one = waiting.pop()
            waiting += getattr(one, "children", ())
            for part in ("layout", "style"):
                if isinstance(made := getattr(one, part, None), ipywidgets.Widget):
                    made.close()
            one.close()
