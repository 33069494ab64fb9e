"""A table held against what answers: what of the catalog is wrong is told, in two requests at most."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procore_jupyter import Procore, profiles
from procore_jupyter.check.answers import together
from procore_jupyter.check.finding import Finding
from procore_jupyter.check.inquiry import Inquiry
from procore_jupyter.check.reply import ListReply
from procore_jupyter.check.table_check import TableCheck
from procore_jupyter.check.table_columns import table_columns
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.definitions.spec import TableSpec
from tests.session.conftest import Answer, Arrived, Server, servers
from tests.soak import SOAK
from tests.tables.conftest import connect_to

__all__ = ["connect_to", "servers"]  # fixtures of theirs, for these tests too

CATALOG = Catalog(profiles.load("Procore")[0])
VALUES: dict[str, Any] = {
    "id": 17, "int": 4, "float": 1.5, "bool": True, "text": "a", "money": "1.50", "decimal": "8.0", "quantity": "2.000000000000",
    "percent": "9.28", "date": "2026-11-29", "timestamp": "2026-11-29T12:00:00Z",
}  # fmt: skip
"""A value of each kind, as JSON has it."""

Lists = Callable[[Arrived, dict[str, str]], Answer]


def row_of(spec: TableSpec, number: int = 1) -> dict[str, Any]:
    """Return a row with all of a table's columns; nothing in those that hold records."""
    return {name: number if name == spec.key else VALUES.get(kind) for name, kind in spec.columns.items()}


def rows_of(spec: TableSpec, count: int = 9) -> list[dict[str, Any]]:
    return [row_of(spec, number) for number in range(1, count + 1)]


def pages(rows: Sequence[Any], **headers: str) -> Lists:
    """Answer with the page that is asked for."""

    def answer(arrived: Arrived, query: dict[str, str]) -> Answer:
        size, page = int(query["per_page"]), int(query["page"])
        told = {
            "Total": str(len(rows)),
            "Per-Page": str(size),
            "Link": '<http://there.test>; rel="next"',
            **headers,
        }
        return Answer(
            body=json.dumps(rows[(page - 1) * size : page * size]).encode(),
            headers={k: v for k, v in told.items() if v},
        )

    return answer


@pytest.fixture
def look(servers: Callable[..., Server], connect_to: Callable[..., Procore]) -> Callable[..., list[Finding]]:
    """Give a function that checks a table against a server's answers, and asserts that it asked twice at most."""

    def run(name: str, answer: Lists, **seen: ListReply) -> list[Finding]:
        def answered(arrived: Arrived) -> Answer:
            parts = urlsplit(arrived.path)
            return answer(arrived, {key: values[-1] for key, values in parse_qs(parts.query).items()})

        server = servers(answered)
        procore = connect_to(server.url)
        check = TableCheck(Inquiry(procore), procore.tables, (1234, ""), (4711, ""))
        check.seen.update(seen)
        found = [*check.look(CATALOG.find(name)), *together(check.seen, CATALOG)]
        assert len(server.arrived) <= 2 and {one.method for one in server.arrived} <= {"GET"}
        assert all(one.subject in (name, "Total", "Link", "Percentages") for one in found)
        assert not any(one.verdict == "fails" and not one.advice for one in found)
        return found

    return run


RFIS = CATALOG.find("rfis")
Look = Callable[..., list[Finding]]


def oddities(findings: Sequence[Finding]) -> set[str]:
    return {one.oddity for one in findings} - {""}


def test_a_list_that_is_as_described_holds(look: Look) -> None:
    findings = look("rfis", pages(rows_of(RFIS)))
    assert {one.verdict for one in findings} == {"holds"} and not oddities(findings)
    assert "5 rows with 41 fields" in findings[0].found


def refusing(status: int, said: str, when: Callable[[dict[str, str]], bool], rows: Sequence[Any]) -> Lists:
    """Answer with a refusal where something is asked for, else with pages."""
    other = pages(rows)
    refusal = Answer(status, json.dumps({"errors": said}).encode())
    return lambda arrived, query: refusal if when(query) else other(arrived, query)


