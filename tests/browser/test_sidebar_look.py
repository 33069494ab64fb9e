"""How the sidebar looks: its box is compared with pictures, in two states and both themes.

The pictures are drawn anew, to be looked at and committed, by

    PROCORE_SOAK=1 PROCORE_DRAW=1 .venv/bin/python -m pytest tests/browser/test_sidebar_look.py
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops, PngImagePlugin
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Place
from tests.browser.sidebar import DARK, LIGHT, Sidebar, at_sidebar, open_with_sidebar
from tests.soak import in_a_soak

pytestmark = in_a_soak

DRAW = bool(os.environ.get("PROCORE_DRAW"))  # read here: tests run without the developer's environment
PICTURES = Path(__file__).parent / "pictures"

COLOURS = 32
"""Colours of a picture that is kept."""

UNLIKE = 48
"""Steps of 256 by which a pixel has to differ in a colour; the few colours of a picture cost some."""

TOLERANCE = 0.01
"""The share of pixels that may differ."""

FONTS = """() => {
    const style = getComputedStyle(document.body), canvas = document.createElement('canvas').getContext('2d');
    return ['--jp-ui-font-family', '--jp-code-font-family'].map(name => {
        canvas.font = `20px ${style.getPropertyValue(name)}`;
        return canvas.measureText('Procore RFIs 0123').width.toFixed(2);
    }).join(' ');
}"""
"""The widths of a text, which tell one machine's fonts from another's."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Give a JupyterLab."""
    with open_with_sidebar(tmp_path_factory.mktemp("look")) as running:
        yield running


@pytest.fixture
def sidebar(chromium: Browser, place: Place) -> Iterator[Sidebar]:
    """Give somebody who has never signed in."""
    with at_sidebar(chromium, place) as at:
        yield at


def compared(sidebar: Sidebar, name: str) -> str:
    """Return what is to be said of the panel's box: nothing, if it looks as in its picture."""
    file = PICTURES / f"{name}.png"
    sidebar.page.mouse.move(900, 600)
    seen = Image.open(io.BytesIO(sidebar.root.screenshot(animations="disabled", caret="hide"))).convert("RGB")
    fonts = str(sidebar.page.evaluate(FONTS))
    if DRAW:
        about = PngImagePlugin.PngInfo()
        about.add_text("fonts", fonts)
        file.parent.mkdir(exist_ok=True)
        seen.quantize(COLOURS).save(file, optimize=True, pnginfo=about)
    with Image.open(file) as kept:
        if kept.info["fonts"] != fonts:
            pytest.skip("the pictures were drawn with other fonts")
        if kept.size != seen.size:
            return f"{name}: {seen.size} in place of {kept.size}"
        apart = ImageChops.difference(kept.convert("RGB"), seen)
    worst = ImageChops.lighter(ImageChops.lighter(*apart.split()[:2]), apart.split()[2])
    differ = sum(worst.histogram()[UNLIKE:]) / (seen.width * seen.height)
    return f"{name}: {differ:.1%} of it looks otherwise" if differ > TOLERANCE else ""


def test_the_sidebar_looks_as_in_its_pictures(sidebar: Sidebar, place: Place) -> None:
    sidebar.open(place.write_notebook("look.ipynb", ""))
    sidebar.see("form")
    found = []
    for theme, name in ((LIGHT, "light"), (DARK, "dark")):
        sidebar.theme(theme)
        found.append(compared(sidebar, f"form-{name}"))
    sidebar.demo()
    sidebar.choose_company()
    sidebar.choose_project("harb", "Harbor Tower")
    sidebar.item("RFIs").click()
    expect(sidebar.item("status")).to_be_visible()
    for theme, name in ((DARK, "dark"), (LIGHT, "light")):
        sidebar.theme(theme)
        sidebar.page.evaluate("() => document.activeElement.blur()")
        found.append(compared(sidebar, f"signed-in-{name}"))
    assert [one for one in found if one] == []
