"""A refresh token that arrived is kept, whatever else is odd in the answer: its predecessor is spent."""

from __future__ import annotations

import gzip
import json
import os
import random
import zlib
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs

import pytest

from procore_jupyter.errors import LoginRequired, TokenRequestError
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.oauth.stores import MemoryStore
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_response import LARGEST_RESPONSE
from procore_jupyter.oauth.token_source import TokenSource
from procore_jupyter.oauth.token_store import TokenKey
from procore_jupyter.secret import Secret
from tests.hostile.counting import share, tried
from tests.oauth.provider import endpoints_of
from tests.session.conftest import Answer, Arrived, Server

SEED = int(os.environ.get("PROCORE_SEED", "20260702"))

#: What a field may be; None takes it out.
FIELDS: dict[str, list[str | None]] = {
    "access_token": [None, "null", '""', "5", "[]", '"a b"', '"caf\\u00e9"', '"\\ud800"', '{"token": "x"}'],
    "token_type": [None, "null", '"mac"', '"DPoP"', "7", '["bearer"]', '" BEARER "'],
    "expires_in": [
        None,
        '"5400"',
        '"soon"',
        "0",
        "-3",
        "true",
        "NaN",
        "Infinity",
        "1e400",
        "9" * 5000,
        "[5400]",
    ],
    "created_at": [None, '"yesterday"', "NaN", "-1", "[]", "9" * 400],
    "scope": ["null", "7", '["a"]', '"a\nb"', '"\\u0000"'],
    "error": ["null", '""', '"none"', "[]", "false"],
}

Change = Callable[[bytes, dict[str, str]], bytes]


def packed(body: bytes, headers: dict[str, str]) -> bytes:
    headers["Content-Encoding"] = "gzip"
    return gzip.compress(body)


def deflated(body: bytes, headers: dict[str, str]) -> bytes:
    headers["Content-Encoding"] = "deflate"
    return zlib.compress(body)


def said_to_be_packed(body: bytes, headers: dict[str, str]) -> bytes:
    headers["Content-Encoding"] = "gzip"
    return body


def packed_and_not_said(body: bytes, headers: dict[str, str]) -> bytes:
    return gzip.compress(body)


#: What happens to a body as a whole.
WHOLE: list[Change] = [
    packed,
    deflated,
    said_to_be_packed,
    packed_and_not_said,
    lambda body, _: b"\xef\xbb\xbf" + body,
    lambda body, _: body.decode().encode("utf-16"),
    lambda body, _: b"\r\n  " + body + b"\n<!-- proxy.example.com -->",
    lambda body, _: body + b" " * (LARGEST_RESPONSE + 1),
    lambda body, _: body[:-1] + b', "name": "\xff\xfe Caf\xe9"}',
    lambda body, _: b'{"data": ' + body + b"}",
    lambda body, _: b"[" + body + b"]",
    lambda body, _: body.replace(b'"refresh_token"', b'"refreshToken"'),
    lambda body, _: body.replace(b'"refresh_token"', b'"Refresh_Token" \n'),
    lambda body, _: body[:-1] + b",}",
    lambda body, _: body[: body.rindex(b'"') + 1],
]


