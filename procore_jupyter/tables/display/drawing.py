"""How a table is drawn: a caption, what is missing, the first rows of the columns that there is room for."""

from __future__ import annotations

import html
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field

from procore_jupyter.tables.display.cells import GAP, LONGEST, WIDTH
from procore_jupyter.tables.display.width import padded, width
from procore_jupyter.wording import one_line


@dataclass(frozen=True)
class Column:
    """One column as it is drawn.

    Parameters
    ----------
    name, kind : str
        Its name, and its type in words.
    cells : sequence of str
        The first rows' values as texts.
    number : bool
        Whether it stands at the right edge.
    """

    name: str
    kind: str
    cells: Sequence[str]
    number: bool = False

    @property
    def takes(self) -> int:
        """Places that it takes, with the gap before the next."""
        return max(width(text) for text in (one_line(self.name, LONGEST), *self.cells)) + len(GAP)


@dataclass(frozen=True)
class Picture:
    """All that a drawn table shows.

    Parameters
    ----------
    caption : str
        What it is, how large, and how it came.
    alerts, notes : sequence of str
        What is missing, and what else one should know.
    columns : sequence of Column
        In the order in which they are drawn; those that have no room are named.
    more : int
        Rows below those that are drawn.
    others : sequence of str
        Columns that were not even looked at for lack of room.
    """

    caption: str
    alerts: Sequence[str] = ()
    notes: Sequence[str] = ()
    columns: Sequence[Column] = ()
    more: int = 0
    others: Sequence[str] = field(default=())

    def _fitting(self, room: int) -> int:
        used, count = 0, 0
        for column in self.columns:
            used += column.takes
            if count and used > room:
                break
            count += 1
        return count

    def _below(self, shown: int) -> list[str]:
        below = []
        if self.more:
            below.append(f"… {self.more:,} more row{'' if self.more == 1 else 's'}")
        hidden = [*(column.name for column in self.columns[shown:]), *self.others]
        if hidden:
            below.append(one_line(f"not shown: {', '.join(hidden)}", WIDTH - 4))
        return below

    def __str__(self) -> str:
        shown = self._fitting(min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns))
        columns = self.columns[:shown]
        lines = [*map(_line, self.alerts), _line(self.caption), *map(_line, self.notes)]
        if columns and columns[0].cells:
            heads = [one_line(column.name, LONGEST) for column in columns]
            widths = [column.takes - len(GAP) for column in columns]
            rows = [heads, *zip(*(column.cells for column in columns), strict=True)]
            for number, row in enumerate(rows):
                texts = (padded(text, widths[i], right=columns[i].number) for i, text in enumerate(row))
                lines.append(GAP.join(texts).rstrip())
                if number == 0:
                    lines.append("─" * (sum(widths) + len(GAP) * (len(widths) - 1)))
        return "\n".join(lines + self._below(shown))

    def html(self) -> str:
        """Draw it as HTML, in JupyterLab's own colours and type, whatever the theme."""
        shown = self._fitting(WIDTH)
        columns = self.columns[:shown]
        out = ["<div>"]
        out += (
            f"<div role='status' style='{_ALERT}'>{html.escape(_line(line))}</div>" for line in self.alerts
        )
        out.append(f"<div style='{_QUIET}'>{html.escape(_line(self.caption))}</div>")
        out += (f"<div style='{_QUIET}'>{html.escape(_line(line))}</div>" for line in self.notes)
        if columns and columns[0].cells:
            out.append("<table style='margin:0'><thead><tr>")
            for column in columns:
                hover = html.escape(f"{one_line(column.name, 200)}: {column.kind}", quote=True)
                head = html.escape(one_line(column.name, LONGEST))
                out.append(f"<th scope='col' style='text-align:{_side(column)}' title='{hover}'>{head}</th>")
            out.append("</tr></thead><tbody>")
            for row in range(len(columns[0].cells)):
                cells = (
                    f"<td style='text-align:{_side(column)}'>{html.escape(column.cells[row])}</td>"
                    for column in columns
                )
                out.append(f"<tr>{''.join(cells)}</tr>")
            out.append("</tbody></table>")
        out += (f"<div style='{_QUIET}'>{html.escape(line)}</div>" for line in self._below(shown))
        return "".join(out) + "</div>"


def _line(text: str) -> str:
    return one_line(text, 400)


def _side(column: Column) -> str:
    return "right" if column.number else "left"


def age(seconds: float) -> str:
    """Return how long ago something was, in words."""
    if seconds < 60:
        return "just now"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min ago"
    return f"{seconds / 3600:.0f} h ago"


_QUIET = "color:var(--jp-ui-font-color2,#616161);font-size:var(--jp-ui-font-size1,13px)"
_ALERT = (
    "color:var(--jp-ui-font-color1,#212121);font-size:var(--jp-ui-font-size1,13px);"
    "border-left:3px solid var(--jp-warn-color1,#bf360c);padding-left:8px;margin:2px 0"
)
