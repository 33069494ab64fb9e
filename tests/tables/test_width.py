"""Columns stay in line whatever alphabet stands in them."""

from __future__ import annotations

import pytest

from procore_jupyter.tables.display.width import padded, width


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", 0),
        ("abc", 3),
        ("“ß”", 3),
        ("漢字", 4),
        ("ｗ", 2),
        ("e\u0301", 1),
        ("🏗", 1),
        ("🏢", 2),
        ("한국", 4),
    ],
)
def test_a_text_takes_its_places(text: str, places: int) -> None:
    assert width(text) == places


def test_blanks_fill_up_to_a_width() -> None:
    assert padded("漢", 4) == "漢  "
    assert padded("漢", 4, right=True) == "  漢"
    assert padded("a", 3, right=True) == "  a"
    assert padded("longer", 3) == "longer"
