"""Tables are found by name, by address, and by what they are about; a name that is none leads to those that are near."""

from __future__ import annotations

from pathlib import Path

import pytest

from procore_jupyter import profiles
from procore_jupyter.errors import ConfigurationError, TableNotFound
from procore_jupyter.tables.definitions.catalog import Catalog

CATALOG = Catalog(profiles.load("Procore")[0])


def refusal(name: str, catalog: Catalog = CATALOG) -> str:
    with pytest.raises(TableNotFound) as caught:
        catalog.find(name)
    return str(caught.value)


def names(pattern: str) -> list[str]:
    return [spec.name for spec in CATALOG.search(pattern)]


# By name


def test_every_table_is_found_by_its_name() -> None:
    assert len(CATALOG.tables) == 96 and len(CATALOG.probable) > 600
    for tables in (CATALOG.tables, CATALOG.probable):
        for name, spec in tables.items():
            assert CATALOG.find(name) is spec and spec.name == name


def test_those_gone_over_by_hand_count_before_the_long_tail() -> None:
    assert CATALOG.tables.keys().isdisjoint(CATALOG.probable)
    by_hand = {spec.path for spec in CATALOG.tables.values()}
    assert by_hand.isdisjoint(spec.path for spec in CATALOG.probable.values())
    assert not any(spec.probable for spec in CATALOG.tables.values())
    assert all(spec.probable for spec in CATALOG.probable.values())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("RFIs", "Did you mean rfis?"),
        ("rfis ", "Did you mean rfis?"),
        ("punch-items", "Did you mean punch_items?"),
        ("PunchItems", "Did you mean punch_items?"),
        ("submitals", "Did you mean submittals?"),
        ("observation", "Did you mean observations?"),
        ("punch_list", "Did you mean punch_items?"),
        ("rfi", "There are rfis, rfi_replies."),
        ("invoices", "There are requisitions, payment_applications."),
        ("drawing", "There are drawing_areas, drawings, drawing_revisions, drawing_sets."),
        ("change orders", "There are change_order_packages, change_order_requests, potential_change_orders,"),
        (
            "conference calls",
            "Did you mean calls?" if "calls" in CATALOG.probable else "%procore_tables lists them",
        ),
        ("zzzzzz", "%procore_tables lists them, and procore.get_all(path) reads any list."),
        ("x", "%procore_tables lists them"),
        ("", "%procore_tables lists them"),
        ("*", "%procore_tables lists them"),
    ],
)
def test_a_name_that_is_none_leads_to_those_that_are_near(name: str, hint: str) -> None:
    message = refusal(name)
    assert message.startswith(f"There is no table {name!r}. ") and hint in message


def test_a_name_of_the_long_tail_is_near_too() -> None:
    (name, *_) = (one for one in CATALOG.probable if len(one) > 25)
    assert f"Did you mean {name}?" in refusal(name.upper())
    assert f"Did you mean {name}?" in refusal(name.replace("_", " "))


@pytest.mark.parametrize(
    "name", ["' OR 1=1 --", "x" * 10_000, "\x1b[31mrfis", "rfis\nrfis", "<b>", "\u202eisifr", "a.b.c", "🏗"]
)
def test_a_hostile_name_is_shown_cut_and_harmless(name: str) -> None:
    message = refusal(name)
    assert message.isprintable() and len(message) < 400


# By address


@pytest.mark.parametrize(
    ("path", "name", "held"),
    [
        ("/rest/v1.0/projects/4711/rfis", "rfis", {"project_id": "4711"}),
        ("/rest/v1.0/projects/4711/rfis/7/replies", "rfi_replies", {"project_id": "4711", "rfi_id": "7"}),
        ("/rest/v1.1/projects", "projects", {}),
        ("/rest/v1.0/companies", "companies", {}),
    ],
)
def test_an_address_leads_to_its_table(path: str, name: str, held: dict[str, str]) -> None:
    found = CATALOG.at(path)
    assert found is not None
    assert (found[0].name, found[1]) == (name, held)


