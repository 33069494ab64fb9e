"""`ListReply`: one answer of a list, taken apart: where its rows are, what its headers say of pages, what a refusal says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from procore_jupyter.session.error_body import said_by
from procore_jupyter.session.lists.envelope import ENVELOPES
from procore_jupyter.session.lists.page_headers import PageHeaders, page_headers
from procore_jupyter.tables.arrow.decode import RawRows, decoder

if TYPE_CHECKING:
    import requests

    from procore_jupyter.tables.definitions.spec import TableSpec

UNPAGED = PageHeaders(None, None, None)
"""What headers say that tell nothing of pages."""

ARRAY = "a bare list"
"""How the rows come, in words: as a JSON array."""

EXPECTED = {
    "array": ARRAY,
    "groups": ARRAY,
    "values": ARRAY,
    "data": 'a list under "data"',
    "data_values": 'a list under "data"',
    "data_object": 'a record under "data"',
    "object": "a record",
    "object_with_list": "a record",
}
"""How the rows come, in words, by the shape that the catalog has."""


@dataclass(frozen=True)
class ListReply:
    """One answer of a list.

    Parameters
    ----------
    status : int
        The HTTP status.
    said : str
        What a refusal says; empty for an answer that is none.
    rows : sequence of mapping
        The rows, as JSON gives them.
    raw : sequence
        The bytes of each row.
    envelope : str
        How the rows come, in words; empty if the answer is no list.
    pages : PageHeaders
        What its headers say of pages.
    in_groups : bool
        The rows came in groups, and that they may is known.
    """

    status: int
    said: str = ""
    rows: Sequence[Mapping[str, Any]] = ()
    raw: RawRows = ()
    envelope: str = ""
    pages: PageHeaders = UNPAGED
    in_groups: bool = False

    @property
    def fine(self) -> bool:
        """Whether it is a list, and no refusal."""
        return self.status < 400 and bool(self.envelope)


def reply_of(answer: requests.Response, spec: TableSpec) -> ListReply:
    """Return an answer of a table's list, taken apart."""
    status = answer.status_code
    if status >= 400:
        return ListReply(status, said_by(answer))
    try:
        raw = decoder(spec.shape, spec.list_key)(answer.content).rows
        rows = [json.loads(bytes(row)) for row in raw]
        found = json.loads(answer.content)
    except (ValueError, RecursionError):
        return ListReply(status)
    groups = found if spec.list_key and isinstance(found, list) else ()
    in_groups = any(isinstance(one, dict) and isinstance(one.get(spec.list_key), list) for one in groups)
    return ListReply(status, "", rows, raw, _envelope(found), page_headers(answer.headers), in_groups)


def _envelope(found: Any) -> str:
    if not isinstance(found, dict):
        return ARRAY
    for name in ENVELOPES:
        if isinstance(found.get(name), (list, dict)):
            kind = "list" if isinstance(found[name], list) else "record"
            return f'a {kind} under "{name}"'
    return "a record"
