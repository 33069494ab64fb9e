"""What properties there are, whether a value is right, and what the docs say of them.

`PROPERTIES` is the one table (`property_table`): validation (`check`), tab completion and
``docs/properties.md`` (`markdown`) are drawn from it. What a value of each kind has to look like is in
`property_kinds`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Protocol

from procore_jupyter.errors import ConnectionStringError
from procore_jupyter.settings.kinds import KINDS, Limits
from procore_jupyter.settings.property_table import PROPERTIES, Property
from procore_jupyter.wording import is_near_miss, nearest

__all__ = [
    "NAMES",
    "PROPERTIES",
    "Property",
    "Written",
    "check",
    "check_names",
    "check_value",
    "find",
    "markdown",
    "suggest",
]


class Written(Protocol):
    """The properties as somebody wrote them: a `ConnectionString`, seen from below."""

    @property
    def not_given(self) -> tuple[str, ...]:
        """Names written without a value."""

    def keys(self) -> Collection[str]:
        """Return the names that have a value."""

    def __getitem__(self, name: str, /) -> str: ...

    def position(self, name: str, *, at_value: bool = False) -> int:
        """Return where a name or its value stands in the text."""

    def point(self, name: str, harmless: Collection[str] = (), *, at_value: bool = False) -> str:
        """Return lines that show the place, or nothing."""


NAMES: tuple[str, ...] = tuple(one.name for one in PROPERTIES)
_BY_NAME = {one.name.casefold(): one for one in PROPERTIES}
_ALSO = {word: one.name for one in PROPERTIES for word in one.also}
# A name of ours with "=" inside a value: a ";" was forgotten. Bounded, so that no value makes it slow.
_SWALLOWED = re.compile(
    rf"(?:^|[\s,|])({'|'.join(NAMES)})\s{{0,9}}=|({'|'.join(n for n in NAMES if n.startswith('OAuth'))})\s{{0,9}}=",
    re.IGNORECASE | re.ASCII,
)
_NO_IDEA = (
    'Tab after %procore_connect lists them. If the value before it holds a ";", put that value in quotes'
)
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f]")
_BROKEN = re.compile(r"[\ud800-\udfff]")


def find(name: str) -> Property | None:
    """Return the property of a name, in any case and with blanks in it, None where there is none."""
    return _BY_NAME.get("".join(name.split()).casefold())


def suggest(name: str, candidates: Iterable[str]) -> str | None:
    """Return what a mistyped name most likely means, None where nothing is near."""
    return nearest(name, candidates)


def check(properties: Written) -> dict[str, str]:
    """Validate properties one by one; what they mean together is for `settings.resolve`.

    Parameters
    ----------
    properties : Written
        A `ConnectionString`.

    Returns
    -------
    dict of str to str
        Canonical names to values; choices, hosts and flags in their canonical spelling.

    Raises
    ------
    ConnectionStringError
        A property is unknown or a value is not allowed. No value is in the message.
    """
    check_names(properties)
    return {_BY_NAME[name.casefold()].name: _checked(properties, name) for name in properties.keys()}  # noqa: SIM118


def check_names(properties: Written) -> None:
    """Refuse names that are no property's, the first in the text first.

    Raises
    ------
    ConnectionStringError
        With "did you mean". The name is shown only where it is so near to a property's that it is no
        piece of a secret.
    """
    for name in sorted([*properties.keys(), *properties.not_given], key=properties.position):
        if find(name) is None:
            meant = nearest(name, [*NAMES, *_ALSO])
            harmless = is_near_miss(name, [*NAMES, *_ALSO])
            what = f'There is no property "{name}"' if harmless else "There is no such property"
            way = f"did you mean {_ALSO.get(meant, meant)}?" if meant else _NO_IDEA
            raise _error(properties, name, f"{what}: {way}", harmless)


def check_value(name: str, value: str) -> str:
    """Return a property's value in its canonical spelling.

    Raises
    ------
    ValueError
        With a reason that begins with the property's name; the value is not in it.
    """
    reason, canonical = _judged(_BY_NAME[name.casefold()], value)
    if reason:
        raise ValueError(reason)
    return canonical


def _checked(properties: Written, name: str) -> str:
    reason, canonical = _judged(_BY_NAME[name.casefold()], properties[name])
    if reason:
        raise _error(properties, name, reason, at_value=True)
    return canonical


def _judged(one: Property, value: str) -> tuple[str, str]:
    """Return (what is wrong, nothing) or (nothing, the canonical value).

    No exception carries the reason: the ones that Python raises in here quote the value.
    """
    found = _SWALLOWED.search(value)
    if found is not None:
        swallowed = _BY_NAME[(found[1] or found[2]).casefold()].name
        return f'{one.name} holds "{swallowed}=": is a ";" missing before {swallowed}?', ""
    if _INVISIBLE.search(value):
        return f'{one.name} holds a line break or another invisible character: is a ";" missing?', ""
    if _BROKEN.search(value):
        return f"{one.name} holds a broken character: type it anew", ""
    try:
        return "", KINDS[one.kind](value, Limits(one.choices, one.least, one.most))
    except ValueError as refused:
        reason = str(refused)
    return f"{one.name} {reason}", ""


def _error(
    properties: Written, name: str, message: str, show_name: bool = False, at_value: bool = False
) -> ConnectionStringError:
    place = properties.point(name, [*NAMES, name] if show_name else NAMES, at_value=at_value)
    position = properties.position(name, at_value=at_value)
    return ConnectionStringError(f"{message} (position {position}){place}" if place else message, position)


def markdown() -> str:
    """Return ``docs/properties.md``."""
    lines = [_HEAD]
    for one in PROPERTIES:
        default = f"`{one.default}`" if one.default else one.otherwise
        allowed = ", ".join(f"`{choice}`" for choice in one.choices)
        secret = " **Secret**: never shown." if one.secret else ""
        lines.append(
            f"| `{one.name}` | {default} | {allowed or _IN_WORDS[one.kind]} | {one.meaning}{secret} |"
        )
    return "\n".join(lines) + "\n"


_IN_WORDS = {
    "credential": "letters, digits, punctuation; no blanks",
    "count": "a whole number",
    "id": "a number",
    "location": "a path, `memory://NAME`, `keyring://`",
    "origin": "`https://host[:port]`",
    "path": "a path",
    "proxy": "a host, `http://host[:port]`",
    "seconds": "seconds",
    "text": "text",
    "timestamp": "milliseconds",
}

_HEAD = """\
# Properties of a connection string

