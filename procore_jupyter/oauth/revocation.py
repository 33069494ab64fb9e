"""Revocation: how a token is ended at the provider, for good (RFC 7009)."""

from __future__ import annotations

from collections.abc import Callable

from procore_jupyter.errors import TokenRequestError
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.oauth.token import Token

CLOCK_MARGIN = 300.0
"""Seconds before its end from which an access token may have expired already, by the provider's clock."""


class Revocation:
    """Ends tokens at the provider.

    Revoking an access token ends its refresh token too. But of an access token that has expired it does nothing,
    though the provider says otherwise, and the refresh token lives on.

    Parameters
    ----------
    client, redirect_uri, clock
        As for `TokenSource`.
    """

    def __init__(self, client: OAuthClient, redirect_uri: str | None, clock: Callable[[], float]) -> None:
        self._client = client
        self._redirect_uri = redirect_uri
        self._clock = clock

    def end(self, token: Token) -> None:
        """End a token that nobody uses any more.

        Raises
        ------
        TokenRequestError
            The provider couldn't be reached, or didn't end it.
        """
        if token.access_token and token.expires_at and not token.expired(self._clock() + CLOCK_MARGIN):
            self._client.revoke(token)
        else:
            self.end_for_sure(token)

    def end_for_sure(self, token: Token, keep: Callable[[Token], None] = lambda token: None) -> None:
        """End a token, then try its refresh token: while that still gives a token, revoke this one in turn.

        Parameters
        ----------
        keep : callable
            Keeps a token that came instead, until it is revoked too.

        Raises
        ------
        TokenRequestError
            The provider couldn't be reached, or didn't end it.
        """
        for _ in range(3):
            if token.access_token and not token.expired(self._clock()):
                self._client.revoke(token)
            if token.refresh_token is None:
                return
            try:
                token = self._client.refresh(token.refresh_token, redirect_uri=self._redirect_uri)
            except TokenRequestError as error:
                if error.error == "invalid_grant":
                    return
                raise
            keep(token)
        raise TokenRequestError(
            "unusable_answer", "Procore still accepts the sign-in after it was ended. Try again in a minute."
        )
