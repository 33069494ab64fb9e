"""Every list of the API in a line: its path, its tool, its rows, and how it lists.

`Endpoint` explains the words. A filter without ``=`` looks at the field of its name or, named ``x_id``, at the id in
field ``x``. A row's fields that begin with an underscore are there for filters alone.
"""

from __future__ import annotations

from procore_jupyter.demo.company import (
    budget,
    change_events,
    change_orders,
    codes,
    commitments,
    company_fields,
    coordination,
    correspondence,
    costs,
    daily,
    daily_logs,
    directory_tables,
    documents,
    drawings,
    invoicing,
    locations,
    meetings,
    photos,
    portfolio,
    prime,
    punch,
    quality,
    rfis,
    safety,
    schedule,
    specifications,
    submittals,
    time_cards,
)
from procore_jupyter.demo.company.rows import Row, newer
from procore_jupyter.demo.data import COMPANIES, Person
from procore_jupyter.demo.endpoint import Endpoint, Parent

_PROJECT = "/rest/v1.0/projects/{project_id}"
_PROJECT_1 = "/rest/v1.1/projects/{project_id}"
_PROJECT_2 = "/rest/v2.0/companies/{company_id}/projects/{project_id}"
_COMPANY = "/rest/v1.0/companies/{company_id}"

_CONTRACTS = {
    "prime_contracts": prime.prime_contracts,
    "purchase_orders": commitments.purchase_orders,
    "work_orders": commitments.work_orders,
}
_CONTRACT = Parent("contract_id", _CONTRACTS)
_BUDGET_VIEW = Parent("budget_view_id", {"budget_views": budget.budget_views})

_WRITTEN = "created_at updated_at"
_LINES = f"id {_WRITTEN} cost_code_id line_item_type_id"
_CHANGES = f"id {_WRITTEN} due_date invoiced_date paid_date"
_DOCUMENTS = f"created_by_id {_WRITTEN} document_type file_type=_file_type is_in_recycle_bin=is_recycle_bin search folder_id=parent_id private"
_PLAN_ITEMS = (
    f"{_WRITTEN} id plan_section_id plan_id query due_at assignee_party_id_or_role_id=_assignee_ids status_id"
)
_CHANGE_ORDERS = "id batch_id legacy_package_id contract_id vendor_id=_vendor_id signature_required executed status updated_at"
_SHIFT = "created_by_id daily_log_segment_id"
_HIDDEN_SHIFT = "created_by_id daily_log_segment_id=_daily_log_segment_id"
_PROJECT_FILTERS = (
    f"by_status=_status name project_number {_WRITTEN} origin_id id synced=_synced vendor_id=_vendor_ids is_demo"
    " template=_template by_owner_type=project_owner_type_id,project_owner_type.name by_department=departments.id,departments.name"
    " by_region=project_region_id,project_region.name by_office=office.id,office.name by_program=program.id,program.name"
    " by_stage=project_stage.id,project_stage.name by_type=project_type.id,project_type.name"
    " by_bid_type=project_bid_type_id,project_bid_type.name"
)
_EXTENDED_PROJECT = (
    "actual_start_date departments description dictionary_type estimated_completion_date estimated_start_date flag"
    " inbound_email logo_url office persistent_message program project_bid_type project_owner_type project_region"
    " project_type projected_finish_date public_notes square_feet standard_cost_code_list_id tz_name"
    " warranty_end_date warranty_start_date"
)


_EXTENDED_VENDOR = "bidding bidding_distribution business children_count legal_name parent trades"


def _companies(person: Person) -> list[Row]:
    return [COMPANIES[company].row() for company in person.companies]


def _daily_log(table: str, filters: str, *, paged: bool = True) -> Endpoint:
    kind = daily_logs.kind(table)
    return Endpoint(
        f"{_PROJECT}/{table}",
        "Daily Log",
        kind.rows,
        filters=filters,
        by_day=True,
        approved_alone=kind.approved_alone,
        paged=paged,
    )


