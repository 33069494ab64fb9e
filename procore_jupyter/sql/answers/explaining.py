"""`Explanation`: what a query asks Procore for, table by table: before it runs as an estimate, afterwards with what it cost."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from procore_jupyter.wording import NO_FORMULAS, counted, duration, one_line

LONGEST = 200
"""Characters of a condition that are shown."""

_STYLE = (
    "font-family:var(--jp-ui-font-family,sans-serif);font-size:var(--jp-ui-font-size1,13px);"
    "color:var(--jp-ui-font-color1,inherit);line-height:1.5"
)
_QUIET = "color:var(--jp-ui-font-color2,inherit)"
_GRID = "display:grid;grid-template-columns:max-content minmax(0,1fr);column-gap:1em;margin:0 0 .4em 1.6em"
_CODE = "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,12px)"


@dataclass(frozen=True)
class Asking:
    """What is asked for of one table.

    Parameters
    ----------
    table : str
        The table.
    endpoint : str
        The list's address in Procore's API.
    sent : tuple of str
        The conditions that Procore is asked to apply, in words.
    kept_here : tuple of (str, str)
        The conditions that DuckDB applies alone, each with the reason.
    places : str
        Of which projects and parents, in words.
    least, most : int, int or None
        The requests that it takes; None if nobody knows how many at most.
    age : float or None
        How long ago the oldest of its rows that are kept were fetched, in seconds; None if none are.
    narrowed_by : str
        What says of which projects or rows it is read: ``projects.id``; empty if nothing.
    made : int or None
        The requests that it took; None before it was read.
    rows : int or None
        The rows that came; None before it was read.
    """

    table: str
    endpoint: str
    sent: tuple[str, ...] = ()
    kept_here: tuple[tuple[str, str], ...] = ()
    places: str = ""
    least: int = 0
    most: int | None = None
    age: float | None = None
    narrowed_by: str = ""
    made: int | None = None
    rows: int | None = None

    @property
    def cost(self) -> str:
        """The requests, in words."""
        kept = "" if self.age is None else f"kept, {duration(self.age)} old: "
        if self.made is not None:
            rows = "" if self.rows is None else f", {counted(self.rows, 'row')}"
            return f"{kept if not self.made else ''}{counted(self.made, 'request')}{rows}"
        if self.most == 0:
            return f"{kept}0 requests"
        part = "" if self.age is None else f" (a part is kept, {duration(self.age)} old)"
        return f"{_range(self.least, self.most)}{part}"

    @property
    def lines(self) -> Iterator[tuple[str, str]]:
        """What is told below the table's name: a label and a text each."""
        if self.endpoint:
            yield "address", self.endpoint
        for one in self.sent:
            yield "sent", one_line(one, LONGEST)
        for condition, reason in self.kept_here:
            yield "here", f"{one_line(condition, LONGEST)}  ({reason})"

    @property
    def head(self) -> str:
        """The table, what it costs, and where it is read."""
        narrowed = f"narrowed by {self.narrowed_by}" if self.narrowed_by else ""
        return " · ".join(one for one in (self.table, self.cost, self.places, narrowed) if one)


