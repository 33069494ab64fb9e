"""AuthorizationRequest: the link that a person opens. AuthorizationResponse: what the browser brings back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qs, urlsplit

from procore_jupyter.errors import CONNECT_AGAIN, DENIED, LoginDenied, LoginRequired, without_locals
from procore_jupyter.secret import Secret

LONGEST_RESPONSE = 16_384
"""Characters of a response's query; a code has under 100, and no browser's address is longer in earnest."""


@dataclass(frozen=True, repr=False)
class AuthorizationRequest:
    """The link to Procore's sign-in page (RFC 6749, section 4.1.1), and what the response is checked against.

    Parameters
    ----------
    url : str
        The link. Whoever has it and the callback can finish this login: show it to this person alone.
    state : str
        The value that the response has to carry (RFC 6749, section 10.12).
    redirect_uri : str
        The address that the browser is sent back to; to the letter a Redirect URI of the app.
    code_verifier : Secret
        Proves that the exchange comes from whoever made the request (RFC 7636). Procore documents no PKCE: the
        verifier is sent, and nothing relies on it.
    """

    url: str
    state: str
    redirect_uri: str
    code_verifier: Secret

    @classmethod
    @without_locals
    def create(cls, *, authorize_url: str, client_id: str, redirect_uri: str, state: str) -> Self:
        """Make a request with a new PKCE pair (S256) of its own."""
        from oauthlib.common import add_params_to_uri  # on first use: %load_ext doesn't pay for it
        from oauthlib.oauth2 import WebApplicationClient

        client = WebApplicationClient(client_id)
        verifier = client.create_code_verifier(64)
        # oauthlib's own prepare_authorization_request refuses http, which a demo on this machine uses.
        url = add_params_to_uri(
            authorize_url,
            [
                ("response_type", "code"),
                ("client_id", client_id),
                ("redirect_uri", redirect_uri),
                ("state", state),
                ("code_challenge", client.create_code_challenge(verifier, "S256")),
                ("code_challenge_method", "S256"),
            ],
        )
        return cls(url, state, redirect_uri, Secret(verifier))

    def __repr__(self) -> str:
        return f"<AuthorizationRequest to {urlsplit(self.url).hostname}>"


@dataclass(frozen=True, repr=False)
class AuthorizationResponse:
    """What the browser brought back (RFC 6749, section 4.1.2): a code, or an error.

    Parameters
    ----------
    code : Secret or None
        To be exchanged for a token, once, within ten minutes.
    state : str or None
        The request's; None if a person pasted the bare code.
    error : str or None
        ``access_denied``, …; ``invalid_answer`` (ours) for a response that is neither a code nor an error.
    error_description : str or None
        The provider's words, if any. Anyone can write an address: escape them where they are shown.
    """

    code: Secret | None = None
    state: str | None = None
    error: str | None = None
    error_description: str | None = None

    @classmethod
    def from_query(cls, query: str) -> Self:
        """Parse the query of the callback's address. Never raises: nonsense is the error ``invalid_answer``."""
        try:
            fields = parse_qs(
                query.removeprefix("?")[: LONGEST_RESPONSE + 1], keep_blank_values=True, max_num_fields=50
            )
        except ValueError:
            fields = {}
        state = fields["state"][0] if len(fields.get("state", ())) == 1 else None
        # No parameter may come twice (RFC 6749, section 3.1), and a response is a code or an error.
        twice = any(len(fields.get(name, ())) > 1 for name in ("code", "state", "error"))
        code, error = fields.get("code", [""])[0], fields.get("error", [""])[0]
        if len(query) > LONGEST_RESPONSE or twice or bool(code) == bool(error):
            return cls(state=state, error="invalid_answer")
        if error:
            return cls(state=state, error=error, error_description=fields.get("error_description", [None])[0])
        return cls(code=Secret(code), state=state)

    def raise_for_error(self) -> None:
        """Raise the response's error, if it is one.

        Raises
        ------
        LoginDenied
            The person chose Deny.
        LoginRequired
            The provider refused for another reason, or the response can't be read.
        """
        if self.error is None:
            return
        if self.error == "access_denied":
            raise LoginDenied(DENIED)
        if self.error == "invalid_answer":
            raise LoginRequired(
                f"The answer that came back from the browser can't be read. {CONNECT_AGAIN} to sign in again."
            )
        if self.error in ("server_error", "temporarily_unavailable"):
            raise LoginRequired(
                f"Procore's sign-in isn't working at the moment. {CONNECT_AGAIN} in a minute."
            )
        code = self.error if re.fullmatch(r"[a-z_]{1,40}", self.error) else "unknown reason"
        raise LoginRequired(
            f"Procore refused the sign-in ({code}). Check OAuthClientId, Environment and the app's Redirect URI, then run %procore_connect again."
        )

    def __repr__(self) -> str:
        return f"<AuthorizationResponse: {'a code' if self.code else 'an error'}>"
