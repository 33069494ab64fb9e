"""The account of Procore's request windows: how many requests each still takes, and how many kernels hold of them.

`Ledger` is the arithmetic, without clock, file or thread. `LedgerFile` keeps a ledger in a small file that all kernels
of the same app and person share. A kernel takes a *lease* of several requests at a time, so that it doesn't open the
file for every request; what is left of a lease when the window ends is void.

All times are seconds since 1970 by the server's clock: the kernels of one machine agree on it better than on theirs.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

from filelock import BaseFileLock

from procore_jupyter.files import private
from procore_jupyter.files.locks import file_lock
from procore_jupyter.session.limit_headers import LONGEST_WINDOW, WindowReport

Result = TypeVar("Result")

SAME_END = 1.5
"""Seconds: two ends of a window that differ by no more than this are the same, as the header has whole seconds."""

PROBE = 2.0
"""Seconds that others wait for the answer to the first request of a new window, which shows what the window takes."""

LOOK_AGAIN = 0.03
"""Seconds between two looks at whether that first request has been answered."""

CLOCK_SET = 60.0
"""Seconds: a clock that is off by more was set, so the times that it told mean nothing."""

LEASES = 8
"""A lease is this part of its window: an eighth."""

LARGEST_LEASE = 50
"""Requests of one lease at most."""

LAST_LEASES = 3
"""A lease is at most this part of what is left, a third: what one kernel holds at the end, another waits for."""

LOCK_WAIT = 0.05
"""Seconds that a kernel waits for the file; then it goes on without the file for a while."""

LOCK_POLL = 0.002
"""Seconds between two tries to lock the file."""

UNUSABLE = 1.0
"""Seconds that a kernel goes on without the file after it couldn't use the file."""

HELD = 0.1
"""Seconds that a kernel goes on without the file after others held it."""


@dataclass
class Window:
    """One window, as far as known.

    Parameters
    ----------
    limit : int
        Requests that the window takes.
    ends : float
        When the window ends; as long as it isn't `confirmed`, a guess on the late side.
    length : float
        Seconds that windows of this limit have been seen to last.
    taken : int
        Requests that were made or leased.
    used : int
        Requests that the server has counted, as it told.
    started : float
        When the first request was leased.
    told : float
        When the server last told of this window, or of one before it.
    confirmed : bool
        An answer has come since the window started.
    """

    limit: int
    ends: float
    length: float
    taken: int
    used: int
    started: float
    told: float
    confirmed: bool = True

    def next(self, now: float) -> Window | None:
        """Return the window that follows this one; None if windows of this limit seem to have ended."""
        if now - self.told > 3 * self.length + 60:
            return None
        return Window(self.limit, now + self.length + 1, self.length, 0, 0, now, self.told, confirmed=False)

    def left(self, now: float) -> int:
        """Return how many more requests the window takes now."""
        if not self.confirmed and now < self.started + PROBE:
            return 1 - self.taken
        return self.limit - self.taken


@dataclass
class Lease:
    """Requests that one kernel may send before an instant.

    Parameters
    ----------
    count : int
        Requests that are left.
    ends : float
        When the lease becomes void.
    windows : mapping of int to float
        The windows that it was taken from, each by its limit and end.
    """

    count: int = 0
    ends: float = 0.0
    windows: Mapping[int, float] = field(default_factory=dict)


