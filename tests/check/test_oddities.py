"""The check finds each behaviour to which the demo can be switched, and says its name."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator

import pytest

from procore_jupyter.check.checkup import Checkup
from procore_jupyter.check.spoken import spoken
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.data import CIVIL
from procore_jupyter.demo.oddities import ODDITIES, named
from procore_jupyter.demo.parameters import DemoParameters
from tests.check.conftest import checkup_of
from tests.connecting import signed_in, text_for
from tests.demo.listing import BUILDERS

TABLES = {
    "page-size": ["rfis"],
    "large-pages-fail": ["rfis"],
    "paged-anyway": ["plan_revision_logs"],
    "whole-anyway": ["specification_sections"],
    "data-envelope": ["rfis"],
    "grouped-inspections": ["inspections"],
    "deaf-filters": ["submittals"],
    "list-gone": ["schedule_tasks"],
    "no-total": ["rfis"],
    "no-link": ["rfis"],
    "end-date": ["manpower_logs"],
    "short-ranges": ["manpower_logs"],
    "list-filters": ["punch_items", "purchase_orders", "coordination_issues"],
    "no-filters": ["punch_items"],
    "version-gone": ["documents"],
    "no-permission": ["prime_contracts"],
    "nothing-flat": ["payment_applications"],
    "view-columns": ["budget_detail_rows"],
    "percent-sign": ["requisitions", "payment_applications"],
    "long-quantities": ["budget_detail_rows"],
    "renamed-fields": ["rfis"],
    "missing-fields": ["rfis"],
    "other-types": ["rfis"],
}
"""The tables that show an oddity; the others are found before any table is asked."""

UNSEEN = {
    "no-retry-after": "only an answer to too many requests could show it, and the check keeps to the pace"
}
"""Oddities that no check can find, and why."""

WHERE = {
    "app-missing": {"CompanyId": str(CIVIL.id)},
    "no-permission": {"ProjectId": "4713"},
}
"""What the oddity is about, if it isn't the first project of the first company."""


@pytest.fixture(scope="module")
def odd() -> Iterator[DemoProcore]:
    """Give an embedded Procore that this file's tests switch from one oddity to the next."""
    demo = DemoProcore()
    demo.start()
    yield demo
    demo.stop()


def run(demo: DemoProcore, name: str) -> Checkup:
    """Check the demo with one oddity switched on, or none."""
    usual = DemoParameters()
    limited = (
        usual
        if name in ("rolling-minute", "small-reset")
        else dataclasses.replace(usual, hourly_limit=None, spike_limit=None)
    )
    demo.parameters, demo.clock = limited, time.time
    signed_in(demo)
    demo.parameters = dataclasses.replace(limited, odd=named(name)) if name else limited
    if name in (
        "end-date",
        "short-ranges",
    ):  # at all hours, the company's day is today's in the westernmost time zone
        demo.clock = lambda: time.time() - 4 * 3600
    place = {"CompanyId": str(BUILDERS), **WHERE.get(name, {})}
    checkup = checkup_of(text_for(demo, **place), TABLES.get(name, ["companies"]), filters=True)
    lines = [*checkup.first()]
    if name in TABLES:
        lines += checkup.tables()
    assert lines == checkup.lines
    return checkup


def oddities(checkup: Checkup) -> set[str]:
    return {line.finding.oddity for line in checkup.lines} - {""}


@pytest.mark.parametrize("name", [one.name for one in ODDITIES if one.name not in UNSEEN])
def test_an_oddity_is_found_and_named(odd: DemoProcore, name: str) -> None:
    checkup = run(odd, name)
    assert name in oddities(checkup), [(line.finding.subject, line.finding.found) for line in checkup.lines]
    told = f"Known as {name}."
    assert told in " ".join("\n".join(spoken(checkup.lines)).split()) and told in checkup.report


def test_what_is_no_oddity_is_not_named(odd: DemoProcore) -> None:
    usual = {"view-columns", "long-quantities", "percent-sign"}  # the demo has some of these at all times
    assert oddities(run(odd, "")) <= usual
    assert {*UNSEEN} <= {one.name for one in ODDITIES}
