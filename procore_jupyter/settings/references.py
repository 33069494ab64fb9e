"""References in a connection string: a whole value ``${NAME}`` or ``{name}``. Nothing else is expanded."""

from __future__ import annotations

import keyword
import os
import re
from collections.abc import Mapping

from procore_jupyter.errors import ConfigurationError, without_locals
from procore_jupyter.settings import properties
from procore_jupyter.settings.connection_string import ConnectionString

_FROM_ENVIRONMENT = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)
_FROM_NAMES = re.compile(r"\{([^{}]+)\}")


@without_locals
def filled(
    string: ConnectionString, environ: Mapping[str, str], names: Mapping[str, object] | None
) -> ConnectionString:
    """Return the connection string with the values that ``${NAME}`` and ``{name}`` refer to, which are not expanded again.

    Parameters
    ----------
    string : ConnectionString
        The parsed connection string.
    environ : mapping of str to str
        The environment, for ``${NAME}``.
    names : mapping of str to object or None
        A notebook's variables, for ``{name}``; with None, braces are plain text.

    Raises
    ------
    ConfigurationError
        The variable doesn't exist, or holds neither a text nor a number. The message has its name and not its value.
    """
    new: dict[str, str] = {}
    for key, value in string.items():
        known = properties.find(key)
        label = known.name if known else key
        if (found := _FROM_ENVIRONMENT.fullmatch(value)) is not None:
            if found[1] not in environ:
                raise ConfigurationError(
                    f"{label}: there is no environment variable {found[1]}. Set it before Jupyter starts, or write the value."
                )
            new[key] = environ[found[1]]
        elif names is not None and (found := _FROM_NAMES.fullmatch(value)) is not None and _is_name(found[1]):
            if found[1] not in names:
                raise ConfigurationError(
                    f"{label}: there is no variable {found[1]} in this notebook. Run the cell that sets it first."
                )
            new[key] = _as_text(label, found[1], names[found[1]])
    return string.replaced(new) if new else string


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)


def _as_text(label: str, name: str, value: object) -> str:
    """Return a variable's value as a person would write it. numpy's integers are numbers too."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | os.PathLike):
        return str(value)
    if hasattr(value, "__index__"):
        return str(int(value))
    raise ConfigurationError(
        f"{label}: the variable {name} holds a {type(value).__name__}, not a text or a number. Assign the value itself to it."
    )