# fmt: off
ENDPOINTS = (
    # The company
    Endpoint("/rest/v1.0/companies", "Company Settings", _companies, "global"),
    *(
        Endpoint(f"/rest/{version}/projects", "Portfolio", portfolio.projects, "company", _PROJECT_FILTERS, "sort", "ids compact normal extended", _EXTENDED_PROJECT, default_page=100, largest_page=300)
        for version in ("v1.0", "v1.1")
    ),
    Endpoint("/rest/v1.3/companies/{company_id}/users", "Directory", directory_tables.users, "company", f"{_WRITTEN} vendor_id origin_id trade_id=_trade_ids search", "sort", "extended ids_only normal"),
    Endpoint(f"{_PROJECT}/users", "Directory", directory_tables.project_users, filters=f"{_WRITTEN} permission_template=default_permission_template_id vendor_id origin_id trade_id=_trade_ids search employee=is_employee id", sort="sort", views="compact normal"),
    Endpoint("/rest/v1.0/vendors", "Directory", directory_tables.vendors, "company", f"origin_id search {_WRITTEN} standard_cost_code_id=standard_cost_codes.id trade_id=trades.id id parent_id", "sort", "compact normal erp extended directory summary", _EXTENDED_VENDOR),
    Endpoint(f"{_PROJECT_1}/vendors", "Directory", directory_tables.project_vendors, filters="search standard_cost_code_id=standard_cost_codes.id trade_id=trades.id id parent_id", sort="sort", views="extended ids_only list name minimal normal", extended=_EXTENDED_VENDOR),
    Endpoint("/rest/v1.0/departments", "Directory", portfolio.departments, "company"),
    Endpoint("/rest/v1.0/offices", "Company Settings", portfolio.offices, "company", views="normal extended"),
    Endpoint(f"{_COMPANY}/programs", "Company Settings", portfolio.programs, "company"),
    Endpoint(f"{_COMPANY}/project_stages", "Company Settings", portfolio.project_stages, "company"),
    Endpoint(f"{_COMPANY}/trades", "Company Settings", portfolio.trades, "company", "updated_at active query"),
    Endpoint(f"{_PROJECT}/locations", "Project", locations.locations, filters="id parent_id code search search_with_code superlocations_for=_below sublocations_for=_above updated_at depth_range=_depth", sort="sort"),
    Endpoint("/rest/v1.1/companies/{company_id}/custom_field_definitions", "Configurable Tools", company_fields.definitions, "company", "with_label=label id", "sort", default_page=100, largest_page=100),
    Endpoint("/rest/v2.0/projects/{project_id}/documents", "Documents", documents.documents, filters=_DOCUMENTS, sort="sort", views="normal extended"),
    Endpoint(f"{_PROJECT}/documents", "Documents", documents.older_documents, filters=_DOCUMENTS, sort="sort", views="normal extended"),

    # Project management
    Endpoint(f"{_PROJECT}/rfis", "RFIs", rfis.rfis, filters=f"id status assigned_id=assignees.id {_WRITTEN} responsible_contractor_id cost_code_id received_from_login_information_id=received_from.id ball_in_court_id=ball_in_courts.id location_id rfi_manager_id number prefix_stage_id=project_stage.id", sort="sort[attribute]"),
    Endpoint(f"{_PROJECT}/rfis/{{rfi_id}}/replies", "RFIs", rfis.rfi_replies, parent=Parent("rfi_id", {"rfis": rfis.rfis})),
    Endpoint(f"{_PROJECT_1}/submittals", "Submittals", submittals.submittals, filters=f"id ball_in_court_id {_WRITTEN} query received_from_id responsible_contractor_id required_on_site_date specification_section_id approver_id=approvers.user.id current_revision division=_division location_id submittal_manager_id submittal_package_id response_id=approvers.response.id status_id type=type.name unpackaged=_unpackaged number task_id=_scheduled_task.id", sort="sort"),
    Endpoint(f"{_PROJECT}/submittal_packages", "Submittals", submittals.submittal_packages, filters="id updated_at=_updated_at"),
    Endpoint(f"{_PROJECT}/correspondence_type_items", "Correspondence", correspondence.correspondence, filters=f"id login_information_id=assignees.id status overdue=_overdue query recycle_bin=_recycle_bin generic_tool_id received_from_id created_by_id {_WRITTEN} closed_at issued_at vendor_id=_vendor_id private location_id", sort="sort", views="extended compact ids_only flatten_v0"),
    Endpoint(f"{_COMPANY}/generic_tools", "Correspondence", correspondence.correspondence_types, "company"),
    Endpoint("/rest/v2.0/companies/{company_id}/generic_tools", "Correspondence", newer(correspondence.correspondence_types), "company"),
    Endpoint(f"{_PROJECT_1}/meetings", "Meetings", meetings.meetings, filters="assignee_id=_assignee_ids id", views="normal extended", shape="groups"),
    Endpoint(f"{_PROJECT_1}/meetings/{{meeting_id}}", "Meetings", meetings.meeting, parent=Parent("meeting_id", {"meetings": meetings.meetings}), paged=False, shape="record"),
    Endpoint(f"{_PROJECT_1}/meeting_topics", "Meetings", meetings.meeting_topics),
    Endpoint("/rest/v1.0/task_items", "Tasks", meetings.tasks, filters="query assigned_id=assignees.id created_at=_created_at created_by_id=_created_by.id due_date status task_item_category_id id", sort="sort"),
    Endpoint("/rest/v1.0/tasks", "Schedule", schedule.schedule_tasks, filters="updated_at row_number query", views="compact normal"),
    Endpoint(f"{_PROJECT_2}/schedules", "Scheduling", schedule.schedules, filters="schedule_id schedule_name schedule_type is_active updated_at", sort="sort"),
    Endpoint(f"{_PROJECT_2}/schedules/{{schedule_id}}/activities", "Scheduling", schedule.schedule_activities, filters="activity_id activity_name is_critical updated_at", sort="sort", parent=Parent("schedule_id", {"schedules": schedule.schedules})),
    Endpoint(f"{_PROJECT_1}/drawing_areas", "Drawings", drawings.drawing_areas, filters="id", views="compact extended only_ids mfe"),
    Endpoint("/rest/v1.1/drawing_areas/{drawing_area_id}/drawings", "Drawings", drawings.drawings, filters="drawing_discipline_id drawing_set_id=_drawing_set_id", views="compact extended with_revisions", parent=Parent("drawing_area_id", {"drawing_areas": drawings.drawing_areas}), names_project=False),
    Endpoint(f"{_PROJECT}/drawing_revisions", "Drawings", drawings.drawing_revisions, filters="ids=id updated_at deleted", sort="sort", views="only_pdf_urls only_ids only_ids_post_review web_index web_show extended_coordinates extended_files extended_dpi android"),
    Endpoint(f"{_PROJECT}/drawing_sets", "Drawings", drawings.drawing_sets),
    Endpoint("/rest/v1.0/specification_sections", "Specifications", specifications.specification_sections, filters="id", sort="sort"),
    Endpoint("/rest/v1.0/specification_section_divisions", "Specifications", specifications.specification_divisions),
    Endpoint("/rest/v1.0/specification_section_revisions", "Specifications", specifications.specification_section_revisions, parent=Parent("specification_section_division_id", {"specification_divisions": specifications.specification_divisions})),
    Endpoint("/rest/v1.0/images", "Photos", photos.photos, filters=f"daily_log_segment_id log_date=_log_date private starred location_id include_sublocations trade_ids=trades.id projection query {_WRITTEN} uploader_id id", sort="sort", views="normal android mobile mobile_feed prostore_file ids_only"),
    Endpoint("/rest/v1.0/image_categories", "Photos", photos.photo_albums),
    Endpoint("/rest/v1.0/coordination_issues", "Coordination Issues", coordination.coordination_issues, filters=f"assignee_company_id=_assignee_company_id assignee_id created_by_id created_from=creation_source ids=id location_id include_sublocations search coordination_issue_file_id status issue_type priority trade_id {_WRITTEN} due_date overdue=_overdue document_revision_id=drawing_revision.id", sort="sort", views="compact normal extended"),
    Endpoint(f"{_PROJECT_1}/forms", "Forms", documents.forms, filters=f"id private created_by_id form_template_id search {_WRITTEN}", sort="sort"),

    # Quality and safety
    Endpoint("/rest/v1.1/punch_items", "Punch List", punch.punch_items, filters="status priority punch_item_type_id location_id include_sublocations approver_login_information_id=final_approver.id vendor_id=_vendor_ids assignee_response=has_resolved_responses trade_id id query updated_at"),
    Endpoint("/rest/v1.0/observations/items", "Observations", quality.observations, filters="assignee_company_id=_assignee_company_id checklist_list_id=_checklist_list_id created_by_id id location_id assignee_id priority search status=_status_code,status type_id trade_ids=trade.id updated_at"),
    Endpoint(f"{_PROJECT}/checklist/lists", "Inspections", quality.inspections, filters=f"id inspection_date inspection_type_id inspector_id=inspectors.id template_id location_id managed_equipment_id point_of_contact_id spec_section_id=specification_section.id responsible_contractor_id closed_by_id created_by_id status=_status_code,status trade_id query due_at {_WRITTEN} closed_at", sort="sort"),
    Endpoint(f"{_PROJECT_1}/checklist/list_items", "Inspections", quality.inspection_items, filters="id updated_at section_id list_id"),
    Endpoint(f"{_PROJECT}/incidents", "Incidents", safety.incidents, filters=f"id {_WRITTEN} event_date location_id status contributing_behavior_id contributing_condition_id hazard_id time_unknown recordable assignee_id=_assignee_id query", sort="sort", default_page=1000, largest_page=1000),
    Endpoint(f"{_PROJECT}/action_plans/plans", "Action Plans", safety.action_plans, filters=f"{_WRITTEN} id include_sublocations location_id manager_id plan_type_id", sort="sort"),
    Endpoint(f"{_PROJECT}/action_plans/plan_items", "Action Plans", safety.action_plan_items, filters=_PLAN_ITEMS),
    Endpoint(f"{_PROJECT_2}/action_plans/plan_items", "Action Plans", newer(safety.action_plan_items), filters=_PLAN_ITEMS, views="normal flat_v0 ids"),

    # Field
    _daily_log("accident_logs", f"{_SHIFT} location_id"),
    _daily_log("call_logs", _SHIFT),
    _daily_log("daily_construction_report_logs", f"status {_HIDDEN_SHIFT}"),
    _daily_log("delay_logs", f"{_SHIFT} location_id"),
    _daily_log("delivery_logs", f"status {_SHIFT}"),
    _daily_log("dumpster_logs", f"{_SHIFT} vendor_id"),
    _daily_log("equipment_logs", "created_by_id location_id"),
    _daily_log("inspection_logs", f"{_SHIFT} location_id"),
    _daily_log("manpower_logs", f"status {_HIDDEN_SHIFT} location_id vendor_id search"),
    _daily_log("notes_logs", f"status {_SHIFT} location_id"),
    _daily_log("plan_revision_logs", _SHIFT, paged=False),
    _daily_log("productivity_logs", _SHIFT),
    _daily_log("quantity_logs", f"{_SHIFT} location_id"),
    _daily_log("safety_violation_logs", _SHIFT),
    _daily_log("visitor_logs", _HIDDEN_SHIFT),
    _daily_log("waste_logs", f"{_SHIFT} vendor_id"),
    _daily_log("weather_logs", _SHIFT),
    _daily_log("work_logs", _SHIFT),
    Endpoint(f"{_PROJECT_1}/daily_logs/counts", "Daily Log", daily_logs.DailyLogCounts, by_day=True),
    Endpoint(f"{_PROJECT}/daily_log_headers/index", "Daily Log", daily.daily_log_headers, by_day=True, needs_days=True),
    Endpoint(f"{_PROJECT}/timecard_entries", "Timecards", time_cards.timecard_entries, filters=_HIDDEN_SHIFT, by_day=True),
    Endpoint(f"{_COMPANY}/timecard_entries", "Timecards", time_cards.CompanyTimecards, "company", "id party_id in_progress_only=in_progress updated_at deleted_at", views="ids_only compact_with_date_range", by_day=True),
    Endpoint(f"{_PROJECT}/timesheets", "Timesheets", time_cards.timesheets, filters="updated_at date"),

    # Financials
    Endpoint("/rest/v1.0/commitments", "Commitments", commitments.commitments),
    Endpoint(f"{_PROJECT_2}/commitment_contracts", "Commitments", commitments.commitment_contracts, filters=f"include_deleted accounting_method type {_WRITTEN} deleted_at id signature_required status vendor_id executed", views="default extended"),
    Endpoint("/rest/v1.0/purchase_order_contracts", "Commitments", commitments.purchase_orders, filters=f"id status {_WRITTEN} include_deleted origin_id", views="compact extended"),
    Endpoint("/rest/v1.0/purchase_order_contracts/{purchase_order_contract_id}/line_items", "Commitments", commitments.line_items, filters=_LINES, views="default ssov_source_lines", parent=Parent("purchase_order_contract_id", {"purchase_orders": commitments.purchase_orders})),
    Endpoint("/rest/v1.0/work_order_contracts", "Commitments", commitments.work_orders, filters=f"id status {_WRITTEN} include_deleted origin_id", views="compact extended"),
    Endpoint("/rest/v1.0/work_order_contracts/{work_order_contract_id}/line_items", "Commitments", commitments.line_items, filters=_LINES, views="default ssov_source_lines", parent=Parent("work_order_contract_id", {"work_orders": commitments.work_orders})),
    Endpoint("/rest/v1.0/prime_contracts", "Prime Contracts", prime.prime_contracts, filters="id updated_at"),
    Endpoint("/rest/v1.0/prime_contracts/{prime_contract_id}/line_items", "Prime Contracts", prime.line_items, filters=_LINES, parent=Parent("prime_contract_id", {"prime_contracts": prime.prime_contracts})),
    Endpoint("/rest/v1.1/change_events", "Change Events", change_events.change_events, filters=f"{_WRITTEN} include_deleted"),
    Endpoint("/rest/v1.0/change_order_packages", "Change Orders", change_orders.change_order_packages, filters=f"{_CHANGES} reviewed_at include_deleted signed_change_order_received_date"),
    Endpoint("/rest/v1.0/change_order_requests", "Change Orders", change_orders.change_order_requests, filters=f"{_CHANGES} change_order_package_id status not_status=status", parent=_CONTRACT),
    Endpoint("/rest/v1.0/potential_change_orders", "Change Orders", change_orders.potential_change_orders, filters=f"{_CHANGES} origin_id=_origin_id contract_id include_deleted reviewed_at"),
    Endpoint(f"{_PROJECT}/prime_change_orders", "Prime Contracts", change_orders.prime_change_orders, filters=_CHANGE_ORDERS, sort="sort", views="default extended"),
    Endpoint(f"{_PROJECT}/commitment_change_orders", "Commitments", change_orders.commitment_change_orders, filters=_CHANGE_ORDERS, sort="sort", views="default extended"),
    Endpoint("/rest/v1.0/rfqs", "Commitments", change_events.rfqs, filters=f"status {_WRITTEN} commitment_contract_id", parent=_CONTRACT),
    Endpoint("/rest/v1.1/requisitions", "Commitments", invoicing.requisitions, filters=f"id commitment_id period_id status {_WRITTEN} origin_id is_last=_is_last", views="default extended items action_policy", default_page=30),
    Endpoint("/rest/v1.0/payment_applications", "Prime Contracts", invoicing.payment_applications),
    Endpoint("/rest/v1.0/prime_contracts/{prime_contract_id}/payment_applications", "Prime Contracts", invoicing.payment_applications_of, parent=Parent("prime_contract_id", {"prime_contracts": prime.prime_contracts}), default_page=30),
    Endpoint(f"{_PROJECT}/billing_periods", "Commitments", codes.billing_periods, filters=f"id {_WRITTEN} status"),
    Endpoint("/rest/v1.0/budget_views", "Budget", budget.budget_views, sort="sort"),
    Endpoint("/rest/v1.0/budget_views/{budget_view_id}/detail_rows", "Budget", budget.detail_rows, sort="sort", parent=_BUDGET_VIEW),
    Endpoint("/rest/v1.0/budget_views/{budget_view_id}/summary_rows", "Budget", budget.summary_rows, parent=_BUDGET_VIEW),
    Endpoint(f"{_PROJECT}/budget_changes", "Budget", budget.budget_changes, paged=False, shape="data"),
    Endpoint(f"{_PROJECT}/budget_modifications", "Budget", budget.budget_modifications),
    Endpoint(f"{_PROJECT_1}/direct_costs", "Direct Costs", costs.direct_costs, filters=f"id origin_id invoice_number {_WRITTEN} payment_date received_date"),
    Endpoint(f"{_PROJECT}/direct_costs/line_items", "Direct Costs", costs.direct_cost_line_items, filters=f"direct_cost_id=_direct_cost_id {_LINES}"),
    Endpoint("/rest/v1.0/cost_codes", "Work Breakdown Structure", codes.cost_codes, filters="id origin_id", views="default erp_compact"),
    Endpoint(f"{_PROJECT}/work_breakdown_structure/wbs_codes", "Work Breakdown Structure", codes.wbs_codes, filters="status updated_at"),
    Endpoint("/rest/v1.0/tax_codes", "Tax", codes.tax_codes, "company", largest_page=100),
)
# fmt: on


def endpoint_at(path: str) -> tuple[Endpoint | None, dict[str, str]]:
    """Return the endpoint of a path, and the values of the path's varying parts."""
    segments = path.split("/")
    for endpoint in ENDPOINTS:
        named = endpoint.match(segments)
        if named is not None:
            return endpoint, named
    return None, {}
