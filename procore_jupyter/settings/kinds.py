"""What a property's value must look like: `check` holds a connection string against the table of properties.

`KINDS` has one function for each kind of value. It takes the value and the property, and returns the value in its
canonical spelling or raises ValueError with a reason that reads on from the property's name. No reason holds the
value, which may be a secret that somebody wrote in the wrong place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from procore_jupyter.addresses import checked_origin
from procore_jupyter.errors import ConnectionStringError, without_locals
from procore_jupyter.settings.connection_string import ConnectionString
from procore_jupyter.settings.properties import NAMES, PROPERTIES, Property, find
from procore_jupyter.wording import is_near_miss, nearest, wrapping

_WHOLE = re.compile(r"[0-9]{1,19}", re.ASCII)
_DECIMAL = re.compile(r"[0-9]{1,15}(?:\.[0-9]{0,15})?", re.ASCII)
_SHORT_NUMBER = re.compile(r"-?[0-9.]{1,12}", re.ASCII)
_VISIBLE = re.compile(r"[\x21-\x7e]+", re.ASCII)
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f]")
_BROKEN = re.compile(r"[\ud800-\udfff]")
_YES = ("true", "yes", "on", "1")
_NO = ("false", "no", "off", "0")

_ANYTHING = frozenset({"ProxyUser", "ProxyPassword"})
"""Properties whose values may begin and end with anything."""

_ALSO = {word: one.name for one in PROPERTIES for word in one.also}
# A property's name with "=" inside a value shows a forgotten ";". The bounded blanks keep the search linear.
_SWALLOWED = re.compile(
    rf"(?:^|[\s,|])({'|'.join(NAMES)})\s{{0,9}}=|({'|'.join(n for n in NAMES if n.startswith('OAuth'))})\s{{0,9}}=",
    re.IGNORECASE | re.ASCII,
)
_NO_IDEA = (
    'Tab after %procore_connect lists them. If the value before it contains a ";", put that value in quotes'
)


@without_locals
def check(string: ConnectionString) -> dict[str, str]:
    """Return the canonical names and values of a connection string, each property checked by itself.

    `resolve` checks what the properties mean together.

    Raises
    ------
    ConnectionStringError
        A property is unknown or a value is not allowed. The message holds no value.
    """
    check_names(string)
    checked: dict[str, str] = {}
    for name, value in string.items():
        one = _known(name)
        reason, checked[one.name] = judge(one, value)
        if reason:
            raise _error(string, name, reason, at_value=True)
    return checked


def check_names(string: ConnectionString) -> None:
    """Refuse the first name in the text that is no property's.

    Raises
    ------
    ConnectionStringError
        With "did you mean". The message shows the name only if it is so close to a property's that it can't be a
        piece of a secret.
    """
    for name in sorted([*string, *string.not_given], key=string.position):
        if find(name) is None:
            meant = nearest(name, [*NAMES, *_ALSO])
            harmless = is_near_miss(name, [*NAMES, *_ALSO])
            what = f'There is no property "{name}"' if harmless else "There is no such property"
            way = f"did you mean {_ALSO.get(meant, meant)}?" if meant else _NO_IDEA
            raise _error(string, name, f"{what}: {way}", harmless)


def judge(one: Property, value: str) -> tuple[str, str]:
    """Return why a value is refused, or an empty reason and the value in its canonical spelling.

    The reason is a sentence that begins with the property's name. It is returned and not raised, because the
    ValueErrors that Python raises here quote the value, and an exception raised later would be chained to them.
    """
    swallowed = _SWALLOWED.search(value)
    if swallowed is not None:
        other = _known(swallowed[1] or swallowed[2]).name
        return f'{one.name} holds "{other}=": is a ";" missing before {other}?', ""
    if one.name not in _ANYTHING and (wrong := wrapping(value)):
        return f"{one.name} {wrong}", ""
    if _INVISIBLE.search(value):
        return f'{one.name} contains a line break or another invisible character. Is a ";" missing?', ""
    if _BROKEN.search(value):
        return f"{one.name} contains a damaged character: type it again", ""
    try:
        return "", KINDS[one.kind](value, one)
    except ValueError as refused:
        return f"{one.name} {refused}", ""


def _known(name: str) -> Property:
    found = find(name)
    assert found is not None
    return found


def _error(
    string: ConnectionString, name: str, message: str, show_name: bool = False, at_value: bool = False
) -> ConnectionStringError:
    place = string.point(name, [*NAMES, name] if show_name else NAMES, at_value=at_value)
    position = string.position(name, at_value=at_value)
    return ConnectionStringError(f"{message} (position {position}){place}" if place else message, position)


# ------------------------------------------------------------------------------------------ the kinds


def _text(value: str, one: Property) -> str:
    return value


def _given(value: str, one: Property) -> str:
    if not value.strip():
        raise ValueError("is empty: leave it out")
    return value


def _credential(value: str, one: Property) -> str:
    # RFC 6749, appendix A, allows visible ASCII and blanks; no credential of Procore's has a blank.
    if _VISIBLE.fullmatch(_given(value, one)) is None:
        raise ValueError("contains a space or an invalid character. Copy it again, without quotes")
    return value


def _choice(value: str, one: Property, or_else: str = "") -> str:
    for choice in one.choices:
        if value.casefold() == choice.casefold():
            return choice
    meant = nearest(value, one.choices)
    near = f": did you mean {meant}?" if meant else "."
    shown = f'can\'t be "{value}"' if is_near_miss(value, one.choices) else "can't have this value"
    choices = f"{', '.join(one.choices[:-1])} or {one.choices[-1]}"
    raise ValueError(f"{shown}{near} It can be {choices}{or_else}")


def _profile(value: str, one: Property) -> str:
    if value.lower().endswith((".toml", ".apip")):
        return value
    return _choice(value, one, ", or the path of a profile file that ends in .toml")


def _environment(value: str, one: Property) -> str:
    # A profile file may declare environments of its own: `resolve` reads the profile and refuses unknown ones.
    return next((choice for choice in one.choices if choice.casefold() == value.casefold()), value)


def _flag(value: str, one: Property) -> str:
    if value.casefold() in _YES:
        return "true"
    if value.casefold() in _NO:
        return "false"
    raise ValueError("must be true or false")


def _origin(value: str, one: Property) -> str:
    return checked_origin(value)


def _proxy(value: str, one: Property) -> str:
    if not value:
        return value  # an empty address means no proxy, whatever the environment says
    scheme, found, host = value.rpartition("://")
    if found and scheme.lower() not in ("http", "https"):
        raise ValueError("must be an HTTP proxy: a host, or http://host:port")
    if "@" in value:
        raise ValueError("can't contain a user name: use ProxyUser and ProxyPassword")
    try:
        # The proxy itself may speak plain http: what is sent through it is https.
        return (scheme.lower() or "http") + checked_origin(f"https://{host}").removeprefix("https")
    except ValueError:
        raise ValueError("must be a host, or http://host:port") from None


def _whole(value: str, one: Property) -> str:
    if _WHOLE.fullmatch(value) is None or not one.least <= int(value) <= one.most:
        most = f" to {one.most}" if one.most < 2**53 else " or more"
        raise ValueError(f"must be a whole number, {int(one.least)}{most}{_not(value)}")
    return str(int(value))


def _timestamp(value: str, one: Property) -> str:
    if _WHOLE.fullmatch(value) is None or not one.least <= int(value) <= one.most:
        raise ValueError(f"must be milliseconds since 1970, such as 1767225600000{_not(value)}")
    return str(int(value))


def _seconds(value: str, one: Property) -> str:
    number = float(value) if _DECIMAL.fullmatch(value) else math.nan
    if not one.least <= number <= one.most:
        above = "above 0" if one.least > 0 else "from 0"
        raise ValueError(f"must be a number of seconds, {above} to {int(one.most)}{_not(value)}")
    return value


def _location(value: str, one: Property) -> str:
    scheme, found, rest = _given(value, one).partition("://")
    if not found:
        return value
    if scheme.lower() == "memory" and rest:
        return f"memory://{rest}"
    if scheme.lower() == "keyring":
        return f"keyring://{rest}"
    raise ValueError("must be a path, memory://NAME or keyring://")


def _not(value: str) -> str:
    """Name a refused number: a few digits alone are no secret."""
    return f", not {value}" if _SHORT_NUMBER.fullmatch(value) else ""


KINDS: dict[str, Callable[[str, Property], str]] = {
    "choice": _choice,
    "count": _whole,
    "credential": _credential,
    "environment": _environment,
    "flag": _flag,
    "id": _whole,
    "location": _location,
    "origin": _origin,
    "path": _given,
    "profile": _profile,
    "proxy": _proxy,
    "seconds": _seconds,
    "text": _text,
    "timestamp": _timestamp,
}
