"""The words and the look of the login panel: text and HTML of a `LoginFlow`, and nothing else.

All text from elsewhere is escaped. Colours, type and spacing are JupyterLab's variables, with fallbacks that follow the
page where those variables are missing.

What a notebook shows outlives its kernel. So a panel has a line that takes its place when its kernel is gone, a countdown
says so by itself when nothing draws it anew (`kept_up`), and what is saved is worded so that it is true next week.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from procore_jupyter.login.flow import LoginState
from procore_jupyter.notebook.panels.status_card import marked
from procore_jupyter.wording import NO_FORMULAS, moment

if TYPE_CHECKING:
    from procore_jupyter.login.flow import LoginFlow

LINK = "Sign in to Procore"

STYLE = """<style>
.procore-panel { border: 1px solid var(--jp-border-color1, currentColor); border-radius: var(--jp-border-radius, 2px);
  padding: 8px 12px; overflow: visible; }
.procore-panel, .procore-choice, .procore-plain { font-family: var(--jp-ui-font-family, system-ui, sans-serif);
  font-size: var(--jp-ui-font-size1, 13px); line-height: 1.6; color: var(--jp-ui-font-color1, inherit); }
.procore-panel .widget-html-content, .procore-panel .jupyter-widgets, .procore-choice .widget-html-content { line-height: 1.6;
  overflow: visible; }
