"""`Findings`: what a walk over a plan finds, and the plan that is made of it."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from procore_jupyter.sql.plans.listed import Listed
from procore_jupyter.sql.plans.literals import INTEGERS, Unknown, quoted, type_of, value_of
from procore_jupyter.sql.plans.plan import Edge, Plan, Scan, ScanCondition
from procore_jupyter.sql.plans.plan_columns import ColumnOrigin, PlanColumn
from procore_jupyter.sql.plans.plan_expressions import (
    OF_TIME,
    UNKNOWN,
    Json,
    bound,
    calls,
    cast,
    said,
    written,
)
from procore_jupyter.sql.plans.steps import PROJECT

SIMPLE = frozenset(["BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "VARCHAR"])
"""The types of values that the query lists of which expressions are looked at."""

_CONSTANT = -1
"""The number that stands for a scan where a value of the query itself is meant."""


@dataclasses.dataclass(frozen=True)
class Doubt:
    """An expression that was written as SQL.

    Parameters
    ----------
    table : str
        The table whose columns it mentions; empty for values that the query lists.
    sql : str
        It as SQL.
    expression : mapping or None
        What DuckDB has to make of it (`plan_expressions.bound`), with `column` in place of each column. None if it has to be
        untrue where the table has no row.
    columns : str
        The columns of values that the query lists, with their types as SQL.
    """

    table: str
    sql: str
    expression: Json | None = dataclasses.field(hash=False)
    columns: str = ""


Confirm = Callable[[Sequence[Doubt]], Collection[Doubt]]
"""Returns those expressions of which DuckDB makes the same."""

Part = tuple[int, str, bool]
"""An expression of a scan, as SQL; and whether it has to be untrue where there is no row."""


def column(name: str, mention: Json) -> Json:
    """Return what stands for the mention of a column in an expression."""
    return {"column": name, "type": mention["return_type"]["id"]}


def _other_kind(origin: ColumnOrigin, mention: Json) -> str:
    """Return the type of an origin that a whole number of another type stands for; empty if it is of the same type."""
    kinds = {origin.kind, mention["return_type"]["id"]}
    return origin.kind if len(kinds) == 2 and kinds <= INTEGERS else ""


def _mentioned(origin: ColumnOrigin, mention: Json) -> str:
    if not _other_kind(origin, mention):
        return origin.sql
    return f"CAST({origin.sql} AS {type_of(mention['return_type'])})"


def _has_value(sql: str) -> str:
    return f"({sql}) IS NOT NULL"


class Writing:
    """Writes expressions of a scan's columns as SQL.

    Parameters
    ----------
    findings : Findings
        Takes them.
    scan : int
        The scan.
    origin : callable
        Returns the origin of a column by its number. Raises `Unknown` for one that isn't meant.
    """

    def __init__(self, findings: Findings, scan: int, origin: Callable[[int], ColumnOrigin]) -> None:
        self._findings, self._scan, self._origin = findings, scan, origin
        self._taken: list[Part] = []

    def write(self, expression: Json) -> str:
        """Return an expression as SQL. Raises `Unknown` or the like if it isn't one of these columns alone."""
        sql = self._findings.written(self._scan, expression, self._origin)
        self._taken += self._findings.calls[self._scan, sql]
        return sql

    def name(self, index: int) -> str:
        """Return the name of a column. Raises `Unknown` if it is an expression."""
        origin = self._origin(index)
        if origin.made:
            raise Unknown("an expression")
        return origin.column

    def taken(self) -> tuple[Part, ...]:
        """Return what was written since it was asked last."""
        found, self._taken = tuple(self._taken), []
        return found


