"""Excel workbooks: tables as sheets, written as rows come, and a sheet that says where the rows are from."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procore_jupyter.errors import ParameterError, ProcoreWarning
from procore_jupyter.files import target
from procore_jupyter.tables.caller import warn_caller
from procore_jupyter.tables.place import Named
from procore_jupyter.tables.sheet import Formats, TableSheet, check_rows
from procore_jupyter.tables.zones import PROJECT, ProjectZones, check_for_file
from procore_jupyter.wording import counted, moment, one_line, quoted

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

    from procore_jupyter.tables.table import Table

ABOUT = "About"
"""The name of the sheet that says where the rows are from."""

ENDING = ".xlsx"

MOST_LETTERS = 31
"""Characters of a sheet's name, in units of UTF-16."""

_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_RESERVED = ("history",)
"""Names that Excel keeps for itself."""

_LABELS, _WORDS = 14, 100
"""Characters that the two columns of the sheet `ABOUT` are wide."""

_ALERT = "#bf360c"

Lines = Iterator[tuple[str, str]]
"""Lines of the sheet `ABOUT`: what a line is about, and what it says."""


def to_excel(path: str | os.PathLike[str], tables: Mapping[str, Table], *, tz: str = "UTC") -> None:
    r"""Write tables into one Excel workbook, a sheet for each, some thousand rows at a time.

    Columns are flat (``assignee.name``), and lists are their values, or their records' names, in one cell. Days and times
    are Excel's own, money is a number. Texts are texts, whatever they look like: nothing becomes a formula, and no code a
    day. A number with more digits than Excel keeps (15) is a text. The sheet ``About`` says where the rows are from, when
    they were read, and what is missing. An older file is replaced when the new one is whole.

    Parameters
    ----------
    path : str or PathLike
        The file, which ends in ``.xlsx`` and whose folder is there.
    tables : mapping of str to Table
        The tables by the names of their sheets: 31 characters at most, without ``[ ] : * ? / \``.
    tz : str
        The zone of the times: ``"UTC"``, ``"America/New_York"``, or ``"project"`` for the clock of each row's project.

    Raises
    ------
    OSError
        The file can't be written. Raised before anything is asked for.
    ParameterError
        A sheet can't have that name, there is no such zone, or a sheet doesn't hold so many rows (1,048,575); raised before
        anything is asked for, the last as soon as it is known.
    ProcoreAPIError, LoginRequired, RateLimited, ConfigurationError
        As `Table.fetch`.

    Examples
    --------
    >>> procore_jupyter.to_excel("report.xlsx", {"RFIs": rfis, "Submittals": submittals})  # doctest: +SKIP
    """
    text = os.fspath(path)
    if Path(text).suffix.lower() != ENDING and not _is_folder(text):
        raise ParameterError(
            f"{quoted(text)} doesn't end in {ENDING}, so Excel wouldn't open it. Change the ending."
        )
    _check_names(tables)
    for name, table in tables.items():
        check_for_file(tz, table._selection.spec)
        check_rows(name, _expected_rows(table))
    with target.replacing(path) as file, _workbook(file.beside) as workbook:
        formats = Formats(workbook)
        sheets = [
            TableSheet(workbook.add_worksheet(name), formats, tz, ProjectZones(table._reader).of)
            for name, table in tables.items()
        ]
        for sheet, (name, table) in zip(sheets, tables.items(), strict=True):
            sheet.write(table.to_batches(), name)
            for note in sheet.notes:
                warn_caller(note, ProcoreWarning)
        about = zip(tables.items(), sheets, strict=True)
        _write_about(workbook, formats, [(*one, sheet.notes) for one, sheet in about], tz)


def _expected_rows(table: Table) -> int:
    """Return how many rows there will be, as far as that is known without asking anyone."""
    seen = table._shown
    if seen is None:
        return 0
    rows = int(seen.rows.num_rows) if seen.told_rows is None else seen.told_rows
    return min([rows, *(one for one in (table._limit, table._reader.max_rows) if one is not None)])


def sheet_name(name: str) -> str:
    """Return a name of a sheet that is as near to a table's name as Excel allows."""
    line = one_line(_FORBIDDEN.sub(" ", name), MOST_LETTERS).strip("' ")
    while len(line.encode("utf-16-le")) > 2 * MOST_LETTERS:
        line = line[:-1].rstrip("' ")
    taken = line.casefold() in (ABOUT.casefold(), *_RESERVED)
    return f"{line} rows" if taken else line or "Rows"


def _is_folder(text: str) -> bool:
    """Tell whether a path is a folder's, which has an error of its own."""
    return os.path.isdir(os.path.expanduser(text)) or text.endswith(os.sep) or not text


