"""The one-shot listener, over real sockets on a free port."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procore_jupyter.login import loopback_address
from procore_jupyter.login.loopback import CONNECTIONS, HEAD_LIMIT, HEAD_TIME, LoopbackReceiver
from procore_jupyter.login.loopback_address import LoopbackAddress
from procore_jupyter.login.receiver import ReceiverUnavailable
from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse
from procore_jupyter.secret import Secret
from procore_jupyter.socket_owners import owners_are_told
from tests.strangers import Stranger, needs_two_people

STATE = "kq3OaV5mZ8rT1uW2xY4zB6cD7eF9gH0iJkLmNoPqRsT"
ANSWER = f"code=a-code&state={STATE}"
needs_owners = pytest.mark.skipif(not owners_are_told(), reason="the system tells no owners")
PATIENCE = 20  # seconds until a test gives up; nothing waits that long


def free_port() -> int:
    """Return a port that is free on both loopback addresses at the moment."""
    for _ in range(50):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
            with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as other:
                other.bind(("::1", port))
                return port
            if not has_ipv6():
                return port
    raise AssertionError("no free port")


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


class Listening:
    """A receiver at work in a thread, as the flow runs it."""

    def __init__(self, callback_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.receiver = LoopbackReceiver(callback_url, clock=clock)
        self.request = self.request_for(self.receiver)
        self.port = self.receiver.address.port
        self.stop = threading.Event()
        self.answer: AuthorizationResponse | None = None
        self.receiver.open(self.request)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    @staticmethod
    def request_for(receiver: LoopbackReceiver) -> AuthorizationRequest:
        return AuthorizationRequest.create(
            authorize_url="https://login.procore.com/oauth/authorize",
            client_id="an-app",
            redirect_uri=f"{receiver.address.origin}{receiver.address.path}",
            state=STATE,
        )

    def _run(self) -> None:
        self.answer = self.receiver.receive(self.stop)
        self.receiver.close()

    def ask(
        self, target: str, method: str = "GET", host: str | None = None, ip: str = "127.0.0.1"
    ) -> tuple[http.client.HTTPResponse, str]:
        connection = http.client.HTTPConnection(ip, self.port, timeout=PATIENCE)
        try:
            connection.putrequest(method, target, skip_host=True)
            connection.putheader("Host", f"localhost:{self.port}" if host is None else host)
            connection.endheaders()
            answer = connection.getresponse()
            return answer, answer.read().decode()
        finally:
            connection.close()

    def say(self, raw: bytes) -> bytes:
        """Send bytes, return all that comes back until the other side is done."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(raw)
            received = b""
            while piece := connection.recv(65_536):
                received += piece
        return received

    def close(self) -> None:
        self.receiver.close()
        self.finished()

    def finished(self) -> AuthorizationResponse | None:
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        return self.answer


@pytest.fixture
def listening() -> Iterator[Listening]:
    one = Listening(f"http://localhost:{free_port()}/back")
    yield one
    one.close()


def refused(port: int, ip: str = "127.0.0.1") -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection((ip, port), timeout=PATIENCE).close()
        return False
    return True


def test_the_answer_comes_through_with_its_page_and_the_port_is_closed(listening: Listening) -> None:
    answer, page = listening.ask(f"/back?{ANSWER}")
    assert answer.status == 200
    assert "answer has arrived. You can close this tab: your notebook finishes the sign-in." in page
    received = listening.finished()
    assert received is not None
    assert received.code == Secret("a-code")
    assert received.state == STATE
    assert refused(listening.port)


def test_a_denial_comes_through_and_the_page_says_so(listening: Listening) -> None:
    answer, page = listening.ask(f"/back?error=access_denied&state={STATE}")
    assert answer.status == 200
    assert "you chose Deny" in page
    received = listening.finished()
    assert received is not None
    assert received.error == "access_denied"