@pytest.mark.parametrize(
    "path",
    [
        "/rest/v1.0/nowhere",
        "/rest/v1.0/projects//rfis",
        "/rest/v1.0/projects/1/rfis/",
        "/rest/v1x0/projects/1/rfis",
        "",
    ],
)
def test_an_address_that_is_none_leads_nowhere(path: str) -> None:
    assert CATALOG.at(path) is None


def test_a_table_that_is_one_half_of_its_list_is_no_name_for_the_whole_of_it() -> None:
    assert CATALOG.tables["documents"].fixed
    found = CATALOG.at("/rest/v2.0/projects/4711/documents")
    assert found is None or not found[0].fixed


def test_every_table_is_found_by_its_address() -> None:
    for spec in (*CATALOG.tables.values(), *CATALOG.probable.values()):
        if spec.fixed:
            continue
        found = CATALOG.at(spec.path.format_map(dict.fromkeys(spec.in_path, "5")))
        assert found is not None
        # Two may share one address, where a part of one is a word of the other (…/rfis/{id} and …/rfis/recycle_bin).
        assert found[0].path == spec.path or len(found[0].in_path) < len(spec.in_path)


# By what it is about


def test_without_a_word_those_gone_over_by_hand_are_listed() -> None:
    assert names("") == [*CATALOG.tables]


@pytest.mark.parametrize("word", ["log", "LOG", " log "])
def test_a_word_finds_tables_by_name_and_title(word: str) -> None:
    found = names(word)
    assert {"manpower_logs", "daily_log_counts"} <= {*found} and "rfis" not in found


def test_those_gone_over_by_hand_come_first() -> None:
    found = names("rfi")
    assert found[:2] == ["rfis", "rfi_replies"] and len(found) > 10
    by_hand = [name in CATALOG.tables for name in found]
    assert by_hand == sorted(by_hand, reverse=True)


def test_all_words_have_to_occur() -> None:
    assert {*names("change order")} == {*names("change")} & {*names("order")}
    assert names("change order zzz") == []


def test_a_word_finds_what_stands_in_a_note() -> None:
    spec = next(
        spec for spec in CATALOG.tables.values() if "replies" in spec.note and "replies" not in spec.name
    )
    assert spec.name in names("replies")


def test_wildcards_find_whole_names() -> None:
    assert {"wbs_codes", "cost_codes"} <= {*names("codes")} and "wbs_codes" not in names("codes*")
    assert {*names("rfi*")} == {
        name for name in [*CATALOG.tables, *CATALOG.probable] if name.startswith("rfi")
    }
    assert names("rfi?") == ["rfis"]
    assert names("r[f]is") == ["rfis"]
    assert len(names("*")) == len(CATALOG.tables) + len(CATALOG.probable)


@pytest.mark.parametrize("pattern", ["zzz", " ", "[", "(", "\\", "'", "*zzz*", "\n"])
def test_what_occurs_nowhere_finds_nothing(pattern: str) -> None:
    assert names(pattern) == []


# Of a person's own profile


def catalog_of(folder: Path, text: str) -> Catalog:
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return Catalog(profiles.load(str(file))[0])


MINE = """
[records.part]
id = "id"
by = "person"

[tables.inspections_by_us]
title = "Our Inspections"
path = "/rest/v1.0/projects/{project_id}/ours"

[tables.inspections_by_us.columns]
id = "id"
parts = "[part]"
"""


def test_a_persons_own_tables_are_beside_the_others(tmp_path: Path) -> None:
    mine = catalog_of(tmp_path, 'extends = "Procore"\n' + MINE)
    assert len(mine.tables) == 97 and mine.find("inspections_by_us").columns == {
        "id": "id",
        "parts": "[part]",
    }
    assert mine.find("rfis") == CATALOG.find("rfis")
    assert "inspections_by_us" in [spec.name for spec in mine.search("ours")] or mine.at(
        "/rest/v1.0/projects/1/ours"
    )
    assert [spec.name for spec in mine.search("our inspections")] == ["inspections_by_us"]
    found = mine.at("/rest/v1.0/projects/5/ours")
    assert found is not None and found[0].name == "inspections_by_us"


