"""Secrets in Python code: the literals that are given to a secret's name.

``client_secret = "…"``, ``os.environ["PROCORE_CLIENT_SECRET"] = "…"``, ``{"OAuthClientSecret": "…"}``,
``os.putenv("PROCORE_CLIENT_SECRET", "…")``, ``connect("OAuthClientSecret=" + "…")``. The code isn't parsed: a cell with a
mistake, or with a magic in it, is looked through in the same way.
"""

from __future__ import annotations

from procore_jupyter.notebook.redaction.expressions import COMPARES, NEAR, Expressions
from procore_jupyter.notebook.redaction.findings import Found
from procore_jupyter.notebook.redaction.lexemes import Lexeme, Pieces
from procore_jupyter.notebook.redaction.plain_text import named_values
from procore_jupyter.notebook.redaction.secret_names import Likelihood, likelihood

_GIVES = ("=", ":=", "+=", "|=")
_SETTERS = (
    *("putenv", "setenv", "setattr", "setdefault", "set", "set_key", "set_password"),
    *("__setitem__", "__setattr__"),
)
"""Functions that give one of their arguments to the one before it, which is a name."""


def secrets_in_code(text: str, start: int, end: int) -> Found:
    """Find secrets in a part of a text, as Python code."""
    return _Names(Pieces(text, start, end)).given()


class _Names:
    """The secrets' names in a code, and what they are given."""

    def __init__(self, code: Pieces) -> None:
        self._code = code
        self._expressions = Expressions(code)

    def given(self) -> Found:
        """Return what is given to the names."""
        for at, one in enumerate(self._code.all):
            if one.kind == "name" and (how := likelihood(self._code.word(at))):
                self._after_name(at, how)
            elif one.kind == "string":
                content = self._code.content(at)
                how = likelihood(content) if _is_name(content) else Likelihood.NONE
                if how:
                    self._after_named_string(at, how)
                else:
                    self._expressions.take_named(at)
                for field in one.fields:
                    self._expressions.adopt(secrets_in_code(self._code.text, *field))
            elif one.kind == "comment":
                self._in_comment(one)
        return self._expressions.found

    def _after_name(self, at: int, how: Likelihood) -> None:
        """Look for what a variable, an attribute or a keyword is given."""
        code = self._code
        after = at + 1
        if code.sign(after) == "[":
            after = code.after_bracket(after)
        sign = code.sign(after)
        if sign == ":":
            if given := self._annotated(after + 1):
                self._expressions.take(given, how)
            elif code.kind(after + 1) == "string" and self._inside_braces(at):
                self._expressions.take(after + 1, how, keyed=True)
        elif self._unpacked(at, how):
            return
        elif sign in _GIVES:
            self._expressions.take(after + 1, how)
        elif sign == "(":
            self._expressions.take(after, how, loosely=True)
        else:
            self._compared(after, how)

    def _after_named_string(self, at: int, how: Likelihood) -> None:
        """Look for what is given to a name in quotes: a key, an environment variable, an argument."""
        code = self._code
        after = at + 1
        while code.sign(after) in ("]", ")"):
            after += 1
        sign, key = code.sign(after), after == at + 1
        if not key and self._unpacked(at, how):
            return
        if sign == ":" and key and self._inside_braces(at):
            self._expressions.take(after + 1, how, keyed=True)
        elif sign in _GIVES and not key:
            self._expressions.take(after + 1, how)
        elif sign == "," and key:
            self._expressions.take(after + 1, how, loosely=not self._in_a_setter(at))
        else:
            self._compared(after, how)

    def _compared(self, at: int, how: Likelihood) -> None:
        """Look at what a secret is compared with, or what stands in for it where there is none."""
        if self._code.word(at) in (*COMPARES, "or") and self._code.kind(at + 1) == "string":
            self._expressions.take_literal(at + 1, how, direct=False)

    def _annotated(self, at: int) -> int:
        """Return where the value of an annotated name begins; 0 if there is none."""
        code = self._code
        while at < len(code):
            sign = code.sign(at)
            if sign in ("=", ":="):
                return at + 1
            if code.kind(at) == "newline" or sign in (",", ")", "}", ";", ":", "("):
                return 0
            at = code.after_bracket(at)
        return 0

    def _inside_braces(self, at: int) -> bool:
        opened = self._code.around[at]
        return opened >= 0 and self._code.sign(opened) == "{"

    def _unpacked(self, at: int, how: Likelihood) -> bool:
        """Look for what one of several names is given, and tell whether it is one: ``client_id, client_secret = "…", "…"``."""
        code = self._code
        begin = equal = at
        while begin > at - NEAR and self._is_target(begin - 1):
            begin -= 1
        while equal < at + NEAR and self._is_target(equal):
            equal += 1
        if equal >= len(code) or code.around[equal] != code.around[begin]:
            return False
        if code.word(begin) == "for" and code.word(equal) == "in":
            self._expressions.take(equal + 1, how, loosely=True)
            return True
        within = range(begin, equal)
        commas = [one for one in within if code.sign(one) == "," and code.level(one, code.around[begin]) < 2]
        if not commas or code.sign(equal) != "=" or not code.begins_a_statement(begin):
            return False
        elements = code.elements(equal + 1)
        place = sum(one < at for one in commas)
        if place < len(elements) and len(commas) + 1 - len(elements) in (0, 1):
            self._expressions.take(elements[place], how)
        else:
            self._expressions.take(equal + 1, how, loosely=True)
        return True

    def _is_target(self, at: int) -> bool:
        word = self._code.word(at)
        return word in (*",.*()[]",) if self._code.kind(at) == "sign" else word not in ("", "in", "\n")

    def _in_a_setter(self, at: int) -> bool:
        """Tell whether a string is an argument of a function that gives the next argument to it."""
        opened = self._code.around[at]
        return opened > 0 and self._code.word(opened - 1) in _SETTERS

    def _in_comment(self, one: Lexeme) -> None:
        """Look at a comment: it may be code that was put aside, or a note."""
        start = one.start + 1
        for value in named_values(self._code.text, start, one.end):
            if value.secret:
                self._expressions.add(value.start, value.end, value.name)
        self._expressions.adopt(secrets_in_code(self._code.text, start, one.end), names=False)


def _is_name(text: str) -> bool:
    """Tell whether a string's content may be a name, in whatever spelling."""
    return text.replace("-", "_").replace(" ", "_").isidentifier()
