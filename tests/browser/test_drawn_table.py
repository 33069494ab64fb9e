"""A drawn table in a real JupyterLab, 900 pixels wide: it scrolls by itself, keeps its first column, and follows the theme."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Place
from tests.browser.lab import PATIENCE, Lab
from tests.connecting import text_for
from tests.demo.listing import BUILDERS

PICTURES = os.environ.get("PROCORE_PICTURES")  # read here: tests run without the developer's environment

READABLE = 4.5
"""Contrast of text that WCAG 2.2 asks for (AA)."""

COLOURS = """e => {
    const cell = getComputedStyle(e), row = getComputedStyle(e.closest('tr'));
    return [cell.color, cell.backgroundColor, row.backgroundColor];
}"""


@pytest.fixture
def box(lab: Lab, place: Place) -> Locator:
    """Give the box of a table of contracts, drawn in a window 900 pixels wide."""
    text = text_for(place.provider, AuthScheme="OAUTH_CLIENT", CompanyId=str(BUILDERS))
    lab.page.set_viewport_size({"width": 900, "height": 800})
    cells = (
        f"import procore_jupyter\nprocore = procore_jupyter.connect({text!r})",
        'procore.table("work_orders", project_id=4711)',
    )
    lab.open(place.write_notebook("table.ipynb", *cells))
    lab.run(0)
    lab.run(1)
    found = lab.cell(1).get_by_role("group", name="rows")
    expect(found).to_be_visible(timeout=PATIENCE)
    return found


def test_the_rows_scroll_in_their_box_and_the_first_column_stays(lab: Lab, box: Locator) -> None:
    room, whole = box.evaluate("e => [e.clientWidth, e.scrollWidth]")
    assert whole > 2 * room
    assert lab.page.locator(".jp-Notebook").evaluate("e => e.scrollWidth <= e.clientWidth")
    number = box.get_by_role("rowheader").first
    status = box.locator("tbody tr").first.locator("td").nth(2)
    expect(number).to_have_text("SC-001")
    before, moves = number.bounding_box(), status.bounding_box()
    box.focus()
    box.evaluate("e => e.scrollTo({left: 300, behavior: 'instant'})")
    after, moved = number.bounding_box(), status.bounding_box()
    assert before and moves and after and moved
    assert after["x"] == before["x"] and moved["x"] == moves["x"] - 300


def test_a_screen_reader_is_told_of_caption_heads_and_rows(box: Locator) -> None:
    table = box.get_by_role("table", name=re.compile("work_orders · project 4711 .* 42 rows"))
    expect(table).to_be_attached()
    assert table.get_by_role("columnheader").all_inner_texts()[:5] == [
        *("number", "title", "vendor", "status", "grand_total")
    ]
    assert table.get_by_role("rowheader").count() == 10


def test_the_list_of_all_columns_opens(lab: Lab, box: Locator) -> None:
    listed = lab.cell(1).locator("details table")
    expect(listed).to_be_hidden()
    lab.cell(1).locator("summary").click()
    expect(listed).to_be_visible()
    row = listed.get_by_role("row").filter(has=lab.page.get_by_role("rowheader", name="grand_total"))
    expect(row).to_contain_text("the sum of its lines")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"])
def test_every_theme_can_be_read_and_hides_what_scrolls_below_the_first_column(
    theme: str, lab: Lab, box: Locator
) -> None:
    change = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"
    lab.page.evaluate(change, theme)
    expect(lab.page.locator(f"body[data-jp-theme-name='{theme}']")).to_be_attached(timeout=PATIENCE)
    if PICTURES:
        lab.page.screenshot(path=str(Path(PICTURES, f"table-{theme.replace(' ', '-')}.png")))
    rows = box.locator("tbody tr")
    for place in (0, 1):  # odd rows and even ones
        rows.nth(place).hover()
        for row in (rows.nth(place), rows.nth(place + 2)):  # one under the pointer, one that isn't
            for cell in (row.locator("th"), row.locator("td").first):
                colour, own, background = map(rgba, cell.evaluate(COLOURS))
                assert background[3] == 1 and own in (background, (0, 0, 0, 0))
                assert contrast(over(colour, background), background) >= READABLE, theme
        assert rgba(rows.nth(place).locator("th").evaluate(COLOURS)[1])[3] == 1


def rgba(text: str) -> tuple[float, ...]:
    """Return a computed colour as red, green, blue up to 255, and opacity up to 1."""
    numbers = [float(one) for one in re.findall(r"[\d.]+", text)]
    assert text.startswith("rgb") and len(numbers) in (3, 4), text
    return (*numbers, 1.0)[:4]


def over(colour: tuple[float, ...], background: tuple[float, ...]) -> tuple[float, ...]:
    """Return what a colour looks like on a background."""
    share = colour[3]
    return tuple(
        share * one + (1 - share) * other for one, other in zip(colour[:3], background, strict=False)
    )


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""

    def light(colour: tuple[float, ...]) -> float:
        parts = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in (value / 255 for value in colour[:3])
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)
