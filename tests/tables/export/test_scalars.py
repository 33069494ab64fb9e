"""One plain value in each cell: records are columns, lists are texts, times stand in the zone that was chosen."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from procore_jupyter import profiles
from procore_jupyter.errors import ParameterError
from procore_jupyter.tables.arrow.types import MONEY, TIMESTAMP, without_rows
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.export.scalars import scalars
from procore_jupyter.tables.frames.zones import check_name

CATALOG = Catalog(profiles.load("Procore")[0])
PERSON = pa.struct([("id", pa.int64()), ("name", pa.string())])
AT = datetime.datetime(2026, 7, 1, 2, 30, tzinfo=datetime.UTC)


def test_a_record_is_columns_and_a_list_of_records_their_names() -> None:
    people = [{"id": 1, "name": "Reyes, Dana"}, {"id": 2, "name": None}, {"id": 3, "name": "Lee"}]
    rows = pa.table(
        {"by": pa.array([people[0], None], PERSON), "to": pa.array([people, []], pa.list_(PERSON))}
    )
    assert scalars(rows).to_pydict() == {
        "by.id": [1, None],
        "by.name": ["Reyes, Dana", None],
        "to.name": ["Reyes, Dana; Lee", None],
    }


def test_a_list_of_plain_values_is_one_text() -> None:
    rows = pa.table({"tags": [["a", None, "b"], [], None], "ids": [[7, 8], None, [2**60]]})
    found = scalars(rows)
    assert found.to_pydict() == {"tags": ["a; b", None, None], "ids": ["7; 8", None, str(2**60)]}
    assert found.schema.types == [pa.string(), pa.string()]


def test_records_without_a_name_are_json() -> None:
    assert scalars(pa.table({"to": [[{"id": 1, "at": None}], None]})).to_pydict() == {
        "to": ['[{"id":1}]', None]
    }


def test_times_in_json_are_in_utc_as_in_the_answer() -> None:
    inner = pa.struct([("at", TIMESTAMP), ("to", pa.list_(pa.struct([("at", TIMESTAMP)])))])
    value = [{"at": AT, "to": [{"at": AT.replace(microsecond=250_000)}, None]}]
    found = scalars(pa.table({"all": pa.array([value, None], pa.list_(inner))}), "America/New_York")
    said = '[{"at":"2026-07-01T02:30:00Z","to":[{"at":"2026-07-01T02:30:00.250000Z"},null]}]'
    assert found["all"].to_pylist() == [said, None]


def test_a_slice_has_its_own_lists() -> None:
    rows = pa.table({"tags": [["a"], ["b", "c"], ["d"]]}).slice(1, 2)
    assert scalars(rows)["tags"].to_pylist() == ["b; c", "d"]


def test_plain_values_stay_as_they_are() -> None:
    rows = pa.table(
        {
            "id": [2**60],
            "total": pa.array([Decimal("1.1000")], MONEY),
            "due": [datetime.date(2026, 11, 30)],
            "late": [True],
            "ratio": [0.5],
            "name": ["Dana"],
            "nothing": pa.nulls(1),
        }
    )
    assert scalars(rows).equals(rows)


@pytest.mark.parametrize(
    ("tz", "there"),
    [
        ("UTC", "2026-07-01 02:30"),
        ("America/New_York", "2026-06-30 22:30"),
        ("Asia/Kolkata", "2026-07-01 08:00"),
    ],
)
def test_times_stand_in_the_zone_without_it(tz: str, there: str) -> None:
    found = scalars(pa.table({"at": pa.array([AT, None], TIMESTAMP)}), tz)["at"]
    assert found.type == pa.timestamp("us")
    assert found.to_pylist() == [datetime.datetime.fromisoformat(there), None]


def test_an_hour_that_comes_twice_stands_there_twice() -> None:
    twice = [datetime.datetime(2026, 11, 1, hour, 30, tzinfo=datetime.UTC) for hour in (5, 6)]
    found = scalars(pa.table({"at": pa.array(twice, TIMESTAMP)}), "America/New_York")["at"].to_pylist()
    assert found == [datetime.datetime(2026, 11, 1, 1, 30)] * 2


@pytest.mark.parametrize("name", [*CATALOG.tables])
def test_every_tables_columns_are_plain(name: str) -> None:
    schema = CATALOG.schema(CATALOG.find(name))
    found = scalars(without_rows(schema)).schema
    assert not any(pa.types.is_nested(one) for one in found.types)
    some = pa.Table.from_batches(
        [pa.RecordBatch.from_arrays([pa.nulls(2, one.type) for one in schema], schema=schema)]
    )
    assert scalars(some).schema.equals(found), "the schema alone decides"


@pytest.mark.parametrize(
    ("tz", "said"),
    [
        ("New_York", "Did you mean 'America/New_York'?"),
        ("America/New York", "Did you mean 'America/New_York'?"),
        ("Mars/Olympus", "not 'Mars/Olympus'."),
        ("", "not ''."),
        (None, "not None."),
        (5, "not 5."),
    ],
)
def test_a_zone_that_is_none_is_refused(tz: object, said: str) -> None:
    with pytest.raises(ParameterError) as caught:
        check_name(tz)
    assert str(caught.value).endswith(said)
