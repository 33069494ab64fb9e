"""`Record`: one row that draws itself, such as who is signed in."""

from __future__ import annotations

import html
from typing import Any

import requests

from procore_jupyter.session import api_errors
from procore_jupyter.tables.display.cells import GAP, LONGEST, WIDTH, cell, type_of
from procore_jupyter.tables.display.width import padded, width
from procore_jupyter.wording import one_line


class Record(dict[str, Any]):
    """One row that draws itself; a plain dict otherwise."""

    def __repr__(self) -> str:
        names = {name: one_line(str(name), LONGEST) for name in self}
        longest = max(map(width, names.values()), default=0)
        return "\n".join(
            f"{padded(names[name], longest)}{GAP}{cell(value, WIDTH)}".rstrip()
            for name, value in self.items()
        )

    def _repr_html_(self) -> str:
        lines = (
            f"<tr><th scope='row' style='text-align:left' title='{type_of([value])}'>{html.escape(one_line(str(name), LONGEST))}</th>"
            f"<td style='text-align:left'>{html.escape(cell(value, WIDTH))}</td></tr>"
            for name, value in self.items()
        )
        return f"<table style='margin:0'><tbody>{''.join(lines)}</tbody></table>"


def read_record(response: requests.Response) -> Record:
    """Return the one record that an answer holds.

    Raises
    ------
    ProcoreAPIError
        It is an error, or no record.
    """
    api_errors.raise_for_status(response)
    try:
        found = response.json()
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise api_errors.unusable(response, "a record")
    return Record(found)
