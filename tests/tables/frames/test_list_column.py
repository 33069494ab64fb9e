"""Lists in a data frame: Python's lists to look at, and values that pandas can tell apart."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas
import pyarrow as pa
import pytest

from procore_jupyter.tables.frames.frames import to_pandas

NAMES = [["Dana", "Lee"], None, [], ["Dana", "Lee"], ["Ines"]]
PEOPLE = [[{"id": 1, "name": "Dana"}], None, [], [{"id": 1, "name": "Dana"}], [{"id": None, "name": "Lee"}]]


def frame() -> Any:
    parts = [pa.table({"key": [1, 1], "names": NAMES[:2], "to": PEOPLE[:2]})]
    parts.append(pa.table({"key": [2, 2, 3], "names": NAMES[2:], "to": PEOPLE[2:]}, parts[0].schema))
    return to_pandas(pa.concat_tables(parts)).drop(columns="to.name")


def test_a_cell_is_a_list() -> None:
    found = frame()
    assert [*found["names"]] == found["names"].tolist() == NAMES and [*found["to"]] == PEOPLE
    assert found.at[0, "to"] == [{"id": 1, "name": "Dana"}] and isinstance(found["to"].iloc[0], list)
    assert found["names"].isna().tolist() == [False, True, False, False, False]
    assert found["names"].astype(object).tolist() == NAMES


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (lambda one: one.iloc[1:3], NAMES[1:3]),
        (lambda one: one.iloc[::-2], NAMES[::-2]),
        (lambda one: one.iloc[3:1], []),
        (lambda one: one.iloc[[-1, 0]], [NAMES[-1], NAMES[0]]),
        (lambda one: one[one.notna()], [one for one in NAMES if one is not None]),
        (lambda one: one.reindex([4, 9]), [NAMES[4], None]),
        (lambda one: pandas.concat([one, one.iloc[:1]]), [*NAMES, NAMES[0]]),
        (lambda one: one.shift(), [None, *NAMES[:-1]]),
        (lambda one: one.drop_duplicates(), NAMES[:3] + NAMES[4:]),
        (lambda one: pickle.loads(pickle.dumps(one)), NAMES),
    ],
)
def test_parts_of_a_column_are_columns_of_lists(of: Callable[[Any], Any], expected: list[Any]) -> None:
    found = of(frame()["names"])
    assert found.tolist() == expected and found.dtype == frame()["names"].dtype


@pytest.mark.parametrize("name", ["names", "to"])
def test_lists_that_say_the_same_are_one_value(name: str) -> None:
    found = frame()
    assert found[name].nunique() == 3 and len(found[name].unique()) == 4
    assert found[name].duplicated().tolist() == [False, False, False, True, False]
    assert found[name].duplicated(keep=False).tolist() == [True, False, False, True, False]
    assert (
        found[name].value_counts().tolist() == [2, 1, 1] and found[name].value_counts(dropna=False).sum() == 5
    )
    assert found.groupby(name, dropna=False)["key"].sum().sum() == 9
    assert found.groupby("key")[name].nunique().tolist() == [1, 2, 1]
    assert found.describe(include="all").loc["unique", name] == 3
    assert (found[name] == found[name]).tolist() == [True, False, True, True, True]
    assert found.equals(found.copy()) and not found.equals(found.iloc[::-1])


def test_what_works_with_lists_in_pandas_works() -> None:
    found = frame()
    assert found["names"].str.join(", ").tolist()[0] == "Dana, Lee"
    assert found["names"].str.len().tolist()[2:] == [0, 2, 1] and found["names"].str[0].iloc[4] == "Ines"
    assert found["names"].map(", ".join, na_action="ignore").iloc[0] == "Dana, Lee"
    firsts = found["names"].map(lambda names: names[:1], na_action="ignore")
    assert firsts.tolist() == [["Dana"], None, [], ["Dana"], ["Ines"]]
    exploded = found.explode("names")
    assert exploded["key"].tolist() == [1, 1, 1, 2, 2, 2, 3]
    assert exploded["names"].dropna().tolist() == ["Dana", "Lee", "Dana", "Lee", "Ines"]
    assert exploded["to"].tolist() == [PEOPLE[place] for place in (0, 0, 1, 2, 3, 3, 4)]
    assert found.explode("to")["to"].dropna().tolist() == [PEOPLE[0][0], PEOPLE[0][0], PEOPLE[4][0]]  # type: ignore[index]
    assert found.sort_values("names")["key"].tolist()[-1] == 1  # missing ones last, as everywhere
    with pytest.raises(AttributeError, match="has no attribute 'unknown'"):
        found["names"].array.unknown  # noqa: B018


def test_cells_can_be_set_to_lists_alone() -> None:
    found = frame()
    found.at[1, "names"] = ["Noor"]
    found.loc[found["key"] == 2, "names"] = None
    assert found["names"].tolist() == [NAMES[0], ["Noor"], None, None, NAMES[4]]
    with pytest.raises(TypeError, match="A column of lists must contain lists, not int"):
        found["names"].array[0] = 5
    with pytest.raises(TypeError, match="The column's lists have another type"):
        found["names"].array[0] = [{"id": 5}]
    assert found["names"].iloc[0] == NAMES[0] and frame()["names"].tolist() == NAMES


def test_lists_of_different_records_are_put_below_each_other() -> None:
    other = to_pandas(pa.table({"key": [9], "names": [[1]], "to": [[{"id": 2, "email": "x@y.example"}]]}))
    both = pandas.concat([frame(), other], ignore_index=True)
    assert both["to"].iloc[5] == [{"id": 2, "name": None, "email": "x@y.example"}]
    assert both["to"].nunique() == 4
    assert both["names"].tolist() == [*NAMES, [1]]  # texts and numbers stay what they are


def test_a_file_of_it_is_read_by_whoever_has_pandas() -> None:
    file = io.BytesIO()
    frame().to_parquet(file)
    found = pandas.read_parquet(file)
    assert [None if one is None else [*one] for one in found["names"]] == NAMES
    assert found["to"].iloc[0][0]["name"] == "Dana"
    assert b"procore" not in file.getvalue() and b"ListDtype" not in file.getvalue()
    assert (
        frame().to_csv(index=False).splitlines()[1]
        == """1,"['Dana', 'Lee']","[{'id': 1, 'name': 'Dana'}]\""""
    )
    assert '"names":{"0":["Dana","Lee"]' in frame().to_json()


def test_a_column_says_what_it_holds() -> None:
    column = frame()["names"].array
    assert str(column.dtype) == "object" and column.dtype != "object"
    assert column.nbytes > 0 and np.asarray(column).shape == (5,)
    assert pa.array(column).to_pylist() == NAMES
