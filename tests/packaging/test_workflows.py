"""The public repository's workflows: no more rights than they need, and the same commands as a developer's."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
WORKFLOWS: dict[str, Any] = {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in FILES}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def jobs(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from WORKFLOWS[name]["jobs"].items()


def commands(name: str) -> list[str]:
    return [step["run"] for _, job in jobs(name) for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_may_only_read_unless_a_job_says_otherwise(name: str) -> None:
    assert WORKFLOWS[name]["permissions"] == {"contents": "read"}
    wider = {job: found["permissions"] for job, found in jobs(name) if "permissions" in found}
    assert wider == ({"publish": {"id-token": "write"}} if name == "release" else {})


@pytest.mark.parametrize("name", WORKFLOWS)
def test_an_action_is_pinned_to_its_major_version(name: str) -> None:
    for _, job in jobs(name):
        for step in job["steps"]:
            if "uses" in step:
                assert re.fullmatch(r"[\w-]+/[\w-]+@(release/)?v\d+", step["uses"])


def test_a_release_is_published_in_its_environment_and_with_no_password() -> None:
    publish = WORKFLOWS["release"]["jobs"]["publish"]
    assert publish["environment"]["name"] == "pypi"
    assert "secrets." not in (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
    # YAML reads the key `on` as true.
    assert WORKFLOWS["release"][True] == {"release": {"types": ["published"]}}


def test_every_python_of_the_classifiers_is_tested_on_every_system() -> None:
    matrix = WORKFLOWS["test"]["jobs"]["test"]["strategy"]["matrix"]
    said = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert said
    assert set(said) <= set(matrix["python"])
    assert [one.partition("-")[0] for one in matrix["os"]] == ["ubuntu", "macos", "windows"]


def test_the_tests_run_as_make_runs_them() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    options = re.findall(r"^options := (.*)$", makefile, re.MULTILINE)
    assert "python tools/set_up.py test" in commands("test")
    assert f"$bin/python -m pytest {options[0]}" in commands("test")
    assert commands("lint") == ["make check"]
