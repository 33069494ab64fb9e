"""The words that messages are made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procore_jupyter.wording import (
    LONGEST_NAME,
    counted,
    duration,
    is_near_miss,
    nearest,
    one_line,
    wait_line,
)

NAMES = ["OAuthClientId", "OAuthClientSecret", "CallbackURL", "Timeout", "Environment"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("oauth_client-id", "OAuthClientId"),
        ("ClientSecret", "OAuthClientSecret"),
        ("OAuthCleintId", "OAuthClientId"),
        ("Enviroment", "Environment"),
        ("tmieout", "Timeout"),
        ("xyzzy", None),
        ("tim", None),
        ("", None),
        ("OAuthClientId" * 9, None),
        ("a=b", None),
    ],
)
def test_a_mistyped_word_means_the_name_that_is_most_like_it(typed: str, meant: str | None) -> None:
    assert nearest(typed, NAMES) == meant
    assert nearest(typed, []) is None


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("OAuthClientld", True),
        ("OAuthCleintId", True),
        ("timeouts", True),
        ("ClientId", True),
        ("Timeoutxyz", False),
        ("OAuthClientIdq7x", False),
        ("hunter2", False),
        ("tim", False),
        ("", False),
    ],
)
def test_only_a_word_with_at_most_two_letters_of_its_own_is_a_near_miss(typed: str, near: bool) -> None:
    assert is_near_miss(typed, NAMES) is near


@given(st.text(alphabet="abcdeimotux", max_size=12))
def test_a_near_miss_has_at_most_two_letters_that_are_not_the_names(word: str) -> None:
    if is_near_miss(word, ["Timeout"]):
        left = list("timeout")
        strange = [letter for letter in word if letter not in left or left.remove(letter)]  # type: ignore[func-returns-value]
        assert len(strange) <= 2


def test_a_text_is_cut_by_what_is_seen_of_it() -> None:
    assert one_line("a" + " " * 500, 40) == "a…"
    assert one_line("short", 40) == "short"
    assert one_line("x" * 200, 90) == "x" * 89 + "…"
    assert one_line(None) == ""


@given(st.text(max_size=400))
def test_whatever_the_text_it_takes_one_printable_line(text: str) -> None:
    line = one_line(text)
    assert line.isprintable() and len(line) <= LONGEST_NAME


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (-5, "0 s"),
        (89, "89 s"),
        (90, "1 min"),
        (899, "14 min"),
        (5399, "89 min"),
        (5400, "1 h 30 min"),
        (90000, "25 h 0 min"),
    ],
)
def test_a_duration_in_words(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_a_count_has_its_noun() -> None:
    assert [counted(n, "row") for n in (0, 1, 1200)] == ["0 rows", "1 row", "1,200 rows"]


def test_a_wait_says_for_what_how_long_and_how_to_end_it() -> None:
    assert wait_line("Looking in the cellar", 7.6) == "Looking in the cellar in 8 s (interrupt to stop)"
