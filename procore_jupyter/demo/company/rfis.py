"""RFIs and the replies to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from procore_jupyter.demo.company import directory
from procore_jupyter.demo.company.attached import attachments
from procore_jupyter.demo.company.codes import any_cost_code, sub_job
from procore_jupyter.demo.company.company_fields import custom_fields
from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.directory import Member, anyone
from procore_jupyter.demo.company.drawings import any_drawing
from procore_jupyter.demo.company.locations import any_location
from procore_jupyter.demo.company.portfolio import stage_of
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Row, RowList, RowPlace
from procore_jupyter.demo.company.writing import later, moment

MOST_REPLIES = 4

_ASKED = (
    ("Clarify detail {sheet}", "The detail does not agree with the plan. Which one governs?"),
    ("Missing dimension on {sheet}", "A dimension between the grid lines is not given."),
    (
        "Conflict between {sheet} and the specification",
        "The drawing and the specification name two materials.",
    ),
    ("Substitution at {sheet}", "May we use the equal that was submitted?"),
    ("Penetration not shown on {sheet}", "The sleeve for the riser is not shown. Confirm its place."),
    ("Finish at {sheet}", "The finish schedule has no entry for this room."),
    ("Existing condition differs from {sheet}", "What we found on site is not what is drawn."),
    ("Confirm elevation on {sheet}", "Top of slab is given twice, with two values."),
)
_REPLIES = (
    "Follow the plan. The detail will be corrected in the next bulletin.",
    "Acceptable as proposed.",
    "See the attached sketch.",
    "Confirm in the field and send photos before you proceed.",
    "Not acceptable. Provide what was specified.",
)


@dataclass(frozen=True)
class _Outline:
    """The facts of an RFI that its own row and its replies share."""

    created: date
    status: str
    replies: int


def _how_many(site: Site) -> int:
    return site.count(348)


def rfi_count(site: Site) -> int:
    """Return the number of a project's RFIs."""
    return site.get(_how_many)


def _outline(site: Site, index: int) -> _Outline:
    dice = site.dice("rfi_outlines", index)
    created = site.day(index, site.get(_how_many))
    # All but a few old ones are answered; drafts are new.
    age = (site.last - created).days
    status = (
        "draft" if age < 20 and dice.chance(0.3) else "closed" if dice.chance(min(0.93, age / 60)) else "open"
    )
    least = 1 if status == "closed" else 0
    return _Outline(created, status, 0 if status == "draft" else dice.whole(least, MOST_REPLIES))


def rfis(site: Site) -> RowList:
    """List a project's RFIs."""
    return RowList(site.get(_how_many), lambda index: _rfi(site, index))


