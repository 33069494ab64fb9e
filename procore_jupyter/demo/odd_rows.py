"""What is odd in rows: which of them come, and what they hold. The functions of some `oddities`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from procore_jupyter.demo.company.rows import Row, RowList
from procore_jupyter.demo.endpoint import Endpoint
from procore_jupyter.demo.oddity import Asked

WITHOUT_PERMISSION = 4713
"""The project whose financial lists nobody may see: Depot South."""

FINANCIAL_TOOLS = (
    "Budget",
    "Change Events",
    "Change Orders",
    "Commitments",
    "Direct Costs",
    "Prime Contracts",
)
OWN_COLUMNS = (
    "Approved Commitments", "Pending Commitments (CO, RFQ)", "% Committed", "Cost: to date", "Over/Under", "Fees & Taxes",
    "Original Budget Amount", "ERP Job-to-date", "Buyout Savings", "At Completion, Revised", "Paid #1", "Réserve",
    "Billed.Total", "Year 2026", "A \"Quoted\" Name", "Amount",
)  # fmt: skip
"""Names that people gave to the columns of a budget view."""


def without_financials(rows: Sequence[Row], asked: Asked) -> Sequence[Row]:
    """Return no rows of a financial list that nobody may see."""
    hidden = (
        asked.site is not None
        and asked.site.project.id == WITHOUT_PERMISSION
        and asked.endpoint.tool in FINANCIAL_TOOLS
    )
    return [] if hidden else rows


def without_flat_applications(rows: Sequence[Row], asked: Asked) -> Sequence[Row]:
    """Return no payment applications of a project: they stand below its prime contracts."""
    return [] if asked.endpoint.path == "/rest/v1.0/payment_applications" else rows


def own_columns(rows: Sequence[Row], asked: Asked) -> Sequence[Row]:
    """Return the rows of a budget view with further columns, by the names that people gave them."""
    if asked.parent is None or asked.parent.table != "budget_views":
        return rows
    names = OWN_COLUMNS[: 16 if asked.parent.index == 0 else 2]
    return RowList(
        len(rows),
        lambda index: (
            rows[index] | {name: f"{index * len(names) + place}.50" for place, name in enumerate(names)}
        ),
    )


def _each(value: Any, names: Sequence[str], change: Callable[[Any], Any]) -> Any:
    """Return a value in which the fields of some names are changed, at any depth."""
    if isinstance(value, list):
        return [_each(one, names, change) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: change(inner) if name in names else _each(inner, names, change) for name, inner in value.items()
    }


def _other_sign(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return value.removesuffix("%") if value.endswith("%") else f"{value}%"


def other_percentages(row: Row, endpoint: Endpoint) -> Row:
    """Return a row whose percentages have a sign where they had none, and the reverse."""
    found: Row = _each(row, ("percent_complete", "percentage_paid", "retainage_percent"), _other_sign)
    return found


def _twelve_places(value: Any) -> Any:
    return value if value in (None, "") or isinstance(value, dict) else f"{Decimal(str(value)):.12f}"


def long_quantities(row: Row, endpoint: Endpoint) -> Row:
    """Return a row whose quantities are texts with twelve decimals."""
    found: Row = _each(row, ("quantity",), _twelve_places)
    return found


def renamed(row: Row, endpoint: Endpoint) -> Row:
    """Return a row in which a field has another name."""
    return {"last_updated_at" if name == "updated_at" else name: value for name, value in row.items()}


def missing(row: Row, endpoint: Endpoint) -> Row:
    """Return a row without a field."""
    return {name: value for name, value in row.items() if name != "created_by"}


def of_another_type(row: Row, endpoint: Endpoint) -> Row:
    """Return a row in which a text is an object, an object a text, and a yes or no a text."""
    found = dict(row)
    if isinstance(row.get("status"), str):
        found["status"] = {"id": len(row["status"]), "name": row["status"]}
    if isinstance(row.get("location"), dict):
        found["location"] = str(row["location"].get("name"))
    if isinstance(row.get("private"), bool):
        found["private"] = "yes" if row["private"] else "no"
    return found
