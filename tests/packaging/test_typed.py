"""The types that the package promises (`py.typed`) are there for who installs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(600)  # the first to ask for the wheel builds it

RIGHT = """
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import procore_jupyter
from procore_jupyter import (
    ConfigurationError,
    LoginRequired,
    NotFound,
    ParameterError,
    Procore,
    ProcoreAPIError,
    ProcoreError,
    RateLimited,
    Record,
    Status,
    Table,
    TableNotFound,
)


def open_rfis(procore: Procore, project: int) -> Table:
    rfis = procore.table("rfis", project_id=project, status="open")
    assert "subject" in rfis.columns
    return rfis.head(5)


def subjects(rfis: Table) -> Iterator[str]:
    for row in rfis:
        yield str(row["subject"])
    first: dict[str, Any] = rfis[0]
    yield str(first["number"])


def greeting(procore: Procore) -> str:
    me: Record = procore.me()
    status: Status = procore.status()
    state: str = status.state
    return f"{me['login']} {state} {status.company}"


def main() -> int:
    try:
        procore = procore_jupyter.connect("InitiateOAuth=REFRESH", account="reports", timeout=60)
    except LoginRequired as error:
        print(error)
        return 1
    print(greeting(procore))
    procore.use(company="Skyline Builders")
    company: int | None = procore.company_id
    try:
        rows = open_rfis(procore, 4711)
        frame = rows.to_pandas()
        print(company, len(rows), list(subjects(rows)), frame.shape)
        rows.to_parquet("rfis.parquet")
        rows.to_excel("rfis.xlsx", tz="America/New_York")
        rows.to_csv("rfis.csv")
        procore_jupyter.to_excel("report.xlsx", {"RFIs": rows})
    except RateLimited as error:
        wait: float | None = error.retry_after
        print(wait)
    except (NotFound, ProcoreAPIError) as error:
        status: int = error.status
        print(status, error.request_id)
    except (TableNotFound, ParameterError, ConfigurationError, ProcoreError) as error:
        print(error)
    answer: dict[str, Any] = procore.get("/rest/v1.0/me").json()
    print(answer)
    procore.logout()
    procore.close()
    return 0
"""

WRONG = """
import procore_jupyter

procore = procore_jupyter.connect(account=7)
rows = procore.table(7)
rows.to_pandas().shape
procore.status().stat
"""


def test_a_strict_checker_finds_a_persons_script_right_and_a_wrong_one_wrong(
    installed: Path, tmp_path: Path
) -> None:
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "wrong.py").write_text(WRONG)
    # In a folder without the checkout: what is installed is imported, by the types that come with it.
    options = ["--strict", "--config-file=", "--python-executable", str(installed)]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "right.py", "wrong.py"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith("MYPY")},
        capture_output=True,
        text=True,
        check=False,
    )
    told = re.findall(r"^(\w+\.py):(\d+): error: .*\[([\w-]+)\]$", done.stdout, re.MULTILINE)
    assert told == [
        ("wrong.py", "4", "arg-type"),
        ("wrong.py", "5", "arg-type"),
        ("wrong.py", "7", "attr-defined"),
    ], done.stdout + done.stderr
