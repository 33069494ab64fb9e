"""The logins that are open on this Jupyter server, from the moment a kernel opens one to the delivery of the response.

A login is known by its key, the hash of the kernel's ticket; the ticket itself is never kept. The life of a login::

    open ──▶ waiting ──▶ responded ──▶ delivered (the same again for a minute) ──▶ gone
                 └─ ten minutes after opening, or closed by the kernel ────────────▶ gone

Everything lives in memory, in one event loop. No HTTP request, no HTTP response and no token is known here.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from procore_jupyter.server.callback import CallbackResponse

LIFETIME = 600.0
"""Seconds that a login is kept after it was opened."""

KEPT_AFTER_DELIVERY = 60.0
"""Seconds that a response can be fetched again after its first delivery."""

ASKS_AGAIN = 15.0
"""Seconds within which a kernel that is there asks again for the response, whatever went wrong with its last question."""

LIMIT = 256
"""Logins that may be open at once. One more is refused; none of the others is dropped for it."""


class UnknownLogin(Exception):
    """Nobody opened this login here, or it has expired, or it is closed."""


class UsedLogin(UnknownLogin):
    """The login has its response already."""


class UsedLink(UnknownLogin):
    """The start page of the login has led somebody on already."""


class TooManyLogins(Exception):
    """As many logins are open as there may be."""


def _new_start() -> str:
    return secrets.token_urlsafe(16)


@dataclass(repr=False)
class Login:
    """One login.

    Parameters
    ----------
    key : str
        The hash of the kernel's ticket.
    opened : float
        When it was opened, in seconds of the clock of `Logins`.
    authorize_url : str or None
        Where its start page leads.
    start : str
        The id of its start page; it reveals nothing of the key.
    started : bool
        Whether that page has led somebody on.
    response : CallbackResponse or None
        The authorization response.
    delivered : float or None
        When the response was first delivered, in seconds of the clock of `Logins`.
    changed : asyncio.Event
        Set when the response is there, or the login is gone.
    asked : float
        When the kernel was last heard of, in seconds of the clock of `Logins`.
    asking : int
        How many of the kernel's questions wait for the response now.
    """

    key: str
    opened: float
    authorize_url: str | None
    start: str = field(default_factory=_new_start)
    started: bool = False
    response: CallbackResponse | None = None
    delivered: float | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    asked: float = 0.0
    asking: int = 0


class Logins:
    """The open logins.

    Parameters
    ----------
    clock : callable
        Returns seconds that only grow.
    lifetime : float
        Seconds; see `LIFETIME`.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, lifetime: float = LIFETIME) -> None:
        self.lifetime = lifetime
        self._clock = clock
        self._logins: dict[str, Login] = {}

    def __len__(self) -> int:
        """Return how many logins are kept, expired ones that nothing has forgotten yet included."""
        return len(self._logins)

    def open_login(self, key: str, authorize_url: str | None = None) -> Login:
        """Open a login, or return the open one: a kernel whose request was lost sends it again, or it needs a new start page.

        Raises
        ------
        TooManyLogins
            `LIMIT` logins are open.
        """
        self.forget_expired()
        if key not in self._logins:
            if len(self._logins) >= LIMIT:
                raise TooManyLogins
            self._logins[key] = Login(key, self._clock(), authorize_url)
        login = self._logins[key]
        login.asked = self._clock()
        if login.started:
            login.start, login.started = _new_start(), False
        return login

    def keep_response(self, key: str, response: CallbackResponse) -> bool:
        """Keep the response to a login, wake every `wait_for_response` of it, and tell whether the kernel still asks.

        Raises
        ------
        UsedLogin
            The login has a response already; that one stays.
        UnknownLogin
            There is no such login; nothing is kept.
        """
        login = self._login_of(key)
        if login.response is not None:
            raise UsedLogin
        login.response = response
        login.changed.set()
        return login.asking > 0 or self._clock() - login.asked < ASKS_AGAIN

    def is_open(self, key: str) -> bool:
        """Tell whether there is such a login, with or without a response."""
        self.forget_expired()
        return key in self._logins

    def lead_on(self, start: str) -> str:
        """Return where the start page of this id leads. It does so once.

        Raises
        ------
        UsedLink
            It has done so.
        UnknownLogin
            No login has this id, or the kernel gave no address for it.
        """
        self.forget_expired()
        for login in self._logins.values():
            same = secrets.compare_digest(login.start.encode(), start.encode(errors="replace"))
            if same and login.authorize_url:
                if login.started:
                    raise UsedLink
                login.started = True
                return login.authorize_url
        raise UnknownLogin

    async def wait_for_response(self, key: str, seconds: float) -> CallbackResponse | None:
        """Return the response as soon as it is there; None if it is not there after `seconds`.

        A cancelled wait leaves nothing behind, and the response undelivered.

        Raises
        ------
        UnknownLogin
            There is no such login, or it was closed meanwhile.
        """
        login = self._login_of(key)
        login.asked = self._clock()
        if login.response is None and seconds > 0:
            login.asking += 1
            try:
                await asyncio.wait_for(login.changed.wait(), seconds)
            except TimeoutError:
                return None
            finally:
                login.asking -= 1
                login.asked = self._clock()
            login = self._login_of(key)
        if login.response is not None and login.delivered is None:
            login.delivered = self._clock()
        return login.response

    def close_login(self, key: str) -> None:
        """Forget a login; every `wait_for_response` of it raises `UnknownLogin`.

        Raises
        ------
        UnknownLogin
            There is no such login.
        """
        self._forget(self._login_of(key))

    def forget_expired(self) -> None:
        """Forget the logins whose time is over."""
        now = self._clock()
        for login in [*self._logins.values()]:
            too_old = now - login.opened >= self.lifetime
            fetched = login.delivered is not None and now - login.delivered >= KEPT_AFTER_DELIVERY
            if too_old or fetched:
                self._forget(login)

    def _login_of(self, key: str) -> Login:
        self.forget_expired()
        try:
            return self._logins[key]
        except KeyError:
            raise UnknownLogin from None

    def _forget(self, login: Login) -> None:
        del self._logins[login.key]
        login.response = None
        login.changed.set()
