"""The directory: a company's people and the companies that it works with, and those of a project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.records import LAST_DAY, Firm, Site
from procore_jupyter.demo.company.rows import Row
from procore_jupyter.demo.data import PEOPLE

_FIRST_NAMES = (
    "Amara", "Bastian", "Celia", "Dario", "Elif", "Farid", "Greta", "Hiro", "Imani", "Joren", "Keiko", "Lazlo",
    "Maren", "Nadia", "Odell", "Priya", "Quentin", "Rosalind", "Soren", "Tamsin", "Umberto", "Vera", "Wendell",
    "Ximena", "Yusuf", "Zelda", "Anders", "Bronwyn", "Cormac", "Delphine", "Emeka",
)  # fmt: skip
_LAST_NAMES = (
    "Abernathy", "Bjornstad", "Castellano", "Dufresne", "Ekström", "Fitzroy", "Galindo", "Hallorann", "Iwasaki",
    "Jurgens", "Kowalczyk", "Lindqvist", "Mbeki-Hart", "Nakagawa", "O’Malley", "Petrov", "Quarshie", "Rasmussen",
    "Sandoval", "Thackeray", "Ulloa", "Vandermeer", "Whitlock", "Xiong", "Yamaguchi", "Zielinski", "Ashdown",
    "Brightwater", "Corrigan",
)  # fmt: skip
_OWN_JOBS = (
    "Project Manager", "Superintendent", "Project Engineer", "Safety Manager", "Estimator", "Project Executive",
    "Scheduler", "Quality Manager", "Field Engineer", "Project Accountant", "Document Controller",
)  # fmt: skip
_OTHER_JOBS = ("Foreman", "Project Manager", "Account Manager", "Estimator", "Field Supervisor")
TRADES = (
    "Concrete", "Structural Steel", "Masonry", "Carpentry", "Roofing", "Waterproofing", "Glazing", "Drywall",
    "Painting", "Flooring", "Plumbing", "HVAC", "Fire Protection", "Electrical", "Low Voltage", "Elevators",
    "Earthwork", "Paving", "Landscaping", "Demolition",
)  # fmt: skip
# One for each trade, made up: no company of such a name is meant.
_TRADE_NAMES = (
    "Brindlewick Concrete", "Ironquay Steelworks", "Marrowfield Masonry", "Tallowby Carpentry",
    "Fennimoss Roofing", "Dampsley Waterproofing", "Clearmoor Glazing", "Wexcombe Drywall", "Ochrelane Painting",
    "Parquetta Flooring", "Copperwend Plumbing", "Zephyrline Mechanical", "Quenchwell Fire Protection",
    "Quillfeather Electric", "Signalbeck Systems", "Upsway Elevators", "Gravelhythe Earthwork",
    "Tarrowdale Paving", "Mossandine Landscaping", "Rubbleton Demolition",
)  # fmt: skip
_SECOND_NAMES = (
    "Harrowmere Concrete", "Girderholt Steel", "Stonewicken Masonry", "Joistbrook Carpentry", "Eavesham Roofing",
    "Tightwater Coatings", "Panewright Glass", "Studley Vale Drywall", "Brushwold Painting", "Tilemarsh Flooring",
)  # fmt: skip
_OTHERS = (
    ("Vellumgate Architects", "Design"),
    ("Trusswell Engineers", "Design"),
    ("Ravenmoor Holdings (owner)", "Owner"),
)


@dataclass(frozen=True)
class Vendor:
    """A company in the directory: the firm itself, a designer, an owner or a subcontractor."""

    index: int
    id: int
    name: str
    trade: int | None

    def reference(self) -> Row:
        """Return the company as other rows show it."""
        return {"id": self.id, "name": self.name}


@dataclass(frozen=True)
class Member:
    """A person in the directory."""

    index: int
    id: int
    login: str
    first_name: str
    last_name: str
    job_title: str
    vendor: Vendor
    active: bool
    created: date

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"

    def reference(self) -> Row:
        """Return the person as other rows show them."""
        return {"id": self.id, "login": self.login, "name": self.name}


def vendors(firm: Firm) -> list[Vendor]:
    """Return all vendors: the firm itself, architect, engineer, owner, and then the subcontractors."""
    names: list[tuple[str, int | None]] = [(firm.company.name, None), *((name, None) for name, _ in _OTHERS)]
    names += [(name, trade) for trade, name in enumerate(_TRADE_NAMES)]
    names += [(name, trade) for trade, name in enumerate(_SECOND_NAMES)]
    return [
        Vendor(index, firm.id("vendors", index), name, trade) for index, (name, trade) in enumerate(names)
    ]


def members(firm: Firm) -> list[Member]:
    """Return all people: those who can log in, the firm's, and each vendor's."""
    known = firm.get(vendors)
    found: list[Member] = []
    # People who can log in are in the directories of their companies; Builders also keeps those of other companies.
    for person in PEOPLE.values():
        if firm.company.id in person.companies or firm.slot == 0:
            first, _, last = person.name.partition(" ")
            active = firm.company.id in person.companies
            job = _OWN_JOBS[len(found) % len(_OWN_JOBS)]
            found.append(
                Member(
                    len(found), person.id, person.login, first, last, job, known[0], active, date(2023, 5, 2)
                )
            )
    own, every = 24, 27 + len(known)
    while len(found) < every:
        index = len(found)
        first = _FIRST_NAMES[(index + 3 * firm.slot) % len(_FIRST_NAMES)]
        last = _LAST_NAMES[(index + 5 * firm.slot) % len(_LAST_NAMES)]
        # Each vendor has one or two people; the others are the firm's.
        vendor = known[0] if index < own else known[1 + (index - own) % (len(known) - 1)]
        jobs = _OWN_JOBS if index < own else ("Architect",) if vendor.index == 1 else _OTHER_JOBS
        login = (
            f"{first}.{last}".lower().replace("’", "").replace("ö", "o") + f"{firm.slot or ''}@demo.example"
        )
        created = date(2023, 6, 5) + timedelta(days=17 * index)
        found.append(
            Member(
                index, firm.id("users", index), login, first, last, jobs[index % len(jobs)], vendor,
                index % 19 != 18, min(created, LAST_DAY),
            )
        )  # fmt: skip
    return found


def site_vendors(site: Site) -> list[Vendor]:
    """Return a project's vendors: the firm, its designers and owner, and one for each trade."""
    known = site.firm.get(vendors)
    dice = site.dice("vendors", 0)
    chosen = known[: 1 + len(_OTHERS)]
    for trade in range(len(TRADES)):
        chosen.append(dice.pick([vendor for vendor in known if vendor.trade == trade]))
    return sorted(chosen, key=lambda vendor: vendor.index)


