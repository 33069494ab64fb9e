"""Sending: which of a scan's conditions Procore is asked to apply, and in which view.

A condition is sent if the catalog says that Procore's filter is sound: that it keeps at least every row which the
condition keeps. DuckDB applies all conditions again, so whatever isn't sent costs rows that aren't needed, and no answer
changes.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from procore_jupyter.errors import ParameterError
from procore_jupyter.tables.definitions.spec import PROJECT_NAME, Filter
from procore_jupyter.tables.fallbacks.known import SURELY_LATER
from procore_jupyter.tables.parameters.conditions import sent as as_sent
from procore_jupyter.tables.parameters.selection import Selection, selection_of
from procore_jupyter.tables.place import ALL
from procore_jupyter.wording import one_line

if TYPE_CHECKING:
    from procore_jupyter.sql.plans.plan import Scan, ScanCondition
    from procore_jupyter.tables.definitions.spec import TableSpec

MOST_VALUES = 150
"""Values of one filter that are sent at most: about as many as an address holds."""

WIDER = datetime.timedelta(days=1)
"""By how much a range of times is wider than the condition, at each end: nobody says in whose time zone a day ends."""

DAY = datetime.timedelta(days=1)
"""A day."""

FIRST_MOMENT = datetime.datetime(1, 1, 2, tzinfo=datetime.UTC)
"""The first end of a range that is open there. No row is before it."""

LAST_MOMENT = datetime.datetime(9999, 12, 30, tzinfo=datetime.UTC)
"""The last end of a range that is open there."""

DAYS = "days"
"""What the condition on the days of a daily log is called among a table's filters."""

EVERY_ROW = {"projects": {"by_status": "All"}}
"""What asks for all rows of a table whose list leaves some out unless it is asked so: projects that aren't active."""

FULL_VIEW = "extended"
"""The view that has all columns, of tables whose usual one leaves some out."""

USUAL = {
    "projects": frozenset(
        [
            *(
                "id",
                "company_id",
                "name",
                "display_name",
                "project_number",
                "code",
                "active",
                "created_at",
                "updated_at",
            ),
            *(
                "start_date",
                "completion_date",
                "address",
                "city",
                "county",
                "state_code",
                "zip",
                "country_code",
                "phone",
            ),
            *("time_zone", "total_value", "estimated_value", "project_stage", "origin_id", "company"),
        ]
    )
}
"""Columns that the usual view of a table has, where it is worth knowing: the rows of it are there already as a rule."""


@dataclasses.dataclass(frozen=True)
class Values:
    """The values that a column may have."""

    values: tuple[Any, ...]

    def with_both(self, other: Values) -> Values:
        """Return the values that both allow."""
        return Values(tuple(one for one in self.values if one in other.values))

    def with_either(self, other: Values) -> Values:
        """Return the values that one of both allows."""
        return Values(tuple(dict.fromkeys(self.values + other.values)))


@dataclasses.dataclass(frozen=True)
class Range:
    """The times, or the days, between which a column is; None where there is no end."""

    first: Any = None
    last: Any = None

    def with_both(self, other: Range) -> Range:
        """Return the range that both allow."""
        firsts = [one.first for one in (self, other) if one.first is not None]
        lasts = [one.last for one in (self, other) if one.last is not None]
        return Range(max(firsts, default=None), min(lasts, default=None))

    def with_either(self, other: Range) -> Range:
        """Return a range that holds both."""
        first = None if self.first is None or other.first is None else min(self.first, other.first)
        last = None if self.last is None or other.last is None else max(self.last, other.last)
        return Range(first, last)


Needs = Mapping[str, Values | Range]
"""What rows are needed, by the names of the table's filters."""


@dataclasses.dataclass(frozen=True)
class Sending:
    """What Procore is asked for.

    Parameters
    ----------
    given : mapping
        The parameters, by the names that people give them.
    said : tuple of str
        The conditions that are sent, in words.
    kept_here : tuple of (str, str)
        The conditions that aren't, each with the reason.
    """

    given: Mapping[str, Any]
    said: tuple[str, ...] = ()
    kept_here: tuple[tuple[str, str], ...] = ()

    def selection(self, spec: TableSpec, today: datetime.date) -> Selection:
        """Return the selection that asks for it, of all parents' rows.

        Parameters
        ----------
        spec : TableSpec
            The table.
        today : datetime.date
            The last day of daily logs to ask for.
        """
        parents = {name: ALL if of else "1" for name, of in spec.parents.items()}
        given = {name: value for name, value in self.given.items() if name not in spec.dates}
        days = _begun({name: value for name, value in self.given.items() if name in spec.dates}, today)
        found = selection_of(spec, {**parents, **given, **days}, today=today)
        return dataclasses.replace(found, parents=tuple((name, ALL) for name in spec.parents))


