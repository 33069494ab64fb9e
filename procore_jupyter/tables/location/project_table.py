"""`ProjectTable`: the projects of a company by id and name, out of the rows of their table: they are listed once, whoever asks."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from procore_jupyter.tables.location.place_names import Directory
from procore_jupyter.tables.parameters.selection import Selection, selection_of
from procore_jupyter.tables.place import Named, Place
from procore_jupyter.tables.progress import Undrawn

if TYPE_CHECKING:
    import pyarrow as pa

    from procore_jupyter.tables.definitions.catalog import Catalog
    from procore_jupyter.tables.location.places import Places
    from procore_jupyter.tables.progress import Draw
    from procore_jupyter.tables.result import Fetched

PROJECTS = "projects"
"""The table's name."""

ACTIVE, EVERY = "Active", "All"
"""Which projects are listed."""


class RowReader(Protocol):
    """Reads rows of tables at given places, as `Reader` does."""

    catalog: Catalog
    page_size: int | None

    @property
    def today(self) -> datetime.date:
        """The day that it is."""

    def rows_at(
        self,
        selection: Selection,
        places: Sequence[Place],
        *,
        peek: int | None = None,
        draw: Draw | None = None,
    ) -> Fetched:
        """Return the rows of a selection at places."""

    def kept_at(self, selection: Selection, places: Sequence[Place]) -> Mapping[Place, float]:
        """Return the places whose rows are kept."""

    def forget_table(self, name: str) -> None:
        """Forget all rows of a table."""


class ProjectTable:
    """The projects of a company, listed by their table.

    Parameters
    ----------
    reader : RowReader
        Reads the table's rows.
    places : Places
        Remembers the projects' names.
    """

    def __init__(self, reader: RowReader, places: Places) -> None:
        self._reader, self._places = reader, places

    def projects(self, company: Named, status: str = ACTIVE) -> Directory:
        """Return a company's projects by id and name: out of the rows of their table, which are kept.

        Parameters
        ----------
        company : (int, str)
            The company.
        status : "Active" or "All"
            Which projects.

        Raises
        ------
        ProcoreAPIError, requests.RequestException, LoginRequired
            Procore can't be asked, or refuses.
        """
        known = self.known(company, status)
        if known is not None:
            return known
        found = self._listed(company, status)
        made = directory(found, status)
        made.requests = found.requests
        return made

    def known(self, company: Named, status: str) -> Directory | None:
        """Return the same out of rows that are kept; None if these don't tell."""
        for listed in dict.fromkeys((EVERY, status)):
            if self._reader.kept_at(self._selection(company, listed), [Place(company)]):
                found = self._listed(company, listed)
                # The active ones are among all, if each row says whether it is one.
                tells = "active" in found.rows.column_names and not found.rows["active"].null_count
                if listed == status or tells:
                    return directory(found, status)
        return None

    def first_page(self, company: Named) -> Directory:
        """Return a company's projects by id and name; of more than a page, the first ones. Draws no progress. Raises as `projects`."""
        every = self._selection(company, EVERY)
        page = every.spec.page_size(self._reader.page_size)
        found = self._reader.rows_at(every, [Place(company)], peek=page, draw=Undrawn)
        made = directory(found, EVERY)
        made.requests = found.requests
        return made

    def rows(self, company: Named, ids: Sequence[int], columns: Sequence[str]) -> list[dict[str, Any]]:
        """Return some columns of projects, active or not: out of the lists that are kept, else asked for by their ids.

        Parameters
        ----------
        company : (int, str)
            The company.
        ids : sequence of int
            The projects.
        columns : sequence of str
            Columns beside ``id`` and ``name``.

        Raises
        ------
        ProcoreAPIError, requests.RequestException
            Procore refuses, or can't be asked.
        """
        here = [Place(company)]
        found: dict[int, dict[str, Any]] = {}
        for status in (EVERY, ACTIVE):
            if self._reader.kept_at(self._selection(company, status), here):
                found |= _by_id(self._listed(company, status).rows, ids, columns)
        left = [one for one in ids if one not in found]
        if left:
            given = {"company_id": company[0], "by_status": EVERY, "id": left}
            spec = self._reader.catalog.find(PROJECTS)
            wanted = selection_of(spec, given, today=self._reader.today)
            found |= _by_id(self._reader.rows_at(wanted, here).rows, left, columns)
        return [*found.values()]

    def forget_projects(self) -> None:
        """Forget all lists of projects: the next call that needs one asks Procore."""
        self._reader.forget_table(PROJECTS)

    def learn(self, selection: Selection, company: Named | None, found: Fetched) -> None:
        """Remember the projects' names that a table of projects says.

        Parameters
        ----------
        selection : Selection
            The rows that were wanted.
        company : (int, str) or None
            Their company.
        found : Fetched
            The rows.
        """
        if company is None or found.cut or found.told_rows is not None or not found.requests:
            return
        for status in (ACTIVE, EVERY):
            if selection.query == self._selection(company, status).query:
                self._places.keep_projects(company, directory(found, status), status)

    def _listed(self, company: Named, status: str) -> Fetched:
        # Whatever MaxRows says: a part of the list can't tell which project is the only one of its name.
        return self._reader.rows_at(self._selection(company, status), [Place(company)])

    def _selection(self, company: Named, status: str) -> Selection:
        given = {"company_id": company[0], **({"by_status": EVERY} if status == EVERY else {})}
        return selection_of(self._reader.catalog.find(PROJECTS), given, today=self._reader.today)


def _by_id(rows: pa.Table, ids: Sequence[int], columns: Sequence[str]) -> dict[int, dict[str, Any]]:
    wanted, known = {*ids}, {*rows.column_names}
    records = rows.select([one for one in ("id", "name", *columns) if one in known]).to_pylist()
    return {one["id"]: one for one in records if one["id"] in wanted}


def directory(found: Fetched, status: str) -> Directory:
    """Return the projects of one status by id and name.

    Parameters
    ----------
    found : Fetched
        The rows of a table of projects.
    status : "Active" or "All"
        Which of them.
    """
    names = [name for name in ("id", "name", "active") if name in found.rows.column_names]
    rows = found.rows.select(names).to_pylist()
    listed = [row for row in rows if status == EVERY or row.get("active") is not False]
    made = Directory.of(listed, next((one.message for one in found.incomplete), ""), PROJECTS)
    made.when = found.when
    return made
