"""Rows as bytes -> typed Arrow columns, some thousand rows at a time; nothing else of the rows is kept.

The first rows are looked at one by one (`values`), which finds each column's type. Arrow's own JSON reader is told these
types for all later rows. It is strict: it refuses a row that differs and never bends it, and the batch is then looked at
one by one again. Either way no value is lost: one that doesn't fit widens its column, and an unknown field becomes a new
one; or, if the schema can't change any more, they stand in ``_unfit`` and ``_extra``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from procore_jupyter.session.api_errors import ProcoreAPIError
from procore_jupyter.tables.arrow.custom_fields import COLUMN as CUSTOM_FIELDS
from procore_jupyter.tables.arrow.custom_fields import CustomFields, Labels
from procore_jupyter.tables.arrow.decode import objects
from procore_jupyter.tables.arrow.types import (
    MONEY,
    array_of,
    as_json,
    converted,
    in_words,
    of_kind,
    read_rows,
    settled,
    widened,
)
from procore_jupyter.tables.arrow.values import Built, are_amounts, build, default_wire, finished, parts
from procore_jupyter.wording import counted, one_line

BATCH = 2000
"""Rows in a batch, at most."""

FIRST_LOOK = 200
"""Rows of the first batch that are looked at one by one."""

TOGETHER = 50
"""Values of a column that are tried together, if some of the batch don't fit."""

FEW_COLUMNS = 5
"""Columns that a note names."""

UNFIT = "_unfit"
"""The column that keeps, as JSON, the values that don't fit their columns."""

EXTRA = "_extra"
"""The column that keeps, as JSON, the fields that the schema doesn't have."""


@dataclass(frozen=True)
class Begun:
    """A batch that is being read.

    Parameters
    ----------
    rows : sequence
        The bytes of one JSON object each.
    schema : pyarrow.Schema or None
        The types that Arrow's reader was told; None if none were known yet.
    table : concurrent.futures.Future or None
        What Arrow's reader makes of the rows; of no use if another type is found in the meantime.
    """

    rows: Sequence[Any]
    schema: pa.Schema | None = None
    table: Future[pa.Table] | None = None