def sent(spec: TableSpec, scans: Sequence[Scan]) -> Sending:
    """Return what to ask for, so that no row is missing which one of some scans of a table needs.

    Parameters
    ----------
    spec : TableSpec
        The table.
    scans : sequence of Scan
        Its scans.
    """
    given: dict[str, Any] = {**EVERY_ROW.get(spec.name, {})}
    columns = frozenset(name for scan in scans for name in scan.columns)
    view = view_of(spec, columns)
    if view:
        given[spec.view_param] = view
    said, gone, reasons, filters = [], set(), {}, _filters(spec)
    for name, need in _common([needs_of(spec, scan.conditions) for scan in scans]).items():
        column, parameters = filters[name].column, _parameters(filters[name], need)
        reason = _not_sent(spec, filters[name], need, parameters)
        if reason:
            reasons[column] = reason
        else:
            given |= parameters
            said.append(_in_words(column, need))
            gone.add(column)
    return Sending(given, tuple(said), tuple(_kept_here(spec, scans, gone, reasons)))


def _filters(spec: TableSpec) -> Mapping[str, Filter]:
    """Return what a table's conditions may be sent by: its filters, and the days of a daily log."""
    days = {DAYS: Filter(DAYS, DAYS, "date", range=True, column=spec.day, sound=True)} if spec.day else {}
    return {**spec.filters, **days}


def view_of(spec: TableSpec, columns: frozenset[str]) -> str:
    """Return the view that has all columns which a query reads; empty for the usual one.

    Parameters
    ----------
    spec : TableSpec
        The table.
    columns : frozenset of str
        The columns.
    """
    usual = {spec.key, *spec.place_columns, PROJECT_NAME, *USUAL.get(spec.name, ())}
    full = FULL_VIEW in spec.views and spec.default_view != FULL_VIEW and not columns <= usual
    return FULL_VIEW if full else ""


def every_project(spec: TableSpec, today: datetime.date, *, every: bool = True) -> Selection:
    """Return the selection that lists a company's projects in the usual view.

    Parameters
    ----------
    spec : TableSpec
        The table of projects.
    today : datetime.date
        As `Sending.selection`.
    every : bool
        Whether those that aren't active are listed too.
    """
    return selection_of(spec, EVERY_ROW[spec.name] if every else {}, today=today)


def needs_of(spec: TableSpec, conditions: Sequence[ScanCondition]) -> Needs:
    """Return what conditions need of a table, by its sound filters."""
    needs: dict[str, Any] = {}
    for name, one in _filters(spec).items():
        if one.sound and one.column:
            for condition in conditions:
                need = _need(one, condition) if condition.column == one.column else None
                if need is not None:
                    needs[name] = needs[name].with_both(need) if name in needs else need
    return needs


def _need(filter: Filter, condition: ScanCondition) -> Values | Range | None:
    """Return what a filter could be asked for by a condition; None if nothing."""
    values = condition.values
    if not filter.range:
        return Values(values) if condition.operator in ("=", "in") else None
    if condition.operator not in ("=", "in", "<", "<=", ">", ">=") or not values:
        return None
    if not all(_is_end(filter, one) for one in values):
        return None
    open_first, open_last = condition.operator in ("<", "<="), condition.operator in (">", ">=")
    return Range(None if open_first else min(values), None if open_last else max(values))


def _is_end(filter: Filter, value: Any) -> bool:
    """Tell whether a value may be an end of a range: a day, or a moment."""
    if isinstance(value, datetime.datetime):
        return filter.kind != "date" and value.tzinfo is not None
    return filter.kind == "date" and isinstance(value, datetime.date)


def _common(needs: Sequence[Needs]) -> Needs:
    """Return what covers all of several needs."""
    first, *others = needs
    found: dict[str, Any] = {}
    for name, need in first.items():
        if all(name in other for other in others):
            for other in others:
                need = need.with_either(other[name])  # type: ignore[arg-type]
            found[name] = need
    return found


def _parameters(filter: Filter, need: Values | Range) -> dict[str, Any]:
    """Return a need as people give it: parameters by their names."""
    if isinstance(need, Values):
        return {filter.name: need.values[0] if len(need.values) == 1 else [*need.values]}
    first, last = _ends(need)
    if filter.name == DAYS:
        return {name: end for name, end in (("start_date", first), ("end_date", last)) if end is not None}
    return {filter.name: (first or FIRST_MOMENT, last or LAST_MOMENT)}


