"""Which requests the embedded Procore's API lets in, by bearer, limits and company; and ``me``."""

from __future__ import annotations

import math

from tornado import web

from procore_jupyter.demo.data import COMPANIES, PEOPLE, SERVICE_ACCOUNT, Person
from procore_jupyter.demo.handler import last_values
from procore_jupyter.demo.limits import RateLimits
from procore_jupyter.demo.oauth_messages import OAuthError
from procore_jupyter.demo.oauth_routes import EndpointHandler
from procore_jupyter.demo.oauth_server import IssuedToken
from procore_jupyter.demo.refusals import Refused

COMPANY_HEADER = "Procore-Company-Id"
_LIMIT_TEXT = (
    "You have surpassed the max number of requests for an hour. Please wait until your limit resets."
)
_MISSING_TEXT = "Missing Procore-Company-Id header! Every call but those for me and for companies needs it (stand-in's words)."


class ApiHandler(EndpointHandler):
    """An API route. It checks bearer, limits and company, in this order."""

    limits: RateLimits
    person: Person
    token: IssuedToken

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
        if self._record is not None:
            self._record.refusal = refused.body
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
        """Return the id of a company, if the person may see it.

        Raises
        ------
        Refused
            With 401 or 403 if the app isn't connected to the company, with 404 if there is no such company.
        """
        company = int(given) if given.isascii() and given.isdecimal() else -1
        if company in self.stage.parameters().not_installed:
            raise Refused(401, {"errors": "Unauthorized"})
        if company in self.person.companies:
            return company
        if company in COMPANIES:
            raise Refused(403, {"errors": ["App is not connected to this company."]})
        raise Refused(404, {"errors": "Company not found"})

    def company_needed(self) -> bool:
        """Tell whether this route needs the company header from a person."""
        return True

    def write_error(self, status_code: int, **kwargs: object) -> None:
        """Answer with a bare status."""
        self.finish()

    def query(self) -> dict[str, str]:
        """Return the query's parameters, the last one of each name."""
        return last_values(self.request.query_arguments)


class MeHandler(ApiHandler):
    """``/rest/v1.0/me``."""

    def company_needed(self) -> bool:
        """Tell whether the header is needed: if the query names a company or project."""
        return bool({"company_id", "project_id"} & self.query().keys())

    def get(self) -> None:
        """Answer with the person that the token belongs to."""
        self.write_json(self.person.row())
