"""`TableSpec`: what is known of a table before anything is asked: its address, its parameters, its columns."""

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
"""The kinds of columns, beside the names of records, lists (``[kind]``) and ``custom_fields``."""

SHAPES = (
    "array", "data", "object", "object_with_list", "groups", "values", "data_object", "data_values", "unknown",
)  # fmt: skip
"""The forms of answers, which tell where the rows are."""

V1_LARGEST = 2000
"""Rows a page of a list of version 1, if nothing is known of it: the most that Procore's docs recommend
(plan_your_app/pagination)."""

V2_LARGEST = 100
"""Rows a page of a list of version 2, if nothing is known of it: what Procore's docs name
(announcements/new_rest_v2_version)."""

DATES = ("log_date", "start_date", "end_date")
"""The parameters that choose the days of a daily log."""

PLACEHOLDER = re.compile(r"{(\w+)}")
SCOPE_IDS = ("company_id", "project_id")


@dataclass(frozen=True)
class Filter:
    """A condition that the API takes.

    Parameters
    ----------
    name : str
        The condition's name for people.
    param : str
        The condition's name in the API.
    kind : str
        The kind of its values: one of `KINDS`.
    several : bool
        Whether it takes several values, of which a row has to match one.
    range : bool
        Whether it takes a range: two ends, which both belong to it.
    choices : tuple
        The values that it is known to take; empty if it takes any.
    column : str
        The column that it compares; it may be none of the table's.
    sound : bool
        The API's filter is never narrower than ``column <op> value``, so SQL may push it down. A range of times is
        sound once it is widened by a day at each end: nobody says in whose time zone a day ends.
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
    name : str
        The table's name here.
    path : str
        The list's address in the API, with placeholders such as ``{project_id}``.
    scope : "global", "company" or "project"
        What a row belongs to.
    title : str
        The table's name on Procore's screens.
    note : str
        What is special about the table.
    source : str
        Where all this is from.
    columns : mapping of str to str
        The kind of each column; empty if what arrives decides.
    others : "" or "money"
        ``money`` if columns that aren't declared are money where their values look like it; empty if what arrives
        decides.
    key : str
        The column that tells rows apart; empty if none does.
    show : tuple of str
        The columns that are drawn first.
    query : tuple of str
        Parameters that are sent in the query every time: those of the scope, and others that the API requires.
    parents : mapping of str to str
        Parameters whose values are rows of another table: that table's column as ``table.column``, empty if it isn't
        known.
    filters : mapping of str to Filter
        The conditions that the API takes, by their names for people.
    fixed : mapping of str to str
        Parameters that are sent every time, with these values.
    views : tuple of str
        The sets of columns that the API offers.
    view_param : str
        The parameter that chooses the view.
    default_view : str
        The view that we choose; empty if the API chooses.
    sort : str
        The parameter that sorts; empty if there is none.
    dates : bool
        Whether `DATES` choose the days. Without them, the API answers with today alone.
    paged : bool
        Whether the rows come in pages.
    largest_page : int
        Rows a page to ask for.
    shape : str
        Where in an answer the rows are: one of `SHAPES`.
    list_key : str
        The name under which the rows are in an answer, for the shapes that have one.
    probable : bool
        Whether the table is known from Procore's API description alone, and nobody has checked it.
    deprecated : bool
        Whether Procore says that the list is deprecated.
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
        """The parameters in the path."""
        return tuple(PLACEHOLDER.findall(self.path))

    @property
    def required(self) -> tuple[str, ...]:
        """The parameters that have to be given, without those of the scope."""
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
        """All parameters that may be given, the required ones first."""
        scope = {"global": (), "company": SCOPE_IDS[:1], "project": SCOPE_IDS[::-1]}[self.scope]
        dates = DATES if self.dates else ()
        view = (self.view_param,) if self.views else ()
        sort = ("sort",) if self.sort else ()
        return tuple(dict.fromkeys([*self.required, *scope, *dates, *self.filters, *view, *sort]))
