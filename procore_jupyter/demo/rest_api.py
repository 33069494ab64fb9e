"""The embedded Procore's API: me, companies, projects, with its paging, its limits and its ways to refuse."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from tornado import web

from procore_jupyter.demo.data import COMPANIES, PEOPLE, PROJECTS, SERVICE_ACCOUNT, Person
from procore_jupyter.demo.handler import Stage, last_values
from procore_jupyter.demo.limits import RateLimits
from procore_jupyter.demo.oauth_messages import OAuthError
from procore_jupyter.demo.oauth_routes import EndpointHandler
from procore_jupyter.demo.oauth_server import IssuedToken

COMPANY_HEADER = "Procore-Company-Id"
_LIMIT_TEXT = (
    "You have surpassed the max number of requests for an hour. Please wait until your limit resets."
)
_MISSING_TEXT = "Missing Procore-Company-Id header! Every call but those for me and for companies needs it (stand-in's words)."


class Refused(Exception):
    """The API refuses: a status and a body, whose shape differs from place to place, as Procore's does."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers or {}


class ApiHandler(EndpointHandler):
    """An API route: looks at bearer, limit and company, in this order, then lists."""

    limits: RateLimits
    person: Person
    token: IssuedToken

    def initialize(self, stage: Stage, limits: RateLimits | None = None) -> None:
        """Take the stage and the counts of the rate limits."""
        super().initialize(stage)
        self.limits = limits or RateLimits(stage.clock, stage.parameters)

    async def prepare(self) -> None:
        """Let the request in, or refuse it."""
        await super().prepare()
        if self._finished:
            return
        try:
            self._let_in()
        except Refused as refused:
            self.refuse_with(refused)

    def refuse_with(self, refused: Refused) -> None:
        """Answer with a refusal."""
        for name, value in refused.headers.items():
            self.set_header(name, value)
        self.write_json(refused.body, refused.status)

    def _let_in(self) -> None:
        try:
            self.token = self.stage.oauth.authenticate(self.bearer())
        except OAuthError as error:
            self.challenge(error)
            raise Refused(401, {"errors": error.description}) from error
        service_account = self.token.user_id is None
        self.person = SERVICE_ACCOUNT if self.token.user_id is None else PEOPLE[self.token.user_id]
        self._count()
        self._check_company_header(required=service_account or self.company_needed())

    def _count(self) -> None:
        allowance = self.limits.count((self.token.application.client_id, self.token.user_id))
        if allowance is None:
            return
        self.set_header("X-Rate-Limit-Limit", str(allowance.limit))
        self.set_header("X-Rate-Limit-Remaining", str(allowance.remaining))
        self.set_header("X-Rate-Limit-Reset", str(allowance.reset))
        if not allowance.exceeded:
            return
        headers = {}
        if self.stage.parameters().retry_after:
            headers["Retry-After"] = str(max(1, math.ceil(allowance.reset - self.stage.clock())))
        raise Refused(429, {"errors": _LIMIT_TEXT}, headers)

    def _check_company_header(self, *, required: bool) -> None:
        given = self.request.headers.get(COMPANY_HEADER)
        if given is None:
            if not required:
                return
            if self.stage.parameters().missing_company == "not_found":
                raise web.HTTPError(404)
            raise Refused(400, {"message": _MISSING_TEXT, "exception": "MissingCompanyHeader"})
        self.check_company(given)

    def check_company(self, given: str) -> int:
        """Return the id of a company that the person may see.

        Raises
        ------
        Refused
            403 for one that the app isn't connected to, 404 for one that isn't there.
        """
        company = int(given) if given.isascii() and given.isdecimal() else -1
        if company in self.person.companies:
            return company
        if company in COMPANIES:
            raise Refused(403, {"errors": ["App is not connected to this company."]})
        raise Refused(404, {"errors": "Company not found"})

    def company_needed(self) -> bool:
        """Tell whether this route needs the company header from a person."""
        return True

    def write_error(self, status_code: int, **kwargs: object) -> None:
        """Answer without words: a bare status."""
        self.finish()

    def query(self) -> dict[str, str]:
        """Return the parameters of the address."""
        return last_values(self.request.query_arguments)

    def list_page(self, rows: Sequence[dict[str, object]]) -> None:
        """Answer with the page of the rows that was asked for, and the headers that tell of the others."""
        parameters, query = self.stage.parameters(), self.query()
        page, per_page = _positive(query.get("page")) or 1, _positive(query.get("per_page"))
        if per_page is None:
            per_page = parameters.page_size
        if per_page > parameters.largest_page and parameters.reject_large_pages:
            most = f"must be less than or equal to {parameters.largest_page}"
            self.refuse_with(Refused(400, {"errors": {"per_page": [most]}}))
            return
        per_page = min(per_page, parameters.largest_page)
        last = max(1, math.ceil(len(rows) / per_page))
        places = {"first": 1, "prev": page - 1, "next": page + 1, "last": last}
        if page <= 1:
            del places["first"], places["prev"]
        if page >= last:
            del places["next"], places["last"]
        # As documented: the links drop every other parameter of the query.
        address = f"{self.request.protocol}://{self.request.host}{self.request.path}"
        links = [
            f'<{address}?{urlencode({"page": number, "per_page": per_page})}>; rel="{name}"'
            for name, number in places.items()
        ]
        if links:
            self.set_header("Link", ", ".join(links))
        self.set_header("Total", str(len(rows)))
        self.set_header("Per-Page", str(per_page))
        self.write_json(rows[(page - 1) * per_page : page * per_page])


