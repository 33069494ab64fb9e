"""`TableSheet`: one sheet of an Excel workbook, written as rows come.

A value is written in the same way wherever it stands, so that look-ups between sheets find it: a whole or exact number as a
number if Excel keeps its digits, else as a text; a text as a text, whatever it looks like.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from procore_jupyter.errors import ParameterError
from procore_jupyter.tables.arrow.remarks import EXTRA, UNFIT
from procore_jupyter.tables.arrow.types import MONEY, array_of, one_of, without_rows
from procore_jupyter.tables.scalars import scalars
from procore_jupyter.wording import counted, one_line

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from procore_jupyter.tables.stream import Stream

MOST_ROWS = 1_048_575
"""Rows that a sheet holds below its header."""

MOST_COLUMNS = 16_384
"""Columns that a sheet holds."""

MOST_CHARACTERS = 32_767
"""Characters that a cell holds, in units of UTF-16."""

MOST_DIGITS = 15
"""Digits of a number that Excel keeps, zeros at both ends apart."""

ROWS = 2000
"""Rows that are made into cells at a time."""

NARROWEST, WIDEST, WIDEST_HEAD = 8, 50, 24
"""Characters that a column is wide, at least and at most; and at most for its name's sake."""

_1970 = 25_569
"""The day number of 1970-01-01."""

_FIRST_DAY = 61
"""The day number of 1900-03-01. Excel has a 29th of February in 1900, so of earlier days it shows others."""

_DAY = 86_400_000_000
"""Microseconds of a day."""

_NO_DIGITS = r"^-?[0.]*|[.]|0+$"
_LINE_END = r"\r\n?"
_UNWRITABLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{FFFE}\x{FFFF}]"
"""Characters that XML has no way to write, and that nobody sees."""

_TAGS = ("<r>", "</r>")
"""XlsxWriter takes a text between these for its own markup."""


class _Tagged(str):
    """A text that XlsxWriter would take for markup."""

    __slots__ = ()


class Formats:
    """The looks of cells, each once in a workbook.

    Parameters
    ----------
    workbook : xlsxwriter.workbook.Workbook
        The workbook.
    """

    def __init__(self, workbook: Workbook) -> None:
        self.head: Format = workbook.add_format({"bold": True, "bottom": 1, "num_format": "@"})
        self.text: Format = workbook.add_format({"num_format": "@"})
        self.bold: Format = workbook.add_format({"bold": True})
        self.wrapped: Format = workbook.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        self._whole: Format = workbook.add_format({"num_format": "0"})
        self._money: Format = workbook.add_format({"num_format": "#,##0.00##"})
        self._day: Format = workbook.add_format({"num_format": "yyyy-mm-dd"})
        self._time: Format = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"})

    def of(self, found: pa.DataType) -> Format | None:
        """Return how numbers of a column look; None for as Excel shows any number."""
        if pa.types.is_integer(found):
            return self._whole
        if pa.types.is_decimal(found) and found.scale == MONEY.scale:
            return self._money
        if pa.types.is_date(found):
            return self._day
        return self._time if pa.types.is_timestamp(found) else None


