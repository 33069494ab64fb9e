"""Advice names what helps where it is read: the magic that connects, and not "the cell", which may be any other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import procore_jupyter

PACKAGE = Path(procore_jupyter.__file__).parent


def test_no_text_says_to_run_the_cell_again_without_saying_which() -> None:
    said = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}: {node.value}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search(r"run the cell (again|with)", node.value, re.IGNORECASE)
    ]
    assert said == []
