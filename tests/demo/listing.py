"""The API's lists as a client without any library sees them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import requests

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.company.records import LAST_DAY, Records, Site
from procore_jupyter.demo.company.rows import Row, RowPlace
from procore_jupyter.demo.endpoint import Endpoint
from procore_jupyter.demo.endpoints import ENDPOINTS
from procore_jupyter.demo.parameters import DemoParameters

BUILDERS = 1234
HARBOR_TOWER = 4711
FIRST_DAY = date(2020, 1, 1)
EVER = {"start_date": FIRST_DAY.isoformat(), "end_date": LAST_DAY.isoformat()}


class Lists:
    """A signed-in client of a demo, in one company."""

    def __init__(self, demo: DemoProcore, company: int = BUILDERS) -> None:
        self.demo = demo
        form = {
            "grant_type": "client_credentials",
            "client_id": demo.client_id,
            "client_secret": demo.client_secret,
        }
        token = requests.post(f"{demo.url}/oauth/token", data=form, timeout=20).json()["access_token"]
        self.browser = requests.Session()
        self.browser.trust_env = False
        self.browser.headers.update({"Authorization": f"Bearer {token}", "Procore-Company-Id": str(company)})

    def get(self, path: str, query: dict[str, Any] | None = None, **parameters: Any) -> requests.Response:
        """Ask for a page; `query` is for names that Python can't write."""
        return self.browser.get(self.demo.url + path, params={**(query or {}), **parameters}, timeout=60)

    def rows(self, path: str, query: dict[str, Any] | None = None, **parameters: Any) -> list[Row]:
        """Return the rows of a page, out of their envelope or groups."""
        answer = self.get(path, query, **parameters)
        assert answer.status_code == 200, answer.text
        return rows_of(answer)

    def every(self, path: str, query: dict[str, Any] | None = None, **parameters: Any) -> list[Row]:
        """Return the rows of all pages."""
        found: list[Row] = []
        page = 1
        while True:
            answer = self.get(path, {**(query or {}), "page": page, "per_page": 100}, **parameters)
            assert answer.status_code == 200, answer.text
            found += rows_of(answer)
            if 'rel="next"' not in answer.headers.get("Link", ""):
                return found
            page += 1


def rows_of(answer: requests.Response) -> list[Row]:
    """Return the rows of an answer, out of their envelope or groups."""
    content = answer.json()
    if isinstance(content, dict):
        content = content.get("data", [content])
    if content and "group_title" in content[0]:
        return [row for group in content for row in group["meetings"]]
    return list(content)


def endpoint(path: str) -> Endpoint:
    """Return the endpoint of a path, as it is written in the table."""
    return next(one for one in ENDPOINTS if one.path == path)


def address(one: Endpoint, site: Site) -> tuple[str, dict[str, str]]:
    """Return a path and the query that an endpoint needs, for a project and the first parent that has rows."""
    named = {"company_id": str(site.project.company.id), "project_id": str(site.project.id)}
    if one.parent is not None:
        place = parents(one, site)[0]
        named[one.parent.name] = str(site.id(place.table, place.index))
    needed = [one.parent.name] if one.parent else []
    if one.scope == "company":
        needed.append("company_id")
    elif one.names_project and one.scope == "project":
        needed.append("project_id")
    query = {name: named[name] for name in needed if f"{{{name}}}" not in one.path}
    if one.by_day:
        query |= EVER
    return one.path.format(**named), query


def parents(one: Endpoint, site: Site) -> list[RowPlace]:
    """Return the parents, of a project, that an endpoint lists rows of."""
    assert one.parent is not None
    places = [
        RowPlace(table, index)
        for table, rows in one.parent.tables.items()
        for index in range(len(rows(site)))
    ]
    return [place for place in places if len(one.rows(site, place))]


def whole_lists(records: Records, site: Site) -> Iterator[tuple[Endpoint, list[Row]]]:
    """Return every list of a project and its company, whole, as the records hold it."""
    for one in ENDPOINTS:
        if one.scope == "global":
            continue
        if one.scope == "company":
            rows = one.rows(site.firm)
            yield one, list(rows.between(FIRST_DAY, LAST_DAY) if one.by_day else rows)
        elif one.parent is not None:
            yield one, [row for place in parents(one, site) for row in one.rows(site, place)]
        elif one.path.endswith("/counts"):
            yield one, list(one.rows(site).between(site.first, site.last))
        else:
            yield one, list(one.rows(site))


def records_of(**changes: Any) -> Records:
    """Return the records that a demo with such parameters has."""
    parameters = DemoParameters(**changes)
    return Records(parameters.seed, parameters.scale, parameters.projects, "http://127.0.0.1:1")