def _check_names(tables: Mapping[str, Table]) -> None:
    """Refuse what can't be a workbook's sheets."""
    if not isinstance(tables, Mapping) or not tables:
        raise ParameterError(
            'Give each table with the name of its sheet:  procore_jupyter.to_excel(path, {"RFIs": rfis})'
        )
    seen: dict[str, str] = {}
    for name, table in tables.items():
        if not hasattr(table, "is_fetched"):
            library = type(table).__module__.partition(".")[0]
            raise ParameterError(
                f"{quoted(name)} is of the type {library}.{type(table).__name__}, but only tables from  procore.table(…)  "
                "can be sheets. A data frame of pandas has its own  .to_excel(path)"
            )
        if not isinstance(name, str):
            raise ParameterError(
                f"A sheet's name must be a text, not {type(name).__name__} ({quoted(name)})."
            )
        why = _why_not(name)
        if why:
            raise ParameterError(f'{quoted(name)} {why}. Use for instance "{sheet_name(name)}".')
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise ParameterError(
                f"{quoted(other)} and {quoted(name)} are the same name to Excel, which ignores case. Change one."
            )


def _why_not(name: str) -> str:
    """Return why Excel doesn't allow a sheet's name, as the rest of a sentence; empty if it does."""
    forbidden = _FORBIDDEN.search(name)
    if not name.strip():
        return "is empty, but a sheet needs a name"
    if forbidden:
        return f"contains {quoted(forbidden[0])}, which Excel doesn't allow in a sheet's name"
    if len(name.encode("utf-16-le")) > 2 * MOST_LETTERS:
        return f"has more than the {MOST_LETTERS} characters that Excel allows in a sheet's name"
    if name.startswith("'") or name.endswith("'"):
        return "begins or ends with an apostrophe, which Excel doesn't allow in a sheet's name"
    if name.casefold() in _RESERVED:
        return "is a name that Excel reserves"
    if name.casefold() == ABOUT.casefold():
        return "is the sheet that says where the rows come from"
    return ""


@contextlib.contextmanager
def _workbook(path: Path) -> Iterator[Workbook]:
    """Give a workbook that is written in constant memory, and closed unless an error ends the context.

    XlsxWriter keeps the rows in temporary files until then: they lie in a folder that is removed, whatever happens.
    """
    from xlsxwriter.exceptions import FileCreateError
    from xlsxwriter.workbook import Workbook

    with tempfile.TemporaryDirectory(prefix="procore-jupyter-", ignore_cleanup_errors=True) as folder:
        workbook = Workbook(str(path), {"constant_memory": True, "tmpdir": folder})
        workbook.use_zip64()
        try:
            yield workbook
            workbook.close()
        except FileCreateError as error:
            raise error.args[0] from None  # the system's own
        finally:
            for sheet in workbook.worksheets():
                sheet.row_data_fh.close()


def _write_about(
    workbook: Workbook, formats: Formats, tables: list[tuple[str, Table, list[str]]], tz: str
) -> None:
    """Write the sheet that says where the rows are from."""
    from procore_jupyter import __version__

    sheet = workbook.add_worksheet(ABOUT)
    sheet.set_column(0, 0, _LABELS)
    sheet.set_column(1, 1, _WORDS)
    lines = [
        ("Written", moment(time.time())),
        ("With", f"procore-jupyter {__version__}"),
        ("Times", "as the clocks of the rows' projects show them" if tz == PROJECT else f"in {tz}"),
    ]
    for name, table, notes in tables:
        found = table._told_of
        lines += [("", ""), ("Sheet", name), *_origin(table), *(("Note", one) for one in notes)]
        if found is not None and (found.incomplete or found.cut):
            sheet.set_tab_color(_ALERT)
    for at, (label, words) in enumerate(lines):
        if label:
            sheet.write_string(at, 0, label, formats.bold)
            sheet.write_string(at, 1, one_line(words, 32_000), formats.wrapped)


def _origin(table: Table) -> Lines:
    """Give the lines that say where a table's rows are from, and what is missing."""
    selection, found = table._selection, table._told_of
    spec = selection.spec
    if query := str(getattr(table, "query", "")):  # the answer to one
        yield "Query", query
        yield "From", table._reader.host
    else:
        yield "Table", f"{spec.name} ({spec.title})" if spec.title else spec.name
        yield "From", f"{table._reader.host}{spec.path}"
    if selection.query:
        yield "Filters", ", ".join(f"{name}={value}" for name, value in selection.query)
    if found is None:
        return
    companies = _named(place.company for place in found.places)
    projects = _named(place.project for place in found.places)
    if companies:
        yield "Company", companies[0]
    if projects:
        yield "Project" if len(projects) == 1 else f"{len(projects):,} projects", ", ".join(projects)
    rows = found.rows.num_rows if found.written is None else found.written
    yield "Rows", f"{rows:,}" if table._limit is None else f"{rows:,}, the first of the list"
    yield "Read", moment(found.when)
    for one in found.incomplete:
        yield "Incomplete", f"{one.project}: {one.message}"
    if found.cut:
        yield "Incomplete", f"Cut at {counted(rows, 'row')} (MaxRows); there are more."
    if not found.incomplete and not found.cut:
        yield "Complete", "yes"
    for note in table.notes:
        yield "Note", note


def _named(ones: Any) -> list[str]:
    """Return companies or projects, each once, with its id."""
    several: dict[Named, None] = dict.fromkeys(one for one in ones if one is not None)
    return [f"{one_line(name)} ({number})" if name else str(number) for number, name in several]
