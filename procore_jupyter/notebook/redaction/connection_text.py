r"""Secrets in a connection string, and in text that was meant to be one.

This module reads more freely than the connection string's grammar allows: a string that can't be parsed, with a misspelled
property or an open quote, still has its values cut out. Cutting out too much costs only a line of history.

=========================================  =========================================================
what is cut out                            of which segments
=========================================  =========================================================
the value                                  of secret and of unknown properties
the password in it                         of an address (``ProxyServer``, ``LoginURL``, ``APIURL``)
all of it                                  without a key, after a secret (the rest of one with a ``;`` in it)
=========================================  =========================================================

Values that only refer to a secret, ``${NAME}`` and ``{name}``, stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from procore_jupyter.notebook.redaction.findings import SecretSpan, cut, trimmed
from procore_jupyter.notebook.redaction.plain_text import named_values
from procore_jupyter.notebook.redaction.secret_names import says_something

_REFERENCE = re.compile(r"""(["']?)(\$\{[^}\n]*\}|\{[^\W\d]\w*\})\1""")
_STANDS_FOR_ANOTHER = re.compile(rf"{_REFERENCE.pattern}|…|\.\.\.|\*\*\*")
_KEY = re.compile(r"(?:[^=;]|==)*")
_KEY_OF_A_LINE = re.compile(r"(?:[^=;\n]|==)*")
_PASSWORD = re.compile(r"""(?:[a-z][a-z0-9+.-]*://|^["']?)[^\s/:@]*:(?!//)(?P<password>.+)@""", re.IGNORECASE)


class Segment(NamedTuple):
    """One segment of a connection string.

    Parameters
    ----------
    key : (int, int)
        Where the key stands; the whole segment if it has no ``=``.
    value : (int, int) or None
        Where the value stands, with the quotes and blanks around it; None without a ``=``.
    ended : bool
        Whether a ``;`` or the end of a line follows the segment.
    """

    key: tuple[int, int]
    value: tuple[int, int] | None
    ended: bool


def redact_string(text: str, *, lines: bool = False) -> str:
    """Return a connection string's text with every secret replaced by ``***``."""
    return cut(text, secrets_in_string(text, lines=lines))


def secrets_in_string(text: str, *, lines: bool = False) -> list[SecretSpan]:
    """Find the secrets in a connection string, also in one that can't be parsed."""
    return list(secrets_in_part(text, 0, len(text), lines=lines))


def references_in_string(text: str, start: int, end: int, *, lines: bool) -> Iterator[str]:
    """Give the names of the variables ``{name}`` that stand as values of secrets."""
    for key, value, _ in _segments(text, start, end, lines=lines):
        if value is not None and _property(text[slice(*key)])[1]:
            found = _REFERENCE.fullmatch(text, *trimmed(text, *value))
            if found is not None and found[2].startswith("{"):
                yield found[2][1:-1]


def segments(text: str, *, lines: bool = False) -> Iterator[Segment]:
    """Split a connection string into segments, whatever is wrong with it."""
    return _segments(text, 0, len(text), lines=lines)


def _segments(text: str, at: int, end: int, *, lines: bool) -> Iterator[Segment]:
    stops = ";\n" if lines else ";"
    while True:
        key = (_KEY_OF_A_LINE if lines else _KEY).match(text, at, end)
        assert key is not None  # it matches the empty string
        if key.end() == end or text[key.end()] in stops:
            yield Segment(key.span(), None, key.end() < end)
            at = key.end() + 1
        else:
            value_end = _value_end(text, key.end() + 1, end, stops)
            yield Segment(key.span(), (key.end() + 1, value_end), value_end < end)
            at = value_end + 1
        if at > end:
            return


def secrets_in_part(text: str, at: int, end: int, *, lines: bool) -> Iterator[SecretSpan]:
    """Find the secrets in a part of a text that is a connection string."""
    after_a_secret = False  # on the same line, behind a ";"
    for key, value, _ in _segments(text, at, end, lines=lines):
        begin, stop = trimmed(text, *(value or key))
        if value is None and not after_a_secret:
            for found in named_values(text, *key, shell=True):
                if found.secret:
                    yield SecretSpan(found.start, found.end, found.name)
        elif value is None:
            if begin < stop:
                yield SecretSpan(begin, stop)
        else:
            name, secret = _property(text[slice(*key)])
            after_a_secret = secret and begin < stop and not _STANDS_FOR_ANOTHER.fullmatch(text, begin, stop)
            if after_a_secret:
                yield SecretSpan(begin, stop, name)
            elif not secret and "@" in text[begin:stop]:
                yield from _password_in(text, begin, stop, name)
        after_a_secret = after_a_secret and text[(value or key)[1] : (value or key)[1] + 1] == ";"


def _value_end(text: str, at: int, end: int, stops: str) -> int:
    """Return where the value that starts at `at` ends: at a stop outside its quotes, or at `end` after an open quote."""
    blank = " \t\r" if "\n" in stops else " \t\r\n"
    while at < end and text[at] in blank:
        at += 1
    if at < end and text[at] in "'\"":
        quote = text[at]
        at += 1
        while True:
            at = text.find(quote, at, end)
            if at < 0:
                return end
            if text[at + 1 : at + 2] != quote:
                break
            at += 2
    return min((found for stop in stops if (found := text.find(stop, at, end)) >= 0), default=end)


def _property(key: str) -> tuple[str, bool]:
    """Return the name of a key's property, and whether its value has to be cut out."""
    from procore_jupyter.settings import properties

    known = properties.find("".join(key.split()).lstrip("#"))
    return (known.name, known.secret) if known is not None else ("", True)


def _password_in(text: str, start: int, end: int, name: str) -> Iterator[SecretSpan]:
    """Find the password in an address with a user: of a proxy, where it may stand, or of a host, where it is refused."""
    found = _PASSWORD.match(text[start:end])
    if found is not None and says_something(found["password"]):
        yield SecretSpan(start + found.start("password"), start + found.end("password"), name)
