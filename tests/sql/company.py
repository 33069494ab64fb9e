"""A small company in memory: the rows of some tables, with values missing, and a `RowSource` that gives those asked for."""

from __future__ import annotations

import datetime
import random
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import duckdb
import pyarrow as pa

from procore_jupyter.session.api_errors import NotFound, PermissionDenied, ProcoreAPIError
from procore_jupyter.sql.planning.planner import locked_down
from procore_jupyter.sql.plans.literals import quoted, sql_of
from procore_jupyter.tables.arrow.types import without_rows
from procore_jupyter.tables.definitions.catalog import built_in
from procore_jupyter.tables.definitions.spec import TableSpec
from procore_jupyter.tables.incomplete import Incomplete
from procore_jupyter.tables.parameters.selection import Selection
from procore_jupyter.tables.place import ALL, ALL_ACTIVE, Named, Place
from procore_jupyter.tables.result import Fetched

Filters = Literal["as thought", "ignored", "case-blind", "exclusive ends"]
"""How filters behave."""

COMPANY: Named = (1, "A Company")
PROJECTS = tuple(range(11, 19))
INACTIVE = (13, 17)
REFUSED = frozenset([("rfis", 15), ("submittals", 12), ("budget_views", 16), ("locations", 15)])
"""Tables of projects that are refused."""

NAMES = ("Tower", "Harbor", "tower", "Mill", "Tower North", "Bridge", "Mill", "School")
START = datetime.datetime(2026, 11, 1, 10, tzinfo=datetime.UTC)
USUALLY_MISSING = {"projects": ("flag", "description"), "coordination_issues": ("description",)}
"""Columns that only the extended view has."""


def _some(dice: random.Random, *values: Any, missing: float = 0.15) -> Any:
    found: Any = None if dice.random() < missing else dice.choice(values)
    return found


def _time(dice: random.Random) -> Any:
    half_seconds = dice.choice((0, 0, 1)) * datetime.timedelta(seconds=0.5)
    return _some(dice, START + dice.randrange(8) * datetime.timedelta(hours=9) + half_seconds)


