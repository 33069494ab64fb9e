"""Our own two headers, told from the caller's by their type, and safe to look at; and how a count in an answer's is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procore_jupyter.errors import ConfigurationError

if TYPE_CHECKING:
    from procore_jupyter.oauth.token import Token

AUTHORIZATION = "Authorization"
COMPANY = "Procore-Company-Id"
MASKED = "Bearer ***"


class Bearer(str):
    """The Authorization value that this package attaches: drawn, formatted and pickled as ``Bearer ***``.

    Only `encode`, which the connection calls, gives what is sent.
    """

    __slots__ = ()

    @classmethod
    def of(cls, token: Token) -> Bearer:
        """Return the value to send for a token.

        Raises
        ------
        ConfigurationError
            It holds what no header can: http.client would say so with the token in its message.
        """
        text = token.access_token.reveal()
        if not (text.isascii() and text.isprintable()):
            raise ConfigurationError(
                "The access token holds a line break or another character that can't be sent. Copy it again."
            )
        return cls("Bearer " + text)

    def __repr__(self) -> str:
        return repr(MASKED)

    def __str__(self) -> str:
        return MASKED

    def __format__(self, spec: str) -> str:
        return format(MASKED, spec)

    def __reduce_ex__(self, protocol: object) -> tuple[type, tuple[str]]:
        return Bearer, (MASKED,)


class CompanyId(str):
    """The company header's value where we set it, not the caller."""

    __slots__ = ()


def whole_number(text: str | None) -> int | None:
    """Return a header's count, as ``Content-Length`` and ``Total`` have them; None where it is none."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


SENT = Bearer(MASKED)
"""What stands in a request that the caller can look at, in place of the token that was sent."""
