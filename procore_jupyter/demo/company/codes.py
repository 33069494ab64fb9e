"""The codes of costs: cost codes, line item types, WBS codes, sub jobs, tax codes; and billing periods."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.records import Firm, Site
from procore_jupyter.demo.company.rows import Row, RowList
from procore_jupyter.demo.company.writing import ORIGIN, stamp

# Each division with its codes. A division has the place of the trade that does most of its work.
DIVISIONS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("01", "General Requirements", (("310", "Project Management"), ("500", "Temporary Facilities"), ("700", "Closeout"))),
    ("02", "Existing Conditions", (("410", "Demolition"), ("820", "Abatement"))),
    ("03", "Concrete", (("100", "Formwork"), ("200", "Reinforcing"), ("300", "Cast-in-Place Concrete"), ("400", "Precast"))),
    ("04", "Masonry", (("200", "Unit Masonry"), ("400", "Stone"))),
    ("05", "Metals", (("100", "Structural Steel"), ("300", "Metal Decking"), ("500", "Metal Fabrications"))),
    ("06", "Wood", (("100", "Rough Carpentry"), ("200", "Finish Carpentry"))),
    ("07", "Thermal and Moisture", (("100", "Waterproofing"), ("500", "Membrane Roofing"), ("840", "Firestopping"))),
    ("08", "Openings", (("100", "Doors"), ("440", "Curtain Wall"), ("800", "Glazing"))),
    ("09", "Finishes", (("290", "Gypsum Board"), ("300", "Tiling"), ("650", "Resilient Flooring"), ("900", "Painting"))),
    ("14", "Conveying Equipment", (("200", "Elevators"),)),
    ("21", "Fire Suppression", (("130", "Sprinklers"),)),
    ("22", "Plumbing", (("100", "Piping"), ("400", "Fixtures"))),
    ("23", "HVAC", (("070", "Insulation"), ("300", "Air Distribution"), ("640", "Chillers"))),
    ("26", "Electrical", (("050", "Basic Materials"), ("240", "Switchgear"), ("510", "Lighting"))),
    ("27", "Communications", (("100", "Structured Cabling"),)),
    ("31", "Earthwork", (("200", "Earth Moving"), ("600", "Foundations"))),
    ("32", "Exterior Improvements", (("120", "Paving"), ("900", "Planting"))),
)  # fmt: skip
_KINDS = (("L", "Labor"), ("M", "Materials"), ("S", "Subcontract"), ("E", "Equipment"), ("O", "Other"))
# The kinds of cost of a code that has money in the budget.
_BUDGETED_KINDS = (0, 1, 2)
_SUB_JOBS = (("01", "Main building"), ("02", "Site works"))
_TAX_CODES = (
    ("CA", "California", 7.25), ("OAK", "Oakland", 10.25), ("FRE", "Fresno", 8.35), ("WA", "Washington", 6.5),
    ("SEA", "Seattle", 10.35), ("NV", "Nevada", 6.85), ("ID", "Idaho", 6.0), ("OLD", "No longer used", 5.0),
)  # fmt: skip


@dataclass(frozen=True)
class CostCode:
    """A cost code: a division, or a code in it."""

    index: int
    id: int
    code: str
    full_code: str
    name: str
    division: int
    parent: int | None

    def reference(self) -> Row:
        """Return the code as other rows show it."""
        return {"id": self.id, "name": self.name, "full_code": self.full_code, "code": self.code}


@dataclass(frozen=True)
class WbsCode:
    """A cost code with a kind of cost: what budgets and line items are broken down by."""

    index: int
    id: int
    cost_code: CostCode
    kind: int

    @property
    def flat_code(self) -> str:
        """Both codes: ``03-300.S``."""
        return f"{self.cost_code.full_code}.{_KINDS[self.kind][0]}"

    @property
    def flat_name(self) -> str:
        """Both names."""
        return f"{self.cost_code.name}.{_KINDS[self.kind][1]}"

    def reference(self) -> Row:
        """Return the code as other rows show it."""
        return {
            "id": self.id,
            "flat_code": self.flat_code,
            "flat_name": self.flat_name,
            "description": self.flat_name,
        }


def codes(site: Site) -> list[CostCode]:
    """Return a project's cost codes, each division before its codes."""
    found: list[CostCode] = []
    for division, (number, name, inside) in enumerate(DIVISIONS):
        top = len(found)
        found.append(CostCode(top, site.id("cost_codes", top), number, number, name, division, None))
        for code, title in inside:
            index = len(found)
            found.append(
                CostCode(index, site.id("cost_codes", index), code, f"{number}-{code}", title, division, top)
            )
    return found