def test_another_refusal_comes_through_without_a_word_of_it_on_the_page(listening: Listening) -> None:
    _, page = listening.ask(f"/back?error=server_error&error_description=%3Cb%3Eneedle&state={STATE}")
    assert "needle" not in page
    assert "Your notebook says why" in page
    received = listening.finished()
    assert received is not None
    assert received.error == "server_error"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "code=a-code",
        "code=a-code&state=",
        "code=a-code&state=another",
        f"code=a-code&state={STATE}x",
        f"code=a-code&state={STATE[:-1]}",
        f"code=a-code&state={STATE.lower()}",
        f"code=a-code&state={STATE}&state={STATE}",
        f"code=a-code&state=x&state={STATE}",
        "code=a-code&state=%F0%9F%98%80",
        f"state={STATE}",
        f"code=&state={STATE}",
        f"code=a&code=b&state={STATE}",
        f"code=a&error=access_denied&state={STATE}",
        "error=access_denied",
        f"code=a-code&state={STATE}" + "&x=1" * 60,
    ],
)
def test_what_is_not_this_sign_ins_answer_is_refused_and_it_listens_on(
    listening: Listening, query: str
) -> None:
    answer, page = listening.ask(f"/back?{query}")
    assert answer.status == 400
    assert "This sign-in was not started here or has expired." in page
    assert listening.ask(f"/back?{ANSWER}")[0].status == 200
    assert listening.finished() is not None


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:{port}",
        "localhost",
        "localhost:1",
        "127.0.0.1:{port}",
        "localhost:{port}.evil.example",
        "[::1]:{port}",
    ],
)
def test_a_foreign_host_header_gets_nothing(listening: Listening, host: str) -> None:
    answer, page = listening.ask(f"/back?{ANSWER}", host=host.format(port=listening.port))
    assert answer.status == 403
    assert "Signed in" not in page
    start = str(listening.receiver.start_url)
    foreign, _ = listening.ask(
        start[start.index("/procore-jupyter") :], host=host.format(port=listening.port)
    )
    assert foreign.status == 403
    assert foreign.getheader("Location") is None
    assert listening.thread.is_alive()


def test_no_host_header_or_two_get_nothing(listening: Listening) -> None:
    good = f"Host: localhost:{listening.port}\r\n".encode()
    for hosts in (b"", good + good, good + b"Host: evil.example\r\n"):
        assert listening.say(b"GET /back?" + ANSWER.encode() + b" HTTP/1.1\r\n" + hosts + b"\r\n").startswith(
            b"HTTP/1.1 403"
        )
    assert listening.say(b"GET /back?" + ANSWER.encode() + b"\r\n\r\n") != b""  # HTTP/0.9 has no Host
    assert listening.thread.is_alive()


@pytest.mark.parametrize(
    "path", ["/", "/back/", "/BACK", "/back/x", "/favicon.ico", "/%62ack", "/x/../back", "/back;x"]
)
def test_only_the_exact_path_answers(listening: Listening, path: str) -> None:
    answer, _ = listening.ask(f"{path}?{ANSWER}")
    assert answer.status == 404
    assert listening.thread.is_alive()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get"])
def test_only_get_and_head_are_heard(listening: Listening, method: str) -> None:
    answer, _ = listening.ask(f"/back?{ANSWER}", method)
    assert answer.status == 405
    assert answer.getheader("Allow") == "GET, HEAD"
    assert listening.thread.is_alive()


def test_head_looks_and_uses_nothing_up(listening: Listening) -> None:
    answer, page = listening.ask(f"/back?{ANSWER}", "HEAD")
    assert (answer.status, page) == (200, "")
    assert listening.ask("/back?code=a&state=b", "HEAD")[0].status == 400
    raw = listening.say(f"HEAD /nowhere HTTP/1.1\r\nHost: localhost:{listening.port}\r\n\r\n".encode())
    assert raw.startswith(b"HTTP/1.1 404")
    assert raw.endswith(b"\r\n\r\n")
    assert listening.thread.is_alive()
    assert listening.ask(f"/back?{ANSWER}")[0].status == 200
    assert listening.finished() is not None


