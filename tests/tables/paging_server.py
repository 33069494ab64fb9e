"""A small API with one list, whose pages behave in ways that APIs have, and whose headers tell what they like.

It counts as servers do; nothing in it knows how anybody reads. It remembers what it gave and what it said of it, so that it can
tell whether a reader could know that there is more.
"""

from __future__ import annotations

import json
import random
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.session.conftest import Answer, Arrived

FIRST = 562_949_953_421_312
USUAL = 20
"""Rows of a page if the request names no number."""

NEXT = (
    '<{to}>; rel="next"', "<{to}>;rel=next", "<{to}>; REL=Next", '<{to}> ; rel = "NEXT"', "<{to}>; rel='next'",
    '<{to}>; rel="last next"', '<{to}>; title="a, b; c"; rel="next"', '<{to}>; rel="https://rels.test/next"',
    '<{first}>; rel="first", <{to}>; rel="next"', '<{to}>; rel=next; title="x", <{first}>; rel=prev',
)  # fmt: skip
LAST = (
    '<{first}>; rel="first"',
    "<{first}>; rel=prev, <{first}>; rel=last",
    '<{first}>; REL="PREV FIRST"',
    "",
)


@dataclass(frozen=True)
class Manners:
    """How a server behaves.

    Parameters
    ----------
    count : int
        Rows of the list.
    hidden : frozenset of int
        Those that the person may not see: they are left out of their page.
    as_null : bool
        They stand in their page as null.
    largest : int
        Rows a page at most.
    size : str
        ``heeded`` up to `largest`; ``ignored``, each page has `largest`; ``refused`` (400 with the number) or ``fails`` (500)
        if it is larger.
    page : str
        ``heeded``; ``ignored``, all rows come whatever the page; ``first``, the first page comes whatever the page.
    total : str
        ``right``, ``none``, ``page`` (that of the page), ``small``, ``large``, ``huge``, ``garbage``, ``some`` (right, on some pages).
    per_page : str
        ``right``, ``none``, ``asked``.
    link : str
        ``right``, ``none``, ``always`` (each page has a next one), ``never``.
    body : str
        ``array``; ``data``, ``items``, or ``unknown`` (envelopes); ``null`` for an empty list.
    trouble : str
        ``errors`` (200 with an error in it), ``busy`` (503), ``slow`` (504) or ``fault`` (500), once; or nothing.
    inserts : int
        Rows that are put in front, one after each answer.
    """

    count: int = 45
    hidden: frozenset[int] = frozenset()
    as_null: bool = False
    largest: int = 100
    size: str = "heeded"
    page: str = "heeded"
    total: str = "right"
    per_page: str = "right"
    link: str = "right"
    body: str = "array"
    trouble: str = ""
    inserts: int = 0


@dataclass(frozen=True)
class Said:
    """One page that was given: the ids on it, its places, and what was said of the list."""

    ids: tuple[int, ...]
    places: int
    asked: int
    total: int | None
    more: bool | None


