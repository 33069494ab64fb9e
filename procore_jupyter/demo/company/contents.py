"""The contents of files: small, valid, and the same on every run. All files of a kind have the same size."""

from __future__ import annotations

import hashlib
import struct
import zlib

from procore_jupyter.demo.data import MARK

MEDIA_TYPES = {"png": "image/png", "pdf": "application/pdf", "txt": "text/plain; charset=utf-8"}

_SIDE = 16
_TEXT_SIZE = 256


def kind_of(name: str) -> str | None:
    """Return the kind of a file by the end of its name: ``png``, ``pdf`` or ``txt``; None for any other."""
    kind = name.rpartition(".")[2]
    return kind if kind in MEDIA_TYPES else None


def content(file_id: int, name: str) -> bytes:
    """Return the bytes of a file.

    Raises
    ------
    ValueError
        There are no files of this kind.
    """
    match kind_of(name):
        case "png":
            return _png(hashlib.sha256(str(file_id).encode()).digest()[:3])
        case "pdf":
            return _pdf(file_id)
        case "txt":
            return _text(file_id)
        case _:
            raise ValueError(f"no such kind of file: {name}")


def size_of(name: str) -> int:
    """Return the size in bytes of a file."""
    return _SIZES[kind_of(name) or "txt"]


def _text(file_id: int) -> bytes:
    return f"{MARK}\nFile {file_id}.\n".encode().ljust(_TEXT_SIZE, b"\n")


def _png(colour: bytes) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    lines = (b"\x00" + colour * _SIDE) * _SIDE
    # Not compressed: so all colours take the same size.
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines, 0)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def _pdf(file_id: int) -> bytes:
    words = f"BT /F1 12 Tf 20 100 Td (Demo data. File {file_id:020d}) Tj ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(words)} >>\nstream\n{words}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    written, places = "%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(written))
        written += f"{number} 0 obj\n{one}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return f"{written}{end}startxref\n{len(written)}\n%%EOF\n".encode()


_SIZES = {kind: len(content(1, f"any.{kind}")) for kind in MEDIA_TYPES}
