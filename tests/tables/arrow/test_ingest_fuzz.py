"""Rows made at random, with types that change when they like: not a single value is lost, in whatever batches they come.

What has become of each value is found out by an oracle that knows nothing of how rows are read.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pytest

from procore_jupyter.tables.arrow.ingest import Begun, Ingest
from procore_jupyter.tables.definitions.spec import TableSpec
from procore_jupyter.tables.fetch import stream
from procore_jupyter.tables.fetch.batch import Batch, as_one
from procore_jupyter.tables.fetch.reading import Reading
from procore_jupyter.tables.result import assembled
from tests.hostile.counting import share, tried
from tests.tables.json_rows import LABELS, RECORDS, Rows, random_rows
from tests.tables.oracle import lost

SEED = int(os.environ.get("PROCORE_SEED", "0"))
CASES = share(2000)
PARTS = 10
SPEC = TableSpec("things", "/rest/v1.0/things", "global")


def batches(rows: Sequence[bytes], chance: random.Random) -> Iterator[Sequence[bytes]]:
    at = 0
    while at < len(rows):
        size = chance.choice((1, 2, 7, 50, 300))
        yield rows[at : at + size]
        at += size


def read(made: Rows, chance: random.Random, *, others: str, frozen: bool, careful: bool) -> pa.Table:
    """Return rows as a table: kept in memory, or as they go into a file.

    Parameters
    ----------
    made : Rows
        The rows.
    chance : random.Random
        Decides how many are taken in at a time.
    others : str
        What columns are that nobody declared, as `Ingest` takes it.
    frozen : bool
        The first batches decide the schema.
    careful : bool
        Each row is looked at one by one.
    """
    ingest = Ingest(made.columns, RECORDS, lambda: LABELS, others)
    reading = cast(
        Reading, SimpleNamespace(ingest=ingest, selection=SimpleNamespace(spec=SPEC), places=(), called=None)
    )

    def taken() -> Iterator[Batch]:
        for some in batches(made.rows, chance):
            if careful and not ingest.frozen:
                ingest._wires = None
            elif careful:
                ingest._wires = {}
            yield Batch(0, ingest.take(some), len(some))

    if not frozen:
        return assembled(ingest, SPEC, (), as_one(ingest, [*taken()]))
    coming = taken()
    first = stream._first(reading, itertools.islice(coming, chance.choice((1, 1, 2, 5))))
    return pa.Table.from_batches([stream._record(reading, batch) for batch in itertools.chain(first, coming)])


def plain(found: pa.DataType) -> bool:
    return not pa.types.is_nested(found)


def is_json(value: Any) -> bool:
    """Tell whether a text is a record or a list, which may be written in several ways; one of nothing may be null."""
    return isinstance(value, str) and value[:1] in ("{", "[")


@pytest.mark.parametrize("part", range(PARTS))
def test_every_value_is_found_again(part: int) -> None:
    """In memory and in a file, however the rows were divided among batches; and each time the same."""
    alike = 0
    for case in range(part, CASES, PARTS):
        name = f"{SEED}/{case}"
        chance = random.Random(name)
        made = random_rows(chance, chance.choice((1, 3, 12, 12, 40, 40, 130)))
        others = chance.choice(("", "", "money"))
        tables = []
        for frozen in (False, chance.random() < 0.5):
            table = read(made, chance, others=others, frozen=frozen, careful=chance.random() < 0.3)
            table.validate(full=True)
            if table.column_names or not {*made.rows} <= {b"{}"}:
                assert lost(made.rows, made.columns, table.to_pylist(), frozen=frozen) == [], f"case {name}"
            tables.append(table)
        one, other = tables
        aside = [
            *zip(
                *(other[name].to_pylist() for name in ("_unfit", "_extra") if name in other.column_names),
                strict=True,
            )
        ]
        for column in one.column_names:
            if (
                column in other.column_names
                and plain(one[column].type)
                and one[column].type == other[column].type
            ):
                alike += 1
                both = zip(
                    one[column].to_pylist(), other[column].to_pylist(), aside or [()] * len(one), strict=True
                )
                wrong = [(a, b) for a, b, there in both if a != b and not any(there) and not is_json(a or b)]
                assert wrong == [], f"case {name}, {column!r}"
        tried("rows read twice, in other batches")
    assert alike > CASES // PARTS, "it compares next to nothing"


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
        assert {name: fast[name].to_pylist() for name in careful} == {
            name: careful[name].to_pylist() for name in careful
        }, f"case {SEED}/{case}"
    assert compared >= CASES // 40, "it compares next to nothing"


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
