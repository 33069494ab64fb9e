"""Custom fields: from ``{"custom_field_17": {"data_type", "value"}}`` to a record of values by their labels.

The labels stand in the company's definitions (Procore's ``custom_field_definitions``), which are asked for when a row
first has a custom field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from procore_jupyter.tables.arrow.types import DECIMAL, TIMESTAMP, struct_array
from procore_jupyter.tables.arrow.values import Built, build, finished, parts, spread

COLUMN = "custom_fields"
"""The column's name, in every table that has one."""

_NAME = re.compile(r"custom_field_(\d{1,19})")
_ENVELOPE = {"data_type", "value"}
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
"""Returns the labels of the company's custom fields, by the definition's id."""


class CustomFields:
    """The custom fields of one table's rows.

    Parameters
    ----------
    labels : callable
        Returns the labels; called once, at the first field that needs one.
    """

    def __init__(self, labels: Labels) -> None:
        self._ask = labels
        self._labels: Mapping[int, str] | None = None
        self._names: dict[str, str] = {}
        """Each field's name in the column, by its name in the API."""

    def build(self, values: Sequence[Any], known: pa.DataType) -> Built:
        """Return the column's values as an array; as `values.build` does."""
        there = [value for value in values if value is not None]
        if not there or not all(isinstance(value, dict) for value in there):
            return build(values, known, COLUMN)
        types = {field.name: field.type for field in known} if pa.types.is_struct(known) else {}
        columns = {label: pa.nulls(len(there), found) for label, found in types.items()}
        wires = []
        for name, column in parts(there).items():
            label = self._label(name)
            kind = next((one["data_type"] for one in column if _is_envelope(one)), None)
            wanted = types.get(label, _TYPES.get(str(kind), pa.null()))
            built = build([one["value"] if _is_envelope(one) else one for one in column], wanted, label, 1)
            columns[label] = built.array
            bare = any(one is not None for one in column) and not any(map(_is_envelope, column))
            wires.append((name, built.wire if bare else _in_envelope(built.wire)))
        return Built(spread(columns, values), pa.struct(wires))

    def finished(self, values: pa.Array, wanted: pa.DataType) -> pa.Array:
        """Return the column, read by its wire type, with its labels; as `values.finished` does."""
        if not (pa.types.is_struct(values.type) and len(values.type) and pa.types.is_struct(wanted)):
            return finished(values, wanted)
        types = {field.name: field.type for field in wanted}
        children = {}
        for at, field in enumerate(values.type):
            label, inner = self._label(field.name), values.field(at)
            if label not in types:
                raise pa.ArrowInvalid("a field that the column doesn't have")
            if pa.types.is_struct(inner.type) and {one.name for one in inner.type} == _ENVELOPE:
                inner = inner.field(inner.type.get_field_index("value"))
            children[label] = finished(inner, types[label])
        return struct_array(children, wanted, values.is_null())

    def pruned(self, value: Any, known: pa.DataType) -> Any:
        """Return a row's custom fields without those that the column doesn't have."""
        if not isinstance(value, dict) or not pa.types.is_struct(known):
            return value
        labels = {field.name for field in known}
        return {name: inner for name, inner in value.items() if self._label(name) in labels}

    def _label(self, name: str) -> str:
        if name not in self._names:
            number = _NAME.fullmatch(name)
            if self._labels is None:
                self._labels = self._ask()
            label = self._labels.get(int(number[1]), "").strip() if number else ""
            if label in self._names.values():
                label = f"{label} ({number[1] if number else name})"
            self._names[name] = label or name
        return self._names[name]


def _is_envelope(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == _ENVELOPE


def _in_envelope(wire: pa.DataType) -> pa.DataType:
    return pa.struct([("data_type", pa.string()), ("value", wire)])
