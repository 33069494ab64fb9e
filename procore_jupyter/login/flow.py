"""One sign-in, from the link to the saved token: what the panel draws and the waiting session waits for.

::

    IDLE ── start ──> WAITING ── a valid answer ──> EXCHANGING ──> SIGNED_IN
                       │    ^                        │  │
                       │    └─ a pasted code refused ┘  ├─────────> FAILED
                       └─ denied, cancelled, too late ──┴─────────> FAILED

Threads, all daemons: one for each way (`open_ways`), which also exchanges the code that it brought, one
that watches the time, and at the end one that closes what is open. What a person does (`paste`, `cancel`)
comes on any thread and never waits for the network. Nothing is called while the lock is held: no
listener, no receiver, no exchange.

Time is counted on a clock that only goes forward. A laptop that sleeps has, where that clock sleeps
too (Linux, macOS), the rest of its time left when it wakes; no change of the wall clock ends a sign-in
early or keeps it for ever.
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
from procore_jupyter.errors import LoginDenied, LoginRequired, LoginTimeout, ProcoreError
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
"""Seconds that `LoginFlow.start` waits for the ways to open; a slower one may still join later."""


class LoginState(enum.Enum):
    """How far a sign-in is."""

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
    """One sign-in. Attributes never wait nor ask the network, and hold nothing of it once it is over.

    Parameters
    ----------
    request : AuthorizationRequest
        What the link asks the provider for.
    receivers : Sequence of Receiver
        The ways the answer may come back; they run side by side, the first valid answer wins.
    complete : Callable
        Exchanges the answer's code and saves the token. Called in a background thread, once; again
        only where a pasted code was refused.
    place : str
        ``Procore · production``.
    timeout : float
        Seconds that the person has.
    describe : Callable or None
        What `describe` returns: the session, for the card.
    clock : Callable
        Seconds of a clock that never goes back.
    """

    def __init__(
        self,
        request: AuthorizationRequest,
        receivers: Sequence[Receiver],
        complete: Callable[[AuthorizationResponse], None],
        *,
        place: str,
        timeout: float = 300.0,
        describe: Callable[[], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.place = place
        self.redirect_uri = request.redirect_uri
        self.login_host = urlsplit(request.url).netloc
        self._timeout = timeout
        self._clock = clock
        self._describe = describe
        self._lock = threading.Lock()  # guards all below; held for a few assignments, never over a call out
        self._turn = threading.Lock()  # held while one answer is looked at and exchanged
        self._state = LoginState.IDLE
        self._error: LoginRequired | None = None
        self._request: AuthorizationRequest | None = request
        self._complete: Callable[[AuthorizationResponse], None] | None = complete
        self._news = ""  # what became of the last attempt
        self._deadline: float | None = None
        self._listeners: list[Callable[[LoginFlow], None]] = []
        self._ended = threading.Event()
        self._receivers = RunningReceivers(
            receivers, consider=self._consider, changed=self._tell, all_lost=self._all_lost
        )

    @property
    def state(self) -> LoginState:
        """How far it is."""
        return self._state

    @property
    def error(self) -> ProcoreError | None:
        """Why it failed."""
        return self._error

    @property
    def authorize_url(self) -> str:
        """The link to the provider; empty once the sign-in is over."""
        request = self._request
        return "" if request is None else request.url

    @property
    def start_url(self) -> str | None:
        """An address of ours that leads to the provider and may stand in a saved notebook."""
        return self._receivers.start_url

    @property
    def paste_url(self) -> str | None:
        """A page of the Jupyter server where the person can paste while a cell keeps the kernel busy."""
        return self._receivers.paste_url

    @property
    def open_receivers(self) -> tuple[str, ...]:
        """The ways that are open; none before the start and after the end."""
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
        """What the person should know, the most important first, a line each."""
        told = [*self._receivers.reasons, self._news]
        if self._state is LoginState.WAITING:
            if self.redirect_uri == OOB:
                told.insert(0, "Procore will show a code after you choose Allow: copy it and paste it below.")
            elif self.open_receivers == ("paste",):
                told.insert(0, "After signing in, copy the address your browser ended on and paste it below.")
        return tuple(one for one in told if one)

    def start(self) -> None:
        """Open the ways and wait for the answer in the background; return when the link can be shown.

        Calling it again does nothing. An interrupt while the ways open cancels the sign-in.
        """
        with self._lock:
            request = self._request
            if self._state is not LoginState.IDLE or request is None:
                return
            self._state = LoginState.WAITING
            self._deadline = self._clock() + self._timeout
        try:
            threading.Thread(target=self._watch, name="procore sign-in time", daemon=True).start()
            self._receivers.open(request, timeout=OPEN_TIME)
        except BaseException:
            self.cancel()
            raise
        self._tell()

    def paste(self, text: str) -> str | None:
        """Take what the person pasted: a code, a query string or the address the browser ended on.

        Returns
        -------
        str or None
            A sentence for the person; None where it was taken and is being tried. What becomes of it
            is told as a change of `state` or a note.
        """
        with self._lock:
            state, request = self._state, self._request
        receiver = self._receivers.paste
        if state is LoginState.SIGNED_IN:
            return "You are signed in already."
        if state is LoginState.EXCHANGING:
            return "One moment: you are being signed in."
        if state is not LoginState.WAITING or request is None or receiver is None:
            return "This sign-in is not open. Run the cell again for a new link."
        try:
            answer = read_pasted(text, request)
        except PasteRefused as refused:
            return str(refused)
        return None if receiver.hand_over(answer) else "One moment: what you pasted before is being tried."

    def cancel(self, error: LoginRequired | None = None) -> None:
        """End it; whoever waits gets `error`, `LoginDenied` where none is given. Never waits."""
        self._end(error or LoginDenied(CANCELLED))

    def wait_until_closed(self, timeout: float) -> None:
        """Return when this sign-in, which is over, holds its port no more, so that the next may listen there.

        Parameters
        ----------
        timeout : float
            Seconds to wait at most. Not at all for one that isn't over.
        """
        if self._ended.is_set():
            self._receivers.wait_until_let_go(timeout)

    def close(self) -> None:
        """End it where it still runs, silently: for the interpreter's exit, when little works any more."""
        with contextlib.suppress(Exception):
            self.cancel()

    def wait(self, timeout: float | None = None) -> None:
        """Return when signed in. An interrupt leaves the sign-in going.

        Parameters
        ----------
        timeout : float or None
            Seconds to wait here; None waits for the end of the sign-in, which has its own timeout.

        Raises
        ------
        LoginRequired
            It failed, was denied or cancelled, or took too long.
        LoginTimeout
            `timeout` is over; the sign-in itself goes on.
        """
        until = None if timeout is None else time.monotonic() + timeout
        # In small steps: on Windows an interrupt doesn't end a long wait. The end itself wakes it at once.
        while not self._ended.wait(0.2 if until is None else min(0.2, max(0.0, until - time.monotonic()))):
            if until is not None and time.monotonic() >= until:
                raise LoginTimeout(
                    "Not signed in yet: the sign-in link still waits for you. Sign in there, then run this cell again."
                )
        error = self._error
        if error is not None:
            # One error object for all who wait would grow by every waiter's traceback.
            raise type(error)(*error.args) from error.__cause__

    def subscribe(self, listener: Callable[[LoginFlow], None]) -> Callable[[], None]:
        """Call `listener` now, and after every change, on whatever thread it happens.

        Returns
        -------
        Callable
            Ends it. Nobody is called any more after the end of the sign-in.
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
        """Return what the card is about: who signed in, to what. May ask the network."""
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

    def _consider(self, receiver: Receiver, answer: AuthorizationResponse) -> bool:
        """Look at an answer and act on it; tell whether it was one of this sign-in."""
        pasted = receiver.name == "paste"
        with self._turn:
            with self._lock:
                request, complete = self._request, self._complete
                if self._state is not LoginState.WAITING or request is None or complete is None:
                    return True
                ours = belongs(answer, request, pasted=pasted)
                if ours:
                    self._state, self._news = LoginState.EXCHANGING, ""
                else:
                    self._news = STRANGER
            if not pasted and ours:
                self._receivers.close()  # a pasted code may be mistyped: then the other ways are needed still
            if not ours:
                self._tell()
                return False
            failure = refusal(answer)
            if failure is None:
                self._tell()
                try:
                    complete(answer)
                except BaseException as error:
                    if pasted and (advice := try_again(error)):
                        self._wait_on(advice)
                        return True
                    failure = failure_of(error)
            self._end(failure)
            return True

    def _wait_on(self, news: str) -> None:
        """Go back to waiting: a pasted code was refused, or never arrived."""
        with self._lock:
            if self._state is not LoginState.EXCHANGING:
                return
            self._state, self._news = LoginState.WAITING, news
        self._tell()

    def _watch(self) -> None:
        """End the sign-in when its time is over."""
        while not self._ended.wait(min(0.5, max(0.05, self.remaining))):
            if self.remaining <= 0:
                # Never while exchanging: the person has done their part, and that request has its own timeout.
                self._end(too_late(self._timeout), only_while=LoginState.WAITING)

    def _all_lost(self, reason: str) -> None:
        self._end(LoginRequired(f"Not signed in: {reason}"), only_while=LoginState.WAITING)

    def _end(self, error: LoginRequired | None, *, only_while: LoginState | None = None) -> None:
        """Reach SIGNED_IN or FAILED, once; forget everything that could be misused."""
        with self._lock:
            if self._ended.is_set() or (only_while is not None and self._state is not only_while):
                return
            self._state = LoginState.SIGNED_IN if error is None else LoginState.FAILED
            self._error, self._news = error, ""
            self._request = self._complete = None
            listeners, self._listeners = self._listeners, []
            self._ended.set()
        self._receivers.close()
        self._tell(listeners)

    def _tell(self, listeners: Iterable[Callable[[LoginFlow], None]] | None = None) -> None:
        """Call the listeners; one that fails keeps the news from no other."""
        if listeners is None:
            with self._lock:
                listeners = [*self._listeners]
        for listener in listeners:
            try:
                listener(self)
            except Exception as error:
                log.warning("sign-in: a listener failed (%s)", type(error).__name__)
