"""The logins now open on this Jupyter server: from the moment a kernel opens one to the answer's delivery.

A login is known by its key, the hash of the kernel's ticket; the ticket itself is never kept. The life of one::

    open ──▶ waiting ──▶ answered ──▶ delivered (the same again for a minute) ──▶ gone
                 └─ ten minutes after opening, or closed by the kernel ───────────▶ gone

Everything lives in memory, in one event loop. No request, no response and no token is known here.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

LIFETIME = 600.0
"""Seconds that a login is kept after it was opened."""

KEPT_AFTER_DELIVERY = 60.0
"""Seconds that an answer can be asked for again after it was delivered first."""

LIMIT = 256
"""Logins open at once. One more is refused; never is another one thrown out for it."""


class UnknownLogin(Exception):
    """Nobody opened this login here, or it has expired, or it is closed."""


class UsedLogin(UnknownLogin):
    """The login has been answered already."""


class TooManyLogins(Exception):
    """As many logins are open as there may be."""


@dataclass(frozen=True)
class Answer:
    """What the browser brought back: a code or an error (RFC 6749, section 4.1.2).

    Parameters
    ----------
    state : str
        As the browser brought it.
    code : str or None
        The authorization code.
    error, error_description : str or None
        Why there is none.
    """

    state: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    error: str | None = None
    error_description: str | None = None

    def to_json(self) -> dict[str, str]:
        """Return the fields that are given."""
        given = {
            "code": self.code,
            "error": self.error,
            "error_description": self.error_description,
            "state": self.state,
        }
        return {name: value for name, value in given.items() if value is not None}


@dataclass(repr=False)
class Login:
    """One login.

    Parameters
    ----------
    key : str
        The hash of the kernel's ticket.
    opened : float
        When, in seconds of the clock of `Logins`.
    authorize_url : str or None
        Where the start page leads.
    start : str
        The start page's name for this login; tells nothing of the key.
    """

    key: str
    opened: float
    authorize_url: str | None
    start: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    answer: Answer | None = None
    delivered: float | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Logins:
    """The logins now open.

    Parameters
    ----------
    clock : callable
        Seconds that only grow.
    lifetime, kept_after_delivery : float
        Seconds; see `LIFETIME` and `KEPT_AFTER_DELIVERY`.
    limit : int
        See `LIMIT`.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        lifetime: float = LIFETIME,
        kept_after_delivery: float = KEPT_AFTER_DELIVERY,
        limit: int = LIMIT,
    ) -> None:
        self.lifetime = lifetime
        self.kept_after_delivery = kept_after_delivery
        self._clock = clock
        self._limit = limit
        self._logins: dict[str, Login] = {}

    def __len__(self) -> int:
        """Return how many logins are kept, expired ones that nobody has swept included."""
        return len(self._logins)

    def open(self, key: str, authorize_url: str | None = None) -> Login:
        """Open a login, or return the one that is open: a kernel whose request was lost asks again.

        Raises
        ------
        TooManyLogins
            No more than `limit` are kept.
        """
        self.sweep()
        if key not in self._logins:
            if len(self._logins) >= self._limit:
                raise TooManyLogins
            self._logins[key] = Login(key, self._clock(), authorize_url)
        return self._logins[key]

    def answer(self, key: str, answer: Answer) -> None:
        """Keep the answer to a login and wake who waits for it.

        Raises
        ------
        UsedLogin
            There is an answer already; it stays.
        UnknownLogin
            There is no such login; nothing is kept.
        """
        login = self._find(key)
        if login.answer is not None:
            raise UsedLogin
        login.answer = answer
        login.changed.set()

    def knows(self, key: str) -> bool:
        """Return whether there is such a login, answered or not."""
        self.sweep()
        return key in self._logins

    def authorize_url(self, start: str) -> str:
        """Return where the start page leads that is known by this name.

        Raises
        ------
        UnknownLogin
            There is none, or the kernel told no address for it.
        """
        self.sweep()
        for login in self._logins.values():
            if (
                secrets.compare_digest(login.start.encode(), start.encode(errors="replace"))
                and login.authorize_url
            ):
                return login.authorize_url
        raise UnknownLogin

    async def wait(self, key: str, seconds: float) -> Answer | None:
        """Return the answer, as soon as it is there; None when it isn't after so many seconds.

        Being cancelled leaves nothing behind, and the answer undelivered.

        Raises
        ------
        UnknownLogin
            There is no such login, or it was closed meanwhile.
        """
        login = self._find(key)
        if login.answer is None and seconds > 0:
            try:
                await asyncio.wait_for(login.changed.wait(), seconds)
            except TimeoutError:
                return None
            login = self._find(key)
        if login.answer is not None and login.delivered is None:
            login.delivered = self._clock()
        return login.answer

    def close(self, key: str) -> None:
        """Forget a login; whoever waits for its answer hears that it is gone.

        Raises
        ------
        UnknownLogin
            There is no such login.
        """
        self._forget(self._find(key))

    def sweep(self) -> None:
        """Forget what has expired."""
        now = self._clock()
        for login in [*self._logins.values()]:
            too_old = now - login.opened >= self.lifetime
            taken = login.delivered is not None and now - login.delivered >= self.kept_after_delivery
            if too_old or taken:
                self._forget(login)

    def _find(self, key: str) -> Login:
        self.sweep()
        try:
            return self._logins[key]
        except KeyError:
            raise UnknownLogin from None

    def _forget(self, login: Login) -> None:
        del self._logins[login.key]
        login.answer = None
        login.changed.set()
