"""A small API that is odd in the ways that a test wants: it refuses days, forms of conditions, addresses, or gives nothing."""

from __future__ import annotations

import datetime
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.session.conftest import Answer, Arrived

Row = dict[str, Any]
Odd = Callable[[str, Mapping[str, list[str]]], Answer | None]
"""Takes a path and the parameters; returns a refusal, or None."""

COMPANY = 1234
PROJECTS_LIST = "/rest/v1.1/projects"


def refusal(text: str, status: int = 400) -> Answer:
    return Answer(status, json.dumps({"errors": text}).encode())


class OddApi:
    """Answers every list.

    Parameters
    ----------
    rows : sequence of dict, or callable
        The rows of every list; or what gives them by path and parameters.
    odd : callable
        What is odd.
    projects : sequence of int
        The projects that there are.

    Attributes
    ----------
    asked : list of (str, dict)
        The path and the parameters of each request for a list, but for the list of projects.
    refused : int
        How many of them were refused.
    """

    def __init__(
        self,
        rows: Sequence[Row] | Callable[[str, Mapping[str, list[str]]], Sequence[Row]] = (),
        *odd: Odd,
        projects: Sequence[int] = (),
    ) -> None:
        self.odd, self.projects, self._rows = odd, projects, rows
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        self.refused = 0
        self._lock = threading.Lock()

    def __call__(self, request: Arrived) -> Answer:
        """Answer one request."""
        parts = urlsplit(request.path)
        query: dict[str, list[str]] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            query.setdefault(name, []).append(value)
        if parts.path == PROJECTS_LIST and self.projects:
            return self._page([{"id": one, "name": f"P{one}"} for one in self.projects], parts.path, query)
        with self._lock:
            self.asked.append((parts.path, query))
        for odd in self.odd:
            found = odd(parts.path, query)
            if found is not None:
                with self._lock:
                    self.refused += 1
                return found
        rows = self._rows(parts.path, query) if callable(self._rows) else self._rows
        return self._page(rows, parts.path, query)

    def _page(self, rows: Sequence[Row], path: str, query: Mapping[str, list[str]]) -> Answer:
        size, page = int(query.get("per_page", ["20"])[0]), int(query.get("page", ["1"])[0])
        part = [*rows][(page - 1) * size : page * size]
        body = {"data": part} if "/rest/v2" in path else part
        return Answer(
            body=json.dumps(body).encode(), headers={"Total": str(len(rows)), "Per-Page": str(size)}
        )


def values_of(query: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the values of each filter, whatever its form."""
    return {name.removesuffix("[]"): values for name, values in query.items() if name.startswith("filters[")}


def no_plain_form(path: str, query: Mapping[str, list[str]]) -> Answer | None:
    plain = [name for name in query if re.fullmatch(r"filters\[\w+\]", name)]
    return refusal("Invalid filter: must be an array") if plain else None


def no_filters(path: str, query: Mapping[str, list[str]]) -> Answer | None:
    return refusal("Bad Request") if values_of(query) else None


def no_later_than(day: datetime.date) -> Odd:
    def odd(path: str, query: Mapping[str, list[str]]) -> Answer | None:
        late = datetime.date.fromisoformat(query.get("end_date", ["2000-01-01"])[0]) > day
        return refusal("The End Date parameter cannot exceed the current day.") if late else None

    return odd


def no_more_days_than(most: int, text: str) -> Odd:
    def odd(path: str, query: Mapping[str, list[str]]) -> Answer | None:
        if "start_date" not in query:
            return None
        first, last = (datetime.date.fromisoformat(query[name][0]) for name in ("start_date", "end_date"))
        return refusal(text) if (last - first).days >= most else None

    return odd


def gone(pattern: str, status: int = 404) -> Odd:
    def odd(path: str, query: Mapping[str, list[str]]) -> Answer | None:
        return refusal("Not Found", status) if re.search(pattern, path) else None

    return odd
