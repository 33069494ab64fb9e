"""`Record`: one row that draws itself, such as the signed-in person's."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from procore_jupyter.session import api_errors
from procore_jupyter.session.lists.envelope import is_error, kinds_of
from procore_jupyter.session.scope import reading_at_most
from procore_jupyter.tables.display.cells import GAP, LONGEST, WIDTH, cell, padded, type_of, width
from procore_jupyter.wording import NO_FORMULAS, one_line

if TYPE_CHECKING:
    from procore_jupyter.session.refreshing import RefreshingSession

LARGEST_RECORD = 4 * 1024 * 1024
"""Bytes that are read of a record; one has some thousand."""


class Record(dict[str, Any]):
    """A row as a dict that draws itself."""

    def __repr__(self) -> str:
        names = {name: one_line(str(name), LONGEST) for name in self}
        longest = max(map(width, names.values()), default=0)
        return "\n".join(
            f"{padded(names[name], longest)}{GAP}{cell(value, WIDTH)}".rstrip()
            for name, value in self.items()
        )

    def _repr_html_(self) -> str:
        lines = (
            f"<tr><th scope='row' style='text-align:left' title='{type_of(value)}'>"
            f"{html.escape(one_line(str(name), LONGEST))}</th>"
            f"<td style='text-align:left'>{html.escape(cell(value, WIDTH))}</td></tr>"
            for name, value in self.items()
        )
        return f"<table class='{NO_FORMULAS}' style='margin:0'><tbody>{''.join(lines)}</tbody></table>"


def record_at(session: RefreshingSession, path: str, **how: Any) -> Record:
    """Return the one record at an address.

    Parameters
    ----------
    session : RefreshingSession
        Asks Procore.
    path : str
        The address.
    **how
        ``timeout``, as `requests.Session.get` takes it.

    Raises
    ------
    ProcoreAPIError
        The answer is an error, or holds something else than one record.
    requests.RequestException
        No answer came.
    """
    with reading_at_most(LARGEST_RECORD):
        response = session.get(path, **how)
    api_errors.raise_for_status(response)
    try:
        found = response.json()
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or is_error(kinds_of(found), found.__getitem__, record=True):
        raise api_errors.unusable(response, "a record")
    return Record(found)
