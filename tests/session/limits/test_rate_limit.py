"""The server refuses nothing that its headers could foretell, and no window is left unused. Time is virtual."""

from __future__ import annotations

import email.utils
import errno
import json
import os
import random
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from procore_jupyter.session.api_errors import RateLimited
from procore_jupyter.session.limits import ledger as ledgers
from procore_jupyter.session.limits.ledger import Lease, Ledger, LedgerFile, Window
from procore_jupyter.session.limits.limit_headers import WindowReport, asked_wait
from procore_jupyter.session.limits.rate_limit import (
    SAME_WAIT,
    SHORTEST_WAIT,
    SILENT,
    Pace,
    ServerClock,
    WaitsTold,
)
from procore_jupyter.session.refreshing import RefreshingSession
from procore_jupyter.session.scope import in_haste
from tests.session.conftest import Answer, Server, Waits
from tests.session.limited import START, Clock, Counted, Kernels, LimitedServer, even, uneven
from tests.soak import SOAK, in_a_soak

SEED = int(os.environ.get("PROCORE_SEED", "0"))
NOW = 1_800_000_000.0
LATENCIES = (even, lambda mean: uneven(mean, SEED))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


def storm(
    path: Path | None,
    *counted: Counted,
    kernels: int = 1,
    requests: int = 100,
    latency: Callable[[], float] | None = None,
    ahead: float = 0.0,
    stagger: float = 0.0,
    small: bool = False,
    silent: bool = False,
) -> tuple[LimitedServer, float]:
    """Let kernels make requests as fast as they may; return the server, and the seconds that it took."""
    clock = Clock()
    server = LimitedServer(clock, [*counted], ahead=ahead, small=small, silent=silent)
    storm = Kernels(server, clock, path, latency or even(0.1))
    for number in range(kernels):
        storm.add(requests // kernels, begins=number * stagger)
    took = storm.run()
    assert storm.done == requests // kernels * kernels
    return server, took


def after_the_first_window(server: LimitedServer) -> list[float]:
    """Return the refusals after the first window, in which kernels that begin together can't know of each other."""
    known = next(time for time, status in server.answers if status == 200) + 12
    return [time for time in server.refused if time > known]


def spike(kind: str = "first") -> Counted:
    return Counted(25, 10, kind)


def hour() -> Counted:
    return Counted(600, 3600)


@pytest.mark.parametrize("ahead", [0.0, 0.6, -3600.4, 7000.0])
@pytest.mark.parametrize("latency", [0.002, 0.1, 1.0])
@pytest.mark.parametrize("kernels", [1, 4])
@pytest.mark.parametrize("kind", ["first", "grid"])
def test_nothing_is_refused_and_each_window_is_used(
    kind: str, kernels: int, latency: float, ahead: float, folder: Path
) -> None:
    server, took = storm(
        folder / "pace.json", spike(kind), hour(), kernels=kernels, latency=even(latency), ahead=ahead
    )
    assert server.refused == []
    # At best three windows end, of up to eleven seconds each, and 25 more requests, four (or sixteen) at a time, follow.
    best = 3 * 11 + 25 * latency / (4 * kernels)
    assert took <= best * 1.1 + 4


@pytest.mark.parametrize("kernels", [1, 2, 4])
def test_answers_that_overtake_one_another_cost_no_request(kernels: int, folder: Path) -> None:
    for case in range(40 if SOAK else 4):
        latency = uneven(0.05, SEED + case)
        path = folder / f"{case}.json"
        server, took = storm(path, spike(), hour(), kernels=kernels, latency=latency, stagger=0.3)
        assert after_the_first_window(server) == [], f"seed {SEED}, case {case}"
        assert took <= 33 * 1.1 + 4, f"seed {SEED}, case {case}"


def test_kernels_of_any_number_size_and_start_are_never_refused(folder: Path) -> None:
    for case in range(200 if SOAK else 20):
        chance = random.Random(f"{SEED}/{case}")
        limit = chance.choice((10, 25, 100))
        server, _ = storm(
            folder / f"{case}.json",
            Counted(limit, chance.choice((5, 10)), chance.choice(("first", "grid"))),
            Counted(chance.choice((150, 600, 3600)), 3600),
            kernels=chance.randrange(1, 7),
            requests=chance.choice((60, 140)),
            latency=LATENCIES[chance.randrange(2)](chance.choice((0.002, 0.05, 0.4))),
            ahead=chance.uniform(-5000, 5000),
            stagger=chance.choice((0.0, 0.7, 5.0)),
        )
        assert after_the_first_window(server) == [], f"seed {SEED}, case {case}"


@in_a_soak
def test_the_hours_window_holds_too(folder: Path) -> None:
    server, took = storm(folder / "pace.json", Counted(100, 10), Counted(150, 3600), requests=200, kernels=2)
    assert server.refused == []
    assert 3600 < took < 3700


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("slowest", [0.002, 0.1, 0.4])
@pytest.mark.parametrize("kernels", [1, 4])
@pytest.mark.parametrize(
    ("limit", "length", "kind"), [(25, 60, "sliding"), (100, 60, "sliding"), (25, 10, "first")]
)
def test_all_that_a_limit_takes_is_used_and_no_more(
    limit: int, length: int, kind: str, kernels: int, slowest: float, small: bool, folder: Path
) -> None:
    """Whether a window begins anew at once or each request stops to count by itself, which no header tells."""
    server, took = storm(
        folder / "pace.json",
        Counted(limit, length, kind),
        hour(),
        kernels=kernels,
        requests=4 * limit,
        latency=uneven(slowest / 8, SEED) if slowest > 0.1 else even(slowest),
        ahead=random.Random(f"{limit}/{kernels}/{slowest}").choice((0.0, 0.6, -3600.4)),
        small=small,
    )
    assert server.refused == []
    # A small reset has each answer tell the end a second later or earlier.
    assert took <= 3 * (1.1 * length + slowest + small) + 1


def test_until_an_answer_has_told_the_limit_one_request_is_under_way(folder: Path) -> None:
    """Of all threads and kernels; and where no answer tells it, of each kernel's threads for the first three."""
    server, _ = storm(folder / "pace.json", spike(), requests=1, latency=even(0.5))
    assert server.most_under_way == 1
    for kernels in (1, 4):
        path = folder / f"{kernels}.json"
        few = kernels * SILENT
        server, _ = storm(
            path, Counted(10**6, 10), kernels=kernels, requests=few, latency=even(0.5), silent=True
        )
        assert server.most_under_way <= kernels
        path.unlink()
        server, _ = storm(path, Counted(10**6, 10), kernels=kernels, latency=even(0.5), silent=True)
        assert server.most_under_way > kernels
    clock = Clock()
    server = LimitedServer(clock, [spike()])
    first, second = Pace(path, clock=lambda: clock.now), Pace(path, clock=lambda: clock.now)
    assert [first.claim() > 0, second.claim() > 0, first.claim() > 0] == [False, True, True]
    status, headers = server.answer()
    first.answered(status, headers, clock.now)
    clock.now += 0.1
    assert second.claim() == 0


@pytest.mark.parametrize("reset", [0, 3, 59, 3599])
def test_a_small_reset_is_seconds_from_now(reset: int) -> None:
    pace = Pace(clock=lambda: NOW)
    assert pace.claim() == 0
    pace.answered(200, limits(0, reset), NOW)
    assert pace.claim() == pytest.approx(max(reset, SHORTEST_WAIT)) if reset else pace.claim() == 0
    assert asked_wait(429, limits(0, reset), NOW) == reset


def test_without_a_file_a_kernel_keeps_its_own_pace() -> None:
    server, took = storm(None, spike(), hour())
    assert server.refused == [] and took < 38


def test_the_file_is_not_opened_for_every_request(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    change = LedgerFile.change

    def counted(self: LedgerFile, act: Callable[[Ledger], Any]) -> Any:
        opened.append(1)
        return change(self, act)

    monkeypatch.setattr(LedgerFile, "change", counted)
    storm(folder / "pace.json", Counted(100, 10), Counted(3600, 3600), requests=1000)
    assert len(opened) < 1000 / 3  # a third of them looks, while nothing is left, for what others give back


def test_a_server_that_tells_of_no_limits_costs_no_file_once_it_has_answered(folder: Path) -> None:
    pace = Pace(folder / "pace.json", clock=lambda: NOW)
    for number in range(100):
        assert pace.claim() == 0
        pace.answered(200, {"Date": email.utils.formatdate(NOW, usegmt=True)}, NOW)
        if number == 0:
            (folder / "pace.json").unlink()  # where kernels that begin look for each other
    assert not (folder / "pace.json").exists()


# The server's clock


def test_the_servers_clock_is_narrowed_down_from_whole_seconds_and_never_thought_ahead() -> None:
    for case in range(200):
        chance = random.Random(case)
        ahead, clock, now = chance.uniform(-10_000, 10_000), ServerClock(), NOW + chance.random()
        for _ in range(60):
            sent = now
            answered = now + chance.random() * 0.05
            received = answered + chance.random() * 0.05
            clock.heard(float(int(answered + ahead)), sent, received)
            now = received + chance.random() * 0.3
            assert clock.early(now) <= now + ahead + 1e-6
        assert now + ahead - clock.early(now) < 0.3


def test_a_clock_that_is_set_is_noticed() -> None:
    clock = ServerClock()
    clock.heard(NOW, NOW, NOW)
    clock.heard(NOW - 3600, NOW + 1, NOW + 1)
    assert clock.early(NOW + 2) == pytest.approx(NOW - 3600 + 1)


@pytest.mark.parametrize("off", [-20 * 365 * 86400, -7200, 7200, 20 * 365 * 86400])
@pytest.mark.parametrize(
    ("status", "again"), [(429, {"Retry-After": "30"}), (503, {"Retry-After": "30"}), (429, {})]
)
def test_a_date_that_is_wrong_once_holds_nobody_back_for_long(
    off: int, status: int, again: dict[str, str], folder: Path
) -> None:
    """A proxy in between refuses one request, and its clock is years off."""
    now = NOW
    paces = [Pace(folder / "pace.json", clock=lambda: now) for _ in range(2)]
    for pace in paces:
        assert pace.claim() == 0
        pace.answered(200, limits(20, now + 9), now)
    assert paces[0].claim() == 0
    wrong = limits(20, now + off + 9) | {"Date": email.utils.formatdate(now + off, usegmt=True)}
    paces[0].answered(status, {**wrong, **again}, now)
    waited = 0.0
    paces.append(Pace(folder / "pace.json", clock=lambda: now))
    for pace in paces:
        while (wait := pace.claim()) > 0:
            now += min(wait, 1.0)
            waited += min(wait, 1.0)
            assert waited < 60, "nobody asks, so nobody learns that the clock is right"
        pace.answered(200, limits(20, now + 9) | {"Date": email.utils.formatdate(now, usegmt=True)}, now)


# Refusals all the same


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "7"}, 7),
        (429, {"X-Rate-Limit-Reset": str(int(NOW) + 5)}, 5),
        (429, {}, 10),
        (503, {"Retry-After": "30"}, 30),
        (503, {}, 0),
        (500, {"Retry-After": "30"}, 0),
    ],
)
def test_a_refusal_stops_all_threads_and_all_kernels(
    status: int, headers: dict[str, str], wait: float, folder: Path
) -> None:
    date = {"Date": email.utils.formatdate(NOW, usegmt=True)}
    known = {
        "X-Rate-Limit-Limit": "25",
        "X-Rate-Limit-Remaining": "20",
        "X-Rate-Limit-Reset": str(int(NOW) + 9),
    }
    paces = [Pace(folder / "pace.json", clock=lambda: NOW) for _ in range(2)]
    for pace in paces:
        assert pace.claim() == 0
        pace.answered(200, {**date, **known}, NOW)
        assert pace.claim() == 0
    paces[0].answered(status, {**date, **headers}, NOW)
    assert paces[0].claim() == pytest.approx(wait)
    while paces[1].claim() == 0:  # what it has leased already
        if wait == 0:
            break
    else:
        assert paces[1].claim() > 0


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (503, {"Retry-After": "31536000"}),
        (503, {"Retry-After": "Fri, 31 Dec 2099 23:59:59 GMT"}),
        (429, {"Retry-After": "31536000"}),
        (429, {"X-Rate-Limit-Reset": str(int(NOW) + 10**7)}),
        (429, {"Retry-After": "90001", "X-Rate-Limit-Reset": str(int(NOW) + 10**9)}),
    ],
)
def test_a_wait_that_no_window_has_is_kept_by_nobody(
    status: int, headers: dict[str, str], folder: Path
) -> None:
    first = Pace(folder / "pace.json", clock=lambda: NOW)
    for more in ({}, limits(20, NOW + 9)):
        assert first.claim() == 0
        first.answered(200, {"Date": limits(1, NOW)["Date"], **more}, NOW)
    assert first.claim() == 0
    first.answered(status, {"Date": limits(1, NOW)["Date"], **headers}, NOW)
    most = 10 if status == 429 else 0
    assert first.claim() <= most
    assert Pace(folder / "pace.json", clock=lambda: NOW).claim() <= most