def rows_of_all(seed: int) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all tables of the company."""
    dice = random.Random(seed)
    found: dict[str, list[dict[str, Any]]] = {
        "projects": [
            {
                "id": number,
                "name": _some(dice, name, missing=0.1),
                "active": number not in INACTIVE,
                "updated_at": _time(dice),
                "flag": _some(dice, "Red", "Green"),
                "origin_id": _some(dice, "a", "B", missing=0.5),
            }
            for number, name in zip(PROJECTS, NAMES, strict=True)
        ],
        "vendors": [
            {
                "id": 300 + n,
                "name": f"Vendor {n}",
                "updated_at": _time(dice),
                "origin_id": _some(dice, "a", "b"),
            }
            for n in range(9)
        ],
    }
    number = 1000
    for name in ("locations", "rfis", "submittals", "budget_views", "coordination_issues"):
        found[name] = []
        for project in PROJECTS:
            for _ in range(dice.choice((0, 1, 3, 4))):
                number += 1
                found[name].append({"id": number, "project_id": project, **_row(name, dice, number)})
    for name, of, parameter in (
        ("rfi_replies", "rfis", "rfi_id"),
        ("budget_detail_rows", "budget_views", "budget_view_id"),
    ):
        found[name] = []
        for parent in found[of]:
            for _ in range(dice.choice((0, 1, 2))):
                number += 1
                own = {"id": number, "project_id": parent["project_id"], parameter: parent["id"]}
                found[name].append({**own, **_row(name, dice, number)})
    return found


def _row(name: str, dice: random.Random, number: int) -> dict[str, Any]:
    if name == "locations":
        return {
            "name": f"Floor {number % 3}",
            "parent_id": _some(dice, number - 1, number - 2, missing=0.4),
            "updated_at": _time(dice),
        }
    if name == "rfis":
        return {
            "status": _some(dice, "open", "Open", "closed", "draft"),
            "subject": _some(dice, "Door", "door", "Wall"),
            "updated_at": _time(dice),
            "created_at": _time(dice),
            "due_date": _some(dice, START.date(), START.date() + datetime.timedelta(days=2)),
            "location_id": _some(dice, 1001, 1002, 1003, 1004, missing=0.3),
            "source_rfi_header_id": _some(dice, number - 1, number - 2),
            "private": _some(dice, True, False),
            "assignee": _some(dice, {"id": 5, "name": "Ann"}, {"id": 6, "name": "Bob"}),
        }
    if name == "submittals":
        return {
            "title": _some(dice, "Door", "Steel"),
            "updated_at": _time(dice),
            "created_at": _time(dice),
            "location_id": _some(dice, 1001, 1002, 1003, missing=0.3),
            "lead_time": _some(dice, 1, 2, 3),
        }
    if name == "coordination_issues":
        return {
            "status": _some(dice, "open", "closed", "Closed", "blocked"),
            "priority": _some(dice, "low", "high"),
            "description": _some(dice, "x", "y"),
            "updated_at": _time(dice),
        }
    if name == "budget_views":
        return {"name": _some(dice, "Standard", "Forecast"), "updated_at": _time(dice)}
    if name == "budget_detail_rows":
        return {"original_budget_amount": _some(dice, 10, 20, 30), "category": _some(dice, "L", "M")}
    return {"created_at": _time(dice), "plain_text_body": _some(dice, "yes", "no")}


def schemas(seed: int = 1) -> dict[str, pa.Schema]:
    """Return the columns of each table: those that rows have here, and the names of projects."""
    found = {}
    for name, rows in rows_of_all(seed).items():
        spec = built_in().find(name)
        whole, used = built_in().schema(spec), {column for row in rows for column in row}
        fields = [field for field in whole if field.name in {*used, *spec.place_columns}]
        if spec.scope == "project":
            fields.append(pa.field("project_name", pa.string()))
        found[name] = pa.schema(dict.fromkeys(fields))
    return found


def tables(seed: int) -> dict[str, pa.Table]:
    """Return the rows of all tables of the company as Arrow."""
    connection = locked_down()
    rows_of, found = rows_of_all(seed), {}
    called = {one["id"]: one["name"] for one in rows_of["projects"]}
    for name, schema in schemas().items():
        connection.register("stub", without_rows(schema))
        connection.execute(f"CREATE TABLE {name} AS FROM stub")
        lines = []
        for row in rows_of[name]:
            row = {"company_id": COMPANY[0], **row}
            if "project_id" in row:
                row["project_name"] = called[row["project_id"]] or ""
            lines.append(", ".join(_literal(row.get(one.name), one.type) for one in schema))
        connection.execute(f"INSERT INTO {name} VALUES ({'), ('.join(lines)})")
        found[name] = connection.table(name).to_arrow_table().cast(schema)
        connection.unregister("stub")
    return found


def _literal(value: Any, kind: pa.DataType) -> str:
    if isinstance(value, dict):
        fields = [f"'{one.name}': {sql_of(value.get(one.name))}" for one in kind]
        return "{" + ", ".join(fields) + "}"
    return sql_of(value)


Key = tuple[str, Place, tuple[tuple[str, str], ...]]


@dataclass
class InMemory:
    """Gives the rows that are asked for, as Procore might, and counts what it is asked.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Has all rows under the names of their tables.
    tables : mapping of str to pyarrow.Table
        All rows.
    filters : str
        How filters behave.
    refused : collection
        The tables of projects that are refused.
    """

    connection: duckdb.DuckDBPyConnection
    tables: Mapping[str, pa.Table]
    filters: Filters = "as thought"
    refused: Collection[tuple[str, int]] = REFUSED
    chosen: Named | None = None
    abreast: int = 4
    requests: int = 0
    lacks_labels: bool = False
    today: datetime.date = datetime.date(2026, 11, 5)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Key, None] = {}
        self._listed: set[str] = set()

    def company(self) -> Named:
        return COMPANY

    def chosen_project(self) -> Named | None:
        return self.chosen

    def projects(self, wanted: str | tuple[int | str, ...]) -> tuple[Named, ...]:
        if str(wanted) not in self._listed:
            self._listed.add(str(wanted))
            self.asked.append(f"list of {wanted} projects")
        found = self.known_projects(wanted)
        assert found is not None
        return found

    def known_projects(self, wanted: str | tuple[int | str, ...]) -> tuple[Named, ...] | None:
        if str(wanted) not in self._listed:
            return None
        rows = self.tables["projects"].select(["id", "name", "active"]).to_pylist()
        return tuple(
            (one["id"], one["name"] or "")
            for one in rows
            if wanted == ALL
            or (wanted == ALL_ACTIVE and one["active"])
            or (wanted != ALL_ACTIVE and (one["id"] in wanted or one["name"] in wanted))
        )

    def _key(self, selection: Selection, place: Place) -> Key:
        return (
            selection.spec.name,
            Place(None, place.project and (place.project[0], ""), place.parents),
            selection.query,
        )

    def kept_at(self, selection: Selection, places: Sequence[Place]) -> Mapping[Place, float]:
        return {place: 1.0 for place in places if self._key(selection, place) in self._kept}

    def rows_at(
        self,
        selection: Selection,
        places: Sequence[Place],
        *,
        names: bool = False,
        abreast: int | None = None,
    ) -> Fetched:
        spec, missing, good = selection.spec, [], []
        errors: list[ProcoreAPIError] = []
        before = len(self.asked)
        for place in places:
            project = place.project and place.project[0]
            if self._key(selection, place) not in self._kept:
                self.asked.append(f"{spec.name} {project} {dict(place.parents)} {dict(selection.query)}")
            if project is not None and project not in PROJECTS:
                errors.append(NotFound(404, "There is no such project."))
            elif (spec.name, project) in self.refused:
                errors.append(PermissionDenied(403, "You may not."))
            else:
                good.append(place)
                self._kept[self._key(selection, place)] = None
                continue
            missing.append(Incomplete.at(place, spec.name, str(errors[-1]), errors[-1].status))
        if errors and not good:
            raise errors[0]
        return Fetched(
            self._rows(selection, good, names),
            tuple(places),
            tuple(missing),
            requests=len(self.asked) - before,
        )

    def _rows(self, selection: Selection, places: Sequence[Place], names: bool) -> pa.Table:
        spec = selection.spec
        where = [
            self._condition(spec, name, value, selection.query)
            for name, value in dict(selection.query).items()
        ]
        if spec.name == "projects" and "filters[by_status]" not in dict(selection.query):
            where.append("active")
        if spec.scope == "project":
            keys = [
                "("
                + ", ".join(
                    str(value)
                    for value in (place.project[0] if place.project else 0, *dict(place.parents).values())
                )
                + ")"
                for place in places
            ]
            columns = ", ".join(["project_id", *spec.parents])
            where.append(f"({columns}) IN ({', '.join(keys)})" if keys else "false")
        view = dict(selection.query).get("view", "")
        left_out = {*USUALLY_MISSING.get(spec.name, ())} if view != "extended" else set()
        schema = self.tables[spec.name].schema
        if not names:
            left_out |= {"project_name"}
        wanted = ", ".join(
            f"NULL AS {quoted(name)}" if name in left_out else quoted(name) for name in schema.names
        )
        query = f"SELECT {wanted} FROM {spec.name} WHERE {' AND '.join(where) or 'true'}"
        with self._lock:
            return self.connection.sql(query).to_arrow_table().cast(schema)

    def _condition(self, spec: TableSpec, name: str, value: str, query: Sequence[tuple[str, str]]) -> str:
        bare = name.removesuffix("[]")
        one = next((one for one in spec.filters.values() if one.param.removesuffix("[]") == bare), None)
        if one is None:
            return "true"
        if one.name == "by_status":
            return "true" if value == "All" else "active"
        assert one.sound
        if self.filters == "ignored":
            return "true"
        column = quoted(one.column)
        if one.range:
            first, last = value.split("...")
            open_ended = self.filters == "exclusive ends"
            return f"{column} {'>' if open_ended else '>='} '{first}' AND {column} {'<' if open_ended else '<='} '{last}'"
        texts = [sql_of(each) for given, each in query if given == name]
        if self.filters == "case-blind":
            return f"lower({column}::VARCHAR) IN ({', '.join(texts).lower()})"
        return f"{column}::VARCHAR IN ({', '.join(texts)})"

    def pages(
        self, selection: Selection, places: Sequence[Place], *, names: bool = False
    ) -> Iterator[Fetched]:
        for count in range(1, len(places) + 1):
            yield self.rows_at(selection, places[:count], names=names)
