"""What is no answer of a provider."""

from __future__ import annotations

import gzip
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.oauth.token import Token
from procore_jupyter.secret import Secret
from tests.oauth.asking import GOOD, SECRET, SPENT, client_of, refused, says
from tests.oauth.provider import endpoints_of
from tests.oauth.scripted import CERTIFICATES, http, scripted


@pytest.mark.parametrize(
    ("answer", "status", "sent", "message"),
    [
        (http("500 Internal Server Error", b"<h1>Oops</h1>"), 500, True, "isn't working"),
        (http("502 Bad Gateway"), 502, True, "isn't working"),
        (http("503 Unavailable", b'{"error": "invalid_grant"}'), 503, True, "isn't working"),
        (http("429 Too Many Requests", b"slow down"), 429, False, "asks you to wait"),
        (http("400 Bad Request", b"", Content_Type="text/html"), 400, False, "without a reason"),
        (http("403 Forbidden", b"<html>blocked</html>"), 403, False, "without a reason"),
        (http("404 Not Found", b"[]"), 404, False, "LoginURL"),
        (http("200 OK", b"<html>Welcome to HotelNet</html>"), 200, True, "network's sign-in page"),
        (http("200 OK"), 200, True, "not as Procore does"),
        (http("200 OK", GOOD[:40]), 200, True, "not as Procore does"),
        (http("200 OK", b"[1, 2]"), 200, True, "not as Procore does"),
        (http("200 OK", b"NaN"), 200, True, "not as Procore does"),
        (http("200 OK", b'{"access_token": "a", "token_type": "mac"}'), 200, True, "isn't of the type"),
        (http("200 OK", b"[" * 100_000), 200, True, "not as Procore does"),
        (http("200 OK", b'{"expires_in": ' + b"9" * 50_000 + b"}"), 200, True, "missing or damaged"),
        (http("200 OK", b" " * (3 << 20) + GOOD), 200, True, "far too long"),
        (
            http("200 OK", gzip.compress(b'{"x": "' + b" " * (64 << 20)), Content_Encoding="gzip"),
            200,
            True,
            "not as Procore does",
        ),
        (http("400 Bad Request", gzip.compress(b" " * (64 << 20))), 400, False, "without a reason"),
        (http("204 No Content"), 204, True, "not as Procore does"),
    ],
)
def test_what_is_no_answer_of_a_provider_is_told_as_such(
    answer: bytes, status: int, sent: bool, message: str
) -> None:
    with scripted(answer) as (url, _):
        error = refused(client_of(url).refresh, SPENT)
    assert (error.error, error.status, error.sent) == ("unusable_answer", status, sent)
    says(error, message)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_so_the_secret_goes_nowhere_else(demo: DemoProcore, status: int) -> None:
    with scripted(http(f"{status} Elsewhere", Location=f"{demo.url}/oauth/token")) as (url, requests):
        error = refused(client_of(url).refresh, SPENT)
        refused(client_of(url).info, Token.given(Secret("a"), None, 0.0))
    assert error.status == status
    says(error, "another address")
    assert len(requests) == 2
    assert demo.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"rubbish\r\n\r\n",
        http("200 OK", GOOD[:40], Content_Length="500"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n{",
    ],
)
def test_an_answer_that_broke_off_may_have_been_carried_out(answer: bytes) -> None:
    with scripted(answer) as (url, _):
        error = refused(client_of(url).refresh, SPENT)
    assert error.sent
    assert error.error in ("unreachable", "unusable_answer")


def test_a_provider_that_never_answers_is_given_up_after_the_timeout() -> None:
    with scripted(None) as (url, _):
        error = refused(client_of(url, timeout=0.3).refresh, SPENT)
    assert (error.error, error.status, error.sent) == ("unreachable", None, True)
    says(error, r"didn't answer within 0\.3 s")


def test_an_answer_that_drips_is_given_up_after_the_timeout_too() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not over.wait(0.05):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    with listener:
        error = refused(
            client_of(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=0.5).refresh, SPENT
        )
        over.set()
        thread.join(10)
    assert (error.error, error.sent) == ("unreachable", True)


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    error = refused(client_of(url).refresh, SPENT)
    assert (error.error, error.status, error.sent) == ("unreachable", None, False)
    says(error, r"127\.0\.0\.1:\d+ can't be reached: nothing listens.*correct LoginURL")


