"""What a fetching will ask for, as far as that can be told without a request; and what it has asked for."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from procore_jupyter.sql.answers.explaining import Asking, Explanation, tip_for
from procore_jupyter.sql.fetch.domains import Domains, domains_of
from procore_jupyter.sql.fetch.unknown_values import unknown_values
from procore_jupyter.sql.fetch.whereabouts import merged
from procore_jupyter.sql.plans.steps import PROJECT
from procore_jupyter.tables.place import ALL, ALL_ACTIVE, Place, called
from procore_jupyter.wording import counted

if TYPE_CHECKING:
    from procore_jupyter.sql.fetch.fetching import Fetching
    from procore_jupyter.sql.plans.steps import Step
    from procore_jupyter.tables.definitions.spec import TableSpec
    from procore_jupyter.tables.result import Fetched

LABELS = "labels of custom fields"
"""What else is asked for where custom fields are read."""

NAMES = "names of projects"
"""What else is asked for where a query reads them, and none that lists projects."""

LIST_OF_PROJECTS = "list of projects"
"""What is asked for where only the names or the ids of projects are wanted."""


def estimated(fetching: Fetching, text: str) -> Explanation:
    """Return what a fetching that hasn't begun will ask for.

    Parameters
    ----------
    fetching : Fetching
        The fetching.
    text : str
        The query.
    """
    domains = domains_of(fetching.steps, fetching.edges, fetching.keys)
    bounded = _bounded(fetching, domains)
    asked = [_before(fetching, spec, steps, domains, bounded) for spec, steps in _tables(fetching)]
    unbounded = any(step.number not in bounded and not step.ours for step in fetching.steps)
    listing = _listing(fetching, asked, unbounded)
    words = about(fetching)[0] if unbounded else ""
    notes = tuple(unknown_values(fetching))
    labels = [Asking(LABELS, "", least=0, most=1)] if fetching._source.lacks_labels else []
    return Explanation((*listing, *asked, *labels), words, tip_for(asked, text, words), notes)


def spent(fetching: Fetching, found: Mapping[str, Fetched]) -> list[Asking]:
    """Return what a fetching has asked for.

    Parameters
    ----------
    fetching : Fetching
        The fetching.
    found : mapping of str to Fetched
        The tables' rows.
    """
    asked: list[Asking] = []
    if (listed := fetching.requests - sum(step.requests for step in fetching.steps)) > 0:
        asked.append(Asking(LIST_OF_PROJECTS, "", made=listed))
    for spec, steps in _tables(fetching):
        places = merged(step.places for step in steps)
        rows = found[spec.name].rows.num_rows if spec.name in found else None
        made = sum(step.requests for step in steps)
        age = time.time() - found[spec.name].when if not made and places and spec.name in found else None
        lacking = {one.project_id for one in found[spec.name].incomplete} if spec.name in found else set()
        asked.append(
            _asking(
                fetching,
                spec,
                steps,
                places,
                made=made,
                rows=rows,
                age=age,
                lacking=lacking,
            )
        )
    return asked


def about(fetching: Fetching) -> tuple[str, str]:
    """Return of which projects tables are read that the query doesn't bound, and how to read others."""
    source, wanted = fetching._source, fetching._whereabouts._wanted
    if wanted == "active" and (chosen := source.chosen_project()) is not None:
        name = called(chosen)
        return (
            f"project {name}",
            f'Read of {name}, which is chosen. projects="active" or "all" reads others (--projects).',
        )
    if wanted not in ("active", ALL):
        return f"projects {', '.join(map(str, wanted))}", ""
    known = source.known_projects(ALL_ACTIVE if wanted == "active" else ALL)
    if wanted == ALL:
        return "all projects" if known is None else f"all {counted(len(known), 'project')}", ""
    words = "active projects" if known is None else counted(len(known), "active project")
    everything = source.known_projects(ALL)
    if known is not None and everything is not None:
        more = len(everything) - len(known)
        return (
            words,
            f'Read of the {words}. projects="all" (--projects all) reads {more} more.' if more > 0 else "",
        )
    return words, f'Read of the {words}. projects="all" (--projects all) reads the others too.'


def remarks(fetching: Fetching) -> Iterator[str]:
    """Say what is to be known of the projects of tables that the query doesn't bound."""
    if fetching._whereabouts.unbounded:
        yield from _chosen_among(fetching)
        yield from _also_read(fetching)


