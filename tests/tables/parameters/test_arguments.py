"""What people have at hand is taken for what it means, in whatever it comes; what is missing in it is refused by name."""

from __future__ import annotations

import datetime
import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy
import pandas
import polars
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procore_jupyter import Procore, profiles
from procore_jupyter.errors import ParameterError
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.parameters import arguments
from procore_jupyter.tables.parameters.selection import Selection, selection_of
from tests.session.conftest import Answer, Server
from tests.soak import SOAK

CATALOG = Catalog(profiles.load("Procore")[0])
TODAY = datetime.date(2026, 11, 23)

FEW = settings(max_examples=100 if SOAK else 10)
"""Of each way in which values come, some examples."""

ids = st.integers(1, 2**53 - 1)
"""Ids that a float can hold: those of a data frame's column in which some are missing are floats."""

AS_ONE: dict[str, Callable[[int], Any]] = {
    "int": int,
    "float": float,
    "text": str,
    "text of a float": lambda number: f"{number}.0",
    "text with blanks": lambda number: f" {number} ",
    "Decimal": Decimal,
    "Decimal with places": lambda number: Decimal(number).quantize(Decimal("0.00")),
    "numpy.int64": numpy.int64,
    "numpy.float64": numpy.float64,
    "numpy.str_": lambda number: numpy.str_(number),
    "an array without a dimension": numpy.array,
    "pandas' own": lambda number: pandas.array([number], dtype="Int64")[0],
    "Arrow's": pa.scalar,
    "Arrow's decimal": lambda number: pa.scalar(Decimal(number)),
}
"""Ways in which a person has one id."""

AS_SEVERAL: dict[str, Callable[[list[int]], Any]] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "deque": deque,
    "generator": iter,
    "keys": lambda some: dict.fromkeys(some).keys(),
    "values": lambda some: dict(enumerate(some)).values(),
    "map": lambda some: map(str, some),
    "list of numpy.int64": lambda some: [*numpy.array(some)],
    "array": numpy.array,
    "array of floats": lambda some: numpy.array(some, dtype=float),
    "array of objects": lambda some: numpy.array(some, dtype=object),
    "pandas.Series": pandas.Series,
    "pandas.Series of floats": lambda some: pandas.Series(some, dtype=float),
    "pandas.Series of Int64": lambda some: pandas.Series(some, dtype="Int64"),
    "pandas.Series of Arrow's": lambda some: pandas.Series(some, dtype="int64[pyarrow]"),
    "pandas.Series of texts": lambda some: pandas.Series(some).astype(str),
    "pandas.Categorical": lambda some: pandas.Series(some).astype("category"),
    "pandas.Index": pandas.Index,
    "unique": lambda some: pandas.Series(some).unique(),
    "a column": lambda some: pandas.DataFrame({"rfi": some})["rfi"],
    "polars.Series": polars.Series,
    "polars.Series of floats": lambda some: polars.Series(some, dtype=polars.Float64),
    "a column of polars": lambda some: polars.DataFrame({"rfi": some})["rfi"],
    "Arrow's array": pa.array,
    "Arrow's column": lambda some: pa.chunked_array([some, []], pa.int64()),
    "Arrow's texts": lambda some: pa.array([f"{number}" for number in some]),
}
"""Ways in which a person has several ids."""

MISSING = (None, math.nan, numpy.nan, numpy.float32("nan"), pandas.NaT, pandas.NA, Decimal("nan"), numpy.datetime64("NaT", "ns"), pa.scalar(None))  # fmt: skip


def selected(name: str, **parameters: Any) -> Selection:
    return selection_of(CATALOG.find(name), parameters, today=TODAY)


def sent(name: str, **parameters: Any) -> list[str]:
    return [text for _, text in selected(name, **parameters).query]


@pytest.mark.parametrize("way", AS_ONE.values(), ids=AS_ONE)
@FEW
@given(number=ids)
def test_one_id_is_taken_in_whatever_it_comes(way: Callable[[int], Any], number: int) -> None:
    for parameters in ({"project_id": way(number)}, {"project": [way(number), way(number)]}):
        assert selected("rfis", **parameters).project in (number, (number,))
    assert selected("rfis", company=way(number)).company == number
    assert sent("rfis", assigned_id=way(number)) == [str(number)]
    assert sent("rfis", id=[way(number), number]) == [str(number)]
    assert selected("rfi_replies", rfi_id=way(number)).parents == (("rfi_id", number),)


