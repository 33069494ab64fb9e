"""PIVOT: the rows that it turns. Its columns depend on them, so DuckDB plans it only where they are; a query for them it does plan."""

from __future__ import annotations

import re

import duckdb

_WORD = re.compile(rb'"(?:[^"]|"")*+"|\w+|.', re.DOTALL)
_PIVOTS = (b"pivot", b"pivot_wider")
_READS = frozenset([*_PIVOTS, b"unpivot", b"select", b"from", b"join", b"table", b"values", b"with"])
"""Words behind the rows that may read further ones."""


def turned(text: str) -> str:
    """Return the query for the rows that the PIVOT of a query turns; empty if it isn't one, or reads others besides.

    Parameters
    ----------
    text : str
        The query: ``WITH … PIVOT rows ON column USING …``.
    """
    source = text.encode()
    starts = [start for start, kind in duckdb.tokenize(text) if kind != duckdb.token_type.comment]
    words = [found[0].lower() for start in starts if (found := _WORD.match(source, start))]
    depths = _depths(words)
    first = next((n for n, word in enumerate(words) if word in _PIVOTS and not depths[n]), None)
    if first is None or first + 1 == len(words):
        return ""
    end = first + 2
    if words[first + 1] == b"(":
        end = next((n + 1 for n in range(end, len(words)) if words[n] == b")" and not depths[n]), len(words))
    while words[end : end + 1] == [b"."]:
        end += 2
    if end >= len(words) or _READS & {*words[end:]}:
        return ""
    begin = b"FROM".ljust(
        starts[first + 1] - starts[first]
    )  # so that a place in it is the same place in the query
    return (source[: starts[first]] + begin + source[starts[first + 1] : starts[end]]).decode()


def _depths(words: list[bytes]) -> list[int]:
    """Return in how many parentheses each word stands; a parenthesis stands outside of itself."""
    found, depth = [], 0
    for word in words:
        depth -= word == b")"
        found.append(depth)
        depth += word == b"("
    return found
