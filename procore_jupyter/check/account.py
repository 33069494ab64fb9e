"""The person and their company, looked at: who is signed in, which companies, whether the app is installed there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from procore_jupyter.check.finding import FAILS, HOLDS, UNTOLD, Finding
from procore_jupyter.check.inquiry import Inquiry
from procore_jupyter.check.labels import labels
from procore_jupyter.check.network import ME
from procore_jupyter.errors import ProcoreError
from procore_jupyter.session.api_errors import error_from
from procore_jupyter.session.lists.envelope import rows_in
from procore_jupyter.tables.location.place_names import Directory, listed
from procore_jupyter.tables.location.places import COMPANIES, PROJECTS
from procore_jupyter.tables.place import Named
from procore_jupyter.wording import one_line

if TYPE_CHECKING:
    from procore_jupyter.check.subject import Subject
    from procore_jupyter.session.refreshing import RefreshingSession
    from procore_jupyter.tables.library import Library

PEOPLE = "/rest/v1.0/projects/{project_id}/users"
"""A list whose address doesn't name the company."""

FIRST_PROJECTS = 5
"""Projects that are asked for."""

INSTALL = (
    "A company's admin installs it: in Procore, Company Admin > App Management > Install App > Install Custom App, with the "
    "App Version Key of the app's Developer Portal page."
)


