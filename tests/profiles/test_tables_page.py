"""The pages about the tables say what the catalog says, and what they tell people to write works."""

from __future__ import annotations

import ast
import datetime
import decimal
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from procore_jupyter import Procore, connect, profiles
from procore_jupyter.errors import ProcoreIncompleteWarning
from procore_jupyter.profiles.built_in_tables import GROUPS
from procore_jupyter.tables.arrow.types import of_kind
from procore_jupyter.tables.definitions import toml as specs
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.definitions.evidence import SEEN
from procore_jupyter.tables.definitions.spec import KINDS as SPEC_KINDS
from procore_jupyter.tables.frames.frames import to_pandas
from procore_jupyter.tables.parameters.selection import Selection, selection_of
from tests.session.conftest import Answer, Server
from tools.tables_page import (
    DOCS,
    EVIDENCE,
    FILTER_KEYS,
    KEYS,
    KINDS,
    NESTED,
    OWN,
    OWN_CALL,
    SOURCES,
    anchor,
    example,
    main,
    pages,
)

PAGES = pages()
INDEX = PAGES[DOCS / "tables.md"]
GROUP_PAGES = {group: PAGES[DOCS / "tables" / f"{group}.md"] for group in GROUPS}
CATALOG = Catalog(profiles.load("Procore")[0])
SCALARS = {
    "id": 17,
    "text": "A-101",
    "date": datetime.date(2026, 11, 25),
    "timestamp": datetime.datetime(2026, 11, 25, 17, tzinfo=datetime.UTC),
    "money": decimal.Decimal("1234.5"),
    "decimal": decimal.Decimal("7.25"),
    "quantity": decimal.Decimal("200.000000000001"),
    "percent": decimal.Decimal("9.28"),
    "int": 3,
    "float": 0.5,
    "bool": True,
}


def blocks(text: str) -> list[str]:
    """Return the Python of a page."""
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def selections(code: str, catalog: Catalog) -> Iterator[Selection]:
    """Give what each call of `procore.table` means, which asks nobody."""
    for call in ast.walk(ast.parse(code)):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "procore.table":
            [name] = map(ast.literal_eval, call.args)
            given: dict[str, Any] = {str(one.arg): ast.literal_eval(one.value) for one in call.keywords}
            yield selection_of(catalog.find(name), given, today=datetime.date(2026, 11, 25))


def sections(text: str) -> dict[str, str]:
    """Return a page's tables by name."""
    _, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    return dict(part.split("\n", 1) for part in parts)


def rows(text: str, head: str) -> list[list[str]]:
    """Return the cells of the table below a head."""
    _, _, below = text.partition(f"| {head} |\n")
    assert below, head
    lines = below.partition("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


# ------------------------------------------------------------------------------- as they are drawn


def test_they_stand_as_they_are_drawn_now() -> None:
    for page, text in PAGES.items():
        assert page.read_text(encoding="utf-8") == text, f"run  python -m tools.tables_page: {page.name}"
    assert main(["--check"]) == 0


def test_a_page_that_is_not_as_drawn_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tools.tables_page.DOCS", tmp_path)
    monkeypatch.setattr("tools.tables_page.ROOT", tmp_path)
    assert main(["--check"]) == 1
    assert "tables.md is not as it would be drawn" in capsys.readouterr().out
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "gone.md").write_text("")
    assert main([]) == 0 and main(["--check"]) == 0
    assert not (tmp_path / "tables" / "gone.md").exists()
    (tmp_path / "tables" / "core.md").write_text("changed by hand")
    assert main(["--check"]) == 1


# ------------------------------------------------------------------------------- what they say


def test_every_table_is_described_once_and_listed_once() -> None:
    described = [
        name
        for text in PAGES.values()
        for name in re.findall(r"^## ([a-z0-9_]+)$", text, re.MULTILINE)
        if name in CATALOG.tables
    ]
    assert sorted(described) == sorted(CATALOG.tables)
    listed = re.findall(r"^\| \[`(\w+)`\]", INDEX, re.MULTILINE)
    assert sorted(listed) == sorted(CATALOG.tables)


