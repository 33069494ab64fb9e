"""Quotes, blanks and line ends around a value, which env files, forms and files add, are told as such, in every way that a value comes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procore_jupyter.connection.question import Question
from procore_jupyter.errors import ProcoreError
from procore_jupyter.settings import properties, proxies
from procore_jupyter.settings.connection_string import ConnectionString
from procore_jupyter.settings.resolve import resolve
from procore_jupyter.wording import wrapping
from tests.settings.test_proxies import API, LOGIN

VALUE = "secret9b1f"
QUOTED = ['"{}"', "'{}'", "`{}`", "“{}”", "‘{}’", "„{}“", "«{}»", ' "{}" ', '"{}"\r', "''{}''"]
PADDED = [" {}", "{} ", "{}\n", "{}\r\n", "\t{}", "\u00a0{}", "{}\u2028"]

WAYS: dict[str, Callable[[str, str], object]] = {
    "a string": lambda name, value: resolve(ConnectionString({name: value}).format(), environ={}),
    "the cell form": lambda name, value: resolve(
        ConnectionString({name: value}).format(), environ={}, lines=True
    ),
    "${NAME}": lambda name, value: resolve(f"{name}=${{MINE}}", environ={"MINE": value}),
    "{name}": lambda name, value: resolve(f"{name}={{mine}}", environ={}, names={"mine": value}),
    "a saved connection": lambda name, value: resolve("", environ={}, saved={name: value}),
    "the form": lambda name, value: resolve("", environ={}, answers={name: value}),
}
FREE = {"ProxyUser", "ProxyPassword"}
NAMES = [one.name for one in properties.PROPERTIES if one.name not in FREE]


def refusal(work: Callable[[], Any]) -> str:
    with pytest.raises(ProcoreError) as caught:
        work()
    assert VALUE not in str(caught.value)
    return Question.worded(caught.value)[1]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_around_a_value_is_told_with_the_property(way: str, name: str) -> None:
    for form in QUOTED:
        said = refusal(functools.partial(WAYS[way], name, form.format(VALUE)))
        assert "is in quotes: remove them" in said
    for form in PADDED:
        said = refusal(functools.partial(WAYS[way], name, form.format(VALUE)))
        assert "has a space or a line break before or after it" in said


@pytest.mark.parametrize(
    ("name", "text"),
    [("PROCORE_CLIENT_ID", ""), ("PROCORE_CLIENT_SECRET", "OAuthClientId=abc"), ("REQUESTS_CA_BUNDLE", ""), ("SSL_CERT_FILE", "")]
    + [("HTTPS_PROXY", ""), ("https_proxy", ""), ("ALL_PROXY", "")],
)  # fmt: skip
@pytest.mark.parametrize("form", [*QUOTED, *PADDED])
def test_what_is_around_a_variable_of_the_environment_is_told_with_its_name(
    name: str, text: str, form: str
) -> None:
    value = form.format(f"http://ann:{VALUE}@proxy.test:3128" if "prox" in name.lower() else f"/{VALUE}")
    said = refusal(lambda: resolve(text, environ={name: value}))
    assert name in said and ("quotes" in said if form in QUOTED else "space or a line break" in said)


def test_a_proxy_that_nothing_goes_through_stops_nothing() -> None:
    environ: Mapping[str, str] = {"HTTPS_PROXY": '"http://proxy.test"', "NO_PROXY": "procore.com"}
    assert proxies.environment_proxies(environ, (LOGIN, API))


@pytest.mark.parametrize("value", ['"', "'x", "x'", 'a"b', "don't", "", " ", "x", "'a\"", "a b"])
def test_a_quote_alone_is_a_part_of_the_value(value: str) -> None:
    assert "quotes" not in wrapping(value)


@given(st.text(max_size=8))
def test_a_value_without_anything_around_it_is_left_alone(value: str) -> None:
    assert not wrapping(f"x{value}y")
    assert wrapping(f"'x{value}y'") and wrapping(f" x{value}y")
