"""A small API with one list, whose rows come and go while they are read, and which has the bad habits that APIs have.

It counts as servers do, by offsets; nothing in it knows how anybody reads.
"""

from __future__ import annotations

import json
import random
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.session.conftest import Answer, Arrived

LIST = "/rest/v1.0/projects/4711/things"
FIRST = 562_949_953_421_312
USUAL = 20
"""Rows of a page where nothing is asked for."""


@dataclass(frozen=True)
class Habits:
    """How a server behaves.

    Parameters
    ----------
    largest : int
        Rows a page at most.
    too_large : str
        What a larger page gets: ``cut`` to the largest without a word, ``told`` (400, with the number), ``refused``
        (422, without it).
    page : str
        ``honoured``, or ``ignored``: the first page comes, whichever is asked for.
    tells : str
        Which headers it sends: ``T`` for Total, ``P`` for Per-Page, ``L`` for Link; ``p`` for a Per-Page that is what was
        asked for and not what is given, ``t`` for a Total that is that of the page.
    envelope : bool
        ``{"data": …}``, as version 2 does.
    moves : str
        ``inserts``, ``deletes``, or ``both``, never two between two answers; or nothing.
    trouble : str
        ``errors`` (500, 502, 503, 504, 408), ``drops`` (no answer), ``cuts`` (half of one), ``pages`` (HTML); or nothing.
    rows : str
        ``alike``, ``shuffled`` (fields in any order), ``changing`` (types, from the middle on).
    ids : str
        ``numbers``, or ``texts`` of no digits.
    """

    largest: int = 100
    too_large: str = "cut"
    page: str = "honoured"
    tells: str = "TPL"
    envelope: bool = False
    moves: str = ""
    trouble: str = ""
    rows: str = "alike"
    ids: str = "numbers"


class MovingServer:
    """Answers requests for the list.

    Parameters
    ----------
    habits : Habits
        How it behaves.
    count : int
        Rows at the beginning.
    seed : str
        What happens when.

    Attributes
    ----------
    rows : list of int
        The rows that are there, by their numbers.
    stayed, ever : set of int
        Those that were there all the time, and those that were there at some time.
    """

    def __init__(self, habits: Habits, count: int, seed: str) -> None:
        self.habits = habits
        self.rows = [*range(count)]
        self.stayed, self.ever = {*self.rows}, {*self.rows}
        self._middle = count // 2
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._troubles: dict[tuple[str, ...], int] = {}

    def __call__(self, request: Arrived) -> Answer:
        """Answer one request."""
        parts = urlsplit(request.path)
        if parts.path != LIST:
            return Answer(404, b'{"errors": "Not Found"}')
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        with self._lock:
            return self._answer(asked)

    def _answer(self, asked: dict[str, str]) -> Answer:
        habits = self.habits
        size, page = int(asked.get("per_page", min(USUAL, habits.largest))), int(asked.get("page", 1))
        if size > habits.largest and habits.too_large == "told":
            return Answer(
                400, b'{"errors": {"per_page": ["must be less than or equal to %d"]}}' % habits.largest
            )
        if size > habits.largest and habits.too_large == "refused":
            return Answer(422, b'{"error": {"code": "INVALID", "message": "The page size is too large"}}')
        cut = False
        if habits.trouble and self._in_trouble((asked.get("per_page", ""), asked.get("page", ""))):
            if habits.trouble == "errors":
                return Answer(self._chance.choice((500, 502, 503, 504, 408)), b'{"errors": "busy"}')
            if habits.trouble == "drops":
                return Answer(drop=True)
            if habits.trouble == "pages":
                return Answer(
                    body=b"<html><title>One moment, please</title></html>",
                    headers={"Content-Type": "text/html"},
                )
            cut = True
        if habits.moves and not cut:
            self._move()
        given = min(size, habits.largest)
        start = 0 if habits.page == "ignored" else (page - 1) * given
        part = [self.row(number) for number in self.rows[start : start + given]]
        if habits.rows == "shuffled":
            part = [dict(self._chance.sample([*row.items()], len(row))) for row in part]
        body = json.dumps({"data": part} if habits.envelope else part).encode()
        return Answer(body=body, headers=self._headers(size, given, page, len(part)), cut=cut)

    def _headers(self, asked: int, given: int, page: int, count: int) -> dict[str, str]:
        tells, headers = self.habits.tells, {}
        if "T" in tells or "t" in tells:
            headers["Total"] = str(len(self.rows) if "T" in tells else count)
        if "P" in tells or "p" in tells:
            headers["Per-Page"] = str(given if "P" in tells else asked)
        if "L" in tells and page * given < len(self.rows):
            headers["Link"] = f'<http://elsewhere.test{LIST}?page={page + 1}>; rel="next"'
        elif "L" in tells:
            headers["Link"] = f'<http://elsewhere.test{LIST}?page=1>; rel="first"'
        return headers

    def _in_trouble(self, page: tuple[str, ...]) -> bool:
        """Tell whether this time it goes wrong: of one page at most once, so that who asks again gets it."""
        if self._troubles.get(page, 0) or self._chance.random() > 0.25 or sum(self._troubles.values()) == 2:
            return False
        self._troubles[page] = 1
        return True

    def _move(self) -> None:
        if self._chance.random() < 0.5:
            return
        how = self.habits.moves
        if how == "both":
            how = self._chance.choice(("inserts", "deletes"))
        if how == "inserts":
            number = len(self.ever)
            at = self._chance.choice((0, len(self.rows), self._chance.randrange(len(self.rows) + 1)))
            self.rows.insert(at, number)
            self.ever.add(number)
        elif self.rows:
            gone = self.rows.pop(self._chance.choice((0, -1, self._chance.randrange(len(self.rows)))))
            self.stayed.discard(gone)

    def id_of(self, number: int) -> int | str:
        """Return the id of a row."""
        return FIRST + number if self.habits.ids == "numbers" else f"thing-{number:x}-é"

    def row(self, number: int) -> dict[str, Any]:
        """Return a row, always the same one."""
        late = self.habits.rows == "changing" and number >= self._middle
        return {
            "id": self.id_of(number),
            "name": f"thing “{number}”",
            "count": f"{number} pieces" if late else number,
            "total": f"{number}.50",
            "due_on": "soon" if late and number % 3 == 0 else "2026-11-30",
            "made_at": "2026-11-23T17:04:05Z",
            "by": {"id": 7, "name": "Dana Reyes"},
            "more": [number, {"a": None}] if late else number % 2 == 0,
        }
