from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procore_jupyter.errors import TokenRequestError
from procore_jupyter.oauth.token import Token
from procore_jupyter.secret import Secret

NOW = 1_800_000_000.0
ANSWER: dict[str, Any] = {
    "access_token": "eyJ0eXAiOiJKV1QifQ.access",
    "token_type": "Bearer",
    "expires_in": 5400,
    "refresh_token": "refresh-1",
    "scope": "public",
    "created_at": 1_799_996_400,
}


ODD_NUMBERS: list[Any] = [
    0, -1, 1e12, "0", "soon", "", "1e3", "٥٤٠٠", True, False, [1], {}, math.nan, math.inf, 10**400, "9" * 400,
]  # fmt: skip


def answer(**changes: object) -> dict[str, object]:
    made = {**ANSWER, **changes}
    return {name: value for name, value in made.items() if value is not ...}


def test_an_answer_becomes_a_token_whose_life_is_counted_on_our_own_clock() -> None:
    token = Token.from_response(ANSWER, NOW)
    assert token == Token(
        Secret("eyJ0eXAiOiJKV1QifQ.access"), Secret("refresh-1"), NOW + 5400, 5400.0, NOW, 3600.0
    )


@pytest.mark.parametrize("kind", ["bearer", "Bearer", "BEARER"])
def test_the_token_type_is_compared_in_any_case(kind: str) -> None:
    assert Token.from_response(answer(token_type=kind), NOW).lifetime == 5400


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"scope": ...}, {}),
        ({"created_at": ...}, {"clock_offset": None}),
        ({"created_at": "yesterday"}, {"clock_offset": None}),
        ({"created_at": math.nan}, {"clock_offset": None}),
        ({"refresh_token": ...}, {"refresh_token": None}),
        ({"refresh_token": None}, {"refresh_token": None}),
        ({"expires_in": ...}, {"expires_at": None, "lifetime": None}),
        ({"expires_in": None}, {"expires_at": None, "lifetime": None}),
        ({"expires_in": 0.5}, {"lifetime": 0.5}),
        ({"expires_in": "5400"}, {"lifetime": 5400.0}),
        ({"expires_in": " 5400.5 "}, {"lifetime": 5400.5}),
        *(
            (
                {"expires_in": odd},
                {"expires_at": None, "lifetime": None, "refresh_token": Secret("refresh-1")},
            )
            for odd in ODD_NUMBERS
        ),
        *(({"created_at": odd}, {"clock_offset": None, "lifetime": 5400.0}) for odd in ODD_NUMBERS[4:]),
        ({"created_at": str(int(NOW) - 7)}, {"clock_offset": 7.0}),
        ({"token_type": ...}, {"lifetime": 5400.0}),
        ({"token_type": None}, {"lifetime": 5400.0}),
        ({"token_type": " Bearer "}, {"lifetime": 5400.0}),
        ({"refresh_token": ""}, {"refresh_token": None}),
        ({"refresh_token": " "}, {"refresh_token": None}),
        ({"refresh_token": False}, {"refresh_token": None}),
        ({"refresh_token": 0}, {"refresh_token": None}),
        ({"refresh_token": ["a"]}, {"refresh_token": None}),
        ({"refresh_token": 88_123_456}, {"refresh_token": Secret("88123456")}),
        ({"refresh_token": "blank and é"}, {"refresh_token": Secret("blank and é")}),
        ({"something_new": {"a": 1}}, {}),
    ],
)
def test_what_may_be_absent_or_odd_does_no_harm(
    change: dict[str, object], expected: dict[str, object]
) -> None:
    token = Token.from_response(answer(**change), NOW)
    assert {name: getattr(token, name) for name in expected} == expected


NO_ACCESS: list[dict[str, object]] = [
    {"access_token": ...},
    {"access_token": None},
    {"access_token": ""},
    {"access_token": 5},
    {"access_token": ["a"]},
    {"access_token": "a b"},
    {"access_token": "a\r\nX-Evil: 1"},
    {"access_token": "café"},
    {"token_type": "mac"},
    {"token_type": ["bearer"]},
    {"token_type": 7},
]


@pytest.mark.parametrize("change", NO_ACCESS)
def test_a_refresh_token_is_kept_though_the_access_token_beside_it_is_of_no_use(
    change: dict[str, object],
) -> None:
    token = Token.from_response(answer(**change), NOW)
    assert token == Token.only_to_refresh(Secret("refresh-1"), NOW)
    assert token.expired(NOW) and token.needs_refresh(NOW)
    assert Token.from_json(token.to_json()) == token


