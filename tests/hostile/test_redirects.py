"""The bearer and the company header never leave their host, whatever an answer says.

Every hop is recorded at the adapter, the last place before a connection, so no name needs to resolve. Who is
connected to is worked out as `requests.adapters.HTTPAdapter` and urllib3 do it, from the very same text.
"""

from __future__ import annotations

import contextlib
import io
import random
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import urllib3
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter
from urllib3.util import parse_url

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import ProcoreError
from procore_jupyter.oauth.token import Token
from procore_jupyter.secret import Secret
from procore_jupyter.session.lists.paging import rows
from procore_jupyter.session.refreshing import RefreshingSession
from tests.connecting import connect, signed_in, text_for
from tests.faults.table import mend
from tests.hostile.counting import share, tried
from tests.test_addresses import LOOK_ALIKES

BEARER, COMPANY = "tok-hostile-5c1e", "4711987"
API = "https://api.procore.com"


class Tokens:
    def current(self) -> Token:
        return Token.given(Secret(BEARER), None, 0.0)

    def renewed(self, rejected: Token) -> Token:
        return self.current()

    def peek(self) -> Token | None:
        return self.current()


class Recorder(HTTPAdapter):
    """Answers from a list, in place of a network; keeps what would be sent, and to whom."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[dict[str, str]] = []
        self.sent: list[tuple[tuple[str, str, int] | None, str, dict[str, str]]] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **how: Any) -> requests.Response:
        url = str(request.url)
        where = None
        with contextlib.suppress(Exception):
            # `HTTPAdapter.get_connection_with_tls_context` and urllib3's own reading, which must agree.
            split, parsed = urlsplit(url), parse_url(url)
            port = split.port or {"https": 443, "http": 80}[split.scheme]
            where = (split.scheme, str(split.hostname), port)
            assert (parsed.scheme, parsed.host, parsed.port or port) == where
        self.sent.append((where, url, {k.lower(): str.__str__(v) for k, v in request.headers.items()}))
        response = requests.Response()
        response.url, response.request = url, request
        response.status_code = 200
        if self.answers:
            response.headers.update(self.answers.pop(0))
            response.status_code = 302 if "Location" in response.headers else 200
        response.raw = urllib3.HTTPResponse(
            io.BytesIO(b"[{}]"), headers=dict(response.headers), preload_content=False
        )
        return response


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture(scope="module")
def session(recorder: Recorder) -> RefreshingSession:
    made = RefreshingSession(API, "https://login.procore.com", Tokens(), company_id=int(COMPANY))
    for prefix in ("https://", "http://", "ftp://", "HTTPS://"):
        made.mount(prefix, recorder)
    return made


def check(recorder: Recorder) -> int:
    """Check all that was sent, and forget it; return to how many other places something went."""
    sent, recorder.sent, recorder.answers = recorder.sent, [], []
    elsewhere = [(url, headers) for where, url, headers in sent if where != ("https", "api.procore.com", 443)]
    for url, headers in elsewhere:
        assert BEARER not in str(headers), url
        # requests makes a Basic one of what stands before an "@": that is the address's own, not ours.
        assert headers.get("authorization", "Basic ").startswith("Basic "), url
        assert "procore-company-id" not in headers, url
    return len(elsewhere)


# Pieces that addresses are forged from.
PIECES = st.sampled_from(
    ["https://", "http://", "HTTPS://", "//", "\\\\", "/", "\\", "@", ":", ".", "?", "#", "%2e", "%40", "%2f", "%5c", "%00", " ", "\t", "\n", "\r\n"]
    + ["api.procore.com", "API.PROCORE.COM", "api.procore.com.", "evil.test", "api.procore.com.evil.test", "user:word@", "443", "8443", "80", "0443"]
    + ["\u0430pi.procore.com", "api\u3002procore\u3002com", "\uff41pi.procore.com", "xn--pi-6kc.procore.com", "\u2044", "\uff0f", "\u2100", "[::1]", "[", "]", "127.1", "0x7f.1", ";", "next"]
)  # fmt: skip
PLACES = st.lists(PIECES, min_size=1, max_size=7).map("".join) | st.sampled_from(LOOK_ALIKES)
LEAVING = st.sampled_from(["https://evil.test", "http://api.procore.com", "https://api.procore.com:8443"])


@settings(max_examples=share(10_000))
@given(st.lists(PLACES | LEAVING, min_size=1, max_size=4))
def test_no_redirect_takes_them_along(
    recorder: Recorder, session: RefreshingSession, places: list[str]
) -> None:
    recorder.answers += [{"Location": place.encode().decode("latin-1")} for place in places]
    with contextlib.suppress(requests.RequestException, ProcoreError, ValueError):
        session.get("/first")
    first = recorder.sent[0][2]
    tried("redirects", len(recorder.sent) - 1 or 1)
    check(recorder)
    assert first["authorization"] == f"Bearer {BEARER}"
    assert first["procore-company-id"] == COMPANY


@settings(max_examples=share(10_000))
@given(PLACES, st.sampled_from(["get", "request", "send", "prepared", "next"]))
def test_no_address_of_a_caller_takes_them_along(
    recorder: Recorder, session: RefreshingSession, place: str, how: str
) -> None:
    tried("callers' addresses")
    with contextlib.suppress(requests.RequestException, ProcoreError, ValueError, AttributeError):
        if how == "send":  # as it stands, past requests' own tidying
            request = requests.Request("GET", "https://x.test/").prepare()
            request.url = place
            session.send(request)
        elif how == "prepared":
            session.send(session.prepare_request(requests.Request("GET", place)))
        elif how == "next":
            recorder.answers.append({"Location": place.encode().decode("latin-1")})
            response = session.get("/first", allow_redirects=False)
            if response.next is not None:
                session.send(response.next)
        else:
            getattr(session, how)(*(["GET"] if how == "request" else []), place)
    check(recorder)


@settings(max_examples=share(5_000))
@given(
    st.lists(PLACES | LEAVING, min_size=1, max_size=3),
    st.sampled_from(['<{}>; rel="next"', "<{}>;rel=next", "{}", "<{}"]),
)
def test_no_link_header_is_followed(
    recorder: Recorder, session: RefreshingSession, places: list[str], form: str
) -> None:
    tried("Link headers")
    for place in places:
        recorder.answers.append({"Link": form.format(place.encode().decode("latin-1")), "Total": "99"})
    rows(session, "/rest/v1.1/projects", page_size=1)
    assert check(recorder) == 0


def test_the_recorder_would_notice(recorder: Recorder) -> None:
    tried("self-test")
    bare = requests.Session()
    bare.headers["Authorization"] = f"Bearer {BEARER}"
    bare.mount("https://", recorder)
    bare.get("https://evil.test/")
    with pytest.raises(AssertionError):
        check(recorder)


class Listener:
    """A socket that takes down whatever arrives, and answers 200."""

    def __init__(self, host: str) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family)
        self._socket.bind((host, 0))
        self._socket.listen(50)
        self.port: int = self._socket.getsockname()[1]
        self.arrived: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection:
                connection.settimeout(5)
                self.arrived.append(connection.recv(65_536))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)


@pytest.fixture
def listeners() -> Iterator[list[Listener]]:
    made = (
        [Listener("127.0.0.1"), Listener("127.0.0.1"), Listener("127.0.0.2")]
        if hasattr(socket, "AF_UNIX")
        else []
    )
    yield made
    for one in made:
        one.close()


def test_real_sockets_get_none_of_it_from_the_api_nor_the_token_endpoint(
    demo: DemoProcore, listeners: list[Listener]
) -> None:
    """The whole of `connect`, and every other socket that is listening on this machine in reach."""
    procore = signed_in(demo, CompanyId="4711987")
    procore._patience.sleep = lambda seconds: None
    assert procore._access is not None
    api = urlsplit(demo.url)
    chance = random.Random(20261123)
    forms = [
        "http://127.0.0.1:{port}/x",
        "http://localhost:{port}/x",
        "http://{api}@127.0.0.1:{port}/x",
        "http://user:word@127.0.0.1:{port}/x",
        "http://127.0.0.1:{port}\\@{api}/x",
        "http://127.0.0.1:{port}#@{api}/",
        "http://127.0.0.1:{port}?@{api}/",
        "//127.0.0.1:{port}/x",
        "\\\\127.0.0.1:{port}/x",
        "http://127.0.0.2:{port}/x",
        "http://127.0.0.1.:{port}/x",
        "http://LOCALHOST:{port}/x",
        "http://[::ffff:127.0.0.1]:{port}/x",
        "http://2130706433:{port}/x",
        "http://127.1:{port}/x",
    ]
    refresh = procore._access.current().refresh_token
    assert refresh is not None
    for listener in listeners:
        for form in forms:
            place = form.format(port=listener.port, api=api.netloc)
            status = chance.choice([301, 302, 303, 307, 308])
            demo.answer_next(
                "/rest/*", status=status, headers={"Location": place, "Link": f'<{place}>; rel="next"'}
            )
            with contextlib.suppress(requests.RequestException, ProcoreError):
                getattr(procore, chance.choice(["get", "post", "put", "delete"]))(
                    "/rest/v1.0/me", data={"a": "b"}
                )
            demo.answer_next("/rest/*", status=200, body=b"[{}]", headers={"Link": f'<{place}>; rel="next"'})
            with contextlib.suppress(requests.RequestException, ProcoreError):
                procore.companies()
            demo.answer_next("/oauth/*", status=status, headers={"Location": place}, times=3)
            for ask in (
                lambda: procore._access._provider._renewal._client.refresh(refresh),  # type: ignore[attr-defined]
                procore.logout,
                lambda: connect(text_for(demo, OAuthVerifier=f"code-{chance.random()}"), person=False),
            ):
                with contextlib.suppress(ProcoreError):
                    ask()
                tried("redirects on real sockets")
            tried("redirects on real sockets", 2)
            mend(demo)
    arrived = b"".join(b"".join(one.arrived) for one in listeners)
    assert arrived.count(b"HTTP/1.1") > len(forms)  # they were followed, where requests follows
    token = procore._access.current()
    for secret in (token.access_token.reveal(), refresh.reveal(), demo.client_secret, "4711987"):
        assert secret.encode() not in arrived
    assert b"uthorization: Bearer" not in arrived
    assert b"client_secret" not in arrived