def test_a_host_that_does_not_exist_is_named() -> None:
    error = refused(client_of("https://login.procore.invalid").refresh, SPENT)
    assert (error.error, error.sent) == ("unreachable", False)
    says(error, r"login\.procore\.invalid can't be found.*ProxyServer")


def test_a_proxy_that_refuses_is_named_without_its_password() -> None:
    with scripted(http("407 Proxy Authentication Required")) as (proxy, requests):
        address = proxy.replace("http://", "http://ann:proxy-password@")
        error = refused(client_of("https://login.procore.invalid", proxies={"https": address}).refresh, SPENT)
    assert requests
    assert b"the-refresh-token" not in requests[0]
    assert not error.sent
    says(error, r"The proxy 127\.0\.0\.1:\d+ refused the connection to login\.procore\.invalid")
    assert "proxy-password" not in str(error)


def test_this_machine_is_asked_through_no_proxy_but_one_of_its_own(demo: DemoProcore) -> None:
    client = OAuthClient(
        endpoints_of(demo.url),
        demo.client_id,
        Secret(demo.client_secret),
        proxies={"http": "http://proxy.invalid:1"},
    )
    assert client.client_credentials()
    with scripted(http("200 OK", GOOD)) as (proxy, requests):
        OAuthClient(endpoints_of(demo.url), "app", SECRET, proxies={"http": proxy}).client_credentials()
    assert requests[0].startswith(f"POST {demo.url}/oauth/token ".encode())


def test_neither_the_environments_proxy_nor_its_netrc_is_read(
    demo: DemoProcore, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    (home / ".netrc").write_text("machine 127.0.0.1 login eve password netrc-password\n")
    monkeypatch.setenv("NETRC", str(home / ".netrc"))
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:1")
    client = OAuthClient(endpoints_of(demo.url), demo.client_id, Secret(demo.client_secret))
    token = client.client_credentials()
    client.info(token)
    assert demo.requests[0].headers.get("authorization") is None
    assert demo.requests[1].headers["authorization"] == f"Bearer {token.access_token.reveal()}"


@pytest.mark.parametrize(
    ("certificate", "trusted", "message"),
    [
        ("future.pem", True, "isn't valid yet: this machine's clock seems to be wrong"),
        ("expired.pem", True, "has expired, or this machine's clock is wrong"),
        ("another_host.pem", True, "a certificate for another host"),
        ("good.pem", False, "isn't trusted here.*SSLServerCert"),
    ],
)
def test_a_bad_certificate_is_told_with_its_likely_reason_and_nothing_is_sent(
    certificate: str, trusted: bool, message: str
) -> None:
    with scripted(http("200 OK", GOOD), certificate=certificate) as (url, requests):
        bundle = str(CERTIFICATES / certificate) if trusted else None
        error = refused(client_of(url, ca_bundle=bundle).refresh, SPENT)
    assert requests == []
    assert (error.error, error.sent) == ("unreachable", False)
    says(error, message)


def test_a_certificate_of_ones_own_is_trusted_when_it_is_given() -> None:
    with scripted(http("200 OK", GOOD), certificate="good.pem") as (url, _):
        assert client_of(url, ca_bundle=str(CERTIFICATES / "good.pem")).refresh(
            SPENT
        ).refresh_token == Secret("r-1")


def test_a_ca_bundle_that_is_not_there_is_told() -> None:
    error = refused(client_of("https://login.procore.invalid", ca_bundle="/not/there.pem").refresh, SPENT)
    says(error, "SSLServerCert")
    assert not error.sent


def test_a_sign_out_page_of_a_network_is_no_revocation() -> None:
    with scripted(http("200 OK", b"<html>Welcome to HotelNet</html>")) as (url, _):
        assert refused(client_of(url).revoke, Token.given(Secret("a"), None, 0.0)).error == "unusable_answer"


def test_token_info_copes_with_fields_of_other_kinds() -> None:
    with scripted(
        http(
            "200 OK",
            b'{"application": 5, "scopes": "x", "expires_in_seconds": "9", "resource_owner_id": "1"}',
        )
    ) as (url, _):
        info = client_of(url).info(Token.given(Secret("a"), None, 0.0))
    assert replace(info) == type(info)(None, None, None, (), None)
