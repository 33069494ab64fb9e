"""What a query costs grows with its size and with the projects that it reads, and not with their square: calls are counted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any

import pytest

from procore_jupyter import Procore
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.parameters import DemoParameters
from procore_jupyter.sql import engine
from procore_jupyter.sql.fetch import fetching
from procore_jupyter.sql.fetch.session_source import SessionSource
from procore_jupyter.tables.fetch import kept_rows
from procore_jupyter.tables.parameters.selection import Selection
from procore_jupyter.tables.place import Place
from tests.connecting import connect, text_for
from tests.demo.listing import BUILDERS

PROJECTS = 90
"""Active projects."""

SMALL, MIDDLE, LARGE = 30, 60, 90
"""Sizes of a query, each as much larger than the one before."""

QUERIES: dict[str, Callable[[int, Sequence[int]], str]] = {
    "one scan many times": lambda size, ids: " UNION ALL ".join(["SELECT id FROM rfis"] * size),
    "a scan for each project": lambda size, ids: " UNION ALL ".join(
        f"SELECT id FROM rfis WHERE project_id = {one}" for one in ids[:size]
    ),
    "a scan for each value": lambda size, ids: " UNION ALL ".join(
        f"SELECT id FROM rfis WHERE number = '{one}'" for one in range(size)
    ),
    "projects by their ids": lambda size, ids: (
        f"SELECT id FROM rfis WHERE project_id IN ({', '.join(map(str, ids[:size]))})"
    ),
    "projects by a join": lambda size, ids: (
        f"SELECT r.id FROM rfis r JOIN projects p ON r.project_id = p.id WHERE p.id IN ({', '.join(map(str, ids[:size]))})"
    ),
    "values": lambda size, ids: (
        f"SELECT id FROM rfis WHERE number IN ({', '.join(repr(str(one)) for one in range(20 * size))})"
    ),
    "subqueries": lambda size, ids: (
        f"SELECT {', '.join(f'(SELECT count(*) FROM rfis WHERE number = {str(one)!r}) AS n{one}' for one in range(size))}"
    ),
    "projects by a union": lambda size, ids: (
        f"SELECT id FROM rfis WHERE project_id IN ({' UNION ALL '.join(f'SELECT project_id FROM rfis WHERE number = {one}' for one in range(size))})"
    ),
    "projects by rows": lambda size, ids: (
        f"SELECT id FROM rfis WHERE (project_id, status) IN ({', '.join(repr((one, 'open')) for one in ids[:size])})"
    ),
    "projects by expressions": lambda size, ids: (
        f"SELECT id FROM rfis WHERE {' AND '.join(f'project_id + {one} <> {one}' for one in range(size))}"
    ),
    "conditions": lambda size, ids: (
        f"SELECT id FROM rfis WHERE {' AND '.join(f'number <> {str(one)!r}' for one in range(size))}"
    ),
}
"""Queries over rows that are kept, by their sizes and the ids of projects."""


@pytest.fixture(scope="module")
def many() -> Iterator[Procore]:
    """Give a session that keeps the RFIs of many projects."""
    with DemoProcore(
        parameters=DemoParameters(hourly_limit=None, spike_limit=None, projects=PROJECTS, switched_off={})
    ) as demo:
        session = connect(text_for(demo, AuthScheme="OAUTH_CLIENT", CompanyId=str(BUILDERS)), person=False)
        session.sql("SELECT r.id, p.id FROM rfis r, projects p LIMIT 0", go=True)
        session.sql("SELECT count(*) FROM rfis", go=True)
        yield session
        session.close()


def calls(work: Callable[[], object]) -> int:
    """Return how many functions of this package a piece of work calls in this thread; each item of a generator is one."""
    count = 0

    def called(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call" and "procore_jupyter" in frame.f_code.co_filename

    sys.setprofile(called)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("query", QUERIES.values(), ids=[*QUERIES])
def test_a_query_of_thrice_the_size_calls_no_more_than_thrice_as_much(
    many: Procore, query: Callable[[int, Sequence[int]], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "in_thread", lambda work, *others: work())
    ids = many.sql("SELECT id FROM projects WHERE active ORDER BY id")["id"].to_pylist()
    assert len(ids) == PROJECTS
    counted = []
    for size in (SMALL, MIDDLE, LARGE):
        text = query(size, ids)
        many.sql(text, go=True)
        counted.append(calls(lambda text=text: many.sql(text, go=True)))  # type: ignore[misc]
    small, middle, large = counted
    assert 0 < small <= middle <= large
    assert large - middle <= 1.2 * (middle - small) + 50


def test_scans_of_a_table_that_do_not_narrow_each_other_are_read_together(
    many: Procore, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[list[int]] = []
    rows_at = SessionSource.rows_at

    def noted(source: SessionSource, selection: Selection, places: Sequence[Place], **how: Any) -> object:
        read.append(sorted(place.project[0] for place in places if place.project))
        return rows_at(source, selection, places, **how)

    monkeypatch.setattr(SessionSource, "rows_at", noted)
    one, other, third = many.sql("SELECT id FROM projects WHERE active ORDER BY id")["id"].to_pylist()[:3]
    read.clear()
    parts = [f"SELECT id FROM submittals WHERE project_id = {number}" for number in (one, other, third)]
    together = many.sql(" UNION ALL ".join(parts))
    assert read == [[one, other, third]]
    assert together.num_rows == sum(many.sql(part).num_rows for part in parts)


def test_what_was_asked_before_is_compared_once_for_all_projects(
    many: Procore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        many.sql(f"SELECT id FROM rfis WHERE status = 'open' AND project_id = {4711 + number}")
    compared = 0
    includes = kept_rows.includes

    def noted(*given: Any) -> bool:
        nonlocal compared
        compared += 1
        return includes(*given)

    monkeypatch.setattr(kept_rows, "includes", noted)
    many.sql("SELECT count(*) FROM rfis WHERE status = 'draft'", go=True)
    assert 0 < compared < PROJECTS


def test_a_column_of_many_values_narrows_nothing_and_the_answer_is_right(
    many: Procore, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "SELECT count(*) FROM rfis a JOIN rfis b ON a.id = b.id WHERE a.status = 'open'"
    right = many.sql(query).to_arrow().to_pylist()
    assert right == many.sql("SELECT count(*) FROM rfis WHERE status = 'open'").to_arrow().to_pylist()
    for most in (0, 1, 10):
        monkeypatch.setattr(fetching, "MOST_KEYS", most)
        assert many.sql(query).to_arrow().to_pylist() == right
