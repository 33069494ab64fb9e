"""What a value of each kind of property looks like: `KINDS`, kind to a function.

Each function takes a value and the property's `Limits` and returns the value in its canonical spelling,
or raises ValueError with a reason that goes after the property's name. A reason never holds the value:
it might be a secret that stands in the wrong place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import NamedTuple

from procore_jupyter.addresses import origin
from procore_jupyter.wording import is_near_miss, nearest

_WHOLE = re.compile(r"[0-9]{1,19}", re.ASCII)
_DECIMAL = re.compile(r"[0-9]{1,15}(?:\.[0-9]{0,15})?", re.ASCII)
_SHORT_NUMBER = re.compile(r"-?[0-9.]{1,12}", re.ASCII)
_VISIBLE = re.compile(r"[\x21-\x7e]+", re.ASCII)
_YES = ("true", "yes", "on", "1")
_NO = ("false", "no", "off", "0")


class Limits(NamedTuple):
    """What the property table says about a value: the choices, the least and the most."""

    choices: tuple[str, ...] = ()
    least: float = 0
    most: float = 0


def _text(value: str, limits: Limits) -> str:
    return value


def _given(value: str, limits: Limits) -> str:
    if not value.strip():
        raise ValueError("is empty: leave it out instead")
    return value


def _credential(value: str, limits: Limits) -> str:
    """RFC 6749, appendix A: visible ASCII. A blank is allowed there and in no credential of Procore's."""
    if _VISIBLE.fullmatch(_given(value, limits)) is None:
        raise ValueError(
            "holds a blank or a letter that no such value has: copy it again, without “ ” around it"
        )
    return value


def _choice(value: str, limits: Limits) -> str:
    for choice in limits.choices:
        if value.casefold() == choice.casefold():
            return choice
    meant = nearest(value, limits.choices)
    near = f": did you mean {meant}?" if meant else "."
    shown = f'can\'t be "{value}"' if is_near_miss(value, limits.choices) else "doesn't take this value"
    raise ValueError(f"{shown}{near} It can be {_either(limits.choices)}")


def _profile(value: str, limits: Limits) -> str:
    if value.lower().endswith((".toml", ".apip")):
        return value
    try:
        return _choice(value, limits)
    except ValueError as refused:
        reason = f"{refused}, or the path of a profile file that ends in .toml"
    raise ValueError(reason)


def _environment(value: str, limits: Limits) -> str:
    # A profile file may declare environments of its own; settings.resolve knows which there are.
    for choice in limits.choices:
        if value.casefold() == choice.casefold():
            return choice
    return value


def _flag(value: str, limits: Limits) -> str:
    if value.casefold() in _YES:
        return "true"
    if value.casefold() in _NO:
        return "false"
    raise ValueError("takes true or false")


def _origin(value: str, limits: Limits) -> str:
    return origin(value)


def _proxy(value: str, limits: Limits) -> str:
    if not value:
        return value  # none, whatever the environment says
    scheme, found, host = value.rpartition("://")
    if found and scheme.lower() not in ("http", "https"):
        raise ValueError("has to be an HTTP proxy: a host, or http://host:port")
    if "@" in value:
        raise ValueError("can't hold a user name: use ProxyUser and ProxyPassword")
    try:
        # The proxy itself may well be plain http: what is sent through it is https.
        return (scheme.lower() or "http") + origin(f"https://{host}").removeprefix("https")
    except ValueError:
        pass
    raise ValueError("has to be a host, or http://host:port")


def _whole(value: str, limits: Limits) -> str:
    if _WHOLE.fullmatch(value) is None or not limits.least <= int(value) <= limits.most:
        most = f" to {limits.most}" if limits.most < 2**53 else ""
        raise ValueError(f"takes a whole number, {int(limits.least)}{most or ' or more'}{_not(value)}")
    return str(int(value))


def _timestamp(value: str, limits: Limits) -> str:
    if _WHOLE.fullmatch(value) is None or not limits.least <= int(value) <= limits.most:
        raise ValueError(f"takes milliseconds since 1970, such as 1767225600000{_not(value)}")
    return str(int(value))


def _seconds(value: str, limits: Limits) -> str:
    number = float(value) if _DECIMAL.fullmatch(value) else math.nan
    if not limits.least <= number <= limits.most:
        above = "above 0" if limits.least > 0 else "from 0"
        raise ValueError(f"takes a number of seconds, {above} to {int(limits.most)}{_not(value)}")
    return value


def _location(value: str, limits: Limits) -> str:
    scheme, found, rest = _given(value, limits).partition("://")
    if not found:
        return value
    if scheme.lower() == "memory" and rest:
        return f"memory://{rest}"
    if scheme.lower() == "keyring":
        return f"keyring://{rest}"
    raise ValueError("takes a path, memory://NAME or keyring://")


def _not(value: str) -> str:
    """Name a refused number: short and of digits alone, it is no secret."""
    return f", not {value}" if _SHORT_NUMBER.fullmatch(value) else ""


def _either(choices: tuple[str, ...]) -> str:
    return ", ".join(choices[:-1]) + (" or " if len(choices) > 1 else "") + choices[-1]


KINDS: dict[str, Callable[[str, Limits], str]] = {
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
