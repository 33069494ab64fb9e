"""Days that Procore refuses: the last one is asked for a day earlier, a long range in parts, and the notes say which."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from procore_jupyter import Procore, ProcoreAPIError, profiles
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.fallbacks.way import Way
from procore_jupyter.tables.parameters.selection import selection_of
from tests.hostile.counting import share, tried
from tests.session.conftest import Answer, Server
from tests.soak import some_of
from tests.tables.fallbacks.odd_api import (
    OddApi,
    Row,
    no_later_than,
    no_more_days_than,
    no_plain_form,
    refusal,
)

CATALOG = Catalog(profiles.load("Procore")[0])
BY_DAY = [spec.name for spec in CATALOG.tables.values() if spec.dates]
IN_PARTS = [name for name in BY_DAY if CATALOG.tables[name].key]  # rows without a key are sums over the days
DAY = datetime.timedelta(days=1)
PROJECTS = [11, 12]
TWELVE = [*range(11, 23)]

pytestmark = pytest.mark.filterwarnings("ignore::procore_jupyter.ProcoreWarning")


def today() -> datetime.date:
    return datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=-12))).date()


def where(name: str) -> dict[str, Any]:
    return {"project_id": PROJECTS} if CATALOG.find(name).scope == "project" else {}


def ends(api: OddApi) -> list[str]:
    return [query["end_date"][0] for _, query in api.asked]


@pytest.mark.parametrize("name", BY_DAY)
def test_a_last_day_that_is_refused_is_asked_for_a_day_earlier_once_and_for_good(
    name: str, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    yesterday = today() - DAY
    api = OddApi([{"id": 1, "date": str(yesterday)}], no_later_than(yesterday), projects=PROJECTS)
    server, lists = servers(api), len(where(name).get("project_id", [1]))
    table = connect_to(server.url).table(name, **where(name), strict=True).fetch()
    assert len(table) == lists and table.incomplete == []
    assert api.refused == 1 and len(api.asked) == lists + 1
    assert {*ends(api)[1:]} == {str(yesterday)}
    assert [note for note in table.notes if f"days up to {yesterday} were read" in note]
    again = connect_to(server.url).table(name, **where(name)).fetch()  # as another kernel has it
    assert api.refused == 1 and len(api.asked) == 2 * lists + 1
    assert [note for note in again.notes if f"days up to {yesterday} were read" in note]


def test_a_day_to_come_is_asked_for_as_today_and_from_then_on_at_once(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = OddApi([{"id": 1}], no_later_than(today()), projects=TWELVE)
    procore = connect_to(servers(api).url)
    for turn in (1, 2):
        later: dict[str, Any] = {"start_date": today() - DAY, "end_date": today() + 30 * DAY + turn * DAY}
        table = procore.table("notes_logs", project_id=TWELVE, **later).fetch()
        assert table.incomplete == [] and api.refused == 1
        assert [note for note in table.notes if f"days up to {today()} were read" in note]
    assert len(api.asked) == 25 and {*ends(api)[1:]} == {str(today())}


def test_a_day_that_somebody_names_is_asked_for_where_it_may_have_begun(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    """Also after a later one was refused: the day is another one elsewhere."""
    api = OddApi([{"id": 1}], no_later_than(today() + DAY))
    procore = connect_to(servers(api).url)
    procore.table("notes_logs", project_id=1, end_date=today() + 9 * DAY).fetch()
    table = procore.table("notes_logs", project_id=1, end_date=today() + DAY).fetch()
    assert ends(api)[-1] == str(today() + DAY) and api.refused == 1
    assert not [note for note in table.notes if "were read" in note]


def test_a_machine_whose_clock_is_ahead_takes_the_day_from_the_server_and_does_not_believe_it_for_good(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    now = datetime.datetime.now(datetime.UTC) - 9 * DAY
    there = now.astimezone(datetime.timezone(datetime.timedelta(hours=-12))).date()
    api = OddApi([{"id": 1}], no_later_than(there))
    server = servers()
    server.answer = lambda request: Answer(
        (found := api(request)).status,
        found.body,
        {**found.headers, "Date": f"{now:%a, %d %b %Y %H:%M:%S} GMT"},
    )
    assert len(connect_to(server.url).table("notes_logs", project_id=1).fetch()) == 1
    assert ends(api) == [str(today()), str(there)]
    api.odd = ()
    connect_to(server.url).table("notes_logs", project_id=1).fetch()
    assert ends(api)[-1] == str(today())


def test_several_things_that_are_refused_are_mended_one_after_the_other(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    yesterday = today() - DAY
    rows = dated(60, yesterday - 199 * DAY, 200, random.Random(7))
    odd = no_later_than(yesterday), no_more_days_than(90, "90 days at most"), no_plain_form
    api = OddApi(within(rows), *odd, projects=TWELVE)
    server = servers(api)
    for turn in range(2):
        table = connect_to(server.url).table(
            "notes_logs", project_id=TWELVE, start_date=yesterday - 199 * DAY, location_id=3, strict=True
        )
        assert sorted(row["id"] for row in table) == sorted([row["id"] for row in rows] * 12)
        assert api.refused == 3 and len(api.asked) == 3 + 36 * (turn + 1)


def test_a_last_day_that_is_refused_in_any_form_is_told_as_it_was_refused(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = OddApi([{"id": 1}], no_later_than(datetime.date(2020, 1, 1)), projects=PROJECTS)
    with pytest.raises(ProcoreAPIError, match="End Date parameter cannot exceed"):
        connect_to(servers(api).url).table("notes_logs", project_id=PROJECTS).fetch()
    first = datetime.date(2026, 11, 1)
    with pytest.raises(ProcoreAPIError, match="End Date parameter cannot exceed"):
        connect_to(servers(api).url).table(
            "notes_logs", project_id=1, start_date=first, end_date=first
        ).fetch()


def dated(count: int, first: datetime.date, days: int, chance: random.Random) -> list[Row]:
    return [{"id": n, "date": str(first + chance.randrange(days) * DAY)} for n in range(1, count + 1)]


def within(rows: list[Row]) -> Callable[[str, Mapping[str, list[str]]], list[Row]]:
    """Return what gives the rows of the days that are asked for."""
    return lambda path, query: [
        row for row in rows if query["start_date"][0] <= row["date"] <= query["end_date"][0]
    ]


RANGES = {
    "The date range cannot exceed 90 days.": 90,
    "Date range must be within 13 weeks": 91,
    "start_date and end_date may be 30 days apart at most": 30,
    "The range between start date and end date is limited to 6 months": 184,
    "End date must be within 1 year of start date": 365,
    "The date range is too large": 90,
    "The requested range is not supported": 30,
}


@pytest.mark.parametrize("name", some_of(IN_PARTS, 6, 7))
def test_a_range_that_is_refused_is_asked_for_in_parts_and_each_row_comes_once(
    name: str, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    chance = random.Random(name)
    first = datetime.date(2025, 1, 15)
    rows = dated(40, first, 500, chance)
    api = OddApi(
        within(rows), no_more_days_than(90, "The date range cannot exceed 90 days."), projects=PROJECTS
    )
    server, lists = servers(api), len(where(name).get("project_id", [1]))
    days: dict[str, Any] = {"start_date": first, "end_date": first + 499 * DAY}
    table = connect_to(server.url).table(name, **where(name), **days, strict=True).fetch()
    ids = [row["id"] for row in table]
    assert sorted(ids) == sorted([row["id"] for row in rows] * lists) and table.incomplete == []
    assert api.refused == 1 and len(api.asked) == 6 * lists + 1
    [note] = [note for note in table.notes if "90 days at a time" in note]
    assert f"{first} to {days['end_date']}" in note and "6 requests" in note
    connect_to(server.url).table(name, **where(name), **days).fetch()
    assert api.refused == 1 and len(api.asked) == 12 * lists + 1


def test_all_days_come_whatever_the_range_that_is_taken(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    for number in range(share(100)):
        chance = random.Random(f"days/{number}")
        text, most = chance.choice([*RANGES.items()])
        first, days = datetime.date(2024, 2, 1) + chance.randrange(60) * DAY, chance.randrange(1, 700)
        rows = dated(chance.randrange(30), first, days, chance)
        api = OddApi(within(rows), no_more_days_than(most, text))
        procore = connect_to(servers(api).url)
        given: dict[str, Any] = {"start_date": first, "end_date": first + (days - 1) * DAY}
        table = procore.table("notes_logs", project_id=7, **given)
        streamed = [row["id"] for batch in table.to_batches() for row in batch.to_pylist()]
        assert sorted(streamed) == [row["id"] for row in rows], f"case {number}"
        assert api.refused <= 1 + (most == 30 and "30" not in text), f"case {number}"
        before = api.refused
        assert sorted(row["id"] for row in table.fetch()) == sorted(streamed) and api.refused == before
        tried("ranges of days that were refused")


def test_the_parts_of_days_are_all_days_and_none_twice() -> None:
    spec = CATALOG.find("notes_logs")
    for number in range(share(2_000)):
        chance = random.Random(f"parts/{number}")
        first = datetime.date(2000, 1, 1) + chance.randrange(9000) * DAY
        last = first + chance.choice((0, 1, 29, 30, 31, 89, 90, 91, chance.randrange(3000))) * DAY
        most = chance.choice((1, 7, 28, 30, 89, 90, 91, 365))
        given = {"start_date": first, "end_date": last}
        selection = selection_of(spec, given, today=datetime.date(2026, 11, 23))
        days: list[datetime.date] = []
        for part in Way(spec, at_a_time=most).parts(selection):
            since, until = (datetime.date.fromisoformat(dict(part.query)[name]) for name in given)
            assert 0 <= (until - since).days < most
            days += [since + n * DAY for n in range((until - since).days + 1)]
        assert sorted(days) == [first + n * DAY for n in range((last - first).days + 1)]
        tried("ranges of days in parts")


def test_the_first_rows_come_from_the_last_days_with_few_requests(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    rows = [{"id": n, "date": str(datetime.date(2026, 1, 1) + n * DAY)} for n in range(1, 300)]
    api = OddApi(within(rows), no_more_days_than(30, "30 days at most"))
    table = connect_to(servers(api).url).table(
        "notes_logs", project_id=7, start_date="2026-01-01", end_date="2026-10-27"
    )
    assert len(table.head(5).fetch()) == 5 and len(api.asked) <= 3


def test_a_refusal_that_names_no_day_changes_no_days(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = OddApi([{"id": 1}], lambda path, query: refusal("Missing Project or Company ID"))
    with pytest.raises(ProcoreAPIError, match="Missing Project"):
        connect_to(servers(api).url).table("notes_logs", project_id=7).fetch()
    assert len({*ends(api)}) == 1 and len(api.asked) <= 2
