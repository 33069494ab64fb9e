"""Every table of the catalog, against the embedded Procore: all rows, each value as plain `requests` has it."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from procore_jupyter import Procore, profiles
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.endpoint import Endpoint
from procore_jupyter.demo.endpoints import ENDPOINTS
from procore_jupyter.tables.arrow.types import of_kind
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.definitions.spec import TableSpec
from tests.connecting import signed_in
from tests.demo.listing import BUILDERS, EVER, HARBOR_TOWER, Lists, parents

CATALOG = Catalog(profiles.load("Procore")[0])
SCALARS = ("id", "int", "float", "bool", "text", "money", "decimal", "date", "timestamp")


class World:
    """A demo, a session for it, and a client without any library."""

    def __init__(self, demo: DemoProcore) -> None:
        self.demo = demo
        self.procore: Procore = signed_in(demo, CompanyId=str(BUILDERS))
        self.lists = Lists(demo)
        assert self.procore._access is not None
        bearer = self.procore._access.current().access_token.reveal()  # the same person: who sees the same
        self.lists.browser.headers["Authorization"] = f"Bearer {bearer}"

    @property
    def site(self) -> Site:
        site = self.demo._records_in_force().site(HARBOR_TOWER)
        assert site is not None
        return site


@pytest.fixture(scope="module")
def world(company: DemoProcore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        yield World(company)


def endpoint_of(spec: TableSpec) -> Endpoint:
    return next(one for one in ENDPOINTS if one.path == spec.path)


def asked(spec: TableSpec, site: Site) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what to give to `Procore.table`, and the query and path values that mean the same to the API."""
    one = endpoint_of(spec)
    named: dict[str, Any] = {"company_id": BUILDERS, "project_id": HARBOR_TOWER}
    given: dict[str, Any] = {"project_id": HARBOR_TOWER} if spec.scope == "project" else {}
    if one.parent is not None:
        place = parents(one, site)[0]
        given[one.parent.name] = named[one.parent.name] = site.id(place.table, place.index)
    query = {name: value for name, value in named.items() if name in (*spec.query, *spec.parents)}
    query = {name: value for name, value in query.items() if name not in spec.in_path}
    query |= dict(spec.fixed) | (EVER if spec.dates else {})
    if spec.default_view:
        query[spec.view_param] = spec.default_view
    return given, {"path": spec.path.format(**named), "query": query}


def oracle(raw: Any, kind: str) -> Any:
    """Return a JSON value as what its kind says, by Python's own means."""
    if raw is None or (raw == "" and kind != "text"):
        return None
    if kind in ("id", "int"):
        return int(raw)
    if kind == "float":
        return float(raw)
    if kind in ("money", "decimal"):
        return decimal.Decimal(str(raw))
    if kind == "date":
        return datetime.date.fromisoformat(raw[:10])
    if kind == "timestamp":
        moment = datetime.datetime.fromisoformat(raw)
        return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).astimezone(datetime.UTC)
    # A phone's extension comes as a number, and is text all the same.
    return str(raw) if kind == "text" and type(raw) is int else raw


def plain(value: Any) -> Any:
    return value.astimezone(datetime.UTC) if isinstance(value, datetime.datetime) else value


@pytest.mark.parametrize("name", CATALOG.tables)
def test_all_its_rows_come_and_each_value_is_what_the_api_says(world: World, name: str) -> None:
    spec = CATALOG.tables[name]
    given, request = asked(spec, world.site)
    expected = world.lists.every(request["path"], request["query"])
    table = world.procore.table(name, **given).fetch()
    rows = table.to_arrow()
    assert len(table) == len(expected) > 0
    assert table.incomplete == []
    assert [note for note in table.notes if "here: some values" in note] == []
    for column, kind in spec.columns.items():
        assert column in rows.column_names, column
        wanted = of_kind(kind, CATALOG.records)
        if kind in SCALARS:
            assert rows[column].type.equals(wanted), (column, rows[column].type)
            found = [plain(value) for value in rows[column].to_pylist()]
            assert found == [oracle(row.get(column), kind) for row in expected], column
        elif not pa.types.is_null(wanted) and rows[column].null_count < len(rows):
            assert rows[column].type.id == wanted.id, (column, rows[column].type)
    schema = CATALOG.schema(spec)
    assert [one for one in rows.column_names if one in schema.names] == schema.names
    for column, found in zip(schema.names, schema.types, strict=True):
        assert pa.types.is_nested(rows[column].type) or rows[column].type.equals(found), column
    # What came unannounced is there as well.
    assert {one for row in expected for one in row} <= {*rows.column_names}
    if spec.key and spec.key in rows.column_names:
        keys = rows[spec.key].to_pylist()
        assert len({*keys}) == len(keys) and None not in keys
    if spec.scope != "global":
        assert {*rows["company_id"].to_pylist()} == {BUILDERS}
    if spec.scope == "project":
        assert {*rows["project_id"].to_pylist()} == {HARBOR_TOWER}


def test_the_demo_serves_every_table_of_the_catalog() -> None:
    assert {spec.path for spec in CATALOG.tables.values()} <= {one.path for one in ENDPOINTS}


def test_the_oracle_would_notice() -> None:
    assert oracle("12.50", "money") == decimal.Decimal("12.5") != oracle("12.51", "money")
    assert oracle("2026-01-02T03:04:05-07:00", "timestamp").hour == 10
    assert oracle("12", "id") == 12 and oracle("", "date") is None


@pytest.mark.parametrize("name", ["budget_detail_rows", "budget_summary_rows"])
def test_the_columns_of_a_budget_view_are_money(name: str, world: World) -> None:
    """They are the view's own: the catalog can't name them."""
    rows = world.procore.table(name, project_id=HARBOR_TOWER, budget_view_id="all").to_arrow()
    place = {"company_id", "project_id", "project_name", "budget_view_id"}
    own = {*rows.column_names} - {*CATALOG.find(name).columns, *place}
    assert "Revised Budget" in own
    assert {str(rows.schema.field(one).type) for one in own} == {"decimal128(18, 4)"}
