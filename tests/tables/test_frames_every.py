"""The data frame of every table of the catalog, with what analysts do to it."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pandas
import pytest

from procore_jupyter import Procore
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.company.records import Site
from tests.connecting import signed_in
from tests.demo.listing import BUILDERS, HARBOR_TOWER
from tests.soak import some_of
from tests.tables.test_every_table import CATALOG, asked

FEW = 40
"""Rows of each table; types don't depend on how many there are."""


@pytest.fixture(scope="module")
def world(company: DemoProcore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Procore, Site]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        site = company._records_in_force().site(HARBOR_TOWER)
        assert site is not None
        yield signed_in(company, CompanyId=str(BUILDERS)), site


@pytest.mark.parametrize("name", some_of(CATALOG.tables, 20, "frames"))
def test_what_analysts_do_works_with_every_column(world: tuple[Procore, Site], name: str) -> None:
    procore, site = world
    given, _ = asked(CATALOG.tables[name], site)
    rows = procore.table(name, **given).head(FEW)
    frame = rows.to_pandas()
    count, columns = len(frame), [*frame.columns]
    assert count == min(len(rows), FEW) > 0 and len({*columns}) == len(columns)
    assert not any(isinstance(cell, dict) for column in columns for cell in frame[column])

    counts = frame.notna().sum()
    assert (frame.describe(include="all").loc["count"] == counts).all()
    distinct = frame.nunique()
    assert ((distinct > 0) == (counts > 0)).all() and (distinct <= counts).all()
    assert len(pandas.concat([frame, frame]).drop_duplicates()) == len(frame.drop_duplicates()) > 0
    for column in columns:
        sizes = frame.groupby(column, dropna=False).size()
        assert sizes.sum() == count and len(sizes) == distinct[column] + (counts[column] < count)
    few, many = distinct.idxmin(), distinct.idxmax()
    pivoted = frame.assign(rows=1).pivot_table(index=many, values="rows", aggfunc="sum")
    assert pivoted["rows"].sum() == counts[many]
    numbered = frame.assign(row=range(count))
    assert len(numbered.merge(frame.assign(row=range(count)), on=[many, few, "row"])) == count

    file = io.BytesIO()
    frame.to_parquet(file)
    again = pandas.read_parquet(file)
    assert [*again.columns] == columns and [*map(str, again.dtypes)] == [*map(str, frame.dtypes)]
    assert (again.notna().sum() == counts).all()

    book = io.BytesIO()
    rows.to_pandas(tz=None).to_excel(book, index=False)  # Excel knows no zones
    assert pandas.read_excel(book).shape == frame.shape


def test_polars_has_the_same_columns(world: tuple[Procore, Site]) -> None:
    procore, site = world
    rows = procore.table("rfis", **asked(CATALOG.tables["rfis"], site)[0]).head(FEW)
    assert rows.to_polars().columns == [*rows.to_pandas().columns]
    assert rows.to_polars(flatten=False).columns == rows.columns
