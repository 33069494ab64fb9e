"""A server of any number of RFIs, in a process of its own, and so quick that it is not what is measured.

It pages as Procore does (``page``, ``per_page``, ``Total``, ``Per-Page``, ``Link``, ``Date``): 100 rows a page by itself,
and at most as many as it is told. Every RFI has about 1.8 KB of JSON, an id of its own and the fields of Procore's RFIs.
The server accepts any token. It waits the latency itself, for any number of requests side by side.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import email.utils
import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from rows_contestants import FIRST_ID, LARGEST, USUAL

TOKEN = {"access_token": "any", "token_type": "bearer", "expires_in": 5400, "created_at": 1_800_000_000}
TEMPLATES = 500
"""Different RFIs, but for their ids."""

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_MARK = 777_777_777_777_777
_PEOPLE = ("Dana Reyes", "Lee Okafor", "Ines Marques", "Sam Whitfield", "Noor Haddad", "Jo Lindqvist")
_TEXT = """
Clarify the detail at grid line C-4, and confirm whether the embed plate elevation shown on the structural sheet
governs over the architectural section: the door hardware submittal conflicts with the fire rating of the frame.
"""
_WORDS = _TEXT.split()


def rfi(number: int, chance: random.Random) -> dict[str, object]:
    """Return one RFI, as the API gives it."""

    def person() -> dict[str, object]:
        found = chance.randrange(10**5, 10**9)
        return {"id": found, "login": f"user{found}@builders.example", "name": chance.choice(_PEOPLE)}

    def words(count: int) -> str:
        return " ".join(chance.choice(_WORDS) for _ in range(count)).capitalize()

    asked, assignee = words(14), person()
    return {
        "id": number,
        "assignee": assignee,
        "assignees": [assignee],
        "ball_in_court": assignee,
        "ball_in_courts": [],
        "cost_code": {
            "id": chance.randrange(10**6),
            "full_code": "03-300",
            "name": "Concrete",
        },
        "cost_impact": {"status": "yes_known", "value": chance.randrange(10**6) / 100},
        "created_at": "2026-03-04T10:11:12Z",
        "created_by": person(),
        "custom_fields": {},
        "deleted": False,
        "deleted_at": None,
        "due_date": "2026-04-04",
        "full_number": f"RFI-{chance.randrange(10**4)}",
        "initiated_at": "2026-03-04T10:11:12Z",
        "link": f"https://app.procore.example/4711/project/rfi/show/{number}",
        "location": {"id": 1234567, "name": "Level 2>Zone A", "node_name": "Zone A", "parent_id": 1234560},
        "location_id": chance.choice([None, 1234567]),
        "number": str(chance.randrange(10**4)),
        "prefix": "RFI-",
        "private": chance.random() < 0.1,
        "project_stage": {"id": 3, "name": "Course of Construction"},
        "questions": [
            {
                "id": chance.randrange(10**9),
                "attachments": [],
                "body": asked,
                "created_by": chance.choice(_PEOPLE),
                "plain_text_body": asked,
                "question_date": "2026-03-04T10:11:12Z",
            }
        ],
        "received_from": person(),
        "reference": "A-501",
        "responsible_contractor": {"id": chance.randrange(10**6), "name": "Harbor Mechanical"},
        "rfi_manager": person(),
        "schedule_impact": {"status": "no_impact", "value": None},
        "status": chance.choice(["open", "closed", "draft"]),
        "sub_job": None,
        "subject": words(9),
        "time_resolved": None,
        "translated_status": "Open",
        "updated_at": "2026-05-04T10:11:12Z",
    }


NO_LIMIT = {"X-Rate-Limit-Limit": "1000000", "X-Rate-Limit-Remaining": "999999", "X-Rate-Limit-Reset": "3600"}
"""A limit, without which the first requests are made one at a time, and that nothing here reaches."""


class Rows:
    """The rows, made on request: some templates over and over, each time with another id.

    Parameters
    ----------
    count : int
        How many rows there are.

    Attributes
    ----------
    size : int
        Bytes of JSON in one row, on average.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        made = [
            json.dumps(rfi(_MARK, random.Random(number)), separators=(",", ":")).encode()
            for number in range(TEMPLATES)
        ]
        self.size = sum(map(len, made)) // TEMPLATES
        self._parts = [text.split(str(_MARK).encode()) for text in made]

    def page(self, number: int, size: int) -> bytes:
        """Return one page as JSON."""
        rows = []
        for place in range((number - 1) * size, min(number * size, self.count)):
            rows.append((b"%d" % (FIRST_ID + place)).join(self._parts[place % TEMPLATES]))
        return b"[" + b",".join(rows) + b"]"


