"""Private files: where they live, how they are read, and how they are written.

A private file is 0600 in a folder 0700 and is replaced as a whole (written beside, flushed, renamed),
so a reader sees the old content or the new, never half. A process that is killed in between leaves the file beside:
the next one removes it. On Windows the user's profile folder is already private to the user, and the mode bits, which
Windows doesn't have, are not looked at.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import time
from pathlib import Path

import platformdirs

APP = "procore-jupyter"

STALE = 60.0
"""Seconds after which a file beside another was left by a process that was killed: writing one takes milliseconds."""

_LONGEST = 200
"""Bytes of a file's name that the name of the file beside it holds; a name has at most 255."""


class NoHome(OSError):
    """The user has no home folder, so there is no place for files of ours."""

    def __init__(self) -> None:
        user = f" and the system doesn't know the user {os.geteuid()}" if hasattr(os, "geteuid") else ""
        super().__init__(
            f"There is no home folder to store anything in: HOME isn't set{user}. Set HOME to your own folder"
        )


class NotPrivate(PermissionError):
    """A file or folder is not this user's alone, so it is neither read nor written.

    Parameters
    ----------
    problem : str
        One line: what is wrong, and what to do about it, except for another user's file.
    another_users : bool
        It is another user's: the caller knows what to do, because that depends on the file's purpose.
    folder : bool
        It is a folder, which nobody can be told to move away.
    """

    def __init__(self, problem: str, *, another_users: bool = False, folder: bool = False) -> None:
        super().__init__(problem)
        self.another_users = another_users
        self.folder = folder


def data_folder() -> Path:
    """Return the folder of stored tokens and saved connections.

    Raises
    ------
    NoHome
        The user has no home folder: a container that runs as a number, say.
    """
    with contextlib.suppress(
        RuntimeError, KeyError
    ):  # newer versions of platformdirs raise, older give "~/…"
        folder = Path(platformdirs.user_data_dir(APP, appauthor=False))
        if folder.is_absolute():
            return folder
    raise NoHome


def runtime_folder() -> Path:
    """Return the folder of files that are good while a process runs: a demo's address, the pace of requests."""
    return data_folder() / "runtime"


def private_folder(folder: Path) -> Path:
    """Make a folder, and those above it that are missing, for this user alone; return it.

    Raises
    ------
    NotPrivate
        It is another user's, or others may write to it.
    OSError
        It can't be made.
    """
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        with contextlib.suppress(FileExistsError):  # another process was quicker
            missing.mkdir(mode=0o700)
    _check_folder(folder)
    return folder


def _check_folder(folder: Path, *, to_read: bool = False) -> None:
    """Refuse a folder that others may write to: they could put any file of this user's in the place of another.

    From root's folder (a mounted secret) a file may be read.
    """
    if os.name != "posix":
        return
    found = folder.stat()
    if found.st_uid != os.geteuid() and not (to_read and found.st_uid == 0):
        raise NotPrivate(f"The folder {folder} belongs to another user.", another_users=True, folder=True)
    if found.st_mode & 0o022:
        if found.st_mode & stat.S_ISVTX or found.st_uid != os.geteuid():  # /tmp and its kind
            raise NotPrivate(f"Everybody can write to the folder {folder}.", another_users=True, folder=True)
        raise NotPrivate(
            f"Others can write to the folder {folder}. Run  chmod 700 '{folder}'  and try again.", folder=True
        )


def read_private(path: Path) -> bytes | None:
    """Return a private file's content, or None if there is no such file.

    The owner and mode are looked at on the open file, so the file can't be swapped in between.

    Raises
    ------
    NotPrivate
        It is another user's, others may read or write it, or it is no plain file; or others may write to its folder.
    OSError
        It can't be read.
    """
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    )
    try:
        handle = os.open(path, flags)
    except (
        FileNotFoundError,
        NotADirectoryError,
    ):  # the latter: a home "folder" such as /dev/null, as services have it
        return None
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise NotPrivate(
                f"{path} is not a regular file. Give another path, or move it away and try again."
            )
        if os.name == "posix":
            if found.st_uid != os.geteuid():
                raise NotPrivate(f"{path} belongs to another user, so it is not used.", another_users=True)
            if found.st_mode & 0o077:
                raise NotPrivate(
                    f"Others can read or write {path}, so it is not used. Run  chmod 600 '{path}'  if you trust its content."
                )
        _check_folder(path.parent, to_read=True)
        return file.read()


def write_private(path: Path, content: bytes, *, flushed: bool = True) -> None:
    """Replace a private file as a whole.

    Parameters
    ----------
    path : Path
        The file.
    content : bytes
        What it will hold.
    flushed : bool
        Return when the content is on the disk, which a crash of the machine can't undo.

    Raises
    ------
    NotPrivate
        The folder is not this user's alone.
    OSError
        It can't be written (no space, read-only, …). The old content still stands.
    """
    private_folder(path.parent)
    handle, beside = opened_beside(path, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if flushed:
                file.flush()
                os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
    if flushed:
        remove_leftovers(path)
    if flushed and os.name == "posix":
        # The rename itself has to reach the disk too.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def leftovers(path: Path) -> list[Path]:
    """Return the files beside a private file that hold what it was to hold: whole copies, of writers at work or killed."""
    pattern = re.compile(rf"{re.escape(_start(path))}[0-9a-f]{{8}}\.new")
    try:
        return sorted(one for one in path.parent.iterdir() if pattern.fullmatch(one.name))
    except OSError:
        return []


def remove_leftovers(path: Path, *, older_than: float = STALE) -> None:
    """Remove what killed processes left beside a private file. Never raises.

    Parameters
    ----------
    path : Path
        The private file.
    older_than : float
        Seconds; 0 if nobody else can be writing it now.
    """
    for one in leftovers(path):
        with contextlib.suppress(OSError):
            if time.time() - one.lstat().st_mtime >= older_than:
                one.unlink()


def opened_beside(path: Path, mode: int) -> tuple[int, Path]:
    """Make a file beside another, of a mode less the process's umask; return its handle, to write to, and its path."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)  # O_EXCL follows no link
    while True:
        beside = path.with_name(f"{_start(path)}{secrets.token_hex(4)}.new")
        with contextlib.suppress(FileExistsError):
            return os.open(beside, flags, mode), beside


def _start(path: Path) -> str:
    """Return how the names of the files beside a file begin."""
    return f".{os.fsencode(path.name)[:_LONGEST].decode(errors='ignore')}."
