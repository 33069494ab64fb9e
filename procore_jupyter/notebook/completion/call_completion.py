"""Completion inside the calls of a session: tables, parameters, and values, as far as they are known without a request."""

from __future__ import annotations

import ast
import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.notebook.completion.candidates import Candidates, among
from procore_jupyter.notebook.kernel import session_under, sessions
from procore_jupyter.tables.definitions.catalog import Catalog, built_in
from procore_jupyter.tables.place import ALL, ALL_ACTIVE

if TYPE_CHECKING:
    from procore_jupyter.connection.procore import Procore
    from procore_jupyter.notebook.completion.open_call import OpenCall
    from procore_jupyter.tables.definitions.spec import TableSpec
    from procore_jupyter.tables.place import Named

_CHOOSES = ("company", "project")
"""What ``use`` chooses, in the order of its parameters."""

_SWITCH = (True, False)


def in_call(call: OpenCall, namespace: Mapping[str, Any]) -> Candidates | None:
    """Return what may come next in a call of a session.

    Parameters
    ----------
    call : OpenCall
        The call up to the cursor.
    namespace : mapping
        The notebook's variables.

    Returns
    -------
    Candidates or None
        None if it is no session's call, or nothing is known of what may come.
    """
    session = session_under(namespace, call.receiver)
    if session is None:
        if call.receiver in namespace:
            return None
        # An expression, or a variable that this very cell makes.
        session = next(iter(sessions(namespace).values()), None)
    if call.method == "use":
        return _of_use(call, session, namespace)
    catalog = tables_of(session)
    if not call.positional and not call.given:
        return _table_names(call, catalog) if not call.parameter else None
    name = _value(call.positional[0], namespace) if call.positional else None
    spec = catalog.tables.get(name) or catalog.probable.get(name) if isinstance(name, str) else None
    if spec is None or call.method != "table":
        return None
    if call.parameter:
        return _offered(call, _values(spec, call, session, namespace))
    return None if call.quote else _unnamed(call, _parameters(spec))


def _of_use(call: OpenCall, session: Procore | None, namespace: Mapping[str, Any]) -> Candidates | None:
    """Return what may come next in ``use``: which company, which project."""
    chosen = call.parameter
    if call.quote and not chosen and len(call.positional) < len(_CHOOSES):
        chosen = _CHOOSES[len(call.positional)]
    if not chosen:
        return None if call.quote else _unnamed(call, _CHOOSES)
    if session is None:
        return None
    if chosen == "company":
        return _offered(call, _names(session._places.known_companies or ()), "company")
    company = call.given.get("company") or next(iter(call.positional), "")
    return (
        _offered(call, known_projects(session, company, namespace), "project")
        if chosen == "project"
        else None
    )


def tables_of(session: Procore | None) -> Catalog:
    """Return the tables of a session; Procore's own where there is none, or where its profile is faulty."""
    if session is not None:
        # A faulty profile is reported where it is used.
        with contextlib.suppress(ConfigurationError):
            return session.tables.catalog
    return built_in()


def _table_names(call: OpenCall, catalog: Catalog) -> Candidates | None:
    """Return the tables, those of the long tail only if no other's name holds what is typed."""
    found = _offered(call, catalog.tables, "table")
    return found or _offered(call, catalog.probable, "table")


def _parameters(spec: TableSpec) -> Iterator[str]:
    """Give the parameters of a table: those that it needs, those that people use, the others."""
    scope = [
        one for one in ("project_id", "company_id") if one in spec.place_columns and one not in spec.parents
    ]
    yield from spec.required
    yield from (one.removesuffix("_id") for one in scope)
    yield from (one for one in spec.parameters if one not in scope and one not in spec.required)
    yield from (*scope, "strict", "params")


def _unnamed(call: OpenCall, parameters: Iterable[str]) -> Candidates | None:
    """Return the parameters that aren't given yet, ``project`` and ``project_id`` being the same."""
    given = {one.removesuffix("_id") for one in call.given}
    free = [f"{one}=" for one in parameters if one.isidentifier() and one.removesuffix("_id") not in given]
    found = among(call.typed, free, "param")
    return found if found.texts else None


def _values(
    spec: TableSpec, call: OpenCall, session: Procore | None, namespace: Mapping[str, Any]
) -> Iterable[object]:
    """Return the values that a parameter of a table is known to take."""
    name = call.parameter
    if spec.parents.get(name):
        return (ALL,)
    scope = f"{name.removesuffix('_id')}_id"
    if scope == "company_id" and scope in spec.place_columns:
        return _names(session._places.known_companies or ()) if session is not None else ()
    if scope == "project_id" and scope in spec.place_columns:
        company = call.given.get("company") or call.given.get("company_id", "")
        known = known_projects(session, company, namespace) if session is not None else []
        return (*known, ALL_ACTIVE, ALL)
    if name == "strict":
        return _SWITCH
    if name == spec.view_param and spec.views:
        return spec.views
    found = spec.filters.get(name)
    if found is None:
        return ()
    return found.choices or (_SWITCH if found.kind == "bool" else ())


def known_projects(session: Procore, company: str, namespace: Mapping[str, Any]) -> list[str]:
    """Return the names of the projects that are known of a company, which some code names; empty means the chosen one."""
    if company in ("", "None"):
        return _names(session._places.known_projects())
    wanted = _value(company, namespace)
    return _names(session._places.known_projects(wanted)) if isinstance(wanted, (str, int)) else []


def _names(known: Iterable[Named]) -> list[str]:
    """Return the names that mean one company or project alone."""
    names = [name.strip() for _, name in known]
    count = Counter(name.casefold() for name in names)
    return [name for name in names if name and name.isprintable() and count[name.casefold()] == 1]


def _offered(call: OpenCall, values: Iterable[object], kind: str = "value") -> Candidates | None:
    """Return those values that go on with what is typed, as Python writes them; inside quotes, texts alone."""
    if call.quote:
        found = among(call.typed, (_escaped(one, call.quote) for one in values if isinstance(one, str)), kind)
    else:
        written = (f'"{_escaped(one, chr(34))}"' if isinstance(one, str) else repr(one) for one in values)
        found = Candidates(call.typed, [one for one in written if one.startswith(call.typed)], kind)
    return found if found.texts else None


def _escaped(text: str, quote: str) -> str:
    """Return a text as it stands between quotes."""
    return text.replace("\\", "\\\\").replace(quote[0], f"\\{quote[0]}")


def _value(code: str, namespace: Mapping[str, Any]) -> object:
    """Return what a literal or a variable holds; None of anything else."""
    if code.isidentifier():
        return namespace.get(code)
    try:
        value: object = ast.literal_eval(code)
    except (ValueError, SyntaxError):
        return None
    return value