@pytest.mark.parametrize("group", GROUPS)
def test_a_table_is_told_of_with_all_its_columns_and_conditions(group: str) -> None:
    for name, text in sections(GROUP_PAGES[group]).items():
        spec = CATALOG.tables[name]
        assert [cells[0].strip("`") for cells in rows(text, "column | holds")] == [*spec.columns]
        sure: dict[str, str] = {}
        if "| condition |" in text:
            found = rows(text, "condition | takes | [sure?](../tables.md#when-a-condition-is-sure)")
            sure = {cells[0].strip("`"): cells[2] for cells in found}
        more = {*([spec.view_param] if spec.views else []), *(["sort"] if spec.sort else [])}
        assert {*sure} == {*spec.filters} | more
        assert {one for one, cell in sure.items() if cell} == {
            one for one, told in spec.filters.items() if told.sound
        }
        assert f"`GET {spec.path}`" in text
        assert all(f"It needs `{one}`" in text for one in spec.required)
        assert (f"{spec.largest_page:,} rows a page" if spec.paged else "All rows at once") in text


def test_nobody_is_told_that_logs_are_of_today_alone() -> None:
    """The API's answer without dates is; the table is not."""
    for text in GROUP_PAGES.values():
        for name, section in sections(text).items():
            assert ("All days up to today come, unless" in section) == bool(CATALOG.tables[name].dates)
            assert "today alone" not in section


def test_every_record_is_told_of_with_all_its_fields() -> None:
    page = PAGES[DOCS / "tables" / "records.md"]
    told = dict(re.findall(r"^### (\w+)\n\n(.+)$", page, re.MULTILINE))
    assert {name: re.findall(r"`(\w+)`", fields) for name, fields in told.items()} == {
        name: [*fields] for name, fields in CATALOG.records.items()
    }


def test_every_source_is_explained_and_counted() -> None:
    sources = [spec.source for spec in CATALOG.tables.values()]
    told = {cells[0]: int(cells[2]) for cells in rows(INDEX, "facts from | what that is | tables")}
    assert told == Counter(one.described for one in sources) and told.keys() == SOURCES.keys()
    seen = {cells[0]: int(cells[2]) for cells in rows(INDEX, "seen | what that means | tables")}
    assert seen == Counter(SEEN[one.seen] for one in sources) and {*EVIDENCE} == {*SEEN}


def test_every_table_says_how_sure_it_is_where_it_is_listed_and_where_it_is_told_of() -> None:
    told = dict(re.findall(r"^\| \[`(\w+)`\].*\| ([^|]*) \|$", INDEX, re.MULTILINE))
    assert told == {name: spec.source.evidence for name, spec in CATALOG.tables.items()}
    for text in GROUP_PAGES.values():
        for name, section in sections(text).items():
            spec = CATALOG.tables[name]
            assert f"[{spec.source}](../tables.md#how-sure-the-facts-are)" in section
            assert ("An empty answer may also mean" in section) == spec.hides
            assert all(f"`GET {one.path}`" in section for one in spec.alternates)


def test_every_kind_is_explained() -> None:
    assert {*KINDS} == {*SPEC_KINDS, "custom_fields"}
    assert {*KINDS} == {*SCALARS, *NESTED}
    assert len({kind.words for kind in KINDS.values()}) == len(KINDS)


@pytest.mark.parametrize("kind", SCALARS)
@pytest.mark.parametrize("missing", [False, True])
def test_pandas_has_the_dtype_that_is_told(kind: str, missing: bool) -> None:
    value = SCALARS[kind]
    column = pa.array([value, None if missing else value], of_kind(kind, {}))
    found = str(to_pandas(pa.table({"column": column}))["column"].dtype)
    assert found in re.findall(r"`([^`]+)`", KINDS[kind].pandas)


def test_all_that_may_be_said_of_an_own_table_is_told() -> None:
    assert {*KEYS} == {*specs._KEYS}
    assert {*FILTER_KEYS} == {*specs._FILTER_KEYS}


def test_the_condition_that_shows_what_sure_means_is_sure() -> None:
    assert '`status="open"` brings every RFI' in INDEX
    found = CATALOG.tables["rfis"].filters["status"]
    assert found.sound and "open" in found.choices


# ------------------------------------------------------------------------------- what they tell people to write


@pytest.mark.parametrize("name", CATALOG.tables)
def test_the_call_that_asks_for_a_table_works(name: str) -> None:
    [selection] = selections(example(CATALOG.tables[name]), CATALOG)
    assert selection.spec is CATALOG.tables[name]
    [text] = [found[name] for found in map(sections, GROUP_PAGES.values()) if name in found]
    assert blocks(text) == [f"{example(selection.spec)}\n"]


