"""The catalog against what others have seen of Procore's answers: each fact of ``observed.jsonl`` holds of it.

A line is one fact: the table or path, what was seen (``what``, ``value``), by which kind of witness, where, when last, and how
much that is to be believed. Values of columns are invented, of the form that was seen.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from procore_jupyter import profiles
from procore_jupyter.tables.arrow.ingest import Ingest
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.definitions.evidence import WEIGHTS
from procore_jupyter.tables.definitions.spec import TableSpec
from procore_jupyter.tables.parameters.selection import selection_of
from procore_jupyter.tables.place import ALL

FILE = Path(__file__).with_name("observed.jsonl")
FACTS: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
CATALOG = Catalog(profiles.load("Procore")[0])
TODAY = datetime.date(2026, 11, 23)
OTHER_VERSIONS = "other_version", "other_path"


def spec_of(fact: dict[str, Any]) -> TableSpec:
    return CATALOG.tables[fact["table"]]


def own(what: str) -> list[dict[str, Any]]:
    """Return the facts of one kind about the catalog's tables, at the paths that they have here."""
    found = [one for one in FACTS if one["what"] == what and "table" in one]
    return [one for one in found if one.get("path", spec_of(one).path) == spec_of(one).path]


def each(what: str) -> Callable[[Any], Any]:
    facts = own(what)
    assert facts
    return pytest.mark.parametrize("fact", facts, ids=[f"{one['table']}-{n}" for n, one in enumerate(facts)])


def asked(spec: TableSpec, **given: Any) -> set[str]:
    """Return the parameters that a table sends, those of its scope and its parents among them."""
    needed: dict[str, Any] = dict.fromkeys(spec.required, 5) | given
    sent = {name for name, _ in selection_of(spec, needed, today=TODAY).query}
    return sent | {*spec.query, *spec.parents}


def test_every_fact_is_a_fact_and_no_sentence() -> None:
    for fact in FACTS:
        assert {"what", "value", "by", "when", "weight"} <= fact.keys() and fact["weight"] in WEIGHTS
        assert fact.get("table") in {None, *CATALOG.tables}
    assert FILE.stat().st_size < 60_000


@each("columns")
def test_a_column_that_was_seen_is_there_and_holds_what_was_seen(fact: dict[str, Any]) -> None:
    """It has the type that was declared, and no remark says that it had to become another."""
    spec, row = spec_of(fact), fact["value"]
    named = {name for name in row if not (spec.others == "money" and name[0].isupper())}
    assert named <= {*spec.columns, *spec.place_columns}
    ingest = Ingest(spec.columns, CATALOG.records, others=spec.others)
    before = dict(ingest.schema)
    columns = ingest.take([json.dumps(row).encode()] * 3)
    assert ingest.notes == []
    for name in named & before.keys():
        if str(before[name]).startswith(("int", "decimal", "double", "bool", "date", "timestamp", "string")):
            assert columns[name].type == before[name], name
        assert row[name] in (None, "", [], {}) or columns[name].null_count == 0, name


@each("absent")
def test_a_column_that_no_row_has_is_not_declared(fact: dict[str, Any]) -> None:
    assert not {*fact["value"]} & {*spec_of(fact).columns}


@each("most")
def test_no_larger_page_is_asked_for_than_was_taken(fact: dict[str, Any]) -> None:
    spec = spec_of(fact)
    assert spec.largest_page == spec.page_size(5000) == fact["value"]


def test_pages_are_as_large_as_lists_like_these_were_seen_to_take() -> None:
    assert [one["value"] for one in FACTS if "table" not in one and one["what"] == "most"] == [100]
    for spec in [*CATALOG.tables.values(), *CATALOG.probable.values()]:
        above = spec.path.rpartition("/")[0]
        nested = [
            one for one in spec.in_path if one not in ("company_id", "project_id") and f"{{{one}}}" in above
        ]
        assert spec.largest_page <= (100 if nested or spec.path.startswith("/rest/v2") else 1000), spec.name


@each("takes")
def test_a_page_that_was_taken_is_not_beyond_what_is_asked_for(fact: dict[str, Any]) -> None:
    assert spec_of(fact).largest_page in (fact["value"], 1000)


@each("pages")
def test_a_list_that_has_pages_is_not_said_to_come_whole(fact: dict[str, Any]) -> None:
    assert spec_of(fact).paged and not spec_of(fact).whole


def test_pages_are_asked_for_of_every_table() -> None:
    assert all(spec.paged for spec in CATALOG.tables.values())


