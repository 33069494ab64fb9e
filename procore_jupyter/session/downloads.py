"""Downloads: files streamed to the disk, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import requests

from procore_jupyter.files import names, target
from procore_jupyter.session import content_coding
from procore_jupyter.session.api_errors import raise_for_status, unusable
from procore_jupyter.session.bodies import as_requests_names_them
from procore_jupyter.session.limits.limit_headers import whole_number
from procore_jupyter.session.retries import TRIES, is_transient
from procore_jupyter.session.scope import downloading

if TYPE_CHECKING:
    from procore_jupyter.session.refreshing import RefreshingSession

PIECE = 1024 * 1024
"""Bytes that are read at a time."""

_WHOLE = (200, 203)
"""The statuses whose body is the file: that of another is a part of it, or about it."""

_ENCODED_WORDS = re.compile(r"(?:=\?[\w-]+\?[bBqQ]\?[^?]*\?=\s*)+", re.ASCII)

OnProgress = Callable[[int, int | None], None]
"""Receives the bytes that have come, packed if they come packed, and how many will; None if that isn't known."""


def download(
    session: RefreshingSession,
    url: str,
    path: str | os.PathLike[str],
    on_progress: OnProgress = lambda done, total: None,
) -> Path:
    """Write a file to the disk; if the connection breaks in the middle, begin anew.

    Parameters
    ----------
    session : RefreshingSession
        Sends the requests.
    url : str
        The file's address.
    path : str or PathLike
        A file, which is replaced when the new one is whole; or a folder, made if the path ends in a slash.
    on_progress : callable
        Receives how many bytes have come, and of how many.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ProcoreAPIError
        Procore refused, or the storage that keeps the file.
    FileExistsError
        The folder has a file of the name that comes with the file.
    OSError
        The file can't be written; raised before the first request, if that can be known by then.
    requests.RequestException
        No answer came, or none came whole.
    """
    with target.replacing(path, or_into=True) as file:
        for left in reversed(range(TRIES)):
            # Each try asks Procore's address, and not the one it led to: a storage's address is good for a short while.
            with downloading(), session.get(url, stream=True, headers=_HEADERS) as response:
                raise_for_status(response)
                if response.status_code not in _WHOLE:
                    raise unusable(response, "a file")
                file.take_name(name_of(response))
                try:
                    _write(response, file.beside, on_progress)
                    break
                except requests.RequestException as error:
                    if not left or not is_transient(error):
                        error.args = (_broken(error, response),)
                        raise
    return file.path


_HEADERS = {"Accept-Encoding": content_coding.ACCEPTED}


def _write(response: requests.Response, path: Path, on_progress: OnProgress) -> None:
    chunked = "Transfer-Encoding" in response.headers  # then the length means nothing (RFC 9112, section 6.3)
    total = None if chunked else whole_number(response.headers.get("Content-Length"))
    done = 0

    def arriving() -> Iterator[bytes]:
        nonlocal done
        on_progress(done, total)
        with as_requests_names_them():
            for piece in response.raw.stream(PIECE, decode_content=False):
                done += len(piece)
                yield piece
                on_progress(done, total)

    coding = response.headers.get("Content-Encoding", "") if total != 0 else ""
    with path.open("wb") as file:
        for piece in content_coding.unpacked(arriving(), coding):
            file.write(piece)
    if total is not None and done != total:  # urllib3 before 2 doesn't look
        raise requests.exceptions.ChunkedEncodingError


def _broken(error: requests.RequestException, response: requests.Response) -> str:
    """Return what to tell of a file that didn't come whole, in place of urllib3's words."""
    host = urlsplit(response.url).hostname
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return f"The file that {host} sent can't be decompressed, so it was not saved. Try again in a minute."
    return f"The file from {host} broke off before its end, so it was not saved. Try again in a minute."


# The name that comes with a file


def name_of(response: requests.Response) -> str:
    """Return the name that comes with a file, made fit for any disk: no folder, no hidden file, no deceiving character."""
    address = unquote(urlsplit(response.url).path.rpartition("/")[2])
    for name in (*_given_names(response.headers.get("Content-Disposition", "")), address):
        if plain := names.fit(name):
            return plain
    return "download"


def _given_names(disposition: str) -> list[str]:
    """Return the names of a ``Content-Disposition`` header, ``filename*`` before ``filename`` (RFC 6266, section 4.3)."""
    header = Message()
    header["Content-Disposition"] = disposition
    try:
        found = header.get_params([], "content-disposition")
    except (LookupError, UnicodeError, ValueError):
        return []
    given = [value for name, value in found or [] if name.lower() == "filename"]
    extended = [_decoded(one[2], one[0]) or "" for one in given if isinstance(one, tuple)]
    return [*extended, *(_plain(one) for one in given if isinstance(one, str))]


def _plain(text: str) -> str:
    """Return a name in quotes as it is meant: servers put UTF-8 into it, or words as mail has them (RFC 2047)."""
    if _ENCODED_WORDS.fullmatch(text):
        with contextlib.suppress(HeaderParseError, LookupError, ValueError):
            return str(make_header(decode_header(text)))
    return _decoded(text) or text


def _decoded(text: str, charset: str | None = None) -> str | None:
    """Return a text whose characters are bytes (a header's are) in its charset; in UTF-8, if it has none that is known."""
    for one in (charset or "utf-8", "utf-8"):
        with contextlib.suppress(LookupError, ValueError):
            return text.encode("latin-1").decode(one)
    return None