def leaves(site: Site) -> list[CostCode]:
    """Return the cost codes for bookings: all but the divisions."""
    return [code for code in site.get(codes) if code.parent is not None]


def breakdown(site: Site) -> list[WbsCode]:
    """Return a project's WBS codes."""
    pairs = [(code, kind) for code in site.get(leaves) for kind in _BUDGETED_KINDS]
    return [WbsCode(index, site.id("wbs_codes", index), *pair) for index, pair in enumerate(pairs)]


def any_cost_code(site: Site, dice: Dice) -> Row:
    """Return a random cost code as other rows show it."""
    return dice.pick(site.get(leaves)).reference()


def line_item_type(firm: Firm, kind: int) -> Row:
    """Return a kind of cost as other rows show it."""
    code, name = _KINDS[kind]
    return {"id": firm.id("line_item_types", kind), "code": code, "name": name, "base_type": name.lower()}


def sub_job(site: Site, index: int) -> Row:
    """Return one of a project's two sub jobs as other rows show it."""
    code, name = _SUB_JOBS[index]
    return {"id": site.id("sub_jobs", index), "code": code, "name": name}


def cost_codes(site: Site) -> RowList:
    """List a project's cost codes."""
    found = site.get(codes)

    def make(index: int) -> Row:
        code = found[index]
        parent = None if code.parent is None else found[code.parent].id
        return code.reference() | {
            "parent": {"id": parent},
            "sortable_code": code.full_code.replace("-", "."),
            "position": index + 1,
            "budgeted": code.parent is not None,
            "biller": site.project.name,
            "biller_id": site.project.id,
            "biller_type": "Project",
            "biller_origin_id": None,
            "line_item_types": []
            if code.parent is None
            else [line_item_type(site.firm, kind) for kind in _BUDGETED_KINDS],
            "standard_cost_code_id": site.firm.id("standard_cost_codes", index),
            "standard_cost_code_list_id": site.firm.id("types", 20),
            "origin_id": f"CC{index:03d}",
            "origin_data": ORIGIN,
            "created_at": stamp(site.first, 930),
            "updated_at": stamp(site.first, 935),
            "deleted_at": None,
        }

    return RowList(len(found), make)


def wbs_codes(site: Site) -> RowList:
    """List a project's WBS codes."""
    found = site.get(breakdown)
    pattern = site.firm.id("types", 21)

    def make(index: int) -> Row:
        one = found[index]
        kind = line_item_type(site.firm, one.kind)
        segments = (
            (one.cost_code.id, "cost_code", one.cost_code.full_code, one.cost_code.name),
            (kind["id"], "line_item_type", kind["code"], kind["name"]),
        )
        return {
            "id": one.id,
            "flat_code": one.flat_code,
            "flat_name": one.flat_name,
            "description": one.flat_name,
            "status": "inactive" if index % 23 == 22 else "active",
            "segment_items": [
                {"id": number, "code": code, "name": name, "segment": {"type": segment}}
                for number, segment, code, name in segments
            ],
            "wbs_pattern_id": pattern,
            "created_at": stamp(site.first, 940),
            "updated_at": stamp(site.days[index % len(site.days)], 945),
        }

    return RowList(len(found), make)


def tax_codes(firm: Firm) -> RowList:
    """List a company's tax codes."""

    def make(index: int) -> Row:
        code, name, rate = _TAX_CODES[index]
        return {
            "id": firm.id("tax_codes", index),
            "code": code,
            "description": f"{name} sales tax",
            "rate1": rate,
            "archived": code == "OLD",
            "default_tax_code": index == 0,
            "origin_id": f"T{index:02d}",
            "origin_data": ORIGIN,
        }

    return RowList(len(_TAX_CODES), make)


def periods(site: Site) -> list[tuple[date, date]]:
    """Return the first and last day of a project's billing periods, which are months."""
    found = []
    day = site.first.replace(day=1)
    while day <= site.last:
        end = day.replace(day=calendar.monthrange(day.year, day.month)[1])
        found.append((day, end))
        day = end + timedelta(days=1)
    return found


def billing_periods(site: Site) -> RowList:
    """List a project's billing periods."""
    months = site.get(periods)

    def make(index: int) -> Row:
        start, end = months[index]
        return {
            "id": site.id("billing_periods", index),
            "project_id": site.project.id,
            "position": index + 1,
            "start_date": start.isoformat(),
            "end_date": end.isoformat(),
            "due_date": (end - timedelta(days=5)).isoformat(),
            "status": "open" if index == len(months) - 1 else "closed",
            "created_at": stamp(start, 900),
            "updated_at": stamp(min(end, site.last), 900),
        }

    return RowList(len(months), make)
