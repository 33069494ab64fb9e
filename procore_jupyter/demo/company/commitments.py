"""Rows of commitments (purchase orders, work orders, both together) and of their line items."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from procore_jupyter.demo.company import contracts, directory
from procore_jupyter.demo.company.codes import line_item_type
from procore_jupyter.demo.company.contracts import PURCHASE_ORDERS, WORK_ORDERS, Contract, Line
from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.directory import anyone
from procore_jupyter.demo.company.invoicing import paid
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Row, RowList, RowPlace
from procore_jupyter.demo.company.writing import CURRENCY, ORIGIN, later, moment, money, stamp

_STRIDE = 10
_MORE_DATES = (
    "approval_letter_date",
    "letter_of_intent_date",
    "returned_date",
    "signed_contract_received_date",
)
_VERSION_2 = {
    "signature_required": True,
    "bill_recipient_ids": [],
    "accessor_ids": [],
    "allow_comments": False,
    "allow_markups": True,
    "allow_change_orders_ssov": False,
    "allow_payment_applications": True,
    "allow_payments": True,
    "change_order_level_of_detail": "line_item",
    "enable_ssov": False,
    "display_materials_retainage": True,
    "display_work_retainage": True,
    "show_cost_code_on_pdf": True,
    "ssr_enabled": False,
    "currency_exchange_rate": "1.0",
    "currency_iso_code": "USD",
    "change_event_attachment_ids": [],
    "attachment_ids": [],
    "drawing_revision_ids": [],
    "file_version_ids": [],
    "form_ids": [],
    "image_ids": [],
}


def purchase_orders(site: Site) -> RowList:
    """List a project's purchase orders."""
    return RowList(
        contracts.count(site, PURCHASE_ORDERS),
        lambda index: _purchase_order(contracts.contract(site, RowPlace(PURCHASE_ORDERS, index))),
    )


def work_orders(site: Site) -> RowList:
    """List a project's work orders, its subcontracts."""
    return RowList(
        contracts.count(site, WORK_ORDERS),
        lambda index: _work_order(contracts.contract(site, RowPlace(WORK_ORDERS, index))),
    )


def commitments(site: Site) -> RowList:
    """List a project's commitments of both kinds with a few fields."""
    return _both(site, _commitment)


def commitment_contracts(site: Site) -> RowList:
    """List a project's commitments of both kinds as the newer tool does, with ids as texts."""
    return _both(site, _newer)


def _both(site: Site, make: Callable[[Contract], Row]) -> RowList:
    places = site.get(contracts.places)
    return RowList(len(places), lambda index: make(contracts.contract(site, places[index])))


def _dice(one: Contract) -> Dice:
    return one.site.dice("commitment_rows", 2 * one.index + (one.table == WORK_ORDERS))


def _contract(one: Contract) -> Row:
    dice = _dice(one)
    payments = paid(one)
    signed = min(one.day + timedelta(days=14), one.site.last)
    dates = {name: signed.isoformat() if one.executed and dice.chance(0.6) else None for name in _MORE_DATES}
    share = payments / one.revised if one.revised else 0.0
    return {
        "id": one.id,
        "number": one.number,
        "title": one.title,
        "status": one.status,
        "description": f"{one.title}, by {one.vendor.name}.",
        "vendor": one.vendor.reference(),
        "executed": one.executed,
        "private": dice.chance(0.2),
        "accounting_method": "unit" if one.table == PURCHASE_ORDERS else "amount",
        "grand_total": money(one.total),
        "approved_change_orders": money(one.changed_by("approved")),
        "pending_change_orders": money(one.changed_by("pending")),
        "draft_change_orders_amount": money(one.changed_by("draft")),
        "revised_contract": money(one.revised),
        "pending_revised_contract": money(one.revised + one.changed_by("pending")),
        "total_requisitions_amount": money(one.completed(one.invoices)),
        "total_draw_requests_amount": money(one.completed(one.invoices)),
        "total_payments": money(payments),
        "percentage_paid": f"{share * 100:.2f}",
        "remaining_balance_outstanding": money(one.revised - payments),
        "retainage_percent": "10.0",
        "requisitions_are_enabled": one.table == WORK_ORDERS,
        "show_line_items_to_non_admins": False,
        "contract_date": one.day.isoformat(),
        "execution_date": signed.isoformat() if one.executed else None,
        "issued_on_date": later(one.day, 3, one.site.last).isoformat(),
        **dates,
        "project": {"id": one.site.project.id, "name": one.site.project.name},
        "currency_configuration": CURRENCY,
        "origin_id": f"{one.number}-{one.site.slot}",
        "origin_code": one.number,
        "origin_data": ORIGIN,
        "created_at": moment(dice, one.day),
        "updated_at": moment(dice, later(one.day, dice.whole(0, 120), one.site.last)),
        "deleted_at": None,
    }


