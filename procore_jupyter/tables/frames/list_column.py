"""Lists as a column of pandas: Python's lists to whoever looks at a cell, Arrow's memory underneath."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.extensions import ExtensionArray, ExtensionDtype, take
from pandas.api.indexers import check_array_indexer

from procore_jupyter.tables.arrow.types import as_text, becomes_text, converted, widened


class ListDtype(ExtensionDtype):
    """The dtype of a column of lists.

    Parameters
    ----------
    arrow : pyarrow.ListType
        What Arrow calls it.
    """

    # pandas writes this name into a Parquet file, whose reader needs a dtype of its own by that name.
    name = "object"
    type = list
    na_value = None
    _metadata = ("arrow",)

    def __init__(self, arrow: pa.ListType) -> None:
        self.arrow = arrow

    @classmethod
    def construct_from_string(cls, string: str) -> ListDtype:
        """Raise a TypeError: no text stands for this dtype."""
        raise TypeError(f"Cannot construct a '{cls.__name__}' from '{string}'")

    def __from_arrow__(self, cells: pa.Array | pa.ChunkedArray) -> ListColumn:
        return ListColumn(cells if isinstance(cells, pa.ChunkedArray) else pa.chunked_array([cells]))

    def construct_array_type(self) -> type[ListColumn]:  # type: ignore[valid-type]
        """Return the class of the columns."""
        return ListColumn

    def _get_common_dtype(self, dtypes: Sequence[Any]) -> ListDtype | None:
        found = [one.arrow for one in dtypes if isinstance(one, ListDtype)]
        if len(found) < len(dtypes):
            return None  # pandas takes its own object
        wanted = functools.reduce(widened, found)
        return None if any(becomes_text(one, wanted) for one in found) else ListDtype(wanted)


class ListColumn(ExtensionArray):
    """Lists, each a Python list once it is looked at; a missing one is None.

    Two lists that say the same count as one where pandas looks for different values (``nunique``, ``drop_duplicates``,
    ``groupby``), which can't hash Python's lists.

    Parameters
    ----------
    cells : pyarrow.ChunkedArray
        The lists.
    """

    def __init__(self, cells: pa.ChunkedArray) -> None:
        self._cells = cells

    # What pandas asks of every column

    @classmethod
    def _from_sequence(cls, scalars: Any, *, dtype: Any = None, copy: bool = False) -> ListColumn:
        if isinstance(scalars, ListColumn):
            return scalars
        values = [None if _is_missing(one) else one for one in scalars]
        strange = next(
            (one for one in values if not isinstance(one, (list, tuple, np.ndarray)) and one is not None),
            None,
        )
        if strange is not None:
            raise TypeError(f"A column of lists must contain lists, not {type(strange).__name__}.")
        wanted = dtype.arrow if isinstance(dtype, ListDtype) else None
        return cls(pa.chunked_array([pa.array(values, wanted)]))

    @classmethod
    def _concat_same_type(cls, to_concat: Sequence[ListColumn]) -> ListColumn:
        chunks = [chunk for one in to_concat for chunk in one._cells.chunks]
        return cls(pa.chunked_array(chunks, to_concat[0]._cells.type))

    @property
    def dtype(self) -> ListDtype:
        """What pandas calls the column's type."""
        return ListDtype(self._cells.type)

    @property
    def nbytes(self) -> int:
        """The bytes that the lists take."""
        return int(self._cells.nbytes)

    def __len__(self) -> int:
        return len(self._cells)

    def __getitem__(self, item: Any) -> Any:
        item = check_array_indexer(self, item)
        if isinstance(item, slice):
            start, stop, step = item.indices(len(self))
            if step == 1:
                return ListColumn(self._cells.slice(start, max(0, stop - start)))
            item = np.arange(start, stop, step)
        if isinstance(item, np.ndarray):
            return self.take(np.flatnonzero(item) if item.dtype == bool else item)
        return self._cells[int(item)].as_py()

    def __setitem__(self, key: Any, value: Any) -> None:
        cells = np.asarray(self)
        if isinstance(value, list) and np.ndim(cells[check_array_indexer(self, key)]) == 0:
            cells[key] = value
        else:
            cells[key] = np.asarray(value) if isinstance(value, ListColumn) else value
        try:
            self._cells = ListColumn._from_sequence(cells, dtype=self.dtype)._cells
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise TypeError(f"The column's lists have another type: {error}") from None

    def __iter__(self) -> Any:
        for chunk in self._cells.chunks:
            yield from chunk.to_pylist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        cells = np.empty(len(self), object)  # from lists of one length, NumPy would make a table
        for place, cell in enumerate(self):
            cells[place] = cell
        return cells

    def __arrow_array__(self, type: pa.DataType | None = None) -> pa.ChunkedArray:
        return self._cells if type is None else self._cells.cast(type)

    def __eq__(self, other: object) -> Any:
        if isinstance(other, (pandas.Series, pandas.Index, pandas.DataFrame)):
            return NotImplemented
        if isinstance(other, ListColumn):
            return (self._texts() == other._texts()) & ~self.isna()
        return np.array([cell is not None and cell == other for cell in self], bool)

    def isna(self) -> np.ndarray[Any, Any]:
        """Return which lists are missing."""
        found: np.ndarray[Any, Any] = self._cells.is_null().to_numpy()
        return found

    def take(self, indices: Any, *, allow_fill: bool = False, fill_value: Any = None) -> ListColumn:
        """Return lists by their places; if `allow_fill`, -1 is a missing one."""
        places = np.asarray(indices, np.int64)
        if allow_fill:
            take(np.empty(len(self), bool), places, allow_fill=True, fill_value=False)  # refuses wrong places
            return ListColumn(self._cells.take(pa.array(places, mask=places < 0)))
        return ListColumn(self._cells.take(pa.array(np.arange(len(self))[places])))

    def copy(self) -> ListColumn:
        """Return the same lists: Arrow's memory never changes."""
        return ListColumn(self._cells)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """Return the lists as another dtype."""
        if isinstance(dtype, ListDtype):
            chunks = [converted(chunk, dtype.arrow) for chunk in self._cells.chunks]
            return ListColumn(pa.chunked_array(chunks, dtype.arrow))
        return super().astype(dtype, copy)

    # What needs to tell lists apart

    def _texts(self) -> np.ndarray[Any, Any]:
        """Return the lists as JSON; None for a missing one."""
        texts = pa.chunked_array([as_text(chunk) for chunk in self._cells.chunks], pa.string())
        found: np.ndarray[Any, Any] = texts.to_numpy()
        return found

    def _values_for_factorize(self) -> tuple[np.ndarray[Any, Any], Any]:
        return self._texts(), None

    def _values_for_argsort(self) -> np.ndarray[Any, Any]:
        return np.array([text or "" for text in self._texts()], object)

    def factorize(self, use_na_sentinel: bool = True) -> tuple[np.ndarray[Any, Any], ListColumn]:
        """Return a number for each list, the same one for the same lists, and the different lists."""
        codes, _ = pandas.factorize(self._texts(), use_na_sentinel=use_na_sentinel)
        _, first = np.unique(codes[codes >= 0], return_index=True)
        return codes, self.take(np.flatnonzero(codes >= 0)[first])

    def unique(self) -> ListColumn:
        """Return the different lists, in the order of their first places."""
        return self.factorize(use_na_sentinel=False)[1]

    def duplicated(self, keep: Any = "first") -> np.ndarray[Any, Any]:
        """Return which lists have come already."""
        return pandas.Series(self._texts(), dtype=object).duplicated(keep=keep).to_numpy()  # type: ignore[no-any-return]

    def value_counts(self, dropna: bool = True) -> pandas.Series:
        """Return how often each list is there."""
        codes, cells = self.factorize(use_na_sentinel=dropna)
        counts = np.bincount(codes[codes >= 0], minlength=len(cells))
        return pandas.Series(counts, pandas.Index(cells), name="count")

    # What pandas does with objects that are lists

    def _explode(self) -> tuple[Any, np.ndarray[Any, Any]]:
        lengths = pc.fill_null(pc.list_value_length(self._cells), 1).to_numpy()
        cells = pandas.Series(np.asarray(self), dtype=object)
        return cells.explode().to_numpy(), np.maximum(lengths, 1).astype(np.uint64)

    def __getattr__(self, name: str) -> Any:
        # The accessor ``.str`` looks for text in what is called categories, and then asks the column for ``_str_join``.
        if name == "categories":
            return np.asarray(self[:1])
        if name.startswith("_str_"):
            return getattr(pandas.Series(np.asarray(self), dtype=object).array, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


def _is_missing(value: Any) -> bool:
    return value is None or value is pandas.NA or (isinstance(value, float) and value != value)
