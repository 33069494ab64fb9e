"""The literals in an expression whose value is given to a secret's name, and the variables in it."""

from __future__ import annotations

import keyword
import re
from bisect import bisect_left
from collections.abc import Iterator

from procore_jupyter.notebook.redaction.findings import Found, SecretSpan
from procore_jupyter.notebook.redaction.lexemes import Lexeme, Pieces
from procore_jupyter.notebook.redaction.plain_text import Value, named_values
from procore_jupyter.notebook.redaction.secret_names import (
    Likelihood,
    likelihood,
    looks_chosen,
    looks_like_a_name,
    looks_random,
    says_something,
)

COMPARES = ("==", "!=", "in", "not")
"""Signs and words between two values that are compared."""

NEAR = 100
"""Lexemes that are always looked at, however long the code is."""

_KEEPS_LETTERS = re.compile(
    r"Secret|SecretStr|str|bytes|join|format|b64(?:de|en)code|fromhex|(?:un)?quote|in|if|else|or|and|return|not"
)
"""What stands before a bracket whose value is made of the letters inside: functions, and words after which it only groups."""

_NO_VALUE = re.compile(
    r"str(?:ing)?|text|int|float|bool|object|bytes|(?:var)?char|secret|password|token|hidden|masked|required|optional|yes|no|id"
    r"|name|value|none|null|true|false|env(?:ironment)?|keyring|header|body|query|post|get|store|file",
    re.IGNORECASE,
)
"""What is said of a secret in its place: its type, where it is kept."""

_PLACEHOLDER = re.compile(
    r"""
      \{\{|\}\}|%%
    | \{(?P<field>[\w.\[\]]*)(?:![rsa])?(?::[^{}]*)?\}
    | %(?:\((?P<key>\w+)\))?[-#0 +\d.]*[sdr]
    | \$\{?(?P<dollar>\w+)\}?
    """,
    re.VERBOSE,
)


