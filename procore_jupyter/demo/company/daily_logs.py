"""The kinds of daily logs: how often each is written, and its own fields."""

from __future__ import annotations

from datetime import date

from procore_jupyter.demo.company import directory
from procore_jupyter.demo.company.choices import any_option
from procore_jupyter.demo.company.codes import any_cost_code, breakdown
from procore_jupyter.demo.company.daily import Kind
from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.directory import TRADES, any_vendor, anyone, trade_of
from procore_jupyter.demo.company.drawings import any_drawing
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Row, RowList
from procore_jupyter.demo.company.schedule import scheduled_task
from procore_jupyter.demo.company.writing import later, moment

_SHIFT = ("daily_log_segment_id", "daily_log_segment")
_MATERIALS = (
    "Rebar", "Ready-mix concrete", "Studs", "Glass units", "Pipe", "Cable", "Gypsum board", "Roof membrane",
)  # fmt: skip
_SKIES = ("Clear", "Partly cloudy", "Overcast", "Rain", "Snow")
_UNITS = ("m3", "kg", "pcs", "m2", "lf")


def _clock(dice: Dice, name: str, first: int, last: int) -> Row:
    return {f"{name}_hour": dice.whole(first, last), f"{name}_minute": 15 * dice.whole(0, 3)}


def _hours(dice: Dice, most: int) -> str:
    return f"{dice.whole(0, 2 * most) / 2:.1f}"


def _accident(site: Site, dice: Dice, day: date) -> Row:
    return {
        "involved_name": dice.pick(site.get(directory.site_members)).name,
        "involved_company": any_vendor(site, dice)["name"],
        **_clock(dice, "time", 7, 16),
        "comments": dice.pick(("First aid on site.", "Sent home.", "No injury; area closed.")),
    }


def _call(site: Site, dice: Dice, day: date) -> Row:
    return {
        "subject_from": dice.pick(site.get(directory.site_members)).name,
        "subject_to": dice.pick(site.get(directory.site_members)).name,
        "description": dice.pick(("Delivery moved.", "Inspection booked.", "Crew size for tomorrow.")),
        **_clock(dice, "start", 7, 10),
        **_clock(dice, "end", 11, 16),
    }


def _construction_report(site: Site, dice: Dice, day: date) -> Row:
    return {
        "number_of_foreman_workers": dice.whole(1, 2),
        "number_of_journeyman_workers": dice.whole(2, 9),
        "number_of_apprentice_workers": dice.whole(0, 4),
        "number_of_other_workers": dice.whole(0, 3),
        **{
            f"{name}_hours": _hours(dice, 24)
            for name in (
                "foreman", "journeyman", "apprentice", "other", "first_year", "local_city", "local_county",
                "minority", "veteran", "women",
            )
        },
        "trade": _trade(site, dice),
        "notes": dice.perhaps(0.4, "Crew as planned."),
    }  # fmt: skip


def _delay(site: Site, dice: Dice, day: date) -> Row:
    start, hours = dice.whole(7, 11), dice.whole(1, 4)
    return {
        "delay_type": any_option("delay_type", dice)["name"],
        "start_time_hour": start,
        "start_time_minute": 0,
        "end_time_hour": start + hours,
        "end_time_minute": 0,
        "end_time": f"{start + hours:02d}:00",
        "duration": float(hours),
        "comments": dice.pick(("Waited for the inspector.", "Wind above the limit.", "Truck was late.")),
    }


def _delivery(site: Site, dice: Dice, day: date) -> Row:
    return {
        "delivery_from": any_vendor(site, dice)["name"],
        "contents": dice.pick(_MATERIALS),
        "tracking_number": f"DEMO{dice.whole(100_000, 999_999)}",
        **_clock(dice, "time", 6, 15),
        "comments": dice.perhaps(0.3, "Stored in the laydown yard."),
    }


def _dumpster(site: Site, dice: Dice, day: date) -> Row:
    return {
        "quantity_delivered": dice.whole(0, 2),
        "quantity_removed": dice.whole(0, 2),
        "comments": dice.perhaps(0.3, "Swapped before noon."),
    }


