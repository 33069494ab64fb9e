"""What a path means to all that write a file: a folder, a link, an old file, nothing yet, or no file at all."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import random
import shutil
import socket
import stat
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from procore_jupyter.files import private, target
from tests.hostile.counting import share

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no mode bits, pipes or owners")
root = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="takes two users")
NOBODY = 65534


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty folder, which the process is in."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    return folder


def write(path: str | os.PathLike[str], content: bytes = b"new", **how: bool) -> Path:
    with target.replacing(path, **how) as file:
        file.take_name("named.pdf")
        file.beside.write_bytes(content)
    return file.path


def tree(folder: Path) -> dict[str, tuple[int, object]]:
    """Return all that is in a folder: the kind and mode of each, and what is in it or where it leads."""
    found = {}
    for one in sorted(folder.rglob("*")):
        kind = one.lstat().st_mode
        held: object = (
            os.readlink(one) if one.is_symlink() else one.read_bytes() if stat.S_ISREG(kind) else None
        )
        found[str(one.relative_to(folder))] = (kind, held)
    return found


# What is written where


def test_a_new_file_an_old_one_and_a_path_with_a_tilde(home: Path) -> None:
    assert write("a.pdf") == Path("a.pdf") and (home / "a.pdf").read_bytes() == b"new"
    write("a.pdf", b"newer")
    write(home / "b.pdf")
    write("~/c.pdf")
    write(b"d.pdf".decode())
    assert {name: held for name, (_, held) in tree(home).items()} == {
        "a.pdf": b"newer",
        "b.pdf": b"new",
        "c.pdf": b"new",
        "d.pdf": b"new",
    }


@pytest.mark.parametrize(
    "path", ["drawings/", "drawings/2026/", "drawings/.", "./drawings/../drawings/", "~/drawings/"]
)
def test_a_path_spelled_like_a_folder_s_is_made_and_takes_named_files_alone(path: str, home: Path) -> None:
    assert write(path, or_into=True) == Path(os.path.expanduser(path)) / "named.pdf"
    assert os.listdir(os.path.expanduser(path)) == ["named.pdf"]
    with pytest.raises(FileExistsError, match="already exists"):
        write(path, or_into=True)
    with pytest.raises(IsADirectoryError, match="add a file name"):
        write(path)


def test_a_folder_that_was_made_goes_again_if_nothing_comes(home: Path) -> None:
    (home / "there").mkdir()
    with pytest.raises(ZeroDivisionError), target.replacing("there/new/newer/", or_into=True):
        raise ZeroDivisionError
    assert [*tree(home)] == ["there"]
    with pytest.raises(ZeroDivisionError), target.replacing("there/new/newer/", or_into=True):
        (home / "there/new/kept").write_bytes(b"")  # of somebody else meanwhile
        raise ZeroDivisionError
    assert [*tree(home)] == ["there", "there/new", "there/new/kept"]


def test_a_name_that_is_taken_meanwhile_is_not_replaced(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    for _ in range(2):
        with (
            pytest.raises(FileExistsError, match=r"named\.pdf already exists"),
            target.replacing(".", or_into=True) as file,
        ):
            file.take_name("named.pdf")
            (home / "named.pdf").write_bytes(b"theirs")
        assert {name: held for name, (_, held) in tree(home).items()} == {"named.pdf": b"theirs"}
        (home / "named.pdf").unlink()
        monkeypatch.setattr(os, "link", no_links)
    write(".", or_into=True)
    assert [*tree(home)] == ["named.pdf"]


def test_a_link_is_followed_wherever_it_leads(home: Path) -> None:
    for folder in ("disk", "disk/deep", "links"):
        (home / folder).mkdir()
    (home / "disk/old").write_bytes(b"old")
    (home / "links/one").symlink_to("../disk/old")
    (home / "links/two").symlink_to("one")
    (home / "links/new").symlink_to(home / "disk/new")  # which is not there yet
    (home / "links/folder").symlink_to("../disk/deep")
    before = {name: one for name, one in tree(home).items() if stat.S_ISLNK(one[0])}
    write("links/two")
    write("links/new")
    write("links/folder/file")
    write("links/folder", or_into=True)
    after = tree(home)
    assert {name: one for name, one in after.items() if stat.S_ISLNK(one[0])} == before
    written = {name for name, (_, held) in after.items() if held == b"new"}
    assert written == {"disk/old", "disk/new", "disk/deep/file", "disk/deep/named.pdf"}


@pytest.mark.parametrize("change", ["disappears", "fails"])
def test_what_fails_leaves_the_old_file_and_nothing_beside_it(change: str, home: Path) -> None:
    write("a.pdf", b"old")
    with pytest.raises(OSError), target.replacing("a.pdf") as file:
        if change == "fails":
            raise OSError(errno.ENOSPC, "full")
        file.beside.unlink()
    assert {name: held for name, (_, held) in tree(home).items()} == {"a.pdf": b"old"}


def test_the_working_folder_may_change_meanwhile(home: Path) -> None:
    (home / "other").mkdir()
    with target.replacing("a.pdf") as file:
        file.beside.write_bytes(b"new")
        os.chdir("other")
    assert (home / "a.pdf").read_bytes() == b"new"


def test_what_a_killed_process_left_beside_goes_after_a_day(home: Path) -> None:
    for name in ("a.pdf", "download", "b.pdf"):
        for age in (0, 2 * target.ABANDONED):
            _, left = private.opened_beside(home / name, 0o600)
            os.utime(left, (time.time() - age,) * 2)
    write("a.pdf")
    write(".", or_into=True)
    left_of = [name[1:].partition(".")[0] for name in os.listdir(home) if name.endswith(".new")]
    assert sorted(left_of) == ["a", "b", "b", "download"]


# Modes


@posix
@pytest.mark.parametrize("umask", [0, 0o022, 0o027, 0o077])
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o660, 0o666, 0o700, 0o755])
def test_an_old_file_s_mode_is_kept_and_is_never_wider_on_the_way(mode: int, umask: int, home: Path) -> None:
    (home / "old").write_bytes(b"old")
    (home / "old").chmod(mode)
    before = os.umask(umask)
    try:
        for path in ("old", "new"):
            with target.replacing(path) as file:
                on_the_way = stat.S_IMODE(file.beside.stat().st_mode)
            assert on_the_way == stat.S_IMODE((home / path).stat().st_mode)
    finally:
        os.umask(before)
    assert stat.S_IMODE((home / "old").stat().st_mode) == mode
    assert stat.S_IMODE((home / "new").stat().st_mode) == 0o666 & ~umask


@root
def test_an_old_file_s_owner_and_group_are_kept_or_the_group_s_rights_go(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = home / "old"
    old.write_bytes(b"old")
    old.chmod(0o664)
    os.chown(old, NOBODY, NOBODY)
    write("old")
    found = old.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (NOBODY, NOBODY, 0o664)

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "not root")

    monkeypatch.setattr(os, "fchown", refuse)
    write("old")
    found = old.stat()
    assert (found.st_gid, stat.S_IMODE(found.st_mode)) == (os.getegid(), 0o604)


# What is refused


def refused(path: str, **how: bool) -> str:
    """Return what is said of a path that can't be written, before anything was."""
    with pytest.raises(OSError) as caught, target.replacing(path, **how):
        pytest.fail("it was not refused")
    said = str(caught.value)
    assert "Errno" not in said and ".new" not in said and said.endswith("."), said
    return f"{type(caught.value).__name__}: {said}"


