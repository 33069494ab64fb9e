"""A session as the sidebar shows it, and what a person does with it there."""

from __future__ import annotations

import contextlib
import re
import weakref
from typing import TYPE_CHECKING, Any

from procore_jupyter.errors import ConfigurationError, LoginRequired, ProcoreError
from procore_jupyter.secret import Secret
from procore_jupyter.wording import one_line

if TYPE_CHECKING:
    from procore_jupyter.connection.assemble import How
    from procore_jupyter.connection.procore import Procore
    from procore_jupyter.connection.question import Question
    from procore_jupyter.login.flow import LoginFlow
    from procore_jupyter.tables.place import Named

MOST_COMPANIES = 200
"""Companies that are listed, at most."""

LONGEST_ERROR = 600
"""Characters of an error's words, at most."""

_FIELDS = {
    "Environment": "environment",
    "OAuthClientId": "client_id",
    "OAuthClientSecret": "client_secret",
    "CompanyId": "company_id",
}
"""The fields of the form, by the properties that they ask for."""

_CONNECT = re.compile(r"\b(?:([Rr])un\s+)?`?%procore_connect\b`?(?=\s+(?:again|first|to|and|is)\b|[.,;)]|$)")
"""The magic without an argument, for which the sidebar has a button."""

_lines: weakref.WeakKeyDictionary[Procore, str] = weakref.WeakKeyDictionary()
"""What stands behind ``%procore_connect`` in the line that makes each session again."""


def worded(error: Exception) -> dict[str, str]:
    """Return an error as data: its words, and which field of the form it is about."""
    if isinstance(error, _Wrong):
        return {"text": str(error), "about": error.about}
    name = type(error).__module__.partition(".")[0]
    if isinstance(error, ProcoreError) or name in ("requests", "urllib3"):
        return {"text": in_the_sidebar(str(error)), "about": ""}
    said = f"Something unexpected happened ({type(error).__name__}). Try again; if it happens again, please report it."
    return {"text": said, "about": ""}


def in_the_sidebar(text: str) -> str:
    """Return a text for a person on one line, with the sidebar's own Connect and form where it names a magic and its string."""
    said = _CONNECT.sub(lambda found: "connect" if found[1] == "r" else "Connect", text)
    return one_line(re.sub(r"\badd Environment=(\w+)", r"choose the environment \1", said), LONGEST_ERROR)


class _Wrong(ProcoreError):
    """A property that the form asks for can't be right; of one that it doesn't ask for, the words are about no field."""

    def __init__(self, about: str, text: str, question: Question) -> None:
        super().__init__(text)
        self.about = "" if about == "Environment" and not question.environments else _FIELDS.get(about, "")


# What stands in the state


def quiet(**more: Any) -> How:
    """Return how the sidebar connects: it draws a form and a sign-in itself, from the state."""
    from procore_jupyter.connection.assemble import How

    return How(show=lambda flow: None, ask=lambda question: None, person=True, **more)


def offers(session: Procore | None) -> dict[str, Any]:
    """Return what a person who isn't signed in may connect to; the form, where it isn't known what, with what was typed last."""
    from procore_jupyter.connection import saved
    from procore_jupyter.connection.assemble import last_tried, open_connection
    from procore_jupyter.connection.lookup import settings_for
    from procore_jupyter.profiles.running_demo import read_running_demo

    form, problem, demo = None, "", False
    try:
        settings = settings_for("")
        if settings.lacks_client_to_ask_for:
            form = _form(open_connection(settings, quiet())._question)
            last = last_tried(settings, None if session is None else session.settings)
            if form is not None and last.client_id:
                form |= {"environment": last.environment, "client_id": last.client_id}
    except ProcoreError as error:
        problem = in_the_sidebar(str(error))
    with contextlib.suppress(ProcoreError):
        demo = bool(read_running_demo())
    return {"form": form, "saved": saved.names(), "demo": demo, "problem": problem}


def described(session: Procore, name: str) -> dict[str, Any]:
    """Return what is known of a session without asking anyone."""
    from procore_jupyter.tables.location.place_names import in_code

    status = session._known()
    question = session._question
    flow = session.login_flow
    asked = question is not None and question.open
    known = session._places.known_projects()
    project = status.project
    if project is not None:
        project = (project[0], project[1] or dict(known).get(project[0], ""))
    return {
        "state": "asked" if asked else status.state,
        "place": status.place,
        "user": status.who if status.user or status.service_account else "",
        "login": one_line(status.login or ""),
        "company": None if status.company is None else _named(status.company),
        "companies": [_named(one) for one in status.companies[:MOST_COMPANIES]],
        "project": None if project is None else [*_named(project), in_code(project, known or [project])],
        "renewal": status.renewal,
        "rate": None if status.rate_limit is None else [*status.rate_limit],
        "problem": in_the_sidebar(status.problem or "") if not asked else "",
        "notices": [in_the_sidebar(one) for one in status.notices],
        "line": _line(session, name),
        "form": _form(question) if asked else None,
        "sign_in": _sign_in(flow) if flow is not None and flow.state.pending else None,
    }


