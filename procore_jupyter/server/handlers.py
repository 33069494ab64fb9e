"""The routes of the Jupyter server's side, HTTP only: `logins.Logins` does the work.

Four kinds of caller, told apart by what they bring:

* the browser that Procore sends back brings a state that the owner opened: `CallbackHandler`;
* the person brings the Jupyter server's own sign-in: `StartHandler`, `PasteHandler`;
* the kernel brings its ticket, and to open a login a proof of the owner: `LoginsHandler`, `ResultHandler`;
* anyone may ask for `HealthHandler`.

Every verb says with a decorator who may call it, so the server runs with unauthenticated access off.
"""

from __future__ import annotations

import asyncio
import json
import re
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.escape import parse_qs_bytes

from procore_jupyter.errors import DENIED
from procore_jupyter.login.ticket import OWNER_HEADER, TICKET_HEADER, Ticket, split_state
from procore_jupyter.server import pages
from procore_jupyter.server.answers import AGAIN, NOT_PROCORES, NOT_STARTED_HERE, Query, Refusal, read_answer
from procore_jupyter.server.logins import Answer, Logins, TooManyLogins, UnknownLogin, UsedLogin
from procore_jupyter.server.owner import Owner

LONGEST_WAIT = 25.0
"""Seconds that one request for the answer may take; proxies cut at 30 or 60."""

# One step of a path, percent-encoded, which no browser reads as several steps, or as a step up.
_SERVER_NAME = r"(?!\.{1,2}$)([A-Za-z0-9._-]|%(?![01]|2E|2F|5C|7F)[0-9A-F]{2}){1,200}"


class _QuietHandler(JupyterHandler):
    """Logs no query, no header and no message of an exception: they can hold a code, a state or a ticket."""

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("X-Content-Type-Options", "nosniff")

    def compute_etag(self) -> None:
        return None  # a hash of the answer, and of no use for what is never stored

    def _request_summary(self) -> str:
        return f"{self.request.method} {self.request.path} ({self.request.remote_ip})"

    def log_exception(
        self, typ: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None
    ) -> None:
        if isinstance(value, web.HTTPError):
            self.log.debug("%d %s", value.status_code, self._request_summary())
        else:
            where = "".join(traceback.format_tb(tb))
            self.log.error("%s in %s\n%s", getattr(typ, "__name__", typ), self._request_summary(), where)


class _PageHandler(_QuietHandler):
    """Answers a person with a page of ours, also when something is wrong."""

    def initialize(self, logins: Logins) -> None:
        self.logins = logins

    @property
    def content_security_policy(self) -> str:
        return pages.CONTENT_SECURITY_POLICY

    def show(self, page: str, status: int = 200) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(page)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.show(pages.told(f"The Jupyter server refused this ({status_code}). {AGAIN}"), status_code)

    def take(self, query: Query) -> None:
        """Keep the answer that the browser brought, and say so.

        Raises
        ------
        Refusal
            It is not taken; nothing was kept.
        """
        answer = read_answer(query)
        key, _ = split_state(answer.state)
        try:
            self.logins.answer(key, answer)
        except UsedLogin:
            raise Refusal(f"This sign-in has been used already. {AGAIN}") from None
        except UnknownLogin:
            raise Refusal(NOT_STARTED_HERE) from None
        if answer.code is not None:
            self.show(
                pages.said(
                    "Signed in to Procore. You can close this tab and go back to your notebook.", "received"
                )
            )
        elif answer.error == "access_denied":
            self.show(pages.said(DENIED, "denied"))
        else:
            why = answer.error_description or answer.error
            self.show(pages.said(f"Not signed in: Procore said “{why}”. {AGAIN}", "failed"))


