"""The days of daily logs: a query's condition on them is what Procore lists, and no more."""

from __future__ import annotations

import dataclasses
import datetime
import random
from collections.abc import Callable, Iterator
from typing import get_args

import duckdb
import pyarrow as pa
import pytest

from procore_jupyter import Procore
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.filters import Behavior
from procore_jupyter.sql.fetch import sending
from procore_jupyter.sql.fetch.sending import sent
from procore_jupyter.sql.plans.plan import Scan, ScanCondition
from procore_jupyter.tables.definitions.catalog import built_in
from tests.connecting import connect, text_for
from tests.demo.listing import BUILDERS, HARBOR_TOWER

DAY = datetime.timedelta(days=1)
LOGS = "/rest/v1.0/projects/4711/manpower_logs"


@pytest.fixture
def days_of(company: DemoProcore, procore: Procore) -> Callable[[str], list[tuple[str, str]]]:
    """Give what tells for which days, from and to, a query asks for manpower logs."""

    def asked(query: str) -> list[tuple[str, str]]:
        before = len(company.requests)
        procore.sql(query).fetch()
        found = [one.query for one in company.requests[before:] if one.path == LOGS]
        return [(one["start_date"], one["end_date"]) for one in found]

    return asked


@pytest.mark.parametrize(
    ("where", "days"),
    [
        ("date >= '2026-03-02' AND date < '2026-03-09'", ("2026-03-01", "2026-03-10")),
        ("date BETWEEN '2026-03-02' AND '2026-03-08'", ("2026-03-01", "2026-03-09")),
        ("date = '2026-03-02'", ("2026-03-01", "2026-03-03")),
        ("date IN ('2026-03-02', '2026-03-06')", ("2026-03-01", "2026-03-07")),
        ("date = '2026-03-02' OR date = '2026-03-06'", ("2026-03-01", "2026-03-07")),
        ("date_trunc('month', date) = DATE '2026-03-01'", ("2026-02-28", "2026-04-02")),
        ("year(date) = 2025", ("2024-12-31", "2026-01-01")),
        ("date >= '2025-12-01' AND date >= '2026-03-02' AND date <= DATE '2026-03-04' AND date < '2026-05-01'", ("2026-03-01", "2026-03-05")),
        ("date < '2026-03-09'", ("2000-01-01", "2026-03-10")),
    ],
)  # fmt: skip
def test_a_condition_on_the_day_is_sent_a_day_wider(
    days_of: Callable[[str], list[tuple[str, str]]], where: str, days: tuple[str, str]
) -> None:
    assert {*days_of(f"SELECT id FROM manpower_logs WHERE project_id = 4711 AND {where}")} == {days}


def test_days_that_were_read_answer_fewer_without_a_request(
    days_of: Callable[[str], list[tuple[str, str]]],
) -> None:
    month = "SELECT count(*) AS n FROM manpower_logs WHERE project_id = 4711 AND date BETWEEN '2026-03-01' AND '2026-03-31'"
    assert days_of(month) == [("2026-02-28", "2026-04-01")]
    assert days_of(f"{month} AND date > '2026-03-20'") == []
    assert days_of(month.replace("'2026-03-31'", "'2026-04-30'")) == [("2026-02-28", "2026-05-01")]


def test_the_last_day_is_today_at_most(
    days_of: Callable[[str], list[tuple[str, str]]], procore: Procore
) -> None:
    today = procore._engine.reader.today
    query = f"SELECT id FROM manpower_logs WHERE project_id = 4711 AND date > '{today - 5 * DAY}' AND date < '9999-12-31'"
    assert days_of(query) == [(str(today - 6 * DAY), str(today))]
    assert (
        days_of(f"SELECT id FROM manpower_logs WHERE project_id = 4711 AND date > '{today + 9 * DAY}'") == []
    )


def test_a_day_that_has_begun_somewhere_is_asked_for_if_the_query_names_it(
    days_of: Callable[[str], list[tuple[str, str]]], procore: Procore
) -> None:
    today = procore._engine.reader.today
    query = "SELECT id FROM manpower_logs WHERE project_id = 4711 AND date {}"
    assert days_of(query.format(f"= '{today + DAY}'"))[0] == (str(today), str(today + DAY))
    until_today = query.format(f"BETWEEN '{today - 6 * DAY}' AND '{today}'")
    assert days_of(until_today) == [(str(today - 7 * DAY), str(today))]
    assert "a later one" not in str(procore.sql(until_today))
    answer = procore.sql(query.format(f">= '{today - 20 * DAY}'"))
    assert "A condition on the day sets another." in str(answer) and "end_date=" not in str(answer)


