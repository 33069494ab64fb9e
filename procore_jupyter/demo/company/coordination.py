"""Coordination issues: clashes in the model, and who solves them."""

from __future__ import annotations

import uuid

from procore_jupyter.demo.company import directory
from procore_jupyter.demo.company.attached import attachments
from procore_jupyter.demo.company.company_fields import custom_fields
from procore_jupyter.demo.company.directory import anyone, trade_of
from procore_jupyter.demo.company.drawings import any_drawing, latest_revision
from procore_jupyter.demo.company.locations import any_location
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Row, RowList
from procore_jupyter.demo.company.writing import later, moment

_STATUSES = ("open", "in_progress", "blocked", "unblocked", "ready_for_review", "closed")
_TYPES = ("clash", "constructability", "coordination", "design_review", "existing_condition", "other")
_PRIORITIES = ("low", "medium", "high", "critical")
_CLASHES = (
    "Duct against beam",
    "Pipe through footing",
    "Tray against sprinkler main",
    "Hanger in ceiling zone",
)


def coordination_issues(site: Site) -> RowList:
    """List a project's coordination issues."""
    count = site.count(110)
    return RowList(count, lambda index: _issue(site, index, count))


def _issue(site: Site, index: int, count: int) -> Row:
    dice = site.dice("coordination_issues", index)
    created = site.day(index, count)
    old = (site.last - created).days > 60
    status = "closed" if old and dice.chance(0.85) else dice.pick(_STATUSES)
    one = any_drawing(site, dice)
    assignee = dice.pick(site.get(directory.other_people))
    trade = trade_of(site.firm, assignee.vendor.trade) if assignee.vendor.trade is not None else None
    due = later(created, dice.whole(7, 40))
    location = any_location(site, dice)
    return {
        "id": site.id("coordination_issues", index),
        "uuid": str(uuid.UUID(int=site.id("coordination_issues", index))),
        "issue_number": index + 1,
        "title": f"{dice.pick(_CLASHES)}, {location['node_name']}",
        "description": f"Seen on {one.number}.",
        "status": status,
        "issue_type": dice.pick(_TYPES),
        "priority": dice.pick(_PRIORITIES),
        "creation_source": dice.pick(("web", "plugin")),
        "due_date": due.isoformat(),
        "project_id": site.project.id,
        "bim_model_id": None,
        "coordination_issue_file": None,
        "comments_count": dice.whole(0, 9),
        "drawing_revision": {
            "id": site.id("drawing_revisions", latest_revision(site, one)),
            "number": one.number,
        },
        "trade": trade,
        "origin": None,
        "location": location,
        "assignee": assignee.reference(),
        "created_by": anyone(site, dice, directory.own_people),
        "updated_by": anyone(site, dice, directory.own_people),
        "viewpoints": [],
        "attachments": attachments(site, "coordination_issues", index, dice),
        "linked_procore_items": [],
        "linked_drawings": [{"id": one.id, "number": one.number}],
        "linked_observation_items": [],
        "drawing_markup_preview_images": [],
        "custom_fields": custom_fields(site, "coordination_issues", dice),
        "created_at": moment(dice, created),
        "updated_at": moment(dice, later(created, dice.whole(0, 40), site.last)),
        "_assignee_company_id": assignee.vendor.id,
        "_overdue": status != "closed" and due < site.last,
    }
