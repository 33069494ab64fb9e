"""What all routes of the embedded Procore share: recorded requests, delays, and faults on demand."""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import fnmatch
import json
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tornado import iostream, web
from tornado.httputil import HTTPServerRequest

from procore_jupyter.demo.oauth_server import OAuthServer
from procore_jupyter.demo.parameters import DemoParameters

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass
class RecordedRequest:
    """A request that arrived. Its ``repr`` shows no header, parameter or field: they hold secrets.

    Parameters
    ----------
    method : str
        The method.
    path : str
        The path, without the query.
    query : dict of str to str
        The query's parameters, the last one of each name.
    headers : dict of str to str
        The headers, their names in lower case.
    form : dict of str to str
        The parameters of the body, a form's or a JSON object's, the last one of each name.
    time : float
        When it arrived, by the provider's clock.
    status : int or None
        The answer's status; None as long as no answer was sent.
    refusal : object
        What the API refused it with, as the body says; None if it didn't refuse it.
    """

    method: str
    path: str
    query: dict[str, str] = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    form: dict[str, str] = field(repr=False)
    time: float
    status: int | None = None
    refusal: object = field(default=None, repr=False)


@dataclass(frozen=True)
class Fault:
    """What happens to a request in place of its answer, or before it (`DemoProcore.answer_next`)."""

    path: str
    method: str | None
    status: int | None
    body: bytes = field(repr=False)
    headers: Mapping[str, str]
    delay: float
    drop: bool
    effect: bool


@dataclass
class Stage:
    """What the handlers of one embedded Procore share."""

    oauth: OAuthServer
    clock: Callable[[], float]
    parameters: Callable[[], DemoParameters]
    requests: list[RecordedRequest] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take_fault(self, method: str, path: str) -> Fault | None:
        """Return the next fault for this request, and forget it; None if there is none."""
        with self.lock:
            for fault in self.faults:
                if fault.method in (None, method) and fnmatch.fnmatchcase(path, fault.path):
                    self.faults.remove(fault)
                    return fault
        return None


def last_values(arguments: Mapping[str, list[bytes]]) -> dict[str, str]:
    """Return decoded parameters, the last one of each name."""
    return {name: values[-1].decode(errors="replace") for name, values in arguments.items() if values}


class MalformedBody(Exception):
    """A body that says that it is JSON and isn't."""


def body_parameters(request: HTTPServerRequest) -> dict[str, str]:
    """Return the parameters of a body: a form's, in either encoding, or a JSON object's. Raises `MalformedBody`."""
    if request.headers.get("Content-Type", "").split(";")[0].strip().lower() != "application/json":
        return last_values(request.body_arguments)
    try:
        content = json.loads(request.body or b"{}")
    except ValueError as error:
        raise MalformedBody from error
    if not isinstance(content, dict):
        return {}
    return {str(name): str(value) for name, value in content.items() if value is not None}


class DemoHandler(web.RequestHandler):
    """A route of the embedded Procore."""

    stage: Stage
    _fault: Fault | None = None
    _record: RecordedRequest | None = None

    def initialize(self, **given: Any) -> None:
        """Keep what the route's line in `DemoProcore` gives to its handlers, each as an attribute of its name."""
        for name, value in given.items():
            setattr(self, name, value)

    def set_default_headers(self) -> None:
        """Set the headers that every answer has, an error too."""
        self.set_header("Server", "procore-jupyter demo (a stand-in, not Procore)")
        self.set_header("X-Request-Id", str(uuid.uuid4()))
        stage: Stage | None = getattr(self, "stage", None)  # tornado calls this once before `initialize`
        if stage is not None:
            self.set_header("Date", email.utils.formatdate(stage.clock(), usegmt=True))

    async def prepare(self) -> None:
        """Record the request, wait as long as the parameters say, and let a fault for it happen."""
        self.set_default_headers()
        request, parameters = self.request, self.stage.parameters()
        method, path = request.method or "", request.path
        try:
            form = body_parameters(request)
        except MalformedBody:
            form = {}
        headers = {name.lower(): value for name, value in request.headers.get_all()}
        self._record = RecordedRequest(
            method, path, last_values(request.query_arguments), headers, form, self.stage.clock()
        )
        with self.stage.lock:
            self.stage.requests.append(self._record)
        if request.host_name not in LOOPBACK:  # another site may let its name point here
            raise web.HTTPError(403)
        delay = parameters.answer_delay + sum(
            seconds
            for pattern, seconds in parameters.answer_delays.items()
            if fnmatch.fnmatchcase(path, pattern)
        )
        if delay:
            await asyncio.sleep(delay)
        self._fault = self.stage.take_fault(method, path)
        if self._fault is not None and not self._fault.effect:
            await asyncio.sleep(self._fault.delay)
            self._meet_fault()

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> asyncio.Future[None]:
        """Send the answer; or let a fault happen, now that the request has taken effect."""
        fault = self._fault
        if fault is None or not fault.effect:
            return self._send(chunk)
        self._finished = True  # so that tornado calls nothing more for this request

        def later() -> None:
            self._finished = False
            with contextlib.suppress(iostream.StreamClosedError):
                if not self._meet_fault():
                    self._send(chunk)

        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        asyncio.get_running_loop().call_later(fault.delay, later)
        return done

    def _meet_fault(self) -> bool:
        """Answer as the fault says; return False if the real answer is to be sent."""
        fault, self._fault = self._fault, None
        assert fault is not None
        if fault.drop:
            self.detach().close()
            return True
        if fault.status is None:
            return False
        self.clear()
        self.set_status(fault.status)
        for name, value in fault.headers.items():
            self.set_header(name, value)
        self._send(fault.body)
        return True

    def _send(self, chunk: str | bytes | dict[str, Any] | None) -> asyncio.Future[None]:
        if self._record is not None:
            self._record.status = self.get_status()  # first: a test may look as soon as it has the answer
        self._headers = self.stage.parameters().odd.headers(self._headers, self.stage.clock())
        return super().finish(chunk)

    def compute_etag(self) -> None:
        """Send no ETag: Procore's are not known."""

    def write_json(self, content: object, status: int = 200) -> None:
        """Answer with JSON without blanks, as the provider writes it."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())
