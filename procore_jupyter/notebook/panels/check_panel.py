"""The lines of a check, drawn: step by step, each with its verdict; of the tables, those that hold are folded away.

Styles stand on the elements themselves, because a notebook that is opened again untrusted loses its style sheets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from procore_jupyter.notebook.panels.status_card import marked, styled
from procore_jupyter.wording import counted

if TYPE_CHECKING:
    from procore_jupyter.check.finding import Finding, StepLine

_SIGNS: Mapping[str, tuple[str, str]] = {
    "holds": ("✓", "color:var(--jp-success-color1,green);"),
    "fails": ("✗", "color:var(--jp-error-color1,#b00020);font-weight:600;"),
    "can't be told": ("?", "color:var(--jp-ui-font-color2,inherit);"),
}
"""The sign of a verdict, and its style. The word itself is read aloud, and shown where the mouse rests."""

_GRID = "display:grid;grid-template-columns:1em minmax(11.5em,max-content) minmax(0,1fr);column-gap:.9em;row-gap:1px;align-items:baseline"
_HEAD = "font-weight:600;margin:.7em 0 .15em"
_QUIET = "color:var(--jp-ui-font-color2,inherit);"


def drawn(lines: Sequence[StepLine], place: str, summary: str, notes: Sequence[str] = ()) -> dict[str, str]:
    """Draw the lines of a check, as HTML and as text.

    Parameters
    ----------
    lines : sequence of StepLine
        What was found so far.
    place : str
        What is checked: product and environment.
    summary : str
        The last line: how it stands.
    notes : sequence of str
        Lines below: what was kept, and where.
    """
    from procore_jupyter.check.report import TABLES_STEP
    from procore_jupyter.check.spoken import spoken

    parts = [f'<div><span style="font-weight:600">{escape(place)}</span> · check</div>']
    for step in dict.fromkeys(line.step for line in lines):
        findings = [line.finding for line in lines if line.step == step]
        parts.append(f'<div role="heading" aria-level="3" style="{_HEAD}">{escape(step)}</div>')
        parts.append(_tables(findings) if step == TABLES_STEP else _rows(findings))
    parts.append(f'<div role="status" style="margin-top:.7em">{escape(summary)}</div>')
    parts += [f'<div style="{_QUIET}">{marked(note)}</div>' for note in notes]
    return {
        "text/html": styled("".join(parts), "procore-check"),
        "text/plain": "\n".join([*spoken(lines), "", summary, *notes]),
    }


def _rows(findings: Iterable[Finding]) -> str:
    cells, subject = [], ""
    for finding in findings:
        sign, style = _SIGNS[finding.verdict]
        named = "" if finding.subject == subject else escape(finding.subject)
        subject = finding.subject
        details = (
            f'<div style="{_QUIET}">{escape(" ".join(finding.details))}</div>' if finding.details else ""
        )
        cells.append(
            f'<span role="img" aria-label="{escape(finding.verdict)}" title="{escape(finding.verdict)}" style="{style}">{sign}</span>'
            f'<span>{named}</span><div style="overflow-wrap:anywhere">{escape(finding.found)}{details}</div>'
        )
    return f'<div style="{_GRID}">{"".join(cells)}</div>'


def _tables(findings: Sequence[Finding]) -> str:
    """Draw the tables of which something is to be said, and fold the others away."""
    from procore_jupyter.check.report import TOGETHER

    by_table: dict[str, list[Finding]] = {}
    for finding in findings:
        by_table.setdefault(finding.subject, []).append(finding)
    quiet = [
        name
        for name, some in by_table.items()
        if name not in TOGETHER and all(one.verdict == "holds" and not one.oddity for one in some)
    ]
    loud = [one for name, some in by_table.items() if name not in quiet for one in some]
    folded = [one for name in quiet for one in by_table[name]]
    out = _rows(loud) if loud else ""
    if folded:
        are = f"{counted(len(quiet), 'table')} {'is' if len(quiet) == 1 else 'are'} as described"
        out += f'<details style="margin-top:.3em"><summary style="cursor:pointer">{are}</summary>{_rows(folded)}</details>'
    return out
