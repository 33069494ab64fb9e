"""`Incomplete`: rows that are missing, where, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from procore_jupyter.session.api_errors import NotFound, PermissionDenied, ProcoreAPIError
from procore_jupyter.tables.place import Place, called

_ERRORS: dict[int | None, type[ProcoreAPIError]] = {403: PermissionDenied, 404: NotFound}


class Incomplete(NamedTuple):
    """Rows that are missing.

    Parameters
    ----------
    project : str
        The project's name on one line; of a table without projects, the place or the table.
    project_id : int or None
        The project's id.
    status : int or None
        The HTTP status of the answer that failed; None if the rows are missing for another reason.
    message : str
        Why they are missing, and what to do.
    """

    project: str
    project_id: int | None
    status: int | None
    message: str

    @classmethod
    def at(cls, place: Place, table: str, message: str, status: int | None = None) -> Incomplete:
        """Return what is missing of a table at a place."""
        project = place.project
        if project is None:
            return cls(str(place) or table, None, status, message)
        return cls(called(project), project[0], status, message)


def raise_first(missing: Sequence[Incomplete]) -> None:
    """Raise a `ProcoreAPIError` that says what is missing first; do nothing if nothing is."""
    if missing:
        first = missing[0]
        raise _ERRORS.get(first.status, ProcoreAPIError)(
            first.status or 200, f"{first.project}: {first.message}"
        )
