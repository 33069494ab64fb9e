"""The form of a ``%procore_connect`` that doesn't know the app yet: a few fields, then the sign-in panel.

Built as the panel is (`login_panel`): a plain output for front ends without widgets, core widgets whose
content travels by comm, handlers that only put a word into an inbox, and a thread that does the rest and
carries the context of the cell. What is typed is saved only once the sign-in has worked.

The Client Secret goes from its field (`secret_field`) into this object's memory, from there into the
settings of the session and, if it is to be saved, to where the sign-ins are kept; nowhere else.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import queue
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from IPython.display import display

from procore_jupyter.connection.question import LABELS, AppDetails
from procore_jupyter.errors import ProcoreError
from procore_jupyter.notebook import form_html as html
from procore_jupyter.notebook import panel_html
from procore_jupyter.notebook.status_card import card, message
from procore_jupyter.secret import Secret

if TYPE_CHECKING:
    from procore_jupyter.connection.question import Question
    from procore_jupyter.login.flow import LoginFlow

log = logging.getLogger(__name__)

MOVED = "This form has moved to the cell that was run last."
SETTLE = 0.5
"""Seconds after Enter in which the field's own text still comes: front ends send the key first."""

_shown: WeakKeyDictionary[Question, ConnectForm] = WeakKeyDictionary()


def show(question: Question, *, name: str, notes: Sequence[str] = ()) -> None:
    """Draw the form in the output of the cell that is running, and return at once. One drawn already moves here.

    Parameters
    ----------
    question : Question
        What is asked.
    name : str
        The variable that holds the session.
    notes : sequence of str
        Lines to show with the sign-in that follows, and with the card after it.
    """
    if (before := _shown.pop(question, None)) is not None:
        before.retire()
    form = ConnectForm(question, name=name, notes=notes)
    _shown[question] = form
    form.show()


class ConnectForm:
    """One view of a `Question`, in one cell's output.

    Parameters
    ----------
    question, name, notes
        As in `show`.
    """

    def __init__(self, question: Question, *, name: str, notes: Sequence[str] = ()) -> None:
        self._question = question
        self._name = name
        self._notes = tuple(notes)
        self._id = uuid.uuid4().hex
        self._inbox: queue.SimpleQueue[tuple[str, Secret | None]] = queue.SimpleQueue()
        self._fields: _Fields | None = None
        self._secret: Secret | None = None
        self._plain_gone = False

    def show(self) -> None:
        """Draw it and start to listen."""
        self._publish("plain", html.plain(self._question, self._id))
        try:
            self._fields = _Fields(self._question, self._id, self._put)
        except Exception as error:  # no ipywidgets, or no front end that knows comms: the plain line stands
            log.debug("the connect form can't be drawn (%s)", type(error).__name__)
            return
        self._publish("form", self._fields.bundle(html.form_text(self._question)))
        self._question.on_end(lambda: self._put("over"))
        context = contextvars.copy_context()
        threading.Thread(
            target=context.run, args=(self._follow,), name="procore connect form", daemon=True
        ).start()

    def retire(self) -> None:
        """Leave a line here instead: the form is drawn elsewhere now."""
        self._put("retire")

    def _put(self, what: str, secret: Secret | None = None) -> None:
        self._inbox.put((what, secret))

    def _follow(self) -> None:
        """Heed what comes until the form is over; the form's thread."""
        assert self._fields is not None  # `show` sees to it
        try:
            while not self._heed(*self._inbox.get()):
                pass
        except Exception as error:
            log.warning("the connect form stopped (%s)", type(error).__name__)
        finally:
            self._secret = None
            with contextlib.suppress(Exception):
                self._fields.close()

    def _heed(self, what: str, secret: Secret | None) -> bool:
        """Act on one word; tell whether the form is over."""
        assert self._fields is not None
        if what == "secret":
            self._secret = secret
            self._fields.took_secret()
        elif what == "drawn" and not self._plain_gone:
            self._plain_gone = True
            self._publish("plain", panel_html.nothing(self._id), update=True)
        elif what == "typed":
            self._fields.forgive()
        elif what == "cancel":
            self._question.cancel()
        elif what == "retire":
            self._replace(message(MOVED))
            return True
        elif what == "over":
            error = self._question.error
            if error is not None:
                self._replace(message(str(error), error=True))
            return True
        elif what == "enter":
            until = time.monotonic() + SETTLE
            with contextlib.suppress(queue.Empty):
                while (left := until - time.monotonic()) > 0:
                    word = self._inbox.get(timeout=left)
                    if word[0] != "enter" and self._heed(*word):
                        return True
            return self._connect()
        elif what == "connect":
            return self._connect()
        return False

    def _connect(self) -> bool:
        """Connect with what is in the fields; tell whether that went so far that the form is over."""
        fields = self._fields
        assert fields is not None
        details = fields.details(self._secret)
        fields.mark(details.missing)
        if details.missing:
            return False
        fields.busy(True)
        shown: list[LoginFlow] = []
        try:
            if not self._question.answer(details, shown.append):
                return False  # over meanwhile: the word is in the inbox
        except ProcoreError as error:
            fields.busy(False)
            fields.say(*self._question.worded(error))
            return False
        self._secret = None
        self._replace(panel_html.nothing(self._id))
        notes = [*self._question.settings.notices, *self._notes]
        if shown:
            from procore_jupyter.notebook import login_panel

            login_panel.show(shown[-1], name=self._name, notes=notes)
        else:
            self._publish("card", card(self._question.describe(), name=self._name, notes=notes))
        return True

    def _replace(self, bundle: dict[str, Any]) -> None:
        """Put the last word in the place of the form."""
        self._publish("form", bundle, update=True)
        self._publish("plain", panel_html.nothing(self._id), update=True)

    def _publish(self, which: str, bundle: dict[str, Any], *, update: bool = False) -> None:
        display(bundle, raw=True, display_id=f"procore-{which}-{self._id}", update=update)