<!-- Drawn from procore_jupyter/property_table.py: change it there, then run  python -m procore_jupyter.settings.properties > docs/properties.md -->

```
%procore_connect Profile=Procore;Environment=Sandbox;OAuthClientId=…;CallbackURL=http://localhost:8888/procore-jupyter/callback;
```

A connection string is `name=value` pairs with `;` between them.

- Names in any case, blanks in them don't count: `OAuth Client Id` is `OAuthClientId`.
- A value that holds a `;`, ends in a quote, or begins or ends with a blank stands in quotes, `"…"` or `'…'`; the quote that wraps
  it is doubled inside: `'it''s; here'`.
- `name=` means *not given*, `name=""` the empty text. Of a name given twice the last counts, and you are told.
- In a cell (`%%procore_connect`) each property may stand on a line of its own, without `;`; lines that begin with `#` are comments.
- A whole value `${NAME}` is taken from the environment variable `NAME`; in a notebook a whole value `{name}` is taken from your
  variable `name`. Nothing else is replaced: `C:\\profiles\\Procore.apip` stays what it is.
- A line that ends in `?` is IPython's help and never reaches us: end it with `;`.

In the place of a connection string may stand the name of a saved connection (`%procore_connect site`); nothing at all means the
one saved as `default`. `--save NAME` saves: everything that the string says but the secrets, in `connections.json` in your data
folder. The Client Secret and the proxy's password go where your sign-ins are kept (`OAuthSettingsLocation`). Tokens and one-time
codes are not saved, nor is what came from the environment. It is saved once the sign-in has worked.

What the string, or the saved connection, doesn't say comes from the environment, else from the default.

| Property | If not given | Values | Meaning |
|---|---|---|---|"""


if __name__ == "__main__":
    print(markdown(), end="")
