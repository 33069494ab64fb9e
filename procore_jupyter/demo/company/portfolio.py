"""The company's portfolio: its projects, offices, departments, programs, stages and trades."""

from __future__ import annotations

from datetime import date, timedelta

from procore_jupyter.demo.company.choices import any_option, labels
from procore_jupyter.demo.company.company_fields import custom_fields
from procore_jupyter.demo.company.directory import TRADES, site_vendors, trade_of
from procore_jupyter.demo.company.records import LAST_DAY, Firm, Site
from procore_jupyter.demo.company.rows import Row, RowList
from procore_jupyter.demo.company.writing import ORIGIN, moment, stamp
from procore_jupyter.demo.data import MARK

_OFFICES = (("Oakland", "CA"), ("Portland", "OR"), ("Seattle", "WA"))
_DEPARTMENTS = ("Buildings", "Interiors", "Special Projects", "Preconstruction", "Safety", "Quality")
_STAGES = ("Bidding", "Pre-Construction", "Course of Construction", "Warranty", "Closed")


def projects(firm: Firm) -> RowList:
    """List a company's projects, the inactive ones too."""
    sites = firm.get(_sites)
    return RowList(len(sites), lambda index: _project(sites[index]))


def _sites(firm: Firm) -> list[Site]:
    return list(firm.sites)


def _project(site: Site) -> Row:
    project, firm = site.project, site.firm
    dice = site.dice("projects", 0)
    end = date.fromisoformat(project.completion_date)
    office = dice.whole(0, len(_OFFICES) - 1)
    region, owner, bid = (
        any_option(name, dice) for name in ("project_region", "project_owner_type", "project_bid_type")
    )
    return project.row() | {
        "address": f"{dice.whole(1, 99)}00 Example Boulevard",
        "county": f"{project.city} County",
        "zip": f"{dice.whole(83000, 98999)}",
        "latitude": round(dice.part(36.0, 48.0), 6),
        "longitude": round(dice.part(-123.0, -116.0), 6),
        "phone": f"(555) 555-01{site.slot % 100:02d}",
        "accounting_project_number": project.number.replace("-", ""),
        "project_stage": stage_of(site),
        "project_region_id": region["id"],
        "project_owner_type_id": owner["id"],
        "project_bid_type_id": bid["id"],
        "project_template": None,
        "parent_job_id": None,
        "owners_project_id": None,
        "photo_id": None,
        "designated_market_area": None,
        "store_number": None,
        "total_value": project.estimated_value,
        "origin_id": f"J{site.slot:04d}",
        "origin_code": project.number,
        "custom_fields": custom_fields(site, "projects", dice),
        "updated_at": moment(dice, min(site.last, LAST_DAY - timedelta(days=dice.whole(1, 60)))),
        "actual_start_date": project.start_date if project.stage in _STAGES[2:] else None,
        "estimated_start_date": project.start_date,
        "estimated_completion_date": project.completion_date,
        "projected_finish_date": (end + timedelta(days=dice.whole(-10, 60))).isoformat(),
        "warranty_start_date": project.completion_date,
        "warranty_end_date": (end + timedelta(days=365)).isoformat(),
        "departments": [_department(firm, index) for index in dice.several(range(len(_DEPARTMENTS)), 2)],
        "office": {"id": firm.id("offices", office), "name": _office_name(office)},
        "program": _program_of(site),
        "project_type": any_option("project_type", dice),
        "project_region": region,
        "project_owner_type": owner,
        "project_bid_type": bid,
        "dictionary_type": "commercial",
        "flag": dice.pick(("Green", "Yellow", "Red")),
        "inbound_email": f"project-{project.id}@demo.example",
        "logo_url": None,
        "persistent_message": None,
        "public_notes": MARK,
        "square_feet": dice.whole(20, 400) * 1000,
        "standard_cost_code_list_id": firm.id("types", 20),
        "tz_name": "Pacific Time (US & Canada)",
        "code": None,
        "created_by": None,
        "delivery_method": dice.pick(("Design-bid-build", "Design-build", None)),
        "erp_integrated": False,
        "fax": None,
        "sector": dice.pick(("Commercial", "Civic", None)),
        "work_scope": "New construction",
        "_status": "Active" if project.active else "Inactive",
        "_synced": False,
        "_template": False,
        "_vendor_ids": [vendor.id for vendor in site.get(site_vendors)],
    }


def stage_of(site: Site) -> Row:
    """Return a project's stage as other rows show it."""
    name = site.project.stage
    return {"id": site.firm.id("project_stages", _STAGES.index(name)), "name": name}


def departments(firm: Firm) -> RowList:
    """List a company's departments."""
    return RowList(
        len(_DEPARTMENTS),
        lambda index: _department(firm, index) | {"origin_id": f"D{index:02d}", "origin_data": ORIGIN},
    )


def _department(firm: Firm, index: int) -> Row:
    return {"id": firm.id("departments", index), "name": _DEPARTMENTS[index]}


def _office_name(index: int) -> str:
    return f"{_OFFICES[index][0]} office"


def offices(firm: Firm) -> RowList:
    """List a company's offices."""

    def make(index: int) -> Row:
        city, state_code = _OFFICES[index]
        return {
            "id": firm.id("offices", index),
            "name": _office_name(index),
            "address": f"{index + 1}00 Example Plaza",
            "city": city,
            "state_code": state_code,
            "country_code": "US",
            "zip": f"9{index}601",
            "phone": f"(555) 555-019{index}",
            "fax": None,
            "division": "West",
            "logo": None,
        }

    return RowList(len(_OFFICES), make)


def _program_of(site: Site) -> Row:
    name = site.dice("programs", 0).pick(labels("program"))
    return {"id": site.firm.id("programs", labels("program").index(name)), "name": name}


def programs(firm: Firm) -> RowList:
    """List a company's programs."""

    def make(index: int) -> Row:
        program_id = firm.id("programs", index)
        return {
            "id": program_id,
            "name": labels("program")[index],
            "address_freeform": f"{index + 1}00 Example Plaza, Oakland, CA",
            "website": "https://programs.demo.example",
            "photo_prostore_file_id": None,
            "logo_prostore_file_id": None,
            "photo_prostore_file_url": None,
            "logo_prostore_file_url": None,
            "project_count": sum(_program_of(site)["id"] == program_id for site in firm.sites),
        }

    return RowList(len(labels("program")), make)


def project_stages(firm: Firm) -> RowList:
    """List the stages of a company's projects."""

    def make(index: int) -> Row:
        return {
            "id": firm.id("project_stages", index),
            "name": _STAGES[index],
            "is_bidding_stage": _STAGES[index] == "Bidding",
            "is_concept_stage": False,
            "category": (
                "bidding",
                "pre_construction",
                "course_of_construction",
                "post_construction",
                "closed",
            )[index],
            "readonly": index == 0,
            "default_stage": index == 2,
            "hideable": index != 2,
            "has_rfi_prefixes": index == 2,
            "project_stage_has_children": False,
        }

    return RowList(len(_STAGES), make)


def trades(firm: Firm) -> RowList:
    """List the company's trades."""
    return RowList(
        len(TRADES),
        lambda index: (
            trade_of(firm, index) | {"updated_at": stamp(date(2024, 1, 8) + timedelta(days=11 * index), 1000)}
        ),
    )