@each("needs")
def test_what_a_list_needs_is_sent(fact: dict[str, Any]) -> None:
    assert {*fact["value"]} <= asked(spec_of(fact)) | {*spec_of(fact).in_path}


@each("filter")
def test_a_filter_that_worked_is_sent_in_the_form_that_worked(fact: dict[str, Any]) -> None:
    forms = {one.param for one in spec_of(fact).filters.values()}
    forms |= {f"{one.param}[]" for one in spec_of(fact).filters.values() if one.several}
    assert {fact["value"], f"{fact['value']}[]"} & forms


@each("refused_filter")
def test_a_filter_that_was_refused_or_ignored_is_not_sent_in_that_form(fact: dict[str, Any]) -> None:
    assert fact["value"] not in {one.param for one in spec_of(fact).filters.values()}


@each("words")
def test_the_words_of_a_choice_are_those_of_the_rows(fact: dict[str, Any]) -> None:
    for name, words in fact["value"].items():
        assert {*spec_of(fact).filters[name].choices} == {*words}


@each("view")
def test_the_view_that_has_the_columns_is_asked_for(fact: dict[str, Any]) -> None:
    assert spec_of(fact).default_view == fact["value"]


@each("shared_key")
def test_a_key_that_comes_in_several_projects_is_said_to(fact: dict[str, Any]) -> None:
    assert spec_of(fact).shared_key


@each("hides")
def test_a_list_that_may_be_empty_for_want_of_permission_is_said_to(fact: dict[str, Any]) -> None:
    assert spec_of(fact).hides


def test_all_lists_of_money_are_said_to_hide_their_rows() -> None:
    named = (
        "contract",
        "commitment",
        "order",
        "invoice",
        "requisition",
        "payment",
        "budget",
        "direct_cost",
        "rfqs",
    )
    money = {name for name in CATALOG.tables if any(word in name for word in named)}
    assert {name for name, spec in CATALOG.tables.items() if spec.hides} == money | {"change_events"}


@each("parents")
def test_rows_belong_to_all_tables_that_were_seen_to_have_them(fact: dict[str, Any]) -> None:
    for name, tables in fact["value"].items():
        assert [one.partition(".")[0] for one in spec_of(fact).parents[name]] == tables
        assert selection_of(spec_of(fact), {name: ALL}, today=TODAY).parents == ((name, ALL),)


@each("shape")
def test_the_rows_are_looked_for_where_they_are(fact: dict[str, Any]) -> None:
    assert spec_of(fact).shape == fact["value"]


@each("days")
def test_a_list_that_needs_days_is_asked_for_them_and_not_beyond_today(fact: dict[str, Any]) -> None:
    spec = spec_of(fact)
    assert {*fact["value"]} <= {*spec.dates}
    sent = dict(selection_of(spec, {}, today=TODAY).query)
    assert sent["end_date"] == TODAY.isoformat() and sent["start_date"] < sent["end_date"]


def test_another_address_that_was_seen_is_known() -> None:
    facts = [one for one in FACTS if one["what"] in OTHER_VERSIONS]
    assert len(facts) == 4
    for fact in facts:
        when = "gone" if fact["what"] == "other_version" else "empty"
        assert (fact["value"], when) in [(one.path, one.when) for one in spec_of(fact).alternates]
    assert CATALOG.tables["folders"].alternates == CATALOG.tables["documents"].alternates


@each("deprecated")
def test_a_version_that_is_deprecated_is_said_to_be(fact: dict[str, Any]) -> None:
    assert spec_of(fact).deprecated


def test_no_table_is_at_an_address_that_is_not_there() -> None:
    gone = {one["path"] for one in FACTS if one["what"] == "missing"}
    assert len(gone) == 10
    assert not gone & {spec.path for spec in CATALOG.tables.values()}


# How sure a table is


@pytest.mark.parametrize("spec", CATALOG.tables.values(), ids=lambda spec: spec.name)
def test_a_table_is_as_sure_as_its_facts(spec: TableSpec) -> None:
    facts = [one for one in FACTS if one.get("table") == spec.name]
    source = spec.source
    if source.seen == "nothing":
        assert facts == [] and not (source.place or source.when or source.weight)
        return
    if source.seen in ("rows", "fields"):
        assert any(
            one["what"] in ("columns", "filter", "days", "rows", "shared_key", "pages", "answers")
            for one in facts
        )
    if facts:
        assert source.when <= max(one["when"] for one in facts)
        strongest = min(facts, key=lambda one: WEIGHTS.index(one["weight"]))["weight"]
        assert WEIGHTS.index(source.weight) >= WEIGHTS.index(strongest)
    assert source.weight in WEIGHTS and source.described
