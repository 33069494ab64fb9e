"""OAuthClient: asks the token endpoint and its neighbours over HTTP.

A secret leaves this module only as a `Secret`, or in a request to the provider: errors are made
anew, without the frames, requests and responses that could hold one.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from procore_jupyter.addresses import is_loopback
from procore_jupyter.errors import TokenRequestError, without_frames
from procore_jupyter.files.forks import importing
from procore_jupyter.oauth.failures import Request, refusal
from procore_jupyter.oauth.network_errors import unreachable
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_response import EndpointResponse, error_code, parse, read, read_token
from procore_jupyter.secret import Secret

LONGEST_CONNECT = 10.0
"""Seconds to wait at most for a connection."""

NO_ACCESS_TOKEN = "Procore answered, but without a usable token. Try again in a minute."


@dataclass(frozen=True)
class OAuthEndpoints:
    """The provider's endpoints, as whole URLs.

    Parameters
    ----------
    authorize, token, info, revoke : str
        The endpoints of the login host.
    second_token : str
        Where tokens are asked for while the login host can't be reached; empty for nowhere. It gets the app's secret too.
    """

    authorize: str
    token: str
    info: str
    revoke: str
    second_token: str = ""


@dataclass(frozen=True)
class TokenInfo:
    """What the provider says of an access token.

    Parameters
    ----------
    resource_owner_id : int or None
        The person's id at the provider; None for client credentials.
    client_id : str or None
        The app that it was made for.
    expires_in : float or None
        Seconds that it still lives.
    scopes : tuple of str
        Its rights; empty if the provider has none.
    created_at : float or None
        When it was made, in seconds since the epoch by the provider's clock.
    """

    resource_owner_id: int | None
    client_id: str | None
    expires_in: float | None
    scopes: tuple[str, ...]
    created_at: float | None


class OAuthClient:
    """Asks the provider for tokens, as one app.

    Parameters
    ----------
    endpoints : OAuthEndpoints
        The provider's endpoints.
    client_id : str
        The app's Client ID.
    client_secret : Secret
        The app's Client Secret; sent in the form body, as Procore documents.
    timeout : float
        Seconds for one request: `LONGEST_CONNECT` at most for connecting, the rest for reading.
    proxies : mapping or None
        As requests takes them. The environment is not read. Requests to this machine go through no proxy on another.
    ca_bundle : str or None
        A PEM file to trust instead of the system's.
    clock : callable
        Seconds since the epoch.
    place : str
        The environment's title, for messages.
    notify : callable
        Takes a line that the person should know of, from any thread.
    """

    def __init__(
        self,
        endpoints: OAuthEndpoints,
        client_id: str,
        client_secret: Secret,
        *,
        timeout: float = 60.0,
        proxies: Mapping[str, str] | None = None,
        ca_bundle: str | None = None,
        clock: Callable[[], float] = time.time,
        place: str = "",
        notify: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.endpoints = endpoints
        self.client_id = client_id
        self.timeout = timeout
        self._client_secret = client_secret
        self._proxies = dict(proxies or {})
        self._ca_bundle = ca_bundle
        self._clock = clock
        self._place = place
        self._notify = notify

    def exchange(self, code: Secret, *, redirect_uri: str, code_verifier: Secret | None) -> Token:
        """Exchange an authorization code for a token (RFC 6749, section 4.1.3).

        Parameters
        ----------
        code : Secret
            The code.
        redirect_uri : str
            The authorization request's, to the letter.
        code_verifier : Secret or None
            The authorization request's; None if it had none.

        Raises
        ------
        TokenRequestError
            The provider refused, couldn't be reached, or sent an unusable response.
        """
        return self._token(
            "exchange",
            "authorization_code",
            code=code,
            redirect_uri=redirect_uri,
            code_verifier=code_verifier,
        )

    def refresh(self, refresh_token: Secret, *, redirect_uri: str | None = None) -> Token:
        """Spend a refresh token for a new token (RFC 6749, section 6).

        At Procore this ends the old access token and the old refresh token at once.

        Raises
        ------
        TokenRequestError
            As for `exchange`. If its ``sent`` is true, the refresh token may be spent all the same.
        """
        token = self._token(
            "refresh", "refresh_token", refresh_token=refresh_token, redirect_uri=redirect_uri
        )
        if not token.access_token and token.refresh_token == refresh_token:  # an echo, and no successor
            raise TokenRequestError("unusable_answer", NO_ACCESS_TOKEN, sent=True)
        # A provider that lets the refresh token live on doesn't repeat it.
        return token if token.refresh_token else dataclasses.replace(token, refresh_token=refresh_token)

    def client_credentials(self) -> Token:
        """Get a token for the app itself (RFC 6749, section 4.4). It has no refresh token.

        Raises
        ------
        TokenRequestError
            As for `exchange`.
        """
        token = self._token("client_credentials", "client_credentials")
        if not token.access_token:
            raise TokenRequestError("unusable_answer", NO_ACCESS_TOKEN)
        return dataclasses.replace(token, refresh_token=None)

    def revoke(self, token: Token) -> None:
        """Revoke a token and its refresh token (RFC 7009). This does not end a token that has expired.

        Raises
        ------
        TokenRequestError
            As for `exchange`.
        """
        response = self._send("POST", self.endpoints.revoke, form={"token": token.access_token})
        self._raise_for(response, "revoke")
        if parse(response) is None:
            raise self._unusable(response)

    def info(self, token: Token) -> TokenInfo:
        """Ask the provider what it knows of an access token.

        Raises
        ------
        TokenRequestError
            As for `exchange`; ``invalid_token`` if it is no longer good.
        """
        response = self._send("GET", self.endpoints.info, bearer=token.access_token)
        self._raise_for(response, "info")
        found = parse(response)
        if found is None:
            raise self._unusable(response)
        application, expires_in = (
            found.get("application"),
            found.get("expires_in_seconds", found.get("expires_in")),
        )
        owner, created_at = found.get("resource_owner_id"), found.get("created_at")
        scopes = found.get("scopes", found.get("scope"))
        client_id = application.get("uid") if isinstance(application, dict) else None
        return TokenInfo(
            resource_owner_id=owner if isinstance(owner, int) else None,
            client_id=client_id if isinstance(client_id, str) else None,
            expires_in=expires_in if isinstance(expires_in, int | float) else None,
            scopes=tuple(str(scope) for scope in scopes) if isinstance(scopes, list) else (),
            created_at=created_at if isinstance(created_at, int | float) else None,
        )

    def _token(self, request: Request, grant_type: str, **fields: Secret | str | None) -> Token:
        form = {"grant_type": grant_type, **fields}
        response = self._send("POST", self.endpoints.token, form=form)
        if response.status is None and not response.sent and self.endpoints.second_token:
            response = self._from_second(form, response)
        outcome = read_token(response, self._clock()) if response.carried_out else None
        if isinstance(outcome, Token) and outcome.refresh_token:
            return outcome  # whatever else the response is or says
        self._raise_for(response, request)
        if isinstance(outcome, Token):
            return outcome
        raise self._unusable(response) if outcome is None else without_frames(outcome)

    def _from_second(
        self, form: Mapping[str, Secret | str | None], unreached: EndpointResponse
    ) -> EndpointResponse:
        """Ask the second token endpoint; return the first one's failure if that answers no better.

        Only a request that surely didn't arrive is sent here: a refresh token is good once.
        """
        response = self._send("POST", self.endpoints.second_token, form=form)
        if not (response.carried_out or (response.status is not None and error_code(response))):
            return dataclasses.replace(unreached, sent=response.sent)
        self._notify(
            f"{unreached.host} can't be reached from here: {response.host} gave the sign-in in its place."
        )
        return response

    def _raise_for(self, response: EndpointResponse, request: Request) -> None:
        """Raise a TokenRequestError unless the response is there and no refusal."""
        if response.status is None:
            raise TokenRequestError("unreachable", response.problem, sent=response.sent)
        error = error_code(response)
        if error and response.status < 500:
            raise TokenRequestError(error, refusal(error, request, self._place), response.status)
        if not response.succeeded:
            raise self._unusable(response)

    def _unusable(self, response: EndpointResponse) -> TokenRequestError:
        host, status = response.host, response.status or 0
        if response.problem:
            what = response.problem
        elif 300 <= status < 400:
            what = f"{host} redirected to another address, and a sign-in is never sent there. Check LoginURL: there may be a network's sign-in page in between."
        elif status == 429:
            what = f"{host} asks you to wait: too many sign-ins in a short time. Try again in a few minutes."
        elif status >= 500:
            what = f"{host} isn't working at the moment (status {status}). Try again in a minute."
        elif response.succeeded:
            what = f"{host} answered, but not as Procore does. Is it a network's sign-in page? Check LoginURL and the proxy, then try again."
        else:
            what = f"{host} refused without a reason (status {status}). Check LoginURL and Environment."
        return TokenRequestError("unusable_answer", what, response.status, sent=response.carried_out)

    def _send(
        self,
        method: str,
        url: str,
        *,
        form: Mapping[str, Secret | str | None] | None = None,
        bearer: Secret | None = None,
    ) -> EndpointResponse:
        # Only the frames below this one hold secrets in the clear; none of them survives in an error.
        outcome = self._ask(method, url, form, bearer)
        if isinstance(outcome, EndpointResponse):
            return dataclasses.replace(outcome, host=urlsplit(url).hostname or "")
        raise without_frames(outcome)

    def _ask(
        self, method: str, url: str, form: Mapping[str, Secret | str | None] | None, bearer: Secret | None
    ) -> EndpointResponse | BaseException:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Connection": "close",
            "User-Agent": "procore-jupyter",
        }
        until = time.monotonic() + self.timeout
        try:
            if bearer is not None:
                headers["Authorization"] = f"Bearer {bearer.reveal()}"
            # A new connection each time: a kept one may be dead, and then nobody knows whether a request that
            # was written to it had arrived.
            with requests.Session() as session:
                session.trust_env = False
                with session.request(
                    method,
                    url,
                    data=None if form is None else self._body(form),
                    headers={**headers, "Content-Type": "application/x-www-form-urlencoded"}
                    if form
                    else headers,
                    timeout=(min(self.timeout, LONGEST_CONNECT), self.timeout),
                    allow_redirects=False,
                    proxies=self._proxies_to(url),
                    verify=self._ca_bundle or True,
                    stream=True,
                ) as response:
                    return read(response, until, lambda error: self._why_not(error, url)[0])
        except (HTTPError, OSError, ValueError) as error:  # requests' own are OSErrors
            problem, sent = self._why_not(error, url)
            return EndpointResponse(problem=problem, sent=sent)
        except BaseException as error:
            return error

    def _why_not(self, error: Exception, url: str) -> tuple[str, bool]:
        return unreachable(error, url, self.timeout, self._proxies_to(url), "LoginURL")

    def _proxies_to(self, url: str) -> dict[str, str]:
        """Return the proxies for a URL. http to this machine is allowed because it doesn't leave it: only a proxy on this machine carries it."""
        if not is_loopback(urlsplit(url).hostname or ""):
            return self._proxies
        return {
            name: proxy
            for name, proxy in self._proxies.items()
            if is_loopback(urlsplit(proxy).hostname or "")
        }

    def _body(self, form: Mapping[str, Secret | str | None]) -> str:
        with importing():
            from oauthlib.common import urlencode
            from oauthlib.oauth2.rfc6749.parameters import prepare_token_request

        plain = {name: value.reveal() if isinstance(value, Secret) else value for name, value in form.items()}
        who = {"client_id": self.client_id, "client_secret": self._client_secret.reveal()}
        grant_type = plain.pop("grant_type", None)
        if grant_type is not None:
            return str(prepare_token_request(grant_type, **who, **plain))
        return str(urlencode(list({**plain, **who}.items())))
