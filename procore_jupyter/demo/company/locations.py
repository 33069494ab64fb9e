"""A project's locations: buildings, their levels, and the levels' areas."""

from __future__ import annotations

from dataclasses import dataclass

from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Row, RowList
from procore_jupyter.demo.company.writing import stamp

_AREAS = ("Lobby", "Corridor", "North Wing", "South Wing", "Stair 1", "Plant Room")


@dataclass(frozen=True)
class Location:
    """A node of the tree. `parents` are the places of the nodes above it, the nearest first."""

    index: int
    id: int
    node_name: str
    name: str
    code: str
    parents: tuple[int, ...]


def tree(site: Site) -> list[Location]:
    """Return all locations, each after the location around it."""
    found: list[Location] = []

    def add(node_name: str, code: str, above: Location | None) -> Location:
        index = len(found)
        name = node_name if above is None else f"{above.name} > {node_name}"
        parents = () if above is None else (above.index, *above.parents)
        full_code = code if above is None else f"{above.code}-{code}"
        found.append(Location(index, site.id("locations", index), node_name, name, full_code, parents))
        return found[-1]

    for building in "AB" if site.size > 0.5 else "A":
        top = add(f"Building {building}", building, None)
        for level in range(1, 3 + round(4 * site.size)):
            floor = add(f"Level {level}", f"{level:02d}", top)
            for area in _AREAS[: 3 + level % 4]:
                add(area, area[:2].upper() + area[-1].upper(), floor)
    grounds = add("Site", "S", None)
    for area in ("Gate 1", "Laydown Yard", "Crane Pad"):
        add(area, area[:2].upper() + area[-1].upper(), grounds)
    return found


def locations(site: Site) -> RowList:
    """List a project's locations."""
    nodes = site.get(tree)

    def make(index: int) -> Row:
        node = nodes[index]
        below = [one.id for one in nodes if index in one.parents]
        return reference(site, node) | {
            "code": node.code,
            "_above": [nodes[parent].id for parent in node.parents],
            "_below": below,
            "_depth": len(node.parents),
        }

    return RowList(len(nodes), make)


def reference(site: Site, node: Location) -> Row:
    """Return a location as other rows show it."""
    parent = site.get(tree)[node.parents[0]].id if node.parents else None
    written = stamp(site.first, 840 + node.index % 60)
    return {
        "id": node.id,
        "name": node.name,
        "node_name": node.node_name,
        "parent_id": parent,
        "created_at": written,
        "updated_at": written,
    }


def any_location(site: Site, dice: Dice) -> Row:
    """Return a random location as other rows show it."""
    return reference(site, dice.pick(site.get(tree)))


def with_sublocations(site: Site, ids: set[str]) -> set[str]:
    """Return ids, as texts, with the ids of all locations below them."""
    nodes = site.get(tree)
    chosen = {node.index for node in nodes if str(node.id) in ids}
    return ids | {str(node.id) for node in nodes if chosen & {*node.parents}}
