"""`Places`: which company and which projects are meant, by id or by name."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import requests

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.files.forks import in_each_child
from procore_jupyter.session.api_errors import ProcoreAPIError
from procore_jupyter.session.lists import paging
from procore_jupyter.session.scope import in_haste
from procore_jupyter.tables.incomplete import Incomplete
from procore_jupyter.tables.location.place_names import (
    Directory,
    in_code,
    listed,
    pick,
    same_name,
    which_project,
)
from procore_jupyter.tables.parameters import arguments
from procore_jupyter.tables.place import ALL, ALL_ACTIVE, Named, Place, called

if TYPE_CHECKING:
    from procore_jupyter.session.refreshing import RefreshingSession
    from procore_jupyter.tables.cache import Cache
    from procore_jupyter.tables.parameters.selection import Selection

COMPANIES = "/rest/v1.0/companies"
PROJECTS = "/rest/v1.1/projects"

PROJECTS_A_PAGE = 300
"""Projects a page: the most that Procore gives, by its API description of the list."""

ParentsAt = Callable[[str, Any, Sequence[Place]], Sequence[Sequence[int | str]]]
"""Takes a parameter of parents, the values that are wanted of it, and places; returns the values at each place."""


class ProjectLists(Protocol):
    """Lists the projects of a company."""

    def projects(self, company: Named, status: str) -> Directory:
        """Return a company's projects of one status, ``Active`` or ``All``, and remember them."""

    def forget_projects(self) -> None:
        """Forget all lists of projects."""

    def known(self, company: Named, status: str) -> Directory | None:
        """Return a company's projects of one status if nobody needs to be asked for them; else None."""


