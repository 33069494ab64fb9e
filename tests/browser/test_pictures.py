"""The pictures of the README are taken, are light and dark, and are small."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from tests.browser.conftest import Place
from tests.soak import in_a_soak
from tools.screenshots import NAMES, take

ROOT = Path(__file__).parents[2]
LARGEST = 150_000
"""Bytes of a picture."""

LIGHT, DARK = {f"{name}.png" for name in NAMES}, {f"{name}-dark.png" for name in NAMES}


@in_a_soak
def test_each_picture_is_taken_in_a_light_and_a_dark_theme(
    chromium: Browser, place: Place, tmp_path: Path
) -> None:
    place.forget_sign_ins()
    take(chromium, place, tmp_path)
    place.stop_kernels()
    assert {one.name for one in tmp_path.iterdir()} == LIGHT | DARK
    for one in tmp_path.iterdir():
        assert one.stat().st_size < LARGEST
        with Image.open(one) as picture:
            shades = picture.convert("L").histogram()
        bright, whole = sum(shades[128:]), sum(shades)
        assert bright > 0.8 * whole if one.name in LIGHT else bright < 0.2 * whole, one.name


def test_the_readme_shows_them_all_by_the_readers_theme() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(
        r'<picture>\s+<source media="\(prefers-color-scheme: dark\)" srcset="docs/images/(.+)">', page
    )
    assert {*shown} == DARK
    assert {*re.findall(r'<img alt="[^"]{20,}" src="docs/images/(.+)">', page)} == LIGHT
    there = {one.name: one.stat().st_size for one in (ROOT / "docs/images").iterdir()}
    assert there.keys() == LIGHT | DARK
    assert max(there.values()) < LARGEST
