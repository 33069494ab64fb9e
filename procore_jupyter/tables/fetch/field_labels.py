"""`FieldLabels`: the labels of a company's custom fields, asked for once in a while."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from procore_jupyter.session.api_errors import NotFound, PermissionDenied
from procore_jupyter.session.lists import paging
from procore_jupyter.tables.place import Named

if TYPE_CHECKING:
    from procore_jupyter.session.refreshing import RefreshingSession
    from procore_jupyter.tables.cache import Cache

DEFINITIONS = "/rest/v1.1/companies/{company_id}/custom_field_definitions"
DEFINITIONS_A_PAGE = 100

_ID = re.compile(r"(0|[1-9]\d{0,18})\Z", re.ASCII)


class FieldLabels:
    """The labels of companies' custom fields.

    Parameters
    ----------
    session : RefreshingSession
        Asks Procore.
    cache : Cache
        Keeps the labels.
    saved : callable
        Returns the labels of a company that an administrator has saved, for where Procore refuses them.
    """

    def __init__(
        self, session: RefreshingSession, cache: Cache, saved: Callable[[int], Mapping[int, str]]
    ) -> None:
        self._session, self._cache, self._saved = session, cache, saved

    def are_known(self, company: Named) -> bool:
        """Return whether `of` asks nobody for the labels of a company's custom fields."""
        return self._cache.get(_key(company)) is not None

    def of(self, company: Named | None, made: list[int]) -> Mapping[int, str]:
        """Return the labels of a company's custom fields by their ids; the saved ones if Procore refuses them.

        Parameters
        ----------
        company : (int, str) or None
            The company.
        made : list of int
            Takes the number of requests, if any are made.

        Raises
        ------
        ProcoreAPIError, requests.RequestException
            They can't be had. A refusal is remembered; after another failure, the next table asks again.
        """
        if company is None:
            return {}

        def ask() -> Mapping[int, str] | PermissionDenied | NotFound:
            try:
                rows = paging.rows(
                    self._session,
                    DEFINITIONS.format(company_id=company[0]),
                    page_size=DEFINITIONS_A_PAGE,
                )
            except (PermissionDenied, NotFound) as error:
                made.append(1)
                return self._saved(company[0]) or error
            made.append(rows.requests)
            return {
                int(row["id"]): str(row["label"])
                for row in rows
                if isinstance(row, dict) and _ID.match(str(row.get("id", ""))) and row.get("label")
            }

        found = self._cache.once(_key(company), ask)
        if isinstance(found, Exception):
            raise found
        return found


def _key(company: Named) -> tuple[str, int]:
    return "labels", company[0]
