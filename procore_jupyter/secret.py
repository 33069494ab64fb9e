"""Strings that don't show themselves: `Secret`, which only `reveal` opens, and `MaskedText`, which libraries can send."""

from __future__ import annotations

import hmac
from typing import NoReturn, Self


class Secret:
    """A token, code, verifier or client secret on its way through this package.

    ``repr``, ``str`` and formatting give ``***``, so no log line, traceback with local variables or
    dataclass repr can show it; pickling is refused. `reveal` gives the text to the code that sends it.

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


class MaskedText(str):
    """A string that is drawn, formatted and pickled as its masked form, for libraries that take a plain `str`.

    Code that reads its characters (`encode`, slices, `str`'s methods) gets the text itself.

    Parameters
    ----------
    text : str
        The text.
    masked : str
        What is shown of it.
    """

    __slots__ = ("_masked",)
    _masked: str

    def __new__(cls, text: str, masked: str) -> Self:
        """Take the characters: `str` of another masked text would be its masked form."""
        made = super().__new__(cls, text[:])
        made._masked = masked
        return made

    def __repr__(self) -> str:
        return repr(self._masked)

    def __str__(self) -> str:
        return self._masked

    def __format__(self, spec: str) -> str:
        return format(self._masked, spec)

    def __reduce_ex__(self, protocol: object) -> tuple[type[Self], tuple[str, str]]:
        return type(self), (self._masked, self._masked)


def masked_userinfo(url: str) -> MaskedText:
    """Return a URL that is shown without the user and password in it (RFC 3986, section 3.2.1)."""
    url = url[:]
    scheme, mark, rest = url.partition("://") if "://" in url else ("", "", url)
    return MaskedText(url, f"{scheme}{mark}***@{rest.rpartition('@')[2]}" if "@" in rest else url)
