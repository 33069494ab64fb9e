"""``%procore_check`` in a shell and in a real kernel: how its line is read, and what it draws."""

from __future__ import annotations

from pathlib import Path

import pytest
from IPython.core.error import UsageError

from procore_jupyter.check.finding import Finding, StepLine
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.notebook.completion.completion import candidates
from procore_jupyter.notebook.options import read_check
from procore_jupyter.notebook.panels.check_panel import drawn
from procore_jupyter.notebook.redaction.cell_text import secrets_in
from tests.kernels import Kernel
from tests.notebook.conftest import ShellRun
from tests.notebook.drawn_panels import sign_in


@pytest.mark.parametrize(
    ("line", "given", "connection", "tables"),
    [
        ("", {}, "", None),
        ("site", {}, "site", None),
        ("--tables", {"tables": True}, "", []),
        ("site --tables rfis users --filters", {"tables": True, "filters": True}, "site", ["rfis", "users"]),
        ("--tables rfis,users --yes", {"tables": True, "yes": True}, "", ["rfis", "users"]),
        ("--tables rfis, users", {"tables": True}, "", ["rfis", "users"]),
        ("--keep-labels", {"keep_labels": "own"}, "", None),
        ("--keep-labels labels.toml --keep", {"keep_labels": "labels.toml", "keep": True}, "", None),
        ("--report 'my report.md' --name other", {"report": "my report.md", "name": "other"}, "", None),
        ("OAuthClientSecret='a --tables b';CompanyId=1 --yes", {"yes": True}, "OAuthClientSecret='a --tables b';CompanyId=1", None),
    ],
)  # fmt: skip
def test_a_line_is_a_connection_and_then_options(
    line: str, given: dict[str, object], connection: str, tables: list[str] | None
) -> None:
    assert read_check(line) == (given, connection, tables)


@pytest.mark.parametrize(
    "line",
    [
        "--tables rfis Profile=Demo;OAuthClientSecret=hush",
        "--yes OAuthClientSecret=hush",
        "--tabels",
        "--report",
    ],
)
def test_a_line_that_cannot_be_read_is_told_without_what_stands_in_it(line: str) -> None:
    with pytest.raises(UsageError) as told:
        read_check(line)
    assert ("hush" not in str(told.value) and "%procore_check" in str(told.value)) or "--report" in str(
        told.value
    )


@pytest.mark.parametrize("percents", ["%", ""])
def test_a_secret_in_its_connection_string_is_found(percents: str) -> None:
    cell = f"{percents}procore_check OAuthClientId=app;OAuthClientSecret=hush-hush-1;CompanyId=7 --tables"
    assert [cell[span.start : span.end] for span in secrets_in(cell)] == ["hush-hush-1"]


def test_tab_offers_its_options_and_after_tables_their_names() -> None:
    found = candidates("%procore_check --t")
    assert found is not None and found.texts == ["--tables"]
    found = candidates("%procore_check --tables rfi")
    assert found is not None and found.texts[:1] == ["rfis"]


def test_what_came_is_escaped_and_tables_that_hold_are_folded() -> None:
    lines = [
        StepLine("You", Finding("Sign-in", "holds", "<b>Dana</b> is signed in.")),
        StepLine("Tables", Finding("rfis", "holds", "It answers.")),
        StepLine("Tables", Finding("users", "fails", "No row has <i>.", believed="All.", advice="See `x`.")),
    ]
    found = drawn(lines, "Procore · <x>", "2 hold")
    html = found["text/html"]
    assert "<b>" not in html and "<i>" not in html and "<x>" not in html and "&lt;b&gt;Dana" in html
    assert html.index("No row has") < html.index("<details") < html.index("It answers.")
    assert 'aria-label="fails"' in html and "1 table is as described" in html
    assert "fails          users" in found["text/plain"]


def test_without_a_session_or_an_app_the_connection_is_what_is_missing(shell_run: ShellRun) -> None:
    told = shell_run("%procore_check")
    assert "PROCORE_CLIENT_ID" in told and "Traceback" not in told


def test_a_kernel_checks_the_session_that_stands_there(
    kernel: Kernel, line: str, demo: DemoProcore, tmp_path: Path
) -> None:
    kernel.run(f"%procore_connect {line}CompanyId=1234")
    sign_in(kernel)
    report = tmp_path / "report.md"
    ran = kernel.run(f"%procore_check --tables rfi_replies --yes --report '{report}'")
    assert ran.status == "ok", ran
    text, html = ran.plain, ran.html
    assert "Dana Reyes is signed in" in text and "rfi_replies" in text and "0 fail" in text
    assert "Skyline Builders" in html and "2 tables are as described" in html and report.exists()
    assert demo.client_secret not in html + text
    # A front end whose person answers no. The kernel sets its own `input` anew for each cell.
    asked = "import builtins; builtins.input = lambda prompt='': print(prompt) or 'n'"
    ran = kernel.run(f"{asked}\nget_ipython().run_line_magic('procore_check', '--tables rfis')")
    assert "1 table" in ran.text and "at most 2 requests" in ran.text and "Go on?" in ran.text
    assert "Add `--yes`" in ran.plain and "RFIs" not in ran.plain and "rfis  " not in ran.plain
    assert kernel.run("procore.me()").status == "ok"


def test_a_sign_in_that_is_pending_is_not_waited_for(kernel: Kernel, line: str) -> None:
    kernel.run(f"%procore_connect {line}CompanyId=1234")
    ran = kernel.run("%procore_check")
    assert ran.status == "ok" and "Run  %procore_connect" in ran.plain
