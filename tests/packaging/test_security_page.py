"""Each claim of ``docs/security.md`` names the tests that hold it, and each of them is there."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

HEAD = "## The tests\n"
NOTE = r"\[\^([\w-]+)\]"
CODE, TITLE, ITALICS = r"`[^`]*`", r"\*\*[^*]+\*\*", r"\*[^*]+\*"
SENTENCE = re.compile(rf"\S.*?(?:\.(?:{NOTE})*(?=\s|$)|$)")


def page() -> tuple[str, dict[str, list[str]]]:
    """Return the page's text from its first section on, and the tests by the notes that name them."""
    text, _, tests = (ROOT / "docs/security.md").read_text(encoding="utf-8").partition(HEAD)
    notes = re.findall(rf"^{NOTE}: (.*)$", tests, re.MULTILINE)
    return text[text.index("## ") :], {label: re.findall(r"`([^`]+)`", named) for label, named in notes}


def claims(text: str) -> list[str]:
    """Return the sentences that claim something, each with the notes at its end.

    What stands in bold is a title, what stands in italics claims nothing, and the first cell of a table's row is what
    the other cells are about.
    """
    found: list[str] = []
    for block in re.split(r"\n\n|\n(?=- |\| )", text):
        head, _, below = block.partition("\n")
        if head.startswith("#") or below.startswith("|-"):
            continue  # a heading; the head of a table
        words = " ".join(re.sub(CODE, "code", block).split())
        cells = words.strip("| ").split(" | ")[1:] if words.startswith("| ") else [words.removeprefix("- ")]
        for cell in cells:
            upright = re.sub(ITALICS, "", re.sub(TITLE, "", cell)).strip()
            found += [one[0] for one in SENTENCE.finditer(upright)]
    return found


@functools.cache
def names_in(path: str) -> set[str]:
    """Return the names of the tests in a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {
        one.name for one in tree.body if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")
    }


def test_each_claim_names_its_tests() -> None:
    text, notes = page()
    made = claims(text)
    assert len(made) > 80
    assert [one for one in made if not re.search(rf"{NOTE}$", one)] == []
    assert set(re.findall(NOTE, text)) == notes.keys()


def test_each_test_that_is_named_is_there() -> None:
    _, notes = page()
    for label, named in notes.items():
        assert named, label
        for one in named:
            path, _, name = one.partition("::")
            assert name in names_in(path), one


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("**Somebody reads it.** Nobody can.[^a] *So rest.* It is `a. B`, and\nshut.", ["Nobody can.[^a]", "It is code, and shut."]),
        ("## Who\n\n| who | sees |\n|---|---|\n| me | All.[^a] *Mine.* |\n| you | nothing[^b] |", ["All.[^a]", "nothing[^b]"]),
        ("- **The disk.** It is open.[^a][^b]\n- *Lock it.*", ["It is open.[^a][^b]"]),
    ],
)  # fmt: skip
def test_a_claim_is_seen(text: str, found: list[str]) -> None:
    assert claims(text) == found
