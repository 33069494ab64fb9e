"""Ids that were met are known again, however many they are, and none that wasn't."""

from __future__ import annotations

import random

import numpy
import pytest

from procore_jupyter.tables.arrow.unique import SeenIds


def added(seen: SeenIds, *ids: int) -> list[bool]:
    return [bool(one) for one in seen.add(numpy.array(ids, dtype=numpy.int64))]


def test_an_id_is_new_once() -> None:
    seen = SeenIds()
    assert added(seen, 5, 3, 9) == [True, True, True]
    assert added(seen, 3, 4, 5) == [False, True, False]
    assert added(seen, 7, 7, 3, 7) == [True, False, False, False]
    assert len(seen) == 5
    assert added(seen) == []


def test_the_ends_of_what_fits_are_ids_as_others() -> None:
    seen = SeenIds()
    ends = (-(2**63), 2**63 - 1, 0, -1)
    assert added(seen, *ends) == [True] * 4
    assert added(seen, *ends) == [False] * 4


@pytest.mark.parametrize("seed", range(10))
def test_it_knows_as_much_as_a_set(seed: int) -> None:
    chance = random.Random(seed)
    seen, known = SeenIds(), set[int]()
    highest = chance.choice((50, 5000, 2**63 - 1))
    for _ in range(60):
        ids = [chance.randrange(-highest, highest) for _ in range(chance.choice((0, 1, 7, 100)))]
        if chance.random() < 0.5:
            ids += chance.sample(sorted(known), min(len(known), 5))
        expected = []
        for one in ids:
            expected.append(one not in known)
            known.add(one)
        assert added(seen, *ids) == expected
    assert len(seen) == len(known)


def test_it_keeps_few_runs_of_many_ids() -> None:
    seen = SeenIds()
    for start in range(0, 100_000, 500):
        assert seen.add(numpy.arange(start, start + 500)).all()
    assert len(seen) == 100_000
    assert len(seen._runs) <= 17, "each add would have to look at every one of them"