class Findings:
    """Takes what a walk finds.

    Parameters
    ----------
    clock : bool
        Whether the query asks for the current time.
    confirm : callable
        Returns those expressions whose SQL means the same.

    Attributes
    ----------
    scans : list of Scan
        The scans, each under its number.
    calls : dict
        The calls of functions in each expression of a scan.
    """

    def __init__(self, clock: bool, confirm: Confirm) -> None:
        self.clock, self._confirm = clock, confirm
        self.scans: list[Scan] = []
        self._conditions: dict[int, dict[ScanCondition, tuple[Part, ...]]] = defaultdict(dict)
        self._listed_ones: set[tuple[int, str, frozenset[Any]]] = set()  # values in conditions, by column
        self._sharpened: dict[int, dict[str, tuple[Part, ...]]] = defaultdict(dict)
        self._narrowing: dict[tuple[tuple[ColumnOrigin, ...], ColumnOrigin], None] = {}
        self._rounds: dict[ColumnOrigin, tuple[ColumnOrigin, ...]] = {}
        self._constants: dict[ColumnOrigin, tuple[Any, Json]] = {}
        self._written: dict[Part, Json | None] = {}
        self.calls: dict[tuple[int, str], tuple[Part, ...]] = {}

    # Scans

    def add_scan(self, table: str, columns: frozenset[str], *, frame: bool) -> int:
        """Add the reading of a table. Return its number."""
        self.scans.append(Scan(len(self.scans), table, columns, frame=frame))
        return self.scans[-1].number

    def listed(self, values: Listed) -> PlanColumn | None:
        """Return the column of values that stand in the query; None if their type isn't known here."""
        try:
            kind = self._lasting(values.kind)
        except Unknown:
            return None
        number, known = len(self.scans), {"0": tuple(dict.fromkeys(values.values))}
        self.scans.append(Scan(number, "", frozenset(known), values=known, types={"0": kind}))
        return PlanColumn((ColumnOrigin(number, "0", kind),), never_null=None not in known["0"])

    def _lasting(self, kind: Json) -> str:
        """Return the type of values as SQL. Raises `Unknown` for one that isn't known here, or whose values may be others later."""
        found = type_of(kind)
        if self.clock and OF_TIME.search(found):
            raise Unknown("the current time")
        return found

    # Conditions

    def writing(self, scan: int, origin: Callable[[int], ColumnOrigin]) -> Writing:
        """Return what writes expressions of a scan's columns."""
        return Writing(self, scan, origin)

    def add_condition(self, scan: int, condition: ScanCondition, parts: tuple[Part, ...]) -> None:
        """Add what a scan's rows must meet, with the expressions in it that have to be confirmed."""
        self._conditions[scan].setdefault(condition, parts)
        if condition.operator in ("=", "in"):
            self._listed_ones.add((scan, condition.column, frozenset(condition.values)))

    def sharpen(self, scan: int, sql: str, parts: tuple[Part, ...]) -> None:
        """Add what a scan's rows must meet besides, with the expressions in it that have to be confirmed."""
        self._sharpened[scan][sql] = parts

    def bound(
        self, scan: int, expression: Json, known: Mapping[int, ColumnOrigin], *, padded: bool = False
    ) -> None:
        """Add what an expression that holds says of a scan's projects.

        Parameters
        ----------
        scan : int
            The scan.
        expression : mapping
            The expression.
        known : mapping of int to ColumnOrigin
            Its columns that are of these projects.
        padded : bool
            Whether they may be those of no row: then what is said has to be untrue of it.
        """
        if not self.scans[scan].fetched:
            return

        def origin(index: int) -> ColumnOrigin:
            if index not in known:
                raise Unknown("another column")
            return known[index]

        writing = self.writing(scan, origin)
        try:
            found = said(expression, writing.write, writing.name)
        except UNKNOWN:
            return
        listed = found.column in PROJECT and bool(found.values)
        name = found.column if listed else next(iter(known.values())).column
        condition = ScanCondition(
            name, "in" if listed else "", found.values if listed else (), found.sql, found.more
        )
        if listed and not found.more and (scan, name, frozenset(found.values)) in self._listed_ones:
            return
        parts = writing.taken()
        if padded:
            parts = (*parts, (scan, found.sql, True))
            self._written[parts[-1]] = None
        self.add_condition(scan, condition, parts)

    def stands_above(self, scan: int) -> None:
        """Note that a condition on a scan's projects stands where it leaves out none of its rows."""
        if scan >= 0 and self.scans[scan].fetched:
            self.scans[scan] = dataclasses.replace(self.scans[scan], above=True)

    # Expressions

    def written(self, scan: int, expression: Json, origin: Callable[[int], ColumnOrigin]) -> str:
        """Return an expression of a scan's columns as SQL."""
        sql = self._noted(scan, expression, origin)
        parts: list[Part] = []
        for one in calls(expression):
            if one["expression_class"] == "BOUND_REF":
                parts += self.calls.get((scan, origin(one["index"]).made), ())
            else:
                call = sql if one is expression else self._noted(scan, one, origin)
                parts.append((scan, call, False))
        self.calls[scan, sql] = tuple(parts)
        return sql

    def _noted(self, scan: int, expression: Json, origin: Callable[[int], ColumnOrigin]) -> str:
        sql = written(expression, lambda one: _mentioned(origin(one["index"]), one), clock=self.clock)
        if expression["expression_class"] != "BOUND_REF":
            mentioned = bound(expression, lambda one: self._bound(origin(one["index"]), one))
            if self._written.setdefault((scan, sql, False), mentioned) != mentioned:
                raise Unknown("two expressions of one text")
        return sql

    def _bound(self, origin: ColumnOrigin, mention: Json) -> Json | None:
        kind = _other_kind(origin, mention)
        own = {**mention, "return_type": {"id": kind, "type_info": None}} if kind else mention
        found = self._written[origin.scan, origin.made, False] if origin.made else column(origin.column, own)
        return cast(found, own["return_type"], mention["return_type"]) if kind else found

    def made(self, origin: ColumnOrigin, expression: Json, padded: bool) -> ColumnOrigin:
        """Return what an expression makes of an origin. Raises `Unknown` if that can't be told.

        Parameters
        ----------
        origin : ColumnOrigin
            The origin, to which all its columns lead.
        expression : mapping
            The expression.
        padded : bool
            Whether the origin may be the NULL of rows without a match.
        """
        if origin.scan == _CONSTANT:
            (origin,) = self._listed([origin])
        if origin.scan < 0:
            raise Unknown("no scan")
        if not {*self.scans[origin.scan].types.values()} <= SIMPLE:
            raise Unknown("a type")
        sql = self.written(origin.scan, expression, lambda index: origin)
        kind = expression.get("return_type", {}).get("id", "")
        padded = padded or origin.padded
        if padded:
            self._written[origin.scan, _has_value(sql), True] = None
        return ColumnOrigin(origin.scan, origin.column, kind, sql, padded)

    def constant(self, value: Json) -> PlanColumn | None:
        """Return the column that has a single value, which stands in the query."""
        try:
            found, kind = value_of(value), self._lasting(value["type"])
        except UNKNOWN:
            return None
        if found is None:
            return None
        origin = ColumnOrigin(_CONSTANT, f"{kind} {found}")
        self._constants[origin] = found, value["type"]
        return PlanColumn((origin,), never_null=True)

    def _listed(self, constants: Sequence[ColumnOrigin]) -> tuple[ColumnOrigin, ...]:
        """Return the origin that has the values of some constants of one type."""
        values, kinds = zip(*(self._constants[one] for one in constants), strict=True)
        column = self.listed(Listed(values, kinds[0]))
        return column.values if column else ()

    # Recursion

    @staticmethod
    def rounds(number: int, place: int) -> ColumnOrigin:
        """Return what stands for a column of a recursion, all rounds together."""
        return ColumnOrigin(_CONSTANT - 1 - number, str(place))

    def add_round(self, origin: ColumnOrigin, values: tuple[ColumnOrigin, ...]) -> None:
        """Add what the values of such a column come from; nothing if it isn't known."""
        self._rounds[origin] = values

    def _origins(self, values: tuple[ColumnOrigin, ...]) -> list[ColumnOrigin] | None:
        """Return what values come from, those of recursions too; None if it isn't known."""
        found: dict[ColumnOrigin, None] = {}
        waiting = [*values]
        while waiting:
            one = waiting.pop(0)
            if one in found:
                continue
            found[one] = None
            if one.scan < _CONSTANT:
                if not self._rounds.get(one):
                    return None
                waiting += self._rounds[one]
        return [one for one in found if one.scan >= _CONSTANT] or None

    # Narrowing

    def narrow(self, source: PlanColumn, target: PlanColumn) -> None:
        """Note that rows whose column has none of the values of another one aren't needed."""
        for one in target.narrowed if source.values else ():
            if self.scans[one.scan].fetched and (not one.made or one.column in PROJECT):
                self._narrowing[source.values, one] = None

    def _parts(self, origin: ColumnOrigin) -> tuple[Part, ...]:
        """Return what has to be confirmed of an origin."""
        has_value = [(origin.scan, _has_value(origin.made), True)] if origin.padded else []
        return (*self.calls[origin.scan, origin.made], *has_value) if origin.made else ()

    # The plan

    def plan(self, limit: int | None) -> Plan:
        """Return the plan.

        Parameters
        ----------
        limit : int or None
            As `Plan.limit`.
        """
        narrowing = [
            (origins, target)
            for values, target in self._narrowing
            if (origins := self._sources(values, target)) is not None
        ]
        confirmed = self._confirmed(narrowing)
        for scan in [*self.scans]:
            conditions = tuple(
                one for one, parts in self._conditions[scan.number].items() if confirmed.issuperset(parts)
            )
            sharpened = " AND ".join(
                sql for sql, parts in self._sharpened[scan.number].items() if confirmed.issuperset(parts)
            )
            self.scans[scan.number] = dataclasses.replace(scan, conditions=conditions, sharpened=sharpened)
        edges: dict[Edge, None] = {}
        united: dict[tuple[ColumnOrigin, ...], ColumnOrigin] = {}
        for origins, target in narrowing:
            if confirmed.issuperset(part for one in (*origins, target) for part in self._parts(one)):
                source = united.get(origins) or self._one_source(origins, edges)
                united[origins] = source
                for one in (source, target):
                    self._generate(one)
                edges[Edge(source.scan, source.name, target.scan, target.name)] = None
        return Plan(tuple(self.scans), tuple(edges), limit)

    def _sources(
        self, values: tuple[ColumnOrigin, ...], target: ColumnOrigin
    ) -> tuple[ColumnOrigin, ...] | None:
        """Return the origins whose values leave rows of a target out; None if that isn't known before it is read."""
        origins = self._origins(values)
        # A round of a recursion that looks for its own values finds none but those of the first rows.
        others = [one for one in origins or () if (one.scan, one.name) != (target.scan, target.name)]
        return None if not others or any(one.scan == target.scan for one in others) else tuple(others)

    def _confirmed(self, narrowing: Sequence[tuple[tuple[ColumnOrigin, ...], ColumnOrigin]]) -> set[Part]:
        """Return the expressions in use that DuckDB confirms; a column is one of itself."""
        used = {
            part
            for found in (self._conditions, self._sharpened)
            for some in found.values()
            for parts in some.values()
            for part in parts
        }
        used |= {
            part for origins, target in narrowing for one in (*origins, target) for part in self._parts(one)
        }
        doubts = {
            part: Doubt(
                self.scans[part[0]].table, part[1], self._written[part], self._listed_columns(part[0])
            )
            for part in sorted(used)
            if part in self._written
        }
        confirmed = {*self._confirm([*dict.fromkeys(doubts.values())])} if doubts else {*()}
        return {part for part in used if part not in doubts or doubts[part] in confirmed}

    def _listed_columns(self, scan: int) -> str:
        return ", ".join(f"{quoted(name)} {kind}" for name, kind in self.scans[scan].types.items())

    def _one_source(self, origins: tuple[ColumnOrigin, ...], edges: dict[Edge, None]) -> ColumnOrigin:
        """Return the origin that has the values of all of some."""
        constants = [one for one in origins if one.scan == _CONSTANT]
        scanned = [one for one in origins if one.scan != _CONSTANT]
        scanned += self._listed(constants) if constants else ()
        if len(scanned) == 1:
            return scanned[0]
        self.scans.append(Scan(len(self.scans), "", frozenset("0"), union=True))
        found = ColumnOrigin(self.scans[-1].number, "0")
        for one in scanned:
            self._generate(one)
            edges[Edge(one.scan, one.name, found.scan, found.name)] = None
        return found

    def _generate(self, origin: ColumnOrigin) -> None:
        """Add the column that an expression makes to those of its scan."""
        scan = self.scans[origin.scan]
        if origin.made and origin.made not in scan.generated:
            generated = {**scan.generated, origin.made: origin.column}
            self.scans[origin.scan] = dataclasses.replace(scan, generated=generated)
