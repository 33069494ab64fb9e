"""What all daily logs share: days, headers, shifts, and the fields of (nearly) every entry."""

from __future__ import annotations

import bisect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from procore_jupyter.demo.company import directory
from procore_jupyter.demo.company.attached import attachments
from procore_jupyter.demo.company.company_fields import custom_fields
from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.directory import anyone
from procore_jupyter.demo.company.locations import any_location
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import DailyRows, Row
from procore_jupyter.demo.company.writing import moment, stamp

_SHIFTS = ("Day shift", "Night shift")


@dataclass(frozen=True)
class Kind:
    """One kind of daily log.

    Parameters
    ----------
    table : str
        The name in the address of its list.
    rate : float
        Entries a working day, in a large project at scale 1.
    details : callable
        Returns the fields of this kind alone, from the project, the entry's dice and its day.
    without : tuple of str
        Shared fields that this kind doesn't have.
    more : tuple of str
        Those of ``status``, ``permissions`` and ``custom_fields`` that this kind has.
    approved_alone : bool
        Whether its list has entries that aren't approved only if the query asks for them.
    """

    table: str
    rate: float
    details: Callable[[Site, Dice, date], Row]
    without: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    approved_alone: bool = False

    def rows(self, site: Site) -> DailyRows:
        """List a project's entries of this kind, by day."""
        return site.get(self._rows)

    def _rows(self, site: Site) -> DailyRows:
        expected = self.rate * site.size * site.records.scale
        counts = [
            int(expected) + site.dice(f"{self.table}_days", day).chance(expected % 1)
            for day in range(len(site.days))
        ]
        rows = DailyRows(site.days, counts, lambda day, index: self._entry(site, rows, day, index))
        return rows

    def _entry(self, site: Site, rows: DailyRows, day: int, index: int) -> Row:
        dice, on = site.dice(self.table, index), site.days[day]
        shift, details = segment(site, dice), self.details(site, dice, on)
        row: Row = {
            "id": site.id(self.table, index),
            "date": on.isoformat(),
            "datetime": stamp(on, 720),
            "position": index - rows.children.starts[day] + 1,
            "created_by": anyone(site, dice, directory.own_people),
            "vendor": directory.any_vendor(site, dice),
            "location": any_location(site, dice),
            "daily_log_segment_id": shift["id"],
            "daily_log_segment": shift,
            "attachments": attachments(site, self.table, index, dice, 0.1),
            "created_at": moment(dice, on),
            "updated_at": moment(dice, min(on + timedelta(days=dice.whole(0, 3)), site.last)),
            **details,  # last: they may replace shared fields
        }
        if "status" in self.more:
            row["status"] = "approved" if dice.chance(0.9) else "pending"
        if "permissions" in self.more:
            row["permissions"] = {"can_update": True, "can_delete": False}
        if "custom_fields" in self.more:
            row["custom_fields"] = custom_fields(site, self.table, dice) or custom_fields(
                site, "daily_logs", dice
            )
        if "header" in self.more:
            row["daily_log_header_id"] = header_id(site, on)
        for name in self.without:
            # The list can be filtered by it, although its rows don't show it.
            row[f"_{name}"] = row.pop(name)
        return row


def segment(site: Site, dice: Dice) -> Row:
    """Return a shift as other rows show it, nearly always the day shift."""
    index = 0 if dice.chance(0.9) else 1
    return {"id": site.id("daily_log_segments", index), "name": _SHIFTS[index]}


def header_id(site: Site, day: date) -> int:
    """Return the id of the header of a working day."""
    return site.id("daily_log_headers", bisect.bisect_left(site.days, day))


def daily_log_headers(site: Site) -> DailyRows:
    """List the headers of a project's daily logs, one for each working day."""

    def make(_: int, index: int) -> Row:
        dice, day = site.dice("daily_log_headers", index), site.days[index]
        completed = (site.last - day).days > 2 and dice.chance(0.95)
        by = anyone(site, dice, directory.own_people)
        return {
            "id": site.id("daily_log_headers", index),
            "log_date": day.isoformat(),
            "log_datetime": stamp(day, 720),
            "completed": completed,
            "completed_by": by if completed else None,
            "completed_at": moment(dice, day) if completed else None,
            "completable": not completed,
            "distributed": completed,
            "distributed_by": by if completed else None,
            "distributed_at": moment(dice, day) if completed else None,
            "distributable": completed,
        }

    return DailyRows(site.days, [1] * len(site.days), make)
