"""What is said of an endpoint of the API: where it is, and how it lists. The endpoints are in `endpoints`."""

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
        The parameter: a part of the path, or of the query.
    tables : mapping of str to callable
        Where such ids are from: the tables, each with what gives a project's list of it.
    """

    name: str
    tables: Mapping[str, Callable[[Site], Sequence[Row]]]


@dataclass(frozen=True)
class Endpoint:
    """A list of the API.

    With version 2 in its path it wraps its rows as ``data``, and has ten a page and a hundred at most.

    Parameters
    ----------
    path : str
        Its path, with ``{names}`` for the parts that vary.
    tool : str
        The tool that must be switched on in a project, as people call it.
    rows : callable
        Gives the list: of a `Site` and, where there is a parent, of its place as well. With the scope
        "company" of a `Firm`, with the scope "global" of the person who asks.
    scope : "global", "company" or "project"
        What the path or the query must name.
    filters : str
        The filters that it knows, with spaces between. ``a=b.c,d`` means that filter ``a`` looks at what is
        in ``b`` as ``c``, and at ``d``.
    sort : str
        The parameter that sorts: ``sort``, ``sort[attribute]``, or none.
    views : str
        Values that ``view`` or ``serializer_view`` may have, with spaces between.
    extended : str
        Fields that only the view ``extended`` shows, with spaces between.
    parent : Parent or None
        Whose rows are listed, where that is to be said.
    names_project : bool
        Whether the project is named; if not, it is the parent's.
    paged : bool
        Whether it has pages; if not, all rows come at once.
    default_page, largest_page : int or None
        Rows of a page where nothing is asked for, and at most; None for what is usual.
    by_day : bool
        Whether it follows the rule of daily logs: without dates, only today's rows are listed. Then `rows`
        gives a `ByDay`.
    shape : "rows", "data" or "groups"
        A bare array, one in ``{"data": …}``, or an array of groups.
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
    shape: Literal["rows", "data", "groups"] = "rows"
    segments: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "segments", tuple(self.path.split("/")))
        if self.newer:
            object.__setattr__(self, "shape", "data")
            object.__setattr__(self, "largest_page", 100)

    @property
    def newer(self) -> bool:
        """Whether it is of version 2 of the API, with other habits."""
        return self.path.startswith("/rest/v2")

    @property
    def page_size(self) -> int:
        """Rows of a page where nothing is asked for."""
        return self.default_page or (10 if self.newer else 20)

    @cached_property
    def known_filters(self) -> Mapping[str, tuple[str, ...]]:
        """The filters by name, each with where it looks in a row."""
        pairs = (word.partition("=") for word in self.filters.split())
        return {name: tuple((places or name).split(",")) for name, _, places in pairs}

    def match(self, path: Sequence[str]) -> dict[str, str] | None:
        """Return the parts of a path, split at its slashes, that vary; None where it is another endpoint's."""
        if len(path) != len(self.segments):
            return None
        found = {}
        for own, given in zip(self.segments, path, strict=True):
            if own.startswith("{"):
                found[own[1:-1]] = given
            elif own != given:
                return None
        return found
