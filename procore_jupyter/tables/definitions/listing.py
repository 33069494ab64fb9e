"""Tables to choose from, drawn: those gone over by hand, and the probable ones folded into one line."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.definitions.description import (
    QUIET,
    Records,
    code,
    described,
    described_html,
    quiet,
    some_of,
)
from procore_jupyter.tables.definitions.spec import TableSpec
from procore_jupyter.wording import NO_FORMULAS, counted

MOST = 100
"""Tables in a list, at most."""

MOST_FOLDED = 3
"""Probable tables that are named in the line into which they are folded, at most."""

_CELL = "text-align:left;vertical-align:top"


def listing(catalog: Catalog, pattern: str = "") -> Listing:
    """Return the table with this very name; if there is none, all tables that match the pattern (`Catalog.search`)."""
    found = [*catalog.search(pattern)]
    named = [spec for spec in found if spec.name == pattern.strip().casefold()]
    if named:
        others = [spec.name for spec in found if spec not in named]
        return Listing(named, pattern, records=catalog.records, others=others)
    return Listing(found, pattern, records=catalog.records, probable=len(catalog.probable))


class Listing:
    """Tables to choose from; a single one is drawn with all that is known of it.

    Parameters
    ----------
    specs : sequence of TableSpec
        The tables, the probable ones last.
    pattern : str
        The words that were looked for; empty for all tables.
    records : mapping
        The records that columns hold, as in `Catalog.records`.
    probable : int
        How many tables the long tail has.
    others : sequence of str
        Names of other tables that match the pattern.
    """

    def __init__(
        self,
        specs: Sequence[TableSpec],
        pattern: str = "",
        *,
        records: Records | None = None,
        probable: int = 0,
        others: Sequence[str] = (),
    ) -> None:
        self.specs, self._pattern, self._probable, self._others = specs, pattern, probable, others
        self._records: Mapping[str, Mapping[str, str]] = records or {}

    @property
    def names(self) -> list[str]:
        """The tables' names."""
        return [spec.name for spec in self.specs]

    def __repr__(self) -> str:
        if len(self.specs) == 1:
            return described(self.specs[0], self._records, self._others)
        shown, folded = self._shown()
        lines = [*map(_line, shown[:MOST])]
        widths = [max((len(line[i]) for line in lines), default=0) for i in range(3)]
        rows = ["  ".join(map(str.ljust, line, [*widths, 0])).rstrip() for line in lines]
        below = [_more(shown)]
        if folded:
            names = some_of([spec.name for spec in folded], MOST_FOLDED)
            below.append(f"{len(folded):,} more, probable: {names}")
        return "\n".join(line for line in [self._caption(), *rows, *below] if line)

    def _repr_html_(self) -> str:
        if len(self.specs) == 1:
            return described_html(self.specs[0], self._records, self._others)
        shown, folded = self._shown()
        out = [quiet(self._caption()), _table(shown)]
        if folded:
            out.append(
                f"<details><summary style='{QUIET}cursor:pointer'>{len(folded):,} more, probable</summary>{_table(folded)}</details>"
            )
        return f"<div class='{NO_FORMULAS}'>{''.join(out)}</div>"

    def _shown(self) -> tuple[Sequence[TableSpec], Sequence[TableSpec]]:
        """Return the tables that are drawn, and the probable ones that are folded, unless there are no others."""
        by_hand = [spec for spec in self.specs if not spec.probable]
        return (by_hand, [spec for spec in self.specs if spec.probable]) if by_hand else (self.specs, ())

    def _caption(self) -> str:
        if self._pattern:
            if not self.specs:
                return f"No table matches {self._pattern!r:.80}.  %procore_tables  lists the tables."
            found = counted(len(self._shown()[0]), "table")
            return f"{found} for {self._pattern!r:.80}.  %procore_tables NAME  describes one."
        more = (
            f" {self._probable} more lists are known from Procore's API description:  %procore_tables WORD  finds them too."
            if self._probable
            else ""
        )
        return f"{counted(len(self.specs), 'table')}.  %procore_tables NAME  describes one.{more}"


def _more(specs: Sequence[TableSpec]) -> str:
    """Return the line below a list: how many more there are, or that those listed are probable; empty if there is nothing to say."""
    if len(specs) > MOST:
        return f"… {len(specs) - MOST:,} more: try a longer word"
    if any(spec.probable for spec in specs):
        return "probable: known only from Procore's API description; the columns are known once rows arrive"
    return ""


def _table(specs: Sequence[TableSpec]) -> str:
    if not specs:
        return ""
    heads = "".join(
        f"<th scope='col' style='{_CELL}'>{one}</th>" for one in ("table", "by", "needs", "holds")
    )
    out = [f"<table style='margin:0'><thead><tr>{heads}</tr></thead><tbody>"]
    for name, *texts in map(_line, specs[:MOST]):
        cells = (f"<td style='{_CELL}'>{one}</td>" for one in (code(name), *map(html.escape, texts)))
        out.append(f"<tr>{''.join(cells)}</tr>")
    out.append("</tbody></table>")
    return "".join(out) + (quiet(_more(specs)) if _more(specs) else "")


def _line(spec: TableSpec) -> tuple[str, str, str, str]:
    title = spec.title + (" (probable)" if spec.probable else "")
    return spec.name, "" if spec.scope == "global" else spec.scope, ", ".join(spec.required), title
