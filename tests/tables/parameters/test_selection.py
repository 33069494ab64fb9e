"""What a person's parameters mean: which rows, where, and what is sent; or what is wrong with them, in words that help."""

from __future__ import annotations

import datetime
from typing import Any

import numpy
import pandas
import pyarrow as pa
import pytest

from procore_jupyter import profiles
from procore_jupyter.errors import ConfigurationError, ParameterError
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.definitions.spec import TableSpec
from procore_jupyter.tables.parameters.selection import Selection, selection_of
from procore_jupyter.tables.place import Place

CATALOG = Catalog(profiles.load("Procore")[0])
TODAY = datetime.date(2026, 11, 23)


def selected(name: str, **given: Any) -> Selection:
    return selection_of(CATALOG.find(name), given, today=TODAY)


def sent(name: str, **given: Any) -> list[tuple[str, str]]:
    """Return what is sent beside what a table always sends."""
    always = [*CATALOG.find(name).fixed.items()]
    return [pair for pair in selected(name, **given).query if pair not in always]


def refusal(name: str, **given: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        selected(name, **given)
    return str(caught.value)


# Conditions


@pytest.mark.parametrize(
    ("given", "pairs"),
    [
        ({}, []),
        ({"status": None}, []),
        ({"status": "open"}, [("filters[status][]", "open")]),
        ({"assigned_id": 7}, [("filters[assigned_id]", "7")]),
        ({"assigned_id": 7.0}, [("filters[assigned_id]", "7")]),
        ({"id": 7}, [("filters[id][]", "7")]),
        ({"id": [7, "7", 7.0, 8, 7]}, [("filters[id][]", "7"), ("filters[id][]", "8")]),
        ({"id": [7, "8"]}, [("filters[id][]", "7"), ("filters[id][]", "8")]),
        ({"id": (7,)}, [("filters[id][]", "7")]),
        ({"id": {7}}, [("filters[id][]", "7")]),
        ({"id": range(7, 9)}, [("filters[id][]", "7"), ("filters[id][]", "8")]),
        ({"id": numpy.int64(7)}, [("filters[id][]", "7")]),
        ({"id": numpy.array([7, 8])}, [("filters[id][]", "7"), ("filters[id][]", "8")]),
        ({"id": pandas.Series([7, 8])}, [("filters[id][]", "7"), ("filters[id][]", "8")]),
        ({"id": pandas.Series([7.0])}, [("filters[id][]", "7")]),
        ({"id": pa.array([7, 8])}, [("filters[id][]", "7"), ("filters[id][]", "8")]),
        ({"id": pa.chunked_array([[7], [8]])}, [("filters[id][]", "7"), ("filters[id][]", "8")]),
        ({"id": pa.scalar(7)}, [("filters[id][]", "7")]),
        ({"status": "open", "number": 12}, [("filters[status][]", "open"), ("filters[number]", "12")]),
        ({"params": {"search": "x", "deep": True, "in": [1, 2]}}, [("search", "x"), ("deep", "true"), ("in", "1"), ("in", "2")]),
        ({"params": [("a", 1), ("a", 2)]}, [("a", "1"), ("a", "2")]),
        ({"sort": "number"}, [("sort[attribute]", "number"), ("sort[direction]", "asc")]),
        ({"sort": "-number"}, [("sort[attribute]", "number"), ("sort[direction]", "desc")]),
    ],
)  # fmt: skip
def test_conditions_are_sent_as_the_api_calls_them(
    given: dict[str, Any], pairs: list[tuple[str, str]]
) -> None:
    assert sent("rfis", **given) == pairs


def test_each_tables_own_names_for_views_and_sorting_are_used() -> None:
    assert sent("projects", view="compact", sort="-name") == [("view", "compact"), ("sort", "-name")]
    named_otherwise = [spec for spec in CATALOG.tables.values() if spec.views and spec.view_param != "view"]
    for spec in named_otherwise:
        needed = dict.fromkeys(spec.required, 1)
        assert (spec.view_param, spec.views[0]) in sent(
            spec.name, **{spec.view_param: spec.views[0]}, **needed
        )


def test_what_a_table_always_sends_is_sent() -> None:
    assert selected("documents").query == (("filters[document_type]", "file"),)
    assert selected("folders", private=True).query == (
        ("filters[document_type]", "folder"),
        ("filters[private]", "true"),
    )


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (("2026-11-01", "2026-11-30"), "2026-11-01T00:00:00Z...2026-11-30T23:59:59Z"),
        (["2026-11-01", None], "2026-11-01T00:00:00Z...2100-01-01T00:00:00Z"),
        ((None, datetime.date(2026, 11, 30)), "1970-01-01T00:00:00Z...2026-11-30T23:59:59Z"),
        (
            ("2026-11-01T08:00:00+01:00", "2026-11-30T17:00:00Z"),
            "2026-11-01T07:00:00Z...2026-11-30T17:00:00Z",
        ),
        (
            (datetime.datetime(2026, 11, 1, 8, tzinfo=datetime.UTC), None),
            "2026-11-01T08:00:00Z...2100-01-01T00:00:00Z",
        ),
        ((datetime.datetime(2026, 11, 1, 8), None), "2026-11-01T08:00:00Z...2100-01-01T00:00:00Z"),
        (
            (pandas.Timestamp("2026-11-01 08:00", tz="US/Pacific"), None),
            "2026-11-01T16:00:00Z...2100-01-01T00:00:00Z",
        ),
        (("2026-11-01T08:00:00.5Z", "2026-11-01T09:00:00.5Z"), "2026-11-01T08:00:00Z...2026-11-01T09:00:01Z"),
        ("2026-11-01T00:00:00Z...2026-11-02T00:00:00Z", "2026-11-01T00:00:00Z...2026-11-02T00:00:00Z"),
    ],
)
def test_a_range_has_both_its_ends(given: Any, text: str) -> None:
    assert sent("rfis", updated_at=given) == [("filters[updated_at]", text)]


