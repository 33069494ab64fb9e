"""Filters that return less than they must are told, with three requests a table."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

import pytest

from procore_jupyter import Procore, profiles
from procore_jupyter.check.finding import Finding
from procore_jupyter.check.inquiry import Inquiry
from procore_jupyter.check.table_check import TableCheck
from procore_jupyter.tables.definitions.catalog import Catalog
from tests.check.test_table_check import row_of
from tests.session.conftest import Answer, Arrived, Server, servers
from tests.tables.conftest import connect_to

__all__ = ["connect_to", "servers"]  # fixtures of theirs, for these tests too

CATALOG = Catalog(profiles.load("Procore")[0])
SPEC = CATALOG.find("purchase_orders")
ROWS = [{**row_of(SPEC, number), "status": "Approved", "origin_id": "A1"} for number in range(1, 8)]
Narrow = Callable[[Mapping[str, str]], bool]


@pytest.fixture
def look(servers: Callable[..., Server], connect_to: Callable[..., Procore]) -> Callable[..., list[Finding]]:
    """Give a function that tries the filters of purchase orders: `narrow` says which requests give no rows, `refuse` which none at all."""

    def run(
        narrow: Narrow = lambda query: False, refuse: Narrow = lambda query: False, deaf: bool = False
    ) -> list[Finding]:
        def answer(arrived: Arrived) -> Answer:
            query = dict(parse_qsl(urlsplit(arrived.path).query))
            if refuse(query):
                return Answer(400, b'{"errors": "a filter is not permitted"}')
            rows = [] if narrow(query) or query["page"] != "1" else ROWS
            wanted = query.get("filters[id][]")
            if wanted and not deaf:
                rows = [row for row in rows if str(row["id"]) == wanted]
            return Answer(body=json.dumps(rows[: int(query["per_page"])]).encode(), headers={"Total": "7"})

        server = servers(answer)
        procore = connect_to(server.url)
        check = TableCheck(Inquiry(procore), procore.tables, (1234, ""), (4711, ""), filters=True)
        found = [*check.look(SPEC)]
        assert len(server.arrived) <= 3
        return found

    return run


Look = Callable[..., list[Finding]]
SOUND = [name for name, one in SPEC.filters.items() if one.sound]


def narrowed(findings: list[Finding]) -> set[str]:
    return {
        name
        for one in findings
        for name, told in one.facts.get("filters", {}).items()
        if told == {"sound": False}
    }


def test_filters_that_return_the_row_hold(look: Look) -> None:
    findings = look()
    (line,) = [one for one in findings if "Filters return" in one.found]
    assert line.verdict == "holds" and all(name in line.found for name in SOUND)
    assert not narrowed(findings)


@pytest.mark.parametrize("name", SOUND)
def test_a_filter_that_returns_less_is_among_those_that_are_named(look: Look, name: str) -> None:
    param = SPEC.filters[name].param
    findings = look(
        narrow=lambda query: any(key.removesuffix("[]") == param.removesuffix("[]") for key in query)
    )
    assert name in narrowed(findings) < {*SOUND}
    assert [one.verdict for one in findings if one.facts.get("filters")] == ["fails"]


def test_filters_that_are_refused_are_tried_as_lists(look: Look) -> None:
    plain = [one for one in SOUND if not SPEC.filters[one].several and not SPEC.filters[one].range]
    assert plain
    findings = look(refuse=lambda query: any(SPEC.filters[one].param in query for one in plain))
    (line,) = [one for one in findings if one.oddity]
    assert line.oddity == "list-filters" and all(one in line.found for one in plain)
    findings = look(refuse=lambda query: any("filters" in key for key in query))
    assert [one.oddity for one in findings if one.oddity] == ["no-filters"]


def test_filters_that_are_ignored_are_told(look: Look) -> None:
    assert [one.oddity for one in look(deaf=True) if one.oddity] == ["deaf-filters"]
