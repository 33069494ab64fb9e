"""Custom fields: from ``{"custom_field_17": {"data_type", "value"}}`` to a record of values by their labels.

The labels stand in the company's definitions (Procore's ``custom_field_definitions``), which are asked for when a row
first has a custom field. What a field is called depends on them alone, and not on the rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import requests

from procore_jupyter.tables.arrow.types import DECIMAL, TIMESTAMP, struct_array
from procore_jupyter.tables.arrow.values import Built, build, have_ids_for_names, in_sum, parts, spread
from procore_jupyter.tables.arrow.wire import Finished, finished

COLUMN = "custom_fields"
"""The column's name, in every table that has one."""

_NAME = re.compile(r"custom_field_(0|[1-9]\d{0,18})", re.ASCII)
_ENVELOPE = {"data_type", "value"}

MOST_FIELDS = 1000
"""Custom fields that a company may have however few of them each row has."""

_TYPES = {
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "decimal": DECIMAL,
    "number": DECIMAL,
    "currency": DECIMAL,
    "datetime": TIMESTAMP,
    "date": pa.date32(),
    "string": pa.string(),
    "text": pa.string(),
    "rich_text": pa.string(),
}

Labels = Callable[[], Mapping[int, str]]
"""Returns the labels of the company's custom fields, by the definition's id.

Raises a `requests.RequestException`, as a `ProcoreAPIError` is one, where they can't be had.
"""


class CustomFields:
    """The custom fields of one table's rows.

    Parameters
    ----------
    labels : callable
        Returns the labels; called once, at the first field that needs one.

    Attributes
    ----------
    note : str
        Why the fields have no labels; empty if they have.
    """

    def __init__(self, labels: Labels) -> None:
        self.note = ""
        self._ask = labels
        self._names: Mapping[str, str] | None = None
        """What the fields of the definitions are called in the column, by their names in the API."""

    def build(self, values: Sequence[Any], known: pa.DataType) -> Built:
        """Return the column's values as an array; as `values.build` does."""
        there = [value for value in values if value is not None]
        if not there or not all(isinstance(value, dict) for value in there):
            return build(values, known, COLUMN)
        if pa.types.is_string(known) or have_ids_for_names(there, known, MOST_FIELDS):
            return build(values, pa.string(), COLUMN)
        types = {field.name: field.type for field in known} if pa.types.is_struct(known) else {}
        columns = {label: pa.nulls(len(there), found) for label, found in types.items()}
        wires, all_built = [], []
        for name, column in parts(there).items():
            label = self._label(name)
            kind = next((one["data_type"] for one in column if _is_envelope(one)), None)
            wanted = types.get(label, _TYPES.get(str(kind), pa.null()))
            built = build([one["value"] if _is_envelope(one) else one for one in column], wanted, label, 1)
            columns[label] = built.array
            all_built.append(built)
            bare = any(one is not None for one in column) and not any(map(_is_envelope, column))
            wires.append((name, built.wire if bare else _in_envelope(built.wire)))
        return Built(spread(columns, values), pa.struct(wires), *in_sum(all_built))

    def finished(self, values: pa.Array, wanted: pa.DataType) -> Finished:
        """Return the column, read by its wire type, with its labels; as `values.finished` does."""
        if not (pa.types.is_struct(values.type) and len(values.type) and pa.types.is_struct(wanted)):
            return finished(values, wanted)
        types = {field.name: field.type for field in wanted}
        fields = {}
        for at, field in enumerate(values.type):
            label, inner = self._label(field.name), values.field(at)
            if label not in types:
                raise pa.ArrowInvalid("a field that the column doesn't have")
            if pa.types.is_struct(inner.type) and {one.name for one in inner.type} == _ENVELOPE:
                inner = inner.field(inner.type.get_field_index("value"))
            fields[label] = finished(inner, types[label])
        children = {label: one.array for label, one in fields.items()}
        return Finished(
            struct_array(children, wanted, values.is_null()), all(one.exact for one in fields.values())
        )

    def labelled(self, values: pa.Array) -> pa.Array:
        """Return the column, read when nobody had asked for labels, with its fields called by them."""
        if not pa.types.is_struct(values.type):
            return values
        parts = dict(zip([self._label(field.name) for field in values.type], values.flatten(), strict=True))
        fields = [pa.field(name, child.type) for name, child in parts.items()]
        return struct_array(parts, fields, values.is_null())

    def pruned(self, value: Any, known: pa.DataType) -> Any:
        """Return a row's custom fields without those that the column doesn't have."""
        if not isinstance(value, dict) or not pa.types.is_struct(known):
            return value
        labels = {field.name for field in known}
        return {name: inner for name, inner in value.items() if self._label(name) in labels}

    def _label(self, name: str) -> str:
        """Return what a field is called in the column; no two fields are called the same."""
        if self._names is None:
            try:
                self._names = names_of(self._ask())
            except requests.RequestException as error:
                self._names = {}
                self.note = f"{COLUMN} has its fields under numbers (custom_field_17), because their labels can't be read: {error}"
        if name in self._names:
            return self._names[name]
        taken = [len(label) for label in self._names.values() if label.rstrip("_") == name.rstrip("_")]
        return name + "_" * max(taken, default=0)


def names_of(labels: Mapping[int, str]) -> dict[str, str]:
    """Return what custom fields are called, by their names in the API.

    Each has its label. If several have the same one, the oldest has it, and the others their numbers too.
    """
    names: dict[str, str] = {}
    taken = set[str]()
    for number, label in sorted(labels.items()):
        name, label = f"custom_field_{number}", label.strip()
        free = (one for one in (label, f"{label} ({number})") if label and one not in taken)
        called = next((one for one in free if _NAME.fullmatch(one) is None), name)
        taken.add(called)
        names[name] = called
    return names


def _is_envelope(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == _ENVELOPE


def _in_envelope(wire: pa.DataType) -> pa.DataType:
    return pa.struct([("data_type", pa.string()), ("value", wire)])
