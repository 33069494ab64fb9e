"""`Question`: the app's Client ID and Client Secret are not known yet, and a person is there to give them.

A session stands in the notebook's namespace from the start and has a `Question` for as long as it doesn't
know what it connects to. The form that draws it is the notebook's (`notebook.connect_form`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from procore_jupyter.errors import LoginDenied, LoginRequired, LoginTimeout, ProcoreError
from procore_jupyter.secret import Secret
from procore_jupyter.wording import is_placeholder

if TYPE_CHECKING:
    from procore_jupyter.connection.status import Status
    from procore_jupyter.login.flow import LoginFlow
    from procore_jupyter.settings.settings import Settings

FILL_IN = (
    "Not connected yet: fill in the form of %procore_connect and press Connect, then run this cell again. "
    "(While a cell runs, the form can't be heard.)"
)
CANCELLED = "Not connected: the form was cancelled. Run the cell with %procore_connect again to see it anew."


@dataclass(frozen=True)
class Answer:
    """What a person gave.

    Parameters
    ----------
    environment, client_id, company_id : str
        As typed; empty for what was left out.
    client_secret : Secret or None
        None where none was typed.
    save_as : str
        The name to save the connection under, once the sign-in has worked; empty: don't.
    """

    environment: str = ""
    client_id: str = ""
    client_secret: Secret | None = None
    company_id: str = ""
    save_as: str = ""

    def properties(self) -> dict[str, str]:
        """Return it as properties of a connection, the secret in the clear."""
        given = {
            "Environment": self.environment,
            "OAuthClientId": self.client_id,
            "OAuthClientSecret": self.client_secret.reveal() if self.client_secret else "",
            "CompanyId": self.company_id,
        }
        return {name: value for name, value in given.items() if value}


class Session(Protocol):
    """The session that an answer leads to: a `Procore`, seen from below."""

    @property
    def settings(self) -> Settings:
        """What it was made from."""

    def status(self) -> Status:
        """Return who is signed in."""


class Question:
    """What is asked, and what becomes of it. All of it may be used from any thread.

    Parameters
    ----------
    settings : Settings
        What is known already.
    redirect_uri : str
        What has to be registered for the app.
    save_as : str
        The name to offer for saving; empty where none is offered.
    suggested : Answer
        What was typed the last time.
    answered : callable
        Takes the answer and who shows a sign-in, connects, and returns the session. Raises ProcoreError.
    timeout : float
        Seconds that a thread waits for the answer.
    """

    def __init__(
        self,
        settings: Settings,
        redirect_uri: str,
        answered: Callable[[Answer, Callable[[LoginFlow], None]], Session],
        *,
        save_as: str = "",
        suggested: Answer | None = None,
        timeout: float = 300.0,
    ) -> None:
        self.settings = settings
        self.redirect_uri = redirect_uri
        self.save_as = save_as
        self.suggested = suggested or Answer()
        self._answered = answered
        self._until = time.monotonic() + timeout
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._error: LoginRequired | None = None
        self._listeners: list[Callable[[], None]] = []

    @property
    def open(self) -> bool:
        """Whether the answer is still to come."""
        return not self._over.is_set()

    @property
    def client_id(self) -> str:
        """The Client ID as far as it is known; empty where it isn't, or where it is an example's placeholder."""
        known = self.settings.client_id or self.suggested.client_id
        return "" if is_placeholder(known) else known

    @property
    def error(self) -> LoginRequired | None:
        """Why there will be no answer."""
        return self._error

    def answer(self, answer: Answer, show: Callable[[LoginFlow], None]) -> Session | None:
        """Connect with what was given; return the session, None where the question is over already.

        Raises
        ------
        ProcoreError
            It can't be right. The question stays open.
        """
        with self._lock:
            if not self.open:
                return None
            made = self._answered(answer, show)
            self._end(None)
        self._tell()
        return made

    def cancel(self, error: LoginRequired | None = None) -> None:
        """End it without an answer; who waits gets `error`."""
        with self._lock:
            if not self.open:
                return
            self._end(error or LoginDenied(CANCELLED))
        self._tell()

    def wait(self) -> None:
        """Return when it is answered.

        Raises
        ------
        LoginRequired
            It was cancelled, or nobody answered in time. At once in the main thread, which in a notebook
            runs the cells: as long as it waits, most front ends' buttons don't reach the kernel.
        """
        if self.open and threading.current_thread() is threading.main_thread():
            raise LoginRequired(FILL_IN)
        while not self._over.wait(0.2):
            if time.monotonic() >= self._until:
                raise LoginTimeout(FILL_IN)
        if self._error is not None:
            raise type(self._error)(*self._error.args)

    def on_end(self, listener: Callable[[], None]) -> None:
        """Call `listener` once when it is over, or now where it is."""
        with self._lock:
            if self.open:
                self._listeners.append(listener)
                return
        listener()

    def _end(self, error: LoginRequired | None) -> None:
        self._error = error
        self._over.set()

    def _tell(self) -> None:
        with self._lock:
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener()

    def __repr__(self) -> str:
        return f"<Question for {self.settings.place}>"


def one_line(error: ProcoreError) -> str:
    """Return an error's sentence without the lines that draw a place in a text nobody wrote."""
    return str(error).partition("\n")[0]
