"""One of the companies or projects that are known, by its id or name; and all of them in words."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.tables.location.place_names import Directory, in_code, listed, pick

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
    with pytest.raises(
        ConfigurationError, match="You have no company .*1 Twin · 2 twin · 3 7 · 7 Seven"
    ) as caught:
        pick(wanted, KNOWN, "company", "companies")
    assert str(caught.value).isprintable()
    with pytest.raises(ConfigurationError, match="lists no companies"):
        pick(wanted, (), "company", "companies")


TOWERS = ((1, "Harbor Tower"), (2, "Depot North (Phase 2)"), (3, "Depot South"), (4, "Harbour Café"), (5, ""))


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (
            "Tower",
            'You have no project called Tower. Did you mean "Harbor Tower"? Yours: 1 Harbor Tower · 2 ',
        ),
        ("(phase 2)", 'Did you mean "Depot North (Phase 2)"?'),
        ("café", 'Did you mean "Harbour Café"?'),
        ("Habror Tower", 'Did you mean "Harbor Tower"?'),
        ("depot", "Did you mean one of these: 2 Depot North (Phase 2) · 3 Depot South?"),
        (12, "You have no project with the id 12. Yours: 1 "),
        ("o", "You have no project called o. Yours: 1 "),
        ("Airport", "You have no project called Airport. Yours: 1 "),
    ],
)
def test_part_of_a_name_or_a_slip_leads_to_the_one_that_is_meant(wanted: int | str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        pick(wanted, TOWERS, "project", "projects")
    assert told in str(caught.value)


def test_of_many_that_may_be_meant_some_are_named() -> None:
    known = [(n, f"Tower {n}") for n in range(1, 31)]
    with pytest.raises(ConfigurationError, match=r"Did you mean one of these: .*5 Tower 5 · and 25 more\?"):
        pick("tower", known, "project", "projects")


def test_a_long_list_is_cut_and_counted() -> None:
    assert listed([(n, f"Company {n}") for n in range(1, 31)]).endswith("20 Company 20 · and 10 more")


@pytest.mark.parametrize(
    ("known", "written"),
    [
        (((1, "Harbor"), (2, "Depot")), '"Harbor"'),
        (((1, "Twin"), (2, "twin ")), "1"),
        (((1, ""), (2, "Depot")), "1"),
        (((1, 'The "Best"'),), "1"),
        (((1, "back\\slash"),), "1"),
        (((1, "new\nline"),), "1"),
        (((1, "2210"), (2, "Depot")), "1"),
        (((1, "All active"), (2, "Depot")), "1"),
        (((1, "all"), (2, "Depot")), "1"),
        (((1, "turned \u202e"),), "1"),
    ],
)
def test_one_is_written_by_its_name_where_that_means_it_alone(
    known: Sequence[tuple[int, str]], written: str
) -> None:
    assert in_code(known[0], known) == written


def test_ids_and_names_are_read_from_rows_of_either_version() -> None:
    rows: list[dict[str, object]] = [
        {"id": 1, "name": "a"},
        {"id": "562949953421398"},
        {"id": "x"},
        {"name": "b"},
        {"id": None},
    ]
    found = Directory.of(rows, "", "companies")
    assert [*found] == [(1, "a"), (562949953421398, "")]
    assert found.lack == "3 rows of the list of companies have no id."
    assert (
        Directory.of(rows[:2], "", "companies").lack == ""
        and Directory.of(rows, "x", "companies").lack == "x"
    )
