"""Values as Procore writes them in JSON: money and quantities as texts, days, and moments in UTC."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from procore_jupyter.demo.company.dice import Dice

ORIGIN = "procore-jupyter demo"
"""The content of ``origin_data``, which tells made-up rows from real ones."""

CURRENCY: dict[str, Any] = {
    "currency_iso_code": "USD",
    "base_currency_iso_code": "USD",
    "currency_exchange_rate": "1.0",
}


def money(cents: int) -> str:
    """Return an amount in cents as Procore writes it: ``84250000.00``."""
    sign, cents = ("-", -cents) if cents < 0 else ("", cents)
    return f"{sign}{cents // 100}.{cents % 100:02d}"


def stamp(day: date, minute: int) -> str:
    """Return the moment a number of minutes after a day's midnight (UTC): ``2026-06-01T15:04:00Z``."""
    days, minute = divmod(minute, 24 * 60)
    return f"{(day + timedelta(days=days)).isoformat()}T{minute // 60:02d}:{minute % 60:02d}:00Z"


def moment(dice: Dice, day: date) -> str:
    """Return a random moment of a working day on the American west coast, in UTC."""
    return f"{day.isoformat()}T{dice.whole(14, 23):02d}:{dice.whole(0, 59):02d}:{dice.whole(0, 59):02d}Z"


def working_day(day: date) -> date:
    """Return a day, or the Monday after it if the day is a Saturday or Sunday."""
    return day + timedelta(days=(0, 0, 0, 0, 0, 2, 1)[day.weekday()])


def later(day: date, days: int, last: date | None = None) -> date:
    """Return the working day a number of days later, at the latest `last`."""
    found = working_day(day + timedelta(days=days))
    return found if last is None else max(day, min(found, last))
