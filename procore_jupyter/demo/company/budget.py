"""The budget: views, their detail rows by WBS code, the sums of these, and the changes. Amounts are in cents."""

from __future__ import annotations

from procore_jupyter.demo.company import contracts, costs, directory, prime
from procore_jupyter.demo.company.codes import DIVISIONS, CostCode, breakdown, codes, line_item_type, sub_job
from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.directory import anyone
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Row, RowList, RowPlace
from procore_jupyter.demo.company.writing import CURRENCY, ORIGIN, moment, money, stamp

# The views, each with the titles of its own columns.
_VIEWS = (
    ("Standard budget", ("Revised Budget", "Committed Costs", "Direct Costs", "Job to Date Costs")),
    ("Forecast", ("Revised Budget", "Forecast To Complete", "Estimated Cost at Completion", "Projected Over Under")),
)  # fmt: skip
# Ids that are set apart for the detail rows of a view.
_STRIDE = 1000
# Levels of cost codes that a detail row names.
_LEVELS = 5
# Share of the contract's value that is in the budget.
_SHARE = 0.9


def _originals(site: Site) -> list[int]:
    """Return the original budget in cents, by the place of a WBS code."""
    codes = site.get(breakdown)
    dice = site.dice("budget_detail_rows", 0)
    parts = [dice.part(0.2, 1.0) * (0.3, 0.6, 2.0)[code.kind] for code in codes]
    whole = float(site.project.estimated_value) * 100 * _SHARE
    return [round(whole * part / sum(parts) / 100) * 100 for part in parts]


def _transfers(site: Site) -> list[tuple[int, int, int]]:
    """Return the budget modifications: the places of two WBS codes, and the cents that move from the first to the second."""
    originals, found = site.get(_originals), []
    for index in range(site.count(30)):
        dice = site.dice("budget_modification_outlines", index)
        source = dice.whole(0, len(originals) - 1)
        target = (source + dice.whole(1, len(originals) - 1)) % len(originals)
        most = originals[source] / max(1.0, 10 * site.records.scale)
        found.append((source, target, round(most * dice.part(0.1, 1.0) / 100) * 100))
    return found


def _modified(site: Site) -> list[int]:
    """Return the sum of the modifications in cents, by the place of a WBS code."""
    found = [0] * len(site.get(_originals))
    for source, target, cents in site.get(_transfers):
        found[source] -= cents
        found[target] += cents
    return found


def budget_views(site: Site) -> RowList:
    """List a project's budget views."""

    def make(index: int) -> Row:
        dice, view_id = site.dice("budget_views", index), site.id("budget_views", index)
        return {
            "id": view_id,
            "name": _VIEWS[index][0],
            "description": f"{_VIEWS[index][0]}: {', '.join(_VIEWS[index][1])}",
            "role": "budget" if index == 0 else "forecast",
            "created_by": anyone(site, dice, directory.own_people),
            "links": {"detail_rows": f"{site.records.url}/rest/v1.0/budget_views/{view_id}/detail_rows"},
            "created_at": stamp(site.first, 900),
            "updated_at": stamp(site.last, 900),
        }

    return RowList(len(_VIEWS), make)


def _figures(site: Site, view: int, index: int) -> dict[str, int]:
    """Return the amounts of a detail row in cents, by column."""
    original, changes = site.get(_originals)[index], site.get(_modified)[index]
    revised = original + changes
    bought, direct = site.get(contracts.committed).get(index, 0), site.get(costs.spent).get(index, 0)
    forecast = max(0, revised - bought - direct)
    columns: dict[str, int] = {
        "Revised Budget": revised,
        "Committed Costs": bought,
        "Direct Costs": direct,
        "Job to Date Costs": bought // 2 + direct,
        "Forecast To Complete": forecast,
        "Estimated Cost at Completion": bought + direct + forecast,
        "Projected Over Under": revised - bought - direct - forecast,
    }
    shown = {name: columns[name] for name in _VIEWS[view][1]}
    return {
        "original_budget_amount": original,
        "budget_modifications": changes,
        **shown,
        "forecast": forecast,
    }


def _written(figures: dict[str, int]) -> Row:
    row: Row = {name: money(cents) for name, cents in figures.items() if name != "forecast"}
    return row | {
        "budget_forecast": {"amount": money(figures["forecast"]), "notes": None},
        "currency_configuration": CURRENCY,
    }


def _biller(site: Site, index: int) -> Row:
    """Return what bears the cost of a detail row: the project, or one of its sub jobs."""
    if index % 9 in (4, 7):
        job = sub_job(site, 0 if index % 9 == 4 else 1)
        return {"id": job["id"], "name": job["name"], "type": "SubJob"}
    return {"id": site.project.id, "name": site.project.name, "type": "Project"}


def detail_rows(site: Site, view: RowPlace) -> RowList:
    """List the rows of a budget view, one for each WBS code."""
    return RowList(len(site.get(breakdown)), lambda index: _detail(site, view.index, index))


