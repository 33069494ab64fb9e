"""Mistakes in a query: what DuckDB says of them, in our words, with the place in the text and the nearest names of ours."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import duckdb

from procore_jupyter.errors import SQLError
from procore_jupyter.wording import nearest, one_line, quoted

LONGEST = 300
"""Characters that are shown of what DuckDB says."""

WIDTH = 100
"""Characters that are shown of the line with a mistake."""

_PLACE = re.compile(r"\n*LINE (\d+): (.*)\n(\s*\^+)\s*\Z", re.DOTALL)
_KIND = re.compile(r"\A[A-Za-z ]*(?:Error|Exception): ")
_TABLE = re.compile(r'\ATable with name "?(?P<name>.+?)"? does not exist')
_COLUMN = re.compile(
    r'\A(?:Referenced column "(?P<a>.*?)" (?:was )?not found|(?:Values list|Table) "(?P<of>.*?)" does not have a column named "(?P<b>.*?)"'
    r'|Column "(?P<c>.*?)" does not exist on|Could not find key "(?P<d>.*?)" in struct)',
    re.DOTALL,
)
_RELATION = re.compile(r'\AReferenced table "(?P<name>.*?)" not found')
_FUNCTION = re.compile(
    r'\A(?P<what>\w+(?: \w+)?) [Ff]unction with name "?(?P<name>.+?)"? (?:does not exist|is not in the catalog)'
)
_CANDIDATES = re.compile(r"(?:Candidate bindings|Candidate Entries|Candidate tables|Did you mean)\s*:? *(.*)")
_NEAR = re.compile(r'\Asyntax error at or near "(?P<word>.*?)"', re.DOTALL)
_KEYWORDS = (
    "from",
    "where",
    "select",
    "group",
    "order",
    "having",
    "limit",
    "join",
    "left",
    "inner",
    "union",
    "with",
)
_ELSEWHERE = {
    "charindex": "strpos",
    "convert": "CAST(… AS …)",
    "curdate": "current_date",
    "dateadd": "… + INTERVAL 7 DAY",
    "getdate": "now()",
    "iif": "if",
    "isnull": "coalesce",
    "nvl": "coalesce",
    "sysdate": "now()",
    "to_char": "strftime",
    "to_date": "strptime",
}
"""What other databases' functions are called here."""

_COMPARED = re.compile(r"(?:=|<>|!=|\bi?like|\bin\s*\()\s*\Z", re.IGNORECASE)
_RECORD = re.compile(r"([\w.]+)\s*(?:=|<>|!=|\bi?like|\bin\s*\()\s*\Z", re.IGNORECASE)
_TYPES = re.compile(
    r"\ANo function matches the given name and argument types '(?P<called>(?P<name>[^(]*)\((?P<types>.*?)\))'",
    re.DOTALL,
)
_FILES = "file system operations are disabled"
_LOCKED = ("the configuration has been locked", "has been disabled by configuration")


@dataclass(frozen=True)
class Known:
    """The names that a query may have meant.

    Parameters
    ----------
    table : callable
        Takes a table's name that isn't there; returns what to say instead.
    columns : callable
        Returns the columns of the tables that the query names.
    of_notebook : callable
        Returns what a name is in the notebook, in words; empty if it is nothing there.
    fields : callable
        Returns the fields of a column that is a record; empty if it is none.
    """

    table: Callable[[str], str]
    columns: Callable[[], Iterable[str]]
    of_notebook: Callable[[str], str] = lambda name: ""
    fields: Callable[[str], Sequence[str]] = lambda name: ()


def mistake(message: str, text: str, start: int, end: int | None = None) -> SQLError:
    """Return an error that points to a place in a query.

    Parameters
    ----------
    message : str
        What is wrong, and what to do.
    text : str
        The query.
    start, end : int, int or None
        The place: offsets in characters. Without an end, it is the word that begins there.
    """
    start = min(start, max(0, len(text) - 1))
    if end is None:
        word = re.compile(r"\$?\w+|").match(text, start)
        end = max(start + 1, word.end() if word is not None else 0)
    line = text.count("\n", 0, start) + 1
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", start)
    shown = text[begin : stop if stop >= 0 else len(text)].rstrip()
    at, length = start - begin, max(1, min(end, begin + max(len(shown), start - begin + 1)) - start)
    if at > WIDTH // 2:
        cut = at - WIDTH // 2
        shown, at = f"…{shown[cut + 1 :]}", at - cut
    shown, length = shown[:WIDTH], min(length, max(1, WIDTH - at))
    before = "".join("\t" if sign == "\t" else "  " if _wide(sign) else " " for sign in shown[:at])
    head = f"LINE {line}: "
    plain = "".join(sign if sign.isprintable() or sign == "\t" else "?" for sign in shown)
    return SQLError(f"{message}\n\n{head}{plain}\n{' ' * len(head)}{before}{'^' * length}")


