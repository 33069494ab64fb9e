"""`Endpoint`: the address of one of the API's lists, and how it lists. All of them are in `endpoints`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal, Protocol

from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Row


class ByDay(Protocol):
    """A list that is asked for by day."""

    def between(self, first: date, last: date) -> Sequence[Row]:
        """Return the rows of the days from `first` to `last`, both included."""


@dataclass(frozen=True)
class Parent:
    """A parameter that says whose rows are listed.

    Parameters
    ----------
    name : str
        The parameter, in the path or in the query.
    tables : mapping of str to callable
        The tables that its ids are from, each with the function that gives a project's list.
    """

    name: str
    tables: Mapping[str, Callable[[Site], Sequence[Row]]]


@dataclass(frozen=True)
class Endpoint:
    """A list of the API.

    A list of version 2 has its rows in ``data``: ten a page, and a hundred at most. A list below a row of another one has
    a hundred at most too.

    Parameters
    ----------
    path : str
        The path, with ``{names}`` for the parts that vary.
    tool : str
        The tool that has to be switched on in a project, by its name for people.
    rows : callable
        Gives the list from a `Site` and the parent's `RowPlace`, if there is a parent; from a `Firm` with the scope
        "company"; from the person who asks with the scope "global".
    scope : "global", "company" or "project"
        What the path or the query has to name.
    filters : str
        The names of its filters, with spaces between. With ``a=b.c,d``, filter ``a`` looks at field ``c`` of ``b``,
        and at ``d``.
    sort : str
        The parameter that sorts: ``sort``, ``sort[attribute]``, or empty for none.
    views : str
        Values that ``view`` or ``serializer_view`` may have, with spaces between.
    extended : str
        Fields that only the view ``extended`` shows, with spaces between.
    parent : Parent or None
        The parameter that says whose rows are listed, if there is one.
    names_project : bool
        Whether a parameter names the project; else it is the parent's.
    paged : bool
        Whether it has pages; else all rows come at once.
    default_page : int or None
        Rows a page if the query names no number; None for the usual number.
    largest_page : int or None
        Rows a page, at most; None for the usual number.
    by_day : bool
        Whether it lists only today's rows if the query names no dates, as daily logs do. Then `rows` gives a `ByDay`.
    approved_alone : bool
        Whether rows that aren't approved come only if the filter ``status`` asks for them, or for ``all``.
    needs_days : bool
        Whether the query has to name dates.
    shape : "rows", "data", "groups" or "record"
        A bare array, one in ``{"data": …}``, an array of groups, or the only row itself.
    groups : tuple of str
        The field by which rows are grouped, and the names of a group's title and of its rows.
    """

    path: str
    tool: str
    rows: Callable[..., Any]
    scope: Literal["global", "company", "project"] = "project"
    filters: str = ""
    sort: str = ""
    views: str = ""
    extended: str = ""
    parent: Parent | None = None
    names_project: bool = True
    paged: bool = True
    default_page: int | None = None
    largest_page: int | None = None
    by_day: bool = False
    approved_alone: bool = False
    needs_days: bool = False
    shape: Literal["rows", "data", "groups", "record"] = "rows"
    groups: tuple[str, str, str] = ("_group", "group_title", "meetings")
    segments: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "segments", tuple(self.path.split("/")))
        if self.newer:
            object.__setattr__(self, "shape", "data")
        if self.short_pages:
            object.__setattr__(self, "largest_page", 100)

    @property
    def newer(self) -> bool:
        """Whether it belongs to version 2 of the API."""
        return self.path.startswith("/rest/v2")

    @property
    def short_pages(self) -> bool:
        """Whether it has a hundred rows a page at most: it belongs to version 2, or its path names a row of another list."""
        return self.newer or (self.parent is not None and f"{{{self.parent.name}}}" in self.path)

    @property
    def page_size(self) -> int:
        """Rows a page if the query names no number."""
        return self.default_page or (10 if self.newer else 20)

    @cached_property
    def known_filters(self) -> Mapping[str, tuple[str, ...]]:
        """The filters by name, each with the fields that it looks at."""
        pairs = (word.partition("=") for word in self.filters.split())
        return {name: tuple((places or name).split(",")) for name, _, places in pairs}

    def match(self, path: Sequence[str]) -> dict[str, str] | None:
        """Return the varying parts of a path that is split at its slashes; None if it is another endpoint's path."""
        if len(path) != len(self.segments):
            return None
        found = {}
        for own, given in zip(self.segments, path, strict=True):
            if own.startswith("{"):
                found[own[1:-1]] = given
            elif own != given:
                return None
        return found
