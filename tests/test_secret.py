"""A secret shows itself to nobody but who reveals it."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from dataclasses import dataclass

import pytest

from procore_jupyter.secret import MaskedText, Secret, masked_userinfo

HIDDEN = "s3cr3t-value"


@pytest.mark.parametrize(
    "drawn",
    [
        repr(Secret(HIDDEN)),
        str(Secret(HIDDEN)),
        f"{Secret(HIDDEN)}",
        f"{Secret(HIDDEN):>40}",
        "%s %r" % (Secret(HIDDEN), Secret(HIDDEN)),  # noqa: UP031 - logging formats so
        repr({"key": [Secret(HIDDEN)]}),
    ],
)
def test_no_way_of_drawing_it_shows_the_text(drawn: str) -> None:
    assert HIDDEN not in drawn
    assert "***" in drawn


def test_a_record_that_holds_one_is_safe_to_draw_and_to_log(caplog: pytest.LogCaptureFixture) -> None:
    @dataclass(frozen=True)
    class Record:
        token: Secret

    with caplog.at_level(logging.DEBUG):
        logging.getLogger("x").debug("have %s and %r", Record(Secret(HIDDEN)), Secret(HIDDEN))
    assert HIDDEN not in caplog.text


def test_reveal_gives_the_text() -> None:
    assert Secret(HIDDEN).reveal() == HIDDEN


def test_it_can_not_be_written_by_pickle_copied_or_turned_into_json() -> None:
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(Secret(HIDDEN))
    with pytest.raises(TypeError, match="pickled"):
        copy.deepcopy(Secret(HIDDEN))
    with pytest.raises(TypeError):
        json.dumps(Secret(HIDDEN))


def test_equality_is_that_of_the_texts_and_never_with_a_plain_text() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("\udcff é") == Secret("\udcff é")


def test_an_empty_one_is_false() -> None:
    assert not Secret("")
    assert Secret("x")


def test_it_has_no_dictionary_that_a_debugger_would_unfold() -> None:
    assert not hasattr(Secret(HIDDEN), "__dict__")


def test_a_masked_text_is_its_characters_and_shows_its_mask() -> None:
    text = MaskedText(f"Bearer {HIDDEN}", "Bearer ***")
    assert text.encode() == f"Bearer {HIDDEN}".encode() and text == f"Bearer {HIDDEN}"
    drawn = [repr(text), str(text), f"{text}", f"{text:>20}", "%s %r" % (text, text), repr({"a": text})]  # noqa: UP031
    assert all(HIDDEN not in one and "***" in one for one in drawn)
    for copied in (copy.copy(text), copy.deepcopy(text), pickle.loads(pickle.dumps(text))):
        assert copied == "Bearer ***" and HIDDEN not in repr(copied)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"http://dana:{HIDDEN}@proxy.test:8080", "http://***@proxy.test:8080"),
        (f"http://dana:p@ss{HIDDEN}@proxy.test", "http://***@proxy.test"),
        (f"dana:{HIDDEN}@proxy.test:8080", "***@proxy.test:8080"),
        ("http://proxy.test:8080", "http://proxy.test:8080"),
        ("", ""),
    ],
)
def test_a_proxys_address_is_shown_without_its_user_and_password(url: str, shown: str) -> None:
    masked = masked_userinfo(url)
    assert (str(masked), repr(masked), masked[:]) == (shown, repr(shown), url)
    assert masked_userinfo(masked)[:] == url
