"""Custom fields: from ``{"custom_field_17": {"data_type", "value"}}`` to a record of values by their labels.

The labels stand in the company's definitions (Procore's ``custom_field_definitions``), which are asked for when a
row first has a custom field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from procore_jupyter.tables.arrow.types import DECIMAL, TIMESTAMP, array_of, struct_array
from procore_jupyter.tables.arrow.values import Built, build, finished, parts

COLUMN = "custom_fields"

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
    """The custom fields of one table's rows, as far as they have been met.

    Parameters
    ----------
    labels : callable
        Asked once, when there is something to label.
    """

    def __init__(self, labels: Labels) -> None:
        self._ask = labels
        self._labels: Mapping[int, str] | None = None
        self._names: dict[str, str] = {}
        """What each field is called here, by what the API calls it."""

    def build(self, values: Sequence[Any], known: pa.DataType) -> Built:
        """Return the column, as `values.build` does."""
        there = [value for value in values if isinstance(value, dict)]
        if not there or any(value is not None and not isinstance(value, dict) for value in values):
            return build(values, known, COLUMN)
        have = {field.name: field.type for field in known} if pa.types.is_struct(known) else {}
        fields: dict[str, pa.Array] = {}
        wires = []
        for name, column in parts(there).items():
            label = self._label(name)
            kind = next((one["data_type"] for one in column if _is_envelope(one)), None)
            wanted = have.get(label, _TYPES.get(str(kind), pa.null()))
            built = build([one["value"] if _is_envelope(one) else one for one in column], wanted, label, 1)
            fields[label] = built.array
            bare = any(one is not None for one in column) and not any(map(_is_envelope, column))
            wires.append(pa.field(name, built.wire if bare else _in_envelope(built.wire)))
        for label, found in have.items():
            fields.setdefault(label, pa.nulls(len(there), found))
        missing = array_of((value is None for value in values), pa.bool_())
        if len(there) < len(values):
            places = iter(range(len(there)))
            spread = array_of([None if value is None else next(places) for value in values], pa.int32())
            fields = {label: child.take(spread) for label, child in fields.items()}
        ordered = [*have, *(label for label in fields if label not in have)]
        types = [pa.field(label, fields[label].type) for label in ordered]
        return Built(struct_array([fields[label] for label in ordered], types, missing), pa.struct(wires))

    def finished(self, values: pa.Array, wanted: pa.DataType) -> pa.Array:
        """Return the column as read by its wire type with its labels, as `values.finished` does."""
        names = [field.name for field in values.type] if pa.types.is_struct(values.type) else []
        if not names or not pa.types.is_struct(wanted):
            return finished(values, wanted)
        types = {field.name: field.type for field in wanted}
        have = {}
        for at, name in enumerate(names):
            label, inner = self._label(name), values.field(at)
            if label not in types:
                raise pa.ArrowInvalid("a field that the column doesn't have")
            if pa.types.is_struct(inner.type) and {field.name for field in inner.type} == _ENVELOPE:
                inner = inner.field([field.name for field in inner.type].index("value"))
            have[label] = finished(inner, types[label])
        children = [have.get(field.name, pa.nulls(len(values), field.type)) for field in wanted]
        return struct_array(children, [*wanted], values.is_null())

    def pruned(self, value: Any, known: pa.DataType) -> Any:
        """Return a row's custom fields without those that the column doesn't have."""
        if not isinstance(value, dict) or not pa.types.is_struct(known):
            return value
        have = {field.name for field in known}
        return {name: inner for name, inner in value.items() if self._label(name) in have}

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
    return pa.struct([pa.field("data_type", pa.string()), pa.field("value", wire)])