class Provider:
    """A provider whose every refresh token is good for once, and whose answers are odd."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.good, self.spent, self.refused, self.odd = "seed-0", 0, 0, True
        self.told: list[str] = []
        self.server = Server(self.answer)

    def answer(self, request: Arrived) -> Answer:
        sent = parse_qs(request.body.decode())["refresh_token"][0]
        if sent != self.good:
            self.refused += 1
            return Answer(400, b'{"error": "invalid_grant"}')
        self.spent += 1
        self.good = f"refresh-{self.spent}-7f3a"
        fields = {
            "access_token": f'"access-{self.spent}"',
            "token_type": '"bearer"',
            "expires_in": "5400",
            "refresh_token": f'"{self.good}"',
        }
        if not self.odd:
            return Answer(body=self.written(fields))
        chance = self.chance
        for name in chance.sample([*FIELDS], chance.randrange(1, 4)):
            value = chance.choice(FIELDS[name])
            fields.pop(name, None)
            if value is not None:
                fields[name] = value
        items = [*fields.items()]
        chance.shuffle(items)
        headers: dict[str, str] = {"Content-Type": chance.choice(["application/json", "text/html", ""])}
        body = self.written(dict(items))
        change = chance.choice([None, *WHOLE])
        if change is not None:
            body = change(body, headers)
        answer = Answer(
            chance.choice([200, 200, 201, 202, 203, 500]), body, headers, cut=chance.random() < 0.2
        )
        self.told.append(f"{answer.status} {headers} {body[:300]!r}{' (cut)' if answer.cut else ''}")
        return answer

    @staticmethod
    def written(fields: dict[str, str]) -> bytes:
        return ("{" + ", ".join(f'"{name}": {value}' for name, value in fields.items()) + "}").encode(
            errors="surrogatepass"
        )


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider(random.Random(SEED))
    yield made
    made.server.stop()


def source_of(provider: Provider, name: str, **more: object) -> TokenSource:
    client = OAuthClient(endpoints_of(provider.server.url), "app", Secret("secret"), timeout=20)
    key = TokenKey("login", "app", api_host="api")
    return TokenSource(client, MemoryStore(name), key, warn=lambda line: None, **more)  # type: ignore[arg-type]


def test_no_odd_answer_to_a_refresh_loses_the_sign_in(provider: Provider) -> None:
    for case in range(share(3_000)):
        provider.good, provider.told = "seed-0", []
        source = source_of(provider, f"odd-{case}", seed=Secret("seed-0"))
        refused = provider.refused
        provider.odd = True
        token: Token | None = None
        for _ in range(3):
            try:
                token = source.current() if token is None else source.renewed(token)
            except LoginRequired:
                pytest.fail(f"{SEED}, case {case}: {provider.told}")
            except TokenRequestError:
                continue
            else:
                assert token.access_token
        provider.odd = False
        after = source.current() if token is None else source.renewed(token)
        assert after.access_token.reveal() == f"access-{provider.spent}", f"{SEED}: {provider.told}"
        assert provider.refused == refused, f"{SEED}, a spent one was sent: {provider.told}"
        tried("odd answers to refreshes")


def test_no_odd_answer_to_a_first_sign_in_loses_it(provider: Provider) -> None:
    """The code is spent too, and the person has gone through the sign-in once."""
    for case in range(share(500)):
        provider.good, provider.told, provider.odd = "seed-0", [], True
        refused = provider.refused
        source = source_of(provider, f"first-{case}")
        client = OAuthClient(endpoints_of(provider.server.url), "app", Secret("secret"), timeout=20)
        source.adopt(client.refresh(Secret("seed-0")))  # as `exchange`: one way reads both
        provider.odd = False
        try:
            assert source.current().access_token
        except LoginRequired:
            pytest.fail(f"{SEED}: {provider.told}")
        assert provider.refused == refused
        tried("odd answers to sign-ins")


@pytest.mark.parametrize(
    "body",
    [
        b'<html>{"refresh_token": "[FILTERED]"}</html>',
        b'{"request": {"grant_type": "refresh_token", "refresh_token": "%s"}}',
        b'{"access_token": "cut-in-the-mid',
        b'{"refresh_token": "cut-in-the-mid',
        b'{"refresh_token": "with a blank",',
    ],
)
def test_what_is_no_new_refresh_token_is_not_taken_for_one(body: bytes, provider: Provider) -> None:
    """A page that echoes the request, or half a token, must not take the place of a good one."""
    sent: list[str] = []

    def answer(request: Arrived) -> Answer:
        sent.append(parse_qs(request.body.decode())["refresh_token"][0])
        return Answer(body=body.replace(b"%s", sent[-1].encode()))

    provider.server.answer = answer
    source = source_of(provider, f"echo-{len(body)}", seed=Secret("seed-0"))
    for _ in range(2):
        with pytest.raises(TokenRequestError) as caught:
            source.current()
        assert caught.value.error == "unusable_answer"
    assert set(sent) == {"seed-0"}


def test_a_service_account_needs_an_access_token(provider: Provider) -> None:
    provider.server.answer = lambda request: Answer(
        body=json.dumps({"refresh_token": "r-1", "token_type": "bearer"}).encode()
    )
    client = OAuthClient(endpoints_of(provider.server.url), "app", Secret("secret"), timeout=20)
    with pytest.raises(TokenRequestError, match="without a usable token"):
        client.client_credentials()
