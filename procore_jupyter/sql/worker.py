"""DuckDB's work in a thread of its own: in the main thread it would hear an interrupt half a minute late."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from typing import TypeVar

LOOK = 0.2
"""Seconds between two looks at whether the work is done: Windows hears an interrupt only between two waits."""

AGAIN = 0.05
"""Seconds after which work that was told to stop is told so again: it may only just have begun."""

GIVE_UP = 0.4
"""Seconds after which work that was told to stop is left to itself: DuckDB doesn't look up while it works out a constant."""

Result = TypeVar("Result")


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
        Called if the work doesn't end: it goes on in its thread, and nobody else may use what it uses.
    """
    done = threading.Event()
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()

    try:
        threading.Thread(
            target=contextvars.copy_context().run, args=(run,), name="procore sql", daemon=True
        ).start()
        while not done.wait(LOOK):
            pass
    except BaseException:
        latest = time.monotonic() + GIVE_UP
        stop()
        while not done.wait(AGAIN):
            if time.monotonic() > latest:
                leave()
                break
            stop()
        raise
    if errors:
        raise errors[0]
    return results[0]
