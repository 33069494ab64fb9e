"""The embedded provider over HTTP: the browser's pages and the app's endpoints."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from procore_jupyter.demo import web_pages
from procore_jupyter.demo.data import PEOPLE, Person
from procore_jupyter.demo.handler import DemoHandler, MalformedBody, Stage, body_parameters, last_values
from procore_jupyter.demo.oauth_messages import DESCRIPTIONS, OOB, Credentials, OAuthError, basic_credentials
from procore_jupyter.demo.oauth_server import ConsentRequest

# What of an authorization request the consent page's form gives back.
_REQUEST_FIELDS = (
    "response_type",
    "client_id",
    "redirect_uri",
    "state",
    "scope",
    "code_challenge",
    "code_challenge_method",
)
_MOST_BROWSERS = 1000


@dataclass
class BrowserSession:
    """A browser that was here: the secret its forms must carry, and who is logged in."""

    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    person: Person | None = None


class PageHandler(DemoHandler):
    """A page for a browser, which a cookie knows again."""

    browsers: dict[str, BrowserSession]

    def initialize(self, stage: Stage, browsers: dict[str, BrowserSession] | None = None) -> None:
        """Take the stage and the browsers' sessions."""
        super().initialize(stage)
        self.browsers = {} if browsers is None else browsers

    def browser(self) -> BrowserSession:
        """Return this browser's session; a new one where it has none."""
        # Cookies don't know ports: two demos on one machine must not take each other's.
        name = f"demo_procore_{urlsplit(f'//{self.request.host}').port or 80}"
        known = self.browsers.get(self.get_cookie(name) or "")
        if known is not None:
            return known
        while len(self.browsers) >= _MOST_BROWSERS:
            del self.browsers[next(iter(self.browsers))]
        identifier, session = secrets.token_urlsafe(32), BrowserSession()
        self.browsers[identifier] = session
        self.set_cookie(name, identifier, path="/", httponly=True, samesite="Lax")
        return session

    def form(self, browser: BrowserSession) -> dict[str, str] | None:
        """Return the fields of a form that one of our own pages sent; else answer 403 and return None."""
        fields = last_values(self.request.body_arguments)
        if hmac.compare_digest(fields.get("csrf", "").encode(), browser.csrf.encode()):
            return fields
        self.show(web_pages.refusal("This form is too old. Start the sign-in again from your notebook."), 403)
        return None

    def show(self, page: str, status: int = 200) -> None:
        """Answer with a page."""
        self.set_status(status)
        for name, value in web_pages.HEADERS.items():
            self.set_header(name, value)
        self.finish(page)


class AuthorizeHandler(PageHandler):
    """``/oauth/authorize``: may this app act for the person? (RFC 6749, section 4.1.1)."""

    def get(self) -> None:
        """Show the consent page; the login page first, the redirect at once where the person agreed before."""
        browser = self.browser()
        if browser.person is None:
            self.show(web_pages.log_in([*PEOPLE.values()], self.request.uri or "/", browser.csrf))
            return
        query = last_values(self.request.query_arguments)
        request = self.authorization_request(query)
        if request is None:
            return
        if self.stage.oauth.agreed_before(request.application, browser.person.id):
            self.allow(request, browser.person)
            return
        fields = {name: query[name] for name in _REQUEST_FIELDS if name in query}
        self.show(
            web_pages.consent(
                request.application.name, browser.person, request.redirect_uri, fields, browser.csrf
            )
        )

    def post(self) -> None:
        """Take the person's decision."""
        browser = self.browser()
        fields = self.form(browser)
        if fields is None:
            return
        if browser.person is None:
            self.show(
                web_pages.refusal("You are logged out. Start the sign-in again from your notebook."), 403
            )
            return
        request = self.authorization_request(fields)
        if request is None:
            return
        if fields.get("decision") == "allow":
            self.allow(request, browser.person)
        elif request.redirect_uri == OOB:
            self.show(web_pages.denied())
        else:
            error = {"error": "access_denied", "error_description": DESCRIPTIONS["access_denied"]}
            self.send_back(request, error)

    def authorization_request(self, query: dict[str, str]) -> ConsentRequest | None:
        """Return the checked request; else show why not and return None. Recorded: a 200, no redirect."""
        try:
            return self.stage.oauth.authorization_request(query)
        except OAuthError as error:
            self.show(web_pages.refusal(error.description))
            return None

    def allow(self, request: ConsentRequest, person: Person) -> None:
        """Send the browser on with a code."""
        code = self.stage.oauth.issue_code(request, person.id)
        if request.redirect_uri == OOB:
            self.redirect("/oauth/authorize/native?" + urlencode({"code": code}))
        else:
            self.send_back(request, {"code": code})

    def send_back(self, request: ConsentRequest, answer: dict[str, str]) -> None:
        """Redirect to the app, the state echoed."""
        if request.state is not None:
            answer = {**answer, "state": request.state}
        joint = "&" if "?" in request.redirect_uri else "?"
        self.set_header("Cache-Control", "no-store")
        self.redirect(request.redirect_uri + joint + urlencode(answer))


