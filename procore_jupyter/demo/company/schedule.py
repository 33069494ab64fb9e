"""Schedules: tasks of the older tool, and schedules with activities of the newer one."""

from __future__ import annotations

from datetime import date, timedelta

from procore_jupyter.demo.company import directory
from procore_jupyter.demo.company.codes import DIVISIONS
from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.directory import anyone
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Row, RowList, RowPlace
from procore_jupyter.demo.company.writing import moment, stamp

# Every tenth task, from the first on, sums up the nine after it.
_GROUP = 10
_STEPS = ("Mobilize", "Layout", "Submittals", "Fabricate", "Deliver", "Install", "Test", "Inspect", "Punch")
_SCHEDULES = (("Master schedule", "READONLY_PROJECT_SCHEDULE"), ("Six-week lookahead", "LOOKAHEAD"))


def _how_many(site: Site) -> int:
    return site.count(180)


def _name(index: int) -> str:
    group, step = divmod(index, _GROUP)
    phase = DIVISIONS[group % len(DIVISIONS)][1]
    return phase if step == 0 else f"{_STEPS[step - 1]} {phase.lower()}"


def _span(site: Site, index: int, dice: Dice) -> tuple[date, date]:
    """Return the first and the last day of a task; of a summary, those of all its tasks."""
    start, end = date.fromisoformat(site.project.start_date), date.fromisoformat(site.project.completion_date)
    groups = -(-site.get(_how_many) // _GROUP)
    group, step = divmod(index, _GROUP)
    length = (end - start) / (groups + 2)
    begins = start + group * length
    if step == 0:
        return begins, begins + 3 * length
    return begins + step * length / 5, begins + step * length / 5 + timedelta(days=dice.whole(3, 30))


def _percentage(site: Site, first: date, last: date) -> int:
    done = (site.last - first) / max(timedelta(days=1), last - first)
    return max(0, min(100, round(done * 20) * 5))


def scheduled_task(site: Site, dice: Dice) -> Row:
    """Return a random task as other rows show it."""
    index = dice.whole(0, site.get(_how_many) - 1)
    return {"id": site.id("schedule_tasks", index), "name": _name(index), "key": f"A{10 * index + 1000}"}


def schedule_tasks(site: Site) -> RowList:
    """List the tasks of a project's schedule."""
    return RowList(site.get(_how_many), lambda index: _task(site, index))


def _task(site: Site, index: int) -> Row:
    dice = site.dice("schedule_tasks", index)
    first, last = _span(site, index, dice)
    group, step = divmod(index, _GROUP)
    percentage, key, name = _percentage(site, first, last), f"A{10 * index + 1000}", _name(index)
    vendor = dice.pick(site.get(directory.subcontractors))
    late = float(dice.pick((0, 0, 0, 2, 5, 10)))
    parent = None if step == 0 else site.id("schedule_tasks", group * _GROUP)
    return {
        "id": site.id("schedule_tasks", index),
        "name": name,
        "task_name": name,
        "key": key,
        "activity_id": key,
        "schedule_activity_id": key,
        "source_uid": str(index + 1),
        "row_number": index + 1,
        "wbs": f"{group + 1}.{step}" if step else str(group + 1),
        "parent_id": parent,
        "has_children": step == 0 and index + 1 < site.get(_how_many),
        "full_outline_path": _name(index - step) if step == 0 else f"{_name(index - step)} > {name}",
        "start_datetime": stamp(first, 900),
        "finish_datetime": stamp(last, 1380),
        "actual_start": stamp(first, 900) if percentage else None,
        "actual_finish": stamp(last, 1380) if percentage == 100 else None,
        "baseline_start": stamp(first - timedelta(days=late), 900),
        "baseline_finish": stamp(last - timedelta(days=late), 1380),
        "start_variance": late,
        "finish_variance": late,
        "schedule_duration": float((last - first).days),
        "percentage": percentage,
        "critical_path": dice.chance(0.2),
        "milestone": dice.chance(0.05) and step > 0,
        "pending": False,
        "manually_edited": dice.chance(0.1),
        "color": dice.pick(("#336699", "#669933", "#996633")),
        "resource_name": vendor.name,
        "resource_ids": [vendor.id],
        "notes": None,
        "created_by": anyone(site, dice, directory.own_people),
        "updated_by": anyone(site, dice, directory.own_people),
        "created_at": moment(dice, site.first),
        "updated_at": moment(dice, dice.pick(site.days)),
    }


def schedules(site: Site) -> RowList:
    """List a project's schedules of the newer tool."""

    def make(index: int) -> Row:
        dice = site.dice("schedules", index)
        name, kind = _SCHEDULES[index]
        return {
            "schedule_id": str(site.id("schedules", index)),
            "project_id": str(site.project.id),
            "company_id": str(site.project.company.id),
            "schedule_name": name,
            "schedule_type": kind,
            "is_active": True,
            "data_date": site.last.isoformat(),
            "start_date": site.project.start_date,
            "calendar_id": str(site.id("types", 10)),
            "parent_schedule_id": str(site.id("schedules", 0)) if index else None,
            "created_at": stamp(site.first, 900),
            "created_by": str(dice.pick(site.get(directory.own_people)).id),
            "updated_at": stamp(site.last, 960 + index),
            "updated_by": str(dice.pick(site.get(directory.own_people)).id),
            "deleted_at": None,
            "deleted_by": None,
        }

    return RowList(len(_SCHEDULES), make)


def schedule_activities(site: Site, schedule: RowPlace) -> RowList:
    """List a schedule's activities: the master has all of them, the other one the last third."""
    count = site.get(_how_many)
    start = 0 if schedule.index == 0 else count - count // 3 - 1
    return RowList(count - start, lambda place: _activity(site, schedule.index, start + place, start))


def _activity(site: Site, schedule: int, index: int, first_shown: int) -> Row:
    dice = site.dice("schedule_tasks", index)
    first, last = _span(site, index, dice)
    step = index % _GROUP
    # Each schedule has half of the ids of activities.
    numbered = [2 * place + schedule for place in (index, index - step)]
    own_id, group_id = (str(site.id("schedule_activities", number)) for number in numbered)
    return {
        "activity_id": own_id,
        "activity_name": _name(index),
        "parent_id": group_id if step and index - step >= first_shown else None,
        "ordered_parent_index": step,
        "start_date": first.isoformat(),
        "finish_date": last.isoformat(),
        "duration": float((last - first).days),
        "duration_unit": "days",
        "duration_display_unit": "d",
        "percent_complete": float(_percentage(site, first, last)),
        "constraint_type": dice.perhaps(0.1, "START_NO_EARLIER_THAN"),
        "constraint_date": None,
        "assigned_company": dice.pick(site.get(directory.subcontractors)).name,
        "crew_size": dice.whole(2, 14),
        "calendar_id": str(site.id("types", 10)),
        "deadline_date": None,
        "deadline_variance": None,
        "category_data": [],
        "resource_data": [],
        "is_critical": dice.chance(0.2),
        "total_float": float(dice.whole(0, 60)),
        "notes": None,
        "schedule_id": str(site.id("schedules", schedule)),
        "project_id": str(site.project.id),
        "company_id": str(site.project.company.id),
        "created_at": stamp(site.first, 900),
        "created_by": str(dice.pick(site.get(directory.own_people)).id),
        "updated_at": moment(dice, dice.pick(site.days)),
        "updated_by": str(dice.pick(site.get(directory.own_people)).id),
    }
