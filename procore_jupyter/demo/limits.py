"""The two limits that Procore counts side by side, an hour's and a short spike window's. No HTTP."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Protocol

from procore_jupyter.demo.parameters import DemoParameters


class _Window(Protocol):
    """Counts requests."""

    @property
    def ends_at(self) -> int:
        """When the next request has room, in whole seconds since the epoch."""

    def used(self, now: float) -> int:
        """Return how many requests count at a time."""

    def count(self, now: float) -> None:
        """Count a request."""


@dataclass
class _Fixed:
    """A window that begins with a request; all of them stop to count when it ends."""

    length: float
    ends_at: int = 0
    requests: int = 0

    def used(self, now: float) -> int:
        if now >= self.ends_at:
            # The header tells whole seconds, so windows end on them: a client that waits until then is let in.
            self.ends_at, self.requests = math.ceil(now + self.length), 0
        return self.requests

    def count(self, now: float) -> None:
        self.requests += 1


@dataclass
class _Rolling:
    """A window that is always the latest stretch of time: each request stops to count by itself."""

    length: float
    times: deque[float] = field(default_factory=deque)
    ends_at: int = 0

    def used(self, now: float) -> int:
        while self.times and self.times[0] + self.length <= now:
            self.times.popleft()
        self.ends_at = math.ceil((self.times[0] if self.times else now) + self.length)
        return len(self.times)

    def count(self, now: float) -> None:
        self.times.append(now)


@dataclass(frozen=True)
class Allowance:
    """What is left of the limit that is reached first, as ``X-Rate-Limit-*`` tells it.

    Parameters
    ----------
    limit : int
        Requests that a window allows.
    remaining : int
        Requests left in this window.
    reset : int
        When the window ends, in seconds since the epoch; of a rolling one, when its first request stops to count.
    exceeded : bool
        Whether this request was one too many.
    """

    limit: int
    remaining: int
    reset: int
    exceeded: bool = False


class RateLimits:
    """Counts requests by key (app and person).

    Parameters
    ----------
    clock : callable
        Returns the provider's time in seconds since the epoch.
    parameters : callable
        Returns the present parameters.
    """

    def __init__(self, clock: Callable[[], float], parameters: Callable[[], DemoParameters]) -> None:
        self._clock = clock
        self._parameters = parameters
        self._windows: dict[tuple[Hashable, str, bool, float], _Window] = {}

    def count(self, key: Hashable) -> Allowance | None:
        """Count a request, unless it is refused; return what is left, or None if there is no limit."""
        parameters, now = self._parameters(), self._clock()
        limits = [
            (limit, self._window(key, name, length, rolling))
            for name, limit, length, rolling in (
                ("hour", parameters.hourly_limit, 3600.0, False),
                ("spike", parameters.spike_limit, parameters.spike_window, parameters.rolling),
            )
            if limit is not None
        ]
        if not limits:
            return None
        exceeded = any(window.used(now) >= limit for limit, window in limits)
        if not exceeded:
            for _, window in limits:
                window.count(now)
        left = [
            Allowance(limit, max(0, limit - window.used(now)), window.ends_at, exceeded)
            for limit, window in limits
        ]
        # The limit with the fewest requests left; of two without any, the one that lasts longer.
        return min(left, key=lambda allowance: (allowance.remaining, -allowance.reset))

    def _window(self, key: Hashable, name: str, length: float, rolling: bool) -> _Window:
        place = (key, name, rolling, length)
        if place not in self._windows:
            self._windows[place] = _Rolling(length) if rolling else _Fixed(length)
        return self._windows[place]
