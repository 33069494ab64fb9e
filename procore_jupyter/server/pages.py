"""The pages that a person's browser ends on: one sentence each, without images or frameworks.

They are readable without scripts, and hold neither code nor state. The one script removes the query from
the address bar, tells the notebook's page the outcome, and tries to close the tab.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import Literal

Status = Literal["received", "denied", "failed"]

_STYLE = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #212121; --faint: #616161; --line: #bdbdbd; --link: #0b57d0 }
@media (prefers-color-scheme: dark) {
  :root { --paper: #111111; --ink: #e8e8e8; --faint: #a0a0a0; --line: #555555; --link: #8ab4f8 }
}
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif }
main { max-width: 34rem; padding: 2rem; text-align: center }
.name { margin: 0 0 .5rem; color: var(--faint); font-size: 14px }
h1 { margin: 0; font-size: 18px; font-weight: 500; overflow-wrap: anywhere }
label { display: block; margin: 1.5rem 0 .25rem; text-align: left; font-size: 14px; color: var(--faint) }
input[type=text] { box-sizing: border-box; width: 100%; padding: .5rem; font: inherit; color: inherit;
  background: transparent; border: 1px solid var(--line); border-radius: 3px }
button { margin-top: 1rem; padding: .5rem 1.25rem; font: inherit; color: var(--paper); background: var(--link);
  border: 0; border-radius: 3px }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
"""

_SCRIPT = """
history.replaceState(null, "", location.pathname);
const channel = new BroadcastChannel("procore-jupyter");
channel.postMessage({ status: document.documentElement.dataset.status });
channel.close();
window.close();
"""


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii") + "'"


CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        f"style-src {_hash(_STYLE)}",
        f"script-src {_hash(_SCRIPT)}",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
"""The browser loads nothing from anywhere, and applies only the style and the script above."""


def outcome_page(sentence: str, status: Status) -> str:
    """Return the page that tells the person, and the notebook's page, how the login ended.

    Parameters
    ----------
    sentence : str
        What happened and what to do next, as plain text.
    status : {"received", "denied", "failed"}
        The one word that the notebook's page is told.
    """
    return _page(f"<h1>{escape(sentence)}</h1>", status)


def message_page(sentence: str) -> str:
    """Return a page with one sentence and no script."""
    return _page(f"<h1>{escape(sentence)}</h1>")


def paste_page(xsrf_field: str, problem: str = "") -> str:
    """Return the page with a form for the address that the browser ended on.

    Parameters
    ----------
    xsrf_field : str
        HTML of the hidden field that keeps other sites from sending this form.
    problem : str
        What was wrong with the address that was sent, as plain text.
    """
    sentence = problem or "Paste the address your browser ended on."
    return _page(
        f"<h1>{escape(sentence)}</h1>"
        f'<form method="post">{xsrf_field}'
        '<label for="address">The whole address, from the browser\'s address bar</label>'
        '<input type="text" id="address" name="address" autocomplete="off" spellcheck="false" required autofocus>'
        '<button type="submit">Sign in</button></form>'
    )


def _page(body: str, status: Status | None = None) -> str:
    mark = f' data-status="{status}"' if status else ""
    script = f"<script>{_SCRIPT}</script>" if status else ""
    return (
        f'<!DOCTYPE html>\n<html lang="en"{mark}><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Sign in to Procore · procore-jupyter</title><style>{_STYLE}</style></head>"
        f'<body><main><p class="name">procore-jupyter</p>{body}</main>{script}</body></html>\n'
    )
