"""The authorization response, as Procore's redirect or a pasted address brings it: read one check after the other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from tornado.escape import parse_qs_bytes

RUN_AGAIN = "Go back to your notebook and run %procore_connect again."
NOT_STARTED_HERE = f"This sign-in was not started here or has expired. {RUN_AGAIN}"
NOT_PROCORES = f"This is not an address that Procore sends people to. {RUN_AGAIN}"

LONGEST_ADDRESS = 8000
"""Characters of a pasted address; a longer one is refused."""

_LONGEST = {"state": 400, "code": 2000, "error": 100, "error_description": 2000}
"""Bytes of each parameter; a response with a longer one is refused."""

Query = Mapping[str, list[bytes]]


class CallbackRefused(Exception):
    """What came with the callback is not accepted.

    Parameters
    ----------
    sentence : str
        What happened and what to do next, for the person.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class CallbackResponse:
    """The parameters of an authorization response: a code or an error (RFC 6749, section 4.1.2).

    Parameters
    ----------
    state : str
        The state, to the letter.
    code : str or None
        The authorization code.
    error, error_description : str or None
        Why there is no code.
    """

    state: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    error: str | None = None
    error_description: str | None = None

    def to_json(self) -> dict[str, str]:
        """Return the parameters that were given."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def parse_query(query: Query) -> CallbackResponse:
    """Read the query of Procore's redirect (RFC 6749, sections 4.1.2 and 4.1.2.1).

    Raises
    ------
    CallbackRefused
        Procore sends no such query.
    """
    given: dict[str, str] = {}
    for name, longest in _LONGEST.items():
        values = query.get(name, [])
        if len(values) > 1 or any(len(value) > longest for value in values):
            raise CallbackRefused(NOT_PROCORES)
        try:
            if values and values[0]:
                given[name] = values[0].decode("utf-8")
        except UnicodeDecodeError:
            raise CallbackRefused(NOT_PROCORES) from None
    if "state" not in given:
        raise CallbackRefused(NOT_STARTED_HERE)
    # A code is printable ASCII (RFC 6749, appendix A.11).
    if ("code" in given) == ("error" in given) or not re.fullmatch(r"[\x20-\x7e]*", given.get("code", "")):
        raise CallbackRefused(NOT_PROCORES)
    if "error_description" in given:
        # It ends on a page and in a notebook: one line, and nothing that steers a terminal.
        printable = "".join(c if c.isprintable() else " " for c in given["error_description"])
        given["error_description"] = " ".join(printable.split())[:300]
    return CallbackResponse(**given)


def parse_pasted_address(address: str) -> CallbackResponse:
    """Read the address that a person's browser ended on.

    Raises
    ------
    CallbackRefused
        The address is too long, or holds no response of Procore's.
    """
    if len(address) > LONGEST_ADDRESS:
        raise CallbackRefused(NOT_PROCORES)
    query = parse_qs_bytes(address.strip().partition("#")[0].rpartition("?")[2].encode(errors="replace"))
    if not {"code", "error"} & query.keys():
        raise CallbackRefused(
            "That is not the address your browser ended on: it has “code=” in it. Copy all of it."
        )
    return parse_query(query)