def test_a_range_of_days_is_one_of_days() -> None:
    (spec, name) = next(
        (spec, one.name)
        for spec in CATALOG.tables.values()
        for one in spec.filters.values()
        if one.range and one.kind == "date"
    )
    needed = dict.fromkeys(spec.required, 1)
    for given, text in (
        (("2026-11-01", datetime.date(2026, 11, 30)), "2026-11-01...2026-11-30"),
        ((datetime.datetime(2026, 11, 1, 23), None), "2026-11-01...2100-01-01"),
    ):
        assert (spec.filters[name].param, text) in sent(spec.name, **{name: given}, **needed)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"statsu": "open"}, "rfis can't be filtered by statsu. Did you mean status?"),
        ({"projekt": 1}, "rfis can't be filtered by projekt. Did you mean project?"),
        ({"project": 1, "project_id": 1}, "rfis accepts project_id or project, not both."),
        ({"company_id": 1, "company": 1}, "rfis accepts company_id or company, not both."),
        ({"project": []}, 'project of rfis is an empty list. "all active" means all of them.'),
        ({"project_id": {"a": 1}}, "project_id of rfis must be an id or a name, not dict."),
        ({"project": [4711, 1.5]}, "project of rfis must be an id or a name, not 1.5."),
        ({"company": [1, 2]}, "company of rfis accepts one company, not 2."),
        ({"view": "x"}, "rfis can't be filtered by view. Its filters: id, status"),
        ({"zzz": 1}, "pass API parameters in params={…}."),
        ({"status": "opened"}, "status of rfis doesn't know 'opened': did you mean open?"),
        (
            {"status": "x"},
            "use one of open, closed, draft. To send it anyway:  params={'filters[status][]': 'x'}",
        ),
        ({"status": ["open"]}, "status of rfis accepts one value, not several."),
        ({"id": []}, "id of rfis is an empty list, which matches no rows."),
        ({"id": pandas.Series([], dtype=object)}, "id of rfis is an empty list"),
        ({"id": [[1]]}, "id of rfis must be an id (a whole number above 0), not [1]."),
        (
            {"id": [None]},
            "id of rfis has a missing value (None). Leave it out; for a data frame's column:  .dropna()",
        ),
        ({"id": ...}, "id of rfis needs a value: write it in place of  ..."),
        ({"status": ...}, "status of rfis needs a value: write it in place of  ..."),
        ({"id": [7, float("nan")]}, "id of rfis has a missing value (nan)."),
        ({"id": pandas.Series([7, None])}, "id of rfis has a missing value (nan)."),
        ({"id": pandas.Series([7, None], dtype="Int64")}, "id of rfis has a missing value (<NA>)."),
        ({"id": pa.array([7, None])}, "id of rfis has a missing value (None)."),
        ({"status": float("nan")}, "status of rfis has a missing value (nan)."),
        ({"project": [4711, None]}, "project of rfis has a missing value (None)."),
        ({"updated_at": (pandas.NaT, None)}, "updated_at has a missing value as an end"),
        ({"params": {"x": [1, float("nan")]}}, "x of rfis has a missing value (nan)."),
        ({"id": {"a": 1}}, "id of rfis must be an id (a whole number above 0), not {'a': 1}."),
        (
            {"updated_at": "2026-11-01"},
            'updated_at must be a range, from and to:  updated_at=("2026-11-01", "2026-11-30")',
        ),
        ({"updated_at": ("2026-11-01",)}, "updated_at must be a range"),
        ({"updated_at": ("2026-13-01", None)}, "updated_at has a time that can't be read: '2026-13-01'."),
        ({"updated_at": ("yesterday", None)}, "updated_at has a time that can't be read: 'yesterday'."),
        ({"updated_at": (5, None)}, "updated_at must be dates or times, not int."),
        ({"params": {"x": object()}}, "x of rfis must be text, a number or a date, not object."),
    ],
)
def test_what_can_not_be_meant_is_refused_with_the_way_out(given: dict[str, Any], words: str) -> None:
    assert words in refusal("rfis", **given)


