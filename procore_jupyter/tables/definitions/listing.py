"""Tables to choose from, drawn: a list of several, or all that is known of one."""

from __future__ import annotations

import html
from collections.abc import Sequence

from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.definitions.spec import TableSpec
from procore_jupyter.wording import NO_FORMULAS

MOST = 100
"""Tables in a list, at most."""

MOST_OTHERS = 8
"""Other tables that are named below a single one, at most."""

_UI = "font-size:var(--jp-ui-font-size1,13px);line-height:1.6;"
_QUIET = f"color:var(--jp-ui-font-color2,#616161);{_UI}"
_CODE = "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px);background:none;color:inherit;padding:0"
_CELL = "text-align:left;vertical-align:top"


def listing(catalog: Catalog, pattern: str = "") -> Listing:
    """Return the table with this very name; if there is none, all tables that match the pattern (`Catalog.search`)."""
    found = [*catalog.search(pattern)]
    named = [spec for spec in found if spec.name == pattern.strip().casefold()]
    if named:
        return Listing(named, pattern, others=[spec.name for spec in found if spec not in named])
    return Listing(found, pattern, probable=len(catalog.probable))


class Listing:
    """Tables to choose from; a single one is drawn with its columns.

    Parameters
    ----------
    specs : sequence of TableSpec
        The tables.
    pattern : str
        The words that were looked for; empty for all tables.
    probable : int
        How many tables the long tail has.
    others : sequence of str
        Names of other tables that match the pattern.
    """

    def __init__(
        self, specs: Sequence[TableSpec], pattern: str = "", *, probable: int = 0, others: Sequence[str] = ()
    ) -> None:
        self.specs, self._pattern, self._probable, self._others = specs, pattern, probable, others

    @property
    def names(self) -> list[str]:
        """The tables' names."""
        return [spec.name for spec in self.specs]

    def _caption(self) -> str:
        if self._pattern:
            if not self.specs:
                return f"No table for {self._pattern!r:.80}. Without a word,  %procore_tables  lists those gone over by hand."
            return f"{len(self.specs)} tables for {self._pattern!r:.80}.  %procore_tables NAME  tells of one."
        more = (
            f" {self._probable} more lists of Procore's API are known by their addresses:  %procore_tables WORD  finds them too."
            if self._probable
            else ""
        )
        return f"{len(self.specs)} tables.  %procore_tables NAME  tells of one.{more}"

    def _below(self) -> str:
        more = len(self.specs) - MOST
        if more > 0:
            return f"… {more:,} more: look for a longer word"
        if any(spec.probable for spec in self.specs):
            return "probable: known from Procore's API description alone; what arrives decides the columns"
        return ""

    def __repr__(self) -> str:
        if len(self.specs) == 1:
            return "\n".join(_described(self.specs[0], self._others))
        lines = [*map(_line, self.specs[:MOST])]
        widths = [max((len(line[i]) for line in lines), default=0) for i in range(3)]
        rows = ["  ".join(map(str.ljust, line, [*widths, 0])).rstrip() for line in lines]
        return "\n".join(line for line in [self._caption(), *rows, self._below()] if line)

    def _repr_html_(self) -> str:
        if len(self.specs) == 1:
            return _described_html(self.specs[0], self._others)
        out = [_quiet(self._caption())]
        if self.specs:
            heads = (
                f"<th scope='col' style='{_CELL}'>{one}</th>" for one in ("table", "by", "needs", "holds")
            )
            out.append(f"<table style='margin:0'><thead><tr>{''.join(heads)}</tr></thead><tbody>")
            for name, *texts in map(_line, self.specs[:MOST]):
                cells = (f"<td style='{_CELL}'>{one}</td>" for one in (_code(name), *map(html.escape, texts)))
                out.append(f"<tr>{''.join(cells)}</tr>")
            out.append("</tbody></table>")
        out.append(_quiet(self._below()) if self._below() else "")
        return f"<div class='{NO_FORMULAS}'>{''.join(out)}</div>"


def _quiet(text: str) -> str:
    return f"<div style='{_QUIET}'>{html.escape(text)}</div>"


def _code(text: str) -> str:
    return f"<code style='{_CODE}'>{html.escape(text)}</code>"


