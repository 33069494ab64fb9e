"""The names and JSON types of the fields of the lists that matter most, as Procore documents them or was seen to answer.

Taken from the API's descriptions and from what others saw, and not from the embedded Procore, which may not drift from them.
Where the two differ, what was seen counts: of a commitment in version 2 the description says that its id is a whole number. A
field may always be null. Letters: ``i`` whole number, ``d`` day, ``t`` moment in UTC, ``s`` text,
``b`` true or false, ``n`` number, ``o`` object, ``a`` array, ``?`` not documented.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from procore_jupyter.demo.company.records import Records
from tests.demo.listing import HARBOR_TOWER, Lists, address, endpoint

FIELDS = {
    "/rest/v1.1/projects": """
        i: id owners_project_id parent_job_id photo_id project_bid_type_id project_owner_type_id
           project_region_id square_feet standard_cost_code_list_id
        d: completion_date start_date actual_start_date estimated_completion_date estimated_start_date
           projected_finish_date warranty_end_date warranty_start_date
        t: created_at updated_at
        s: accounting_project_number address city country_code county designated_market_area display_name
           estimated_value name origin_code origin_data origin_id phone project_number state_code store_number
           time_zone total_value zip description dictionary_type flag inbound_email logo_url public_notes
           tz_name code delivery_method fax sector work_scope
        b: active is_demo erp_integrated
        o: created_by company custom_fields project_stage project_template office persistent_message program
           project_bid_type project_owner_type project_region project_type
        a: departments
        ?: latitude longitude
    """,
    "/rest/v1.3/companies/{company_id}/users": """
        i: business_phone_extension contact_id id work_classification_id
        t: created_at last_login_at updated_at welcome_email_sent_at
        s: address avatar business_id business_phone city country_code email_address email_signature
           employee_id fax_number first_name initials job_title last_name mobile_phone name notes origin_id
           origin_data state_code zip role
        b: erp_integrated_accountant is_active is_employee verified_employee
        o: permission_template company_permission_template vendor
    """,
    "/rest/v1.0/vendors": """
        i: id contact_count children_count connected_to_company_id
        t: created_at updated_at
        s: name abbreviated_name address business_id business_phone city company country_code email_address
           fax_number labor_union license_number logo mobile_phone notes origin_code origin_data origin_id
           state_code trade_name website zip legal_name
        b: authorized_bidder is_active is_connected non_union_prevailing_wage prequalified synced_to_erp
           union_member company_vendor
        o: business_register primary_contact vendor_group bidding parent
        a: attachments bidding_distribution project_ids standard_cost_codes trades
    """,
    "/rest/v1.0/projects/{project_id}/locations": """
        i: id parent_id
        t: created_at updated_at
        s: name node_name code
    """,
    "/rest/v1.1/companies/{company_id}/custom_field_definitions": """
        i: id company_id configurable_field_sets_count
        s: label data_type variant description default_value
        b: active
    """,
    "/rest/v2.0/projects/{project_id}/documents": """
        t: created_at updated_at
        s: id name parent_id document_type
        b: read_only is_deleted is_recycle_bin is_tracked private
        o: private_parent tracked_folder file children custom_fields
        ?: created_by
    """,
    "/rest/v1.0/projects/{project_id}/rfis": """
        i: location_id id source_rfi_header_id specification_section_id
        d: due_date
        t: created_at deleted_at initiated_at time_resolved updated_at
        s: link full_number number prefix reference status translated_status subject proposed_solution revision
        b: deleted private current_revision has_revisions
        o: priority created_by custom_fields assignee ball_in_court cost_code cost_impact location project_stage
           received_from responsible_contractor rfi_manager schedule_impact sub_job
        a: questions assignees ball_in_courts
    """,
    "/rest/v1.0/projects/{project_id}/rfis/{rfi_id}/replies": """
        i: id created_by_id
        t: answer_date
        s: plain_text_body rich_text_body created_by
        b: official
        a: attachments
    """,
    "/rest/v1.1/projects/{project_id}/submittals": """
        i: id lead_time location_id cost_code_id sub_job_id
        d: due_date issue_date received_date submit_by actual_delivery_date required_on_site_date
        t: created_at updated_at distributed_at submittal_workflow_template_applied_at
        s: number formatted_number title description revision
        b: current_revision private
        o: created_by received_from submittal_manager responsible_contractor status type specification_section
           submittal_workflow_template last_distributed_submittal submittal_package
           custom_fields
        a: distribution_members ball_in_court drawing_ids linked_drawing_ids associated_attachments approvers
    """,
    "/rest/v1.0/projects/{project_id}/correspondence_type_items": """
        i: id origin_generic_tool_item_id origin_rfi_id
        d: due_date
        t: closed_at created_at issued_at updated_at
        s: description position status status_type title
        b: private
        o: schedule_impact cost_impact location cost_code specification_section trade sub_job generic_tool
           custom_fields
        a: trades tasks attachments document_management_document_revision_ids distribution_members assignees
        ?: created_by received_from
    """,
    "/rest/v1.1/projects/{project_id}/meetings": """
        i: id meeting_template_id position created_by_id parent_id meeting_topics_count
        t: starts_at ends_at created_at updated_at distributed_at
        s: title location mode description
        b: occurred is_private
        o: distributed_by
        a: meeting_categories
        ?: last_distributed_event
    """,
    "/rest/v1.1/projects/{project_id}/meetings/{meeting_id}": """
        i: id meeting_template_id position created_by_id parent_id
        t: starts_at ends_at created_at updated_at distributed_at
        s: title location mode description time_zone conclusion
        b: occurred is_private is_draft
        o: distributed_by
        a: meeting_categories attachments attendees
        ?: last_distributed_event remote_meeting_url
    """,
    "/rest/v1.1/projects/{project_id}/meeting_topics": """
        i: id meeting_id position
        d: due_date created_on
        s: number title status priority minutes description
        o: meeting_category
        a: assignments attachments
    """,
    "/rest/v1.0/projects/{project_id}/drawing_revisions": """
        i: drawing_id drawing_sketches_count height id pdf_size png_size width position order_in_drawing
        d: drawing_date received_date
        t: updated_at
        s: number pdf_url png_url title revision_number thumbnail_url large_thumbnail_url
           activity_stream_last_viewed_at zip_url status
        b: has_public_markup_layer_elements has_drawing_sketches current floorplan obsolete
           connectability_outdated
        o: drawing_set drawing_area discipline custom_fields
    """,
    "/rest/v1.0/images": """
        i: id size image_category_id width height origin_id daily_log_header_id daily_log_segment_id
           comments_count
        t: taken_at created_at updated_at
        s: url filename description thumbnail_url image_category_name projection gps_lat gps_long
        b: permanently_deleted private starred image_category_private
        o: location daily_log_segment uploader links
        a: trades
    """,
    "/rest/v1.1/punch_items": """
        i: id schedule_impact_days schedule_risk_confidence schedule_risk_probability position
        d: due_date
        t: closed_at created_at deleted_at updated_at
        s: cost_impact cost_impact_amount description name reference schedule_impact schedule_risk
           schedule_risk_reason priority status workflow_status
        b: private has_resolved_responses has_unresolved_responses overdue
        ?: category custom_status
        o: location trade created_by closed_by punch_item_manager final_approver punch_item_type cost_code
           custom_fields
        a: ball_in_court assignments assignees
    """,
    "/rest/v1.0/observations/items": """
        i: id
        d: date_notified due_date
        t: created_at closed_at deleted_at updated_at
        s: number name description description_rich_text status priority
        b: personal
        o: category origin assignee created_by location specification_section trade type custom_fields permissions
    """,
    "/rest/v1.0/projects/{project_id}/checklist/lists": """
        i: id list_template_id number managed_equipment_id conforming_item_count deficient_item_count
           not_applicable_item_count neutral_item_count inspected_item_count observations_count
           closed_observations_count item_count template_id
        d: inspection_date
        t: created_at updated_at closed_at due_at
        s: name list_template_name status description
        b: deleted private overdue
        o: location default_response_phrasing inspection_type created_by closed_by responsible_contractor
           point_of_contact trade specification_section custom_fields
        a: drawing_ids current_drawing_revision_ids inspectors distribution_members signature_requests
           attachments
    """,
    "/rest/v1.0/projects/{project_id}/incidents": """
        i: id number records_count open_observations_count closed_observations_count actions_count
           witness_statements_count attachments_count
        t: created_at deleted_at event_date updated_at
        s: description status title
        b: private recordable time_unknown
        o: contributing_behavior contributing_condition hazard location custom_fields
        ?: created_by time_of_event
    """,
    "/rest/v1.0/projects/{project_id}/manpower_logs": """
        i: id num_workers position
        d: date
        t: created_at datetime updated_at
        s: man_hours notes num_hours status
        o: vendor user contact cost_code created_by location trade custom_fields permissions
        a: attachments
    """,
    "/rest/v1.0/projects/{project_id}/timecard_entries": """
        i: id lunch_time origin_id line_item_type_id party_id cost_code_id wbs_code_id
        d: date time_in time_out
        t: created_at datetime deleted_at updated_at
        s: description hours timesheet_status approval_status origin_data
        b: billable injured signed
        ?: clock_in_time clock_out_time work_classification
        o: approved_by wbs_code timesheet cost_code crew location party procore_signature sub_job created_by login_information
           timecard_time_type custom_fields
        a: automatically_split_timecard_entries
    """,
    "/rest/v2.0/companies/{company_id}/projects/{project_id}/commitment_contracts": """
        d: actual_completion_date approval_letter_date contract_date contract_estimated_completion_date
           contract_start_date delivery_date execution_date issued_on_date letter_of_intent_date returned_date
           signed_contract_received_date
        t: created_at deleted_at updated_at
        s: id type number status title description vendor_id assignee_id billing_schedule_of_values_status
           inclusions exclusions bill_to_address ship_to_address ship_via payment_terms retainage_percent
           accounting_method change_order_level_of_detail currency_exchange_rate currency_iso_code
           approved_change_orders draft_change_orders_amount grand_total origin_data origin_code origin_id
           pending_change_orders pending_revised_contract percentage_paid remaining_balance_outstanding
           revised_contract total_draw_requests_amount total_payments total_requisitions_amount
        b: executed signature_required allow_comments allow_markups enable_ssov allow_change_orders_ssov
           allow_payment_applications allow_payments display_materials_retainage display_work_retainage
           show_cost_code_on_pdf ssr_enabled private show_line_items_to_non_admins requisitions_are_enabled
        o: project vendor currency_configuration assignee
        a: bill_recipient_ids accessor_ids change_event_attachment_ids attachment_ids drawing_revision_ids
           file_version_ids form_ids image_ids
    """,
    "/rest/v1.0/purchase_order_contracts": """
        i: id
        d: contract_date delivery_date execution_date issued_on_date letter_of_intent_date returned_date
           signed_contract_received_date
        t: created_at deleted_at updated_at
        s: accounting_method approval_letter_date approved_change_orders bill_to_address
           billing_schedule_of_values_status description draft_change_orders_amount grand_total number
           origin_code origin_data origin_id payment_terms pending_change_orders pending_revised_contract
           percentage_paid remaining_balance_outstanding retainage_percent revised_contract ship_to_address
           ship_via status title total_draw_requests_amount total_payments total_requisitions_amount
        b: executed private requisitions_are_enabled show_line_items_to_non_admins
        o: assignee project vendor currency_configuration
    """,
    "/rest/v1.0/purchase_order_contracts/{purchase_order_contract_id}/line_items": """
        i: id position tax_code_id
        t: created_at updated_at
        s: amount description extended_type origin_data origin_id quantity total_amount extended_amount
           unit_cost uom
        o: company cost_code holder line_item_type project wbs_code change_event_line_item
           currency_configuration
    """,
    "/rest/v1.0/prime_contracts": """
        i: id
        d: actual_completion_date approval_letter_date contract_date contract_estimated_completion_date
           contract_start_date contract_termination_date execution_date issued_on_date letter_of_intent_date
           returned_date signed_contract_received_date
        t: created_at deleted_at updated_at
        s: accounting_method approved_change_orders description exclusions grand_total inclusions number
           origin_code origin_data origin_id retainage_percent status title
        b: executed private show_line_items_to_non_admins
        o: architect created_by currency_configuration
        a: attachments
        ?: contractor vendor
    """,
    "/rest/v1.1/change_events": """
        i: id project_id company_id
        t: created_at updated_at deleted_at
        s: number title description scope source
        b: comments_enabled deletable in_recycle_bin
        o: status event_origin change_type change_reason prime_contract_for_estimates external_data created_by
           custom_fields notes currency_configuration
        a: attachments change_items markup_items production_quantities
    """,
    "/rest/v1.1/requisitions": """
        i: id previous_requisition_id project_id commitment_id vendor_id period_id number
           electronic_signature_id
        d: billing_date payment_date requisition_start requisition_end submitted_at
        t: created_at updated_at
        s: commitment_type contract_name vendor_name invoice_number invoice_type origin_data origin_id
           percent_complete status erp_status total_claimed_amount
        b: deletable final move_materials_to_previous_work_completed
        o: summary_text summary created_by custom_fields currency_configuration
        a: attachments items item_packages
    """,
    "/rest/v1.0/budget_views/{budget_view_id}/detail_rows": """
        i: id company_id project_id wbs_code_id biller_id root_cost_code_id cost_code_id category_id
           cost_code_level_1_id cost_code_level_2_id cost_code_level_3_id cost_code_level_4_id cost_code_level_5_id
        d: start_date end_date
        s: budget_row_id calculation_strategy quantity uom unit_cost cost_code_level_1 cost_code_level_2
           cost_code_level_3 cost_code_level_4 cost_code_level_5 company cost_code_origin_id project biller biller_type root_cost_code cost_code category
           budget_modifications original_budget_amount unbudgeted_reason
        b: deletable budgeted budgetable
        o: wbs_code budget_forecast currency_configuration
        ?: curve
    """,
    "/rest/v1.1/projects/{project_id}/direct_costs": """
        i: id vendor_id
        d: direct_cost_date payment_date received_date
        t: created_at deleted_at updated_at
        s: amount description direct_cost_type grand_total invoice_number origin_data origin_id status terms
           vendor vendor_name
        o: currency_configuration employee
    """,
    "/rest/v1.0/cost_codes": """
        i: id biller_id position standard_cost_code_id standard_cost_code_list_id
        t: created_at deleted_at updated_at
        s: biller biller_type biller_origin_id code full_code name origin_data origin_id sortable_code
        b: budgeted
        o: parent
        a: line_item_types
    """,
}

# What is there beyond the documented fields: the view's own columns, and what stood in projects from the first.
MORE = {
    "/rest/v1.0/budget_views/{budget_view_id}/detail_rows": {
        "Revised Budget",
        "Committed Costs",
        "Direct Costs",
        "Job to Date Costs",
    },
    "/rest/v1.1/projects": {"stage"},
}


def text_like(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


KINDS: dict[str, Callable[[Any], bool]] = {
    "i": lambda value: type(value) is int,
    "d": text_like(r"\d{4}-\d\d-\d\d"),
    "t": text_like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    "s": lambda value: isinstance(value, str),
    "b": lambda value: isinstance(value, bool),
    "n": lambda value: type(value) in (int, float),
    "o": lambda value: isinstance(value, dict),
    "a": lambda value: isinstance(value, list),
    "?": lambda value: True,
}


def fields_of(text: str) -> dict[str, str]:
    parts = re.split(r"(?:^|\s)([idtsbnoa?]):", text)[1:]
    return {name: kind for kind, names in zip(parts[::2], parts[1::2], strict=True) for name in names.split()}


@pytest.mark.parametrize("path", FIELDS)
def test_fields_are_those_that_procore_documents(lists: Lists, records: Records, path: str) -> None:
    site = records.site(HARBOR_TOWER)
    assert site is not None
    place, query = address(endpoint(path), site)
    fields = fields_of(FIELDS[path])
    rows = lists.every(place, query, view="extended")
    assert rows
    for row in rows:
        assert row.keys() == fields.keys() | MORE.get(path, set())
        wrong = {
            name: row[name]
            for name, kind in fields.items()
            if row[name] is not None and not KINDS[kind](row[name])
        }
        assert wrong == {}
    empty = [name for name in fields if all(row[name] is None for row in rows)]
    assert len(empty) < len(fields) / 3
