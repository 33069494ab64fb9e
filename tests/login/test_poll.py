"""The way back over a Jupyter server: every kind of server, and every way to lose an answer."""

from __future__ import annotations

import http.client
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.login import poll
from procore_jupyter.login.discovery import JupyterServer, default_callback_url, find_server
from procore_jupyter.login.poll import ServerReceiver
from procore_jupyter.login.receiver import ReceiverUnavailable
from procore_jupyter.login.server_http import ServerResponse, send_request
from procore_jupyter.login.ticket import Ticket
from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse
from procore_jupyter.secret import Secret
from procore_jupyter.settings.jupyter import Hub, Surroundings
from tests.servers import JupyterServerProcess, free_port

CODE = "the-code"


def request_for(ticket: Ticket, callback_url: str) -> AuthorizationRequest:
    return AuthorizationRequest.create(
        authorize_url="https://login.procore.com/oauth/authorize",
        client_id="client",
        redirect_uri=callback_url,
        state=ticket.state,
    )


def browse(process: JupyterServerProcess, path: str, query: dict[str, str]) -> tuple[int, str]:
    """Ask as a browser does that trusts the certificate; a unix socket as one behind a tunnel."""
    told = process.info()
    connection: http.client.HTTPConnection
    if told["sock"]:
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(told["sock"]))
    elif told["secure"]:
        connection = http.client.HTTPSConnection(
            "localhost", process.port, context=ssl._create_unverified_context()
        )
    else:
        connection = http.client.HTTPConnection("localhost", process.port)
    connection.request("GET", f"{told['base_url']}procore-jupyter/{path}?{urlencode(query)}")
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, text


class Receiving:
    """A receiver that waits in a thread, as the flow has it."""

    def __init__(self, receiver: ServerReceiver) -> None:
        self.stop = threading.Event()
        self.outcome: list[AuthorizationResponse | ReceiverUnavailable | None] = []

        def run() -> None:
            try:
                self.outcome.append(receiver.receive(self.stop))
            except ReceiverUnavailable as error:
                self.outcome.append(error)

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()

    def result(self) -> AuthorizationResponse | ReceiverUnavailable | None:
        self.thread.join(60)
        assert not self.thread.is_alive()
        return self.outcome[0]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], JupyterServerProcess]]:
    """Start a kind of server, once for all tests of this file."""
    running: dict[str, JupyterServerProcess] = {}

    def options(kind: str, folder: Path) -> dict[str, Any]:
        closed = "--ServerApp.allow_unauthenticated_access=False"
        match kind:
            case "token":
                return {"options": [closed]}
            case "password":
                return {"password": "open sesame", "options": [closed]}
            case "no auth":
                return {"token": ""}
            case "base_url":
                return {"options": ["--ServerApp.base_url=/team%20a/lab/"]}
            case "https":
                certificate = folder / "certificate.pem"
                subprocess.run(
                    [
                        "openssl",
                        "req",
                        "-x509",
                        "-newkey",
                        "rsa:2048",
                        "-nodes",
                        "-days",
                        "2",
                        "-subj",
                        "/CN=some.where.test",
                    ]
                    + ["-keyout", str(certificate), "-out", str(folder / "only.pem")],
                    check=True,
                    capture_output=True,
                )
                certificate.write_text(certificate.read_text() + (folder / "only.pem").read_text())
                return {"options": [f"--ServerApp.certfile={certificate}"]}
            case "everywhere":
                return {"options": ["--ServerApp.ip=0.0.0.0"]}
            case "unix socket":
                return {"sock": folder / "s"}
            case "without our extension":
                return {"extension": False}
            case "the next port":
                first = make("token")
                for port in range(first.port + 1, first.port + 50):
                    try:
                        socket.create_server(("127.0.0.1", port)).close()
                    except OSError:
                        continue
                    return {"port": port, "folder": first.folder}
        raise AssertionError(kind)

    def make(kind: str) -> JupyterServerProcess:
        if kind not in running:
            # Short: a unix socket's path has at most a hundred characters.
            folder = tmp_path_factory.mktemp("s")
            running[kind] = JupyterServerProcess(**{"folder": folder, **options(kind, folder)})
        return running[kind].wait()

    try:
        yield make
    finally:
        for process in running.values():
            process.process.terminate()  # all at once
        for process in running.values():
            process.stop()


@pytest.fixture(scope="module")
def process(make: Callable[[str], JupyterServerProcess]) -> JupyterServerProcess:
    return make("token")


def opened(
    process: JupyterServerProcess, server: JupyterServer | None = None, **given: float
) -> tuple[ServerReceiver, Ticket]:
    """Open a login at a server."""
    ticket = Ticket.create()
    server = server or find_server(process.callback_url, process.surroundings())
    assert server is not None
    receiver = ServerReceiver(server, ticket, **given)
    receiver.open(request_for(ticket, process.callback_url))
    return receiver, ticket