@pytest.mark.parametrize("far", [90_002, 10**8, 9 * 10**10])
@pytest.mark.parametrize("name", ["closed_until", "ends", "started"])
def test_a_file_that_holds_such_a_wait_is_not_kept_to(name: str, far: float, folder: Path) -> None:
    """Another version wrote it, or a clock was set since."""
    path = folder / "pace.json"
    window = {
        "limit": 25,
        "ends": NOW + 5,
        "length": 10,
        "taken": 25,
        "used": 25,
        "started": NOW,
        "told": NOW,
    }
    ledger = {
        "closed_until": 0.0,
        "clock": [0.0, 1.0],
        "windows": [{**window, "confirmed": name != "started"}],
    }
    if name == "closed_until":
        ledger |= {"closed_until": NOW + far, "windows": []}
    else:
        ledger["windows"][0][name] = NOW + far  # type: ignore[index]
    path.write_text(json.dumps(ledger))
    path.chmod(0o600)
    assert Pace(path, clock=lambda: NOW).claim() == 0


def test_another_program_of_the_same_app_is_taken_into_account(folder: Path) -> None:
    pace = Pace(folder / "pace.json", clock=lambda: NOW)

    def answer(remaining: int) -> dict[str, str]:
        return {
            "Date": email.utils.formatdate(NOW, usegmt=True),
            "X-Rate-Limit-Limit": "100",
            "X-Rate-Limit-Remaining": str(remaining),
            "X-Rate-Limit-Reset": str(int(NOW) + 9),
        }

    assert pace.claim() == 0
    pace.answered(200, answer(99), NOW)
    assert pace.claim() == 0
    pace.answered(200, answer(0), NOW)  # it took all the others
    assert pace.claim() == pytest.approx(9)


