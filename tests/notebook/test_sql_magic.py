"""``%%procore_sql``: in a shell, with the namespace's values and frames; Tab in a query; an interrupt in a real kernel."""

from __future__ import annotations

import threading
from typing import Any

import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from procore_jupyter import Procore, unload_ipython_extension
from procore_jupyter.notebook.completion.completion import candidates
from procore_jupyter.notebook.options import read_sql
from tests.notebook.conftest import ShellRun, StartKernel
from tests.tables.conftest import company, procore

__all__ = ["company", "procore"]  # fixtures of theirs, for these tests too

OPEN = "SELECT r.number, r.subject FROM rfis r JOIN projects p ON r.project_id = p.id WHERE p.name = $tower AND r.status = 'open'"


@pytest.fixture
def run(shell: InteractiveShell, shell_run: ShellRun, procore: Procore) -> ShellRun:
    """Run cells in a shell that has a session."""
    shell.push({"procore": procore, "tower": "Harbor Tower", "site": procore})
    return shell_run


@pytest.mark.parametrize(
    ("line", "given", "name", "query"),
    [
        ("", {}, "", ""),
        ("SELECT 1", {}, "", "SELECT 1"),
        ("x <<", {}, "x", ""),
        ("x<<SELECT 1 << 2", {}, "x", "SELECT 1 << 2"),
        ("--go --projects all x << SELECT 1", {"go": True, "projects": "all"}, "x", "SELECT 1"),
        ("x << --go", {"go": True}, "x", ""),
        ('--projects "Harbor Tower, 4712" --session site SELECT \'a\'', {"projects": ["Harbor Tower", "4712"], "session": "site"}, "", "SELECT 'a'"),
        ("--projects=ACTIVE SELECT 1", {"projects": "active"}, "", "SELECT 1"),
        ("SELECT '--go'", {}, "", "SELECT '--go'"),
    ],
)  # fmt: skip
def test_the_line_is_options_a_name_and_a_query(
    line: str, given: dict[str, Any], name: str, query: str
) -> None:
    assert read_sql(line) == (given, name, query)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--project all SELECT 1", "%procore_sql has no option --project. Did you mean --projects?"),
        ("--projects", "--projects needs a value"),
        ("--projects , SELECT 1", "--projects takes active, all, or names"),
        ("1x << SELECT 1", "needs the name of a variable"),
    ],
)
def test_a_wrong_line_is_told_in_one(line: str, says: str) -> None:
    with pytest.raises(UsageError) as error:
        read_sql(line)
    assert says in str(error.value) and "\n" not in str(error.value)


def test_a_cell_is_answered_and_drawn_or_put_into_a_variable(run: ShellRun, shell: InteractiveShell) -> None:
    drawn = run(f"%%procore_sql\n{OPEN}\nORDER BY r.id LIMIT 2")
    assert "SQL · 2 rows × 2 columns" in drawn and "number" in drawn
    told = run(f"%%procore_sql open_rfis <<\n{OPEN}")
    assert told.startswith("`open_rfis` · ") and "rows × 2 columns · 0 requests" in told
    answer = shell.user_ns["open_rfis"]
    assert len(answer) > 2
    shell.push({"late": pd.DataFrame({"number": answer.to_pandas().number[:3]})})
    assert "SQL · 3 rows" in run("%procore_sql SELECT number FROM late JOIN open_rfis USING (number)")
    assert "0 requests" in run("%procore_sql --session site EXPLAIN FROM late")
    assert "no request made yet" in run(f"%%procore_sql plan <<\nEXPLAIN {OPEN} AND r.private")
    assert shell.user_ns["plan"].to_pandas().shape[0] == 2
    assert "budget_changes" in run("%procore_sql SHOW TABLES")


def test_mistakes_are_one_message_with_the_cells_own_line(run: ShellRun, shell: InteractiveShell) -> None:
    said = run("%%procore_sql\nSELECT number\nFROM rfis\nWHERE statuss = 'open'")
    assert "SQLError: There is no column 'statuss'. Did you mean status?" in said
    assert "LINE 4: WHERE statuss = 'open'\n              ^^^^^^^" in said
    assert "Traceback" not in said
    assert "`df` is a list, and a query reads frames" in run("df = [1]\n%procore_sql SELECT * FROM df")
    assert "There is no value for $towr" in run("%procore_sql SELECT $towr")
    assert "Did you mean $tower?" in run("%procore_sql SELECT $towr")
    assert "would hide Python's own `list`" in run("%procore_sql list << SELECT 1")
    assert "`nobody` is no Procore session" in run("%procore_sql --session nobody SELECT 1")
    assert "You have no project called Nowhere" in run("%procore_sql --projects Nowhere SELECT * FROM rfis")
    shell.push({"ids": [*range(1, 300)]})
    assert (
        "Add --go" in (said := run("%procore_sql SELECT * FROM rfis WHERE project_id = ANY($ids)"))
        or "--go" in said
    )


