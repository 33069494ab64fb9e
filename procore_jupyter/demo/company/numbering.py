"""Ids of rows: unique over all tables and projects, and they can be read back.

The rows of a project of a newer region have ids beyond 2**49, as Procore's have there.
"""

from __future__ import annotations

import math

NEWER_REGION = 2**49

SLOTS = 2000  # projects and companies that there are ids for

# A table's place here is part of its rows' ids: a new table goes to the end.
_TABLES = (
    "users", "vendors", "departments", "offices", "programs", "project_stages", "trades", "locations",
    "custom_fields", "choices", "documents", "rfis", "rfi_questions", "rfi_replies", "submittals",
    "submittal_packages", "correspondence", "correspondence_types", "meetings", "meeting_items", "tasks",
    "schedule_tasks", "schedules", "schedule_activities", "drawing_areas", "drawings", "drawing_revisions",
    "drawing_sets", "specification_sections", "specification_divisions", "specification_revisions", "photos",
    "photo_albums", "coordination_issues", "forms", "punch_items", "observations", "inspections",
    "inspection_items", "incidents", "action_plans", "action_plan_items", "accident_logs", "call_logs",
    "daily_construction_report_logs", "delay_logs", "delivery_logs", "dumpster_logs", "equipment_logs",
    "inspection_logs", "manpower_logs", "notes_logs", "plan_revision_logs", "productivity_logs",
    "quantity_logs", "safety_violation_logs", "visitor_logs", "waste_logs", "weather_logs", "work_logs",
    "daily_log_headers", "daily_log_segments", "timecard_entries", "timesheets", "purchase_orders",
    "purchase_order_line_items", "work_orders", "work_order_line_items", "prime_contracts",
    "prime_contract_line_items", "change_events", "change_items", "change_order_packages",
    "change_order_requests", "potential_change_orders", "prime_change_orders", "commitment_change_orders",
    "rfqs", "requisitions", "payment_applications", "billing_periods", "budget_views", "budget_detail_rows",
    "budget_changes", "budget_modifications", "direct_costs", "direct_cost_line_items", "cost_codes",
    "wbs_codes", "line_item_types", "tax_codes", "sub_jobs", "types",
    "meeting_attendees", "punch_assignments", "inspection_sections", "action_plan_sections", "quotes",
    "standard_cost_codes", "contacts", "meeting_categories",
)  # fmt: skip
_NUMBERS = {name: number for number, name in enumerate(_TABLES, start=1)}


class Numbering:
    """The ids of all tables.

    Parameters
    ----------
    scale : float
        Factor for the rows of a list, which need as many ids.
    """

    def __init__(self, scale: float) -> None:
        # Ids for the longest list of a project, which has thousands of rows, and as many to spare.
        self._stride = 10_000 * max(1, math.ceil(scale))

    def id(self, table: str, slot: int, index: int, *, newer: bool) -> int:
        """Return the id of a row.

        Parameters
        ----------
        table : str
            The table's name.
        slot : int
            The project's or company's number.
        index : int
            The row's place in the table, from 0.
        newer : bool
            Whether the id is one of a newer region.
        """
        if not 0 <= index < self._stride:
            raise ValueError(f"{table} has no room for row {index}")
        number = (_NUMBERS[table] * SLOTS + slot) * self._stride + index + 1
        return number + NEWER_REGION if newer else number

    def place(self, row_id: int) -> tuple[str, int, int] | None:
        """Return the table, slot and place of a row by its id; None if there is no such id."""
        rest, index = divmod(row_id % NEWER_REGION - 1, self._stride)
        number, slot = divmod(rest, SLOTS)
        if row_id < 1 or not 1 <= number <= len(_TABLES):
            return None
        return _TABLES[number - 1], slot, index
