"""The choices in forms (statuses, types, reasons …) with the ids by which rows refer to them."""

from __future__ import annotations

from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.rows import Row

_OPTIONS = {
    "action_plan_type": ("Preconstruction", "Quality", "Commissioning"),
    "answer_set": ("Pass / Fail / N/A", "Yes / No"),
    "change_reason": ("Client Request", "Design Development", "Existing Condition", "Back Charge", "Allowance"),
    "change_status": ("Open", "Pending", "Closed", "Void"),
    "change_type": ("Allowance", "Contingency", "Owner Change", "TBD"),
    "contributing_behavior": ("Rushing", "Distraction", "Improper lifting", "Missing protective equipment"),
    "contributing_condition": ("Poor lighting", "Weather", "Housekeeping", "Unguarded edge"),
    "delay_type": ("Weather", "Material", "Inspection", "Labor", "Owner decision"),
    "drawing_discipline": ("Architectural", "Structural", "Mechanical", "Electrical", "Plumbing", "Civil"),
    "equipment": ("Tower crane 1", "Forklift 8K", "Excavator 20 t", "Boom lift", "Concrete pump", "Skid steer"),
    "form_template": ("Hot work permit", "Toolbox talk", "Crane lift plan", "Daily safety briefing"),
    "hazard": ("Fall from height", "Struck by object", "Electrical", "Caught between", "Slip or trip"),
    "inspection_template": ("Concrete pre-pour", "Framing", "Firestopping", "Rough-in", "Roof membrane", "Site safety walk"),
    "inspection_type": ("Quality", "Safety", "Environmental", "Commissioning"),
    "meeting_template": ("Owner, architect, contractor", "Subcontractors", "Safety", "Preinstallation"),
    "observation_type": ("Quality", "Safety", "Commissioning", "Warranty", "Work to complete"),
    "permission_template": ("Company employee", "Collaborator", "Project team"),
    "plan_status": ("draft", "in_progress", "in_revision", "completed"),
    "plan_item_status": ("Open", "In Progress", "Delayed", "Closed"),
    "program": ("Healthcare", "Schools", "Housing", "Commercial"),
    "project_type": ("Healthcare", "Education", "Residential", "Office", "Industrial"),
    "project_region": ("Northwest", "Bay Area", "Mountain"),
    "project_owner_type": ("Private", "Public"),
    "project_bid_type": ("Negotiated", "Competitive"),
    "punch_item_type": ("Architectural", "Mechanical", "Electrical", "Owner"),
    "submittal_response": ("Approved", "Approved as Noted", "Revise and Resubmit", "Rejected", "For Record Only"),
    "submittal_status": ("Draft", "Open", "Closed"),
    "submittal_type": ("Shop Drawing", "Product Data", "Sample", "Mock-up", "Warranty", "Closeout"),
    "submittal_workflow": ("Architect, then engineer", "Architect alone"),
    "task_category": ("Contract", "Design", "Preconstruction", "Closeout", "Administrative"),
    "timecard_type": ("Regular", "Overtime", "Double time"),
    "crew": ("Crew A", "Crew B", "Night crew"),
}  # fmt: skip
_FIRST_ID = 60_001
_STARTS = {
    name: _FIRST_ID + sum(len(labels) for labels in list(_OPTIONS.values())[:place])
    for place, name in enumerate(_OPTIONS)
}


def labels(name: str) -> tuple[str, ...]:
    """Return the labels of a field's choices."""
    return _OPTIONS[name]


def option(name: str, index: int) -> Row:
    """Return a choice: its id, and its label as ``name``."""
    return {"id": _STARTS[name] + index, "name": _OPTIONS[name][index]}


def any_option(name: str, dice: Dice) -> Row:
    """Return a random choice."""
    return option(name, dice.whole(0, len(_OPTIONS[name]) - 1))
