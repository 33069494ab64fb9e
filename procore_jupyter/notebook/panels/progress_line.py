"""The progress of a reading, in the output of the running cell: one line, removed when the reading is done."""

from __future__ import annotations

import uuid
from html import escape

from IPython.display import display

from procore_jupyter.notebook.panels.panel_html import SILENCE, kept_up, nothing
from procore_jupyter.tables.progress import UNSEEN, Progress
from procore_jupyter.wording import NO_FORMULAS

BETWEEN = 0.25
"""Seconds between two drawings: a reading may take in a hundred pages a second."""

_LINE = (
    "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:var(--jp-ui-font-size1,13px);"
    "color:var(--jp-ui-font-color1,inherit);line-height:1.6;font-variant-numeric:tabular-nums;"
)
_TRACK = (
    "display:inline-block;width:12em;height:.6em;margin:0 .75em;vertical-align:baseline;"
    "background:var(--jp-border-color2,#ccc);border-radius:var(--jp-border-radius,2px);overflow:hidden"
)
_DONE = "display:block;height:100%;background:var(--jp-ui-font-color2,#616161)"

STOPPED = f"no news for {SILENCE} seconds. If the kernel was restarted, this has stopped."


class ProgressLine:
    """The line of one `Progress`."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._id = uuid.uuid4().hex
        self._drawn: float | None = None

    def update(self) -> None:
        """Draw the line anew if it is due: first after `UNSEEN` seconds, then every `BETWEEN` seconds."""
        now = self._progress.clock()
        due = self._progress.begun + UNSEEN if self._drawn is None else self._drawn + BETWEEN
        if now < due:
            return
        shown, self._drawn = self._drawn is not None, now
        self._display(drawn(self._progress), update=shown)

    def close(self) -> None:
        """Remove the line."""
        if self._drawn is not None:
            self._display(nothing(self._id), update=True)

    def _display(self, bundle: dict[str, str], *, update: bool) -> None:
        display(bundle, raw=True, display_id=f"procore-progress-{self._id}", update=update)


def drawn(progress: Progress) -> dict[str, str]:
    """Draw a progress, as HTML and as text."""
    bar = " &nbsp; "
    if (fraction := progress.fraction) is not None:
        bar = (
            f'<span role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{fraction * 100:.0f}" '
            f'aria-label="{escape(progress.name, quote=True)}" style="{_TRACK}">'
            f'<span style="{_DONE};width:{fraction * 100:.1f}%"></span></span>'
        )
    first = f"{escape(progress.first)}<br>" if progress.first else ""
    waiting = f"<br>{escape(progress.waiting)}" if progress.waiting else ""
    name = f'<span style="font-weight:600">{escape(progress.name)}</span>'
    words = f'<span style="color:var(--jp-ui-font-color2,inherit)">{escape(progress.words)}</span>'
    line = kept_up(f"{first}{name}{bar}{words}{waiting}", f"{progress.name}: {STOPPED}")
    return {
        "text/html": f'<div class="procore-progress {NO_FORMULAS}" style="{_LINE}">{line}</div>',
        "text/plain": str(progress),
    }
