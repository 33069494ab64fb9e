"""One out of several, by id or by name."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import requests

from procore_jupyter.connection.choosing import Companies, Named, listed, named, pick
from procore_jupyter.errors import ConfigurationError

KNOWN = ((1, "Twin"), (2, "twin "), (3, "7"), (7, "Seven"))


@pytest.mark.parametrize(
    ("wanted", "found"), [("Seven", 7), (" seven ", 7), (7, 7), ("7", 3), ("1", 1), (2, 2)]
)
def test_an_id_or_a_name_finds_one(wanted: int | str, found: int) -> None:
    assert pick(wanted, KNOWN, "company", "companies")[0] == found


def test_a_name_that_two_have_is_asked_about() -> None:
    with pytest.raises(
        ConfigurationError, match=r"Several companies .*1 Twin · 2 twin.*procore\.use\(company=1\)"
    ):
        pick("Twin", KNOWN, "company", "companies")


@pytest.mark.parametrize("wanted", ["Nowhere", "", "Tw", 99, "\x1b[31m"])
def test_what_is_not_there_lists_what_is(wanted: int | str) -> None:
    with pytest.raises(ConfigurationError, match="1 Twin · 2 twin · 3 7 · 7 Seven") as caught:
        pick(wanted, KNOWN, "company", "companies")
    assert str(caught.value).isprintable()
    with pytest.raises(ConfigurationError, match="lists no companies"):
        pick(wanted, (), "company", "companies")


def test_a_long_list_is_cut_and_counted() -> None:
    assert listed([(n, f"Company {n}") for n in range(1, 31)]).endswith("20 Company 20 · and 10 more")


def test_ids_and_names_are_read_from_rows_of_either_version() -> None:
    rows: list[dict[str, object]] = [
        {"id": 1, "name": "a"},
        {"id": "562949953421398"},
        {"id": "x"},
        {"name": "b"},
        {"id": None},
    ]
    assert named(rows) == ((1, "a"), (562949953421398, ""))


def companies_of(*answers: Callable[[], tuple[Named, ...]]) -> tuple[Companies, list[str]]:
    """Return companies that are asked for by calling the answers in turn, and the threads that asked."""
    left, asked = [*answers], list[str]()

    def read() -> tuple[Named, ...]:
        asked.append(threading.current_thread().name)
        return left.pop(0)()

    return Companies(read), asked


def test_looking_ahead_asks_beside_and_what_comes_later_waits_for_it() -> None:
    go = threading.Event()
    companies, asked = companies_of(lambda: KNOWN if go.wait(30) else ())
    companies.look_ahead()
    companies.look_ahead()
    assert companies.known is None
    go.set()
    assert companies.all() == KNOWN == companies.all()
    companies.look_ahead()
    assert len(asked) == 1
    assert asked != [threading.current_thread().name]


def test_what_failed_ahead_is_asked_again_and_then_told() -> None:
    def fail() -> tuple[Named, ...]:
        raise requests.ConnectionError("no network")

    companies, asked = companies_of(fail, lambda: KNOWN)
    companies.look_ahead()
    assert companies.all() == KNOWN
    assert asked[1] == threading.current_thread().name

    companies, asked = companies_of(fail, fail)
    companies.look_ahead()
    with pytest.raises(requests.ConnectionError):
        companies.all()
    assert len(asked) == 2