@pytest.mark.parametrize(
    "payload",
    [None, [], "text", 7, {}, *(answer(**change, refresh_token=...) for change in NO_ACCESS)],
)
def test_nonsense_is_an_unusable_answer_that_shows_no_secret(payload: object) -> None:
    with pytest.raises(TokenRequestError) as caught:
        Token.from_response(payload, NOW)
    assert caught.value.error == "unusable_answer"
    assert caught.value.sent
    assert "refresh-1" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("lifetime", "margin"),
    [(5400, 120), (900, 120), (600, 100), (60, 10), (10, 10 / 6), (4, 4 / 6), (2, 1 / 3)],
)
def test_it_is_renewed_ahead_of_its_end_by_a_margin_that_shrinks_with_its_life(
    lifetime: float, margin: float
) -> None:
    token = Token.from_response(answer(expires_in=lifetime), NOW)
    edge = NOW + lifetime - margin
    assert not token.needs_refresh(NOW)
    assert not token.needs_refresh(edge - 0.001)
    assert token.needs_refresh(edge + 0.001)
    assert not token.expired(NOW + lifetime - 0.001)
    assert token.expired(NOW + lifetime)


def test_a_token_without_a_known_life_is_good_until_it_is_refused() -> None:
    token = Token.from_response(answer(expires_in=...), NOW)
    assert not token.needs_refresh(NOW + 1e9)
    assert not token.expired(NOW + 1e9)


def test_a_provider_whose_clock_is_an_hour_off_changes_nothing() -> None:
    for offset in (-3600, 3600):
        token = Token.from_response(answer(created_at=NOW + offset), NOW)
        assert token.clock_offset == -offset
        assert (token.needs_refresh(NOW + 5000), token.needs_refresh(NOW + 5399)) == (False, True)


def test_a_laptop_that_slept_across_the_end_needs_a_new_one() -> None:
    token = Token.from_response(ANSWER, NOW)
    assert token.needs_refresh(NOW + 9 * 3600)


def test_it_never_shows_itself() -> None:
    token = Token.from_response(ANSWER, NOW)
    for text in (repr(token), str(token), f"{token}", repr([token]), repr(vars(token))):
        assert ANSWER["access_token"] not in text
        assert ANSWER["refresh_token"] not in text


def test_two_tokens_are_the_same_by_their_access_token() -> None:
    token = Token.from_response(ANSWER, NOW)
    assert token.same_as(Token.from_response(ANSWER, NOW + 9))
    assert not token.same_as(Token.from_response(answer(access_token="other"), NOW))


def test_a_given_token_of_unknown_age_has_no_end_and_one_with_a_timestamp_has() -> None:
    assert Token.given(Secret("a"), None, NOW).expires_at is None
    assert Token.given(Secret("a"), None, NOW, expires_in=60).expires_at is None
    assert Token.given(Secret("a"), None, NOW, timestamp=NOW).expires_at is None
    token = Token.given(Secret("a"), Secret("r"), NOW, expires_in=60, timestamp=NOW - 50)
    assert (token.expires_at, token.lifetime, token.refresh_token) == (NOW + 10, 60, Secret("r"))


@pytest.mark.parametrize("change", [{}, {"expires_in": ...}, {"refresh_token": ...}, {"created_at": ...}])
def test_what_is_stored_is_read_back_the_same(change: dict[str, object]) -> None:
    token = Token.from_response(answer(**change), NOW)
    assert Token.from_json(token.to_json()) == token


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {},
        {"access_token": 1, "obtained_at": 1},
        {"access_token": "a", "obtained_at": "1"},
        {"access_token": "a", "obtained_at": True},
        {"access_token": "a", "obtained_at": 1, "refresh_token": 3},
        {"access_token": "a", "obtained_at": 1, "expires_at": "soon"},
        {"access_token": "a", "obtained_at": 1, "lifetime": math.nan},
    ],
)
def test_what_is_no_stored_token_is_a_value_error(stored: object) -> None:
    with pytest.raises(ValueError, match="stored token"):
        Token.from_json(stored)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from([*ANSWER]), json_values) | json_values)
def test_no_answer_breaks_the_reader(payload: object) -> None:
    try:
        token = Token.from_response(payload, NOW)
    except TokenRequestError:
        return
    assert token.access_token.reveal().isprintable()
    assert token.access_token or token.refresh_token
    assert token.lifetime is None or 0 <= token.lifetime < 1e9
    assert Token.from_json(token.to_json()) == token
