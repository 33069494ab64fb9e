"""`Oddity`: one way in which Procore was seen to differ from its documents, or in which our catalog may be wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tornado.httputil import HTTPHeaders

from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Row, RowPlace
from procore_jupyter.demo.endpoint import Endpoint


@dataclass(frozen=True)
class Asked:
    """A request for a list that is about to be answered.

    Parameters
    ----------
    endpoint : Endpoint
        The list.
    query : mapping of str to str
        The query's parameters, the last one of each name.
    days : tuple of date or None
        The first and the last day of a list by day; None for any other.
    today : date
        The current day where the company is.
    rows_a_page : int or None
        Rows of the page that is asked for, at most; None for a list without pages.
    filters : mapping of str to bool
        The known filters that the query has, each with whether its name is marked as a list's: ``filters[status][]``.
    site : Site or None
        The project, if it is a list of one.
    parent : RowPlace or None
        The row whose rows are listed, if there is one.
    """

    endpoint: Endpoint
    query: Mapping[str, str]
    days: tuple[date, date] | None
    today: date
    rows_a_page: int | None
    filters: Mapping[str, bool]
    site: Site | None
    parent: RowPlace | None


@dataclass(frozen=True, kw_only=True)
class Oddity:
    """A switch of the demo, by its name.

    Parameters
    ----------
    name : str
        What ``--odd`` calls it.
    sentence : str
        What the stand-in does once it is on.
    seen : str
        Where and when somebody saw Procore do so; or that nobody has, and why it may be so.
    shuts_out : bool
        Whether nobody gets in with it: ``all`` leaves it out.
    parameters : mapping
        The parameters of the demo that it sets, by their names in `DemoParameters`.
    endpoint : callable, optional
        Returns how a list lists, from how it lists otherwise.
    refuse : callable, optional
        Raises `Refused` for what is not to be answered.
    rows : callable, optional
        Returns the rows of a list, from all of them.
    row : callable, optional
        Returns a row as it is sent, from the whole row.
    headers : callable, optional
        Returns an answer's headers, from those that it would have and the provider's time in seconds since the epoch.
    """

    name: str
    sentence: str
    seen: str
    shuts_out: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)
    endpoint: Callable[[Endpoint], Endpoint] | None = None
    refuse: Callable[[Asked], None] | None = None
    rows: Callable[[Sequence[Row], Asked], Sequence[Row]] | None = None
    row: Callable[[Row, Endpoint], Row] | None = None
    headers: Callable[[HTTPHeaders, float], HTTPHeaders] | None = None


@dataclass(frozen=True)
class Oddities:
    """The oddities that are switched on. The rooms of the demo ask it at each place where one may matter."""

    switched_on: tuple[Oddity, ...] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the demo that they set."""
        return {name: value for one in self.switched_on for name, value in one.parameters.items()}

    def endpoint(self, endpoint: Endpoint) -> Endpoint:
        """Return how a list lists."""
        for one in self.switched_on:
            if one.endpoint is not None:
                endpoint = one.endpoint(endpoint)
        return endpoint

    def refuse(self, asked: Asked) -> None:
        """Raise `Refused` for what is not to be answered."""
        for one in self.switched_on:
            if one.refuse is not None:
                one.refuse(asked)

    def rows(self, rows: Sequence[Row], asked: Asked) -> Sequence[Row]:
        """Return the rows of a list."""
        for one in self.switched_on:
            if one.rows is not None:
                rows = one.rows(rows, asked)
        return rows

    def row(self, row: Row, endpoint: Endpoint) -> Row:
        """Return a row as it is sent."""
        for one in self.switched_on:
            if one.row is not None:
                row = one.row(row, endpoint)
        return row

    def headers(self, headers: HTTPHeaders, now: float) -> HTTPHeaders:
        """Return the headers of an answer that is sent at `now`, in seconds since the epoch."""
        for one in self.switched_on:
            if one.headers is not None:
                headers = one.headers(headers, now)
        return headers


NONE = Oddities()
"""No oddity: the demo behaves as its parameters say."""
