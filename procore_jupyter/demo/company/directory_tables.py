"""The directory's lists: people and vendors of a company and of a project."""

from __future__ import annotations

from datetime import timedelta

from procore_jupyter.demo.company import directory
from procore_jupyter.demo.company.choices import option
from procore_jupyter.demo.company.directory import Member, Vendor
from procore_jupyter.demo.company.records import LAST_DAY, Firm, Site
from procore_jupyter.demo.company.rows import Row, RowList
from procore_jupyter.demo.company.writing import ORIGIN, stamp
from procore_jupyter.demo.data import MARK


def users(firm: Firm) -> RowList:
    """List a company's people."""
    people = firm.get(directory.members)
    return RowList(len(people), lambda index: _user(firm, people[index]))


def _user(firm: Firm, member: Member) -> Row:
    return _person(firm, member) | {
        "contact_id": firm.id("contacts", member.index),
        "erp_integrated_accountant": member.job_title == "Project Accountant",
        "welcome_email_sent_at": stamp(member.created, 980),
        "permission_template": option("permission_template", 0 if member.vendor.index == 0 else 1),
        "company_permission_template": option("permission_template", 0 if member.vendor.index == 0 else 1),
        "role": member.job_title,
        "verified_employee": member.vendor.index == 0,
    }


def project_users(site: Site) -> RowList:
    """List a project's people."""
    people = site.get(directory.site_members)
    return RowList(len(people), lambda index: _project_user(site, people[index]))


def _project_user(site: Site, member: Member) -> Row:
    template = option("permission_template", 2 if member.vendor.index == 0 else 1)
    return _person(site.firm, member) | {
        "is_insurance_manager": member.job_title == "Project Accountant",
        "default_permission_template_id": template["id"],
        "company_permission_template_id": option("permission_template", 1)["id"],
    }


def _person(firm: Firm, member: Member) -> Row:
    own = member.vendor.index == 0
    seen = min(member.created + timedelta(days=400), LAST_DAY)
    trade = member.vendor.trade
    return {
        "id": member.id,
        "name": member.name,
        "first_name": member.first_name,
        "last_name": member.last_name,
        "initials": member.first_name[0] + member.last_name[0],
        "job_title": member.job_title,
        "email_address": member.login,
        "vendor": member.vendor.reference(),
        "is_employee": own,
        "is_active": member.active,
        "employee_id": f"E-{1000 + member.index}" if own else None,
        "business_id": None,
        "business_phone": f"(555) 555-01{member.index % 100:02d}",
        "business_phone_extension": 100 + member.index if own else None,
        "mobile_phone": f"(555) 555-01{(member.index + 37) % 100:02d}",
        "fax_number": None,
        "address": f"{100 + member.index} Example Street",
        "city": "Oakland" if own else "Portland",
        "state_code": "CA" if own else "OR",
        "country_code": "US",
        "zip": f"{94600 + member.index}",
        "avatar": None,
        "email_signature": member.name,
        "notes": MARK if member.index == 0 else None,
        "work_classification_id": None,
        "origin_id": f"P{member.index:04d}",
        "origin_data": ORIGIN,
        "last_login_at": stamp(seen, 900 + member.index) if member.active else None,
        "created_at": stamp(member.created, 965),
        "updated_at": stamp(seen, 905 + member.index),
        "_trade_ids": [] if trade is None else [firm.id("trades", trade)],
    }


def vendors(firm: Firm) -> RowList:
    """List a company's vendors."""
    found = firm.get(directory.vendors)
    return RowList(len(found), lambda index: _vendor(firm, found[index]))


def project_vendors(site: Site) -> RowList:
    """List a project's vendors."""
    found = site.get(directory.site_vendors)

    def make(index: int) -> Row:
        row = _vendor(site.firm, found[index])
        del row["contact_count"], row["standard_cost_codes"]
        return row | {"business": {"id": row["id"], "name": row["name"], "country": "US"}}

    return RowList(len(found), make)


def _vendor(firm: Firm, vendor: Vendor) -> Row:
    people = [one for one in firm.get(directory.members) if one.vendor.id == vendor.id and one.active]
    trades = [] if vendor.trade is None else [directory.trade_of(firm, vendor.trade)]
    dice = firm.dice("vendors", vendor.index)
    here = [site.project.id for site in firm.sites if vendor in site.get(directory.site_vendors)]
    city, state_code = dice.pick((("Portland", "OR"), ("Seattle", "WA"), ("Oakland", "CA")))
    day = LAST_DAY - timedelta(days=dice.whole(30, 900))
    return {
        "id": vendor.id,
        "name": vendor.name,
        "abbreviated_name": "".join(word[0] for word in vendor.name.split()),
        "legal_name": f"{vendor.name} (made up)",
        "company": firm.company.name,
        "trade_name": trades[0]["name"] if trades else None,
        "trades": trades,
        "primary_contact": people[0].reference() if people else None,
        "contact_count": len(people),
        "address": f"{200 + vendor.index} Example Avenue",
        "city": city,
        "state_code": state_code,
        "country_code": "US",
        "zip": f"{97200 + vendor.index}",
        "business_phone": f"(555) 555-01{(vendor.index * 3) % 100:02d}",
        "mobile_phone": None,
        "fax_number": None,
        "email_address": f"office{vendor.index}@demo.example",
        "website": f"https://vendor{vendor.index}.demo.example",
        "license_number": f"LIC-{dice.whole(10_000, 99_999)}",
        "business_id": f"B{vendor.index:05d}",
        "business_register": None,
        "labor_union": "Local 000" if dice.chance(0.3) else "",
        "union_member": dice.chance(0.3),
        "non_union_prevailing_wage": dice.chance(0.2),
        "authorized_bidder": vendor.trade is not None,
        "prequalified": dice.chance(0.7),
        "is_active": True,
        "is_connected": dice.chance(0.5),
        "synced_to_erp": dice.chance(0.5),
        "logo": None,
        "notes": MARK,
        "attachments": [],
        "vendor_group": None,
        "connected_to_company_id": None,
        "parent": None,
        "children_count": 0,
        "company_vendor": vendor.index == 0,
        "bidding": {"affirmative_action": False, "small_business": dice.chance(0.4)},
        "bidding_distribution": [one.reference() for one in people[:1]],
        "standard_cost_codes": [],
        "project_ids": here,
        "origin_code": f"V-{vendor.index:03d}",
        "origin_id": f"V{vendor.index:04d}",
        "origin_data": ORIGIN,
        "created_at": stamp(day - timedelta(days=200), 900),
        "updated_at": stamp(day, 930),
    }