def test_every_page_has_the_strict_headers_and_no_trace_of_the_request(listening: Listening) -> None:
    for target in (
        "/nowhere?code=needle",
        "/back?code=needle&state=needle",
        "/procore-jupyter/start?login=needle",
        f"/back?code=needle&state={STATE}",
    ):
        answer, page = listening.ask(target)
        assert answer.getheader("Cache-Control") == "no-store"
        assert answer.getheader("Referrer-Policy") == "no-referrer"
        assert answer.getheader("X-Content-Type-Options") == "nosniff"
        assert answer.getheader("Connection") == "close"
        policy = str(answer.getheader("Content-Security-Policy"))
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.getheader("Server") is None
        assert "needle" not in page
        assert ("<script" in page) == (
            STATE in target
        )  # only where there is a code to take out of the address bar
        for element, directive in (("style", "style-src"), ("script", "script-src")):
            if f"<{element}>" in page:
                inner = page.partition(f"<{element}>")[2].partition(f"</{element}>")[0]
                assert (
                    base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
                    in policy.partition(directive)[2].partition(";")[0]
                )


@needs_owners
def test_the_start_page_leads_to_the_provider_once_and_only_with_its_id(
    listening: Listening,
) -> None:
    start = listening.receiver.start_url
    assert start is not None
    assert start.startswith(f"http://localhost:{listening.port}/procore-jupyter/start?login=")
    assert STATE not in start
    target = start[start.index("/procore-jupyter") :]
    for wrong in (
        target + "x",
        target[:-1],
        "/procore-jupyter/start",
        "/procore-jupyter/start?login=",
        target + "&login=x",
    ):
        answer, _ = listening.ask(wrong)
        assert answer.status == 400
        assert answer.getheader("Location") is None
    listening.receiver.renew_start_url()
    assert listening.receiver.start_url == start  # nobody has used it
    assert listening.ask(target, "HEAD")[0].getheader("Location") is None
    answer, _ = listening.ask(target)
    assert (answer.status, answer.getheader("Location")) == (302, listening.request.url)
    for _ in range(2):
        answer, page = listening.ask(target)
        assert (answer.status, answer.getheader("Location")) == (400, None)
        assert "works only once" in page and "run %procore_connect again" in page
    listening.receiver.renew_start_url()
    other = str(listening.receiver.start_url)
    assert other != start
    assert listening.ask(target)[0].status == 400
    assert listening.ask(other[other.index("/procore-jupyter") :])[0].status == 302
    listening.receiver.close()
    assert listening.receiver.start_url is None


@needs_two_people
@pytest.mark.parametrize("ip", ["127.0.0.1", "[::1]"])
def test_the_start_page_leads_no_other_user_to_the_provider_and_stays_unused(
    listening: Listening, ip: str
) -> None:
    start = str(listening.receiver.start_url)
    target, port = start[start.index("/procore-jupyter") :], listening.port
    with Stranger() as stranger:
        for _ in range(2):
            status, location, page = stranger.get(
                f"http://{ip}:{port}{target}", {"Host": f"localhost:{port}"}
            )
            assert (status, location) == (403, None)
            assert "works only for the person whose notebook shows it" in page
    assert listening.ask(target)[0].getheader("Location") == listening.request.url


def test_where_the_system_tells_no_owners_there_is_no_start_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("procore_jupyter.login.loopback.owners_are_told", lambda: False)
    one = Listening(f"http://localhost:{free_port()}/callback")
    try:
        assert one.receiver.start_url is None
        one.receiver.renew_start_url()
        assert one.receiver.start_url is None
        assert one.ask("/procore-jupyter/start?login=")[0].status == 400
    finally:
        one.close()


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_both_loopback_addresses_are_held_whichever_is_named(host: str) -> None:
    one = Listening(f"http://{host}:{free_port()}/callback")
    try:
        assert one.receiver.held == {"127.0.0.1", "::1"}
        for ip in one.receiver.held:
            with (
                pytest.raises(OSError),
                socket.create_server((ip, one.port), family=socket.AF_INET6 if ":" in ip else socket.AF_INET),
            ):
                pass
    finally:
        one.close()
    assert one.receiver.held == frozenset()


