"""The account of Procore's request windows: how many requests each still takes, and who was given some of them.

`Ledger` is the arithmetic, without clock, file or thread. `LedgerFile` keeps one in a small file that all kernels of
the same app and person share. A kernel takes a *lease* of several requests at a time, so that the file is not
opened for every request; what it doesn't use before the window ends is void.

All times are seconds since 1970 by the server's clock: the kernels of one machine agree on it better than on theirs.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from procore_jupyter.files import private
from procore_jupyter.session.limit_headers import Told

if TYPE_CHECKING:
    from filelock import BaseFileLock

Result = TypeVar("Result")

SAME = 1.5
"""Two ends of a window that differ by no more than this, in seconds, are one: the header has whole seconds."""

PROBE = 2.0
"""Seconds that others wait for the answer to the first request of a new window, which tells what it really takes."""

LEASES, MOST = 8, 50
"""A lease is an eighth of a window, and never more than this."""

LAST = 3
"""Nor is it more than a third of what is left: what one kernel holds at the end, another waits for."""

LOCKED = 0.05
"""Seconds that are waited for the file; then it is done without, for a while."""

AVOIDED, BUSY = 1.0, 0.1
"""Seconds until a file that couldn't be used is tried again, and one that others held."""

LOOK_AGAIN = 0.03
"""Seconds between two looks whether the first request of a new window has been answered."""


