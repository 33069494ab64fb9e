"""A small API: lists by their paths, in pages as Procore has them, and refusals where a test wants some."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.session.conftest import Answer, Arrived

COMPANY = 1234
COMPANIES, PROJECTS = "/rest/v1.0/companies", "/rest/v1.1/projects"


def rfis_of(project: int) -> str:
    return f"/rest/v1.0/projects/{project}/rfis"


class SmallApi:
    """Answers requests for lists.

    Parameters
    ----------
    lists : mapping of str to sequence
        Rows by path; each a dict, or JSON as it is written.
    largest : int
        Rows a page at most; where nothing is asked for, twenty.

    Attributes
    ----------
    refused : dict of str to Answer
        What is answered in place of a list, by path.
    """

    def __init__(self, lists: Mapping[str, Sequence[Any]], *, largest: int = 1000) -> None:
        self.lists: dict[str, Sequence[Any]] = dict(lists)
        self.refused: dict[str, Answer] = {}
        self._largest = largest

    def __call__(self, request: Arrived) -> Answer:
        """Answer one request."""
        parts = urlsplit(request.path)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.path in self.refused:
            return self.refused[parts.path]
        if parts.path not in self.lists:
            return Answer(404, b'{"errors": "Not Found"}')
        rows = self.lists[parts.path]
        size, page = min(int(asked.get("per_page", 20)), self._largest), int(asked.get("page", 1))
        part = rows[(page - 1) * size : page * size]
        written = [row if isinstance(row, str) else json.dumps(row) for row in part]
        headers = {"Total": str(len(rows)), "Per-Page": str(size)}
        if page * size < len(rows):
            headers["Link"] = f'<http://elsewhere.test/?page={page + 1}>; rel="next"'
        return Answer(body=f"[{', '.join(written)}]".encode(), headers=headers)


def projects(*ids: int) -> list[dict[str, Any]]:
    """Return rows of the list of projects."""
    return [{"id": number, "name": f"Project {number}", "active": True} for number in ids]


def rfis(count: int, first: int = 1) -> list[dict[str, Any]]:
    """Return rows of a list of RFIs."""
    return [
        {
            "id": number,
            "number": str(number),
            "subject": f"Question {number}",
            "status": "open",
            "due_date": "2026-11-30",
            "created_at": "2026-11-23T17:04:05Z",
            "private": False,
            "assignee": {"id": 7, "login": "dana@example.test", "name": "Dana Reyes"},
            "cost_impact": {"status": "yes_known", "value": "1234.50"},
        }
        for number in range(first, first + count)
    ]
