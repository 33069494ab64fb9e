"""A signed-in process that forks: each refresh token is spent once, and nobody waits for what only the parent gets."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from procore_jupyter import Procore
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.login.flow import LoginFlow
from tests.connecting import connect, sign_in, signed_in, text_for, until
from tests.forked import in_child
from tests.oauth.provider import Clock, refreshes

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of forking with threads, which is the point
]

_global: list[Procore] = []


def _ask(number: int) -> int:
    return int(_global[0].get(f"/rest/v1.0/me?n={number}").status_code)


def test_a_pool_of_forked_processes_uses_the_session_of_the_parent(demo: DemoProcore) -> None:
    _global[:] = [signed_in(demo)]
    with multiprocessing.get_context("fork").Pool(3) as pool:
        asked = pool.map_async(_ask, range(30))
        assert [_ask(number) for number in range(10)] == [200] * 10
        assert asked.get(60) == [200] * 30
    assert refreshes(demo) == []


@pytest.mark.parametrize("place", ["", "memory://forked"])
def test_after_its_end_the_token_is_renewed_once_for_parent_and_child(place: str, demo: DemoProcore) -> None:
    """In a file both find the renewed one; memory is the parent's alone, so the child leaves the renewing to it."""
    procore = signed_in(demo, OAuthSettingsLocation=place)
    clock = Clock(demo)
    clock.now += 6000
    source: Any = procore._access._provider  # type: ignore[union-attr]
    for one in (source, source._renewal, source._renewal._client):
        one._clock = clock
    source._memory = None
    said = in_child(lambda: procore.get("/rest/v1.0/me").status_code)
    if place:
        assert said.startswith("LoginRequired") and "can't be renewed" in said
        assert refreshes(demo) == []
    else:
        assert said == 200
    assert procore.get("/rest/v1.0/me").status_code == 200
    assert refreshes(demo) == [200]  # one, and never with a spent one
    assert in_child(lambda: procore.get("/rest/v1.0/me").status_code) == 200


def test_no_library_adds_steps_to_forks_once_a_session_is_made(demo: DemoProcore) -> None:
    """An import that does, in one thread while another forks, ends in a child that hangs: half of the steps are run."""
    access = signed_in(demo)._access
    assert access is not None
    source = f"""
import os, sys
import procore_jupyter
procore = procore_jupyter.connect(
    "LoginURL={demo.url};APIURL={demo.url};InitiateOAuth=OFF;CompanyId=1234;ProjectId=4711;"
    "OAuthAccessToken={access.current().access_token.reveal()}"
)
added, add = [], os.register_at_fork
def told(**steps):
    added.append(sys._getframe(1).f_globals["__name__"])
    add(**steps)
os.register_at_fork = told
for _ in range(3):
    assert procore.me()
    assert procore.table("rfis").to_arrow().num_rows
    procore.forget()
print(added)
"""
    ran = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)
    assert (ran.stdout.splitlines()[-1:], ran.returncode) == (["[]"], 0), ran.stderr


def test_a_child_does_not_wait_for_a_login_that_is_pending_in_the_parent(demo: DemoProcore) -> None:
    flows: list[LoginFlow] = []
    procore = connect(text_for(demo), show=flows.append)

    def ask() -> object:
        began = time.monotonic()
        try:
            return procore.get("/rest/v1.0/me").status_code
        except Exception as error:
            return [type(error).__name__, time.monotonic() - began]

    kind, seconds = in_child(ask)
    assert kind == "LoginRequired" and seconds < 5
    sign_in(flows[0])
    flows[0].wait(20)
    assert procore.get("/rest/v1.0/me").status_code == 200
    assert in_child(ask) == 200


def test_a_child_of_a_parent_whose_login_was_pending_finds_it_once_it_is_stored(demo: DemoProcore) -> None:
    flows: list[LoginFlow] = []
    procore = connect(text_for(demo), show=flows.append)
    read, write = os.pipe()
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.read(read, 1)
            os.write(tell, str(procore.get("/rest/v1.0/me").status_code).encode())
        except BaseException as error:
            os.write(tell, repr(error).encode())
        finally:
            os._exit(0)
    sign_in(flows[0])
    flows[0].wait(20)
    os.write(write, b"x")
    assert os.read(told, 200) == b"200"
    os.waitpid(child, 0)


def test_a_child_of_busy_threads_reads_tables(demo: DemoProcore) -> None:
    import threading

    procore = signed_in(demo)
    procore.use(company=procore.companies()["id"][0].as_py())
    over = threading.Event()
    counts: list[int] = []

    def read() -> None:
        while not over.is_set():
            procore.forget()
            counts.append(len(procore.projects()))

    threads = [threading.Thread(target=read, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    until(lambda: counts)
    work: Callable[[], object] = lambda: len(procore.projects())  # noqa: E731
    assert {in_child(work) for _ in range(5)} == {counts[0]}
    over.set()
    for thread in threads:
        thread.join(20)
    assert len({*counts}) == 1