def in_our_words(error: duckdb.Error, text: str, known: Known, more: str = "") -> SQLError:
    """Return the error that tells a person what DuckDB says of their query.

    Parameters
    ----------
    error : duckdb.Error
        What DuckDB says.
    text : str
        The query.
    known : Known
        The names that may be meant.
    more : str
        What else there is to say.
    """
    said = _KIND.sub("", str(error), count=1)
    place = _PLACE.search(said)
    if place is not None and place[1] == "0":  # of what stands before the text, so of nowhere in it
        said, place = said[: place.start()], None
    what = said[: place.start()] if place is not None else said
    words, sought = _words(error, what.strip(), text, known, _offset(place, text))
    words += more
    if place is not None:
        return SQLError(f"{words}\n\n{_cut(place[0].strip())}")
    found = re.search(rf"(?<!\w){re.escape(sought)}(?!\w)", text) if sought else None
    return mistake(words, text, found.start(), found.end()) if found is not None else SQLError(words)


def plainly(said: str) -> str:
    """Return the first line of what DuckDB says, without the kind of error."""
    return one_line(_KIND.sub("", said, count=1).partition("\n")[0], LONGEST)


def unknown_column(error: duckdb.Error) -> str:
    """Return the column that isn't there, if that is the error; else an empty text."""
    found = _COLUMN.match(_KIND.sub("", str(error), count=1))
    return "" if found is None else next((one for one in found.group("a", "b", "c") if one), "")


def _words(error: duckdb.Error, what: str, text: str, known: Known, at: int | None) -> tuple[str, str]:
    """Return what is wrong, in words, and the name in the text that it is about, if it is about one."""
    if (table := _TABLE.match(what)) is not None:
        name = table["name"].rpartition(".")[2]
        return known.of_notebook(name) or known.table(name), name
    if (column := _COLUMN.match(what)) is not None:
        name = next(column[group] for group in "abcd" if column[group] is not None)
        return _no_column(name, what, text, known, at), name
    if (relation := _RELATION.match(what)) is not None:
        name = relation["name"]
        named = [one.rpartition(".")[2] for one in _candidates(what)]
        hint = f" The query reads {', '.join(named)}." if named else ""
        return f"The query has no table or alias {quoted(name)}.{hint}", name
    if (function := _FUNCTION.match(what)) is not None:
        near = _candidates(what)[:1] if "does not exist" in what else []
        if (here := _ELSEWHERE.get(function["name"].lower())) is not None:
            return f"There is no function {function['name']}. Here it is  {here}.", function["name"]
        hint = f" Did you mean {near[0]}?" if near and _alike(function["name"], near[0]) else ""
        return f"There is no function {one_line(function['name'])}.{hint}", function["name"]
    if (types := _TYPES.match(what)) is not None:
        return _no_such_types(types["name"], types["called"], types["types"]), ""
    if (near_to := _NEAR.match(what)) is not None:
        return _syntax(near_to["word"], text, at), ""
    if _FILES in what:
        return (
            "A query reads Procore's tables, and frames of the notebook that it names: no file, and no address.",
            "",
        )
    if any(one in what for one in _LOCKED):
        return "Settings of DuckDB can't be changed here.", ""
    if isinstance(error, duckdb.OutOfMemoryException):
        hint = "Select fewer columns or rows, or aggregate before you sort."
        return (
            f"The query needs more memory than it may take. {hint} ({one_line(what.partition(chr(10))[0], 200)})",
            "",
        )
    if "read-only" in what or "is not an table" in what or "Can only" in what:
        return f"SQL over Procore only reads. ({one_line(what, 200)})", ""
    if "expression depth" in what:
        return "The query is nested too deeply: at most 1,000 levels.", ""
    return one_line(what, LONGEST) or type(error).__name__, ""


