"""`Pace`: when the next request to the API may go out, so that Procore never has to refuse one.

One pace holds for all threads, and through a small file (`ledger`) for all kernels of the same app and person.
Asked before each request, told of each answer.
"""

from __future__ import annotations

import atexit
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path

from procore_jupyter.session.ledger import LOOK_AGAIN, PROBE, Lease, Ledger, LedgerFile
from procore_jupyter.session.limit_headers import Told, asked_wait, http_date, told_by
from procore_jupyter.session.retries import SPIKE_WINDOW

LOOK = 10.0
"""Seconds between two looks for what another kernel may know, as long as the server tells of no limit."""

AGAIN = 1.0
"""Seconds after which it is worth asking again, however long the wait: another kernel may have given something back."""

SAME_WAIT = 1.0
"""Waits that end within this many seconds of each other are told once."""


class ServerClock:
    """The server's clock, read off its answers.

    ``Date`` has whole seconds. Each answer narrows it down: the server's time lay between ``Date`` and a second
    later at some instant between sending and receiving. `early` is sure not to be ahead of the server.
    """

    def __init__(self) -> None:
        self._least, self._most = float("-inf"), float("inf")

    def heard(self, date: float, sent: float, received: float) -> None:
        """Take in an answer: its ``Date``, and this machine's time before and after, in seconds since 1970."""
        least, most = date - received, date + 1 - sent
        if least > self._most or most < self._least:
            self._least, self._most = least, most  # one of the clocks was set
        else:
            self._least, self._most = max(self._least, least), min(self._most, most)

    @property
    def known(self) -> tuple[float, float] | None:
        """The least and the most that it is ahead of this machine's, in seconds; None before the first answer."""
        return None if self._least == float("-inf") else (self._least, self._most)

    def adopt(self, known: tuple[float, float] | None) -> None:
        """Take over what another kernel of this machine knows."""
        if known is not None and self.known is None:
            self._least, self._most = known

    def early(self, local: float) -> float:
        """Return the server's time, the earliest that it may be."""
        return local if self._least == float("-inf") else local + self._least