# The file


def ledger(**changes: float) -> Ledger:
    window = {"limit": 25, "ends": NOW + 10, "length": 10, "taken": 0, "used": 0, "started": NOW, "told": NOW}
    return Ledger({25: Window(**{**window, **changes})})  # type: ignore[arg-type]


def test_a_ledger_survives_being_written() -> None:
    before = ledger(taken=7)
    before.close(NOW + 3)
    before.clock = (-0.25, 0.5)
    assert Ledger.from_json(before.to_json()) == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"windows": 7, "closed_until": 0}',
        b'{"windows": [{}], "closed_until": 0}',
        b'{"windows": [], "clock": null, "closed_until": "x"}',
        b'{"windows": [], "clock": [5, 1], "closed_until": 0}',
        b'{"windows": [], "clock": [NaN, NaN], "closed_until": 0}',
        b'{"windows": [{"limit": 25, "ends": "soon", "length": 1, "taken": 0, "used": 0, "started": 0, "told": 0}], "clock": null, "closed_until": 0}',
        b'{"windows": [{"limit": 25, "ends": 1e300, "length": 1, "taken": 0, "used": 0, "started": 0, "told": 0}], "clock": null, "closed_until": 0}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_a_file_that_can_not_be_read_is_done_without(content: bytes, folder: Path) -> None:
    path = folder / "pace.json"
    path.write_bytes(content)
    path.chmod(0o600)
    server, took = storm(path, spike(), hour())
    assert server.refused == [] and took < 38
    assert Ledger.from_json(path.read_bytes()).windows


