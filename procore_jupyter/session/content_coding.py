"""Content codings of a body (RFC 9110, section 8.4.1), taken off piece by piece and held to their end.

urllib3 takes half of a packed body for the whole, and a coding that it doesn't know for none.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from requests.exceptions import ChunkedEncodingError, ContentDecodingError

ACCEPTED = "gzip, deflate"
"""What `unpacked` takes off, as ``Accept-Encoding`` says it."""

PIECE = 1024 * 1024
"""Bytes that are unpacked at a time: a small body may hold a very large one."""

_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


def unpacked(pieces: Iterable[bytes], codings: str) -> Iterator[bytes]:
    """Yield a body without its codings.

    Parameters
    ----------
    pieces : iterable of bytes
        The body as it came.
    codings : str
        The ``Content-Encoding`` header; empty if there is none.

    Raises
    ------
    requests.exceptions.ChunkedEncodingError
        The body ends before its packing does.
    requests.exceptions.ContentDecodingError
        It isn't packed as it says, or in a way that wasn't asked for.
    """
    for coding in reversed(codings.lower().split(",")):
        coding = coding.strip()
        if coding in ("gzip", "x-gzip"):
            pieces = _inflated(pieces, _GZIP)
        elif coding == "deflate":
            pieces = _inflated(pieces, _ZLIB)
        elif coding not in ("", "identity"):
            raise ContentDecodingError("It is compressed in a way that wasn't requested.")
    yield from pieces


def _inflated(pieces: Iterable[bytes], form: int) -> Iterator[bytes]:
    """Yield what was packed by zlib, in one of its forms."""
    unpack: Any = None
    for piece in pieces:
        while piece:
            if unpack is None:
                if form == _ZLIB and not _is_zlib(piece):
                    form = _RAW  # "deflate" as some servers have it
                unpack = zlib.decompressobj(form)
            elif unpack.eof:
                if form != _GZIP or piece[:1] != b"\x1f":
                    break  # padding
                unpack = zlib.decompressobj(form)  # gzip's files may follow each other
            some = None
            while not unpack.eof and (some is None or piece or len(some) == PIECE):
                try:
                    some = unpack.decompress(piece, PIECE)
                except zlib.error:
                    raise ContentDecodingError("It isn't compressed as it says.") from None
                yield some
                piece = unpack.unconsumed_tail
            piece = unpack.unused_data
    if unpack is None or not unpack.eof:
        raise ChunkedEncodingError("It ends too early.")


def _is_zlib(start: bytes) -> bool:
    """Tell whether packed bytes begin with the two of RFC 1950, section 2.2, as far as they have come."""
    return start[0] & 0x0F == 8 and (len(start) < 2 or (start[0] << 8 | start[1]) % 31 == 0)
