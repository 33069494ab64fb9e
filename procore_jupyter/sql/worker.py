"""DuckDB's work in threads of its own: in the main thread it would hear an interrupt half a minute late."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

from procore_jupyter.files.forks import in_each_child

LOOK = 0.2
"""Seconds between two looks at whether the work is done: Windows hears an interrupt only between two waits."""

AGAIN = 0.05
"""Seconds after which work that was told to stop is told so again: it may only just have begun."""

GIVE_UP = 0.4
"""Seconds after which work that was told to stop is left to itself: DuckDB doesn't look up while it works out a constant."""

Result = TypeVar("Result")


class _Worker:
    """A thread that does one piece of work after the other: a new one would have to wait for its turn on a busy machine."""

    def __init__(self) -> None:
        self.work: SimpleQueue[Callable[[], object]] = SimpleQueue()
        threading.Thread(target=self._run, name="procore sql", daemon=True).start()

    def _run(self) -> None:
        while True:
            self.work.get()()


class _Workers:
    """The workers that wait for work."""

    def __init__(self) -> None:
        self.begin_anew()
        in_each_child(self.begin_anew)

    def begin_anew(self) -> None:
        """Begin without a worker: at first, and in a process that was forked, which has none of the threads."""
        self._idle: list[_Worker] = []

    def take(self) -> _Worker:
        """Return a worker that has nothing to do."""
        try:
            return self._idle.pop()
        except IndexError:
            return _Worker()

    def put_back(self, worker: _Worker) -> None:
        """Take a worker back that has done its work."""
        self._idle.append(worker)


_workers = _Workers()


def in_thread(
    work: Callable[[], Result], stop: Callable[[], object], leave: Callable[[], object] = lambda: None
) -> Result:
    """Do a piece of work in another thread, and return what it returns, or raise what it raises.

    Parameters
    ----------
    work : callable
        The work.
    stop : callable
        Ends the work soon; called from this thread when it is interrupted, until the work has ended.
    leave : callable
        Called if the work doesn't end soon: it goes on in its thread, where `stop` is still called now and then, and nobody else
        may use what it uses.
    """
    # A plain lock: an interrupt within the wait for an event may release the lock of the thread that sets it.
    working = threading.Lock()
    working.acquire()
    results: list[Result] = []
    errors: list[BaseException] = []

    def is_done(seconds: float) -> bool:
        return working.acquire(timeout=seconds) or bool(results or errors)

    def run() -> None:
        try:
            results.append(context.run(work))
        except BaseException as error:
            errors.append(error)
        finally:
            _workers.put_back(worker)
            working.release()

    context, worker = contextvars.copy_context(), _workers.take()
    try:
        worker.work.put(run)
        while not is_done(LOOK):
            pass
    except BaseException:
        latest = time.monotonic() + GIVE_UP
        try:
            stop()
            while not is_done(AGAIN) and time.monotonic() < latest:
                stop()
        finally:  # a second interrupt ends the wait too
            if not is_done(0):
                leave()
                threading.Thread(
                    target=_end, args=(stop, is_done), name="procore sql ends", daemon=True
                ).start()
        raise
    if errors:
        raise errors[0]
    return results[0]


def _end(stop: Callable[[], object], is_done: Callable[[float], bool]) -> None:
    """End work that was left to itself, as soon as it looks up."""
    while not is_done(LOOK):
        stop()