def _named(one: Named) -> list[Any]:
    return [one[0], one_line(one[1])]


def _form(question: Question | None) -> dict[str, Any] | None:
    """Return the fields of the connect form."""
    return (
        None
        if question is None
        else {
            "environments": [[name, title.capitalize()] for name, title in question.environments.items()],
            "environment": question.environment,
            "client_id": question.client_id,
            "company_id": question.company_id,
            "save_as": question.save_as,
            "redirect_uri": question.redirect_uri,
        }
    )


def _sign_in(flow: LoginFlow) -> dict[str, Any]:
    """Return how a person signs in. The link goes to the sidebar alone, and into no file."""
    return {
        "url": flow.authorize_url,
        "host": flow.login_host,
        "state": flow.state.value,
        "seconds": round(flow.remaining),
        "notes": [in_the_sidebar(one) for one in flow.notes],
        "redirect_uri": flow.redirect_uri,
        "paste_only": flow.open_receivers == ("paste",),
    }


# The line that connects again, for a notebook that is to run without the sidebar


def remember_line(session: Procore, text: str) -> None:
    """Remember how a session was connected."""
    _lines[session] = text


def _line(session: Procore, name: str) -> str:
    """Return the cell that makes a session again, with the company that was chosen among several."""
    text = _lines.get(session, session.settings.saved_as)
    if text.casefold() == "default":
        text = ""
    named = "" if name == "procore" else f" --name {name}"
    line = f"%load_ext procore_jupyter\n%procore_connect{named} {text}".rstrip()
    chosen = session.company_id is not None and session.settings.company_id is None
    if chosen and len(session._known().companies) > 1:
        line += f"\n{name}.use(company={session.company_id})"
    return line


# What a person does


def submit(session: Procore, fields: Any) -> None:
    """Answer the form.

    Raises
    ------
    ProcoreError
        A field is missing or can't be right; the form stays.
    """
    from procore_jupyter.connection.question import LABELS, AppDetails

    question = session._question
    if question is None or not question.open:
        raise ConfigurationError("This form has been answered already.")
    given = (
        {str(name): str(text).strip() for name, text in fields.items()} if isinstance(fields, dict) else {}
    )
    secret = given.pop("client_secret", "")
    details = AppDetails(
        environment=given.get("environment", ""),
        client_id=given.get("client_id", ""),
        client_secret=Secret(secret) if secret else None,
        company_id=given.get("company_id", ""),
        save_as=given.get("save_as", ""),
    )
    for one in details.missing:
        raise _Wrong(one, f"The {LABELS[one]} is missing.", question)
    try:
        question.answer(details, lambda flow: None)
    except ProcoreError as error:
        raise _Wrong(*question.worded(error), question) from None
    if details.save_as:
        remember_line(session, details.save_as)


def wait_for(flow: LoginFlow, seconds: float) -> None:
    """Wait for the end of a sign-in, at most so many seconds. How it ended stands in the state."""
    with contextlib.suppress(LoginRequired):
        flow.wait(seconds)


def projects(session: Procore, search: str, most: int) -> dict[str, Any]:
    """Return the company's active projects whose name or number holds some words.

    Raises
    ------
    ConfigurationError
        No company is chosen.
    ProcoreAPIError, LoginRequired
        Procore refused; nobody is signed in.
    """
    from procore_jupyter.tables.place import ALL_ACTIVE

    known = session._places.projects(ALL_ACTIVE, session._places.company())
    words = search.casefold().split()
    found = [one for one in known if all(word in f"{one[1]} {one[0]}".casefold() for word in words)]
    return {
        "projects": [_named(one) for one in found[:most]],
        "found": len(found),
        "all": len(known),
        "lack": in_the_sidebar(known.lack),
    }


def first_rows(session: Procore, name: str, parameters: dict[str, Any], count: int) -> dict[str, Any]:
    """Return the first rows of a table as texts, as they are drawn in a notebook.

    Raises
    ------
    ProcoreError
        As `Procore.table` and `Table.head`.
    """
    from procore_jupyter.tables.display.columns import drawn_columns
    from procore_jupyter.tables.display.picture import picture
    from procore_jupyter.tables.parameters.selection import selection_of

    library = session.tables
    spec = library.catalog.find(name)
    selection = selection_of(spec, parameters, today=library.reader.today)
    seen = library.reader.first(selection, count)
    drawn = picture(seen, name, spec.show)
    return {
        "caption": drawn.caption,
        "alerts": [in_the_sidebar(one) for one in drawn.alerts],
        "notes": [*drawn.notes],
        "rows": min(count, seen.rows.num_rows),
        "columns": [
            {
                "name": one.head,
                "kind": one.kind,
                "meaning": one.meaning,
                "number": one.number,
                "cells": [*one.cells],
            }
            for one in drawn_columns(seen.rows, spec.show, count)
            if one.cells or not seen.rows.num_rows
        ],
    }
