"""Every row once and as it is, or a clear word of what is missing: from a server with bad habits, alone and combined.

What nobody can see is left out: a row that is deleted while nobody counts the rows, and an insert and a delete between two
answers, which leave the count as it was.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests

from procore_jupyter import Procore
from procore_jupyter.session.api_errors import ProcoreAPIError
from procore_jupyter.tables.table import Table
from tests.session.conftest import Server
from tests.soak import some_of
from tests.tables.moving_server import FIRST, LIST, USUAL, Habits, MovingServer
from tests.tables.oracle import parsed, same

SEED = int(os.environ.get("PROCORE_SEED", "0"))
ERRORS = (ProcoreAPIError, requests.RequestException)
KINDS = {"name": "text", "count": "int", "total": "money", "due_on": "date", "made_at": "timestamp"}

pytestmark = pytest.mark.filterwarnings(
    "ignore::procore_jupyter.errors.ProcoreIncompleteWarning", "ignore::procore_jupyter.errors.ProcoreWarning"
)


class Things:
    """A session for a moving server, and its table.

    Parameters
    ----------
    server : MovingServer
        The server.
    procore : Procore
        The session.
    """

    def __init__(self, server: MovingServer, procore: Procore) -> None:
        self.server, self.procore = server, procore
        self.table = procore.table("things")


Make = Callable[..., Things]


@pytest.fixture
def things(servers: Callable[..., Server], connect_to: Callable[..., Procore], tmp_path: Path) -> Make:
    """Give a maker of servers with habits, and of sessions that read them twenty rows a page."""
    numbers = itertools.count()
    open_server = servers()  # one for all that a test makes: some thousand would be a storm of their own

    def make(habits: Habits, count: int = 45, seed: str = "", **properties: Any) -> Things:
        server = MovingServer(habits, count, f"{SEED}/{seed}")
        columns = {"id": "id" if habits.ids == "numbers" else "text"} | KINDS
        profile = tmp_path / f"{next(numbers)}.toml"
        profile.write_text(
            'extends = "Procore"\n[tables.things]\n'
            f'path = "{LIST.replace("4711", "{project_id}")}"\n'
            f'shape = "{"data" if habits.envelope else "array"}"\n'
            "[tables.things.columns]\n" + "\n".join(f'{name} = "{kind}"' for name, kind in columns.items())
        )
        given = {"Profile": profile, "ProjectId": 4711, "PageSize": USUAL, **properties}
        open_server.answer = server
        return Things(server, connect_to(open_server.url, **given))

    return make


def check(server: MovingServer, table: Table) -> None:
    """Look whether the rows are those of the server; a table that lacks some has to say so."""
    rows = table.to_arrow()
    by_id = {server.id_of(number): number for number in server.ever}
    ids = rows["id"].to_pylist()
    assert len({*ids}) == len(ids), "a row came twice"
    assert {*ids} <= by_id.keys(), "a row came that never was"
    missing = server.stayed - {by_id[one] for one in ids}
    # Of a list in which rows come and others go as long as it is read, only that it changed can be told.
    told = table.incomplete or (
        server.habits.moves == "both" and any("changed while" in one for one in table.notes)
    )
    assert not missing or told, f"{len(missing)} rows are missing without a word"
    assert rows["id"].type == (pa.int64() if server.habits.ids == "numbers" else pa.string())
    assert rows["project_id"].to_pylist() == [4711] * len(ids)
    right(server, by_id, rows.to_pylist())
    if server.habits.rows != "changing" and len(ids):
        assert [str(rows[name].type) for name in KINDS] == [
            "string",
            "int64",
            "decimal128(18, 4)",
            "date32[day]",
            "timestamp[us, tz=UTC]",
        ]
        assert table.notes == [] or server.habits.moves


def right(server: MovingServer, by_id: dict[int | str, int], rows: list[dict[str, Any]]) -> None:
    """Look whether each row says what the server's does."""
    for row in rows:
        for name, sent in server.row(by_id[row["id"]]).items():
            unfit, extra = (parsed(row.get(place) or "{}") for place in ("_unfit", "_extra"))
            found = unfit.get(name, extra.get(name, row.get(name)))
            assert same(parsed(json.dumps(sent)), found, KINDS.get(name, "")), (
                f"{name}: {sent!r} became {found!r}"
            )


ALONE = {
    "as documented": Habits(),
    "version 2": Habits(envelope=True, ids="texts"),
    "Total alone": Habits(tells="T"),
    "Link alone": Habits(tells="L"),
    "Per-Page alone": Habits(tells="P"),
    "no word": Habits(tells=""),
    "a Per-Page that is not so": Habits(tells="TpL", largest=7),
    "small pages": Habits(largest=7),
    "small pages without a word": Habits(largest=7, tells=""),
    "large pages refused, with the number": Habits(largest=7, too_large="told"),
    "large pages refused, without it": Habits(largest=7, too_large="refused"),
    "inserts": Habits(moves="inserts"),
    "inserts that nobody counts": Habits(moves="inserts", tells="L"),
    "deletes": Habits(moves="deletes"),
    "both": Habits(moves="both"),
    "errors": Habits(trouble="errors"),
    "drops": Habits(trouble="drops"),
    "cuts": Habits(trouble="cuts"),
    "pages of HTML": Habits(trouble="pages"),
    "fields in any order": Habits(rows="shuffled"),
    "types that change": Habits(rows="changing"),
}


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 45, 130])
@pytest.mark.parametrize("habits", ALONE.values(), ids=ALONE)
def test_every_row_comes_once(habits: Habits, count: int, things: Make) -> None:
    made = things(habits, count, f"{habits}")
    check(made.server, made.table.fetch())
    if not habits.moves:
        assert len(made.table) == count and made.table.incomplete == []


