"""What the answers of a list bear out of the catalog: findings of a table's first answer, of a page beyond its end, of a refusal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from procore_jupyter.check.finding import FAILS, HOLDS, UNTOLD, Finding
from procore_jupyter.check.reply import EXPECTED, ListReply
from procore_jupyter.check.table_columns import percent_forms, table_columns
from procore_jupyter.wording import counted

if TYPE_CHECKING:
    from procore_jupyter.tables.definitions.catalog import Catalog
    from procore_jupyter.tables.definitions.spec import TableSpec

ROWS = 5
"""Rows that a list is asked for."""

ASK_AN_ADMIN = "If you need it, ask an admin of the project."

_OF_SIZE = re.compile(r"(?i)per[ _]?page|page[ _]?size|limit")
_MOST = re.compile(r"(?i)max\w*(?:\s+per_page)?(?:\s+(?:of|is))?\s+(\d{1,5})")


def answered(
    spec: TableSpec, reply: ListReply, records: Mapping[str, Mapping[str, str]]
) -> Iterator[Finding]:
    """Tell what a list's first rows bear out: how they come, and their fields."""
    fields = len({name for row in reply.rows for name in row})
    if reply.rows:
        rows = counted(min(len(reply.rows), ROWS), "row")
        found = f"It answers: {rows} with {counted(fields, 'field')}, {reply.envelope}."
        yield Finding(spec.name, HOLDS, found, told=found)
    else:
        found = "It answers, with no rows."
        if spec.hides:
            found += " That is also what a missing permission looks like."
        yield Finding(spec.name, UNTOLD, found, told=found, oddity="no-permission" if spec.hides else "")
    believed = EXPECTED.get(spec.shape)
    if believed is not None and reply.envelope != believed:
        found = f"The rows come as {reply.envelope}."
        yield Finding(
            spec.name,
            FAILS,
            found,
            believed=f"They come as {believed}.",
            advice="They are read anyway.",
            told=found,
            oddity="data-envelope" if "data" in reply.envelope else "",
        )
    if reply.in_groups:
        found = f"The rows come in groups, under {spec.list_key}, as they may."
        yield Finding(spec.name, HOLDS, found, told="The rows come in groups.", oddity="grouped-inspections")
    if grouped := _grouped(spec, reply):
        found = f"The rows come in groups, under {grouped}."
        yield Finding(
            spec.name,
            FAILS,
            found,
            believed="They come one by one.",
            advice="They are then taken out of their groups automatically.",
            told="The rows come in groups.",
            oddity="grouped-inspections",
        )
    elif reply.rows and spec.columns:
        yield from table_columns(spec, reply, records)


def _grouped(spec: TableSpec, reply: ListReply) -> str:
    """Return the name under which groups have the rows; empty if the rows are no groups."""
    for name in dict.fromkeys(name for row in reply.rows for name in row):
        inner = [one for row in reply.rows if isinstance(row.get(name), list) for one in row[name]]
        fields = {field for one in inner if isinstance(one, dict) for field in one}
        if name not in spec.columns and 2 * len(fields & {*spec.columns}) > len(spec.columns):
            return name
    return ""


