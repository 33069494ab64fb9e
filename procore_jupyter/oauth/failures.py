"""Why the provider refused a request, in a person's words."""

from __future__ import annotations

from typing import Literal

from procore_jupyter.errors import CONNECT_AGAIN

Request = Literal["exchange", "refresh", "client_credentials", "revoke", "info"]


def refusal(error: str, request: Request, place: str = "") -> str:
    """Return one line for a refusal of the token endpoint: what happened, and what to do.

    Parameters
    ----------
    error : str
        The code of RFC 6749, section 5.2, as the provider sent it.
    request : str
        What was asked for.
    place : str
        The environment's title (``production``); empty if it isn't known.
    """
    if error == "invalid_client":
        return f"Procore doesn't know this Client ID{f' in {place}' if place else ''}, or the Client Secret doesn't match. {_other_environment(place)}"
    if error == "invalid_grant":
        if request == "exchange":
            return (
                "Procore refused the code of this sign-in: it was used before, is older than ten minutes, or the Redirect URI "
                f"(CallbackURL) isn't the one it was made for. {CONNECT_AGAIN} to sign in again."
            )
        return f"Procore no longer accepts the stored sign-in. {CONNECT_AGAIN} to sign in again."
    if error == "invalid_token":
        return f"Procore no longer accepts this token. {CONNECT_AGAIN}."
    if error == "unsupported_grant_type" or (
        error == "unauthorized_client" and request == "client_credentials"
    ):
        if request == "client_credentials":
            return "Procore doesn't allow this app to sign in without a person. Add a service account to the app, or use AuthScheme=OAUTH."
        return "Procore doesn't allow people to sign in with this app. Check the app's Data Connection in the Developer Portal."
    if error == "unauthorized_client":
        return "Procore didn't sign this app out: the token belongs to another app, or the Client Secret is wrong. Check OAuthClientId and OAuthClientSecret."
    if error == "invalid_request":
        return "Procore found something missing in the request. Check that OAuthClientId, OAuthClientSecret and CallbackURL are given."
    if error == "invalid_scope":
        return "Procore doesn't give this app the access it requested. Check the app in the Developer Portal."
    return f"Procore refused the sign-in ({error}). Check OAuthClientId, OAuthClientSecret and Environment."


def _other_environment(place: str) -> str:
    words = place.casefold()
    if "monthly" in words:
        return "The monthly sandbox uses the production ones: check OAuthClientId and OAuthClientSecret."
    if "sandbox" in words:
        return "Is it the production one? Then add Environment=Production."
    if "production" in words:
        return "Is it the sandbox one? Then add Environment=Sandbox."
    return "Check OAuthClientId, OAuthClientSecret and Environment: each environment has its own."