@dataclass(frozen=True)
class Explanation:
    """What a query asks for.

    Parameters
    ----------
    steps : tuple of Asking
        The tables that it reads, in the order of their reading.
    about : str
        Of which projects they are read where the query names none; empty if it names some.
    tip : str
        How the query could cost less; empty for no idea.
    notes : tuple of str
        What is remarkable about the query, a line each.
    """

    steps: tuple[Asking, ...]
    about: str = ""
    tip: str = ""
    notes: tuple[str, ...] = ()

    @property
    def least(self) -> int:
        """The fewest requests that it takes."""
        return sum(step.least if step.made is None else step.made for step in self.steps)

    @property
    def most(self) -> int | None:
        """The most requests that it takes; None if nobody knows."""
        found = [step.most if step.made is None else step.made for step in self.steps]
        return None if None in found else sum(one for one in found if one is not None)

    @property
    def is_estimate(self) -> bool:
        """Whether no request made yet."""
        return any(step.made is None for step in self.steps)

    @property
    def summary(self) -> str:
        """The sum, in words."""
        if not self.steps:
            return "0 requests: no table of Procore's is read"
        tables = counted(len({step.table for step in self.steps if step.endpoint}), "table")
        if self.is_estimate:
            return f"{_range(self.least, self.most)} · {tables} · no request made yet"
        return f"{counted(self.least, 'request')} · {tables}"

    @property
    def caption(self) -> str:
        """The sum, and the projects."""
        return " · ".join(one for one in (self.summary, self.about) if one)

    @property
    def remarks(self) -> list[str]:
        """The notes and the tip, a line each."""
        return [*self.notes, *([f"Tip: {self.tip}"] if self.tip else [])]

    def __str__(self) -> str:
        lines = [self.caption]
        for number, step in enumerate(self.steps, 1):
            lines.append(f"{number:>2}  {step.head}")
            lines += [f"      {label:<9}{text}" for label, text in step.lines]
        lines += self.remarks
        return "\n".join(lines)

    __repr__ = __str__

    def html(self) -> str:
        """Return the same as HTML."""
        out = [f"<div class='procore-explanation {NO_FORMULAS}' style='{_STYLE}'><div style='{_QUIET}'>"]
        out.append(f"{html.escape(self.caption)}</div>")
        for number, step in enumerate(self.steps, 1):
            out.append(f"<div>{number}&ensp;<strong>{html.escape(step.table)}</strong>")
            out.append(f"{html.escape(step.head.removeprefix(step.table))}</div><div style='{_GRID}'>")
            for label, text in step.lines:
                out.append(
                    f"<span style='{_QUIET}'>{label}</span><span style='{_CODE}'>{html.escape(text)}</span>"
                )
            out.append("</div>")
        out += [f"<div>{html.escape(one)}</div>" for one in self.remarks]
        return "".join([*out, "</div>"])

    def _repr_html_(self) -> str:
        return self.html()

    def to_arrow(self) -> pa.Table:
        """Return a row for each step."""
        names = (
            "table",
            "endpoint",
            "sent",
            "kept_here",
            "places",
            "narrowed_by",
            "least",
            "most",
            "requests",
        )
        columns: dict[str, list[object]] = {name: [] for name in names}
        for step in self.steps:
            row = dataclasses.asdict(step) | {
                "sent": "; ".join(step.sent),
                "kept_here": "; ".join(condition for condition, _ in step.kept_here),
                "requests": step.made,
            }
            for name in names:
                columns[name].append(row[name])
        kinds = [pa.string()] * 6 + [pa.int64()] * 3
        return pa.table(
            [pa.array(values, kind) for values, kind in zip(columns.values(), kinds, strict=True)],
            names=[*names],
        )


def _range(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {counted(least, 'request')}" if least else "how many requests isn't known yet"
    return counted(least, "request") if least == most else f"{least:,} to {counted(most, 'request')}"


def tip_for(steps: Sequence[Asking], text: str, about: str) -> str:
    """Return how a query could cost less; empty for no idea.

    Parameters
    ----------
    steps : sequence of Asking
        What it asks for.
    text : str
        The query.
    about : str
        Of which projects its tables are read, as it names none; empty if it names some.
    """
    dearest = max(steps, key=lambda step: step.least if step.most is None else step.most, default=None)
    if dearest is None or (dearest.most is not None and dearest.most <= 2):
        return ""
    for condition, _ in dearest.kept_here:
        if "CAST(" in condition.upper() or "::" in condition or "date_trunc" in condition.lower():
            return (
                f"{dearest.table} is filtered by Procore where a column is compared as it is: write a range, as in  "
                "updated_at >= TIMESTAMPTZ '2026-11-01' AND updated_at < TIMESTAMPTZ '2026-12-01'."
            )
    if about:
        return (
            "Name the project, if it is one: in the query (WHERE project_id = …), by a join with projects, or once for all with  "
            'procore.use(project="…").'
        )
    return ""
