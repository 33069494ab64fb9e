"""The lists that nobody has gone over: each can be found, says what it needs, and is read in the form that it is said to have."""

from __future__ import annotations

import ast
import datetime
import json
import os
import random
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from procore_jupyter import Procore, profiles
from procore_jupyter.errors import ConfigurationError, ParameterError
from procore_jupyter.profiles import built_in_tables
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.definitions.description import example
from procore_jupyter.tables.definitions.spec import KINDS, SHAPES, TableSpec
from procore_jupyter.tables.parameters.selection import selection_of
from tests.session.conftest import Answer, Arrived, Server
from tests.soak import SOAK

SEED = int(os.environ.get("PROCORE_SEED", "0"))
CATALOG = Catalog(profiles.load("Procore")[0])
PROBABLE = [*CATALOG.probable.values()]
TODAY = datetime.date(2026, 11, 23)
COMPANY, PROJECT, OTHER = 1234, 4711, 99


def sampled(specs: Sequence[TableSpec]) -> list[TableSpec]:
    """Return a tenth of the tables of each shape, at least two; all of them where all is to be proved."""
    if SOAK:
        return [*specs]
    chance = random.Random(SEED)
    by_shape: dict[str, list[TableSpec]] = {}
    for spec in specs:
        by_shape.setdefault(spec.shape, []).append(spec)
    return [
        one
        for some in by_shape.values()
        for one in chance.sample(some, min(len(some), max(2, len(some) // 10)))
    ]


# All of them


def test_how_a_table_is_asked_for_is_python() -> None:
    """Some lists need ``filters[...]``, which is no name of an argument."""
    shown = {spec.name: example(spec) for spec in [*CATALOG.search(), *PROBABLE]}
    for name, call in shown.items():
        found = ast.parse(call.replace("…", "1"), mode="eval").body
        assert isinstance(found, ast.Call) and ast.unparse(found.args[0]) == repr(name)
    assert any("**{" in call for call in shown.values())


# Each of them


def test_every_list_of_the_file_is_a_table() -> None:
    paths = {str(line["path"]) for line in built_in_tables.long_tail()}
    by_hand = {spec.path for spec in CATALOG.tables.values()}
    assert paths == {spec.path for spec in PROBABLE} | (paths & by_hand)
    assert len(PROBABLE) > 600


def test_every_table_is_well_formed() -> None:
    for spec in PROBABLE:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", spec.name), spec.name
        assert spec.path.startswith("/rest/v") and spec.scope in ("global", "company", "project"), spec.name
        assert spec.shape in SHAPES and 1 <= spec.largest_page <= 10_000, spec.name
        assert spec.title.isprintable() and 3 <= len(spec.title) <= 200, spec.name
        assert not spec.list_key or spec.shape in ("object_with_list", "groups", "data_object", "unknown"), (
            spec.name
        )
        assert {*spec.in_path} <= {*spec.parents, "company_id", "project_id"}, spec.name
        for one in spec.filters.values():
            assert one.kind in KINDS and not one.sound and not (one.several and one.range), (spec.name, one)


def test_every_table_is_found_by_name_and_leads_back_from_its_address() -> None:
    for spec in PROBABLE:
        assert CATALOG.find(spec.name) is spec
        held = {name: str(number) for number, name in enumerate(spec.in_path, 100)}
        found = CATALOG.at(spec.path.format_map(held))
        assert found is not None
        assert found[0].path == spec.path and found[1] == held


def test_a_list_that_is_called_as_a_table_made_by_hand_and_is_another_has_a_name_of_its_own() -> None:
    names = {
        str(line["name"]) for line in built_in_tables.long_tail() if CATALOG.tables.get(line["name"], None)
    }
    others = [
        line
        for line in built_in_tables.long_tail()
        if line["name"] in names and line["path"] != CATALOG.tables[line["name"]].path
    ]
    assert [spec.name for spec in PROBABLE if spec.path in {line["path"] for line in others}] == [
        "wbs_codes_2"
    ]


def test_how_to_give_a_parameter_that_is_no_name_of_pythons_is_told() -> None:
    spec = next(spec for spec in PROBABLE if any(not name.isidentifier() for name in spec.required))
    name = next(name for name in spec.required if not name.isidentifier())
    given = {one: value for one, value in needed(spec).items() if one != name}
    with pytest.raises(
        ConfigurationError, match=re.escape(f"procore.table({spec.name!r}, **{{{name!r}: …}})")
    ):
        selection_of(spec, given, today=TODAY)
    assert (name, "5") in selection_of(spec, {**given, name: 5}, today=TODAY).query


def needed(spec: TableSpec) -> dict[str, Any]:
    """Return values for all that a table can't do without."""
    given: dict[str, Any] = dict.fromkeys(spec.required, OTHER)
    return given | ({"project_id": PROJECT} if spec.scope == "project" else {})


def test_each_parameter_that_is_required_is_asked_for_by_name() -> None:
    for spec in PROBABLE:
        selection_of(spec, needed(spec), today=TODAY)
        for name in spec.required:
            given = {one: value for one, value in needed(spec).items() if one != name}
            with pytest.raises(ConfigurationError, match=re.escape(f"{spec.name} needs {name}:")):
                selection_of(spec, given, today=TODAY)


def test_each_condition_can_be_sent() -> None:
    samples = {
        "id": 5,
        "int": 5,
        "float": 1.5,
        "bool": True,
        "text": "x",
        "date": TODAY,
        "timestamp": TODAY,
        "money": "1.50",
        "decimal": 2,
    }
    for spec in PROBABLE:
        for one in spec.filters.values():
            if one.name in spec.required:
                continue  # two things of one name: the one that is needed has it
            value = one.choices[0] if one.choices else samples.get(one.kind, "x")
            given = {
                **needed(spec),
                one.name: (value, None) if one.range else [value] if one.several else value,
            }
            query = selection_of(spec, given, today=TODAY).query
            assert [name for name, _ in query if name.removesuffix("[]") == one.param.removesuffix("[]")], (
                spec.name,
                one,
            )


# A tenth of them, opened

ROWS = [
    {"id": 562949953421312 + number, "name": f"row {number}", "made_at": "2026-11-23T17:04:05Z"}
    for number in range(150)
]


class Lists:
    """A server on which every address is a list of the form that a table is said to have."""

    def __init__(self, spec: TableSpec) -> None:
        self.spec = spec
        self.asked: list[tuple[str, dict[str, list[str]]]] = []

    def __call__(self, request: Arrived) -> Answer:
        """Answer one request."""
        parts = urlsplit(request.path)
        query = parse_qs(parts.query)
        self.asked.append((parts.path, query))
        spec = self.spec
        if spec.shape in ("object", "data_object") and not spec.list_key:
            one: Any = ROWS[0]
            return Answer(body=json.dumps({"data": one} if spec.shape == "data_object" else one).encode())
        size, page = int(query.get("per_page", ["20"])[0]), int(query.get("page", ["1"])[0])
        rows: list[Any] = [row["id"] for row in ROWS] if "values" in spec.shape else [*ROWS]
        part = rows[(page - 1) * size : page * size] if spec.paged else rows
        headers = {"Total": str(len(rows)), "Per-Page": str(size)} if spec.paged else {}
        return Answer(body=json.dumps(self._formed(part)).encode(), headers=headers)

    def _formed(self, rows: list[Any]) -> Any:
        spec = self.spec
        if spec.shape == "groups":
            return [{"group_title": title, spec.list_key: rows[at::2]} for at, title in enumerate(("a", "b"))]
        found: Any = rows
        keys = (
            spec.list_key.split(".")
            if spec.list_key
            else ["data"]
            if spec.shape in ("data", "data_values")
            else []
        )
        for key in reversed(keys):
            found = {key: found}
        return found


@pytest.mark.parametrize("spec", sampled(PROBABLE), ids=lambda spec: spec.name)
def test_a_list_is_read_in_the_form_that_it_is_said_to_have(
    spec: TableSpec, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    lists = Lists(spec)
    table = connect_to(servers(lists).url).table(spec.name, **needed(spec)).fetch()
    if spec.shape in ("object", "data_object") and not spec.list_key:
        assert len(table) == 1 and table[0]["name"] == "row 0"
        return
    rows = table.to_arrow()
    column = "value" if "values" in spec.shape else "id"
    assert sorted(rows[column].to_pylist()) == [row["id"] for row in ROWS]
    assert table.incomplete == []
    if spec.shape == "groups":
        assert {*rows["group_title"].to_pylist()} == {"a", "b"}
    for path, query in lists.asked:
        held = {"company_id": COMPANY, "project_id": PROJECT, **dict.fromkeys(spec.parents, OTHER)}
        assert path == spec.path.format_map({name: str(value) for name, value in held.items()})
        for name in spec.query:
            assert query[name] == [str(held.get(name, OTHER))]
        assert ("per_page" in query) is spec.paged


def test_every_shape_is_among_those_that_are_opened() -> None:
    assert {spec.shape for spec in sampled(PROBABLE)} == {spec.shape for spec in PROBABLE}
    assert len(sampled(PROBABLE)) >= len(PROBABLE) // 11


def test_a_list_that_has_a_limit_alone_is_not_taken_for_whole(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    """Two lists know no pages, but give so many rows: what can't be read further is told of."""
    limited = [str(line["name"]) for line in built_in_tables.long_tail() if line["paging"] == "limit"]
    assert limited
    for name in limited:
        spec = CATALOG.find(name)
        server = servers(lambda request: Answer(body=json.dumps({"data": ROWS[:100]}).encode()))
        table = connect_to(server.url).table(name, **needed(spec))
        with pytest.warns(match="there may be more"):
            table.fetch()
        assert len(table) == 100 and table.incomplete


# Any list, by its address alone


@pytest.mark.parametrize(
    "body",
    [
        ROWS[:3],
        {"data": ROWS[:3]},
    ],
)
def test_a_list_that_nobody_knows_is_read_by_its_address(
    body: Any, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    server = servers(lambda request: Answer(body=json.dumps(body).encode()))
    table = connect_to(server.url).get_all("/rest/v9.0/nobody/knows", a="b", flag=True, many=[1, 2]).fetch()
    assert table.name == "knows" and [row["id"] for row in table] == [row["id"] for row in ROWS[:3]]
    assert str(table.to_arrow().schema.field("made_at").type) == "timestamp[us, tz=UTC]"
    query = parse_qs(urlsplit(server.arrived[0].path).query)
    assert (query["a"], query["flag"], query["many"]) == (["b"], ["true"], ["1", "2"])


def test_bare_values_among_rows_of_an_unknown_list_are_kept_in_a_column(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    body = [*ROWS[:250], None, 7, "text", [1], *ROWS[:1]]
    server = servers(
        lambda request: Answer(body=json.dumps(body).encode(), headers={"Total": str(len(body))})
    )
    found = connect_to(server.url).get_all("/rest/v9.0/odd").fetch()
    assert {row["value"] for row in found} == {None, "7", "text", "[1]"}
    assert {row["id"] for row in found} - {None} == {row["id"] for row in ROWS}


@pytest.mark.parametrize(
    "path", ["https://evil.test/x", "//evil.test/x", "/rest/../x", "/rest/x?a=b", "/rest/x#y", "/rest/{id}/x"]
)
def test_what_is_no_path_is_refused(
    path: str, connect_to: Callable[..., Procore], servers: Callable[..., Server]
) -> None:
    server = servers()
    procore = connect_to(server.url)
    if path.startswith("//"):
        procore.get_all(path)  # an address on the API's own host, like any other
        return
    with pytest.raises(ParameterError, match="get_all needs the path of a list"):
        procore.get_all(path)
    assert server.arrived == []