@dataclass
class Window:
    """One window as far as it is known.

    Parameters
    ----------
    limit : int
        Requests that it takes.
    ends : float
        When it ends; a guess, on the late side, as long as it isn't `confirmed`.
    length : float
        Seconds that windows of this limit have been seen to last.
    taken : int
        Requests that were made or given out.
    used : int
        Requests that the server has told of.
    started : float
        When its first request was given out.
    told : float
        When the server last told of it, or of one before it.
    confirmed : bool
        An answer has come since it started.
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
        """Return the window that follows this one; None where windows of this limit seem to be no more."""
        if now - self.told > 3 * self.length + 60:
            return None
        return Window(self.limit, now + self.length + 1, self.length, 0, 0, now, self.told, confirmed=False)

    def left(self, now: float) -> int:
        """Return how many more requests it takes now."""
        if not self.confirmed and now < self.started + PROBE:
            return 1 - self.taken
        return self.limit - self.taken


@dataclass
class Lease:
    """Requests that may be sent, all before an instant.

    Parameters
    ----------
    count : int
        How many are left of it.
    ends : float
        When it is void.
    windows : mapping of int to float
        Which windows it was taken from: limit and end.
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
        By their limit, which is what tells the hour's from the ten seconds'.
    closed_until : float
        Nothing is given out before: the server said so (429, or 503 with ``Retry-After``).
    clock : (float, float) or None
        The least and the most that the server's clock is ahead of this machine's, in seconds; None where nobody
        knows. A kernel that has not asked yet could make nothing of the other times without it.
    alone : bool
        The file can't be had now, and others may take from what is left here: one request at a time.
    """

    windows: dict[int, Window] = field(default_factory=dict)
    closed_until: float = 0.0
    clock: tuple[float, float] | None = None
    alone: bool = False

    def close(self, until: float) -> None:
        """Give nothing out before an instant."""
        self.closed_until = max(self.closed_until, until)

    def learn(self, told: Sequence[Told], undeclared: int = 0) -> None:
        """Take in what the server told.

        Parameters
        ----------
        told : sequence of Told
            The latest of each limit.
        undeclared : int
            Requests that were sent without a lease, and so stand in no window yet, unless another kernel was told
            of them.
        """
        latest = {one.limit: one.limit - one.remaining for one in told}
        for window in self.windows.values():
            if latest.get(window.limit, window.used + 1) > window.used:
                window.taken += undeclared
        for one in sorted(told, key=lambda one: one.at):
            used = one.limit - one.remaining
            known = self.windows.get(one.limit)
            if known is None or (known.confirmed and one.reset > known.ends + SAME):
                length = max(one.reset - one.at, known.length if known else 0.0)
                # Given out of the window before, and perhaps sent in this one: it ended sooner than was thought.
                late = max(0, known.taken - known.used) if known else 0
                self.windows[one.limit] = Window(
                    one.limit, one.reset, length, min(one.limit, used + late), used, one.at, one.at
                )
            elif known.confirmed and one.reset < known.ends - SAME:
                continue  # it tells of a window that is over
            elif known.confirmed or (one.at >= known.started and one.reset > known.started):
                known.ends = max(known.ends, one.reset) if known.confirmed else one.reset
                # What is under way stands in `taken` already; the server knows more only of others' requests.
                known.taken, known.used = max(known.taken, used), max(known.used, used)
                known.told, known.confirmed = max(known.told, one.at), True
                known.length = max(known.length, one.reset - one.at)
            for other in self.windows.values():
                # An answer came, so it was let in there too, whichever window the headers spoke of.
                other.confirmed = other.confirmed or one.at >= other.started

    def give_back(self, lease: Lease) -> None:
        """Take back what is left of a lease, for the windows that go on."""
        for limit, ends in lease.windows.items():
            window = self.windows.get(limit)
            if window is not None and abs(window.ends - ends) <= SAME:
                window.taken = max(0, window.taken - lease.count)

    def lease(self, now: float, unanswered: int = 0, seen: dict[int, float] | None = None) -> Lease | float:
        """Return a lease, or the seconds until there may be one.

        Parameters
        ----------
        now : float
            The server's time.
        unanswered : int
            Requests of this process that are under way: sent in the window before, they may be counted in this one.
        seen : dict of int to float
            The windows in which that was thought of, by when they started; changed in place.
        """
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
            # Of a window that is being probed, the answer is all that is waited for.
            return max(
                window.ends - now if window.limit <= window.taken else LOOK_AGAIN
                for window in windows
                if window.left(now) <= 0
            )
        share = max(2, min(window.limit for window in windows) // LEASES)
        count = 1 if self.alone else min(left, share, MOST, max(1, left // LAST))
        for window in windows:
            window.taken += count
        return Lease(
            count, min(window.ends for window in windows), {window.limit: window.ends for window in windows}
        )

    def to_json(self) -> bytes:
        """Return it as text for the file."""
        windows = [asdict(window) for window in self.windows.values()]
        return json.dumps(
            {"closed_until": self.closed_until, "clock": self.clock, "windows": windows}
        ).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Ledger:
        """Return what `to_json` wrote. ValueError where it is anything else."""
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
    """A ledger in a file of this user's, shared by their kernels. A file that can't be used is done without.

    Parameters
    ----------
    path : Path or None
        The file; None keeps it in this process alone.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.last = Ledger()
        """As it was when last seen; what is gone on with where the file can't be used."""
        self._lock: BaseFileLock | None = None
        self._avoided_until = float("-inf")

    def exists(self) -> bool:
        """Tell whether another kernel may have written something."""
        return self.path is not None and self.path.exists()

    def change(self, act: Callable[[Ledger], Result]) -> Result:
        """Let `act` read and change the ledger, alone among all kernels; return what it returns."""
        path = self.path
        if path is None or time.monotonic() < self._avoided_until:
            return act(self.last)
        try:
            lock = self._lock or self._make_lock(path)
            lock.acquire(timeout=LOCKED, poll_interval=0.002)
        except (OSError, NotImplementedError) as error:
            held = isinstance(error, TimeoutError)  # filelock's own is one
            self._avoided_until = time.monotonic() + (BUSY if held else AVOIDED)
            self.last.alone = held
            return act(self.last)
        try:
            self.last = self._read(path)
            self.last.alone = False
            done = act(self.last)
            try:
                _replace(path, self.last.to_json())
            except OSError:
                pass  # it still stands in memory
            return done
        finally:
            lock.release()

    def _make_lock(self, path: Path) -> BaseFileLock:
        from filelock import FileLock

        private.private_folder(path.parent)
        self._lock = FileLock(path.with_suffix(".lock"), mode=0o600, thread_local=False)
        return self._lock

    def _read(self, path: Path) -> Ledger:
        try:
            content = private.read_private(path)
            return Ledger.from_json(content) if content else self.last
        except (OSError, ValueError):
            return self.last


def _replace(path: Path, content: bytes) -> None:
    """Replace a file as a whole. Not flushed to the disk: after a crash of the machine the windows are over anyway."""
    beside = path.with_suffix(f".{os.getpid()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, content)
    finally:
        os.close(handle)
    os.replace(beside, path)
