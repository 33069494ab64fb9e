"""Records as flat columns: each value stands under its dotted name, and no column is lost to another's name."""

from __future__ import annotations

import os
import random
from typing import Any

import pyarrow as pa
import pytest

from procore_jupyter.tables.arrow.types import MONEY
from procore_jupyter.tables.frames.flat import flat

SEED = int(os.environ.get("PROCORE_SEED", "0"))
PERSON = pa.struct([("id", pa.int64()), ("name", pa.string())])


def test_a_record_becomes_columns_where_it_stood() -> None:
    rows = pa.table(
        {"id": [1, 2], "by": pa.array([{"id": 7, "name": "Dana"}, None], PERSON), "open": [True, False]}
    )
    found = flat(rows)
    assert found.to_pydict() == {
        "id": [1, 2],
        "by.id": [7, None],
        "by.name": ["Dana", None],
        "open": [True, False],
    }
    assert found.schema.types == [pa.int64(), pa.int64(), pa.string(), pa.bool_()]


def test_a_record_in_a_record_goes_on() -> None:
    rows = pa.table({"a": [{"b": {"c": 1, "d": {"e": "x"}}}, {"b": None}, None]})
    assert flat(rows).to_pydict() == {"a.b.c": [1, None, None], "a.b.d.e": ["x", None, None]}


def test_a_missing_record_hides_what_stands_below_it() -> None:
    """Arrow keeps a value under each missing record: it is none."""
    below = pa.StructArray.from_arrays(
        [pa.array([7, 8]), pa.array(["Dana", "Lee"])], ["id", "name"], mask=pa.array([False, True])
    )
    lists = pa.ListArray.from_arrays([0, 2], below)
    found = flat(pa.table({"by": below}))
    assert found.to_pydict() == {"by.id": [7, None], "by.name": ["Dana", None]}
    assert flat(pa.table({"to": lists}))["to.name"].to_pylist() == [["Dana", None]]


def test_a_list_stays_and_one_of_records_has_its_names_beside_it() -> None:
    lists = [[{"id": 1, "name": "Dana"}, {"id": 2, "name": None}, None], [], None, [{"id": 3, "name": "Lee"}]]
    rows = pa.table({"to": pa.array(lists, pa.list_(PERSON)), "tags": [["a"], [], None, ["b", "c"]]})
    found = flat(rows)
    assert found.column_names == ["to", "to.name", "tags"]
    assert found["to.name"].to_pylist() == [["Dana", None, None], [], None, ["Lee"]]
    assert found["to"].equals(rows["to"]) and found["tags"].equals(rows["tags"])


def test_a_list_in_a_record_has_its_names_too() -> None:
    rows = pa.table(
        {"a": pa.array([{"to": [{"id": 1, "name": "Dana"}]}], pa.struct([("to", pa.list_(PERSON))]))}
    )
    found = flat(rows)
    assert found.column_names == ["a.to", "a.to.name"] and found["a.to.name"].to_pylist() == [["Dana"]]


@pytest.mark.parametrize(
    "inner",
    [
        pa.int64(),
        pa.list_(PERSON),
        pa.struct([]),
        pa.struct([("id", pa.int64())]),
        pa.struct([("name", pa.int64())]),
        pa.struct([("name", pa.struct([("name", pa.string())]))]),
    ],
)
def test_a_list_without_names_is_all_there_is(inner: pa.DataType) -> None:
    rows = pa.table({"to": pa.array([[None], None], pa.list_(inner))})
    assert flat(rows).equals(rows)


def test_a_column_that_was_flat_keeps_its_name() -> None:
    rows = pa.table({"by": [{"name": "field"}], "by.name": ["own"], "by.name_1": ["own too"]})
    assert flat(rows).to_pydict() == {"by.name_2": ["field"], "by.name": ["own"], "by.name_1": ["own too"]}


def test_two_fields_of_one_dotted_name_are_two_columns() -> None:
    rows = pa.table({"a": [{"b.c": 1, "b": {"c": 2}}], "to": pa.array([[{"name": "x"}]])})
    assert flat(rows).to_pydict() == {
        "a.b.c": [1],
        "a.b.c_1": [2],
        "to": [[{"name": "x"}]],
        "to.name": [["x"]],
    }


def test_a_record_may_have_a_field_that_another_column_is_called_by() -> None:
    rows = pa.table({"a": [{"b": 1}], "b": [2], "c": [{"a": 3}]})
    assert flat(rows).to_pydict() == {"a.b": [1], "b": [2], "c.a": [3]}


def test_a_record_without_fields_is_a_column_of_nulls() -> None:
    rows = pa.table({"a": pa.array([{}, None], pa.struct([])), "b": pa.array([{"c": {}}, None])})
    found = flat(rows)
    assert found.to_pydict() == {"a": [None, None], "b.c": [None, None]} and found.num_rows == 2


def test_names_are_the_fields_own() -> None:
    rows = pa.table({"custom_fields": [{"Owner Reference": "OR-7", "Größe, m²": 3, "": 1}]})
    assert flat(rows).column_names == [
        f"custom_fields.{name}" for name in ("Owner Reference", "Größe, m²", "")
    ]


def test_a_table_of_nothing_has_the_same_columns() -> None:
    schema = pa.schema([("by", PERSON), ("to", pa.list_(PERSON)), ("sum", MONEY)])
    found = flat(pa.Table.from_batches([], schema))
    assert found.num_rows == 0 and found.column_names == ["by.id", "by.name", "to", "to.name", "sum"]
    assert flat(pa.table({})).shape == (0, 0)
    whole = pa.table(
        {
            "by": pa.array([None], PERSON),
            "to": pa.array([None], pa.list_(PERSON)),
            "sum": pa.array([None], MONEY),
        }
    )
    assert flat(whole).schema == found.schema


def test_what_is_flat_stays_as_it_is() -> None:
    rows = pa.table({"id": [1], "a.b": ["x"], "tags": [["a"]]})
    assert flat(rows).equals(rows) and flat(flat(rows)).equals(rows)


def test_parts_of_longer_columns_are_their_own_rows() -> None:
    """Slices and chunks begin in the middle of Arrow's buffers."""
    chance = random.Random(SEED)

    def person() -> Any:
        return chance.choice(
            [None, {"id": chance.randrange(9), "name": chance.choice([None, "Dana", "Lee"])}]
        )

    rows = [
        {"by": person(), "to": chance.choice([None, [person() for _ in range(chance.randrange(4))]])}
        for _ in range(60)
    ]
    schema = pa.schema([("by", PERSON), ("to", pa.list_(PERSON))])
    whole = pa.Table.from_pylist(rows, schema)
    parts = pa.concat_tables([whole.slice(place, 7) for place in (33, 0, 5)])
    wanted = [row for place in (33, 0, 5) for row in rows[place : place + 7]]
    found = flat(parts)
    found.validate(full=True)
    for name in ("id", "name"):
        assert found[f"by.{name}"].to_pylist() == [row["by"] and row["by"][name] for row in wanted], SEED
    names = [None if row["to"] is None else [one and one["name"] for one in row["to"]] for row in wanted]
    assert found["to.name"].to_pylist() == names, SEED
