"""A packed body is unpacked to its end, or it is an error: cut anywhere, in pieces of any size."""

from __future__ import annotations

import bz2
import gzip
import random
import zlib
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.exceptions import ChunkedEncodingError, ContentDecodingError

from procore_jupyter.session import content_coding
from procore_jupyter.session.content_coding import unpacked

PIECE = 1000


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "X-GZip": gzip.compress,
    "deflate": zlib.compress,
    " deflate ": raw_deflate,
    "identity": bytes,
    "": bytes,
    "deflate, gzip": lambda content: gzip.compress(zlib.compress(content)),
    "gzip,gzip": lambda content: gzip.compress(gzip.compress(content)),
}
CONTENT = st.one_of(
    st.binary(max_size=50), st.builds(bytes, st.sampled_from([0, PIECE, PIECE + 1, 3 * PIECE]))
)


@pytest.fixture(autouse=True, scope="module")
def small_pieces() -> Iterator[None]:
    """Let a small body have several pieces."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content_coding, "PIECE", PIECE)
        yield


def in_pieces(body: bytes, many: int) -> Iterator[bytes]:
    size = -(-len(body) // many) or 1
    return (body[at : at + size] for at in range(0, len(body), size))


@given(
    coding=st.sampled_from([*PACKERS]),
    content=CONTENT,
    many=st.integers(1, 30),
    padding=st.sampled_from([b"", b"\0" * 9, b"padding"]),
)
def test_what_was_packed_comes_out_again(coding: str, content: bytes, many: int, padding: bytes) -> None:
    packed = PACKERS[coding](content) + (padding if coding.strip() not in ("", "identity") else b"")
    assert b"".join(unpacked(in_pieces(packed, many), coding)) == content


@given(
    coding=st.sampled_from([one for one in PACKERS if one not in ("", "identity")]),
    content=st.binary(max_size=200),
    many=st.integers(1, 30),
    part=st.floats(0, 1, exclude_max=True),
)
def test_what_was_cut_anywhere_is_an_error(coding: str, content: bytes, many: int, part: float) -> None:
    packed = PACKERS[coding](content)
    with pytest.raises(ChunkedEncodingError):
        list(unpacked(in_pieces(packed[: int(len(packed) * part)], many), coding))


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=4), st.integers(1, 60))
def test_gzip_files_may_follow_each_other(contents: list[bytes], many: int) -> None:
    packed = b"".join(map(gzip.compress, contents))
    assert b"".join(unpacked(in_pieces(packed, many), "gzip")) == b"".join(contents)
    with pytest.raises(ChunkedEncodingError):
        list(unpacked(in_pieces(packed[:-1], many), "gzip"))


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, br", "none"])
def test_a_coding_that_was_not_asked_for_is_an_error(coding: str) -> None:
    with pytest.raises(ContentDecodingError):
        list(unpacked([b"x"], coding))


def test_what_is_not_packed_as_it_says_or_was_damaged_is_an_error() -> None:
    whole = gzip.compress(random.Random(1).randbytes(3000))
    damaged = bytes([*whole[:1500], whole[1500] ^ 1, *whole[1501:]])
    for body, coding in (
        (b"plain", "gzip"),
        (bz2.compress(b"x"), "gzip"),
        (b"\xff\xff", "deflate"),
        (damaged, "gzip"),
    ):
        with pytest.raises(ContentDecodingError):
            list(unpacked([body], coding))


def test_a_small_body_that_holds_a_large_one_comes_in_pieces() -> None:
    packed = gzip.compress(bytes(40 * PIECE))
    sizes = [len(piece) for piece in unpacked([packed], "gzip")]
    assert sum(sizes) == 40 * PIECE and max(sizes) <= PIECE
