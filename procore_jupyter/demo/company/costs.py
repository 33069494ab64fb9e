"""Direct costs, and the list of their line items."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from procore_jupyter.demo.company import directory
from procore_jupyter.demo.company.codes import breakdown
from procore_jupyter.demo.company.commitments import line_row
from procore_jupyter.demo.company.contracts import Line
from procore_jupyter.demo.company.directory import Vendor, anyone
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Children, Row, RowList
from procore_jupyter.demo.company.writing import CURRENCY, ORIGIN, later, moment, money, stamp

_STATUSES = ("approved", "approved", "approved", "pending", "draft", "revise_and_resubmit")
_USUAL = 110
# Days after the entry until a cost's amount is there.
_LATE = 3


@dataclass(frozen=True)
class _Cost:
    day: date
    kind: str
    status: str
    vendor: Vendor
    lines: tuple[Line, ...]

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)


def _cost(site: Site, index: int) -> _Cost:
    dice, many = site.dice("direct_cost_outlines", index), site.count(_USUAL)
    value = float(site.project.estimated_value) * 100
    lines = tuple(
        Line(
            dice.pick(site.get(breakdown)),
            dice.whole(1, 20),
            dice.pick(("ea", "hrs", "ls")),
            max(100, round(value * 0.04 / many / 40 * dice.part(0.2, 2.0))),
        )
        for _ in range(dice.whole(1, 4))
    )
    kind, vendor = (
        dice.pick(("subcontractor_invoice", "expense", "payroll")),
        dice.pick(site.get(directory.subcontractors)),
    )
    return _Cost(site.day(index, many), kind, dice.pick(_STATUSES), vendor, lines)


def spent(site: Site) -> dict[int, int]:
    """Return the sum of approved direct costs in cents, by the place of a WBS code."""
    found: dict[int, int] = {}
    for index in range(site.count(_USUAL)):
        one = _cost(site, index)
        for line in one.lines if one.status == "approved" else ():
            found[line.code.index] = found.get(line.code.index, 0) + line.amount
    return found


def direct_costs(site: Site) -> RowList:
    """List a project's direct costs."""
    return RowList(site.count(_USUAL), lambda index: _direct_cost(site, index))


def _direct_cost(site: Site, index: int) -> Row:
    one, dice = _cost(site, index), site.dice("direct_costs", index)
    payroll = one.kind == "payroll"
    paid = later(one.day, 30, site.last)
    return {
        "id": site.id("direct_costs", index),
        "description": f"{one.kind.capitalize().replace('_', ' ')} of {one.day.isoformat()}",
        "direct_cost_type": one.kind,
        "direct_cost_date": one.day.isoformat(),
        "status": one.status,
        "amount": money(one.total) if (site.last - one.day).days > _LATE else None,
        "grand_total": money(one.total),
        "invoice_number": f"INV-{index + 1:05d}",
        "received_date": later(one.day, 4, site.last).isoformat(),
        "payment_date": paid.isoformat() if one.status == "approved" else None,
        "terms": "Net 30",
        "vendor": None if payroll else one.vendor.name,
        "vendor_id": None if payroll else one.vendor.id,
        "vendor_name": None if payroll else one.vendor.name,
        "employee": anyone(site, dice, directory.own_people) if payroll else None,
        "currency_configuration": CURRENCY,
        "origin_id": f"DC{index + 1:05d}",
        "origin_data": ORIGIN,
        "created_at": moment(dice, one.day),
        "updated_at": moment(dice, paid),
        "deleted_at": None,
    }


def _lines(site: Site) -> Children:
    return Children(len(_cost(site, index).lines) for index in range(site.count(_USUAL)))


def direct_cost_line_items(site: Site) -> RowList:
    """List the line items of all of a project's direct costs."""
    return RowList(len(site.get(_lines)), lambda index: _line_item(site, index))


def _line_item(site: Site, index: int) -> Row:
    parent, place = site.get(_lines).place(index)
    one = _cost(site, parent)
    return line_row(site, one.lines[place]) | {
        "id": site.id("direct_cost_line_items", index),
        "holder": {"id": site.id("direct_costs", parent), "holder_type": "DirectCost::Item"},
        "position": place + 1,
        "created_at": stamp(one.day, 960),
        "updated_at": stamp(one.day, 965),
        "_direct_cost_id": site.id("direct_costs", parent),
    }
