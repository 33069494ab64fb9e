"""Downloads: files streamed to the disk, whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import requests

from procore_jupyter.files import private
from procore_jupyter.session.api_errors import raise_for_status
from procore_jupyter.session.limit_headers import whole_number
from procore_jupyter.session.retries import TRIES, is_transient
from procore_jupyter.session.scope import downloading

if TYPE_CHECKING:
    from procore_jupyter.session.refreshing import RefreshingSession

PIECE = 1024 * 1024
"""Bytes that are written at a time."""

LONGEST_NAME = 150
"""Characters of a file's name at most, if the name comes with the file."""

LONGEST_KIND = 20
"""Characters of a name's last part, its kind (``pdf``), that a cut keeps."""

_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]')

OnProgress = Callable[[int, int | None], None]
"""Receives the bytes that have come, and the size of the file in bytes, None if it isn't known."""


def download(
    session: RefreshingSession, url: str, target: Path, on_progress: OnProgress = lambda done, total: None
) -> Path:
    """Write a file to the disk; if the connection breaks in the middle, begin anew.

    Parameters
    ----------
    session : RefreshingSession
        Sends the requests.
    url : str
        The file's address.
    target : Path
        A file, which is replaced when the new one is whole, or a folder.
    on_progress : callable
        Receives how many bytes have come, and of how many.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ProcoreAPIError
        Procore refused.
    FileExistsError
        The folder has a file of the name that comes with the file.
    OSError
        The file can't be written.
    requests.RequestException
        No answer came, or none came whole.
    """
    tries_left = TRIES
    while True:
        tries_left -= 1
        # Each try asks Procore's address, and not the one it led to: a storage's address is good for a short while.
        with downloading(), session.get(url, stream=True) as response:
            raise_for_status(response)
            path = target / name_of(response) if target.is_dir() else target
            if path != target and path.exists():
                raise FileExistsError(
                    f"{path} is there already, and a name that comes with a file replaces none. "
                    "Give the whole path to replace it, or another folder."
                )
            try:
                with private.replacing(path) as beside:
                    _write(response, beside, on_progress)
                return path
            except requests.RequestException as error:
                if not tries_left or not is_transient(error):
                    raise


def _write(response: requests.Response, path: Path, on_progress: OnProgress) -> None:
    packed = response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity")
    total = None if packed else whole_number(response.headers.get("Content-Length"))
    done = 0
    on_progress(done, total)
    with path.open("wb") as file:
        for piece in response.iter_content(PIECE):
            file.write(piece)
            done += len(piece)
            on_progress(done, total)
    if total is not None and done != total:  # urllib3 before 2 doesn't look
        raise requests.exceptions.ChunkedEncodingError(f"{done:,} of {total:,} bytes came")


def name_of(response: requests.Response) -> str:
    """Return the name that comes with a file, made fit for any disk: no folder, no hidden file, no deceiving character."""
    header = Message()
    header["Content-Disposition"] = response.headers.get("Content-Disposition", "")
    try:
        given = header.get_filename() or ""
    except (LookupError, UnicodeError, ValueError):
        given = ""
    address = unquote(urlsplit(response.url).path.rpartition("/")[2])
    for name in (given, address):
        # A Windows path's folders go too.
        plain = _NOT_IN_NAMES.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
        if plain:
            stem, dot, kind = plain.rpartition(".")
            if dot and len(kind) <= LONGEST_KIND:
                return f"{stem[: LONGEST_NAME - len(kind)]}.{kind}"
            return plain[:LONGEST_NAME]
    return "download"
