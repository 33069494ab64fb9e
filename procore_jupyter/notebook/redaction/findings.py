"""What is found in a text: secrets and names of secrets; and the text without the secrets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

MASK = "***"
"""What stands in a secret's place."""


class SecretSpan(NamedTuple):
    """A secret in a text.

    Parameters
    ----------
    start, end : int
        Where the secret stands, in characters from 0.
    name : str
        The property whose value it is; empty if unknown.
    """

    start: int
    end: int
    name: str = ""


class Found(NamedTuple):
    """What was found in a text.

    Parameters
    ----------
    secrets : tuple of SecretSpan
        The literals that are secrets.
    names : frozenset of str
        The variables whose values are secrets, or parts of one.
    """

    secrets: tuple[SecretSpan, ...]
    names: frozenset[str]


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span of a text without the white space at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def cut(text: str, spans: Iterable[SecretSpan]) -> str:
    """Return a text with ``***`` in the place of each span; lines stay lines. Spans may overlap."""
    pieces, at = [], 0
    for span in sorted(spans):
        start = max(at, span.start)
        if start < span.end or (start == span.start and span.start == span.end > at):
            # The line ends of a quoted value stay, so that tracebacks still count lines rightly.
            if start == span.start:
                pieces += [text[at:start], MASK]
            pieces.append("\n" * text.count("\n", start, span.end))
            at = span.end
    return "".join([*pieces, text[at:]])