def test_a_persons_own_table_may_stand_for_another(tmp_path: Path) -> None:
    text = '[tables.rfis]\npath = "/rest/v9.0/projects/{project_id}/rfis"\n'
    mine = catalog_of(tmp_path, 'extends = "Procore"\n' + text)
    assert mine.find("rfis").path == "/rest/v9.0/projects/{project_id}/rfis" and len(mine.tables) == 96


def test_a_persons_own_table_may_be_one_of_the_long_tail_gone_over(tmp_path: Path) -> None:
    name, spec = next(iter(CATALOG.probable.items()))
    mine = catalog_of(tmp_path, f'extends = "Procore"\n[tables.{name}]\npath = "{spec.path}"\n')
    assert not mine.find(name).probable and name not in mine.probable
    renamed = catalog_of(tmp_path, f'extends = "Procore"\n[tables.mine]\npath = "{spec.path}"\n')
    assert not renamed.find("mine").probable and name not in renamed.probable


def test_a_profile_of_its_own_has_its_tables_alone(tmp_path: Path) -> None:
    own = '[environments.Production]\nlogin = "https://l.example"\napi = "https://a.example"\n'
    mine = catalog_of(tmp_path, own + MINE.replace('by = "person"', 'by = "text"'))
    assert [*mine.tables] == ["inspections_by_us"] and mine.probable == {}
    assert "There is no table 'rfis'." in refusal("rfis", mine)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '[tables.x]\npaths = "/a"\n',
            "The profile mine is wrong: 'paths' in [tables.x] means nothing: did you mean path?",
        ),
        ("[tables.x]\n", "The profile mine is wrong: path in [tables.x] must be a text"),
        ('[tables.x]\npath = "/a"\n[tables.x.columns]\na = "persn"\n', "did you mean person?"),
        ('[records.part]\nparts = "[part]"\n', "The profile mine is wrong: [records.part] contains itself."),
        ('[tables]\nx = "rfis"\n', "The profile mine is wrong: [tables.x] must be a table"),
    ],
)
def test_a_profile_that_describes_a_table_wrongly_is_told_so(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        catalog_of(tmp_path, 'extends = "Procore"\n' + text)
    assert words in str(caught.value)


# Before fetching


def test_the_schema_is_known_before_fetching(tmp_path: Path) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text(
        """
        extends = "Procore"
        [tables.letters]
        path = "/rest/v1.0/projects/{project_id}/boxes/{box_id}/bags/{bag_id}/letters"
        columns = { subject = "text", id = "id", cost = "money", by = "person", tags = "[text]", other = "any", bag_id = "text" }
        parents = { box_id = "boxes.code" }
        [tables.boxes]
        path = "/rest/v1.0/projects/{project_id}/boxes"
        columns = { id = "id", code = "text" }
        """
    )
    catalog = Catalog(profiles.load(str(profile))[0])
    schema = catalog.schema(catalog.find("letters"))
    types = {field.name: str(field.type) for field in schema}
    assert types["by"].startswith("struct<id: int64, ")
    assert types | {"by": ""} == {
        "id": "int64",
        "company_id": "int64",
        "project_id": "int64",
        "project_name": "string",
        "box_id": "string",  # a code, in its own table
        "bag_id": "string",  # a text, says the table itself
        "subject": "string",
        "cost": "decimal128(18, 4)",
        "by": "",
        "tags": "list<item: string>",
        "other": "string",
    }
    assert list(types)[:6] == ["id", "company_id", "project_id", "project_name", "box_id", "bag_id"]


def test_a_table_whose_columns_nobody_knows_has_an_empty_schema() -> None:
    spec = next(spec for spec in CATALOG.probable.values() if spec.scope == "project")
    assert CATALOG.schema(spec).names == [] and spec.known_columns == ()
