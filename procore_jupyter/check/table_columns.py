"""The fields of some rows, held against the columns that a table is known to have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from procore_jupyter.check import vocabulary
from procore_jupyter.check.finding import FAILS, HOLDS, Finding
from procore_jupyter.tables.arrow.ingest import Ingest
from procore_jupyter.tables.arrow.types import in_words
from procore_jupyter.wording import counted, one_line

if TYPE_CHECKING:
    from procore_jupyter.check.reply import ListReply
    from procore_jupyter.tables.definitions.spec import TableSpec

MOST_NAMED = 12
"""Fields that a line names."""

_KINDS = {
    "integer": "int",
    "number": "float",
    "decimal": "decimal",
    "true or false": "bool",
    "text": "text",
    "date": "date",
    "timestamp": "timestamp",
    "record": "record",
    "list": "list",
}
"""The kind of a column, by its type in words."""

_DISPLAY_NAME = re.compile(r"[A-Z]|\w \w")
_LONG_FRACTION = re.compile(r"-?\d+\.\d{9,}")
_PERCENT = re.compile(r"-?\d+(?:\.\d+)?(?P<sign> ?%)?")


def table_columns(
    spec: TableSpec, reply: ListReply, records: Mapping[str, Mapping[str, str]]
) -> Iterator[Finding]:
    """Tell which columns of a table no row has, which fields aren't known, and which are of another type.

    Parameters
    ----------
    spec : TableSpec
        The table.
    reply : ListReply
        Some of its rows.
    records : mapping
        The kinds of each record's fields, by the record's name.
    """
    there = {
        name
        for row in reply.rows
        for name in row
        if not (spec.shape == "groups" and name.startswith("group_"))
    }
    columns = Ingest(spec.columns, records, others=spec.others)
    before = {name: _type(found) for name, found in columns.schema.items()}
    columns.take(reply.raw)
    after = {name: _type(found) for name, found in columns.schema.items()}
    missing = {name: before[name] for name in spec.columns if name not in there}
    unknown = {name: after.get(name, "text") for name in sorted(there - {*spec.columns, *spec.place_columns})}
    displayed = [name for name in unknown if _DISPLAY_NAME.search(name)]
    for name in displayed:
        del unknown[name]
    yield from _missing(spec, missing, unknown)
    yield from _unknown(spec, unknown)
    if displayed:
        yield _displayed(spec, displayed)
    changed = {
        name: (now, was)
        for name, was in before.items()
        if name in there and (now := after[name]) != was and was != "empty"
    }
    for name, kind in spec.columns.items():
        if kind == "text" and any(isinstance(row.get(name), (dict, list)) for row in reply.rows):
            changed[name] = ("record", "text")
    yield from _changed(spec, changed)
    yield from _long(spec, reply.rows)


def _type(found: Any) -> str:
    """Return a type in words, without the number of its digits."""
    return in_words(found).partition(",")[0].removesuffix(" (UTC)")


def _missing(spec: TableSpec, missing: Mapping[str, str], unknown: Mapping[str, str]) -> Iterator[Finding]:
    if not missing:
        return
    found, told = f"No row has {_list([*missing])}.", f"No row has {vocabulary.named(missing)}."
    renamed = bool({*missing.values()} & {*unknown.values()})
    if "extended" in spec.views and spec.default_view != "extended":
        yield Finding(spec.name, HOLDS, f"{found} The view extended may have more.", told=told)
        return
    yield Finding(
        spec.name,
        FAILS,
        f"{found} One may have another name now." if renamed else found,
        believed=f"Rows have all of {counted(len(spec.columns), 'field')}.",
        advice="These columns are empty.",
        told=told,
        oddity="renamed-fields" if renamed else "missing-fields",
    )


def _unknown(spec: TableSpec, unknown: Mapping[str, str]) -> Iterator[Finding]:
    if unknown:
        named = [f"{one_line(name)} ({kind})" for name, kind in unknown.items()]
        found = f"Rows have {counted(len(unknown), 'field')} more: {_list(named)}."
        told = f"Rows have {counted(len(unknown), 'field')} more: {vocabulary.named(unknown)}."
        facts = {"columns": {name: _KINDS.get(kind, "any") for name, kind in unknown.items()}}
        yield Finding(spec.name, HOLDS, found, advice="They are kept as columns.", told=told, facts=facts)


def _displayed(spec: TableSpec, displayed: Sequence[str]) -> Finding:
    named = _list([one_line(name) for name in displayed])
    return Finding(
        spec.name,
        HOLDS,
        f"{counted(len(displayed), 'column')} of your own, with the names on the screen: {named}.",
        advice="They are kept as columns; those that hold amounts are money.",
        told=f"{counted(len(displayed), 'column')} by names as on a screen.",
        oddity="view-columns",
    )


def _changed(spec: TableSpec, changed: Mapping[str, tuple[str, str]]) -> Iterator[Finding]:
    if changed:
        found = _list([f"{name} is {now}, not {was}" for name, (now, was) in changed.items()])
        yield Finding(
            spec.name,
            FAILS,
            f"{found}.",
            advice="No value is lost: the column's type widens to fit them all.",
            told=f"Of another type: {vocabulary.named(changed)} (now {', '.join(sorted({now for now, _ in changed.values()}))}).",
            facts={"columns": {name: _KINDS.get(now, "any") for name, (now, _) in changed.items()}},
            oddity="other-types",
        )


def percent_forms(spec: TableSpec, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return in which forms the percentages of some rows come, in words."""
    forms = set()
    for name in [name for name, kind in spec.columns.items() if kind == "percent"]:
        for row in rows:
            value = row.get(name)
            found = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
            if found is not None:
                forms.add("with a percent sign" if found["sign"] else "without a percent sign")
    return forms


def _long(spec: TableSpec, rows: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    names = [
        name
        for name in spec.columns
        if any(isinstance(row.get(name), str) and _LONG_FRACTION.fullmatch(row[name]) for row in rows)
    ]
    if names:
        found = f"Numbers with nine digits after the point, or more: {_list(names)}."
        yield Finding(
            spec.name, HOLDS, found, advice="All of them are kept.", told=found, oddity="long-quantities"
        )


def _list(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
