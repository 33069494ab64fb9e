r"""Finds the secrets in a cell's text, and returns the text without them.

A person may paste a connection string with the client secret in it. What IPython keeps of such a cell
(`notebook.history`) must not hold the secret. So this module reads more freely than the connection string's grammar
allows: a string that can't be parsed, with a misspelled property or an open quote, still has its values cut out.
Cutting out too much costs only a line of history.

=========================================  =========================================================
where                                      what is cut out
=========================================  =========================================================
after ``%procore_connect``, to the end of  values of secret and of unknown properties, and text without
the line (and its continued lines); after    a key after a secret (the rest of one with a ``;`` in it)
``%%procore_connect``, to the cell's end
in Python strings anywhere else            values of secret properties, to the ``;``, quote or line end
=========================================  =========================================================

Values that only refer to a secret, ``${NAME}`` and ``{name}``, stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from procore_jupyter.notebook.options import CONNECT_OPTIONS, skip_options

MASK = "***"

# The magic: with its percent signs anywhere in a line, or without them at the line's start (automagic).
_MAGIC = re.compile(r"%%?procore_connect\b|^[ \t]*procore_connect\b(?=[ \t])", re.MULTILINE)
_REFERENCE = re.compile(r"""(["']?)(\$\{[^}\n]*\}|\{[^\W\d]\w*\})\1""")
_KEY = re.compile(r"(?:[^=;]|==)*")
_KEY_OF_A_LINE = re.compile(r"(?:[^=;\n]|==)*")


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


def redact(cell: str) -> str:
    """Return a cell's text with every secret replaced by ``***``; lines stay lines."""
    return _cut(cell, secrets_in(cell))


def redact_string(text: str, *, lines: bool = False) -> str:
    """Return a connection string's text with every secret replaced by ``***``."""
    return _cut(text, secrets_in_string(text, lines=lines))


def secrets_in(cell: str) -> list[SecretSpan]:
    """Find the secrets in a cell's raw text, in order."""
    if "=" not in cell:
        return []
    found: list[SecretSpan] = []
    at = 0
    for magic in _MAGIC.finditer(cell):
        if magic.start() < at:
            continue
        whole_cell = magic.group().startswith("%%")
        end = len(cell) if whole_cell else _logical_line_end(cell, magic.end())
        found += _in_python(cell, at, magic.start())
        found += _in_string(cell, skip_options(cell, magic.end(), CONNECT_OPTIONS), end, lines=whole_cell)
        at = end
    return [*found, *_in_python(cell, at, len(cell))]


def secrets_in_string(text: str, *, lines: bool = False) -> list[SecretSpan]:
    """Find the secrets in a connection string, also in one that can't be parsed."""
    return list(_in_string(text, 0, len(text), lines=lines))


def _cut(text: str, spans: list[SecretSpan]) -> str:
    pieces, at = [], 0
    for span in spans:
        # The line ends of a quoted value stay, so that tracebacks still count lines rightly.
        pieces += [text[at : span.start], MASK, "\n" * text.count("\n", span.start, span.end)]
        at = span.end
    return "".join([*pieces, text[at:]])


def _logical_line_end(text: str, at: int) -> int:
    """Return where the line at `at` ends, including the lines that backslashes join to it."""
    while True:
        end = text.find("\n", at)
        if end < 0:
            return len(text)
        if not text[at:end].endswith("\\"):
            return end
        at = end + 1


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


def _in_string(text: str, at: int, end: int, *, lines: bool) -> Iterator[SecretSpan]:
    after_a_secret = False  # on the same line, behind a ";"
    for key, value, _ in _segments(text, at, end, lines=lines):
        begin, stop = _trimmed(text, *(value or key))
        if value is None and not after_a_secret:
            yield from _in_python(text, *key, anywhere=True)
        elif value is None:
            if begin < stop:
                yield SecretSpan(begin, stop)
        else:
            name, secret = _property(text[slice(*key)])
            after_a_secret = secret and begin < stop and not _REFERENCE.fullmatch(text, begin, stop)
            if after_a_secret:
                yield SecretSpan(begin, stop, name)
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


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _property(key: str) -> tuple[str, bool]:
    """Return the name of a key's property, and whether its value has to be cut out."""
    from procore_jupyter.settings import properties

    known = properties.find("".join(key.split()).lstrip("#"))
    return (known.name, known.secret) if known is not None else ("", True)


@cache
def _secret_key() -> re.Pattern[str]:
    """Return a pattern of the secret properties' names, with blanks anywhere in them, and the ``=``."""
    from procore_jupyter.settings.properties import PROPERTIES

    names = ("[ \t]*".join(re.escape(letter) for letter in one.name) for one in PROPERTIES if one.secret)
    return re.compile(rf"(?:(?<![A-Za-z0-9_])|(?<=\\n))({'|'.join(names)})[ \t]*=+", re.IGNORECASE)


def _in_python(text: str, start: int, end: int, *, anywhere: bool = False) -> Iterator[SecretSpan]:
    """Find secrets in the strings of Python code, as well as that works without parsing the code."""
    at = counted = start
    quotes = 0  # triple quotes before the key
    while (key := _secret_key().search(text, at, end)) is not None:
        at = key.end()
        before = key.start()
        while before > start and text[before - 1] in " \t#":
            before -= 1
        quotes += text.count('"""', counted, before) + text.count("'''", counted, before)
        counted = before
        in_a_string = text.endswith((";", "'", '"', "\\n"), start, before)
        in_a_long_string = text.endswith("\n", start, before) and quotes % 2
        if not (anywhere or in_a_string or in_a_long_string):
            continue
        value = _PYTHON_VALUE.match(text, key.end(), end)
        begin, stop = _trimmed(text, *value.span()) if value is not None else (at, at)
        if begin < stop and not _REFERENCE.fullmatch(text, begin, stop):
            yield SecretSpan(begin, stop, _property(key.group(1))[0])
            at = stop


# A value inside a Python string: in quotes of its own (perhaps after a backslash), or up to a ";", the line's end, or a
# quote that looks like the end of the Python string. In doubt, the value extends to the line's end.
_PYTHON_VALUE = re.compile(
    r"""
    [ \t]* (?:
        \\?(?P<quote>["'])(?![\s),+;\]}]|$) .*? (?:\\?(?P=quote)(?!(?P=quote))|$)
      | [^;\n]*? (?=;|$|\\n|["'](?:["']{2})?[ \t]*(?:[),+\]}]|$))
    )
    """,
    re.VERBOSE | re.MULTILINE,
)
