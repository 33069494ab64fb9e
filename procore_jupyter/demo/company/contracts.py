"""The figures of commitments: what each purchase order and work order is for, and its amounts.

Amounts are whole cents, so that they add up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from procore_jupyter.demo.company import directory
from procore_jupyter.demo.company.codes import DIVISIONS, WbsCode, breakdown, leaves
from procore_jupyter.demo.company.directory import Vendor
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Children, RowPlace

PURCHASE_ORDERS, WORK_ORDERS = "purchase_orders", "work_orders"

# Shares of the project's value: materials are bought with purchase orders, work with work orders.
_SHARES = {PURCHASE_ORDERS: 18, WORK_ORDERS: 42}
_USUAL = {PURCHASE_ORDERS: 60, WORK_ORDERS: 42}
_STATUSES = {
    PURCHASE_ORDERS: ("Draft", "Submitted", "Approved", "Partially Received", "Received", "Closed"),
    WORK_ORDERS: ("Draft", "Out For Signature", "Approved", "Approved", "Approved", "Complete"),
}
# The kind of cost of each, as a place in the line item types.
_KINDS = {PURCHASE_ORDERS: 1, WORK_ORDERS: 2}
_UNITS = ("ea", "lf", "sf", "cy", "hrs", "ls")
# The division of the work of each trade.
_DIVISIONS = (
    "03", "05", "04", "06", "07", "07", "08", "09", "09", "09", "22", "23", "21", "26", "27", "14", "31", "32",
    "32", "02",
)  # fmt: skip
_CHANGE_STATUSES = ("approved", "approved", "approved", "pending", "draft", "void")
_MOST_INVOICES = 10


@dataclass(frozen=True)
class Line:
    """A line item: a quantity, its unit, and the unit's cost in cents."""

    code: WbsCode
    quantity: int
    unit: str
    unit_cost: int

    @property
    def amount(self) -> int:
        """The line's cost in cents."""
        return self.quantity * self.unit_cost


@dataclass(frozen=True)
class Change:
    """A change order of a commitment: its amount in cents and its status."""

    amount: int
    status: str


@dataclass(frozen=True)
class Contract:
    """A purchase order or a work order."""

    site: Site
    table: str
    index: int
    day: date
    vendor: Vendor
    status: str
    lines: tuple[Line, ...]
    changes: tuple[Change, ...]
    invoices: int

    @property
    def id(self) -> int:
        """The id of its row."""
        return self.site.id(self.table, self.index)

    @property
    def number(self) -> str:
        """Its number, as people read it."""
        return f"{'PO' if self.table == PURCHASE_ORDERS else 'SC'}-{self.index + 1:03d}"

    @property
    def kind(self) -> str:
        """Its kind, as Procore names it."""
        return "PurchaseOrderContract" if self.table == PURCHASE_ORDERS else "WorkOrderContract"

    @property
    def title(self) -> str:
        """The work or material that it is for."""
        return self.lines[0].code.cost_code.name

    @property
    def executed(self) -> bool:
        """Whether it is signed."""
        return self.status not in _STATUSES[self.table][:2]

    @cached_property
    def total(self) -> int:
        """The sum of its line items in cents."""
        return sum(line.amount for line in self.lines)

    def changed_by(self, *statuses: str) -> int:
        """Return the sum in cents of its change orders with these statuses."""
        return sum(change.amount for change in self.changes if change.status in statuses)

    @property
    def revised(self) -> int:
        """The sum with its approved change orders in cents."""
        return self.total + self.changed_by("approved")

    def completed(self, invoices: int) -> int:
        """Return the work completed after a number of invoices, in cents."""
        return self.revised * self.percent(invoices) // 100

    def percent(self, invoices: int) -> int:
        """Return the share completed after a number of invoices."""
        last = 100 if self.status == "Complete" else 85
        return last * invoices // self.invoices if self.invoices else 0


def count(site: Site, table: str) -> int:
    """Return how many purchase orders or work orders a project has."""
    return site.count(_USUAL[table])


def contract(site: Site, place: RowPlace) -> Contract:
    """Return the commitment at a place."""
    table, index = place.table, place.index
    dice, many = site.dice(table, index), count(site, table)
    day = site.day(index, many)
    vendor = dice.pick(site.get(directory.subcontractors))
    status = dice.pick(_STATUSES[table])
    executed = status not in _STATUSES[table][:2]
    inside = [
        code for code in site.get(leaves) if DIVISIONS[code.division][0] == _DIVISIONS[vendor.trade or 0]
    ]
    value = round(float(site.project.estimated_value) * 100)
    number = dice.whole(2, 8)
    lines = []
    for _ in range(number):
        code = dice.pick(inside)
        target = value * _SHARES[table] / 100 / many / number * dice.part(0.4, 1.6)
        quantity = dice.whole(1, 60)
        lines.append(
            Line(
                _coded(site, code.index, _KINDS[table]),
                quantity,
                dice.pick(_UNITS),
                max(100, round(target / quantity)),
            )
        )
    total = sum(line.amount for line in lines)
    changes = tuple(
        Change(round(total * dice.part(-0.02, 0.06)), dice.pick(_CHANGE_STATUSES))
        for _ in range(dice.whole(0, 3) if executed else 0)
    )
    months = (site.last.year - day.year) * 12 + site.last.month - day.month
    invoices = min(months, dice.whole(3, _MOST_INVOICES)) if executed and table == WORK_ORDERS else 0
    return Contract(site, table, index, day, vendor, status, tuple(lines), changes, invoices)


def _coded(site: Site, cost_code: int, kind: int) -> WbsCode:
    return site.get(_by_code)[cost_code, kind]


def _by_code(site: Site) -> dict[tuple[int, int], WbsCode]:
    return {(code.cost_code.index, code.kind): code for code in site.get(breakdown)}


def places(site: Site) -> list[RowPlace]:
    """Return the places of all commitments, purchase orders first."""
    return [
        RowPlace(table, index)
        for table in (PURCHASE_ORDERS, WORK_ORDERS)
        for index in range(count(site, table))
    ]


def every(site: Site) -> Iterator[Contract]:
    """Return all commitments, in the order of their places."""
    return (contract(site, place) for place in site.get(places))


def changes_of(site: Site) -> Children:
    """Return which commitment each change order belongs to, by their places."""
    return Children(len(one.changes) for one in every(site))


def invoices_of(site: Site) -> Children:
    """Return which commitment each invoice belongs to, by their places."""
    return Children(one.invoices for one in every(site))


def committed(site: Site) -> dict[int, int]:
    """Return the costs in signed contracts in cents, by the place of a WBS code."""
    found: dict[int, int] = {}
    for one in every(site):
        for line in one.lines if one.executed else ():
            found[line.code.index] = found.get(line.code.index, 0) + line.amount
    return found
