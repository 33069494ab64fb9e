"""`Cache`: what was fetched, in memory, for a quarter of an hour, and who is fetching.

Procore's terms forbid keeping copies beyond need (its API usage guidelines), so what was fetched goes with the
kernel, and is used again for `KEPT` seconds at most.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from procore_jupyter.files.forks import in_each_child

KEPT = 900.0
"""Seconds for which something fetched is used again."""

LOOK = 0.2
"""Seconds between two looks at whether it is one's turn: Windows hears an interrupt only between two waits."""

Key = tuple[object, ...]
Thing = TypeVar("Thing")


class _Turn:
    """Whose turn it is to ask for one thing."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.wanted = 0


class Cache:
    """Things by a key, each with the time at which it was put.

    Parameters
    ----------
    clock : callable
        Unix time in seconds.

    Attributes
    ----------
    times_forgotten : int
        How often `forget` was called: whoever holds something from before asks anew.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.times_forgotten = 0
        self._things: dict[Key, tuple[float, Any]] = {}
        self._begin_anew()
        in_each_child(self._begin_anew)

    def _begin_anew(self) -> None:
        """Begin with a free lock and no thread that is asking: at first, and in a process that was forked."""
        self._lock = threading.Lock()
        self._turns: dict[Key, _Turn] = {}

    def get(self, key: Key) -> Any:
        """Return the thing under a key, or None."""
        with self._lock:
            now = self.clock()
            self._things = {one: thing for one, thing in self._things.items() if now - thing[0] < KEPT}
            return self._things.get(key, (0.0, None))[1]

    def put(self, key: Key, thing: Any) -> None:
        """Keep a thing under a key."""
        with self._lock:
            self._things[key] = (self.clock(), thing)

    @contextlib.contextmanager
    def alone(self, key: Key) -> Iterator[None]:
        """Let one thread at a time ask for the thing under a key: those that wait look again, and find it."""
        with self._lock:
            turn = self._turns.setdefault(key, _Turn())
            turn.wanted += 1
        try:
            while not turn.lock.acquire(timeout=LOOK):
                pass
            try:
                yield
            finally:
                turn.lock.release()
        finally:
            with self._lock:
                turn.wanted -= 1
                if not turn.wanted:
                    self._turns.pop(key, None)

    def once(self, key: Key, ask: Callable[[], Thing]) -> Thing:
        """Return the thing under a key; if there is none, ask for it and keep it."""
        found: Thing | None = self.get(key)
        if found is None:
            with self.alone(key):
                found, forgotten = self.get(key), self.times_forgotten
                if found is None:
                    found = ask()
                    if forgotten == self.times_forgotten:
                        self.put(key, found)
        return found

    def with_start(self, start: Key) -> list[Any]:
        """Return the things under the keys that begin so."""
        with self._lock:
            return [thing for key, (_, thing) in self._things.items() if key[: len(start)] == start]

    def drop_start(self, start: Key) -> None:
        """Forget the things under the keys that begin so."""
        with self._lock:
            self._things = {key: thing for key, thing in self._things.items() if key[: len(start)] != start}

    def forget(self) -> None:
        """Forget everything."""
        with self._lock:
            self._things.clear()
            self.times_forgotten += 1
