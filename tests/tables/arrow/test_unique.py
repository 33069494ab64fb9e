"""Ids that were met are known again, however many they are, and none that wasn't."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy
import pyarrow as pa
import pytest

from procore_jupyter.tables.arrow.unique import RowsApart, SeenIds
from tests.hostile.counting import share


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


# Rows, which come in pages and are looked at in batches

Row = tuple[Any, str]  # the id, and what else is in it


def every_row(pages: list[list[Row]]) -> list[Row]:
    return [row for page in pages for row in page]


def looked_at(pages: list[list[Row]], chance: random.Random, *, probable: bool = False) -> list[Row]:
    """Return the rows of pages that are handed on, if they are looked at in batches of any size."""
    apart = RowsApart(probable)
    waiting: list[Row] = []
    found: list[Row] = []

    def look(batch: list[Row]) -> None:
        ids = [one for one, _ in batch]
        texts = any(isinstance(one, str) for one in ids) or looked_at_texts
        keys = pa.array([None if one is None else str(one) for one in ids] if texts else ids)
        mask = apart.fresh([json.dumps(row).encode() for row in batch], keys)
        fresh = [True] * len(batch) if mask is None else mask.to_pylist()
        found.extend(row for row, new in zip(batch, fresh, strict=True) if new)

    looked_at_texts = False
    for page in pages:
        apart.page(len(page))
        waiting += page
        while waiting and chance.random() < 0.8:
            some = chance.randrange(1, len(waiting) + 1)
            look(waiting[:some])
            looked_at_texts = looked_at_texts or any(isinstance(one, str) for one, _ in waiting[:some])
            waiting = waiting[some:]
    if waiting:
        look(waiting)
    return found


@pytest.mark.parametrize("ids", ["numbers", "texts", "both"])
def test_a_row_that_comes_again_on_another_page_comes_once(ids: str) -> None:
    for case in range(share(600)):
        chance = random.Random(f"{ids}/{case}")
        known = chance.sample(range(10_000), chance.randrange(2, 60))
        pages: list[list[Row]] = []
        while known:
            page: list[Row] = [(known.pop(), "") for _ in range(min(len(known), chance.randrange(1, 9)))]
            moved = [row for row in dict.fromkeys(every_row(pages)) if chance.random() < 0.1]
            nameless: list[Row] = [(None, "")] * chance.choice((0, 0, 1, 3))
            pages.append(chance.sample([*page, *moved, *nameless], len([*page, *moved, *nameless])))
        if ids != "numbers":
            start = 0 if ids == "texts" else len(pages) // 2
            named = {row[0]: f"id-{row[0]}" for page in pages[start:] for row in page if row[0] is not None}
            seen = {row[0] for page in pages[:start] for row in page}
            pages = [
                [(one if one in seen else named.get(one, one), text) for one, text in page] for page in pages
            ]
        expected: list[Row] = []
        for row in every_row(pages):
            if row[0] is None or row not in expected:
                expected.append(row)
        assert looked_at(pages, chance) == expected, f"case {ids}/{case}"


@pytest.mark.parametrize("probable", [False, True])
def test_rows_of_one_answer_are_all_handed_on_whatever_their_ids(probable: bool) -> None:
    for case in range(share(600)):
        chance = random.Random(case)
        apart = iter(range(10_000))  # nothing moves between the pages
        pages: list[list[Row]] = []
        for _ in range(chance.randrange(1, 8)):
            page: list[Row] = [(next(apart), f"{next(apart)}") for _ in range(chance.randrange(1, 9))]
            for _ in range(chance.choice((0, 0, 1, 3))):
                one, text = chance.choice(page)
                # The same id with another content, or all the same.
                page.insert(chance.randrange(len(page) + 1), (one, chance.choice((text, f"{next(apart)}"))))
            pages.append(page)
        assert looked_at(pages, chance, probable=probable) == every_row(pages), f"case {case}"


def test_where_ids_are_no_key_the_very_same_row_of_another_page_comes_once() -> None:
    pages: list[list[Row]] = [[(1, "a"), (1, "b"), (2, "c")], [(2, "c"), (1, "d")], [(1, "d"), (3, "e")]]
    for seed in range(20):
        found = looked_at(pages, random.Random(seed))
        assert {*found} == {*every_row(pages)}
        assert len(found) <= 6  # what came before that was seen can come once more
    whole = looked_at([pages[0]], random.Random(0))
    assert whole == pages[0]


def test_a_text_that_is_no_number_as_it_is_written_is_no_number_that_came() -> None:
    pages: list[list[Row]] = [[(7, ""), (0, "")], [("007", ""), ("0", ""), ("7", "")]]
    found = looked_at(pages, random.Random(3))
    assert [str(one) for one, _ in found] == ["7", "0", "007"]


def test_a_key_that_comes_again_where_no_shift_explains_it_is_in_doubt_until_the_pages_are_read_again() -> (
    None
):
    for case in range(share(600)):
        chance = random.Random(case)
        numbers = iter(range(10_000))
        pages: list[list[Row]] = [
            [(next(numbers), "") for _ in range(chance.randrange(4, 9))] for _ in range(4)
        ]
        others: list[Row] = []
        for page in pages[1:]:
            if chance.random() < 0.5:
                others.append((pages[0][len(others)][0], f"another {len(others)}"))
                page.insert(chance.randrange(1, len(page) + 1), others[-1])  # behind a row that is new
        shifted = chance.random() < 0.5
        if shifted:
            pages[1][:0] = pages[0][-1:]  # a row was put in front, so the last one came to the next page
        apart = RowsApart(False)
        found = look(apart, pages, chance)
        assert [row for row in found if row[1]] == [] and len({*found}) == len(found)
        assert apart.doubtful == bool(others)
        apart.look_again()
        found += look(apart, pages, chance, again=True)
        assert sorted(found) == sorted({*every_row(pages)}), f"case {case}"
        found += look(apart, pages, chance, again=True)
        assert len({*found}) == len(found) and not apart.doubtful


def test_a_row_whose_fields_come_in_another_order_is_no_other_row() -> None:
    apart = RowsApart(False)

    def fresh(rows: list[bytes], *, again: bool = False) -> list[bool]:
        apart.page(len(rows), again=again)
        found = apart.fresh(rows, pa.array([json.loads(row)["id"] for row in rows]))
        return [True] * len(rows) if found is None else found.to_pylist()

    one, moved, other = b'{"id": 1, "v": 1.5}', b'{"v": 1.5, "id": 1}', b'{"id": 1, "v": 2}'
    assert fresh([one]) == [True]
    assert fresh([b'{"id": 2}', moved]) == [True, False] and apart.doubtful
    apart.look_again()
    assert fresh([one], again=True) == fresh([moved], again=True) == [False]
    assert fresh([other], again=True) == [True]


def look(
    apart: RowsApart, pages: list[list[Row]], chance: random.Random, *, again: bool = False
) -> list[Row]:
    """Return the rows of some pages that are handed on, if they are looked at in batches of any size."""
    rows = every_row(pages)
    for page in pages:
        apart.page(len(page), again=again)
    found: list[Row] = []
    while rows:
        size = chance.randrange(1, len(rows) + 1)
        batch, rows = rows[:size], rows[size:]
        mask = apart.fresh([json.dumps(row).encode() for row in batch], pa.array([one for one, _ in batch]))
        fresh = [True] * len(batch) if mask is None else mask.to_pylist()
        found += [row for row, new in zip(batch, fresh, strict=True) if new]
    return found
