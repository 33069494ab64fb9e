"""Completion inside a query: tables, columns, fields of records, functions, and values as far as they are known without a request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from procore_jupyter.notebook.completion.call_completion import known_projects, tables_of
from procore_jupyter.notebook.completion.candidates import NONE, Candidates, among
from procore_jupyter.notebook.kernel import session_under

if TYPE_CHECKING:
    from procore_jupyter.connection.procore import Procore
    from procore_jupyter.tables.definitions.catalog import Catalog
    from procore_jupyter.tables.definitions.spec import TableSpec

_COMMENT = r"--[^\n]*+(?:\n|\Z)|/\*(?>.*?(?:\*/|\Z))"
_TEXT = r"'(?:[^']|'')*+'"
_LEXEME = re.compile(rf'{_COMMENT}|{_TEXT}|"(?:[^"]|"")*+"|\w++|\S', re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z_]\w*")
_TYPED = re.compile(r"(\$?)(\w*)\Z")
_PATH = re.compile(r'((?:(?:\w+|"[^"]*")\s*\.\s*)+)\Z')
_STARTS = frozenset(("from", "join", "into", "describe", "desc", "summarize", "table"))
_CLAUSES = """
where group order having limit on using union intersect except qualify window join left right inner full cross natural semi anti asof
positional select set offset sample lateral and or as
"""
_ENDS = frozenset(_CLAUSES.split())
_NAMES_PROJECTS = frozenset(("project_name", "name"))

_FUNCTIONS = """
count sum avg min max median mode string_agg list any_value arg_max arg_min first last count_if quantile_cont coalesce nullif
ifnull greatest least round floor ceil abs lower upper trim length substring replace concat contains starts_with regexp_matches
regexp_extract split_part strftime strptime date_trunc date_part date_diff date_add extract year month day week quarter dayofweek
now today current_date age last_day make_date row_number rank dense_rank lag lead first_value last_value ntile unnest range
generate_series list_contains len array_agg struct_extract try_cast cast
"""

FUNCTIONS = tuple(_FUNCTIONS.split())
"""Functions that are offered: those that people use with such tables."""

_KEYWORDS = """
SELECT FROM WHERE GROUP_BY GROUP_BY_ALL ORDER_BY HAVING LIMIT JOIN LEFT_JOIN ON USING AND OR NOT IN IS_NULL IS_NOT_NULL BETWEEN LIKE
ILIKE AS CASE WHEN THEN ELSE END DISTINCT UNION_ALL WITH QUALIFY OVER PARTITION_BY DESC EXPLAIN DESCRIBE SUMMARIZE SHOW_TABLES
INTERVAL EXISTS EXCLUDE PIVOT
"""

KEYWORDS = tuple(one.replace("_", " ") for one in _KEYWORDS.split())
"""Words of SQL that are offered."""


class _Cursor(NamedTuple):
    """Where the cursor is: the lexemes before it, what is typed of a word, and an open quote."""

    lexemes: list[str]
    typed: str
    quote: bool


def in_query(before: str, after: str, namespace: Mapping[str, Any], name: str) -> Candidates:
    """Return what may come next in a query.

    Parameters
    ----------
    before, after : str
        The query up to the cursor, and from there on.
    namespace : mapping
        The notebook's variables.
    name : str
        The variable of the session.
    """
    session = session_under(namespace, name)
    catalog = tables_of(session)
    cursor = _cursor(before)
    named = _named([*cursor.lexemes, *_words(after)], catalog)
    if cursor.quote:
        return _values(cursor, named, session, namespace)
    if cursor.typed.startswith("$"):
        variables = (f"${one}" for one, value in namespace.items() if one[0] != "_" and _is_plain(value))
        return Candidates(
            cursor.typed, [one for one in variables if one.startswith(cursor.typed)], "variable"
        )
    if (path := _PATH.search(before.removesuffix(cursor.typed))) is not None:
        steps = [one.strip().strip('"').lower() for one in path[1].split(".")[:-1]]
        below = _below(steps, named, catalog, session)
        return _without_open_quote(among(cursor.typed, below, "column"), before)
    if _wants_a_table(cursor.lexemes):
        frames = [
            one for one, value in namespace.items() if one[0] != "_" and hasattr(type(value), "columns")
        ]
        own = [*catalog.tables, *frames]
        found = among(cursor.typed, own, "table")
        return found if found.texts else among(cursor.typed, catalog.probable, "table")
    columns = dict.fromkeys(column for spec in named.values() for column in _columns(spec, session))
    if not cursor.typed:
        return Candidates("", [*columns], "column") if columns else NONE
    aliases = [one for one in named if one.startswith(cursor.typed.lower())]
    capital = cursor.typed.isupper()
    keywords = [one if capital else one.lower() for one in KEYWORDS if one.startswith(cursor.typed.upper())]
    functions = [f"{one}(" for one in FUNCTIONS if one.startswith(cursor.typed.lower())]
    found = among(cursor.typed, columns, "column")
    others = {
        **dict.fromkeys(keywords, "keyword"),
        **dict.fromkeys(functions, "function"),
        **dict.fromkeys(aliases, "table"),
    }
    typed = cursor.typed.casefold()
    texts = [*dict.fromkeys([*aliases, *found.texts, *functions, *keywords])]
    texts.sort(key=lambda one: not one.casefold().startswith(typed))
    return _without_open_quote(found._replace(texts=texts, others=others), before)


def _columns(spec: TableSpec, session: Procore | None) -> Iterable[str]:
    """Return a table's columns as a query names them: also those that only rows tell, once some have come."""
    engine = (
        vars(session).get("_engine") if session is not None else None
    )  # it is there after the first query
    names = spec.known_columns if engine is None else engine.schemas.of(spec).names
    return [one if _PLAIN.fullmatch(one) else '"' + one.replace('"', '""') + '"' for one in names]