class Pace:
    """The pace of one app and person at one API.

    Parameters
    ----------
    path : Path or None
        The file that their kernels share; None: this process alone.
    clock : callable
        This machine's unix time in seconds.
    """

    def __init__(self, path: Path | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._file = LedgerFile(path)
        self._clock = clock
        self._server = ServerClock()
        self._lock = threading.Lock()  # guards all below
        self._lease = Lease()
        self._told: dict[int, Told] = {}
        self._closed_until = 0.0
        self._unanswered = 0
        self._undeclared = 0
        self._seen: dict[int, float] = {}
        self._heard = False
        self._asked = float("-inf")
        self._looked = float("-inf")
        self._not_before = float("-inf")  # the ledger isn't asked again by every thread
        self._wait, self._waits_since = 0.0, 0.0  # what it said last, and when
        self._said = float("-inf")

    def claim(self) -> float:
        """Return 0 where one request may be sent now, which then counts; else the seconds to wait.

        Whoever gets 0 calls `answered` or `unanswered` once; whoever has to wait asks again after `AGAIN` at the latest.
        """
        with self._lock:
            self._look()
            now = self._server.early(self._clock())
            if now < self._closed_until:
                return self._closed_until - now
            if self._lease.count > 0 and now < self._lease.ends:
                self._lease.count -= 1
            elif now < self._not_before:
                return self._wait - (now - self._waits_since)
            elif self._told or self._file.last.windows:
                wait = self._renew(now)
                if wait > 0:
                    return wait
                self._lease.count -= 1
            elif not self._heard and self._unanswered and now < self._asked + PROBE:
                return LOOK_AGAIN  # the first answer tells what the window takes: no burst before it
            else:
                self._asked = now
                self._undeclared += 1
            self._unanswered += 1
            return 0.0

    def answered(self, status: int, headers: Mapping[str, str], sent: float) -> None:
        """Take in an answer.

        Parameters
        ----------
        status : int
            The HTTP status.
        headers : mapping
            Its headers, looked up without regard to case.
        sent : float
            This machine's time when the request went out.
        """
        received = self._clock()
        date = http_date(headers.get("Date"))
        with self._lock:
            self._unanswered = max(0, self._unanswered - 1)
            self._heard = True
            if date is not None:
                self._server.heard(date, sent, received)
            now = self._server.early(received)
            told = told_by(headers, now)
            if told is not None:
                self._not_before = float("-inf")
                before = self._told.get(told.limit)
                if (
                    before is None
                    or told.reset > before.reset
                    or (told.reset == before.reset and told.remaining < before.remaining)
                ):
                    # Answers overtake one another: the one with fewer left is the later one.
                    self._told[told.limit] = told
                # Somebody else may use the same app.
                self._lease.count = min(self._lease.count, told.remaining)
            if status in (429, 503):
                asked = asked_wait(status, headers, now)
                if asked is None and status == 429:
                    asked = SPIKE_WINDOW
                if asked:
                    self._lease.count = 0
                    self._closed_until = max(self._closed_until, now + asked)
                    self._file.change(self._close)

    def _close(self, ledger: Ledger) -> None:
        ledger.clock = self._server.known or ledger.clock
        ledger.close(self._closed_until)

    def unanswered(self) -> None:
        """Take in that a request got no answer; whether the server counted it is not known."""
        with self._lock:
            self._unanswered = max(0, self._unanswered - 1)

    def release(self) -> None:
        """Give back what was taken and is not needed now: a piece of work has ended, and others may wait."""
        with self._lock:
            left, self._lease = self._lease, Lease()
            if left.count > 0 and self._server.early(self._clock()) < left.ends:
                self._file.change(lambda ledger: ledger.give_back(left))

    def first_to_say(self, wait: float) -> bool:
        """Tell whether a wait of so many seconds hasn't been said yet: threads that wait for the same are many."""
        with self._lock:
            ends = self._clock() + wait
            new = ends > self._said + SAME_WAIT
            if new:
                self._said = ends
            return new

    def _look(self) -> None:
        """Look what another kernel knows, as long as this one knows nothing."""
        if self._told or self._file.last.windows or self._clock() < self._looked + LOOK:
            return
        self._looked = self._clock()
        if self._file.exists():
            self._file.change(lambda ledger: None)
            self._server.adopt(self._file.last.clock)
            self._closed_until = max(self._closed_until, self._file.last.closed_until)

    def _renew(self, now: float) -> float:
        """Take a new lease; return the seconds to wait where there is none now."""
        left, undeclared, told = self._lease, self._undeclared, [*self._told.values()]

        def act(ledger: Ledger) -> Lease | float:
            ledger.clock = self._server.known or ledger.clock
            ledger.give_back(left)
            ledger.learn(told, undeclared)
            return ledger.lease(now, self._unanswered, self._seen)

        found = self._file.change(act)
        self._undeclared = 0
        self._told = {limit: one for limit, one in self._told.items() if one.reset > now}
        if isinstance(found, Lease):
            self._lease = found
            return 0.0
        self._lease = Lease()
        wait = max(found, 0.001)
        self._wait, self._waits_since = wait, now
        self._not_before = now + min(wait, AGAIN)
        return wait


def _release_all() -> None:
    for pace in [*_paces.values()]:
        pace.release()


atexit.register(_release_all)  # a script that has ended keeps nothing from the others
_paces: weakref.WeakValueDictionary[Path, Pace] = weakref.WeakValueDictionary()


def shared_pace(path: Path) -> Pace:
    """Return this process's one pace of a file."""
    pace = _paces.get(path)
    if pace is None:
        pace = _paces[path] = Pace(path)
    return pace