def _also_read(fetching: Fetching) -> Iterator[str]:
    """Say which projects' rows a table has besides those that one part of a query means, as another part names them.

    A query sees one table of each name, so both parts find the rows of both.
    """
    if fetching._whereabouts._wanted != "active":
        return
    source = fetching._source
    chosen = source.chosen_project()
    meant = {number for number, _ in ([chosen] if chosen else source.known_projects(ALL_ACTIVE) or ())}
    for spec, steps in _tables(fetching):
        lists = {id(step.places): step.places for step in steps}
        read = [dict(place.project for place in places if place.project) for places in lists.values()]
        if any(meant <= some.keys() for some in read):
            others = [
                called(one)
                for one in sorted({one for some in read for one in some.items()})
                if one[0] not in meant
            ]
            if others:
                more = f" and {len(others) - 3} more" if len(others) > 3 else ""
                yield f"{spec.name} also has the rows of {', '.join(others[:3])}{more}: another part of the query names them."


def _chosen_among(fetching: Fetching) -> Iterator[str]:
    """Say of which tables that the query doesn't bound a condition on the project chooses among the rows that were read."""
    above = {step.number for step in fetching.steps if step.scan.above}
    if not above:
        return
    above -= _bounded(fetching, domains_of(fetching.steps, fetching.edges, fetching.keys))
    for spec, steps in _tables(fetching):
        if any(step.number in above for step in steps):
            yield (
                f"The condition on the project chooses among these rows of {spec.name}, and reads no others: "
                "it stands above a LIMIT, a window or the like."
            )


def _tables(fetching: Fetching) -> list[tuple[TableSpec, list[Step]]]:
    """Return the tables that are read, each with its steps; those that narrow others come first, and parents before their rows."""
    found: dict[str, tuple[TableSpec, list[Step]]] = {}
    for step in fetching.steps:
        if step.spec is not None:
            found.setdefault(step.spec.name, (step.spec, []))[1].append(step)
    depths: dict[int, int] = {}
    depth = {
        name: max(_depth(fetching, step, depths) for step in steps) for name, (_, steps) in found.items()
    }
    scopes = ("global", "company", "project")
    return sorted(found.values(), key=lambda one: (scopes.index(one[0].scope), depth[one[0].name]))


def _depth(fetching: Fetching, step: Step, known: dict[int, int]) -> int:
    """Return how many tables have to be read, one after the other, before a step's rows can be asked for."""
    if step.number not in known:
        parents = [fetching.steps[one] for some in step.parents.values() for one in some]
        known[step.number] = 1 + max((_depth(fetching, one, known) for one in parents), default=0)
    return known[step.number]


def _bounded(fetching: Fetching, domains: Domains) -> set[int]:
    """Return the numbers of the steps of whose rows something in the query says of which projects they are."""
    found = {step.number for step in fetching.steps if _is_bounded_itself(step, domains)}
    while True:
        more = {
            edge.target
            for edge in fetching.edges
            if edge.source in found and _names_project(fetching, edge.target, edge.target_column)
        }
        for step in fetching.steps:
            before = {number for some in step.parents.values() for number in some}
            if step.scan.union:
                before = {edge.source for edge in fetching.edges_to[step.number]}
            more |= {step.number} if before and before <= found else set()
        if more <= found:
            return found
        found |= more


def _is_bounded_itself(step: Step, domains: Domains) -> bool:
    if step.spec is None or step.spec.scope != "project":
        return not step.scan.union
    bounds = {one.column for one in step.scan.conditions if one.operator != "is not null"}
    bounds |= {step.scan.generated.get(one, one) for one in domains[step.number]}
    return bool(bounds & {*PROJECT})


def _names_project(fetching: Fetching, number: int, column: str) -> bool:
    return fetching.steps[number].scan.generated.get(column, column) in PROJECT


def _before(
    fetching: Fetching, spec: TableSpec, steps: Sequence[Step], domains: Domains, bounded: Collection[int]
) -> Asking:
    found: list[Sequence[Place] | None] = []
    narrowed = True
    for step in steps:
        there: Sequence[Place] | None = None
        if step.number in bounded and spec.scope == "project" and not step.parents:
            there = _at_most(fetching, step, domains)
        elif fetching._is_ready(step):
            there = fetching._whereabouts.known(step, domains, fetching.steps)
        found.append(there)
        narrowed = narrowed and bool([*_narrowing(fetching, step)])
    known, places = None not in found, merged(filter(None, found))
    ages = fetching.kept_at(spec, places) if places else {}
    most = len(places) - len(ages) if known else None
    bounds = all(step.number in bounded for step in steps)
    least = 0 if narrowed or (most is None and (spec.parents or bounds)) else most if most is not None else 1
    age = max(ages.values(), default=None)
    return _asking(fetching, spec, steps, places, known=known, least=least, most=most, age=age)


