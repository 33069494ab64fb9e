"""One login, from the link to the saved token: the panel draws it, and the session waits for it.

::

    IDLE ── start ──> WAITING ── a valid response ─> EXCHANGING ──> SIGNED_IN
                       │    ^                        │  │
                       │    └─ a pasted code refused ┘  ├─────────> FAILED
                       └─ denied, cancelled, too late ──┴─────────> FAILED

Threads, all daemons: one for each receiver (`side_by_side`), which also exchanges the code that it brought, one
that watches the time and the port, and at the end one that closes what is open. What a person does (`paste`, `cancel`)
comes on any thread and never waits for the network. Nothing is called while the lock is held: no
listener, no receiver, no exchange.

Time is measured on a monotonic clock. If that clock stops while a laptop sleeps (Linux, macOS), the login has
the rest of its time left after the wake-up; no change of the wall clock ends a login early or keeps it for ever.
"""

from __future__ import annotations

import contextlib
import enum
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from procore_jupyter.addresses import OOB
from procore_jupyter.errors import CONNECT_AGAIN, LoginDenied, LoginRequired, LoginTimeout, ProcoreError
from procore_jupyter.login.outcome import (
    CANCELLED,
    STRANGER,
    belongs,
    failure_of,
    refusal,
    too_late,
    try_again,
)
from procore_jupyter.login.paste import PasteRefused, read_pasted
from procore_jupyter.login.side_by_side import RunningReceivers

if TYPE_CHECKING:
    from procore_jupyter.login.receiver import Receiver
    from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse

log = logging.getLogger(__name__)

OPEN_TIME = 5.0
"""Seconds that `LoginFlow.start` waits for the receivers to open; a slower one may still join later."""


class LoginState(enum.Enum):
    """How far a login is."""

    IDLE = "not started"
    WAITING = "waiting"
    EXCHANGING = "signing in"
    SIGNED_IN = "signed in"
    FAILED = "not signed in"

    @property
    def pending(self) -> bool:
        """Whether the person is still to sign in."""
        return self not in (LoginState.SIGNED_IN, LoginState.FAILED)


