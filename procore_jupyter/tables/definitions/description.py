"""All that is known of one table, drawn: how it is asked for, which filters with which values, its columns and their fields."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence

from procore_jupyter.tables.definitions.spec import SCOPE_IDS, Filter, TableSpec
from procore_jupyter.tables.place import ALL, ALL_ACTIVE
from procore_jupyter.wording import NO_FORMULAS

Records = Mapping[str, Mapping[str, str]]
"""The kinds of each record's fields, by the record's name, as in `Catalog.records`."""

MOST_OTHERS = 8
"""Other tables that are named in one line, at most."""

UI = "font-size:var(--jp-ui-font-size1,13px);line-height:1.6;"
QUIET = f"color:var(--jp-ui-font-color2,#616161);{UI}"
_CODE = "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px);background:none;color:inherit;padding:0"
_GRID = "display:grid;grid-template-columns:max-content minmax(0,60em);column-gap:1em;margin:4px 0"

_VALUES = {
    "id": ("an id", "ids"),
    "int": ("a whole number", "whole numbers"),
    "bool": ("True or False", "True or False"),
    "date": ("a day", "days"),
    "timestamp": ("a time", "times"),
    "text": ("a text", "texts"),
    "any": ("sent to the API as it is", "sent to the API as it is"),
}
"""What a filter of a kind takes, in words: one value, several."""


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


def some_of(names: Sequence[str], most: int = MOST_OTHERS) -> str:
    """Return names in one line; of more than `most`, the first ones and how many more there are."""
    more = len(names) - most
    return f"{', '.join(names[:most])}{f' and {more:,} more' if more > 0 else ''}"


def described(spec: TableSpec, records: Records, others: Sequence[str]) -> str:
    """Return a table in lines of text.

    Parameters
    ----------
    spec : TableSpec
        The table.
    records : mapping
        The records that its columns may hold.
    others : sequence of str
        Names of other tables to look at.
    """
    lines = [_heading(spec), *([spec.note] if spec.note else [])]
    lines += _in_columns([*_facts(spec)], "  ")
    for heading, rows in _parts(spec, records):
        lines += [f"  {heading}", *_in_columns(rows, "    ")]
    if not spec.columns:
        lines.append("  Columns: known once rows arrive")
    return "\n".join([*lines, *([f"See also: {some_of(others)}"] if others else [])])


def described_html(spec: TableSpec, records: Records, others: Sequence[str]) -> str:
    """Return a table as HTML, from what `described` takes."""
    out = [
        f"<div class='{NO_FORMULAS}' style='{UI}'><div><strong>{html.escape(_heading(spec))}</strong></div>"
    ]
    if spec.note:
        out.append(f"<div style='max-width:60em'>{html.escape(spec.note)}</div>")
    out.append(f"<div style='{_GRID}'>")
    for what, text in _facts(spec):
        shown = code(text) if what in ("Usage", "Endpoint") else html.escape(text)
        out.append(f"<span style='{QUIET}'>{what}</span><span>{shown}</span>")
    out.append("</div>")
    for heading, rows in _parts(spec, records):
        in_columns = heading.endswith("columns")
        style = "columns:3 18em;column-gap:2em;margin-top:4px" if in_columns else _GRID
        out.append(
            f"<details open><summary style='{QUIET}cursor:pointer'>{html.escape(heading)}</summary>"
            f"<div style='{style}'>"
        )
        for name, text in rows:
            told = f"<span style='{QUIET}'>{html.escape(text)}</span>"
            out.append(
                f"<div style='break-inside:avoid'>{code(name)} {told}</div>"
                if in_columns
                else f"{code(name)}{told}"
            )
        out.append("</div></details>")
    if not spec.columns:
        out.append(quiet("Columns: known once rows arrive."))
    if others:
        out.append(quiet(f"See also: {some_of(others)}"))
    return "".join(out) + "</div>"


def quiet(text: str) -> str:
    """Return a line of secondary text as HTML."""
    return f"<div style='{QUIET}'>{html.escape(text)}</div>"


def code(text: str) -> str:
    """Return code as HTML."""
    return f"<code style='{_CODE}'>{html.escape(text)}</code>"


def _in_columns(rows: Sequence[tuple[str, str]], indent: str) -> list[str]:
    longest = max((len(name) for name, _ in rows), default=0)
    return [f"{indent}{name.ljust(longest)}  {text}".rstrip() for name, text in rows]


def _heading(spec: TableSpec) -> str:
    by = "" if spec.scope == "global" else f" · by {spec.scope}"
    return f"{spec.name} · {spec.title}{by}{' · probable' if spec.probable else ''}"


def _facts(spec: TableSpec) -> Iterator[tuple[str, str]]:
    """Give what is known of a table as a whole, as pairs of a word and a text."""
    yield "Usage", example(spec)
    yield "Endpoint", f"GET {spec.path}"
    for one in spec.alternates:
        yield "Or", f"GET {one.path}, where that {'fails' if one.when == 'fails' else f'is {one.when}'}"
    pages = f"{spec.largest_page:,} rows a page" if spec.paged else "all rows at once"
    yield "Page size", "probably in pages" if spec.probable and spec.paged else pages
    if spec.dates:
        yield "Days", f"all up to today; {days_of(spec)} narrow them"
    if str(spec.source) or spec.deprecated:
        yield "Source", f"{spec.source}{' · deprecated by Procore' if spec.deprecated else ''}"


def _parts(spec: TableSpec, records: Records) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Give the lists of what a table takes and holds: their headings, and their names with a text to each."""
    filters = [(name, taken(spec, name)) for name in spec.parameters]
    if filters:
        yield "Filters", filters
    if spec.columns:
        yield f"{len(spec.columns)} columns", [*spec.columns.items()]
        held = [(name, _fields(records[name])) for name in _records_in(spec, records)]
        if held:
            yield "Fields of records", held


def taken(spec: TableSpec, name: str) -> str:
    """Return which values a parameter takes."""
    if name in spec.filters:
        return _values(spec.filters[name])
    if name in spec.parents:
        tables = " or ".join(dict.fromkeys(one.partition(".")[0] for one in spec.parents[name]))
        return f'an id of {tables}, several, or "{ALL}"' if tables else "an id, or several"
    if name == "project_id":
        return f'a number or a name, several, "{ALL_ACTIVE}", "{ALL}" (also: project)'
    if name in SCOPE_IDS:
        return "a number or a name (also: company)"
    if name in spec.dates:
        return "a day"
    if name == spec.view_param and spec.views:
        return ", ".join(spec.views)
    return (
        'a column; "-" before it for descending order'
        if name == "sort" and spec.sort
        else "sent to the API as it is"
    )


def _values(found: Filter) -> str:
    one, several = _VALUES.get(found.kind, ("a number", "numbers"))
    if found.range:
        return f"from and to: two {several}"
    text = ", ".join(str(each) for each in found.choices)
    if not text:
        return f"{one}, or several" if found.several else one
    return f"{text}; or several" if found.several else text


def _records_in(spec: TableSpec, records: Records) -> list[str]:
    """Return the records that columns hold, and those in their fields, each once."""
    found: dict[str, None] = {}
    waiting = [*spec.columns.values()]
    while waiting:
        kind = waiting.pop(0).strip("[]")
        if kind in records and kind not in found:
            found[kind] = None
            waiting += records[kind].values()
    return [*found]


def _fields(record: Mapping[str, str]) -> str:
    return ", ".join(record)
