"""`Access` waits for a pending login, then hands out tokens; `state_of` tells whether somebody is signed in."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple

from procore_jupyter.connection.question import FILL_IN
from procore_jupyter.errors import LoginRequired, LoginTimeout
from procore_jupyter.files.forks import in_each_child
from procore_jupyter.login.flow import LoginFlow, LoginState

if TYPE_CHECKING:
    from procore_jupyter.connection.question import Question
    from procore_jupyter.connection.status import State
    from procore_jupyter.oauth.token import Token
    from procore_jupyter.oauth.token_source import TokenProvider

SAVING_TIME = 15.0
"""Seconds that a sign-out waits for the end of a login whose token is being saved."""

Waiting = Callable[[LoginFlow], AbstractContextManager[object]]
"""Takes a login; the context that it returns tells the person that a call waits for it."""

UNNOTICED = 1.0
"""Seconds that a call waits for the person before the cell says so."""


class AccessState(NamedTuple):
    """Whether somebody is signed in.

    Parameters
    ----------
    state : State
        ``signed in``, ``waiting``, ``not signed in`` or ``no sign-in``.
    problem : str or None
        Why nobody is signed in, and what to do; None in the other states.
    """

    state: State
    problem: str | None = None


def state_of(question: Question | None, access: Access | None) -> AccessState:
    """Return whether somebody is signed in, as far as is known without asking.

    Parameters
    ----------
    question : Question or None
        What a person is asked, or declined to answer, before the session knows its app.
    access : Access or None
        What gives the session its tokens; None for AuthScheme=NONE.
    """
    if question is not None:
        return AccessState("not signed in", str(question.error or FILL_IN))
    return AccessState("no sign-in") if access is None else access.state


class Access:
    """A token provider that first waits for a pending login, and remembers why nobody is signed in.

    Parameters
    ----------
    provider : TokenProvider
        Gives the tokens once somebody is signed in.
    end : callable
        Ends the sign-in at the provider and deletes the stored token (`TokenSource.sign_out`).
    kept_at : str
        Where the token is stored; empty if it isn't.
    """

    def __init__(self, provider: TokenProvider, end: Callable[[], None], kept_at: str = "") -> None:
        self._provider = provider
        self._end = end
        self.kept_at = kept_at
        self.flow: LoginFlow | None = None
        self._instead = ""
        self._waiting: Waiting | None = None
        self._problem: str | None = None  # why the last call got no token
        self._closed: str | None = None  # why no call gets one any more
        self._lock = threading.Lock()  # guards `_callbacks`
        self._callbacks: list[Callable[[], None]] | None = None  # None: no login is pending
        in_each_child(self._begin_anew)

    def _begin_anew(self) -> None:
        """Wait for no login, in a process that was forked: the answer comes to the parent, which stores the token."""
        self._lock = threading.Lock()
        self.flow, self._callbacks, self._instead = None, None, ""

    def wait_for(self, flow: LoginFlow, *, instead: str = "", waiting: Waiting | None = None) -> None:
        """Make every call for a token wait for a login first.

        Parameters
        ----------
        flow : LoginFlow
            The login.
        instead : str
            What a call raises at once, where waiting would keep the link from the person.
        waiting : callable or None
            Takes the login; the context that it returns tells the person that a call waits for it.
        """
        self.flow = flow
        self._instead, self._waiting = instead, waiting
        self._problem = None
        self._callbacks = []

    def when_signed_in(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the token of the pending login is stored; now if no login is pending."""
        with self._lock:
            if self._callbacks is not None:
                self._callbacks.append(callback)
                return
        callback()

    def signed_in(self) -> None:
        """Run the callbacks registered with `when_signed_in`."""
        with self._lock:
            callbacks, self._callbacks = self._callbacks, None
        for callback in callbacks or ():
            callback()

    @property
    def state(self) -> AccessState:
        """Whether somebody is signed in, as far as is known without asking."""
        if self._closed is not None:
            return AccessState("not signed in", self._closed)
        flow = self.flow
        if flow is not None and flow.state.pending:
            return AccessState("waiting")
        if flow is not None and flow.state is LoginState.FAILED:
            return AccessState("not signed in", str(flow.error or "Not signed in."))
        return AccessState("signed in" if self._problem is None else "not signed in", self._problem)

    def current(self) -> Token:
        """Return a good token; waits for a pending login.

        Raises
        ------
        LoginRequired
            Nobody is signed in, or the login failed, was cancelled or took too long.
        """
        if self._closed is not None:
            raise LoginRequired(self._closed)
        flow = self.flow
        if flow is not None and flow.state is not LoginState.SIGNED_IN:
            if self._instead and flow.state in (LoginState.IDLE, LoginState.WAITING):
                raise LoginRequired(self._instead)
            _wait(flow, self._waiting)
        return self._remembering(self._provider.current)

    def renewed(self, rejected: Token) -> Token:
        """Return another token than the one that the API refused; raises as `current`."""
        if self._closed is not None:
            raise LoginRequired(self._closed)
        return self._remembering(lambda: self._provider.renewed(rejected))

    def _remembering(self, ask: Callable[[], Token]) -> Token:
        """Return a token, and remember why there is none."""
        try:
            token = ask()
        except LoginRequired as error:
            self._problem = str(error)
            raise
        self._problem = None
        return token

    def peek(self) -> Token | None:
        """Return the token in memory, good or not; never waits."""
        if self._closed is not None or (
            self.flow is not None and self.flow.state is not LoginState.SIGNED_IN
        ):
            return None
        return self._provider.peek()

    def close(self, reason: str) -> None:
        """Give no token any more, and cancel a pending login. The stored token stays."""
        if self.flow is not None and self.flow.state.pending:
            self.flow.cancel(LoginRequired(reason))
        self._closed = reason

    def sign_out(self, reason: str) -> None:
        """End the sign-in at the provider, delete the stored token, and give no token any more.

        A pending login is cancelled first; if its token is being saved, that one is ended too.

        Raises
        ------
        TokenRequestError
            The provider couldn't be reached, or didn't end it: then the sign-in still stands.
        TokenStoreError
            The stored token can't be removed.
        """
        if self._closed is None:
            flow = self.flow
            if flow is not None and flow.state.pending:
                flow.cancel(LoginRequired(reason))
                with contextlib.suppress(
                    LoginRequired
                ):  # at once, but for a login that could not be cancelled any more
                    flow.wait(SAVING_TIME)
            self._end()
        self.close(reason)


def _wait(flow: LoginFlow, say_so: Waiting | None) -> None:
    """Wait for the person. If that takes a while, the cell that waits says so: with "Run All" it is the one looked at."""
    try:
        flow.wait(UNNOTICED if say_so is not None else None)
    except LoginTimeout:
        if say_so is None or not flow.state.pending:
            raise
    else:
        return
    with say_so(flow):
        flow.wait()
