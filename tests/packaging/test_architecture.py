"""docs/architecture.md says what is so: every module stands in its plan, and every name in it stands in the code."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest

from procore_jupyter import Procore
from procore_jupyter.settings.properties import PROPERTIES

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "procore_jupyter"
PAGE = (ROOT / "docs" / "architecture.md").read_text()
PLAN = PAGE.partition("```\n")[2].partition("```")[0]
PROSE = PAGE.replace(PLAN, "")

# Words in backquotes that are no names of the code: of Procore's answers, of rows, of other libraries, of commands.
ELSEWHERE = {
    "Bearer ***", "Date", "GET procore-jupyter/callback", "GET procore-jupyter/start", "PROCORE_CLIENT_ID",
    "POST procore-jupyter/logins", "Total", "_extra", "_unfit", "currency_configuration", "end_date", "filters",
    "log_date", "logins/result", "make check", "msgspec.Raw", "response.request", "show", "start", "start_date",
    "state", "--save", "%procore_connect", "procore-jupyter demo",
}  # fmt: skip


def modules_in_plan() -> list[str]:
    """Return the modules that the plan draws, each with its folder."""
    found, room, subject = [], "", ""
    for line in PLAN.splitlines():
        if (start := re.match(r"(?:\d| ) {2}(\w+/|\w+\.py)", line)) is not None:
            room = start[1] if start[1].endswith("/") else ""
        if (start := re.match(r" {18}(\w+/)", line)) is not None:
            subject = start[1]
        elif line.startswith(" " * 18) or not line.startswith("    "):
            subject = ""
        found += [f"{room}{subject}{name}" for name in re.findall(r"\b\w+\.py\b", line)]
    return found


@functools.cache
def names_in_code() -> set[str]:
    """Return the classes with their methods, and the functions of the package."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                found.add(node.name)
            if isinstance(node, ast.ClassDef):
                found |= {f"{node.name}.{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
    return found


def test_the_plan_draws_every_module_once_and_no_other() -> None:
    there = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if path.name != "__init__.py" and path.relative_to(PACKAGE).parts[0] != "demo"
    }
    drawn = modules_in_plan()
    assert sorted(drawn) == sorted(there)


QUOTED = sorted({*re.findall(r"`([^`\n]+)`", PROSE)} - ELSEWHERE)


@pytest.mark.parametrize("quoted", QUOTED)
def test_a_name_on_the_page_stands_in_the_code(quoted: str) -> None:
    path = re.fullmatch(r"[\w./*-]+(?:/|\.(?:py|toml|ts|md|jsonl))", quoted)
    if path is not None:
        assert [*ROOT.glob(quoted), *PACKAGE.glob(quoted)], f"there is no {quoted}"
    elif quoted.startswith("procore_jupyter."):
        assert quoted == "procore_jupyter.connect()"
    elif quoted.startswith("procore."):
        assert hasattr(Procore, re.split(r"[.(]", quoted)[1]), f"a session has no {quoted}"
    else:
        names = {one.name for one in PROPERTIES} | names_in_code()
        assert quoted in names, f"the code has no {quoted}"


def test_the_page_says_where_twenty_things_are_changed() -> None:
    table = PAGE.partition("## Where do I change …?")[2].partition("\n## ")[0]
    assert len(re.findall(r"(?m)^\| .* \| .* \|$", table)) - 1 >= 20
