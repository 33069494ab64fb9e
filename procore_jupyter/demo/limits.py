"""The two limits that Procore counts side by side, an hour's and a short spike window's. No HTTP."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from procore_jupyter.demo.parameters import DemoParameters


@dataclass
class _Window:
    ends_at: int
    used: int = 0


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
        When the window ends, in seconds since the epoch.
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
        self._windows: dict[tuple[Hashable, str], _Window] = {}

    def count(self, key: Hashable) -> Allowance | None:
        """Count a request, unless it is refused; return what is left, or None if there is no limit."""
        parameters = self._parameters()
        limits = {
            name: (limit, length)
            for name, limit, length in (
                ("hour", parameters.hourly_limit, 3600.0),
                ("spike", parameters.spike_limit, parameters.spike_window),
            )
            if limit is not None
        }
        if not limits:
            return None
        windows = {name: self._window((key, name), length) for name, (_, length) in limits.items()}
        exceeded = any(windows[name].used >= limit for name, (limit, _) in limits.items())
        if not exceeded:
            for window in windows.values():
                window.used += 1
        left = [
            Allowance(limit, max(0, limit - windows[name].used), windows[name].ends_at, exceeded)
            for name, (limit, _) in limits.items()
        ]
        # The limit with the fewest requests left; of two without any, the one that lasts longer.
        return min(left, key=lambda allowance: (allowance.remaining, -allowance.reset))

    def _window(self, key: tuple[Hashable, str], length: float) -> _Window:
        now = self._clock()
        window = self._windows.get(key)
        if window is None or now >= window.ends_at:
            # The header tells whole seconds, so windows end on them: a client that waits until then is let in.
            window = self._windows[key] = _Window(math.ceil(now + length))
        return window
