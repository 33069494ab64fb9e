"""The cost of reading the commonest tables: requests, bytes and seconds for 10,000 rows.

The embedded Procore serves a large company from a process of its own. It makes its rows on request, which takes most of
the time; the reading process's own processor time stands beside it. Prints a Markdown table for the documentation.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from typing import Any

from measuring import CHECKOUT, Run, print_markdown, print_title, run, with_checkout
from telling import tell

sys.path.insert(0, str(CHECKOUT))

from procore_jupyter.demo.app import DemoParameters, DemoProcore

SCALE = 40.0
"""The embedded Procore's rows as a multiple of its usual ones."""

PROJECTS = 1000
"""Projects of the company."""

COMPANY, PROJECT = 1234, 4711
EVER = {"start_date": "2020-01-01", "end_date": "2026-11-27"}
TABLES: dict[str, dict[str, Any]] = {
    "projects": {"company_id": COMPANY},
    "project_users": {"project_id": PROJECT},
    "rfis": {"project_id": PROJECT},
    "submittals": {"project_id": PROJECT},
    "punch_items": {"project_id": PROJECT},
    "observations": {"project_id": PROJECT},
    "manpower_logs": {"project_id": PROJECT, **EVER},
    "change_events": {"project_id": PROJECT},
    "commitment_contracts": {"project_id": PROJECT},
    "direct_costs": {"project_id": PROJECT},
    "budget_detail_rows": {"project_id": PROJECT, "budget_view_id": "all"},
}


def read(url: str, token: str, name: str, parameters: str) -> None:
    """Read a table, and tell what that cost. Another table is read first, so that connecting doesn't count."""
    import requests

    import procore_jupyter

    procore = procore_jupyter.connect(
        f"InitiateOAuth=OFF;OAuthAccessToken={token};LoginURL={url};APIURL={url};CompanyId={COMPANY}"
    )
    procore.table("project_stages", company_id=COMPANY).fetch()
    answers: list[int] = []

    def count(response: requests.Response, *args: object, **how: object) -> None:
        answers.append(len(response.content))

    procore.hooks["response"].append(count)
    table = procore.table(name, **json.loads(parameters))
    began, busy = time.perf_counter(), time.process_time()
    table.fetch()
    tell(
        seconds=time.perf_counter() - began,
        busy=time.process_time() - busy,
        rows=len(table),
        requests=len(answers),
        bytes=sum(answers),
        incomplete=len(table.incomplete),
    )


def serve(scale: str) -> None:
    """Run the embedded Procore until standard input ends; print its address and a token."""
    import requests

    parameters = DemoParameters(
        spike_limit=None, hourly_limit=None, scale=float(scale), projects=PROJECTS, token_lifetime=86400.0
    )
    with DemoProcore(parameters=parameters) as provider:
        form = {
            "grant_type": "client_credentials",
            "client_id": provider.client_id,
            "client_secret": provider.client_secret,
        }
        answer = requests.post(f"{provider.url}/oauth/token", data=form, timeout=60)
        answer.raise_for_status()
        print(provider.url, answer.json()["access_token"], flush=True)
        sys.stdin.read()


def line(name: str, run: Run) -> list[str]:
    """Return the line of one table."""
    told = run.told
    if told["incomplete"] or not told["rows"]:
        raise AssertionError(f"{name} didn't come whole: {told}")
    per = 10_000 / told["rows"]
    return [
        f"`{name}`",
        f"{told['rows']:,}",
        f"{told['requests']:,}",
        f"{told['requests'] * per:.0f}",
        f"{told['bytes'] * per / 1e6:.1f} MB",
        f"{told['seconds'] * per:.1f} s",
        f"{told['busy'] * per:.2f} s",
    ]


def main() -> int:
    """Measure and print; a table that doesn't come whole is an error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--scale", type=float, default=SCALE, help="times the embedded Procore's usual rows")
    parser.add_argument("--quick", action="store_true", help="a tenth of the scale")
    wanted = parser.parse_args()
    scale = wanted.scale / 10 if wanted.quick else wanted.scale
    command = [sys.executable, __file__, "serve", str(scale)]
    lines = []
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdout is not None and process.stdin is not None
        url, token = process.stdout.readline().split()
        home = {**with_checkout(), "HOME": folder, "XDG_DATA_HOME": folder}
        for name, parameters in TABLES.items():
            arguments = [sys.executable, __file__, "read", url, token, name, json.dumps(parameters)]
            lines.append(line(name, run(*arguments, environment=home)))
        process.stdin.close()
    print_title("What tables cost")
    head = ["table", "rows read", "requests"]
    head += [f"{what} for 10,000" for what in ("requests", "JSON", "time", "our processor time")]
    print_markdown(head, lines)
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        read(*sys.argv[2:])
    elif sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:])
    else:
        sys.exit(main())