def test_the_code_of_the_introduction_runs(procore: Procore) -> None:
    found = blocks(INDEX)
    assert len([*selections("".join(found), CATALOG)]) == "".join(found).count("procore.table(") > 5
    names: dict[str, Any] = {"procore": procore}
    for code in found:
        for line in code.splitlines():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ProcoreIncompleteWarning)  # Depot North's tool is off
                exec(line, names)
                if re.match(r"procore\.table|rfis +#", line):  # the notebook draws what stands alone
                    table = eval(line, names)
                    assert "text/html" in table._repr_mimebundle_()


# ------------------------------------------------------------------------------- a person's own table


@pytest.fixture
def site(tmp_path: Path) -> Path:
    file = tmp_path / "site.toml"
    file.write_text(OWN, encoding="utf-8")
    return file


def test_the_profile_that_is_shown_adds_a_table_to_the_others(site: Path) -> None:
    catalog = Catalog(profiles.load(str(site))[0])
    assert {*catalog.tables} - {*CATALOG.tables} == {"site_equipment"}
    assert {*CATALOG.tables} < {*catalog.tables}
    page = PAGES[DOCS / "tables" / "own_tables.md"]
    assert f"```toml\n{OWN}```" in page and f"```python\n{OWN_CALL}\n```" in page
    [selection] = selections(OWN_CALL, catalog)
    assert ("filters[ownership]", "Rented") in selection.query


def test_the_table_that_is_shown_is_a_list_of_the_api_with_these_conditions(site: Path) -> None:
    own = Catalog(profiles.load(str(site))[0]).find("site_equipment")
    [known] = [spec for spec in CATALOG.probable.values() if spec.path == own.path]
    assert own.scope == known.scope and own.required == known.required
    for name, one in own.filters.items():
        there = known.filters[name]
        assert (one.param, one.kind, one.several, one.range, one.choices) == (
            there.param, there.kind, there.several, there.range, there.choices,
        )  # fmt: skip


def test_the_table_that_is_shown_reads_a_list_with_the_types_that_it_says(site: Path) -> None:
    server = Server(
        lambda request: Answer(
            body=b'[{"id": 5, "name": "Crane", "ownership": "Rented", "year": 2019, "color": "red",'
            b' "updated_at": "2026-11-25T10:00:00-05:00", "managed_equipment_type": {"id": 1, "name": "Tower"}}]',
            headers={"Total": "1"},
        )
    )
    try:
        text = f"Profile={site};AuthScheme=NONE;LoginURL={server.url};APIURL={server.url};CompanyId=1234"
        with connect(text) as procore:
            table = procore.table("site_equipment", project_id=4711, ownership="Rented").to_arrow()
    finally:
        server.stop()
    [request] = [one for one in server.arrived if "projects?" not in one.path]
    assert request.path.startswith("/rest/v1.0/projects/4711/managed_equipment?")
    assert "filters%5Bownership%5D=Rented" in request.path
    [row] = table.to_pylist()
    assert row["updated_at"] == datetime.datetime(2026, 11, 25, 15, tzinfo=datetime.UTC)
    assert (row["project_id"], row["year"], row["color"]) == (4711, 2019, "red")
    assert row["managed_equipment_type"] == {"id": 1, "name": "Tower"}
    assert row["serial_number"] is None


# ------------------------------------------------------------------------------- Markdown


def test_links_lead_somewhere() -> None:
    headings = {
        page: [anchor(head) for head in re.findall(r"^#+ (.+)$", text, re.MULTILINE)]
        for page, text in PAGES.items()
    }
    for page, found in headings.items():
        assert len({*found}) == len(found), page.name
    followed = 0
    for page, text in PAGES.items():
        for link in re.findall(r"\]\(([^)]+)\)", text):
            file, _, where = link.partition("#")
            there = (page.parent / file).resolve() if file else page
            assert there in PAGES or (there.is_file() and not where), (page.name, link)
            assert not where or where in headings[there], (page.name, link)
            followed += 1
    assert followed > 2 * len(CATALOG.tables)


def test_a_heading_is_led_to_as_github_does() -> None:
    assert anchor("Core: companies, projects, people") == "core-companies-projects-people"
    assert anchor("rfi_replies") == "rfi_replies"
    assert anchor("… of a condition") == "-of-a-condition"


def test_the_index_leads_to_every_page_and_every_page_back() -> None:
    for page, text in PAGES.items():
        if page.parent == DOCS:
            continue
        assert f"](tables/{page.name}" in INDEX
        assert "](../tables.md)" in text


def test_each_row_of_a_table_has_the_columns_of_its_head() -> None:
    for page, text in PAGES.items():
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            assert len({line.count("|") for line in block.splitlines()}) == 1, (page.name, block[:200])
