"""`KnownSecrets`: cells without the secrets that this notebook has used, under whatever name they were typed.

A secret may be typed as ``s = "…"``, in two halves, or inside a function: no name tells of it then. Once it was used, its value
is known, and the cells before and after are looked through for the value itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from procore_jupyter.notebook.redaction.cell_text import found_in
from procore_jupyter.notebook.redaction.findings import SecretSpan, cut
from procore_jupyter.secret import Secret

if TYPE_CHECKING:
    from procore_jupyter.notebook.redaction.lexemes import Lexeme

SHORTEST = 8
"""Characters of a value that is looked for wherever it may stand."""

SHORTEST_PIECE = 5
"""Characters of a string that is taken for a piece of a value."""


class KnownSecrets:
    """The values that are known to be secret. Any thread may use it."""

    def __init__(self) -> None:
        self._everywhere: frozenset[Secret] = frozenset()
        self._under_a_name: frozenset[tuple[str, Secret]] = frozenset()

    def learn(self, value: Secret, name: str = "") -> bool:
        """Take note of a value; return whether that tells anything new.

        Parameters
        ----------
        value : Secret
            The value.
        name : str
            The variable that holds it; a value that may stand in a cell by chance is looked for only there.
        """
        text = value.reveal()
        if _stands_out(text):
            if value in self._everywhere:
                return False
            self._everywhere |= {value}
            return True
        from procore_jupyter.notebook.redaction.secret_names import says_something

        if not name or not says_something(text) or (name, value) in self._under_a_name:
            return False
        self._under_a_name |= {(name, value)}
        return True

    def redact(self, cell: str) -> str:
        """Return a cell's text with every secret replaced by ``***``; lines stay lines."""
        return cut(cell, [*found_in(cell).secrets, *self._known_in(cell)])

    def redact_cells(self, text: str) -> str:
        """Return a text that holds cells with the known values, and pieces of them, replaced by ``***``."""
        return cut(text, self._known_in(text))

    def redact_values(self, text: str) -> str:
        """Return a text that nobody typed with the known values replaced by ``***``."""
        return cut(text, self._values_in(text))

    def _known_in(self, cell: str) -> Iterator[SecretSpan]:
        yield from self._values_in(cell)
        if not (self._everywhere or self._under_a_name):
            return
        from procore_jupyter.notebook.redaction.lexemes import lexemes

        pieces = lexemes(cell)
        for at, one in enumerate(pieces):
            if one.kind == "string" and self._is_known(cell, pieces, at):
                yield SecretSpan(*one.inner)

    def _values_in(self, text: str) -> Iterator[SecretSpan]:
        for value in self._everywhere:
            for form in _spellings(value.reveal()):
                at = text.find(form)
                while at >= 0:
                    yield SecretSpan(at, at + len(form))
                    at = text.find(form, at + len(form))

    def _is_known(self, cell: str, pieces: list[Lexeme], at: int) -> bool:
        """Tell whether a string is a piece of a known value, or a short one that stands at its variable."""
        content = cell[slice(*pieces[at].inner)]
        mixed = len(content) >= SHORTEST_PIECE and _is_mixed(content)
        if mixed and any(content in value.reveal() for value in self._everywhere):
            return True
        if (
            not self._under_a_name
            or at < 2
            or cell[pieces[at - 1].start : pieces[at - 1].end] not in ("=", ":=")
        ):
            return False
        name = cell[pieces[at - 2].start : pieces[at - 2].end]
        return any(name == known and content == value.reveal() for known, value in self._under_a_name)


def _stands_out(text: str) -> bool:
    """Tell whether a value is such that it stands nowhere by chance."""
    from procore_jupyter.notebook.redaction.secret_names import looks_like_a_name, says_something

    if len(text) < SHORTEST or not says_something(text) or looks_like_a_name(text):
        return False
    return not any(c.isspace() for c in text) and (_is_mixed(text) or len(text) >= 3 * SHORTEST)


def _is_mixed(text: str) -> bool:
    return any(c.isdecimal() for c in text) and any(c.isalpha() for c in text)


def _spellings(value: str) -> set[str]:
    """Return the ways in which a value may stand in a text: as it is, and as strings and addresses write it."""
    return {
        value,
        repr(value)[1:-1],
        json.dumps(value)[1:-1],
        quote(value, safe=""),
        value.replace("'", "''"),
        value.replace('"', '""'),
    }
