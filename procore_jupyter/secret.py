"""A string that does not show itself."""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """A token, code, verifier or client secret, as it travels through this package.

    ``repr``, ``str`` and formatting give ``***``, so no log line, traceback with local variables or
    dataclass repr can show it; pickling is refused. `reveal` gives the text to who really needs it.

    Parameters
    ----------
    value : str
        The text to keep.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(
            self._value.encode(errors="surrogatepass"), other._value.encode(errors="surrogatepass")
        )

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret can't be pickled: it would be written in the clear")
