"""Connection strings: text to properties and back, in the grammar of ADO.NET.

Accepted forms (``tests/settings/test_connection_string.py`` lists many more)::

    Profile=Procore;CallbackURL=http://localhost;      pairs; a last ";" and empty segments don't matter
    OAuth Client Id = abc                              blanks in and around a name, and around a value, don't count
    a==b=1                                             "==" is a "=" inside the name "a=b"
    Name=it's; Name=a=b                                unquoted: quotes and "=" inside; not a ";", no quote at the end
    Name="two ;parts"  Name='say "hi"'                 in quotes: anything
    Name='it''s; here'                                 the quote that wraps is doubled inside
    Name=                                              not given
    Name=""                                            the empty string

In the cell form a line break ends a property too, except inside quotes, and lines that begin with "#" are
comments.

This module doesn't know which properties exist or which are secret, so what it says of a wrong string
shows no value at all, and no name but those it was told are harmless.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, NoReturn

from procore_jupyter.errors import ConnectionStringError

MASK = "***"
_BLANKS = re.compile(r"[\s;]*+")
_REST_OF_LINE = re.compile(r"[^\r\n]*+")
_QUOTED = {
    quote: re.compile(rf"{quote}([^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+){quote}") for quote in "\"'"
}
_PLAIN = re.compile(r"""(?!["'=\s])[^;\r\n\x00-\x1f]*(?<!["'\s])""")  # what `format` leaves unquoted


class _Form(NamedTuple):
    """What differs between a line and a cell."""

    name: re.Pattern[str]
    blanks: re.Pattern[str]
    unquoted: re.Pattern[str]


# Possessive (*+): what was taken is not given back, so no input makes a match slower than linear.
_LINE = _Form(re.compile(r"(?:[^=;]++|==)*+"), re.compile(r"\s*+"), re.compile(r"[^;]*+"))
_CELL = _Form(re.compile(r"(?:[^=;\r\n]++|==)*+"), re.compile(r"[^\S\r\n]*+"), re.compile(r"[^;\r\n]*+"))


class Segment(NamedTuple):
    """One ``name=value`` as it stands in the text, in the order of the text.

    Parameters
    ----------
    name : str
        As written, without blanks, ``==`` undone.
    value : str or None
        None where nothing was given (``name=``).
    start, value_start, value_end : int
        Offsets in the text; the value's include its quotes.
    """

    name: str
    value: str | None
    start: int = 0
    value_start: int = 0
    value_end: int = 0


class ConnectionString(Mapping[str, str]):
    """The properties of a connection string: names to values, as written. Immutable.

    Names are found in any case and with blanks inside. Two are equal when they hold the same values under
    the same names. Neither ``repr`` nor pickling shows a value.

    Parameters
    ----------
    items : Mapping or iterable of (str, str)
        Names and values. Of a name given more than once the last counts.

    Attributes
    ----------
    repeated : tuple of str
        Names given more than once.
    not_given : tuple of str
        Names written without a value (``name=``); they are not among the keys.
    segments : tuple of Segment
        All that was written, repeated and not given ones included.

    Raises
    ------
    ValueError
        A name is empty, holds ";" or begins with "#": the grammar has no way to write it.
    """

    __slots__ = ("_last", "not_given", "repeated", "segments")

    def __init__(self, items: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        pairs = items.items() if isinstance(items, Mapping) else items
        segments: list[Segment] = []
        for written, value in pairs:
            name = _bare(written)
            if not name or ";" in name or name.startswith("#"):
                raise ValueError("a property's name can't be empty, hold a ';' or begin with '#'")
            segments.append(Segment(name, value))
        self._take(segments)

    @classmethod
    def _of(cls, segments: list[Segment]) -> ConnectionString:
        new = cls.__new__(cls)
        new._take(segments)
        return new

    def _take(self, segments: Iterable[Segment]) -> None:
        self.segments = tuple(segments)
        last: dict[str, Segment] = {}
        repeated: dict[str, str] = {}
        for segment in self.segments:
            known = segment.name.casefold()
            if last.pop(known, None) is not None:
                repeated[known] = segment.name
            last[known] = segment
        self._last = last
        self.repeated = tuple(repeated.values())
        self.not_given = tuple(segment.name for segment in last.values() if segment.value is None)

    def __getitem__(self, name: str) -> str:
        value = self._last[_bare(f"{name}").casefold()].value
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return (segment.name for segment in self._last.values() if segment.value is not None)

    def __len__(self) -> int:
        return len(self._last) - len(self.not_given)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ConnectionString):
            return NotImplemented
        return self._folded() == other._folded()

    def __hash__(self) -> int:
        return hash(frozenset(self._folded().items()))

    def _folded(self) -> dict[str, str]:
        return {name.casefold(): value for name, value in self.items()}

    def __repr__(self) -> str:
        return f"<ConnectionString of {len(self)} properties>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a connection string can't be pickled: its secrets would be written in the clear")

    def format(self) -> str:
        """Return the text that parses, in the line form and in the cell form, to an equal one.

        It ends with ";", so that IPython takes no last "?" for a question.
        """
        return "".join(f"{name.replace('=', '==')}={_written(value)};" for name, value in self.items())

    def position(self, name: str, *, at_value: bool = False) -> int:
        """Return the offset of a name, or of its value, in the text; 0 where it was not parsed."""
        segment = self._last.get(_bare(name).casefold())
        if segment is None:
            return 0
        return segment.value_start if at_value else segment.start

    def replaced(self, values: Mapping[str, str]) -> ConnectionString:
        """Return the same with other values for some names; places in the text stay known."""
        new = {_bare(name).casefold(): value for name, value in values.items()}
        return self._of(
            [
                segment._replace(value=new.get(segment.name.casefold(), segment.value))
                for segment in self.segments
            ]
        )

    def point(self, name: str, harmless: Collection[str] = (), *, at_value: bool = False) -> str:
        """Return two lines that show where a property stands, values masked; empty where it was not parsed.

        Parameters
        ----------
        name : str
            The property.
        harmless : collection of str
            Names that may be shown, in any case; all others are masked.
        at_value : bool
            Put the caret under the value instead of the name.
        """
        segment = self._last.get(_bare(name).casefold())
        if segment is None or not segment.value_end:
            return ""
        before = [other for other in self.segments if other.start < segment.start]
        known = _folded_set(harmless)
        piece = f"{_shown(segment.name, known)}={MASK}"
        at = len(piece) - len(MASK) if at_value else 0
        return _place(before, piece[:at], piece[at:], known)


def parse(text: str, *, lines: bool = False, harmless: Collection[str] = ()) -> ConnectionString:
    """Read a connection string.

    Parameters
    ----------
    text : str
        The text. Reading takes time proportional to its length.
    lines : bool
        The cell form: a line break ends a property except inside quotes, lines that begin with "#" are comments.
    harmless : collection of str
        Names that an error message may show (`properties.NAMES`). Every other name is masked, as it may be
        a piece of a secret that holds a ";".

    Raises
    ------
    ConnectionStringError
        With the position, a caret under the place, and what to do. No value is in it.
    """
    return ConnectionString._of(_Reader(text, lines, _folded_set(harmless)).read())


class _Reader:
    def __init__(self, text: str, lines: bool, harmless: frozenset[str]) -> None:
        self.text = text
        self.lines = lines
        self.form = _CELL if lines else _LINE
        self.harmless = harmless
        self.segments: list[Segment] = []

    def read(self) -> list[Segment]:
        at = self._skip(0)
        while at < len(self.text):
            segment = self._segment(at)
            self.segments.append(segment)
            at = self._skip(segment.value_end)
        return self.segments

    def _skip(self, at: int) -> int:
        """Return where the next property begins: past blanks, semicolons and comments."""
        while True:
            start, at = at, _end(_BLANKS, self.text, at)
            if not (self.lines and self.text.startswith("#", at)):
                return at
            line = re.split(r"[\r\n]", self.text[start:at])
            if ";" in line[-1] or (len(line) == 1 and start > 0):
                return at  # not on a line of its own
            at = _end(_REST_OF_LINE, self.text, at)

    def _segment(self, start: int) -> Segment:
        text = self.text
        if text[start] == "#":
            way = "give it a line of its own" if self.lines else "use the cell form, %%procore_connect"
            self._fail(f'A property can\'t begin with "#". For a comment {way}', start, "", f"#{MASK}")
        end = _end(self.form.name, text, start)
        name = _bare(text[start:end].replace("==", "="))
        if not text.startswith("=", end):
            self._fail_without_value(name, start)
        if not name:
            self._fail('There is no name before "=". Write a property there', start, "", f"={MASK}")
        at = _end(self.form.blanks, text, end + 1)
        if text.startswith(('"', "'"), at):
            return self._quoted(name, start, at)
        value = text[at : _end(self.form.unquoted, text, at)].rstrip()
        if value.endswith(('"', "'")):
            self._fail(
                "A value that ends in a quote has to be in quotes as a whole",
                at + len(value) - 1,
                f"{self._shown(name)}={MASK}",
                value[-1],
            )
        return Segment(name, value or None, start, at, at + len(value))

    def _quoted(self, name: str, start: int, at: int) -> Segment:
        quote = self.text[at]
        whole = _QUOTED[quote].match(self.text, at)
        if whole is None:
            self._fail(
                f"This quote is never closed. Close it with {quote}; a {quote} inside the value is doubled",
                at,
                f"{self._shown(name)}=",
                f"{quote}{MASK}",
            )
        end = _end(self.form.blanks, self.text, whole.end())
        if not self.text.startswith((";", "\r", "\n") if self.lines else ";", end) and end < len(self.text):
            self._fail(
                f'After the closing quote only ";" may follow. A {quote} inside the value is doubled',
                end,
                f"{self._shown(name)}={quote}{MASK}{quote}",
                MASK,
            )
        return Segment(name, whole[1].replace(quote * 2, quote), start, at, whole.end())

    def _fail_without_value(self, name: str, start: int) -> NoReturn:
        if self._shown(name) != MASK:
            self._fail(f'{name} has no "=" and value after it', start, "", name)
        before = self._shown(self.segments[-1].name) if self.segments else MASK
        whose = "a value" if before == MASK else f"the value of {before}"
        self._fail(
            f'There is no "name=" here. If {whose} holds a ";" or a line break, put the whole value in quotes',
            start,
            "",
            MASK,
        )

    def _fail(self, message: str, position: int, piece: str, fault: str) -> NoReturn:
        """Raise; `piece` is what stands between the last good property and the `fault`, both masked."""
        line = f"line {1 + self.text.count(chr(10), 0, position)}, " if self.lines else ""
        place = _place(self.segments, piece, fault, self.harmless)
        raise ConnectionStringError(f"{message} ({line}position {position}).{place}", position)

    def _shown(self, name: str) -> str:
        return _shown(name, self.harmless)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Return where a pattern that always matches ends."""
    found = pattern.match(text, at)
    return found.end() if found else at


def _bare(name: str) -> str:
    return "".join(name.split())


def _folded_set(names: Collection[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)


def _shown(name: str, harmless: frozenset[str]) -> str:
    return name if name.casefold() in harmless else MASK


def _place(before: Sequence[Segment], piece: str, fault: str, harmless: frozenset[str]) -> str:
    """Draw the place: at most two properties before it, then the faulty one, and a caret below the fault."""
    names = "".join(f"{_shown(segment.name, harmless)}={MASK};" for segment in before[-2:])
    lead = ("…;" if len(before) > 2 else "") + names + piece
    return f"\n  {lead}{fault}\n  {' ' * len(lead)}^"


def _written(value: str) -> str:
    if value and _PLAIN.fullmatch(value):
        return value
    quote = "'" if '"' in value and "'" not in value else '"'
    return f"{quote}{value.replace(quote, quote * 2)}{quote}"
