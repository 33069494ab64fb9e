"""Private files: where they live, how they are read, and how they are written; and any file, replaced as a whole.

A private file is 0600 in a folder 0700 and is replaced as a whole (written beside, flushed, renamed),
so a reader sees the old content or the new, never half. On Windows the user's profile folder is
already private to the user, and the mode bits, which Windows doesn't have, are not looked at.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import platformdirs

APP = "procore-jupyter"


class NotPrivate(PermissionError):
    """A file or folder is not this user's alone, so it is neither read nor written.

    Parameters
    ----------
    problem : str
        One line: what is wrong, and what to do about it, except for another user's file.
    another_users : bool
        It is another user's: the caller knows what to do, because that depends on the file's purpose.
    """

    def __init__(self, problem: str, *, another_users: bool = False) -> None:
        super().__init__(problem)
        self.another_users = another_users


def data_folder() -> Path:
    """Return the folder of stored tokens and saved connections."""
    return Path(platformdirs.user_data_dir(APP, appauthor=False))


def runtime_folder() -> Path:
    """Return the folder of files that are good while a process runs: a demo's address, the pace of requests."""
    return data_folder() / "runtime"


def private_folder(folder: Path) -> Path:
    """Make a folder (and its parents) for this user alone, and return it.

    Raises
    ------
    NotPrivate
        It is another user's, or others may write to it.
    OSError
        It can't be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "posix":
        found = folder.stat()
        if found.st_uid != os.geteuid():
            raise NotPrivate(f"The folder {folder} belongs to another user.", another_users=True)
        if found.st_mode & 0o022:
            raise NotPrivate(
                f"Others may write to the folder {folder}. Run  chmod 700 '{folder}'  and try again."
            )
    return folder


def read_private(path: Path) -> bytes | None:
    """Return a private file's content, or None if there is no such file.

    The owner and mode are looked at on the open file, so the file can't be swapped in between.

    Raises
    ------
    NotPrivate
        It is another user's, others may read or write it, or it is no plain file.
    OSError
        It can't be read.
    """
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    )
    try:
        handle = os.open(path, flags)
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise NotPrivate(f"{path} is not a plain file. Move it away and try again.")
        if os.name == "posix":
            if found.st_uid != os.geteuid():
                raise NotPrivate(f"{path} belongs to another user, so it is not used.", another_users=True)
            if found.st_mode & 0o077:
                raise NotPrivate(
                    f"Others may read or write {path}, so it is not used. Run  chmod 600 '{path}'  if you trust its content."
                )
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
    handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600 from the start
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
    if flushed and os.name == "posix":
        # The rename itself has to reach the disk too.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a new file beside `path` to write to; it takes the place of `path` at the end, and goes on an error.

    The new file has the mode of any file that a person makes, not that of a private one.

    Raises
    ------
    OSError
        It can't be written. The old content still stands.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    os.close(handle)
    beside = Path(name)
    try:
        yield beside
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(beside, 0o666 & ~mask)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
