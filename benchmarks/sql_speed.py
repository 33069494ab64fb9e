"""The time that a query over rows in memory takes, beside bare DuckDB over the same rows.

Claim: five queries over a million kept rows of ten projects take at most 1.3 times as long as bare DuckDB over the same Arrow
table, planning and all included; planning a query of ten tables takes under 5 ms once their columns are known.

A server on this machine gives the rows, which are read before anything is measured. The two take turns, in one process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from measuring import CHECKOUT
from table import milliseconds, show

sys.path.insert(0, str(CHECKOUT))

import duckdb
import pyarrow as pa

import procore_jupyter

ROWS = 1_000_000
"""Rows in all."""

PROJECTS = 10
"""Projects that have them."""

TIMES = 9
"""Runs of each query, of each of the two."""

MOST = 1.3
"""How much longer a query may take than bare DuckDB: the claim."""

PLANNING = 0.005
"""Seconds for a plan of ten tables: the claim."""

QUERIES = {
    "count": "SELECT count(*) FROM punch_items",
    "group": "SELECT project_id, status, count(*), sum(cost_impact_amount) FROM punch_items GROUP BY ALL",
    "filter": "SELECT id, name, due_date FROM punch_items WHERE priority = 'high' AND due_date < DATE '2026-02-01'",
    "window": "SELECT id, row_number() OVER (PARTITION BY project_id ORDER BY due_date, id) n FROM punch_items QUALIFY n <= 10",
    "join": "SELECT a.status, count(*) FROM punch_items a JOIN punch_items b ON a.id = b.id + 1 AND a.project_id = b.project_id GROUP BY ALL",
}
TEN = """
SELECT p.name, count(*) FROM projects p JOIN rfis a ON a.project_id = p.id JOIN submittals b ON b.project_id = p.id
JOIN punch_items c ON c.project_id = p.id JOIN observations d ON d.project_id = p.id JOIN meetings e ON e.project_id = p.id
JOIN change_events f ON f.project_id = p.id JOIN prime_contracts g ON g.project_id = p.id JOIN photos h ON h.project_id = p.id
JOIN project_users i ON i.project_id = p.id AND i.id = a.ball_in_court.id
WHERE p.name ILIKE '%tower%' AND a.status = 'open' AND b.due_date < DATE '2026-01-01' GROUP BY ALL
"""


class Rows(BaseHTTPRequestHandler):
    """Gives punch items, and the projects that have them."""

    protocol_version = "HTTP/1.1"
    each = ROWS // PROJECTS

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer with a page."""
        address = urlsplit(self.path)
        given = {name: values[0] for name, values in parse_qs(address.query).items()}
        page, size = int(given.get("page", "1")), int(given.get("per_page", "100"))
        if address.path.endswith("/projects"):
            rows = [
                {"id": number, "name": f"Project {number}", "active": True}
                for number in range(1, PROJECTS + 1)
            ]
            total = len(rows)
        else:
            project, total = int(given["project_id"]), self.each
            first = (page - 1) * size
            rows = [self._row(project, number) for number in range(first, min(first + size, total))]
        body = json.dumps(rows).encode()
        self.send_response(200)
        for name, value in {
            "Content-Type": "application/json", "Content-Length": str(len(body)), "Total": str(total), "Per-Page": str(size),
            "X-Rate-Limit-Limit": "1000000", "X-Rate-Limit-Remaining": "999999", "X-Rate-Limit-Reset": "3600",
        }.items():  # fmt: skip
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _row(self, project: int, number: int) -> dict[str, object]:
        dice = number * 2_654_435_761 >> 7  # as good as thrown
        return {
            "id": project * 10_000_000 + number,
            "position": number,
            "name": f"Item {number % 1000}",
            "status": ("open", "closed", "ready")[dice % 3],
            "priority": ("low", "medium", "high", None)[dice // 3 % 4],
            "due_date": f"2026-{1 + number % 12:02}-{1 + number % 28:02}",
            "cost_impact_amount": f"{number % 10_000}.25",
        }


def timed(*ones: Callable[[], object]) -> list[list[float]]:
    """Return the seconds that some calls take, which take turns."""
    found: list[list[float]] = [[] for _ in ones]
    for _ in range(TIMES):
        for place, one in enumerate(ones):
            began = time.perf_counter()
            one()
            found[place].append(time.perf_counter() - began)
    return found


def main() -> int:
    """Measure, print, and return 0 if the claim holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a twentieth of the rows")
    Rows.each = ROWS // PROJECTS // (20 if parser.parse_args().quick else 1)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Rows)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    lines, ratios = [], []
    with procore_jupyter.connect(f"AuthScheme=NONE;LoginURL={url};APIURL={url};CompanyId=1") as procore:
        rows: pa.Table = procore.sql("SELECT * FROM punch_items", go=True).to_arrow()
        connection = duckdb.connect()
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("punch_items", rows)
        for name, query in QUERIES.items():

            def bare(query: str = query) -> pa.Table:
                return connection.sql(query).to_arrow_table()

            def ours(query: str = query) -> pa.Table:
                return procore.sql(query).to_arrow()

            if sorted(map(repr, ours().to_pylist())) != sorted(map(repr, bare().to_pylist())):
                raise AssertionError(f"not the same rows: {query}")
            one, other = timed(bare, ours)
            ratios.append(statistics.median(other) / statistics.median(one))
            lines += [(f"{name}: DuckDB", milliseconds(one)), (f"{name}: procore.sql", milliseconds(other))]
            lines.append((f"{name}: ratio", f"{ratios[-1]:8.2f}"))
        planner = procore._engine.planner
        planner.plan(TEN)
        (planned,) = timed(lambda: planner.plan(TEN))
        lines.append(("plan of ten tables", milliseconds(planned)))
    server.shutdown()
    held = max(ratios) <= MOST and statistics.median(planned) < PLANNING
    show(
        f"Five queries over {Rows.each * PROJECTS:,} kept rows",
        lines,
        f"at most {MOST} times bare DuckDB; a plan of ten tables in under {PLANNING * 1000:.0f} ms",
        held,
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
