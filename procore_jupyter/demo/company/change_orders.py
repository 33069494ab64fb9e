"""Change orders of prime contracts, in up to three tiers, and of commitments."""

from __future__ import annotations

from datetime import date

from procore_jupyter.demo.company import contracts, directory, prime
from procore_jupyter.demo.company.attached import attachments
from procore_jupyter.demo.company.change_events import event_reference
from procore_jupyter.demo.company.choices import any_option
from procore_jupyter.demo.company.company_fields import custom_fields
from procore_jupyter.demo.company.contracts import Contract
from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.directory import Vendor, anyone
from procore_jupyter.demo.company.locations import any_location
from procore_jupyter.demo.company.prime import PER_PACKAGE
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Row, RowList, RowPlace
from procore_jupyter.demo.company.writing import CURRENCY, ORIGIN, later, moment, money

_PER_REQUEST = PER_PACKAGE // 2


def _shared(site: Site, dice: Dice, day: date, status: str, cents: int) -> Row:
    """Return the fields that all tiers have."""
    done = later(day, dice.whole(5, 40), site.last)
    approved = status == "approved"
    return {
        "status": status,
        "revision": 0,
        "grand_total": money(cents),
        "due_date": later(day, 21).isoformat(),
        "invoiced_date": done.isoformat() if approved and dice.chance(0.7) else None,
        "paid_date": later(done, 20, site.last).isoformat() if approved and dice.chance(0.5) else None,
        "created_by_id": anyone(site, dice, directory.own_people)["id"],
        "currency_configuration": CURRENCY,
        "created_at": moment(dice, day),
        "updated_at": moment(dice, done),
        "deleted_at": None,
    }


def _package_day(site: Site, package: int) -> date:
    return site.day(package, prime.packages(site))


def change_order_packages(site: Site) -> RowList:
    """List a project's change order packages, the last tier, which changes a prime contract."""
    return RowList(prime.packages(site), lambda index: _package(site, index))


def _package(site: Site, index: int) -> Row:
    dice, day = site.dice("change_order_packages", index), _package_day(site, index)
    status, total = prime.package_status(site, index), prime.package_total(site, index)
    one = prime.contract(site, prime.package_contract(index))
    approved = status == "approved"
    reviewed = later(day, 10, site.last)
    return _shared(site, dice, day, status, total) | {
        "id": site.id("change_order_packages", index),
        "number": f"PCCO-{index + 1:03d}",
        "title": f"Package of changes {index + 1}",
        "contract_id": one.id,
        "executed": approved,
        "reviewed_at": moment(dice, reviewed) if approved else None,
        "signed_change_order_received_date": reviewed.isoformat() if approved else None,
        "designated_reviewer": anyone(site, dice, directory.own_people),
        "origin_id": None,
        "origin_code": None,
        "origin_data": ORIGIN,
        "custom_fields": custom_fields(site, "change_orders", dice),
    }


