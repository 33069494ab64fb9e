"""Invoices: subcontractors' requisitions, and payment applications to the owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from procore_jupyter.demo.company import contracts, directory, prime
from procore_jupyter.demo.company.attached import attachments
from procore_jupyter.demo.company.codes import periods
from procore_jupyter.demo.company.company_fields import custom_fields
from procore_jupyter.demo.company.contracts import Contract
from procore_jupyter.demo.company.directory import anyone
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Row, RowList, RowPlace
from procore_jupyter.demo.company.writing import CURRENCY, ORIGIN, moment, money

_RETAINAGE = 10


@dataclass(frozen=True)
class _Bill:
    """The amounts of an invoice in cents."""

    original: int
    changes: int
    before: int
    completed: int

    @property
    def earned(self) -> int:
        """The completed work, less retainage."""
        return self.completed - self.completed * _RETAINAGE // 100

    @property
    def due(self) -> int:
        """The amount to pay now."""
        return self.earned - (self.before - self.before * _RETAINAGE // 100)

    def summary(self) -> Row:
        """Return the lines of an invoice's form."""
        revised = self.original + self.changes
        figures = {
            "original_contract_sum": self.original,
            "net_change_by_change_orders": self.changes,
            "contract_sum_to_date": revised,
            "total_completed_and_stored_to_date": self.completed,
            "total_retainage": self.completed - self.earned,
            "total_earned_less_retainage": self.earned,
            "less_previous_certificates_for_payment": self.earned - self.due,
            "current_payment_due": self.due,
            "balance_to_finish_including_retainage": revised - self.earned,
        }
        return {name: money(cents) for name, cents in figures.items()}


def _bill(one: Contract, number: int) -> _Bill:
    before, completed = one.completed(number), one.completed(number + 1)
    return _Bill(one.total, one.changed_by("approved"), before, completed)


def paid(one: Contract) -> int:
    """Return the amount paid for a commitment in cents: all invoices but the last one."""
    return sum(_bill(one, number).due for number in range(one.invoices - 1))


def requisitions(site: Site) -> RowList:
    """List a project's requisitions, one commitment after the other."""
    return RowList(len(site.get(contracts.invoices_of)), lambda index: _requisition(site, index))


def _requisition(site: Site, index: int) -> Row:
    parent, number = site.get(contracts.invoices_of).place(index)
    one = contracts.contract(site, site.get(contracts.places)[parent])
    dice, bill = site.dice("requisitions", index), _bill(one, number)
    last = number == one.invoices - 1
    start, end, period = _period(site, one.day, number + 1)
    billed = min(end, site.last)
    paid_on = min(billed + timedelta(days=20), site.last)
    return {
        "id": site.id("requisitions", index),
        "number": number + 1,
        "invoice_number": f"{one.number}-{number + 1:02d}",
        "invoice_type": "progress",
        "previous_requisition_id": site.id("requisitions", index - 1) if number else None,
        "project_id": site.project.id,
        "commitment_id": one.id,
        "commitment_type": one.kind,
        "contract_name": f"{one.number} - {one.title}",
        "vendor_id": one.vendor.id,
        "vendor_name": one.vendor.name,
        "period_id": period,
        "requisition_start": start.isoformat(),
        "requisition_end": end.isoformat(),
        "billing_date": billed.isoformat(),
        "submitted_at": billed.isoformat(),
        "payment_date": None if last else paid_on.isoformat(),
        "status": "under_review" if last else "approved",
        "erp_status": None,
        "final": last and one.status == "Complete",
        "deletable": last,
        "percent_complete": f"{one.percent(number + 1)}.00%",
        "total_claimed_amount": money(bill.completed - bill.before),
        "summary": bill.summary(),
        "summary_text": {"current_payment_due": "Current payment due"},
        "electronic_signature_id": None,
        "move_materials_to_previous_work_completed": False,
        "items": [],
        "item_packages": [],
        "created_by": anyone(site, dice, directory.other_people),
        "custom_fields": custom_fields(site, "requisitions", dice),
        "attachments": attachments(site, "requisitions", index, dice),
        "currency_configuration": CURRENCY,
        "origin_id": None,
        "origin_data": ORIGIN,
        "created_at": moment(dice, billed),
        "updated_at": moment(dice, billed),
        "_is_last": last,
    }


def _period(site: Site, since: date, months: int) -> tuple[date, date, int]:
    """Return the billing period some months after a day: its first and last day, and its id."""
    known = site.get(periods)
    index = (since.year - known[0][0].year) * 12 + since.month - known[0][0].month + months
    index = min(index, len(known) - 1)
    return *known[index], site.id("billing_periods", index)


def payment_applications(site: Site) -> RowList:
    """List a project's payment applications on the main prime contract, one for each month but the last."""
    months = len(site.get(periods)) - 1
    return RowList(months, lambda index: _application(site, index, months))


def payment_applications_of(site: Site, contract: RowPlace) -> RowList:
    """List a prime contract's payment applications: the main one has them all."""
    return payment_applications(site) if contract.index == 0 else RowList(0, lambda _: {})


def _application(site: Site, index: int, months: int) -> Row:
    one = prime.contract(site, 0)
    dice = site.dice("payment_applications", index)
    start, end, period = _period(site, site.first, index)
    revised = one.total + one.approved
    before, completed = (revised * 9 * share // (10 * months) for share in (index, index + 1))
    bill = _Bill(one.total, one.approved, before, completed)
    return {
        "id": site.id("payment_applications", index),
        "number": index + 1,
        "invoice_number": f"{site.project.number}-{index + 1:02d}",
        "status": "approved" if index < months - 1 else "under_review",
        "billing_date": end.isoformat(),
        "period_id": period,
        "period_start": start.isoformat(),
        "period_end": end.isoformat(),
        "billing_period": {"id": period, "start_date": start.isoformat(), "end_date": end.isoformat()},
        "contract": {"id": one.id, "title": one.title, "number": one.number},
        "formatted_contract_company": one.owner.name,
        "description_type": "progress",
        "percent_complete": f"{completed / revised * 100:.2f}",
        "total_amount_accrued_this_period": money(completed - before),
        "total_amount_paid": money(bill.earned - bill.due if index == months - 1 else bill.earned),
        "g702": bill.summary(),
        "currency_configuration": CURRENCY,
        "origin_id": None,
        "origin_data": ORIGIN,
        # These are days and no moments, as documented.
        "created_at": end.isoformat(),
        "updated_at": min(end + timedelta(days=dice.whole(0, 9)), site.last).isoformat(),
    }
