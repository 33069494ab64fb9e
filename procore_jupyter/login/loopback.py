"""The receiver on this machine: it listens on the CallbackURL's own port for one response (RFC 8252, section 7.3).

One thread, the flow's, serves all connections: a selector moves the bytes, and between two byte strings
`http.server` reads a request and writes the page. So neither a browser's speculative connection that
sends nothing, nor a program that sends a byte a minute, ever delays the real response.

Who is served, and what
- it listens on loopback alone, on both its addresses: a browser may try either;
- the ``Host`` must be the CallbackURL's, or a page whose name was rebound to 127.0.0.1 could read here;
- the CallbackURL's path takes a response with this login's state alone, by GET; HEAD looks and uses nothing up;
- ``/procore-jupyter/start?login=ID`` redirects to the provider, so that a saved notebook needs to hold no more of
  the link than ID: once, and a browser of this user alone, or another user who reads the notebook could sign in as
  himself and deliver the answer here;
- every other path is 404.
"""

from __future__ import annotations

import contextlib
import functools
import hmac
import secrets
import selectors
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs

from procore_jupyter.errors import CONNECT_AGAIN, DENIED
from procore_jupyter.login.callback_port import why_not_at
from procore_jupyter.login.loopback_address import START_PATH, LoopbackAddress, PortInUse, listen
from procore_jupyter.login.page_exchange import NOT_HERE, PageExchange, Reply
from procore_jupyter.login.receiver import ReceiverUnavailable
from procore_jupyter.socket_owners import SocketOwner, listener_at, owners_are_told, peer_of

if TYPE_CHECKING:
    from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse

HEAD_LIMIT = 65_536
"""Bytes of a request's head. A browser sends localhost the cookies of every port that it ever met there."""

CONNECTIONS = 64
"""Connections open at once; one more cuts the oldest that has not finished its request."""

HEAD_TIME = 10.0
"""Seconds that a connection has to send its request, and afterwards to read the page."""

LAST_PAGE_TIME = 2.0
"""Seconds that the browser has to read the last page before its connection is cut."""

LOOK_UP = 0.5
"""Seconds between two looks at the clock and at `stop`; `close` doesn't wait for one."""

_ARRIVED = "Procore's answer has arrived. You can close this tab: your notebook finishes the sign-in."
_REFUSED = "Not signed in: Procore refused. Your notebook says why and what to do."
_AGAIN = "Go back to your notebook and run %procore_connect again"
_NOT_OURS = f"This sign-in was not started here or has expired. {_AGAIN}."
_USED = f"This link has already been used, and it works only once. {_AGAIN} for a new one."
_NOT_YOURS = (
    "This link works only for the person whose notebook shows it, in a browser on the same machine. In "
    "that notebook,  print(procore.login_flow)  shows another."
)