def test_a_file_that_others_may_write_is_not_believed(folder: Path) -> None:
    path = folder / "pace.json"
    closed = ledger()
    closed.close(NOW + 10**6)
    path.write_bytes(closed.to_json())
    path.chmod(0o666)
    assert Pace(path, clock=lambda: NOW).claim() == 0


def test_the_file_is_private_and_holds_numbers_only(folder: Path) -> None:
    path = folder / "pace.json"
    storm(path, spike(), hour())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = json.loads(path.read_text())
    assert set(found) == {"clock", "closed_until", "under_way", "windows"}
    assert all(isinstance(value, (int, float)) for one in found["under_way"].values() for value in one)
    assert all(isinstance(value, (int, float)) for one in found["windows"] for value in one.values())


def test_a_file_that_is_locked_is_done_without_and_soon(folder: Path) -> None:
    path = folder / "pace.json"
    file = LedgerFile(path)
    file.change(lambda ledger: ledger.close(1.0))
    script = f"import filelock, sys\nwith filelock.FileLock({str(path.with_suffix('.lock'))!r}):\n print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None and holder.stdin is not None
        assert holder.stdout.readline() == b"held\n"
        other = LedgerFile(path)
        seen = []
        for _ in range(100):  # the first waits a moment; the others don't try for a while
            other.change(lambda ledger: seen.append(ledger.closed_until))
        assert seen == [0.0] * 100
        holder.stdin.close()
    assert LedgerFile(path).change(lambda ledger: ledger.closed_until) == 1.0


