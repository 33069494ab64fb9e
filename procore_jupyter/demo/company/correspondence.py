"""Correspondence: the company's types, and a project's items."""

from __future__ import annotations

from procore_jupyter.demo.company import directory
from procore_jupyter.demo.company.attached import attachments
from procore_jupyter.demo.company.codes import any_cost_code, sub_job
from procore_jupyter.demo.company.company_fields import custom_fields
from procore_jupyter.demo.company.directory import anyone, trade_of
from procore_jupyter.demo.company.locations import any_location
from procore_jupyter.demo.company.records import Firm, Site
from procore_jupyter.demo.company.rfis import rfi_count
from procore_jupyter.demo.company.rows import Row, RowList
from procore_jupyter.demo.company.specifications import any_section
from procore_jupyter.demo.company.writing import later, moment

_TYPES = (
    ("Notice of Delay", "NOD"), ("Owner Letter", "LTR"), ("Field Directive", "FD"), ("Transmittal", "TRN"),
    ("Warranty Claim", "WC"),
)  # fmt: skip
_SUBJECTS = (
    "Late access to the work area", "Answer to your letter", "Revised sequence of work", "Documents for signature",
    "Leak reported by the owner", "Weather days of the month", "Request for a recovery schedule",
)  # fmt: skip


def correspondence_types(firm: Firm) -> RowList:
    """List a company's types of correspondence."""

    def make(index: int) -> Row:
        return _type(firm, index) | {"private_by_default": index == 1}

    return RowList(len(_TYPES), make)


def _type(firm: Firm, index: int) -> Row:
    title, abbreviation = _TYPES[index]
    return {
        "id": firm.id("correspondence_types", index),
        "domain_id": firm.id("types", index),
        "title": title,
        "abbreviation": abbreviation,
    }


def correspondence(site: Site) -> RowList:
    """List a project's correspondence, of all types."""
    count = site.count(120)
    return RowList(count, lambda index: _item(site, index, count))


def _item(site: Site, index: int, count: int) -> Row:
    dice = site.dice("correspondence", index)
    created = site.day(index, count)
    age = (site.last - created).days
    status = "Closed" if dice.chance(min(0.9, age / 90)) else dice.pick(("Open", "Open", "Draft"))
    closed = later(created, dice.whole(3, 40), site.last)
    sender = dice.pick(site.get(directory.other_people))
    due = later(created, 14)
    trade = trade_of(site.firm, sender.vendor.trade) if sender.vendor.trade is not None else None
    known = ("no_impact", "yes_known", "tbd")
    cost, time = dice.pick(known), dice.pick(known)
    return {
        "id": site.id("correspondence", index),
        "position": str(index + 1),
        "title": f"{dice.pick(_SUBJECTS)} ({index + 1})",
        "description": "See the attachments." if dice.chance(0.5) else "As discussed in the last meeting.",
        "status": status.lower(),
        "status_type": status,
        "generic_tool": _type(site.firm, dice.whole(0, len(_TYPES) - 1)),
        "due_date": due.isoformat(),
        "issued_at": None if status == "Draft" else moment(dice, created),
        "closed_at": moment(dice, closed) if status == "Closed" else None,
        "created_by": anyone(site, dice, directory.own_people),
        "received_from": sender.reference(),
        "assignees": [one.reference() for one in dice.several(site.get(directory.site_members), 2)],
        "distribution_members": [
            one.reference() for one in dice.several(site.get(directory.site_members), 3)
        ],
        "origin_generic_tool_item_id": None,
        "origin_rfi_id": dice.perhaps(0.2, site.id("rfis", dice.whole(0, rfi_count(site) - 1))),
        "private": dice.chance(0.1),
        "cost_impact": {"status": cost, "value": dice.whole(500, 50_000) if cost == "yes_known" else None},
        "schedule_impact": {"status": time, "value": dice.whole(1, 20) if time == "yes_known" else None},
        "location": any_location(site, dice) if dice.chance(0.7) else None,
        "cost_code": any_cost_code(site, dice) if dice.chance(0.4) else None,
        "specification_section": any_section(site, dice) if dice.chance(0.4) else None,
        "sub_job": dice.perhaps(0.2, sub_job(site, 0)),
        "trade": trade,
        "trades": [trade] if trade else [],
        "tasks": [],
        "attachments": attachments(site, "correspondence", index, dice),
        "document_management_document_revision_ids": [],
        "custom_fields": custom_fields(site, "correspondence", dice),
        "created_at": moment(dice, created),
        "updated_at": moment(dice, closed),
        "_vendor_id": sender.vendor.id,
        "_overdue": status == "Open" and due < site.last,
        "_recycle_bin": False,
    }
