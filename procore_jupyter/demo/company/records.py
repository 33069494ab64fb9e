"""`Records`: all that the embedded Procore holds, by company (a `Firm`) and by project (a `Site`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Self, TypeVar

from procore_jupyter.demo.company import projects
from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.numbering import NEWER_REGION, Numbering
from procore_jupyter.demo.data import COMPANIES, PROJECTS, Company, Project

T = TypeVar("T")

# The last day of all records. It isn't today, so that the rows are the same on every run.
LAST_DAY = date(2026, 11, 27)

_SPAN = timedelta(days=548)  # eighteen months of records
_LARGE = 84_250_000  # dollars: the value of a project whose lists have their full length
# The length of lists, in parts of the full one, before the work has begun.
_SHARES = {"Bidding": 0.35, "Pre-Construction": 0.5}
_FIRST_SITE = 10  # slots below are the companies'


class Memory:
    """Keeps what was made of it: ``memory.get(make)`` is ``make(memory)``, made at the first call."""

    def __init__(self) -> None:
        self._made: dict[Callable[..., Any], Any] = {}

    def get(self, make: Callable[[Self], T]) -> T:
        """Return what `make` makes of this object, the same one at every call."""
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made


class Firm(Memory):
    """A company and its records."""

    def __init__(self, records: Records, company: Company, slot: int) -> None:
        super().__init__()
        self.records = records
        self.company = company
        self.slot = slot

    @property
    def sites(self) -> Iterator[Site]:
        """All projects of the company."""
        return (
            self.records.site_of(project)
            for project in self.records.projects
            if project.company.id == self.company.id
        )

    def id(self, table: str, index: int) -> int:
        """Return the id of a row of the company's; every fifth is one of a newer region."""
        return self.records.numbering.id(table, self.slot, index, newer=index % 5 == 4)

    def dice(self, table: str, index: int) -> Dice:
        """Return the dice of such a row."""
        return Dice(f"{self.records.seed}:{table}:company {self.company.id}:{index}")


class Site(Memory):
    """A project and its records.

    Attributes
    ----------
    first : date
        The first day with records.
    last : date
        The last day with records.
    size : float
        The length of its lists, in parts of the full one.
    """

    def __init__(self, records: Records, project: Project, slot: int) -> None:
        super().__init__()
        self.records = records
        self.project = project
        self.slot = slot
        start = date.fromisoformat(project.start_date)
        self.last = min(LAST_DAY, date.fromisoformat(project.completion_date))
        self.first = max(start, self.last - _SPAN)
        value = float(project.estimated_value)
        self.size = min(1.0, math.sqrt(value / _LARGE)) * _SHARES.get(project.stage, 1.0)

    @property
    def firm(self) -> Firm:
        """The project's company."""
        return self.records.firm(self.project.company.id)

    @cached_property
    def days(self) -> list[date]:
        """The project's working days, in order."""
        every = (self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))
        return [day for day in every if day.weekday() < 5]

    def count(self, usual: int) -> int:
        """Return the length of a list that has `usual` rows in a large project at scale 1."""
        return max(1, round(usual * self.size * self.records.scale))

    def day(self, index: int, count: int) -> date:
        """Return the working day of a row, one of `count` that are spread over all days in order."""
        return self.days[index * len(self.days) // count]

    def id(self, table: str, index: int) -> int:
        """Return the id of a row of the project's."""
        newer = self.project.id >= NEWER_REGION
        return self.records.numbering.id(table, self.slot, index, newer=newer)

    def index(self, table: str, row_id: int) -> int | None:
        """Return the place of a row in a table of the project; None if the id is no such row's."""
        place = self.records.numbering.place(row_id)
        if place is None or place[:2] != (table, self.slot) or self.id(table, place[2]) != row_id:
            return None
        return place[2]

    def dice(self, table: str, index: int) -> Dice:
        """Return the dice of such a row."""
        return Dice(f"{self.records.seed}:{table}:{self.project.id}:{index}")


class Records:
    """All records.

    Parameters
    ----------
    seed : int
        Decides the rows.
    scale : float
        Factor for the rows of a project's lists.
    active_projects : int or None
        How many active projects Skyline Builders has; None for the twelve that are written down.
    url : str
        The embedded Procore's address, for the addresses in rows.
    """

    def __init__(
        self, seed: int, scale: float = 1.0, active_projects: int | None = None, url: str = ""
    ) -> None:
        self.seed = seed
        self.scale = scale
        self.active_projects = active_projects
        self.url = url
        self.numbering = Numbering(scale)
        self.projects = projects.all_projects(seed, active_projects)
        # A project's slot, and so its rows' ids, doesn't depend on how many projects there are.
        numbered = dict.fromkeys((*PROJECTS, *self.projects))
        self._slots = {project.id: slot for slot, project in enumerate(numbered, start=_FIRST_SITE)}
        self._projects = {project.id: project for project in self.projects}
        self._at = {self._slots[project.id]: project for project in self.projects}
        self._firms: dict[int, Firm] = {}
        self._sites: dict[int, Site] = {}

    def firm(self, company_id: int) -> Firm:
        """Return a company's records."""
        if company_id not in self._firms:
            slot = list(COMPANIES).index(company_id)
            self._firms[company_id] = Firm(self, COMPANIES[company_id], slot)
        return self._firms[company_id]

    def site_of(self, project: Project) -> Site:
        """Return a project's records."""
        if project.id not in self._sites:
            self._sites[project.id] = Site(self, project, self._slots[project.id])
        return self._sites[project.id]

    def site(self, project_id: int) -> Site | None:
        """Return a project's records; None if there is no such project."""
        project = self._projects.get(project_id)
        return None if project is None else self.site_of(project)

    def site_with(self, table: str, row_id: int) -> Site | None:
        """Return the records of the project that a row belongs to; None if the id is no project's."""
        place = self.numbering.place(row_id)
        if place is None or place[0] != table or place[1] not in self._at:
            return None
        return self.site_of(self._at[place[1]])
