"""The embedded Procore as a running server, in a thread of its own, for this machine alone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tornado import httpserver, web

from procore_jupyter.demo import oauth_routes
from procore_jupyter.demo.company.records import Records
from procore_jupyter.demo.handler import Fault, RecordedRequest, Stage
from procore_jupyter.demo.limits import RateLimits
from procore_jupyter.demo.lists import ListHandler, Shelf
from procore_jupyter.demo.oauth_messages import OOB
from procore_jupyter.demo.oauth_server import Application, OAuthServer
from procore_jupyter.demo.parameters import DemoParameters
from procore_jupyter.demo.rest_api import MeHandler
from procore_jupyter.demo.selections import Selections
from procore_jupyter.demo.stored_files import FileHandler, Signatures, StorageHandler
from procore_jupyter.files import private

__all__ = ["DemoParameters", "DemoProcore", "RecordedRequest"]

HOST = "127.0.0.1"
LARGEST_BODY = 1024 * 1024


class DemoProcore:
    """An embedded Procore: login and consent pages, OAuth, the API and its files, on ``127.0.0.1``.

    Parameters
    ----------
    port : int
        Where to listen; 0 takes a free port.
    parameters : DemoParameters
        Timings, lifetimes, limits, and how much data there is. The attribute may be replaced while the demo runs.
    redirect_uris : sequence of str
        The redirect URIs of its app, to the letter; `add_redirect_uri` adds more.
    clock : callable
        Returns the provider's time in seconds since the epoch. The attribute may be replaced while the demo runs.

    Attributes
    ----------
    url : str
        ``http://127.0.0.1:PORT``: login host and API host in one.
    client_id : str
        Its app's client id, new with every instance.
    client_secret : str
        Its app's client secret, new with every instance.
    requests : list of RecordedRequest
        All requests that arrived, in order.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        parameters: DemoParameters | None = None,
        redirect_uris: Sequence[str] = ("http://localhost", OOB),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.parameters = parameters or DemoParameters()
        self.clock = clock
        self.oauth = OAuthServer(self._now, self._parameters)
        self._stage = Stage(self.oauth, self._now, self._parameters)
        self._application = self.oauth.register("procore-jupyter demo", redirect_uris)
        self._wanted_port = port
        self._port: int | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._address_file: Path | None = None
        self._records: Records | None = None

    # Running

    def start(self) -> None:
        """Start the server, and return when it listens.

        Raises
        ------
        OSError
            The port is taken.
        """
        if self._thread is not None:
            raise RuntimeError("the embedded Procore runs already")
        # Bound here, in the caller's thread, so that a taken port is the caller's error.
        listening = socket.create_server((HOST, self._port or self._wanted_port), backlog=128)
        listening.setblocking(False)
        self._port = listening.getsockname()[1]
        ready = threading.Event()

        async def serve() -> None:
            self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
            server = httpserver.HTTPServer(self._routes(), max_buffer_size=LARGEST_BODY)
            server.add_socket(listening)
            ready.set()
            await self._stopping.wait()
            server.stop()
            await server.close_all_connections()

        self._thread = threading.Thread(target=lambda: asyncio.run(serve()), name="demo-procore", daemon=True)
        self._thread.start()
        ready.wait()

    def stop(self) -> None:
        """Stop the server, and return when the port is free. A server that doesn't run is left alone."""
        thread, loop, stopping = self._thread, self._loop, self._stopping
        if thread is None or loop is None or stopping is None:
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(stopping.set)
        thread.join()
        self._thread = self._loop = self._stopping = None

    @property
    def running(self) -> bool:
        """Whether the server answers."""
        return self._thread is not None and self._thread.is_alive()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _routes(self) -> web.Application:
        stage = {"stage": self._stage}
        page = {**stage, "browsers": {}}
        api = {**stage, "limits": RateLimits(self._now, self._parameters)}
        signed = {**stage, "signatures": Signatures(self._now)}
        return web.Application(
            [
                (r"/", oauth_routes.HomeHandler, page),
                (r"/login", oauth_routes.LoginHandler, page),
                (r"/logout", oauth_routes.LogoutHandler, page),
                (r"/oauth/authorize", oauth_routes.AuthorizeHandler, page),
                (r"/oauth/authorize/native", oauth_routes.NativeCodeHandler, page),
                (r"/oauth/token", oauth_routes.TokenHandler, stage),
                (r"/oauth/token/info", oauth_routes.TokenInfoHandler, stage),
                (r"/oauth/revoke", oauth_routes.RevokeHandler, stage),
                (r"/rest/v1\.0/me", MeHandler, api),
                (r"/rest/.*", ListHandler, {**api, "shelf": Shelf(self._records_in_force, Selections())}),
                (
                    r"/files/([0-9]+)/([A-Za-z0-9._-]+)",
                    FileHandler,
                    {**signed, "records": self._records_in_force},
                ),
                (r"/storage/([0-9]+\.[0-9]+\.[0-9a-f]+)/([A-Za-z0-9._-]+)", StorageHandler, signed),
            ],
            # Addresses hold codes and states, so no request is logged.
            log_function=lambda handler: None,
        )

    def _now(self) -> float:
        """Return the time by the provider's clock."""
        return self.clock() + self._parameters().clock_ahead

    def _parameters(self) -> DemoParameters:
        """Return the parameters in force."""
        return self.parameters.in_force()

    def _records_in_force(self) -> Records:
        """Return the records that the present parameters ask for."""
        known, wanted = self._records, (self.parameters.seed, self.parameters.scale, self.parameters.projects)
        if known is None or (known.seed, known.scale, known.active_projects) != wanted:
            known = self._records = Records(*wanted, self.url)
        return known

    # What tests look at and arrange

    @property
    def url(self) -> str:
        """The server's address, without a slash at the end."""
        if self._port is None:
            raise RuntimeError("the embedded Procore has not been started")
        return f"http://{HOST}:{self._port}"

    @property
    def client_id(self) -> str:
        """The app's client id."""
        return self._application.client_id

    @property
    def client_secret(self) -> str:
        """The app's client secret."""
        return self._application.client_secret

    @property
    def redirect_uris(self) -> tuple[str, ...]:
        """The app's registered redirect URIs."""
        return self._application.redirect_uris

    def add_redirect_uri(self, uri: str) -> None:
        """Register one more redirect URI of the app, to the letter."""
        if uri not in self._application.redirect_uris:
            self._application.redirect_uris = (*self._application.redirect_uris, uri)

    def add_application(self, name: str, redirect_uris: Sequence[str] = ()) -> Application:
        """Register another app, with credentials of its own."""
        return self.oauth.register(name, redirect_uris)

    @property
    def requests(self) -> list[RecordedRequest]:
        """All requests that arrived, in order."""
        with self._stage.lock:
            return [*self._stage.requests]

    def answer_next(
        self,
        path: str,
        *,
        status: int | None = None,
        body: bytes | str | Mapping[str, object] = b"",
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
        drop: bool = False,
        effect: bool = False,
        method: str | None = None,
        times: int = 1,
    ) -> None:
        """Let the next request of a path fail, or wait.

        Parameters
        ----------
        path : str
            The path, or a pattern with the shell's wildcards.
        status : int, optional
            The answer's status. Without it and without `drop`, the real answer comes after `delay`.
        body : bytes, str or mapping
            The answer's body; a mapping is sent as JSON.
        headers : mapping, optional
            The answer's headers.
        delay : float
            Seconds before the answer.
        drop : bool
            Whether the connection is closed in place of an answer.
        effect : bool
            Whether the request takes effect all the same (a code is used up, a token refreshed), as if its answer
            got lost.
        method : str, optional
            The method of the requests; without it, any.
        times : int
            How many requests fail.
        """
        given = dict(headers or {})
        if isinstance(body, Mapping):
            body = json.dumps(body)
            given.setdefault("Content-Type", "application/json; charset=utf-8")
        content = body.encode() if isinstance(body, str) else body
        fault = Fault(path, method, status, content, given, delay, drop, effect)
        with self._stage.lock:
            self._stage.faults.extend([fault] * times)

    # The address, for `Profile=Demo`

    def write_address(self, path: Path | None = None) -> Path:
        """Write the demo's address and its app's credentials into a file for this user alone; return the file.

        A newer demo replaces the file.

        Parameters
        ----------
        path : Path, optional
            The file; by default the one that ``Profile=Demo`` reads.
        """
        path = path or private.runtime_folder() / "demo.json"
        content = {
            "url": self.url,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "redirect_uris": [*self.redirect_uris],
            "pid": os.getpid(),
        }
        private.write_private(path, json.dumps(content).encode())
        self._address_file = path
        return path

    def remove_address(self) -> None:
        """Remove the file, unless a newer demo has replaced it."""
        path, self._address_file = self._address_file, None
        if path is None:
            return
        with contextlib.suppress(OSError, ValueError):
            content = json.loads(private.read_private(path) or b"{}")
            if isinstance(content, dict) and content.get("client_id") == self.client_id:
                path.unlink()
