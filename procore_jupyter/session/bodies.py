"""Bodies of answers, read whole; a large body in memory of its own, which the system gets back when the body goes.

Memory that Python frees it keeps for later, thread by thread. Pages of a list are megabytes each and come in several
threads, so Python would soon keep more memory than is in use.
"""

from __future__ import annotations

import contextlib
import mmap
import sys
from collections.abc import Iterator

import requests
from urllib3 import HTTPResponse, exceptions

from procore_jupyter.errors import ProcoreError
from procore_jupyter.session.content_coding import unpacked
from procore_jupyter.session.limits.limit_headers import whole_number

PIECE = 64 * 1024
"""Bytes that are read at a time; a larger body is a large one."""

FIRST_AREA = 8 * PIECE
"""Bytes that are set aside at least for a large body."""

MOST_PROMISED = 32 * 1024 * 1024
"""Bytes that are set aside at most because a body promises them; a larger body gets more as it comes."""

MOST_OF_A_PAGE = 512 * 1024 * 1024
"""Bytes, unpacked, of a page of a list at most: a few kilobytes may unpack to more than a machine has."""

MOST_OF_AN_ERROR = 1024 * 1024
"""Bytes, unpacked, that are read of an error or a redirect: no list of rows that were refused is longer."""


class BodyTooLarge(ProcoreError, requests.RequestException):
    """A page of a list has more bytes, unpacked, than are read of it."""


def read_whole(response: requests.Response, *, apart: bool = False) -> int:
    """Read the body at once, and leave it where ``response.content`` looks for it.

    requests itself reads ten thousand bytes at a time, which costs more than the rest of a large answer.

    Parameters
    ----------
    response : requests.Response
        The answer, whose body was not read yet.
    apart : bool
        Put a large body in memory of its own, so that ``response.content`` is a memoryview. It has `MOST_OF_A_PAGE` at most.

    Returns
    -------
    int
        The size of the body, unpacked, in bytes.

    Raises
    ------
    requests.RequestException
        The body didn't come whole, or is too large.
    """
    raw = response.raw
    if response._content_consumed or not isinstance(raw, HTTPResponse):  # type: ignore[attr-defined]
        return len(response.content)
    told = whole_number(response.headers.get("Content-Length")) or 0
    with as_requests_names_them():
        body = _read_apart(raw, told) if apart else raw.read(decode_content=True)
    vars(response).update(_content=body, _content_consumed=True)
    return len(body)


def read_beginning(response: requests.Response, most: int) -> None:
    """Read a body up to a number of bytes, unpacked, and leave them where ``response.content`` looks for them.

    A few kilobytes may hold gigabytes. A longer body is cut, and its connection closed.

    Parameters
    ----------
    response : requests.Response
        The answer. If its body was read already, nothing happens.
    most : int
        The number of bytes.

    Raises
    ------
    requests.RequestException
        The body broke off before that, or can't be unpacked; what came by then is left.
    """
    raw = response.raw
    if response._content_consumed or not isinstance(raw, HTTPResponse):  # type: ignore[attr-defined]
        return
    empty = response.headers.get("Content-Length") == "0" or response.request.method == "HEAD"
    packed = "" if empty else response.headers.get("Content-Encoding", "")
    body = bytearray()
    try:
        with as_requests_names_them():
            for piece in unpacked(raw.stream(PIECE, decode_content=False), packed):
                body += piece
                if len(body) >= most:
                    response.close()
                    break
    except BaseException:
        response.close()
        raise
    finally:
        vars(response).update(_content=bytes(body[:most]), _content_consumed=True)


def _read_apart(raw: HTTPResponse, length: int) -> bytes | memoryview:
    """Return a body whose ``Content-Length`` is `length`; 0 if it has none."""
    area, size = None, 0
    small = bytearray()
    for piece in raw.stream(PIECE, decode_content=True):
        if area is None:
            small += piece
            if len(small) <= PIECE:
                continue
            area, piece = _area(min(max(length, FIRST_AREA), MOST_PROMISED)), bytes(small)
        if size + len(piece) > MOST_OF_A_PAGE:
            raise BodyTooLarge(
                f"A page has more than {MOST_OF_A_PAGE // 2**20} MB, even with few rows a page, so it is not read. Ask "
                "Procore's support about this list."
            )
        if size + len(piece) > len(area):  # the body was packed
            larger = _area(2 * (size + len(piece)))
            larger[:size] = memoryview(area)[:size]
            area = larger
        area[size : size + len(piece)] = piece
        size += len(piece)
    return bytes(small) if area is None else memoryview(area)[:size]


def _area(size: int) -> mmap.mmap:
    """Return memory of so many bytes; the part that nobody writes to costs nothing."""
    if sys.platform == "win32":
        return mmap.mmap(-1, size)
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


@contextlib.contextmanager
def as_requests_names_them() -> Iterator[None]:
    """Raise urllib3's errors, and those that requests lets through, as those that requests itself raises."""
    try:
        yield
    except requests.RequestException:
        raise
    except exceptions.LocationValueError as error:
        raise requests.exceptions.InvalidURL(error) from error
    except exceptions.ProtocolError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error
    except exceptions.DecodeError as error:
        raise requests.exceptions.ContentDecodingError(error) from error
    except exceptions.ReadTimeoutError as error:
        raise requests.ConnectionError(error) from error
    except (
        exceptions.SSLError,
        OSError,
    ) as error:  # of files of certificates, requests raises plain OSErrors
        raise requests.exceptions.SSLError(error) from error
    except exceptions.HTTPError as error:
        raise requests.ConnectionError(error) from error
    except ValueError as error:  # http.client's, of a header or a method
        raise requests.exceptions.InvalidHeader("can't be sent") from error