def test_what_is_refused_is_a_wrong_argument() -> None:
    for error in (ParameterError, ConfigurationError, ValueError):
        with pytest.raises(error):
            selected("rfis", statsu="open")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (4711, 4711),
        (4711.0, 4711),
        (numpy.int64(4711), 4711),
        ("Harbor Tower", "Harbor Tower"),
        ([4711, "Harbor Tower", 4711.0, "4711"], (4711, "Harbor Tower")),
        (pandas.Series([4711.0, 4712.0]), (4711, 4712)),
        ("all active", "all active"),
    ],
)
def test_a_project_is_named_by_what_people_have_at_hand(given: Any, meant: Any) -> None:
    selection = selected("rfis", project=given, company="Skyline")
    assert (selection.project, selection.company) == (meant, "Skyline")
    assert selection.key == selected("rfis", project_id=given, company_id="Skyline").key


def test_a_range_of_one_day_keeps_both_its_ends() -> None:
    assert sent("rfis", updated_at=("2026-11-30", "2026-11-30")) == [
        ("filters[updated_at]", "2026-11-30T00:00:00Z...2026-11-30T23:59:59Z")
    ]


def test_a_view_that_is_none_is_refused_with_those_there_are() -> None:
    assert (
        refusal("projects", view="large")
        == "projects has no view 'large'. It has ids, compact, normal, extended."
    )


def test_a_table_that_takes_nothing_says_so() -> None:
    assert "companies can't be filtered by company_id. Filter the data frame" in refusal(
        "companies", company_id=1
    )
    assert "users can't be filtered by project_id." in refusal("users", project_id=1)


@pytest.mark.parametrize("text", ["<b>x</b>", "x" * 10_000, "\x1b[31m", "a\nb"])
def test_a_message_shows_a_hostile_value_cut_and_harmless(text: str) -> None:
    for given in ({text: 1}, {"status": text}, {"updated_at": (text, None)}):
        message = refusal("rfis", **given)
        assert len(message) < 600 and message.isprintable()


# Days


@pytest.mark.parametrize(
    ("given", "pairs"),
    [
        ({}, [("start_date", "2000-01-01"), ("end_date", "2026-11-23")]),
        ({"log_date": "2026-11-23"}, [("log_date", "2026-11-23")]),
        ({"log_date": TODAY}, [("log_date", "2026-11-23")]),
        (
            {"start_date": datetime.datetime(2026, 11, 1, 23), "end_date": "2026-11-30"},
            [("start_date", "2026-11-01"), ("end_date", "2026-11-30")],
        ),
    ],
)
def test_daily_logs_are_all_of_them_unless_days_are_named(
    given: dict[str, Any], pairs: list[tuple[str, str]]
) -> None:
    assert sent("manpower_logs", **given) == pairs


def test_every_daily_log_asks_for_all_days() -> None:
    by_day = [spec for spec in CATALOG.tables.values() if spec.dates]
    assert len(by_day) > 18
    for spec in by_day:
        assert [name for name, _ in sent(spec.name)] == ["start_date", "end_date"]


def test_what_is_no_day_is_refused() -> None:
    assert "log_date of manpower_logs must be a day such as \"2026-11-30\", not 'today'" in refusal(
        "manpower_logs", log_date="today"
    )
    assert "rfis can't be filtered by log_date" in refusal("rfis", log_date="2026-11-23")


