"""A table is described with the values that its filters take and the fields of its records."""

from __future__ import annotations

import html
import re

import pytest

from procore_jupyter.tables.definitions.catalog import built_in
from procore_jupyter.tables.definitions.description import described, described_html
from procore_jupyter.tables.definitions.spec import Filter, TableSpec

CATALOG = built_in()


def lines_of(name: str) -> list[str]:
    return described(CATALOG.find(name), CATALOG.records, []).splitlines()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("rfis", "  Endpoint   GET /rest/v1.0/projects/{project_id}/rfis"),
        ("rfis", "  Page size  1,000 rows a page"),
        ("rfis", '    project_id  a number or a name, several, "all active", "all" (also: project)'),
        ("users", "    company_id  a number or a name (also: company)"),
        ("rfis", "    status  open, closed, draft"),
        ("rfis", "    id  an id, or several"),
        ("rfis", "    created_at  from and to: two times"),
        ("rfis", "    number  a whole number"),
        ("rfis", '    sort  a column; "-" before it for descending order'),
        ("rfi_replies", '    rfi_id  an id of rfis, several, or "all"'),
        ("manpower_logs", "    log_date  a day"),
        ("coordination_issues", "    priority  low, medium, high, critical; or several"),
        ("observations", "    status  0, 1, 2, 3; or several"),
        ("rfis", "    assignee  person"),
        ("rfis", "    person  id, login, name"),
        ("submittals", "    named  id, name"),
    ],
)
def test_what_is_known_stands_on_its_line(name: str, line: str) -> None:
    squeezed = [re.sub(r"(?<=\S) {2,}", "  ", one) for one in lines_of(name)]
    assert re.sub(r"(?<=\S) {2,}", "  ", line) in squeezed


def test_every_table_tells_all_its_parameters_columns_and_records() -> None:
    for spec in (*CATALOG.tables.values(), *CATALOG.probable.values()):
        told = {line.split()[0] for line in lines_of(spec.name) if line.startswith("    ")}
        assert {*spec.parameters, *spec.columns} <= told, spec.name
        kinds = {kind.strip("[]") for kind in spec.columns.values()}
        assert {kind for kind in kinds if kind in CATALOG.records} <= told, spec.name


def test_a_drawing_says_what_the_text_says() -> None:
    for spec in CATALOG.tables.values():
        drawn = html.unescape(re.sub(r"<[^>]*>", " ", described_html(spec, CATALOG.records, ["others"])))
        words = {*re.sub(r"\s+", " ", described(spec, CATALOG.records, ["others"])).split()}
        assert words - {"Columns:"} <= {*drawn.split()}, spec.name


def test_nothing_of_a_persons_own_table_is_taken_for_html() -> None:
    spec = TableSpec(
        "mine",
        "/rest/<i>",
        "global",
        title="<b>",
        note="<script>",
        columns={"<u>": "text"},
        filters={"x": Filter("x", "x", choices=("<s>",))},
    )
    drawn = described_html(spec, {}, ["<a>"])
    assert re.findall(r"<(?:i|b|script|u|s|a)>", drawn) == [] and "&lt;script&gt;" in drawn
