"""What a profile may say of a table, and what it is told where it says it wrongly."""

from __future__ import annotations

from typing import Any

import pytest

from procore_jupyter.tables.definitions.spec import Filter, TableSpec
from procore_jupyter.tables.definitions.toml import SpecError, probable_spec, records_from, spec_from

RECORDS = {"person": {"id": "id"}}
PATH = "/rest/v1.0/projects/{project_id}/things"


def spec(**described: Any) -> TableSpec:
    return spec_from("things", {"path": PATH, **described}, RECORDS)


def wrong(name: str = "things", /, **described: Any) -> str:
    with pytest.raises(SpecError) as caught:
        spec_from(name, {"path": PATH, **described}, RECORDS)
    return str(caught.value)


def test_a_path_is_enough() -> None:
    assert spec() == TableSpec("things", PATH, "project", title="things")
    assert spec().key == "id" and spec().paged and spec().shape == "array" and spec().largest_page == 2000


@pytest.mark.parametrize(
    ("path", "scope", "query", "parents"),
    [
        ("/rest/v1.0/things", "global", (), {}),
        ("/rest/v1.0/companies/{company_id}/things", "company", (), {}),
        ("/rest/v1.0/projects/{project_id}/things", "project", (), {}),
        ("/rest/v2.0/companies/{company_id}/projects/{project_id}/things", "project", (), {}),
        ("/rest/v1.0/things/{thing_id}/parts", "global", (), {"thing_id": ""}),
    ],
)
def test_a_path_tells_its_scope_and_its_parents(
    path: str, scope: str, query: tuple[str, ...], parents: dict[str, str]
) -> None:
    found = spec_from("things", {"path": path}, {})
    assert (found.scope, found.query, found.parents) == (scope, query, parents)


def test_what_the_path_does_not_hold_goes_into_the_query() -> None:
    assert spec(path="/rest/v1.0/things", scope="project").query == ("project_id",)
    assert spec(path="/rest/v1.0/things", scope="company").query == ("company_id",)
    assert spec(
        path="/rest/v1.0/things", scope="project", query_scope=["company_id", "project_id"]
    ).query == ("company_id", "project_id")
    assert spec(path="/rest/v1.0/things", scope="project", query_scope=[]).query == ()
    assert spec(required=["kind"]).query == ("kind",)
    assert spec(required=["kind"]).required == ("kind",)


def test_version_2_has_an_envelope_and_smaller_pages() -> None:
    newer = spec(path="/rest/v2.1/projects/{project_id}/things")
    assert newer.shape == "data" and newer.largest_page == 100
    assert spec(path="/rest/v2.0/things", shape="array", largest_page=50).largest_page == 50


def test_the_key_is_the_id_where_there_is_one() -> None:
    assert spec().key == spec(columns={"id": "id"}).key == "id"
    assert spec(columns={"name": "text"}).key == ""
    assert spec(columns={"name": "text"}, key="name").key == "name"


def test_what_may_be_given_is_told_what_is_needed_first() -> None:
    found = spec(
        path="/rest/v1.0/projects/{project_id}/sets/{set_id}/things",
        required=["kind"],
        parents={"owner_id": "users.id"},
        filters={"status": "text"},
        views=["normal", "extended"],
        view_param="serializer_view",
        sort="sort",
        dates=True,
    )
    assert found.required == ("owner_id", "set_id", "kind")
    assert found.parameters == (
        *("owner_id", "set_id", "kind", "project_id", "company_id"),
        *("log_date", "start_date", "end_date", "status", "serializer_view", "sort"),
    )


@pytest.mark.parametrize(
    ("described", "found"),
    [
        ("id", Filter("x", "filters[x]", "id", column="x")),
        ({"kind": "id", "several": True}, Filter("x", "filters[x]", "id", several=True, column="x")),
        (
            {"param": "x", "choices": ["a", 1], "sound": True},
            Filter("x", "x", "text", choices=("a", 1), column="x", sound=True),
        ),
        (
            {"kind": "timestamp", "range": True, "column": "y"},
            Filter("x", "filters[x]", "timestamp", range=True, column="y"),
        ),
    ],
)
def test_a_condition_says_how_it_is_asked(described: object, found: Filter) -> None:
    assert spec(filters={"x": described}).filters == {"x": found}