@pytest.mark.parametrize("way", AS_SEVERAL.values(), ids=AS_SEVERAL)
@FEW
@given(some=st.lists(ids, min_size=1, max_size=20))
def test_several_ids_are_taken_in_whatever_they_come_and_each_once(
    way: Callable[[list[int]], Any], some: list[int]
) -> None:
    def same(found: Iterable[Any], wanted: Sequence[Any]) -> bool:
        found = [*found]
        return sorted(found) == sorted(wanted) and (
            isinstance(way(some), (set, frozenset)) or found == wanted
        )

    each = [*dict.fromkeys(some)]
    assert same(sent("rfis", id=way(some)), [f"{number}" for number in each])
    assert same(selected("rfis", project_id=way(some)).project, each)
    assert same(selected("rfi_replies", rfi_id=way(some)).parents[0][1], each)
    assert same(sent("rfis", params={"filters[x][]": way(some)}), [f"{number}" for number in each])


@given(place=st.integers(0, 5), hole=st.sampled_from(MISSING), some=st.lists(ids, min_size=1, max_size=5))
def test_a_missing_value_among_several_is_refused_by_the_parameters_name(
    place: int, hole: Any, some: list[int]
) -> None:
    holed: list[Any] = [*some]
    holed.insert(place, hole)
    for name, parameters in (
        ("id", {"id": holed}),
        ("project_id", {"project_id": holed}),
        ("rfi_id", {"rfi_id": holed}),
        ("filters[x]", {"params": {"filters[x]": holed}}),
        ("id", {"id": pandas.Series(holed, dtype=object)}),
    ):
        with pytest.raises(
            ParameterError, match=f"^{name} of rfi.* has a missing value".replace("[x]", r"\[x\]")
        ):
            selected("rfi_replies" if name == "rfi_id" else "rfis", **parameters)


@pytest.mark.parametrize("hole", [one for one in MISSING if one is not None], ids=repr)
def test_a_missing_value_alone_is_refused_too(hole: Any) -> None:
    for name, parameter in (
        ("rfis", "status"),
        ("rfis", "project_id"),
        ("manpower_logs", "log_date"),
        ("rfis", "company"),
    ):
        with pytest.raises(ParameterError, match=f"{parameter} of {name} has a missing value"):
            selected(name, **{parameter: hole})
    with pytest.raises(ParameterError, match="updated_at has a missing value as an end"):
        selected("rfis", updated_at=(hole, "2026-11-30"))


FRAMES = (
    pandas.DataFrame({"id": [7]}),
    polars.DataFrame({"id": [7]}),
    polars.LazyFrame({"id": [7]}),
    pa.table({"id": [7]}),
)


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__module__)
def test_of_a_data_frame_a_column_has_to_be_named(frame: Any) -> None:
    for parameters in ({"id": frame}, {"project": frame}, {"params": {"x": frame}}):
        with pytest.raises(
            ParameterError, match=f"needs values, not a {type(frame).__name__}: choose one of its columns"
        ):
            selected("rfis", **parameters)
    with pytest.raises(ParameterError, match="rfi_id of rfi_replies needs values, not a"):
        selected("rfi_replies", rfi_id=frame)


NO_IDS = (True, 0, -7, 7.5, math.inf, 2.0**60, 2**63, "", " ", "Dana Reyes", "dana@example.test", "7,8", "7.5", "1e3", "٧", b"7", {"id": 7}, [7], slice(7), TODAY)  # fmt: skip


@pytest.mark.parametrize("value", NO_IDS, ids=repr)
def test_what_is_no_id_is_refused_before_anything_is_sent(value: Any) -> None:
    for parameters in ({"ball_in_court_id": value}, {"id": value}, {"id": [7, value]}):
        if parameters.get("id") == [7]:
            continue
        with pytest.raises(ParameterError, match="of rfis (must be an id|accepts one value)"):
            selected("rfis", **parameters)


def test_no_table_takes_a_name_for_an_id_or_a_word_for_a_number_or_a_switch() -> None:
    for spec in (*CATALOG.tables.values(), *CATALOG.probable.values()):
        needed = dict.fromkeys(spec.required, "1")
        for one in spec.filters.values():
            if one.kind in ("id", "int", "bool", "date", "timestamp") and not one.choices:
                with pytest.raises(ParameterError, match=f"^{one.name}"):
                    selected(spec.name, **{**needed, one.name: "Dana Reyes"})


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (False, "false"), (numpy.bool_(True), "true"), ("True", "true"), ("false", "false"), (1, "true"), (0.0, "false")],
)  # fmt: skip
def test_a_switch_is_told_as_people_have_it(value: Any, text: str) -> None:
    assert text in sent("folders", private=value)


