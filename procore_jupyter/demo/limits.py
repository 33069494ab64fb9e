"""The two limits that Procore counts at once: an hour's, and that of a short spike window. No HTTP."""

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
    """What is left: the limit that will be hit first, as ``X-Rate-Limit-*`` tells it.

    Parameters
    ----------
    limit, remaining : int
        Requests in the window, and those left after this one.
    reset : int
        When the window ends, in seconds since the epoch.
    exceeded : bool
        This request was one too many.
    """

    limit: int
    remaining: int
    reset: int
    exceeded: bool = False


class RateLimits:
    """Counts requests by key (app and person).

    Parameters
    ----------
    clock, parameters : callable
        The provider's time, and the parameters in force.
    """

    def __init__(self, clock: Callable[[], float], parameters: Callable[[], DemoParameters]) -> None:
        self._clock = clock
        self._parameters = parameters
        self._windows: dict[tuple[Hashable, str], _Window] = {}

    def count(self, key: Hashable) -> Allowance | None:
        """Count one request; None where no limit is set. A request that is refused counts in no window."""
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
        # Nearer: fewer left; of two that are used up, the one that lasts longer.
        return min(left, key=lambda allowance: (allowance.remaining, -allowance.reset))

    def _window(self, key: tuple[Hashable, str], length: float) -> _Window:
        now = self._clock()
        window = self._windows.get(key)
        if window is None or now >= window.ends_at:
            # The header tells whole seconds, so windows end on them: who waits until then is let in.
            window = self._windows[key] = _Window(math.ceil(now + length))
        return window
