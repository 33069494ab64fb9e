"""The order of pages, for lists that behave as Procore's do and for others. No network."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import os
import random
from collections.abc import Callable
from typing import Any

import pytest

from procore_jupyter.session.lists.page import FEWEST, Page, PageRequest
from procore_jupyter.session.lists.page_order import PageOrder
from tests.soak import SOAK

SEED = int(os.environ.get("PROCORE_SEED", "0"))


class Rows:
    """A list on a server, by the ids of its rows.

    Parameters
    ----------
    count : int
        How many rows it has.
    usual, largest : int
        Rows of a page where none are asked for, and at most.
    tells_total, tells_size, tells_more : bool
        Which of the headers it sends.
    ignores_page : bool
        It gives its first page whatever is asked for.
    ignores_size : bool
        It gives all its rows at once, and none for later pages.
    """

    def __init__(
        self,
        count: int,
        *,
        usual: int = 20,
        largest: int = 100,
        tells_total: bool = True,
        tells_size: bool = True,
        tells_more: bool = True,
        ignores_page: bool = False,
        ignores_size: bool = False,
    ) -> None:
        self.ids = [*range(1, count + 1)]
        self.usual, self.largest = usual, largest
        self.tells = tells_total, tells_size, tells_more
        self.ignores_page, self.ignores_size = ignores_page, ignores_size
        self.asked: list[dict[str, int]] = []
        self.new = 10_000

    def page(self, params: dict[str, int]) -> Page:
        self.asked.append(params)
        size = min(params.get("per_page", self.usual), self.largest)
        number = 1 if self.ignores_page else params.get("page", 1)
        found = self.ids[(number - 1) * size : number * size]
        if self.ignores_size:
            found = [*self.ids] if number == 1 else []
        total, told_size, more = self.tells
        return Page(
            found,
            found[0] if found else None,
            found[-1] if found else None,
            total=len(self.ids) if total else None,
            size=size if told_size else None,
            more=number * size < len(self.ids) if more else None,
        )

    def insert(self, place: int) -> None:
        self.new += 1
        self.ids.insert(place, self.new)

    def delete(self, place: int) -> None:
        del self.ids[place]


def read(
    rows: Rows,
    *,
    at_once: int = 4,
    between: Callable[[], None] = lambda: None,
    chance: random.Random | None = None,
    answer: Callable[[PageRequest], Page | None] | None = None,
    **how: Any,
) -> tuple[list[int], PageOrder]:
    """Read a list with several pages under way; return the ids that came, each once, and the order."""
    pages = PageOrder(**how)
    out: list[tuple[PageRequest, Page]] = []
    found: dict[int, None] = {}
    handed: list[int] = []
    while True:
        while len(out) < at_once and (ask := pages.next()) is not None:
            page = answer(ask) if answer else rows.page(ask.params)
            between()
            if page is not None:
                out.append((ask, page))
        if out:
            pages.came(*out.pop(chance.randrange(len(out)) if chance else 0))
        for one in pages.ready():
            found |= dict.fromkeys(one.rows)
            handed += one.rows
            pages.met(len(handed), len(found))
        if not out and pages.idle and not pages.look_again(len(found)):
            return [*found], pages


def all_ways() -> list[dict[str, bool]]:
    return [
        {"tells_total": total, "tells_size": size, "tells_more": more}
        for total in (True, False)
        for size in (True, False)
        for more in (True, False)
    ]


@pytest.mark.parametrize("tells", all_ways(), ids=str)
@pytest.mark.parametrize("asked", [None, 7, 100, 2000])
@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 99, 100, 101, 345])
def test_every_row_comes_once_whatever_the_server_tells(
    count: int, asked: int | None, tells: dict[str, bool]
) -> None:
    rows = Rows(count, **tells)
    found, _ = read(rows, size=asked, chance=random.Random(count))
    assert found == rows.ids


@pytest.mark.parametrize(("asked", "size"), [(None, 20), (7, 7), (100, 100), (2000, 100)])
@pytest.mark.parametrize("count", [1, 20, 99, 100, 101, 345])
def test_no_page_is_asked_for_that_the_headers_tell_is_empty(
    count: int, asked: int | None, size: int
) -> None:
    rows = Rows(count)
    read(rows, size=asked)
    assert len(rows.asked) == -(-count // size)


def test_a_page_cut_to_fewer_rows_than_asked_for_is_the_measure_for_the_others() -> None:
    rows = Rows(345, tells_size=False)
    read(rows, size=2000)
    assert rows.asked == [
        {"per_page": 2000, "page": 1},
        *({"per_page": 100, "page": number} for number in (2, 3, 4)),
    ]


def test_a_server_that_names_a_larger_page_than_it_gives_is_read_whole() -> None:
    rows = Rows(345)
    found, _ = read(rows, size=2000, answer=lambda ask: lying(rows.page(ask.params), 2000))
    assert found == rows.ids


def lying(page: Page, size: int) -> Page:
    return Page(page.rows, page.first, page.last, page.total, size, None)


def test_pages_with_rows_left_out_for_who_may_not_see_them_are_read_to_the_end() -> None:
    rows = Rows(500)

    def seen(ask: PageRequest) -> Page:
        page = rows.page(ask.params)
        visible = [one for one in page.rows if one % 3]
        return Page(
            visible, visible[0] if visible else None, visible[-1] if visible else None, 500, 100, page.more
        )

    found, pages = read(rows, size=100, answer=seen)
    assert found == [one for one in rows.ids if one % 3]
    assert len(rows.asked) <= 7 and pages.total == 500


@pytest.mark.parametrize("tells", all_ways(), ids=str)
def test_a_server_that_ignores_the_page_is_asked_no_more_than_once_in_vain(tells: dict[str, bool]) -> None:
    rows = Rows(100, usual=100, ignores_page=True, **tells)
    found, pages = read(rows, at_once=1, size=None)
    assert found == rows.ids and len(rows.asked) <= 3 and not pages.unpaged
    rows = Rows(5000, ignores_page=True, **tells)
    found, pages = read(rows, at_once=1, size=100)
    assert found == rows.ids[:100] and len(rows.asked) <= 3 and pages.repeats and not pages.unpaged


@pytest.mark.parametrize(("count", "whole"), [(1, True), (37, True), (100, False)])
def test_a_list_that_heeds_neither_page_nor_size_is_whole_unless_it_may_have_a_limit(
    count: int, whole: bool
) -> None:
    rows = Rows(count, tells_total=False, tells_size=False, tells_more=False)
    everything = rows.page({"per_page": count, "page": 1})
    asked: list[PageRequest] = []

    def same(ask: PageRequest) -> Page:
        asked.append(ask)
        return everything

    found, pages = read(rows, size=2000, answer=same)
    assert found == rows.ids and pages.unpaged is whole
    assert len(asked) <= 3 and sum(ask.probe for ask in asked) == (count > 1)


def test_a_list_that_heeds_the_size_but_not_the_page_is_not_taken_for_whole() -> None:
    rows = Rows(300, ignores_page=True, tells_total=False, tells_size=False, tells_more=False)
    found, pages = read(rows, size=37)
    assert found == rows.ids[:37] and pages.repeats and not pages.unpaged


@pytest.mark.parametrize("tells", all_ways(), ids=str)
def test_a_server_that_ignores_the_size_gives_its_rows_once(tells: dict[str, bool]) -> None:
    rows = Rows(345, ignores_size=True, **tells)
    found, pages = read(rows, at_once=1, size=100)
    assert found == rows.ids and len(rows.asked) <= 2 and not pages.repeats


@pytest.mark.parametrize("count", [1, 20, 60, 63])
def test_a_list_that_is_said_to_come_whole_ends_with_the_page_that_comes_again(count: int) -> None:
    silent = {"tells_total": False, "tells_size": False, "tells_more": False}
    rows = Rows(count, usual=count, largest=count, ignores_page=True, **silent)
    found, pages = read(rows, whole=True, size=1000)
    assert found == rows.ids and pages.repeats and pages.unpaged
    assert [one["page"] for one in rows.asked] == [1, 2]


def test_a_list_that_is_said_to_come_whole_and_heeds_the_size_is_not_taken_for_whole() -> None:
    silent = {"tells_total": False, "tells_size": False, "tells_more": False}
    found, pages = read(Rows(1500, largest=2000, ignores_page=True, **silent), whole=True, size=1000)
    assert len(found) == 1000 and pages.repeats and not pages.unpaged


@pytest.mark.parametrize("tells", all_ways(), ids=str)
def test_a_list_that_is_said_to_come_whole_and_has_pages_is_read_to_its_end(tells: dict[str, bool]) -> None:
    rows = Rows(63, largest=20, **tells)
    found, pages = read(rows, whole=True, size=1000)
    assert found == rows.ids and not pages.repeats
    rows = Rows(20, **tells)
    found, _ = read(rows, whole=True, size=1000)
    assert found == rows.ids and len(rows.asked) <= 2
    empty, _ = read(Rows(0, **tells), whole=True, size=1000)
    assert empty == []


def test_a_single_record_is_asked_for_once_and_without_a_page() -> None:
    rows = Rows(345, ignores_size=True, tells_total=False, tells_size=False, tells_more=False)
    found, _ = read(rows, paged=False)
    assert found == rows.ids and rows.asked == [{}]


def test_a_list_that_was_said_to_come_whole_and_tells_of_more_is_paged() -> None:
    rows = Rows(345, tells_size=False)
    found, _ = read(rows, paged=False, size=2000)
    assert found == rows.ids
    assert rows.asked[0] == {} and rows.asked[1] == {"per_page": 20, "page": 2}


@pytest.mark.parametrize(("limit", "asked"), [(10, [10]), (100, [100]), (101, [100, 100]), (250, [100] * 3)])
def test_no_more_pages_are_asked_for_than_are_wanted(limit: int, asked: list[int]) -> None:
    rows = Rows(5000)
    found, _ = read(rows, size=100, limit=limit)
    assert found[:limit] == rows.ids[:limit]
    assert [one["per_page"] for one in rows.asked] == asked


# Sizes that are refused, and pages that take too long


def test_a_refused_size_is_tried_smaller() -> None:
    pages = PageOrder(size=2000)
    ask = pages.next()
    assert ask is not None and ask.params == {"per_page": 2000, "page": 1}
    assert pages.size_refused(ask)
    ask = pages.next()
    assert ask is not None and ask.size == 100
    assert pages.size_refused(ask, largest=30)
    ask = pages.next()
    assert ask is not None and ask.size == 30
    for size in (25, 10, None):
        assert pages.size_refused(ask)
        ask = pages.next()
        assert ask is not None and ask.size == size
    assert not pages.size_refused(ask)


def test_a_page_that_takes_too_long_is_read_in_parts_and_the_others_after_it_too() -> None:
    rows = Rows(1234, largest=1000)
    pages = PageOrder(size=1000)
    found: list[int] = []
    while not pages.idle:
        ask = pages.next()
        assert ask is not None and ask.size is not None
        if ask.size > 30:
            assert pages.too_large(ask)
            continue
        pages.came(ask, rows.page(ask.params))
        for page in pages.ready():
            found += page.rows
    assert found == rows.ids
    assert {one["per_page"] for one in rows.asked} == {25}


def test_a_page_in_the_middle_that_takes_too_long_is_read_in_parts() -> None:
    rows = Rows(1234, largest=1000)
    failed: list[PageRequest] = []
    pages = PageOrder(size=200)
    found: list[int] = []
    while not pages.idle:
        ask = pages.next()
        assert ask is not None
        if ask.offset == 600 and ask.size == 200:
            failed.append(ask)
            assert pages.too_large(ask)
            continue
        pages.came(ask, rows.page(ask.params))
        found += [row for page in pages.ready() for row in page.rows]
    assert failed and found == rows.ids


def test_a_page_of_which_only_the_number_is_known_is_not_read_in_parts() -> None:
    """Rows 101 to 200 may be the second page, whatever number of rows was requested: parts would be others."""
    pages = PageOrder(size=1000)
    ask = pages.next()
    assert ask is not None
    pages.came(ask, Page([*range(37)], 0, 36, total=600))
    assert [len(page.rows) for page in pages.ready()] == [37]
    ask = pages.next()
    assert ask is not None and ask.params == {"per_page": 1000, "page": 2}
    assert not pages.too_large(ask)


def test_a_page_is_not_made_smaller_without_end() -> None:
    pages = PageOrder(size=2000)
    sizes = []
    while True:
        ask = pages.next()
        assert ask is not None
        sizes.append(ask.size)
        if not pages.too_large(ask):
            break
    assert sizes == [2000, 100, 25, FEWEST]


# Rows that come and go


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_row_deleted_from_a_page_that_was_read_loses_no_other(at_once: int) -> None:
    rows = Rows(500)
    steps = iter(range(10**6))

    def between() -> None:
        if next(steps) in (1, 3):
            rows.delete(5)

    before = {*rows.ids}
    found, pages = read(rows, at_once=at_once, size=100, between=between)
    assert {*rows.ids} <= {*found} <= before and pages.changed


def test_rows_that_are_put_in_front_are_met_too_and_no_other_is_lost() -> None:
    rows = Rows(348)
    steps = iter(range(10**6))

    def between() -> None:
        if next(steps) == 0:
            for _ in range(60):
                rows.insert(0)

    found, _ = read(rows, at_once=1, size=100, between=between)
    assert sorted(found) == sorted(rows.ids)
    assert len(rows.asked) <= 6


def test_rows_that_are_added_at_the_end_are_read() -> None:
    rows = Rows(195)
    steps = iter(range(10**6))

    def between() -> None:
        if next(steps) < 2:
            for _ in range(50):
                rows.insert(len(rows.ids))

    found, _ = read(rows, at_once=1, size=100, between=between)
    assert found == rows.ids


def test_as_many_rows_come_as_go_and_none_that_stays_is_lost() -> None:
    rows = Rows(600)
    steps = iter(range(10**6))

    def between() -> None:
        if next(steps) == 2:  # the total stays: only a row that comes twice tells
            rows.delete(3)
            rows.insert(450)
        if next(steps) == 5:
            rows.delete(3)
            rows.insert(0)

    stay = {*rows.ids} - {4, 5}
    found, _ = read(rows, at_once=1, size=100, between=between)
    assert len(stay - {*found}) <= 1  # what can't be seen from outside, and is documented


def test_a_list_that_never_comes_to_rest_is_left_and_said_to() -> None:
    rows = Rows(300)
    turn = itertools.cycle((rows.delete, rows.insert))
    found, pages = read(rows, at_once=1, size=100, between=lambda: next(turn)(0))
    assert pages.unsettled and pages.changed
    assert len(rows.asked) < 30 and len(found) >= 250
    # Changes that come to an end are read through.
    rows = Rows(300)
    steps = iter([rows.delete, rows.insert])
    found, pages = read(rows, at_once=1, size=100, between=lambda: next(steps, lambda place: None)(0))
    assert pages.changed and not pages.unsettled
    assert {*rows.ids} <= {*found}


def test_a_server_that_ignores_the_page_is_found_out_also_while_rows_are_put_in_front() -> None:
    for count in (21, 45, 300):
        rows = Rows(count, ignores_page=True, tells_total=False, tells_size=False)
        found, pages = read(rows, at_once=1, size=20, between=functools.partial(rows.insert, 0))
        assert pages.repeats and not pages.unpaged
        assert len(found) < len(rows.ids) and len(rows.asked) <= 4
    # Also where it says that the second page is the last one.
    rows = Rows(21, tells_total=False)
    asked = itertools.count(1)

    def answer(ask: PageRequest) -> Page:
        first = next(asked) == 1
        found = [*range(1, 21)] if first else [10_001, *range(1, 20)]
        return Page(found, found[0], found[-1], more=first)

    found, pages = read(rows, at_once=1, size=20, answer=answer)
    assert len(found) == 21 and pages.repeats and not pages.unpaged
    # Where the page is honoured, a few rows that move to the next one are no such sign.
    rows = Rows(100, tells_total=False, tells_size=False)
    steps = iter([rows.insert] * 3)
    found, pages = read(rows, at_once=1, size=20, between=lambda: next(steps, lambda place: None)(0))
    assert not pages.repeats and {*found} >= {*range(1, 101)}
    # Nor do many of them, at once, end the reading: no row is lost by it.
    rows = Rows(400, tells_total=False, tells_size=False)
    burst = iter([60])

    def between() -> None:
        for _ in range(next(burst, 0)):
            rows.insert(0)

    found, pages = read(rows, at_once=1, size=100, between=between)
    assert {*found} >= {*range(1, 401)}


def test_whatever_rows_come_or_go_those_that_stay_come_once() -> None:
    """Many changes, all of one kind, so that the total shows each of them."""
    for case in range(2000 if SOAK else 200):
        chance = random.Random(f"{SEED}/{case}")
        rows = Rows(chance.randrange(0, 700), largest=chance.choice((10, 50, 100)))
        kind = chance.choice(("insert", "delete"))
        stay, often = {*rows.ids}, chance.choice((0.05, 0.3, 1.0))

        def between(
            rows: Rows = rows, kind: str = kind, chance: random.Random = chance, often: float = often
        ) -> None:
            if len(rows.asked) < 40 and chance.random() < often:
                for _ in range(chance.randrange(1, 4)):
                    if kind == "insert":
                        rows.insert(chance.randrange(len(rows.ids) + 1))
                    elif rows.ids:
                        rows.delete(chance.randrange(len(rows.ids)))

        found, _ = read(rows, at_once=chance.choice((1, 2, 4)), size=100, between=between, chance=chance)
        assert (stay & {*rows.ids}) <= {*found}, f"seed {SEED}, case {case}: {kind}"
        assert len(rows.asked) < 400


# Headers that aren't so


def changed(page: Page, **changes: Any) -> Page:
    return dataclasses.replace(page, **changes)


@pytest.mark.parametrize("tells", all_ways(), ids=str)
@pytest.mark.parametrize("total", [0, 1, 99, 100, 150, 300])
def test_a_total_that_is_too_small_loses_no_row(total: int, tells: dict[str, bool]) -> None:
    rows = Rows(345, **tells)
    found, pages = read(rows, size=100, answer=lambda ask: changed(rows.page(ask.params), total=total))
    assert found == rows.ids and pages.lack(345, "rfis") == ""
    assert len(rows.asked) <= 5


@pytest.mark.parametrize("tells", all_ways(), ids=str)
@pytest.mark.parametrize("total", [400, 1_000_000])
def test_a_total_that_is_too_large_costs_few_requests_and_is_told(total: int, tells: dict[str, bool]) -> None:
    rows = Rows(345, **tells)
    found, pages = read(rows, size=100, answer=lambda ask: changed(rows.page(ask.params), total=total))
    assert found == rows.ids and f"{total:,} rows" in pages.lack(345, "rfis")
    assert len(rows.asked) <= 20


@pytest.mark.parametrize("tells", all_ways(), ids=str)
@pytest.mark.parametrize("every", [2, 3, 10, 50, 70])
def test_few_rows_that_may_be_seen_take_as_many_requests_as_there_are_pages(
    every: int, tells: dict[str, bool]
) -> None:
    rows = Rows(600, **tells)

    def seen(ask: PageRequest) -> Page:
        page = rows.page(ask.params)
        visible = [one for one in page.rows if one % every == 0]
        return changed(
            page, rows=visible, first=visible[:1] and visible[0], last=visible[-1:] and visible[-1]
        )

    found, _ = read(rows, size=1000, answer=seen)
    assert found == [one for one in rows.ids if one % every == 0]
    assert len(rows.asked) <= 18


def test_a_next_page_that_is_promised_without_end_is_not_waited_for() -> None:
    rows = Rows(345, tells_total=False)
    found, pages = read(rows, size=100, answer=lambda ask: changed(rows.page(ask.params), more=True))
    assert found == rows.ids and len(rows.asked) <= 15
    assert "gave none" in pages.lack(345, "rfis")
    # The total shows that all are there.
    rows = Rows(345)
    found, pages = read(rows, size=100, answer=lambda ask: changed(rows.page(ask.params), more=True))
    assert found == rows.ids and len(rows.asked) <= 5 and pages.lack(345, "rfis") == ""
