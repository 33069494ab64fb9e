"""Incidents, and action plans with their items."""

from __future__ import annotations

from procore_jupyter.demo.company import directory
from procore_jupyter.demo.company.choices import any_option, labels, option
from procore_jupyter.demo.company.company_fields import custom_fields
from procore_jupyter.demo.company.directory import anyone
from procore_jupyter.demo.company.locations import any_location
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Children, Row, RowList
from procore_jupyter.demo.company.writing import later, moment, stamp

_EVENTS = (
    "Cut hand", "Slip on wet deck", "Dropped tool", "Near miss at hoist", "Strained back", "Damaged main",
)  # fmt: skip
_PLAN_STATUSES = labels("plan_status")
_STEPS = (
    "Review the drawings", "Agree the mock-up", "Hold the first meeting", "Check the first area", "Sign off",
)  # fmt: skip


def incidents(site: Site) -> RowList:
    """List a project's incidents."""
    count = site.count(45)
    return RowList(count, lambda index: _incident(site, index, count))


def _incident(site: Site, index: int, count: int) -> Row:
    dice = site.dice("incidents", index)
    day = site.day(index, count)
    recordable = dice.chance(0.25)
    name = dice.pick(_EVENTS)
    status = "closed" if (site.last - day).days > 40 and dice.chance(0.9) else "open"
    return {
        "id": site.id("incidents", index),
        "number": index + 1,
        "title": name,
        "description": f"{name}. The work was stopped and the area made safe.",
        "status": status,
        "event_date": moment(dice, day),
        "time_of_event": None,
        "time_unknown": dice.chance(0.1),
        "recordable": recordable,
        "private": dice.chance(0.2),
        "location": any_location(site, dice),
        "hazard": any_option("hazard", dice),
        "contributing_behavior": any_option("contributing_behavior", dice) if dice.chance(0.6) else None,
        "contributing_condition": any_option("contributing_condition", dice) if dice.chance(0.6) else None,
        "records_count": 1 if recordable else 0,
        # Observations come from inspections alone here.
        "open_observations_count": 0,
        "closed_observations_count": 0,
        "actions_count": dice.whole(0, 4),
        "witness_statements_count": dice.whole(0, 2),
        "attachments_count": dice.whole(0, 3),
        "created_by": anyone(site, dice, directory.own_people),
        "custom_fields": custom_fields(site, "incidents", dice),
        "created_at": moment(dice, day),
        "updated_at": moment(dice, later(day, dice.whole(0, 30), site.last)),
        "deleted_at": None,
        "_assignee_id": dice.pick(site.get(directory.own_people)).id,
    }


def _plan_count(site: Site) -> int:
    return site.count(20)


def _items(site: Site) -> Children:
    """Return which action plan each item belongs to."""
    count = site.get(_plan_count)
    return Children(site.dice("action_plan_outlines", index).whole(4, 15) for index in range(count))


def _item_status(site: Site, index: int) -> int:
    """Return the place of an item's status among the choices; the last one means closed."""
    plan = site.get(_items).place(index)[0]
    old = (site.last - site.day(plan, site.get(_plan_count))).days > 60
    last = len(labels("plan_item_status")) - 1
    dice = site.dice("action_plan_item_outlines", index)
    return last if old and dice.chance(0.9) else dice.whole(0, last)


def action_plans(site: Site) -> RowList:
    """List a project's action plans."""
    return RowList(site.get(_plan_count), lambda index: _plan(site, index))


def _plan(site: Site, index: int) -> Row:
    dice = site.dice("action_plans", index)
    created = site.day(index, site.get(_plan_count))
    last = len(labels("plan_item_status")) - 1
    items = site.get(_items).of(index)
    closed = sum(_item_status(site, item) == last for item in items)
    status = _PLAN_STATUSES[3 if closed == len(items) else 1 if closed else dice.whole(0, 2)]
    kind = any_option("action_plan_type", dice)
    return {
        "id": site.id("action_plans", index),
        "number": index + 1,
        "title": f"{kind['name']} plan {index + 1}",
        "description": f"<p>{kind['name']} plan.</p>",
        "description_plain_text": f"{kind['name']} plan.",
        "status": status,
        "status_type": status,
        "plan_status": option("plan_status", _PLAN_STATUSES.index(status)),
        "plan_type": kind,
        "manager": anyone(site, dice, directory.own_people),
        "plan_approvers": [
            {"party": one.reference()} for one in dice.several(site.get(directory.own_people), 2)
        ],
        "plan_receivers": [{"party": anyone(site, dice)}],
        "location": any_location(site, dice),
        "total_item_count": len(items),
        "closed_item_count": closed,
        "private": False,
        "custom_fields": custom_fields(site, "action_plans", dice),
        "created_at": moment(dice, created),
        "updated_at": moment(dice, later(created, dice.whole(0, 60), site.last)),
    }


def action_plan_items(site: Site) -> RowList:
    """List the items of all of a project's action plans."""
    return RowList(len(site.get(_items)), lambda index: _item(site, index))


def _item(site: Site, index: int) -> Row:
    plan, place = site.get(_items).place(index)
    dice = site.dice("action_plan_items", index)
    created = site.day(plan, site.get(_plan_count))
    title = _STEPS[place % len(_STEPS)]
    assignees = dice.several(site.get(directory.site_members), 2)
    return {
        "id": site.id("action_plan_items", index),
        "plan_id": site.id("action_plans", plan),
        "plan_section_id": site.id("action_plan_sections", 4 * plan + place // len(_STEPS)),
        "position": place + 1,
        "title": title,
        "description": f"<p>{title}.</p>",
        "notes": dice.perhaps(0.3, "<p>Invite the inspector.</p>"),
        "status": option("plan_item_status", _item_status(site, index)),
        "plan_item_assignees": [{"id": one.id, "party": one.reference()} for one in assignees],
        "due_at": stamp(later(created, 5 * place + 7), 1380),
        "holding_type": "section" if place % 2 else "plan",
        "is_blocked": False,
        "is_blocking": dice.chance(0.2),
        "template_item_id": None,
        "created_at": moment(dice, created),
        "updated_at": moment(dice, later(created, dice.whole(0, 40), site.last)),
        "_assignee_ids": [one.id for one in assignees],
    }
