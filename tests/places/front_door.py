"""A reverse proxy in front of a Jupyter server: another port on the outside, the same path, websockets passed on.

It moves bytes and rewrites nothing, as nginx does with ``proxy_set_header Host $http_host``.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self

from tests.servers import free_port


class FrontDoor:
    """Listens on a port of its own and passes every connection on.

    Parameters
    ----------
    inner : int
        The port of what stands behind it, on 127.0.0.1.
    """

    def __init__(self, inner: int = 0) -> None:
        self.inner = inner
        self.port = free_port()
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def _accept(self) -> None:
        while True:
            try:
                outside, _ = self._listener.accept()
            except OSError:
                return
            try:
                inside = socket.create_connection(("127.0.0.1", self.inner), timeout=10)
            except OSError:
                outside.close()
                continue
            inside.settimeout(None)
            with self._lock:
                self._open |= {outside, inside}
            for source, target in ((outside, inside), (inside, outside)):
                threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                target.sendall(piece)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for one in self._open:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
        self._accepting.join(10)
