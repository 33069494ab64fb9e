"""What ``SHOW TABLES`` and ``DESCRIBE`` tell: from the catalog, without a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from procore_jupyter.tables.definitions.description import needed
from procore_jupyter.tables.display.columns import kind_of
from procore_jupyter.tables.display.glossary import meaning

if TYPE_CHECKING:
    from procore_jupyter.tables.definitions.catalog import Catalog
    from procore_jupyter.tables.definitions.spec import TableSpec


def tables(catalog: Catalog, frames: Mapping[str, object]) -> tuple[pa.Table, str]:
    """Return the tables that a query may name, and a line about those that aren't listed.

    Parameters
    ----------
    catalog : Catalog
        Procore's tables.
    frames : mapping
        The caller's frames by name.
    """
    specs = [*catalog.tables.values()]
    names = [*(spec.name for spec in specs), *frames]
    titles = [*(spec.title for spec in specs), *("your data frame" for _ in frames)]
    scopes = [*(spec.scope for spec in specs), *("" for _ in frames)]
    parents = [
        *(", ".join(one for one in needed(spec) if one != "project_id") for spec in specs),
        *("" for _ in frames),
    ]
    rows = pa.table({"name": names, "title": titles, "by": scopes, "needs": parents})
    more = len(catalog.probable)
    return (
        rows,
        f"{more:,} more lists of Procore's API are tables too: procore.tables.search(…) finds them."
        if more
        else "",
    )


def columns(schema: pa.Schema, spec: TableSpec | None = None) -> tuple[pa.Table, str]:
    """Return a row for each column: its name, its type in words, what it means, and the values that Procore's filter knows.

    A line says how those that each company has of its own are found, as long as none of them is known.

    Parameters
    ----------
    schema : pyarrow.Schema
        The columns.
    spec : TableSpec or None
        The table, if it is Procore's.
    """
    filters = {one.column: one for one in spec.filters.values() if one.sound} if spec is not None else {}
    values = [", ".join(map(str, filters[name].choices)) if name in filters else "" for name in schema.names]
    rows = pa.table(
        {
            "column_name": schema.names,
            "column_type": [kind_of(one.type) for one in schema],
            "meaning": [meaning(name) for name in schema.names],
            **({"values": values} if any(values) else {}),
        }
    )
    if spec is None or not (spec.others or not spec.columns) or {*schema.names} - {*spec.known_columns}:
        return rows, ""
    looked = f"SELECT * FROM {spec.name} LIMIT 5"
    return (
        rows,
        f"More columns come with rows, as each company has its own: after  {looked}  DESCRIBE lists them.",
    )
