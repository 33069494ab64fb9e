"""`to_excel`: tables into one Excel workbook, a sheet for each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from procore_jupyter.errors import ParameterError
from procore_jupyter.tables.export.workbook import sheet_name, why_no_name, write_workbook
from procore_jupyter.wording import quoted

if TYPE_CHECKING:
    from procore_jupyter.tables.table import Table


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
    _check_names(tables)
    write_workbook(path, {name: table._sheet() for name, table in tables.items()}, tz=tz)


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
        why = why_no_name(name)
        if why:
            raise ParameterError(f'{quoted(name)} {why}. Use for instance "{sheet_name(name)}".')
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise ParameterError(
                f"{quoted(other)} and {quoted(name)} are the same name to Excel, which ignores case. Change one."
            )
