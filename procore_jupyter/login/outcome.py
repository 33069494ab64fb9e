"""What an answer or a failure means for a sign-in, and the words that tell a person."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from procore_jupyter.errors import (
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

CANCELLED = "Not signed in: the sign-in was cancelled. Run the cell again for a new link."
STRANGER = "An answer of another sign-in came and was refused: use the link shown here."

# A pasted code that led to one of these may be pasted again: it was mistyped, or never arrived.
_TRY_AGAIN = frozenset({"invalid_grant", "unreachable", "unusable_answer"})


def belongs(answer: AuthorizationResponse, request: AuthorizationRequest, *, pasted: bool) -> bool:
    """Tell whether an answer is this request's: by its state (RFC 6749, section 10.12), and it says something.

    Only a pasted answer may have no state; `paste` says why that is safe.
    """
    if not answer.code and answer.error is None:
        return False
    if answer.state is None:
        return pasted
    return same_state(answer.state, request.state)


def same_state(one: str, other: str) -> bool:
    """Compare two states in a time that tells nothing. A lone surrogate can be pasted, so it can be compared."""
    return hmac.compare_digest(one.encode(errors="surrogatepass"), other.encode(errors="surrogatepass"))


def refusal(answer: AuthorizationResponse) -> LoginRequired | None:
    """Return what an answer without a code means."""
    if answer.error == "access_denied":
        return LoginDenied(DENIED)
    try:
        answer.raise_for_error()
    except LoginRequired as error:
        return LoginRequired(f"Not signed in: {error}")
    return None


def failure_of(error: BaseException) -> LoginRequired:
    """Return what the person is told when the exchange or the saving failed."""
    without_frames(error)
    if isinstance(error, LoginRequired):
        return error
    if isinstance(error, ProcoreError):
        failure = LoginRequired(f"Not signed in: {error}")
        failure.__cause__ = error
        return failure
    # Not ours: its text may hold anything, so neither that nor the error itself is passed on.
    return LoginRequired(
        f"Not signed in: the sign-in broke off unexpectedly ({type(error).__name__}). Run the cell again; "
        "if it happens again, please report it."
    )


def try_again(error: BaseException) -> str | None:
    """Return what to do about a pasted code whose exchange failed; None where pasting again can't help."""
    if not isinstance(error, TokenRequestError) or error.error not in _TRY_AGAIN:
        return None
    if error.error == "invalid_grant":
        return (
            "Procore didn't accept what you pasted: check that it is complete and from this sign-in, "
            "or click the link again, then paste what you get."
        )
    return f"{error.description} Then paste it once more."


def too_late(timeout: float) -> LoginTimeout:
    """Return the error of a sign-in that nobody finished within `timeout` seconds."""
    within = f"{timeout / 60:.0f} minutes" if timeout >= 120 else f"{timeout:.0f} seconds"
    return LoginTimeout(
        f"Not signed in: nobody finished the sign-in within {within}. Run the cell again for a new link."
    )
