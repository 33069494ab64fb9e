"""`TableSpec`: what is known of a table before anything is asked: its address, its parameters, its columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from procore_jupyter.tables.definitions.evidence import Source

Scope = Literal["global", "company", "project"]

KINDS = (
    "id",
    "int",
    "float",
    "bool",
    "text",
    "money",
    "decimal",
    "quantity",
    "percent",
    "date",
    "timestamp",
    "record",
    "list",
    "any",
)
"""The kinds of columns, beside the names of records, lists (``[kind]``) and ``custom_fields``."""

SHAPES = (
    "array", "data", "object", "object_with_list", "object_with_groups", "groups", "values", "data_object", "data_values",
    "unknown",
)  # fmt: skip
"""The forms of answers, which tell where the rows are."""

V1_LARGEST = 1000
"""Rows a page of a list of version 1, if nothing is known of it: what such lists were seen to take. Procore's docs
recommend 2,000 at most (plan_your_app/pagination), which some refuse."""

NESTED_LARGEST = 100
"""Rows a page of a list below a row of another one, if nothing is known of it: more was seen to be refused."""

V2_LARGEST = 100
"""Rows a page of a list of version 2, if nothing is known of it: what Procore's docs name
(announcements/new_rest_v2_version), and more was seen to be refused."""

DATES = ("log_date", "start_date", "end_date")
"""The parameters that choose the days of a daily log."""

DAY_COLUMNS = ("date", "log_date")
"""The columns that have the day of a daily log, which these parameters choose."""

PLACEHOLDER = re.compile(r"{(\w+)}")
SCOPE_IDS = ("company_id", "project_id")

PROJECT_NAME = "project_name"
"""The column of the project's name, beside ``project_id``. A list of Procore's doesn't have it."""


def with_project_name(columns: Iterable[str]) -> tuple[str, ...]:
    """Return the columns that say where a row is from, with the project's name beside its id."""
    named = ((name, PROJECT_NAME) if name == "project_id" else (name,) for name in columns)
    return tuple(one for some in named for one in some)


def is_paged(shape: str, list_key: str) -> bool:
    """Tell whether pages can be asked for: not of a single record."""
    return shape != "object_with_groups" and not (shape in ("object", "data_object") and not list_key)


_NESTED = re.compile(r"/(?!companies/|projects/)\w+/(?:\d+|{\w+})/")


def is_version_2(path: str) -> bool:
    """Tell whether a list belongs to version 2 of the API, or a later one."""
    return re.match(r"/rest/v[2-9]", path) is not None


def usual_largest(path: str) -> int:
    """Return the rows a page to ask a list for of which nothing but the address is known."""
    if is_version_2(path):
        return V2_LARGEST
    return NESTED_LARGEST if _NESTED.search(path) else V1_LARGEST


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
class Overlap:
    """Parents that show the same again, so that one of them is chosen: each view of a budget shows all its amounts.

    Parameters
    ----------
    called : str
        The column of the parents' table that has their names.
    repeats : str
        What each of them shows again, in the plural: ``amounts``.
    """

    called: str
    repeats: str


