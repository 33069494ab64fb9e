"""The receiver on a Jupyter server: the server takes the browser's response, and this kernel polls for it."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode, urlsplit

from procore_jupyter.errors import CONNECT_AGAIN, ConfigurationError
from procore_jupyter.login.discovery import CALLBACK_PATH, JupyterServer
from procore_jupyter.login.receiver import ReceiverUnavailable
from procore_jupyter.login.server_http import NoResponse, ServerResponse, send_request
from procore_jupyter.login.ticket import OWNER_HEADER, TICKET_HEADER, Ticket

if TYPE_CHECKING:
    from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse

_BUT_PASTE = "sign in with the link, then paste the address your browser ends on."
_PASTE = f"S{_BUT_PASTE[1:]}"


class ServerReceiver:
    """Waits at a Jupyter server for the browser's response.

    Parameters
    ----------
    server : JupyterServer
        The server that the CallbackURL leads to; see `discovery.find_server`.
    ticket : Ticket
        The secret whose hash is the request's state.
    wait : float
        Seconds that the server may hold one poll.
    patience : float
        Seconds that the server may take for every other request.
    """

    name: Literal["server"] = "server"

    def __init__(
        self, server: JupyterServer, ticket: Ticket, *, wait: float = 25.0, patience: float = 5.0
    ) -> None:
        self.start_url: str | None = None
        self.paste_url: str | None = None
        self._pages = ""  # what the addresses of our pages begin with in the person's browser
        self._server = server
        self._ticket = ticket
        self._wait = wait
        self._patience = patience
        self._authorize_url = ""
        self._opened = False
        self._closed = threading.Event()
        self._closing = threading.Lock()

    def open(self, request: AuthorizationRequest) -> None:
        """Open the login on the server.

        Raises
        ------
        ReceiverUnavailable
            The server isn't there, doesn't have this package, isn't reached by this CallbackURL, or refuses.
        """
        if request.state != self._ticket.state:
            raise ConfigurationError(f"The sign-in was started with another ticket. {CONNECT_AGAIN}.")
        self._check_address(request.redirect_uri)
        self._check_health()
        if self._server.named:
            self._check_default_server(request.redirect_uri)
        self._authorize_url = request.url
        opened = self._open_with("POST", "logins", self._body())
        if opened.status != 201:
            reasons = {
                429: "Too many sign-ins are waiting on the Jupyter server; they end after ten minutes.",
                403: "The Jupyter server didn't recognize this notebook as yours.",
            }
            other = f"The Jupyter server didn't accept the sign-in (it answered {opened.status})."
            raise ReceiverUnavailable(f"{reasons.get(opened.status, other)} {_PASTE}")
        self._opened = True
        self._pages = self._pages_for_a_browser(request.redirect_uri)
        self.start_url = self._start_url_in(opened)
        self.paste_url = f"{self._pages}paste"

    def renew_start_url(self) -> None:
        """Ask the server for the address anew: it gives another one once the one before has been used."""
        if self._opened:
            with contextlib.suppress(NoResponse):
                again = self._send("POST", "logins", self._patience, self._closed.is_set, self._body())
                self.start_url = self._start_url_in(again) or self.start_url

    def _body(self) -> bytes:
        return json.dumps({"authorize_url": self._authorize_url}).encode()

    def _start_url_in(self, opened: ServerResponse) -> str | None:
        start = _fields(opened).get("start")
        return f"{self._pages}start?login={start}" if isinstance(start, str) and start else None

    def receive(self, stop: threading.Event) -> AuthorizationResponse | None:
        """Poll until the response is there; a response that is lost on the way is fetched again.

        Raises
        ------
        ReceiverUnavailable
            The server has forgotten this login: it was restarted, or ten minutes are over.
        """

        def given_up() -> bool:
            return stop.is_set() or self._closed.is_set()

        pause = 0.1
        while not given_up():
            try:
                polled = self._send("GET", f"logins/result?wait={self._wait:g}", self._wait + 10.0, given_up)
            except NoResponse:
                polled = ServerResponse(503)
            if polled.status == 200 and (response := _authorization_response(polled)):
                return response
            if polled.status == 204:
                pause = 0.1
            elif polled.status in {200, 500, 502, 503, 504}:
                stop.wait(pause)
                pause = min(2 * pause, 2.0)
            elif polled.status == 404:
                if given_up():
                    break
                raise ReceiverUnavailable(
                    "The Jupyter server no longer knows this sign-in: it was restarted, or ten minutes have passed."
                    f" {CONNECT_AGAIN}."
                )
            else:
                raise ReceiverUnavailable(
                    f"The Jupyter server refuses to pass on the answer ({polled.status}). {CONNECT_AGAIN}."
                )
        return None

    def close(self) -> None:
        """Stop polling, and let the server forget the login. Never raises."""
        self._closed.set()
        with self._closing:
            opened, self._opened, self._authorize_url = self._opened, False, ""
        if opened:
            with contextlib.suppress(NoResponse):  # the server forgets the login by itself after ten minutes
                self._send("DELETE", "logins/result", min(self._patience, 1.0), lambda: False)

    def _check_address(self, redirect_uri: str) -> None:
        """Refuse a CallbackURL that names this server's port, but not the address of our callback there."""
        if not self._server.listens_at(redirect_uri):
            return
        given = urlsplit(redirect_uri)
        right = self._server.callback_url
        if given.path != urlsplit(right).path or given.scheme != urlsplit(right).scheme:
            raise ReceiverUnavailable(
                f"This CallbackURL doesn't lead to your Jupyter server. Use  CallbackURL={right}  and register it"
                " as a Redirect URI; or paste the address your browser ends on."
            )

    def _check_health(self) -> None:
        health = self._open_with("GET", "health")
        if health.status != 200 or "version" not in _fields(health):
            raise ReceiverUnavailable(
                "The Jupyter server doesn't have procore-jupyter installed. Install it where JupyterLab itself runs and"
                f" restart JupyterLab; until then: {_BUT_PASTE}"
            )

    def _check_default_server(self, redirect_uri: str) -> None:
        """Refuse to wait on a named server of a JupyterHub while the user's default server is off.

        The default server passes the response on. Whether it runs, only the Hub's routing tells, asked as a browser would
        ask it. If the Hub can't be reached from here, the login goes on.
        """
        import requests

        place = urlsplit(redirect_uri)
        if place.path == self._server.base_url + CALLBACK_PATH:
            return  # the redirect URI leads to this very server
        default = self._server.base_url.rstrip("/").rpartition("/")[0]
        health = f"{place.scheme}://{place.netloc}{default}/procore-jupyter/health"
        try:
            with requests.Session() as session:
                session.trust_env = False
                found = session.get(health, timeout=self._patience, allow_redirects=False, stream=True)
                status, has_it = found.status_code, b'"version"' in next(found.iter_content(1000), b"")
        except (requests.RequestException, ValueError):  # the latter: urllib3's, of a host that can't be one
            return
        if status == 404:
            raise ReceiverUnavailable(
                "Your default server on this JupyterHub, which passes the answer on to this named server, doesn't have"
                f" procore-jupyter installed. {_PASTE}"
            )
        if status in {301, 302, 303, 307, 308, 424, 503} and not has_it:
            raise ReceiverUnavailable(
                "Your default server on this JupyterHub, which passes the answer on to this named server, isn't running. Start it"
                f" in the Hub's control panel and run %procore_connect again; or, without it: {_BUT_PASTE}"
            )

    def _send(
        self, method: str, path: str, timeout: float, given_up: Callable[[], bool], body: bytes = b""
    ) -> ServerResponse:
        """Send one request: the ticket goes to every route but health, the proof of the owner to `logins` alone."""
        headers = {} if path == "health" else {TICKET_HEADER: self._ticket.header}
        if path == "logins" and self._server.proof is not None:
            headers[OWNER_HEADER] = self._server.proof.reveal()
        return send_request(
            self._server, method, path, headers=headers, body=body, timeout=timeout, given_up=given_up
        )

    def _open_with(self, method: str, path: str, body: bytes = b"") -> ServerResponse:
        """Send a request of `open`, and return the response.

        Raises
        ------
        ReceiverUnavailable
            No response came.
        """
        with contextlib.suppress(NoResponse):
            return self._send(method, path, self._patience, self._closed.is_set, body)
        # Not chained to NoResponse, whose frames hold the ticket.
        place = f"on port {self._server.port}" if self._server.sock is None else "of this notebook"
        raise ReceiverUnavailable(f"The Jupyter server {place} doesn't answer. {_PASTE}")

    def _pages_for_a_browser(self, redirect_uri: str) -> str:
        """Return what the addresses of our pages begin with in the person's browser."""
        if self._server.named:
            # The Hub's user-redirect leads to the default server, which knows no login of ours.
            place = urlsplit(redirect_uri)
            return f"{place.scheme}://{place.netloc}{self._server.base_url}procore-jupyter/"
        return redirect_uri.removesuffix("callback")


def _fields(response: ServerResponse) -> dict[str, Any]:
    try:
        content = json.loads(response.body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _authorization_response(polled: ServerResponse) -> AuthorizationResponse | None:
    """Return the authorization response that the server kept; None if this is not a whole one."""
    from procore_jupyter.oauth.authorization import AuthorizationResponse

    given = {name: value for name, value in _fields(polled).items() if isinstance(value, str)}
    response = AuthorizationResponse.from_query(urlencode(given, errors="replace"))
    return None if response.error == "invalid_answer" else response
