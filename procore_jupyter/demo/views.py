"""Views of a row: all fields, the id alone, or the names."""

from __future__ import annotations

from collections.abc import Callable

from procore_jupyter.demo.company.rows import Row
from procore_jupyter.demo.endpoint import Endpoint

_NAMES = (
    "id", "name", "display_name", "number", "project_number", "full_number", "title", "subject", "label", "status",
    "active", "company", "vendor", "date",
)  # fmt: skip


def view_of(wanted: str, endpoint: Endpoint) -> Callable[[Row], Row]:
    """Return a function from a whole row to the row of a view.

    Parameters
    ----------
    wanted : str
        The view; empty, or one that the list doesn't have, for the usual one.
    endpoint : Endpoint
        The list.
    """
    if wanted not in endpoint.views.split():
        wanted = ""
    if "ids" in wanted:
        return lambda row: _only(row, ("id",))
    if wanted == "only_pdf_urls":
        return lambda row: _only(row, ("id", "pdf_url"))
    if "compact" in wanted or wanted in ("name", "minimal", "list"):
        return lambda row: _only(row, _NAMES)
    if wanted != "extended" and endpoint.extended:
        left_out = {*endpoint.extended.split()}
        return lambda row: {name: value for name, value in _whole(row).items() if name not in left_out}
    return _whole


def _only(row: Row, names: tuple[str, ...]) -> Row:
    return {name: row[name] for name in names if name in row}


def _whole(row: Row) -> Row:
    """Return a row without the fields that begin with an underscore: they are there for filters alone."""
    return {name: value for name, value in row.items() if not name.startswith("_")}
