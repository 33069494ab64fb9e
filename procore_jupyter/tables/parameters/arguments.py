"""Arguments: values as people have them at hand, made into Python's own, and those that can't be meant refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from procore_jupyter.errors import ParameterError
from procore_jupyter.wording import quoted

EXACT = 2**53
"""The least whole number of which a float is no longer sure."""

LARGEST_ID = 2**63 - 1
"""The largest id: Arrow's columns of ids are 64-bit."""

_WHOLE = re.compile(r"\s*\d+(?:\.0+)?\s*", re.ASCII)


def plain(value: Any) -> Any:
    """Return a value of NumPy, pandas, polars or Arrow as Python's own; several values as a list.

    A data frame, a mapping and whatever else holds no plain values comes back as it is: `values` refuses it.
    """
    if isinstance(value, (str, bytes, Mapping)) or _is_frame(value):
        return value
    if type(value).__module__ == "numpy" and getattr(value, "dtype", None) is not None:
        # NumPy's own conversion makes whole numbers of times in nanoseconds, which are what pandas has.
        return (value.astype("datetime64[us]") if value.dtype.kind == "M" else value).tolist()
    for method in ("to_pylist", "as_py", "to_list", "tolist"):
        if hasattr(value, method):
            return getattr(value, method)()
    return [*value] if isinstance(value, Iterable) else value


def one(what: str, value: Any) -> Any:
    """Return one value: a whole float as a whole number, any other as it is.

    Parameters
    ----------
    what : str
        What a message calls the parameter: ``id of rfis``.
    value : object
        The value.

    Raises
    ------
    ParameterError
        The value is missing, or still to be written.
    """
    value = plain(value)
    if value is ...:
        raise ParameterError(f"{what} needs a value: write it in place of  ...")
    if is_missing(value):
        raise ParameterError(
            f"{what} has a missing value ({value}). Leave it out; for a data frame's column:  .dropna()"
        )
    # The ids of a data frame are floats if some are missing, and those of a column of Arrow's decimals are decimals.
    if isinstance(value, (float, Decimal)) and value % 1 == 0 and -EXACT < value < EXACT:
        return int(value)
    return value


def values(what: str, value: Any) -> Any:
    """Return one value as `one` does, and several as a tuple with each value once.

    Raises
    ------
    ParameterError
        A value is missing; or the values are those of a data frame, of which no column is named.
    """
    value = plain(value)
    if _is_frame(value):
        raise ParameterError(f"{what} needs values, not a {type(value).__name__}: choose one of its columns.")
    if not isinstance(value, list):
        return one(what, value)
    found: dict[str, Any] = {}
    for each in value:
        each = one(what, each)
        found.setdefault(str(each), each)
    return tuple(found.values())


def _is_frame(value: Any) -> bool:
    return hasattr(type(value), "columns")  # of the type: one of polars' frames asks for much to know its own


def is_missing(value: Any) -> bool:
    """Return whether a value is none: None, a NaN, or pandas' NaT or NA."""
    if isinstance(value, Decimal):
        return value.is_nan()
    if isinstance(value, float):
        return value != value
    # By their names, since importing pandas takes half a second.
    return value is None or type(value).__name__ in ("NaTType", "NAType")


def whole(value: Any) -> int | None:
    """Return a whole number, or a text of one such as ``"7"`` and ``"7.0"``, as an int; None of anything else."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value.partition(".")[0])
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def id_of(what: str, value: Any) -> int:
    """Return an id: a whole number from 1 to `LARGEST_ID`. Raises ParameterError if the value is none."""
    number = whole(value)
    if number is None or not 0 < number <= LARGEST_ID:
        inexact = (
            " A float can't hold that many digits exactly."
            if isinstance(value, float) and value.is_integer()
            else ""
        )
        raise ParameterError(f"{what} must be an id (a whole number above 0), not {value!r:.60}.{inexact}")
    return number


def id_or_name(what: str, value: Any) -> int | str:
    """Return an id as a number, a name as it is. Raises ParameterError if the value is neither."""
    value = one(what, value)
    if isinstance(value, str):
        if not value.strip():
            raise ParameterError(f"{what} is empty. Give an id or a name.")
        return value if whole(value) is None else id_of(what, value)
    if whole(value) is None:
        raise ParameterError(f"{what} must be an id or a name, not {_kind(value)}.")
    return id_of(what, value)


def _kind(value: Any) -> str:
    return f"{value!r:.60}" if isinstance(value, (bool, int, float)) else type(value).__name__


def pairs(params: Any) -> list[tuple[str, Any]]:
    """Return the names and values of a mapping, or of an iterable of pairs; those without a value are left out.

    Raises
    ------
    ParameterError
        `params` is neither.
    """
    given = params.items() if isinstance(params, Mapping) else () if params is None else params
    found = []
    try:
        for name, value in () if isinstance(given, (str, bytes)) else given:
            if not (isinstance(name, str) and name.strip()):
                raise TypeError
            if value is not None:
                found.append((name, value))
        if given and isinstance(given, (str, bytes)):
            raise TypeError
    except (TypeError, ValueError):
        raise ParameterError(
            f'params needs names and values, such as  params={{"filters[status]": "open"}},  not {quoted(params)}.'
        ) from None
    return found
