"""What a response or a failure means for a login, and the words for the person."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from procore_jupyter.errors import (
    CONNECT_AGAIN,
    DENIED,
    LoginDenied,
    LoginRequired,
    LoginTimeout,
    ProcoreError,
    TokenRequestError,
    without_frames,
)

if TYPE_CHECKING:
    from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse

CANCELLED = f"Not signed in: the sign-in was cancelled. {CONNECT_AGAIN} for a new link."
STRANGER = "An answer to another sign-in arrived and was refused: use the link shown here."

# After one of these a code may be pasted once more: it was mistyped, or it never arrived.
_TRY_AGAIN = frozenset({"invalid_grant", "unreachable", "unusable_answer"})


def belongs(response: AuthorizationResponse, request: AuthorizationRequest, *, pasted: bool) -> bool:
    """Tell whether a response has a code or an error, and the request's state (RFC 6749, section 10.12).

    Only a pasted response may have no state; `paste` says why that is safe.
    """
    if not response.code and response.error is None:
        return False
    if response.state is None:
        return pasted
    return same_state(response.state, request.state)


def same_state(one: str, other: str) -> bool:
    """Compare two states in constant time. A pasted state may hold a lone surrogate, which compares like any other."""
    return hmac.compare_digest(one.encode(errors="surrogatepass"), other.encode(errors="surrogatepass"))


def refusal(response: AuthorizationResponse) -> LoginRequired | None:
    """Return the error that a response without a code means; None if it has one."""
    if response.error == "access_denied":
        return LoginDenied(DENIED)
    try:
        response.raise_for_error()
    except LoginRequired as error:
        return LoginRequired(f"Not signed in: {error}")
    return None


def failure_of(error: BaseException) -> LoginRequired:
    """Return the person's error for an exchange, or a saving of the token, that failed."""
    without_frames(error)
    if isinstance(error, LoginRequired):
        return error
    if isinstance(error, ProcoreError):
        failure = LoginRequired(f"Not signed in: {error}")
        failure.__cause__ = error
        return failure
    # Not an error of ours: its text may hold anything, so neither the text nor the error is passed on.
    return LoginRequired(
        f"Not signed in: the sign-in broke off unexpectedly ({type(error).__name__}). {CONNECT_AGAIN}; "
        "if it happens again, please report it."
    )


def try_again(error: BaseException) -> str | None:
    """Return the advice after the exchange of a pasted code failed; None if pasting again can't help."""
    if not isinstance(error, TokenRequestError) or error.error not in _TRY_AGAIN:
        return None
    if error.error == "invalid_grant":
        return (
            "Procore didn't accept what you pasted: check that it is complete and from this sign-in, "
            "or click the link again, then paste what you get."
        )
    return f"{error.description} Then paste it once more."


def too_late(timeout: float) -> LoginTimeout:
    """Return the error of a login that nobody finished within `timeout` seconds."""
    within = f"{timeout / 60:.0f} minutes" if timeout >= 120 else f"{timeout:.0f} seconds"
    return LoginTimeout(
        f"Not signed in: nobody finished the sign-in within {within}. {CONNECT_AGAIN} for a new link."
    )
