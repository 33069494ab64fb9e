"""The words and the look of the login panel: text and HTML of a `LoginFlow`, and nothing else.

All text from elsewhere is escaped. Colours, type and spacing are JupyterLab's variables, with fallbacks that follow the
page where those variables are missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from procore_jupyter.login.flow import LoginState
from procore_jupyter.notebook.status_card import marked

if TYPE_CHECKING:
    from procore_jupyter.login.flow import LoginFlow

LINK = "Sign in to Procore"

STYLE = """<style>
.procore-panel { border: 1px solid var(--jp-border-color1, currentColor); border-radius: var(--jp-border-radius, 2px);
  padding: 8px 12px; overflow: visible; }
.procore-panel, .procore-plain { font-family: var(--jp-ui-font-family, system-ui, sans-serif);
  font-size: var(--jp-ui-font-size1, 13px); line-height: 1.6; color: var(--jp-ui-font-color1, inherit); }
.procore-panel .widget-html-content, .procore-panel .jupyter-widgets { line-height: 1.6; overflow: visible; }
.procore-panel .widget-html, .procore-panel .widget-html-content { height: auto; min-height: 0; }
.procore-panel a, .procore-plain a { color: var(--jp-content-link-color, LinkText); text-decoration: underline; }
.procore-place { font-weight: 600; }
.procore-quiet { color: var(--jp-ui-font-color2, inherit); }
.procore-panel code { font-family: var(--jp-code-font-family, monospace); font-size: var(--jp-code-font-size, 13px);
  background: none; color: inherit; user-select: all; overflow-wrap: anywhere; }
.procore-panel summary { cursor: pointer; }
.procore-panel summary:focus-visible, .procore-panel a:focus-visible { outline: 2px solid var(--jp-brand-color1, Highlight);
  outline-offset: 2px; }
.procore-count { font-variant-numeric: tabular-nums; }
.procore-more:not(:has(details[open])) ~ .procore-inside { display: none; }
</style>"""


def plain(flow: LoginFlow, panel_id: str, name: str | None) -> dict[str, str]:
    """Draw the link for front ends without widgets. A notebook that is saved meanwhile keeps this output."""
    start = flow.start_url
    if start is None:
        line = f"The link to sign in is in the panel below. If there is none, run  print({name or 'procore'}.login_flow)"
        inside, text = escape(line), f"{flow.place}: {line[0].lower()}{line[1:]}"
    else:
        paste = flow.paste_url
        inside = _link(start, LINK) + f' <span class="procore-quiet">{escape(_leads_to(flow))}</span>'
        if paste:
            inside += f" · {_link(paste, 'Nothing happened?')}"
        text = f"{flow.place}: {LINK} at {start}"
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
    hide = (
        f"<style>body:has(.procore-panel-{panel_id}) .jp-OutputArea-child:has(> * .procore-plain-{panel_id}),"
        f"body:has(.procore-panel-{panel_id}) .procore-plain-{panel_id} {{ display: none; }}</style>"
    )
    return {
        "text/html": f'{STYLE}{hide}<div class="procore-plain procore-plain-{panel_id}">'
        f'<span class="procore-place">{escape(place)}</span> · {inside}</div>',
        "text/plain": text,
    }


def still_waiting(flow: LoginFlow) -> dict[str, str]:
    """Draw the line for a cell that waits. Like `plain`, it holds nothing of the authorize link."""
    start = flow.start_url
    line = "Waiting for your sign-in: the link stands where you connected, further up."
    if start is not None:
        line = "Waiting for your sign-in."
    return {
        "text/html": f'{STYLE}<div class="procore-plain procore-waiting"><span class="procore-quiet">{escape(line)}</span>'
        + (f" {_link(start, LINK)}" if start is not None else "")
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
    return f"{flow.place}: waiting for a sign-in"


def heading(flow: LoginFlow) -> str:
    """Draw the first two lines: product and environment, and the link."""
    return (
        f'{STYLE}<div class="procore-place">{escape(flow.place)}</div>'
        f'<div>{_link(flow.authorize_url, LINK)} &nbsp; <span class="procore-quiet">{escape(_leads_to(flow))}</span></div>'
    )


def waiting(flow: LoginFlow) -> str:
    """Draw the line with the countdown."""
    if flow.state is LoginState.EXCHANGING:
        return "<span>Signing you in …</span>"
    left = max(0, round(flow.remaining))
    return f'Waiting for your sign-in … <span class="procore-count" role="timer">{left // 60}:{left % 60:02}</span>'


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
        "“Redirect URI doesn't match”? Register exactly this one in the Developer Portal: "
        f"<code>{escape(flow.redirect_uri)}</code>"
    )
    return "".join(f"<div>{line}</div>" for line in lines)


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


def _link(url: str, text: str) -> str:
    if urlsplit(url).scheme not in ("http", "https"):
        return escape(text)
    return f'<a href="{escape(url)}" target="_blank" rel="noopener">{escape(text)}&nbsp;↗</a>'
