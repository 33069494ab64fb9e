"""EndpointResponse: what an endpoint of the provider sent back, read within bounds, and what it says."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from procore_jupyter.errors import TokenRequestError
from procore_jupyter.oauth.token import Token

if TYPE_CHECKING:
    import requests

LARGEST_RESPONSE = 1 << 20
"""Bytes that are read of a response; a token response has some 500."""


@dataclass(frozen=True, repr=False)
class EndpointResponse:
    """A response, or why there is none. It has no repr that a drawn frame could show.

    Parameters
    ----------
    status : int or None
        The HTTP status; None if no response came, or its body didn't end in time.
    content : bytes
        The body.
    problem : str
        What is wrong with it, in one line for a person; empty if it came as a whole.
    sent : bool
        Without a status: the request may have arrived.
    """

    status: int | None = None
    content: bytes = b""
    problem: str = ""
    sent: bool = False


def read(response: requests.Response, until: float) -> EndpointResponse:
    """Read a response: at most `LARGEST_RESPONSE` bytes, and until a time of the monotonic clock."""
    content = b""
    while True:
        # read1 gives what has come; read would wait, past all timeouts, for a peer that drips.
        take = getattr(response.raw, "read1", None)
        piece = take(65_536) if take is not None else response.raw.read(1_024)
        if not piece:
            break
        content += piece
        if len(content) > LARGEST_RESPONSE:
            return EndpointResponse(
                response.status_code,
                problem="The answer to the sign-in was far too long to be Procore's. Check LoginURL.",
            )
        if time.monotonic() > until:
            host = urlsplit(response.url).hostname
            return EndpointResponse(
                problem=f"The answer of {host} did not come to its end in time. Try again in a minute.",
                sent=True,
            )
    return EndpointResponse(response.status_code, content)


def parse(response: EndpointResponse) -> dict[str, object] | None:
    """Return the JSON object in a response, or None."""
    try:
        found = json.loads(response.content, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def error_code(response: EndpointResponse) -> str:
    """Return the error code of a response (RFC 6749, section 5.2), or an empty text.

    The provider's own description is never shown: it could repeat what was sent.
    """
    code = (parse(response) or {}).get("error")
    if not isinstance(code, str):
        return ""
    return code if re.fullmatch(r"[a-z_]{1,40}", code) else "unknown_error"


def read_token(response: EndpointResponse, now: float) -> Token | TokenRequestError | None:
    """Return the token in a response, the error that says why it is none, or None if there is no JSON object.

    The error is returned and not raised: the frame that raises it holds the response.
    """
    payload = parse(response)
    if payload is None:
        return None
    try:
        return Token.from_response(payload, now)
    except TokenRequestError as error:
        error.status = response.status
        return error


def _refuse(constant: str) -> float:
    raise ValueError(constant)  # NaN and Infinity are not JSON
