"""Observations, and inspections with their items."""

from __future__ import annotations

from procore_jupyter.demo.company import directory
from procore_jupyter.demo.company.attached import attachments
from procore_jupyter.demo.company.choices import any_option, labels, option
from procore_jupyter.demo.company.company_fields import custom_fields
from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.directory import anyone, trade_of
from procore_jupyter.demo.company.drawings import any_drawing, latest_revision
from procore_jupyter.demo.company.locations import any_location
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Children, Row, RowList
from procore_jupyter.demo.company.specifications import any_section
from procore_jupyter.demo.company.writing import later, moment, stamp

_OBSERVED = (
    "Guardrail open", "Poor consolidation", "Cord across walkway", "Missing firestop", "Ladder not tied off",
)  # fmt: skip
_OBSERVATION_STATUSES = ("initiated", "ready_for_review", "not_accepted", "closed")
_INSPECTION_STATUSES = ("Open", "In Review", "Closed")
_CHECKS = (
    "Drawings are the latest", "Surface is clean", "Anchors are in place", "Dimensions checked", "Access is safe",
    "Material tags kept", "Photos taken", "Sign posted", "Edges protected", "Permits on site",
)  # fmt: skip
_ANSWERS = ("yes", "yes", "yes", "yes", "no", "n/a", "none")
_WORDS = {"yes": "Pass", "no": "Fail", "n/a": "N/A"}
# Every fourth observation belongs to an inspection, one to each as long as there are inspections.
_EVERY = 4


def _observation_count(site: Site) -> int:
    return site.count(180)


def _origin(site: Site, observation: int) -> int | None:
    inspection, rest = divmod(observation, _EVERY)
    return inspection if rest == 0 and inspection < site.get(_inspection_count) else None


def _observation_status(site: Site, index: int) -> int:
    dice = site.dice("observation_outlines", index)
    age = (site.last - site.day(index, site.get(_observation_count))).days
    return 3 if dice.chance(min(0.92, age / 60)) else dice.whole(0, 2)


def observations(site: Site) -> RowList:
    """List a project's observations."""
    return RowList(site.get(_observation_count), lambda index: _observation(site, index))


def _observation(site: Site, index: int) -> Row:
    dice = site.dice("observations", index)
    created = site.day(index, site.get(_observation_count))
    status = _observation_status(site, index)
    inspection = _origin(site, index)
    assignee = dice.pick(site.get(directory.other_people))
    done = later(created, dice.whole(1, 30), site.last)
    name = dice.pick(_OBSERVED)
    return {
        "id": site.id("observations", index),
        "number": str(index + 1),
        "name": name,
        "description": f"{name}. Correct it before work goes on.",
        "description_rich_text": f"<p>{name}. Correct it before work goes on.</p>",
        "status": _OBSERVATION_STATUSES[status],
        "priority": dice.pick(("Low", "Medium", "High", "Urgent")),
        "type": any_option("observation_type", dice),
        "category": None,
        "assignee": assignee.reference(),
        "created_by": anyone(site, dice, directory.own_people),
        "date_notified": created.isoformat(),
        "due_date": later(created, dice.whole(2, 14)).isoformat(),
        "closed_at": moment(dice, done) if status == 3 else None,
        "personal": False,
        "origin": None
        if inspection is None
        else {"id": site.id("inspections", inspection), "type": "Checklist::List"},
        "location": any_location(site, dice),
        "specification_section": any_section(site, dice) if dice.chance(0.3) else None,
        "trade": None if assignee.vendor.trade is None else trade_of(site.firm, assignee.vendor.trade),
        "custom_fields": custom_fields(site, "observations", dice),
        "permissions": {"can_update": True, "can_delete": False},
        "created_at": moment(dice, created),
        "updated_at": moment(dice, done),
        "deleted_at": None,
        "_status_code": status,
        "_assignee_company_id": assignee.vendor.id,
        "_checklist_list_id": None if inspection is None else site.id("inspections", inspection),
    }


def _inspection_count(site: Site) -> int:
    return site.count(60)


def _items(site: Site) -> Children:
    """Return which inspection each item belongs to."""
    count = site.get(_inspection_count)
    return Children(site.dice("inspection_outlines", index).whole(6, len(_CHECKS)) for index in range(count))


def _inspection_status(site: Site, index: int) -> int:
    dice = site.dice("inspection_statuses", index)
    age = (site.last - site.day(index, site.get(_inspection_count))).days
    return 2 if dice.chance(min(0.95, age / 40)) else dice.whole(0, 1)


