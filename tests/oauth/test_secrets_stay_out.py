"""No secret is in an error, in what a tool draws of one, or in a log, whatever happens."""

from __future__ import annotations

import http.client
import io
import logging
import pickle
from collections.abc import Callable, Iterator

import pytest

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import LoginRequired, ProcoreError
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import TokenKey, TokenStore
from procore_jupyter.secret import Secret
from tests.oauth.conftest import Kernels
from tests.oauth.provider import code_of, drawn, endpoints_of
from tests.oauth.scripted import http as answer
from tests.oauth.scripted import scripted

CODE, VERIFIER, CLIENT_SECRET, REFRESH, ACCESS = (
    Secret(f"plain-{name}-8d1f") for name in ("code", "verifier", "secret", "refresh", "access")
)
LEAK = "8d1f"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Give all that any library logs, down to DEBUG."""
    text = io.StringIO()
    handler, root = logging.StreamHandler(text), logging.getLogger()
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s"))
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    root.setLevel(before)


CALLS: list[Callable[[OAuthClient], object]] = [
    lambda client: client.exchange(CODE, redirect_uri="http://localhost", code_verifier=VERIFIER),
    lambda client: client.refresh(REFRESH),
    lambda client: client.client_credentials(),
    lambda client: client.revoke(Token.given(ACCESS, REFRESH, 0.0)),
    lambda client: client.info(Token.given(ACCESS, REFRESH, 0.0)),
]
ECHO = (
    b'{"error": "plain-echo-8d1f", "error_description": "plain-echo-8d1f", "access_token": "plain-new-8d1f"}'
)
ANSWERS = {
    "refused": answer("400 Bad Request", ECHO),
    "refused with a new token": answer(
        "401 Unauthorized", b'{"error": "invalid_grant", "refresh_token": "plain-new-8d1f"}'
    ),
    "out of order": answer("500 Oops", ECHO),
    "redirect": answer("302 Found", ECHO, Location="http://127.0.0.1:1/?plain-echo-8d1f"),
    "half": answer("200 OK", b'{"access_token": "plain-new-8d1f", "refresh_tok'),
    "of another kind": answer(
        "200 OK", b'{"access_token": ["plain-new-8d1f"], "refresh_token": 5, "token_type": "bearer"}'
    ),
    "not ours": answer(
        "200 OK",
        b'{"access_token": "plain-new-8d1f", "secret": "plain-new-8d1f", "token_type": "mac"}',
    ),
    "broken off": b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + b'{"access_token": "plain-new-8d1f"',
    "closed": b"",
    "never": None,
}


@pytest.mark.parametrize("case", ANSWERS)
def test_no_failed_request_shows_a_secret(case: str, log: io.StringIO) -> None:
    with scripted(ANSWERS[case]) as (url, requests):
        client = OAuthClient(endpoints_of(url), "app", CLIENT_SECRET, timeout=0.3)
        errors = []
        for call in CALLS:
            try:
                call(client)
            except ProcoreError as error:
                errors.append(error)
    assert len(errors) >= 3
    assert all(error.__cause__ is error.__context__ is None for error in errors)
    assert not any(LEAK in drawn(error) for error in errors)
    assert b"8d1f" in b"".join(requests)  # they had been sent
    assert log.getvalue().count("urllib3") >= len(CALLS)
    assert LEAK not in log.getvalue()


def test_no_error_within_another_error_shows_a_secret() -> None:
    client = OAuthClient(endpoints_of("http://127.0.0.1:1"), "app", CLIENT_SECRET, timeout=0.3)
    try:
        raise RuntimeError("something else was wrong before")
    except RuntimeError:
        for call in CALLS:
            with pytest.raises(ProcoreError) as caught:
                call(client)
            assert LEAK not in drawn(caught.value)


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), MemoryError(), RuntimeError("odd")])
def test_not_even_an_interrupt_or_a_bug_in_a_library_shows_a_secret(
    problem: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object, *arguments: object, **options: object) -> None:
        raise problem

    monkeypatch.setattr(http.client.HTTPConnection, "endheaders", fail)
    client = OAuthClient(endpoints_of("http://127.0.0.1:1"), "app", CLIENT_SECRET)
    for call in CALLS:
        with pytest.raises(type(problem)) as caught:
            call(client)
        assert LEAK not in drawn(caught.value)


def test_a_whole_life_of_a_sign_in_logs_no_secret(
    kernel: Kernels, demo: DemoProcore, client: OAuthClient, log: io.StringIO, store: TokenStore
) -> None:
    code = code_of(demo)
    token = client.exchange(code, redirect_uri="http://localhost", code_verifier=None)
    source = kernel()
    source.adopt(token)
    newer = source.renewed(token)
    client.info(newer)
    errors: list[BaseException] = []
    for act in (source.sign_out, source.current, lambda: client.refresh(Secret("plain-refresh-8d1f"))):
        try:
            act()
        except ProcoreError as error:
            errors.append(error)
    assert len(errors) == 2
    secrets = [code, Secret(demo.client_secret), Secret("plain-refresh-8d1f")]
    secrets += [
        each for one in (token, newer) for each in (one.access_token, one.refresh_token) if each is not None
    ]
    everything = (
        log.getvalue() + "".join(drawn(error) for error in errors) + repr(vars(source)) + repr(vars(client))
    )
    assert "/oauth/token" in everything
    for secret in secrets:
        assert secret.reveal() not in everything


def test_a_source_whose_sign_in_is_dead_shows_none_of_it(
    kernel: Kernels, sign_in: Callable[[], Token], demo: DemoProcore
) -> None:
    token = sign_in()
    source = kernel(seed=token.refresh_token)
    demo.oauth.revoke_all()
    for _ in range(2):
        with pytest.raises(LoginRequired) as caught:
            source.current()
        shown = drawn(caught.value)
        assert token.refresh_token is not None
        for secret in (token.access_token, token.refresh_token, Secret(demo.client_secret)):
            assert secret.reveal() not in shown


def test_neither_a_token_nor_a_source_nor_a_client_can_be_pickled(
    kernel: Kernels, client: OAuthClient, sign_in: Callable[[], Token], key: TokenKey
) -> None:
    token, source = sign_in(), kernel()
    for one in (token, client, source):
        with pytest.raises(TypeError):
            pickle.dumps(one)
    assert pickle.loads(pickle.dumps(key)) == key
