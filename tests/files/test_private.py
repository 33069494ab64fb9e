"""Private files: who may read them, and what a reader can ever see."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from procore_jupyter.files import private

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no mode bits")


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new folder é" / "file.json"
    private.write_private(path, b"content")
    assert private.read_private(path) == b"content"


def test_a_file_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert private.read_private(tmp_path / "nothing") is None


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
    with pytest.raises(private.NotPrivate, match="plain file"):
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
