"""`Table`: rows that draw themselves. Eager and small for now: what `companies()` and `projects()` return."""

from __future__ import annotations

import html
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.tables.cells import cell, cut, is_number, type_of
from procore_jupyter.tables.width import padded, width

if TYPE_CHECKING:
    import pandas

ROWS = 10
"""Rows that are drawn."""

WIDTH = 110
"""Characters that a drawn table is wide at most, in a terminal wide enough for it."""

_GAP = "   "


class Table(Sequence[dict[str, Any]]):
    """The rows of a list, as Procore gave them.

    Parameters
    ----------
    rows : sequence of dict
        The rows, in order.
    name : str
        What they are: ``projects``.
    about : str
        What they are of: ``Skyline Builders (1234)``; may be empty.
    requests : int
        Requests that it took.
    cut : int or None
        The upper bound of rows (MaxRows), where it cut the list; None where the list is whole.
    clock : callable
        Unix time in seconds; rows are as old as this object.
    """

    def __init__(
        self,
        rows: Sequence[dict[str, Any]],
        *,
        name: str,
        about: str = "",
        requests: int = 1,
        cut: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._rows = list(rows)
        self._name, self._about, self._requests = name, about, requests
        self._cut = cut
        self._clock, self._fetched = clock, clock()

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in the order in which they come up."""
        return list(dict.fromkeys(str(name) for row in self._rows for name in row))

    def __len__(self) -> int:
        return len(self._rows)

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._rows)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        return self._rows[index]

    def to_pandas(self) -> pandas.DataFrame:
        """Return the rows as a pandas DataFrame.

        Raises
        ------
        ConfigurationError
            pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise ConfigurationError(
                "pandas is not installed here. Run  %pip install pandas  and try again."
            ) from None
        return pandas.DataFrame(self._rows, columns=self.columns)

    def _caption(self) -> str:
        what = [cut(f"{self._name} of {self._about}" if self._about else self._name, 80)]
        what.append(f"{_many(len(self), 'row')} × {_many(len(self.columns), 'column')}")
        what.append(_many(self._requests, "request"))
        what.append(_age(self._clock() - self._fetched))
        return " · ".join(what)

    def _drawn(self, room: int) -> tuple[list[str], list[list[str]], list[bool]]:
        """Return the heads, the cells and which columns are numbers, for as many columns as there is room for."""
        rows = self._rows[:ROWS]
        heads: list[str] = []
        columns: list[list[str]] = []
        numbers: list[bool] = []
        used = 0
        for name in self.columns:
            values = [row.get(name) for row in rows]
            texts = [cell(value) for value in values]
            head = cut(name)
            takes = max(map(width, [head, *texts])) + len(_GAP)
            if heads and used + takes > room:
                break
            used += takes
            heads.append(head)
            columns.append(texts)
            numbers.append(any(map(is_number, values)) and all(v is None or is_number(v) for v in values))
        return heads, [list(line) for line in zip(*columns, strict=True)], numbers

    def _left_out(self, shown: int) -> list[str]:
        """Return what isn't drawn: rows below, columns to the right."""
        left = []
        if self._cut is not None:
            left.append(f"Incomplete: cut at {_many(self._cut, 'row')} (MaxRows); there are more.")
        if len(self) > ROWS:
            left.append(f"… {_many(len(self) - ROWS, 'more row')}")
        if hidden := self.columns[shown:]:
            left.append(cut(f"not shown: {', '.join(hidden)}", WIDTH - 4))
        return left

    def __repr__(self) -> str:
        heads, rows, numbers = self._drawn(min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns))
        lines = [self._caption()]
        if rows:
            widths = [max(width(line[i]) for line in [heads, *rows]) for i in range(len(heads))]
            for number, line in enumerate([heads, *rows]):
                texts = (padded(text, widths[i], right=numbers[i]) for i, text in enumerate(line))
                lines.append(_GAP.join(texts).rstrip())
                if number == 0:
                    lines.append("─" * (sum(widths) + len(_GAP) * (len(widths) - 1)))
        return "\n".join(lines + self._left_out(len(heads)))

    def _repr_html_(self) -> str:
        """Draw the table; JupyterLab's own colours and type, whatever the theme."""
        heads, rows, numbers = self._drawn(WIDTH)
        names = self.columns
        align = ["right" if number else "left" for number in numbers]
        out = [f"<div><div style='{_QUIET}'>{html.escape(self._caption())}</div>"]
        if rows:
            out.append("<table style='margin:0'><thead><tr>")
            for i, head in enumerate(heads):
                kind = type_of([row.get(names[i]) for row in self._rows])
                hover = html.escape(f"{cut(names[i], 200)}: {kind}", quote=True)
                out.append(
                    f"<th scope='col' style='text-align:{align[i]}' title='{hover}'>{html.escape(head)}</th>"
                )
            out.append("</tr></thead><tbody>")
            for line in rows:
                cells = (
                    f"<td style='text-align:{align[i]}'>{html.escape(text)}</td>"
                    for i, text in enumerate(line)
                )
                out.append(f"<tr>{''.join(cells)}</tr>")
            out.append("</tbody></table>")
        out += (f"<div style='{_QUIET}'>{html.escape(line)}</div>" for line in self._left_out(len(heads)))
        return "".join(out) + "</div>"


class Record(dict[str, Any]):
    """One row that draws itself; a plain dict otherwise."""

    def __repr__(self) -> str:
        names = {name: cut(str(name)) for name in self}
        longest = max(map(width, names.values()), default=0)
        return "\n".join(
            f"{padded(names[name], longest)}{_GAP}{cell(value, WIDTH)}".rstrip()
            for name, value in self.items()
        )

    def _repr_html_(self) -> str:
        lines = (
            f"<tr><th scope='row' style='text-align:left' title='{type_of([value])}'>{html.escape(cut(str(name)))}</th>"
            f"<td style='text-align:left'>{html.escape(cell(value, WIDTH))}</td></tr>"
            for name, value in self.items()
        )
        return f"<table style='margin:0'><tbody>{''.join(lines)}</tbody></table>"


_QUIET = "color:var(--jp-ui-font-color2,#616161);font-size:var(--jp-ui-font-size1,13px)"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _age(seconds: float) -> str:
    if seconds < 60:
        return "just now"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min ago"
    return f"{seconds / 3600:.0f} h ago"
