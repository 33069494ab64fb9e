"""`Target`: where a file goes that a person asked for. A path is looked at before anything is fetched for it.

What a path means, the same for all that write files: what is a folder, or ends in a slash, is a folder; a symbolic link
is followed; a pipe or a device is no file, and is never replaced. The content is written beside its place and takes it
when it is whole: in the mode that the old file had, else that of any new file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from procore_jupyter.files import private

ABANDONED = 86_400.0
"""Seconds after which a file beside another was left by a process that was killed: a long list is read for hours."""

MOST_LINKS = 40
"""Symbolic links that are followed one after the other, as Linux does."""

_UNNAMED = "download"
"""What the name of the file beside begins with, while the file has none."""

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class Target:
    """A file on its way: written at `beside`, put in its place by `replacing`.

    Parameters
    ----------
    shown : Path
        The file's path as the person wrote it; or the folder's, if the file has no name yet.
    place : Path
        The same path with all links followed.
    beside : Path
        An empty file in the same folder, to write to.
    unnamed : bool
        The paths are those of a folder, and the file gets its name by `take_name`.
    """

    def __init__(self, shown: Path, place: Path, beside: Path, *, unnamed: bool) -> None:
        self.beside = beside
        self._shown, self._place = shown, place
        self._unnamed, self._name = unnamed, ""

    @property
    def path(self) -> Path:
        """The file's path as the person wrote it."""
        return self._shown / self._name

    def take_name(self, name: str) -> None:
        """Give the file the name that it comes with, unless the person gave one.

        Raises
        ------
        FileExistsError
            The folder has a file of that name.
        """
        if self._unnamed:
            self._name = name
            if os.path.lexists(self._place / name):
                raise self._taken()

    def _put(self) -> None:
        """Let the content take its place."""
        if not self._unnamed:
            os.replace(self.beside, self._place)
            return
        place = self._place / self._name
        try:
            if os.name == "posix":
                os.link(self.beside, place)  # unlike a rename, it replaces nothing that came meanwhile
                self.beside.unlink()
            else:
                self.beside.rename(place)
        except FileExistsError:
            raise self._taken() from None
        except OSError:  # a disk without hard links
            if os.path.lexists(place):
                raise self._taken() from None
            self.beside.rename(place)

    def _taken(self) -> FileExistsError:
        return FileExistsError(
            f"{self.path} already exists. Give its whole path to replace it, or choose another folder."
        )


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str], *, or_into: bool = False) -> Iterator[Target]:
    """Yield a target to write to; the file takes its place at the end, and on an error nothing has changed.

    Parameters
    ----------
    path : str or PathLike
        A file, whose folder is there; ``~`` is the home folder. If `or_into`, also a folder, which is made if the path ends
        in a slash: the file is told its name by `Target.take_name`, and replaces none.
    or_into : bool
        The path may be a folder.

    Raises
    ------
    IsADirectoryError, NotADirectoryError, FileNotFoundError, PermissionError, FileExistsError, OSError
        There can be no such file: raised at once, except for what only the end can tell (no space, a name that is taken).
    """
    text = _expanded(os.fspath(path))
    unnamed = _means_folder(text)
    if unnamed and not or_into:
        raise IsADirectoryError(f"{text} is a folder: add a file name.")
    made: list[Path] = []
    try:
        with _plainly(text):
            if unnamed:
                _make(Path(text), made)
            old = None if unnamed else _old(text)
            place = _followed(text)
            if not unnamed:
                _check(text, place, old)
            beside = _opened_beside(place, old, unnamed=unnamed)
        try:
            target = Target(Path(text), place, beside, unnamed=unnamed)
            yield target
            target._put()
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
        private.remove_leftovers(place / _UNNAMED if unnamed else place, older_than=ABANDONED)
    except BaseException:
        for folder in reversed(made):
            with contextlib.suppress(OSError):  # it holds what somebody else has put there
                folder.rmdir()
        raise


# What a path means


def _expanded(text: str) -> str:
    """Return a path with the home folder in place of ``~``; refuse one whose home folder isn't known."""
    found = os.path.expanduser(text)
    first, *more = text.replace(os.altsep or os.sep, os.sep).split(os.sep, 1)
    if found == text and text.startswith("~") and (more or text == "~"):
        raise FileNotFoundError(
            f"{first} means a home folder, but there is none of that name here. Write the whole path."
        )
    return found


def _means_folder(text: str) -> bool:
    """Tell whether a path is that of a folder: there is one, or it is spelled like one."""
    ends = text.endswith(tuple(one for one in (os.sep, os.altsep) if one))
    return ends or os.path.basename(text) in ("", os.curdir, os.pardir) or os.path.isdir(text)


