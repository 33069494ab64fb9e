"""Headers that tell of pages, as Procore writes them and as others do."""

from __future__ import annotations

import itertools
import time

import pytest

from procore_jupyter.session.lists.page_headers import PageHeaders, page_headers

HERE = '<https://api.test/rest/v1.0/list?page=2&rel=next;a="b",c>'


def more(link: str) -> bool | None:
    return page_headers({"Link": link}).more


SPELLINGS = [
    f"{parameter}{equals}{quote}{relation}{quote}"
    for parameter, equals, quote, relation in itertools.product(
        ("rel", "REL", "Rel"), ("=", " = ", "\t="), ('"', "'", ""), ("next", "NEXT", "Next")
    )
]


@pytest.mark.parametrize("before", ["", 'title="a, b; rel=last"; ', "type='x'; "])
@pytest.mark.parametrize("space", ["", " ", "\t "])
def test_a_next_page_is_seen_however_it_is_spelt(before: str, space: str) -> None:
    for relation in SPELLINGS:
        one = f"{HERE}{space};{space}{before}{relation}"
        for link in (
            one,
            f'{HERE}; rel="prev",{space}{one}',
            f"{one}{space}, {HERE}; rel=last",
            f"{one}; title=n",
        ):
            assert more(link) is True, link


@pytest.mark.parametrize(
    "link",
    [
        f'{HERE}; rel="prev next"',
        f'{HERE}; rel=" next "',
        f'{HERE}; rel="https://rels.test/next"',
        f'{HERE}; rel="nextPage"',
        'rel="next"',
        'https://api.test/x; rel="next"',
        '<>; rel="next"',
    ],
)
def test_nor_does_anything_around_it_hide_it(link: str) -> None:
    assert more(link) is True


@pytest.mark.parametrize(
    "link",
    [
        "",
        " ",
        f'{HERE}; rel="prev"',
        f"{HERE}; rel=first, {HERE}; rel=last",
        f'{HERE}; rel="previous"; title="rel=next"',
        f'{HERE}; title="; rel=\'next\'"; rel="last"',
        HERE + r'; title="a \"; rel=next; \""; rel="last"',
    ],
)
def test_no_next_page_is_seen_where_none_is_named(link: str) -> None:
    assert more(link) is False


@pytest.mark.parametrize(
    "link",
    [f'{HERE}; rel="preload"', f'{HERE}; rel="self"', HERE, "next", f'{HERE}; rev="next"', "{}", ";;;"],
)
def test_what_speaks_of_no_pages_says_nothing(link: str) -> None:
    assert more(link) is None


def test_all_of_it_may_be_missing_or_make_no_sense() -> None:
    assert page_headers({}) == PageHeaders(None, None, None)
    for text in ("", "-1", "1e3", "many", "7, 7", "9" * 30, "\u0663"):
        assert page_headers({"Total": text, "Per-Page": text})[:2] == (None, None)
    assert page_headers({"Total": " 0 ", "Per-Page": "0"})[:2] == (0, None)
    assert page_headers({"Total": "345", "Per-Page": "100"})[:2] == (345, 100)


@pytest.mark.parametrize("sign", ["<", '"', ";", " ", ";rel=", ",", '; rel="', "<x>;"])
def test_a_long_header_costs_no_time(sign: str) -> None:
    begun = time.monotonic()
    more(sign * 60_000)
    assert time.monotonic() - begun < 2