@dataclass
class PagingServer:
    """Answers requests for the list, at whatever path.

    Parameters
    ----------
    manners : Manners
        How it behaves.
    chance : random.Random
        Decides what the manners leave open.

    Attributes
    ----------
    asked : int
        Requests that came.
    pages : list of Said
        The pages that were given, in their order.
    """

    manners: Manners
    chance: random.Random
    asked: int = 0
    pages: list[Said] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rows = [*range(self.manners.count)]
        self._lock = threading.Lock()
        self._trouble = self.manners.trouble
        self._off = self.chance.randrange(1, 200)

    @property
    def visible(self) -> set[int]:
        """The ids of the rows that may be seen and were there from the beginning."""
        return {FIRST + number for number in range(self.manners.count) if number not in self.manners.hidden}

    def __call__(self, request: Arrived) -> Answer:
        """Answer one request."""
        asked = {
            name: int(values[-1]) for name, values in parse_qs(urlsplit(request.path).query).items() if values[-1].isdigit()
        }  # fmt: skip
        with self._lock:
            self.asked += 1
            return self._answer(asked.get("per_page", USUAL), asked.get("page", 1))

    def _answer(self, size: int, page: int) -> Answer:
        how = self.manners
        if self._trouble and self.chance.random() < 0.5:
            trouble, self._trouble = self._trouble, ""
            if trouble != "errors":
                return Answer({"busy": 503, "slow": 504, "fault": 500}[trouble], b'{"errors": "busy"}')
            return Answer(body=b'{"errors": ["Internal error"]}')
        if size > how.largest and how.size == "refused":
            said = f"Invalid per_page of {size}, exceeding max per_page of {how.largest}"
            return Answer(400, json.dumps({"errors": said}).encode())
        if size > how.largest and how.size == "fails":
            return Answer(500, b"")
        given = how.largest if how.size == "ignored" else min(size, how.largest)
        if how.page == "ignored":
            given, start = max(1, len(self.rows)), 0
        else:
            start = 0 if how.page == "first" else (page - 1) * given
        part = self.rows[start : start + given]
        more = start + given < len(self.rows)
        answer = self._given(part, size, given, more)
        if len(self.rows) < how.count + how.inserts:
            self.rows.insert(0, len(self.rows))
        return answer

    def _given(self, part: list[int], asked: int, given: int, more: bool) -> Answer:
        how, headers = self.manners, {}
        rows: list[Any] = [
            None if number in how.hidden else {"id": FIRST + number, "subject": f"{number}"}
            for number in part
            if how.as_null or number not in how.hidden
        ]
        total = self._total(len(rows))
        if total is not None:
            headers[self.chance.choice(("Total", "total"))] = total
        if how.per_page != "none":
            headers["Per-Page"] = str(given if how.per_page == "right" else asked)
        next_one = {"right": more, "always": True, "never": False}.get(how.link)
        if next_one is not None:
            first = self.chance.choice(("?page=1", "/rest/x?page=1", "https://elsewhere.test/x?page=1;a=b,c"))
            spelling = self.chance.choice(NEXT if next_one else LAST)
            headers["Link"] = spelling.format(to=first.replace("=1", "=7"), first=first)
        number = int(total) if total and total.isdigit() else None
        ids = tuple(row["id"] for row in rows if row)
        self.pages.append(Said(ids, len(rows), asked, number, next_one))
        return Answer(body=self._body(rows), headers=headers)

    def _total(self, on_page: int) -> str | None:
        total, true = self.manners.total, len(self.rows)
        if total == "none" or (total == "some" and self.chance.random() < 0.5):
            return None
        if total == "garbage":
            return self.chance.choice(("", "many", "-1", "1e3", f"{self._off}", f"{true}, {true}"))
        off = {
            "page": on_page,
            "small": max(0, true - self._off),
            "large": true + self._off,
            "huge": 10**6 * true + 7,
        }
        return str(off.get(total, true))

    def _body(self, rows: list[Any]) -> bytes:
        body = self.manners.body
        if body == "null" and not rows:
            return self.chance.choice((b"null", b'{"data": null}'))
        whole: dict[str, Any] = {"data": {"data": rows}, "items": {"items": rows, "page": 1}}
        whole["unknown"] = {"rfi_things": rows, "meta": {"a": 1}}
        return json.dumps(whole.get(body, rows)).encode()

    def could_know_of_more(self) -> bool:
        """Tell whether a reader with the pages that were given, and nothing else, could know that rows are missing."""
        came: set[int] = set()
        for page in self.pages:
            new = len({*page.ids} - came)
            came |= {*page.ids}
            counted = page.total is not None and len(came) >= page.total
            if page.more is False and (page.total is None or counted or not new):
                return False  # it was said to be the last one
            if not page.ids and page.more is None and (page.total is None or counted):
                return False  # nothing was on it, and nothing was said to follow
            if page.more is None and counted and page.places < page.asked:
                return False  # all that are counted came, on a page that isn't full
            if page.more is None and any(one.more for one in self.pages) and (page.total is None or counted):
                return False
        return True
