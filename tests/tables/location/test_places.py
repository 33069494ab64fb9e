"""Which company and which projects are meant: by id or by name, chosen, or the only one."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy
import pytest
import requests

from procore_jupyter import Procore, profiles
from procore_jupyter.session.refreshing import RefreshingSession
from procore_jupyter.tables.cache import Cache
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.incomplete import Incomplete
from procore_jupyter.tables.location.place_names import Directory
from procore_jupyter.tables.location.places import ParentsAt, Places
from procore_jupyter.tables.parameters.selection import Selection, selection_of
from procore_jupyter.tables.place import Place
from tests.session.conftest import Answer, Arrived, Server
from tests.tables.small_api import COMPANIES, SmallApi, rfis_of

CATALOG = Catalog(profiles.load("Procore")[0])

# The places of a selection


@pytest.fixture
def places() -> Places:
    """Give places that know a company and two projects, and can ask nobody."""
    session = RefreshingSession("http://127.0.0.1:9", "http://127.0.0.1:9", None, company_id=1234)
    cache = Cache(time.time)
    cache.put(("projects", 1234, "Active"), Directory(((4711, "Harbor"), (4712, "Depot"))))
    found = Places(session, cache, project_id=4711)
    found.known_companies = Directory(((1234, "Skyline"), (5678, "Harbor JV")))
    return found


def selected(name: str, **given: Any) -> Selection:
    return selection_of(CATALOG.find(name), given, today=datetime.date(2026, 11, 23))


def no_parents(name: str, wanted: Any, places: Sequence[Place]) -> Sequence[Sequence[int | str]]:
    raise AssertionError("nobody has to look for parents")


def found_at(
    places: Places,
    selection: Selection,
    parents: ParentsAt = no_parents,
    missing: list[Incomplete] | None = None,
) -> list[Place]:
    return places.of(places.pinned(selection), parents, [] if missing is None else missing)


def test_a_project_is_in_a_company(places: Places) -> None:
    selection = selected("rfis", project_id=4712)
    (place,) = found_at(places, selection)
    assert place == Place((1234, "Skyline"), (4712, "Depot"))
    assert selection.path(place) == "/rest/v1.0/projects/4712/rfis"
    assert place.columns == {"company_id": 1234, "project_id": 4712}


@pytest.mark.parametrize("given", [[4711, 4712], (4711, 4712), numpy.array([4711, 4712]), "all active"])
def test_several_projects_are_several_places(given: Any, places: Places) -> None:
    selection = selected("rfis", project_id=given)
    found = found_at(places, selection)
    assert [selection.path(place) for place in found] == [
        f"/rest/v1.0/projects/{n}/rfis" for n in (4711, 4712)
    ]
    assert {place.company for place in found} == {(1234, "Skyline")}


def test_a_project_that_is_named_twice_is_one_place(places: Places) -> None:
    found = found_at(places, selected("rfis", project=["Harbor", 4711, "depot"]))
    assert [place.project for place in found] == [(4711, "Harbor"), (4712, "Depot")]


def test_a_project_of_another_company_is_taken_at_its_word(places: Places) -> None:
    (place,) = found_at(places, selected("rfis", company_id="harbor jv", project_id=9))
    assert place == Place((5678, "Harbor JV"), (9, ""))


def test_all_of_a_parents_rows_are_looked_for_in_each_project(places: Places) -> None:
    asked: list[tuple[str, Any, Sequence[Place]]] = []

    def parents(name: str, wanted: Any, at: Sequence[Place]) -> Sequence[Sequence[int | str]]:
        asked.append((name, wanted, at))
        numbers = [place.project[0] for place in at if place.project]
        return [[number * 10, number * 10 + 1] for number in numbers]

    selection = selected("rfi_replies", project_id="all active", rfi_id="all")
    found = found_at(places, selection, parents)
    assert [selection.path(place) for place in found] == [
        "/rest/v1.0/projects/4711/rfis/47110/replies",
        "/rest/v1.0/projects/4711/rfis/47111/replies",
        "/rest/v1.0/projects/4712/rfis/47120/replies",
        "/rest/v1.0/projects/4712/rfis/47121/replies",
    ]
    assert asked == [("rfi_id", "all", found_at(places, selected("rfis", project_id="all active")))]
    assert found[0].columns == {"company_id": 1234, "project_id": 4711, "rfi_id": 47110}


def test_named_parents_ask_for_nothing(places: Places) -> None:
    selection = selected("rfi_replies", rfi_id=[5, 6])
    assert [selection.path(place)[-9:] for place in found_at(places, selection)] == [
        "5/replies",
        "6/replies",
    ]


def test_a_table_of_a_company_or_of_nothing_asks_for_no_project(places: Places) -> None:
    places.project = None
    assert found_at(places, selected("users")) == [Place((1234, "Skyline"))]
    assert found_at(places, selected("companies")) == [Place()]


def test_a_chosen_project_keeps_its_name_when_the_list_that_has_it_is_forgotten(places: Places) -> None:
    places.project = (4711, "Harbor")
    places._cache.drop_start(("projects",))
    (place,) = found_at(places, selected("rfis"))
    assert place.project == (4711, "Harbor")


def test_another_company_unchooses_the_project(places: Places) -> None:
    places.use(company="skyline")
    assert places.project == (4711, "")
    places.use(company=5678)
    assert places.project is None


# What is known without asking


def test_the_projects_that_were_listed_are_known_by_company(places: Places) -> None:
    harbor, depot, pier = (4711, "Harbor"), (4712, "Depot"), (9, "Pier")
    assert places.known_projects() == [harbor, depot]
    assert places.known_projects(5678) == []
    places.keep_projects((5678, "Harbor JV"), Directory((pier,)))
    assert places.known_projects() == [harbor, depot], "those of the chosen company"
    assert places.known_projects(5678) == places.known_projects("harbor jv") == [pier]
    assert places.known_projects("Nobody") == []
    places._session.company_id = None
    assert places.known_projects() == [harbor, depot, pier]


# The companies that there are


@pytest.fixture
def api() -> SmallApi:
    return SmallApi({COMPANIES: [{"id": 1234, "name": "Skyline"}], rfis_of(4711): []})


@pytest.fixture
def server(servers: Callable[..., Server], api: SmallApi) -> Server:
    return servers(api)


@pytest.fixture
def asking(server: Server) -> Places:
    """Give places of a session that has chosen no company."""
    session = RefreshingSession(server.url, server.url, None, sleep=lambda seconds: None)
    return Places(session, Cache(time.time))


def asked(server: Server) -> list[str]:
    return [request.path.partition("?")[0] for request in server.arrived]


def test_the_companies_are_asked_for_once_for_all_threads(asking: Places, server: Server) -> None:
    threads = [threading.Thread(target=asking.choose_only_company) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asking.companies() == ((1234, "Skyline"),) and asking.company() == (1234, "Skyline")
    assert asked(server) == [COMPANIES]


def test_companies_that_may_not_be_listed_are_asked_for_once(
    asking: Places, api: SmallApi, server: Server
) -> None:
    api.refused[COMPANIES] = Answer(403, b'{"errors": "Name a company."}')
    asking.choose_only_company()
    asking.choose_only_company()
    assert asked(server) == [COMPANIES] and asking.known_companies is None


def test_companies_that_could_not_be_asked_for_are_asked_for_again(
    asking: Places, api: SmallApi, server: Server
) -> None:
    server.answer = lambda request: Answer(drop=True)
    asking.choose_only_company()
    server.answer = api
    asking.choose_only_company()
    assert asking.company() == (1234, "Skyline")


def test_looking_ahead_asks_beside_and_what_comes_later_waits_for_it(
    asking: Places, api: SmallApi, server: Server
) -> None:
    began, go = threading.Event(), threading.Event()

    def answer(request: Arrived) -> Answer:
        began.set()
        go.wait(30)
        return api(request)

    server.answer = answer
    asking.look_ahead()
    assert began.wait(30) and asking.known_companies is None
    threading.Timer(0.3, go.set).start()
    assert asking.companies() == ((1234, "Skyline"),)
    asking.look_ahead()
    assert asked(server) == [COMPANIES]


def test_what_failed_ahead_is_asked_again_and_then_told(
    asking: Places, api: SmallApi, server: Server
) -> None:
    server.answer = lambda request: Answer(drop=True)
    asking.look_ahead()
    while not server.arrived or any(one.name == "procore-companies" for one in threading.enumerate()):
        time.sleep(0.01)
    assert len(server.arrived) == 1, "whoever looks ahead doesn't try again"
    with pytest.raises(requests.ConnectionError):
        asking.companies()
    server.answer = api
    assert asking.companies() == ((1234, "Skyline"),)


def test_a_list_of_companies_that_is_redirected_does_not_hang(
    server: Server, api: SmallApi, connect_to: Callable[..., Procore]
) -> None:
    api.refused[COMPANIES] = Answer(302, headers={"Location": rfis_of(4711)})
    session = connect_to(
        server.url, CompanyId="", AuthScheme="OAUTH", InitiateOAuth="OFF", OAuthAccessToken="x"
    )
    assert session.get("/rest/v1.0/me").status_code == 404
    assert session.get(rfis_of(4711)).status_code == 200
