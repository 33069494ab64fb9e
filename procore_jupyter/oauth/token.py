"""Token: an access token, its refresh token, and how long they are good for."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeGuard

from procore_jupyter.errors import TokenRequestError
from procore_jupyter.secret import Secret

LONGEST_LIFE = 10 * 365 * 86_400.0
"""Seconds beyond which an "expires_in" is a mistake, not a lifetime."""

LARGEST_MARGIN = 120.0
"""Seconds before its end at which a token is renewed, at most."""


@dataclass(frozen=True)
class Token:
    """An access token and what belongs to it. It can be drawn: its secrets are `Secret`.

    Times are counted on this machine's clock from the moment of receipt, so a provider whose clock
    is wrong changes nothing.

    Parameters
    ----------
    access_token : Secret
        The text after ``Authorization: Bearer``. Empty if there is only a refresh token.
    refresh_token : Secret or None
        Good for one successor. None for client credentials.
    expires_at : float or None
        When it ends, in seconds since the epoch; None if the provider didn't say.
    lifetime : float or None
        Seconds that it lived when new.
    obtained_at : float
        When it was received, in seconds since the epoch.
    clock_offset : float or None
        This machine's clock minus the provider's, in seconds; None without a ``created_at``.
    """

    access_token: Secret
    refresh_token: Secret | None
    expires_at: float | None
    lifetime: float | None
    obtained_at: float
    clock_offset: float | None = None

    @classmethod
    def from_response(cls, payload: object, now: float) -> Self:
        """Read a token response (RFC 6749, section 5.1), already parsed from JSON.

        The request has spent a code or a refresh token by now, so a refresh token that came is kept, whatever else is
        odd: without a usable access token beside it, the token is `only_to_refresh`. A life that makes no sense isn't
        known; ``created_at`` only gives the difference of the clocks.

        Raises
        ------
        TokenRequestError
            ``unusable_answer``: neither an access token nor a refresh token can be used.
        """
        if not isinstance(payload, Mapping):
            raise _unusable("it isn't a JSON object")
        kind, refresh_token = payload.get("token_type", "bearer"), _refresh_token(payload)
        problem = ""
        if kind is not None and not (isinstance(kind, str) and kind.strip().lower() == "bearer"):
            problem = "its token isn't of the type “bearer”"
        access_token = _access_token(payload)
        if access_token is None:
            problem = "the access token is missing or damaged"
        if access_token is None or problem:
            if refresh_token is None:
                raise _unusable(problem)
            return cls.only_to_refresh(refresh_token, now)
        lifetime = _number(payload.get("expires_in"))
        if lifetime is not None and not 0 < lifetime <= LONGEST_LIFE:
            lifetime = None
        created = _number(payload.get("created_at"))
        return cls(
            access_token=access_token,
            refresh_token=refresh_token,
            expires_at=None if lifetime is None else now + lifetime,
            lifetime=lifetime,
            obtained_at=now,
            clock_offset=None if created is None else now - created,
        )

    @classmethod
    def only_to_refresh(cls, refresh_token: Secret, now: float) -> Self:
        """Make a token that is a refresh token alone, to be spent before anything else."""
        return cls(Secret(""), refresh_token, now, 0.0, now)

    @classmethod
    def given(
        cls,
        access_token: Secret,
        refresh_token: Secret | None,
        now: float,
        *,
        expires_in: float | None = None,
        timestamp: float | None = None,
    ) -> Self:
        """Make a token that a person obtained elsewhere (``OAuthAccessToken`` and its companions).

        Parameters
        ----------
        access_token, refresh_token : Secret
            The texts as given.
        now : float
            Seconds since the epoch.
        expires_in, timestamp : float or None
            Its life in seconds, and when it was obtained in seconds since the epoch. Without both its age
            isn't known: then ``expires_at`` is None.
        """
        if expires_in is None or timestamp is None:
            return cls(access_token, refresh_token, None, None, now)
        return cls(access_token, refresh_token, timestamp + expires_in, expires_in, timestamp)

    @property
    def refresh_at(self) -> float:
        """When to renew it, in seconds since the epoch; infinity if its life isn't known.

        That is a sixth of its life before it ends, at most two minutes: 120 s of 5400 s or 900 s, 1.7 s of
        10 s, 0.7 s of 4 s.
        """
        if self.expires_at is None:
            return math.inf
        return self.expires_at - min(LARGEST_MARGIN, (self.lifetime or 0.0) / 6)

    def needs_refresh(self, now: float) -> bool:
        """Tell whether it ends so soon that it should be renewed before it is used."""
        return now >= self.refresh_at

    def expired(self, now: float) -> bool:
        """Tell whether it has ended, or never was an access token."""
        return not self.access_token or (self.expires_at is not None and now >= self.expires_at)

    def same_as(self, other: Token) -> bool:
        """Tell whether both hold the same access token."""
        return self.access_token == other.access_token

    def to_json(self) -> dict[str, Any]:
        """Return plain values, secrets in the clear, for the token store alone."""
        return {
            "access_token": self.access_token.reveal(),
            "refresh_token": self.refresh_token.reveal() if self.refresh_token else None,
            "expires_at": self.expires_at,
            "lifetime": self.lifetime,
            "obtained_at": self.obtained_at,
            "clock_offset": self.clock_offset,
        }

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read what `to_json` returned; of anything else raise a ValueError that doesn't show it."""
        if not isinstance(value, Mapping):
            raise ValueError("a stored token is a JSON object")
        numbers = {name: value.get(name) for name in ("expires_at", "lifetime", "clock_offset")}
        obtained_at, access = value.get("obtained_at"), value.get("access_token")
        refresh = value.get("refresh_token")
        if not isinstance(access, str) or not (refresh is None or isinstance(refresh, str)):
            raise ValueError("a stored token's secrets are texts")
        if not _is_number(obtained_at) or not all(n is None or _is_number(n) for n in numbers.values()):
            raise ValueError("a stored token's times are numbers")
        return cls(Secret(access), Secret(refresh) if refresh else None, obtained_at=obtained_at, **numbers)


def _unusable(what: str) -> TokenRequestError:
    return TokenRequestError(
        "unusable_answer",
        f"Procore answered, but not with a usable token: {what}. Try again in a minute.",
        sent=True,
    )


def _is_number(value: object) -> TypeGuard[float]:
    # An int too large for a float is as senseless as NaN.
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e15 < value < 1e15


def _number(value: object) -> float | None:
    """Return a number of a response, also one that is spelled as a text; None for anything else."""
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,15}(\.[0-9]*)?\s*", value, re.ASCII):
        value = float(value)
    return float(value) if _is_number(value) else None


def _access_token(payload: Mapping[str, object]) -> Secret | None:
    """Return the access token of a response: visible ASCII, because it goes into a header (RFC 6749, appendix A.12)."""
    value = payload.get("access_token")
    fit = isinstance(value, str) and value and all("!" <= character <= "~" for character in value)
    return Secret(str(value)) if fit else None


def _refresh_token(payload: Mapping[str, object]) -> Secret | None:
    """Return the refresh token of a response: any text, because it goes into a form."""
    value = payload.get("refresh_token")
    if type(value) is int and 10**7 <= value < 10**99:  # 0 and 1 would be no and yes
        value = str(value)
    if not isinstance(value, str) or not value.strip() or re.search(r"[\ud800-\udfff]", value):
        return None
    return Secret(value)
