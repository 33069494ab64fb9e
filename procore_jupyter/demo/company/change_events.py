"""Change events with their items, and requests for quotes for some of them."""

from __future__ import annotations

from procore_jupyter.demo.company import contracts, directory, prime
from procore_jupyter.demo.company.attached import attachments
from procore_jupyter.demo.company.choices import any_option, labels, option
from procore_jupyter.demo.company.codes import any_cost_code, breakdown
from procore_jupyter.demo.company.company_fields import custom_fields
from procore_jupyter.demo.company.contracts import Contract
from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.directory import any_vendor, anyone
from procore_jupyter.demo.company.locations import any_location
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rfis import rfi_count
from procore_jupyter.demo.company.rows import Row, RowList, RowPlace
from procore_jupyter.demo.company.specifications import any_section
from procore_jupyter.demo.company.writing import CURRENCY, later, moment, money

_CAUSES = (
    "Added doors", "Rock in the trench", "Larger feeder", "Owner’s finish selection", "Rerouted duct",
    "Unforeseen utility", "Credit for deleted canopy", "Extra firestopping",
)  # fmt: skip
_MOST_ITEMS = 4
_MOST_QUOTES = 3
_RFQ_STATUSES = ("out_for_pricing", "revise_and_resubmit", "under_review", "pending_final_approval", "closed")


def _how_many(site: Site) -> int:
    return site.count(90)


def event_reference(site: Site, number: int) -> Row:
    """Return a change event for a number as other rows show it; the same one every time."""
    index = number % site.get(_how_many)
    return {"id": site.id("change_events", index), "number": f"{index + 1:03d}", "title": _title(site, index)}


def _title(site: Site, index: int) -> str:
    return site.dice("change_event_titles", index).pick(_CAUSES)


def change_events(site: Site) -> RowList:
    """List a project's change events."""
    return RowList(site.get(_how_many), lambda index: _event(site, index))


def _event(site: Site, index: int) -> Row:
    dice = site.dice("change_events", index)
    day = site.day(index, site.get(_how_many))
    old = (site.last - day).days > 90
    status = 2 if old and dice.chance(0.8) else dice.whole(0, len(labels("change_status")) - 1)
    row = event_reference(site, index)
    from_rfi = dice.chance(0.3)
    rfi = site.id("rfis", dice.whole(0, rfi_count(site) - 1))
    items = [_item(site, index, place, dice) for place in range(dice.whole(1, _MOST_ITEMS))]
    return row | {
        "description": f"{row['title']}, as found on site.",
        "scope": dice.pick(("in_scope", "out_of_scope", "tbd", "allowance")),
        "status": option("change_status", status),
        "change_type": any_option("change_type", dice),
        "change_reason": any_option("change_reason", dice),
        "event_origin": {"id": rfi, "type": "Rfi::Header"} if from_rfi else None,
        "source": None,
        "project_id": site.project.id,
        "company_id": site.project.company.id,
        "prime_contract_for_estimates": prime.contract(site, 0).reference(),
        "change_items": items,
        "markup_items": [],
        "production_quantities": [],
        "notes": {"text": None},
        "comments_enabled": True,
        "deletable": False,
        "in_recycle_bin": False,
        "external_data": {"origin_id": None},
        "created_by": anyone(site, dice, directory.own_people),
        "attachments": attachments(site, "change_events", index, dice),
        "custom_fields": custom_fields(site, "change_events", dice),
        "currency_configuration": CURRENCY,
        "created_at": moment(dice, day),
        "updated_at": moment(dice, later(day, dice.whole(0, 60), site.last)),
        "deleted_at": None,
    }


def _item(site: Site, event: int, place: int, dice: Dice) -> Row:
    code = dice.pick(site.get(breakdown))
    quantity, unit = dice.whole(1, 20), dice.whole(50, 4_000) * 100
    return {
        "id": site.id("change_items", _MOST_ITEMS * event + place),
        "description": code.flat_name,
        "wbs_code": code.reference(),
        "cost_code": code.cost_code.reference(),
        "vendor": any_vendor(site, dice),
        "estimated_cost_quantity": f"{quantity}.0",
        "estimated_cost_unit_cost": money(unit),
        "estimated_cost_amount": money(quantity * unit),
    }


def rfqs(site: Site, parent: RowPlace) -> RowList:
    """List the requests for quotes to a commitment's vendor. A prime contract has none."""
    if parent.table == "prime_contracts":
        return RowList(0, lambda place: {})
    one = contracts.contract(site, parent)
    sent = site.dice(f"{parent.table}_rfqs", parent.index).whole(0, _MOST_QUOTES) if one.executed else 0
    return RowList(sent, lambda place: _rfq(site, one, place))


def _rfq(site: Site, one: Contract, place: int) -> Row:
    # Even numbers are those of purchase orders.
    index = _MOST_QUOTES * (2 * one.index + (one.table == contracts.WORK_ORDERS)) + place
    dice = site.dice("rfqs", index)
    day = later(one.day, 20 * (place + 1), site.last)
    status = dice.pick(_RFQ_STATUSES)
    price = float(dice.whole(5, 400) * 100)
    quoted = status != "out_for_pricing"
    return {
        "id": site.id("rfqs", index),
        "number": f"{place + 1:03d}",
        "position": place + 1,
        "title": _title(site, index % site.get(_how_many)),
        "description": "Send your price with a breakdown.",
        "status": status,
        "commitment_contract_id": one.id,
        "change_event": event_reference(site, index),
        "due_date": later(day, 10).isoformat(),
        "estimated_amount": price,
        "estimated_schedule_impact": dice.whole(0, 5),
        "estimated_status": dice.pick(("rom", "final")),
        "intent_to_quote": True,
        "original_quote": price * dice.pick((0.9, 1.0, 1.1)) if quoted else None,
        "quotes": [{"id": site.id("quotes", index), "amount": price}] if quoted else [],
        "responses": [],
        "private": True,
        "prostore_file_ids": [],
        "specification_section": any_section(site, dice) if dice.chance(0.5) else None,
        "potential_change_orders": None,
        "change_order_packages": None,
        "commitment_potential_change_orders": None,
        "commitment_change_order_packages": None,
        "created_by": anyone(site, dice, directory.own_people),
        "assigned": anyone(site, dice, directory.other_people),
        "location": any_location(site, dice),
        "cost_code": any_cost_code(site, dice),
        "currency_configuration": CURRENCY,
        "created_at": moment(dice, day),
        "updated_at": moment(dice, later(day, dice.whole(0, 20), site.last)),
        "deleted_at": None,
    }
