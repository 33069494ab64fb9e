"""Mappings as TOML: Python reads TOML (`tomllib`) and doesn't write it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def toml_of(found: Mapping[str, Any]) -> str:
    """Return a mapping as TOML: of texts, whole numbers, true and false, lists of these, and mappings of the same."""
    return "\n".join(_lines(found, ()))


def _lines(found: Mapping[str, Any], under: tuple[str, ...]) -> Iterator[str]:
    plain = {name: value for name, value in found.items() if not isinstance(value, Mapping)}
    if under and (plain or not found):
        yield f"\n[{'.'.join(map(_key, under))}]"
    for name, value in plain.items():
        yield f"{_key(name)} = {_value(value)}"
    for name, value in found.items():
        if isinstance(value, Mapping):
            yield from _lines(value, (*under, name))


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    if not isinstance(value, str):
        raise TypeError(f"TOML of ours holds no {type(value).__name__}")
    # JSON's texts are TOML's, but for half a surrogate pair and the sign DEL.
    text = value.encode("utf-8", "replace").decode()
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