# What has to be said


def test_a_table_of_a_parents_rows_needs_the_parent() -> None:
    assert refusal("rfi_replies") == (
        "rfi_replies needs rfi_id, an id of rfis:  procore.table('rfi_replies', rfi_id=…)  or  rfi_id=\"all\"  for all of them"
        " (a request each)"
    )
    for given, meant in (
        (5, 5),
        ("5", 5),
        ([5, "6"], (5, 6)),
        (numpy.array([5]), (5,)),
        ("all", "all"),
        ("f3a-0", "f3a-0"),
    ):
        assert selected("rfi_replies", rfi_id=given).parents == (("rfi_id", meant),)


@pytest.mark.parametrize(
    "odd",
    [
        "../rfis",
        "5/replies",
        "5?x=1",
        "5#x",
        "",
        ".",
        "..",
        "a b",
        "5%2F",
        True,
        None,
        1.5,
        float("nan"),
        1.5j,
        [5],
        "\n",
    ],
)
def test_what_goes_into_an_address_can_not_lead_elsewhere(odd: Any) -> None:
    refusal("rfi_replies", rfi_id=[5, odd])
    if not isinstance(odd, list):
        refusal("rfi_replies", rfi_id=odd)


def test_a_parameter_that_the_api_requires_is_asked_for() -> None:
    needing = [
        spec
        for spec in CATALOG.probable.values()
        if [name for name in spec.required if name not in spec.parents]
    ]
    assert len(needing) > 20
    for spec in needing:
        given = dict.fromkeys(spec.parents, 1)
        name = next(name for name in spec.required if name not in spec.parents)
        assert f"{spec.name} needs {name}:" in refusal(spec.name, **given)


# Where


def test_what_is_not_in_the_address_goes_into_the_query() -> None:
    selection = selected("rfqs", project_id=4711, contract_id=9, status="closed")
    place = Place((1234, "Skyline"), (4711, ""), (("contract_id", 9),))
    assert selection.path(place) == "/rest/v1.0/rfqs"
    assert selection.params(place) == [
        ("project_id", "4711"),
        ("contract_id", "9"),
        ("filters[status]", "closed"),
    ]


def test_every_table_of_the_catalog_has_an_address_for_its_places() -> None:
    for spec in CATALOG.tables.values():
        selection = selection_of(spec, dict.fromkeys(spec.required, 5), today=TODAY)
        place = Place((1234, ""), (4711, ""), tuple((name, 5) for name in spec.parents))
        path = selection.path(place)
        assert "{" not in path and path.startswith("/rest/")
        names = [name for name, _ in selection.params(place)]
        assert len({*names}) == len(names), names


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Place(), ""),
        (Place((1234, "Skyline")), "company 1234 Skyline"),
        (Place((1234, "Skyline"), (4711, "Harbor")), "project 4711 Harbor"),
        (
            Place((1234, ""), (4711, ""), (("rfi_id", 5), ("budget_view_id", "a"))),
            "project 4711 · rfi 5 · budget view a",
        ),
    ],
)
def test_a_place_in_words(place: Place, words: str) -> None:
    assert str(place) == words


def test_the_same_rows_have_the_same_key_and_others_another() -> None:
    same = [selected("rfis", project_id=given, id=[1, 2]) for given in ([4711], (4711,), numpy.array([4711]))]
    assert len({selection.key for selection in same}) == 1
    others = [
        selected("rfis", project_id=4711),
        selected("rfis", project_id=4711, id=1),
        selected("rfis", project_id=4711, status="open"),
        selected("rfis", project_id=4711, company_id=1),
        selected("rfis", project_id=4711, params={"a": 1}),
        selected("rfis"),
        selected("submittals", project_id=4711),
        selected("rfi_replies", project_id=4711, rfi_id=1),
        selected("rfi_replies", project_id=4711, rfi_id="all"),
    ]
    keys = {selection.key for selection in [same[0], *others]}
    assert len(keys) == len(others) + 1 and all(hash(key) for key in keys)


def test_a_selection_of_an_unknown_list_is_possible_too() -> None:
    spec = TableSpec("things", "/rest/v1.0/things", "global", shape="unknown")
    assert selection_of(spec, {"params": {"a": "b"}}, today=TODAY).query == (("a", "b"),)
