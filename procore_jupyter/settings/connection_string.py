"""Connection strings: text to properties and back, in the grammar of ADO.NET.

Accepted forms (``tests/settings/test_connection_string.py`` lists many more)::

    Profile=Procore;CallbackURL=http://localhost;      pairs; a last ";" and empty segments don't matter
    OAuth Client Id = abc                              blanks in and around a name, and around a value, don't count
    a==b=1                                             "==" is a "=" inside the name "a=b"
    Name=it's; Name=a=b                                an unquoted value may hold quotes and "=", but no ";", and ends in no quote
    Name="two ;parts"  Name='say "hi"'                 a quoted value may hold anything
    Name='it''s; here'                                 the surrounding quote is doubled inside the value
    Name=                                              the property is not given
    Name=""                                            the value is the empty string

In the cell form a line break outside quotes ends a property too, and lines that begin with "#" are comments.

This module doesn't know which properties exist or which are secret. So its error messages show no value, and only those
names that the caller calls harmless.

`notebook.redaction.connection_text` reads the same grammar a second time, on purpose: it must find the secrets also in text that is no
valid connection string, which `parse` refuses.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, NoReturn

from procore_jupyter.errors import ConnectionStringError, without_locals

MASK = "***"
_BLANKS = re.compile(r"[\s;]*+")
_REST_OF_LINE = re.compile(r"[^\r\n]*+")
_QUOTED = {
    quote: re.compile(rf"{quote}([^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+){quote}") for quote in "\"'"
}
_PLAIN = re.compile(r"""(?!["'=\s])[^;\r\n\x00-\x1f]*(?<!["'\s])""")  # values that `format` leaves unquoted


class _Form(NamedTuple):
    """The patterns in which the line form and the cell form differ."""

    name: re.Pattern[str]
    blanks: re.Pattern[str]
    unquoted: re.Pattern[str]


# Possessive quantifiers (*+) never backtrack, so matching takes time proportional to the text, whatever it is.
_LINE = _Form(re.compile(r"(?:[^=;]++|==)*+"), re.compile(r"\s*+"), re.compile(r"[^;]*+"))
_CELL = _Form(re.compile(r"(?:[^=;\r\n]++|==)*+"), re.compile(r"[^\S\r\n]*+"), re.compile(r"[^;\r\n]*+"))


class Pair(NamedTuple):
    """One ``name=value`` of a text.

    Parameters
    ----------
    name : str
        The name as written, but without blanks and with ``==`` read as ``=``.
    value : str or None
        The value without its quotes; None for ``name=``.
    start : int
        Where the name begins in the text.
    value_start, value_end : int
        Where the value begins and ends in the text, its quotes included; 0 if the pair was not parsed.
    """

    name: str
    value: str | None
    start: int = 0
    value_start: int = 0
    value_end: int = 0


class ConnectionString(Mapping[str, str]):
    """The properties of a connection string: names to values, as written. Immutable.

    Look-ups ignore the case of names and blanks in them. Two connection strings are equal if they hold the same values
    under the same names. ``repr`` shows no value, and pickling is refused.

    Parameters
    ----------
    items : Mapping or iterable of (str, str)
        Names and values. The last value of a repeated name counts.

    Attributes
    ----------
    repeated : tuple of str
        Names given more than once.
    not_given : tuple of str
        Names written without a value (``name=``); they are not among the keys.
    pairs : tuple of Pair
        Everything written, in the order of the text, with repeated names and those not given.

    Raises
    ------
    ValueError
        A name is empty, holds ";" or begins with "#", and so can't be written in the grammar.
    """

    __slots__ = ("_last", "not_given", "pairs", "repeated")

    def __init__(self, items: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        pairs: list[Pair] = []
        for written, value in items.items() if isinstance(items, Mapping) else items:
            name = _bare(written)
            if not name or ";" in name or name.startswith("#"):
                raise ValueError("a property's name can't be empty, contain a ';' or begin with '#'")
            pairs.append(Pair(name, value))
        self._take(pairs)

    @classmethod
    def _of(cls, pairs: list[Pair]) -> ConnectionString:
        new = cls.__new__(cls)
        new._take(pairs)
        return new

    def _take(self, pairs: Iterable[Pair]) -> None:
        self.pairs = tuple(pairs)
        last: dict[str, Pair] = {}
        repeated: dict[str, str] = {}
        for pair in self.pairs:
            known = pair.name.casefold()
            if last.pop(known, None) is not None:
                repeated[known] = pair.name
            last[known] = pair
        self._last = last
        self.repeated = tuple(repeated.values())
        self.not_given = tuple(pair.name for pair in last.values() if pair.value is None)

    def __getitem__(self, name: str) -> str:
        value = self._last[_bare(f"{name}").casefold()].value
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return (pair.name for pair in self._last.values() if pair.value is not None)

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
        """Return a text that parses to an equal connection string, in the line form and in the cell form.

        The text ends with ";", so that IPython doesn't take a last "?" for a request for help.
        """
        return "".join(f"{name.replace('=', '==')}={_written(value)};" for name, value in self.items())

    def position(self, name: str, *, at_value: bool = False) -> int:
        """Return where a name, or its value, begins in the text; 0 if the string was not parsed from a text."""
        pair = self._last.get(_bare(name).casefold())
        if pair is None:
            return 0
        return pair.value_start if at_value else pair.start

    def replaced(self, values: Mapping[str, str]) -> ConnectionString:
        """Return a connection string with new values for some names. The pairs keep their places in the text."""
        new = {_bare(name).casefold(): value for name, value in values.items()}
        return self._of(
            [pair._replace(value=new.get(pair.name.casefold(), pair.value)) for pair in self.pairs]
        )

    def point(self, name: str, harmless: Collection[str] = (), *, at_value: bool = False) -> str:
        """Return two lines that show where a property stands, with values masked; "" if the string was not parsed.

        Parameters
        ----------
        name : str
            The property.
        harmless : collection of str
            Names that may be shown, in any case. All others are masked.
        at_value : bool
            Whether the caret stands under the value and not under the name.
        """
        pair = self._last.get(_bare(name).casefold())
        if pair is None or not pair.value_end:
            return ""
        before = [other for other in self.pairs if other.start < pair.start]
        known = _folded_set(harmless)
        piece = f"{_shown(pair.name, known)}={MASK}"
        at = len(piece) - len(MASK) if at_value else 0
        return _place(before, piece[:at], piece[at:], known)


@without_locals
def parse(text: str, *, lines: bool = False, harmless: Collection[str] = ()) -> ConnectionString:
    """Read a connection string.

    Parameters
    ----------
    text : str
        The text. Reading takes time proportional to its length.
    lines : bool
        Whether the text is in the cell form: a line break outside quotes ends a property, and lines that begin with "#"
        are comments.
    harmless : collection of str
        Names that an error message may show (`properties.NAMES`). Every other name is masked, as it may be a piece of a
        secret that holds a ";".

    Raises
    ------
    ConnectionStringError
        The text is not in the grammar. The message has the position, a caret under the place, and what to do, but no
        value.
    """
    return ConnectionString._of(_Reader(text, lines, _folded_set(harmless)).read())


class _Reader:
    def __init__(self, text: str, lines: bool, harmless: frozenset[str]) -> None:
        self.text = text
        self.lines = lines
        self.form = _CELL if lines else _LINE
        self.harmless = harmless
        self.pairs: list[Pair] = []

    def read(self) -> list[Pair]:
        at = self._skip(0)
        while at < len(self.text):
            pair = self._pair(at)
            self.pairs.append(pair)
            at = self._skip(pair.value_end)
        return self.pairs

    def _skip(self, at: int) -> int:
        """Return where the next property begins, after blanks, semicolons and comments."""
        while True:
            start, at = at, _end(_BLANKS, self.text, at)
            if not (self.lines and self.text.startswith("#", at)):
                return at
            line = re.split(r"[\r\n]", self.text[start:at])
            if ";" in line[-1] or (len(line) == 1 and start > 0):
                return at  # the "#" doesn't stand on a line of its own, so it begins no comment
            at = _end(_REST_OF_LINE, self.text, at)

    def _pair(self, start: int) -> Pair:
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
                "A value that ends in a quote must be quoted as a whole",
                at + len(value) - 1,
                f"{self._shown(name)}={MASK}",
                value[-1],
            )
        return Pair(name, value or None, start, at, at + len(value))

    def _quoted(self, name: str, start: int, at: int) -> Pair:
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
        return Pair(name, whole[1].replace(quote * 2, quote), start, at, whole.end())

    def _fail_without_value(self, name: str, start: int) -> NoReturn:
        if self._shown(name) != MASK:
            self._fail(f'{name} has no "=" and value after it', start, "", name)
        before = self._shown(self.pairs[-1].name) if self.pairs else MASK
        whose = "a value" if before == MASK else f"the value of {before}"
        self._fail(
            f'There is no "name=" here. If {whose} contains a ";" or a line break, put the whole value in quotes',
            start,
            "",
            MASK,
        )

    def _fail(self, message: str, position: int, piece: str, fault: str) -> NoReturn:
        """Raise the error. `piece`, the text between the last good property and the `fault`, is masked like the fault."""
        line = f"line {1 + self.text.count(chr(10), 0, position)}, " if self.lines else ""
        place = _place(self.pairs, piece, fault, self.harmless)
        raise ConnectionStringError(f"{message} ({line}position {position}).{place}", position)

    def _shown(self, name: str) -> str:
        return _shown(name, self.harmless)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Return where the match of a pattern ends that matches every text."""
    found = pattern.match(text, at)
    return found.end() if found else at


def _bare(name: str) -> str:
    return "".join(name.split())


def _folded_set(names: Collection[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)


def _shown(name: str, harmless: frozenset[str]) -> str:
    return name if name.casefold() in harmless else MASK


def _place(before: Sequence[Pair], piece: str, fault: str, harmless: frozenset[str]) -> str:
    """Draw at most two properties before the faulty one, the faulty one, and a caret below the fault."""
    names = "".join(f"{_shown(pair.name, harmless)}={MASK};" for pair in before[-2:])
    lead = ("…;" if len(before) > 2 else "") + names + piece
    return f"\n  {lead}{fault}\n  {' ' * len(lead)}^"


def _written(value: str) -> str:
    if value and _PLAIN.fullmatch(value):
        return value
    quote = "'" if '"' in value and "'" not in value else '"'
    return f"{quote}{value.replace(quote, quote * 2)}{quote}"
