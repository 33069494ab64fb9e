"""Chance with the same outcome on every run, on every machine and in every version of Python."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Random choices that depend on a key alone.

    Parameters
    ----------
    key : str
        What the choices are for, as ``seed:table:project:index``.
    """

    __slots__ = ("_draw",)

    def __init__(self, key: str) -> None:
        # Random hashes a text with SHA-512 and not with hash(), which differs between processes. Of its methods,
        # random() alone promises the same numbers in every version.
        self._draw = random.Random(key).random

    def chance(self, share: float) -> bool:
        """Return True with this probability, from 0 to 1."""
        return self._draw() < share

    def whole(self, least: int, most: int) -> int:
        """Return a whole number from `least` to `most`, both included."""
        return least + int(self._draw() * (most - least + 1))

    def part(self, least: float = 0.0, most: float = 1.0) -> float:
        """Return a number from `least` to `most`."""
        return least + self._draw() * (most - least)

    def pick(self, options: Sequence[T]) -> T:
        """Return an option."""
        return options[int(self._draw() * len(options))]

    def several(self, options: Sequence[T], most: int) -> list[T]:
        """Return one to `most` options that follow one another."""
        number = min(self.whole(1, most), len(options))
        start = int(self._draw() * len(options))
        return [options[(start + step) % len(options)] for step in range(number)]

    def perhaps(self, share: float, value: T) -> T | None:
        """Return the value with this probability, else None."""
        return value if self._draw() < share else None
