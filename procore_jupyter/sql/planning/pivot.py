"""PIVOT: the rows that it turns. Its columns depend on them, so DuckDB plans it only where they are; a query for them it does plan."""

from __future__ import annotations

import re

import duckdb

_WORD = re.compile(rb'"(?:[^"]|"")*+"|\w+|.', re.DOTALL)
_PIVOTS = (b"pivot", b"pivot_wider")
_READS = frozenset([*_PIVOTS, b"unpivot", b"select", b"from", b"join", b"table", b"values", b"with"])
"""Words behind the rows that may read further ones."""
_OF_WITH = frozenset([b"with", b"recursive", b"as", b"not", b"materialized", b",", b"(", b")"])
"""Words of WITH that name nothing."""


def turned(text: str) -> tuple[str, frozenset[str]]:
    """Return the query for the rows that the PIVOT of a query turns; empty if it isn't one, or reads others besides.

    No condition outside of the PIVOT reaches its rows: they decide which columns it has.

    Parameters
    ----------
    text : str
        The query: ``WITH … PIVOT rows ON column USING …``, or one with such a PIVOT in its WITH or in its FROM.

    Returns
    -------
    tuple of (str, frozenset of str)
        The query, and the words outside of it and of the PIVOT, in small letters, which may name further tables.
    """
    source = text.encode()
    starts = [start for start, kind in duckdb.tokenize(text) if kind != duckdb.token_type.comment]
    words = [found[0].lower() for start in starts if (found := _WORD.match(source, start))]
    depths = _depths(words)
    first = next((n for n, word in enumerate(words) if word in _PIVOTS and depths[n] < 2), None)
    if first is None or first + 1 == len(words):
        return "", frozenset()
    end = _after(words, depths, first + 1)
    while words[end : end + 1] == [b"."]:
        end += 2
    last = next((n for n in range(end, len(words)) if depths[n] < depths[first]), len(words))
    if end >= len(words) or _READS & {*words[end:last]}:
        return "", frozenset()
    before = _defined(words, depths, first) if depths[first] else first
    outside = {*words[before:first], *words[last:]}
    if outside & ({one for one, depth in zip(words[:before], depths, strict=False) if not depth} - _OF_WITH):
        return "", frozenset()
    places = [*starts, len(source)]
    begin = b"FROM".ljust(
        places[first + 1] - places[first]
    )  # so that a place in it is the same place in the query
    rows = source[: places[before]] + begin + source[places[first + 1] : places[end]]
    return rows.decode(), frozenset(word.decode().strip('"') for word in outside)


def _defined(words: list[bytes], depths: list[int], pivot: int) -> int:
    """Return where the parts of WITH end that a PIVOT in parentheses may read."""
    ends = 0
    if words[0] == b"with":
        for n in range(1, pivot):
            if words[n] == b")" and not depths[n] and words[n + 1] != b"as":
                ends = n + 1
                if words[n + 1] != b",":
                    break
    return ends


def _after(words: list[bytes], depths: list[int], first: int) -> int:
    """Return the number of the word after a table's name, or after a query in parentheses."""
    if words[first] != b"(":
        return first + 1
    return next(
        (n + 1 for n in range(first + 1, len(words)) if words[n] == b")" and depths[n] == depths[first]),
        len(words),
    )


def _depths(words: list[bytes]) -> list[int]:
    """Return in how many parentheses each word stands; a parenthesis stands outside of itself."""
    found, depth = [], 0
    for word in words:
        depth -= word == b")"
        found.append(depth)
        depth += word == b"("
    return found
