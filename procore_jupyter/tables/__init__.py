"""Floor 4: rows. Knows a session, and nothing of signing in."""

from __future__ import annotations

from typing import NoReturn


def __getattr__(name: str) -> NoReturn:
    # Once connected, `procore_jupyter.tables` is this package; a person who writes that means their session's tables.
    raise AttributeError(
        f"module {__name__!r} has no attribute {name!r}. The tables belong to a session: use  procore.tables, or  %procore_tables"
    )
