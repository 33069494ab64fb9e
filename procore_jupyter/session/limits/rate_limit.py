"""`Pace`: when the next request to the API may go out, so that Procore never has to refuse one.

All threads share one pace, and through a small file (`ledger`) all kernels of the same app and person keep to it. The
session asks its pace before each request, and tells it of each answer.
"""

from __future__ import annotations

import atexit
import secrets
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path

from procore_jupyter.files.forks import in_each_child
from procore_jupyter.session.limits.ledger import (
    CLOCK_SET,
    LARGEST_LEASE,
    LOOK_AGAIN,
    PROBE,
    Lease,
    Ledger,
    LedgerFile,
)
from procore_jupyter.session.limits.limit_headers import (
    LONGEST_WINDOW,
    WindowReport,
    http_date,
    wait_after,
    window_report,
)

SILENT = 3
"""Answers without a word of a limit after which the server is thought to have none: requests go out several at a time."""

AGAIN = 1.0
"""Seconds after which a waiting caller asks again: another kernel may have given requests back."""

LITTLE = 5
"""Requests left of a window; with fewer, none is spent on a guess."""

LONG = 60.0
"""Seconds: a window that ends sooner is soon full again."""

SAME_WAIT = 1.0
"""Seconds: waits whose ends differ by no more than this are one wait, and a person is told of it once."""

SHORTEST_WAIT = 0.001
"""Seconds that a caller is told to wait at least when there is no lease."""


class ServerClock:
    """The server's clock, as its answers show it.

    ``Date`` has whole seconds. Each answer narrows the server's time down: it lay between ``Date`` and a second later
    at some instant between sending and receiving. `early` is never ahead of the server.
    """

    def __init__(self) -> None:
        # Seconds that the server's clock is ahead of this machine's.
        self._least, self._most = float("-inf"), float("inf")

    def heard(self, date: float, sent: float, received: float) -> bool:
        """Take in an answer: its ``Date``, and this machine's time before and after it, all as unix seconds.

        Returns
        -------
        bool
            Whether one of the clocks was set, so that the times told before mean nothing.
        """
        least, most = date - received, date + 1 - sent
        if least > self._most or most < self._least:
            was_set = max(least - self._most, self._least - most) > CLOCK_SET
            self._least, self._most = least, most
            return was_set
        self._least, self._most = max(self._least, least), min(self._most, most)
        return False

    @property
    def known(self) -> tuple[float, float] | None:
        """The least and the most that it is ahead of this machine's, in seconds; None before the first answer."""
        return None if self._least == float("-inf") else (self._least, self._most)

    def adopt(self, known: tuple[float, float] | None) -> None:
        """Take over what another kernel of this machine knows, unless this one knows better."""
        if known is not None and self.known is None:
            self._least, self._most = known

    def early(self, local: float) -> float:
        """Return the earliest that the server's time may be when this machine's is `local`."""
        return local if self._least == float("-inf") else local + self._least


class WaitsTold:
    """The waits that a person was told of: of the many threads that wait for the same end, one says so."""

    def __init__(self) -> None:
        self._latest = float("-inf")
        self._lock = threading.Lock()
        in_each_child(self._begin_anew)

    def _begin_anew(self) -> None:
        """Begin with a free lock, in a process that was forked."""
        self._lock = threading.Lock()

    def is_new(self, ends: float) -> bool:
        """Return whether nobody has told of a wait that ends at this unix time; the caller then tells of it."""
        with self._lock:
            new = ends > self._latest + SAME_WAIT
            if new:
                self._latest = ends
            return new


