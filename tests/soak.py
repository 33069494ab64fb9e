"""What `make soak` runs beyond `make test`: the long proofs whole, and tests that take too long for every change."""

from __future__ import annotations

import os
import random
from collections.abc import Collection
from typing import TypeVar

import pytest

One = TypeVar("One")

SOAK = bool(os.environ.get("PROCORE_SOAK"))
"""Whether this is a soak: ``PROCORE_SOAK=1``, as `make soak` sets it."""

in_a_soak = pytest.mark.skipif(not SOAK, reason="takes long: make soak runs it")
"""Marks a test that only a soak runs."""


def some_of(values: Collection[One], count: int, seed: object) -> list[One]:
    """Return so many of some values, the same in each run; all of them in a soak.

    Parameters
    ----------
    values : collection
        The values.
    count : int
        How many to take.
    seed : object
        What the choice depends on.
    """
    return [*values] if SOAK else random.Random(str(seed)).sample([*values], count)