def test_a_text_a_unique_id_and_a_number_are_sent_as_they_are() -> None:
    unique = UUID(int=7)
    for value, text in (
        (unique, f"{unique}"),
        (Decimal("1.50"), "1.50"),
        (7.0, "7"),
        (1.25, "1.25"),
        ("007", "007"),
    ):
        assert sent("rfis", params={"x": value}) == [text]
    with pytest.raises(ParameterError, match="x of rfis must be text, a number or a date, not float"):
        selected("rfis", params={"x": math.inf})


# Days and times


MOMENT = datetime.datetime(2026, 11, 2, 8, 30, tzinfo=datetime.UTC)
AS_A_MOMENT: dict[str, Callable[[datetime.datetime], Any]] = {
    "datetime": lambda when: when,
    "datetime elsewhere": lambda when: when.astimezone(datetime.timezone(datetime.timedelta(hours=-7))),
    "text": lambda when: when.isoformat(),
    "pandas.Timestamp": pandas.Timestamp,
    "numpy.datetime64": lambda when: numpy.datetime64(when.replace(tzinfo=None)),
    "numpy.datetime64 in nanoseconds": lambda when: pandas.Series([when.replace(tzinfo=None)]).values[0],
    "Arrow's": pa.scalar,
}


@pytest.mark.parametrize("way", AS_A_MOMENT.values(), ids=AS_A_MOMENT)
@FEW
@given(
    when=st.datetimes(
        datetime.datetime(1980, 1, 1), datetime.datetime(2090, 1, 1), timezones=st.just(datetime.UTC)
    )
)
def test_a_time_is_taken_in_whatever_it_comes(way: Callable[[Any], Any], when: datetime.datetime) -> None:
    when = when.replace(microsecond=0)
    text = f"{when:%Y-%m-%dT%H:%M:%SZ}"
    assert sent("rfis", updated_at=(way(when), way(when))) == [f"{text}...{text}"]
    assert sent("rfis", updated_at=pandas.Series([way(when), way(when)])) == [f"{text}...{text}"]
    assert sent("rfis", params={"x": way(when)})[0].startswith(f"{when:%Y-%m-%dT%H:%M}"[:4])