.procore-panel .widget-html, .procore-panel .widget-html-content, .procore-choice .widget-html,
.procore-choice .widget-html-content { height: auto; min-height: 0; font-size: inherit; color: inherit; }
.procore-panel a, .procore-plain a { color: var(--jp-content-link-color, LinkText); text-decoration: underline; }
.procore-panel a.procore-act, .procore-plain a.procore-act { display: inline-block; padding: 2px 12px; margin: 4px 0;
  border: 1px solid transparent; border-radius: var(--jp-border-radius, 2px); text-decoration: none; font-weight: 600;
  background: var(--jp-brand-color1, #1565c0); color: var(--jp-ui-inverse-font-color1, #fff); }
.procore-panel a.procore-act:hover, .procore-plain a.procore-act:hover { background: var(--jp-brand-color0, #0d47a1); }
.procore-panel button.procore-cancel { background: none; box-shadow: none; border: none; margin: 0; padding: 0 4px;
  height: auto; line-height: 1.6; color: var(--jp-ui-font-color2, inherit); }
.procore-form button.procore-cancel { margin: 2px; line-height: var(--jp-widgets-inline-height, 28px); }
.procore-panel button.procore-cancel:hover { text-decoration: underline; color: var(--jp-ui-font-color1, inherit); }
.procore-panel .procore-copy { font: inherit; margin-left: 6px; padding: 0 8px; cursor: pointer; background: none;
  border: 1px solid var(--jp-border-color1, currentColor); border-radius: var(--jp-border-radius, 2px); color: inherit; }
.procore-panel .procore-copy:hover { background: var(--jp-layout-color2, transparent); }
.procore-place { font-weight: 600; }
.procore-quiet { color: var(--jp-ui-font-color2, inherit); }
.procore-panel code { font-family: var(--jp-code-font-family, monospace); font-size: var(--jp-code-font-size, 13px);
  background: none; color: inherit; user-select: all; overflow-wrap: anywhere; }
.procore-panel summary { cursor: pointer; }
.procore-panel summary:focus-visible, .procore-panel a:focus-visible, .procore-panel button:focus-visible,
.procore-plain a:focus-visible { outline: 2px solid var(--jp-brand-color1, Highlight);
  outline-offset: 2px; }
.procore-count { font-variant-numeric: tabular-nums; }
.procore-more:not(:has(details[open])) ~ .procore-inside { display: none; }
.procore-lost, .procore-panel.jupyter-widgets-disconnected > :not(.procore-lost),
.procore-choice.jupyter-widgets-disconnected > :not(.procore-lost) { display: none; }
.jupyter-widgets-disconnected > .procore-lost { display: block; }
.procore-panel > .procore-lost::before, .procore-choice > .procore-lost::before { content: none; }
</style>"""

PORTAL = "https://developers.procore.com"
"""Procore's Developer Portal, where a person's app is registered."""

# It selects the address too, for a browser that lets nobody copy. The address stands in the page, and in no script.
_COPY = (
    "const text = this.previousElementSibling; getSelection().selectAllChildren(text);"
    " if (document.execCommand('copy')) this.textContent = 'Copied'"
)

SILENCE = 10
"""Seconds without a new drawing after which a countdown, or a progress, doesn't go on any more."""

_KEPT_UP = f"""<style>
@keyframes procore-hide {{ to {{ visibility: hidden; }} }}
@keyframes procore-show {{ to {{ visibility: visible; }} }}
.procore-kept-up {{ display: inline-grid; }}
.procore-kept-up > * {{ grid-area: 1 / 1; animation: procore-hide 0s {SILENCE}s forwards; }}
.procore-kept-up > .procore-silent {{ visibility: hidden; animation-name: procore-show; }}
</style>"""

LOST = "This panel's kernel is gone. Run `%procore_connect` to go on."

WITHOUT_PANEL = "If there is no panel here, its kernel is gone. Run %procore_connect to go on."


def plain(flow: LoginFlow, panel_id: str, name: str | None) -> dict[str, str]:
    """Draw the link for front ends without widgets. A notebook that is saved meanwhile keeps this output."""
    start = flow.start_url
    if start is None:
        line = f"The link to sign in is in the panel below. If there is none, run  %procore_connect  again, or  print({name or 'procore'}.login_flow)"
        inside, text = escape(line), f"{flow.place}: {line[0].lower()}{line[1:]}"
    else:
        paste, until = flow.paste_url, f"until {moment(time.time() + flow.remaining)}"
        inside = f'{_link(start, LINK, act=True)} <span class="procore-quiet">{escape(_leads_to(flow))}, {until}</span>'
        if paste:
            inside += f" · {_link(paste, 'Nothing happened?')}"
        text = f"{flow.place}: {LINK} at {start}, {until}"
    return in_place_of(panel_id, flow.place, inside, text)


def in_place_of(panel_id: str, place: str, inside: str, text: str) -> dict[str, str]:
    """Draw one line in place of a panel, hidden as soon as the same page shows that panel.

    Parameters
    ----------
    panel_id : str
        The panel's id.
    place : str
        Product and environment, which the HTML begins with.
    inside : str
        The rest of the line, as HTML.
    text : str
        The whole line, as text.
    """
    return {
        "text/html": f'{STYLE}{_hidden_by(panel_id)}<div class="procore-plain procore-plain-{panel_id} {NO_FORMULAS}">'
        f'<span class="procore-place">{escape(place)}</span> · {inside}</div>',
        "text/plain": text,
    }


def in_saved_notebook(panel_id: str, place: str) -> dict[str, str]:
    """Draw the line that a saved notebook shows in place of a panel, whose content is not saved.

    A page that shows the panel hides the line, any other page hides what stands below it: a widget without a kernel.
    """
    drawn = in_place_of(panel_id, place, escape(WITHOUT_PANEL), f"{place}: {WITHOUT_PANEL}")
    return {**drawn, "text/html": _hides_lost(panel_id) + drawn["text/html"]}


def until_shown(panel_id: str, drawn: str) -> str:
    """Draw HTML that a page shows as long as it doesn't show the panel, and that a saved notebook keeps."""
    return (
        f"{_hides_lost(panel_id)}{_hidden_by(panel_id)}"
        f'<div class="procore-plain procore-plain-{panel_id}">{drawn}</div>'
    )


def _hidden_by(panel_id: str) -> str:
    """Return the rule that hides a panel's plain output while the same page shows the panel."""
    return (
        f"<style>body:has(.procore-panel-{panel_id}) .jp-OutputArea-child:has(> * .procore-plain-{panel_id}),"
        f"body:has(.procore-panel-{panel_id}) .procore-plain-{panel_id} {{ display: none; }}</style>"
    )


def _hides_lost(panel_id: str) -> str:
    """Return the rule that hides what stands below a panel's plain output on a page without the panel: a widget without a kernel."""
    return (
        f"<style>body:not(:has(.procore-panel-{panel_id})) "
        f".jp-OutputArea-child:has(> * .procore-plain-{panel_id}) + .jp-OutputArea-child {{ display: none; }}</style>"
    )


def lost() -> str:
    """Draw the line that takes a panel's place when the front end has lost its kernel."""
    return f"<div>{marked(LOST)}</div>"


def kept_up(live: str, silent: str) -> str:
    """Draw HTML that is to be drawn anew all the time; `SILENCE` seconds after the last time, a text takes its place."""
    return (
        f'{_KEPT_UP}<span class="procore-kept-up"><span>{live}</span>'
        f'<span class="procore-silent">{marked(silent)}</span></span>'
    )


def still_waiting(flow: LoginFlow) -> dict[str, str]:
    """Draw the line for a cell that waits. Like `plain`, it holds nothing of the authorize link."""
    start = flow.start_url
    line = "This cell needs your sign-in to go on: the link is where you connected, further up."
    if start is not None:
        line = "This cell needs your sign-in to go on."
    return {
        "text/html": f'{STYLE}<div class="procore-plain procore-waiting {NO_FORMULAS}"><span class="procore-quiet">{escape(line)}</span>'
        + (f" {_link(start, LINK, act=True)}" if start is not None else "")
        + "</div>",
        "text/plain": line if start is None else f"{line} {LINK} at {start}",
    }


def nothing(panel_id: str) -> dict[str, str]:
    """Draw an output that takes no room."""
    gone = f"procore-gone-{panel_id}"
    return {
        "text/html": f"<style>.jp-OutputArea-child:has(> * .{gone}) {{ display: none; }}</style>"
        f'<span class="{gone}" hidden></span>',
        "text/plain": "",
    }


def panel_text(flow: LoginFlow) -> str:
    """Return the panel's text form, which never changes and holds no link."""
    return f"{flow.place}: a sign-in was started here"


def heading(flow: LoginFlow) -> str:
    """Draw the first two lines: product and environment, and the link."""
    return (
        f'{STYLE}<div class="procore-place">{escape(flow.place)}</div>'
        f'<div>{_link(flow.authorize_url, LINK, act=True)} &nbsp; <span class="procore-quiet">{escape(_leads_to(flow))}</span></div>'
    )


def waiting(flow: LoginFlow) -> str:
    """Draw the line with the countdown."""
    if flow.state is LoginState.EXCHANGING:
        return "<span>Signing you in …</span>"
    left = max(0, round(flow.remaining))
    count = f'<span class="procore-count" role="timer">{left // 60}:{left % 60:02}</span>'
    return kept_up(
        f"Waiting for your sign-in … {count}",
        "This notebook's kernel doesn't respond. If it was restarted, run `%procore_connect` again.",
    )


def disclosure(flow: LoginFlow) -> str:
    """Draw the line that opens the part for pasting; that part starts open if pasting is the only way."""
    return f"<details{' open' if _only_paste(flow) else ''}><summary>Nothing happened?</summary></details>"


def paste_label(flow: LoginFlow) -> str:
    """Return the label of the paste field."""
    if _only_paste(flow):
        return "Paste the code, or the address your browser ended on:"
    return "Paste the address your browser ended on:"


def help_text(flow: LoginFlow) -> str:
    """Draw the lines below the paste field."""
    lines = []
    if flow.paste_url:
        lines.append(f"While a cell is running, paste it {_link(flow.paste_url, 'on this page')} instead.")
    lines.append(
        f"“Redirect URI doesn't match”? Register exactly this one in the {portal()}:<br>{to_copy(flow.redirect_uri)}"
    )
    return "".join(f"<div>{line}</div>" for line in lines)


def portal() -> str:
    """Draw the link to the Developer Portal."""
    return _link(PORTAL, "Developer Portal")


def to_copy(text: str) -> str:
    """Draw a text that a click selects, and a button that copies it, without the kernel."""
    return (
        f"<code>{escape(text)}</code>"
        f'<button type="button" class="procore-copy" title="Copy this address" onclick="{escape(_COPY)}">Copy</button>'
    )


def notes(lines: Sequence[str]) -> str:
    """Draw what the person should know, one line each."""
    return "".join(f"<div>{marked(line)}</div>" for line in dict.fromkeys(lines))


def said(text: str) -> str:
    """Draw the answer to what was pasted."""
    return f'<div role="alert">{escape(text)}</div>' if text else ""


def _only_paste(flow: LoginFlow) -> bool:
    return flow.open_receivers == ("paste",)


def _leads_to(flow: LoginFlow) -> str:
    return f"opens {flow.login_host} in a new tab"


def _link(url: str, text: str, *, act: bool = False) -> str:
    """Draw a link that opens a new tab; `act` draws it as the button of what the panel is there for."""
    if urlsplit(url).scheme not in ("http", "https"):
        return escape(text)
    look = ' class="procore-act"' if act else ""
    return f'<a{look} href="{escape(url)}" target="_blank" rel="noopener">{escape(text)}&nbsp;↗</a>'