def _rfi(site: Site, index: int) -> Row:
    dice, outline = site.dice("rfis", index), _outline(site, index)
    rfi_id, number = site.id("rfis", index), str(index + 1)
    closed, draft = outline.status == "closed", outline.status == "draft"
    one = any_drawing(site, dice)
    subject, question = dice.pick(_ASKED)
    asked_by = dice.pick(site.get(directory.other_people))
    assignees = [
        {**member.reference(), "response_required": place == 0}
        for place, member in enumerate(dice.several(site.get(directory.site_members), 3))
    ]
    court = [] if closed or draft else [_plain(assignee) for assignee in assignees[:1]]
    created = moment(dice, outline.created)
    resolved = later(outline.created, dice.whole(2, 40), site.last)
    answered = max((_answered(site, outline, index, place) for place in range(outline.replies)), default="")
    location = any_location(site, dice)
    return {
        "id": rfi_id,
        "number": number,
        "prefix": "RFI-",
        "full_number": f"RFI-{number}",
        "subject": subject.format(sheet=f"{dice.whole(1, 9)}/{one.number}"),
        "status": outline.status,
        "translated_status": outline.status.capitalize(),
        "due_date": later(outline.created, dice.whole(7, 21)).isoformat(),
        "initiated_at": None if draft else created,
        "time_resolved": max(moment(dice, resolved), answered) if closed else None,
        "ball_in_court": court[0] if court else None,
        "ball_in_courts": court,
        "assignee": _plain(assignees[0]),
        "assignees": assignees,
        "rfi_manager": anyone(site, dice, directory.own_people),
        "received_from": asked_by.reference(),
        "responsible_contractor": asked_by.vendor.reference(),
        "created_by": anyone(site, dice, directory.own_people),
        "location": location,
        "location_id": location["id"],
        "cost_code": any_cost_code(site, dice) if dice.chance(0.6) else None,
        "cost_impact": _impact(dice, "value", 40_000),
        "schedule_impact": _impact(dice, "value", 15),
        "reference": one.number,
        "project_stage": stage_of(site),
        "sub_job": dice.perhaps(0.3, sub_job(site, dice.whole(0, 1))),
        "private": dice.chance(0.05),
        "deleted": False,
        "deleted_at": None,
        "link": f"{site.records.url}/{site.project.id}/project/rfi/show/{rfi_id}",
        "questions": [_question(site, index, dice, question, asked_by, created)],
        "custom_fields": custom_fields(site, "rfis", dice),
        "created_at": created,
        "updated_at": max(moment(dice, resolved), answered),
        "revision": "0",
        "current_revision": True,
        "has_revisions": False,
        "source_rfi_header_id": rfi_id,
        "specification_section_id": None,
        "priority": {"name": "Normal", "value": "normal"},
        "proposed_solution": dice.perhaps(0.2, "As on the attached sketch."),
    }


def _plain(assignee: Row) -> Row:
    return {name: assignee[name] for name in ("id", "login", "name")}


def _impact(dice: Dice, unit: str, most: int) -> Row:
    status = dice.pick(("no_impact", "no_impact", "tbd", "yes_unknown", "yes_known"))
    return {"status": status, unit: dice.whole(1, most) if status == "yes_known" else None}


def _question(site: Site, index: int, dice: Dice, text: str, asked_by: Member, created: str) -> Row:
    return {
        "id": site.id("rfi_questions", index),
        "body": text,
        "plain_text_body": text,
        "rich_text_body": f"<p>{text}</p>",
        "question_date": created,
        "created_by": asked_by.reference(),
        "created_at": created,
        "updated_at": created,
        "attachments": attachments(site, "rfi_questions", index, dice),
        # Always empty in lists: replies have a list of their own.
        "answers": [],
    }


def rfi_replies(site: Site, rfi: RowPlace) -> RowList:
    """List the replies to an RFI."""
    outline = _outline(site, rfi.index)
    return RowList(outline.replies, lambda place: _reply(site, outline, rfi.index, place))


def _answered(site: Site, outline: _Outline, rfi: int, place: int) -> str:
    """Return the moment of a reply, which its RFI was changed by."""
    dice = site.dice("rfi_reply_dates", MOST_REPLIES * rfi + place)
    day = later(outline.created, 2 + 3 * place, site.last)
    # On the day of the question itself, the end of the day is after it.
    return moment(dice, day) if day > outline.created else f"{day.isoformat()}T23:59:59Z"


def _reply(site: Site, outline: _Outline, rfi: int, place: int) -> Row:
    index = MOST_REPLIES * rfi + place
    dice = site.dice("rfi_replies", index)
    text = dice.pick(_REPLIES)
    author = dice.pick(site.get(directory.site_members))
    official = outline.status == "closed" and place == outline.replies - 1
    return {
        "id": site.id("rfi_replies", index),
        "official": official,
        "answer_date": _answered(site, outline, rfi, place),
        "plain_text_body": text,
        "rich_text_body": f"<p>{text}</p>",
        "created_by": author.name,
        "created_by_id": author.id,
        "attachments": attachments(site, "rfi_replies", index, dice),
    }