def test_a_file_is_not_written_where_nothing_changes(folder: Path) -> None:
    path = folder / "pace.json"
    path.write_bytes(ledger(taken=7).to_json())
    path.chmod(0o600)
    before = path.stat()
    file = LedgerFile(path)
    assert file.change(lambda ledger: ledger.windows[25].taken) == 7
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    file.change(lambda ledger: ledger.close(NOW + 3))
    assert LedgerFile(path).change(lambda ledger: ledger.closed_until) == NOW + 3


def test_while_others_hold_the_file_a_kernel_takes_one_at_a_time(folder: Path) -> None:
    path = folder / "pace.json"
    file = LedgerFile(path)
    told = WindowReport(limit=100, remaining=60, reset=NOW + 9, at=NOW)
    file.change(lambda ledger: ledger.learn([told]))
    with FileLock(path.with_suffix(".lock"), thread_local=False):
        alone = file.change(lambda ledger: ledger.lease(NOW))
    file._avoided_until = 0.0  # a moment later
    again = file.change(lambda ledger: ledger.lease(NOW))
    assert isinstance(alone, Lease) and isinstance(again, Lease)
    assert alone.count == 1 and again.count > 1


def test_what_a_script_didnt_use_is_there_for_others_when_it_ends(folder: Path) -> None:
    path = folder / "pace.json"
    script = f"""
import time
from pathlib import Path
from procore_jupyter.session.limits.rate_limit import shared_pace
pace = shared_pace(Path({str(path)!r}))
assert pace.claim() == 0
headers = {{"X-Rate-Limit-Limit": "100", "X-Rate-Limit-Remaining": "99", "X-Rate-Limit-Reset": str(int(time.time()) + 60)}}
pace.answered(200, headers, time.time())
assert pace.claim() == 0
"""
    subprocess.run([sys.executable, "-c", script], check=True)
    [window] = json.loads(path.read_text())["windows"]
    assert window["taken"] == 2