class Places:
    """The companies and projects that a person may read through one session, and those that are chosen.

    Parameters
    ----------
    session : RefreshingSession
        Asks Procore, and holds the chosen company.
    cache : Cache
        Keeps the lists of projects.
    project_id : int or None
        The chosen project.
    look_for_company : bool
        Look once for the only company, if none is chosen. False for a session that sends no token.

    Attributes
    ----------
    project : (int, str) or None
        The chosen project: its id, and its name or an empty text.
    known_companies : Directory or None
        The companies that the person may see; None until they were asked for.
    lists : ProjectLists or None
        Lists projects by their table, so that they are asked for once; None as long as nobody reads tables.
    """

    def __init__(
        self,
        session: RefreshingSession,
        cache: Cache,
        *,
        project_id: int | None = None,
        look_for_company: bool = True,
    ) -> None:
        self._session, self._cache = session, cache
        self.project: Named | None = None if project_id is None else (project_id, "")
        self.known_companies: Directory | None = None
        self.lists: ProjectLists | None = None
        self._looks, self._looked = look_for_company, not look_for_company
        in_each_child(self._begin_anew)

    def _begin_anew(self) -> None:
        """Ask for what another thread was asking for, in a process that was forked."""
        if self.known_companies is None:
            self._looked = not self._looks

    # Companies

    def companies(self) -> Directory:
        """Return the companies that the person may see. Asks Procore the first time, once for all threads."""
        if self.known_companies is None:
            with self._alone():
                if self.known_companies is None:
                    # All of them, whatever MaxRows says: a part of the list can't tell which is the only one.
                    rows = paging.rows(self._session, COMPANIES)
                    self.known_companies = Directory.of(rows, rows.lack, "companies")
        return self.known_companies

    def look_ahead(self) -> None:
        """Begin to ask for the companies, and return at once: whoever asks for something else loses no time by it."""

        def look() -> None:
            # A failure is left to whoever needs the companies: they ask again, and with patience.
            with in_haste(), contextlib.suppress(Exception):
                self.companies()

        if self.known_companies is None:
            threading.Thread(target=look, name="procore-companies", daemon=True).start()

    def choose_only_company(self) -> None:
        """Choose the only company, if none is chosen and there is but one. Asks Procore once.

        If Procore can't be asked, no company is chosen: the caller's own request will report why.
        """
        if self._session.company_id is not None:
            return
        with self._alone():
            if not self._looked:
                self._looked = True  # before asking: the redirects of that request come back here
                try:
                    self.companies()
                except ProcoreAPIError:
                    pass  # a service account may not list the companies without naming one
                except BaseException as error:
                    self._looked = False
                    if not isinstance(error, requests.RequestException):
                        raise
        known = self.known_companies
        if known is not None and len(known) == 1 and not known.lack:
            self._session.company_id = known[0][0]

    def company(self, wanted: Any = None) -> Named:
        """Return a company by its id or name; None means the chosen company, or the only one.

        A number is taken at its word, also if it is not among the person's companies.

        Raises
        ------
        ConfigurationError
            No company has that name, or several have; or none is chosen, and there is not just one.
        """
        if wanted is not None:
            wanted = _id_or_name(wanted)
            if isinstance(wanted, int):
                return wanted, self._company_name(wanted)
            return self._company_named(wanted)
        self._session._wait_for_sign_in()
        self.choose_only_company()
        if self._session.company_id is not None:
            return self._session.company_id, self._company_name(self._session.company_id)
        known = self.companies()
        if not known:
            raise ConfigurationError(
                "Procore lists no company for you, so there is nothing to choose. Ask your company's admin to add you, "
                "or give one:  CompanyId=…"
            )
        lack = f" There may be others: {known.lack}" if known.lack else ""
        count = f"{len(known)} companies" if len(known) > 1 else "one company"
        raise ConfigurationError(
            f"You are in {count}: {listed(known)}. Choose one:  procore.use(company={in_code(known[0], known)}){lack}"
        )

    def _company_named(self, wanted: int | str) -> Named:
        return pick(wanted, self.companies(), "company", "companies")

    def _company_name(self, number: int) -> str:
        return dict(self.known_companies or ()).get(number, "")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one thread at a time ask for the companies."""
        self._session._wait_for_sign_in()  # before its turn, which may be wanted meanwhile by what draws the sign-in
        with self._cache.alone(("companies",)):
            yield

    # Projects

    def projects(self, wanted: Any, company: Named) -> Directory:
        """Return projects of a company.

        Parameters
        ----------
        wanted : object
            An id, a name, a tuple of these, ``"all active"`` or ``"all"``; None means the only one.
        company : (int, str)
            The company.

        Raises
        ------
        ConfigurationError
            There is no such project; or there is not just one.
        """
        if wanted is None:
            known = self._listed(company)
            if len(known) != 1 or known.lack:
                raise ConfigurationError(which_project(known))
            return known
        if isinstance(wanted, str) and wanted.strip().lower() in (ALL, ALL_ACTIVE):
            found = self._listed(company, "All" if wanted.strip().lower() == ALL else "Active")
            if not found and not found.lack:
                raise ConfigurationError(f"Procore lists no project of {called(company)} for you.")
            return found
        several = wanted if isinstance(wanted, tuple) else (wanted,)
        chosen = {one[0]: one for one in (self._project(each, company) for each in several)}
        return Directory(chosen.values())  # each once, also if an id and a name mean the same

    def known_projects(self, company: int | str | None = None) -> list[Named]:
        """Return the projects that were listed already, without asking anyone.

        Parameters
        ----------
        company : int, str or None
            An id or a name; None means the chosen company, and any if none is chosen.
        """
        number = self._session.company_id if company is None else _id_or_name(company)
        if isinstance(number, str):
            named = [known for known, name in self.known_companies or () if same_name(name, number)]
            number = named[0] if len(named) == 1 else 0
        kept = self._cache.with_start(("projects",) if number is None else ("projects", number))
        return [*dict(one for some in kept for one in some).items()]

    def keep_projects(self, company: Named, found: Directory, status: str = "Active") -> None:
        """Keep the projects of a company that have one status, ``Active`` or ``All``, and that were listed otherwise."""
        self._cache.put(("projects", company[0], status), found, when=found.when)

    def forget_projects(self, company: Named) -> None:
        """Forget the lists of a company's projects: the next call that needs one asks Procore."""
        self._cache.drop_start(("projects", company[0]))
        if self.lists is not None:
            self.lists.forget_projects()

    def _project(self, wanted: Any, company: Named) -> Named:
        wanted = _id_or_name(wanted)
        if isinstance(wanted, int):
            if self.project is not None and self.project[0] == wanted and self.project[1]:
                return self.project  # its name is known for as long as it is chosen
            kept = self._cache.with_start(("projects", company[0]))
            return wanted, next((name for some in kept for number, name in some if number == wanted), "")
        try:
            return pick(wanted, self._listed(company), "project", "projects")
        except ConfigurationError:
            return pick(wanted, self._listed(company, "All"), "project", "projects")

    def _listed(self, company: Named, status: str = "Active") -> Directory:
        """Return a company's projects of one status, ``Active`` or ``All``. Asks Procore once in a while."""
        key = ("projects", company[0], status)
        found: Directory | None = self._cache.get(key)
        if found is None:
            self._session._wait_for_sign_in()
            with self._cache.alone(key):
                found, forgotten = self._cache.get(key), self._cache.times_forgotten
                if found is None:
                    found = (
                        self._ask(company, status)
                        if self.lists is None
                        else self.lists.projects(company, status)
                    )
                    if forgotten == self._cache.times_forgotten:
                        self.keep_projects(company, found, status)
        return found

    def _ask(self, company: Named, status: str) -> Directory:
        params = {"company_id": company[0], "filters[by_status]": status, "view": "compact"}
        rows = paging.rows(self._session, PROJECTS, params, page_size=PROJECTS_A_PAGE)
        return Directory.of(rows, rows.lack, "projects")

    # Both

    def use(self, company: int | str | None = None, project: int | str | None = None) -> None:
        """Choose a company, a project, or both, by id or by name; None leaves the choice as it is.

        Choosing another company unchooses the project.

        Raises
        ------
        ConfigurationError
            There is none of that id or name, or more than one; the message lists those there are.
        """
        if company is not None:
            number, _ = pick(_one("company", company), self.companies(), "company", "companies")
            if number != self._session.company_id:
                self.project = None
            self._session.company_id = number
        if project is not None:
            wanted, where = _one("project", project), self.company()
            self.forget_projects(where)
            self.project = pick(wanted, self._listed(where), "project", "projects")

    def pinned(self, selection: Selection) -> Selection:
        """Return a selection with the chosen company and project put in where it names none. Asks nobody."""
        spec, company, project = selection.spec, selection.company, selection.project
        if spec.scope == "global":
            return selection
        if isinstance(company, str):
            named = [number for number, name in self.known_companies or () if same_name(name, company)]
            company = named[0] if len(named) == 1 else company
        chosen = self._session.company_id
        if company is None:
            company = chosen
        if spec.scope == "project" and project is None and self.project is not None and company == chosen:
            project = self.project[0]
        return dataclasses.replace(selection, company=company, project=project)

    def of(self, selection: Selection, parents: ParentsAt, missing: list[Incomplete]) -> list[Place]:
        """Return the places that a selection means, asking Procore for what it leaves open.

        Parameters
        ----------
        selection : Selection
            The rows that are wanted, `pinned`.
        parents : callable
            Finds rows of other tables where the selection doesn't say at which place they are.
        missing : list of Incomplete
            What may be missing of the places is appended to it.

        Raises
        ------
        ConfigurationError
            There is no such place, or the selection doesn't say which.
        """
        spec = selection.spec
        if spec.scope == "global":
            places = [Place()]
        else:
            company = self.company(selection.company)
            places = [Place(company)]
            if spec.scope == "project":
                projects = self.projects(selection.project, company)
                places = [Place(company, project) for project in projects]
                if projects.lack:
                    words = f"Projects may be missing. {projects.lack}"
                    missing.append(Incomplete(called(company), None, None, words))
        for name, wanted in selection.parents:
            # Which of several projects a parent is in, its own table tells, where it is known; and what a name means.
            several = len({place.project for place in places}) > 1 and bool(spec.parents[name])
            if wanted == ALL or several or selection.has_to_ask(name):
                found = parents(name, wanted, places)
            else:
                found = [wanted if isinstance(wanted, tuple) else (wanted,)] * len(places)
            places = [
                dataclasses.replace(place, parents=(*place.parents, (name, value)))
                for place, values in zip(places, found, strict=True)
                for value in values
            ]
        return places


def _one(what: str, wanted: Any) -> int | str:
    """Return an id or a name. Raises ParameterError if it is neither."""
    found = arguments.one(what, wanted)
    return found if isinstance(found, str) else arguments.id_or_name(what, found)


def _id_or_name(wanted: int | str) -> int | str:
    """Return an id as a number, a name as it is."""
    text = str(wanted).strip()
    return int(text) if text.isascii() and text.isdecimal() else wanted