@pytest.mark.parametrize(
    ("status", "said", "oddity", "words"),
    [
        (400, "Invalid per_page of 1000, exceeding max per_page of 100", "page-size", "100 are the most"),
        (422, "per_page is too large", "page-size", "fewer are allowed"),
        (500, "Internal Server Error", "large-pages-fail", "HTTP 500"),
        (504, "", "large-pages-fail", "HTTP 504"),
    ],
)
def test_a_page_size_that_is_not_taken_is_told_without_fetching_it(
    look: Look, status: int, said: str, oddity: str, words: str
) -> None:
    findings = look("rfis", refusing(status, said, lambda query: int(query["per_page"]) > 100, rows_of(RFIS)))
    assert oddities(findings) == {oddity}
    assert any(words in one.found and one.verdict == "fails" for one in findings)


def test_a_refusal_of_a_page_beyond_the_end_says_nothing_of_sizes(look: Look) -> None:
    findings = look(
        "rfis", refusing(400, "page is out of range", lambda query: query["page"] != "1", rows_of(RFIS))
    )
    assert not oddities(findings) and {one.verdict for one in findings} == {"holds", "can't be told"}


def test_a_smaller_page_than_was_asked_for_is_told(look: Look) -> None:
    findings = look("rfis", pages(rows_of(RFIS), **{"Per-Page": "25"}))
    assert "Pages have 25 rows at most." in [one.found for one in findings]


def test_a_list_without_total_is_told_once_for_all(look: Look) -> None:
    findings = look("rfis", pages(rows_of(RFIS), Total=""))
    assert [one.subject for one in findings if one.oddity == "no-total"] == ["Total"]


def test_a_list_that_has_pages_although_it_is_said_to_come_whole(look: Look) -> None:
    spec = CATALOG.find("plan_revision_logs")
    assert spec.whole
    assert "paged-anyway" in oddities(look(spec.name, pages(rows_of(spec))))
    whole = Answer(body=json.dumps(rows_of(spec)).encode())
    assert not oddities(look(spec.name, lambda arrived, query: whole)) - {"no-total", "no-link"}


def test_a_list_that_comes_whole_although_it_is_said_to_have_pages(look: Look) -> None:
    whole = Answer(body=json.dumps(rows_of(RFIS, 9)).encode(), headers={"Total": "9"})
    findings = look("rfis", lambda arrived, query: whole)
    assert any("comes whole" in one.found and one.verdict == "fails" for one in findings)


def test_days_that_are_refused_are_asked_for_up_to_yesterday(look: Look) -> None:
    spec, said = CATALOG.find("manpower_logs"), "The End Date parameter cannot exceed the current day."
    last = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=12)).date()
    lists = refusing(400, said, lambda query: query["end_date"] >= last.isoformat(), rows_of(spec))
    findings = look(spec.name, lists)
    assert oddities(findings) == {"end-date"}
    assert any("5 rows" in one.found for one in findings)


@pytest.mark.parametrize(
    "name",
    [name for name, spec in CATALOG.tables.items() if any(one.when == "gone" for one in spec.alternates)],
)
@pytest.mark.parametrize("status", [404, 410])
def test_an_address_that_is_gone_is_told_with_the_other_one(look: Look, name: str, status: int) -> None:
    spec = CATALOG.find(name)
    own = spec.path.partition("{")[0]
    rows = json.dumps([{"id": 1}]).encode()

    def answer(arrived: Arrived, query: dict[str, str]) -> Answer:
        return Answer(status) if arrived.path.startswith(own) else Answer(body=rows)

    findings = look(name, answer)
    assert oddities(findings) == {"version-gone"} and spec.alternates[0].path in findings[0].found


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refused_table_says_nothing_against_the_catalog(look: Look, status: int) -> None:
    (finding,) = look("rfis", lambda arrived, query: Answer(status, b'{"errors": "no access"}'))
    assert finding.verdict == "can't be told" and "no access" in finding.found


