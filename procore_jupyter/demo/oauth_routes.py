"""The embedded provider over HTTP: the browser's pages and the app's endpoints."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from procore_jupyter.demo import web_pages
from procore_jupyter.demo.data import PEOPLE, Person
from procore_jupyter.demo.handler import DemoHandler, MalformedBody, body_parameters, last_values
from procore_jupyter.demo.oauth_messages import DESCRIPTIONS, OOB, Credentials, OAuthError, basic_credentials
from procore_jupyter.demo.oauth_server import ConsentRequest

# The parameters of an authorization request that the consent page's form sends again.
_REQUEST_FIELDS = (
    "response_type", "client_id", "redirect_uri", "state", "scope", "code_challenge", "code_challenge_method",
)  # fmt: skip
_MOST_BROWSERS = 1000


@dataclass
class BrowserSession:
    """A known browser: the secret that its forms have to hold, and who is logged in."""

    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    person: Person | None = None


class PageHandler(DemoHandler):
    """A page for a browser that a cookie identifies."""

    browsers: dict[str, BrowserSession]

    def browser(self) -> BrowserSession:
        """Return this browser's session, a new one if it has none."""
        # A cookie's host has no port, so its name has: two demos on one machine don't read each other's.
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
        """Return the fields of a form if one of our own pages sent it; else answer 403 and return None."""
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
    """``/oauth/authorize``: asks whether the app may act for the person (RFC 6749, section 4.1.1)."""

    def get(self) -> None:
        """Show the login page, then the consent page; redirect at once if the person agreed before."""
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
        """Do as the person decided."""
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
        """Return a valid request; else show what is wrong, with status 200 as recorded, and return None."""
        try:
            return self.stage.oauth.authorization_request(query)
        except OAuthError as error:
            self.show(web_pages.refusal(error.description))
            return None

    def allow(self, request: ConsentRequest, person: Person) -> None:
        """Redirect to the app with a code."""
        code = self.stage.oauth.issue_code(request, person.id)
        if request.redirect_uri == OOB:
            self.redirect("/oauth/authorize/native?" + urlencode({"code": code}))
        else:
            self.send_back(request, {"code": code})

    def send_back(self, request: ConsentRequest, answer: dict[str, str]) -> None:
        """Redirect to the app with an answer and the request's state."""
        if request.state is not None:
            answer = {**answer, "state": request.state}
        joint = "&" if "?" in request.redirect_uri else "?"
        self.set_header("Cache-Control", "no-store")
        self.redirect(request.redirect_uri + joint + urlencode(answer))


class NativeCodeHandler(PageHandler):
    """``/oauth/authorize/native``: shows the code to copy, for the ``oob`` redirect URI."""

    def get(self) -> None:
        """Show the code that stands in the address."""
        self.show(web_pages.show_code(self.get_query_argument("code", "")))


class LoginHandler(PageHandler):
    """``/login``: the person says who they are."""

    def post(self) -> None:
        """Log the person in, and redirect to the authorization that they came for."""
        browser = self.browser()
        fields = self.form(browser)
        if fields is None:
            return
        person, return_to = fields.get("person", ""), fields.get("return_to", "")
        if not person.isdecimal() or int(person) not in PEOPLE:
            self.show(web_pages.refusal("This person doesn't exist here."), 400)
            return
        browser.person = PEOPLE[int(person)]
        self.redirect(return_to if return_to.startswith("/oauth/authorize?") else "/")


class LogoutHandler(PageHandler):
    """``/logout``: logs the person out."""

    def post(self) -> None:
        """Forget who is logged in."""
        browser = self.browser()
        if self.form(browser) is not None:
            browser.person = None
            self.redirect("/")


class HomeHandler(PageHandler):
    """``/``: shows who is logged in."""

    def get(self) -> None:
        """Show the front page."""
        browser = self.browser()
        self.show(web_pages.home(browser.person, browser.csrf))


class EndpointHandler(DemoHandler):
    """An endpoint that an app calls."""

    def parameters(self) -> dict[str, str] | None:
        """Return the parameters of the body, never those of the query; answer a malformed body, and return None."""
        try:
            return body_parameters(self.request)
        except MalformedBody:
            self.set_status(400)
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.finish()
            return None

    def credentials(self, parameters: dict[str, str]) -> Credentials | None:
        """Return the app's credentials from HTTP Basic, or else from the body."""
        basic = basic_credentials(self.request.headers.get("Authorization", ""))
        if basic is not None:
            return basic
        client_id = parameters.get("client_id")
        return Credentials(client_id, parameters.get("client_secret")) if client_id else None

    def bearer(self) -> str | None:
        """Return the bearer token of the Authorization header, its only place here (RFC 6750, section 2.1)."""
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        return token.strip() or None if scheme.lower() == "bearer" else None

    def no_store(self) -> None:
        """Keep the answer out of caches."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Pragma", "no-cache")

    def challenge(self, error: OAuthError) -> None:
        """Set the header that says what was wrong, as the provider words it."""
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
        """Exchange a code, refresh a token, or give a service account one."""
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
        """Answer with what is known of the bearer token."""
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
