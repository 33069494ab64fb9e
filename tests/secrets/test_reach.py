"""What this package lets out in one process: logs at DEBUG, what draws its objects, crashes, pickles."""

from __future__ import annotations

import contextlib
import copy
import io
import logging
import pickle
import re
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from IPython.lib.pretty import pretty

import procore_jupyter
from procore_jupyter import Procore
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import LoginRequired, ProcoreError
from procore_jupyter.login.flow import LoginFlow
from tests.connecting import connect, free_callback, sign_in, signed_in, text_for
from tests.faults.table import FAULTS, break_down, mend, wait_no_longer_than
from tests.people import sign_in_at
from tests.secrets.reach import leaks

LIBRARIES = [
    "urllib3", "oauthlib", "requests", "requests_oauthlib", "tornado", "ipykernel", "jupyter_server", "filelock",
    "keyring", "asyncio", "concurrent", "http", "charset_normalizer", "platformdirs", "procore_jupyter", "traitlets", "Comm",
]  # fmt: skip


BROWSER = "a person's browser, which is no part of us"


def browse(what: Callable[[], object]) -> Any:
    """Do what a person's browser does, where the log isn't looked at."""
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(what()), name=BROWSER)
    thread.start()
    thread.join(60)
    return found[0]


def get(url: str) -> None:
    with requests.Session() as browser:
        browser.trust_env = False
        browser.get(url, timeout=20)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Give all that anybody logs down to DEBUG: the message, its arguments, the record whole, errors with their locals."""
    text = io.StringIO()

    class All(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.threadName == BROWSER:
                return
            text.write(f"{record.name} {record.getMessage()} {record.args!r} {record.__dict__!r}\n")
            if record.exc_info and record.exc_info[1] is not None:
                drawn = traceback.TracebackException.from_exception(record.exc_info[1], capture_locals=True)
                text.writelines(drawn.format())

    handler, before = All(), {}
    for name in ["", *LIBRARIES]:
        logger = logging.getLogger(name)
        before[name] = logger.level
        logger.setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    yield text
    logging.getLogger().removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def secrets_of(demo: DemoProcore, *links: str) -> dict[str, str]:
    """Return all that the provider was sent or gave out, and the states of these links."""
    found = {demo.client_secret: "client secret"}
    for one in demo.requests:
        for name in ("code", "code_verifier", "refresh_token", "token"):
            if len(one.form.get(name, "")) > 7:
                found[one.form[name]] = name
        bearer = one.headers.get("authorization", "").removeprefix("Bearer ")
        if len(bearer) > 7:
            found[bearer] = "bearer"
    for link in links:
        found[parse_qs(urlsplit(link).query)["state"][0]] = "state"
    return found


def drawn(error: BaseException) -> str:
    """Return what a tool that draws the locals of every frame of every chained error would print, but for this test's own."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    waiting: list[Any] = [told]
    lines: list[str] = []
    while waiting:
        one = waiting.pop()
        if one is None:
            continue
        lines.append(str(one))
        lines += [
            f"{frame.locals}" for frame in one.stack if "/tests/" not in frame.filename.replace("\\", "/")
        ]
        waiting += [one.__cause__, one.__context__]
    return "".join(lines)


