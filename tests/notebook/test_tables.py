"""``%procore_tables``, the progress line, and an interrupt in the middle, in a real kernel against the embedded Procore."""

from __future__ import annotations

import dataclasses
import re
import time
import warnings
from collections.abc import Callable

import pytest
from IPython.core.interactiveshell import InteractiveShell

from procore_jupyter import load_ipython_extension, unload_ipython_extension
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.notebook.panels.progress_line import drawn
from procore_jupyter.tables.progress import Progress
from tests.kernels import Kernel
from tests.notebook.conftest import ShellRun, StartKernel
from tests.notebook.drawn_panels import sign_in


@pytest.fixture
def connected(kernel: Kernel, line: str) -> Kernel:
    """Give a kernel in which somebody has signed in."""
    kernel.run(f"%procore_connect {line}CompanyId=1234")
    sign_in(kernel)
    assert kernel.run("procore.me()").status == "ok"
    return kernel


@pytest.fixture
def slow(demo: DemoProcore) -> Callable[[float], None]:
    """Let the demo take so many seconds for each answer."""

    def wait(seconds: float) -> None:
        demo.parameters = dataclasses.replace(demo.parameters, answer_delay=seconds)

    return wait


def test_the_tables_are_listed_before_anybody_has_signed_in(shell_run: ShellRun) -> None:
    everything = shell_run("%procore_tables")
    assert re.match(r"\d+ tables\. ", everything) and "\nrfis " in everything
    found = shell_run("%procore_tables budget")
    assert "budget_views" in found and "\nrfis " not in found
    assert "No table matches 'nothing such'" in shell_run("%procore_tables nothing such")


def test_one_table_is_told_of_with_all_that_it_takes_and_holds(shell_run: ShellRun) -> None:
    told = shell_run("%procore_tables rfis")
    assert 'procore.table("rfis", project_id=…)' in told
    assert "GET /rest/v1.0/projects/{project_id}/rfis" in told
    assert re.search(r"due_date +date\n", told) and re.search(r"status +open, closed, draft\n", told)
    assert "rfi_id" in shell_run("%procore_tables rfi_replies")


def test_stars_and_the_long_tail_are_found_too(shell_run: ShellRun) -> None:
    assert "(probable)" in shell_run("%procore_tables rfis_*")
    everything = shell_run("%procore_tables *")
    assert re.search(r"^96 tables for '\*'", everything) and re.search(
        r"\n6\d\d more, probable: ", everything
    )


def test_a_table_that_can_not_be_drawn_fails_its_cell_and_nothing_stands_below_the_error(
    connected: Kernel, demo: DemoProcore
) -> None:
    connected.run("table = procore.table('rfis', project_id=4711)")
    demo.oauth.revoke_all()
    for look in ("table", "display(table)", "try:\n    display(table)\nexcept ZeroDivisionError:\n    pass"):
        cell = connected.run(look)
        assert cell.status == "error" and "LoginRequired" in cell.error
        assert [one["output_type"] for one in cell.outputs] == ["error"]
    assert connected.run("display([table])").status == "ok", "a list shows what is known, and asks nobody"


def test_other_objects_are_drawn_as_before_and_all_are_after_unloading(
    shell: InteractiveShell, shell_run: ShellRun
) -> None:
    shell_run("class Odd:\n def _repr_mimebundle_(self, **_): 1/0\n def __repr__(self): return 'odd'")
    assert "ZeroDivisionError" in (said := shell_run("Odd()")) and "odd" in said
    unload_ipython_extension(shell)
    assert "format" not in vars(shell.display_formatter)
    load_ipython_extension(shell)
    load_ipython_extension(shell)
    unload_ipython_extension(shell)
    assert "format" not in vars(shell.display_formatter)
    assert warnings.formatwarning.__module__ == "warnings"


def test_a_mistake_is_told_in_one_line(shell_run: ShellRun) -> None:
    assert "%procore_tables has no option --nam." in shell_run("%procore_tables --nam x")
    told = shell_run("%procore_tables --name nobody rfis")
    assert "`nobody` is not a Procore session" in told and "Traceback" not in told


def test_the_tables_are_those_of_the_session(connected: Kernel, demo: DemoProcore) -> None:
    before = len(demo.requests)
    listed = connected.run("%procore_tables --name procore rfis")
    assert "procore.table(&quot;rfis&quot;" in listed.html and "41 columns" in listed.plain
    shown = connected.run("procore.tables")
    assert "<table" in shown.html and "\nrfis " in shown.plain
    # The card's own questions may still be under way.
    asked = {one.path for one in demo.requests[before:]} - {"/rest/v1.0/me", "/rest/v1.0/companies"}
    assert asked == set(), "it asked the network"