def _equipment(site: Site, dice: Dice, day: date) -> Row:
    machine = any_option("equipment", dice)
    return {
        "equipment": machine,
        "equipment_register": machine | {"project_id": site.project.id},
        "hours_operating": _hours(dice, 8),
        "hours_idle": _hours(dice, 4),
        "inspected": dice.chance(0.9),
        "inspection_hour": 6,
        "inspection_minute": 30,
        "cost_code": any_cost_code(site, dice),
        "notes": dice.perhaps(0.2, "Refuelled."),
    }


def _inspection(site: Site, dice: Dice, day: date) -> Row:
    return {
        "inspection_type": any_option("inspection_type", dice)["name"],
        "inspecting_entity": "City of Example",
        "inspector_name": "City inspector",
        "area": dice.pick(("Level 1", "Level 2", "Roof", "Grounds")),
        **_clock(dice, "start", 8, 10),
        **_clock(dice, "end", 11, 14),
        "comments": dice.pick(("Passed.", "Passed with remarks.", "To be repeated.")),
    }


def _manpower(site: Site, dice: Dice, day: date) -> Row:
    """Return the fields of a contractor's crew, about as many people of its trade each day."""
    contractor = dice.pick(site.get(directory.subcontractors))
    usual = site.dice("crews", contractor.index).whole(3, 12)
    workers, hours = max(1, usual + dice.whole(-2, 2)), dice.pick((8, 8, 8, 10, 4))
    contact = dice.pick(site.get(directory.other_people))
    return {
        "vendor": contractor.reference(),
        "num_workers": workers,
        "num_hours": f"{hours:.1f}",
        "man_hours": f"{workers * hours:.1f}",
        "trade": trade_of(site.firm, contractor.trade or 0),
        "cost_code": any_cost_code(site, dice),
        "user": contact.reference(),
        "contact": contact.reference(),
        "notes": dice.perhaps(0.3, "Worked as planned."),
    }


def _note(site: Site, dice: Dice, day: date) -> Row:
    return {
        "comment": dice.pick(
            ("Owner walked the site.", "Hoist out of service until noon.", "Pour finished.")
        ),
        "is_issue_day": dice.chance(0.1),
        "created_by_collaborator": False,
    }


def _plan_revision(site: Site, dice: Dice, day: date) -> Row:
    one = any_drawing(site, dice)
    return {
        "plan_number": one.number,
        "title": one.title,
        "revision": str(dice.whole(1, 3)),
        "category": one.title.split()[0],
        "comments": "Old sheets removed from the trailer.",
    }


def _productivity(site: Site, dice: Dice, day: date) -> Row:
    code, vendor = dice.pick(site.get(breakdown)), any_vendor(site, dice)
    delivered, used = dice.whole(10, 200), dice.whole(0, 100)
    return {
        "company": vendor["name"],
        "contract": f"Contract of {vendor['name']}",
        "line_item_id": code.id,
        "line_item_description": code.flat_name,
        "line_item_holder": vendor,
        "previously_delivered": f"{dice.whole(0, 500)}.0",
        "previously_used": f"{dice.whole(0, 300)}.0",
        "quantity_delivered": f"{delivered}.0",
        "quantity_used": f"{used}.0",
        "notes": dice.perhaps(0.2, "Counted with the foreman."),
    }


def _quantity(site: Site, dice: Dice, day: date) -> Row:
    return {
        "description": dice.pick(_MATERIALS),
        "quantity": dice.whole(1, 400),
        "unit": dice.pick(_UNITS),
        "cost_code": any_cost_code(site, dice),
    }


def _safety_violation(site: Site, dice: Dice, day: date) -> Row:
    return {
        "subject": dice.pick(("No eye protection", "Open edge", "Blocked exit")),
        "safety_notice": f"SN-{dice.whole(100, 999)}",
        "issued_to": any_vendor(site, dice)["name"],
        "compliance_due": later(day, 3).isoformat(),
        **_clock(dice, "time", 7, 16),
        "comments": "Corrected on the spot.",
    }


def _visitor(site: Site, dice: Dice, day: date) -> Row:
    return {
        "subject": dice.pick(("Owner’s representative", "Architect", "Utility company", "School class")),
        "details": dice.pick(("Walked the site.", "Met in the trailer.")),
        **_clock(dice, "begin", 8, 11),
        **_clock(dice, "end", 12, 16),
    }


