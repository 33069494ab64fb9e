"""`Status`: who is signed in, to what, and for how long; and the words of the card that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from procore_jupyter.tables.location.place_names import in_code, listed
from procore_jupyter.wording import duration, one_line

if TYPE_CHECKING:
    from procore_jupyter.oauth.token import Token
    from procore_jupyter.settings.settings import Settings
    from procore_jupyter.tables.location.places import Places

State = Literal["signed in", "waiting", "not signed in", "no sign-in"]

WRONG_CLOCK = 300.0
"""Seconds that this machine's clock may differ from Procore's before the card says so."""

DONE = "✓"
"""The mark of a card that says that all is well."""

EXPIRED = "expired"

LISTED_COMPANIES = 10
"""Companies that a card lists at most."""


@dataclass(frozen=True)
class Status:
    """What is known of a session. Holds no secret; `repr` is the card.

    Parameters
    ----------
    place : str
        Product and environment: ``Procore · production``.
    api_host, login_host : str
        The hosts of the API and of the login page.
    state : str
        ``signed in``, ``waiting`` (for a person), ``not signed in``, or ``no sign-in`` (AuthScheme=NONE).
    user : str or None
        The name of the person or service account; None while unknown.
    login : str or None
        What the person logs in with, usually a mail address.
    companies : tuple of (int, str)
        The companies that the person may see: id and name.
    company, project : (int, str) or None
        The chosen company and project; the name is empty while unknown.
    name : str
        The variable that holds the session.
    service_account : bool
        Whether an app is signed in by itself (AuthScheme=OAUTH_CLIENT), not a person.
    token_expires_in : float or None
        Seconds until the access token expires.
    renews : bool
        Whether the token is renewed without a person.
    rate_limit : (int, int) or None
        Requests left, and requests allowed, in the window that ends first.
    kept_at : str
        Where the token is stored; empty if it isn't.
    account : str
        Which stored sign-in this is.
    problem : str or None
        Why nobody is signed in, or why Procore couldn't be asked; one line, with what to do.
    notices : tuple of str
        Other lines for the person.
    """

    place: str
    api_host: str
    login_host: str
    state: State
    user: str | None = None
    login: str | None = None
    companies: tuple[tuple[int, str], ...] = ()
    company: tuple[int, str] | None = None
    project: tuple[int, str] | None = None
    name: str = "procore"
    service_account: bool = False
    token_expires_in: float | None = None
    renews: bool = False
    rate_limit: tuple[int, int] | None = None
    kept_at: str = ""
    account: str = "default"
    problem: str | None = None
    notices: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        settings: Settings,
        state: State,
        token: Token | None,
        *,
        me: Mapping[str, Any] | None,
        places: Places,
        company_id: int | None,
        rate_limit: tuple[int, int] | None,
        kept_at: str,
        problem: str | None,
        notices: Sequence[str],
        now: float,
    ) -> Status:
        """Return what is known of a session.

        Parameters
        ----------
        settings : Settings
            What it connects to.
        token : Token or None
            The token in memory.
        me : mapping or None
            The answer of ``/rest/v1.0/me``.
        places : Places
            The companies and the chosen project.
        company_id : int or None
            The chosen company.
        now : float
            Unix time in seconds.
        state, rate_limit, kept_at, problem, notices
            As for `Status`.
        """
        me = me or {}
        companies = places.known_companies or ()
        expires_at = None if token is None else token.expires_at
        service_account = settings.auth_scheme == "OAUTH_CLIENT"
        wrong = None if token is None else wrong_clock(token.clock_offset)
        told = dict.fromkeys([*settings.notices, *notices, *([wrong] if wrong else [])])
        return cls(
            place=settings.place,
            api_host=settings.environment.api_host,
            login_host=settings.environment.login_host,
            state=state,
            user=one_line(me.get("name")) or None,
            login=one_line(me.get("login")) or None,
            companies=companies,
            company=None if company_id is None else (company_id, dict(companies).get(company_id, "")),
            project=places.project,
            service_account=service_account,
            token_expires_in=None if expires_at is None else max(0.0, expires_at - now),
            renews=service_account or (token is not None and token.refresh_token is not None),
            rate_limit=rate_limit,
            kept_at=kept_at,
            account=settings.account,
            problem=problem,
            notices=tuple(told),
        )

    @property
    def who(self) -> str:
        """Who is signed in, in words."""
        if self.state == "no sign-in":
            return "no sign-in (AuthScheme=NONE)"
        if self.service_account:
            return one_line(self.user) or "service account"
        return one_line(self.user) or "signed in"

    @property
    def where(self) -> str:
        """The chosen company and project, in words; empty if none is chosen."""
        parts = []
        if self.company is not None:
            number, name = self.company
            parts.append(f"{one_line(name)} ({number})" if name else f"company {number}")
        if self.project is not None:
            number, name = self.project
            parts.append(f"{one_line(name)} ({number})" if name else f"project {number}")
        return " · ".join(parts)

    @property
    def to_choose(self) -> bool:
        """Whether the person has still to choose a company."""
        there = self.state not in ("not signed in", "waiting")
        return there and self.company is None and len(self.companies) > 1

    @property
    def choose(self) -> str:
        """The line to run to choose a company: the chosen one, else the first as an example, if any are known."""
        if not self.companies:
            return f"{self.name}.use(company=…)"
        known = sorted(self.companies, key=lambda one: self.company is None or one[0] != self.company[0])
        return f"{self.name}.use(company={in_code(known[0], known)})"

    @property
    def renewal(self) -> str:
        """How long the sign-in lasts, in words; empty if nobody is signed in."""
        if self.state != "signed in":
            return ""
        return renewal(self.token_expires_in, renews=self.renews)

    @property
    def details(self) -> tuple[tuple[str, str], ...]:
        """What is known beside the card: labels and values."""
        rows = [("Sign-in server", self.login_host), ("API", self.api_host)]
        if self.login:
            rows.append(("Signed in with", one_line(self.login)))
        if self.account != "default":
            rows.append(("Account", one_line(self.account)))
        if self.token_expires_in is not None:
            left = f"in {duration(self.token_expires_in)}" if self.token_expires_in > 0 else "now"
            rows.append(("Expires", f"{left}, then renews automatically" if self.renews else left))
        if self.rate_limit is not None:
            rows.append(("Rate limit", f"{self.rate_limit[0]:,} of {self.rate_limit[1]:,} requests left"))
        if self.kept_at:
            rows.append(("Stored in", self.kept_at))
        return tuple(rows)

    @property
    def detail_lines(self) -> list[str]:
        """The same as lines of text, their values in a column."""
        return [f"  {label + ':':<17}{value}" for label, value in self.details]

    # The card, which a notebook draws as HTML and `repr` as text. What stands in backquotes is code to run.

    @property
    def headline(self) -> tuple[str, ...]:
        """The parts of the card's first line."""
        if self.state == "not signed in":
            return self.place, self.problem or "Not signed in."
        if self.state == "waiting":
            return self.place, "Waiting for your sign-in …"
        expired = self.renewal == EXPIRED
        place = self.place if self.problem or expired else f"{DONE} {self.place}"
        if self.to_choose:
            return place, self.who, f"Choose one of your {len(self.companies)} companies:"
        who = f"{self.who} · {self.where}" if self.where else self.who
        lasts = f"Signed in, {self.renewal}." if self.renewal else ""
        if expired:
            return place, who, "Sign-in expired."
        ready = "" if self.problem else f"Use `{self.name}`."
        return tuple(part for part in (place, who, f"{lasts} {ready}".strip()) if part)

    @property
    def below(self) -> tuple[str, ...]:
        """The lines below the card's first line."""
        lines = []
        if self.to_choose:
            more = f": `{self.name}.companies()`" if len(self.companies) > LISTED_COMPANIES else ""
            lines += [listed(self.companies, LISTED_COMPANIES) + more, f"`{self.choose}`"]
        if self.problem and self.state != "not signed in":
            lines.append(self.problem)
        return *lines, *self.notices

    def __str__(self) -> str:
        return repr(self)

    def __repr__(self) -> str:
        return "\n  ".join(["   ".join(self.headline), *self.below])


def renewal(seconds: float | None, *, renews: bool) -> str:
    """Return how long a sign-in lasts, in words.

    Parameters
    ----------
    seconds : float or None
        Seconds until its access token expires; None if unknown.
    renews : bool
        Whether it is renewed without a person.
    """
    if renews:
        return "renews automatically"
    if seconds is None:
        return "doesn't renew"
    return f"expires in {duration(seconds)}" if seconds > 0 else EXPIRED


def wrong_clock(offset: float | None) -> str | None:
    """Return what to say of a clock that is wrong by more than `WRONG_CLOCK`; None if it is right enough.

    Parameters
    ----------
    offset : float or None
        This machine's clock minus the provider's, in seconds; None if unknown.
    """
    if offset is None or abs(offset) <= WRONG_CLOCK:
        return None
    way = "ahead of" if offset > 0 else "behind"
    return (
        f"This machine's clock is {duration(abs(offset))} {way} Procore's. Correct it, or "
        "times and limits will be wrong."
    )
