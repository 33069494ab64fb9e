"""A server that answers with exactly the bytes it is given, for what no decent provider does."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

CERTIFICATES = Path(__file__).with_name("certificates")


@contextlib.contextmanager
def scripted(*answers: bytes | None, certificate: str | None = None) -> Iterator[tuple[str, list[bytes]]]:
    """Give a URL on this machine that sends the answers in turn, the last one ever after, and the requests that came.

    None: take the request and never answer. ``b""``: close without an answer.
    """
    requests: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / certificate)

    def serve() -> None:
        turn = 0
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection:
                if over.is_set():
                    return
                plain = context.wrap_socket(connection, server_side=True) if context else connection
                with plain:
                    request = b""
                    while b"\r\n\r\n" not in request or not _whole(request):
                        piece = plain.recv(65_536)
                        if not piece:
                            break
                        request += piece
                    requests.append(request)
                    answer = answers[min(turn, len(answers) - 1)]
                    turn += 1
                    if answer is None:
                        over.wait(60)
                        return
                    for start in range(0, len(answer), 65_536):
                        plain.sendall(answer[start : start + 65_536])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{listener.getsockname()[1]}", requests
    finally:
        over.set()
        with contextlib.suppress(OSError):  # wakes accept
            socket.create_connection(listener.getsockname()[:2], timeout=5).close()
        thread.join(10)
        listener.close()


def _whole(request: bytes) -> bool:
    head, _, body = request.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return len(body) >= int(line.split(b":")[1])
    return True


def http(status: str, body: bytes = b"", **headers: str) -> bytes:
    """Return an HTTP answer."""
    lines = [f"HTTP/1.1 {status}", "Connection: close"]
    lines += [
        f"{name.replace('_', '-')}: {value}"
        for name, value in {"Content_Length": str(len(body)), **headers}.items()
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
