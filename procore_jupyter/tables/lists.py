"""Lists and records of the API, read whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from procore_jupyter.session import api_errors, paging
from procore_jupyter.tables.table import Record, Table


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


def read_table(
    session: paging.Getter,
    path: str,
    params: Mapping[str, Any] | None = None,
    *,
    name: str,
    about: str = "",
    page_size: int | None = None,
    most: int | None = None,
) -> Table:
    """Return all rows of a list as a table.

    Parameters
    ----------
    session : Getter
        The session that asks.
    path : str
        The list's address.
    params : mapping or None
        Its parameters.
    name, about : str
        What the rows are, and of what.
    page_size : int or None
        Rows a page; None for what the list does by itself.
    most : int or None
        Rows at most; the table says when it was cut.

    Raises
    ------
    ProcoreAPIError
        The API refused, or answered with something that isn't a list.
    """
    asked: list[None] = []
    rows: list[dict[str, Any]] = []
    for page in paging.pages(session, path, params, page_size=page_size, asked=lambda: asked.append(None)):
        rows += (row if isinstance(row, dict) else {"value": row} for row in page)
        if most is not None and len(rows) > most:
            return Table(rows[:most], name=name, about=about, requests=len(asked), cut=most)
    return Table(rows, name=name, about=about, requests=len(asked))
