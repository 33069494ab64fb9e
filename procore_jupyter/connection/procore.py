"""`Procore`: the session that stands in a notebook's namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from procore_jupyter.connection.data_session import ME, DataSession
from procore_jupyter.connection.question import FILL_IN
from procore_jupyter.connection.status import State, Status, wrong_clock
from procore_jupyter.errors import ConfigurationError, LoginRequired, ProcoreAPIError, ProcoreError
from procore_jupyter.session.retries import in_haste
from procore_jupyter.tables.display.record import Record, read_record
from procore_jupyter.wording import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from procore_jupyter.connection.access import Access
    from procore_jupyter.connection.question import Question
    from procore_jupyter.login.flow import LoginFlow
    from procore_jupyter.profiles import Environment
    from procore_jupyter.settings.settings import Settings

_CHECK_TIMEOUT = 10.0

SIGNED_OUT = "You signed out of {place}. Run the cell with %procore_connect again to sign in."


class Procore(DataSession):
    """A signed-in `requests.Session` for Procore; `connect` makes it.

    Only what is called, with parentheses, asks the network or waits for a sign-in. Properties, ``repr``,
    ``dir`` and ``bool`` never do.

    Parameters
    ----------
    settings : Settings
        What was asked for.
    access : Access or None
        Where the bearer comes from; None sends none (AuthScheme=NONE).
    max_wait : float
        Seconds that one call waits for rate limits at most.
    **session
        As `RefreshingSession`: ``notify``, ``clock``, ``sleep``.
    """

    _question: Question | None = None

    def __init__(
        self, settings: Settings, access: Access | None, *, max_wait: float = 60.0, **session: Any
    ) -> None:
        super().__init__(
            settings,
            settings.environment.api_url,
            settings.environment.login_url,
            access,
            timeout=settings.timeout,
            max_wait=max_wait,
            readonly=settings.readonly,
            file_hosts=settings.environment.file_hosts,
            proxies=settings.proxies,
            ca_bundle=settings.ca_bundle,
            company_id=settings.company_id,
            **session,
        )
        self._access = access
        self._me: Record | None = None
        self._notices: list[str] = []

    # What a person sees without asking anyone

    @property
    def settings(self) -> Settings:
        """What the connection string and the environment said."""
        return self._settings

    @property
    def environment(self) -> Environment:
        """The hosts."""
        return self._settings.environment

    @property
    def sign_in(self) -> LoginFlow | None:
        """The sign-in by a person that this session waits for or came from; None where none was needed."""
        return self._access.flow if self._access is not None else None

    @property
    def waiting(self) -> bool:
        """Whether this session waits for a person to sign in."""
        return self._access is not None and self._access.pending

    @property
    def question(self) -> Question | None:
        """What a person has to answer before this session knows what it connects to; None where nothing is open."""
        question = self._question
        return question if question is not None and question.open else None

    def __repr__(self) -> str:
        return repr(self._known())

    # Who and what

    def me(self) -> Record:
        """Return who is signed in: ``id``, ``login``, ``name``.

        Raises
        ------
        ProcoreAPIError
            Procore refused.
        LoginRequired
            Nobody is signed in.
        """
        self._me = read_record(self.get(ME))
        return self._me

    def use(self, company: int | str | None = None, project: int | str | None = None) -> Procore:
        """Choose the company, the project, or both, by id or name, for all that follows.

        Parameters
        ----------
        company, project : int, str or None
            An id, or a name as Procore has it (without regard to case); None leaves it as it is. Choosing
            another company unchooses the project.

        Returns
        -------
        Procore
            This session, which draws itself.

        Raises
        ------
        ConfigurationError
            There is none of that name, or more than one; the message lists those there are.
        """
        self._settle()
        if company is None and project is None:
            raise ConfigurationError('Say which:  procore.use(company="…")  or  procore.use(project="…").')
        self.choose(company, project)
        return self

    # The sign-in

    def status(self) -> Status:
        """Return who is signed in, to what, and for how long. Asks Procore for it once; never waits for a person."""
        problem: str | None = None
        if not self.waiting and self._question is None:
            try:
                if self._access is not None:
                    # Another notebook may have signed in anew, or this one's sign-in may be over since.
                    self._access.current()
                self._learn()
            except ProcoreError as error:
                problem = str(error)
            except requests.RequestException as error:
                host = urlsplit(self.environment.api_url).netloc
                problem = f"{host} can't be reached at the moment ({type(error).__name__}). Check the network, then try again."
        return self._known(problem)

    def logout(self, keep_token: bool = False) -> None:
        """Sign out: end the sign-in at Procore, make sure of it, and forget it here.

        Other notebooks of the same account are signed out with it. A sign-in that is still pending is
        cancelled.

        Parameters
        ----------
        keep_token : bool
            Only end this session; the stored sign-in stays, and connecting again asks nobody.

        Raises
        ------
        TokenRequestError
            Procore couldn't be reached, or didn't end it. Then nothing has changed: try again.
        """
        if self._question is not None:
            self._question.cancel()
        if self._access is None:
            return
        reason = SIGNED_OUT.format(place=self._settings.place)
        if keep_token:
            self._access.close(reason)
        else:
            self._access.sign_out(reason)

    def close(self) -> None:
        """Close the connections, and cancel a sign-in that is still pending."""
        if self._question is not None:
            self._question.cancel()
        if self._access is not None and self.waiting:
            self._access.close("Not signed in: the session was closed before you signed in.")
        super().close()

    def still_signed_in(self) -> bool:
        """Ask Procore who is signed in; False where nobody is. True where Procore can't be asked."""
        if self._question is not None or (self._access is not None and self._access.why_over is not None):
            return False
        try:
            with in_haste():
                self._me = read_record(self.get(ME, timeout=min(_CHECK_TIMEOUT, self._settings.timeout)))
        except LoginRequired:
            return False
        except (ProcoreError, requests.RequestException):
            pass
        return True

    def look_ahead(self) -> None:
        """Begin to ask what the card and most calls need beside who is signed in, and return at once."""
        if self._settings.auth_scheme == "OAUTH":
            self._companies.look_ahead()

    def notice(self, line: str) -> None:
        """Keep a line for the card; called from any thread."""
        if line not in self._notices:
            self._notices.append(line)

    # Before it knows what it connects to, and when it does

    def wait_for_answer(self, question: Question) -> None:
        """Make all calls fail, or wait in other threads than the main one, until a person has answered."""
        self._question = question

    def become(self, other: Procore) -> None:
        """Be the session that the answer led to: from now on the two are one."""
        other.headers.update(self.headers)
        other.cookies.update(self.cookies)
        self.__dict__ = other.__dict__

    def when_signed_in(self, act: Callable[[], None]) -> None:
        """Call `act` when the pending sign-in has worked and is stored; now where none is pending."""
        if self._access is None:
            act()
        else:
            self._access.when_signed_in(act)

    def signed_in(self) -> None:
        """Tell those of `when_signed_in`."""
        if self._access is not None:
            self._access.signed_in()

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepare a request as `RefreshingSession` does, once it is known for which host."""
        self._settle()
        return super().prepare_request(request)

    def hop(self, *how: Any) -> requests.Response:
        """Send one request to one host, as `RefreshingSession` does."""
        self._settle()
        return super().hop(*how)

    def _settle(self) -> None:
        question = self._question
        if question is not None:
            question.wait()

    # What is behind it

    def _how_to_choose(self) -> str:
        return self.known.choose

    def _learn(self) -> None:
        """Ask who it is and which companies there are, what isn't known yet."""
        if self._me is None:
            self.look_ahead()
            self.me()
        try:
            self._companies.all()
        except ProcoreAPIError:
            # A service account may not list them without naming one.
            if self.company_id is None and self._settings.auth_scheme != "OAUTH_CLIENT":
                raise
        self._choose_only_company()

    @property
    def known(self) -> Status:
        """What `status` would tell, as far as it is known without asking anyone."""
        return self._known()

    def _known(self, problem: str | None = None) -> Status:
        """Return what is known without asking anyone."""
        settings, access = self._settings, self._access
        token = access.peek() if access is not None else None
        companies = self._companies.known or ()
        notices = [*settings.notices, *self._notices]
        if token is not None and (wrong := wrong_clock(token.clock_offset)) is not None:
            notices.append(wrong)
        company = None
        if self.company_id is not None:
            company = (self.company_id, dict(companies).get(self.company_id, ""))
        state: State = "no sign-in" if access is None else access.state
        if access is not None and state == "not signed in":
            problem = access.why_over
        if self._question is not None:
            state, problem = "not signed in", str(self._question.error or FILL_IN)
        return Status(
            place=settings.place,
            api_host=urlsplit(settings.environment.api_url).netloc,
            login_host=urlsplit(settings.environment.login_url).netloc,
            state=state,
            user=one_line(self._me.get("name")) or None if self._me is not None else None,
            login=one_line(self._me.get("login")) or None if self._me is not None else None,
            companies=companies,
            company=company,
            project=self._project,
            service_account=settings.auth_scheme == "OAUTH_CLIENT",
            token_expires_in=None
            if token is None or token.expires_at is None
            else max(0.0, token.expires_at - self._clock()),
            renews=settings.auth_scheme == "OAUTH_CLIENT"
            or (token is not None and token.refresh_token is not None),
            rate_limit=self.rate_limit,
            kept_at=access.kept_at if access is not None else "",
            account=settings.account,
            problem=problem,
            notices=tuple(dict.fromkeys(notices)),
        )