class TableSheet:
    """One sheet: a header that stays in sight and filters, and rows.

    Parameters
    ----------
    worksheet : xlsxwriter.worksheet.Worksheet
        The sheet, of a workbook in constant memory.
    formats : Formats
        The looks of cells.
    tz : str
        The zone of the times.

    Attributes
    ----------
    rows : int
        Rows below the header.
    cut : Counter
        How many texts were too long, by column.
    """

    def __init__(self, worksheet: Worksheet, formats: Formats, tz: str) -> None:
        self.rows = 0
        self.cut: Counter[str] = Counter()
        self._worksheet, self._formats, self._tz = worksheet, formats, tz
        self._widths: list[int] = []

    @property
    def notes(self) -> list[str]:
        """What isn't in the sheet as it came, a line each."""
        if not self.cut:
            return []
        columns = one_line(", ".join(self.cut), 200)
        texts = counted(self.cut.total(), "text")
        return [
            f"{texts} had more than Excel's {MOST_CHARACTERS:,} characters a cell, and end in … ({columns})."
        ]

    def write(self, rows: Stream, name: str) -> None:
        """Write all rows of a stream.

        Parameters
        ----------
        rows : Stream
            The rows.
        name : str
            What an error calls them.

        Raises
        ------
        ParameterError
            There are more rows or columns than a sheet holds. Raised as soon as that is known.
        """
        with rows:
            check_rows(name, rows.expected_rows)
            head = scalars(without_rows(rows.schema))
            check_columns(name, head.num_columns)
            self._begin(head.column_names)
            empty = {place for place, one in enumerate(head.column_names) if one in (UNFIT, EXTRA)}
            for batch in rows:
                check_rows(name, max(rows.expected_rows, self.rows + batch.num_rows))
                for start in range(0, batch.num_rows, ROWS):
                    part = scalars(pa.Table.from_batches([batch.slice(start, ROWS)]), self._tz)
                    empty -= {place for place in empty if part.column(place).null_count < part.num_rows}
                    self._add(part)
        self._end(empty)

    def _begin(self, names: Iterable[str]) -> None:
        heads, _ = _texts(pa.chunked_array([array_of(names, pa.string())]))
        for place, name in enumerate(heads):
            self._worksheet.write_string(0, place, name or "", self._formats.head)
            self._widths.append(min(len(name or "") + 3, WIDEST_HEAD))  # with the filter's button
        self._worksheet.freeze_panes(1, 0)

    def _add(self, part: pa.Table) -> None:
        """Write some rows below the others."""
        places, columns = [], []
        formats = [self._formats.of(found) for found in part.schema.types]
        for place, (name, column) in enumerate(zip(part.column_names, part.columns, strict=True)):
            if column.null_count == len(column):
                continue
            places.append(place)
            self._widths[place] = max(self._widths[place], _width(column))
            if pa.types.is_string(column.type):
                values, cut = _texts(column)
                self.cut.update({name: cut} if cut else {})
                columns.append(values)
            else:
                columns.append(_cells(column))
        sheet, text = self._worksheet, self._formats.text
        string, number, boolean = sheet.write_string, sheet.write_number, sheet.write_boolean
        for at, row in enumerate(zip(*columns, strict=True), self.rows + 1):
            for place, value in zip(places, row, strict=True):
                if value is None:
                    continue
                kind = value.__class__
                if kind is str:
                    string(at, place, value, text)
                elif kind is bool:
                    boolean(at, place, value)
                elif kind is _Tagged:
                    sheet.write_rich_string(at, place, value[:1], text, value[1:], text)
                else:
                    number(at, place, value, formats[place])
        self.rows += part.num_rows

    def _end(self, hidden: Iterable[int]) -> None:
        last = len(self._widths) - 1
        if last < 0:
            return
        sheet = self._worksheet
        sheet.autofilter(0, 0, self.rows, last)
        for place, width in enumerate(self._widths):
            hide = {"hidden": True} if place in hidden else None
            sheet.set_column(place, place, min(max(width, NARROWEST), WIDEST), None, hide)
        if self.rows:
            sheet.ignore_errors({"number_stored_as_text": _range(self.rows, last)})


def check_rows(name: str, rows: int) -> None:
    """Raise a ParameterError if a sheet doesn't hold so many rows."""
    if rows > MOST_ROWS:
        raise ParameterError(
            f"{name} has {counted(rows, 'row')}, and a sheet of Excel holds {MOST_ROWS:,} and the header. "
            "Ask for fewer rows, or write another kind of file:  .to_csv(path)  or  .to_parquet(path)"
        )


def check_columns(name: str, columns: int) -> None:
    """Raise a ParameterError if a sheet doesn't hold so many columns."""
    if columns > MOST_COLUMNS:
        raise ParameterError(
            f"{name} has {counted(columns, 'column')}, and a sheet of Excel holds {MOST_COLUMNS:,}. "
            "Write another kind of file:  .to_csv(path)  or  .to_parquet(path)"
        )


def _range(rows: int, last: int) -> str:
    from xlsxwriter.utility import xl_range

    return str(xl_range(1, 0, rows, last))


# Values