def paged(spec: TableSpec, first: ListReply, beyond: ListReply) -> Iterator[Finding]:
    """Tell whether a list has pages, and of which size.

    Parameters
    ----------
    spec : TableSpec
        The table.
    first : ListReply
        The answer with its first `ROWS` rows.
    beyond : ListReply
        The answer for a page of the largest size, beyond the list's end.
    """
    size = spec.largest_page
    believed = f"{size:,} rows a page are accepted."
    came_whole = len(first.rows) > ROWS or (beyond.fine and len(beyond.rows) > 0)
    if beyond.status in (400, 422) and _OF_SIZE.search(beyond.said):
        most = _MOST.search(beyond.said)
        takes = f"{int(most[1]):,} are the most" if most else "fewer are allowed"
        yield Finding(
            spec.name,
            FAILS,
            f"{size:,} rows a page are refused: {takes} ({beyond.said}).",
            believed=believed,
            advice="From then on, the size that the list names is used.",
            told=f"{size:,} rows a page are refused{f': {takes}' if most else ''}.",
            said=beyond.said,
            facts={"largest_page": int(most[1])} if most and 0 < int(most[1]) < size else {},
            oddity="page-size",
        )
    elif beyond.status >= 500 or beyond.status == 408:
        yield Finding(
            spec.name,
            FAILS,
            f"A page of {size:,} rows fails (HTTP {beyond.status}).",
            believed=believed,
            advice="Smaller pages are then requested automatically; PageSize=… in the connection avoids the failed attempt.",
            told=f"A page of {size:,} rows fails with {beyond.status}.",
            said=beyond.said,
            oddity="large-pages-fail",
        )
    elif not beyond.fine:
        found = f"A page beyond its end is refused (HTTP {beyond.status})."
        yield Finding(spec.name, UNTOLD, found, told=found, said=beyond.said)
    elif spec.whole and not came_whole and first.rows:
        found, advice = "The list has pages.", "Pages are requested."
        yield Finding(
            spec.name,
            FAILS,
            found,
            believed="It comes whole.",
            advice=advice,
            told=found,
            oddity="paged-anyway",
        )
    elif not spec.whole and came_whole:
        found, advice = (
            "The list comes whole, whatever page is requested.",
            "A page that repeats the first ends it.",
        )
        yield Finding(
            spec.name,
            FAILS,
            found,
            believed="It has pages.",
            advice=advice,
            told=found,
            oddity="whole-anyway",
        )
    elif beyond.pages.size is not None and beyond.pages.size < size:
        found, advice = (
            f"Pages have {beyond.pages.size:,} rows at most.",
            "The size that the answer names is used.",
        )
        facts = {"largest_page": beyond.pages.size}
        yield Finding(
            spec.name,
            FAILS,
            found,
            believed=believed,
            advice=advice,
            told=found,
            facts=facts,
            oddity="page-size",
        )


def refused(spec: TableSpec, reply: ListReply) -> Finding:
    """Tell of a list that gave no rows."""
    status, said = reply.status, reply.said
    if status < 400:
        found = "The answer is not a list."
        return Finding(
            spec.name,
            FAILS,
            found,
            advice="Is there a proxy in between? If not, please report it.",
            told=found,
        )
    told = f"Refused with {status}."
    if status in (404, 410):
        found = f"Nothing is there (HTTP {status}): the list is gone, its tool is off, or you don't have access. {said}".strip()
        return Finding(
            spec.name, UNTOLD, found, advice=ASK_AN_ADMIN, told=told, said=said, oddity="list-gone"
        )
    if status in (401, 403):
        found = f"The tool is off in this project, or you don't have access (HTTP {status}: {said})."
        return Finding(spec.name, UNTOLD, found, advice=ASK_AN_ADMIN, told=told, said=said)
    found = f"It refuses the parameters (HTTP {status}: {said})."
    believed = "The parameters are right."
    return Finding(
        spec.name, FAILS, found, believed=believed, advice="Please report it.", told=told, said=said
    )


def together(seen: Mapping[str, ListReply], catalog: Catalog) -> Iterator[Finding]:
    """Tell what only the first answers of all tables together show.

    Parameters
    ----------
    seen : mapping of str to ListReply
        The answers, by table.
    catalog : Catalog
        The tables.
    """
    lists = [reply for name, reply in seen.items() if reply.rows and catalog.find(name).paged]
    more = [reply for reply in lists if reply.pages.total is None or reply.pages.total > len(reply.rows)]
    believed, advice = (
        "Lists say so in Total.",
        "A last page that isn't full then shows that all rows are here.",
    )
    yield from _lacking(
        "how many rows they have", [one.pages.total is None for one in lists], believed, advice, "no-total"
    )
    believed, advice = "Lists say so in Link.", "The next page is requested by its number."
    yield from _lacking(
        "that more pages follow", [one.pages.more is None for one in more], believed, advice, "no-link"
    )
    forms = {name: percent_forms(catalog.find(name), reply.rows) for name, reply in seen.items()}
    if len({form for some in forms.values() for form in some}) > 1:
        one_form = "; ".join(f"{name} {' and '.join(sorted(some))}" for name, some in forms.items() if some)
        found = f"They come in two forms: {one_form}."
        told = "They come in two forms."
        yield Finding("Percentages", HOLDS, found, advice="Both are read.", told=told, oddity="percent-sign")


def _lacking(what: str, lacks: Sequence[bool], believed: str, advice: str, oddity: str) -> Iterator[Finding]:
    """Tell how many lists don't say something; the behaviour has its name if none says it."""
    if any(lacks):
        found = f"{sum(lacks)} of {counted(len(lacks), 'list')} don't say {what}."
        name = oddity if all(lacks) else ""
        subject = oddity.removeprefix("no-").capitalize()
        yield Finding(subject, UNTOLD, found, believed=believed, advice=advice, told=found, oddity=name)
