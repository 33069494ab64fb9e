"""The time that a query over rows in memory takes, beside bare DuckDB over the same rows.

Claim: five queries over a million kept rows of ten projects take together at most 1.3 times as long as bare DuckDB over the same
Arrow table; each of them takes at most 1.3 times the processor's time, and 3 ms, planning and all included; planning a query of ten
tables takes under 5 ms once their columns are known.

A server on this machine gives the rows, which are read before anything is measured. Bare DuckDB is what a person writes: one
connection, in which the table is registered once, and ``.to_arrow_table()``. The two take turns, in one process, and of each the best run
counts: others use the machine too, and what they take of it can only lengthen a run. A query of a few milliseconds is held to its
claim by the processor's time, as on a busy machine the time on the clock is mostly that of waiting for a turn; it stands beside it.
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

from measuring import CHECKOUT, Claims, print_table, print_title

sys.path.insert(0, str(CHECKOUT))

import duckdb
import pyarrow as pa

import procore_jupyter

ROWS = 1_000_000
"""Rows in all."""

PROJECTS = 10
"""Projects that have them."""

LEAST_RUNS, MOST_RUNS = 15, 100
"""Runs of each query, of each of the two."""

SECONDS = 5
"""Seconds that the runs of a query take, about, if these are neither too few nor too many."""

PLANS = 100
"""Plans of ten tables."""

MOST = 1.3
"""How many times as long as bare DuckDB queries may take together, and one of them of the processor's time: the claim."""

MORE = 0.003
"""Seconds of the processor's time that one of them may take besides: the claim."""

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


class Timed:
    """Runs of one piece of work.

    Parameters
    ----------
    work : callable
        The work.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        self._piece = work
        self.seconds: list[float] = []
        self.processor: list[float] = []

    def run(self) -> None:
        """Run it once more."""
        began, busy = time.perf_counter(), time.process_time()
        self._piece()
        self.seconds.append(time.perf_counter() - began)
        self.processor.append(time.process_time() - busy)

    @property
    def best(self) -> float:
        """Seconds of the best run."""
        return min(self.seconds)

    @property
    def work(self) -> float:
        """Seconds of the processor's time, of all threads, in the run that took the least of it."""
        return min(self.processor)

    def __str__(self) -> str:
        median = statistics.median(self.seconds)
        return f"{self.best * 1000:.2f} ms (median {median * 1000:.2f}, processor {self.work * 1000:.2f})"


def pair(
    procore: procore_jupyter.Procore, connection: duckdb.DuckDBPyConnection, query: str
) -> tuple[Timed, Timed]:
    """Return the runs of a query by bare DuckDB and by a session, which take turns."""
    bare = Timed(lambda: connection.sql(query).to_arrow_table())
    ours = Timed(lambda: procore.sql(query).to_arrow())
    began = time.perf_counter()
    for number in range(MOST_RUNS):
        if number >= LEAST_RUNS and time.perf_counter() - began > SECONDS:
            break
        bare.run()
        ours.run()
    return bare, ours


def main() -> int:
    """Measure, print, and return 0 if the claims hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="a twentieth of the rows, without a claim for all together"
    )
    quick = parser.parse_args().quick
    Rows.each = ROWS // PROJECTS // (20 if quick else 1)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Rows)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    print_title(f"Five queries over {Rows.each * PROJECTS:,} kept rows")
    claims, lines, pairs = Claims(), [], {}
    with procore_jupyter.connect(f"AuthScheme=NONE;LoginURL={url};APIURL={url};CompanyId=1") as procore:
        rows: pa.Table = procore.sql("SELECT * FROM punch_items", go=True).to_arrow()
        connection = duckdb.connect()
        connection.register("punch_items", rows)
        for name, query in QUERIES.items():
            one, other = connection.sql(query).to_arrow_table(), procore.sql(query).to_arrow()
            if sorted(map(repr, one.to_pylist())) != sorted(map(repr, other.to_pylist())):
                raise AssertionError(f"not the same rows: {query}")
            bare, ours = pairs[name] = pair(procore, connection, query)
            line = [name, str(bare), str(ours)]
            for less, more in ((bare.best, ours.best), (bare.work, ours.work)):
                line += [f"{more / less:.2f}", f"{(more - less) * 1000:.1f} ms"]
            lines.append(line)
        planner = procore._engine.planner
        planner.plan(TEN)
        planning = Timed(lambda: planner.plan(TEN))
        for _ in range(PLANS):
            planning.run()
    server.shutdown()
    bare_ones, our_ones = zip(*pairs.values(), strict=True)
    together = sum(one.best for one in our_ones) / sum(one.best for one in bare_ones)
    head = ["query", "DuckDB, the best", "procore.sql, the best", "times", "more", "of the processor", "more"]
    print_table(head, lines)
    if not quick:
        claims.check(
            f"together at most {MOST} times as long as bare DuckDB", f"{together:.2f}", together <= MOST
        )
    for name, (bare, ours) in pairs.items():
        claims.check(
            f"{name}: at most {MOST} times the processor's time, and {MORE * 1000:.0f} ms",
            f"{ours.work * 1000:.2f} ms, of {(MOST * bare.work + MORE) * 1000:.2f}",
            ours.work <= MOST * bare.work + MORE,
        )
    claims.check(
        f"a plan of ten tables in under {PLANNING * 1000:.0f} ms, in the best run and by the processor's time of the middle one",
        f"{planning}, the middle one {statistics.median(planning.processor) * 1000:.2f}",
        max(planning.best, statistics.median(planning.processor)) < PLANNING,
    )
    return claims.status


if __name__ == "__main__":
    sys.exit(main())
