"""The hand-made tables and the generated long tail: do they hold together, and with each other?"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from procore_jupyter import profiles
from tools.long_tail import filter_of, long_tail, required_of

FOLDER = Path(profiles.__file__).resolve().parent
FILES = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in (FOLDER / "tables").glob("*.toml")
}
RECORDS: dict[str, dict[str, str]] = FILES["records"]["records"]
TABLES: dict[str, dict[str, Any]] = {
    name: table for content in FILES.values() for name, table in content.get("tables", {}).items()
}
HEAD, *LINES = [
    json.loads(line) for line in (FOLDER / "long_tail.jsonl").read_text(encoding="utf-8").splitlines()
]
BY_PATH: dict[str, dict[str, Any]] = {line["path"]: line for line in LINES}

NOT_DESCRIBED = {"meeting_items"}
"""Tables whose list the description doesn't have, though others have read it."""
DESCRIBED = {name: table for name, table in TABLES.items() if name not in NOT_DESCRIBED}

NAMES = {
    "core": """
        companies projects users project_users vendors project_vendors departments offices programs project_stages
        trades locations custom_field_definitions documents folders
    """,
    "project_management": """
        rfis rfi_replies submittals submittal_packages correspondence correspondence_types meetings meeting_items tasks
        schedule_tasks schedules schedule_activities drawing_areas drawings drawing_revisions drawing_sets
        specification_sections specification_divisions specification_section_revisions photos photo_albums
        coordination_issues forms
    """,
    "quality_safety": """
        punch_items observations inspections inspection_items incidents action_plans action_plan_items
    """,
    "field": """
        accident_logs call_logs daily_construction_report_logs delay_logs delivery_logs dumpster_logs
        equipment_logs inspection_logs manpower_logs notes_logs plan_revision_logs productivity_logs quantity_logs
        safety_violation_logs visitor_logs waste_logs weather_logs work_logs daily_log_counts daily_log_headers
        timecard_entries company_timecard_entries timesheets
    """,
    "financials": """
        commitments commitment_contracts purchase_orders purchase_order_line_items work_orders
        work_order_line_items prime_contracts prime_contract_line_items change_events change_order_packages
        change_order_requests potential_change_orders prime_change_orders commitment_change_orders rfqs
        requisitions payment_applications billing_periods budget_views budget_detail_rows budget_summary_rows
        budget_changes budget_modifications direct_costs direct_cost_line_items cost_codes wbs_codes tax_codes
    """,
    "records": "",
}
# What others saw differs from the description: `observed.jsonl` has the facts.
SEEN_OTHERWISE = {
    ("rfis", "status"): "filters[status][]",
    ("prime_change_orders", "paging"): "page",
    ("commitment_change_orders", "paging"): "page",
    ("specification_sections", "paging"): "page",
    ("daily_log_headers", "dates"): ["start_date", "end_date"],
    ("company_timecard_entries", "dates"): ["start_date", "end_date"],
    ("action_plan_items", "deprecated"): True,
}
# The description gives no answer for these lists, or others have seen another one.
OTHER_SHAPES = {
    "inspections": "groups",  # seen by others; plain rows are read too
    "meetings": "groups",  # what is said of `deleted_only`, and SDK 2024
    "prime_change_orders": "array",  # assumed
    "commitment_change_orders": "array",  # assumed
}
# fmt: off
PLAIN_KINDS = {
    "id", "int", "float", "bool", "text", "money", "decimal", "quantity", "percent", "date", "timestamp", "record", "list", "any",
    "custom_fields",
}
TABLE_KEYS = {
    "title", "path", "scope", "source", "key", "show", "note", "remark", "paging", "largest_page", "shape", "list_key",
    "required", "query_scope", "fixed", "views", "view_param", "default_view", "sort", "dates", "deprecated",
    "parents", "filters", "columns", "others", "hides", "alternates", "shared_key",
}
FILTER_KEYS = {"kind", "several", "range", "param", "column", "choices", "sound"}
# fmt: on
SCOPE_IDS = {"company_id", "project_id"}
SOURCES = {"OpenAPI 2026", "OpenAPI 2026, single record", "SDK 2024", "by analogy"}


def placeholders(table: dict[str, Any]) -> set[str]:
    return set(re.findall(r"{(\w+)}", table["path"]))


