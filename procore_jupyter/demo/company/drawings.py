"""Drawings: areas, the drawings in them, their revisions, and the sets in which these were issued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from procore_jupyter.demo.company.attached import address
from procore_jupyter.demo.company.choices import labels, option
from procore_jupyter.demo.company.company_fields import custom_fields
from procore_jupyter.demo.company.contents import size_of
from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Children, Row, RowList, RowPlace
from procore_jupyter.demo.company.writing import stamp

_AREAS = ("Building", "Site and Civil")
_SETS = ("Permit Set", "Issued for Construction", "Bulletin 1")
_SERIES = (
    "General Notes", "Floor Plan", "Elevations", "Sections", "Enlarged Plan", "Details", "Schedules", "Diagrams",
)  # fmt: skip
_LETTERS = "ASMEPC"
_CIVIL = _LETTERS.index("C")


@dataclass(frozen=True)
class Sheet:
    """A drawing. Its number holds discipline, series and sheet."""

    index: int
    id: int
    number: str
    title: str
    discipline: int

    @property
    def area(self) -> int:
        """The place of its area: the site's for civil drawings."""
        return 1 if self.discipline == _CIVIL else 0


def _how_many(site: Site) -> int:
    return max(2 * len(_LETTERS), site.count(150))


def drawing(site: Site, index: int) -> Sheet:
    """Return a project's drawing by its place."""
    sheet, discipline = divmod(index, len(_LETTERS))
    number, series = divmod(sheet, len(_SERIES))
    return Sheet(
        index,
        site.id("drawings", index),
        f"{_LETTERS[discipline]}-{series}{number + 1:02d}",
        f"{labels('drawing_discipline')[discipline]} {_SERIES[series]} {number + 1}",
        discipline,
    )


def any_drawing(site: Site, dice: Dice) -> Sheet:
    """Return a random drawing of a project."""
    return drawing(site, dice.whole(0, site.get(_how_many) - 1))


def revisions(site: Site) -> Children:
    """Return which drawing each revision belongs to; a drawing has one to three."""
    return Children(site.dice("drawings", index).whole(1, 3) for index in range(site.get(_how_many)))


def latest_revision(site: Site, one: Sheet) -> int:
    """Return the place of a drawing's current revision among all revisions of the project."""
    return site.get(revisions).of(one.index)[-1]


def _inside(site: Site) -> list[list[int]]:
    """Return the places of the drawings of each area."""
    inside: list[list[int]] = [[] for _ in _AREAS]
    for index in range(site.get(_how_many)):
        inside[1 if index % len(_LETTERS) == _CIVIL else 0].append(index)
    return inside


def drawing_areas(site: Site) -> RowList:
    """List a project's drawing areas."""

    def make(index: int) -> Row:
        return {
            "id": site.id("drawing_areas", index),
            "name": _AREAS[index],
            "description": f"All sheets of {_AREAS[index].lower()}",
            "drawings_count": len(site.get(_inside)[index]),
            "deletable": False,
            "created_at": stamp(site.first, 900),
            "updated_at": stamp(site.first, 901),
            "latest_revision_update": stamp(site.last, 1000),
        }

    return RowList(len(_AREAS), make)


def drawings(site: Site, area: RowPlace) -> RowList:
    """List the drawings of an area."""
    inside = site.get(_inside)[area.index]

    def make(index: int) -> Row:
        one = drawing(site, inside[index])
        latest = drawing_revisions(site)[latest_revision(site, one)]
        wanted = ("id", "revision_number", "drawing_date", "received_date", "pdf_url", "status", "updated_at")
        return {
            "id": one.id,
            "number": one.number,
            "title": one.title,
            "discipline": labels("drawing_discipline")[one.discipline],
            "drawing_discipline_id": option("drawing_discipline", one.discipline)["id"],
            "obsolete": False,
            "current_revision": {name: latest[name] for name in wanted},
            "_drawing_set_id": latest["drawing_set"]["id"],
        }

    return RowList(len(inside), make)


def drawing_revisions(site: Site) -> RowList:
    """List all revisions of a project's drawings."""
    return RowList(len(site.get(revisions)), lambda index: _revision(site, index))


def _revision(site: Site, index: int) -> Row:
    children = site.get(revisions)
    of, number = children.place(index)
    one, dice = drawing(site, of), site.dice("drawing_revisions", index)
    issued = _issued(site, number) - timedelta(days=dice.whole(0, 6))
    stem = f"{one.number}-rev-{number}"
    return {
        "id": site.id("drawing_revisions", index),
        "drawing_id": one.id,
        "number": one.number,
        "title": one.title,
        "revision_number": str(number),
        "current": index == children.of(of)[-1],
        "discipline": option("drawing_discipline", one.discipline),
        "drawing_area": {"id": site.id("drawing_areas", one.area), "name": _AREAS[one.area]},
        "drawing_set": {"id": site.id("drawing_sets", number), "name": _SETS[number]},
        "drawing_date": issued.isoformat(),
        "received_date": (issued + timedelta(days=3)).isoformat(),
        "status": "published",
        "obsolete": False,
        "floorplan": "Floor Plan" in one.title,
        "pdf_url": address(site, "drawing_revisions", index, f"{stem}.pdf"),
        "pdf_size": size_of(f"{stem}.pdf"),
        "png_url": address(site, "drawing_revisions", index, f"{stem}.png", 1),
        "png_size": size_of(f"{stem}.png"),
        "thumbnail_url": address(site, "drawing_revisions", index, f"{stem}-small.png", 2),
        "large_thumbnail_url": address(site, "drawing_revisions", index, f"{stem}-large.png", 3),
        "zip_url": None,
        "width": 10800,
        "height": 7200,
        "has_drawing_sketches": False,
        "drawing_sketches_count": 0,
        "has_public_markup_layer_elements": dice.chance(0.2),
        "activity_stream_last_viewed_at": None,
        "connectability_outdated": False,
        "position": one.index + 1,
        "order_in_drawing": number + 1,
        "custom_fields": custom_fields(site, "drawing_revisions", dice),
        "updated_at": stamp(issued + timedelta(days=4), dice.whole(840, 1380)),
    }


def _issued(site: Site, number: int) -> date:
    """Return the day on which a set was issued."""
    return site.day(number, len(_SETS)) + timedelta(days=7)


def drawing_sets(site: Site) -> RowList:
    """List the sets in which a project's drawings were issued."""

    def make(index: int) -> Row:
        children = site.get(revisions)
        published = sum(len(children.of(one)) > index for one in range(site.get(_how_many)))
        issued = _issued(site, index)
        return {
            "id": site.id("drawing_sets", index),
            "project_id": site.project.id,
            "company_id": site.project.company.id,
            "name": _SETS[index],
            "date": issued.isoformat(),
            "position": index + 1,
            "connected": False,
            "deletable": False,
            "published_drawings_count": published,
            "unpublished_drawings_count": 0,
            "created_at": stamp(issued, 900),
            "updated_at": stamp(issued, 960),
        }

    return RowList(len(_SETS), make)
