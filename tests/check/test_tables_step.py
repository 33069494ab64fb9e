"""The tables of the catalog, each asked twice at most, once the person has agreed."""

from __future__ import annotations

from collections import Counter

import pytest

from procore_jupyter import TableNotFound, cli, profiles
from procore_jupyter.check.checkup import with_parents
from procore_jupyter.connection import terminal
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.tables.definitions.catalog import Catalog
from tests.check.conftest import checkup_of
from tests.connecting import signed_in, text_for

COMPANY = {"CompanyId": "1234"}
CATALOG = Catalog(profiles.load("Procore")[0])


def asked(demo: DemoProcore) -> Counter[str]:
    """Return how often each list of the API was asked with a sign-in."""
    return Counter(one.path for one in demo.requests if "authorization" in one.headers)


def test_every_table_is_asked_twice_at_most_and_holds_at_the_demo(unlimited: DemoProcore) -> None:
    signed_in(unlimited, **COMPANY)
    checkup = checkup_of(text_for(unlimited, **COMPANY), tables=[])
    assert len(checkup.specs) == 96
    assert checkup.plan == "" and [*checkup.first()] and "96 tables" in checkup.plan
    assert "at most 192 requests" in checkup.plan
    unlimited._stage.requests.clear()
    lines = [*checkup.tables()]
    assert sum(asked(unlimited).values()) <= 192
    # Documents and folders are two tables of one list.
    assert all(count <= (4 if "documents" in path else 2) for path, count in asked(unlimited).items())
    assert {line.finding.subject for line in lines} >= {*CATALOG.tables}
    assert [line.finding for line in lines if line.finding.verdict == "fails"] == []
    assert (
        max(int(one.query.get("per_page", 0)) for one in unlimited.requests if one.query.get("page") == "1")
        == 5
    )


def test_a_table_comes_after_those_whose_rows_it_needs() -> None:
    names = [spec.name for spec in with_parents(CATALOG, ["change_order_requests", "rfi_replies", "rfis"])]
    assert names == ["prime_contracts", "commitments", "change_order_requests", "rfis", "rfi_replies"]
    with pytest.raises(TableNotFound, match="Did you mean"):
        with_parents(CATALOG, ["rfis", "rifs"])


def test_nothing_is_asked_before_the_person_agrees(
    demo: DemoProcore, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(demo, **COMPANY)
    text = text_for(demo, **COMPANY)

    def run(*more: str) -> tuple[int, str, str, int]:
        demo._stage.requests.clear()
        code = cli.main(["check", text, "--tables", "rfi_replies", *more])
        seen = capsys.readouterr()
        replies = sum(count for path, count in asked(demo).items() if "/replies" in path)
        return code, seen.out, seen.err, replies

    monkeypatch.setattr(terminal, "is_there", lambda: False)
    code, out, err, replies = run()
    assert code == 1 and replies == 0 and "2 tables, at most 5 rows each" in err and "--yes" in err
    code, out, _, replies = run("--yes")
    assert code == 0 and 0 < replies <= 2 and "rfi_replies" in out
    monkeypatch.setattr(terminal, "is_there", lambda: True)
    for answer, made in (("", False), ("n", False), ("Yes", True), ("y", True)):
        monkeypatch.setattr("builtins.input", lambda prompt, answer=answer: answer)
        code, _, err, replies = run()
        assert bool(replies) is made and "at most 4 requests" in err and code == (0 if made else 1)


def test_what_ends_the_check_of_one_table_ends_it_for_all(unlimited: DemoProcore) -> None:
    signed_in(unlimited, **COMPANY)
    checkup = checkup_of(text_for(unlimited, **COMPANY), tables=["rfis", "submittals", "meetings"])
    assert [*checkup.first()]
    unlimited.answer_next("*/submittals", drop=True, times=9)
    lines = [*checkup.tables()]
    assert "2 tables were not requested" in next(
        one.finding.advice for one in lines if one.finding.subject == "submittals"
    )
    assert "meetings" not in {one.finding.subject for one in lines}


def test_tools_are_told_where_no_table_is_asked_for(unlimited: DemoProcore) -> None:
    signed_in(unlimited, **COMPANY)
    checkup = checkup_of(text_for(unlimited, ProjectId="4712", **COMPANY))
    (tools,) = [line.finding for line in checkup.first() if line.finding.subject == "Tools"]
    assert tools.found == "20 of 21 answer. Not: RFIs." and tools.verdict == "can't be told"