def _without_open_quote(found: Candidates, before: str) -> Candidates:
    """Return what may be typed where a name's quote is open already."""
    if not before.removesuffix(found.typed).endswith('"'):
        return found
    return found._replace(texts=[one[1:] for one in found.texts if one.startswith('"')])


def _cursor(before: str) -> _Cursor:
    lexemes = _words(before)
    if (lexemes and lexemes[-1] == "'") or "'" in lexemes:  # a text that isn't closed: its quote stands alone
        at = lexemes.index("'")
        start = _open_quote(before)
        return _Cursor(lexemes[:at], before[start + 1 :], quote=True)
    typed = _TYPED.search(before)
    word = typed[0] if typed is not None else ""
    return _Cursor(_words(before.removesuffix(word)) if word else lexemes, word, quote=False)


def _open_quote(before: str) -> int:
    for found in _LEXEME.finditer(before):
        if found[0] == "'":
            return found.start()
    return len(before)


def _words(text: str) -> list[str]:
    """Return the words and signs of a text, without its comments, in small letters but for what is in quotes."""
    found = (one[0] for one in _LEXEME.finditer(text))
    return [one if one[0] in "'\"" else one.lower() for one in found if not one.startswith(("--", "/*"))]


def _wants_a_table(lexemes: list[str]) -> bool:
    """Tell whether a table's name comes next: after FROM or JOIN, or after a comma in FROM."""
    if not lexemes:
        return False
    if lexemes[-1] in _STARTS:
        return True
    if lexemes[-1] != ",":
        return False
    depth = 0
    for one in reversed(lexemes):
        depth += (one == ")") - (one == "(")
        if depth < 0 or (depth == 0 and one in _ENDS):
            return False
        if depth == 0 and one == "from":
            return True
    return False


def _named(lexemes: list[str], catalog: Catalog) -> dict[str, TableSpec]:
    """Return the tables that a query reads, by their aliases and their names."""
    found: dict[str, TableSpec] = {}
    for place, one in enumerate(lexemes):
        name = one.strip('"').lower()
        spec = catalog.tables.get(name) or (
            catalog.probable.get(name) if _after_from(lexemes, place) else None
        )
        if spec is None or not _after_from(lexemes, place):
            continue
        behind = lexemes[place + 1 : place + 3]
        alias = behind[1] if behind[:1] == ["as"] and len(behind) > 1 else behind[0] if behind else ""
        if not re.fullmatch(r'\w+|"[^"]+"', alias) or alias in _ENDS:
            alias = name
        found.setdefault(alias.strip('"').lower(), spec)
    return found


def _after_from(lexemes: list[str], place: int) -> bool:
    return _wants_a_table(lexemes[:place]) or (
        lexemes[place - 1 : place] == ["."] and _wants_a_table(lexemes[: max(0, place - 2)])
    )


def _below(
    steps: list[str], named: Mapping[str, TableSpec], catalog: Catalog, session: Procore | None
) -> Iterable[str]:
    """Return the columns of an alias, or the fields of a record."""
    first, *rest = steps
    spec = named.get(first)
    if spec is None and named:
        spec, rest = next(((one for one in named.values() if first in one.columns)), None), steps
    if spec is None:
        return list(catalog.tables) if first == "main" else []
    if not rest:
        return _columns(spec, session)
    kind = spec.columns.get(rest[0], "")
    for field in rest[1:]:
        kind = catalog.records.get(kind, {}).get(field, "")
    return [*catalog.records.get(kind, {})]


def _values(
    cursor: _Cursor, named: Mapping[str, TableSpec], session: Procore | None, namespace: Mapping[str, Any]
) -> Candidates:
    """Return the values that a column is known to take, or the names of projects, inside a quote."""
    lexemes = [*cursor.lexemes]
    while lexemes and (
        lexemes[-1] in ("=", "in", "(", ",", "like", "ilike", "not", "!", "<", ">") or lexemes[-1][0] == "'"
    ):
        lexemes.pop()
    column = lexemes[-1].strip('"') if lexemes and len(lexemes) < len(cursor.lexemes) else ""
    texts: Iterator[str] = iter(())
    of_projects = any(spec.name == "projects" for spec in named.values())
    if column in _NAMES_PROJECTS and session is not None and (column == "project_name" or of_projects):
        texts = iter(known_projects(session, "", namespace))
    elif column:
        filters = (one for spec in named.values() for one in spec.filters.values() if one.column == column)
        texts = (str(choice) for one in filters for choice in one.choices)
    return among(cursor.typed, dict.fromkeys(one.replace("'", "''") for one in texts), "value")


def _is_plain(value: object) -> bool:
    return isinstance(value, (str, int, float, list, tuple, set)) or hasattr(value, "isoformat")
