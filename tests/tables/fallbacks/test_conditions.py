"""Conditions that Procore refuses: sent as a list, else picked out here exactly as they would be there, else refused as it refuses."""

from __future__ import annotations

import datetime
import json
import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from procore_jupyter import Procore, ProcoreAPIError, profiles
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.definitions.spec import Filter, TableSpec
from procore_jupyter.tables.parameters.selection import selection_of
from tests.hostile.counting import share, tried
from tests.session.conftest import Answer, Server
from tests.soak import some_of
from tests.tables.fallbacks.odd_api import OddApi, Row, no_filters, no_plain_form, refusal, values_of

CATALOG = Catalog(profiles.load("Procore")[0])
FILTERS = [(spec, one) for spec in CATALOG.tables.values() for one in spec.filters.values()]
PICKED = [
    (spec, one)
    for spec, one in FILTERS
    if spec.columns.get(one.column) == one.kind and (one.sound or (one.range and one.kind == "date"))
]
OTHERS = [pair for pair in FILTERS if pair not in PICKED]
TWELVE = [*range(11, 23)]

pytestmark = pytest.mark.filterwarnings("ignore::procore_jupyter.ProcoreWarning")
WORDS = ["open", "Open", "closed", "", "a b", "7", "Ünü"]


def some(pairs: list[tuple[TableSpec, Filter]], seed: str) -> list[tuple[TableSpec, Filter]]:
    """Return a few of them, or all where much is tried."""
    return some_of(pairs, len(pairs) // 25, seed)


def given(spec: TableSpec) -> dict[str, Any]:
    """Return what a table needs."""
    needed: dict[str, Any] = dict.fromkeys((*spec.required, *spec.parents), 5)
    return needed | ({"project_id": 11} if spec.scope == "project" else {})


def fixed(spec: TableSpec) -> Row:
    """Return the values that a table's rows have by a condition which is always sent."""
    return {param.removeprefix("filters[").removesuffix("]"): value for param, value in spec.fixed.items()}


def value_for(one: Filter, chance: random.Random) -> Any:
    """Return a value that a condition takes."""
    if one.range:
        first = datetime.date(2026, 11, 1) + datetime.timedelta(days=chance.randrange(20))
        return first, first + datetime.timedelta(days=chance.randrange(9))
    if one.choices:
        return chance.choice(one.choices)
    kinds = {"id": 3, "int": 3, "bool": True, "date": "2026-11-03", "timestamp": "2026-11-03T10:00:00Z"}
    if one.kind == "id" and one.several:
        return chance.choice([3, [2, 3], range(1, 4)])
    return kinds.get(one.kind, "open")


def rows_for(one: Filter, chance: random.Random) -> list[Row]:
    """Return rows with all that a condition's column may hold."""

    def value() -> Any:
        if chance.random() < 0.15:
            return None
        day = datetime.date(2026, 10, 28) + datetime.timedelta(days=chance.randrange(40))
        if one.kind == "date":
            return str(day)
        if one.kind == "timestamp":
            return f"{day}T{chance.choice(('00:00:00', '23:59:59', '12:30:00'))}Z"
        if one.kind in ("id", "int"):
            return chance.randrange(6)
        return chance.choice([*one.choices, *WORDS])

    return [{"id": number} | {one.column: value()} for number in range(chance.randrange(1, 90))]


def keeps(one: Filter, asked: list[str], row: Row) -> bool:
    """Tell whether the API's filter keeps a row: a value is one of those asked for, or between both ends."""
    value = row[one.column]
    if value is None:
        return False
    if not one.range:
        return str(value) in asked
    first, last = asked[0].split("...")
    return first <= str(value) <= last  # ISO 8601 is in the order of time


def kept(one: Filter, rows: list[Row]) -> Callable[[str, Mapping[str, list[str]]], list[Row]]:
    """Return what gives the rows that a request asks for, as the API does."""

    def found(path: str, query: Mapping[str, list[str]]) -> list[Row]:
        asked = values_of(query).get(one.param.removesuffix("[]"))
        return rows if asked is None else [row for row in rows if keeps(one, asked, row)]

    return found


@pytest.mark.parametrize(
    ("spec", "one"), some([pair for pair in FILTERS if not pair[1].range], "forms"), ids=lambda one: one.name
)
def test_a_value_that_is_refused_alone_is_sent_as_a_list_once_and_for_good(
    spec: TableSpec, one: Filter, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = OddApi([{"id": 3} | fixed(spec)], no_plain_form)
    server = servers(api)
    value = value_for(one, random.Random(one.name))
    listed = isinstance(value, (list, range)) or one.several or one.param.count("[") > 1
    right = 0 if listed and not fixed(spec) else 1
    table = connect_to(server.url).table(spec.name, **given(spec), **{one.name: value}, strict=True).fetch()
    assert len(table) == 1 and (api.refused, len(api.asked)) == (right, 1 + right)
    _, query = api.asked[-1]
    assert [name for name in query if name.startswith(one.param.removesuffix("[]"))] == [
        one.param if one.param.endswith(("[]", "[gt]")) else f"{one.param}[]"
    ]
    if not fixed(spec):
        told = [note for note in table.notes if f"{spec.name} accepts {one.name} as a list" in note]
        assert len(told) == right
    connect_to(server.url).table(spec.name, **given(spec), **{one.name: value}).fetch()
    assert (api.refused, len(api.asked)) == (right, 2 + right)
    tried("filters in another form")


@pytest.mark.parametrize(("spec", "one"), some(PICKED, "picked"), ids=lambda one: one.name)
def test_a_condition_that_is_refused_is_picked_out_here_exactly_as_there(
    spec: TableSpec, one: Filter, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    chance = random.Random(f"{spec.name}/{one.name}")
    rows, value = rows_for(one, chance), value_for(one, chance)
    name_of_key = spec.key or "id"
    rows = [
        {**row, **fixed(spec), name_of_key: row.get(name_of_key, number)} for number, row in enumerate(rows)
    ]
    if one.column == spec.key:  # each row once, however often it comes
        rows = [*{row[one.column]: row for row in rows if row[one.column] is not None}.values()]
    sound, odd = OddApi(kept(one, rows)), OddApi(kept(one, rows), no_filters)
    asked = {**given(spec), one.name: value}
    right, other = connect_to(servers(sound).url), connect_to(servers(odd).url)
    wanted = right.table(spec.name, **asked).to_arrow()
    table = other.table(spec.name, **asked, strict=True).fetch()
    assert table.to_arrow().equals(wanted) and table.incomplete == []
    assert [note for note in table.notes if f"didn't accept {one.name}" in note]
    first = odd.refused
    assert first <= 2 and len(odd.asked) == first + 1
    with other.table(spec.name, **asked).to_batches() as batches:
        ids = [row[name_of_key] for batch in batches for row in batch.to_pylist()]
    assert (
        ids == wanted[name_of_key].to_pylist()
        if name_of_key in wanted.column_names
        else len(ids) == len(wanted)
    )
    assert odd.refused == first and len(odd.asked) == first + 1
    tried("filters picked out here")


def may_be_meant(one: Filter, asked: list[str], value: Any) -> bool:
    """Tell whether a value differs from what is asked for by no more than letters' case or a day, or says nothing."""
    if value in (None, ""):
        return True
    if not one.range:
        return str(value).casefold() in {one.casefold() for one in asked}
    days = [datetime.date.fromisoformat(text[:10]) for text in (*asked[0].split("..."), value)]
    return days[0] - datetime.timedelta(days=2) <= days[2] <= days[1] + datetime.timedelta(days=2)


@pytest.mark.parametrize(("spec", "one"), some(PICKED, "deaf"), ids=lambda one: one.name)
def test_a_condition_that_is_not_heeded_is_picked_out_here_and_not_asked_for_again(
    spec: TableSpec, one: Filter, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    chance = random.Random(f"{spec.name}/{one.name}")
    key = spec.key or "id"
    rows = [{**row, key: row.get(key, number)} for number, row in enumerate(rows_for(one, chance))]
    if one.column == spec.key:
        rows = [*{row[one.column]: row for row in rows if row[one.column] is not None}.values()]
    asked = {**given(spec), one.name: value_for(one, chance)}
    query = selection_of(spec, asked, today=datetime.date(2026, 11, 23)).query
    sent = [value for name, value in query if name.removesuffix("[]") == one.param.removesuffix("[]")]
    surely = {row[key] for row in rows if keeps(one, sent, row)}
    perhaps = {row[key] for row in rows if may_be_meant(one, sent, row[one.column])}
    api = OddApi(rows)
    server = servers(api)
    for turn in range(2):
        table = connect_to(server.url).table(spec.name, **asked, strict=True).fetch()
        assert surely <= {row[key] for row in table} <= surely | perhaps
        assert table.incomplete == [] and len(api.asked) <= 2 + turn
        if len(surely | perhaps) < len(rows):
            assert len(api.asked) == 2 + turn and {row[key] for row in table} == surely
            assert [note for note in table.notes if "were selected here" in note]
    tried("filters that nobody heeds")


@pytest.mark.parametrize(("spec", "one"), some(OTHERS, "others"), ids=lambda one: one.name)
def test_a_condition_of_which_nobody_knows_what_it_keeps_is_refused_as_it_is_refused(
    spec: TableSpec, one: Filter, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = OddApi([{"id": 1, one.column: 3}], no_filters)
    value = value_for(one, random.Random(one.name))
    with pytest.raises(ProcoreAPIError, match="Bad Request"):
        connect_to(servers(api).url).table(spec.name, **given(spec), **{one.name: value}).fetch()
    assert all(values_of(query) for _, query in api.asked) and len(api.asked) <= 3 + len(spec.fixed)
    tried("filters that nobody knows")


def test_a_condition_that_is_not_heeded_on_later_pages_leaves_no_other_row_in(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    rows = [{"id": n, "status": "Draft" if n < 1500 else "Closed"} for n in range(2500)]
    table = connect_to(servers(OddApi(rows)).url).table(
        "purchase_orders", project_id=1, status="Draft", strict=True
    )
    assert [row["id"] for row in table] == [*range(1500)]
    assert [note for note in table.notes if "don't meet status" in note]


def test_what_the_api_may_mean_by_a_condition_is_left_as_it_gives_it(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    rows: list[Row] = [
        {"id": 1, "status": "DRAFT"},
        {"id": 2, "status": None},
        {"id": 3, "status": {"name": "Draft"}},
        {"id": 4},
    ]
    api = OddApi(rows)
    procore = connect_to(servers(api).url)
    assert len(procore.table("purchase_orders", project_id=1, status="Draft").fetch()) == 4
    api._rows = [{"id": 1, "created_at": "2026-11-02T09:00:00Z"}]
    assert (
        len(procore.table("work_orders", project_id=1, created_at=("2026-11-03", "2026-11-04")).fetch()) == 1
    )
    assert len(api.asked) == 2


def test_some_of_each_kind_are_tried() -> None:
    assert len(PICKED) > 150 and len(OTHERS) > 250
    assert {one.kind for _, one in PICKED} == {"id", "text", "timestamp", "date"}
    assert "deleted_at" not in {
        one.name for _, one in PICKED
    }  # deleted rows aren't in a list that nobody asks for them


@pytest.mark.parametrize("odd", [no_plain_form, no_filters])
def test_what_twelve_projects_refuse_is_found_out_once(
    odd: Any, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    rows = [{"id": number, "status": ("Draft", "Closed")[number % 2]} for number in range(10)]
    status = CATALOG.find("purchase_orders").filters["status"]
    api = OddApi(kept(status, rows), odd, projects=TWELVE)
    server = servers(api)
    for turn in range(2):
        table = (
            connect_to(server.url).table("purchase_orders", project_id="all active", status="Draft").fetch()
        )
        assert len(table) == 60 and {row["status"] for row in table} == {"Draft"} and table.incomplete == []
        refused = 1 if odd is no_plain_form else 2
        assert (api.refused, len(api.asked)) == (refused, refused + 12 * (turn + 1))


def test_of_several_conditions_the_one_that_is_named_is_changed(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    def odd(path: str, query: Mapping[str, list[str]]) -> Answer | None:
        return refusal("filters[origin_id] has to be a list", 422) if "filters[origin_id]" in query else None

    api = OddApi([{"id": 1}], odd)
    table = (
        connect_to(servers(api).url)
        .table("purchase_orders", project_id=1, origin_id="x", status="Draft")
        .fetch()
    )
    assert values_of(api.asked[-1][1]) == {"filters[origin_id]": ["x"], "filters[status]": ["Draft"]}
    assert "filters[status]" in api.asked[-1][1] and api.refused == 1 and len(table) == 1


def test_a_value_that_is_refused_by_name_is_the_callers_to_mend(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    """Nothing is fetched in its place, and nothing is remembered of it."""

    def odd(path: str, query: Mapping[str, list[str]]) -> Answer | None:
        return refusal("x1 is no origin") if ["x1"] in values_of(query).values() else None

    api = OddApi([{"id": 1}], odd)
    procore = connect_to(servers(api).url)
    with pytest.raises(ProcoreAPIError, match="x1 is no origin"):
        procore.table("purchase_orders", project_id=1, origin_id="x1").fetch()
    assert all(values_of(query) for _, query in api.asked)
    assert len(procore.table("purchase_orders", project_id=1, origin_id="x2").fetch()) == 1
    assert "filters[origin_id]" in api.asked[-1][1]


@pytest.mark.parametrize("rows", [[{"id": 1}, {"id": 2}], [{"id": 1, "created_at": "soon"}]])
def test_rows_that_do_not_tell_what_a_condition_compares_are_no_answer(
    rows: list[Row], servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = OddApi(rows, no_filters)
    procore = connect_to(servers(api).url)
    days: dict[str, Any] = {"created_at": ("2026-11-01", "2026-11-30")}
    with pytest.raises(ProcoreAPIError, match="Bad Request"):
        procore.table("purchase_orders", project_id=1, **days).fetch()
    with pytest.raises(ProcoreAPIError, match="doesn't accept created_at"):
        procore.table("purchase_orders", project_id=1, **days).fetch()


def test_a_value_that_does_not_fit_a_stream_leaves_no_row_out_unsaid(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    rows: list[Row] = [{"id": n, "created_at": "2026-11-03T00:00:00Z"} for n in range(2500)]
    rows.append({"id": 9000, "created_at": "early in November"})
    api = OddApi(rows, no_filters)
    table = connect_to(servers(api).url).table(
        "purchase_orders", project_id=1, created_at=("2026-11-01", "2026-11-30"), strict=True
    )
    with pytest.raises(ProcoreAPIError), table.to_batches() as batches:
        assert len([*batches]) < 2502


def test_a_limit_counts_the_rows_that_are_wanted(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    rows = [{"id": number, "status": "Draft" if number % 900 == 0 else "Closed"} for number in range(4000)]
    api = OddApi(rows, no_filters)
    procore = connect_to(servers(api).url)
    table = procore.table("purchase_orders", project_id=1, status="Draft")
    assert [row["id"] for row in table.head(3)] == [0, 900, 1800]
    assert [row["id"] for row in table] == [0, 900, 1800, 2700, 3600]
    assert (
        "5 rows"
        in procore.table("purchase_orders", project_id=1, status="Draft")._repr_mimebundle_()["text/plain"]
    )


def test_many_values_that_are_refused_are_fetched_whole_once(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    large = 562949953443325
    rows = [{"id": large + number} for number in range(1500)]
    api = OddApi(rows, no_filters)
    table = (
        connect_to(servers(api).url)
        .table("rfis", project_id=1, id=range(large, large + 1000), strict=True)
        .fetch()
    )
    assert [row["id"] for row in table] == [large + number for number in range(1000)]
    assert len([1 for _, query in api.asked if not values_of(query)]) == 2  # pages of one list


def test_a_raw_parameter_of_a_known_condition_is_treated_alike(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    rows = [{"id": 1, "status": "Draft"}, {"id": 2, "status": "Closed"}]
    api = OddApi(rows, no_filters)
    table = connect_to(servers(api).url).get_all(
        "/rest/v1.0/purchase_order_contracts", {"project_id": 11, "filters[status]": "Draft"}
    )
    assert [row["id"] for row in table] == [1]


def test_a_form_that_was_right_once_is_left_when_it_is_no_more(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    def no_lists(path: str, query: Mapping[str, list[str]]) -> Answer | None:
        return refusal("Bad Request") if any(name.endswith("[]") for name in query) else None

    api = OddApi([{"id": 1}], no_plain_form)
    server = servers(api)
    for odd, refused in (
        (no_plain_form, 1),
        (no_plain_form, 0),
        (no_lists, 1),
        (no_lists, 0),
        (no_plain_form, 1),
    ):
        api.odd, api.refused = (odd,), 0
        connect_to(server.url).table("rfis", project_id=1, assigned_id=3).fetch()
        assert api.refused == refused


def test_what_is_refused_altogether_costs_no_more_each_time(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    api = OddApi([], lambda path, query: refusal("Bad Request"), projects=TWELVE)
    with pytest.raises(ProcoreAPIError, match="Bad Request"):
        connect_to(servers(api).url).table("purchase_orders", project_id=TWELVE, status="Draft").fetch()
    assert len(api.asked) == 4 + 2 * 11
    api.asked.clear()
    with pytest.raises(ProcoreAPIError, match="Bad Request"):
        connect_to(servers(api).url).table("schedules", project_id=TWELVE, schedule_id="x").fetch()
    assert len(api.asked) == 3 + 11  # no page of a hundred rows can be too large


ODD_VALUES: list[Any] = [
    True, 1.5, "3", [3], {"id": 3}, "2026-11-03", "2026-11-03T10:00:00+02:00", "", "null", 10**30, "soon",
]  # fmt: skip


def keeps_odd(one: Filter, asked: list[str], value: Any) -> bool:
    """Tell whether a value of any kind is one of those asked for, or a time between both ends."""
    if value in (None, ""):
        return False
    if not one.range:
        return (value if isinstance(value, str) else json.dumps(value)) in asked
    ends = [datetime.datetime.fromisoformat(end) for end in (*asked[0].split("..."), str(value))]
    first, last, moment = (end if end.tzinfo else end.replace(tzinfo=datetime.UTC) for end in ends)
    return first <= moment <= last


def test_ids_beside_a_fraction_are_compared_as_ids(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    rows = [
        {"id": number, "daily_log_segment_id": value} for number, value in enumerate([1.5, 4, 3, 2, None])
    ]
    server = servers(OddApi(rows, no_filters))
    table = connect_to(server.url).table("photos", project_id=11, daily_log_segment_id=[2, 3], strict=True)
    assert [row["id"] for row in table] == [2, 3]


def test_rows_of_any_kind_are_compared_rightly_or_not_at_all(
    servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    server = servers()
    pairs = [(spec, one) for spec, one in PICKED if one.column != spec.key]
    for number in range(share(200)):
        chance = random.Random(f"hostile/{number}")
        spec, one = chance.choice(pairs)
        rows = rows_for(one, chance)
        for row in chance.sample(rows, min(len(rows), chance.randrange(3))):
            row[one.column] = chance.choice(ODD_VALUES)
        rows = [{**fixed(spec), **row} for row in rows]
        server.answer = OddApi(rows, no_filters)
        asked = {**given(spec), one.name: value_for(one, chance)}
        query = selection_of(spec, asked, today=datetime.date(2026, 11, 23)).query
        sent = [value for name, value in query if name.removesuffix("[]") == one.param.removesuffix("[]")]
        try:
            found = [row["id"] for row in connect_to(server.url).table(spec.name, **asked, strict=True)]
        except ProcoreAPIError:
            values = [row[one.column] for row in rows]
            assert [value for value in values if value in ODD_VALUES] or {*map(str, values)} == {"None"}
        else:
            wanted = [row["id"] for row in rows if keeps_odd(one, sent, row[one.column])]
            assert sorted(found) == wanted, f"case {number}"
        tried("rows of any kind picked out here")
