"""Flight: a piece of work done once, in a thread of its own, for all threads that wait for its result.

Why a thread of its own: Ctrl-C reaches the main thread alone. A waiting thread can be interrupted at any
moment, while the work (spend a refresh token, receive its successor, save it) goes on to its end,
and no lock is left behind. The thread is a daemon, so a process that waits for somebody else's lock
can still end; a process that ends while a refresh token is being spent waits for the save.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

LAST_WAIT = 120.0
"""Seconds that the end of the process waits for a save, at most."""

WINK = 0.2
"""Seconds of one wait; Windows notices Ctrl-C only between two waits."""

_flights: set[Flight[object]] = set()


class Flight(Generic[T]):
    """One run of a piece of work.

    Parameters
    ----------
    work : callable
        Takes the flight, and returns the result or raises. While it has `critical` set, the process
        doesn't end by itself.
    """

    def __init__(self, work: Callable[[Flight[T]], T]) -> None:
        self.critical = False
        self._work = work
        self._landed = threading.Event()
        self._pid = os.getpid()
        self._result: list[T] = []
        self._error: BaseException | None = None

    @property
    def over(self) -> bool:
        """Whether the work has ended, or belongs to the process that this one was forked from."""
        return self._landed.is_set() or self._pid != os.getpid()

    def start(self) -> Flight[T]:
        """Begin, and return at once."""
        _flights.add(self)  # type: ignore[arg-type]
        try:
            threading.Thread(target=self._run, name="procore-jupyter-token", daemon=True).start()
        except RuntimeError:  # the interpreter is ending: no more threads
            self._run()
        return self

    def join(self) -> T:
        """Wait for the end; return the result, or raise the error, each waiting thread a copy of its own."""
        while not self._landed.wait(WINK):
            pass
        if self._error is not None:
            raise _twin(self._error)
        return self._result[0]

    def _run(self) -> None:
        try:
            self._result.append(self._work(self))
        except BaseException as error:
            self._error = error
        finally:
            self.critical = False
            _flights.discard(self)
            self._landed.set()


def _twin(error: BaseException) -> BaseException:
    """Copy an error: one raised in several threads at once would collect all their frames."""
    twin = type(error).__new__(type(error), *error.args)
    # An OSError's __new__ doesn't keep them, if its class has an __init__ of its own.
    twin.args = error.args
    twin.__dict__.update(error.__dict__)
    twin.__cause__, twin.__suppress_context__ = error.__cause__, error.__suppress_context__
    return twin.with_traceback(error.__traceback__)


@atexit.register
def _land() -> None:
    for flight in list(_flights):
        if flight.critical and not flight.over:
            flight._landed.wait(LAST_WAIT)
