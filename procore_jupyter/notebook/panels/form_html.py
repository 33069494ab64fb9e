"""The words and the look of the connect form: text and HTML of a `Question`, and nothing else.

All text from elsewhere is escaped. The style sheet is the login panel's, with rules for fields added.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from procore_jupyter.notebook.panels.panel_html import STYLE as PANEL_STYLE
from procore_jupyter.notebook.panels.panel_html import in_place_of, portal, to_copy

if TYPE_CHECKING:
    from procore_jupyter.connection.question import Question

STYLE = (
    PANEL_STYLE
    + """<style>
.procore-form .widget-label, .procore-form .jupyter-widget-label { text-align: left; }
.procore-form .procore-hint { color: var(--jp-ui-font-color2, inherit); margin-left: 9.5em; }
.procore-form .procore-wrong { color: var(--jp-error-color1, firebrick); margin-left: 9.5em; }
.procore-form .procore-label { display: inline-block; width: 9em; margin-right: 0.5em; }
.procore-form .procore-redirect { margin: 2px 0; }
.procore-form .procore-wrong-all { color: var(--jp-error-color1, firebrick); }
.procore-form button:focus-visible { outline: 2px solid var(--jp-brand-color1, Highlight); outline-offset: 2px; }
</style>"""
)

TITLE = "Connect to Procore"

WITHOUT_FORM = (
    "The form to connect is below. If there is none, set the environment variables PROCORE_CLIENT_ID and "
    "PROCORE_CLIENT_SECRET before Jupyter starts, then run %procore_connect again."
)


def plain(question: Question, panel_id: str) -> dict[str, str]:
    """Draw what front ends without widgets show of the form. A notebook that is saved meanwhile keeps this output."""
    place = question.settings.profile.title
    return in_place_of(panel_id, place, escape(WITHOUT_FORM), f"{place}: {WITHOUT_FORM}")


def form_text(question: Question) -> str:
    """Return the form's text form, which never changes and holds nothing typed."""
    return f"{question.settings.profile.title}: a form to connect was shown here"


def heading(question: Question) -> str:
    """Draw the first two lines: the title, and what to give."""
    what = (
        "Enter your app's Client Secret."
        if question.client_id
        else "Enter your app's Client ID and Client Secret once."
    )
    return f'{STYLE}<div class="procore-place">{escape(TITLE)}</div><div>{escape(what)}</div>'


def where(question: Question) -> str:
    """Draw where the Client ID and the Client Secret are found, below their fields."""
    what = "it" if question.client_id else "both"
    return f"<div class=\"procore-hint\">You'll find {what} on your app's page in the {portal()}.</div>"


def redirect(question: Question) -> str:
    """Draw the Redirect URI, to copy."""
    return (
        '<div class="procore-redirect"><span class="procore-label">Redirect URI</span>'
        f"{to_copy(question.redirect_uri)}"
        '<div class="procore-hint">Add exactly this one on your app\'s page in the Developer Portal.</div></div>'
    )


def hint(text: str) -> str:
    """Draw a quiet line below a field."""
    return f'<div class="procore-hint">{escape(text)}</div>' if text else ""


def wrong(text: str) -> str:
    """Draw what is wrong with a field, below that field."""
    return f'<div class="procore-wrong" role="alert">{escape(_sentence(text))}</div>' if text else ""


def wrong_all(text: str) -> str:
    """Draw what is wrong with the form as a whole."""
    return f'<div class="procore-wrong-all" role="alert">{escape(_sentence(text))}</div>' if text else ""


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
