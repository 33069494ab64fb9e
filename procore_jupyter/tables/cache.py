"""`Cache`: what was fetched, in memory, for a quarter of an hour, and who is fetching.

Procore's terms forbid keeping copies beyond need (its API usage guidelines), so what was fetched goes with the
kernel, and is used again for `KEPT` seconds at most.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from procore_jupyter.files.forks import in_each_child

KEPT = 900.0
"""Seconds for which something fetched is used again."""

MOST_BYTES = 1_000_000_000
"""Bytes of rows that are kept at most, as Arrow counts them; beyond that, the oldest are forgotten first."""

LOOK = 0.2
"""Seconds between two looks at whether it is one's turn: Windows hears an interrupt only between two waits."""

Key = tuple[object, ...]
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class _Kept:
    """A thing, the time that it is from, and its size in bytes if it has rows."""

    when: float
    thing: Any
    size: int = 0


class _Turn:
    """Whose turn it is to ask for one thing."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.wanted = 0


class Cache:
    """Things by a key, each with the time that it is from.

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
        self._things: dict[object, dict[Key, _Kept]] = {}
        """The things by the first part of their keys, and of these by the whole keys, in the order in which they were put."""
        self._size = 0
        self._begin_anew()
        in_each_child(self._begin_anew)

    def _begin_anew(self) -> None:
        """Begin with a free lock and no thread that is asking: at first, and in a process that was forked."""
        self._lock = threading.Lock()
        self._turns: dict[Key, _Turn] = {}

    def get(self, key: Key) -> Any:
        """Return the thing under a key, or None."""
        return self.get_several([key])[0]

    def get_several(self, keys: Iterable[Key]) -> list[Any]:
        """Return the things under several keys; None for one that isn't there."""
        found: list[Any] = []
        with self._lock:
            now = self.clock()
            for key in keys:
                one = self._of(key).get(key)
                if one is not None and now - one.when >= KEPT:
                    self._drop(key)
                    one = None
                found.append(None if one is None else one.thing)
        return found

    def put(
        self, key: Key, thing: Any, *, size: int = 0, when: float | None = None, since: int | None = None
    ) -> None:
        """Keep a thing under a key.

        Parameters
        ----------
        key : tuple
            The key.
        thing : object
            The thing.
        size : int
            The bytes of its rows: of all together, `MOST_BYTES` are kept.
        when : float or None
            The time that it is from; None for now.
        since : int or None
            `times_forgotten` when somebody began to ask for it: what was asked for before everything was forgotten isn't kept.
        """
        with self._lock:
            if since is not None and since != self.times_forgotten:
                return
            self._drop(key)
            things = self._of(key)
            things[key] = _Kept(self.clock() if when is None else when, thing, size)
            self._size += size
            while things and self.clock() - things[oldest := next(iter(things))].when >= KEPT:
                self._drop(oldest)
            while self._size > MOST_BYTES and (rows := self._oldest_rows(things)) is not None:
                self._drop(rows)

    def _of(self, key: Key) -> dict[Key, _Kept]:
        return self._things.setdefault(key[0], {})

    @staticmethod
    def _oldest_rows(things: Mapping[Key, _Kept]) -> Key | None:
        return next((key for key, kept in things.items() if kept.size), None)

    def _drop(self, key: Key) -> None:
        found = self._of(key).pop(key, None)
        self._size -= 0 if found is None else found.size

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
                    self.put(key, found, since=forgotten)
        return found

    def with_start(self, start: Key) -> list[Any]:
        """Return the things under the keys that begin so."""
        with self._lock:
            now = self.clock()
            return [one.thing for one in self._starting(start).values() if now - one.when < KEPT]

    def drop_start(self, start: Key, is_meant: Callable[[Key], bool] = lambda key: True) -> None:
        """Forget the things under the keys that begin so; of these, those that are meant."""
        with self._lock:
            for key in self._starting(start):
                if is_meant(key):
                    self._drop(key)

    def _starting(self, start: Key) -> dict[Key, _Kept]:
        return {key: one for key, one in self._of(start).items() if key[: len(start)] == start}

    def forget(self) -> None:
        """Forget everything."""
        with self._lock:
            self._things.clear()
            self._size = 0
            self.times_forgotten += 1