@pytest.mark.parametrize("tells", ["TPL", "T", "L", "P", ""])
@pytest.mark.parametrize("count", [20, 21, 45])
def test_a_server_that_gives_its_first_page_alone_is_told_of(tells: str, count: int, things: Make) -> None:
    made = things(Habits(page="ignored", tells=tells), count)
    table = made.table.fetch()
    assert len(table) == USUAL
    assert bool(table.incomplete) == (count > USUAL or tells in ("P", "")), "nobody can tell more from less"
    strict = made.procore.table("things", strict=True, params={"again": 1})
    if table.incomplete:
        with pytest.raises(ProcoreAPIError):
            strict.fetch()
    else:
        strict.fetch()


def test_what_never_gets_better_is_an_error(things: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    for trouble in ("errors", "drops", "cuts", "pages"):
        made = things(Habits(trouble=trouble))
        monkeypatch.setattr(MovingServer, "_in_trouble", lambda server, page: True)
        for look in (Table.fetch, Table.head, Table._repr_mimebundle_):
            with pytest.raises(ERRORS):
                look(made.table)
        assert not made.table.is_fetched


@pytest.mark.parametrize("tells", ["tL", "tPL"])
def test_a_total_of_the_page_alone_does_not_end_a_list_that_goes_on(tells: str, things: Make) -> None:
    made = things(Habits(tells=tells))
    check(made.server, made.table.fetch())


def test_the_first_rows_come_also_where_pages_are_smaller_than_they_are_said_to_be(things: Make) -> None:
    assert len(things(Habits(tells="TpL", largest=7)).table.head(20)) == 20


@pytest.mark.parametrize(
    "habits", [one for one in ALONE.values() if not one.moves and "p" not in one.tells], ids=str
)
def test_the_first_rows_are_the_first_rows(habits: Habits, things: Make) -> None:
    made = things(habits)
    for count in (1, 5, 20, 33):
        assert [row["id"] for row in made.table.head(count)] == [
            made.server.id_of(number) for number in range(count)
        ]


@pytest.mark.parametrize("habits", ALONE.values(), ids=ALONE)
def test_a_file_has_every_row_once_too(habits: Habits, things: Make, tmp_path: Path) -> None:
    made = things(habits, 130, f"{habits}")
    file = tmp_path / "things.parquet"
    made.table.to_parquet(file)
    rows = pq.read_table(file)
    by_id = {made.server.id_of(number): number for number in made.server.ever}
    ids = rows["id"].to_pylist()
    assert len({*ids}) == len(ids) and {*ids} <= by_id.keys()
    assert made.server.stayed <= {by_id[one] for one in ids} or made.table.incomplete
    right(made.server, by_id, rows.to_pylist())


def test_several_projects_whose_lists_move_do_not_get_into_each_others_way(
    things: Make, servers: Callable[..., Server]
) -> None:
    lists = {
        number: MovingServer(Habits(moves=("inserts", "deletes")[number % 2]), 60, f"{SEED}/{number}")
        for number in range(1, 9)
    }

    def answer(request: Any) -> Any:
        project = int(request.path.split("/")[4])
        return lists[project](
            dataclasses.replace(request, path=request.path.replace(f"/{project}/", "/4711/", 1))
        )

    made = things(Habits())
    made.procore._base = servers(answer).url + "/"
    made.procore._api = type(made.procore._api)(made.procore._base)
    table = made.procore.table("things", project_id=[*lists]).fetch()
    lacking = {one.project_id for one in table.incomplete}
    rows = table.to_arrow().to_pylist()
    for number, server in lists.items():
        ids = [row["id"] - FIRST for row in rows if row["project_id"] == number]
        assert len({*ids}) == len(ids) and {*ids} <= server.ever
        assert server.stayed <= {*ids} or number in lacking


# Combined

AXES: dict[str, tuple[str, ...]] = {
    "pages": ("100 cut", "7 cut", "7 refused"),
    "page": ("honoured", "ignored"),
    "tells": ("TPL", "T", "L", "", "TpL"),
    "moves": ("", "inserts", "deletes", "both"),
    "trouble": ("", "errors", "drops", "cuts", "pages"),
    "rows": ("alike", "shuffled", "changing"),
}


def combinations() -> Iterator[tuple[str, Habits]]:
    for number, values in enumerate(itertools.product(*AXES.values())):
        one = dict(zip(AXES, values, strict=True))
        largest, _, too_large = one.pop("pages").partition(" ")
        if one["moves"] in ("deletes", "both") and "T" not in one["tells"]:
            continue  # nobody can see that
        if one["moves"] in ("deletes", "both") and one["tells"] == "TpL" and one["trouble"] == "errors":
            continue  # a page that took too long is asked for in parts, at places that a wrong Per-Page tells
        chance = random.Random(f"{SEED}/{number}")
        yield (
            str(number),
            Habits(
                int(largest),
                too_large,
                envelope=chance.random() < 0.5,
                ids=chance.choice(("numbers", "texts")),
                **one,
            ),
        )


def test_every_row_comes_once_whatever_comes_together(things: Make) -> None:
    every = [*combinations()]
    chosen = some_of(every, len(every) // 10, SEED)
    wrong, errors = [], 0
    for name, habits in chosen:
        made = things(habits, random.Random(name).choice((3, 45, 70)), name)
        try:
            check(made.server, made.table.fetch())
        except ERRORS as error:
            errors += 1
            if not habits.trouble:
                wrong.append(f"case {SEED}/{name}, {habits}: {error}")
        except AssertionError as error:
            wrong.append(f"case {SEED}/{name}, {habits}: {error}")
        made.procore.close()
    assert wrong == []
    assert errors < len(chosen) / 10, "too much of it is an error"