def _at_most(fetching: Fetching, step: Step, domains: Domains) -> Sequence[Place] | None:
    """Return the places of a step that something bounds: of all projects, where only rows tell which; None if nobody knows them."""
    if _is_bounded_itself(step, domains):
        return fetching._whereabouts.known(step, domains, fetching.steps)
    projects = fetching._source.known_projects(ALL)
    company = fetching._source.company()
    return None if projects is None else [Place(company, project) for project in projects]


def _listing(fetching: Fetching, asked: Sequence[Asking], unbounded: bool) -> list[Asking]:
    """Return the request for the list of projects, if one is needed that no table of the query gives, or else for their names."""
    parents = {step.spec.name for step in fetching.steps if step.spec is not None and step.parents}
    unknown = any(one.most is None and one.table not in parents for one in asked)
    reads_projects = any(one.table == "projects" for one in asked)
    active = unbounded and fetching._whereabouts._wanted == "active"
    lists = (ALL, ALL_ACTIVE) if active else (ALL,)
    named = any(spec.scope == "project" and fetching._wants_names(spec) for spec, _ in _tables(fetching))
    if reads_projects or any(fetching._source.known_projects(one) for one in lists):
        return []
    if unknown:
        return [Asking(LIST_OF_PROJECTS, "", least=1, most=1)]
    return [Asking(NAMES, "", least=0, most=1)] if named else []


def _asking(
    fetching: Fetching,
    spec: TableSpec,
    steps: Sequence[Step],
    places: Sequence[Place],
    *,
    known: bool = True,
    least: int = 0,
    most: int | None = None,
    age: float | None = None,
    made: int | None = None,
    rows: int | None = None,
    lacking: Collection[int | None] = (),
) -> Asking:
    sending = fetching.sending(spec)
    narrowing = dict.fromkeys(one for step in steps for one in _narrowing(fetching, step, made is not None))
    return Asking(
        table=spec.name,
        endpoint=f"GET {spec.path}",
        sent=tuple(sending.said),
        kept_here=tuple(sending.kept_here),
        places=_where(spec, places, known, lacking),
        least=least,
        most=most,
        age=age,
        narrowed_by=", ".join(narrowing),
        made=made,
        rows=rows,
    )


def _narrowing(fetching: Fetching, step: Step, done: bool = False) -> Iterator[str]:
    """Give the columns of the query's tables whose values say where a step's rows are."""
    waiting, seen = [step], {step.number}
    while waiting:
        target = waiting.pop()
        for edge in fetching.edges_to.get(target.number, ()):
            source = fetching.steps[edge.source]
            name = target.scan.generated.get(edge.target_column, edge.target_column)
            by_place = target.spec is None or name in (*target.spec.place_columns, *PROJECT)
            if not by_place or source.number in seen:
                continue
            if source.scan.union:
                seen.add(source.number)
                waiting.append(source)
            if source.spec is None or not (done or source.waits):
                continue
            seen.add(source.number)
            below = any(target.number in some for some in source.parents.values())
            if (
                below or source.ours
            ):  # it is read after this one, or only for it: what narrows it narrows this
                waiting.append(source)
            else:
                yield f"{source.scan.table}.{source.scan.generated.get(edge.source_column, edge.source_column)}"


def _where(spec: TableSpec, places: Sequence[Place], known: bool, lacking: Collection[int | None]) -> str:
    """Say where a table's rows are, and of how many of the projects there were any to have."""
    if spec.scope == "global" or (spec.scope == "company" and not spec.parents):
        return ""
    page = f"up to {spec.page_size(None):,} rows a request" if spec.paged else ""
    if not known:
        first = " and ".join(sorted({one.partition(".")[0] for of in spec.parents.values() for one in of}))
        return f"rows of {first}, which are read first" if first else "projects that are listed first"
    projects = {place.project for place in places if place.project is not None}
    refused = sum(1 for number, _ in projects if number in lacking)
    count = counted(len(projects), "project")
    count = f"{len(projects) - refused:,} of {count}" if refused else count
    if spec.parents:
        lists = counted(len(places), "list")
        return f"{lists} of {count}" if projects else lists
    if len(projects) == 1:
        (one,) = projects
        return f"project {called(one)}"
    return ", ".join(part for part in (count, page) if part)
