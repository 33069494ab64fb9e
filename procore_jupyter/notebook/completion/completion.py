"""Completion on Tab: in our magics, and in the calls of a session.

Completion never uses the network. It never offers what a person typed before: values that are free text, secrets above
all, have no completions.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.notebook.completion.candidates import NONE, Candidates, among
from procore_jupyter.notebook.kernel import sessions
from procore_jupyter.notebook.options import (
    CHECK_OPTIONS,
    CONNECT_OPTIONS,
    LOGOUT_OPTIONS,
    SQL_OPTIONS,
    STATUS_OPTIONS,
    TABLES_OPTIONS,
    Option,
    options_after,
    value_of,
)

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_MAGIC = re.compile(
    r"\s*(?P<percents>%{0,2})(?P<name>procore_connect|procore_status|procore_logout|procore_tables|procore_check|procore_sql)(?=\s)"
)
_OPTIONS = {
    "procore_connect": CONNECT_OPTIONS,
    "procore_status": STATUS_OPTIONS,
    "procore_logout": LOGOUT_OPTIONS,
    "procore_tables": TABLES_OPTIONS,
    "procore_check": CHECK_OPTIONS,
    "procore_sql": SQL_OPTIONS,
}
IDENTIFIER = "procore_jupyter"

_logger = logging.getLogger(__name__)


def candidates(
    text: str, namespace: Mapping[str, Any] = MappingProxyType({}), after: str = ""
) -> Candidates | None:
    """Return what may come next in one of our magics, or in a call of a session.

    Parameters
    ----------
    text : str
        The cell up to the cursor.
    namespace : mapping
        The notebook's variables.
    after : str
        The cell from the cursor on.

    Returns
    -------
    Candidates or None
        None if the text is neither in a magic of ours nor in a session's call, or nothing is known of what may come there.
    """
    whole = _MAGIC.match(text)
    if whole is not None and whole["percents"] == "%%" and "\n" in text[whole.end() :]:
        head, _, body = text[whole.end() :].partition("\n")
        if whole["name"] == "procore_sql":
            return _in_sql(head, namespace, body, after)
        return _in_string(body, lines=True) if whole["name"] == "procore_connect" else NONE
    line = text[text.rfind("\n") + 1 :]
    magic = _MAGIC.match(line)
    if magic is None:
        return _in_call(text, namespace)
    options = _OPTIONS[magic["name"]]
    if magic["name"] == "procore_sql":
        return _in_sql(line[magic.end() :], namespace)
    found = _in_options(line[magic.end() :], options)
    if isinstance(found, Candidates):
        return found
    if magic["name"] == "procore_tables":
        names = among(found, _tables_of(namespace), "table")
        return names if found else names._replace(texts=[*names.texts, *options])
    if magic["name"] == "procore_check" and "--tables" in line:
        return among(re.split(r"[\s,]", found)[-1], _tables_of(namespace), "table")
    if magic["name"] != "procore_connect" or magic["percents"] == "%%":
        return Candidates("", list(options), "option") if not found else NONE
    if (option := re.search(r"(?:(?<=\s)|(?<=;))--?[\w-]*$", found)) is not None and found[:-1].strip():
        return Candidates(option[0], [one for one in options if one.startswith(option[0])], "option")
    if (at := options_after(found, options)) < len(found):
        behind = _in_options(found[at:], options)
        return behind if isinstance(behind, Candidates) else Candidates("", list(options), "option")
    properties = _in_string(found, lines=False)
    if "=" in found or ";" in found:
        return properties
    saved = [one for one in _saved_names() if one.casefold().startswith(found.casefold())]
    if saved and properties.typed == found:
        properties = properties._replace(texts=[*saved, *properties.texts])
    # Nothing is typed yet: an option may come, too.
    return properties if found else properties._replace(texts=[*properties.texts, *options])


def _in_options(text: str, options: Mapping[str, Option]) -> Candidates | str:
    """Return what may come next in the options, or the text after them if they are complete."""
    text = text.lstrip(" \t")
    while text.startswith("-"):
        name = re.match(r"--?[\w-]*", text)
        assert name is not None  # it starts with "-"
        if name.end() == len(text):
            return Candidates(text, [one for one in options if one.startswith(text)], "option")
        option, text = options.get(name.group()), text[name.end() :]
        if option is not None and option.value:
            if (typing := re.fullmatch(r"(?:=|[ \t]+)(\S*)", text)) is not None:
                typed = typing.group(1)
                choices = list(option.choices)
                if option.without:  # its value is a name, or is left out and the connection string begins
                    choices = [*_saved_names(), *(f"{one}=" for one in _property_names())]
                return Candidates(typed, [one for one in choices if one.startswith(typed)], "value")
            value = value_of(option, text)
            if value is None and not option.without:
                return NONE
            text = text[value.end() if value is not None else 0 :]
        text = text.lstrip(" \t")
    return text


def _in_sql(head: str, namespace: Mapping[str, Any], body: str | None = None, after: str = "") -> Candidates:
    """Return what may come next in a query, or in the options before it.

    Parameters
    ----------
    head : str
        The magic's line behind its name, up to the cursor if that is in it.
    namespace : mapping
        The notebook's variables.
    body, after : str or None, str
        The lines below up to the cursor, None if it is in the first one; and what follows it.
    """
    found = _in_options(head, SQL_OPTIONS) if body is None else ""
    if isinstance(found, Candidates):
        return found
    from procore_jupyter.notebook.completion.sql_completion import in_query

    session = re.search(r"--session(?:=|\s+)(\w+)", head)
    start = re.sub(r"\A\s*(?:--\w+(?:(?:=|\s+)(?:\"[^\"]*\"|\S+))?\s+)*(?:\w+\s*<<)?", "", found)
    before = start if body is None else body
    return in_query(before, after, namespace, session[1] if session is not None else "procore")


def _in_call(text: str, namespace: Mapping[str, Any]) -> Candidates | None:
    """Return what may come next in a call of a session."""
    from procore_jupyter.notebook.completion.open_call import open_call

    call = open_call(text)
    if call is None:
        return None
    from procore_jupyter.notebook.completion.call_completion import in_call

    return in_call(call, namespace)


def _property_names() -> tuple[str, ...]:
    from procore_jupyter.settings.properties import NAMES

    return NAMES


def _saved_names() -> list[str]:
    from procore_jupyter.connection import saved

    return saved.names()


def _in_string(text: str, *, lines: bool) -> Candidates:
    """Return what may come next in a connection string."""
    from procore_jupyter.notebook.redaction.connection_text import segments
    from procore_jupyter.settings.properties import PROPERTIES, find

    given: set[str] = set()
    for key, value, ended in segments(text, lines=lines):
        name = "".join(text[slice(*key)].split())
        if ended:
            given.add(name.casefold())
        elif value is None:
            typed = text[slice(*key)].lstrip()
            free = [one.name for one in PROPERTIES if one.name.casefold() not in given]
            starts = [f"{one}=" for one in free if one.casefold().startswith(name.casefold())]
            return Candidates(typed, starts, "property")
        else:
            typed = text[slice(*value)].lstrip().removeprefix('"').removeprefix("'")
            one = find(name)
            choices = one.choices if one is not None and not one.secret else ()
            return Candidates(
                typed, [c for c in choices if c.casefold().startswith(typed.casefold())], "value"
            )
    return NONE


def install(shell: InteractiveShell) -> None:
    """Add the completion to a shell."""
    try:
        from IPython.core.completer import context_matcher

        matchers = shell.Completer.custom_matchers

        def match(context: Any) -> Any:
            return _match(context, shell.user_ns)

        matchers.append(context_matcher(identifier=IDENTIFIER)(match))
    except (ImportError, AttributeError):  # IPython calls this API provisional; the older hook remains
        for name in _OPTIONS:
            for magic in (f"%{name}", f"%%{name}", name):
                shell.set_hook("complete_command", _complete_command, str_key=magic)


def remove(shell: InteractiveShell) -> None:
    """Undo `install`. The older hook can't be removed; it still offers nothing wrong."""
    matchers: Any = getattr(shell.Completer, "custom_matchers", [])
    matchers[:] = [one for one in matchers if getattr(one, "matcher_identifier", "") != IDENTIFIER]


