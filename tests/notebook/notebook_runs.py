"""Runs a notebook of ours once, as a program does, and keeps what its cells drew, beside the demo that they asked."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

from procore_jupyter import connect
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.parameters import DemoParameters
from procore_jupyter.login.flow import LoginFlow
from tests.connecting import OOB, sign_in
from tests.demo.listing import HARBOR_TOWER, Lists

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

RUN = """\
import sys, nbformat, nbclient
notebook = nbformat.read(sys.argv[1], 4)
drawn = nbformat.v4.new_code_cell('''\
import json
import pandas as pd
frames = {n: one.reset_index() for n, one in Out.items() if isinstance(one, pd.DataFrame)}
print(json.dumps({n: one.set_axis(map(str, one), axis=1).to_dict("records") for n, one in frames.items()}, default=str))
''', id="drawn-frames")
notebook.cells.append(drawn)
nbclient.execute(notebook)
nbformat.write(notebook, sys.argv[2])
"""

Row = dict[str, Any]


@dataclass
class Run:
    """A notebook after a run, the folder that it ran in, the demo that it asked, and what must not be in it."""

    notebook: Any
    folder: Path
    lists: Lists
    secrets: set[str]

    def cell(self, name: str) -> Any:
        """Return the cell with this id."""
        (cell,) = [one for one in self.notebook.cells if one.id == name]
        return cell

    def data(self, name: str, kind: str) -> list[str]:
        """Return a cell's outputs of one MIME type."""
        return [one.data[kind] for one in self.cell(name).outputs if kind in one.get("data", {})]

    def plain(self, name: str) -> str:
        """Return what a cell drew and printed, as text."""
        outputs = self.cell(name).outputs
        return "\n".join(one.get("data", {}).get("text/plain", one.get("text", "")) for one in outputs)

    def printed(self, name: str) -> str:
        """Return what a cell printed."""
        return "".join(one.text for one in self.cell(name).outputs if one.output_type == "stream")

    def frame(self, name: str) -> list[Row]:
        """Return the rows of the data frame that a cell drew, as JSON holds them."""
        frames = json.loads(self.printed("drawn-frames"))
        rows: list[Row] = frames[str(self.cell(name).execution_count)]
        return rows

    def every(self, path: str, **parameters: Any) -> list[Row]:
        """Return the rows of a list, asked of the demo by plain requests; `{project}` in the path is Harbor Tower."""
        return self.lists.every(path.format(project=HARBOR_TOWER), parameters)

    def everywhere(self, path: str) -> Iterator[tuple[str, Row]]:
        """Give the rows of a list in all active projects that have it, each with its project's name."""
        projects = self.every("/rest/v1.1/projects", company_id=1234, **{"filters[by_status]": "Active"})
        for one in projects:
            there = path.format(project=one["id"])
            if self.lists.get(there).status_code != 403:
                for row in self.lists.every(there):
                    yield one["name"], row

    def assert_no_secret(self) -> None:
        """Fail if an output of the notebook holds a secret."""
        outputs = json.dumps([one.get("outputs", []) for one in self.notebook.cells])
        assert len(self.secrets) >= 3
        for secret in self.secrets:
            assert secret not in outputs

    def assert_quiet(self, warned: str) -> None:
        """Fail if a cell failed, or warned of anything but a project that can't answer, in the cell `warned`."""
        for cell in self.notebook.cells:
            for output in cell.get("outputs", []):
                assert output.output_type != "error", cell.id
                if output.output_type == "stream" and output.name == "stderr":
                    text = output.text
                    assert "font cache" in text or (cell.id == warned and text.startswith("Incomplete: ")), (
                        text
                    )
        assert "Incomplete: " in self.printed(warned)


@contextlib.contextmanager
def run(name: str, folder: Path) -> Iterator[Run]:
    """Run a notebook in a folder, with the sign-in that somebody has left behind, against a demo of its own."""
    parameters = DemoParameters(hourly_limit=None, spike_limit=None)  # the tests ask as well
    with pytest.MonkeyPatch.context() as patch, DemoProcore(parameters=parameters) as demo:
        for variable in [*os.environ]:
            ours = variable.startswith(("PROCORE_", "JUPYTER", "JPY_", "IPYTHON", "XDG_", "MPL"))
            if ours or variable.lower().endswith("_proxy"):
                patch.delenv(variable)
        for variable in ("HOME", "USERPROFILE"):
            patch.setenv(variable, str(folder))
        demo.write_address()
        flows: list[LoginFlow] = []
        with connect(f"Profile=Demo;CallbackURL={OOB}", show=flows.append):
            sign_in(flows[0])
            flows[0].wait(20)
        made = folder / "made.ipynb"
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(NOTEBOOKS / name), str(made)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        tokens = (folder / ".local/share/procore-jupyter/tokens.json").read_text(encoding="utf-8")
        secrets = {demo.client_secret, *re.findall(r'"[a-z_]*token": *"([^"]{16,})"', tokens)}
        lists = Lists(demo)
        yield Run(nbformat.read(made, 4), folder, lists, secrets)
        lists.browser.close()
        demo.remove_address()


def day(written: str) -> datetime.date:
    """Return the day of a date or time as the API writes it."""
    return datetime.date.fromisoformat(written[:10])


def today(rows: list[Row]) -> datetime.date:
    """Return the day of the newest change: the notebooks' today."""
    return max(day(row["updated_at"]) for row in rows)
