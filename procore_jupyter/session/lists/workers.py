"""`Crew`: threads that do jobs, several at a time, and a measure of whether the caller waits for their answers."""

from __future__ import annotations

import contextlib
import contextvars
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from procore_jupyter.session import scope
from procore_jupyter.session.scope import Scope

Job = TypeVar("Job")
Answer = TypeVar("Answer")

LOOK = 0.1
"""Seconds between two calls of `tick`, and between two looks for an answer while the caller waits for answers."""

SOON = 0.01
"""Seconds between two looks for an answer while answers come as fast as the caller uses them up."""

SLOW_SHARE = 0.03
"""Share of the time spent waiting above which the server, not the caller, is the bottleneck."""

QUICK = 0.05
"""Seconds: a first answer that takes longer promises that the others will take long too."""

JOIN = 5.0
"""Seconds that `dismiss` waits for each thread at most."""


class Crew(Generic[Job, Answer]):
    """Threads that do jobs; each is made when it is needed first.

    Parameters
    ----------
    do : callable
        Does one job, in one of the threads.
    weigh : callable
        Returns the size of an answer in bytes.
    around : Scope
        The piece of work that the jobs belong to.
    size : int
        Threads, at most.

    Attributes
    ----------
    busy : int
        Jobs whose answers have not been returned yet.
    """

    def __init__(
        self, do: Callable[[Job], Answer], weigh: Callable[[Answer], int], around: Scope, size: int
    ) -> None:
        self.size = size
        self.busy = 0
        self._do, self._weigh, self._around = do, weigh, around
        self._todo: SimpleQueue[tuple[Job] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[Job, Answer | None, BaseException | None]] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._typical = 0  # bytes of a typical answer
        self._made = self._ticked = time.monotonic()
        self._first_answer: float | None = None  # when it came
        self._waited = 0.0  # seconds

    @property
    def waited_for(self) -> bool:
        """Whether answers come slower than the caller uses them up."""
        since = self._first_answer
        return since is None or self._waited > SLOW_SHARE * (time.monotonic() - since)

    @property
    def expected(self) -> int:
        """Bytes under way, estimated by the answers so far."""
        return self.busy * self._typical

    def begin(self, job: Job) -> None:
        """Hand a job to the threads."""
        self.busy += 1
        if len(self._threads) < min(self.busy, self.size):
            context = contextvars.copy_context()
            thread = threading.Thread(
                target=context.run, args=(self._work,), name=f"procore-read-{len(self._threads)}", daemon=True
            )
            self._threads.append(thread)
            thread.start()
        self._todo.put((job,))

    def wait(self, tick: Callable[[], None]) -> tuple[Job, Answer] | None:
        """Return a job and its answer; None if no answer came for a moment. Raises what the job raised.

        Parameters
        ----------
        tick : callable
            Called some ten times a second while no answer comes.
        """
        begun = time.monotonic()
        try:
            job, answer, error = self._done.get(timeout=LOOK if self.waited_for else SOON)
        except Empty:
            if time.monotonic() > self._ticked + LOOK:
                self._ticked = time.monotonic()
                tick()
            return None
        finally:
            self._waited += time.monotonic() - begun
        if self._first_answer is None:
            self._first_answer = time.monotonic()
            self._waited = max(0.0, self._first_answer - self._made - QUICK)
        self.busy -= 1
        if error is not None:
            raise error
        assert answer is not None
        self._typical = max(self._weigh(answer), self._typical // 2)
        return job, answer

    def _work(self) -> None:
        with scope.within(self._around):
            while (todo := self._todo.get()) is not None:
                (job,) = todo
                try:
                    self._done.put((job, self._do(job), None))
                except BaseException as error:
                    self._done.put((job, None, error))

    def dismiss(self) -> None:
        """Stop the piece of work, and end the threads."""
        self._around.stop()
        for _ in self._threads:
            self._todo.put(None)
        for thread in self._threads:
            with contextlib.suppress(RuntimeError):  # it was never started
                thread.join(JOIN)
