"""The embedded provider's applications, codes and tokens, and the rules by which it gives them out. No HTTP.

The answers and the order of the checks were recorded from the kind of provider that Procore uses (Doorkeeper 5.5.0, set
up as Procore describes itself): a refresh checks the token first, a code exchange the client. A refused exchange or
refresh uses nothing up. A refresh ends the old access token at once. Revoking an expired access token does nothing.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from procore_jupyter.demo.oauth_messages import (
    SCOPE,
    Credentials,
    OAuthError,
    check_scope,
    missing,
    same,
    verifies,
)
from procore_jupyter.demo.parameters import DemoParameters


@dataclass(eq=False)
class Application:
    """A registered app: its name, its credentials, and its redirect URIs, to the letter."""

    name: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: tuple[str, ...]


@dataclass(frozen=True)
class ConsentRequest:
    """An app's valid request for a person's consent (RFC 6749, section 4.1.1)."""

    application: Application
    redirect_uri: str
    state: str | None = field(repr=False)
    code_challenge: str | None = field(repr=False)
    code_challenge_method: str | None


@dataclass(eq=False)
class _Code:
    request: ConsentRequest
    user_id: int
    expires_at: float
    used: bool = False


@dataclass(eq=False)
class IssuedToken:
    """An access token and its refresh token, which end together.

    Parameters
    ----------
    user_id : int or None
        The person's id; None for a service account (client credentials).
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    application: Application
    user_id: int | None
    created_at: float
    expires_at: float
    revoked: bool = False


