"""What the browser brings back from Procore, read one check after the other."""

from __future__ import annotations

import re
from collections.abc import Mapping

from procore_jupyter.server.logins import Answer

AGAIN = "Go back to your notebook and run the cell again."
NOT_STARTED_HERE = f"This sign-in was not started here or has expired. {AGAIN}"
NOT_PROCORES = f"This is not an address that Procore sends people to. {AGAIN}"

Query = Mapping[str, list[bytes]]


class Refusal(Exception):
    """An answer from the browser that is not taken.

    Parameters
    ----------
    sentence : str
        For the person: what is so, and what to do.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def read_answer(query: Query) -> Answer:
    """Read what Procore's redirect carries (RFC 6749, sections 4.1.2 and 4.1.2.1), one check after the other.

    Raises
    ------
    Refusal
        It is not what Procore sends.
    """
    given: dict[str, str] = {}
    for name, longest in (("state", 400), ("code", 2000), ("error", 100), ("error_description", 2000)):
        values = query.get(name, [])
        if len(values) > 1:
            raise Refusal(NOT_PROCORES)
        if not values or not values[0]:
            continue
        if len(values[0]) > longest:
            raise Refusal(NOT_PROCORES)
        try:
            given[name] = values[0].decode("utf-8")
        except UnicodeDecodeError:
            raise Refusal(NOT_PROCORES) from None
    if "state" not in given:
        raise Refusal(NOT_STARTED_HERE)
    if ("code" in given) == ("error" in given):
        raise Refusal(NOT_PROCORES)
    if "code" in given and not re.fullmatch(r"[\x20-\x7e]+", given["code"]):
        raise Refusal(NOT_PROCORES)
    if "error_description" in given:
        # It ends on a page and in a notebook: one line, and nothing that steers a terminal.
        printable = "".join(c if c.isprintable() else " " for c in given["error_description"])
        given["error_description"] = " ".join(printable.split())[:300]
    return Answer(**given)
