"""The labels of a company's custom fields: whether they may be read, and all of them, for an administrator to save."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procore_jupyter.check.finding import HOLDS, UNTOLD, Finding
from procore_jupyter.session.error_body import said_by
from procore_jupyter.tables.fetch.field_labels import DEFINITIONS
from procore_jupyter.tables.parameters.arguments import whole

if TYPE_CHECKING:
    from procore_jupyter.check.inquiry import Inquiry
    from procore_jupyter.tables.library import Library
    from procore_jupyter.tables.place import Named

TABLE = "custom_field_definitions"


def labels(inquiry: Inquiry, company: Named) -> Finding:
    """Ask for one definition of a custom field.

    Raises
    ------
    requests.RequestException, LoginRequired, RateLimited
        Nothing could be asked.
    """
    subject = "Custom fields"
    answer = inquiry.get(DEFINITIONS.format(company_id=company[0]), [("page", 1), ("per_page", 1)])
    status = answer.status_code
    if status < 400:
        return Finding(subject, HOLDS, "Their labels can be read.", told="Their labels can be read.")
    return Finding(
        subject,
        UNTOLD,
        f"You don't have access to their labels (HTTP {status}: {said_by(answer)}), so their columns have numbers.",
        believed="Their definitions can be read.",
        advice="An administrator can save them:  procore-jupyter check --keep-labels FILE . Put the file where "
        " procore-jupyter status --paths  shows it.",
        told=f"Their labels are refused with {status}.",
        said=said_by(answer),
        oddity="no-labels",
    )


def all_labels(library: Library, company: Named) -> dict[int, str]:
    """Return the labels of a company's custom fields, by the definitions' ids.

    Raises
    ------
    ProcoreAPIError, requests.RequestException, LoginRequired
        They can't be read, or not all of them.
    """
    rows = library.open(TABLE, {"company_id": company[0]}, strict=True)
    found = {}
    for row in rows:
        number = whole(row.get("id"))
        if number is not None and row.get("label"):
            found[number] = str(row["label"])
    return found
