"""What rows lack of the fields that a table is documented to have, and what they have beside them, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from procore_jupyter.tables.parameters.selection import Selection
from procore_jupyter.wording import one_line

MOST_NAMED = 8
"""Fields that a note names."""

LONGEST_NAME = 40
"""Characters of a field's name in a note."""


def missing_fields(selection: Selection, absent: Collection[str], fields: Iterable[str]) -> str:
    """Return a line of what is missing; an empty text if nothing is.

    A view that a person asked for has other fields: nothing is said of it.

    Parameters
    ----------
    selection : Selection
        The rows that came.
    absent : collection of str
        The columns that no row had.
    fields : iterable of str
        All columns, in their order.
    """
    spec, query = selection.spec, dict(selection.query)
    if query.get(spec.view_param, spec.default_view) != spec.default_view:
        return ""
    missing = [name for name in spec.columns if name in absent and name not in spec.place_columns]
    if not missing:
        return ""
    line = f"{spec.name} lacks documented fields: {_few(missing)}."
    if "extended" in spec.views and spec.default_view != "extended":
        line += ' view="extended" may have them.'
    new = [name for name in fields if name not in (*spec.columns, *spec.place_columns)]
    return line + (f" It has others instead: {_few(new)}." if new else "")


def _few(names: Sequence[str]) -> str:
    """Return names as a text: all, unless they are too many to read."""
    named = ", ".join(one_line(name, LONGEST_NAME) for name in names[:MOST_NAMED])
    return named if len(names) <= MOST_NAMED else f"{named} and {len(names) - MOST_NAMED} more"