class Expressions:
    """The expressions of one code, and what was found in them.

    Parameters
    ----------
    code : Pieces
        The code.
    """

    def __init__(self, code: Pieces) -> None:
        self._code = code
        self._secrets: list[SecretSpan] = []
        self._names: set[str] = set()
        # One expression may stand in another, and so on: all together are looked at for so many steps.
        self._steps = 50_000 + 10 * len(code)

    @property
    def found(self) -> Found:
        """What was found so far."""
        return Found(tuple(self._secrets), frozenset(self._names))

    def add(self, start: int, end: int, name: str = "") -> None:
        """Note a secret."""
        self._secrets.append(SecretSpan(start, end, name))

    def adopt(self, found: Found, *, names: bool = True) -> None:
        """Note what was found in a part of the code."""
        self._secrets += found.secrets
        self._names |= found.names if names else frozenset()

    def take(
        self,
        at: int,
        how: Likelihood,
        *,
        loosely: bool = False,
        keyed: bool = False,
        rest_of: Value | None = None,
    ) -> None:
        """Note the literals of the expression that begins here, as far as they may be secrets.

        Parameters
        ----------
        at : int
            The index of the expression's first lexeme.
        how : Likelihood
            How likely the expression's value is a secret.
        loosely : bool
            The place is none where a secret is surely given: only what looks like one is taken.
        keyed : bool
            The expression stands in a mapping, whose keys are often no names of variables.
        rest_of : Value or None
            The value that the expression is the rest of, to the first ``;`` in one of its strings.
        """
        code, begin = self._code, at
        direct = [not loosely]
        for at in self._from(begin):
            kind, one = code.kind(at), code.all[at]
            if one.opens:
                direct.append(direct[-1] and self._keeps_letters(at))
            elif one.closes:
                direct.pop()
                if not direct:
                    return
            elif kind == "newline":
                if begin < at and not code.goes_on(at):
                    return
                begin += begin == at
            elif len(direct) == 1 and code.sign(at) in (",", ";"):
                return
            elif rest_of is not None and kind == "string" and len(direct) == 1:
                if self._take_to_semicolon(at, rest_of):
                    return
            elif rest_of is not None and kind == "name" and keyword.iskeyword(code.word(at)):
                rest_of, direct[-1] = None, False  # a condition, or what is taken if there is no value
            elif kind == "string":
                self.take_literal(at, how, direct=direct[-1] and not self._is_keyword(at, begin), keyed=keyed)
            elif kind == "number" and direct[-1] and how is Likelihood.SURE:
                if code.word(at).isdecimal() and one.end - one.start >= 6:
                    self.add(one.start, one.end)
            elif kind == "name" and direct[-1]:
                self._refer(at, how)

    def take_literal(self, at: int, how: Likelihood, *, direct: bool, keyed: bool = False) -> None:
        """Note a string if it may be a secret.

        Parameters
        ----------
        at : int
            Its index.
        how : Likelihood
            How likely the value that it is a part of is a secret.
        direct : bool
            It becomes a part of the value, and is no mere argument of what makes the value.
        keyed : bool
            As for `take`.
        """
        code = self._code
        before = at - 1
        while code.kind(before) in ("newline", "comment"):
            before -= 1
        if code.sign(at + 1) == ":" and code.sign(before) in ("{", ","):
            return  # a key
        if code.word(at + 1) in COMPARES or code.word(at - 1) in COMPARES:
            direct = False
        for field in code.all[at].fields:
            self._take_field(field, how)
        value = code.content(at)
        if likelihood(value) and not looks_random(value):
            return  # itself a secret's name: a field's, a variable's
        if says_something(value) and _is_wanted(value, how, direct=direct, keyed=keyed):
            self.add(*code.all[at].inner)

    def take_named(self, at: int) -> None:
        """Note the secrets that stand in a string behind their names, and what is put into the string in their place."""
        one = self._code.all[at]
        places: list[tuple[int, int | str]] | None = None
        for value in named_values(self._code.text, *one.inner, string=True):
            if value.secret:
                self.add(value.start, value.end, value.name)
            first, last = (value.start,), (max(value.end, value.start + 1),)
            if one.fields:
                for field in one.fields[bisect_left(one.fields, first) : bisect_left(one.fields, last)]:
                    self._take_field(field, value.how)
            else:
                places = [*self._placeholders(one)] if places is None else places
                if inside := places[bisect_left(places, first) : bisect_left(places, last)]:
                    self._take_formatted(at, value.how, [place for _, place in inside])
                    continue
            if value.goes_on:
                self._take_rest(at + 1, value)

    # -- parts of expressions --------------------------------------------------------------------------

    def _from(self, at: int) -> Iterator[int]:
        """Give the indices from one on, as long as steps are left."""
        for one in range(at, min(len(self._code), at + max(NEAR, self._steps))):
            self._steps -= 1
            yield one

    def _keeps_letters(self, at: int) -> bool:
        """Tell whether what stands in a bracket becomes a part of the value: it groups, or a function keeps the letters."""
        before = self._code.kind(at - 1)
        if before == "name":
            return (
                self._code.sign(at) == "(" and _KEEPS_LETTERS.fullmatch(self._code.word(at - 1)) is not None
            )
        return before != "string" and self._code.sign(at - 1) not in (")", "]")

    def _is_keyword(self, at: int, begin: int) -> bool:
        """Tell whether a string is a keyword argument of a call in the expression: ``errors="strict"``."""
        opened = self._code.around[at]
        return (
            self._code.sign(at - 1) == "="
            and begin < at - 1
            and opened >= begin
            and self._code.sign(opened) == "("
        )

    def _take_field(self, field: tuple[int, int], how: Likelihood) -> None:
        """Look at a replacement field of an f-string, whose value is a secret or a part of one."""
        inside = Expressions(Pieces(self._code.text, *field))
        inside.take(0, how)
        self.adopt(inside.found)

    def _refer(self, at: int, how: Likelihood) -> None:
        """Note a variable whose value is given to a secret's name."""
        code = self._code
        if how < Likelihood.LIKELY or code.sign(at + 1) in ("(", "[", ".", "=") or code.sign(at - 1) == ".":
            return
        if not keyword.iskeyword(code.word(at)):
            self._names.add(code.word(at))

    def _take_rest(self, at: int, value: Value) -> None:
        """Take the rest of a value that a string ends within, from the strings behind it or from what is added to it."""
        code = self._code
        while code.sign(at) == ")" or (code.kind(at) == "newline" and code.goes_on(at)):
            at += 1
        if code.sign(at) == "+":
            at += 1
        elif code.kind(at) != "string":
            return
        self.take(at, value.how, rest_of=value)

    def _take_to_semicolon(self, at: int, value: Value) -> bool:
        """Take a string to its first ``;``, and tell whether it has one."""
        start, end = self._code.all[at].inner
        stop = self._code.text.find(";", start, end)
        last = end if stop < 0 else stop
        for field in self._code.all[at].fields:
            if field[1] <= last:
                self._take_field(field, value.how)
        if start < last and says_something(self._code.text[start:last]):
            self.add(start, last, value.name)
        return stop >= 0

    def _placeholders(self, one: Lexeme) -> Iterator[tuple[int, int | str]]:
        """Give where placeholders stand in a string, with their numbers or their names."""
        number = 0
        for found in _PLACEHOLDER.finditer(self._code.text, *one.inner):
            if found.group() not in ("{{", "}}", "%%"):
                name = found["field"] or found["key"] or found["dollar"] or ""
                yield found.start(), int(name) if name.isdecimal() else name or number
                number += not name

    def _take_formatted(self, at: int, how: Likelihood, places: list[int | str]) -> None:
        """Take the arguments that are formatted into a string, at placeholders of secrets."""
        code = self._code
        after = at + 1
        while code.kind(after) in ("string", "newline") or code.sign(after) == ")":
            after += 1
        if code.sign(after) == "%":
            opened = after + 1
        elif code.sign(after) == "." and code.sign(after + 2) == "(":
            opened = after + 2
        else:
            return
        if code.kind(opened) == "name" and code.sign(opened + 1) == "(":  # dict(…)
            opened += 1
        grouped = code.sign(opened) in ("(", "{") and code.all[opened].partner > 0
        elements = code.elements_between(opened + 1, code.all[opened].partner) if grouped else [opened]
        for place in places:
            if isinstance(place, int):
                if place < len(elements):
                    self.take(elements[place], how)
                continue
            for element in elements:
                name = code.content(element) if code.kind(element) == "string" else code.word(element)
                if name == place and code.sign(element + 1) in ("=", ":"):
                    self.take(element + 2, how)


def _is_wanted(value: str, how: Likelihood, *, direct: bool, keyed: bool) -> bool:
    """Tell whether a literal in the value of a secret's name is a secret."""
    if looks_random(value, 16 if how is Likelihood.MAYBE else 8):
        return True
    if not direct or how is Likelihood.MAYBE or _NO_VALUE.fullmatch(value.strip("?!.<>() ")):
        return False
    sentence = any(c.isspace() for c in value.strip())
    if how is Likelihood.SURE:
        return len(value) > 1 and not (keyed and sentence)
    return (
        looks_chosen(value)
        if keyed
        else not (sentence or len(value) < 3 or value.endswith(":") or looks_like_a_name(value))
    )
