"""Domains: the values that a column of a scan may have in rows that the query needs, as far as they are known by now."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from procore_jupyter.sql.plans.plan import Edge, ScanCondition
from procore_jupyter.sql.plans.steps import Step, Values

Domains = Sequence[Mapping[str, Values]]
"""Values by column, of each step under its number."""

KeysOf = Callable[[Step, str], Values | None]
"""Returns the values of a step's column, whose rows are there; None if these can't be told, or are too many to narrow anything."""

Column = tuple[int, str]
"""A column of a step, by the step's number."""

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
    together = _together(useful, steps)
    out_of: dict[tuple[int, str], list[int]] = {}
    for number, some in enumerate(together):
        for edge in some:
            out_of.setdefault((edge.source, edge.source_column), []).append(number)
    waiting, queued = deque(range(len(together))), {*range(len(together))}
    while waiting:
        number = waiting.popleft()
        queued.remove(number)
        target, column = together[number][0].target, together[number][0].target_column
        parts = [_known(steps[one.source], one.source_column, found, keys) for one in together[number]]
        known = [one for one in parts if one is not None]
        if len(known) < len(parts):
            continue
        if _narrow(found[target], column, known[0] if len(known) == 1 else frozenset().union(*known)):
            more = [one for one in out_of.get((target, column), ()) if one not in queued]
            waiting.extend(more)
            queued.update(more)
    return found


def _together(edges: Sequence[Edge], steps: Sequence[Step]) -> Sequence[Sequence[Edge]]:
    """Return edges, those together whose values are united: the edges to a union."""
    found: dict[object, list[Edge]] = {}
    for edge in edges:
        found.setdefault(edge.target if steps[edge.target].scan.union else edge, []).append(edge)
    return [*found.values()]


def _known(step: Step, column: str, found: Sequence[Mapping[str, Values]], keys: KeysOf) -> Values | None:
    """Return the values of a step's column by now."""
    values = found[step.number].get(column)
    if step.waits or step.scan.union:
        return values
    # Rows that were fetched before something narrowed them: what they have beyond it isn't needed either.
    here = keys(step, column)
    return values if here is None else here if values is None else here & values


def leading(edges: Sequence[Edge], to: Callable[[Edge], bool]) -> Sequence[Edge]:
    """Return edges, each once: those of a kind, and those by which values come to them."""
    into: dict[tuple[int, str], list[Edge]] = {}
    for edge in edges:
        into.setdefault((edge.target, edge.target_column), []).append(edge)
    ahead = [edge for edge in edges if to(edge)]
    found = {*ahead}
    while ahead:
        edge = ahead.pop()
        more = into.pop((edge.source, edge.source_column), ())  # once, however many edges lead from there
        ahead += [one for one in more if one not in found]
        found.update(more)
    return [edge for edge in dict.fromkeys(edges) if edge in found]


def side_by_side(
    ranked: Iterable[Step], steps: Sequence[Step], edges: Sequence[Edge], groups: Sequence[int]
) -> list[Step]:
    """Return of each group the first steps, as far as none of them narrows another.

    The parts of a union don't narrow each other through it: as long as one waits, the union has all values that it may have.

    Parameters
    ----------
    ranked : iterable of Step
        Steps that may be fetched, in the order in which they are wanted.
    steps : sequence of Step
        All steps.
    edges : sequence of Edge
        Which of them narrow which.
    groups : sequence of int
        The group of each step (`apart`).
    """
    next_to: dict[Column, set[Column]] = {}
    out_of: dict[int, set[Column]] = {}
    parts: dict[Column, set[Column]] = {}
    for edge in edges:
        source, target = (edge.source, edge.source_column), (edge.target, edge.target_column)
        next_to.setdefault(source, set()).add(target)
        out_of.setdefault(edge.source, set()).add(target)
        if steps[edge.target].scan.union:
            parts.setdefault(target, set()).add(source)

    def beyond(column: Column) -> set[Column]:
        # Of a step that is narrowed before it is fetched, all columns have fewer values.
        number = column[0]
        return out_of.get(number, set()) if steps[number].waits else next_to.get(column, set())

    def reached(begun: set[Column], known: set[Column], *, through_unions: bool) -> Iterator[Column]:
        ahead = begun - known
        while ahead:
            known |= ahead
            yield from ahead
            on = [one for one in ahead if through_unions or one not in parts]
            ahead = {target for one in on for target in beyond(one)} - known

    found: list[Step] = []
    known: set[Column] = set()
    narrowed: set[int] = set()
    ended: set[int] = set()
    for step in ranked:
        if step.number in narrowed:
            ended.add(groups[step.number])
        if groups[step.number] in ended:
            continue
        found.append(step)
        for one in reached(out_of.get(step.number, set()), known, through_unions=False):
            narrowed.add(one[0])
            if one in parts:
                others = {*reached({one}, set(), through_unions=True)} - parts[one]
                narrowed |= {number for number, _ in others}
    return found


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
