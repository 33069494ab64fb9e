"""Timecards of a project and of the whole company, and their timesheets."""

from __future__ import annotations

from datetime import date

from procore_jupyter.demo.company import directory
from procore_jupyter.demo.company.choices import any_option, option
from procore_jupyter.demo.company.codes import breakdown, line_item_type, sub_job
from procore_jupyter.demo.company.company_fields import custom_fields
from procore_jupyter.demo.company.daily import segment
from procore_jupyter.demo.company.directory import anyone
from procore_jupyter.demo.company.locations import any_location
from procore_jupyter.demo.company.records import Firm, Site
from procore_jupyter.demo.company.rows import DailyRows, Row, RowList, chained
from procore_jupyter.demo.company.writing import ORIGIN, moment, stamp

# Timecards a working day, in a large project at scale 1.
_RATE = 0.9
_STATUSES = ("approved", "approved", "approved", "pending")


def timecard_entries(site: Site) -> DailyRows:
    """List a project's timecards, by day."""
    return site.get(_cards)


def _cards(site: Site) -> DailyRows:
    expected = _RATE * site.size * site.records.scale
    counts = [
        int(expected) + site.dice("timecard_days", day).chance(expected % 1) for day in range(len(site.days))
    ]
    return DailyRows(site.days, counts, lambda day, index: _card(site, day, index))


def _card(site: Site, day: int, index: int) -> Row:
    shared, dice = _shared(site, day, index), site.dice("timecard_entries", index)
    shift = segment(site, dice)
    on = site.days[day]
    return shared | {
        "datetime": stamp(on, 720),
        "lunch_time": 30,
        # These are days here and moments in the company's list, as documented.
        "time_in": on.isoformat(),
        "time_out": on.isoformat(),
        "timesheet_status": shared["approval_status"],
        "injured": dice.chance(0.01),
        "signed": dice.chance(0.8),
        "location": any_location(site, dice) if dice.chance(0.5) else None,
        "_daily_log_segment_id": shift["id"],
    }


class CompanyTimecards:
    """The timecards of all of a company's projects, project by project."""

    def __init__(self, firm: Firm) -> None:
        self._firm = firm

    def between(self, first: date, last: date) -> RowList:
        """Return the timecards of the days from `first` to `last`, both included."""
        return chained([site.get(_company_cards).between(first, last) for site in self._firm.sites])


def _company_cards(site: Site) -> DailyRows:
    children = timecard_entries(site).children
    counts = [len(children.of(day)) for day in range(len(site.days))]
    return DailyRows(site.days, counts, lambda day, index: _company_card(site, day, index))


def _company_card(site: Site, day: int, index: int) -> Row:
    row, on = _shared(site, day, index), site.days[day]
    start = 780
    end = start + 30 + round(float(row["hours"]) * 60)
    return row | {
        "project": {"id": site.project.id, "name": site.project.name},
        "in_progress": False,
        "time_in": stamp(on, start),
        "time_out": stamp(on, end),
        "lunch_time": "30",
        "timecard_type": "hours",
        "clock_in": {"time": stamp(on, start)},
        "clock_out": {"time": stamp(on, end)},
    }


def _shared(site: Site, day: int, index: int) -> Row:
    dice, on = site.dice("timecard_cards", index), site.days[day]
    worker, code = anyone(site, dice), dice.pick(site.get(breakdown))
    return {
        "id": site.id("timecard_entries", index),
        "date": on.isoformat(),
        "party": worker,
        "party_id": worker["id"],
        "login_information": worker,
        "hours": f"{dice.pick((8, 8, 8, 10, 4)):.1f}",
        "billable": dice.chance(0.9),
        "description": dice.perhaps(0.3, "Layout and installation"),
        "approval_status": dice.pick(_STATUSES),
        "timesheet": {"id": site.id("timesheets", day), "number": day + 1},
        "timecard_time_type": any_option("timecard_type", dice),
        "cost_code": code.cost_code.reference(),
        "cost_code_id": code.cost_code.id,
        "wbs_code": code.reference(),
        "wbs_code_id": code.id,
        "line_item_type_id": line_item_type(site.firm, 0)["id"],
        "sub_job": dice.perhaps(0.3, sub_job(site, dice.whole(0, 1))),
        "crew": option("crew", dice.whole(0, 2)),
        "procore_signature": None,
        "origin_id": None,
        "origin_data": ORIGIN,
        "created_by": anyone(site, dice, directory.own_people),
        "custom_fields": custom_fields(site, "timecards", dice),
        "automatically_split_timecard_entries": [],
        # After the longest shift of a day.
        "created_at": stamp(on, 1411 + dice.whole(0, 9)),
        "updated_at": stamp(on, 1421 + dice.whole(0, 17)),
        "deleted_at": None,
        "clock_in_time": None,
        "clock_out_time": None,
        "work_classification": None,
        "approved_by": dice.perhaps(0.7, anyone(site, dice, directory.own_people)),
    }


def timesheets(site: Site) -> RowList:
    """List a project's timesheets, one for each day with timecards."""
    cards = timecard_entries(site)
    days = [day for day in range(len(site.days)) if len(cards.children.of(day))]
    return RowList(len(days), lambda index: _timesheet(site, days[index]))


def _timesheet(site: Site, day: int) -> Row:
    dice, on = site.dice("timesheets", day), site.days[day]
    entries = [_shared(site, day, index) for index in timecard_entries(site).children.of(day)]
    wanted = ("id", "date", "hours", "party", "cost_code", "approval_status", "billable")
    approved = all(entry["approval_status"] == "approved" for entry in entries)
    return {
        "id": site.id("timesheets", day),
        "number": day + 1,
        "name": f"Timesheet {day + 1}",
        "date": on.isoformat(),
        "status": "approved" if approved else "pending",
        "created_by": anyone(site, dice, directory.own_people),
        "timecard_entries": [{name: entry[name] for name in wanted} for entry in entries],
        "created_at": moment(dice, on),
        "updated_at": moment(dice, on),
    }
