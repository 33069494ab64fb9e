"""Custom fields stand in their rows by their labels, typed, with none of them lost."""

from __future__ import annotations

import datetime
import json
import random
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
import requests

from procore_jupyter.session.api_errors import PermissionDenied
from procore_jupyter.tables.arrow.ingest import Ingest
from procore_jupyter.tables.arrow.types import DECIMAL, TIMESTAMP
from tests.hostile.counting import share, tried
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
        {"Cost": "1.50", "Back Charge": True},
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
    assert ingest.notes == ["custom_fields is text here: some values don't fit the type record."]


def test_records_and_others_in_one_column_are_json(ingest: Ingest) -> None:
    found = taken(ingest, [row(_17=field("string", "a"))], [b'{"custom_fields": "none"}'])
    assert found == ['{"Discipline":"a"}', "none"]
    assert ingest.notes == ["custom_fields is text here: some values don't fit the type record."]


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
        "1 value in fields that the first rows didn't have (custom_fields 1): see _extra."
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


def test_what_a_field_is_called_depends_on_the_definitions_alone() -> None:
    """However labels collide, with one another, with numbers and with the names of fields: no two are called the same."""
    words = (
        "Cost",
        " Cost",
        "Cost (7)",
        "Cost (8)",
        "custom_field_7",
        "custom_field_9",
        "other",
        "other_",
        "",
    )
    for number in range(share(1000)):
        chance = random.Random(f"labels/{number}")
        labels = {one: chance.choice(words) for one in chance.sample(range(6, 30), chance.randrange(1, 9))}
        names = [
            *(f"custom_field_{one}" for one in [*labels, 99]),
            "other",
            "other_",
            "other__",
            "custom_field_007",
            "custom_field_٧",
        ]
        found = []
        for _ in range(2):
            chance.shuffle(names)
            made = Ingest({"custom_fields": "custom_fields"}, {}, labels.copy)
            rows = [json.dumps({"custom_fields": {name: name}}).encode() for name in names]
            for written in rows if chance.random() < 0.5 else ():
                made.take([written])
            (taken_as,) = (made.as_now(made.take(rows), len(rows))["custom_fields"],)
            found.append(
                {
                    value: label
                    for row in taken_as.to_pylist()
                    for label, value in row.items()
                    if value is not None
                }
            )
        assert found[0] == found[1], f"case {number}: {labels}"
        assert {*found[0]} == {*names} and len({*found[0].values()}) == len(names), f"case {number}: {labels}"
        alone = {
            one
            for one, label in labels.items()
            if [*map(str.strip, labels.values())].count(label.strip()) == 1
        }
        for one in alone:
            if labels[one].strip() in ("Cost", "other"):
                assert found[0][f"custom_field_{one}"] == labels[one].strip()
        tried("definitions of custom fields")


@pytest.mark.parametrize("error", [PermissionDenied(403, "no"), requests.ConnectionError("gone")])
def test_labels_that_can_not_be_had_leave_the_numbers_and_a_note(error: Exception) -> None:
    def refuse() -> dict[int, str]:
        raise error

    made = Ingest({"custom_fields": "custom_fields"}, {}, refuse)
    assert taken(made, [b'{"custom_fields": {}}']) == [{}] and made.notes == []
    one = row(_17=field("string", "a"))
    assert taken(made, [one], [one] * 2) == [{"custom_field_17": "a"}] * 3
    (note,) = made.notes
    assert "under numbers" in note and str(error).partition(".")[0] in note


def test_fields_without_end_are_one_column_of_json() -> None:
    rows = [row(**{f"_{number}": field("string", "a")}) for number in range(1500)]
    made = Ingest({"custom_fields": "custom_fields"}, {}, dict)
    made.take(rows)
    found = made.as_now(made.take(rows), len(rows))["custom_fields"]
    assert pa.types.is_string(found.type) and found.nbytes < 200 * len(rows)
    assert json.loads(found[7].as_py()) == {"custom_field_7": field("string", "a")}
