"""Every way in which no answer comes says its cause in a person's words, and a next step that helps there.

Each case is a real server, proxy or address that fails in its own way; sessions and the token endpoint's client are held to
the same.
"""

from __future__ import annotations

import contextlib
import io
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from requests import exceptions
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from procore_jupyter.session.refreshing import RefreshingSession
from tests.oauth.asking import client_of, refused, says
from tests.oauth.scripted import CERTIFICATES, http, scripted
from tests.session.conftest import Answer, Server

TRAP = "rest/certificates/expired/socks/getaddrinfo?x=%20407%20read+timed+out"
"""Where a session asks: an address may hold the words that tell one error from another."""

PASSWORD = "pass-w0rd-of-the-proxy"
SECRET = "signature-9d1f7c"

Place = contextlib.AbstractContextManager[tuple[str, dict[str, Any]]]
"""Gives the address of something that fails, and the options of who asks it: ``timeout``, ``proxies``, ``ca_bundle``."""


@contextlib.contextmanager
def answering(*answers: bytes | None, certificate: str | None = None, **options: Any) -> Iterator[Any]:
    with scripted(*answers, certificate=certificate) as (url, _):
        yield url, options


@contextlib.contextmanager
def at(url: str, **options: Any) -> Iterator[Any]:
    yield url, options


@contextlib.contextmanager
def closed(address: str = "http://127.0.0.1:{}", *, as_proxy: bool = False) -> Iterator[Any]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        there = address.format(listener.getsockname()[1])
    yield ("https://api.procore.invalid", {"proxies": {"https": there}}) if as_proxy else (there, {})


@contextlib.contextmanager
def resetting() -> Iterator[Any]:
    """A server that takes the request and resets the connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.recv(65_536)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()

    threading.Thread(target=serve, daemon=True).start()
    with listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", {}
        listener.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def at_once(answer: bytes, address: str, proxy: str = "") -> Iterator[Any]:
    """A server that answers to the first bytes that come, whatever they are: plain http, where TLS begins."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    here = f"127.0.0.1:{listener.getsockname()[1]}"
    with listener:
        yield address.format(here), {"proxies": {"https": proxy.format(here)}} if proxy else {}
        listener.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def proxied(answer: bytes, address: str = "http://ann:{password}@{host}") -> Iterator[Any]:
    """A proxy that gives one answer to whoever wants to go through."""
    with scripted(answer) as (url, _):
        proxy = address.format(password=PASSWORD, host=url.removeprefix("http://"))
        yield "https://api.procore.invalid", {"proxies": {"https": proxy}}


@contextlib.contextmanager
def plain_at_https_port() -> Iterator[Any]:
    with scripted(http("200 OK"), certificate="good.pem") as (url, _):
        yield url.replace("https:", "http:"), {}


def trusting(certificate: str) -> Place:
    return answering(http("200 OK"), certificate=certificate, ca_bundle=str(CERTIFICATES / certificate))