class NativeCodeHandler(PageHandler):
    """``/oauth/authorize/native``: shows the code, to be copied (the ``oob`` redirect URI)."""

    def get(self) -> None:
        """Show the code of the address."""
        self.show(web_pages.show_code(self.get_query_argument("code", "")))


class LoginHandler(PageHandler):
    """``/login``: the person says who they are."""

    def post(self) -> None:
        """Log the person in and go on to what they came for."""
        browser = self.browser()
        fields = self.form(browser)
        if fields is None:
            return
        person, return_to = fields.get("person", ""), fields.get("return_to", "")
        if not person.isdecimal() or int(person) not in PEOPLE:
            self.show(web_pages.refusal("There is no such person here."), 400)
            return
        browser.person = PEOPLE[int(person)]
        self.redirect(return_to if return_to.startswith("/oauth/authorize?") else "/")


class LogoutHandler(PageHandler):
    """``/logout``: nobody is logged in in this browser any more."""

    def post(self) -> None:
        """Forget who it is."""
        browser = self.browser()
        if self.form(browser) is not None:
            browser.person = None
            self.redirect("/")


class HomeHandler(PageHandler):
    """``/``: who is logged in in this browser."""

    def get(self) -> None:
        """Show it."""
        browser = self.browser()
        self.show(web_pages.home(browser.person, browser.csrf))


class EndpointHandler(DemoHandler):
    """An endpoint that an app calls."""

    def parameters(self) -> dict[str, str] | None:
        """Return the body's parameters (never the address's); None where a malformed body was answered."""
        try:
            return body_parameters(self.request)
        except MalformedBody:
            self.set_status(400)
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.finish()
            return None

    def credentials(self, parameters: dict[str, str]) -> Credentials | None:
        """Return the app's credentials: HTTP Basic's, else the body's."""
        basic = basic_credentials(self.request.headers.get("Authorization", ""))
        if basic is not None:
            return basic
        client_id = parameters.get("client_id")
        return Credentials(client_id, parameters.get("client_secret")) if client_id else None

    def bearer(self) -> str | None:
        """Return the bearer token of the Authorization header (nowhere else: RFC 6750, section 2.1)."""
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        return token.strip() or None if scheme.lower() == "bearer" else None

    def no_store(self) -> None:
        """Keep the answer out of caches."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Pragma", "no-cache")

    def challenge(self, error: OAuthError) -> None:
        """Say in the header what was wrong, in the provider's way."""
        description = error.description.replace('"', "'")
        self.set_header(
            "WWW-Authenticate",
            f'Bearer realm="Doorkeeper", error="{error.error}", error_description="{description}"',
        )

    def refuse(self, error: OAuthError, **more: str) -> None:
        """Answer with an error of RFC 6749, section 5.2."""
        self.no_store()
        self.challenge(error)
        self.write_json(
            {"error": error.error, "error_description": error.description, **more}, status=error.status
        )


class TokenHandler(EndpointHandler):
    """``/oauth/token``."""

    def post(self) -> None:
        """Exchange a code, refresh, or let a service account in."""
        parameters = self.parameters()
        if parameters is None:
            return
        try:
            answer = self.stage.oauth.token(parameters, self.credentials(parameters))
        except OAuthError as error:
            self.refuse(error)
        else:
            self.no_store()
            self.write_json(answer)


class TokenInfoHandler(EndpointHandler):
    """``/oauth/token/info``."""

    def get(self) -> None:
        """Tell about the bearer token."""
        try:
            answer = self.stage.oauth.info(self.bearer())
        except OAuthError as error:
            self.refuse(error, state="unauthorized")
        else:
            self.write_json(answer)


class RevokeHandler(EndpointHandler):
    """``/oauth/revoke`` (RFC 7009)."""

    def post(self) -> None:
        """Revoke a token."""
        parameters = self.parameters()
        if parameters is None:
            return
        try:
            self.stage.oauth.revoke(parameters, self.credentials(parameters))
        except OAuthError as error:
            self.write_json(
                {"error": error.error, "error_description": error.description}, status=error.status
            )
        else:
            self.write_json({})