def needed(spec: TableSpec) -> list[str]:
    """Return the parameters that have to be given if no project is chosen."""
    scope = {"global": (), "company": (), "project": ("project_id",)}[spec.scope]
    return [*scope, *spec.required]


def example(spec: TableSpec) -> str:
    """Return the call that asks for a table."""
    given = "".join(f", {name}=…" if name.isidentifier() else f", **{{{name!r}: …}}" for name in needed(spec))
    return f'procore.table("{spec.name}"{given})'


def days_of(spec: TableSpec, mark: str = "") -> str:
    """Return the names of the parameters that choose a table's days, each between two marks."""
    names = [f"{mark}{one}{mark}" for one in spec.dates]
    return f"{names[0]}, or {' and '.join(names[1:])}," if len(names) > 2 else " and ".join(names)


def _line(spec: TableSpec) -> tuple[str, str, str, str]:
    title = spec.title + (" (probable)" if spec.probable else "")
    return spec.name, "" if spec.scope == "global" else spec.scope, ", ".join(spec.required), title


def _facts(spec: TableSpec) -> list[tuple[str, str]]:
    """Return what is known of a table, as pairs of a word and a text."""
    taken = [name for name in spec.parameters if name not in needed(spec)]
    facts = [("ask", example(spec)), ("takes", ", ".join(taken)), ("where", f"GET {spec.path}")]
    pages = f"{spec.largest_page:,} rows a page" if spec.paged else "all rows at once"
    facts.append(("comes", "probably in pages" if spec.probable and spec.paged else pages))
    for one in spec.alternates:
        facts.append(("or", f"GET {one.path}, where that is {one.when}"))
    if spec.dates:
        facts.append(("days", f"all up to today, unless {days_of(spec)} say which"))
    facts.append(("source", f"{spec.source}{' · deprecated by Procore' if spec.deprecated else ''}"))
    return [(what, text) for what, text in facts if text]


def _heading(spec: TableSpec) -> str:
    by = "" if spec.scope == "global" else f" · by {spec.scope}"
    return f"{spec.name} · {spec.title}{by}{' · probable' if spec.probable else ''}"


def _also(others: Sequence[str]) -> str:
    if not others:
        return ""
    more = len(others) - MOST_OTHERS
    return f"see also: {', '.join(others[:MOST_OTHERS])}{f' and {more} more' if more > 0 else ''}"


def _described(spec: TableSpec, others: Sequence[str]) -> list[str]:
    """Return a table as lines of text: what it is, what it takes, which columns it has."""
    lines = [_heading(spec)]
    if spec.note:
        lines.append(spec.note)
    lines += [f"  {what:<8}{text}" for what, text in _facts(spec)]
    if spec.columns:
        longest = max(map(len, spec.columns))
        lines.append(f"  {len(spec.columns)} columns")
        lines += [f"    {name.ljust(longest)}  {kind}" for name, kind in spec.columns.items()]
    else:
        lines.append("  columns what arrives decides")
    return [*lines, _also(others)] if others else lines


def _described_html(spec: TableSpec, others: Sequence[str]) -> str:
    out = [
        f"<div class='{NO_FORMULAS}' style='{_UI}'><div><strong>{html.escape(_heading(spec))}</strong></div>"
    ]
    if spec.note:
        out.append(f"<div style='max-width:60em'>{html.escape(spec.note)}</div>")
    grid = "display:grid;grid-template-columns:max-content minmax(0,60em);column-gap:1em;margin:4px 0"
    out.append(f"<div style='{grid}'>")
    for what, text in _facts(spec):
        shown = _code(text) if what in ("ask", "where") else html.escape(text)
        out.append(f"<span style='{_QUIET}'>{what}</span><span>{shown}</span>")
    out.append("</div>")
    if spec.columns:
        out.append(
            f"<details open><summary style='{_QUIET}cursor:pointer'>{len(spec.columns)} columns</summary>"
            "<div style='columns:3 18em;column-gap:2em;margin-top:4px'>"
        )
        for name, kind in spec.columns.items():
            out.append(
                f"<div style='break-inside:avoid'>{_code(name)} "
                f"<span style='{_QUIET}'>{html.escape(kind)}</span></div>"
            )
        out.append("</div></details>")
    else:
        out.append(_quiet("What arrives decides the columns."))
    if others:
        out.append(_quiet(_also(others)))
    return "".join(out) + "</div>"