class LoopbackReceiver:
    """Listens at a loopback CallbackURL for this login's response.

    Parameters
    ----------
    callback_url : str
        ``http://localhost[:port]/…``, ``http://127.0.0.1[:port]/…`` or ``http://[::1][:port]/…``.
    clock : Callable
        Returns seconds of a clock that never goes back.

    Raises
    ------
    ValueError
        `callback_url` is another kind of address.
    """

    name: Literal["loopback"] = "loopback"
    paste_url: str | None = None

    def __init__(self, callback_url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        address = LoopbackAddress.of(callback_url)
        if address is None:
            raise ValueError("not an http address of this machine")
        self.address = address
        self._clock = clock
        self._state = self._start_id = self._authorize_url = ""
        self._start_used = False
        self._listeners: list[socket.socket] = []
        self._connections: dict[socket.socket, _Connection] = {}
        self._poke: tuple[socket.socket, socket.socket] | None = (
            None  # a byte sent into one end wakes `receive`
        )
        self._closed = threading.Event()
        self._at_work = threading.Lock()  # held by the thread that uses the sockets

    @property
    def start_url(self) -> str | None:
        """The address that redirects to the provider; None unless this is open and other users can be kept out."""
        return f"{self.address.origin}{START_PATH}?login={self._start_id}" if self._start_id else None

    @property
    def held(self) -> frozenset[str]:
        """The IP addresses at which this listens."""
        with contextlib.suppress(OSError):  # being closed
            return frozenset(str(one.getsockname()[0]) for one in self._listeners)
        return frozenset()

    def open(self, request: AuthorizationRequest) -> None:
        """Listen.

        Raises
        ------
        ReceiverUnavailable
            The port can't be opened.
        """
        with self._at_work:
            if self._closed.is_set():
                raise ReceiverUnavailable(f"This sign-in is over. {CONNECT_AGAIN}.")
            self._listeners = self._listen()
            self._poke = socket.socketpair()
            self._state, self._authorize_url = request.state, request.url
            self._start_id = secrets.token_urlsafe(16) if owners_are_told() else ""

    def _listen(self) -> list[socket.socket]:
        try:
            return listen(self.address)
        except PortInUse as taken:
            owner = listener_at(taken.host, self.address.port)
            if owner is SocketOwner.OURS:
                raise
            # Nobody is seen to listen, but the port is taken: whoever has it may listen when the answer comes.
            unseen = SocketOwner.UNTOLD if owner is SocketOwner.NOBODY else owner
            reason = why_not_at(self.address.port, self.address.path, unseen)
            raise ReceiverUnavailable(reason, for_all=True) from None

    def renew_start_url(self) -> None:
        """Make `start_url` one that works, if the one before has been used."""
        if self._start_used and self._start_id:
            self._start_id, self._start_used = secrets.token_urlsafe(16), False

    def receive(self, stop: threading.Event) -> AuthorizationResponse | None:
        """Serve until the response is there and its page is sent; return None once stopped or closed."""
        with self._at_work, selectors.DefaultSelector() as selector:
            if self._poke is None:
                return None
            poked = self._poke[1]
            selector.register(poked, selectors.EVENT_READ)
            for one in [*self._listeners, *self._connections]:
                selector.register(one, selectors.EVENT_READ)
            while not (stop.is_set() or self._closed.is_set()):
                for key, _ in selector.select(timeout=LOOK_UP):
                    ready = key.fileobj
                    if not isinstance(ready, socket.socket) or ready is poked:
                        continue
                    if ready in self._listeners:
                        self._accept(ready, selector)
                    elif ready in self._connections and (response := self._read(ready, selector)):
                        return response
                for late in [c for c, its in self._connections.items() if its.deadline < self._clock()]:
                    self._drop(late, selector)
        return None

    def close(self) -> None:
        """Close the port at once; a page just sent still has `LAST_PAGE_TIME` to arrive."""
        self._closed.set()
        if (poke := self._poke) is not None:
            with contextlib.suppress(OSError):
                poke[0].send(b"x")  # wakes `receive`, which then lets go of the lock
        with self._at_work:
            self._state = self._start_id = self._authorize_url = ""
            for one in [*self._listeners, *(c for c, its in self._connections.items() if not its.answered)]:
                one.close()
            # A close with bytes unread would reset the connection, and the browser would show no page.
            end = self._clock() + LAST_PAGE_TIME
            for one in (c for c, its in self._connections.items() if its.answered):
                with contextlib.suppress(OSError):
                    one.settimeout(0.2)
                    while one.recv(65_536) and self._clock() < end:
                        pass
                one.close()
            for one in self._poke or ():
                one.close()
            self._listeners, self._connections, self._poke = [], {}, None

    def _accept(self, listener: socket.socket, selector: selectors.BaseSelector) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:  # the browser is gone, or no file handle is left: the next round may have one
            return
        connection.setblocking(False)
        unfinished = [c for c, its in self._connections.items() if not its.answered] or [*self._connections]
        if len(self._connections) >= CONNECTIONS:
            self._drop(unfinished[0], selector)
        self._connections[connection] = _Connection(self._clock() + HEAD_TIME)
        selector.register(connection, selectors.EVENT_READ)

    def _read(
        self, connection: socket.socket, selector: selectors.BaseSelector
    ) -> AuthorizationResponse | None:
        """Read what has come, answer a whole request, and return the authorization response if the request brought one."""
        its = self._connections[connection]
        try:
            received = connection.recv(65_536)
        except BlockingIOError:
            return None
        except OSError:
            received = b""
        if not received:
            self._drop(connection, selector)
            return None
        if its.answered:
            return None  # a body, or more requests: read so that the page is not reset, and dropped
        its.head += received
        ends = [end for mark in (b"\r\n\r\n", b"\n\n") if (end := its.head.find(mark)) >= 0]
        if not ends and len(its.head) <= HEAD_LIMIT:
            return None
        reply = functools.partial(self._reply, connection)
        served = PageExchange(bytes(its.head[: min(ends) + 4]) if ends else None, reply)
        its.answered, its.head, its.deadline = True, bytearray(), self._clock() + HEAD_TIME
        with contextlib.suppress(OSError):  # the browser may be gone; the response counts all the same
            connection.send(served.written)  # some 2 KB into an empty buffer: never blocks
            connection.shutdown(socket.SHUT_WR)
        return served.response

    def _drop(self, connection: socket.socket, selector: selectors.BaseSelector) -> None:
        del self._connections[connection]
        with contextlib.suppress(KeyError, ValueError):
            selector.unregister(connection)
        connection.close()

    def _reply(self, connection: socket.socket, method: str, target: str, hosts: list[str]) -> Reply:
        """Return the reply to a request."""
        if len(hosts) != 1 or hosts[0].strip().lower() not in self.address.hosts:
            return Reply(HTTPStatus.FORBIDDEN, NOT_HERE)
        path, _, query = target.partition("?")
        try:
            fields = parse_qs(query, keep_blank_values=True, max_num_fields=50)
        except ValueError:
            return Reply(HTTPStatus.BAD_REQUEST, _NOT_OURS)
        if path == self.address.path:
            return self._callback(method, query, fields)
        if path == START_PATH:
            return self._start(connection, method, fields)
        return Reply(HTTPStatus.NOT_FOUND, NOT_HERE)

    def _start(self, connection: socket.socket, method: str, fields: dict[str, list[str]]) -> Reply:
        if not _is(fields.get("login"), self._start_id):
            return Reply(HTTPStatus.BAD_REQUEST, _NOT_OURS)
        if peer_of(connection) is not SocketOwner.OURS:
            return Reply(HTTPStatus.FORBIDDEN, _NOT_YOURS)
        if self._start_used:
            return Reply(HTTPStatus.BAD_REQUEST, _USED)
        if method == "HEAD":
            return Reply(HTTPStatus.OK)
        self._start_used = True
        return Reply(HTTPStatus.FOUND, location=self._authorize_url)

    def _callback(self, method: str, query: str, fields: dict[str, list[str]]) -> Reply:
        from procore_jupyter.oauth.authorization import AuthorizationResponse

        if not _is(fields.get("state"), self._state):
            return Reply(HTTPStatus.BAD_REQUEST, _NOT_OURS)
        response = AuthorizationResponse.from_query(query)
        if response.error == "invalid_answer":
            return Reply(HTTPStatus.BAD_REQUEST, _NOT_OURS)
        if method == "HEAD":
            return Reply(HTTPStatus.OK)
        if response.error is None:
            sentence = _ARRIVED
        else:
            sentence = DENIED if response.error == "access_denied" else _REFUSED
        return Reply(HTTPStatus.OK, sentence, response=response)


@dataclass
class _Connection:
    """One browser connection."""

    deadline: float  # when it is cut, in seconds of the receiver's clock
    head: bytearray = field(default_factory=bytearray, repr=False)  # what came of its request's head
    answered: bool = False  # whether its page has been sent


def _is(found: list[str] | None, wanted: str) -> bool:
    """Tell, in constant time, whether a parameter was given once and has the wanted value."""
    return (
        bool(wanted)
        and found is not None
        and len(found) == 1
        and hmac.compare_digest(found[0].encode(), wanted.encode())
    )
