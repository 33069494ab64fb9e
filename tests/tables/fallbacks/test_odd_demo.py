"""The embedded Procore, odd and as documented: the same rows, for one request more the first time and none the second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from procore_jupyter import Procore, ProcoreAPIError, profiles
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.oddities import named
from procore_jupyter.demo.parameters import DemoParameters
from procore_jupyter.tables.definitions.catalog import Catalog
from tests.connecting import connect, text_for
from tests.demo.listing import BUILDERS, HARBOR_TOWER
from tests.soak import SOAK

CATALOG = Catalog(profiles.load("Procore")[0])
BY_DAY = [spec.name for spec in CATALOG.tables.values() if spec.dates]

pytestmark = pytest.mark.filterwarnings("ignore::procore_jupyter.ProcoreWarning")


@pytest.fixture(scope="module")
def odd() -> Iterator[DemoProcore]:
    """Give an embedded Procore that refuses days, filters and versions, and hides what is said to be flat."""
    switches = named("end-date,list-filters,no-filters,version-gone,nothing-flat,short-ranges")
    demo = DemoProcore(parameters=DemoParameters(odd=switches, hourly_limit=None, spike_limit=None))
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture
def other(odd: DemoProcore) -> Iterator[Procore]:
    session = connect(text_for(odd, AuthScheme="OAUTH_CLIENT", CompanyId=str(BUILDERS)), person=False)
    yield session
    session.close()


@dataclass(frozen=True)
class Found:
    """What came of a table.

    Parameters
    ----------
    keys : list of str
        The rows' keys in their order; of a table without a key, how many rows there are.
    requests : int
        What it cost.
    notes : list of str
        What was said of it.
    """

    keys: list[str]
    requests: int
    notes: list[str]


def fetched(procore: Procore, name: str, **given: Any) -> Found:
    spec = CATALOG.find(name)
    where = {"project_id": HARBOR_TOWER} if spec.scope == "project" else {}
    table = procore.table(name, **where, **given, strict=True).fetch()
    keys = sorted(str(row[spec.key]) for row in table) if spec.key else [str(len(table))]
    assert table._told_of is not None
    return Found(keys, table._told_of.requests, table.notes)


@pytest.mark.parametrize(
    ("name", "given", "refused"),
    [
        *[(name, {"start_date": "2026-09-01"}, 1) for name in (BY_DAY if SOAK else BY_DAY[::5])],
        ("documents", {}, 2),  # gone, and there the kind of a document has to be a list
        ("folders", {}, 2),
        ("correspondence_types", {}, 1),
        ("action_plan_items", {}, 1),
        ("rfis", {"assigned_id": 5}, 1),
        ("punch_items", {"priority": "high"}, 2),
        ("purchase_orders", {"status": "Approved"}, 1),
    ],
)
def test_the_same_rows_come_for_little_more_and_then_for_nothing_more(
    name: str, given: dict[str, Any], refused: int, procore: Procore, other: Procore
) -> None:
    # The names of projects and the labels of fields are asked for by whoever needs them first: here by this list.
    procore.projects()
    other.projects()
    wanted, first = fetched(procore, name, **given), fetched(other, name, **given)
    other.forget()
    other.projects()
    second = fetched(other, name, **given)
    assert first.keys == second.keys == wanted.keys
    assert first.notes and first.requests == second.requests + refused
    assert (
        second.requests == wanted.requests or "came from" in first.notes[0]
    )  # where pages are of another size


def test_all_days_come_although_a_quarter_is_the_most_that_is_given_at_once(
    procore: Procore, other: Procore
) -> None:
    wanted, found = fetched(procore, "manpower_logs"), fetched(other, "manpower_logs")
    assert found.keys == wanted.keys and found.keys
    assert [note for note in found.notes if "91 days at a time" in note]


def test_invoices_to_the_owner_are_found_below_the_contracts(procore: Procore, other: Procore) -> None:
    wanted, found = fetched(procore, "payment_applications"), fetched(other, "payment_applications")
    assert found.keys == wanted.keys and found.keys


def test_a_condition_of_which_nobody_knows_what_it_keeps_is_refused(other: Procore) -> None:
    with pytest.raises(ProcoreAPIError, match="has to be an array|must be an array"):
        fetched(other, "punch_items", status="open")
