"""Projects: those that are written down, and as many more as are wanted."""

from __future__ import annotations

from datetime import date, timedelta

from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.writing import money
from procore_jupyter.demo.data import BUILDERS, PROJECTS, Project

# Between the ids of the projects that are written down.
_FIRST_ID = 4801
_PLACES = (
    ("Oakland", "CA"), ("Fresno", "CA"), ("Portland", "OR"), ("Salem", "OR"), ("Eugene", "OR"), ("Bend", "OR"),
    ("Seattle", "WA"), ("Tacoma", "WA"), ("Spokane", "WA"), ("Boise", "ID"), ("Reno", "NV"), ("Medford", "OR"),
)  # fmt: skip
_WORDS = (
    "Alder", "Bramble", "Cinder", "Dovetail", "Elkhorn", "Fernhill", "Gable", "Hollow", "Ironwood", "Juniper",
    "Kestrel", "Larkspur", "Meadow", "Nettle", "Osprey", "Pinecrest", "Quarry", "Rosewood", "Sawmill", "Thistle",
    "Upland", "Vine", "Willow", "Yarrow", "Zephyr",
)  # fmt: skip
_BUILDINGS = (
    "Clinic", "Tower", "School", "Lofts", "Warehouse", "Library", "Parking", "Offices", "Court", "Market",
    "Fire Station", "Data Hall", "Studios", "Transit Hub", "Terraces", "Laboratory", "Theater", "Gymnasium",
    "Brewery", "Hotel", "Depot", "Pavilion", "Cannery", "Hangar", "Greenhouse", "Arena", "Archive", "Foundry",
    "Residences", "Workshops", "Commons", "Bakery", "Boathouse", "Cold Store", "Exchange", "Gallery", "Hostel",
    "Institute", "Kitchens", "Academy",
)  # fmt: skip
_STAGES = (
    "Course of Construction", "Course of Construction", "Course of Construction", "Pre-Construction", "Bidding",
)  # fmt: skip


def all_projects(seed: int, active: int | None) -> tuple[Project, ...]:
    """Return the projects of all companies.

    Parameters
    ----------
    seed : int
        Decides the projects that aren't written down.
    active : int or None
        How many active projects Skyline Builders has; None for those that are written down.
    """
    named = [one for one in PROJECTS if one.company.id == BUILDERS.id and one.active]
    wanted = len(named) if active is None else active
    left_out = named[wanted:]
    return (
        *(one for one in PROJECTS if one not in left_out),
        *(_generated(seed, number) for number in range(wanted - len(named))),
    )


def _generated(seed: int, number: int) -> Project:
    dice = Dice(f"{seed}:projects:{number}")
    city, state_code = dice.pick(_PLACES)
    # Each pair of words comes once: the second word changes when all first words have been used.
    word = _WORDS[number % len(_WORDS)]
    building = _BUILDINGS[(number // len(_WORDS) + 7 * (number % len(_WORDS))) % len(_BUILDINGS)]
    start = date(2025, 1, 6) + timedelta(weeks=dice.whole(0, 70))
    return Project(
        id=_FIRST_ID + number,
        company=BUILDERS,
        name=f"{word} {building}",
        number=f"SB-{113 + number}",
        city=city,
        state_code=state_code,
        stage=dice.pick(_STAGES),
        estimated_value=money(dice.whole(40, 1200) * 5_000_000),
        start_date=start.isoformat(),
        completion_date=(start + timedelta(weeks=dice.whole(80, 150))).isoformat(),
    )