def test_what_one_part_of_a_query_needs_is_read_for_all_parts(
    days_of: Callable[[str], list[tuple[str, str]]],
) -> None:
    one = "SELECT id FROM manpower_logs WHERE project_id = 4711 AND date = '2026-03-02'"
    assert days_of(f"{one} UNION ALL {one.replace('03-02', '04-02')}") == [("2026-03-01", "2026-04-03")]


def test_explain_says_which_days(procore: Procore) -> None:
    query = "EXPLAIN SELECT id FROM manpower_logs WHERE project_id = 4711 AND date = '2026-03-02' AND trade.name = 'Electrician'"
    said = str(procore.sql(query))
    assert "sent     date from 2026-03-01 to 2026-03-03" in said
    assert '"date"' not in said.partition("sent")[2]


def test_days_that_no_row_can_have_are_asked_for_as_few_as_may_be(
    days_of: Callable[[str], list[tuple[str, str]]],
) -> None:
    none = "date < '2026-03-09' AND date > '2026-06-01'"
    assert days_of(f"SELECT id FROM manpower_logs WHERE project_id = 4711 AND {none}") == []
    ends = [("<", datetime.date(2026, 3, 9)), (">", datetime.date(2026, 6, 1))]
    conditions = tuple(ScanCondition("date", operator, (day,), "") for operator, day in ends)  # type: ignore[arg-type]
    scan = Scan(0, "manpower_logs", frozenset(["date"]), conditions)
    asked = sent(built_in().find("manpower_logs"), [scan]).selection(
        built_in().find("manpower_logs"), datetime.date(2026, 11, 5)
    )
    assert asked.query == (("start_date", "2026-05-31"), ("end_date", "2026-05-31"))


def test_every_list_of_days_has_a_column_that_they_choose() -> None:
    tables = [one for one in built_in().tables.values() if one.dates]
    assert [one.name for one in tables if not one.day] == ["daily_log_counts"]  # sums over days
    for spec in tables:
        if spec.day:
            first = ScanCondition(spec.day, ">=", (datetime.date(2026, 3, 2),), "")
            scan = Scan(0, spec.name, frozenset([spec.day]), (first,))
            query = dict(sent(spec, [scan]).selection(spec, datetime.date(2026, 11, 5)).query)
            assert (query["start_date"], query["end_date"]) == ("2026-03-01", "2026-11-05")


@pytest.fixture(scope="module")
def whole(company: DemoProcore) -> Iterator[pa.Table]:
    """Give all delay logs of a project."""
    session = connect(text_for(company, AuthScheme="OAUTH_CLIENT", CompanyId=str(BUILDERS)), person=False)
    yield session.table("delay_logs", project_id=HARBOR_TOWER).to_arrow()
    session.close()


def wrong_answers(procore: Procore, whole: pa.Table, seed: int, times: int) -> list[str]:
    """Return which of some queries of a seed have another answer than over the whole table."""
    dice, known, found = random.Random(seed), duckdb.connect(), []
    known.register("delay_logs", whole)
    first, last = whole["date"].to_pylist()[-1], whole["date"].to_pylist()[0]
    first, last = min(first, last), max(first, last)
    for _ in range(times):
        days = sorted(first + dice.random() * (last - first) for _ in range(2))
        one, other = (f"DATE '{day}'" for day in days)
        where = dice.choice(
            [
                f"date BETWEEN {one} AND {other}",
                f"date > {one} AND date < {other}",
                f"date IN ({one}, {other})",
                f"(date = {one} OR date > {other}) AND date <= {other} + 3",
                f"date >= {one}::TIMESTAMPTZ + INTERVAL 30 HOUR AND date < {other}",
                f"date_trunc('week', date) = date_trunc('week', {one})",
            ]
        )
        text = f"SELECT count(*) AS n, sum(id) AS ids FROM delay_logs WHERE {where} AND project_id = {HARBOR_TOWER}"
        procore.forget()
        answer = tuple(procore.sql(text).to_arrow().to_pylist()[0].values())
        expected = known.execute(text).fetchone()
        assert expected is not None
        if answer != tuple(None if one is None else int(one) for one in expected):
            found.append(text)
    return found


@pytest.mark.parametrize("behavior", get_args(Behavior))
def test_answers_are_those_of_all_days_however_ends_are_meant(
    company: DemoProcore, procore: Procore, whole: pa.Table, behavior: Behavior
) -> None:
    before = company.parameters
    company.parameters = dataclasses.replace(before, filters=behavior)
    try:
        assert wrong_answers(procore, whole, seed=1, times=12) == []
    finally:
        company.parameters = before


def test_days_that_are_asked_for_without_one_more_at_each_end_are_caught(
    company: DemoProcore, procore: Procore, whole: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "WIDER", datetime.timedelta())
    before = company.parameters
    company.parameters = dataclasses.replace(before, filters="exclusive")
    try:
        assert wrong_answers(procore, whole, seed=1, times=12)
    finally:
        company.parameters = before
