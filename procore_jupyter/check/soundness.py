"""Filters asked with values of a row that was seen: the row has to come again.

All filters of a table go out together, since together they take one request; only where the row doesn't come is a part of them
asked again.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from procore_jupyter.check.finding import FAILS, HOLDS, UNTOLD, Finding
from procore_jupyter.errors import ParameterError
from procore_jupyter.tables.parameters.conditions import sent

if TYPE_CHECKING:
    from procore_jupyter.check.reply import ListReply
    from procore_jupyter.tables.definitions.spec import Filter, TableSpec

DAY = datetime.timedelta(days=1)
"""By so much a range of times is widened at each end: nobody says in whose time zone a day ends."""

ROWS_BACK = 100
"""Rows a page of an answer in which the row is looked for."""

Params = list[tuple[str, Any]]
Ask = Callable[[Params], "ListReply"]
"""Asks the list with these parameters beside those that it needs."""


@dataclass(frozen=True)
class Trial:
    """Filters, and a row whose values they are asked with.

    Parameters
    ----------
    spec : TableSpec
        The table.
    row : mapping
        The row.
    params : mapping of str to list of (str, str)
        What is sent for each filter, by the filter's name.
    """

    spec: TableSpec
    row: Mapping[str, Any]
    params: Mapping[str, Params]

    @property
    def plain(self) -> list[str]:
        """The filters that are sent with one value, and neither as a list nor as a range."""
        return [
            name
            for name, sent_ in self.params.items()
            if not sent_[0][0].endswith("[]") and "..." not in sent_[0][1]
        ]

    def asked(self, ask: Ask, names: Sequence[str], *, listed: bool = False) -> ListReply:
        """Ask with some of the filters; if `listed`, the plain ones in the form of a list."""
        pairs = [pair for name in names for pair in self.params[name]]
        if listed:
            pairs = [
                (f"{name}[]" if "..." not in value and not name.endswith("[]") else name, value)
                for name, value in pairs
            ]
        return ask([*pairs, ("page", 1), ("per_page", min(ROWS_BACK, self.spec.largest_page))])

    def is_in(self, reply: ListReply) -> bool:
        """Tell whether the row came."""
        key = self.spec.key
        return any(str(row.get(key)) == str(self.row.get(key)) for row in reply.rows)

    def has_others(self, reply: ListReply) -> bool:
        """Tell whether rows came although their key is another than the one that was asked for."""
        key = self.spec.key
        asked = any((self.spec.filters[name].column or name) == key for name in self.params)
        return asked and any(str(row.get(key)) != str(self.row.get(key)) for row in reply.rows)


def trial_of(spec: TableSpec, rows: Sequence[Mapping[str, Any]]) -> Trial | None:
    """Return the sound filters of a table with the values of the row that has most of them; None if none has any."""
    found = None
    for row in rows if spec.key else ():
        params = {}
        for name, one in spec.filters.items():
            value = _value(one, row) if one.sound else None
            if value is not None:
                try:
                    params[name] = sent(spec, name, value)
                except ParameterError:
                    continue
        if params and row.get(spec.key) is not None and (found is None or len(params) > len(found.params)):
            found = Trial(spec, row, params)
    return found


def soundness(trial: Trial, ask: Ask) -> Iterator[Finding]:
    """Ask with all filters of a trial, and again where the row doesn't come; tell which are narrower than they must be.

    Parameters
    ----------
    trial : Trial
        The filters.
    ask : callable
        Asks the list; at most twice.
    """
    spec, names = trial.spec, [*trial.params]
    reply = trial.asked(ask, names)
    believed = "They return every row that has the value."
    if reply.fine and trial.is_in(reply):
        found = f"Filters return the row that has their values: {', '.join(names)}."
        yield Finding(spec.name, HOLDS, found, told=found)
        if trial.has_others(reply):
            ignored = f"There were rows that the filters should leave out ({', '.join(names)}): some filters are ignored."
            advice = "Filter the rows again where you use them."
            yield Finding(spec.name, FAILS, ignored, advice=advice, told=ignored, oddity="deaf-filters")
    elif reply.fine and len(reply.rows) >= ROWS_BACK:
        found = f"There were more rows than could be looked through, with {', '.join(names)}."
        yield Finding(spec.name, UNTOLD, found, told=found)
    elif reply.fine:
        narrow = names
        if len(names) > 1:
            half = names[: len(names) // 2]
            again = trial.asked(ask, half)
            if again.fine:
                narrow = names[len(half) :] if trial.is_in(again) else half
        found = f"{'One of these filters returns' if len(narrow) > 1 else 'This filter returns'}  fewer rows than it should: {', '.join(narrow)}."
        advice = "Until this is fixed, don't use it: filter the data frame instead. Please report it."
        yield Finding(
            spec.name,
            FAILS,
            found,
            believed=believed,
            advice=advice,
            told=found,
            facts={"filters": {name: {"sound": False} for name in narrow}},
        )
    elif reply.status in (400, 422):
        taken = bool(trial.plain) and trial.asked(ask, names, listed=True).fine
        refused = trial.plain if taken else names
        found = f"Refused: {', '.join(refused)} (HTTP {reply.status}: {reply.said})."
        yield Finding(
            spec.name,
            FAILS,
            f"{found} {'As a list they are accepted.' if taken else ''}".strip(),
            believed="These filters are accepted.",
            advice="They are then sent as a list automatically."
            if taken
            else "The rows are then filtered here.",
            told=f"Refused with {reply.status}: {', '.join(refused)}.{' As a list they are accepted.' if taken else ''}",
            said=reply.said,
            oddity="list-filters" if taken else "no-filters",
        )
    else:
        found = f"Filters couldn't be tried (HTTP {reply.status})."
        yield Finding(spec.name, UNTOLD, found, told=found, said=reply.said)


def _value(one: Filter, row: Mapping[str, Any]) -> Any:
    """Return the value of a row that a filter is asked with; None if it has none."""
    column = one.column or one.name
    value = row.get(column)
    if value is None and column.endswith("_id"):
        value = row.get(column.removesuffix("_id"))
    if isinstance(value, Mapping):
        value = value.get("id") if one.kind == "id" else None
    if value is None or isinstance(value, (list, dict)) or value == "":
        return None
    if not one.range:
        return value
    try:
        moment = datetime.datetime.fromisoformat(str(value))
        return (moment - DAY, moment + DAY)
    except (ValueError, OverflowError):
        return None
