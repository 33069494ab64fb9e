"""What a process that was forked from this one begins anew.

A child has copies of its parent's locks and connections, but only one of its threads: a lock that another one held is
never let go, and what both read from one connection each misses half of.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from types import MethodType
from typing import Any, cast

PATIENCE = 10.0
"""Seconds that a fork waits at most for a module that another thread is importing."""

_anew: weakref.WeakKeyDictionary[object, set[Callable[[Any], None]]] = weakref.WeakKeyDictionary()
"""Objects, with their methods that are called in a child."""


class _Importing:
    """The lock of imports on first use."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Begin with a free lock."""
        self.lock, self.held = threading.RLock(), False

    def hold(self) -> None:
        """Wait until no thread is importing, before a fork."""
        self.held = self.lock.acquire(timeout=PATIENCE)

    def release(self) -> None:
        """Let the parent's threads go on, after a fork."""
        if self.held:
            self.held = False
            self.lock.release()


_importing = _Importing()


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """Import a library on first use: a fork waits for the end of it, else the child finds Python's lock of it taken."""
    _watch()
    with _importing.lock:
        yield


def in_each_child(method: Callable[[], None]) -> None:
    """Have a bound method called in each process that is forked from this one, as long as its object lives."""
    _watch()
    bound = cast(MethodType, method)
    _anew.setdefault(bound.__self__, set()).add(bound.__func__)


@functools.cache
def _watch() -> None:
    # Before a fork, logging takes a lock of its own, which an import may wait for. Of the hooks before a fork the latest
    # comes first, so logging has to be there already. Nor may another thread import what has such hooks during a fork.
    for name in ("logging", "concurrent.futures.thread"):
        importlib.import_module(name)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=_importing.hold, after_in_parent=_importing.release, after_in_child=_begin_anew
        )


def _begin_anew() -> None:
    _importing.begin_anew()
    for one, methods in [*_anew.items()]:
        for method in methods:
            method(one)
