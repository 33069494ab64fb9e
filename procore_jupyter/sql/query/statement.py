"""`Statement`: one query, as far as its text alone tells what is wanted; whatever isn't a query is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import duckdb

from procore_jupyter.errors import SQLError
from procore_jupyter.sql.query.mistakes import mistake

LONGEST = 1_000_000
"""Characters of a query, at most."""

Kind = Literal["rows", "tables", "columns"]
"""What is asked for: the rows of a query, the list of tables (``SHOW TABLES``), the columns of one (``DESCRIBE rfis``)."""

_SPACE = r"(?:\s|--[^\n]*+(?:\n|\Z)|/\*(?>.*?\*/))"  # repeated without a way back: a text may hold thousands of comments
_EXPLAIN = re.compile(rf"{_SPACE}*+(explain)\b(?:{_SPACE}*+(analyze\b|\())?", re.IGNORECASE | re.DOTALL)
_SHOW_TABLES = re.compile(
    rf"{_SPACE}*+show{_SPACE}++(?:all{_SPACE}+)?tables{_SPACE}*+;?{_SPACE}*+", re.IGNORECASE | re.DOTALL
)
_NAME = r'(?:\w+|"(?:[^"]|"")+")'
_DESCRIBE = re.compile(
    rf"{_SPACE}*+(?:describe|desc|show){_SPACE}++(?:table{_SPACE}+)?((?:{_NAME}\.)*{_NAME}){_SPACE}*+;?{_SPACE}*+",
    re.IGNORECASE | re.DOTALL,
)
_OF_DUCKDB = frozenset(("databases", "schemas", "variables", "all", "select"))
"""What ``SHOW`` takes that isn't a table's name."""

_MEANT = {
    "ATTACH": "It reads Procore's tables, and frames of the notebook that it names.",
    "COPY": "Write the result to a file with  .to_parquet(path),  .to_csv(path)  or  .to_excel(path).",
    "CREATE": "Keep the result under a name of the notebook, and name it in the next query.",
    "CALL": "Use a SELECT.",
    "EXPORT": "Write the result to a file with  .to_parquet(path),  .to_csv(path)  or  .to_excel(path).",
    "PRAGMA": "DESCRIBE tells the columns of a table, SHOW TABLES lists the tables.",
}
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_CHANGE = re.compile(
    rf"--[^\n]*+|/\*(?>.*?\*/)|'(?:[^']|'')*+'|\bas{_SPACE}*+(?:not{_SPACE}++)?(?:materialized{_SPACE}*+)?\({_SPACE}*+(insert|update|delete|merge)\b(?!\s*[.,)=])",
    re.IGNORECASE | re.DOTALL,
)
"""A CTE that changes something: the transaction refuses it too, but only once everything has been fetched."""

_READING = (duckdb.StatementType.SELECT, duckdb.StatementType.MULTI)
_UNNAMED = "A parameter has a name, as in  WHERE id = $id;  ? and $1 have none."


@dataclass(frozen=True)
class Statement:
    """One query.

    Parameters
    ----------
    text : str
        The query, without ``EXPLAIN``: a place in it is the same place in what a person wrote.
    kind : "rows", "tables" or "columns"
        What is asked for.
    explained : bool
        Whether only its plan is wanted.
    parameters : tuple of str
        The names of its parameters, ``$name``.
    table : str
        For ``"columns"``, the table that is described.
    pivots : bool
        Whether its columns depend on the rows (``PIVOT``), so that it can't be planned without them.
    """

    text: str
    kind: Kind = "rows"
    explained: bool = False
    parameters: tuple[str, ...] = ()
    table: str = ""
    pivots: bool = False


def read(text: object, cursor: duckdb.DuckDBPyConnection) -> Statement:
    """Return the query that a text is.

    Parameters
    ----------
    text : object
        What a person wrote.
    cursor : duckdb.DuckDBPyConnection
        Reads it.

    Raises
    ------
    SQLError
        It isn't one query: it is empty, wrong, changes something, or is followed by another.
    """
    text = _plain(text)
    explain = _EXPLAIN.match(text)
    if explain is not None:
        if explain[2]:
            raise mistake(
                f"{'EXPLAIN ANALYZE' if explain[2] != '(' else 'EXPLAIN with options'} isn't possible here. EXPLAIN tells what a query would "
                "ask for, without a request; after a run,  .requests  of the result tells what it cost.",
                text,
                explain.start(2),
            )
        text = _plain(text[: explain.start(1)] + " " * len("explain") + text[explain.end(1) :])
    if _SHOW_TABLES.fullmatch(text):
        return Statement(text, "tables", explain is not None)
    described = _DESCRIBE.fullmatch(text)
    if described is not None and described[1].casefold() not in _OF_DUCKDB:
        return Statement(text, "columns", explain is not None, table=_last(described[1]))
    (found,) = _one(text, cursor)
    change = next((one for one in _CHANGE.finditer(text) if one[1]), None)
    if change is not None:
        raise mistake(
            f"SQL over Procore only reads: {change[1].upper()} isn't possible here.", text, change.start(1)
        )
    return Statement(
        text,
        "rows",
        explain is not None,
        tuple(sorted(found.named_parameters)),
        pivots=_kind(found) == duckdb.StatementType.MULTI,
    )


def _plain(text: object) -> str:
    if not isinstance(text, str):
        raise SQLError(f"A query is text; this is a {type(text).__name__}.")
    if not text.strip(" \t\r\n;"):
        raise SQLError("There is no query. For instance:  SELECT count(*) FROM projects")
    if len(text) > LONGEST:
        raise SQLError(f"A query has {LONGEST:,} characters at most; this one has {len(text):,}.")
    text = text.replace("\ufeff", " ").replace("\r\n", " \n").replace("\r", "\n")
    if wrong := _NO_TEXT.search(text):
        raise mistake(
            "Here is a character that no text can hold (it may have come with a paste). Take it out.",
            text,
            wrong.start(),
        )
    return text


def _one(text: str, cursor: duckdb.DuckDBPyConnection) -> list[duckdb.Statement]:
    """Return the one statement of a text, in a list."""
    try:
        found = cursor.extract_statements(text)
    except duckdb.NotImplementedException:
        raise SQLError(_UNNAMED) from None
    if not found:
        raise SQLError("There is no query, only a comment. For instance:  SELECT count(*) FROM projects")
    if _kind(found[0]) not in _READING:
        begin = re.match(rf"{_SPACE}*+", text, re.DOTALL)
        at = begin.end() if begin is not None else 0
        word = re.match(r"\w*", text[at:])
        kind = word[0].upper() if word is not None and word[0] else "this"
        hint = _MEANT.get(kind, "")
        raise mistake(f"SQL over Procore only reads, and {kind} isn't a query. {hint}".rstrip(), text, at)
    if len(found) > 1:
        second = text.rfind(found[1].query.strip(" ;\n\t"))
        raise mistake("Here a second query begins. Run one at a time.", text, max(0, second))
    if any(name.isdigit() for name in found[0].named_parameters):
        raise SQLError(_UNNAMED)
    return found[:1]


def _kind(statement: duckdb.Statement) -> duckdb.StatementType | None:
    try:
        return statement.type
    except ValueError:  # of a kind that Python's side of DuckDB doesn't know
        return None


def _last(name: str) -> str:
    """Return the table that a name means, which may be qualified and quoted: ``main."rfis"``."""
    last: str = re.findall(rf"({_NAME})\Z", name)[0]
    return last[1:-1].replace('""', '"') if last.startswith('"') else last
