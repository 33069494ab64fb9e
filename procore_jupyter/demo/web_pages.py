"""The embedded Procore's web pages: plain HTML without scripts, marked as a stand-in's."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape

from procore_jupyter.demo.data import COMPANIES, Person
from procore_jupyter.demo.oauth_messages import OOB

MARK = "Stand-in for trying procore-jupyter. This is not Procore, and no Procore account is needed."

_STYLE = """
:root { color-scheme: light dark; --line: #c8ccd0; --soft: #f4f5f6; --accent: #1b5fa8 }
@media (prefers-color-scheme: dark) { :root { --line: #4a4f55; --soft: #24272b; --accent: #8ab8ec } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 8vh auto; padding: 0 1.25rem }
.mark { border: 1px solid var(--line); background: var(--soft); padding: .6rem .9rem; font-size: .875rem }
h1 { font-size: 1.4rem; font-weight: 600; margin: 1.75rem 0 .75rem }
fieldset { border: 1px solid var(--line); margin: 0 0 1.25rem; padding: .5rem .9rem }
label { display: block; padding: .35rem 0 }
small { opacity: .75 }
code { font-size: 1rem; overflow-wrap: anywhere }
button { font: inherit; padding: .45rem 1.4rem; margin-right: .5rem; border: 1px solid var(--line); cursor: pointer }
button.first { background: var(--accent); border-color: var(--accent); color: Canvas }
button:focus-visible, input:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
footer { margin-top: 2rem; font-size: .875rem }
"""

HEADERS: Mapping[str, str] = {
    "Content-Type": "text/html; charset=utf-8",
    # Without form-action: Chromium would apply it to the redirect after a form, back to the notebook.
    "Content-Security-Policy": (
        "default-src 'none'; img-src data:; base-uri 'none'; frame-ancestors 'none'; style-src 'sha256-"
        + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
        + "'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def _page(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)} · stand-in, not Procore</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f'<style>{_STYLE}</style></head><body><p class="mark">{escape(MARK)}</p>'
        f"<main><h1>{escape(title)}</h1>{content}</main></body></html>"
    )


def _hidden(fields: Mapping[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )


def log_in(people: Sequence[Person], return_to: str, csrf: str) -> str:
    """Return the page on which a person says who they are; the first one is chosen."""
    choices = ""
    for number, person in enumerate(people):
        companies = ", ".join(COMPANIES[company].name for company in person.companies)
        choices += (
            f'<label><input type="radio" name="person" value="{person.id}"{"" if number else " checked"}> '
            f"{escape(person.name)} <small>{escape(companies)}</small></label>"
        )
    return _page(
        "Sign in",
        f'<form method="post" action="/login">{_hidden({"return_to": return_to, "csrf": csrf})}'
        f"<fieldset><legend>Who do you want to be?</legend>{choices}</fieldset>"
        '<button class="first" name="commit" value="Log In">Log In</button> <small>No password.</small></form>',
    )


def consent(application: str, person: Person, leads_to: str, fields: Mapping[str, str], csrf: str) -> str:
    """Return the page that asks whether an app may act for the person.

    Parameters
    ----------
    application : str
        The app's name.
    leads_to : str
        The redirect URI that the browser goes to afterwards.
    fields : mapping
        The authorization request's parameters, which the form sends again.
    """
    given = _hidden({**fields, "csrf": csrf})
    goes_to = "a page with a code to copy" if leads_to == OOB else f"<code>{escape(leads_to)}</code>"
    return _page(
        f'Allow "{application}" to read and change what {person.name} can?',
        f'<form method="post" action="/oauth/authorize">{given}'
        '<button class="first" name="decision" value="allow">Allow</button>'
        '<button name="decision" value="deny">Deny</button></form>'
        f"<footer>Your browser then goes to {goes_to}.</footer>",
    )


def refusal(description: str) -> str:
    """Return the page of a refused authorization request, which goes no further."""
    return _page("An error has occurred", f"<p>{escape(description)}</p>")


def show_code(code: str) -> str:
    """Return the page that shows an authorization code to copy."""
    return _page(
        "Authorization code",
        f'<p>Copy this code into your notebook:</p><p><code id="authorization_code">{escape(code)}</code></p>',
    )


def denied() -> str:
    """Return the page after Deny, if the app has no address to redirect to."""
    return _page("You chose Deny", "<p>Nothing was allowed. You can close this tab.</p>")


def home(person: Person | None, csrf: str) -> str:
    """Return the front page, which says who is logged in."""
    if person is None:
        return _page("Nobody is logged in here", "<p>Start from your notebook.</p>")
    return _page(
        f"Logged in as {person.name}",
        f'<form method="post" action="/logout">{_hidden({"csrf": csrf})}<button>Log out</button></form>',
    )
