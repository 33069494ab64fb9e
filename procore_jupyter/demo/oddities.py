"""The oddities that the embedded Procore can be switched to: a name, a sentence, where it was seen, and what it does.

A new one is an entry of `ODDITIES`, with a small function where parameters don't do. `Oddity` says at which places of an
answer a function may stand.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from datetime import timedelta

from tornado.httputil import HTTPHeaders

from procore_jupyter.demo import odd_rows
from procore_jupyter.demo.company.records import LAST_DAY
from procore_jupyter.demo.data import CIVIL
from procore_jupyter.demo.endpoint import Endpoint
from procore_jupyter.demo.oddity import Asked, Oddities, Oddity
from procore_jupyter.demo.refusals import Refused, bad_parameter, said
from procore_jupyter.wording import nearest

ALL = "all"

_LONGEST_RANGE = timedelta(days=91)
_ELSEWHERE = {
    "/rest/v2.0/projects/{project_id}/documents": 404,
    "/rest/v1.0/projects/{project_id}/action_plans/plan_items": 410,
    "/rest/v1.0/companies/{company_id}/generic_tools": 404,
    "/rest/v1.1/projects/{project_id}/meeting_topics": 404,
}
"""Lists whose rows are to be had elsewhere too, each with the status that tells that it is gone."""


# Pages


def _hundred_rows_a_page(endpoint: Endpoint) -> Endpoint:
    return dataclasses.replace(endpoint, largest_page=100)


def _fail_on_a_large_page(asked: Asked) -> None:
    most = 25 if asked.endpoint.short_pages else 100
    if asked.rows_a_page is not None and asked.rows_a_page > most:
        raise Refused(500, {"status": 500, "error": "Internal Server Error"})


def _in_pages(endpoint: Endpoint) -> Endpoint:
    return dataclasses.replace(endpoint, paged=endpoint.shape != "record")


def _at_once(endpoint: Endpoint) -> Endpoint:
    return dataclasses.replace(endpoint, paged=endpoint.paged and endpoint.tool != "Specifications")


def _in_data(endpoint: Endpoint) -> Endpoint:
    return dataclasses.replace(endpoint, shape="data") if endpoint.shape == "rows" else endpoint


def _in_groups(endpoint: Endpoint) -> Endpoint:
    if endpoint.path != "/rest/v1.0/projects/{project_id}/checklist/lists":
        return endpoint
    return dataclasses.replace(endpoint, shape="groups", groups=("list_template_name", "name", "lists"))


# Headers


def _without_total(headers: HTTPHeaders, now: float) -> HTTPHeaders:
    headers.pop("Total", None)
    return headers


def _without_link(headers: HTTPHeaders, now: float) -> HTTPHeaders:
    headers.pop("Link", None)
    return headers


class _LowerCase(HTTPHeaders):
    """Headers that are sent with their names in lower case."""

    def get_all(self) -> Iterable[tuple[str, str]]:
        return ((name.lower(), value) for name, value in super().get_all())


def _lower_case(headers: HTTPHeaders, now: float) -> HTTPHeaders:
    return _LowerCase(headers)


def _reset_from_now(headers: HTTPHeaders, now: float) -> HTTPHeaders:
    if "X-Rate-Limit-Reset" in headers:
        headers["X-Rate-Limit-Reset"] = str(max(0, math.ceil(int(headers["X-Rate-Limit-Reset"]) - now)))
    return headers


# What is asked for


def _refuse_today(asked: Asked) -> None:
    if asked.days is None or "end_date" not in asked.query:
        return
    # The records may end on a later day than the one that the clock shows.
    if asked.days[1] > max(asked.today - timedelta(days=1), LAST_DAY):
        raise said(400, "The End Date parameter cannot exceed the current day.")


def _refuse_a_long_range(asked: Asked) -> None:
    if asked.days is not None and asked.days[1] - asked.days[0] > _LONGEST_RANGE:
        raise said(400, f"The date range cannot exceed {_LONGEST_RANGE.days} days.")


def _refuse_a_plain_filter(asked: Asked) -> None:
    for name, listed in asked.filters.items():
        if not listed and not name.startswith("by_") and "..." not in asked.query[f"filters[{name}]"]:
            raise bad_parameter(f"filters[{name}]", "must be an array", newer=asked.endpoint.newer)


def _refuse_filters(asked: Asked) -> None:
    if asked.endpoint.tool == "Punch List":
        for name in asked.filters:
            raise bad_parameter(f"filters[{name}]", "is not permitted")


def _without_filters(endpoint: Endpoint) -> Endpoint:
    return dataclasses.replace(endpoint, filters="") if endpoint.tool == "Submittals" else endpoint


def _gone(asked: Asked) -> None:
    status = _ELSEWHERE.get(asked.endpoint.path)
    if status is not None:
        raise Refused(status, {"status": status, "error": {404: "Not Found", 410: "Gone"}[status]})


def _gone_altogether(asked: Asked) -> None:
    if asked.endpoint.path == "/rest/v1.0/tasks":
        raise Refused(404, {"status": 404, "error": "Not Found"})


def _refuse_labels(asked: Asked) -> None:
    if asked.endpoint.tool == "Configurable Tools":
        raise Refused(403, {"errors": ["You do not have permission to perform this action."]})


ODDITIES = (
    # Pages
    Oddity(
        name="page-size",
        sentence="Every list refuses more than 100 rows a page, and says so.",
        seen="production, 2026-08: lists below a row of another one and those of version 2; by analogy the others",
        endpoint=_hundred_rows_a_page,
    ),
    Oddity(
        name="large-pages-fail",
        sentence="A list answers HTTP 500 to more than 100 rows a page, or to more than 25 below a row of another list and in version 2.",
        seen="production, 2026-05: meeting topics answered 500 to 100 rows and 200 to 10",
        refuse=_fail_on_a_large_page,
    ),
    Oddity(
        name="paged-anyway",
        sentence="Lists that are documented to come whole come in pages.",
        seen="production, 2026-07: three such lists; by analogy the others",
        endpoint=_in_pages,
    ),
    Oddity(
        name="whole-anyway",
        sentence="The lists of specifications come whole, the same for each page that is asked for.",
        seen="nobody saw it; the documents say so of some lists",
        endpoint=_at_once,
    ),
    Oddity(
        name="data-envelope",
        sentence="Lists of version 1 come in `data`, as those of version 2 do.",
        seen="nobody saw it; the documents differ from one list to the other",
        endpoint=_in_data,
    ),
    Oddity(
        name="grouped-inspections",
        sentence="Inspections come in groups, each with its rows in `lists`.",
        seen="production, 2026-08: the list of a company's inspections",
        endpoint=_in_groups,
    ),
    # Headers
    Oddity(
        name="no-total",
        sentence="No answer says in `Total` how many rows a list has.",
        seen="nobody saw it; only some lists were seen to have the header",
        headers=_without_total,
    ),
    Oddity(
        name="no-link",
        sentence="No answer has `Link`, the addresses of the other pages.",
        seen="nobody saw it; only some lists were seen to have the header",
        headers=_without_link,
    ),
    Oddity(
        name="lower-case-headers",
        sentence="The names of all headers are in lower case.",
        seen="sandbox, 2026-02; production, 2026-09",
        headers=_lower_case,
    ),
    # Limits
    Oddity(
        name="rolling-minute",
        sentence="25 requests are allowed in any 60 seconds, not in windows that begin anew.",
        seen="production, 2026-09",
        parameters={"spike_limit": 25, "spike_window": 60.0, "rolling": True},
    ),
    Oddity(
        name="small-reset",
        sentence="`X-Rate-Limit-Reset` is seconds from now, not a time.",
        seen="production, 2026-08: read as a time it gave waits of 0 seconds",
        headers=_reset_from_now,
    ),
    Oddity(
        name="no-retry-after",
        sentence="A 429 has no `Retry-After`.",
        seen="production, 2026-09: only some answers were seen to have it",
        parameters={"retry_after": False},
    ),
    # What is asked for
    Oddity(
        name="end-date",
        sentence="A list by day refuses a last day that is today, as if it were still to come.",
        seen="production, 2026-08: the logs came once the days that were asked for ended yesterday",
        refuse=_refuse_today,
    ),
    Oddity(
        name="short-ranges",
        sentence="A list by day refuses a range of more than 91 days.",
        seen="production, 2026-05: the list of all logs at once; by analogy the others",
        refuse=_refuse_a_long_range,
    ),
    Oddity(
        name="list-filters",
        sentence="A filter is refused unless it is written as a list, `filters[status][]=open`; a range is not.",
        seen="sandbox, 2026-02: the status of RFIs; by analogy the others",
        refuse=_refuse_a_plain_filter,
    ),
    Oddity(
        name="no-filters",
        sentence="Punch items refuse every filter.",
        seen="nobody saw it; many of the documented filters have been tried by nobody",
        refuse=_refuse_filters,
    ),
    Oddity(
        name="deaf-filters",
        sentence="Submittals ignore every filter.",
        seen="production, 2025-06: the filter of their status",
        endpoint=_without_filters,
    ),
    Oddity(
        name="version-gone",
        sentence="Documents of version 2, action plan items and correspondence types of version 1, and the list of meeting topics are gone (404 or 410).",
        seen="the reference of 2026-08 has no longer the second and the third, and never had the last; of the first nobody has seen an answer",
        refuse=_gone,
    ),
    Oddity(
        name="list-gone",
        sentence="Schedule tasks are gone (404), and no other version of the API has them.",
        seen="nobody saw it; of twelve lists nobody has seen an answer",
        refuse=_gone_altogether,
    ),
    # Rows
    Oddity(
        name="no-permission",
        sentence="Financial lists of Depot South are empty, as they are for who may not see them.",
        seen="production, 2026-09",
        rows=odd_rows.without_financials,
    ),
    Oddity(
        name="nothing-flat",
        sentence="Payment applications are empty by the project, and have rows below each prime contract.",
        seen="production, 2026-06 and 2026-08",
        rows=odd_rows.without_flat_applications,
    ),
    Oddity(
        name="no-labels",
        sentence="Nobody may see the definitions of custom fields (403), which have their labels.",
        seen="production, 2026-05: the answer to ordinary users",
        refuse=_refuse_labels,
    ),
    Oddity(
        name="view-columns",
        sentence="Each budget view has 2 or 16 columns more, by the names that people gave them.",
        seen="production, 2026-08",
        rows=odd_rows.own_columns,
    ),
    # Values
    Oddity(
        name="percent-sign",
        sentence="Percentages with a sign have none, and those without have one.",
        seen="production, 2026-08: `9.28%` in one list, `25.07` in another",
        row=odd_rows.other_percentages,
    ),
    Oddity(
        name="long-quantities",
        sentence="Every quantity is a text with twelve decimals.",
        seen="production, 2025-06: the rows of a budget; by analogy the others",
        row=odd_rows.long_quantities,
    ),
    Oddity(
        name="renamed-fields",
        sentence="The field `updated_at` is called `last_updated_at`.",
        seen="nobody saw it; most of the documented fields have been seen by nobody",
        row=odd_rows.renamed,
    ),
    Oddity(
        name="missing-fields",
        sentence="No row has the field `created_by`.",
        seen="production, 2025-06: two documented fields were missing from submittals",
        row=odd_rows.missing,
    ),
    Oddity(
        name="other-types",
        sentence="`status` is an object where it was a text, `location` a text, and `private` is `yes` or `no`.",
        seen="production, 2026-06: the status of change events is a text in one version and an object in another",
        row=odd_rows.of_another_type,
    ),
    # Who is let in
    Oddity(
        name="bare-404",
        sentence="A call without the company header is answered with a bare 404.",
        seen="production, 2026-08",
        parameters={"missing_company": "not_found"},
    ),
    Oddity(
        name="app-missing",
        sentence="The app isn't installed in Skyline Civil, which is answered with 401.",
        seen="sandbox, 2026-08",
        parameters={"not_installed": (CIVIL.id,)},
    ),
    Oddity(
        name="clock-off",
        sentence="The clock of the stand-in is seven minutes ahead.",
        seen="nobody saw it; clocks of computers are often off",
        parameters={"clock_ahead": 420.0},
    ),
    Oddity(
        name="sandbox-credentials",
        sentence="The Client ID and secret are of another environment, and unknown in this one (401).",
        seen="production, 2026-08; sandbox, 2026-08",
        shuts_out=True,
        parameters={"foreign_app": True},
    ),
)


def named(text: str) -> Oddities:
    """Return the oddities that a text names.

    Parameters
    ----------
    text : str
        Names with commas between; ``all`` means all with which somebody gets in.

    Raises
    ------
    ValueError
        A name is unknown; the message lists those that there are.
    """
    known = {one.name: one for one in ODDITIES}
    names = {name.strip() for name in text.split(",")}
    for name in sorted(names - {*known, ALL}):
        near = nearest(name, [*known, ALL])
        meant = f" Did you mean {near}?" if near else ""
        raise ValueError(f"There is no oddity {name!r}.{meant} There are: {', '.join([*known, ALL])}")
    return Oddities(
        tuple(one for one in ODDITIES if one.name in names or (ALL in names and not one.shuts_out))
    )