KINDS = ["token", "password", "no auth", "base_url", "https", "everywhere", "unix socket", "the next port"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_sign_in_comes_back_over_every_kind_of_jupyter_server(
    make: Callable[[str], JupyterServerProcess], kind: str
) -> None:
    process = make(kind)
    around = process.surroundings()
    callback_url = (
        default_callback_url(around) or "http://localhost:1234/procore-jupyter/callback"
    )  # a tunnel's
    server = find_server(callback_url, around)
    assert server is not None
    ticket = Ticket.create()
    receiver = ServerReceiver(server, ticket)

    receiver.open(request_for(ticket, callback_url))
    receiving = Receiving(receiver)
    status, page = browse(process, "callback", {"code": CODE, "state": ticket.state})

    response = receiving.result()
    assert (status, "answer has arrived" in page) == (200, True)
    assert isinstance(response, AuthorizationResponse)
    assert (response.code, response.state, response.error) == (Secret(CODE), ticket.state, None)
    receiver.close()
    assert browse(process, "callback", {"code": CODE, "state": ticket.state})[0] == 400
    assert receiver.start_url is not None
    assert receiver.start_url.startswith(callback_url.removesuffix("callback") + "start?login=")
    assert receiver.paste_url == callback_url.removesuffix("callback") + "paste"
    for page_url in (receiver.start_url, receiver.paste_url):
        assert ticket.state not in page_url
        assert ticket.header not in page_url


def test_the_server_meant_is_the_one_on_the_callback_url_s_port_not_the_kernel_s_own(
    make: Callable[[str], JupyterServerProcess],
) -> None:
    own, other = make("token"), make("the next port")

    server = find_server(other.callback_url, own.surroundings())

    assert server is not None
    assert server.pid == other.process.pid


def test_deny_comes_back_too(process: JupyterServerProcess) -> None:
    receiver, ticket = opened(process)
    receiving = Receiving(receiver)

    browse(process, "callback", {"error": "access_denied", "error_description": "No.", "state": ticket.state})

    response = receiving.result()
    assert isinstance(response, AuthorizationResponse)
    assert (response.code, response.error, response.error_description) == (None, "access_denied", "No.")
    receiver.close()


def test_an_answer_that_came_before_anybody_asked_is_there(process: JupyterServerProcess) -> None:
    receiver, ticket = opened(process)
    browse(process, "callback", {"code": CODE, "state": ticket.state})

    response = receiver.receive(threading.Event())

    assert response is not None
    assert response.code == Secret(CODE)
    receiver.close()


def test_asking_goes_on_while_there_is_no_answer(process: JupyterServerProcess) -> None:
    receiver, ticket = opened(process, wait=0.05)
    receiving = Receiving(receiver)
    while process.log().count("204 GET /procore-jupyter/logins/result?wait=0.05") < 3:
        assert receiving.thread.is_alive()

    browse(process, "callback", {"code": CODE, "state": ticket.state})

    assert isinstance(receiving.result(), AuthorizationResponse)
    receiver.close()


@pytest.mark.parametrize("by", ["stop", "close"])
def test_waiting_ends_soon_after_nobody_wants_the_answer_any_more(
    process: JupyterServerProcess, by: str
) -> None:
    receiver, ticket = opened(process)
    receiving = Receiving(receiver)

    receiving.stop.set() if by == "stop" else receiver.close()

    receiving.thread.join(15)  # the question to the server would stay open for 25 s
    assert receiving.outcome == [None]
    receiver.close()
    receiver.close()
    assert browse(process, "callback", {"code": CODE, "state": ticket.state})[0] == 400


class CuttingProxy:
    """Stands between kernel and server, and breaks off what it is told to.

    Parameters
    ----------
    port : int
        The server's.
    plan : list of str
        What happens to each request for the answer in turn: "before" (cut before it reaches the
        server), "head", "body" (the server has answered; so much arrives), or an HTTP status line and
        so on to answer instead; afterwards, all goes through.
    """

    def __init__(self, port: int, plan: list[str]) -> None:
        self._server = port
        self._plan = plan
        self.done: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        with connection:
            head = connection.recv(65_536)
            act = (
                self._plan.pop(0)
                if head.startswith(b"GET") and b"/logins/result" in head and self._plan
                else "pass"
            )
            if act.startswith("HTTP/"):
                connection.sendall(act.encode())
            elif act != "before":
                with socket.create_connection(("127.0.0.1", self._server)) as server:
                    server.sendall(head)
                    answer = b""
                    while piece := server.recv(65_536):
                        answer += piece
                until = {"head": 20, "body": answer.find(b"\r\n\r\n") + 10, "pass": len(answer)}[act]
                connection.sendall(answer[:until])
            self.done.append(act)

    def close(self) -> None:
        self._socket.close()


HTML = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"
BUSY = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    "plan", [["before"], ["head"], ["body"], ["body", "body", "head"], [BUSY, HTML, "body"]]
)
def test_a_lost_poll_answer_is_asked_for_again_and_comes(
    process: JupyterServerProcess, plan: list[str]
) -> None:
    proxy = CuttingProxy(process.port, list(plan))
    server = find_server(process.callback_url, process.surroundings())
    assert server is not None
    try:
        receiver, ticket = opened(process, replace(server, port=proxy.port))
        browse(process, "callback", {"code": CODE, "state": ticket.state})

        response = Receiving(receiver).result()
        receiver.close()
    finally:
        proxy.close()

    assert isinstance(response, AuthorizationResponse)
    assert response.code == Secret(CODE)
    assert [act for act in proxy.done if act != "pass"] == plan


