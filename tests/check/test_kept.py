"""What a check found is kept as TOML, and counts from then on; labels that an administrator saved are read by others."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from procore_jupyter import ConfigurationError, cli, profiles
from procore_jupyter.connection.paths import described
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.oddities import named
from procore_jupyter.demo.parameters import DemoParameters
from procore_jupyter.profiles.kept_facts import facts_path, keep_facts, kept_facts
from procore_jupyter.profiles.kept_labels import keep_labels, kept_labels, label_paths
from procore_jupyter.tables.definitions.catalog import Catalog
from tests.check.conftest import checkup_of
from tests.connecting import signed_in, text_for

COMPANY = {"CompanyId": "1234"}
HOST = "api.procore.test:8443"


def test_facts_count_before_what_is_built_in_and_are_gone_with_the_file() -> None:
    profile, _ = profiles.load("Procore")
    facts: dict[str, dict[str, Any]] = {
        "rfis": {
            "largest_page": 100,
            "columns": {"severity": "text", "private": "text"},
            "filters": {"status": {"sound": False}},
        },
        "no_such_table": {"largest_page": 5},
    }
    path = keep_facts(HOST, facts)
    keep_facts(HOST, {"rfis": {"columns": {"weather": "int"}}})
    before, after = Catalog(profile).find("rfis"), Catalog(profile, kept_facts(HOST)).find("rfis")
    assert after.largest_page == 100 and before.largest_page == 1000
    assert after.columns == {**before.columns, "private": "text", "severity": "text", "weather": "int"}
    assert before.filters["status"].sound and not after.filters["status"].sound
    assert (
        after.filters["status"].param == before.filters["status"].param
        and after.filters["id"] == before.filters["id"]
    )
    assert not kept_facts("api.procore.com") and path.stat().st_mode & 0o077 == 0
    assert any(str(path) in line for line in described())
    path.unlink()
    assert Catalog(profile, kept_facts(HOST)).find("rfis") == before


@pytest.mark.parametrize("content", [b"[tables", b"tables = 4", b"[tables]\nrfis = 4", b"\xff\xfe"])
def test_facts_that_cannot_be_read_are_told_with_the_file(content: bytes) -> None:
    keep_facts(HOST, {"rfis": {"largest_page": 100}})
    path = facts_path(HOST)
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="Delete it") as told:
        kept_facts(HOST)
    assert str(path) in str(told.value)


def test_what_the_check_found_is_used_by_the_next_session(unlimited: DemoProcore) -> None:
    signed_in(unlimited, **COMPANY)
    unlimited.parameters = DemoParameters(
        hourly_limit=None, spike_limit=None, odd=named("page-size,renamed-fields")
    )
    text = text_for(unlimited, **COMPANY)
    assert cli.main(["check", text, "--tables", "rfis", "--yes", "--keep"]) == 1
    procore = signed_in(unlimited, **COMPANY)
    spec = procore.tables.catalog.find("rfis")
    assert spec.largest_page == 100 and spec.columns["last_updated_at"] == "timestamp"
    unlimited._stage.requests.clear()
    table = procore.table("rfis", project_id=4711).fetch()
    assert str(table.schema.field("last_updated_at").type).startswith("timestamp")
    assert {one.status for one in unlimited.requests if one.path.endswith("/rfis")} == {200}
    checkup = checkup_of(text, ["rfis"])
    lines = [*checkup.first(), *checkup.tables()]
    assert not [line for line in lines if line.finding.oddity == "page-size"]


# Labels


def labels_of(demo: DemoProcore) -> set[str]:
    """Return the names of the custom fields of projects, as a table has them."""
    row = next(iter(signed_in(demo, **COMPANY).table("projects").to_arrow()["custom_fields"].to_pylist()))
    return {*row}


def test_labels_that_an_administrator_saved_are_read_where_procore_refuses_them(
    unlimited: DemoProcore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    signed_in(unlimited, **COMPANY)
    right = labels_of(unlimited)
    file = tmp_path / "for all.toml"
    assert cli.main(["check", text_for(unlimited, **COMPANY), "--keep-labels", str(file)]) == 0
    assert str(file) in capsys.readouterr().out and tomllib.loads(file.read_text())["labels"]
    unlimited.parameters = DemoParameters(hourly_limit=None, spike_limit=None, odd=named("no-labels"))
    refused = labels_of(unlimited)
    assert all(one.startswith("custom_field_") for one in refused) and not refused & right
    (own, *_) = label_paths()
    own.write_bytes(file.read_bytes())
    assert labels_of(unlimited) == right
    assert any(str(own) in line for line in described())


def test_an_administrators_own_file_is_read_without_being_copied(unlimited: DemoProcore) -> None:
    signed_in(unlimited, **COMPANY)
    right = labels_of(unlimited)
    assert cli.main(["check", text_for(unlimited, **COMPANY), "--keep-labels"]) == 0
    unlimited.parameters = DemoParameters(hourly_limit=None, spike_limit=None, odd=named("no-labels"))
    assert labels_of(unlimited) == right


def test_labels_of_other_companies_and_hosts_stay() -> None:
    keep_labels(HOST, 1, {17: "Risk"})
    keep_labels(HOST, 2, {17: 'A "quoted" 名'})
    keep_labels("elsewhere", 1, {18: "Cost"})
    keep_labels(HOST, 1, {19: "Phase"})
    assert kept_labels(HOST, 1) == {19: "Phase"} and kept_labels(HOST, 2) == {17: 'A "quoted" 名'}
    assert kept_labels("elsewhere", 1) == {18: "Cost"} and kept_labels("elsewhere", 3) == {}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "labels = 3",
        '[labels]\nhost = "x"',
        "[labels.h.1]\nx = 'y'",
        "[labels.h.1]\n1 = 2",
        "[labels.h.x]\n1 = '2'",
        "[broken",
    ],
)
def test_a_damaged_file_of_labels_is_told(content: str) -> None:
    (own, *_) = label_paths()
    own.parent.mkdir(parents=True)
    own.write_text(content)
    with pytest.raises(ConfigurationError, match=r"labels\.toml"):
        kept_labels("h", 1)


def test_labels_that_may_not_be_read_are_not_saved(
    unlimited: DemoProcore, capsys: pytest.CaptureFixture[str]
) -> None:
    signed_in(unlimited, **COMPANY)
    unlimited.parameters = DemoParameters(hourly_limit=None, spike_limit=None, odd=named("no-labels"))
    assert cli.main(["check", text_for(unlimited, **COMPANY), "--keep-labels"]) == 1
    assert "permission" in capsys.readouterr().err and not [one for one in label_paths() if one.exists()]
