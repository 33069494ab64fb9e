"""Rows as bytes -> typed Arrow columns, some thousand rows at a time; nothing else of the rows is kept.

The first rows are looked at one by one (`values`), which finds each column's type. Arrow's own JSON reader is told these
types for all later rows. It is strict: it refuses a row that differs and never bends it, and the batch is then looked at
one by one again. Either way no value is lost: one that doesn't fit widens its column, and an unknown field becomes a new
one; or, if the schema can't change any more, they stand in ``_unfit`` and ``_extra``. What the columns so far can't say of
how their values were written stays beside them (`written`), so that a column that becomes text has the texts that came.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from procore_jupyter.session.api_errors import ProcoreAPIError
from procore_jupyter.tables.arrow.amounts import Amounts
from procore_jupyter.tables.arrow.asides import Asides
from procore_jupyter.tables.arrow.custom_fields import COLUMN as CUSTOM_FIELDS
from procore_jupyter.tables.arrow.custom_fields import CustomFields, Labels
from procore_jupyter.tables.arrow.decode import objects
from procore_jupyter.tables.arrow.learned import Learned
from procore_jupyter.tables.arrow.numbers import all_doubles
from procore_jupyter.tables.arrow.remarks import EXTRA, ROUNDED, UNFIT, Remarks
from procore_jupyter.tables.arrow.types import (
    becomes_text,
    converted,
    has_floats,
    of_kind,
    plain,
    read_rows,
    settled,
    widened,
)
from procore_jupyter.tables.arrow.values import Built, build, parts, pruned
from procore_jupyter.tables.arrow.wire import Finished, default_wire, finished, merged
from procore_jupyter.tables.arrow.written import (
    WRITTEN,
    as_column,
    own_name,
    texts_of,
    values_of,
    written,
)

Objects = list[dict[str, Any]]

BATCH = 2000
"""Rows in a batch, at most."""

FIRST_LOOK = 200
"""Rows of the first batch that are looked at one by one."""


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
    absent : set of str
        The columns of the catalog that no row had, not even as null.
    remarks : Remarks
        What notes have to tell of the columns.
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
        self.absent = {*columns}
        self.remarks = Remarks()
        self._wires: dict[str, pa.DataType] | None = None
        """The wire type of each column; None before the first rows."""
        self._custom = CustomFields(labels)
        self._amounts = Amounts(self.remarks, wanted=others == "money")
        self._empty: dict[pa.DataType, pa.Array] = {}

    def freeze(self) -> None:
        """Keep the schema as it is from now on: values that don't fit go to ``_unfit``, new fields to ``_extra``."""
        for name, found in self.schema.items():
            self.schema[name] = settled(found)
        if self._wires is None:
            self._wires = {name: default_wire(found) for name, found in self.schema.items()}
        self.frozen = True

    def join(self, learned: Learned, names: Iterable[str]) -> None:
        """Let the schema hold rows that were read before: of their columns those that are named.

        Parameters
        ----------
        learned : Learned
            What was learned of their columns.
        names : iterable of str
            The columns.
        """
        for name in names:
            self.widen(name, learned.types.get(name, pa.null()))
            self.remarks.add(name, learned.remarks.get(name, frozenset()))
            if name in learned.spelled and not self._amounts.join(name, learned.spelled[name]):
                self.widen(name, pa.string())
        self.absent &= learned.absent
        self._custom.note = self._custom.note or learned.unlabelled

    def learned(self, columns: Mapping[str, pa.DataType], absent: Collection[str]) -> Learned:
        """Return what was learned of some columns, which may have other types by now.

        Parameters
        ----------
        columns : mapping of str to pyarrow.DataType
            The columns and their types.
        absent : collection of str
            The columns of the catalog that no row had.
        """
        return Learned(
            columns,
            {name: found for name in columns if (found := self.remarks.of(name))},
            self._amounts.spelled(columns),
            frozenset(absent),
            self._custom.note,
        )

    def labelled(self, values: pa.Array) -> pa.Array:
        """Return custom fields that have no labels yet with the company's. Asks for these the first time."""
        return self._custom.labelled(values)

    def loses(self, learned: Learned, inexact: Collection[str]) -> bool:
        """Tell whether columns that were read before can't be made into what the schema has now, as nobody knows how they were written.

        Parameters
        ----------
        learned : Learned
            What was learned of the columns.
        inexact : collection of str
            Those that don't say how they were written.
        """
        return any(
            becomes_text(learned.types[name], self.schema[name])
            or (self.remarks.has(name, ROUNDED) and not learned.types[name].equals(self.schema[name]))
            for name in inexact
        )

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
        """Return a batch, the bytes of one JSON object for each row, as columns, as `finish` does."""
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
            return self._read_in_two(rows[:FIRST_LOOK], rows[FIRST_LOOK:])
        if schema is not None:
            try:
                return self._read_fast(begun, schema)
            # UnicodeDecodeError: Arrow's own message quotes bytes of a row.
            except (pa.ArrowInvalid, UnicodeDecodeError):
                pass  # a row differs: looking at the rows one by one finds out how
        try:
            decoded = objects(rows)
            return self._read_frozen(decoded) if self.frozen else self._read_and_learn(decoded, rows)
        except RecursionError:
            raise ProcoreAPIError(200, "Procore sent a row that is nested too deeply to read.") from None

    @property
    def _wire_schema(self) -> pa.Schema | None:
        return None if self._wires is None else pa.schema([*self._wires.items()])

    def as_now(self, columns: Mapping[str, pa.Array], length: int) -> dict[str, pa.Array]:
        """Return earlier columns with the types that the schema has now; all of the schema's columns."""
        kept = columns.get(WRITTEN)
        return {name: self._as_now(name, columns.get(name), kept, length) for name in [*self.schema]}

    def _as_now(
        self, name: str, values: pa.Array | None, kept: pa.StructArray | None, length: int
    ) -> pa.Array:
        wanted = self.schema[name]
        if values is None:
            return self._nulls(length, wanted)
        if values.type.equals(wanted):
            return values
        texts = texts_of(kept, name)
        differs = becomes_text(values.type, wanted) or self.remarks.has(name, ROUNDED)
        if texts is None or not differs:
            try:
                return converted(values, wanted)
            except pa.ArrowInvalid:  # a number that the wider type can't hold
                pass
        if texts is None:
            again = build(plain(values), wanted, name)
        else:
            again = self._build(name, values_of(texts), wanted)
        self.remarks.add(name, again.remarks)
        self.widen(name, again.array.type)
        try:
            return converted(again.array, self.schema[name])
        except pa.ArrowInvalid:  # the digits before the point and those behind it are too many for one type
            self.widen(name, pa.string())
            return self._as_now(name, values, kept, length)

    def _nulls(self, length: int, wanted: pa.DataType) -> pa.Array:
        """Return nulls. They lie in the same memory for all columns and batches: many a column holds nothing else."""
        found = self._empty.get(wanted)
        if found is None or len(found) < length:
            found = self._empty[wanted] = pa.nulls(max(length, BATCH), wanted)
        return found.slice(0, length)

    @property
    def notes(self) -> list[str]:
        """What is remarkable of the columns: a line each."""
        return [*([self._custom.note] if self._custom.note else []), *self.remarks.notes()]

    # The two ways

    def _read_in_two(self, head: Sequence[Any], tail: Sequence[Any]) -> dict[str, pa.Array]:
        """Return rows of which the first decide how the others are read."""
        first = self.take(head)
        before = dict(self.schema)
        others = self.take(tail)
        if self.schema != before:
            first = self._read_and_learn(objects(head), head)
        both = [(first, len(head)), (others, len(tail))]
        found = [self.as_now(columns, length) for columns, length in both]
        columns = {name: pa.concat_arrays([one[name] for one in found]) for name in self.schema}
        names = {field.name: None for one, _ in both if WRITTEN in one for field in one[WRITTEN].type}
        return columns | self._kept(written([*head, *tail], [*names]) if names else {})

    def _read_fast(self, begun: Begun, schema: pa.Schema) -> dict[str, pa.Array]:
        if begun.table is None or not schema.equals(begun.schema):  # another type was found in the meantime
            table = read_rows(begun.rows, schema)
        else:
            table = begun.table.result()
        columns, inexact = {}, []
        texts: dict[str, pa.Array] = {}
        for name, column in zip(table.column_names, table.itercolumns(), strict=True):
            chunk = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
            one = self._finished(name, chunk)
            columns[name] = one.array
            if not (one.exact or pa.types.is_string(one.array.type)):
                if pa.types.is_string(chunk.type):
                    texts[name] = chunk
                else:
                    inexact.append(name)
        for name, wanted in self.schema.items():
            if name not in columns:
                columns[name] = self._nulls(table.num_rows, wanted)
        self.absent = {name for name in self.absent if columns[name].null_count == len(columns[name])}
        if self.frozen:
            columns |= {name: self._nulls(table.num_rows, pa.string()) for name in (UNFIT, EXTRA)}
            inexact = [name for name in inexact if name in self._amounts or has_floats(self.schema[name])]
        json = written(begun.rows, inexact) if inexact else {}
        for name, values in json.items():
            if has_floats(self.schema[name]) and not all_doubles(map(bytes, values)):
                raise pa.ArrowInvalid("a number may have more digits than a double")
        self._amounts.check(texts, json)
        return columns | self._kept(json, texts)

    def _finished(self, name: str, values: pa.Array) -> Finished:
        finish = self._custom.finished if name == CUSTOM_FIELDS else finished
        return finish(values, self.schema[name])

    def _kept(
        self, json: Mapping[str, Sequence[Any]], texts: Mapping[str, pa.Array] = MappingProxyType({})
    ) -> dict[str, pa.Array]:
        """Return what columns that can't say it were written as, as long as it may be wanted.

        Parameters
        ----------
        json : mapping
            The JSON of columns.
        texts : mapping of str to pyarrow.Array
            Columns whose values are all texts.
        """
        return {WRITTEN: as_column(json, texts)} if (json or texts) and not self.frozen else {}

    def _read_and_learn(self, rows: Objects, sent: Sequence[Any]) -> dict[str, pa.Array]:
        found, columns, inexact = {own_name(name): values for name, values in parts(rows).items()}, {}, []
        wires: dict[str, pa.DataType] = dict(self._wires or {})
        for name in dict.fromkeys([*self.schema, *found]):
            known = self.schema.get(name, pa.null())
            values = found.get(name)
            if values is None:
                wires.setdefault(name, default_wire(known))
                columns[name] = self._nulls(len(rows), known)
                continue
            built = self._build(name, values, self._amounts.type_for(name, values, known))
            columns[name] = built.array
            self.remarks.add(name, built.remarks)
            inexact += [] if built.exact or pa.types.is_string(built.array.type) else [name]
            wires[name] = merged(wires.get(name), built.wire)
            self.widen(name, built.array.type)
        self._wires = wires
        self.absent -= found.keys()
        columns |= self._kept(written(sent, inexact) if inexact else {})
        return self.as_now(columns, len(rows)) | {
            name: columns[name] for name in (WRITTEN,) if name in columns
        }

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
        self.remarks.widened(name, before, now)

    def _read_frozen(self, rows: Objects) -> dict[str, pa.Array]:
        found, columns = {own_name(name): values for name, values in parts(rows).items()}, {}
        self.absent -= found.keys()
        asides = Asides(len(rows))
        for name, known in self.schema.items():
            values = found.pop(name, None)
            columns[name] = self._nulls(len(rows), known)
            if values is not None:
                columns[name] = self._fitting(name, values, known, asides)
        for name, values in found.items():
            asides.new_field(name, values)
        return columns | asides.columns(self.remarks)

    def _fitting(self, name: str, values: Sequence[Any], known: pa.DataType, asides: Asides) -> pa.Array:
        """Return a column whose type can't change; the values that don't fit go into `asides`."""
        amounts = name not in self._amounts or self._amounts.are(name, values)
        built = self._build(name, values, known)
        if amounts and built.array.type.equals(known):
            assert self._wires is not None
            self.remarks.add(name, built.remarks)
            self._wires[name] = merged(self._wires.get(name), built.wire)
            return built.array

        def fits(some: Sequence[Any]) -> bool:
            if name in self._amounts and not self._amounts.are(name, some):
                return False
            return bool(self._build(name, some, known).array.type.equals(known))

        prune = self._custom.pruned if name == CUSTOM_FIELDS else pruned
        built = self._build(
            name, asides.fitting(name, values, fits, lambda value: prune(value, known)), known
        )
        self.remarks.add(name, built.remarks)
        return built.array
