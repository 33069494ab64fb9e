"""A server with request limits and any number of kernels that ask it, in virtual time: hours pass in a moment.

Nothing here knows how the pace works: the server counts as Procore says that it does (or as others do), and tells
what Procore's headers tell.
"""

from __future__ import annotations

import email.utils
import heapq
import itertools
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from procore_jupyter.session.limits.rate_limit import AGAIN, Pace

START = 1_800_000_000.3


class Clock:
    """Virtual time, in seconds since 1970."""

    def __init__(self) -> None:
        self.now = START


@dataclass
class Counted:
    """One limit of the server.

    Parameters
    ----------
    limit : int
        Requests in a window.
    length : float
        Seconds of a window.
    kind : str
        ``first``: a window begins with the first request after the last one. ``grid``: at whole multiples of its
        length. ``sliding``: the last so many seconds always count.
    """

    limit: int
    length: float
    kind: str = "first"
    ends: float = 0.0
    times: list[float] = field(default_factory=list)

    def roll(self, now: float) -> None:
        """Drop the requests that no longer count."""
        if self.kind == "sliding":
            self.times = [one for one in self.times if one > now - self.length]
        elif now >= self.ends:
            self.times = []
            self.ends = (
                math.ceil(now + self.length)
                if self.kind == "first"
                else (now // self.length + 1) * self.length
            )

    def reset(self, now: float) -> float:
        """Return when the window takes requests again, or when it ends."""
        if self.kind == "sliding":
            return (self.times[0] if self.times else now) + self.length
        return self.ends


class LimitedServer:
    """Counts requests; refuses what is too much.

    Parameters
    ----------
    clock : Clock
        Virtual time.
    counted : list of Counted
        Its limits.
    ahead : float
        Seconds that its clock is ahead of ours.
    small : bool
        Tell resets in seconds from now.
    silent : bool
        Tell nothing of the limits but by refusing.
    """

    def __init__(
        self,
        clock: Clock,
        counted: list[Counted],
        *,
        ahead: float = 0.0,
        small: bool = False,
        silent: bool = False,
    ) -> None:
        self.clock, self.counted, self.ahead = clock, counted, ahead
        self.small, self.silent = small, silent
        self.under_way = self.most_under_way = 0
        self.answers: list[tuple[float, int]] = []

    def answer(self) -> tuple[int, dict[str, str]]:
        """Answer one request now."""
        now = self.clock.now + self.ahead
        for one in self.counted:
            one.roll(now)
        refused = any(len(one.times) >= one.limit for one in self.counted)
        if not refused:
            for one in self.counted:
                one.times.append(now)
        nearest = min(self.counted, key=lambda one: (one.limit - len(one.times), -one.reset(now)))
        status = 429 if refused else 200
        self.answers.append((self.clock.now, status))
        date = {"Date": email.utils.formatdate(math.floor(now), usegmt=True)}
        if self.silent:
            return status, date
        reset = nearest.reset(now) - (now if self.small else 0)
        return status, {
            **date,
            "X-Rate-Limit-Limit": str(nearest.limit),
            "X-Rate-Limit-Remaining": str(nearest.limit - len(nearest.times)),
            "X-Rate-Limit-Reset": str(math.ceil(reset)),
        }

    @property
    def refused(self) -> list[float]:
        """The times of the requests that it refused."""
        return [time for time, status in self.answers if status == 429]


class Kernels:
    """Kernels with threads that ask a server as fast as their pace lets them.

    Parameters
    ----------
    server : LimitedServer
        Whom they ask.
    clock : Clock
        Virtual time.
    path : Path
        The file that they share.
    latency : callable
        Gives the seconds that one request is under way.
    """

    def __init__(
        self, server: LimitedServer, clock: Clock, path: Path | None, latency: Callable[[], float]
    ) -> None:
        self.server, self.clock, self.path, self.latency = server, clock, path, latency
        self._order = itertools.count()
        self._events: list[tuple[float, int, Iterator[float]]] = []
        self.done = 0
        self.paces: list[Pace] = []

    def add(self, requests: int, *, threads: int = 4, begins: float = 0.0) -> Pace:
        """Add a kernel that makes `requests` requests in all, from `begins` seconds after the start."""
        pace = Pace(self.path, clock=lambda: self.clock.now)
        self.paces.append(pace)
        left = iter(range(requests))
        working = {*range(threads)}
        for number in range(threads):
            thread = self._thread(pace, left, working, number)
            heapq.heappush(self._events, (START + begins, next(self._order), thread))
        return pace

    def _thread(self, pace: Pace, left: Iterator[int], working: set[int], number: int) -> Iterator[float]:
        for _ in left:
            while True:
                while (wait := pace.claim()) > 0:
                    yield min(wait, AGAIN)
                sent, way = self.clock.now, self.latency() / 2
                self.server.under_way += 1
                self.server.most_under_way = max(self.server.most_under_way, self.server.under_way)
                yield way
                status, headers = self.server.answer()
                yield way
                self.server.under_way -= 1
                pace.answered(status, headers, sent)
                if status == 200:
                    self.done += 1
                    break
        working.remove(number)
        if not working:
            pace.release()

    def run(self) -> float:
        """Run all kernels to their end; return the seconds that they took."""
        while self._events:
            self.clock.now, _, thread = heapq.heappop(self._events)
            wait = next(thread, None)
            if wait is not None:
                heapq.heappush(self._events, (self.clock.now + wait, next(self._order), thread))
        return self.clock.now - START


def even(seconds: float) -> Callable[[], float]:
    """Return a latency that is always the same."""
    return lambda: seconds


def uneven(seconds: float, seed: int) -> Callable[[], float]:
    """Return a latency that varies around a median, now and then by much."""
    chance = random.Random(seed)
    return lambda: seconds * chance.choice((0.3, 0.7, 1, 1, 1, 1.5, 3, 8))
