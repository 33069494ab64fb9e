"""Errors hold no secret in the local variables of their frames, which crash reporters, rich and pytest draw.

Whoever calls has his secret in no variable of his own here: it stands in the environment, in a file, or as a piece of the
string that is made while it is passed on.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

import procore_jupyter
from procore_jupyter.connection import saved
from procore_jupyter.connection.assemble import How, open_connection
from procore_jupyter.connection.lookup import settings_for, with_answers
from procore_jupyter.errors import ProcoreError, without_locals
from procore_jupyter.files import private
from procore_jupyter.oauth.file_store import FileStore
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import SecretKey, TokenKey
from procore_jupyter.profiles import load
from procore_jupyter.secret import Secret
from procore_jupyter.session.rules import Bearer
from procore_jupyter.settings import kinds, proxies, references
from procore_jupyter.settings.connection_string import ConnectionString, parse
from procore_jupyter.settings.properties import PROPERTIES
from procore_jupyter.settings.resolve import resolve
from tests.hostile.counting import share, tried
from tests.oauth.provider import drawn
from tests.session.conftest import Answer, Arrived, Server

SEED = int(os.environ.get("PROCORE_SEED", "20260704"))
MARK = "5f2e9c"
"""In every secret, and in nothing else."""


def hidden(name: str) -> str:
    return f"hidden-{name}-{MARK}"


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put secrets where a person has them: in the environment, ours and another program's."""
    for name in ("PROCORE_CLIENT_SECRET", "MINE", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, hidden(name.lower()))
    monkeypatch.setenv("PROCORE_CLIENT_ID", "app")


def shows_nothing(work: Callable[[], object], *, fails: bool = True) -> str:
    """Do what fails; return what the error says, once it is known that it and its frames show no secret."""
    caught: Exception | None = None
    try:
        work()
    except (ProcoreError, requests.RequestException, OSError, ValueError) as error:
        caught = error
    if caught is None:
        assert not fails, "it was to fail"
        return ""
    told = drawn(caught)
    at = told.find(MARK)
    assert at < 0, f"{type(caught).__name__}: {caught}\n… {told[max(0, at - 300) : at + 20]}"
    return str(caught)


BAD: dict[str, str] = {
    "choice": "nonsense",
    "count": "many",
    "credential": "a b",
    "environment": "Nonsense",
    "flag": "perhaps",
    "id": "x1",
    "location": "ftp://x",
    "origin": "http://elsewhere.test/path",
    "path": "/not/there.pem",
    "profile": "/not/there.toml",
    "proxy": "socks5://x",
    "seconds": "soon",
    "timestamp": "yesterday",
    "text": "a\tb",
}
TYPED = "OAuthClientId=app;OAuthClientSecret={};ProxyServer=proxy.test;ProxyUser=u;ProxyPassword={}"
NAMED = "OAuthClientId=app;OAuthClientSecret=${MINE}"
TOGETHER = [
    "ProxyServer=proxy.test;ProxyPort=0",
    "ProxyServer=;ProxyPort=1",
    "ProxyServer=http://a.test:1;ProxyPort=2",
    "ProxyUser=u;ProxyServer=",
    "AuthScheme=NONE;OAuthAccessToken=${MINE}",
    "AuthScheme=OAUTH_CLIENT;OAuthRefreshToken=${MINE}",
    "OAuthVerifier=${MINE};OAuthRefreshToken=${MINE}",
    "InitiateOAuth=OFF",
    "InitiateOAuth=REFRESH",
    "CompanyId=${MINE}",
    "CompanyId=${NOT_THERE}",
    "OAuthClientld=x",
    "CallbackURL=your_callback_url",
    "Environment=Nonsense",
    "Profile=Demo",
    "",
]


def strings() -> Iterator[str]:
    """Yield connection strings that fail, each with secrets in it or behind it."""
    typed = TYPED.format(hidden("typed"), hidden("proxy"))
    for base in (NAMED, typed):
        for one in PROPERTIES:
            yield f"{base};{one.name}={BAD[one.kind]}"
            yield f"{one.name}={BAD[one.kind]};{base}"
        for more in TOGETHER:
            yield f"{base};{more}"
    for one in PROPERTIES:
        yield f"{one.name}={hidden('in the wrong place')};"
    chance = random.Random(SEED)
    for _ in range(share(3_000)):  # mistyped anywhere
        at = chance.randrange(len(typed))
        yield typed[:at] + chance.choice(["", "'", '"', "=", ";;", "\n", "\0", "#"]) + typed[at + 1 :]