@needs_two_people
@pytest.mark.parametrize("listens", [True, False])
@pytest.mark.parametrize("ip", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_a_port_that_another_user_holds_ends_the_login_and_nothing_is_to_be_pasted(
    ip: str, listens: bool
) -> None:
    port = free_port()
    with Stranger() as stranger:
        assert stranger.listen(ip, port, listening=listens) is None
        receiver = LoopbackReceiver(f"http://localhost:{port}/callback")
        with pytest.raises(ReceiverUnavailable) as why:
            receiver.open(Listening.request_for(receiver))
        receiver.close()
    assert why.value.for_all
    assert "another user" in why.value.reason and "paste" not in why.value.reason


def test_a_port_of_another_program_of_ours_leaves_pasting(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as ours:
        receiver = LoopbackReceiver(f"http://localhost:{ours.getsockname()[1]}/callback")
        with pytest.raises(ReceiverUnavailable) as why:
            receiver.open(Listening.request_for(receiver))
    assert ("paste" in why.value.reason, why.value.for_all) == (True, False)


def test_silent_and_slow_connections_do_not_stand_before_the_answer(listening: Listening) -> None:
    with contextlib.ExitStack() as open_ones:
        for i in range(20):
            silent = open_ones.enter_context(
                socket.create_connection(("127.0.0.1", listening.port), timeout=PATIENCE)
            )
            if i % 2:
                silent.sendall(b"GET /back?code=")
        assert listening.ask(f"/back?{ANSWER}")[0].status == 200
        assert listening.finished() is not None


def test_a_flood_of_silent_connections_pushes_out_the_oldest_not_the_answer() -> None:
    listening = Listening(
        f"http://localhost:{free_port()}/back", clock=lambda: 0.0
    )  # so none is cut for being late
    with contextlib.ExitStack() as open_ones:
        silent = [
            open_ones.enter_context(socket.create_connection(("127.0.0.1", listening.port), timeout=PATIENCE))
            for _ in range(CONNECTIONS + 5)
        ]
        assert silent[0].recv(1) == b""
        assert listening.ask(f"/back?{ANSWER}")[0].status == 200


def test_a_connection_that_never_finishes_its_request_is_cut() -> None:
    now = [0.0]
    listening = Listening(f"http://localhost:{free_port()}/back", clock=lambda: now[0])
    try:
        with socket.create_connection(("127.0.0.1", listening.port), timeout=PATIENCE) as slow:
            slow.sendall(b"GET ")
            assert listening.ask("/")[0].status == 404  # so the slow one was taken up before the clock moves
            now[0] = HEAD_TIME + 1
            assert slow.recv(1) == b""
        assert listening.thread.is_alive()
    finally:
        listening.receiver.close()
    assert listening.finished() is None


def test_a_request_that_arrives_byte_by_byte_is_answered(listening: Listening) -> None:
    with socket.create_connection(("127.0.0.1", listening.port), timeout=PATIENCE) as slow:
        slow.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in f"GET /back?{ANSWER} HTTP/1.1\r\nHost: localhost:{listening.port}\r\n\r\n".encode():
            slow.send(bytes([byte]))
        assert slow.recv(100).startswith(b"HTTP/1.1 200")
    assert listening.finished() is not None


def test_a_head_that_never_ends_is_refused(listening: Listening) -> None:
    with contextlib.suppress(ConnectionError):
        assert b" 431 " in listening.say(b"GET /back HTTP/1.1\r\nX: " + b"a" * HEAD_LIMIT)
    with contextlib.suppress(ConnectionError):
        assert b" 431 " in listening.say(b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 200 + b"\r\n")
    assert listening.ask(f"/back?{ANSWER}")[0].status == 200


def test_many_cookies_of_other_ports_are_no_obstacle(listening: Listening) -> None:
    cookies = "; ".join(f"username-localhost-{8000 + i}={'x' * 180}" for i in range(150))
    request = f"GET /back?{ANSWER} HTTP/1.1\r\nHost: localhost:{listening.port}\r\nCookie: {cookies}\r\n\r\n"
    assert listening.say(request.encode()).startswith(b"HTTP/1.1 200")


def test_the_page_arrives_whole_even_if_the_browser_sent_more_than_it_had_to(listening: Listening) -> None:
    request = (
        f"GET /back?{ANSWER} HTTP/1.1\r\nHost: localhost:{listening.port}\r\nContent-Length: 100000\r\n\r\n"
    )
    page = listening.say(request.encode() + b"x" * 100_000)
    assert page.endswith(b"</html>")
    assert listening.finished() is not None


def test_the_answer_counts_although_the_browser_is_gone(listening: Listening) -> None:
    with socket.create_connection(("127.0.0.1", listening.port), timeout=PATIENCE) as browser:
        browser.sendall(f"GET /back?{ANSWER} HTTP/1.1\r\nHost: localhost:{listening.port}\r\n\r\n".encode())
        browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert listening.finished() is not None


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=30),
            st.sampled_from(
                [
                    b"GET ",
                    b"HEAD ",
                    b"POST ",
                    b"/back",
                    b"/procore-jupyter/start?login=",
                    b"?code=x",
                    b"&state=",
                    b" HTTP/1.1",
                    b" HTTP/9.9",
                ]
                + [
                    b"\r\n",
                    b"\n",
                    b"Host: localhost",
                    b"Host: ",
                    b"\r\n\r\n",
                    b"\0",
                    b"\xff",
                    b"Expect: 100-continue\r\n",
                    b"//evil",
                    b"%",
                ]
            ),
        ),
        max_size=14,
    ).map(b"".join)
)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_request_brings_an_answer_but_the_right_one(listening: Listening, raw: bytes) -> None:
    with (
        contextlib.suppress(ConnectionError),
        socket.create_connection(("127.0.0.1", listening.port), timeout=PATIENCE) as browser,
    ):
        browser.sendall(raw)
        browser.shutdown(socket.SHUT_WR)
        while browser.recv(65_536):
            pass
    assert listening.thread.is_alive()


