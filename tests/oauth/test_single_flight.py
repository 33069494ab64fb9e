from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import traceback

import pytest
import requests

from procore_jupyter.errors import LoginRequired, TokenRequestError
from procore_jupyter.oauth.single_flight import Flight


def test_all_who_wait_get_the_one_result() -> None:
    go, runs = threading.Event(), []

    def work(flight: Flight[int]) -> int:
        runs.append(1)
        go.wait(20)
        return 7

    flight, results = Flight(work).start(), []
    waiting = [threading.Thread(target=lambda: results.append(flight.join())) for _ in range(8)]
    for thread in waiting:
        thread.start()
    assert not flight.over
    go.set()
    for thread in waiting:
        thread.join()
    assert (results, runs) == ([7] * 8, [1])
    assert flight.over


@pytest.mark.parametrize(
    "error",
    [
        LoginRequired("Sign in."),
        TokenRequestError("unreachable", "No network.", 503, sent=True),
        requests.ConnectionError("No network."),
    ],
)
def test_each_who_waits_gets_an_error_of_its_own_with_all_it_carries(error: Exception) -> None:
    def work(flight: Flight[None]) -> None:
        raise error

    flight, caught = Flight(work).start(), []
    for _ in range(3):
        with pytest.raises(type(error), match=str(error)) as one:
            flight.join()
        caught.append(one.value)
    assert len({id(each) for each in caught}) == 3
    assert all({**vars(each)} == {**vars(error)} for each in caught)
    assert len({len(traceback.extract_tb(each.__traceback__)) for each in caught}) == 1


def test_an_interrupt_ends_the_waiting_and_not_the_work() -> None:
    begun, go, done = threading.Event(), threading.Event(), threading.Event()

    def work(flight: Flight[None]) -> None:
        begun.set()
        go.wait(20)
        done.set()

    def interrupt() -> None:
        begun.wait(20)
        signal.raise_signal(signal.SIGINT) if sys.platform == "win32" else signal.pthread_kill(
            main, signal.SIGINT
        )

    main = threading.main_thread().ident or 0
    other = threading.Thread(target=interrupt)
    other.start()
    with pytest.raises(KeyboardInterrupt):
        Flight(work).start().join()
    other.join()
    assert not done.is_set()
    go.set()
    assert done.wait(20)


ENDING = """
import sys, threading, time
from procore_jupyter.oauth.single_flight import Flight
begun = threading.Event()
def work(flight):
    flight.critical = sys.argv[1] == "critical"
    begun.set()
    time.sleep(0.4 if flight.critical else 60)
    print("saved", flush=True)
Flight(work).start()
begun.wait()
"""


def test_a_process_that_ends_waits_for_a_save_and_for_nothing_else() -> None:
    for kind, said in (("critical", b"saved\n"), ("waiting", b"")):
        done = subprocess.run(
            [sys.executable, "-c", ENDING, kind], capture_output=True, timeout=50, check=True
        )
        assert done.stdout.replace(b"\r", b"") == said


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_does_not_wait_for_a_flight_that_it_does_not_have() -> None:
    go = threading.Event()
    flight = Flight(lambda flight: go.wait(20)).start()
    child = os.fork()
    if child == 0:
        os._exit(0 if flight.over else 1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert not flight.over
    go.set()
    assert flight.join()
    assert code == 0
