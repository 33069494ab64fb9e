"""Custom fields stand in their rows by their labels, typed, with none of them lost."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from procore_jupyter.tables.arrow.ingest import Ingest
from procore_jupyter.tables.arrow.types import DECIMAL, TIMESTAMP
from tests.tables.json_rows import LABELS

UTC = datetime.UTC


class Asked:
    """The labels, and how often they were asked for."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> dict[int, str]:
        self.times += 1
        return LABELS


def field(data_type: str, value: Any) -> dict[str, Any]:
    return {"data_type": data_type, "value": value}


def row(**fields: Any) -> bytes:
    return json.dumps(
        {"custom_fields": {f"custom_field_{name[1:]}": value for name, value in fields.items()}}
    ).encode()


def taken(made: Ingest, *batches: list[bytes]) -> list[Any]:
    columns = [(made.take(batch), len(batch)) for batch in batches]
    return [one for some, length in columns for one in made.as_now(some, length)["custom_fields"].to_pylist()]


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def ingest(asked: Asked) -> Ingest:
    return Ingest({"custom_fields": "custom_fields"}, {}, asked)


@pytest.mark.parametrize(
    ("data_type", "sent", "found", "value"),
    [
        ("string", "Architectural", pa.string(), "Architectural"),
        ("string", "12", pa.string(), "12"),
        ("string", "2026-11-30", pa.string(), "2026-11-30"),
        ("rich_text", "<p>x</p>", pa.string(), "<p>x</p>"),
        ("boolean", True, pa.bool_(), True),
        ("integer", 12, pa.int64(), 12),
        ("decimal", "1234.50", DECIMAL, Decimal("1234.5")),
        ("decimal", 0.1, DECIMAL, Decimal("0.1")),
        ("decimal", "", DECIMAL, None),
        ("currency", "7", DECIMAL, Decimal(7)),
        ("date", "2026-11-30", pa.date32(), datetime.date(2026, 11, 30)),
        (
            "datetime",
            "2026-11-23T17:04:05Z",
            TIMESTAMP,
            datetime.datetime(2026, 11, 23, 17, 4, 5, tzinfo=UTC),
        ),
        (
            "lov_entry",
            {"id": 7, "label": "A"},
            pa.struct([("id", pa.int64()), ("label", pa.string())]),
            {"id": 7, "label": "A"},
        ),
        ("lov_entries", [{"id": 7}], pa.list_(pa.struct([("id", pa.int64())])), [{"id": 7}]),
        ("something new", [1], pa.list_(pa.int64()), [1]),
        ("boolean", None, pa.bool_(), None),
    ],
)
def test_a_value_has_the_type_that_comes_with_it(
    data_type: str, sent: Any, found: pa.DataType, value: Any, ingest: Ingest
) -> None:
    one = row(_17=field(data_type, sent))
    assert taken(ingest, [one], [one] * 2) == [{"Discipline": value}] * 3
    assert ingest.schema["custom_fields"] == pa.struct([("Discipline", found)])


def test_the_labels_are_asked_for_once_and_only_where_there_is_something_to_label(
    ingest: Ingest, asked: Asked
) -> None:
    taken(ingest, [b'{"custom_fields": null}', b"{}"], [b'{"custom_fields": {}}'])
    assert asked.times == 0
    taken(ingest, [row(_17=field("string", "a"))], [row(_18=field("boolean", True))])
    assert asked.times == 1


def test_a_label_that_two_have_tells_them_apart_by_number(ingest: Ingest) -> None:
    both = row(_19=field("decimal", "1"), _20=field("date", "2026-11-30"))
    assert (
        taken(ingest, [both], [both]) == [{"Cost": Decimal(1), "Cost (20)": datetime.date(2026, 11, 30)}] * 2
    )


def test_a_field_without_a_label_keeps_its_name(ingest: Ingest) -> None:
    one = row(_22=field("string", "a"), _99=field("string", "b"), _21=field("string", "c"))
    assert (
        taken(ingest, [one], [one]) == [{"custom_field_22": "a", "custom_field_99": "b", "Done at": "c"}] * 2
    )


