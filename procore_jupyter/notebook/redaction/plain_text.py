"""Secrets in text that is no Python: a shell's lines, files, comments, and what stands inside strings.

There a secret follows its name: ``export PROCORE_CLIENT_SECRET=…``, ``"client_secret": "…"``, ``--client-secret …``,
``OAuthClientSecret=…;``. Three more are known by their own look: the password in an address, what follows ``Bearer``, and a
JSON Web Token.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from procore_jupyter.notebook.redaction.findings import SecretSpan, trimmed
from procore_jupyter.notebook.redaction.secret_names import (
    Likelihood,
    begins_with_a_stand_in,
    likelihood,
    looks_chosen,
    looks_random,
    says_something,
)

_WORDS = re.compile(r"[A-Za-z_][\w.]*(?:-\w+)*")
_SIGN = re.compile(r"""(?:\\?["'])?[\])]{0,2}(?P<before>[ \t]*)(?P<sign>=>|:=|=+|:(?!=))(?P<after>[ \t]*)""")
_BLANK = re.compile(r"[ \t]+(?![-=&|;#])")
_TAKES_A_NAME = re.compile(
    r"(?:--|(?:^|[\s%!])(?:env|set_env|setx|setenv|set|set -gx|export|config set)[ \t]+)\Z"
)
_QUOTED = re.compile(r"""(\\?)(["'])(?P<value>(?:(?!\1\2)[^\n]|\2\2)*)(?:\1\2|$|(?=\n))""", re.MULTILINE)
_TO_SEMICOLON = re.compile(r"(?:(?!\\n|\\r)[^;\n])*")
_TO_SEMICOLON_OR_QUOTE = re.compile(r"""(?:(?!\\n|\\r)[^;\n"'])*""")
_WORD_ALONE = re.compile(r"""(?:[^\s;&"'\\]|&(?!&|[\w.]+=))*""")
_REST_OF_LINE = re.compile(r"[^\n]*")

_CODE_AFTER_A_QUOTE = re.compile(r"""\\?["'](?:[\s)\],]|`)""")

_IN_AN_ADDRESS = re.compile(
    r"""\b(?:https?|socks\w*)://[^\s/:@"'<>]*:(?P<password>[^\s/"'<>]+)@(?=[^\s@])""", re.IGNORECASE
)
_BEARER = re.compile(r"\b(?:Bearer|Basic)[ \t]+(?P<token>[A-Za-z0-9._~+/-]{8,}=*)", re.IGNORECASE)
_WEB_TOKEN = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)*")
_CODE_IN_AN_ADDRESS = re.compile(r"""[?&]code=(?P<code>[^&\s"'#]{4,})""")
_CURL_USER = re.compile(r"""\s(?:-u|--user)[ \t=]+["']?[^\s:"']+:(?P<password>[^\s"']+)""")


class Value(NamedTuple):
    """What stands behind a secret's name.

    Parameters
    ----------
    start, end : int
        Where it stands; the same if nothing stands there.
    name : str
        The property whose value it is; empty if unknown.
    how : Likelihood
        How likely the name is a secret's.
    secret : bool
        Whether the value is a secret.
    goes_on : bool
        The text ends with the value, so that the next string may hold more of it.
    """

    start: int
    end: int
    name: str
    how: Likelihood
    secret: bool
    goes_on: bool


def named_values(
    text: str, start: int, end: int, *, shell: bool = False, string: bool = False
) -> Iterator[Value]:
    """Find what stands behind secrets' names.

    Parameters
    ----------
    text : str
        The text.
    start, end : int
        The part to look at.
    shell : bool
        The part is a command line, or a file that holds values: what is not quoted is a value too.
    string : bool
        The part is what stands inside a string: quotes in it are part of it, and the value may go on in the next string.
    """
    last = start
    for key_start, key_end, name in _keys(text, start, end):
        if key_start < last:
            continue
        how = Likelihood.SURE if name else _likelihood_of(text, start, key_start, key_end)
        if not how:
            continue
        found = _value(text, (key_start, key_end), start, end, name, how, shell=shell, string=string)
        if found is not None:
            yield found
            last = max(last, found.end) if found.secret else last


def secrets_by_look(text: str) -> Iterator[SecretSpan]:
    """Find the passwords in addresses, bearers, web tokens and authorization codes, wherever they stand."""
    if "@" in text:
        yield from _group(text, _IN_AN_ADDRESS, "password")
        yield from _group(text, _address_property(), "password")
    folded = text.casefold()
    if "bearer" in folded or "basic" in folded:
        for match in _BEARER.finditer(text):
            if looks_random(match["token"]) or len(match["token"]) >= 40:
                yield SecretSpan(*match.span("token"))
    if "eyJ" in text:
        yield from (SecretSpan(*match.span()) for match in _WEB_TOKEN.finditer(text))
    if "code=" in text and "state=" in text:
        yield from _group(text, _CODE_IN_AN_ADDRESS, "code")
    if "curl" in folded:
        yield from _group(text, _CURL_USER, "password")


def _group(text: str, pattern: re.Pattern[str], group: str) -> Iterator[SecretSpan]:
    for match in pattern.finditer(text):
        if says_something(match[group]):
            yield SecretSpan(*match.span(group))


