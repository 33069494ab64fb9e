"""What the tests of the protocol stand on: a person at the embedded Procore, and kernels that share a store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, cast

import keyring
import pytest

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.oauth.stores import open_store
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_source import TokenSource
from procore_jupyter.oauth.token_store import TokenKey, TokenStore
from procore_jupyter.secret import Secret
from tests.oauth.provider import Clock, code_of, endpoints_of
from tests.oauth.stores import SmallKeyring


@pytest.fixture
def clock(demo: DemoProcore) -> Clock:
    """Give a clock that only moves when it is told to; where a test asks for it, the provider and the client go by it."""
    return Clock(demo)


@pytest.fixture
def client(demo: DemoProcore, request: pytest.FixtureRequest) -> OAuthClient:
    clock: Callable[[], float] = time.time
    if "clock" in request.fixturenames:
        clock = request.getfixturevalue("clock")
    return OAuthClient(
        endpoints_of(demo.url),
        demo.client_id,
        Secret(demo.client_secret),
        timeout=20,
        clock=clock,
        place="production",
    )


@pytest.fixture
def sign_in(demo: DemoProcore, client: OAuthClient) -> Callable[[], Token]:
    """Give a callable that signs a person in and returns the token."""
    return lambda: client.exchange(code_of(demo), redirect_uri="http://localhost", code_verifier=None)


@pytest.fixture
def key(demo: DemoProcore) -> TokenKey:
    return TokenKey("127.0.0.1", demo.client_id)


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return open_store(str(tmp_path / "folder of mine" / "tökens.json"))


class Kernels(Protocol):
    """Makes token sources as kernels would: nothing shared but the store. What they tell a person is in `told`."""

    told: list[str]

    def __call__(
        self,
        *,
        client: OAuthClient = ...,
        store: TokenStore = ...,
        seed: Secret | None = None,
        given: Token | None = None,
        clock: Callable[[], float] = ...,
    ) -> TokenSource: ...


@pytest.fixture
def kernel(client: OAuthClient, store: TokenStore, key: TokenKey) -> Kernels:
    usual = client, store

    def make(
        client: OAuthClient = usual[0],
        store: TokenStore = usual[1],
        seed: Secret | None = None,
        given: Token | None = None,
        clock: Callable[[], float] = time.time,
    ) -> TokenSource:
        return TokenSource(client, store, key, seed=seed, given=given, clock=clock, warn=made.told.append)

    made = cast(Kernels, make)
    made.told = []
    return made


@pytest.fixture
def system_keyring() -> Iterator[SmallKeyring]:
    before, small = keyring.get_keyring(), SmallKeyring()
    keyring.set_keyring(small)
    yield small
    keyring.set_keyring(before)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a folder of mine" / "tökens.json"