def subcontractors(site: Site) -> list[Vendor]:
    """Return a project's subcontractors, in the order of their trades."""
    return sorted(
        (vendor for vendor in site.get(site_vendors) if vendor.trade is not None),
        key=lambda vendor: vendor.trade or 0,
    )


def site_members(site: Site) -> list[Member]:
    """Return a project's people, those of its vendors."""
    here = {vendor.id for vendor in site.get(site_vendors)}
    return [one for one in site.firm.get(members) if one.vendor.id in here and one.active]


def own_people(site: Site) -> list[Member]:
    """Return a project's people who work for the firm."""
    return [one for one in site.get(site_members) if one.vendor.index == 0]


def other_people(site: Site) -> list[Member]:
    """Return a project's people who work for a subcontractor or designer."""
    return [one for one in site.get(site_members) if one.vendor.index != 0]


def trade_of(firm: Firm, index: int) -> Row:
    """Return a trade as other rows show it."""
    return {"id": firm.id("trades", index), "name": TRADES[index], "active": True}


def anyone(site: Site, dice: Dice, among: Callable[[Site], list[Member]] = site_members) -> Row:
    """Return a random person of a project as other rows show them."""
    return dice.pick(site.get(among)).reference()


def any_vendor(site: Site, dice: Dice) -> Row:
    """Return a random subcontractor of a project as other rows show it."""
    return dice.pick(site.get(subcontractors)).reference()