def _purchase_order(one: Contract) -> Row:
    return _contract(one) | _of_purchase_order(one)


def _of_purchase_order(one: Contract) -> Row:
    return {
        "assignee": anyone(one.site, _dice(one), directory.own_people),
        "bill_to_address": "100 Example Street, Oakland, CA",
        "ship_to_address": f"{one.site.project.city}, {one.site.project.state_code}",
        "ship_via": "Truck",
        "payment_terms": "Net 30",
        "delivery_date": later(one.day, 60).isoformat(),
        "billing_schedule_of_values_status": "approved" if one.executed else "draft",
    }


def _work_order(one: Contract) -> Row:
    return _contract(one) | _of_work_order(one)


def _of_work_order(one: Contract) -> Row:
    end = one.day + timedelta(days=240)
    return {
        "contract_start_date": later(one.day, 20).isoformat(),
        "contract_estimated_completion_date": end.isoformat(),
        "actual_completion_date": min(end, one.site.last).isoformat() if one.status == "Complete" else None,
        "inclusions": "As shown on the drawings.",
        "exclusions": "Permits and fees.",
    }


def _commitment(one: Contract) -> Row:
    row = _contract(one) | _of_purchase_order(one)
    if one.table == WORK_ORDERS:
        row["delivery_date"] = None
    wanted = (
        "id", "number", "title", "status", "description", "executed", "delivery_date", "private", "vendor", "created_at",
    )  # fmt: skip
    return {name: row[name] for name in wanted}


def _newer(one: Contract) -> Row:
    order, work = _of_purchase_order(one), _of_work_order(one)
    # Each kind has the other's fields without a value.
    order, work = (
        (order, dict.fromkeys(work)) if one.table == PURCHASE_ORDERS else (dict.fromkeys(order), work)
    )
    row = _contract(one) | order | work | _VERSION_2
    vendor = {"id": str(one.vendor.id), "name": one.vendor.name}
    return row | {
        "id": str(one.id),
        "type": one.kind,
        "vendor_id": vendor["id"],
        "vendor": vendor,
        "assignee_id": None if row["assignee"] is None else str(row["assignee"]["id"]),
        "project": {"id": str(one.site.project.id), "name": one.site.project.name},
    }


def line_items(site: Site, parent: RowPlace) -> RowList:
    """List the line items of a purchase order or a work order."""
    one = contracts.contract(site, parent)
    return RowList(len(one.lines), lambda place: _line_item(one, place))


def _line_item(one: Contract, place: int) -> Row:
    table = one.table.removesuffix("s") + "_line_items"
    line = one.lines[place]
    return line_row(one.site, line) | {
        "id": one.site.id(table, _STRIDE * one.index + place),
        "company": {"id": one.site.project.company.id, "name": one.site.project.company.name},
        "holder": {"id": one.id, "holder_type": one.kind},
        "position": place + 1,
        "change_event_line_item": None,
        "origin_data": ORIGIN,
        "created_at": stamp(one.day, 960),
        "updated_at": stamp(one.day, 965),
    }


def line_row(site: Site, line: Line) -> Row:
    """Return the fields that the line items of commitments and direct costs share."""
    return {
        "description": f"{line.code.cost_code.name} ({line.unit})",
        "cost_code": line.code.cost_code.reference(),
        "line_item_type": line_item_type(site.firm, line.code.kind),
        "wbs_code": line.code.reference(),
        "quantity": f"{line.quantity}.0",
        "uom": line.unit,
        "unit_cost": money(line.unit_cost),
        "amount": money(line.amount),
        "extended_amount": money(line.amount),
        "extended_type": "calculated",
        "total_amount": money(line.amount),
        "tax_code_id": None,
        "project": {"id": site.project.id, "name": site.project.name},
        "currency_configuration": CURRENCY,
        "origin_id": None,
    }