def _answer(site: Site, index: int) -> str:
    inspection = site.get(_items).place(index)[0]
    answers = _ANSWERS[:-1] if _inspection_status(site, inspection) == 2 else _ANSWERS
    return site.dice("inspection_answers", index).pick(answers)


def inspections(site: Site) -> RowList:
    """List a project's inspections."""
    return RowList(site.get(_inspection_count), lambda index: _inspection(site, index))


def _inspection(site: Site, index: int) -> Row:
    dice = site.dice("inspections", index)
    created = site.day(index, site.get(_inspection_count))
    status = _inspection_status(site, index)
    template = any_option("inspection_template", dice)
    answers = [_answer(site, item) for item in site.get(_items).of(index)]
    held = later(created, dice.whole(0, 10), site.last)
    observation = _EVERY * index
    observed = observation < site.get(_observation_count)
    drawing = any_drawing(site, dice)
    vendor = dice.pick(site.get(directory.subcontractors))
    return {
        "id": site.id("inspections", index),
        "number": index + 1,
        "name": f"{template['name']} {index + 1}",
        "description": f"{template['name']} by the project's own people.",
        "status": _INSPECTION_STATUSES[status],
        "list_template_id": template["id"],
        "list_template_name": template["name"],
        "template_id": template["id"],
        "inspection_type": any_option("inspection_type", dice),
        "inspection_date": held.isoformat(),
        "due_at": stamp(later(created, 14), 1380),
        "overdue": status == 0 and later(created, 14) < site.last,
        "location": any_location(site, dice),
        "trade": trade_of(site.firm, vendor.trade or 0),
        "responsible_contractor": vendor.reference(),
        "point_of_contact": anyone(site, dice, directory.other_people),
        "inspectors": [one.reference() for one in dice.several(site.get(directory.own_people), 2)],
        "distribution_members": [
            one.reference() for one in dice.several(site.get(directory.site_members), 2)
        ],
        "created_by": anyone(site, dice, directory.own_people),
        "closed_by": anyone(site, dice, directory.own_people) if status == 2 else None,
        "closed_at": moment(dice, held) if status == 2 else None,
        "item_count": len(answers),
        "inspected_item_count": sum(answer != "none" for answer in answers),
        "conforming_item_count": answers.count("yes"),
        "deficient_item_count": answers.count("no"),
        "not_applicable_item_count": answers.count("n/a"),
        "neutral_item_count": 0,
        "observations_count": int(observed),
        "closed_observations_count": int(observed and _observation_status(site, observation) == 3),
        "default_response_phrasing": {"yes": "Pass", "no": "Fail", "n/a": "N/A"},
        "drawing_ids": [drawing.id],
        "current_drawing_revision_ids": [site.id("drawing_revisions", latest_revision(site, drawing))],
        "specification_section": any_section(site, dice) if dice.chance(0.5) else None,
        "managed_equipment_id": None,
        "signature_requests": [],
        "attachments": attachments(site, "inspections", index, dice),
        "private": False,
        "deleted": False,
        "custom_fields": custom_fields(site, "inspections", dice),
        "created_at": moment(dice, created),
        "updated_at": moment(dice, held),
        "_status_code": status,
    }


def inspection_items(site: Site) -> RowList:
    """List the items of all of a project's inspections."""
    return RowList(len(site.get(_items)), lambda index: _item(site, index))


def _item(site: Site, index: int) -> Row:
    inspection, place = site.get(_items).place(index)
    dice: Dice = site.dice("inspection_items", index)
    answer = _answer(site, index)
    word = _WORDS.get(answer)
    day = site.day(inspection, site.get(_inspection_count))
    check = _CHECKS[(inspection + place) % len(_CHECKS)]
    return {
        "id": site.id("inspection_items", index),
        "list_id": site.id("inspections", inspection),
        "section_id": site.id("inspection_sections", 2 * inspection + (0 if place < 4 else 1)),
        "template_item_id": option("answer_set", 0)["id"] * 100 + _CHECKS.index(check),
        "parent_item_id": None,
        "name": check,
        "number": f"{1 if place < 4 else 2}.{place + 1}",
        "position": place + 1,
        "relative_position": place + 1,
        "details": f"Template: {labels('answer_set')[0]}.",
        "company_template_item_details": None,
        "status": answer,
        "responded_with": word,
        "response": None if word is None else {"name": word, "corresponding_status": answer},
        "item_response": None if word is None else {"status": answer, "responder": anyone(site, dice)},
        "response_set": option("answer_set", 0),
        "type": {"name": "yes_no_na", "label": "Inspection response"},
        "display_conditions": [],
        "updated_at": moment(dice, later(day, 3, site.last)),
    }
