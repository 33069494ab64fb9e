"""`Candidates`: the texts that may complete what is typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Candidates(NamedTuple):
    """The texts that may complete a text.

    Parameters
    ----------
    typed : str
        The part that is typed already: the text's last characters.
    texts : list of str
        The texts that may replace that part, the likeliest first.
    kind : str
        What the front end's list calls them.
    others : mapping of str to str
        What it calls those that are of another kind.
    """

    typed: str
    texts: list[str]
    kind: str
    others: Mapping[str, str] = {}


NONE = Candidates("", [], "")


def among(typed: str, texts: Iterable[str], kind: str) -> Candidates:
    """Return the texts that begin with what is typed, in any case, and then those that contain it."""
    word = typed.casefold()
    holding = [one for one in texts if word in one.casefold()]
    return Candidates(typed, sorted(holding, key=lambda one: not one.casefold().startswith(word)), kind)
