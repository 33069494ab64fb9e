"""The routes of the Jupyter server's side: HTTP only, `logins.Logins` does the work.

Four kinds of caller, told apart by what they bring:

* the browser that Procore sends back brings a state that the owner opened: `CallbackHandler`;
* the person brings the sign-in of the Jupyter server itself: `StartHandler`, `PasteHandler`;
* the kernel brings its ticket, and to open a login a proof of the owner: `LoginsHandler`, `ResultHandler`;
* anyone may ask `HealthHandler`.

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

from procore_jupyter.errors import DENIED
from procore_jupyter.login.ticket import OWNER_HEADER, TICKET_HEADER, Ticket, split_state
from procore_jupyter.server import pages
from procore_jupyter.server.callback import (
    NOT_STARTED_HERE,
    RUN_AGAIN,
    CallbackRefused,
    CallbackResponse,
    Query,
    parse_pasted_address,
    parse_query,
)
from procore_jupyter.server.logins import (
    KEPT_AFTER_DELIVERY,
    Logins,
    TooManyLogins,
    UnknownLogin,
    UsedLink,
    UsedLogin,
)
from procore_jupyter.server.owner import Owner
from procore_jupyter.socket_owners import SocketOwner, owners_are_told, peer_of

LONGEST_WAIT = 25.0
"""Seconds that one request for the response may wait; proxies cut at 30 or 60."""

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
        return None  # it would be a hash of the response, and is of no use for what no browser stores

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

    def send_page(self, page: str, status: int = 200) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(page)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        sentence = f"The Jupyter server refused this ({status_code}). {RUN_AGAIN}"
        self.send_page(pages.message_page(sentence), status_code)

    def deliver(self, response: CallbackResponse) -> None:
        """Keep a response for the kernel that waits for it, and tell the person how the login ended.

        Raises
        ------
        CallbackRefused
            No open login waits for the response; nothing was kept.
        """
        key, _ = split_state(response.state)
        try:
            asked_for = self.logins.keep_response(key, response)
        except UsedLogin:
            raise CallbackRefused(f"This sign-in has already been used. {RUN_AGAIN}") from None
        except UnknownLogin:
            raise CallbackRefused(NOT_STARTED_HERE) from None
        status: pages.Status = "failed"
        if response.code is not None and not asked_for:
            sentence = (
                "Procore's answer has arrived, but no notebook is waiting for it: the kernel that started this sign-in may be gone. "
                f"{RUN_AGAIN}"
            )
        elif response.code is not None:
            sentence = (
                "Procore's answer has arrived. You can close this tab: your notebook finishes the sign-in."
            )
            status = "received"
        elif response.error == "access_denied":
            sentence, status = DENIED, "denied"
        else:
            why = response.error_description or response.error
            sentence = f"Not signed in: Procore said “{why}”. {RUN_AGAIN}"
        self.send_page(pages.outcome_page(sentence, status))


def _is_on_a_hub(handler: JupyterHandler) -> bool:
    return hasattr(handler.identity_provider, "hub_auth")


def is_owners_browser(handler: JupyterHandler) -> bool:
    """Tell whether a signed-in browser is the owner's, as far as anybody can tell.

    On this machine, the user of the operating system tells. On a JupyterHub, and for a browser on another machine, the
    sign-in of the Jupyter server does, if it asks for one.
    """
    if _is_on_a_hub(handler):
        return True
    connection: Any = handler.request.connection  # tornado's, of HTTP/1
    peer = peer_of(connection.stream.socket)
    if peer is SocketOwner.NOBODY:
        return bool(handler.identity_provider.auth_enabled)
    return peer is SocketOwner.OURS


class CallbackHandler(_PageHandler):
    """The route that Procore sends the browser to.

    It needs no cookie: the browser may be another one, or know this server by another name. The response is
    authenticated by its state, which only this server's owner can have opened.
    """

    async def prepare(self) -> None:  # type: ignore[override]
        """Keep the query out of what Jupyter and JupyterHub write into their logs."""
        self.request.uri = self.request.path
        await super().prepare()

    @allow_unauthenticated
    def get(self) -> None:
        """Keep the response, or redirect to the named server that waits for it."""
        query = self.request.query_arguments
        try:
            elsewhere = self.named_server(query)
            if elsewhere:
                self.redirect(elsewhere)
            else:
                self.deliver(parse_query(query))
        except CallbackRefused as refused:
            # Only the person is told: any site can lead a browser here, and the notebook's page must not
            # hear from it. The address stays in the address bar, so that it can be pasted.
            self.send_page(pages.message_page(refused.sentence), 400)

    @allow_unauthenticated
    def head(self) -> None:
        """Answer a client that only looks whether something is here; the login stays unused."""

    def named_server(self, query: Query) -> str | None:
        """Return the address for a response that a named JupyterHub server of this user waits for.

        JupyterHub's ``/hub/user-redirect/`` leads to the default server only, so this server receives the
        response first. The address is a path on this same host, and always one of this same user's servers.
        """
        if not _is_on_a_hub(self) or not re.fullmatch(r"(/[^/]+)*/user/[^/]+/", self.base_url):
            return None
        key, name = split_state(parse_query(query).state)
        if not re.fullmatch(_SERVER_NAME, name) or self.logins.is_open(key):
            return None
        return url_path_join(self.base_url, name, "procore-jupyter", f"callback?{self.request.query}")


class StartHandler(_PageHandler):
    """The link of an open login: it leads the owner on to Procore, once, and holds nothing of the authorize link itself.

    Another user who reads the notebook, or a guest of this server, could otherwise sign in as himself, and the owner's
    notebook would work in his account.
    """

    @web.authenticated
    def get(self) -> None:
        """Redirect to the authorize URL."""
        if not is_owners_browser(self):
            sentence = (
                "This link works only for the person whose notebook shows it. In "
                "that notebook,  print(procore.login_flow)  shows another."
            )
            self.send_page(pages.message_page(sentence), 403)
            return
        try:
            target = self.logins.lead_on(self.get_query_argument("login", ""))
        except UsedLink:
            self.send_page(
                pages.message_page(f"This link has already been used, and it works only once. {RUN_AGAIN}"),
                400,
            )
        except UnknownLogin:
            self.send_page(pages.message_page(NOT_STARTED_HERE), 400)
        else:
            self.redirect(target)


class PasteHandler(_PageHandler):
    """The form for the address that the browser ended on: it works while the kernel is busy."""

    def set_default_headers(self) -> None:
        """Let the browser tell this server itself which page the form came from."""
        super().set_default_headers()
        # With no-referrer it would send "Origin: null", which Jupyter takes for another site's. Nothing
        # in this page's address is secret, and other sites still hear nothing.
        self.set_header("Referrer-Policy", "same-origin")

    @web.authenticated
    def get(self) -> None:
        """Show the form."""
        self.send_page(pages.paste_page(self.xsrf_form_html()))

    @web.authenticated
    def post(self) -> None:
        """Deliver the response in the pasted address. Jupyter has checked the form's XSRF token before."""
        if not self.check_origin():  # before 2.17, jupyter_server checks it in its JSON handlers alone
            raise web.HTTPError(404)
        try:
            self.deliver(parse_pasted_address(self.get_body_argument("address", "")))
        except CallbackRefused as refused:
            self.send_page(pages.paste_page(self.xsrf_form_html(), refused.sentence), 400)


