"""The loopback receiver's HTTP: one request in, one page out, between byte strings.

`http.server` reads the request and writes the page; it never touches a socket, and logs nothing.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from procore_jupyter.oauth.authorization import AuthorizationResponse

NOT_HERE = "There is nothing at this address. Go back to your notebook."

# Looks like the pages of `server.pages`, which can't be imported here: a person may meet either.
_STYLE = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #212121; --faint: #616161 }
@media (prefers-color-scheme: dark) { :root { --paper: #111111; --ink: #e8e8e8; --faint: #a0a0a0 } }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif }
main { max-width: 34rem; padding: 2rem; text-align: center }
p { margin: 0 0 .5rem; color: var(--faint); font-size: 14px }
h1 { margin: 0; font-size: 18px; font-weight: 500 }
"""

# Only on the page after a response: removes the code from the address bar, and tries to close the tab.
_SCRIPT = 'history.replaceState(null, "", location.pathname); window.close();'


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {_hash(_SCRIPT)}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Connection": "close",
}


@dataclass(frozen=True)
class Reply:
    """The reply to one request."""

    status: HTTPStatus
    sentence: str = ""  # the page's one sentence; without one there is no page
    location: str | None = None  # where the browser is redirected to
    response: AuthorizationResponse | None = field(default=None, repr=False)  # of this login, if it came


class PageExchange(BaseHTTPRequestHandler):
    """One request head in, one whole page out: `http.server` without its sockets.

    Parameters
    ----------
    head : bytes or None
        The request up to the empty line; None if that didn't come within the limit.
    decide : Callable
        Returns the reply to a method, a target and the ``Host`` headers.
    """

    protocol_version = "HTTP/1.1"

    def __init__(self, head: bytes | None, decide: Callable[[str, str, list[str]], Reply]) -> None:
        self._decide = decide
        self.response: AuthorizationResponse | None = None
        self.rfile, self.wfile = BytesIO(head or b""), BytesIO()
        self.command, self.requestline, self.request_version = "", "", "HTTP/1.1"
        if head is None:
            self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        else:
            self.handle_one_request()
        self.written = self.wfile.getvalue()

    def do_GET(self) -> None:
        """Send the reply."""
        reply = self._decide(self.command, self.path, self.headers.get_all("Host") or [])
        self.response = reply.response
        self._write(reply)

    do_HEAD = do_GET

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Say what `http.server` found wrong, without repeating the request as it would."""
        status = HTTPStatus(code)
        if status is HTTPStatus.NOT_IMPLEMENTED:  # http.server's status for an unknown method
            status = HTTPStatus.METHOD_NOT_ALLOWED
        self._write(Reply(status, NOT_HERE))

    def handle_expect_100(self) -> bool:
        """Send no ``100 Continue``: the page is all that is sent."""
        return True

    def _write(self, reply: Reply) -> None:
        page = _page(reply.sentence, closes=reply.response is not None) if reply.sentence else b""
        self.send_response_only(reply.status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if reply.location:
            self.send_header("Location", reply.location)
        if reply.status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the request line holds the code."""


def _page(sentence: str, *, closes: bool) -> bytes:
    """Return a page of one sentence, readable without its script, light or dark as the browser likes."""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Sign in to Procore · procore-jupyter</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body><main>'
        f"<p>procore-jupyter</p><h1>{html.escape(sentence)}</h1>"
        f"</main>{f'<script>{_SCRIPT}</script>' if closes else ''}</body></html>"
    ).encode()