HEADERS = "".join(f"X-{number}: 1\r\n" for number in range(200)).encode()
BOTH: dict[str, tuple[Callable[[], Place], type[Exception], str]] = {
    "nobody listens": (closed, exceptions.ConnectionError, "can't be reached: nothing listens there on this machine.*correct (APIURL|LoginURL|the address)"),
    "no such name": (lambda: at("https://api.procore.invalid"), exceptions.ConnectionError, "can't be found"),
    "nothing comes": (lambda: answering(None, timeout=0.3), exceptions.ReadTimeout, r"within 0\.3 s.*Try again"),
    "closed without a word": (lambda: answering(b""), exceptions.ConnectionError, "broke off before.*Try again"),
    "reset": (resetting, exceptions.ConnectionError, "broke off before.*Try again"),
    "no HTTP": (lambda: answering(b"SSH-2.0-OpenSSH_9.6\r\n"), exceptions.ConnectionError, "doesn't use HTTP.*Is there a proxy"),
    "headers without end": (lambda: answering(b"HTTP/1.1 200 OK\r\n" + HEADERS + b"\r\n"), exceptions.ConnectionError, "doesn't use HTTP"),
    "a header without end": (lambda: answering(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n"), exceptions.ConnectionError, "doesn't use HTTP"),
    "plain http at a port of https": (plain_at_https_port, exceptions.ConnectionError, "doesn't use HTTP|broke off before"),
    "https at a plain port": (lambda: at_once(http("400 Bad Request"), "https://{}"), exceptions.SSLError, "doesn't use https, so nothing was sent"),
    "https that breaks off": (lambda: at_once(b"", "https://{}"), exceptions.RequestException, "broke off before.*Try again"),
    "certificate of the future": (lambda: trusting("future.pem"), exceptions.SSLError, "clock seems to be wrong"),
    "certificate expired": (lambda: trusting("expired.pem"), exceptions.SSLError, "has expired.*date and time"),
    "certificate of another host": (lambda: trusting("another_host.pem"), exceptions.SSLError, "a certificate for another host"),
    "certificate of its own": (lambda: answering(b"", certificate="good.pem"), exceptions.SSLError, "isn't trusted here.*SSLServerCert"),
    "certificate of a company's own authority": (lambda: answering(b"", certificate="private_authority.pem"), exceptions.SSLError, "isn't trusted here.*SSLServerCert"),
    "no file of certificates": (lambda: at("https://api.procore.invalid", ca_bundle="/not/there.pem"), exceptions.SSLError, "SSLServerCert doesn't exist.*Check its path"),
    "a file without certificates": (lambda: answering(b"", certificate="good.pem", ca_bundle=__file__), exceptions.SSLError, "contains no PEM certificates.*BEGIN CERTIFICATE"),
    "the proxy wants a sign-in": (lambda: proxied(http("407 Proxy Authentication Required")), exceptions.ProxyError, r"The proxy 127\.0\.0\.1:\d+ refused the connection to api\.procore\.invalid: it needs its own.*ProxyUser"),
    "the proxy forbids": (lambda: proxied(http("403 Forbidden")), exceptions.ProxyError, r"is forbidden.*Ask your IT department"),
    "the proxy can't reach it": (lambda: proxied(http("502 Bad Gateway")), exceptions.ProxyError, "can't reach it.*Try again"),
    "the proxy says nothing": (lambda: proxied(b""), exceptions.ConnectionError, r"through the proxy 127\.0\.0\.1:\d+\) broke off before"),
    "the proxy isn't there": (lambda: closed("http://ann:x@127.0.0.1:{}", as_proxy=True), exceptions.ProxyError, r"The proxy 127\.0\.0\.1:\d+ can't be reached.*Check ProxyServer"),
    "no such proxy": (lambda: at("https://api.procore.invalid", proxies={"https": "http://proxy.invalid:3128"}), exceptions.ProxyError, r"The proxy proxy\.invalid:3128 can't be found.*Check ProxyServer"),
    "the proxy speaks plain http": (lambda: at_once(http("400 Bad Request"), "https://api.procore.invalid", "https://{}"), exceptions.ProxyError, "write its address with http://"),
    "a proxy in quotes": (lambda: at("https://api.procore.invalid", proxies={"https": '"http://proxy.invalid:1"'}), exceptions.RequestException, "proxy.*quotes|proxy.*can't be found"),
    "a proxy without a host": (lambda: at("https://api.procore.invalid", proxies={"https": "http://"}), exceptions.InvalidURL, "proxy's address can't be used.*Check ProxyServer"),
    "a proxy of another kind": (lambda: at("https://api.procore.invalid", proxies={"https": "ftp://proxy.invalid"}), exceptions.InvalidURL, "proxy's address can't be used.*Check ProxyServer"),
    "a SOCKS proxy without its library": (lambda: at("https://api.procore.invalid", proxies={"https": "socks5h://127.0.0.1:9"}), exceptions.InvalidSchema, "SOCKS.*pip install pysocks"),
}  # fmt: skip

ALONE: dict[str, tuple[Callable[[], Place], type[Exception], str]] = {
    "a body that breaks off": (lambda: answering(http("200 OK", b"{", Content_Length="500")), exceptions.ChunkedEncodingError, "broke off.*Try again"),
    "a chunk that breaks off": (lambda: answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n{"), exceptions.ChunkedEncodingError, "broke off"),
    "a chunk without a size": (lambda: answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{"), exceptions.ChunkedEncodingError, "broke off"),
    "gzip that is none": (lambda: answering(http("200 OK", b'{"id": 1}' * 99, Content_Encoding="gzip")), exceptions.ContentDecodingError, "isn't compressed as it says.*proxy"),
    "deflate that is none": (lambda: answering(http("200 OK", b'{"id": 1}' * 99, Content_Encoding="deflate")), exceptions.ContentDecodingError, "isn't compressed as it says"),
    "a redirect without end": (lambda: answering(http("302 Found", Location="/again")), exceptions.TooManyRedirects, "redirects endlessly"),
    "a redirect to nobody": (lambda: answering(http("302 Found", Location=f"http://127.0.0.1:9/?X-Amz-Signature={SECRET}")), exceptions.ConnectionError, r"127\.0\.0\.1:9 can't be reached"),
    "a redirect to another kind": (lambda: answering(http("302 Found", Location=f"ftp://files.invalid/{SECRET}")), exceptions.InvalidSchema, "Only http and https"),
    "a redirect to no address": (lambda: answering(http("302 Found", Location=f"https://[{SECRET}")), exceptions.InvalidURL, "redirects to an invalid address"),
    "a redirect in no encoding": (lambda: answering(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\nLocation: /\xff\xfe\r\n\r\n"), exceptions.InvalidURL, "redirects to an invalid address"),
    "a redirect to a name too long": (lambda: answering(http("302 Found", Location=f"https://{'a' * 64}.invalid/")), exceptions.RequestException, "isn't a valid address|can't be found"),
}  # fmt: skip


def hold(line: str) -> None:
    """Hold a line to what all of them have: short, a next step, and nothing of a library's words or of a secret."""
    assert line.isprintable() and 20 < len(line) < 260 and line.endswith((".", "?")), line
    assert re.search(
        r"Check|Try|Ask|[Gg]ive|Correct|Or use|Start|Set|[Rr]un|Is there a proxy|Remove|write its|Only http",
        line,
    ), line
    assert not re.search(
        r"Errno|urllib3|HTTPS?Connection|object at 0x|Error\b|\[SSL|_ssl\.c|Max retries", line
    ), line
    assert PASSWORD not in line and SECRET not in line


def why(session: RefreshingSession, url: str, kind: type[Exception], **how: Any) -> str:
    with pytest.raises(kind) as caught:
        session.request(**{"method": "GET", "url": url, **how})
    assert isinstance(caught.value, exceptions.RequestException)
    hold(str(caught.value))
    return str(caught.value)


@pytest.mark.parametrize("case", [*BOTH, *ALONE])
def test_a_session_says_why_no_answer_came(case: str, make_session: Callable[..., RefreshingSession]) -> None:
    begin, kind, pattern = (BOTH | ALONE)[case]
    with begin() as (url, options):
        for path in (TRAP, f"{url}/{TRAP}"):
            session = make_session(api_url=url, **options)
            assert re.search(pattern, why(session, path, kind))
        # What may not arrive twice is sent once, and its body is read all the same.
        assert re.search(
            pattern, why(make_session(api_url=url, **options), "rest", kind, method="POST", json={})
        )


@pytest.mark.parametrize("case", BOTH)
def test_a_sign_in_says_why_no_answer_came(case: str) -> None:
    begin, _, pattern = BOTH[case]
    with begin() as (url, options):
        error = refused(client_of(url, **options).client_credentials)
        hold(str(error))
        says(error, pattern)


@pytest.mark.parametrize(
    "url",
    ["https://", "https:///path", f"https://{'a' * 64}.invalid/{SECRET}", f"https://a..b.invalid/{SECRET}", f"https://[::1/{SECRET}"]
    + [f"https://exa mple.invalid/{SECRET}", f"https://*.invalid/{SECRET}", f"https://x:99999/{SECRET}", f"https://{'ü' * 99}.invalid/{SECRET}"],
)  # fmt: skip
def test_an_address_that_is_none_is_told_without_being_repeated(url: str, session: RefreshingSession) -> None:
    assert re.search("isn't a valid address|can't be found", why(session, url, exceptions.RequestException))


@pytest.mark.parametrize(
    "how",
    [
        {"headers": {"X-Mine": f"{SECRET}\r\nX-Other: 1"}},
        {"headers": {"X-Mine": f" {SECRET}"}},
        {"headers": {"X-Mine": f"{SECRET}\u2192"}},
        {"headers": {"X Mine\n": SECRET}},
        {"method": "GE T"},
    ],
)
def test_a_header_that_can_not_be_sent_is_told_without_being_repeated(
    how: dict[str, Any], session: RefreshingSession
) -> None:
    assert "character that HTTP doesn't allow" in why(session, "rest", exceptions.InvalidHeader, **how)


def test_what_can_not_be_written_as_json_is_told(session: RefreshingSession) -> None:
    said = why(session, "rest", exceptions.InvalidJSONError, method="POST", json={"x": float("nan")})
    assert "NaN" in said


def test_what_can_be_read_once_can_not_follow_a_redirect(api: Server, session: RefreshingSession) -> None:
    api.answer = lambda request: Answer(307, headers={"Location": "/elsewhere"})

    class Pipe(io.BytesIO):
        def tell(self) -> int:
            raise OSError

    said = why(
        session,
        "rest",
        exceptions.UnrewindableBodyError,
        method="PUT",
        data=Pipe(b"x"),
        headers={"Content-Length": "1"},
    )
    assert "as bytes" in said


def test_an_adapter_of_ones_own_that_tries_again_is_told_of(api: Server, session: RefreshingSession) -> None:
    api.answer = lambda request: Answer(503)
    session.mount("http://", HTTPAdapter(max_retries=Retry(1, status_forcelist=[503], backoff_factor=0)))
    assert "answered every attempt with an error" in why(session, "rest", exceptions.RetryError)


def test_a_certificate_of_ones_own_that_is_not_there_is_told(
    session: RefreshingSession, tmp_path: Path
) -> None:
    with scripted(b"", certificate="good.pem") as (url, _):
        said = why(session, url, exceptions.SSLError, cert=str(tmp_path / "mine.pem"))
    assert "cert=" in said


def test_every_error_of_requests_has_words_of_its_own() -> None:
    """Hold the list to the library: a new kind of error, in another version, is to be thought of."""
    every = [one for one in vars(exceptions).items() if isinstance(one[1], type)]
    named = {name for name, one in every if issubclass(one, exceptions.RequestException)}
    tried = {
        "ChunkedEncodingError", "ConnectTimeout", "ConnectionError", "ContentDecodingError", "InvalidHeader", "InvalidJSONError",
        "InvalidProxyURL", "InvalidSchema", "InvalidURL", "MissingSchema", "ProxyError", "ReadTimeout", "RequestException",
        "RetryError", "SSLError", "Timeout", "TooManyRedirects", "UnrewindableBodyError",
    }  # fmt: skip
    elsewhere = {
        "HTTPError",  # `ProcoreAPIError`
        "JSONDecodeError",  # of `response.json()`, which the caller calls
        "StreamConsumedError",  # of a response that the caller reads twice
        "URLRequired",  # raised nowhere
    }  # fmt: skip
    assert named == tried | elsewhere


def test_a_proxy_that_wants_a_sign_in_answers_a_plain_request_itself(
    make_session: Callable[..., RefreshingSession],
) -> None:
    with scripted(http("407 Proxy Authentication Required")) as (proxy, _):
        session = make_session(api_url="http://127.0.0.1:9", proxies={"http": proxy})
        response = session.get("rest/v1.0/me")
    assert isinstance(response, requests.Response) and response.status_code == 407