class Ingest:
    """Turns the rows of one table into columns.

    Parameters
    ----------
    columns : mapping of str to str
        The kind of each column, as the catalog has it; empty if what arrives decides.
    records : mapping
        The kinds of the fields of each record that a kind may name.
    labels : callable
        Returns the labels of custom fields.
    others : str
        ``money`` if columns that aren't declared are money where their values look like it; empty if what arrives
        decides.

    Attributes
    ----------
    schema : dict of str to pyarrow.DataType
        The columns so far, in their order.
    frozen : bool
        Whether the schema can't change any more (`freeze`).
    unfit : Counter
        How many values stand in ``_unfit``, by column.
    extra : Counter
        How many values stand in ``_extra``, by column.
    """

    def __init__(
        self,
        columns: Mapping[str, str],
        records: Mapping[str, Mapping[str, str]],
        labels: Labels = dict,
        others: str = "",
    ) -> None:
        self.schema = {name: of_kind(kind, records) for name, kind in columns.items()}
        self.frozen = False
        self.unfit: Counter[str] = Counter()
        self.extra: Counter[str] = Counter()
        self._widened: dict[str, tuple[pa.DataType, pa.DataType]] = {}
        """The columns that a note tells of: their declared type, and the present one."""
        self._wires: dict[str, pa.DataType] | None = None
        """The wire type of each column; None before the first rows."""
        self._custom = CustomFields(labels)
        self._amounts = others == "money"
        self._empty: dict[pa.DataType, pa.Array] = {}

    def freeze(self) -> None:
        """Keep the schema as it is from now on: values that don't fit go to ``_unfit``, new fields to ``_extra``."""
        for name, found in self.schema.items():
            self.schema[name] = settled(found)
        if self._wires is None:
            self._wires = {name: default_wire(found) for name, found in self.schema.items()}
        self.frozen = True

    def begin(self, rows: Sequence[Any], aside: Executor) -> Begun:
        """Begin to read a batch: Arrow's reader works in another thread while this one does something else.

        Parameters
        ----------
        rows : sequence
            The bytes of one JSON object each.
        aside : concurrent.futures.Executor
            Runs Arrow's reader.
        """
        schema = self._wire_schema
        return Begun(rows, schema, None if schema is None else aside.submit(read_rows, rows, schema))

    def take(self, rows: Sequence[Any]) -> dict[str, pa.Array]:
        """Return a batch as columns, as `finish` does.

        Parameters
        ----------
        rows : sequence
            The bytes of one JSON object each.
        """
        return self.finish(Begun(rows))

    def finish(self, begun: Begun) -> dict[str, pa.Array]:
        """Return a batch as columns by name; if the schema is frozen, with ``_unfit`` and ``_extra``.

        Raises
        ------
        ValueError
            A row is no JSON object.
        ProcoreAPIError
            A row is nested too deeply.
        """
        rows, schema = begun.rows, self._wire_schema
        if schema is None and len(rows) > FIRST_LOOK:
            head, tail = self.take(rows[:FIRST_LOOK]), self.take(rows[FIRST_LOOK:])
            before, after = self.as_now(head, FIRST_LOOK), self.as_now(tail, len(rows) - FIRST_LOOK)
            return {name: pa.concat_arrays([before[name], after[name]]) for name in self.schema}
        if schema is not None:
            try:
                return self._read_fast(begun, schema)
            except (
                pa.ArrowInvalid,
                UnicodeDecodeError,
            ):  # the latter: Arrow's own message quotes bytes of a row
                pass  # a row differs: looking at the rows one by one finds out how
        try:
            decoded = objects(rows)
            return self._read_frozen(decoded) if self.frozen else self._read_and_learn(decoded)
        except RecursionError:
            raise ProcoreAPIError(200, "Procore sent a row that is nested too deeply to be read.") from None

    @property
    def _wire_schema(self) -> pa.Schema | None:
        return None if self._wires is None else pa.schema([*self._wires.items()])

    def as_now(self, columns: Mapping[str, pa.Array], length: int) -> dict[str, pa.Array]:
        """Return earlier columns with the types that the schema has now; all of the schema's columns."""
        return {name: self._as_now(name, columns.get(name), length) for name in self.schema}

    def _as_now(self, name: str, values: pa.Array | None, length: int) -> pa.Array:
        wanted = self.schema.get(name, pa.string())
        if values is None:
            return self._nulls(length, wanted)
        try:
            return converted(values, wanted)
        except pa.ArrowInvalid:
            self.widen(name, pa.string())
            return converted(values, pa.string())

    def _nulls(self, length: int, wanted: pa.DataType) -> pa.Array:
        """Return nulls. They lie in the same memory for all columns and batches: many a column holds nothing else."""
        found = self._empty.get(wanted)
        if found is None or len(found) < length:
            found = self._empty[wanted] = pa.nulls(max(length, BATCH), wanted)
        return found.slice(0, length)

    @property
    def notes(self) -> list[str]:
        """The columns that aren't of their declared type, and the values that didn't fit: a line each."""
        notes = [
            f"{one_line(name)} is {in_words(now)} here: it has values that are no {in_words(before)}."
            for name, (before, now) in self._widened.items()
        ]
        for counter, what, where in (
            (self.unfit, "didn't fit", UNFIT),
            (self.extra, "came in fields that the first rows didn't have", EXTRA),
        ):
            if counter:
                columns = ", ".join(
                    f"{one_line(name)} {count:,}" for name, count in counter.most_common(FEW_COLUMNS)
                )
                notes.append(f"{counted(counter.total(), 'value')} {what} ({columns}): see {where}.")
        return notes

    # The two ways

    def _read_fast(self, begun: Begun, schema: pa.Schema) -> dict[str, pa.Array]:
        if begun.table is None or not schema.equals(begun.schema):  # another type was found in the meantime
            table = read_rows(begun.rows, schema)
        else:
            table = begun.table.result()
        columns = {}
        for name, column in zip(table.column_names, table.itercolumns(), strict=True):
            chunk = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
            finish = self._custom.finished if name == CUSTOM_FIELDS else finished
            columns[name] = finish(chunk, self.schema[name])
        for name, wanted in self.schema.items():
            if name not in columns:
                columns[name] = self._nulls(table.num_rows, wanted)
        if self.frozen:
            columns |= {name: self._nulls(table.num_rows, pa.string()) for name in (UNFIT, EXTRA)}
        return columns

    def _read_and_learn(self, rows: list[dict[str, Any]]) -> dict[str, pa.Array]:
        found, columns = _by_name(rows), {}
        wires: dict[str, pa.DataType] = dict(self._wires or {})
        for name in dict.fromkeys([*self.schema, *found]):
            known = self.schema.get(name, pa.null())
            values = found.get(name)
            if values is None:
                wires.setdefault(name, default_wire(known))
                columns[name] = self._nulls(len(rows), known)
                continue
            if self._amounts and pa.types.is_null(known) and are_amounts(values):
                known = MONEY
            built = self._build(name, values, known)
            columns[name] = built.array
            wires[name] = _merged(wires.get(name), built.wire)
            self.widen(name, built.array.type)
        self._wires = wires
        return self.as_now(columns, len(rows))

    def _build(self, name: str, values: Sequence[Any], known: pa.DataType) -> Built:
        return self._custom.build(values, known) if name == CUSTOM_FIELDS else build(values, known, name)

    def widen(self, name: str, found: pa.DataType) -> None:
        """Let a column hold values of this type too; add the column if it is new."""
        before = self.schema.get(name)
        if before is None:
            self.schema[name] = found
            return
        now = widened(before, found)
        if now.equals(before):
            return
        self.schema[name] = now
        declared = self._widened[name][0] if name in self._widened else before
        more_digits = pa.types.is_decimal(declared) and pa.types.is_decimal(now)
        if not (pa.types.is_null(declared) or pa.types.is_nested(now) or more_digits):
            self._widened[name] = (declared, now)

    def _read_frozen(self, rows: list[dict[str, Any]]) -> dict[str, pa.Array]:
        found, columns = _by_name(rows), {}
        unfit: list[dict[str, Any]] = [{} for _ in rows]
        extra: list[dict[str, Any]] = [{} for _ in rows]
        for name, known in self.schema.items():
            values = found.pop(name, None)
            columns[name] = (
                self._nulls(len(rows), known)
                if values is None
                else self._fitting(name, values, known, unfit, extra)
            )
        for name, values in found.items():
            for place, value in enumerate(values):
                if value is not None:
                    extra[place][name] = value
        for column, kept, counter in ((UNFIT, unfit, self.unfit), (EXTRA, extra, self.extra)):
            columns[column] = array_of((as_json(one) if one else None for one in kept), pa.string())
            for one in kept:
                counter.update(one.keys())
        return columns

    def _fitting(
        self,
        name: str,
        values: Sequence[Any],
        known: pa.DataType,
        unfit: list[dict[str, Any]],
        extra: list[dict[str, Any]],
    ) -> pa.Array:
        """Return a column whose type can't change; put the values that don't fit into `unfit` and `extra`."""
        built = self._build(name, values, known)
        if built.array.type.equals(known):
            assert self._wires is not None
            self._wires[name] = _merged(self._wires.get(name), built.wire)
            return built.array

        def fits(some: Sequence[Any]) -> bool:
            return bool(self._build(name, some, known).array.type.equals(known))

        prune = self._custom.pruned if name == CUSTOM_FIELDS else _pruned
        kept = [*values]
        for start in range(0, len(values), TOGETHER):  # as a rule, few of many don't fit
            some = values[start : start + TOGETHER]
            if fits(some):
                continue
            for place, value in enumerate(some, start):
                if value is None or fits([value]):
                    continue
                pruned = prune(value, known)
                if pruned != value and fits([pruned]):
                    extra[place][name] = value  # whole: a new field means nothing without the others
                    kept[place] = pruned
                else:
                    unfit[place][name] = value
                    kept[place] = None
        return self._build(name, kept, known).array