def _detail(site: Site, view: int, index: int) -> Row:
    code, biller = site.get(breakdown)[index], _biller(site, index)
    division = DIVISIONS[code.cost_code.division]
    kind = line_item_type(site.firm, code.kind)
    root = code.cost_code.parent or 0
    return {
        "id": site.id("budget_detail_rows", _STRIDE * view + index),
        "company_id": site.project.company.id,
        "company": site.project.company.name,
        "project_id": site.project.id,
        "project": site.project.name,
        "biller_id": biller["id"],
        "biller": biller["name"],
        "biller_type": biller["type"],
        "root_cost_code_id": site.id("cost_codes", root),
        "root_cost_code": f"{division[0]} - {division[1]}",
        "cost_code_id": code.cost_code.id,
        "cost_code": f"{code.cost_code.full_code} - {code.cost_code.name}",
        "cost_code_origin_id": None,
        "wbs_code_id": code.id,
        "wbs_code": code.reference(),
        "budget_row_id": str(code.id),
        **_levels(site, code.cost_code),
        "category_id": kind["id"],
        "category": kind["name"],
        "deletable": False,
        "unbudgeted_reason": None,
        "calculation_strategy": "automatic",
        "curve": None,
        "start_date": None,
        "end_date": None,
        "budgeted": True,
        "budgetable": True,
        **_measured(site, index),
        **_written(_figures(site, view, index)),
    }


def _levels(site: Site, code: CostCode) -> Row:
    """Return the cost code and those above it, by their levels: the API has five of them."""
    whole = site.get(codes)
    above = [
        one for one in (whole[code.parent] if code.parent is not None else None, code) if one is not None
    ]
    row: Row = {}
    for level in range(1, _LEVELS + 1):
        one = above[level - 1] if level <= len(above) else None
        row[f"cost_code_level_{level}"] = "None" if one is None else f"{one.full_code} - {one.name}"
        row[f"cost_code_level_{level}_id"] = 0 if one is None else one.id
    return row


def _measured(site: Site, index: int) -> Row:
    """Return how much of what is budgeted: the quantity has twelve places, its cost four."""
    dice = site.dice("budget_quantities", index)
    if not dice.chance(0.5):
        return {"quantity": None, "uom": None, "unit_cost": None}
    thirds = dice.whole(3, 3000)
    cents = site.get(_originals)[index] * 3 // thirds
    quantity = f"{thirds // 3}.{('0', '3', '6')[thirds % 3] * 12}"
    return {"quantity": quantity, "uom": dice.pick(("hours", "ea", "cy")), "unit_cost": f"{cents / 100:.4f}"}


def summary_rows(site: Site, view: RowPlace) -> RowList:
    """List the sums of a budget view, of the project and of each sub job."""
    billers = {biller["id"]: biller for biller in (_biller(site, index) for index in range(9))}
    found = list(billers.values())

    def make(place: int) -> Row:
        biller = found[place]
        total: dict[str, int] = {}
        for index in range(len(site.get(breakdown))):
            if _biller(site, index)["id"] == biller["id"]:
                for name, cents in _figures(site, view.index, index).items():
                    total[name] = total.get(name, 0) + cents
        named = {"id": str(biller["id"]), "name": biller["name"], "biller_type": biller["type"]}
        return named | _written(total)

    return RowList(len(found), make)


def budget_modifications(site: Site) -> RowList:
    """List a project's budget modifications: amounts moved between rows of its first view."""
    transfers = site.get(_transfers)

    def make(index: int) -> Row:
        dice: Dice = site.dice("budget_modifications", index)
        source, target, cents = transfers[index]
        day = site.day(index, len(transfers))
        return {
            "id": site.id("budget_modifications", index),
            "from_budget_line_item_id": site.id("budget_detail_rows", source),
            "to_budget_line_item_id": site.id("budget_detail_rows", target),
            "transfer_amount": money(cents),
            "notes": dice.pick(("Buyout savings", "Moved to self-performed work", None)),
            "origin_id": None,
            "origin_data": ORIGIN,
            "created_at": moment(dice, day),
            "updated_at": moment(dice, day),
        }

    return RowList(len(transfers), make)


def budget_changes(site: Site) -> RowList:
    """List a project's budget changes."""
    count = site.count(25)

    def make(index: int) -> Row:
        dice = site.dice("budget_changes", index)
        return {
            "id": site.id("budget_changes", index),
            "number": index + 1,
            "title": dice.pick(("Contingency to concrete", "Allowance used", "Savings returned")),
            "description": "Moves budget between lines; the whole stays.",
            "status": dice.pick(("approved", "approved", "under_review", "draft")),
            "erp_status": "not_synced",
            "prime_contract_id": prime.contract(site, 0).id,
            "amount": money(dice.whole(-300, 900) * 10_000),
            "change_event_line_item_ids": [],
            "currency_configuration": CURRENCY,
        }

    return RowList(count, make)
