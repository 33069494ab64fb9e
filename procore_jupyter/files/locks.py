"""A lock against other threads and other processes, named by a file.

The operating system's own file lock (flock, or LockFile on Windows, through filelock) goes with its
process: one that dies holding it blocks nobody. Where the system gives none (a network folder without
locks, a read-only one) the threads of this process are still kept apart.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Not on first use: the import of filelock adds steps to each fork, and one that falls into it would have its child hang.
from filelock import BaseFileLock, FileLock, Timeout

from procore_jupyter.files.private import NotPrivate, private_folder

POLL = 0.01
"""Seconds between two tries for a file lock that another process holds."""


class StillLocked(TimeoutError):
    """Another thread or process held the lock for longer than the caller would wait.

    Parameters
    ----------
    path : Path
        The lock file.
    seconds : float
        How long was waited.
    """

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__(path, seconds)
        self.path = path
        self.seconds = seconds

    def __str__(self) -> str:
        return f"{self.path} has been locked for {self.seconds:g} s"


class ThreadLock:
    """A lock between threads that an interrupt can't leave behind.

    (`threading.Lock` can be taken and lost when Ctrl-C falls between its ``acquire`` and the next line. This
    lock belongs to a holder, which lets go in ``finally``.)
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._holder: object | None = None

    @contextmanager
    def held(self, timeout: float) -> Iterator[bool]:
        """Hold the lock, waiting at most `timeout` seconds; yields False if that wasn't enough."""
        holder = object()
        try:
            with self._condition:
                free = self._condition.wait_for(lambda: self._holder is None, timeout)
                if free:
                    self._holder = holder
            yield free
        finally:
            with self._condition:
                if self._holder is holder:
                    self._holder = None
                    self._condition.notify()


_thread_locks: dict[str, ThreadLock] = {}
if hasattr(os, "register_at_fork"):
    # The thread that held a lock in the parent doesn't exist in the child.
    os.register_at_fork(after_in_child=_thread_locks.clear)


def thread_lock(name: str) -> ThreadLock:
    """Return this process's one lock of that name."""
    return _thread_locks.setdefault(name, ThreadLock())


@contextmanager
def process_lock(path: Path, timeout: float) -> Iterator[str]:
    """Hold the lock of a file against the threads of this process and against other processes.

    Parameters
    ----------
    path : Path
        The lock file, made 0600 if there is none. It is never removed: that would let two hold the lock.
    timeout : float
        Seconds to wait at most.

    Yields
    ------
    str
        Why other processes are not kept out (the file system has no locks, …); empty where they are.

    Raises
    ------
    StillLocked
        The time is over.
    NotPrivate
        The folder isn't this user's own.
    """
    until = time.monotonic() + timeout
    with thread_lock(str(path)).held(timeout) as mine:
        if not mine:
            raise StillLocked(path, timeout)
        lock: BaseFileLock | None = None
        problem = ""
        try:
            try:
                private_folder(path.parent)
                lock = file_lock(path)
                lock.acquire(timeout=max(0.0, until - time.monotonic()), poll_interval=POLL)
            except NotPrivate:
                raise
            except Timeout:  # an OSError too
                raise StillLocked(path, timeout) from None
            except (OSError, NotImplementedError) as error:
                lock = None
                problem = getattr(error, "strerror", None) or "no file locks there"
            yield problem
        finally:
            if lock is not None:
                lock.release()


def file_lock(path: Path, *, thread_local: bool = True) -> BaseFileLock:
    """Return the operating system's lock of a file, not yet acquired; the file is made 0600.

    Parameters
    ----------
    path : Path
        The lock file.
    thread_local : bool
        Only the thread that acquires the lock may release it.
    """
    # Where flock is missing, filelock from 3.30 on would go on with a lock that is a mere file and
    # outlives a killed process, unless told not to.
    if hasattr(FileLock, "fallback_to_soft"):
        return FileLock(str(path), mode=0o600, thread_local=thread_local, fallback_to_soft=False)
    return FileLock(str(path), mode=0o600, thread_local=thread_local)
