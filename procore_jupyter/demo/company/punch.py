"""Punch items."""

from __future__ import annotations

from procore_jupyter.demo.company import directory
from procore_jupyter.demo.company.choices import any_option
from procore_jupyter.demo.company.codes import any_cost_code
from procore_jupyter.demo.company.company_fields import custom_fields
from procore_jupyter.demo.company.directory import anyone, trade_of
from procore_jupyter.demo.company.drawings import any_drawing
from procore_jupyter.demo.company.locations import any_location
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Row, RowList
from procore_jupyter.demo.company.writing import later, moment, money

_DEFECTS = (
    "Touch up paint", "Adjust door closer", "Missing cover plate", "Chipped tile", "Clean glass", "Caulk gap",
    "Scratched frame", "Loose handrail", "Ceiling tile stained", "Light does not work",
)  # fmt: skip
_IMPACTS = ("no_impact", "no_impact", "yes_known", "yes_unknown", "tbd", "n_a")
_OPEN_STEPS = (
    "initiated", "work_required", "ready_for_review", "work_not_accepted", "ready_to_close", "in_dispute",
)  # fmt: skip


def punch_items(site: Site) -> RowList:
    """List a project's punch items."""
    count = site.count(320)
    return RowList(count, lambda index: _item(site, index, count))


def _item(site: Site, index: int, count: int) -> Row:
    dice = site.dice("punch_items", index)
    created = site.day(index, count)
    age = (site.last - created).days
    due, done = later(created, dice.whole(7, 30)), later(created, dice.whole(2, 50), site.last)
    closed = dice.chance(min(0.92, age / 80))
    draft = not closed and age < 10 and dice.chance(0.3)
    status = "Closed" if closed else "Pending" if draft else "Overdue" if due < site.last else "Open"
    step = "closed" if closed else "draft" if draft else dice.pick(_OPEN_STEPS)
    assignees = dice.several(site.get(directory.other_people), 2)
    manager, approver = (anyone(site, dice, directory.own_people) for _ in range(2))
    vendor = assignees[0].vendor
    cost, time = dice.pick(_IMPACTS), dice.pick(_IMPACTS)
    location = any_location(site, dice)
    name = dice.pick(_DEFECTS)
    return {
        "id": site.id("punch_items", index),
        "position": index + 1,
        "name": f"{name}, {location['node_name']}",
        "description": f"{name}. Seen from {location['name']}.",
        "status": status,
        "workflow_status": step,
        "custom_status": None,
        "category": None,
        "overdue": status == "Overdue",
        "priority": dice.pick(("low", "medium", "high")),
        "punch_item_type": any_option("punch_item_type", dice),
        "due_date": due.isoformat(),
        "closed_at": moment(dice, done) if closed else None,
        "closed_by": approver if closed else None,
        "location": location,
        "trade": None if vendor.trade is None else trade_of(site.firm, vendor.trade),
        "ball_in_court": [] if closed or draft else [assignees[0].reference()],
        "assignees": [one.reference() for one in assignees],
        "assignments": [
            {
                "id": site.id("punch_assignments", 2 * index + number),
                "login_information": one.reference(),
                "vendor": one.vendor.reference(),
                "status": "resolved" if closed else "unresolved",
                "approved": closed,
            }
            for number, one in enumerate(assignees)
        ],
        "punch_item_manager": manager,
        "final_approver": approver,
        "created_by": anyone(site, dice, directory.own_people),
        "cost_code": any_cost_code(site, dice) if dice.chance(0.3) else None,
        "cost_impact": cost,
        "cost_impact_amount": money(dice.whole(50, 4000) * 100) if cost == "yes_known" else None,
        "schedule_impact": time,
        "schedule_impact_days": dice.whole(1, 10) if time == "yes_known" else None,
        "schedule_risk": dice.perhaps(0.3, dice.pick(("ml_low", "ml_medium", "ml_high"))),
        "schedule_risk_reason": None,
        "schedule_risk_confidence": None,
        "schedule_risk_probability": None,
        "reference": any_drawing(site, dice).number if dice.chance(0.5) else None,
        "private": dice.chance(0.04),
        "has_resolved_responses": closed,
        "has_unresolved_responses": not closed and not draft,
        "custom_fields": custom_fields(site, "punch_items", dice),
        "created_at": moment(dice, created),
        "updated_at": moment(dice, done),
        "deleted_at": None,
        "_vendor_ids": [one.vendor.id for one in assignees],
    }