class CallbackHandler(_PageHandler):
    """Where Procore sends the browser.

    No cookie is asked for: the browser may be another one, or know this server by another name. What
    authenticates the answer is its state, which only this server's owner can have opened.
    """

    async def prepare(self) -> None:  # type: ignore[override]
        """Take the query out of what Jupyter and JupyterHub write into their logs."""
        self.request.uri = self.request.path
        await super().prepare()

    @allow_unauthenticated
    def get(self) -> None:
        """Keep the answer, or send it on to the server that waits for it."""
        query = self.request.query_arguments
        try:
            elsewhere = self.named_server(query)
            if elsewhere:
                self.redirect(elsewhere)
            else:
                self.take(query)
        except Refusal as refusal:
            # Only told to the person: any site can lead a browser here, and the notebook's page must not
            # hear from it. The address stays in the address bar, so that it can be pasted.
            self.show(pages.told(refusal.sentence), 400)

    @allow_unauthenticated
    def head(self) -> None:
        """Answer those who only look whether something is here; uses nothing up."""

    def named_server(self, query: Query) -> str | None:
        """Return where the answer goes that a named JupyterHub server of this user waits for.

        JupyterHub's ``/hub/user-redirect/`` leads to the default server only, which is then the one that
        hears of it. A path on this same host, and always one of this same user's servers.
        """
        on_hub = hasattr(self.identity_provider, "hub_auth")
        if not on_hub or not re.fullmatch(r"(/[^/]+)*/user/[^/]+/", self.base_url):
            return None
        answer = read_answer(query)
        key, name = split_state(answer.state)
        if not re.fullmatch(_SERVER_NAME, name):
            return None
        if self.logins.knows(key):
            return None
        return url_path_join(self.base_url, name, "procore-jupyter", f"callback?{self.request.query}")


class StartHandler(_PageHandler):
    """The link of a pending sign-in: leads on to Procore, and holds nothing of the authorize link itself."""

    @web.authenticated
    def get(self) -> None:
        """Redirect to the authorize URL."""
        try:
            target = self.logins.authorize_url(self.get_query_argument("login", ""))
        except UnknownLogin:
            self.show(pages.told(NOT_STARTED_HERE), 400)
        else:
            self.redirect(target)


class PasteHandler(_PageHandler):
    """The form for the address that the browser ended on: works while the kernel is busy."""

    def set_default_headers(self) -> None:
        """Let the browser say to this server itself where the form came from."""
        super().set_default_headers()
        # With no-referrer it would send "Origin: null", which Jupyter takes for another site's. Nothing
        # in this page's address is secret, and other sites still hear nothing.
        self.set_header("Referrer-Policy", "same-origin")

    @web.authenticated
    def get(self) -> None:
        """Show the form."""
        self.show(pages.paste_form(self.xsrf_form_html()))

    @web.authenticated
    def post(self) -> None:
        """Take the address; Jupyter has checked its XSRF token before."""
        address = self.get_body_argument("address", "")
        try:
            if len(address) > 8000:
                raise Refusal(NOT_PROCORES)
            query = address.strip().partition("#")[0].rpartition("?")[2]
            given = parse_qs_bytes(query.encode(errors="replace"))
            if not {"code", "error"} & given.keys():
                raise Refusal(
                    "That is not the address your browser ended on: it has “code=” in it. Copy all of it."
                )
            self.take(given)
        except Refusal as refusal:
            self.show(pages.paste_form(self.xsrf_form_html(), refusal.sentence), 400)


class _KernelHandler(_QuietHandler, APIHandler):
    """Answers a kernel, in JSON."""

    _track_activity = False  # a pending sign-in is no reason to keep an idle server alive

    def initialize(self, logins: Logins, owner: Owner) -> None:
        self.logins = logins
        self.owner = owner

    def check_xsrf_cookie(self) -> None:
        # A page on another site can't send our header: a browser asks this server first (CORS), and is
        # refused. Whoever sends it is asked for a valid ticket, and a proof, right after.
        if TICKET_HEADER not in self.request.headers:
            super().check_xsrf_cookie()

    def ticket(self) -> Ticket:
        """Return the ticket that came with the request."""
        try:
            return Ticket.from_header(self.request.headers.get(TICKET_HEADER, ""))
        except ValueError:
            raise web.HTTPError(403, "The ticket is missing.") from None

    def check_owner(self) -> None:
        """Let nobody pass but the owner of this server."""
        proof = self.request.headers.get(OWNER_HEADER)
        if proof is None:
            found = re.fullmatch(
                r"(?:token|bearer)\s+(.+)", self.request.headers.get("Authorization", ""), re.I
            )
            proof = found[1] if found else ""
        if not self.owner.accepts(proof):
            raise web.HTTPError(403, "Only the owner of this server may open a login.")

    def say(self, content: Mapping[str, object], status: int = 200) -> None:
        self.set_status(status)
        self.finish(json.dumps(content))


