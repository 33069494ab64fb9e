"""Token: an access token, its refresh token, and how long they are good for."""

from __future__ import annotations

import math
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

        ``scope`` may be absent, ``token_type`` is compared in any case, and ``created_at`` only gives the
        difference of the clocks.

        Raises
        ------
        TokenRequestError
            ``unusable_answer``: a field is missing, of another type, or makes no sense.
        """
        if not isinstance(payload, Mapping):
            raise _unusable("it isn't a JSON object")
        kind = payload.get("token_type")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise _unusable("its token isn't of the type “bearer”")
        access = _text(payload, "access_token")
        if access is None:
            raise _unusable("it holds no access token")
        lifetime = payload.get("expires_in")
        if lifetime is not None and (not _is_number(lifetime) or not 0 < lifetime <= LONGEST_LIFE):
            raise _unusable("its “expires_in” makes no sense")
        created = payload.get("created_at")
        return cls(
            access_token=access,
            refresh_token=_text(payload, "refresh_token"),
            expires_at=None if lifetime is None else now + lifetime,
            lifetime=None if lifetime is None else float(lifetime),
            obtained_at=now,
            clock_offset=now - float(created) if _is_number(created) else None,
        )

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


def _text(payload: Mapping[str, object], name: str) -> Secret | None:
    """Return a token in the response: visible ASCII only, because it goes into a header (RFC 6749, appendix A.12)."""
    value = payload.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value or not all("!" <= character <= "~" for character in value):
        raise _unusable(f"its “{name}” isn't a token")
    return Secret(value)