def _no_column(name: str, what: str, text: str, known: Known, at: int | None) -> str:
    shown = quoted(name)
    if "FROM clause is missing" in what:
        return f"There is no column {shown}, as the query has no FROM."
    if at is not None and text[at : at + 1] == '"' and not _candidates_near(name, what, known):
        return f"There is no column {shown}. Write text in single quotes: '{one_line(name)}'."
    meant = _candidates_near(name, what, known)
    if meant is not None:
        return f"There is no column {shown}. Did you mean {meant}?"
    if at is not None and _COMPARED.search(text[:at]):
        return f"There is no column {shown}. Write text in single quotes: '{one_line(name)}'."
    return (
        f"There is no column {shown}. DESCRIBE with a table's name, as in  DESCRIBE rfis,  tells its columns."
    )


def _no_such_types(name: str, called: str, types: str) -> str:
    """Return that a function doesn't take values of some types."""
    if name in ("-", "+") and types.startswith(("TIMESTAMP", "DATE")):
        return f"Days are taken from a time as an interval:  now() {name} INTERVAL 30 DAY;  from a day as a number:  current_date {name} 30."
    return f"{one_line(name)} doesn't take these types: {one_line(called, LONGEST)}."


def not_a_record(value: str, before: str, known: Known) -> str:
    """Return what is wrong where a record is compared with a text.

    Parameters
    ----------
    value : str
        The text, in quotes.
    before : str
        The query up to it.
    known : Known
        The names that may be meant.
    """
    found = _RECORD.search(before)
    column = found[1] if found is not None else ""
    fields = known.fields(column.rpartition(".")[2]) if column else ()
    field = next((one for one in ("name", "status", "value") if one in fields), "name")
    has = f" of {', '.join(fields)}" if fields else ""
    as_in = f"  {column}.{field} = {one_line(value)}" if column else "  assignee.name = 'Ann'"
    return f"{column or 'What is compared'} is a record{has}: compare one of its fields, as in{as_in}."


def _candidates_near(name: str, what: str, known: Known) -> str | None:
    named = _candidates(what)
    return nearest(name, named) or nearest(name, known.columns())


def _candidates(what: str) -> list[str]:
    found = _CANDIDATES.search(what)
    return re.findall(r'"([^"]+)"', found[1]) if found is not None else []


def _syntax(word: str, text: str, at: int | None) -> str:
    message = f"The query can't be read from {quoted(word)} on." if word else "The query isn't complete."
    before = re.findall(r"\w+", text[:at]) if at is not None else []
    if before and before[-1].casefold() == "top" and word.isdigit():
        return f"{message} Write  LIMIT {word}  at the end in place of TOP {word}."
    if before and word.casefold() == before[-1].casefold():
        before.pop()
    for one in (before[-1] if before else "", word):
        (meant,) = difflib.get_close_matches(one.casefold(), _KEYWORDS, 1, 0.74) or ("",)
        if meant and one.casefold() != meant:
            return f"{message} Did you mean {meant.upper()} instead of {one}?"
    last = next((one for one in (word, *before[-1:]) if one.casefold() in _KEYWORDS), "")
    return (
        f"{message} Something is missing after {last.upper()}, or a name needs double quotes."
        if last
        else message
    )


def _alike(one: str, other: str) -> bool:
    return bool(difflib.get_close_matches(one.casefold(), [other.casefold()], 1, 0.6))


def _offset(place: re.Match[str] | None, text: str) -> int | None:
    """Return where in the text DuckDB's caret points to; None if that can't be told."""
    if place is None:
        return None
    lines = text.split("\n")
    number, column = int(place[1]), len(place[3]) - len(place[3].lstrip()) - len(f"LINE {place[1]}: ")
    shown = place[2]
    width = 0
    here = 0
    while here < len(shown) and width < column:
        width += 2 if _wide(shown[here]) else 1
        here += 1
    start = sum(len(line) + 1 for line in lines[: number - 1])
    if number > len(lines):
        return None
    if shown.startswith("..."):
        found = lines[number - 1].find(shown.removeprefix("...").removesuffix("..."))
        return start + found + here - 3 if found >= 0 else None
    return start + here


def _wide(sign: str) -> bool:
    import unicodedata

    return unicodedata.east_asian_width(sign) in "WF"


def _cut(excerpt: str) -> str:
    """Return DuckDB's excerpt, no line of it longer than a person reads."""
    return "\n".join(line[: 2 * WIDTH] for line in excerpt.splitlines())