def test_a_whole_life_logs_and_draws_nothing_at_debug(
    demo: DemoProcore, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    flows: list[LoginFlow] = []
    shown = ""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        # Denied, then pasted wrongly, then by the listener.
        text = text_for(demo, CallbackURL=free_callback(demo), MaxWait="0")
        denied = connect(text, show=flows.append, via="loopback")
        links = [flows[0].authorize_url]
        browse(lambda: sign_in(flows[0], allow=False))
        with contextlib.suppress(LoginRequired):
            flows[0].wait(20)
        with pytest.raises(LoginRequired) as refused:
            denied.me()
        shown += drawn(refused.value)
        procore = connect(text, show=flows.append, existing=denied)
        links.append(flows[1].authorize_url)
        back = browse(lambda: sign_in_at(flows[1].authorize_url))
        shown += f"{flows[1].paste('http://localhost/?code=not-this-one-9&state=another')}{flows[1].notes}"
        browse(lambda: get(back))
        flows[1].wait(20)
        procore._patience.sleep = lambda seconds: None
        assert procore.me()["name"]
        # Every fault, at every place.
        now = demo.clock
        asks: list[Callable[[], object]]
        for number, fault in enumerate(FAULTS):
            for path in ("/rest/*", "/oauth/token", "/oauth/revoke"):
                demo.clock = lambda number=number: now() + 6000 * (number + 1)  # type: ignore[misc]
                more: dict[str, Any] = {"delay": 1.2, "status": 500} if fault == "silent" else {}
                if more and path == "/oauth/token":
                    continue  # a timeout each for eight requests shows nothing more
                wait_no_longer_than(1.0 if more else 20.0, procore)
                break_down(demo, path, fault, **more)
                asks = [
                    procore.me,
                    lambda: procore.get("/rest/v1.0/me"),
                    procore.logout,
                ]
                for ask in asks:
                    if ask == procore.logout and fault == "slow":
                        continue
                    if ask == procore.logout and path != "/oauth/revoke":
                        continue
                    try:
                        ask()
                    except Exception as error:
                        shown += drawn(error) + "".join(leaks(error, secrets_of(demo, *links)))
                mend(demo)
        shown += f"{procore.status()!r}"
        assert procore.me()["name"]
        wait_no_longer_than(20.0, procore)
        demo.stop()  # the request is in the frames of what could not connect
        client = procore._access._provider._renewal._client  # type: ignore[union-attr]
        token = procore._access.current()  # type: ignore[union-attr]
        asks = [procore.me, procore.logout, lambda: client.refresh(token.refresh_token)]
        for ask in asks:
            with pytest.raises((requests.ConnectionError, ProcoreError)) as gone:
                ask()
            shown += drawn(gone.value) + "".join(leaks(gone.value, secrets_of(demo, *links)))
        demo.start()
        procore.logout()
    secrets = secrets_of(demo, *links)
    assert {*secrets.values()} >= {
        "client secret",
        "code",
        "code_verifier",
        "refresh_token",
        "bearer",
        "state",
    }
    printed = capfd.readouterr()
    text = log.getvalue()
    assert "urllib3" in text and "filelock" in text
    places = {
        "log": text,
        "errors": shown,
        "stdout": printed.out,
        "stderr": printed.err,
        "warnings": "".join(f"{one.message}{one.line}" for one in told),
    }
    for where, content in places.items():
        for secret, what in secrets.items():
            at = content.find(secret)
            assert at < 0, (where, what, content[max(0, at - 300) : at])


def test_nothing_that_a_session_leads_to_draws_a_secret(demo: DemoProcore) -> None:
    flows: list[LoginFlow] = []
    demo.add_redirect_uri(callback := free_callback(demo))
    procore = connect(text_for(demo, CallbackURL=callback), show=flows.append)
    link = flows[0].authorize_url
    # Pending: the link and its state are what a person is shown. The verifier and the ticket aren't.
    known = [demo.client_secret]
    assert leaks(procore, known) == []
    assert parse_qs(urlsplit(link).query)["state"][0] not in repr(procore) + repr(flows[0]) + pretty(procore)
    sign_in(flows[0])
    flows[0].wait(20)
    assert procore.me()["name"]
    response = procore.get("/rest/v1.0/me")
    missing = procore.get("/no/such")
    error: BaseException | None = None
    try:
        procore.projects()
    except ProcoreError as caught:
        error = caught
    secrets = [*secrets_of(demo, link)]
    things: dict[str, object] = {
        "session": procore,
        "settings": procore.settings,
        "status": procore.status(),
        "me": procore.me(),
        "companies": procore.companies(),
        "sign-in": procore.login_flow,
        "response": response,
        "404": missing,
        "error": error or ValueError("none"),
    }
    for name, thing in things.items():
        assert leaks(thing, secrets) == [], name
        for text in (pretty(thing), pretty(getattr(thing, "__dict__", {})), repr(dir(thing))):
            assert not any(secret in text for secret in secrets), name
        for how in ("_repr_html_", "_repr_mimebundle_", "_repr_pretty_", "_repr_json_"):
            method = getattr(thing, how, None)
            if callable(method) and how != "_repr_pretty_":
                assert not any(secret in str(method()) for secret in secrets), (name, how)
        # An inspector of variables: every attribute, its type, size, length and text.
        for attribute in dir(thing):
            if attribute.startswith("__"):
                continue
            seen = ""
            with contextlib.suppress(Exception):
                value = getattr(thing, attribute)
                seen = f"{attribute} {type(value)} {value!r} {sys.getsizeof(value)}"
            assert not any(secret in seen for secret in secrets), (name, attribute)
        for write in (
            pickle.dumps,
            copy.copy,
            copy.deepcopy,
            lambda one: __import__("json").dumps(one, default=vars),
        ):
            with contextlib.suppress(Exception):
                content = write(thing)
                written = content if isinstance(content, bytes) else repr(content).encode()
                found = [one for one in secrets if one.encode() in written]
                assert found == [], (name, write)
    procore.logout()
    assert leaks(procore, secrets) == []
    assert leaks(procore.login_flow, secrets) == []


def test_a_proxys_password_is_drawn_nowhere(demo: DemoProcore) -> None:
    """urllib3 keeps its own copy, in its pools of connections: they are passed over, and the docs say so."""
    password, basic = "hunter2-7w0rd", "bWU6aHVudGVyMi03dzByZA=="
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HTTPS_PROXY", f"http://me:{password}@127.0.0.1:9")
        sessions = [
            connect("AuthScheme=NONE;MaxWait=0;Timeout=1"),
            connect(
                f"AuthScheme=NONE;MaxWait=0;Timeout=1;ProxyServer=http://127.0.0.1:9;ProxyUser=me;ProxyPassword={password}"
            ),
        ]
    for procore in sessions:
        procore._patience.sleep = lambda seconds: None
        with pytest.raises(requests.exceptions.ProxyError) as caught:
            procore.get("/rest/v1.0/me")
        said = str(caught.value)
        assert "The proxy 127.0.0.1:9 can't be reached" in said
        for thing in (procore, procore.settings, caught.value, caught.value.request):
            assert leaks(thing, [password, basic], passed_over=["proxy_manager", "conn", "pool"]) == []
        assert password not in f"{procore.proxies} {procore.settings.proxies} {pretty(vars(procore))}"
        assert any(
            password == urlsplit(one).password for one in procore.proxies.values()
        )  # it is used all the same


def test_a_proxy_is_told_its_password_all_the_same(demo: DemoProcore) -> None:
    from tests.hostile.test_redirects import Listener

    proxy = Listener("127.0.0.1")
    try:
        properties = f"ProxyServer=http://127.0.0.1:{proxy.port};ProxyUser=me;ProxyPassword=hunter2-7w0rd;MaxWait=0;Timeout=5"
        procore = connect(f"AuthScheme=NONE;{properties}")
        procore._patience.sleep = lambda seconds: None
        procore.get("http://other.test/a")
        with pytest.raises(requests.RequestException):
            procore.get("/rest/v1.0/me")
        with pytest.raises(ProcoreError):
            connect(
                f"OAuthClientId=a;OAuthClientSecret=b;OAuthVerifier=c;InitiateOAuth=REFRESH;{properties}",
                person=False,
            )
    finally:
        proxy.close()
    asked = [one.split(b"\r\n")[0].split(b" ")[:2] for one in proxy.arrived]
    assert [b"GET", b"http://other.test/a"] in asked
    assert [b"CONNECT", b"api.procore.com:443"] in asked
    assert [b"CONNECT", b"login.procore.com:443"] in asked
    for one in proxy.arrived:
        assert one.count(b"Proxy-Authorization: Basic bWU6aHVudGVyMi03dzByZA==") == 1


def test_a_redirect_through_a_proxy_keeps_its_password_out_of_the_request() -> None:
    from tests.hostile.test_redirects import Recorder

    recorder = Recorder()
    procore = connect(
        "AuthScheme=NONE;ProxyServer=http://127.0.0.1:9;ProxyUser=me;ProxyPassword=hunter2-7w0rd"
    )
    for prefix in ("https://", "http://"):
        procore.mount(prefix, recorder)
    recorder.answers = [{"Location": "http://other.test/a"}, {"Location": "http://third.test/b"}]
    response = procore.get("/first")
    assert [urlsplit(url).hostname for _, url, _ in recorder.sent] == [
        "api.procore.com",
        "other.test",
        "third.test",
    ]
    for _, _, headers in recorder.sent:
        assert "proxy-authorization" not in headers
    assert (
        leaks(
            response,
            ["bWU6aHVudGVyMi03dzByZA==", "hunter2-7w0rd"],
            passed_over=["proxy_manager", "connection"],
        )
        == []
    )


CRASH = """
import faulthandler, sys, threading
faulthandler.enable()
import logging
logging.basicConfig(level=logging.DEBUG)
from procore_jupyter import connect
procore = connect(sys.argv[1])
print(procore, procore.settings, procore.status())
procore.get("/no/such")
def fail():
    procore.settings.client_secret + 1
thread = threading.Thread(target=fail)
thread.start()
thread.join()
faulthandler.dump_traceback(all_threads=True)
try:
    connect(sys.argv[1] + ";InitiateOAuth=OFF;Nonsense=" + "x" * 3)
except Exception as error:
    print(repr(error))
try:
    procore.get("http://127.0.0.1:9/", timeout=1)
except Exception as error:
    if len(sys.argv) > 2:
        import os
        os.abort()
    raise RuntimeError("mine") from error
"""


@pytest.mark.parametrize("abort", [False, True])
def test_a_script_that_crashes_prints_no_secret(abort: bool, demo: DemoProcore, home: object) -> None:
    session = signed_in(demo)
    assert session.me()["name"]
    ran = subprocess.run(
        [
            sys.executable,
            "-X",
            "dev",
            "-W",
            "always",
            "-c",
            CRASH,
            text_for(demo),
            *(["abort"] if abort else []),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = ran.stdout + ran.stderr
    assert ran.returncode != 0
    assert ("RuntimeError: mine" in said) is not abort
    assert "TypeError" in said and "DEBUG:urllib3" in said and "most recent call first" in said
    for secret, what in secrets_of(demo).items():
        assert secret not in said, what


def test_public_names_hold_no_secret_after_a_sign_in(demo: DemoProcore) -> None:
    procore = signed_in(demo)
    secrets = [*secrets_of(demo)]
    for name in dir(procore_jupyter):
        value = getattr(procore_jupyter, name)
        assert not any(secret in repr(value) for secret in secrets), name
    for name, module in [*sys.modules.items()]:
        if name.startswith("procore_jupyter") and not name.startswith("procore_jupyter.demo"):
            for attribute, value in vars(module).items():
                if not isinstance(value, type):
                    assert not any(secret in repr(value) for secret in secrets), (name, attribute)
    assert isinstance(procore, Procore)
    assert threading.current_thread() is threading.main_thread()


def test_the_walker_would_notice() -> None:
    class Holder:
        def __init__(self) -> None:
            self.inside: dict[str, list[object]] = {"a": [1, lambda: None]}

        def __repr__(self) -> str:
            return "<fine>"

    holder = Holder()
    assert leaks(holder, ["zq-secret"]) == []
    holder.inside["a"].append(("zq-secret",))
    assert len(leaks(holder, ["zq-secret"])) >= 2
    assert re.search("Holder|dict|list|tuple|str", str(leaks(holder, ["zq-secret"])))
