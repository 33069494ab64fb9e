"""Takes the pictures of the README anew, of a real login to the demo in a real Chromium, in a light and a dark theme.

    .venv/bin/python tools/screenshots.py             into docs/images
    .venv/bin/python tools/screenshots.py FOLDER      into a folder to look at

It needs what `make test` sets up. ``tests/browser/test_pictures.py`` takes the same pictures and looks at them.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Locator, expect, sync_playwright

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.browser.conftest import Place, open_place
from tests.browser.lab import PATIENCE, Lab, new_tab, sign_in
from tests.browser.sidebar import Sidebar
from tests.chromium import launch_chromium

NAMES = ("form", "panel", "card", "table", "sidebar")
"""What there is a picture of, ``NAME.png`` and ``NAME-dark.png``."""

THEMES = {"": "JupyterLab Light", "-dark": "JupyterLab Dark"}
"""JupyterLab's themes, by what is added to a picture's name."""

CELLS = (
    "%load_ext procore_jupyter",
    "%procore_connect",
    "%procore_connect Profile=Demo",
    'procore.use(company="Skyline Builders")',
    'procore.table("rfis", project="Harbor Tower", status="open")',
)

# What JupyterLab draws around the active cell, and over it for a moment, is no part of the picture.
STYLE = """
#jupyterlab-splash, .Toastify { display: none !important; }
.jp-Collapser, .jp-cell-toolbar, .jp-cell-menu { visibility: hidden !important; }
.jp-Cell { padding-bottom: 10px !important; margin-bottom: 4px !important; }
"""

# The theme's style sheet is loaded when its background is light or dark, as its name says.
IS_SHOWN = """theme => {
    const style = getComputedStyle(document.body);
    const background = style.getPropertyValue('--jp-layout-color0').trim().toLowerCase();
    const isLight = ['white', '#fff', '#ffffff'].includes(background);
    return document.body.dataset.jpThemeName === theme && background && isLight === theme.endsWith('Light');
}"""


def take(browser: Browser, place: Place, folder: Path) -> None:
    """Take all pictures.

    Parameters
    ----------
    browser : Browser
        A Chromium.
    place : Place
        A JupyterLab at which nobody is signed in, and the demo beside it.
    folder : Path
        Where the pictures go.
    """
    with browser.new_context(viewport={"width": 900, "height": 900}, device_scale_factor=1.5) as context:
        lab = Lab(context, place.server.url, place.server.token)
        lab.open(place.write_notebook("pictures.ipynb", *CELLS))
        lab.page.add_style_tag(content=STYLE)
        lab.run(0)

        lab.run(1)
        form = lab.cell(1).locator(".procore-form")
        expect(form.get_by_role("button", name="Connect")).to_be_visible(timeout=PATIENCE)
        _picture(lab, lab.cell(1), folder / "form.png")

        lab.run(2)
        link = lab.cell(2).locator(".procore-panel").get_by_role("link", name="Sign in to Procore")
        expect(link).to_be_visible(timeout=PATIENCE)
        _picture(lab, lab.cell(2), folder / "panel.png")

        sign_in(new_tab(context, link.click))
        lab.page.bring_to_front()
        expect(lab.cell(2).locator(".procore-choice")).to_be_visible(timeout=PATIENCE)
        _picture(lab, lab.cell(2), folder / "card.png")

        lab.run(3)
        lab.run(4)
        expect(lab.cell(4).locator("table").first).to_be_visible(timeout=PATIENCE)
        _picture(lab, lab.cell(4), folder / "table.png")

    with browser.new_context(viewport={"width": 1000, "height": 740}, device_scale_factor=1) as context:
        place.forget_sign_ins()
        sidebar = Sidebar(context, place)
        sidebar.open(place.write_notebook("sidebar.ipynb", ""))
        sidebar.page.add_style_tag(content=STYLE)
        sidebar.demo()
        sidebar.choose_company()
        sidebar.choose_project("harb", "Harbor Tower")
        sidebar.item("RFIs").click()
        sidebar.press("Preview")
        expect(sidebar.preview.get_by_role("table")).to_be_visible(timeout=PATIENCE)
        sidebar.item("status").click()
        sidebar.press("open")
        sidebar.page.keyboard.press("Shift+Enter")
        expect(sidebar.lab.cell(0)).to_contain_text("40 rows", timeout=PATIENCE)
        sidebar.page.mouse.move(0, 0)
        _picture(sidebar.lab, sidebar.page.locator("#main"), folder / "sidebar.png")


def _picture(lab: Lab, what: Locator, path: Path) -> None:
    """Take a picture in each theme."""
    for behind, theme in THEMES.items():
        lab.page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
        )
        lab.page.wait_for_function(IS_SHOWN, arg=theme)
        what.screenshot(path=path.with_stem(path.stem + behind))


def main() -> int:
    """Take the pictures into the folder that is named, or the README's."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        open_place(Path(home)) as place,
        sync_playwright() as playwright,
    ):
        browser = launch_chromium(playwright)
        take(browser, place, folder)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
