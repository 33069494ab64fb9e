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
from procore_jupyter.session.limits.limit_headers import LONGEST_WINDOW, SAME_END, WindowReport

Result = TypeVar("Result")

PROBE = 2.0
"""Seconds that others wait for the answer to the first request of a new window, which shows what the window takes."""

LOOK_AGAIN = 0.03
"""Seconds between two looks at whether that first request has been answered."""

UNDER_WAY = 20.0
"""Seconds after which the requests that a kernel had under way are thought to have ended, as it may have."""

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
    rolling : bool
        Each request stops to count by itself, a `length` after it was made: when the window was to end, earlier requests
        still counted. `ends` is then when the oldest of them stops to.
    tried : float
        When a request was last leased for an oldest one that had stopped to count; only of a rolling window.
    """

    limit: int
    ends: float
    length: float
    taken: int
    used: int
    started: float
    told: float
    confirmed: bool = True
    rolling: bool = False
    tried: float = 0.0

    def over(self, now: float) -> bool:
        """Return whether none of its requests counts any more."""
        return now >= (max(self.told, self.tried) + self.length + 1 if self.rolling else self.ends)

    def next(self, now: float) -> Window | None:
        """Return the window that follows this one; None if windows of this limit seem to have ended."""
        if now - self.told > 3 * self.length + 60:
            return None
        return Window(self.limit, now + self.length + 1, self.length, 0, 0, now, self.told, confirmed=False)

    def left(self, now: float) -> int:
        """Return how many more requests the window takes now."""
        if not self.confirmed and now < self.started + PROBE:
            return 1 - self.taken
        if self.rolling and self.taken >= self.limit:
            # How many beside the oldest have stopped to count, the answer to one request shows.
            return int(now >= max(self.ends, self.tried + PROBE))
        return self.limit - self.taken

    def learn(self, told: WindowReport, under_way: int) -> None:
        """Take in what the server told of a rolling window, of which fewer requests may count than before.

        Parameters
        ----------
        told : WindowReport
            What an answer told.
        under_way : int
            Requests that were leased and not answered: the server may have counted them since, or will.
        """
        if not told.is_news(self.ends, self.used):
            return
        self.ends, self.used, self.told = max(self.ends, told.reset), told.used, told.at
        self.taken = told.used + under_way
        self.length = max(self.length, told.reset - told.at)
        if told.used == 1:  # nothing of before counts, as where a window begins anew
            self.rolling, self.started = False, told.at

    def take(self, count: int, now: float) -> None:
        """Count requests that are leased."""
        if self.taken >= self.limit:
            self.tried = now
        self.taken += count


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
    under_way : dict of str to (int, float)
        Requests that each kernel was leased and has no answer to, by a name of the kernel's, and when it told of them.
    alone : bool
        Others hold the file and may take from what is left here, so a lease is one request.
    """

    windows: dict[int, Window] = field(default_factory=dict)
    closed_until: float = 0.0
    clock: tuple[float, float] | None = None
    under_way: dict[str, tuple[int, float]] = field(default_factory=dict)
    alone: bool = False

    def close(self, until: float) -> None:
        """Lease no request before an instant."""
        self.closed_until = max(self.closed_until, until)

    def forget(self) -> None:
        """Forget all windows, and that no request is leased: one of the clocks was set."""
        self.windows, self.closed_until, self.clock, self.under_way = {}, 0.0, None, {}

    def declare(self, kernel: str, count: int, now: float) -> None:
        """Take in how many requests of a kernel are under way, and forget those of kernels that no longer tell."""
        self.under_way[kernel] = (count, now)
        self.under_way = {
            name: (count, told)
            for name, (count, told) in self.under_way.items()
            if count and now - UNDER_WAY < told <= now + CLOCK_SET
        }

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
        under_way = sum(count for count, _ in self.under_way.values())
        latest = {one.limit: one.used for one in told}
        for window in self.windows.values():
            if latest.get(window.limit, window.used + 1) > window.used:
                window.taken += undeclared
        for one in sorted(told, key=lambda one: one.at):
            used = one.used
            known = self.windows.get(one.limit)
            if known is not None and known.rolling:
                known.learn(one, under_way)
            elif known is None or (known.confirmed and one.reset > known.ends + SAME_END):
                length = max(one.reset - one.at, known.length if known else 0.0)
                taken = min(one.limit, used + under_way)
                self.windows[one.limit] = Window(one.limit, one.reset, length, taken, used, one.at, one.at)
            elif known.confirmed and one.reset < known.ends - SAME_END:
                continue  # the report is of a window that is over
            elif known.confirmed or (one.at >= known.started and one.reset > known.started):
                known.rolling = not known.confirmed and used > known.taken
                known.ends = max(known.ends, one.reset) if known.confirmed else one.reset
                # `taken` counts what was leased in this window; what was leased before may have been sent in it too.
                known.taken = max(known.taken, used if known.confirmed else used + under_way)
                known.used = max(known.used, used)
                known.told, known.confirmed = max(known.told, one.at), True
                known.length = max(known.length, one.reset - one.at)
            for other in self.windows.values():
                # An answer came, so the other window took the request too, whichever of them the headers describe.
                other.confirmed = other.confirmed or one.at >= other.started
        for window in self.windows.values():
            if window.rolling:
                window.taken = window.used + under_way

    def give_back(self, lease: Lease) -> None:
        """Return what is left of a lease to those of its windows that go on."""
        for limit, ends in lease.windows.items():
            window = self.windows.get(limit)
            if window is not None and abs(window.ends - ends) <= SAME_END:
                window.taken = max(0, window.taken - lease.count)

    def lease(
        self,
        now: float,
        kernel: str = "",
        most: int = LARGEST_LEASE,
    ) -> Lease | float:
        """Return a lease, or the seconds until there may be one.

        Parameters
        ----------
        now : float
            The server's time.
        kernel : str
            The name of the kernel that the lease is for.
        most : int
            Requests of the lease at most.
        """
        self._forget_what_makes_no_sense(now)
        if now < self.closed_until:
            return self.closed_until - now
        for limit, window in [*self.windows.items()]:
            if window.over(now):
                following = window.next(now)
                if following is None:
                    del self.windows[limit]
                else:
                    self.windows[limit] = following
        windows = self.windows.values()
        mine, _ = self.under_way.get(kernel, (0, now))
        if not windows:
            if any(now < told + PROBE for _, told in self.under_way.values()):
                return LOOK_AGAIN  # the first answer shows what the window takes: no other request before it
            self.under_way[kernel] = (mine + 1, now)
            return Lease(1, now + PROBE)
        left = min(window.left(now) for window in windows)
        if left <= 0:
            # For a window that is being probed, the wait is for the answer alone.
            return max(
                window.ends - now if window.taken >= window.limit and window.ends > now else LOOK_AGAIN
                for window in windows
                if window.left(now) <= 0
            )
        share = max(2, min(window.limit for window in windows) // LEASES)
        one = self.alone or any(window.rolling for window in windows)
        count = 1 if one else min(left, share, most, max(1, left // LAST_LEASES))
        for window in windows:
            window.take(count, now)
        self.under_way[kernel] = (mine + count, now)
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
            {
                "closed_until": self.closed_until,
                "clock": self.clock,
                "under_way": self.under_way,
                "windows": windows,
            }
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
                {str(name): (int(count), float(told)) for name, (count, told) in found["under_way"].items()},
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