def _begun(days: Mapping[str, datetime.date], today: datetime.date) -> dict[str, datetime.date]:
    """Return the days of a daily log to ask for, without those that have begun nowhere: Procore may refuse them, and they have no row.

    Parameters
    ----------
    days : mapping of str to date
        Both ends, each a day wider than what is needed, or one of them.
    today : datetime.date
        The day in the westernmost time zone.
    """
    found, end = {**days}, days.get("end_date")
    if end is not None and end - WIDER > today + SURELY_LATER * DAY:
        end = None
        del found["end_date"]
    elif end is not None and end > today:
        found["end_date"] = end = max(end - WIDER, today)
    if "start_date" in found:
        found["start_date"] = min(found["start_date"], end or today)
    return found


def _ends(need: Range) -> tuple[Any, Any]:
    """Return the first and the last moment or day to ask for, which leave out none that is needed; None for an open end."""
    first, last = need.first, need.last
    if isinstance(first, datetime.datetime):
        # Whole days: a condition on the current time is sent in the same words all day, so rows that are kept answer it.
        first = None if first - FIRST_MOMENT < 2 * WIDER else _day(first - WIDER)
    elif first is not None:
        first = None if first <= FIRST_MOMENT.date() else first - WIDER
    if isinstance(last, datetime.datetime):
        last = None if LAST_MOMENT - last < 3 * WIDER else _day(last + WIDER) + DAY
    elif last is not None:
        last = None if last >= LAST_MOMENT.date() else last + WIDER
    if first is not None and last is not None and first > last:
        last = first  # no row meets it, so as little as may be is asked for
    return first, last


def _day(moment: datetime.datetime) -> datetime.datetime:
    return moment.astimezone(datetime.UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _not_sent(spec: TableSpec, filter: Filter, need: Values | Range, given: Mapping[str, Any]) -> str:
    """Return why a filter can't be asked for this; empty if it can."""
    if isinstance(need, Range):
        if need == Range():
            return "the conditions leave it open"
    else:
        if not need.values:
            return "no value meets it"
        if len(need.values) > 1 and not filter.several:
            return "Procore's filter accepts only one value"
        if len(need.values) > MOST_VALUES:
            return f"these are more than {MOST_VALUES} values"
        if any(isinstance(one, str) and not _is_plain(one) for one in need.values):
            return "Procore may read this text in another way"
    try:
        for name, value in given.items():
            if name not in spec.dates:
                as_sent(spec, name, value)
    except ParameterError:
        return "Procore's filter isn't known to take this"
    return ""


def _is_plain(text: str) -> bool:
    """Tell whether a text means nothing but itself: no range, no list, no blanks that may be cut off."""
    return (
        text.isprintable() and text == text.strip() and "..." not in text and not text.startswith(("[", '"'))
    )


def _in_words(column: str, need: Values | Range) -> str:
    if isinstance(need, Values):
        values = ", ".join(one_line(str(one)) for one in need.values[:3])
        more = f" and {len(need.values) - 3} more" if len(need.values) > 3 else ""
        return f"{column} = {values}{more}" if len(need.values) == 1 else f"{column} in {values}{more}"
    ends = [(word, end) for word, end in zip(("from", "to"), _ends(need), strict=True) if end is not None]
    return " ".join([column, *(f"{word} {end:%Y-%m-%d}" for word, end in ends)])


def _kept_here(
    spec: TableSpec, scans: Sequence[Scan], gone: set[str], reasons: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Give the conditions that aren't sent, each once, with the reason. Those that say which places to read aren't meant."""
    filters = {one.column: one for one in _filters(spec).values() if one.column}
    seen = {condition.sql for scan in scans for condition in scan.conditions if condition.column in gone}
    for scan in scans:
        for condition in scan.conditions:
            column = condition.column
            if column in gone | {*spec.place_columns, PROJECT_NAME} or condition.operator == "is not null":
                continue
            if condition.sql not in seen:
                seen.add(condition.sql)
                yield condition.sql, reasons.get(column) or _reason(filters.get(column), len(scans))
        if scan.sharpened and scan.sharpened not in seen:
            seen.add(scan.sharpened)
            yield scan.sharpened, "Procore has no filter for this"


def _reason(filter: Filter | None, scans: int) -> str:
    if filter is None:
        return "Procore has no filter for this"
    if not filter.sound:
        return "Procore's filter may leave out rows"
    if scans > 1:
        return "the table is read for other conditions too"
    return "Procore's filter doesn't compare so"