class _Fields:
    """The form's widgets. Made in the cell's thread, changed by the form's."""

    def __init__(self, question: Question, form_id: str, put: Callable[[str, Secret | None], None]) -> None:
        import ipywidgets

        from procore_jupyter.notebook.secret_field import SecretField

        self._below: dict[str, Any] = {}
        rows: list[Any] = []

        def add(field: Any, name: str, hint: str = "") -> Any:
            below = self._below[name] = ipywidgets.HTML(html.hint(hint), layout=_WIDE)
            field.on_msg(
                lambda _, content, __: put("enter", None) if content.get("event") == "submit" else None
            )
            rows.extend([field, below])
            return field

        def look(label: str, placeholder: str = "") -> dict[str, Any]:
            return {
                "description": label,
                "placeholder": placeholder,
                "style": {"description_width": "9em"},
                "layout": {"width": "34em", "max_width": "100%", "margin": "2px 0"},
            }

        self._environment: Any = None
        if question.environments:
            choices = [(title.capitalize(), name) for name, title in question.environments.items()]
            self._environment = add(
                ipywidgets.Dropdown(
                    options=choices,
                    value=question.environment,
                    **{key: value for key, value in look("Environment").items() if key != "placeholder"},
                ),
                "Environment",
                "An app belongs to one of them.",
            )
        self._client_id = add(
            ipywidgets.Text(value=question.client_id, continuous_update=False, **look("Client ID")),
            "OAuthClientId",
        )
        self._client_secret = add(SecretField(**look("Client Secret")), "OAuthClientSecret")
        company = ipywidgets.Text(
            value=question.company_id, continuous_update=False, **look("Company ID", "may stay empty")
        )
        self._company = add(company, "CompanyId")
        self._save_as = add(
            ipywidgets.Text(value=question.save_as, continuous_update=False, **look("Save as", "not saved")),
            "",
            "Kept once the sign-in has worked. With the name default, %procore_connect alone is enough from then on.",
        )
        self._go = ipywidgets.Button(
            description="Connect",
            button_style="primary",
            tooltip="Sign in with this app",
            layout={"width": "auto"},
        )
        cancel = ipywidgets.Button(description="Cancel", tooltip="Close this form", layout={"width": "auto"})
        self._said = ipywidgets.HTML("", layout=_WIDE)
        self._box = ipywidgets.VBox(
            [
                ipywidgets.HTML(html.heading(question), layout=_WIDE),
                *rows,
                ipywidgets.HTML(html.redirect(question), layout=_WIDE),
                ipywidgets.HBox([self._go, cancel], layout={"margin": "6px 0 0 0"}),
                self._said,
            ],
            layout={"width": "auto", "max_width": "46em"},
        )
        for name in ("procore-panel", "procore-form", f"procore-form-{form_id}"):
            self._box.add_class(name)
        self._client_secret.on_secret(lambda secret: put("secret", secret))
        self._client_id.observe(lambda _: put("typed", None), "value")
        self._go.on_click(lambda _: put("connect", None))
        cancel.on_click(lambda _: put("cancel", None))
        # From 0 on the front end counts the views that it draws, and says so.
        self._box._view_count = 0
        self._box.observe(lambda change: put("drawn", None) if change["new"] else None, "_view_count")

    def bundle(self, text: str) -> dict[str, Any]:
        """Return the view as an output; ``repr`` of the widgets isn't in it."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self._box.model_id}
        return {"application/vnd.jupyter.widget-view+json": view, "text/plain": text}

    def details(self, secret: Secret | None) -> AppDetails:
        """Return what is in the fields."""
        return AppDetails(
            environment=self._environment.value if self._environment is not None else "",
            client_id=self._client_id.value.strip(),
            client_secret=secret,
            company_id=self._company.value.strip(),
            save_as=self._save_as.value.strip(),
        )

    def mark(self, missing: Sequence[str]) -> None:
        """Say below each field whether its value is missing, and take back what was wrong before."""
        self._said.value = ""
        for name in ("OAuthClientId", "OAuthClientSecret"):
            if name in missing:
                self._below[name].value = html.wrong(f"The {LABELS[name]} is missing.")
            elif "procore-wrong" in self._below[name].value:
                self._below[name].value = ""
        self._below["CompanyId"].value = ""

    def forgive(self) -> None:
        """Take back that something is missing where it isn't any more."""
        missing = self._below["OAuthClientId"]
        if self._client_id.value.strip() and "procore-wrong" in missing.value:
            missing.value = ""

    def took_secret(self) -> None:
        """Say that the secret is here, although its field is empty."""
        self._client_secret.placeholder = "••••••••"
        self._below["OAuthClientSecret"].value = html.hint("Received, and taken out of this page.")

    def say(self, name: str, text: str) -> None:
        """Say what is wrong, below the field that it is about, else below all."""
        if name in self._below and name:
            self._below[name].value = html.wrong(text)
        else:
            self._said.value = html.wrong_all(text)

    def busy(self, busy: bool) -> None:
        """Let Connect be pressed once only."""
        self._go.disabled = busy
        self._go.description = "One moment …" if busy else "Connect"

    def close(self) -> None:
        """Take the widgets from the kernel and from every front end."""
        import ipywidgets

        waiting: list[Any] = [self._box]
        while waiting:
            one = waiting.pop()
            waiting += getattr(one, "children", ())
            for part in ("layout", "style"):
                if isinstance(made := getattr(one, part, None), ipywidgets.Widget):
                    made.close()
            one.close()


_WIDE = {"width": "auto", "margin": "0"}
