"""Rows in memory: batch by batch in one piece, whatever the columns are."""

from __future__ import annotations

import pyarrow as pa
import pytest

from procore_jupyter.tables.arrow.ingest import Ingest
from procore_jupyter.tables.arrow.types import MONEY, TIMESTAMP
from procore_jupyter.tables.fetch.batch import Batch, in_one_piece

COLUMNS = {
    "nothing": pa.nulls(5),
    "records of nothing": pa.array([{}, None, {}, {}, None], pa.struct([])),
    "lists of nothing": pa.array([[None], None, [], [None, None], []], pa.list_(pa.null())),
    "lists of records of nothing": pa.array([[{}], None, [], [{}, None], []], pa.list_(pa.struct([]))),
    "records in records": pa.array(
        [{"a": {"b": 1}}, None, {"a": None}, {"a": {"b": None}}, {}],
        pa.struct([("a", pa.struct([("b", pa.int64())]))]),
    ),
    "a part of numbers": pa.array(range(100)).slice(3, 5),
    "a part of flags": pa.array([True, None, False] * 9).slice(7, 5),
    "texts": pa.array(["a", None, "é" * 1000, "", "c"]),
    "money": pa.array([None, 1, 2, 3, -4], MONEY),
    "times": pa.array([0, None, 1, 2, 3], TIMESTAMP),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_are_the_samein_one_piece(name: str) -> None:
    column = COLUMNS[name]
    batch = in_one_piece(Batch(3, {"a": column, "id": pa.array(range(5))}, 5), ())
    found = batch.columns["a"]
    found.validate(full=True)
    assert found.type == column.type and found.to_pylist() == column.to_pylist()
    assert (batch.place, batch.length, [*batch.columns]) == (3, 5, ["a", "id"])


def test_empty_columns_of_the_schema_are_left_out_and_come_back_in_the_same_memory() -> None:
    made = Ingest({"id": "id", "due_on": "date", "text": "any"}, {})
    columns = [made.take([b'{"id": 1}', b'{"id": 2}']), made.take([b'{"id": 3, "due_on": null}'])]
    batches = [in_one_piece(Batch(0, one, len(one["id"])), made.schema) for one in columns]
    assert [[*one.columns] for one in batches] == [["id"], ["id"]]
    dates = [made.as_now(one.columns, one.length)["due_on"] for one in batches]
    assert [one.to_pylist() for one in dates] == [[None, None], [None]]
    assert dates[0].buffers()[1].address == dates[1].buffers()[1].address


def test_nothing_of_what_they_were_stays_in_memory() -> None:
    pool = pa.system_memory_pool()
    before = pool.bytes_allocated()
    long = pa.array([1] * 1_000_000, memory_pool=pool)
    batch = in_one_piece(Batch(0, {"id": long.slice(500_000, 1000)}, 1000), ())
    del long
    assert len(batch.columns["id"]) == 1000
    assert pool.bytes_allocated() - before < 100_000
