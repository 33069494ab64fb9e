"""Excel workbooks, written as rows come, with a sheet that says where the rows are from."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from procore_jupyter.errors import ParameterError, ProcoreWarning
from procore_jupyter.files import target
from procore_jupyter.tables.caller import warn_caller
from procore_jupyter.tables.export.sheet import Formats, TableSheet, check_rows
from procore_jupyter.tables.frames.zones import PROJECT, OfProjects, check_for_file
from procore_jupyter.wording import counted, moment, one_line, quoted

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

    from procore_jupyter.tables.fetch.stream import Stream
    from procore_jupyter.tables.parameters.selection import Selection
    from procore_jupyter.tables.place import Named
    from procore_jupyter.tables.result import Fetched

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


class SheetOrigin(NamedTuple):
    """Where a sheet's rows are from.

    Parameters
    ----------
    selection : Selection
        The table, and what was sent.
    host : str
        The API's address.
    limit : int or None
        They are the first rows of the list, so many at most; None for all.
    found : Fetched or None
        How they came; None if that isn't known.
    notes : sequence of str
        Remarks on them.
    query : str
        The query whose answer the rows are; empty for none.
    """

    selection: Selection
    host: str
    limit: int | None
    found: Fetched | None
    notes: Sequence[str]
    query: str = ""


@dataclass(frozen=True)
class SheetSource:
    """What is written into a sheet.

    Parameters
    ----------
    selection : Selection
        The rows that are wanted.
    expected : int
        How many there will be, as far as that is known without asking anyone.
    batches : callable
        Returns them, as a `Stream`.
    of_projects : callable
        Returns the zones of their projects, as `ProjectZones.of` does.
    origin : callable
        Returns where they are from, once they are written.
    """

    selection: Selection
    expected: int
    batches: Callable[[], Stream]
    of_projects: OfProjects
    origin: Callable[[], SheetOrigin]


def write_workbook(path: str | os.PathLike[str], sheets: Mapping[str, SheetSource], *, tz: str) -> None:
    """Write a workbook; the parameters are those of `to_excel`, whose errors it raises.

    Parameters
    ----------
    path : str or PathLike
        The file.
    sheets : mapping of str to SheetSource
        The sheets by their names, which are good ones.
    tz : str
        The zone of the times.
    """
    text = os.fspath(path)
    if Path(text).suffix.lower() != ENDING and not _is_folder(text):
        raise ParameterError(
            f"{quoted(text)} doesn't end in {ENDING}, so Excel wouldn't open it. Change the ending."
        )
    for name, sheet in sheets.items():
        check_for_file(tz, sheet.selection.spec)
        check_rows(name, sheet.expected)
    with target.replacing(path) as file, _workbook(file.beside) as workbook:
        formats = Formats(workbook)
        written = {
            name: TableSheet(workbook.add_worksheet(name), formats, tz, sheet.of_projects)
            for name, sheet in sheets.items()
        }
        for name, sheet in sheets.items():
            written[name].write(sheet.batches(), name)
            for note in written[name].notes:
                warn_caller(note, ProcoreWarning)
        about = [(name, sheet.origin(), written[name].notes) for name, sheet in sheets.items()]
        _write_about(workbook, formats, about, tz)


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


def why_no_name(name: str) -> str:
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
    workbook: Workbook, formats: Formats, sheets: Sequence[tuple[str, SheetOrigin, list[str]]], tz: str
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
    for name, origin, notes in sheets:
        found = origin.found
        lines += [("", ""), ("Sheet", name), *_about(origin), *(("Note", one) for one in notes)]
        if found is not None and (found.incomplete or found.cut):
            sheet.set_tab_color(_ALERT)
    for at, (label, words) in enumerate(lines):
        if label:
            sheet.write_string(at, 0, label, formats.bold)
            sheet.write_string(at, 1, one_line(words, 32_000), formats.wrapped)


def _about(origin: SheetOrigin) -> Lines:
    """Give the lines that say where a table's rows are from, and what is missing."""
    selection, found, limit = origin.selection, origin.found, origin.limit
    spec = selection.spec
    if origin.query:
        yield "Query", origin.query
        yield "From", origin.host
    else:
        yield "Table", f"{spec.name} ({spec.title})" if spec.title else spec.name
        yield "From", f"{origin.host}{spec.path}"
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
    yield "Rows", f"{rows:,}" if limit is None else f"{rows:,}, the first of the list"
    yield "Read", moment(found.when)
    for one in found.incomplete:
        yield "Incomplete", f"{one.project}: {one.message}"
    if found.cut:
        yield "Incomplete", f"Cut at {counted(rows, 'row')} (MaxRows); there are more."
    if not found.incomplete and not found.cut:
        yield "Complete", "yes"
    for note in origin.notes:
        yield "Note", note


def _named(ones: Any) -> list[str]:
    """Return companies or projects, each once, with its id."""
    several: dict[Named, None] = dict.fromkeys(one for one in ones if one is not None)
    return [f"{one_line(name)} ({number})" if name else str(number) for number, name in several]
