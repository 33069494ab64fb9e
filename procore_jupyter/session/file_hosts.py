"""The hosts beside the API's that a download sends the sign-in to, and the piece of work that may."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextvars import ContextVar

from procore_jupyter.session.origin import read_origin

HTTPS = 443


class FileHosts:
    """The hosts of files, as a profile names them: ``files.example.com``, ``*.example.com``.

    Parameters
    ----------
    patterns : sequence of str
        Their names, lower case; a star stands for one label or more.
    """

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        self._names = frozenset(one for one in patterns if not one.startswith("*."))
        self._ends = tuple(
            one[1:] for one in patterns if one.startswith("*.")
        )  # with the dot: a label's boundary

    def holds(self, url: str | None) -> bool:
        """Return whether a request for this URL goes to one of them: https, its usual port, a name that is spelled plainly."""
        origin = read_origin(url or "")
        if origin is None or origin[0] != "https" or origin[2] != HTTPS:
            return False
        host = origin[1]
        return host in self._names or (host.endswith(self._ends) if self._ends else False)


_downloading: ContextVar[bool] = ContextVar("procore_downloading", default=False)


def downloading() -> bool:
    """Tell whether what is sent now is the download of a file."""
    return _downloading.get()


@contextlib.contextmanager
def within_download() -> Iterator[None]:
    """Let what this thread sends meanwhile be the download of a file."""
    before = _downloading.set(True)
    try:
        yield
    finally:
        _downloading.reset(before)
