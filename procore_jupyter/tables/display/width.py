"""How wide a text is in a terminal: an East Asian letter takes two places, a combining mark none."""

from __future__ import annotations

import unicodedata


def width(text: str) -> int:
    """Return the number of places that a text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def padded(text: str, places: int, *, right: bool = False) -> str:
    """Return a text with blanks up to a width, put to the left, or to the right edge."""
    blanks = " " * (places - width(text))
    return blanks + text if right else text + blanks
