"""Prime contracts with the owner, their line items, and the amounts of their change orders. Amounts are in cents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from procore_jupyter.demo.company import directory
from procore_jupyter.demo.company.attached import attachments
from procore_jupyter.demo.company.codes import DIVISIONS, WbsCode, breakdown, line_item_type
from procore_jupyter.demo.company.directory import Vendor, anyone
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Row, RowList, RowPlace
from procore_jupyter.demo.company.writing import CURRENCY, ORIGIN, moment, money, stamp

PER_PACKAGE = 4
"""Potential change orders of a change order package; half of them are in a request."""

_TITLES = ("Building", "Site work")
# Each contract's part of the project's value, in hundredths.
_SHARES = (92, 8)
_SUBCONTRACT = 2


@dataclass(frozen=True)
class Prime:
    """A prime contract."""

    index: int
    id: int
    number: str
    title: str
    owner: Vendor
    architect: Vendor
    contractor: Vendor
    lines: tuple[tuple[WbsCode, int], ...]
    approved: int

    @property
    def total(self) -> int:
        """The sum of its line items."""
        return sum(amount for _, amount in self.lines)

    def reference(self) -> Row:
        """Return the contract as other rows show it."""
        return {"id": self.id, "title": self.title, "number": self.number}


def contract(site: Site, index: int) -> Prime:
    """Return a prime contract by its place."""
    return site.get(_contracts)[index]


def _contracts(site: Site) -> tuple[Prime, ...]:
    _, architect, _, owner = site.get(directory.site_vendors)[:4]
    contractor = site.get(directory.site_vendors)[0]
    value = round(float(site.project.estimated_value) * 100)
    first = value * _SHARES[0] // 100
    return tuple(
        Prime(
            index,
            site.id("prime_contracts", index),
            f"{site.project.number}-{index + 1}",
            f"{title}, {site.project.name}",
            owner,
            architect,
            contractor,
            _lines(site, index, (first, value - first)[index]),
            sum(package_total(site, package) for package in _approved_packages(site, index)),
        )
        for index, title in enumerate(_TITLES)
    )


def _lines(site: Site, index: int, total: int) -> tuple[tuple[WbsCode, int], ...]:
    """Return a line for each division; the last line fills up the total."""
    firsts: dict[int, WbsCode] = {}
    for code in site.get(breakdown):
        if code.kind == _SUBCONTRACT:
            firsts.setdefault(code.cost_code.division, code)
    # The second contract is for earthwork and the divisions after it.
    chosen = [
        code for division, code in firsts.items() if (int(DIVISIONS[division][0]) >= 31) == (index == 1)
    ]
    dice = site.dice("prime_contract_line_items", index)
    parts = [dice.part(0.4, 1.6) for _ in chosen]
    amounts = [round(total * part / sum(parts) / 100) * 100 for part in parts[:-1]]
    return tuple(zip(chosen, [*amounts, total - sum(amounts)], strict=True))


def packages(site: Site) -> int:
    """Return the number of a project's change order packages."""
    return site.count(15)


def package_contract(package: int) -> int:
    """Return the place of the prime contract that a package changes."""
    return 1 if package % 5 == 4 else 0


def package_status(site: Site, package: int) -> str:
    """Return the status of a package and of its requests and potential change orders."""
    dice = site.dice("change_order_package_outlines", package)
    old = (site.last - site.day(package, packages(site))).days > 60
    return (
        "approved" if old and dice.chance(0.9) else dice.pick(("pending", "draft", "proceeding", "rejected"))
    )


def potential_amount(site: Site, index: int) -> int:
    """Return the amount of a potential change order in cents."""
    value = float(site.project.estimated_value) * 100
    part = site.dice("potential_change_order_amounts", index).part(-0.2, 2.0)
    return round(value * 0.06 / (PER_PACKAGE * packages(site)) * part)


def package_total(site: Site, package: int) -> int:
    """Return the amount of a package in cents, the sum of its potential change orders."""
    first = PER_PACKAGE * package
    return sum(potential_amount(site, index) for index in range(first, first + PER_PACKAGE))


def _approved_packages(site: Site, index: int) -> list[int]:
    return [
        package
        for package in range(packages(site))
        if package_contract(package) == index and package_status(site, package) == "approved"
    ]


def prime_contracts(site: Site) -> RowList:
    """List a project's prime contracts."""
    return RowList(len(_TITLES), lambda index: _contract(site, contract(site, index)))


def _contract(site: Site, one: Prime) -> Row:
    dice = site.dice("prime_contracts", one.index)
    signed = site.first + timedelta(days=10)
    return {
        "id": one.id,
        "number": one.number,
        "title": one.title,
        "status": "Approved",
        "description": f"{one.title}, for {one.owner.name}.",
        "executed": True,
        "private": False,
        "accounting_method": "amount",
        "grand_total": money(one.total),
        "approved_change_orders": money(one.approved),
        "retainage_percent": "10.0",
        "contract_date": site.first.isoformat(),
        "contract_start_date": site.project.start_date,
        "contract_estimated_completion_date": site.project.completion_date,
        "actual_completion_date": None,
        "contract_termination_date": None,
        "approval_letter_date": signed.isoformat(),
        "execution_date": signed.isoformat(),
        "issued_on_date": site.first.isoformat(),
        "letter_of_intent_date": None,
        "returned_date": signed.isoformat(),
        "signed_contract_received_date": signed.isoformat(),
        "inclusions": "As shown on the drawings.",
        "exclusions": "Furniture and equipment of the owner.",
        "show_line_items_to_non_admins": True,
        "vendor": one.owner.reference(),
        "architect": one.architect.reference(),
        "contractor": one.contractor.reference(),
        "created_by": anyone(site, dice, directory.own_people),
        "attachments": attachments(site, "prime_contracts", one.index, dice, 1.0),
        "currency_configuration": CURRENCY,
        "origin_id": one.number,
        "origin_code": one.number,
        "origin_data": ORIGIN,
        "created_at": moment(dice, site.first),
        "updated_at": moment(dice, site.last),
        "deleted_at": None,
    }


def line_items(site: Site, parent: RowPlace) -> RowList:
    """List the line items of a prime contract."""
    one = contract(site, parent.index)
    return RowList(len(one.lines), lambda place: _line(site, one, place))


def _line(site: Site, one: Prime, place: int) -> Row:
    code, cents = one.lines[place]
    return {
        "id": site.id("prime_contract_line_items", 100 * one.index + place),
        "description": DIVISIONS[code.cost_code.division][1],
        "position": place + 1,
        "amount": money(cents),
        "quantity": "1.0",
        "uom": "ls",
        "unit_cost": money(cents),
        "extended_amount": money(cents),
        "extended_type": "manual",
        "total_amount": money(cents),
        "tax_code_id": None,
        "company": {"id": site.project.company.id, "name": site.project.company.name},
        "project": {"id": site.project.id, "name": site.project.name},
        "holder": {"id": one.id, "holder_type": "PrimeContract"},
        "cost_code": code.cost_code.reference(),
        "line_item_type": line_item_type(site.firm, code.kind),
        "wbs_code": code.reference(),
        "change_event_line_item": None,
        "currency_configuration": CURRENCY,
        "origin_id": None,
        "origin_data": ORIGIN,
        "created_at": stamp(site.first, 980),
        "updated_at": stamp(site.first, 985),
    }
