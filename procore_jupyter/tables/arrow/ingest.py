"""Rows as bytes -> typed Arrow, some thousand at a time; nothing else of them outlives that.

The first rows are looked at one by one (`values`). What that finds out, Arrow's own JSON reader is told for all
that follow: it is strict, so a row that is different is refused and not bent, and the batch is looked at one by one
again. Either way no value is lost: one that doesn't fit widens the column, or, where the schema can't change any
more, stands in ``_unfit``; an unknown field becomes a column, or stands in ``_extra``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa

from procore_jupyter.session.api_errors import ProcoreAPIError
from procore_jupyter.tables.arrow.custom_fields import COLUMN as CUSTOM_FIELDS
from procore_jupyter.tables.arrow.custom_fields import CustomFields, Labels
from procore_jupyter.tables.arrow.types import (
    MONEY,
    Number,
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

BATCH = 2000
"""Rows that are taken in at a time."""

FIRST_LOOK = 200
"""Rows of the first batch that are looked at one by one."""

TOGETHER = 50
"""Values that are looked at together where some may not fit."""

MOST_WHOLE = 4000
"""Digits of a whole number that Python reads and writes without asking (`sys.int_info`)."""

DEEPEST_ROW = 500
"""Levels of records and lists within a row. Each version of Python bounds recursion at another depth of its own."""

UNFIT, EXTRA = "_unfit", "_extra"

_rows = msgspec.json.Decoder(dict[str, Any], float_hook=Number)


@dataclass(frozen=True)
class Begun:
    """Rows that are being read.

    Parameters
    ----------
    rows : sequence
        Each the bytes of one JSON object.
    schema : pyarrow.Schema or None
        What Arrow's reader was told of them; None as long as there was nothing to tell.
    table : concurrent.futures.Future or None
        What it makes of them; of use if nothing else has been learnt meanwhile.
    """

    rows: Sequence[Any]
    schema: pa.Schema | None = None
    table: Future[pa.Table] | None = None


class Ingest:
    """Takes the rows of one table in.

    Parameters
    ----------
    columns : mapping of str to str
        The kinds of its columns, as the catalog has them; empty where what arrives decides.
    records : mapping
        The records that kinds may name.
    labels : callable
        Returns the labels of custom fields.
    others : str
        What other columns are where their values look like it: ``money``; empty where what arrives decides.

    Attributes
    ----------
    schema : dict of str to pyarrow.DataType
        The columns so far, in their order.
    frozen : bool
        Whether the schema can't change any more (`freeze`).
    unfit, extra : Counter
        How many values stand in ``_unfit`` and ``_extra``, by column.
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
        self._wires: dict[str, pa.DataType] | None = None
        self._custom = CustomFields(labels)
        self._amounts = others == "money"
        self._empty: dict[pa.DataType, pa.Array] = {}

    def freeze(self) -> None:
        """Keep the schema as it is from now on: what doesn't fit goes to ``_unfit``, what is new to ``_extra``."""
        for name, found in self.schema.items():
            self.schema[name] = settled(found)
        if self._wires is None:
            self._wires = {name: default_wire(found) for name, found in self.schema.items()}
        self.frozen = True

    def begin(self, rows: Sequence[Any], aside: Executor) -> Begun:
        """Begin to take rows in: Arrow's reader goes over them in another thread, while this one does something else.

        Parameters
        ----------
        rows : sequence
            Each the bytes of one JSON object.
        aside : concurrent.futures.Executor
            Where to read them.
        """
        schema = self._wire_schema
        return Begun(rows, schema, None if schema is None else aside.submit(read_rows, rows, schema))

    def take(self, rows: Sequence[Any]) -> dict[str, pa.Array]:
        """Return rows as columns, as `finish` does.

        Parameters
        ----------
        rows : sequence
            Each the bytes of one JSON object.
        """
        return self.finish(Begun(rows))

    def finish(self, begun: Begun) -> dict[str, pa.Array]:
        """Return rows as columns, by name; with ``_unfit`` and ``_extra`` where the schema is frozen.

        Raises
        ------
        ValueError
            They are no JSON objects.
        ProcoreAPIError
            One is nested too deeply.
        """
        rows, schema = begun.rows, self._wire_schema
        if schema is None and len(rows) > FIRST_LOOK:
            head, tail = self.take(rows[:FIRST_LOOK]), self.take(rows[FIRST_LOOK:])
            return {
                name: pa.concat_arrays(
                    [
                        self._as_now(name, head.get(name), FIRST_LOOK),
                        self._as_now(name, tail[name], len(tail[name])),
                    ]
                )
                for name in tail
            }
        if schema is not None:
            try:
                return self._read_fast(begun, schema)
            except pa.ArrowInvalid:
                pass  # something is different: the careful way finds out what
            except UnicodeDecodeError:  # Arrow's own message, with bytes of the row in it
                pass
        try:
            decoded = _decoded(rows)
            return self._read_frozen(decoded) if self.frozen else self._read_and_learn(decoded)
        except RecursionError:
            raise ProcoreAPIError(200, "Procore sent a row that is nested too deeply to be read.") from None

    @property
    def _wire_schema(self) -> pa.Schema | None:
        return None if self._wires is None else pa.schema([*self._wires.items()])

    def as_now(self, columns: Mapping[str, pa.Array], length: int) -> dict[str, pa.Array]:
        """Return columns that were taken in earlier with the types that the schema has now, and all its columns."""
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
        """Return nulls, which lie in the same memory for all columns and batches: many a column has nothing else."""
        found = self._empty.get(wanted)
        if found is None or len(found) < length:
            found = self._empty[wanted] = pa.nulls(max(length, BATCH), wanted)
        return found.slice(0, length)

    @property
    def notes(self) -> list[str]:
        """What became of columns that were declared otherwise, and of values that didn't fit: a line each."""
        notes = [
            f"{name} is {in_words(now)} here: it has values that are no {in_words(before)}."
            for name, (before, now) in self._widened.items()
        ]
        for counted, what, where in (
            (self.unfit, "didn't fit", UNFIT),
            (self.extra, "came in fields that the first rows didn't have", EXTRA),
        ):
            if counted:
                total = sum(counted.values())
                columns = ", ".join(f"{name} {count:,}" for name, count in counted.most_common(5))
                notes.append(f"{total:,} value{'s' if total > 1 else ''} {what} ({columns}): see {where}.")
        return notes

    # The two ways

    def _read_fast(self, begun: Begun, schema: pa.Schema) -> dict[str, pa.Array]:
        if begun.table is None or not schema.equals(begun.schema):  # something was learnt since
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
        return {name: self._as_now(name, column, len(rows)) for name, column in columns.items()}

    def _build(self, name: str, values: Sequence[Any], known: pa.DataType) -> Built:
        return self._custom.build(values, known) if name == CUSTOM_FIELDS else build(values, known, name)

    def widen(self, name: str, found: pa.DataType) -> None:
        """Let a column hold values of this type too."""
        before = self.schema.get(name)
        if before is None:
            self.schema[name] = found
            return
        now = widened(before, found)
        if now.equals(before):
            return
        self.schema[name] = now
        declared = self._widened[name][0] if name in self._widened else before
        if not (pa.types.is_null(declared) or pa.types.is_nested(now) or _grew(declared, now)):
            self._widened[name] = (declared, now)

    def _read_frozen(self, rows: list[dict[str, Any]]) -> dict[str, pa.Array]:
        found, columns = _by_name(rows), {}
        unfit: list[dict[str, Any]] = [{} for _ in rows]
        extra: list[dict[str, Any]] = [{} for _ in rows]
        for name, known in self.schema.items():
            values = found.get(name)
            columns[name] = (
                self._nulls(len(rows), known)
                if values is None
                else self._fitting(name, values, known, unfit, extra)
            )
        for name in found:
            if name not in self.schema:
                for place, value in enumerate(found[name]):
                    if value is not None:
                        extra[place][name] = value
        for told, counted in ((unfit, self.unfit), (extra, self.extra)):
            for one in told:
                counted.update(one.keys())
        for name, told in ((UNFIT, unfit), (EXTRA, extra)):
            columns[name] = array_of((as_json(one) if one else None for one in told), pa.string())
        return columns

    def _fitting(
        self,
        name: str,
        values: Sequence[Any],
        known: pa.DataType,
        unfit: list[dict[str, Any]],
        extra: list[dict[str, Any]],
    ) -> pa.Array:
        """Return the values that fit a column whose type can't change; tell of the others."""
        built = self._build(name, values, known)
        if built.array.type.equals(known):
            assert self._wires is not None
            self._wires[name] = _merged(self._wires.get(name), built.wire)
            return built.array
        prune = self._custom.pruned if name == CUSTOM_FIELDS else _pruned
        kept = [*values]
        for start in range(0, len(values), TOGETHER):  # as a rule, few of many don't fit
            some = values[start : start + TOGETHER]
            if self._build(name, some, known).array.type.equals(known):
                continue
            for place, value in enumerate(some, start):
                if value is None or self._build(name, [value], known).array.type.equals(known):
                    continue
                pruned = prune(value, known)
                if pruned != value and self._build(name, [pruned], known).array.type.equals(known):
                    extra[place][name] = value  # whole: the new field means nothing without the others
                    kept[place] = pruned
                else:
                    unfit[place][name] = value
                    kept[place] = None
        return self._build(name, kept, known).array


