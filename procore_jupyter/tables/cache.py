"""`Kept`: what was fetched, used again for a quarter of an hour.

Procore's terms forbid keeping copies beyond need (its API usage guidelines), so what was fetched goes with the
kernel, and after `KEPT` seconds at the latest is not used again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

KEPT = 900.0
"""Seconds that what was fetched is used again."""

Key = tuple[object, ...]


class Kept:
    """Things by a key, each with when it was put.

    Parameters
    ----------
    clock : callable
        Unix time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._things: dict[Key, tuple[float, Any]] = {}
        self.times_forgotten = 0
        """How often all of it was forgotten: what was fetched before isn't used any more."""

    def get(self, key: Key) -> Any:
        """Return what is kept, None where nothing is."""
        with self._lock:
            now = self._clock()
            self._things = {one: thing for one, thing in self._things.items() if now - thing[0] < KEPT}
            return self._things.get(key, (0.0, None))[1]

    def put(self, key: Key, thing: Any) -> None:
        """Keep it."""
        with self._lock:
            self._things[key] = (self._clock(), thing)

    def drop(self, key: Key) -> None:
        """Forget it."""
        with self._lock:
            self._things.pop(key, None)

    def drop_start(self, start: Key) -> None:
        """Forget what is kept under the keys that begin so."""
        with self._lock:
            self._things = {key: thing for key, thing in self._things.items() if key[: len(start)] != start}

    def forget(self) -> None:
        """Forget all."""
        with self._lock:
            self._things.clear()
            self.times_forgotten += 1

    def with_start(self, start: Key) -> Iterator[Any]:
        """Give what is kept under the keys that begin so."""
        with self._lock:
            things = [*self._things.items()]
        return (thing[1] for key, thing in things if key[: len(start)] == start)