@functools.cache
def _property_key() -> re.Pattern[str]:
    """Return a pattern of the secret properties' names, with blanks anywhere in them."""
    from procore_jupyter.settings.properties import PROPERTIES

    names = ("[ \t]*".join(re.escape(letter) for letter in one.name) for one in PROPERTIES if one.secret)
    return re.compile(
        rf"(?:(?<![A-Za-z0-9_])|(?<=\\n)|(?<=\\r))(?:{'|'.join(names)})(?=[ \t]*=)", re.IGNORECASE
    )


@functools.cache
def _address_property() -> re.Pattern[str]:
    """Return a pattern of a property that is an address, with a user and a password in it."""
    from procore_jupyter.settings.properties import PROPERTIES

    names = "|".join(one.name for one in PROPERTIES if one.kind in ("proxy", "origin"))
    return re.compile(
        rf"(?:{names})[ \t]*=[ \t]*[\"']?(?:\w+://)?[^\s:@;\"'/]*:(?P<password>[^\s;\"']+)@", re.IGNORECASE
    )


def _keys(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """Give the words that may be names, in order; with the property's name if one is such."""
    from procore_jupyter.settings.properties import find

    properties = {
        found.end(): (found.start(), known.name)
        for found in _property_key().finditer(text, start, end)
        if (known := find(found.group())) is not None
    }
    for word in _WORDS.finditer(text, start, end):
        begin, name = properties.get(word.end(), (word.start(), ""))
        yield begin, word.end(), name


def _likelihood_of(text: str, start: int, key_start: int, key_end: int) -> Likelihood:
    """Return how likely a word is a secret's name, with the two words before it: ``Client Secret``."""
    word = text[key_start:key_end].rpartition(".")[2]
    how = likelihood(word)
    if how in (Likelihood.MAYBE, Likelihood.LIKELY) and text[max(start, key_start - 1) : key_start] == " ":
        before = text[max(start, key_start - 20) : key_start].rpartition("\n")[2].split(" ")
        how = max(how, likelihood(f"{' '.join(before[-3:])}{word}"))
    return how


def _value(
    text: str,
    key: tuple[int, int],
    start: int,
    end: int,
    name: str,
    how: Likelihood,
    *,
    shell: bool,
    string: bool,
) -> Value | None:
    """Return what stands behind a name, and whether it is a secret; None if the name is only spoken of."""
    sign = _SIGN.match(text, key[1], end)
    takes = _TAKES_A_NAME.search(text, max(0, key[0] - 20), key[0])
    command = takes.group().strip(" \t%!") if takes is not None and (shell or takes.group() == "--") else ""
    if sign is None:
        sign = _BLANK.match(text, key[1], end) if command or (string and key[0] == start) else None
        if sign is None:
            return None
        tight = bool(command) and shell
    else:
        tight = sign["sign"].startswith("=") and not sign["before"] and not sign["after"]
    at = sign.end()
    if shell and text.startswith(("$(", "`"), at):
        return None  # what a command prints
    quoted = _QUOTED.match(text, at, end)
    if command in ("env", "set_env"):
        begin, stop = _span(_REST_OF_LINE, text, at, end)
    elif quoted is not None and not name:
        begin, stop = quoted.span("value")
    elif name:
        rest = _TO_SEMICOLON if string else _TO_SEMICOLON_OR_QUOTE
        begin, stop = _span(rest, text, at, end)
        if quoted is not None:
            begin, stop = quoted.start(), max(quoted.end(), _span(rest, text, quoted.end(), end)[1])
    else:
        begin, stop = _span(_WORD_ALONE, text, at, end)
        if not tight:
            stop = begin + len(text[begin:stop].rstrip(",)]}"))
    begin, stop = trimmed(text, begin, stop)
    value = text[begin:stop]
    in_a_form = text[key[0] - 1 : key[0]] in ("&", "?") or text[stop : stop + 1] == "&"
    variable = tight and text[slice(*key)].isupper()
    clear = bool(name) or shell or bool(quoted) or in_a_form or variable
    code = (
        quoted is None and not name and not (tight and shell) and re.search(r"[()\[\]{}]", value) is not None
    )
    fits = _fits(value, how, tight=tight, clear=clear, quoted=bool(quoted))
    if name and (begins_with_a_stand_in(value) or _CODE_AFTER_A_QUOTE.match(value)):
        return None  # spoken of, in a sentence or in code inside a string
    expands = shell and not (quoted is not None and quoted[2] == "'")
    secret = says_something(value, shell=expands) and fits and not code
    return Value(begin, stop, name, how, secret, string and stop >= end and (tight or bool(name)))


def _span(pattern: re.Pattern[str], text: str, at: int, end: int) -> tuple[int, int]:
    found = pattern.match(text, at, end)
    return found.span() if found is not None else (at, at)


def _fits(value: str, how: Likelihood, *, tight: bool, clear: bool, quoted: bool) -> bool:
    """Tell whether a value may be a secret.

    Parameters
    ----------
    value : str
        The value.
    how : Likelihood
        How likely its name is a secret's.
    tight : bool
        ``NAME=value``, without blanks.
    clear : bool
        The place holds values and not code or prose: a shell's line, a connection string, a form, quotes.
    quoted : bool
        The value stands in quotes.
    """
    if looks_random(value, 8 if how > Likelihood.MAYBE else 16):
        return True
    if how is Likelihood.MAYBE:
        return False
    sentence = any(c.isspace() for c in value.strip())
    chosen = looks_chosen(value) and (quoted or any(c.isdecimal() for c in value))
    if how is Likelihood.LIKELY:
        return not sentence and (chosen or (clear and tight))
    if tight and clear:
        return True
    return not sentence and (quoted or clear or chosen)