def test_nothing_is_logged(listening: Listening, capfd: pytest.CaptureFixture[str]) -> None:
    listening.say(b"nonsense\r\n\r\n")
    listening.ask(f"/back?{ANSWER}")
    listening.finished()
    assert capfd.readouterr() == ("", "")


def test_closing_closes_the_port_at_once_and_ends_the_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("procore_jupyter.login.loopback.LOOK_UP", 10 * PATIENCE)
    listening = Listening(f"http://localhost:{free_port()}/back")
    with socket.create_connection(("127.0.0.1", listening.port), timeout=PATIENCE) as silent:
        listening.receiver.close()
        assert refused(listening.port)
        with contextlib.suppress(ConnectionResetError):  # so it goes where it was not taken up yet
            assert silent.recv(1) == b""
    assert listening.finished() is None
    listening.receiver.close()


def test_stopping_ends_the_waiting(listening: Listening) -> None:
    listening.stop.set()
    assert listening.finished() is None


def test_the_same_port_can_be_opened_again_right_after() -> None:
    callback = f"http://localhost:{free_port()}"
    for _ in range(3):
        listening = Listening(callback)
        assert listening.ask(f"/?{ANSWER}")[0].status == 200
        assert listening.finished() is not None


def test_receiving_goes_on_after_an_answer_that_was_not_accepted() -> None:
    again = LoopbackReceiver(f"http://localhost:{free_port()}/back")
    again.open(AuthorizationRequest("https://x/", STATE, "http://localhost", Secret("v")))
    for _ in range(2):
        got: list[AuthorizationResponse | None] = []
        thread = threading.Thread(
            target=lambda got=got: got.append(again.receive(threading.Event())), daemon=True
        )
        thread.start()
        connection = http.client.HTTPConnection("127.0.0.1", again.address.port, timeout=PATIENCE)
        connection.request("GET", f"/back?{ANSWER}", headers={"Host": f"localhost:{again.address.port}"})
        assert connection.getresponse().status == 200
        connection.close()
        thread.join(PATIENCE)
        assert got[0] is not None
    again.close()


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1"])
def test_localhost_is_heard_on_both_its_addresses(listening: Listening, ip: str) -> None:
    if ip == "::1" and not has_ipv6():
        pytest.skip("this machine has no ::1")
    assert listening.ask(f"/back?{ANSWER}", ip=ip)[0].status == 200


def test_it_listens_on_loopback_alone(listening: Listening) -> None:
    for listener in listening.receiver._listeners:
        assert listener.getsockname()[0] in ("127.0.0.1", "::1")


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1"])
def test_a_port_taken_on_either_address_is_given_up_with_plain_words(ip: str) -> None:
    if ip == "::1" and not has_ipv6():
        pytest.skip("this machine has no ::1")
    port = free_port()
    with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET) as other:
        other.bind((ip, port))
        other.listen()
        receiver = LoopbackReceiver(f"http://localhost:{port}")
        with pytest.raises(
            ReceiverUnavailable, match=f"Another program uses port {port} here.*paste it below"
        ):
            receiver.open(AuthorizationRequest("https://x/", "s", "http://localhost", Secret("v")))
        assert receiver.start_url is None
        receiver.close()
        assert refused(port, "::1" if ip == "127.0.0.1" else "127.0.0.1")  # the other one is closed again