@pytest.mark.parametrize(
    "ask",
    [
        lambda text: procore_jupyter.connect(text),
        lambda text: procore_jupyter.connect(text, save="mine"),
        lambda text: settings_for(text, lines=True),
        lambda text: resolve(
            text, environ=dict(os.environ), names={"mine": hidden("namespace")}
        ).require_client(),
        lambda text: kinds.check(parse(text)),
        lambda text: open_connection(resolve(text), How(person=False)),
    ],
    ids=["connect", "connect and save", "the cell form", "resolve", "check", "open"],
)
def test_no_error_of_a_connection_string_shows_one(ask: Callable[[str], object]) -> None:
    failed = 0
    for text in strings():
        failed += bool(shows_nothing(partial(ask, text), fails=False))
        tried("connection strings that fail")
    assert failed > 60


def environments() -> Iterator[dict[str, str]]:
    """Yield environments in which connecting fails, with other programs' secrets in them."""
    around = {"AWS_SECRET_ACCESS_KEY": hidden("aws"), "MINE": hidden("mine")}
    yield around
    yield {**around, "PROCORE_CLIENT_ID": "a b"}
    yield {**around, "PROCORE_CLIENT_SECRET": hidden("blank") + " in it"}
    yield {**around, "PROCORE_CLIENT_SECRET": f"'{hidden('quoted')}'"}
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        yield {**around, name: "/not/there.pem"}
        yield {**around, name: hidden("bundle")}
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        for proxy in (
            "socks5h://u:{}@proxy.test:1",
            "http://u:{}@[::",
            "ftp://u:{}@x",
            "http://u:{}@proxy.test:99999",
        ):
            yield {**around, name: proxy.format(hidden("proxy"))}


def test_no_error_of_an_environment_shows_it() -> None:
    for environ in environments():
        for text in (
            "OAuthClientId=app",
            "Profile=Demo",
            "SSLServerCert=/x;ProxyPort=1",
            "Environment=Nonsense",
        ):
            shows_nothing(partial(_client, text, environ), fails=False)
        shows_nothing(partial(proxies.ca_bundle, None, environ), fails=False)
        shows_nothing(partial(proxies.environment_proxies, environ, ["https://a.test"]), fails=False)
        missing = ConnectionString({"CompanyId": "${NOT_THERE}"})
        shows_nothing(partial(references.filled, missing, environ, None))


def _client(text: str, environ: Mapping[str, str]) -> object:
    return resolve(text, environ=environ).require_client()


def test_no_error_of_a_file_shows_what_is_in_it(home: Path, tmp_path: Path) -> None:
    """Sign-ins, a demo's address, a profile: damaged, newer, open to others, not to be written."""
    folder = private.data_folder()
    store = FileStore(folder / "tokens.json")
    key, secret_key = (
        TokenKey("login.procore.com", "app", api_host="api.procore.com"),
        SecretKey("OAuthClientSecret", "h", "app"),
    )
    token = Token(Secret(hidden("access")), Secret(hidden("refresh")), 2e9, 5400, 1e9)
    store.save(key, token)
    store.save_secret(secret_key, Secret(hidden("kept")))
    file = folder / "tokens.json"
    good = file.read_bytes()
    works: list[Callable[[], object]] = [
        lambda: procore_jupyter.connect("OAuthClientId=app;InitiateOAuth=REFRESH"),
        lambda: procore_jupyter.connect("OAuthClientId=app;OAuthClientSecret=${MINE}"),
        lambda: store.load(key),
        lambda: store.save(key, Token(Secret(hidden("new")), None, 1.0, 1.0, 1.0)),
        lambda: store.save_secret(secret_key, Secret(hidden("new"))),
        lambda: saved.secret(None, secret_key),
        lambda: saved.keep_secret(None, secret_key, Secret(hidden("new"))),
        store.sign_ins,
    ]
    for content, mode, folder_mode in [
        (good.replace(b'"version": 2', b'"version": 9'), 0o600, 0o700),
        (good, 0o644, 0o700),
        (good, 0o600, 0o777),
    ]:
        file.write_bytes(content)
        file.chmod(mode)
        folder.chmod(folder_mode)
        for work in works:
            shows_nothing(work)
        folder.chmod(0o700)
        file.chmod(0o600)
    demo = private.runtime_folder() / "demo.json"
    for content in (b"{" + hidden("demo").encode(), json.dumps({"client_secret": hidden("demo")}).encode()):
        private.write_private(demo, content)
        shows_nothing(lambda: load("Demo"))
        shows_nothing(lambda: procore_jupyter.connect("Profile=Demo"))
    wrong = tmp_path / "mine.toml"
    wrong.write_text("title = 1")
    shows_nothing(lambda: procore_jupyter.connect(f"{NAMED};Profile={wrong}"))


