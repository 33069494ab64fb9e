"""Parents that show the same again: the views of a budget, of which one is read unless somebody wants all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas
import pytest

from procore_jupyter import ParameterError, Procore, profiles
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.table import Table
from tests.session.conftest import Server
from tests.tables.fallbacks.odd_api import OddApi, Row, gone

CATALOG = Catalog(profiles.load("Procore")[0])
VIEWS = "/rest/v1.0/budget_views"
OF_THE_COMPANY = 7
"""The id of a view that several projects have."""

ONE, TWO, SHARED, ALONE, NONE = 11, 12, 13, 14, 15
"""Projects: with one view, with two, with two of which one is the company's, with the company's alone, with none."""

NAMED = {
    ONE: {111: "Standard"},
    TWO: {121: "Standard", 122: "Forecast 2"},
    SHARED: {131: "Cost report", OF_THE_COMPANY: "Company's"},
    ALONE: {OF_THE_COMPANY: "Company's"},
    NONE: {},
}


def rows(path: str, query: Mapping[str, list[str]]) -> list[Row]:
    if path == VIEWS:
        return [{"id": one, "name": name} for one, name in NAMED[int(query["project_id"][0])].items()]
    if path.endswith("/schedules"):
        return [
            {"schedule_id": "a1", "schedule_name": "Master"},
            {"schedule_id": "b2", "schedule_name": "Six weeks"},
        ]
    if path.endswith("/activities"):
        return [{"activity_id": f"{path.split('/')[-2]}-{n}"} for n in range(3)]
    view, project = int(path.split("/")[-2]), int(query["project_id"][0])
    return [{"id": 1000 * view + project, "original_budget_amount": "100.00"}]


@pytest.fixture
def api() -> OddApi:
    return OddApi(rows, projects=[*NAMED])


@pytest.fixture
def procore(servers: Callable[..., Server], api: OddApi, connect_to: Callable[..., Procore]) -> Procore:
    return connect_to(servers(api).url)


def budget(procore: Procore, project: Any, **more: Any) -> Table:
    return procore.table("budget_detail_rows", project_id=project, **more).fetch()


def read(table: Table) -> list[tuple[int, int]]:
    return [(row["project_id"], row["budget_view_id"]) for row in table]


def refusal(procore: Procore, project: Any, **more: Any) -> str:
    with pytest.raises(ParameterError) as caught:
        budget(procore, project, **more)
    return str(caught.value)


def remarks(table: Table) -> list[str]:
    return [note for note in table.notes if "lacks documented fields" not in note]


def repeats(table: Table) -> list[str]:
    return [note for note in table.notes if "repeat" in note]


# Nobody says which


def test_a_project_with_one_view_needs_no_choice(procore: Procore, api: OddApi) -> None:
    table = budget(procore, ONE)
    assert read(table) == [(ONE, 111)]
    assert remarks(table) == [] and table.incomplete == []
    assert [path for path, _ in api.asked] == [VIEWS, f"{VIEWS}/111/detail_rows"]


def test_several_projects_with_one_view_each_need_none_either(procore: Procore) -> None:
    assert read(budget(procore, [ONE, ALONE])) == [(ONE, 111), (ALONE, OF_THE_COMPANY)]


def test_of_several_views_the_error_lists_names_and_ids_before_a_row_is_asked_for(
    procore: Procore, api: OddApi
) -> None:
    said = refusal(procore, TWO)
    assert said.startswith("Which budget view? ")
    assert "has 2: Standard (121) · Forecast 2 (122)." in said
    assert 'budget_view_id="Standard"' in said and 'budget_view_id="all"' in said and "amounts repeat" in said
    assert [path for path, _ in api.asked] == [VIEWS]


def test_of_several_projects_views_of_one_name_are_counted(procore: Procore) -> None:
    said = refusal(procore, [ONE, TWO, SHARED])
    assert "There are several: Standard (in 2 projects) · Forecast 2 (122) · " in said
    assert f"Company's ({OF_THE_COMPANY})" in said


def test_a_project_without_a_view_has_no_rows_and_says_why_that_may_be(procore: Procore) -> None:
    table = budget(procore, NONE)
    assert read(table) == []
    assert [note for note in table.notes if note.startswith("budget_views has no row of project 15")]


def test_what_a_chosen_project_needs_is_said_of_it_too(procore: Procore) -> None:
    procore.use(project=TWO)
    with pytest.raises(ParameterError, match="P12 has 2"):
        procore.table("budget_summary_rows").head()


# Somebody says which


@pytest.mark.parametrize(
    "way", [122, "122", "Forecast 2", " forecast 2 ", [122], ["Forecast 2"], pandas.Series(["Forecast 2"])]
)
def test_a_view_may_be_given_by_its_id_or_its_name(way: Any, procore: Procore) -> None:
    table = budget(procore, TWO, budget_view_id=way)
    assert read(table) == [(TWO, 122)] and remarks(table) == []


def test_an_id_of_one_project_is_taken_at_its_word(procore: Procore, api: OddApi) -> None:
    budget(procore, TWO, budget_view_id=122)
    assert [path for path, _ in api.asked] == [f"{VIEWS}/122/detail_rows"]


def test_a_name_means_each_projects_own_view(procore: Procore) -> None:
    table = budget(procore, [ONE, TWO], budget_view_id="standard")
    assert read(table) == [(ONE, 111), (TWO, 121)] and remarks(table) == []


def test_projects_that_have_others_alone_are_told(procore: Procore) -> None:
    table = budget(procore, [ONE, TWO, SHARED, ALONE, NONE], budget_view_id="Company's")
    assert read(table) == [(SHARED, OF_THE_COMPANY), (ALONE, OF_THE_COMPANY)]
    [note] = [note for note in table.notes if note.startswith("There are no rows from")]
    assert note.startswith("There are no rows from project 11 and 1 more, which don't have this budget view")
    assert repeats(table) == []


def test_a_name_that_is_nowhere_is_told_with_the_nearest(procore: Procore) -> None:
    said = refusal(procore, TWO, budget_view_id="Forcast 2")
    assert said.startswith(
        "There is no budget view Forcast 2. Did you mean Forecast 2? Choose from: Standard (121) · "
    )


def test_a_name_that_several_have_in_one_project_is_told_with_their_ids(
    procore: Procore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NAMED, TWO, {121: "Budget", 122: "Budget"})
    said = refusal(procore, TWO, budget_view_id="budget")
    assert "Several budget views are called budget: Budget (121) · Budget (122). Use an id." in said
    assert "budget_view_id=121." in refusal(procore, TWO)


def test_an_address_holds_ids_and_no_names(procore: Procore, api: OddApi) -> None:
    table = procore.get_all("/rest/v2.0/companies/1234/projects/11/schedules/b2/activities").fetch()
    assert [row["activity_id"] for row in table] == ["b2-0", "b2-1", "b2-2"]
    assert len(api.asked) == 1


def test_nonsense_is_refused_before_anything_is_asked(procore: Procore, api: OddApi) -> None:
    for odd in ("", "  ", [], 0, -1, True, 1.5, [None]):
        with pytest.raises(ParameterError):
            procore.table("budget_detail_rows", project_id=TWO, budget_view_id=odd)
    assert api.asked == []


# All of them


@pytest.mark.parametrize("way", ["all", [121, 122], ["Standard", 122]])
def test_all_of_them_repeat_and_the_table_says_how_to_choose(way: Any, procore: Procore) -> None:
    table = budget(procore, TWO, budget_view_id=way)
    if way != [121, 122]:  # ids of one project are taken at their word: nobody asks what they are called
        [note] = repeats(table)
        assert note.startswith("Budget views repeat amounts: totals over all rows count them up to 2 times.")
        assert 'budget_view_id="Standard".' in note and "Standard (121) · Forecast 2 (122)" in note
        drawn = table._repr_mimebundle_()
        assert (
            "Budget views repeat amounts" in drawn["text/plain"]
            and "Budget views repeat amounts" in drawn["text/html"]
        )
        assert "Budget views repeat amounts" in str(table.head(1))
    assert read(table) == [(TWO, 121), (TWO, 122)]


def test_all_of_projects_with_one_view_each_repeat_nothing(procore: Procore) -> None:
    table = budget(procore, [ONE, ALONE], budget_view_id="all")
    assert read(table) == [(ONE, 111), (ALONE, OF_THE_COMPANY)] and remarks(table) == []


def test_many_views_are_not_all_listed(procore: Procore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NAMED, TWO, {100 + n: f"View {n}" for n in range(30)})
    said = refusal(procore, TWO)
    assert "View 9 (109) · and 20 more" in said and "View 10" not in said


def test_sums_of_a_budget_say_that_they_hold_one_another(procore: Procore) -> None:
    table = procore.table("budget_summary_rows", project_id=ONE).fetch()
    assert remarks(table) == [CATALOG.tables["budget_summary_rows"].remark]
    assert "for sums, take budget_detail_rows" in str(table)


# Views that can't be read


def test_views_that_are_refused_are_the_error(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    from procore_jupyter.session.api_errors import NotFound

    api = OddApi(rows, gone(f"^{VIEWS}$"))
    with pytest.raises(NotFound):
        budget(connect_to(servers(api).url), ONE)


# Schedules, whose ids are texts


def test_a_schedule_is_chosen_alike(procore: Procore) -> None:
    def activities(**more: Any) -> Table:
        return procore.table("schedule_activities", project_id=ONE, **more).fetch()

    with pytest.raises(
        ParameterError, match=r"Which schedule\? 11 has 2: Master \(a1\) · Six weeks \(b2\)\."
    ):
        activities()
    for way in ("six weeks", "b2"):
        assert [row["activity_id"] for row in activities(schedule_id=way)] == ["b2-0", "b2-1", "b2-2"]
    assert "Schedules repeat activities: " in activities(schedule_id="all").notes[0]


def test_only_views_and_schedules_overlap() -> None:
    found = {spec.name: {*spec.overlaps} for spec in CATALOG.tables.values() if spec.overlaps}
    assert found == {
        "budget_detail_rows": {"budget_view_id"},
        "budget_summary_rows": {"budget_view_id"},
        "schedule_activities": {"schedule_id"},
    }