def change_order_requests(site: Site, parent: RowPlace) -> RowList:
    """List the change order requests, the middle tier, of a prime contract or a commitment."""
    if parent.table != "prime_contracts":
        return _requests_of_commitment(site, parent)
    inside = [
        index
        for index in range(_prime_requests(site))
        if parent == RowPlace("prime_contracts", prime.package_contract(index * _PER_REQUEST // PER_PACKAGE))
    ]
    return RowList(len(inside), lambda place: _request(site, inside[place]))


def _prime_requests(site: Site) -> int:
    return prime.packages(site) * PER_PACKAGE // _PER_REQUEST


def _requests_of_commitment(site: Site, parent: RowPlace) -> RowList:
    """List a commitment's change order requests: two of its change orders each."""
    one = contracts.contract(site, parent)
    first = site.get(contracts.changes_of).starts[site.get(contracts.places).index(parent)]

    def make(place: int) -> Row:
        index, changes = _prime_requests(site) + first + 2 * place, one.changes[2 * place : 2 * place + 2]
        dice, total = site.dice("change_order_requests", index), sum(change.amount for change in changes)
        return _shared(site, dice, later(one.day, 30 * (place + 1), site.last), changes[0].status, total) | {
            "id": site.id("change_order_requests", index),
            "number": f"COR-{place + 1:03d}",
            "title": f"{one.number} request {place + 1}",
            "change_order_package_id": None,
            "schedule_impact_amount": dice.whole(0, 10),
        }

    return RowList((len(one.changes) + 1) // 2, make)


def _request(site: Site, index: int) -> Row:
    dice, package = site.dice("change_order_requests", index), index * _PER_REQUEST // PER_PACKAGE
    parts = range(_PER_REQUEST * index, _PER_REQUEST * (index + 1))
    total = sum(prime.potential_amount(site, part) for part in parts)
    return _shared(site, dice, _package_day(site, package), prime.package_status(site, package), total) | {
        "id": site.id("change_order_requests", index),
        "number": f"COR-{index + 1:03d}",
        "title": f"Request {index + 1}",
        "change_order_package_id": site.id("change_order_packages", package),
        "schedule_impact_amount": dice.whole(0, 10),
    }


def potential_change_orders(site: Site) -> RowList:
    """List a project's potential change orders, the first tier. The newest are in no request yet."""
    packages = prime.packages(site)
    return RowList(PER_PACKAGE * packages + packages, lambda index: _potential(site, index, packages))


def _potential(site: Site, index: int, packages: int) -> Row:
    dice = site.dice("potential_change_orders", index)
    package = index // PER_PACKAGE if index < PER_PACKAGE * packages else None
    request = None if package is None else index // _PER_REQUEST
    status = "pending" if package is None else prime.package_status(site, package)
    day = _package_day(site, packages - 1 if package is None else package)
    event = event_reference(site, index)
    one = prime.contract(site, 0 if package is None else prime.package_contract(package))
    return _shared(site, dice, day, status, prime.potential_amount(site, index)) | {
        "id": site.id("potential_change_orders", index),
        "number": f"{index + 1:03d}",
        "title": event["title"],
        "contract_id": one.id,
        "change_order_request_id": None if request is None else site.id("change_order_requests", request),
        "change_order_request_title": None if request is None else f"Request {request + 1}",
        "change_order_package_title": None if package is None else f"Package of changes {package + 1}",
        "potential_change_order_acronym_number": f"PCO-{index + 1:03d}",
        "change_order_request_acronym_number": None if request is None else f"COR-{request + 1:03d}",
        "change_order_package_acronym_number": None if package is None else f"PCCO-{package + 1:03d}",
        "change_order_tiers": 3,
        "change_reason": any_option("change_reason", dice)["name"],
        "schedule_impact_amount": dice.whole(0, 5),
        "executed": status == "approved",
        "reviewed_at": moment(dice, later(day, 8, site.last)) if status == "approved" else None,
        "custom_fields": custom_fields(site, "change_orders", dice),
        "_origin_id": None,
    }


def prime_change_orders(site: Site) -> RowList:
    """List the change orders of a project's prime contracts, as a project with one or two tiers has them."""

    def make(index: int) -> Row:
        dice, day = site.dice("prime_change_orders", index), _package_day(site, index)
        one = prime.contract(site, prime.package_contract(index))
        row = _shared(site, dice, day, prime.package_status(site, index), prime.package_total(site, index))
        events = [event_reference(site, PER_PACKAGE * index + place) for place in range(PER_PACKAGE)]
        return (
            row
            | _single(site, dice, "prime_change_orders", index, row, events, one.owner)
            | {
                "contract_id": one.id,
                "legacy_package_id": site.id("change_order_packages", index),
                "number": f"{index + 1:03d}",
                "title": f"Package of changes {index + 1}",
                "type": "PrimeChangeOrder",
            }
        )

    return RowList(prime.packages(site), make)


def commitment_change_orders(site: Site) -> RowList:
    """List the change orders of a project's commitments, one commitment after the other."""
    return RowList(len(site.get(contracts.changes_of)), lambda index: _of_commitment(site, index))


def _of_commitment(site: Site, index: int) -> Row:
    parent, number = site.get(contracts.changes_of).place(index)
    one: Contract = contracts.contract(site, site.get(contracts.places)[parent])
    change, dice = one.changes[number], site.dice("commitment_change_orders", index)
    row = _shared(site, dice, later(one.day, 30 * (number + 1), site.last), change.status, change.amount)
    events = [event_reference(site, index)]
    row |= _single(site, dice, "commitment_change_orders", index, row, events, one.vendor)
    del row["paid_date"]
    return row | {
        "contract_id": one.id,
        "legacy_package_id": None,
        "number": f"{number + 1:03d}",
        "title": f"{one.number} change {number + 1}",
        "type": "CommitmentChangeOrder",
    }


def _single(
    site: Site, dice: Dice, table: str, index: int, shared: Row, events: list[Row], vendor: Vendor
) -> Row:
    """Return the fields that change orders of prime contracts and commitments have beside those of all tiers."""
    approved = shared["status"] == "approved"
    location = any_location(site, dice)
    creator = anyone(site, dice, directory.own_people)
    del shared["created_by_id"], shared["deleted_at"]
    return {
        "id": site.id(table, index),
        "description": f"As agreed with {vendor.name}.",
        "batch_id": None,
        "legacy_request_id": None,
        "location_id": location["id"],
        "executed": approved,
        "paid": approved and dice.chance(0.5),
        "signature_required": True,
        "private": False,
        "field_change": dice.chance(0.1),
        "schedule_impact_amount": dice.whole(0, 10),
        "reference": None,
        "revised_substantial_completion_date": None,
        "signed_change_order_received_date": shared["updated_at"][:10] if approved else None,
        "reviewed_at": shared["updated_at"] if approved else None,
        "reviewed_by": creator if approved else None,
        "created_by": creator,
        "designated_reviewer": anyone(site, dice, directory.own_people),
        "received_from": anyone(site, dice, directory.other_people),
        "change_order_change_reason": any_option("change_reason", dice),
        "change_events": events,
        "attachments": attachments(site, table, index, dice),
        "custom_fields": custom_fields(site, "change_orders", dice),
        "_vendor_id": vendor.id,
    }
