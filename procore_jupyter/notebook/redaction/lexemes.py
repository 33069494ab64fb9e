"""Cuts any text into names, strings, comments and signs, as Python would, whatever is wrong with it.

Python's own tokenizer gives up at the first mistake, and knows neither magics nor shell lines; a secret in a cell with a
mistake is stored in the history like any other.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_LEXEME = re.compile(
    r"""
      (?P<string> (?P<prefix>(?<!\w)[rRbBuUfFtT]{1,2}|) (?P<quote>'''|\"""|'|\") )
    | (?P<comment> \#[^\n]* )
    | (?P<name> [^\W\d]\w* )
    | (?P<number> \d[\w.]* )
    | (?P<blank> [^\S\n]+ | \\\r?\n )
    | (?P<newline> \n )
    | (?P<sign> :=|[=!<>]=|=>|->|[-+*/|&^%@]=|. )
    """,
    re.VERBOSE | re.DOTALL,
)
_INSIDE = re.compile(r"""[\\{}\n"']""")
_LONGEST_FIELD = 2000
"""Characters of a replacement field in which the end of a string is looked for: more would take quadratic time."""

OPEN, CLOSE = ("(", "[", "{"), (")", "]", "}")


class Lexeme(NamedTuple):
    """One piece of a text.

    Parameters
    ----------
    kind : str
        ``string``, ``comment``, ``name``, ``number``, ``newline`` or ``sign``.
    start, end : int
        Where it stands.
    inner : (int, int)
        Where a string's content stands, without its quotes.
    partner : int
        The index of the bracket that belongs to this one; -1 if none does.
    opens, closes : bool
        Whether it is a bracket that opens, or one that closes.
    fields : tuple of (int, int)
        The replacement fields of an f-string, without their braces.
    """

    kind: str
    start: int
    end: int
    inner: tuple[int, int] = (0, 0)
    partner: int = -1
    opens: bool = False
    closes: bool = False
    fields: tuple[tuple[int, int], ...] = ()


def lexemes(text: str, start: int = 0, end: int | None = None) -> list[Lexeme]:
    """Return the pieces of a part of a text, without blanks; a backslash joins two lines."""
    end = len(text) if end is None else end
    found: list[Lexeme] = []
    open_brackets: list[int] = []
    at = start
    while at < end and (match := _LEXEME.match(text, at, end)) is not None:
        kind = match.lastgroup or ""
        at = match.end()
        if match["quote"]:
            formatted = bool({*match["prefix"]} & {*"fFtT"})
            inner_end, after, fields = _string_end(text, at, end, match["quote"], formatted)
            found.append(Lexeme("string", match.start(), after, (at, inner_end), fields=fields))
            at = after
        elif kind != "blank":
            opens, closes = (
                kind == "sign" and match.group() in OPEN,
                kind == "sign" and match.group() in CLOSE,
            )
            partner = _partner(text, found, open_brackets, match.group()) if closes else -1
            if opens:
                open_brackets.append(len(found))
            found.append(Lexeme(kind, match.start(), at, (0, 0), partner, opens, closes))
    return found


def is_spoken_of(text: str, start: int, at: int) -> tuple[bool, int]:
    """Tell whether a place stands in a string or a comment, and where the lexeme ends that it stands in.

    Parameters
    ----------
    text : str
        The text.
    start : int
        Where to begin to read: the end of a lexeme before the place.
    at : int
        The place.
    """
    while start <= at and (match := _LEXEME.match(text, start)) is not None:
        begin, start = match.start(), match.end()
        if match["quote"]:
            formatted = bool({*match["prefix"]} & {*"fFtT"})
            start = _string_end(text, start, len(text), match["quote"], formatted)[1]
        if begin <= at < start:
            return bool(match["quote"] or match["comment"]), start
    return False, start


def _partner(text: str, found: list[Lexeme], open_brackets: list[int], sign: str) -> int:
    """Return the index of the bracket that `sign` closes, and note in that bracket where it is closed."""
    if not open_brackets or text[found[open_brackets[-1]].start] != OPEN[CLOSE.index(sign)]:
        return -1
    opened = open_brackets.pop()
    found[opened] = found[opened]._replace(partner=len(found))
    return opened


def _string_end(
    text: str, at: int, end: int, quote: str, formatted: bool
) -> tuple[int, int, tuple[tuple[int, int], ...]]:
    """Return where a string's content ends, where the string ends, and its replacement fields."""
    depth, began = 0, 0
    fields: list[tuple[int, int]] = []
    while (found := _INSIDE.search(text, at, end)) is not None:
        sign, at = found.group(), found.end()
        if sign == "\\" and not depth:
            at += 1
        elif sign == "\n":
            if len(quote) == 1:
                return found.start(), found.start(), tuple(fields)
        elif sign in "{}":
            if not formatted:
                continue
            if sign == "{" and not depth and text.startswith("{", at):
                at += 1
            elif sign == "{":
                depth += 1
                began = at if depth == 1 else began
            elif depth:
                depth -= 1
                if not depth:
                    fields.append((began, found.start()))
        elif depth and (inside := _nested(text, found.start(), end, sign)):
            at = inside
        elif text.startswith(quote, found.start()):
            return found.start(), found.start() + len(quote), tuple(fields)
    return end, end, tuple(fields)


def _nested(text: str, at: int, end: int, quote: str) -> int:
    """Return where a string inside a replacement field ends; 0 if none begins here."""
    line = text.find("\n", at, end)
    stop = end if line < 0 else line
    stop = min(stop, at + _LONGEST_FIELD)
    closed = text.find(quote, at + 1, stop)
    return closed + 1 if closed > 0 and text.find("}", closed, stop) > 0 else 0


class Pieces:
    """The lexemes of a part of a text, by index.

    Parameters
    ----------
    text : str
        The text.
    start, end : int
        The part.
    """

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.all = lexemes(text, start, end)
        #: For each lexeme the index of the bracket around it; -1 if there is none.
        self.around = _openers(self.all)

    def __len__(self) -> int:
        return len(self.all)

    def kind(self, at: int) -> str:
        """Return a lexeme's kind; empty beyond the ends."""
        return self.all[at].kind if 0 <= at < len(self.all) else ""

    def word(self, at: int) -> str:
        """Return a lexeme's text; empty beyond the ends."""
        return self.text[self.all[at].start : self.all[at].end] if 0 <= at < len(self.all) else ""

    def sign(self, at: int) -> str:
        """Return a sign; empty for all that is none."""
        return self.word(at) if self.kind(at) == "sign" else ""

    def content(self, at: int) -> str:
        """Return what stands between a string's quotes."""
        return self.text[slice(*self.all[at].inner)]

    def after_bracket(self, at: int) -> int:
        """Return where the text behind a bracket that opens goes on; the next lexeme for all else."""
        one = self.all[at]
        return one.partner + 1 if one.opens and one.partner > 0 else at + 1

    def goes_on(self, at: int) -> bool:
        """Tell whether a line end stands inside brackets that are closed later."""
        opened = self.around[at]
        return opened >= 0 and self.all[opened].partner > at

    def begins_a_statement(self, at: int) -> bool:
        """Tell whether a lexeme is the first of a statement."""
        if at and self.kind(at - 1) == "newline":
            return not self.goes_on(at - 1)
        return at == 0 or self.sign(at - 1) in (";", ":")

    def level(self, at: int, outer: int) -> int:
        """Return how many brackets stand around a lexeme, inside the bracket `outer`."""
        level, around = 0, self.around[at]
        while around >= 0 and around != outer:
            level, around = level + 1, self.around[around]
        return level

    def elements(self, at: int) -> list[int]:
        """Return where the elements begin of what is assigned: of a tuple, in brackets or without."""
        closed = self.all[at].partner if self.sign(at) in ("(", "[") else -1
        if closed > 0 and (self.kind(closed + 1) in ("newline", "") or self.sign(closed + 1) == ";"):
            return self.elements_between(at + 1, closed)
        end = at
        while end < len(self) and not (self.kind(end) == "newline" or self.sign(end) in (";", *CLOSE)):
            end = self.after_bracket(end)
        return self.elements_between(at, end)

    def elements_between(self, at: int, end: int) -> list[int]:
        """Return where the elements begin that commas part."""
        found = [at] if at < end else []
        while at < end:
            if self.sign(at) == "," and at + 1 < end and self.kind(at + 1) != "newline":
                found.append(at + 1)
            at = self.after_bracket(at)
        return found


def _openers(pieces: list[Lexeme]) -> list[int]:
    found: list[int] = []
    around: list[int] = [-1]
    for at, one in enumerate(pieces):
        if one.closes and one.partner >= 0:
            while around.pop() != one.partner:
                pass
        found.append(around[-1])
        if one.opens:
            around.append(at)
    return found