def _by_name(rows: Sequence[dict[str, Any]]) -> dict[str, Sequence[Any]]:
    """Return rows as columns; a column with a name of ours has a ``_`` more here."""
    found = parts(rows)
    for name in (UNFIT, EXTRA):
        if name in found:
            found[f"{name}_"] = found.pop(name)
    return found


def _merged(before: pa.DataType | None, found: pa.DataType) -> pa.DataType:
    """Return the wire type for the next batches, given the one so far and the one of a batch that differed."""
    if before is None:
        return found
    if pa.types.is_struct(before) and pa.types.is_struct(found):
        fields = {field.name: field.type for field in before}
        for field in found:
            fields[field.name] = _merged(fields.get(field.name), field.type)
        return pa.struct([*fields.items()])
    if pa.types.is_list(before) and pa.types.is_list(found):
        return pa.list_(_merged(before.value_type, found.value_type))
    return before if pa.types.is_null(found) else found


def _pruned(value: Any, known: pa.DataType) -> Any:
    """Return a value without the fields that its column's type doesn't have."""
    if isinstance(value, dict) and pa.types.is_struct(known):
        have = {field.name: field.type for field in known}
        return {name: _pruned(inner, have[name]) for name, inner in value.items() if name in have}
    if isinstance(value, list) and pa.types.is_list(known):
        return [_pruned(inner, known.value_type) for inner in value]
    return value