@posix
@pytest.mark.parametrize("into", [False, True])
def test_what_can_not_be_a_file_is_refused_at_once_in_words(into: bool, home: Path) -> None:
    (home / "file").write_bytes(b"old")
    (home / "folder").mkdir()
    os.mkfifo("pipe")
    (home / "to the pipe").symlink_to("pipe")
    (home / "round").symlink_to("about")
    (home / "about").symlink_to("round")
    (home / "to nothing").symlink_to("nothing")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
    before = tree(home)
    for path, said in {
        "pipe": "OSError: pipe is a pipe",
        "to the pipe": "OSError: to the pipe is a pipe",
        "socket": "OSError: socket is a socket",
        "/dev/null": "OSError: /dev/null is a device",
        "round": "OSError: round can't be written: ",
        "round/": "round/ can't be written" if into else "IsADirectoryError: ",
        "to nothing/": "There is no folder " if into else "IsADirectoryError: ",
        "to nothing/file": "There is no folder ",
        "file/../new": "NotADirectoryError: ",
        "none/file": "FileNotFoundError: There is no folder ",
        "file/file": "NotADirectoryError: ",
        "x" * 256: "can't be written: ",
        "folder/" + "é" * 128: "can't be written: ",
        "a\0b": "OSError: A file can't be called 'a\\x00b'",
        "a\ud800b": "OSError: A file can't be called ",
        "~nobody-of-this-name/file": "FileNotFoundError: ~nobody-of-this-name means a home folder",
        "pipe/": "pipe" if into else "IsADirectoryError: pipe/ is a folder",
        "file/": "NotADirectoryError: " if into else "IsADirectoryError: ",
        "file/new/": "NotADirectoryError: " if into else "IsADirectoryError: ",
        "x" * 256 + "/": "can't be written: " if into else "IsADirectoryError: ",
        "a\0b/": "A file can't be called " if into else "IsADirectoryError: ",
        **({} if into else {"folder": "IsADirectoryError: folder is a folder: add a file name"}),
    }.items():
        assert said in refused(path, or_into=into), path
    assert tree(home) == before


