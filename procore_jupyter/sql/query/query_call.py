"""`QueryCall`: what somebody asks: a query, and what is given with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from procore_jupyter.errors import ParameterError
from procore_jupyter.tables.parameters import arguments
from procore_jupyter.tables.place import ALL, ALL_ACTIVE


@dataclass(frozen=True)
class QueryCall:
    """What somebody asks.

    Parameters
    ----------
    text : str
        The query.
    values, frames : mapping
        What may be its parameters, and its frames, by name.
    projects : str, int, iterable or None
        Which projects are read where the query names none: ``"active"``, ``"all"``, names or ids; None for the chosen one,
        else the active ones.
    go : bool
        Make the requests, however many.
    """

    text: str
    values: Mapping[str, Any]
    frames: Mapping[str, Any]
    projects: Any = None
    go: bool = False


def wanted_projects(projects: Any) -> str | tuple[int | str, ...]:
    """Return which projects are read where a query names none. Raises ParameterError if it is none of the words for it."""
    if projects is None or projects in ("active", ALL_ACTIVE):
        return "active"
    if projects == ALL:
        return ALL
    found = arguments.values("projects", projects)
    several = found if isinstance(found, tuple) else (found,)
    if not several:
        raise ParameterError(
            'projects= must be "active", "all", or names or ids of projects; it is an empty list.'
        )
    return tuple(arguments.id_or_name("projects", one) for one in several)