class MeHandler(ApiHandler):
    """``/rest/v1.0/me``."""

    def company_needed(self) -> bool:
        """Need it where a company or project is named."""
        return bool({"company_id", "project_id"} & self.query().keys())

    def get(self) -> None:
        """Tell who the token stands for."""
        self.write_json(self.person.row())


class CompaniesHandler(ApiHandler):
    """``/rest/v1.0/companies``."""

    def company_needed(self) -> bool:
        """Need none: this is how one finds the companies."""
        return False

    def get(self) -> None:
        """List the person's companies."""
        self.list_page([COMPANIES[company].row() for company in self.person.companies])


class ProjectsHandler(ApiHandler):
    """``/rest/v1.1/projects`` and ``/rest/v1.0/projects``: those of one company."""

    def get(self) -> None:
        """List a company's projects; the active ones unless others are asked for."""
        query = self.query()
        try:
            company = self._company(query.get("company_id"))
            keep = _status_filter(query.get("filters[by_status]", "Active"))
        except Refused as refused:
            self.refuse_with(refused)
            return
        view = query.get("view", "normal")
        self.list_page(
            [
                project.row(view)
                for project in PROJECTS
                if project.company.id == company and keep(project.active)
            ]
        )

    def _company(self, given: str | None) -> int:
        if not given:
            raise Refused(400, {"errors": {"company_id": ["can't be blank"]}})
        company = self.check_company(given)
        if given != self.request.headers.get(COMPANY_HEADER):
            raise Refused(
                400,
                {"error": "Bad Request", "reason": "company_id and Procore-Company-Id name two companies"},
            )
        return company


class UnknownHandler(ApiHandler):
    """Any other API path."""

    async def prepare(self) -> None:
        """Answer 404 to who is let in."""
        await super().prepare()
        if not self._finished:
            self.refuse_with(Refused(404, {"message": "Not Found", "exception": "RoutingError"}))


def _positive(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and int(text) > 0 else None


def _status_filter(wanted: str) -> Callable[[bool], bool]:
    keeps: dict[str, Callable[[bool], bool]] = {
        "all": lambda active: True,
        "active": lambda active: active,
        "inactive": lambda active: not active,
    }
    if wanted.lower() not in keeps:
        message = "by_status must be All, Active or Inactive"
        raise Refused(
            400,
            {
                "error": {
                    "code": "BAD_REQUEST",
                    "message": message,
                    "details": [{"code": "INVALID", "message": message, "source": "filters[by_status]"}],
                }
            },
        )
    return keeps[wanted.lower()]
