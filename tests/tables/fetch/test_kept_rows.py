"""Rows are kept place by place: what was read is not read again, and what is put together is what one reading gives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from procore_jupyter import Procore
from procore_jupyter.errors import ProcoreIncompleteWarning
from procore_jupyter.session.api_errors import PermissionDenied
from procore_jupyter.tables import cache
from procore_jupyter.tables.cache import KEPT, Cache
from procore_jupyter.tables.definitions.spec import TableSpec
from procore_jupyter.tables.fetch.kept_rows import includes
from procore_jupyter.tables.parameters.selection import Selection, selection_of
from procore_jupyter.tables.place import Place
from tests.session.conftest import Answer, Arrived, Server
from tests.tables.small_api import COMPANY, PROJECTS, SmallApi, projects, rfis, rfis_of

HARBOR, DEPOT, MILL, PIER = 4711, 4712, 4713, 4714
SWITCHED_OFF = Answer(403, b'{"errors": "The RFIs tool is not enabled for the project."}')


@pytest.fixture
def api() -> SmallApi:
    return SmallApi(
        {
            PROJECTS: projects(HARBOR, DEPOT, MILL, PIER),
            rfis_of(HARBOR): rfis(45),
            rfis_of(DEPOT): rfis(5, 1000),
            rfis_of(MILL): rfis(0),
            rfis_of(PIER): rfis(3, 2000),
        }
    )


@pytest.fixture
def server(servers: Callable[..., Server], api: SmallApi) -> Server:
    return servers(api)


@pytest.fixture
def procore(server: Server, connect_to: Callable[..., Procore]) -> Procore:
    return connect_to(server.url, PageSize=20, MaxConcurrency=1)


def asked(server: Server) -> list[str]:
    """Return the last parts of the paths that were asked for, and forget them."""
    found = [urlsplit(request.path).path for request in server.arrived]
    server.arrived.clear()
    return [path.split("/")[-2] if path.endswith("rfis") else path.rpartition("/")[2] for path in found]


def place(project: int, **parents: int) -> Place:
    return Place((COMPANY, ""), (project, ""), tuple(parents.items()))


def selected(procore: Procore, name: str = "rfis", **given: Any) -> Selection:
    reader = procore.tables.reader
    return selection_of(reader.catalog.find(name), {"company_id": COMPANY, **given}, today=reader.today)


def plain(table: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_arrow().to_pylist()
    return rows


# What is new is read


def test_another_selection_reads_what_is_new_and_gives_what_one_reading_gives(
    procore: Procore, server: Server, connect_to: Callable[..., Procore]
) -> None:
    procore.table("rfis", project_id=[HARBOR, MILL]).fetch()
    asked(server)
    table = procore.table("rfis", project_id=[PIER, HARBOR, DEPOT, MILL]).fetch()
    assert asked(server) == [str(PIER), str(DEPOT)]
    assert "2 of 4 projects were here already." in table.notes
    anew = connect_to(server.url).table("rfis", project_id=[PIER, HARBOR, DEPOT, MILL])
    assert table.to_arrow().equals(anew.to_arrow())
    asked(server)
    again = procore.table("rfis", project_id=[DEPOT, HARBOR]).fetch()
    assert (
        asked(server) == []
        and len(again) == 50
        and not [note for note in again.notes if "here already" in note]
    )
    assert len(procore.table("rfis", project_id=[HARBOR, DEPOT]).head(47)) == 47 and asked(server) == []
    assert sum(batch.num_rows for batch in procore.table("rfis", project_id=DEPOT).to_batches()) == 5
    assert asked(server) == []


def test_the_age_is_that_of_the_oldest_part(procore: Procore, server: Server) -> None:
    now = [1_790_000_000.0]
    procore._cache.clock = procore.tables.reader.clock = lambda: now[0]
    procore.table("rfis", project_id=HARBOR).fetch()
    now[0] += 600
    both = procore.tables.reader.rows(selected(procore, project_id=[HARBOR, DEPOT]))
    assert both.when == 1_790_000_000.0
    now[0] += KEPT - 600
    asked(server)
    procore.table("rfis", project_id=[HARBOR, DEPOT]).fetch()
    assert {*asked(server)} == {str(HARBOR)}, "the other one is younger"


def test_rows_that_are_refreshed_are_those_of_their_projects(procore: Procore, server: Server) -> None:
    procore.table("rfis", project_id=[HARBOR, DEPOT]).fetch()
    asked(server)
    procore.table("rfis", project_id=DEPOT).refresh()
    assert asked(server) == [str(DEPOT)]
    procore.table("rfis", project_id=[HARBOR, DEPOT]).fetch()
    assert asked(server) == []
    procore.forget()
    procore.table("rfis", project_id=DEPOT).fetch()
    assert asked(server) == [str(DEPOT)]


# Stopped, and gone on


@pytest.mark.parametrize("error", [KeyboardInterrupt, ConnectionError])
def test_what_was_whole_before_an_end_is_not_read_again(
    error: type[BaseException],
    procore: Procore,
    api: SmallApi,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = procore.table("rfis", project_id=[HARBOR, DEPOT, MILL, PIER])
    reader = procore.tables.reader
    take = type(reader)._reading

    def ending(*given: Any, **how: Any) -> Any:
        reading = take(reader, *given, **how)
        batches = reading.batches

        def some() -> Iterator[Any]:
            for batch in batches():
                if batch.place == 3:
                    raise error
                yield batch

        reading.batches = some  # type: ignore[method-assign, assignment]
        return reading

    monkeypatch.setattr(reader, "_reading", ending)
    with pytest.raises(error):
        table.fetch()
    monkeypatch.undo()
    asked(server)
    assert len(table.fetch()) == 53
    assert asked(server) == [str(PIER)]
    assert "3 of 4 projects were here already." in table.notes


def test_what_was_asked_for_before_all_was_forgotten_is_not_kept(
    procore: Procore, api: SmallApi, servers: Callable[..., Server], connect_to: Callable[..., Procore]
) -> None:
    def answer(request: Arrived) -> Answer:
        if request.path.partition("?")[0] == rfis_of(HARBOR) and "page=2" in request.path:
            session.forget()  # another thread, while the second page is under way
        return api(request)

    server = servers(answer)
    session = connect_to(server.url, PageSize=20, MaxConcurrency=1)
    assert len(session.table("rfis", project_id=[HARBOR, DEPOT]).fetch()) == 50
    api.lists[rfis_of(HARBOR)] = rfis(3)
    assert len(session.table("rfis", project_id=HARBOR).fetch()) == 3


class Failing:
    """An API whose network is lost after some requests for a list, and rows that come and go meanwhile."""

    def __init__(self, api: SmallApi, after: int) -> None:
        self.api, self.left = api, after

    def __call__(self, request: Arrived) -> Answer:
        if request.path.partition("?")[0] == rfis_of(HARBOR):
            self.left -= 1
            if self.left < 0:
                return Answer(drop=True)
        return self.api(request)


@pytest.mark.parametrize("after", [0, 1, 2, 3, 7])
@pytest.mark.parametrize("abreast", [1, 4])
def test_a_long_list_goes_on_with_the_page_at_which_it_was_lost(
    after: int, abreast: int, api: SmallApi, server: Server, connect_to: Callable[..., Procore]
) -> None:
    api.lists[rfis_of(HARBOR)] = [*rfis(190), '{"id": 191, "due_date": "soon", "odd": "1.50"}']
    procore = connect_to(server.url, PageSize=20, MaxConcurrency=abreast)
    failing = Failing(api, after)
    server.answer = failing
    with pytest.raises(requests.ConnectionError) as lost:
        procore.table("rfis", project_id=[DEPOT, HARBOR]).fetch()
    assert "1 of 2 projects have come" in "".join(lost.value._render_traceback_())  # type: ignore[attr-defined]
    failing.left = 1_000_000
    asked(server)
    table = procore.table("rfis", project_id=[HARBOR, DEPOT])
    found = plain(table)
    again = len(asked(server))
    anew = connect_to(server.url, PageSize=20).table("rfis", project_id=[HARBOR, DEPOT])
    assert found == plain(anew) and table.incomplete == []
    here = [note for note in table.notes if note.endswith("RFIs were here already.")]
    came = int(here[0].split()[0]) // 20 if here else 0
    assert came == after if abreast == 1 else came <= after
    # The last of them is looked at again; requests that were under way may arrive late.
    assert 0 <= again - (10 - came + bool(here)) <= (abreast - 1)
    asked(server)
    procore.table("rfis", project_id=HARBOR).fetch()
    assert asked(server) == []


@pytest.mark.parametrize("change", ["gone", "new", "moved", "moved far"])
def test_a_list_that_changed_while_it_was_stopped_loses_and_doubles_nothing(
    change: str, procore: Procore, api: SmallApi, server: Server
) -> None:
    failing = Failing(api, 2)
    api.lists[rfis_of(HARBOR)] = rfis(95)
    server.answer = failing
    with pytest.raises(requests.ConnectionError):
        procore.table("rfis", project_id=HARBOR).fetch()
    failing.left = 1_000_000
    now = rfis(95)
    now = {
        "gone": now[3:],
        "new": [*rfis(5, 500), *now],
        "moved": [*now[:1], *now[3:], *rfis(2, 600)],
        "moved far": [*now[:1], *now[31:], *rfis(30, 600)],
    }[change]
    api.lists[rfis_of(HARBOR)] = now
    found = procore.table("rfis", project_id=HARBOR).to_arrow()["id"].to_pylist()
    assert len({*found}) == len(found) and {*found} >= {row["id"] for row in now}


def test_a_project_that_failed_is_read_again_and_one_that_refused_is_not(
    procore: Procore, api: SmallApi, server: Server
) -> None:
    api.refused = {rfis_of(DEPOT): SWITCHED_OFF, rfis_of(PIER): Answer(500, b"{}")}
    several = [HARBOR, DEPOT, MILL, PIER]
    with pytest.warns(ProcoreIncompleteWarning):
        procore.table("rfis", project_id=several).fetch()
    api.refused.pop(rfis_of(PIER))
    asked(server)
    table = procore.table("rfis", project_id=several)
    with pytest.warns(ProcoreIncompleteWarning):
        assert len(table.fetch()) == 48
    assert asked(server) == [str(PIER)]
    assert [(one.project_id, one.status) for one in table.incomplete] == [(DEPOT, 403)]
    with pytest.raises(PermissionDenied):
        procore.table("rfis", project_id=several, strict=True).fetch()
    assert asked(server) == [str(DEPOT)], "somebody who wants all of them asks again"
    with pytest.raises(PermissionDenied):
        procore.table("rfis", project_id=DEPOT).fetch()
    assert asked(server) == [str(DEPOT)], "of a project alone, too"


# Types


def test_what_was_kept_as_numbers_is_read_again_where_others_are_texts(
    procore: Procore, api: SmallApi, server: Server, connect_to: Callable[..., Procore]
) -> None:
    api.lists = {
        **api.lists,
        rfis_of(HARBOR): [{"id": 1, "cost_impact": {"value": "12.50"}, "mine": 7, "due_date": "2026-11-30"}],
        rfis_of(DEPOT): ['{"id": 2, "cost_impact": {"value": "about 12"}, "mine": 1.50}'],
        rfis_of(PIER): ['{"id": 3, "cost_impact": {"value": "1.5"}, "other": "x", "due_date": "soon"}'],
    }
    for project in (HARBOR, DEPOT, PIER):
        procore.table("rfis", project_id=project).fetch()
    asked(server)
    both = procore.table("rfis", project_id=[HARBOR, DEPOT, PIER])
    found = plain(both)
    assert {*asked(server)} <= {str(HARBOR), str(PIER)}
    assert [row["cost_impact"]["value"] for row in found] == ["12.50", "about 12", "1.5"]
    assert [row["due_date"] for row in found] == ["2026-11-30", None, "soon"]
    anew = connect_to(server.url).table("rfis", project_id=[HARBOR, DEPOT, PIER])
    assert found == plain(anew) and both.columns == anew.columns
    assert {*both.notes} - {"1 of 3 projects was here already."} == {*anew.notes}


# Side by side


def test_threads_read_a_project_once(procore: Procore, server: Server) -> None:
    procore.table("rfis", project_id=MILL).fetch()
    asked(server)
    several = [[HARBOR, DEPOT, PIER], [PIER, DEPOT], [DEPOT], [PIER, HARBOR]] * 3
    found: list[int] = []
    threads = [
        threading.Thread(
            target=lambda some=some: found.append(len(procore.table("rfis", project_id=some).fetch()))
        )
        for some in several
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([53, 8, 5, 48] * 3)
    assert sorted(asked(server)) == sorted([*[str(HARBOR)] * 3, str(DEPOT), str(PIER)])


# For a query


def test_rows_at_places_are_those_of_these_places(procore: Procore, server: Server) -> None:
    reader = procore.tables.reader
    wanted = selected(procore)
    assert reader.kept_at(wanted, [place(DEPOT), place(PIER)]) == {}
    none = reader.rows_at(wanted, [])
    assert none.rows.num_rows == 0 and none.requests == 0 and asked(server) == []
    assert none.rows.schema.field("project_id").type == "int64"
    found = reader.rows_at(wanted, [place(PIER), place(DEPOT)])
    assert found.rows["project_id"].to_pylist() == [PIER] * 3 + [DEPOT] * 5
    assert (found.requests, found.kept_places) == (2, 0) and asked(server) == [str(PIER), str(DEPOT)]
    kept = reader.kept_at(wanted, [place(DEPOT), place(HARBOR)])
    assert [*kept] == [place(DEPOT)] and 0 <= kept[place(DEPOT)] < 600
    found = reader.rows_at(wanted, [place(DEPOT), place(PIER)])
    assert (found.requests, found.kept_places) == (0, 2) and asked(server) == []


def test_rows_that_were_asked_for_with_fewer_conditions_answer_where_more_may_come(
    procore: Procore, server: Server
) -> None:
    reader = procore.tables.reader
    some = selected(procore, id=[1, 2])
    assert reader.rows_at(some, [place(HARBOR)]).rows.num_rows == 2
    asked(server)
    every = selected(procore)
    assert reader.kept_at(every, [place(HARBOR)], at_least=True) == {}
    reader.rows_at(every, [place(DEPOT)])
    asked(server)
    assert [*reader.kept_at(some, [place(DEPOT)], at_least=True)] == [place(DEPOT)]
    assert reader.kept_at(some, [place(DEPOT)]) == {}
    assert reader.rows_at(some, [place(DEPOT)], at_least=True).rows.num_rows == 5 and asked(server) == []


def spec_of(procore: Procore, name: str) -> TableSpec:
    return procore.tables.catalog.find(name)


def test_only_conditions_that_leave_rows_out_may_be_more_and_days_fewer(procore: Procore) -> None:
    logs, rows = spec_of(procore, "manpower_logs"), spec_of(procore, "rfis")
    sound = next(one.param for one in rows.filters.values() if one.sound)
    other = next(one.param for one in rows.filters.values() if not one.sound)
    assert includes(rows, (), ((sound, "1"),)) and not includes(rows, ((sound, "1"),), ())
    assert not includes(rows, (), ((other, "1"),)) and not includes(rows, (), (("view", "extended"),))
    assert not includes(rows, ((f"{sound}[]", "1"),), ((f"{sound}[]", "1"), (f"{sound}[]", "2")))
    year = (("start_date", "2026-01-01"), ("end_date", "2026-12-31"))
    may = (("start_date", "2026-05-01"), ("end_date", "2026-05-31"))
    assert includes(logs, year, may) and not includes(logs, may, year)
    assert includes(logs, may, (("log_date", "2026-05-31"),))
    assert not includes(logs, may, (("log_date", "2026-06-01"),)) and not includes(logs, may, ())


# Projects, and custom fields


def test_projects_are_listed_once_whoever_asks(procore: Procore, server: Server) -> None:
    procore.table("rfis", project_id="all active").fetch()
    assert asked(server).count("projects") == 1
    assert len(procore.table("projects").fetch()) == 4 and asked(server) == []
    procore.use(project="Project 4712")
    assert asked(server) == ["projects"], "it may be a new one"
    procore.table("submittals", project=["Project 4711", "Project 4712"])
    assert len(procore.table("projects").fetch()) == 4 and asked(server) == []
    procore.forget()
    procore.table("projects").fetch()
    assert procore._places.known_projects() == [
        (one["id"], one["name"]) for one in projects(HARBOR, DEPOT, MILL, PIER)
    ]
    asked(server)
    procore.table("rfis", project_id="all active").fetch()
    assert "projects" not in asked(server)


def test_active_projects_are_among_all_if_each_says_whether_it_is_one(
    procore: Procore, api: SmallApi, server: Server
) -> None:
    company, reader = (COMPANY, ""), procore.tables.reader
    api.lists[PROJECTS] = [*projects(HARBOR, DEPOT), {"id": MILL, "name": "Mill", "active": False}]
    assert len(reader.projects(company, "All")) == 3 and asked(server) == ["projects"]
    assert [number for number, _ in reader.projects(company, "Active")] == [HARBOR, DEPOT] and asked(
        server
    ) == []
    api.lists[PROJECTS] = [{"id": MILL, "name": "Mill"}]
    procore.forget()
    reader.projects(company, "All")
    assert [*reader.projects(company, "Active")] == [(MILL, "Mill")]
    assert asked(server) == ["projects", "projects"]


def test_labels_of_custom_fields_are_asked_for_where_somebody_reads_them(
    procore: Procore, api: SmallApi, server: Server, connect_to: Callable[..., Procore]
) -> None:
    labels = f"/rest/v1.1/companies/{COMPANY}/custom_field_definitions"
    field = {"custom_field_17": {"data_type": "string", "value": "north"}}
    api.lists[labels] = [{"id": 17, "label": "Side"}, {"id": 18, "label": "Floor"}]
    api.lists[rfis_of(DEPOT)] = [
        {**rfis(1)[0], "custom_fields": field},
        {**rfis(1, 2)[0], "custom_fields": None},
    ]
    floor = {"custom_field_18": {"data_type": "integer", "value": 3}}
    api.lists[rfis_of(PIER)] = [{**rfis(1, 3)[0], "custom_fields": floor}]
    reader, wanted = procore.tables.reader, selected(procore)
    bare = reader.rows_at(wanted, [place(DEPOT), place(HARBOR)], labels=False)
    assert bare.rows["custom_fields"][0].as_py() == {"custom_field_17": "north"}
    assert asked(server) == [str(DEPOT), *[str(HARBOR)] * 3]
    both = procore.table("rfis", project_id=[DEPOT, PIER])
    assert plain(both)[0]["custom_fields"] == {"Side": "north", "Floor": None}
    assert sorted(asked(server)) == sorted([str(PIER), "custom_field_definitions"])
    assert plain(both) == plain(connect_to(server.url).table("rfis", project_id=[DEPOT, PIER]))


# How much


def test_the_oldest_rows_go_first_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_BYTES", 100)
    kept = Cache(lambda: 1.0)
    kept.put(("projects", 1), "a list")
    for number in range(5):
        kept.put(("rows", number), number, size=30)
    assert [kept.get(("rows", number)) for number in range(5)] == [None, None, 2, 3, 4]
    kept.put(("rows", 2), "anew", size=30)
    kept.put(("rows", 5), 5, size=30)
    assert [kept.get(("rows", number)) for number in range(2, 6)] == ["anew", None, 4, 5]
    kept.put(("rows", 6), 6, size=101)
    assert kept.with_start(("rows",)) == [] and kept.get(("projects", 1)) == "a list"
    kept.drop_start(("rows",))
    kept.put(("rows", 7), 7, size=100)
    assert kept.get(("rows", 7)) == 7


def test_pages_of_a_place_that_ends_at_a_limit_are_not_taken_for_all(
    procore: Procore, server: Server
) -> None:
    assert len(procore.table("rfis", project_id=[DEPOT, HARBOR]).head(8)) == 8
    asked(server)
    assert len(procore.table("rfis", project_id=[DEPOT, HARBOR]).fetch()) == 50
    assert {*asked(server)} == {str(HARBOR)}, "the first one had come whole"