class LoginFlow:
    """One login. Attributes never wait nor use the network, and hold no secret of the login once it is over.

    Parameters
    ----------
    request : AuthorizationRequest
        The request that the link makes.
    receivers : Sequence of Receiver
        The receivers of the response; they run side by side, and the first valid response wins.
    complete : Callable
        Exchanges the response's code and saves the token. Called once, in a background thread; again
        only after a pasted code was refused.
    place : str
        The provider and environment, such as ``Procore · production``.
    timeout : float
        Seconds that the person has.
    stranger : Callable
        Returns why the browser's answer could go to a stranger, and what to do; None if it can't. Called before there
        is a link to show, about every second until an answer comes, and when one comes; that ends the login.
    describe : Callable or None
        Returns the session, for the card; see `describe`.
    clock : Callable
        Returns seconds of a clock that never goes back.
    """

    def __init__(
        self,
        request: AuthorizationRequest,
        receivers: Sequence[Receiver],
        complete: Callable[[AuthorizationResponse], None],
        *,
        place: str,
        timeout: float = 300.0,
        stranger: Callable[[], str | None] = lambda: None,
        describe: Callable[[], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.place = place
        self.redirect_uri = request.redirect_uri
        self.login_host = urlsplit(request.url).netloc
        self._timeout = timeout
        self._clock = clock
        self._stranger = stranger
        self._describe = describe
        self._lock = threading.Lock()  # guards all below; held for a few assignments, never during a call out
        self._turn = threading.Lock()  # held while one response is considered and exchanged
        self._state = LoginState.IDLE
        self._error: LoginRequired | None = None
        self._request: AuthorizationRequest | None = request
        self._complete: Callable[[AuthorizationResponse], None] | None = complete
        self._claimed = False  # its token is being saved
        self._news = ""  # the outcome of the last attempt
        self._deadline: float | None = None
        self._listeners: list[Callable[[LoginFlow], None]] = []
        self._ended = threading.Event()
        self._receivers = RunningReceivers(
            receivers, consider=self._consider, changed=self._tell, all_lost=self._all_lost
        )

    @property
    def state(self) -> LoginState:
        """How far the login is."""
        return self._state

    @property
    def error(self) -> ProcoreError | None:
        """Why the login failed; None unless it did."""
        return self._error

    @property
    def authorize_url(self) -> str:
        """The link to the provider; empty once the login is over."""
        request = self._request
        return "" if request is None else request.url

    @property
    def start_url(self) -> str | None:
        """An address of ours that redirects to the provider and may stand in a saved notebook."""
        return self._receivers.start_url

    @property
    def paste_url(self) -> str | None:
        """A page of the Jupyter server for pasting while a cell keeps the kernel busy."""
        return self._receivers.paste_url

    @property
    def open_receivers(self) -> tuple[str, ...]:
        """The names of the open receivers; empty before the start and after the end."""
        return self._receivers.names

    @property
    def remaining(self) -> float:
        """Seconds that the person still has."""
        if self._ended.is_set():
            return 0.0
        deadline = self._deadline
        return self._timeout if deadline is None else max(0.0, deadline - self._clock())

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the person, the most important first; none once the login is over."""
        if self._ended.is_set():
            return ()
        told = [*self._receivers.reasons, self._news]
        if self._state is LoginState.WAITING:
            if self.redirect_uri == OOB:
                told.insert(0, "Procore will show a code after you choose Allow: copy it and paste it below.")
            elif self.open_receivers == ("paste",):
                told.insert(0, "After signing in, copy the address your browser ended on and paste it below.")
        return tuple(one for one in told if one)

    def start(self) -> None:
        """Open the receivers and wait for the response in the background; return when the link can be shown.

        A second call does nothing. An interrupt while the receivers open cancels the login. If a stranger could take the
        answer, the login has failed.
        """
        with self._lock:
            request = self._request
            if self._state is not LoginState.IDLE or request is None:
                return
            self._state = LoginState.WAITING
            self._deadline = self._clock() + self._timeout
        try:
            if self._end_before_a_stranger():
                return
            threading.Thread(target=self._watch, name="procore login time", daemon=True).start()
            self._receivers.open_all(request, timeout=OPEN_TIME)
            self._end_before_a_stranger()
        except BaseException:
            self.cancel()
            raise
        self._tell()

    def paste(self, text: str) -> str | None:
        """Try what the person pasted: a code, a query string or the address that the browser ended on.

        Parameters
        ----------
        text : str
            The pasted text, as it is.

        Returns
        -------
        str or None
            A sentence for the person if the text can't be tried; None if it is being tried. The outcome
            is a change of `state`, or a note.
        """
        with self._lock:
            state, request = self._state, self._request
        receiver = self._receivers.paste
        if state is LoginState.SIGNED_IN:
            return "You are already signed in."
        if state is LoginState.EXCHANGING:
            return "One moment: you are being signed in."
        if state is not LoginState.WAITING or request is None or receiver is None:
            return f"This sign-in has ended. {CONNECT_AGAIN} for a new link."
        try:
            response = read_pasted(text, request)
        except PasteRefused as refused:
            return str(refused)
        return (
            None
            if receiver.hand_over(response)
            else "One moment: what you pasted before is still being checked."
        )

    def cancel(self, error: LoginRequired | None = None) -> None:
        """End the login: `wait` raises `error`, or `LoginDenied` without one. Never waits.

        It comes too late for a login whose token is being saved (`claim`): that one goes on to its end.
        """
        self._end(error or LoginDenied(CANCELLED), unless_claimed=True)

    def claim(self) -> bool:
        """Tell whether the token that came may be saved; then `cancel` comes too late.

        It may not once the login is over: the person was told that nobody is signed in, so the token has to be ended.
        """
        with self._lock:
            self._claimed = not self._ended.is_set()
            return self._claimed

    def renew_start_url(self) -> None:
        """Make `start_url` one that works, if the one before has been used."""
        self._receivers.renew_start_url()

    def wait_until_closed(self, timeout: float) -> None:
        """Return when this login, if it is over, has let go of its port, at the latest after `timeout` seconds."""
        if self._ended.is_set():
            self._receivers.wait_until_ports_free(timeout)

    def close(self) -> None:
        """End the login silently if it still runs: for the interpreter's exit, when little works any more."""
        with contextlib.suppress(Exception):
            self.cancel()

    def wait(self, timeout: float | None = None) -> None:
        """Return when signed in. An interrupt leaves the login going.

        Parameters
        ----------
        timeout : float or None
            The longest wait, in seconds; None waits for the end of the login, which has its own timeout.

        Raises
        ------
        LoginRequired
            The login failed, was denied or cancelled, or took too long.
        LoginTimeout
            `timeout` is over; the login itself goes on.
        """
        until = None if timeout is None else time.monotonic() + timeout
        # In small steps: on Windows an interrupt doesn't end a long wait. The end of the login ends it at once.
        while not self._ended.wait(0.2 if until is None else min(0.2, max(0.0, until - time.monotonic()))):
            if until is not None and time.monotonic() >= until:
                raise LoginTimeout(
                    "Not signed in yet: the sign-in link still waits for you. Sign in there, then run this cell again."
                )
        error = self._error
        if error is not None:
            # One error object raised by every waiting thread would grow by each one's traceback.
            raise type(error)(*error.args) from error.__cause__

    def subscribe(self, listener: Callable[[LoginFlow], None]) -> Callable[[], None]:
        """Call `listener` now, and after every change, on the thread of the change.

        Returns
        -------
        Callable
            Ends the subscription. The end of the login ends it too.
        """
        with self._lock:
            if not self._ended.is_set():
                self._listeners.append(listener)
        self._tell([listener])

        def unsubscribe() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    def describe(self) -> object:
        """Return the session, from which the card says who signed in to what. May use the network."""
        return None if self._describe is None else self._describe()

    def __str__(self) -> str:
        if self._error is not None:
            return str(self._error)
        url = self.authorize_url
        if self._state is not LoginState.WAITING or not url:
            return f"{self.place}: {self._state.value}"
        return "\n".join([f"Sign in to Procore: {url}", *self.notes])

    def __repr__(self) -> str:
        return f"<LoginFlow {self.place}: {self._state.value}>"

    def _consider(self, receiver: Receiver, response: AuthorizationResponse) -> bool:
        """Act on a response; tell whether it belongs to this login."""
        pasted = receiver.name == "paste"
        with self._turn:
            with self._lock:
                request, complete = self._request, self._complete
                if self._state is not LoginState.WAITING or request is None or complete is None:
                    return True
                ours = belongs(response, request, pasted=pasted)
                if ours:
                    self._state, self._news = LoginState.EXCHANGING, ""
                else:
                    self._news = STRANGER
            if not ours:
                self._tell()
                return False
            if self._end_before_a_stranger():
                return True
            if not pasted:
                self._receivers.close_all()  # a pasted code may be mistyped: then the others are still needed
            failure = refusal(response)
            if failure is None:
                self._tell()
                try:
                    complete(response)
                except BaseException as error:
                    if pasted and (advice := try_again(error)):
                        self._wait_on(advice)
                        return True
                    failure = failure_of(error)
            self._end(failure)
            return True

    def _wait_on(self, news: str) -> None:
        """Go back to WAITING after a pasted code was refused or never arrived."""
        with self._lock:
            if self._state is not LoginState.EXCHANGING:
                return
            self._state, self._news = LoginState.WAITING, news
        self._tell()

    def _watch(self) -> None:
        """End the login when its time is over, or when a stranger comes."""
        looks = 0
        while not self._ended.wait(min(0.5, max(0.05, self.remaining))):
            if self.remaining <= 0:
                # Never while exchanging: the person has done their part, and the exchange has its own timeout.
                self._end(too_late(self._timeout), only_while=LoginState.WAITING)
            looks += 1
            if looks % 2 == 0 and self._state is LoginState.WAITING:
                self._end_before_a_stranger()

    def _end_before_a_stranger(self) -> bool:
        """End the login if the browser's answer could go to a stranger; tell whether it could."""
        reason = self._stranger()
        if reason is not None:
            self._end(LoginRequired(f"Not signed in: {reason}"), unless_claimed=True)
        return reason is not None

    def _all_lost(self, reason: str) -> None:
        self._end(LoginRequired(f"Not signed in: {reason}"), only_while=LoginState.WAITING)

    def _end(
        self,
        error: LoginRequired | None,
        *,
        only_while: LoginState | None = None,
        unless_claimed: bool = False,
    ) -> None:
        """Reach SIGNED_IN or FAILED, once, and forget everything that could be misused."""
        with self._lock:
            if self._ended.is_set() or (only_while is not None and self._state is not only_while):
                return
            if unless_claimed and self._claimed:
                return
            self._state = LoginState.SIGNED_IN if error is None else LoginState.FAILED
            self._error, self._news = error, ""
            self._request = self._complete = None
            listeners, self._listeners = self._listeners, []
            self._ended.set()
        self._receivers.close_all()
        self._tell(listeners)

    def _tell(self, listeners: Iterable[Callable[[LoginFlow], None]] | None = None) -> None:
        """Call the listeners; if one fails, the others are still called."""
        if listeners is None:
            with self._lock:
                listeners = [*self._listeners]
        for listener in listeners:
            try:
                listener(self)
            except Exception as error:
                log.warning("login: a listener failed (%s)", type(error).__name__)
