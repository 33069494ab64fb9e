"""The options of a magic's line, in front of the rest or behind it; the rest is left as it stands.

IPython and shlex split a line at quotes and backslashes, which would damage a connection string. So the line is read
here, and only as far as it consists of options.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from IPython.core.error import UsageError

# An option's value: in quotes (without escapes, as in a shell's single quotes), or up to the next blank.
VALUE = re.compile(r"""(?:=|\s+)(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s'"]\S*))(?=\s|$)""")
# A quoted value of a connection string, or a quoted name; or what may be an option behind either.
_QUOTED_OR_OPTION = re.compile(
    r"""(?:\A|=)\s*+(?:"[^"]*+(?:""[^"]*+)*+(?:"|\Z)|'[^']*+(?:''[^']*+)*+(?:'|\Z))"""
    r"""|(?<![^\s;])(?P<option>--[A-Za-z][\w-]*+)(?=[\s=]|\Z)"""
)
_OPTION = re.compile(r"--(?P<name>[A-Za-z][\w-]*)")


class Option(NamedTuple):
    """One option that a magic takes.

    Parameters
    ----------
    name : str
        The option's name, with its two dashes.
    value : str
        What messages call the option's value; empty for an option that takes none.
    read : callable
        Turns the value's text into what the magic needs. Raises ValueError, which says what to write instead.
    choices : tuple of str
        The values that Tab offers.
    without : str
        What the option means without its value; empty if it needs one. The text after such an option is its value only
        if it looks like a name and begins no connection string.
    """

    name: str
    value: str = ""
    read: Callable[[str], object] = str
    choices: tuple[str, ...] = ()
    without: str = ""


def value_of(option: Option, text: str, at: int = 0) -> re.Match[str] | None:
    """Return the value that follows an option; None if no value does."""
    found = VALUE.match(text, at)
    if found is None or not option.without:
        return found
    bare = found.group("bare")
    if bare is not None and not _NAME_LIKE.fullmatch(bare):
        return None
    if bare is not None and text[at] != "=" and _begins_a_string(text[at:]):
        return None
    return found


def read_connect(line: str) -> tuple[dict[str, Any], str]:
    """Read the line of ``%procore_connect``: its options stand before the connection string, after it, or both.

    After ``--`` all is the connection string.

    Parameters
    ----------
    line : str
        The line after the magic's name.

    Returns
    -------
    given : dict
        The options' values, as `read_options` returns them.
    text : str
        The connection string or the saved connection's name, unchanged; empty for none.

    Raises
    ------
    UsageError
        As `read_options`; or more than options stands after the first option behind the string.
    """
    magic = "%procore_connect"
    given, text = read_options(line, CONNECT_OPTIONS, magic)
    if re.search(r"(?:^|\s)--$", line.strip().removesuffix(text).rstrip()):
        return given, text
    at = options_after(text, CONNECT_OPTIONS)
    more, rest = read_options(text[at:], CONNECT_OPTIONS, magic)
    if rest:
        raise UsageError(f"{magic} accepts options before or after the connection string, not inside it.")
    return given | more, text[:at].rstrip()


def options_after(text: str, options: Mapping[str, Option]) -> int:
    """Return where the options behind a connection string begin; the text's length if there are none.

    What is in quotes is no option, nor is a word that only begins with ``--``: it has to be an option's name, or nearly one.
    """
    from procore_jupyter.wording import is_near_miss

    for found in _QUOTED_OR_OPTION.finditer(text):
        name = found["option"]
        if name is not None and (name in options or is_near_miss(name, options)):
            return found.start()
    return len(text)


def read_check(line: str) -> tuple[dict[str, Any], str, list[str] | None]:
    """Read the line of ``%procore_check``: a connection, and after it options; names of tables follow ``--tables``.

    Parameters
    ----------
    line : str
        The line after the magic's name.

    Returns
    -------
    given : dict
        The options' values, as `read_options` returns them.
    connection : str
        The connection; empty for none.
    tables : list of str or None
        The tables; empty for all of them, None for none.

    Raises
    ------
    UsageError
        As `read_options`; or something stands among the options that is none.
    """
    connection, rest = _before_options(line.strip())
    given: dict[str, Any] = {}
    tables: list[str] = []
    while rest:
        more, rest = read_options(rest, CHECK_OPTIONS, "%procore_check")
        given |= more
        if rest:
            word, _, rest = rest.partition(" ")
            names = [name for name in word.split(",") if name]
            if "tables" not in given or not all(re.fullmatch(r"\w{1,80}", name) for name in names):
                raise UsageError(
                    "In %procore_check the connection comes first, then the options, and names of tables after --tables."
                )
            tables += names
            rest = rest.lstrip()
    return given, connection, tables if "tables" in given else None


def _before_options(text: str) -> tuple[str, str]:
    """Return what stands before the first option of a check, and the rest. What is in quotes is no option."""
    for found in re.finditer(r"(?:^|(?<=\s))--[a-z]", text):
        before = text[: found.start()]
        if before.count('"') % 2 == before.count("'") % 2 == 0:
            return before.strip(), text[found.start() :]
    return text, ""


def read_sql(line: str) -> tuple[dict[str, Any], str, str]:
    """Read the line of ``%procore_sql``: options, the name for the result with ``<<`` behind it, the query.

    Parameters
    ----------
    line : str
        The line after the magic's name.

    Returns
    -------
    given : dict
        The options' values, as `read_options` returns them.
    name : str
        The name for the result; empty for none.
    query : str
        The rest, unchanged.

    Raises
    ------
    UsageError
        As `read_options`; or what stands before ``<<`` is no name.
    """
    given, rest = read_options(line, SQL_OPTIONS, "%procore_sql")
    found = re.match(r"([^\s'\"]*)\s*<<(?!<)", rest)
    if found is None:
        return given, "", rest
    if not found[1].isidentifier():
        raise UsageError("Before << %procore_sql needs the name of a variable:  %%procore_sql open_rfis <<")
    rest = rest[found.end() :].strip()
    if rest.startswith("--"):
        more, rest = read_options(rest, SQL_OPTIONS, "%procore_sql")
        given |= more
    return given, found[1], rest


def read_options(text: str, options: Mapping[str, Option], magic: str) -> tuple[dict[str, Any], str]:
    """Read the options off the front of a magic's line.

    Parameters
    ----------
    text : str
        The line after the magic's name.
    options : mapping
        The options that the magic takes, by name with dashes.
    magic : str
        The magic's name, for messages.

    Returns
    -------
    given : dict
        The options' values, by name as a Python identifier (``keep_token``); True for an option without a value.
    rest : str
        The rest of the line, unchanged but for white space around it.

    Raises
    ------
    UsageError
        An option is unknown, lacks its value or has a wrong one. The message is one line, without the rest of the
        text, which may be secret.
    """
    given: dict[str, Any] = {}
    text = text.strip()
    while text.startswith("--"):
        if re.match(r"--(\s|$)", text):
            return given, text[2:].strip()
        found = _OPTION.match(text)
        if found is None or found.group() not in options:
            raise UsageError(_unknown(found.group() if found else "--", options, magic))
        option, text = options[found.group()], text[found.end() :]
        if not option.value:
            if text and not text[0].isspace():
                raise UsageError(f"{option.name} is used without a value.")
            given[_key(option)] = True
        else:
            value = value_of(option, text)
            if value is None and option.without and not text.startswith("="):
                given[_key(option)] = option.without
                text = text.lstrip()
                continue
            if value is None or (value.group("bare") or "").startswith("--"):
                raise UsageError(f"{option.name} needs a value: {option.name} {option.value}")
            given[_key(option)] = _read(option, value)
            text = text[value.end() :]
        text = text.lstrip()
    return given, text


def _read(option: Option, value: re.Match[str]) -> Any:
    text = next(part for part in value.group("double", "single", "bare") if part is not None)
    try:
        return option.read(text)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _key(option: Option) -> str:
    return option.name[2:].replace("-", "_")


def _unknown(name: str, options: Mapping[str, Option], magic: str) -> str:
    from procore_jupyter.wording import nearest

    # A long "name" may be something else that was pasted here, a secret perhaps, so no message repeats it.
    near = nearest(name, options) if len(name) <= 30 else None
    known = f" Its options: {', '.join(options)}." if options else ""
    meant = f" Did you mean {near}?" if near else known
    return f"{magic} has no option {name if len(name) <= 30 else 'of that name'}.{meant}"


def seconds(text: str) -> float:
    """Return a number of seconds above 0. Raises ValueError for any other text."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise ValueError("--timeout must be a number of seconds above 0, such as --timeout 300.")
    return value


def projects(text: str) -> str | list[str]:
    """Return which projects a text means: ``active``, ``all``, or several by name or id. Raises ValueError for none."""
    found = [one.strip() for one in text.split(",") if one.strip()]
    if not found:
        raise ValueError('--projects takes active, all, or names:  --projects "Harbor Tower, Depot North"')
    word = found[0].casefold()
    return word if len(found) == 1 and word in ("active", "all") else found


def one_of(name: str, *choices: str) -> Option:
    """Return an option that takes one of the given words, in any case."""

    def read(text: str) -> str:
        for choice in choices:
            if choice.casefold() == text.casefold():
                return choice
        raise ValueError(f"{name} must be one of {', '.join(choices)}.")

    return Option(name, "|".join(choices), read, choices)


def skip_options(text: str, at: int, options: Mapping[str, Option]) -> int:
    """Return where the options that start at `at` end; mistakes in them are passed over."""
    while (found := re.compile(r"[ \t]*(--[\w-]*)").match(text, at)) is not None:
        at = found.end()
        option = options.get(found.group(1))
        if option is not None and option.value and (value := value_of(option, text, at)) is not None:
            at = value.end()
    return at


_NAME_LIKE = re.compile(r"\w[\w.-]*")


def _begins_a_string(text: str) -> bool:
    """Tell whether a text begins with a property's name (blanks in it don't count) and ``=``."""
    from procore_jupyter.settings.properties import find

    key, found, _ = text.partition("=")
    return bool(found) and find(key) is not None


_NAME = Option("--name", "NAME")

OWN_FILE = "own"
"""What ``--keep-labels`` means without its value: the file that is read by itself."""


CONNECT_OPTIONS = {
    option.name: option
    for option in (
        _NAME,
        Option("--account", "NAME"),
        Option("--save", "NAME", without="default"),
        Option("--wait"),
        Option("--timeout", "SECONDS", seconds),
        Option("--login"),
        one_of("--via", "server", "loopback", "paste"),
    )
}
STATUS_OPTIONS = {_NAME.name: _NAME}
TABLES_OPTIONS = {_NAME.name: _NAME}
SQL_OPTIONS = {
    option.name: option
    for option in (
        Option("--projects", 'active|all|"NAME, NAME"', projects, ("active", "all")),
        Option("--go"),
        Option("--session", "NAME"),
    )
}
CHECK_OPTIONS = {
    option.name: option
    for option in (
        _NAME,
        Option("--tables"),
        Option("--filters"),
        Option("--keep"),
        Option("--keep-labels", "FILE", without=OWN_FILE),
        Option("--report", "FILE"),
        Option("--yes"),
    )
}
LOGOUT_OPTIONS = {option.name: option for option in (_NAME, Option("--keep-token"))}
