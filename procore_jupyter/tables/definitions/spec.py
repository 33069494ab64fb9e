"""`TableSpec`: what is known of a table before anything is asked: where it is, what it takes, what it holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Scope = Literal["global", "company", "project"]

KINDS = (
    "id",
    "int",
    "float",
    "bool",
    "text",
    "money",
    "decimal",
    "date",
    "timestamp",
    "record",
    "list",
    "any",
)
"""What a column may be, beside the records' names, lists (``[kind]``) and ``custom_fields``."""

SHAPES = (
    "array",
    "data",
    "object",
    "object_with_list",
    "groups",
    "values",
    "data_object",
    "data_values",
    "unknown",
)

V1_LARGEST, V2_LARGEST = 2000, 100
"""Rows a page where nothing is known of a list: Procore's docs recommend at most 2000 (plan_your_app/pagination),
and say 100 of version 2 (announcements/new_rest_v2_version)."""

DATES = ("log_date", "start_date", "end_date")

PLACEHOLDER = re.compile(r"{(\w+)}")
SCOPE_IDS = ("company_id", "project_id")


@dataclass(frozen=True)
class Filter:
    """A condition that the API takes.

    Parameters
    ----------
    name : str
        What people call it.
    param : str
        What the API calls it.
    kind : str
        Of its values: one of `KINDS`.
    several : bool
        It takes several values, any of which may hold.
    range : bool
        It takes a range: two ends, both in it.
    choices : tuple
        The values that it is known to take; empty where it takes any.
    column : str
        The column that it is about; may be none of the table's.
    sound : bool
        The API surely returns at least every row that the same condition on the column keeps; of a range of times,
        once it is widened by a day at either end, since nobody says in whose time zone a day ends.
    """

    name: str
    param: str
    kind: str = "text"
    several: bool = False
    range: bool = False
    choices: tuple[str | int, ...] = ()
    column: str = ""
    sound: bool = False


@dataclass(frozen=True)
class TableSpec:
    """One table.

    Parameters
    ----------
    name, title, path, note, source : str
        What it is called here and on Procore's screens, where it is, what one should know, where that is from.
    scope : "global", "company" or "project"
        What a row belongs to.
    columns : mapping of str to str
        Kinds by name; empty where what arrives decides.
    others : "" or "money"
        What columns that aren't declared are where their values look like it; empty where what arrives decides.
    key : str
        The column that tells rows apart; empty where none does.
    show : tuple of str
        The columns that are drawn first.
    query : tuple of str
        Parameters that go into the query and are always there: of the scope, and others that the API requires.
    parents : mapping of str to str
        Parameters whose values are rows of another table: that table's column as ``table.column``, empty where it
        isn't known which.
    filters : mapping of str to Filter
    fixed : mapping of str to str
        Parameters that are always sent.
    views, view_param, default_view : tuple of str, str, str
        The sets of columns that the API offers, the parameter that chooses, and what we choose; empty: the API does.
    sort : str
        The parameter that sorts; empty where there is none.
    dates : bool
        Days are chosen by `DATES`; without them the API answers with today alone.
    paged : bool
        Whether it comes in pages.
    largest_page : int
        Rows a page to ask for.
    shape, list_key : str
        Where in an answer the rows are.
    probable : bool
        Nobody has gone over it by hand.
    deprecated : bool
        Procore says so.
    """

    name: str
    path: str
    scope: Scope
    title: str = ""
    note: str = ""
    source: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    others: str = ""
    key: str = "id"
    show: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    parents: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    views: tuple[str, ...] = ()
    view_param: str = "view"
    default_view: str = ""
    sort: str = ""
    dates: bool = False
    paged: bool = True
    largest_page: int = V1_LARGEST
    shape: str = "array"
    list_key: str = ""
    probable: bool = False
    deprecated: bool = False

    @property
    def in_path(self) -> tuple[str, ...]:
        """The parameters that the path holds."""
        return tuple(PLACEHOLDER.findall(self.path))

    @property
    def required(self) -> tuple[str, ...]:
        """The parameters without which nothing can be asked, the scope's apart."""
        others = [name for name in (*self.in_path, *self.query) if name not in SCOPE_IDS]
        return tuple(dict.fromkeys([*self.parents, *others]))

    @property
    def place_columns(self) -> tuple[str, ...]:
        """The columns that say which company, project and parent a row is from; every row has them."""
        scope = {"global": (), "company": SCOPE_IDS[:1], "project": SCOPE_IDS}[self.scope]
        return (*scope, *self.parents)

    @property
    def known_columns(self) -> tuple[str, ...]:
        """All columns known before fetching, in their order: key, place, others. Empty if what arrives decides."""
        if not self.columns:
            return ()
        own = [name for name in self.columns if name not in self.place_columns]
        return tuple(dict.fromkeys([*(name for name in own if name == self.key), *self.place_columns, *own]))

    @property
    def parameters(self) -> tuple[str, ...]:
        """All that may be given, what is required first."""
        scope = {"global": (), "company": SCOPE_IDS[:1], "project": SCOPE_IDS[1:] + SCOPE_IDS[:1]}[self.scope]
        return tuple(
            dict.fromkeys(
                [
                    *self.required,
                    *scope,
                    *(DATES if self.dates else ()),
                    *self.filters,
                    *([self.view_param] if self.views else ()),
                    *(["sort"] if self.sort else ()),
                ]
            )
        )