def _waste(site: Site, dice: Dice, day: date) -> Row:
    return {
        "material": dice.pick(("Wood", "Metal", "Mixed", "Concrete")),
        "approximate_quantity": dice.whole(1, 30),
        "method_of_disposal": dice.pick(("Recycled", "Landfill")),
        "disposal_location": "Example transfer station",
        "description": "Cubic yards, as weighed.",
        "contact": anyone(site, dice),
        **_clock(dice, "time", 7, 16),
    }


def _weather(site: Site, dice: Dice, day: date) -> Row:
    sky = dice.pick(_SKIES)
    wet = sky in ("Rain", "Snow")
    return {
        "time": moment(dice, day),
        "sky": sky,
        "temperature": f"{dice.whole(30, 95)} F",
        "average": f"{dice.whole(35, 85)} F",
        "precipitation": f"{dice.whole(1, 30) / 10:.1f} in" if wet else "0.0 in",
        "time_hour": 15,
        "time_minute": 30,
        "wind": f"{dice.whole(0, 35)} mph",
        "ground": "Wet" if wet else "Dry",
        "calamity": "None",
        "is_weather_delay": "Yes" if wet and dice.chance(0.4) else "No",
        "comments": None,
    }


def _work(site: Site, dice: Dice, day: date) -> Row:
    return {
        "resource_name": dice.pick(TRADES),
        "workers": dice.whole(1, 10),
        "hours": float(dice.whole(2, 10)),
        "hourly_rate": float(dice.whole(40, 120)),
        "showed": True,
        "reimbursable": dice.chance(0.3),
        "scheduled_tasks": [scheduled_task(site, dice)],
        "comments": dice.perhaps(0.3, "As planned."),
    }


def _trade(site: Site, dice: Dice) -> Row:
    return trade_of(site.firm, dice.whole(0, len(TRADES) - 1))


KINDS = (
    Kind("accident_logs", 0.06, _accident, more=("status", "permissions")),
    Kind("call_logs", 0.25, _call, more=("status", "permissions")),
    Kind("daily_construction_report_logs", 0.5, _construction_report, without=_SHIFT, more=("status", "permissions", "custom_fields"), approved_alone=True),
    Kind("delay_logs", 0.12, _delay, more=("status",)),
    Kind("delivery_logs", 0.45, _delivery, more=("status",), approved_alone=True),
    Kind("dumpster_logs", 0.15, _dumpster, more=("status",)),
    Kind("equipment_logs", 0.6, _equipment, without=_SHIFT, more=("permissions", "custom_fields")),
    Kind("inspection_logs", 0.2, _inspection),
    Kind("manpower_logs", 4.2, _manpower, without=_SHIFT, more=("status", "permissions", "custom_fields"), approved_alone=True),
    Kind("notes_logs", 0.7, _note, more=("status", "permissions", "custom_fields", "header"), approved_alone=True),
    Kind("plan_revision_logs", 0.1, _plan_revision, without=("created_at", "updated_at")),
    Kind("productivity_logs", 0.3, _productivity, without=("vendor", "attachments")),
    Kind("quantity_logs", 0.4, _quantity),
    Kind("safety_violation_logs", 0.1, _safety_violation),
    Kind("visitor_logs", 0.25, _visitor, without=(*_SHIFT, "attachments"), more=("status", "permissions", "custom_fields")),
    Kind("waste_logs", 0.15, _waste),
    Kind("weather_logs", 0.9, _weather),
    Kind("work_logs", 0.8, _work),
)  # fmt: skip
_BY_TABLE = {kind.table: kind for kind in KINDS}


def kind(table: str) -> Kind:
    """Return a kind of daily log by its name."""
    return _BY_TABLE[table]


class DailyLogCounts:
    """The numbers of a project's entries of each kind, between two days."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def between(self, first: date, last: date) -> RowList:
        """Return each kind with the number of entries that its list has from `first` to `last`, both included."""

        def make(index: int) -> Row:
            kind = KINDS[index]
            entries = kind.rows(self._site).between(first, last)
            listed = (
                [one for one in entries if one["status"] == "approved"] if kind.approved_alone else entries
            )
            return {"module_name": kind.table, "count": len(listed), "position": index + 1}

        return RowList(len(KINDS), make)