def _old(text: str) -> os.stat_result | None:
    """Return what stands at a path, links followed; None if nothing does.

    Raises
    ------
    OSError
        It is no file; or nothing can stand there.
    """
    try:
        found = os.stat(text)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        raise OSError(f"{text} is {kind} and not a file, so nothing is written there. Choose a file.")
    return found


def _followed(text: str) -> Path:
    """Return the file or folder that a path leads to, with no link in it; only the last part needn't be there.

    Raises
    ------
    FileNotFoundError, NotADirectoryError
        There is no folder for it.
    PermissionError
        A link of another user's in a folder that everybody may write to: it may lead anywhere (as Linux has it with
        ``protected_symlinks``).
    """
    path = text.rstrip(os.sep + (os.altsep or "")) or text
    for _ in range(MOST_LINKS):
        folder, name = os.path.split(path)
        if name in (os.curdir, os.pardir):
            folder, name = path, ""
        around = _folder(folder or os.curdir)  # the system's word: realpath takes "file/.." for a folder
        path = os.path.join(os.path.realpath(folder), name)
        if not name or not os.path.islink(path):
            return Path(path)
        if _is_everybodys(around) and os.lstat(path).st_uid not in (os.geteuid(), around.st_uid):
            raise PermissionError(
                f"{path} is another user's link, so it is not followed. Choose another path."
            )
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _folder(path: str) -> os.stat_result:
    """Return what the system says of a folder."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"There is no folder {path}. Make it first, or choose another path."
        ) from None
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(f"{path} is not a folder, so it can't contain a file. Choose another path.")
    return found


def _check(text: str, place: Path, old: os.stat_result | None) -> None:
    """Refuse a file that may not be written to or replaced."""
    found = place.lstat() if os.path.lexists(place) else None
    if (old is None) != (found is None) or (old and found and not os.path.samestat(old, found)):
        # The path of an open file that was deleted.
        raise FileNotFoundError(f"{text} doesn't lead to a file that can be written. Choose another path.")
    if old is None:
        return
    around = place.parent.stat()
    if _is_everybodys(around) and os.geteuid() not in (old.st_uid, around.st_uid, 0):
        raise PermissionError(f"{text} belongs to another user. Choose another path.")
    os.close(os.open(place, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0)))  # nothing of it changes


def _is_everybodys(folder: os.stat_result) -> bool:
    """Tell whether everybody may put files into a folder, and take away their own alone: /tmp and its kind."""
    return os.name == "posix" and folder.st_mode & 0o1002 == 0o1002


def _make(folder: Path, made: list[Path]) -> None:
    """Make a folder and those above it, if they are missing; append what was made, in a spelling that lasts."""
    for one in reversed([one for one in (folder, *folder.parents) if not one.is_dir()]):
        with contextlib.suppress(FileExistsError):  # another process was quicker, or it is something else
            one.mkdir()
            made.append(one.absolute())
        _folder(str(one))


def _opened_beside(place: Path, old: os.stat_result | None, *, unnamed: bool) -> Path:
    """Make the file to write to: nobody may ever read it who may not read the old one."""
    mode = 0o666 if old is None else stat.S_IMODE(old.st_mode) & 0o777
    handle, beside = private.opened_beside(place / _UNNAMED if unnamed else place, mode)
    try:
        if old is not None and os.name == "posix":
            _take_after(handle, old, mode)
    finally:
        os.close(handle)
    return beside


def _take_after(handle: int, old: os.stat_result, mode: int) -> None:
    """Give a new file the owner, group and mode of the old one, as far as the system lets; never more rights."""
    new = os.fstat(handle)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        try:
            os.fchown(handle, old.st_uid, old.st_gid)
        except OSError:
            try:
                os.fchown(handle, -1, old.st_gid)
            except OSError:
                mode &= ~0o070  # the rights were another group's
    with contextlib.suppress(OSError):  # a disk without modes
        os.fchmod(handle, mode)


@contextlib.contextmanager
def _plainly(text: str) -> Iterator[None]:
    """Have the system's refusals say in words which path can't be written; ours are in words already."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        why = (
            "you don't have permission to write there"
            if isinstance(error, PermissionError)
            else error.strerror
        )
        plain = type(error)(f"{text} can't be written: {why}. Choose another path.")
        plain.errno = error.errno
        raise plain from None
    except ValueError:  # a NUL, or half a character
        raise OSError(f"A file can't be called {text!r}. Choose another path.") from None