class OAuthServer:
    """The provider. It is thread-safe: of two uses of one token or code, one succeeds.

    Parameters
    ----------
    clock : callable
        Returns the provider's time in seconds since the epoch.
    parameters : callable
        Returns the present parameters.
    """

    def __init__(self, clock: Callable[[], float], parameters: Callable[[], DemoParameters]) -> None:
        self._clock = clock
        self._parameters = parameters
        self._lock = threading.RLock()
        self._applications: dict[str, Application] = {}
        self._codes: dict[str, _Code] = {}
        self._tokens: dict[str, IssuedToken] = {}
        self._refresh_tokens: dict[str, IssuedToken] = {}

    def register(self, name: str, redirect_uris: Sequence[str]) -> Application:
        """Return a new app with these redirect URIs, to the letter, and credentials of its own."""
        application = Application(
            name, secrets.token_hex(32), secrets.token_hex(32), tuple(dict.fromkeys(redirect_uris))
        )
        with self._lock:
            self._applications[application.client_id] = application
        return application

    # The browser's part: /oauth/authorize

    def authorization_request(self, query: Mapping[str, str]) -> ConsentRequest:
        """Return an app's request for a person's consent.

        Raises
        ------
        OAuthError
            The request is refused. The browser must then **not** be sent back to the app: a redirect URI is trusted
            only once everything is checked.
        """
        client_id, redirect_uri = query.get("client_id"), query.get("redirect_uri", "")
        if not client_id:
            raise missing("client_id")
        application = self._known(client_id)
        if application is None:
            raise OAuthError("invalid_client")
        if redirect_uri not in application.redirect_uris:
            raise OAuthError("invalid_redirect_uri")
        if not query.get("response_type"):
            raise missing("response_type")
        if query["response_type"] != "code":
            raise OAuthError("unsupported_response_type")
        check_scope(query.get("scope"))
        challenge, method = query.get("code_challenge") or None, query.get("code_challenge_method")
        if challenge is not None and method not in ("plain", "S256"):
            raise OAuthError("invalid_code_challenge_method")
        return ConsentRequest(application, redirect_uri, query.get("state") or None, challenge, method)

    def agreed_before(self, application: Application, user_id: int) -> bool:
        """Tell whether the app has an unrevoked token of the person, who then isn't asked again."""
        with self._lock:
            return any(
                token.application is application and token.user_id == user_id and not token.revoked
                for token in self._tokens.values()
            )

    def issue_code(self, request: ConsentRequest, user_id: int) -> str:
        """Return an authorization code, now that the person has agreed."""
        code = secrets.token_urlsafe(32)
        with self._lock:
            expires_at = self._clock() + self._parameters().code_lifetime
            self._codes[code] = _Code(request, user_id, expires_at)
        return code

    # The app's part: /oauth/token, /oauth/token/info, /oauth/revoke

    def token(self, parameters: Mapping[str, str], credentials: Credentials | None) -> dict[str, object]:
        """Answer a token request.

        Raises
        ------
        OAuthError
            The request is refused, and nothing has changed.
        """
        grant_type = parameters.get("grant_type")
        if not grant_type:
            raise missing("grant_type")
        grants = {
            "authorization_code": self._exchange,
            "refresh_token": self._refresh,
            "client_credentials": self._client_credentials,
        }
        if grant_type not in grants:
            raise OAuthError("unsupported_grant_type")
        with self._lock:
            return self._answer(grants[grant_type](parameters, credentials))

    def _exchange(self, parameters: Mapping[str, str], credentials: Credentials | None) -> IssuedToken:
        if not parameters.get("code"):
            raise missing("code")
        code = self._codes.get(parameters["code"])
        verifier = parameters.get("code_verifier")
        if code is not None and code.request.code_challenge is not None and not verifier:
            raise missing("code_verifier")
        if not parameters.get("redirect_uri"):
            raise missing("redirect_uri")
        application = self._authenticated(credentials)
        if application is None:
            raise OAuthError("invalid_client")
        if (
            code is None
            or code.request.application is not application
            or code.used
            or self._clock() > code.expires_at
            or parameters["redirect_uri"] != code.request.redirect_uri
            or not verifies(verifier, code.request.code_challenge, code.request.code_challenge_method)
        ):
            raise OAuthError("invalid_grant")
        code.used = True
        return self._issue(application, code.user_id, refreshable=True)

    def _refresh(self, parameters: Mapping[str, str], credentials: Credentials | None) -> IssuedToken:
        if not parameters.get("refresh_token"):
            raise missing("refresh_token")
        old = self._refresh_tokens.get(parameters["refresh_token"])
        if old is None or old.revoked:
            raise OAuthError("invalid_grant")
        application = self._authenticated(credentials)
        if credentials is not None and application is None:
            raise OAuthError("invalid_client")
        if application is not old.application:
            raise OAuthError("invalid_grant")
        check_scope(parameters.get("scope"))
        old.revoked = True
        return self._issue(old.application, old.user_id, refreshable=True)

    def _client_credentials(
        self, parameters: Mapping[str, str], credentials: Credentials | None
    ) -> IssuedToken:
        application = self._authenticated(credentials)
        if application is None:
            raise OAuthError("invalid_client")
        check_scope(parameters.get("scope"))
        return self._issue(application, None, refreshable=False)

    def info(self, access_token: str | None) -> dict[str, object]:
        """Return what is known of an access token.

        Raises
        ------
        OAuthError
            ``invalid_token``, in the same words if it is missing, unknown, revoked, expired, or a refresh token.
        """
        try:
            token = self.authenticate(access_token)
        except OAuthError:
            raise OAuthError("invalid_token", "The access token is invalid") from None
        scopes, seconds = ("scope", "expires_in")
        if self._parameters().newer_info:
            scopes, seconds = ("scopes", "expires_in_seconds")
        return {
            "resource_owner_id": token.user_id,
            scopes: [SCOPE],
            seconds: self._seconds_left(token),
            "application": {"uid": token.application.client_id},
            "created_at": int(token.created_at),
        }

    def revoke(self, parameters: Mapping[str, str], credentials: Credentials | None) -> None:
        """Revoke a token by its access or refresh token. An unknown one is no error (RFC 7009).

        Raises
        ------
        OAuthError
            ``unauthorized_client``: the app is unknown, or the token is another app's.
        """
        with self._lock:
            application = self._authenticated(credentials)
            if application is None:
                raise OAuthError("unauthorized_client")
            given = parameters.get("token", "")
            token = self._tokens.get(given) or self._refresh_tokens.get(given)
            if token is None:
                return
            if token.application is not application:
                raise OAuthError("unauthorized_client")
            if not self._expired(token):  # recorded: an expired token's revocation does nothing
                token.revoked = True

    # The API's part

    def authenticate(self, access_token: str | None) -> IssuedToken:
        """Return the token of a bearer.

        Raises
        ------
        OAuthError
            ``invalid_token``: unknown, revoked, or expired, in the provider's words.
        """
        with self._lock:
            token = self._tokens.get(access_token or "")
            if token is None:
                raise OAuthError("invalid_token", "The access token is invalid")
            if token.revoked:
                raise OAuthError("invalid_token", "The access token was revoked")
            if self._expired(token):
                raise OAuthError("invalid_token", "The access token expired")
            return token

    # What happens elsewhere than in the browser's login

    def expire_access_tokens(self) -> None:
        """End the time of every access token; the refresh tokens stay good."""
        with self._lock:
            for token in self._tokens.values():
                token.expires_at = min(token.expires_at, self._clock() - 1)

    def revoke_all(self) -> None:
        """Revoke every token, as when a person removes the app or its secret is reset."""
        with self._lock:
            for token in self._tokens.values():
                token.revoked = True

    def _authenticated(self, credentials: Credentials | None) -> Application | None:
        if credentials is None:
            return None
        application = self._known(credentials.client_id)
        if application is None or credentials.client_secret is None:
            return None
        return application if same(application.client_secret, credentials.client_secret) else None

    def _known(self, client_id: str) -> Application | None:
        """Return the app of an id, if it is one of this environment."""
        return None if self._parameters().foreign_app else self._applications.get(client_id)

    def _issue(self, application: Application, user_id: int | None, *, refreshable: bool) -> IssuedToken:
        now = self._clock()
        token = IssuedToken(
            secrets.token_urlsafe(32),
            secrets.token_urlsafe(32) if refreshable else None,
            application,
            user_id,
            now,
            now + self._parameters().token_lifetime,
        )
        self._tokens[token.access_token] = token
        if token.refresh_token is not None:
            self._refresh_tokens[token.refresh_token] = token
        return token

    def _answer(self, token: IssuedToken) -> dict[str, object]:
        parameters = self._parameters()
        answer: dict[str, object] = {
            "access_token": token.access_token,
            "token_type": parameters.token_type,
            "expires_in": self._seconds_left(token),
        }
        if token.refresh_token is not None:
            answer["refresh_token"] = token.refresh_token
        if parameters.with_scope:
            answer["scope"] = SCOPE
        answer["created_at"] = int(token.created_at)
        return answer

    def _expired(self, token: IssuedToken) -> bool:
        return self._clock() > token.expires_at

    def _seconds_left(self, token: IssuedToken) -> int:
        return max(0, round(token.expires_at - self._clock()))
