from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import filelock
import pytest

from procore_jupyter.files.locks import StillLocked, process_lock, thread_lock
from procore_jupyter.files.private import NotPrivate

HOLD = """
import sys, pathlib
from procore_jupyter.files.locks import process_lock
with process_lock(pathlib.Path(sys.argv[1]), 10):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "my folder" / "ä.lock"


def test_two_threads_are_kept_apart(path: Path) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(10):
            with process_lock(path, 30):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_another_process_is_kept_out_and_a_killed_one_blocks_nobody(path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(StillLocked, match=r"ä\.lock has been locked for 0\.1 s") as caught,
            process_lock(path, 0.1),
        ):
            pass
        assert (caught.value.path, caught.value.seconds) == (path, 0.1)
        holder.kill()  # SIGKILL: it has no chance to tidy up
        with process_lock(path, 10) as problem:
            assert not problem
    finally:
        holder.kill()
        holder.wait()
        for pipe in (holder.stdin, holder.stdout):
            assert pipe is not None
            pipe.close()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_the_lock_file_is_private(path: Path) -> None:
    with process_lock(path, 1):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_error_inside_lets_go(path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), process_lock(path, 1):
        raise KeyboardInterrupt
    with process_lock(path, 1) as problem:
        assert not problem


def test_a_waiting_thread_that_gives_up_leaves_nothing_behind() -> None:
    lock = thread_lock("one")
    with lock.held(1) as first:
        with lock.held(0.01) as second:
            assert (first, second) == (True, False)
        with lock.held(0.01) as third:
            assert not third
    with lock.held(1) as again:
        assert again


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (OSError(errno.ENOLCK, "No locks available"), "No locks available"),
        (OSError(errno.ENOSYS, "Function not implemented"), "Function not implemented"),
        (OSError(errno.EROFS, "Read-only file system"), "Read-only file system"),
        (NotImplementedError("no flock"), "no file locks there"),
    ],
)
def test_where_no_lock_can_be_had_it_says_why_and_keeps_the_threads_apart(
    path: Path, refusal: Exception, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: object, *arguments: object, **options: object) -> None:
        raise refusal

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    with process_lock(path, 1) as problem:
        assert problem == reason
        with pytest.raises(StillLocked), process_lock(path, 0.01):
            pass


@pytest.mark.skipif(sys.platform == "win32", reason="flock is POSIX's")
def test_a_file_system_without_flock_gets_no_lock_that_outlives_its_process(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    def refuse(handle: int, how: int) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with process_lock(path, 1) as problem:
        assert problem


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_has_no_lock(path: Path) -> None:
    path.parent.mkdir(mode=0o500)
    with process_lock(path, 1) as problem:
        assert problem


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_folder_that_others_may_write_to_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o777)
    with pytest.raises(NotPrivate, match="Others can write"), process_lock(path, 1):
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_does_not_wait_for_a_thread_that_it_does_not_have(path: Path) -> None:
    with thread_lock(str(path)).held(1):
        child = os.fork()
        if child == 0:
            with thread_lock(str(path)).held(5) as mine:
                os._exit(0 if mine else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
