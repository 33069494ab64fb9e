"""`Crew`: threads that ask for something, several at a time, and how fast that is used up by whoever wanted it."""

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
"""Seconds between two looks at whether it takes long, or was interrupted."""

WAITING, QUICK, SOON = 0.03, 0.05, 0.01
"""Answers are waited for if that takes more than this part of the time; a first one that takes more than so many seconds
promises that the others will be. As long as they aren't, it is looked at every `SOON` seconds."""


class Crew(Generic[Job, Answer]):
    """Threads that ask; made when they are needed.

    Parameters
    ----------
    ask : callable
        Does a job, in one of the threads.
    weigh : callable
        Returns the bytes of an answer.
    around : Scope
        The piece of work that they belong to.
    size : int
        Threads, at most.

    Attributes
    ----------
    busy : int
        Jobs whose answers have not been taken yet.
    """

    def __init__(
        self, ask: Callable[[Job], Answer], weigh: Callable[[Answer], int], around: Scope, size: int
    ) -> None:
        self.size = size
        self.busy = 0
        self._ask, self._weigh, self._around = ask, weigh, around
        self._todo: SimpleQueue[tuple[Job] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[Job, Answer | None, BaseException | None]] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._typical = 0
        self._made = self._ticked = time.monotonic()
        self._since: float | None = None
        """When the first answer came."""
        self._waited = 0.0

    @property
    def waited_for(self) -> bool:
        """Whether answers come slower than they are used up."""
        since = self._since
        return since is None or self._waited > WAITING * (time.monotonic() - since)

    @property
    def expected(self) -> int:
        """Bytes that are under way, as far as can be guessed from those that came."""
        return self.busy * self._typical

    def begin(self, job: Job) -> None:
        """Have a job done."""
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
        """Return a job and its answer; None where none came for a moment. Raises what a job raised.

        Parameters
        ----------
        tick : callable
            Called some ten times a second while nothing comes.
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
        if self._since is None:
            self._since = time.monotonic()
            self._waited = max(0.0, self._since - self._made - QUICK)
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
                    self._done.put((job, self._ask(job), None))
                except BaseException as error:
                    self._done.put((job, None, error))

    def dismiss(self) -> None:
        """Stop what is under way, and let the threads go."""
        self._around.stop()
        for _ in self._threads:
            self._todo.put(None)
        for thread in self._threads:
            with contextlib.suppress(RuntimeError):
                thread.join(5.0)