@dataclass
class Ledger:
    """The windows of one app and person.

    Parameters
    ----------
    windows : dict of int to Window
        By their limit, which tells the hour's window from that of ten seconds.
    closed_until : float
        No request is leased before this time: the server said so (429, or 503 with ``Retry-After``).
    clock : (float, float) or None
        The least and the most that the server's clock is ahead of this machine's, in seconds; None if unknown. A kernel
        that has sent nothing yet needs it to read the other times.
    alone : bool
        Others hold the file and may take from what is left here, so a lease is one request.
    """

    windows: dict[int, Window] = field(default_factory=dict)
    closed_until: float = 0.0
    clock: tuple[float, float] | None = None
    alone: bool = False

    def close(self, until: float) -> None:
        """Lease no request before an instant."""
        self.closed_until = max(self.closed_until, until)

    def forget(self) -> None:
        """Forget all windows, and that no request is leased: one of the clocks was set."""
        self.windows, self.closed_until, self.clock = {}, 0.0, None

    def learn(self, told: Sequence[WindowReport], undeclared: int = 0) -> None:
        """Take in what the server told.

        Parameters
        ----------
        told : sequence of WindowReport
            The latest report of each limit.
        undeclared : int
            Requests that were sent without a lease, and so are counted in no window yet, unless the server told
            another kernel of them.
        """
        latest = {one.limit: one.limit - one.remaining for one in told}
        for window in self.windows.values():
            if latest.get(window.limit, window.used + 1) > window.used:
                window.taken += undeclared
        for one in sorted(told, key=lambda one: one.at):
            used = one.limit - one.remaining
            known = self.windows.get(one.limit)
            if known is None or (known.confirmed and one.reset > known.ends + SAME_END):
                length = max(one.reset - one.at, known.length if known else 0.0)
                # Leased from the window before, and perhaps sent in this one: the other ended sooner than was thought.
                late = max(0, known.taken - known.used) if known else 0
                self.windows[one.limit] = Window(
                    one.limit, one.reset, length, min(one.limit, used + late), used, one.at, one.at
                )
            elif known.confirmed and one.reset < known.ends - SAME_END:
                continue  # the report is of a window that is over
            elif known.confirmed or (one.at >= known.started and one.reset > known.started):
                known.ends = max(known.ends, one.reset) if known.confirmed else one.reset
                # `taken` counts what is under way already; the server knows more only of others' requests.
                known.taken, known.used = max(known.taken, used), max(known.used, used)
                known.told, known.confirmed = max(known.told, one.at), True
                known.length = max(known.length, one.reset - one.at)
            for other in self.windows.values():
                # An answer came, so the other window took the request too, whichever of them the headers describe.
                other.confirmed = other.confirmed or one.at >= other.started

    def give_back(self, lease: Lease) -> None:
        """Return what is left of a lease to those of its windows that go on."""
        for limit, ends in lease.windows.items():
            window = self.windows.get(limit)
            if window is not None and abs(window.ends - ends) <= SAME_END:
                window.taken = max(0, window.taken - lease.count)

    def lease(
        self,
        now: float,
        unanswered: int = 0,
        seen: dict[int, float] | None = None,
        most: int = LARGEST_LEASE,
    ) -> Lease | float:
        """Return a lease, or the seconds until there may be one.

        Parameters
        ----------
        now : float
            The server's time.
        unanswered : int
            Requests of this process under way: sent in the window before, they may be counted in this one.
        seen : dict of int to float
            The start of each window, by its limit, in which this process has counted `unanswered`; changed in place.
        most : int
            Requests of the lease at most.
        """
        self._forget_what_makes_no_sense(now)
        if now < self.closed_until:
            return self.closed_until - now
        for limit, window in [*self.windows.items()]:
            if now >= window.ends:
                following = window.next(now)
                if following is None:
                    del self.windows[limit]
                else:
                    self.windows[limit] = following
        seen = {} if seen is None else seen
        for limit, window in self.windows.items():
            if seen.get(limit, window.started) != window.started:
                window.taken += unanswered
            seen[limit] = window.started
        windows = self.windows.values()
        if not windows:
            return Lease(1, now + PROBE)
        left = min(window.left(now) for window in windows)
        if left <= 0:
            # For a window that is being probed, the wait is for the answer alone.
            return max(
                window.ends - now if window.limit <= window.taken else LOOK_AGAIN
                for window in windows
                if window.left(now) <= 0
            )
        share = max(2, min(window.limit for window in windows) // LEASES)
        count = 1 if self.alone else min(left, share, most, max(1, left // LAST_LEASES))
        for window in windows:
            window.taken += count
        return Lease(
            count, min(window.ends for window in windows), {window.limit: window.ends for window in windows}
        )

    def _forget_what_makes_no_sense(self, now: float) -> None:
        """Forget ends that no window has, and windows from a clock that was set since: all kernels would wait for them."""
        if self.closed_until > now + LONGEST_WINDOW:
            self.closed_until = 0.0
        self.windows = {
            limit: window
            for limit, window in self.windows.items()
            if window.ends <= now + LONGEST_WINDOW and window.started <= now + CLOCK_SET
        }

    def to_json(self) -> bytes:
        """Return the content of the file."""
        windows = [asdict(window) for window in self.windows.values()]
        return json.dumps(
            {"closed_until": self.closed_until, "clock": self.clock, "windows": windows}
        ).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Ledger:
        """Return the ledger that `to_json` wrote. Raises ValueError for any other content."""
        try:
            found = json.loads(content)
            windows = [Window(**{**one, "limit": int(one["limit"])}) for one in found["windows"]]
            for window in windows:
                numbers = (window.ends, window.length, window.taken, window.used, window.started, window.told)
                if not all(isinstance(value, (int, float)) and abs(value) < 1e11 for value in numbers):
                    raise ValueError("not a number of seconds or requests")
            least, most = (float(value) for value in found["clock"] or (0.0, 0.0))
            if not -1e11 < least <= most < 1e11:
                raise ValueError("not a clock")
            return cls(
                {window.limit: window for window in windows},
                float(found["closed_until"]),
                (least, most) if found["clock"] else None,
            )
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError("not a ledger") from error


class LedgerFile:
    """A ledger in a file that this user's kernels share. Without a usable file, each kernel goes on by itself.

    Parameters
    ----------
    path : Path or None
        The file; None keeps the ledger in this process alone.

    Attributes
    ----------
    last : Ledger
        The ledger as last read, with which this process goes on while it can't use the file.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.last = Ledger()
        self._lock: BaseFileLock | None = None
        self._avoided_until = float("-inf")

    def begin_anew(self) -> None:
        """Make a lock of its own, in a process that was forked: the parent may hold the one there is."""
        self._lock = None

    def exists(self) -> bool:
        """Return whether there is a file, which another kernel may have written."""
        return self.path is not None and self.path.exists()

    def change(self, act: Callable[[Ledger], Result]) -> Result:
        """Return what `act` returns, which reads and changes the ledger while no other kernel does."""
        path = self.path
        if path is None or time.monotonic() < self._avoided_until:
            return act(self.last)
        try:
            lock = self._lock or self._make_lock(path)
            lock.acquire(timeout=LOCK_WAIT, poll_interval=LOCK_POLL)
        except (OSError, NotImplementedError) as error:
            held = isinstance(error, TimeoutError)  # filelock's own is one
            self._avoided_until = time.monotonic() + (HELD if held else UNUSABLE)
            self.last.alone = held
            return act(self.last)
        try:
            before = self._read(path)
            self.last.alone = False
            done = act(self.last)
            after = self.last.to_json()
            if after != before:
                with contextlib.suppress(OSError):  # the ledger still stands in memory
                    # After a crash of the machine the windows are over anyway.
                    private.write_private(path, after, flushed=False)
            return done
        finally:
            lock.release()

    def _make_lock(self, path: Path) -> BaseFileLock:
        private.private_folder(path.parent)
        self._lock = file_lock(path.with_suffix(".lock"), thread_local=False)
        return self._lock

    def _read(self, path: Path) -> bytes | None:
        """Take over what the file has, if that is a ledger; return the file's content."""
        content = None
        with contextlib.suppress(OSError, ValueError):
            content = private.read_private(path)
            if content:
                self.last = Ledger.from_json(content)
        return content
