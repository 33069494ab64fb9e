"""`Scope`: how the requests of one piece of work are sent, and how another thread stops them.

The context variable in this module is the only one of the package.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from procore_jupyter.session.retries import TRIES


class Stopped(Exception):
    """The piece of work that a request belongs to was stopped."""


class Scope:
    """One piece of work, in one thread or in several.

    Parameters
    ----------
    notify : callable or None
        Receives each wait: what is waited for, in words, and its seconds. None leaves the telling to the session.
    tries : int
        How often one request is sent at most, where repeating it does no harm. 1 means that the answer is wanted soon
        or not at all, so such a request hardly waits for the rate limit either.
    to_files : bool
        The requests download a file, so the token goes to the profile's file hosts too.
    stoppable : bool
        Another thread may call `stop`. Only then are requests counted and the connections in use remembered.

    Attributes
    ----------
    bodies_apart : bool
        The caller accepts a body as a memoryview, in memory of its own (`bodies`).
    company : int or None
        The company that the requests are about; None leaves it to their addresses and to the session.
    most : int or None
        Bytes, unpacked, that are read of a body at most; None for all of it.
    resting : bool
        All that has come was handed on, and an answer is waited for: work that is stopped now can go on later.
    requests : int
        Requests that the API has answered.
    bytes : int
        Size of these answers' bodies, unpacked, in bytes.
    """

    def __init__(
        self,
        notify: Callable[[str, float], None] | None = None,
        *,
        tries: int = TRIES,
        to_files: bool = False,
        stoppable: bool = True,
    ) -> None:
        self.notify = notify
        self.tries = tries
        self.to_files = to_files
        self.bodies_apart = False
        self.company: int | None = None
        self.most: int | None = None
        self.resting = False
        self.requests = 0
        self.bytes = 0
        self._stoppable = stoppable
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._in_use: dict[int, Any] = {}
        self._parts: list[Scope] = []
        self._thread = threading.local()

    @contextlib.contextmanager
    def final(self, statuses: frozenset[int]) -> Iterator[None]:
        """Have answers of some HTTP statuses returned to this thread at once, although others have them tried again."""
        before: frozenset[int] = getattr(self._thread, "final", frozenset())
        self._thread.final = statuses
        try:
            yield
        finally:
            self._thread.final = before

    def is_final(self, status: int) -> bool:
        """Return whether an answer of this HTTP status is returned to this thread at once."""
        return status in getattr(self._thread, "final", ())

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    def check(self) -> None:
        """Raise `Stopped` if the work was stopped."""
        if self._stopped.is_set():
            raise Stopped

    def sleep(self, seconds: float, sleep: Callable[[float], None]) -> None:
        """Wait; raise `Stopped` as soon as the work is stopped.

        Work that no other thread can stop waits by `sleep`: Ctrl-C ends that on every system, but on Windows it ends no
        wait for an event.
        """
        if not self._stoppable:
            sleep(seconds)
        elif self._stopped.wait(seconds):
            raise Stopped

    def count(self, size: int) -> None:
        """Count one answer, whose body has `size` bytes."""
        if self._stoppable:
            with self._lock:
                self.requests += 1
                self.bytes += size

    def include(self, part: Scope) -> None:
        """Make another scope a part of this work: `stop` stops it too."""
        if self._stoppable:
            with self._lock:
                self._parts.append(part)
            if self.stopped:
                part.stop()

    def stop(self) -> None:
        """End all waits, refuse every further request, and cut the connections that wait for an answer."""
        with self._lock:
            self._stopped.set()
            connections = [*self._in_use.values()]
            parts = [*self._parts]
        for part in parts:
            part.stop()
        for connection in connections:
            sock = getattr(connection, "sock", None)
            if sock is not None:
                with contextlib.suppress(OSError):
                    # Below TLS: its own shutdown may not be called while another thread reads.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def watch(self, connection: Any) -> None:
        """Remember the connection at which this thread waits, for `stop`. Raises `Stopped` after `stop`."""
        if self._stoppable:
            with self._lock:
                if self._stopped.is_set():
                    raise Stopped
                self._in_use[threading.get_ident()] = connection

    def forget(self) -> None:
        """Forget this thread's connection, which other work uses next."""
        if self._stoppable:
            with self._lock:
                self._in_use.pop(threading.get_ident(), None)


_USUAL = Scope(stoppable=False)
_current: ContextVar[Scope] = ContextVar("procore_scope", default=_USUAL)


def current() -> Scope:
    """Return the scope of the requests that this thread sends."""
    return _current.get()


@contextlib.contextmanager
def within(scope: Scope) -> Iterator[Scope]:
    """Send this thread's requests in `scope`, in place of the scope around it, while the context lasts."""
    before = _current.set(scope)
    try:
        yield scope
    finally:
        _current.reset(before)


def in_haste() -> contextlib.AbstractContextManager[Scope]:
    """Send each request once while the context lasts: the answer is wanted soon or not at all."""
    return within(Scope(tries=1, stoppable=False))


def downloading() -> contextlib.AbstractContextManager[Scope]:
    """Send the token to the profile's file hosts too while the context lasts."""
    return within(Scope(to_files=True, stoppable=False))


@contextlib.contextmanager
def reading_at_most(most: int) -> Iterator[None]:
    """Read so many bytes of each body at most, unpacked, while the context lasts."""
    with within(Scope(tries=current().tries, stoppable=False)) as scope:
        scope.most = most
        yield


class _Watched:
    """Tells the current scope at which connection its thread waits."""

    def getresponse(self, *args: Any, **kwargs: Any) -> Any:
        """Wait for the answer, as http.client does."""
        current().watch(self)
        return super().getresponse(*args, **kwargs)  # type: ignore[misc]


class _WatchedHTTP(_Watched, HTTPConnection):
    pass


class _WatchedHTTPS(_Watched, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _WatchedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPS


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}


class StoppableAdapter(HTTPAdapter):
    """requests' own adapter, with connections that `Scope.stop` can cut."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools, as requests does."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Return the pools behind a proxy, as requests does."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):  # SOCKS pools bring connections of their own
            manager.pool_classes_by_scheme = _POOLS
        return manager
