"""`Scope`: what surrounds the requests of one piece of work: whether it was stopped, who is told of its waits, what it cost."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

LOOK = 0.2
"""Seconds between two looks at whether a wait is over: on Windows an interrupt is heard no sooner."""


class Stopped(Exception):
    """The piece of work that a request belonged to was stopped."""


class Scope:
    """One piece of work, in one thread or in several.

    Parameters
    ----------
    told : callable or None
        Told of a wait for Procore's limit, or for Procore: the words, and its seconds. None: the session tells it as
        it tells every wait.

    Attributes
    ----------
    bodies_apart : bool
        Whoever asks takes bodies as memoryviews too, in memory of their own (`bodies`).
    at_once : frozenset of int
        HTTP statuses that come back at once, although they are tried again elsewhere.
    requests, bytes : int
        Requests that were sent to the API, and bytes of their bodies that came back (unpacked).
    """

    def __init__(self, told: Callable[[str, float], None] | None = None) -> None:
        self.told = told
        self.bodies_apart = False
        self.at_once: frozenset[int] = frozenset()
        self.requests = 0
        self.bytes = 0
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[int, Any] = {}

    @property
    def stopped(self) -> bool:
        """Whether it was stopped."""
        return self._stopped.is_set()

    def check(self) -> None:
        """Raise `Stopped` where it was stopped."""
        if self._stopped.is_set():
            raise Stopped

    def sleep(self, seconds: float) -> None:
        """Wait; raise `Stopped` as soon as it is stopped."""
        if self._stopped.wait(seconds):
            raise Stopped

    def count(self, size: int) -> None:
        """Count an answer and the bytes of its body."""
        with self._lock:
            self.requests += 1
            self.bytes += size

    def stop(self) -> None:
        """Stop it: waits end, nothing is sent any more, and connections that are waited at are cut."""
        with self._lock:
            self._stopped.set()
            connections = [*self._open.values()]
        for connection in connections:
            sock = getattr(connection, "sock", None)
            if sock is not None:
                with contextlib.suppress(OSError):
                    # Below TLS: its own shutdown may not be called while another thread reads.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def watch(self, connection: Any) -> None:
        """Remember the connection that this thread waits at. Raises `Stopped` where it is too late."""
        with self._lock:
            if self._stopped.is_set():
                raise Stopped
            self._open[threading.get_ident()] = connection

    def forget(self) -> None:
        """Forget this thread's connection: it goes on to serve others."""
        with self._lock:
            self._open.pop(threading.get_ident(), None)


_current: ContextVar[Scope | None] = ContextVar("procore_scope", default=None)


def current() -> Scope | None:
    """Return the scope that this thread's requests belong to."""
    return _current.get()


@contextlib.contextmanager
def within(scope: Scope) -> Iterator[Scope]:
    """Let the requests that are sent meanwhile in this thread belong to a scope."""
    before = _current.set(scope)
    try:
        yield scope
    finally:
        _current.reset(before)
