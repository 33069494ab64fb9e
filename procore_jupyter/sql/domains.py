"""Domains: the values that a column of a scan may have in rows that the query needs, as far as they are known by now."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from procore_jupyter.sql.plan import Edge, ScanCondition
from procore_jupyter.sql.steps import Step, Values

Domains = Sequence[Mapping[str, Values]]
"""Values by column, of each step under its number."""

KeysOf = Callable[[Step, str], Values | None]
"""Returns the values of a step's column, whose rows are there; None if these are too many to narrow anything."""

FEW = 2
"""Whole numbers in a range that are taken one by one: two neighbours in a list arrive as a range."""


def domains_of(steps: Sequence[Step], edges: Sequence[Edge], keys: KeysOf) -> Domains:
    """Return what is known of the columns of the steps, above all of those whose rows aren't there yet.

    Keys go through steps that aren't fetched yet: what narrows one of them narrows what it narrows.

    Parameters
    ----------
    steps : sequence of Step
        The steps, each under its number.
    edges : sequence of Edge
        Which of them narrow which.
    keys : callable
        Finds the values of a step's column.
    """
    found: list[dict[str, Values]] = [{} for _ in steps]
    for step in steps:
        if step.waits:
            for column, values in _constants(step.scan.conditions):
                _narrow(found[step.number], column, values)
    useful = leading(edges, lambda edge: steps[edge.target].waits)
    out_of: dict[tuple[int, str], list[Edge]] = {}
    for edge in useful:
        out_of.setdefault((edge.source, edge.source_column), []).append(edge)
    waiting, queued = deque(useful), {*useful}
    while waiting:
        edge = waiting.popleft()
        queued.remove(edge)
        source = steps[edge.source]
        known = found[edge.source].get(edge.source_column)
        if not source.waits:
            # Rows that were fetched before something narrowed them: what they have beyond it isn't needed either.
            here = keys(source, edge.source_column)
            known = known if here is None else here if known is None else here & known
        if known is not None and _narrow(found[edge.target], edge.target_column, known):
            more = [one for one in out_of.get((edge.target, edge.target_column), ()) if one not in queued]
            waiting.extend(more)
            queued.update(more)
    return found


def leading(edges: Sequence[Edge], to: Callable[[Edge], bool]) -> Sequence[Edge]:
    """Return edges, each once: those of a kind, and those by which values come to them."""
    into: dict[tuple[int, str], list[Edge]] = {}
    for edge in edges:
        into.setdefault((edge.target, edge.target_column), []).append(edge)
    ahead = [edge for edge in edges if to(edge)]
    found = {*ahead}
    while ahead:
        edge = ahead.pop()
        for one in into.get((edge.source, edge.source_column), ()):
            if one not in found:
                found.add(one)
                ahead.append(one)
    return [edge for edge in dict.fromkeys(edges) if edge in found]


def _narrow(found: dict[str, Values], column: str, values: Values) -> bool:
    """Leave a column those of its values that are among some; return whether these are fewer, or the first that are known."""
    before = found.get(column)
    found[column] = values if before is None else before & values
    return before is None or len(found[column]) < len(before)


def _constants(conditions: Sequence[ScanCondition]) -> Iterator[tuple[str, Values]]:
    """Give the columns whose values stand in the query, and these."""
    ends: dict[str, dict[str, Any]] = {}
    for one in conditions:
        if one.operator in ("=", "in"):
            yield one.column, frozenset(one.values)
        elif one.operator in ("<", "<=", ">", ">=") and all(type(value) is int for value in one.values):
            first = one.operator.startswith(">")
            value = one.values[0] + {"<": -1, ">": 1}.get(one.operator, 0)
            known = ends.setdefault(one.column, {})
            known["first" if first else "last"] = (
                max(known.get("first", value), value) if first else min(known.get("last", value), value)
            )
    for column, known in ends.items():
        if len(known) == 2 and known["last"] - known["first"] < FEW:
            yield column, frozenset(range(known["first"], known["last"] + 1))


def apart(steps: Sequence[Step], edges: Sequence[Edge]) -> list[int]:
    """Return for each step a number that it shares with the steps that may narrow it, and with no other."""
    group = [*range(len(steps))]

    def of(number: int) -> int:
        while group[number] != number:
            number = group[number]
        return number

    pairs = [(edge.source, edge.target) for edge in edges]
    pairs += [(step.number, parent) for step in steps for some in step.parents.values() for parent in some]
    for one, other in pairs:
        group[of(one)] = of(other)
    return [of(number) for number in range(len(steps))]
