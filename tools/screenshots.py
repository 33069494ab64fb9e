"""Takes the pictures of the README anew, of a real login to the demo in a real Chromium.

    .venv/bin/python tools/screenshots.py                  the README's, into docs/images
    .venv/bin/python tools/screenshots.py FOLDER [dark]    all pictures, into a folder to look at

It needs what `make test` sets up.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.browser.conftest import launch_chromium, open_place
from tests.browser.lab import Lab, new_tab

OF_THE_README = ("panel.png", "card.png")

CELLS = (
    "%load_ext procore_jupyter",
    "%procore_connect Profile=Demo",
    "procore.companies()",
    'procore.use(company="Skyline Builders")\nprocore.projects()',
    "%procore_status",
    "procore",
)


def main() -> int:
    """Take the pictures."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")
    folder.mkdir(parents=True, exist_ok=True)
    scheme: Literal["dark", "light"] = "dark" if "dark" in sys.argv else "light"
    with (
        tempfile.TemporaryDirectory() as home,
        open_place(Path(home)) as place,
        sync_playwright() as playwright,
    ):
        browser = launch_chromium(playwright)
        context = browser.new_context(
            viewport={"width": 900, "height": 700}, device_scale_factor=2, color_scheme=scheme
        )
        lab = Lab(context, place.server.url, place.server.token)
        lab.open(place.write_notebook("pictures.ipynb", *CELLS))
        if scheme == "dark":
            lab.page.evaluate(
                "() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
            )
            lab.page.wait_for_timeout(1500)
        lab.run(0)
        lab.run(1)
        link = lab.cell(1).locator(".procore-panel").get_by_role("link", name="Sign in to Procore")
        link.wait_for()
        lab.page.wait_for_timeout(1000)
        lab.cell(1).screenshot(path=folder / "panel.png")
        lab.cell(1).locator(".procore-panel summary").click()
        lab.page.wait_for_timeout(300)
        lab.cell(1).screenshot(path=folder / "panel-open.png")
        provider = new_tab(context, link.click)
        provider.screenshot(path=folder / "demo-log-in.png")
        provider.get_by_role("button", name="Log In").click()
        provider.get_by_role("button", name="Allow").wait_for()
        provider.screenshot(path=folder / "demo-allow.png")
        provider.get_by_role("button", name="Allow").click()
        lab.page.bring_to_front()
        lab.cell(1).locator(".procore-choice").wait_for()
        lab.page.wait_for_timeout(500)
        lab.cell(1).screenshot(path=folder / "card.png")
        for number in range(2, len(CELLS)):
            lab.run(number)
        lab.page.wait_for_timeout(500)
        lab.page.screenshot(path=folder / "notebook.png", full_page=True)
        for number in range(2, len(CELLS)):
            lab.cell(number).screenshot(path=folder / f"cell-{number}.png")
        tab = context.new_page()
        tab.goto(f"{place.server.callback_url}?code=x&state=forged")
        tab.screenshot(path=folder / "callback-refused.png")
        browser.close()
    if len(sys.argv) < 2:
        for picture in folder.glob("*.png"):
            if picture.name not in OF_THE_README:
                picture.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
