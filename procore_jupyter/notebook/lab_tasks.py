"""What the sidebar asked for and may take a while: each task in a thread of its own, so that a question never keeps it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

from procore_jupyter.errors import ProcoreError
from procore_jupyter.session.scope import Scope, Stopped, within

PATIENCE = 0.4
"""Seconds that one question waits for a task. The next question, a stop for instance, waits behind it."""

MOST = 32
"""Tasks that are remembered; of more, the oldest is forgotten."""

STOPPED = "Stopped."


class Task:
    """One thing that is being done.

    Parameters
    ----------
    do : callable
        Does it, and returns what is answered.

    Attributes
    ----------
    result : object
        What was answered; None until then.
    error : Exception or None
        Why there is no result.
    """

    def __init__(self, do: Callable[[], Any]) -> None:
        self.result: Any = None
        self.error: Exception | None = None
        self._scope = Scope(self._waits)
        self._waiting = ""
        self._done = threading.Event()
        threading.Thread(target=self._run, args=(do,), name="procore sidebar", daemon=True).start()

    @property
    def waiting(self) -> str:
        """What is waited for, such as Procore's limit; empty if nothing is."""
        return self._waiting

    def wait(self, seconds: float = PATIENCE) -> bool:
        """Wait for the end; return whether it has come."""
        return self._done.wait(seconds)

    def stop(self) -> None:
        """Make no further request, and wait for none that is under way."""
        self._scope.stop()

    def _run(self, do: Callable[[], Any]) -> None:
        try:
            with within(self._scope):
                self.result = do()
        except Stopped:
            self.error = ProcoreError(STOPPED)
        except Exception as error:
            self.error = ProcoreError(STOPPED) if self._scope.stopped else error
        finally:
            self._done.set()

    def _waits(self, words: str, seconds: float) -> None:
        self._waiting = f"{words}: resuming in {round(seconds)} s"


class Tasks:
    """The tasks under way, by their tickets. Any thread may use them."""

    def __init__(self) -> None:
        self._tickets = itertools.count(1)
        self._tasks: dict[int, Task] = {}
        self._lock = threading.Lock()

    def begin(self, do: Callable[[], Any]) -> int:
        """Begin a task; return its ticket."""
        task = Task(do)
        with self._lock:
            ticket = next(self._tickets)
            self._tasks[ticket] = task
            for old in [*self._tasks][:-MOST]:
                del self._tasks[old]
        return ticket

    def find(self, ticket: object) -> Task | None:
        """Return a task that hasn't been answered yet."""
        with self._lock:
            return self._tasks.get(ticket) if isinstance(ticket, int) else None

    def end(self, ticket: int) -> None:
        """Forget a task whose result was handed over."""
        with self._lock:
            self._tasks.pop(ticket, None)