def test_rows_have_some_of_the_fields_or_none(ingest: Ingest) -> None:
    found = taken(
        ingest,
        [row(_17=field("string", "a")), b'{"custom_fields": null}', b"{}", b'{"custom_fields": {}}'],
        [row(_18=field("boolean", True)), row()],
        [row(_17=field("string", None), _18=None)],
    )
    assert found == [
        {"Discipline": "a", "Back Charge": None},
        None,
        None,
        {"Discipline": None, "Back Charge": None},
        {"Discipline": None, "Back Charge": True},
        {"Discipline": None, "Back Charge": None},
        {"Discipline": None, "Back Charge": None},
    ]


def test_a_value_that_does_not_fit_its_type_widens_the_field_alone(ingest: Ingest) -> None:
    good = row(_19=field("decimal", "1.50"), _18=field("boolean", True))
    assert taken(ingest, [good], [row(_19=field("decimal", "n/a"), _18=field("boolean", False))]) == [
        {"Cost": "1.5", "Back Charge": True},
        {"Cost": "n/a", "Back Charge": False},
    ]


@pytest.mark.parametrize(
    "bare",
    [
        "plain",
        7,
        [1],
        {"value": 1},
        {"data_type": "string", "value": "x", "more": 1},
        {"id": 1, "data_type": "string"},
    ],
)
def test_a_field_that_comes_without_its_type_is_taken_as_it_is(bare: Any, ingest: Ingest) -> None:
    assert taken(ingest, [row(_17=bare)], [row(_17=bare)] * 2) == [{"Discipline": bare}] * 3


def test_a_field_may_come_with_its_type_and_without(ingest: Ingest) -> None:
    kinds = [row(_17=field("string", "a")), row(_17="b"), row(_17=field("string", "c"))]
    for batches in ([kinds], [[one] for one in kinds], [[kinds[1]], [kinds[0]], kinds]):
        made = Ingest({"custom_fields": "custom_fields"}, {}, lambda: LABELS)
        assert {one["Discipline"] for one in taken(made, *batches)} == {"a", "b", "c"}


@pytest.mark.parametrize("other", ["text", 7, [1], [{"data_type": "string", "value": 1.5}]])
def test_what_is_no_record_of_fields_at_all_is_kept_as_a_text(other: Any, ingest: Ingest) -> None:
    one = json.dumps({"custom_fields": other}).encode()
    text = other if isinstance(other, str) else json.dumps(other, separators=(",", ":"))
    assert taken(ingest, [one], [one]) == [text, text]
    assert ingest.notes == ["custom_fields is text here: it has values that are no record."]


def test_records_and_others_in_one_column_are_json(ingest: Ingest) -> None:
    found = taken(ingest, [row(_17=field("string", "a"))], [b'{"custom_fields": "none"}'])
    assert found == ['{"Discipline":"a"}', "none"]
    assert ingest.notes == ["custom_fields is text here: it has values that are no record."]


def test_where_the_schema_is_fixed_a_new_field_is_in_extra_and_takes_nothing_from_the_others(
    ingest: Ingest,
) -> None:
    ingest.take([row(_17=field("string", "a"))])
    ingest.freeze()
    sent = {"_17": field("string", "b"), "_18": field("boolean", True)}
    columns = ingest.take([row(**sent)])
    assert columns["custom_fields"].to_pylist() == [{"Discipline": "b"}]
    assert columns["_unfit"].to_pylist() == [None]
    whole = json.loads(columns["_extra"][0].as_py())["custom_fields"]
    assert whole == {"custom_field_17": sent["_17"], "custom_field_18": sent["_18"]}
    assert ingest.notes == [
        "1 value came in fields that the first rows didn't have (custom_fields 1): see _extra."
    ]


def test_where_the_schema_is_fixed_a_value_that_does_not_fit_is_in_unfit(ingest: Ingest) -> None:
    ingest.take([row(_19=field("decimal", "1"))])
    ingest.freeze()
    columns = ingest.take([row(_19=field("decimal", "n/a")), row(_19=field("decimal", "2"))])
    assert columns["custom_fields"].to_pylist() == [None, {"Cost": Decimal(2)}]
    assert json.loads(columns["_unfit"][0].as_py()) == {
        "custom_fields": {"custom_field_19": field("decimal", "n/a")}
    }
    assert columns["_extra"].to_pylist() == [None, None]