def test_a_server_that_was_restarted_says_so_in_words(process: JupyterServerProcess) -> None:
    receiver, ticket = opened(process)
    receiving = Receiving(receiver)
    server = find_server(process.callback_url, process.surroundings())
    assert server is not None

    send_request(
        server, "DELETE", "logins/result", headers={"X-Procore-Ticket": ticket.header}, timeout=10
    )  # as if it were

    outcome = receiving.result()
    assert isinstance(outcome, ReceiverUnavailable)
    assert outcome.reason.startswith("The Jupyter server no longer knows this sign-in")
    assert "Run %procore_connect again" in outcome.reason


def test_a_server_without_our_extension_is_told_from_none(
    make: Callable[[str], JupyterServerProcess],
) -> None:
    with pytest.raises(ReceiverUnavailable, match="doesn't have procore-jupyter installed"):
        opened(make("without our extension"))


def test_a_server_that_is_gone_is_told(process: JupyterServerProcess) -> None:
    with pytest.raises(
        ReceiverUnavailable, match=r"doesn't answer\. Sign in with the link, then paste"
    ) as caught:
        opened(process, JupyterServer(("127.0.0.1",), free_port()))

    assert caught.value.__context__ is None  # nothing that holds the ticket


@pytest.mark.parametrize("proof", [None, Secret("wrong")])
def test_a_server_that_is_not_ours_is_told(process: JupyterServerProcess, proof: Secret | None) -> None:
    server = find_server(process.callback_url, process.surroundings())
    assert server is not None

    with pytest.raises(ReceiverUnavailable, match="didn't recognize this notebook as yours"):
        opened(process, replace(server, proof=proof))


@pytest.mark.parametrize(
    ("status", "reason"),
    [(429, "Too many sign-ins are waiting"), (500, r"didn't accept the sign-in \(it answered 500\)")],
)
def test_a_server_that_takes_no_more_is_told(
    process: JupyterServerProcess, monkeypatch: pytest.MonkeyPatch, status: int, reason: str
) -> None:
    def asked(server: JupyterServer, method: str, *given: Any, **more: Any) -> ServerResponse:
        return ServerResponse(status) if method == "POST" else send_request(server, method, *given, **more)

    monkeypatch.setattr(poll, "send_request", asked)

    with pytest.raises(ReceiverUnavailable, match=reason):
        opened(process)


@pytest.mark.parametrize(
    "wrong",
    ["https://localhost:PORT/procore-jupyter/callback", "http://localhost:PORT/lab/procore-jupyter/callback"],
)
def test_a_callback_url_that_misses_the_server_s_page_is_told_the_right_one(
    process: JupyterServerProcess, wrong: str
) -> None:
    ticket = Ticket.create()
    callback_url = wrong.replace("PORT", str(process.port))
    server = find_server(callback_url, process.surroundings())
    assert server is not None

    with pytest.raises(ReceiverUnavailable) as caught:
        ServerReceiver(server, ticket).open(request_for(ticket, callback_url))

    assert f"CallbackURL={process.callback_url}  " in caught.value.reason


def test_a_state_of_another_ticket_is_a_mistake_of_ours(process: JupyterServerProcess) -> None:
    server = find_server(process.callback_url, process.surroundings())
    assert server is not None

    with pytest.raises(ConfigurationError):
        ServerReceiver(server, Ticket.create()).open(request_for(Ticket.create(), process.callback_url))


def test_closing_before_opening_is_nothing(process: JupyterServerProcess) -> None:
    server = find_server(process.callback_url, process.surroundings())
    assert server is not None

    ServerReceiver(server, Ticket.create()).close()


HUB_URL = "https://hub.example/hub/user-redirect/procore-jupyter/"


@pytest.mark.parametrize(
    ("name", "pages"), [("", HUB_URL), ("gpu", "https://hub.example/user/dana/gpu/procore-jupyter/")]
)
def test_on_a_hub_the_pages_are_the_ones_of_the_server_that_waits(
    process: JupyterServerProcess, name: str, pages: str
) -> None:
    prefix = f"/user/dana/{name}/" if name else "/user/dana/"
    hub = Hub(Secret(process.token), f"http://127.0.0.1:{process.port}{prefix}", prefix, server_name=name)
    server = find_server(f"{HUB_URL}callback", Surroundings(Path("/nowhere"), hub=hub))
    assert server is not None
    ticket = Ticket.create(name)
    receiver = ServerReceiver(server, ticket)

    assert receiver._pages_for_a_browser(f"{HUB_URL}callback") == pages