def _decoded(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Return rows as Python has them, each number as exact as it is written."""
    try:
        found = [_rows.decode(row) for row in rows]
    except msgspec.ValidationError:  # a whole number of thousands of digits; or no object
        found = [json.loads(bytes(row), parse_float=Number, parse_int=_whole) for row in rows]
        if not all(isinstance(row, dict) for row in found):
            raise ValueError("a row is no object") from None
    _check_depth(
        [one for row, one in zip(map(bytes, rows), found, strict=True) if _openings(row) > DEEPEST_ROW]
    )
    return found


def _openings(row: bytes) -> int:
    return row.count(b"{") + row.count(b"[")


def _check_depth(rows: Sequence[Any]) -> None:
    """Raise RecursionError if a row has more levels than `DEEPEST_ROW`."""
    level = rows
    for _ in range(DEEPEST_ROW):
        inside = (one.values() if isinstance(one, dict) else one for one in level)
        level = [value for values in inside for value in values if isinstance(value, (dict, list))]
        if not level:
            return
    raise RecursionError


def _by_name(rows: Sequence[dict[str, Any]]) -> dict[str, Sequence[Any]]:
    """Return the columns of rows; one that is called as one of ours is called otherwise here."""
    found = parts(rows)
    for name in (UNFIT, EXTRA):
        if name in found:
            found[f"{name}_"] = found.pop(name)
    return found


def _whole(text: str) -> int | Number:
    return int(text) if len(text) < MOST_WHOLE else Number(text)


def _merged(before: pa.DataType | None, found: pa.DataType) -> pa.DataType:
    """Return the wire type for what comes next, after a batch in which something was different."""
    if before is None or not pa.types.is_struct(before) or not pa.types.is_struct(found):
        if before is not None and pa.types.is_list(before) and pa.types.is_list(found):
            return pa.list_(_merged(before.value_type, found.value_type))
        return before if before is not None and pa.types.is_null(found) else found
    fields = {field.name: field.type for field in before}
    for field in found:
        fields[field.name] = _merged(fields.get(field.name), field.type)
    return pa.struct([*fields.items()])


def _grew(before: pa.DataType, now: pa.DataType) -> bool:
    """Tell whether a column only got more room of the same kind: no news for anybody."""
    return bool(pa.types.is_decimal(before) and pa.types.is_decimal(now))


def _pruned(value: Any, known: pa.DataType) -> Any:
    """Return a value without the fields that a type doesn't have."""
    if isinstance(value, dict) and pa.types.is_struct(known):
        have = {field.name: field.type for field in known}
        return {name: _pruned(inner, have[name]) for name, inner in value.items() if name in have}
    if isinstance(value, list) and pa.types.is_list(known):
        return [_pruned(inner, known.value_type) for inner in value]
    return value