@dataclass(frozen=True)
class Alternate:
    """Another address of the same list, for where the table's own is of no use.

    Parameters
    ----------
    path : str
        The address.
    when : "gone", "fails" or "empty"
        When to try it: the table's own address answers 404 or 410 (also if it does so here); or that, or the server fails at
        its smallest page; or it answers, with no row.
    shape, list_key, query, parents
        As in `TableSpec`.
    takes : tuple of str
        The table's conditions that the address is known to heed, by their names.
    """

    path: str
    when: Literal["gone", "fails", "empty"] = "gone"
    shape: str = "array"
    list_key: str = ""
    query: tuple[str, ...] = ()
    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    takes: tuple[str, ...] = ()


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
    remark : str
        What its fetched rows say of themselves (``.notes``), as it is easily overlooked: that some hold others, for instance.
    source : Source
        Where all this is from, and how sure it is.
    columns : mapping of str to str
        The kind of each column; empty if what arrives decides.
    others : "" or "money"
        ``money`` if columns that aren't declared are money where their values look like it; empty if what arrives
        decides.
    key : str
        The column that tells rows apart; empty if none does.
    shared_key : bool
        Whether rows of several projects may have the same key, as a vendor is on several projects.
    show : tuple of str
        The columns that are drawn first.
    query : tuple of str
        Parameters that are sent in the query every time: those of the scope, and others that the API requires.
    parents : mapping of str to tuple of str
        Parameters whose values are rows of other tables: those tables' columns as ``table.column``, none if they aren't
        known.
    overlaps : mapping of str to Overlap
        Those of these parameters whose parents show the same again. Such a one may be left out where there is one parent, and may
        be a parent's name.
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
    dates : tuple of str
        The parameters that choose the days, of `DATES`; empty if none does. Without them, the API answers with today
        alone, with nothing, or not at all.
    paged : bool
        Whether pages can be asked for: not of a single record.
    whole : bool
        Whether the list is documented to come whole. Pages are asked for all the same: some of these lists have them.
    largest_page : int
        Rows a page to ask for.
    limited : bool
        Whether no larger page is asked for, even if a person's ``PageSize`` says so: more is documented or was seen to be
        refused.
    shape : str
        Where in an answer the rows are: one of `SHAPES`.
    list_key : str
        The name under which the rows are in an answer, for the shapes that have one.
    probable : bool
        Whether the table is known from Procore's API description alone, and nobody has checked it.
    hides : bool
        Whether the list may also be empty for want of permission.
    alternates : tuple of Alternate
        Other addresses of the same list, in the order in which to try them.
    deprecated : bool
        Whether Procore says that the list is deprecated.
    """

    name: str
    path: str
    scope: Scope
    title: str = ""
    note: str = ""
    remark: str = ""
    source: Source = field(default_factory=Source)
    columns: Mapping[str, str] = field(default_factory=dict)
    others: str = ""
    key: str = "id"
    shared_key: bool = False
    show: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    overlaps: Mapping[str, Overlap] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    views: tuple[str, ...] = ()
    view_param: str = "view"
    default_view: str = ""
    sort: str = ""
    dates: tuple[str, ...] = ()
    paged: bool = True
    whole: bool = False
    largest_page: int = V1_LARGEST
    limited: bool = False
    shape: str = "array"
    list_key: str = ""
    probable: bool = False
    hides: bool = False
    alternates: tuple[Alternate, ...] = ()
    deprecated: bool = False

    def page_size(self, told: int | None) -> int:
        """Return the rows a page to ask for, if a person told a number of them."""
        if told is None or (told > self.largest_page and self.limited):
            return self.largest_page
        return told

    @property
    def in_path(self) -> tuple[str, ...]:
        """The parameters in the path."""
        return tuple(PLACEHOLDER.findall(self.path))

    @property
    def required(self) -> tuple[str, ...]:
        """The parameters that have to be given, without those of the scope."""
        others = [name for name in (*self.in_path, *self.query) if name not in SCOPE_IDS]
        return tuple(dict.fromkeys(name for name in (*self.parents, *others) if name not in self.overlaps))

    @property
    def day(self) -> str:
        """The column with the day that `dates` choose; empty if there is none."""
        days = (name for name in DAY_COLUMNS if self.columns.get(name) == "date")
        return next(days, "") if self.dates else ""

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
        place = with_project_name(self.place_columns)
        own = [name for name in self.columns if name not in place]
        return tuple(dict.fromkeys([*(name for name in own if name == self.key), *place, *own]))

    @property
    def parameters(self) -> tuple[str, ...]:
        """All parameters that may be given, the required ones first."""
        scope = {"global": (), "company": SCOPE_IDS[:1], "project": SCOPE_IDS[::-1]}[self.scope]
        view = (self.view_param,) if self.views else ()
        sort = ("sort",) if self.sort else ()
        return tuple(
            dict.fromkeys([*self.required, *scope, *self.overlaps, *self.dates, *self.filters, *view, *sort])
        )
