"""What a profile may say of a table, and what it is told where it says it wrongly."""

from __future__ import annotations

from typing import Any

import pytest

from procore_jupyter.tables.definitions.spec import Filter, Overlap, TableSpec, usual_largest
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
    assert spec().key == "id" and spec().paged and spec().shape == "array" and spec().largest_page == 1000


@pytest.mark.parametrize(
    ("path", "scope", "query", "parents"),
    [
        ("/rest/v1.0/things", "global", (), {}),
        ("/rest/v1.0/companies/{company_id}/things", "company", (), {}),
        ("/rest/v1.0/projects/{project_id}/things", "project", (), {}),
        ("/rest/v2.0/companies/{company_id}/projects/{project_id}/things", "project", (), {}),
        ("/rest/v1.0/things/{thing_id}/parts", "global", (), {"thing_id": ()}),
    ],
)
def test_a_path_tells_its_scope_and_its_parents(
    path: str, scope: str, query: tuple[str, ...], parents: dict[str, tuple[str, ...]]
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


@pytest.mark.parametrize(
    ("path", "largest"),
    [
        ("/rest/v1.0/things", 1000),
        ("/rest/v1.0/companies/{company_id}/things", 1000),
        ("/rest/v1.1/projects/{project_id}/things/parts", 1000),
        ("/rest/v1.0/projects/4711/things", 1000),
        ("/rest/v1.0/things/{thing_id}/parts", 100),
        ("/rest/v1.0/projects/{project_id}/things/{thing_id}/parts", 100),
        ("/rest/v1.0/projects/4711/things/12/parts", 100),
        ("/rest/v1.0/prime_contracts/12/line_items", 100),
        ("/rest/v2.0/companies/{company_id}/projects/{project_id}/things", 100),
        ("/rest/v2.1/things", 100),
    ],
)
def test_how_many_rows_a_page_a_list_is_asked_for_depends_on_its_address(path: str, largest: int) -> None:
    assert usual_largest(path) == largest
    found = spec_from("things", {"path": path}, {})
    assert (found.largest_page, found.limited) == (largest, largest < 1000)


def test_a_person_may_ask_for_larger_pages_where_no_limit_is_known() -> None:
    told = (None, 50, 1000, 2000)
    assert [spec().page_size(one) for one in told] == [1000, 50, 1000, 2000]
    assert [spec(largest_page=300).page_size(one) for one in told] == [300, 50, 300, 300]
    nested = spec(path="/rest/v1.0/things/{thing_id}/parts")
    assert [nested.page_size(one) for one in told] == [100, 50, 100, 100]


def test_a_source_says_what_was_seen_where_and_when() -> None:
    source = {
        "described": "SDK 2024",
        "seen": "rows",
        "place": "production",
        "when": "2026-08",
        "weight": "high",
    }
    assert str(spec(source=source).source) == "rows seen in production, 2026-08 · described by SDK 2024"
    fields = {"seen": "fields", "place": "sandbox", "when": "2026", "weight": "medium"}
    assert str(spec(source=fields).source) == "some fields seen in sandbox, 2026 (fairly sure)"
    assert (
        str(spec(source={"described": "SDK 2024"}).source) == "documented, not seen · described by SDK 2024"
    )
    assert str(spec(source="my own notes").source) == "my own notes"
    assert str(spec().source) == ""


def test_a_parent_may_be_a_row_of_one_table_or_of_several() -> None:
    found = spec(parents={"a_id": "as.id", "b_id": ["bs.id", "cs.id"]})
    assert found.parents == {"a_id": ("as.id",), "b_id": ("bs.id", "cs.id")}


def test_parents_that_show_the_same_again_may_be_left_out_and_have_names() -> None:
    found = spec(parents={"a_id": {"of": "as.id", "called": "title", "repeats": "amounts"}, "b_id": "bs.id"})
    assert found.parents == {"a_id": ("as.id",), "b_id": ("bs.id",)}
    assert found.overlaps == {"a_id": Overlap("title", "amounts")}
    assert found.required == ("b_id",)
    assert {"a_id", "b_id"} <= {*found.parameters} and {"a_id", "b_id"} <= {*found.place_columns}


@pytest.mark.parametrize(
    ("parent", "message"),
    [
        (
            {"of": "as.id", "called": "title"},
            r"repeats in parents\.a_id in \[tables\.things\] must be a text",
        ),
        ({"of": "as.id", "named": "title"}, r"'named' in parents\.a_id in \[tables\.things\] means nothing"),
        (
            {"called": "title", "repeats": "amounts"},
            r"of in parents\.a_id in \[tables\.things\] must be a text",
        ),
        (7, r"of in parents\.a_id in \[tables\.things\] must be a text"),
    ],
)
def test_a_parent_that_is_described_wrongly_is_refused(parent: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        spec(parents={"a_id": parent})


def test_another_address_of_a_list_is_kept_with_what_it_takes() -> None:
    newer = {"path": "/rest/v2.0/companies/{company_id}/things"}
    below = {
        "path": "/rest/v1.0/wholes/{whole_id}/things", "when": "empty", "query_scope": ["project_id"],
        "parents": {"whole_id": "wholes.id"}, "takes": ["status"],
    }  # fmt: skip
    one, other = spec(alternates=[newer, below]).alternates
    assert (one.path, one.when, one.shape, one.parents) == (newer["path"], "gone", "data", {})
    assert (other.when, other.shape, other.query) == ("empty", "array", ("project_id",))
    assert other.parents == {"whole_id": ("wholes.id",)} and (one.takes, other.takes) == ((), ("status",))


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
        ({"columns": ["id"]}, "columns in [tables.things] must be a table"),
        ({"path": "rest/v1.0/things"}, "path in [tables.things] must be a path"),
        ({"path": "https://evil.test/things"}, "must be a path"),
        ({"path": "//evil.test/things"}, "must be a path"),
        ({"path": "/rest/../things"}, "must be a path"),
        ({"path": "/rest/things?x=1"}, "must be a path"),
        ({"path": 7}, "path in [tables.things] must be a text"),
        ({"scope": "galaxy"}, "scope in [tables.things] must be one of global, company, project"),
        ({"shape": "round"}, "shape in [tables.things] must be one of array, data"),
        ({"paging": "cursor"}, "paging in [tables.things] must be one of page, none"),
        ({"largest_page": 0}, "largest_page in [tables.things] must be a number of rows"),
        ({"largest_page": True}, "must be a number of rows"),
        ({"largest_page": "100"}, "must be a number of rows"),
        ({"largest_page": 10**6}, "must be a number of rows"),
        ({"dates": "yes"}, "dates in [tables.things] must be true, false or some of log_date, start_date"),
        ({"dates": ["today"]}, "dates in [tables.things] must be true, false or some of log_date"),
        ({"source": {"seen": "often"}}, "seen in source in [tables.things] must be one of rows, fields"),
        ({"source": {"by": "me"}}, "'by' in source in [tables.things] means nothing"),
        ({"source": 7}, "source in [tables.things] must be a table"),
        ({"parents": {"a_id": ["b.id", 7]}}, "a_id in [tables.things] must be a list of texts"),
        ({"alternates": "/rest/x"}, "alternates in [tables.things] must be a list of tables"),
        ({"alternates": [{"path": "x"}]}, "path in alternates in [tables.things] must be a path"),
        (
            {"alternates": [{"path": "/rest/v2.0/x", "when": "often"}]},
            "when in alternates in [tables.things] must be",
        ),
        ({"hides": 1}, "hides in [tables.things] must be true or false"),
        ({"show": "id"}, "show in [tables.things] must be a list of texts"),
        (
            {"columns": {"id": "id"}, "show": ["name"]},
            "show in [tables.things] names 'name', which is not a column",
        ),
        ({"title": "\x1b[31m"}, "title in [tables.things] must be a text"),
        ({"note": "x" * 501}, "note in [tables.things] must be a text"),
        (
            {"filters": {"x": {"kind": "colour"}}},
            "kind in filters.x in [tables.things] must be one of id, int",
        ),
        ({"filters": {"x": {"many": True}}}, "'many' in filters.x in [tables.things] means nothing"),
        ({"filters": {"x": {"choices": "a"}}}, "choices in filters.x in [tables.things] must be a list"),
        (
            {"filters": {"x": {"several": 1}}},
            "several in filters.x in [tables.things] must be true or false",
        ),
        ({"filters": {"x": 7}}, "filters.x in [tables.things] must be a table"),
        ({"parents": "rfi_id"}, "parents in [tables.things] must be a table"),
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
    with pytest.raises(SpecError, match=r"\[tables.things\] must be a table"):
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
    with pytest.raises(SpecError, match="contains itself"):
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
        and found.parents == {"thing_id": ()}
    )
    assert found.filters == {
        "id": Filter("id", "filters[id]", "id", several=True, column="id"),
        "made_at": Filter("made_at", "filters[made_at]", "timestamp", range=True, column="made_at"),
        "status": Filter("status", "status[]", "text", several=True, choices=("a", "b"), column="status"),
    }
    assert not any(one.sound for one in found.filters.values())


def test_a_list_that_is_never_asked_for_by_page_is_known_by_its_line() -> None:
    line = {"name": "a", "path": "/rest/v1.0/a", "scope": "global", "title": "A"}
    found = [probable_spec({**line, "paging": one}) for one in ("page", "limit", "none")]
    assert [one.paged for one in found] == [True, True, True]  # pages are asked for all the same
    assert [one.whole for one in found] == [False, False, True]
    record = probable_spec({**line, "paging": "none", "shape": "object"})
    assert not record.paged