@pytest.mark.parametrize(
    "day",
    [
        "2026-11-02",
        " 2026-11-02 ",
        datetime.date(2026, 11, 2),
        MOMENT,
        pandas.Timestamp("2026-11-02"),
        numpy.datetime64("2026-11-02"),
        pandas.Series(pandas.to_datetime(["2026-11-02"])).values[0],
        pa.scalar(datetime.date(2026, 11, 2)),
    ],
)
def test_a_day_is_taken_in_whatever_it_comes(day: Any) -> None:
    assert sent("manpower_logs", log_date=day) == ["2026-11-02"]
    assert sent("manpower_logs", params={"log_date": day}) == ["2026-11-02"]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"updated_at": ("2026-11-30", "2026-11-01")}, "updated_at ends before it begins"),
        ({"updated_at": {"2026-11-01", "2026-11-30"}}, "updated_at must be a range, from and to"),
        ({"updated_at": (None, datetime.datetime.max)}, "updated_at has a date out of range"),
        ({"sort": ["number"]}, "sort of rfis must be one column"),
        ({"sort": "-"}, "sort of rfis must be one column"),
        ({"params": "status=open"}, "params needs names and values"),
        ({"params": ["status"]}, "params needs names and values"),
        ({"params": {1: "open"}}, "params needs names and values"),
        ({"params": {"filters": {"status": "open"}}}, r"filters of rfis must be .* not dict\. Give its parts as separate parameters"),
        ({"params": {"page": 2}}, "page can't be given: all pages are read"),
        ({"params": {"per_page": 5}}, "per_page can't be given: all pages are read"),
        ({"status": "open", "params": {"filters[status]": "closed"}}, r"rfis already sends filters\[status\]\[\]=open"),
        ({"project_id": 7, "params": {"project_id": 8}}, "project_id of rfis is given twice, once in params"),
        ({"search": "x", "params": {}}, "rfis can't be filtered by search"),
    ],
)  # fmt: skip
def test_what_is_known_to_be_wrong_is_refused(parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        selected("rfis", **parameters)


def test_what_a_table_always_sends_is_not_said_again() -> None:
    with pytest.raises(ParameterError, match=r"documents already sends filters\[document_type\]=file"):
        selected("documents", params={"filters[document_type]": "folder"})
    assert sent("purchase_orders", params={"view": "normal"}) == ["normal"]
    assert selected("rfis", params={"project_id": [7, 8]}).project == (7, 8)
    assert selected("rfi_replies", params={"rfi_id": 5}).parents == (("rfi_id", 5),)


days = st.dates(datetime.date(1990, 1, 1), datetime.date(2060, 1, 1))


@given(first=st.none() | days, last=st.none() | days)
def test_both_ends_of_daily_logs_are_sent_whichever_is_given(
    first: datetime.date | None, last: datetime.date | None
) -> None:
    ends = {"start_date": first, "end_date": last}
    if first and last and first > last:
        with pytest.raises(ParameterError, match="start_date of manpower_logs is after its end_date"):
            selected("manpower_logs", **ends)
        return
    for parameters in (ends, {"params": ends}, {"params": {"end_date": last}, "start_date": first}):
        query = dict(selected("manpower_logs", **parameters).query)
        assert query.keys() == {"start_date", "end_date"}
        since, until = (datetime.date.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        assert since <= until
        assert since == first if first else since <= min(last or TODAY, datetime.date(2000, 1, 1))
        assert until == last if last else until >= max(first or TODAY, TODAY)


def test_days_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ParameterError, match="log_date, or start_date and end_date, not both"):
        selected("manpower_logs", log_date=TODAY, end_date=TODAY)
    assert sent("manpower_logs", start_date=datetime.date.max) == ["9999-12-31", "9999-12-31"]


# Lists by their addresses


@pytest.fixture
def server(servers: Callable[..., Server]) -> Server:
    return servers(lambda request: Answer(body=b"[]", headers={"Total": "0"}))


@pytest.fixture
def procore(server: Server, connect_to: Callable[..., Procore]) -> Procore:
    return connect_to(server.url)


LOGS = "/rest/v1.0/projects/4711/manpower_logs"


@pytest.mark.parametrize("path", [LOGS, f"{LOGS}/", LOGS[1:], f" {LOGS}// ", f"/{LOGS}"])
def test_an_address_means_the_same_however_it_is_framed(path: str, procore: Procore, server: Server) -> None:
    procore.get_all(path).fetch()
    (request,) = server.arrived
    assert request.path.startswith(f"{LOGS}?start_date=2000-01-01&end_date=")


@pytest.mark.parametrize("ends", [{"start_date": "2026-11-01"}, {"params": {"start_date": "2026-11-01"}}])
def test_one_end_of_a_daily_log_is_filled_up_at_an_address_too(
    ends: dict[str, Any], procore: Procore, server: Server
) -> None:
    procore.get_all(LOGS, **ends).fetch()
    assert "?start_date=2026-11-01&end_date=" in server.arrived[0].path


@pytest.mark.parametrize("nothing", [None, math.nan, pandas.NaT, pandas.NA, "null", "undefined"])
def test_an_address_with_nothing_where_an_id_is_meant_is_refused(
    nothing: Any, procore: Procore, server: Server
) -> None:
    with pytest.raises(ParameterError, match="where an id belongs"):
        procore.get_all(f"/rest/v1.0/projects/{nothing}/rfis")
    for empty in (
        "/rest/v1.0/projects//rfis",
        "/rest/v1.0/projects/4711/rfis?status=open",
        "/rest/./x",
        "/rest/%2e%2e/x",
    ):
        with pytest.raises(ParameterError, match="get_all needs the path of a list"):
            procore.get_all(empty)
    assert server.arrived == []


def test_an_id_in_an_address_is_read_as_people_write_it(procore: Procore, server: Server) -> None:
    procore.get_all(f"/rest/v1.0/projects/{4711.0}/rfis").fetch()
    assert server.arrived[0].path.startswith("/rest/v1.0/projects/4711/rfis?")


def test_what_contradicts_an_address_is_refused(procore: Procore, server: Server) -> None:
    for other in ({"project_id": 4712}, {"project": 4712}, {"params": {"project_id": 4712}}):
        with pytest.raises(ParameterError, match="has project_id|not both"):
            procore.get_all(LOGS, **other)
    procore.get_all(LOGS, project_id="4711").fetch()
    assert "project_id" not in server.arrived[0].path


def test_a_condition_may_have_its_name_of_the_catalog_at_an_address(procore: Procore, server: Server) -> None:
    procore.get_all("/rest/v1.0/projects/4711/rfis", {"filters[x]": "y"}, status="open").fetch()
    assert "?filters%5Bstatus%5D%5B%5D=open&filters%5Bx%5D=y&" in server.arrived[0].path
    with pytest.raises(ParameterError, match="status of rfis doesn't know 'opne'"):
        procore.get_all("/rest/v1.0/projects/4711/rfis", status="opne")


def test_projects_are_named_at_an_address_that_has_none(procore: Procore, server: Server) -> None:
    procore.get_all("/rest/v1.0/budget_views", project=[7, 8]).fetch()
    assert [one.path.partition("&per_page")[0] for one in server.arrived] == [
        f"/rest/v1.0/budget_views?project_id={number}" for number in (7, 8)
    ]


# Which company a request is about


@pytest.mark.parametrize(
    ("path", "more", "company"),
    [
        ("/rest/v1.0/companies/999/vendors", {}, "999"),
        ("/rest/v1.0/companies/999", {}, "999"),
        ("/rest/v1.0/projects", {"company_id": 999}, "999"),
        ("/rest/v9.0/things", {"params": {"company_id": 999, "a": 1}}, "999"),
        ("/rest/v2.0/companies/999/projects/7/schedules", {}, "999"),
        ("/rest/v1.0/projects/7/rfis", {}, "1234"),
        ("/rest/v1.0/projects/7/rfis", {"company_id": 999}, "999"),
        ("/rest/v9.0/things", {"params": {"parent_company_id": 999}}, "1234"),
        ("/rest/v9.0/things", {"params": {"of": "/companies/999"}}, "1234"),
    ],
)
def test_the_company_that_an_address_names_is_the_one_asked(
    path: str, more: dict[str, Any], company: str, procore: Procore, server: Server
) -> None:
    procore.get_all(path, **more).fetch()
    assert {one.headers["procore-company-id"] for one in server.arrived} == {company}


def test_a_plain_request_too_is_about_the_company_that_it_names(procore: Procore, server: Server) -> None:
    procore.get("/rest/v1.0/companies/999/vendors")
    procore.get("/rest/v1.0/projects", params={"company_id": 999})
    procore.get("/rest/v1.0/companies/999/vendors", headers={"Procore-Company-Id": "5"})
    procore.get("/rest/v1.0/companies/999/vendors?company_id=998")
    assert [one.headers["procore-company-id"] for one in server.arrived] == ["999", "999", "5", "1234"]


def test_a_company_that_is_named_is_not_looked_for(
    connect_to: Callable[..., Procore], server: Server
) -> None:
    session = connect_to(
        server.url, CompanyId="", AuthScheme="OAUTH", InitiateOAuth="OFF", OAuthAccessToken="x"
    )
    session.get("/rest/v1.0/companies/999/vendors")
    assert [one.path for one in server.arrived] == ["/rest/v1.0/companies/999/vendors"]


# Choosing


@pytest.mark.parametrize("way", AS_ONE.values(), ids=AS_ONE)
def test_company_and_project_are_chosen_by_what_people_have(
    way: Callable[[int], Any], procore: Procore
) -> None:
    procore.project_id = way(4711)
    assert procore.project_id == 4711
    if way(7) != "7.0" and not isinstance(way(7), pa.Scalar):
        procore.company_id = way(7)
        assert procore.company_id == 7


@pytest.mark.parametrize("value", [math.nan, 7.5, 0, -1, True, "Harbor", "", [7], pandas.NA], ids=repr)
def test_what_is_no_id_is_not_chosen(value: Any, procore: Procore, server: Server) -> None:
    for choose in (
        lambda: setattr(procore, "project_id", value),
        lambda: setattr(procore, "company_id", value),
        lambda: procore.use(project=value) if not isinstance(value, str) else arguments.id_of("x", value),
    ):
        with pytest.raises(ParameterError):
            choose()
    assert procore.project_id is None and procore.company_id == 1234 and server.arrived == []