class _KernelHandler(_QuietHandler, APIHandler):
    """Answers a kernel, in JSON."""

    _track_activity = False  # an open login is no reason to keep an idle server running

    def initialize(self, logins: Logins, owner: Owner) -> None:
        self.logins = logins
        self.owner = owner

    def check_xsrf_cookie(self) -> None:
        # A page on another site can't send our header: its browser asks this server first (CORS), and is
        # refused. A request with the header needs a valid ticket, and a proof, in the next step.
        if TICKET_HEADER not in self.request.headers:
            super().check_xsrf_cookie()

    def ticket(self) -> Ticket:
        """Return the ticket of the request."""
        try:
            return Ticket.from_header(self.request.headers.get(TICKET_HEADER, ""))
        except ValueError:
            raise web.HTTPError(403, "The ticket is missing.") from None

    def check_owner(self) -> None:
        """Refuse a request that the owner of this server did not make."""
        proof = self.request.headers.get(OWNER_HEADER)
        if proof is None:
            found = re.fullmatch(
                r"(?:token|bearer)\s+(.+)", self.request.headers.get("Authorization", ""), re.I
            )
            proof = found[1] if found else ""
        if not self.owner.accepts(proof):
            raise web.HTTPError(403, "Only the owner of this server may open a login.")

    def send_json(self, content: Mapping[str, object], status: int = 200) -> None:
        self.set_status(status)
        self.finish(json.dumps(content))


