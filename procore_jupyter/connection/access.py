"""`Access`: what stands between a session and its token: wait for the person, remember that it ended."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from procore_jupyter.connection.front_end import registered_front_end
from procore_jupyter.errors import LoginRequired, LoginTimeout
from procore_jupyter.login.flow import LoginFlow, LoginState

if TYPE_CHECKING:
    from collections.abc import Callable

    from procore_jupyter.connection.status import State
    from procore_jupyter.oauth.token import Token
    from procore_jupyter.oauth.token_source import TokenProvider

UNNOTICED = 1.0
"""Seconds that a call waits for the person without a word."""

_PENDING = (LoginState.IDLE, LoginState.WAITING, LoginState.EXCHANGING)


class Access:
    """A token provider that first waits for a pending sign-in, and knows when there is none any more.

    Parameters
    ----------
    provider : TokenProvider
        Where tokens come from once somebody is signed in.
    end : callable
        Ends the sign-in at the provider and forgets it (`sign_out`).
    kept_at : str
        Where it is kept; empty where it isn't.
    """

    def __init__(self, provider: TokenProvider, end: Callable[[], None], kept_at: str = "") -> None:
        self._provider = provider
        self._end = end
        self.kept_at = kept_at
        self.flow: LoginFlow | None = None
        self._waiting: LoginFlow | None = None
        self._instead = ""
        self.problem: str | None = None
        """Why the last call found nobody signed in; None where it found somebody."""
        self._signed_out: str | None = None
        self._lock = threading.Lock()  # guards the two below
        self._stored = False
        self._acts: list[Callable[[], None]] = []

    def wait_for(self, flow: LoginFlow, *, instead: str = "") -> None:
        """Make all who ask for a token wait for this sign-in first.

        Parameters
        ----------
        flow : LoginFlow
            The sign-in.
        instead : str
            Where waiting would keep the link from the person: what they are told instead.
        """
        self.flow = self._waiting = flow
        self._instead = instead
        self.problem = None

    def when_signed_in(self, act: Callable[[], None]) -> None:
        """Call `act` when the pending sign-in is stored, before those who wait go on; now where none is pending."""
        with self._lock:
            if self.pending and not self._stored:
                self._acts.append(act)
                return
        act()

    def signed_in(self) -> None:
        """Tell those of `when_signed_in`."""
        with self._lock:
            acts, self._acts, self._stored = self._acts, [], True
        for act in acts:
            act()

    @property
    def pending(self) -> bool:
        """Whether a person is yet to sign in."""
        return self._waiting is not None and self._waiting.state in _PENDING

    @property
    def why_over(self) -> str | None:
        """Why a call would find nobody signed in; None where, as far as is known without asking, it would not."""
        if self._signed_out is not None:
            return self._signed_out
        if self._waiting is not None and self._waiting.state is LoginState.FAILED:
            return str(self._waiting.error or "Not signed in.")
        return self.problem

    @property
    def state(self) -> State:
        """How far it is, as far as is known without asking."""
        if self.pending:
            return "waiting"
        return "signed in" if self.why_over is None else "not signed in"

    def current(self) -> Token:
        """Return a good token; waits for a pending sign-in.

        Raises
        ------
        LoginRequired
            Nobody is signed in, or the sign-in failed, was cancelled or took too long.
        """
        if self._signed_out is not None:
            raise LoginRequired(self._signed_out)
        if self._waiting is not None:
            if self._instead and self._waiting.state in (LoginState.IDLE, LoginState.WAITING):
                raise LoginRequired(self._instead)
            _wait(self._waiting)
            self._waiting = None
        try:
            token = self._provider.current()
        except LoginRequired as error:
            self.problem = str(error)
            raise
        if self.problem is not None:
            self.problem = None
        return token

    def renewed(self, rejected: Token) -> Token:
        """Return another token than the refused one; raises as `current`."""
        if self._signed_out is not None:
            raise LoginRequired(self._signed_out)
        try:
            return self._provider.renewed(rejected)
        except LoginRequired as error:
            self.problem = str(error)
            raise

    def peek(self) -> Token | None:
        """Return the token in memory, good or not; never waits."""
        if self._signed_out is not None:
            return None
        if self._waiting is not None and self._waiting.state is not LoginState.SIGNED_IN:
            return None
        return self._provider.peek()

    def close(self, reason: str) -> None:
        """End it here: nobody gets a token any more, and a pending sign-in is over. The stored one stays."""
        if self._waiting is not None:
            self._waiting.cancel(LoginRequired(reason))
        self._signed_out = reason

    def sign_out(self, reason: str) -> None:
        """End it at the provider too, and forget it.

        Raises
        ------
        TokenRequestError
            The provider couldn't be reached, or didn't end it: then the sign-in still stands.
        TokenStoreError
            The stored sign-in can't be removed.
        """
        if not self.pending and self._signed_out is None:
            self._end()
        self.close(reason)


def _wait(flow: LoginFlow) -> None:
    """Wait for the person. Who runs many cells at once looks at the one that waits: say it there."""
    front_end = registered_front_end()
    if front_end is not None and front_end.waiting is not None:
        try:
            flow.wait(UNNOTICED)
        except LoginTimeout:
            if flow.state not in _PENDING:
                raise
        else:
            return
        with front_end.waiting(flow):
            flow.wait()
    else:
        flow.wait()
