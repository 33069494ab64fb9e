"""Money adds up, to the cent: line items to contracts, tiers of change orders, invoices, the budget."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

import pytest

from procore_jupyter.demo.company import (
    budget,
    change_events,
    change_orders,
    codes,
    commitments,
    contracts,
    costs,
    invoicing,
    prime,
)
from procore_jupyter.demo.company.records import Records, Site
from procore_jupyter.demo.company.rows import Row, RowPlace
from tests.demo.listing import HARBOR_TOWER

COLUMNS = ("original_budget_amount", "budget_modifications")


@pytest.fixture(scope="module", params=[HARBOR_TOWER, 4715, 562949953421400, 9101])
def site(request: pytest.FixtureRequest, records: Records) -> Site:
    found = records.site(request.param)
    assert found is not None
    return found


def total(rows: Iterable[Row], column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in rows), Decimal())


@pytest.mark.parametrize(
    ("contracts", "table", "lines"),
    [
        (commitments.purchase_orders, "purchase_orders", commitments.line_items),
        (commitments.work_orders, "work_orders", commitments.line_items),
        (prime.prime_contracts, "prime_contracts", prime.line_items),
    ],
    ids=["purchase orders", "work orders", "prime contracts"],
)
def test_line_items_add_up_to_their_contract(
    site: Site,
    contracts: Callable[[Site], Sequence[Row]],
    table: str,
    lines: Callable[[Site, RowPlace], Sequence[Row]],
) -> None:
    for index, contract in enumerate(contracts(site)):
        items = lines(site, RowPlace(table, index))
        for column in ("amount", "extended_amount", "total_amount"):
            assert total(items, column) == Decimal(contract["grand_total"])
        for item in items:
            assert Decimal(item["quantity"]) * Decimal(item["unit_cost"]) == Decimal(item["amount"]) > 0
            assert item["holder"]["id"] == contract["id"]


def test_the_prime_contracts_are_the_projects_value(site: Site) -> None:
    assert total(prime.prime_contracts(site), "grand_total") == Decimal(site.project.estimated_value)


def test_both_lists_of_commitments_are_the_purchase_orders_and_the_work_orders(site: Site) -> None:
    each = [*commitments.purchase_orders(site), *commitments.work_orders(site)]
    older, newer = list(commitments.commitments(site)), list(commitments.commitment_contracts(site))
    assert [row["id"] for row in older] == [row["id"] for row in each]
    for one, other in zip(each, newer, strict=True):
        assert other["id"] == str(one["id"])
        for column in ("number", "status", "grand_total", "revised_contract", "total_payments", "executed"):
            assert one[column] == other[column]


def test_a_commitment_changes_by_its_change_orders_and_is_paid_by_its_invoices(site: Site) -> None:
    changes: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in change_orders.commitment_change_orders(site):
        changes[row["contract_id"]][row["status"]] += Decimal(row["grand_total"])
    invoices: dict[int, list[Row]] = defaultdict(list)
    for row in invoicing.requisitions(site):
        invoices[row["commitment_id"]].append(row)
    contracts = [*commitments.purchase_orders(site), *commitments.work_orders(site)]
    assert changes.keys() | invoices.keys() <= {row["id"] for row in contracts if row["executed"]}
    for row in contracts:
        own, bills = changes[row["id"]], invoices[row["id"]]
        assert Decimal(row["approved_change_orders"]) == own["approved"]
        assert Decimal(row["pending_change_orders"]) == own["pending"]
        assert Decimal(row["draft_change_orders_amount"]) == own["draft"]
        assert Decimal(row["revised_contract"]) == Decimal(row["grand_total"]) + own["approved"]
        assert Decimal(row["total_requisitions_amount"]) == total(bills, "total_claimed_amount")
        paid = total((bill["summary"] for bill in bills if bill["payment_date"]), "current_payment_due")
        assert Decimal(row["total_payments"]) == paid
        assert Decimal(row["remaining_balance_outstanding"]) == Decimal(row["revised_contract"]) - paid
        assert [bill["number"] for bill in bills] == list(range(1, len(bills) + 1))
        before = [None, *(bill["id"] for bill in bills)]
        assert [bill["previous_requisition_id"] for bill in bills] == before[: len(bills)]


def test_an_invoices_summary_adds_up(site: Site) -> None:
    summaries = [row["summary"] for row in invoicing.requisitions(site)]
    summaries += [row["g702"] for row in invoicing.payment_applications(site)]
    assert summaries
    for one in summaries:
        figures = {name: Decimal(value) for name, value in one.items()}
        assert (
            figures["original_contract_sum"] + figures["net_change_by_change_orders"]
            == figures["contract_sum_to_date"]
        )
        assert (
            figures["total_completed_and_stored_to_date"] - figures["total_retainage"]
            == figures["total_earned_less_retainage"]
        )
        assert (
            figures["total_earned_less_retainage"] - figures["less_previous_certificates_for_payment"]
            == figures["current_payment_due"]
        )
        assert (
            figures["contract_sum_to_date"] - figures["total_earned_less_retainage"]
            == figures["balance_to_finish_including_retainage"]
        )


def test_the_tiers_of_change_orders_add_up(site: Site) -> None:
    packages = {row["id"]: row for row in change_orders.change_order_packages(site)}
    requests: dict[int, Row] = {}
    for index in range(len(prime.prime_contracts(site))):
        for row in change_orders.change_order_requests(site, RowPlace("prime_contracts", index)):
            requests[row["id"]] = row
            contract = packages[row["change_order_package_id"]]["contract_id"]
            assert contract == site.id("prime_contracts", index)
    potential = list(change_orders.potential_change_orders(site))
    for number, row in requests.items():
        own = [one for one in potential if one["change_order_request_id"] == number]
        assert total(own, "grand_total") == Decimal(row["grand_total"])
    for number, row in packages.items():
        own = [one for one in requests.values() if one["change_order_package_id"] == number]
        assert total(own, "grand_total") == Decimal(row["grand_total"])
    singles = {row["legacy_package_id"]: row for row in change_orders.prime_change_orders(site)}
    assert {n: row["grand_total"] for n, row in singles.items()} == {
        n: row["grand_total"] for n, row in packages.items()
    }
    for contract in prime.prime_contracts(site):
        approved = [
            row
            for row in singles.values()
            if row["status"] == "approved" and row["contract_id"] == contract["id"]
        ]
        assert Decimal(contract["approved_change_orders"]) == total(approved, "grand_total")


def test_a_commitments_requests_are_the_sum_of_two_change_orders_each(site: Site) -> None:
    changes: dict[int, list[Row]] = defaultdict(list)
    for row in change_orders.commitment_change_orders(site):
        changes[row["contract_id"]].append(row)
    seen: set[int] = set()
    for place in contracts.places(site):
        requests = change_orders.change_order_requests(site, place)[:]
        own = changes.get(contracts.contract(site, place).id, [])
        sums = [total(own[start : start + 2], "grand_total") for start in range(0, len(own), 2)]
        assert [Decimal(row["grand_total"]) for row in requests] == sums
        seen |= {row["id"] for row in requests}
    prime_ones = (change_orders.change_order_requests(site, RowPlace("prime_contracts", n)) for n in (0, 1))
    assert seen and seen.isdisjoint(row["id"] for rows in prime_ones for row in rows)


def test_a_prime_contract_has_no_rfq(site: Site) -> None:
    assert not list(change_events.rfqs(site, RowPlace("prime_contracts", 0)))


def test_direct_costs_are_the_sum_of_their_line_items(site: Site) -> None:
    lines: dict[int, list[Row]] = defaultdict(list)
    for row in costs.direct_cost_line_items(site):
        lines[row["holder"]["id"]].append(row)
    for row in costs.direct_costs(site):
        whole = Decimal(row["grand_total"])
        assert whole == total(lines.pop(row["id"]), "amount")
        assert row["amount"] is None or Decimal(row["amount"]) == whole
    assert not lines


@pytest.mark.parametrize("view", [0, 1])
def test_summary_rows_are_the_sum_of_the_detail_rows(site: Site, view: int) -> None:
    place = RowPlace("budget_views", view)
    details, summaries = budget.detail_rows(site, place), budget.summary_rows(site, place)
    assert len(summaries) == 3
    own = [name for name in details[0] if name[0].isupper()]
    assert len(own) == 4
    for row in summaries:
        billed = [detail for detail in details if str(detail["biller_id"]) == row["id"]]
        assert billed
        for column in (*COLUMNS, *own):
            assert total(billed, column) == Decimal(row[column])
        forecasts = [detail["budget_forecast"] for detail in billed]
        assert total(forecasts, "amount") == Decimal(row["budget_forecast"]["amount"])


def test_the_budget_knows_what_was_moved_committed_and_spent(site: Site) -> None:
    details = {row["id"]: row for row in budget.detail_rows(site, RowPlace("budget_views", 0))}
    moved: dict[int, Decimal] = defaultdict(Decimal)
    for row in budget.budget_modifications(site):
        moved[row["from_budget_line_item_id"]] -= Decimal(row["transfer_amount"])
        moved[row["to_budget_line_item_id"]] += Decimal(row["transfer_amount"])
    assert moved.keys() <= details.keys()
    committed: dict[int, Decimal] = defaultdict(Decimal)
    for table, rows in (
        ("purchase_orders", commitments.purchase_orders(site)),
        ("work_orders", commitments.work_orders(site)),
    ):
        for index, contract in enumerate(rows):
            if contract["executed"]:
                for line in commitments.line_items(site, RowPlace(table, index)):
                    committed[line["wbs_code"]["id"]] += Decimal(line["amount"])
    approved = {row["id"] for row in costs.direct_costs(site) if row["status"] == "approved"}
    spent: dict[int, Decimal] = defaultdict(Decimal)
    for line in costs.direct_cost_line_items(site):
        if line["holder"]["id"] in approved:
            spent[line["wbs_code"]["id"]] += Decimal(line["amount"])
    for row in details.values():
        assert Decimal(row["budget_modifications"]) == moved[row["id"]]
        revised = Decimal(row["original_budget_amount"]) + moved[row["id"]]
        assert Decimal(row["Revised Budget"]) == revised > 0
        assert Decimal(row["Committed Costs"]) == committed[row["wbs_code_id"]]
        assert Decimal(row["Direct Costs"]) == spent[row["wbs_code_id"]]
    assert len(details) == len(codes.wbs_codes(site))


def test_the_figures_are_of_a_plausible_size(site: Site) -> None:
    value = Decimal(site.project.estimated_value)
    details = budget.detail_rows(site, RowPlace("budget_views", 0))
    assert Decimal("0.85") < total(details, "original_budget_amount") / value < Decimal("0.95")
    bought = [row for row in commitments.commitments(site) if row["executed"]]
    assert bought
    both = [*commitments.purchase_orders(site), *commitments.work_orders(site)]
    assert Decimal("0.3") < total(both, "grand_total") / value < Decimal("0.95")
    assert Decimal() < total(costs.direct_costs(site), "grand_total") / value < Decimal("0.1")
