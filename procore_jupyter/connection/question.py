"""`Question`: which app to connect with, while its Client ID or Client Secret is unknown and a person is there to give it.

The session stands in the notebook's namespace from the start, and has a `Question` until it is answered. A front end
draws it; what to ask, what to offer and what is missing is decided here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from procore_jupyter.errors import LoginDenied, LoginRequired, LoginTimeout, ProcoreError
from procore_jupyter.secret import Secret
from procore_jupyter.wording import is_placeholder

if TYPE_CHECKING:
    from procore_jupyter.connection.status import Status
    from procore_jupyter.login.flow import LoginFlow
    from procore_jupyter.settings.settings import Settings

FILL_IN = (
    "Not connected yet: fill in the form of %procore_connect and press Connect, then run this cell again. "
    "(The form can't respond while a cell is running.)"
)
CANCELLED = "Not connected: the form was cancelled. Run %procore_connect again to open it."

LABELS = {
    "Environment": "Environment",
    "OAuthClientId": "Client ID",
    "OAuthClientSecret": "Client Secret",
    "CompanyId": "Company ID",
}
"""What people call the properties that are asked for."""


@dataclass(frozen=True)
class AppDetails:
    """What a person gave: which app to connect with, and where.

    Parameters
    ----------
    environment, client_id, company_id : str
        As typed; empty if left out.
    client_secret : Secret or None
        None if none was typed.
    save_as : str
        The name to save the connection under once the login has worked; empty for not saving it.
    """

    environment: str = ""
    client_id: str = ""
    client_secret: Secret | None = None
    company_id: str = ""
    save_as: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """The properties without which no connection can be made."""
        needed = {"OAuthClientId": self.client_id, "OAuthClientSecret": self.client_secret}
        return tuple(name for name, value in needed.items() if not value)

    def properties(self) -> dict[str, str]:
        """Return the properties of a connection that were given, the secret in the clear."""
        given = {
            "Environment": self.environment,
            "OAuthClientId": self.client_id,
            "OAuthClientSecret": self.client_secret.reveal() if self.client_secret else "",
            "CompanyId": self.company_id,
        }
        return {name: value for name, value in given.items() if value}


class Question:
    """What is asked, and what becomes of it. Any thread may use it.

    Parameters
    ----------
    settings : Settings
        What is known already.
    redirect_uri : str
        The Redirect URI to register for the app.
    connect : callable
        Takes the details and what shows a login to the person, and connects. Raises ProcoreError.
    describe : callable
        Returns who is signed in, once connected.
    save_as : str
        The name to offer for saving; empty if none is offered.
    suggested : AppDetails
        What was typed the last time.
    timeout : float
        Seconds that a thread waits for the answer.
    """

    def __init__(
        self,
        settings: Settings,
        redirect_uri: str,
        connect: Callable[[AppDetails, Callable[[LoginFlow], None]], object],
        *,
        describe: Callable[[], Status],
        save_as: str = "",
        suggested: AppDetails = AppDetails(),
        timeout: float = 300.0,
    ) -> None:
        self.settings = settings
        self.redirect_uri = redirect_uri
        self.describe = describe
        self.save_as = save_as
        self._suggested = suggested
        self._connect = connect
        self._until = time.monotonic() + timeout
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._error: LoginRequired | None = None
        self._listeners: list[Callable[[], None]] = []

    # What a front end draws

    @property
    def environments(self) -> Mapping[str, str]:
        """Names and titles of the environments to choose from; empty if the connection string says which."""
        written = self.settings.written
        if "Environment" in written or {"LoginURL", "APIURL"} <= written.keys():
            return {}
        return {name: one.title for name, one in self.settings.profile.environments.items()}

    @property
    def environment(self) -> str:
        """The environment to offer."""
        return self._suggested.environment or self.settings.environment.name

    @property
    def client_id(self) -> str:
        """The Client ID to offer; empty if it is unknown, or only the placeholder of an example."""
        known = self.settings.client_id or self._suggested.client_id
        return "" if is_placeholder(known) else known

    @property
    def company_id(self) -> str:
        """The company to offer."""
        return "" if self.settings.company_id is None else str(self.settings.company_id)

    @staticmethod
    def worded(error: ProcoreError) -> tuple[str, str]:
        """Return which property an error is about (empty for none), and its first line in the words of `LABELS`.

        The lines after the first draw a place in a connection string, which nobody wrote here.
        """
        line = str(error).partition("\n")[0]
        for name, label in LABELS.items():
            if line.startswith(name):
                return name, label + line.removeprefix(name)
        return "", line

    # What becomes of it

    @property
    def open(self) -> bool:
        """Whether the answer is still to come."""
        return not self._over.is_set()

    @property
    def error(self) -> LoginRequired | None:
        """Why there will be no answer."""
        return self._error

    def answer(self, details: AppDetails, show: Callable[[LoginFlow], None]) -> bool:
        """Connect with what was given; return False if the question was over already.

        Raises
        ------
        ProcoreError
            The details can't be right. The question stays open.
        """
        with self._lock:
            if not self.open:
                return False
            self._connect(details, show)
            self._over.set()
        self._tell()
        return True

    def cancel(self, error: LoginRequired | None = None) -> None:
        """End the question without an answer; whoever waits for it gets `error`."""
        with self._lock:
            if not self.open:
                return
            self._error = error or LoginDenied(CANCELLED)
            self._over.set()
        self._tell()

    def wait(self) -> None:
        """Return when the question is answered.

        Raises
        ------
        LoginRequired
            It was cancelled, or nobody answered in time. At once in the main thread, which in a notebook
            runs the cells: as long as that waits, most front ends' buttons don't reach the kernel.
        """
        if self.open and threading.current_thread() is threading.main_thread():
            raise LoginRequired(FILL_IN)
        while not self._over.wait(0.2):
            if time.monotonic() >= self._until:
                raise LoginTimeout(FILL_IN)
        if self._error is not None:
            raise type(self._error)(*self._error.args)

    def on_end(self, listener: Callable[[], None]) -> None:
        """Call `listener` once the question is over; now if it is."""
        with self._lock:
            if self.open:
                self._listeners.append(listener)
                return
        listener()

    def _tell(self) -> None:
        with self._lock:
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener()

    def __repr__(self) -> str:
        return f"<Question for {self.settings.place}>"