def test_tab_knows_tables_columns_functions_values_and_variables() -> None:
    space = {"df": pd.DataFrame({"a": [1]}), "days": 3, "_hidden": 4, "shell": object}

    def offered(before: str, after: str = "") -> list[str]:
        found = candidates(before, space, after)
        assert found is not None
        return found.texts

    cell = "%%procore_sql --go x <<\n"
    assert offered("%procore_sql --") == ["--projects", "--go", "--session"]
    assert offered("%procore_sql --projects ") == ["active", "all"]
    assert offered(f"{cell}SELECT * FROM budget_v") == ["budget_views"]
    assert "df" in offered(f"{cell}SELECT * FROM rfis r JOIN d")
    assert offered(f"{cell}SELECT r.stat", " FROM rfis r")[:1] == ["status"]
    assert offered(f"{cell}SELECT r.assignee.", " FROM rfis AS r") == ["id", "login", "name"]
    assert "due_date" in offered(f"{cell}SELECT due", " FROM main.rfis")
    assert offered(f"{cell}SELECT coun", " FROM rfis")[-2:] == ["count(", "count_if("]
    assert offered(f"{cell}SELECT * FROM rfis WHERE status = 'o")[:1] == ["open"]
    assert offered(f"{cell}SELECT * FROM rfis WHERE status IN ('open', 'cl") == ["closed"]
    assert offered(f"{cell}SELECT 'it''s' -- FROM x\nFR") == ["FROM"]
    assert offered(f"{cell}SELECT $d") == ["$days"]
    assert offered(f"{cell}SELECT x FROM rfis WHERE id = '4 ") == []
    assert offered(f"{cell}DESCRIBE rfi")[:2] == ["rfis", "rfi_replies"]

    found = candidates(f"{cell}SELECT r", space, " FROM rfis r")
    assert found is not None
    called = {one: found.others.get(one, found.kind) for one in found.texts}
    assert (called["r"], called["reference"], called["round("]) == ("table", "column", "function")
    found = candidates(f"{cell}SELECT id FROM rfis WH", space, "")
    assert found is not None and found.others["WHERE"] == "keyword"
    assert offered(f"{cell}SELECT ro", " FROM rfis r")[:3] == ["round(", "row_number(", "project_id"]


def test_tab_offers_columns_that_only_rows_tell_once_some_have_come(
    shell: InteractiveShell, procore: Procore, run: ShellRun
) -> None:
    run("%procore_sql SELECT * FROM budget_detail_rows WHERE project_id = 4711 LIMIT 1")
    cell = "%%procore_sql\n"
    for before in ("SELECT b.Revi", "SELECT Revi"):
        found = candidates(f"{cell}{before}", shell.user_ns, " FROM budget_detail_rows b")
        assert found is not None and '"Revised Budget"' in found.texts
    found = candidates(f'{cell}SELECT b."Revi', shell.user_ns, " FROM budget_detail_rows b")
    assert found is not None and found.texts == ['Revised Budget"']


def test_tab_offers_the_names_of_projects_that_are_known(
    shell: InteractiveShell, procore: Procore, run: ShellRun
) -> None:
    run("%procore_sql SELECT count(*) FROM projects")
    procore.projects()
    text = "%%procore_sql\nSELECT * FROM projects WHERE name = 'Harb"
    with provisionalcompleter():
        completions = [*shell.Completer.completions(text, len(text))]
    assert [one.text for one in completions] == ["Harbor Tower"]


def test_the_magic_goes_with_the_extension(shell: InteractiveShell) -> None:
    assert "procore_sql" in shell.magics_manager.magics["cell"]
    unload_ipython_extension(shell)
    assert "procore_sql" not in shell.magics_manager.magics["cell"]


def test_an_interrupt_is_one_line_and_the_kernel_goes_on(start_kernel: StartKernel) -> None:
    kernel = start_kernel()
    kernel.run("%load_ext procore_jupyter")
    kernel.run("import procore_jupyter; procore = procore_jupyter.connect('AuthScheme=NONE;CompanyId=1')")
    assert kernel.run("%procore_sql SELECT 1").status == "ok"
    threading.Timer(1, kernel.interrupt).start()
    ran = kernel.run("%procore_sql SELECT count(*) FROM range(100_000_000_000) a, range(100_000) b")
    assert ran.status == "error"
    assert ran.error.startswith("KeyboardInterrupt: stopped. What has come is kept")
    assert "Traceback" not in ran.error
    assert kernel.run("%procore_sql SELECT 42 AS answer").status == "ok"
