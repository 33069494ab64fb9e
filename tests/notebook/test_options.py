"""The options at the front of a magic's line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.error import UsageError

from procore_jupyter.notebook.options import CONNECT_OPTIONS, LOGOUT_OPTIONS, read_connect, read_options


def read(text: str) -> tuple[dict[str, object], str]:
    return read_options(text, CONNECT_OPTIONS, "%procore_connect")


@pytest.mark.parametrize(
    ("line", "given", "rest"),
    [
        ("", {}, ""),
        ("   ", {}, ""),
        ("Profile=Demo", {}, "Profile=Demo"),
        ("--wait Profile=Demo;", {"wait": True}, "Profile=Demo;"),
        ("--wait", {"wait": True}, ""),
        ("--name two  --account dana Profile=Demo", {"name": "two", "account": "dana"}, "Profile=Demo"),
        ("--name=two Profile=Demo", {"name": "two"}, "Profile=Demo"),
        ('--account "Dana Reyes" Profile=Demo', {"account": "Dana Reyes"}, "Profile=Demo"),
        ("--account='a \"b\"' X=1", {"account": 'a "b"'}, "X=1"),
        ("--timeout 2.5", {"timeout": 2.5}, ""),
        ("--via PASTE", {"via": "paste"}, ""),
        ("-- --odd=1", {}, "--odd=1"),
        ("--", {}, ""),
        ("Profile=Demo;X=--wait", {}, "Profile=Demo;X=--wait"),
        (r'--wait Profile="C:\a b\x;y";', {"wait": True}, r'Profile="C:\a b\x;y";'),
    ],
)
def test_options_are_read_off_the_front_and_the_rest_is_left_as_it_stands(
    line: str, given: dict[str, object], rest: str
) -> None:
    assert read(line) == (given, rest)


@pytest.mark.parametrize(
    ("line", "given", "rest"),
    [
        ("", {}, ""),
        ("Profile=Demo --wait", {"wait": True}, "Profile=Demo"),
        ("Profile=Demo; --save site", {"save": "site"}, "Profile=Demo;"),
        ("Profile=Demo;--save", {"save": "default"}, "Profile=Demo;"),
        ("site --name two --via=PASTE", {"name": "two", "via": "paste"}, "site"),
        ('"Site A" --account "Dana Reyes"', {"account": "Dana Reyes"}, '"Site A"'),
        ("--name two Profile=Demo --wait", {"name": "two", "wait": True}, "Profile=Demo"),
        ("--name two site --name three", {"name": "three"}, "site"),
        (r'Profile="C:\a --wait b"; --wait', {"wait": True}, r'Profile="C:\a --wait b";'),
        ("X='it''s --wait';Y=1 --wait", {"wait": True}, "X='it''s --wait';Y=1"),
        ('X="open --wait', {}, 'X="open --wait'),
        ("X=it's --wait", {"wait": True}, "X=it's"),
        ("X=a--wait", {}, "X=a--wait"),
        ("X=a --wait;Y=b", {}, "X=a --wait;Y=b"),
        ("X=a --other b", {}, "X=a --other b"),
        ("-- X=a --wait", {}, "X=a --wait"),
        ("--login -- X=a --wait", {"login": True}, "X=a --wait"),
    ],
)
def test_options_of_a_connection_may_stand_behind_its_string(
    line: str, given: dict[str, object], rest: str
) -> None:
    assert read_connect(line) == (given, rest)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("Profile=Demo --wiat", "%procore_connect has no option --wiat. Did you mean --wait?"),
        ("Profile=Demo --name", "--name needs a value: --name NAME"),
        ("Profile=Demo --wait OAuthClientSecret=hidden", "%procore_connect accepts options before"),
        ("OAuthClientSecret=hidden --timeout soon", "--timeout must be a number"),
    ],
)
def test_a_wrong_option_behind_the_string_is_one_line_without_the_string(line: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_connect(line)
    assert str(caught.value).startswith(says) and "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--nmae x", "%procore_connect has no option --nmae. Did you mean --name?"),
        ("--zeal x", "%procore_connect has no option --zeal. Its options: --name, "),
        ("--name", "--name needs a value: --name NAME"),
        ("--name --wait", "--name needs a value: --name NAME"),
        ('--name "two', "--name needs a value: --name NAME"),
        ("--wait=yes", "--wait is used without a value."),
        ("--timeout soon", "--timeout must be a number of seconds above 0, such as --timeout 300."),
        ("--timeout 0", "--timeout must be a number of seconds above 0, such as --timeout 300."),
        ("--timeout -1", "--timeout must be a number of seconds above 0, such as --timeout 300."),
        ("--timeout nan", "--timeout must be a number of seconds above 0, such as --timeout 300."),
        ("--timeout inf", "--timeout must be a number of seconds above 0, such as --timeout 300."),
        ("--via telegraph", "--via must be one of server, loopback, paste."),
        ("--", ""),
    ],
)
def test_a_wrong_option_is_one_line_that_says_what_to_write(line: str, says: str) -> None:
    if not says:
        assert read(line) == ({}, "")
        return
    with pytest.raises(UsageError) as caught:
        read(line)
    assert str(caught.value).startswith(says)
    assert "\n" not in str(caught.value)


def test_a_wrong_option_shows_nothing_of_what_follows() -> None:
    with pytest.raises(UsageError) as caught:
        read("--nmae x OAuthClientSecret=hidden")
    assert "hidden" not in str(caught.value)
    with pytest.raises(UsageError) as caught:
        read("--OAuthClientSecret_is_hidden_in_a_long_word x")
    assert "hidden" not in str(caught.value)


def test_an_option_of_another_magic_is_unknown() -> None:
    with pytest.raises(UsageError, match="%procore_logout has no option --wait"):
        read_options("--wait", LOGOUT_OPTIONS, "%procore_logout")


@given(st.text())
def test_no_line_crashes_the_reader(line: str) -> None:
    try:
        _, rest = read(line)
        _, text = read_connect(line)
    except UsageError:
        return
    assert line.strip().endswith(rest)
    assert text in line
