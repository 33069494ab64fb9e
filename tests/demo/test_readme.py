"""What README.md has people write works on the demo, as they read it from top to bottom."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.parameters import DemoParameters
from tests.kernels import Kernel
from tests.notebook.drawn_panels import sign_in
from tests.servers import free_port

PAGE = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
WRITE = PAGE.partition("| you want | write |\n|---|---|\n")[2].partition("\n\n")[0]

# What the lines of the table stand on.
BEFORE = """
import duckdb, procore_jupyter
procore.use(company="Skyline Builders", project="Harbor Tower")
t = procore.table("rfis")
row = next(iter(procore.table("photos")))
"""
# A person's part in these is tested elsewhere.
NEEDS_SOMEBODY = {"procore-jupyter login"}


def spans() -> list[str]:
    """Return what stands in the table's second column as code; signing out comes last."""
    found = [one for line in WRITE.splitlines() for one in re.findall(r"`([^`]+)`", line.split(" | ", 1)[1])]
    return sorted(found, key=lambda one: one == "%procore_logout")


def test_every_line_of_the_readme_works_on_the_demo(
    demo: DemoProcore, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo.parameters = DemoParameters(hourly_limit=None, spike_limit=None)
    callback = f"http://localhost:{free_port()}/callback"
    demo.add_redirect_uri(callback)
    demo.write_address()
    monkeypatch.chdir(tmp_path)
    here = f"Profile=Demo;CallbackURL={callback};"
    kernel = Kernel()

    def run(code: str) -> None:
        cell = kernel.run(code)
        assert cell.status == "ok", (code, cell.error)

    try:
        connect, use = CODE
        assert connect == "%load_ext procore_jupyter\n%procore_connect\n"
        run(connect.replace("%procore_connect", f"%procore_connect {here}"))
        sign_in(kernel)
        for line in use.splitlines():
            run(line)
        assert (tmp_path / "submittals.xlsx").stat().st_size > 10_000

        run(BEFORE)
        done = []
        for span in spans():
            done.append(span)
            if span in NEEDS_SOMEBODY:
                continue
            if span.startswith("procore-jupyter"):
                command = [str(Path(sys.executable).with_name("procore-jupyter")), *span.split()[1:]]
                if span == "procore-jupyter check":
                    command.append(f"{here}CompanyId=1234")
                ended = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=120,
                )
                assert ended.returncode == 0, (span, ended.stdout, ended.stderr)
            elif span == 'procore.table("rfis", …)':
                assert 'procore.table("rfis", status=' in kernel.complete(span.partition("…")[0])
            elif span.startswith(".to_"):
                run(f"t{span}")
            else:
                demo_of = {"Environment=Sandbox;…": here, '"InitiateOAuth': f'"{here}InitiateOAuth'}
                for there, ours in demo_of.items():
                    span = span.replace(there, ours)
                run(f"{span} {here}" if span.startswith("%procore_connect --account") else span)
        assert len(done) > 18
        assert [*(tmp_path / "drawings").iterdir()]
    finally:
        kernel.close()
