"""A lock against other threads and other processes, named by a file.

The operating system's own file lock (flock, or LockFile on Windows, through filelock) goes with its
process: one that dies holding it blocks nobody. Where it can't be had (a network folder without
locks, a read-only one) the threads of this process are still kept apart, and it is said once what
is not guaranteed.
"""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from procore_jupyter.errors import ProcoreWarning, TokenStoreError
from procore_jupyter.files import private

if TYPE_CHECKING:
    from filelock import BaseFileLock

POLL = 0.01  # s between two tries for a file lock that another process holds


class StillLockedError(TokenStoreError):
    """Another thread or process held the lock for longer than was to be waited."""


class ThreadLock:
    """A lock between threads that an interrupt can't leave behind: it belongs to a `holder`, which lets go in ``finally``.

    (`threading.Lock` can be taken and lost when Ctrl-C falls between its ``acquire`` and the next line.)
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._holder: object | None = None

    @contextmanager
    def held(self, timeout: float) -> Iterator[bool]:
        """Hold it, waiting at most `timeout` seconds; gives False where that wasn't enough."""
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
_without_lock: set[str] = set()  # what has been said, so that it is said once
if hasattr(os, "register_at_fork"):
    # Who held one in the parent doesn't exist in the child.
    os.register_at_fork(after_in_child=_thread_locks.clear)


def thread_lock(name: str) -> ThreadLock:
    """Return this process's one lock of that name."""
    return _thread_locks.setdefault(name, ThreadLock())


@contextmanager
def process_lock(path: Path, timeout: float) -> Iterator[bool]:
    """Hold the lock of a file against the threads of this process and against other processes.

    Parameters
    ----------
    path : Path
        The lock file, made 0600 if need be. It stays: removing a lock file lets two hold the lock.
    timeout : float
        Seconds to wait at most.

    Yields
    ------
    bool
        False where other processes aren't kept out, because the file system has no locks.

    Raises
    ------
    StillLockedError
        The time is over.
    TokenStoreError
        The folder isn't this user's own.
    """
    until = time.monotonic() + timeout
    with thread_lock(str(path)).held(timeout) as mine:
        if not mine:
            raise _still_locked(path, timeout)
        from filelock import Timeout  # on first use: %load_ext doesn't pay for it

        lock: BaseFileLock | None = None
        try:
            try:
                private.private_folder(path.parent)
                lock = _file_lock(path)
                lock.acquire(timeout=max(0.0, until - time.monotonic()), poll_interval=POLL)
            except Timeout:  # an OSError too
                raise _still_locked(path, timeout) from None
            except (OSError, NotImplementedError) as error:
                lock = None
                _tell_once(path, error)
            yield lock is not None
        finally:
            if lock is not None:
                lock.release()


def _file_lock(path: Path) -> BaseFileLock:
    from filelock import FileLock

    # Where flock is missing, filelock from 3.30 on would go on with a lock that is a mere file and
    # outlives a killed process, unless told not to.
    if hasattr(FileLock, "fallback_to_soft"):
        return FileLock(str(path), mode=0o600, fallback_to_soft=False)
    return FileLock(str(path), mode=0o600)


def _still_locked(path: Path, timeout: float) -> StillLockedError:
    return StillLockedError(
        f"Another notebook has been busy with the stored sign-in for {timeout:g} s. Try again; "
        f"if it goes on, restart the kernel that hangs (the lock is {path})."
    )


def _tell_once(path: Path, error: BaseException) -> None:
    place = str(path.parent)
    if place in _without_lock:
        return
    _without_lock.add(place)
    reason = getattr(error, "strerror", None) or "no file locks there"
    warnings.warn(
        f"The folder {place} can't be locked ({reason}): two notebooks that renew the sign-in at the same "
        "moment may sign each other out. Choose a folder on this machine with OAuthSettingsLocation.",
        ProcoreWarning,
        stacklevel=2,
    )
