"""`Procore`: the session that stands in a notebook's namespace."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from procore_jupyter.connection.access import state_of
from procore_jupyter.connection.deferred import DeferredSession
from procore_jupyter.connection.queries import Queries
from procore_jupyter.connection.status import Status
from procore_jupyter.errors import CONNECT_AGAIN, ParameterError, ProcoreError
from procore_jupyter.session import downloads
from procore_jupyter.session.api_errors import ProcoreAPIError
from procore_jupyter.tables.cache import Cache
from procore_jupyter.tables.display.record import Record, record_at
from procore_jupyter.tables.location.place_names import Directory
from procore_jupyter.tables.location.places import COMPANIES, PROJECTS, Places
from procore_jupyter.tables.parameters import arguments
from procore_jupyter.tables.progress import bytes_shown
from procore_jupyter.wording import one_line, quoted

if TYPE_CHECKING:
    from pathlib import Path

    from procore_jupyter.connection.access import Access, AccessState
    from procore_jupyter.connection.question import Question
    from procore_jupyter.login.flow import LoginFlow
    from procore_jupyter.profiles import Environment
    from procore_jupyter.session.limits.rate_limit import Pace
    from procore_jupyter.session.quirks import Quirks
    from procore_jupyter.session.rules import CompanyId
    from procore_jupyter.settings.settings import Settings
    from procore_jupyter.tables.library import Library
    from procore_jupyter.tables.progress import Draw
    from procore_jupyter.tables.table import Table

ME = "/rest/v1.0/me"


class Procore(Queries, DeferredSession):
    """Your signed-in session with Procore: its tables, its files, and any request of its API.

    It is a `requests.Session` that knows Procore's address and renews your sign-in. Only methods, called with
    parentheses, ask the network or wait for a sign-in. Properties, ``repr``, ``dir`` and ``bool`` never do.

    Examples
    --------
    Find a table, look at it, and have it as a data frame. Tab completes names, parameters and values.

    >>> procore.tables.search("rfi")
    >>> rfis = procore.table("rfis", project="Harbor Tower", status="open")
    >>> frame = rfis.to_pandas()

    Choose a project for all further calls.

    >>> procore.use(project="Harbor Tower")
    >>> submittals = procore.table("submittals").to_pandas()
    >>> procore.sql("SELECT status, count(*) FROM rfis GROUP BY status")

    Make any request of the API, and download a file that a row names.

    >>> me = procore.get("/rest/v1.0/me").json()
    >>> photo = procore.table("photos").head(1)[0]
    >>> path = procore.download(photo["url"], "photos/")

    See also: ``procore.projects()``, ``procore.get_all(path)``, ``%procore_status``, and ``procore.table?``.
    """

    def __init__(
        self,
        settings: Settings,
        access: Access | None,
        *,
        draw: Callable[[], Draw],
        max_wait: float = 60.0,
        pace: Pace | None = None,
        quirks: Quirks | None = None,
        **session: Any,
    ) -> None:
        """Connect to what settings say, with the tokens that `access` gives, or none.

        `draw` returns what shows progress; the rest is as for `RefreshingSession`.
        """
        super().__init__(
            settings.environment.api_url,
            settings.environment.login_url,
            access,
            timeout=settings.timeout,
            max_wait=max_wait,
            readonly=settings.readonly,
            ca_bundle=settings.ca_bundle,
            **session,
        )
        self._draw, self._cache = draw, Cache(self._clock)
        self._places = Places(
            self,
            self._cache,
            project_id=settings.project_id,
            look_for_company=settings.auth_scheme != "NONE",
        )
        self._notices: list[str] = []
        self._configure(settings, access, pace, quirks)

    def _configure(
        self,
        settings: Settings,
        access: Access | None,
        pace: Pace | None = None,
        quirks: Quirks | None = None,
    ) -> None:
        """Connect to what the settings say: when the session is made, and again once a person has named the app."""
        self._settings, self._access = settings, access
        environment = settings.environment
        self._connect_to(
            environment.api_url,
            environment.login_url,
            access,
            file_hosts=environment.file_hosts,
            proxies=settings.proxies,
            pace=pace,
            quirks=quirks,
        )
        self.company_id = settings.company_id
        self._me: Record | None = None
        self._me_is_new = False  # asked for a moment ago, for the card that is drawn next
        self._question = None
        self.__dict__.pop("tables", None)  # Tab may have looked at them before the app was named
        self.__dict__.pop("_engine", None)

    def _wait_for_answer(self, question: Question) -> None:
        """Let every call fail, or wait in threads other than the main one, until a person has named the app."""
        self._configure(question.settings, None)
        self._question = question

    # What a person sees without asking anyone

    @property
    def settings(self) -> Settings:
        """What the connection string, the saved connection and the environment say."""
        return self._settings

    @property
    def environment(self) -> Environment:
        """The hosts that the session speaks to."""
        return self._settings.environment

    @property
    def project_id(self) -> int | None:
        """The project that tables are about unless they name another; None if none is chosen."""
        return self._places.project[0] if self._places.project is not None else None

    @project_id.setter
    def project_id(self, project_id: int | None) -> None:
        number = (
            None
            if project_id is None
            else arguments.id_of("project_id", arguments.one("project_id", project_id))
        )
        self._places.project = None if number is None else (number, "")

    @property
    def login_flow(self) -> LoginFlow | None:
        """The login that this session waits for or came from: its link, and ``paste``; None if none was needed."""
        return self._access.flow if self._access is not None else None

    @property
    def _access_state(self) -> AccessState:
        """Whether somebody is signed in, as far as is known without asking."""
        return state_of(self._question, self._access)

    def __repr__(self) -> str:
        return repr(self._known())

    def __dir__(self) -> list[str]:
        # Tab lists what a person uses. `login_flow` is for places without a panel, and is spelled out there.
        return [name for name in super().__dir__() if name != "login_flow"]

    # Who and what

    def me(self) -> Record:
        """Return who is signed in: ``id``, ``login``, ``name``. Raises `LoginRequired` if nobody is, or `ProcoreAPIError`."""
        self._me = record_at(self, ME)
        return self._me

    def companies(self) -> Table:
        """Return your companies; each call asks Procore. Raises `LoginRequired` or `ProcoreAPIError`."""
        self._settle()
        found = self.tables.open(COMPANIES).refresh()
        if (known := self._whole_list(found)) is not None:
            self._places.known_companies = known
        return found

    def projects(self) -> Table:
        """Return your active projects in the company; each call asks Procore.

        Raises
        ------
        ConfigurationError
            There are several companies and none is chosen.
        ProcoreAPIError, LoginRequired
            Procore refused; nobody is signed in.
        """
        company = self._places.company()
        self._places.forget_projects(company)
        found = self.tables.open(PROJECTS, {"company_id": company[0]}).refresh()
        if (known := self._whole_list(found)) is not None:
            self._places.keep_projects(company, known)
        return found

    def _whole_list(self, table: Table) -> Directory | None:
        """Return what a fetched table lists by id and name; None if ``MaxRows`` may have cut it."""
        most = self._settings.max_rows
        if most is not None and len(table) >= most:
            return None
        rows = table.to_arrow().select(["id", "name"]).to_pylist()
        return Directory.of(rows, next((one.message for one in table.incomplete), ""), table.name)

    def use(self, company: int | str | None = None, project: int | str | None = None) -> Procore:
        """Choose the company, the project, or both, for all further calls; return this session, which draws itself.

        Parameters
        ----------
        company, project : int, str or None
            An id, or a name as Procore has it, in any case; None leaves the choice as it is. Choosing another company
            unchooses the project.

        Raises
        ------
        ConfigurationError
            None or several have that name; the message lists those there are.
        """
        if company is None and project is None:
            raise ParameterError('Say which:  procore.use(company="…")  or  procore.use(project="…").')
        if project is not None:
            self.tables.reader  # noqa: B018 - which lists projects by their table, so that nobody asks for them again
        self._places.use(company, project)
        return self

    # Tables

    @functools.cached_property
    def tables(self) -> Library:
        """The tables there are; drawn, it lists them.

        ``tables.search("log")`` finds some, ``tables.describe("rfis")`` describes one, and ``tables["rfis"]`` is
        ``table("rfis")``.
        """
        from procore_jupyter.tables.library import library_of  # on first use: connecting doesn't pay for it

        return library_of(self, self._places, self._cache, self._settings, self._draw)

    def table(self, name: str, /, *, strict: bool = False, **parameters: Any) -> Table:
        """Return a table of Procore's, with all its pages. Nothing is fetched until it is looked at.

        ``%procore_tables`` lists the tables; ``%procore_tables rfis`` shows the parameters and columns of one.

        Parameters
        ----------
        name : str
            A name of the catalog, which ``procore.tables`` lists; or the path of a list, as for `get_all`.
        strict : bool
            Raise an error if a project doesn't answer, or rows are missing.
        **parameters
            ``project`` or ``project_id``: a number, a name, several of these, ``"all active"`` or ``"all"``; without it, the
            chosen project, or the only one. ``company`` or ``company_id``. The table's filters: a value, a list of
            values, or both ends of a range. ``params={…}`` for other parameters of the API.

        Returns
        -------
        Table
            It draws itself, and has ``to_pandas()``, ``to_polars()``, ``to_arrow()`` and ``to_parquet(path)``.

        Raises
        ------
        TableNotFound
            No table has that name.
        ParameterError
            A parameter isn't known, is missing, or has a wrong value.

        Examples
        --------
        The open RFIs of a project, as a data frame.

        >>> procore.table("rfis", project="Harbor Tower", status="open").to_pandas()

        What changed since a day, in all active projects.

        >>> procore.table("submittals", project="all active", updated_at=("2026-11-01", None))

        The manpower logs of a month.

        >>> procore.table("manpower_logs", project=4711, start_date="2026-10-01", end_date="2026-10-31")
        """
        return self.tables.open(name, parameters, strict=strict)

    def download(self, url: str, path: str | os.PathLike[str] = ".", /) -> Path:
        """Write one of Procore's files (a drawing, a photo, an attachment) to the disk, with a progress bar; return its path.

        Your sign-in goes to the API and to Procore's file hosts, and to no other host that they redirect to.

        Parameters
        ----------
        url : str
            The file's address, as rows have it: ``url``, ``pdf_url``.
        path : str or PathLike
            A file, which is replaced once the new one is whole; or a folder, in which the file gets the name that it
            comes with, and replaces none. A path that ends in a slash is a folder, which is made if it doesn't exist.

        Raises
        ------
        ProcoreAPIError
            Procore refused. Addresses in rows expire after a while: fetch the rows again.
        FileExistsError, OSError
            The folder has such a file already; the file can't be written, which is checked before anything is requested.
        LoginRequired, requests.RequestException
            Nobody is signed in; the file didn't come whole.
        """
        if not isinstance(url, str) or not url.strip():
            raise ParameterError(
                f"download needs a file's address, not {quoted(url)}: this row may have no file."
            )
        name = one_line(urlsplit(url).path.rpartition("/")[2]) or "download"
        with bytes_shown(name, self._draw()) as told:
            return downloads.download(self, url, path, told)

    # The sign-in

    def status(self) -> Status:
        """Return who is signed in, to what, and for how long, as Procore says now; never waits for a person."""
        problem: str | None = None
        if self._question is None and self._access_state.state != "waiting":
            try:
                # Another notebook may have signed in anew, or this one's token may have ended since.
                self._wait_for_sign_in()
                self._learn()
            except (ProcoreError, requests.RequestException) as error:
                problem = str(error)
        return self._known(problem)

    def logout(self, keep_token: bool = False) -> None:
        """Sign out: end the sign-in at Procore, make sure of it, and delete the stored token.

        Other notebooks of the same account are signed out with it. A pending login is cancelled.

        Parameters
        ----------
        keep_token : bool
            Only end this session. The stored token stays, and connecting again asks nobody.

        Raises
        ------
        TokenRequestError
            Procore couldn't be reached, or didn't end it. Then nothing has changed: try again.
        """
        if self._question is not None:
            self._question.cancel()
        if self._access is not None:
            end = self._access.close if keep_token else self._access.sign_out
            end(f"You signed out of {self._settings.place}. {CONNECT_AGAIN} to sign in.")

    def close(self) -> None:
        """Close the connections, and cancel a pending login."""
        if self._question is not None:
            self._question.cancel()
        if self._access is not None and self._access_state.state == "waiting":
            self._access.close("Not signed in: the session was closed before you signed in.")
        super().close()

    def _notice(self, line: str) -> None:
        """Keep a line for the card; any thread may call this."""
        if line not in self._notices:
            self._notices.append(line)

    # What is behind it

    def _company_for(self, request: requests.PreparedRequest) -> CompanyId | None:
        # Procore's two calls that need no company are how one is found.
        needs_none = urlsplit(request.url or "").path.endswith((ME, COMPANIES))
        if self.company_id is None and not needs_none and self._company_meant(request) is None:
            self._places.choose_only_company()
        return super()._company_for(request)

    def _learn(self) -> None:
        """Ask Procore who is signed in, unless that was just done, and which companies there are, unless that is known."""
        new, self._me_is_new = self._me_is_new, False
        if not new:
            if self._settings.auth_scheme == "OAUTH":
                self._places.look_ahead()
            self.me()
        try:
            self._places.companies()
        except ProcoreAPIError:
            # A service account may not list the companies without naming one.
            if self.company_id is None and self._settings.auth_scheme != "OAUTH_CLIENT":
                raise
        self._places.choose_only_company()

    def _known(self, problem: str | None = None) -> Status:
        """Return what `status` tells, as far as it is known without asking anyone."""
        access = self._access
        state, why_not = self._access_state
        return Status.of(
            self._settings,
            state,
            access.peek() if access is not None else None,
            me=self._me,
            places=self._places,
            company_id=self.company_id,
            rate_limit=self.rate_limit,
            kept_at=access.kept_at if access is not None else "",
            problem=why_not or problem,
            notices=self._notices,
            now=self._clock(),
        )