def test_an_empty_financial_list_may_be_a_missing_permission(look: Look) -> None:
    findings = look("prime_contracts", pages([]))
    assert oddities(findings) == {"no-permission"} and findings[0].verdict == "can't be told"
    assert not oddities(look("rfis", pages([])))


def test_another_envelope_is_told(look: Look) -> None:
    def answer(arrived: Arrived, query: dict[str, str]) -> Answer:
        inner = pages(rows_of(RFIS))(arrived, query)
        return Answer(body=b'{"data": ' + inner.body + b"}", headers=inner.headers)

    findings = look("rfis", answer)
    assert 'The rows come as a list under "data".' in [one.found for one in findings]


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b'{"error": "no"}', b"", b"12"])
def test_what_is_no_list_is_told(look: Look, body: bytes) -> None:
    findings = look("rfis", lambda arrived, query: Answer(body=body))
    assert [one.verdict for one in findings] == ["fails"]


def test_a_nested_list_is_asked_below_a_row_that_was_seen(look: Look) -> None:
    spec = CATALOG.find("rfi_replies")
    (finding,) = look(spec.name, pages(rows_of(spec)))
    assert finding.verdict == "can't be told" and "rfis" in finding.found
    parents = ListReply(200, rows=[{"id": 5}], envelope="a bare list")
    assert look(spec.name, pages(rows_of(spec)), rfis=parents)[0].verdict == "holds"


# Columns: rows made of what is declared, changed in known places

SCALARS = {
    name: spec
    for name, spec in CATALOG.tables.items()
    if "extended" not in spec.views and sum(kind in VALUES for kind in spec.columns.values()) > 4
}
RETYPED = {"int": "x-4", "id": "x", "bool": "perhaps", "date": "soon", "timestamp": "once", "money": "much", "decimal": "some", "float": "many"}  # fmt: skip


@settings(max_examples=2000 if SOAK else 40)
@given(data=st.data())
def test_fields_that_are_missing_unknown_or_of_another_type_are_told(data: st.DataObject) -> None:
    spec = SCALARS[data.draw(st.sampled_from(sorted(SCALARS)))]
    own = [name for name, kind in spec.columns.items() if kind in VALUES]
    gone = data.draw(st.sets(st.sampled_from(own), max_size=3))
    new = data.draw(st.sets(st.from_regex(r"zz_[a-z]{1,8}", fullmatch=True), max_size=3))
    can = [name for name in own if name not in gone and spec.columns[name] in RETYPED]
    odd = data.draw(st.sets(st.sampled_from(can), max_size=3)) if can else set()
    row = {name: value for name, value in row_of(spec).items() if name not in gone}
    row |= dict.fromkeys(new, 5) | {name: RETYPED[spec.columns[name]] for name in odd}
    raw = json.dumps(row).encode()
    findings = [
        *table_columns(spec, ListReply(200, rows=[row], raw=[raw], envelope="a bare list"), CATALOG.records)
    ]
    missing = [one for one in findings if one.oddity in ("missing-fields", "renamed-fields")]
    assert bool(missing) is bool(gone) and all(name in missing[0].found for name in gone)
    assert {name for one in findings if "more" in one.found for name in one.facts.get("columns", {})} == new
    retyped = [one for one in findings if one.oddity == "other-types"]
    assert bool(retyped) is bool(odd)
    assert all(f"{name} is text" in retyped[0].found for name in odd)
    assert all(
        bool(gone) and bool(new) for one in findings if one.oddity == "renamed-fields"
    )  # an integer for an integer


def test_columns_of_a_view_are_told_by_their_number() -> None:
    spec = CATALOG.find("budget_detail_rows")
    row = {
        **row_of(spec),
        "Committed Costs": "1.00",
        "Wild Hare Contingency": "2.00",
        "quantity": "200.000000000000",
    }
    reply = ListReply(200, rows=[row], raw=[json.dumps(row).encode()], envelope="a bare list")
    findings = [*table_columns(spec, reply, CATALOG.records)]
    assert oddities(findings) == {"view-columns", "long-quantities"}
    assert all("Wild Hare" not in one.told for one in findings)
