"""Private files: who may read them, and what a reader can ever see."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import procore_jupyter
from procore_jupyter.files import private, target

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no mode bits")


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new folder é" / "file.json"
    private.write_private(path, b"content")
    assert private.read_private(path) == b"content"


def test_a_file_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert private.read_private(tmp_path / "nothing") is None
    (tmp_path / "file").touch()
    assert (
        private.read_private(tmp_path / "file" / "nothing") is None
    )  # the home "folder" of a service is no folder


@posix
def test_file_and_folder_are_for_the_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        private.write_private(tmp_path / "kept" / "file", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "kept" / "file").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o700


@posix
@pytest.mark.parametrize("umask", [0, 0o002, 0o022, 0o077])
def test_the_folders_above_a_private_one_are_private_too_where_they_are_made(
    tmp_path: Path, umask: int
) -> None:
    tmp_path.chmod(0o755)
    before = os.umask(umask)
    try:
        private.write_private(tmp_path / "one" / "two" / "three" / "file", b"x")
    finally:
        os.umask(before)
    for made in ("one", "one/two", "one/two/three"):
        assert stat.S_IMODE((tmp_path / made).stat().st_mode) == 0o700, made
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755  # it was there


@posix
@pytest.mark.parametrize("umask", [0, 0o022, 0o027, 0o077])
def test_a_replaced_file_has_the_mode_that_any_new_file_has_and_the_umask_is_never_touched(
    tmp_path: Path, umask: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The umask is the process's: what one thread sets for a moment, the files of all others have."""
    before = os.umask(umask)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(os, "umask", lambda mask: pytest.fail("the umask was set"))
            with target.replacing(tmp_path / "drawing.pdf") as file:
                file.beside.write_bytes(b"x")
            private.write_private(tmp_path / "kept" / "file", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "drawing.pdf").stat().st_mode) == 0o666 & ~umask
    assert stat.S_IMODE((tmp_path / "kept" / "file").stat().st_mode) == 0o600


def test_nothing_in_the_package_sets_the_umask() -> None:
    """Nor anything else that is the whole process's: the working folder, the locale, the default timeout of sockets."""
    package = Path(procore_jupyter.__file__).parent
    wanted = re.compile(r"\b(os\.umask|os\.chdir|setlocale|setdefaulttimeout|signal\.alarm)\(")
    found = [path.name for path in package.rglob("*.py") if wanted.search(path.read_text("utf-8"))]
    assert found == []


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_may_touch_is_refused_with_the_line_to_run(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    private.write_private(path, b"x")
    path.chmod(mode)
    with pytest.raises(private.NotPrivate, match="chmod 600"):
        private.read_private(path)


@posix
def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(private.NotPrivate, match="chmod 700"):
        private.write_private(shared / "file", b"x")
    assert list(shared.iterdir()) == []


@posix
@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777, 0o770])
def test_a_file_in_a_folder_that_others_may_write_to_is_not_read(tmp_path: Path, mode: int) -> None:
    """Who may write to the folder may put another file of this user's there: an older one, of another account."""
    path = tmp_path / "shared" / "file"
    private.write_private(path, b"x")
    path.parent.chmod(mode)
    with pytest.raises(private.NotPrivate, match="chmod 700"):
        private.read_private(path)
    path.parent.chmod(mode | stat.S_ISVTX)  # /tmp is nobody's to chmod
    with pytest.raises(private.NotPrivate, match="Everybody can write") as refused:
        private.read_private(path)
    assert "chmod" not in str(refused.value) and refused.value.folder
    path.parent.chmod(0o700)
    assert private.read_private(path) == b"x"


@posix
@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give folders away")
def test_a_file_in_somebody_elses_folder_is_not_read_but_for_roots(tmp_path: Path) -> None:
    path = tmp_path / "theirs" / "file"
    private.write_private(path, b"x")
    os.chown(path.parent, 12345, -1)
    with pytest.raises(private.NotPrivate, match="belongs to another user"):
        private.read_private(path)


@posix
def test_somebody_elses_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    private.write_private(path, b"x")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(private.NotPrivate, match="another user") as caught:
        private.read_private(path)
    assert caught.value.another_users


@posix
def test_a_link_is_not_followed_and_a_pipe_does_not_hang(tmp_path: Path) -> None:
    private.write_private(tmp_path / "real", b"x")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(OSError):
        private.read_private(tmp_path / "link")
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(private.NotPrivate, match="regular file"):
        private.read_private(tmp_path / "pipe")


def test_a_failed_write_leaves_the_old_content_and_nothing_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    private.write_private(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        private.write_private(path, b"new")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_reader_sees_the_old_or_the_new_never_half(tmp_path: Path) -> None:
    path = tmp_path / "file"
    contents = [bytes([letter]) * 20_000 for letter in b"abc"]
    private.write_private(path, contents[0])
    done = threading.Event()
    seen: set[bytes] = set()

    def read() -> None:
        while not done.is_set():
            seen.add(private.read_private(path) or b"")

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(100):
        private.write_private(path, contents[turn % 3])
    done.set()
    reader.join()
    assert seen <= set(contents)


KILLED = """
import os, signal, sys
from pathlib import Path
from procore_jupyter.files import private, target
name, at, path = sys.argv[1:]
real = getattr(os, name)
def killed(*arguments, **named):
    if at == "after":
        real(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(os, name, killed)
private.write_private(Path(path), b"secret of a killed writer")
"""


def killed_while_writing(path: Path, call: str, at: str) -> None:
    """Write a private file in a process that is killed when it comes to a call."""
    ran = subprocess.run([sys.executable, "-c", KILLED, call, at, str(path)], check=False, timeout=60)
    assert ran.returncode == -signal.SIGKILL


@posix
@pytest.mark.parametrize("name", ["file", "a[b]*.json", "ü 日本", "." * 5 + "x", "n" * 250])
@pytest.mark.parametrize(("call", "at"), [("fsync", "before"), ("fsync", "after"), ("replace", "before")])
def test_what_a_killed_writer_leaves_is_known_and_goes(tmp_path: Path, name: str, call: str, at: str) -> None:
    path = tmp_path / name
    private.write_private(path, b"old")
    other = tmp_path / f".{name[:200]}.notes.new"
    other.write_bytes(b"a person's own")
    killed_while_writing(path, call, at)
    (left,) = private.leftovers(path)
    assert left.read_bytes() == b"secret of a killed writer" or call == "fsync"
    assert stat.S_IMODE(left.stat().st_mode) == 0o600
    private.write_private(path, b"new")
    assert private.leftovers(path) == [left]  # another process may be writing it
    os.utime(left, (time.time() - private.STALE,) * 2)
    private.write_private(path, b"newer")
    assert private.leftovers(path) == []
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted([path.name, other.name])


def test_what_need_not_outlive_the_machine_is_not_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", flushed.append)
    path = tmp_path / "kept" / "file"
    private.write_private(path, b"old", flushed=False)
    private.write_private(path, b"new", flushed=False)
    assert flushed == [] and private.read_private(path) == b"new"
    assert [one.name for one in path.parent.iterdir()] == ["file"]
    private.write_private(path, b"kept")
    assert flushed