class Server(asyncio.Protocol):
    """The part of HTTP/1.1 that the contestants need. Every POST is answered with a token.

    Parameters
    ----------
    rows : Rows
        The rows to serve.
    largest : int
        Rows a page, at most.
    latency : float
        Seconds before it answers.
    """

    def __init__(self, rows: Rows, largest: int, latency: float) -> None:
        self._rows, self._largest, self._latency = rows, largest, latency
        self._came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._port = transport, transport.get_extra_info("sockname")[1]

    def data_received(self, data: bytes) -> None:
        self._came += data
        while b"\r\n\r\n" in self._came:
            head, _, rest = self._came.partition(b"\r\n\r\n")
            length = _LENGTH.search(head)
            posted = int(length[1]) if length else 0
            if len(rest) < posted:
                return
            self._came = rest[posted:]
            method, target, _ = head.decode().split(" ", 2)
            asyncio.get_running_loop().call_later(self._latency, self._answer, method, target)

    def _answer(self, method: str, target: str) -> None:
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        headers = {
            "Date": email.utils.formatdate(usegmt=True),
            "Content-Type": "application/json",
            **NO_LIMIT,
        }
        status, body = "200 OK", b"[]"
        if method == "POST":
            body = json.dumps(TOKEN).encode()
        elif parts.path.rstrip("/").endswith("/rfis"):
            size = min(int(query.get("per_page", USUAL)), self._largest)
            number = int(query.get("page", 1))
            body = self._rows.page(number, size)
            headers |= {"Total": str(self._rows.count), "Per-Page": str(size)}
            if number * size < self._rows.count:
                following = f"{parts.path}?page={number + 1}&per_page={size}"
                headers["Link"] = f'<http://127.0.0.1:{self._port}{following}>; rel="next"'
        elif not parts.path.endswith("/custom_field_definitions"):
            status, body = "404 Not Found", b'{"errors":"Not Found"}'
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 {status}\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
        if not self._transport.is_closing():
            self._transport.write(head.encode() + body)


async def serve(rows: Rows, largest: int, latency: float) -> None:
    """Listen on a free port, and print it, until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(rows, largest, latency), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], rows.size, flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


@contextlib.contextmanager
def running(rows: int, *, largest: int = LARGEST, latency: float = 0.0) -> Iterator[tuple[str, int]]:
    """Yield the address of a server in a process of its own, and the average bytes of a row."""
    start = f"import {__name__} as server; server.main()"
    command = [sys.executable, "-c", start, str(rows), str(largest), str(latency)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        port, size = process.stdout.readline().split()
        try:
            yield f"http://127.0.0.1:{port}", int(size)
        finally:
            process.stdin.close()
            process.wait(10)


def main() -> None:
    """Serve as the command line says. `running` starts this; `make bench` doesn't."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int)
    parser.add_argument("largest", type=int, help="rows a page, at most")
    parser.add_argument("latency", type=float, help="seconds before it answers")
    arguments = parser.parse_args()
    asyncio.run(serve(Rows(arguments.rows), arguments.largest, arguments.latency))
