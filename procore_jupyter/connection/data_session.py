"""`DataSession`: a session that knows companies and projects, and reads Procore's lists as tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from procore_jupyter.connection import terminal
from procore_jupyter.connection.choosing import Companies, Named, listed, named, pick
from procore_jupyter.connection.front_end import registered_front_end
from procore_jupyter.errors import ConfigurationError
from procore_jupyter.session import paging
from procore_jupyter.session.headers import CompanyId
from procore_jupyter.session.refreshing import RefreshingSession
from procore_jupyter.wording import one_line

if TYPE_CHECKING:
    import requests

    from procore_jupyter.settings.settings import Settings
    from procore_jupyter.tables.library import Library
    from procore_jupyter.tables.progress import Draw
    from procore_jupyter.tables.table import Table

ME = "/rest/v1.0/me"
COMPANIES = "/rest/v1.0/companies"
PROJECTS = "/rest/v1.1/projects"


class DataSession(RefreshingSession):
    """A session for one connection: which company and project, and their tables.

    Only what is called, with parentheses, asks the network. Properties, ``repr``, ``dir`` and ``bool`` never do.

    Parameters
    ----------
    settings : Settings
        What was asked for.
    **session
        As `RefreshingSession`.
    """

    _tables: Library | None = None

    def __init__(self, settings: Settings, *session: Any, **how: Any) -> None:
        super().__init__(*session, **how)
        self._settings = settings
        self._project: Named | None = None
        if settings.project_id is not None:
            self.project_id = settings.project_id
        # All of them, whatever MaxRows says: which is the only one, no part of a list can tell.
        self._companies = Companies(
            lambda: named(paging.rows(self, COMPANIES)), look=settings.auth_scheme != "NONE"
        )

    @property
    def project_id(self) -> int | None:
        """The project that tables are about when they don't say. None where none is chosen."""
        return self._project[0] if self._project is not None else None

    @project_id.setter
    def project_id(self, project_id: int | None) -> None:
        self._project = None if project_id is None else (int(project_id), "")

    # Tables

    @property
    def tables(self) -> Library:
        """The tables there are: shown, it lists them; ``tables.search("log")`` looks for some, ``tables["rfis"]`` tells of one."""
        if self._tables is None:
            from procore_jupyter.tables.library import Library

            settings = self._settings
            self._tables = Library(
                self,
                self,
                settings.profile,
                concurrency=settings.max_concurrency,
                page_size=settings.page_size,
                max_rows=settings.max_rows,
                draw=progress,
                clock=self._clock,
            )
        return self._tables

    def table(self, name: str, /, *, strict: bool = False, **parameters: Any) -> Table:
        """Return a table. Nothing is fetched before it is looked at.

        Parameters
        ----------
        name : str
            Its name: ``procore.tables`` lists them.
        strict : bool
            Make it an error where a project doesn't answer, or rows are missing.
        **parameters
            ``project_id``: a number, a name, a list of these, ``"all active"`` or ``"all"``; ``company_id``; the conditions that
            the table takes (a list where several values may hold, two ends for a range); ``params={…}`` for what the API
            takes besides. Without a project, the chosen one, or the only one.

        Raises
        ------
        TableNotFound
            There is none of that name.
        ConfigurationError
            A parameter isn't known, is missing, or has a value that it doesn't take.
        """
        return self.tables.open(name, parameters, strict=strict)

    def get_all(self, path: str, /, *, strict: bool = False, **parameters: Any) -> Table:
        """Return any list of Procore's API as a table, all its pages. Nothing is fetched before it is looked at.

        Parameters
        ----------
        path : str
            Its address: ``/rest/v1.0/projects/4711/rfis``.
        strict : bool
            Make it an error where rows are missing.
        **parameters
            Sent as they are; ``**{"filters[status]": "open"}`` for those that are no names of Python's.

        Raises
        ------
        ConfigurationError
            It is no path.
        """
        return self.tables.open_path(path, parameters, strict=strict)

    def download(self, url: str, path: str | Path = ".", /) -> Path:
        """Write a file of Procore's (a drawing, a photo, an attachment) to the disk, with a progress bar.

        The sign-in goes to the API and to Procore's hosts of files, and to no other that they lead to.

        Parameters
        ----------
        url : str
            The file's address, as it stands in the rows: ``url``, ``pdf_url``.
        path : str or Path
            A file, which is replaced when the new one is whole; or a folder, where it gets the name that it comes
            with, and replaces none.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ProcoreAPIError
            Procore refused. An address in fetched rows is good for a while only: fetch them anew.
        FileExistsError
            The folder has such a file already.
        OSError
            It can't be written.
        LoginRequired, requests.RequestException
            Nobody is signed in; the file didn't come whole.
        """
        from procore_jupyter.session.downloads import download
        from procore_jupyter.tables.progress import Progress

        shown = Progress(one_line(urlsplit(url).path.rpartition("/")[2]) or "download", "bytes")
        drawing = progress()(shown)

        def told(done: int, total: int | None) -> None:
            shown.done, shown.total = done, total
            drawing.update()

        try:
            return download(self, url, Path(path).expanduser(), told)
        finally:
            drawing.close()

    def refresh(self) -> None:
        """Forget the rows that were fetched: what is looked at next is asked for anew."""
        if self._tables is not None:
            self._tables.kept.forget()

    def companies(self) -> Table:
        """Return the companies that you may see, as a table; asked for anew each time.

        Raises
        ------
        ProcoreAPIError
            Procore refused.
        LoginRequired
            Nobody is signed in.
        """
        self._settle()
        found = self.tables.open_path(COMPANIES, {}).refresh()
        most = self._settings.max_rows
        if most is None or len(found) < most:
            self._companies.known = named([*found])
        return found

    def projects(self) -> Table:
        """Return the company's active projects that you may see, as a table; asked for anew each time.

        Raises
        ------
        ConfigurationError
            There are several companies and none is chosen.
        ProcoreAPIError, LoginRequired
            As `companies`.
        """
        company = self.needed_company()
        self.tables.forget_projects(company)
        return self.tables.open_path(PROJECTS, {"company_id": company[0]}).refresh()

    # Company and project

    def choose(self, company: int | str | None, project: int | str | None) -> None:
        """Choose by id or name; None leaves it as it is. ConfigurationError where there is none, or more than one."""
        if company is not None:
            number, _ = pick(company, self._companies.all(), "company", "companies")
            if number != self.company_id:
                self._project = None
            self.company_id = number
        if project is not None:
            where = self.needed_company()
            self.tables.forget_projects(where)
            self._project = self.pick_project(project, self.tables.active_projects(where))

    def needed_company(self) -> Named:
        """Return the chosen company, choosing the only one there is.

        Raises
        ------
        ConfigurationError
            There are several, or none.
        """
        self._settle()
        self._choose_only_company()
        if self.company_id is not None:
            return self.company_id, dict(self._companies.known or ()).get(self.company_id, "")
        known = self._companies.all()
        if not known:
            raise ConfigurationError(
                "Procore lists no company for you, so there is nothing to choose. Ask your company's admin to add you, "
                "or name one:  CompanyId=…"
            )
        raise ConfigurationError(
            f"You are in {len(known)} companies: {listed(known)}. Choose one:  {self._how_to_choose()}"
        )

    def company_named(self, wanted: int | str) -> Named:
        """Return the company that is meant. A number that isn't among yours is taken at its word."""
        if isinstance(wanted, int):
            return wanted, dict(self._companies.known or ()).get(wanted, "")
        return pick(wanted, self._companies.all(), "company", "companies")

    def pick_project(self, wanted: int | str, known: Sequence[Named]) -> Named:
        """Return the project that is meant. ConfigurationError where there is none."""
        return pick(wanted, known, "project", "projects")

    def choose_project(self, known: Sequence[Named]) -> ConfigurationError:
        """Return the error that says how to choose one of several projects."""
        if not known:
            return ConfigurationError(
                "Procore lists no active project for you there. Ask the company's admin to add you to one, or name one:  project_id=…"
            )
        number, name = known[0]
        shown = (
            f'"{name}"'
            if name and one_line(name) == name and '"' not in name and "\\" not in name
            else str(number)
        )
        return ConfigurationError(
            f"Which project? There are {len(known)}: {listed(known)}. Say  project_id={shown}  or several in a list, "
            f'project_id="all active"  for all of them; or choose one for all that follows:  procore.use(project={shown})'
        )

    def _how_to_choose(self) -> str:
        return "procore.use(company=…)"

    def _choose_only_company(self) -> None:
        if self.company_id is None:
            only = self._companies.only()
            if only is not None:
                self.company_id = only

    def _company_for(self, request: requests.PreparedRequest) -> CompanyId | None:
        # Procore's two calls that need no company are how one is found.
        looking = self._company_header is None and not self._companies.looked
        if looking and not urlsplit(request.url or "").path.endswith((ME, COMPANIES)):
            self._choose_only_company()
        return self._company_header

    def _settle(self) -> None:
        """Wait until it is known what this session connects to."""


def progress() -> Draw:
    """Return what shows the progress of a reading to who is there."""
    front_end = registered_front_end()
    if front_end is not None and front_end.progress is not None:
        return front_end.progress
    return terminal.progress()
