"""Which of a project's tools a person may read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from procore_jupyter.check.finding import HOLDS, UNTOLD, Finding
from procore_jupyter.tables.parameters.selection import selection_of
from procore_jupyter.tables.place import Place

if TYPE_CHECKING:
    from procore_jupyter.check.inquiry import Inquiry
    from procore_jupyter.tables.library import Library
    from procore_jupyter.tables.place import Named

TOOLS = {
    "Budget": "budget_views",
    "Change Events": "change_events",
    "Commitments": "purchase_orders",
    "Correspondence": "correspondence",
    "Daily Log": "notes_logs",
    "Direct Costs": "direct_costs",
    "Directory": "project_users",
    "Documents": "folders",
    "Drawings": "drawing_areas",
    "Incidents": "incidents",
    "Inspections": "inspections",
    "Meetings": "meetings",
    "Observations": "observations",
    "Photos": "photos",
    "Prime Contracts": "prime_contracts",
    "Punch List": "punch_items",
    "RFIs": "rfis",
    "Schedule": "schedules",
    "Specifications": "specification_sections",
    "Submittals": "submittals",
    "Timesheets": "timecard_entries",
}
"""A table of each tool, by the tool's name on Procore's screens."""


def tools(inquiry: Inquiry, library: Library, company: Named, project: Named) -> Finding:
    """Ask one list of each tool for one row.

    Raises
    ------
    requests.RequestException, LoginRequired, RateLimited
        No tool could be asked.
    """
    place, closed = Place(company, project), []
    known = {name: table for name, table in TOOLS.items() if table in library}
    for name, table in known.items():
        spec = library.catalog.find(table)
        selection = selection_of(spec, {}, today=library.reader.today)
        params = [*selection.params(place), ("page", 1), ("per_page", 1)]
        if inquiry.get(selection.path(place), params).status_code in (401, 403, 404):
            closed.append(name)
    return of_tools([name for name in known if name not in closed], closed)


def of_tools(opened: Sequence[str], closed: Sequence[str]) -> Finding:
    """Tell which tools answer, and which refuse."""
    if not closed:
        found = f"All of {len(opened)} answer."
        return Finding("Tools", HOLDS, found, told=found)
    found = f"{len(opened)} of {len(opened) + len(closed)} answer. Not: {', '.join(closed)}."
    advice = "They are off in this project, or you don't have access: ask an admin of the project if you need them."
    return Finding("Tools", UNTOLD, found, advice=advice, told=found)
