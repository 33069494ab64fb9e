"""The same rows on every run: by seed, whatever the order of looking, in any process; and as many as are wanted."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from procore_jupyter.demo import launch
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.company import commitments, daily_logs, rfis
from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.records import Records, Site
from procore_jupyter.demo.company.rows import Row, RowList
from procore_jupyter.demo.parameters import DemoParameters
from tests.demo.listing import HARBOR_TOWER, Lists, records_of, whole_lists

PRINT_DIGESTS = "from tests.demo.test_company_seed import digests; print(*digests())"


def site_of(records: Records, project: int = HARBOR_TOWER) -> Site:
    site = records.site(project)
    assert site is not None
    return site


def digest(rows: list[Row]) -> str:
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def digests() -> list[str]:
    """Return a digest of every list of a small project."""
    records = records_of()
    return [digest(rows) for _, rows in whole_lists(records, site_of(records, 4716))]


def test_rows_are_the_same_in_another_process() -> None:
    # Python's own hashes differ between these.
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    run = subprocess.run(
        [sys.executable, "-c", PRINT_DIGESTS],
        capture_output=True,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[2],
        check=True,
        timeout=120,
    )
    assert run.stdout.split() == digests()


def test_chance_is_written_down() -> None:
    # If this changes, so do all rows on all machines.
    dice = Dice("20261127:rfis:4711:0")
    assert [dice.whole(1, 1000) for _ in range(4)] == [711, 881, 876, 372]


def test_another_seed_gives_other_rows() -> None:
    one, other = (site_of(records_of(seed=seed)) for seed in (1, 2))
    assert digest(rfis.rfis(one)[:]) != digest(rfis.rfis(other)[:])
    assert len(rfis.rfis(one)) == len(rfis.rfis(other))


def test_the_order_of_looking_makes_no_difference() -> None:
    forwards, backwards = site_of(records_of()), site_of(records_of())
    chosen = list(range(len(rfis.rfis(forwards))))
    random.Random(4711).shuffle(chosen)
    shuffled = {index: rfis.rfis(backwards)[index] for index in chosen}
    assert [shuffled[index] for index in sorted(shuffled)] == rfis.rfis(forwards)[:]


def test_a_row_is_made_only_when_it_is_looked_at() -> None:
    made: list[int] = []

    def make(index: int) -> Row:
        made.append(index)
        return {"id": index}

    rows = RowList(10_000, make)
    assert len(rows) == 10_000
    assert made == []
    assert rows[-1] == {"id": 9_999}
    assert [row["id"] for row in rows[20:23]] == [20, 21, 22]
    assert made == [9_999, 20, 21, 22]
    with pytest.raises(IndexError):
        rows[10_000]


def test_demos_share_nothing_but_the_seed(lists: Lists) -> None:
    path = f"/rest/v1.0/projects/{HARBOR_TOWER}/rfis"
    before = lists.rows(path)
    lists.demo.parameters = DemoParameters(seed=1)
    assert lists.rows(path) != before
    lists.demo.parameters = DemoParameters()
    assert lists.rows(path) == before


# How many


@pytest.mark.parametrize("scale", [0.1, 1, 3, 100])
def test_a_scale_multiplies_the_rows_of_a_projects_lists(scale: float) -> None:
    site = site_of(records_of(scale=scale))
    assert len(rfis.rfis(site)) == round(348 * scale)
    logs = len(daily_logs.kind("manpower_logs").rows(site))
    assert 0.8 < logs / (1645 * scale) < 1.2
    last = rfis.rfis(site)[-1]
    assert site.index("rfis", last["id"]) == len(rfis.rfis(site)) - 1


def test_a_large_scale_is_answered_page_by_page(lists: Lists) -> None:
    lists.demo.parameters = DemoParameters(hourly_limit=None, spike_limit=None, scale=100)
    path = f"/rest/v1.0/projects/{HARBOR_TOWER}/rfis"
    answer = lists.get(path, per_page=1000, page=35)
    assert (answer.headers["Total"], len(answer.json())) == ("34800", 800)
    assert answer.json()[-1]["number"] == "34800"


def test_a_large_list_is_filtered_too(lists: Lists) -> None:
    lists.demo.parameters = DemoParameters(scale=10)
    path = f"/rest/v1.0/projects/{HARBOR_TOWER}/rfis"
    found = lists.get(path, {"filters[number]": "3479"})
    assert (found.headers["Total"], found.json()[0]["number"]) == ("1", "3479")


def test_what_is_bought_does_not_grow_with_the_scale() -> None:
    def bought(scale: float) -> float:
        rows = commitments.commitments(site_of(records_of(scale=scale), 4716))
        contracts = commitments.commitment_contracts(site_of(records_of(scale=scale), 4716))
        assert len(rows) == len(contracts)
        return sum(float(row["grand_total"]) for row in contracts)

    assert 0.6 < bought(10) / bought(1) < 1.6


@pytest.mark.parametrize(("wanted", "count"), [(None, 12), (1, 1), (12, 12), (13, 13), (1000, 1000)])
def test_there_are_as_many_active_projects_as_are_wanted(wanted: int | None, count: int) -> None:
    projects = [one for one in records_of(projects=wanted).projects if one.company.id == 1234]
    active = [one for one in projects if one.active]
    assert len(active) == count
    assert len(projects) - count == 2
    assert active[0].name == "Harbor Tower"
    for column in ("id", "name", "number"):
        assert len({getattr(one, column) for one in projects}) == len(projects)


def test_a_project_has_the_same_rows_however_many_projects_there_are() -> None:
    few, many = records_of(projects=3), records_of(projects=40)
    for project in (HARBOR_TOWER, 4713):
        one, other = site_of(few, project), site_of(many, project)
        assert rfis.rfis(one)[:5] == rfis.rfis(other)[:5]


def test_generated_projects_have_lists_as_the_others(lists: Lists) -> None:
    lists.demo.parameters = DemoParameters(projects=14)
    projects = lists.rows("/rest/v1.1/projects?company_id=1234")
    assert len(projects) == 14
    assert lists.rows(f"/rest/v1.0/projects/{projects[-1]['id']}/rfis")


@pytest.mark.parametrize(
    "wrong", [{"projects": 0}, {"projects": 1001}, {"scale": 0}, {"scale": -1}, {"scale": 1001}]
)
def test_nonsense_numbers_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not"):
        DemoParameters(**wrong)


def test_the_command_takes_both_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[DemoParameters] = []

    def make(**given: Any) -> DemoProcore:
        seen.append(given["parameters"])
        raise EOFError

    monkeypatch.setattr(launch, "DemoProcore", make)
    for options in (["--projects", "3", "--scale", "2.5"], []):
        with pytest.raises(EOFError):
            launch.run_demo(["--no-browser", *options])
    assert [(one.projects, one.scale) for one in seen] == [(3, 2.5), (None, 1.0)]
