"""How many hostile inputs were tried: said at the end of a run (``pytest -rP`` or ``make soak`` print it)."""

from __future__ import annotations

from collections import Counter

from tests.soak import SOAK

TRIED: Counter[str] = Counter()


def tried(what: str, number: int = 1) -> None:
    """Count what was tried."""
    TRIED[what] += number


def share(whole: int) -> int:
    """Return how many of so many tries `make test` makes: a tenth."""
    return whole if SOAK else whole // 10
