"""The embedded provider's messages: credentials that it is given, and refusals in the provider's words."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field

OOB = "urn:ietf:wg:oauth:2.0:oob"  # the redirect URI of an app without an address: the code is shown
SCOPE = "public"

DESCRIPTIONS = {
    "invalid_grant": (
        "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI "
        "used in the authorization request, or was issued to another client."
    ),
    "invalid_client": (
        "Client authentication failed due to unknown client, no client authentication included, or "
        "unsupported authentication method."
    ),
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization server.",
    "invalid_scope": "The requested scope is invalid, unknown, or malformed.",
    "invalid_redirect_uri": "The requested redirect uri is malformed or doesn't match client redirect URI.",
    "unsupported_response_type": "The authorization server does not support this response type.",
    "invalid_code_challenge_method": "The code challenge method must be plain or S256.",
    "access_denied": "The resource owner or authorization server denied the request.",
    "unauthorized_client": "You are not authorized to revoke this token",
}
STATUSES = {"invalid_client": 401, "invalid_token": 401, "unauthorized_client": 403}


class OAuthError(Exception):
    """The provider refuses a request.

    Parameters
    ----------
    error : str
        The code of RFC 6749, section 5.2.
    description : str
        The provider's words; by default those that belong to the code.
    """

    def __init__(self, error: str, description: str | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.description = DESCRIPTIONS[error] if description is None else description
        self.status = STATUSES.get(error, 400)


@dataclass(frozen=True)
class Credentials:
    """A client id and secret as they came in the body or in HTTP Basic, unchecked."""

    client_id: str = field(repr=False)
    client_secret: str | None = field(default=None, repr=False)


def missing(parameter: str) -> OAuthError:
    """Return the refusal of a request that lacks a parameter."""
    return OAuthError("invalid_request", f"Missing required parameter: {parameter}.")


def check_scope(scope: str | None) -> None:
    """Raise OAuthError for any scope but the only one."""
    if scope and set(scope.split()) != {SCOPE}:
        raise OAuthError("invalid_scope")


def basic_credentials(authorization: str) -> Credentials | None:
    """Return the client id and secret of HTTP Basic (RFC 6749, section 2.3.1); None if there are none."""
    found = re.fullmatch(r"(?i:basic) +(\S+)", authorization.strip())
    if found is None:
        return None
    try:
        text = base64.b64decode(found[1], validate=True).decode()
    except ValueError:
        return None
    client_id, colon, client_secret = text.partition(":")
    return Credentials(client_id, client_secret if colon else None) if client_id else None


def verifies(verifier: str | None, challenge: str | None, method: str | None) -> bool:
    """Tell whether a code verifier belongs to the challenge (RFC 7636, section 4.6).

    A verifier without a challenge is wrong too.
    """
    if not verifier or challenge is None:
        return not verifier and challenge is None
    if method == "plain":
        return same(verifier, challenge)
    digest = hashlib.sha256(_bytes(verifier)).digest()
    return same(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)


def same(one: str, other: str) -> bool:
    """Tell whether two secrets are the same, in a time that doesn't depend on where they differ."""
    return hmac.compare_digest(_bytes(one), _bytes(other))


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")  # JSON can hold half a character
