"""Answer: what the provider sent back, read within bounds, and what it says."""

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

LARGEST_ANSWER = 1 << 20  # bytes; a token answer has some 500


@dataclass(frozen=True, repr=False)
class Answer:
    """What came back, or why nothing did. Has no repr that a drawn frame could show."""

    status: int | None = None
    content: bytes = b""
    problem: str = ""
    sent: bool = False


def read(response: requests.Response, until: float) -> Answer:
    """Read an answer, at most `LARGEST_ANSWER` bytes and until a time of the monotonic clock."""
    content = b""
    while True:
        # read1 gives what has come; read would wait, past all timeouts, for a peer that drips.
        take = getattr(response.raw, "read1", None)
        piece = take(65_536) if take is not None else response.raw.read(1_024)
        if not piece:
            break
        content += piece
        if len(content) > LARGEST_ANSWER:
            return Answer(
                response.status_code,
                problem="The answer to the sign-in was far too long to be Procore's. Check LoginURL.",
            )
        if time.monotonic() > until:
            host = urlsplit(response.url).hostname
            return Answer(
                problem=f"The answer of {host} did not come to its end in time. Try again in a minute.",
                sent=True,
            )
    return Answer(response.status_code, content)


def parse(answer: Answer) -> dict[str, object] | None:
    """Return the JSON object of an answer; None where there is none."""
    try:
        found = json.loads(answer.content, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def error_code(answer: Answer) -> str:
    """Return the error code of an answer, empty where there is none.

    The provider's own description is never shown: it could repeat what was sent.
    """
    code = (parse(answer) or {}).get("error")
    if not isinstance(code, str):
        return ""
    return code if re.fullmatch(r"[a-z_]{1,40}", code) else "unknown_error"


def _refuse(constant: str) -> float:
    raise ValueError(constant)  # NaN and Infinity are no JSON


def read_token(answer: Answer, now: float) -> Token | TokenRequestError | None:
    """Return the token of an answer, the error that it is none (not raised: its frame holds the answer), None where there is no JSON."""
    payload = parse(answer)
    if payload is None:
        return None
    try:
        return Token.from_response(payload, now)
    except TokenRequestError as error:
        error.status = answer.status
        return error
