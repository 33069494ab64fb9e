"""EndpointResponse: what an endpoint of the provider sent back, read within bounds, and what it says."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError

from procore_jupyter.errors import TokenRequestError
from procore_jupyter.oauth.token import Token
from procore_jupyter.secret import Secret

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
    begun : int or None
        The HTTP status of a response whose body didn't come to its end; `content` is what came of it.
    host : str
        The host that was asked.
    """

    status: int | None = None
    content: bytes = b""
    problem: str = ""
    sent: bool = False
    begun: int | None = None
    host: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the response came as a whole, with the status of a success."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def carried_out(self) -> bool:
        """Whether a status came, and is no refusal: then the request has, or may have, been carried out."""
        status = self.begun if self.status is None else self.status
        return status is not None and (200 <= status < 300 or status >= 500)


def read(response: requests.Response, until: float, told: Callable[[Exception], str]) -> EndpointResponse:
    """Read a response: at most `LARGEST_RESPONSE` bytes, and until a time of the monotonic clock.

    Parameters
    ----------
    response : requests.Response
        The response, nothing of its body read.
    until : float
        The time.
    told : callable
        Returns the line for an error that breaks the body off.
    """
    content = b""
    while True:
        # read1 gives what has come; read would wait, past all timeouts, for a peer that drips.
        take = getattr(response.raw, "read1", None)
        problem = ""
        try:
            piece = take(65_536) if take is not None else response.raw.read(1_024)
        except (HTTPError, OSError) as error:
            piece, problem = b"", told(error)
        content += piece
        if len(content) > LARGEST_RESPONSE:
            return EndpointResponse(
                response.status_code,
                content,
                problem="The answer to the sign-in was far too long to be Procore's. Check LoginURL.",
            )
        if not problem and time.monotonic() > until:
            host = urlsplit(response.url).hostname
            problem = f"The answer of {host} did not finish in time. Try again in a minute."
        if problem:
            return EndpointResponse(
                content=_unpacked(content, response), problem=problem, sent=True, begun=response.status_code
            )
        if not piece:
            return EndpointResponse(response.status_code, _unpacked(content, response))


def _unpacked(content: bytes, response: requests.Response) -> bytes:
    """Return a body that was packed although we asked for none; one that only says so, as it is."""
    said = response.headers.get("Content-Encoding", "").lower()
    if content.startswith(b"\x1f\x8b") or said == "deflate":
        with contextlib.suppress(zlib.error):
            return zlib.decompressobj(32 + zlib.MAX_WBITS).decompress(content, LARGEST_RESPONSE)
    return content


def parse(response: EndpointResponse) -> dict[str, object] | None:
    """Return the JSON object in a response, or None. What is odd in it, or comes after it, is let pass."""
    try:
        found, _ = _DECODER.raw_decode(_text(response.content))
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

    The error is returned and not raised: the frame that raises it holds the response. Of a response that isn't JSON as a
    whole (cut, wrapped, with a broken letter in it), the refresh token still counts: its predecessor is spent.
    """
    payload = parse(response) if response.status is not None else None
    problem = None
    if payload is not None:
        try:
            token = Token.from_response(payload, now)
        except TokenRequestError as error:
            error.status = response.status
            problem = error
        else:
            if token.refresh_token is not None:
                return token
            kept = _refresh_token_in(response.content)
            return token if kept is None else dataclasses.replace(token, refresh_token=kept)
    kept = _refresh_token_in(response.content)
    return problem if kept is None else Token.only_to_refresh(kept, now)


def _refresh_token_in(content: bytes) -> Secret | None:
    """Return the refresh token that stands, whole, somewhere in what is at least the beginning of JSON."""
    whole = _text(content)
    found = _REFRESH_TOKEN.search(whole) if whole.startswith(("{", "[")) else None
    try:
        text = json.loads(found[1]) if found else ""
    except ValueError:
        return None
    return Secret(text) if text and all("!" <= character <= "~" for character in text) else None


def _text(content: bytes) -> str:
    """Return the text of JSON in any of its encodings, from its first letter on."""
    return content.decode(json.detect_encoding(content), errors="replace").lstrip("\ufeff \t\r\n")


def _whole(digits: str) -> float:
    return int(digits) if len(digits) < 20 else float(digits)  # Python refuses to read very long ones


_DECODER = json.JSONDecoder(strict=False, parse_constant=lambda name: None, parse_int=_whole)
_REFRESH_TOKEN = re.compile(r'"refresh_?token"\s*:\s*("(?:[^"\\]|\\.)+")', re.IGNORECASE)