class LoginsHandler(_KernelHandler):
    """Opens a login."""

    @allow_unauthenticated
    def post(self) -> None:
        """Answer 201 and the login; 403 without the owner's proof; 400 to a wrong body; 429 to one login too many."""
        self.check_owner()
        ticket = self.ticket()
        authorize_url = self.authorize_url(ticket)
        try:
            login = self.logins.open_login(ticket.key, authorize_url)
        except TooManyLogins:
            raise web.HTTPError(429, "Too many logins are open.") from None
        # Nobody may ever come back for the login: a code must not be left in memory because of that.
        asyncio.get_running_loop().call_later(self.logins.lifetime + 1, self.logins.forget_expired)
        told: dict[str, object] = {"state": login.key, "expires_in": int(self.logins.lifetime)}
        if _is_on_a_hub(self) or owners_are_told():  # else nobody could be kept from following the link
            told["start"] = login.start
        self.send_json(told, 201)

    def authorize_url(self, ticket: Ticket) -> str | None:
        """Return the address that the start page leads to; None if the kernel gave none."""
        if not self.request.body:
            return None
        try:
            if len(self.request.body) > 16_000:
                raise ValueError
            url = json.loads(self.request.body)["authorize_url"]
            # Printable ASCII without spaces and backslashes: every browser reads it the same way.
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
    """Gives the response to the kernel that holds the ticket."""

    _waiting: asyncio.Task[CallbackResponse | None] | None = None
    _gone = False

    @allow_unauthenticated
    async def get(self) -> None:
        """Answer 200 and the response; 204 as long as there is none; 404 if there is no such login."""
        key = self.ticket().key
        self._waiting = asyncio.ensure_future(self.logins.wait_for_response(key, self.seconds()))
        if self._gone:  # while the request was prepared
            self._waiting.cancel()
        try:
            response = await self._waiting
        except UnknownLogin:
            raise web.HTTPError(404, "This login is not open.") from None
        except asyncio.CancelledError:
            self.set_status(204)  # for the log alone: the kernel has gone
            return
        if response is None:
            self.set_status(204)
            self.finish()
            return
        asyncio.get_running_loop().call_later(KEPT_AFTER_DELIVERY + 1, self.logins.forget_expired)
        self.send_json(response.to_json())

    @allow_unauthenticated
    def delete(self) -> None:
        """Forget the login and answer 204; 404 if there is no such login."""
        try:
            self.logins.close_login(self.ticket().key)
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
        self._gone = True
        if self._waiting is not None:
            self._waiting.cancel()


class HealthHandler(_QuietHandler, APIHandler):
    """Tells that this extension is here."""

    _track_activity = False

    @allow_unauthenticated
    def get(self) -> None:
        """Answer with this package's version."""
        from importlib.metadata import PackageNotFoundError, version

        try:
            found = version("procore-jupyter")
        except PackageNotFoundError:
            found = "unknown"  # run from a checkout
        self.finish(json.dumps({"version": found}))

    @allow_unauthenticated
    def head(self) -> None:
        """Answer a client that only looks whether something is here."""
