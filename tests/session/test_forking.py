"""A process that forks has sessions that work in parent and child: no connection, lock or lease is shared."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from procore_jupyter.session.limits.ledger import LedgerFile
from procore_jupyter.session.limits.rate_limit import Pace
from procore_jupyter.session.refreshing import RefreshingSession
from tests.forked import in_child
from tests.hostile.counting import share, tried
from tests.oauth.scripted import CERTIFICATES
from tests.session.conftest import Answer, Arrived, Server, Tokens

SEED = int(os.environ.get("PROCORE_SEED", "20260703"))

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")


def echo(request: Arrived) -> Answer:
    time.sleep(0.002)
    headers = {
        "X-Rate-Limit-Limit": "36000",
        "X-Rate-Limit-Remaining": "30000",
        "X-Rate-Limit-Reset": str(int(time.time()) + 600),
    }
    return Answer(body=json.dumps({"path": request.path}).encode(), headers=headers)


def storm(home: Path, url: str, ca_bundle: str, forks: int) -> list[str]:
    """Return what went wrong in a process that forks while its threads are at work."""
    command = [sys.executable, "-m", "tests.session.forking", url, ca_bundle, str(forks), str(SEED)]
    ran = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "HOME": str(home)},
    )
    assert ran.returncode == 0, ran.stderr
    told: list[str] = json.loads(ran.stdout)
    return [*told, *([ran.stderr] if told else [])]


def test_each_process_gets_its_own_answers(servers: Callable[..., Server], home: Path) -> None:
    forks = share(200)
    assert storm(home, servers(echo).url, "", forks) == [], SEED
    tried("forks", forks)


def test_each_process_gets_its_own_answers_over_tls(servers: Callable[..., Server], home: Path) -> None:
    server = servers(echo)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "good.pem")
    server._http.socket = context.wrap_socket(server._http.socket, server_side=True)
    forks = share(100)
    url = server.url.replace("http:", "https:")
    assert storm(home, url, str(CERTIFICATES / "good.pem"), forks) == [], SEED
    tried("forks over TLS", forks)


@pytest.fixture
def other_thread() -> Iterator[Callable[[object], None]]:
    """Give a function that has another thread hold a lock until the test ends."""
    over, threads = threading.Event(), []

    def hold(lock: object) -> None:
        held = threading.Event()

        def run() -> None:
            with lock:  # type: ignore[attr-defined]
                held.set()
                over.wait(60)

        threads.append(threading.Thread(target=run, daemon=True))
        threads[-1].start()
        assert held.wait(10)

    yield hold
    over.set()
    for thread in threads:
        thread.join(10)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_waits_for_no_lock_that_another_thread_of_the_parent_holds(
    api: Server,
    make_session: Callable[..., RefreshingSession],
    other_thread: Callable[[object], None],
    tmp_path: Path,
) -> None:
    pace = Pace(tmp_path / "pace.json")
    session = make_session(pace=pace)
    api.answer = echo
    session.get("/echo/warm")
    for lock in (pace._lock, pace.waits_told._lock, session.cookies._cookies_lock):  # type: ignore[attr-defined]
        other_thread(lock)
    made = session.get_adapter(api.url).poolmanager  # type: ignore[attr-defined]
    other_thread(made.pools.lock)
    assert in_child(lambda: session.get("/echo/child").json()) == {"path": "/echo/child"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_a_child_gets_it_took_from_the_account_and_not_from_the_parent(
    api: Server, make_session: Callable[..., RefreshingSession], tmp_path: Path
) -> None:
    """A lease of the parent's is spent by the parent alone; a child, which may end without a word, takes one at a time."""
    path = tmp_path / "pace.json"
    api.answer = echo
    session = make_session(pace=Pace(path))
    for _ in range(3):
        session.get("/echo/warm")

    def taken() -> int:
        ledger = LedgerFile(path)
        ledger.change(lambda _: None)
        return sum(window.taken for window in ledger.last.windows.values())

    lease = session._pace._lease.count
    assert lease > 10
    before = taken()
    for number in range(5):
        assert in_child(lambda: [session.get("/echo/a").status_code for _ in range(2)]) == [200, 200]
        assert taken() == before + 2 * (number + 1)
    assert session._pace._lease.count == lease


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_adapter_of_ones_own_is_begun_anew_as_it_was_made(
    api: Server, session: RefreshingSession, tokens: Tokens
) -> None:
    import requests

    class Own(requests.adapters.HTTPAdapter):
        """Makes its pools in its own way."""

        def init_poolmanager(self, *args: object, **kwargs: object) -> None:
            super().init_poolmanager(*args, **{**kwargs, "source_address": ("127.0.0.1", 0)})  # type: ignore[arg-type]

    own = Own(pool_connections=3)
    own.mine = "kept"  # type: ignore[attr-defined]
    session.mount(api.url, own)
    api.answer = echo
    session.get("/echo/warm")
    before = own.poolmanager

    def look() -> list[object]:
        after = own.poolmanager
        answer = session.get("/echo/child").json()["path"]
        return [after is before, after.connection_pool_kw["source_address"], own.mine, answer]  # type: ignore[attr-defined]

    assert in_child(look) == [False, ["127.0.0.1", 0], "kept", "/echo/child"]
    assert own.poolmanager is before
