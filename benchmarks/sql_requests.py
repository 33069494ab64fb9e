"""The requests that queries make: twenty-one of them, each asked cold, beside the fewest that could answer it.

The embedded Procore has 40 active projects and 2 others. The fewest are counted by hand: the list of projects where a query
knows them by name or not at all, one request for each project whose rows it can't do without, or one for each page. Beside
them stands what fetching all tables that a query names would take. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

from measuring import CHECKOUT, print_markdown, print_title

sys.path.insert(0, str(CHECKOUT))

import procore_jupyter
from procore_jupyter.demo.app import DemoParameters, DemoProcore

COMPANY = 1234
PROJECTS = 40
INACTIVE = 2

MOST_IN_ALL = 1.2
"""The requests of all queries, at most, as a multiple of the fewest."""

MOST_MORE = 2
"""The requests of one query beyond its fewest, at most."""

LEAST_SAVED = 10
"""How many times as many requests the whole tables take, at least."""

QUERIES: Sequence[tuple[int, str]] = (
    # The list of projects, and one list of RFIs.
    (2, "SELECT r.number, r.subject FROM rfis r JOIN projects p ON r.project_id = p.id WHERE p.name = 'Harbor Tower'"),
    (2, "SELECT subject FROM rfis WHERE project_id IN (SELECT id FROM projects WHERE name = 'Harbor Tower')"),
    (2, "SELECT subject FROM rfis WHERE project_id = (SELECT id FROM projects WHERE name = 'Harbor Tower')"),
    (2, "SELECT p.name, count(r.id) FROM projects p LEFT JOIN rfis r ON r.project_id = p.id AND r.status = 'open' WHERE p.name = 'Harbor Tower' GROUP BY p.name"),
    (2, "SELECT project_name, count(*) FROM rfis WHERE project_name = 'Gable School' GROUP BY ALL"),
    # The projects are named by their ids.
    (1, "SELECT number, subject FROM rfis WHERE project_id = 4711 AND updated_at > now() - INTERVAL 30 DAY"),
    (2, "SELECT id FROM rfis WHERE project_id IN (4713, 4714) AND status = 'open'"),
    (2, "SELECT id FROM rfis WHERE project_id = 4711 AND status = 'open' UNION ALL SELECT id FROM rfis WHERE project_id = 4801"),
    (1, "WITH r AS (FROM rfis WHERE project_id = 4711) SELECT a.id, b.id FROM r a JOIN r b ON a.source_rfi_header_id = b.id"),
    (3, "SELECT id FROM rfis WHERE project_id IN (4711, 4801, 4820) QUALIFY row_number() OVER (PARTITION BY project_id ORDER BY updated_at DESC, id) = 1"),
    # One list alone.
    (1, "SELECT name FROM projects WHERE active ORDER BY name"),
    # All active projects.
    (1 + PROJECTS, "SELECT project_id, number, subject FROM rfis WHERE status = 'open'"),
    # The first project has more than five.
    (2, "SELECT number, subject FROM rfis LIMIT 5"),
    # Four depots, one of them closed.
    (1 + 4, "SELECT p.name, count(*) FROM rfis r JOIN projects p ON r.project_id = p.id WHERE p.name ILIKE '%depot%' GROUP BY p.name"),
    # Two foundries.
    (1 + 2, "SELECT p.name FROM projects p WHERE p.name ILIKE '%foundry%' AND NOT EXISTS (FROM rfis r WHERE r.project_id = p.id AND r.status = 'draft')"),
    # Nothing to read the RFIs of.
    (1, "SELECT r.id FROM rfis r JOIN projects p ON r.project_id = p.id WHERE p.name = 'No Such Project'"),
    # Projects, views, and two views of two pages each.
    (1 + 1 + 2 * 2, "SELECT v.name, b.cost_code, b.original_budget_amount FROM budget_detail_rows b JOIN budget_views v ON b.budget_view_id = v.id JOIN projects p ON v.project_id = p.id WHERE p.name = 'Harbor Tower'"),
    # The RFIs of a project, and the replies to one of them.
    (1 + 1, "SELECT a.plain_text_body FROM rfi_replies a JOIN rfis r ON a.rfi_id = r.id WHERE r.project_id = 4711 AND r.number = '7'"),
    # Projects, RFIs, vendors.
    (1 + 1 + 1, "SELECT v.name, count(*) FROM rfis r JOIN projects p ON r.project_id = p.id JOIN vendors v ON r.responsible_contractor.id = v.id WHERE p.name = 'Harbor Tower' GROUP BY v.name"),
    # The list of projects, and a week of one list.
    (2, "SELECT m.date, sum(m.num_hours) FROM manpower_logs m JOIN projects p ON m.project_id = p.id WHERE p.name = 'Harbor Tower' AND m.date >= '2026-03-02' AND m.date < '2026-03-09' GROUP BY m.date"),
    # Four lists of one project.
    (1 + 4, "SELECT p.name, (SELECT count(*) FROM rfis r WHERE r.project_id = p.id) AS rfis, (SELECT count(*) FROM submittals s WHERE s.project_id = p.id) AS submittals, (SELECT count(*) FROM observations o WHERE o.project_id = p.id) AS observations, (SELECT count(*) FROM punch_items i WHERE i.project_id = p.id) AS punch_items FROM projects p WHERE p.name = 'Harbor Tower'"),
)  # fmt: skip
"""Queries, each with the fewest requests that can answer it."""


class Asked:
    """Asks an embedded Procore, and counts its requests."""

    def __init__(self, demo: DemoProcore) -> None:
        self._demo = demo
        self._whole: dict[str, int] = {}

    def _session(self) -> procore_jupyter.Procore:
        address = f"LoginURL={self._demo.url};APIURL={self._demo.url}"
        app = f"OAuthClientId={self._demo.client_id};OAuthClientSecret={self._demo.client_secret}"
        return procore_jupyter.connect(
            f"AuthScheme=OAUTH_CLIENT;{address};{app};CompanyId={COMPANY};OAuthSettingsLocation=memory://requests"
        )

    def _requests(self) -> int:
        return sum(1 for one in self._demo.requests if one.path.startswith("/rest/"))

    def query(self, text: str) -> tuple[int, int]:
        """Return how many requests a query makes in a new session, and how many when it is asked again."""
        session, before = self._session(), self._requests()
        session.sql(text).fetch()
        made = self._requests() - before
        session.sql(text).fetch()
        session.close()
        return made, self._requests() - before - made

    def whole(self, text: str) -> int:
        """Return how many requests the tables take that a query names, fetched whole."""
        return sum(self._table(name) for name in self._named(text))

    def _named(self, text: str) -> list[str]:
        return [*dict.fromkeys(re.findall(r"(?:FROM|JOIN) \(*(\w{2,})", text))]

    def _table(self, name: str) -> int:
        if name not in self._whole:
            session, before = self._session(), self._requests()
            spec = session.tables.catalog.find(name)
            of = next((one.partition(".")[0] for some in spec.parents.values() for one in some), "")
            if of == "rfis":  # a request for each RFI
                self._whole[name] = self._table(of) + len(session.table(of, project_id="all").fetch())
            else:
                given: dict[str, Any] = dict.fromkeys(spec.parents, "all")
                given |= {"project_id": "all"} if spec.scope == "project" else {}
                session.table(name, **given).fetch()
                self._whole[name] = self._requests() - before
            session.close()
        return self._whole[name]


def main() -> int:
    """Count and print; a query that makes too many requests is an error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.parse_args()
    lines, wrong, total = [], [], [0, 0, 0]
    parameters = DemoParameters(hourly_limit=None, spike_limit=None, projects=PROJECTS, switched_off={})
    with tempfile.TemporaryDirectory() as folder, DemoProcore(parameters=parameters) as demo:
        os.environ.update(HOME=folder, XDG_DATA_HOME=folder)
        asked = Asked(demo)
        for least, text in QUERIES:
            made, again = asked.query(text)
            whole = asked.whole(text)
            for place, count in enumerate((least, made, whole)):
                total[place] += count
            if made > least + MOST_MORE or again:
                wrong.append(f"{made} requests for {least}, again {again}: {text}")
            lines.append([f"{least}", f"{made}", f"{again}", f"{whole:,}", f"`{text[:70]}…`"])
    lines.append([f"{total[0]}", f"{total[1]}", "0", f"{total[2]:,}", "all of them"])
    print_title("Requests of SQL")
    print_markdown(["the fewest", "made", "asked again", "whole tables", "query"], lines)
    if total[1] > MOST_IN_ALL * total[0]:
        wrong.append(f"{total[1]} requests in all for {total[0]}")
    if total[2] < LEAST_SAVED * total[1]:
        wrong.append(f"{total[1]} requests in all, and {total[2]} for whole tables")
    for one in wrong:
        print(f"\nToo many: {one}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
