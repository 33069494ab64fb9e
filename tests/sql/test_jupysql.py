"""JupySQL's ``%sql`` over `procore.dbapi()`, in an IPython of its own: people who know it go on as they are used to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from procore_jupyter.demo.app import DemoProcore
from tests.connecting import text_for
from tests.demo.listing import BUILDERS
from tests.soak import in_a_soak

CELLS = """
import sys
from IPython.core.interactiveshell import InteractiveShell
import procore_jupyter

shell = InteractiveShell.instance()
shell.user_ns["database"] = procore_jupyter.connect(sys.argv[1]).dbapi()
for cell in (
    "%load_ext sql",
    "%sql database --alias procore",
    "found = %sql SELECT count(*) FROM rfis WHERE project_id = 4711",
    "harbor = 4711",
    "same = %sql SELECT count(*) FROM rfis WHERE project_id = {{harbor}}",
    "%%sql --save ours\\nSELECT id, due_date FROM rfis WHERE project_id = 4711",
    "rows = %sql SELECT * FROM ours",
    "print('FOUND', found[0][0], same[0][0], len(rows.DataFrame()), [*rows.DataFrame().columns])",
    "%sql SELECT nothing FROM rfis WHERE project_id = 4711",
    "%sql DROP TABLE rfis",
):
    shell.run_cell(cell)
"""


@pytest.fixture(scope="module")
def jupysql(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with JupySQL and what it needs."""
    folder = tmp_path_factory.mktemp("jupysql")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), "jupysql"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return folder


@in_a_soak
@pytest.mark.timeout(600)
def test_jupysql_reads_from_it_and_says_its_errors(company: DemoProcore, home: Path, jupysql: Path) -> None:
    text = text_for(company, AuthScheme="OAUTH_CLIENT", CompanyId=str(BUILDERS))
    here = os.pathsep.join([str(Path(__file__).parents[2]), str(jupysql)])
    done = subprocess.run(
        [sys.executable, "-c", CELLS, text],
        env={**os.environ, "PYTHONPATH": here, "PLOOMBER_STATS_ENABLED": "false"},
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert "FOUND 348 348 348 ['id', 'due_date']" in said
    assert "There is no column 'nothing'" in said and "               ^^^^^^^" in said
    assert "SQL over Procore only reads" in said and "Traceback" not in said
