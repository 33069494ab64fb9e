"""Names of files that come from elsewhere, made fit for any disk and any eye."""

from __future__ import annotations

import unicodedata

LONGEST = 255
"""Bytes of UTF-8 that a file's name may have, on nearly every disk."""

LONGEST_KIND = 20
"""Characters of a name's last part, its kind (``pdf``), that a cut keeps."""

_RESERVED = frozenset(
    [
        "CON",
        "PRN",
        "AUX",
        "NUL",
        "CONIN$",
        "CONOUT$",
        *(f"{port}{n}" for port in ("COM", "LPT") for n in "0123456789¹²³"),
    ]
)
"""Windows takes a file of such a name, whatever follows the first dot, for a device."""


def fit(name: str) -> str:
    r"""Return a name that any disk takes, and that shows what it is; empty if nothing is left of it.

    It leads to no other folder and hides nothing: no part before a slash or backslash, no dot or blank at its ends, no
    control character, none that turns the direction of writing, no device of Windows. A longer one keeps its kind.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(map(_fit_character, last)).strip(" .")
    if plain.partition(".")[0].rstrip().upper() in _RESERVED:
        plain = f"_{plain}"
    if len(plain.encode()) <= LONGEST:
        return plain
    stem, dot, kind = plain.rpartition(".")
    end = f".{kind}" if dot and len(kind) <= LONGEST_KIND else ""
    start = (stem if end else plain).encode()[: LONGEST - len(end.encode())]
    return (start.decode(errors="ignore").rstrip(" .") or "_") + end


def _fit_character(one: str) -> str:
    if unicodedata.category(one) == "Zs":
        return " "
    return "_" if one in ':*?"<>|' or not one.isprintable() else one