def test_a_folder_that_can_not_be_written_is_done_without(folder: Path) -> None:
    (folder / "file").write_text("no folder")
    server, took = storm(folder / "file" / "pace.json", spike(), hour())
    assert server.refused == [] and took < 38


def test_threads_take_no_more_than_there_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With real threads and locks, two paces of one file claim each request of a window once."""
    monkeypatch.setattr(ledgers, "LOCK_WAIT", 20.0)  # a busy machine is another test's matter
    paces = [Pace(folder / "pace.json", clock=lambda: NOW) for _ in range(2)]
    headers = {
        "Date": email.utils.formatdate(NOW, usegmt=True),
        "X-Rate-Limit-Limit": "100",
        "X-Rate-Limit-Remaining": "99",
        "X-Rate-Limit-Reset": str(int(NOW) + 9),
    }
    assert paces[0].claim() == 0
    paces[0].answered(200, headers, NOW)
    assert paces[0].claim() == 0  # from now on the file tells the other of the window
    claimed, lock = [1, 1], threading.Lock()

    def claim(pace: Pace) -> None:
        while pace.claim() == 0:
            with lock:
                claimed.append(1)

    threads = [threading.Thread(target=claim, args=(pace,)) for pace in paces for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 100


def test_what_is_given_back_goes_to_the_windows_that_go_on() -> None:
    found = ledger(taken=20)
    found.windows[600] = Window(600, NOW + 3000, 3600, 20, 0, NOW, NOW)
    found.give_back(Lease(5, NOW + 10, {25: NOW - 1, 600: NOW + 3000}))
    assert found.windows[25].taken == 20 and found.windows[600].taken == 15


def test_a_window_that_is_told_of_no_more_is_forgotten() -> None:
    found = ledger(ends=NOW - 1000, told=NOW - 1000)
    assert isinstance(found.lease(NOW), Lease)
    assert found.windows == {}


def test_an_answer_that_comes_late_tells_nothing_of_the_next_window() -> None:
    found = ledger(taken=3)
    found.learn([WindowReport(25, 0, NOW - 3, NOW - 5)])
    assert found.windows[25].taken == 3 and found.windows[25].ends == NOW + 10


# In a session


def limits(remaining: int, reset: float, limit: int = 25) -> dict[str, str]:
    return {
        "Date": email.utils.formatdate(NOW, usegmt=True),
        "X-Rate-Limit-Limit": str(limit),
        "X-Rate-Limit-Remaining": str(remaining),
        "X-Rate-Limit-Reset": str(int(reset)),
    }


def test_a_used_up_window_is_waited_for_before_anything_is_refused(
    api: Server, make_session: Callable[..., RefreshingSession], waits: Waits
) -> None:
    session = make_session(clock=lambda: NOW + sum(waits.slept))
    api.answers(Answer(headers=limits(0, NOW + 7)), Answer())
    session.get("/a")
    assert waits.slept == []
    session.get("/a")
    assert sum(waits.slept) == pytest.approx(7, abs=0.1)
    assert waits.said == ["Procore's limit reached: resuming in 7 s (interrupt to stop)"]


def test_a_window_that_lasts_longer_than_max_wait_is_an_error_at_once(
    api: Server, make_session: Callable[..., RefreshingSession], waits: Waits
) -> None:
    session = make_session(clock=lambda: NOW, max_wait=60)
    api.answers(Answer(headers=limits(0, NOW + 3000, 600)))
    session.get("/a")
    with pytest.raises(RateLimited, match="in 3000 s") as caught:
        session.get("/a")
    assert caught.value.retry_after == pytest.approx(3000)
    assert caught.value.status == 429
    assert len(api.arrived) == 1 and waits.slept == []


def test_what_waits_for_the_first_answer_alone_is_within_any_max_wait(
    make_session: Callable[..., RefreshingSession], waits: Waits
) -> None:
    pace = Pace(clock=lambda: NOW)
    assert pace.claim() == 0  # another thread's, on its way

    def sleep(seconds: float) -> None:
        waits.sleep(seconds)
        if len(waits.slept) == 3:
            pace.answered(200, {}, NOW)

    session = make_session(pace=pace, max_wait=0, clock=lambda: NOW, sleep=sleep)
    assert session.get("/a").status_code == 200
    assert waits.slept == [ledgers.LOOK_AGAIN] * 3


def test_nor_is_it_waited_for_without_end(
    make_session: Callable[..., RefreshingSession], waits: Waits
) -> None:
    pace = Pace(clock=lambda: NOW)
    assert pace.claim() == 0
    session = make_session(pace=pace, max_wait=0, clock=lambda: NOW)
    with pytest.raises(RateLimited, match="in 1 s"):
        session.get("/a")
    assert sum(waits.slept) == pytest.approx(ledgers.PROBE, abs=0.1)


def test_a_hasty_question_does_not_wait_for_the_limit(
    api: Server, make_session: Callable[..., RefreshingSession], waits: Waits
) -> None:
    session = make_session(clock=lambda: NOW, max_wait=900)
    api.answers(Answer(headers=limits(0, NOW + 7)))
    session.get("/a")
    with in_haste(), pytest.raises(RateLimited):
        session.get("/a")
    assert waits.slept == []


def test_another_host_is_asked_at_its_own_pace(
    api: Server, servers: Callable[..., Server], make_session: Callable[..., RefreshingSession], waits: Waits
) -> None:
    session = make_session(clock=lambda: NOW)
    other = servers()
    other.answers(Answer(headers=limits(0, NOW + 7)))
    for _ in range(3):
        session.get(f"{other.url}/a")
    session.get("/a")
    assert waits.slept == []


def test_sessions_with_one_pace_share_the_window(
    api: Server, make_session: Callable[..., RefreshingSession], waits: Waits
) -> None:
    pace = Pace(clock=lambda: NOW + sum(waits.slept))
    first, second = (make_session(pace=pace) for _ in range(2))
    api.answers(Answer(headers=limits(0, NOW + 7)), Answer())
    first.get("/a")
    second.get("/a")
    assert sum(waits.slept) == pytest.approx(7, abs=0.1)


def test_a_person_is_told_once_of_waits_that_end_together() -> None:
    waits = WaitsTold()
    assert [waits.is_new(NOW + after) for after in (9, 9, 9.5, 8, 9 + SAME_WAIT, 11, 11)] == [
        True,
        *[False] * 4,
        True,
        False,
    ]


def test_the_start_is_where_the_simulation_says() -> None:
    assert Clock().now == START
    lock = FileLock("unused")
    assert not lock.is_locked


@pytest.mark.skipif(sys.platform == "win32", reason="flock is POSIX's")
def test_without_flock_the_pace_is_kept_in_this_process_and_no_lock_outlives_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    def refuse(handle: int, how: int) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", refuse)
    file = LedgerFile(tmp_path / "pace.json")
    assert file.change(lambda ledger: 7) == 7
    assert not (tmp_path / "pace.json").exists()
