"""The form of a ``%procore_connect`` that does not know the app yet: a few fields, then the login panel.

What is typed is saved only once the login has worked. The Client Secret goes from its field (`SecretField`) into this
object's memory, from there into the settings of the session and, if it is to be saved, into the token store; nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from procore_jupyter.connection.question import LABELS, AppDetails
from procore_jupyter.errors import ProcoreError
from procore_jupyter.notebook.panels import form_html as html
from procore_jupyter.notebook.panels.login_panel import LoginPanel
from procore_jupyter.notebook.panels.panel import WIDE, Panel
from procore_jupyter.notebook.panels.panel_html import nothing
from procore_jupyter.notebook.panels.status_card import MimeBundle, card, message
from procore_jupyter.secret import Secret

if TYPE_CHECKING:
    from procore_jupyter.connection.procore import Procore
    from procore_jupyter.connection.question import Question
    from procore_jupyter.login.flow import LoginFlow

MOVED = "This form has moved to the cell that was run last."

SETTLE = 0.5
"""Seconds after Enter within which the field's own text arrives: front ends send the key first."""


class ConnectForm:
    """One view of a `Question`, in one cell's output.

    Parameters
    ----------
    question : Question
        What is asked.
    name : str
        The variable that holds the session.
    notes : sequence of str
        Lines to show with the login that follows, and with the card after it.
    session : Procore or None
        The session that waits for the answer, as for `LoginPanel`.
    """

    def __init__(
        self, question: Question, *, name: str, notes: Sequence[str] = (), session: Procore | None = None
    ) -> None:
        self._question = question
        self._session = session
        self._name = name
        self._notes = tuple(notes)
        self._panel = Panel(question, "connect form", question.settings.profile.title)
        self._secret: Secret | None = None
        self._entered = False

    def show(self) -> None:
        """Draw the form in the output of the running cell, and return at once.

        A form of the same question in another cell's output leaves a line there that the form has moved.
        """
        question = self._question
        self._panel.show(
            html.plain(question, self._panel.id), html.form_text(question), self._build, self._follow
        )
        question.on_end(lambda: self._panel.put("over"))

    def _follow(self) -> MimeBundle:
        """Heed what the person does until the form is over; return what takes its place."""
        try:
            for word, text in self._panel.words():
                if word == "secret":
                    self._take_secret(text)
                elif word == "typed":
                    self._take_back_missing_id()
                elif word == "cancel":
                    self._question.cancel()
                elif word == "over":
                    error = self._question.error
                    return message(str(error), error=True) if error is not None else nothing(self._panel.id)
                elif word == "enter" and not self._entered:
                    self._entered = True
                    self._panel.put("connect", after=SETTLE)
                elif word == "connect":
                    self._entered = False
                    if (last := self._connect()) is not None:
                        return last
        finally:
            self._secret = None
        return message(MOVED)

    def _connect(self) -> MimeBundle | None:
        """Connect with what is in the fields; return what takes the form's place, None if it stays."""
        details = AppDetails(
            environment=self._environment.value if self._environment is not None else "",
            client_id=self._client_id.value.strip(),
            client_secret=self._secret,
            company_id=self._company.value.strip(),
            save_as=self._save_as.value.strip(),
        )
        self._mark(details.missing)
        if details.missing:
            return None
        self._set_busy(True)
        shown: list[LoginFlow] = []
        try:
            if not self._question.answer(details, shown.append):
                return None  # over meanwhile: that word is in the inbox
        except ProcoreError as error:
            self._set_busy(False)
            self._say(*self._question.worded(error))
            return None
        self._secret = None
        notes = [*self._question.settings.notices, *self._notes]
        if not shown:
            return card(self._question.describe(), name=self._name, notes=notes)
        LoginPanel(shown[-1], name=self._name, notes=notes, session=self._session).show()
        return nothing(self._panel.id)

    # The fields: made in the cell's thread, changed by the panel's

    def _build(self) -> Any:
        """Make the widgets; return the box that holds them."""
        import ipywidgets

        from procore_jupyter.notebook.panels.one_shot_fields import SecretField

        question, put = self._question, self._panel.put
        self._below: dict[str, Any] = {}
        rows: list[Any] = []

        def add(field: Any, name: str, hint: str = "") -> Any:
            below = self._below[name] = ipywidgets.HTML(html.hint(hint), layout=WIDE)
            field.on_msg(lambda _, content, __: put("enter") if content.get("event") == "submit" else None)
            rows.extend([field, below])
            return field

        def look(label: str) -> dict[str, Any]:
            return {
                "description": label,
                "style": {"description_width": "9em"},
                "layout": {"width": "34em", "max_width": "100%", "margin": "2px 0"},
            }

        def text(label: str, value: str, placeholder: str = "") -> Any:
            return ipywidgets.Text(
                value=value, placeholder=placeholder, continuous_update=False, **look(label)
            )

        self._environment: Any = None
        if question.environments:
            choices = [(title.capitalize(), name) for name, title in question.environments.items()]
            self._environment = add(
                ipywidgets.Dropdown(options=choices, value=question.environment, **look("Environment")),
                "Environment",
                "Each app works in one environment only.",
            )
        self._client_id = add(text("Client ID", question.client_id), "OAuthClientId")
        self._client_id.observe(lambda _: put("typed"), "value")
        self._client_secret = add(
            SecretField(lambda secret: put("secret", secret), **look("Client Secret")), "OAuthClientSecret"
        )
        self._below["OAuthClientSecret"].value = html.where(question)
        self._company = add(text("Company ID", question.company_id, "optional"), "CompanyId")
        self._save_as = add(
            text("Save as", question.save_as, "not saved"),
            "",
            "Saved after you have signed in. With the name default, from then on %procore_connect is enough.",
        )
        self._go = ipywidgets.Button(
            description="Connect",
            button_style="primary",
            tooltip="Sign in with this app",
            layout={"width": "auto"},
        )
        self._go.on_click(lambda _: put("connect"))
        cancel = ipywidgets.Button(description="Cancel", tooltip="Close this form", layout={"width": "auto"})
        cancel.add_class("procore-cancel")
        cancel.on_click(lambda _: put("cancel"))
        self._said = ipywidgets.HTML("", layout=WIDE)
        box = ipywidgets.VBox(
            [
                ipywidgets.HTML(html.heading(question), layout=WIDE),
                *rows,
                ipywidgets.HTML(html.redirect(question), layout=WIDE),
                ipywidgets.HBox([self._go, cancel], layout={"margin": "6px 0 0 0"}),
                self._said,
            ],
            layout={"width": "auto", "max_width": "46em"},
        )
        box.add_class("procore-form")
        return box

    def _mark(self, missing: Collection[str]) -> None:
        """Say below each field whether its value is missing, and take back what was said before."""
        self._said.value = ""
        self._below["CompanyId"].value = ""
        for name in ("OAuthClientId", "OAuthClientSecret"):
            if name in missing:
                self._below[name].value = html.wrong(f"The {LABELS[name]} is missing.")
            else:
                self._take_back(name)

    def _take_back_missing_id(self) -> None:
        if self._client_id.value.strip():
            self._take_back("OAuthClientId")

    def _take_back(self, name: str) -> None:
        """Remove what was said to be wrong with a field; leave a hint."""
        if "procore-wrong" in self._below[name].value:
            self._below[name].value = ""

    def _take_secret(self, secret: Secret | None) -> None:
        """Keep the secret, and say that it has arrived although its field is empty."""
        self._secret = secret
        self._client_secret.placeholder = "••••••••"
        self._below["OAuthClientSecret"].value = html.hint("Received. For safety it isn't shown here again.")

    def _say(self, name: str, text: str) -> None:
        """Say what is wrong, below the field of that property, or below the form if there is none."""
        if name in self._below and name:
            self._below[name].value = html.wrong(text)
        else:
            self._said.value = html.wrong_all(text)

    def _set_busy(self, busy: bool) -> None:
        """Let Connect be pressed only once."""
        self._go.disabled = busy
        self._go.description = "One moment …" if busy else "Connect"
