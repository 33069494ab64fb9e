"""How far the reading of a table is, in the output of the cell that runs: one line, gone when it is done."""

from __future__ import annotations

import threading
import uuid
from html import escape
from typing import TYPE_CHECKING

from IPython.display import display

from procore_jupyter.notebook.kernel import draws_outputs_once, draws_panels, somebody_there
from procore_jupyter.notebook.panel_html import nothing
from procore_jupyter.tables.progress import UNSEEN, Drawing, Progress, Undrawn

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

BETWEEN = 0.25
"""Seconds between two pictures: a reading may take in a hundred pages a second."""

_LINE = (
    "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:var(--jp-ui-font-size1,13px);"
    "color:var(--jp-ui-font-color1,inherit);line-height:1.6;font-variant-numeric:tabular-nums;"
)
_TRACK = (
    "display:inline-block;width:12em;height:.6em;margin:0 .75em;vertical-align:baseline;"
    "background:var(--jp-border-color2,#ccc);border-radius:var(--jp-border-radius,2px);overflow:hidden"
)
_DONE = "display:block;height:100%;background:var(--jp-ui-font-color2,#616161)"


def begin(shell: InteractiveShell, progress: Progress) -> Drawing:
    """Begin to show a progress to whoever is in front of this kernel."""
    if not draws_panels(shell):
        from procore_jupyter.connection import terminal

        return terminal.progress()(progress)
    mine = threading.current_thread() is threading.main_thread()  # a thread of the user's has no cell
    if not mine or draws_outputs_once() or not somebody_there(shell):
        return Undrawn(progress)
    return ProgressLine(progress)


class ProgressLine:
    """The line of one progress.

    Parameters
    ----------
    progress : Progress
        What is shown.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._id = uuid.uuid4().hex
        self._drawn: float | None = None

    def update(self) -> None:
        """Draw it anew, if it is time; for the first time once it has lasted a moment."""
        now = self._progress.clock()
        due = self._progress.begun + UNSEEN if self._drawn is None else self._drawn + BETWEEN
        if now < due:
            return
        shown, self._drawn = self._drawn is not None, now
        self._display(drawn(self._progress), update=shown)

    def close(self) -> None:
        """Take it away."""
        if self._drawn is not None:
            self._display(nothing(self._id), update=True)

    def _display(self, bundle: dict[str, str], *, update: bool) -> None:
        display(bundle, raw=True, display_id=f"procore-progress-{self._id}", update=update)


def drawn(progress: Progress) -> dict[str, str]:
    """Draw how far it is, as HTML and as text."""
    fraction = progress.fraction
    bar = ""
    if fraction is not None:
        bar = (
            f'<span role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{fraction * 100:.0f}" '
            f'aria-label="{escape(progress.name, quote=True)}" style="{_TRACK}">'
            f'<span style="{_DONE};width:{fraction * 100:.1f}%"></span></span>'
        )
    else:
        bar = " &nbsp; "
    waiting = f"<div>{escape(progress.waiting)}</div>" if progress.waiting else ""
    html = (
        f'<div class="procore-progress" style="{_LINE}"><span style="font-weight:600">{escape(progress.name)}</span>{bar}'
        f'<span style="color:var(--jp-ui-font-color2,inherit)">{escape(progress.words)}</span>{waiting}</div>'
    )
    return {"text/html": html, "text/plain": str(progress)}
