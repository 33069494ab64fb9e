"""Whatever a server's pages are like: each row once, or a clear word of what is missing, and no request without end.

What nobody can know of is left out: the server itself remembers what it said (`PagingServer.could_know_of_more`).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from procore_jupyter import Procore
from procore_jupyter.session.api_errors import ProcoreAPIError
from procore_jupyter.session.quirks import Quirks
from tests.hostile.counting import share, tried
from tests.session.conftest import Server
from tests.tables.paging_server import FIRST, Manners, PagingServer

SEED = int(os.environ.get("PROCORE_SEED", "0"))
CASES, PARTS = 2500, 5
LIST = "/rest/v1.0/projects/4711/things"

pytestmark = pytest.mark.filterwarnings("ignore::procore_jupyter.errors.ProcoreWarning")

Read = Callable[[PagingServer], tuple[list[int], bool]]


@pytest.fixture
def read(servers: Callable[..., Server], connect_to: Callable[..., Procore], tmp_path: Path) -> Read:
    """Give what reads a server's list: the ids that came, and whether it is said that rows are missing."""
    server = servers()
    profile = tmp_path / "things.toml"
    profile.write_text(
        f'extends = "Procore"\n[tables.things]\npath = "{LIST.replace("4711", "{project_id}")}"\n'
        'shape = "unknown"\n[tables.things.columns]\nid = "id"\nsubject = "text"\n'
    )
    procore = connect_to(server.url, Profile=profile, ProjectId=4711)

    def read(paging: PagingServer) -> tuple[list[int], bool]:
        server.answer = paging
        procore._quirks = Quirks(server.url)  # each case is another list
        procore.forget()
        table = procore.table("things") if paging.chance.random() < 0.7 else procore.get_all(LIST)
        if paging.chance.random() < 0.1:
            return table.head(7).to_arrow()["id"].to_pylist() if paging.manners.count else [], True
        rows = table.to_arrow()
        return rows["id"].to_pylist() if "id" in rows.column_names else [], bool(table.incomplete)

    return read


def manners(chance: random.Random) -> Manners:
    """Return a way to behave. Most servers have one bad habit or two, and keep to the documents otherwise."""
    count = chance.choice((0, 1, 2, 19, 20, 21, 37, 99, 100, 101, 150, 200, 345, 999, 1000, 1001, 2345))
    odd = {
        "largest": chance.choice((7, 10, 20, 25, 33, 50, 100, 300, 1000, 5000)),
        "size": chance.choice(("ignored", "refused", "fails")),
        "page": chance.choice(("ignored", "first")),
        "total": chance.choice(("none", "none", "page", "small", "large", "huge", "garbage", "some")),
        "per_page": chance.choice(("none", "none", "asked")),
        "link": chance.choice(("none", "none", "always", "never")),
        "body": chance.choice(("data", "items", "unknown", "null")),
        "trouble": chance.choice(("errors", "busy", "slow", "fault")),
        "inserts": chance.randrange(1, 9),
    }
    kept = chance.sample([*odd], min(len(odd), chance.choice((1, 1, 2, 2, 3, 4, 6))))
    share_seen = chance.choice((1.0, 1.0, 0.99, 0.9, 0.5, 0.02))
    hidden = frozenset(number for number in range(count) if chance.random() > share_seen)
    how = Manners(count, hidden, as_null=chance.random() < 0.2, **{name: odd[name] for name in kept})  # type: ignore[arg-type]
    if how.count > 30 * how.largest:
        how = Manners(**{**vars(how), "largest": how.count // 20})
    if how.page == "first":  # a page that is no round number may be all there is
        how = Manners(
            **{**vars(how), "largest": chance.choice((20, 50, 100)), "hidden": frozenset(), "size": "heeded"}
        )
    if how.inserts and how.count >= 1000:
        how = Manners(**{**vars(how), "hidden": frozenset()})
    return how


@pytest.mark.parametrize("part", range(PARTS))
def test_each_row_comes_once_or_is_said_to_be_missing(read: Read, part: int) -> None:
    cases, missed = range(part, share(CASES), PARTS), 0
    for case in cases:
        chance = random.Random(f"{SEED}/{case}")
        server = PagingServer(manners(chance), chance)
        where = f"seed {SEED}, case {case}: {server.manners}"
        try:
            found, told = read(server)
        except (ProcoreAPIError, requests.RequestException):
            found, told = [], True
        assert len({*found}) == len(found), f"a row came twice. {where}"
        assert {*found} <= {FIRST + number for number in server.rows}, f"a row came that never was. {where}"
        missing = server.visible - {*found}
        missed += bool(missing)
        assert not missing or told or not server.could_know_of_more(), (
            f"{len(missing)} rows are missing. {where}"
        )
        smallest = min(
            server.manners.largest, 10 if server.manners.size == "fails" or server.manners.trouble else 1000
        )
        pages = -(-len(server.rows) // smallest)
        assert server.asked <= 3 * pages + 30, f"{server.asked} requests for {pages} pages. {where}"
    tried("page behaviour of servers", len(cases))
    assert missed < len(cases) // 2


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 1000, 1001, 3456])
@pytest.mark.parametrize("largest", [100, 1000])
def test_a_server_that_keeps_to_the_documents_is_asked_once_a_page(
    read: Read, count: int, largest: int
) -> None:
    for hidden in (frozenset[int](), frozenset(range(0, count, 3))):
        server = PagingServer(Manners(count, hidden, largest=largest), random.Random(0))
        found, told = read(server)
        assert {*found} == server.visible and told == bool(hidden)
        assert server.asked == max(1, -(-count // largest))
