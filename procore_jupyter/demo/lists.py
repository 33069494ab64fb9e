"""How the API lists: from a path and a query to the rows of a page, or to a refusal."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from procore_jupyter.demo.company import locations
from procore_jupyter.demo.company.records import LAST_DAY, Records, Site
from procore_jupyter.demo.company.rows import Row, RowPlace
from procore_jupyter.demo.endpoint import ByDay, Endpoint
from procore_jupyter.demo.filters import Wanted, filters_of, keeper
from procore_jupyter.demo.oddity import Asked
from procore_jupyter.demo.pagination import page_asked_for
from procore_jupyter.demo.refusals import Refused, bad_parameter, not_found, said
from procore_jupyter.demo.rest_api import COMPANY_HEADER, ApiHandler
from procore_jupyter.demo.selections import Selections, order_of
from procore_jupyter.demo.views import view_of

COMPANY_ZONE = timezone(timedelta(hours=-8))
"""Where the companies are: on the American west coast."""


@dataclass
class Shelf:
    """What lists are made of: the present records, and the latest selections of rows."""

    records: Callable[[], Records]
    selections: Selections


class ListHandler(ApiHandler):
    """Any list of the API; answers 404 to an unknown path."""

    shelf: Shelf
    endpoint: Endpoint | None
    named: dict[str, str]

    def initialize(self, **given: Any) -> None:
        """Find the endpoint of the path."""
        # Imported at the first list: the tables are some thirty modules, and a sign-in needs none of them.
        from procore_jupyter.demo.endpoints import endpoint_at

        super().initialize(**given)
        self.endpoint, self.named = endpoint_at(self.request.path)

    async def prepare(self) -> None:
        """Answer 404 for an unknown path, if the request is let in."""
        await super().prepare()
        if self.endpoint is None and not self._finished:
            self.refuse_with(Refused(404, {"message": "Not Found", "exception": "RoutingError"}))

    def company_needed(self) -> bool:
        """Tell whether the header is needed: not for the list of companies, by which people find them."""
        return self.endpoint is None or self.endpoint.scope != "global"

    def get(self) -> None:
        """Answer with a list, or refuse."""
        assert self.endpoint is not None
        try:
            self._list(self.endpoint)
        except Refused as refused:
            self.refuse_with(refused)

    def _list(self, endpoint: Endpoint) -> None:
        parameters = self.stage.parameters()
        endpoint = parameters.odd.endpoint(endpoint)
        of = self._of(endpoint)
        made, days = endpoint.rows(*of), None
        if endpoint.by_day:
            by_day: ByDay = made
            days = self._days(endpoint)
            inside = timedelta(days=parameters.filters == "exclusive")
            made = by_day.between(days[0] + inside, days[1] - inside)
        query = self.query()
        page = page_asked_for(query, self.request.path, endpoint, parameters) if endpoint.paged else None
        site, parent = of if len(of) > 1 else (of[0] if endpoint.scope == "project" else None, None)
        wanted = filters_of(self.request.query_arguments, endpoint.known_filters)
        asked = Asked(
            endpoint=endpoint,
            query=query,
            days=days,
            today=self._today(),
            rows_a_page=None if page is None else page.size,
            filters={name: f"filters[{name}]" not in query for name, _ in wanted},
            site=site,
            parent=parent,
        )
        parameters.odd.refuse(asked)
        rows = parameters.odd.rows(self._selected(endpoint, of, days, made, wanted), asked)
        whole = view_of(query.get("view") or query.get("serializer_view") or "", endpoint)

        def show(row: Row) -> Row:
            return parameters.odd.row(whole(row), endpoint)

        if page is None:
            self._answer(endpoint, rows[:], show)
            return
        address = f"{self.request.protocol}://{self.request.host}{self.request.path}"
        for name, value in page.headers(address, len(rows)).items():
            self.set_header(name, value)
        self._answer(endpoint, rows[page.places], show)

    def _answer(self, endpoint: Endpoint, rows: Sequence[Row], show: Callable[[Row], Row]) -> None:
        match endpoint.shape:
            case "groups":
                # Rows are what a page counts: a group that is cut by the page's end goes on in the next page.
                field, title, inside = endpoint.groups
                groups = itertools.groupby(rows, lambda row: str(row[field]))
                self.write_json([{title: name, inside: [show(row) for row in some]} for name, some in groups])
            case "data":
                self.write_json({"data": [show(row) for row in rows]})
            case "record":
                self.write_json(show(rows[0]))
            case "rows":
                self.write_json([show(row) for row in rows])

    # What is listed

    def _of(self, endpoint: Endpoint) -> tuple[Any, ...]:
        """Return the arguments of `Endpoint.rows`: the person, the company, or the project and the parent."""
        if endpoint.scope == "global":
            return (self.person,)
        records = self.shelf.records()
        if endpoint.scope == "company":
            return (records.firm(self._company(endpoint, self._given(endpoint, "company_id"))),)
        if "company_id" in self.named:
            self._company(endpoint, self.named["company_id"])
        site = self._site(endpoint, records)
        if endpoint.tool in self.stage.parameters().switched_off.get(site.project.id, ()):
            raise Refused(
                403,
                {"errors": f"The {endpoint.tool} tool is not enabled for the project {site.project.name}."},
            )
        return (site,) if endpoint.parent is None else (site, self._parent(endpoint, site))

    def _given(self, endpoint: Endpoint, name: str) -> str:
        given = self.named.get(name) or self.query().get(name)
        if not given:
            raise bad_parameter(name, "can't be blank", newer=endpoint.newer)
        return given

    def _company(self, endpoint: Endpoint, given: str) -> int:
        company = self.check_company(given)
        if given != self.request.headers.get(COMPANY_HEADER):
            reason = "company_id and Procore-Company-Id name two companies"
            if endpoint.newer:
                raise bad_parameter("company_id", reason, newer=True)
            raise Refused(400, {"error": "Bad Request", "reason": reason})
        return company

    def _site(self, endpoint: Endpoint, records: Records) -> Site:
        if endpoint.names_project:
            site = records.site(_number(self._given(endpoint, "project_id")))
        else:
            assert endpoint.parent is not None
            parent = _number(self._given(endpoint, endpoint.parent.name))
            found = (records.site_with(table, parent) for table in endpoint.parent.tables)
            site = next((one for one in found if one is not None), None)
        if site is None or str(site.project.company.id) != self.request.headers.get(COMPANY_HEADER):
            raise not_found("Project", newer=endpoint.newer)
        return site

    def _parent(self, endpoint: Endpoint, site: Site) -> RowPlace:
        assert endpoint.parent is not None
        wanted = _number(self._given(endpoint, endpoint.parent.name))
        for table, rows in endpoint.parent.tables.items():
            index = site.index(table, wanted)
            if index is not None and index < len(rows(site)):
                return RowPlace(table, index)
        raise not_found(endpoint.parent.name.removesuffix("_id").replace("_", " "), newer=endpoint.newer)

    # Which rows

    def _today(self) -> date:
        """Return the current day where the company is."""
        return datetime.fromtimestamp(self.stage.clock(), COMPANY_ZONE).date()

    def _days(self, endpoint: Endpoint) -> tuple[date, date]:
        """Return the first and the last day that a query names; today, where the company is, if it names none."""
        query, today = self.query(), self._today()
        if "log_date" in query and not endpoint.needs_days:
            return _day(query, "log_date"), _day(query, "log_date")
        if "start_date" in query or "end_date" in query:
            first, last = _day(query, "start_date"), _day(query, "end_date")
            if last > max(today, LAST_DAY) and not self.stage.parameters().ahead:
                raise said(400, "The End Date parameter cannot exceed the current day.")
            return first, last
        if endpoint.needs_days:
            raise said(400, "The Start Date and End Date parameters are required")
        return today, today

    def _selected(
        self,
        endpoint: Endpoint,
        of: tuple[Any, ...],
        days: tuple[date, date] | None,
        rows: Sequence[Row],
        filters: Wanted,
    ) -> Sequence[Row]:
        wanted = dict(filters)
        if "by_status" in endpoint.known_filters:
            _apply_status(wanted)
        if endpoint.approved_alone:
            status = wanted.pop(("status", ""), ("approved",))
            if "all" not in status:
                wanted["status", ""] = status
        below = wanted.pop(("include_sublocations", ""), ("false",))
        if below[-1] in ("true", "1"):
            for name in [name for name in wanted if name[0] == "location_id"]:
                wanted[name] = tuple(sorted(locations.with_sublocations(of[0], {*wanted[name]})))
        order = order_of(lambda name: self.query().get(name, ""), endpoint.sort)
        behavior = self.stage.parameters().filters
        keep = keeper(wanted, endpoint.known_filters, behavior) if wanted else None
        key = (endpoint.path, of, days, tuple(sorted(wanted.items())), tuple(order), behavior)
        return self.shelf.selections.select(key, rows, keep, order)


def _apply_status(wanted: dict[tuple[str, str], tuple[str, ...]]) -> None:
    """Keep the active projects alone, unless the query asks for others."""
    status = wanted.pop(("by_status", ""), ("Active",))[-1].capitalize()
    if status in ("Active", "Inactive"):
        wanted["by_status", ""] = (status,)
    elif status != "All":
        message = "by_status must be All, Active or Inactive"
        detail = {"code": "INVALID", "message": message, "source": "filters[by_status]"}
        raise Refused(400, {"error": {"code": "BAD_REQUEST", "message": message, "details": [detail]}})


def _number(text: str) -> int:
    """Return an id as a number; 0, which no row has, if it is no number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0


def _day(query: dict[str, str], name: str) -> date:
    try:
        return date.fromisoformat(query.get(name, ""))
    except ValueError:
        raise bad_parameter(name, "must be a date, as 2026-01-31") from None
