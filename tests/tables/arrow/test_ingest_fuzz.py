"""Rows made at random, with types that change when they like: not a single value is lost, in whatever batches they come.

What has become of each value is found out by an oracle that knows nothing of how rows are read.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pytest

from procore_jupyter.tables import stream
from procore_jupyter.tables.arrow.ingest import Begun, Ingest
from procore_jupyter.tables.definitions.spec import TableSpec
from procore_jupyter.tables.reading import Batch, Reading
from procore_jupyter.tables.result import assembled
from tests.tables.json_rows import LABELS, RECORDS, Rows, random_rows
from tests.tables.oracle import lost

SOAK = bool(os.environ.get("PROCORE_SOAK"))
SEED = int(os.environ.get("PROCORE_SEED", "0"))
CASES = 1200 if SOAK else 120
SPEC = TableSpec("things", "/rest/v1.0/things", "global")


def batches(rows: Sequence[bytes], chance: random.Random) -> Iterator[Sequence[bytes]]:
    at = 0
    while at < len(rows):
        size = chance.choice((1, 2, 7, 50, 300))
        yield rows[at : at + size]
        at += size


def read(made: Rows, chance: random.Random, *, frozen: bool, careful: bool) -> pa.Table:
    """Return rows as a table: kept in memory, or as they go into a file.

    Parameters
    ----------
    made : Rows
        The rows.
    chance : random.Random
        Decides how many are taken in at a time.
    frozen : bool
        The first batch decides the schema.
    careful : bool
        Each row is looked at one by one.
    """
    ingest = Ingest(made.columns, RECORDS, lambda: LABELS)
    reading = cast(Reading, SimpleNamespace(ingest=ingest, selection=SimpleNamespace(spec=SPEC), places=()))
    kept, written = [], []
    for some in batches(made.rows, chance):
        if careful and not ingest.frozen:
            ingest._wires = None
        elif careful:
            ingest._wires = {}
        batch = Batch(0, ingest.take(some), len(some))
        if frozen:
            written.append(stream._record(reading, batch))
        else:
            kept.append(batch)
    return pa.Table.from_batches(written) if frozen else assembled(reading, kept)


@pytest.mark.parametrize("careful", [False, True], ids=["fast", "careful"])
@pytest.mark.parametrize("frozen", [False, True], ids=["memory", "file"])
def test_every_value_is_found_again(frozen: bool, careful: bool) -> None:
    for case in range(CASES // (8 if frozen else 3)):
        name = f"{SEED}/{case}/{frozen}/{careful}"
        chance = random.Random(name)
        made = random_rows(chance, chance.choice((1, 3, 30, 130) if frozen else (1, 3, 30, 260, 500)))
        table = read(made, chance, frozen=frozen, careful=careful)
        table.validate(full=True)
        if not table.column_names:  # rows of nothing at all
            assert {*made.rows} <= {b"{}"}
            continue
        assert lost(made.rows, made.columns, table.to_pylist(), frozen=frozen) == [], f"case {name}"


def test_both_ways_agree_on_rows_that_are_alike() -> None:
    """The fast way and the careful one give the very same table, where no type changes."""
    compared = 0
    for case in range(CASES // 4):
        chance = random.Random(f"{SEED}/{case}")
        made = random_rows(chance, 40)
        whole = Ingest(made.columns, RECORDS, lambda: LABELS)
        whole.take(made.rows)
        again = Ingest(made.columns, RECORDS, lambda: LABELS)
        again.take(made.rows)
        assert again._wire_schema is not None
        try:
            fast = again._read_fast(Begun(made.rows), again._wire_schema)
        except pa.ArrowInvalid:
            continue  # refused: then the careful way is taken
        compared += 1
        whole._wires = None
        careful = whole.as_now(whole.take(made.rows), len(made.rows))
        assert {name: fast[name].to_pylist() for name in fast} == {
            name: careful[name].to_pylist() for name in careful
        }, f"case {SEED}/{case}"
    assert compared > CASES // 20, "it compares next to nothing"


# Whether all of this proves anything


def test_the_rows_are_as_different_as_they_should_be() -> None:
    types: set[str] = set()
    ways = {"fast": 0, "refused": 0}
    for case in range(60):
        chance = random.Random(f"{SEED}/{case}")
        made = random_rows(chance, 200)
        ingest = Ingest(made.columns, RECORDS, lambda: LABELS)
        ingest.take(made.rows[:100])
        assert ingest._wire_schema is not None
        try:
            ingest._read_fast(Begun(made.rows[100:]), ingest._wire_schema)
            ways["fast"] += 1
        except pa.ArrowInvalid:
            ways["refused"] += 1
        types |= {
            str(found).partition("<")[0].partition("(")[0].partition("[")[0]
            for found in ingest.schema.values()
        }
    assert min(ways.values()) >= 10, ways
    assert types >= {
        "int64",
        "double",
        "bool",
        "string",
        "decimal128",
        "date32",
        "timestamp",
        "struct",
        "list",
    }


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("id", 562949953443326),
        ("id", None),
        ("total", 12.5),
        ("name", "dana"),
        ("on", None),
        ("on", "2026-12-01"),
        ("by", {"id": 1}),
        ("by", '{"id": 1, "name": "Lee"}'),
        ("to", [1, 2]),
        ("to", [1, 2, 3, None]),
        ("flag", None),
        ("flag", 1),
        ("code", "7"),
        ("big", 9007199254740992.0),
        ("none", ""),
        ("new", 1),
    ],
)
def test_the_oracle_notices_what_is_wrong(name: str, wrong: Any) -> None:
    row = (
        b'{"id": 562949953443325, "total": "12.51", "name": "Dana", "on": "2026-11-30", "by": {"id": 1, "name": "Dana"},'
        b' "to": [1, 2, 3], "flag": true, "code": "007", "big": 9007199254740993, "none": null}'
    )
    columns = {"total": "money", "code": "text"}
    right = {
        "id": 562949953443325,
        "total": "12.51",
        "name": "Dana",
        "on": "2026-11-30",
        "by": '{"name":"Dana","id":1}',
        "to": [1, 2, 3],
        "flag": True,
        "code": "007",
        "big": "9007199254740993",
        "none": None,
    }
    assert lost([row], columns, [right]) == []
    assert lost([row], columns, [{**right, name: wrong}]) != []
    assert lost([row], columns, []) == ["1 rows were sent, and 0 came"]
    kept = {**right, "by": None, "_unfit": '{"by":{"id":1,"name":"Dana"}}', "_extra": None}
    assert lost([row], columns, [kept], frozen=True) == []
    assert lost([row], columns, [{**kept, "_unfit": '{"by":{"id":1.0,"name":"Dana"}}'}], frozen=True) != []
    assert lost([row], columns, [{**kept, "by": {"id": 1, "name": "Dana"}}], frozen=True) != []
    assert lost([row], columns, [{**kept, "_extra": '{"more":1}'}], frozen=True) != []