@dataclass
class Account:
    """What is known of the person's account, filled as it is looked at.

    Attributes
    ----------
    inquiry : Inquiry or None
        Sends the requests; None as long as nobody is signed in.
    library : Library or None
        The tables that can be read.
    company, project : (int, str) or None
        Whose tables are looked at.
    """

    inquiry: Inquiry | None = None
    library: Library | None = None
    company: Named | None = None
    project: Named | None = None

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Ask who is signed in, and for companies and projects; stop where nothing further could be told."""
        try:
            signed_in = subject.sign_in()
        except ProcoreError as error:
            yield Finding(
                "Sign-in", FAILS, str(error), advice=subject.connect_again, told="Nobody is signed in."
            )
            return
        self.inquiry, self.library = Inquiry(signed_in.session), signed_in.library
        try:
            yield (me := self._me(self.inquiry))
            if me.verdict == FAILS:
                return
            yield from self._company(self.inquiry, signed_in.session.company_id)
            if self.company is not None:
                self.inquiry.in_company(self.company[0])
                yield self._projects(self.inquiry, signed_in.project_id)
                if self.project is not None:
                    yield _header(self.inquiry, signed_in.without_company, self.project)
                    yield labels(self.inquiry, self.company)
        except ProcoreError as error:
            yield Finding("Account", FAILS, str(error), told="No answer came.")
        except requests.RequestException as error:
            yield Finding("Account", FAILS, str(error), told=f"No answer came ({type(error).__name__}).")

    def _me(self, inquiry: Inquiry) -> Finding:
        answer = inquiry.get(ME)
        if answer.status_code == 401:
            return Finding(
                "Sign-in",
                FAILS,
                "Procore doesn't accept the sign-in, and renewing it didn't help.",
                advice=f"It has expired: sign in again. Or the app isn't installed in any of your companies. {INSTALL}",
                told="Refused with 401 after a renewal.",
                oddity="app-missing",
            )
        if answer.status_code >= 400:
            return Finding(
                "Sign-in", FAILS, str(error_from(answer)), told=f"Refused with {answer.status_code}."
            )
        try:
            told: Any = answer.json()
        except ValueError:
            told = None
        if not isinstance(told, dict):
            found = "Something other than Procore answered."
            return Finding("Sign-in", FAILS, found, advice="Check APIURL, and the proxy.", told=found)
        who = one_line(str(told.get("name") or told.get("login") or "")) or "a service account"
        return Finding("Sign-in", HOLDS, f"{who} is signed in.", told="Somebody is signed in.")

    def _company(self, inquiry: Inquiry, chosen: int | None) -> Iterator[Finding]:
        answer = inquiry.get(COMPANIES)
        companies = Directory()
        if answer.status_code < 400:
            companies = _directory(answer, "companies")
            known = dict(companies)
            self.company = (
                (chosen, known.get(chosen, ""))
                if chosen is not None
                else companies[0]
                if len(companies) == 1
                else None
            )
            found = (
                f"You have access to {len(companies)} {'company' if len(companies) == 1 else 'companies'}."
            )
            if self.company is not None:
                found += f"  This check uses {_named(self.company)}."
            elif companies:
                found += f" {listed(companies, 10)}"
            told = f"{len(companies)} seen{', one chosen' if self.company else ''}."
            if self.company is None:
                advice = (
                    "Choose one: add CompanyId=… to the connection. The rest of the check needs it."
                    if companies
                    else (
                        "You have no company in this environment: ask an admin to add you, or check Environment."
                    )
                )
                yield Finding("Companies", FAILS, found, advice=advice, told=told)
            elif chosen is not None and chosen not in known:
                yield Finding(
                    "Companies",
                    FAILS,
                    found,
                    believed="CompanyId is one of them.",
                    advice="Check CompanyId and Environment.",
                    told=f"{told} The chosen one isn't among them.",
                )
            else:
                yield Finding("Companies", HOLDS, found, told=told)
        elif chosen is not None:  # a service account may not list the companies
            self.company = (chosen, "")
            yield Finding(
                "Companies", UNTOLD, str(error_from(answer)), told=f"Refused with {answer.status_code}."
            )
        else:
            yield Finding(
                "Companies",
                FAILS,
                str(error_from(answer)),
                advice="Add CompanyId=… to the connection.",
                told=f"Refused with {answer.status_code}.",
            )

    def _projects(self, inquiry: Inquiry, chosen: int | None) -> Finding:
        assert self.company is not None  # `look` sees to it
        params = [("company_id", self.company[0]), ("page", 1), ("per_page", FIRST_PROJECTS)]
        answer = inquiry.get(PROJECTS, params)
        if answer.status_code in (401, 403):
            return Finding(
                "App installed",
                FAILS,
                f"{error_from(answer)}",
                believed="The app is installed in the company.",
                advice=INSTALL,
                told=f"Refused with {answer.status_code}.",
                oddity="app-missing",
            )
        if answer.status_code >= 400:
            return Finding(
                "App installed", UNTOLD, str(error_from(answer)), told=f"Refused with {answer.status_code}."
            )
        projects = _directory(answer, "projects")
        if chosen is not None:
            self.project = (chosen, dict(projects).get(chosen, ""))
        elif projects:
            self.project = projects[0]
        if self.project is None:
            found = "The app is installed, but you have access to no project."
            advice = "Ask a project's admin to add you: most tables belong to projects."
            return Finding("App installed", FAILS, found, advice=advice, told=found)
        return Finding(
            "App installed",
            HOLDS,
            f"It is, and the company's projects can be read. This check uses {_named(self.project)}.",
            told="It is, and projects can be read.",
        )


def _header(inquiry: Inquiry, without_company: RefreshingSession, project: Named) -> Finding:
    """Ask without the header that names the company, which has the token alone to go by."""
    subject = "Company header"
    path, params = PEOPLE.format(project_id=project[0]), [("page", 1), ("per_page", 1)]
    answer = inquiry.get(path, params, through=without_company)
    status = answer.status_code
    if status == 404:
        found = "Without it Procore answers a bare 404, as if a tool were off."
        return Finding(subject, HOLDS, found, advice="It is always sent.", told=found, oddity="bare-404")
    found = f"Without it Procore {'answers anyway' if status < 400 else f'says so (HTTP {status})'}."
    return Finding(subject, HOLDS, found, advice="It is always sent.", told=found)


def _directory(answer: requests.Response, many: str) -> Directory:
    try:
        return Directory.of(rows_in(answer.content).rows, "", many)
    except (ValueError, RecursionError):
        return Directory()


def _named(one: Named) -> str:
    number, name = one
    return f"{one_line(name)} ({number})" if name else str(number)
