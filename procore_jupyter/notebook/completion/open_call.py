"""Finds the call of a session that the cursor stands in, in code that may be half written or wrong elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from procore_jupyter.notebook.redaction.lexemes import Pieces

_OURS = re.compile(r"\.\s*(?:table|use|describe|tables)\s*[(\[]")
"""What a text holds if a call of ours is in it: other cells needn't be cut into pieces."""

_FAR = 50_000
"""Characters before the cursor that are looked at: no call is longer, and somebody waits."""

_PLAIN_PREFIXES = frozenset({"", "u", "U"})
"""Prefixes of strings whose letters mean themselves, but for a backslash's."""


class OpenCall(NamedTuple):
    """A call, or a look-up by a key, up to the cursor.

    Parameters
    ----------
    receiver : str
        The variable that holds the session; empty if an expression does.
    method : str
        ``table``, ``use``, ``tables`` (a look-up), ``describe``.
    positional : tuple of str
        The code of the positional arguments before the cursor's: a literal, a variable; empty of anything longer.
    given : mapping of str to str
        The code of the named arguments before the cursor's, likewise.
    parameter : str
        The named argument whose value the cursor stands in; empty if it stands in none.
    typed : str
        What is typed of a word or a string up to the cursor.
    quote : str
        The quotes of the string that the cursor stands in; empty if it stands in none.
    """

    receiver: str
    method: str
    positional: tuple[str, ...]
    given: Mapping[str, str]
    parameter: str
    typed: str
    quote: str


def open_call(text: str) -> OpenCall | None:
    """Return the call that is open at the end of a text; None if none of ours is, or nothing can come there.

    A value may stand in a list, a tuple or a set: ``status=["open", "``.
    """
    if len(text) > _FAR:
        text = text[text.find("\n", len(text) - _FAR) + 1 :]  # the whole text if it is one line
    if _OURS.search(text) is None:
        return None
    code = Pieces(text, 0, len(text))
    cursor = len(code)  # the index of the lexeme that is typed
    typed = quote = ""
    if cursor and code.all[-1].end == len(text):
        one = code.all[-1]
        if one.kind == "comment" or one.kind == "number":
            return None
        if one.kind == "name":
            typed, cursor = code.word(cursor - 1), cursor - 1
        elif one.kind == "string" and one.end == one.inner[1]:  # nothing closes it
            prefix, quote = _quotes(text[one.start : one.inner[0]])
            if prefix not in _PLAIN_PREFIXES:
                return None
            typed, cursor = code.content(cursor - 1), cursor - 1
    opened = _around(code, cursor)
    if opened < 0:
        return None
    called = _called(code, opened)
    in_list = -1
    if called is None and code.sign(opened - 1) == "=" and code.kind(opened - 2) == "name":
        in_list, opened = opened, code.around[opened]
        called = _called(code, opened) if opened >= 0 else None
    if called is None:
        return None
    receiver, method = called
    arguments = _arguments(code, opened + 1, cursor if in_list < 0 else in_list)
    now = arguments.pop()
    parameter = ""
    if len(now) == 2 and code.kind(now[0]) == "name" and code.sign(now[1]) == "=":
        parameter = code.word(now[0])
    elif now:
        return None
    if in_list >= 0 and code.sign(cursor - 1) not in ("[", "(", "{", ","):
        return None
    positional: list[str] = []
    given: dict[str, str] = {}
    for one_argument in arguments:
        if len(one_argument) > 1 and code.sign(one_argument[1]) == "=":
            given[code.word(one_argument[0])] = _value(code, one_argument[2:])
        elif given:
            return None  # `**parameters`, or a mistake
        else:
            positional.append(_value(code, one_argument))
    return OpenCall(receiver, method, tuple(positional), given, parameter, typed, quote)


def _quotes(opening: str) -> tuple[str, str]:
    """Return the prefix and the quotes with which a string begins."""
    quotes = opening.lstrip("rRbBuUfFtT")
    return opening[: len(opening) - len(quotes)], quotes


def _around(code: Pieces, at: int) -> int:
    """Return the index of the bracket that is open before a lexeme; -1 if none is."""
    if not at:
        return -1
    return at - 1 if code.all[at - 1].opens else code.around[at - 1]


def _called(code: Pieces, opened: int) -> tuple[str, str] | None:
    """Return the variable and the method before a bracket: ``procore.table(``, ``procore.tables[``; None if it is no such call."""
    method, before = code.word(opened - 1), opened - 2
    if code.kind(opened - 1) != "name" or code.sign(before) != ".":
        return None
    if method == "describe":
        if code.word(before - 1) != "tables" or code.sign(before - 2) != ".":
            return None
        before -= 2
    elif (method, code.sign(opened)) not in (("table", "("), ("use", "("), ("tables", "[")):
        return None
    is_variable = code.kind(before - 1) == "name" and code.sign(before - 2) != "."
    return (code.word(before - 1) if is_variable else ""), method


def _arguments(code: Pieces, at: int, end: int) -> list[list[int]]:
    """Return the lexemes of each argument, brackets within standing for what is in them; at least one."""
    found: list[list[int]] = [[]]
    while at < end:
        if code.sign(at) == ",":
            found.append([])
        elif code.kind(at) not in ("newline", "comment"):
            found[-1].append(at)
        at = code.after_bracket(at)
    return found


def _value(code: Pieces, value: list[int]) -> str:
    """Return the code of an argument that is one lexeme; empty of any other."""
    return code.word(value[0]) if len(value) == 1 else ""
