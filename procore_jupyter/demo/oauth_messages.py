"""What the embedded provider is told and what it says: credentials, and refusals in the provider's words."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field

OOB = "urn:ietf:wg:oauth:2.0:oob"  # the redirect URI of who can be sent nowhere: the code is shown
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
    """The provider refuses.

    Parameters
    ----------
    error : str
        The code of RFC 6749, section 5.2.
    description : str
        The provider's words; by default those that go with the code.
    """

    def __init__(self, error: str, description: str | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.description = DESCRIPTIONS[error] if description is None else description
        self.status = STATUSES.get(error, 400)


@dataclass(frozen=True)
class Credentials:
    """A client id and secret as they came, from the body or from HTTP Basic; nothing is checked yet."""

    client_id: str = field(repr=False)
    client_secret: str | None = field(default=None, repr=False)


def missing(parameter: str) -> OAuthError:
    """Return the refusal of a request that lacks a parameter."""
    return OAuthError("invalid_request", f"Missing required parameter: {parameter}.")


def check_scope(scope: str | None) -> None:
    """Refuse any scope but the one there is (OAuthError)."""
    if scope and set(scope.split()) != {SCOPE}:
        raise OAuthError("invalid_scope")


def basic_credentials(authorization: str) -> Credentials | None:
    """Read HTTP Basic's client id and secret (RFC 6749, section 2.3.1); None where there are none."""
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
    """Tell whether a code verifier is that of the challenge (RFC 7636, section 4.6).

    A verifier where no challenge was sent is refused as well.
    """
    if not verifier or challenge is None:
        return not verifier and challenge is None
    if method == "plain":
        return same(verifier, challenge)
    digest = hashlib.sha256(_bytes(verifier)).digest()
    return same(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)


def same(one: str, other: str) -> bool:
    """Compare two secrets without telling by the time it takes where they differ."""
    return hmac.compare_digest(_bytes(one), _bytes(other))


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")  # JSON can carry half a character
