"""`Plan`: which tables a query reads, what of each, and which of them narrow which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Operator = Literal["=", "in", "<", "<=", ">", ">=", "is not null", ""]
"""How a column is compared; empty for a comparison that only its SQL says."""


@dataclass(frozen=True)
class ScanCondition:
    """A condition that rows of a scan have to meet, of one column; one that bounds the projects, of `project_id` and `project_name`.

    Parameters
    ----------
    column : str
        The column; a field of a record as ``assignee.id``.
    operator : str
        How it is compared.
    values : tuple
        What with, as Python has it.
    sql : str
        The condition as SQL. It may be weaker than the query's own, and never stronger.
    more : bool
        Whether it says more than that the column has one of the values.
    """

    column: str
    operator: Operator
    values: tuple[Any, ...]
    sql: str
    more: bool = False


@dataclass(frozen=True)
class Scan:
    """One reading of a table in a query. A table that is named twice is read by two scans.

    Parameters
    ----------
    number : int
        Its place in `Plan.scans`.
    table : str
        The table, as the catalog or the caller's frames name it; empty for values that the query itself lists, and for a union.
    columns : frozenset of str
        The columns that are read, those of the conditions too.
    conditions : tuple of ScanCondition
        What its rows must meet, all of it.
    sharpened : str
        What they must meet besides, as SQL: of the filter directly above the scan. Empty if nothing.
    frame : bool
        Whether it reads a frame of the caller's.
    values : mapping of str to tuple
        The columns of a list in the query itself.
    types : mapping of str to str
        Their types, as SQL.
    union : bool
        Whether its values are those of several other scans, which are the sources of the edges to it.
    above : bool
        Whether a condition on its projects stands where it leaves out none of its rows: above a LIMIT, say.
    generated : mapping of str to str
        Columns that an expression makes of another one, which is named beside it; each has its SQL as its name.
    """

    number: int
    table: str
    columns: frozenset[str]
    conditions: tuple[ScanCondition, ...] = ()
    sharpened: str = ""
    frame: bool = False
    values: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    union: bool = False
    above: bool = False
    generated: Mapping[str, str] = field(default_factory=dict)

    @property
    def fetched(self) -> bool:
        """Whether its rows come from Procore."""
        return bool(self.table) and not self.frame


@dataclass(frozen=True)
class Edge:
    """A narrowing: rows of one scan whose column has none of the values of another scan's column aren't needed.

    Parameters
    ----------
    source, source_column : int, str
        The scan that gives the values, and its column.
    target, target_column : int, str
        The scan that they narrow, and its column.
    """

    source: int
    source_column: str
    target: int
    target_column: str


@dataclass(frozen=True)
class Plan:
    """What a query reads.

    Parameters
    ----------
    scans : tuple of Scan
        The readings of tables.
    edges : tuple of Edge
        Which of them narrow which.
    limit : int or None
        If a query reads a single table row by row: the rows of its answer after which it needs no more of the table's.
    named : tuple of str
        The tables whose names occur in the query, as the catalog names them: those of the scans, and perhaps others.
    whole : bool
        Whether each table is read whole, as nobody could tell what the query needs of it.
    """

    scans: tuple[Scan, ...]
    edges: tuple[Edge, ...] = ()
    limit: int | None = None
    named: tuple[str, ...] = ()
    whole: bool = False