def _tables_of(namespace: Mapping[str, Any]) -> Iterable[str]:
    """Return the tables of a notebook's sessions, including those of a person's own profile."""
    found: dict[str, None] = {}
    for session in sessions(namespace).values():
        # A faulty profile is reported where it is used.
        with contextlib.suppress(ConfigurationError):
            found |= dict.fromkeys(session.tables)
    if found:
        return found
    from procore_jupyter.profiles import built_in_tables

    return built_in_tables.described()[0]


def _match(context: Any, namespace: Mapping[str, Any]) -> Any:
    from IPython.core.completer import SimpleCompletion

    before = "\n".join([*context.full_text.split("\n")[: context.cursor_line], context.text_until_cursor])
    try:
        found = candidates(before, namespace, context.full_text[len(before) :])
    except Exception as error:
        # IPython would print a traceback over the cell that somebody types in. What is wrong is told when that is run.
        _logger.debug("no completion: %s", type(error).__name__)
        found = None
    if found is None or not found.texts:
        return {"completions": []}
    return {
        "completions": [
            SimpleCompletion(text=text, type=found.others.get(text, found.kind)) for text in found.texts
        ],
        "matched_fragment": found.typed,
        "suppress": True,  # no Python names inside a connection string
        "ordered": True,
    }


def _complete_command(_: Any, event: Any) -> list[str]:
    """Complete for the older hook, which replaces the word that IPython found (`event.symbol`)."""
    found = candidates(event.text_until_cursor)
    if found is None or not event.symbol.endswith(found.typed):
        return []
    stays = event.symbol[: len(event.symbol) - len(found.typed)]
    return [stays + text for text in found.texts]