class Pace:
    """The pace of one app and person at one API.

    Parameters
    ----------
    path : Path or None
        The file that their kernels share; None keeps the pace in this process alone.
    clock : callable
        Returns this machine's unix time in seconds.

    Attributes
    ----------
    waits_told : WaitsTold
        The waits that a person was told of, by any session with this pace.
    """

    def __init__(self, path: Path | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self.waits_told = WaitsTold()
        self._file = LedgerFile(path)
        self._clock = clock
        self._server = ServerClock()
        self._name = secrets.token_hex(4)  # by which the ledger knows this kernel
        self._lock = threading.Lock()  # guards all below
        self._lease = Lease()
        self._reports: dict[int, WindowReport] = {}  # the latest of each window, by its limit
        self._unanswered = 0  # requests under way
        self._undeclared = 0  # requests that were sent without a lease, and that the ledger doesn't know
        self._heard = False  # whether any answer has come: before it, kernels look at the file for each other
        self._silent = 0  # answers that told nothing of a limit
        # By the server's clock:
        self._closed_until = 0.0  # no request goes out before
        self._asked = float("-inf")  # when the last request without a lease went out
        # Until then callers wait out the last wait, and don't ask the ledger again.
        self._not_before = float("-inf")
        self._wait, self._waits_since = 0.0, 0.0  # the last wait, in seconds, and its beginning
        self._most = LARGEST_LEASE
        in_each_child(self._begin_anew)

    def _begin_anew(self) -> None:
        """Begin without a lease and without requests under way, in a process that was forked: they are the parent's.

        Such a process may end without a word, so that it gives no lease back: it takes one request at a time.
        """
        self._lock, self._name = threading.Lock(), secrets.token_hex(4)
        self._file.begin_anew()
        self._lease, self._unanswered, self._undeclared, self._most = Lease(), 0, 0, 1

    def _now(self) -> float:
        """Return the server's time, as early as it may be."""
        return self._server.early(self._clock())

    @property
    def little_remains(self) -> bool:
        """Whether a long window takes only a few requests more."""
        with self._lock:
            soon = self._now() + LONG
            return any(one.remaining < LITTLE and one.reset > soon for one in self._reports.values())

    def seconds_for(self, count: int) -> float:
        """Return about how many seconds the limits let so many requests wait, as far as they are known."""
        with self._lock:
            now, waits = self._now(), [0.0]
            for window in self._file.last.windows.values():
                more = count - max(0, window.left(now))
                if more > 0:
                    ends = max(0.0, min(window.ends - now, LONGEST_WINDOW))
                    waits.append(ends + (-(-more // window.limit) - 1) * window.length)
            return max(waits)

    def claim(self) -> float:
        """Return 0 if the caller may send one request now, else the seconds to wait.

        After 0 the request counts, and the caller calls `answered` or `unanswered` once. After a wait, or after `AGAIN`
        seconds of it, the caller claims again.
        """
        with self._lock:
            now = self._now()
            if now < self._closed_until <= now + LONGEST_WINDOW:
                return self._closed_until - now
            if self._lease.count > 0 and now < self._lease.ends:
                self._lease.count -= 1
            elif now < self._not_before:
                return self._wait - (now - self._waits_since)
            elif self._reports or self._file.last.windows or not self._heard:
                wait = self._renew()
                if wait > 0:
                    return wait
                self._lease.count -= 1
            elif self._unanswered and self._silent < SILENT and now < self._asked + PROBE:
                return LOOK_AGAIN  # an answer may yet show what the window takes: no burst before it
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
            The answer's headers, looked up without regard to case.
        sent : float
            This machine's unix time in seconds when the request went out.
        """
        received = self._clock()
        date = http_date(headers.get("Date"))
        with self._lock:
            self._unanswered = max(0, self._unanswered - 1)
            first, self._heard = not self._heard, True
            self._not_before = float("-inf")
            if date is not None and self._server.heard(date, sent, received):
                self._forget()
            now = self._server.early(received)
            report = window_report(headers, now)
            if report is None:
                self._silent += 1
            else:
                self._take_in(report)
            if status in (429, 503):
                wait = wait_after(status, headers, now)
                if wait:
                    self._lease.count = 0
                    self._closed_until = max(self._closed_until, now + wait)
                    self._file.change(self._close)
            if first or not (self._unanswered or self._lease.count or self._undeclared):
                self._file.change(lambda ledger: self._tell(ledger, Lease()))  # others may wait for it

    def _take_in(self, report: WindowReport) -> None:
        before = self._reports.get(report.limit)
        if before is None or report.is_news(before.reset, before.used):
            self._reports[report.limit] = report
        # Somebody else may use the same app.
        self._lease.count = min(self._lease.count, report.remaining)

    def _forget(self) -> None:
        """Forget all times that were told before one of the clocks was set."""
        self._closed_until, self._not_before = 0.0, float("-inf")
        self._lease, self._reports = Lease(), {}
        self._file.change(Ledger.forget)

    def _close(self, ledger: Ledger) -> None:
        ledger.clock = self._server.known or ledger.clock
        ledger.close(self._closed_until)

    def unanswered(self) -> None:
        """Take in that no answer came to a request; nobody knows whether the server counted it."""
        with self._lock:
            self._unanswered = max(0, self._unanswered - 1)

    def release(self) -> None:
        """Give the rest of the lease back to other kernels, which may wait for it, when a piece of work has ended."""
        with self._lock:
            left, self._lease = self._lease, Lease()
            if left.count > 0 and self._now() < left.ends:
                self._file.change(lambda ledger: self._tell(ledger, left))

    def _tell(self, ledger: Ledger, left: Lease) -> None:
        """Tell the ledger what it doesn't know yet, and give the rest of a lease back."""
        self._server.adopt(ledger.clock)
        ledger.clock = self._server.known
        ledger.give_back(left)
        ledger.declare(self._name, self._unanswered, self._now())
        ledger.learn([*self._reports.values()], self._undeclared)
        self._undeclared = 0

    def _renew(self) -> float:
        """Take a new lease and return 0; return the seconds to wait if there is no lease now."""
        left, self._lease = self._lease, Lease()

        def act(ledger: Ledger) -> Lease | float:
            self._tell(ledger, left)
            return ledger.lease(self._now(), self._name, self._most)

        found = self._file.change(act)
        now = self._now()
        self._reports = {limit: one for limit, one in self._reports.items() if one.reset > now}
        if isinstance(found, Lease):
            self._lease = found
            return 0.0
        wait = max(found, SHORTEST_WAIT)
        self._wait, self._waits_since = wait, now
        self._not_before = now + min(wait, AGAIN)
        return wait


def _release_all() -> None:
    for pace in [*_paces.values()]:
        pace.release()


atexit.register(_release_all)  # a script that has ended keeps nothing from the others
_paces: weakref.WeakValueDictionary[Path, Pace] = weakref.WeakValueDictionary()


def shared_pace(path: Path) -> Pace:
    """Return the one pace that this process has for a file."""
    pace = _paces.get(path)
    if pace is None:
        pace = _paces[path] = Pace(path)
    return pace
