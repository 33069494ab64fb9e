"""Meetings in their series with their topics, and tasks."""

from __future__ import annotations

from datetime import timedelta

from procore_jupyter.demo.company import directory
from procore_jupyter.demo.company.choices import any_option, labels, option
from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.directory import anyone
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Children, Row, RowList, RowPlace
from procore_jupyter.demo.company.writing import later, moment, stamp

_CATEGORIES = ("Safety", "Schedule", "RFIs and submittals", "Budget and changes", "Quality", "Next steps")
_SUBJECTS = (
    ("Toolbox talks of the week", "Fall protection at the roof edge", "Fire watch during hot work"),
    ("Three-week lookahead", "Curtain wall delivery", "Date of the power shutdown"),
    ("Overdue RFIs", "Shop drawings for stairs", "Door hardware schedule"),
    ("Pending change orders", "Allowance for signage", "Cost of the winter measures"),
    ("Mock-up of the facade", "Slab flatness survey", "Leaks at level 2"),
    ("Confirm the inspection", "Send the updated logistics plan", "Walk the punch list"),
)
_MOST_CATEGORIES = len(_CATEGORIES)
_PRIORITIES = ("Low", "Medium", "High", None)
_STATUSES = ("Open", "On Hold", "Closed")
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
        "meeting_topics_count": len(site.get(_topics).of(index)),
        "distributed_at": moment(dice, later(day, 1, site.last)),
        "distributed_by": leader.reference(),
        "last_distributed_event": None,
        "meeting_categories": [_category(site, index, number) for number in _categories(site, index)],
        "created_at": moment(dice, day - timedelta(days=7)),
        "updated_at": moment(dice, later(day, 2, site.last)),
        "_group": title,
        "_assignee_ids": [one.id for one in people],
    }


def meeting(site: Site, place: RowPlace) -> list[Row]:
    """Return a meeting's own record, which has more than the list: its topics in categories, attendees, conclusion."""
    row = meetings(site)[place.index]
    topics = [_topic(site, index) for index in site.get(_topics).of(place.index)]
    people = [one for one in site.get(directory.site_members) if one.id in row["_assignee_ids"]]
    more: Row = {
        "is_draft": False,
        "time_zone": "America/Los_Angeles",
        "remote_meeting_url": None,
        "conclusion": "<p>The next meeting is as usual.</p>",
        "attachments": [],
        "attendees": [
            {"id": one.id, "login_information": one.reference(), "status": "attended"} for one in people
        ],
        "meeting_categories": [
            category
            | {
                "meeting_topic": [
                    {name: value for name, value in topic.items() if name != "meeting_id"}
                    for topic in topics
                    if topic["meeting_category"]["id"] == category["id"]
                ]
            }
            for category in row["meeting_categories"]
        ],
    }
    return [{name: value for name, value in row.items() if name != "meeting_topics_count"} | more]


def meeting_topics(site: Site) -> RowList:
    """List the topics and action items of a project's meetings, in the order of the meetings."""
    return RowList(len(site.get(_topics)), lambda index: _topic(site, index))


def _categories(site: Site, meeting: int) -> range:
    """Return the numbers of a meeting's categories."""
    return range(site.dice("meeting_categories", meeting).whole(2, _MOST_CATEGORIES))


def _category(site: Site, meeting: int, number: int) -> Row:
    return {
        "id": site.id("meeting_categories", _MOST_CATEGORIES * meeting + number),
        "title": _CATEGORIES[number],
        "position": number + 1,
    }


def _topics(site: Site) -> Children:
    """Return which meeting each topic belongs to."""
    return Children(
        sum(_topics_in(site, index, number) for number in _categories(site, index))
        for index in range(len(site.get(_series)))
    )


def _topics_in(site: Site, meeting: int, category: int) -> int:
    """Return how many topics a category of a meeting has: the first one has one at least."""
    dice = site.dice("meeting_items", _MOST_CATEGORIES * meeting + category)
    return dice.whole(1 if category == 0 else 0, len(_SUBJECTS[category]))


def _topic(site: Site, index: int) -> Row:
    meeting, place = site.get(_topics).place(index)
    number = 0
    while place >= (count := _topics_in(site, meeting, number)):
        place, number = place - count, number + 1
    dice = site.dice("meeting_topics", index)
    series, position = site.get(_series).place(meeting)
    day = site.day(position, len(site.get(_series).of(series)))
    is_action = dice.chance(0.6)
    due = later(day, dice.whole(3, 21)) if is_action else None
    old = (site.last - day).days > 30
    category, title = _category(site, meeting, number), _SUBJECTS[number][place]
    return {
        "id": site.id("meeting_items", index),
        "meeting_id": site.id("meetings", meeting),
        "number": f"{number + 1}.{place + 1}",
        "title": title,
        "status": "Closed" if old and dice.chance(0.9) else dice.pick(_STATUSES),
        "priority": dice.pick(_PRIORITIES),
        "due_date": None if due is None else due.isoformat(),
        "created_on": day.isoformat(),
        "position": place + 1,
        "minutes": f"<p>{title}: discussed.</p>" if dice.chance(0.8) else None,
        "description": None,
        "meeting_category": {name: category[name] for name in ("id", "title")},
        "assignments": [one.reference() for one in dice.several(site.get(directory.site_members), 2)]
        if is_action
        else [],
        "attachments": [],
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