def test_without_a_home_folder_a_tilde_is_no_folder_of_that_name(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    for path in ("~", "~/", "~/drawings/"):
        assert "home folder" in refused(path, or_into=True)
    write("~plan.pdf")  # a name like any other
    assert [*tree(home)] == ["~plan.pdf"]


@posix
def test_a_place_that_the_system_refuses_is_refused_in_words(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk that may only be read, whoever asks."""
    for number, words in (
        (errno.EROFS, "can't be written: "),
        (errno.EACCES, "you don't have permission to write there"),
    ):

        def refuse(*_: object, number: int = number) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(private, "opened_beside", refuse)
        assert words in refused("a.pdf")
        assert words in refused("drawings/", or_into=True)
    assert [*tree(home)] == []


def as_nobody(work: Callable[[], object]) -> str:
    """Do something in a child process of another user; return what it raised."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        said = "nothing"
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            work()
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


@root
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # a fork of a process with threads
def test_another_user_s_place_is_refused_and_their_link_is_not_followed(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    home = Path(tempfile.mkdtemp())  # pytest's own folders are root's alone
    request.addfinalizer(lambda: shutil.rmtree(home))
    home.chmod(0o755)
    monkeypatch.chdir(home)
    for name, mode in (("theirs", 0o755), ("tmp", 0o1777), ("mine", 0o700)):
        (home / name).mkdir()
        (home / name).chmod(mode)
    os.chown(home / "mine", NOBODY, NOBODY)
    for name, mode in (("theirs/file", 0o666), ("tmp/file", 0o666), ("tmp/read-only", 0o444)):
        (home / name).write_bytes(b"old")
        (home / name).chmod(mode)
    (home / "mine/locked").write_bytes(b"old")
    (home / "mine/locked").chmod(0o400)
    os.chown(home / "mine/locked", NOBODY, NOBODY)
    (home / "mine/link").symlink_to("../tmp/new")
    os.chown(home / "mine/link", NOBODY, NOBODY, follow_symlinks=False)
    (home / "tmp/planted").symlink_to(home / "mine/profile")  # by root, as any other user could
    os.chown(home / "tmp", 1, 1)
    before = tree(home)
    for path in ("theirs/file", "theirs/new", "tmp/file", "tmp/read-only", "mine/locked", "tmp/planted"):
        said = as_nobody(functools.partial(write, path))
        assert said.startswith("PermissionError: "), (path, said)
    assert as_nobody(lambda: write("theirs/new/", or_into=True)).startswith("PermissionError: ")
    assert tree(home) == before
    assert as_nobody(functools.partial(write, "mine/link")) == "nothing"
    assert (home / "tmp/new").read_bytes() == b"new"


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="as Linux has it")
def test_an_open_file_is_what_its_path_leads_to_and_nothing_once_it_is_deleted(home: Path) -> None:
    with open("file", "wb") as file:
        write(f"/proc/self/fd/{file.fileno()}")
        assert (home / "file").read_bytes() == b"new"
    with open("file", "rb") as file:
        (home / "file").unlink()
        assert "doesn't lead to a file" in refused(f"/dev/fd/{file.fileno()}")
    assert [*tree(home)] == []


# Whatever stands there


@posix
def test_whatever_stands_at_a_path_it_is_written_as_a_shell_would_or_refused_with_nothing_changed(
    home: Path,
) -> None:
    """Folders, files, links, pipes and nothing, in random trees: only the one file that the path leads to changes."""
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    for number in range(share(3000)):
        whole = home / str(number)
        top = whole / "in/the/very/middle/of/it/all"  # links may lead out of it
        top.mkdir(parents=True)
        made = [top]
        for _ in range(chance.randrange(1, 9)):
            folder = chance.choice([one for one in made if one.is_dir() and not one.is_symlink()])
            one = folder / chance.choice("abc")
            if os.path.lexists(one):
                continue
            kind = chance.randrange(5)
            if kind == 0:
                one.mkdir()
            elif kind == 1:
                one.write_bytes(b"old")
                one.chmod(chance.choice((0o600, 0o644, 0o660)))
            elif kind == 2:
                os.mkfifo(one)
            else:
                led = "/".join(chance.choice(("a", "b", "c", "..")) for _ in range(chance.randrange(1, 3)))
                one.symlink_to(led if chance.random() < 0.7 else top / led)
            made.append(one)
        text = f"{top.relative_to(home)}/" + "/".join(
            chance.choice("abc") for _ in range(chance.randrange(1, 4))
        )
        text += chance.choice(("", "", "/", "/.", "/.."))
        into = chance.random() < 0.5
        before = tree(whole)
        path = None
        with contextlib.suppress(OSError):
            path = write(text, or_into=into)
        if path is None:
            assert tree(whole) == before, (seed, text)
            continue
        after, written = tree(whole), str(Path(os.path.realpath(path)).relative_to(whole))
        kind_before = before.get(written, (stat.S_IFREG | 0o644, b""))
        assert stat.S_ISREG(kind_before[0]) and after[written] == (kind_before[0], b"new"), (seed, text)
        added = {name: one for name, one in after.items() if before.get(name) != one and name != written}
        assert all(stat.S_ISDIR(one[0]) and name not in before for name, one in added.items()), (seed, text)
        assert not added or into
        assert before.keys() <= after.keys()