def _cells(column: pa.ChunkedArray) -> list[Any]:
    """Return a column's values as they are written: None, text, number, true or false."""
    found = column.type
    if pa.types.is_timestamp(found):
        numbers = column.cast(pa.int64()).cast(pa.float64(), safe=False)
        days = pc.divide(numbers, one_of(_DAY, pa.float64())[0])
        return _days(column, pc.add(days, one_of(_1970, pa.float64())[0]))
    if pa.types.is_date(found):
        return _days(column, pc.add(column.cast(pa.int32()), one_of(_1970, pa.int32())[0]))
    if pa.types.is_decimal(found):
        return _decimals(column)
    values: list[Any] = column.to_pylist()
    if pa.types.is_integer(found):
        most = 10**MOST_DIGITS
        return _but(values, lambda one: -most < one < most, str)
    if pa.types.is_floating(found):
        return _but(values, lambda one: one - one == 0, lambda one: None if one != one else str(one))
    return values


def _but(values: list[Any], fits: Callable[[Any], bool], other: Callable[[Any], Any]) -> list[Any]:
    """Return values, each that doesn't fit made into something else."""
    return [one if one is None or fits(one) else other(one) for one in values]


def _days(column: pa.ChunkedArray, numbers: pa.ChunkedArray) -> list[Any]:
    """Return days or times as the numbers that Excel has for them, or as texts if it has none."""
    values: list[Any] = numbers.to_pylist()
    first = pc.min(numbers).as_py()
    if first is None or first >= _FIRST_DAY:
        return values
    texts = column.cast(pa.string()).to_pylist()
    return [
        text if one is not None and one < _FIRST_DAY else one for one, text in zip(values, texts, strict=True)
    ]


def _decimals(column: pa.ChunkedArray) -> list[Any]:
    """Return exact numbers as floats; as texts, where that would lose a digit."""
    texts = column.cast(pa.string())
    digits = pc.utf8_length(pc.replace_substring_regex(texts, _NO_DIGITS, ""))
    values: list[Any] = texts.cast(pa.float64()).to_pylist()
    if (pc.max(digits).as_py() or 0) <= MOST_DIGITS:
        return values
    exact = zip(values, digits.to_pylist(), column.to_pylist(), strict=True)
    return [
        f"{one:f}".rstrip("0").rstrip(".") if length is not None and length > MOST_DIGITS else value
        for value, length, one in exact
    ]


def _texts(column: pa.ChunkedArray) -> tuple[list[Any], int]:
    """Return texts that a cell can hold, and how many of them were cut. An empty text is an empty cell."""
    column = pc.replace_substring_regex(column, _LINE_END, "\n")
    column = pc.replace_substring_regex(column, _UNWRITABLE, "")
    values: list[Any] = [one or None for one in column.to_pylist()]
    cut = 0
    if (
        pc.max(pc.utf8_length(column)).as_py() or 0
    ) > MOST_CHARACTERS // 2:  # a character has two units at most
        for place, one in enumerate(values):
            if one is not None and len(one.encode("utf-16-le")) > 2 * MOST_CHARACTERS:
                values[place] = _cut(one)
                cut += 1
    if pc.any(pc.starts_with(column, _TAGS[0])).as_py():
        values = [
            _Tagged(one) if one and one.startswith(_TAGS[0]) and one.endswith(_TAGS[1]) else one
            for one in values
        ]
    return values, cut


def _cut(text: str) -> str:
    """Return the beginning of a text that is too long, and an ellipsis."""
    room = 2 * (MOST_CHARACTERS - 1)
    return text.encode("utf-16-le")[:room].decode("utf-16-le", "ignore") + "…"


def _width(column: pa.ChunkedArray) -> int:
    """Return the characters that the widest of some values takes."""
    found = column.type
    if pa.types.is_date(found):
        return 11
    if pa.types.is_timestamp(found):
        return 17
    if pa.types.is_boolean(found):
        return 7
    texts = column if pa.types.is_string(found) else column.cast(pa.string())
    widest = pc.max(pc.utf8_length(texts)).as_py() or 0
    return int(widest) + (3 if pa.types.is_decimal(found) else 2)
