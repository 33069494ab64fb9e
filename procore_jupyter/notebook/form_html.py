"""The words and the look of the connect form: text and HTML of a `Question`, and nothing else.

All that comes from elsewhere is escaped. The style sheet is the sign-in panel's, with what fields need.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from procore_jupyter.notebook.panel_html import STYLE as PANEL_STYLE

if TYPE_CHECKING:
    from procore_jupyter.connection.question import Question

STYLE = (
    PANEL_STYLE
    + """<style>
.procore-form .widget-label, .procore-form .jupyter-widget-label { text-align: left; }
.procore-form .procore-hint { color: var(--jp-ui-font-color2, inherit); margin-left: 9.5em; }
.procore-form .procore-wrong { color: var(--jp-error-color1, firebrick); margin-left: 9.5em; }
.procore-form .procore-redirect { margin-top: 8px; }
.procore-form .procore-wrong-all { color: var(--jp-error-color1, firebrick); }
.procore-form button:focus-visible { outline: 2px solid var(--jp-brand-color1, Highlight); outline-offset: 2px; }
</style>"""
)

TITLE = "Connect to Procore"

WITHOUT_FORM = (
    "The form to connect is below. If there is none, set the environment variables PROCORE_CLIENT_ID and "
    "PROCORE_CLIENT_SECRET before Jupyter starts, then run the cell again."
)


def plain(question: Question, form_id: str) -> dict[str, str]:
    """Return what stands for the form in front ends without widgets, and in a notebook saved meanwhile."""
    place = question.settings.profile.title
    hide = (
        f"<style>body:has(.procore-form-{form_id}) .jp-OutputArea-child:has(> * .procore-plain-{form_id}),"
        f"body:has(.procore-form-{form_id}) .procore-plain-{form_id} {{ display: none; }}</style>"
    )
    return {
        "text/html": f'{STYLE}{hide}<div class="procore-plain procore-plain-{form_id}">'
        f'<span class="procore-place">{escape(place)}</span> · {escape(WITHOUT_FORM)}</div>',
        "text/plain": f"{place}: {WITHOUT_FORM}",
    }


def form_text(question: Question) -> str:
    """Return what stands for the form where no widget is drawn; always the same."""
    return f"{question.settings.profile.title}: waiting for the form to be filled in"


def heading(question: Question) -> str:
    """Return the first two lines."""
    known = bool(question.client_id)
    what = (
        "The Client Secret is still missing."
        if known
        else "Give your app's Client ID and Client Secret once."
    )
    where = "They stand in Procore's Developer Portal, with your app." if not known else ""
    return (
        f'{STYLE}<div class="procore-place">{escape(TITLE)}</div>'
        f'<div>{what} <span class="procore-quiet">{where}</span></div>'
    )


def redirect(question: Question) -> str:
    """Return the line with the redirect URI, to copy."""
    return (
        '<div class="procore-redirect">Register exactly this Redirect URI for the app, in the Developer Portal:'
        f"<br><code>{escape(question.redirect_uri)}</code></div>"
    )


def hint(text: str) -> str:
    """Return a quiet line below a field."""
    return f'<div class="procore-hint">{escape(text)}</div>' if text else ""


def wrong(text: str) -> str:
    """Return what is wrong with a field, below it."""
    return f'<div class="procore-wrong" role="alert">{escape(text)}</div>' if text else ""


def wrong_all(text: str) -> str:
    """Return what is wrong with no field alone."""
    return f'<div class="procore-wrong-all" role="alert">{escape(text)}</div>' if text else ""