def test_a_table_is_drawn_and_a_reading_that_lasts_shows_how_far_it_is(
    connected: Kernel, slow: Callable[[float], None]
) -> None:
    quick = connected.run('procore.table("rfis", project_id=4711)')
    assert "348 rows" in quick.plain and "procore-progress" not in quick.saved
    slow(0.5)
    cell = connected.submit('procore.table("rfis", project_id="all active")')
    connected.until(lambda: "procore-progress" in cell.html)
    line = r"RFIs  [█░]{12}  [\d,]+ · project \d+ of 12 · \d+ requests? · 1 was here already"
    assert re.search(line, cell.plain)
    connected.until(lambda: 'aria-valuenow="0"' not in cell.html)
    connected.finish(cell)
    assert "procore-progress" not in cell.saved, "it stays when all is there"
    assert "Incomplete: rfis · 11 of 12 projects" in cell.plain
    assert "Incomplete" not in cell.text, "what the picture says already is said twice"
    warned = connected.run('frame = procore.table("rfis", project_id="all active").to_pandas()')
    assert re.fullmatch(r"Incomplete: rfis · 11 of 12 projects\. .*\n", warned.text), (
        "no path, and no line of code"
    )


def test_an_interrupt_ends_a_reading_and_leaves_nothing_running(
    connected: Kernel, demo: DemoProcore, slow: Callable[[float], None]
) -> None:
    slow(0.5)
    cell = connected.submit('frame = procore.table("submittals", project_id="all active").to_pandas()')
    connected.until(lambda: "procore-progress" in cell.html)
    connected.interrupt()
    connected.finish(cell)
    assert "procore-progress" not in cell.saved
    kept = re.fullmatch(
        r"KeyboardInterrupt: stopped\.(?: (\d+) of 12 projects have come: run it again, .* goes on from there\.)?",
        cell.error,
    )
    assert kept is not None, cell.error
    slow(0.0)
    time.sleep(0.6)  # what was under way is answered by then
    before = len(demo.requests)
    time.sleep(1.0)
    assert len(demo.requests) == before, "it goes on asking"
    assert "'frame' in globals() = False" in connected.run("print(f\"{'frame' in globals() = }\")").text
    rows = connected.run('print(len(procore.table("rfis", project_id=4711).fetch()))')
    assert rows.text.strip() == "348"  # on a busy machine the progress line leaves an empty output beside it


def test_a_lost_network_is_one_line_also_of_a_table_that_is_drawn(kernel: Kernel) -> None:
    nowhere = "http://127.0.0.1:9"
    kernel.run(f"%procore_connect AuthScheme=NONE;LoginURL={nowhere};APIURL={nowhere};CompanyId=1234")
    for look in (
        'procore.table("rfis", project_id=4711)',
        'procore.table("rfis", project_id=4711).to_pandas()',
        "%procore_sql SELECT number FROM rfis WHERE project_id = 4711",
    ):
        cell = kernel.run(look)
        assert cell.status == "error" and "<table" not in cell.html and "procore-progress" not in cell.saved
        assert (
            cell.error.startswith(("ConnectionError: 127.0.0.1:9 can't", "NotReached: 127.0.0.1:9 can't"))
            and "\n" not in cell.error.strip()
        )


def test_a_program_that_runs_a_notebook_gets_no_line_and_hears_of_waits_all_the_same(
    start_kernel: StartKernel, connected: Kernel, line: str, demo: DemoProcore
) -> None:
    other = start_kernel(allow_stdin=False)
    demo.parameters = dataclasses.replace(demo.parameters, answer_delay=0.1, spike_limit=16, spike_window=2)
    other.run(f"%load_ext procore_jupyter\n%procore_connect {line}CompanyId=1234")
    cell = other.run('print(len(procore.table("rfis", project_id="all active").to_arrow()))')
    assert "procore-progress" not in cell.saved
    assert "Procore's limit reached: resuming in" in cell.text and "1969" in cell.text


def test_the_line_escapes_what_it_draws() -> None:
    progress = Progress("<b>rfis</b>", total=3, done=1)
    progress.waits("<i>in 5 s</i>", 5)
    html = drawn(progress)["text/html"]
    assert "<b>" not in html and "<i>" not in html and "&lt;b&gt;rfis" in html