class LoginsHandler(_KernelHandler):
    """Opens a login."""

    @allow_unauthenticated
    def post(self) -> None:
        """201 and the login; 403 without the owner's proof; 400 for a wrong body; 429 when there are too many."""
        self.check_owner()
        ticket = self.ticket()
        authorize_url = self.authorize_url(ticket)
        try:
            login = self.logins.open(ticket.key, authorize_url)
        except TooManyLogins:
            raise web.HTTPError(429, "Too many logins are open.") from None
        # Nobody may ever come back for it: a code is not left lying in memory for that.
        asyncio.get_running_loop().call_later(self.logins.lifetime + 1, self.logins.sweep)
        self.say({"state": login.key, "expires_in": int(self.logins.lifetime), "start": login.start}, 201)

    def authorize_url(self, ticket: Ticket) -> str | None:
        """Return the address that the start page shall lead to, None where the kernel tells none."""
        if not self.request.body:
            return None
        try:
            if len(self.request.body) > 16_000:
                raise ValueError
            url = json.loads(self.request.body)["authorize_url"]
            # Printable ASCII without spaces and backslashes: read the same by every browser.
            if not isinstance(url, str) or not re.fullmatch(r"[\x21-\x5b\x5d-\x7e]+", url):
                raise ValueError
            place = urlsplit(url)
            loopback = place.hostname in {"localhost", "127.0.0.1", "::1"}
            if not place.hostname or not (place.scheme == "https" or (place.scheme == "http" and loopback)):
                raise ValueError
            if "@" in place.netloc:
                raise ValueError
            states = [value for name, value in parse_qsl(place.query, max_num_fields=50) if name == "state"]
            if len(states) != 1 or split_state(states[0])[0] != ticket.key:
                raise ValueError
        except (ValueError, LookupError, TypeError, RecursionError):
            raise web.HTTPError(400, "That is not an authorize URL for this ticket.") from None
        return url


class ResultHandler(_KernelHandler):
    """Gives the answer to the kernel that holds the ticket."""

    _waiting: asyncio.Task[Answer | None] | None = None

    @allow_unauthenticated
    async def get(self) -> None:
        """200 and the answer; 204 while there is none; 404 where there is no such login."""
        key = self.ticket().key
        self._waiting = asyncio.ensure_future(self.logins.wait(key, self.seconds()))
        try:
            answer = await self._waiting
        except UnknownLogin:
            raise web.HTTPError(404, "This login is not open.") from None
        except asyncio.CancelledError:
            self.set_status(204)  # for the log alone: nobody listens any more
            return
        if answer is None:
            self.set_status(204)
            self.finish()
            return
        asyncio.get_running_loop().call_later(self.logins.kept_after_delivery + 1, self.logins.sweep)
        self.say(answer.to_json())

    @allow_unauthenticated
    def delete(self) -> None:
        """204, and the login is forgotten; 404 where there is no such login."""
        try:
            self.logins.close(self.ticket().key)
        except UnknownLogin:
            raise web.HTTPError(404, "This login is not open.") from None
        self.set_status(204)
        self.finish()

    def seconds(self) -> float:
        """Return how long the kernel wants to wait, within bounds."""
        text = self.request.query_arguments.get("wait", [b"0"])[-1]
        if not re.fullmatch(rb"\d{1,6}(\.\d{1,6})?", text):
            raise web.HTTPError(400, "wait is a number of seconds.")
        return min(float(text), LONGEST_WAIT)

    def on_connection_close(self) -> None:
        """Stop waiting for a kernel that has gone."""
        super().on_connection_close()
        if self._waiting is not None:
            self._waiting.cancel()


class HealthHandler(_QuietHandler, APIHandler):
    """Tells that this extension is here."""

    _track_activity = False

    @allow_unauthenticated
    def get(self) -> None:
        """Tell the version."""
        from importlib.metadata import PackageNotFoundError, version

        try:
            found = version("procore-jupyter")
        except PackageNotFoundError:
            found = "unknown"  # run from a checkout
        self.finish(json.dumps({"version": found}))

    @allow_unauthenticated
    def head(self) -> None:
        """Answer those who only look whether something is here."""
