"""Types of DuckDB that tables, files and data frames of this package don't have: what they are made of a result."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TEXT = frozenset(
    ("INTERVAL", "TIME", "TIME WITH TIME ZONE", "TIME_NS", "UUID", "BIT", "BIGNUM", "VARIANT", "NULL")
)
_TIMES = frozenset(("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP"))
_WITHIN = re.compile(
    r"\b(INTERVAL|TIME|TIME WITH TIME ZONE|TIME_NS|BIT|BIGNUM|VARIANT|ENUM|MAP|UNION|BLOB|GEOMETRY)\b|\[\d+\]"
)
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def projection(types: Sequence[object], names: Sequence[str]) -> str:
    """Return the SELECT list that makes a result's columns of types that are known here; empty if all are.

    Parameters
    ----------
    types : sequence
        The columns' types, as DuckDB has them.
    names : sequence of str
        The columns' names.
    """
    casts = [_cast(f"#{place}", str(found)) for place, found in enumerate(types, 1)]
    if all(cast == f"#{place}" for place, cast in enumerate(casts, 1)):
        return ""
    aliases = ('"' + name.replace('"', '""') + '"' for name in names)
    return ", ".join(f"{cast} AS {alias}" for cast, alias in zip(casts, aliases, strict=True))


def _cast(column: str, found: str) -> str:
    if found in _TIMES:
        return f"{column}::TIMESTAMPTZ" if found == "TIMESTAMP" else f"{column}::TIMESTAMP::TIMESTAMPTZ"
    if found in _TEXT or found.startswith(("ENUM(", "UNION(", "GEOMETRY")):
        return f"{column}::VARCHAR"
    if found == "BLOB":
        return f"base64({column})"
    bare = _QUOTED.sub("", found).replace("TIMESTAMP WITH TIME ZONE", "")  # without the names of fields
    if bare.startswith("MAP(") or _WITHIN.search(bare):
        return f"to_json({column})::VARCHAR"
    return column
