"""Many values go out in several requests, whose addresses a server takes, and each row comes once."""

from __future__ import annotations

import datetime
import json
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from procore_jupyter import Procore, profiles
from procore_jupyter.errors import ParameterError
from procore_jupyter.session.api_errors import PermissionDenied
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.parameters.selection import LONGEST_ADDRESS, selection_of
from procore_jupyter.tables.place import Place
from tests.hostile.counting import share, tried
from tests.session.conftest import Answer, Arrived, Server

CATALOG = Catalog(profiles.load("Procore")[0])
PLACE = Place((1234, ""), (4711, ""))
TODAY = datetime.date(2026, 11, 23)
LARGE = 562949953443325
"""An id as long as Procore's newer ones."""


class Filtering:
    """A server that finds the rows that have one of the values asked for; an address that is too long is refused.

    Parameters
    ----------
    rows : sequence of dict
        All rows: ``id``, and the ids of ``vendors`` that each has.
    """

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        self.longest = 0

    def __call__(self, request: Arrived) -> Answer:
        """Answer one request."""
        self.longest = max(self.longest, len(request.path))
        if len(request.path) > 8000:
            return Answer(414, b"<title>414 Request-URI Too Large</title>")
        asked: dict[str, list[str]] = {}
        for name, value in parse_qsl(urlsplit(request.path).query):
            asked.setdefault(name, []).append(value)
        ids, vendors = (
            {int(one) for one in asked.get(f"filters[{name}][]", ())} for name in ("id", "vendor_id")
        )
        found = [
            row
            for row in self.rows
            if (not ids or row["id"] in ids) and (not vendors or vendors & {*row["vendors"]})
        ]
        size, page = int(asked["per_page"][0]), int(asked["page"][0])
        body = json.dumps(found[(page - 1) * size : page * size]).encode()
        return Answer(body=body, headers={"Total": str(len(found)), "Per-Page": str(size)})


def test_each_row_comes_once_however_many_values_are_asked_for(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    """Rows that several of the values mean are in several answers."""
    server = servers()
    for number in range(share(200)):
        chance = random.Random(f"portions/{number}")
        first = chance.choice((1, LARGE))
        rows: list[dict[str, Any]] = [
            {
                "id": first + one,
                "vendors": chance.sample(range(LARGE, LARGE + 400), chance.choice((0, 1, 2, 5))),
            }
            for one in range(chance.choice((0, 3, 150, 700)))
        ]
        answer = Filtering(rows)
        server.answer = answer
        procore = connect_to(server.url, PageSize=chance.choice((7, 100, 1000)))
        given: dict[str, list[int]] = {
            "filters[id][]": [first + chance.randrange(800) for _ in range(chance.choice((1, 30, 1000)))],
            "filters[vendor_id][]": [*range(LARGE, LARGE + chance.choice((1, 200, 400)))],
        }
        if chance.random() < 0.7:
            del given[chance.choice([*given])]
        wanted = {
            row["id"]
            for row in rows
            if row["id"] in given.get("filters[id][]", [row["id"]])
            and ("filters[vendor_id][]" not in given or {*given["filters[vendor_id][]"]} & {*row["vendors"]})
        }
        table = procore.get_all("/rest/v9.0/things", given)
        streamed = [row["id"] for batch in table.to_batches() for row in batch.to_pylist()]
        assert sorted(streamed) == sorted(row["id"] for row in table) == sorted(wanted), f"case {number}"
        assert table.incomplete == [] and answer.longest <= 8000
        tried("lists asked for in portions")


def test_a_thousand_ids_of_a_known_table_take_a_request_for_some_hundred_each(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    rows = [{"id": LARGE + number, "vendors": []} for number in range(1500)]
    server = servers(Filtering(rows))
    table = connect_to(server.url).table("rfis", project_id=7, id=range(LARGE, LARGE + 1000))
    assert len(table.fetch()) == 1000 and len(server.arrived) < 12
    assert len(table.head(5)) == 5
    assert table.incomplete == [] and len(table.notes) == 1  # of the missing fields


def test_a_refused_portion_is_told_once_and_is_no_answer(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    server = servers(lambda request: Answer(403, b'{"errors": "no"}'))
    with pytest.raises(PermissionDenied):
        connect_to(server.url).table("rfis", project_id=7, id=range(LARGE, LARGE + 1000)).fetch()


@pytest.mark.parametrize("count", [1, 2, 100, 1000, 5000])
@pytest.mark.parametrize("table", ["rfis", "submittals", "documents", "punch_items"])
def test_no_address_is_longer_than_a_server_takes_and_no_value_is_lost(table: str, count: int) -> None:
    several = [one for one in CATALOG.find(table).filters.values() if one.several and one.kind == "id"][:3]
    given = {one.name: range(LARGE, LARGE + count) for one in several[: 3 if count < 1000 else 1]}
    selection = selection_of(CATALOG.find(table), given, today=TODAY)
    portions = [one.params(PLACE) for one in selection.portions(PLACE)]
    for params in portions:
        assert len(urlencode(params)) <= LONGEST_ADDRESS
        assert [pair for pair in params if not pair[0].endswith("[]")] == [
            pair for pair in selection.params(PLACE) if not pair[0].endswith("[]")
        ]
    combinations = [
        {name: {value for other, value in params if other == name} for name, _ in params}
        for params in portions
    ]
    for one in several[: len(given)]:
        name = one.param if one.param.endswith("[]") else f"{one.param}[]"
        assert {value for found in combinations for value in found[name]} == {
            str(number) for number in range(LARGE, LARGE + count)
        }


@pytest.mark.parametrize(
    "given",
    [
        {"params": {"search": "x" * 7000}},
        {"params": {"filters[x]": [*range(LARGE, LARGE + 1000)]}},
        {"params": {"filters[x][]": "x" * 7000}},
    ],
)
def test_what_no_address_holds_is_refused_before_anything_is_asked(
    given: dict[str, Any], servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    server = servers()
    procore = connect_to(server.url)
    with pytest.raises(ParameterError, match="Ask for fewer at a time"):
        procore.table("rfis", project_id=7, **given)
    with pytest.raises(ParameterError, match="Ask for fewer at a time"):
        procore.get_all("/rest/v9.0/x", **given)
    assert server.arrived == []