@pytest.mark.parametrize(
    ("described", "words"),
    [
        ({"colums": {}}, "'colums' in [tables.things] means nothing: did you mean columns?"),
        ({"columns": {"a": "texts"}}, "a in [tables.things] has no such kind: 'texts': did you mean text?"),
        ({"columns": {"a": "[persn]"}}, "did you mean person?"),
        ({"columns": {"a": 7}}, "a in [tables.things] has no such kind: 7"),
        ({"columns": {"a": "[[id]]"}}, "has no such kind"),
        ({"columns": {"a": "[custom_fields]"}}, "has no such kind"),
        ({"columns": ["id"]}, "columns in [tables.things] has to be a table"),
        ({"path": "rest/v1.0/things"}, "path in [tables.things] has to be a path"),
        ({"path": "https://evil.test/things"}, "has to be a path"),
        ({"path": "//evil.test/things"}, "has to be a path"),
        ({"path": "/rest/../things"}, "has to be a path"),
        ({"path": "/rest/things?x=1"}, "has to be a path"),
        ({"path": 7}, "path in [tables.things] has to be a text"),
        ({"scope": "galaxy"}, "scope in [tables.things] has to be one of global, company, project"),
        ({"shape": "round"}, "shape in [tables.things] has to be one of array, data"),
        ({"paging": "cursor"}, "paging in [tables.things] has to be one of page, none"),
        ({"largest_page": 0}, "largest_page in [tables.things] has to be a number of rows"),
        ({"largest_page": True}, "has to be a number of rows"),
        ({"largest_page": "100"}, "has to be a number of rows"),
        ({"largest_page": 10**6}, "has to be a number of rows"),
        ({"dates": "yes"}, "dates in [tables.things] has to be true or false"),
        ({"show": "id"}, "show in [tables.things] has to be a list of texts"),
        (
            {"columns": {"id": "id"}, "show": ["name"]},
            "show in [tables.things] names 'name', which is no column",
        ),
        ({"title": "\x1b[31m"}, "title in [tables.things] has to be a text"),
        ({"note": "x" * 501}, "note in [tables.things] has to be a text"),
        (
            {"filters": {"x": {"kind": "colour"}}},
            "kind in filters.x in [tables.things] has to be one of id, int",
        ),
        ({"filters": {"x": {"many": True}}}, "'many' in filters.x in [tables.things] means nothing"),
        ({"filters": {"x": {"choices": "a"}}}, "choices in filters.x in [tables.things] has to be a list"),
        (
            {"filters": {"x": {"several": 1}}},
            "several in filters.x in [tables.things] has to be true or false",
        ),
        ({"filters": {"x": 7}}, "filters.x in [tables.things] has to be a table"),
        ({"parents": "rfi_id"}, "parents in [tables.things] has to be a table"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(described: dict[str, Any], words: str) -> None:
    assert words in wrong(**described)


@pytest.mark.parametrize(
    "name", ["Things", "1things", "things-2", "", "x" * 90, "things\n", "thíngs", "_things"]
)
def test_a_tables_name_is_one_of_sqls(name: str) -> None:
    assert "a table's name is made of small letters, digits and _" in wrong(name)


def test_a_table_is_a_table() -> None:
    with pytest.raises(SpecError, match=r"\[tables.things\] has to be a table"):
        spec_from("things", "rfis", {})
    with pytest.raises(SpecError, match="path"):
        spec_from("things", {}, {})


def test_records_may_hold_one_another() -> None:
    found = records_from({"line": {"by": "person", "ids": "[id]"}, "person": {"id": "id"}})
    assert found == {"line": {"by": "person", "ids": "[id]"}, "person": {"id": "id"}}
    with pytest.raises(
        SpecError, match=r"by in \[records.line\] has no such kind: 'persn': did you mean person"
    ):
        records_from({"line": {"by": "persn"}, "person": {"id": "id"}})


@pytest.mark.parametrize(
    "records",
    [
        {"a": {"a": "a"}},
        {"a": {"list": "[a]"}},
        {"a": {"b": "b"}, "b": {"a": "[a]"}},
    ],
)
def test_a_record_that_holds_itself_is_refused(records: dict[str, dict[str, str]]) -> None:
    with pytest.raises(SpecError, match="holds itself"):
        records_from(records)


def test_a_line_of_the_long_tail_is_a_probable_table() -> None:
    found = probable_spec(
        {
            "name": "parts",
            "path": "/rest/v2.0/companies/{company_id}/things/{thing_id}/parts",
            "scope": "company",
            "title": "List parts",
            "paging": "page",
            "per_page": [10, 50],
            "required": ["kind"],
            "parents": ["thing_id"],
            "filters": {
                "id": "[id]",
                "made_at": "timestamp...",
                "status": {"kind": "[text]", "choices": ["a", "b"], "param": "status[]"},
            },
            "shape": "data",
        }
    )
    assert found.probable and found.columns == {} and found.largest_page == 50 and found.shape == "data"
    assert (
        found.required == ("thing_id", "kind")
        and found.query == ("kind",)
        and found.parents == {"thing_id": ""}
    )
    assert found.filters == {
        "id": Filter("id", "filters[id]", "id", several=True, column="id"),
        "made_at": Filter("made_at", "filters[made_at]", "timestamp", range=True, column="made_at"),
        "status": Filter("status", "status[]", "text", several=True, choices=("a", "b"), column="status"),
    }
    assert not any(one.sound for one in found.filters.values())


def test_a_list_that_is_never_asked_for_by_page_is_known_by_its_line() -> None:
    line = {"name": "a", "path": "/rest/v1.0/a", "scope": "global", "title": "A"}
    assert [probable_spec({**line, "paging": one}).paged for one in ("page", "limit", "none")] == [
        True,
        True,
        False,
    ]