def test_a_port_that_needs_rights_is_given_up_with_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(self: socket.socket, address: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", forbidden)
    receiver = LoopbackReceiver("http://localhost")
    with pytest.raises(
        ReceiverUnavailable,
        match="Port 80 can't be opened here: after signing in your browser will say it can't connect",
    ):
        receiver.open(AuthorizationRequest("https://x/", "s", "http://localhost", Secret("v")))
    receiver.close()
    assert receiver.receive(threading.Event()) is None


def test_opening_after_closing_opens_nothing() -> None:
    receiver = LoopbackReceiver(f"http://localhost:{free_port()}")
    receiver.close()
    with pytest.raises(ReceiverUnavailable):
        receiver.open(AuthorizationRequest("https://x/", "s", "http://localhost", Secret("v")))
    assert refused(receiver.address.port)


@pytest.mark.parametrize(
    ("callback", "host", "port", "path"),
    [
        ("http://localhost", "localhost", 80, "/"),
        ("http://localhost/", "localhost", 80, "/"),
        ("http://LocalHost:8080/Cb?x=1", "localhost", 8080, "/Cb"),
        ("http://127.0.0.1:8080/a/b", "127.0.0.1", 8080, "/a/b"),
        ("http://[::1]:8080/a", "[::1]", 8080, "/a"),
        ("http://[0:0:0:0:0:0:0:1]/a", "[::1]", 80, "/a"),
        ("http://localhost/caf\u00e9 %20", "localhost", 80, "/caf%C3%A9%20%20"),
    ],
)
def test_where_a_callback_url_wants_to_be_answered(callback: str, host: str, port: int, path: str) -> None:
    assert LoopbackAddress.of(callback) == LoopbackAddress(host, port, path)
    assert f"{host}:{port}" in LoopbackAddress(host, port, path).hosts
    assert (host in LoopbackAddress(host, port, path).hosts) == (port == 80)


@pytest.mark.parametrize(
    "callback",
    [
        "",
        "your_callback_url",
        "https://localhost/",
        "http://localhost.evil.example/",
        "http://evil.example",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
    ]
    + [
        "http://user@localhost/",
        "http://localhost:0/",
        "http://localhost:99999/",
        "http://[::1",
        "urn:ietf:wg:oauth:2.0:oob",
        "ftp://localhost/",
    ],
)
def test_what_is_not_plain_http_on_loopback_is_never_listened_for(callback: str) -> None:
    assert LoopbackAddress.of(callback) is None
    with pytest.raises(ValueError, match="not an http address"):
        LoopbackReceiver(callback)


@pytest.mark.parametrize(("system", "expected"), [("posix", "reuse"), ("nt", "exclusive")])
def test_windows_never_shares_the_port(monkeypatch: pytest.MonkeyPatch, system: str, expected: str) -> None:
    # There SO_REUSEADDR means that another program may take the port over, and the code with it.
    asked: list[int] = []
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", -5, raising=False)
    monkeypatch.setattr(loopback_address, "os", SimpleNamespace(name=system))
    monkeypatch.setattr(socket.socket, "setsockopt", lambda self, level, option, value: asked.append(option))
    for one in loopback_address.listen(LoopbackAddress("127.0.0.1", free_port(), "/")):
        one.close()
    wanted = {"reuse": socket.SO_REUSEADDR, "exclusive": -5}[expected]
    assert [option for option in asked if option != socket.IPV6_V6ONLY] == [wanted] * (1 + has_ipv6())


def test_nothing_of_the_sign_in_stays_after_closing(listening: Listening) -> None:
    listening.ask(f"/back?{ANSWER}")
    listening.finished()
    kept = repr(vars(listening.receiver))
    assert STATE not in kept
    assert listening.request.url not in kept
