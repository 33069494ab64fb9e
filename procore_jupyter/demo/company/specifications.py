"""Specifications: divisions, their sections, and the sections' revisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from procore_jupyter.demo.company.attached import address
from procore_jupyter.demo.company.codes import DIVISIONS
from procore_jupyter.demo.company.company_fields import custom_fields
from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Children, Row, RowList, RowPlace
from procore_jupyter.demo.company.writing import stamp


@dataclass(frozen=True)
class Section:
    """A section of the specifications."""

    index: int
    id: int
    number: str
    title: str
    division: int

    def reference(self) -> Row:
        """Return the section as other rows show it."""
        return {
            "id": self.id,
            "number": self.number,
            "description": self.title,
            "label": f"{self.number} - {self.title}",
        }


def sections(site: Site) -> list[Section]:
    """Return a project's sections, by division."""
    found: list[Section] = []
    for division, (number, _, inside) in enumerate(DIVISIONS):
        for code, title in inside:
            index = len(found)
            section_id = site.id("specification_sections", index)
            found.append(Section(index, section_id, f"{number} {code[:2]} {code[2]}0", title, division))
    return found


def any_section(site: Site, dice: Dice) -> Row:
    """Return a random section as other rows show it."""
    return dice.pick(site.get(sections)).reference()


def _revisions(site: Site) -> Children:
    """Return which section each revision belongs to; a section has one or two."""
    return Children(site.dice("specification_sections", one.index).whole(1, 2) for one in site.get(sections))


def specification_sections(site: Site) -> RowList:
    """List a project's specification sections."""
    found = site.get(sections)

    def make(index: int) -> Row:
        latest = site.get(_revisions).of(index)[-1]
        return found[index].reference() | {"current_revision_id": site.id("specification_revisions", latest)}

    return RowList(len(found), make)


def specification_divisions(site: Site) -> RowList:
    """List the divisions of a project's specification sections."""

    def make(index: int) -> Row:
        number, title, _ = DIVISIONS[index]
        return {
            "id": site.id("specification_divisions", index),
            "number": number,
            "description": title,
            "url": address(site, "specification_divisions", index, f"division-{number}.pdf"),
        }

    return RowList(len(DIVISIONS), make)


def specification_section_revisions(site: Site, division: RowPlace) -> RowList:
    """List the revisions of a division's sections."""
    children = site.get(_revisions)
    inside = [
        revision
        for one in site.get(sections)
        if one.division == division.index
        for revision in children.of(one.index)
    ]
    return RowList(len(inside), lambda place: _revision(site, inside[place]))


def _revision(site: Site, index: int) -> Row:
    of, number = site.get(_revisions).place(index)
    one, dice = site.get(sections)[of], site.dice("specification_revisions", index)
    issued = site.day(number, 2) + timedelta(days=dice.whole(0, 20))
    return {
        "id": site.id("specification_revisions", index),
        "specification_section_id": one.id,
        "specification_section_division_id": site.id("specification_divisions", one.division),
        "specification_set_id": site.id("types", number),
        "number": one.number,
        "description": one.title,
        "revision": str(number),
        "url": address(site, "specification_revisions", index, f"{one.number.replace(' ', '')}-{number}.pdf"),
        "issued_date": issued.isoformat(),
        "received_date": (issued + timedelta(days=2)).isoformat(),
        "custom_fields": custom_fields(site, "specification_revisions", dice),
        "updated_at": stamp(issued + timedelta(days=3), 1000),
    }