def filters(table: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = table.get("filters", {})
    return found


def is_version_2(table: dict[str, Any]) -> bool:
    return bool(table["path"].startswith("/rest/v2"))


def as_object(name: str, said: str | dict[str, Any]) -> dict[str, Any]:
    """A filter of the long tail in the form of the hand-made tables."""
    more = said if isinstance(said, dict) else {"kind": said}
    written: str = more["kind"]
    return {
        "kind": written.strip("[]."),
        "several": written.startswith("["),
        "range": written.endswith("..."),
        "param": more.get("param", f"filters[{name}]"),
        "choices": more.get("choices"),
    }


# ------------------------------------------------------------------------------- the hand-made tables alone


@pytest.mark.parametrize("file", NAMES)
def test_every_table_is_there_in_its_file_and_in_its_order(file: str) -> None:
    assert list(FILES[file].get("tables", {})) == NAMES[file].split()


def test_there_are_96_tables_in_no_other_file() -> None:
    assert len(TABLES) == 96
    assert set(FILES) == set(NAMES)


def test_titles_are_unique() -> None:
    titles = [table["title"] for table in TABLES.values()]
    assert sorted(titles) == sorted(set(titles))


def test_tables_and_filters_have_no_unknown_key() -> None:
    assert {key for table in TABLES.values() for key in table} <= TABLE_KEYS
    assert {key for table in TABLES.values() for one in filters(table).values() for key in one} <= FILTER_KEYS


def test_every_source_is_one_that_the_heads_of_the_files_explain() -> None:
    assert {table["source"]["described"] for table in TABLES.values()} == SOURCES
    for file in set(NAMES) - {"records"}:
        head = (FOLDER / "tables" / f"{file}.toml").read_text(encoding="utf-8").partition("[tables.")[0]
        assert [source for source in SOURCES if f"#   {source}  " not in head] == []


def test_every_kind_is_known_and_every_record_exists_and_is_used() -> None:
    kinds = [kind for table in TABLES.values() for kind in table["columns"].values()]
    inner = [kind for record in RECORDS.values() for kind in record.values()]
    named = {kind.removeprefix("[").removesuffix("]") for kind in kinds + inner}
    assert named - PLAIN_KINDS == set(RECORDS)
    assert PLAIN_KINDS.isdisjoint(RECORDS)


def test_a_filter_has_the_kind_of_a_single_value() -> None:
    kinds = {one["kind"] for table in TABLES.values() for one in filters(table).values()}
    assert kinds <= PLAIN_KINDS - {"record", "list", "custom_fields"}


def test_a_range_is_one_of_moments_or_days() -> None:
    ranges = [one for table in TABLES.values() for one in filters(table).values() if "range" in one]
    assert {(one["range"], one["kind"], "several" in one) for one in ranges} == {
        (True, "timestamp", False),
        (True, "date", False),
    }


def test_the_column_that_tells_rows_apart_comes_first_and_custom_fields_last() -> None:
    for name, table in TABLES.items():
        columns = list(table["columns"])
        key = table.get("key", "id")
        assert key == "" or columns[0] == key, name
        assert "custom_fields" not in columns[:-1], name


def test_the_ids_of_the_scope_are_not_declared() -> None:
    assert [name for name, table in TABLES.items() if SCOPE_IDS & set(table["columns"])] == []


def test_what_is_drawn_first_are_a_few_columns_that_exist() -> None:
    for name, table in TABLES.items():
        assert 2 <= len(table["show"]) <= 7, name
        assert set(table["show"]) <= set(table["columns"]), name


def test_the_column_that_a_filter_means_exists() -> None:
    for name, table in TABLES.items():
        for one in filters(table).values():
            assert one.get("column", table["show"][0]) in table["columns"], (name, one)


def test_sound_filters_obey_the_rule() -> None:
    """An ID that is a column, a range of moments in a timestamp column, or a choice among a column's own words."""
    for name, table in TABLES.items():
        for word, one in filters(table).items():
            if "sound" not in one:
                continue
            column = table["columns"].get(word)
            is_id = (word == "id" or word.endswith("_id")) and column == one["kind"]
            is_range = one.get("range") is True and one["kind"] == column == "timestamp"
            is_choice = bool(one.get("choices")) and one["kind"] == column == "text"
            assert one["sound"] is True and (is_id or is_range or is_choice), (name, word)
            assert "column" not in one, (name, word)


def test_nothing_that_searches_or_widens_is_sound() -> None:
    wide = re.compile(r"search|query|include_|deleted$|^by_|recycle_bin|^is_|^with_|not_|^name$|number$")
    sound = {word for table in TABLES.values() for word, one in filters(table).items() if "sound" in one}
    assert [word for word in sound if wide.search(word)] == []


def test_parents_are_columns_of_other_tables() -> None:
    for name, table in TABLES.items():
        alternates = [one.get("parents", {}) for one in table.get("alternates", [])]
        for parameter, said in [
            (*each,) for parents in (table.get("parents", {}), *alternates) for each in parents.items()
        ]:
            of = said["of"] if isinstance(said, dict) else said
            for one in of if isinstance(of, list) else [of]:
                other, _, column = one.partition(".")
                assert other != name
                if isinstance(said, dict):
                    assert TABLES[other]["columns"][said["called"]] == "text"
                assert TABLES[other]["columns"].get(column) in ("id", "text"), (name, parameter)
                assert TABLES[other]["scope"] == table["scope"], (name, parameter)


def test_placeholders_are_ids_of_the_scope_or_parents() -> None:
    for name, table in TABLES.items():
        assert placeholders(table) - SCOPE_IDS <= set(table.get("parents", {})), name
        assert not placeholders(table) & set(table.get("query_scope", [])), name
        assert set(table.get("query_scope", [])) <= SCOPE_IDS, name


def test_the_view_that_is_asked_for_is_one_of_the_views() -> None:
    chosen = {name: table["default_view"] for name, table in TABLES.items() if "default_view" in table}
    assert chosen
    assert [name for name, view in chosen.items() if view not in TABLES[name].get("views", [])] == []


def test_a_table_of_a_project_or_company_says_which_in_every_request() -> None:
    for name, table in TABLES.items():
        sent = placeholders(table) | set(table.get("query_scope", []))
        assert sent & SCOPE_IDS >= {"project": {"project_id"}, "company": {"company_id"}}.get(
            table["scope"], set()
        ), name


# ------------------------------------------------------------------------------- against the long tail


def test_what_is_not_described_is_not_in_the_long_tail() -> None:
    assert [name for name in NOT_DESCRIBED if TABLES[name]["path"] in BY_PATH] == []


def test_every_table_is_an_endpoint_of_the_same_scope() -> None:
    assert [
        name
        for name, table in DESCRIBED.items()
        if BY_PATH.get(table["path"], {}).get("scope") != table["scope"]
    ] == []


def test_a_request_holds_just_the_parameters_that_the_endpoint_requires() -> None:
    for name, table in DESCRIBED.items():
        line = BY_PATH[table["path"]]
        sent = {*table.get("query_scope", []), *table.get("required", []), *table.get("parents", {})}
        assert sent == {*line.get("required", []), *line.get("parents", [])}, name


def test_filters_are_those_of_the_endpoint_with_the_same_parameter_and_choices() -> None:
    for name, table in DESCRIBED.items():
        known = BY_PATH[table["path"]].get("filters", {})
        for word, one in filters(table).items():
            assert word in known, (name, word)
            line = as_object(word, known[word])
            param = SEEN_OTHERWISE.get((name, word), line["param"])
            assert one.get("param", f"filters[{word}]") == param, (name, word)
            assert one.get("several", False) == line["several"], (name, word)
            assert one.get("choices") == line["choices"], (name, word)
            assert not line["range"] or one.get("range"), (name, word)


def test_no_filter_is_left_out_but_the_fixed_ones() -> None:
    for name, table in DESCRIBED.items():
        known = BY_PATH[table["path"]].get("filters", {})
        fixed = {
            word for word, said in known.items() if as_object(word, said)["param"] in table.get("fixed", {})
        }
        assert set(known) - set(filters(table)) == fixed, name
        assert len(fixed) == len(table.get("fixed", {})), name


def test_paging_agrees() -> None:
    for name, table in DESCRIBED.items():
        line = BY_PATH[table["path"]]
        assert table.get("paging", "page") == SEEN_OTHERWISE.get((name, "paging"), line["paging"]), name
        largest = line.get("per_page", [None, None])[1]
        usual = 100 if is_version_2(table) else None
        assert table.get("largest_page", usual) == largest, name


def test_shapes_agree_but_where_the_description_is_silent() -> None:
    differing = {}
    for name, table in DESCRIBED.items():
        line = BY_PATH[table["path"]]
        shape = table.get("shape", "data" if is_version_2(table) else "array")
        if (shape, table.get("list_key")) != (line.get("shape", "array"), line.get("list_key")):
            assert line.get("shape") == "unknown" or name == "inspections", name
            differing[name] = shape
    assert differing == OTHER_SHAPES


def test_views_sorting_dates_and_deprecation_agree() -> None:
    for name, table in DESCRIBED.items():
        line = BY_PATH[table["path"]]
        for key in ("views", "view_param", "sort", "dates", "deprecated"):
            assert table.get(key) == SEEN_OTHERWISE.get((name, key), line.get(key)), (name, key)


# ------------------------------------------------------------------------------- the long tail alone


def test_the_first_line_tells_how_many_follow() -> None:
    assert HEAD["generated_by"] == "tools/long_tail.py"
    assert HEAD["endpoints"] == len(LINES) == 760


def test_names_and_paths_are_unique_and_the_lines_are_sorted() -> None:
    names = [line["name"] for line in LINES]
    assert names == sorted(set(names))
    assert len(BY_PATH) == len(LINES)


def test_every_placeholder_is_of_the_scope_or_a_parent() -> None:
    for line in LINES:
        assert placeholders(line) - SCOPE_IDS == set(line.get("parents", [])), line["name"]


def test_the_ids_of_the_scope_are_required_where_the_path_does_not_hold_them() -> None:
    for line in LINES:
        sent = placeholders(line) | set(line.get("required", []))
        needed = {"global": set(), "company": {"company_id"}, "project": {"project_id"}}[line["scope"]]
        assert needed <= sent, line["name"]


def test_every_filter_can_be_read() -> None:
    kinds = {
        as_object(word, said)["kind"] for line in LINES for word, said in line.get("filters", {}).items()
    }
    assert kinds <= {"id", "int", "bool", "text", "date", "timestamp", "any"}


def test_the_file_is_small_enough_to_be_read_at_once() -> None:
    assert (FOLDER / "long_tail.jsonl").stat().st_size < 250_000


# ------------------------------------------------------------------------------- the generator


def facts(**changes: Any) -> dict[str, Any]:
    return {
        "slug": "widgets",
        "name": "List Widgets",
        "path": "/rest/v1.0/widgets",
        "scope": "project",
        "sort_style": "none",
        "pagination": {"style": "page", "default_per_page": None, "max_per_page": None},
        "response": {"shape": "array", "list_key": None},
        **changes,
    }


def test_a_project_is_asked_for_even_where_the_facts_forget_it() -> None:
    assert required_of(facts(required_params=["kind", "per_page"])) == ["project_id", "kind"]
    assert required_of(facts(path="/rest/v1.0/projects/{id}/widgets", required_params=["id"])) == []


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ({"name": "id", "param": "filters[id]", "type": "array", "items": "integer"}, "[id]"),
        ({"name": "origin_id", "param": "filters[origin_id]", "type": "string"}, "text"),
        ({"name": "updated_at", "param": "filters[updated_at]", "type": "string"}, "timestamp..."),
        ({"name": "due_date", "param": "filters[due_date]", "type": "string", "range": True}, "date..."),
        ({"name": "due_date", "param": "filters[due_date]", "type": "string"}, "text"),
        (
            {"name": "updated_at", "param": "filters[updated_at][gt]", "type": "string", "range": True},
            {"kind": "timestamp", "param": "filters[updated_at][gt]"},
        ),
        (
            {"name": "status", "param": "filters[status]", "type": "string", "enum": ["open"]},
            {"kind": "text", "choices": ["open"]},
        ),
    ],
)
def test_a_filter_is_written_as_short_as_it_can_be(
    told: dict[str, Any], written: str | dict[str, Any]
) -> None:
    assert filter_of(told, "/rest/v1.0/widgets") == written


def test_the_same_facts_in_another_order_make_the_same_file() -> None:
    one, other = facts(), facts(slug="gadgets", path="/rest/v1.0/gadgets")
    assert long_tail([one, other]) == long_tail([other, one])


def test_two_endpoints_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="called widgets"):
        long_tail([facts(), facts(path="/rest/v1.1/widgets")])
