"""Meetings in their series, and tasks."""

from __future__ import annotations

from procore_jupyter.demo.company import directory
from procore_jupyter.demo.company.choices import any_option, labels, option
from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.directory import anyone
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Children, Row, RowList
from procore_jupyter.demo.company.writing import later, moment, stamp

_TOPICS = ("Safety", "Schedule", "RFIs and submittals", "Budget and changes", "Quality", "Next steps")
_MOST_ATTENDEES = 6
_TASKS = (
    "Send the insurance certificate", "Book the crane", "Order the mock-up", "Update the logistics plan",
    "Return the signed contract", "Collect the warranties", "Arrange the inspection",
)  # fmt: skip
_TASK_STATUSES = ("initiated", "in_progress", "ready_for_review", "closed", "void")


def _series(site: Site) -> Children:
    """Return which series each meeting belongs to; the meetings of a series follow one another."""
    usual = (70, 60, 40, 12)
    return Children(site.count(number) for number in usual)


def meetings(site: Site) -> RowList:
    """List a project's meetings, one series after the other. ``_group`` names a row's series."""
    return RowList(len(site.get(_series)), lambda index: _meeting(site, index))


def _meeting(site: Site, index: int) -> Row:
    children = site.get(_series)
    series, place = children.place(index)
    dice = site.dice("meetings", index)
    day = site.day(place, len(children.of(series)))
    title = f"{labels('meeting_template')[series]} meeting"
    people = dice.several(site.get(directory.site_members), _MOST_ATTENDEES)
    leader = dice.pick(site.get(directory.own_people))
    starts = 960 + 60 * dice.whole(0, 4)
    return {
        "id": site.id("meetings", index),
        "meeting_template_id": option("meeting_template", series)["id"],
        "position": place + 1,
        "title": f"{title} {place + 1}",
        "description": f"<p>{title} of {site.project.name}.</p>",
        "location": dice.pick(("Site trailer", "Main office", "By video")),
        "occurred": True,
        "mode": "minutes",
        "is_private": False,
        "starts_at": stamp(day, starts),
        "ends_at": stamp(day, starts + 60),
        "created_by_id": leader.id,
        "parent_id": None if place == 0 else site.id("meetings", index - 1),
        "meeting_topics_count": dice.whole(2, 12),
        "distributed_at": moment(dice, later(day, 1, site.last)),
        "distributed_by": leader.reference(),
        "last_distributed_event": None,
        "meeting_categories": [
            {
                "id": site.id("meeting_items", len(_TOPICS) * index + number),
                "title": topic,
                "position": number + 1,
            }
            for number, topic in enumerate(_TOPICS[: dice.whole(2, len(_TOPICS))])
        ],
        "created_at": moment(dice, day),
        "updated_at": moment(dice, later(day, 2, site.last)),
        "_group": title,
        "_assignee_ids": [one.id for one in people],
    }


def tasks(site: Site) -> RowList:
    """List a project's tasks."""
    count = site.count(80)
    return RowList(count, lambda index: _task(site, index, count))


def _task(site: Site, index: int, count: int) -> Row:
    dice: Dice = site.dice("tasks", index)
    created = site.day(index, count)
    old = (site.last - created).days > 45
    status = "closed" if old and dice.chance(0.9) else dice.pick(_TASK_STATUSES)
    assignees = [one.reference() for one in dice.several(site.get(directory.site_members), 2)]
    title = dice.pick(_TASKS)
    return {
        "id": site.id("tasks", index),
        "number": str(index + 1),
        "title": title,
        "description": f"{title}, and tell the project engineer.",
        "status": status,
        "task_item_category": any_option("task_category", dice),
        "assignee": assignees[0],
        "assignees": assignees,
        "private": dice.chance(0.05),
        "date_notified": created.isoformat(),
        "due_date": stamp(later(created, dice.whole(3, 30)), 1020),
        "_created_at": moment(dice, created),
        "_created_by": anyone(site, dice, directory.own_people),
    }
