"""What JupyterLab does for the cells of ours: queries are highlighted as SQL, and Tab knows the line that loads the magics."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Place
from tests.browser.lab import PATIENCE, Lab
from tests.soak import in_a_soak
from tools import labextension

pytestmark = pytest.mark.skipif(not labextension.is_built(), reason="JupyterLab's extension isn't built")

QUERY = "%%procore_sql late <<\nSELECT number FROM rfis\nWHERE due_date < $today"

ALONE, AMONG_OTHERS = "%procore_sql SELECT 1", "%procore_sql SELECT 1\nSELECT = 1"

LOOKS_LIKE = """([cell, word, for_what]) => {
    const cells = document.querySelectorAll('.jp-CodeCell');
    if (cells.length <= cell) return false;
    const colour = (cell, word) => {
        const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
        while (texts.nextNode())
            if (texts.currentNode.data.split(/\\W+/).includes(word))
                return getComputedStyle(texts.currentNode.parentElement).color;
    };
    const [keyword, name] = ['for', 'one'].map(word => colour(cells[0], word));
    return keyword !== name && colour(cells[cell], word) === (for_what === 'keyword' ? keyword : name);
}"""
"""Tells whether a word in a cell has the colour of a keyword or of a name in the first cell, which is Python."""


def see(page: Page, cell: int, word: str, what: str) -> None:
    """Wait until a word in a cell looks like a ``keyword``, or like a ``name``."""
    page.wait_for_function(LOOKS_LIKE, arg=[cell, word, what], timeout=PATIENCE)


def test_a_query_is_highlighted_as_sql_as_long_as_it_is_one_and_nothing_else_of_the_cell_changes(
    lab: Lab, place: Place
) -> None:
    cells = ["%load_ext procore_jupyter\nfor one in []: pass", QUERY, ALONE, AMONG_OTHERS]
    lab.open(place.write_notebook("query.ipynb", *cells))
    for cell in (1, 2):
        see(lab.page, cell, "SELECT", "keyword")
    see(lab.page, 1, "number", "name")
    see(lab.page, 3, "SELECT", "name")

    lab.run(0)
    lab.cell(1).locator(".cm-content").click()
    keys = lab.page.keyboard
    keys.press("Control+Home")
    keys.type("#")
    see(lab.page, 1, "SELECT", "name")
    keys.press("Control+z")
    see(lab.page, 1, "SELECT", "keyword")
    keys.press("Control+End")
    keys.type(" AND EXISTS (FROM submittal_p")
    keys.press("Tab")  # the kernel knows the tables
    expect(lab.page.locator(".jp-Completer-item")).to_have_text(
        re.compile("submittal_packages"), timeout=PATIENCE
    )
    keys.press("Enter")
    lab.restart_kernel()
    see(lab.page, 1, "SELECT", "keyword")

    lab.save()
    saved = json.loads(place.saved("query.ipynb"))["cells"]
    cells[1] += " AND EXISTS (FROM submittal_packages"
    assert ["".join(cell["source"]) for cell in saved] == cells
    assert all(not cell["metadata"].get("mimeType") for cell in saved)
    assert "x-sql" not in place.saved("query.ipynb")


@in_a_soak
def test_queries_are_highlighted_in_notebook_7_and_in_a_console_too(lab: Lab, place: Place) -> None:
    name = place.write_notebook("classic.ipynb", "for one in []: pass", QUERY)
    lab.page.goto(f"{lab.url}/notebooks/{name}?token={lab.token}")
    see(lab.page, 1, "SELECT", "keyword")
    lab.page.goto(f"{lab.url}/lab?token={lab.token}")
    lab.page.locator(".jp-LauncherCard[data-category=Console]").first.click()
    lab.page.locator(".jp-CodeConsole-promptCell .cm-content").click()
    lab.wait_idle()
    for source in ("for one in []: pass", ALONE):
        lab.page.keyboard.type(source)
        lab.page.keyboard.press("Shift+Enter")
    see(lab.page, 1, "SELECT", "keyword")


def test_a_magic_that_is_not_loaded_yet_is_completed_by_the_line_that_loads_it(
    lab: Lab, place: Place
) -> None:
    lab.open(place.write_notebook("first.ipynb", "", "", "%%procore_s"))
    items = lab.page.locator(".jp-Completer-item")
    keys = lab.page.keyboard

    lab.cell(2).locator(".cm-content").click()
    keys.press("Control+End")
    keys.press("Tab")
    expect(items).to_have_text(re.compile("%%procore_s after %load_ext procore_jupyter"), timeout=PATIENCE)
    keys.press("Enter")
    expect(lab.cell(2).locator(".cm-content")).to_have_text("%load_ext procore_jupyter")

    lab.cell(0).locator(".cm-content").click()
    keys.type("%procore_tables")
    keys.press("Tab")
    expect(items).to_have_text(re.compile("%procore_tables after %load_ext"), timeout=PATIENCE)
    keys.press("Enter")
    keys.press("Shift+Enter")
    lab.wait_ran(0)
    expect(lab.output(0).first).to_contain_text("rfis")

    # Now it is loaded, and the kernel completes it.
    lab.cell(1).locator(".cm-content").click()
    keys.type("%procore_ta")
    keys.press("Tab")
    expect(items).to_have_attribute("data-value", "%procore_tables", timeout=PATIENCE)