@pytest.mark.parametrize("problem", [KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("at", ["json.dumps", "os.replace", "os.fsync"])
def test_not_even_an_interrupt_of_a_save_shows_one(
    problem: type[BaseException], at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(private.data_folder() / "tokens.json")
    key = TokenKey("login.procore.com", "app", api_host="api.procore.com")

    def fail(*arguments: object, **named: object) -> None:
        raise problem

    monkeypatch.setattr(at, fail)
    with pytest.raises(problem) as caught:
        store.save(key, Token(Secret(hidden("access")), Secret(hidden("refresh")), 2e9, 5400, 1e9))
    monkeypatch.undo()
    assert MARK not in drawn(caught.value)


def test_no_error_of_a_session_shows_one(tmp_path: Path) -> None:
    """Each request fails in another way, and sends the token or has just been given it."""

    def answer(request: Arrived) -> Answer:
        if request.path.startswith("/oauth"):
            token = {
                "access_token": hidden("access"),
                "refresh_token": hidden("refresh"),
                "token_type": "bearer",
            }
            return Answer(body=json.dumps(token).encode())
        kind = request.path.rpartition("/")[2]
        if kind.isdecimal():
            return Answer(int(kind), json.dumps({"errors": hidden("echo") * 9}).encode())
        if kind == "loop":
            return Answer(302, headers={"Location": "/loop"})
        return Answer(drop=kind == "drop", cut=kind == "cut", headers={"Content-Encoding": "gzip"})

    server = Server(answer)
    text = f"LoginURL={server.url};APIURL={server.url};CompanyId=1;OAuthClientId=app;OAuthClientSecret=${{MINE}};"
    session = procore_jupyter.connect(
        text + "InitiateOAuth=REFRESH;OAuthRefreshToken=${AWS_SECRET_ACCESS_KEY}"
    )
    session._patience.sleep = lambda seconds: None
    works: list[Callable[[], Any]] = [
        lambda: session.get("/loop"),
        lambda: session.get("/drop"),
        lambda: session.get("/cut"),
        lambda: session.get("/packed"),
        lambda: session.post("/packed"),
        lambda: session.get("/x", verify=False),
        lambda: session.get("/x", timeout=0.0),
        lambda: session.get("nonsense://x"),
        lambda: session.download("/404", tmp_path / "file"),
        lambda: session.download("/cut", tmp_path / "file"),
        lambda: session.get_all("/rest/v1.0/403").to_arrow(),
        lambda: session.table("rfis", project_id=1).to_arrow(),
        session.me,
        session.companies,
    ]
    for work in works:
        shows_nothing(work)
    server.stop()
    for work in works:
        shows_nothing(work)
    shows_nothing(session.logout)
    shows_nothing(lambda: Bearer.of(Token.given(Secret(hidden("line break") + "\n"), None, 0.0)))
    shows_nothing(lambda: procore_jupyter.connect(f"{text}InitiateOAuth=OFF;OAuthAccessToken=${{MINE}}").me())
    settings = settings_for(text)
    shows_nothing(lambda: with_answers(settings, {"OAuthClientSecret": hidden("answer"), "CompanyId": "x"}))


def test_frames_stay_and_say_where_an_error_came_from() -> None:
    """A report of a fault of ours is worth something only with the lines it happened in."""

    @without_locals
    def outer(secret: str) -> int:
        return inner(secret + "!")

    def inner(more: str) -> int:
        try:
            raise KeyError(0)
        except KeyError as error:
            raise ZeroDivisionError from error

    with pytest.raises(ZeroDivisionError) as caught:
        outer(secret=hidden("argument"))
    names = [entry.name for entry in caught.traceback]
    assert names[-3:] == ["call", "outer", "inner"]
    cause = caught.value.__cause__
    assert cause is not None and cause.__traceback__ is not None
    for entry in caught.traceback[1:]:
        assert MARK not in repr(entry.frame.f_locals)
    assert outer.__name__ == "outer"
