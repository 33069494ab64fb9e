"""`TableSheet`: one sheet of an Excel workbook, written as rows come."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from procore_jupyter.errors import ParameterError
from procore_jupyter.tables.arrow.remarks import EXTRA, UNFIT
from procore_jupyter.tables.arrow.types import MONEY, array_of, without_rows
from procore_jupyter.tables.export.scalars import scalars
from procore_jupyter.tables.export.sheet_rows import MOST_CHARACTERS, rows_xml
from procore_jupyter.tables.frames.zones import OfProjects, no_zones
from procore_jupyter.wording import counted, one_line

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from procore_jupyter.tables.fetch.stream import Stream

MOST_ROWS = 1_048_575
"""Rows that a sheet holds below its header."""

MOST_COLUMNS = 16_384
"""Columns that a sheet holds."""

ROWS = 1000
"""Rows that are made into cells at a time."""

NARROWEST, WIDEST, WIDEST_HEAD = 8, 50, 24
"""Characters that a column is wide, at least and at most; and at most for its name's sake."""


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
        The zone of the times, or ``"project"`` for that of each row's project.
    of_projects : callable
        Returns the zones of projects, as `ProjectZones.of` does.

    Attributes
    ----------
    rows : int
        Rows below the header.
    cut : Counter
        How many texts were too long, by column.
    """

    def __init__(
        self, worksheet: Worksheet, formats: Formats, tz: str, of_projects: OfProjects = no_zones
    ) -> None:
        self.rows = 0
        self.cut: Counter[str] = Counter()
        self._worksheet, self._formats = worksheet, formats
        self._tz, self._of_projects = tz, of_projects
        self._widths: list[int] = []

    @property
    def notes(self) -> list[str]:
        """What isn't in the sheet as it came, a line each."""
        if not self.cut:
            return []
        columns = one_line(", ".join(self.cut), 200)
        texts = counted(self.cut.total(), "text")
        return [f"{texts} longer than Excel's {MOST_CHARACTERS:,} characters a cell end in … ({columns})."]

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
                    whole = pa.Table.from_batches([batch.slice(start, ROWS)])
                    part = scalars(whole, self._tz, functools.partial(self._of_projects, whole, rows.places))
                    empty -= {place for place in empty if part.column(place).null_count < part.num_rows}
                    self._add(part)
        self._end(empty)

    def _begin(self, names: Sequence[str]) -> None:
        head = array_of(names, pa.string())
        part = pa.Table.from_batches(
            [pa.RecordBatch.from_arrays([head.slice(at, 1) for at in range(len(names))], names)]
        )
        self._put(rows_xml(part, 1, {}, self._formats.head._get_xf_index(), self.cut))
        self._widths = [min(len(name) + 3, WIDEST_HEAD) for name in names]  # with the filter's button
        self._worksheet.freeze_panes(1, 0)

    def _add(self, part: pa.Table) -> None:
        """Write some rows below the others."""
        styles = {}
        for place, (name, column) in enumerate(zip(part.column_names, part.columns, strict=True)):
            look = self._formats.of(column.type)
            if look is not None:
                styles[name] = look._get_xf_index()
            if column.null_count < len(column):
                self._widths[place] = max(self._widths[place], _width(column))
        text = self._formats.text._get_xf_index()
        self._put(rows_xml(part, self.rows + 2, styles, text, self.cut))
        self.rows += part.num_rows

    def _put(self, xml: str) -> None:
        """Write rows to where XlsxWriter keeps them until the workbook is closed: it writes cell by cell, at thrice the cost."""
        self._worksheet.row_data_fh.write(xml)

    def _end(self, hidden: Iterable[int]) -> None:
        last = len(self._widths) - 1
        if last < 0:
            return
        sheet = self._worksheet
        sheet.dim_rowmin, sheet.dim_rowmax, sheet.dim_colmin, sheet.dim_colmax = 0, self.rows, 0, last
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
