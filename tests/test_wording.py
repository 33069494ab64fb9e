"""The words that messages are made of, and those that no text has that a person sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
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
from tools.texts import Text, every_text, in_module, in_profile

ROOT = Path(__file__).resolve().parent.parent

AVOIDED = re.compile(
    r"""\byou\ may\ not\b | \bmay\ not\ (?:see|read|do)\b | \bmay\ see\b      # you don't have access to
    | \bstands?\ in\b(?!\ for)                                # is in
    | \btakes?\ (?:no|an?|one|True|names|values|dates)\b      # must be, accepts
    | (?<!there)\ (?:is|are)\ (?:no|none)\ (?!longer|more)[a-z]+[.,:]   # is not a
    | \b(?:is|are)\ wanted\b | \bthat\ is\ none\b
    | ,\ and\ not\b
    | \bwhoever\b | \bfor\ who\b | \bof\ yours\b
    | \b(?:tells?|told)\ of\b | \bgone\ over\b
    | (?<!--)\banew\b | \bbegun\b                           # again, started
    | \bisn't\ there,\ or\b | \bswitched\ (?:off|it\ off)\b
    | \b(?:is|are|was|were)\ asked\ for\b                    # is requested
    | \bhas\ to\ (?:be|look|begin)\b                        # must
    | \b(?:set\ it|put\ that)\ right\b | \bout\ of\ order\b
    | \bgoing\ on\b | \ball\ the\ same\b | \bby\ itself\b
    | \bin\ your\ place\b | \bblanks?\b                      # space
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""Words of which texts that people see are free: each has a plainer one."""

OF_THE_DEMO = "demo/"
"""Where other words are: those of the demo's people, and of Procore's answers."""

PIECES = ("settings/", "files/private.py")
"""Modules whose sentences get their end from others."""

NAMES = ["OAuthClientId", "OAuthClientSecret", "CallbackURL", "Timeout", "Environment"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("oauth_client-id", "OAuthClientId"),
        ("ClientSecret", "OAuthClientSecret"),
        ("OAuthCleintId", "OAuthClientId"),
        ("Enviroment", "Environment"),
        ("tmieout", "Timeout"),
        ("Tmie-Out", "Timeout"),
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


# ------------------------------------------------------------------------- all texts that a person sees


@pytest.fixture(scope="module")
def texts() -> list[Text]:
    return [text for text in every_text() if not text.where.startswith((OF_THE_DEMO, "check/vocabulary"))]


def test_the_list_has_texts_of_every_kind(texts: list[Text]) -> None:
    found = {(text.where, text.words) for text in texts}
    assert len(texts) > 1200
    for where, words in (
        ("errors.py", "Run %procore_connect again"),
        ("session/retries.py", "Procore's limit reached: resuming"),
        ("notebook/panels/panel_html.py", "Nothing happened?"),
        ("cli.py", "how long you have to sign in (default: 300)"),
        ("profiles/tables/project_management.toml", "The API calls them image categories."),
        ("tables/display/glossary.py", "who has to act next"),
    ):
        assert (where, words) in found, words


def test_a_text_is_found_whole_and_code_is_none() -> None:
    source = (
        '"""A docstring."""\nimport re\nP = re.compile(r"one two")\nKEY = "a-key"\n'
        'def f(x):\n    raise ValueError(f"There {x} is" " a fault. " + (f"See {x}." if x else "Stop"))\n'
    )
    assert [text.words for text in in_module(source, "m.py")] == [
        "There {…} is a fault. {…}",
        "See {…}.",
        "Stop",
    ]
    assert [text.line for text in in_profile('a = "x"\nnote = "Two words."\n', "p.toml")] == [2]


def test_no_text_has_a_word_that_is_to_be_avoided(texts: list[Text]) -> None:
    found = [
        f"{text.where}:{text.line}: {bad[0]}: {text.words}"
        for text in texts
        if (bad := AVOIDED.search(text.words))
    ]
    assert found == []


def test_sentences_end_with_a_stop(texts: list[Text]) -> None:
    """What follows two blanks is code, which has its own end; so has what is filled in."""
    end = re.compile(r"(?:[.?!…:>)\]`\"]|\{…\}| \.incomplete|  \S[^.]*)$")
    found = [
        f"{text.where}:{text.line}: {text.words}"
        for text in texts
        if not text.where.startswith(PIECES)
        and re.match(r"[A-Z]", text.words)
        and ". " in text.words
        and not end.search(text.words)
    ]
    assert found == []


def pages() -> Iterator[tuple[str, str]]:
    """Give what people read beside the program: notebooks, and the pages on how to use it."""
    for file in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = nbformat.read(file, 4).cells
        yield file.name, "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    for name in ("register", "share", "files", "terms", "check", "properties"):
        yield f"{name}.md", (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "text"), [*pages()], ids=lambda one: one if len(one) < 30 else "")
def test_no_page_has_a_word_that_is_to_be_avoided(name: str, text: str) -> None:
    assert [" ".join(found[0].split()) for found in AVOIDED.finditer(text)] == [], name
