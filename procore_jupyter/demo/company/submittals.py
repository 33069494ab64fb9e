"""Submittals, and packages of them."""

from __future__ import annotations

from datetime import date, timedelta

from procore_jupyter.demo.company import directory
from procore_jupyter.demo.company.attached import attachments
from procore_jupyter.demo.company.choices import any_option, option
from procore_jupyter.demo.company.codes import leaves, sub_job
from procore_jupyter.demo.company.company_fields import custom_fields
from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.directory import anyone
from procore_jupyter.demo.company.drawings import any_drawing
from procore_jupyter.demo.company.locations import any_location
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Row, RowList
from procore_jupyter.demo.company.schedule import scheduled_task
from procore_jupyter.demo.company.specifications import sections
from procore_jupyter.demo.company.writing import later, moment

# The first five of every twelve submittals are in a package.
_BLOCK, _PACKED = 12, 5
_THINGS = ("shop drawings", "product data", "samples", "mock-up", "certificates", "calculations")


def _how_many(site: Site) -> int:
    return site.count(300)


def submittals(site: Site) -> RowList:
    """List a project's submittals."""
    return RowList(site.get(_how_many), lambda index: _submittal(site, index))


def _submittal(site: Site, index: int) -> Row:
    dice = site.dice("submittals", index)
    created = site.day(index, site.get(_how_many))
    age = (site.last - created).days
    status = 2 if dice.chance(min(0.9, age / 70)) else 1 if dice.chance(0.85) else 0
    closed = status == 2
    section = dice.pick(site.get(sections))
    contractor = dice.pick(site.get(directory.subcontractors))
    approvers = _approvers(site, dice, created, closed)
    waiting = [one["user"] for one in approvers if one["response"] is None][:1] if status == 1 else []
    done = later(created, dice.whole(10, 45), site.last)
    done = max(
        [done, *(date.fromisoformat(one["returned_date"]) for one in approvers if one["returned_date"])]
    )
    needed = created + timedelta(days=dice.whole(40, 160))
    drawings = [any_drawing(site, dice).id for _ in range(dice.whole(0, 2))]
    location = any_location(site, dice)
    revision = str(dice.pick((0, 0, 0, 1, 2)))
    return {
        "id": site.id("submittals", index),
        "number": str(index + 1),
        "formatted_number": f"{section.number.replace(' ', '')}-{index + 1}",
        "revision": revision,
        "title": f"{section.title}: {dice.pick(_THINGS)}",
        "description": f"For section {section.number}.",
        "status": option("submittal_status", status) | {"status": ("Draft", "Open", "Closed")[status]},
        "type": any_option("submittal_type", dice),
        "current_revision": dice.chance(0.9),
        "private": dice.chance(0.05),
        "specification_section": section.reference(),
        "submittal_package": _package_reference(site, index),
        "submittal_manager": anyone(site, dice, directory.own_people),
        "responsible_contractor": contractor.reference(),
        "received_from": anyone(site, dice, directory.other_people),
        "created_by": anyone(site, dice, directory.own_people),
        "ball_in_court": waiting,
        "approvers": approvers,
        "distribution_members": [
            one.reference() for one in dice.several(site.get(directory.site_members), 3)
        ],
        "lead_time": dice.whole(5, 120),
        "submit_by": later(created, 14).isoformat(),
        "issue_date": created.isoformat(),
        "received_date": later(created, 3, site.last).isoformat() if status else None,
        "due_date": later(created, dice.whole(14, 30)).isoformat(),
        "required_on_site_date": needed.isoformat(),
        "actual_delivery_date": needed.isoformat() if closed and needed <= site.last else None,
        "distributed_at": (distributed := moment(dice, done) if closed else None),
        "last_distributed_submittal": {"distributed_at": distributed} if closed else None,
        "location_id": location["id"],
        "cost_code_id": dice.pick(site.get(leaves)).id,
        "sub_job_id": dice.perhaps(0.2, sub_job(site, dice.whole(0, 1))["id"]),
        "drawing_ids": drawings,
        "linked_drawing_ids": drawings,
        "associated_attachments": attachments(site, "submittals", index, dice),
        "submittal_workflow_template": any_option("submittal_workflow", dice),
        "submittal_workflow_template_applied_at": moment(dice, created),
        "custom_fields": custom_fields(site, "submittals", dice),
        "created_at": moment(dice, created),
        "updated_at": moment(dice, done),
        "_scheduled_task": scheduled_task(site, dice),
        "_division": section.number[:2],
        "_unpackaged": _package_of(site, index) is None,
    }


def _approvers(site: Site, dice: Dice, created: date, closed: bool) -> list[Row]:
    found = []
    for step, member in enumerate(dice.several(site.get(directory.site_members), 3), start=1):
        answered = closed or (step == 1 and dice.chance(0.4))
        returned = later(created, 7 * step, site.last)
        found.append(
            {
                "user": member.reference(),
                "approver_type": "Approver",
                "sequence": step,
                "response": any_option("submittal_response", dice) if answered else None,
                "returned_date": returned.isoformat() if answered else None,
                "due_date": later(created, 7 * step + 5).isoformat(),
                "response_required": True,
            }
        )
    return found


def _package_of(site: Site, index: int) -> int | None:
    package, place = divmod(index, _BLOCK)
    return package if place < _PACKED and package < len(submittal_packages(site)) else None


def _package_reference(site: Site, index: int) -> Row | None:
    package = _package_of(site, index)
    if package is None:
        return None
    return {
        "id": site.id("submittal_packages", package),
        "number": str(package + 1),
        "title": f"Package {package + 1}",
    }


def submittal_packages(site: Site) -> RowList:
    """List a project's submittal packages."""
    return RowList(max(1, site.get(_how_many) // _BLOCK), lambda index: _package(site, index))


def _package(site: Site, index: int) -> Row:
    dice = site.dice("submittal_packages", index)
    files = attachments(site, "submittal_packages", index, dice)
    inside = range(_BLOCK * index, min(_BLOCK * index + _PACKED, site.get(_how_many)))
    return {
        "id": site.id("submittal_packages", index),
        "number": str(index + 1),
        "title": f"Package {index + 1}",
        "description": "Submitted together.",
        "submittal_ids": [site.id("submittals", place) for place in inside],
        "created_by": anyone(site, dice, directory.own_people),
        "attachments": files,
        "attachments_count": len(files),
        "_updated_at": moment(dice, site.day(inside[0], site.get(_how_many))),
    }
